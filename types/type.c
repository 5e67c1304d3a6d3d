/* SPDX-License-Identifier: MIT */
/* type.c: type objects: construction, underlying types, identity, hashing, predicates.
 *
 * Owns: nothing; types live in the Universe's arena for as long as the session.
 * Rules: a defined type may be asked about while it is still being resolved: its underlying type is then the invalid
 * type, and nothing is remembered about it. Instances get their underlying type on first use (named_expand), so that
 * `type T[P any] struct { next *T[[]P] }` is finite. Every recursion over types is bounded by MAX_TYPE_DEPTH.
 * Why: identity compares structure instead of making every type canonical: a struct cannot be hashed before its fields
 * are resolved, and messages must print types as they were written.
 * See: type_print.c, typeset.c (interfaces), instantiate.c. */
#include "base/limits.h"
#include "types/internal.h"

/* ---------------------------------------------------------------- construction */

Type *type_new(Universe *u, TypeKind kind) {
	Type *t = ARENA_NEW(u->arena, Type);
	t->kind = (uint8_t)kind;
	t->id = ++u->next_type_id;
	t->universe = u;
	return t;
}

Type *type_new_pointer(Universe *u, Type *elem) {
	Type *t = type_new(u, TYPE_POINTER);
	t->elem = elem;
	return t;
}

Type *type_new_slice(Universe *u, Type *elem) {
	Type *t = type_new(u, TYPE_SLICE);
	t->elem = elem;
	return t;
}

Type *type_new_array(Universe *u, Type *elem, int64_t length) {
	Type *t = type_new(u, TYPE_ARRAY);
	t->elem = elem;
	t->length = length;
	return t;
}

Type *type_new_map(Universe *u, Type *key, Type *elem) {
	Type *t = type_new(u, TYPE_MAP);
	t->key = key;
	t->elem = elem;
	return t;
}

Type *type_new_chan(Universe *u, int dir, Type *elem) {
	Type *t = type_new(u, TYPE_CHAN);
	t->chan_dir = (uint8_t)dir;
	t->elem = elem;
	return t;
}

Type *type_new_tuple(Universe *u, Type **items, uint32_t len) {
	Type *t = type_new(u, TYPE_TUPLE);
	t->tuple = (TypeList){items, len};
	return t;
}

Type *type_new_signature(Universe *u, Object **params, uint32_t param_count, Object **results, uint32_t result_count,
			 bool variadic) {
	Type *t = type_new(u, TYPE_SIGNATURE);
	t->params = params;
	t->param_count = param_count;
	t->results = results;
	t->result_count = result_count;
	t->variadic = variadic;
	return t;
}

Type *type_new_named(Universe *u, Object *type_name) {
	Type *t = type_new(u, TYPE_NAMED);
	t->object = type_name;
	t->origin = t;
	return t;
}

Type *type_new_param(Universe *u, Object *type_name, int32_t index, Type *constraint) {
	Type *t = type_new(u, TYPE_PARAM);
	t->object = type_name;
	t->index = index;
	t->constraint = constraint;
	t->has_type_param = true;
	return t;
}

/* ---------------------------------------------------------------- underlying types */

Type *type_invalid(Type *near) {
	return near->universe->basic[TYPE_INVALID];
}

Type *type_unalias(Type *t) {
	if (!t || t->kind != TYPE_ALIAS)
		return t;
	Type *end = t;
	uint32_t hops = 0;
	while (end->kind == TYPE_ALIAS) {
		/* A cycle is an error the checker reports; here it only must not hang. */
		if (!end->underlying || ++hops > t->universe->next_type_id)
			return type_invalid(t);
		end = end->underlying;
	}
	if (hops > 8 && end->kind != TYPE_INVALID)
		t->underlying = end; /* chains of thousands of aliases would make every use linear */
	return end;
}

static Type *named_underlying(Type *t) {
	if (!t->underlying && (t->origin != t || t->outer_params.len))
		named_expand(t);
	Type *under = type_unalias(t->underlying);
	for (uint32_t hops = 0; under && under->kind == TYPE_NAMED; hops++) {
		if (hops > t->universe->next_type_id)
			return type_invalid(t);
		if (!under->underlying && (under->origin != under || under->outer_params.len))
			named_expand(under);
		under = type_unalias(under->underlying);
	}
	if (!under || under->kind == TYPE_PARAM)
		return type_invalid(t);
	return under;
}

/* The interface behind a constraint; `[T ~int|string]` and `[T int]` stand for an interface around that element. */
static Type *param_interface(Type *t) {
	Universe *u = t->universe;
	if (t->underlying && t->underlying->kind == TYPE_INTERFACE)
		return t->underlying;
	Type *bound = type_unalias(t->constraint ? t->constraint : t->underlying);
	Type *under = bound && bound->kind != TYPE_PARAM ? type_underlying(bound) : NULL;
	if (!under || under->kind == TYPE_INVALID)
		return type_underlying(u->any_type);
	if (under->kind != TYPE_INTERFACE) {
		Type *wrapped = type_new(u, TYPE_INTERFACE);
		wrapped->implicit = true;
		wrapped->embeddeds.items = ARENA_ARRAY(u->arena, Type *, 1);
		wrapped->embeddeds.items[0] = t->constraint;
		wrapped->embeddeds.len = 1;
		under = wrapped;
	}
	return t->underlying = under;
}

Type *type_underlying(Type *t) {
	t = type_unalias(t);
	if (!t)
		return NULL;
	switch (t->kind) {
	case TYPE_NAMED:
		return named_underlying(t);
	case TYPE_PARAM:
		return param_interface(t);
	default:
		return t;
	}
}

Type *type_deref(Type *t, bool *was_pointer) {
	Type *plain = type_unalias(t);
	bool pointer = plain && plain->kind == TYPE_POINTER && plain->elem;
	if (was_pointer)
		*was_pointer = pointer;
	return pointer ? plain->elem : t;
}

/* ---------------------------------------------------------------- identity */

bool package_same(const Package *a, const Package *b) {
	return a == b || (a && b && strcmp(a->path, b->path) == 0);
}

bool name_same(const Name *a, const Package *pa, const Name *b, const Package *pb) {
	return a == b && (!a || a->exported || package_same(pa, pb));
}

/* Interfaces under comparison: meeting the same pair again means that nothing has told them apart so far. */
typedef struct PairChain {
	Type *x, *y;
	struct PairChain *outer;
} PairChain;

/* Type parameters of two generic signatures that stand for each other. */
typedef struct ParamChain {
	Type **xs, **ys;
	uint32_t count;
	struct ParamChain *outer;
} ParamChain;

typedef struct Compare {
	PairChain *pairs;
	ParamChain *params;
	PtrMap same;      /* pairs found identical: types that share their parts many times over are compared once */
	uint32_t depth, steps;
	uint32_t choices; /* comparisons under way whose failure is not the end */
} Compare;

enum { COMPARE_REMEMBER = 200 }; /* steps after which pairs are remembered */

static bool compare_types(Compare *c, Type *x, Type *y);

static bool compare_lists(Compare *c, TypeList a, TypeList b) {
	if (a.len != b.len)
		return false;
	for (uint32_t i = 0; i < a.len; i++)
		if (!compare_types(c, a.items[i], b.items[i]))
			return false;
	return true;
}

static bool compare_structs(Compare *c, Type *x, Type *y) {
	if (x->field_count != y->field_count)
		return false;
	for (uint32_t i = 0; i < x->field_count; i++) {
		FieldInfo *f = &x->fields[i], *g = &y->fields[i];
		if (f->embedded != g->embedded || !name_same(f->name, f->package, g->name, g->package) ||
		    !str_eq(f->tag, g->tag) || !compare_types(c, f->type, g->type))
			return false;
	}
	return true;
}

static bool compare_objects(Compare *c, Object **a, Object **b, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (!compare_types(c, a[i]->type, b[i]->type))
			return false;
	return true;
}

static bool compare_signatures(Compare *c, Type *x, Type *y) {
	if (x->variadic != y->variadic || x->param_count != y->param_count || x->result_count != y->result_count ||
	    x->type_param_count != y->type_param_count)
		return false;
	ParamChain link = {x->type_params, y->type_params, x->type_param_count, c->params};
	c->params = &link;
	bool same = true;
	for (uint32_t i = 0; same && i < x->type_param_count; i++)
		same = compare_types(c, type_underlying(x->type_params[i]), type_underlying(y->type_params[i]));
	same = same && compare_objects(c, x->params, y->params, x->param_count) &&
	       compare_objects(c, x->results, y->results, x->result_count);
	c->params = link.outer;
	return same;
}

static bool compare_terms(Compare *c, Type *x, Type *y) {
	if (x->has_terms != y->has_terms || x->term_count != y->term_count)
		return false;
	/* Normal forms are equal as sets; the order is that of the source. */
	bool found = true;
	c->choices++;
	for (uint32_t i = 0; found && i < x->term_count; i++) {
		found = false;
		for (uint32_t j = 0; !found && j < y->term_count; j++)
			found = x->terms[i].tilde == y->terms[j].tilde &&
				compare_types(c, x->terms[i].type, y->terms[j].type);
	}
	c->choices--;
	return found;
}

static bool compare_interfaces(Compare *c, Type *x, Type *y) {
	for (PairChain *p = c->pairs; p; p = p->outer)
		if ((p->x == x && p->y == y) || (p->x == y && p->y == x))
			return true;
	interface_complete(x->universe, x, 0);
	interface_complete(y->universe, y, 0);
	/* One that is being completed cannot be judged; a difference is found when the question is asked again. */
	if (!x->complete || !y->complete)
		return x->method_count == y->method_count && x->embeddeds.len == y->embeddeds.len;
	if (x->method_set_count != y->method_set_count || x->is_comparable != y->is_comparable)
		return false;
	PairChain link = {x, y, c->pairs};
	c->pairs = &link;
	bool same = compare_terms(c, x, y);
	for (uint32_t i = 0; same && i < x->method_set_count; i++) {
		MethodInfo *m = &x->method_set[i], *n = &y->method_set[i];
		same = name_same(m->name, m->package, n->name, n->package) &&
		       compare_types(c, m->signature, n->signature);
	}
	c->pairs = link.outer;
	return same;
}

static bool compare_named(Compare *c, Type *x, Type *y) {
	if (x->origin != y->origin)
		return false;
	if (x->outer_params.len != y->outer_params.len || !compare_lists(c, x->outer_args, y->outer_args))
		return false;
	if (x->type_args.len == 0 && y->type_args.len == 0)
		return x->outer_params.len > 0; /* equal pointers were seen before */
	return compare_lists(c, x->type_args, y->type_args);
}

static bool compare_params(Compare *c, Type *x, Type *y) {
	for (ParamChain *p = c->params; p; p = p->outer)
		for (uint32_t i = 0; i < p->count; i++)
			if (p->xs[i] == x || p->ys[i] == y)
				return p->xs[i] == x && p->ys[i] == y;
	return false;
}

static bool compare_unions(Compare *c, Type *x, Type *y) {
	if (x->term_count != y->term_count)
		return false;
	for (uint32_t i = 0; i < x->term_count; i++)
		if (x->terms[i].tilde != y->terms[i].tilde ||
		    !compare_types(c, x->terms[i].type, y->terms[i].type))
			return false;
	return true;
}

static bool compare_composites(Compare *c, Type *x, Type *y) {
	switch ((TypeKind)x->kind) {
	case TYPE_POINTER:
	case TYPE_SLICE:
		return compare_types(c, x->elem, y->elem);
	case TYPE_ARRAY:
		/* A negative length is one that had an error. */
		return (x->length < 0 || y->length < 0 || x->length == y->length) && compare_types(c, x->elem, y->elem);
	case TYPE_MAP:
		return compare_types(c, x->key, y->key) && compare_types(c, x->elem, y->elem);
	case TYPE_CHAN:
		return x->chan_dir == y->chan_dir && compare_types(c, x->elem, y->elem);
	case TYPE_STRUCT:
		return compare_structs(c, x, y);
	case TYPE_SIGNATURE:
		return compare_signatures(c, x, y);
	case TYPE_INTERFACE:
		return compare_interfaces(c, x, y);
	case TYPE_TUPLE:
		return compare_lists(c, x->tuple, y->tuple);
	case TYPE_NAMED:
		return compare_named(c, x, y);
	case TYPE_PARAM:
		return compare_params(c, x, y);
	case TYPE_UNION:
		return compare_unions(c, x, y);
	default:
		return true; /* basic types: the kind says it all (byte and uint8 are two objects) */
	}
}

static bool compare_types(Compare *c, Type *x, Type *y) {
	x = type_unalias(x);
	y = type_unalias(y);
	if (x == y)
		return true;
	if (!x || !y || x->kind != y->kind || c->depth >= MAX_TYPE_DEPTH)
		return false;
	/* What holds under assumptions only (pairs) may be remembered: when one of them fails, so does the whole. */
	bool remember = ++c->steps > COMPARE_REMEMBER && !c->params && !c->choices;
	const void *pair = (const void *)(uintptr_t)((uint64_t)x->id << 32 | y->id);
	if (remember && ptrmap_get(&c->same, pair))
		return true;
	c->depth++;
	bool same = compare_composites(c, x, y);
	c->depth--;
	if (remember && same)
		ptrmap_put(x->universe->arena, &c->same, pair, x);
	return same;
}

bool type_identical(Type *a, Type *b) {
	if (a == b)
		return true;
	Compare c = {0};
	return compare_types(&c, a, b);
}

/* ---------------------------------------------------------------- hashing */

static uint32_t hash_mix(uint32_t h, uint32_t v) {
	return (h ^ v) * 0x9E3779B1u + (h >> 15);
}

enum { HASH_DEPTH = 5 }; /* deep enough to tell types apart in practice; keeps hashing cheap and finite */

static uint32_t hash_type(Type *t, int depth);

static uint32_t hash_list(uint32_t h, TypeList list, int depth) {
	for (uint32_t i = 0; i < list.len && i < 16; i++)
		h = hash_mix(h, hash_type(list.items[i], depth - 1));
	return hash_mix(h, list.len);
}

static uint32_t hash_signature(uint32_t h, Type *t, int depth) {
	h = hash_mix(h, t->param_count * 31 + t->result_count);
	if (t->type_param_count) /* equal up to renaming: only counts can enter */
		return hash_mix(h, t->type_param_count);
	for (uint32_t i = 0; i < t->param_count && i < 16; i++)
		h = hash_mix(h, hash_type(t->params[i]->type, depth - 1));
	for (uint32_t i = 0; i < t->result_count && i < 16; i++)
		h = hash_mix(h, hash_type(t->results[i]->type, depth - 1));
	return h;
}

static bool has_one_element(const Type *t) {
	return t->kind == TYPE_POINTER || t->kind == TYPE_SLICE || t->kind == TYPE_ARRAY || t->kind == TYPE_CHAN;
}

static uint32_t hash_type(Type *t, int depth) {
	uint32_t h = 0x811c9dc5u;
	t = type_unalias(t);
	if (depth <= 0)
		return h;
	/* Chains of elements cost no depth: expanding instances differ in their length only. */
	for (uint32_t i = 0; t && i < MAX_TYPE_DEPTH && has_one_element(t); i++) {
		h = hash_mix(h, t->kind == TYPE_ARRAY ? (uint32_t)t->length * 31 + t->kind : t->kind);
		t = type_unalias(t->elem);
	}
	if (!t)
		return h;
	h = hash_mix(h, t->kind);
	switch ((TypeKind)t->kind) {
	case TYPE_MAP:
		return hash_mix(hash_mix(h, hash_type(t->key, depth - 1)), hash_type(t->elem, depth - 1));
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count && i < 16; i++) {
			h = hash_mix(h, t->fields[i].name ? t->fields[i].name->hash : 0);
			h = hash_mix(h, hash_type(t->fields[i].type, depth - 1));
		}
		return hash_mix(h, t->field_count);
	case TYPE_SIGNATURE:
		return hash_signature(h, t, depth);
	case TYPE_TUPLE:
		return hash_list(h, t->tuple, depth);
	case TYPE_NAMED:
		return hash_mix(h, t->id); /* identical instances are one object */
	default:
		/* Interfaces may not be complete yet, and type parameters may be bound by a signature further out. */
		return h;
	}
}

uint32_t type_hash(Type *t) {
	return hash_type(t, HASH_DEPTH);
}

static uint32_t deep_hash(Type *t, uint32_t depth);

static uint32_t deep_objects(uint32_t h, Object **objects, uint32_t count, uint32_t depth) {
	for (uint32_t i = 0; i < count; i++)
		h = hash_mix(h, deep_hash(objects[i]->type, depth));
	return hash_mix(h, count);
}

static uint32_t deep_list(uint32_t h, TypeList list, uint32_t depth) {
	for (uint32_t i = 0; i < list.len; i++)
		h = hash_mix(h, deep_hash(list.items[i], depth));
	return hash_mix(h, list.len);
}

/* Tags and the order of terms do not count. */
static uint32_t deep_interface(uint32_t h, Type *t, uint32_t depth) {
	interface_complete(t->universe, t, 0);
	for (uint32_t i = 0; i < t->method_set_count; i++) {
		h = hash_mix(h, t->method_set[i].name->hash);
		h = hash_mix(h, deep_hash(t->method_set[i].signature, depth));
	}
	return hash_mix(h, t->method_set_count * 31 + t->term_count);
}

static uint32_t deep_named(uint32_t h, Type *t, uint32_t depth) {
	const Object *o = t->object;
	if (o && o->name)
		h = hash_mix(h, o->name->hash);
	for (const char *p = o && o->package ? o->package->path : ""; *p; p++)
		h = hash_mix(h, (uint8_t)*p);
	return deep_list(deep_list(h, t->outer_args, depth), t->type_args, depth);
}

static uint32_t deep_composite(uint32_t h, Type *t, uint32_t depth) {
	switch ((TypeKind)t->kind) {
	case TYPE_ARRAY:
		return hash_mix(hash_mix(h, (uint32_t)t->length), deep_hash(t->elem, depth));
	case TYPE_CHAN:
		return hash_mix(hash_mix(h, t->chan_dir), deep_hash(t->elem, depth));
	case TYPE_POINTER:
	case TYPE_SLICE:
		return hash_mix(h, deep_hash(t->elem, depth));
	case TYPE_MAP:
		return hash_mix(hash_mix(h, deep_hash(t->key, depth)), deep_hash(t->elem, depth));
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++) {
			h = hash_mix(h, t->fields[i].name ? t->fields[i].name->hash : 0);
			h = hash_mix(h, deep_hash(t->fields[i].type, depth));
		}
		return hash_mix(h, t->field_count);
	case TYPE_SIGNATURE:
		h = hash_mix(h, t->variadic);
		h = deep_objects(h, t->params, t->param_count, depth);
		return deep_objects(h, t->results, t->result_count, depth);
	case TYPE_INTERFACE:
		return deep_interface(h, t, depth);
	case TYPE_TUPLE:
		return deep_list(h, t->tuple, depth);
	case TYPE_NAMED:
		return deep_named(h, t, depth);
	default:
		return h;
	}
}

static uint32_t deep_hash(Type *t, uint32_t depth) {
	t = type_unalias(t);
	if (!t || depth > MAX_TYPE_DEPTH)
		return 0;
	if (!t->deep_hash) {
		uint32_t h = deep_composite(hash_mix(0x811c9dc5u, t->kind), t, depth + 1);
		t->deep_hash = h ? h : 1;
	}
	return t->deep_hash;
}

uint32_t type_deep_hash(Type *t) {
	return deep_hash(t, 0);
}

/* ---------------------------------------------------------------- occurrence of type parameters */

/* Only "yes" is remembered: a type may still be filled in (signatures, aliases under way) when it is asked about. Types
 * shared many times over by aliases are visited once from some number of steps on. */
typedef struct ParamSearch {
	PtrMap seen;
	uint32_t depth, steps;
} ParamSearch;

enum { PARAM_SEARCH_STEPS = 200, PARAM_YES = 2 };

static bool parameterized(ParamSearch *s, Type *t);

static bool list_parameterized(ParamSearch *s, TypeList list) {
	for (uint32_t i = 0; i < list.len; i++)
		if (parameterized(s, list.items[i]))
			return true;
	return false;
}

static bool objects_parameterized(ParamSearch *s, Object **objects, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (parameterized(s, objects[i]->type))
			return true;
	return false;
}

static bool interface_parameterized(ParamSearch *s, Type *t) {
	for (uint32_t i = 0; i < t->method_count; i++)
		if (parameterized(s, t->methods[i].signature))
			return true;
	return list_parameterized(s, t->embeddeds);
}

static bool named_parameterized(ParamSearch *s, Type *t) {
	if (list_parameterized(s, t->type_args))
		return true;
	if (t->outer_params.len)
		return list_parameterized(s, t->outer_args);
	TypeList outer;
	return named_outer_params(t, &outer);
}

static bool composite_parameterized(ParamSearch *s, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER:
	case TYPE_SLICE:
	case TYPE_ARRAY:
	case TYPE_CHAN:
		return parameterized(s, t->elem);
	case TYPE_MAP:
		return parameterized(s, t->key) || parameterized(s, t->elem);
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++)
			if (parameterized(s, t->fields[i].type))
				return true;
		return false;
	case TYPE_SIGNATURE: /* a generic one must be renamed or stripped by substitution in any case */
		return t->type_param_count || objects_parameterized(s, t->params, t->param_count) ||
		       objects_parameterized(s, t->results, t->result_count);
	case TYPE_INTERFACE:
		return interface_parameterized(s, t);
	case TYPE_TUPLE:
		return list_parameterized(s, t->tuple);
	case TYPE_NAMED:
		return named_parameterized(s, t);
	case TYPE_PARAM:
		return true;
	case TYPE_UNION:
		for (uint32_t i = 0; i < t->term_count; i++)
			if (parameterized(s, t->terms[i].type))
				return true;
		return false;
	default:
		return false;
	}
}

static bool parameterized(ParamSearch *s, Type *t) {
	t = type_unalias(t);
	if (!t || t->kind < TYPE_POINTER || s->depth > MAX_TYPE_DEPTH)
		return false;
	if (t->param_state == PARAM_YES)
		return true;
	if (++s->steps > PARAM_SEARCH_STEPS) {
		if (ptrmap_get(&s->seen, t))
			return false;
		ptrmap_put(t->universe->arena, &s->seen, t, t);
	}
	s->depth++;
	bool found = composite_parameterized(s, t);
	s->depth--;
	t->has_type_param = found;
	t->param_state = found ? PARAM_YES : 0;
	return found;
}

bool type_is_parameterized(Type *t) {
	ParamSearch s = {0};
	return parameterized(&s, t);
}

/* ---------------------------------------------------------------- predicates */

bool type_is_invalid(Type *t) {
	t = type_underlying(t);
	return !t || t->kind == TYPE_INVALID;
}

bool type_has_name(Type *t) {
	t = type_unalias(t);
	return t->kind < TYPE_POINTER || t->kind == TYPE_NAMED || t->kind == TYPE_PARAM;
}

bool type_is_interface(Type *t) {
	t = type_unalias(t);
	return t && t->kind != TYPE_PARAM && type_underlying(t)->kind == TYPE_INTERFACE;
}

bool type_is_untyped(Type *t) {
	t = type_unalias(t);
	return t && t->kind >= TYPE_UNTYPED_BOOL && t->kind <= TYPE_UNTYPED_NIL;
}

typedef bool (*BasicTest)(Type *basic);

static bool term_is_basic(void *user, Type *t, Type *underlying) {
	(void)t;
	return underlying && (*(BasicTest *)user)(underlying);
}

bool type_is_basic_like(Type *t, bool (*is)(Type *basic)) {
	t = type_unalias(t);
	if (!t)
		return false;
	if (t->kind == TYPE_PARAM)
		return type_each_term(t, term_is_basic, &is);
	return is(type_underlying(t));
}

static bool basic_is_integer(Type *t) {
	return (t->kind >= TYPE_INT && t->kind <= TYPE_UINTPTR) || t->kind == TYPE_UNTYPED_INT ||
	       t->kind == TYPE_UNTYPED_RUNE;
}

static bool basic_is_unsigned(Type *t) {
	return t->kind >= TYPE_UINT && t->kind <= TYPE_UINTPTR;
}

static bool basic_is_float(Type *t) {
	return t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64 || t->kind == TYPE_UNTYPED_FLOAT;
}

static bool basic_is_complex(Type *t) {
	return t->kind == TYPE_COMPLEX64 || t->kind == TYPE_COMPLEX128 || t->kind == TYPE_UNTYPED_COMPLEX;
}

static bool basic_is_numeric(Type *t) {
	return basic_is_integer(t) || basic_is_float(t) || basic_is_complex(t);
}

static bool basic_is_string(Type *t) {
	return t->kind == TYPE_STRING || t->kind == TYPE_UNTYPED_STRING;
}

static bool basic_is_boolean(Type *t) {
	return t->kind == TYPE_BOOL || t->kind == TYPE_UNTYPED_BOOL;
}

bool type_is_integer(Type *t) {
	return type_is_basic_like(t, basic_is_integer);
}

bool type_is_unsigned(Type *t) {
	return type_is_basic_like(t, basic_is_unsigned);
}

bool type_is_complex(Type *t) {
	return type_is_basic_like(t, basic_is_complex);
}

bool type_is_numeric(Type *t) {
	return type_is_basic_like(t, basic_is_numeric);
}

bool type_is_string(Type *t) {
	return type_is_basic_like(t, basic_is_string);
}

bool type_is_boolean(Type *t) {
	return type_is_basic_like(t, basic_is_boolean);
}

static bool basic_has_nil(Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_UNSAFE_POINTER:
	case TYPE_UNTYPED_NIL:
	case TYPE_POINTER:
	case TYPE_SLICE:
	case TYPE_MAP:
	case TYPE_CHAN:
	case TYPE_SIGNATURE:
	case TYPE_INTERFACE:
		return true;
	default:
		return false;
	}
}

bool type_has_nil(Type *t) {
	return type_is_basic_like(t, basic_has_nil);
}

Type *type_default(Universe *u, Type *t) {
	switch ((TypeKind)type_unalias(t)->kind) {
	case TYPE_UNTYPED_BOOL:
		return u->basic[TYPE_BOOL];
	case TYPE_UNTYPED_INT:
		return u->basic[TYPE_INT];
	case TYPE_UNTYPED_RUNE:
		return u->rune_type;
	case TYPE_UNTYPED_FLOAT:
		return u->basic[TYPE_FLOAT64];
	case TYPE_UNTYPED_COMPLEX:
		return u->basic[TYPE_COMPLEX128];
	case TYPE_UNTYPED_STRING:
		return u->basic[TYPE_STRING];
	default:
		return t;
	}
}

/* ---------------------------------------------------------------- comparability */

typedef struct Comparability {
	bool dynamic; /* interfaces count as comparable although comparing them may panic */
	PtrMap seen;  /* types under way or judged, per mode: a type that contains itself, or the same one twice */
	uint32_t depth;
} Comparability;

static bool comparable(Comparability *c, Type *t);

static bool interface_comparable(Comparability *c, Type *iface) {
	interface_complete(iface->universe, iface, 0);
	if (!iface->has_terms)
		return iface->is_comparable;
	bool dynamic = c->dynamic, all = true;
	c->dynamic = false;
	for (uint32_t i = 0; all && i < iface->term_count; i++)
		all = comparable(c, iface->terms[i].type);
	c->dynamic = dynamic;
	return all;
}

static bool underlying_comparable(Comparability *c, Type *t, Type *under) {
	switch ((TypeKind)under->kind) {
	case TYPE_UNTYPED_NIL:
	case TYPE_SLICE:
	case TYPE_MAP:
	case TYPE_SIGNATURE:
	case TYPE_TUPLE:
	case TYPE_UNION:
		return false;
	case TYPE_ARRAY:
		return comparable(c, under->elem);
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < under->field_count; i++)
			if (!comparable(c, under->fields[i].type))
				return false;
		return true;
	case TYPE_INTERFACE:
		return (c->dynamic && t->kind != TYPE_PARAM) || interface_comparable(c, under);
	default:
		return true;
	}
}

static bool comparable(Comparability *c, Type *t) {
	t = type_unalias(t);
	if (!t || c->depth > MAX_TYPE_DEPTH)
		return true;
	if (t->kind == TYPE_NAMED || t->kind == TYPE_STRUCT) {
		char *key = (char *)t + c->dynamic;
		if (ptrmap_get(&c->seen, key))
			return true;
		ptrmap_put(t->universe->arena, &c->seen, key, t);
	}
	c->depth++;
	bool yes = underlying_comparable(c, t, type_underlying(t));
	c->depth--;
	return yes;
}

bool type_is_comparable(Type *t) {
	Comparability c = {.dynamic = true};
	return comparable(&c, t);
}

bool type_is_strictly_comparable(Type *t) {
	Comparability c = {0};
	return comparable(&c, t);
}
