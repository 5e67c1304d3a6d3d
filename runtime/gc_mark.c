/* SPDX-License-Identifier: MIT */
/* gc_mark.c: finding everything reachable: the marker's stack and its batches, sharing work between markers, and how
 * objects of each layout are scanned.
 *
 * Owns: Marker (one per marking thread, on its C stack) and MarkPool (one per heap, alive during a cycle).
 * Rules: the world is stopped. Mark bytes are written without atomic operations: when two markers meet at an object
 * both may scan it, which is harmless. The stack holds addresses not yet looked at, so nothing here recurses into data.
 * Why: batches, so that the misses of 32 objects overlap: 10 ns per object in random order, 4 in the order of a tree
 * that fits the cache. Objects above 8 KiB are scanned in slices by all markers, which also bounds the stacks. */
#include "runtime/heap_internal.h"

/* Trace and free functions of kinds.def, defined beside what they trace. */
void chan_trace(Marker *m, void *object);
void map_trace(Marker *m, void *object);
void map_table_trace(Marker *m, void *object);
void typed_trace(Marker *m, void *object);
void timer_object_trace(Marker *m, void *object);
void weak_trace(Marker *m, void *object);
void host_object_trace(Marker *m, void *object);
void timer_object_free(VM *vm, void *object);
void host_object_free(VM *vm, void *object);

const KindTrace kind_traces[HEAP_KIND_COUNT] = {
#define HEAP_KIND(name, trace, free_, meaning) [HEAP_##name] = trace,
#include "runtime/kinds.def"
#undef HEAP_KIND
};
const KindFree kind_frees[HEAP_KIND_COUNT] = {
#define HEAP_KIND(name, trace, free_, meaning) [HEAP_##name] = free_,
#include "runtime/kinds.def"
#undef HEAP_KIND
};

enum {
	POOL_SLAB = 1 << 20,
	SHARE_INTERVAL = 128, /* visits between two looks at who waits */
	SHARE_LEAST = 16,     /* addresses worth sharing */
	FEW_BYTES = 128,      /* objects up to this size are scanned inline */
	MARK_CHAIN = 4,       /* batches up to this size look like lists */
	WAIT_SPINS = 200,
	WAIT_NAP_NS = 20000,
};

/* ---- the pool ---- */

typedef struct PoolSlab {
	struct PoolSlab *next;
	size_t pad;
} PoolSlab;

void pool_init(MarkPool *pool, uint32_t root_jobs) {
	*pool = (MarkPool){.root_jobs = root_jobs};
}

void pool_deinit(MarkPool *pool) {
	for (PoolSlab *s = pool->slabs, *next; s != NULL; s = next) {
		next = s->next;
		os_unreserve(s, POOL_SLAB);
	}
	pool->slabs = NULL;
}

/* Memory until the end of the cycle, straight from the system: the script's memory cap must not stop a collection. */
static void *pool_alloc_locked(MarkPool *pool, size_t size) {
	if (pool->slab_left < size) {
		PoolSlab *s = os_map(POOL_SLAB);
		if (s == NULL)
			return NULL;
		s->next = pool->slabs;
		pool->slabs = s;
		pool->slab_at = (char *)(s + 1);
		pool->slab_left = POOL_SLAB - sizeof(PoolSlab);
	}
	void *p = pool->slab_at;
	pool->slab_at += size;
	pool->slab_left -= size;
	return p;
}

static MarkChunk *pool_empty_chunk(MarkPool *pool) {
	lock_acquire(&pool->lock);
	MarkChunk *chunk = pool->empty;
	if (chunk != NULL)
		pool->empty = chunk->next;
	else
		chunk = pool_alloc_locked(pool, sizeof(MarkChunk));
	lock_release(&pool->lock);
	if (chunk != NULL)
		chunk->len = 0;
	return chunk;
}

static void pool_publish(MarkPool *pool, MarkChunk *chunk) {
	lock_acquire(&pool->lock);
	chunk->next = pool->full;
	__atomic_store_n(&pool->full, chunk, __ATOMIC_RELEASE);
	lock_release(&pool->lock);
}

/* ---- the stack ---- */

/* Makes a chunk with `len` items the current one. */
static void stack_use(Marker *m, MarkChunk *chunk, size_t len) {
	m->chunk = chunk;
	m->top = chunk->items + len;
	m->end = chunk->items + MARK_CHUNK_ITEMS;
}

static ALWAYS_INLINE size_t stack_len(const Marker *m) {
	return m->chunk == NULL ? 0 : (size_t)(m->top - m->chunk->items);
}

/* The current chunk is full (or missing): another one. Without memory the address is given up (see marker_recover). */
static NOINLINE void stack_push_slow(Marker *m, uintptr_t p) {
	MarkPool *pool = &m->heap->pool;
	MarkChunk *fresh = pool_empty_chunk(pool);
	if (fresh == NULL) {
		__atomic_store_n(&pool->overflow, true, __ATOMIC_RELAXED);
		return;
	}
	if (m->chunk != NULL) {
		m->chunk->len = MARK_CHUNK_ITEMS;
		pool_publish(pool, m->chunk);
	}
	stack_use(m, fresh, 0);
	*m->top++ = p;
}

static ALWAYS_INLINE void stack_push(Marker *m, uintptr_t p) {
	uintptr_t *top = m->top;
	if (UNLIKELY(top == m->end)) {
		stack_push_slow(m, p);
		return;
	}
	*top = p;
	m->top = top + 1;
}

/* Another marker waits: it gets half of what is left here. */
static NOINLINE void stack_share(Marker *m) {
	MarkPool *pool = &m->heap->pool;
	size_t len = stack_len(m), half = len / 2;
	if (len < SHARE_LEAST || __atomic_load_n(&pool->full, __ATOMIC_RELAXED) != NULL)
		return;
	MarkChunk *from = m->chunk, *to = pool_empty_chunk(pool);
	if (to == NULL)
		return;
	/* The older half: nearer to the roots, so there is more behind it. */
	memcpy(to->items, from->items, half * sizeof(uintptr_t));
	memmove(from->items, from->items + half, (len - half) * sizeof(uintptr_t));
	to->len = half;
	m->top -= half;
	pool_publish(pool, to);
}

/* ---- marking interface ---- */

static ALWAYS_INLINE void mark_word(Marker *m, uintptr_t p) {
	if (p - (uintptr_t)m->base < m->used_bytes)
		stack_push(m, p);
}

void gc_mark_pointer(Marker *m, const void *p) {
	mark_word(m, (uintptr_t)p);
}

/* Conservative: only what is an allocated object; a slot may hold anything, old pointers to dead objects included. */
void gc_mark_words(Marker *m, const void *p, size_t words) {
	const uintptr_t *at = p;
	for (size_t i = 0; i < words; i++)
		if (UNLIKELY(at[i] - (uintptr_t)m->base < m->used_bytes) &&
			heap_is_allocated(m->heap, (const void *)at[i]))
			stack_push(m, at[i]);
}

static ALWAYS_INLINE void mark_exact_words(Marker *m, const void *p, size_t words) {
	const uintptr_t *at = p;
	for (size_t i = 0; i < words; i++)
		mark_word(m, at[i]);
}

static void mark_bits(Marker *m, const uintptr_t *at, uint64_t bits) {
	for (; bits != 0; bits &= bits - 1)
		mark_word(m, at[__builtin_ctzll(bits)]);
}

static void mark_array(Marker *m, const TypeDesc *elem, const char *p, size_t from, size_t to) {
	if (elem->size == sizeof(void *)) {
		mark_exact_words(m, p + from * elem->size, to - from);
		return;
	}
	for (size_t i = from; i < to; i++)
		gc_mark_value(m, elem, p + i * elem->size);
}

void gc_mark_value(Marker *m, const TypeDesc *type, const void *p) {
	if (!(type->flags & DESC_POINTERS))
		return;
	if (type->kind == KIND_ARRAY && type->ptr_bits == NULL) {
		mark_array(m, type->elem, p, 0, (size_t)type->length);
		return;
	}
	if (type->ptr_bits == NULL) { /* larger than its bits could tell: every word may be one */
		mark_exact_words(m, p, type->size / sizeof(void *));
		return;
	}
	for (uint32_t word = 0; word * 64 < type->ptr_words; word++)
		mark_bits(m, (const uintptr_t *)p + word * 64, type->ptr_bits[word]);
}

void gc_mark_slots(Marker *m, const TypeDesc *type, const Slot *slots) {
	/* Scalars without pointers differ between the layouts, what has pointers does not. */
	gc_mark_value(m, type, slots);
}

void gc_mark_iface(Marker *m, const GoIface *v) {
	if (v->type != NULL && (!(v->type->flags & DESC_DIRECT) || (v->type->flags & DESC_POINTERS)))
		mark_word(m, (uintptr_t)v->data.p);
}

/* ---- large objects ---- */

void gc_mark_wide(Marker *m, void *object, size_t len, size_t step, GcWideScan scan) {
	if (len <= step) {
		scan(m, object, 0, len);
		return;
	}
	MarkPool *pool = &m->heap->pool;
	lock_acquire(&pool->lock);
	WideJob *job = pool->free_wide;
	if (job != NULL)
		pool->free_wide = job->next;
	else
		job = pool_alloc_locked(pool, sizeof(*job));
	if (job != NULL) {
		*job = (WideJob){pool->wide, scan, object, 0, len, step};
		__atomic_store_n(&pool->wide, job, __ATOMIC_RELEASE);
	}
	lock_release(&pool->lock);
	if (job == NULL)
		scan(m, object, 0, len);
}

/* Takes one slice of a large object. */
static bool wide_take_locked(MarkPool *pool, WideJob *slice) {
	WideJob *job = pool->wide;
	if (job == NULL)
		return false;
	*slice = *job;
	if (slice->end - slice->at > slice->step) {
		slice->end = slice->at + slice->step;
		job->at = slice->end;
	} else {
		__atomic_store_n(&pool->wide, job->next, __ATOMIC_RELEASE);
		job->next = pool->free_wide;
		pool->free_wide = job;
	}
	return true;
}

static void scan_words_slice(Marker *m, void *object, size_t from, size_t to) {
	mark_exact_words(m, (uintptr_t *)object + from, to - from);
}

static void scan_typed_slice(Marker *m, void *object, size_t from, size_t to) {
	const TypedHeader *header = object;
	mark_array(m, header->type, (const char *)(header + 1), from, to);
}

static NOINLINE void scan_words(Marker *m, void *object, size_t words) {
	if (words <= WIDE_SCAN_WORDS)
		mark_exact_words(m, object, words);
	else
		gc_mark_wide(m, object, words, WIDE_SCAN_WORDS, scan_words_slice);
}

void typed_trace(Marker *m, void *object) {
	const TypedHeader *header = object;
	if (header->type == NULL || header->type->size == 0)
		return;
	size_t step = WIDE_SCAN_WORDS * sizeof(void *) / header->type->size;
	gc_mark_wide(m, object, header->count, step != 0 ? step : 1, scan_typed_slice);
}

/* ---- visiting ---- */

static NOINLINE void scan_object(Marker *m, const Block *b, void *object, size_t bytes) {
	switch ((ScanMode)b->scan) {
	case SCAN_NONE:
		break;
	case SCAN_BITS:
		mark_bits(m, object, b->ptr_bits);
		break;
	case SCAN_WORDS:
		scan_words(m, object, bytes / sizeof(void *));
		break;
	case SCAN_KIND:
		kind_traces[b->kind](m, object);
		break;
	}
}

static NOINLINE void visit_large(Marker *m, uint32_t n) {
	if (m->blocks[n].state == BLOCK_TAIL)
		n = m->blocks[n].head;
	Block *b = &m->blocks[n];
	uint8_t *mark = m->marks + ((size_t)n << BLOCK_MARKS_SHIFT);
	if (b->state != BLOCK_LARGE || __atomic_load_n(mark, __ATOMIC_RELAXED) == m->epoch)
		return;
	__atomic_store_n(mark, m->epoch, __ATOMIC_RELAXED);
	__atomic_store_n(&b->mark_epoch, m->epoch, __ATOMIC_RELAXED);
	m->live_bytes += (uint64_t)b->span << BLOCK_SHIFT;
	m->live_objects++;
	scan_object(m, b, m->base + ((size_t)n << BLOCK_SHIFT), b->bytes);
}

/* In the loop the top of the stack is a local variable: through memory, three pushes and pops in a row would cost more
 * than everything else. In wide batches no branch asks what the word is (half of all words of a tree are nil, in no
 * order): it is stored in any case and kept if it is an address. In chains the branch is better: the processor guesses
 * it and goes on to the next object. The caller made sure of room. */
static ALWAYS_INLINE uintptr_t *push_word(const Marker *m, uintptr_t *top, uintptr_t p, bool chain) {
	bool inside = p - (uintptr_t)m->base < m->used_bytes;
	if (chain && !__builtin_expect_with_probability(inside, 1, 0.5))
		return top;
	*top = p;
	return top + (chain ? 1 : inside);
}

/* What is not worth inlining. */
static NOINLINE uintptr_t *scan_other(Marker *m, uintptr_t *top, const Block *b, void *object) {
	m->top = top;
	scan_object(m, b, object, b->size);
	return m->top;
}

/* Marks the object whose mark byte is at `place` and puts its children on the stack, whose new top is returned. */
static ALWAYS_INLINE uintptr_t *visit(Marker *m, uintptr_t *top, size_t place, uint64_t *live_bytes, bool chain) {
	uint32_t n = (uint32_t)(place >> BLOCK_MARKS_SHIFT), index = place % (1u << BLOCK_MARKS_SHIFT);
	Block *b = &m->blocks[n];
	uint32_t size = b->size;
	if (UNLIKELY(size == 0)) {
		m->top = top;
		visit_large(m, n);
		return m->top;
	}
	uint8_t *mark = m->marks + place;
	uint8_t old = __atomic_load_n(mark, __ATOMIC_RELAXED), epoch = m->epoch;
	if (old == epoch || UNLIKELY(index >= b->count))
		return top;
	ScanMode scan = b->scan;
	/* Only kinds need exactness (their trace functions believe what they read): elsewhere a free object reached
	 * through a pointer behind the end of its neighbour is merely retained. */
	if (UNLIKELY(scan == SCAN_KIND) && index >= b->cursor && (old != m->previous || old == 0))
		return top;
	__atomic_store_n(mark, epoch, __ATOMIC_RELAXED);
	if (UNLIKELY(__atomic_load_n(&b->mark_epoch, __ATOMIC_RELAXED) != epoch))
		__atomic_store_n(&b->mark_epoch, epoch, __ATOMIC_RELAXED);
	*live_bytes += size;
	m->live_objects++;
	const uintptr_t *object = (const uintptr_t *)(m->base + ((size_t)n << BLOCK_SHIFT) + (size_t)index * size);
	if (scan == SCAN_NONE)
		return top;
	if (UNLIKELY(size > FEW_BYTES || m->end - top < (ptrdiff_t)(FEW_BYTES / sizeof(void *)) || scan == SCAN_KIND))
		return scan_other(m, top, b, (void *)object);
	if (scan == SCAN_BITS)
		for (uint64_t bits = b->ptr_bits; bits != 0; bits &= bits - 1)
			top = push_word(m, top, object[__builtin_ctzll(bits)], chain);
	else
		for (uint32_t i = 0; i < size / sizeof(void *); i++)
			top = push_word(m, top, object[i], chain);
	return top;
}

/* Where the mark byte of the object around p is (within its block's when it is no small one); asks for both memories.
 */
static ALWAYS_INLINE size_t prefetch(const Marker *m, uintptr_t p) {
	size_t offset = p - (uintptr_t)m->base, n = offset >> BLOCK_SHIFT;
	const Block *b = &m->blocks[n];
	size_t place = (n << BLOCK_MARKS_SHIFT) + block_index(b, offset);
	__builtin_prefetch(m->marks + place, 1);
	if (b->scan != SCAN_NONE)
		__builtin_prefetch((const void *)p);
	return place;
}

bool marker_is_marked(const Marker *m, const void *p) {
	size_t offset = (uintptr_t)p - (uintptr_t)m->base;
	uint32_t n = (uint32_t)(offset >> BLOCK_SHIFT);
	const Block *b = &m->blocks[n];
	if (b->size != 0)
		return m->marks[((size_t)n << BLOCK_MARKS_SHIFT) + block_index(b, offset)] == m->epoch;
	return m->marks[(size_t)(b->state == BLOCK_TAIL ? b->head : n) << BLOCK_MARKS_SHIFT] == m->epoch;
}

void marker_scan_object(Marker *m, const void *p) {
	size_t offset = (uintptr_t)p - (uintptr_t)m->base;
	uint32_t n = (uint32_t)(offset >> BLOCK_SHIFT);
	const Block *b = &m->blocks[n];
	if (b->size != 0) {
		scan_object(
			m, b, m->base + ((size_t)n << BLOCK_SHIFT) + (size_t)block_index(b, offset) * b->size, b->size);
	} else {
		n = b->state == BLOCK_TAIL ? b->head : n;
		if (m->blocks[n].state == BLOCK_LARGE)
			scan_object(m, &m->blocks[n], m->base + ((size_t)n << BLOCK_SHIFT), m->blocks[n].bytes);
	}
}

/* ---- the loop ---- */

bool marker_abandons(Marker *m) {
	enum { CLOCK_EVERY = 16 };
	MarkPool *pool = &m->heap->pool;
	if (!pool->may_abandon)
		return false;
	if (sched_is_ending(m->heap->vm, ++m->looks % CLOCK_EVERY == 0))
		__atomic_store_n(&pool->abandoned, true, __ATOMIC_RELAXED);
	return __atomic_load_n(&pool->abandoned, __ATOMIC_RELAXED);
}

/* Works down the stack, a batch at a time: first the memory of all its addresses is asked for, then they are visited.
 * So misses overlap, and so do the visits: none waits for what the one before it pushed. */
void marker_work(Marker *m) {
	uintptr_t *top = m->top;
	size_t batch[MARK_BATCH];
	uint64_t live_bytes = 0;
	uint32_t visits = 0;
	while (m->chunk != NULL) {
		size_t len = (size_t)(top - m->chunk->items), count = len < MARK_BATCH ? len : MARK_BATCH;
		if (count == 0)
			break;
		top -= count;
		for (size_t i = 0; i < count; i++)
			batch[i] = prefetch(m, top[i]);
		if (count <= MARK_CHAIN)
			for (size_t i = count; i-- > 0;)
				top = visit(m, top, batch[i], &live_bytes, true);
		else
			for (size_t i = count; i-- > 0;)
				top = visit(m, top, batch[i], &live_bytes, false);
		visits += (uint32_t)count;
		if (UNLIKELY(visits >= SHARE_INTERVAL)) {
			visits = 0;
			m->top = top;
			if (__atomic_load_n(&m->heap->pool.waiting, __ATOMIC_RELAXED) != 0)
				stack_share(m);
			top = UNLIKELY(marker_abandons(m)) ? m->chunk->items : m->top;
		}
	}
	m->top = top;
	m->live_bytes += live_bytes;
}

/* Takes published work, if there is some; runs a slice of a large object at once. */
static bool pool_take(Marker *m) {
	MarkPool *pool = &m->heap->pool;
	WideJob slice;
	lock_acquire(&pool->lock);
	MarkChunk *chunk = pool->full;
	bool wide = false;
	if (chunk != NULL)
		__atomic_store_n(&pool->full, chunk->next, __ATOMIC_RELEASE);
	else
		wide = wide_take_locked(pool, &slice);
	if (chunk != NULL && m->chunk != NULL) { /* ours is empty */
		m->chunk->next = pool->empty;
		pool->empty = m->chunk;
	}
	lock_release(&pool->lock);
	if (chunk != NULL)
		stack_use(m, chunk, chunk->len);
	else if (wide)
		slice.scan(m, slice.object, slice.at, slice.end);
	return chunk != NULL || wide;
}

bool marker_next(Marker *m, uintptr_t *p) {
	while (stack_len(m) == 0)
		if (!pool_take(m))
			return false;
	*p = *--m->top;
	return true;
}

/* Nothing to do here: waits until there is, or until no marker has any. False: marking is complete. */
static bool pool_wait(Marker *m) {
	MarkPool *pool = &m->heap->pool;
	Parker nap = {0};
	__atomic_add_fetch(&pool->waiting, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&pool->active, 1, __ATOMIC_ACQ_REL);
	bool more = false;
	for (uint32_t spins = 0; !__atomic_load_n(&pool->abandoned, __ATOMIC_RELAXED); spins++) {
		if (__atomic_load_n(&pool->full, __ATOMIC_ACQUIRE) != NULL ||
		    __atomic_load_n(&pool->wide, __ATOMIC_ACQUIRE) != NULL) {
			__atomic_add_fetch(&pool->active, 1, __ATOMIC_ACQ_REL);
			more = true;
			break;
		}
		/* Only active markers publish, and they take their work before they become inactive. */
		if (__atomic_load_n(&pool->active, __ATOMIC_ACQUIRE) == 0)
			break;
		if (spins < WAIT_SPINS)
			cpu_relax();
		else
			parker_park(&nap, WAIT_NAP_NS);
	}
	__atomic_sub_fetch(&pool->waiting, 1, __ATOMIC_RELAXED);
	return more;
}

void marker_drain(Marker *m) {
	do {
		do
			marker_work(m);
		while (!marker_abandons(m) && pool_take(m)); /* a slice of a large object may push nothing */
	} while (pool_wait(m));
}

void marker_init(Marker *m, Heap *h, uint8_t epoch) {
	*m = (Marker){
		.heap = h,
		.base = h->base,
		.used_bytes = (size_t)h->used << BLOCK_SHIFT,
		.blocks = h->blocks,
		.marks = h->marks,
		.epoch = epoch,
		.previous = h->epoch,
	};
	__atomic_add_fetch(&h->pool.active, 1, __ATOMIC_ACQ_REL);
}

void marker_finish(Marker *m) {
	__atomic_add_fetch(&m->heap->live, m->live_bytes, __ATOMIC_RELAXED);
	__atomic_add_fetch(&m->heap->live_objects, m->live_objects, __ATOMIC_RELAXED);
}

/* ---- when the system had no memory for the stack ---- */

/* Addresses were given up: whatever is marked is scanned again until nothing is lost. */
void marker_recover(Marker *m) {
	Heap *h = m->heap;
	while (__atomic_exchange_n(&h->pool.overflow, false, __ATOMIC_RELAXED)) {
		for (uint32_t n = 1; n < h->used && !marker_abandons(m); n++) {
			const Block *b = &h->blocks[n];
			uint32_t count = b->state == BLOCK_SMALL ? b->count : b->state == BLOCK_LARGE ? 1 : 0;
			for (uint32_t i = 0; b->mark_epoch == m->epoch && i < count; i++)
				if (block_marks(h, n)[i] == m->epoch)
					scan_object(m, b, block_start(h, n) + (size_t)i * b->size,
					            b->size != 0 ? b->size : b->bytes);
			marker_work(m);
		}
		while (!marker_abandons(m) && pool_take(m))
			marker_work(m);
	}
}
