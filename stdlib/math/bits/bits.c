/* SPDX-License-Identifier: MIT */
/* bits.c: the natives of package math/bits. */
#include "vm/native.h"

static uint64_t reverse(uint64_t x) {
	x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
	x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
	return __builtin_bswap64(x);
}

#define UNARY(name, expression)                                                                                        \
	static NativeStatus bits_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			uint64_t result, x;                                                                            \
		} *a = NATIVE_ARGS(args);                                                                              \
		uint64_t x = a->x;                                                                                     \
		(void)g;                                                                                               \
		a->result = (uint64_t)(expression);                                                                    \
		return NATIVE_DONE;                                                                                    \
	}

UNARY(LeadingZeros, x ? __builtin_clzll(x) : 64)
UNARY(TrailingZeros, x ? __builtin_ctzll(x) : 64)
UNARY(OnesCount, __builtin_popcountll(x))
UNARY(Len, x ? 64 - __builtin_clzll(x) : 0)
UNARY(Reverse, reverse(x))
UNARY(ReverseBytes, __builtin_bswap64(x))

static NativeStatus bits_Mul(Goroutine *g, Slot *args) {
	struct {
		uint64_t hi, lo, x, y;
	} *a = NATIVE_ARGS(args);
	(void)g;
	unsigned __int128 p = (unsigned __int128)a->x * a->y;
	a->hi = (uint64_t)(p >> 64);
	a->lo = (uint64_t)p;
	return NATIVE_DONE;
}

static NativeStatus bits_overflow(Goroutine *g, Slot *args) {
	(void)args;
	return native_panic_runtime(g, "integer overflow");
}

static NativeStatus bits_Div(Goroutine *g, Slot *args) {
	struct {
		uint64_t quotient, remainder, hi, lo, y;
	} *a = NATIVE_ARGS(args);
	if (a->y == 0)
		return native_panic_code(g, PANIC_DIVIDE);
	if (a->y <= a->hi)
		return bits_overflow(g, args);
	unsigned __int128 n = (unsigned __int128)a->hi << 64 | a->lo;
	a->quotient = (uint64_t)(n / a->y);
	a->remainder = (uint64_t)(n % a->y);
	return NATIVE_DONE;
}

const NativeDef natives_math_bits[] = {
	{"LeadingZeros", bits_LeadingZeros},
	{"LeadingZeros64", bits_LeadingZeros},
	{"TrailingZeros", bits_TrailingZeros},
	{"TrailingZeros64", bits_TrailingZeros},
	{"OnesCount", bits_OnesCount},
	{"OnesCount64", bits_OnesCount},
	{"Len", bits_Len},
	{"Len64", bits_Len},
	{"Reverse", bits_Reverse},
	{"Reverse64", bits_Reverse},
	{"ReverseBytes", bits_ReverseBytes},
	{"ReverseBytes64", bits_ReverseBytes},
	{"Mul", bits_Mul},
	{"Mul64", bits_Mul},
	{"Div", bits_Div},
	{"Div64", bits_Div},
	{"overflow", bits_overflow},
	{NULL, NULL},
};
