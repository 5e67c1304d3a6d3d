/* SPDX-License-Identifier: MIT */
/* link.h: program -> instance: a VM that can run a Program, and calls from the host. */
#ifndef GOL_VM_LINK_H
#define GOL_VM_LINK_H

#include "vm/exec.h"

/* After vm_runtime_init(vm, vm_exec): installs what vm/ needs (hooks, private data). False: no memory. */
bool vm_init(VM *vm);
void vm_deinit(VM *vm); /* before vm_runtime_deinit */

/* Makes the program's globals and types the VM's: later programs of the same session extend what earlier ones laid out; the
 * values of earlier globals stay. False: no memory, or the globals exceed the reserved area. */
bool vm_link(VM *vm, const Program *program);

/* Types have got other methods: forgets what was found before. World stopped, or nothing runs. */
void vm_forget_methods(VM *vm);

/* Runs a function without parameters and results as goroutine 1 to the program's end; see vm->exit_state. */
void vm_exec_run(VM *vm, const Function *entry);
void vm_exec_run_keep(VM *vm, const Function *entry); /* goroutines that are left stay: sched_discard_goroutines */
bool vm_pump_begin(VM *vm, const Function *entry);    /* the same for sched_pump; false: no memory */

/* Calls a func value from the host: slots holds results, parameters and receiver as a frame does from fp + 2 on; the results
 * are copied back when the call returned normally (true). Other goroutines live on: sched_discard_goroutines. */
bool vm_call(VM *vm, const Closure *closure, Slot *args_and_results, uint32_t slots);

#endif
