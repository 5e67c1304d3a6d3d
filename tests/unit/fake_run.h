/* SPDX-License-Identifier: MIT */
/* fake_run.h: a stand-in for the interpreter, so that the scheduler can be tested without it. A goroutine is a C step
 * function called again and again with its slots (from fp + 2 on); it keeps its own state there. */
#ifndef GOL_TESTS_FAKE_RUN_H
#define GOL_TESTS_FAKE_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "runtime/sched.h"
#include "runtime/values.h"

/* NATIVE_DONE: call again; NATIVE_PARK, NATIVE_YIELD, NATIVE_GOEXIT (it ends), NATIVE_EXIT as for natives. */
typedef NativeStatus (*Step)(Goroutine *g, Slot *s);

static const Insn fake_code[2]; /* pc points to the second once the goroutine has begun */

#define GOFUNC(fname, step_fn)                                                                                         \
	static Function fname = {.closure = {.fn = &fname},                                                            \
	                         .code = fake_code,                                                                    \
	                         .frame_slots = 16,                                                                    \
	                         .native = step_fn,                                                                    \
	                         .name = #fname}

/* `busy` is the interpreter's own protocol for goroutines that are woken before their worker has left run. */
static RunStatus fake_run(Worker *w, Goroutine *g) {
	while (__atomic_exchange_n(&g->busy, 1, __ATOMIC_ACQUIRE) != 0)
		cpu_relax();
	Step step = ((const Closure *)g->fp[1].p)->fn->native;
	g->wait_reason = WAIT_NONE;
	if (g->pc == fake_code && g->is_main) /* main has no arguments: its slots are whatever they were */
		memset(g->fp + FRAME_HEADER_SLOTS, 0, 14 * sizeof(Slot));
	g->pc = fake_code + 1;
	RunStatus status;
	for (;;) {
		if (--g->budget <= 0) {
			status = RUN_YIELD;
			break;
		}
		if (__atomic_load_n(&w->vm->stop_requested, __ATOMIC_RELAXED) != 0) {
			status = RUN_SAFEPOINT;
			break;
		}
		NativeStatus s = step(g, g->fp + FRAME_HEADER_SLOTS);
		if (s == NATIVE_DONE)
			continue;
		status = s == NATIVE_PARK ? RUN_PARKED : s == NATIVE_YIELD ? RUN_YIELD : s == NATIVE_GOEXIT ? RUN_DEAD : RUN_EXIT;
		break;
	}
	if (status != RUN_DEAD && status != RUN_EXIT)
		w->slice_left = g->budget;
	__atomic_store_n(&g->busy, 0, __ATOMIC_RELEASE);
	return status;
}

static inline void vm_open(VM *vm, uint32_t workers) {
	memset(vm, 0, sizeof *vm);
	mem_init(&vm->mem, NULL, NULL);
	vm->worker_count = workers;
	vm->seed = 1;
	vm->write_lock = (Lock){0};
	if (!vm_runtime_init(vm, fake_run))
		abort();
}

static inline void vm_close(VM *vm) {
	vm_runtime_deinit(vm);
	if (vm->mem.used_bytes != 0)
		fprintf(stderr, "%zu bytes not freed\n", vm->mem.used_bytes);
	assert_int_equal(vm->mem.used_bytes, 0);
}

static inline ExitState run_main(VM *vm, Function *fn) {
	sched_run_program(vm, &fn->closure, false);
	return sched_exit_state(vm);
}

/* go fn(args...) */
static inline bool spawn(Goroutine *g, Function *fn, const Slot *args, uint32_t n) {
	Slot all[14] = {0};
	for (uint32_t i = 0; i < n; i++)
		all[i] = args[i];
	Goroutine *made = goroutine_new(g->worker, g, &fn->closure, all, 14);
	if (made == NULL)
		return false;
	sched_ready(g->vm, g->worker, made, true);
	return true;
}

#define SPAWN(g, fn, ...)                                                                                              \
	spawn(g, &(fn), (const Slot[]){__VA_ARGS__}, sizeof((const Slot[]){__VA_ARGS__}) / sizeof(Slot))
#define P(x) {.p = (x)}
#define I(x) {.i = (x)}

/* A WaitGroup: each done() releases it once; the waiter takes `n` of them, one per step. */
static inline NativeStatus wait_for(Goroutine *g, uint32_t *sema) {
	return sema_acquire_or_park(g, sema, false, WAIT_SYNC_WAITGROUP) ? NATIVE_DONE : NATIVE_PARK;
}

/* ---- type descriptors ---- */

static const TypeDesc type_int = {.kind = KIND_INT, .align = 8, .size = 8, .slots = 1, .name = "int"};
static const TypeDesc type_string = {.kind = KIND_STRING, .align = 16, .size = 16, .slots = 2, .flags = DESC_POINTERS};
static const TypeDesc type_empty = {.kind = KIND_STRUCT, .align = 1, .size = 0, .slots = 0, .name = "struct {}"};
static const TypeDesc type_three = {.kind = KIND_STRUCT, .align = 8, .size = 24, .slots = 3};
static const TypeDesc chan_of_int = {.kind = KIND_CHAN, .elem = &type_int};
static const TypeDesc chan_of_string = {.kind = KIND_CHAN, .elem = &type_string};
static const TypeDesc chan_of_empty = {.kind = KIND_CHAN, .elem = &type_empty};
static const TypeDesc chan_of_three = {.kind = KIND_CHAN, .elem = &type_three};

static inline Chan *make_chan(Goroutine *g, const TypeDesc *type, int64_t size) {
	(void)chan_of_int; (void)chan_of_string; (void)chan_of_empty; (void)chan_of_three;
	Chan *c;
	if (chan_new(g, type, size, &c) != PANIC_NONE)
		abort();
	return c;
}

/* ---- a heap of nothing, when the real one is not linked ---- */

#define WEAK __attribute__((weak))
typedef struct FakeObject {
	struct FakeObject *next;
	size_t size;
} FakeObject;

WEAK bool heap_init(VM *vm) {
	vm->heap = mem_zalloc(&vm->mem, sizeof(FakeObject));
	return vm->heap != NULL;
}
WEAK void heap_deinit(VM *vm) {
	for (FakeObject *o = (FakeObject *)vm->heap, *next; o != NULL; o = next) {
		next = o->next;
		mem_free(&vm->mem, o, sizeof *o + o->size);
	}
	vm->heap = NULL;
}
WEAK bool heap_worker_init(Worker *w) { (void)w; return true; }
WEAK void heap_worker_deinit(Worker *w) { (void)w; }
WEAK bool gc_add_root(VM *vm, void (*mark)(Marker *, void *), void *user) { (void)vm; (void)mark; (void)user; return true; }
WEAK bool gc_run_pending(Worker *w) {
	__atomic_and_fetch(&w->vm->stop_requested, ~(uint32_t)STOP_GC, __ATOMIC_SEQ_CST);
	return true;
}
WEAK void gc_mark_pointer(Marker *m, const void *p) { (void)m; (void)p; }
WEAK void gc_mark_slots(Marker *m, const TypeDesc *t, const Slot *s) { (void)m; (void)t; (void)s; }
WEAK void *heap_new_kind(Goroutine *g, HeapKind kind, size_t size) {
	(void)kind;
	FakeObject *o = mem_zalloc(&g->vm->mem, sizeof *o + size);
	if (o == NULL)
		return NULL;
	o->size = size;
	FakeObject *head = (FakeObject *)g->vm->heap;
	FakeObject *next = __atomic_load_n(&head->next, __ATOMIC_RELAXED);
	do
		o->next = next;
	while (!__atomic_compare_exchange_n(&head->next, &next, o, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return o + 1;
}

#endif
