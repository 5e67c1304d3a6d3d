/* SPDX-License-Identifier: MIT */
/* ring.h: the run queue of a worker: a bounded FIFO. The owner alone pushes; the owner and thieves take from the
 * head, by CAS. With one worker (vm->multi false) nobody steals and plain stores do. Cheaper here than a Chase-Lev
 * deque, and fair. */
#ifndef GOL_RUNTIME_RING_H
#define GOL_RUNTIME_RING_H

#include "runtime/sched.h"

static inline uint32_t ring_len(const Worker *w) {
	uint32_t head = __atomic_load_n(&w->ring_head, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&w->ring_tail, __ATOMIC_ACQUIRE) - head;
}

/* Owner. False: full. */
static inline bool ring_push(Worker *w, Goroutine *g) {
	uint32_t head = __atomic_load_n(&w->ring_head, __ATOMIC_ACQUIRE); /* thieves are done with the slots before it */
	uint32_t tail = w->ring_tail;
	if (UNLIKELY(tail - head >= RING_SIZE))
		return false;
	__atomic_store_n(&w->ring[tail % RING_SIZE], g, __ATOMIC_RELAXED);
	__atomic_store_n(&w->ring_tail, tail + 1, __ATOMIC_RELEASE);
	return true;
}

/* Takes [head, head + n) away: true when nobody was faster. */
static inline bool ring_claim(Worker *w, uint32_t *head, uint32_t n, bool multi) {
	if (!multi) {
		__atomic_store_n(&w->ring_head, *head + n, __ATOMIC_RELAXED);
		return true;
	}
	return __atomic_compare_exchange_n(&w->ring_head, head, *head + n, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Owner. NULL: empty. */
static inline Goroutine *ring_pop(Worker *w) {
	uint32_t head = __atomic_load_n(&w->ring_head, __ATOMIC_ACQUIRE);
	for (;;) {
		if (w->ring_tail == head)
			return NULL;
		Goroutine *g = __atomic_load_n(&w->ring[head % RING_SIZE], __ATOMIC_RELAXED);
		if (LIKELY(ring_claim(w, &head, 1, w->vm->multi)))
			return g;
	}
}

/* A thief moves half of the victim's goroutines to its own, empty, ring, except the one it returns. */
static inline Goroutine *ring_steal(Worker *thief, Worker *victim) {
	uint32_t head = __atomic_load_n(&victim->ring_head, __ATOMIC_ACQUIRE);
	for (;;) {
		uint32_t len = __atomic_load_n(&victim->ring_tail, __ATOMIC_ACQUIRE) - head;
		if (len == 0)
			return NULL;
		if (len > RING_SIZE) { /* head and tail are of different times */
			head = __atomic_load_n(&victim->ring_head, __ATOMIC_ACQUIRE);
			continue;
		}
		uint32_t n = len - len / 2;
		uint32_t tail = thief->ring_tail;
		Goroutine *first = __atomic_load_n(&victim->ring[head % RING_SIZE], __ATOMIC_RELAXED);
		for (uint32_t i = 1; i < n; i++)
			__atomic_store_n(&thief->ring[(tail + i - 1) % RING_SIZE],
			                 __atomic_load_n(&victim->ring[(head + i) % RING_SIZE], __ATOMIC_RELAXED),
			                 __ATOMIC_RELAXED);
		if (ring_claim(victim, &head, n, true)) {
			__atomic_store_n(&thief->ring_tail, tail + n - 1, __ATOMIC_RELEASE);
			return first;
		}
	}
}

#endif
