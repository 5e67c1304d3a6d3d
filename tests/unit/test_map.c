/* SPDX-License-Identifier: MIT */
/* test_map.c: maps against a model: every kind of key, growth, deletion, iteration under change, races. */
#include <math.h>

#include "heap_fixture.h"

static uint64_t random_state = 0x2545f4914f6cdd1dull;
static uint64_t random_u64(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x9e3779b97f4a7c15ull;
}
static uint32_t below(uint32_t n) { return (uint32_t)(random_u64() >> 32) % n; }

/* ---- keys and values made from a number ---- */

typedef struct Making {
	const char *name;
	TypeDesc *(*type)(Fixture *f);
	void (*make)(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out);
} Making;

enum { WIDE_SLOTS = 40 };

static TypeDesc *type_mixed(Fixture *f) { /* struct { n int; s string; x any; b int32 } */
	TypeDesc *t =
		fixture_type(f, KIND_STRUCT, 64, 16, DESC_COMPARABLE | DESC_POINTERS | DESC_AGGREGATE, 1 << 2 | 1 << 5);
	FieldDesc *fields = ARENA_ARRAY(&f->arena, FieldDesc, 4);
	fields[0] = (FieldDesc){.name = "n", .type = type_int(f), .offset = 0};
	fields[1] = (FieldDesc){.name = "s", .type = type_string(f), .offset = 16};
	fields[2] = (FieldDesc){.name = "x", .type = type_any(f), .offset = 32};
	fields[3] = (FieldDesc){.name = "b", .type = fixture_type(f, KIND_INT32, 4, 4, PLAIN, 0), .offset = 48};
	t->fields = fields;
	t->field_count = 4;
	return t;
}
static TypeDesc *type_wide(Fixture *f) { /* [40]int: a key or value that is stored elsewhere */
	TypeDesc *t =
		fixture_type(f, KIND_ARRAY, WIDE_SLOTS * 8, 8, DESC_COMPARABLE | DESC_PLAIN_EQUAL | DESC_AGGREGATE, 0);
	t->elem = type_int(f);
	t->length = WIDE_SLOTS;
	return t;
}
static TypeDesc *type_empty(Fixture *f) {
	return fixture_type(f, KIND_STRUCT, 0, 1, DESC_COMPARABLE | DESC_PLAIN_EQUAL | DESC_AGGREGATE, 0);
}

static GoString number_string(Fixture *f, uint32_t n) {
	char text[64];
	int len = snprintf(text, sizeof(text),
		n % 3 == 0   ? "%u"
		: n % 3 == 1 ? "key number %u"
			     : "a rather long key, number %u",
		n);
	GoString s;
	assert_int_equal(string_new(f->g, text, (size_t)len, &s), PANIC_NONE);
	return s;
}
static void make_int(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	(void)f, (void)type;
	out->u = n * 8ull;
}
static void make_float(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	(void)f, (void)type;
	out->f = n / 4.0;
}
static void make_string(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	(void)type;
	*(GoString *)out = number_string(f, n);
}
static const TypeDesc *any_int, *any_string;
static void make_any(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	(void)type;
	if (n % 2 == 0) {
		*(GoIface *)out = (GoIface){any_int, {.u = n}};
	} else {
		Slot s[2] __attribute__((aligned(16)));
		*(GoString *)s = number_string(f, n);
		assert_int_equal(iface_make(f->g, any_string, s, (GoIface *)out), PANIC_NONE);
	}
}
static void make_mixed(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	memset(out, 0, 64);
	out[0].u = n % 16;
	out[1].u = random_u64(); /* padding does not count */
	*(GoString *)(out + 2) = number_string(f, n / 16);
	make_any(f, type, n, out + 4);
	*(int32_t *)(out + 6) = (int32_t)n;
}
static void make_wide(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	(void)f, (void)type;
	for (uint32_t i = 0; i < WIDE_SLOTS; i++)
		out[i].u = i == n % WIDE_SLOTS ? n : 7;
}
static void make_empty(Fixture *f, const TypeDesc *type, uint32_t n, Slot *out) {
	(void)f, (void)type, (void)n, (void)out;
}

static const Making makings[] = {
	{"int", type_int, make_int}, {"string", type_string, make_string}, {"float64", type_float64, make_float},
	{"any", type_any, make_any}, {"mixed", type_mixed, make_mixed}, {"wide", type_wide, make_wide},
	{"empty", type_empty, make_empty},
};
enum { MAKINGS = COUNT_OF(makings) };

/* ---- against a model ---- */

enum { KEYS = 700 };

typedef struct Bench {
	Fixture *f;
	const TypeDesc *type;
	const Making *key, *value;
	Map *map;
	int64_t model[KEYS]; /* value number, -1: absent */
	int64_t count;
} Bench;

typedef Slot Cell[WIDE_SLOTS] __attribute__((aligned(16)));

static void bench_begin(Bench *b, const Making *key, const Making *value, int64_t hint) {
	b->f = fixture_new(0);
	gc_set_debug(&b->f->vm, GC_POISON);
	any_int = type_int(b->f);
	any_string = type_string(b->f);
	b->key = key;
	b->value = value;
	b->type = type_map(b->f, key->type(b->f), value->type(b->f));
	assert_int_equal(map_new(b->f->g, b->type, hint, &b->map), PANIC_NONE);
	b->f->roots[0] = (uint64_t)b->map;
	for (int i = 0; i < KEYS; i++)
		b->model[i] = -1;
	b->count = 0;
}

static void bench_set(Bench *b, uint32_t k, uint32_t v) {
	Cell key, value;
	b->key->make(b->f, b->type->key, k, key);
	b->value->make(b->f, b->type->elem, v, value);
	assert_int_equal(map_set(b->f->g, b->type, b->map, key, value), PANIC_NONE);
	b->count += b->model[k] < 0;
	b->model[k] = v;
	assert_int_equal(map_len(b->map), b->count);
}

static void bench_delete(Bench *b, uint32_t k) {
	Cell key;
	b->key->make(b->f, b->type->key, k, key);
	assert_int_equal(map_delete(b->f->g, b->type, b->map, key), PANIC_NONE);
	b->count -= b->model[k] >= 0;
	b->model[k] = -1;
	assert_int_equal(map_len(b->map), b->count);
}

static void bench_check(Bench *b, uint32_t k) {
	Cell key, value;
	Slot *at;
	b->key->make(b->f, b->type->key, k, key);
	assert_int_equal(map_get(b->f->g, b->type, b->map, key, &at), PANIC_NONE);
	if (b->model[k] < 0) {
		assert_null(at);
		return;
	}
	assert_non_null(at);
	b->value->make(b->f, b->type->elem, (uint32_t)b->model[k], value);
	const TypeDesc *bad = NULL;
	assert_true(equal_slots(b->f->g, b->type->elem, at, value, &bad));
}

/* Which key number an iterated key is. */
static uint32_t bench_number(Bench *b, const Slot *key) {
	const TypeDesc *bad = NULL;
	for (uint32_t k = 0; k < KEYS; k++) {
		Cell want;
		b->key->make(b->f, b->type->key, k, want);
		if (equal_slots(b->f->g, b->type->key, key, want, &bad))
			return k;
	}
	fail_msg("iteration gave a key that never was");
	return 0;
}

static void bench_iterate_all(Bench *b) {
	bool seen[KEYS] = {false};
	Slot iter[MAP_ITER_SLOTS] __attribute__((aligned(16)));
	Cell key, value;
	bool more;
	int64_t count = 0;
	map_iter_init(b->f->g, b->type, b->map, iter);
	for (;; count++) {
		assert_int_equal(map_iter_next(b->f->g, b->type, iter, key, value, &more), PANIC_NONE);
		if (!more)
			break;
		uint32_t k = bench_number(b, key);
		assert_false(seen[k]);
		assert_true(b->model[k] >= 0);
		seen[k] = true;
	}
	assert_int_equal(count, b->count);
}

static void model_run(const Making *key, const Making *value, int64_t hint) {
	Bench b;
	bench_begin(&b, key, value, hint);
	uint32_t keys = key->make == make_empty ? 1 : KEYS;
	for (int step = 0; step < 6000; step++) {
		uint32_t range = step < 500 ? (keys < 8 ? keys : 8) : keys, k = below(range);
		/* grows, shrinks, grows again */
		uint32_t bias = step / 1500 % 2 ? 70 : 25;
		if (below(100) < bias)
			bench_delete(&b, k);
		else
			bench_set(&b, k, below(100000));
		bench_check(&b, below(range));
		if (step % 400 == 0)
			fixture_collect(b.f);
		if (step % 2000 == 0)
			bench_iterate_all(&b);
		if (step == 4500) {
			assert_int_equal(map_clear(b.f->g, b.type, b.map), PANIC_NONE);
			for (int i = 0; i < KEYS; i++)
				b.model[i] = -1;
			b.count = 0;
		}
	}
	for (uint32_t k = 0; k < keys; k++)
		bench_check(&b, k);
	fixture_free(b.f);
}

static void maps_follow_the_model(void **state) {
	(void)state;
	for (uint32_t k = 0; k < MAKINGS; k++)
		for (uint32_t v = 0; v < MAKINGS; v++)
			model_run(&makings[k], &makings[v], k == v ? 100 : 0);
}

static void fast_forms_agree(void **state) {
	(void)state;
	Bench b;
	bench_begin(&b, &makings[0], &makings[0], 0);
	Slot *at;
	assert_null(map_get_word(NULL, 1));
	assert_null(map_get_word(b.map, 1));
	for (uint64_t i = 0; i < 5000; i++) {
		assert_int_equal(map_assign_word(b.f->g, b.map, i * i, &at), PANIC_NONE);
		at->u += i + 1;
	}
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(map_get_word(b.map, i * i)->u, i + 1);
	assert_null(map_get_word(b.map, 2));
	fixture_free(b.f);
	bench_begin(&b, &makings[1], &makings[0], 0);
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(map_assign_string(b.f->g, b.map, number_string(b.f, i), &at), PANIC_NONE);
		at->u = i;
	}
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(map_get_string(b.map, number_string(b.f, i))->u, i);
	assert_null(map_get_string(b.map, STRING("nobody")));
	fixture_free(b.f);
}

static void nil_maps_read_as_empty(void **state) {
	(void)state;
	Bench b;
	bench_begin(&b, &makings[1], &makings[0], 0);
	Cell key;
	Slot *at, iter[MAP_ITER_SLOTS] __attribute__((aligned(16)));
	bool more;
	make_string(b.f, NULL, 1, key);
	assert_int_equal(map_len(NULL), 0);
	assert_int_equal(map_get(b.f->g, b.type, NULL, key, &at), PANIC_NONE);
	assert_null(at);
	assert_int_equal(map_delete(b.f->g, b.type, NULL, key), PANIC_NONE);
	assert_int_equal(map_clear(b.f->g, b.type, NULL), PANIC_NONE);
	assert_int_equal(map_set(b.f->g, b.type, NULL, key, key), PANIC_NIL_MAP);
	map_iter_init(b.f->g, b.type, NULL, iter);
	assert_int_equal(map_iter_next(b.f->g, b.type, iter, NULL, NULL, &more), PANIC_NONE);
	assert_false(more);
	fixture_free(b.f);
}

static void unhashable_keys_panic(void **state) {
	(void)state;
	Bench b;
	bench_begin(&b, &makings[3], &makings[0], 0);
	TypeDesc *slice = type_slice(b.f, any_int);
	GoIface key = {slice, {.p = heap_new_bytes(b.f->g, 16)}};
	Slot *at, value = {.u = 1};
	assert_int_equal(map_get(b.f->g, b.type, b.map, (Slot *)&key, &at), PANIC_UNHASHABLE);
	assert_ptr_equal(b.f->vm.workers[0]->panic_type, slice);
	assert_int_equal(map_get(b.f->g, b.type, NULL, (Slot *)&key, &at), PANIC_UNHASHABLE);
	assert_int_equal(map_set(b.f->g, b.type, b.map, (Slot *)&key, &value), PANIC_UNHASHABLE);
	assert_int_equal(map_delete(b.f->g, b.type, b.map, (Slot *)&key), PANIC_UNHASHABLE);
	assert_int_equal(map_len(b.map), 0);
	fixture_free(b.f);
}

static void floats_follow_go(void **state) {
	(void)state;
	Bench b;
	bench_begin(&b, &makings[2], &makings[0], 0);
	Slot zero = {.f = 0.0}, minus = {.f = -0.0}, nan = {.f = NAN}, value = {.u = 1}, *at;
	map_set(b.f->g, b.type, b.map, &zero, &value);
	assert_int_equal(map_get(b.f->g, b.type, b.map, &minus, &at), PANIC_NONE);
	assert_non_null(at);
	for (int i = 0; i < 100; i++) /* each NaN is a key of its own, none can be found */
		map_set(b.f->g, b.type, b.map, &nan, &value);
	assert_int_equal(map_len(b.map), 101);
	map_get(b.f->g, b.type, b.map, &nan, &at);
	assert_null(at);
	map_delete(b.f->g, b.type, b.map, &nan);
	assert_int_equal(map_len(b.map), 101);
	Slot iter[MAP_ITER_SLOTS] __attribute__((aligned(16))), key;
	bool more;
	int nans = 0;
	map_iter_init(b.f->g, b.type, b.map, iter);
	for (int i = 0;; i++) {
		assert_int_equal(map_iter_next(b.f->g, b.type, iter, &key, &value, &more), PANIC_NONE);
		if (!more)
			break;
		nans += key.f != key.f;
		if (i == 5) /* growth meanwhile */
			for (int k = 0; k < 1000; k++) {
				Slot more_key = {.f = k + 0.5};
				map_set(b.f->g, b.type, b.map, &more_key, &value);
			}
	}
	assert_int_equal(nans, 100);
	map_iter_init(b.f->g, b.type, b.map, iter);
	map_iter_next(b.f->g, b.type, iter, &key, &value, &more);
	for (int k = 1000; k < 3000; k++) { /* the iterator stays in the old table, whose NaNs cannot be looked up */
		Slot more_key = {.f = k + 0.5};
		map_set(b.f->g, b.type, b.map, &more_key, &value);
	}
	map_clear(b.f->g, b.type, b.map);
	assert_int_equal(map_len(b.map), 0);
	assert_int_equal(map_iter_next(b.f->g, b.type, iter, &key, &value, &more), PANIC_NONE);
	assert_false(more);
	fixture_free(b.f);
}

/* ---- iteration under change ---- */

/* Ranges while deleting, inserting and clearing: what was there all the time comes once, what was deleted before it
 * came does not come, nothing comes twice. */
static void change_run(const Making *key, uint32_t initial, bool grow, bool clear) {
	Bench b;
	bench_begin(&b, key, &makings[0], 0);
	for (uint32_t i = 0; i < initial; i++)
		bench_set(&b, i, i);
	bool seen[KEYS] = {false}, deleted[KEYS] = {false}, added[KEYS] = {false}, cleared = false;
	Cell k, v;
	bool more;
	uint64_t *iter = &b.f->roots[16]; /* where the collector sees it */
	map_iter_init(b.f->g, b.type, b.map, (Slot *)iter);
	uint32_t next = initial;
	for (uint32_t step = 0;; step++) {
		assert_int_equal(map_iter_next(b.f->g, b.type, (Slot *)iter, k, v, &more), PANIC_NONE);
		if (!more)
			break;
		uint32_t n = bench_number(&b, k);
		assert_false(seen[n]);
		assert_false(deleted[n]);
		assert_true(!cleared || added[n]);
		assert_true(b.model[n] >= 0);
		assert_int_equal(v[0].u, b.model[n] * 8);
		seen[n] = true;
		uint32_t victim = below(initial);
		if (!seen[victim] && b.model[victim] >= 0 && below(2)) {
			bench_delete(&b, victim);
			deleted[victim] = true;
		}
		uint32_t changed = below(initial);
		if (b.model[changed] >= 0)
			bench_set(&b, changed, below(1000));
		for (int i = 0; grow && i < 3 && next < KEYS; i++, next++) {
			bench_set(&b, next, next);
			added[next] = true;
		}
		if (clear && step == initial / 4) {
			map_clear(b.f->g, b.type, b.map);
			for (int i = 0; i < KEYS; i++)
				b.model[i] = -1;
			b.count = 0;
			cleared = true;
			grow = true;
		}
		if (step % 16 == 0)
			fixture_collect(b.f);
	}
	for (uint32_t i = 0; !clear && i < initial; i++)
		assert_int_equal(seen[i], !deleted[i]);
	fixture_free(b.f);
}

static void iteration_bears_changes(void **state) {
	(void)state;
	static const uint32_t sizes[] = {1, 5, 8, 9, 14, 15, 60, 200};
	for (uint32_t k = 0; k < MAKINGS - 1; k++)
		for (uint32_t s = 0; s < COUNT_OF(sizes); s++)
			for (int how = 0; how < 4; how++)
				change_run(&makings[k], sizes[s], how & 1, how >> 1);
}

static void iteration_begins_anywhere(void **state) {
	(void)state;
	for (uint32_t size = 2; size <= 64; size *= 2) {
		Bench b;
		bench_begin(&b, &makings[0], &makings[0], 0);
		for (uint32_t i = 0; i < size; i++)
			bench_set(&b, i, i);
		uint32_t first[64] = {0};
		for (int i = 0; i < 2000; i++) {
			Slot iter[MAP_ITER_SLOTS] __attribute__((aligned(16))), key;
			bool more;
			map_iter_init(b.f->g, b.type, b.map, iter);
			map_iter_next(b.f->g, b.type, iter, &key, NULL, &more);
			first[key.u / 8]++;
		}
		for (uint32_t i = 0; i < size; i++)
			assert_true(first[i] > 0);
		fixture_free(b.f);
	}
}

/* Deleting as fast as inserting must neither grow the table nor slow searches down. */
static void queues_stay_small(void **state) {
	(void)state;
	Bench b;
	bench_begin(&b, &makings[0], &makings[0], 0);
	for (uint64_t i = 0; i < 300000; i++) {
		Slot key = {.u = i}, old = {.u = i - 100};
		map_set(b.f->g, b.type, b.map, &key, &key);
		map_delete(b.f->g, b.type, b.map, &old);
		if (i % 20000 == 0)
			fixture_collect(b.f);
	}
	fixture_collect(b.f);
	assert_int_equal(map_len(b.map), 100);
	assert_true(fixture_live(b.f) < 16384);
	fixture_free(b.f);
}

static void hostile_hints_are_ignored(void **state) {
	(void)state;
	Fixture *f = fixture_new(64 << 20);
	const TypeDesc *type = type_map(f, type_int(f), type_int(f));
	Map *m;
	static const int64_t hints[] = {-5, INT64_MIN, INT64_MAX, 1 << 28, 1ll << 32};
	for (uint32_t i = 0; i < COUNT_OF(hints); i++) {
		Slot key = {.u = i};
		assert_int_equal(map_new(f->g, type, hints[i], &m), PANIC_NONE);
		assert_int_equal(map_set(f->g, type, m, &key, &key), PANIC_NONE);
		assert_int_equal(map_get_word(m, i)->u, i);
	}
	fixture_free(f);
}

/* ---- races ---- */

#ifdef __SANITIZE_THREAD__ /* the races below are meant */
static void races_are_noticed_and_harmless(void **state) {
	(void)state;
	skip();
}
#else

typedef struct Race {
	Fixture *f;
	const TypeDesc *type;
	Map *map;
	uint32_t conflicts, torn; /* atomic */
} Race;

/* Readers, writers and iterators without any order. Strings must never be torn: each key's text is its length in 'x'.
 */
static void race(Worker *w, void *user) {
	Race *r = user;
	static const char text[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	Goroutine *g = aligned_alloc(16, GOROUTINE_BYTES);
	memset(g, 0, GOROUTINE_BYTES);
	g->vm = w->vm;
	g->worker = w;
	uint64_t x = 1234567 + w->index;
	for (int i = 0; i < 100000; i++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		GoString key = {text + sizeof(text) - 1 - (x >> 40) % 64, (int64_t)((x >> 40) % 64)}, value = key;
		PanicCode code = PANIC_NONE;
		Slot *at = NULL;
		switch ((x >> 33) % 4) {
		case 0:
			code = map_set(g, r->type, r->map, (Slot *)&key, (Slot *)&value);
			break;
		case 1:
			code = map_delete(g, r->type, r->map, (Slot *)&key);
			break;
		case 2:
			code = map_get(g, r->type, r->map, (Slot *)&key, &at);
			break;
		default: {
			Slot iter[MAP_ITER_SLOTS] __attribute__((aligned(16)));
			bool more = true;
			map_iter_init(g, r->type, r->map, iter);
			while (code == PANIC_NONE && more) {
				GoString k = {0}, v = {0};
				code = map_iter_next(g, r->type, iter, (Slot *)&k, (Slot *)&v, &more);
				if (k.len != 0 && (k.ptr < text || k.ptr + k.len > text + sizeof(text)))
					__atomic_add_fetch(&r->torn, 1, __ATOMIC_RELAXED);
			}
		}
		}
		if (at != NULL) {
			GoString v = load_string(at);
			if (v.len != 0 && (v.ptr < text || v.ptr + v.len > text + sizeof(text)))
				__atomic_add_fetch(&r->torn, 1, __ATOMIC_RELAXED);
		}
		if (code == FATAL_CONCURRENT_MAP_WRITE || code == FATAL_CONCURRENT_MAP_READ_WRITE ||
		    code == FATAL_CONCURRENT_MAP_ITERATE)
			__atomic_add_fetch(&r->conflicts, 1, __ATOMIC_RELAXED);
		else if (code != PANIC_NONE)
			abort();
	}
	free(g);
}

static void races_are_noticed_and_harmless(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	f->vm.worker_count = 4;
	f->vm.multi = true;
	Race r = {.f = f, .type = type_map(f, type_string(f), type_string(f))};
	assert_int_equal(map_new(f->g, r.type, 0, &r.map), PANIC_NONE);
	f->roots[0] = (uint64_t)r.map;
	/* On a busy machine the threads may run one after the other: then there is nothing to notice, and they race again. */
	for (int round = 0; round < 3 || (r.conflicts == 0 && round < 300); round++) {
		sched_stop_world(f->vm.workers[0]);
		sched_parallel(f->vm.workers[0], race, &r);
		sched_start_world(f->vm.workers[0]);
		fixture_collect(f);
	}
	assert_int_equal(r.torn, 0);
	assert_true(r.conflicts > 0);
	assert_in_range(map_len(r.map), 0, 64);
	fixture_free(f);
}
#endif

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_follow_the_model),
		cmocka_unit_test(fast_forms_agree),
		cmocka_unit_test(nil_maps_read_as_empty),
		cmocka_unit_test(unhashable_keys_panic),
		cmocka_unit_test(floats_follow_go),
		cmocka_unit_test(iteration_bears_changes),
		cmocka_unit_test(iteration_begins_anywhere),
		cmocka_unit_test(queues_stay_small),
		cmocka_unit_test(hostile_hints_are_ignored),
		cmocka_unit_test(races_are_noticed_and_harmless),
	};
	fixture_silence();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
