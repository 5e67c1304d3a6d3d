/* SPDX-License-Identifier: MIT */
/* test_hostile.c: hostile programs under limits, as a host sees them: each ends soon after its limit, whatever it does; the VM
 * runs a good program afterwards; gol_vm_free returns every byte; no thread and no address space stays behind.
 *
 * usage: test_hostile [--count N] [--seed N] [--only WORD] [--limit KIND] [--refuse] [--figures] [--verbose] [--show]
 * --refuse: the allocator fails at some allocation as well, or from it on. --figures: prints how late programs were.
 *
 * Why: which program meets which limit, with how many workers, follows from the seed: a run can be repeated, and other seeds
 * try other pairs. How late a program may be is measured (--figures); the test itself only refuses what is far off.
 * See: README.md, patterns.txt. */
#define _GNU_SOURCE
#include <gol.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "patterns.h"

enum { QUICK_COUNT = 150, QUICK_COUNT_SANITIZED = 40, FAR_TOO_LATE_MS = 5000, SLOW_FACTOR = 10, HANGS_SECONDS = 300 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

typedef enum Limit { BY_WALL, BY_INTERRUPT, BY_FUEL, BY_MEMORY, BY_GOROUTINES, BY_STACK, LIMIT_COUNT } Limit;
static const char *const limit_names[] = {"wall", "interrupt", "fuel", "memory", "goroutines", "stack"};
static const uint32_t worker_choices[] = {1, 2, 8, GOL_WORKERS_HOST};

typedef struct Outcome {
	const Pattern *pattern;
	size_t variant;
	Limit limit;
	uint32_t workers;
	GolStatus status;
	char error[96];
	double late_ms;    /* between the limit and the end; 0: it ended by itself */
	double compile_ms; /* the same of the compiler */
	double run_ms;
	double ns_per_fuel;
} Outcome;

static struct {
	long count;
	uint64_t seed;
	const char *only;
	int limit;
	bool refuse, figures, verbose, show;
} options = {.count = SANITIZED ? QUICK_COUNT_SANITIZED : QUICK_COUNT, .seed = 1, .limit = -1};

static int failures;
static const Outcome *current; /* for the report of one that hangs */

static void report_hang(int signal) {
	char text[256];
	(void)signal;
	int n = snprintf(text, sizeof text, "FAILED %s #%zu, limit %s, %d workers, seed %llu: it does not end\n", current->pattern->name,
			 current->variant, limit_names[current->limit], (int)current->workers, (unsigned long long)options.seed);
	if (write(1, text, (size_t)n) != n)
		_exit(3);
	_exit(1);
}

static double lateness(const Outcome *o) { return o->late_ms > o->compile_ms ? o->late_ms : o->compile_ms; }

static void complain(const Outcome *o, const char *text, const char *what, double number) {
	failures++;
	printf("FAILED %s #%zu, limit %s, %d workers: %s (%g); %s: %s\n%s\n----\n", o->pattern->name, o->variant,
	       limit_names[o->limit], (int)o->workers, what, number, gol_status_name(o->status), o->error, text);
	fflush(stdout);
}

static double now_ms(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- the host ---- */

typedef struct Host {
	char out[64];
	size_t out_len;
	uint64_t written;
	size_t allocated; /* atomic */
	long allocations; /* atomic */
	long fail_from, fail_count;
	GolVM *vm;
	GolParked *parked[4096]; /* of host.Wait */
	uint32_t parked_len;     /* atomic */
} Host;

static void host_write(void *user, int fd, const char *data, size_t len) {
	Host *h = user;
	h->written += len;
	for (size_t i = 0; fd == 1 && i < len && h->out_len + 1 < sizeof h->out; i++)
		h->out[h->out_len++] = data[i];
}

static void *host_allocate(void *user, void *old, size_t old_size, size_t new_size) {
	Host *h = user;
	if (new_size != 0) {
		long n = __atomic_add_fetch(&h->allocations, 1, __ATOMIC_RELAXED);
		if (h->fail_from > 0 && n >= h->fail_from && n - h->fail_from < h->fail_count)
			return NULL;
	}
	__atomic_fetch_add(&h->allocated, new_size - old_size, __ATOMIC_RELAXED);
	if (new_size == 0) {
		free(old);
		return NULL;
	}
	return realloc(old, new_size);
}

static GolAction host_loop(GolCall *call, void *user) {
	(void)user;
	while (!gol_charge(call, 50))
		;
	return GOL_DONE;
}

/* Parks and is never woken while the program runs. */
static GolAction host_wait(GolCall *call, void *user) {
	Host *h = user;
	uint32_t n = __atomic_fetch_add(&h->parked_len, 1, __ATOMIC_RELAXED);
	if (n >= sizeof h->parked / sizeof h->parked[0]) {
		__atomic_fetch_sub(&h->parked_len, 1, __ATOMIC_RELAXED);
		return gol_panic(call, "too many", 8);
	}
	h->parked[n] = gol_park(call);
	return h->parked[n] ? GOL_PARK : GOL_DONE;
}

/* Calls a function for ever. */
static GolAction host_call(GolCall *call, void *user) {
	(void)user;
	return gol_call_back(call, gol_arg(call, 0)) ? GOL_CALL : GOL_DONE;
}

static GolAction host_grow(GolCall *call, void *user) {
	(void)user;
	GolValue v = gol_result(call, 0);
	while (!gol_charge(call, 1) && gol_put_string(gol_append(v), "one more of these texts", 23) == GOL_OK)
		;
	return GOL_DONE;
}

static GolStatus add_host_package(Host *h) {
	GolNative natives[] = {{"Loop", host_loop, h}, {"Wait", host_wait, h}, {"Call", host_call, h}, {"Grow", host_grow, h}, {0}};
	return gol_package_add(h->vm, "host", "func Loop()\nfunc Wait()\nfunc Call(f func())\nfunc Grow() []string\n", natives);
}

/* ---- one program ---- */

static GolLimits limits_for(const Outcome *o, double *wall_ms) {
	double scale = SANITIZED ? SLOW_FACTOR : 1;
	*wall_ms = (o->limit == BY_WALL ? 20 : o->limit == BY_FUEL || o->limit == BY_INTERRUPT ? 1000 : 60) * scale;
	return (GolLimits){
		.memory_bytes = o->limit == BY_MEMORY ? 12 << 20 : o->pattern->large && !SANITIZED ? 1 << 30 : 64 << 20,
		.fuel = o->limit == BY_FUEL ? 300000 : 0,
		.goroutines = o->limit == BY_GOROUTINES ? 300 : 50000,
		.stack_bytes = o->limit == BY_STACK ? 64 << 10 : 8 << 20,
		.wall_ns = (int64_t)(*wall_ms * 1e6),
	};
}

/* A thread that is there at the moment of the limit: notes what the clocks say, and interrupts if that is the limit. */
typedef struct Witness {
	GolVM *vm;
	double after_ms, at_ms, cpu_ms;
	bool interrupts, over;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
} Witness;

static void *witness_main(void *arg) {
	Witness *w = arg;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(w->after_ms * 1e6) % 1000000000L;
	until.tv_sec += (time_t)(w->after_ms / 1e3) + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&w->mutex);
	while (!w->over && pthread_cond_timedwait(&w->cond, &w->mutex, &until) == 0)
		;
	if (!w->over) {
		w->at_ms = now_ms();
		w->cpu_ms = cpu_ms();
		if (w->interrupts)
			gol_interrupt(w->vm);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

static void witness_start(Witness *w, GolVM *vm, double after_ms, bool interrupts) {
	pthread_condattr_t attr;
	*w = (Witness){.vm = vm, .after_ms = after_ms, .interrupts = interrupts, .mutex = PTHREAD_MUTEX_INITIALIZER};
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->cond, &attr);
	pthread_create(&w->thread, NULL, witness_main, w);
}

/* How late it is. Threads of other programs make it later: what counts is what this process did since the limit, unless it
 * was really asleep. A process that waits for its turn on a busy machine looks asleep: only figures are for quiet ones. */
static double witness_end(Witness *w) {
	double now = now_ms(), cpu = cpu_ms();
	pthread_mutex_lock(&w->mutex);
	w->over = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->cond);
	if (w->at_ms == 0)
		return 0;
	double late = now - w->at_ms, busy = cpu - w->cpu_ms, asleep = options.figures ? 500 : 30000;
	return late - busy > asleep || late < busy ? late : busy;
}

/* As a host with an event loop does. */
static GolStatus run_pumping(GolVM *vm, const GolProgram *program) {
	GolStatus status = gol_start(vm, program);
	if (status != GOL_OK)
		return status;
	for (;;) {
		GolPump pump = gol_pump(vm, 1000000);
		if (pump == GOL_PUMP_DONE)
			return gol_status(vm);
		if (pump == GOL_PUMP_RUNNING)
			continue;
		int64_t next_ns = gol_next_timer_ns(vm);
		struct pollfd fd = {.fd = gol_poll_fd(vm), .events = POLLIN};
		struct timespec wait = {.tv_sec = next_ns / 1000000000, .tv_nsec = next_ns % 1000000000};
		if (pump == GOL_PUMP_STUCK && next_ns < 0)
			gol_interrupt(vm);
		else
			ppoll(&fd, 1, next_ns < 0 ? NULL : &wait, NULL);
	}
}

static GolStatus run_any(GolVM *vm, uint32_t workers, const GolProgram *program) {
	return workers == GOL_WORKERS_HOST ? run_pumping(vm, program) : gol_run(vm, program);
}

/* The moment at which fuel runs out is not seen from outside: what was used beyond it, at the speed of this run. */
static void measure_fuel(Outcome *o, GolVM *vm, double busy_ms, const GolUsage *before, const GolLimits *limits) {
	GolUsage after;
	gol_usage(vm, &after);
	double used = (double)(after.fuel_used - before->fuel_used);
	o->ns_per_fuel = used > 1000 ? busy_ms * 1e6 / used : 0;
	if (o->status == GOL_ERROR_LIMIT && strstr(o->error, "fuel"))
		o->late_ms = used > (double)limits->fuel ? (used - (double)limits->fuel) * o->ns_per_fuel / 1e6 : 0;
}

static void run_compiled(Outcome *o, Host *h, GolProgram *program, const GolLimits *limits, double limit_ms) {
	GolUsage before;
	Witness witness;
	gol_usage(h->vm, &before);
	double began = now_ms(), busy = cpu_ms();
	witness_start(&witness, h->vm, limit_ms, o->limit == BY_INTERRUPT);
	o->status = run_any(h->vm, o->workers, program);
	o->late_ms = witness_end(&witness);
	o->run_ms = now_ms() - began;
	busy = cpu_ms() - busy;
	snprintf(o->error, sizeof o->error, "%s", gol_error(h->vm));
	measure_fuel(o, h->vm, busy < o->run_ms ? busy : o->run_ms, &before, limits);
}

/* Compiles and runs it. NULL: all went as it may; else what was wrong. */
static const char *run_hostile(Outcome *o, Host *h, const char *text) {
	double limit_ms = 0;
	GolLimits limits = limits_for(o, &limit_ms);
	GolProgram *program;
	Witness witness;
	gol_set_limits(h->vm, &limits);
	if (o->limit == BY_INTERRUPT)
		limit_ms = SANITIZED ? 200 : 20;
	witness_start(&witness, h->vm, limit_ms, o->limit == BY_INTERRUPT);
	o->status = gol_compile_text(h->vm, "hostile.go", text, &program);
	o->compile_ms = witness_end(&witness);
	if (o->status == GOL_OK) {
		run_compiled(o, h, program, &limits, limit_ms);
		return NULL;
	}
	snprintf(o->error, sizeof o->error, "%s", gol_error(h->vm));
	return o->status == GOL_ERROR_COMPILE && !o->pattern->rejected ? "rejected" : NULL;
}

static const char good[] =
	"m := map[string]int{}\nc := make(chan int)\nfor i := range 10 { go func() { c <- i }() }\n"
	"for range 10 { m[fmt.Sprint(\"k\", <-c)]++ }\nfmt.Print(len(m), strings.Repeat(\"!\", 3))\n";

static const char *run_good(Outcome *o, Host *h) {
	GolLimits none = {0};
	GolProgram *program;
	gol_set_limits(h->vm, &none);
	h->out_len = 0;
	memset(h->out, 0, sizeof h->out);
	if (gol_compile_text(h->vm, "good.gol", good, &program) != GOL_OK)
		return "no good program compiles afterwards";
	if (run_any(h->vm, o->workers, program) != GOL_OK) {
		snprintf(o->error, sizeof o->error, "%s", gol_error(h->vm));
		return "no good program runs afterwards";
	}
	return strcmp(h->out, "10!!!") == 0 ? NULL : "a good program prints something else afterwards";
}

static void wake_all(Host *h) {
	for (uint32_t i = 0; i < h->parked_len; i++)
		if (h->parked[i])
			gol_wake(h->parked[i], NULL);
	h->parked_len = 0;
}

static void run_one(Outcome *o, const char *text, long fail_from, long fail_count) {
	Host *h = calloc(1, sizeof *h);
	GolConfig config = {
		.size = sizeof config, .user = h, .allocate = host_allocate, .write = host_write, .workers = o->workers, .seed = options.seed,
	};
	const char *wrong = NULL;
	current = o;
	alarm(HANGS_SECONDS * (SANITIZED ? SLOW_FACTOR : 1));
	h->fail_from = fail_from;
	h->fail_count = fail_count;
	o->status = gol_vm_new(&config, &h->vm);
	if (h->vm) {
		o->status = add_host_package(h);
		if (o->status == GOL_OK)
			wrong = run_hostile(o, h, text);
		h->fail_from = 0;
		if (!wrong)
			wrong = run_good(o, h);
		if (!wrong && lateness(o) > (SANITIZED ? SLOW_FACTOR : 1) * FAR_TOO_LATE_MS)
			wrong = "much too late";
		wake_all(h);
		gol_vm_free(h->vm);
		wake_all(h);
	}
	if (wrong)
		complain(o, text, wrong, lateness(o));
	else if (h->allocated)
		complain(o, text, "bytes left", (double)h->allocated);
	free(h);
}

/* ---- all of them ---- */

static uint64_t random_next(uint64_t *state) {
	*state += 0x9e3779b97f4a7c15u; /* splitmix64 (G. Steele, D. Lea, C. Flood) */
	uint64_t z = *state;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Refuses allocations of one program here and there. */
static void run_refusing(Outcome *o, const char *text, uint64_t *random) {
	for (int i = 0; i < 4; i++) {
		Outcome one = *o;
		one.limit = BY_INTERRUPT;
		run_one(&one, text, 1 + (long)(random_next(random) % (i < 2 ? 300 : 3000)), i % 2 ? 1 : 1000000000);
	}
}

static void print_verbose(const Outcome *o) {
	printf("%-28s #%-5zu %-10s %3d %-14s late %8.2f ms, compiled %8.2f, ran %6.0f, %7.1f ns/fuel  %s\n", o->pattern->name, o->variant,
	       limit_names[o->limit], (int)o->workers, gol_status_name(o->status), o->late_ms, o->compile_ms, o->run_ms, o->ns_per_fuel, o->error);
	fflush(stdout);
}

static int later(const void *a, const void *b) {
	double x = lateness(a), y = lateness(b);
	return (x < y) - (x > y);
}

static void print_figures(Outcome *list, long count) {
	static const double bounds[] = {1, 2, 5, 10, 20, 50, 100, 1000, 1e9};
	enum { BOUNDS = sizeof bounds / sizeof bounds[0], WORST = 25 };
	long found[BOUNDS] = {0};
	long limited = 0;
	qsort(list, (size_t)count, sizeof *list, later);
	for (long i = 0; i < count; i++) {
		int b = 0;
		while (lateness(&list[i]) > bounds[b])
			b++;
		found[b]++;
		limited += list[i].status == GOL_ERROR_LIMIT || list[i].status == GOL_INTERRUPTED || list[i].status == GOL_ERROR_MEMORY;
	}
	printf("%ld programs, %ld ended by a limit. Late by at most\n", count, limited);
	for (int b = 0; b < BOUNDS; b++)
		if (found[b])
			printf("  %8.0f ms: %ld\n", bounds[b] > 1e6 ? -1 : bounds[b], found[b]);
	for (long i = 0; i < count && i < WORST; i++)
		print_verbose(&list[i]);
}

static long threads_now(void) {
	char line[128];
	long n = -1;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Threads: %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

static long pages_now(void) {
	long n = -1;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

static void run_all(const Patterns *all) {
	Outcome *list = calloc((size_t)options.count, sizeof *list);
	uint64_t random = options.seed;
	long done = 0;
	long threads = 0, pages = 0;
	for (long i = 0; done < options.count; i++) {
		const Pattern *p = &all->items[i % all->count];
		uint64_t r = random_next(&random);
		if (strncmp(p->name, "loop/", 5) == 0 || (options.only && !strstr(p->name, options.only))) {
			if (i > all->count && done == 0)
				break;
			continue;
		}
		Outcome *o = &list[done++];
		*o = (Outcome){.pattern = p, .variant = (size_t)(r >> 16) % pattern_variants(p)};
		o->workers = worker_choices[(r >> 8) % 4];
		o->limit = options.limit >= 0 ? (Limit)options.limit : (Limit)(r % 8 < LIMIT_COUNT ? r % 8 : r % 2);
		char *text = pattern_program(p, o->variant);
		if (options.show)
			printf("---- %s #%zu\n%s\n", p->name, o->variant, text);
		if (options.refuse)
			run_refusing(o, text, &random);
		else
			run_one(o, text, 0, 0);
		free(text);
		if (options.verbose)
			print_verbose(o);
		if (done == 50) { /* by then the C library has what it keeps */
			threads = threads_now();
			pages = pages_now();
		}
	}
	if (done > 50 && threads_now() > threads)
		failures++, printf("FAILED %ld threads, were %ld\n", threads_now(), threads);
	if (done > 50 && !SANITIZED && pages_now() > pages + (1 << 18))
		failures++, printf("FAILED %ld pages of address space, were %ld\n", pages_now(), pages);
	if (options.figures)
		print_figures(list, done);
	printf("%ld programs of %d patterns, %d failures\n", done, all->count, failures);
	free(list);
}

static int read_limit(const char *name) {
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (strcmp(limit_names[i], name) == 0)
			return i;
	return -1;
}

int main(int argc, char **argv) {
	const char *path = "tests/limits/patterns.txt";
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--count") == 0)
			options.count = atol(value), i++;
		else if (strcmp(argv[i], "--seed") == 0)
			options.seed = strtoull(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--only") == 0)
			options.only = value, i++;
		else if (strcmp(argv[i], "--limit") == 0)
			options.limit = read_limit(value), i++;
		else if (strcmp(argv[i], "--refuse") == 0)
			options.refuse = true;
		else if (strcmp(argv[i], "--figures") == 0)
			options.figures = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			options.verbose = true;
		else if (strcmp(argv[i], "--show") == 0)
			options.show = true;
		else
			return fprintf(stderr, "test_hostile: %s?\n", argv[i]), 2;
	}
	Patterns all;
	signal(SIGALRM, report_hang);
	setvbuf(stdout, NULL, _IOLBF, 0);
	patterns_load(&all, path);
	run_all(&all);
	patterns_free(&all);
	return failures != 0;
}
