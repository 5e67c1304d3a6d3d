/* SPDX-License-Identifier: MIT */
/* constant.c: exact constant values: construction, operators, conversion between kinds, representability, printing.
 *
 * Rules: values are immutable and never rounded until const_representable says which type they take. Kinds are matched
 * upwards (integer, float, complex) before an operator applies. Whole floats stay floats: only const_to_int turns them.
 * Why exact: `1<<100>>98` and `0.1+0.2 == 0.3` must hold in constants; see the Go specification, "Constants".
 * See: const_number.c (storage, rounding), const_literal.c. */
#include <math.h>

#include "base/number.h"
#include "base/utf8.h"
#include "types/constant.h"

/* ---------------------------------------------------------------- construction and access */

ConstKind const_kind(const Const *c) {
	return (ConstKind)c->kind;
}

bool const_bool(const Const *c) {
	return c->kind == CONST_BOOL && c->boolean;
}

Str const_string(const Const *c) {
	return c->kind == CONST_STRING ? c->string : (Str){"", 0};
}

Const *const_make_bool(Universe *u, bool v) {
	Const *c = const_new(u, CONST_BOOL);
	c->boolean = v;
	return c;
}

Const *const_make_string(Universe *u, Str s) {
	Const *c = const_new(u, CONST_STRING);
	c->string = (Str){arena_strndup(u->arena, s.ptr, s.len), s.len};
	return c;
}

Const *const_make_int64(Universe *u, int64_t v) {
	mpz_t z;
	mpz_init_set_si(z, v);
	Const *c = const_from_mpz(u, z);
	mpz_clear(z);
	return c;
}

Const *const_make_from_int(Universe *u, int64_t v) {
	return const_make_int64(u, v);
}

/* NULL for infinities and NaN: constants have none. */
Const *const_make_float64(Universe *u, double v) {
	if (!isfinite(v))
		return NULL;
	int exp;
	double mant = frexp(v, &exp); /* v = mant * 2^exp exactly, mant * 2^53 is whole */
	mpz_t num, den;
	mpz_init_set_d(num, ldexp(mant, 53));
	mpz_init_set_ui(den, 1);
	exp -= 53;
	if (exp > 0)
		mpz_mul_2exp(num, num, (mp_bitcnt_t)exp);
	else
		mpz_mul_2exp(den, den, (mp_bitcnt_t)-exp);
	Const *c = const_from_ratio(u, num, den);
	mpz_clears(num, den, NULL);
	return c;
}

Const *const_make_complex(Universe *u, const Const *re, const Const *im) {
	if (re->kind != CONST_INT && re->kind != CONST_FLOAT)
		re = const_to_float(u, re);
	if (im->kind != CONST_INT && im->kind != CONST_FLOAT)
		im = const_to_float(u, im);
	if (!re || !im)
		return NULL;
	Const *c = const_new(u, CONST_COMPLEX);
	c->re = re;
	c->im = im;
	return c;
}

/* A value handed out again: values are immutable, so sharing is fine although the interface speaks of Const *. */
static Const *same(const Const *x) {
	return (Const *)(uintptr_t)x;
}

Const *const_real(Universe *u, const Const *x) {
	(void)u;
	return x->kind == CONST_COMPLEX ? same(x->re) : x->kind == CONST_INT || x->kind == CONST_FLOAT ? same(x) : NULL;
}

Const *const_imag(Universe *u, const Const *x) {
	if (x->kind == CONST_COMPLEX)
		return same(x->im);
	return x->kind == CONST_INT || x->kind == CONST_FLOAT ? const_make_int64(u, 0) : NULL;
}

static int integer_sign(Integer n) {
	return n.size < 0 ? -1 : n.size > 0;
}

int const_sign(const Const *x) {
	switch ((ConstKind)x->kind) {
	case CONST_INT:
	case CONST_FLOAT:
		return integer_sign(x->num);
	case CONST_COMPLEX: /* 0 or not 0 is all that can be said */
		return const_sign(x->re) | const_sign(x->im);
	default:
		return 1;
	}
}

uint32_t const_bit_length(const Const *x) {
	mpz_t view;
	if (x->kind != CONST_INT || x->num.size == 0)
		return 0;
	return (uint32_t)mpz_sizeinbase(integer_view(view, x->num), 2);
}

/* ---------------------------------------------------------------- between kinds */

static bool is_number(const Const *x) {
	return x->kind == CONST_INT || x->kind == CONST_FLOAT || x->kind == CONST_COMPLEX;
}

/* The number mant * 2^exp as an integer, when it is one of reasonable size. */
static Const *big_to_int(Universe *u, const BigFloat *f) {
	if (f->exp < 0 && mpz_sgn(f->mant) != 0)
		return NULL; /* the mantissa is odd: a fraction remains */
	if (f->exp > RATIO_MAX_BITS)
		return NULL;
	mpz_t z;
	mpz_init(z);
	mpz_mul_2exp(z, f->mant, (mp_bitcnt_t)f->exp);
	Const *c = const_from_mpz(u, z);
	mpz_clear(z);
	return c;
}

/* A 512-bit float that misses an integer by its last few bits is meant to be it: earlier operations have rounded. */
static Const *float_to_int(Universe *u, const Const *x) {
	BigFloat f;
	big_init(&f);
	big_from_const(&f, x);
	Const *c = big_to_int(u, &f);
	if (!c && f.exp < 0 && -f.exp < RATIO_MAX_BITS) {
		big_round(&f, FLOAT_BITS - 4, false);
		c = big_to_int(u, &f);
	}
	big_clear(&f);
	return c;
}

Const *const_to_int(Universe *u, const Const *x) {
	switch ((ConstKind)x->kind) {
	case CONST_INT:
		return same(x);
	case CONST_COMPLEX:
		return const_sign(x->im) == 0 ? const_to_int(u, x->re) : NULL;
	case CONST_FLOAT: {
		mpz_t view;
		if (const_is_big(x))
			return float_to_int(u, x);
		if (mpz_cmp_ui(integer_view(view, x->den), 1) != 0)
			return NULL;
		return const_from_mpz(u, integer_view(view, x->num));
	}
	default:
		return NULL;
	}
}

Const *const_to_float(Universe *u, const Const *x) {
	switch ((ConstKind)x->kind) {
	case CONST_FLOAT:
		return same(x);
	case CONST_COMPLEX:
		return const_sign(x->im) == 0 ? const_to_float(u, x->re) : NULL;
	case CONST_INT: {
		mpz_t view, one;
		mpz_init_set_ui(one, 1);
		Const *c = const_from_ratio(u, integer_view(view, x->num), one);
		mpz_clear(one);
		return c;
	}
	default:
		return NULL;
	}
}

Const *const_to_complex(Universe *u, const Const *x) {
	if (x->kind == CONST_COMPLEX)
		return same(x);
	return is_number(x) ? const_make_complex(u, x, const_make_int64(u, 0)) : NULL;
}

bool const_int64(const Const *c, int64_t *out) {
	mpz_t view;
	if (c->kind == CONST_COMPLEX)
		return const_sign(c->im) == 0 && const_int64(c->re, out);
	if (c->kind == CONST_FLOAT) {
		bool whole = const_is_big(c) ? c->exp >= 0 && c->exp < 64
					     : mpz_cmp_ui(integer_view(view, c->den), 1) == 0;
		if (!whole)
			return false;
	} else if (c->kind != CONST_INT) {
		return false;
	}
	mpz_t z;
	mpz_init_set(z, integer_view(view, c->num));
	if (const_is_big(c))
		mpz_mul_2exp(z, z, (mp_bitcnt_t)c->exp);
	bool fits = mpz_fits_slong_p(z);
	if (fits)
		*out = mpz_get_si(z);
	mpz_clear(z);
	return fits;
}

bool const_uint64(const Const *c, uint64_t *out) {
	int64_t small;
	if (const_int64(c, &small)) {
		*out = (uint64_t)small;
		return small >= 0;
	}
	if (c->kind == CONST_COMPLEX)
		return const_sign(c->im) == 0 && const_uint64(c->re, out);
	mpz_t view;
	double approx = is_number(c) ? const_float64(c) : -1;
	if (approx < 9e18 || approx > 1.9e19 || (c->kind == CONST_FLOAT && const_is_big(c) && c->exp < 0))
		return false;
	if (c->kind == CONST_FLOAT && !const_is_big(c) && mpz_cmp_ui(integer_view(view, c->den), 1) != 0)
		return false;
	mpz_t z;
	mpz_init_set(z, integer_view(view, c->num));
	if (const_is_big(c))
		mpz_mul_2exp(z, z, (mp_bitcnt_t)c->exp);
	bool fits = mpz_fits_ulong_p(z);
	if (fits)
		*out = mpz_get_ui(z);
	mpz_clear(z);
	return fits;
}

/* ---------------------------------------------------------------- operators */

static Const *int_not(Universe *u, const Const *x, Type *type) {
	mpz_t z, view, mask;
	mpz_inits(z, mask, NULL);
	mpz_com(z, integer_view(view, x->num));
	Type *under = type ? type_underlying(type) : NULL;
	if (under && under->kind >= TYPE_UINT && under->kind <= TYPE_UINTPTR) {
		static const uint8_t bits[] = {
			[TYPE_UINT] = 64, [TYPE_UINT8] = 8, [TYPE_UINT16] = 16, [TYPE_UINT32] = 32,
			[TYPE_UINT64] = 64, [TYPE_UINTPTR] = 64,
		};
		mpz_setbit(mask, bits[under->kind]);
		mpz_sub_ui(mask, mask, 1);
		mpz_and(z, z, mask);
	}
	Const *c = const_from_mpz(u, z);
	mpz_clears(z, mask, NULL);
	return c;
}

static Const *number_negate(Universe *u, const Const *x) {
	if (x->kind == CONST_COMPLEX)
		return const_make_complex(u, number_negate(u, x->re), number_negate(u, x->im));
	Const *c = const_new(u, (ConstKind)x->kind);
	*c = *x;
	c->num.size = -c->num.size;
	return c;
}

Const *const_unary(Universe *u, Token op, const Const *x, Type *type) {
	switch (op) {
	case TOK_ADD:
		return is_number(x) ? same(x) : NULL;
	case TOK_SUB:
		return is_number(x) ? number_negate(u, x) : NULL;
	case TOK_XOR:
		return x->kind == CONST_INT ? int_not(u, x, type) : NULL;
	case TOK_NOT:
		return x->kind == CONST_BOOL ? const_make_bool(u, !x->boolean) : NULL;
	default:
		return NULL;
	}
}

/* false: no such operator on integers, or the divisor is 0. */
static bool int_apply(Token op, mpz_t z, mpz_srcptr x, mpz_srcptr y) {
	switch (op) {
	case TOK_ADD:
		mpz_add(z, x, y);
		return true;
	case TOK_SUB:
		mpz_sub(z, x, y);
		return true;
	case TOK_MUL:
		mpz_mul(z, x, y);
		return true;
	case TOK_QUO:
		if (mpz_sgn(y) == 0)
			return false;
		mpz_tdiv_q(z, x, y);
		return true;
	case TOK_REM:
		if (mpz_sgn(y) == 0)
			return false;
		mpz_tdiv_r(z, x, y);
		return true;
	case TOK_AND:
		mpz_and(z, x, y);
		return true;
	case TOK_OR:
		mpz_ior(z, x, y);
		return true;
	case TOK_XOR:
		mpz_xor(z, x, y);
		return true;
	case TOK_AND_NOT:
		mpz_com(z, y);
		mpz_and(z, x, z);
		return true;
	default:
		return false;
	}
}

static Const *int_binary(Universe *u, Token op, const Const *x, const Const *y) {
	mpz_t z, vx, vy;
	mpz_init(z);
	bool ok = int_apply(op, z, integer_view(vx, x->num), integer_view(vy, y->num));
	Const *c = ok ? const_from_mpz(u, z) : NULL;
	mpz_clear(z);
	return c;
}

static Const *ratio_binary(Universe *u, Token op, const Const *x, const Const *y) {
	mpq_t a, b, r;
	mpq_inits(a, b, r, NULL);
	const_ratio(x, mpq_numref(a), mpq_denref(a));
	const_ratio(y, mpq_numref(b), mpq_denref(b));
	bool ok = true;
	if (op == TOK_ADD)
		mpq_add(r, a, b);
	else if (op == TOK_SUB)
		mpq_sub(r, a, b);
	else if (op == TOK_MUL)
		mpq_mul(r, a, b);
	else if (op == TOK_QUO && mpq_sgn(b) != 0)
		mpq_div(r, a, b);
	else
		ok = false;
	Const *c = ok ? const_from_ratio(u, mpq_numref(r), mpq_denref(r)) : NULL;
	mpq_clears(a, b, r, NULL);
	return c;
}

static Const *big_binary(Universe *u, Token op, const Const *x, const Const *y) {
	BigFloat a, b, r;
	big_init(&a);
	big_init(&b);
	big_init(&r);
	big_from_const(&a, x);
	big_from_const(&b, y);
	bool ok = true;
	if (op == TOK_SUB)
		mpz_neg(b.mant, b.mant);
	if (op == TOK_ADD || op == TOK_SUB)
		big_add(&r, &a, &b);
	else if (op == TOK_MUL)
		big_mul(&r, &a, &b, FLOAT_BITS);
	else if (op == TOK_QUO && mpz_sgn(b.mant) != 0)
		big_quo(&r, &a, &b, FLOAT_BITS);
	else
		ok = false;
	Const *c = ok ? const_from_big(u, &r) : NULL;
	big_clear(&a);
	big_clear(&b);
	big_clear(&r);
	return c;
}

/* Integers and floats as real numbers; an integer result of + - * of integers stays one. */
static Const *real_binary(Universe *u, Token op, const Const *x, const Const *y) {
	if (!x || !y)
		return NULL;
	if (x->kind == CONST_INT && y->kind == CONST_INT && op != TOK_QUO)
		return int_binary(u, op, x, y);
	return const_is_big(x) || const_is_big(y) ? big_binary(u, op, x, y) : ratio_binary(u, op, x, y);
}

/* (a+bi)(c+di) = (ac-bd) + (bc+ad)i */
static Const *complex_mul(Universe *u, const Const *x, const Const *y) {
	Const *ac = real_binary(u, TOK_MUL, x->re, y->re), *bd = real_binary(u, TOK_MUL, x->im, y->im);
	Const *bc = real_binary(u, TOK_MUL, x->im, y->re), *ad = real_binary(u, TOK_MUL, x->re, y->im);
	Const *re = real_binary(u, TOK_SUB, ac, bd), *im = real_binary(u, TOK_ADD, bc, ad);
	return re && im ? const_make_complex(u, re, im) : NULL;
}

/* (a+bi)/(c+di) = (a+bi)(c-di) / (cc+dd) */
static Const *complex_quo(Universe *u, const Const *x, const Const *y) {
	Const *cc = real_binary(u, TOK_MUL, y->re, y->re), *dd = real_binary(u, TOK_MUL, y->im, y->im);
	Const *norm = real_binary(u, TOK_ADD, cc, dd);
	Const *top = complex_mul(u, x, const_make_complex(u, y->re, number_negate(u, y->im)));
	if (!norm || !top || const_sign(norm) == 0)
		return NULL;
	Const *re = real_binary(u, TOK_QUO, top->re, norm), *im = real_binary(u, TOK_QUO, top->im, norm);
	return re && im ? const_make_complex(u, re, im) : NULL;
}

static Const *complex_binary(Universe *u, Token op, const Const *x, const Const *y) {
	if (op == TOK_MUL)
		return complex_mul(u, x, y);
	if (op == TOK_QUO)
		return complex_quo(u, x, y);
	if (op != TOK_ADD && op != TOK_SUB)
		return NULL;
	Const *re = real_binary(u, op, x->re, y->re), *im = real_binary(u, op, x->im, y->im);
	return re && im ? const_make_complex(u, re, im) : NULL;
}

bool const_string_fits(Universe *u, size_t len) {
	u->joined_bytes += len;
	return len <= MAX_CONST_STRING && u->joined_bytes <= 4ull * MAX_CONST_STRING;
}

static Const *string_concat(Universe *u, Str a, Str b) {
	if (!const_string_fits(u, a.len + b.len))
		return NULL;
	char *text = arena_join(u->arena, a.ptr, a.len, b.ptr, b.len);
	if (!text)
		return NULL;
	Const *c = const_new(u, CONST_STRING);
	c->string = (Str){text, a.len + b.len};
	return c;
}

Const *const_binary(Universe *u, Token op, const Const *x, const Const *y, bool integer_division) {
	if (x->kind == CONST_BOOL && y->kind == CONST_BOOL) {
		if (op != TOK_LAND && op != TOK_LOR)
			return NULL;
		return const_make_bool(u, op == TOK_LAND ? x->boolean && y->boolean : x->boolean || y->boolean);
	}
	if (x->kind == CONST_STRING && y->kind == CONST_STRING)
		return op == TOK_ADD ? string_concat(u, x->string, y->string) : NULL;
	if (!is_number(x) || !is_number(y))
		return NULL;
	if (x->kind == CONST_COMPLEX || y->kind == CONST_COMPLEX)
		return complex_binary(u, op, const_to_complex(u, x), const_to_complex(u, y));
	if (x->kind == CONST_INT && y->kind == CONST_INT)
		return op == TOK_QUO && !integer_division ? real_binary(u, op, x, y) : int_binary(u, op, x, y);
	/* Values of integer type may still be stored as whole floats. */
	if (integer_division) {
		const Const *xi = const_to_int(u, x), *yi = const_to_int(u, y);
		return xi && yi ? int_binary(u, op, xi, yi) : NULL;
	}
	return real_binary(u, op, x, y);
}

Const *const_shift(Universe *u, Token op, const Const *x, uint64_t count) {
	x = const_to_int(u, x);
	if (!x)
		return NULL;
	if (x->num.size == 0)
		return same(x);
	if (op == TOK_SHL && count > MAX_CONST_INT_BITS)
		return NULL;
	mpz_t z, view;
	mpz_init(z);
	if (op == TOK_SHL)
		mpz_mul_2exp(z, integer_view(view, x->num), count);
	else
		mpz_fdiv_q_2exp(z, integer_view(view, x->num), count);
	Const *c = const_from_mpz(u, z);
	mpz_clear(z);
	return c;
}

/* ---------------------------------------------------------------- comparison */

static int real_cmp(const Const *x, const Const *y) {
	int sign;
	if (const_is_big(x) || const_is_big(y)) {
		BigFloat a, b;
		big_init(&a);
		big_init(&b);
		big_from_const(&a, x);
		big_from_const(&b, y);
		sign = big_cmp(&a, &b);
		big_clear(&a);
		big_clear(&b);
		return sign;
	}
	mpq_t a, b;
	mpq_inits(a, b, NULL);
	const_ratio(x, mpq_numref(a), mpq_denref(a));
	const_ratio(y, mpq_numref(b), mpq_denref(b));
	sign = mpq_cmp(a, b);
	mpq_clears(a, b, NULL);
	return sign;
}

static int string_cmp(Str a, Str b) {
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
	return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static bool complex_equal(const Const *x, const Const *y) {
	const Const *xr = x->kind == CONST_COMPLEX ? x->re : x, *yr = y->kind == CONST_COMPLEX ? y->re : y;
	if (real_cmp(xr, yr) != 0)
		return false;
	if (x->kind != CONST_COMPLEX)
		return const_sign(y->im) == 0;
	if (y->kind != CONST_COMPLEX)
		return const_sign(x->im) == 0;
	return real_cmp(x->im, y->im) == 0;
}

/* Negative, 0 or positive; for what has no order, 0 or 1. */
static int value_cmp(const Const *x, const Const *y) {
	if (x->kind == CONST_BOOL && y->kind == CONST_BOOL)
		return x->boolean != y->boolean;
	if (x->kind == CONST_STRING && y->kind == CONST_STRING)
		return string_cmp(x->string, y->string);
	if (!is_number(x) || !is_number(y))
		return 1;
	if (x->kind == CONST_COMPLEX || y->kind == CONST_COMPLEX)
		return !complex_equal(x, y);
	return real_cmp(x, y);
}

bool const_compare(Token op, const Const *x, const Const *y) {
	int order = value_cmp(x, y);
	switch (op) {
	case TOK_EQL:
		return order == 0;
	case TOK_NEQ:
		return order != 0;
	case TOK_LSS:
		return order < 0;
	case TOK_LEQ:
		return order <= 0;
	case TOK_GTR:
		return order > 0;
	case TOK_GEQ:
		return order >= 0;
	default:
		return false;
	}
}

bool const_equal(const Const *a, const Const *b) {
	return a->kind == b->kind && value_cmp(a, b) == 0;
}

uint32_t const_hash(const Const *x) {
	uint32_t h = 0x811c9dc5u ^ x->kind;
	if (x->kind == CONST_STRING) {
		for (size_t i = 0; i < x->string.len; i++)
			h = (h ^ (unsigned char)x->string.ptr[i]) * 16777619u;
		return h;
	}
	if (x->kind == CONST_BOOL)
		return h + x->boolean;
	/* Through the machine value: equal numbers may be stored in two forms. */
	double parts[2] = {const_float64(x), const_imag64(x)};
	uint64_t bits[2];
	memcpy(bits, parts, sizeof(bits));
	uint64_t mixed = (bits[0] ^ (bits[1] << 1)) * UINT64_C(0x9E3779B97F4A7C15);
	return h ^ (uint32_t)(mixed >> 32);
}

/* ---------------------------------------------------------------- representability */

static Representable as_integer(Universe *u, const Const *x, Type *t, Const **rounded) {
	static const struct { uint8_t bits; bool is_signed; } sizes[] = {
		[TYPE_INT] = {64, true}, [TYPE_INT8] = {8, true}, [TYPE_INT16] = {16, true},
		[TYPE_INT32] = {32, true}, [TYPE_INT64] = {64, true}, [TYPE_UINT] = {64, false},
		[TYPE_UINT8] = {8, false}, [TYPE_UINT16] = {16, false}, [TYPE_UINT32] = {32, false},
		[TYPE_UINT64] = {64, false}, [TYPE_UINTPTR] = {64, false},
	};
	Const *whole = const_to_int(u, x);
	if (!whole)
		return NOT_TRUNCATED;
	*rounded = whole;
	if (t->kind > TYPE_UINTPTR)
		return REPRESENTABLE; /* untyped */
	uint32_t bits = sizes[t->kind].bits, length = const_bit_length(whole);
	if (!sizes[t->kind].is_signed)
		return const_sign(whole) >= 0 && length <= bits ? REPRESENTABLE : NOT_OVERFLOWS;
	if (length < bits)
		return REPRESENTABLE;
	/* -2^(n-1) has n bits and still fits. */
	mpz_t view;
	bool lowest = length == bits && const_sign(whole) < 0 &&
		      mpz_scan1(integer_view(view, whole->num), 0) == bits - 1;
	return lowest ? REPRESENTABLE : NOT_OVERFLOWS;
}

/* Rounds one real number to the machine type of `bits` bits. */
static Const *round_real(Universe *u, const Const *x, int bits) {
	return const_make_float64(u, bits == 32 ? (double)const_float32(x) : const_float64(x));
}

static Representable as_float(Universe *u, const Const *x, Type *t, Const **rounded) {
	Const *real = const_to_float(u, x);
	if (!real)
		return NOT_OVERFLOWS; /* an imaginary part: gc says so too */
	if (t->kind != TYPE_UNTYPED_FLOAT)
		real = round_real(u, real, t->kind == TYPE_FLOAT32 ? 32 : 64);
	*rounded = real;
	return real ? REPRESENTABLE : NOT_OVERFLOWS;
}

static Representable as_complex(Universe *u, const Const *x, Type *t, Const **rounded) {
	Const *c = const_to_complex(u, x);
	if (t->kind != TYPE_UNTYPED_COMPLEX) {
		int bits = t->kind == TYPE_COMPLEX64 ? 32 : 64;
		Const *re = round_real(u, c->re, bits), *im = round_real(u, c->im, bits);
		if (!re || !im)
			return NOT_OVERFLOWS;
		c = const_make_complex(u, re, im);
	}
	*rounded = c;
	return REPRESENTABLE;
}

Representable const_representable(Universe *u, const Const *x, Type *t, Const **rounded) {
	Const *value = NULL;
	Representable status = NOT_KIND;
	t = type_underlying(t);
	if (x->kind == CONST_BOOL || x->kind == CONST_STRING) {
		bool boolean = t->kind == TYPE_BOOL || t->kind == TYPE_UNTYPED_BOOL;
		bool string = t->kind == TYPE_STRING || t->kind == TYPE_UNTYPED_STRING;
		status = (x->kind == CONST_BOOL ? boolean : string) ? REPRESENTABLE : NOT_KIND;
		value = same(x);
	} else if ((t->kind >= TYPE_INT && t->kind <= TYPE_UINTPTR) || t->kind == TYPE_UNTYPED_INT ||
		   t->kind == TYPE_UNTYPED_RUNE) {
		status = as_integer(u, x, t, &value);
	} else if (t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64 || t->kind == TYPE_UNTYPED_FLOAT) {
		status = as_float(u, x, t, &value);
	} else if (t->kind == TYPE_COMPLEX64 || t->kind == TYPE_COMPLEX128 || t->kind == TYPE_UNTYPED_COMPLEX) {
		status = as_complex(u, x, t, &value);
	}
	if (status == REPRESENTABLE && rounded)
		*rounded = value;
	return status;
}

/* ---------------------------------------------------------------- printing */

static void print_integer(Buf *out, Integer n) {
	mpz_t view;
	integer_view(view, n);
	buf_reserve(out, mpz_sizeinbase(view, 10) + 2);
	if (out->failed)
		return;
	mpz_get_str(out->ptr + out->len, 10, view);
	out->len += strlen(out->ptr + out->len);
}

/* Beyond the range of float64: decimal mantissa and exponent by logarithm, good for the six digits shown. */
static void print_huge(const Const *x, Buf *out) {
	BigFloat f;
	big_init(&f);
	big_from_const(&f, x);
	int64_t bits = (int64_t)mpz_sizeinbase(f.mant, 2);
	long shift;
	double mant = mpz_get_d_2exp(&shift, f.mant);
	double digits = (double)(f.exp + bits) * 0.30102999566398119521;
	int64_t exp = (int64_t)digits;
	mant *= pow(10, digits - (double)exp);
	big_clear(&f);
	if (fabs(mant) < 1 - 0.5e-6) {
		mant *= 10;
		exp--;
	} else if (fabs(mant) >= 10) {
		mant /= 10;
		exp++;
	}
	char text[NUMBER_BUF];
	buf_put(out, text, number_format(text, sizeof(text), mant, 'g', 6, 64));
	buf_printf(out, "e%+lld", (long long)exp);
}

static bool float_is_whole(const Const *x) {
	mpz_t view;
	return const_is_big(x) ? x->exp >= 0 : mpz_cmp_ui(integer_view(view, x->den), 1) == 0;
}

static void print_float(const Const *x, Buf *out) {
	double value = const_float64(x);
	if (isinf(value) || (value == 0 && const_sign(x) != 0)) {
		print_huge(x, out);
		return;
	}
	char text[NUMBER_BUF];
	size_t len = number_format(text, sizeof(text), value, 'g', 6, 64);
	/* "5" for 4.9999999 would read like an integer: more digits then. */
	if (!float_is_whole(x) && !memchr(text, '.', len))
		len = number_format(text, sizeof(text), value, 'g', -1, 64);
	buf_put(out, text, len);
}

enum { STRING_SHOWN = 72 }; /* characters of a quoted string in messages */

static void print_string(Str s, Buf *out) {
	size_t start = out->len;
	print_quoted(out, (Str){s.ptr, s.len < 4 * STRING_SHOWN ? s.len : 4 * STRING_SHOWN});
	if (out->failed || utf8_count(out->ptr + start, out->len - start) <= STRING_SHOWN)
		return;
	size_t keep = start;
	int32_t rune;
	for (int n = 0; n < STRING_SHOWN - 3; n++)
		keep += (size_t)utf8_decode(out->ptr + keep, out->len - keep, &rune);
	out->len = keep;
	buf_puts(out, "...");
}

void const_print(const Const *c, Buf *out) {
	switch ((ConstKind)c->kind) {
	case CONST_BOOL:
		buf_puts(out, c->boolean ? "true" : "false");
		break;
	case CONST_STRING:
		print_string(c->string, out);
		break;
	case CONST_INT:
		print_integer(out, c->num);
		break;
	case CONST_FLOAT:
		print_float(c, out);
		break;
	case CONST_COMPLEX:
		buf_putc(out, '(');
		const_print(c->re, out);
		buf_puts(out, " + ");
		const_print(c->im, out);
		buf_puts(out, "i)");
		break;
	}
}
