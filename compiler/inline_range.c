/* SPDX-License-Identifier: MIT */
/* inline_range.c: ranges over functions that are known: the iterator's body is generated in place of the loop, and the loop's
 * body in place of the iterator's calls of its parameter, so that neither closures nor calls remain.
 * Owns: Gen.range_plans: which loops of a text are generated so. That is decided before any of its variables is declared,
 * since the variables of other loops must be shared with a closure.
 * Rules: the iterator is a declared function or method, or the literal that one returns, without defer, recover, go, select
 * and literals. Wherever the loop's body could make its parameter false, nothing remains for it to do but to return: so
 * break is a jump behind the iterator's body, and return, goto and branches further out are what they are anywhere.
 * An argument that is such an iterator itself and only ranged over is generated in its loop in turn.
 * The loop's body is text of the function around it; only its line entries say where it stands (Body.site). An iterator may
 * be in use while its body is generated once more for a loop inside: its variables are put back (var_undo).
 * See: gen_rangefunc.c for all other loops; tests/lang/range_inline*. */
#include "compiler/gen.h"
#include "types/internal.h"

enum {
	MAX_ITERATOR_COST = 300, /* nodes of an iterator's body */
	MAX_FACTORY_COST = 60,   /* of what is done before its literal is returned */
	MAX_YIELDS = 4,          /* calls of the parameter, each of which becomes a copy of the loop's body */
	MAX_COPIED_COST = 60,    /* nodes of a loop's body of which there are several copies */
	MAX_RANGE_DEPTH = 24,    /* calls within calls */
};

typedef struct RangePlan {
	CallExpr *call;      /* of the function that returns the iterator; NULL: the operand is one */
	Node *recv;          /* a method's */
	MethodTarget target;
	Work *factory;       /* what is called */
	FuncLit *literal;    /* what it returns, or the operand itself */
	Work *iterator;      /* a declared iterator */
	FuncInfo *info;      /* of the iterator */
	struct RangePlan **args; /* of the call: those that are known iterators, over which this one ranges */
	PtrMap iterators;    /* parameter Object* -> RangePlan* of such */
	Reg recv_slot;       /* of a method that is the iterator; NO_REG: it is none */
	bool entered;        /* what it is made of was evaluated */
} RangePlan;

typedef struct RangeBody {
	RangeStmt *stmt;
	Body body;       /* the text around the loop */
	Work *work;      /* stands for the loop's body in traces */
	Label *end;      /* behind the iterator's body */
} RangeBody;

/* ---------------------------------------------------------------- where the parameter may be called */

typedef struct YieldSearch {
	Walker walker; /* first */
	const Object *yield;
	uint32_t uses, served;
	VEC(const Node *) tails; /* loops and switches behind which nothing but the end follows */
	Arena *arena;
} YieldSearch;

static bool is_yield(const YieldSearch *s, Node *n) {
	n = ast_unparen(n);
	if (n->kind != NODE_CALL || AS(CallExpr, n)->call_kind != CALL_CALL || call_passes_tuple(AS(CallExpr, n)))
		return false;
	const Node *fun = ast_unparen(AS(CallExpr, n)->fun);
	return fun->kind == NODE_IDENT && ((const Ident *)fun)->object == s->yield;
}

static bool is_tail(const YieldSearch *s, const Node *target) {
	for (uint32_t i = 0; i < s->tails.len; i++)
		if (s->tails.items[i] == target ||
		    (target && target->kind == NODE_LABELED_STMT && ((const LabeledStmt *)target)->stmt == s->tails.items[i]))
			return true;
	return false;
}

/* The statement leaves the iterator and does nothing else. */
static bool leaves(const YieldSearch *s, const Node *n) {
	if (n->kind == NODE_RETURN_STMT)
		return true;
	return n->kind == NODE_BRANCH_STMT && ((const BranchStmt *)n)->op == TOK_BREAK &&
	       is_tail(s, ((const BranchStmt *)n)->target);
}

/* if a && !yield(x) { return } */
static void serve_if(YieldSearch *s, IfStmt *n) {
	Node *cond = ast_unparen(n->cond);
	NodeList then = AS(BlockStmt, n->then)->stmts;
	if (cond->kind == NODE_BINARY && AS(BinaryExpr, cond)->op == TOK_LAND)
		cond = ast_unparen(AS(BinaryExpr, cond)->y);
	if (cond->kind != NODE_UNARY || AS(UnaryExpr, cond)->op != TOK_NOT || !is_yield(s, AS(UnaryExpr, cond)->x))
		return;
	s->served += then.len > 0 && leaves(s, then.items[0]);
}

/* yield(x) behind which the iterator ends, or a return statement. */
static void serve_list(YieldSearch *s, NodeList stmts, bool tail) {
	for (uint32_t i = 0; i < stmts.len; i++) {
		Node *n = stmts.items[i];
		bool last = i + 1 == stmts.len ? tail : leaves(s, stmts.items[i + 1]);
		if (n->kind == NODE_EXPR_STMT && last)
			s->served += is_yield(s, AS(ExprStmt, n)->x);
	}
}

static bool yield_enter(Walker *w, Node *n) {
	YieldSearch *s = (YieldSearch *)w;
	if (n->kind == NODE_IDENT)
		s->uses += AS(Ident, n)->object == s->yield;
	else if (n->kind == NODE_IF_STMT)
		serve_if(s, AS(IfStmt, n));
	return true;
}

/* Statements behind which nothing follows, outermost first. */
static void find_tails(YieldSearch *s, NodeList stmts) {
	Node *n = stmts.len ? stmts.items[stmts.len - 1] : NULL;
	if (n && n->kind == NODE_RETURN_STMT && stmts.len > 1)
		n = stmts.items[stmts.len - 2];
	serve_list(s, stmts, true);
	while (n && n->kind == NODE_LABELED_STMT)
		n = AS(LabeledStmt, n)->stmt;
	if (!n)
		return;
	if (n->kind == NODE_FOR_STMT || n->kind == NODE_RANGE_STMT)
		VEC_PUSH(s->arena, &s->tails, n);
	if (n->kind == NODE_BLOCK_STMT)
		find_tails(s, AS(BlockStmt, n)->stmts);
	while (n && n->kind == NODE_IF_STMT) {
		find_tails(s, AS(BlockStmt, AS(IfStmt, n)->then)->stmts);
		n = AS(IfStmt, n)->else_;
		if (n && n->kind == NODE_BLOCK_STMT)
			find_tails(s, AS(BlockStmt, n)->stmts);
	}
}

/* How many copies of the loop's body there would be; 0: it cannot be. */
static uint32_t yields(Gen *g, const FuncInfo *info) {
	Object *yield = info->signature->params[0];
	YieldSearch s = {.walker = {.enter = yield_enter}, .yield = yield, .arena = g->c->arena};
	if (!yield || !yield->name || !yield->name->len || yield->reassigned || yield->address_taken || yield->captured)
		return 0;
	find_tails(&s, AS(BlockStmt, info->body)->stmts);
	ast_walk(&s.walker, info->body);
	return s.uses == s.served ? s.uses : 0;
}

/* ---------------------------------------------------------------- plans */

typedef struct BodyCost {
	Walker walker; /* first */
	uint32_t nodes;
	bool copies; /* there may be several */
} BodyCost;

static bool body_cost_enter(Walker *w, Node *n) {
	BodyCost *s = (BodyCost *)w;
	s->nodes++;
	s->copies &= n->kind != NODE_LABELED_STMT && n->kind != NODE_FUNC_LIT &&
		     (n->kind != NODE_RANGE_STMT || !AS(RangeStmt, n)->info);
	return n->mode != MODE_TYPE;
}

static bool body_may_be_copied(Node *body) {
	BodyCost s = {.walker = {.enter = body_cost_enter}, .copies = true};
	ast_walk(&s.walker, body);
	return s.copies && s.nodes <= MAX_COPIED_COST;
}

static bool is_usable(const Work *w) {
	return w && w->kind == WORK_BODY && !w->range && w->info->node && !(w->info->object && w->package->is_session);
}

/* The literal that is all a function returns, at its end. */
static FuncLit *returned_literal(Gen *g, FuncInfo *info) {
	if (info->node->kind != NODE_FUNC_DECL || AS(FuncDecl, info->node)->no_inline || function_is_native(info) ||
	    !check_func_body(g->c->u, info) || !info->body || info->signature->result_count != 1)
		return NULL;
	NodeList stmts = AS(BlockStmt, info->body)->stmts;
	Node *last = stmts.len ? stmts.items[stmts.len - 1] : NULL;
	const Object *result = info->signature->results[0];
	if (!last || last->kind != NODE_RETURN_STMT || AS(ReturnStmt, last)->results.len != 1 || (result->name && result->name->len))
		return NULL;
	Node *value = ast_unparen(AS(ReturnStmt, last)->results.items[0]);
	return value->kind == NODE_FUNC_LIT ? AS(FuncLit, value) : NULL;
}

typedef struct ReturnSearch {
	Walker walker; /* first */
	uint32_t returns;
} ReturnSearch;

static bool return_enter(Walker *w, Node *n) {
	((ReturnSearch *)w)->returns += n->kind == NODE_RETURN_STMT;
	return n->kind != NODE_FUNC_LIT;
}

static bool returns_once(Node *body) {
	ReturnSearch s = {.walker = {.enter = return_enter}};
	ast_walk(&s.walker, body);
	return s.returns == 1;
}

/* The function that an expression names, with the receiver when it is a method. */
static Work *named_function(Gen *g, Node *n, RangePlan *p) {
	n = ast_unparen(n);
	Function *fn = n->kind == NODE_FUNC_LIT ? NULL : callee_function(g, n);
	if (!fn && n->kind == NODE_SELECTOR && AS(SelectorExpr, n)->selection &&
	    AS(SelectorExpr, n)->selection->kind == SELECT_METHOD) {
		p->recv = AS(SelectorExpr, n)->x;
		p->target = method_target(g, AS(SelectorExpr, n));
		fn = p->target.fn;
	}
	Work *w = fn ? work_of(g->c, fn) : NULL;
	return is_usable(w) ? w : NULL;
}

typedef struct RangedSearch {
	Walker walker; /* first */
	const Object *object;
	uint32_t uses, ranges;
} RangedSearch;

static bool ranged_enter(Walker *w, Node *n) {
	RangedSearch *s = (RangedSearch *)w;
	s->uses += n->kind == NODE_IDENT && AS(Ident, n)->object == s->object;
	if (n->kind == NODE_RANGE_STMT && AS(RangeStmt, n)->info) {
		const Node *x = ast_unparen(AS(RangeStmt, n)->x);
		s->ranges += x->kind == NODE_IDENT && ((const Ident *)x)->object == s->object;
	}
	return true;
}

/* All that is done with the parameter is ranging over it, at one place. */
static bool is_ranged_once(Node *body, const Object *o) {
	RangedSearch s = {.walker = {.enter = ranged_enter}, .object = o};
	if (!o || o->reassigned || o->address_taken)
		return false;
	ast_walk(&s.walker, body);
	return s.uses == 1 && s.ranges == 1;
}

/* Evaluated in any order it is the same. */
static bool is_settled(Node *n) {
	n = ast_unparen(n);
	if (n->value || n->kind == NODE_FUNC_LIT || node_is_nil(n))
		return true;
	const Object *o = n->kind == NODE_IDENT ? AS(Ident, n)->object : NULL;
	return o && (o->kind == OBJECT_FUNC || (o->kind == OBJECT_VAR && !o->is_global && !o->captured && !o->range_captured &&
						 !o->address_taken));
}

static bool plan_has(const RangePlan *p, const FuncInfo *info) {
	if (p->info == info || (p->factory && p->factory->info == info))
		return true;
	for (uint32_t i = 0; p->args && i < p->call->args.len; i++)
		if (p->args[i] && plan_has(p->args[i], info))
			return true;
	return false;
}

/* A function occurs in both: its variables could not be told apart. */
static bool plans_meet(const RangePlan *a, const RangePlan *b) {
	if (plan_has(b, a->info) || (a->factory && plan_has(b, a->factory->info)))
		return true;
	for (uint32_t i = 0; a->args && i < a->call->args.len; i++)
		if (a->args[i] && plans_meet(a->args[i], b))
			return true;
	return false;
}

static RangePlan *plan_make(Gen *g, Node *x, Node *body);

/* Arguments that are iterators themselves. */
static void plan_arguments(Gen *g, RangePlan *p) {
	NodeList args = p->call->args;
	p->args = ARENA_ARRAY(g->c->arena, RangePlan *, args.len + 1);
	uint32_t open = 0;
	for (uint32_t i = 0; i < args.len; i++)
		open += !is_settled(args.items[i]);
	for (uint32_t i = 0; i < args.len; i++) {
		Node *n = ast_unparen(args.items[i]);
		Object *o = p->factory->info->signature->params[i];
		if ((n->kind != NODE_CALL && n->kind != NODE_IDENT) || n->value || open > !is_settled(n) ||
		    !is_ranged_once(p->factory->info->body, o))
			continue;
		RangePlan *known = plan_make(g, n, NULL);
		if (!known || plans_meet(known, p))
			continue;
		p->args[i] = known;
		ptrmap_put(g->c->arena, &p->iterators, o, known);
	}
}

static bool plan_call(Gen *g, CallExpr *e, RangePlan *p) {
	if (e->call_kind != CALL_CALL || call_passes_tuple(e) || !(p->factory = named_function(g, e->fun, p)))
		return false;
	if (p->factory->fn->type->flags & DESC_VARIADIC && !e->ellipsis)
		return false;
	p->call = e;
	p->literal = returned_literal(g, p->factory->info);
	if (!p->literal || !returns_once(p->factory->info->body) ||
	    !inline_text_possible(g, p->factory->info, &p->literal->node, MAX_FACTORY_COST, NULL))
		return false;
	p->info = p->literal->info;
	if (inline_contains(g, p->factory->info))
		return false;
	plan_arguments(g, p);
	return true;
}

static bool plan_operand(Gen *g, Node *x, RangePlan *p) {
	switch ((NodeKind)x->kind) {
	case NODE_CALL:
		return plan_call(g, AS(CallExpr, x), p);
	case NODE_FUNC_LIT:
		p->literal = AS(FuncLit, x);
		p->info = p->literal->info;
		return true;
	case NODE_IDENT: case NODE_SELECTOR: case NODE_INDEX:
		p->iterator = named_function(g, x, p);
		p->info = p->iterator ? p->iterator->info : NULL;
		return p->info != NULL;
	default:
		return false;
	}
}

/* What is known of the variable of an inlined call that is ranged over. */
static RangePlan *plan_known(const Gen *g, Node *x) {
	const Object *o = x->kind == NODE_IDENT ? AS(Ident, x)->object : NULL;
	const Var *v = o && o->kind == OBJECT_VAR && !o->is_global ? o->lowered : NULL;
	return v && v->gen == g->id ? v->iterator : NULL;
}

/* body: of the loop over x; NULL: there must not be several copies of it. */
static RangePlan *plan_make(Gen *g, Node *x, Node *body) {
	uint32_t depth = 0;
	x = ast_unparen(x);
	if (plan_known(g, x))
		return body ? plan_known(g, x) : NULL;
	for (const Inline *in = g->body.site; in; in = in->outer)
		depth++;
	RangePlan *p = ARENA_NEW(g->c->arena, RangePlan);
	if (depth >= MAX_RANGE_DEPTH || !plan_operand(g, x, p) || inline_contains(g, p->info) ||
	    !inline_text_possible(g, p->info, NULL, MAX_ITERATOR_COST, &p->iterators))
		return NULL;
	uint32_t copies = yields(g, p->info);
	return copies == 1 || (copies > 1 && copies <= MAX_YIELDS && body && body_may_be_copied(body)) ? p : NULL;
}

static bool plan_enter(Walker *w, Node *n) {
	Gen *g = w->data;
	if (n->kind == NODE_FUNC_LIT)
		return false;
	if (n->kind != NODE_RANGE_STMT || !AS(RangeStmt, n)->info)
		return true;
	RangePlan *p = plan_make(g, AS(RangeStmt, n)->x, AS(RangeStmt, n)->body);
	if (!p)
		captures_share(g, AS(RangeStmt, n)->info);
	ptrmap_put(g->c->arena, &g->range_plans, n, p);
	return true;
}

void range_plan_scan(Gen *g, Node *body) {
	Walker w = {.enter = plan_enter, .data = g};
	ast_walk(&w, body);
}

/* ---------------------------------------------------------------- the iterator */

/* What stands for the loop's body in traces: a function that is never called. */
static Work *body_stand_in(Gen *g, RangeStmt *s) {
	Compiler *c = g->c;
	Inline *in = g->body.inlined;
	uint32_t number = in ? ++in->range_count : ++g->range_count;
	Work *w = ptrmap_get(&c->range_bodies, s);
	if (w)
		return w;
	Buf name;
	buf_init(&name, c->arena->mem);
	buf_printf(&name, "%s-range%u", in ? in->work->fn->name : g->fn->name, number);
	const TypeDesc *type = lower_type(c, type_new_signature(c->u, NULL, 0, NULL, 0, false));
	w = work_new(c, WORK_INIT, function_new(c, arena_strndup(c->s->arena, buf_cstr(&name), name.len), type, NULL));
	buf_deinit(&name);
	w->info = s->info;
	w->package = g->body.package;
	w->pos = s->node.pos;
	ptrmap_put(c->arena, &c->range_bodies, s, w);
	return w;
}

static Body text_body(Gen *g, Inline *in, PtrMap *labels) {
	const Work *w = in->work;
	return (Body){.inlined = in,
		      .site = in,
		      .labels = labels,
		      .releases = g->releases.len,
		      .package = w->package,
		      .subst = w->subst.count ? &w->subst : NULL,
		      .type = w->fn->type,
		      .layout = call_layout(g->c, w->fn->type)};
}

/* The arguments of the function that returns the iterator, and what it does before. */
static void enter_factory(Gen *g, RangePlan *p, Inline *in, PtrMap *labels) {
	Work *w = p->factory;
	FuncInfo *info = w->info;
	const TypeDesc *type = w->fn->type;
	Arguments args = inline_arguments(g, p->call, w, NULL, p->args, p->recv, p->recv ? &p->target : NULL);
	g->body = text_body(g, in, labels);
	escape_analyze(g->c, info);
	capture_scan(g, info->body);
	for (uint32_t i = 0; i < type->param_count; i++)
		inline_bind(g, info->signature->params[i], type->params[i], &args.params[i]);
	if (p->recv)
		inline_bind(g, info->signature->recv, w->fn->recv_type, &(Argument){.slot = args.recv});
	NodeList stmts = AS(BlockStmt, info->body)->stmts;
	for (uint32_t i = 0; i + 1 < stmts.len; i++)
		gen_stmt(g, stmts.items[i]);
	Buf name;
	buf_init(&name, g->c->arena->mem);
	buf_printf(&name, "%s.func1", w->fn->name);
	p->iterator = function_request(g->c, p->info, w->subst, arena_strndup(g->c->arena, buf_cstr(&name), name.len));
	buf_deinit(&name);
}

void range_enter(Gen *g, RangePlan *p) {
	PtrMap labels = {0};
	Body outer = g->body;
	Inline factory = {.outer = outer.site, .work = p->factory, .pos = p->call ? call_pos(p->call) : 0};
	uint32_t releases = g->releases.len;
	p->recv_slot = NO_REG;
	if (p->call)
		enter_factory(g, p, &factory, &labels);
	else if (p->literal)
		p->iterator = gen_literal_work(g, p->info, &p->literal->node);
	else if (p->recv)
		p->recv_slot = inline_receiver(g, p->recv, &p->target, p->info->signature->recv);
	g->releases.len = releases; /* the slots may not last to the end of a block */
	g->body = outer;
	p->entered = true;
}

static void gen_iterator(Gen *g, RangePlan *p, RangeBody *rb, Pos pos) {
	PtrMap labels = {0};
	if (!p->entered)
		range_enter(g, p);
	Inline in = {.outer = g->body.site, .work = p->iterator, .pos = pos};
	rb->end = &in.end;
	g->body = text_body(g, &in, &labels);
	escape_analyze(g->c, p->info);
	capture_scan(g, p->info->body);
	if (p->recv_slot != NO_REG)
		inline_bind(g, p->info->signature->recv, p->iterator->fn->recv_type, &(Argument){.slot = p->recv_slot});
	var_declare(g, p->info->signature->params[0], p->iterator->fn->type->params[0])->range_body = rb;
	gen_block(g, AS(BlockStmt, p->info->body)->stmts);
	if (in.end.patches)
		label_bind(g, &in.end);
}

bool gen_range_inlined(Gen *g, RangeStmt *s) {
	RangePlan *p = ptrmap_get(&g->range_plans, s);
	if (!p)
		return false;
	RangeBody rb = {.stmt = s, .work = body_stand_in(g, s)};
	uint32_t statement_top = g->statement_top, undo = g->var_undo.len, releases = g->releases.len;
	hoist_begin(g, NULL, NULL, s->body);
	rb.body = g->body;
	g->var_undo_depth++;
	g->loop_depth++;
	gen_iterator(g, p, &rb, s->node.pos);
	g->loop_depth--;
	g->var_undo_depth--;
	var_undo(g, undo);
	g->releases.len = releases;
	g->body = rb.body;
	g->statement_top = statement_top;
	g->newest = NO_INSN;
	hoist_end(g);
	gen_pos(g, s->node.pos);
	return true;
}

/* ---------------------------------------------------------------- the loop's body */

static bool is_wanted(const Node *n) {
	return n && !node_is_blank(n);
}

/* The slots of what the iterator passes; NO_REG: nobody looks at it. A variable that the body changes has its own. */
static void yield_values(Gen *g, CallExpr *e, const RangeStmt *s, const TypeDesc *type, Reg *values) {
	Node *variables[2] = {s->key, s->value};
	Order order;
	order_begin_list(g, &order, &e->args);
	for (uint32_t i = 0; i < e->args.len; i++) {
		Node *n = e->args.items[i], *v = i < 2 ? variables[i] : NULL;
		values[i] = NO_REG;
		if (!is_wanted(v))
			gen_discard(g, n);
		else if (s->op == TOK_DEFINE && AS(Ident, v)->object->reassigned)
			values[i] = gen_expr_temp(g, n, type->params[i]);
		else
			values[i] = gen_as(g, n, type->params[i]);
	}
	order_end(&order);
}

static void bind_value(Gen *g, const RangeStmt *s, Node *n, const TypeDesc *from, Reg r) {
	if (s->op == TOK_DEFINE) {
		Object *o = AS(Ident, n)->object;
		gen_declare_param(g, o, gen_desc(g, o->type), r);
		return;
	}
	gen_store_to(g, n, from, r);
}

/* The call's value is true: whatever makes it false leaves the iterator at once. */
static CallResult yield_result(Gen *g, const TypeDesc *type, CallUse *use) {
	use->served = use->to || use->value;
	if (use->to && use->when)
		emit_go_to(g, use->to);
	if (use->value) {
		use->reg = use->dest != NO_REG ? use->dest : slot_scalar(g);
		emit_bc(g, OP_LOADI, use->reg, 1);
	}
	return (CallResult){g->top, type, call_layout(g->c, type)};
}

CallResult gen_yield(Gen *g, CallExpr *e, RangeBody *rb, CallUse *use) {
	RangeStmt *s = rb->stmt;
	const TypeDesc *type = node_desc(g, e->fun);
	Reg values[2] = {NO_REG, NO_REG};
	uint32_t mark = g->top, statement_top = g->statement_top;
	yield_values(g, e, s, type, values);
	Inline site = {.outer = g->body.site, .work = rb->work, .pos = call_pos(e)};
	Label next = {0};
	Body iterator = g->body;
	g->body = rb->body;
	g->body.site = &site;
	uint32_t releases = release_begin(g);
	for (uint32_t i = 0; i < e->args.len; i++)
		if (values[i] != NO_REG)
			bind_value(g, s, i ? s->value : s->key, type->params[i], values[i]);
	gen_loop_body(g, &s->node, s->body, rb->end, &next, releases);
	release_end(g, releases);
	label_bind(g, &next);
	g->body = iterator;
	g->top = mark;
	g->statement_top = statement_top;
	g->newest = NO_INSN;
	gen_pos(g, site.pos);
	return yield_result(g, type, use);
}
