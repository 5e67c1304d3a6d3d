/* SPDX-License-Identifier: MIT */
/* synctest.c: the natives of package testing/synctest; runtime/bubble.c does the work.
 *
 * Rules: the goroutine in `run` is the bubble's root: it comes back each time nobody else of the bubble runs. */
#include "runtime/bubble.h"

#include "vm/native.h"

static NativeStatus begin(Goroutine *g, const Closure *f) {
	const VM *vm = g->vm;
	if (!f)
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (g->bubble)
		return native_panic_text(g, "synctest.Run called from within a synctest bubble");
	if (bubble_begin(g, f))
		return NATIVE_DONE;
	if (!vm->host.max_goroutines || (uint64_t)goroutine_count(g->vm) < vm->host.max_goroutines)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	sched_fail(g, EXIT_LIMIT, LIMIT_GOROUTINES);
	return NATIVE_FATAL;
}

/* func run(f func()) */
static NativeStatus run(Goroutine *g, Slot *args) {
	struct {
		const Closure *f;
	} *a = NATIVE_ARGS(args);
	if (!g->native_state) {
		NativeStatus status = begin(g, a->f);
		if (status != NATIVE_DONE)
			return status;
		g->native_state = g->bubble;
	}
	native_charge(g, 1);
	PanicCode code = bubble_run_or_park(g);
	if (code == PANIC_PARKED)
		return NATIVE_RETRY;
	g->native_state = NULL;
	return native_panic_code(g, code);
}

/* func Wait() */
static NativeStatus wait(Goroutine *g, Slot *args) {
	(void)args;
	if (!g->bubble)
		return native_panic_text(g, "goroutine is not in a bubble");
	return bubble_wait_or_park(g) ? NATIVE_PARK : native_panic_text(g, "wait already in progress");
}

const NativeDef natives_testing_synctest[] = {
	{"run", run},
	{"Wait", wait},
	{NULL, NULL},
};
