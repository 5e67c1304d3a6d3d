/* SPDX-License-Identifier: MIT */
/* gen_rangefunc.c: range over functions: the loop's body becomes a closure, the argument of the function ranged over.
 *
 * Per loop a hidden variable `state` says whether the body may be called; per outermost loop a hidden `next` says how
 * the body was left (0: normally or by break and continue of its own loop; -1: return with values, which lie in hidden
 * result variables; -2: return; k: exit number k, a break, continue or goto further out). Behind the call every level
 * looks at `next` and goes on: to its own label, or out of its own body in turn.
 * Rules: hidden variables live in boxes and are captured like others. defer belongs to the real function's frame,
 * known by its token.
 * Why a scan beforehand: the loop is generated before its body, and must know the exits. */
#include "compiler/gen.h"
#include "types/internal.h"

enum { STATE_READY, STATE_DONE, STATE_BODY, STATE_EXHAUSTED };
enum { NEXT_RETURN_VALUES = -1, NEXT_RETURN = -2 };

/* A branch out of a body. Those that lead to the same place have the same code. */
typedef struct RangeExit {
	BranchStmt *branch;
	int16_t code;
} RangeExit;

/* Shared by all loops over functions that stand in each other's bodies. */
typedef struct RangeGroup {
	Object *next;                 /* NULL: nothing leaves a body */
	Object **results;             /* of the real function; NULL: no return with values */
	const TypeDesc *type;         /* of the real function */
	Object *token;                /* NULL: no defer */
	bool returns, returns_values; /* some `return` in a body has no values (named results, or none); has values */
	VEC(RangeExit) exits;
	VEC(Node *) bodies;           /* while scanning: bodies entered */
	Arena *arena;
} RangeGroup;

typedef struct RangeFunc {
	RangeGroup *group;
	Object *state;
	RangeStmt *stmt;
	Label on_break, on_continue;
} RangeFunc;

/* ---------------------------------------------------------------- scanning */

static bool lies_in(const Node *n, const Node *body) {
	return n->pos >= body->pos && n->pos < AS(BlockStmt, body)->rbrace;
}

static bool is_range_func(const Node *n) {
	return n->kind == NODE_RANGE_STMT && ((const RangeStmt *)n)->info;
}

static void scan_branch(RangeGroup *group, BranchStmt *s) {
	Node *body = group->bodies.items[group->bodies.len - 1];
	if (s->op == TOK_FALLTHROUGH || !s->target || lies_in(s->target, body))
		return;
	int16_t code = (int16_t)(group->exits.len + 1);
	for (uint32_t i = 0; i < group->exits.len; i++)
		if (group->exits.items[i].branch->op == s->op && group->exits.items[i].branch->target == s->target)
			code = group->exits.items[i].code;
	VEC_PUSH(group->arena, &group->exits, ((RangeExit){s, code}));
}

static bool scan_enter(Walker *w, Node *n) {
	RangeGroup *group = w->data;
	if (n->kind == NODE_FUNC_LIT)
		return false;
	if (is_range_func(n))
		VEC_PUSH(group->arena, &group->bodies, AS(RangeStmt, n)->body);
	else if (n->kind == NODE_BRANCH_STMT)
		scan_branch(group, AS(BranchStmt, n));
	else if (n->kind == NODE_RETURN_STMT)
		*(AS(ReturnStmt, n)->results.len ? &group->returns_values : &group->returns) = true;
	else if (n->kind == NODE_DEFER_STMT)
		group->token = (Object *)group; /* replaced by scan */
	return true;
}

static void scan_leave(Walker *w, Node *n) {
	RangeGroup *group = w->data;
	if (is_range_func(n))
		group->bodies.len--;
}

/* ---------------------------------------------------------------- hidden variables */

static Object *hidden(Gen *g, const char *name, const TypeDesc *d, bool boxed) {
	Compiler *c = g->c;
	Object *o = object_new(c->u, OBJECT_VAR, intern_cstr(c->u->interner, name), g->body.package, 0, lowered_of(d)->type);
	o->captured = true;
	o->reassigned = boxed;
	return o;
}

static void store_hidden(Gen *g, Object *o, int64_t v) {
	uint32_t mark = g->top;
	Place p = place_of_var(g, o);
	Reg t = slot_scalar(g);
	emit_int(g, t, v);
	place_store(g, &p, t);
	g->top = mark;
}

static RangeGroup *group_new(Gen *g, RangeStmt *s) {
	Compiler *c = g->c;
	RangeGroup *group = ARENA_NEW(c->arena, RangeGroup);
	const TypeDesc *integer = lower_basic(c, TYPE_INT);
	group->arena = c->arena;
	group->type = g->fn->type;
	Walker w = {.enter = scan_enter, .leave = scan_leave, .data = group};
	ast_walk(&w, &s->node);
	if (group->token) {
		group->token = hidden(g, "frame", integer, false);
		Var *v = var_declare_fresh(g, group->token, integer, false);
		emit(g, OP_FRAME_TOKEN, v->slot, 0, 0);
	}
	if (group->exits.len || group->returns || group->returns_values) {
		group->next = hidden(g, "next", integer, true);
		var_declare_fresh(g, group->next, integer, true);
	}
	if (!group->returns_values)
		return group;
	group->results = ARENA_ARRAY(c->arena, Object *, group->type->result_count + 1);
	for (uint32_t i = 0; i < group->type->result_count; i++) {
		group->results[i] = hidden(g, "result", group->type->results[i], true);
		var_declare_fresh(g, group->results[i], group->type->results[i], true);
	}
	return group;
}

static void add_hidden(Gen *g, Work *w) {
	const RangeGroup *group = w->range_func->group;
	uint32_t results = group->results ? group->type->result_count : 0;
	w->hidden = ARENA_ARRAY(g->c->arena, Object *, results + 3);
	w->hidden[w->hidden_count++] = w->range_func->state;
	if (group->next)
		w->hidden[w->hidden_count++] = group->next;
	if (group->token)
		w->hidden[w->hidden_count++] = group->token;
	for (uint32_t i = 0; i < results; i++)
		w->hidden[w->hidden_count++] = group->results[i];
}

/* ---------------------------------------------------------------- the loop */

static void emit_range_panic(Gen *g, const char *text) {
	uint32_t mark = g->top;
	GoIface *value = arena_alloc(g->c->s->arena, sizeof(GoIface));
	value->type = g->c->types->core[CORE_RUNTIME_ERROR];
	value->data.p = (void *)(uintptr_t)constant_string(g->c, (Str){text, strlen(text)});
	Reg r = slot_alloc(g, g->c->types->core[CORE_ANY]);
	emit_2(g, OP_LOADIFACE, r, 0, 0, value);
	emit(g, OP_PANIC, r, 0, 0);
	g->top = mark;
}

static Work *body_work(Gen *g, RangeStmt *s) {
	FuncInfo *info = s->info;
	Buf name;
	buf_init(&name, g->c->arena->mem);
	buf_printf(&name, "%s-range%u", g->fn->name, ++g->range_count);
	Work *w = function_request(g->c, info, g->work->subst, arena_strndup(g->c->arena, buf_cstr(&name), name.len));
	buf_deinit(&name);
	w->range = s;
	w->pos = s->node.pos;
	return w;
}

static void copy_results_and_return(Gen *g, const RangeGroup *group) {
	for (uint32_t i = 0; i < group->type->result_count; i++) {
		uint32_t mark = g->top;
		Place from = place_of_var(g, group->results[i]), to = gen_result_place(g, i);
		place_store(g, &to, place_load(g, &from));
		g->top = mark;
	}
	gen_return_jump(g);
}

/* What is done when the body was left with this code: here, or one level further out. */
static void leave_with(Gen *g, const RangeGroup *group, Reg next, int16_t code, BranchStmt *branch) {
	Label skip = {0};
	emit_jump(g, OP_JNE_I, next, (uint16_t)code, &skip);
	if (g->work->range && !branch) {
		emit_go_to(g, &g->work->range_func->on_break); /* `next` stays */
	} else if (code == NEXT_RETURN_VALUES) {
		copy_results_and_return(g, group);
	} else if (code == NEXT_RETURN) {
		gen_return_jump(g);
	} else {
		store_hidden(g, group->next, 0);
		gen_stmt(g, &branch->node);
	}
	label_bind(g, &skip);
}

/* The branch stands in the loop's body and leads further out than the loop. */
static bool leaves(const RangeFunc *rf, const RangeExit *e) {
	const Node *body = rf->stmt->body, *target = e->branch->target;
	return lies_in(&e->branch->node, body) && !lies_in(target, body) && target != &rf->stmt->node;
}

/* A branch before it leads to the same place. */
static bool is_known_exit(const RangeFunc *rf, uint32_t i) {
	const RangeExit *exits = rf->group->exits.items;
	for (uint32_t k = 0; k < i; k++)
		if (exits[k].code == exits[i].code && leaves(rf, &exits[k]))
			return true;
	return false;
}

static void dispatch_next(Gen *g, RangeFunc *rf) {
	RangeGroup *group = rf->group;
	if (!group->next)
		return;
	uint32_t mark = g->top;
	Label none = {0};
	Place p = place_of_var(g, group->next);
	Reg next = slot_scalar(g);
	place_load_to(g, &p, next);
	emit_jump(g, OP_JZ, next, 0, &none);
	if (group->returns_values)
		leave_with(g, group, next, NEXT_RETURN_VALUES, NULL);
	if (group->returns)
		leave_with(g, group, next, NEXT_RETURN, NULL);
	for (uint32_t i = 0; i < group->exits.len; i++)
		if (leaves(rf, &group->exits.items[i]) && !is_known_exit(rf, i))
			leave_with(g, group, next, group->exits.items[i].code, group->exits.items[i].branch);
	label_bind(g, &none);
	g->top = mark;
}

void gen_range_func(Gen *g, RangeStmt *s) {
	const TypeDesc *integer = lower_basic(g->c, TYPE_INT), *type = node_desc(g, s->x);
	if (gen_range_inlined(g, s))
		return;
	RangeFunc *rf = ARENA_NEW(g->c->arena, RangeFunc);
	rf->stmt = s;
	Reg f = gen_expr(g, s->x);
	rf->group = g->work->range ? g->work->range_func->group : group_new(g, s);
	rf->state = hidden(g, "state", integer, true);
	var_declare_fresh(g, rf->state, integer, true);
	Work *w = body_work(g, s);
	w->range_func = rf;
	if (!w->captures) {
		add_hidden(g, w);
		captures_lay_out(g, w, s->info);
	}
	const CallLayout *layout = call_layout(g->c, type);
	uint32_t mark = g->top;
	Reg base = gen_call_base(g, layout->shape.recv);
	slot_declare_pointer(g, base + layout->params[0]);
	gen_make_closure(g, w, base + layout->params[0], NULL);
	gen_pos(g, s->node.pos);
	emit(g, OP_CALL_CLOSURE, base, f, layout->shape.params_end);
	g->top = mark;
	Label fine = {0};
	Place state = place_of_var(g, rf->state);
	Reg now = slot_scalar(g);
	place_load_to(g, &state, now);
	emit_jump(g, OP_JNE_I, now, STATE_BODY, &fine);
	emit_range_panic(g, "range function recovered a loop body panic and did not resume panicking");
	label_bind(g, &fine);
	store_hidden(g, rf->state, STATE_EXHAUSTED);
	dispatch_next(g, rf);
}

/* ---------------------------------------------------------------- the body */

static void bind_param(Gen *g, RangeStmt *s, Node *n, uint32_t i) {
	const TypeDesc *from = g->fn->type->params[i];
	Reg r = g->body.layout->params[i];
	if (!n || node_is_blank(n))
		return;
	if (s->op == TOK_DEFINE) {
		Object *o = AS(Ident, n)->object;
		gen_adopt(g, o, gen_desc(g, o->type), r, 0);
		return;
	}
	gen_store_to(g, n, from, r);
}

static void check_state(Gen *g, RangeFunc *rf) {
	uint32_t mark = g->top;
	Label ready = {0}, done = {0}, body = {0};
	Place p = place_of_var(g, rf->state);
	Reg state = slot_scalar(g);
	place_load_to(g, &p, state);
	emit_jump(g, OP_JZ, state, 0, &ready);
	emit_jump(g, OP_JEQ_I, state, STATE_DONE, &done);
	emit_jump(g, OP_JEQ_I, state, STATE_BODY, &body);
	emit_range_panic(g, "range function continued iteration after whole loop exit");
	label_bind(g, &done);
	emit_range_panic(g, "range function continued iteration after function for loop body returned false");
	label_bind(g, &body);
	emit_range_panic(g, "range function continued iteration after loop body panic");
	label_bind(g, &ready);
	g->top = mark;
	store_hidden(g, rf->state, STATE_BODY);
}

void gen_range_func_prologue(Gen *g) {
	RangeStmt *s = g->work->range;
	RangeFunc *rf = g->work->range_func;
	rf->on_break = rf->on_continue = (Label){0};
	for (uint32_t i = 0; i < g->fn->type->param_count; i++)
		slot_declare(g, g->body.layout->params[i], g->fn->type->params[i]);
	check_state(g, rf);
	Flow *flow = ARENA_NEW(g->c->arena, Flow);
	*flow = (Flow){.stmt = &s->node, .on_break = &rf->on_break, .on_continue = &rf->on_continue};
	g->body.flow = flow;
	Node *variables[2] = {s->key, s->value};
	for (uint32_t i = 0; i < 2 && i < g->fn->type->param_count; i++)
		bind_param(g, s, variables[i], i);
}

void gen_range_func_end(Gen *g) {
	RangeFunc *rf = g->work->range_func;
	label_bind(g, &rf->on_continue);
	store_hidden(g, rf->state, STATE_READY);
	emit_bc(g, OP_LOADI, RESULT_SLOT, 1);
	emit(g, OP_RET, 0, 0, 0);
	label_bind(g, &rf->on_break);
	store_hidden(g, rf->state, STATE_DONE);
	emit(g, OP_ZERO, RESULT_SLOT, 0, 0);
	emit(g, OP_RET, 0, 0, 0);
}

bool range_func_is_outer(Gen *g, const Node *labeled) {
	return g->work->range && !lies_in(labeled, g->work->range->body);
}

void gen_range_func_branch(Gen *g, BranchStmt *s) {
	RangeFunc *rf = g->work->range_func;
	if (!g->work->range)
		return;
	for (uint32_t i = 0; i < rf->group->exits.len; i++) {
		const RangeExit *e = &rf->group->exits.items[i];
		if (e->branch->op != s->op || e->branch->target != s->target)
			continue;
		store_hidden(g, rf->group->next, e->code);
		emit_go_to(g, &rf->on_break);
		return;
	}
}

void gen_range_func_return(Gen *g, ReturnStmt *s) {
	RangeFunc *rf = g->work->range_func;
	RangeGroup *group = rf->group;
	uint32_t mark = g->top, count = group->type->result_count;
	if (s->results.len == count) {
		Reg *values = ARENA_ARRAY(g->c->arena, Reg, count + 1);
		for (uint32_t i = 0; i < count; i++)
			values[i] = gen_as(g, s->results.items[i], group->type->results[i]);
		for (uint32_t i = 0; i < count; i++) {
			Place p = place_of_var(g, group->results[i]);
			place_store(g, &p, values[i]);
		}
	} else if (s->results.len) {
		gen_assign_multi(g, NULL, group->results, count, s->results.items[0]);
	}
	g->top = mark;
	store_hidden(g, group->next, s->results.len ? NEXT_RETURN_VALUES : NEXT_RETURN);
	emit_go_to(g, &rf->on_break);
}

Reg gen_defer_token(Gen *g) {
	if (!g->work->range || !g->work->range_func->group->token)
		return NO_REG;
	return var_of(g, g->work->range_func->group->token)->slot;
}
