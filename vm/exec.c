/* SPDX-License-Identifier: MIT */
/* exec.c: the interpreter: one C function per opcode, the machine state in its arguments, each jumping to the next.
 *
 * Owns: the dispatch table. Bodies are in exec_arith.h, exec_jump.h, exec_data.h, exec_slice.h, exec_call.h.
 * Rules: BODY handlers have no stack frame: nothing but TAIL and DISPATCH may leave them, what needs a C call is a CALLING
 *   handler or sits behind a TAIL. vm/check_tailcalls.sh proves it on the object file. No address of a C local in a handler:
 *   it would keep a stack frame alive across the jump. Nothing of a handler survives a suspension: it is stackless.
 *   Script memory is touched by relaxed whole-word and whole-pair accesses only, so that races tear nothing.
 *   A body that panics has changed no slot: who recovers finds what was there, and the verifier counts on it (bytecode/verify.c).
 *   One that will run again, because the stack must grow, has changed nothing that it reads.
 * Why: the alternative, one function with computed gotos, is no faster and cannot become stencils (docs/performance.md).
 *   A conditional jump dispatches in both arms: merged into one, its target becomes a data dependency, up to 3.3x slower.
 *   GOL_LOOP_DISPATCH (-O0, sanitizers, other compilers) makes the same bodies return to a loop instead.
 * See: docs/architecture.md, tests/unit/test_vm.c. */
#include "vm/exec.h"

#include <math.h>

#include "base/utf8.h"
#include "vm/profile.h"
#include "vm/trace.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GOL_LOOP_DISPATCH 1
#endif
#endif
#if !defined(GOL_LOOP_DISPATCH) && \
	(!defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GNUC__))
#define GOL_LOOP_DISPATCH 1
#endif

#if defined(GOL_COUNT_OPS) && !defined(GOL_LOOP_DISPATCH)
#define GOL_LOOP_DISPATCH 1 /* the loop counts */
#endif

#if defined(__clang__) && !defined(GOL_LOOP_DISPATCH)
#define MUSTTAIL __attribute__((musttail))
#else
#define MUSTTAIL
#endif
#define UNUSED __attribute__((unused))

/* In the loop form `table` is where a handler leaves the registers for the loop. */
typedef struct ExecRegs {
	const Insn *pc;
	Slot *fp;
	int64_t budget;
} ExecRegs;
#define HANDLER_PARAMS                                                                                                 \
	UNUSED const Insn *pc, UNUSED Slot *fp, UNUSED Goroutine *g, UNUSED uint64_t insn, UNUSED void *table,         \
		UNUSED int64_t budget
typedef int (*Handler)(HANDLER_PARAMS);

/* Hints to register allocators. gcc 12 else loads the handler into a register that must be saved first; clang would merge
 * what is the same at the ends of both arms of a jump. */
#if defined(__clang__)
#define AT_JUMP(handler) ((void)0)
#define APART_AT_JUMP(handler) __asm__ volatile("" : "+r"(handler))
#elif defined(__x86_64__)
#define AT_JUMP(handler) __asm__("" : "+a"(handler))
#define APART_AT_JUMP(handler) AT_JUMP(handler)
#else
#define AT_JUMP(handler) ((void)0)
#define APART_AT_JUMP(handler) ((void)0)
#endif

#ifdef GOL_LOOP_DISPATCH
#define DISPATCH()                                                                                                     \
	do {                                                                                                           \
		*(ExecRegs *)table = (ExecRegs){pc, fp, budget};                                                       \
		return EXEC_GO_ON;                                                                                     \
	} while (0)
#else
#define DISPATCH()                                                                                                     \
	do {                                                                                                           \
		uint64_t next_ = pc->word;                                                                             \
		Handler handler_ = ((const Handler *)table)[(uint16_t)next_];                                          \
		AT_JUMP(handler_);                                                                                     \
		MUSTTAIL return handler_(pc, fp, g, next_, table, budget);                                             \
	} while (0)
#endif
#define NEXT(words)                                                                                                    \
	do {                                                                                                           \
		pc += (words);                                                                                         \
		DISPATCH();                                                                                            \
	} while (0)
/* Leaves a handler for an out-of-line one at the same instruction. TAIL_ARG hands it a number in place of insn. */
#define TAIL(handler) MUSTTAIL return handler(pc, fp, g, insn, table, budget)
#define TAIL_ARG(handler, arg) MUSTTAIL return handler(pc, fp, g, (uint64_t)(arg), table, budget)

#define BODY(name) static int op_##name(HANDLER_PARAMS)    /* no calls, no frame */
#define FRAMED(name) static int op_##name(HANDLER_PARAMS)  /* no calls, but too many values for the free registers */
#define CALLING(name) static int op_##name(HANDLER_PARAMS) /* calls C functions */
#define OUT_OF_LINE(name) static NOINLINE int name(HANDLER_PARAMS)
#define RARE(name) static COLD int name(HANDLER_PARAMS)

#define A ((uint16_t)(insn >> 16))
#define B ((uint16_t)(insn >> 32))
#define C ((uint16_t)(insn >> 48))
#define SB ((int64_t)(int16_t)(insn >> 32))
#define SC ((int64_t)insn >> 48)
#define BC ((int64_t)insn >> 32)
#define RA fp[A]
#define RB fp[B]
#define RC fp[C]

#define SAVE() (g->pc = pc, g->fp = fp, g->budget = budget)
/* Goes on where the goroutine's saved state says, or leaves. */
#define GO_ON(status)                                                                                                  \
	do {                                                                                                           \
		int status_ = (status);                                                                                \
		if (UNLIKELY(status_ != EXEC_GO_ON))                                                                   \
			return status_;                                                                                \
		pc = g->pc;                                                                                            \
		fp = g->fp;                                                                                            \
		budget = g->budget;                                                                                    \
		DISPATCH();                                                                                            \
	} while (0)
/* The two arms of a conditional jump must stay two, up to the dispatch: code with an asm in it is merged with nothing. */
#ifdef GOL_LOOP_DISPATCH
#define DISPATCH_APART() DISPATCH()
#else
#define DISPATCH_APART()                                                                                               \
	do {                                                                                                           \
		__asm__ volatile("" : "+r"(pc));                                                                       \
		uint64_t next_ = pc->word;                                                                             \
		Handler handler_ = ((const Handler *)table)[(uint16_t)next_];                                          \
		APART_AT_JUMP(handler_);                                                                               \
		MUSTTAIL return handler_(pc, fp, g, next_, table, budget);                                             \
	} while (0)
#endif

/* ---------------------------------------------------------------- slow paths shared by the bodies */

/* pc is the next instruction: gives way when the world wants something or the time slice is over. */
RARE(check_slow) {
	SAVE();
	if (__atomic_load_n(&g->vm->stop_requested, __ATOMIC_RELAXED) & STOP_TRACE)
		trace_requested(g->worker, g);
	if (UNLIKELY(g->vm->tools != NULL))
		profile_check(g);
	if (stop_requested(g))
		return RUN_SAFEPOINT;
	if (budget <= 0)
		return RUN_YIELD;
	DISPATCH();
}
RARE(nil_fault) {
	SAVE();
	GO_ON(raise_code(g, PANIC_NIL_POINTER));
}
/* insn: a PanicCode */
RARE(code_fault) {
	SAVE();
	GO_ON(raise_code(g, (PanicCode)insn));
}
RARE(memory_fault) {
	TAIL_ARG(code_fault, FATAL_OUT_OF_MEMORY);
}

/* After an allocating instruction of `words` words: its result is stored, a collection may come. */
#define NEXT_ALLOCATED(words)                                                                                          \
	do {                                                                                                           \
		pc += (words);                                                                                         \
		if (UNLIKELY(stop_requested(g)))                                                                       \
			TAIL_ARG(check_slow, 0);                                                                              \
		DISPATCH();                                                                                            \
	} while (0)
#define NEXT_OR_FAULT(code, words)                                                                                     \
	do {                                                                                                           \
		PanicCode code_ = (code);                                                                              \
		if (UNLIKELY(code_ != PANIC_NONE))                                                                     \
			TAIL_ARG(code_fault, code_);                                                                   \
		NEXT_ALLOCATED(words);                                                                                 \
	} while (0)

/* ---------------------------------------------------------------- small helpers */

/* One 16-byte store: halves written apart would stall the 16-byte load that follows. */
static ALWAYS_INLINE void set_pair(Slot *at, uint64_t low, uint64_t high) {
#if defined(__x86_64__)
	store_pair(at, _mm_set_epi64x((int64_t)high, (int64_t)low));
#else
	at[0].u = low;
	at[1].u = high;
#endif
}
static ALWAYS_INLINE uint64_t f32_slot(float f) {
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	return bits;
}
static ALWAYS_INLINE GoString string_at(const Slot *at) { return (GoString){at[0].p, at[1].i}; }
static ALWAYS_INLINE GoSlice slice_at(const Slot *at) {
	return (GoSlice){at[0].p, (uint32_t)at[1].u, (uint32_t)(at[1].u >> 32)};
}
static ALWAYS_INLINE GoIface iface_at(const Slot *at) { return (GoIface){at[0].p, at[1]}; }
/* The address of a slot, kept as one value: spares registers where both halves of a pair are read. */
#define ADDRESS(slot)                                                                                                  \
	({                                                                                                             \
		Slot *address_ = &(slot);                                                                              \
		__asm__("" : "+r"(address_));                                                                          \
		address_;                                                                                              \
	})
/* Work proportional to size is charged like native work: 1 for 16 bytes. */
#define CHARGE(bytes) (budget -= (int64_t)((uint64_t)(bytes) >> 4))
/* Variables are moved as part of a statement: only giants count. */
#define CHARGE_LARGE(bytes) (budget -= (int64_t)((uint64_t)(bytes) >> 9))

#include "vm/exec_arith.h"
#include "vm/exec_jump.h"
#include "vm/exec_data.h"
#include "vm/exec_slice.h"
#include "vm/exec_call.h"

static const Handler handlers[] = {
#define OP(name, shape, words, effects, meaning) [OP_##name] = op_##name,
#include "bytecode/opcodes.def"
#undef OP
};

const Insn code_panic_next[1] = {{.op = OP_PANIC_NEXT}};
const Insn code_native_again[1] = {{.op = OP_NATIVE_AGAIN}};
const Insn code_native_body[2] = {{.op = OP_NATIVE_BODY}, {.op = OP_RET}};

static int run(Goroutine *g) {
#ifdef GOL_LOOP_DISPATCH
	ExecRegs regs = {g->pc, g->fp, g->budget};
	int status;
#ifdef GOL_COUNT_OPS
	OpCounts *counts = op_counts(g->vm);
	if (!counts)
		return fatal_out_of_memory(g);
	uint16_t before = OP_NOP;
#endif
	do {
#ifdef GOL_COUNT_OPS
		counts->pairs[before][regs.pc->op]++;
		before = regs.pc->op;
#endif
		status = handlers[regs.pc->op](regs.pc, regs.fp, g, regs.pc->word, &regs, regs.budget);
	} while (status == EXEC_GO_ON);
	return status;
#else
	const Insn *pc = g->pc;
	return handlers[pc->op](pc, g->fp, g, pc->word, (void *)(uintptr_t)handlers, g->budget);
#endif
}

/* A goroutine becomes visible to other workers while the one that parks it is still storing its state: the next one waits
 * for the few instructions that are left. */
static COLD void wait_busy(const Goroutine *g) {
	Parker parker = {0};
	for (uint32_t spins = 0; __atomic_load_n(&g->busy, __ATOMIC_ACQUIRE); spins++) {
		if (spins < 1000)
			cpu_relax();
		else
			parker_park(&parker, 20000);
	}
}

/* Natives may charge more than was left of the slice: the host's fuel pays for that too, down to 0. */
static COLD void fuel_charge(VM *vm, int64_t work) {
	int64_t fuel = __atomic_load_n(&vm->host.fuel, __ATOMIC_RELAXED);
	while (fuel > 0 && !__atomic_compare_exchange_n(&vm->host.fuel, &fuel, fuel > work ? fuel - work : 0, true,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* What is left of the slice goes back to the host's fuel (worker.c adds it). */
static COLD void account_fuel(Worker *w, const Goroutine *g) {
	int64_t left = g->budget;
	w->slice_left = left > 0 ? left : 0;
	if (left < 0)
		fuel_charge(w->vm, -left);
}

RunStatus vm_exec(Worker *w, Goroutine *g) {
	if (UNLIKELY(__atomic_load_n(&g->busy, __ATOMIC_ACQUIRE)))
		wait_busy(g);
	g->busy = 1;
	g->worker = w;
	g->wait_reason = WAIT_NONE;
	int64_t budget = g->budget;
	int status = budget > 0 ? EXEC_GO_ON : RUN_YIELD;
	uint8_t ending = __atomic_load_n(&g->ending, __ATOMIC_RELAXED);
	if (UNLIKELY(g->resume | ending) && (status == EXEC_GO_ON || ending == END_NOW))
		status = call_resume(g);
	if (LIKELY(status == EXEC_GO_ON))
		status = run(g);
	w->fuel_used += budget - g->budget;
	if (UNLIKELY(__atomic_load_n(&w->vm->host.fuel, __ATOMIC_RELAXED) >= 0))
		account_fuel(w, g);
	__atomic_store_n(&g->busy, 0, __ATOMIC_RELEASE);
	return (RunStatus)status;
}
