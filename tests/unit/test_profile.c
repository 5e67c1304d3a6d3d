/* SPDX-License-Identifier: MIT */
/* test_profile.c: settings of tools, the profile's message, figures: through the API, on real programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "include/gol.h"

typedef struct Text {
	char *ptr;
	size_t len;
} Text;

static void append(Text *t, const char *data, size_t len) {
	t->ptr = realloc(t->ptr, t->len + len + 1);
	assert_non_null(t->ptr);
	if (len)
		memcpy(t->ptr + t->len, data, len);
	t->len += len;
	t->ptr[t->len] = 0;
}

static void collect_output(void *user, int fd, const char *data, size_t len) {
	(void)fd;
	append(user, data, len);
}

static void collect_piece(void *user, const char *data, size_t len) { append(user, data, len); }

static GolVM *vm_new(Text *output) {
	GolConfig config = {.size = sizeof config, .user = output, .write = collect_output, .workers = 2};
	GolVM *vm;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	return vm;
}

static void run_text(GolVM *vm, const char *text) {
	GolProgram *program;
	assert_int_equal(gol_compile_text(vm, "test.gol", text, &program), GOL_OK);
	assert_int_equal(gol_run(vm, program), GOL_OK);
}

static const char work[] = "package main\n"
			   "type node struct{ next *node; n [6]int }\n"
			   "var kept *node\n"
			   "func busy() int { t := 0; for i := 0; i < 20000000; i++ { t += i % 7 }; return t }\n"
			   "func allocates() { for i := 0; i < 200000; i++ { kept = &node{n: [6]int{i}} } }\n"
			   "func main() { busy(); allocates() }\n";

static uint64_t varint(const Text *t, size_t *at) {
	uint64_t v = 0;
	for (int shift = 0;; shift += 7) {
		assert_true(*at < t->len);
		unsigned char c = (unsigned char)t->ptr[(*at)++];
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
}

/* Walks the message's fields; counts[field] is how often each came. True: a string of the table is `name`. */
static bool walk(const Text *t, uint32_t counts[16], const char *name) {
	bool found = false;
	for (size_t at = 0; at < t->len;) {
		uint64_t key = varint(t, &at), v = varint(t, &at);
		assert_true(key >> 3 < 16);
		counts[key >> 3]++;
		if ((key & 7) != 2)
			continue;
		assert_true(v <= t->len - at);
		found |= key >> 3 == 6 && v == strlen(name) && memcmp(t->ptr + at, name, v) == 0;
		at += v;
	}
	return found;
}

static void check_profile(GolVM *vm, GolProfile what, const char *name) {
	Text message = {0};
	uint32_t counts[16] = {0};
	assert_int_equal(gol_profile_write(vm, what, collect_piece, &message), GOL_OK);
	assert_true(walk(&message, counts, name));
	assert_int_equal(counts[1], 2);       /* sample types */
	assert_true(counts[2] > 0);           /* samples */
	assert_true(counts[4] >= counts[5]);  /* locations, functions */
	free(message.ptr);
}

static void test_profiles(void **state) {
	(void)state;
	Text output = {0};
	GolVM *vm = vm_new(&output);
	assert_int_equal(gol_profile(vm, GOL_PROFILE_CPU), GOL_OK);
	assert_int_equal(gol_profile(vm, GOL_PROFILE_MEMORY), GOL_OK);
	run_text(vm, work);
	check_profile(vm, GOL_PROFILE_CPU, "main.busy");
	check_profile(vm, GOL_PROFILE_MEMORY, "main.allocates");
	gol_vm_free(vm);
	free(output.ptr);
}

static void test_profile_not_asked_for(void **state) {
	(void)state;
	Text output = {0}, message = {0};
	GolVM *vm = vm_new(&output);
	run_text(vm, "println(1)");
	append(&message, "", 0);
	assert_int_equal(gol_profile_write(vm, GOL_PROFILE_CPU, collect_piece, &message), GOL_OK);
	assert_int_equal(message.len, 0);
	gol_vm_free(vm);
	free(message.ptr);
	free(output.ptr);
}

static void test_traces(void **state) {
	(void)state;
	Text output = {0};
	GolVM *vm = vm_new(&output);
	assert_int_equal(gol_tune(vm, "GODEBUG", "unknown=1,gctrace=1,schedtrace=1"), GOL_OK);
	run_text(vm, work);
	assert_non_null(strstr(output.ptr, "gc 1 @"));
	assert_non_null(strstr(output.ptr, " ms clock, "));
	assert_non_null(strstr(output.ptr, " MB goal, "));
	assert_non_null(strstr(output.ptr, "ms: gomaxprocs=2 idleprocs="));
	gol_vm_free(vm);
	free(output.ptr);
}

static void test_settings(void **state) {
	(void)state;
	Text output = {0};
	GolVM *vm = vm_new(&output);
	assert_int_equal(gol_tune(vm, "GOMEMLIMIT", "64MiB"), GOL_OK);
	assert_int_equal(gol_tune(vm, "GOGC", "50"), GOL_OK);
	assert_int_equal(gol_tune(vm, "GOMEMLIMIT", "much"), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_tune(vm, "GOGC", "fifty"), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_tune(vm, "HOME", "/"), GOL_ERROR_ARGUMENT);
	run_text(vm, "package main\nimport \"runtime/debug\"\n"
		     "func main() { println(debug.SetMemoryLimit(-1), debug.SetGCPercent(100)) }\n");
	assert_string_equal(output.ptr, "67108864 50\n");
	gol_vm_free(vm);
	free(output.ptr);
}

static void test_stats(void **state) {
	(void)state;
	Text output = {0}, stats = {0};
	GolVM *vm = vm_new(&output);
	run_text(vm, work);
	assert_int_equal(gol_stats(vm, collect_piece, &stats), GOL_OK);
	assert_non_null(strstr(stats.ptr, "collections: "));
	assert_non_null(strstr(stats.ptr, "worker 0: "));
	gol_vm_free(vm);
	free(stats.ptr);
	free(output.ptr);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),  cmocka_unit_test(test_profile_not_asked_for),
		cmocka_unit_test(test_traces),    cmocka_unit_test(test_settings),
		cmocka_unit_test(test_stats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
