/* SPDX-License-Identifier: MIT */
/* calls.c: calls both ways: a Go function called from C, a C function called from Go, values in both directions. */
// Output:
// average 2.50 of 4
// main.Stats{Count:4, Mean:2.5}
// error: no numbers
// greet("Gol") = Hello, Gol
// 3! is 6 says Go
// 5! is 120 says Go
#include <gol.h>
#include <stdio.h>
#include <string.h>

static const char program_text[] =
	"package main\n"
	"import (\"errors\"; \"fmt\"; \"host\")\n"
	"type Stats struct { Count int; Mean float64 }\n"
	"func Average(xs []float64) (Stats, error) {\n"
	"	if len(xs) == 0 { return Stats{}, errors.New(\"no numbers\") }\n"
	"	sum := 0.0\n"
	"	for _, x := range xs { sum += x }\n"
	"	return Stats{len(xs), sum / float64(len(xs))}, nil\n"
	"}\n"
	"func Show(v any) { fmt.Printf(\"%#v\\n\", v) }\n"
	"func main() {\n"
	"	fmt.Printf(\"greet(%q) = %s\\n\", \"Gol\", host.Greet(\"Gol\"))\n"
	"	for _, n := range []int{3, 5} { host.Say(n, func(n int) int { if n < 2 { return 1 }; p := 1; for i := range n { p *= i + 1 }; return p }) }\n"
	"}\n";

/* func Greet(name string) string */
static GolAction greet(GolCall *call, void *user) {
	const char *name;
	size_t len;
	char text[64];
	(void)user;
	gol_get_string(gol_arg(call, 0), &name, &len);
	int n = snprintf(text, sizeof text, "Hello, %.*s", (int)len, name);
	gol_put_string(gol_result(call, 0), text, (size_t)n);
	return GOL_DONE;
}

/* func Say(n int, f func(int) int): calls f, which is Go again: this function runs a second time when f has returned. */
static GolAction say(GolCall *call, void *user) {
	int64_t n, result;
	(void)user;
	gol_get_int(gol_arg(call, 0), &n);
	GolCall *inner = gol_called(call);
	if (inner) {
		gol_get_int(gol_result(inner, 0), &result);
		printf("%d! is %d says Go\n", (int)n, (int)result);
		return GOL_DONE;
	}
	inner = gol_call_back(call, gol_arg(call, 1));
	if (!inner)
		return GOL_DONE; /* not a function: becomes a panic */
	gol_put_int(gol_arg(inner, 0), n);
	return GOL_CALL;
}

static void write_output(void *user, int fd, const char *data, size_t len) {
	(void)user;
	if (fd == 1)
		fwrite(data, 1, len, stdout);
}

static void show_diagnostic(void *user, const GolDiagnostic *d) {
	(void)user;
	printf("%s:%u:%u: %s\n", d->file, d->line, d->column, d->message);
}

static GolCall *open_call(GolVM *vm, GolProgram *program, const char *name) {
	const GolFunc *func;
	GolCall *call = NULL;
	if (gol_func(vm, program, name, &func) != GOL_OK || gol_call_open(vm, func, &call) != GOL_OK)
		printf("%s: %s\n", name, gol_error(vm));
	return call;
}

int main(void) {
	GolConfig config = {.size = sizeof config, .write = write_output, .diagnostic = show_diagnostic, .workers = 2};
	GolNative natives[] = {{"Greet", greet, NULL}, {"Say", say, NULL}, {0}};
	GolVM *vm;
	GolProgram *program;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		return 1;
	gol_package_add(vm, "host", "func Greet(name string) string\nfunc Say(n int, f func(int) int)\n", natives);
	if (gol_compile_text(vm, "calls.go", program_text, &program) != GOL_OK)
		return 1;

	GolCall *average = open_call(vm, program, "Average"), *show = open_call(vm, program, "Show");
	double mean;
	int64_t count;
	for (int i = 1; i <= 4; i++)
		gol_put_float(gol_append(gol_arg(average, 0)), i);
	gol_call_run(average);
	gol_get_int(gol_field(gol_result(average, 0), "Count"), &count);
	gol_get_float(gol_field(gol_result(average, 0), "Mean"), &mean);
	printf("average %.2f of %d\n", mean, (int)count);
	gol_put_value(gol_arg(show, 0), gol_result(average, 0));
	gol_call_run(show);

	const char *text;
	size_t len;
	gol_put_nil(gol_arg(average, 0));
	gol_call_run(average);
	gol_get_error(gol_result(average, 1), &text, &len);
	printf("error: %s\n", text);
	gol_call_close(average);
	gol_call_close(show);
	gol_run(vm, program);
	gol_vm_free(vm);
	return 0;
}
