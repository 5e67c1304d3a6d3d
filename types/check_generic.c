/* SPDX-License-Identifier: MIT */
/* check_generic.c: declaring type parameters, instantiating types and signatures, and types that contain themselves.
 *
 * Rules: constraints of type arguments are verified when no declaration is under way. Every instantiation is noted in
 * the package, for check_growth.c. */
#include "types/check.h"

/* ---------------------------------------------------------------- type parameters */

/* *out is complete before the constraints are resolved: they may speak of the generic type itself. */
void declare_type_params(Check *c, NodeList fields, Type ***out, uint32_t *count) {
	VEC(Type *) params = {0};
	require_language(c, fields.items[0]->pos, 18, "type parameter");
	for (uint32_t i = 0; i < fields.len; i++) {
		Field *f = AS(Field, fields.items[i]);
		for (uint32_t k = 0; k < f->names.len; k++) {
			Ident *name = AS(Ident, f->names.items[k]);
			Pos pos = name->node.pos;
			Object *o = object_new(c->u, OBJECT_TYPE_NAME, name->name, c->env.package, pos, NULL);
			o->type = type_new_param(c->u, o, (int32_t)params.len, NULL);
			o->decl = &f->node;
			name->object = o;
			declare(c, c->env.scope, o);
			VEC_PUSH(c->u->arena, &params, o->type);
		}
	}
	*out = params.items;
	*count = params.len;
	uint32_t next = 0;
	for (uint32_t i = 0; i < fields.len; i++) {
		Field *f = AS(Field, fields.items[i]);
		Type *bound = f->type ? check_constraint(c, f->type) : c->u->any_type;
		if (is_type_param(bound)) {
			FAIL(c, f->type->pos, TYPE_PARAM_CONSTRAINT);
			bound = c->u->any_type;
		}
		for (uint32_t k = 0; k < f->names.len; k++)
			params.items[next++]->constraint = bound;
	}
}

/* ---------------------------------------------------------------- instances */

static void verify_instance(Check *c, void *data) {
	Instantiation *inst = data;
	for (uint32_t i = 0; i < inst->count; i++)
		if (!type_valid(inst->args[i]))
			return;
	uint32_t before = c->u->sources->diagnostics.len;
	instance_verify(c->u, inst->pos, inst->params, inst->args, inst->count);
	drop_follow_ups(c, before);
}

static void note_instance(Check *c, Pos pos, Type **params, Type **args, uint32_t count, bool verify) {
	Instantiation *inst = ARENA_NEW(c->u->arena, Instantiation);
	*inst = (Instantiation){pos, params, args, count};
	if (verify)
		check_later(c, verify_instance, inst);
	if (c->env.package && !c->env.package->is_library)
		VEC_PUSH(c->u->arena, &c->env.package->checker->instances, inst);
}

/* Whether a generic type gets as many arguments as it has parameters. */
bool check_type_arg_count(Check *c, Node *generic, uint32_t have, uint32_t want) {
	if (have < want)
		FAIL(c, generic->pos, TYPE_ARGS_FEW, "type", node_text(c, generic), have, want);
	else if (have > want)
		FAIL(c, generic->pos, TYPE_ARGS_MANY, "type", node_text(c, generic), have, want);
	return have == want;
}

Type *check_instance_type(Check *c, IndexExpr *e) {
	Type *generic = check_generic_or_type(c, e->x);
	uint32_t count = e->indices.len;
	if (generic->kind == TYPE_INVALID)
		return generic;
	if (!is_generic_type(generic)) {
		FAIL(c, e->x->pos, NOT_GENERIC, node_text(c, &e->node), node_text(c, e->x));
		return invalid_type(c);
	}
	Type **args = ARENA_ARRAY(c->u->arena, Type *, count);
	bool valid = true;
	for (uint32_t i = 0; i < count; i++) {
		args[i] = check_var_type(c, e->indices.items[i]);
		valid &= args[i]->kind != TYPE_INVALID;
	}
	if (!valid)
		return invalid_type(c);
	uint32_t want = generic->type_param_count;
	if (!check_type_arg_count(c, e->x, count, want))
		return invalid_type(c);
	require_language(c, e->indices.items[0]->pos, 18, "type instantiation");
	note_instance(c, e->indices.items[0]->pos, generic->type_params, args, count, true);
	Type *instance = type_instantiate(c->u, generic, args, count);
	if (!instance->written_at)
		instance->written_at = e->x->pos;
	return instance;
}

/* A copy that is not generic: its type parameters are free in it. */
Type *signature_without_params(Check *c, Type *signature) {
	Type *plain = type_new(c->u, TYPE_SIGNATURE);
	uint32_t id = plain->id;
	*plain = *signature;
	plain->id = id;
	plain->type_params = NULL;
	plain->type_param_count = 0;
	plain->param_state = 0;
	plain->lowered = NULL;
	return plain;
}

/* The signature with its type parameters replaced; verifies the constraints. */
Type *instantiate_signature(Check *c, Pos pos, Type *signature, Type **args, uint32_t count) {
	note_instance(c, pos, signature->type_params, args, count, true);
	TypeSubst subst = {signature->type_params, args, count};
	return type_subst(c->u, signature_without_params(c, signature), &subst);
}

void record_instance(Check *c, Ident *name, Type **args, uint32_t count, Type *signature) {
	Instance *inst = ARENA_NEW(c->u->arena, Instance);
	inst->type_args = (TypeList){args, count};
	inst->type = signature;
	ptrmap_put(c->u->arena, &c->u->instance_info, name, inst);
	name->node.type = signature;
}

/* ---------------------------------------------------------------- types of infinite size */

enum {
	MAX_TYPE_PATH = 1000,    /* types nested by value */
	MAX_SELF_INSTANCES = 20, /* instances of one generic type on the way: an expansion without end */
};

typedef struct SizeWalk {
	Check *c;
	VEC(Type *) path;
	PtrMap on_path;   /* path_key -> place in the path + 1 */
	PtrMap instances; /* generic type -> number of its instances on the path */
	PtrMap finite;
} SizeWalk;

static bool is_finite(SizeWalk *w, Type *t);

/* Inside its own declaration T[P] is the generic T. */
static const Type *path_key(const Type *t) {
	if (!t->origin || t->type_args.len != t->origin->type_param_count || t->outer_args.len)
		return t;
	for (uint32_t i = 0; i < t->type_args.len; i++)
		if (type_unalias(t->type_args.items[i]) != t->origin->type_params[i])
			return t;
	return t->origin;
}

/* An instance is reported where it was first written. */
static Object *path_object(Check *c, const Type *t) {
	if (!t->written_at)
		return t->object;
	Object *o = ARENA_NEW(c->u->arena, Object);
	*o = *t->object;
	o->pos = t->written_at;
	return o;
}

static void invalidate_path(SizeWalk *w, uint32_t start) {
	for (uint32_t i = start; i < w->path.len; i++) {
		Type *t = w->path.items[i];
		t->underlying = invalid_type(w->c);
		if (t->origin)
			t->origin->underlying = invalid_type(w->c);
	}
}

static bool report_infinite(SizeWalk *w, uint32_t start) {
	Check *c = w->c;
	Object **cycle = ARENA_ARRAY(c->u->arena, Object *, w->path.len - start);
	uint32_t count = 0;
	const Type *last = NULL;
	for (uint32_t i = start; i < w->path.len; i++) {
		Type *t = w->path.items[i];
		if (!last || last->object != t->object)
			cycle[count++] = path_object(c, t);
		last = t;
	}
	invalidate_path(w, start);
	report_type_cycle(c, cycle, count);
	return false;
}

static bool too_deep(SizeWalk *w) {
	FAIL(w->c, w->path.items[0]->object->pos, TOO_DEEP);
	invalidate_path(w, 0);
	return false;
}

/* The right-hand side of a declaration as it was written: what a chain of definitions goes through counts as well. */
static Type *written_type(Type *t) {
	const Object *o = t->object;
	bool plain = t->type_args.len == 0 && t->outer_args.len == 0;
	Node *decl = plain && o->decl && o->decl->kind == NODE_TYPE_SPEC ? AS(TypeSpec, o->decl)->type : NULL;
	Type *rhs = decl && under(t)->kind != TYPE_INVALID ? type_unalias(decl->type) : NULL;
	return rhs && rhs->kind == TYPE_NAMED ? rhs : under(t);
}

static void path_push(SizeWalk *w, Type *t, int32_t step) {
	Arena *arena = w->c->u->arena;
	uintptr_t count = t->type_args.len ? (uintptr_t)ptrmap_get(&w->instances, t->origin) : 0;
	if (step > 0)
		VEC_PUSH(arena, &w->path, t);
	else
		w->path.len--;
	ptrmap_put(arena, &w->on_path, path_key(t), step > 0 ? (void *)(uintptr_t)w->path.len : NULL);
	if (t->type_args.len)
		ptrmap_put(arena, &w->instances, t->origin, (void *)(count + (uintptr_t)(intptr_t)step));
}

static bool named_is_finite(SizeWalk *w, Type *t) {
	if (!t->object->package || ptrmap_get(&w->finite, t))
		return true;
	uintptr_t place = (uintptr_t)ptrmap_get(&w->on_path, path_key(t));
	if (place > 0) {
		bool direct = place == w->path.len; /* T[P] in the declaration of T: the instance is to blame */
		if (direct)
			w->path.items[place - 1] = t;
		return report_infinite(w, (uint32_t)place - 1);
	}
	path_push(w, t, 1);
	if (t->type_args.len && (uintptr_t)ptrmap_get(&w->instances, t->origin) > MAX_SELF_INSTANCES)
		return report_infinite(w, w->path.len - MAX_SELF_INSTANCES - 1);
	if (w->path.len > MAX_TYPE_PATH)
		return too_deep(w);
	bool finite = is_finite(w, written_type(t));
	path_push(w, t, -1);
	if (finite)
		ptrmap_put(w->c->u->arena, &w->finite, t, t);
	return finite;
}

static bool parts_are_finite(SizeWalk *w, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_ARRAY:
		return is_finite(w, t->elem);
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++)
			if (!is_finite(w, t->fields[i].type))
				return false;
		return true;
	case TYPE_INTERFACE:
		for (uint32_t i = 0; i < t->embeddeds.len; i++)
			if (!is_finite(w, t->embeddeds.items[i]))
				return false;
		return true;
	case TYPE_UNION:
		for (uint32_t i = 0; i < t->term_count; i++)
			if (!is_finite(w, t->terms[i].type))
				return false;
		return true;
	default:
		return true;
	}
}

static bool is_finite(SizeWalk *w, Type *t) {
	t = type_unalias(t);
	if (t->kind == TYPE_NAMED)
		return named_is_finite(w, t);
	if (ptrmap_get(&w->finite, t))
		return true;
	bool finite = parts_are_finite(w, t);
	if (finite)
		ptrmap_put(w->c->u->arena, &w->finite, t, t);
	return finite;
}

static void check_finite(Check *c, void *data) {
	Object *o = data;
	SizeWalk w = {.c = c};
	if (type_valid(o->type))
		is_finite(&w, o->type);
}

void check_finite_later(Check *c, Object *type_name) {
	check_later(c, check_finite, type_name);
}

/* ---------------------------------------------------------------- interfaces without a name that refer to themselves */

/* `type I interface{ m() interface{ I } }`: the inner one has m, whose result it is. No error of the language, but one of
 * Go's compiler, and ours: such a type can neither be hashed nor compared in one walk. */
typedef struct CycleWalk {
	Check *c;
	uint32_t depth;
} CycleWalk;

enum { WALK_UNDER_WAY = 1, WALK_DONE };

static bool meets_itself(CycleWalk *w, Type *t);

static void note_walk(CycleWalk *w, Type *t, uintptr_t state) {
	ptrmap_put(w->c->u->arena, &w->c->interface_walks, t, (void *)state);
}

static bool signature_meets(CycleWalk *w, Type *t) {
	for (uint32_t i = 0; i < t->param_count; i++)
		if (meets_itself(w, t->params[i]->type))
			return true;
	for (uint32_t i = 0; i < t->result_count; i++)
		if (meets_itself(w, t->results[i]->type))
			return true;
	return false;
}

static bool interface_meets(CycleWalk *w, Type *t) {
	note_walk(w, t, WALK_UNDER_WAY);
	interface_complete(w->c->u, t, 0);
	for (uint32_t i = 0; i < t->method_set_count; i++)
		if (meets_itself(w, t->method_set[i].signature))
			return true;
	return false;
}

static bool parts_meet(CycleWalk *w, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER:
	case TYPE_SLICE:
	case TYPE_ARRAY:
	case TYPE_CHAN:
		return meets_itself(w, t->elem);
	case TYPE_MAP:
		return meets_itself(w, t->key) || meets_itself(w, t->elem);
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++)
			if (meets_itself(w, t->fields[i].type))
				return true;
		return false;
	case TYPE_SIGNATURE:
		return signature_meets(w, t);
	case TYPE_INTERFACE:
		return interface_meets(w, t);
	default:
		return false; /* a name ends it */
	}
}

static bool meets_itself(CycleWalk *w, Type *t) {
	t = type_unalias(t);
	if (!t || t->kind < TYPE_POINTER || t->kind == TYPE_NAMED || w->depth > MAX_TYPE_DEPTH)
		return false;
	uintptr_t state = (uintptr_t)ptrmap_get(&w->c->interface_walks, t);
	if (state)
		return state == WALK_UNDER_WAY;
	w->depth++;
	bool meets = parts_meet(w, t);
	w->depth--;
	note_walk(w, t, WALK_DONE);
	return meets;
}

void check_interface_cycle(Check *c, void *data) {
	const TypeAt *at = data;
	CycleWalk w = {.c = c};
	if (meets_itself(&w, at->type))
		FAIL(c, at->pos, INTERFACE_CYCLE);
}
