/* SPDX-License-Identifier: MIT */
/* test_refused.c: every function of gol.h while memory is refused: in each scenario every allocation fails in turn, alone and
 * with all that follow. Each call says so with a status (or its kind of nothing), nothing crashes, nothing is left behind, and
 * the VM is good for something afterwards. tests/cli/covered.sh compares gol.h with what is called here and in test_memory.c. */
#include <unistd.h>

#include "api_host.h"

/* A scenario stops at the first call that fails. */
typedef GolStatus Scenario(GolVM *vm, Host *h, int *step);

#define TRY(e)                                                                                                         \
	do {                                                                                                           \
		++*step;                                                                                               \
		GolStatus status_ = (e);                                                                               \
		if (status_ != GOL_OK)                                                                                 \
			return status_;                                                                                \
	} while (0)

static bool failed_rightly(GolStatus status) { return status == GOL_ERROR_MEMORY || status == GOL_ERROR_LIMIT; }

static void ignore_text(void *user, const char *data, size_t len) {
	(void)user, (void)data, (void)len;
}

/* ---------------------------------------------------------------- values, references, channels */

static const char values_text[] =
	"package main\n"
	"type P struct { X int; Y *P; Z any }\n"
	"type T struct { B bool; I int8; U uint16; F float32; S string; D []byte; E error; P P; M map[int]string; N map[P]int; L []P; C chan int; A any }\n"
	"func F(t T, f func(int) int) (T, *P, error, chan string) { t.I++; return t, &P{X: f(4)}, t.E, make(chan string, 2) }\n"
	"func main() {}\n";

static GolStatus put_everything(GolValue t, int *step) {
	TRY(gol_put_bool(gol_field_at(t, 0), 1));
	TRY(gol_put_int(gol_field_at(t, 1), -3));
	TRY(gol_put_uint(gol_field(t, "U"), 77));
	TRY(gol_put_float(gol_field(t, "F"), 1.5));
	TRY(gol_put_string(gol_field(t, "S"), "text", 4));
	TRY(gol_put_bytes(gol_field(t, "D"), "bytes", 5));
	TRY(gol_put_error(gol_field(t, "E"), "wrong", 5));
	TRY(gol_make(gol_field(t, "M"), 4));
	TRY(gol_put_string(gol_key_int(gol_field(t, "M"), 7, 1), "seven", 5));
	TRY(gol_put_int(gol_key(gol_field(t, "N"), gol_field(t, "P"), 1), 1));
	TRY(gol_key_delete(gol_field(t, "N"), gol_field(t, "P")));
	TRY(gol_put_int(gol_field(gol_append(gol_field(t, "L")), "X"), 9));
	TRY(gol_make(gol_field(gol_at(gol_field(t, "L"), 0), "Y"), 0));
	TRY(gol_make(gol_field(t, "C"), 2));
	TRY(gol_put_string(gol_field(t, "A"), "any", 3));
	TRY(gol_put_value(gol_field(t, "A"), gol_field(t, "P")));
	TRY(gol_put_nil(gol_field(t, "A")));
	return GOL_OK;
}

static void get_everything(GolValue t) {
	int b = 0;
	int64_t i = 0;
	uint64_t u = 0;
	double f = 0;
	const char *s = NULL;
	void *bytes = NULL;
	size_t n = 0;
	assert_int_equal(gol_get_bool(gol_field(t, "B"), &b), GOL_OK);
	assert_int_equal(gol_get_int(gol_field(t, "I"), &i), GOL_OK);
	assert_int_equal(gol_get_uint(gol_field(t, "U"), &u), GOL_OK);
	assert_int_equal(gol_get_float(gol_field(t, "F"), &f), GOL_OK);
	assert_int_equal(gol_get_string(gol_field(t, "S"), &s, &n), GOL_OK);
	assert_memory_equal(s, "text", 4);
	assert_int_equal(gol_get_bytes(gol_field(t, "D"), &bytes, &n), GOL_OK);
	assert_true(b == 1 && i == -2 && u == 77 && f == 1.5 && n == 5);
	assert_int_equal(gol_kind(t), GOL_STRUCT);
	assert_string_equal(gol_type_name(t), "main.T");
	assert_string_equal(gol_field_name(t, 3), "F");
	assert_true(gol_field_count(t) == 13 && gol_is_nil(gol_field(t, "A")) && gol_len(gol_field(t, "M")) == 1);
	GolMapIter it;
	GolValue key, value;
	assert_int_equal(gol_map_begin(gol_field(t, "M"), &it), GOL_OK);
	while (gol_map_next(&it, &key, &value))
		assert_true(gol_get_int(key, &i) == GOL_OK && i == 7);
}

static const char twice_text[] = "package twice\nfunc By(k int) func(int) int { return func(n int) int { return n * k } }\n";

static void import_twice(void *user, const char *path, GolImport *answer) {
	(void)user;
	if (strcmp(path, "example.com/twice") == 0)
		gol_import_source(answer, "twice.go", twice_text, strlen(twice_text));
}

static GolStatus values(GolVM *vm, Host *h, int *step) {
	(void)h;
	GolProgram *p, *twice;
	const GolFunc *f;
	GolCall *call, *by;
	GolRef *t, *chan, *item, *func;
	int64_t n;
	const char *s;
	size_t len;
	GolSource sources[] = {{"twice.go", "package main\nimport \"example.com/twice\"\nfunc By(k int) func(int) int { return twice.By(k) }\nfunc main() {}\n", 0}};
	sources[0].len = strlen(sources[0].text);
	GolCompileOptions options = {.size = sizeof options, .all_errors = 1};
	TRY(gol_compile(vm, sources, 1, &options, &twice));
	TRY(gol_compile_text(vm, "t.go", values_text, &p));
	TRY(gol_func(vm, twice, "By", &f));
	TRY(gol_call_open(vm, f, &by));
	TRY(gol_put_int(gol_arg(by, 0), 3));
	TRY(gol_call_run(by));
	TRY(gol_get_ref(gol_result(by, 0), &func));
	TRY(gol_call_open_value(vm, gol_ref_value(func), &call));
	TRY(gol_put_int(gol_arg(call, 0), 5));
	TRY(gol_call_run(call));
	TRY(gol_get_int(gol_result(call, 0), &n));
	assert_int_equal(n, 15);
	gol_call_close(call);
	gol_call_close(by);
	gol_ref_free(func);
	TRY(gol_func(vm, p, "F", &f));
	TRY(gol_call_open(vm, f, &call));
	assert_true(gol_arg_count(call) == 2 && gol_result_count(call) == 4 && gol_call_vm(call) == vm);
	GolStatus put = put_everything(gol_arg(call, 0), step);
	if (put != GOL_OK)
		return put;
	TRY(gol_call_run(call) == GOL_ERROR_PANIC ? GOL_OK : gol_status(vm)); /* f is nil */
	TRY(gol_call_open(vm, f, &call));
	put = put_everything(gol_arg(call, 0), step);
	if (put != GOL_OK)
		return put;
	TRY(gol_put_int(gol_field(gol_arg(call, 0), "I"), -2));
	get_everything(gol_arg(call, 0));
	TRY(gol_get_ref(gol_arg(call, 0), &t));
	TRY(gol_put_ref(gol_arg(call, 0), t));
	TRY(gol_get_error(gol_field(gol_ref_value(t), "E"), &s, &len));
	TRY(gol_get_ref(gol_field(gol_ref_value(t), "C"), &chan));
	TRY(gol_chan_ref(chan, &item));
	TRY(gol_put_int(gol_ref_value(item), 42));
	gol_attach(vm);
	GolStatus sent = gol_chan_send(chan, item, 0), received = sent == GOL_OK ? gol_chan_recv(chan, item, 0) : sent;
	gol_detach(vm);
	TRY(received);
	GolChanInfo info;
	GolChanWaiter waiter;
	TRY(gol_chan_send(chan, item, 0));
	TRY(gol_chan_info(gol_ref_value(chan), &info));
	assert_true(info.len == 1 && info.cap == 2);
	TRY(gol_get_int(gol_chan_at(gol_ref_value(chan), 0), &n));
	assert_true(gol_chan_receiver(gol_ref_value(chan), 0, &waiter) == GOL_ERROR_ARGUMENT &&
		    gol_chan_sender(gol_ref_value(chan), 0, &waiter) == GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_kind(gol_elem(gol_field(gol_at(gol_field(gol_ref_value(t), "L"), 0), "Y"))), GOL_STRUCT);
	TRY(gol_format(vm, gol_ref_value(t), NULL, ignore_text, NULL));
	return GOL_OK;
}

/* ---------------------------------------------------------------- host functions */

static GolAction keep_state(GolCall *call, void *user) {
	(void)user;
	void **state = gol_state(call);
	if (!state)
		return GOL_DONE;
	*state = call;
	GolCall *called = gol_called(call);
	if (called)
		return gol_put_value(gol_result(call, 0), gol_result(called, 0)) == GOL_OK ? GOL_DONE : GOL_DONE;
	GolCall *back = gol_call_back(call, gol_arg(call, 0));
	if (!back)
		return GOL_DONE;
	return gol_put_int(gol_arg(back, 0), 20) == GOL_OK ? GOL_CALL : GOL_DONE;
}

static GolAction panics(GolCall *call, void *user) {
	(void)user;
	if (gol_charge(call, 10))
		return GOL_DONE;
	if (gol_put_int(gol_result(call, 0), 1) != GOL_OK && gol_call_error(call)[0])
		gol_call_clear(call);
	int64_t n = 0;
	gol_get_int(gol_arg(call, 0), &n);
	return n ? gol_panic(call, "host panic", 10) : gol_panic_value(call, gol_arg(call, 1));
}

static GolAction makes(GolCall *call, void *user) {
	(void)user;
	void *data;
	if (gol_host_new(gol_result(call, 0), call, NULL) == GOL_OK)
		assert_true(gol_host_data(gol_result(call, 0), &data) == GOL_OK && data == call);
	return GOL_DONE;
}

static GolStatus host_functions(GolVM *vm, Host *h, int *step) {
	GolProgram *p;
	GolNative natives[] = {{"Back", keep_state, NULL}, {"Panic", panics, NULL}, {"New", makes, NULL}, {0}};
	assert_ptr_equal(gol_userdata(vm), h);
	TRY(gol_package_add(vm, "host", "type O struct { h uintptr }\nfunc Back(f func(int) int) int\nfunc Panic(n int, v any) int\nfunc New() *O\n", natives));
	TRY(gol_compile_text(vm, "h.gol",
		"import \"host\"\n"
		"func try(n int, v any) (r any) { defer func() { r = recover() }(); host.Panic(n, v); return nil }\n"
		"println(host.Back(func(n int) int { return n + 1 }), try(0, 5) != nil, try(1, nil) != nil, host.New() != nil)\n", &p));
	TRY(gol_run(vm, p));
	assert_string_equal(h->err, "21 true true true\n");
	TRY(gol_program_free(vm, p));
	return GOL_OK;
}

/* ---------------------------------------------------------------- images, sharing, listings, tools */

typedef struct Image {
	char data[65536];
	size_t len;
} Image;

static void keep(void *user, const char *data, size_t len) {
	Image *image = user;
	if (image->len + len <= sizeof image->data)
		memcpy(image->data + image->len, data, len);
	image->len += len;
}

static GolStatus images(GolVM *vm, Host *h, int *step) {
	GolProgram *p, *loaded;
	static Image image;
	image.len = 0;
	GolUsage usage;
	GolLimits limits = {.fuel = 1000000};
	GolSource source = {"s.go", "package main\nfunc main() { println(1) }\n", 40};
	GolConfig config = {.size = sizeof config, .user = h, .allocate = host_allocate, .workers = 1};
	GolVM *other;
	assert_true(gol_source_chosen("x_windows.go", NULL) == 0);
	TRY(gol_tune(vm, "GOGC", "50"));
	TRY(gol_set_limits(vm, &limits));
	TRY(gol_profile(vm, GOL_PROFILE_MEMORY));
	TRY(gol_profile(vm, GOL_PROFILE_CPU));
	TRY(gol_compile_text(vm, "i.go", "package main\nimport \"strings\"\ntype T struct { A []string }\nfunc main() { t := T{strings.Split(\"a b\", \" \")}; println(len(t.A)) }\n", &p));
	TRY(gol_save(vm, p, keep, &image));
	assert_true(gol_is_image(image.data, image.len));
	TRY(gol_load(vm, image.data, image.len, &loaded));
	TRY(gol_run(vm, loaded));
	TRY(gol_dump(vm, p, GOL_DUMP_ASM, ignore_text, NULL));
	TRY(gol_dump_tree(vm, &source, 1, ignore_text, NULL));
	TRY(gol_profile_write(vm, GOL_PROFILE_MEMORY, ignore_text, NULL));
	TRY(gol_profile_write(vm, GOL_PROFILE_CPU, ignore_text, NULL));
	TRY(gol_stats(vm, ignore_text, NULL));
	gol_usage(vm, &usage);
	gol_interrupt(vm);
	gol_request_traces(vm);
	assert_int_equal(gol_signal(vm, 10), 0);
	assert_int_equal(gol_exit_code(vm), 0);
	TRY(gol_vm_new(&config, &other));
	GolStatus shared = gol_program_share(other, p);
	if (shared == GOL_OK)
		shared = gol_run(other, p);
	gol_vm_free(other);
	TRY(shared);
	return GOL_OK;
}

/* ---------------------------------------------------------------- a session */

static int no_more(void *user, const GolName *name) {
	(void)user;
	return name->name[0] == 0;
}
static int candidate(void *user, const GolCandidate *c) {
	(void)user;
	return c->text[0] == 0;
}
static int goroutine(void *user, const GolGoroutine *g) {
	(void)user;
	return g->id == 0;
}
static void watch(void *user, const char *waiting_for, int64_t waited_ns) {
	(void)user, (void)waiting_for, (void)waited_ns;
}
static void exited(void *user) { (void)user; }

static GolStatus eval(GolVM *vm, const char *text) { return gol_eval(vm, NULL, text, strlen(text), 0); }

static GolStatus session(GolVM *vm, Host *h, int *step) {
	(void)h;
	int64_t n;
	size_t start;
	TRY(gol_eval_at_exit(vm, exited, NULL));
	TRY(gol_eval_watch(vm, 1000000, watch, NULL));
	TRY(eval(vm, "type P struct { X int; L []string }\nx := P{3, []string{\"a\"}}\nfunc double(n int) int { return 2*n }"));
	TRY(eval(vm, "c := make(chan int, 1)\ngo func() { c <- double(x.X) }()\n<-c"));
	assert_int_equal(gol_eval_count(vm), 1);
	TRY(gol_get_int(gol_eval_value(vm, 0), &n));
	assert_int_equal(n, 6);
	TRY(gol_format(vm, gol_eval_variable(vm, "x"), NULL, ignore_text, NULL));
	TRY(gol_eval_type(vm, "double(4)", 9, ignore_text, NULL));
	TRY(gol_eval_names(vm, no_more, NULL));
	TRY(gol_complete(vm, "strings.Sp", 10, 10, &start, candidate, NULL));
	TRY(gol_doc(vm, "strings.Split", ignore_text, NULL));
	TRY(gol_goroutines(vm, GOL_GOROUTINES_WAKERS | GOL_GOROUTINES_TRACE, goroutine, NULL));
	TRY(eval(vm, "func double(n int) int { return 3*n }\nx.X = double(5)"));
	gol_interrupt_all(vm);
	assert_int_equal(gol_eval_panics(vm), 0);
	TRY(gol_eval_reset(vm));
	TRY(eval(vm, "y := 1"));
	return GOL_OK;
}

/* ---------------------------------------------------------------- pumping, tracing, stepping */

static void event(void *user, const GolEvent *e) {
	char line[200];
	(void)user;
	gol_event_text(e, line, sizeof line);
}

static void ended(void *user, GolVM *vm) {
	(void)user;
	gol_goroutines(vm, 0, goroutine, NULL);
}

static GolStatus begin_and_pump(GolVM *vm, int *step) {
	GolProgram *p;
	GolStep result;
	gol_at_end(vm, ended, NULL);
	gol_set_grace(vm, 1000);
	assert_true(gol_poll_fd(vm) >= -1);
	TRY(gol_compile_text(vm, "p.gol", "c := make(chan int)\nfor i := range 3 { go func() { c <- i }() }\nfor range 3 { <-c }\n", &p));
	TRY(gol_trace(vm, event, NULL));
	TRY(gol_start(vm, p));
	TRY(gol_pause(vm));
	for (int i = 0; i < 4 && gol_is_paused(vm); i++) {
		GolStatus status = gol_step(vm, 0, &result, event, NULL);
		if (status != GOL_OK && status != GOL_ERROR_ARGUMENT)
			TRY(status);
	}
	if (gol_is_paused(vm))
		TRY(gol_resume(vm));
	assert_true(gol_next_timer_ns(vm) >= -1);
	GolPump state = GOL_PUMP_RUNNING;
	for (int i = 0; i < 1000 && state != GOL_PUMP_DONE && state != GOL_PUMP_STUCK; i++)
		state = gol_pump(vm, 1000000);
	TRY(gol_status(vm));
	TRY(gol_trace(vm, NULL, NULL));
	return GOL_OK;
}

static GolStatus pumped(GolVM *vm, Host *h, int *step) {
	GolStatus status = begin_and_pump(vm, step);
	h->fail_from = 0;
	gol_interrupt(vm); /* what is under way is to end */
	if (gol_is_paused(vm))
		gol_resume(vm);
	for (int i = 0; i < 1000 && gol_pump(vm, 1000000) != GOL_PUMP_DONE; i++)
		gol_interrupt(vm);
	gol_trace(vm, NULL, NULL);
	return status;
}

/* ---------------------------------------------------------------- */

/* The allocations from the n-th on fail, `count` of them. True: none did. */
static bool round_of(Scenario *scenario, uint32_t workers, long n, long count) {
	Host h;
	GolConfig config = host_config(&h, workers);
	GolVM *vm = NULL;
	int step = 0;
	config.seed = 1;
	config.import = import_twice;
	h.fail_from = n;
	h.fail_count = count;
	GolStatus status = gol_vm_new(&config, &vm);
	if (status == GOL_OK)
		status = scenario(vm, &h, &step);
	bool reached = __atomic_load_n(&h.allocations, __ATOMIC_RELAXED) >= n;
	if (status != GOL_OK && (!failed_rightly(status) || !reached))
		fail_msg("allocation %ld (%ld): step %d: %s: %s: %s", n, count, step, gol_status_name(status), vm ? gol_error(vm) : "", h.err);
	h.fail_from = 0;
	if (vm) {
		GolProgram *p;
		h.out_len = 0;
		assert_int_equal(gol_compile_text(vm, "v.gol", "fmt.Print(6*7)", &p), GOL_OK);
		assert_int_equal(gol_run(vm, p), GOL_OK);
		assert_memory_equal(h.out, "42", 3);
	}
	gol_vm_free(vm);
	if (h.allocated)
		fail_msg("allocation %ld (%ld): step %d: %zu bytes left", n, count, step, h.allocated);
	return !reached;
}

static void every_allocation(Scenario *scenario, uint32_t workers) {
	static const long counts[] = {1, 1000000000};
	for (size_t i = 0; i < 2; i++) {
		long n = 1;
		while (!round_of(scenario, workers, n, counts[i]))
			n++;
		assert_true(n > 30);
	}
}

static void test_values(void **state) {
	(void)state;
	every_allocation(values, 1);
}
static void test_host_functions(void **state) {
	(void)state;
	every_allocation(host_functions, 1);
}
static void test_images(void **state) {
	(void)state;
	every_allocation(images, 1);
}
static void test_session(void **state) {
	(void)state;
	every_allocation(session, 2);
}
static void test_pumped(void **state) {
	(void)state;
	every_allocation(pumped, GOL_WORKERS_HOST);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),  cmocka_unit_test(test_host_functions), cmocka_unit_test(test_images),
		cmocka_unit_test(test_session), cmocka_unit_test(test_pumped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
