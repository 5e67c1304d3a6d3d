/* SPDX-License-Identifier: MIT */
/* check_func_type.c: signatures: receivers, parameters, results.
 *
 * Rules: types are resolved before the names of parameters are declared: `func(int int) int` means what it says;
 * type parameters are declared first. Type parameters and parameters share one block.
 * A method of a generic type has type parameters of its own for the receiver (`func (l *List[T])` declares T); its
 * receiver's type is the instance of the generic type with these. */
#include "types/check.h"

typedef VEC(Object *) Params;

static void add_param(Check *c, Params *out, Ident *name, Pos pos, Type *type, Field *f, bool result) {
	Object *o = object_new(c->u, OBJECT_VAR, name ? name->name : NULL, c->env.package, pos, type);
	o->is_param = !result;
	o->is_result = result;
	o->used = true;
	o->decl = &f->node;
	if (name)
		name->object = o;
	VEC_PUSH(c->u->arena, out, o);
}

static Type *param_type(Check *c, Field *f, bool last, bool result, bool *variadic) {
	if (!f->type)
		return invalid_type(c);
	if (f->type->kind != NODE_ELLIPSIS)
		return check_var_type(c, f->type);
	Ellipsis *dots = AS(Ellipsis, f->type);
	Type *elem = dots->elem ? check_var_type(c, dots->elem) : invalid_type(c);
	if (result || !last || f->names.len > 1) {
		FAIL(c, f->type->pos, VARIADIC_MISPLACED);
		return elem;
	}
	*variadic = true;
	Type *slice = type_new_slice(c->u, elem);
	f->type->type = slice;
	f->type->mode = MODE_TYPE;
	return slice;
}

static void collect_params(Check *c, NodeList list, bool result, Params *out, bool *variadic) {
	for (uint32_t i = 0; i < list.len; i++) {
		Field *f = AS(Field, list.items[i]);
		Type *type = param_type(c, f, i + 1 == list.len, result, variadic);
		if (f->names.len == 0)
			add_param(c, out, NULL, f->type ? f->type->pos : f->node.pos, type, f, result);
		for (uint32_t k = 0; k < f->names.len; k++) {
			Ident *name = AS(Ident, f->names.items[k]);
			add_param(c, out, name, name->node.pos, type, f, result);
		}
	}
}

static void declare_params(Check *c, Scope *scope, Params *params) {
	for (uint32_t i = 0; i < params->len; i++)
		declare(c, scope, params->items[i]);
}

/* ---------------------------------------------------------------- receivers */

typedef struct Receiver {
	Ident *base;      /* the type's name; NULL: something else */
	IndexExpr *index; /* base[P, Q] */
	bool pointer;
	bool nested_pointer;
} Receiver;

static Receiver unpack_receiver(Node *e) {
	Receiver r = {0};
	e = ast_unparen(e);
	if (e->kind == NODE_STAR) {
		r.pointer = true;
		e = ast_unparen(AS(StarExpr, e)->x);
	}
	r.nested_pointer = e->kind == NODE_STAR;
	if (e->kind == NODE_INDEX) {
		r.index = AS(IndexExpr, e);
		e = ast_unparen(r.index->x);
	}
	if (e->kind == NODE_IDENT)
		r.base = AS(Ident, e);
	return r;
}

static void record(Node *e, Type *t) {
	e->mode = MODE_TYPE;
	e->type = t;
}

/* Declares the receiver's own type parameters, one for each of the generic type's, with the same constraints. */
static Type **receiver_type_params(Check *c, IndexExpr *index, Type *generic) {
	uint32_t count = index->indices.len;
	Type **params = ARENA_ARRAY(c->u->arena, Type *, count);
	for (uint32_t i = 0; i < count; i++) {
		Node *node = index->indices.items[i];
		Name *name = name_of(c, "_");
		if (node->kind == NODE_IDENT)
			name = AS(Ident, node)->name;
		else
			FAIL(c, node->pos, RECEIVER_TYPE_PARAM, node_text(c, node));
		Object *o = object_new(c->u, OBJECT_TYPE_NAME, name, c->env.package, node->pos, NULL);
		o->type = params[i] = type_new_param(c->u, o, (int32_t)i, c->u->any_type);
		record(node, params[i]);
		if (node->kind == NODE_IDENT)
			AS(Ident, node)->object = o;
		declare(c, c->env.scope, o);
	}
	if (!generic || count != generic->type_param_count)
		return params;
	TypeSubst subst = {generic->type_params, params, count};
	for (uint32_t i = 0; i < count; i++)
		params[i]->constraint = type_subst(c->u, generic->type_params[i]->constraint, &subst);
	return params;
}

static Type *generic_receiver(Check *c, Type *sig, Receiver r, Node *type_node) {
	Operand x = {.node = &r.base->node};
	check_ident(c, &x, r.base, true);
	Type *base = type_from_operand(c, &x);
	record(&r.base->node, base);
	if (!type_valid(base)) {
		receiver_type_params(c, r.index, NULL);
		return base;
	}
	if (type_unalias(base)->kind != TYPE_NAMED || !is_generic_type(type_unalias(base))) {
		FAIL(c, r.base->node.pos, NOT_GENERIC, node_text(c, &r.index->node), node_text(c, &r.base->node));
		receiver_type_params(c, r.index, NULL);
		return invalid_type(c);
	}
	base = type_unalias(base);
	Type **params = receiver_type_params(c, r.index, base);
	uint32_t count = r.index->indices.len;
	sig->recv_type_params = params;
	sig->recv_type_param_count = count;
	if (!check_type_arg_count(c, r.index->x, count, base->type_param_count))
		return invalid_type(c);
	Type *t = type_instantiate(c->u, base, params, count);
	record(&r.index->node, t);
	if (r.pointer) {
		t = type_new_pointer(c->u, t);
		record(ast_unparen(type_node), t);
	}
	record(type_node, t);
	return t;
}

typedef struct ReceiverCheck {
	Type *type;
	Pos pos;
} ReceiverCheck;

static void check_receiver(Check *c, void *data) {
	ReceiverCheck *check = data;
	bool pointer;
	Type *t = type_deref(check->type, &pointer);
	Type *plain = type_unalias(t);
	if (!type_valid(plain))
		return;
	if (plain->kind == TYPE_NAMED && type_valid(under(plain))) {
		Type *u = under(plain);
		if (plain->object->package != c->env.package)
			FAIL(c, check->pos, RECEIVER_NOT_LOCAL, type_text(c, t));
		else if (u->kind == TYPE_POINTER || u->kind == TYPE_INTERFACE)
			FAIL(c, check->pos, RECEIVER_POINTER, type_text(c, t));
		else if (u->kind == TYPE_UNSAFE_POINTER)
			FAIL(c, check->pos, RECEIVER_UNSAFE, type_text(c, t));
	} else if (plain->object && plain->kind <= TYPE_UNSAFE_POINTER) {
		FAIL(c, check->pos, RECEIVER_NOT_LOCAL, type_text(c, t));
	} else if (plain->kind != TYPE_NAMED) {
		FAIL(c, check->pos, RECEIVER_INVALID, type_text(c, check->type));
	}
}

static void check_receiver_later(Check *c, Type *type, Pos pos) {
	ReceiverCheck *check = ARENA_NEW(c->u->arena, ReceiverCheck);
	*check = (ReceiverCheck){type, pos};
	check_later(c, check_receiver, check);
}

static Type *receiver_type(Check *c, Type *sig, Field *recv) {
	Receiver r = unpack_receiver(recv->type);
	if (r.index && r.base)
		return generic_receiver(c, sig, r, recv->type);
	Type *t = check_type(c, recv->type);
	bool pointer;
	Type *base = type_unalias(type_deref(t, &pointer));
	if (base->kind == TYPE_NAMED && base->type_args.len > 0) {
		FAIL(c, recv->type->pos, RECEIVER_INSTANCE, type_text(c, base));
		return invalid_type(c);
	}
	check_receiver_later(c, t, recv->names.len > 0 ? recv->names.items[0]->pos : recv->type->pos);
	return t;
}

static void add_receiver(Check *c, Type *sig, Field *recv, Params *out) {
	Type *type = receiver_type(c, sig, recv);
	Ident *name = recv->names.len > 0 ? AS(Ident, recv->names.items[0]) : NULL;
	add_param(c, out, name, name ? name->node.pos : recv->type->pos, type, recv, false);
	sig->recv = out->items[0];
}

/* Fills sig (made before, so that cycles meet a function type). The names go to scope, which is the innermost one. */
void check_signature(Check *c, Type *sig, FuncType *ft, Field *recv, Scope *scope) {
	Params receiver = {0}, params = {0}, results = {0};
	bool variadic = false;
	if (recv)
		add_receiver(c, sig, recv, &receiver);
	if (ft->type_params.len > 0 && recv && !language_has(c, 27))
		FAIL(c, ft->type_params.items[0]->pos, GENERIC_METHOD, language_source(c));
	if (ft->type_params.len > 0)
		declare_type_params(c, ft->type_params, &sig->type_params, &sig->type_param_count);
	collect_params(c, ft->params, false, &params, &variadic);
	collect_params(c, ft->results, true, &results, &variadic);
	sig->params = params.items;
	sig->param_count = params.len;
	sig->results = results.items;
	sig->result_count = results.len;
	sig->variadic = variadic;
	declare_params(c, scope, &receiver);
	declare_params(c, scope, &params);
	declare_params(c, scope, &results);
	ft->node.type = sig;
	ft->node.mode = MODE_TYPE;
}
