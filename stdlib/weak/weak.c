/* SPDX-License-Identifier: MIT */
/* weak.c: the natives of package weak: handles of objects, see runtime/finalizer.c. */
#include "vm/native.h"

static NativeStatus handle_of(Goroutine *g, Slot *args) {
	struct {
		Slot handle;
		GoIface pointer;
	} *a = NATIVE_ARGS(args);
	a->handle.p = heap_weak_handle(g, a->pointer.data.p);
	return a->handle.p != NULL ? NATIVE_DONE : native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

static NativeStatus get(Goroutine *g, Slot *args) {
	(void)g;
	struct {
		Slot handle;
		GoIface to;
	} *a = NATIVE_ARGS(args);
	store_word(a->to.data.p, (uint64_t)(uintptr_t)heap_weak_get(a->handle.p));
	return NATIVE_DONE;
}

const NativeDef natives_weak[] = {
	{"handleOf", handle_of},
	{"get", get},
	{NULL, NULL},
};
