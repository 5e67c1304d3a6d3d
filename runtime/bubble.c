/* SPDX-License-Identifier: MIT */
/* bubble.c: the bubbles of testing/synctest.
 *
 * Owns: Bubble: its clock, its timers, the count of its goroutines that are not durably blocked.
 * Rules: `running` counts the goroutines that run, could run, or wait for something that may come from outside. It goes down
 *   under the lock of what a goroutine waits on, and up before that goroutine is readied, always by one that counts itself:
 *   so at 0 nothing of the bubble moves, and who brought it there alone decides who is next: who called Wait, else the root.
 *   The clock and `waiter` change hands with that. Nobody may touch a bubble after it has given up its last count in it.
 * Why: being told where goroutines park and wake is what watch.c needs, too, so a bubble turns that on (WATCH_BUBBLES), and
 *   programs without one pay nothing. Channels hold the bubble's number, not its address: they outlive it.
 * See: stdlib/testing/synctest, tests/stdlib/synctest */
#include "runtime/bubble.h"

#include "runtime/chan.h"
#include "runtime/sched_internal.h"

#define FIRST_NOW_NS 946684800000000000 /* 2000-01-01 00:00:00 UTC */

struct Bubble {
	VM *vm;
	uint32_t id;
	bool done;         /* main has exited */
	bool deadlocked;
	bool waiting;      /* atomic: there is, or will be in a moment, a waiter */
	int64_t now_ns;    /* atomic */
	int64_t running;   /* atomic */
	int64_t total;     /* atomic */
	Goroutine *root;   /* NULL: it has left */
	Goroutine *main;
	Goroutine *waiter; /* in bubble_wait_or_park */
	struct TimerHeap *timers;
	Bubble *next;      /* in SchedState.bubbles, under sched_lock */
};

uint32_t bubble_id(const Bubble *b) { return b != NULL ? b->id : 0; }

int64_t bubble_now_ns(const Bubble *b) { return __atomic_load_n(&b->now_ns, __ATOMIC_RELAXED); }

bool bubble_is_deadlocked(const Bubble *b) { return b != NULL && b->deadlocked; }

struct TimerHeap *bubble_timers(Bubble *b) { return b->timers; }

/* ---- life ---- */

static void watch_bubbles(Goroutine *g) {
	WorldStop stop;
	VM *vm = g->vm;
	if (vm->watch & WATCH_BUBBLES)
		return;
	world_stop(&stop, vm, g->worker);
	vm->watch |= WATCH_BUBBLES;
	stop_update_multi(vm);
	world_start(&stop);
}

static void bubble_free(Bubble *b) {
	if (b->timers != NULL)
		timer_heap_free(b->vm, b->timers);
	mem_free(&b->vm->mem, b, sizeof(*b));
}

static Bubble *bubble_new(VM *vm) {
	Bubble *b = mem_zalloc(&vm->mem, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->vm = vm;
	b->now_ns = FIRST_NOW_NS;
	b->timers = timer_heap_new(vm, b);
	if (b->timers == NULL) {
		bubble_free(b);
		return NULL;
	}
	lock_acquire(&vm->sched_lock);
	b->id = vm->sched->bubble_ids = vm->sched->bubble_ids % MAX_BUBBLE_ID + 1;
	b->next = vm->sched->bubbles;
	vm->sched->bubbles = b;
	lock_release(&vm->sched_lock);
	return b;
}

static void bubble_drop(Bubble *b) {
	VM *vm = b->vm;
	lock_acquire(&vm->sched_lock);
	Bubble **at = &vm->sched->bubbles;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	lock_release(&vm->sched_lock);
	bubble_free(b);
}

void bubbles_discard(VM *vm) {
	for (Bubble *b = vm->sched->bubbles, *next; b != NULL; b = next) {
		next = b->next;
		bubble_free(b);
	}
	vm->sched->bubbles = NULL;
}

void bubbles_mark(Marker *m, VM *vm) {
	for (Bubble *b = vm->sched->bubbles; b != NULL; b = b->next)
		timer_heap_mark(m, b->timers, true);
}

/* ---- counting ---- */

static bool is_of_bubble(const Sudog *s, uint32_t id) {
	const Chan *c = s->target;
	return c->bubble == id;
}

/* Whether only its bubble can end what g has begun to wait for. */
static bool waits_durably(const Goroutine *g) {
	uint32_t id = g->bubble->id;
	switch ((WaitReason)g->wait_reason) {
	case WAIT_CHAN_RECEIVE: case WAIT_CHAN_SEND:
		return is_of_bubble(&g->sudog, id);
	case WAIT_SELECT:
		for (const Sudog *s = g->select_sudogs; s != NULL; s = s->link)
			if (!is_of_bubble(s, id))
				return false;
		/* One case waits as a plain operation; with nil channels only there is nothing at all. */
		return g->select_sudogs != NULL || g->sudog.target == NULL || is_of_bubble(&g->sudog, id);
	case WAIT_CHAN_RECEIVE_NIL: case WAIT_CHAN_SEND_NIL: case WAIT_SELECT_NO_CASES: case WAIT_SLEEP: case WAIT_SYNC_COND:
	case WAIT_SYNC_WAITGROUP_BUBBLE: case WAIT_COROUTINE: case WAIT_SYNCTEST_RUN: case WAIT_SYNCTEST_WAIT:
		return true;
	case WAIT_NONE: case WAIT_SYNC_MUTEX: case WAIT_SYNC_RWMUTEX_R: case WAIT_SYNC_RWMUTEX_W: case WAIT_SYNC_WAITGROUP:
	case WAIT_SEMACQUIRE: case WAIT_IO: case WAIT_SYSCALL: case WAIT_HOST: case WAIT_SIGNAL: case WAIT_GC:
		return false;
	}
	return false;
}

/* Nothing of it runs. */
static void bubble_idle(Bubble *b, Worker *w) {
	Goroutine *next = b->root;
	if (b->waiter != NULL) {
		next = b->waiter;
		b->waiter = NULL;
		__atomic_store_n(&b->waiting, false, __ATOMIC_RELAXED);
	}
	if (next != NULL)
		sched_ready(b->vm, w, next, true);
}

static void count_down(Bubble *b, Worker *w) {
	if (__atomic_sub_fetch(&b->running, 1, __ATOMIC_ACQ_REL) == 0)
		bubble_idle(b, w);
}

void bubble_join(Bubble *b, Goroutine *g) {
	g->bubble = b;
	g->sudog.is_durable = false;
	__atomic_add_fetch(&b->total, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&b->running, 1, __ATOMIC_RELAXED);
}

void bubble_parks(Goroutine *g) {
	Worker *w = g->worker;
	if (!waits_durably(g))
		return;
	g->sudog.is_durable = true;
	count_down(g->bubble, w);
}

void bubble_wakes(Goroutine *g) {
	if (!g->sudog.is_durable)
		return;
	g->sudog.is_durable = false;
	__atomic_add_fetch(&g->bubble->running, 1, __ATOMIC_RELAXED);
}

void bubble_exits(Goroutine *g) {
	Bubble *b = g->bubble;
	g->bubble = NULL;
	if (g == b->main)
		b->done = true;
	if (g == b->root)
		b->root = NULL;
	__atomic_sub_fetch(&b->total, 1, __ATOMIC_RELAXED);
	count_down(b, g->worker);
}

/* ---- the root ---- */

bool bubble_begin(Goroutine *g, const Closure *f) {
	watch_bubbles(g);
	Bubble *b = bubble_new(g->vm);
	if (b == NULL)
		return false;
	b->root = g;
	bubble_join(b, g);
	b->main = goroutine_new(g->worker, g, f, NULL, 0); /* joins, as its creator belongs to it */
	if (b->main == NULL) {
		g->bubble = NULL;
		bubble_drop(b);
		return false;
	}
	sched_ready(g->vm, g->worker, b->main, true);
	return true;
}

/* Only the root still counts. */
static PanicCode bubble_end(Goroutine *g) {
	Bubble *b = g->bubble;
	bool alone = __atomic_load_n(&b->total, __ATOMIC_RELAXED) == 1;
	g->bubble = NULL;
	if (alone) {
		bubble_drop(b);
		return PANIC_NONE;
	}
	b->root = NULL;
	b->deadlocked = true;
	return b->done ? PANIC_BUBBLE_MAIN_EXITED : PANIC_BUBBLE_BLOCKED;
}

PanicCode bubble_run_or_park(Goroutine *g) {
	Bubble *b = g->bubble;
	/* When it has just begun others may run, or one of them has called Wait. */
	if (__atomic_load_n(&b->running, __ATOMIC_ACQUIRE) == 1 && b->waiter == NULL) {
		int64_t next = timer_heap_first(b->timers);
		if (next == NO_DEADLINE || b->done)
			return bubble_end(g);
		__atomic_store_n(&b->now_ns, next, __ATOMIC_RELAXED);
		timer_heap_run(g->worker, b->timers, next);
	}
	sched_will_park(g, WAIT_SYNCTEST_RUN);
	return PANIC_PARKED;
}

bool bubble_wait_or_park(Goroutine *g) {
	Bubble *b = g->bubble;
	if (__atomic_exchange_n(&b->waiting, true, __ATOMIC_RELAXED))
		return false;
	b->waiter = g;
	sched_will_park(g, WAIT_SYNCTEST_WAIT);
	return true;
}

/* ---- leaving (session.c) ---- */

bool bubble_leave_wait(Goroutine *g) {
	Bubble *b = g->bubble;
	if (g->wait_reason == WAIT_SYNCTEST_WAIT) {
		b->waiter = NULL;
		b->waiting = false;
		return true;
	}
	g->bubble = NULL; /* the others stay behind, with nobody who moves their clock */
	g->sudog.is_durable = false;
	b->root = NULL;
	b->total--;
	return true;
}
