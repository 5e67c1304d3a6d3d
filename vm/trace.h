/* SPDX-License-Identifier: MIT */
/* trace.h: run-time errors worded as Go words them, fatal errors, stack traces. */
#ifndef GOL_VM_TRACE_H
#define GOL_VM_TRACE_H

#include "base/buf.h"
#include "vm/exec.h"

/* ---- run-time errors: raise the panic (or report the fatal error) at g->pc; EXEC_GO_ON or a RunStatus ---- */
int raise_code(Goroutine *g, PanicCode code);
int raise_runtime(Goroutine *g, const char *format, ...) PRINTF_LIKE(2, 3); /* its Error method adds "runtime error: " */
int raise_plain(Goroutine *g, const char *format, ...) PRINTF_LIKE(2, 3);   /* a runtime.Error without that prefix */
int raise_index(Goroutine *g, int64_t index, int64_t length);
/* Go's order of checks; `what` is "capacity" or "length". flags: SLICE_HAS_*; hi is the length when not given. */
int raise_slice(Goroutine *g, const Slot *bounds, uint32_t flags, int64_t length, int64_t limit, const char *what);
int raise_slice_convert(Goroutine *g, int64_t length, int64_t wanted); /* to an array */
int raise_assertion(Goroutine *g, const TypeDesc *concrete, const TypeDesc *asserted, const TypeDesc *interface);

/* The values alone; false after out of memory (nothing was raised). core: CORE_RUNTIME_ERROR or CORE_PLAIN_ERROR. */
bool error_value(Goroutine *g, CoreType core, const char *text, size_t len, GoIface *out);
/* What a code means whose text needs no more (types): the value of its panic, or, answered, the text of the fatal error. */
const char *panic_code_value(VM *vm, PanicCode code, GoIface *out);
bool trace_is_runtime_error(VM *vm, const TypeDesc *type); /* a core error type: printed without calling its methods */
bool is_nil_dereference(GoIface value);
bool is_bubble_deadlock(GoIface value); /* PANIC_BUBBLE_* */

/* ---- fatal errors: report with the traces of all goroutines, end the program; return RUN_EXIT ---- */
int fatal_report(Goroutine *g, const char *text, bool all, ExitState state);
int fatal_error(Goroutine *g, const char *format, ...) PRINTF_LIKE(2, 3);
int fatal_stack_overflow(Goroutine *g);
int fatal_out_of_memory(Goroutine *g);
/* VM.exit_hook: reports a deadlock (the one end that the interpreter does not see itself). */
void trace_exit_hook(VM *vm);
/* An uncaught panic whose values are ready to be printed. */
void trace_report_panic(Goroutine *g, const Panic *panic);
/* Text of the last such report, without the traces: "panic: ..." or "fatal error: ...". "" when there was none. */
const char *trace_last_error(VM *vm);
void trace_set_error(VM *vm, const char *text, size_t len);

/* ---- stack traces ---- */
const char *wait_reason_text(WaitReason reason);
/* "goroutine 1 [running]:" and its frames. skip: innermost frames left out. */
void trace_goroutine(Goroutine *g, uint32_t skip, Buf *out);
/* All goroutines, `first` (may be NULL) in front. World stopped, or nothing else runs. */
void trace_all(VM *vm, Goroutine *first, Buf *out);

/* For every goroutine the program counters of its frames, innermost first, as runtime.Callers gives them, and a 0 behind.
 * World stopped. */
void trace_all_pcs(VM *vm, Buf *out);

/* STOP_TRACE was seen: prints all goroutines and takes the request back. g: the one that w runs, at a check with its state
 * saved; NULL: none. */
void trace_requested(Worker *w, Goroutine *g);
/* The same after an interrupted run in which no goroutine came to a check: all were waiting. No program may run. */
void trace_unanswered(VM *vm);

/* Frame n of the running goroutine as runtime.Caller counts: 0 is the function that called the native. */
typedef struct FrameInfo {
	const Function *fn; /* NULL: a frame that only Go has, shown to runtime.Caller */
	const char *name;
	const char *file;
	uint32_t line;
	const Insn *pc; /* of the instruction under way */
} FrameInfo;
/* Where a goroutine is, as its trace shows it: the innermost frame, or the innermost one of the program's own code (false when
 * all are the library's). World stopped, or g is parked, or on its own behalf. */
bool trace_position(Goroutine *g, bool program, FrameInfo *out);
bool trace_caller(Goroutine *g, uint32_t n, FrameInfo *out);
/* runtime.FuncForPC and CallersFrames: pc as given out by the functions above. */
bool trace_frame_of_pc(VM *vm, const Insn *pc, FrameInfo *out);
FrameInfo trace_frame_info(VM *vm, const Function *fn, const Insn *pc); /* pc: the instruction itself, or anything */
/* The function in whose text pc stands: fn, or one that was inlined into it. */
const Function *trace_function(const Function *fn, const Insn *pc);
/* Where the call was inlined that pc stands in; NULL: pc stands in fn's own text. */
const Insn *trace_inline_caller(const Function *fn, const Insn *pc);

#endif
