/* SPDX-License-Identifier: MIT */
/* gen_cond.c: comparisons and conditions: as jumps where a jump is wanted, as values where a value is.
 * Rules: gen_jump falls through when the condition does not have the wanted value; a bound label means a loop's back
 * edge. && and || are control flow in both forms; chains of them are walked by a loop. Comparing floats, "not less" is
 * not "greater or equal" (NaN), so the negated jumps are opcodes of their own. */
#include "compiler/gen.h"

bool token_is_comparison(Token op) {
	return op == TOK_EQL || op == TOK_NEQ || op == TOK_LSS || op == TOK_LEQ || op == TOK_GTR || op == TOK_GEQ;
}

bool node_const_bool(const Node *n, bool *v) {
	if (!n->value || const_kind(n->value) != CONST_BOOL)
		return false;
	*v = const_bool(n->value);
	return true;
}

static Token negated(Token op) {
	switch (op) {
	case TOK_EQL: return TOK_NEQ;
	case TOK_NEQ: return TOK_EQL;
	case TOK_LSS: return TOK_GEQ;
	case TOK_LEQ: return TOK_GTR;
	case TOK_GTR: return TOK_LEQ;
	default: return TOK_LSS;
	}
}

static Token mirrored(Token op) { /* the operator for exchanged operands */
	switch (op) {
	case TOK_LSS: return TOK_GTR;
	case TOK_LEQ: return TOK_GEQ;
	case TOK_GTR: return TOK_LSS;
	case TOK_GEQ: return TOK_LEQ;
	default: return op;
	}
}

static bool is_word_kind(const TypeDesc *d) { /* compared as 64-bit integers */
	return desc_is_integer(d) || d->kind == KIND_BOOL || d->kind == KIND_POINTER || d->kind == KIND_CHAN ||
	       d->kind == KIND_UNSAFE_POINTER || d->kind == KIND_MAP || d->kind == KIND_FUNC;
}

/* s when n is len(s) of a slice. */
static Node *length_of_slice(Gen *g, Node *n) {
	n = ast_unparen(n);
	if (n->kind != NODE_CALL || n->value)
		return NULL;
	CallExpr *e = AS(CallExpr, n);
	if (e->call_kind != CALL_BUILTIN || e->builtin != BUILTIN_len)
		return NULL;
	return node_desc(g, e->args.items[0])->kind == KIND_SLICE ? e->args.items[0] : NULL;
}

/* ---------------------------------------------------------------- words */

static void jump_imm(Gen *g, const TypeDesc *d, Token op, Reg x, int64_t v, Label *to) {
	if (v == 0 && (op == TOK_EQL || op == TOK_NEQ || (desc_is_u64(d) && (op == TOK_GTR || op == TOK_LEQ)))) {
		emit_jump(g, op == TOK_EQL || op == TOK_LEQ ? OP_JZ : OP_JNZ, x, 0, to);
		return;
	}
	Op code = op == TOK_EQL   ? OP_JEQ_I
		  : op == TOK_NEQ ? OP_JNE_I
		  : op == TOK_LSS ? OP_JLT_I
		  : op == TOK_LEQ ? OP_JLE_I
		  : op == TOK_GTR ? OP_JGT_I
				  : OP_JGE_I;
	emit_jump(g, code, x, (uint16_t)v, to);
}

static void jump_regs(Gen *g, const TypeDesc *d, Token op, Reg x, Reg y, Label *to) {
	bool u64 = desc_is_u64(d);
	switch (op) {
	case TOK_EQL: emit_jump(g, OP_JEQ_I64, x, y, to); return;
	case TOK_NEQ: emit_jump(g, OP_JNE_I64, x, y, to); return;
	case TOK_LSS: emit_jump(g, u64 ? OP_JLT_U64 : OP_JLT_I64, x, y, to); return;
	case TOK_LEQ: emit_jump(g, u64 ? OP_JLE_U64 : OP_JLE_I64, x, y, to); return;
	case TOK_GTR: emit_jump(g, u64 ? OP_JLT_U64 : OP_JLT_I64, y, x, to); return;
	default: emit_jump(g, u64 ? OP_JLE_U64 : OP_JLE_I64, y, x, to); return;
	}
}

/* Immediates compare as signed: unsigned 64-bit values only for equality, and with zero. */
static bool imm_fits(Gen *g, const TypeDesc *d, Token op, Node *n, int64_t *v) {
	if (d->kind == KIND_BOOL && n->value) {
		*v = const_bool(n->value);
		return true;
	}
	if (!node_const_imm(g, n, v))
		return false;
	return !desc_is_u64(d) || op == TOK_EQL || op == TOK_NEQ || (*v == 0 && (op == TOK_GTR || op == TOK_LEQ));
}

/* x % 2^k against zero looks at the low bits only, whatever the sign. */
static bool low_bits_of(Gen *g, const TypeDesc *d, Token op, Node *x, Node *y, Reg *r) {
	int64_t zero, v;
	x = ast_unparen(x);
	if ((op != TOK_EQL && op != TOK_NEQ) || x->kind != NODE_BINARY || x->value || AS(BinaryExpr, x)->op != TOK_REM)
		return false;
	BinaryExpr *e = AS(BinaryExpr, x);
	if (!node_const_int(g, y, &zero) || zero != 0 || !node_const_int(g, e->y, &v) || v < 2 || (v & (v - 1)) ||
	    !fits_i16(v - 1))
		return false;
	*r = slot_scalar(g);
	uint32_t mark = g->top;
	emit(g, OP_ANDI, *r, gen_as(g, e->x, d), (uint16_t)(v - 1));
	g->top = mark;
	return true;
}

static void jump_words(Gen *g, const TypeDesc *d, Token op, Node *x, Node *y, Label *to) {
	int64_t v;
	Node *s;
	if (x->value && !y->value) {
		Node *t = x;
		x = y;
		y = t;
		op = mirrored(op);
	}
	Reg low;
	if (low_bits_of(g, d, op, x, y, &low)) {
		emit_jump(g, op == TOK_EQL ? OP_JZ : OP_JNZ, low, 0, to);
		return;
	}
	if (imm_fits(g, d, op, y, &v)) {
		jump_imm(g, d, op, gen_expr(g, x), v, to);
		return;
	}
	if ((op == TOK_LSS || op == TOK_GEQ) && (s = length_of_slice(g, y))) {
		Reg i = gen_as(g, x, d), slice = gen_expr(g, s);
		emit_jump(g, op == TOK_LSS ? OP_JLT_LEN : OP_JGE_LEN, i, slice, to);
		return;
	}
	if ((op == TOK_GTR || op == TOK_LEQ) && (s = length_of_slice(g, x))) {
		Reg slice = gen_expr(g, s), i = gen_as(g, y, d);
		emit_jump(g, op == TOK_GTR ? OP_JLT_LEN : OP_JGE_LEN, i, slice, to);
		return;
	}
	Reg a = gen_as(g, x, d), b = gen_as(g, y, d);
	jump_regs(g, d, op, a, b, to);
}

static void value_words(Gen *g, const TypeDesc *d, Token op, Reg dest, Node *x, Node *y) {
	int64_t v;
	if (x->value && !y->value) {
		Node *t = x;
		x = y;
		y = t;
		op = mirrored(op);
	}
	Reg low;
	if (low_bits_of(g, d, op, x, y, &low)) {
		emit(g, op == TOK_EQL ? OP_EQ_I : OP_NE_I, dest, low, 0);
		return;
	}
	if (imm_fits(g, d, op, y, &v)) {
		if (desc_is_u64(d) && op == TOK_GTR)
			op = TOK_NEQ;
		else if (desc_is_u64(d) && op == TOK_LEQ)
			op = TOK_EQL;
		Op code = op == TOK_EQL   ? OP_EQ_I
			  : op == TOK_NEQ ? OP_NE_I
			  : op == TOK_LSS ? OP_LT_I
			  : op == TOK_LEQ ? OP_LE_I
			  : op == TOK_GTR ? OP_GT_I
					  : OP_GE_I;
		emit(g, code, dest, gen_expr(g, x), (uint16_t)v);
		return;
	}
	Reg a = gen_as(g, x, d), b = gen_as(g, y, d);
	bool u64 = desc_is_u64(d);
	switch (op) {
	case TOK_EQL: emit(g, OP_EQ_I64, dest, a, b); return;
	case TOK_NEQ: emit(g, OP_NE_I64, dest, a, b); return;
	case TOK_LSS: emit(g, u64 ? OP_LT_U64 : OP_LT_I64, dest, a, b); return;
	case TOK_LEQ: emit(g, u64 ? OP_LE_U64 : OP_LE_I64, dest, a, b); return;
	case TOK_GTR: emit(g, u64 ? OP_LT_U64 : OP_LT_I64, dest, b, a); return;
	default: emit(g, u64 ? OP_LE_U64 : OP_LE_I64, dest, b, a); return;
	}
}

/* ---------------------------------------------------------------- floats, strings */

static void jump_f64(Gen *g, Token op, bool when, Reg x, Reg y, Label *to) {
	switch (op) {
	case TOK_EQL: emit_jump(g, when ? OP_JEQ_F64 : OP_JNE_F64, x, y, to); return;
	case TOK_NEQ: emit_jump(g, when ? OP_JNE_F64 : OP_JEQ_F64, x, y, to); return;
	case TOK_LSS: emit_jump(g, when ? OP_JLT_F64 : OP_JNLT_F64, x, y, to); return;
	case TOK_LEQ: emit_jump(g, when ? OP_JLE_F64 : OP_JNLE_F64, x, y, to); return;
	case TOK_GTR: emit_jump(g, when ? OP_JLT_F64 : OP_JNLT_F64, y, x, to); return;
	default: emit_jump(g, when ? OP_JLE_F64 : OP_JNLE_F64, y, x, to); return;
	}
}

static void value_float(Gen *g, const TypeDesc *d, Token op, Reg dest, Reg x, Reg y) {
	bool f64 = d->kind == KIND_FLOAT64;
	switch (op) {
	case TOK_EQL: emit(g, f64 ? OP_EQ_F64 : OP_EQ_F32, dest, x, y); return;
	case TOK_NEQ: emit(g, f64 ? OP_NE_F64 : OP_NE_F32, dest, x, y); return;
	case TOK_LSS: emit(g, f64 ? OP_LT_F64 : OP_LT_F32, dest, x, y); return;
	case TOK_LEQ: emit(g, f64 ? OP_LE_F64 : OP_LE_F32, dest, x, y); return;
	case TOK_GTR: emit(g, f64 ? OP_LT_F64 : OP_LT_F32, dest, y, x); return;
	default: emit(g, f64 ? OP_LE_F64 : OP_LE_F32, dest, y, x); return;
	}
}

static void value_string(Gen *g, Token op, Reg dest, Reg x, Reg y) {
	switch (op) {
	case TOK_EQL: emit(g, OP_EQ_STR, dest, x, y); return;
	case TOK_NEQ: emit(g, OP_NE_STR, dest, x, y); return;
	case TOK_LSS: emit(g, OP_LT_STR, dest, x, y); return;
	case TOK_LEQ: emit(g, OP_LE_STR, dest, x, y); return;
	case TOK_GTR: emit(g, OP_LT_STR, dest, y, x); return;
	default: emit(g, OP_LE_STR, dest, y, x); return;
	}
}

static bool is_empty_string(const Node *n) {
	return n->value && const_kind(n->value) == CONST_STRING && const_string(n->value).len == 0;
}

/* ---------------------------------------------------------------- the rest: equality only */

void gen_equal_reg(Gen *g, const TypeDesc *d, Reg dest, Reg x, Reg y) {
	if (is_word_kind(d))
		emit(g, OP_EQ_I64, dest, x, y);
	else if (desc_is_float(d))
		value_float(g, d, TOK_EQL, dest, x, y);
	else if (d->kind == KIND_STRING)
		emit(g, OP_EQ_STR, dest, x, y);
	else if (d->kind == KIND_COMPLEX128)
		emit(g, OP_EQ_C128, dest, x, y);
	else if (d->kind == KIND_COMPLEX64)
		emit(g, OP_EQ_C64, dest, x, y);
	else if (desc_is_interface(d))
		emit(g, OP_EQ_IFACE, dest, x, y);
	else
		emit_2(g, OP_EQ_FRAME, dest, x, y, d);
}

static bool place_has_address(const Place *p) {
	return p->kind == PLACE_MEMORY || p->kind == PLACE_GLOBAL || p->kind == PLACE_ELEMENT || p->kind == PLACE_ARRAY;
}

static void equal_aggregates(Gen *g, const TypeDesc *d, Reg dest, Node *x, Node *y) {
	Place a = gen_place(g, x), b = gen_place(g, y);
	if (place_has_address(&a) && place_has_address(&b)) {
		Reg pa = place_address(g, &a, NO_REG), pb = place_address(g, &b, NO_REG);
		emit_2(g, OP_EQ_MEM, dest, pa, pb, d);
		return;
	}
	Reg ra = place_load(g, &a), rb = place_load(g, &b);
	emit_2(g, OP_EQ_FRAME, dest, ra, rb, d);
}

/* x == y into dest, whatever the types. */
static void equal_to(Gen *g, Reg dest, Node *x, Node *y) {
	const TypeDesc *dx = node_desc(g, x), *dy = node_desc(g, y);
	if (desc_is_interface(dx) != desc_is_interface(dy)) {
		bool first = desc_is_interface(dx);
		const TypeDesc *d = first ? dy : dx;
		Reg a = gen_expr(g, x), b = gen_expr(g, y);
		emit_2(g, OP_EQ_IFACE_TYPE, dest, first ? a : b, first ? b : a, d);
	} else if (desc_is_aggregate(dx)) {
		equal_aggregates(g, dx, dest, x, y);
	} else {
		Reg a = gen_as(g, x, dx), b = gen_as(g, y, dx);
		gen_equal_reg(g, dx, dest, a, b);
	}
}

/* ---------------------------------------------------------------- comparisons */

static const TypeDesc *comparison_desc(Gen *g, const BinaryExpr *e) {
	return node_desc(g, e->x->value && !e->y->value ? e->y : e->x);
}

static void compare_to(Gen *g, BinaryExpr *e, Reg dest) {
	uint32_t mark = g->top;
	gen_pos(g, e->op_pos);
	if (node_is_nil(e->x) || node_is_nil(e->y)) {
		Reg r = gen_expr(g, node_is_nil(e->x) ? e->y : e->x);
		emit(g, e->op == TOK_EQL ? OP_EQ_I : OP_NE_I, dest, r, 0);
		g->top = mark;
		return;
	}
	const TypeDesc *d = comparison_desc(g, e), *dy = node_desc(g, e->y);
	bool mixed = desc_is_interface(node_desc(g, e->x)) != desc_is_interface(dy);
	if (!mixed && is_word_kind(d)) {
		value_words(g, d, e->op, dest, e->x, e->y);
	} else if (!mixed && (desc_is_float(d) || d->kind == KIND_STRING)) {
		Reg x = gen_transient(g, e->x, d), y = gen_transient(g, e->y, d);
		if (d->kind == KIND_STRING)
			value_string(g, e->op, dest, x, y);
		else
			value_float(g, d, e->op, dest, x, y);
	} else {
		equal_to(g, dest, e->x, e->y);
		if (e->op == TOK_NEQ)
			emit(g, OP_NOT_BOOL, dest, dest, 0);
	}
	g->top = mark;
}

void gen_compare_to(Gen *g, BinaryExpr *e, Reg dest) {
	uint32_t mark = g->top;
	Order order;
	Node **operands[] = {&e->x, &e->y};
	order_begin(g, &order, operands, 2);
	compare_to(g, e, dest);
	order_end(&order);
	g->top = mark;
}

static void compare_jump(Gen *g, BinaryExpr *e, bool when, Label *to) {
	Token op = when ? e->op : negated(e->op);
	gen_pos(g, e->op_pos);
	if (node_is_nil(e->x) || node_is_nil(e->y)) {
		Reg r = gen_expr(g, node_is_nil(e->x) ? e->y : e->x);
		emit_jump(g, op == TOK_EQL ? OP_JZ : OP_JNZ, r, 0, to);
		return;
	}
	const TypeDesc *d = comparison_desc(g, e);
	bool mixed = desc_is_interface(node_desc(g, e->x)) != desc_is_interface(node_desc(g, e->y));
	bool equality = e->op == TOK_EQL || e->op == TOK_NEQ;
	if (!mixed && is_word_kind(d)) {
		jump_words(g, d, op, e->x, e->y, to);
	} else if (!mixed && d->kind == KIND_FLOAT64) {
		Reg x = gen_as(g, e->x, d), y = gen_as(g, e->y, d);
		jump_f64(g, e->op, when, x, y, to);
	} else if (d->kind == KIND_STRING && equality && !mixed && (is_empty_string(e->x) || is_empty_string(e->y))) {
		Reg r = gen_expr(g, is_empty_string(e->x) ? e->y : e->x);
		emit_jump(g, op == TOK_EQL ? OP_JZ : OP_JNZ, r + 1, 0, to);
	} else if (d->kind == KIND_STRING && equality && !mixed) {
		Reg x = gen_transient(g, e->x, d), y = gen_transient(g, e->y, d);
		emit_jump(g, op == TOK_EQL ? OP_JEQ_STR : OP_JNE_STR, x, y, to);
	} else if (equality && mixed) {
		Reg t = slot_scalar(g);
		equal_to(g, t, e->x, e->y);
		emit_jump(g, op == TOK_EQL ? OP_JNZ : OP_JZ, t, 0, to);
	} else if (equality && !desc_is_float(d)) {
		Reg t = slot_scalar(g);
		equal_to(g, t, e->x, e->y);
		emit_jump(g, op == TOK_EQL ? OP_JNZ : OP_JZ, t, 0, to);
	} else {
		Reg t = slot_scalar(g);
		gen_compare_to(g, e, t);
		emit_jump(g, when ? OP_JNZ : OP_JZ, t, 0, to);
	}
}

/* ---------------------------------------------------------------- conditions */

typedef VEC(Node *) NodeVec;

/* The operands of a && b && c, in order. */
static void collect_logic(Gen *g, Node *n, Token op, NodeVec *operands) {
	NodeVec reversed = {0};
	while (n->kind == NODE_BINARY && !n->value && AS(BinaryExpr, n)->op == op) {
		VEC_PUSH(g->c->arena, &reversed, AS(BinaryExpr, n)->y);
		n = ast_unparen(AS(BinaryExpr, n)->x);
	}
	VEC_PUSH(g->c->arena, operands, n);
	for (uint32_t i = reversed.len; i-- > 0;)
		VEC_PUSH(g->c->arena, operands, reversed.items[i]);
}

static void logic_jump(Gen *g, BinaryExpr *e, bool when, Label *to) {
	NodeVec operands = {0};
	collect_logic(g, &e->node, e->op, &operands);
	bool decides = e->op == TOK_LOR; /* this value of any operand decides */
	Label skip = {0};
	for (uint32_t i = 0; i < operands.len; i++) {
		bool last = i + 1 == operands.len;
		if (when == decides)
			gen_jump(g, operands.items[i], when, to);
		else
			gen_jump(g, operands.items[i], last ? when : decides, last ? to : &skip);
	}
	label_bind(g, &skip);
}

/* A call whose body may stand here jumps by itself. */
static bool call_jump(Gen *g, CallExpr *e, bool when, Label *to) {
	if (e->call_kind != CALL_CALL || call_intrinsic(e) != OP_NOP)
		return false;
	CallUse use = {.to = to, .when = when};
	CallResult r = gen_call_for(g, e, &use);
	if (!use.served)
		emit_jump(g, when ? OP_JNZ : OP_JZ, r.base + r.layout->results[0], 0, to);
	return true;
}

void gen_jump(Gen *g, Node *cond, bool when, Label *to) {
	uint32_t mark = g->top;
	bool v;
	cond = ast_unparen(cond);
	while (cond->kind == NODE_UNARY && AS(UnaryExpr, cond)->op == TOK_NOT && !cond->value) {
		when = !when;
		cond = ast_unparen(AS(UnaryExpr, cond)->x);
	}
	if (++g->depth > MAX_GEN_DEPTH) {
		compile_error(g->c, cond->pos, "expression nested too deeply");
		g->too_large = true;
	} else if (node_const_bool(cond, &v)) {
		if (v == when)
			emit_go_to(g, to);
	} else if (cond->kind == NODE_BINARY &&
		   (AS(BinaryExpr, cond)->op == TOK_LAND || AS(BinaryExpr, cond)->op == TOK_LOR)) {
		logic_jump(g, AS(BinaryExpr, cond), when, to);
	} else if (cond->kind == NODE_BINARY && token_is_comparison(AS(BinaryExpr, cond)->op)) {
		BinaryExpr *e = AS(BinaryExpr, cond);
		Order order;
		Node **operands[] = {&e->x, &e->y};
		order_begin(g, &order, operands, 2);
		compare_jump(g, e, when, to);
		order_end(&order);
	} else if (cond->kind != NODE_CALL || !call_jump(g, AS(CallExpr, cond), when, to)) {
		emit_jump(g, when ? OP_JNZ : OP_JZ, gen_expr(g, cond), 0, to);
	}
	g->depth--;
	g->top = mark;
}

void gen_logic_to(Gen *g, BinaryExpr *e, Reg dest) {
	Label no = {0}, end = {0};
	gen_jump(g, &e->node, false, &no);
	emit_bc(g, OP_LOADI, dest, 1);
	emit_go_to(g, &end);
	label_bind(g, &no);
	emit(g, OP_ZERO, dest, 0, 0);
	label_bind(g, &end);
}
