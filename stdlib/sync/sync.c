/* SPDX-License-Identifier: MIT */
/* sync.c: the natives of package sync: Mutex, RWMutex's reader side, WaitGroup, Cond's list.
 *
 * Rules: words are changed with atomics only; sleeping happens in runtime/sema.c; a native that slept comes back with its
 * progress in g->native_state.
 * Why: the lock state follows the algorithm that Go's sync.Mutex documents (normal mode with barging, starvation mode
 * with hand-off after a millisecond), so that programs meet the fairness they were written for. */
#include "runtime/bubble.h"
#include "vm/native.h"

enum { LOCKED = 1, WOKEN = 2, STARVING = 4, WAITER = 8 };
#define STARVATION_NS 1000000

typedef struct Mutex {
	int32_t state;
	uint32_t sema;
} Mutex;

static bool swap_state(Mutex *m, int32_t old, int32_t new) {
	return __atomic_compare_exchange_n(&m->state, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static NativeStatus mutex_done(Goroutine *g) {
	g->native_state = NULL;
	return NATIVE_DONE;
}

/* One attempt after another until the lock is ours or the goroutine sleeps. since: when it first slept, 0: not yet. */
static NativeStatus mutex_lock_slow(Goroutine *g, Mutex *m, int64_t since) {
	bool awake = since != 0;
	for (;;) {
		bool starving = awake && sched_now_ns(g->vm) - since > STARVATION_NS;
		int32_t old = __atomic_load_n(&m->state, __ATOMIC_RELAXED);
		if (awake && (old & STARVING)) { /* Unlock handed the lock to us */
			int32_t delta = LOCKED - WAITER;
			if (!starving || old / WAITER == 1)
				delta -= STARVING;
			__atomic_add_fetch(&m->state, delta, __ATOMIC_ACQ_REL);
			return mutex_done(g);
		}
		int32_t new = old;
		if (!(old & STARVING))
			new |= LOCKED;
		if (old & (LOCKED | STARVING))
			new += WAITER;
		if (starving && (old & LOCKED))
			new |= STARVING;
		if (awake)
			new &= ~WOKEN;
		if (!swap_state(m, old, new))
			continue;
		if (!(old & (LOCKED | STARVING)))
			return mutex_done(g);
		bool first = since == 0;
		if (first)
			since = sched_now_ns(g->vm) | 1;
		g->native_state = (void *)(uintptr_t)since;
		if (!sema_acquire_or_park(g, &m->sema, !first, WAIT_SYNC_MUTEX))
			return NATIVE_RETRY;
		awake = true;
	}
}

static NativeStatus mutex_lock(Goroutine *g, Slot *args) {
	struct {
		Mutex *m;
	} *a = NATIVE_ARGS(args);
	if (UNLIKELY(!a->m))
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (LIKELY(g->native_state == NULL && swap_state(a->m, 0, LOCKED)))
		return NATIVE_DONE;
	return mutex_lock_slow(g, a->m, (int64_t)(uintptr_t)g->native_state);
}

static NativeStatus mutex_try_lock(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Mutex *m RECEIVER;
	} *a = NATIVE_ARGS(args);
	if (!a->m)
		return native_panic_code(g, PANIC_NIL_POINTER);
	int32_t old = __atomic_load_n(&a->m->state, __ATOMIC_RELAXED);
	a->result = !(old & (LOCKED | STARVING)) && swap_state(a->m, old, old | LOCKED);
	return NATIVE_DONE;
}

static void mutex_unlock_slow(Goroutine *g, Mutex *m, int32_t state) {
	if (state & STARVING) {
		sema_release(g, &m->sema, true);
		return;
	}
	for (;;) {
		if (state / WAITER == 0 || (state & (LOCKED | WOKEN | STARVING)))
			return;
		if (swap_state(m, state, (state - WAITER) | WOKEN)) {
			sema_release(g, &m->sema, false);
			return;
		}
		state = __atomic_load_n(&m->state, __ATOMIC_RELAXED);
	}
}

static NativeStatus mutex_unlock(Goroutine *g, Slot *args) {
	struct {
		Mutex *m;
	} *a = NATIVE_ARGS(args);
	if (UNLIKELY(!a->m))
		return native_panic_code(g, PANIC_NIL_POINTER);
	int32_t state = __atomic_sub_fetch(&a->m->state, LOCKED, __ATOMIC_ACQ_REL);
	if (LIKELY(state == 0))
		return NATIVE_DONE;
	if (((state + LOCKED) & LOCKED) == 0)
		return native_fatal(g, "sync: unlock of unlocked mutex");
	mutex_unlock_slow(g, a->m, state);
	return NATIVE_DONE;
}

typedef struct RWMutex {
	Mutex w;
	uint32_t writer_sem, reader_sem;
	int32_t reader_count, reader_wait;
} RWMutex;
enum { MAX_READERS = 1 << 30 };

static NativeStatus rwmutex_rlock(Goroutine *g, Slot *args) {
	struct {
		RWMutex *rw;
	} *a = NATIVE_ARGS(args);
	if (!a->rw)
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (__atomic_add_fetch(&a->rw->reader_count, 1, __ATOMIC_ACQ_REL) < 0 &&
	    !sema_acquire_or_park(g, &a->rw->reader_sem, false, WAIT_SYNC_RWMUTEX_R))
		return NATIVE_PARK;
	return NATIVE_DONE;
}

static NativeStatus rwmutex_runlock(Goroutine *g, Slot *args) {
	struct {
		RWMutex *rw;
	} *a = NATIVE_ARGS(args);
	if (!a->rw)
		return native_panic_code(g, PANIC_NIL_POINTER);
	int32_t readers = __atomic_sub_fetch(&a->rw->reader_count, 1, __ATOMIC_ACQ_REL);
	if (readers >= 0)
		return NATIVE_DONE;
	if (readers + 1 == 0 || readers + 1 == -MAX_READERS)
		return native_fatal(g, "sync: RUnlock of unlocked RWMutex");
	if (__atomic_sub_fetch(&a->rw->reader_wait, 1, __ATOMIC_ACQ_REL) == 0)
		sema_release(g, &a->rw->writer_sem, false);
	return NATIVE_DONE;
}

static NativeStatus semacquire_writer(Goroutine *g, Slot *args) {
	struct {
		uint32_t *sema;
	} *a = NATIVE_ARGS(args);
	if (!a->sema)
		return native_panic_code(g, PANIC_NIL_POINTER);
	return sema_acquire_or_park(g, a->sema, false, WAIT_SYNC_RWMUTEX_W) ? NATIVE_DONE : NATIVE_PARK;
}

static NativeStatus semrelease(Goroutine *g, Slot *args) {
	struct {
		uint32_t *sema;
	} *a = NATIVE_ARGS(args);
	if (!a->sema)
		return native_panic_code(g, PANIC_NIL_POINTER);
	sema_release(g, a->sema, false);
	return NATIVE_DONE;
}

static NativeStatus fatal(Goroutine *g, Slot *args) {
	struct {
		GoString text;
	} *a = NATIVE_ARGS(args);
	return native_fatal(g, "%.*s", (int)a->text.len, a->text.ptr);
}

/* Counter and waiters change together, as one 64-bit word. */
typedef struct WaitGroup {
	union {
		struct {
			int32_t counter;
			uint32_t waiters;
		};
		uint64_t both;
	};
	uint32_t sema;
	uint32_t bubble; /* number of the bubble whose goroutines add to it; means nothing while the rest is 0 */
} WaitGroup;


static ALWAYS_INLINE NativeStatus wait_group_count(Goroutine *g, WaitGroup *wg, int64_t delta) {
	WaitGroup old = {.both = __atomic_load_n(&wg->both, __ATOMIC_RELAXED)}, new;
	do {
		new = old;
		new.counter = (int32_t)((uint32_t)old.counter + (uint32_t)delta);
		if (new.counter < 0)
			return native_panic_text(g, "sync: negative WaitGroup counter");
		if (old.waiters != 0 && delta > 0 && old.counter == 0)
			return native_panic_text(g, "sync: WaitGroup misuse: Add called concurrently with Wait");
		if (new.counter == 0)
			new.waiters = 0;
	} while (!__atomic_compare_exchange_n(&wg->both, &old.both, new.both, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	for (uint32_t n = new.counter == 0 ? old.waiters : 0; n > 0; n--)
		sema_release(g, &wg->sema, false);
	return NATIVE_DONE;
}

/* A group is counted either in one bubble or outside of all, from one 0 to the next. */
static COLD NativeStatus wait_group_add_bubbled(Goroutine *g, WaitGroup *wg, int64_t delta) {
	uint32_t id = bubble_id(g->bubble), owner = __atomic_load_n(&wg->bubble, __ATOMIC_RELAXED);
	if (__atomic_load_n(&wg->both, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&wg->bubble, id, __ATOMIC_RELAXED);
	else if (id != owner && id != 0 && owner != 0)
		return native_fatal(g, "sync: WaitGroup.Add called from multiple synctest bubbles");
	else if (id != owner)
		return native_fatal(g, "sync: WaitGroup.Add called from inside and outside synctest bubble");
	return wait_group_count(g, wg, delta);
}

static ALWAYS_INLINE NativeStatus wait_group_add(Goroutine *g, WaitGroup *wg, int64_t delta) {
	if (UNLIKELY(!wg))
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (UNLIKELY(((uintptr_t)g->bubble | __atomic_load_n(&wg->bubble, __ATOMIC_RELAXED)) != 0))
		return wait_group_add_bubbled(g, wg, delta);
	return wait_group_count(g, wg, delta);
}

static NativeStatus wait_group_add_native(Goroutine *g, Slot *args) {
	struct {
		int64_t delta;
		WaitGroup *wg RECEIVER;
	} *a = NATIVE_ARGS(args);
	return wait_group_add(g, a->wg, a->delta);
}

static NativeStatus wait_group_done(Goroutine *g, Slot *args) {
	struct {
		WaitGroup *wg;
	} *a = NATIVE_ARGS(args);
	return wait_group_add(g, a->wg, -1);
}

static NativeStatus wait_group_wait(Goroutine *g, Slot *args) {
	struct {
		WaitGroup *wg;
	} *a = NATIVE_ARGS(args);
	if (!a->wg)
		return native_panic_code(g, PANIC_NIL_POINTER);
	WaitGroup old = {.both = __atomic_load_n(&a->wg->both, __ATOMIC_ACQUIRE)}, new;
	do {
		if (old.counter == 0)
			return NATIVE_DONE;
		new = old;
		new.waiters++;
	} while (!__atomic_compare_exchange_n(&a->wg->both, &old.both, new.both, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	bool own = UNLIKELY(g->bubble != NULL) && __atomic_load_n(&a->wg->bubble, __ATOMIC_RELAXED) == bubble_id(g->bubble);
	WaitReason reason = own ? WAIT_SYNC_WAITGROUP_BUBBLE : WAIT_SYNC_WAITGROUP;
	return sema_acquire_or_park(g, &a->wg->sema, false, reason) ? NATIVE_DONE : NATIVE_PARK;
}

static NativeStatus notify_add_native(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
		void *list;
	} *a = NATIVE_ARGS(args);
	if (!a->list)
		return native_panic_code(g, PANIC_NIL_POINTER);
	a->result = notify_add(g, a->list);
	return NATIVE_DONE;
}

static NativeStatus notify_wait_native(Goroutine *g, Slot *args) {
	struct {
		void *list;
		uint64_t ticket;
	} *a = NATIVE_ARGS(args);
	if (!a->list)
		return native_panic_code(g, PANIC_NIL_POINTER);
	return notify_wait_or_park(g, a->list, (uint32_t)a->ticket) ? NATIVE_DONE : NATIVE_PARK;
}

static NativeStatus foreign_wake(Goroutine *g) {
	return native_fatal(g, "semaphore wake of synctest goroutine from outside bubble");
}

static NativeStatus notify_one_native(Goroutine *g, Slot *args) {
	struct {
		void *list;
	} *a = NATIVE_ARGS(args);
	if (!a->list)
		return native_panic_code(g, PANIC_NIL_POINTER);
	return notify_one(g, a->list) ? NATIVE_DONE : foreign_wake(g);
}

static NativeStatus notify_all_native(Goroutine *g, Slot *args) {
	struct {
		void *list;
	} *a = NATIVE_ARGS(args);
	if (!a->list)
		return native_panic_code(g, PANIC_NIL_POINTER);
	return notify_all(g, a->list) ? NATIVE_DONE : foreign_wake(g);
}

const NativeDef natives_sync[] = {
	{"(*Mutex).Lock", mutex_lock},
	{"(*Mutex).TryLock", mutex_try_lock},
	{"(*Mutex).Unlock", mutex_unlock},
	{"(*RWMutex).RLock", rwmutex_rlock},
	{"(*RWMutex).RUnlock", rwmutex_runlock},
	{"semacquireWriter", semacquire_writer},
	{"semrelease", semrelease},
	{"fatal", fatal},
	{"(*WaitGroup).Add", wait_group_add_native},
	{"(*WaitGroup).Done", wait_group_done},
	{"(*WaitGroup).Wait", wait_group_wait},
	{"notifyAdd", notify_add_native},
	{"notifyWait", notify_wait_native},
	{"notifyOne", notify_one_native},
	{"notifyAll", notify_all_native},
	{NULL, NULL},
};
