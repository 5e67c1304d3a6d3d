/* SPDX-License-Identifier: MIT */
/* base64.c: the natives of package encoding/base64. */
#include "vm/native.h"

/* func encode(dst, src []byte, alphabet string, pad int): dst has the length of the result. */
static NativeStatus base64_encode(Goroutine *g, Slot *args) {
	struct {
		GoSlice dst, src;
		GoString alphabet;
		int64_t pad;
	} *a = NATIVE_ARGS(args);
	const uint8_t *src = a->src.ptr;
	const char *alphabet = a->alphabet.ptr;
	uint8_t *dst = a->dst.ptr, *end = dst + a->dst.len;
	if (a->alphabet.len < 64)
		return native_misused(g, "encoding/base64.encode");
	Pace pace = {.g = g};
	for (int64_t i = 0; i < a->src.len && !pace_stops(&pace, (size_t)i); i += 3) {
		int64_t left = a->src.len - i;
		uint32_t v = (uint32_t)src[i] << 16 | (left > 1 ? (uint32_t)src[i + 1] << 8 : 0) | (left > 2 ? src[i + 2] : 0);
		for (int j = 0; j < 4 && dst < end; j++)
			*dst++ = j > left ? (uint8_t)a->pad : (uint8_t)alphabet[v >> (18 - 6 * j) & 63];
	}
	native_charge(g, a->src.len / 8);
	return NATIVE_DONE;
}

static int64_t skip_lines(const uint8_t *src, int64_t i, int64_t len) {
	while (i < len && (src[i] == '\n' || src[i] == '\r'))
		i++;
	return i;
}

/* After padding at src[i - 1], a group of *digits: the place of an error, or -1; *digits 0 when the padding is incomplete. */
static int64_t check_padding(const uint8_t *src, int64_t i, int64_t len, int *digits, int64_t pad) {
	int had = *digits;
	*digits = 0;
	if (had < 2)
		return i - 1;
	if (had == 2) {
		i = skip_lines(src, i, len);
		if (i == len || src[i] != pad)
			return i == len ? i : i - 1;
		i++;
	}
	*digits = had;
	i = skip_lines(src, i, len);
	return i < len ? i : -1;
}

/* func decode(dst, src, values []byte, pad int, strict bool) (n, bad int): bad is the place of an error, or -1. */
static NativeStatus base64_decode(Goroutine *g, Slot *args) {
	struct {
		int64_t n, bad;
		GoSlice dst, src, values;
		int64_t pad;
		uint64_t strict;
	} *a = NATIVE_ARGS(args);
	const uint8_t *src = a->src.ptr, *values = a->values.ptr;
	uint8_t *dst = a->dst.ptr;
	int64_t i = 0, len = a->src.len, n = 0, bad = -1;
	bool end = false;
	if (a->values.len < 256)
		return native_misused(g, "encoding/base64.decode");
	native_charge(g, len / 8);
	Pace pace = {.g = g};
	while (!end && bad < 0 && !pace_stops(&pace, (size_t)i)) {
		uint32_t v = 0;
		int digits = 0;
		while (digits < 4 && !end) {
			i = skip_lines(src, i, len);
			if (i == len) {
				end = true;
				if (digits == 1 || (digits > 0 && a->pad >= 0))
					bad = i - digits;
			} else if (src[i] == a->pad) {
				end = true;
				bad = check_padding(src, i + 1, len, &digits, a->pad);
			} else if (values[src[i]] == 0xff) {
				end = true;
				bad = i;
			} else {
				v |= (uint32_t)values[src[i++]] << (18 - 6 * digits);
				digits++;
			}
		}
		if (a->strict && bad < 0 && ((digits == 2 && (v & 0xffff)) || (digits == 3 && (v & 0xff))))
			bad = a->pad >= 0 ? i : i - (4 - digits);
		for (int j = 0; j < digits - 1 && (bad < 0 || bad > i); j++) {
			if (n >= a->dst.len)
				return native_panic_index(g, (int64_t)n, a->dst.len);
			dst[n++] = (uint8_t)(v >> (16 - 8 * j));
		}
	}
	a->n = n;
	a->bad = bad;
	return NATIVE_DONE;
}

const NativeDef natives_encoding_base64[] = {
	{"encode", base64_encode},
	{"decode", base64_decode},
	{NULL, NULL},
};
