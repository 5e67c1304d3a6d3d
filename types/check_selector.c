/* SPDX-License-Identifier: MIT */
/* check_selector.c: x.f: qualified names of packages, fields, methods, method expressions.
 *
 * Rules: a selection is recorded in SelectorExpr.selection and the object it found in sel.object; a qualified name has
 * sel.object alone. In scripts a package nobody imported is imported where its name is first used. */
#include "types/check.h"
#include "types/suggest.h"

/* ---------------------------------------------------------------- package.Name */

static Object *package_name_of(Check *c, Node *e) {
	if (e->kind != NODE_IDENT || is_blank(AS(Ident, e)->name))
		return NULL;
	Ident *id = AS(Ident, e);
	Object *o = lookup_name(c, id->name);
	if (!o)
		o = import_guess(c, id);
	if (!o || o->kind != OBJECT_PACKAGE_NAME)
		return NULL;
	id->object = o;
	o->used = true;
	return o;
}

static void qualified_name(Check *c, Operand *x, SelectorExpr *e, Object *package_name) {
	Package *imported = package_name->imported;
	Ident *sel = e->sel;
	Object *o = scope_lookup(imported->scope, sel->name);
	if (!o && strcmp(imported->path, "unsafe") == 0 && strcmp(sel->name->text, "Add") == 0) {
		if (require_language(c, e->node.pos, 17, "unsafe.Add"))
			FAIL(c, e->node.pos, UNSAFE_ADD);
		return;
	}
	if (!o || o->kind == OBJECT_PACKAGE_NAME) {
		if (!(imported->had_errors && !imported->is_library))
			FAIL(c, sel->node.pos, UNDEFINED, node_text(c, &e->node), suggest_exported(c, imported, sel->name));
		return;
	}
	if (!o->name->exported) {
		FAIL(c, sel->node.pos, NOT_EXPORTED, sel->name->text, imported->name->text);
		return;
	}
	resolve_object(c, o);
	sel->object = o;
	x->node = &e->node;
	operand_of_object(c, x, o);
	sel->node.mode = x->mode;
	sel->node.type = x->type;
}

/* ---------------------------------------------------------------- fields and methods */

static LookupResult look_up(Check *c, Type *t, bool addressable, Name *name, Selection *out) {
	return is_blank(name) ? LOOKUP_NONE : lookup_field_or_method(c->u, t, addressable, c->env.package, name, out);
}

static void report_missing(Check *c, SelectorExpr *e, Type *t, bool type_expr) {
	if (!type_valid(t))
		return;
	Buf why;
	buf_init(&why, c->u->arena->mem);
	lookup_explain_missing(c->u, t, c->env.package, e->sel->name, type_expr, &why);
	FAIL(c, e->sel->node.pos, MISSING_MEMBER, node_text(c, &e->node), buf_cstr(&why),
	     strchr(buf_cstr(&why), ',') ? "" : suggest_member(c, t, e->sel->name));
	buf_deinit(&why);
}

static Selection *record_selection(Check *c, SelectorExpr *e, const Selection *found) {
	Selection *selection = ARENA_NEW(c->u->arena, Selection);
	*selection = *found;
	e->selection = selection;
	e->sel->object = found->object;
	e->sel->node.type = found->type;
	return selection;
}

/* func (T) M(int) as func(T, int). */
static Type *method_expr_type(Check *c, Type *recv, Type *sig) {
	uint32_t count = sig->param_count + 1;
	Object **params = ARENA_ARRAY(c->u->arena, Object *, count);
	Name *name = NULL; /* parameters have names all or none */
	if (sig->param_count > 0 && sig->params[0]->name)
		name = sig->recv && sig->recv->name ? sig->recv->name : name_of(c, "_");
	params[0] = object_new(c->u, OBJECT_VAR, name, c->env.package, 0, recv);
	params[0]->is_param = true;
	for (uint32_t i = 0; i < sig->param_count; i++)
		params[i + 1] = sig->params[i];
	Type *t = type_new_signature(c->u, params, count, sig->results, sig->result_count, sig->variadic);
	t->type_params = sig->type_params;
	t->type_param_count = sig->type_param_count;
	return t;
}

static void add_method_dep(Check *c, Selection *selection) {
	Object *o = selection->object;
	Object *origin = o->origin ? o->origin : o;
	resolve_object(c, origin);
	if (!selection->is_interface_method && !selection->on_type_param)
		check_add_dep(c, origin);
}

static void method_expr(Check *c, Operand *x, SelectorExpr *e) {
	Selection found = {0};
	Type *t = x->type;
	operand_invalidate(x);
	LookupResult result = look_up(c, t, false, e->sel->name, &found);
	if (result == LOOKUP_NEEDS_POINTER) {
		FAIL(c, e->sel->node.pos, METHOD_EXPR_POINTER, type_text(c, t), e->sel->name->text, type_text(c, t),
		     e->sel->name->text);
		return;
	}
	if (result == LOOKUP_AMBIGUOUS) {
		FAIL(c, e->sel->node.pos, AMBIGUOUS, node_text(c, &e->node));
		return;
	}
	if (result == LOOKUP_FIELD) {
		FAIL(c, e->sel->node.pos, METHOD_EXPR_FIELD, node_text(c, &e->node), type_text(c, t),
		     e->sel->name->text);
		return;
	}
	if (result != LOOKUP_METHOD) {
		report_missing(c, e, t, true);
		return;
	}
	found.kind = SELECT_METHOD_EXPR;
	add_method_dep(c, &found);
	Selection *selection = record_selection(c, e, &found);
	x->mode = MODE_VALUE;
	x->type = method_expr_type(c, t, selection->type);
}

/* x.M with a pointer receiver takes the address of the variable x. */
static void mark_implicit_address(SelectorExpr *e, Selection *selection) {
	Object *method = selection->object->origin ? selection->object->origin : selection->object;
	Type *sig = method->type;
	if (selection->is_interface_method || !sig || sig->kind != TYPE_SIGNATURE || !sig->recv || selection->indirect)
		return;
	bool pointer_receiver, pointer_value;
	type_deref(sig->recv->type, &pointer_receiver);
	type_deref(e->x->type, &pointer_value);
	if (pointer_receiver && !pointer_value)
		mark_address_taken(e->x);
}

static void select_method(Check *c, Operand *x, SelectorExpr *e, Selection *found) {
	add_method_dep(c, found);
	Selection *selection = record_selection(c, e, found);
	mark_implicit_address(e, selection);
	x->mode = MODE_VALUE;
	x->type = selection->type;
}

static void select_member(Check *c, Operand *x, SelectorExpr *e) {
	Selection found = {0};
	bool addressable = x->mode == MODE_VAR;
	Type *t = x->type;
	LookupResult result = look_up(c, t, addressable, e->sel->name, &found);
	switch (result) {
	case LOOKUP_FIELD:
		record_selection(c, e, &found);
		x->mode = addressable || found.indirect ? MODE_VAR : MODE_VALUE;
		x->type = found.type ? found.type : invalid_type(c);
		if (!type_valid(x->type))
			operand_invalidate(x);
		return;
	case LOOKUP_METHOD:
		select_method(c, x, e, &found);
		return;
	case LOOKUP_AMBIGUOUS:
		FAIL(c, e->sel->node.pos, AMBIGUOUS, node_text(c, &e->node));
		break;
	case LOOKUP_NEEDS_POINTER:
		FAIL(c, e->sel->node.pos, METHOD_NEEDS_POINTER, e->sel->name->text, type_text(c, t));
		break;
	case LOOKUP_NONE:
		report_missing(c, e, t, false);
	}
	operand_invalidate(x);
}

void check_selector(Check *c, Operand *x, SelectorExpr *e, bool want_type) {
	*x = (Operand){.mode = MODE_NONE, .node = &e->node, .type = invalid_type(c)};
	Object *package_name = package_name_of(c, e->x);
	if (package_name) {
		qualified_name(c, x, e, package_name);
		return;
	}
	if (is_blank(e->sel->name)) {
		FAIL(c, e->sel->node.pos, BLANK_MEMBER);
		use_expr(c, e->x);
		return;
	}
	check_expr_or_type(c, x, e->x, false);
	if (x->mode == MODE_NONE)
		return;
	if (want_type) {
		FAIL(c, e->sel->node.pos, NOT_A_TYPE, node_text(c, &e->node));
		operand_invalidate(x);
		return;
	}
	if (x->mode == MODE_TYPE) {
		method_expr(c, x, e);
		return;
	}
	if (x->mode == MODE_BUILTIN) {
		FAIL(c, ast_end(e->x), BUILTIN_SELECTED, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	report_not_value(c, x);
	if (x->mode == MODE_NONE)
		return;
	select_member(c, x, e);
}
