/* SPDX-License-Identifier: MIT */
/* call.c: frames: entering them, methods of interfaces, natives and their continuations, go statements.
 *
 * Owns: the method caches of the workers, the boxes that calls from natives are made from.
 * Rules: everything works on the goroutine's saved pc and fp. A native that calls Go is left on the C stack's side: its
 *   frame gets a return word, the callee's frame lies above it and returns to NATIVE_AGAIN.
 *
 *      | caller ... | native: return word, closure, results, parameters | callee: -> NATIVE_AGAIN, closure, ... |
 *      ^ fp         ^ fp + base                                         ^ + frame_extent(native)
 *
 * Why: recursion on the C stack would tie a goroutine to a thread while it is suspended.
 * See: vm/native.h, tests/unit/test_vm.c. */
#include "vm/trace.h"

/* ---------------------------------------------------------------- frames */

/* Room for `slots` slots above fp. */
static int grow(Goroutine *g, size_t slots) {
	Slot *fp = g->fp;
	if (goroutine_grow_stack(g, &fp, slots)) {
		g->fp = fp;
		return EXEC_GO_ON;
	}
	/* Stacks double: when the next size is allowed, memory was missing. */
	uint64_t size = (uint64_t)g->stack_slots * 2, need = goroutine_offset(g, g->fp) + slots;
	while (size < need)
		size *= 2;
	return size * sizeof(Slot) > stack_limit_bytes(g->vm) ? fatal_stack_overflow(g) : fatal_out_of_memory(g);
}

/* The function that the call instruction at pc is about to enter. */
static const Function *callee_at(const Insn *pc, const Slot *fp) {
	if (pc->op == OP_CALL)
		return pc[1].ptr;
	if (pc->op == OP_CALL_CLOSURE)
		return ((const Closure *)fp[pc->b].p)->fn;
	const MethodDesc *method = type_find_method(fp[pc->b].p, pc[1].ptr);
	return method->fn;
}

int call_grow_slow(Goroutine *g) {
	return grow(g, (size_t)g->pc->a + frame_extent(callee_at(g->pc, g->fp)));
}

int call_redirect_grow(Goroutine *g) {
	const Function *fn = g->pc[1].ptr;
	return grow(g, frame_extent(fn));
}

int call_enter(Goroutine *g, const Closure *closure, uint32_t base, const Insn *return_pc, const Slot *args,
	       uint32_t slots) {
	const Function *fn = closure->fn;
	size_t need = (size_t)base + frame_extent(fn);
#ifdef GOL_STACK_STRESS
	goroutine_move_stack(g);
#endif
	if (UNLIKELY(g->fp + need > g->stack_limit)) {
		int status = grow(g, need);
		if (status != EXEC_GO_ON)
			return status;
	}
	Slot *callee = g->fp + base;
	callee[0].u = RETURN_WORD(return_pc, base);
	callee[1].p = (void *)(uintptr_t)closure;
	copy_slots(callee + FRAME_HEADER_SLOTS, args, slots);
	g->fp = callee;
	g->pc = fn->code;
	return EXEC_GO_ON;
}

static void frame_leave(Goroutine *g) {
	uint64_t word = g->fp[0].u;
	g->pc = RETURN_PC(word);
	g->fp -= RETURN_DELTA(word);
}

/* ---------------------------------------------------------------- methods of interfaces */

bool call_worker_begin(Worker *w) {
	if (!w->method_cache)
		w->method_cache = mem_zalloc(&w->vm->mem, METHOD_CACHE_SIZE * sizeof(MethodCacheEntry));
	return w->method_cache != NULL;
}

void call_worker_end(Worker *w) {
	if (w->method_cache)
		mem_free(&w->vm->mem, w->method_cache, METHOD_CACHE_SIZE * sizeof(MethodCacheEntry));
	w->method_cache = NULL;
}

static const MethodDesc *find_method(Goroutine *g, const TypeDesc *type, const MethodKey *key) {
	MethodCacheEntry *entry = &g->worker->method_cache[method_cache_index(type, key)];
	if ((entry->type & ~(uintptr_t)1) == (uintptr_t)type && entry->key == key)
		return entry->method;
	const MethodDesc *method = type_find_method(type, key);
	if (method && method->fn)
		*entry = (MethodCacheEntry){(uintptr_t)type | method->deref, key, method, method->fn};
	return method;
}

/* A value method reached through a pointer that is nil: runtime.panicwrap's text. */
static int raise_nil_receiver(Goroutine *g, const Function *fn, const MethodKey *key) {
	const TypeDesc *type = fn->recv_type;
	if (!type)
		return raise_code(g, PANIC_NIL_POINTER);
	return raise_plain(g, "value method %s.%s called using nil *%s pointer", type->name, key->name,
			   type->short_name ? type->short_name : type->name);
}

int call_iface_slow(Goroutine *g) {
	const Insn *pc = g->pc;
	GoIface receiver = {g->fp[pc->b].p, g->fp[pc->b + 1]};
	const MethodKey *key = pc[1].ptr;
	if (!receiver.type)
		return raise_code(g, PANIC_NIL_POINTER);
	const MethodDesc *method = find_method(g, receiver.type, key);
	if (!method || !method->fn)
		return fatal_error(g, "method %s of %s was not compiled", key->name, receiver.type->name);
	const Function *fn = method->fn;
	if (method->deref && !receiver.data.p)
		return raise_nil_receiver(g, fn, key);
	uint32_t base = pc->a, at = base + pc->c;
	size_t need = (size_t)base + frame_extent(fn);
	if (g->fp + need > g->stack_limit && grow(g, need) != EXEC_GO_ON)
		return RUN_EXIT;
	if (!method->deref)
		g->fp[at] = receiver.data;
	else if (fn->recv_slots)
		value_load(fn->recv_type, &g->fp[at], receiver.data.p);
	return call_enter(g, &fn->closure, base, pc + 2, NULL, 0);
}

/* ---------------------------------------------------------------- natives that call Go */

/* One call under way or just finished, linked from the innermost out in g->native_call. Objects of the Go heap. */
typedef struct NativeBox { /* a multiple of 16 bytes, for the pairs among the arguments */
	struct NativeBox *outer;
	void *saved_state; /* native_state of the native that called */
	uint32_t frame;    /* offset of that native's frame */
	bool active;
	NativeCall call;
} NativeBox;

static NativeBox *innermost_box(const Goroutine *g) {
	return g->native_call ? (NativeBox *)((char *)g->native_call - offsetof(NativeBox, call)) : NULL;
}

/* The program has ended. Natives that want few slots fill in something, and native_calls finds out. */
static NativeCall *no_box(Goroutine *g, uint32_t slots) {
	fatal_out_of_memory(g);
	return slots > NATIVE_CALL_SLOTS ? NULL : (NativeCall *)((VmPrivate *)g->vm->vm_private)->spare_call;
}

NativeCall *native_call_prepare(Goroutine *g, const Closure *closure) {
	NativeBox *box = innermost_box(g);
	uint32_t slots = closure ? closure->fn->arg_slots : 0;
	if (!box || box->active || box->call.cap < slots) {
		uint32_t cap = slots > NATIVE_CALL_SLOTS ? slots : NATIVE_CALL_SLOTS;
		NativeBox *fresh = heap_new_words(g, sizeof(NativeBox) / sizeof(Slot) + cap);
		if (!fresh)
			return no_box(g, slots);
		fresh->outer = box && !box->active ? box->outer : box;
		fresh->call.cap = cap;
		box = fresh;
		g->native_call = &box->call;
	}
	box->call.closure = closure;
	box->call.slots = slots;
	clear_slots(box->call.args, slots);
	return &box->call;
}

void call_boxes_drop(Goroutine *g, uint32_t above) {
	NativeBox *box = innermost_box(g);
	while (box && (!box->active || box->frame > above))
		box = box->outer;
	g->native_call = box ? &box->call : NULL;
}

/* The native whose frame is g->fp asked for a call. */
static int native_calls(Goroutine *g) {
	NativeBox *box = innermost_box(g);
	uint32_t extent = frame_extent(frame_function(g->fp));
	if (!box || __atomic_load_n(&g->vm->exit_state, __ATOMIC_RELAXED) != EXIT_RUNNING ||
	    __atomic_load_n(&g->ending, __ATOMIC_RELAXED) == END_NOW)
		return RUN_EXIT;
	if (!box->call.closure)
		return raise_code(g, PANIC_NIL_POINTER);
	box->active = true;
	box->frame = goroutine_offset(g, g->fp);
	box->saved_state = g->native_state;
	g->native_state = NULL;
	int status = call_enter(g, box->call.closure, extent, code_native_again, box->call.args, box->call.slots);
	/* A native that only calls, again and again, passes no other check. */
	return status == EXEC_GO_ON && --g->budget <= 0 ? RUN_YIELD : status;
}

void call_native_returned(Goroutine *g) {
	NativeBox *box = innermost_box(g);
	while (!box->active) /* left by natives inside the call that prepared without calling */
		box = box->outer;
	const Slot *callee = g->fp + frame_extent(frame_function(g->fp));
	copy_slots(box->call.args, callee + FRAME_HEADER_SLOTS, box->call.closure->fn->result_slots);
	box->active = false;
	g->native_state = box->saved_state;
	box->saved_state = NULL;
	g->native_call = &box->call;
}

/* ---------------------------------------------------------------- natives */

/* The outcomes that are the same with and without a frame of the native's own. */
static int native_ends(Goroutine *g, NativeStatus status) {
	GoIface value;
	switch (status) {
	case NATIVE_PANIC:
		value = g->pending_panic ? *g->pending_panic : (GoIface){0};
		g->pending_panic = NULL;
		return panic_raise(g, value);
	case NATIVE_GOEXIT:
		return goexit_begin(g);
	case NATIVE_EXIT:
		sched_exit(g->vm, EXIT_OS_EXIT, g->vm->exit_code, g);
		return RUN_EXIT;
	case NATIVE_FATAL:
		return RUN_EXIT;
	case NATIVE_YIELD:
		return RUN_YIELD;
	case NATIVE_PARK:
		return RUN_PARKED;
	case NATIVE_SWITCH:
		return RUN_SWITCH;
	case NATIVE_DONE:
	case NATIVE_RETRY:
	case NATIVE_CALL:
		break;
	}
	if (--g->budget <= 0)
		return RUN_YIELD;
	return stop_requested(g) ? RUN_SAFEPOINT : EXEC_GO_ON;
}

static bool goes_on_behind(NativeStatus status) {
	return status == NATIVE_DONE || status == NATIVE_PARK || status == NATIVE_SWITCH || status == NATIVE_YIELD;
}

static int native_retries(Goroutine *g) {
	g->resume = RESUME_RETRY;
	return RUN_PARKED;
}

/* No frame was made for the native: its slots are the outgoing arguments of the caller. */
int call_native_done(Goroutine *g, const Function *fn, uint32_t base, NativeStatus status) {
	if (status == NATIVE_RETRY)
		return native_retries(g);
	if (status == NATIVE_CALL) {
		Slot *frame = g->fp + base;
		frame[0].u = RETURN_WORD(g->pc + 2, base);
		frame[1].p = (void *)(uintptr_t)&fn->closure;
		g->fp = frame;
		g->pc = code_native_body;
		return native_calls(g);
	}
	g->native_state = NULL;
	if (goes_on_behind(status))
		g->pc += 2;
	return native_ends(g, status);
}

int call_body_done(Goroutine *g, NativeStatus status) {
	if (status == NATIVE_RETRY)
		return native_retries(g);
	if (status == NATIVE_CALL)
		return native_calls(g);
	g->native_state = NULL;
	if (goes_on_behind(status))
		frame_leave(g);
	return native_ends(g, status);
}

/* ---------------------------------------------------------------- goroutines */

int call_go(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots) {
	VM *vm = g->vm;
	if (!closure)
		return fatal_error(g, "go of nil func value");
	Goroutine *started = goroutine_new(g->worker, g, closure, args, slots);
	if (LIKELY(started != NULL)) {
		sched_ready(vm, g->worker, started, true);
		return EXEC_GO_ON;
	}
	if (vm->host.max_goroutines && (uint64_t)goroutine_count(vm) >= vm->host.max_goroutines) {
		sched_fail(g, EXIT_LIMIT, LIMIT_GOROUTINES);
		return RUN_EXIT;
	}
	return fatal_out_of_memory(g);
}

/* Sessions: g was asked to end. What it waited in was left before. */
static int call_ending(Goroutine *g) {
	uint8_t wanted = END_GOEXIT;
	g->resume = RESUME_NONE;
	g->native_state = NULL;
	if (!__atomic_compare_exchange_n(&g->ending, &wanted, END_UNDER_WAY, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return goroutine_ended(g, true);
	return goexit_begin(g);
}

int call_resume(Goroutine *g) {
	if (UNLIKELY(goroutine_must_end(g)))
		return call_ending(g);
	ResumeKind kind = (ResumeKind)g->resume;
	const Insn *pc = g->pc;
	int64_t chosen = 0;
	PanicCode code = PANIC_NONE;
	g->resume = RESUME_NONE;
	switch (kind) {
	case RESUME_SEND:
		g->pc = pc + 1;
		code = chan_send_resumed(g);
		break;
	case RESUME_SELECT:
		code = select_resume(g, (const SelectCase *)(const void *)(pc + 1), pc->b, g->fp, &chosen);
		if (code == PANIC_NONE && pc->a != NO_SLOT)
			g->fp[pc->a].i = chosen;
		g->pc = pc + 1 + pc->b;
		break;
	case RESUME_NONE:
	case RESUME_RETRY:
	case RESUME_OOM:
	case RESUME_NEVER:
		break;
	}
	if (code == PANIC_NONE)
		return EXEC_GO_ON;
	g->pc = pc;
	return raise_code(g, code);
}
