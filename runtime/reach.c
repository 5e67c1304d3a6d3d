/* SPDX-License-Identifier: MIT */
/* reach.c: searches the heap from one kind of root at a time.
 *
 * Owns: the bytes that say which search found an object.
 * Rules: the world is stopped and no collection is under way; the collector's marks are read, never written, because
 *   they tell allocated objects from free ones. Roots and objects are read exactly as the collector reads them, so what
 *   is not found here cannot be touched by whoever owns the roots.
 * Why: a search asks the collector's own trace functions for the children of each object and keeps its own account of
 *   what was visited. That is several times slower than marking, and nothing of the collector has to know of it.
 * See: inspect.c */
#include "runtime/reach.h"

bool reach_init(Reach *r, VM *vm) {
	Heap *h = vm->heap;
	*r = (Reach){.heap = h};
	r->seen_bytes = ALIGN_UP((size_t)h->used << BLOCK_MARKS_SHIFT, os_page_size());
	r->seen = r->seen_bytes != 0 ? os_map(r->seen_bytes) : NULL;
	if (r->seen == NULL && r->seen_bytes != 0)
		return false;
	pool_init(&h->pool, 0);
	marker_init(&r->marker, h, h->epoch);
	r->marker.is_search = true;
	return true;
}

void reach_deinit(Reach *r) {
	if (r->seen != NULL)
		os_unreserve(r->seen, r->seen_bytes);
	pool_deinit(&r->heap->pool);
	r->seen = NULL;
}

void reach_begin(Reach *r) {
	if (++r->search != 0)
		return;
	memset(r->seen, 0, r->seen_bytes);
	r->search = 1;
}

/* Where the byte of the object around p is; p is inside the used part of the heap. */
static size_t place_of(const Heap *h, uintptr_t p) {
	size_t offset = heap_offset(h, (const void *)p);
	uint32_t n = (uint32_t)(offset >> BLOCK_SHIFT);
	const Block *b = &h->blocks[n];
	if (b->size != 0)
		return ((size_t)n << BLOCK_MARKS_SHIFT) + block_index(b, offset);
	return (size_t)(b->state == BLOCK_TAIL ? b->head : n) << BLOCK_MARKS_SHIFT;
}

static void search(Reach *r) {
	uintptr_t p;
	while (marker_next(&r->marker, &p)) {
		if (!heap_is_allocated(r->heap, (const void *)p))
			continue;
		uint8_t *seen = &r->seen[place_of(r->heap, p)];
		if (*seen == r->search)
			continue;
		*seen = r->search;
		r->visits++;
		marker_scan_object(&r->marker, (const void *)p);
	}
	r->failed = r->failed || r->heap->pool.overflow;
}

void reach_goroutine(Reach *r, Goroutine *g) {
	gc_mark_goroutine(&r->marker, g);
	search(r);
}

void reach_globals(Reach *r) {
	gc_mark_globals(&r->marker, r->heap->vm);
	search(r);
}

void reach_timers(Reach *r) {
	timers_mark(&r->marker, r->heap->vm, true);
	search(r);
}

void reach_host(Reach *r) {
	gc_mark_extra_roots(&r->marker, r->heap);
	search(r);
}

void reach_finalizers(Reach *r) {
	specials_mark_roots(&r->marker, r->heap);
	search(r);
}

bool reach_found(const Reach *r, const void *p) {
	uintptr_t at = (uintptr_t)p;
	return at - (uintptr_t)r->marker.base < r->marker.used_bytes && r->seen[place_of(r->heap, at)] == r->search;
}
