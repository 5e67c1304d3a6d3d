/* SPDX-License-Identifier: MIT */
/* sort.c: the natives of package sort. */
#include "stdlib/sort/order.h"

/* func swap(slice any, i, j int) */
static NativeStatus sort_swap(Goroutine *g, Slot *args) {
	struct {
		GoIface slice;
		int64_t i, j;
	} *a = NATIVE_ARGS(args);
	if (!native_is_slice(a->slice))
		return native_misused(g, "sort.swap");
	const TypeDesc *elem = a->slice.type->elem;
	GoSlice s = load_slice(a->slice.data.p);
	if ((uint64_t)a->i >= s.len || (uint64_t)a->j >= s.len || elem->size == 0)
		return NATIVE_DONE;
	char *x = (char *)s.ptr + (uint64_t)a->i * elem->size, *y = (char *)s.ptr + (uint64_t)a->j * elem->size;
	if (elem->size == 8) {
		uint64_t t = load_word(x);
		store_word(x, load_word(y));
		store_word(y, t);
		return NATIVE_DONE;
	}
	char small[256] __attribute__((aligned(16)));
	char *t = elem->size <= sizeof small ? small : heap_new(g, elem);
	if (!t)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	value_copy(elem, t, x);
	value_copy(elem, x, y);
	value_copy(elem, y, t);
	return NATIVE_DONE;
}

/* func length(slice any) int: -1 if it is no slice */
static NativeStatus sort_length(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface slice;
	} *a = NATIVE_ARGS(args);
	(void)g;
	bool is_slice = a->slice.type && a->slice.type->kind == KIND_SLICE;
	a->result = is_slice ? (int64_t)load_slice(a->slice.data.p).len : -1;
	return NATIVE_DONE;
}

/* func Ints(x []int) and its sisters */
#define SORT_NATIVE(name, type)                                                                                        \
	static NativeStatus sort_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			GoSlice x;                                                                                     \
		} *a = NATIVE_ARGS(args);                                                                              \
		PanicCode code;                                                                                        \
		order_sort(g, g->vm->types->core[type], a->x, &code);                                                  \
		return native_panic_code(g, code);                                                                     \
	}
SORT_NATIVE(Ints, CORE_INT)
SORT_NATIVE(Float64s, CORE_FLOAT64)
SORT_NATIVE(Strings, CORE_STRING)

const NativeDef natives_sort[] = {
	{"swap", sort_swap},	     {"length", sort_length},	{"Ints", sort_Ints},
	{"Float64s", sort_Float64s}, {"Strings", sort_Strings}, {NULL, NULL},
};
