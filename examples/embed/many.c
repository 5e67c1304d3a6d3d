/* SPDX-License-Identifier: MIT */
/* many.c: a program compiled once runs in many VMs on many threads; they share its code and nothing else. */
// Output:
// vm 0: 1 calls, total 0
// vm 1: 2 calls, total 2
// vm 2: 3 calls, total 6
// vm 3: 4 calls, total 12
// vm 4: 5 calls, total 20
// vm 5: 6 calls, total 30
// vm 6: 7 calls, total 42
// vm 7: 8 calls, total 56
#include <gol.h>
#include <pthread.h>
#include <stdio.h>

static const char program_text[] =
	"package main\n"
	"var total, calls int\n"
	"func Add(n int) (int, int) {\n"
	"	c := make(chan int)\n"
	"	go func() { c <- n }()\n"
	"	total += <-c\n"
	"	calls++\n"
	"	return total, calls\n"
	"}\n"
	"func main() {}\n";

enum { VMS = 8 };

typedef struct Own {
	pthread_t thread;
	GolVM *vm;
	const GolFunc *add;
	int number;
	int64_t total, calls;
} Own;

/* Everything from here on happens at the same time in all threads: package variables are each VM's own. */
static void *run(void *arg) {
	Own *own = arg;
	GolCall *call;
	if (gol_call_open(own->vm, own->add, &call) != GOL_OK)
		return NULL;
	for (int i = 0; i <= own->number; i++) {
		gol_put_int(gol_arg(call, 0), own->number);
		if (gol_call_run(call) != GOL_OK)
			break;
	}
	gol_get_int(gol_result(call, 0), &own->total);
	gol_get_int(gol_result(call, 1), &own->calls);
	gol_call_close(call);
	return NULL;
}

int main(void) {
	GolConfig config = {.size = sizeof config, .workers = 1};
	GolVM *compiler;
	GolProgram *program;
	const GolFunc *add;
	Own all[VMS] = {{0}};
	if (gol_vm_new(&config, &compiler) != GOL_OK || gol_compile_text(compiler, "many.go", program_text, &program) != GOL_OK ||
	    gol_func(compiler, program, "Add", &add) != GOL_OK)
		return 1;
	for (int i = 0; i < VMS; i++) {
		all[i] = (Own){.number = i, .add = add};
		if (gol_vm_new(&config, &all[i].vm) != GOL_OK || gol_program_share(all[i].vm, program) != GOL_OK)
			return 1;
	}
	gol_vm_free(compiler); /* the others hold the program */
	for (int i = 0; i < VMS; i++)
		pthread_create(&all[i].thread, NULL, run, &all[i]);
	for (int i = 0; i < VMS; i++) {
		pthread_join(all[i].thread, NULL);
		printf("vm %d: %d calls, total %d\n", i, (int)all[i].calls, (int)all[i].total);
		gol_vm_free(all[i].vm);
	}
	return 0;
}
