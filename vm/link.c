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
#include "vm/trace.h"

enum { GLOBALS_RESERVE = 64 << 20 };

bool vm_init(VM *vm) {
	VmPrivate *p = mem_zalloc(&vm->mem, sizeof(VmPrivate));
	if (!p)
		return false;
	buf_init(&p->error, &vm->mem);
	vm->vm_private = p;
	vm->worker_begin = call_worker_begin;
	vm->worker_end = call_worker_end;
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

static void run(VM *vm, const Closure *closure, bool keep) {
	VmPrivate *p = vm->vm_private;
	p->reported = false;
	p->error.len = 0;
	sched_run_program(vm, closure, keep);
}

void vm_exec_run(VM *vm, const Function *entry) { run(vm, &entry->closure, false); }

/* ---------------------------------------------------------------- calls from the host */

typedef struct HostCall {
	const Closure *closure;
	Slot *slots;
	uint32_t slot_count;
	bool done;
} HostCall;

/* Goroutine 1 of such a run: a native that calls the func value and brings its results home. */
static NativeStatus host_call(Goroutine *g, Slot *args) {
	HostCall *call = ((VmPrivate *)g->vm->vm_private)->call;
	(void)args;
	if (!g->native_state) {
		NativeCall *native = native_call_prepare(g, call->closure);
		memcpy(native->args, call->slots, call->slot_count * sizeof(Slot));
		g->native_state = call;
		return NATIVE_CALL;
	}
	memcpy(call->slots, g->native_call->args, call->closure->fn->result_slots * sizeof(Slot));
	call->done = true;
	return NATIVE_DONE;
}

static const Function host_call_function = {
	.closure = {.fn = &host_call_function},
	.code = code_native_body,
	.code_len = 2,
	.frame_slots = FRAME_HEADER_SLOTS,
	.flags = FUNC_NATIVE | FUNC_WRAPPER,
	.native = host_call,
	.name = "runtime.hostcall",
	.file = "",
};

bool vm_call(VM *vm, const Closure *closure, Slot *args_and_results, uint32_t slots, bool keep) {
	HostCall call = {closure, args_and_results, slots, false};
	VmPrivate *p = vm->vm_private;
	uint32_t most = COUNT_OF(((NativeCall *)0)->args);
	if (!closure || slots > most || closure->fn->arg_slots > most || closure->fn->result_slots > slots)
		return false;
	p->call = &call;
	run(vm, &host_call_function.closure, keep);
	p->call = NULL;
	return call.done;
}
