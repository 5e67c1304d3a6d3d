/* SPDX-License-Identifier: MIT */
/* test_stranger.c: a host that does what nobody would: no arguments at all, the VM's functions inside its own callbacks, programs
 * freed while they are being shown, signals at any moment. Each is refused or works; nothing crashes or hangs. */
#include <signal.h>
#include <unistd.h>

#include "api_host.h"

static void test_nothing(void **state) {
	(void)state;
	GolVM *vm;
	GolValue z = {0}, k, v;
	int64_t i64;
	uint64_t u64;
	double d;
	int b;
	const char *s;
	size_t n;
	void *p;
	GolMapIter it;
	GolRef *r;
	GolCall *c;
	const GolFunc *f;
	GolProgram *pr;
	GolChanInfo ci;
	GolChanWaiter cw;
	gol_vm_free(NULL); gol_ref_free(NULL); gol_call_close(NULL); gol_interrupt(NULL); gol_request_traces(NULL);
	gol_interrupt_all(NULL); gol_get_int(z, &i64); gol_get_uint(z, &u64); gol_get_float(z, &d); gol_get_bool(z, &b);
	gol_get_string(z, &s, &n); gol_get_bytes(z, &p, &n); gol_get_error(z, &s, &n); gol_put_int(z, 1); gol_put_uint(z, 1);
	gol_put_float(z, 1); gol_put_bool(z, 1); gol_put_string(z, "x", 1); gol_put_bytes(z, "x", 1);
	gol_put_error(z, "x", 1); gol_put_nil(z); gol_put_value(z, z); gol_make(z, 1); gol_elem(z); gol_field_count(z);
	gol_field_name(z, 0); gol_field(z, "x"); gol_field_at(z, 0); gol_len(z); gol_at(z, 0); gol_append(z);
	gol_key(z, z, 1); gol_key_string(z, "x", 1, 1); gol_key_int(z, 1, 1); gol_key_delete(z, z); gol_map_begin(z, &it);
	gol_map_next(&it, &k, &v); gol_get_ref(z, &r); gol_ref_value(NULL); gol_put_ref(z, NULL); gol_kind(z);
	gol_type_name(z); gol_is_nil(z); gol_func(NULL, NULL, NULL, &f); gol_call_open(NULL, NULL, &c);
	gol_call_open_value(NULL, z, &c); gol_call_run(NULL); gol_arg_count(NULL); gol_result_count(NULL); gol_arg(NULL, 0);
	gol_result(NULL, 0); gol_call_vm(NULL); gol_package_add(NULL, NULL, NULL, NULL); gol_panic(NULL, NULL, 0);
	gol_panic_value(NULL, z); gol_call_error(NULL); gol_call_clear(NULL); gol_charge(NULL, 1); gol_state(NULL);
	gol_park(NULL); gol_wake(NULL, NULL); gol_woken(NULL, NULL); gol_call_back(NULL, z); gol_called(NULL);
	gol_host_new(z, NULL, NULL); gol_host_data(z, &p); gol_attach(NULL); gol_detach(NULL); gol_chan_send(NULL, NULL, 0);
	gol_chan_recv(NULL, NULL, 0); gol_chan_ref(NULL, &r); gol_compile(NULL, NULL, 0, NULL, &pr);
	gol_compile_text(NULL, NULL, NULL, NULL); gol_program_share(NULL, NULL); gol_save(NULL, NULL, NULL, NULL);
	gol_load(NULL, NULL, 0, NULL); gol_is_image(NULL, 0); gol_program_free(NULL, NULL); gol_source_chosen(NULL, NULL);
	gol_import_source(NULL, NULL, NULL, 0); gol_dump(NULL, NULL, 0, NULL, NULL);
	gol_dump_tree(NULL, NULL, 0, NULL, NULL); gol_run(NULL, NULL); gol_exit_code(NULL); gol_set_limits(NULL, NULL);
	gol_usage(NULL, NULL); gol_start(NULL, NULL); gol_pump(NULL, 0); gol_next_timer_ns(NULL); gol_poll_fd(NULL);
	gol_status(NULL); gol_userdata(NULL); gol_error(NULL); gol_vm_new(NULL, NULL); gol_vm_new(NULL, &vm);
	gol_signal(NULL, 1); gol_eval(NULL, NULL, NULL, 0, 0); gol_eval_count(NULL); gol_eval_value(NULL, 0);
	gol_eval_variable(NULL, NULL); gol_eval_reset(NULL); gol_eval_panics(NULL); gol_eval_watch(NULL, 0, NULL, NULL);
	gol_eval_at_exit(NULL, NULL, NULL); gol_eval_type(NULL, NULL, 0, NULL, NULL); gol_eval_names(NULL, NULL, NULL);
	gol_complete(NULL, NULL, 0, 0, NULL, NULL, NULL); gol_doc(NULL, NULL, NULL, NULL);
	gol_format(NULL, z, NULL, NULL, NULL); gol_goroutines(NULL, 0, NULL, NULL); gol_chan_info(z, &ci); gol_chan_at(z, 0);
	gol_chan_receiver(z, 0, &cw); gol_chan_sender(z, 0, &cw); gol_trace(NULL, NULL, NULL); gol_pause(NULL);
	gol_resume(NULL); gol_is_paused(NULL); gol_step(NULL, 0, NULL, NULL, NULL); gol_at_end(NULL, NULL, NULL); gol_set_grace(NULL, 1);
	gol_tune(NULL, NULL, NULL); gol_profile(NULL, 0); gol_profile_write(NULL, 0, NULL, NULL);
	gol_stats(NULL, NULL, NULL); gol_event_text(NULL, NULL, 0);
	assert_int_equal(gol_run(NULL, NULL), GOL_ERROR_ARGUMENT);
}

/* ---- inside callbacks ---- */

typedef enum Place { NOWHERE, IN_WRITE, IN_HOST_FUNCTION, IN_FINALIZER, IN_VISIT, IN_EVENT, IN_WATCH, IN_END, IN_DUMP, PLACES } Place;

static struct {
	GolVM *vm;
	GolProgram *program;
	Place place;
	int times;
} here;

/* Everything that a running VM must refuse, and what it may be asked. */
static void reenter(Place place) {
	GolProgram *p;
	GolUsage usage;
	if (place != here.place || here.times++ > 1)
		return;
	GolVM *vm = here.vm;
	bool idle = place == IN_DUMP || place == IN_VISIT || place == IN_END;
	GolStatus run = gol_run(vm, here.program), eval = gol_eval(vm, NULL, "1", 1, 0), reset = gol_eval_reset(vm);
	assert_true(idle || run == GOL_ERROR_ARGUMENT);
	assert_true(idle || eval == GOL_ERROR_ARGUMENT);
	assert_true(idle || reset == GOL_ERROR_ARGUMENT);
	gol_start(vm, here.program);
	gol_pump(vm, 1000);
	gol_compile_text(vm, "x.gol", "println(1)", &p);
	GolStatus freed = gol_program_free(vm, here.program);
	assert_true(idle || freed == GOL_ERROR_ARGUMENT);
	gol_usage(vm, &usage);
	gol_interrupt(vm);
	gol_request_traces(vm);
	gol_package_add(vm, "z", "func A()", NULL);
}

static void in_write(void *user, int fd, const char *data, size_t len) {
	(void)user, (void)fd, (void)data, (void)len;
	reenter(IN_WRITE);
}
static GolAction in_host_function(GolCall *call, void *user) {
	(void)call, (void)user;
	reenter(IN_HOST_FUNCTION);
	return GOL_DONE;
}
static void in_finalizer(void *data) {
	(void)data;
	reenter(IN_FINALIZER);
}
static GolAction makes_object(GolCall *call, void *user) {
	(void)user;
	gol_host_new(gol_result(call, 0), &here, in_finalizer);
	return GOL_DONE;
}
static int in_visit(void *user, const GolGoroutine *g) {
	(void)user, (void)g;
	return 0;
}
static void in_event(void *user, const GolEvent *e) {
	(void)user, (void)e;
	reenter(IN_EVENT);
}
static void in_watch(void *user, const char *waiting_for, int64_t waited_ns) {
	(void)user, (void)waiting_for, (void)waited_ns;
	reenter(IN_WATCH);
}
static void at_end(void *user, GolVM *vm) {
	(void)user, (void)vm;
	gol_goroutines(vm, 0, in_visit, NULL);
}
static void in_dump(void *user, const char *text, size_t len) {
	(void)user, (void)text, (void)len;
	reenter(IN_DUMP);
}

static const char program_text[] =
	"package main\nimport (\"fmt\"; \"h\"; \"runtime\")\n"
	"func main() { fmt.Println(1); h.H(); for range 3 { h.New() }; runtime.GC(); c := make(chan int); go func() { c <- 1 }(); <-c; println(2) }\n";

static void vm_begin(uint32_t workers) {
	GolConfig config = {.size = sizeof config, .write = in_write, .workers = workers};
	GolNative natives[] = {{"H", in_host_function, NULL}, {"New", makes_object, NULL}, {0}};
	assert_int_equal(gol_vm_new(&config, &here.vm), GOL_OK);
	assert_int_equal(gol_package_add(here.vm, "h", "type O struct{ h uintptr }\nfunc H()\nfunc New() *O", natives), GOL_OK);
	gol_at_end(here.vm, at_end, NULL);
	assert_int_equal(gol_compile_text(here.vm, "t.go", program_text, &here.program), GOL_OK);
}

static void test_callbacks(void **state) {
	(void)state;
	static const uint32_t workers[] = {1, 2, GOL_WORKERS_HOST};
	static const char text[] = "for i := range 3000000 { _ = i }";
	for (size_t w = 0; w < 3; w++)
		for (int place = NOWHERE; place < PLACES; place++) {
			here.place = NOWHERE;
			vm_begin(workers[w]);
			here.place = (Place)place;
			here.times = 0;
			if (place == IN_EVENT)
				gol_trace(here.vm, in_event, NULL);
			if (place == IN_WATCH && workers[w] != GOL_WORKERS_HOST) {
				gol_eval_watch(here.vm, 100000, in_watch, NULL);
				gol_eval(here.vm, NULL, text, strlen(text), 0);
			} else if (place == IN_DUMP) {
				assert_int_equal(gol_dump(here.vm, here.program, GOL_DUMP_ASM, in_dump, NULL), GOL_OK);
			} else {
				gol_run(here.vm, here.program);
			}
			gol_trace(here.vm, NULL, NULL);
			gol_vm_free(here.vm);
		}
}

/* ---- signals ---- */

static GolVM *signalled;

static void on_signal(int number) {
	(void)number;
	if (!signalled)
		return;
	gol_interrupt(signalled);
	gol_request_traces(signalled);
	gol_interrupt_all(signalled);
}

static void test_signals(void **state) {
	(void)state;
	static const char text[] = "for i := range 1000000 { _ = i }";
	here.place = NOWHERE;
	signal(SIGALRM, on_signal);
	for (uint32_t i = 0; i < 40; i++) {
		vm_begin(1 + i % 2);
		signalled = here.vm;
		ualarm(300, 300);
		gol_run(here.vm, here.program);
		if (i % 3 == 0)
			gol_eval(here.vm, NULL, text, strlen(text), 0);
		gol_run(here.vm, here.program);
		ualarm(0, 0);
		signalled = NULL;
		gol_vm_free(here.vm);
	}
	signal(SIGALRM, SIG_DFL);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing), cmocka_unit_test(test_callbacks), cmocka_unit_test(test_signals)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
