/* SPDX-License-Identifier: MIT */
/* test_base.c: memory, text, positions and threads of base/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/lz.h"
#include "base/diag.h"
#include "base/intern.h"
#include "base/thread.h"
#include "base/utf8.h"

/* ---- mem ---- */

static void test_mem_counts_and_caps(void **state) {
	(void)state;
	Mem mem;
	mem_init(&mem, NULL, NULL);
	mem.cap_bytes = 1000;
	void *a = mem_alloc(&mem, 600);
	assert_non_null(a);
	assert_null(mem_alloc(&mem, 401));
	assert_int_equal(mem.used_bytes, 600);
	a = mem_realloc(&mem, a, 600, 1000);
	assert_non_null(a);
	assert_null(mem_realloc(&mem, a, 1000, 1001));
	a = mem_realloc(&mem, a, 1000, 10);
	assert_int_equal(mem.used_bytes, 10);
	mem_free(&mem, a, 10);
	mem_free(&mem, NULL, 0);
	void *empty = mem_alloc(&mem, 0);
	assert_non_null(empty);
	mem_free(&mem, empty, 0);
	assert_int_equal(mem.used_bytes, 0);
}

static void *counting_hook(void *user, void *old, size_t old_size, size_t new_size) {
	*(size_t *)user += new_size - old_size;
	if (new_size == 0) {
		free(old);
		return NULL;
	}
	return realloc(old, new_size);
}

static void test_mem_hook_sees_everything(void **state) {
	(void)state;
	size_t live = 0;
	Mem mem;
	mem_init(&mem, counting_hook, &live);
	Arena arena;
	arena_init(&arena, &mem);
	for (int i = 0; i < 1000; i++) {
		uint64_t *p = arena_alloc(&arena, (size_t)(i % 100) + 8);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_int_equal(*p, 0);
		memset(p, 0xFF, (size_t)(i % 100) + 8);
	}
	assert_non_null(arena_alloc(&arena, 1 << 20));
	assert_true(live >= 1 << 20);
	assert_int_equal(live, mem.used_bytes);
	arena_deinit(&arena);
	assert_int_equal(live, 0);
}

static void test_arena_survives_refusal(void **state) {
	(void)state;
	Mem mem;
	mem_init(&mem, NULL, NULL);
	mem.cap_bytes = 10000;
	Arena arena;
	arena_init(&arena, &mem);
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(&arena, 100));
	assert_true(arena.failed);
	assert_true(mem.used_bytes <= 10000);
	arena_deinit(&arena);
	assert_int_equal(mem.used_bytes, 0);
}

static void test_vec_and_ptrmap(void **state) {
	(void)state;
	Mem mem;
	Arena arena;
	mem_init(&mem, NULL, NULL);
	arena_init(&arena, &mem);
	VEC(uint32_t) vec = {0};
	for (uint32_t i = 0; i < 1000; i++)
		VEC_PUSH(&arena, &vec, i * 3);
	assert_int_equal(vec.len, 1000);
	assert_int_equal(vec.items[999], 2997);
	PtrMap map = {0};
	assert_null(ptrmap_get(&map, &map));
	for (uint32_t i = 0; i < 1000; i++)
		ptrmap_put(&arena, &map, &vec.items[i], &vec.items[999 - i]);
	for (uint32_t i = 0; i < 1000; i++)
		assert_ptr_equal(ptrmap_get(&map, &vec.items[i]), &vec.items[999 - i]);
	ptrmap_put(&arena, &map, &vec.items[0], NULL);
	assert_null(ptrmap_get(&map, &vec.items[0]));
	assert_int_equal(map.len, 1000);
	assert_null(ptrmap_get(&map, &map));
	arena_deinit(&arena);
}

/* ---- buf, intern ---- */

static void test_buf(void **state) {
	(void)state;
	Mem mem;
	Buf buf;
	mem_init(&mem, NULL, NULL);
	buf_init(&buf, &mem);
	assert_string_equal(buf_cstr(&buf), "");
	buf_printf(&buf, "%d-%s", 42, "x");
	buf_put_rune(&buf, 0x20AC);
	buf_put_rune(&buf, 0xD800);
	assert_string_equal(buf_cstr(&buf), "42-x\xE2\x82\xAC\xEF\xBF\xBD");
	for (int i = 0; i < 1000; i++)
		buf_printf(&buf, "%0100d", i);
	assert_int_equal(buf.len, 4 + 3 + 3 + 100000);
	buf_deinit(&buf);
	mem.cap_bytes = 100;
	buf_printf(&buf, "%0200d", 1);
	assert_true(buf.failed);
	assert_string_equal(buf_cstr(&buf), "");
	buf_deinit(&buf);
	assert_int_equal(mem.used_bytes, 0);
}

static void test_intern(void **state) {
	(void)state;
	Mem mem;
	Arena arena;
	Interner in;
	mem_init(&mem, NULL, NULL);
	arena_init(&arena, &mem);
	interner_init(&in, &arena);
	Name *names[5000];
	char text[16];
	for (int i = 0; i < 5000; i++) {
		int len = snprintf(text, sizeof text, "name%d", i);
		names[i] = intern(&in, text, (size_t)len);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "name%d", i);
		assert_ptr_equal(intern_cstr(&in, text), names[i]);
	}
	assert_true(intern_cstr(&in, "Abc")->exported);
	assert_true(intern_cstr(&in, "\xC3\x84z")->exported); /* U+00C4 */
	assert_false(intern_cstr(&in, "abc")->exported);
	assert_false(intern_cstr(&in, "_")->exported);
	assert_false(intern_cstr(&in, "\xE4\xB8\x96")->exported); /* a letter without case */
	assert_string_equal(intern_cstr(&in, "abc")->text, "abc");
	arena_deinit(&arena);
}

/* ---- diag ---- */

typedef struct DiagFixture {
	Mem mem;
	Arena arena;
	SourceSet set;
	Buf out;
} DiagFixture;

static void diag_open(DiagFixture *f) {
	mem_init(&f->mem, NULL, NULL);
	arena_init(&f->arena, &f->mem);
	source_init(&f->set, &f->arena);
	buf_init(&f->out, &f->mem);
}

static void diag_close(DiagFixture *f) {
	buf_deinit(&f->out);
	arena_deinit(&f->arena);
	assert_int_equal(f->mem.used_bytes, 0);
}

static void test_positions(void **state) {
	(void)state;
	DiagFixture f;
	diag_open(&f);
	SourceFile *a = source_add(&f.set, "a.go", "one\ntwo\n\nfour", 13);
	SourceFile *b = source_add(&f.set, "b.go", "", 0);
	SourceFile *c = source_add(&f.set, "c.go", "x\n", 2);
	static const struct {
		uint32_t offset, line, column;
	} cases[] = {{0, 1, 1}, {3, 1, 4}, {4, 2, 1}, {8, 3, 1}, {9, 4, 1}, {13, 4, 5}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		Position p = source_position(&f.set, a->base + cases[i].offset);
		assert_string_equal(p.file, "a.go");
		assert_int_equal(p.line, cases[i].line);
		assert_int_equal(p.column, cases[i].column);
	}
	assert_ptr_equal(source_of(&f.set, b->base), b);
	assert_int_equal(source_position(&f.set, c->base + 2).line, 2);
	assert_null(source_of(&f.set, 0));
	assert_null(source_of(&f.set, c->base + 3));
	assert_int_equal(source_position(&f.set, 0).line, 0);
	diag_close(&f);
}

static void test_diagnostics(void **state) {
	(void)state;
	DiagFixture f;
	diag_open(&f);
	SourceFile *a = source_add(&f.set, "a.go", "a\tb\xE4\xB8\x96 c\nsecond\n", 16);
	diag_report(&f.set, SEVERITY_ERROR, 7, a->base + 10, 0, "later %d", 1);
	diag_report(&f.set, SEVERITY_ERROR, 0, a->base + 7, 0, "syntax error: one");
	diag_report(&f.set, SEVERITY_ERROR, 0, a->base + 3, 0, "syntax error: two");
	diag_report(&f.set, SEVERITY_WARNING, 7, a->base + 10, 0, "later %d", 1);
	diag_report(&f.set, SEVERITY_ERROR, 7, a->base + 10, 0, "later %d", 1);
	assert_int_equal(f.set.error_count, 2); /* one syntax error on a line; no repetition */
	diag_sort(&f.set);
	assert_int_equal(f.set.diagnostics.len, 3); /* and the warning is none */
	assert_int_equal(f.set.error_count, 2);
	diag_format(&f.set, &f.set.diagnostics.items[0], &f.out);
	assert_string_equal(buf_cstr(&f.out), "a.go:1:8: syntax error: one");
	f.out.len = 0;
	f.set.diagnostics.items[0].pos = a->base + 7;
	diag_excerpt(&f.set, &f.set.diagnostics.items[0], &f.out);
	assert_string_equal(buf_cstr(&f.out), "a\tb\xE4\xB8\x96 c\n \t    ^\n");
	diag_close(&f);
}

/* ---- utf8 ---- */

static void test_utf8_decode(void **state) {
	(void)state;
	static const struct {
		const char *bytes;
		int len, n;
		int32_t rune;
	} cases[] = {
		{"", 0, 0, RUNE_ERROR}, {"a", 1, 1, 'a'}, {"\0", 1, 1, 0}, {"\xC3\xA4", 2, 2, 0xE4},
		{"\xE2\x82\xAC", 3, 3, 0x20AC}, {"\xF0\x9F\x98\x80", 4, 4, 0x1F600}, {"\xEF\xBF\xBD", 3, 3, RUNE_ERROR},
		{"\xC3", 1, 1, RUNE_ERROR}, {"\xE2\x82", 2, 1, RUNE_ERROR}, {"\x80", 1, 1, RUNE_ERROR},
		{"\xC0\x80", 2, 1, RUNE_ERROR}, {"\xE0\x9F\xBF", 3, 1, RUNE_ERROR}, {"\xED\xA0\x80", 3, 1, RUNE_ERROR},
		{"\xF0\x8F\xBF\xBF", 4, 1, RUNE_ERROR}, {"\xF4\x90\x80\x80", 4, 1, RUNE_ERROR},
		{"\xFF", 1, 1, RUNE_ERROR},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int32_t rune;
		assert_int_equal(utf8_decode(cases[i].bytes, (size_t)cases[i].len, &rune), cases[i].n);
		assert_int_equal(rune, cases[i].rune);
		bool valid = cases[i].rune != RUNE_ERROR || cases[i].n == 3 || cases[i].len == 0;
		assert_int_equal(utf8_valid(cases[i].bytes, (size_t)cases[i].len), valid);
		if (!valid)
			continue;
		assert_int_equal(utf8_decode_last(cases[i].bytes, (size_t)cases[i].len, &rune), cases[i].n);
		assert_int_equal(rune, cases[i].rune);
	}
	int32_t rune;
	assert_int_equal(utf8_decode_last("ab\xE2\x82", 4, &rune), 1);
	assert_int_equal(rune, RUNE_ERROR);
	assert_int_equal(utf8_decode_last("a\x80\x80\x80\x80\x80", 6, &rune), 1);
	assert_int_equal(utf8_count("a\xE2\x82\xAC\xFF plain text behind", 23), 21);
}

static void test_utf8_encode_round_trip(void **state) {
	(void)state;
	for (int32_t r = 0; r <= 0x10FFFF; r++) {
		char bytes[4];
		int32_t back;
		int n = utf8_encode(r, bytes);
		assert_int_equal(utf8_decode(bytes, (size_t)n, &back), n);
		bool surrogate = r >= 0xD800 && r <= 0xDFFF;
		assert_int_equal(back, surrogate ? RUNE_ERROR : r);
		assert_int_equal(utf8_len(r), surrogate ? -1 : n);
	}
	char bytes[4];
	assert_int_equal(utf8_encode(-1, bytes), 3);
	assert_int_equal(utf8_encode(0x110000, bytes), 3);
	assert_int_equal(utf8_len(0x110000), -1);
}

/* Sums over all runes, computed with Go 1.23 (Unicode 15.0). */
static void test_rune_classes_match_go(void **state) {
	(void)state;
	static const struct {
		bool (*is)(int32_t);
		int count;
	} cases[] = {
		{rune_is_letter, 136104}, {rune_is_digit, 680}, {rune_is_number, 1831},
		{rune_is_upper, 1831}, {rune_is_lower, 2233}, {rune_is_title, 31},
		{rune_is_space, 25}, {rune_is_punct, 842}, {rune_is_symbol, 7770},
		{rune_is_mark, 2450}, {rune_is_control, 65}, {rune_is_graphic, 149014},
		{rune_is_print, 148998},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int count = 0;
		for (int32_t r = -2; r <= 0x110002; r++)
			count += cases[i].is(r);
		assert_int_equal(count, cases[i].count);
	}
	int64_t upper = 0, lower = 0, title = 0;
	for (int32_t r = 0; r <= 0x10FFFF; r++) {
		upper += (int64_t)(rune_to_upper(r) - r) * (r % 1009);
		lower += (int64_t)(rune_to_lower(r) - r) * (r % 1009);
		title += (int64_t)(rune_to_title(r) - r) * (r % 1009);
	}
	assert_true(upper == -1430603423 && lower == 624342112 && title == -1470811777);
	assert_int_equal(rune_to_upper(0xDF), 0xDF);
	assert_int_equal(rune_width('a'), 1);
	assert_int_equal(rune_width(0x4E16), 2);
	assert_int_equal(rune_width(0x301), 0);
}

/* ---- threads ---- */

typedef struct Shared {
	Lock lock;
	int64_t counter;
	Parker ping, pong;
} Shared;

enum { ROUNDS = 20000 };

static void *count_up(void *arg) {
	Shared *s = arg;
	for (int i = 0; i < ROUNDS; i++) {
		lock_acquire(&s->lock);
		s->counter++;
		lock_release(&s->lock);
	}
	return NULL;
}

static void test_unpacking(void **state) {
	(void)state;
	/* "abcd", then five bytes from four back: they repeat what they write; then 16 literals, whose number takes a second byte. */
	static const uint8_t packed[] = {0x41, 'a', 'b', 'c', 'd', 4, 0, 0xf0, 1, '0', '1', '2', '3',
					 '4',  '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
	static const char text[] = "abcdabcda0123456789ABCDEF";
	enum { LEN = sizeof text - 1 };
	LzDictionary none = {0};
	char out[LEN + 1] = "";
	assert_true(lz_unpack(packed, sizeof packed, none, out, LEN));
	assert_string_equal(out, text);
	for (size_t len = 0; len < sizeof packed; len++)
		assert_false(lz_unpack(packed, len, none, out, LEN));
	for (size_t len = 0; len < LEN; len++)
		assert_false(lz_unpack(packed, sizeof packed, none, out, len));
	static const uint8_t before[] = {0x10, 'a', 2, 0, 0}, nowhere[] = {0x10, 'a', 0, 0, 0}, endless[] = {0x1f, 'a', 1, 0, 255, 255, 255};
	assert_false(lz_unpack(before, sizeof before, none, out, 5));
	assert_false(lz_unpack(nowhere, sizeof nowhere, none, out, 5));
	assert_false(lz_unpack(endless, sizeof endless, none, out, 5));
}

/* Matches that stand in the dictionary, that end in the text, and that repeat both. */
static void test_unpacking_with_dictionary(void **state) {
	(void)state;
	static const LzDictionary dict = {"dictionary", 10};
	static const uint8_t packed[] = {0x16, '<', 11, 0, 0x11, '>', 3, 0, 0x19, '-', 20, 0, 0x50, 'a', 'b', 'c', 'd', 'e'};
	static const char text[] = "<dictionary>ry>ry-ry<dictionaryabcde", repeated[] = "ryxryxryab";
	enum { LEN = sizeof text - 1, REPEATED = sizeof repeated - 1 };
	char out[LEN + 1] = "";
	assert_true(lz_unpack(packed, sizeof packed, dict, out, LEN));
	assert_string_equal(out, text);
	for (size_t len = 0; len < sizeof packed; len++)
		assert_false(lz_unpack(packed, len, dict, out, LEN));
	static const uint8_t far[] = {0x10, 'a', 12, 0, 0}, first[] = {0x00, 10, 0, 0x50, 'a', 'b', 'c', 'd', 'e'};
	assert_false(lz_unpack(far, sizeof far, dict, out, 5));
	assert_true(lz_unpack(first, sizeof first, dict, out, 9));
	assert_memory_equal(out, "dictabcde", 9);
	static const LzDictionary little = {"ryx", 3};
	static const uint8_t wide[] = {0x04, 3, 0, 0x20, 'a', 'b'};
	memset(out, 0, sizeof out);
	assert_true(lz_unpack(wide, sizeof wide, little, out, REPEATED));
	assert_string_equal(out, repeated);
}

static void test_lock_excludes(void **state) {
	(void)state;
	Shared s = {0};
	Thread threads[4];
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_true(thread_start(&threads[i], count_up, &s, 64 << 10));
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		thread_join(&threads[i]);
	assert_int_equal(s.counter, ROUNDS * (int64_t)COUNT_OF(threads));
	assert_true(lock_try(&s.lock));
	assert_false(lock_try(&s.lock));
	lock_release(&s.lock);
}

static void *answer(void *arg) {
	Shared *s = arg;
	for (int i = 0; i < 1000; i++) {
		parker_park(&s->ping, -1);
		s->counter++;
		parker_unpark(&s->pong);
	}
	return NULL;
}

static void test_parker(void **state) {
	(void)state;
	Shared s = {0};
	parker_unpark(&s.ping); /* remembered, once */
	parker_unpark(&s.ping);
	assert_true(parker_park(&s.ping, 0));
	int64_t start = clock_monotonic_ns();
	assert_false(parker_park(&s.ping, 2000000));
	assert_true(clock_monotonic_ns() - start >= 2000000);
	Thread t;
	assert_true(thread_start(&t, answer, &s, 0));
	for (int i = 0; i < 1000; i++) {
		parker_unpark(&s.ping);
		assert_true(parker_park(&s.pong, 150000000000));
		assert_int_equal(s.counter, i + 1);
	}
	thread_join(&t);
}

static void test_machine(void **state) {
	(void)state;
	assert_true(thread_cpu_count() >= 1);
	assert_true(clock_wall_ns() > 1700000000 * INT64_C(1000000000));
	int64_t earlier = clock_monotonic_ns();
	assert_true(clock_monotonic_ns() >= earlier);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mem_counts_and_caps),
		cmocka_unit_test(test_mem_hook_sees_everything),
		cmocka_unit_test(test_arena_survives_refusal),
		cmocka_unit_test(test_vec_and_ptrmap),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_intern),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_diagnostics),
		cmocka_unit_test(test_utf8_decode),
		cmocka_unit_test(test_utf8_encode_round_trip),
		cmocka_unit_test(test_rune_classes_match_go),
		cmocka_unit_test(test_unpacking),
		cmocka_unit_test(test_unpacking_with_dictionary),
		cmocka_unit_test(test_lock_excludes),
		cmocka_unit_test(test_parker),
		cmocka_unit_test(test_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
