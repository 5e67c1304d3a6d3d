/* SPDX-License-Identifier: MIT */
/* check_assign.c: initialization, assignment, short variable declarations.
 *
 * Rules: assigning to a variable is no use of it. Assigning to a field or element of a variable counts as reassigning
 * the variable: whoever copied it would miss the change. The n:1 forms take the results of one call, or the two of a
 * comma-ok expression, whose node then carries commaok. */
#include "types/check.h"

/* ---------------------------------------------------------------- one value to one place */

static void check_place_expr(Check *c, Operand *x, Node *lhs) {
	Node *plain = ast_unparen(lhs);
	Object *o = plain->kind == NODE_IDENT ? lookup_name(c, AS(Ident, plain)->name) : NULL;
	bool keep = o && o->kind == OBJECT_VAR && !o->is_global;
	bool used = keep && o->used;
	if (o && o->kind == OBJECT_VAR && o->package == c->env.package && o->is_global && c->env.package->is_script) {
		keep = true;
		used = o->used;
	}
	check_expr(c, x, lhs);
	if (keep)
		o->used = used;
}

/* The type of the place lhs, or NULL after an error. */
static Type *check_place(Check *c, Node *lhs) {
	Operand x;
	check_place_expr(c, &x, lhs);
	if (x.mode == MODE_NONE)
		return NULL;
	if (x.mode == MODE_VAR || x.mode == MODE_MAPINDEX) {
		Object *root = variable_around(lhs);
		if (root)
			root->reassigned = true;
		return x.type;
	}
	Node *plain = ast_unparen(lhs);
	if (plain->kind == NODE_SELECTOR && AS(SelectorExpr, plain)->x->mode == MODE_MAPINDEX)
		FAIL(c, lhs->pos, ASSIGN_MAP_FIELD, node_text(c, lhs));
	else
		FAIL(c, lhs->pos, ASSIGN, node_text(c, lhs));
	return NULL;
}

static bool is_blank_ident(Node *e) {
	return e->kind == NODE_IDENT && is_blank(AS(Ident, e)->name);
}

#define BLANK_CONTEXT "assignment to _ identifier"

/* Assigns the evaluated x to the place lhs. */
void assign_operand(Check *c, Node *lhs, Operand *x, const char *context) {
	if (is_blank_ident(ast_unparen(lhs))) {
		check_assignment(c, x, NULL, BLANK_CONTEXT);
		ast_unparen(lhs)->type = x->type;
		return;
	}
	Type *t = check_place(c, lhs);
	if (t)
		check_assignment(c, x, t, context);
}

static void assign_expr(Check *c, Node *lhs, Node *rhs) {
	Type *t = NULL;
	Operand x;
	if (!is_blank_ident(ast_unparen(lhs))) {
		t = check_place(c, lhs);
		if (!t) {
			use_expr(c, rhs);
			return;
		}
	}
	check_expr_hint(c, &x, rhs, t);
	check_assignment(c, &x, t, t ? "assignment" : BLANK_CONTEXT);
	if (!t)
		ast_unparen(lhs)->type = x.type;
}

void init_variable(Check *c, Object *lhs, Operand *x, const char *context) {
	bool valid = x->mode != MODE_NONE && type_valid(x->type) && (!lhs->type || type_valid(lhs->type));
	if (!valid) {
		if (!lhs->type)
			lhs->type = invalid_type(c);
		return;
	}
	if (lhs->type) {
		check_assignment(c, x, lhs->type, context);
		return;
	}
	if (x->mode != MODE_TYPE && x->mode != MODE_BUILTIN)
		check_assignment(c, x, NULL, context);
	else
		report_not_value(c, x);
	lhs->type = x->mode == MODE_NONE ? invalid_type(c) : x->type;
}

void init_constant(Check *c, Object *lhs, Operand *x) {
	bool valid = x->mode != MODE_NONE && type_valid(x->type) && (!lhs->type || type_valid(lhs->type));
	if (valid && x->mode != MODE_CONST) {
		FAIL(c, x->node->pos, NOT_CONSTANT, operand_text(c, x));
		valid = false;
	}
	if (!valid) {
		lhs->type = lhs->type ? lhs->type : invalid_type(c);
		lhs->value = lhs->value ? lhs->value : const_make_bool(c->u, false);
		if (x->mode != MODE_CONST || !type_valid(lhs->type))
			lhs->type = invalid_type(c);
		return;
	}
	if (!lhs->type)
		lhs->type = x->type;
	check_assignment(c, x, lhs->type, "constant declaration");
	if (x->mode == MODE_CONST)
		lhs->value = x->value;
	else
		lhs->type = invalid_type(c);
}

/* ---------------------------------------------------------------- several values */

static const char *count_text(Check *c, uint32_t n, const char *unit) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_printf(&buf, "%u %s%s", n, unit, n == 1 ? "" : "s");
	return buf_text(c, &buf);
}

static void report_counts(Check *c, NodeList rhs, uint32_t left, uint32_t right) {
	Node *first = rhs.items[0];
	const char *vars = count_text(c, left, "variable"), *values = count_text(c, right, "value");
	Node *plain = ast_unparen(first);
	if (rhs.len == 1 && plain->kind == NODE_CALL)
		FAIL(c, first->pos, ASSIGN_CALL_COUNT, vars, node_text(c, AS(CallExpr, plain)->fun), values);
	else
		FAIL(c, first->pos, ASSIGN_COUNT, vars, values);
}

static void report_results(Check *c, Node *stmt, Object **lhs, uint32_t count, OperandList *have) {
	Pos pos = stmt->pos;
	if (have->len > count)
		pos = have->items[count].node->pos;
	else if (have->len > 0)
		pos = have->items[have->len - 1].node->pos;
	FAIL(c, pos, RETURN_COUNT, have->len > count ? "too many" : "not enough",
	     operands_summary(c, have->items, have->len), params_summary(c, lhs, count, false));
}

/* m[k], v.(T), <-c in a two-value context: its node says so, with all parentheses around it. */
static void mark_comma_ok(Node *e) {
	for (; e->kind == NODE_PAREN; e = AS(ParenExpr, e)->x)
		e->commaok = 1;
	e->commaok = 1;
}

/* Splits the one right-hand side into `want` operands if it can be; otherwise out has what there is. */
static void expand_values(Check *c, Node *rhs, uint32_t want, bool allow_comma_ok, OperandList *out) {
	NodeList list = {&rhs, 1};
	check_expr_list(c, list, out, false);
	Operand *x = &out->items[0];
	if (!allow_comma_ok || want != 2 || out->len != 1 || (x->mode != MODE_MAPINDEX && x->mode != MODE_COMMAOK))
		return;
	mark_comma_ok(rhs);
	x->mode = MODE_VALUE;
	Operand ok = {.mode = MODE_VALUE, .node = rhs, .type = basic(c, TYPE_UNTYPED_BOOL)};
	VEC_PUSH(c->u->arena, out, ok);
}

/* `x := f()` counts the results of f in its message; `var x = f()` does not. */
static bool one_to_one(uint32_t left, NodeList rhs, bool is_var_decl) {
	return left == rhs.len && (is_var_decl || left > 1 || ast_unparen(rhs.items[0])->kind != NODE_CALL);
}

static void invalidate_variables(Check *c, Object **lhs, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (!lhs[i]->type)
			lhs[i]->type = invalid_type(c);
}

static bool all_valid(OperandList *list) {
	for (uint32_t i = 0; i < list->len; i++)
		if (list->items[i].mode == MODE_NONE)
			return false;
	return true;
}

/* Several right-hand sides, but not one for each variable. */
static void init_unmatched(Check *c, Object **lhs, uint32_t count, NodeList rhs, Node *return_stmt) {
	OperandList have = {0};
	if (return_stmt) {
		check_expr_list(c, rhs, &have, false);
		if (all_valid(&have))
			report_results(c, return_stmt, lhs, count, &have);
		return;
	}
	invalidate_variables(c, lhs, count);
	if (use_exprs(c, rhs))
		report_counts(c, rhs, count, rhs.len);
}

void init_variables(Check *c, Object **lhs, uint32_t count, NodeList rhs, Node *return_stmt, const char *context) {
	if (one_to_one(count, rhs, strcmp(context, VAR_DECL_CONTEXT) == 0)) {
		for (uint32_t i = 0; i < count; i++) {
			Operand x;
			check_expr_hint(c, &x, rhs.items[i], lhs[i]->type);
			init_variable(c, lhs[i], &x, context);
		}
		return;
	}
	if (rhs.len != 1) {
		init_unmatched(c, lhs, count, rhs, return_stmt);
		return;
	}
	OperandList values = {0};
	expand_values(c, rhs.items[0], count, !return_stmt, &values);
	if (values.len == count) {
		for (uint32_t i = 0; i < count; i++)
			init_variable(c, lhs[i], &values.items[i], context);
		return;
	}
	invalidate_variables(c, lhs, count);
	if (values.items[0].mode == MODE_NONE)
		return;
	if (return_stmt)
		report_results(c, return_stmt, lhs, count, &values);
	else
		report_counts(c, rhs, count, values.len);
}

/* Evaluates places that get nothing; whether they are without errors. */
static bool use_places(Check *c, NodeList lhs) {
	bool valid = true;
	Operand x;
	for (uint32_t i = 0; i < lhs.len; i++) {
		if (is_blank_ident(ast_unparen(lhs.items[i])))
			continue;
		check_place_expr(c, &x, lhs.items[i]);
		valid &= x.mode != MODE_NONE;
	}
	return valid;
}

static void assign_values(Check *c, NodeList lhs, NodeList rhs) {
	if (one_to_one(lhs.len, rhs, false)) {
		for (uint32_t i = 0; i < lhs.len; i++)
			assign_expr(c, lhs.items[i], rhs.items[i]);
		return;
	}
	OperandList values = {0};
	if (rhs.len != 1) {
		bool valid = use_places(c, lhs);
		if (use_exprs(c, rhs) && valid)
			report_counts(c, rhs, lhs.len, rhs.len);
		return;
	}
	expand_values(c, rhs.items[0], lhs.len, true, &values);
	if (values.len == lhs.len) {
		for (uint32_t i = 0; i < lhs.len; i++)
			assign_operand(c, lhs.items[i], &values.items[i], "assignment");
		return;
	}
	use_places(c, lhs);
	if (values.items[0].mode != MODE_NONE)
		report_counts(c, rhs, lhs.len, values.len);
}

/* ---------------------------------------------------------------- := */

static bool is_repeated(Check *c, PtrMap *seen, Name *name) {
	if (is_blank(name))
		return false;
	bool repeated = ptrmap_get(seen, name) != NULL;
	ptrmap_put(c->u->arena, seen, name, name);
	return repeated;
}

/* The variables of a := b, new or of the same block. fresh gets the new ones, to be declared after the values. */
static Object **define_targets(Check *c, NodeList lhs, Pos op_pos, ObjectList *fresh) {
	Scope *scope = declaration_scope(c);
	Object **out = ARENA_ARRAY(c->u->arena, Object *, lhs.len);
	bool error = false, any_new = false;
	PtrMap seen = {0};
	for (uint32_t i = 0; i < lhs.len; i++) {
		Node *node = lhs.items[i];
		if (node->kind != NODE_IDENT) {
			use_expr(c, node);
			FAIL(c, node->pos, NON_NAME, node_text(c, node));
			error = true;
		} else if (is_repeated(c, &seen, AS(Ident, node)->name)) {
			FAIL(c, node->pos, REPEATED, AS(Ident, node)->name->text);
			error = true;
		} else {
			Ident *name = AS(Ident, node);
			Object *old = is_blank(name->name) ? NULL : scope_lookup(scope, name->name);
			if (old && is_of_earlier_piece(c, scope, old))
				old = NULL;
			if (old && old->kind == OBJECT_VAR) {
				name->object = out[i] = old;
				node->type = old->type;
				old->reassigned = true;
			} else if (old) {
				name->object = old;
				if (old->declared) /* at the top level of a script */
					FAIL(c, node->pos, REDECLARED, name->name->text, position_text(c, old->pos),
					     name->name->text);
				else
					FAIL(c, node->pos, ASSIGN_TO, name->name->text);
				error = true;
			} else {
				out[i] = new_local(c, name, NULL);
				any_new |= !is_blank(name->name);
				VEC_PUSH(c->u->arena, &fresh->list, out[i]);
			}
		}
		if (!out[i])
			out[i] = object_new(c->u, OBJECT_VAR, name_of(c, "_"), c->env.package, node->pos, NULL);
	}
	if (!any_new && !error)
		FAIL(c, op_pos, NO_NEW_VARIABLES);
	return out;
}

static void define_values(Check *c, NodeList lhs, Pos op_pos, NodeList rhs) {
	ObjectList fresh = {0};
	Object **variables = define_targets(c, lhs, op_pos, &fresh);
	init_variables(c, variables, lhs.len, rhs, NULL, "assignment");
	Scope *scope = declaration_scope(c);
	for (uint32_t i = 0; i < lhs.len; i++) {
		lhs.items[i]->type = variables[i]->type;
		lhs.items[i]->mode = MODE_VAR;
	}
	for (uint32_t i = 0; i < fresh.list.len; i++)
		declare(c, scope, fresh.list.items[i]);
}

/* ---------------------------------------------------------------- statements */

static void assign_op(Check *c, AssignStmt *s) {
	if (s->lhs.len != 1 || s->rhs.len != 1) {
		FAIL(c, s->op_pos, ASSIGN_OP_COUNT, token_spelling(s->op));
		use_exprs(c, s->lhs);
		use_exprs(c, s->rhs);
		return;
	}
	Operand x;
	Token op = (Token)(s->op - TOK_ADD_ASSIGN + TOK_ADD);
	check_binary_op(c, &x, s->lhs.items[0], s->rhs.items[0], op, s->op_pos);
	/* The result belongs to no node: the operands have their types already. */
	x.value = NULL;
	if (x.mode != MODE_NONE)
		x.mode = MODE_VALUE;
	assign_operand(c, s->lhs.items[0], &x, "assignment operation");
}

void check_assign_stmt(Check *c, AssignStmt *s) {
	if (s->lhs.len == 0 || s->rhs.len == 0)
		return;
	if (s->op == TOK_DEFINE)
		define_values(c, s->lhs, s->op_pos, s->rhs);
	else if (s->op == TOK_ASSIGN)
		assign_values(c, s->lhs, s->rhs);
	else
		assign_op(c, s);
}
