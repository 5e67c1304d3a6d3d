/* SPDX-License-Identifier: MIT */
/* test_trace.c: events of goroutines and channels, pausing and stepping. */
#include "api_host.h"

#define OK(e) assert_int_equal(e, GOL_OK)

typedef struct Lines {
	char text[65536];
	size_t len;
	int count;
	uint64_t only; /* goroutine; 0: all */
} Lines;

static void add_line(void *user, const GolEvent *e) {
	Lines *l = user;
	char line[300];
	assert_true(gol_event_text(e, line, sizeof line) < sizeof line);
	__atomic_add_fetch(&l->count, 1, __ATOMIC_RELAXED);
	if (l->only && e->goroutine != l->only)
		return;
	if (l->len + sizeof line < sizeof l->text)
		l->len += (size_t)sprintf(l->text + l->len, "%s\n", line);
}

static void trace_is(uint64_t only, const char *text, const char *expected) {
	Host h;
	GolVM *vm = host_vm(&h, 1);
	Lines *l = calloc(1, sizeof *l);
	GolProgram *program = host_compile(&h, vm, text);
	l->only = only;
	OK(gol_trace(vm, add_line, l));
	OK(gol_run(vm, program));
	OK(gol_trace(vm, NULL, NULL));
	assert_string_equal(l->text, expected);
	int count = l->count;
	OK(gol_run(vm, program));
	assert_int_equal(l->count, count);
	free(l);
	host_free(&h, vm);
}

static void test_events(void **state) {
	(void)state;
	trace_is(0,
		"package main\nvar c = make(chan int)\nfunc main() {\n\tgo func() {\n\t\tc <- 42\n\t}()\n\t<-c\n\tclose(c)\n\t<-c\n}\n",
		"a timer or the host created goroutine 1\n"
		"goroutine 1 created goroutine 2 at test.gol:6\n"
		"goroutine 1 waits: chan receive on c at test.gol:7\n"
		"goroutine 2 sent 42 to c at test.gol:5\n"
		"goroutine 1 received 42 from c at test.gol:7\n"
		"goroutine 1 woke from chan receive, by goroutine 2 at test.gol:7\n"
		"goroutine 2 ended\n"
		"goroutine 1 closed c at test.gol:8\n"
		"goroutine 1 received from c (closed) at test.gol:9\n"
		"goroutine 1 ended\n");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
