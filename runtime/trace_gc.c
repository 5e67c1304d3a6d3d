/* SPDX-License-Identifier: MIT */
/* trace_gc.c: one line per collection on the program's stderr, as GODEBUG=gctrace=1 prints them in Go.
 *
 * Rules: called with the world stopped, after marking and sweeping; the line leaves in one write.
 * Why: tools that read Go's lines read ours. There are no concurrent phases: what Go calls sweep termination is the
 *   stopping of the world here, the second figure is marking, the third listing blocks for lazy sweep; all are pause. */
#include <stdio.h>

#include "runtime/heap_internal.h"

static uint64_t whole_mb(uint64_t bytes) { return bytes >> 20; }

void gc_trace_line(Heap *h, const GcPhases *p, uint64_t before_bytes) {
	VM *vm = h->vm;
	int64_t now = clock_monotonic_ns();
	double run_ms = (double)(now - vm->start_ns) / 1e6;
	double stop = (double)(p->stopped_ns - p->asked_ns) / 1e6, mark = (double)(p->marked_ns - p->stopped_ns) / 1e6,
	       sweep = (double)(p->swept_ns - p->marked_ns) / 1e6;
	uint32_t workers = vm->worker_count;
	uint64_t goal = h->trigger > (1ull << 62) ? 0 : h->live + h->trigger;
	uint64_t stacks = (uint64_t)goroutine_count(vm) * GOROUTINE_BYTES;
	char line[320];
	int n = snprintf(line, sizeof line,
			 "gc %llu @%.3fs %d%%: %.3f+%.3f+%.3f ms clock, %.3f+%.3f/0.000/0.000+%.3f ms cpu, "
			 "%llu->%llu->%llu MB, %llu MB goal, %llu MB stacks, %llu MB globals, %u P\n",
			 (unsigned long long)h->gc_count, run_ms / 1e3,
			 run_ms > 0 ? (int)((double)h->pause_total_ns / 1e4 / run_ms) : 0, stop, mark, sweep, stop * workers,
			 mark * workers, sweep, (unsigned long long)whole_mb(before_bytes),
			 (unsigned long long)whole_mb(before_bytes), (unsigned long long)whole_mb(h->live),
			 (unsigned long long)whole_mb(goal), (unsigned long long)whole_mb(stacks),
			 (unsigned long long)whole_mb(vm->globals_len), workers);
	sched_write(vm, 2, line, (size_t)n);
}
