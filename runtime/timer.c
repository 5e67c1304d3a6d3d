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
#include "runtime/bubble.h"
#include "runtime/heap_internal.h"
#include "runtime/sched_internal.h"
#include "runtime/timer_object.h"

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
	Bubble *bubble;   /* whose clock its times are of; NULL: a worker's heap, of the monotonic clock */
	int64_t *pending; /* atomic: where its timers count: VM.timers_pending, for which workers look at the clock; or own_pending */
	int64_t own_pending;
	char pad[64 - 2 * sizeof(uint32_t) - sizeof(Lock) - 3 * sizeof(void *) - 2 * sizeof(int64_t) - 4];
};

enum { FIRE_BATCH = 32, FIRST_CAP = 64, FREE_TIMERS_MAX = 1024 };

int64_t sched_now_ns(VM *vm) {
	(void)vm;
	return clock_monotonic_ns();
}

int64_t goroutine_now_ns(const Goroutine *g) {
	return UNLIKELY(g->bubble != NULL) ? bubble_now_ns(g->bubble) : sched_now_ns(g->vm);
}

/* ---- life ---- */

bool timers_worker_init(Worker *w) {
	w->timers = mem_zalloc(&w->vm->mem, sizeof(struct TimerHeap));
	if (w->timers == NULL)
		return false;
	w->timers->first_ns = NO_DEADLINE;
	w->timers->pending = &w->vm->timers_pending;
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

struct TimerHeap *timer_heap_new(VM *vm, Bubble *b) {
	struct TimerHeap *h = mem_zalloc(&vm->mem, sizeof(struct TimerHeap));
	if (h == NULL)
		return NULL;
	h->first_ns = NO_DEADLINE;
	h->bubble = b;
	h->pending = &h->own_pending;
	return h;
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

static inline void count_pending(struct TimerHeap *h, int64_t n) {
	__atomic_add_fetch(h->pending, n, __ATOMIC_SEQ_CST);
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
	count_pending(h, 1);
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

Bubble *timer_bubble(const Timer *t) {
	return t->heap->bubble;
}

/* In a bubble what is due does not wait until somebody looks at the clock. */
static void fire_if_due(Worker *w, struct TimerHeap *h) {
	if (UNLIKELY(h->bubble != NULL))
		timer_heap_run(w, h, bubble_now_ns(h->bubble));
}

void timer_start(Goroutine *g, Timer *t) {
	struct TimerHeap *h = UNLIKELY(g->bubble != NULL) ? bubble_timers(g->bubble) : g->worker->timers;
	t->heap = h;
	lock_acquire(&h->lock);
	heap_insert_locked(g->vm, h, t);
	lock_release(&h->lock);
	fire_if_due(g->worker, h);
}

bool timer_stop(Timer *t) {
	struct TimerHeap *h = t->heap;
	lock_acquire(&h->lock);
	bool pending = t->state == TIMER_PENDING || t->state == TIMER_FIRING_RESET;
	if (t->state == TIMER_PENDING) {
		heap_remove_locked(h, t->heap_index);
		t->state = TIMER_IDLE;
		count_pending(h, -1);
	} else if (t->state == TIMER_FIRING || t->state == TIMER_FIRING_RESET) {
		pending = pending || t->period_ns != 0;
		t->state = TIMER_FIRING_STOPPED;
	}
	lock_release(&h->lock);
	return pending;
}

bool timer_reset(Worker *w, Timer *t, int64_t when_ns, int64_t period_ns) {
	struct TimerHeap *h = t->heap;
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
	fire_if_due(w, h);
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

bool timer_sleep_or_park(Goroutine *g, int64_t ns) {
	VM *vm = g->vm;
	Timer *t = ns > 0 ? sleep_timer_new(g->worker) : NULL;
	if (t == NULL)
		return false;
	struct TimerHeap *h = UNLIKELY(g->bubble != NULL) ? bubble_timers(g->bubble) : g->worker->timers;
	*t = (Timer){.fire = wake_sleeper, .arg = g, .heap = h};
	if (__builtin_add_overflow(goroutine_now_ns(g), ns, &t->when_ns))
		t->when_ns = NO_DEADLINE - 1;
	lock_acquire(&h->lock);
	bool queued = heap_insert_locked(vm, h, t);
	if (queued)
		sched_will_park(g, WAIT_SLEEP);
	lock_release(&h->lock);
	if (!queued)
		mem_free(&vm->mem, t, sizeof(Timer));
	return queued;
}

/* The world stands: nobody needs the lock. */
static bool heap_leave(VM *vm, struct TimerHeap *h, const Goroutine *g) {
	for (uint32_t k = 0; k < h->len; k++) {
		Timer *t = h->items[k].timer;
		if (t->fire != wake_sleeper || t->arg != g)
			continue;
		heap_remove_locked(h, k);
		count_pending(h, -1);
		mem_free(&vm->mem, t, sizeof(Timer));
		return true;
	}
	return false;
}

bool timer_leave(Goroutine *g) {
	VM *vm = g->vm;
	if (g->bubble != NULL)
		return heap_leave(vm, bubble_timers(g->bubble), g);
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (heap_leave(vm, vm->workers[i]->timers, g))
			return true;
	return false;
}

/* ---- firing ---- */

int64_t timer_heap_first(struct TimerHeap *h) {
	lock_acquire(&h->lock); /* whoever was about to sleep when the bubble became idle is in it now */
	int64_t first = h->first_ns;
	lock_release(&h->lock);
	return first;
}

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

/* What is due at the same time in a bubble comes in no order that a test could get used to. */
static void shuffle(Worker *w, Timer **due, uint32_t n) {
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = random_next(w, i);
		Timer *t = due[i - 1];
		due[i - 1] = due[k];
		due[k] = t;
	}
}

static void heap_run(Worker *w, struct TimerHeap *h, int64_t now_ns) {
	VM *vm = w->vm;
	Timer *due[FIRE_BATCH];
	uint32_t n;
	while (!sched_is_ending(vm, true) && (n = take_due(h, now_ns, due)) != 0) {
		if (UNLIKELY(h->bubble != NULL))
			shuffle(w, due, n);
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
		count_pending(h, -(int64_t)n);
	}
}

void timer_heap_run(Worker *w, struct TimerHeap *h, int64_t now_ns) {
	if (__atomic_load_n(&h->first_ns, __ATOMIC_ACQUIRE) <= now_ns)
		heap_run(w, h, now_ns);
}

void timers_run(Worker *w, int64_t now_ns) {
	VM *vm = w->vm;
	uint32_t n = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < n; i++) {
		struct TimerHeap *h = vm->workers[i]->timers;
		timer_heap_run(w, h, now_ns);
	}
}

static void heap_clear(VM *vm, struct TimerHeap *h) {
	for (uint32_t k = 0; k < h->len; k++) {
		Timer *t = h->items[k].timer;
		t->state = TIMER_IDLE;
		if (t->fire == wake_sleeper)
			mem_free(&vm->mem, t, sizeof(Timer));
	}
	h->len = 0;
	heap_note_first(h);
}

void timers_clear(VM *vm) {
	for (uint32_t i = 0; i < vm->workers_len; i++)
		heap_clear(vm, vm->workers[i]->timers);
	vm->timers_pending = 0;
}

void timer_heap_free(VM *vm, struct TimerHeap *h) {
	heap_clear(vm, h);
	mem_free(&vm->mem, h->items, h->cap * sizeof(TimerEntry));
	mem_free(&vm->mem, h, sizeof(struct TimerHeap));
}

void timer_heap_mark(Marker *m, struct TimerHeap *h, bool weak) {
	for (uint32_t k = 0; k < h->len; k++) {
		uint8_t keeps = h->items[k].timer->keeps;
		if (keeps == TIMER_KEEPS_ARG || (weak && keeps == TIMER_KEEPS_WEAK))
			gc_mark_pointer(m, h->items[k].timer->arg);
	}
}

void timers_mark(Marker *m, VM *vm, bool weak) {
	for (uint32_t i = 0; i < vm->workers_len; i++)
		timer_heap_mark(m, vm->workers[i]->timers, weak);
	bubbles_mark(m, vm);
}

/* ---- timers that nobody refers to ---- */

static bool is_unmarked(const Marker *m, const Timer *t) {
	return t->keeps == TIMER_KEEPS_WEAK && !marker_is_marked(m, t->arg);
}

bool timers_mark_waited(Marker *m, VM *vm) {
	bool any = false;
	for (uint32_t i = 0; i < vm->workers_len; i++) {
		const struct TimerHeap *h = vm->workers[i]->timers;
		for (uint32_t k = 0; k < h->len; k++) {
			const Timer *t = h->items[k].timer;
			if (!is_unmarked(m, t) || !marker_is_marked(m, ((const TimerObject *)t->arg)->chan))
				continue;
			gc_mark_pointer(m, t->arg);
			any = true;
		}
	}
	return any;
}

/* What is left moves together and becomes a heap again. */
static void heap_drop_dead(const Marker *m, struct TimerHeap *h) {
	uint32_t left = 0, len = h->len;
	for (uint32_t k = 0; k < len; k++) {
		if (is_unmarked(m, h->items[k].timer))
			continue;
		heap_put(h, left, h->items[k]);
		left++;
	}
	if (left == len)
		return;
	h->len = left;
	for (uint32_t k = left / 4 + 1; k-- > 0;)
		if (k < left)
			sift_down(h, k);
	heap_note_first(h);
	count_pending(h, (int64_t)left - (int64_t)len);
}

void timers_drop_dead(const Marker *m, VM *vm) {
	for (uint32_t i = 0; i < vm->workers_len; i++)
		heap_drop_dead(m, vm->workers[i]->timers);
}

bool timers_may_wake(VM *vm) {
	enum { LOOKS_MAX = 64 };
	uint32_t looks = 0;
	for (uint32_t i = 0; i < vm->workers_len; i++) {
		const struct TimerHeap *h = vm->workers[i]->timers;
		for (uint32_t k = 0; k < h->len; k++) {
			const Timer *t = h->items[k].timer;
			if (t->keeps != TIMER_KEEPS_WEAK || chan_has_receiver(((const TimerObject *)t->arg)->chan) || looks++ == LOOKS_MAX)
				return true;
		}
	}
	return false;
}
