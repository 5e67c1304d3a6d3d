/* SPDX-License-Identifier: MIT */
/* pprof.c: the natives of package runtime/pprof.
 *
 * Rules: each stops the world before it has made any object, and makes its result when the world runs again. */
#include "vm/native.h"
#include "vm/profile.h"
#include "vm/trace.h"

/* func start() bool */
static NativeStatus start(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
	} *a = NATIVE_ARGS(args);
	a->result = false;
	if (g->worker->index == HOST_WORKER)
		return NATIVE_DONE;
	sched_stop_world(g->worker);
	a->result = profile_start(g->vm);
	sched_start_world(g->worker);
	return NATIVE_DONE;
}

static NativeStatus give_bytes(Goroutine *g, GoSlice *result, void (*fill)(VM *vm, Buf *out)) {
	Buf out;
	*result = (GoSlice){0};
	if (g->worker->index == HOST_WORKER)
		return NATIVE_DONE;
	buf_init(&out, &g->vm->mem);
	sched_stop_world(g->worker);
	fill(g->vm, &out);
	sched_start_world(g->worker);
	*result = native_byte_slice(g, out.ptr, out.len);
	native_charge(g, (int64_t)out.len / 4);
	buf_deinit(&out);
	return NATIVE_DONE;
}

static void fill_memory(VM *vm, Buf *out) { profile_write(vm, PROFILE_MEMORY, out); }

/* func stop() []byte */
static NativeStatus stop(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
	} *a = NATIVE_ARGS(args);
	return give_bytes(g, &a->result, profile_stop);
}

/* func memory() []byte */
static NativeStatus memory(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
	} *a = NATIVE_ARGS(args);
	return give_bytes(g, &a->result, fill_memory);
}

/* func stacks() []byte */
static NativeStatus stacks(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
	} *a = NATIVE_ARGS(args);
	return give_bytes(g, &a->result, trace_all_pcs);
}

const NativeDef natives_runtime_pprof[] = {
	{"start", start},
	{"stop", stop},
	{"memory", memory},
	{"stacks", stacks},
	{NULL, NULL},
};
