/* SPDX-License-Identifier: MIT */
/* gc.c: a collection from stopping the world to setting the next trigger: roots, the order of phases, pacing.
 *
 * Owns: when to collect; the list of extra roots.
 * Rules: everything between sched_stop_world and sched_start_world runs with all other workers at a safepoint. Only
 * sched_parallel makes them work here, and only on marking.
 * Marking looks at the stop flags: when the program is being stopped it ends, and everything stays as it is.
 * Why: stop-the-world, marking with all workers: 5 to 30 ns per live object.
 * See: gc_mark.c for marking, frame_map.c for frames, heap_block.c for what becomes of dead objects. */
#include "runtime/heap_internal.h"

/* ---- roots ---- */

bool gc_add_root(VM *vm, void (*mark)(Marker *m, void *user), void *user) {
	Heap *h = vm->heap;
	lock_acquire(&h->root_lock);
	if (h->root_count == h->root_cap) {
		uint32_t cap = h->root_cap != 0 ? h->root_cap * 2 : 8;
		ExtraRoot *roots = mem_realloc(&vm->mem, h->roots, h->root_cap * sizeof(*roots), cap * sizeof(*roots));
		if (roots == NULL) {
			lock_release(&h->root_lock);
			return false;
		}
		h->roots = roots;
		h->root_cap = cap;
	}
	h->roots[h->root_count++] = (ExtraRoot){mark, user};
	lock_release(&h->root_lock);
	return true;
}

void gc_mark_extra_roots(Marker *m, Heap *h) {
	for (uint32_t i = 0; i < h->root_count; i++)
		h->roots[i].mark(m, h->roots[i].user);
}

/* Words of p whose bit is set. */
static void mark_by_bits(Marker *m, const uint64_t *bits, const Slot *p, size_t words) {
	for (size_t i = 0; i * 64 < words; i++) {
		uint64_t set = bits[i];
		if (words - i * 64 < 64)
			set &= (1ull << words % 64) - 1;
		for (; set != 0; set &= set - 1)
			gc_mark_words(m, &p[i * 64 + (size_t)__builtin_ctzll(set)], 1);
	}
}

void gc_mark_globals(Marker *m, VM *vm) {
	if (vm->globals != NULL && vm->globals_ptr_bits != NULL)
		mark_by_bits(m, vm->globals_ptr_bits, (const Slot *)vm->globals, vm->globals_len / sizeof(Slot));
}

void gc_mark_goroutine(Marker *m, Goroutine *g) {
	mark_frames(m, g);
	for (const Defer *d = g->defers; d != NULL; d = d->link) {
		gc_mark_pointer(m, d->closure);
		gc_mark_words(m, d->args, d->slots);
	}
	for (const Panic *p = g->panics; p != NULL; p = p->link)
		gc_mark_iface(m, &p->value);
	if (g->pending_panic != NULL) {
		gc_mark_pointer(m, g->pending_panic);
		gc_mark_iface(m, g->pending_panic);
	}
	gc_mark_words(m, &g->native_state, 1);
	gc_mark_words(m, &g->native_call, 1);
}

/* What it waits, or lately waited, on. */
static void mark_goroutine(Goroutine *g, void *user) {
	Marker *m = user;
	gc_mark_goroutine(m, g);
	gc_mark_words(m, &g->sudog.target, 1);
	for (const Sudog *s = g->select_sudogs; s != NULL; s = s->link)
		gc_mark_words(m, &s->target, 1);
}

enum { ROOT_GLOBALS, ROOT_EXTRA, ROOT_TIMERS, ROOT_SPECIALS, ROOT_SLABS }; /* and from there on one job per slab */

static void mark_root_job(Marker *m, VM *vm, uint32_t job) {
	Heap *h = vm->heap;
	switch (job) {
	case ROOT_GLOBALS:
		gc_mark_globals(m, vm);
		break;
	case ROOT_EXTRA:
		gc_mark_extra_roots(m, h);
		break;
	case ROOT_TIMERS:
		timers_mark(m, vm, false);
		break;
	case ROOT_SPECIALS:
		specials_mark_roots(m, h);
		break;
	default:
		goroutine_slab_visit(vm, job - ROOT_SLABS, mark_goroutine, m);
		break;
	}
}

/* What each worker does while the world is stopped. */
static void mark_on_worker(Worker *w, void *user) {
	const uint8_t *epoch = user;
	MarkPool *pool = &w->vm->heap->pool;
	Marker m;
	marker_init(&m, w->vm->heap, *epoch);
	uint32_t job;
	while ((job = __atomic_fetch_add(&pool->next_root, 1, __ATOMIC_RELAXED)) < pool->root_jobs && !marker_abandons(&m)) {
		mark_root_job(&m, w->vm, job);
		marker_work(&m); /* before the next job: a million stacks must not all wait in memory */
	}
	marker_drain(&m);
	marker_finish(&m);
}

/* What one worker does alone when all have drained: lost addresses, timers that somebody waits for, objects with finalizers. */
static void mark_rest(Heap *h, uint8_t epoch) {
	Marker m;
	marker_init(&m, h, epoch);
	marker_recover(&m);
	while (!__atomic_load_n(&h->pool.abandoned, __ATOMIC_RELAXED) &&
	       (timers_mark_waited(&m, h->vm) || specials_find_dead(&m, h))) {
		marker_work(&m);
		marker_recover(&m);
	}
	if (!__atomic_load_n(&h->pool.abandoned, __ATOMIC_RELAXED))
		timers_drop_dead(&m, h->vm);
	marker_drain(&m);
	marker_finish(&m);
}

/* ---- pacing ---- */

void gc_request(VM *vm) {
	if (!(__atomic_load_n(&vm->stop_requested, __ATOMIC_RELAXED) & STOP_GC))
		__atomic_or_fetch(&vm->stop_requested, STOP_GC, __ATOMIC_SEQ_CST);
}

/* The heap may grow by gc_percent of what marking has to read. A soft limit takes precedence, but leaves a sixteenth:
 * collecting all the time helps nobody. */
static uint64_t next_trigger(Heap *h) {
	VM *vm = h->vm;
	int percent = __atomic_load_n(&vm->gc_percent, __ATOMIC_RELAXED);
	uint64_t live = h->live, trigger = UINT64_MAX;
	if (percent >= 0) {
		uint64_t roots = vm->globals_len + (uint64_t)goroutine_count(vm) * GOROUTINE_BYTES;
		uint64_t least = (uint64_t)MIN_HEAP * (uint64_t)percent / 100;
		trigger = (live + roots) / 100 * (uint64_t)percent;
		if (live + trigger < least)
			trigger = least - live;
	}
	if (h->soft_limit != 0) {
		uint64_t other = vm->mem.used_bytes - ((uint64_t)h->blocks_in_use << BLOCK_SHIFT);
		uint64_t room = h->soft_limit > other + live ? h->soft_limit - other - live : 0;
		uint64_t least = live / 16 > 1 << 20 ? live / 16 : 1 << 20;
		if (room < least)
			room = least;
		if (trigger > room)
			trigger = room;
	}
	return trigger;
}

void gc_percent_changed(VM *vm) {
	Heap *h = vm->heap;
	uint64_t trigger = next_trigger(h);
	__atomic_store_n(&h->trigger, trigger, __ATOMIC_RELAXED);
	heap_report(h, 0);
}

uint64_t gc_soft_limit(VM *vm) { return vm->heap->soft_limit; }

void gc_set_soft_limit(VM *vm, uint64_t bytes) {
	vm->heap->soft_limit = bytes;
	gc_percent_changed(vm);
}

void gc_set_debug(VM *vm, uint32_t flags) {
	vm->heap->debug = flags;
}

/* ---- the cycle ---- */

enum {
	ALONE_BYTES = 512 << 10,
	ALONE_SLABS = 4,
	STRESS_CHAIN = 4, /* collections at as many checks in a row: frames are seen in loops, too, not only behind allocations */
	STRESS_CHAIN_BYTES = 256, /* heaps for which that many new bytes are due */
};

static uint32_t pause_bucket(uint64_t ns) {
	if (ns >> PAUSE_LOW_SHIFT == 0)
		return 0;
	if (ns >> PAUSE_HIGH_SHIFT != 0)
		return PAUSE_BUCKETS - 1;
	uint32_t power = 63 - (uint32_t)__builtin_clzll(ns);
	uint32_t part = (uint32_t)(ns >> (power - PAUSE_SPLIT_SHIFT)) & ((1u << PAUSE_SPLIT_SHIFT) - 1);
	return 1 + ((power - PAUSE_LOW_SHIFT) << PAUSE_SPLIT_SHIFT) + part;
}

static void account(Heap *h, int64_t asked_ns, int64_t stopped_ns) {
	uint64_t bytes = h->closed_bytes, objects = h->closed_objects;
	for (uint32_t i = 0; i < MAX_WORKERS; i++) {
		const Worker *w = h->vm->workers[i];
		if (w != NULL && w->alloc != NULL) {
			bytes += w->alloc->bytes;
			objects += w->alloc->objects;
		}
	}
	h->freed_bytes = bytes - h->live;
	h->freed_objects = objects - h->live_objects;
	uint64_t pause = (uint64_t)(clock_monotonic_ns() - asked_ns);
	h->pause_ns[h->gc_count % COUNT_OF(h->pause_ns)] = pause;
	h->pause_total_ns += pause;
	h->pause_cpu_ns += pause * h->vm->worker_count;
	h->pauses[pause_bucket(pause)]++;
	h->stopping[pause_bucket((uint64_t)(stopped_ns - asked_ns))]++;
	h->gc_count++;
	h->last_gc_wall_ns = (uint64_t)clock_wall_ns();
}

/* All workers mark, or this one when there is little. False: the program is being stopped, and marking was given up. */
static bool mark_everything(Worker *w, uint8_t epoch, uint64_t live_before) {
	Heap *h = w->vm->heap;
	pool_init(&h->pool, ROOT_SLABS + goroutine_slab_count(w->vm));
	h->pool.may_abandon = sched_may_abandon(w->vm);
	if (live_before < ALONE_BYTES && h->pool.root_jobs < ROOT_SLABS + ALONE_SLABS)
		mark_on_worker(w, &epoch); /* done before another thread would be awake */
	else
		sched_parallel(w, mark_on_worker, &epoch);
	mark_rest(h, epoch);
	pool_deinit(&h->pool);
	return !h->pool.abandoned;
}

/* World stopped. False: abandoned, nothing was freed. */
static bool collect(Worker *w, int64_t asked_ns) {
	VM *vm = w->vm;
	Heap *h = vm->heap;
	GcPhases phases = {.asked_ns = asked_ns, .stopped_ns = clock_monotonic_ns()};
	__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_GC, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < MAX_WORKERS; i++)
		if (vm->workers[i] != NULL && vm->workers[i]->alloc != NULL)
			heap_flush_cache(h, vm->workers[i]->alloc);
	if (h->epoch == UINT8_MAX)
		heap_normalise_marks(h);
	uint8_t epoch = h->epoch + 1;
	uint64_t live_before = h->live, objects_before = h->live_objects, bytes_before = live_before + h->since_gc;
	h->live = h->live_objects = 0;
	if (!mark_everything(w, epoch, live_before)) {
		heap_abandon_cycle(h, epoch);
		h->live = live_before;
		h->live_objects = objects_before;
		return false;
	}
	phases.marked_ns = clock_monotonic_ns();
	heap_sweep_blocks(h, epoch);
	if (heap_stress_due(h, STRESS_CHAIN_BYTES) && h->gc_count % STRESS_CHAIN != 0)
		gc_request(vm);
	__atomic_store_n(&h->since_gc, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&h->trigger, next_trigger(h), __ATOMIC_RELAXED);
	account(h, asked_ns, phases.stopped_ns);
	phases.swept_ns = clock_monotonic_ns();
	if (UNLIKELY(vm->trace_gc))
		gc_trace_line(h, &phases, bytes_before);
	return true;
}

static void after_collection(Worker *w) {
	specials_run(w);
	if (UNLIKELY(__atomic_exchange_n(&w->vm->heap->release_all, false, __ATOMIC_RELAXED)))
		heap_release(w->vm->heap, UINT32_MAX);
	else
		heap_release_excess(w->vm->heap);
}

void gc_collect(Worker *w) {
	int64_t asked_ns = clock_monotonic_ns();
	sched_stop_world(w);
	bool collected = collect(w, asked_ns);
	sched_start_world(w);
	if (collected)
		after_collection(w);
}

bool gc_run_pending(Worker *w) {
	if (!(__atomic_load_n(&w->vm->stop_requested, __ATOMIC_RELAXED) & STOP_GC))
		return false;
	int64_t asked_ns = clock_monotonic_ns();
	sched_stop_world(w);
	/* Another worker may have collected while this one waited for its turn. */
	bool pending = (__atomic_load_n(&w->vm->stop_requested, __ATOMIC_RELAXED) & STOP_GC) != 0;
	bool collected = pending && collect(w, asked_ns);
	sched_start_world(w);
	if (collected)
		after_collection(w);
	return collected;
}

void gc_request_release(VM *vm) {
	__atomic_store_n(&vm->heap->release_all, true, __ATOMIC_RELAXED);
	gc_request(vm);
}

void gc_release_memory(Worker *w) {
	gc_collect(w);
	heap_release(w->vm->heap, UINT32_MAX);
}
