/* SPDX-License-Identifier: MIT */
/* goroutine.h: a goroutine: its slots, frames, states, deferred calls and panics.
 *
 * A Goroutine is one GOROUTINE_BYTES object outside the Go heap with its first stack inside, recycled through per-worker
 * lists. The stack is contiguous and grown by copying: nothing points into it except, while the goroutine is parked, what
 * is found through offsets from `stack`; frames are linked by deltas. Only the worker that runs a goroutine touches its
 * fields; while it is parked, only whoever holds the lock of the thing it waits on may write its result slots.
 *
 * Parking and resuming. Whatever may park (chan_send_or_park, select_or_park, sema_acquire_or_park, timer_sleep_or_park,
 * ...) makes the goroutine visible to others before it returns, so it may already run on another worker: pc (behind the
 * instruction or native call), fp and budget must be saved in g BEFORE the call, and g must not be touched after PARKED.
 * wait_reason stays as it was set at parking until the goroutine runs again. When RunFn is entered it looks at it, sets it
 * to WAIT_NONE, and only these need work: WAIT_CHAN_SEND (chan_send_resumed: may panic) and WAIT_SELECT (select_resume). */
#ifndef GOL_RUNTIME_GOROUTINE_H
#define GOL_RUNTIME_GOROUTINE_H

#include "base/thread.h"
#include "bytecode/program.h"

typedef struct VM VM;
typedef struct Worker Worker;
typedef struct Chan Chan;
typedef struct Panic Panic;
typedef struct Defer Defer;
typedef struct Bubble Bubble;

typedef enum GoroutineStatus {
	G_FREE, G_RUNNABLE, G_RUNNING, G_WAITING, G_DEAD,
} GoroutineStatus;

typedef enum WaitReason { /* texts as in Go's traces; wait_reason_text in trace.c */
	WAIT_NONE, WAIT_CHAN_RECEIVE, WAIT_CHAN_RECEIVE_NIL, WAIT_CHAN_SEND, WAIT_CHAN_SEND_NIL, WAIT_SELECT,
	WAIT_SELECT_NO_CASES, WAIT_SLEEP, WAIT_SYNC_MUTEX, WAIT_SYNC_RWMUTEX_R, WAIT_SYNC_RWMUTEX_W, WAIT_SYNC_COND,
	WAIT_SYNC_WAITGROUP, WAIT_SYNC_WAITGROUP_BUBBLE /* of its own bubble */, WAIT_SEMACQUIRE, WAIT_COROUTINE, WAIT_IO,
	WAIT_SYSCALL, WAIT_HOST, WAIT_GC, WAIT_SYNCTEST_RUN, WAIT_SYNCTEST_WAIT, WAIT_SIGNAL,
} WaitReason;

/* How a goroutine of a session is made to end. */
typedef enum EndKind {
	END_NONE,
	END_GOEXIT,    /* wanted: as by runtime.Goexit */
	END_UNDER_WAY, /* its deferred calls run */
	END_NOW,       /* wanted: no deferred calls */
} EndKind;

/* A goroutine's place in the queue of a channel (or of a semaphore). Simple operations use Goroutine.sudog; select takes
 * its sudogs from the worker's cache. Guarded by the lock of the channel. */
typedef struct Sudog {
	Goroutine *g;
	struct Sudog *next, *prev;
	void *target;        /* Chan * or semaphore address */
	uint32_t elem;       /* slot offset from g->stack where the value is read from or written to; NO_ELEM: discard */
	uint32_t ok;         /* slot offset of the ok result; NO_ELEM: none */
	uint32_t ticket;     /* select: g->select_ticket at the time of queueing; semaphores: private */
	uint16_t case_index; /* select */
	bool is_select;      /* then g is set to NULL when somebody takes it out of the queue */
	bool success;        /* woken by a value (not by close) */
	bool is_send;        /* channels: it stands in the queue of senders */
	bool is_durable;     /* Goroutine.sudog: its goroutine does not run as its bubble counts; whatever it waits on (bubble.c) */
	struct Sudog *link;  /* select: next sudog of the same goroutine; semaphores: waiters of the same address */
} Sudog;
#define NO_ELEM 0xffffffffu

/* A deferred call: closure plus a copy of its arguments. From the worker's cache, not the Go heap; traced as a root. */
struct Defer {
	Defer *link;
	const Closure *closure; /* NULL: nil func value (panics when run) */
	uint32_t frame;         /* fp - stack of the frame that deferred, in slots */
	uint16_t slots;         /* argument slots copied (from base + 2) */
	uint16_t cap;
	Slot args[];
};

/* A panic (or Goexit) in progress. */
struct Panic {
	Panic *link;     /* older one */
	Panic *going;    /* the newest older one that is not aborted */
	GoIface value;
	uint32_t defer_frame; /* fp - stack of the deferred call being run by this panic; 0: none */
	uint32_t return_frame; /* frame that deferred it: where execution goes on after recover */
	uint32_t top;          /* slots in use when the panic began: deferred calls run above it */
	bool recovered, aborted, goexit, is_runtime_error;
	const Insn *pc;  /* where it began, for the trace */
};

enum { GOROUTINE_BYTES = 512 };

struct Goroutine {
	/* what the interpreter uses all the time */
	const Insn *pc;      /* saved when not running and before every call that may look at it */
	Slot *fp;
	Slot *stack;         /* base of the slots */
	Slot *stack_limit;   /* end of the usable slots; frames must end at or before it */
	char *globals;       /* = vm->globals */
	Worker *worker;      /* that runs it now */
	VM *vm;
	int64_t budget;      /* saved between runs; natives subtract their work from it (native_charge) */
	Defer *defers;
	Panic *panics;
	/* scheduling */
	Goroutine *link;     /* run queues, free lists */
	uint64_t id;
	uint8_t status;      /* GoroutineStatus, atomic */
	uint8_t wait_reason; /* WaitReason */
	bool is_system;      /* not counted for deadlock and NumGoroutine */
	bool is_main;
	bool is_spared;      /* goes on while the VM is paused: an evaluation, a call of the host */
	uint8_t busy;   /* atomic; set and cleared by RunFn: a worker is still inside run() with it (nobody else may run it) */
	uint8_t resume; /* vm/: what to do first when it runs again (ResumeKind); 0: go on at pc. 0 in a new goroutine */
	uint8_t ending; /* EndKind, atomic; sessions: it is to end, or ends */
	uint32_t stack_slots;
	uint32_t select_ticket; /* atomic; bumped by whoever wakes a select, so that one case wins */
	uint32_t wake_result;   /* select: index of the case that fired | success << 16; natives: private */
	uint16_t slab_slot; /* its place in its slab, from 1 */
	uint16_t eval;      /* sessions: number (modulo 2^16) of the evaluation that started it or its creators */
	Sudog *select_sudogs;
	Sudog sudog;            /* a cache line of its own, untouched by goroutines that never wait */
	Bubble *bubble;         /* of testing/synctest that it belongs to (bubble.h); NULL: none, as nearly always */
	int64_t wait_since_ns;  /* set lazily by the deadlock detector and tools */
	const Function *created_by; /* and where, for traces */
	const Insn *created_pc;
	uint64_t created_id;
	GoIface *pending_panic;  /* NATIVE_PANIC: the value (from the worker's cache or the Go heap) */
	void *native_state;      /* private to a native between NATIVE_RETRY/NATIVE_CALL rounds; traced conservatively */
	struct NativeCall *native_call;
	Slot inline_stack[] __attribute__((aligned(16)));
};

/* Somebody wants it to end, and it has not begun to. */
static inline bool goroutine_must_end(const Goroutine *g) {
	uint8_t ending = __atomic_load_n(&g->ending, __ATOMIC_RELAXED);
	return ending == END_GOEXIT || ending == END_NOW;
}

#define GOROUTINE_INLINE_SLOTS ((GOROUTINE_BYTES - sizeof(Goroutine)) / sizeof(Slot))

/* Makes room for `slots` more slots above fp; copies the stack when needed, so fp changes. False: the stack limit is
 * reached (stack overflow) or memory ran out. Only on the running goroutine. */
bool goroutine_grow_stack(Goroutine *g, Slot **fp, size_t slots);

#ifdef GOL_STACK_STRESS
void goroutine_move_stack(Goroutine *g); /* to another place; where it was, nothing sensible is left */
#endif

/* A new goroutine that will call `closure` with `slots` argument slots copied from args (layout from fp + 2 on). NULL: no
 * memory or a limit was hit. It is not queued yet: sched_ready does that. Creation data for traces comes from `creator`. */
Goroutine *goroutine_new(Worker *w, Goroutine *creator, const Closure *closure, const Slot *args, uint32_t slots);
/* Returns it to the worker's free list. Its stack shrinks back to the inline one. Deferred calls and panics that are left
 * go to the worker's lists (free_defers, free_panics): whoever makes them uses mem_alloc with sizeof(Defer) + cap * 8 and
 * sizeof(Panic) bytes, and the worker frees them at its end. */
void goroutine_free(Worker *w, Goroutine *g);
/* Alive and not system: exact when the world is stopped or asked by the only running worker, else a snapshot. */
int64_t goroutine_count(VM *vm);

/* All goroutines, slab by slab: the collector divides 0..goroutine_slab_count-1 among its workers. visit sees every
 * goroutine of the slab that is not free or dead. World stopped. The roots of a goroutine: live frames of its stack;
 * closure and args of its defers; values of its panics; sudog.target and the targets of its select_sudogs while it is
 * G_WAITING; pending_panic, native_state, native_call. */
uint32_t goroutine_slab_count(VM *vm);
void goroutine_slab_visit(VM *vm, uint32_t index, void (*visit)(Goroutine *g, void *user), void *user);

/* {OP_GOEXIT}: where the first frame of every goroutine returns to. */
extern const Insn goroutine_exit_code[1];

static inline uint32_t goroutine_offset(const Goroutine *g, const Slot *slot) {
	return (uint32_t)(slot - g->stack);
}

/* Walks frames from the innermost out; fp of each and the pc inside it. */
typedef struct FrameWalk {
	Goroutine *g;
	Slot *fp;
	const Insn *pc; /* next instruction to execute in this frame (return address for outer frames) */
} FrameWalk;
void frame_walk_init(FrameWalk *w, Goroutine *g);
const Function *frame_walk_function(const FrameWalk *w); /* NULL at the end */
bool frame_walk_next(FrameWalk *w);

#define RETURN_WORD(pc, delta) ((uint64_t)(uintptr_t)(pc) | (uint64_t)(delta) << 48)
#define RETURN_PC(word) ((const Insn *)(uintptr_t)((word)&0xffffffffffffull))
#define RETURN_DELTA(word) ((uint32_t)((word) >> 48))

#endif
