/* SPDX-License-Identifier: MIT */
/* bench_api.c: what crossing the border costs. Not a test:
 *     cc -O2 -Iinclude tests/api/bench_api.c build/release/libgol.a -lutf8proc -lgmp -lm -lpthread && ./a.out */
#include <gol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static GolAction add(GolCall *call, void *user) {
	int64_t a, b;
	(void)user;
	gol_get_int(gol_arg(call, 0), &a);
	gol_get_int(gol_arg(call, 1), &b);
	gol_put_int(gol_result(call, 0), a + b);
	return GOL_DONE;
}

static GolAction nothing(GolCall *call, void *user) {
	(void)call;
	(void)user;
	return GOL_DONE;
}

static void check(GolVM *vm, GolStatus status) {
	if (status != GOL_OK) {
		fprintf(stderr, "%s: %s\n", gol_status_name(status), gol_error(vm));
		exit(1);
	}
}

static double best;
#define MEASURE(name, rounds, code)                                                                                    \
	do {                                                                                                           \
		best = 1e18;                                                                                           \
		for (int try_ = 0; try_ < 7; try_++) {                                                                 \
			double start_ = now_ns();                                                                      \
			for (long i_ = 0; i_ < (rounds); i_++)                                                         \
				code;                                                                                  \
			double each_ = (now_ns() - start_) / (double)(rounds);                                         \
			best = each_ < best ? each_ : best;                                                            \
		}                                                                                                      \
		printf("%-42s %10.1f ns\n", name, best);                                                               \
	} while (0)

static void make_and_free(const GolConfig *config) {
	GolVM *vm;
	check(NULL, gol_vm_new(config, &vm));
	gol_vm_free(vm);
}

static void calls(uint32_t workers, const char *label) {
	GolConfig config = {.size = sizeof config, .workers = workers};
	GolVM *vm;
	GolProgram *p;
	const GolFunc *f;
	GolCall *empty, *adds, *loop, *loop0, *base;
	char name[80];
	GolNative natives[] = {{"Add", add, NULL}, {"Nothing", nothing, NULL}, {0}};
	check(NULL, gol_vm_new(&config, &vm));
	check(vm, gol_package_add(vm, "host", "func Add(a, b int) int\nfunc Nothing()\n", natives));
	check(vm, gol_compile_text(vm, "b.go", "package main\nimport \"host\"\nfunc main() {}\nfunc Empty() {}\nfunc Add(a, b int) int { return a + b }\n"
		"func Loop(n int) (s int) { for i := range n { s = host.Add(s, i) }; return }\n"
		"func Loop0(n int) { for range n { host.Nothing() } }\nfunc Base(n int) (s int) { for i := range n { s += i }; return }\n", &p));
	struct { const char *name; GolCall **call; } all[] = {{"Empty", &empty}, {"Add", &adds}, {"Loop", &loop}, {"Loop0", &loop0}, {"Base", &base}};
	for (int i = 0; i < 5; i++) {
		check(vm, gol_func(vm, p, all[i].name, &f));
		check(vm, gol_call_open(vm, f, all[i].call));
	}
	snprintf(name, sizeof name, "C -> empty Go function -> C, %s", label);
	MEASURE(name, 200000, check(vm, gol_call_run(empty)));
	snprintf(name, sizeof name, "C -> Add(1, 2) -> C with values, %s", label);
	MEASURE(name, 200000, {
		int64_t n;
		gol_put_int(gol_arg(adds, 0), 1);
		gol_put_int(gol_arg(adds, 1), 2);
		check(vm, gol_call_run(adds));
		gol_get_int(gol_result(adds, 0), &n);
	});
	enum { N = 1000000 };
	check(vm, gol_put_int(gol_arg(loop, 0), N));
	check(vm, gol_put_int(gol_arg(loop0, 0), N));
	check(vm, gol_put_int(gol_arg(base, 0), N));
	MEASURE("(a million rounds of a loop)", 3, check(vm, gol_call_run(base)));
	double empty_loop = best;
	MEASURE("(a million empty host functions)", 3, check(vm, gol_call_run(loop0)));
	printf("%-42s %10.1f ns\n", "Go -> empty host function -> Go", (best - empty_loop) / N);
	MEASURE("(a million host Adds)", 3, check(vm, gol_call_run(loop)));
	printf("%-42s %10.1f ns\n", "Go -> host Add(a, b) with values -> Go", (best - empty_loop) / N);
	gol_vm_free(vm);
}

int main(void) {
	GolConfig config = {.size = sizeof config, .workers = 1};
	MEASURE("gol_vm_new + gol_vm_free", 200, make_and_free(&config));
	GolVM *vm;
	GolProgram *p;
	check(NULL, gol_vm_new(&config, &vm));
	MEASURE("compile println(1)", 50, {
		check(vm, gol_compile_text(vm, "a.gol", "println(1)", &p));
		gol_program_free(vm, p);
	});
	MEASURE("compile fmt.Println(1)", 50, {
		check(vm, gol_compile_text(vm, "a.gol", "fmt.Println(1)", &p));
		gol_program_free(vm, p);
	});
	gol_vm_free(vm);
	calls(1, "1 worker");
	calls(2, "2 workers");
	calls(GOL_WORKERS_HOST, "pumped");
	return 0;
}
