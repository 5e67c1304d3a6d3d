/* SPDX-License-Identifier: MIT */
/* const_number.c: the numbers behind constants: storing GMP's results, 512-bit floats, and rounding to machine floats.
 *
 * Rules: every function that makes an mpz_t clears it; results live in the arena. Rounding is to nearest even and
 * happens once, from the exact value, also for float32 and for subnormal results.
 * Why not mpf: it truncates, and its precision is counted in limbs. */
#include <math.h>

#include "types/constant.h"

/* ---------------------------------------------------------------- storing */

Const *const_new(Universe *u, ConstKind kind) {
	Const *c = ARENA_NEW(u->arena, Const);
	c->kind = (uint8_t)kind;
	return c;
}

static Integer integer_store(Universe *u, const mpz_t z) {
	size_t count = mpz_size(z);
	mp_limb_t *limbs = ARENA_ARRAY(u->arena, mp_limb_t, count ? count : 1);
	if (count)
		memcpy(limbs, mpz_limbs_read(z), count * sizeof(mp_limb_t));
	return (Integer){limbs, mpz_sgn(z) < 0 ? -(int32_t)count : (int32_t)count};
}

Const *const_from_mpz(Universe *u, const mpz_t z) {
	if (mpz_sizeinbase(z, 2) > MAX_CONST_INT_BITS)
		return NULL;
	Const *c = const_new(u, CONST_INT);
	c->num = integer_store(u, z);
	return c;
}

Const *const_from_big(Universe *u, BigFloat *f) {
	big_round(f, FLOAT_BITS, false);
	int64_t top = f->exp + (int64_t)mpz_sizeinbase(f->mant, 2);
	if (mpz_sgn(f->mant) != 0 && top > MAX_CONST_EXPONENT)
		return NULL;
	if (mpz_sgn(f->mant) == 0 || top < -(int64_t)MAX_CONST_EXPONENT) {
		mpz_set_ui(f->mant, 0);
		f->exp = 0;
	}
	Const *c = const_new(u, CONST_FLOAT);
	c->form = FLOAT_BIG;
	c->num = integer_store(u, f->mant);
	c->exp = f->exp;
	return c;
}

static Const *ratio_store(Universe *u, const mpz_t num, const mpz_t den) {
	Const *c = const_new(u, CONST_FLOAT);
	c->form = FLOAT_RATIO;
	c->num = integer_store(u, num);
	c->den = integer_store(u, den);
	return c;
}

static void big_from_ratio(BigFloat *f, const mpz_t num, const mpz_t den) {
	BigFloat n, d;
	big_init(&n);
	big_init(&d);
	mpz_set(n.mant, num);
	mpz_set(d.mant, den);
	big_quo(f, &n, &d, FLOAT_BITS);
	big_clear(&n);
	big_clear(&d);
}

Const *const_from_ratio(Universe *u, const mpz_t num, const mpz_t den) {
	mpz_t common, n, d;
	mpz_inits(common, n, d, NULL);
	mpz_gcd(common, num, den);
	mpz_divexact(n, num, common);
	mpz_divexact(d, den, common);
	Const *c;
	if (mpz_sizeinbase(n, 2) <= RATIO_MAX_BITS && mpz_sizeinbase(d, 2) <= RATIO_MAX_BITS) {
		c = ratio_store(u, n, d);
	} else {
		BigFloat f;
		big_init(&f);
		big_from_ratio(&f, n, d);
		c = const_from_big(u, &f);
		big_clear(&f);
	}
	mpz_clears(common, n, d, NULL);
	return c;
}

void const_ratio(const Const *x, mpz_t num, mpz_t den) {
	mpz_t view;
	mpz_set(num, integer_view(view, x->num));
	if (x->kind == CONST_FLOAT)
		mpz_set(den, integer_view(view, x->den));
	else
		mpz_set_ui(den, 1);
}

bool const_is_big(const Const *x) {
	return x->kind == CONST_FLOAT && x->form == FLOAT_BIG;
}

/* ---------------------------------------------------------------- 512-bit floats */

void big_init(BigFloat *f) {
	mpz_init(f->mant);
	f->exp = 0;
}

void big_clear(BigFloat *f) {
	mpz_clear(f->mant);
}

/* Drops the lowest `drop` bits of a magnitude, rounding to nearest even. */
static void magnitude_round(mpz_t m, mp_bitcnt_t drop, bool sticky) {
	bool half = mpz_tstbit(m, drop - 1);
	bool rest = sticky || (drop > 1 && mpz_scan1(m, 0) < drop - 1);
	mpz_tdiv_q_2exp(m, m, drop);
	if (half && (rest || mpz_odd_p(m)))
		mpz_add_ui(m, m, 1);
}

void big_round(BigFloat *f, uint32_t bits, bool sticky) {
	if (mpz_sgn(f->mant) == 0) {
		f->exp = 0;
		return;
	}
	bool negative = mpz_sgn(f->mant) < 0;
	mpz_abs(f->mant, f->mant);
	size_t have = mpz_sizeinbase(f->mant, 2);
	if (have > bits) {
		magnitude_round(f->mant, have - bits, sticky);
		f->exp += (int64_t)(have - bits);
	}
	mp_bitcnt_t zeros = mpz_scan1(f->mant, 0); /* normal form: odd */
	mpz_tdiv_q_2exp(f->mant, f->mant, zeros);
	f->exp += (int64_t)zeros;
	if (negative)
		mpz_neg(f->mant, f->mant);
}

void big_from_const(BigFloat *f, const Const *x) {
	mpz_t view;
	if (x->kind == CONST_FLOAT && x->form == FLOAT_RATIO) {
		mpz_t den;
		big_from_ratio(f, integer_view(view, x->num), integer_view(den, x->den));
		return;
	}
	mpz_set(f->mant, integer_view(view, x->num));
	f->exp = x->kind == CONST_FLOAT ? x->exp : 0;
	big_round(f, FLOAT_BITS, false);
}

void big_quo(BigFloat *z, const BigFloat *x, const BigFloat *y, uint32_t bits) {
	int64_t have = (int64_t)mpz_sizeinbase(x->mant, 2) - (int64_t)mpz_sizeinbase(y->mant, 2);
	int64_t shift = have >= (int64_t)bits + 2 ? 0 : (int64_t)bits + 2 - have;
	mpz_t scaled, rest;
	mpz_inits(scaled, rest, NULL);
	mpz_mul_2exp(scaled, x->mant, (mp_bitcnt_t)shift);
	int64_t exp = x->exp - y->exp - shift;
	mpz_tdiv_qr(z->mant, rest, scaled, y->mant);
	z->exp = exp;
	big_round(z, bits, mpz_sgn(rest) != 0);
	mpz_clears(scaled, rest, NULL);
}

void big_mul(BigFloat *z, const BigFloat *x, const BigFloat *y, uint32_t bits) {
	mpz_mul(z->mant, x->mant, y->mant);
	z->exp = x->exp + y->exp;
	big_round(z, bits, false);
}

static int64_t big_top(const BigFloat *f) {
	return f->exp + (int64_t)mpz_sizeinbase(f->mant, 2);
}

/* Exact sum of numbers whose magnitudes are not too far apart. */
static void big_add_aligned(BigFloat *z, const BigFloat *x, const BigFloat *y) {
	mpz_t shifted;
	mpz_init(shifted);
	const BigFloat *high = x->exp >= y->exp ? x : y, *low = high == x ? y : x;
	int64_t exp = low->exp;
	mpz_mul_2exp(shifted, high->mant, (mp_bitcnt_t)(high->exp - low->exp));
	mpz_add(z->mant, shifted, low->mant);
	z->exp = exp;
	mpz_clear(shifted);
}

void big_add(BigFloat *z, const BigFloat *x, const BigFloat *y) {
	bool x_zero = mpz_sgn(x->mant) == 0, y_zero = mpz_sgn(y->mant) == 0;
	int64_t gap = x_zero || y_zero ? 0 : big_top(x) - big_top(y);
	/* Beyond the precision the smaller number is less than a quarter of the last place: the sum rounds to the
	 * larger. */
	if (y_zero || gap > 2 * FLOAT_BITS) {
		mpz_set(z->mant, x->mant);
		z->exp = x->exp;
	} else if (x_zero || gap < -2 * FLOAT_BITS) {
		mpz_set(z->mant, y->mant);
		z->exp = y->exp;
	} else {
		big_add_aligned(z, x, y);
		big_round(z, FLOAT_BITS, false);
	}
}

int big_cmp(const BigFloat *x, const BigFloat *y) {
	int sx = mpz_sgn(x->mant), sy = mpz_sgn(y->mant);
	if (sx != sy || sx == 0)
		return sx < sy ? -1 : sx > sy;
	int64_t tx = big_top(x), ty = big_top(y);
	if (tx != ty)
		return (tx < ty) == (sx > 0) ? -1 : 1;
	BigFloat minus, diff;
	big_init(&minus);
	big_init(&diff);
	mpz_neg(minus.mant, y->mant);
	minus.exp = y->exp;
	big_add_aligned(&diff, x, &minus);
	int sign = mpz_sgn(diff.mant);
	big_clear(&minus);
	big_clear(&diff);
	return sign;
}

/* ---------------------------------------------------------------- machine floats */

/* mant * 2^exp (mant > 0) to `bits` significant bits with smallest quantum 2^min_exp. */
static double machine_round(mpz_t mant, int64_t exp, bool sticky, int bits, int min_exp) {
	int64_t top = exp + (int64_t)mpz_sizeinbase(mant, 2);
	if (top > 2000)
		return INFINITY;
	if (top < min_exp - 1)
		return 0;
	int64_t quantum = top - bits > min_exp ? top - bits : min_exp;
	if (quantum > exp) {
		magnitude_round(mant, (mp_bitcnt_t)(quantum - exp), sticky);
		exp = quantum;
	}
	mpz_t odd; /* mant has at most `bits` bits besides trailing zeros now */
	mpz_init_set(odd, mant);
	if (mpz_sgn(odd)) {
		mp_bitcnt_t zeros = mpz_scan1(odd, 0);
		mpz_tdiv_q_2exp(odd, odd, zeros);
		exp += (int64_t)zeros;
	}
	double result = ldexp((double)mpz_get_ui(odd), (int)exp);
	mpz_clear(odd);
	return result;
}

static double real_round(const Const *x, int bits, int min_exp) {
	mpz_t num, den, rest;
	mpz_inits(num, den, rest, NULL);
	int64_t exp = 0;
	bool sticky = false;
	if (const_is_big(x)) {
		mpz_t view;
		mpz_set(num, integer_view(view, x->num));
		exp = x->exp;
	} else {
		const_ratio(x, num, den);
		int64_t have = (int64_t)mpz_sizeinbase(num, 2) - (int64_t)mpz_sizeinbase(den, 2);
		int64_t shift = have < 70 ? 70 - have : 0;
		mpz_mul_2exp(num, num, (mp_bitcnt_t)shift);
		mpz_tdiv_qr(num, rest, num, den);
		sticky = mpz_sgn(rest) != 0;
		exp = -shift;
	}
	bool negative = mpz_sgn(num) < 0;
	mpz_abs(num, num);
	double result = mpz_sgn(num) ? machine_round(num, exp, sticky, bits, min_exp) : 0;
	mpz_clears(num, den, rest, NULL);
	return negative ? -result : result;
}

static double part_round(const Const *c, bool imaginary, int bits, int min_exp) {
	if (c->kind == CONST_COMPLEX)
		c = imaginary ? c->im : c->re;
	else if (imaginary)
		return 0;
	if (c->kind != CONST_INT && c->kind != CONST_FLOAT)
		return 0;
	return real_round(c, bits, min_exp);
}

double const_float64(const Const *c) {
	return part_round(c, false, 53, -1074);
}

float const_float32(const Const *c) {
	return (float)part_round(c, false, 24, -149);
}

double const_imag64(const Const *c) {
	return part_round(c, true, 53, -1074);
}

float const_imag32(const Const *c) {
	return (float)part_round(c, true, 24, -149);
}
