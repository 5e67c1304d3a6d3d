/* SPDX-License-Identifier: MIT */
/* check_binary.c: unary and binary operators, comparison, shifts; constant folding where the operands allow it.
 *
 * Rules: operands are matched first (an untyped one takes the other's type), then the operator is looked at.
 * Long chains a + b + c ... lean to the left; check_binary_expr walks them in a loop, not by recursion.
 * The left operand of a non-constant shift stays untyped until its context gives it a type. */
#include "types/check.h"

/* ---------------------------------------------------------------- operators and types */

static bool any_number(Type *t) { return type_is_numeric(t); }

static bool term_adds(void *user, Type *t, Type *u) {
	(void)user;
	(void)t;
	return u && (type_is_numeric(u) || type_is_string(u));
}

static bool number_or_string(Type *t) {
	return is_type_param(t) ? type_each_term(t, term_adds, NULL) : type_is_numeric(t) || type_is_string(t);
}

static bool term_orders(void *user, Type *t, Type *u) {
	(void)user;
	(void)t;
	return u && ((type_is_numeric(u) && !type_is_complex(u)) || type_is_string(u));
}

bool type_is_ordered(Type *t) {
	return is_type_param(t) ? type_each_term(t, term_orders, NULL) : term_orders(NULL, t, under(t));
}

static bool operator_defined(Check *c, Operand *x, Token op, bool unary) {
	bool ok = true;
	switch (op) {
	case TOK_ADD: ok = unary ? any_number(x->type) : number_or_string(x->type); break;
	case TOK_SUB:
	case TOK_MUL:
	case TOK_QUO: ok = any_number(x->type); break;
	case TOK_REM:
	case TOK_AND:
	case TOK_OR:
	case TOK_XOR:
	case TOK_AND_NOT: ok = type_is_integer(x->type); break;
	case TOK_LAND:
	case TOK_LOR:
	case TOK_NOT: ok = type_is_boolean(x->type); break;
	default: ok = false;
	}
	if (!ok)
		FAIL(c, x->node->pos, OPERATOR, token_spelling(op), operand_text(c, x));
	return ok;
}

/* ---------------------------------------------------------------- unary */

static void address_of(Check *c, Operand *x, UnaryExpr *e, Type *hint) {
	Node *operand = ast_unparen(e->x);
	/* &{...} with an elided type cannot be written; the hint is for &T{f: generic}. */
	(void)hint;
	check_raw_expr(c, x, e->x, NULL, false);
	report_not_value(c, x);
	check_single_value(c, x);
	if (x->mode == MODE_NONE)
		return;
	if (operand->kind != NODE_COMPOSITE_LIT && x->mode != MODE_VAR) {
		FAIL(c, e->x->pos, ADDRESS, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	mark_address_taken(e->x);
	x->mode = MODE_VALUE;
	x->type = type_new_pointer(c->u, x->type);
}

static void receive(Check *c, Operand *x, UnaryExpr *e) {
	check_expr(c, x, e->x);
	if (x->mode == MODE_NONE)
		return;
	Type *chan = x->mode == MODE_NIL ? NULL : type_common_underlying(c->u, x->type, false);
	if (!chan || chan->kind != TYPE_CHAN) {
		FAIL(c, x->node->pos, RECEIVE_NON_CHANNEL, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	if (chan->chan_dir == CHAN_SEND) {
		FAIL(c, x->node->pos, RECEIVE_SEND_ONLY, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	c->env.has_call_or_recv = true;
	x->mode = MODE_COMMAOK;
	x->type = chan->elem;
}

void check_unary(Check *c, Operand *x, UnaryExpr *e, Type *hint) {
	if (e->op == TOK_AND) {
		address_of(c, x, e, hint);
		return;
	}
	if (e->op == TOK_ARROW) {
		receive(c, x, e);
		return;
	}
	if (e->op == TOK_TILDE) {
		use_expr(c, e->x);
		FAIL(c, e->node.pos, TILDE_MISPLACED);
		return;
	}
	check_expr(c, x, e->x);
	if (x->mode == MODE_NONE)
		return;
	if (!operator_defined(c, x, e->op, true)) {
		operand_invalidate(x);
		return;
	}
	if (x->mode != MODE_CONST) {
		x->mode = MODE_VALUE;
		return;
	}
	x->value = e->op == TOK_ADD ? x->value : const_unary(c->u, e->op, x->value, under(x->type));
	x->node = &e->node;
	check_overflow(c, x, e->node.pos);
}

/* ---------------------------------------------------------------- matching operands */

static bool may_convert(Operand *x, Operand *y) {
	if (!type_is_untyped(x->type) && !type_is_untyped(y->type))
		return false;
	if (type_is_interface(x->type) || type_is_interface(y->type))
		return true;
	if (type_is_boolean(x->type) != type_is_boolean(y->type))
		return false;
	if (type_is_string(x->type) != type_is_string(y->type))
		return false;
	if (x->mode == MODE_NIL)
		return y->mode == MODE_NIL || type_has_nil(y->type);
	if (y->mode == MODE_NIL)
		return type_has_nil(x->type);
	return !under_is(x->type, TYPE_POINTER) && !under_is(y->type, TYPE_POINTER);
}

/* Gives an untyped operand the type of the other one. Operands that cannot meet stay as they are. */
void match_operands(Check *c, Operand *x, Operand *y) {
	if (!may_convert(x, y))
		return;
	convert_untyped(c, x, y->type);
	if (x->mode == MODE_NONE)
		return;
	convert_untyped(c, y, x->type);
	if (y->mode == MODE_NONE)
		operand_invalidate(x);
}

/* ---------------------------------------------------------------- comparison */

static const char *incomparable_field(Check *c, Type *t) {
	Type *u = under(t);
	for (uint32_t i = 0; u->kind == TYPE_STRUCT && i < u->field_count; i++)
		if (!type_is_comparable(u->fields[i].type))
			return type_text(c, u->fields[i].type);
	return NULL;
}

static const char *incomparable_cause(Check *c, Type *t) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	TypeKind kind = is_type_param(t) ? TYPE_PARAM : under(t)->kind;
	if (kind == TYPE_SLICE || kind == TYPE_MAP || kind == TYPE_SIGNATURE)
		buf_printf(&buf, "%s can only be compared to nil", kind_text(c, t));
	else if (kind == TYPE_PARAM)
		buf_printf(&buf, "incomparable types in type set");
	else if (kind == TYPE_STRUCT && incomparable_field(c, t))
		buf_printf(&buf, "struct containing %s cannot be compared", incomparable_field(c, t));
	else if (kind == TYPE_ARRAY)
		buf_printf(&buf, "%s cannot be compared", type_text(c, t));
	return buf_text(c, &buf);
}

typedef struct Mismatch {
	Operand *operand; /* the offending one; NULL: none */
	const char *cause;
} Mismatch;

static Mismatch find_mismatch(Check *c, Operand *x, Operand *y, Token op) {
	bool nil = x->mode == MODE_NIL || y->mode == MODE_NIL;
	bool matching = x->mode == MODE_NIL ? y->mode == MODE_NIL || type_has_nil(y->type)
			: y->mode == MODE_NIL ? type_has_nil(x->type)
			: type_assignable(c->u, x->type, y->type) || type_assignable(c->u, y->type, x->type);
	if (!matching) {
		Buf buf;
		buf_init(&buf, c->u->arena->mem);
		buf_printf(&buf, "mismatched types %s and %s", type_text(c, x->type), type_text(c, y->type));
		return (Mismatch){y, buf_text(c, &buf)};
	}
	if (op != TOK_EQL && op != TOK_NEQ) {
		if (!type_is_ordered(x->type))
			return (Mismatch){x, ""};
		return (Mismatch){type_is_ordered(y->type) ? NULL : y, ""};
	}
	if (nil)
		return (Mismatch){x->mode == y->mode ? y : NULL, ""};
	if (!type_is_comparable(x->type))
		return (Mismatch){x, incomparable_cause(c, x->type)};
	if (!type_is_comparable(y->type))
		return (Mismatch){y, incomparable_cause(c, y->type)};
	return (Mismatch){NULL, ""};
}

static const char *mismatch_cause(Check *c, Mismatch *m, Operand *x, Operand *y, Token op) {
	if (*m->cause)
		return m->cause;
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	if (is_type_param(x->type) || is_type_param(y->type)) {
		if (!is_type_param(x->type))
			m->operand = y;
		buf_printf(&buf, "type parameter %s is not comparable with %s", type_text(c, m->operand->type),
			   token_spelling(op));
	} else {
		buf_printf(&buf, "operator %s not defined on %s", token_spelling(op), kind_text(c, m->operand->type));
	}
	return buf_text(c, &buf);
}

void check_comparison(Check *c, Operand *x, Operand *y, Token op, bool switch_case) {
	Mismatch m = find_mismatch(c, x, y, op);
	if (m.operand) {
		const char *cause = mismatch_cause(c, &m, x, y, op);
		if (switch_case)
			FAIL(c, x->node->pos, CASE_MISMATCH, node_text(c, x->node), node_text(c, y->node), cause);
		else
			FAIL(c, m.operand->node->pos, COMPARISON, node_text(c, x->node), token_spelling(op),
			     node_text(c, y->node), cause);
		operand_invalidate(x);
		return;
	}
	if (x->mode == MODE_CONST && y->mode == MODE_CONST) {
		x->value = const_make_bool(c->u, const_compare(op, x->value, y->value));
	} else {
		x->mode = MODE_VALUE;
		x->value = NULL;
		/* The operands are compared at run time: they need types. */
		update_expr_type(c, x->node, type_default(c->u, x->type), true);
		update_expr_type(c, y->node, type_default(c->u, y->type), true);
	}
	x->type = basic(c, TYPE_UNTYPED_BOOL);
}

/* ---------------------------------------------------------------- shifts */

static bool shift_count_ok(Check *c, Operand *y) {
	if (y->mode == MODE_CONST) {
		Const *count = const_to_int(c->u, y->value);
		if (count && const_sign(count) < 0) {
			FAIL(c, y->node->pos, NEGATIVE_SHIFT, operand_text(c, y));
			return false;
		}
		if (type_is_untyped(y->type)) {
			Operand probe = *y;
			if (!check_representable(c, &probe, basic(c, TYPE_UINT)))
				return false;
			operand_set_type(c, y, basic(c, TYPE_UINT), probe.value);
			return true;
		}
	}
	if (type_is_untyped(y->type)) {
		convert_untyped(c, y, basic(c, TYPE_UINT));
		return y->mode != MODE_NONE;
	}
	if (type_is_integer(y->type)) {
		if (language_has(c, 13) || type_is_unsigned(y->type))
			return true;
		return require_language(c, y->node->pos, 13, "invalid operation: signed shift count %s", operand_text(c, y));
	}
	FAIL(c, y->node->pos, SHIFT_COUNT_INTEGER, operand_text(c, y));
	return false;
}

enum { MAX_CONST_SHIFT = 1023 - 1 + 52 }; /* so that smallest denormal floats can be written as shifts */

static void constant_shift(Check *c, Operand *x, Operand *y, Node *e, Token op, Pos op_pos) {
	uint64_t count;
	Const *n = const_to_int(c->u, y->value);
	if (!n || !const_uint64(n, &count) || count > MAX_CONST_SHIFT) {
		FAIL(c, y->node->pos, INVALID_SHIFT, operand_text(c, y));
		operand_invalidate(x);
		return;
	}
	if (!type_is_integer(x->type))
		x->type = basic(c, TYPE_UNTYPED_INT);
	x->value = const_shift(c->u, op, const_to_int(c->u, x->value), count);
	if (e)
		x->node = e;
	check_overflow(c, x, op_pos);
}

static void shift(Check *c, Operand *x, Operand *y, Node *e, Token op, Pos op_pos) {
	bool untyped_int = x->mode == MODE_CONST && type_is_untyped(x->type) && const_to_int(c->u, x->value);
	if (x->mode == MODE_NIL || !(type_is_integer(x->type) || untyped_int)) {
		FAIL(c, x->node->pos, SHIFT_OPERAND, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	if (!shift_count_ok(c, y)) {
		operand_invalidate(x);
		return;
	}
	if (x->mode == MODE_CONST && y->mode == MODE_CONST) {
		constant_shift(c, x, y, e, op, op_pos);
		return;
	}
	if (x->mode == MODE_CONST && type_is_untyped(x->type))
		x->node->flags |= NODE_SHIFT_LHS; /* decided when the type is known */
	x->mode = MODE_VALUE;
	x->value = NULL;
}

/* ---------------------------------------------------------------- binary */

/* A complex constant that is zero, or so small that its square is: what division needs. */
static bool is_complex_zero(Check *c, const Const *value) {
	Const *parts[] = {const_real(c->u, value), const_imag(c->u, value)};
	for (int i = 0; i < 2; i++) {
		Const *square = const_binary(c->u, TOK_MUL, parts[i], parts[i], false);
		if (!square || const_sign(square) != 0)
			return false;
	}
	return true;
}

static bool divides_by_zero(Check *c, Operand *x, Operand *y, Token op) {
	if ((op != TOK_QUO && op != TOK_REM) || y->mode != MODE_CONST)
		return false;
	if (x->mode != MODE_CONST && !type_is_integer(x->type))
		return false;
	if (const_kind(y->value) == CONST_COMPLEX) {
		if (!is_complex_zero(c, y->value))
			return false;
	} else if (x->mode == MODE_CONST && type_is_complex(x->type)) {
		if (!is_complex_zero(c, const_make_complex(c->u, y->value, const_make_int64(c->u, 0))))
			return false;
	} else if (const_sign(y->value) != 0) {
		return false;
	}
	FAIL(c, y->node->pos, DIVISION_BY_ZERO);
	return true;
}

static void fold(Check *c, Operand *x, Operand *y, Node *e, Token op, Pos op_pos) {
	if (op == TOK_LAND || op == TOK_LOR) {
		bool a = const_bool(x->value), b = const_bool(y->value);
		x->value = const_make_bool(c->u, op == TOK_LAND ? a && b : a || b);
		return;
	}
	x->value = const_binary(c->u, op, x->value, y->value, type_is_integer(x->type));
	if (e)
		x->node = e;
	check_overflow(c, x, op_pos);
}

static void report_mismatch(Check *c, Operand *x, Operand *y, Node *e, Token op) {
	if (type_valid(x->type) && type_valid(y->type)) {
		const char *a = type_text(c, x->type), *b = type_text(c, y->type);
		if (e)
			FAIL(c, x->node->pos, MISMATCHED, node_text(c, e), a, b);
		else
			FAIL(c, x->node->pos, MISMATCHED_ASSIGN, node_text(c, x->node), token_spelling(op),
			     node_text(c, y->node), a, b);
	}
	operand_invalidate(x);
}

/* x op y with both operands evaluated; the result is in x. */
static void combine(Check *c, Operand *x, Operand *y, Node *e, Token op, Pos op_pos) {
	if (x->mode == MODE_NONE)
		return;
	if (y->mode == MODE_NONE) {
		operand_invalidate(x);
		return;
	}
	if (op == TOK_SHL || op == TOK_SHR) {
		shift(c, x, y, e, op, op_pos);
		return;
	}
	match_operands(c, x, y);
	if (x->mode == MODE_NONE)
		return;
	if (op >= TOK_EQL && op <= TOK_GEQ) {
		check_comparison(c, x, y, op, false);
		return;
	}
	if (!type_identical(x->type, y->type)) {
		report_mismatch(c, x, y, e, op);
		return;
	}
	if (!operator_defined(c, x, op, false) || divides_by_zero(c, x, y, op)) {
		operand_invalidate(x);
		return;
	}
	if (x->mode == MODE_CONST && y->mode == MODE_CONST) {
		fold(c, x, y, e, op, op_pos);
		return;
	}
	x->mode = MODE_VALUE;
	x->value = NULL;
}

void check_binary_op(Check *c, Operand *x, Node *lhs, Node *rhs, Token op, Pos op_pos) {
	Operand y;
	check_expr(c, x, lhs);
	check_expr(c, &y, rhs);
	combine(c, x, &y, NULL, op, op_pos);
}

/* "a" + "b" + ...: the texts are joined once, at the end, or a long chain would take quadratic space. */
typedef struct Joined {
	Buf text;
	bool open;
} Joined;

/* In pieces: a chain of some kilobytes can name gigabytes. */
static void join_text(Check *c, Joined *j, Str s) {
	enum { PIECE = 256 << 10 };
	for (size_t at = 0, n; at < s.len && j->text.len <= MAX_CONST_STRING; at += n) {
		n = s.len - at < PIECE ? s.len - at : PIECE;
		if (n == PIECE && arena_ask(c->u->arena))
			return;
		buf_put(&j->text, s.ptr + at, n);
	}
}

static bool join(Check *c, Joined *j, Operand *x, const Operand *y, BinaryExpr *b) {
	if (b->op != TOK_ADD || x->mode != MODE_CONST || y->mode != MODE_CONST || x->type != y->type ||
	    const_kind(y->value) != CONST_STRING)
		return false;
	if (!j->open) {
		buf_init(&j->text, c->u->arena->mem);
		join_text(c, j, const_string(x->value));
		j->open = true;
	}
	join_text(c, j, const_string(y->value));
	return true;
}

static void join_end(Check *c, Joined *j, Operand *x) {
	if (!j->open)
		return;
	j->open = false;
	size_t len = j->text.len;
	bool fits = const_string_fits(c->u, len);
	const char *text = fits ? arena_join(c->u->arena, buf_cstr(&j->text), len, "", 0) : NULL;
	buf_deinit(&j->text);
	if (!fits) {
		FAIL(c, x->node->pos, CONST_STRING_LONG);
		operand_invalidate(x);
		return;
	}
	x->value = const_make_string(c->u, (Str){text ? text : "", text ? len : 0});
	operand_record(c, x);
}

void check_binary_expr(Check *c, Operand *x, BinaryExpr *e) {
	Joined joined = {.open = false};
	VEC(BinaryExpr *) spine = {0};
	Node *left = &e->node;
	while (left->kind == NODE_BINARY) {
		VEC_PUSH(c->u->arena, &spine, AS(BinaryExpr, left));
		left = AS(BinaryExpr, left)->x;
	}
	check_expr(c, x, left);
	for (uint32_t i = spine.len; i-- > 0;) {
		BinaryExpr *b = spine.items[i];
		Operand y;
		check_expr(c, &y, b->y);
		bool joins = join(c, &joined, x, &y, b);
		if (!joins) {
			join_end(c, &joined, x);
			combine(c, x, &y, &b->node, b->op, b->op_pos);
		}
		x->node = &b->node;
		operand_record(c, x);
	}
	join_end(c, &joined, x);
}
