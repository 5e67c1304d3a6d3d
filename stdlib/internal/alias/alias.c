/* SPDX-License-Identifier: MIT */
/* alias.c: the natives of package internal/alias. */
#include "vm/native.h"

/* func Overlap(x, y []byte) bool */
static NativeStatus alias_Overlap(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
		GoSlice x, y;
	} *a = NATIVE_ARGS(args);
	uintptr_t x = (uintptr_t)a->x.ptr, y = (uintptr_t)a->y.ptr;
	(void)g;
	a->result = a->x.len > 0 && a->y.len > 0 && x < y + a->y.len && y < x + a->x.len;
	return NATIVE_DONE;
}

/* func XOR(dst, x, y []byte): as many bytes as dst has; x and y have as many at least. */
static NativeStatus alias_XOR(Goroutine *g, Slot *args) {
	struct {
		GoSlice dst, x, y;
	} *a = NATIVE_ARGS(args);
	const uint8_t *x = a->x.ptr, *y = a->y.ptr;
	uint8_t *dst = a->dst.ptr;
	Pace pace = {.g = g};
	for (int64_t i = 0; i < a->dst.len && i < a->x.len && i < a->y.len && !pace_stops(&pace, (size_t)i); i++)
		dst[i] = x[i] ^ y[i];
	native_charge(g, a->dst.len / 32);
	return NATIVE_DONE;
}

const NativeDef natives_internal_alias[] = {
	{"Overlap", alias_Overlap},
	{"XOR", alias_XOR},
	{NULL, NULL},
};
