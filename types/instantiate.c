/* SPDX-License-Identifier: MIT */
/* instantiate.c: substitution of type parameters, and the cache of instances.
 *
 * Owns: Universe.instances. Identical instances of a generic type are one object, so that pointers compare.
 * Rules: an instance knows its type arguments; what is behind it is made on first use (named_expand), its methods when
 * they are looked up. Substitution copies only what changes.
 * A type declared inside a generic function is another one for each set of the function's type arguments, whether it
 * mentions its type parameters or not: substituting them makes an instance of it that keeps them in outer_params and
 * outer_args.
 * Why lazily: `type T[P any] struct { f *T[[]P] }` has infinitely many instances, of which a program uses a few. */
#include "base/limits.h"
#include "types/collect.h"

typedef struct InstanceEntry {
	Type *type;
	struct InstanceEntry *next;
} InstanceEntry;

struct InstanceTable {
	PtrMap entries;  /* hash -> InstanceEntry */
	PtrMap methods;  /* instance -> PtrMap of original method -> instantiated one */
	PtrMap outer;    /* signature -> TypeList of all its type parameters, the receiver's first */
};

static struct InstanceTable *instance_table(Universe *u) {
	if (!u->instances)
		u->instances = ARENA_NEW(u->arena, struct InstanceTable);
	return u->instances;
}

/* ---------------------------------------------------------------- which type parameters occur */

static void collect(ParamSet *set, Type *t);

static void collect_list(ParamSet *set, TypeList list) {
	for (uint32_t i = 0; i < list.len; i++)
		collect(set, list.items[i]);
}

static void collect_objects(ParamSet *set, Object **objects, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		collect(set, objects[i]->type);
}

static void collect_bound(ParamSet *set, Type **params, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		ptrmap_put(set->u->arena, &set->bound, params[i], params[i]);
		if (params[i]->constraint)
			collect(set, params[i]->constraint);
	}
}

static bool is_local(const Type *t) {
	const Object *o = t->object;
	return o && o->package && o->parent && o->package->scope && o->parent != o->package->scope;
}

static void collect_named(ParamSet *set, Type *t) {
	TypeList outer = t->outer_args;
	collect_list(set, t->type_args);
	if (t->outer_params.len || named_outer_params(t, &outer))
		collect_list(set, outer);
}

static void collect_composite(ParamSet *set, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_MAP:
		collect(set, t->key);
		collect(set, t->elem);
		break;
	case TYPE_POINTER:
	case TYPE_SLICE:
	case TYPE_ARRAY:
	case TYPE_CHAN:
		collect(set, t->elem);
		break;
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++)
			collect(set, t->fields[i].type);
		break;
	case TYPE_SIGNATURE:
		collect_bound(set, t->type_params, t->type_param_count);
		collect_objects(set, t->params, t->param_count);
		collect_objects(set, t->results, t->result_count);
		break;
	case TYPE_INTERFACE:
		for (uint32_t i = 0; i < t->method_count; i++)
			collect(set, t->methods[i].signature);
		collect_list(set, t->embeddeds);
		break;
	case TYPE_TUPLE:
		collect_list(set, t->tuple);
		break;
	case TYPE_UNION:
		for (uint32_t i = 0; i < t->term_count; i++)
			collect(set, t->terms[i].type);
		break;
	case TYPE_NAMED:
		collect_named(set, t);
		break;
	default:
		break;
	}
}

static void collect(ParamSet *set, Type *t) {
	t = type_unalias(t);
	if (!t || t->kind < TYPE_POINTER || set->depth > MAX_TYPE_DEPTH || ptrmap_get(&set->seen, t))
		return;
	ptrmap_put(set->u->arena, &set->seen, t, t);
	if (t->kind == TYPE_PARAM) {
		VEC_PUSH(set->u->arena, &set->found, t);
		return;
	}
	set->depth++;
	collect_composite(set, t);
	set->depth--;
}

void params_collect(ParamSet *set, Type *t) {
	collect(set, t);
}

bool named_outer_params(Type *t, TypeList *out) {
	*out = (TypeList){0};
	if (!is_local(t))
		return false;
	const FuncInfo *func = t->object->owner;
	while (func && func->outer)
		func = func->outer;
	const Type *signature = func ? func->signature : NULL;
	uint32_t count = signature ? signature->recv_type_param_count + signature->type_param_count : 0;
	if (count == 0)
		return false;
	Universe *u = t->universe;
	TypeList *known = ptrmap_get(&instance_table(u)->outer, signature);
	if (!known) {
		known = ARENA_NEW(u->arena, TypeList);
		known->items = ARENA_ARRAY(u->arena, Type *, count);
		for (uint32_t i = 0; i < signature->recv_type_param_count; i++)
			known->items[known->len++] = signature->recv_type_params[i];
		for (uint32_t i = 0; i < signature->type_param_count; i++)
			known->items[known->len++] = signature->type_params[i];
		ptrmap_put(u->arena, &instance_table(u)->outer, signature, known);
	}
	*out = *known;
	return true;
}

/* ---------------------------------------------------------------- the table of instances */

static bool lists_identical(TypeList a, TypeList b) {
	if (a.len != b.len)
		return false;
	for (uint32_t i = 0; i < a.len; i++)
		if (!type_identical(a.items[i], b.items[i]))
			return false;
	return true;
}

static const void *table_key(const Type *origin, TypeList outer, TypeList args) {
	uint64_t h = origin->id;
	for (uint32_t i = 0; i < outer.len; i++)
		h = h * 31 + type_hash(outer.items[i]);
	for (uint32_t i = 0; i < args.len; i++)
		h = h * 31 + type_hash(args.items[i]);
	h = (h * UINT64_C(0x9E3779B97F4A7C15)) | 1;
	return (const void *)(uintptr_t)h;
}

static TypeList list_copy(Universe *u, Type **items, uint32_t len) {
	TypeList copy = {ARENA_ARRAY(u->arena, Type *, len + 1), len};
	for (uint32_t i = 0; i < len; i++)
		copy.items[i] = items[i];
	return copy;
}

/* The one instance of origin for these arguments; made when new. */
static Type *table_get(Universe *u, Type *origin, TypeList outer_params, TypeList outer, TypeList args, bool *made) {
	struct InstanceTable *table = instance_table(u);
	const void *key = table_key(origin, outer, args);
	InstanceEntry *first = ptrmap_get(&table->entries, key);
	for (InstanceEntry *e = first; e; e = e->next)
		if (e->type->origin == origin && lists_identical(e->type->outer_args, outer) &&
		    lists_identical(e->type->type_args, args))
			return e->type;
	InstanceEntry *entry = ARENA_NEW(u->arena, InstanceEntry);
	entry->type = type_new(u, origin->kind);
	entry->type->object = origin->object;
	entry->type->origin = origin;
	entry->type->type_args = list_copy(u, args.items, args.len);
	entry->type->outer_params = outer_params;
	entry->type->outer_args = outer;
	entry->next = first;
	ptrmap_put(u->arena, &table->entries, key, entry);
	*made = true;
	return entry->type;
}

/* ---------------------------------------------------------------- substitution */

typedef struct Substitution {
	Universe *u;
	const TypeSubst *map;
	PtrMap done; /* types met often enough: what became of them */
	uint32_t depth, steps;
} Substitution;

enum { SUBST_REMEMBER = 64 }; /* steps after which results are remembered: shared parts are copied once */

static Type *subst(Substitution *s, Type *t);

int64_t type_param_index(Type **params, uint32_t count, const Type *t) {
	if (t->index >= 0 && (uint32_t)t->index < count && params[t->index] == t)
		return t->index;
	for (uint32_t i = 0; i < count; i++)
		if (params[i] == t)
			return i;
	return -1;
}

static Type *subst_param(const TypeSubst *map, Type *t) {
	int64_t i = type_param_index(map->params, map->count, t);
	return i >= 0 && map->args[i] ? map->args[i] : t;
}

static bool subst_list(Substitution *s, TypeList list, TypeList *out) {
	bool changed = false;
	*out = list;
	for (uint32_t i = 0; i < list.len; i++) {
		Type *t = subst(s, list.items[i]);
		if (t == list.items[i])
			continue;
		if (!changed)
			*out = list_copy(s->u, list.items, list.len);
		changed = true;
		out->items[i] = t;
	}
	return changed;
}

static Object *object_retyped(Universe *u, Object *o, Type *type) {
	Object *copy = ARENA_NEW(u->arena, Object);
	*copy = *o;
	copy->type = type;
	copy->origin = o->origin ? o->origin : o;
	copy->lowered = NULL;
	return copy;
}

/* Returns the array itself when nothing changes. */
static Object **subst_objects(Substitution *s, Object **objects, uint32_t count) {
	Object **result = objects;
	for (uint32_t i = 0; i < count; i++) {
		Type *t = subst(s, objects[i]->type);
		if (t == objects[i]->type)
			continue;
		if (result == objects) {
			result = ARENA_ARRAY(s->u->arena, Object *, count);
			memcpy(result, objects, count * sizeof(Object *));
		}
		result[i] = object_retyped(s->u, objects[i], t);
	}
	return result;
}

static Type *subst_struct(Substitution *s, Type *t) {
	FieldInfo *fields = t->fields;
	for (uint32_t i = 0; i < t->field_count; i++) {
		Type *type = subst(s, t->fields[i].type);
		if (type == t->fields[i].type)
			continue;
		if (fields == t->fields) {
			fields = ARENA_ARRAY(s->u->arena, FieldInfo, t->field_count);
			memcpy(fields, t->fields, t->field_count * sizeof(FieldInfo));
		}
		fields[i].type = type;
		if (fields[i].object)
			fields[i].object = object_retyped(s->u, fields[i].object, type);
	}
	if (fields == t->fields)
		return t;
	Type *copy = type_new(s->u, TYPE_STRUCT);
	copy->fields = fields;
	copy->field_count = t->field_count;
	return copy;
}

static bool params_in_map(const Type *t, const TypeSubst *map) {
	for (uint32_t i = 0; i < map->count; i++)
		if (map->params[i] == t->type_params[0])
			return true;
	return false;
}

static Type *subst_plain_signature(Substitution *s, Type *t, bool strip) {
	Object **params = subst_objects(s, t->params, t->param_count);
	Object **results = subst_objects(s, t->results, t->result_count);
	Object *recv = t->recv;
	if (recv)
		recv = *subst_objects(s, &recv, 1);
	if (params == t->params && results == t->results && recv == t->recv && !strip)
		return t;
	Type *copy = type_new_signature(s->u, params, t->param_count, results, t->result_count, t->variadic);
	copy->recv = recv;
	if (!strip) {
		copy->type_params = t->type_params;
		copy->type_param_count = t->type_param_count;
	}
	return copy;
}

/* A generic signature inside the substituted type (a generic method, mostly): when anything in it changes its own type
 * parameters must be new ones, because their constraints may mention what is substituted. */
static Type *subst_generic_signature(Substitution *s, Type *t) {
	uint32_t own = t->type_param_count, count = s->map->count + own;
	TypeSubst map = {ARENA_ARRAY(s->u->arena, Type *, count), ARENA_ARRAY(s->u->arena, Type *, count), count};
	Type **fresh = ARENA_ARRAY(s->u->arena, Type *, own);
	for (uint32_t i = 0; i < own; i++) {
		fresh[i] = type_new_param(s->u, t->type_params[i]->object, t->type_params[i]->index, NULL);
		map.params[i] = t->type_params[i];
		map.args[i] = fresh[i];
	}
	memcpy(map.params + own, s->map->params, s->map->count * sizeof(Type *));
	memcpy(map.args + own, s->map->args, s->map->count * sizeof(Type *));
	Substitution inner = {.u = s->u, .map = &map, .depth = s->depth};
	for (uint32_t i = 0; i < own; i++)
		fresh[i]->constraint = subst(&inner, t->type_params[i]->constraint);
	Type *copy = subst_plain_signature(&inner, t, true);
	copy->type_params = fresh;
	copy->type_param_count = own;
	return copy;
}

static bool mentions(const TypeSubst *map, Universe *u, Type *t) {
	ParamSet set = {.u = u};
	collect(&set, t);
	for (uint32_t i = 0; i < set.found.len; i++)
		if (subst_param(map, set.found.items[i]) != set.found.items[i])
			return true;
	return false;
}

static Type *subst_signature(Substitution *s, Type *t) {
	if (t->type_param_count == 0)
		return subst_plain_signature(s, t, false);
	if (params_in_map(t, s->map))
		return subst_plain_signature(s, t, true);
	return mentions(s->map, s->u, t) ? subst_generic_signature(s, t) : t;
}

static Type *subst_interface(Substitution *s, Type *t) {
	MethodInfo *methods = t->methods;
	for (uint32_t i = 0; i < t->method_count; i++) {
		Type *signature = subst(s, t->methods[i].signature);
		if (signature == t->methods[i].signature)
			continue;
		if (methods == t->methods) {
			methods = ARENA_ARRAY(s->u->arena, MethodInfo, t->method_count);
			memcpy(methods, t->methods, t->method_count * sizeof(MethodInfo));
		}
		methods[i].signature = signature;
		if (methods[i].object)
			methods[i].object = object_retyped(s->u, methods[i].object, signature);
	}
	TypeList embeddeds;
	bool changed = subst_list(s, t->embeddeds, &embeddeds);
	if (methods == t->methods && !changed)
		return t;
	Type *copy = type_new(s->u, TYPE_INTERFACE);
	copy->methods = methods;
	copy->method_count = t->method_count;
	copy->embeddeds = embeddeds;
	copy->embedded_pos = t->embedded_pos;
	copy->implicit = t->implicit;
	return copy;
}

static Type *subst_union(Substitution *s, Type *t) {
	UnionTerm *terms = t->terms;
	for (uint32_t i = 0; i < t->term_count; i++) {
		Type *type = subst(s, t->terms[i].type);
		if (type == t->terms[i].type)
			continue;
		if (terms == t->terms) {
			terms = ARENA_ARRAY(s->u->arena, UnionTerm, t->term_count);
			memcpy(terms, t->terms, t->term_count * sizeof(UnionTerm));
		}
		terms[i].type = type;
	}
	if (terms == t->terms)
		return t;
	Type *copy = type_new(s->u, TYPE_UNION);
	copy->terms = terms;
	copy->term_count = t->term_count;
	return copy;
}

static Type *subst_named(Substitution *s, Type *t) {
	TypeList args, outer_params = t->outer_params, outer = t->outer_args;
	bool changed = subst_list(s, t->type_args, &args);
	if (!outer_params.len && named_outer_params(t, &outer_params))
		outer = outer_params; /* so far its parameters stand for themselves */
	bool outer_changed = subst_list(s, outer, &outer);
	if (!changed && !outer_changed)
		return t;
	if (!outer_changed && !t->outer_params.len)
		return type_instantiate(s->u, t->origin, args.items, args.len);
	bool made = false;
	return table_get(s->u, t->origin, outer_params, outer, args, &made);
}

static Type *subst_alias(Substitution *s, Type *t) {
	TypeList args;
	if (t->type_args.len)
		return subst_list(s, t->type_args, &args) ? type_instantiate(s->u, t->origin, args.items, args.len) : t;
	if (!t->underlying)
		return t;
	Type *changed = subst(s, t->underlying);
	return changed == t->underlying ? t : changed;
}

/* Types of one element. */
static Type *subst_element(Substitution *s, Type *t) {
	Type *elem = subst(s, t->elem), *key = t->kind == TYPE_MAP ? subst(s, t->key) : NULL;
	if (elem == t->elem && key == t->key)
		return t;
	Type *copy = type_new(s->u, (TypeKind)t->kind);
	copy->elem = elem;
	copy->key = key;
	copy->chan_dir = t->chan_dir;
	copy->length = t->length;
	return copy;
}

static Type *subst_composite(Substitution *s, Type *t) {
	TypeList list;
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER:
	case TYPE_SLICE:
	case TYPE_ARRAY:
	case TYPE_CHAN:
	case TYPE_MAP:
		return subst_element(s, t);
	case TYPE_STRUCT:
		return subst_struct(s, t);
	case TYPE_SIGNATURE:
		return subst_signature(s, t);
	case TYPE_INTERFACE:
		return subst_interface(s, t);
	case TYPE_TUPLE:
		return subst_list(s, t->tuple, &list) ? type_new_tuple(s->u, list.items, list.len) : t;
	case TYPE_UNION:
		return subst_union(s, t);
	case TYPE_NAMED:
		return subst_named(s, t);
	case TYPE_ALIAS:
		return subst_alias(s, t);
	case TYPE_PARAM:
		return subst_param(s->map, t);
	default:
		return t;
	}
}

static Type *subst(Substitution *s, Type *t) {
	if (!t || t->kind < TYPE_POINTER)
		return t;
	if (s->depth > MAX_TYPE_DEPTH)
		return s->u->basic[TYPE_INVALID];
	bool remember = ++s->steps > SUBST_REMEMBER;
	Type *done = remember ? ptrmap_get(&s->done, t) : NULL;
	if (done)
		return done;
	s->depth++;
	Type *result = subst_composite(s, t);
	s->depth--;
	if (remember)
		ptrmap_put(s->u->arena, &s->done, t, result);
	return result;
}

Type *type_subst(Universe *u, Type *t, const TypeSubst *map) {
	if (!t || map->count == 0 || !type_is_parameterized(t))
		return t;
	Substitution s = {.u = u, .map = map};
	return subst(&s, t);
}

/* ---------------------------------------------------------------- instances */

static Type *instantiate_alias(Universe *u, Type *alias, TypeList args) {
	bool made = false;
	Type *t = table_get(u, alias, (TypeList){0}, (TypeList){0}, args, &made);
	if (made || !t->complete) {
		TypeSubst map = {alias->type_params, t->type_args.items, args.len};
		t->underlying = u->basic[TYPE_INVALID]; /* while under way: an alias that instantiates itself */
		t->underlying = type_subst(u, alias->underlying, &map);
		t->complete = alias->complete;
	}
	return t;
}

Type *type_instantiate(Universe *u, Type *generic, Type **args, uint32_t count) {
	if (generic->kind == TYPE_NAMED && generic->origin)
		generic = generic->origin;
	if (count == 0 || count != generic->type_param_count)
		return u->basic[TYPE_INVALID];
	TypeList list = {args, count};
	if (generic->kind == TYPE_ALIAS)
		return instantiate_alias(u, generic, list);
	bool made = false;
	return table_get(u, generic, (TypeList){0}, (TypeList){0}, list, &made);
}

void named_expand(Type *instance) {
	Type *origin = instance->origin;
	Universe *u = instance->universe;
	if (!origin->underlying || instance->in_progress)
		return;
	uint32_t own = origin->type_param_count == instance->type_args.len ? instance->type_args.len : 0;
	uint32_t outer = instance->outer_params.len;
	uint32_t count = own + outer;
	TypeSubst map = {ARENA_ARRAY(u->arena, Type *, count), ARENA_ARRAY(u->arena, Type *, count), count};
	for (uint32_t i = 0; i < own; i++) {
		map.params[i] = origin->type_params[i];
		map.args[i] = instance->type_args.items[i];
	}
	for (uint32_t i = 0; i < outer; i++) {
		map.params[own + i] = instance->outer_params.items[i];
		map.args[own + i] = instance->outer_args.items[i];
	}
	instance->in_progress = true;
	instance->underlying = type_subst(u, type_underlying(origin), &map);
	instance->in_progress = false;
	instance->complete = true;
}

Object *instance_method(Universe *u, Type *named_instance, Object *origin_method) {
	struct InstanceTable *table = instance_table(u);
	PtrMap *methods = ptrmap_get(&table->methods, named_instance);
	if (!methods) {
		methods = ARENA_NEW(u->arena, PtrMap);
		ptrmap_put(u->arena, &table->methods, named_instance, methods);
	}
	Object *known = ptrmap_get(methods, origin_method);
	if (known)
		return known;
	if (!origin_method->type)
		check_object(u, origin_method);
	Type *signature = origin_method->type;
	if (!signature || signature->kind != TYPE_SIGNATURE ||
	    signature->recv_type_param_count != named_instance->type_args.len)
		return origin_method; /* an error was reported */
	TypeSubst map = {signature->recv_type_params, named_instance->type_args.items, named_instance->type_args.len};
	Object *method = object_retyped(u, origin_method, type_subst(u, signature, &map));
	ptrmap_put(u->arena, methods, origin_method, method);
	return method;
}

Type **params_rename(Universe *u, Type **params, uint32_t count) {
	Type **fresh = ARENA_ARRAY(u->arena, Type *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		fresh[i] = type_new_param(u, params[i]->object, params[i]->index, NULL);
	TypeSubst map = {params, fresh, count};
	for (uint32_t i = 0; i < count; i++) {
		Type *bound = params[i]->constraint ? params[i]->constraint : params[i]->underlying;
		fresh[i]->constraint = type_subst(u, bound, &map);
	}
	return fresh;
}

bool instance_verify(Universe *u, Pos pos, Type **params, Type **targs, uint32_t count) {
	TypeSubst map = {params, targs, count};
	Buf why;
	buf_init(&why, u->arena->mem);
	bool ok = true;
	for (uint32_t i = 0; ok && i < count; i++) {
		Type *bound = params[i]->constraint ? params[i]->constraint : params[i]->underlying;
		if (!bound || !targs[i])
			continue;
		ok = type_satisfies(u, targs[i], type_subst(u, bound, &map), &why);
		if (!ok)
			diag_report(u->sources, SEVERITY_ERROR, 0, pos, 0, "%s", buf_cstr(&why));
	}
	buf_deinit(&why);
	return ok;
}
