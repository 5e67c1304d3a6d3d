/* SPDX-License-Identifier: MIT */
/* runtime.c: the natives of package runtime.
 *
 * Rules: nothing here waits but stack, for the world to stop, before it has made any object. */
#include <stdio.h>

#include "stdlib/os/os.h"
#include "vm/native.h"
#include "vm/trace.h"

static NativeStatus num_goroutine(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
	} *a = NATIVE_ARGS(args);
	a->result = goroutine_count(g->vm);
	return NATIVE_DONE;
}

static NativeStatus gomaxprocs(Goroutine *g, Slot *args) {
	struct {
		int64_t result, n;
	} *a = NATIVE_ARGS(args);
	a->result = sched_set_worker_count(g->vm, a->n < 1 ? 0 : a->n > MAX_WORKERS ? MAX_WORKERS : (uint32_t)a->n);
	return NATIVE_DONE;
}

static NativeStatus num_cpu(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = thread_cpu_count();
	return NATIVE_DONE;
}

static NativeStatus gosched(Goroutine *g, Slot *args) {
	(void)g;
	(void)args;
	return NATIVE_YIELD;
}

static NativeStatus goexit(Goroutine *g, Slot *args) {
	(void)g;
	(void)args;
	return NATIVE_GOEXIT;
}

/* The second call finds the cycle done: the request is served at the check behind the first. */
static NativeStatus collect(Goroutine *g, Slot *args) {
	(void)args;
	gc_request(g->vm);
	return NATIVE_YIELD;
}

/* As programs expect it, which look for their data beside their sources: absolute, where traces show what the user wrote. */
static GoString file_name(Goroutine *g, const char *file) {
	const Program *p = g->vm->program;
	for (uint32_t i = 0; file && p && p->paths && i < p->file_count; i++)
		if (p->files[i] == file)
			return native_cstring(g, p->paths[i]);
	return native_cstring(g, file ? file : "");
}

/* func caller(skip int) (pc uintptr, file string, line int, function string); skip counts from the caller of caller. */
static NativeStatus caller(Goroutine *g, Slot *args) {
	struct {
		uint64_t pc;
		GoString file;
		int64_t line;
		GoString function;
		int64_t skip;
	} *a = NATIVE_ARGS(args);
	FrameInfo info;
	native_charge(g, a->skip < 1000000 ? a->skip / 4 : 0);
	if (a->skip < 0 || a->skip > INT32_MAX || !trace_caller(g, (uint32_t)a->skip, &info)) {
		a->pc = 0;
		a->line = 0;
		a->file = a->function = (GoString){0};
		return NATIVE_DONE;
	}
	a->pc = info.pc ? (uint64_t)(uintptr_t)info.pc + 1 : 0; /* pc - 1 belongs to the call, too, as programs expect */
	a->line = info.line;
	a->file = file_name(g, info.file);
	a->function = native_cstring(g, info.name);
	return NATIVE_DONE;
}

static NativeStatus func_info(Goroutine *g, Slot *args) {
	struct {
		GoString name, file;
		int64_t line;
		uint64_t entry;
		uint64_t pc;
	} *a = NATIVE_ARGS(args);
	FrameInfo info;
	native_charge(g, g->vm->program ? g->vm->program->function_count / 16 : 0);
	if (!trace_frame_of_pc(g->vm, (const Insn *)(uintptr_t)(a->pc & ~(sizeof(Insn) - 1)), &info)) {
		a->name = a->file = (GoString){0};
		a->line = 0;
		a->entry = 0;
		return NATIVE_DONE;
	}
	a->name = native_cstring(g, info.name);
	a->file = file_name(g, info.file);
	a->line = info.line;
	a->entry = (uint64_t)(uintptr_t)(info.fn ? function_address(info.fn) : info.pc);
	return NATIVE_DONE;
}

/* func Stack(buf []byte, all bool) int: a native, so that it has no frame of its own in the trace. */
static NativeStatus stack(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoSlice buf;
		int64_t all;
	} *a = NATIVE_ARGS(args);
	Buf text;
	buf_init(&text, &g->vm->mem);
	if (a->all != 0 && g->worker->index != HOST_WORKER) {
		sched_stop_world(g->worker);
		trace_all(g->vm, g, &text);
		sched_start_world(g->worker);
	} else {
		trace_goroutine(g, 0, &text);
	}
	a->result = a->buf.len < (int64_t)text.len ? a->buf.len : (int64_t)text.len;
	if (a->result > 0)
		memcpy(a->buf.ptr, buf_cstr(&text), (size_t)a->result);
	native_charge(g, (int64_t)text.len / 4);
	buf_deinit(&text);
	return NATIVE_DONE;
}

static NativeStatus read_mem_stats(Goroutine *g, Slot *args) {
	struct {
		GoSlice out;
	} *a = NATIVE_ARGS(args);
	HeapStats s;
	sched_stop_world(g->worker); /* what the workers have allocated is counted in their own caches */
	heap_stats(g->vm, &s);
	sched_start_world(g->worker);
	uint64_t values[10] = {s.live_bytes,	s.allocated_total_bytes, s.reserved_bytes, s.objects_allocated,
			      s.objects_freed,	s.released_bytes,	 s.next_gc_bytes,  s.pause_total_ns,
			      s.gc_count, os_is_allowed(g, GOL_ALLOW_CLOCK) ? s.last_gc_wall_ns : 0};
	for (uint32_t i = 0; i < COUNT_OF(values) + COUNT_OF(s.pause_ns) && i < a->out.len; i++)
		store_word((uint64_t *)a->out.ptr + i, i < COUNT_OF(values) ? values[i] : s.pause_ns[i - COUNT_OF(values)]);
	return NATIVE_DONE;
}

static NativeStatus set_finalizer(Goroutine *g, Slot *args) {
	struct {
		GoIface object, finalizer;
	} *a = NATIVE_ARGS(args);
	if (!a->object.type)
		return native_fatal(g, "runtime.SetFinalizer: first argument is nil");
	if (a->object.type->kind != KIND_POINTER)
		return native_fatal(g, "runtime.SetFinalizer: first argument is %s, not pointer", a->object.type->name);
	const Closure *fn = NULL;
	if (a->finalizer.type) {
		const TypeDesc *f = a->finalizer.type;
		if (f->kind != KIND_FUNC || f->param_count != 1 ||
		    (f->params[0] != a->object.type &&
		     (f->params[0]->kind != KIND_INTERFACE || iface_missing_method(g->vm, a->object.type, f->params[0]))))
			return native_fatal(g, "runtime.SetFinalizer: cannot pass %s to finalizer %s", a->object.type->name,
					    f->name);
		fn = a->finalizer.data.p;
	}
	heap_set_finalizer(g, a->object.data.p, fn, a->object.type);
	return NATIVE_DONE;
}

static NativeStatus add_cleanup(Goroutine *g, Slot *args) {
	struct {
		uint64_t id, at;
		GoIface object;
		Slot call;
	} *a = NATIVE_ARGS(args);
	if (!a->object.type || a->object.type->kind != KIND_POINTER || !a->call.p)
		return native_misused(g, "runtime.addCleanup");
	a->at = (uintptr_t)a->object.data.p;
	a->id = heap_add_cleanup(g, a->object.data.p, a->call.p);
	return a->id != 0 ? NATIVE_DONE : native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

static NativeStatus stop_cleanup(Goroutine *g, Slot *args) {
	struct {
		uint64_t at, id;
	} *a = NATIVE_ARGS(args);
	heap_stop_cleanup(g->vm, (const void *)(uintptr_t)a->at, a->id);
	return NATIVE_DONE;
}

const NativeDef natives_runtime[] = {
	{"NumGoroutine", num_goroutine},
	{"GOMAXPROCS", gomaxprocs},
	{"NumCPU", num_cpu},
	{"Gosched", gosched},
	{"Goexit", goexit},
	{"GC", collect},
	{"caller", caller},
	{"funcInfo", func_info},
	{"Stack", stack},
	{"readMemStats", read_mem_stats},
	{"SetFinalizer", set_finalizer},
	{"addCleanup", add_cleanup},
	{"stopCleanup", stop_cleanup},
	{NULL, NULL},
};
