/* SPDX-License-Identifier: MIT */
/* trace_sched.c: a line about the scheduler every so many milliseconds, as GODEBUG=schedtrace=N prints them in Go.
 *
 * Owns: SchedTrace and its thread.
 * Rules: reads the scheduler's state without stopping anything, queue lengths as they happen to be.
 * Why a thread: it also speaks when every worker is busy or asleep. */
#include <stdio.h>

#include "runtime/ring.h"
#include "runtime/sched_internal.h"

struct SchedTrace {
	VM *vm;
	Thread thread;
	Parker parker;
	int64_t period_ns, began_ns;
	bool ending; /* atomic */
};

static void print_line(const SchedTrace *t) {
	VM *vm = t->vm;
	char line[1024];
	uint32_t workers = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE), sleeping = 0;
	lock_acquire(&vm->sched_lock);
	for (const Worker *w = vm->sched->idle; w != NULL; w = w->idle_next)
		sleeping++;
	lock_release(&vm->sched_lock);
	int n = snprintf(line, sizeof line,
			 "SCHED %lldms: gomaxprocs=%u idleprocs=%u threads=%u spinningthreads=%u needspinning=0 "
			 "idlethreads=%u runqueue=%u [",
			 (long long)((clock_monotonic_ns() - t->began_ns) / 1000000), vm->worker_count,
			 __atomic_load_n(&vm->idle_workers, __ATOMIC_RELAXED), workers,
			 __atomic_load_n(&vm->spinning_workers, __ATOMIC_RELAXED), sleeping,
			 __atomic_load_n(&vm->global_len, __ATOMIC_RELAXED));
	for (uint32_t i = 0; i < vm->worker_count && n < (int)sizeof line - 16; i++)
		n += snprintf(line + n, sizeof line - (size_t)n, i ? " %u" : "%u", i < workers ? ring_len(vm->workers[i]) : 0);
	n += snprintf(line + n, sizeof line - (size_t)n, "]\n");
	sched_write(vm, 2, line, (size_t)n);
}

static void *trace_thread(void *arg) {
	SchedTrace *t = arg;
	do { /* once at least: a short program may be over already */
		print_line(t);
		parker_park(&t->parker, t->period_ns);
	} while (!__atomic_load_n(&t->ending, __ATOMIC_ACQUIRE));
	return NULL;
}

SchedTrace *sched_trace_start(VM *vm, int64_t period_ns) {
	SchedTrace *t = mem_zalloc(&vm->mem, sizeof *t);
	if (t == NULL)
		return NULL;
	t->vm = vm;
	t->period_ns = period_ns;
	t->began_ns = clock_monotonic_ns();
	if (thread_start(&t->thread, trace_thread, t, 64 << 10))
		return t;
	mem_free(&vm->mem, t, sizeof *t);
	return NULL;
}

void sched_trace_stop(SchedTrace *t) {
	if (t == NULL)
		return;
	VM *vm = t->vm;
	__atomic_store_n(&t->ending, true, __ATOMIC_RELEASE);
	parker_unpark(&t->parker);
	thread_join(&t->thread);
	mem_free(&vm->mem, t, sizeof *t);
}
