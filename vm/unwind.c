/* SPDX-License-Identifier: MIT */
/* unwind.c: defer, panic, recover and Goexit, by Go's rules.
 *
 * Owns: Goroutine.defers and .panics.
 * Rules: a panic does not unwind before it is recovered: deferred calls run above the frame in which it began, and come back
 *   to PANIC_NEXT. Panics nest by their start: Panic.top is the end of the frame it began in, and where its deferred calls
 *   have their frame. A panic that runs a deferred call of a frame below an older panic's deferred call aborts that one:
 *   both end together when it is recovered, and a Goexit among them goes on instead.
 *
 *      | f (defers d) | g (panics): top of P1 -> | d: return -> PANIC_NEXT (panics): top of P2 -> | ... |
 *
 * Why: the stack is still whole when an uncaught panic is reported, as in Go.
 * See: tests/panics, tests/unit/test_vm.c. */
#include "vm/trace.h"

enum { PRINTING = 0xffffffffu, CACHED_DEFER_SLOTS = 64, LEAST_DEFER_SLOTS = 6 };

/* ---------------------------------------------------------------- deferred calls */

static Defer *defer_new(Goroutine *g, uint32_t slots) {
	Worker *w = g->worker;
	Defer *d = w->free_defers;
	if (LIKELY(d && d->cap >= slots)) {
		w->free_defers = d->link;
		return d;
	}
	uint32_t cap = slots < LEAST_DEFER_SLOTS ? LEAST_DEFER_SLOTS : slots;
	d = mem_alloc(&g->vm->mem, sizeof(Defer) + cap * sizeof(Slot));
	if (d)
		d->cap = (uint16_t)cap;
	return d;
}

static void defer_free(Goroutine *g, Defer *d) {
	Worker *w = g->worker;
	if (d->cap > CACHED_DEFER_SLOTS) {
		mem_free(&g->vm->mem, d, sizeof(Defer) + d->cap * sizeof(Slot));
		return;
	}
	d->link = w->free_defers;
	w->free_defers = d;
}

static Defer *defer_make(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots, uint32_t frame) {
	Defer *d = defer_new(g, slots);
	if (UNLIKELY(!d))
		return NULL;
	d->closure = closure;
	d->frame = frame;
	d->slots = (uint16_t)slots;
	copy_slots(d->args, args, slots);
	return d;
}

int defer_push(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots) {
	Defer *d = defer_make(g, closure, args, slots, goroutine_offset(g, g->fp));
	if (UNLIKELY(!d))
		return fatal_out_of_memory(g);
	d->link = g->defers;
	g->defers = d;
	return EXEC_GO_ON;
}

static bool is_deferring_frame(Goroutine *g, int64_t frame) {
	FrameWalk walk;
	frame_walk_init(&walk, g);
	do
		if (goroutine_offset(g, walk.fp) == frame)
			return (frame_walk_function(&walk)->flags & FUNC_DEFERS) != 0;
	while (frame_walk_next(&walk));
	return false;
}

/* Whether a panic has run the deferred calls of that frame, which lies below it, and gone on: nothing will come back to it. */
static bool is_abandoned(const Goroutine *g, uint32_t frame) {
	for (const Panic *p = g->panics; p; p = p->link)
		if (p->top > frame && (p->return_frame < frame || p->return_frame == PRINTING))
			return true;
	return false;
}

/* Deferred calls are kept innermost frame first: those of the frames in between stay in front. */
int defer_push_outer(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots, int64_t frame) {
	if (!is_deferring_frame(g, frame))
		return raise_runtime(g, "defer in the body of a range over a function that runs on another goroutine");
	if (is_abandoned(g, (uint32_t)frame))
		return fatal_error(g, "defer after range func returned");
	Defer *d = defer_make(g, closure, args, slots, (uint32_t)frame);
	if (UNLIKELY(!d))
		return fatal_out_of_memory(g);
	Defer **at = &g->defers;
	while (*at && (*at)->frame > d->frame)
		at = &(*at)->link;
	d->link = *at;
	*at = d;
	g->pc += op_words(g->pc);
	return EXEC_GO_ON;
}

/* Takes the newest deferred call and enters it, `base` slots above the present frame. */
static int defer_enter(Goroutine *g, uint32_t base, const Insn *return_pc) {
	Defer *d = g->defers;
	g->defers = d->link;
	int status = d->closure ? call_enter(g, d->closure, base, return_pc, d->args, d->slots)
				: raise_code(g, PANIC_NIL_POINTER);
	defer_free(g, d);
	return status;
}

int defer_run(Goroutine *g) { return defer_enter(g, frame_extent(frame_function(g->fp)), g->pc); }

/* ---------------------------------------------------------------- panics */

static Panic *panic_new(Goroutine *g) {
	Worker *w = g->worker;
	Panic *p = w->free_panics;
	if (p)
		w->free_panics = p->link;
	else if (!(p = mem_alloc(&g->vm->mem, sizeof(Panic))))
		return NULL;
	Panic *older = g->panics;
	*p = (Panic){.link = older, .going = older && older->aborted ? older->going : older, .pc = g->pc};
	p->top = goroutine_offset(g, g->fp) + frame_extent(frame_function(g->fp));
	g->panics = p;
	return p;
}

static void panic_pop(Goroutine *g) {
	Panic *p = g->panics;
	g->panics = p->link;
	p->link = g->worker->free_panics;
	g->worker->free_panics = p;
}

const Panic *panic_of_deferred(const Panic **panics, uint32_t frame) {
	const Panic *p = *panics;
	while (p && (p->defer_frame == 0 || p->defer_frame > frame))
		p = p->link;
	*panics = p;
	return p && p->defer_frame == frame ? p : NULL;
}

/* Before it runs its first deferred call a panic's frame is the present one; then it is the one below that call's. */
Slot *panic_frame(const Goroutine *g, const Panic *p) {
	if (!p->defer_frame)
		return g->fp;
	Slot *deferred = g->stack + p->defer_frame;
	return deferred - RETURN_DELTA(deferred[0].u);
}

/* The newest panic, whose frame is the present one, runs the next deferred call. */
static int run_next_deferred(Goroutine *g) {
	Panic *p = g->panics;
	const Defer *d = g->defers;
	uint32_t base = frame_extent(frame_function(g->fp));
	if (!d) {
		if (p->goexit)
			return goroutine_ended(g, true);
		return panic_report(g, p, base);
	}
	/* Frames of older ones lie lower; each is aborted once, so that a long chain of panics stays linear. */
	for (; p->going && p->going->defer_frame > d->frame; p->going = p->going->going)
		p->going->aborted = true;
	p->return_frame = d->frame;
	p->defer_frame = p->top;
	return defer_enter(g, base, code_panic_next);
}

int panic_raise(Goroutine *g, GoIface value) {
	if (UNLIKELY(!value.type)) {
		const TypeDesc *type = g->vm->types->core[CORE_PANIC_NIL_ERROR];
		value = (GoIface){type, {.p = type ? heap_new(g, type->elem) : NULL}};
	}
	Panic *p = panic_new(g);
	if (!p)
		return fatal_out_of_memory(g);
	p->value = value;
	p->is_runtime_error = trace_is_runtime_error(g->vm, value.type);
	return run_next_deferred(g);
}

int goexit_begin(Goroutine *g) {
	Panic *p = panic_new(g);
	if (!p)
		return fatal_out_of_memory(g);
	p->goexit = true;
	return run_next_deferred(g);
}

/* The deferred call recovered: its panic and all that were aborted on the way end, and the function that deferred it
 * returns to its caller after its remaining deferred calls. */
static int recovered(Goroutine *g) {
	uint32_t frame = g->panics->return_frame;
	g->native_state = NULL;
	while (g->panics && g->panics->top > frame) {
		if (g->panics->goexit) {
			g->fp = panic_frame(g, g->panics);
			call_boxes_drop(g, goroutine_offset(g, g->fp));
			return run_next_deferred(g);
		}
		panic_pop(g);
	}
	call_boxes_drop(g, frame);
	g->fp = g->stack + frame;
	const Function *fn = frame_function(g->fp);
	g->pc = fn->code + fn->defer_return;
	return EXEC_GO_ON;
}

int panic_next(Goroutine *g) {
	if (g->panics->recovered)
		return recovered(g);
	g->panics->defer_frame = 0;
	return run_next_deferred(g);
}

/* Whether `fp` is the deferred call that the newest panic runs, seen through generated wrappers. */
static bool called_by_panic(const Goroutine *g, const Slot *fp, const Panic *p) {
	for (;;) {
		if (goroutine_offset(g, fp) == p->defer_frame)
			return true;
		if (goroutine_offset(g, fp) < p->defer_frame || RETURN_DELTA(fp[0].u) == 0)
			return false;
		fp -= RETURN_DELTA(fp[0].u);
		if (!(frame_function(fp)->flags & FUNC_WRAPPER))
			return false;
	}
}

/* for_caller: the present frame stands for the builtin itself (defer recover()); who deferred it counts as the caller,
 * unless the panic runs it. */
GoIface panic_recover(Goroutine *g, bool for_caller) {
	Panic *p = g->panics;
	if (!p || p->goexit || p->recovered || !p->defer_frame)
		return (GoIface){0};
	const Slot *fp = g->fp;
	if (for_caller && goroutine_offset(g, fp) != p->defer_frame)
		fp -= RETURN_DELTA(fp[0].u);
	else if (for_caller)
		return (GoIface){0};
	if (!called_by_panic(g, fp, p))
		return (GoIface){0};
	p->recovered = true;
	return p->value;
}

int goroutine_ended(Goroutine *g, bool by_goexit) {
	VM *vm = g->vm;
	while (g->panics)
		panic_pop(g);
	g->native_call = NULL;
	g->native_state = NULL;
	if (!g->is_main) {
		uint8_t none = END_NONE;
		if (by_goexit) /* it has no results */
			__atomic_compare_exchange_n(&g->ending, &none, END_UNDER_WAY, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
		return RUN_DEAD;
	}
	HostCall *call = ((VmPrivate *)vm->vm_private)->call;
	if (!by_goexit && call) {
		copy_slots(call->results, g->stack + FRAME_HEADER_SLOTS, call->count);
		call->done = true;
		return RUN_DEAD;
	}
	if (!by_goexit) {
		if (sched_begin_grace(vm))
			return RUN_DEAD;
		sched_exit(vm, EXIT_MAIN_RETURNED, 0, g);
		return RUN_EXIT;
	}
	/* The program goes on without it; it stays as a sleeper that nobody wakes, so that the end of all others is seen. */
	g->resume = RESUME_NEVER;
	sched_will_park(g, WAIT_NONE);
	return RUN_PARKED;
}

/* ---------------------------------------------------------------- the end of an uncaught panic */

/* How a method without parameters and one string result is called: its frame's arguments. False: there is none. */
static bool text_method(const TypeDesc *type, const char *name, const MethodDesc **out) {
	for (uint32_t i = 0; i < type->method_count; i++) {
		const MethodDesc *m = &type->methods[i];
		if (strcmp(m->key->name, name) != 0 || !m->fn || !m->type)
			continue;
		*out = m;
		return m->type->param_count == 0 && m->type->result_count == 1 &&
		       m->type->results[0]->kind == KIND_STRING && m->fn->arg_slots <= 64;
	}
	return false;
}

static bool prepare_text_call(Goroutine *g, GoIface value) {
	const MethodDesc *method;
	if (!value.type || trace_is_runtime_error(g->vm, value.type))
		return false; /* printed without its method */
	if (!text_method(value.type, "Error", &method) && !text_method(value.type, "String", &method))
		return false;
	const Function *fn = method->fn;
	if (method->deref && !value.data.p)
		return false;
	NativeCall *call = native_call_prepare(g, &fn->closure);
	if (!call)
		return false;
	Slot *receiver = &call->args[fn->recv_slot - FRAME_HEADER_SLOTS];
	if (!method->deref)
		*receiver = value.data;
	else if (fn->recv_slots)
		value_load(fn->recv_type, receiver, value.data.p);
	return true;
}

/* Native that runs above an uncaught panic: has every value turned into text by its Error or String method, newest first,
 * then reports. native_state: the panic whose value's method was called. */
static NativeStatus print_panics(Goroutine *g, Slot *args) {
	(void)args;
	Panic *at = g->native_state;
	if (at) {
		GoString text = {g->native_call->args[0].p, g->native_call->args[1].i};
		at->value = native_box_string(g, text);
		at = at->link;
	} else {
		at = g->panics;
	}
	for (; at; at = at->link) {
		if (at->goexit || !prepare_text_call(g, at->value))
			continue;
		g->native_state = at;
		return NATIVE_CALL;
	}
	g->native_state = NULL;
	trace_report_panic(g, g->panics);
	return NATIVE_FATAL;
}

static const Function print_panics_function = {
	.closure = {.fn = &print_panics_function},
	.code = code_native_body,
	.code_len = 2,
	.frame_slots = FRAME_HEADER_SLOTS,
	.flags = FUNC_NATIVE,
	.native = print_panics,
	.name = "runtime.printpanics",
	.file = "",
};

/* A panic during the above: Go's throw. */
static int printing_failed(Goroutine *g, GoIface value) {
	if (value.type && value.type == g->vm->types->core[CORE_STRING]) {
		GoString text = load_string(value.data.p);
		return fatal_error(g, "panic while printing panic value: %.*s", (int)text.len, text.ptr);
	}
	return fatal_error(g, "panic while printing panic value: type %s", value.type ? value.type->name : "nil");
}

int panic_report(Goroutine *g, Panic *p, uint32_t base) {
	for (const Panic *older = p->link; older; older = older->link)
		if (older->return_frame == PRINTING)
			return printing_failed(g, p->value);
	p->return_frame = PRINTING;
	p->defer_frame = p->top;
	return call_enter(g, &print_panics_function.closure, base, code_panic_next, NULL, 0);
}
