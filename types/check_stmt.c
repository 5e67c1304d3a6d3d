/* SPDX-License-Identifier: MIT */
/* check_stmt.c: bodies and statements.
 *
 * Rules: the scope of a block is Env.scope; whoever opens one restores it. Targets of branches are found by
 * check_flow.c after the statements were checked. A name is inserted when its scope begins: lookup needs no positions.
 * Variables of a body that were never used are reported at its end, those of literals with their literal. */
#include <stdlib.h>

#include "types/check.h"

/* ---------------------------------------------------------------- bodies */

static int compare_pos(const void *a, const void *b) {
	Pos x = (*(Object *const *)a)->pos, y = (*(Object *const *)b)->pos;
	return x < y ? -1 : x > y;
}

static void report_unused(Check *c, BodyState *body) {
	Severity severity = c->env.package->is_script ? SEVERITY_WARNING : SEVERITY_ERROR;
	if (c->env.package->is_library || c->env.package->is_session)
		return;
	if (body->locals.len > 1)
		qsort(body->locals.items, body->locals.len, sizeof(Object *), compare_pos);
	for (uint32_t i = 0; i < body->locals.len; i++) {
		Object *o = body->locals.items[i];
		if (!o->used)
			REPORT(c, severity, o->pos, UNUSED_VARIABLE, o->name->text);
	}
}

static void clear_marks(BodyState *body) {
	for (uint32_t i = 0; i < body->break_targets.len; i++)
		body->break_targets.items[i]->flags &= (uint8_t)~NODE_HAS_BREAK;
}

static void check_stmts(Check *c, NodeList list) {
	for (uint32_t i = 0; i < list.len; i++)
		check_stmt(c, list.items[i], 0);
}

/* The parameters are in Env.scope, which is the function's. */
void check_body(Check *c, FuncInfo *func) {
	BodyState *body = ARENA_NEW(c->u->arena, BodyState); /* delayed work may outlive this call */
	BlockStmt *block = AS(BlockStmt, func->body);
	c->env.body = body;
	c->env.scope->is_func = true;
	check_stmts(c, block->stmts);
	check_flush(c);
	check_branches(c, block);
	if (func->signature->result_count > 0 && !list_is_terminating(block->stmts))
		FAIL(c, block->rbrace, MISSING_RETURN);
	clear_marks(body);
	report_unused(c, body);
}

/* The statements of a script stand in package scope; what is declared in blocks inside is local. */
void check_script_body(Check *c, FuncInfo *func, PackageState *state) {
	BodyState *body = ARENA_NEW(c->u->arena, BodyState);
	c->env.body = body;
	for (uint32_t i = 0; i < state->script_stmts.len; i++) {
		c->env.file = state->script_stmt_files.items[i];
		c->env.scope = c->env.file->scope;
		Node *stmt = state->script_stmts.items[i];
		if (c->env.package->is_session && i + 1 == state->script_stmts.len && stmt->kind == NODE_EXPR_STMT)
			state->script_stmts.items[i] = keep_value(c, AS(ExprStmt, stmt));
		else
			check_stmt(c, stmt, 0);
	}
	check_flush(c);
	check_branches(c, AS(BlockStmt, func->body));
	clear_marks(body);
	report_unused(c, body);
}

/* The statements of a case; fallthrough may only be the last of them. */
void check_clause_body(Check *c, NodeList list, uint8_t flags) {
	uint32_t last = list.len;
	while (last > 0 && list.items[last - 1]->kind == NODE_EMPTY_STMT)
		last--;
	for (uint32_t i = 0; i < list.len; i++)
		check_stmt(c, list.items[i], i + 1 == last ? flags : 0);
}

static void check_block(Check *c, NodeList list, Pos pos, Pos end) {
	Scope *saved = c->env.scope;
	scope_open(c, pos, end);
	check_stmts(c, list);
	c->env.scope = saved;
}

/* ---------------------------------------------------------------- simple statements */

/* An expression as a statement must be a call or a receive. */
static void expr_stmt(Check *c, Node *e) {
	Operand x;
	check_raw_expr(c, &x, e, NULL, false);
	Node *plain = ast_unparen(e);
	switch ((Mode)x.mode) {
	case MODE_NONE:
	case MODE_NOVALUE:
		return;
	case MODE_BUILTIN:
		FAIL(c, e->pos, BUILTIN_NOT_CALLED, node_text(c, e));
		return;
	case MODE_TYPE:
		FAIL(c, e->pos, TYPE_NOT_EXPR, node_text(c, e));
		return;
	default:
		break;
	}
	if (plain->kind == NODE_CALL) {
		CallExpr *call = AS(CallExpr, plain);
		if (call->call_kind == CALL_CALL)
			return;
		if (call->call_kind == CALL_BUILTIN && builtin_is_statement(call->builtin))
			return;
	} else if (plain->kind == NODE_UNARY && AS(UnaryExpr, plain)->op == TOK_ARROW) {
		return;
	}
	FAIL(c, e->pos, UNUSED_VALUE, operand_text(c, &x));
}

static void send_stmt(Check *c, SendStmt *s) {
	Operand chan, value;
	check_expr(c, &chan, s->chan);
	bool typed = chan.mode != MODE_NONE && chan.mode != MODE_NIL;
	Type *t = typed ? type_common_underlying(c->u, chan.type, false) : NULL;
	check_expr_hint(c, &value, s->value, t && t->kind == TYPE_CHAN ? t->elem : NULL);
	if (chan.mode == MODE_NONE || value.mode == MODE_NONE)
		return;
	if (!t || t->kind != TYPE_CHAN) {
		FAIL(c, s->node.pos, SEND_NON_CHANNEL, operand_text(c, &chan));
		return;
	}
	if (t->chan_dir == CHAN_RECV) {
		FAIL(c, s->node.pos, SEND_RECEIVE_ONLY, operand_text(c, &chan));
		return;
	}
	check_assignment(c, &value, t->elem, "send");
}

/* go and defer: a call whose results nobody needs. */
static void suspended_call(Check *c, Node *e, const char *keyword) {
	Node *plain = ast_unparen(e);
	if (plain->kind != NODE_CALL) {
		FAIL(c, e->pos, EXPECT_CALL, keyword);
		use_expr(c, e);
		return;
	}
	Operand x;
	CallExpr *call = AS(CallExpr, plain);
	check_raw_expr(c, &x, e, NULL, false);
	if (x.mode == MODE_NONE)
		return;
	if (call->call_kind == CALL_CONVERSION)
		FAIL(c, e->pos, SUSPENDED_CONVERSION, keyword, operand_text(c, &x));
	else if (call->call_kind == CALL_BUILTIN && !builtin_is_statement(call->builtin))
		FAIL(c, e->pos, SUSPENDED_RESULT, keyword, operand_text(c, &x));
}

static void defer_stmt(Check *c, DeferStmt *s) {
	if (c->env.func)
		c->env.func->has_defer = true;
	if (c->env.real_func)
		c->env.real_func->has_defer = true;
	suspended_call(c, s->call, "defer");
}

static void inc_dec_stmt(Check *c, IncDecStmt *s) {
	Operand x;
	check_expr(c, &x, s->x);
	if (x.mode == MODE_NONE)
		return;
	if (!type_is_numeric(x.type)) {
		FAIL(c, s->x->pos, INC_DEC, node_text(c, s->x), token_spelling(s->op), type_text(c, x.type));
		return;
	}
	x.mode = MODE_VALUE;
	x.value = NULL;
	assign_operand(c, s->x, &x, "assignment");
}

/* ---------------------------------------------------------------- return */

/* "var x int" */
static const char *object_text(Check *c, Object *o) {
	static const char *const kinds[] = {"package", "const", "type", "var", "func", "label", "builtin", "nil"};
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_printf(&buf, "%s %s %s", kinds[o->kind], o->name->text, o->type ? type_text(c, o->type) : "");
	return buf_text(c, &buf);
}

static void check_shadowed_results(Check *c, ReturnStmt *s, Type *sig) {
	for (uint32_t i = 0; i < sig->result_count; i++) {
		Object *result = sig->results[i];
		Object *visible = is_blank(result->name) ? result : lookup_name(c, result->name);
		if (visible == result || !visible)
			continue;
		FAIL(c, s->node.pos, RESULT_SHADOWED, result->name->text, position_text(c, visible->pos),
		     object_text(c, visible));
	}
}

static void return_stmt(Check *c, ReturnStmt *s) {
	FuncInfo *func = c->env.real_func;
	Type *sig = func ? func->signature : NULL;
	if (!sig) {
		use_exprs(c, s->results);
		return;
	}
	if (s->results.len > 0) {
		if (sig->result_count > 0) {
			init_variables(c, sig->results, sig->result_count, s->results, &s->node, "return statement");
			return;
		}
		OperandList have = {0};
		check_expr_list(c, s->results, &have, false);
		if (have.len > 0 && have.items[0].mode != MODE_NONE)
			FAIL(c, s->results.items[0]->pos, RETURN_COUNT, "too many",
			     operands_summary(c, have.items, have.len), "()");
		return;
	}
	if (sig->result_count == 0)
		return;
	if (sig->results[0]->name) {
		check_shadowed_results(c, s, sig);
		return;
	}
	FAIL(c, s->node.pos, RETURN_COUNT, "not enough", "()",
	     params_summary(c, sig->results, sig->result_count, false));
}

/* ---------------------------------------------------------------- if, for */

static void if_stmt(Check *c, IfStmt *s) {
	Scope *saved = c->env.scope;
	/* else if ... else if ...: a loop, not recursion. */
	for (Node *n = &s->node; n;) {
		if (n->kind != NODE_IF_STMT) {
			check_stmt(c, n, 0);
			break;
		}
		IfStmt *branch = AS(IfStmt, n);
		scope_open(c, n->pos, 0);
		if (branch->init)
			check_stmt(c, branch->init, 0);
		if (branch->cond)
			check_condition(c, branch->cond, "if");
		if (branch->then)
			check_stmt(c, branch->then, 0);
		n = branch->else_;
	}
	c->env.scope = saved;
}

static bool per_iteration(Check *c) {
	uint16_t version = c->env.file && c->env.file->file->go_version ? c->env.file->file->go_version
									: c->env.package->go_version;
	return version == 0 || version >= 22;
}

void mark_loop_variables(Check *c, Scope *scope) {
	for (uint32_t i = 0; i < scope->ordered.len; i++) {
		scope->ordered.items[i]->per_iteration = per_iteration(c);
		scope->ordered.items[i]->reassigned |= !per_iteration(c);
	}
}

static void for_stmt(Check *c, ForStmt *s) {
	Scope *saved = c->env.scope;
	scope_open(c, s->node.pos, 0);
	if (s->init)
		check_stmt(c, s->init, 0);
	mark_loop_variables(c, c->env.scope);
	if (s->cond)
		check_condition(c, s->cond, "for");
	if (s->post) {
		if (s->post->kind == NODE_ASSIGN_STMT && AS(AssignStmt, s->post)->op == TOK_DEFINE)
			FAIL(c, s->post->pos, POST_DECLARES);
		check_stmt(c, s->post, 0);
	}
	if (s->body)
		check_stmt(c, s->body, 0);
	c->env.scope = saved;
}

static void branch_stmt(Check *c, BranchStmt *s, uint8_t flags) {
	if (s->op != TOK_FALLTHROUGH || (flags & STMT_FALLTHROUGH_OK))
		return;
	if (flags & STMT_LAST_CASE)
		FAIL(c, s->node.pos, FALLTHROUGH_FINAL);
	else if (flags & STMT_TYPE_SWITCH)
		FAIL(c, s->node.pos, FALLTHROUGH_TYPE_SWITCH);
	else
		FAIL(c, s->node.pos, FALLTHROUGH_MISPLACED);
}

static void decl_stmt(Check *c, DeclStmt *s) {
	if (s->decl && s->decl->kind == NODE_GEN_DECL)
		check_local_decl(c, AS(GenDecl, s->decl));
}

/* ---------------------------------------------------------------- dispatch */

static void stmt_of_kind(Check *c, Node *s, uint8_t flags) {
	switch ((NodeKind)s->kind) {
	case NODE_DECL_STMT: decl_stmt(c, AS(DeclStmt, s)); return;
	case NODE_LABELED_STMT: {
		/* L: L: L: ... may be long */
		while (s->kind == NODE_LABELED_STMT && AS(LabeledStmt, s)->stmt)
			s = AS(LabeledStmt, s)->stmt;
		if (s->kind != NODE_LABELED_STMT)
			check_stmt(c, s, flags);
		return;
	}
	case NODE_EXPR_STMT: expr_stmt(c, AS(ExprStmt, s)->x); return;
	case NODE_SEND_STMT: send_stmt(c, AS(SendStmt, s)); return;
	case NODE_INC_DEC_STMT: inc_dec_stmt(c, AS(IncDecStmt, s)); return;
	case NODE_ASSIGN_STMT: check_assign_stmt(c, AS(AssignStmt, s)); return;
	case NODE_GO_STMT: suspended_call(c, AS(GoStmt, s)->call, "go"); return;
	case NODE_DEFER_STMT: defer_stmt(c, AS(DeferStmt, s)); return;
	case NODE_RETURN_STMT: return_stmt(c, AS(ReturnStmt, s)); return;
	case NODE_BRANCH_STMT: branch_stmt(c, AS(BranchStmt, s), flags); return;
	case NODE_BLOCK_STMT: check_block(c, AS(BlockStmt, s)->stmts, s->pos, AS(BlockStmt, s)->rbrace); return;
	case NODE_IF_STMT: if_stmt(c, AS(IfStmt, s)); return;
	case NODE_SWITCH_STMT: check_switch_stmt(c, AS(SwitchStmt, s)); return;
	case NODE_TYPE_SWITCH_STMT: check_type_switch_stmt(c, AS(TypeSwitchStmt, s)); return;
	case NODE_SELECT_STMT: check_select_stmt(c, AS(SelectStmt, s)); return;
	case NODE_FOR_STMT: for_stmt(c, AS(ForStmt, s)); return;
	case NODE_RANGE_STMT: check_range_stmt(c, AS(RangeStmt, s)); return;
	default: return; /* empty, or the parser reported it */
	}
}

void check_stmt(Check *c, Node *s, uint8_t flags) {
	if (check_stops(c))
		return;
	if (c->expr_depth >= MAX_EXPR_DEPTH) {
		FAIL(c, s->pos, TOO_DEEP);
		return;
	}
	c->expr_depth++;
	stmt_of_kind(c, s, flags);
	c->expr_depth--;
	if (c->later.len > 0)
		check_flush(c);
}
