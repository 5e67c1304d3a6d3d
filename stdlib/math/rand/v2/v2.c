/* SPDX-License-Identifier: MIT */
/* v2.c: the natives of package math/rand/v2: the unseeded generator, ChaCha8's blocks, tables for the ziggurat method.
 */
#include "stdlib/math/rand/random.h"

static inline uint32_t rotate(uint32_t x, int n) {
	return x << n | x >> (32 - n);
}

static inline void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

/* One block of ChaCha8 as C2SP's chacha8rand wants it: only the key is added to the result, and the words of four
 * blocks are interleaved. */
static void chacha_block(uint32_t out[16][4], int lane, const uint32_t key[8], uint32_t counter) {
	uint32_t x[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	memcpy(x + 4, key, 8 * sizeof *key);
	x[12] = counter;
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 4; j++)
			quarter_round(&x[j], &x[4 + j], &x[8 + j], &x[12 + j]);
		for (int j = 0; j < 4; j++)
			quarter_round(&x[j], &x[4 + (j + 1) % 4], &x[8 + (j + 2) % 4], &x[12 + (j + 3) % 4]);
	}
	for (int i = 0; i < 16; i++)
		out[i][lane] = x[i] + (i >= 4 && i < 12 ? key[i - 4] : 0);
}

static NativeStatus rand_chachaFill(Goroutine *g, Slot *args) {
	struct {
		uint64_t *buf;
		const uint64_t *seed;
		uint64_t counter;
	} *a = NATIVE_ARGS(args);
	if (!a->buf || !a->seed)
		return native_panic_code(g, PANIC_NIL_POINTER);
	native_charge(g, 16);
	uint32_t out[16][4], key[8];
	memcpy(key, a->seed, sizeof key);
	for (int lane = 0; lane < 4; lane++)
		chacha_block(out, lane, key, (uint32_t)a->counter + (uint32_t)lane);
	memcpy(a->buf, out, sizeof out);
	return NATIVE_DONE;
}

const NativeDef natives_math_rand_v2[] = {
	{"random", rand_random},	 {"randomBelow", rand_randomBelow},
	{"makeNormal", rand_makeNormal}, {"makeExponential", rand_makeExponential},
	{"chachaFill", rand_chachaFill}, {NULL, NULL},
};
