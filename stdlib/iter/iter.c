/* SPDX-License-Identifier: MIT */
/* iter.c: the natives of package iter. */
#include "runtime/coro.h"

#include "vm/native.h"

/* func newCoro(f func()) *coro */
static NativeStatus new_coro(Goroutine *g, Slot *args) {
	struct {
		Coro *result;
		const Closure *f;
	} *a = NATIVE_ARGS(args);
	const VM *vm = g->vm;
	if (!a->f)
		return native_panic_code(g, PANIC_NIL_POINTER);
	a->result = coro_new(g, a->f);
	if (a->result)
		return NATIVE_DONE;
	if (!vm->host.max_goroutines || (uint64_t)goroutine_count(g->vm) < vm->host.max_goroutines)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	sched_fail(g, EXIT_LIMIT, LIMIT_GOROUTINES);
	return NATIVE_FATAL;
}

/* func (c *coro) change() */
static NativeStatus change(Goroutine *g, Slot *args) {
	struct {
		Coro *c;
	} *a = NATIVE_ARGS(args);
	if (!a->c)
		return native_panic_code(g, PANIC_NIL_POINTER);
	switch (coro_switch(g, a->c)) {
	case CORO_SWITCHED:
		return NATIVE_SWITCH;
	case CORO_EXITED:
		return native_fatal(g, "coroswitch on exited coro");
	case CORO_FOREIGN:
		break;
	}
	return native_fatal(g, "coroswitch to a goroutine of another synctest bubble");
}

/* func (c *coro) exit() */
static NativeStatus leave(Goroutine *g, Slot *args) {
	struct {
		Coro *c;
	} *a = NATIVE_ARGS(args);
	if (!a->c)
		return native_panic_code(g, PANIC_NIL_POINTER);
	coro_exit(g, a->c);
	return NATIVE_DONE;
}

/* runtime.Goexit, without importing that package. */
static NativeStatus iter_goexit(Goroutine *g, Slot *args) {
	(void)g;
	(void)args;
	return NATIVE_GOEXIT;
}

const NativeDef natives_iter[] = {
	{"newCoro", new_coro},
	{"(*coro).change", change},
	{"(*coro).exit", leave},
	{"goexit", iter_goexit},
	{NULL, NULL},
};
