/* SPDX-License-Identifier: MIT */
/* test_eval.c: sessions: gol_eval and what belongs to it. */
#include <signal.h>

#include "api_host.h"

/* ---------------------------------------------------------------- helpers */

static char shown[20000];

static void keep(void *user, const char *text, size_t len) {
	(void)user;
	size_t have = strlen(shown);
	if (have + len < sizeof shown) {
		memcpy(shown + have, text, len);
		shown[have + len] = 0;
	}
}

static int writes; /* atomic: of the program, to anything */

static void count_write(void *user, int fd, const char *data, size_t len) {
	host_write(user, fd, data, len);
	__atomic_add_fetch(&writes, 1, __ATOMIC_RELEASE);
}

static GolVM *session_vm(Host *h, uint32_t workers) {
	GolConfig config = host_config(h, workers);
	config.allow = GOL_ALLOW_CLOCK;
	config.write = count_write;
	GolVM *vm;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	return vm;
}

static GolStatus eval(GolVM *vm, const char *text) { return gol_eval(vm, NULL, text, strlen(text), 0); }

/* Runs text to its end and shows its values, with ", " between. */
static const char *value_of(GolVM *vm, const char *text) {
	Host *h = gol_userdata(vm);
	h->errors = 0;
	if (eval(vm, text) != GOL_OK)
		fail_msg("%s: %s %s", text, gol_error(vm), h->errors ? h->first : "");
	shown[0] = 0;
	for (size_t i = 0; i < gol_eval_count(vm); i++) {
		if (i)
			keep(NULL, ", ", 2);
		assert_int_equal(gol_format(vm, gol_eval_value(vm, i), NULL, keep, NULL), GOL_OK);
	}
	return shown;
}

static void expect(GolVM *vm, const char *text, const char *value) {
	if (strcmp(value_of(vm, text), value) != 0)
		fail_msg("%s: %s, expected %s", text, shown, value);
}

static void run(GolVM *vm, const char *text) { expect(vm, text, ""); }

static void expect_status(GolVM *vm, const char *text, GolStatus status) {
	GolStatus got = eval(vm, text);
	if (got != status)
		fail_msg("%s: %s (%s), expected %s", text, gol_status_name(got), gol_error(vm), gol_status_name(status));
}

static void expect_error(GolVM *vm, const char *text, const char *message) {
	Host *h = gol_userdata(vm);
	h->errors = h->warnings = 0;
	expect_status(vm, text, GOL_ERROR_COMPILE);
	if (!strstr(h->first, message))
		fail_msg("%s: %s, expected %s", text, h->first, message);
}

/* ---------------------------------------------------------------- the language */

static void test_embed(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	expect_error(vm, "//go:embed x\nvar a string", "go:embed only allowed in Go files that import \"embed\"");
	run(vm, "import \"embed\"");
	expect_error(vm, "//go:embed *\nvar a string", "pattern *: the host does not allow files");
	expect_error(vm, "//go:embed .\nvar a embed.FS", "pattern .: the host does not allow files");
	expect_error(vm, "//go:embed x\nvar a int", "go:embed cannot apply to var of type int");
	run(vm, "var a embed.FS");
	expect(vm, "a.ReadFile(\"x\")", "[]byte(nil), *fs.PathError(\"open x: file does not exist\")");
	host_free(&h, vm);
}

static void test_statements(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	expect(vm, "1 + 2", "3");
	run(vm, "x := 1");
	expect(vm, "x", "1");
	run(vm, "x = x + 41");
	expect(vm, "x", "42");
	expect(vm, "y := 5; x + y", "47");
	run(vm, "x++");
	run(vm, "if x > 3 { z := x; _ = z }");
	run(vm, "for i := range 3 { y += i }");
	expect(vm, "y", "8");
	expect(vm, "switch { case y > 3: y = 1 }; y", "1");
	run(vm, "var a, b = 1, \"b\"");
	expect(vm, "b", "\"b\"");
	run(vm, "fmt.Println(\"printed\", x)");
	assert_string_equal(h.out, "printed 43\n");
	run(vm, "");
	run(vm, "// nothing");
	expect(vm, "func() int { return 7 }()", "7");
	expect(vm, "strconv.Atoi(\"12\")", "12, nil");
	run(vm, "func nothing() {}");
	run(vm, "nothing()");
	run(vm, "Loop: for { for { break Loop } }");
	run(vm, "unused := 1; import \"os\"");
	assert_int_equal(h.warnings, 0);
	host_free(&h, vm);
}

static void test_declared_again(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 2);
	run(vm, "x := 1");
	run(vm, "func old() int { return x }");
	run(vm, "x := \"a\"");
	expect(vm, "x", "\"a\"");
	expect(vm, "old()", "1");
	run(vm, "x := x + \"b\"");
	expect(vm, "x", "\"ab\"");
	run(vm, "a, err := strconv.Atoi(\"1\")");
	run(vm, "b, err := strconv.Atoi(\"b\")");
	expect(vm, "a, b = b, a; err != nil", "true");
	run(vm, "const c = 1");
	run(vm, "const c = \"two\"");
	expect(vm, "c", "\"two\"");
	run(vm, "import m \"math\"");
	expect(vm, "m.MaxInt8", "127");
	run(vm, "m := 3");
	expect(vm, "m", "3");
	run(vm, "strings := []string{\"mine\"}");
	expect(vm, "strings[0]", "\"mine\"");
	run(vm, "import \"strings\"");
	expect(vm, "strings.ToUpper(\"x\")", "\"X\"");
	host_free(&h, vm);
}

static void test_functions(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "func f(a int) int { return a * 2 }");
	run(vm, "func g() int { return f(21) }");
	run(vm, "kept := f");
	expect(vm, "g()", "42");
	run(vm, "func f(a int) int { b := [20]int{a}; return b[0] * 3 }");
	expect(vm, "[]int{g(), kept(1)}", "[]int{63, 3}");
	run(vm, "func f(a int) int { return a * 4 }");
	expect(vm, "[]int{g(), kept(1)}", "[]int{84, 4}");
	run(vm, "func f(s string) string { return s + s }");
	expect(vm, "f(\"x\")", "\"xx\"");
	expect(vm, "g()", "84"); /* what it was compiled with */
	run(vm, "func even(n int) bool { return n == 0 || odd(n-1) }; func odd(n int) bool { return n != 0 && even(n-1) }");
	expect(vm, "even(100)", "true");
	run(vm, "n := 0; count := func() int { n++; return n }");
	expect(vm, "count(); count()", "2");
	expect(vm, "n", "2");
	run(vm, "func Map[T, U any](s []T, f func(T) U) []U { var r []U; for _, v := range s { r = append(r, f(v)) }; return r }");
	expect(vm, "Map([]int{1, 2}, func(i int) string { return strconv.Itoa(i * i) })", "[]string{\"1\", \"4\"}");
	run(vm, "defer fmt.Println(\"end\"); fmt.Println(\"begin\")");
	assert_string_equal(h.out, "begin\nend\n");
	host_free(&h, vm);
}

static void test_types(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "type P struct { X, Y int }");
	run(vm, "p := P{1, 2}; var held any = p; var s fmt.Stringer");
	expect(vm, "p", "P{X: 1, Y: 2}");
	run(vm, "func (p P) String() string { return fmt.Sprint(\"P\", p.X) }");
	run(vm, "s = p");
	expect(vm, "fmt.Sprint(p, held, s)", "\"P1 P1 P1\"");
	run(vm, "func (p P) String() string { return fmt.Sprint(\"Q\", p.X) }");
	expect(vm, "fmt.Sprint(p, held, s)", "\"Q1 Q1 Q1\"");
	run(vm, "func (p *P) Move(d int) { p.X += d }");
	expect(vm, "p.Move(4); p.X", "5");
	run(vm, "type Outer struct { P }; func moved(m interface{ Move(int) }) { m.Move(1) }");
	run(vm, "var o Outer; moved(&o)");
	expect(vm, "o.X", "1");
	expect_error(vm, "func (p P) X() {}", "field and method with the same name X");
	expect_error(vm, "func (p int) M() {}", "cannot define new methods on non-local type int");
	run(vm, "type P struct { Name string }");
	expect(vm, "fmt.Sprintf(\"%T %v %T\", p, p, P{})", "\"main.P Q5 main.P\"");
	expect_error(vm, "p = P{}", "cannot use P{}");
	run(vm, "type Stack[T any] struct { v []T }");
	run(vm, "func (s *Stack[T]) Push(x T) { s.v = append(s.v, x) }");
	run(vm, "var st Stack[int]; st.Push(3)");
	run(vm, "func (s *Stack[T]) Len() int { return len(s.v) }");
	expect(vm, "st.Len()", "1");
	run(vm, "type A struct { b *B }; type B struct { a *A }");
	expect(vm, "A{&B{}}", "A{b: &B{a: nil}}");
	host_free(&h, vm);
}

static void test_errors_leave_nothing(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "x := 1; type T struct{}; func f() int { return 1 }");
	expect_error(vm, "x := \"s\"; y := 1; undefined1", "undefined: undefined1");
	expect(vm, "x", "1");
	expect_error(vm, "y", "undefined: y");
	expect_error(vm, "func (T) M() {}; func f() string { return 1 }", "cannot use 1");
	expect(vm, "f()", "1");
	expect_error(vm, "T{}.M()", "T{}.M undefined");
	expect_error(vm, "x := := 1", "syntax error");
	expect_error(vm, "a := 1; a := 2", "no new variables");
	expect_error(vm, "int", "int (type) is not an expression");
	expect_error(vm, "nil", "use of untyped nil");
	expect_error(vm, "import \"no/such\"", "package no/such is not in std");
	expect(vm, "x", "1");
	host_free(&h, vm);
}

static void test_unfinished(void **state) {
	(void)state;
	static const char *const unfinished[] = {"x :=", "f(1,", "func f() {", "if true {", "`abc", "/* c", "1 +", "[]int{1,\n2,",
						  "if x {\n} else", "fmt.", "type T struct {\n"};
	Host h;
	GolVM *vm = session_vm(&h, 1);
	for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++)
		expect_status(vm, unfinished[i], GOL_MORE);
	assert_int_equal(h.errors, 0);
	expect_status(vm, "for i := range 2 {\nfmt.Println(i)\n", GOL_MORE);
	run(vm, "for i := range 2 {\nfmt.Println(i)\n}");
	assert_string_equal(h.out, "0\n1\n");
	assert_int_equal(gol_eval(vm, NULL, "func f() {", 10, GOL_EVAL_WHOLE), GOL_ERROR_COMPILE);
	host_free(&h, vm);
}

static void test_files(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "package main\n\nimport \"fmt\"\n\nvar a = b + 1\nvar b = 2\n\nfunc init() { fmt.Println(\"init\", a) }\n\n"
		"func main() { fmt.Println(\"main\") }\n");
	assert_string_equal(h.out, "init 3\n");
	run(vm, "main()");
	assert_string_equal(h.out, "init 3\nmain\n");
	expect(vm, "a", "3");
	assert_int_equal(gol_eval(vm, "named.gol", "\n\npanic(1)", 10, 0), GOL_ERROR_PANIC);
	assert_non_null(strstr(h.err, "named.gol:3"));
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- values */

static void test_values(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 2);
	assert_int_equal(gol_eval_count(vm), 0);
	run(vm, "x := map[string]int{\"a\": 1}");
	value_of(vm, "x");
	int64_t n = 0;
	assert_string_equal(gol_type_name(gol_eval_value(vm, 0)), "map[string]int");
	assert_int_equal(gol_get_int(gol_key_string(gol_eval_value(vm, 0), "a", 1, 0), &n), GOL_OK);
	assert_int_equal(n, 1);
	assert_int_equal(gol_kind(gol_eval_value(vm, 1)), GOL_NIL);
	assert_int_equal(gol_len(gol_eval_variable(vm, "x")), 1);
	assert_int_equal(gol_kind(gol_eval_variable(vm, "nosuch")), GOL_NIL);
	value_of(vm, "func(a int) int { return a + 1 }");
	GolCall *call;
	assert_int_equal(gol_call_open_value(vm, gol_eval_value(vm, 0), &call), GOL_OK);
	assert_int_equal(gol_put_int(gol_arg(call, 0), 41), GOL_OK);
	assert_int_equal(gol_call_run(call), GOL_OK);
	assert_int_equal(gol_get_int(gol_result(call, 0), &n), GOL_OK);
	assert_int_equal(n, 42);
	gol_call_close(call);
	expect_error(vm, "nosuch", "undefined");
	assert_int_equal(gol_eval_count(vm), 0);
	const char *text;
	size_t len;
	run(vm, "type E struct{}; func (E) Error() string { return \"e\" + strings.Repeat(\"!\", 2) }; func fails() error { return E{} }");
	value_of(vm, "fails()");
	assert_int_equal(gol_get_error(gol_eval_value(vm, 0), &text, &len), GOL_OK);
	assert_string_equal(text, "e!!");
	host_free(&h, vm);
}

/* Values that were declared again, and those of expressions, can be collected. */
static void test_no_leak(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	GolUsage before, after;
	run(vm, "runtime.GC()");
	gol_usage(vm, &before);
	for (int i = 0; i < 40; i++) {
		run(vm, "data := make([]byte, 10<<20)");
		eval(vm, "make([]byte, 10<<20)");
	}
	run(vm, "data := 1");
	run(vm, "runtime.GC()");
	gol_usage(vm, &after);
	assert_true(after.heap_live_bytes < before.heap_live_bytes + (1 << 20));
	host_free(&h, vm);
}

static void test_format(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 2);
	static const char *const cases[][2] = {
		{"2.0", "2.0"}, {"\"a\\tb\"", "\"a\\tb\""}, {"\"say \\\"x\\\"\"", "`say \"x\"`"}, {"int8(5)", "int8(5)"},
		{"'x'", "int32(120) // 'x'"}, {"[]int{1, 2, 3}", "[]int{1, 2, 3}"}, {"[]byte(\"hi\")", "[]byte(\"hi\")"},
		{"map[string]int{\"b\": 2, \"a\": 1}", "map[string]int{\"a\": 1, \"b\": 2}"}, {"[2][2]int{{1}, {2}}", "[2][2]int{{1, 0}, {2, 0}}"},
		{"[]any{1, \"a\", int8(3), nil, 2.5}", "[]any{1, \"a\", int8(3), nil, 2.5}"}, {"errors.New(\"boom\")", "*errors.errorString(\"boom\")"},
		{"context.DeadlineExceeded", "context.deadlineExceededError(\"context deadline exceeded\")"},
		{"3 * time.Second / 2", "time.Duration(1.5s)"}, {"[]time.Duration{1, 2e9}", "[]time.Duration{1ns, 2s}"},
		{"make(chan int, 5)", "chan int (len 0, cap 5)"}, {"complex(1, -2)", "(1-2i)"}, {"1e100", "1e+100"},
		{"strings.ToUpper", "func strings.ToUpper(string) string"}, {"fmt.Println", "func fmt.Println(...interface {}) (int, error)"}, {"[]int(nil)", "[]int(nil)"}, {"(*int)(nil)", "(*int)(nil)"},
		{"struct{ A int; B error }{1, nil}", "struct { A int; B error }{A: 1, B: nil}"}, {"true", "true"},
		{"type N struct { Next *N; V int }; n := &N{V: 1}; n.Next = n; n", "&N{Next: (*N)(…cycle), V: 1}"},
		{"type C int; func (c C) String() string { return [...]string{\"Red\", \"Green\"}[c] }; []C{0, 1}", "[]C{Red, Green}"},
		{"C(1)", "C(Green)"}, {"type E struct { Code int }; func (e *E) Error() string { return \"e\" }; &E{7}", "&E{Code: 7} // e"},
		{"[]string{\"日本語日本語日本語日本語\", \"日本語日本語日本語\", \"日本語日本語日本語日本\"}",
		 "[]string{\n    \"日本語日本語日本語日本語\",\n    \"日本語日本語日本語\",\n    \"日本語日本語日本語日本\",\n}"},
		{"type Bad struct{}; func (Bad) String() string { panic(1) }; Bad{}", "Bad{}"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(vm, cases[i][0], cases[i][1]);
	GolFormat few = {.size = sizeof few, .max_elements = 2, .max_string = 3, .depth = 2, .width = 20};
	static const char *const shortened[][2] = {
		{"make([]int, 12)", "[]int{\n    0, 0,\n    … 10 more\n}"}, {"\"abcdef\"", "\"abc\"… 3 more"},
		{"[][][]int{{{1}}}", "[][][]int{{{…}}}"},
	};
	for (size_t i = 0; i < sizeof shortened / sizeof *shortened; i++) {
		value_of(vm, shortened[i][0]);
		shown[0] = 0;
		assert_int_equal(gol_format(vm, gol_eval_value(vm, 0), &few, keep, NULL), GOL_OK);
		assert_string_equal(shown, shortened[i][1]);
	}
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- ends */

static void test_panics(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "x := 1");
	expect_status(vm, "x = 2; panic(\"boom\")", GOL_ERROR_PANIC);
	assert_string_equal(gol_error(vm), "panic: boom");
	assert_non_null(strstr(h.err, "panic: boom\n\ngoroutine "));
	expect(vm, "x", "2");
	h.err_len = 0;
	run(vm, "done := make(chan int); go func() { defer close(done); panic(\"background\") }(); _ = <-done");
	while (gol_eval_panics(vm) == 0)
		host_sleep_ms(1);
	assert_int_equal(gol_eval_panics(vm), 1);
	run(vm, "runtime.Gosched()");
	assert_non_null(strstr(h.err, "panic: background\n\ngoroutine "));
	expect_status(vm, "func r(n int) int { return r(n + 1) }; r(0)", GOL_ERROR_FATAL);
	expect_status(vm, "var mu sync.Mutex; mu.Unlock()", GOL_ERROR_FATAL);
	assert_string_equal(gol_error(vm), "fatal error: sync: unlock of unlocked mutex");
	run(vm, "fmt.Println(1); runtime.Goexit()");
	expect(vm, "x", "2");
	host_free(&h, vm);
}

static void test_deadlock(void **state) {
	(void)state;
	Host h;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		GolVM *vm = session_vm(&h, workers);
		run(vm, "ch := make(chan int); var mu sync.Mutex; var wg sync.WaitGroup");
		run(vm, "go func() { ch <- 42 }()"); /* parked at the prompt: no deadlock */
		expect(vm, "<-ch", "42");
		expect_status(vm, "defer fmt.Println(\"deferred\"); <-ch", GOL_ERROR_DEADLOCK);
		assert_string_equal(gol_error(vm), "fatal error: all goroutines are asleep - deadlock!");
		assert_non_null(strstr(h.err, "[chan receive]:\nmain.main()"));
		assert_string_equal(h.out, "deferred\n");
		expect_status(vm, "mu.Lock(); mu.Lock()", GOL_ERROR_DEADLOCK);
		run(vm, "mu.Unlock(); mu.Lock(); mu.Unlock()");
		expect_status(vm, "wg.Add(1); wg.Wait()", GOL_ERROR_DEADLOCK);
		expect_status(vm, "select {}", GOL_ERROR_DEADLOCK);
		expect_status(vm, "select { case <-ch: case ch <- 1: }", GOL_ERROR_DEADLOCK);
		expect_status(vm, "var none chan int; none <- 1", GOL_ERROR_DEADLOCK);
		expect_status(vm, "sync.NewCond(&mu).Wait()", GOL_ERROR_FATAL); /* unlock of unlocked mutex */
		expect_status(vm, "mu.Lock(); sync.NewCond(&mu).Wait()", GOL_ERROR_DEADLOCK);
		expect_status(vm, "defer func() { <-ch }(); <-ch", GOL_ERROR_DEADLOCK); /* and its deferred call */
		run(vm, "go func() { ch <- 7 }()");
		expect(vm, "<-ch", "7"); /* nothing of the above waits on it any more */
		host_free(&h, vm);
	}
}

static void test_goroutines_go_on(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "var n atomic.Int64; stop := make(chan bool)");
	run(vm, "go func() { for { select { case <-stop: return; default: n.Add(1); time.Sleep(time.Millisecond) } } }()");
	int64_t seen = 0, now = 0;
	do {
		value_of(vm, "n.Load()");
		gol_get_int(gol_eval_value(vm, 0), &now);
		seen = seen ? seen : now;
		host_sleep_ms(1); /* the prompt: nothing but the session's own thread runs */
	} while (now < seen + 5);
	run(vm, "stop <- true");
	run(vm, "func f() int { return 1 }");
	run(vm, "out := make(chan int); go func() { for { out <- f() } }()");
	expect(vm, "<-out", "1");
	run(vm, "func f() int { return 2 }");
	expect(vm, "<-out; <-out; <-out", "2"); /* it runs on in the new function */
	host_free(&h, vm);
}

static void test_exit(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "x := 5; ch := make(chan int); go func() { <-ch; os.Exit(4) }()");
	expect_status(vm, "os.Exit(3)", GOL_EXIT);
	assert_int_equal(gol_exit_code(vm), 3);
	expect(vm, "x", "5");
	GolStatus status = eval(vm, "go func() { os.Exit(4) }()");
	while (status == GOL_OK) { /* also when it came between two evaluations */
		host_sleep_ms(1);
		status = eval(vm, "x");
	}
	assert_int_equal(status, GOL_EXIT);
	assert_int_equal(gol_exit_code(vm), 4);
	expect(vm, "x", "5");
	assert_int_equal(gol_eval_reset(vm), GOL_OK);
	expect_error(vm, "x", "undefined: x");
	run(vm, "x := 1; go func() { select {} }()");
	GolProgram *program = host_compile(&h, vm, "println(1)");
	assert_int_equal(gol_run(vm, program), GOL_OK);
	expect_error(vm, "x", "undefined: x"); /* another program ended the session */
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- interrupts and limits */

typedef struct Interrupter {
	GolVM *vm;
	pthread_t thread;
	int times, all;
} Interrupter;

/* Waits until the evaluation says that it runs. */
static void *interrupt(void *user) {
	Interrupter *i = user;
	while (__atomic_load_n(&writes, __ATOMIC_ACQUIRE) == 0)
		host_sleep_ms(1);
	for (int n = 0; n < i->times; n++) {
		if (i->all)
			gol_interrupt_all(i->vm);
		else
			gol_interrupt(i->vm);
	}
	return NULL;
}

static void expect_interrupted(GolVM *vm, const char *text, int times, int all) {
	Interrupter i = {.vm = vm, .times = times, .all = all};
	__atomic_store_n(&writes, 0, __ATOMIC_RELEASE);
	pthread_create(&i.thread, NULL, interrupt, &i);
	expect_status(vm, text, GOL_INTERRUPTED);
	pthread_join(i.thread, NULL);
}

static void test_interrupts(void **state) {
	(void)state;
	Host h;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		GolVM *vm = session_vm(&h, workers);
		run(vm, "x := 1; ch := make(chan int); deferred := 0; tick := time.NewTicker(time.Hour)");
		expect_interrupted(vm, "fmt.Println(); for {}", 1, 0);
		expect_interrupted(vm, "defer func() { recover(); deferred++ }(); fmt.Println(); for { x++ }", 1, 0);
		expect(vm, "deferred", "1");
		expect_interrupted(vm, "fmt.Println(); <-tick.C", 1, 0);
		expect_interrupted(vm, "fmt.Println(); time.Sleep(time.Hour)", 1, 0);
		expect_interrupted(vm, "fmt.Println(); select { case <-ch: case <-tick.C: }", 1, 0);
		expect_interrupted(vm, "defer func() { for {} }(); fmt.Println(); for {}", 2, 0);
		expect_interrupted(vm, "fmt.Println(); s := make([]int, 1000); for { sort.Slice(s, func(i, j int) bool { return s[i] < s[j] }) }", 1, 0);
		run(vm, "go func() { ch <- 9 }()");
		expect(vm, "<-ch", "9");
		expect_interrupted(vm, "var started atomic.Int64; for range 3 { go func() { defer func() { ch <- 1 }(); started.Add(1); for {} }() }; "
				       "for started.Load() < 3 { runtime.Gosched() }; fmt.Println(); for {}", 1, 1);
		expect(vm, "<-ch + <-ch + <-ch", "3"); /* all of them ran their deferred calls */
		run(vm, "var mu sync.Mutex; mu.Lock(); bubble := func(f func(*testing.T)) { synctest.Test(new(testing.T), f) }");
		expect_interrupted(vm, "fmt.Println(); bubble(func(*testing.T) { for { time.Sleep(1) } })", 1, 1);
		expect_interrupted(vm, "bubble(func(*testing.T) { go mu.Lock(); fmt.Println(); time.Sleep(1) })", 1, 1);
		expect_interrupted(vm, "bubble(func(*testing.T) { go mu.Lock(); fmt.Println(); synctest.Wait() })", 1, 1);
		run(vm, "bubble(func(t *testing.T) { time.Sleep(time.Hour); deferred += time.Now().Hour() })");
		expect(vm, "deferred", "2");
		expect_interrupted(vm, "next, stop := iter.Pull(func(yield func(int) bool) { for yield(1) { fmt.Println(); <-tick.C } }); next(); next()", 1, 1);
		run(vm, "next, stop = iter.Pull(slices.Values([]int{7})); next(); stop()");
		gol_interrupt(vm); /* at the prompt: nothing */
		gol_interrupt_all(vm);
		expect(vm, "1", "1");
		host_free(&h, vm);
	}
}

static void test_limits(void **state) {
	(void)state;
	Host h;
	GolConfig config = host_config(&h, 1);
	config.limits = (GolLimits){.fuel = 1000000, .goroutines = 10, .memory_bytes = 100 << 20, .stack_bytes = 1 << 20};
	GolVM *vm;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	run(vm, "x := 1; import \"time\"");
	expect_status(vm, "for {}", GOL_ERROR_LIMIT);
	assert_string_equal(gol_error(vm), "limit reached: fuel");
	for (int i = 0; i < 5; i++)
		run(vm, "for range 500000 {}"); /* each evaluation has its own */
	assert_int_equal(gol_set_limits(vm, &(GolLimits){.wall_ns = 20000000}), GOL_OK);
	expect_status(vm, "time.Sleep(time.Hour)", GOL_ERROR_LIMIT);
	assert_string_equal(gol_error(vm), "limit reached: wall time");
	assert_int_equal(gol_set_limits(vm, &config.limits), GOL_OK);
	expect_status(vm, "for { go func() { select {} }() }", GOL_ERROR_LIMIT);
	assert_string_equal(gol_error(vm), "limit reached: goroutines");
	assert_int_equal(gol_eval_reset(vm), GOL_OK);
	expect_status(vm, "func r(n int) int { return r(n + 1) }; r(0)", GOL_ERROR_LIMIT);
	expect_status(vm, "var s [][]byte; for { s = append(s, make([]byte, 1<<20)) }", GOL_ERROR_LIMIT);
	run(vm, "s = nil");
	run(vm, "s = append(s, make([]byte, 1<<20))");
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- what the host asks */

enum { WATCH_NS = 2000000 };

typedef struct Watched {
	GolVM *vm;
	const char *want; /* to wait for, or NULL: to run; when that has been told three times the evaluation is interrupted */
	int times;
	int64_t waited_ns; /* at the last of them */
} Watched;

static void watch(void *user, const char *waiting_for, int64_t waited_ns) {
	Watched *w = user;
	if (!w->want != !waiting_for || (w->want && strcmp(w->want, waiting_for) != 0))
		return; /* not there yet */
	w->waited_ns = waited_ns;
	if (++w->times == 3)
		gol_interrupt(w->vm);
}

static void expect_watched(Watched *w, const char *text, const char *want) {
	w->want = want;
	w->times = 0;
	expect_status(w->vm, text, GOL_INTERRUPTED);
	assert_true(w->times >= 3);
	assert_true(want ? w->waited_ns >= 2 * WATCH_NS : w->waited_ns == 0);
}

static void test_watch(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	Watched w = {.vm = vm};
	assert_int_equal(gol_eval_watch(vm, 0, watch, &w), GOL_ERROR_ARGUMENT);
	run(vm, "results := make(chan int); tick := time.NewTicker(time.Hour)");
	assert_int_equal(gol_eval_watch(vm, WATCH_NS, watch, &w), GOL_OK);
	expect_watched(&w, "<-results", "chan receive on results");
	expect_watched(&w, "results <- 1", "chan send on results");
	expect_watched(&w, "time.Sleep(time.Hour)", "sleep");
	expect_watched(&w, "for {}", NULL);
	assert_int_equal(gol_eval_watch(vm, 0, NULL, NULL), GOL_OK);
	host_free(&h, vm);
}

static int list_name(void *user, const GolName *n) {
	(void)user;
	char line[300];
	snprintf(line, sizeof line, "%d %s %s %u <%.*s>\n", (int)n->kind, n->name, n->type, n->piece, (int)n->source_len, n->source);
	keep(NULL, line, strlen(line));
	return 0;
}

static int list_candidate(void *user, const GolCandidate *c) {
	(void)user;
	char line[300];
	snprintf(line, sizeof line, "%s|%s ", c->text, c->detail);
	keep(NULL, line, strlen(line));
	return 0;
}

static void expect_candidates(GolVM *vm, const char *text, size_t start, const char *candidates) {
	size_t at = 99;
	shown[0] = 0;
	assert_int_equal(gol_complete(vm, text, strlen(text), strlen(text), &at, list_candidate, NULL), GOL_OK);
	if (at != start || strcmp(shown, candidates) != 0)
		fail_msg("%s: %zu %s", text, at, shown);
}

static void test_names(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	run(vm, "x, y := 1, \"a\"");
	run(vm, "type P struct { Name string; Age int }");
	run(vm, "func (p *P) Hello(n int) string { return p.Name }");
	run(vm, "import str \"strings\"");
	run(vm, "const ( A = iota; B )");
	run(vm, "// f does it.\nfunc f(a int) (string, error) { return \"\", nil }");
	run(vm, "x := 2.5; var p P");
	shown[0] = 0;
	assert_int_equal(gol_eval_names(vm, list_name, NULL), GOL_OK);
	assert_string_equal(shown, "0 y string 1 <x, y := 1, \"a\">\n"
				   "2 P struct{Name string; Age int} 2 <type P struct { Name string; Age int }>\n"
				   "4 (*P).Hello func(n int) string 3 <func (p *P) Hello(n int) string { return p.Name }>\n"
				   "6 str strings 4 <import str \"strings\">\n"
				   "1 A untyped int 5 <const ( A = iota; B )>\n1 B untyped int 5 <const ( A = iota; B )>\n"
				   "3 f func(a int) (string, error) 6 <func f(a int) (string, error) { return \"\", nil }>\n"
				   "0 x float64 7 <x := 2.5>\n0 p P 7 <var p P>\n");
	static const char *const types[][2] = {
		{"x + 1", "float64"}, {"f", "func(a int) (string, error)"}, {"f(1)", "string, error"}, {"P", "type P"},
		{"1 << 3", "untyped int"}, {"nil", "untyped nil"}, {"len", "builtin"}, {"p.Hello", "func(n int) string"},
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		shown[0] = 0;
		assert_int_equal(gol_eval_type(vm, types[i][0], strlen(types[i][0]), keep, NULL), GOL_OK);
		assert_string_equal(shown, types[i][1]);
	}
	assert_int_equal(gol_eval_type(vm, "x := 1", 6, keep, NULL), GOL_ERROR_COMPILE);
	assert_int_equal(gol_eval_type(vm, "nosuch", 6, keep, NULL), GOL_ERROR_COMPILE);
	expect_candidates(vm, "p.", 2, "Age|int Hello|func(n int) string Name|string ");
	expect_candidates(vm, "y = p.N", 6, "Name|string ");
	expect_candidates(vm, "fmt.Printl", 4, "Println|func(a ...any) (n int, err error) ");
	expect_candidates(vm, "str.SplitAfterN", 4, "SplitAfterN|func(s string, sep string, n int) []string ");
	expect_candidates(vm, "P{Name: \"x\", Ag", 13, "Age: |int ");
	expect_candidates(vm, "map[string]P{}[\"a\"].Na", 20, "Name|string ");
	expect_candidates(vm, "for index := range 3 { ind", 23, "index| ");
	expect_candidates(vm, "strco", 0, "strconv|strconv ");
	expect_candidates(vm, "contin", 0, "continue| ");
	expect_candidates(vm, "\"p.", 3, "");
	expect_candidates(vm, "nosuch.", 7, "");
	expect_candidates(vm, "import \"text/te", 8, "text/template| text/template/parse| ");
	expect_candidates(vm, "import t \"text/tab", 10, "text/tabwriter| ");
	expect_candidates(vm, "x := 1\nimport . \"uns", 17, "unsafe| ");
	expect_candidates(vm, "import \"net/http/int", 8, "");
	expect_candidates(vm, "s := \"text/te", 11, "");
	static const char *const docs[][2] = {
		{"strings.Split", "func Split(s, sep string) []string\n    Split returns"}, {"f", "func f(a int) (string, error)\n    f does it.\n"},
		{"P.Hello", "func (p *P) Hello(n int) string\n"}, {"P", "type P struct { Name string; Age int }\n"}, {"len", "func len("},
		{"strings.Builder.Len", "func (b *Builder) Len() int\n"}, {"math/rand.Intn", "func Intn(n int) int\n"}, {"errors", "package errors"},
	};
	for (size_t i = 0; i < sizeof docs / sizeof *docs; i++) {
		shown[0] = 0;
		assert_int_equal(gol_doc(vm, docs[i][0], keep, NULL), GOL_OK);
		if (strncmp(shown, docs[i][1], strlen(docs[i][1])) != 0)
			fail_msg("%s: %s", docs[i][0], shown);
	}
	assert_int_equal(gol_doc(vm, "nosuch", keep, NULL), GOL_ERROR_ARGUMENT);
	host_free(&h, vm);
}

static GolAction evaluate_inside(GolCall *call, void *user) {
	(void)user;
	gol_put_int(gol_result(call, 0), gol_eval(gol_call_vm(call), NULL, "1", 1, 0));
	return GOL_DONE;
}

static GolAction park_for_ever(GolCall *call, void *user) {
	if (gol_woken(call, NULL))
		return GOL_DONE;
	GolParked *p = gol_park(call);
	__atomic_store_n((GolParked **)user, p, __ATOMIC_RELEASE);
	return p ? GOL_PARK : GOL_DONE;
}

static void test_host_functions(void **state) {
	(void)state;
	Host h;
	GolParked *parked = NULL;
	GolVM *vm = session_vm(&h, 2);
	GolNative natives[] = {{"Eval", evaluate_inside, NULL}, {"Park", park_for_ever, &parked}, {0}};
	assert_int_equal(gol_package_add(vm, "host", "func Eval() int\nfunc Park()\n", natives), GOL_OK);
	expect(vm, "host.Eval()", "1"); /* GOL_ERROR_ARGUMENT */
	run(vm, "status := make(chan int, 1); go func() { status <- host.Eval() }()"); /* also when no evaluation is under way */
	expect(vm, "<-status", "1");
	expect_interrupted(vm, "fmt.Println(); host.Park()", 1, 0);
	assert_int_equal(gol_wake(parked, NULL), GOL_INTERRUPTED);
	parked = NULL;
	run(vm, "go host.Park()");
	while (__atomic_load_n(&parked, __ATOMIC_ACQUIRE) == NULL)
		host_sleep_ms(1);
	gol_vm_free(vm);
	assert_int_equal(gol_wake(parked, NULL), GOL_INTERRUPTED);
	assert_int_equal(h.allocated, 0);
}

static void test_arguments(void **state) {
	(void)state;
	Host h;
	GolVM *vm = session_vm(&h, 1);
	assert_int_equal(gol_eval(NULL, NULL, "1", 1, 0), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_eval(vm, NULL, NULL, 1, 0), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_eval(vm, NULL, "1", 1, 1u << 30), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_eval(vm, NULL, "1 garbage", 1, 0), GOL_OK);
	assert_int_equal(gol_eval_reset(NULL), GOL_ERROR_ARGUMENT);
	host_free(&h, vm);
	vm = host_vm(&h, GOL_WORKERS_HOST);
	assert_int_equal(eval(vm, "1"), GOL_ERROR_ARGUMENT);
	host_free(&h, vm);
}

static const char *shapes_text;

static void import_shapes(void *user, const char *path, GolImport *answer) {
	(void)user;
	if (strcmp(path, "example.com/shapes") == 0)
		gol_import_source(answer, "shapes.go", shapes_text, strlen(shapes_text));
}

/* A package with errors is read again by the next import. */
static void test_imports(void **state) {
	(void)state;
	Host h;
	GolConfig config = host_config(&h, 1);
	GolVM *vm;
	config.import = import_shapes;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	shapes_text = "package shapes\nfunc Area(a int) int { return a * b }\n";
	expect_error(vm, "import \"example.com/shapes\"", "shapes.go:2:35: undefined: b");
	expect_error(vm, "shapes.Area(3)", "undefined: shapes");
	shapes_text = "package shapes\nvar side = 3\nfunc Area(a int) int { return a * side }\n";
	run(vm, "import \"example.com/shapes\"");
	expect(vm, "shapes.Area(3)", "9");
	host_free(&h, vm);
}

/* ---------------------------------------------------------------- memory */

/* Every piece may be refused; then the next one is as if it had not been there. */
static bool memory_round(long n) {
	static const char *const pieces[] = {
		"x := []int{1, 2, 3}; type T struct { A string }",
		"func (t T) String() string { return t.A + fmt.Sprint(len(x)) }",
		"func f(n int) int { if n == 0 { return 0 }; return 1 + f(n-1) }",
		"ch := make(chan int); go func() { ch <- f(100) }(); <-ch",
		"func f(n int) int { return -n }",
		"fmt.Sprint(T{\"t\"}, x, f(2))",
	};
	Host h;
	GolConfig config = host_config(&h, 1);
	GolVM *vm;
	h.fail_from = n;
	h.fail_count = 1;
	if (gol_vm_new(&config, &vm) != GOL_OK) {
		assert_int_equal(h.allocated, 0);
		return false;
	}
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		GolStatus status = eval(vm, pieces[i]);
		if (status == GOL_ERROR_MEMORY || status == GOL_ERROR_LIMIT || status == GOL_ERROR_FATAL)
			status = eval(vm, pieces[i]);
		if (status != GOL_OK && h.allocations < n)
			fail_msg("%s: %s: %s", pieces[i], gol_error(vm), h.first);
	}
	shown[0] = 0;
	for (size_t i = 0; i < gol_eval_count(vm); i++)
		gol_format(vm, gol_eval_value(vm, i), NULL, keep, NULL);
	size_t start;
	gol_complete(vm, "fmt.Pr", 6, 6, &start, list_candidate, NULL);
	gol_doc(vm, "f", keep, NULL);
	gol_eval_names(vm, list_name, NULL);
	bool done = h.allocations < n;
	host_free(&h, vm);
	return done;
}

static void test_no_memory(void **state) {
	(void)state;
	long n = 1;
	while (!memory_round(n))
		n += n < 150 ? 1 : 13;
	assert_true(n > 100);
}

/* Types that reflection makes and types that the source mentions later are the same types. */
static void test_made_types(void **state) {
	(void)state;
	Host h = {0};
	GolVM *vm = session_vm(&h, 2);
	run(vm, "type T struct { A int; B string }\nfunc (t T) M(x int) int { return t.A + x }\nt := T{1, \"x\"}");
	run(vm, "import \"reflect\"");
	run(vm, "v := reflect.ValueOf(&t).Elem()\nv.Field(0).SetInt(42)");
	expect(vm, "t.A", "42");
	expect(vm, "v.MethodByName(\"M\").Call([]reflect.Value{reflect.ValueOf(8)})[0].Int()", "int64(50)");
	run(vm, "tt, str, in := v.Type(), reflect.TypeOf(\"\"), reflect.TypeOf(0)");
	run(vm, "s, a, c := reflect.SliceOf(tt), reflect.ArrayOf(3, tt), reflect.ChanOf(reflect.RecvDir, tt)");
	run(vm, "m, p := reflect.MapOf(str, tt), reflect.PointerTo(reflect.PointerTo(reflect.PointerTo(tt)))");
	run(vm, "f := reflect.FuncOf([]reflect.Type{tt, reflect.SliceOf(s)}, []reflect.Type{m}, true)");
	run(vm, "st := reflect.StructOf([]reflect.StructField{{Name: \"X\", Type: in, Tag: \"k\"}, {Name: \"Y\", Type: s}})");
	run(vm, "made := reflect.MakeSlice(s, 2, 2)\nmade.Index(1).Field(0).SetInt(5)");
	expect(vm, "s == reflect.TypeOf([]T{})", "true");
	expect(vm, "made.Interface().([]T)[1].A", "5");
	expect(vm, "a == reflect.TypeOf([3]T{})", "true");
	expect(vm, "c == reflect.TypeOf((<-chan T)(nil))", "true");
	expect(vm, "m == reflect.TypeOf(map[string]T{})", "true");
	expect(vm, "p == reflect.TypeOf((***T)(nil))", "true");
	expect(vm, "f == reflect.TypeOf(func(T, ...[]T) map[string]T { return nil })", "true");
	expect(vm, "st == reflect.TypeOf(struct { X int `k`; Y []T }{})", "true");
	expect(vm, "st == reflect.TypeOf(struct { X int; Y []T }{})", "false");
	gol_vm_free(vm);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_embed), cmocka_unit_test(test_statements), cmocka_unit_test(test_declared_again), cmocka_unit_test(test_functions),
		cmocka_unit_test(test_types), cmocka_unit_test(test_errors_leave_nothing), cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_files), cmocka_unit_test(test_values), cmocka_unit_test(test_no_leak),
		cmocka_unit_test(test_format), cmocka_unit_test(test_panics), cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_goroutines_go_on), cmocka_unit_test(test_exit), cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_watch), cmocka_unit_test(test_names),
		cmocka_unit_test(test_host_functions), cmocka_unit_test(test_arguments), cmocka_unit_test(test_imports),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_made_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
