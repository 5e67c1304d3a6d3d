/* SPDX-License-Identifier: MIT */
/* test_host.c: what a host gives to Go: packages, objects, parking, callbacks, imports, channels; pumping; limits. */
#include <sched.h>

#include "api_host.h"

#define OK(e) assert_int_equal(e, GOL_OK)

/* ---------------------------------------------------------------- a package */

static GolAction host_add(GolCall *call, void *user) {
	int64_t a, b;
	*(int *)user += 1;
	gol_get_int(gol_arg(call, 0), &a);
	gol_get_int(gol_arg(call, 1), &b);
	gol_put_int(gol_result(call, 0), a + b);
	return GOL_DONE;
}

static GolAction host_divide(GolCall *call, void *user) {
	(void)user;
	double a, b;
	gol_get_float(gol_arg(call, 0), &a);
	gol_get_float(gol_arg(call, 1), &b);
	if (b == 0)
		gol_put_error(gol_result(call, 1), "division by zero", 16);
	else
		gol_put_float(gol_result(call, 0), a / b);
	return GOL_DONE;
}

static GolAction host_panic(GolCall *call, void *user) {
	(void)user;
	const char *s;
	size_t n;
	gol_get_string(gol_arg(call, 0), &s, &n);
	return gol_panic(call, s, n);
}

static GolAction host_wrong(GolCall *call, void *user) {
	(void)user;
	gol_put_string(gol_result(call, 0), "x", 1);
	return GOL_DONE;
}

/* func Sum(ps []Point) Point */
static GolAction host_sum(GolCall *call, void *user) {
	(void)user;
	int64_t x = 0, n;
	GolValue ps = gol_arg(call, 0), r = gol_result(call, 0);
	for (int64_t i = 0; i < gol_len(ps); i++) {
		gol_get_int(gol_field(gol_at(ps, i), "X"), &n);
		x += n;
	}
	gol_put_int(gol_field(r, "X"), x);
	gol_put_string(gol_field(r, "Name"), "sum", 3);
	gol_put_value(gol_append(gol_field(r, "From")), gol_at(ps, 0));
	gol_put_int(gol_key_string(gol_field(r, "Tags"), "n", 1, 1), gol_len(ps));
	return GOL_DONE;
}

static const char calc_source[] =
	"const Answer = 42\n"
	"type Point struct { X int; Name string; From []Point; Tags map[string]int8 }\n"
	"func Add(a, b int) int\n"
	"func Divide(a, b float64) (float64, error)\n"
	"func Panic(s string)\n"
	"func Wrong() int\n"
	"func Sum(ps []Point) Point\n"
	"func Twice(n int) int { return Add(n, n) }\n";

static void test_package(void **state) {
	(void)state;
	Host h;
	int calls = 0;
	GolVM *vm = host_vm(&h, 2);
	GolNative natives[] = {{"Add", host_add, &calls}, {"Divide", host_divide, NULL}, {"Panic", host_panic, NULL},
			       {"Wrong", host_wrong, NULL}, {"Sum", host_sum, NULL}, {0}};
	OK(gol_package_add(vm, "my/calc", calc_source, natives));
	assert_int_equal(gol_package_add(vm, "fmt", "", NULL), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_package_add(vm, "", "", NULL), GOL_ERROR_ARGUMENT);
	OK(host_run(&h, vm, "package main\nimport (\"fmt\"; \"my/calc\")\nfunc main() {\n"
		"fmt.Println(calc.Add(1, 2), calc.Twice(4), calc.Answer)\n"
		"fmt.Println(calc.Divide(1, 4))\nfmt.Println(calc.Divide(1, 0))\n"
		"p := calc.Sum([]calc.Point{{X: 3}, {X: 4}})\nfmt.Println(p.X, p.Name, p.From[0].X, p.Tags)\n"
		"f := calc.Add\nfmt.Println(f(5, 6))\n"
		"done := make(chan bool)\ngo func() { defer close(done); calc.Add(0, 0) }()\n<-done\ngo calc.Add(1, 1)\ndefer calc.Add(1, 1)\n"
		"func() { defer func() { fmt.Println(recover()) }(); calc.Panic(\"oh\") }()\n"
		"func() { defer func() { fmt.Println(recover()) }(); calc.Wrong() }()\n}"));
	assert_string_equal(h.out, "3 8 42\n0.25 <nil>\n0 division by zero\n7 sum 3 map[n:2]\n11\noh\nmy/calc.Wrong: int is not a string\n");
	assert_true(calls >= 5);
	h.out_len = 0;
	OK(host_run(&h, vm, "fmt.Println(calc.Add(20, 22))")); /* imported by itself */
	assert_string_equal(h.out, "42\n");
	GolProgram *program;
	assert_int_equal(gol_compile_text(vm, "e.gol", "calc.Add(1, \"x\")", &program), GOL_ERROR_COMPILE);
	assert_non_null(strstr(h.first, "cannot use \"x\""));
	OK(gol_package_add(vm, "half", "func There() int\n", NULL));
	h.errors = 0;
	assert_int_equal(gol_compile_text(vm, "e.gol", "half.There()", &program), GOL_ERROR_COMPILE);
	assert_string_equal(h.first, "half:1:15: missing function body: no native for half.There");
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- imports by callback */

static void host_import(void *user, const char *path, GolImport *answer) {
	(void)user;
	if (strcmp(path, "lib/a") == 0) {
		static const char one[] = "package a\nimport \"lib/b\"\nfunc F() int { return g() + b.N }\n", two[] = "package a\nfunc g() int { return 1 }\n";
		gol_import_source(answer, "a/one.go", one, sizeof one - 1);
		gol_import_source(answer, "a/two.go", two, sizeof two - 1);
	} else if (strcmp(path, "lib/b") == 0) {
		static const char text[] = "package b\nvar N = 41\n";
		gol_import_source(answer, "b.go", text, sizeof text - 1);
	} else if (strcmp(path, "bad") == 0) {
		static const char text[] = "package bad\nvar N int = \"\"\n";
		gol_import_source(answer, "bad.go", text, sizeof text - 1);
	} else if (strcmp(path, "cycle") == 0) {
		static const char text[] = "package cycle\nimport \"cycle\"\nvar N = cycle.N\n";
		gol_import_source(answer, "cycle.go", text, sizeof text - 1);
	}
}

static void test_import(void **state) {
	(void)state;
	Host h;
	GolVM *vm;
	GolProgram *program;
	GolConfig config = host_config(&h, 1);
	config.import = host_import;
	OK(gol_vm_new(&config, &vm));
	OK(host_run(&h, vm, "import \"lib/a\"\nfmt.Println(a.F())"));
	assert_string_equal(h.out, "42\n");
	assert_int_equal(gol_compile_text(vm, "x.gol", "import \"none\"\nnone.F()", &program), GOL_ERROR_COMPILE);
	assert_non_null(strstr(h.first, "package none is not in std"));
	h.errors = 0;
	assert_int_equal(gol_compile_text(vm, "x.gol", "import \"bad\"\nprintln(bad.N)", &program), GOL_ERROR_COMPILE);
	assert_non_null(strstr(h.first, "bad.go:2:13"));
	h.errors = 0;
	assert_int_equal(gol_compile_text(vm, "x.gol", "import \"cycle\"\nprintln(cycle.N)", &program), GOL_ERROR_COMPILE);
	assert_non_null(strstr(h.first, "import cycle"));
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- objects */

typedef struct Counter {
	int n;
	int *freed;
} Counter;

static void counter_free(void *data) {
	Counter *c = data;
	__atomic_fetch_add(c->freed, 1, __ATOMIC_RELAXED);
	free(c);
}

static GolAction counter_new(GolCall *call, void *user) {
	Counter *c = calloc(1, sizeof *c);
	c->freed = user;
	if (gol_host_new(gol_result(call, 0), c, counter_free) != GOL_OK)
		free(c);
	return GOL_DONE;
}

static GolAction counters_freed(GolCall *call, void *user) {
	gol_put_int(gol_result(call, 0), __atomic_load_n((int *)user, __ATOMIC_RELAXED));
	return GOL_DONE;
}

static GolAction counter_inc(GolCall *call, void *user) {
	(void)user;
	void *data;
	int64_t by;
	if (gol_host_data(gol_arg(call, 0), &data) != GOL_OK)
		return GOL_DONE; /* becomes a panic */
	gol_get_int(gol_arg(call, 1), &by);
	((Counter *)data)->n += (int)by;
	gol_put_int(gol_result(call, 0), ((Counter *)data)->n);
	return GOL_DONE;
}

static void test_objects(void **state) {
	(void)state;
	Host h;
	int freed = 0;
	GolVM *vm = host_vm(&h, 2);
	GolNative natives[] = {{"New", counter_new, &freed}, {"(*Counter).Inc", counter_inc, NULL}, {"Freed", counters_freed, &freed}, {0}};
	OK(gol_package_add(vm, "counter", "type Counter struct { handle uintptr }\nfunc New() *Counter\nfunc (c *Counter) Inc(by int) int\nfunc Freed() int\n", natives));
	OK(host_run(&h, vm,
		    "type Incer interface { Inc(int) int }\n"
		    "c := counter.New()\nc.Inc(2)\nvar i Incer = c\nfmt.Println(i.Inc(3))\nf := c.Inc\nfmt.Println(f(1))\n"
		    "try := func(c *counter.Counter) { defer func() { fmt.Println(recover()) }(); c.Inc(1) }\n"
		    "d := *c\ntry(&d)\ntry(&counter.Counter{})\ntry(nil)\n"
		    "for range 1000 { counter.New().Inc(1) }\nfor counter.Freed() < 900 { runtime.GC() }\nfmt.Println(c.Inc(0))\n"));
	assert_string_equal(h.out, "5\n6\ncounter.(*Counter).Inc: a counter.Counter that the host did not make\n"
				   "counter.(*Counter).Inc: a counter.Counter that the host did not make\n"
				   "counter.(*Counter).Inc: a nil pointer is not a host object\n6\n");
	host_free(&h, vm);
	assert_int_equal(freed, 1001);
}

/* What runs when an object is found dead waits for its turn, through collections and while memory is handed out again: there are
 * more of them than the queue of a worker holds, so that some do wait. */
static void test_objects_die_late(void **state) {
	(void)state;
	Host h;
	int freed = 0;
	GolVM *vm = host_vm(&h, 1);
	GolNative natives[] = {{"New", counter_new, &freed}, {"Freed", counters_freed, &freed}, {0}};
	OK(gol_package_add(vm, "counter", "type Counter struct { handle uintptr }\nfunc New() *Counter\nfunc Freed() int\n", natives));
	OK(host_run(&h, vm,
		    "const n = 400\nmake := func() { for range n { counter.New() } }\nmake()\nruntime.GC()\nruntime.GC()\n"
		    "var kept []func() int\nfor i := range n { kept = append(kept, func() int { return i }) }\n"
		    "for counter.Freed() < n-50 { runtime.Gosched() }\n"
		    "sum := 0\nfor _, f := range kept { sum += f() }\nfmt.Println(sum)\n"));
	assert_string_equal(h.out, "79800\n");
	host_free(&h, vm);
	assert_int_equal(freed, 400);
}

/* ---------------------------------------------------------------- parking and calls back */

typedef struct Waker {
	pthread_t thread;
	GolParked *parked;
	int value, delay_ms;
	bool is_held, is_asked; /* atomic: it waits while the first holds */
	GolStatus status;
} Waker;

static void *waker_run(void *arg) {
	Waker *w = arg;
	if (w->delay_ms)
		host_sleep_ms(w->delay_ms);
	while (__atomic_load_n(&w->is_held, __ATOMIC_ACQUIRE))
		host_sleep_ms(1);
	w->status = gol_wake(w->parked, &w->value);
	return NULL;
}

/* func Ask(n int) int: another thread answers. */
static GolAction host_ask(GolCall *call, void *user) {
	void *data;
	Waker *w = user;
	int64_t n;
	gol_get_int(gol_arg(call, 0), &n);
	if (gol_woken(call, &data)) {
		gol_put_int(gol_result(call, 0), *(int *)data + n);
		return GOL_DONE;
	}
	w += n;
	w->value = 100;
	w->parked = gol_park(call);
	pthread_create(&w->thread, NULL, waker_run, w);
	__atomic_store_n(&w->is_asked, true, __ATOMIC_RELEASE);
	return GOL_PARK;
}

/* func Asked() bool: the first one was. */
static GolAction host_asked(GolCall *call, void *user) {
	gol_put_bool(gol_result(call, 0), __atomic_load_n(&((Waker *)user)->is_asked, __ATOMIC_ACQUIRE));
	return GOL_DONE;
}

static void test_parking(void **state) {
	(void)state;
	enum { N = 20 };
	for (uint32_t workers = 1; workers <= 2; workers++) {
		Host h;
		Waker wakers[N] = {0};
		for (int i = 0; i < N; i++)
			wakers[i].delay_ms = i % 3 * 5;
		GolVM *vm = host_vm(&h, workers);
		GolNative natives[] = {{"Ask", host_ask, wakers}, {"Asked", host_asked, wakers}, {0}};
		OK(gol_package_add(vm, "host", "func Ask(n int) int\nfunc Asked() bool\n", natives));
		OK(host_run(&h, vm, "var wg sync.WaitGroup\nvar sum atomic.Int64\nfor i := range 20 { wg.Go(func() { sum.Add(int64(host.Ask(i))) }) }\nwg.Wait()\nfmt.Println(sum.Load())"));
		assert_string_equal(h.out, "2190\n");
		for (int i = 0; i < N; i++) {
			pthread_join(wakers[i].thread, NULL);
			assert_int_equal(wakers[i].status, GOL_OK);
		}
		/* The program ends while one waits. */
		memset(wakers, 0, sizeof wakers);
		wakers[0].is_held = true;
		OK(host_run(&h, vm, "go host.Ask(0)\nfor !host.Asked() { runtime.Gosched() }"));
		gol_vm_free(vm);
		__atomic_store_n(&wakers[0].is_held, false, __ATOMIC_RELEASE);
		pthread_join(wakers[0].thread, NULL);
		assert_int_equal(wakers[0].status, GOL_INTERRUPTED);
		assert_int_equal(h.allocated, 0);
	}
}

/* func Map(xs []int, f func(int) int) []int */
static GolAction host_map(GolCall *call, void *user) {
	(void)user;
	GolValue xs = gol_arg(call, 0);
	void **state = gol_state(call);
	int64_t i = (int64_t)(intptr_t)*state;
	GolCall *inner = gol_called(call);
	if (inner) {
		gol_put_value(gol_at(xs, i), gol_result(inner, 0));
		*state = (void *)(intptr_t)++i;
	}
	if (i == gol_len(xs)) {
		gol_put_value(gol_result(call, 0), xs);
		return GOL_DONE;
	}
	inner = gol_call_back(call, gol_arg(call, 1));
	if (!inner)
		return GOL_DONE;
	gol_put_value(gol_arg(inner, 0), gol_at(xs, i));
	return GOL_CALL;
}

static void test_call_back(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 2);
	GolNative natives[] = {{"Map", host_map, NULL}, {0}};
	OK(gol_package_add(vm, "host", "func Map(xs []int, f func(int) int) []int\n", natives));
	OK(host_run(&h, vm, "fmt.Println(host.Map([]int{1, 2, 3}, func(n int) int { time.Sleep(time.Millisecond); return n * n }))\n"
		"fmt.Println(host.Map([]int{1, 2}, func(n int) int { return len(host.Map([]int{n}, func(m int) int { return m })) }))\n"
		"func() { defer func() { fmt.Println(recover()) }(); host.Map([]int{1}, nil) }()\n"
		"func() { defer func() { fmt.Println(recover()) }(); host.Map([]int{1}, func(int) int { panic(\"in\") }) }()\n"
		"fmt.Println(host.Map(nil, nil))"));
	assert_string_equal(h.out, "[1 4 9]\n[1 1]\nhost.Map: gol_call_back: not a func, or nil\nin\n[]\n");
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- channels */

static GolAction host_keep(GolCall *call, void *user) {
	GolRef *ref;
	if (gol_get_ref(gol_arg(call, 0), &ref) == GOL_OK)
		__atomic_store_n((GolRef **)user, ref, __ATOMIC_RELEASE); /* a thread waits for it */
	return GOL_DONE;
}

typedef struct Feeder {
	GolVM *vm;
	GolRef *in, *out;
	int64_t sum;
	GolStatus last;
} Feeder;

static void *feeder_run(void *arg) {
	Feeder *f = arg;
	GolRef *text, *n;
	while (!__atomic_load_n(&f->out, __ATOMIC_ACQUIRE))
		host_sleep_ms(1);
	OK(gol_chan_ref(f->in, &text));
	OK(gol_chan_ref(f->out, &n));
	for (int i = 0; i < 1000; i++) {
		char s[32];
		int len = snprintf(s, sizeof s, "%d", i);
		OK(gol_put_string(gol_ref_value(text), s, (size_t)len));
		OK(gol_chan_send(f->in, text, -1));
		int64_t v;
		OK(gol_chan_recv(f->out, n, -1));
		OK(gol_get_int(gol_ref_value(n), &v));
		f->sum += v;
	}
	OK(gol_put_string(gol_ref_value(text), "end", 3));
	OK(gol_chan_send(f->in, text, -1));
	f->last = gol_chan_recv(f->out, n, -1);
	gol_ref_free(text);
	gol_ref_free(n);
	gol_detach(f->vm);
	return NULL;
}

static void test_channels(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		Host h;
		GolVM *vm = host_vm(&h, workers);
		Feeder f = {.vm = vm};
		GolNative natives[] = {{"In", host_keep, &f.in}, {"Out", host_keep, &f.out}, {0}};
		OK(gol_package_add(vm, "host", "func In(c chan string)\nfunc Out(c chan int)\n", natives));
		GolProgram *p = host_compile(&h, vm, "in, out := make(chan string), make(chan int, 1)\nhost.In(in)\nhost.Out(out)\n"
			"var junk []byte\nfor s := range in { if s == \"end\" { break }; junk = make([]byte, 10000); n, _ := strconv.Atoi(s); out <- n + len(junk) - 10000 }\n"
			"close(out)\ntime.Sleep(10*time.Millisecond)\nfmt.Println(\"done\")");
		pthread_t thread;
		gol_attach(vm);
		pthread_create(&thread, NULL, feeder_run, &f);
		OK(gol_run(vm, p));
		pthread_join(thread, NULL);
		assert_int_equal(f.sum, 499500);
		assert_int_equal(f.last, GOL_CLOSED);
		assert_string_equal(h.out, "done\n");
		/* Not running: tries, and what is wrong. */
		GolRef *n;
		OK(gol_chan_ref(f.in, &n));
		assert_int_equal(gol_chan_send(f.in, n, 0), GOL_TIMEOUT);
		assert_int_equal(gol_chan_send(f.in, n, 3000000), GOL_TIMEOUT);
		assert_int_equal(gol_chan_send(f.out, n, 0), GOL_ERROR_ARGUMENT);
		assert_int_equal(gol_chan_send(n, n, 0), GOL_ERROR_ARGUMENT);
		host_free(&h, vm);
	}
}

/* ---------------------------------------------------------------- pumping */

static void test_pump(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, GOL_WORKERS_HOST);
	GolRef *chan = NULL, *n;
	GolNative natives[] = {{"Events", host_keep, &chan}, {0}};
	OK(gol_package_add(vm, "host", "func Events(c chan int)\n", natives));
	GolProgram *p = host_compile(&h, vm,
		"c := make(chan int)\nhost.Events(c)\ngo func() { for range 3 { time.Sleep(2*time.Millisecond); fmt.Print(\"t\") } }()\n"
		"time.Sleep(20*time.Millisecond)\nsum := 0\nfor n := range c { if n == 0 { break }; sum += n }\nfmt.Print(sum)\nfor i := 0; i < 20_000_000; i++ { sum += i }\nfmt.Println(sum > 0)");
	assert_int_equal(gol_next_timer_ns(vm), -1);
	OK(gol_start(vm, p));
	assert_int_equal(gol_start(vm, p), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_run(vm, p), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_next_timer_ns(vm), 0);
	assert_true(gol_poll_fd(vm) >= 0);
	GolPump pump;
	int rounds = 0;
	while ((pump = gol_pump(vm, 1000000)) == GOL_PUMP_IDLE || pump == GOL_PUMP_RUNNING) {
		if (pump == GOL_PUMP_RUNNING)
			continue; /* a slow machine: the budget was used up */
		int64_t ns = gol_next_timer_ns(vm);
		assert_true(ns >= 0 && ns < 25000000);
		struct timespec t = {.tv_nsec = ns};
		nanosleep(&t, NULL);
		assert_true(rounds++ < 100);
	}
	assert_string_equal(h.out, "ttt");
	assert_int_equal(pump, GOL_PUMP_STUCK);
	assert_int_equal(gol_next_timer_ns(vm), -1);
	OK(gol_chan_ref(chan, &n));
	for (int i = 3; i >= 0; i--) {
		OK(gol_put_int(gol_ref_value(n), i));
		OK(gol_chan_send(chan, n, 0));
		if (i)
			assert_int_equal(host_pump(vm), GOL_PUMP_STUCK);
	}
	rounds = 0;
	while ((pump = gol_pump(vm, 1000000)) == GOL_PUMP_RUNNING)
		rounds++;
	assert_int_equal(pump, GOL_PUMP_DONE);
	assert_true(rounds > 3);
	OK(gol_status(vm));
	assert_string_equal(h.out, "ttt6true\n");
	OK(host_run(&h, vm, "runtime.GOMAXPROCS(4)\nprintln(1)"));
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- limits */

static void assert_limit(const char *text, GolLimits limits, const char *which) {
	Host h;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		GolVM *vm = host_vm(&h, workers);
		GolProgram *program = host_compile(&h, vm, text);
		OK(gol_set_limits(vm, &limits));
		GolStatus status = gol_run(vm, program);
		if (status != GOL_ERROR_LIMIT || !strstr(gol_error(vm), which))
			fail_msg("%s: %s: %s", text, gol_status_name(status), gol_error(vm));
		assert_string_equal(h.out, "");
		OK(gol_set_limits(vm, &(GolLimits){0}));
		OK(host_run(&h, vm, "fmt.Print(\"alive\")"));
		assert_string_equal(h.out, "alive");
		host_free(&h, vm);
	}
}

static void test_limits(void **state) {
	(void)state;
#define GUARD "defer fmt.Print(\"deferred\")\ndefer func() { fmt.Print(recover()) }()\n"
	GolLimits memory = {.memory_bytes = 64 << 20}, fuel = {.fuel = 300000}, wall = {.wall_ns = 30000000};
	GolLimits goroutines = {.goroutines = 100}, stack = {.stack_bytes = 1 << 20};
	assert_limit(GUARD "var keep [][]byte\nfor { keep = append(keep, make([]byte, 1<<20)) }", memory, "memory");
	assert_limit(GUARD "m := map[int]int{}\nfor i := 0; ; i++ { m[i] = i }", memory, "memory");
	assert_limit(GUARD "s := strings.Repeat(\"x\", 1<<30)\n_ = s", memory, "memory");
	assert_limit(GUARD "_ = make([]int, 1<<28)", memory, "memory");
	assert_limit(GUARD "var f func(int) int\nf = func(n int) int { return f(n+1) + 1 }\nf(0)", memory, "");
	assert_limit(GUARD "for { }", fuel, "fuel");
	assert_limit(GUARD "go func() { for { } }()\nselect { case <-time.After(time.Hour): }", fuel, "fuel");
	assert_limit(GUARD "for { strings.Repeat(\"ab\", 1000) }", fuel, "fuel");
	assert_limit(GUARD "for { }", wall, "wall time");
	assert_limit(GUARD "time.Sleep(time.Hour)", wall, "wall time");
	assert_limit(GUARD "c := make(chan int)\nfor { go func() { <-c }() }", goroutines, "goroutines");
	assert_limit(GUARD "var f func(int) int\nf = func(n int) int { return f(n+1) + 1 }\nf(0)", stack, "stack");
}

/* Of a long panic gol_error tells the beginning; output has all of it, every line indented. */
static void test_long_panic(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 1);
	assert_int_equal(host_run(&h, vm, "panic(strings.Repeat(\"x\\n\", 20000) + \"end\")"), GOL_ERROR_PANIC);
	assert_int_equal(strlen(gol_error(vm)), strlen("panic: ") + 20000 * 3 + 3);
	assert_ptr_equal(strstr(h.err, "\tend\n\ngoroutine 1 [running]:\n"), strchr(h.err, 'e') - 1);
	assert_int_equal(host_run(&h, vm, "panic(strings.Repeat(\"y\", 3 << 20))"), GOL_ERROR_PANIC);
	assert_int_equal(strlen(gol_error(vm)), 1 << 20);
	host_free(&h, vm);
}

/* The same program uses the same fuel, and the limit is met to the unit. */
static void test_fuel_is_exact(void **state) {
	(void)state;
	Host h;
	GolVM *vm = host_vm(&h, 1);
	GolProgram *p = host_compile(&h, vm, "n := 0\nfor i := range 100000 { n += i }\nfmt.Print(n)");
	GolUsage before, after;
	OK(gol_run(vm, p));
	gol_usage(vm, &before);
	OK(gol_run(vm, p));
	gol_usage(vm, &after);
	int64_t used = after.fuel_used - before.fuel_used;
	assert_true(used > 100000);
	OK(gol_set_limits(vm, &(GolLimits){.fuel = used + 1}));
	OK(gol_run(vm, p));
	OK(gol_set_limits(vm, &(GolLimits){.fuel = used - 10}));
	assert_int_equal(gol_run(vm, p), GOL_ERROR_LIMIT);
	host_free(&h, vm);
}

typedef struct Importing {
	Host host; /* the callbacks of api_host.h take it for their user */
	GolVM *vm;
} Importing;

static void interrupt_import(void *user, const char *path, GolImport *answer) {
	(void)path;
	gol_interrupt(((Importing *)user)->vm);
	OK(gol_import_source(answer, "p.go", "package p\nfunc F() {}\n", 22));
}

/* The compiler has limits, too, and can be interrupted; the VM compiles again afterwards. */
static void test_compile_limits(void **state) {
	(void)state;
	Importing host;
	GolConfig config = host_config(&host.host, 1);
	GolProgram *p;
	char *text = calloc(1, 100000);
	for (int i = 0; i < 2000; i++)
		sprintf(text + strlen(text), "var v%d = %d\n", i, i);
	config.import = interrupt_import;
	OK(gol_vm_new(&config, &host.vm));
	OK(gol_set_limits(host.vm, &(GolLimits){.wall_ns = 1}));
	assert_int_equal(gol_compile_text(host.vm, "t.go", text, &p), GOL_ERROR_LIMIT);
	assert_string_equal(gol_error(host.vm), "limit reached: wall time");
	assert_null(p);
	OK(gol_set_limits(host.vm, &(GolLimits){.memory_bytes = 3000000}));
	assert_int_equal(gol_compile_text(host.vm, "t.go", text, &p), GOL_ERROR_MEMORY);
	OK(gol_set_limits(host.vm, &(GolLimits){0}));
	strcpy(text, "import \"far/p\"\n");
	for (int i = 0; i < 2000; i++)
		sprintf(text + strlen(text), "p.F()\n");
	assert_int_equal(gol_compile_text(host.vm, "t.go", text, &p), GOL_INTERRUPTED);
	OK(host_run(&host.host, host.vm, "fmt.Print(1)"));
	free(text);
	host_free(&host.host, host.vm);
}

typedef struct Endless {
	GolVM *vm;
	long rounds;
	uint32_t begun; /* atomic: the program runs */
} Endless;

static GolAction host_begin(GolCall *call, void *user) {
	(void)call;
	__atomic_store_n(&((Endless *)user)->begun, 1, __ATOMIC_RELEASE);
	return GOL_DONE;
}

static GolAction host_loop(GolCall *call, void *user) {
	while (!gol_charge(call, 100))
		((Endless *)user)->rounds++;
	return GOL_DONE;
}

static void *interrupt_begun(void *user) {
	Endless *e = user;
	while (!__atomic_load_n(&e->begun, __ATOMIC_ACQUIRE))
		host_sleep_ms(1);
	host_sleep_ms(10); /* anywhere in the loop */
	gol_interrupt(e->vm);
	return NULL;
}

static void test_interrupt_natives(void **state) {
	(void)state;
	static const char *const texts[] = {
		"host.Begin(); host.Loop()",
		"host.Begin()\ns := \"\"\nfor { s = strings.Repeat(\"ab\", 1<<20) }\n_ = s",
		"host.Begin()\nxs := make([]int, 1<<20)\nfor { for i := range xs { xs[i] = i * 7919 % 1000003 }; sort.Slice(xs, func(i, j int) bool { return xs[i] < xs[j] }) }",
		"host.Begin()\nfor { fmt.Sprintf(\"%1000d\", 1) }",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		Host h;
		GolVM *vm = host_vm(&h, 2);
		Endless e = {.vm = vm};
		GolNative natives[] = {{"Begin", host_begin, &e}, {"Loop", host_loop, &e}, {0}};
		OK(gol_package_add(vm, "host", "func Begin()\nfunc Loop()\n", natives));
		GolProgram *p = host_compile(&h, vm, texts[i]);
		pthread_t thread;
		pthread_create(&thread, NULL, interrupt_begun, &e);
		GolStatus status = gol_run(vm, p);
		pthread_join(thread, NULL);
		assert_int_equal(status, GOL_INTERRUPTED);
		OK(host_run(&h, vm, "fmt.Print(1)"));
		host_free(&h, vm);
	}
}

typedef struct Early {
	Host host; /* first: host_allocate takes it for its user */
	GolVM *vm;
	long interrupt_at; /* this allocation of the run ... */
	bool interrupted;  /* ... came; both atomic */
	bool gave_up;      /* watch_early did, as it did not come */
	int looks;
} Early;

static void *early_allocate(void *user, void *old, size_t old_size, size_t new_size) {
	Early *e = user;
	void *p = host_allocate(user, old, old_size, new_size);
	if (new_size != 0 && __atomic_load_n(&e->interrupt_at, __ATOMIC_RELAXED) != 0 &&
	    __atomic_sub_fetch(&e->interrupt_at, 1, __ATOMIC_RELAXED) == 0) {
		__atomic_store_n(&e->interrupted, true, __ATOMIC_RELAXED);
		gol_interrupt(e->vm);
	}
	return p;
}

/* Whatever gol_run has come to, an interrupt ends it. */
static void test_early_interrupt(void **state) {
	(void)state;
	bool interrupted = true;
	long ended = 0, allocations = 0;
	for (; interrupted; allocations++) {
		Early e;
		GolConfig config = host_config(&e.host, 1);
		config.allocate = early_allocate;
		e.interrupt_at = 0;
		e.interrupted = false;
		OK(gol_vm_new(&config, &e.vm));
		OK(host_run(&e.host, e.vm, "fmt.Print(1)")); /* the next one begins with a new runtime */
		OK(gol_set_limits(e.vm, &(GolLimits){.fuel = 100000}));
		GolProgram *p = host_compile(&e.host, e.vm, "for {}");
		gol_interrupt(e.vm); /* nothing runs */
		e.interrupt_at = allocations + 1;
		GolStatus status = gol_run(e.vm, p);
		assert_true(status == GOL_INTERRUPTED || status == GOL_ERROR_LIMIT);
		ended += status == GOL_INTERRUPTED;
		interrupted = e.interrupted;
		OK(gol_set_limits(e.vm, &(GolLimits){0}));
		OK(host_run(&e.host, e.vm, "fmt.Print(1)"));
		host_free(&e.host, e.vm);
	}
	allocations--;
	assert_true(allocations > 10);
	assert_int_equal(ended, allocations - 1); /* the last one is the text of the error, after the end */
}

/* Ends what nobody interrupted, and what was interrupted in vain. */
static void watch_early(void *user, const char *waiting_for, int64_t waited_ns) {
	Early *e = user;
	(void)waiting_for;
	(void)waited_ns;
	e->gave_up = !__atomic_load_n(&e->interrupted, __ATOMIC_RELAXED);
	if (e->gave_up || ++e->looks == 60)
		gol_interrupt(e->vm);
}

/* The same of the first evaluation of a session, and of a later one. */
static void test_early_interrupted_evaluation(void **state) {
	(void)state;
	for (long has_session = 0, least = 40; has_session < 2; has_session++, least = 1) {
		long allocations = 0;
		bool over = false;
		for (; !over; allocations++) {
			Early e = {.vm = NULL};
			GolConfig config = host_config(&e.host, 1);
			config.allocate = early_allocate;
			OK(gol_vm_new(&config, &e.vm));
			if (has_session)
				OK(gol_eval(e.vm, NULL, "1", 1, 0));
			OK(gol_eval_watch(e.vm, 500000000, watch_early, &e));
			gol_interrupt(e.vm); /* nothing is evaluated */
			__atomic_store_n(&e.interrupt_at, allocations + 1, __ATOMIC_RELAXED);
			assert_int_equal(gol_eval(e.vm, NULL, "x := 1; for {}", 14, GOL_EVAL_WHOLE), GOL_INTERRUPTED);
			assert_true(e.looks < 60);
			over = e.gave_up;
			__atomic_store_n(&e.interrupt_at, 0, __ATOMIC_RELAXED);
			OK(gol_eval_watch(e.vm, 0, NULL, NULL));
			OK(gol_eval(e.vm, NULL, "fmt.Print(1)", 12, 0));
			host_free(&e.host, e.vm);
		}
		assert_true(allocations > least);
	}
}

/* An interrupted collection frees nothing that a later call of the program's functions can reach, and what it left is right:
 * the next one finds all garbage. */
static void test_interrupted_collections(void **state) {
	(void)state;
	static const char text[] =
		"package main\n"
		"import (\"host\"; \"runtime\"; \"time\")\n"
		"type Node struct { next *Node; m map[int]*int; c chan int; t *time.Timer; f func() int; s string }\n"
		"var list *Node\n"
		"var waiting []*Node\n"
		"func main() {}\n"
		"func add() {\n"
		"	n := len(waiting)\n"
		"	v := n\n"
		"	x := &Node{list, map[int]*int{n: &v}, make(chan int, 1), time.NewTimer(time.Hour), func() int { return v }, time.Duration(n).String()}\n"
		"	x.c <- n\n"
		"	list, waiting = x, append(waiting, x)\n"
		"}\n"
		"func Work() {\n"
		"	for range 5000 { add() }\n"
		"	host.Begin()\n"
		"	for { for range 1000 { _ = &Node{m: map[int]*int{}, c: make(chan int), t: time.NewTimer(time.Hour)} }; runtime.GC() }\n"
		"}\n"
		"func check(x *Node, n int) {\n"
		"	v := <-x.c\n"
		"	x.c <- v\n"
		"	x.t.Reset(time.Hour)\n"
		"	if v != n || *x.m[n] != n || x.f() != n || x.s != time.Duration(n).String() || !x.t.Stop() { panic(n) }\n"
		"}\n"
		"func Check() int {\n"
		"	for range 3 {\n"
		"		n := len(waiting)\n"
		"		for x := list; x != nil; x = x.next { n--; check(x, n); if waiting[n] != x { panic(\"other\") } }\n"
		"		if n != 0 { panic(\"short\") }\n"
		"		for range 20000 { _ = &Node{m: map[int]*int{1: new(int)}, c: make(chan int, 3)} }\n"
		"		runtime.GC()\n"
		"	}\n"
		"	return len(waiting)\n"
		"}\n";
	for (uint32_t workers = 1; workers <= 3; workers += 2) {
		Host h;
		GolVM *vm = host_vm(&h, workers);
		Endless e = {.vm = vm};
		GolNative natives[] = {{"Begin", host_begin, &e}, {0}};
		OK(gol_package_add(vm, "host", "func Begin()\n", natives));
		GolProgram *p = host_compile(&h, vm, text);
		for (int64_t round = 1; round <= 12; round++) {
			GolCall *work = host_open(vm, p, "Work"), *check = host_open(vm, p, "Check");
			pthread_t thread;
			int64_t n;
			__atomic_store_n(&e.begun, 0, __ATOMIC_RELEASE);
			pthread_create(&thread, NULL, interrupt_begun, &e);
			GolStatus status = gol_call_run(work);
			pthread_join(thread, NULL);
			assert_int_equal(status, GOL_INTERRUPTED);
			if (gol_call_run(check) != GOL_OK) fail_msg("%s %s", gol_error(vm), h.err);
			gol_get_int(gol_result(check, 0), &n);
			assert_int_equal(n, round * 5000);
			gol_call_close(work);
			gol_call_close(check);
		}
		host_free(&h, vm);
	}
}

static int thread_count(void) {
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int n = -1;
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Threads: %d", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

static void test_no_thread_until_asked(void **state) {
	(void)state;
	Host h;
	int before = thread_count();
	GolVM *vm = host_vm(&h, 0);
	GolProgram *p = host_compile(&h, vm, "fmt.Println(1)");
	assert_int_equal(thread_count(), before);
	OK(gol_run(vm, p));
	assert_int_equal(thread_count(), before); /* one goroutine needs no other thread */
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- signals */

static void *send_signals(void *arg) {
	while (gol_signal(arg, 10) == 0) /* until the program wants it */
		sched_yield();
	assert_int_equal(gol_signal(arg, 12), 0);
	return NULL;
}

/* A program hears of what the host hands it, if it is allowed to. */
static void test_signals(void **state) {
	(void)state;
	static const char text[] = "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR1)\nfmt.Println(<-c)\n";
	Host host;
	GolProgram *p;
	GolVM *vm;
	pthread_t thread;
	GolConfig config = host_config(&host, 2);
	config.allow = GOL_ALLOW_ALL | GOL_ALLOW_SIGNALS;
	OK(gol_vm_new(&config, &vm));
	assert_int_equal(gol_signal(vm, 10), 0);
	OK(gol_compile_text(vm, "t.gol", text, &p));
	assert_int_equal(pthread_create(&thread, NULL, send_signals, vm), 0);
	OK(gol_run(vm, p));
	pthread_join(thread, NULL);
	assert_string_equal(host.out, "user defined signal 1\n");
	assert_int_equal(gol_signal(vm, 10), 0);
	gol_vm_free(vm);
	config.allow = GOL_ALLOW_ALL;
	OK(gol_vm_new(&config, &vm));
	assert_int_equal(gol_compile_text(vm, "t.gol", text, &p), GOL_ERROR_COMPILE);
	gol_vm_free(vm);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package), cmocka_unit_test(test_import), cmocka_unit_test(test_objects), cmocka_unit_test(test_objects_die_late), cmocka_unit_test(test_parking),
		cmocka_unit_test(test_call_back), cmocka_unit_test(test_channels), cmocka_unit_test(test_pump), cmocka_unit_test(test_limits), cmocka_unit_test(test_compile_limits),
		cmocka_unit_test(test_fuel_is_exact), cmocka_unit_test(test_long_panic),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_interrupt_natives), cmocka_unit_test(test_early_interrupt), cmocka_unit_test(test_early_interrupted_evaluation), cmocka_unit_test(test_interrupted_collections),
		cmocka_unit_test(test_no_thread_until_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
