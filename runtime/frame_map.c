/* SPDX-License-Identifier: MIT */
/* frame_map.c: the slots of a goroutine's frames that the collector looks at: those that may hold a pointer and are live.
 *
 * Owns: FrameMaps: what bytecode/liveness.c found out, by function, and the live slots by the place where a frame was
 * seen suspended.
 * Rules: the world is stopped. Markers read the table without a lock; who misses computes under the lock, and an entry's
 *   address is published last. Tables that were outgrown stay in the arena, since others may be reading them. Once memory was
 *   refused nothing is added any more, and unknown frames count as wholly live. Code outlives the heap.
 * Why: lazily, so that programs that never collect pay nothing; per place, since programs suspend at few.
 * See: bytecode/liveness.h; GC_POISON overwrites what is not live, which shows a mistake here or in operands.c. */
#include "bytecode/liveness.h"
#include "runtime/heap_internal.h"

enum { FIRST_CAPACITY = 64, DEAD_SLOT = 0x5d };

typedef struct FrameMap {
	const Insn *pc;       /* atomic; NULL: free */
	const uint64_t *live; /* NULL: everything */
} FrameMap;

typedef struct FrameTable {
	uint32_t cap; /* a power of two, at most half full */
	FrameMap maps[];
} FrameTable;

struct FrameMaps {
	Lock lock;
	Arena arena;
	FrameTable *table; /* atomic */
	uint32_t len;
	PtrMap functions;  /* Function -> Liveness or &too_large */
};

static const char too_large; /* stands for the Liveness of a function that has none */

bool frame_maps_init(Heap *h) {
	FrameMaps *maps = mem_zalloc(&h->vm->mem, sizeof *maps);
	if (maps == NULL)
		return false;
	arena_init(&maps->arena, &h->vm->mem);
	h->frame_maps = maps;
	return true;
}

void frame_maps_deinit(Heap *h) {
	if (h->frame_maps == NULL)
		return;
	arena_deinit(&h->frame_maps->arena);
	mem_free(&h->vm->mem, h->frame_maps, sizeof(FrameMaps));
	h->frame_maps = NULL;
}

/* ---- the table ---- */

static uint32_t hash(const Insn *pc) { return (uint32_t)(((uintptr_t)pc >> 3) * 0x9e3779b97f4a7c15ull >> 32); }

static const FrameMap *find(const FrameTable *t, const Insn *pc) {
	for (uint32_t i = hash(pc);; i++) {
		const FrameMap *map = &t->maps[i & (t->cap - 1)];
		const Insn *at = __atomic_load_n(&map->pc, __ATOMIC_ACQUIRE);
		if (at == pc)
			return map;
		if (at == NULL)
			return NULL;
	}
}

static void table_put(FrameTable *t, const Insn *pc, const uint64_t *live) {
	uint32_t i = hash(pc) & (t->cap - 1);
	while (t->maps[i].pc != NULL)
		i = (i + 1) & (t->cap - 1);
	t->maps[i].live = live;
	__atomic_store_n(&t->maps[i].pc, pc, __ATOMIC_RELEASE);
}

static void put_locked(FrameMaps *maps, const Insn *pc, const uint64_t *live) {
	FrameTable *t = maps->table;
	if (t == NULL || maps->len * 2 >= t->cap) {
		uint32_t cap = t != NULL ? t->cap * 2 : FIRST_CAPACITY;
		FrameTable *larger = arena_alloc(&maps->arena, sizeof *larger + cap * sizeof(FrameMap));
		larger->cap = cap;
		for (uint32_t i = 0; t != NULL && i < t->cap; i++)
			if (t->maps[i].pc != NULL)
				table_put(larger, t->maps[i].pc, t->maps[i].live);
		t = larger;
		__atomic_store_n(&maps->table, larger, __ATOMIC_RELEASE);
	}
	maps->len++;
	table_put(t, pc, live);
}

/* ---- misses ---- */

static const Liveness *analyse_locked(FrameMaps *maps, const Function *fn) {
	void *known = ptrmap_get(&maps->functions, fn);
	if (known == NULL) {
		Arena scratch;
		arena_init(&scratch, maps->arena.mem);
		known = liveness_new(&maps->arena, &scratch, fn);
		maps->arena.failed = maps->arena.failed || scratch.failed;
		arena_deinit(&scratch);
		if (known == NULL)
			known = (void *)(uintptr_t)&too_large;
		ptrmap_put(&maps->arena, &maps->functions, fn, known);
	}
	return known != &too_large ? known : NULL;
}

static NOINLINE const uint64_t *compute(FrameMaps *maps, const Function *fn, const Insn *pc) {
	uint64_t *live = NULL;
	lock_acquire(&maps->lock);
	const FrameMap *map = maps->table != NULL ? find(maps->table, pc) : NULL;
	if (map != NULL) { /* another marker was faster */
		lock_release(&maps->lock);
		return map->live;
	}
	const Liveness *l = maps->arena.failed ? NULL : analyse_locked(maps, fn);
	if (l != NULL) {
		live = ARENA_ARRAY(&maps->arena, uint64_t, liveness_words(fn));
		liveness_at(l, (uint32_t)(pc - fn->code), live);
	}
	if (!maps->arena.failed)
		put_locked(maps, pc, live);
	lock_release(&maps->lock);
	return live;
}

/* The live slots of a frame that goes on at pc; NULL: all may be. Outside its code a frame stands still for good while
 * deferred calls of a panic run above it, unless it recovers. */
static const uint64_t *live_slots(FrameMaps *maps, const Function *fn, const Insn *pc) {
	static const uint64_t none[MAX_FRAME_SLOTS / 64 + 1];
	if (fn->flags & (FUNC_NATIVE | FUNC_MADE))
		return NULL;
	if (pc < fn->code || pc >= fn->code + fn->code_len) {
		if (!(fn->flags & FUNC_DEFERS))
			return none;
		pc = fn->code + fn->defer_return;
	}
	const FrameTable *t = __atomic_load_n(&maps->table, __ATOMIC_ACQUIRE);
	const FrameMap *map = t != NULL ? find(t, pc) : NULL;
	return LIKELY(map != NULL) ? map->live : compute(maps, fn, pc);
}

/* ---- frames ---- */

static void mark_frame(Marker *m, const Function *fn, const uint64_t *live, const Slot *fp, size_t slots) {
	for (size_t i = 0; i * 64 < slots; i++) {
		uint64_t set = fn->slot_ptrs != NULL ? fn->slot_ptrs[i] : ~0ull;
		if (live != NULL)
			set &= live[i];
		if (i == 0)
			set &= ~0ull << FRAME_HEADER_SLOTS;
		if (slots - i * 64 < 64)
			set &= (1ull << slots % 64) - 1;
		for (; set != 0; set &= set - 1)
			gc_mark_words(m, &fp[i * 64 + (size_t)__builtin_ctzll(set)], 1);
	}
}

/* A collection frees what is only still to be released: those slots forget it. */
static void forget_released(const Function *fn, const uint64_t *live, Slot *fp, size_t slots) {
	for (size_t i = 0; i * 64 < slots; i++)
		for (uint64_t set = fn->released[i] & ~live[i]; set != 0; set &= set - 1) {
			size_t slot = i * 64 + (size_t)__builtin_ctzll(set);
			if (slot < slots)
				fp[slot].u = 0;
		}
}

static COLD void poison_frame(const uint64_t *live, Slot *fp, size_t slots) {
	for (size_t i = FRAME_HEADER_SLOTS; live != NULL && i < slots; i++)
		if (!(live[i / 64] >> i % 64 & 1))
			memset(&fp[i], DEAD_SLOT, sizeof(Slot));
}

/* Its first function has returned and it ends at its next turn: the results are still to be taken, when it ran a call of the host.
 * A native comes through a check behind its return. */
static void mark_results(Marker *m, const Goroutine *g) {
	const Closure *closure = g->stack[1].p;
	gc_mark_words(m, g->stack + 1, 1);
	gc_mark_words(m, g->stack + FRAME_HEADER_SLOTS, closure->fn->result_slots);
}

/* Frames overlap: a frame ends where the one it called begins; the innermost has all its slots. */
void mark_frames(Marker *m, Goroutine *g) {
	if (UNLIKELY(g->pc == goroutine_exit_code))
		mark_results(m, g);
	FrameWalk walk;
	frame_walk_init(&walk, g);
	const Slot *above = g->stack + g->stack_slots;
	const Function *fn;
	while ((fn = frame_walk_function(&walk)) != NULL) {
		Slot *fp = walk.fp;
		size_t slots = above > fp ? (size_t)(above - fp) : 0;
		if (slots > fn->frame_slots)
			slots = fn->frame_slots;
		gc_mark_words(m, fp + 1, 1); /* the closure, also where the frame has no more, as that of a native without arguments */
		if (slots > FRAME_HEADER_SLOTS) {
			const uint64_t *live = live_slots(m->heap->frame_maps, fn, walk.pc);
			mark_frame(m, fn, live, fp, slots);
			if (fn->released != NULL && live != NULL && !m->is_search)
				forget_released(fn, live, fp, slots);
			if (UNLIKELY(m->heap->debug & GC_POISON))
				poison_frame(live, fp, slots);
		}
		above = fp;
		if (!frame_walk_next(&walk))
			break;
	}
}
