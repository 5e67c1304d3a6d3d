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

static void test_buffers_and_selects(void **state) {
	(void)state;
	trace_is(1, "package main\nvar c, d = make(chan string, 1), make(chan bool)\nfunc main() {\n\tc <- \"a\\n\"\n"
		    "\tselect {\n\tcase <-d:\n\tcase s := <-c:\n\t\t_ = s\n\t}\n\tselect {\n\tcase <-d:\n\tdefault:\n\t}\n"
		    "\tgo func() { d <- true }()\n\tselect {\n\tcase <-c:\n\tcase <-d:\n\t}\n}\n",
		 "goroutine 1 sent \"a\\n\" to c at test.gol:4\n"
		 "goroutine 1 received \"a\\n\" from c at test.gol:5\n"
		 "goroutine 1 chose case 1 of select at test.gol:5\n"
		 "goroutine 1 chose default of select at test.gol:10\n"
		 "goroutine 1 created goroutine 2 at test.gol:14\n"
		 "goroutine 1 waits: select at test.gol:15\n"
		 "goroutine 1 received true from d at test.gol:15\n"
		 "goroutine 1 woke from select, by goroutine 2 at test.gol:15\n"
		 "goroutine 1 chose case 1 of select at test.gol:15\n"
		 "goroutine 1 ended\n");
	/* A blocked sender's value goes to the end of the queue. */
	trace_is(0, "package main\nvar c = make(chan int, 1)\nfunc main() {\n\tc <- 1\n"
		    "\tgo func() {\n\t\t<-c\n\t\t<-c\n\t}()\n\tc <- 2\n}\n",
		 "a timer or the host created goroutine 1\n"
		 "goroutine 1 sent 1 to c at test.gol:4\n"
		 "goroutine 1 created goroutine 2 at test.gol:8\n"
		 "goroutine 1 waits: chan send on c, offering 2 at test.gol:9\n"
		 "goroutine 2 received 1 from c at test.gol:6\n"
		 "goroutine 1 sent 2 to c at test.gol:9\n"
		 "goroutine 1 woke from chan send, by goroutine 2 at test.gol:9\n"
		 "goroutine 2 received 2 from c at test.gol:7\n"
		 "goroutine 2 ended\n"
		 "goroutine 1 ended\n");
}

static void test_values(void **state) {
	(void)state;
	trace_is(1, "package main\ntype P struct { X, Y int8; Name string; In struct { A, B bool } }\nvar p = make(chan P, 1)\nvar e = make(chan any, 9)\n"
		    "var f = make(chan float64, 1)\nvar s = make(chan []int, 1)\nvar none = make(chan struct{}, 1)\nfunc main() {\n"
		    "\tp <- P{-1, 2, \"a name that is far too long to be shown\", struct { A, B bool }{true, false}}\n"
		    "\te <- nil\n\te <- 7\n\te <- \"x\"\n\te <- P{}\n\tf <- 1.5\n\ts <- []int{1, 2}\n\tnone <- struct{}{}\n}\n",
		 "goroutine 1 sent {-1 2 \"a name that is far too l...\" {true fa... to p at test.gol:9\n"
		 "goroutine 1 sent nil to e at test.gol:10\n"
		 "goroutine 1 sent 7 to e at test.gol:11\n"
		 "goroutine 1 sent \"x\" to e at test.gol:12\n"
		 "goroutine 1 sent main.P to e at test.gol:13\n"
		 "goroutine 1 sent 1.5 to f at test.gol:14\n"
		 "goroutine 1 sent []int(len 2) to s at test.gol:15\n"
		 "goroutine 1 sent {} to none at test.gol:16\n"
		 "goroutine 1 ended\n");
}

static void test_sync_and_sleep(void **state) {
	(void)state;
	trace_is(1, "package main\nimport (\"sync\"; \"time\")\nvar mu sync.Mutex\nvar wg sync.WaitGroup\nfunc main() {\n"
		    "\twg.Add(1)\n\tgo func() {\n\t\tmu.Lock()\n\t\twg.Done()\n\t\ttime.Sleep(1000)\n\t\tmu.Unlock()\n\t}()\n"
		    "\twg.Wait()\n\tmu.Lock()\n\ttime.Sleep(1000)\n}\n",
		 "goroutine 1 created goroutine 2 at test.gol:12\n"
		 "goroutine 1 waits: sync.WaitGroup.Wait on wg at test.gol:13\n"
		 "goroutine 1 woke from sync.WaitGroup.Wait, by goroutine 2 at test.gol:13\n"
		 "goroutine 1 waits: sync.Mutex.Lock on mu at test.gol:14\n"
		 "goroutine 1 woke from sync.Mutex.Lock, by goroutine 2 at test.gol:14\n"
		 "goroutine 1 waits: sleep at test.gol:15\n"
		 "goroutine 1 woke from sleep at test.gol:15\n"
		 "goroutine 1 ended\n");
}

/* On four threads: every value is sent before it is received, and each exactly once. */
enum { VALUES = 2000 };

typedef struct Order {
	bool sent[VALUES], received[VALUES];
	uint64_t lost;
} Order;

static void note_order(void *user, const GolEvent *e) {
	Order *o = user;
	if (e->kind == GOL_EVENT_LOST)
		o->lost += (uint64_t)e->index;
	if (!e->value[0] || e->value[0] == '{' || (e->kind != GOL_EVENT_SEND && e->kind != GOL_EVENT_RECEIVE))
		return;
	int value = atoi(e->value);
	assert_true(value >= 0 && value < VALUES);
	if (e->kind == GOL_EVENT_SEND) {
		assert_false(o->sent[value]);
		o->sent[value] = true;
		return;
	}
	assert_true(o->sent[value]);
	assert_false(o->received[value]);
	o->received[value] = true;
}

static void test_order(void **state) {
	(void)state;
	for (int cap = 0; cap < 3; cap++) {
		Host h;
		char text[1000];
		Order *o = calloc(1, sizeof *o);
		GolVM *vm = host_vm(&h, 4);
		snprintf(text, sizeof text,
			 "package main\nimport \"sync\"\nfunc main() {\n\tc := make(chan int, %d)\n\tvar wg sync.WaitGroup\n"
			 "\tfor i := range 4 {\n\t\twg.Add(1)\n\t\tgo func() {\n\t\t\tfor k := range 500 {\n\t\t\t\tc <- i*500 + k\n\t\t\t}\n\t\t\twg.Done()\n\t\t}()\n\t}\n"
			 "\tgo func() { wg.Wait(); close(c) }()\n\tdone := make(chan struct{})\n"
			 "\tfor range 3 {\n\t\tgo func() {\n\t\t\tfor range c {\n\t\t\t}\n\t\t\tdone <- struct{}{}\n\t\t}()\n\t}\n\t<-done\n\t<-done\n\t<-done\n}\n", cap);
		OK(gol_trace(vm, note_order, o));
		GolProgram *program = host_compile(&h, vm, text);
		OK(gol_run(vm, program));
		OK(gol_trace(vm, NULL, NULL));
		assert_int_equal(o->lost, 0);
		for (int i = 0; i < VALUES; i++)
			assert_true(o->received[i]);
		free(o);
		host_free(&h, vm);
	}
}

/* ---------------------------------------------------------------- pausing and stepping: a host that pumps */

static void step_is(GolVM *vm, const char *expected) {
	GolStep step;
	OK(gol_step(vm, 0, &step, NULL, NULL));
	assert_string_equal(step.text, expected);
	assert_false(step.is_running);
}

static GolVM *pumped(Host *h, const char *text) {
	GolConfig config = host_config(h, GOL_WORKERS_HOST);
	GolVM *vm;
	OK(gol_vm_new(&config, &vm));
	OK(gol_start(vm, host_compile(h, vm, text)));
	return vm;
}

static void test_steps(void **state) {
	(void)state;
	Host h;
	GolStep step;
	GolVM *vm = pumped(&h, "package main\nimport \"fmt\"\nvar in, out = make(chan int), make(chan int)\n"
			       "func double() {\n\tfor v := range in {\n\t\tout <- 2 * v\n\t}\n\tclose(out)\n}\n"
			       "func main() {\n\tgo double()\n\tin <- 3\n\tfmt.Println(<-out)\n\tclose(in)\n\t<-out\n}\n");
	assert_int_equal(gol_step(vm, 0, &step, NULL, NULL), GOL_ERROR_ARGUMENT); /* not paused */
	OK(gol_pause(vm));
	assert_true(gol_is_paused(vm));
	assert_int_equal(host_pump(vm), GOL_PUMP_IDLE);
	step_is(vm, "goroutine 1 started, created goroutine 2 at test.gol:11, now waits: chan send on in, offering 3 at test.gol:12");
	assert_int_equal(gol_step(vm, 1, &step, NULL, NULL), GOL_ERROR_ARGUMENT); /* it waits */
	assert_int_equal(gol_step(vm, 99, &step, NULL, NULL), GOL_ERROR_ARGUMENT);
	Lines l = {0};
	OK(gol_step(vm, 2, &step, add_line, &l));
	assert_int_equal(step.goroutine, 2);
	assert_string_equal(l.text, "goroutine 2 started at test.gol:4\n"
				    "goroutine 2 received 3 from in at test.gol:5\n"
				    "goroutine 2 waits: chan send on out, offering 6 at test.gol:6\n");
	step_is(vm, "goroutine 1 sent 3 to in at test.gol:12, received 6 from out at test.gol:13, closed in at test.gol:14, now waits: chan receive on out at test.gol:15");
	assert_string_equal(h.out, "6\n");
	step_is(vm, "goroutine 2 sent 6 to out at test.gol:6, received from in (closed) at test.gol:5, closed out at test.gol:8, ended");
	OK(gol_resume(vm));
	assert_false(gol_is_paused(vm));
	while (gol_pump(vm, 1000000) != GOL_PUMP_DONE)
		;
	OK(gol_status(vm));
	host_free(&h, vm);
}

/* Goroutines of a running program are stopped from another thread, stepped, and go on. */
typedef struct Pausing {
	GolVM *vm;
	GolStep step;
	int64_t events;
	int held;
} Pausing;

static int count_held(void *user, const GolGoroutine *g) {
	((Pausing *)user)->held += g->is_held;
	return 0;
}

static void sum_values(void *user, const GolEvent *e) {
	(void)e;
	__atomic_add_fetch((int64_t *)user, 1, __ATOMIC_RELAXED);
}

static void *pause_thread(void *arg) {
	Pausing *p = arg;
	GolStatus status;
	int is_running;
	while (p->held < 4) { /* until all four have been caught while they could run */
		p->held = 0;
		gol_pause(p->vm);
		OK(gol_goroutines(p->vm, 0, count_held, p));
		if (p->held < 4)
			gol_resume(p->vm);
	}
	for (int i = 0; i < 50; i++) {
		do { /* a step that took too long is waited for: then there is a next one */
			is_running = p->step.is_running;
			status = gol_step(p->vm, 0, &p->step, sum_values, &p->events);
			p->step.is_running |= status != GOL_OK && is_running;
		} while (status != GOL_OK && is_running);
		OK(status);
		assert_true(p->step.goroutine != 0);
	}
	OK(gol_resume(p->vm));
	gol_interrupt(p->vm);
	return NULL;
}

static void test_pause_running(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 4; workers *= 2) {
		Host h;
		pthread_t thread;
		GolVM *vm = host_vm(&h, workers);
		Pausing p = {.vm = vm};
		GolProgram *program = host_compile(&h, vm, "package main\nfunc main() {\n\tfor range 3 {\n\t\tgo func() { for {} }()\n\t}\n\tfor {\n\t}\n}\n");
		pthread_create(&thread, NULL, pause_thread, &p);
		GolStatus status = GOL_OK;
		status = gol_run(vm, program);
		assert_int_equal(status, GOL_INTERRUPTED);
		pthread_join(thread, NULL);
		assert_true(p.events >= 50); /* each step: went on, gave way; of one that took too long the former */
		host_free(&h, vm);
	}
}

/* A pause ends with the program: the next one runs. */
static void test_end_of_pause(void **state) {
	(void)state;
	Host h;
	GolConfig config = host_config(&h, GOL_WORKERS_HOST);
	GolVM *vm;
	OK(gol_vm_new(&config, &vm));
	GolProgram *program = host_compile(&h, vm, "go func() { println(0) }()\nprintln(1)");
	OK(gol_start(vm, program));
	OK(gol_pause(vm));
	assert_int_equal(host_pump(vm), GOL_PUMP_IDLE);
	gol_interrupt(vm);
	assert_int_equal(host_pump(vm), GOL_PUMP_DONE);
	assert_int_equal(gol_status(vm), GOL_INTERRUPTED);
	assert_false(gol_is_paused(vm));
	OK(gol_run(vm, program));
	assert_non_null(strstr(h.err, "1\n"));
	host_free(&h, vm);
}

/* Calls of the host go on; what they wake waits. */
static void test_spared_calls(void **state) {
	(void)state;
	Host h;
	int64_t n;
	GolVM *vm = host_vm(&h, 2);
	GolProgram *program = host_compile(&h, vm,
		"package main\nvar c, got = make(chan int, 9), 0\nfunc Start() {\n\tgo func() {\n\t\tfor v := range c {\n\t\t\tgot += v\n\t\t}\n\t}()\n}\n"
		"func Send(n int) { c <- n }\nfunc Got() int { return got }\nfunc main() {}\n");
	GolCall *start = host_open(vm, program, "Start"), *send = host_open(vm, program, "Send"), *got = host_open(vm, program, "Got");
	OK(gol_call_run(start));
	OK(gol_pause(vm));
	for (int i = 1; i <= 3; i++) {
		OK(gol_put_int(gol_arg(send, 0), i));
		OK(gol_call_run(send));
	}
	OK(gol_call_run(got));
	OK(gol_get_int(gol_result(got, 0), &n));
	assert_int_equal(n, 0);
	OK(gol_resume(vm));
	while (n != 6) { /* the receiver's turn comes */
		OK(gol_call_run(got));
		OK(gol_get_int(gol_result(got, 0), &n));
	}
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- sessions */

static void eval(GolVM *vm, const char *text) { OK(gol_eval(vm, NULL, text, strlen(text), 0)); }

/* Steps until a step says so: which goroutine comes first, and which id it has, is not said. */
static void step_until(GolVM *vm, const char *expected) {
	GolStep step = {0};
	for (int64_t end = host_limit(); host_now() < end;) {
		OK(gol_step(vm, 0, &step, NULL, NULL));
		const char *deeds = step.text + strcspn(step.text, "0123456789");
		if (strcmp(deeds + strspn(deeds, "0123456789"), expected) == 0)
			return;
		if (!step.goroutine)
			host_sleep_ms(1);
	}
	assert_string_equal(step.text, expected);
}

static void test_session(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		Host h;
		int64_t n;
		GolVM *vm = host_vm(&h, workers);
		eval(vm, "in, out := make(chan int, 5), make(chan int, 5)");
		OK(gol_pause(vm));
		eval(vm, "go func() {\n\tfor v := range in {\n\t\tout <- v + 1\n\t}\n}()");
		eval(vm, "in <- 1; in <- 2");
		eval(vm, "len(in)"); /* evaluations go on, what they started does not */
		OK(gol_get_int(gol_eval_value(vm, 0), &n));
		assert_int_equal(n, 2);
		step_until(vm, " started at repl:1, received 1 from in at repl:2, sent 2 to out at repl:3, "
			       "received 2 from in at repl:2, sent 3 to out at repl:3, now waits: chan receive on in at repl:2");
		eval(vm, "in <- 5");
		step_until(vm, " received 5 from in at repl:2, sent 6 to out at repl:3, now waits: chan receive on in at repl:2");
		OK(gol_resume(vm));
		eval(vm, "in <- 7; <-out; <-out; <-out; <-out");
		OK(gol_get_int(gol_eval_value(vm, 0), &n));
		assert_int_equal(n, 8);
		host_free(&h, vm);
	}
}

static void test_trace_session(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 2);
	Lines *l = calloc(1, sizeof *l);
	eval(vm, "ch := make(chan string)");
	OK(gol_trace(vm, add_line, l));
	eval(vm, "go func() { ch <- \"x\" }()\n<-ch");
	OK(gol_trace(vm, NULL, NULL));
	assert_non_null(strstr(l->text, "sent \"x\" to ch at repl:1\n"));
	assert_non_null(strstr(l->text, "received \"x\" from ch at repl:2\n"));
	free(l);
	host_free(&h, vm);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events), cmocka_unit_test(test_buffers_and_selects), cmocka_unit_test(test_values),
		cmocka_unit_test(test_sync_and_sleep), cmocka_unit_test(test_order), cmocka_unit_test(test_steps),
		cmocka_unit_test(test_pause_running), cmocka_unit_test(test_spared_calls), cmocka_unit_test(test_end_of_pause),
		cmocka_unit_test(test_session), cmocka_unit_test(test_trace_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
