/* SPDX-License-Identifier: MIT */
/* sha1.c: the natives of package crypto/sha1. */
#include "stdlib/crypto/digest.h"

static inline uint32_t sha1_rotate(uint32_t x, int n) {
	return x << n | x >> (32 - n);
}

static inline uint32_t sha1_load(const uint8_t *p) {
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

/* func start(state []uint32) */
static NativeStatus sha1_start(Goroutine *g, Slot *args) {
	static const uint32_t init[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	return digest_start(g, args, init, COUNT_OF(init));
}

static void sha1_block(void *to, const uint8_t *p) {
	uint32_t *state = to;
	uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
	for (int i = 0; i < 16; i++)
		w[i] = sha1_load(p + 4 * i);
	for (int i = 16; i < 80; i++)
		w[i] = sha1_rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f;
		if (i < 20)
			f = ((b & c) | (~b & d)) + 0x5a827999;
		else if (i < 40)
			f = (b ^ c ^ d) + 0x6ed9eba1;
		else if (i < 60)
			f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
		else
			f = (b ^ c ^ d) + 0xca62c1d6;
		uint32_t sum = sha1_rotate(a, 5) + f + e + w[i];
		e = d;
		d = c;
		c = sha1_rotate(b, 30);
		b = a;
		a = sum;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* func blocks(state []uint32, p []byte) */
static NativeStatus sha1_blocks(Goroutine *g, Slot *args) {
	return digest_blocks(g, args, 5, 64, sha1_block);
}

/* func output(state []uint32, out []byte) */
static NativeStatus sha1_output(Goroutine *g, Slot *args) {
	return digest_output(g, args, 20);
}

const NativeDef natives_crypto_sha1[] = {
	{"start", sha1_start},
	{"blocks", sha1_blocks},
	{"output", sha1_output},
	{NULL, NULL},
};
