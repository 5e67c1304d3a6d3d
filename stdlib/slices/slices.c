/* SPDX-License-Identifier: MIT */
/* slices.c: the natives of package slices. */
#include "stdlib/sort/order.h"

/* func sortOrdered(s any) */
static NativeStatus slices_sortOrdered(Goroutine *g, Slot *args) {
	struct {
		GoIface s;
	} *a = NATIVE_ARGS(args);
	PanicCode code;
	if (!native_is_slice(a->s))
		return native_misused(g, "slices.sortOrdered");
	order_sort(g, a->s.type->elem, load_slice(a->s.data.p), &code);
	return native_panic_code(g, code);
}

/* func sharesMemory(a, b any) bool; both are slices of one type */
static NativeStatus slices_sharesMemory(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface a, b;
	} *a = NATIVE_ARGS(args);
	if (!native_is_slice(a->a) || a->a.type != a->b.type)
		return native_misused(g, "slices.sharesMemory");
	size_t size = a->a.type->elem->size;
	GoSlice x = load_slice(a->a.data.p), y = load_slice(a->b.data.p);
	uintptr_t xp = (uintptr_t)x.ptr, yp = (uintptr_t)y.ptr;
	a->result = xp < yp + y.len * size && yp < xp + x.len * size;
	return NATIVE_DONE;
}

const NativeDef natives_slices[] = {
	{"sortOrdered", slices_sortOrdered},
	{"sharesMemory", slices_sharesMemory},
	{NULL, NULL},
};
