/* SPDX-License-Identifier: MIT */
/* feeder.c: a thread of the host feeds a channel that goroutines work on, and takes their results from another one. */
// Output:
// 4 workers squared 1000 numbers: 332833500
// main returned: ok
#include <gol.h>
#include <pthread.h>
#include <stdio.h>

static const char program_text[] =
	"jobs, results := make(chan int, 16), make(chan int, 16)\n"
	"var wg sync.WaitGroup\n"
	"for range 4 {\n"
	"	wg.Go(func() { for n := range jobs { if n < 0 { return }; results <- n * n } })\n"
	"}\n"
	"host.Ready(jobs, results)\n"
	"wg.Wait()\n"
	"close(results)\n";

typedef struct Feeder {
	GolVM *vm;
	GolRef *jobs, *results;
	pthread_t thread, counter;
	int64_t sum;
} Feeder;

/* Sends 0 to 999, then -1 for each worker. References and channels may be used by any thread. */
static void *feed(void *arg) {
	Feeder *f = arg;
	GolRef *job;
	if (gol_chan_ref(f->jobs, &job) != GOL_OK)
		return NULL;
	for (int i = 0; i < 1004; i++) {
		gol_put_int(gol_ref_value(job), i < 1000 ? i : -1);
		if (gol_chan_send(f->jobs, job, -1) != GOL_OK)
			break;
	}
	gol_ref_free(job);
	gol_detach(f->vm);
	return NULL;
}

static void *count(void *arg) {
	Feeder *f = arg;
	GolRef *result;
	int64_t n;
	if (gol_chan_ref(f->results, &result) != GOL_OK)
		return NULL;
	for (int i = 0; i < 1000 && gol_chan_recv(f->results, result, -1) == GOL_OK; i++) {
		gol_get_int(gol_ref_value(result), &n);
		f->sum += n;
	}
	gol_ref_free(result);
	gol_detach(f->vm);
	return NULL;
}

/* func Ready(jobs, results chan int) */
static GolAction ready(GolCall *call, void *user) {
	Feeder *f = user;
	gol_get_ref(gol_arg(call, 0), &f->jobs);
	gol_get_ref(gol_arg(call, 1), &f->results);
	gol_attach(f->vm); /* goroutines that wait for these threads are not deadlocked */
	gol_attach(f->vm);
	pthread_create(&f->thread, NULL, feed, f);
	pthread_create(&f->counter, NULL, count, f);
	return GOL_DONE;
}

int main(void) {
	Feeder f = {0};
	GolConfig config = {.size = sizeof config, .workers = 2};
	GolNative natives[] = {{"Ready", ready, &f}, {0}};
	GolProgram *program;
	if (gol_vm_new(&config, &f.vm) != GOL_OK)
		return 1;
	gol_package_add(f.vm, "host", "func Ready(jobs, results chan int)\n", natives);
	if (gol_compile_text(f.vm, "feeder.gol", program_text, &program) != GOL_OK)
		return 1;
	GolStatus status = gol_run(f.vm, program);
	pthread_join(f.thread, NULL);
	pthread_join(f.counter, NULL);
	printf("4 workers squared 1000 numbers: %lld\n", (long long)f.sum);
	printf("main returned: %s\n", gol_status_name(status));
	gol_vm_free(f.vm);
	return 0;
}
