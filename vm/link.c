/* SPDX-License-Identifier: MIT */
/* link.c: program -> instance: a VM's private parts, its globals, running a program, calls from the host.
 *
 * Owns: VmPrivate; the reservation behind vm->globals.
 * Rules: globals never move: later programs of a session only extend them, so addresses in values stay good. Linking and
 *   calls happen while no program of the VM runs.
 * Why: a reservation grown on demand costs addresses, not memory, and spares an indirection on every access.
 * See: vm/link.h, api/api.c. */
#include "vm/link.h"

#include "base/os_mem.h"
#include "vm/names.h"
#include "vm/profile.h"
#include "vm/trace.h"

enum { GLOBALS_RESERVE = 1 << 30 };

bool vm_init(VM *vm) {
	VmPrivate *p = mem_zalloc(&vm->mem, sizeof(VmPrivate));
	if (!p)
		return false;
	buf_init(&p->error, &vm->mem);
	vm->vm_private = p;
	vm->worker_begin = call_worker_begin;
	vm->worker_end = call_worker_end;
	vm->trace_hook = trace_requested;
	vm->name_hook = name_of_target_running;
	vm->exit_hook = trace_exit_hook;
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (!call_worker_begin(vm->workers[i])) {
			vm_deinit(vm);
			return false;
		}
	return true;
}

void vm_deinit(VM *vm) {
	VmPrivate *p = vm->vm_private;
	if (p) {
		buf_deinit(&p->error);
		mem_free(&vm->mem, p, sizeof(VmPrivate));
	}
	if (vm->globals)
		os_unreserve(vm->globals, GLOBALS_RESERVE);
	vm->vm_private = NULL;
	vm->globals = NULL;
	vm->globals_len = 0;
}

/* Commits pages for what the globals need beyond what they have. */
static bool globals_extend(VM *vm, uint32_t end) {
	if (!vm->globals)
		vm->globals = os_reserve(GLOBALS_RESERVE, 0);
	if (!vm->globals || end > GLOBALS_RESERVE)
		return false;
	size_t page = os_page_size();
	size_t have = ALIGN_UP((size_t)vm->globals_len, page), want = ALIGN_UP((size_t)end, page);
	if (want > have && !os_commit(vm->globals + have, want - have))
		return false;
	if (end > vm->globals_len)
		vm->globals_len = end;
	return true;
}

bool vm_link(VM *vm, const Program *program) {
	if (!globals_extend(vm, program->globals_end))
		return false;
	vm->globals_ptr_bits = program->globals_ptr_bits;
	vm->types = program->types;
	vm->program = program;
	return true;
}

void vm_forget_methods(VM *vm) {
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (vm->workers[i]->method_cache)
			memset(vm->workers[i]->method_cache, 0, METHOD_CACHE_SIZE * sizeof(MethodCacheEntry));
	iface_forget(vm);
}

static void run(VM *vm, const Closure *closure, bool keep) {
	VmPrivate *p = vm->vm_private;
	p->reported = false;
	p->error.len = 0;
	p->error.failed = false;
	tools_begin(vm);
	sched_run_program(vm, closure, keep);
	tools_end(vm);
}

void vm_exec_run(VM *vm, const Function *entry) { run(vm, &entry->closure, false); }

void vm_exec_run_keep(VM *vm, const Function *entry) { run(vm, &entry->closure, true); }

bool vm_pump_begin(VM *vm, const Function *entry) {
	VmPrivate *p = vm->vm_private;
	p->reported = false;
	p->error.len = 0;
	p->error.failed = false;
	return sched_pump_begin(vm, &entry->closure);
}

/* ---------------------------------------------------------------- calls from the host */

bool vm_call(VM *vm, const Closure *closure, Slot *args_and_results, uint32_t slots) {
	VmPrivate *p = vm->vm_private;
	if (!closure || slots < closure->fn->arg_slots || slots < closure->fn->result_slots)
		return false;
	HostCall call = {args_and_results, closure->fn->result_slots, false};
	p->call = &call;
	p->reported = false;
	p->error.len = 0;
	p->error.failed = false;
	sched_run_call(vm, closure, args_and_results, closure->fn->arg_slots);
	p->call = NULL;
	return call.done;
}
