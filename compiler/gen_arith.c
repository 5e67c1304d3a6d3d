/* SPDX-License-Identifier: MIT */
/* gen_arith.c: arithmetic: operators, immediates, narrow integers, string concatenation.
 * Rules: a narrow integer is extended in its slot whenever somebody may look at its upper bits. Sums, products, shifts
 * left and bit operations need only the low bits of their operands, so a chain of them is extended once, at its end
 * (`low` says that the consumer does not need even that). Chains a + b + c ... lean left and are walked by a loop. */
#include "compiler/gen.h"

void gen_extend(Gen *g, const TypeDesc *d, Reg dest, Reg src) {
	static const Op signed_ops[] = {OP_EXT8S, OP_EXT16S, OP_EXT32S},
			unsigned_ops[] = {OP_EXT8U, OP_EXT16U, OP_EXT32U};
	if (!desc_is_narrow_int(d)) {
		emit_move(g, d, dest, src);
		return;
	}
	int i = d->size == 1 ? 0 : d->size == 2 ? 1 : 2;
	emit(g, desc_is_signed(d) ? signed_ops[i] : unsigned_ops[i], dest, src, 0);
}

static bool op_carries(
	Token op) { /* the low bits of the result depend only on low bits, but the upper ones are wrong */
	return op == TOK_ADD || op == TOK_SUB || op == TOK_MUL || op == TOK_SHL;
}

static bool op_is_bitwise(Token op) {
	return op == TOK_AND || op == TOK_OR || op == TOK_XOR || op == TOK_AND_NOT;
}

static bool op_is_shift(Token op) {
	return op == TOK_SHL || op == TOK_SHR;
}

static bool result_needs_extension(Token op, const TypeDesc *d) {
	return desc_is_narrow_int(d) && (op_carries(op) || (op == TOK_QUO && desc_is_signed(d)));
}

/* May the left operand of op have wrong upper bits? */
static bool operand_may_be_low(Token op, const TypeDesc *d, bool result_low) {
	return desc_is_narrow_int(d) && (op_carries(op) || (op_is_bitwise(op) && result_low));
}

/* ---------------------------------------------------------------- registers */

static Op int_op(Token op, const TypeDesc *d) {
	switch (op) {
	case TOK_ADD: return OP_ADD_I64;
	case TOK_SUB: return OP_SUB_I64;
	case TOK_MUL: return OP_MUL_I64;
	case TOK_AND: return OP_AND_I64;
	case TOK_OR: return OP_OR_I64;
	case TOK_XOR: return OP_XOR_I64;
	case TOK_AND_NOT: return OP_ANDNOT_I64;
	case TOK_QUO: return desc_is_signed(d) ? OP_DIV_I64 : OP_DIV_U64;
	case TOK_REM: return desc_is_signed(d) ? OP_REM_I64 : OP_REM_U64;
	case TOK_SHL: return OP_SHL_I64;
	case TOK_SHR: return desc_is_signed(d) ? OP_SHR_I64 : OP_SHR_U64;
	default: return OP_NOP;
	}
}

static Op real_op(Token op, const TypeDesc *d) {
	static const Op ops[4][4] = {
		{OP_ADD_F64, OP_SUB_F64, OP_MUL_F64, OP_DIV_F64},
		{OP_ADD_F32, OP_SUB_F32, OP_MUL_F32, OP_DIV_F32},
		{OP_ADD_C128, OP_SUB_C128, OP_MUL_C128, OP_DIV_C128},
		{OP_ADD_C64, OP_SUB_C64, OP_MUL_C64, OP_DIV_C64},
	};
	int row = d->kind == KIND_FLOAT64 ? 0 : d->kind == KIND_FLOAT32 ? 1 : d->kind == KIND_COMPLEX128 ? 2 : 3;
	int column = op == TOK_ADD ? 0 : op == TOK_SUB ? 1 : op == TOK_MUL ? 2 : 3;
	return ops[row][column];
}

void gen_op_reg(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, Reg y, bool low) {
	if (d->kind == KIND_STRING) {
		emit(g, OP_CONCAT, dest, x, y);
	} else if (desc_is_integer(d)) {
		emit(g, int_op(op, d), dest, x, y);
		if (!low && result_needs_extension(op, d))
			gen_extend(g, d, dest, dest);
	} else {
		emit(g, real_op(op, d), dest, x, y);
	}
}

/* ---------------------------------------------------------------- immediates */

static int power_of_two(int64_t v) {
	return v > 0 && (v & (v - 1)) == 0 ? __builtin_ctzll((uint64_t)v) : -1;
}

/* b / v and b % v by multiplication, v > 1 (Hacker's Delight, 10-1). Unsigned values are below 2^32 here. */
static void divide_by_constant(Gen *g, Token op, Reg dest, Reg x, int64_t v) {
	const uint64_t two63 = 1ull << 63;
	uint64_t d = (uint64_t)v, anc = two63 - 1 - two63 % d, delta;
	uint64_t q1 = two63 / anc, r1 = two63 % anc, q2 = two63 / d, r2 = two63 % d;
	uint32_t p = 63;
	do {
		p++;
		q1 = 2 * q1 + (2 * r1 >= anc);
		r1 = 2 * r1 >= anc ? 2 * r1 - anc : 2 * r1;
		q2 = 2 * q2 + (2 * r2 >= d);
		r2 = 2 * r2 >= d ? 2 * r2 - d : 2 * r2;
		delta = d - r2;
	} while (q1 < delta || (q1 == delta && r1 == 0));
	uint64_t multiplier = q2 + 1;
	emit(g, op == TOK_QUO ? OP_DIVK_I64 : OP_REMK_I64, dest, x, p - 64 + ((int64_t)multiplier < 0 ? 64 : 0));
	emit_word(g, multiplier);
	emit_word(g, d);
}

static bool divide_imm(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, int64_t v, bool low) {
	bool is_signed = desc_is_signed(d);
	int power = is_signed ? -1 : power_of_two(v);
	if (v == 0)
		return false;
	if (power >= 0 && op == TOK_QUO) {
		emit(g, OP_SHRI_U64, dest, x, (Reg)power);
		return true;
	}
	if (power >= 0 && fits_i16(v - 1)) {
		emit(g, OP_ANDI, dest, x, (uint16_t)(v - 1));
		return true;
	}
	if (is_signed && v == -1) {
		if (op == TOK_QUO)
			emit(g, OP_NEG_I64, dest, x, 0);
		else
			emit(g, OP_ZERO, dest, 0, 0);
		if (op == TOK_QUO && !low && desc_is_narrow_int(d))
			gen_extend(g, d, dest, dest);
		return true;
	}
	if (!is_signed && (v < 0 || desc_is_u64(d)))
		return false;
	if (v > 1) {
		divide_by_constant(g, op, dest, x, v);
		return true;
	}
	if (!fits_i16(v))
		return false;
	emit(g, op == TOK_QUO ? OP_DIVI_I64 : OP_REMI_I64, dest, x, (uint16_t)v);
	return true;
}

static void shift_imm(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, int64_t v, bool low) {
	bool too_far = v < 0 || v > 63;
	if (op == TOK_SHR && desc_is_signed(d)) {
		emit(g, OP_SHRI_I64, dest, x, too_far ? 63 : (Reg)v);
	} else if (too_far) {
		emit(g, OP_ZERO, dest, 0, 0);
	} else if (op == TOK_SHR) {
		emit(g, OP_SHRI_U64, dest, x, (Reg)v);
	} else {
		emit(g, OP_SHLI, dest, x, (Reg)v);
		if (!low && desc_is_narrow_int(d))
			gen_extend(g, d, dest, dest);
	}
}

bool gen_op_imm(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, int64_t v, bool low) {
	Op code;
	if (!desc_is_integer(d))
		return false;
	if (op_is_shift(op)) {
		shift_imm(g, op, d, dest, x, v, low);
		return true;
	}
	if (op == TOK_QUO || op == TOK_REM)
		return divide_imm(g, op, d, dest, x, v, low);
	if (op == TOK_SUB)
		v = (int64_t)-(uint64_t)v;
	if (op == TOK_AND_NOT)
		v = ~v;
	switch (op) {
	case TOK_ADD: case TOK_SUB: code = OP_ADDI; break;
	case TOK_MUL: code = OP_MULI; break;
	case TOK_AND: case TOK_AND_NOT: code = OP_ANDI; break;
	case TOK_OR: code = OP_ORI; break;
	case TOK_XOR: code = OP_XORI; break;
	default: return false;
	}
	if (!fits_i16(v))
		return false;
	emit(g, code, dest, x, (uint16_t)v);
	/* A negative mask or bit pattern sets upper bits an unsigned value must not have. */
	bool dirty = op_is_bitwise(op) && v < 0 && desc_is_unsigned(d) && op != TOK_AND && op != TOK_AND_NOT;
	if (!low && desc_is_narrow_int(d) && (op_carries(op) || dirty))
		gen_extend(g, d, dest, dest);
	return true;
}

/* ---------------------------------------------------------------- one operator */

static Node *product_of(Node *n, const TypeDesc *d) {
	n = ast_unparen(n);
	if (n->kind != NODE_BINARY || n->value || AS(BinaryExpr, n)->op != TOK_MUL)
		return NULL;
	return d->kind == KIND_FLOAT64 || (desc_is_integer(d) && d->size == 8) ? n : NULL;
}

/* acc += b * c in one instruction. */
static bool gen_fused(Gen *g, Token op, const TypeDesc *d, Reg acc, Node *y) {
	Node *product = product_of(y, d);
	if (!product || !(op == TOK_ADD || (op == TOK_SUB && d->kind == KIND_FLOAT64)))
		return false;
	BinaryExpr *e = AS(BinaryExpr, product);
	if (desc_is_integer(d) && (e->x->value || e->y->value))
		return false;
	uint32_t fresh = g->top;
	Reg b = gen_as(g, e->x, d), c = gen_as(g, e->y, d);
	Op code = desc_is_integer(d) ? OP_ADDMUL_I64 : op == TOK_ADD ? OP_ADDMUL_F64 : OP_SUBMUL_F64;
	if (b < fresh || c < fresh || !fuse_dot(g, code, acc, b, c))
		emit(g, code, acc, b, c);
	return true;
}

static Reg gen_shift_count(Gen *g, Node *y) {
	const TypeDesc *d = node_desc(g, y);
	Reg r = gen_expr(g, y);
	if (desc_is_signed(d) && !y->value)
		emit(g, OP_CHECK_SHIFT, r, 0, 0);
	return r;
}

void gen_op(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, Node *y, bool low) {
	uint32_t mark = g->top;
	Pos pos = g->pos;
	int64_t v;
	if (desc_is_integer(d) && node_const_int(g, y, &v) && gen_op_imm(g, op, d, dest, x, v, low))
		return;
	if (dest == x && gen_fused(g, op, d, dest, y)) {
		g->top = mark;
		return;
	}
	Reg r = op_is_shift(op)				 ? gen_shift_count(g, y)
		: operand_may_be_low(op, d, low) ? gen_low(g, y, d)
						 : gen_as(g, y, d);
	gen_pos(g, pos);
	gen_op_reg(g, op, d, dest, x, r, low);
	g->top = mark;
}

/* ---------------------------------------------------------------- chains */

static bool is_arithmetic(const Node *n) {
	if (n->kind != NODE_BINARY || n->value)
		return false;
	Token op = ((const BinaryExpr *)n)->op;
	return op != TOK_LAND && op != TOK_LOR && !token_is_comparison(op);
}

typedef VEC(BinaryExpr *) Spine;

/* The operators of x op y op z ..., the last first; returns the leftmost operand. */
static Node *collect_spine(Gen *g, BinaryExpr *e, Spine *spine) {
	Node *n = &e->node;
	while (is_arithmetic(n)) {
		VEC_PUSH(g->c->arena, spine, AS(BinaryExpr, n));
		n = ast_unparen(AS(BinaryExpr, n)->x);
	}
	return n;
}

static void gen_concat_to(Gen *g, BinaryExpr *e, Reg dest) {
	enum { MOST = 100 };
	Spine spine = {0};
	Node *first = collect_spine(g, e, &spine);
	const TypeDesc *d = node_desc(g, &e->node);
	if (spine.len == 1) {
		Reg x = gen_as(g, first, d), y = gen_as(g, e->y, d);
		gen_pos(g, e->op_pos);
		emit(g, OP_CONCAT, dest, x, y);
		return;
	}
	uint32_t room = spine.len + 1 < MOST ? spine.len + 1 : MOST, used = 1;
	Reg base = slots_alloc(g, 2 * room, true);
	for (uint32_t i = 0; i < room; i++)
		slot_declare(g, base + 2 * i, d);
	gen_as_to(g, first, d, base);
	for (uint32_t i = spine.len; i-- > 0;) {
		if (used == room) {
			emit(g, OP_CONCAT_N, base, base, used);
			used = 1;
		}
		gen_as_to(g, spine.items[i]->y, d, base + 2 * used++);
	}
	gen_pos(g, e->op_pos);
	emit(g, OP_CONCAT_N, dest, base, used);
}

/* c op y with a constant on the left: as y op' c. */
static bool constant_first(Gen *g, const BinaryExpr *e, Node *first, const TypeDesc *d, Reg dest, bool low) {
	int64_t v;
	Token op = e->op;
	if (!desc_is_integer(d) || !node_const_imm(g, first, &v))
		return false;
	if (op != TOK_ADD && op != TOK_MUL && op != TOK_AND && op != TOK_OR && op != TOK_XOR && op != TOK_SUB)
		return false;
	uint32_t mark = g->top;
	Reg y = operand_may_be_low(op, d, low) ? gen_low(g, e->y, d) : gen_as(g, e->y, d);
	bool done = true;
	if (op == TOK_SUB) {
		emit(g, OP_RSUBI, dest, y, (uint16_t)v);
		if (!low && desc_is_narrow_int(d))
			gen_extend(g, d, dest, dest);
	} else {
		done = gen_op_imm(g, op, d, dest, y, v, low);
	}
	g->top = mark;
	return done;
}

static void binary_to(Gen *g, BinaryExpr *e, Reg dest, bool low) {
	const TypeDesc *d = node_desc(g, &e->node);
	if (d->kind == KIND_STRING) {
		gen_concat_to(g, e, dest);
		return;
	}
	uint32_t mark = g->top;
	Spine spine = {0};
	Node *first = collect_spine(g, e, &spine);
	/* Which levels may leave wrong upper bits: decided from the outermost inwards, kept in Node.flags. */
	bool wanted = low;
	for (uint32_t i = 0; i < spine.len; i++) {
		spine.items[i]->node.flags = wanted;
		wanted = operand_may_be_low(spine.items[i]->op, d, wanted);
	}
	uint32_t level = spine.len - 1;
	BinaryExpr *inner = spine.items[level];
	Reg acc = NO_REG, x;
	gen_pos(g, inner->op_pos);
	Reg out = level == 0 ? dest : slot_alloc(g, d);
	if (constant_first(g, inner, first, d, out, inner->node.flags)) {
		acc = out;
		inner->node.flags = 0;
		if (level-- == 0)
			return;
		x = acc;
	} else {
		g->top = mark;
		x = wanted ? gen_low(g, first, d) : gen_as(g, first, d);
		if (x >= mark)
			acc = x;
		else if (level > 0)
			acc = slot_alloc(g, d);
	}
	for (;; level--) {
		BinaryExpr *at = spine.items[level];
		bool at_low = at->node.flags;
		at->node.flags = 0;
		gen_pos(g, at->op_pos);
		gen_op(g, at->op, d, level == 0 ? dest : acc, x, at->y, at_low);
		if (level == 0)
			break;
		x = acc;
	}
	g->top = mark;
}

void gen_binary_to(Gen *g, BinaryExpr *e, Reg dest, bool low) {
	uint32_t mark = g->top;
	Order order;
	order_begin_spine(g, &order, e);
	binary_to(g, e, dest, low);
	order_end(&order);
	g->top = mark;
}

/* ---------------------------------------------------------------- unary */

void gen_unary_to(Gen *g, UnaryExpr *e, Reg dest, bool low) {
	const TypeDesc *d = node_desc(g, &e->node);
	uint32_t mark = g->top;
	bool low_operand = desc_is_narrow_int(d) && (e->op == TOK_SUB || low);
	Reg x = low_operand ? gen_low(g, e->x, d) : gen_as(g, e->x, d);
	switch (e->op) {
	case TOK_NOT:
		emit(g, OP_NOT_BOOL, dest, x, 0);
		break;
	case TOK_XOR:
		emit(g, OP_NOT_I64, dest, x, 0);
		if (!low && desc_is_narrow_int(d) && desc_is_unsigned(d))
			gen_extend(g, d, dest, dest);
		break;
	case TOK_SUB:
		if (desc_is_integer(d)) {
			emit(g, OP_NEG_I64, dest, x, 0);
			if (!low && desc_is_narrow_int(d))
				gen_extend(g, d, dest, dest);
		} else {
			static const Op ops[] = {OP_NEG_F64, OP_NEG_F32, OP_NEG_C128, OP_NEG_C64};
			int i = d->kind == KIND_FLOAT64      ? 0
				: d->kind == KIND_FLOAT32    ? 1
				: d->kind == KIND_COMPLEX128 ? 2
							     : 3;
			emit(g, ops[i], dest, x, 0);
		}
		break;
	default:
		if (low_operand || !desc_is_narrow_int(d))
			emit_move(g, d, dest, x);
		else
			gen_extend(g, d, dest, x);
	}
	g->top = mark;
}

Reg gen_low(Gen *g, Node *n, const TypeDesc *d) {
	Node *bare = ast_unparen(n);
	if (bare->value || !desc_is_narrow_int(d))
		return gen_as(g, n, d);
	if (is_arithmetic(bare) || (bare->kind == NODE_UNARY && AS(UnaryExpr, bare)->op == TOK_XOR) ||
	    (bare->kind == NODE_UNARY && AS(UnaryExpr, bare)->op == TOK_SUB)) {
		Reg dest = slot_alloc(g, d);
		uint32_t top = g->top;
		if (bare->kind == NODE_BINARY)
			gen_binary_to(g, AS(BinaryExpr, bare), dest, true);
		else
			gen_unary_to(g, AS(UnaryExpr, bare), dest, true);
		g->top = top;
		return dest;
	}
	if (bare->kind == NODE_CALL && AS(CallExpr, bare)->call_kind == CALL_CONVERSION) {
		CallExpr *e = AS(CallExpr, bare);
		const TypeDesc *from = node_desc(g, e->args.items[0]);
		if (desc_is_integer(from) && from->size >= d->size && !e->args.items[0]->value)
			return gen_low(g, e->args.items[0], from);
	}
	return gen_as(g, n, d);
}
