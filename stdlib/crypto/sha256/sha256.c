/* SPDX-License-Identifier: MIT */
/* sha256.c: the natives of package crypto/sha256. */
#include "stdlib/crypto/digest.h"

static const uint32_t sha256_round[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t sha256_rotate(uint32_t x, int n) {
	return x << n | x >> (32 - n);
}

static inline uint32_t sha256_load(const uint8_t *p) {
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

/* func start(state []uint32) */
static NativeStatus sha256_start(Goroutine *g, Slot *args) {
	static const uint32_t init[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	return digest_start(g, args, init, COUNT_OF(init));
}

static void sha256_block(void *to, const uint8_t *p) {
	uint32_t *state = to;
	uint32_t w[64], s[8];
	memcpy(s, state, sizeof s);
	for (int i = 0; i < 16; i++)
		w[i] = sha256_load(p + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];
		x = sha256_rotate(x, 25) ^ sha256_rotate(x, 14) ^ x >> 3;
		y = sha256_rotate(y, 15) ^ sha256_rotate(y, 13) ^ y >> 10;
		w[i] = w[i - 16] + x + w[i - 7] + y;
	}
	for (int i = 0; i < 64; i++) {
		uint32_t big1 = sha256_rotate(s[4], 26) ^ sha256_rotate(s[4], 21) ^ sha256_rotate(s[4], 7);
		uint32_t t1 = s[7] + big1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_round[i] + w[i];
		uint32_t big0 = sha256_rotate(s[0], 30) ^ sha256_rotate(s[0], 19) ^ sha256_rotate(s[0], 10);
		uint32_t t2 = big0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

/* func blocks(state []uint32, p []byte) */
static NativeStatus sha256_blocks(Goroutine *g, Slot *args) {
	return digest_blocks(g, args, 8, 64, sha256_block);
}

/* func output(state []uint32, out []byte) */
static NativeStatus sha256_output(Goroutine *g, Slot *args) {
	return digest_output(g, args, 32);
}

const NativeDef natives_crypto_sha256[] = {
	{"start", sha256_start},
	{"blocks", sha256_blocks},
	{"output", sha256_output},
	{NULL, NULL},
};
