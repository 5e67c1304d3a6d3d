/* SPDX-License-Identifier: MIT */
/* slice.c: make, append and copy.
 *
 * Owns: nothing; the array behind a slice is a heap object.
 * Rules: elements with pointers are copied by whole words and pairs (value_copy_array). Capacities after append are
 * Go's: doubled up to 256 elements, then by 1.25 x + 192, rounded up to the sizes Go's allocator hands out.
 * Why: programs print cap(), and examples in books and tests show Go's numbers. Our own heap rounds on its own. */
#include "runtime/slice.h"

#include "runtime/sched.h"
#include "runtime/values.h"

/* Go's size classes (runtime/sizeclasses.go, unchanged since Go 1.16). */
static const uint16_t go_sizes[] = {8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256,
	288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304,
	2688, 3072, 3200, 3456, 4096, 4864, 5120, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288,
	13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768};
enum {
	GO_MAX_SMALL = 32768,
	GO_PAGE = 8192,
	GO_HEADER = 8, /* objects with pointers above GO_HEADER_FROM carry one, which counts against their class */
	GO_HEADER_FROM = 512,
};

size_t slice_round_size(size_t size, bool noscan) {
	if (size == 0)
		return 0;
	if (size > GO_MAX_SMALL - GO_HEADER)
		return size > SIZE_MAX - GO_PAGE ? size : ALIGN_UP(size, (size_t)GO_PAGE);
	size_t header = !noscan && size > GO_HEADER_FROM ? GO_HEADER : 0;
	uint32_t low = 0, high = COUNT_OF(go_sizes) - 1;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (go_sizes[middle] < size + header)
			low = middle + 1;
		else
			high = middle;
	}
	return go_sizes[low] - header;
}

PanicCode slice_make(Goroutine *g, const TypeDesc *elem, int64_t len, int64_t cap, GoSlice *out) {
	if (len < 0 || len > MAX_SLICE_LEN)
		return PANIC_MAKE_SLICE_LEN;
	if (cap < len || cap > MAX_SLICE_LEN)
		return PANIC_MAKE_SLICE_CAP;
	void *p = heap_new_array(g, elem, (size_t)cap);
	if (p == NULL)
		return FATAL_OUT_OF_MEMORY;
	*out = (GoSlice){p, (uint32_t)len, (uint32_t)cap};
	return PANIC_NONE;
}

/* Go's capacity for at least `least` elements when there were `old`. */
static uint64_t next_cap(const TypeDesc *elem, uint64_t least, uint64_t old) {
	uint64_t cap = old;
	if (least > 2 * old)
		cap = least;
	else if (old < 256)
		cap = 2 * old;
	else
		while (cap < least)
			cap += (cap + 3 * 256) / 4;
	if (elem->size == 0)
		return cap;
	/* A slice header has 24 bytes in Go. */
	uint64_t size = elem->kind == KIND_SLICE ? 24 : elem->size;
	cap = slice_round_size(cap * size, !(elem->flags & DESC_POINTERS)) / size;
	return cap <= (uint64_t)MAX_SLICE_LEN ? cap : (uint64_t)MAX_SLICE_LEN;
}

PanicCode slice_grow(Goroutine *g, const TypeDesc *elem, GoSlice s, uint64_t extra, GoSlice *out) {
	uint64_t least = s.len + extra;
	if (least > (uint64_t)MAX_SLICE_LEN || least < extra)
		return PANIC_GROW_SLICE;
	if (least <= s.cap) {
		*out = s;
		return PANIC_NONE;
	}
	uint64_t cap = next_cap(elem, least, s.cap);
	void *p;
	if (elem->flags & DESC_POINTERS) {
		p = heap_new_array(g, elem, cap);
		if (p == NULL)
			return FATAL_OUT_OF_MEMORY;
		bulk_copy_values(g, elem, p, s.ptr, s.len);
	} else { /* clear only what is not copied over */
		size_t bytes = cap * elem->size, used = (size_t)s.len * elem->size;
		p = heap_new_bytes_raw(g, bytes);
		if (p == NULL)
			return FATAL_OUT_OF_MEMORY;
		if (used != 0)
			bulk_copy(g, p, s.ptr, used);
		bulk_zero(g, (char *)p + used, bytes - used);
	}
	*out = (GoSlice){p, s.len, (uint32_t)cap};
	g->budget -= s.len / 64;
	return PANIC_NONE;
}

PanicCode slice_append(Goroutine *g, const TypeDesc *elem, GoSlice a, GoSlice b, GoSlice *out) {
	if (b.len == 0) {
		*out = a;
		return PANIC_NONE;
	}
	PanicCode code = slice_grow(g, elem, a, b.len, &a);
	if (code != PANIC_NONE)
		return code;
	bulk_copy_values(g, elem, (char *)a.ptr + (size_t)a.len * elem->size, b.ptr, b.len);
	g->budget -= b.len / 64;
	*out = (GoSlice){a.ptr, a.len + b.len, a.cap};
	return PANIC_NONE;
}

PanicCode slice_append_string(Goroutine *g, GoSlice a, GoString b, GoSlice *out) {
	if (b.len == 0) {
		*out = a;
		return PANIC_NONE;
	}
	if (b.len > MAX_SLICE_LEN)
		return PANIC_GROW_SLICE;
	PanicCode code = slice_grow(g, g->vm->types->core[CORE_UINT8], a, (uint64_t)b.len, &a);
	if (code != PANIC_NONE)
		return code;
	bulk_copy(g, (char *)a.ptr + a.len, b.ptr, (size_t)b.len);
	*out = (GoSlice){a.ptr, a.len + (uint32_t)b.len, a.cap};
	return PANIC_NONE;
}

int64_t slice_copy(Goroutine *g, const TypeDesc *elem, GoSlice to, GoSlice from) {
	uint32_t count = to.len < from.len ? to.len : from.len;
	bulk_copy_values(g, elem, to.ptr, from.ptr, count);
	return count;
}
