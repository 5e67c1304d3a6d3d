/* SPDX-License-Identifier: MIT */
/* api.c: the life of a GolVM and running programs.
 *
 * Owns: GolVM. Everything it holds comes from its own allocator handle, so gol_vm_free can return every byte.
 * Rules: no globals, no longjmp; a status for every failure. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api_internal.h"
#include "vm/link.h"
#include "vm/trace.h"

const char *gol_status_name(GolStatus status) {
	static const char *const names[] = {
		"ok",	    "bad argument", "out of memory", "compile error", "panic",	     "fatal error",
		"deadlock", "limit reached", "interrupted",  "exit",
	};
	return (size_t)status < COUNT_OF(names) ? names[status] : "unknown status";
}

GolStatus api_fail(GolVM *vm, GolStatus status, const char *format, ...) {
	va_list args;
	va_start(args, format);
	vm->error.len = 0;
	buf_vprintf(&vm->error, format, args);
	va_end(args);
	return status;
}

const char *gol_error(const GolVM *vm) { return vm ? buf_cstr((Buf *)&vm->error) : ""; }

void *gol_userdata(const GolVM *vm) { return vm ? vm->config.user : NULL; }

static void discard_output(void *user, int fd, const char *data, size_t len) {
	(void)user;
	(void)fd;
	(void)data;
	(void)len;
}

static void apply_limits(GolVM *vm) {
	const GolLimits *limits = &vm->config.limits;
	struct VMHost *host = &vm->vm.host;
	vm->vm.mem.cap_bytes = limits->memory_bytes;
	host->max_stack_bytes = limits->stack_bytes ? limits->stack_bytes : MAX_STACK_BYTES;
	host->max_goroutines = limits->goroutines;
	host->fuel = limits->fuel > 0 ? limits->fuel : -1;
	host->deadline_ns = limits->wall_ns > 0 ? clock_monotonic_ns() + limits->wall_ns : 0;
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

static bool start_runtime(GolVM *vm) {
	VM *r = &vm->vm;
	struct VMHost *host = &r->host;
	host->write = vm->config.write ? vm->config.write : discard_output;
	host->user = vm->config.user;
	host->argc = vm->config.argc;
	host->argv = vm->config.argv;
	host->capabilities = vm->config.allow;
	r->types = &vm->types;
	r->api = vm;
	r->gc_percent = vm->config.gc_percent ? vm->config.gc_percent : 100;
	r->worker_count = vm->config.workers ? vm->config.workers : (uint32_t)thread_cpu_count();
	if (r->worker_count > MAX_WORKERS)
		r->worker_count = MAX_WORKERS;
	r->seed = vm->config.seed ? vm->config.seed : (uint64_t)clock_wall_ns() * 0x9e3779b97f4a7c15u ^ (uintptr_t)vm;
	apply_limits(vm);
	if (!vm_runtime_init(r, vm_exec))
		return false;
	if (vm_init(r))
		return true;
	vm_runtime_deinit(r);
	return false;
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
	buf_init(&vm->error, &vm->vm.mem);
	arena_init(&vm->arena, &vm->vm.mem);
	interner_init(&vm->interner, &vm->arena);
	token_setup_keywords(&vm->interner);
	source_init(&vm->sources, &vm->arena);
	loader_init(vm);
	if (!copy_arguments(vm) || !start_runtime(vm)) {
		arena_deinit(&vm->arena);
		buf_deinit(&vm->error);
		mem = vm->vm.mem;
		mem_free(&mem, vm, sizeof *vm);
		return GOL_ERROR_MEMORY;
	}
	*out = vm;
	return GOL_OK;
}

void gol_vm_free(GolVM *vm) {
	if (!vm)
		return;
	vm_deinit(&vm->vm);
	vm_runtime_deinit(&vm->vm);
	arena_deinit(&vm->arena);
	buf_deinit(&vm->error);
	Mem mem = vm->vm.mem;
	mem_free(&mem, vm, sizeof *vm);
}

static GolStatus status_of(ExitState state) {
	switch (state) {
	case EXIT_RUNNING:
	case EXIT_MAIN_RETURNED: return GOL_OK;
	case EXIT_OS_EXIT: return GOL_EXIT;
	case EXIT_PANIC: return GOL_ERROR_PANIC;
	case EXIT_FATAL: return GOL_ERROR_FATAL;
	case EXIT_DEADLOCK: return GOL_ERROR_DEADLOCK;
	case EXIT_INTERRUPTED: return GOL_INTERRUPTED;
	case EXIT_LIMIT: return GOL_ERROR_LIMIT;
	}
	return GOL_OK;
}

GolStatus gol_run(GolVM *vm, const GolProgram *program) {
	if (!vm || !program)
		return GOL_ERROR_ARGUMENT;
	apply_limits(vm);
	if (!vm_link(&vm->vm, program->program))
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	vm->vm.start_ns = sched_now_ns(&vm->vm);
	vm_exec_run(&vm->vm, program->program->entry);
	vm->last_status = status_of((ExitState)vm->vm.exit_state);
	const char *text = vm->last_status == GOL_OK ? "" : trace_last_error(&vm->vm);
	return api_fail(vm, vm->last_status, "%s", text[0] ? text : gol_status_name(vm->last_status));
}

int gol_exit_code(const GolVM *vm) {
	if (!vm || vm->last_status == GOL_OK)
		return 0;
	return vm->last_status == GOL_EXIT ? vm->vm.exit_code : 2;
}

void gol_interrupt(GolVM *vm) {
	if (vm)
		sched_exit(&vm->vm, EXIT_INTERRUPTED, 2, NULL);
}

void gol_request_traces(GolVM *vm) {
	if (vm)
		__atomic_fetch_or(&vm->vm.stop_requested, STOP_TRACE, __ATOMIC_SEQ_CST);
}

GolStatus gol_set_limits(GolVM *vm, const GolLimits *limits) {
	if (!vm || !limits)
		return GOL_ERROR_ARGUMENT;
	vm->config.limits = *limits;
	apply_limits(vm);
	return GOL_OK;
}

void gol_usage(const GolVM *vm, GolUsage *out) {
	if (!vm || !out)
		return;
	HeapStats heap;
	heap_stats((VM *)&vm->vm, &heap);
	*out = (GolUsage){
		.memory_bytes = vm->vm.mem.used_bytes + heap.reserved_bytes,
		.heap_live_bytes = heap.live_bytes,
		.goroutines = (uint64_t)goroutine_count((VM *)&vm->vm),
		.goroutines_started = vm->vm.next_goroutine_id,
		.collections = heap.gc_count,
	};
}
