/* SPDX-License-Identifier: MIT */
/* timer.c: sleeping and deadlines: a 4-ary heap of timers per worker.
 *
 * Owns: the heaps; the workers' caches of timers for sleeping goroutines.
 * Rules: a timer belongs for life to the heap it was first started on; that heap's lock guards all its fields. Any
 * worker fires what is due in any heap, so a sleeping worker's timers are in nobody's way. A timer is not in the heap
 * while it fires, and state says what to do afterwards, so it never fires twice at once. first_ns may be read without
 * the lock.
 * Why: heap entries carry their time, so sifting touches no timer; 4 children share a cache line. A sleeping
 * goroutine takes a Timer from its worker's cache, because a Goroutine has no room for one that most never need.
 * See: worker.c (who calls timers_run), tests/unit/test_sched.c */
#include "runtime/sched_internal.h"

typedef enum TimerState {
	TIMER_IDLE,
	TIMER_PENDING,         /* in the heap */
	TIMER_FIRING,          /* its fire function runs */
	TIMER_FIRING_STOPPED,  /* ... and it was stopped meanwhile */
	TIMER_FIRING_RESET,    /* ... and it was reset meanwhile: when_ns is new */
} TimerState;

typedef struct TimerEntry {
	int64_t when_ns;
	Timer *timer;
} TimerEntry;

struct TimerHeap {
	Lock lock;
	uint32_t len, cap;
	TimerEntry *items;
	int64_t first_ns; /* atomic; NO_DEADLINE when empty */
	char pad[64 - 2 * sizeof(uint32_t) - sizeof(Lock) - sizeof(void *) - sizeof(int64_t) - 4];
};

enum { FIRE_BATCH = 32, FIRST_CAP = 64, FREE_TIMERS_MAX = 1024 };

int64_t sched_now_ns(VM *vm) {
	(void)vm;
	return clock_monotonic_ns();
}

/* ---- life ---- */

bool timers_worker_init(Worker *w) {
	w->timers = mem_zalloc(&w->vm->mem, sizeof(struct TimerHeap));
	if (w->timers == NULL)
		return false;
	w->timers->first_ns = NO_DEADLINE;
	return true;
}

void timers_worker_deinit(Worker *w) {
	Mem *mem = &w->vm->mem;
	for (Timer *t = w->free_timers, *next; t != NULL; t = next) {
		next = t->arg;
		mem_free(mem, t, sizeof(Timer));
	}
	w->free_timers = NULL;
	if (w->timers == NULL)
		return;
	mem_free(mem, w->timers->items, w->timers->cap * sizeof(TimerEntry));
	mem_free(mem, w->timers, sizeof(struct TimerHeap));
	w->timers = NULL;
}

/* ---- the heap; its lock is held ---- */

static inline void heap_put(struct TimerHeap *h, uint32_t i, TimerEntry e) {
	h->items[i] = e;
	e.timer->heap_index = i;
}

static void heap_note_first(struct TimerHeap *h) {
	__atomic_store_n(&h->first_ns, h->len != 0 ? h->items[0].when_ns : NO_DEADLINE, __ATOMIC_RELEASE);
}

static void sift_up(struct TimerHeap *h, uint32_t i) {
	TimerEntry e = h->items[i];
	while (i != 0) {
		uint32_t parent = (i - 1) / 4;
		if (h->items[parent].when_ns <= e.when_ns)
			break;
		heap_put(h, i, h->items[parent]);
		i = parent;
	}
	heap_put(h, i, e);
}

static void sift_down(struct TimerHeap *h, uint32_t i) {
	TimerEntry e = h->items[i];
	for (;;) {
		uint32_t child = i * 4 + 1, least = child;
		if (child >= h->len)
			break;
		uint32_t end = child + 4 < h->len ? child + 4 : h->len;
		for (uint32_t k = child + 1; k < end; k++)
			if (h->items[k].when_ns < h->items[least].when_ns)
				least = k;
		if (h->items[least].when_ns >= e.when_ns)
			break;
		heap_put(h, i, h->items[least]);
		i = least;
	}
	heap_put(h, i, e);
}

static bool heap_insert_locked(VM *vm, struct TimerHeap *h, Timer *t) {
	if (h->len == h->cap) {
		uint32_t cap = h->cap != 0 ? h->cap * 2 : FIRST_CAP;
		TimerEntry *items = mem_realloc(&vm->mem, h->items, h->cap * sizeof(TimerEntry), cap * sizeof(TimerEntry));
		if (items == NULL)
			return false;
		h->items = items;
		h->cap = cap;
	}
	heap_put(h, h->len, (TimerEntry){t->when_ns, t});
	h->len++;
	sift_up(h, h->len - 1);
	heap_note_first(h);
	t->state = TIMER_PENDING;
	__atomic_add_fetch(&vm->timers_pending, 1, __ATOMIC_SEQ_CST);
	return true;
}

static void heap_remove_locked(struct TimerHeap *h, uint32_t i) {
	TimerEntry last = h->items[--h->len];
	if (i != h->len) {
		heap_put(h, i, last);
		sift_up(h, i);
		sift_down(h, last.timer->heap_index);
	}
	heap_note_first(h);
}

/* ---- starting and stopping ---- */

static struct TimerHeap *heap_of(VM *vm, const Timer *t) {
	return vm->workers[t->owner]->timers;
}

void timer_start(Worker *w, Timer *t) {
	t->owner = w->index;
	lock_acquire(&w->timers->lock);
	heap_insert_locked(w->vm, w->timers, t);
	lock_release(&w->timers->lock);
}

bool timer_stop(Worker *w, Timer *t) {
	struct TimerHeap *h = heap_of(w->vm, t);
	lock_acquire(&h->lock);
	bool pending = t->state == TIMER_PENDING || t->state == TIMER_FIRING_RESET;
	if (t->state == TIMER_PENDING) {
		heap_remove_locked(h, t->heap_index);
		t->state = TIMER_IDLE;
		__atomic_sub_fetch(&w->vm->timers_pending, 1, __ATOMIC_SEQ_CST);
	} else if (t->state == TIMER_FIRING || t->state == TIMER_FIRING_RESET) {
		pending = pending || t->period_ns != 0;
		t->state = TIMER_FIRING_STOPPED;
	}
	lock_release(&h->lock);
	return pending;
}

bool timer_reset(Worker *w, Timer *t, int64_t when_ns, int64_t period_ns) {
	struct TimerHeap *h = heap_of(w->vm, t);
	lock_acquire(&h->lock);
	bool pending = t->state == TIMER_PENDING || t->state == TIMER_FIRING_RESET;
	t->when_ns = when_ns;
	t->period_ns = period_ns;
	switch ((TimerState)t->state) {
	case TIMER_IDLE:
		heap_insert_locked(w->vm, h, t);
		break;
	case TIMER_PENDING:
		h->items[t->heap_index].when_ns = when_ns;
		sift_up(h, t->heap_index);
		sift_down(h, t->heap_index);
		heap_note_first(h);
		break;
	case TIMER_FIRING:
	case TIMER_FIRING_STOPPED:
	case TIMER_FIRING_RESET:
		t->state = TIMER_FIRING_RESET;
		break;
	}
	lock_release(&h->lock);
	return pending;
}

/* ---- sleeping ---- */

/* The timer is the sleeper's own and nobody else knows it: it may be recycled while it fires. */
static void wake_sleeper(Worker *w, Timer *t, void *arg, int64_t now_ns) {
	(void)now_ns;
	sched_ready(w->vm, w, arg, false);
	t->heap_index = w->free_timers != NULL ? w->free_timers->heap_index + 1 : 1; /* length of the list */
	if (t->heap_index > FREE_TIMERS_MAX) {
		mem_free(&w->vm->mem, t, sizeof(Timer));
		return;
	}
	t->arg = w->free_timers;
	w->free_timers = t;
}

static Timer *sleep_timer_new(Worker *w) {
	Timer *t = w->free_timers;
	if (t == NULL)
		return mem_zalloc(&w->vm->mem, sizeof(Timer));
	w->free_timers = t->arg;
	return t;
}

void timer_sleep_or_park(Goroutine *g, int64_t ns) {
	Worker *w = g->worker;
	VM *vm = g->vm;
	Timer *t = sleep_timer_new(w);
	int64_t now = sched_now_ns(vm);
	sched_will_park(g, WAIT_SLEEP);
	if (t == NULL) { /* no memory: it sleeps no time */
		sched_ready(vm, w, g, false);
		return;
	}
	*t = (Timer){.fire = wake_sleeper, .arg = g, .owner = w->index};
	if (__builtin_add_overflow(now, ns, &t->when_ns))
		t->when_ns = NO_DEADLINE - 1;
	lock_acquire(&w->timers->lock);
	bool queued = heap_insert_locked(vm, w->timers, t);
	lock_release(&w->timers->lock);
	if (!queued) {
		mem_free(&vm->mem, t, sizeof(Timer));
		sched_ready(vm, w, g, false);
	}
}

bool timer_leave(Goroutine *g) {
	VM *vm = g->vm;
	for (uint32_t i = 0; i < vm->workers_len; i++) {
		struct TimerHeap *h = vm->workers[i]->timers;
		for (uint32_t k = 0; k < h->len; k++) {
			Timer *t = h->items[k].timer;
			if (t->fire != wake_sleeper || t->arg != g)
				continue;
			heap_remove_locked(h, k); /* the world stands: nobody needs the lock */
			__atomic_sub_fetch(&vm->timers_pending, 1, __ATOMIC_SEQ_CST);
			mem_free(&vm->mem, t, sizeof(Timer));
			return true;
		}
	}
	return false;
}

/* ---- firing ---- */

int64_t timers_earliest(VM *vm) {
	int64_t earliest = NO_DEADLINE;
	uint32_t n = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < n; i++) {
		int64_t first = __atomic_load_n(&vm->workers[i]->timers->first_ns, __ATOMIC_ACQUIRE);
		if (first < earliest)
			earliest = first;
	}
	return earliest;
}

/* The next time of a ticker is on its grid, however late this one was. */
static void advance(Timer *t, int64_t now_ns) {
	int64_t late = now_ns - t->when_ns;
	t->when_ns += t->period_ns * (1 + (late > 0 ? late / t->period_ns : 0));
}

/* After its fire function has returned. */
static void fired_locked(VM *vm, struct TimerHeap *h, Timer *t, int64_t now_ns) {
	bool again = t->state == TIMER_FIRING_RESET;
	if (t->state == TIMER_FIRING && t->period_ns != 0) {
		advance(t, now_ns);
		again = true;
	}
	t->state = TIMER_IDLE;
	if (again)
		heap_insert_locked(vm, h, t);
}

/* Takes up to FIRE_BATCH due timers out of the heap. */
static uint32_t take_due(struct TimerHeap *h, int64_t now_ns, Timer **due) {
	uint32_t n = 0;
	lock_acquire(&h->lock);
	while (n < FIRE_BATCH && h->len != 0 && h->items[0].when_ns <= now_ns) {
		Timer *t = h->items[0].timer;
		heap_remove_locked(h, 0);
		t->state = TIMER_FIRING;
		due[n++] = t;
	}
	lock_release(&h->lock);
	return n;
}

static void heap_run(Worker *w, struct TimerHeap *h, int64_t now_ns) {
	VM *vm = w->vm;
	Timer *due[FIRE_BATCH];
	uint32_t n;
	while (!sched_is_ending(vm, true) && (n = take_due(h, now_ns, due)) != 0) {
		for (uint32_t i = 0; i < n; i++) {
			Timer *t = due[i];
			bool own = t->fire == wake_sleeper;
			t->fire(w, t, t->arg, now_ns);
			if (own)
				continue;
			lock_acquire(&h->lock);
			fired_locked(vm, h, t, now_ns);
			lock_release(&h->lock);
		}
		/* Only now: what they readied is in a queue, or they count again. */
		__atomic_sub_fetch(&vm->timers_pending, n, __ATOMIC_SEQ_CST);
	}
}

void timers_run(Worker *w, int64_t now_ns) {
	VM *vm = w->vm;
	uint32_t n = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < n; i++) {
		struct TimerHeap *h = vm->workers[i]->timers;
		if (__atomic_load_n(&h->first_ns, __ATOMIC_ACQUIRE) <= now_ns)
			heap_run(w, h, now_ns);
	}
}

void timers_clear(VM *vm) {
	for (uint32_t i = 0; i < vm->workers_len; i++) {
		struct TimerHeap *h = vm->workers[i]->timers;
		for (uint32_t k = 0; k < h->len; k++) {
			Timer *t = h->items[k].timer;
			t->state = TIMER_IDLE;
			if (t->fire == wake_sleeper)
				mem_free(&vm->mem, t, sizeof(Timer));
		}
		h->len = 0;
		heap_note_first(h);
	}
	vm->timers_pending = 0;
}

void timers_mark(Marker *m, VM *vm) {
	for (uint32_t i = 0; i < vm->workers_len; i++) {
		struct TimerHeap *h = vm->workers[i]->timers;
		for (uint32_t k = 0; k < h->len; k++)
			if (h->items[k].timer->is_root)
				gc_mark_pointer(m, h->items[k].timer->arg);
	}
}
