/* SPDX-License-Identifier: MIT */
/* exec_call.h: bodies of calls, closures, goroutines, defer and panic, channels, print. Included by exec.c only. */

/* ---- calls ---- */
/* The callee's frame begins `base` slots up; arguments are in place already. */
RARE(grow_slow) {
	SAVE();
	GO_ON(call_grow_slow(g));
}
#ifdef GOL_STACK_STRESS /* a build in which a pointer into the stack shows at once: it moves at every call */
#define MOVE_STACK() (SAVE(), goroutine_move_stack(g), fp = g->fp)
#else
#define MOVE_STACK() ((void)0)
#endif
/* The order spares registers: the callee's frame takes fp's place, and no second pointer lives beside it. */
#define ENTER(function, closure, base, return_words)                                                                   \
	do {                                                                                                           \
		MOVE_STACK();                                                                                          \
		if (UNLIKELY(fp + ((size_t)(base) + (function)->frame_slots) > g->stack_limit))                        \
			TAIL(grow_slow);                                                                               \
		fp += (base);                                                                                          \
		fp[0].u = RETURN_WORD(pc + (return_words), base);                                                      \
		fp[1].p = (void *)(uintptr_t)(closure);                                                                \
		pc = (function)->code;                                                                                 \
		if (UNLIKELY(--budget <= 0))                                                                           \
			TAIL_ARG(check_slow, 0);                                                                              \
		DISPATCH();                                                                                            \
	} while (0)
BODY(CALL) {
	const Function *fn = pc[1].ptr;
	ENTER(fn, fn, A, 2);
}
BODY(CALL_CLOSURE) {
	const Closure *closure = RB.p;
	if (UNLIKELY(!closure))
		TAIL(nil_fault);
	const Function *fn = closure->fn;
	ENTER(fn, closure, A, 1);
}
OUT_OF_LINE(call_iface_uncached) {
	SAVE();
	GO_ON(call_iface_slow(g));
}
/* Receivers of whole words are copied here: structs, slices, strings; for others value_load knows how. */
OUT_OF_LINE(call_iface_deref) {
	const Slot *receiver = ADDRESS(RB);
	const MethodCacheEntry *entry =
		&g->worker->method_cache[method_cache_index(receiver[0].p, pc[1].ptr)];
	const Slot *from = receiver[1].p;
	if (UNLIKELY(entry->type != (receiver[0].u | 1) || entry->key != pc[1].ptr || !from))
		TAIL(call_iface_uncached);
	const Function *fn = entry->fn;
	const TypeDesc *type = fn->recv_type;
	if (UNLIKELY(type->size != fn->recv_slots * sizeof(Slot) || fp + ((size_t)A + fn->frame_slots) > g->stack_limit))
		TAIL(call_iface_uncached);
	Slot *to = &fp[A + C];
	if (type->align == 16) {
		for (uint32_t i = 0; i < fn->recv_slots; i += 2)
			copy_pair(&to[i], &from[i]);
	} else {
		for (uint32_t i = 0; i < fn->recv_slots; i++)
			to[i].u = load_word(&from[i]);
	}
	ENTER(fn, fn, A, 2);
}
FRAMED(CALL_IFACE) {
	const Slot *receiver = ADDRESS(RB);
	const MethodCacheEntry *entry =
		&g->worker->method_cache[method_cache_index(receiver[0].p, pc[1].ptr)];
	if (UNLIKELY(entry->type != receiver[0].u || entry->key != pc[1].ptr))
		TAIL(call_iface_deref);
	fp[A + C] = receiver[1];
	const Function *fn = entry->fn;
	ENTER(fn, fn, A, 2);
}
/* insn: the NativeStatus */
OUT_OF_LINE(native_status_slow) {
	SAVE();
	GO_ON(call_native_done(g, pc[1].ptr, pc->a, (NativeStatus)insn));
}
CALLING(CALL_NATIVE) {
	const Function *fn = pc[1].ptr;
	SAVE();
	NativeStatus status = fn->native(g, fp + A);
	/* Parked: g may be running elsewhere as soon as it is let go, but its memory stays. */
	if (UNLIKELY(status != NATIVE_DONE || g->native_state))
		TAIL_ARG(native_status_slow, status);
	budget = g->budget - 1;
	pc += 2;
	if (UNLIKELY(budget <= 0 || stop_requested(g)))
		TAIL_ARG(check_slow, 0);
	DISPATCH();
}
OUT_OF_LINE(native_body_slow) {
	GO_ON(call_body_done(g, (NativeStatus)insn));
}
CALLING(NATIVE_BODY) {
	SAVE();
	NativeStatus status = frame_function(fp)->native(g, fp);
	TAIL_ARG(native_body_slow, status);
}
CALLING(NATIVE_AGAIN) {
	SAVE();
	call_native_returned(g);
	pc = code_native_body;
	DISPATCH();
}

/* ---- functions that a session declared again ---- */
BODY(ENTRY) { NEXT(2); }
RARE(redirect_grow_slow) {
	SAVE();
	GO_ON(call_redirect_grow(g));
}
BODY(REDIRECT) {
	const Function *fn = pc[1].ptr;
	if (UNLIKELY(fp + fn->frame_slots > g->stack_limit))
		TAIL(redirect_grow_slow);
	fp[1].p = (void *)(uintptr_t)fn;
	pc = fn->code;
	DISPATCH();
}

#define LEAVE_FRAME()                                                                                                  \
	do {                                                                                                           \
		uint64_t word_ = fp[0].u;                                                                              \
		pc = RETURN_PC(word_);                                                                                 \
		fp -= RETURN_DELTA(word_);                                                                             \
		DISPATCH();                                                                                            \
	} while (0)
BODY(RET) { LEAVE_FRAME(); }
BODY(RET_1) {
	fp[2].u = RA.u;
	LEAVE_FRAME();
}
BODY(RET_2) {
	copy_pair(&fp[2], &RA);
	LEAVE_FRAME();
}

/* ---- closures ---- */
BODY(LOADC_64) {
	RA = ((const Closure *)fp[1].p)->captured[C];
	NEXT(1);
}
BODY(LOADC_128) {
	copy_pair(&RA, &((const Closure *)fp[1].p)->captured[C]);
	NEXT(1);
}
/* Closures never change and cannot be compared: an equal one serves. It spares a loop of go statements an object each. */
static ALWAYS_INLINE bool closure_equals(const Closure *closure, const Function *fn, const Slot *captured, uint32_t n) {
	if (!closure || closure->fn != fn)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (closure->captured[i].u != captured[i].u)
			return false;
	return true;
}
OUT_OF_LINE(make_closure) {
	Closure *closure = heap_new_closure(g, pc[1].ptr);
	if (UNLIKELY(!closure))
		TAIL(memory_fault);
	copy_slots(closure->captured, &RB, C);
	g->worker->alloc->last_closure = closure;
	RA.p = closure;
	NEXT_ALLOCATED(2);
}
OUT_OF_LINE(make_own_closure) {
	Closure *closure = heap_new_closure(g, pc[1].ptr);
	if (UNLIKELY(!closure))
		TAIL(memory_fault);
	copy_slots(closure->captured, &RB, C);
	RA.p = closure;
	NEXT_ALLOCATED(2);
}
FRAMED(MKCLOSURE_OWN) {
	Closure *closure = heap_new_closure_fast(g->worker->alloc, pc[1].ptr);
	if (UNLIKELY(!closure))
		TAIL(make_own_closure);
	copy_slots(closure->captured, &RB, C);
	RA.p = closure;
	NEXT(2);
}
FRAMED(MKCLOSURE) {
	Closure *closure = g->worker->alloc->last_closure;
	if (!closure_equals(closure, pc[1].ptr, &RB, C))
		TAIL(make_closure);
	RA.p = closure;
	NEXT(2);
}

/* ---- go, defer, panic ---- */
CALLING(GO) {
	SAVE();
	int status = call_go(g, &((const Function *)pc[1].ptr)->closure, fp + A + FRAME_HEADER_SLOTS, C);
	if (UNLIKELY(status != EXEC_GO_ON))
		return status;
	NEXT_ALLOCATED(2);
}
CALLING(GO_CLOSURE) {
	SAVE();
	int status = call_go(g, RB.p, fp + A + FRAME_HEADER_SLOTS, C);
	if (UNLIKELY(status != EXEC_GO_ON))
		return status;
	NEXT_ALLOCATED(1);
}
CALLING(DEFER) {
	SAVE();
	int status = defer_push(g, &((const Function *)pc[1].ptr)->closure, fp + A + FRAME_HEADER_SLOTS, C);
	if (UNLIKELY(status != EXEC_GO_ON))
		return status;
	NEXT(2);
}
CALLING(DEFER_CLOSURE) {
	SAVE();
	int status = defer_push(g, RB.p, fp + A + FRAME_HEADER_SLOTS, C);
	if (UNLIKELY(status != EXEC_GO_ON))
		return status;
	NEXT(1);
}
BODY(FRAME_TOKEN) {
	RA.i = goroutine_offset(g, fp);
	NEXT(1);
}
CALLING(DEFER_OUTER) {
	SAVE();
	GO_ON(defer_push_outer(g, RB.p, fp + A + FRAME_HEADER_SLOTS, C, fp[pc[1].word].i));
}
OUT_OF_LINE(run_defer) {
	SAVE();
	GO_ON(defer_run(g));
}
BODY(RUN_DEFERS) {
	const Defer *d = g->defers;
	if (d && d->frame == goroutine_offset(g, fp))
		TAIL(run_defer);
	NEXT(1);
}
CALLING(PANIC) {
	SAVE();
	GO_ON(panic_raise(g, iface_at(&RA)));
}
CALLING(PANIC_NEXT) {
	SAVE();
	GO_ON(panic_next(g));
}
static NOINLINE void recover_into(Goroutine *g, Slot *to, bool for_caller) {
	GoIface value = panic_recover(g, for_caller);
	store_iface(to, value);
}
CALLING(RECOVER) {
	SAVE();
	recover_into(g, &RA, B != 0);
	NEXT(1);
}
CALLING(UNREACHABLE) {
	SAVE();
	return fatal_error(g, "unreachable code reached");
}
CALLING(GOEXIT) {
	SAVE();
	return goroutine_ended(g, false);
}

/* ---- channels ---- */
CALLING(MAKE_CHAN) {
	NEXT_OR_FAULT(chan_new(g, pc[1].ptr, B == NO_SLOT ? 0 : RB.i, (Chan **)&RA.p), 2);
}
/* From the call on the goroutine may run elsewhere: where it goes on is stored before, and nothing after it parked. */
#define SAVE_FOR_PARK(instruction, kind) (g->pc = (instruction), g->fp = fp, g->budget = budget, g->resume = (kind))
#define NEXT_UNLESS_PARKED(code, words)                                                                                \
	do {                                                                                                           \
		if (UNLIKELY((code) == PANIC_PARKED))                                                                  \
			return RUN_PARKED;                                                                             \
		g->resume = RESUME_NONE;                                                                               \
		NEXT_CHECKED(code, words);                                                                             \
	} while (0)
CALLING(SEND) {
	SAVE_FOR_PARK(pc, RESUME_SEND);
	PanicCode code = chan_send_or_park(g, RA.p, &RB);
	NEXT_UNLESS_PARKED(code, 1);
}
CALLING(RECV) {
	SAVE_FOR_PARK(pc + 1, RESUME_NONE);
	PanicCode code = chan_recv_or_park(g, RB.p, A == NO_SLOT ? NULL : &RA, NULL);
	NEXT_UNLESS_PARKED(code, 1);
}
CALLING(RECV_OK) {
	SAVE_FOR_PARK(pc + 2, RESUME_NONE);
	PanicCode code = chan_recv_or_park(g, RB.p, A == NO_SLOT ? NULL : &RA, C == NO_SLOT ? NULL : &RC);
	NEXT_UNLESS_PARKED(code, 2);
}
CALLING(CLOSE) {
	SAVE();
	NEXT_CHECKED(chan_close(g, RA.p), 1);
}
CALLING(CHAN_LEN) {
	RA.i = chan_len(RB.p);
	NEXT(1);
}
CALLING(CHAN_CAP) {
	RA.i = chan_cap(RB.p);
	NEXT(1);
}
static NOINLINE PanicCode select_begin(Goroutine *g, const Insn *pc, Slot *fp) {
	int64_t chosen = 0;
	PanicCode code = select_or_park(g, (const SelectCase *)(const void *)(pc + 1), pc->b, pc->c & 1, fp, &chosen);
	if (code == PANIC_NONE && pc->a != NO_SLOT)
		fp[pc->a].i = chosen;
	return code;
}
CALLING(SELECT) {
	SAVE_FOR_PARK(pc, RESUME_SELECT);
	PanicCode code = select_begin(g, pc, fp);
	NEXT_UNLESS_PARKED(code, 1 + B);
}

CALLING(PRINT) {
	uint32_t words = 0;
	PanicCode code = print_operands(g->vm, pc, fp, &words);
	NEXT_OR_FAULT(code, words);
}
