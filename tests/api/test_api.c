/* SPDX-License-Identifier: MIT */
/* test_api.c: the embedding interface, through include/gol.h alone. */
#include <gol.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Host {
	char out[4096], err[65536];
	size_t out_len, err_len;
	int errors, warnings;
	char first[256];
	size_t allocated; /* atomic */
} Host;

static void host_write(void *user, int fd, const char *data, size_t len) {
	Host *h = user;
	char *to = fd == 1 ? h->out : h->err;
	size_t *n = fd == 1 ? &h->out_len : &h->err_len, cap = fd == 1 ? sizeof h->out : sizeof h->err;
	if (*n + len < cap) {
		memcpy(to + *n, data, len);
		*n += len;
		to[*n] = 0;
	}
}

static void host_diagnostic(void *user, const GolDiagnostic *d) {
	Host *h = user;
	if (h->errors + h->warnings == 0)
		snprintf(h->first, sizeof h->first, "%s:%u:%u: %s", d->file, d->line, d->column, d->message);
	*(d->is_warning ? &h->warnings : &h->errors) += 1;
}

static void *host_allocate(void *user, void *old, size_t old_size, size_t new_size) {
	Host *h = user;
	__atomic_fetch_add(&h->allocated, new_size - old_size, __ATOMIC_RELAXED);
	if (new_size == 0) {
		free(old);
		return NULL;
	}
	return realloc(old, new_size);
}

static GolVM *new_vm_that_may(Host *h, uint32_t workers, const GolLimits *limits, uint32_t allow) {
	memset(h, 0, sizeof *h);
	GolConfig config = {
		.size = sizeof config,
		.user = h,
		.allocate = host_allocate,
		.write = host_write,
		.diagnostic = host_diagnostic,
		.workers = workers,
		.allow = allow,
	};
	if (limits)
		config.limits = *limits;
	GolVM *vm;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	assert_ptr_equal(gol_userdata(vm), h);
	return vm;
}

static GolVM *new_vm(Host *h, uint32_t workers, const GolLimits *limits) { return new_vm_that_may(h, workers, limits, 0); }

static void free_vm(Host *h, GolVM *vm) {
	gol_vm_free(vm);
	assert_int_equal(h->allocated, 0);
}

static GolStatus run_text(GolVM *vm, const char *text) {
	GolProgram *program;
	GolStatus status = gol_compile_text(vm, "test.gol", text, &program);
	return status == GOL_OK ? gol_run(vm, program) : status;
}

static void test_arguments(void **state) {
	(void)state;
	GolVM *vm;
	GolConfig config = {0};
	assert_int_equal(gol_vm_new(NULL, &vm), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_vm_new(&config, &vm), GOL_ERROR_ARGUMENT);
	assert_null(vm);
	gol_vm_free(NULL);
	Host h;
	vm = new_vm(&h, 1, NULL);
	GolProgram *program;
	assert_int_equal(gol_compile(vm, NULL, 1, NULL, &program), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_run(vm, NULL), GOL_ERROR_ARGUMENT);
	free_vm(&h, vm);
}

static void test_output_and_reuse(void **state) {
	(void)state;
	Host h;
	GolVM *vm = new_vm(&h, 2, NULL);
	assert_int_equal(run_text(vm, "fmt.Println(1 + 2)\nfmt.Fprintln(os.Stderr, \"e\")"), GOL_OK);
	assert_string_equal(h.out, "3\n");
	assert_string_equal(h.err, "e\n");
	assert_int_equal(gol_exit_code(vm), 0);
	GolProgram *program;
	assert_int_equal(gol_compile_text(vm, "n.gol", "n := 1\nn++\nfmt.Print(n, \" \")", &program), GOL_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(gol_run(vm, program), GOL_OK);
	assert_string_equal(h.out, "3\n2 2 2 ");
	free_vm(&h, vm);
}

static void test_compile_errors(void **state) {
	(void)state;
	Host h;
	GolVM *vm = new_vm(&h, 1, NULL);
	assert_int_equal(run_text(vm, "var x int = \"s\"\nvar y = undefinedName\n"), GOL_ERROR_COMPILE);
	assert_int_equal(h.errors, 2);
	assert_string_equal(h.first, "test.gol:1:13: cannot use \"s\" (untyped string constant) as int value in variable declaration");
	h.errors = 0;
	assert_int_equal(run_text(vm, "x := (1 +\n"), GOL_ERROR_COMPILE);
	assert_true(h.errors > 0);
	assert_int_equal(run_text(vm, "fmt.Println(\"still works\")"), GOL_OK);
	assert_string_equal(h.out, "still works\n");
	free_vm(&h, vm);
}

static void test_endings(void **state) {
	(void)state;
	Host h;
	GolVM *vm = new_vm(&h, 2, NULL);
	assert_int_equal(run_text(vm, "panic(\"boom\")"), GOL_ERROR_PANIC);
	assert_string_equal(gol_error(vm), "panic: boom");
	assert_int_equal(gol_exit_code(vm), 2);
	assert_non_null(strstr(h.err, "goroutine 1 [running]:"));
	assert_int_equal(run_text(vm, "os.Exit(7)"), GOL_EXIT);
	assert_int_equal(gol_exit_code(vm), 7);
	assert_int_equal(run_text(vm, "<-make(chan int)"), GOL_ERROR_DEADLOCK);
	assert_int_equal(run_text(vm, "var mu sync.Mutex\nmu.Unlock()"), GOL_ERROR_FATAL);
	assert_int_equal(run_text(vm, "println(1)"), GOL_OK);
	free_vm(&h, vm);
}

static void test_limits(void **state) {
	(void)state;
	Host h;
	GolLimits limits = {.memory_bytes = 64 << 20};
	GolVM *vm = new_vm(&h, 2, &limits);
	GolStatus status = run_text(vm, "var keep [][]byte\nfor {\nkeep = append(keep, make([]byte, 1<<20))\n}");
	assert_true(status == GOL_ERROR_LIMIT || status == GOL_ERROR_FATAL);
	limits = (GolLimits){.wall_ns = 30000000};
	assert_int_equal(gol_set_limits(vm, &limits), GOL_OK);
	assert_int_equal(run_text(vm, "for {\n}"), GOL_ERROR_LIMIT);
	limits = (GolLimits){.fuel = 1000000};
	assert_int_equal(gol_set_limits(vm, &limits), GOL_OK);
	assert_int_equal(run_text(vm, "go func() { for {} }()\nfor {\n}"), GOL_ERROR_LIMIT);
	limits = (GolLimits){0};
	assert_int_equal(gol_set_limits(vm, &limits), GOL_OK);
	assert_int_equal(run_text(vm, "println(\"alive\")"), GOL_OK);
	free_vm(&h, vm);
}

typedef struct Interrupting {
	GolVM *vm;
	uint32_t over; /* atomic */
} Interrupting;

/* Again and again: the first one may come before the program does. */
static void *interrupt_soon(void *arg) {
	Interrupting *i = arg;
	struct timespec t = {.tv_nsec = 20000000};
	do {
		nanosleep(&t, NULL);
		gol_interrupt(i->vm);
	} while (!__atomic_load_n(&i->over, __ATOMIC_ACQUIRE));
	return NULL;
}

static void test_interrupt(void **state) {
	(void)state;
	static const char *const texts[] = {
		"for {\n}",
		"select {}",
		"for i := range 4 { go func() { for { i++ } }() }\ntime.Sleep(time.Hour)",
		"var f func(int) int\nf = func(n int) int { if n == 0 { return 0 }; return f(n-1) }\nfor { f(100) }",
	};
	Host h;
	GolVM *vm = new_vm(&h, 2, NULL);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		GolProgram *program;
		assert_int_equal(gol_compile_text(vm, "loop.gol", texts[i], &program), GOL_OK);
		pthread_t thread;
		Interrupting interrupting = {.vm = vm};
		pthread_create(&thread, NULL, interrupt_soon, &interrupting);
		GolStatus status = gol_run(vm, program);
		__atomic_store_n(&interrupting.over, 1, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		if (i == 1)
			assert_true(status == GOL_INTERRUPTED || status == GOL_ERROR_DEADLOCK);
		else
			assert_int_equal(status, GOL_INTERRUPTED);
	}
	assert_int_equal(run_text(vm, "println(1)"), GOL_OK);
	free_vm(&h, vm);
}

static void *run_own_vm(void *arg) {
	Host *h = arg;
	GolConfig config = {.size = sizeof config, .user = h, .write = host_write, .workers = 2};
	GolVM *vm;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		return "no vm";
	GolStatus status = run_text(vm, "c := make(chan int)\nfor i := range 100 { go func() { c <- i }() }\n"
					"sum := 0\nfor range 100 { sum += <-c }\nfmt.Print(sum)");
	gol_vm_free(vm);
	return status == GOL_OK && strcmp(h->out, "4950") == 0 ? NULL : "wrong result";
}

static void test_many_vms(void **state) {
	(void)state;
	enum { THREADS = 8 };
	static Host hosts[THREADS];
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, run_own_vm, &hosts[i]);
	for (int i = 0; i < THREADS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		assert_null(result);
	}
}

static void test_capabilities(void **state) {
	(void)state;
	Host h;
	GolVM *vm = new_vm(&h, 1, NULL);
	assert_int_equal(run_text(vm, "_, err := os.ReadFile(\"/etc/passwd\")\nfmt.Print(err)"), GOL_OK);
	assert_string_equal(h.out, "open /etc/passwd: permission denied");
	h.out_len = 0;
	assert_int_equal(run_text(vm, "fmt.Print(os.Getenv(\"PATH\") == \"\", len(os.Environ()))"), GOL_OK);
	assert_string_equal(h.out, "true 0");
	h.out_len = 0;
	/* The time of a program that may not know it: as if the machine had been started in 1970. */
	setenv("TZ", "XYZ-3", 1);
	tzset();
	const char *clocks = "var s runtime.MemStats\nruntime.GC()\nruntime.ReadMemStats(&s)\nfire := <-time.After(1)\n"
			     "began := time.Now()\ntime.Sleep(time.Millisecond)\nnow := time.Now()\nname, offset := now.Zone()\n"
			     "fmt.Print(now.Year() < 2020, fire.Year() < 2020, s.LastGC == 0, now.After(began), name, offset)";
	assert_int_equal(run_text(vm, clocks), GOL_OK);
	assert_string_equal(h.out, "true true true trueUTC0");
	free_vm(&h, vm);
	vm = new_vm_that_may(&h, 1, NULL, GOL_ALLOW_CLOCK);
	assert_int_equal(run_text(vm, clocks), GOL_OK);
	assert_string_equal(h.out, "false false false trueXYZ10800");
	free_vm(&h, vm);
	unsetenv("TZ");
	tzset();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),   cmocka_unit_test(test_output_and_reuse),
		cmocka_unit_test(test_compile_errors), cmocka_unit_test(test_endings),
		cmocka_unit_test(test_limits),	    cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_many_vms),    cmocka_unit_test(test_capabilities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
