/* SPDX-License-Identifier: MIT */
/* test_heap.c: allocation, marking, sweeping, limits, finalizers and weak handles, without a program. */
#include "heap_fixture.h"

static uint64_t random_state = 88172645463325252ull;
static uint64_t random_u64(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}
static uint32_t below(uint32_t n) { return (uint32_t)(random_u64() >> 11) % n; }

/* ---- sizes ---- */

static void size_classes_fit(void **state) {
	(void)state;
	for (size_t size = 1; size <= SMALL_MAX; size++) {
		uint32_t class_ = heap_size_class(size);
		assert_in_range(class_, 1, HEAP_CLASSES - 1);
		assert_true(heap_class_size(class_) >= size);
		assert_true(class_ == 1 || heap_class_size(class_ - 1) < size);
		assert_int_equal(heap_class_size(class_) % 16, 0);
	}
}

static void reciprocals_are_exact(void **state) {
	(void)state;
	for (uint32_t size = 16; size <= SMALL_MAX; size += 16) {
		Block b = {.reciprocal = (uint32_t)(((1ull << 32) + size - 1) / size)};
		for (uint32_t offset = 0; offset < BLOCK_BYTES; offset += 7)
			if (block_index(&b, offset) != offset / size)
				fail_msg("size %u offset %u", size, offset);
	}
}

static void memory_is_zero_and_aligned(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20000; i++) {
			size_t size = below(100) == 0 ? below(200000) : below(3000);
			unsigned char *p = below(2) ? heap_new_bytes(f->g, size) : heap_new_words(f->g, size / 8);
			assert_int_equal((uintptr_t)p % 16, 0);
			for (size_t k = 0; k < size / 8 * 8; k++)
				if (p[k] != 0)
					fail_msg("byte %zu of %zu is not zero", k, size);
			memset(p, 0xaa, size / 8 * 8);
		}
		fixture_collect(f);
	}
	fixture_free(f);
}

/* ---- a random graph against a model ---- */

enum { NODES = 3000, SHAPES = 10, EDGES = 2 };

typedef struct Model {
	void *p;             /* address the graph uses: maybe inside the object */
	uint64_t stamp;
	int shape;
	size_t size;         /* of the stamped part */
	int edges[EDGES];    /* -1: none */
	bool rooted, alive;
} Model;

/* Every shape keeps two edges and a stamp somewhere. */
typedef struct Shape {
	size_t size, edge[EDGES], stamp, inside;
} Shape;

static void *shape_new(Fixture *f, int shape, const TypeDesc **types, Shape *out) {
	size_t large = 40000 + below(100000) / 16 * 16, count = 3 + below(40), any = below(3000) * 48;
	switch (shape) {
	case 0: /* words */
		*out = (Shape){32, {0, 8}, 16, 0};
		return heap_new_words(f->g, 4);
	case 1: /* bits: edges at 1 and 3 */
		*out = (Shape){48, {8, 24}, 32, 8};
		return heap_new(f->g, types[0]);
	case 2: /* interior pointer into a bits object */
		*out = (Shape){80, {16, 64}, 24, 72};
		return heap_new(f->g, types[1]);
	case 3: /* array of mixed structs, with header */
		*out = (Shape){48 * count, {48 + 8, 48 + 24}, 48 + 32, 48 * count - 1};
		return heap_new_array(f->g, types[0], count);
	case 4: /* large array of mixed structs */
		*out = (Shape){48 * 3000, {48 * 2999 + 8, any + 24}, 48 * 1500, 48 * 2999};
		return heap_new_array(f->g, types[0], 3000);
	case 5: /* large words, scanned in slices */
		*out = (Shape){large, {large - 8, 8 + below(4000) * 8}, 0, large / 2};
		return heap_new_words(f->g, large / 8);
	case 6: /* strings: pairs */
		*out = (Shape){16 * count, {0, 16}, 24, 0};
		return heap_new_array(f->g, types[2], count);
	case 7: /* a type larger than its bits */
		*out = (Shape){8000, {8, 7992}, 4000, 7999};
		return heap_new(f->g, types[3]);
	case 8: /* an array type of arrays of mixed structs */
		*out = (Shape){48 * 120, {48 * 119 + 8, 48 * 7 + 24}, 48 * 60 + 32, 48 * 50};
		return heap_new(f->g, types[4]);
	default: /* no pointers at all */
		*out = (Shape){64, {SIZE_MAX, SIZE_MAX}, 8, 0};
		return heap_new_bytes(f->g, 64);
	}
}

static Shape model_shapes[NODES];
static Model models[NODES];

static char *model_start(int i) { return (char *)models[i].p - model_shapes[i].inside; }

static void graph_edge(int from, int e, int to) {
	if (model_shapes[from].edge[e] == SIZE_MAX)
		return;
	models[from].edges[e] = to;
	store_word(model_start(from) + model_shapes[from].edge[e], to < 0 ? 0 : (uint64_t)models[to].p);
}

static void graph_reach(int i) {
	static int stack[NODES * (EDGES + 1)];
	int top = 0;
	stack[top++] = i;
	while (top > 0) {
		i = stack[--top];
		if (models[i].alive)
			continue;
		models[i].alive = true;
		for (int e = 0; e < EDGES; e++)
			if (models[i].edges[e] >= 0)
				stack[top++] = models[i].edges[e];
	}
}

static void graph_verify(Fixture *f) {
	for (int i = 0; i < NODES; i++)
		models[i].alive = models[i].alive && models[i].p == NULL;
	for (int i = 0; i < NODES; i++)
		if (models[i].rooted)
			graph_reach(i);
	for (int i = 0; i < NODES; i++) {
		if (!models[i].alive || models[i].p == NULL) {
			models[i].p = NULL;
			models[i].rooted = false;
			f->roots[i] = 0;
			continue;
		}
		size_t size;
		assert_ptr_equal(heap_object(&f->vm, models[i].p, &size), model_start(i));
		assert_true(size >= model_shapes[i].size);
		assert_int_equal(load_word(model_start(i) + model_shapes[i].stamp), models[i].stamp);
		for (int e = 0; e < EDGES; e++)
			if (model_shapes[i].edge[e] != SIZE_MAX)
				assert_int_equal(load_word(model_start(i) + model_shapes[i].edge[e]),
				                 models[i].edges[e] < 0 ? 0 : (uint64_t)models[models[i].edges[e]].p);
	}
}

static void graph_new_node(Fixture *f, const TypeDesc **types, int i) {
	/* Nobody may still refer to the old node i by number. */
	for (int k = 0; k < NODES; k++)
		for (int e = 0; models[k].p != NULL && e < EDGES; e++)
			if (models[k].edges[e] == i)
				graph_edge(k, e, -1);
	int shape = (int)below(SHAPES);
	if ((shape == 4 || shape == 5) && below(8) != 0)
		shape = 1;
	char *p = shape_new(f, shape, types, &model_shapes[i]);
	assert_non_null(p);
	models[i] = (Model){
		.p = p + model_shapes[i].inside, .stamp = random_u64() >> 20, .shape = shape, .edges = {-1, -1}};
	store_word(p + model_shapes[i].stamp, models[i].stamp);
	models[i].rooted = below(3) == 0;
	f->roots[i] = models[i].rooted ? (uint64_t)models[i].p : 0;
	int parent = (int)below(NODES); /* reachable from somewhere */
	if (models[parent].p != NULL && parent != i)
		graph_edge(parent, (int)below(EDGES), i);
	int child = (int)below(NODES);
	if (models[child].p != NULL)
		graph_edge(i, (int)below(EDGES), child);
}

static TypeDesc *type_array(Fixture *f, const TypeDesc *elem, int64_t length) {
	TypeDesc *t = ARENA_NEW(&f->arena, TypeDesc);
	*t = *elem;
	t->kind = KIND_ARRAY;
	t->size = elem->size * (uint32_t)length;
	t->elem = elem;
	t->length = length;
	t->ptr_bits = NULL;
	t->layout = LAYOUT_TYPED;
	return t;
}

static void graph_run(uint32_t workers, uint32_t debug, int rounds) {
	Fixture *f = fixture_new(0);
	f->vm.worker_count = workers;
	gc_set_debug(&f->vm, debug);
	uint64_t bits = 1ull << 1 | 1ull << 3, bits2 = 1ull << 2 | 1ull << 8;
	TypeDesc *large = fixture_type(f, KIND_STRUCT, 8000, 8, DESC_POINTERS | DESC_AGGREGATE, 1);
	uint64_t *words = ARENA_ARRAY(&f->arena, uint64_t, 16);
	words[0] = 2;
	words[999 / 64] = 1ull << 999 % 64;
	large->ptr_bits = words;
	large->ptr_words = 1000;
	const TypeDesc *types[] = {
		fixture_type(f, KIND_STRUCT, 48, 8, DESC_POINTERS | DESC_AGGREGATE, bits),
		fixture_type(f, KIND_STRUCT, 80, 8, DESC_POINTERS | DESC_AGGREGATE, bits2),
		type_string(f),
		large,
		type_array(f,
			type_array(f, fixture_type(f, KIND_STRUCT, 48, 8, DESC_POINTERS | DESC_AGGREGATE, bits), 10),
			12),
	};
	memset(models, 0, sizeof(models));
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < NODES / 3; i++)
			graph_new_node(f, types, (int)below(NODES));
		for (int i = 0; i < NODES / 10; i++) {
			int k = (int)below(NODES);
			if (models[k].p != NULL && models[k].rooted) {
				models[k].rooted = false;
				f->roots[k] = 0;
			}
		}
		fixture_collect(f);
		graph_verify(f);
	}
	fixture_free(f);
}

static void graph_survives(void **state) {
	(void)state;
	graph_run(1, GC_POISON, 60);
}

static void graph_survives_parallel_marking(void **state) {
	(void)state;
	graph_run(4, GC_POISON, 60);
}

/* Marks are cycle numbers in a byte: they wrap. */
static void graph_survives_many_cycles(void **state) {
	(void)state;
	graph_run(1, 0, 20);
	Fixture *f = fixture_new(0);
	uint64_t *keep = heap_new_words(f->g, 4);
	f->roots[0] = (uint64_t)keep;
	uint64_t *child = heap_new_words(f->g, 4), *quiet = heap_new_words(f->g, 20);
	store_pointer(keep, child);
	child[1] = 12345;
	f->roots[1] = (uint64_t)quiet; /* in a block where nothing happens */
	for (int i = 0; i < 700; i++) {
		for (int k = 0; k < 50; k++) {
			uint64_t *p = heap_new_words(f->g, 4);
			assert_int_equal(p[0] | p[1] | p[2] | p[3], 0);
			assert_true(p != keep && p != child);
			p[0] = p[3] = (uint64_t)p;
		}
		fixture_collect(f);
		assert_int_equal(child[1], 12345);
	}
	HeapStats stats;
	heap_stats(&f->vm, &stats);
	assert_int_equal(stats.live_bytes, 64 + 160);
	assert_int_equal(stats.gc_count, 700);
	fixture_free(f);
}

/* A block that was free while the numbers wrapped must not bring old marks with it. */
static void old_marks_are_forgotten(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	gc_set_debug(&f->vm, GC_POISON);
	for (int round = 0; round < 2; round++) {
		uint64_t *head = NULL;
		for (uint64_t i = 0; i < 1000; i++) {
			uint64_t *p = heap_new_words(f->g, 4);
			store_pointer(p, head);
			p[1] = i;
			f->roots[0] = (uint64_t)(head = p);
		}
		do
			fixture_collect(f);
		while (f->vm.heap->epoch != 5);
		assert_int_equal(fixture_live(f), 32000);
		for (uint64_t i = 1000; i-- > 0; head = (uint64_t *)head[0])
			assert_int_equal(head[1], i);
		f->roots[0] = 0;
		do
			fixture_collect(f);
		while (f->vm.heap->epoch != 4);
	}
	fixture_free(f);
}

/* ---- depth, reuse, limits, statistics ---- */

static void deep_list_needs_no_stack(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	uint64_t *head = NULL;
	for (int i = 0; i < 3000000; i++) {
		uint64_t *p = heap_new_words(f->g, 2);
		store_pointer(p, head);
		head = p;
		f->roots[0] = (uint64_t)head;
	}
	fixture_collect(f);
	assert_int_equal(fixture_live(f), 48000000);
	f->roots[0] = 0;
	fixture_collect(f);
	assert_int_equal(fixture_live(f), 0);
	fixture_free(f);
}

static void garbage_is_reused(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	for (int i = 0; i < 3000000; i++) {
		heap_new_words(f->g, 1 + below(40));
		if (i % 100 == 0)
			heap_new_bytes(f->g, below(100000));
		fixture_check(f);
	}
	HeapStats stats;
	heap_stats(&f->vm, &stats);
	assert_true(stats.gc_count > 50);
	assert_true(stats.reserved_bytes < 24 << 20);
	assert_int_equal(stats.allocated_total_bytes - stats.freed_total_bytes, stats.live_bytes);
	fixture_free(f);
}

static void cap_refuses_and_recovers(void **state) {
	(void)state;
	Fixture *f = fixture_new(32 << 20);
	assert_null(heap_new_bytes(f->g, 64 << 20));
	assert_null(heap_new_bytes(f->g, SIZE_MAX - 100));
	assert_null(heap_new_words(f->g, SIZE_MAX / 4));
	uint32_t count = 0;
	while (heap_new_words(f->g, 100) != NULL)
		assert_true(++count < 50000);
	assert_true(count > 30000);
	assert_true(f->vm.mem.used_bytes <= 32 << 20);
	assert_true(heap_should_retry(&f->vm));
	fixture_collect(f);
	assert_non_null(heap_new_bytes(f->g, 8 << 20));
	/* With everything alive there is no use in trying again. */
	uint64_t *head = NULL, *p;
	fixture_collect(f);
	while ((p = heap_new_words(f->g, 100)) != NULL) {
		store_pointer(p, head);
		f->roots[0] = (uint64_t)(head = p);
	}
	fixture_collect(f);
	while (heap_new_words(f->g, 100) != NULL)
		;
	assert_false(heap_should_retry(&f->vm));
	fixture_free(f);
}

/* A script that makes garbage under a cap must not fail. */
static void cap_collects_in_time(void **state) {
	(void)state;
	Fixture *f = fixture_new(24 << 20);
	f->vm.gc_percent = 1000;
	gc_percent_changed(&f->vm);
	for (int i = 0; i < 2000000; i++) {
		assert_non_null(heap_new_words(f->g, 1 + below(60)));
		fixture_check(f);
	}
	fixture_free(f);
}

static void peak_is_returned(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	f->vm.gc_percent = -1;
	gc_percent_changed(&f->vm);
	for (int i = 0; i < 1000; i++)
		memset(heap_new_bytes(f->g, 100000), 1, 100000);
	f->vm.gc_percent = 100;
	gc_percent_changed(&f->vm);
	for (int i = 0; i < 12; i++)
		fixture_collect(f);
	HeapStats stats;
	heap_stats(&f->vm, &stats);
	assert_true(stats.reserved_bytes > 100 << 20);
	assert_true(stats.reserved_bytes - stats.released_bytes < 10 << 20);
	gc_release_memory(f->vm.workers[0]);
	heap_stats(&f->vm, &stats);
	assert_true(stats.reserved_bytes - stats.released_bytes < 1 << 20);
	char *p = heap_new_bytes_raw(f->g, 1 << 20); /* returned memory is usable again */
	memset(p, 1, 1 << 20);
	fixture_free(f);
}

static void statistics_are_exact(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	HeapStats stats;
	for (int i = 0; i < 1000; i++)
		heap_new_bytes(f->g, 24);
	f->roots[0] = (uint64_t)heap_new_bytes(f->g, 100000);
	heap_stats(&f->vm, &stats);
	assert_int_equal(stats.objects_allocated, 1001);
	assert_int_equal(stats.allocated_total_bytes, 32000 + 131072);
	fixture_collect(f);
	heap_stats(&f->vm, &stats);
	assert_int_equal(stats.objects_freed, 1000);
	assert_int_equal(stats.live_bytes, 131072);
	fixture_free(f);
}

static void soft_limit_collects_earlier(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	f->vm.gc_percent = -1;
	gc_set_soft_limit(&f->vm, 16 << 20);
	for (int i = 0; i < 1000000; i++) {
		heap_new_words(f->g, 16);
		fixture_check(f);
	}
	HeapStats stats;
	heap_stats(&f->vm, &stats);
	assert_true(stats.gc_count >= 4);
	assert_true(stats.reserved_bytes < 20 << 20);
	fixture_free(f);
}

/* ---- pointers that are none ---- */

static void strange_pointers_are_harmless(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	char *small = heap_new_words(f->g, 4), *large = heap_new_words(f->g, 10000);
	size_t size;
	assert_ptr_equal(heap_object(&f->vm, small + 31, &size), small);
	assert_ptr_equal(heap_object(&f->vm, large + 79999, &size), large);
	assert_null(heap_object(&f->vm, f, &size));
	assert_null(heap_object(&f->vm, NULL, &size));
	assert_null(heap_object(&f->vm, f->vm.heap->base, &size));
	assert_null(heap_object(&f->vm, f->vm.heap->base - 1, &size));
	for (uint32_t i = 0; i < ROOTS; i++) /* all over the heap and its tables */
		f->roots[i] = (uint64_t)f->vm.heap->reservation + random_u64() % (f->vm.heap->reservation_bytes);
	fixture_collect(f);
	char *base = f->vm.heap->base;
	for (uint32_t i = 0; i < ROOTS; i++)
		f->roots[i] = (uint64_t)base + random_u64() % (1 << 20);
	for (int i = 0; i < 10000; i++)
		heap_new_kind(f->g, HEAP_TYPED, 16 + below(100));
	fixture_collect(f);
	fixture_collect(f);
	fixture_free(f);
}

/* Neither a stale slot nor a pointer behind the end of a neighbour brings memory to life that is free. */
static void free_memory_stays_free(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	gc_set_debug(&f->vm, GC_POISON);
	TypeDesc *mixed = fixture_type(f, KIND_STRUCT, 48, 8, DESC_POINTERS | DESC_AGGREGATE, 2);
	size_t size;
	char *dead = heap_new_bytes(f->g, 40), *last = heap_new_array(f->g, mixed, 4), *end = last + 4 * 48;
	uint64_t *holder = heap_new_words(f->g, 2);
	f->roots[5] = (uint64_t)heap_new_bytes(f->g, 40); /* keeps the block */
	fixture_collect(f);
	assert_int_equal(fixture_live(f), 48);
	f->roots[0] = (uint64_t)dead;
	fixture_collect(f);
	assert_null(heap_object(&f->vm, dead, &size));
	f->roots[5] = 0;
	holder = heap_new_words(f->g, 2);
	f->roots[0] = (uint64_t)holder;
	last = heap_new_array(f->g, mixed, 4);
	end = last + 4 * 48; /* not handed out yet */
	store_pointer(holder, end);
	f->roots[1] = (uint64_t)last;
	f->roots[2] = (uint64_t)end;
	for (int i = 0; i < 3; i++) {
		fixture_collect(f);
		assert_null(heap_object(&f->vm, end, &size));
		assert_int_equal(fixture_live(f), 16 + 16 + 4 * 48);
	}
	fixture_free(f);
}

/* A stale slot that points to a dead object of a kind must not bring it back: its memory may be anything by then. */
static void dead_kinds_stay_dead(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	gc_set_debug(&f->vm, GC_POISON);
	TypeDesc *mixed = fixture_type(f, KIND_STRUCT, 48, 8, DESC_POINTERS | DESC_AGGREGATE, 2);
	char *keep = heap_new_array(f->g, mixed, 4), *dead = heap_new_array(f->g, mixed, 4);
	f->roots[0] = (uint64_t)keep;
	fixture_collect(f);
	f->roots[1] = (uint64_t)dead;
	fixture_collect(f);
	size_t size;
	assert_null(heap_object(&f->vm, dead, &size));
	assert_non_null(heap_object(&f->vm, keep, &size));
	fixture_free(f);
}

/* ---- several workers ---- */

typedef struct Crowd {
	Fixture *f;
	uint64_t *lists[8];
	uint32_t started; /* atomic */
} Crowd;

static void allocate_much(Worker *w, void *user) {
	Crowd *crowd = user;
	Goroutine *g = aligned_alloc(16, GOROUTINE_BYTES);
	memset(g, 0, GOROUTINE_BYTES);
	g->vm = w->vm;
	g->worker = w;
	uint32_t id = w->index;
	uint64_t *head = NULL;
	for (int i = 0; i < 300000; i++) {
		size_t words = 2 + (size_t)i % 50;
		uint64_t *p = heap_new_words(g, words);
		for (size_t k = 0; k < words; k++)
			if (p[k] != 0)
				abort();
		p[words - 1] = id + 1;
		if (i % 3 == 0) {
			store_pointer(p, head);
			p[1] = words * 16 + id + 1;
			p[words - 1] = words > 2 ? id + 1 : p[1];
			head = p;
		}
		if (i % 1000 == 0)
			heap_new_bytes(g, 50000);
	}
	crowd->lists[id] = head;
	__atomic_add_fetch(&crowd->started, 1, __ATOMIC_RELAXED);
	free(g);
}

static void workers_allocate_in_parallel(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	f->vm.worker_count = 4;
	Crowd crowd = {.f = f};
	Worker *w = f->vm.workers[0];
	for (int round = 0; round < 4; round++) {
		sched_stop_world(w);
		sched_parallel(w, allocate_much, &crowd);
		sched_start_world(w);
		uint64_t live = fixture_live(f);
		for (int i = 0; i < 8; i++)
			f->roots[i] = (uint64_t)crowd.lists[i];
		fixture_collect(f);
		assert_true(fixture_live(f) < live / 2);
		for (uint32_t i = 0; i < 8; i++)
			for (uint64_t *p = crowd.lists[i]; p != NULL; p = (uint64_t *)p[0])
				assert_int_equal(p[1] % 16, i + 1);
	}
	assert_int_equal(crowd.started, 16);
	fixture_free(f);
}

/* ---- finalizers, cleanups, weak handles ---- */

static void count_goroutine(Goroutine *g, void *user) {
	Slot **fp = user;
	*fp++ = g->fp;
	(void)g;
}

static void finalizer_gets_its_object(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	TypeDesc *node = fixture_type(f, KIND_STRUCT, 16, 8, DESC_POINTERS | DESC_AGGREGATE, 1);
	const TypeDesc *param = type_pointer(f, node);
	TypeDesc func = {.kind = KIND_FUNC, .param_count = 1, .params = &param};
	static const Insn code[2];
	Function *fn = ARENA_NEW(&f->arena, Function);
	*fn = (Function){
		.code = code, .code_len = 2, .frame_slots = 8, .arg_slots = 1, .param_start = 2, .type = &func};
	fn->closure.fn = fn;
	uint64_t *object = heap_new(f->g, node), *child = heap_new(f->g, node);
	store_pointer(object, child);
	child[1] = 99;
	f->roots[0] = (uint64_t)object;
	assert_true(heap_set_finalizer(f->g, object, &fn->closure, param));
	uint64_t *handle = heap_weak_handle(f->g, object, param), *child_handle = heap_weak_handle(f->g, child, param);
	f->roots[1] = (uint64_t)handle;
	f->roots[2] = (uint64_t)child_handle;
	assert_ptr_equal(heap_weak_handle(f->g, object, param), handle);
	assert_ptr_equal(heap_weak_type(handle), param);
	assert_ptr_not_equal(heap_weak_handle(f->g, object, node), handle);
	fixture_collect(f);
	assert_ptr_equal(heap_weak_get(handle), object);
	assert_int_equal(goroutine_count(&f->vm), 0);
	f->roots[0] = 0;
	fixture_collect(f);
	assert_null(heap_weak_get(handle));
	assert_ptr_equal(heap_weak_get(child_handle), child);
	assert_int_equal(child[1], 99);
	Slot *fp = NULL;
	sched_each_goroutine(&f->vm, count_goroutine, &fp);
	assert_non_null(fp);
	assert_ptr_equal(fp[2].p, object);
	fixture_free(f);
}

static void cleanups_run_or_stop(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	TypeDesc func = {.kind = KIND_FUNC};
	static const Insn code[2];
	Function *fn = ARENA_NEW(&f->arena, Function);
	*fn = (Function){.code = code, .code_len = 2, .frame_slots = 8, .param_start = 2, .type = &func};
	fn->closure.fn = fn;
	uint64_t *a = heap_new_words(f->g, 2), *b = heap_new_words(f->g, 2);
	f->roots[0] = (uint64_t)a;
	f->roots[1] = (uint64_t)b;
	uint64_t first = heap_add_cleanup(f->g, a, &fn->closure), second = heap_add_cleanup(f->g, a, &fn->closure);
	assert_true(heap_add_cleanup(f->g, b, &fn->closure) != 0 && first != 0 && second != first);
	heap_stop_cleanup(&f->vm, a, second);
	f->roots[0] = 0;
	fixture_collect(f);
	assert_int_equal(goroutine_count(&f->vm), 1);
	fixture_collect(f);
	assert_int_equal(goroutine_count(&f->vm), 1);
	fixture_free(f);
}

static void weak_handles_do_not_pile_up(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	for (int i = 0; i < 100000; i++) {
		void *p = heap_new_words(f->g, 2);
		void *handle = heap_weak_handle(f->g, p, NULL);
		assert_ptr_equal(heap_weak_get(handle), p);
		if (i % 1000 == 0)
			fixture_collect(f);
	}
	size_t used = f->vm.mem.used_bytes;
	fixture_collect(f);
	fixture_collect(f);
	assert_true(f->vm.mem.used_bytes <= used);
	assert_int_equal(fixture_live(f), 0);
	fixture_free(f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_classes_fit),
		cmocka_unit_test(reciprocals_are_exact),
		cmocka_unit_test(memory_is_zero_and_aligned),
		cmocka_unit_test(graph_survives),
		cmocka_unit_test(graph_survives_parallel_marking),
		cmocka_unit_test(graph_survives_many_cycles),
		cmocka_unit_test(old_marks_are_forgotten),
		cmocka_unit_test(deep_list_needs_no_stack),
		cmocka_unit_test(garbage_is_reused),
		cmocka_unit_test(cap_refuses_and_recovers),
		cmocka_unit_test(cap_collects_in_time),
		cmocka_unit_test(peak_is_returned),
		cmocka_unit_test(statistics_are_exact),
		cmocka_unit_test(soft_limit_collects_earlier),
		cmocka_unit_test(strange_pointers_are_harmless),
		cmocka_unit_test(free_memory_stays_free),
		cmocka_unit_test(dead_kinds_stay_dead),
		cmocka_unit_test(workers_allocate_in_parallel),
		cmocka_unit_test(finalizer_gets_its_object),
		cmocka_unit_test(cleanups_run_or_stop),
		cmocka_unit_test(weak_handles_do_not_pile_up),
	};
	fixture_silence();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
