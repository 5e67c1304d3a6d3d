/* SPDX-License-Identifier: MIT */
/* inline.c: bodies of small functions in place of calls of them.
 * Owns: InlineBody (FuncInfo.lowered): whether a body may be inlined, decided once for a function; Gen.sites.
 * Rules: a body without closures, defer, go, select, goto and recover, of bounded cost, of a function that is
 * known where the call stands: declared, a method, a literal called at once or held by a variable that never changes. One
 * with loops only for the sake of literals among its arguments: a literal that is only called is not even made.
 * Never into itself, however indirectly. Parameters that nobody assigns to are the slots in which the arguments are
 * found; a body that is one return statement becomes an expression, or a jump where a condition is wanted.
 * Line entries carry the number of the call they were inlined for, so that traces and runtime.Caller show the frames of
 * the source. An inlined call is no check and costs no fuel: it cannot loop.
 * Why on the tree: there is no intermediate form, and a checked body can be generated any number of times.
 * See: tests/lang/inline*, tests/panics/inline*. */
#include "compiler/gen.h"

enum {
	MAX_INLINE_COST = 60,   /* nodes of the body */
	MAX_LITERAL_COST = 300, /* of a literal that is called at one place only */
	INLINE_CALL_COST = 15,  /* of a call in it */
	MAX_INLINE_DEPTH = 5,   /* calls within calls */
	MAX_INLINE_CODE = 8000, /* words of a function that may still grow */
};

typedef struct InlineBody {
	bool possible;
	bool loops;
	uint32_t cost;
	Node *value; /* what its last statement returns, when that is its only return statement and its only result */
} InlineBody;

/* ---------------------------------------------------------------- which bodies */

typedef struct CostSearch {
	Walker walker; /* first */
	const FuncInfo *info;
	const Node *but; /* not looked into */
	const PtrMap *iterators;
	uint32_t cost, returns;
	bool refused, loops;
} CostSearch;

static bool calls_itself(CallExpr *e, const FuncInfo *info) {
	Node *fun = ast_unparen(e->fun);
	if (fun->kind == NODE_INDEX)
		fun = ast_unparen(AS(IndexExpr, fun)->x);
	const Object *o = node_object(fun);
	if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection)
		o = AS(SelectorExpr, fun)->selection->object;
	if (o && o->origin)
		o = o->origin;
	return o && o->func == info;
}

static bool refused_kind(const Node *n) {
	switch ((NodeKind)n->kind) {
	case NODE_FUNC_LIT: case NODE_GO_STMT: case NODE_DEFER_STMT: case NODE_SELECT_STMT: case NODE_TYPE_SPEC:
		return true;
	case NODE_BRANCH_STMT:
		return ((const BranchStmt *)n)->op == TOK_GOTO;
	default:
		return false;
	}
}

static bool ranges_over_unknown(const CostSearch *s, const Node *n) {
	if (n->kind != NODE_RANGE_STMT || !((const RangeStmt *)n)->info)
		return false;
	const Node *x = ast_unparen(((const RangeStmt *)n)->x);
	return !s->iterators || x->kind != NODE_IDENT || !ptrmap_get(s->iterators, ((const Ident *)x)->object);
}

static bool cost_enter(Walker *w, Node *n) {
	CostSearch *s = (CostSearch *)w;
	if (s->refused || n->mode == MODE_TYPE || n == s->but)
		return false;
	s->cost++;
	s->returns += n->kind == NODE_RETURN_STMT;
	s->loops |= n->kind == NODE_FOR_STMT || n->kind == NODE_RANGE_STMT;
	if (n->value)
		return false;
	if (n->kind == NODE_CALL) {
		CallExpr *e = AS(CallExpr, n);
		if (e->call_kind == CALL_BUILTIN && e->builtin == BUILTIN_recover)
			s->refused = true;
		if (e->call_kind == CALL_CALL) {
			s->cost += call_intrinsic(e) == OP_NOP ? INLINE_CALL_COST : 0;
			s->refused |= calls_itself(e, s->info);
		}
	}
	s->refused |= refused_kind(n) || ranges_over_unknown(s, n) || s->cost > MAX_LITERAL_COST;
	return !s->refused;
}

static bool has_names(const Type *signature) {
	return signature->result_count && signature->results[0]->name && signature->results[0]->name->len;
}

bool inline_text_possible(Gen *g, FuncInfo *info, const Node *but, uint32_t most_cost, const PtrMap *iterators) {
	if (info->has_defer || info->has_recover || function_is_native(info) || !info->node)
		return false;
	if (info->node->kind == NODE_FUNC_DECL && (AS(FuncDecl, info->node)->no_inline || !check_func_body(g->c->u, info)))
		return false;
	CostSearch s = {.walker = {.enter = cost_enter}, .info = info, .but = but, .iterators = iterators};
	if (info->body)
		ast_walk(&s.walker, info->body);
	return info->body && !s.refused && s.cost <= most_cost;
}

static const InlineBody *inline_body(Gen *g, FuncInfo *info) {
	InlineBody *b = info->lowered;
	if (b)
		return b;
	b = ARENA_NEW(g->c->arena, InlineBody);
	info->lowered = b;
	if (info->has_defer || info->has_recover || info->has_closure || function_is_native(info))
		return b;
	if (info->node->kind == NODE_FUNC_DECL && (AS(FuncDecl, info->node)->no_inline || !check_func_body(g->c->u, info)))
		return b;
	if (!info->body)
		return b;
	CostSearch s = {.walker = {.enter = cost_enter}, .info = info};
	ast_walk(&s.walker, info->body);
	b->possible = !s.refused;
	b->loops = s.loops;
	b->cost = s.cost;
	NodeList stmts = AS(BlockStmt, info->body)->stmts;
	Node *last = stmts.len ? stmts.items[stmts.len - 1] : NULL;
	if (b->possible && last && last->kind == NODE_RETURN_STMT && s.returns == 1 &&
	    AS(ReturnStmt, last)->results.len == 1 && info->signature->result_count == 1 && !has_names(info->signature))
		b->value = AS(ReturnStmt, last)->results.items[0];
	return b;
}

/* ---------------------------------------------------------------- function literals as arguments */

typedef struct UseSearch {
	Walker walker; /* first */
	const Object *object;
	uint32_t uses, calls;
} UseSearch;

static bool use_enter(Walker *w, Node *n) {
	UseSearch *s = (UseSearch *)w;
	s->uses += n->kind == NODE_IDENT && AS(Ident, n)->object == s->object;
	if (n->kind == NODE_CALL && AS(CallExpr, n)->call_kind == CALL_CALL) {
		const Node *fun = ast_unparen(AS(CallExpr, n)->fun);
		s->calls += fun->kind == NODE_IDENT && AS(Ident, fun)->object == s->object;
	}
	return true;
}

/* The literal that argument i is, when all that is done with the parameter is calling it and its body may stand there. */
static FuncLit *called_literal(Gen *g, CallExpr *e, const Work *w, uint32_t i, bool *once) {
	Node *n = ast_unparen(e->args.items[i]);
	const Object *o = w->info->signature->params[i];
	if (n->kind != NODE_FUNC_LIT || !o || o->reassigned || o->address_taken)
		return NULL;
	UseSearch s = {.walker = {.enter = use_enter}, .object = o};
	ast_walk(&s.walker, w->info->body);
	if (s.calls == 0 || s.uses != s.calls)
		return NULL;
	const InlineBody *b = inline_body(g, AS(FuncLit, n)->info);
	*once = s.calls == 1;
	return b->possible && b->cost <= (*once ? MAX_LITERAL_COST : MAX_INLINE_COST) ? AS(FuncLit, n) : NULL;
}

/* A body with loops is worth its room only when calls in them disappear. */
static bool loops_pay(Gen *g, CallExpr *e, const Work *w) {
	bool once;
	for (uint32_t i = 0; i < e->args.len; i++)
		if (called_literal(g, e, w, i, &once))
			return true;
	return false;
}

static uint32_t cost_limit(Gen *g, CallExpr *e) {
	const Node *fun = ast_unparen(e->fun);
	Object *o = fun->kind == NODE_IDENT ? AS(Ident, fun)->object : NULL;
	bool local = o && o->kind == OBJECT_VAR && !o->is_global;
	return local && var_of(g, o)->called_once ? MAX_LITERAL_COST : MAX_INLINE_COST;
}

/* Whether the callee's body may stand here. */
static bool may_inline(Gen *g, CallExpr *e, const Work *w) {
	if (!w || w->kind != WORK_BODY || w->range || !w->info->node || g->too_large || g->dead)
		return false;
	if (w->info->object && w->package->is_session)
		return false; /* it may be declared again */
	const TypeDesc *type = w->fn->type;
	if (call_passes_tuple(e) || (type->flags & DESC_VARIADIC && !e->ellipsis) || g->code.len > MAX_INLINE_CODE)
		return false;
	uint32_t depth = 0;
	for (const Inline *in = g->body.site; in; in = in->outer)
		depth++;
	if (depth >= MAX_INLINE_DEPTH || inline_contains(g, w->info))
		return false;
	const InlineBody *b = inline_body(g, w->info);
	uint32_t limit = cost_limit(g, e);
	return b->possible && b->cost <= limit && (!b->loops || limit > MAX_INLINE_COST || loops_pay(g, e, w));
}

/* ---------------------------------------------------------------- sites */

static uint32_t site_of(Gen *g, Inline *in) {
	if (!in)
		return 0;
	if (in->site == 0) {
		GenSite site = {in->work->fn, in->pos, site_of(g, in->outer)};
		VEC_PUSH(g->c->arena, &g->sites, site);
		in->site = g->sites.len;
	}
	return in->site;
}

uint32_t inline_site(Gen *g) {
	return site_of(g, g->body.site);
}

bool inline_contains(const Gen *g, const FuncInfo *info) {
	for (const Inline *in = g->body.site; in; in = in->outer)
		if (in->work->info == info)
			return true;
	return info == g->info;
}

/* ---------------------------------------------------------------- constant arguments */

/* Uses of parameters whose arguments are constants, where a constant may stand; found before the arguments are
 * generated, which may contain calls of the same function, written into the tree after that, and removed at the end. */
typedef struct ConstantUse {
	Node *at;
	Const *value;
} ConstantUse;

typedef struct Constants {
	Walker walker; /* first */
	Gen *g;
	const Work *work;
	CallExpr *call;
	uint32_t *left; /* per parameter: uses that need its slot */
	VEC(ConstantUse) uses;
} Constants;

static bool takes_constants(Token op) { /* whatever they are: no division by zero, no negative shift */
	return op == TOK_ADD || op == TOK_SUB || op == TOK_MUL || op == TOK_AND || op == TOK_OR || op == TOK_XOR ||
	       op == TOK_AND_NOT || token_is_comparison(op);
}

static bool constant_use(Constants *c, Node *n) {
	n = ast_unparen(n);
	const Type *signature = c->work->info->signature;
	for (uint32_t i = 0; n->kind == NODE_IDENT && !n->value && i < c->call->args.len; i++) {
		const Object *o = signature->params[i];
		const TypeDesc *d = c->work->fn->type->params[i];
		Const *v = c->call->args.items[i]->value;
		if (AS(Ident, n)->object != o || !v || o->reassigned || o->address_taken)
			continue;
		if (!desc_is_integer(d) && !desc_is_float(d))
			continue;
		VEC_PUSH(c->g->c->arena, &c->uses, ((ConstantUse){n, v}));
		c->left[i]--;
		return true;
	}
	return false;
}

static bool constants_enter(Walker *w, Node *n) {
	Constants *c = (Constants *)w;
	if (n->value || n->mode == MODE_TYPE)
		return false;
	if (n->kind == NODE_IDENT) {
		for (uint32_t i = 0; i < c->call->args.len; i++)
			c->left[i] += AS(Ident, n)->object == c->work->info->signature->params[i];
	} else if (n->kind == NODE_BINARY && takes_constants(AS(BinaryExpr, n)->op)) {
		BinaryExpr *e = AS(BinaryExpr, n);
		if (!constant_use(c, e->y) && !ast_unparen(e->y)->value) /* one operand stays that is none */
			constant_use(c, e->x);
	} else if (n->kind == NODE_CALL && AS(CallExpr, n)->call_kind == CALL_CALL) {
		CallExpr *e = AS(CallExpr, n);
		for (uint32_t i = 0; i < e->args.len; i++)
			constant_use(c, e->args.items[i]);
	}
	return true;
}

static void constants_find(Gen *g, Constants *c, CallExpr *e, const Work *w) {
	*c = (Constants){.walker = {.enter = constants_enter}, .g = g, .work = w, .call = e};
	bool some = false;
	for (uint32_t i = 0; i < e->args.len; i++)
		some |= e->args.items[i]->value != NULL;
	if (!some)
		return;
	c->left = ARENA_ARRAY(g->c->arena, uint32_t, e->args.len + 1);
	ast_walk(&c->walker, w->info->body);
}

static void constants_write(const Constants *c) {
	for (uint32_t i = 0; i < c->uses.len; i++)
		c->uses.items[i].at->value = c->uses.items[i].value;
}

static void constants_remove(const Constants *c) {
	for (uint32_t i = 0; i < c->uses.len; i++)
		c->uses.items[i].at->value = NULL;
}

/* ---------------------------------------------------------------- arguments */

typedef struct ReceiverSearch {
	Walker walker; /* first */
	Gen *g;
	const Object *param;
	Type *inside;
	uint32_t uses, calls;
} ReceiverSearch;

static bool receiver_enter(Walker *w, Node *n) {
	ReceiverSearch *s = (ReceiverSearch *)w;
	s->uses += n->kind == NODE_IDENT && AS(Ident, n)->object == s->param;
	if (n->kind != NODE_CALL || AS(CallExpr, n)->call_kind != CALL_CALL)
		return true;
	const Node *fun = ast_unparen(AS(CallExpr, n)->fun);
	const SelectorExpr *e = fun->kind == NODE_SELECTOR ? (const SelectorExpr *)fun : NULL;
	if (!e || !e->selection || e->selection->kind != SELECT_METHOD || e->selection->path_len)
		return true;
	const Node *x = ast_unparen(e->x);
	if (x->kind == NODE_IDENT && ((const Ident *)x)->object == s->param)
		s->calls += method_inside(s->g, e, s->inside).fn != NULL;
	return true;
}

/* All that happens to the parameter, an interface, is that methods of what n is before are called. */
static bool only_receives(Gen *g, const Work *w, const Object *param, Node *n, const TypeDesc *d) {
	if (!desc_is_interface(d) || param->address_taken || n->value || node_is_nil(n) || desc_is_interface(node_desc(g, n)))
		return false;
	ReceiverSearch s = {.walker = {.enter = receiver_enter}, .g = g, .param = param, .inside = node_type(g, n)};
	ast_walk(&s.walker, w->info->body);
	return s.calls > 0 && s.uses == s.calls; /* what nobody uses may still have to be alive: runtime.KeepAlive */
}

/* A slot that holds the argument for as long as the parameter lives. */
static Reg argument(Gen *g, const Work *w, Node *n, const Object *param, const TypeDesc *d, Inside *inside) {
	if (param && param->reassigned)
		return gen_expr_temp(g, n, d);
	return gen_as_known(g, n, d, !param || !only_receives(g, w, param, n, d), inside);
}

Reg inline_receiver(Gen *g, Node *x, const MethodTarget *t, const Object *param) {
	gen_pos(g, end_pos(x));
	Place holder = receiver_place(g, x, t);
	bool pointer = holder.desc->kind == KIND_POINTER;
	if ((param && param->reassigned) || (t->ptr_recv && !pointer && !holder.nonnil))
		return gen_receiver(g, holder, t, NO_REG);
	if (t->ptr_recv && !pointer)
		return place_address(g, &holder, NO_REG);
	if (!t->ptr_recv && pointer)
		holder = place_deref(g, &holder);
	return place_load(g, &holder);
}

Arguments inline_arguments(Gen *g, CallExpr *e, const Work *w, const uint32_t *uses, struct RangePlan *const *iterators,
			   Node *recv_node, const MethodTarget *t) {
	const TypeDesc *type = w->fn->type;
	Type *signature = w->info->signature;
	Arguments args = {.params = ARENA_ARRAY(g->c->arena, Argument, type->param_count + 1)};
	if (t)
		args.recv = inline_receiver(g, recv_node, t, signature->recv);
	Order order;
	order_begin_list(g, &order, &e->args);
	for (uint32_t i = 0; i < type->param_count; i++) {
		Node *n = e->args.items[i];
		Argument *a = &args.params[i];
		bool needed = !n->value || !signature->params[i] || !uses || uses[i];
		a->slot = NO_REG;
		a->iterator = iterators ? iterators[i] : NULL;
		if (a->iterator) {
			range_enter(g, a->iterator);
			continue;
		}
		a->literal = called_literal(g, e, w, i, &a->called_once);
		if (a->literal)
			gen_literal_work(g, a->literal->info, &a->literal->node);
		else if (needed)
			a->slot = argument(g, w, n, signature->params[i], type->params[i], &a->inside);
	}
	order_end(&order);
	return args;
}

/* The parameter is where the argument is, or in a box. A function literal is known by it, and made only when a call turns
 * out to be one. */
void inline_bind(Gen *g, Object *o, const TypeDesc *d, const Argument *a) {
	if (!o || !o->name || o->name->len == 0)
		return;
	if (a->iterator) {
		var_declare(g, o, d)->iterator = a->iterator;
	} else if (a->literal) {
		Var *v = var_declare(g, o, d);
		v->literal = a->literal;
		v->called_once = a->called_once;
	} else if (a->slot == NO_REG && a->inside.type) {
		var_declare(g, o, d);
		var_know_inside(g, o, &a->inside);
	} else if (a->slot != NO_REG) {
		gen_declare_param(g, o, d, a->slot);
		var_know_inside(g, o, &a->inside);
	}
}

/* ---------------------------------------------------------------- the body */

static void generate_value(Gen *g, Node *value, CallUse *use) {
	const TypeDesc *d = g->body.type->results[0];
	if (use->to)
		gen_jump(g, value, use->when, use->to);
	else if (use->dest != NO_REG)
		gen_as_to(g, value, d, use->dest);
	else
		use->reg = gen_as(g, value, d);
}

static void generate_body(Gen *g, Inline *in, Node *value, CallUse *use) {
	FuncInfo *info = in->work->info;
	BlockStmt *body = AS(BlockStmt, info->body);
	if (value) {
		for (uint32_t i = 0; i + 1 < body->stmts.len; i++)
			gen_stmt(g, body->stmts.items[i]);
		release_begin_stmt(g, body->stmts.items[body->stmts.len - 1]);
		if (body->stmts.len > 1)
			g->statement_top = g->top;
		generate_value(g, value, use);
		release_return(g);
		return;
	}
	gen_declare_results(g, info->signature);
	gen_block(g, body->stmts);
	gen_pos(g, body->rbrace);
	if (g->body.type->result_count)
		emit(g, OP_UNREACHABLE, 0, 0, 0);
	else
		gen_return_jump(g);
	if (in->end.patches)
		label_bind(g, &in->end);
}

/* Where the results go: one without a name to its user, others to where a call would have left them. */
static void place_results(Gen *g, Inline *in, Body *body, Node *value, CallUse *use) {
	bool wanted = use->value || use->to;
	use->served = wanted && (value || (body->type->result_count == 1 && !has_names(in->work->info->signature)));
	in->dest = NO_REG;
	if (use->served && value)
		return;
	if (use->served && use->to) {
		in->to = use->to;
		in->when = use->when;
		return;
	}
	if (use->served) {
		in->dest = use->reg = use->dest != NO_REG ? use->dest : slot_alloc(g, body->type->results[0]);
		return;
	}
	body->base = gen_call_base(g, body->layout->shape.results_end);
}

bool gen_inline(Gen *g, CallExpr *e, Work *w, Node *recv_node, const MethodTarget *t, CallUse *use, CallResult *r) {
	if (!may_inline(g, e, w))
		return false;
	FuncInfo *info = w->info;
	const TypeDesc *type = w->fn->type;
	Inline in = {.outer = g->body.site, .work = w, .pos = call_pos(e)};
	PtrMap labels = {0};
	Body outer = g->body, body = {
		.inlined = &in,
		.site = &in,
		.labels = &labels,
		.package = w->package,
		.subst = w->subst.count ? &w->subst : NULL,
		.type = type,
		.layout = call_layout(g->c, type),
	};
	Node *value = use->value || use->to ? inline_body(g, info)->value : NULL;
	uint32_t mark = g->top, statement_top = g->statement_top;
	place_results(g, &in, &body, value, use);
	uint32_t results_top = g->top;
	Constants constants;
	constants_find(g, &constants, e, w);
	Arguments args = inline_arguments(g, e, w, constants.left, NULL, recv_node, t);
	body.releases = g->releases.len;
	g->body = body;
	escape_analyze(g->c, info);
	capture_scan(g, info->body);
	for (uint32_t i = 0; i < type->param_count; i++)
		inline_bind(g, info->signature->params[i], type->params[i], &args.params[i]);
	if (t)
		inline_bind(g, info->signature->recv, w->fn->recv_type, &(Argument){.slot = args.recv});
	constants_write(&constants);
	generate_body(g, &in, value, use);
	constants_remove(&constants);
	g->releases.len = body.releases;
	g->body = outer;
	g->statement_top = statement_top;
	g->newest = NO_INSN;
	gen_pos(g, in.pos);
	*r = (CallResult){body.base, type, body.layout};
	g->top = results_top;
	if (use->served && value && use->value && use->dest == NO_REG)
		g->top = use->reg >= mark ? use->reg + type->results[0]->slots : mark;
	return true;
}
