/* SPDX-License-Identifier: MIT */
/* debug.c: the natives of package runtime/debug. */
#include "vm/native.h"

static NativeStatus set_gc_percent(Goroutine *g, Slot *args) {
	struct {
		int64_t result, percent;
	} *a = NATIVE_ARGS(args);
	int percent = a->percent < 0 ? -1 : a->percent > INT32_MAX ? INT32_MAX : (int)a->percent;
	a->result = __atomic_exchange_n(&g->vm->gc_percent, percent, __ATOMIC_RELAXED);
	gc_percent_changed(g->vm);
	return NATIVE_DONE;
}

static NativeStatus set_memory_limit(Goroutine *g, Slot *args) {
	struct {
		int64_t result, limit;
	} *a = NATIVE_ARGS(args);
	uint64_t old = gc_soft_limit(g->vm);
	if (a->limit >= 0)
		gc_set_soft_limit(g->vm, a->limit == INT64_MAX ? 0 : (uint64_t)a->limit);
	a->result = old ? (int64_t)old : INT64_MAX;
	return NATIVE_DONE;
}

static NativeStatus set_max_stack(Goroutine *g, Slot *args) {
	struct {
		int64_t result, bytes;
	} *a = NATIVE_ARGS(args);
	uint64_t old = g->vm->host.max_stack_bytes;
	a->result = (int64_t)(old ? old : MAX_STACK_BYTES);
	if (a->bytes > 0 && (!g->vm->host.stack_limited || (uint64_t)a->bytes < old)) /* a sandbox may only shrink */
		g->vm->host.max_stack_bytes = (uint64_t)a->bytes;
	return NATIVE_DONE;
}

/* Served at the check behind the call. */
static NativeStatus free_os_memory(Goroutine *g, Slot *args) {
	(void)args;
	gc_request_release(g->vm);
	return NATIVE_YIELD;
}

const NativeDef natives_runtime_debug[] = {
	{"FreeOSMemory", free_os_memory},
	{"SetGCPercent", set_gc_percent},
	{"SetMemoryLimit", set_memory_limit},
	{"SetMaxStack", set_max_stack},
	{NULL, NULL},
};
