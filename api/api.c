/* SPDX-License-Identifier: MIT */
/* api.c: the life of a GolVM, the program at hand, running it, limits.
 *
 * Owns: GolVM. Everything it holds comes from its own allocator handle, so gol_vm_free can return every byte.
 * Rules: no globals, no longjmp; a status for every failure. A VM has one program at a time: another one gets a new runtime
 *   and heap, and what the host still holds of the old one is told apart by the number of the instance.
 * Why: descriptors and heap layouts are numbered per program, so values of two programs never meet in one heap. */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api_internal.h"
#include "runtime/watch.h"
#include "runtime/session.h"
#include "vm/link.h"
#include "vm/profile.h"
#include "vm/trace.h"

const char *gol_status_name(GolStatus status) {
	static const char *const names[] = {
		"ok",	    "bad argument", "out of memory", "compile error", "panic",	     "fatal error",
		"deadlock", "limit reached", "interrupted",  "exit",	    "timeout",	     "closed",
		"more text needed", "bad image",
	};
	return (size_t)status < COUNT_OF(names) ? names[status] : "unknown status";
}

GolStatus api_fail(GolVM *vm, GolStatus status, const char *format, ...) {
	va_list args;
	va_start(args, format);
	vm->error.len = 0;
	vm->error.failed = false;
	buf_vprintf(&vm->error, format, args);
	va_end(args);
	return status;
}

const char *gol_error(const GolVM *vm) {
	if (!vm)
		return "";
	const char *text = buf_cstr((Buf *)&vm->error);
	/* When memory is gone there is none for the text either. */
	return text[0] || vm->last_status == GOL_OK ? text : gol_status_name(vm->last_status);
}

void *gol_userdata(const GolVM *vm) { return vm ? vm->config.user : NULL; }

static void discard_output(void *user, int fd, const char *data, size_t len) {
	(void)user;
	(void)fd;
	(void)data;
	(void)len;
}

void apply_limits(GolVM *vm) {
	const GolLimits *limits = &vm->config.limits;
	struct VMHost *host = &vm->vm.host;
	__atomic_store_n(&vm->vm.mem.cap_bytes, limits->memory_bytes, __ATOMIC_RELAXED); /* others may be looking */
	host->stack_limited = limits->stack_bytes != 0;
	host->max_stack_bytes = limits->stack_bytes ? limits->stack_bytes : MAX_STACK_BYTES;
	host->max_goroutines = limits->goroutines;
	host->fuel = limits->fuel > 0 ? limits->fuel : -1;
	host->deadline_ns = limits->wall_ns > 0 && !vm->vm.session ? clock_monotonic_ns() + limits->wall_ns : 0;
}

static bool copy_arguments(GolVM *vm) {
	int n = vm->config.argc < 0 || !vm->config.argv ? 0 : vm->config.argc;
	char **argv = ARENA_ARRAY(&vm->arena, char *, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		argv[i] = arena_strndup(&vm->arena, vm->config.argv[i], strlen(vm->config.argv[i]));
	vm->config.argv = (const char *const *)argv;
	vm->config.argc = n;
	return !vm->arena.failed;
}

/* ---------------------------------------------------------------- the runtime of an instance */

/* What host threads allocate with: a worker that never runs anything. */
static bool start_host_worker(GolVM *vm) {
	Worker *w = &vm->host_worker;
	*w = (Worker){.vm = &vm->vm, .index = HOST_WORKER, .random = vm->vm.seed | 1};
	if (!heap_worker_init(w))
		return false;
	vm->vm.workers[HOST_WORKER] = w;
	vm->host_g->vm = &vm->vm;
	vm->host_g->worker = w;
	return true;
}

static void stop_runtime(GolVM *vm) {
	if (!vm->has_runtime)
		return;
	vm->is_stopping = true; /* finalizers of the host's objects run below */
	eval_stop(vm);
	__atomic_store_n(&vm->has_runtime, false, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&vm->interrupts, __ATOMIC_SEQ_CST) != 0)
		cpu_relax();
	parked_cut(vm);
	for (uint32_t i = 0; i < vm->vm.workers_len; i++)
		vm->fuel_before += (uint64_t)vm->vm.workers[i]->fuel_used;
	vm_deinit(&vm->vm);
	if (vm->host_worker.alloc)
		heap_worker_deinit(&vm->host_worker);
	vm->vm.workers[HOST_WORKER] = NULL;
	vm_runtime_deinit(&vm->vm);
	picture_free(vm);
	objects_free(vm);
	vm->is_stopping = false;
}

static void configure_runtime(GolVM *vm) {
	VM *r = &vm->vm;
	uint32_t workers = vm->pumps ? 1 : vm->config.workers ? vm->config.workers : (uint32_t)thread_cpu_count();
	*r = (VM){.mem = r->mem, .exit_state = EXIT_MAIN_RETURNED, .api = vm, .host_leave = parked_leave,
	          .session_hook = eval_exited, .tools = r->tools}; /* an interrupt between runs is none */
	r->host = (struct VMHost){
		.write = vm->config.write ? vm->config.write : discard_output,
		.user = vm->config.user,
		.argc = vm->config.argc,
		.argv = vm->config.argv,
		.capabilities = vm->config.allow,
		.starting = &vm->starting,
	};
	r->gc_percent = vm->config.gc_percent ? vm->config.gc_percent : 100;
	r->watch = vm->watches ? WATCH_WAITS : 0;
	r->worker_count = workers < HOST_WORKER ? workers : HOST_WORKER;
	r->seed = vm->config.seed ? vm->config.seed : (uint64_t)clock_wall_ns() * 0x9e3779b97f4a7c15u ^ (uintptr_t)vm;
}

static bool start_runtime(GolVM *vm) {
	VM *r = &vm->vm;
	configure_runtime(vm);
	apply_limits(vm);
	if (!vm_runtime_init(r, vm_exec))
		return false;
	if (!vm_init(r)) {
		vm_runtime_deinit(r);
		return false;
	}
	__atomic_store_n(&vm->has_runtime, true, __ATOMIC_SEQ_CST);
	lock_acquire(&vm->host_lock);
	r->blocking_pending = vm->attached;
	lock_release(&vm->host_lock);
	vm->host_worker.alloc = NULL;
	if (start_host_worker(vm) && gc_add_root(r, calls_mark, vm)) {
		trace_follow(vm);
		return true;
	}
	stop_runtime(vm);
	return false;
}

/* ---------------------------------------------------------------- life */

static void vm_release(GolVM *vm) {
	stop_runtime(vm);
	eval_forget(vm);
	tools_free(&vm->vm);
	while (vm->calls)
		gol_call_close(vm->calls);
	while (vm->refs)
		gol_ref_free(vm->refs);
	for (Hold *h = vm->programs, *next; h; h = next) {
		next = h->next;
		program_release(h->program);
		mem_free(&vm->vm.mem, h, sizeof *h);
	}
	arena_deinit(&vm->arena);
	buf_deinit(&vm->error);
	buf_deinit(&vm->error_text);
	mem_free(&vm->vm.mem, vm->host_g, GOROUTINE_BYTES);
	Mem mem = vm->vm.mem;
	mem_free(&mem, vm, sizeof *vm);
}

GolStatus gol_vm_new(const GolConfig *config, GolVM **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!config || config->size != sizeof *config)
		return GOL_ERROR_ARGUMENT;
	Mem mem;
	mem_init(&mem, config->allocate, config->user);
	GolVM *vm = mem_zalloc(&mem, sizeof *vm);
	if (!vm)
		return GOL_ERROR_MEMORY;
	vm->vm.mem = mem;
	vm->config = *config;
	vm->pumps = config->workers == GOL_WORKERS_HOST;
	vm->scope = (HostScope){.vm = vm};
	buf_init(&vm->error, &vm->vm.mem);
	buf_init(&vm->error_text, &vm->vm.mem);
	arena_init(&vm->arena, &vm->vm.mem);
	vm->scope.g = vm->host_g = mem_zalloc(&vm->vm.mem, GOROUTINE_BYTES);
	if (!vm->host_g || !copy_arguments(vm) || !start_runtime(vm)) {
		vm_release(vm);
		return GOL_ERROR_MEMORY;
	}
	*out = vm;
	return GOL_OK;
}

void gol_vm_free(GolVM *vm) {
	if (vm)
		vm_release(vm);
}

/* ---------------------------------------------------------------- the program at hand */

/* A program's values end with it: the next one gets a heap of its own. */
static GolStatus instance_replace(GolVM *vm, GolProgram *program) {
	bool used = vm->current != NULL;
	vm->current = NULL;
	vm->is_initialized = false;
	if (used || !vm->has_runtime) {
		vm->instance++;
		stop_runtime(vm);
		eval_forget(vm);
		if (!start_runtime(vm))
			return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	}
	if (!program)
		return GOL_OK;
	world_bar(&vm->vm);
	bool linked = vm_link(&vm->vm, program->program);
	world_unbar(&vm->vm);
	if (!linked)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	vm->current = program;
	return GOL_OK;
}

bool vm_is_busy(const GolVM *vm) {
	bool is_running = __atomic_load_n(&vm->is_running, __ATOMIC_RELAXED);
	if (is_running && (!vm->vm.session || scope_worker((GolVM *)vm) != NULL))
		return true;
	return vm->is_started || vm->is_stopping || vm->eval.is_busy;
}

GolStatus instance_begin(GolVM *vm, GolProgram *program, bool fresh) {
	if (vm_is_busy(vm))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "the VM is running a program");
	if (program && !vm_holds(vm, program))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "not a program of this VM");
	if (!vm->has_runtime || vm->current != program || !program)
		return instance_replace(vm, program);
	if (fresh) {
		parked_cut(vm);
		sched_discard_goroutines(&vm->vm);
		poll_close_owned(&vm->vm);
		world_bar(&vm->vm);
		if (vm->vm.globals)
			memset(vm->vm.globals, 0, vm->vm.globals_len);
		world_unbar(&vm->vm);
		vm->is_initialized = false;
	}
	return GOL_OK;
}

GolStatus status_of(ExitState state) {
	switch (state) {
	case EXIT_RUNNING:
	case EXIT_MAIN_RETURNED: return GOL_OK;
	case EXIT_OS_EXIT: return GOL_EXIT;
	case EXIT_PANIC: return GOL_ERROR_PANIC;
	case EXIT_FATAL: return GOL_ERROR_FATAL;
	case EXIT_DEADLOCK: return GOL_ERROR_DEADLOCK;
	case EXIT_INTERRUPTED: return GOL_INTERRUPTED;
	case EXIT_LIMIT: return GOL_ERROR_LIMIT;
	case EXIT_MEMORY: return GOL_ERROR_MEMORY;
	}
	return GOL_OK;
}

static const char *end_text(GolVM *vm, int code) {
	if (vm->last_status == GOL_ERROR_LIMIT)
		switch (code) {
		case LIMIT_WALL: return "limit reached: wall time";
		case LIMIT_FUEL: return "limit reached: fuel";
		case LIMIT_GOROUTINES: return "limit reached: goroutines";
		}
	const char *text = trace_last_error(&vm->vm);
	return text[0] ? text : gol_status_name(vm->last_status);
}

static void set_running(GolVM *vm, bool running) {
	if (!running) {
		__atomic_store_n(&vm->is_running, 0, __ATOMIC_RELEASE);
		return;
	}
	lock_acquire(&vm->host_lock); /* not while another thread relies on nothing running */
	__atomic_store_n(&vm->runner, (uint64_t)pthread_self(), __ATOMIC_RELAXED);
	__atomic_store_n(&vm->is_running, 1, __ATOMIC_RELAXED);
	lock_release(&vm->host_lock);
}

GolStatus instance_ended(GolVM *vm, ExitState state, int code) {
	vm->last_status = status_of(state);
	if (vm->last_status != GOL_OK)
		return api_fail(vm, vm->last_status, "%s", end_text(vm, code));
	vm->error.len = 0;
	return GOL_OK;
}

/* After Go code has run to an end of some kind. */
static GolStatus run_ended(GolVM *vm, bool keep) {
	vm->last_status = status_of(sched_exit_state(&vm->vm));
	__atomic_fetch_add(&vm->ends, 1, __ATOMIC_RELEASE);
	watch_deliver(&vm->vm);
	if (vm->last_status == GOL_INTERRUPTED)
		trace_unanswered(&vm->vm);
	if (!keep || vm->last_status != GOL_OK) {
		inspect_ended(vm);
		parked_cut(vm);
		sched_discard_goroutines(&vm->vm);
	}
	return instance_ended(vm, sched_exit_state(&vm->vm), vm->vm.exit_code);
}

GolStatus instance_run(GolVM *vm, const Closure *closure, Slot *slots, uint32_t count, bool keep) {
	bool returned;
	if (vm->vm.session)
		return eval_run(vm, closure, slots, count, &returned, false);
	apply_limits(vm);
	set_running(vm, true);
	vm_call(&vm->vm, closure, slots, count);
	set_running(vm, false);
	return run_ended(vm, keep);
}

void set_starting(GolVM *vm, StartState state) { __atomic_store_n(&vm->starting, state, __ATOMIC_SEQ_CST); }

/* From here on an interrupt counts, although nothing runs yet. */
static GolStatus start_program(GolVM *vm, const GolProgram *program) {
	if (vm_is_busy(vm))
		return instance_begin(vm, (GolProgram *)program, true);
	set_starting(vm, START_GOING);
	GolStatus status = instance_begin(vm, (GolProgram *)program, true);
	if (status != GOL_OK) {
		set_starting(vm, START_NONE);
		return status;
	}
	vm->is_initialized = true;
	apply_limits(vm);
	vm->vm.host.grace_ns = vm->grace_ns;
	vm->vm.start_ns = sched_now_ns(&vm->vm);
	return GOL_OK;
}

GolStatus gol_run(GolVM *vm, const GolProgram *program) {
	if (!vm || !program)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_run: no program") : GOL_ERROR_ARGUMENT;
	GolStatus status = start_program(vm, program);
	if (status != GOL_OK)
		return status;
	set_running(vm, true);
	vm_exec_run_keep(&vm->vm, program->program->entry);
	set_running(vm, false);
	set_starting(vm, START_NONE);
	return run_ended(vm, false);
}

GolStatus gol_status(const GolVM *vm) { return vm ? vm->last_status : GOL_ERROR_ARGUMENT; }

int gol_exit_code(const GolVM *vm) {
	if (!vm || vm->last_status == GOL_OK)
		return 0;
	return vm->last_status == GOL_EXIT ? vm->vm.exit_code : 2;
}

/* The runtime stays while somebody is inside, and nobody enters while it is replaced. */
bool runtime_enter(GolVM *vm) {
	__atomic_fetch_add(&vm->interrupts, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&vm->has_runtime, __ATOMIC_SEQ_CST))
		return true;
	__atomic_fetch_sub(&vm->interrupts, 1, __ATOMIC_SEQ_CST);
	return false;
}

void runtime_leave(GolVM *vm) {
	__atomic_fetch_sub(&vm->interrupts, 1, __ATOMIC_SEQ_CST);
}

void gol_interrupt(GolVM *vm) {
	uint32_t compiling = COMPILE_GOING, starting = START_GOING;
	if (!vm)
		return;
	__atomic_compare_exchange_n(&vm->compiling, &compiling, COMPILE_INTERRUPTED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(&vm->starting, &starting, START_INTERRUPTED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (!runtime_enter(vm))
		return;
	if (__atomic_load_n(&vm->vm.session, __ATOMIC_ACQUIRE))
		session_interrupt(&vm->vm, false);
	else
		sched_exit(&vm->vm, EXIT_INTERRUPTED, 2, NULL);
	runtime_leave(vm);
}

void gol_interrupt_all(GolVM *vm) {
	if (!vm || !runtime_enter(vm))
		return;
	session_interrupt(&vm->vm, true);
	runtime_leave(vm);
}

int gol_signal(GolVM *vm, int number) {
	if (!vm || !runtime_enter(vm))
		return 0;
	bool taken = signal_deliver(&vm->vm, number);
	runtime_leave(vm);
	return taken;
}

void gol_request_traces(GolVM *vm) {
	if (!vm || !runtime_enter(vm))
		return;
	sched_request_traces(&vm->vm);
	runtime_leave(vm);
}

/* ---------------------------------------------------------------- a host that pumps */

GolStatus gol_start(GolVM *vm, const GolProgram *program) {
	if (!vm || !program || !vm->pumps)
		return !vm ? GOL_ERROR_ARGUMENT
			   : api_fail(vm, GOL_ERROR_ARGUMENT, "gol_start: %s", program ? "not a VM of GOL_WORKERS_HOST" : "no program");
	GolStatus status = start_program(vm, program);
	if (status != GOL_OK)
		return status;
	bool begun = vm_pump_begin(&vm->vm, program->program->entry);
	set_starting(vm, START_NONE);
	if (!begun)
		return run_ended(vm, false);
	vm->is_started = true;
	vm->last_status = GOL_OK;
	return GOL_OK;
}

GolPump gol_pump(GolVM *vm, int64_t budget_ns) {
	if (!vm || !vm->is_started || vm->is_running || vm->is_stopping)
		return GOL_PUMP_DONE;
	set_running(vm, true);
	SchedPump found = sched_pump(&vm->vm, sched_now_ns(&vm->vm) + (budget_ns > 0 ? budget_ns : 0));
	set_running(vm, false);
	switch (found) {
	case SCHED_PUMP_MORE: return GOL_PUMP_RUNNING;
	case SCHED_PUMP_IDLE: return GOL_PUMP_IDLE;
	case SCHED_PUMP_STUCK: return GOL_PUMP_STUCK;
	case SCHED_PUMP_DONE: break;
	}
	vm->is_started = false;
	run_ended(vm, false);
	return GOL_PUMP_DONE;
}

int64_t gol_next_timer_ns(GolVM *vm) {
	if (!vm || !vm->is_started || vm->is_stopping)
		return -1;
	int64_t at = sched_next_ns(&vm->vm), now = sched_now_ns(&vm->vm);
	return at == INT64_MAX ? -1 : at > now ? at - now : 0;
}

int gol_poll_fd(GolVM *vm) { return vm && vm->has_runtime ? sched_poll_fd(&vm->vm) : -1; }

/* ---------------------------------------------------------------- limits */

GolStatus gol_set_limits(GolVM *vm, const GolLimits *limits) {
	if (!vm || !limits)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_set_limits: no limits") : GOL_ERROR_ARGUMENT;
	if (vm->is_running && vm_is_busy(vm))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_set_limits: the VM is running");
	vm->config.limits = *limits;
	if (vm->vm.session)
		world_stop(&vm->eval.stop, &vm->vm, NULL);
	apply_limits(vm);
	if (vm->vm.session)
		world_start(&vm->eval.stop);
	return GOL_OK;
}

static void usage(const GolVM *vm, GolUsage *out) {
	VM *r = (VM *)&vm->vm;
	HeapStats heap;
	heap_stats(r, &heap);
	uint64_t fuel = vm->fuel_before, started = r->next_goroutine_id - 1;
	for (uint32_t i = 0; i < r->workers_len; i++) {
		fuel += (uint64_t)r->workers[i]->fuel_used;
		started -= r->workers[i]->id_end - r->workers[i]->id_next; /* reserved, not used yet */
	}
	*out = (GolUsage){
		.memory_bytes = r->mem.used_bytes,
		.heap_live_bytes = heap.live_bytes,
		.fuel_used = (int64_t)fuel,
		.goroutines = (uint64_t)goroutine_count(r),
		.goroutines_started = started,
		.collections = heap.gc_count,
	};
}

void gol_usage(const GolVM *vm, GolUsage *out) {
	if (!out)
		return;
	*out = (GolUsage){0};
	if (!vm || !vm->has_runtime)
		return;
	WorldStop stop;
	bool stops = vm->vm.session && !vm->eval.is_busy;
	if (stops)
		world_stop(&stop, (VM *)&vm->vm, NULL);
	usage(vm, out);
	if (stops)
		world_start(&stop);
}
