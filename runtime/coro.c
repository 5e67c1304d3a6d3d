/* SPDX-License-Identifier: MIT */
/* coro.c: handing control from one goroutine to another.
 *
 * Owns: Coro objects.
 * Rules: whoever takes the goroutine out of Coro.g owns it, and is the only one who may run it. A goroutine is stored there
 *   when it is marked as waiting; its worker may still be on the way out of run then (Goroutine.busy).
 * Why: one exchange per switch. A channel each way would take two locks and the run queue; Go's coroswitch is as direct.
 * See: stdlib/iter, tests/stdlib/iter */
#include "runtime/coro.h"

#include "runtime/bubble.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

struct Coro {
	Goroutine *g; /* atomic; NULL: nobody */
	uint64_t unused; /* heap objects come in 16 bytes */
};

Coro *coro_new(Goroutine *g, const Closure *f) {
	Coro *c = heap_new_bytes(g, sizeof(Coro));
	Goroutine *made = c != NULL ? goroutine_new(g->worker, g, f, NULL, 0) : NULL;
	if (made == NULL)
		return NULL;
	made->sudog.target = c;
	sched_will_park(made, WAIT_COROUTINE);
	c->unused = 0;
	__atomic_store_n(&c->g, made, __ATOMIC_RELEASE);
	return c;
}

static inline Goroutine *take(const VM *vm, Coro *c) {
	if (vm->multi)
		return __atomic_exchange_n(&c->g, NULL, __ATOMIC_ACQ_REL);
	Goroutine *g = c->g;
	c->g = NULL;
	return g;
}

CoroSwitch coro_switch(Goroutine *g, Coro *c) {
	VM *vm = g->vm;
	Worker *w = g->worker;
	Goroutine *next = take(vm, c);
	if (UNLIKELY(next == NULL))
		return CORO_EXITED;
	if (UNLIKELY(vm->watch != 0)) {
		if (next->bubble != g->bubble) {
			__atomic_store_n(&c->g, next, __ATOMIC_RELEASE);
			return CORO_FOREIGN;
		}
		watch_woken(vm, w, next); /* before g waits, so that their bubble is never idle in between */
	}
	next->budget = g->budget - 1;
	w->switch_to = next;
	g->sudog.target = c;
	sched_will_park(g, WAIT_COROUTINE);
	__atomic_store_n(&c->g, g, __ATOMIC_RELEASE);
	return CORO_SWITCHED;
}

void coro_exit(Goroutine *g, Coro *c) {
	Goroutine *next = take(g->vm, c);
	if (next != NULL)
		sched_ready(g->vm, g->worker, next, true);
}

bool coro_leave(Goroutine *g) {
	Coro *c = g->sudog.target;
	if (c->g == g)
		c->g = NULL;
	return true;
}
