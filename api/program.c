/* SPDX-License-Identifier: MIT */
/* program.c: the life of compiled programs, and who holds them.
 *
 * Owns: GolProgram: one compile session, or one image that was loaded, with its own memory.
 * Rules: a program is immutable once compiled; a VM holds it at most once; the last hold frees it.
 * Why: a session per program, so that programs are independent of each other, can be freed one by one and serve several
 *   VMs at once. Sharing one session would save the parsing of library declarations, about a millisecond. */
#include "api/api_internal.h"

GolProgram *program_alloc(GolVM *vm) {
	Mem mem;
	mem_init(&mem, vm->config.allocate, vm->config.user);
	GolProgram *p = mem_zalloc(&mem, sizeof *p);
	if (!p)
		return NULL;
	p->mem = mem;
	p->mem.cap_bytes = vm->config.limits.memory_bytes;
	p->vm = vm;
	arena_init(&p->arena, &p->mem);
	return p;
}

static void program_free(GolProgram *p) {
	arena_deinit(&p->arena);
	Mem mem = p->mem;
	mem_free(&mem, p, sizeof *p);
}

void program_release(GolProgram *p) {
	if (__atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL) <= 1)
		program_free(p);
}

bool vm_holds(const GolVM *vm, const GolProgram *program) {
	for (const Hold *h = vm->programs; h; h = h->next)
		if (h->program == program)
			return true;
	return false;
}

GolStatus program_hold(GolVM *vm, GolProgram *program) {
	Hold *h = mem_alloc(&vm->vm.mem, sizeof *h);
	if (!h)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	__atomic_fetch_add(&program->refs, 1, __ATOMIC_RELAXED);
	*h = (Hold){.next = vm->programs, .program = program};
	vm->programs = h;
	return GOL_OK;
}

GolStatus gol_program_share(GolVM *vm, GolProgram *program) {
	if (!vm || !program)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_program_share: no program") : GOL_ERROR_ARGUMENT;
	return vm_holds(vm, program) ? GOL_OK : program_hold(vm, program);
}

GolStatus gol_program_free(GolVM *vm, GolProgram *program) {
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	if (vm_is_busy(vm))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_program_free: the VM is running");
	for (Hold **at = &vm->programs; *at; at = &(*at)->next) {
		Hold *h = *at;
		if (h->program != program)
			continue;
		GolStatus status = vm->current == program ? instance_begin(vm, NULL, true) : GOL_OK;
		*at = h->next;
		mem_free(&vm->vm.mem, h, sizeof *h);
		program_release(program);
		return status;
	}
	return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_program_free: not a program of this VM");
}
