/* SPDX-License-Identifier: MIT */
/* thread.c: threads, word-sized mutexes, parking and clocks, over pthreads and the Linux futex.
 *
 * Owns: nothing; a Lock and a Parker are words inside what they guard.
 * Rules: Lock.state is 0 free, 1 held, 2 held and somebody may sleep on it.
 * Why: our own lock because it is four bytes (one per channel) and zero-initialized; it spins before it sleeps because
 * a futex wake costs 7-11 us and critical sections here are tens of nanoseconds. */
#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT */
#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- futex ---- */

/* Sleeps while *word == expected, until woken or until the monotonic deadline (< 0: none). May return early. */
static void futex_wait(uint32_t *word, uint32_t expected, int64_t deadline_ns) {
	struct timespec deadline = {.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
	syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, deadline_ns < 0 ? NULL : &deadline,
	        NULL, FUTEX_BITSET_MATCH_ANY);
}

static void futex_wake_one(uint32_t *word) {
	syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

/* ---- threads ---- */

/* Signals belong to the host's threads; only what a thread brings upon itself, and the profiler's, is let through. */
static void block_signals(sigset_t *previous) {
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
	sigset_t set;
	sigfillset(&set);
	for (size_t i = 0; i < COUNT_OF(own); i++)
		sigdelset(&set, own[i]);
	pthread_sigmask(SIG_SETMASK, &set, previous);
}

bool thread_start(Thread *t, void *(*body)(void *), void *arg, size_t stack_bytes) {
	pthread_attr_t attr;
	if (pthread_attr_init(&attr) != 0)
		return false;
	if (stack_bytes != 0) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		size_t least = (size_t)PTHREAD_STACK_MIN;
		stack_bytes = ALIGN_UP(stack_bytes < least ? least : stack_bytes, page);
		pthread_attr_setstacksize(&attr, stack_bytes);
	}
	sigset_t previous;
	block_signals(&previous); /* inherited by the new thread */
	pthread_t handle;
	int status = pthread_create(&handle, &attr, body, arg);
	pthread_sigmask(SIG_SETMASK, &previous, NULL);
	pthread_attr_destroy(&attr);
	if (status != 0)
		return false;
	_Static_assert(sizeof(pthread_t) == sizeof(uintptr_t), "Thread.handle holds a pthread_t");
	__atomic_store_n(&t->handle, (uintptr_t)handle, __ATOMIC_RELAXED);
	return true;
}

void thread_join(Thread *t) {
	pthread_join((pthread_t)t->handle, NULL);
}

/* ---- the lock ---- */

enum {
	LOCK_SPIN_ROUNDS = 8, /* with 1, 2, 4, ... 128 pauses: about as long as one sleep and wake-up */
};

void lock_slow(Lock *l) {
	for (unsigned round = 0; round < LOCK_SPIN_ROUNDS; round++) {
		uint32_t state = __atomic_load_n(&l->state, __ATOMIC_RELAXED);
		if (state == 0 && lock_try(l))
			return;
		if (state == 2)
			break; /* others sleep already: spinning would only delay them */
		for (unsigned i = 0; i < 1u << round; i++)
			cpu_relax();
	}
	/* From here on the lock is taken as 2: this thread cannot know whether it is the last one that slept. */
	while (__atomic_exchange_n(&l->state, 2, __ATOMIC_ACQUIRE) != 0)
		futex_wait(&l->state, 2, -1);
}

void unlock_slow(Lock *l) {
	futex_wake_one(&l->state);
}

/* ---- parking ---- */

enum { PARKER_EMPTY = 0, PARKER_TOKEN = 1, PARKER_ASLEEP = 2 };

bool parker_park(Parker *p, int64_t timeout_ns) {
	uint32_t state = PARKER_EMPTY;
	if (!__atomic_compare_exchange_n(&p->state, &state, PARKER_ASLEEP, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&p->state, PARKER_EMPTY, __ATOMIC_RELAXED); /* it was TOKEN: only we take it away */
		return true;
	}
	int64_t deadline_ns = -1;
	if (timeout_ns >= 0 && __builtin_add_overflow(clock_monotonic_ns(), timeout_ns, &deadline_ns))
		deadline_ns = -1;
	for (;;) {
		futex_wait(&p->state, PARKER_ASLEEP, deadline_ns);
		state = PARKER_TOKEN;
		if (__atomic_compare_exchange_n(&p->state, &state, PARKER_EMPTY, false, __ATOMIC_ACQUIRE,
		                                __ATOMIC_RELAXED))
			return true;
		if (deadline_ns >= 0 && clock_monotonic_ns() >= deadline_ns)
			return __atomic_exchange_n(&p->state, PARKER_EMPTY, __ATOMIC_ACQUIRE) == PARKER_TOKEN;
	}
}

void parker_unpark(Parker *p) {
	if (__atomic_exchange_n(&p->state, PARKER_TOKEN, __ATOMIC_RELEASE) == PARKER_ASLEEP)
		futex_wake_one(&p->state);
}

/* ---- clocks and machine ---- */

static int64_t clock_read(clockid_t id) {
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_monotonic_ns(void) {
	return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void) {
	return clock_read(CLOCK_REALTIME);
}

int thread_cpu_count(void) {
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) == 0) {
		int n = CPU_COUNT(&set);
		if (n > 0)
			return n;
	}
	long n = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than a cpu_set_t has bits */
	return n > 0 ? (int)n : 1;
}
