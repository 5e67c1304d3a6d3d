/* SPDX-License-Identifier: MIT */
/* test_values.c: strings, slices, equality, hashing, interfaces, moving values between layouts. */
#include <math.h>

#include "heap_fixture.h"

static void assert_text(GoString s, const char *want) {
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(s.ptr, want, strlen(want));
}

/* ---- strings ---- */

static void strings_are_made(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	Goroutine *g = f->g;
	GoString s, parts[4] = {STRING("ab"), STRING(""), STRING("cde"), STRING("f")};
	assert_int_equal(string_new(g, "hello", 5, &s), PANIC_NONE);
	assert_text(s, "hello");
	assert_int_equal(string_new(g, "", 0, &s), PANIC_NONE);
	assert_int_equal(s.len, 0);
	assert_int_equal(string_concat(g, parts[0], parts[2], &s), PANIC_NONE);
	assert_text(s, "abcde");
	assert_int_equal(string_concat(g, parts[0], parts[1], &s), PANIC_NONE);
	assert_ptr_equal(s.ptr, parts[0].ptr);
	assert_int_equal(string_concat_n(g, parts, 4, &s), PANIC_NONE);
	assert_text(s, "abcdef");
	assert_int_equal(string_concat_n(g, parts + 1, 1, &s), PANIC_NONE);
	assert_int_equal(s.len, 0);
	assert_int_equal(string_concat_n(g, parts, 2, &s), PANIC_NONE);
	assert_ptr_equal(s.ptr, parts[0].ptr);
	fixture_free(f);
}

static void runes_and_bytes_convert(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	Goroutine *g = f->g;
	GoString s;
	GoSlice b;
	static const struct { int64_t rune; const char *text; } runes[] = {
		{'a', "a"}, {0xe9, "é"}, {0x4e16, "世"}, {0x1f600, "😀"}, {-1, "\uFFFD"}, {0xd800, "\uFFFD"},
		{0x110000, "\uFFFD"}, {INT64_MAX, "\uFFFD"}, {0x100000041, "\uFFFD"},
	};
	for (size_t i = 0; i < COUNT_OF(runes); i++) {
		assert_int_equal(string_from_rune(g, runes[i].rune, &s), PANIC_NONE);
		assert_text(s, runes[i].text);
	}
	assert_int_equal(runes_from_string(g, STRING("a\xff世"), &b), PANIC_NONE);
	assert_int_equal(b.len, 3);
	assert_int_equal(((int32_t *)b.ptr)[1], 0xFFFD);
	assert_int_equal(((int32_t *)b.ptr)[2], 0x4e16);
	assert_int_equal(string_from_runes(g, b, &s), PANIC_NONE);
	assert_text(s, "a\uFFFD世");
	assert_int_equal(bytes_from_string(g, STRING("hello"), &b), PANIC_NONE);
	assert_int_equal(b.len, 5);
	assert_int_equal(b.cap, 8);
	((char *)b.ptr)[0] = 'j';
	assert_int_equal(string_from_bytes(g, b, &s), PANIC_NONE);
	assert_text(s, "jello");
	((char *)b.ptr)[0] = 'h';
	assert_text(s, "jello");
	assert_int_equal(bytes_from_string(g, STRING(""), &b), PANIC_NONE);
	assert_int_equal(b.len, 0);
	assert_non_null(b.ptr); /* []byte("") is not nil */
	b.len = b.cap = 0;
	assert_int_equal(string_from_bytes(g, b, &s), PANIC_NONE);
	assert_int_equal(s.len, 0);
	fixture_free(f);
}

static void strings_compare(void **state) {
	(void)state;
	assert_true(string_compare(STRING("a"), STRING("b")) < 0);
	assert_true(string_compare(STRING("ab"), STRING("a")) > 0);
	assert_true(string_compare(STRING("\xff"), STRING("a")) > 0);
	assert_int_equal(string_compare(STRING(""), (GoString){0}), 0);
	assert_true(string_equal((GoString){0}, STRING("")));
	assert_false(string_equal(STRING("ab"), STRING("ac")));
}

/* ---- slices ---- */

/* Capacities as Go 1.22 and later print them when appending one element at a time. */
static void append_grows_as_go(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	static const uint32_t ints[] = {
		1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280, 1792, 2560, 3408, 5120, 7168, 9216, 12288, 16384};
	static const uint32_t bytes[] = {
		8, 16, 32, 64, 128, 256, 512, 896, 1408, 2048, 3072, 4096, 5376, 6912, 9472, 12288};
	static const uint32_t strings[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280};
	const TypeDesc *types[] = {type_int(f), fixture_type(f, KIND_UINT8, 1, 1, PLAIN, 0), type_string(f)};
	const uint32_t *caps[] = {ints, bytes, strings};
	const size_t counts[] = {COUNT_OF(ints), COUNT_OF(bytes), COUNT_OF(strings)};
	for (int k = 0; k < 2; k++) {
		GoSlice s = {0};
		for (size_t i = 0; i < counts[k]; i++) {
			assert_int_equal(slice_grow(f->g, types[k], s, 1, &s), PANIC_NONE);
			if (s.cap != caps[k][i])
				fail_msg("type %d step %zu: cap %u, want %u", k, i, s.cap, caps[k][i]);
			s.len = s.cap;
		}
	}
	GoSlice s = {0}; /* strings hold pointers: up to 512 bytes as above */
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(slice_grow(f->g, types[2], s, 1, &s), PANIC_NONE);
		assert_int_equal(s.cap, caps[2][i]);
		s.len = s.cap;
	}
	s = (GoSlice){0};
	assert_int_equal(slice_grow(f->g, types[0], s, 5, &s), PANIC_NONE);
	assert_int_equal(s.cap, 6); /* append([]int(nil), 1, 2, 3, 4, 5) */
	fixture_free(f);
}

static void append_keeps_and_clears(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	const TypeDesc *types[] = {type_int(f), type_string(f)};
	for (int k = 0; k < 2; k++) {
		size_t size = types[k]->size;
		GoSlice s = {0};
		for (uint64_t i = 0; i < 3000; i++) {
			assert_int_equal(slice_grow(f->g, types[k], s, 1, &s), PANIC_NONE);
			uint64_t *at = (uint64_t *)((char *)s.ptr + s.len * size);
			for (char *p = (char *)at; p < (char *)s.ptr + s.cap * size; p++)
				assert_int_equal(*p, 0);
			*(uint64_t *)((char *)s.ptr + s.len++ * size) = i * 8;
		}
		for (uint64_t i = 0; i < 3000; i++)
			assert_int_equal(*(uint64_t *)((char *)s.ptr + i * size), i * 8);
		GoSlice twice;
		assert_int_equal(slice_append(f->g, types[k], s, s, &twice), PANIC_NONE);
		assert_int_equal(twice.len, 6000);
		assert_int_equal(*(uint64_t *)((char *)twice.ptr + 5999 * size), 2999 * 8);
		GoSlice part = {(char *)twice.ptr + 10 * size, 100, 100}, from = {twice.ptr, 200, 200};
		assert_int_equal(slice_copy(f->g, types[k], part, from), 100); /* overlapping */
		for (uint64_t i = 0; i < 100; i++)
			assert_int_equal(*(uint64_t *)((char *)part.ptr + i * size), i * 8);
	}
	fixture_free(f);
}

static void sizes_are_checked(void **state) {
	(void)state;
	Fixture *f = fixture_new(256 << 20);
	const TypeDesc *word = type_int(f), *empty = fixture_type(f, KIND_STRUCT, 0, 1, PLAIN | DESC_AGGREGATE, 0);
	GoSlice s;
	assert_int_equal(slice_make(f->g, word, -1, -1, &s), PANIC_MAKE_SLICE_LEN);
	assert_int_equal(slice_make(f->g, word, 1ll << 31, 1ll << 31, &s), PANIC_MAKE_SLICE_LEN);
	assert_int_equal(slice_make(f->g, word, 5, 4, &s), PANIC_MAKE_SLICE_CAP);
	assert_int_equal(slice_make(f->g, word, 5, 1ll << 40, &s), PANIC_MAKE_SLICE_CAP);
	assert_int_equal(slice_make(f->g, word, 1 << 30, 1 << 30, &s), FATAL_OUT_OF_MEMORY);
	assert_int_equal(slice_make(f->g, empty, MAX_SLICE_LEN, MAX_SLICE_LEN, &s), PANIC_NONE);
	assert_non_null(s.ptr);
	GoSlice t;
	assert_int_equal(slice_grow(f->g, empty, s, 1, &t), PANIC_GROW_SLICE);
	assert_int_equal(slice_append(f->g, empty, s, s, &t), PANIC_GROW_SLICE);
	assert_int_equal(slice_make(f->g, word, 0, 0, &s), PANIC_NONE);
	assert_non_null(s.ptr); /* make([]int, 0) is not nil */
	fixture_free(f);
}

/* ---- equality and hashing ---- */

static FieldDesc *fields_of(Fixture *f, TypeDesc *t, uint32_t count) {
	FieldDesc *fields = ARENA_ARRAY(&f->arena, FieldDesc, count);
	t->fields = fields;
	t->field_count = count;
	return fields;
}

static void interfaces_compare(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	const TypeDesc *integer = type_int(f), *text = type_string(f), *real = type_float64(f);
	TypeDesc *slice = type_slice(f, integer);
	const TypeDesc *bad = NULL;
	Slot s[2] __attribute__((aligned(16)));
	GoIface a, b;
	*(GoString *)s = STRING("hello");
	assert_int_equal(iface_make(f->g, text, s, &a), PANIC_NONE);
	assert_int_equal(iface_make(f->g, text, s, &b), PANIC_NONE);
	assert_ptr_not_equal(a.data.p, b.data.p);
	assert_true(equal_iface(f->g, a, b, &bad));
	assert_int_equal(hash_slots(f->g, type_any(f), (Slot *)&a, 7, &bad), hash_slots(f->g, type_any(f), (Slot *)&b, 7, &bad));
	assert_false(equal_iface(f->g, a, (GoIface){0}, &bad));
	assert_true(equal_iface(f->g, (GoIface){0}, (GoIface){0}, &bad));
	assert_false(equal_iface(f->g, (GoIface){integer, {.u = 1}}, (GoIface){real, {.u = 1}}, &bad));
	assert_true(equal_iface(f->g, (GoIface){integer, {.u = 1}}, (GoIface){integer, {.u = 1}}, &bad));
	assert_true(equal_iface(f->g, (GoIface){real, {.f = 0.0}}, (GoIface){real, {.f = -0.0}}, &bad));
	assert_false(equal_iface(f->g, (GoIface){real, {.f = NAN}}, (GoIface){real, {.f = NAN}}, &bad));
	assert_null(bad);
	a = (GoIface){slice, {.p = heap_new_bytes(f->g, 16)}};
	assert_false(equal_iface(f->g, a, (GoIface){integer, {.u = 1}}, &bad)); /* different types: no panic */
	assert_null(bad);
	assert_false(equal_iface(f->g, a, a, &bad));
	assert_ptr_equal(bad, slice);
	fixture_free(f);
}

static void structs_compare(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	/* struct { a int32; _ int32; s string; x float64 } */
	TypeDesc *t = fixture_type(f, KIND_STRUCT, 48, 16, DESC_COMPARABLE | DESC_POINTERS | DESC_AGGREGATE, 4);
	FieldDesc *fields = fields_of(f, t, 4);
	const TypeDesc *narrow = fixture_type(f, KIND_INT32, 4, 4, PLAIN, 0);
	fields[0] = (FieldDesc){.name = "a", .type = narrow, .offset = 0};
	fields[1] = (FieldDesc){.name = "_", .type = narrow, .offset = 4};
	fields[2] = (FieldDesc){.name = "s", .type = type_string(f), .offset = 16};
	fields[3] = (FieldDesc){.name = "x", .type = type_float64(f), .offset = 32};
	struct {
		int32_t a, blank;
		int64_t pad;
		GoString s;
		double x;
		int64_t pad2;
	} v = {1, 2, 3, STRING("abc"), 0.0, 4}, w = v;
	const TypeDesc *bad = NULL;
	char copy[] = "abc";
	w.blank = 77, w.pad = 88, w.pad2 = 99, w.x = -0.0, w.s.ptr = copy;
	assert_true(equal_memory(f->g, t, &v, &w, &bad));
	assert_int_equal(hash_slots(f->g, t, (Slot *)&v, 3, &bad), hash_slots(f->g, t, (Slot *)&w, 3, &bad));
	w.a = 2;
	assert_false(equal_memory(f->g, t, &v, &w, &bad));
	w.a = 1, w.x = 1;
	assert_false(equal_memory(f->g, t, &v, &w, &bad));
	w.x = 0, copy[1] = 'x';
	assert_false(equal_memory(f->g, t, &v, &w, &bad));
	v.x = w.x = NAN, copy[1] = 'b';
	assert_false(equal_memory(f->g, t, &v, &v, &bad));
	/* [3]float64 */
	TypeDesc *array = fixture_type(f, KIND_ARRAY, 24, 8, DESC_COMPARABLE | DESC_AGGREGATE, 0);
	array->elem = type_float64(f);
	array->length = 3;
	double p[] = {1, 0.0, 3}, q[] = {1, -0.0, 3};
	assert_true(equal_memory(f->g, array, p, q, &bad));
	assert_int_equal(hash_slots(f->g, array, (Slot *)p, 3, &bad), hash_slots(f->g, array, (Slot *)q, 3, &bad));
	q[2] = 4;
	assert_false(equal_memory(f->g, array, p, q, &bad));
	assert_null(bad);
	fixture_free(f);
}

/* type T struct { n int; x any }, nested a million deep: no C recursion for the last member, a bound for others. */
static void nesting_does_not_overflow(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	for (int last = 0; last < 2; last++) {
		TypeDesc *t = fixture_type(
			f, KIND_STRUCT, 32, 16, DESC_COMPARABLE | DESC_POINTERS | DESC_AGGREGATE, last ? 8 : 2);
		FieldDesc *fields = fields_of(f, t, 2);
		fields[!last] = (FieldDesc){.name = "n", .type = type_int(f), .offset = last ? 0 : 16};
		fields[last] = (FieldDesc){.name = "x", .type = type_any(f), .offset = last ? 16 : 0};
		GoIface chain[2] = {{0}, {0}};
		for (int i = 0; i < 1000000; i++)
			for (int k = 0; k < 2; k++) {
				char *box = heap_new(f->g, t);
				store_iface(box + fields[last].offset, chain[k]);
				chain[k] = (GoIface){t, {.p = box}};
			}
		const TypeDesc *bad = NULL;
		bool equal = equal_iface(f->g, chain[0], chain[1], &bad);
		assert_int_equal(equal, last);
		assert_true((bad == NULL) == equal);
		bad = NULL;
		hash_slots(f->g, type_any(f), (Slot *)&chain[0], 1, &bad);
		assert_true((bad == NULL) == equal);
	}
	fixture_free(f);
}

static void hashes_spread(void **state) {
	(void)state;
	char text[100];
	memset(text, 'a', sizeof(text));
	uint64_t seen[300];
	uint32_t count = 0;
	for (size_t len = 0; len <= 100; len++) {
		seen[count++] = hash_bytes(text, len, 1);
		if (len > 0) {
			text[len - 1] ^= 1;
			seen[count++] = hash_bytes(text, len, 1);
			text[len - 1] ^= 1;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_true(seen[i] != seen[k]);
	assert_true(hash_bytes(text, 50, 1) != hash_bytes(text, 50, 2));
}

/* ---- moving values ---- */

static void scalars_extend(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	static const struct { Kind kind; uint8_t size; uint64_t in, out; } rows[] = {
		{KIND_INT8, 1, 0xff, UINT64_MAX}, {KIND_UINT8, 1, 0xff, 0xff}, {KIND_BOOL, 1, 1, 1},
		{KIND_INT16, 2, 0x8000, 0xffffffffffff8000}, {KIND_UINT16, 2, 0x8000, 0x8000},
		{KIND_INT32, 4, 0x80000000, 0xffffffff80000000}, {KIND_UINT32, 4, 0x80000000, 0x80000000},
		{KIND_FLOAT32, 4, 0x3f800000, 0x3f800000}, {KIND_INT64, 8, 1ull << 63, 1ull << 63},
		{KIND_COMPLEX64, 8, 0x3f80000040000000, 0x3f80000040000000},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		TypeDesc *t = fixture_type(f, rows[i].kind, rows[i].size, rows[i].size, PLAIN, 0);
		Slot slot = {.u = 0x5555555555555555};
		uint64_t memory[2] = {rows[i].in, 0x77}, back = 0;
		value_load(t, &slot, memory);
		assert_int_equal(slot.u, rows[i].out);
		value_store(t, &back, &slot);
		assert_int_equal(back, rows[i].in);
		GoIface v;
		assert_int_equal(iface_make(f->g, t, &slot, &v), PANIC_NONE);
		Slot unboxed = {0};
		iface_value(v, &unboxed);
		assert_int_equal(unboxed.u, rows[i].out);
	}
	fixture_free(f);
}

static void values_copy_and_clear(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	TypeDesc *words = fixture_type(f, KIND_STRUCT, 24, 8, DESC_POINTERS | DESC_AGGREGATE, 5);
	TypeDesc *pairs = fixture_type(f, KIND_STRUCT, 48, 16, DESC_POINTERS | DESC_AGGREGATE, 5);
	TypeDesc *plain = fixture_type(f, KIND_STRUCT, 12, 4, DESC_AGGREGATE, 0);
	const TypeDesc *types[] = {words, pairs, plain};
	for (int k = 0; k < 3; k++) {
		unsigned char area[1024] __attribute__((aligned(16))), want[1024];
		size_t size = types[k]->size;
		for (int shift = -2; shift <= 2; shift++) {
			for (size_t i = 0; i < sizeof(area); i++)
				area[i] = want[i] = (unsigned char)(i * 7);
			size_t from = 480 / size * size, to = (size_t)((long)from + shift * (long)size);
			from = from / 48 * 48, to = from + (size_t)(shift * (long)size);
			memmove(want + to, want + from, 5 * size);
			value_copy_array(types[k], area + to, area + from, 5);
			assert_memory_equal(area, want, sizeof(area));
		}
		memset(want + 96, 0, size);
		memset(area + 96, 0xff, size);
		for (size_t i = 0; i < sizeof(area); i++)
			if (i < 96 || i >= 96 + size)
				area[i] = want[i];
		value_zero(types[k], area + 96);
		assert_memory_equal(area, want, sizeof(area));
	}
	fixture_free(f);
}

static void methods_are_found(void **state) {
	(void)state;
	Fixture *f = fixture_new(0);
	static const TypeDesc signature = {.kind = KIND_FUNC}, other = {.kind = KIND_FUNC, .hash = 1};
	static const MethodKey keys[] = {{"Close", "", &signature, 1, 0}, {"Read", "", &signature, 2, 1},
		{"Write", "", &signature, 3, 2}, {"close", "main", &signature, 4, 3}, {"close", "other", &signature, 5, 4},
		{"Read", "", &other, 2, 5}};
	const MethodDesc all[] = {{&keys[0], &signature, NULL, false, true}, {&keys[1], &signature, NULL, false, true},
		{&keys[3], &signature, NULL, false, false}};
	const MethodDesc reader[] = {{&keys[1], &signature, NULL, false, true}};
	const MethodDesc writer[] = {
		{&keys[1], &signature, NULL, false, true}, {&keys[2], &signature, NULL, false, true}};
	const MethodDesc strange[] = {{&keys[5], &other, NULL, false, true}},
			 foreign[] = {{&keys[4], &signature, NULL, false, false}};
	TypeDesc type = {.methods = all, .method_count = 3}, r = {.methods = reader, .method_count = 1, .hash = 1};
	TypeDesc w = {.methods = writer, .method_count = 2, .hash = 2},
		 s = {.methods = strange, .method_count = 1, .hash = 3};
	TypeDesc p = {.methods = foreign, .method_count = 1, .hash = 4}, none = {.hash = 5};
	assert_ptr_equal(type_find_method(&type, &keys[1]), &all[1]);
	assert_ptr_equal(type_find_method(&type, &keys[3]), &all[2]);
	assert_null(type_find_method(&type, &keys[2]));
	assert_null(type_find_method(&type, &keys[4]));
	assert_null(type_find_method(&type, &keys[5])); /* the name alone is not enough */
	for (int i = 0; i < 3; i++) { /* cold, then from the cache */
		assert_null(iface_missing_method(&f->vm, &type, &r));
		assert_ptr_equal(iface_missing_method(&f->vm, &type, &w), &writer[1]);
		assert_ptr_equal(iface_missing_method(&f->vm, &type, &s), &strange[0]);
		assert_ptr_equal(iface_missing_method(&f->vm, &type, &p), &foreign[0]);
		assert_null(iface_missing_method(&f->vm, &type, &none));
		assert_ptr_equal(iface_missing_method(&f->vm, &none, &r), &reader[0]);
	}
	fixture_free(f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_made),
		cmocka_unit_test(runes_and_bytes_convert),
		cmocka_unit_test(strings_compare),
		cmocka_unit_test(append_grows_as_go),
		cmocka_unit_test(append_keeps_and_clears),
		cmocka_unit_test(sizes_are_checked),
		cmocka_unit_test(interfaces_compare),
		cmocka_unit_test(structs_compare),
		cmocka_unit_test(nesting_does_not_overflow),
		cmocka_unit_test(hashes_spread),
		cmocka_unit_test(scalars_extend),
		cmocka_unit_test(values_copy_and_clear),
		cmocka_unit_test(methods_are_found),
	};
	fixture_silence();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
