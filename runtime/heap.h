/* SPDX-License-Identifier: MIT */
/* heap.h: the Go heap: non-moving mark-sweep, blocks segregated by size and layout, per-worker bump allocation, parallel
 * marking, lazy sweeping. Design: DESIGN section in docs/architecture.md; figures in docs/performance.md.
 *
 * Interior pointers keep their object alive; a pointer just behind the end belongs to the next one (harmless, but it
 * retains the wrong object): slicing keeps the old pointer when the resulting capacity is 0, strings when the length is.
 *
 * Allocation never collects by itself: when the trigger is passed, vm->stop_requested gets STOP_GC and the worker that
 * allocated comes to its next check (the interpreter looks after every allocating instruction and native). Objects are
 * therefore safe in C locals until the native returns. */
#ifndef GOL_RUNTIME_HEAP_H
#define GOL_RUNTIME_HEAP_H

#include "runtime/goroutine.h"

typedef struct Heap Heap;

/* Runtime objects (Chan, Map, ...) that the collector traces by kind: see kinds.def. */
typedef enum HeapKind {
#define HEAP_KIND(name, trace, free_, meaning) HEAP_##name,
#include "runtime/kinds.def"
#undef HEAP_KIND
	HEAP_KIND_COUNT
} HeapKind;

/* Sizes: multiples of 16 up to HEAP_FINE_MAX have a class each (class = size / 16), then come coarser ones. */
enum { HEAP_GRANULE = 16, HEAP_FINE_MAX = 512, HEAP_CLASSES = 56 };

/* A free run of the current block to bump through. Zeroed already, except in pointer-free blocks. */
typedef struct AllocRun {
	char *ptr, *end;
	uint32_t size;  /* of one object; 0 until first filled */
	uint32_t block; /* private: the block the run lies in; 0: none */
} AllocRun;

/* Per worker: one run per layout from LAYOUT_FIRST_BITS on; pointer-free objects, all-pointer objects and each kind have one
 * per size class instead. Touched only by its worker, or with the world stopped. */
/* Bytes behind the newest concatenation: who appends to that string writes them instead of copying it. */
typedef struct StringTail {
	char *start, *end, *limit; /* of the buffer, of what belongs to strings, of the room behind it */
} StringTail;

typedef struct AllocCache {
	AllocRun *layouts; /* by layout */
	uint32_t layout_count;
	uint32_t unreported; /* bytes handed out that the shared trigger does not know of yet */
	uint64_t bytes, objects; /* handed out so far, the rest of the current runs included */
	Closure *last_closure;   /* made here since the last collection, for the next one that would be its equal; or NULL */
	StringTail tail;         /* of the newest concatenation since the last collection */
	AllocRun fixed[2 + HEAP_KIND_COUNT][HEAP_CLASSES]; /* LAYOUT_NOSCAN, LAYOUT_POINTERS, kinds */
} AllocCache;

bool heap_init(VM *vm);
void heap_deinit(VM *vm);
bool heap_worker_init(Worker *w);
void heap_worker_deinit(Worker *w); /* gives its runs back */

/* All return zeroed, 16-byte aligned memory; NULL: the memory limit or the system said no (the caller raises Go's
 * "out of memory" fatal error through vm/trace). Size 0 gives a valid unique-enough address (vm's zero base). */
void *heap_new(Goroutine *g, const TypeDesc *type);                       /* one value in memory layout */
void *heap_new_array(Goroutine *g, const TypeDesc *elem, size_t count);   /* count values in memory layout */
void *heap_new_bytes(Goroutine *g, size_t size);                          /* pointer-free */
void *heap_new_words(Goroutine *g, size_t words);                         /* every word may be a pointer (conservative) */
void *heap_new_closure(Goroutine *g, const Function *fn);                 /* header filled in */
void *heap_new_kind(Goroutine *g, HeapKind kind, size_t size);            /* a runtime object, see kinds.def */
void *heap_new_bytes_raw(Goroutine *g, size_t size);                      /* pointer-free, contents undefined: fill all of it */

/* The part of heap_new that is worth inlining (cache: worker->alloc). NULL: call heap_new. */
static ALWAYS_INLINE void *heap_new_fast(AllocCache *cache, const TypeDesc *type) {
	uint32_t layout = type->layout;
	if (LIKELY(layout - LAYOUT_FIRST_BITS < cache->layout_count)) {
		/* layout_count is the number of usable entries from LAYOUT_FIRST_BITS on */
		AllocRun *run = &cache->layouts[layout];
		char *p = run->ptr, *next = p + run->size;
		if (UNLIKELY(next > run->end))
			return NULL;
		run->ptr = next;
		return p;
	}
	if (layout > LAYOUT_POINTERS || type->size > HEAP_FINE_MAX)
		return NULL;
	uint32_t class_ = (type->size + HEAP_GRANULE - 1) / HEAP_GRANULE;
	AllocRun *run = &cache->fixed[layout][class_];
	char *p = run->ptr, *next = p + run->size;
	if (UNLIKELY(next > run->end) || class_ == 0)
		return NULL;
	run->ptr = next;
	if (layout == LAYOUT_NOSCAN)
		for (uint64_t *at = (uint64_t *)p; at < (uint64_t *)next; at += 2)
			at[0] = at[1] = 0;
	return p;
}

/* The part of heap_new_closure that is worth inlining. NULL: call it. */
static ALWAYS_INLINE Closure *heap_new_closure_fast(AllocCache *cache, const Function *fn) {
	uint32_t layout = fn->capture_layout;
	if (layout - LAYOUT_FIRST_BITS >= cache->layout_count)
		return NULL;
	AllocRun *run = &cache->layouts[layout];
	char *p = run->ptr, *next = p + run->size;
	if (UNLIKELY(next > run->end || !p))
		return NULL;
	run->ptr = next;
	((Closure *)p)->fn = fn;
	return (Closure *)p;
}

/* heap_take_back for an object of this layout that takes granules * HEAP_GRANULE bytes, HEAP_FINE_MAX at most. */
static ALWAYS_INLINE void heap_take_back_fast(AllocCache *cache, uint32_t layout, uint32_t granules, char *p) {
	enum { BLOCK_MASK = (32 << 10) - 1 };
	AllocRun *run = &cache->fixed[layout & 1][granules];
	if (layout >= LAYOUT_FIRST_BITS) {
		run = &cache->layouts[layout];
		if (UNLIKELY(layout - LAYOUT_FIRST_BITS >= cache->layout_count))
			return;
	}
	char *end = run->ptr;
	if (p + run->size != end || ((uintptr_t)end & BLOCK_MASK) == 0) /* at a block's start it would be another block's */
		return;
	run->ptr = p;
	if (layout != LAYOUT_NOSCAN)
		for (uint64_t *at = (uint64_t *)p; at < (uint64_t *)end; at += 2)
			at[0] = at[1] = 0;
}

/* After an allocation returned NULL: true when a collection may make room, so that the caller should bring its goroutine
 * to a safepoint, run gc_collect and try once more before it reports out of memory. */
bool heap_should_retry(VM *vm);
/* More may be garbage than was allocated since the last collection says: the host let go of something. World stopped. */
void heap_expect_garbage(VM *vm);

/* The object that starts at p is unreachable for everybody, for ever: if it is the newest of its kind on this worker, the next
 * one takes its place; otherwise the collector finds it. p may be any address. */
void heap_take_back(Worker *w, void *p);

/* The start of the live object that contains p, its size; NULL when p is not inside the heap. World may run. */
void *heap_object(VM *vm, const void *p, size_t *size);

/* Whether [p, p + size) lies within one live object that holds no pointers. World may run. */
bool heap_holds_no_pointers(VM *vm, const void *p, uint64_t size);

/* ---- collection ---- */
void gc_collect(Worker *w);         /* whole cycle; the caller is at a safepoint with its state saved */
void gc_request(VM *vm);            /* any thread: collect soon */
bool gc_run_pending(Worker *w);     /* called by sched_safepoint with STOP_GC set */
void gc_request_release(VM *vm);    /* any thread: collect soon, then give all free memory back */
void gc_release_memory(Worker *w);  /* debug.FreeOSMemory: collects and gives all free memory back */
/* Marking interface for kinds' trace functions and roots. */
typedef struct Marker Marker;
void gc_mark_pointer(Marker *m, const void *p);                            /* exact or interior, NULL and foreign addresses ignored */
void gc_mark_words(Marker *m, const void *p, size_t words);                /* conservative */
void gc_mark_value(Marker *m, const TypeDesc *type, const void *p);        /* memory layout */
void gc_mark_slots(Marker *m, const TypeDesc *type, const Slot *slots);    /* slot layout */
void gc_mark_iface(Marker *m, const GoIface *v);
/* For trace functions of objects that may be large: calls scan for [0, len) of the object, in slices of `step` which other
 * markers take a share of. scan must bear being called after the trace function returned, and out of order. */
typedef void (*GcWideScan)(Marker *m, void *object, size_t from, size_t to);
void gc_mark_wide(Marker *m, void *object, size_t len, size_t step, GcWideScan scan);
/* Extra roots (host references, stdlib state): called during marking with the world stopped. False: no memory. */
bool gc_add_root(VM *vm, void (*mark)(Marker *m, void *user), void *user);

/* GOMEMLIMIT: collect more often when the VM's memory comes near; 0: none. (vm->mem.cap_bytes is the hard limit.) */
void gc_set_soft_limit(VM *vm, uint64_t bytes);
uint64_t gc_soft_limit(VM *vm);
/* After vm->gc_percent changed. */
void gc_percent_changed(VM *vm);
/* Test modes: every allocation asks for a collection at the next check; dead objects are overwritten when found, and dead
 * slots of frames whenever they are met. */
enum { GC_STRESS = 1, GC_POISON = 2 };
void gc_set_debug(VM *vm, uint32_t flags);

/* Finalizers and cleanups: fn is called with the object on a goroutine of its own after it became unreachable. */
bool heap_set_finalizer(Goroutine *g, void *object, const Closure *fn, const TypeDesc *arg_type); /* fn NULL: removes */

/* runtime.AddCleanup: fn (no parameters) is called after the object became unreachable; several per object. Returns an id,
 * 0: out of memory. fn must not refer to the object. */
uint64_t heap_add_cleanup(Goroutine *g, void *object, const Closure *fn);
void heap_stop_cleanup(VM *vm, const void *object, uint64_t id); /* object: only its address counts, it may be dead */
/* Weak pointers: one handle (a heap object) per address and type of pointer, as long as either lives. NULL: out of memory. */
void *heap_weak_handle(Goroutine *g, void *object, const TypeDesc *type);
const TypeDesc *heap_weak_type(const void *handle);
void *heap_weak_get(const void *handle); /* the pointer given to heap_weak_handle, NULL once the object was found dead */

/* Buckets of lengths of time: [0, 64 ns), then four to each power of two up to 2^38 ns (4.6 minutes), then all the rest. */
enum { PAUSE_LOW_SHIFT = 6, PAUSE_HIGH_SHIFT = 38, PAUSE_SPLIT_SHIFT = 2,
       PAUSE_BUCKETS = 2 + ((PAUSE_HIGH_SHIFT - PAUSE_LOW_SHIFT) << PAUSE_SPLIT_SHIFT) };

typedef struct HeapStats {
	uint64_t live_bytes, allocated_total_bytes, freed_total_bytes, objects_allocated, objects_freed, reserved_bytes,
		released_bytes, next_gc_bytes, gc_count, pause_total_ns, last_gc_wall_ns,
		pause_cpu_ns,  /* pauses times the workers that paused */
		marked_bytes,  /* by the last collection */
		idle_bytes,    /* blocks without objects that still have memory of the system behind them */
		charged_bytes; /* what of Mem.used_bytes is blocks of the heap */
	uint64_t pause_ns[256]; /* the last ones, a ring */
	uint64_t pauses[PAUSE_BUCKETS], stopping[PAUSE_BUCKETS]; /* all pauses, and the waits for the world to stop within them */
} HeapStats;
void heap_stats(VM *vm, HeapStats *out); /* exact only while the world is stopped */

/* ---- write barrier: every pointer store of natives into the heap goes through these (no-ops until marking is
 * concurrent; they are also the racy-safe stores: 8 and 16 bytes at once) ---- */
static inline void store_word(void *at, uint64_t v) { __atomic_store_n((uint64_t *)at, v, __ATOMIC_RELAXED); }
static inline uint64_t load_word(const void *at) { return __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED); }
static inline void store_pointer(void *at, const void *p) { store_word(at, (uint64_t)(uintptr_t)p); }

#if defined(__x86_64__)
#include <emmintrin.h>
typedef __m128i PairBits;
static ALWAYS_INLINE PairBits load_pair(const void *at) {
	PairBits v;
	__asm__ volatile("movdqa %1, %0" : "=x"(v) : "m"(*(const PairBits *)at));
	return v;
}
static ALWAYS_INLINE void store_pair(void *at, PairBits v) {
	__asm__ volatile("movdqa %1, %0" : "=m"(*(PairBits *)at) : "x"(v));
}
#else
typedef struct __attribute__((aligned(16))) PairBits {
	uint64_t lo, hi;
} PairBits;
static ALWAYS_INLINE PairBits load_pair(const void *at) {
	PairBits v;
	__asm__ volatile("ldp %0, %1, [%2]" : "=r"(v.lo), "=r"(v.hi) : "r"(at) : "memory");
	return v;
}
static ALWAYS_INLINE void store_pair(void *at, PairBits v) {
	__asm__ volatile("stp %0, %1, [%2]" : : "r"(v.lo), "r"(v.hi), "r"(at) : "memory");
}
#endif
static ALWAYS_INLINE void copy_pair(void *to, const void *from) { store_pair(to, load_pair(from)); }
static inline void store_string(void *at, GoString s) { copy_pair(at, &s); }
static inline void store_slice(void *at, GoSlice s) { copy_pair(at, &s); }
static inline void store_iface(void *at, GoIface v) { copy_pair(at, &v); }
static inline GoString load_string(const void *at) { GoString s; copy_pair(&s, at); return s; }
static inline GoSlice load_slice(const void *at) { GoSlice s; copy_pair(&s, at); return s; }
static inline GoIface load_iface(const void *at) { GoIface v; copy_pair(&v, at); return v; }

/* Copies a value in memory layout, pairs and words whole (never torn); handles overlap. */
void value_copy(const TypeDesc *type, void *to, const void *from);
void value_copy_array(const TypeDesc *elem, void *to, const void *from, size_t count);
void value_zero(const TypeDesc *type, void *at);
/* Between memory layout and slot layout. */
void value_load(const TypeDesc *type, Slot *to, const void *from);
void value_store(const TypeDesc *type, void *to, const Slot *from);

#endif
