/* SPDX-License-Identifier: MIT */
/* heap_fixture.h: a VM with a heap, hand-made type descriptors and a goroutine to allocate for, without any program.
 * For test_heap.c, test_map.c and test_values.c. */
#ifndef GOL_TESTS_HEAP_FIXTURE_H
#define GOL_TESTS_HEAP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/heap_internal.h"
#include "runtime/values.h"

enum { ROOTS = 1 << 12 };

typedef struct Fixture {
	VM vm;
	Arena arena;
	TypeTable types;
	Goroutine *g;
	uint32_t root_count;
	uint64_t roots[ROOTS] __attribute__((aligned(16)));
} Fixture;

static RunStatus fixture_run(Worker *w, Goroutine *g) {
	(void)w, (void)g;
	return RUN_DEAD;
}

static void fixture_roots(Marker *m, void *user) {
	Fixture *f = user;
	gc_mark_words(m, f->roots, ROOTS);
}

static Fixture *fixture_new(size_t cap_bytes) {
	Fixture *f = calloc(1, sizeof(*f));
	mem_init(&f->vm.mem, NULL, NULL);
	f->vm.mem.cap_bytes = cap_bytes;
	arena_init(&f->arena, &f->vm.mem);
	f->types.arena = &f->arena;
	VEC_PUSH(&f->arena, &f->types.layouts, ((LayoutDesc){0, 0}));
	VEC_PUSH(&f->arena, &f->types.layouts, ((LayoutDesc){0, 0}));
	f->vm.types = &f->types;
	f->vm.worker_count = 1;
	f->vm.seed = 1;
	assert_true(vm_runtime_init(&f->vm, fixture_run));
	f->g = aligned_alloc(16, GOROUTINE_BYTES);
	memset(f->g, 0, GOROUTINE_BYTES);
	f->g->vm = &f->vm;
	f->g->worker = f->vm.workers[0];
	gc_add_root(&f->vm, fixture_roots, f);
	return f;
}

/* Frees the VM and checks that nothing of it is left. */
static void fixture_free(Fixture *f) {
	vm_runtime_deinit(&f->vm);
	arena_deinit(&f->arena);
	assert_int_equal(f->vm.mem.used_bytes, 0);
	free(f->g);
	free(f);
}

static void fixture_collect(Fixture *f) {
	gc_collect(f->vm.workers[0]);
}

/* What the interpreter does at a check. */
static inline void fixture_check(Fixture *f) {
	if (__builtin_expect(__atomic_load_n(&f->vm.stop_requested, __ATOMIC_RELAXED) & STOP_GC, 0))
		gc_run_pending(f->vm.workers[0]);
}

static uint64_t fixture_live(Fixture *f) {
	HeapStats stats;
	heap_stats(&f->vm, &stats);
	return stats.live_bytes;
}

/* ---- type descriptors ---- */

static uint16_t fixture_layout(Fixture *f, uint32_t size, uint64_t bits) {
	for (uint32_t i = LAYOUT_FIRST_BITS; i < f->types.layouts.len; i++)
		if (f->types.layouts.items[i].size == size && f->types.layouts.items[i].ptr_bits == bits)
			return (uint16_t)i;
	VEC_PUSH(&f->arena, &f->types.layouts, ((LayoutDesc){size, bits}));
	return (uint16_t)(f->types.layouts.len - 1);
}

static TypeDesc *fixture_type(Fixture *f, Kind kind, uint32_t size, uint8_t align, uint8_t flags, uint64_t bits) {
	TypeDesc *t = ARENA_NEW(&f->arena, TypeDesc);
	t->kind = (uint8_t)kind;
	t->size = size;
	t->align = align;
	t->flags = flags;
	t->slots = (uint16_t)((size + 7) / 8);
	t->hash = (uint32_t)kind * 2654435761u + size * 977u + f->types.layouts.len;
	t->name = "test type";
	t->slot_type = t;
	if (flags & DESC_POINTERS) {
		uint64_t *words = ARENA_NEW(&f->arena, uint64_t);
		*words = bits;
		t->ptr_bits = words;
		t->ptr_words = 64 - (uint32_t)__builtin_clzll(bits);
	}
	uint64_t all = size / 8 >= 64 ? UINT64_MAX : (1ull << size / 8) - 1;
	t->layout = !(flags & DESC_POINTERS) ? LAYOUT_NOSCAN
		: bits == all ? LAYOUT_POINTERS
		: size <= 512 ? fixture_layout(f, (size + 15) / 16 * 16, bits) : LAYOUT_TYPED;
	return t;
}

enum {
	PLAIN = DESC_COMPARABLE | DESC_PLAIN_EQUAL | DESC_DIRECT,
};

static TypeDesc *type_int(Fixture *f) { return fixture_type(f, KIND_INT, 8, 8, PLAIN, 0); }
static TypeDesc *type_float64(Fixture *f) {
	return fixture_type(f, KIND_FLOAT64, 8, 8, DESC_COMPARABLE | DESC_DIRECT, 0);
}
static TypeDesc *type_string(Fixture *f) {
	return fixture_type(f, KIND_STRING, 16, 16, DESC_COMPARABLE | DESC_POINTERS, 1);
}
static TypeDesc *type_any(Fixture *f) {
	return fixture_type(f, KIND_INTERFACE, 16, 16, DESC_COMPARABLE | DESC_POINTERS, 2);
}
static TypeDesc *type_pointer(Fixture *f, const TypeDesc *elem) {
	TypeDesc *t = fixture_type(f, KIND_POINTER, 8, 8, PLAIN | DESC_POINTERS, 1);
	t->elem = elem;
	return t;
}
static TypeDesc *type_slice(Fixture *f, const TypeDesc *elem) {
	TypeDesc *t = fixture_type(f, KIND_SLICE, 16, 16, DESC_POINTERS, 1);
	t->elem = elem;
	return t;
}
static TypeDesc *type_map(Fixture *f, const TypeDesc *key, const TypeDesc *elem) {
	TypeDesc *t = fixture_type(f, KIND_MAP, 8, 8, DESC_DIRECT | DESC_POINTERS, 1);
	t->key = key;
	t->elem = elem;
	return t;
}

#define STRING(s) ((GoString){(s), (int64_t)strlen(s)})

/* Not every test uses every part. */
static inline void fixture_silence(void) {
	(void)fixture_collect, (void)fixture_live, (void)type_int, (void)type_float64, (void)type_string,
		(void)type_any;
	(void)type_pointer, (void)type_slice, (void)type_map, (void)fixture_new, (void)fixture_free;
}

#endif
