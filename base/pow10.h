/* SPDX-License-Identifier: MIT */
/* pow10.h: powers of ten to 128 bits, for number.c and number_parse.c. No state. */
#ifndef GOL_BASE_POW10_H
#define GOL_BASE_POW10_H

#include "base/base.h"

enum { POW10_MIN = -348, POW10_MAX = 353, POW10_EXACT_MAX = 55 };

/* 10^k = (hi * 2^64 + lo) * 2^(pow10_exponent(k) - 127), rounded up; exact for 0 <= k <= POW10_EXACT_MAX. hi's top bit
 * is set. k lies within POW10_MIN and POW10_MAX. */
typedef struct Pow10 {
	uint64_t hi, lo;
} Pow10;
Pow10 pow10_get(int k);

/* floor(log2(10^k)) and floor(log10(2^e)), exact for |k|, |e| <= 1200. */
static inline int pow10_exponent(int k) {
	return (k * 1741647) >> 19;
}
static inline int log10_pow2(int e) {
	return (e * 1262611) >> 22;
}

/* The 192-bit product of a 64-bit number and a power. */
typedef struct Product192 {
	uint64_t hi, mid, lo;
} Product192;
static inline Product192 pow10_mul(uint64_t n, Pow10 p) {
	unsigned __int128 low = (unsigned __int128)n * p.lo;
	unsigned __int128 high = (unsigned __int128)n * p.hi + (uint64_t)(low >> 64);
	return (Product192){(uint64_t)(high >> 64), (uint64_t)high, (uint64_t)low};
}

#endif
