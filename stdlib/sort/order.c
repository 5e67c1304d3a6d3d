/* SPDX-License-Identifier: MIT */
/* order.c: sorting of slices whose elements have the operator <.
 *
 * Owns: a copy of the elements while it sorts them.
 * Rules: the copy is private, so that a program that changes the slice meanwhile (a data race) finds any order, but
 * nothing breaks; elements are read and written whole.
 * Why: equal elements cannot be told apart, so any fast sort gives Go's result. */
#include "stdlib/sort/order.h"

static inline bool string_less(Goroutine *g, GoString a, GoString b) {
	native_charge(g, (a.len < b.len ? a.len : b.len) / 64);
	return string_compare(a, b) < 0;
}

#define SLOW_ORDER false /* one comparison costs next to nothing */
#define ELEM int8_t
#define NAMED(x) x##_i8
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM int16_t
#define NAMED(x) x##_i16
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM int32_t
#define NAMED(x) x##_i32
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM int64_t
#define NAMED(x) x##_i64
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM uint8_t
#define NAMED(x) x##_u8
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM uint16_t
#define NAMED(x) x##_u16
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM uint32_t
#define NAMED(x) x##_u32
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM uint64_t
#define NAMED(x) x##_u64
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM float
#define NAMED(x) x##_f32
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM double
#define NAMED(x) x##_f64
#define LESS(a, b) ((a) < (b))
#include "stdlib/sort/order_kind.h"
#define ELEM GoString
#define NAMED(x) x##_string
#define LESS(a, b) string_less(g, (a), (b))
#undef SLOW_ORDER
#define SLOW_ORDER true
#include "stdlib/sort/order_kind.h"

/* Moves NaNs to the front and returns how many there are. */
#define NAN_FIRST(T)                                                                                                   \
	static size_t nan_first_##T(T *x, size_t n) {                                                                  \
		size_t nans = 0;                                                                                       \
		for (size_t i = 0; i < n; i++)                                                                         \
			if (x[i] != x[i]) {                                                                            \
				T v = x[i];                                                                            \
				x[i] = x[nans];                                                                        \
				x[nans++] = v;                                                                         \
			}                                                                                              \
		return nans;                                                                                           \
	}
NAN_FIRST(float)
NAN_FIRST(double)

static bool sort_kind(Goroutine *g, Kind kind, void *x, size_t n, int depth) {
	size_t nans;
	switch (kind) {
	case KIND_INT8:
		introsort_i8(g, x, n, depth);
		return true;
	case KIND_INT16:
		introsort_i16(g, x, n, depth);
		return true;
	case KIND_INT32:
		introsort_i32(g, x, n, depth);
		return true;
	case KIND_INT:
	case KIND_INT64:
		introsort_i64(g, x, n, depth);
		return true;
	case KIND_UINT8:
		introsort_u8(g, x, n, depth);
		return true;
	case KIND_UINT16:
		introsort_u16(g, x, n, depth);
		return true;
	case KIND_UINT32:
		introsort_u32(g, x, n, depth);
		return true;
	case KIND_UINT:
	case KIND_UINT64:
	case KIND_UINTPTR:
		introsort_u64(g, x, n, depth);
		return true;
	case KIND_FLOAT32:
		nans = nan_first_float(x, n);
		introsort_f32(g, (float *)x + nans, n - nans, depth);
		return true;
	case KIND_FLOAT64:
		nans = nan_first_double(x, n);
		introsort_f64(g, (double *)x + nans, n - nans, depth);
		return true;
	case KIND_STRING:
		introsort_string(g, x, n, depth);
		return true;
	default:
		return false;
	}
}

bool order_sort(Goroutine *g, const TypeDesc *elem, GoSlice s, PanicCode *code) {
	size_t n = s.len, size = n * elem->size;
	int depth = 2 * (64 - __builtin_clzll(n | 1));
	*code = PANIC_NONE;
	void *copy = mem_alloc(&g->vm->mem, size);
	if (!copy) {
		*code = size ? FATAL_OUT_OF_MEMORY : PANIC_NONE;
		return true;
	}
	bulk_copy_values(g, elem, copy, s.ptr, n);
	if (native_must_stop(g)) { /* perhaps not all are there */
		mem_free(&g->vm->mem, copy, size);
		return true;
	}
	bool known = sort_kind(g, elem->kind, copy, n, depth);
	if (known)
		bulk_copy_values(g, elem, s.ptr, copy, n);
	mem_free(&g->vm->mem, copy, size);
	native_charge(g, (int64_t)n / 16);
	return known;
}
