/* SPDX-License-Identifier: MIT */
/* test_memory.c: every allocation refused in turn: an error status, no crash, nothing left behind. */
#include "api_host.h"

static GolAction host_make(GolCall *call, void *user) {
	(void)user;
	GolValue r = gol_result(call, 0);
	if (gol_make(r, 3) != GOL_OK || gol_put_string(gol_at(r, 0), "made", 4) != GOL_OK)
		return GOL_DONE;
	gol_put_string(gol_append(r), "more", 4);
	return GOL_DONE;
}

static GolAction host_object(GolCall *call, void *user) {
	(void)user;
	gol_host_new(gol_result(call, 0), NULL, NULL);
	return GOL_DONE;
}

static GolAction host_wait(GolCall *call, void *user) {
	(void)user;
	if (gol_woken(call, NULL))
		return GOL_DONE;
	GolParked *p = gol_park(call);
	if (!p)
		return GOL_DONE; /* which is not what becomes of it */
	gol_wake(p, NULL); /* before it parked */
	return GOL_PARK;
}

static const char text[] =
	"package main\nimport (\"fmt\"; \"strings\"; \"sync\"; \"host\")\n"
	"type T struct { A int; B []string; M map[string]int }\n"
	"func F(t T) (T, error) { t.B = append(t.B, host.Make()...); t.M[t.B[0]] = t.A; host.Wait(); host.New(); return t, fmt.Errorf(\"e%d\", t.A) }\n"
	"func main() {\n"
	"	var wg sync.WaitGroup\n	c := make(chan string, 2)\n"
	"	for i := range 5 { wg.Go(func() { c <- strings.Repeat(\"x\", i) }) }\n"
	"	go func() { wg.Wait(); close(c) }()\n"
	"	n := 0\n	for s := range c { n += len(s) }\n"
	"	defer func() { recover(); var f func(n int) int; f = func(n int) int { if n == 0 { return 0 }; return 1 + f(n-1) }; fmt.Println(n, f(3000)) }()\n"
	"	var p *T\n	p.A = 1\n"
	"}\n";

static bool failed_rightly(GolStatus status) { return status == GOL_ERROR_MEMORY || status == GOL_ERROR_LIMIT; }

/* GOL_OK, or the first failure; *step says where. */
#define TRY(e)                                                                                                         \
	do {                                                                                                           \
		++*step;                                                                                               \
		GolStatus status_ = (e);                                                                               \
		if (status_ != GOL_OK)                                                                                 \
			return status_;                                                                                \
	} while (0)

static GolStatus use(GolVM *vm, int *step) {
	GolProgram *p;
	const GolFunc *f;
	GolCall *c;
	GolRef *r;
	const char *s;
	size_t n;
	GolNative natives[] = {{"Make", host_make, NULL}, {"New", host_object, NULL}, {"Wait", host_wait, NULL}, {0}};
	TRY(gol_package_add(vm, "host", "type O struct { handle uintptr }\nfunc Make() []string\nfunc New() *O\nfunc Wait()\n", natives));
	TRY(gol_compile_text(vm, "t.go", text, &p));
	TRY(gol_run(vm, p));
	TRY(gol_func(vm, p, "F", &f));
	TRY(gol_call_open(vm, f, &c));
	TRY(gol_put_int(gol_field(gol_arg(c, 0), "A"), 7));
	TRY(gol_put_string(gol_append(gol_field(gol_arg(c, 0), "B")), "first", 5));
	TRY(gol_put_int(gol_key_string(gol_field(gol_arg(c, 0), "M"), "k", 1, 1), 1));
	TRY(gol_call_run(c));
	TRY(gol_get_error(gol_result(c, 1), &s, &n));
	TRY(gol_get_ref(gol_result(c, 0), &r));
	TRY(gol_compile_text(vm, "u.gol", "println(len(host.Make()))", &p));
	TRY(gol_run(vm, p));
	return GOL_OK;
}

/* count allocations fail from the n-th on. True: none did. */
static bool round_of(long n, long count) {
	Host h;
	GolConfig config = host_config(&h, 1);
	GolVM *vm = NULL;
	int step = 0;
	config.seed = 1;
	h.fail_from = n;
	h.fail_count = count;
	GolStatus status = gol_vm_new(&config, &vm);
	if (status == GOL_OK)
		status = use(vm, &step);
	bool reached = h.allocations >= n;
	if (status != GOL_OK && !failed_rightly(status))
		fail_msg("allocation %ld (%ld): step %d: %s: %s: %s", n, count, step, gol_status_name(status), gol_error(vm), h.err);
	if (!reached)
		assert_int_equal(status, GOL_OK);
	h.fail_from = 0;
	if (vm) { /* it is still good for something */
		h.out_len = 0;
		GolProgram *p;
		assert_int_equal(gol_compile_text(vm, "v.gol", "fmt.Print(6*7)", &p), GOL_OK);
		assert_int_equal(gol_run(vm, p), GOL_OK);
		assert_memory_equal(h.out, "42", 3);
	}
	gol_vm_free(vm);
	if (h.allocated)
		fail_msg("allocation %ld (%ld): step %d: %zu bytes left", n, count, step, h.allocated);
	return !reached;
}

static void test_one_fails(void **state) {
	(void)state;
	long n = 1;
	while (!round_of(n, 1))
		n++;
	assert_true(n > 30);
}

static void test_all_fail(void **state) {
	(void)state;
	long n = 1;
	while (!round_of(n, 1000000000))
		n++;
	assert_true(n > 30);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_fails), cmocka_unit_test(test_all_fail)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
