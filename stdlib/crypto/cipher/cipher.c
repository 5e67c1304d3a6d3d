/* SPDX-License-Identifier: MIT */
/* cipher.c: the natives of package crypto/cipher: GHASH, NIST SP 800-38D, 6.4. */
#include <endian.h>

#include "vm/native.h"

enum { BLOCK = 16 };

typedef struct Field {
	uint64_t high, low; /* bit 0 of the polynomial is the highest of high */
} Field;

static Field field_load(const uint8_t *p) {
	Field f;
	memcpy(&f, p, BLOCK);
	return (Field){be64toh(f.high), be64toh(f.low)};
}

/* The product, by multiples of y for each bit of x: without branches that depend on them. */
static Field field_multiply(Field x, Field y) {
	Field z = {0, 0};
	for (int i = 0; i < 128; i++) {
		uint64_t bit = -((i < 64 ? x.high >> (63 - i) : x.low >> (127 - i)) & 1), carry = -(y.low & 1);
		z.high ^= y.high & bit;
		z.low ^= y.low & bit;
		y.low = y.low >> 1 | y.high << 63;
		y.high = y.high >> 1 ^ (carry & (uint64_t)0xe1 << 56);
	}
	return z;
}

/* func ghash(y, h, data []byte) */
static NativeStatus cipher_ghash(Goroutine *g, Slot *args) {
	struct {
		GoSlice y, h, data;
	} *a = NATIVE_ARGS(args);
	if (a->y.len != BLOCK || a->h.len != BLOCK)
		return native_panic_text(g, "crypto/cipher: not a block");
	Field y = field_load(a->y.ptr), h = field_load(a->h.ptr);
	const uint8_t *data = a->data.ptr;
	Pace pace = {.g = g};
	for (int64_t i = 0; i < a->data.len && !pace_stops(&pace, (size_t)i * 8); i += BLOCK) {
		uint8_t block[BLOCK] = {0};
		memcpy(block, data + i, a->data.len - i < BLOCK ? (size_t)(a->data.len - i) : BLOCK);
		Field x = field_load(block);
		y = field_multiply((Field){x.high ^ y.high, x.low ^ y.low}, h);
	}
	y = (Field){htobe64(y.high), htobe64(y.low)};
	memcpy(a->y.ptr, &y, BLOCK);
	native_charge(g, 1 + a->data.len / 4);
	return NATIVE_DONE;
}

const NativeDef natives_crypto_cipher[] = {
	{"ghash", cipher_ghash},
	{NULL, NULL},
};
