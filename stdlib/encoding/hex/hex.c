/* SPDX-License-Identifier: MIT */
/* hex.c: the natives of package encoding/hex. */
#include "vm/native.h"

/* func encode(dst, src []byte) */
static NativeStatus hex_encode(Goroutine *g, Slot *args) {
	struct {
		GoSlice dst, src;
	} *a = NATIVE_ARGS(args);
	static const char digits[] = "0123456789abcdef";
	const uint8_t *src = a->src.ptr;
	uint8_t *dst = a->dst.ptr;
	if (a->dst.len / 2 < a->src.len)
		return native_misused(g, "encoding/hex.encode");
	Pace pace = {.g = g};
	for (int64_t i = 0; i < a->src.len && !pace_stops(&pace, (size_t)i); i++) {
		uint8_t c = src[i];
		dst[2 * i] = (uint8_t)digits[c >> 4];
		dst[2 * i + 1] = (uint8_t)digits[c & 15];
	}
	native_charge(g, a->src.len / 8);
	return NATIVE_DONE;
}

static int hex_digit(uint8_t c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* func decode(dst, src []byte) (n, bad int): bad is the index of the first byte that is no digit, or -1. */
static NativeStatus hex_decode(Goroutine *g, Slot *args) {
	struct {
		int64_t n, bad;
		GoSlice dst, src;
	} *a = NATIVE_ARGS(args);
	const uint8_t *src = a->src.ptr;
	uint8_t *dst = a->dst.ptr;
	a->n = 0;
	a->bad = -1;
	Pace pace = {.g = g};
	for (int64_t i = 0; i < a->src.len && !pace_stops(&pace, (size_t)i); i++) {
		int high = hex_digit(src[i]);
		if (high < 0) {
			a->bad = i;
			break;
		}
		if (++i == a->src.len)
			break;
		int low = hex_digit(src[i]);
		if (low < 0) {
			a->bad = i;
			break;
		}
		if (a->n >= a->dst.len)
			return native_panic_index(g, (int64_t)a->n, a->dst.len);
		dst[a->n++] = (uint8_t)(high << 4 | low);
	}
	native_charge(g, a->src.len / 8);
	return NATIVE_DONE;
}

const NativeDef natives_encoding_hex[] = {
	{"encode", hex_encode},
	{"decode", hex_decode},
	{NULL, NULL},
};
