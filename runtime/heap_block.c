/* SPDX-License-Identifier: MIT */
/* heap_block.c: blocks: the reservation, finding free ones, cutting runs of free objects out of used ones, large
 * objects, and giving memory back to the system.
 *
 * Owns: the reservation with its side tables; the free bits; the lists of blocks that may have room.
 * Rules: Heap.lock guards lists, bits and commitment; a small block taken from a list belongs to one worker until it is
 * full. Cursor and marks are read by the collector only while the world is stopped.
 * Why: free space is found in the marks themselves when it is needed (no free lists in dead memory, no sweep phase),
 * and lowest blocks are used first, so that the top of the heap empties and can be returned. */
#include "runtime/heap_internal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

enum {
	COMMIT_BLOCKS = 2048,            /* 64 MiB at a time: a commit is a few system calls */
	RESERVE_ALIGN = 2 << 20,
	KEEP_FREE_BLOCKS = (4 << 20) / BLOCK_BYTES,
	DROP_BLOCKS = (8 << 20) / BLOCK_BYTES, /* given back at once, between two looks at the limits */
#ifdef SANITIZED
	RESERVE_MAX_BLOCKS = 1 << 17,    /* 4 GiB: sanitizers keep shadow memory for it */
#else
	RESERVE_MAX_BLOCKS = 1 << 23,    /* 256 GiB */
#endif
	RESERVE_MIN_BLOCKS = COMMIT_BLOCKS,
};

/* ---- size classes ---- */

/* Sizes that divide a block well; the first is class 33. */
static const uint16_t coarse_sizes[] = {576, 640, 704, 768, 896, 1024, 1168, 1296, 1424, 1552, 1808, 2048, 2336, 2720,
	3264, 3632, 4096, 4672, 5456, 6544, 8192, 10912, 16384};
enum { FIRST_COARSE = HEAP_FINE_MAX / HEAP_GRANULE + 1 };
_Static_assert(FIRST_COARSE + COUNT_OF(coarse_sizes) == HEAP_CLASSES, "HEAP_CLASSES counts the table");

/* By (size - 1) / 128: the class of the smallest size of that step. */
static const uint8_t coarse_class[SMALL_MAX / 128] = {
	33, 33, 33, 33, 33, 35, 37, 38, 39, 39, 40, 41, 42, 43, 43, 44, 45, 45, 45, 46, 46, 46, 47, 47,
	47, 47, 48, 48, 48, 49, 49, 49, 50, 50, 50, 50, 50, 51, 51, 51, 51, 51, 51, 52, 52, 52, 52, 52,
	52, 52, 52, 52, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53, 54, 54, 54, 54, 54, 54, 54, 54,
	54, 54, 54, 54, 54, 54, 54, 54, 54, 54, 54, 54, 54, 54, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
	55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
	55, 55, 55, 55, 55, 55, 55, 55,
};

uint32_t heap_class_size(uint32_t class_) {
	return class_ < FIRST_COARSE ? class_ * HEAP_GRANULE : coarse_sizes[class_ - FIRST_COARSE];
}

uint32_t heap_size_class(size_t size) {
	if (size <= HEAP_FINE_MAX)
		return (uint32_t)(size + HEAP_GRANULE - 1) / HEAP_GRANULE;
	uint32_t class_ = coarse_class[(size - 1) / 128];
	while (coarse_sizes[class_ - FIRST_COARSE] < size)
		class_++;
	return class_;
}

/* ---- the reservation ---- */

static size_t bits_bytes(uint32_t blocks) {
	return ALIGN_UP((size_t)blocks / 8, os_page_size());
}

/* Makes the next step of the heap and of its side tables usable. Heap.lock held (or nobody else there yet). */
static bool commit_locked(Heap *h, uint32_t need) {
	if (need > h->limit)
		return false;
	uint32_t end = ALIGN_UP(need, (uint32_t)COMMIT_BLOCKS);
	if (end > h->limit)
		end = h->limit;
	uint32_t from = h->committed, count = end - from;
	size_t bits_from = bits_bytes(from), bits_to = bits_bytes(end);
	if (bits_to > bits_from && !os_commit((char *)h->free_bits + bits_from, bits_to - bits_from))
		return false;
	if (!os_commit(block_marks(h, from), (size_t)count << BLOCK_MARKS_SHIFT) ||
	    !os_commit(h->blocks + from, (size_t)count * sizeof(Block)) ||
	    !os_commit(block_start(h, from), (size_t)count << BLOCK_SHIFT))
		return false;
	if (from == 0)
		os_no_huge_pages(h->base, (size_t)count << BLOCK_SHIFT);
	h->committed = end;
	return true;
}

/* Reserves for as many blocks as the system allows. */
bool heap_reserve(Heap *h) {
	for (uint32_t blocks = RESERVE_MAX_BLOCKS; blocks >= RESERVE_MIN_BLOCKS; blocks /= 2) {
		size_t marks = (size_t)blocks << BLOCK_MARKS_SHIFT, table = blocks * sizeof(Block),
		       bits = bits_bytes(blocks);
		size_t head = ALIGN_UP(marks + table + bits, (size_t)RESERVE_ALIGN);
		size_t total = head + ((size_t)blocks << BLOCK_SHIFT);
		char *p = os_reserve(total, RESERVE_ALIGN);
		if (p == NULL)
			continue;
		h->reservation = p;
		h->reservation_bytes = total;
		h->marks = (uint8_t *)p;
		h->blocks = (Block *)(p + marks);
		h->free_bits = (uint64_t *)(p + marks + table);
		h->base = p + head;
		h->limit = blocks;
		h->used = 1; /* block 0 stays unused: 0 ends lists, and end pointers of the tables fall into it */
		return commit_locked(h, h->used);
	}
	return false;
}

void heap_unreserve(Heap *h) {
	os_unreserve(h->reservation, h->reservation_bytes);
	h->reservation = NULL;
}

bool heap_ensure_layouts(Heap *h, uint32_t layouts) {
	lock_acquire(&h->lock);
	bool ok = layouts <= h->partial_layout_count;
	if (!ok) {
		uint32_t count = ALIGN_UP(layouts, 64u), old = h->partial_layout_count;
		uint32_t *lists =
			mem_realloc(&h->vm->mem, h->partial_layouts, old * sizeof(uint32_t), count * sizeof(uint32_t));
		if (lists != NULL) {
			memset(lists + old, 0, (count - old) * sizeof(uint32_t));
			h->partial_layouts = lists;
			h->partial_layout_count = count;
			ok = true;
		}
	}
	lock_release(&h->lock);
	return ok;
}

/* ---- the budget ---- */

/* Books memory of the VM; false when its cap forbids it. Near the cap a collection is asked for. */
static bool heap_charge(Heap *h, size_t bytes) {
	Mem *mem = &h->vm->mem;
	size_t used = __atomic_add_fetch(&mem->used_bytes, bytes, __ATOMIC_RELAXED), cap = __atomic_load_n(&mem->cap_bytes, __ATOMIC_RELAXED);
	if (LIKELY(cap == 0))
		return true;
	bool refused = used > cap || used < bytes;
	if (refused)
		__atomic_sub_fetch(&mem->used_bytes, bytes, __ATOMIC_RELAXED);
	if (used > cap - cap / 8 && __atomic_load_n(&h->since_gc, __ATOMIC_RELAXED) >= cap / 32)
		gc_request(h->vm);
	return !refused;
}

static void heap_uncharge(Heap *h, size_t bytes) {
	__atomic_sub_fetch(&h->vm->mem.used_bytes, bytes, __ATOMIC_RELAXED);
}

void heap_report(Heap *h, uint64_t bytes) {
	uint64_t since = __atomic_add_fetch(&h->since_gc, bytes, __ATOMIC_RELAXED);
	if (UNLIKELY(since >= __atomic_load_n(&h->trigger, __ATOMIC_RELAXED) || heap_stress_due(h, since)))
		gc_request(h->vm);
	if (UNLIKELY(h->vm->profile_allocations))
		__atomic_or_fetch(&h->vm->stop_requested, STOP_PROFILE, __ATOMIC_RELAXED);
}

/* ---- free blocks ---- */

static void set_free_locked(Heap *h, uint32_t n, bool zero) {
	h->blocks[n].state = BLOCK_FREE;
	h->blocks[n].size = 0;
	h->blocks[n].zero = zero;
	h->free_bits[n / 64] |= 1ull << n % 64;
	h->free_count++;
	h->dirty_free += !zero;
	if (n / 64 < h->free_hint)
		h->free_hint = n / 64;
}

static void clear_free_locked(Heap *h, uint32_t n) {
	h->free_bits[n / 64] &= ~(1ull << n % 64);
	h->free_count--;
	h->dirty_free -= !h->blocks[n].zero;
}

/* The lowest free block; 0: none. */
static uint32_t lowest_free_locked(Heap *h) {
	if (h->free_count == 0)
		return 0;
	uint32_t word = h->free_hint;
	while (h->free_bits[word] == 0)
		word++;
	h->free_hint = word;
	return word * 64 + (uint32_t)__builtin_ctzll(h->free_bits[word]);
}

/* First of `count` free blocks in a row; 0: none. */
static uint32_t free_row_locked(Heap *h, uint32_t count) {
	if (h->free_count < count)
		return 0;
	uint32_t row = 0, n = h->free_hint * 64;
	while (n < h->used) {
		uint64_t word = h->free_bits[n / 64] >> n % 64;
		uint32_t left = 64 - n % 64;
		if (word == 0) {
			row = 0;
			n += left;
			continue;
		}
		uint32_t skip = (uint32_t)__builtin_ctzll(word);
		if (skip != 0)
			row = 0;
		word >>= skip;
		uint32_t ones = word == UINT64_MAX ? 64 : (uint32_t)__builtin_ctzll(~word);
		n += skip + ones;
		row += ones;
		if (row >= count)
			return n - row;
	}
	return 0;
}

/* Takes `count` adjacent blocks, fresh ones when nothing free fits. 0: no memory. */
static uint32_t take_blocks_locked(Heap *h, uint32_t count) {
	uint32_t n = count == 1 ? lowest_free_locked(h) : free_row_locked(h, count);
	if (n != 0) {
		for (uint32_t i = 0; i < count; i++)
			clear_free_locked(h, n + i);
		h->blocks_in_use += count;
		return n;
	}
	if (count > h->limit - h->used || (h->used + count > h->committed && !commit_locked(h, h->used + count)))
		return 0;
	n = h->used;
	for (uint32_t i = 0; i < count; i++)
		h->blocks[n + i].zero = true;
	__atomic_store_n(&h->used, n + count, __ATOMIC_RELAXED); /* heap_used_bytes reads it without the lock */
	h->blocks_in_use += count;
	return n;
}

static void give_blocks_locked(Heap *h, uint32_t n, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		h->blocks[n + i].head = 0;
		set_free_locked(h, n + i, h->blocks[n + i].zero);
	}
	h->blocks_in_use -= count;
	heap_uncharge(h, (size_t)count << BLOCK_SHIFT);
}

/* ---- small blocks ---- */

static uint32_t *partial_list(Heap *h, uint32_t run_class) {
	return run_class < FIXED_CLASSES ? &h->partial_fixed[run_class]
					 : &h->partial_layouts[run_class - FIXED_CLASSES];
}

static ScanMode scan_of_space(uint32_t space) {
	return space == LAYOUT_NOSCAN ? SCAN_NONE : space == LAYOUT_POINTERS ? SCAN_WORDS : SCAN_KIND;
}

/* Makes a taken block one for the objects of run_class. */
static void block_format(Heap *h, uint32_t n, uint32_t run_class) {
	Block *b = &h->blocks[n];
	uint32_t size;
	if (run_class < FIXED_CLASSES) {
		uint32_t space = run_class / HEAP_CLASSES;
		size = heap_class_size(run_class % HEAP_CLASSES);
		b->scan = scan_of_space(space);
		b->kind = space < 2 ? 0 : (uint8_t)(space - 2);
		b->ptr_bits = 0;
	} else {
		const LayoutDesc *layout = &h->vm->types->layouts.items[run_class - FIXED_CLASSES];
		size = ALIGN_UP(layout->size, (uint32_t)HEAP_GRANULE);
		b->scan = layout->ptr_bits == 0 ? SCAN_NONE : SCAN_BITS;
		b->ptr_bits = layout->ptr_bits;
	}
	b->reciprocal = (uint32_t)(((1ull << 32) + size - 1) / size);
	b->count = BLOCK_BYTES / size;
	b->cursor = 0;
	b->mark_epoch = 0;
	b->run_class = run_class;
	b->span = 1;
	if (b->seen)
		memset(block_marks(h, n), 0, b->count);
	b->seen = true;
	b->state = BLOCK_SMALL;
	b->size = size;
}

/* The next block of a class that may have room: one left by the last cycle, else an empty one. 0: no memory. */
static uint32_t block_acquire(Heap *h, uint32_t run_class) {
	lock_acquire(&h->lock);
	uint32_t *list = partial_list(h, run_class), n = *list;
	if (n != 0) {
		*list = h->blocks[n].next;
		lock_release(&h->lock);
		return n;
	}
	bool charged = heap_charge(h, BLOCK_BYTES);
	n = charged ? take_blocks_locked(h, 1) : 0;
	lock_release(&h->lock);
	if (n != 0)
		block_format(h, n, run_class);
	else if (charged)
		heap_uncharge(h, BLOCK_BYTES);
	return n;
}

/* First index from `from` on whose mark is (not) `epoch`, at most `end`. */
static uint32_t find_mark(const uint8_t *marks, uint32_t from, uint32_t end, uint8_t epoch, bool equal) {
#if defined(__x86_64__)
	const __m128i wanted = _mm_set1_epi8((char)epoch);
	while (from + 16 <= end) {
		uint32_t hits = (uint32_t)_mm_movemask_epi8(
			_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(marks + from)), wanted));
		if (!equal)
			hits ^= 0xffff;
		if (hits != 0)
			return from + (uint32_t)__builtin_ctz(hits);
		from += 16;
	}
#endif
	while (from < end && (marks[from] == epoch) != equal)
		from++;
	return from;
}

/* The next run of free objects in a block. False: the block is full. */
static bool block_next_run(Heap *h, AllocRun *run, uint32_t n) {
	Block *b = &h->blocks[n];
	uint32_t from = b->cursor, to = b->count;
	if (b->mark_epoch == h->epoch && h->epoch != 0) {
		const uint8_t *marks = block_marks(h, n);
		from = find_mark(marks, from, to, h->epoch, false);
		if (from < to)
			to = find_mark(marks, from, to, h->epoch, true);
	}
	if (from >= b->count) {
		b->cursor = b->count;
		return false;
	}
	char *start = block_start(h, n) + (size_t)from * b->size;
	if (UNLIKELY(h->debug & GC_STRESS)) {
		to = from + 1;
		b->zero = false;
		memset(start, 0, b->size);
	} else if (b->zero) {
		b->zero = false; /* handed out as a whole: untouched pages cost nothing */
	} else {
		uint32_t most = RUN_BYTES / b->size;
		if (to - from > most)
			to = from + (most != 0 ? most : 1);
		if (b->scan != SCAN_NONE)
			memset(start, 0, (size_t)(to - from) * b->size);
	}
	b->cursor = to;
	run->ptr = start;
	run->end = start + (size_t)(to - from) * b->size;
	run->size = b->size;
	run->block = n;
	return true;
}

bool heap_refill(Heap *h, AllocCache *cache, AllocRun *run, uint32_t run_class) {
	uint32_t n = run->block;
	while (n == 0 || !block_next_run(h, run, n)) {
		n = block_acquire(h, run_class);
		if (n == 0) {
			run->ptr = run->end = NULL;
			run->block = 0;
			return false;
		}
	}
	uint32_t bytes = (uint32_t)(run->end - run->ptr);
	cache->bytes += bytes;
	cache->objects += bytes / run->size;
	cache->unreported += bytes;
	if (cache->unreported >= REPORT_BYTES || UNLIKELY(h->debug & GC_STRESS)) {
		heap_report(h, cache->unreported);
		cache->unreported = 0;
	}
	return true;
}

/* Takes the rest of a run back. True: the run had a block that has room left. */
static bool run_flush(Heap *h, AllocCache *cache, AllocRun *run) {
	if (run->block == 0)
		return false;
	Block *b = &h->blocks[run->block];
	uint32_t left = (uint32_t)(run->end - run->ptr);
	if (left != 0) {
		b->cursor = block_index(b, heap_offset(h, run->ptr));
		cache->bytes -= left;
		cache->objects -= left / run->size;
	}
	run->ptr = run->end = NULL;
	return b->cursor < b->count;
}

static AllocRun *cache_run(AllocCache *cache, uint32_t run_class) {
	return run_class < FIXED_CLASSES ? &cache->fixed[0][0] + run_class : &cache->layouts[run_class - FIXED_CLASSES];
}

#ifdef GOL_RELEASE_STRESS /* a build in which a wrong release shows at once, be the object the newest or not */
void heap_take_back(Worker *w, void *p) {
	size_t size;
	if (p && heap_object(w->vm, p, &size) == p)
		memset(p, 0xdb, size);
}
#else
/* The run that ends in front of what is free of block n. */
static AllocRun *run_of_block(Heap *h, AllocCache *cache, uint32_t n) {
	uint32_t run_class = h->blocks[n].run_class;
	if (run_class >= FIXED_CLASSES && run_class - FIXED_CLASSES - LAYOUT_FIRST_BITS >= cache->layout_count)
		return NULL;
	AllocRun *run = cache_run(cache, run_class);
	return run->block == n ? run : NULL;
}

void heap_take_back(Worker *w, void *p) {
	Heap *h = w->vm->heap;
	size_t offset = heap_offset(h, p);
	if (offset >= heap_used_bytes(h))
		return;
	uint32_t n = (uint32_t)(offset >> BLOCK_SHIFT);
	const Block *b = &h->blocks[n];
	AllocRun *run = run_of_block(h, w->alloc, n);
	if (b->scan == SCAN_KIND && b->kind == HEAP_TYPED)
		p = (TypedHeader *)p - 1;
	if (!run || (char *)p + run->size != run->ptr)
		return;
	if (b->scan != SCAN_NONE)
		memset(p, 0, run->size);
	run->ptr = p;
}
#endif

void heap_flush_cache(Heap *h, AllocCache *cache) {
	cache->last_closure = NULL;
	cache->tail = (StringTail){0};
	uint32_t layouts = cache->layout_count == 0 ? 0 : cache->layout_count + LAYOUT_FIRST_BITS;
	for (uint32_t i = 0; i < FIXED_CLASSES + layouts; i++) {
		AllocRun *run = cache_run(cache, i);
		run_flush(h, cache, run);
		run->block = 0;
	}
	__atomic_add_fetch(&h->since_gc, cache->unreported, __ATOMIC_RELAXED);
	cache->unreported = 0;
}

void heap_return_cache(Heap *h, AllocCache *cache) {
	uint32_t layouts = cache->layout_count == 0 ? 0 : cache->layout_count + LAYOUT_FIRST_BITS;
	lock_acquire(&h->lock);
	for (uint32_t i = 0; i < FIXED_CLASSES + layouts; i++) {
		AllocRun *run = cache_run(cache, i);
		uint32_t n = run->block;
		if (run_flush(h, cache, run)) {
			uint32_t *list = partial_list(h, i);
			h->blocks[n].next = *list;
			*list = n;
		}
		run->block = 0;
	}
	lock_release(&h->lock);
	__atomic_add_fetch(&h->since_gc, cache->unreported, __ATOMIC_RELAXED);
	__atomic_add_fetch(&h->closed_bytes, cache->bytes, __ATOMIC_RELAXED);
	__atomic_add_fetch(&h->closed_objects, cache->objects, __ATOMIC_RELAXED);
	cache->unreported = 0;
	cache->bytes = cache->objects = 0;
}

/* ---- large objects ---- */

void *heap_large(Heap *h, size_t size, ScanMode scan, HeapKind kind, bool *zeroed) {
	if (size > (size_t)h->limit << BLOCK_SHIFT)
		return NULL;
	uint32_t count = (uint32_t)((size + BLOCK_BYTES - 1) >> BLOCK_SHIFT);
	size_t bytes = (size_t)count << BLOCK_SHIFT;
	if (!heap_charge(h, bytes))
		return NULL;
	lock_acquire(&h->lock);
	uint32_t n = take_blocks_locked(h, count);
	lock_release(&h->lock);
	if (n == 0) {
		heap_uncharge(h, bytes);
		return NULL;
	}
	*zeroed = true;
	for (uint32_t i = 0; i < count; i++) {
		Block *b = &h->blocks[n + i];
		*zeroed &= b->zero;
		b->zero = false;
		b->seen = true;
		b->size = 0;
		b->head = n;
		b->state = i == 0 ? BLOCK_LARGE : BLOCK_TAIL;
	}
	Block *b = &h->blocks[n];
	b->scan = (uint8_t)scan;
	b->kind = (uint8_t)kind;
	b->mark_epoch = 0;
	b->span = count;
	b->bytes = size;
	block_marks(h, n)[0] = 0;
	__atomic_add_fetch(&h->closed_bytes, bytes, __ATOMIC_RELAXED);
	__atomic_add_fetch(&h->closed_objects, 1, __ATOMIC_RELAXED);
	heap_report(h, bytes);
	return block_start(h, n);
}

/* ---- after a cycle ---- */

/* Calls the kind's free function for objects that died; h->epoch is still the previous cycle's. */
static void free_dead(Heap *h, uint32_t n, uint8_t epoch, KindFree free_) {
	const Block *b = &h->blocks[n];
	const uint8_t *marks = block_marks(h, n);
	char *start = block_start(h, n);
	if (b->state == BLOCK_LARGE) {
		if (marks[0] != epoch)
			free_(h->vm, start);
		return;
	}
	for (uint32_t i = 0; i < b->count; i++)
		if (marks[i] != epoch && block_allocated(h, b, n, i))
			free_(h->vm, start + (size_t)i * b->size);
}

/* Test mode: dead memory must not be read any more. */
static void poison_dead(Heap *h, uint32_t n, uint8_t epoch) {
	Block *b = &h->blocks[n];
	char *start = block_start(h, n);
	if (b->state == BLOCK_LARGE) {
		if (block_marks(h, n)[0] != epoch)
			memset(start, 0xdb, (size_t)b->span << BLOCK_SHIFT);
		return;
	}
	if (b->zero)
		return;
	for (uint32_t i = 0; i < b->count; i++)
		if (block_marks(h, n)[i] != epoch)
			memset(start + (size_t)i * b->size, 0xdb, b->size);
}

static void sweep_block(Heap *h, uint32_t n, uint8_t epoch) {
	Block *b = &h->blocks[n];
	if (b->scan == SCAN_KIND && kind_frees[b->kind] != NULL)
		free_dead(h, n, epoch, kind_frees[b->kind]);
	if (UNLIKELY(h->debug & GC_POISON))
		poison_dead(h, n, epoch);
	if (b->mark_epoch != epoch) {
		give_blocks_locked(h, n, b->span);
	} else if (b->state == BLOCK_SMALL) {
		uint32_t *list = partial_list(h, b->run_class);
		b->cursor = 0;
		b->next = *list;
		*list = n;
	}
}

void heap_sweep_blocks(Heap *h, uint8_t epoch) {
	lock_acquire(&h->lock);
	memset(h->partial_fixed, 0, sizeof(h->partial_fixed));
	if (h->partial_layouts != NULL)
		memset(h->partial_layouts, 0, h->partial_layout_count * sizeof(uint32_t));
	for (uint32_t n = h->used; --n > 0;) /* downwards: lists and free bits then offer low blocks first */
		if (h->blocks[n].state == BLOCK_SMALL || h->blocks[n].state == BLOCK_LARGE)
			sweep_block(h, n, epoch);
	h->epoch = epoch;
	lock_release(&h->lock);
}

/* Some marks are the new cycle's, others still the previous one's. Where all objects look alike to the collector, free ones may
 * pass for allocated ones; those of kinds may not, so their marks are made equal. */
void heap_abandon_cycle(Heap *h, uint8_t epoch) {
	lock_acquire(&h->lock);
	for (uint32_t n = 1; n < h->used; n++) {
		Block *b = &h->blocks[n];
		if (b->state != BLOCK_SMALL)
			continue;
		if (b->scan != SCAN_KIND) {
			b->cursor = b->count;
			continue;
		}
		uint8_t *marks = block_marks(h, n);
		for (uint32_t i = 0; i < b->count; i++)
			if (marks[i] == h->epoch && h->epoch != 0)
				marks[i] = epoch;
		if (b->mark_epoch == h->epoch && h->epoch != 0)
			b->mark_epoch = epoch;
	}
	h->epoch = epoch;
	lock_release(&h->lock);
}

/* Cycle numbers are bytes: before they wrap, what the last cycle found alive gets number 1 and everything else 0. */
void heap_normalise_marks(Heap *h) {
	for (uint32_t n = 1; n < h->used; n++) {
		Block *b = &h->blocks[n];
		uint8_t *marks = block_marks(h, n);
		uint32_t count = b->state == BLOCK_SMALL ? b->count : b->state == BLOCK_LARGE ? 1 : 0;
		for (uint32_t i = 0; i < count; i++)
			marks[i] = marks[i] == h->epoch;
		b->mark_epoch = b->mark_epoch == h->epoch;
	}
	h->epoch = 1;
}

/* ---- giving memory back ---- */

/* The next row of free blocks with memory behind them, from *top downwards, at most `most`; out of the free set. */
static uint32_t take_dirty_row_locked(Heap *h, uint32_t *top, uint32_t most) {
	uint32_t count = 0, n = *top;
	while (n > 1 && count < most) {
		const Block *b = &h->blocks[n - 1];
		if (b->state == BLOCK_FREE && !b->zero)
			count++;
		else if (count != 0)
			break;
		n--;
	}
	*top = n;
	for (uint32_t i = 0; i < count; i++) {
		clear_free_locked(h, n + i);
		h->blocks[n + i].state = BLOCK_TAKEN;
	}
	return count;
}

void heap_release(Heap *h, uint32_t excess) {
	lock_acquire(&h->lock);
	uint32_t top = h->used;
	while (excess > 0 && h->dirty_free > 0) {
		uint32_t count = take_dirty_row_locked(h, &top, excess < DROP_BLOCKS ? excess : DROP_BLOCKS), n = top;
		if (count == 0)
			break;
		lock_release(&h->lock); /* dropping pages takes its time */
		bool dropped = os_drop(block_start(h, n), (size_t)count << BLOCK_SHIFT);
		lock_acquire(&h->lock);
		for (uint32_t i = 0; i < count; i++)
			set_free_locked(h, n + i, dropped);
		if (!dropped)
			break;
		h->released_bytes += (uint64_t)count << BLOCK_SHIFT;
		excess -= count;
		if (UNLIKELY(sched_is_ending(h->vm, true)))
			break;
	}
	lock_release(&h->lock);
}

/* Keeps what the program will need until the next collection and a tenth more; half of the rest goes each time, so that
 * a program that breathes does not pay for page faults at every breath. */
void heap_release_excess(Heap *h) {
	uint64_t target = h->live + __atomic_load_n(&h->trigger, __ATOMIC_RELAXED);
	target = h->trigger > (1ull << 62) ? 0 : (target + target / 10) >> BLOCK_SHIFT; /* GOGC=off: keep little */
	uint32_t keep = KEEP_FREE_BLOCKS;
	lock_acquire(&h->lock); /* the world runs again: others take blocks */
	uint32_t in_use = h->blocks_in_use, dirty = h->dirty_free;
	lock_release(&h->lock);
	if (target > in_use + (uint64_t)keep)
		keep = (uint32_t)(target - in_use);
	if (dirty > keep)
		heap_release(h, (dirty - keep + 1) / 2);
}
