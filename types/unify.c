/* SPDX-License-Identifier: MIT */
/* unify.c: makes two types equal by finding out what type parameters stand for.
 *
 * Rules: exactly, types must become identical. Loosely, a defined type matches a type literal through its underlying
 * type, channel directions may differ, and interfaces match what has their methods; whether the result can be assigned
 * is decided later. A value already found for a parameter must match again; a defined type or a directed channel then
 * replaces a literal, so that the order of arguments does not matter.
 * See: the Go specification, "Type unification". */
#include "base/limits.h"
#include "types/collect.h"
#include "types/unify.h"

enum { MAX_UNIFY_DEPTH = 100 }; /* types that need more expand without end */

/* ---------------------------------------------------------------- what is known */

void unifier_init(Unifier *s, Universe *u, Type **params, Type **targs, uint32_t count) {
	*s = (Unifier){.u = u, .params = params, .count = count};
	s->slots = ARENA_ARRAY(u->arena, uint32_t, count + 1);
	s->values = ARENA_ARRAY(u->arena, Type *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		s->slots[i] = i;
		s->values[i] = targs ? targs[i] : NULL;
	}
}

Type *unifier_value(const Unifier *s, uint32_t param) {
	return s->values[s->slots[param]];
}

void unifier_set(Unifier *s, uint32_t param, Type *value) {
	s->values[s->slots[param]] = value;
}

uint32_t unifier_unknown(const Unifier *s) {
	uint32_t unknown = 0;
	for (uint32_t i = 0; i < s->count; i++)
		unknown += !unifier_value(s, i);
	return unknown;
}

int64_t unifier_param(const Unifier *s, const Type *t) {
	return t->kind == TYPE_PARAM ? type_param_index(s->params, s->count, t) : -1;
}

/* Two parameters become one. False when both have values: those must be unified instead. */
static bool join(Unifier *s, uint32_t x, uint32_t y) {
	uint32_t keep = s->slots[x], drop = s->slots[y];
	if (keep == drop)
		return true;
	if (s->values[keep] && s->values[drop])
		return false;
	if (!s->values[keep])
		s->values[keep] = s->values[drop];
	for (uint32_t i = 0; i < s->count; i++)
		if (s->slots[i] == drop)
			s->slots[i] = keep;
	return true;
}

/* ---------------------------------------------------------------- composite types */

static bool unify_lists(Unifier *s, TypeList x, TypeList y, unsigned mode) {
	if (x.len != y.len)
		return false;
	for (uint32_t i = 0; i < x.len; i++)
		if (!unify(s, x.items[i], y.items[i], mode))
			return false;
	return true;
}

static bool unify_objects(Unifier *s, Object **x, Object **y, uint32_t count, unsigned mode) {
	for (uint32_t i = 0; i < count; i++)
		if (!unify(s, x[i]->type, y[i]->type, mode))
			return false;
	return true;
}

static bool unify_structs(Unifier *s, Type *x, Type *y, unsigned mode) {
	if (x->field_count != y->field_count)
		return false;
	for (uint32_t i = 0; i < x->field_count; i++) {
		FieldInfo *f = &x->fields[i], *g = &y->fields[i];
		if (f->embedded != g->embedded || !name_same(f->name, f->package, g->name, g->package) ||
		    !str_eq(f->tag, g->tag) || !unify(s, f->type, g->type, mode))
			return false;
	}
	return true;
}

static bool unify_signatures(Unifier *s, Type *x, Type *y, unsigned mode) {
	return x->type_param_count == y->type_param_count && x->variadic == y->variadic &&
	       x->param_count == y->param_count && x->result_count == y->result_count &&
	       unify_objects(s, x->params, y->params, x->param_count, mode) &&
	       unify_objects(s, x->results, y->results, x->result_count, mode);
}

/* Every method of `wanted` is one of `have`, with a signature that unifies. */
static bool unify_methods(Unifier *s, Type *have, Type *wanted) {
	interface_complete(s->u, wanted, 0);
	for (uint32_t i = 0; i < wanted->method_set_count; i++) {
		MethodInfo *m = &wanted->method_set[i];
		Selection found;
		if (lookup_field_or_method(s->u, have, false, m->package, m->name, &found) != LOOKUP_METHOD ||
		    !unify(s, m->signature, found.type, UNIFY_EXACT))
			return false;
	}
	return true;
}

static bool terms_equal(const Type *x, const Type *y) {
	return x->is_comparable == y->is_comparable && x->has_terms == y->has_terms &&
	       terms_subset(x->terms, x->term_count, y->terms, y->term_count) &&
	       terms_subset(y->terms, y->term_count, x->terms, x->term_count);
}

static bool unify_interfaces(Unifier *s, Type *x, Type *y, bool same_methods) {
	Type *xi = type_underlying(x), *yi = type_underlying(y);
	interface_complete(s->u, xi, 0);
	interface_complete(s->u, yi, 0);
	if (!terms_equal(xi, yi) || (same_methods && xi->method_set_count != yi->method_set_count))
		return false;
	return xi->method_set_count >= yi->method_set_count ? unify_methods(s, x, yi) : unify_methods(s, y, xi);
}

static bool unify_named(Unifier *s, Type *x, Type *y, unsigned mode) {
	if (x->origin != y->origin)
		return false;
	if (x->type_args.len == 0 && x->outer_params.len == 0)
		return false; /* equal pointers were seen before */
	return unify_lists(s, x->outer_args, y->outer_args, mode) && unify_lists(s, x->type_args, y->type_args, mode);
}

/* A type parameter of another function matches what its own type set has in common. */
static bool unify_free_param(Unifier *s, Type *param, Type *y) {
	Type *common = type_common_underlying(s->u, param, false);
	return common && unify(s, common, y, UNIFY_ASSIGN);
}

static bool unify_composites(Unifier *s, Type *x, Type *y, unsigned mode) {
	unsigned inner = mode & UNIFY_ASSIGN ? mode | UNIFY_EXACT : mode;
	if (x->kind != y->kind)
		return false;
	switch ((TypeKind)x->kind) {
	case TYPE_POINTER:
	case TYPE_SLICE:
		return unify(s, x->elem, y->elem, inner);
	case TYPE_ARRAY:
		return x->length == y->length && unify(s, x->elem, y->elem, inner);
	case TYPE_MAP:
		return unify(s, x->key, y->key, inner) && unify(s, x->elem, y->elem, inner);
	case TYPE_CHAN:
		return (!(mode & UNIFY_EXACT) || x->chan_dir == y->chan_dir) && unify(s, x->elem, y->elem, inner);
	case TYPE_STRUCT:
		return unify_structs(s, x, y, inner);
	case TYPE_SIGNATURE:
		return unify_signatures(s, x, y, inner);
	case TYPE_TUPLE:
		return unify_lists(s, x->tuple, y->tuple, mode);
	case TYPE_INTERFACE:
		return unify_interfaces(s, x, y, true);
	case TYPE_NAMED:
		return unify_named(s, x, y, mode);
	default:
		return type_identical(x, y);
	}
}

/* ---------------------------------------------------------------- parameters with a value */

static Type *as_interface(Type *t) {
	return type_is_interface(t) ? type_underlying(t) : NULL;
}

/* Both types matched for one parameter: whether y is to replace x; false in *ok when they must not share a value. */
static bool prefer_second(Type *x, Type *y, bool *ok) {
	Type *xi = as_interface(x), *yi = as_interface(y);
	bool x_named = x->kind == TYPE_NAMED, y_named = y->kind == TYPE_NAMED;
	*ok = true;
	if (xi && yi) {
		/* Of two interfaces neither may lose methods; of two defined types neither its name. */
		*ok = x_named && y_named ? type_identical(x, y) : xi->method_set_count == yi->method_set_count;
		return *ok && y_named;
	}
	if (xi || yi) {
		*ok = false; /* either would do: the result would depend on the order of arguments */
		return false;
	}
	Type *under = type_underlying(y);
	return y_named || (x->kind != TYPE_NAMED && under->kind == TYPE_CHAN && under->chan_dir != CHAN_BOTH);
}

static bool unify_param(Unifier *s, uint32_t param, Type *y, unsigned mode) {
	Type *x = unifier_value(s, param);
	if (!x) {
		unifier_set(s, param, y);
		return true;
	}
	if (!unify(s, x, y, mode))
		return false;
	if (mode & UNIFY_EXACT)
		return true;
	bool ok, replace = prefer_second(type_unalias(x), type_unalias(y), &ok);
	if (replace)
		unifier_set(s, param, y);
	return ok;
}

static bool unify_params(Unifier *s, uint32_t x, uint32_t y, unsigned mode) {
	return join(s, x, y) || unify(s, unifier_value(s, x), unifier_value(s, y), mode);
}

/* ---------------------------------------------------------------- all of it */

static bool is_literal(const Type *t) {
	return t->kind != TYPE_NAMED && t->kind != TYPE_PARAM;
}

/* A defined type against a literal: its underlying type takes part. Interfaces keep their name: methods decide. */
static void look_through(Type **x, Type **y) {
	if ((*x)->kind == TYPE_NAMED && (*y)->kind != TYPE_NAMED) {
		Type *swap = *x;
		*x = *y;
		*y = swap;
	}
	if ((*y)->kind == TYPE_NAMED && is_literal(*x) && !as_interface(*x))
		*y = type_underlying(*y);
}

static bool unify_rest(Unifier *s, Type *x, Type *y, unsigned mode) {
	if (!(mode & UNIFY_EXACT)) {
		Type *xi = as_interface(x), *yi = as_interface(y);
		if (xi && yi)
			return unify_interfaces(s, x, y, false);
		if ((xi && y->kind != TYPE_PARAM) || (yi && x->kind != TYPE_PARAM))
			return xi ? unify_methods(s, y, xi) : unify_methods(s, x, yi);
	}
	if (x->kind == TYPE_PARAM || y->kind == TYPE_PARAM) {
		if (mode & UNIFY_EXACT)
			return false;
		return x->kind == TYPE_PARAM ? unify_free_param(s, x, y) : unify_free_param(s, y, x);
	}
	return unify_composites(s, x, y, mode);
}

static bool unify_step(Unifier *s, Type *x, Type *y, unsigned mode) {
	if (!(mode & UNIFY_EXACT))
		look_through(&x, &y);
	int64_t px = unifier_param(s, x), py = unifier_param(s, y);
	if (px >= 0 && py >= 0)
		return unify_params(s, (uint32_t)px, (uint32_t)py, mode);
	if (px >= 0)
		return unify_param(s, (uint32_t)px, y, mode);
	if (py >= 0)
		return unify_param(s, (uint32_t)py, x, mode);
	return unify_rest(s, x, y, mode);
}

bool unify(Unifier *s, Type *x, Type *y, unsigned mode) {
	x = type_unalias(x);
	y = type_unalias(y);
	if (!x || !y || s->depth >= MAX_UNIFY_DEPTH)
		return false;
	if (x == y)
		return true;
	s->depth++;
	bool same = unify_step(s, x, y, mode);
	s->depth--;
	return same;
}

/* ---------------------------------------------------------------- results */

/* Whether param occurs in its own value, directly or through other parameters' values. */
static bool is_cyclic(const Unifier *s, uint32_t param) {
	ParamSet set = {.u = s->u};
	params_collect(&set, unifier_value(s, param));
	for (uint32_t i = 0; i < set.found.len; i++) { /* found grows under way */
		int64_t other = unifier_param(s, set.found.items[i]);
		if (other >= 0 && s->slots[other] == s->slots[param])
			return true;
		if (other >= 0 && unifier_value(s, (uint32_t)other))
			params_collect(&set, unifier_value(s, (uint32_t)other));
	}
	return false;
}

bool unifier_mentions(const Unifier *s, Type *t) {
	ParamSet set = {.u = s->u};
	params_collect(&set, t);
	for (uint32_t i = 0; i < set.found.len; i++)
		if (unifier_param(s, set.found.items[i]) >= 0)
			return true;
	return false;
}

void unifier_results(const Unifier *s, Type **out) {
	for (uint32_t i = 0; i < s->count; i++) {
		Type *value = unifier_value(s, i);
		out[i] = value && !is_cyclic(s, i) ? value : NULL;
	}
	TypeSubst map = {s->params, out, s->count};
	bool changed = true;
	/* Without cycles every round replaces one more level. */
	for (uint32_t round = 0; changed && round <= s->count; round++) {
		changed = false;
		for (uint32_t i = 0; i < s->count; i++) {
			Type *t = out[i] ? type_subst(s->u, out[i], &map) : NULL;
			changed |= t != out[i];
			out[i] = t;
		}
	}
	for (uint32_t i = 0; i < s->count; i++)
		if (out[i] && unifier_mentions(s, out[i]))
			out[i] = NULL;
}
