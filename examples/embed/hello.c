/* SPDX-License-Identifier: MIT */
/* hello.c: the smallest host: compiles a script, runs it, and shows what went wrong.
 *
 *     cc hello.c -lgol -lutf8proc -lgmp -lm -lpthread
 */
// Output:
// hello from 3 goroutines
// bad.gol:2:9: undefined: y
// compile error
// panic: boom
// status: panic
#include <gol.h>
#include <stdio.h>
#include <string.h>

static void write_output(void *user, int fd, const char *data, size_t len) {
	(void)user;
	if (fd == 1)
		fwrite(data, 1, len, stdout);
}

static void show_diagnostic(void *user, const GolDiagnostic *d) {
	(void)user;
	printf("%s:%u:%u: %s\n", d->file, d->line, d->column, d->message);
}

static GolStatus run(GolVM *vm, const char *name, const char *text) {
	GolProgram *program;
	GolStatus status = gol_compile_text(vm, name, text, &program);
	return status == GOL_OK ? gol_run(vm, program) : status;
}

int main(void) {
	GolConfig config = {.size = sizeof config, .write = write_output, .diagnostic = show_diagnostic, .workers = 2};
	GolVM *vm;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		return 1;
	run(vm, "hello.gol",
	    "var wg sync.WaitGroup\n"
	    "n := atomic.Int32{}\n"
	    "for range 3 {\n"
	    "	wg.Go(func() { n.Add(1) })\n"
	    "}\n"
	    "wg.Wait()\n"
	    "fmt.Println(\"hello from\", n.Load(), \"goroutines\")\n");
	GolStatus status = run(vm, "bad.gol", "x := 1\nprintln(y, x)\n");
	printf("%s\n", gol_status_name(status));
	status = run(vm, "boom.gol", "panic(\"boom\")\n");
	printf("%s\nstatus: %s\n", gol_error(vm), gol_status_name(status));
	gol_vm_free(vm);
	return 0;
}
