/* SPDX-License-Identifier: MIT */
/* check_switch.c: switch, type switch, select.
 *
 * Rules: constant cases may not repeat; neither may types. A type switch with `x :=` declares one variable for each
 * clause (CaseClause.object), of the case's type when there is exactly one. */
#include "types/check.h"

static void check_defaults(Check *c, NodeList clauses) {
	Node *first = NULL;
	for (uint32_t i = 0; i < clauses.len; i++) {
		Node *n = clauses.items[i];
		bool is_case = n->kind == NODE_CASE_CLAUSE;
		bool is_default = is_case ? AS(CaseClause, n)->is_default : !AS(CommClause, n)->comm;
		if (is_default && first)
			FAIL(c, n->pos, MULTIPLE_DEFAULTS, position_text(c, first->pos));
		else if (is_default)
			first = n;
	}
}

/* ---------------------------------------------------------------- switch */

typedef struct SeenCase {
	Const *value;
	Type *type;
	Pos pos;
	struct SeenCase *next;
} SeenCase;

static void check_duplicate_case(Check *c, PtrMap *seen, Operand *v) {
	void *slot = (void *)(uintptr_t)((uint64_t)const_hash(v->value) + 1);
	SeenCase *first = ptrmap_get(seen, slot);
	for (SeenCase *k = first; k; k = k->next) {
		if (!const_equal(k->value, v->value) || !type_identical(k->type, v->type))
			continue;
		FAIL(c, v->node->pos, DUPLICATE_CASE, operand_text(c, v), position_text(c, k->pos));
		return;
	}
	SeenCase *k = ARENA_NEW(c->u->arena, SeenCase);
	*k = (SeenCase){v->value, v->type, v->node->pos, first};
	ptrmap_put(c->u->arena, seen, slot, k);
}

static void check_case(Check *c, const Operand *tag, Node *e, PtrMap *seen) {
	Operand v, x = *tag;
	check_expr(c, &v, e);
	if (x.mode == MODE_NONE || v.mode == MODE_NONE)
		return;
	if (type_is_untyped(v.type))
		convert_untyped(c, &v, x.type);
	if (v.mode == MODE_NONE)
		return;
	Operand result = v;
	check_comparison(c, &result, &x, TOK_EQL, true);
	if (result.mode != MODE_NONE && v.mode == MODE_CONST && v.value && const_kind(v.value) != CONST_BOOL)
		check_duplicate_case(c, seen, &v);
}

/* The operand that cases are compared with; without a tag it is the constant true. */
static void switch_tag(Check *c, SwitchStmt *s, Operand *x) {
	if (!s->tag) {
		Ident *name = NEW_NODE(c->u->arena, Ident, s->node.pos);
		name->name = name_of(c, "true");
		*x = (Operand){.mode = MODE_CONST, .type = basic(c, TYPE_BOOL), .node = &name->node};
		x->value = const_make_bool(c->u, true);
		operand_record(c, x);
		return;
	}
	check_expr(c, x, s->tag);
	check_assignment(c, x, NULL, "switch expression");
	if (x->mode == MODE_NONE || type_is_comparable(x->type) || type_has_nil(x->type))
		return;
	FAIL(c, s->tag->pos, SWITCH_TAG, operand_text(c, x), type_text(c, x->type));
	operand_invalidate(x);
}

void check_switch_stmt(Check *c, SwitchStmt *s) {
	Scope *outer = c->env.scope;
	Operand x;
	PtrMap seen = {0};
	scope_open(c, s->node.pos, s->rbrace);
	if (s->init)
		check_stmt(c, s->init, 0);
	switch_tag(c, s, &x);
	check_defaults(c, s->clauses);
	Scope *inner = c->env.scope;
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		CaseClause *clause = AS(CaseClause, s->clauses.items[i]);
		for (uint32_t k = 0; k < clause->exprs.len; k++)
			check_case(c, &x, clause->exprs.items[k], &seen);
		scope_open(c, clause->node.pos, 0);
		bool last = i + 1 == s->clauses.len;
		check_clause_body(c, clause->body, last ? STMT_LAST_CASE : STMT_FALLTHROUGH_OK);
		c->env.scope = inner;
	}
	c->env.scope = outer;
}

/* ---------------------------------------------------------------- type switch */

typedef struct TypeCases {
	Operand x;    /* what is switched on */
	PtrMap seen;  /* hash -> SeenType */
	Pos nil_pos;
} TypeCases;

typedef struct SeenType {
	Type *type;
	Pos pos;
	struct SeenType *next;
} SeenType;

static void note_case(Check *c, TypeCases *cases, Type *t, Node *e) {
	const void *key = (const void *)((uintptr_t)type_hash(t) << 1 | 1);
	SeenType *first = ptrmap_get(&cases->seen, key);
	for (SeenType *seen = first; seen; seen = seen->next) {
		if (!type_identical(seen->type, t))
			continue;
		FAIL(c, e->pos, DUPLICATE_TYPE_CASE, type_text(c, t), position_text(c, seen->pos));
		return;
	}
	SeenType *seen = ARENA_NEW(c->u->arena, SeenType);
	*seen = (SeenType){t, e->pos, first};
	ptrmap_put(c->u->arena, &cases->seen, key, seen);
}

/* The type of one case, or NULL for nil and after an error. */
static Type *type_case(Check *c, TypeCases *cases, Node *e) {
	Operand v;
	check_expr_or_type(c, &v, e, false);
	if (v.mode == MODE_NIL) {
		e->type = cases->x.type ? cases->x.type : invalid_type(c);
		if (cases->nil_pos)
			FAIL(c, e->pos, DUPLICATE_TYPE_CASE, "nil", position_text(c, cases->nil_pos));
		cases->nil_pos = e->pos;
		return NULL;
	}
	if (v.mode == MODE_NONE)
		return NULL;
	if (v.mode != MODE_TYPE) {
		FAIL(c, e->pos, NOT_A_TYPE, node_text(c, e));
		return NULL;
	}
	require_var_type(c, v.type, e->pos);
	note_case(c, cases, v.type, e);
	if (cases->x.mode != MODE_NONE)
		check_assertable(c, &cases->x, v.type, e, true);
	return v.type;
}

static void type_clause(Check *c, TypeSwitchStmt *s, TypeCases *cases, CaseClause *clause, ObjectList *variables) {
	Type *t = NULL;
	for (uint32_t i = 0; i < clause->exprs.len; i++)
		t = type_case(c, cases, clause->exprs.items[i]);
	Scope *saved = c->env.scope;
	scope_open(c, clause->node.pos, 0);
	if (s->bind && !is_blank(s->bind->name)) {
		if (clause->exprs.len != 1 || !t) {
			bool nil = clause->exprs.len == 1 && clause->exprs.items[0]->mode == MODE_NIL;
			bool known = cases->x.mode != MODE_NONE && (clause->exprs.len != 1 || nil);
			t = known ? cases->x.type : invalid_type(c);
		}
		Object *o = object_new(c->u, OBJECT_VAR, s->bind->name, c->env.package, s->bind->node.pos, t);
		o->owner = c->env.func;
		clause->object = o;
		scope_insert(c->u, c->env.scope, o);
		VEC_PUSH(c->u->arena, &variables->list, o);
	}
	check_clause_body(c, clause->body, STMT_TYPE_SWITCH);
	c->env.scope = saved;
}

static void report_unused_bind(Check *c, Ident *bind, ObjectList *variables) {
	for (uint32_t i = 0; i < variables->list.len; i++)
		if (variables->list.items[i]->used)
			return;
	if (c->env.package->is_library)
		return;
	Severity severity = c->env.package->is_script ? SEVERITY_WARNING : SEVERITY_ERROR;
	REPORT(c, severity, bind->node.pos, UNUSED_BIND, bind->name->text);
}

static void switched_operand(Check *c, TypeSwitchStmt *s, Operand *x) {
	Node *e = s->x;
	if (e->kind == NODE_TYPE_ASSERT && !AS(TypeAssertExpr, e)->type)
		e = AS(TypeAssertExpr, e)->x;
	check_expr(c, x, e);
	if (x->mode == MODE_NONE || type_is_interface(x->type))
		return;
	if (is_type_param(x->type))
		FAIL(c, e->pos, SWITCH_TYPE_PARAM, operand_text(c, x));
	else
		FAIL(c, e->pos, SWITCH_NOT_INTERFACE, operand_text(c, x));
	operand_invalidate(x);
}

void check_type_switch_stmt(Check *c, TypeSwitchStmt *s) {
	Scope *outer = c->env.scope;
	TypeCases cases = {0};
	ObjectList variables = {0};
	scope_open(c, s->node.pos, s->rbrace);
	if (s->init)
		check_stmt(c, s->init, 0);
	if (s->bind && is_blank(s->bind->name))
		FAIL(c, s->bind->node.pos, NO_NEW_VARIABLE);
	switched_operand(c, s, &cases.x);
	check_defaults(c, s->clauses);
	for (uint32_t i = 0; i < s->clauses.len; i++)
		type_clause(c, s, &cases, AS(CaseClause, s->clauses.items[i]), &variables);
	if (s->bind && !is_blank(s->bind->name))
		report_unused_bind(c, s->bind, &variables);
	c->env.scope = outer;
}

/* ---------------------------------------------------------------- select */

static bool is_receive(Node *e) {
	e = ast_unparen(e);
	return e->kind == NODE_UNARY && AS(UnaryExpr, e)->op == TOK_ARROW;
}

static bool is_communication(Node *s) {
	if (s->kind == NODE_SEND_STMT)
		return true;
	if (s->kind == NODE_EXPR_STMT)
		return is_receive(AS(ExprStmt, s)->x);
	if (s->kind != NODE_ASSIGN_STMT)
		return false;
	NodeList rhs = AS(AssignStmt, s)->rhs;
	return rhs.len == 1 && is_receive(rhs.items[0]);
}

void check_select_stmt(Check *c, SelectStmt *s) {
	check_defaults(c, s->clauses);
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		CommClause *clause = AS(CommClause, s->clauses.items[i]);
		Scope *saved = c->env.scope;
		scope_open(c, clause->node.pos, 0);
		if (clause->comm && !is_communication(clause->comm))
			FAIL(c, clause->comm->pos, SELECT_CASE);
		else if (clause->comm)
			check_stmt(c, clause->comm, 0);
		check_clause_body(c, clause->body, 0);
		c->env.scope = saved;
	}
}
