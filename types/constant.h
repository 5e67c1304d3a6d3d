/* SPDX-License-Identifier: MIT */
/* constant.h: the inside of constant values, shared by constant.c, const_number.c and const_literal.c only.
 *
 * GMP computes in memory of its own, so every number is copied into the arena when it is done: a Const is plain
 * immutable data, and nothing has to be freed with the session. */
#ifndef GOL_TYPES_CONSTANT_H
#define GOL_TYPES_CONSTANT_H

#include <gmp.h>

#include "base/limits.h"
#include "types/internal.h"

typedef struct Integer {
	const mp_limb_t *limbs;
	int32_t size; /* negative for negative numbers, as in an mpz_t */
} Integer;

typedef enum FloatForm {
	FLOAT_RATIO, /* num / den, canonical */
	FLOAT_BIG,   /* num * 2^exp, at most 512 bits, num odd or 0 */
} FloatForm;

struct Const {
	uint8_t kind; /* ConstKind */
	uint8_t form; /* FloatForm, of CONST_FLOAT */
	bool boolean;
	union {
		Str string;
		struct {
			Integer num; /* also the value of CONST_INT */
			Integer den;
			int64_t exp;
		};
		struct {
			const Const *re, *im; /* CONST_INT or CONST_FLOAT */
		};
	};
};

enum {
	FLOAT_BITS = 512,        /* precision of FLOAT_BIG; gc and go/constant use the same */
	RATIO_MAX_BITS = 4096,   /* larger numerators or denominators become FLOAT_BIG, as in go/constant */
	CONST_MAX_LITERAL = 10000, /* characters of a literal; gc: "excessively long constant" */
};

/* A read-only mpz_t over the arena's limbs. */
static inline mpz_srcptr integer_view(mpz_ptr z, Integer n) {
	return mpz_roinit_n(z, n.limbs, n.size);
}

/* A big float under computation: mant * 2^exp. */
typedef struct BigFloat {
	mpz_t mant;
	int64_t exp;
} BigFloat;

void big_init(BigFloat *f);
void big_clear(BigFloat *f);
/* Rounds to `bits` bits, to nearest even; `sticky`: the true value is a little larger in magnitude. */
void big_round(BigFloat *f, uint32_t bits, bool sticky);
void big_from_const(BigFloat *f, const Const *x); /* of CONST_INT and CONST_FLOAT; rounded to FLOAT_BITS */
void big_quo(BigFloat *z, const BigFloat *x, const BigFloat *y, uint32_t bits);
void big_mul(BigFloat *z, const BigFloat *x, const BigFloat *y, uint32_t bits);
void big_add(BigFloat *z, const BigFloat *x, const BigFloat *y);
int big_cmp(const BigFloat *x, const BigFloat *y);

Const *const_new(Universe *u, ConstKind kind);
Const *const_from_mpz(Universe *u, const mpz_t z);            /* NULL when absurdly large */
Const *const_from_ratio(Universe *u, const mpz_t num, const mpz_t den); /* any num, den > 0; canonical or not */
Const *const_from_big(Universe *u, BigFloat *f);              /* NULL when the exponent overflows; underflows to 0 */
void const_ratio(const Const *x, mpz_t num, mpz_t den);       /* exact value of a CONST_INT or FLOAT_RATIO */
bool const_is_big(const Const *x);

#endif
