/* SPDX-License-Identifier: MIT */
/* metrics.c: the natives of package runtime/metrics.
 *
 * Rules: the order of the figures is that of the constants in metrics.gol; the world runs on, so figures of one call may be
 *   some allocations apart. */
#include "vm/native.h"

static uint64_t at_most(uint64_t v, uint64_t most) { return v < most ? v : most; }

static void write_words(GoSlice to, const uint64_t *words, size_t count) {
	for (size_t i = 0; i < count && (int64_t)i < to.len; i++)
		store_word((uint64_t *)to.ptr + i, words[i]);
}

/* func read(figures, pauses, stopping []uint64) */
static NativeStatus read_figures(Goroutine *g, Slot *args) {
	struct {
		GoSlice figures, pauses, stopping;
	} *a = NATIVE_ARGS(args);
	VM *vm = g->vm;
	HeapStats s;
	sched_stop_world(g->worker); /* what the workers have allocated is counted in their own caches */
	heap_stats(vm, &s);
	sched_start_world(g->worker);
	uint64_t limit = gc_soft_limit(vm), unused = s.reserved_bytes - at_most(s.released_bytes, s.reserved_bytes);
	unused -= at_most(s.idle_bytes, unused);
	uint64_t objects = at_most(s.live_bytes, unused);
	uint64_t other = __atomic_load_n(&vm->mem.used_bytes, __ATOMIC_RELAXED);
	other -= at_most(s.charged_bytes, other);
	const uint64_t figures[] = {
		s.pause_cpu_ns,
		s.gc_count,
		(uint64_t)(int64_t)__atomic_load_n(&vm->gc_percent, __ATOMIC_RELAXED),
		limit != 0 ? limit : INT64_MAX,
		s.allocated_total_bytes,
		s.objects_allocated,
		s.freed_total_bytes,
		s.objects_freed,
		s.next_gc_bytes,
		s.marked_bytes,
		s.objects_allocated - s.objects_freed,
		vm->globals_len,
		s.idle_bytes,
		objects,
		s.released_bytes,
		unused - objects,
		other,
		s.reserved_bytes + other,
		vm->worker_count,
		(uint64_t)goroutine_count(vm),
	};
	write_words(a->figures, figures, COUNT_OF(figures));
	write_words(a->pauses, s.pauses, COUNT_OF(s.pauses));
	write_words(a->stopping, s.stopping, COUNT_OF(s.stopping));
	native_charge(g, (int64_t)(COUNT_OF(figures) + 2 * PAUSE_BUCKETS) / 8);
	return NATIVE_DONE;
}

_Static_assert(PAUSE_LOW_SHIFT == 6 && PAUSE_HIGH_SHIFT == 38 && PAUSE_SPLIT_SHIFT == 2, "metrics.gol says so, too");

const NativeDef natives_runtime_metrics[] = {
	{"read", read_figures},
	{NULL, NULL},
};
