/* SPDX-License-Identifier: MIT */
/* thread.h: threads, small mutexes, parking and clocks: the one room that names the operating system's thread API
 * (futex on Linux). Everything here is safe from any thread. */
#ifndef GOL_BASE_THREAD_H
#define GOL_BASE_THREAD_H

#include "base/base.h"

typedef struct Thread {
	uintptr_t handle;
} Thread;
bool thread_start(Thread *t, void *(*body)(void *), void *arg, size_t stack_bytes); /* false: the system refused */
void thread_join(Thread *t);

/* A word-sized mutex: spins briefly, then sleeps on a futex. Zero-initialized = unlocked. Not recursive. */
typedef struct Lock {
	uint32_t state;
} Lock;
void lock_slow(Lock *l);
void unlock_slow(Lock *l);
static inline void lock_acquire(Lock *l) {
	uint32_t expected = 0;
	if (UNLIKELY(!__atomic_compare_exchange_n(&l->state, &expected, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		lock_slow(l);
}
static inline bool lock_try(Lock *l) {
	uint32_t expected = 0;
	return __atomic_compare_exchange_n(&l->state, &expected, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
static inline void lock_release(Lock *l) {
	if (UNLIKELY(__atomic_exchange_n(&l->state, 0, __ATOMIC_RELEASE) == 2))
		unlock_slow(l);
}

/* One-shot sleeping place of a thread: park blocks until unpark (an unpark before park is remembered, once).
 * timeout_ns < 0: none. Returns false on timeout. */
typedef struct Parker {
	uint32_t state;
} Parker;
bool parker_park(Parker *p, int64_t timeout_ns);
void parker_unpark(Parker *p);

static inline void cpu_relax(void) {
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("" ::: "memory");
#endif
}

int64_t clock_monotonic_ns(void);
int64_t clock_wall_ns(void); /* since the Unix epoch */
int thread_cpu_count(void);  /* CPUs this process may use, at least 1 */

#endif
