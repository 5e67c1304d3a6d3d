/* SPDX-License-Identifier: MIT */
/* gen_stmt.c: statements: blocks, conditions, loops, jumps, returns.
 * Rules: every block gives its slots back at its end. Loops are inverted: the condition stands at the bottom (and once
 * more at the entry, unless it is known to hold there), so an iteration dispatches one jump; i++ with i < n is one
 * instruction. A loop variable that lives in a box gets a fresh box for every iteration, copied before the post
 * statement (Go 1.22). */
#include "compiler/gen.h"

/* Loops and calls count as one unit of fuel, however long the code between them: so long code has checks of its own, which
 * pay for what lies before them. Ordinary functions are too short for any. */
static void gen_work(Gen *g) {
	enum { LONG_WORDS = 400, WORDS_FOR_ONE = 4, MOST = 0xffff };
	uint32_t words = g->code.len - g->work_at;
	if (LIKELY(words < LONG_WORDS) || g->dead)
		return;
	emit(g, OP_CHECK, words / WORDS_FOR_ONE < MOST ? words / WORDS_FOR_ONE : MOST, 0, 0);
	g->newest = NO_INSN;
	g->work_at = g->code.len;
}

void gen_block(Gen *g, NodeList stmts) {
	uint32_t mark = g->top, releases = release_begin(g);
	g->body.blocks++;
	for (uint32_t i = 0; i < stmts.len && !g->too_large; i++) {
		gen_stmt(g, stmts.items[i]);
		gen_work(g);
		g->too_large |= arena_stops(g->c->arena);
	}
	release_end(g, releases);
	g->body.blocks--;
	g->top = mark;
}

/* ---------------------------------------------------------------- break, continue, goto */

Flow *flow_find(Gen *g, const Node *target) {
	for (Flow *f = g->body.flow; f; f = f->outer) {
		if (f->stmt == target)
			return f;
		if (target && target->kind == NODE_LABELED_STMT && ((const LabeledStmt *)target)->stmt == f->stmt)
			return f;
	}
	return NULL;
}

static Label *user_label(Gen *g, const Node *labeled) {
	Label *l = ptrmap_get(g->body.labels, labeled);
	if (!l) {
		l = ARENA_NEW(g->c->arena, Label);
		ptrmap_put(g->c->arena, g->body.labels, labeled, l);
	}
	return l;
}

/* Where a branch statement goes, or NULL when leaving a function body of range over func takes more than a jump. */
static Label *branch_label(Gen *g, const BranchStmt *s) {
	if (s->op == TOK_FALLTHROUGH)
		return g->body.fallthrough;
	if (s->op == TOK_GOTO)
		return range_func_is_outer(g, s->target) ? NULL : user_label(g, s->target);
	Flow *f = flow_find(g, s->target);
	if (!f)
		return NULL;
	return s->op == TOK_BREAK ? f->on_break : f->on_continue;
}

/* The statement that break or continue leaves. */
static const Flow *branch_flow(Gen *g, const BranchStmt *s) {
	return s->op == TOK_BREAK || s->op == TOK_CONTINUE ? flow_find(g, s->target) : NULL;
}

static void gen_branch(Gen *g, BranchStmt *s) {
	Label *to = branch_label(g, s);
	const Flow *left = branch_flow(g, s);
	if (left)
		release_leave(g, left->releases);
	if (to)
		emit_go_to(g, to);
	else
		gen_range_func_branch(g, s);
}

static void gen_labeled(Gen *g, LabeledStmt *s) {
	g->dead = false; /* a goto further down may come back */
	user_label(g, &s->node)->loaded = NULL;
	label_bind(g, user_label(g, &s->node));
	gen_stmt(g, s->stmt);
}

/* ---------------------------------------------------------------- if */

/* The label of a block that consists of one break, continue or goto, and has nothing to release. */
static Label *only_branch(Gen *g, Node *block) {
	if (block->kind != NODE_BLOCK_STMT || AS(BlockStmt, block)->stmts.len != 1)
		return NULL;
	Node *n = AS(BlockStmt, block)->stmts.items[0];
	const Flow *left = n->kind == NODE_BRANCH_STMT ? branch_flow(g, AS(BranchStmt, n)) : NULL;
	if (left && left->releases != g->releases.len)
		return NULL;
	return n->kind == NODE_BRANCH_STMT ? branch_label(g, AS(BranchStmt, n)) : NULL;
}

static void gen_if(Gen *g, IfStmt *s) {
	uint32_t mark = g->top, releases = release_begin(g);
	Label other = {0}, end = {0};
	bool known;
	if (s->init)
		gen_stmt(g, s->init);
	gen_pos(g, s->cond->pos);
	Label *direct = s->else_ ? NULL : only_branch(g, s->then);
	if (node_const_bool(s->cond, &known)) {
		if (known)
			gen_stmt(g, s->then);
		else if (s->else_)
			gen_stmt(g, s->else_);
	} else if (direct) {
		gen_jump(g, s->cond, true, direct);
	} else {
		gen_jump(g, s->cond, false, &other);
		gen_stmt(g, s->then);
		if (s->else_) {
			emit_go_to(g, &end);
			label_bind(g, &other);
			gen_work(g);
			gen_stmt(g, s->else_);
			label_bind(g, &end);
		} else {
			label_bind(g, &other);
		}
	}
	release_end(g, releases);
	g->top = mark;
}

/* ---------------------------------------------------------------- for */

void gen_loop_body(Gen *g, Node *stmt, Node *body, Label *on_break, Label *on_continue, uint32_t releases) {
	Flow flow = {g->body.flow, stmt, on_break, on_continue, releases};
	g->body.flow = &flow;
	g->loop_depth++;
	gen_stmt(g, body);
	g->loop_depth--;
	g->body.flow = flow.outer;
}

/* i of a 64-bit signed loop variable in the frame, when n is that variable. */
static bool counter_slot(Gen *g, Node *n, Reg *r) {
	n = ast_unparen(n);
	if (n->kind != NODE_IDENT)
		return false;
	Object *o = AS(Ident, n)->object;
	if (!o || o->kind != OBJECT_VAR)
		return false;
	const Var *v = var_of(g, o);
	*r = v->slot;
	return (v->kind == VAR_FRAME || hoist_find_global(g, o, r)) && desc_is_signed(v->desc) && v->desc->size == 8;
}

typedef struct Counting {
	Op op;
	Reg counter, bound; /* bound: slot or immediate */
} Counting;

/* i < n and i++ (or i <= n; or i >= 0 and i--) in one instruction, if the bound is simple. */
static bool counting_loop(Gen *g, ForStmt *s, Counting *out) {
	if (!s->cond || !s->post || s->post->kind != NODE_INC_DEC_STMT || s->cond->kind != NODE_BINARY)
		return false;
	IncDecStmt *post = AS(IncDecStmt, s->post);
	BinaryExpr *cond = AS(BinaryExpr, s->cond);
	Reg counter, other;
	int64_t v;
	if (cond->node.value || !counter_slot(g, post->x, &counter) || !counter_slot(g, cond->x, &other) ||
	    other != counter)
		return false;
	out->counter = counter;
	bool imm = node_const_int(g, cond->y, &v);
	if (post->op == TOK_DEC) {
		if (!imm || (cond->op != TOK_GEQ && cond->op != TOK_GTR))
			return false;
		v += cond->op == TOK_GTR;
		out->op = OP_DEC_LOOP_GE_I;
		out->bound = (uint16_t)v;
		return fits_i16(v);
	}
	if (imm && cond->op == TOK_LEQ && v < 32767)
		v++;
	else if (cond->op != TOK_LSS && (cond->op != TOK_LEQ || imm))
		return false;
	if (imm && fits_i16(v)) {
		out->op = OP_INC_LOOP_LT_I;
		out->bound = (uint16_t)v;
		return true;
	}
	out->op = cond->op == TOK_LEQ && !imm ? OP_INC_LOOP_LE : OP_INC_LOOP_LT;
	if (imm) { /* a large constant waits in a slot */
		if (cond->op == TOK_LSS && hoist_find(g, cond->y->value, node_desc(g, cond->y), &out->bound))
			return true;
		out->bound = slot_scalar(g);
		emit_int(g, out->bound, v);
		return true;
	}
	if (counter_slot(g, cond->y, &out->bound))
		return true;
	Node *y = ast_unparen(cond->y);
	if (y->kind != NODE_CALL || AS(CallExpr, y)->call_kind != CALL_BUILTIN ||
	    AS(CallExpr, y)->builtin != BUILTIN_len)
		return false;
	Node *x = ast_unparen(AS(CallExpr, y)->args.items[0]);
	Object *o = x->kind == NODE_IDENT ? AS(Ident, x)->object : NULL;
	if (!o || o->kind != OBJECT_VAR || x->value)
		return false;
	const Var *var = var_of(g, o);
	Reg slot = var->slot;
	if (var->kind != VAR_FRAME && !hoist_find_global(g, o, &slot))
		return false;
	if (var->desc->kind == KIND_STRING) {
		out->bound = slot + 1;
		return true;
	}
	out->op = OP_INC_LOOP_LT_LEN;
	out->bound = slot;
	return var->desc->kind == KIND_SLICE && cond->op == TOK_LSS;
}

/* for i := 0; i < 10; ... enters its body at once. */
static bool holds_at_entry(Gen *g, ForStmt *s) {
	if (!s->init || s->init->kind != NODE_ASSIGN_STMT || s->cond->kind != NODE_BINARY)
		return false;
	AssignStmt *init = AS(AssignStmt, s->init);
	BinaryExpr *cond = AS(BinaryExpr, s->cond);
	int64_t a, b;
	if (init->lhs.len != 1 || init->rhs.len != 1 || cond->x->kind != NODE_IDENT ||
	    init->lhs.items[0]->kind != NODE_IDENT)
		return false;
	if (AS(Ident, cond->x)->object != AS(Ident, init->lhs.items[0])->object || desc_is_u64(node_desc(g, cond->x)))
		return false;
	if (!node_const_int(g, init->rhs.items[0], &a) || !node_const_int(g, cond->y, &b))
		return false;
	switch (cond->op) {
	case TOK_LSS: return a < b;
	case TOK_LEQ: return a <= b;
	case TOK_GTR: return a > b;
	case TOK_GEQ: return a >= b;
	case TOK_NEQ: return a != b;
	default: return false;
	}
}

/* Variables of the init statement that live in boxes. */
static void renew_boxes(Gen *g, ForStmt *s) {
	if (!s->init || s->init->kind != NODE_ASSIGN_STMT || AS(AssignStmt, s->init)->op != TOK_DEFINE)
		return;
	AssignStmt *init = AS(AssignStmt, s->init);
	for (uint32_t i = 0; i < init->lhs.len; i++) {
		Object *o = AS(Ident, init->lhs.items[i])->object;
		if (!o || !o->per_iteration || o->is_global)
			continue;
		const Var *v = var_of(g, o);
		if (v->kind != VAR_BOXED || o->stays)
			continue;
		uint32_t mark = g->top;
		Reg fresh = slot_pointer(g);
		gen_new_box(g, v->desc, fresh);
		Place from = place_memory(v->desc, v->slot, 0), to = place_memory(v->desc, fresh, 0);
		from.nonnil = to.nonnil = true;
		place_store(g, &to, place_load(g, &from));
		emit(g, OP_MOVE, v->slot, fresh, 0);
		g->top = mark;
	}
}

static bool has_boxes(Gen *g, ForStmt *s) {
	if (!s->init || s->init->kind != NODE_ASSIGN_STMT || AS(AssignStmt, s->init)->op != TOK_DEFINE)
		return false;
	AssignStmt *init = AS(AssignStmt, s->init);
	for (uint32_t i = 0; i < init->lhs.len; i++) {
		Object *o = AS(Ident, init->lhs.items[i])->object;
		if (o && o->per_iteration && !o->is_global && !o->stays && var_of(g, o)->kind == VAR_BOXED)
			return true;
	}
	return false;
}

static void gen_for(Gen *g, ForStmt *s) {
	uint32_t mark = g->top, releases = release_begin(g);
	Label again = {0}, on_break = {0}, on_continue = {0};
	bool always = true;
	if (s->init)
		gen_stmt(g, s->init);
	if (s->cond && (!node_const_bool(s->cond, &always) || !always))
		always = false;
	hoist_begin(g, s->cond, s->post, s->body);
	uint32_t globals = hoist_globals(g, &s->node);
	Counting counting;
	bool counts = !always && counting_loop(g, s, &counting);
	if (!always) {
		gen_pos(g, s->cond->pos);
		if (!holds_at_entry(g, s))
			gen_jump(g, s->cond, false, &on_break);
	}
	label_bind(g, &again);
	bool direct = always && !s->post && !has_boxes(g, s);
	gen_loop_body(g, &s->node, s->body, &on_break, direct ? &again : &on_continue, release_begin(g));
	label_bind(g, &on_continue);
	renew_boxes(g, s);
	if (counts) {
		gen_pos(g, s->cond->pos);
		emit_jump(g, counting.op, counting.counter, counting.bound, &again);
	} else {
		if (s->post)
			gen_stmt(g, s->post);
		if (always)
			emit_go_to(g, &again);
		else
			gen_jump(g, s->cond, true, &again);
	}
	hoist_end(g);
	g->hoisted_globals.len = globals;
	label_bind(g, &on_break);
	release_end(g, releases);
	g->top = mark;
}

/* ---------------------------------------------------------------- return */

Place gen_result_place(Gen *g, uint32_t i) {
	const TypeDesc *type = g->body.type;
	Object *o = g->body.result_vars.len ? g->body.result_vars.items[i] : NULL;
	if (o && var_of(g, o)->kind == VAR_BOXED)
		return place_of_var(g, o);
	return place_frame(type->results[i], result_slot(g, i), 0);
}

void gen_return_jump(Gen *g) {
	if (g->body.has_defer) {
		release_return(g);
		emit_go_to(g, &g->epilogue);
		return;
	}
	for (uint32_t i = 0; g->body.boxed_results && i < g->body.result_vars.len; i++) {
		Place p = gen_result_place(g, i);
		if (p.kind != PLACE_FRAME)
			place_load_to(g, &p, result_slot(g, i));
	}
	release_return(g);
	if (g->body.inlined)
		emit_go_to(g, &g->body.inlined->end);
	else
		emit(g, OP_RET, 0, 0, 0);
}

static bool same_slots(const TypeDesc *d, Reg a, Reg b) {
	return a < b + d->slots && b < a + d->slots;
}

/* All values first, then the results: a named result may occur in a later value. */
static void return_values(Gen *g, NodeList values) {
	const TypeDesc *type = g->body.type;
	uint32_t count = values.len;
	Reg *regs = ARENA_ARRAY(g->c->arena, Reg, count + 1);
	bool direct = g->body.result_vars.len == 0 && !g->body.has_defer;
	Order order;
	order_begin_list(g, &order, &values);
	for (uint32_t i = 0; i < count; i++) {
		const TypeDesc *d = type->results[i];
		uint32_t mark = g->top;
		if (direct) {
			gen_as_to(g, values.items[i], d, result_slot(g, i));
			continue;
		}
		regs[i] = gen_as(g, values.items[i], d);
		bool changed = false;
		for (uint32_t k = 0; k < i; k++)
			changed = changed || (regs[i] < mark && same_slots(d, regs[i], result_slot(g, k))) ||
				  (regs[i] < mark && same_slots(type->results[k], regs[i], result_slot(g, k)));
		if (changed) {
			Reg copy = slot_alloc(g, d);
			emit_move(g, d, copy, regs[i]);
			regs[i] = copy;
		}
	}
	order_end(&order);
	for (uint32_t i = 0; !direct && i < count; i++) {
		Place p = gen_result_place(g, i);
		place_store(g, &p, regs[i]);
	}
	gen_return_jump(g);
}

static void return_one(Gen *g, Node *value) {
	const TypeDesc *d = g->fn->type->results[0];
	Node *bare = ast_unparen(value);
	if (bare->kind == NODE_BINARY && !bare->value && d->kind == KIND_BOOL &&
	    (AS(BinaryExpr, bare)->op == TOK_LAND || AS(BinaryExpr, bare)->op == TOK_LOR)) {
		Label no = {0};
		gen_jump(g, bare, false, &no);
		release_return(g);
		emit_bc(g, OP_LOADI, RESULT_SLOT, 1);
		emit(g, OP_RET, 0, 0, 0);
		label_bind(g, &no);
		release_return(g);
		emit(g, OP_ZERO, RESULT_SLOT, 0, 0);
		emit(g, OP_RET, 0, 0, 0);
	} else if (d->slots == 1 || desc_is_pair(d)) {
		Reg r = gen_as(g, value, d);
		release_return(g);
		emit(g, d->slots == 1 ? OP_RET_1 : OP_RET_2, r, 0, 0);
	} else {
		gen_as_to(g, value, d, RESULT_SLOT);
		release_return(g);
		emit(g, OP_RET, 0, 0, 0);
	}
}

/* return f() with several results. */
static void return_call(Gen *g, CallExpr *e) {
	const TypeDesc *type = g->body.type;
	CallResult r = gen_call(g, e);
	bool same = !g->body.boxed_results;
	for (uint32_t i = 0; i < type->result_count; i++)
		same = same && type->results[i] == r.type->results[i];
	if (same) {
		emit_move_slots(g, g->body.base + RESULT_SLOT, r.base + RESULT_SLOT, r.layout->shape.results_end - RESULT_SLOT);
		gen_return_jump(g);
		return;
	}
	for (uint32_t i = 0; i < type->result_count; i++) {
		Place p = gen_result_place(g, i);
		Reg value = r.base + r.layout->results[i];
		if (type->results[i] != r.type->results[i]) {
			Reg converted = slot_alloc(g, type->results[i]);
			gen_assign_value(g, type->results[i], r.type->results[i], converted, value);
			value = converted;
		}
		place_store(g, &p, value);
	}
	gen_return_jump(g);
}

/* The only result of an inlined call goes where it is wanted. */
static bool inlined_return(Gen *g, ReturnStmt *s) {
	Inline *in = g->body.inlined;
	if (!in->to && in->dest == NO_REG)
		return false;
	Node *value = s->results.items[0];
	if (in->to)
		gen_jump(g, value, in->when, in->to);
	else
		gen_as_to(g, value, g->body.type->results[0], in->dest);
	release_return(g);
	emit_go_to(g, &in->end);
	return true;
}

static void gen_return(Gen *g, ReturnStmt *s) {
	uint32_t mark = g->top;
	if (g->work->range && !g->body.inlined) {
		gen_range_func_return(g, s);
		return;
	}
	uint32_t count = g->body.type->result_count;
	if (count == 1 && g->body.inlined && inlined_return(g, s)) {
		g->top = mark;
		return;
	}
	if (g->body.result_vars.len == 0 && !g->body.has_defer)
		g->statement_top = g->body.base + RESULT_SLOT; /* nobody reads unnamed results before the caller */
	if (s->results.len == 0) {
		gen_return_jump(g);
	} else if (s->results.len != count) {
		return_call(g, AS(CallExpr, ast_unparen(s->results.items[0])));
	} else if (count == 1 && !g->body.has_defer && !g->body.boxed_results && !g->body.inlined) {
		return_one(g, s->results.items[0]);
	} else {
		return_values(g, s->results);
	}
	g->top = mark;
}

/* ---------------------------------------------------------------- dispatch */

static void gen_decl(Gen *g, Node *decl) {
	if (!decl || decl->kind != NODE_GEN_DECL || AS(GenDecl, decl)->op != TOK_VAR)
		return;
	NodeList specs = AS(GenDecl, decl)->specs;
	for (uint32_t i = 0; i < specs.len; i++) {
		g->statement_top = g->top;
		gen_pos(g, specs.items[i]->pos);
		gen_value_spec(g, AS(ValueSpec, specs.items[i]));
	}
}

static void gen_send(Gen *g, SendStmt *s) {
	uint32_t mark = g->top;
	const TypeDesc *d = node_desc(g, s->chan);
	Reg ch = gen_expr(g, s->chan), value = gen_as(g, s->value, d->elem);
	gen_pos(g, s->node.pos);
	emit(g, OP_SEND, ch, value, d->elem->slots);
	g->top = mark;
}

static void dispatch(Gen *g, Node *n) {
	switch ((NodeKind)n->kind) {
	case NODE_EMPTY_STMT: case NODE_BAD_STMT:
		return;
	case NODE_DECL_STMT:
		gen_decl(g, AS(DeclStmt, n)->decl);
		return;
	case NODE_LABELED_STMT:
		gen_labeled(g, AS(LabeledStmt, n));
		return;
	case NODE_EXPR_STMT:
		gen_discard(g, AS(ExprStmt, n)->x);
		return;
	case NODE_SEND_STMT:
		gen_send(g, AS(SendStmt, n));
		return;
	case NODE_INC_DEC_STMT:
		gen_inc_dec(g, AS(IncDecStmt, n));
		return;
	case NODE_ASSIGN_STMT:
		gen_assign(g, AS(AssignStmt, n));
		return;
	case NODE_GO_STMT: case NODE_DEFER_STMT:
		gen_go(g, n->kind == NODE_GO_STMT ? AS(GoStmt, n)->call : AS(DeferStmt, n)->call, n->kind == NODE_DEFER_STMT);
		return;
	case NODE_RETURN_STMT:
		gen_return(g, AS(ReturnStmt, n));
		return;
	case NODE_BRANCH_STMT:
		gen_branch(g, AS(BranchStmt, n));
		return;
	case NODE_BLOCK_STMT:
		gen_block(g, AS(BlockStmt, n)->stmts);
		return;
	case NODE_IF_STMT:
		gen_if(g, AS(IfStmt, n));
		return;
	case NODE_SWITCH_STMT:
		gen_switch(g, AS(SwitchStmt, n));
		return;
	case NODE_TYPE_SWITCH_STMT:
		gen_type_switch(g, AS(TypeSwitchStmt, n));
		return;
	case NODE_SELECT_STMT:
		gen_select(g, AS(SelectStmt, n));
		return;
	case NODE_FOR_STMT:
		gen_for(g, AS(ForStmt, n));
		return;
	case NODE_RANGE_STMT:
		gen_range(g, AS(RangeStmt, n));
		return;
	default:
		compile_error(g->c, n->pos, "internal error: no code for %s", ast_kind_name((NodeKind)n->kind));
		g->too_large = true;
	}
}

void gen_stmt(Gen *g, Node *n) {
	ReleaseStmt releases = release_begin_stmt(g, n);
	g->statement_top = g->top;
	gen_pos(g, n->pos);
	dispatch(g, n);
	release_end_stmt(g, releases);
}
