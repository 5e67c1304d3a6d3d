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
		args[i] = check_type(c, e->indices.items[i]);
		valid &= args[i]->kind != TYPE_INVALID;
	}
	if (!valid)
		return invalid_type(c);
	uint32_t want = generic->type_param_count;
	if (!check_type_arg_count(c, e->x, count, want))
		return invalid_type(c);
	require_language(c, e->indices.items[0]->pos, 18, "type instantiation");
	note_instance(c, e->indices.items[0]->pos, generic->type_params, args, count, true);
	return type_instantiate(c->u, generic, args, count);
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
	PtrMap finite;
	uint32_t steps;
} SizeWalk;

static bool is_finite(SizeWalk *w, Type *t);

static bool same_named(Type *a, Type *b) {
	if (a->origin != b->origin || !a->origin)
		return false;
	/* Inside its own declaration T[P] is the generic T. */
	bool plain = a->type_args.len == 0 || b->type_args.len == 0;
	for (uint32_t i = 0; plain && i < a->type_args.len; i++)
		plain = type_unalias(a->type_args.items[i]) == a->origin->type_params[i];
	for (uint32_t i = 0; plain && i < b->type_args.len; i++)
		plain = type_unalias(b->type_args.items[i]) == b->origin->type_params[i];
	return plain || type_identical(a, b);
}

static bool report_infinite(SizeWalk *w, uint32_t start) {
	Check *c = w->c;
	uint32_t len = w->path.len - start;
	Object **cycle = ARENA_ARRAY(c->u->arena, Object *, len);
	uint32_t count = 0;
	for (uint32_t i = start; i < w->path.len; i++) {
		Type *t = w->path.items[i];
		if (count == 0 || cycle[count - 1] != t->object)
			cycle[count++] = t->object;
		t->underlying = invalid_type(c);
		if (t->origin)
			t->origin->underlying = invalid_type(c);
	}
	report_cycle(c, cycle, count, false);
	return false;
}

static bool named_is_finite(SizeWalk *w, Type *t) {
	if (!t->object->package || ptrmap_get(&w->finite, t))
		return true;
	uint32_t instances = 0;
	for (uint32_t i = 0; i < w->path.len; i++) {
		if (same_named(w->path.items[i], t))
			return report_infinite(w, i);
		instances += t->type_args.len > 0 && w->path.items[i]->origin == t->origin;
	}
	VEC_PUSH(w->c->u->arena, &w->path, t);
	if (instances > MAX_SELF_INSTANCES || w->path.len > MAX_TYPE_PATH)
		return report_infinite(w, 0);
	bool finite = is_finite(w, under(t));
	w->path.len--;
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
