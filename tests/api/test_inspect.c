/* SPDX-License-Identifier: MIT */
/* test_inspect.c: looking at goroutines and channels, from other threads, from host functions and at the end of a run. */
#include "api_host.h"

#define OK(e) assert_int_equal(e, GOL_OK)

/* ---------------------------------------------------------------- a picture as text */

typedef struct Picture {
	char text[16384];
	size_t len;
	int count;
	bool anonymous; /* no ids: which ones goroutines get depends on the workers that start them */
} Picture;

static void put(Picture *p, const char *format, ...) {
	va_list args;
	va_start(args, format);
	p->len += (size_t)vsnprintf(p->text + p->len, sizeof p->text - p->len, format, args);
	va_end(args);
	assert_true(p->len < sizeof p->text);
}

static void put_waits(Picture *p, const GolGoroutine *g) {
	static const char *const kinds[] = {"<-", "->", "object"};
	for (size_t i = 0; i < g->wait_count; i++) {
		const GolWait *w = &g->waits[i];
		put(p, " %s%s", kinds[w->kind], w->name);
		if (w->kind != GOL_WAIT_OBJECT && w->channel)
			put(p, "(%s %d/%d%s)", w->element, (int)w->len, (int)w->cap, w->is_closed ? " closed" : "");
	}
}

static int see(void *user, const GolGoroutine *g) {
	Picture *p = user;
	p->count++;
	if (!p->anonymous)
		put(p, "%d ", (int)g->id);
	put(p, "[%s]", g->status);
	put_waits(p, g);
	if (g->wakers_elided || g->waker_count)
		put(p, " wakers");
	for (size_t i = 0; i < g->waker_count; i++)
		put(p, " %d", (int)g->wakers[i]);
	static const char *const others[] = {" timer", " system", " host", " global"};
	for (int i = 0; i < 4; i++)
		if (g->other_wakers & 1u << i)
			put(p, "%s", others[i]);
	if (g->is_leaked)
		put(p, " LEAKED");
	put(p, " at %s:%u", g->program_at.function, g->program_at.line);
	if (g->creator && !p->anonymous)
		put(p, " by %d %s:%u", (int)g->creator, g->created.function, g->created.line);
	put(p, "\n");
	assert_true(g->stack_bytes > 0);
	assert_true(g->waiting_ns >= 0);
	assert_int_equal(g->state == GOL_GOROUTINE_WAITING, g->waiting_since_ns != 0);
	return 0;
}

/* ---------------------------------------------------------------- host functions that look */

static GolAction host_look(GolCall *call, void *user) {
	Picture *p = user;
	*p = (Picture){0};
	OK(gol_goroutines(gol_call_vm(call), GOL_GOROUTINES_WAKERS, see, p));
	return GOL_DONE;
}

static void add_look(GolVM *vm, Picture *p) {
	GolNative natives[] = {{"Look", host_look, p}, {0}};
	OK(gol_package_add(vm, "host", "func Look()\n", natives));
}

static void look_at(const char *text, const char *expected) {
	Host h;
	Picture p = {0};
	GolVM *vm = host_vm(&h, 1);
	add_look(vm, &p);
	OK(host_run(&h, vm, text));
	assert_string_equal(p.text, expected);
	host_free(&h, vm);
}

static void test_states(void **state) {
	(void)state;
	look_at("package main\nimport (\"host\"; \"runtime\"; \"sync\"; \"time\")\n"
		"var in = make(chan int)\nvar full = make(chan string, 2)\nvar mu sync.Mutex\n"
		"func receiver() {\n\t<-in\n}\n"
		"func sender() {\n\tfull <- \"x\"\n}\n"
		"func locker() {\n\tmu.Lock()\n}\n"
		"func sleeper() {\n\ttime.Sleep(time.Hour)\n}\n"
		"func main() {\n\tmu.Lock()\n\tfull <- \"a\"\n\tfull <- \"b\"\n"
		"\tgo receiver()\n\tgo sender()\n\tgo locker()\n\tgo sleeper()\n"
		"\tgo func() {\n\t\tselect {\n\t\tcase <-in:\n\t\tcase full <- \"c\":\n\t\t}\n\t}()\n"
		"\tvar none chan bool\n\tgo func() { <-none }()\n"
		"\tfor range 10 {\n\t\truntime.Gosched()\n\t}\n\thost.Look()\n}\n",
		"1 [running] at main.main:37\n"
		"2 [chan receive] <-in(int 0/0) wakers 6 global at main.receiver:7 by 1 main.main:22\n"
		"3 [chan send] ->full(string 2/2) wakers 6 global at main.sender:10 by 1 main.main:23\n"
		"4 [sync.Mutex.Lock] objectmu global at main.locker:13 by 1 main.main:24\n"
		"5 [sleep] timer at main.sleeper:16 by 1 main.main:25\n"
		"6 [select] <-in(int 0/0) ->full(string 2/2) global at main.main.func1:27 by 1 main.main:31\n"
		"7 [chan receive (nil chan)] <- LEAKED at main.main.func2:33 by 1 main.main:33\n");
}

static void test_wakers(void **state) {
	(void)state;
	/* `feed` is known to main and goroutine 3; `lost` to nobody but its receivers; `tick` to a timer. */
	look_at("package main\nimport (\"host\"; \"runtime\"; \"time\")\n"
		"func wait(c chan int) { <-c }\n"
		"func lose() {\n\tlost := make(chan int)\n\tgo wait(lost)\n\tgo wait(lost)\n}\n"
		"func main() {\n\tfeed, end := make(chan int), make(chan int)\n"
		"\tgo wait(feed)\n"
		"\tgo func() { <-end; feed <- 1 }()\n"
		"\tgo lose()\n"
		"\tgo func() { <-time.After(time.Hour) }()\n"
		"\tfor range 10 {\n\t\truntime.Gosched()\n\t}\n\thost.Look()\n\tend <- 1\n\tfeed <- 2\n}\n",
		"1 [running] at main.main:18\n"
		"2 [chan receive] <-c(int 0/0) wakers 1 3 at main.wait:3 by 1 main.main:11\n"
		"3 [chan receive] <-end(int 0/0) wakers 1 at main.main.func1:12 by 1 main.main:12\n"
		"5 [chan receive] <-(time.Time 0/1) timer at main.main.func2:14 by 1 main.main:14\n"
		"6 [chan receive] <-c(int 0/0) LEAKED at main.wait:3 by 4 main.lose:6\n"
		"7 [chan receive] <-c(int 0/0) LEAKED at main.wait:3 by 4 main.lose:7\n");
}

/* Two that wait for each other: neither can ever run. A third that only the first could wake falls with them. */
static void test_circle(void **state) {
	(void)state;
	look_at("package main\nimport (\"host\"; \"runtime\")\n"
		"func circle() {\n\ta, b, c := make(chan int), make(chan int), make(chan int)\n"
		"\tgo func() { <-a; b <- 1; c <- 1 }()\n"
		"\tgo func() { <-b; a <- 1 }()\n"
		"\tgo func() { <-c }()\n}\n"
		"func main() {\n\tcircle()\n"
		"\tfor range 10 {\n\t\truntime.Gosched()\n\t}\n\thost.Look()\n}\n",
		"1 [running] at main.main:14\n"
		"2 [chan receive] <-a(int 0/0) LEAKED at main.circle.func1:5 by 1 main.circle:5\n"
		"3 [chan receive] <-b(int 0/0) LEAKED at main.circle.func2:6 by 1 main.circle:6\n"
		"4 [chan receive] <-c(int 0/0) LEAKED at main.circle.func3:7 by 1 main.circle:7\n");
}

/* ---------------------------------------------------------------- from another thread */

typedef struct Watching {
	GolVM *vm;
	int want; /* goroutines; then, when first is to be seen as well, the run is interrupted */
	const char *first;
	int looks;
	Picture last;
} Watching;

static void *watch_thread(void *arg) {
	Watching *w = arg;
	do {
		w->last = (Picture){0};
		OK(gol_goroutines(w->vm, GOL_GOROUTINES_WAKERS | GOL_GOROUTINES_TRACE, see, &w->last));
		w->looks++;
	} while (w->last.count < w->want || !strstr(w->last.text, w->first));
	gol_interrupt(w->vm);
	return NULL;
}

static GolStatus run_watched(Host *h, uint32_t workers, int want, const char *first, const char *text, Watching *w) {
	GolVM *vm = host_vm(h, workers);
	pthread_t thread;
	*w = (Watching){.vm = vm, .want = want, .first = first};
	GolProgram *program = host_compile(h, vm, text);
	pthread_create(&thread, NULL, watch_thread, w);
	GolStatus status = GOL_OK;
	for (int i = 0; i < 1000 && status == GOL_OK; i++) /* an interrupt between two runs is none */
		status = gol_run(vm, program);
	pthread_join(thread, NULL);
	host_free(h, vm);
	return status;
}

static void test_other_thread(void **state) {
	(void)state;
	Host h;
	Watching w;
	for (uint32_t workers = 1; workers <= 4; workers *= 2) {
		assert_int_equal(run_watched(&h, workers, 51, "1 [sync.WaitGroup.Wait] object",
			"package main\nimport \"sync\"\nvar busy, done = make(chan int, 3), make(chan int)\n"
			"func main() {\n\tvar wg sync.WaitGroup\n\tfor range 25 {\n\t\twg.Add(2)\n"
			"\t\tgo func() { for { busy <- 1 } }()\n\t\tgo func() { for { <-busy } }()\n\t}\n\twg.Wait()\n}\n", &w), GOL_INTERRUPTED);
		assert_int_equal(w.last.count, 51);
	}
}

/* Short runs, so that pictures are taken while programs begin, end and are thrown away. */
static void *picture_thread(void *arg) {
	Watching *w = arg;
	while (!__atomic_load_n(&w->want, __ATOMIC_ACQUIRE)) {
		w->last = (Picture){0};
		OK(gol_goroutines(w->vm, GOL_GOROUTINES_WAKERS | GOL_GOROUTINES_TRACE, see, &w->last));
	}
	return NULL;
}

static void test_short_runs(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 2);
	Watching w = {.vm = vm};
	pthread_t thread;
	GolProgram *program = host_compile(&h, vm,
		"c := make(chan int)\nfor i := range 20 {\n\tgo func() { c <- i }()\n}\nfor range 10 {\n\t<-c\n}\n");
	pthread_create(&thread, NULL, picture_thread, &w);
	for (int i = 0; i < 300; i++)
		OK(gol_run(vm, program));
	__atomic_store_n(&w.want, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- the end of a run */

static void at_end(void *user, GolVM *vm) { OK(gol_goroutines(vm, GOL_GOROUTINES_WAKERS, see, user)); }

static void test_at_end(void **state) {
	(void)state;
	Host h;
	Picture p = {0};
	GolVM *vm = host_vm(&h, 1);
	gol_at_end(vm, at_end, &p);
	OK(host_run(&h, vm, "package main\nimport \"runtime\"\nvar c = make(chan int)\nfunc main() {\n"
			    "\tgo func() { c <- 1 }()\n\tgo func() { for { runtime.Gosched() } }()\n"
			    "\tfor range 10 {\n\t\truntime.Gosched()\n\t}\n}\n"));
	/* The one that still runs could use the package variable. */
	assert_string_equal(p.text, "2 [chan send] ->c(int 0/0) global at main.main.func1:5 by 1 main.main:5\n"
				    "3 [runnable] at main.main.func2:6 by 1 main.main:6\n");
	p = (Picture){0};
	OK(host_run(&h, vm, "package main\nimport \"runtime\"\nvar c = make(chan int)\nfunc main() {\n"
			    "\tgo func() { c <- 1 }()\n\tfor range 10 {\n\t\truntime.Gosched()\n\t}\n}\n"));
	assert_string_equal(p.text, "2 [chan send] ->c(int 0/0) global LEAKED at main.main.func1:5 by 1 main.main:5\n");
	p = (Picture){0};
	assert_int_equal(host_run(&h, vm, "c := make(chan int)\ngo func() { <-c }()\n<-c"), GOL_ERROR_DEADLOCK);
	assert_string_equal(p.text, "1 [chan receive] <-c(int 0/0) global LEAKED at main.main:3\n"
				    "2 [chan receive] <-c(int 0/0) global LEAKED at main.main.func1:2 by 1 main.main:2\n");
	gol_at_end(vm, NULL, NULL);
	p = (Picture){0};
	OK(host_run(&h, vm, "c := make(chan int)\ngo func() { <-c }()"));
	assert_string_equal(p.text, "");
	assert_int_equal(gol_goroutines(NULL, 0, see, &p), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_goroutines(vm, 0, NULL, &p), GOL_ERROR_ARGUMENT);
	OK(gol_goroutines(vm, 0, see, &p));
	assert_int_equal(p.count, 0);
	host_free(&h, vm);
}

/* Main returns before its goroutine has run at all. */
static void test_grace(void **state) {
	(void)state;
	Host h;
	Picture p = {0};
	GolVM *vm = host_vm(&h, 1);
	const char *program = "c := make(chan int)\ngo func() { <-c }()\ngo func() { println(1) }()\n";
	gol_at_end(vm, at_end, &p);
	OK(host_run(&h, vm, program));
	assert_null(strstr(p.text, "LEAKED"));
	p = (Picture){0};
	gol_set_grace(vm, INT64_MAX / 2);
	OK(host_run(&h, vm, program));
	assert_string_equal(p.text, "2 [chan receive] <-c(int 0/0) global LEAKED at main.main.func1:2 by 1 main.main:2\n");
	p = (Picture){0}; /* it ends with a goroutine that never waits, and with one that sleeps */
	gol_set_grace(vm, 1000000);
	OK(host_run(&h, vm, "go func() { for {} }()\ngo time.Sleep(time.Hour)\n"));
	assert_int_equal(p.count, 2);
	gol_set_grace(vm, -1);
	OK(host_run(&h, vm, "go func() { for {} }()"));
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- channels */

static GolAction host_chan(GolCall *call, void *user) {
	Picture *p = user;
	GolChanInfo info;
	GolChanWaiter w;
	const char *s;
	size_t n;
	*p = (Picture){0};
	OK(gol_chan_info(gol_arg(call, 0), &info));
	put(p, "%s %d/%d%s\n", info.element, (int)info.len, (int)info.cap, info.is_closed ? " closed" : "");
	for (size_t i = 0; i < (size_t)info.len; i++) {
		OK(gol_get_string(gol_field(gol_chan_at(gol_arg(call, 0), i), "Name"), &s, &n));
		put(p, "queued %.*s\n", (int)n, s);
	}
	for (size_t i = 0; i < info.senders; i++) {
		OK(gol_chan_sender(gol_arg(call, 0), i, &w));
		OK(gol_get_string(gol_field(w.value, "Name"), &s, &n));
		put(p, "%d sends %.*s%s\n", (int)w.goroutine, (int)n, s, w.is_select ? " in select" : "");
	}
	for (size_t i = 0; i < info.receivers; i++) {
		OK(gol_chan_receiver(gol_arg(call, 0), i, &w));
		assert_int_equal(gol_kind(w.value), GOL_NIL);
		put(p, "%d receives%s\n", (int)w.goroutine, w.is_select ? " in select" : "");
	}
	assert_int_equal(gol_kind(gol_chan_at(gol_arg(call, 0), (size_t)info.len)), GOL_NIL);
	assert_int_equal(gol_chan_sender(gol_arg(call, 0), info.senders, &w), GOL_ERROR_ARGUMENT);
	gol_call_clear(call);
	return GOL_DONE;
}

static void chan_at(const char *text, const char *expected) {
	Host h;
	Picture p = {0};
	GolVM *vm = host_vm(&h, 1);
	GolNative natives[] = {{"Chan", host_chan, &p}, {0}};
	char program[2000];
	OK(gol_package_add(vm, "host", "type P struct { N int8; Name string }\nfunc Chan(c chan P)\n", natives));
	snprintf(program, sizeof program, "c := make(chan host.P, 3)\nother := make(chan int)\n%s\nfor range 10 { runtime.Gosched() }\nhost.Chan(c)\n", text);
	OK(host_run(&h, vm, program));
	assert_string_equal(p.text, expected);
	host_free(&h, vm);
}

static void test_channels(void **state) {
	(void)state;
	chan_at("", "host.P 0/3\n");
	chan_at("for _, s := range []string{\"a\", \"b\", \"c\", \"d\"} {\n\tif s == \"d\" { <-c }\n\tc <- host.P{1, s}\n}\n"
		"go func() { c <- host.P{2, \"e\"} }()\nruntime.Gosched()\ngo func() { select { case c <- host.P{3, \"f\"}: case <-other: } }()",
		"host.P 3/3\nqueued b\nqueued c\nqueued d\n2 sends e\n3 sends f in select\n");
	chan_at("go func() { <-c }()\nruntime.Gosched()\ngo func() { select { case <-c: case <-other: } }()",
		"host.P 0/3\n2 receives\n3 receives in select\n");
	chan_at("c <- host.P{1, \"left\"}\nclose(c)", "host.P 1/3 closed\nqueued left\n");
	chan_at("c = nil", " 0/0\n");
}

static void test_channel_misuse(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 1);
	GolChanInfo info;
	GolProgram *program = host_compile(&h, vm, "func F() (int, chan int) { c := make(chan int, 2); c <- 4; return 1, c }");
	GolCall *call = host_open(vm, program, "F");
	int64_t n;
	OK(gol_call_run(call));
	assert_int_equal(gol_chan_info(gol_result(call, 0), &info), GOL_ERROR_ARGUMENT);
	assert_string_equal(gol_error(vm), "int is not a channel");
	assert_int_equal(gol_kind(gol_chan_at(gol_result(call, 1), 0)), GOL_NIL); /* no picture yet */
	OK(gol_chan_info(gol_result(call, 1), &info));
	OK(gol_get_int(gol_chan_at(gol_result(call, 1), 0), &n));
	assert_int_equal(n, 4);
	assert_int_not_equal(gol_put_int(gol_chan_at(gol_result(call, 1), 0), 5), GOL_OK);
	assert_int_equal(gol_chan_info((GolValue){0}, &info), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_chan_info(gol_result(call, 1), NULL), GOL_ERROR_ARGUMENT);
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- traces while all goroutines wait */

typedef struct Asking {
	Host host; /* first: config.user */
	GolVM *vm;
	bool written; /* atomic */
} Asking;

static void note_write(void *user, int fd, const char *data, size_t len) {
	host_write(user, fd, data, len);
	__atomic_store_n(&((Asking *)user)->written, true, __ATOMIC_RELEASE);
}

static void *ask_thread(void *arg) {
	Asking *a = arg;
	Picture p;
	do { /* until both wait */
		p = (Picture){0};
		OK(gol_goroutines(a->vm, 0, see, &p));
	} while (p.count != 2 || strstr(p.text, "[run"));
	gol_request_traces(a->vm);
	while (!__atomic_load_n(&a->written, __ATOMIC_ACQUIRE))
		host_sleep_ms(1);
	gol_interrupt(a->vm);
	return NULL;
}

static void test_traces_of_sleepers(void **state) {
	(void)state;
	Asking a;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		GolConfig config = host_config(&a.host, workers);
		config.write = note_write;
		OK(gol_vm_new(&config, &a.vm));
		a.written = false;
		GolProgram *program = host_compile(&a.host, a.vm, "c := make(chan int)\ngo func() { <-c }()\ntime.Sleep(time.Hour)\nc <- 1");
		pthread_t thread;
		pthread_create(&thread, NULL, ask_thread, &a);
		assert_int_equal(gol_run(a.vm, program), GOL_INTERRUPTED);
		pthread_join(thread, NULL);
		assert_non_null(strstr(a.host.err, "goroutine 1 [sleep]:"));
		assert_non_null(strstr(a.host.err, "goroutine 2 [chan receive]:"));
		host_free(&a.host, a.vm);
	}
}

/* ---------------------------------------------------------------- sessions */

static void eval(GolVM *vm, const char *text) { OK(gol_eval(vm, NULL, text, strlen(text), 0)); }

/* Looks until there are so many goroutines and one of them looks like this: the session's run on threads of their own. */
static void wait_for(GolVM *vm, int count, const char *text) {
	Picture p = {0};
	for (int64_t end = host_limit(); host_now() < end;) {
		p = (Picture){.anonymous = true};
		OK(gol_goroutines(vm, GOL_GOROUTINES_WAKERS, see, &p));
		if (p.count == count && strstr(p.text, text))
			return;
		host_sleep_ms(1);
	}
	assert_string_equal(p.text, text);
}

static void test_session(void **state) {
	(void)state;
	Host h;
	Picture p;
	GolChanInfo info;
	GolChanWaiter w;
	int64_t n;
	GolVM *vm = host_vm(&h, 2);
	OK(gol_goroutines(vm, 0, see, &p));
	eval(vm, "ch := make(chan int)\nfunc lose() { lost := make(chan bool); go func() { <-lost }() }");
	eval(vm, "go func() { ch <- 41 }()");
	eval(vm, "go lose()");
	wait_for(vm, 2, "[chan send] ->ch(int 0/0) global at main.main.func1:1\n");
	wait_for(vm, 2, "[chan receive] <-lost(bool 0/0) LEAKED at main.lose.func1:2\n");
	OK(gol_chan_info(gol_eval_variable(vm, "ch"), &info));
	assert_int_equal(info.senders, 1);
	OK(gol_chan_sender(gol_eval_variable(vm, "ch"), 0, &w));
	OK(gol_get_int(w.value, &n));
	assert_int_equal(n, 41);
	eval(vm, "ch = nil"); /* now nobody can receive */
	eval(vm, "runtime.GC()");
	OK(gol_get_int(w.value, &n)); /* the picture stays */
	assert_int_equal(n, 41);
	p = (Picture){0};
	OK(gol_goroutines(vm, GOL_GOROUTINES_WAKERS, see, &p));
	assert_non_null(strstr(p.text, "[chan send] ->(int 0/0)"));
	OK(gol_eval_reset(vm));
	p = (Picture){0};
	OK(gol_goroutines(vm, GOL_GOROUTINES_WAKERS, see, &p));
	assert_int_equal(p.count, 0);
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- out of memory */

static int count_only(void *user, const GolGoroutine *g) {
	(void)g;
	++*(int *)user;
	return 0;
}

static void test_no_memory(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 1);
	GolProgram *program = host_compile(&h, vm,
		"func F() chan int {\n\tc := make(chan int, 3)\n\tc <- 1\n\tgo func() { <-make(chan int) }()\n\tfor range 5 { runtime.Gosched() }\n\treturn c\n}");
	GolCall *call = host_open(vm, program, "F");
	GolChanInfo info;
	bool all = false, chan = false;
	OK(gol_call_run(call));
	for (long n = 1; n < 200 && !(all && chan); n++) {
		int count = 0;
		h.fail_from = h.allocations + n;
		h.fail_count = 1000000;
		GolStatus status = gol_goroutines(vm, GOL_GOROUTINES_WAKERS | GOL_GOROUTINES_TRACE, count_only, &count);
		assert_true(status == GOL_ERROR_MEMORY || (status == GOL_OK && count == 1));
		all = status == GOL_OK;
		h.fail_from = h.allocations + n;
		status = gol_chan_info(gol_result(call, 0), &info);
		assert_true(status == GOL_ERROR_MEMORY || (status == GOL_OK && info.len == 1));
		chan = status == GOL_OK;
		h.fail_from = 0;
	}
	assert_true(all && chan);
	host_free(&h, vm);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states), cmocka_unit_test(test_wakers), cmocka_unit_test(test_circle),
		cmocka_unit_test(test_other_thread), cmocka_unit_test(test_short_runs), cmocka_unit_test(test_at_end),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_channels), cmocka_unit_test(test_channel_misuse), cmocka_unit_test(test_traces_of_sleepers),
		cmocka_unit_test(test_session), cmocka_unit_test(test_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
