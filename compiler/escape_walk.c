/* SPDX-License-Identifier: MIT */
/* escape_walk.c: escape analysis, statements: every assignment, declaration and return becomes an edge of the graph.
 * Rules: a block is one deeper than what it stands in, the parameters of a literal one deeper than the literal. What a
 * statement's own expressions allocate (not those of statements within it) belongs to the statement. */
#include "compiler/escape.h"

static const Hole nowhere = {NULL, 0};

static void walk_stmt(Escape *e, Node *n);

static void walk_list(Escape *e, NodeList stmts) {
	for (uint32_t i = 0; i < stmts.len && !e->failed; i++)
		walk_stmt(e, stmts.items[i]);
}

static void walk_block(Escape *e, NodeList stmts) {
	e->depth++;
	walk_list(e, stmts);
	e->depth--;
}

/* Expressions in the head of a statement that has statements in it: they may be evaluated any number of times, and what they
 * allocate is released behind the whole. */
static void enter_head(Escape *e, Node *stmt, uint16_t depth) {
	e->stmt = stmt;
	e->site_depth = depth;
	e->conditional = true;
	e->lasts = false;
}

static void enter_simple(Escape *e, Node *stmt) {
	e->stmt = stmt;
	e->site_depth = e->depth;
	e->conditional = false;
	e->lasts = true;
}

/* ---------------------------------------------------------------- assignments */

static Hole target(Escape *e, Node *n) {
	n = ast_unparen(n);
	Hole heap = {e->heap, 0};
	if (node_is_blank(n))
		return nowhere;
	switch ((NodeKind)n->kind) {
	case NODE_IDENT: {
		Object *o = AS(Ident, n)->object;
		return o && o->kind == OBJECT_VAR && !o->is_global ? (Hole){escape_var(e, o), 0} : heap;
	}
	case NODE_SELECTOR: {
		SelectorExpr *s = AS(SelectorExpr, n);
		if (!s->selection)
			return heap;
		if (!s->selection->indirect && s->x->type && type_underlying(s->x->type)->kind == TYPE_STRUCT)
			return target(e, s->x);
		escape_expr(e, nowhere, s->x);
		return heap;
	}
	case NODE_INDEX: {
		IndexExpr *x = AS(IndexExpr, n);
		Type *t = x->x->type ? type_underlying(x->x->type) : NULL;
		escape_expr(e, t && t->kind == TYPE_MAP ? heap : nowhere, x->indices.items[0]);
		if (t && t->kind == TYPE_ARRAY)
			return target(e, x->x);
		escape_expr(e, nowhere, x->x);
		return heap;
	}
	default:
		escape_expr(e, nowhere, n);
		return heap;
	}
}

static void note_literal(Escape *e, Object *o, Node *value) {
	value = ast_unparen(value);
	if (value->kind == NODE_FUNC_LIT && !o->reassigned && !o->address_taken && !o->is_global)
		ptrmap_put(e->arena, &e->literals, o, AS(FuncLit, value)->info);
}

static Hole declared(Escape *e, Object *o) {
	if (!o || !o->name || (o->name->len == 1 && o->name->text[0] == '_'))
		return nowhere;
	return o->is_global ? (Hole){e->heap, 0} : (Hole){escape_var(e, o), 0};
}

/* a, b = f() and v, ok = m[k] */
static void assign_several(Escape *e, const Hole *to, uint32_t count, Node *rhs) {
	rhs = ast_unparen(rhs);
	if (rhs->kind == NODE_CALL && AS(CallExpr, rhs)->call_kind == CALL_CALL)
		escape_call(e, AS(CallExpr, rhs), to, count);
	else
		escape_expr(e, to[0], rhs);
}

static void walk_assign(Escape *e, AssignStmt *s) {
	uint32_t count = s->lhs.len;
	if (s->op != TOK_ASSIGN && s->op != TOK_DEFINE) {
		target(e, s->lhs.items[0]);
		escape_expr(e, nowhere, s->rhs.items[0]);
		return;
	}
	Hole *to = ARENA_ARRAY(e->arena, Hole, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		to[i] = target(e, s->lhs.items[i]);
		if (s->op == TOK_DEFINE && s->rhs.len == count && s->lhs.items[i]->kind == NODE_IDENT && AS(Ident, s->lhs.items[i])->object)
			note_literal(e, AS(Ident, s->lhs.items[i])->object, s->rhs.items[i]);
	}
	if (s->rhs.len != count) {
		assign_several(e, to, count, s->rhs.items[0]);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		escape_expr(e, to[i], s->rhs.items[i]);
}

static void walk_decl(Escape *e, Node *decl) {
	if (!decl || decl->kind != NODE_GEN_DECL || AS(GenDecl, decl)->op != TOK_VAR)
		return;
	NodeList specs = AS(GenDecl, decl)->specs;
	for (uint32_t i = 0; i < specs.len; i++) {
		ValueSpec *spec = AS(ValueSpec, specs.items[i]);
		uint32_t count = spec->names.len;
		Hole *to = ARENA_ARRAY(e->arena, Hole, count + 1);
		for (uint32_t k = 0; k < count; k++) {
			Object *o = AS(Ident, spec->names.items[k])->object;
			to[k] = declared(e, o);
			if (to[k].dst && spec->values.len == count)
				note_literal(e, o, spec->values.items[k]);
		}
		if (spec->values.len && spec->values.len != count)
			assign_several(e, to, count, spec->values.items[0]);
		for (uint32_t k = 0; k < count && spec->values.len == count; k++)
			escape_expr(e, to[k], spec->values.items[k]);
	}
}

static void walk_return(Escape *e, ReturnStmt *s) {
	const FlowFunc *f = e->func;
	uint32_t count = f->info->signature->result_count;
	Hole *to = ARENA_ARRAY(e->arena, Hole, count + 1);
	for (uint32_t i = 0; i < count; i++)
		to[i] = (Hole){f->results[i], 0};
	if (s->results.len && s->results.len != count) {
		assign_several(e, to, count, s->results.items[0]);
		return;
	}
	for (uint32_t i = 0; i < s->results.len; i++)
		escape_expr(e, to[i], s->results.items[i]);
}

/* ---------------------------------------------------------------- statements with statements in them */

static void walk_if(Escape *e, IfStmt *s) {
	e->depth++;
	if (s->init)
		walk_stmt(e, s->init);
	enter_head(e, &s->node, e->depth - 1);
	escape_expr(e, nowhere, s->cond);
	walk_stmt(e, s->then);
	if (s->else_)
		walk_stmt(e, s->else_);
	e->depth--;
}

static void walk_for(Escape *e, ForStmt *s) {
	e->depth++;
	e->func->loops++;
	if (s->init)
		walk_stmt(e, s->init);
	enter_head(e, &s->node, e->depth - 1);
	if (s->cond)
		escape_expr(e, nowhere, s->cond);
	walk_stmt(e, s->body);
	if (s->post) {
		e->depth++; /* a statement of every iteration, without a block to end in */
		walk_stmt(e, s->post);
		e->depth--;
	}
	e->func->loops--;
	e->depth--;
}

/* The body is a closure that the iterator calls; what it shares with the function is in its hands. */
static void range_func_body(Escape *e, RangeStmt *s) {
	FuncInfo *body = s->info;
	for (uint32_t i = 0; i < body->captures.len; i++)
		if (!body->captures.items[i]->is_global)
			escape_flow(e, (Hole){e->heap, 0}, escape_var(e, body->captures.items[i]), -1);
}

static void walk_range(Escape *e, RangeStmt *s) {
	Type *t = s->x->type ? type_underlying(s->x->type) : NULL;
	bool by_pointer = t && (t->kind == TYPE_SLICE || (t->kind == TYPE_POINTER));
	e->depth++;
	enter_head(e, &s->node, e->depth - 1);
	Loc *elements = escape_loc(e, e->depth, NO_DEPTH);
	escape_expr(e, (Hole){elements, by_pointer}, s->x);
	Node *variables[2] = {s->key, s->value};
	for (uint32_t i = 0; i < 2; i++) {
		if (!variables[i] || node_is_blank(variables[i]))
			continue;
		Hole to = target(e, variables[i]);
		if (i == 1)
			escape_flow(e, to, elements, 0);
	}
	e->func->loops++;
	if (s->info)
		range_func_body(e, s);
	walk_stmt(e, s->body);
	e->func->loops--;
	e->depth--;
}

static void walk_switch(Escape *e, SwitchStmt *s) {
	e->depth++;
	if (s->init)
		walk_stmt(e, s->init);
	enter_head(e, &s->node, e->depth - 1);
	if (s->tag)
		escape_expr(e, nowhere, s->tag);
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		NodeList exprs = AS(CaseClause, s->clauses.items[i])->exprs;
		for (uint32_t k = 0; k < exprs.len; k++)
			escape_expr(e, nowhere, exprs.items[k]);
	}
	for (uint32_t i = 0; i < s->clauses.len; i++)
		walk_block(e, AS(CaseClause, s->clauses.items[i])->body);
	e->depth--;
}

static void walk_type_switch(Escape *e, TypeSwitchStmt *s) {
	e->depth++;
	if (s->init)
		walk_stmt(e, s->init);
	enter_head(e, &s->node, e->depth - 1);
	Node *x = ast_unparen(s->x);
	Loc *value = escape_loc(e, e->depth, NO_DEPTH);
	escape_expr(e, (Hole){value, 0}, x->kind == NODE_TYPE_ASSERT ? AS(TypeAssertExpr, x)->x : x);
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		CaseClause *clause = AS(CaseClause, s->clauses.items[i]);
		if (clause->object)
			escape_flow(e, declared(e, clause->object), value, 0);
		walk_block(e, clause->body);
	}
	e->depth--;
}

static void walk_comm(Escape *e, Node *comm) {
	if (!comm)
		return;
	if (comm->kind == NODE_SEND_STMT) {
		escape_expr(e, nowhere, AS(SendStmt, comm)->chan);
		escape_expr(e, (Hole){e->heap, 0}, AS(SendStmt, comm)->value);
	} else if (comm->kind == NODE_EXPR_STMT) {
		escape_expr(e, nowhere, AS(ExprStmt, comm)->x);
	} else if (comm->kind == NODE_ASSIGN_STMT) {
		walk_assign(e, AS(AssignStmt, comm));
	}
}

static void walk_select(Escape *e, SelectStmt *s) {
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		CommClause *clause = AS(CommClause, s->clauses.items[i]);
		e->depth++;
		enter_head(e, &s->node, e->depth - 1);
		walk_comm(e, clause->comm);
		walk_block(e, clause->body);
		e->depth--;
	}
}

/* ---------------------------------------------------------------- dispatch */

static void walk_defer(Escape *e, Node *call) {
	call = ast_unparen(call);
	if (call->kind != NODE_CALL)
		return;
	Loc *keeper = e->heap;
	if (e->func->loops == 0)
		keeper = escape_loc(e, e->func->body_depth, e->func->body_depth);
	escape_later(e, AS(CallExpr, call), keeper);
}

static void walk_simple(Escape *e, Node *n) {
	enter_simple(e, n);
	switch ((NodeKind)n->kind) {
	case NODE_DECL_STMT:
		walk_decl(e, AS(DeclStmt, n)->decl);
		return;
	case NODE_EXPR_STMT:
		escape_expr(e, nowhere, AS(ExprStmt, n)->x);
		return;
	case NODE_SEND_STMT:
		walk_comm(e, n);
		return;
	case NODE_INC_DEC_STMT:
		escape_expr(e, nowhere, AS(IncDecStmt, n)->x);
		return;
	case NODE_ASSIGN_STMT:
		walk_assign(e, AS(AssignStmt, n));
		return;
	case NODE_GO_STMT:
		if (ast_unparen(AS(GoStmt, n)->call)->kind == NODE_CALL)
			escape_later(e, AS(CallExpr, ast_unparen(AS(GoStmt, n)->call)), e->heap);
		return;
	case NODE_DEFER_STMT:
		walk_defer(e, AS(DeferStmt, n)->call);
		return;
	case NODE_RETURN_STMT:
		walk_return(e, AS(ReturnStmt, n));
		return;
	case NODE_BRANCH_STMT:
		e->jumps |= AS(BranchStmt, n)->op == TOK_GOTO;
		return;
	default:
		return;
	}
}

static void walk_stmt(Escape *e, Node *n) {
	if (++*e->deep > MAX_FLOW_DEPTH)
		e->failed = true;
	if (e->failed || arena_stops(e->arena)) {
		e->failed = true;
		--*e->deep;
		return;
	}
	switch ((NodeKind)n->kind) {
	case NODE_LABELED_STMT: walk_stmt(e, AS(LabeledStmt, n)->stmt); break;
	case NODE_BLOCK_STMT: walk_block(e, AS(BlockStmt, n)->stmts); break;
	case NODE_IF_STMT: walk_if(e, AS(IfStmt, n)); break;
	case NODE_FOR_STMT: walk_for(e, AS(ForStmt, n)); break;
	case NODE_RANGE_STMT: walk_range(e, AS(RangeStmt, n)); break;
	case NODE_SWITCH_STMT: walk_switch(e, AS(SwitchStmt, n)); break;
	case NODE_TYPE_SWITCH_STMT: walk_type_switch(e, AS(TypeSwitchStmt, n)); break;
	case NODE_SELECT_STMT: walk_select(e, AS(SelectStmt, n)); break;
	default: walk_simple(e, n); break;
	}
	--*e->deep;
}

static void declare_params(Escape *e, FuncInfo *info, bool outermost) {
	Type *signature = info->signature;
	for (uint32_t i = 0; i <= signature->param_count; i++) {
		Object *o = i == 0 ? signature->recv : signature->params[i - 1];
		if (!o)
			continue;
		Loc *l = escape_var(e, o);
		if (outermost)
			l->param = (int32_t)i;
	}
}

void escape_function(Escape *e, FuncInfo *info, uint16_t depth) {
	Type *signature = info->signature;
	FlowFunc *outer = e->func, *f = ARENA_NEW(e->arena, FlowFunc);
	uint16_t outer_depth = e->depth;
	*f = (FlowFunc){.info = info, .body_depth = depth + 1};
	f->results = ARENA_ARRAY(e->arena, Loc *, signature->result_count + 1);
	ptrmap_put(e->arena, &e->funcs, info, f);
	e->func = f;
	e->depth = depth;
	declare_params(e, info, info == e->info);
	for (uint32_t i = 0; i < signature->result_count; i++) {
		f->results[i] = escape_var(e, signature->results[i]);
		f->results[i]->holder = 0;
	}
	walk_block(e, AS(BlockStmt, info->body)->stmts);
	e->func = outer;
	e->depth = outer_depth;
}
