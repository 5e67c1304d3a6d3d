/* SPDX-License-Identifier: MIT */
/* hoist.c: constants that are operands inside a loop wait in slots filled before it.
 * Rules: only at the outermost loop of a function, only constants no instruction takes as an immediate (floats,
 * integers beyond 16 bits), and only a few: a loop that runs once must not pay for many. Nobody writes to such a slot:
 * whoever gets it from gen_expr or gen_as sees that it lies below his temporaries, as a variable does. */
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
