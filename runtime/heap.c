/* SPDX-License-Identifier: MIT */
/* heap.c: object allocation: from a type, a size or a kind to memory.
 *
 * Owns: the Heap of a VM, the AllocCache of each worker.
 * Rules: a cache is touched by its worker only, or with the world stopped; its runs are zeroed except pointer-free
 * ones, which heap_new_bytes clears object by object (callers that fill everything use the raw form).
 * Why: objects carry no header: what the collector must know is in the block (heap_internal.h). Only arrays of types
 * with mixed words and objects beyond 64 words carry {type, count} in front. */
#include "runtime/heap_internal.h"

/* ---- life ---- */

bool heap_init(VM *vm) {
	Heap *h = mem_zalloc(&vm->mem, sizeof(Heap));
	if (h == NULL)
		return false;
	h->vm = vm;
	vm->heap = h;
	if (!frame_maps_init(h) || !heap_reserve(h)) {
		heap_deinit(vm);
		return false;
	}
	gc_percent_changed(vm);
#ifdef GOL_GC_STRESS /* a build in which a forgotten root shows at once */
	gc_set_debug(vm, GC_STRESS | GC_POISON);
#endif
	return true;
}

void heap_deinit(VM *vm) {
	Heap *h = vm->heap;
	if (h == NULL)
		return;
	specials_free(h);
	iface_cache_free(h);
	frame_maps_deinit(h);
	mem_free(&vm->mem, h->roots, h->root_cap * sizeof(ExtraRoot));
	mem_free(&vm->mem, h->partial_layouts, h->partial_layout_count * sizeof(uint32_t));
	__atomic_sub_fetch(&vm->mem.used_bytes, (size_t)h->blocks_in_use << BLOCK_SHIFT, __ATOMIC_RELAXED);
	heap_unreserve(h);
	mem_free(&vm->mem, h, sizeof(Heap));
	vm->heap = NULL;
}

bool heap_worker_init(Worker *w) {
	w->alloc = mem_zalloc(&w->vm->mem, sizeof(AllocCache));
	return w->alloc != NULL;
}

void heap_worker_deinit(Worker *w) {
	AllocCache *cache = w->alloc;
	if (cache == NULL)
		return;
	Heap *h = w->vm->heap;
	heap_return_cache(h, cache);
	mem_free(&w->vm->mem, cache->layouts, (cache->layout_count + LAYOUT_FIRST_BITS) * sizeof(AllocRun));
	mem_free(&w->vm->mem, cache, sizeof(AllocCache));
	w->alloc = NULL;
}

/* ---- the allocating functions ---- */

static ALWAYS_INLINE void *run_take(AllocRun *run) {
	char *p = run->ptr, *next = p + run->size;
	if (UNLIKELY(next > run->end))
		return NULL;
	run->ptr = next;
	return p;
}

static NOINLINE void *take_slow(Worker *w, AllocRun *run, uint32_t run_class) {
	return heap_refill(w->vm->heap, w->alloc, run, run_class) ? run_take(run) : NULL;
}

/* size in 1 .. SMALL_MAX; space: LAYOUT_NOSCAN, LAYOUT_POINTERS, 2 + kind. */
static ALWAYS_INLINE void *new_small(Worker *w, uint32_t space, size_t size) {
	uint32_t class_ = heap_size_class(size);
	AllocRun *run = &w->alloc->fixed[space][class_];
	void *p = run_take(run);
	return LIKELY(p != NULL) ? p : take_slow(w, run, space * HEAP_CLASSES + class_);
}

static NOINLINE void *new_large(Goroutine *g, uint32_t space, size_t size, bool zero) {
	bool zeroed;
	ScanMode scan = space == LAYOUT_NOSCAN ? SCAN_NONE : space == LAYOUT_POINTERS ? SCAN_WORDS : SCAN_KIND;
	void *p = heap_large(g->vm->heap, size, scan, space < 2 ? 0 : (HeapKind)(space - 2), &zeroed);
	if (p != NULL && zero && !zeroed && !bulk_zero(g, p, size))
		return NULL; /* the program is being stopped: nobody may see what is not zero */
	return p;
}

static ALWAYS_INLINE void *new_space(Goroutine *g, uint32_t space, size_t size) {
	if (UNLIKELY(size - 1 >= SMALL_MAX))
		return size == 0 ? g->vm->heap->zero_base : new_large(g, space, size, true);
	return new_small(g->worker, space, size);
}

void *heap_new_bytes_raw(Goroutine *g, size_t size) {
	if (UNLIKELY(size - 1 >= SMALL_MAX))
		return size == 0 ? g->vm->heap->zero_base : new_large(g, LAYOUT_NOSCAN, size, false);
	return new_small(g->worker, LAYOUT_NOSCAN, size);
}

void *heap_new_bytes(Goroutine *g, size_t size) {
	if (UNLIKELY(size - 1 >= SMALL_MAX))
		return size == 0 ? g->vm->heap->zero_base : new_large(g, LAYOUT_NOSCAN, size, true);
	void *p = new_small(g->worker, LAYOUT_NOSCAN, size);
	return LIKELY(p != NULL) ? memset(p, 0, size) : NULL;
}

void *heap_new_words(Goroutine *g, size_t words) {
	if (UNLIKELY(words > SIZE_MAX / sizeof(void *)))
		return NULL;
	return new_space(g, LAYOUT_POINTERS, words * sizeof(void *));
}

void *heap_new_kind(Goroutine *g, HeapKind kind, size_t size) {
	return new_space(g, 2 + (uint32_t)kind, size);
}

/* Types whose words are all pointers, and pairs: half of their words are, and the other half (a length, a type
 * descriptor) never looks like a heap address. Arrays of them need no header. */
static bool is_word_like(const TypeDesc *elem) {
	return elem->layout == LAYOUT_POINTERS || elem->size == sizeof(void *) || elem->kind == KIND_STRING ||
	       elem->kind == KIND_SLICE || elem->kind == KIND_INTERFACE;
}

/* count values of elem with pointers, seen as values of the innermost element type of arrays. */
static void *new_typed(Goroutine *g, const TypeDesc *elem, size_t count) {
	size_t bytes;
	for (; elem->kind == KIND_ARRAY; elem = elem->elem)
		if (__builtin_mul_overflow(count, (size_t)elem->length, &count))
			return NULL;
	if (is_word_like(elem) && !__builtin_mul_overflow(elem->size, count, &bytes))
		return new_space(g, LAYOUT_POINTERS, bytes);
	if (__builtin_mul_overflow(elem->size, count, &bytes) ||
		__builtin_add_overflow(bytes, sizeof(TypedHeader), &bytes))
		return NULL;
	TypedHeader *header = heap_new_kind(g, HEAP_TYPED, bytes);
	if (header == NULL)
		return NULL;
	header->type = elem;
	header->count = count;
	return header + 1;
}

/* The first object of a layout this worker allocates since the type table grew: makes the runs' array long enough. */
static COLD bool grow_layouts(Worker *w, uint32_t layout) {
	VM *vm = w->vm;
	AllocCache *cache = w->alloc;
	uint32_t old = cache->layout_count, count = ALIGN_UP(layout + 1u, 16u);
	size_t old_bytes = cache->layouts == NULL ? 0 : (old + LAYOUT_FIRST_BITS) * sizeof(AllocRun);
	size_t bytes = (count + LAYOUT_FIRST_BITS) * sizeof(AllocRun);
	AllocRun *runs = heap_ensure_layouts(vm->heap, count + LAYOUT_FIRST_BITS)
		? mem_realloc(&vm->mem, cache->layouts, old_bytes, bytes) : NULL;
	if (runs == NULL)
		return false;
	memset((char *)runs + old_bytes, 0, bytes - old_bytes);
	cache->layouts = runs;
	cache->layout_count = count;
	return true;
}

/* An object of a layout with pointer bits. */
static void *new_layout(Goroutine *g, uint32_t layout) {
	Worker *w = g->worker;
	if (UNLIKELY(layout - LAYOUT_FIRST_BITS >= w->alloc->layout_count) && !grow_layouts(w, layout))
		return NULL;
	AllocRun *run = &w->alloc->layouts[layout];
	void *p = run_take(run);
	return LIKELY(p != NULL) ? p : take_slow(w, run, FIXED_CLASSES + layout);
}

void *heap_new(Goroutine *g, const TypeDesc *type) {
	uint32_t layout = type->layout;
	if (layout == LAYOUT_NOSCAN)
		return heap_new_bytes(g, type->size);
	if (layout == LAYOUT_POINTERS)
		return new_space(g, LAYOUT_POINTERS, type->size);
	if (layout == LAYOUT_TYPED)
		return new_typed(g, type, 1);
	return new_layout(g, layout);
}

void *heap_new_array(Goroutine *g, const TypeDesc *elem, size_t count) {
	size_t bytes;
	if (UNLIKELY(__builtin_mul_overflow(elem->size, count, &bytes)))
		return NULL;
	if (!(elem->flags & DESC_POINTERS))
		return heap_new_bytes(g, bytes);
	if (is_word_like(elem))
		return new_space(g, LAYOUT_POINTERS, bytes);
	if (count == 1)
		return heap_new(g, elem);
	return bytes == 0 ? g->vm->heap->zero_base : new_typed(g, elem, count);
}

void *heap_new_closure(Goroutine *g, const Function *fn) {
	uint32_t layout = fn->capture_layout;
	size_t size = sizeof(Closure) + fn->capture_slots * sizeof(Slot);
	Closure *c;
	if (layout >= LAYOUT_FIRST_BITS && layout != LAYOUT_TYPED)
		c = new_layout(g, layout);
	else if (layout == LAYOUT_NOSCAN)
		c = heap_new_bytes(g, size);
	else
		c = new_space(g, LAYOUT_POINTERS, size);
	if (c != NULL)
		c->fn = fn;
	return c;
}

bool heap_should_retry(VM *vm) {
	const Heap *h = vm->heap;
	uint64_t since = __atomic_load_n(&h->since_gc, __ATOMIC_RELAXED);
	return since >= REPORT_BYTES && since >= h->live / 64;
}

void heap_expect_garbage(VM *vm) {
	Heap *h = vm->heap;
	uint64_t least = REPORT_BYTES + h->live / 64;
	if (__atomic_load_n(&h->since_gc, __ATOMIC_RELAXED) < least)
		__atomic_store_n(&h->since_gc, least, __ATOMIC_RELAXED);
}

/* ---- looking at objects ---- */

void *heap_object(VM *vm, const void *p, size_t *size) {
	const Heap *h = vm->heap;
	size_t offset = heap_offset(h, p);
	uint32_t n = (uint32_t)(offset >> BLOCK_SHIFT);
	if (offset >= heap_used_bytes(h) || !heap_is_allocated(h, p))
		return NULL;
	const Block *b = &h->blocks[n];
	char *start;
	if (b->size != 0) {
		start = block_start(h, n) + (size_t)block_index(b, offset) * b->size;
		*size = b->size;
	} else {
		n = b->state == BLOCK_TAIL ? b->head : n;
		b = &h->blocks[n];
		start = block_start(h, n);
		*size = b->bytes;
	}
	if (b->scan == SCAN_KIND && b->kind == HEAP_TYPED) {
		start += sizeof(TypedHeader);
		*size -= sizeof(TypedHeader);
	}
	return start;
}

bool heap_holds_no_pointers(VM *vm, const void *p, uint64_t size) {
	size_t available;
	const char *start = heap_object(vm, p, &available);
	if (!start)
		return false;
	uint32_t n = (uint32_t)(heap_offset(vm->heap, p) >> BLOCK_SHIFT);
	const Block *b = &vm->heap->blocks[n];
	if (b->size == 0 && b->state == BLOCK_TAIL)
		b = &vm->heap->blocks[b->head];
	size_t before = (size_t)((const char *)p - start);
	return b->scan == SCAN_NONE && before <= available && size <= available - before;
}

/* ---- statistics ---- */

static void add_cache(const AllocCache *cache, HeapStats *out) {
	out->allocated_total_bytes += cache->bytes;
	out->objects_allocated += cache->objects;
	const AllocRun *fixed = &cache->fixed[0][0];
	for (uint32_t i = 0; i < FIXED_CLASSES + cache->layout_count; i++) {
		const AllocRun *run =
			i < FIXED_CLASSES ? &fixed[i] : &cache->layouts[LAYOUT_FIRST_BITS + i - FIXED_CLASSES];
		if (run->block != 0 && run->size != 0) {
			uint32_t left = (uint32_t)(run->end - run->ptr);
			out->allocated_total_bytes -= left;
			out->objects_allocated -= left / run->size;
		}
	}
}

void heap_stats(VM *vm, HeapStats *out) {
	Heap *h = vm->heap;
	*out = (HeapStats){
		.allocated_total_bytes = __atomic_load_n(&h->closed_bytes, __ATOMIC_RELAXED),
		.objects_allocated = __atomic_load_n(&h->closed_objects, __ATOMIC_RELAXED),
		.next_gc_bytes = h->trigger > (1ull << 62) ? UINT64_MAX : h->live + h->trigger,
		.gc_count = h->gc_count,
		.pause_total_ns = h->pause_total_ns,
		.last_gc_wall_ns = h->last_gc_wall_ns,
		.pause_cpu_ns = h->pause_cpu_ns,
		.marked_bytes = __atomic_load_n(&h->live, __ATOMIC_RELAXED),
	};
	for (uint32_t i = 0; i < MAX_WORKERS; i++)
		if (vm->workers[i] != NULL && vm->workers[i]->alloc != NULL)
			add_cache(vm->workers[i]->alloc, out);
	out->freed_total_bytes = h->freed_bytes;
	out->objects_freed = h->freed_objects;
	out->live_bytes = out->allocated_total_bytes - out->freed_total_bytes;
	lock_acquire(&h->lock);
	uint64_t fresh_free = h->free_count - h->dirty_free;
	out->reserved_bytes = (uint64_t)(h->used - 1) << BLOCK_SHIFT;
	out->released_bytes = fresh_free << BLOCK_SHIFT;
	out->idle_bytes = (uint64_t)h->dirty_free << BLOCK_SHIFT;
	out->charged_bytes = (uint64_t)h->blocks_in_use << BLOCK_SHIFT;
	lock_release(&h->lock);
	memcpy(out->pause_ns, h->pause_ns, sizeof(out->pause_ns));
	memcpy(out->pauses, h->pauses, sizeof(out->pauses));
	memcpy(out->stopping, h->stopping, sizeof(out->stopping));
}
