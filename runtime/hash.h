/* SPDX-License-Identifier: MIT */
/* hash.h: the two hash functions of the project, inline because maps live on them. The construction is that of wyhash
 * (Wang Yi, public domain): a 64 x 64 -> 128 bit multiplication whose halves are folded together. */
#ifndef GOL_RUNTIME_HASH_H
#define GOL_RUNTIME_HASH_H

#include "base/base.h"

#define HASH_P0 0xa0761d6478bd642full
#define HASH_P1 0xe7037ed1a0b428dbull
#define HASH_P2 0x8ebc6af09c88c6e3ull
#define HASH_P3 0x589965cc75374cc3ull

static ALWAYS_INLINE uint64_t hash_fold(uint64_t a, uint64_t b) {
	__uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static ALWAYS_INLINE uint64_t hash_word(uint64_t key, uint64_t seed) {
	return hash_fold(key ^ HASH_P0, seed ^ HASH_P1);
}

static ALWAYS_INLINE uint64_t hash_read8(const char *p) {
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static ALWAYS_INLINE uint64_t hash_read4(const char *p) {
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

uint64_t hash_long(const char *p, size_t len, uint64_t seed); /* len > 16 */

/* Bytes of any length; reads nothing outside them. */
static ALWAYS_INLINE uint64_t hash_short_bytes(const char *p, size_t len, uint64_t seed) {
	uint64_t a, b;
	if (len > 16)
		return hash_long(p, len, seed);
	if (len >= 8) {
		a = hash_read8(p);
		b = hash_read8(p + len - 8);
	} else if (len >= 4) {
		a = hash_read4(p);
		b = hash_read4(p + len - 4);
	} else if (len > 0) {
		a = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[len >> 1] << 8 | (uint8_t)p[len - 1];
		b = 0;
	} else {
		a = b = 0;
	}
	return hash_fold(HASH_P1 ^ len, hash_fold(a ^ HASH_P0, b ^ seed ^ HASH_P2));
}

#endif
