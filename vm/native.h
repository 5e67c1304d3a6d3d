/* SPDX-License-Identifier: MIT */
/* native.h: what a native function (C code behind a bodyless Go declaration) may use.
 *
 *   // func Index(s, substr string) int
 *   static NativeStatus strings_Index(Goroutine *g, Slot *args) {
 *           struct { int64_t result; GoString s, substr; } *a = NATIVE_ARGS(args);
 *           ...
 *           return NATIVE_DONE;
 *   }
 *
 * The struct lists results first, then parameters, then the receiver (GoString, GoSlice, GoIface and 16-byte aligned
 * aggregates align themselves; a receiver of 8 bytes needs __attribute__((aligned(16))): use RECEIVER). Every scalar, bool and
 * narrow integer included, is one int64_t/uint64_t/double/pointer member; float32 is a float followed by 4 bytes (use Slot).
 * Results must be written in full. Arguments may be modified. The frame does not move while the native runs, but after
 * NATIVE_CALL or NATIVE_RETRY `args` may be another address.
 * While a native is parked for good (NATIVE_PARK) its arguments keep nothing alive: what others still use must be reachable
 * otherwise, as what a Sudog's target is.
 * Objects allocated here survive until the native returns without being rooted. Natives that loop over data charge
 * their work with native_charge, about 1 per 16 bytes or per element, and long ones look at native_must_stop, or with
 * a Pace (runtime/sched.h). */
#ifndef GOL_VM_NATIVE_H
#define GOL_VM_NATIVE_H

#include "runtime/sched.h"
#include "runtime/values.h"

#define NATIVE_ARGS(args) ((void *)((args) + FRAME_HEADER_SLOTS))
#define RECEIVER __attribute__((aligned(16)))

/* A row of a package's table: name "Index" or "(*Mutex).Lock" or "Duration.String". Ends with {NULL, NULL}. */
typedef struct NativeDef {
	const char *name;
	NativeFn fn;
} NativeDef;

/* The code of an image is not known to keep narrow integers and bools extended in their slots. For natives with such
 * parameters, which rely on it, makes fn->native one that extends them first. */
void native_bind_extending(Function *fn);

/* A native holds for every value of its parameters' types, also for those that the library's Go code never passes: the code of
 * an image is not the library's. What it refuses: return native_misused. name: as in "hash/crc32.update". */
NativeStatus native_misused(Goroutine *g, const char *name);
static inline bool native_is_slice(GoIface v) { return v.type && v.type->kind == KIND_SLICE; }

/* Raise a Go panic: return native_panic*(...) from the native. */
NativeStatus native_panic_value(Goroutine *g, GoIface value);
NativeStatus native_panic_text(Goroutine *g, const char *format, ...) PRINTF_LIKE(2, 3);         /* value is a string */
NativeStatus native_panic_runtime(Goroutine *g, const char *format, ...) PRINTF_LIKE(2, 3);      /* runtime.Error "runtime error: ..." */
NativeStatus native_panic_index(Goroutine *g, int64_t index, int64_t length);
NativeStatus native_panic_code(Goroutine *g, PanicCode code);                                    /* also the FATAL_ ones; PANIC_NONE gives NATIVE_DONE */
NativeStatus native_fatal(Goroutine *g, const char *format, ...) PRINTF_LIKE(2, 3);              /* "fatal error: ..." with traces, exit 2 */

static inline void native_charge(Goroutine *g, int64_t work) { g->budget -= work; }
/* True when the program is being stopped (limit, interrupt, exit) or just this goroutine, also because what was charged reached a limit: return
 * NATIVE_YIELD at once. Results may be half done. */
static inline bool native_must_stop(Goroutine *g) {
	enum { LOOK_EVERY = 1000 }; /* units of work: some tens of microseconds */
	if (LIKELY(g->budget > -LOOK_EVERY))
		return (g->worker->index != HOST_WORKER && (__atomic_load_n(&g->vm->stop_requested, __ATOMIC_RELAXED) & STOP_EXIT) != 0) ||
		       goroutine_must_end(g);
	int64_t work = -g->budget;
	g->budget = 0;
	return sched_work(g, work) || goroutine_must_end(g);
}
/* Both at once. */
static inline bool native_work(Goroutine *g, int64_t work) {
	native_charge(g, work);
	return native_must_stop(g);
}

/* Strings. native_string gives an empty string on out of memory after setting the fatal error: natives may ignore it. */
GoString native_string(Goroutine *g, const char *s, size_t len);
static inline GoString native_cstring(Goroutine *g, const char *s) { return native_string(g, s, strlen(s)); }
GoSlice native_byte_slice(Goroutine *g, const void *p, size_t len);
char *native_alloc_bytes(Goroutine *g, size_t size); /* for building a string in place; NULL after out of memory */

/* Descriptors the library needs by name (bool, int, string, []byte, error, ...). */
const TypeDesc *native_type(VM *vm, Kind kind);    /* basic kinds */
GoIface native_box_string(Goroutine *g, GoString s);

/* Start a goroutine that calls closure without arguments and results (time.AfterFunc and the like), in a bubble or none. */
bool native_go(Worker *w, Bubble *bubble, const Closure *closure);

/* Calling Go from a native: fill the call, return NATIVE_CALL; after the Go function returned, the native is called
 * again from its start with g->native_state as it left it and the results in g->native_call->args (slot layout as in a
 * frame from fp + 2 on). A panic of the callee unwinds past the native. */
typedef struct NativeCall {
	const Closure *closure;
	uint32_t slots;    /* argument slots (results, parameters, receiver) */
	uint32_t cap;      /* of args, at least NATIVE_CALL_SLOTS */
	Slot args[] __attribute__((aligned(16)));
} NativeCall;
enum { NATIVE_CALL_SLOTS = 64 };
/* From the Go heap, kept in g->native_call. NULL: no memory, for more than NATIVE_CALL_SLOTS slots; return NATIVE_FATAL. */
NativeCall *native_call_prepare(Goroutine *g, const Closure *closure);

/* Output through the host's write callback. */
void native_write(VM *vm, int fd, const char *data, size_t len);

/* Text of a value as an unrecovered panic shows it; of a long one the beginning when the program is being stopped. */
void native_print_panic_value(Goroutine *g, GoIface value, struct Buf *out);

#endif
