/* SPDX-License-Identifier: MIT */
/* hoist.c: what a loop reads and does not change waits in slots filled before it: constants and package-level variables.
 * Rules: constants only at the outermost loop of a function, only such as no instruction takes as an immediate (floats,
 * integers beyond 16 bits), and only a few: a loop that runs once must not pay for many. Nobody writes to such a slot:
 * whoever gets it from gen_expr or gen_as sees that it lies below his temporaries, as a variable does.
 * Variables: those that are never assigned to, and in loops in which nothing but this text can run, those that it does not
 * assign to. Not those by which a loop may wait for another goroutine, though that were a race: bools, pointers,
 * interfaces, and what its condition looks at unless it counts.
 * See: tests/lang/hoist_globals.gol. */
#include "compiler/gen.h"

enum { MAX_HOISTED = 12 };

typedef struct ConstantSearch {
	Walker walker;
	Gen *g;
} ConstantSearch;

static bool is_bit_pattern(const TypeDesc *d, const Const *v, uint64_t *bits) {
	int64_t i;
	Slot s = {0};
	if (d->kind == KIND_FLOAT64) {
		s.f = const_float64(v);
	} else if (d->kind == KIND_FLOAT32) {
		s.f32 = const_float32(v);
	} else if (!desc_is_integer(d)) {
		return false;
	} else if (const_int64(v, &i)) {
		s.i = i;
	} else if (!const_uint64(v, &s.u)) {
		return false;
	}
	*bits = s.u;
	return true;
}

static bool is_order(Token op) {
	return op == TOK_LSS || op == TOK_LEQ || op == TOK_GTR || op == TOK_GEQ;
}

/* Would an operator need this constant in a slot? */
static bool needs_slot(const TypeDesc *d, Token op, uint64_t bits) {
	int64_t v = (int64_t)bits;
	if (desc_is_float(d))
		return true;
	if (op == TOK_SHL || op == TOK_SHR)
		return false;
	if (is_order(op) && desc_is_u64(d))
		return v != 0;
	if ((op == TOK_QUO || op == TOK_REM) && desc_is_unsigned(d) && v > 0 && (v & (v - 1)) == 0)
		return false;
	if (op == TOK_SUB)
		v = (int64_t)-bits;
	return !fits_i16(op == TOK_AND_NOT ? ~v : v);
}

static void hoist_operand(Gen *g, Token op, Node *n) {
	uint64_t bits;
	Reg r;
	if (!n->value || g->hoisted.len >= MAX_HOISTED)
		return;
	const TypeDesc *d = node_desc(g, n);
	if (!is_bit_pattern(d, n->value, &bits) || !needs_slot(d, op, bits) || hoist_find(g, n->value, d, &r))
		return;
	r = slot_scalar(g);
	gen_const_to(g, n->value, d, r);
	VEC_PUSH(g->c->arena, &g->hoisted, ((Hoisted){bits, r}));
}

static bool enter_node(Walker *w, Node *n) {
	Gen *g = ((ConstantSearch *)w)->g;
	if (n->value || n->kind == NODE_FUNC_LIT || (n->kind == NODE_RANGE_STMT && AS(RangeStmt, n)->info))
		return false;
	if (n->kind == NODE_BINARY) {
		BinaryExpr *e = AS(BinaryExpr, n);
		hoist_operand(g, e->op, ast_unparen(e->x));
		hoist_operand(g, e->op, ast_unparen(e->y));
	} else if (n->kind == NODE_ASSIGN_STMT) {
		AssignStmt *s = AS(AssignStmt, n);
		if (s->op != TOK_ASSIGN && s->op != TOK_DEFINE)
			hoist_operand(g, (Token)(s->op - TOK_ADD_ASSIGN + TOK_ADD), ast_unparen(s->rhs.items[0]));
	}
	return true;
}

bool hoist_find(Gen *g, const Const *v, const TypeDesc *d, Reg *r) {
	uint64_t bits;
	if (g->hoisted.len == 0 || !is_bit_pattern(d, v, &bits))
		return false;
	for (uint32_t i = 0; i < g->hoisted.len; i++)
		if (g->hoisted.items[i].bits == bits)
			return *r = g->hoisted.items[i].slot, true;
	return false;
}

void hoist_begin(Gen *g, Node *cond, Node *post, Node *body) {
	ConstantSearch search = {.walker = {.enter = enter_node}, .g = g};
	Node *parts[] = {cond, post, body};
	if (g->loop_depth > 0 || g->dead)
		return;
	g->hoisted.len = 0;
	for (int i = 0; i < 3; i++)
		if (parts[i])
			ast_walk(&search.walker, parts[i]);
}

void hoist_end(Gen *g) {
	if (g->loop_depth == 0)
		g->hoisted.len = 0;
}

/* ---------------------------------------------------------------- package-level variables */

enum { MAX_HOISTED_GLOBALS = 6 };

typedef struct GlobalSearch {
	Walker walker; /* first */
	Gen *g;
	bool calls; /* other code may run during the loop */
	PtrMap seen, excluded;
	VEC(Object *) read;
} GlobalSearch;

static Object *global_of(Node *n) {
	Object *o = node_object(n);
	return o && o->kind == OBJECT_VAR && o->is_global ? o : NULL;
}

static void exclude(GlobalSearch *s, Node *n) {
	Object *o = n ? global_of(n) : NULL;
	if (o)
		ptrmap_put(s->g->c->arena, &s->excluded, o, o);
}

static bool exclude_enter(Walker *w, Node *n) {
	exclude(w->data, n);
	return true;
}

/* i < n, i < len(s): with i changing, the loop ends whatever another goroutine does. */
static bool is_counting(const Node *cond) {
	if (cond->kind != NODE_BINARY || !token_is_comparison(((const BinaryExpr *)cond)->op))
		return false;
	const Node *x = ast_unparen(((const BinaryExpr *)cond)->x);
	const Object *o = x->kind == NODE_IDENT ? ((const Ident *)x)->object : NULL;
	return o && o->kind == OBJECT_VAR && !o->is_global && o->reassigned;
}

static void search_condition(GlobalSearch *s, Node *cond) {
	Walker w = {.enter = exclude_enter, .data = s};
	if (cond && !is_counting(cond))
		ast_walk(&w, cond);
}

static bool runs_other_code(const Node *n) {
	switch ((NodeKind)n->kind) {
	case NODE_CALL:
		return ((const CallExpr *)n)->call_kind == CALL_CALL && call_intrinsic((CallExpr *)(uintptr_t)n) == OP_NOP;
	case NODE_UNARY:
		return ((const UnaryExpr *)n)->op == TOK_ARROW;
	case NODE_RANGE_STMT:
		return ((const RangeStmt *)n)->info || type_underlying(((const RangeStmt *)n)->x->type)->kind == TYPE_CHAN;
	default:
		return n->kind == NODE_SEND_STMT || n->kind == NODE_SELECT_STMT || n->kind == NODE_GO_STMT ||
		       n->kind == NODE_DEFER_STMT || n->kind == NODE_FUNC_LIT;
	}
}

static bool global_enter(Walker *w, Node *n) {
	GlobalSearch *s = (GlobalSearch *)w;
	if (n->mode == MODE_TYPE || n->value)
		return false;
	s->calls |= runs_other_code(n);
	if (n->kind == NODE_ASSIGN_STMT) {
		for (uint32_t i = 0; i < AS(AssignStmt, n)->lhs.len; i++)
			exclude(s, AS(AssignStmt, n)->lhs.items[i]);
	} else if (n->kind == NODE_INC_DEC_STMT) {
		exclude(s, AS(IncDecStmt, n)->x);
	} else if (n->kind == NODE_RANGE_STMT) {
		exclude(s, AS(RangeStmt, n)->key);
		exclude(s, AS(RangeStmt, n)->value);
	} else if (n->kind == NODE_FOR_STMT) {
		search_condition(s, AS(ForStmt, n)->cond);
	}
	Object *o = n->kind == NODE_IDENT || n->kind == NODE_SELECTOR ? global_of(n) : NULL;
	if (o && !ptrmap_get(&s->seen, o)) {
		ptrmap_put(s->g->c->arena, &s->seen, o, o);
		VEC_PUSH(s->g->c->arena, &s->read, o);
	}
	return n->kind != NODE_FUNC_LIT;
}

static bool waits_in_slot(const GlobalSearch *s, Object *o) {
	const Package *p = o->package;
	Reg r;
	if (o->address_taken || p->is_session || ptrmap_get(&s->excluded, o) || hoist_find_global(s->g, o, &r))
		return false;
	if (s->calls && (o->reassigned || p->is_library))
		return false;
	const TypeDesc *d = gen_desc(s->g, o->type);
	return desc_is_integer(d) || desc_is_float(d) || d->kind == KIND_STRING || d->kind == KIND_SLICE || d->kind == KIND_MAP;
}

bool hoist_find_global(const Gen *g, const Object *o, Reg *r) {
	for (uint32_t i = g->hoisted_globals.len; i-- > 0;)
		if (g->hoisted_globals.items[i].object == o)
			return *r = g->hoisted_globals.items[i].slot, true;
	return false;
}

uint32_t hoist_globals(Gen *g, Node *loop) {
	GlobalSearch s = {.walker = {.enter = global_enter}, .g = g};
	uint32_t mark = g->hoisted_globals.len;
	if (g->dead)
		return mark;
	ast_walk(&s.walker, loop);
	s.calls |= loop->kind == NODE_FOR_STMT && !AS(ForStmt, loop)->cond; /* it may wait for anything */
	for (uint32_t i = 0; i < s.read.len && g->hoisted_globals.len - mark < MAX_HOISTED_GLOBALS; i++) {
		Object *o = s.read.items[i];
		if (!waits_in_slot(&s, o))
			continue;
		Place p = place_of_var(g, o);
		Reg r = slot_alloc(g, p.desc);
		place_load_to(g, &p, r);
		VEC_PUSH(g->c->arena, &g->hoisted_globals, ((HoistedGlobal){o, r}));
	}
	return mark;
}
