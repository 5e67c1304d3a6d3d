/* SPDX-License-Identifier: MIT */
/* weak.c: the natives of package weak: handles of objects, see runtime/finalizer.c. */
#include "vm/native.h"

static NativeStatus handle_of(Goroutine *g, Slot *args) {
	struct {
		Slot handle;
		GoIface pointer;
	} *a = NATIVE_ARGS(args);
	if (!a->pointer.type || a->pointer.type->kind != KIND_POINTER || !a->pointer.data.p)
		return native_misused(g, "weak.handleOf");
	a->handle.p = heap_weak_handle(g, a->pointer.data.p, a->pointer.type);
	return a->handle.p != NULL ? NATIVE_DONE : native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

static NativeStatus get(Goroutine *g, Slot *args) {
	struct {
		Slot handle;
		GoIface to;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *to = a->to.type;
	if (!a->handle.p || !to || to->kind != KIND_POINTER || !a->to.data.p || to->elem != heap_weak_type(a->handle.p))
		return native_misused(g, "weak.get");
	store_word(a->to.data.p, (uint64_t)(uintptr_t)heap_weak_get(a->handle.p));
	return NATIVE_DONE;
}

const NativeDef natives_weak[] = {
	{"handleOf", handle_of},
	{"get", get},
	{NULL, NULL},
};
