/* SPDX-License-Identifier: MIT */
/* exec.h: the interpreter's entry, and what the files of vm/ share behind the instruction bodies.
 *
 * Between the bodies (exec.c) and the C functions here the goroutine's own fields are the machine state: a body that needs
 * help stores pc, fp and budget in g, calls, and goes on with what it finds there when the answer is EXEC_GO_ON. Any other
 * answer is the RunStatus to leave with. */
#ifndef GOL_VM_EXEC_H
#define GOL_VM_EXEC_H

#include "base/buf.h"
#include "vm/native.h"

enum { EXEC_GO_ON = -1 };

/* Goroutine.resume: what is to be done before the instruction at pc, which began before the goroutine parked. */
typedef enum ResumeKind {
	RESUME_NONE,
	RESUME_SEND,   /* pc is at the SEND: done, or the channel was closed meanwhile */
	RESUME_SELECT, /* pc is at the SELECT: learn which case fired */
	RESUME_RETRY,  /* pc is at a native that is to be called again; only traces care */
	RESUME_OOM,    /* the instruction at pc was tried again after a collection */
	RESUME_NEVER,  /* main called runtime.Goexit: no longer counted as a goroutine in reports */
} ResumeKind;

/* The RunFn: runs g until it parks, yields, ends, or a check finds something to do. */
RunStatus vm_exec(Worker *w, Goroutine *g);

/* Return addresses of frames that no instruction called. */
extern const Insn code_panic_next[1];
extern const Insn code_native_again[1];
extern const Insn code_native_body[2];

/* The call of the host under way: where the results of the main goroutine go. */
typedef struct HostCall {
	Slot *results;
	uint32_t count;
	bool done;
} HostCall;

/* What a VM keeps for vm/ (VM.vm_private), made by link.c. */
typedef struct VmPrivate {
	Lock lock;            /* guards error */
	Buf error;            /* text of the panic or fatal error that ended the program */
	HostCall *call;        /* that vm_call makes now */
	Slot spare_call[sizeof(NativeCall) / sizeof(Slot) + NATIVE_CALL_SLOTS] RECEIVER; /* handed out after out of memory */
	bool reported;        /* atomic: a panic or fatal error of this run was reported */
} VmPrivate;

static inline bool stop_requested(const Goroutine *g) {
	return (__atomic_load_n(&g->vm->stop_requested, __ATOMIC_RELAXED) & ~(uint32_t)STOP_PAUSE) != 0;
}

static inline uint64_t stack_limit_bytes(const VM *vm) {
	return vm->host.max_stack_bytes ? vm->host.max_stack_bytes : MAX_STACK_BYTES;
}

/* Argument areas are short: a loop beats what compilers make of memcpy with an unknown length (rep movs). */
static inline void copy_slots(Slot *to, const Slot *from, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		to[i] = from[i];
		__asm__("" ::: "memory");
	}
}
static inline void clear_slots(Slot *at, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		at[i].u = 0;
		__asm__("" ::: "memory");
	}
}

/* Slots that a frame of fn takes; even. */
static inline uint32_t frame_extent(const Function *fn) {
	uint32_t least = (uint32_t)fn->arg_slots + FRAME_HEADER_SLOTS;
	return ALIGN_UP(fn->frame_slots > least ? fn->frame_slots : least, 2u);
}
static inline const Function *frame_function(const Slot *fp) { return ((const Closure *)fp[1].p)->fn; }

/* ---- call.c. All return EXEC_GO_ON or a RunStatus ---- */
typedef struct MethodCacheEntry {
	uintptr_t type; /* TypeDesc *; 1 more when the receiver is copied from behind the data word (MethodDesc.deref) */
	const MethodKey *key;
	const MethodDesc *method;
	const Function *fn;
} MethodCacheEntry;
enum { METHOD_CACHE_SIZE = 256 };
static inline uint32_t method_cache_index(const TypeDesc *type, const MethodKey *key) {
	return (uint32_t)(((uintptr_t)type ^ (uintptr_t)key << 1) >> 4) % METHOD_CACHE_SIZE;
}

/* Makes a frame `base` slots above the present one and makes it the present one. Arguments are copied in when args is not
 * NULL. May move the stack. */
int call_enter(Goroutine *g, const Closure *closure, uint32_t base, const Insn *return_pc, const Slot *args, uint32_t slots);
int call_grow_slow(Goroutine *g);   /* room for the callee of the instruction at pc, which is then run again */
int call_redirect_grow(Goroutine *g); /* the same for the REDIRECT at pc */
int call_iface_slow(Goroutine *g);              /* g->pc is at the CALL_IFACE */
int call_native_done(Goroutine *g, const Function *fn, uint32_t base, NativeStatus status); /* at CALL_NATIVE */
int call_body_done(Goroutine *g, NativeStatus status);                                      /* at NATIVE_BODY */
void call_native_returned(Goroutine *g);                                                    /* at NATIVE_AGAIN */
void call_boxes_drop(Goroutine *g, uint32_t above); /* forgets calls made by natives whose frames are unwound */
int call_go(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots);
int call_resume(Goroutine *g); /* acts on g->resume */
bool call_worker_begin(Worker *w);
void call_worker_end(Worker *w);

/* ---- native.c ---- */
/* Prints what the PRINT at pc and those right behind it say, in one write: the parts of a println stay together. */
PanicCode print_operands(VM *vm, const Insn *pc, const Slot *fp, uint32_t *words);

/* ---- unwind.c ---- */
int defer_push(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots);
/* At DEFER_OUTER: the same for a frame further out, which must be one of this goroutine's that defers; goes on behind it. */
int defer_push_outer(Goroutine *g, const Closure *closure, const Slot *args, uint32_t slots, int64_t frame);
int defer_run(Goroutine *g); /* at RUN_DEFERS with a deferred call of this frame waiting */
int panic_raise(Goroutine *g, GoIface value);
int panic_next(Goroutine *g); /* at PANIC_NEXT: a deferred call run by a panic came back */
GoIface panic_recover(Goroutine *g, bool for_caller);
int goexit_begin(Goroutine *g);
int panic_report(Goroutine *g, Panic *p, uint32_t base); /* nobody recovered it: prints and ends the program */
int goroutine_ended(Goroutine *g, bool by_goexit);
Slot *panic_frame(const Goroutine *g, const Panic *p); /* the frame in which it began */
/* The panic that is running the deferred call whose frame starts at this offset; NULL: none. *panics: the newest one to look
 * at, at first g->panics; it moves on, for a walk from the innermost frame outwards. */
const Panic *panic_of_deferred(const Panic **panics, uint32_t frame);

#endif
