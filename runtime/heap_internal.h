/* SPDX-License-Identifier: MIT */
/* heap_internal.h: what the files of the heap share: blocks, their tables, the marker. For heap*.c, gc*.c, finalizer.c
 * and iface.c only.
 *
 * One reservation of addresses holds the side tables and the heap:
 *
 *     | marks: 1 byte per 16 | blocks: one Block per 32 KiB | free bits | 32 KiB | 32 KiB | 32 KiB | ... |
 *                                                                       ^ base            ^ used      ^ committed
 *
 * A small block holds objects of one size and one layout. The state of each, `epoch` being the number of the last cycle:
 *     index < cursor                    allocated: found alive, or handed out since
 *     index >= cursor, mark == epoch    allocated: found alive
 *     otherwise                         free: the allocator's cursor will come by and hand it out as part of a run
 * So sweeping is what the allocator does when it looks for the next run, and nothing is written into free memory. */
#ifndef GOL_RUNTIME_HEAP_INTERNAL_H
#define GOL_RUNTIME_HEAP_INTERNAL_H

#include "base/os_mem.h"
#include "runtime/heap.h"
#include "runtime/sched.h"

enum {
	BLOCK_SHIFT = 15, /* heap_take_back_fast knows it too */
	BLOCK_BYTES = 1 << BLOCK_SHIFT,
	BLOCK_MARKS_SHIFT = BLOCK_SHIFT - 4,
	SMALL_MAX = BLOCK_BYTES / 2,    /* larger objects take whole blocks */
	RUN_BYTES = 4096,               /* zeroed at once: stays in the first-level cache until used */
	REPORT_BYTES = 32 << 10,        /* a worker tells the shared trigger this often */
	FIXED_SPACES = 2 + HEAP_KIND_COUNT,
	FIXED_CLASSES = FIXED_SPACES * HEAP_CLASSES,
	MIN_HEAP = 4 << 20,             /* as Go: no collection before that at GOGC=100 */
	WIDE_SCAN_WORDS = 1024,         /* larger objects are scanned in slices of this many words, by all markers */
};

typedef enum BlockState {
	BLOCK_FREE,
	BLOCK_SMALL,
	BLOCK_LARGE,  /* first block of a large object */
	BLOCK_TAIL,   /* further ones: head leads back */
	BLOCK_TAKEN,  /* being given back to the system */
} BlockState;

typedef enum ScanMode { SCAN_NONE, SCAN_WORDS, SCAN_BITS, SCAN_KIND } ScanMode;

/* 64 bytes per 32 KiB. What marking reads comes first. */
typedef struct Block {
	uint32_t size;       /* of an object in a small block, else 0 */
	uint32_t reciprocal; /* offset * reciprocal >> 32 = index, exact for offsets below 32 KiB */
	uint64_t ptr_bits;   /* SCAN_BITS */
	uint32_t count;      /* objects that fit */
	uint32_t cursor;     /* see above */
	uint8_t scan;        /* ScanMode */
	uint8_t kind;        /* HeapKind of SCAN_KIND */
	uint8_t mark_epoch;  /* the last cycle that marked something here */
	uint8_t state;       /* BlockState */
	bool zero;           /* contents are zero (fresh from the system) */
	bool seen;           /* was handed out before: marks may be stale */
	uint32_t run_class;  /* index of its list in Heap.partial */
	uint32_t next;       /* in that list; 0 ends it */
	uint32_t head;       /* tail: number of the first block */
	uint32_t span;       /* large: blocks */
	uint64_t bytes;      /* large: size of the object as allocated */
	uint64_t unused;
} Block;
_Static_assert(sizeof(Block) == 64, "one cache line each");

/* ---- the pool of marking work ---- */

enum { MARK_CHUNK_ITEMS = 510, MARK_BATCH = 32 };
typedef struct MarkChunk {
	struct MarkChunk *next;
	size_t len;
	uintptr_t items[MARK_CHUNK_ITEMS]; /* addresses, not yet looked at */
} MarkChunk;

/* A large object being scanned in slices. step tells how much a slice takes. */
typedef struct WideJob {
	struct WideJob *next;
	GcWideScan scan;
	void *object;
	size_t at, end, step;
} WideJob;

typedef struct MarkPool {
	Lock lock;
	MarkChunk *full;     /* guarded by lock; read without it as a hint */
	MarkChunk *empty;
	WideJob *wide, *free_wide;
	uint32_t active;     /* markers that may still produce work */
	uint32_t waiting;    /* atomic hint: markers that would take some */
	bool overflow;       /* atomic: addresses were lost for want of memory */
	bool may_abandon;    /* a program that is being stopped needs no collection */
	bool abandoned;      /* atomic: the marks are worth nothing */
	uint32_t root_jobs, next_root; /* atomic: jobs of the root phase */
	void *slabs;         /* memory of chunks and jobs, all freed after the cycle */
	size_t slab_left;
	char *slab_at;
} MarkPool;

typedef struct ExtraRoot {
	void (*mark)(Marker *m, void *user);
	void *user;
} ExtraRoot;

struct SpecialTable; /* finalizer.c */
typedef struct FrameMaps FrameMaps; /* frame_map.c */
struct IfaceCache;   /* iface.c */

struct Heap {
	VM *vm;
	/* the reservation */
	char *base;           /* of block 0 */
	uint8_t *marks;
	Block *blocks;
	uint64_t *free_bits;  /* one per block below `used` */
	char *reservation;
	size_t reservation_bytes;
	uint32_t limit;       /* blocks reserved */
	uint32_t committed;   /* blocks usable */
	uint32_t used;        /* blocks ever handed out; block 0 never is */
	uint8_t epoch;        /* of the last cycle; 0 before the first */
	bool release_all;     /* atomic: after the next collection all free memory goes back */
	uint32_t debug;       /* GC_STRESS, GC_POISON */
	Lock lock;            /* block lists, free bits, commit, `classes` */
	uint32_t free_count;  /* set bits */
	uint32_t dirty_free;  /* of them, with memory of the system behind */
	uint32_t free_hint;   /* no set bit below this word */
	uint32_t blocks_in_use;
	uint32_t partial_fixed[FIXED_CLASSES]; /* blocks not looked at since the last cycle, by run class */
	uint32_t *partial_layouts;             /* grows with the type table */
	uint32_t partial_layout_count;
	/* pacing; atomic */
	uint64_t since_gc;    /* bytes handed out since the last cycle */
	uint64_t trigger;     /* since_gc that asks for the next one */
	uint64_t live;        /* bytes marked by the last cycle */
	uint64_t live_objects;
	uint64_t soft_limit;
	/* statistics */
	uint64_t closed_bytes, closed_objects; /* allocated: by workers that are gone, and large objects (atomic) */
	uint64_t freed_bytes, freed_objects;   /* found dead by the last cycle and before */
	uint64_t released_bytes;
	uint64_t gc_count, pause_total_ns, last_gc_wall_ns;
	uint64_t pause_ns[256];
	uint64_t pause_cpu_ns; /* sum of pause * workers */
	uint64_t pauses[PAUSE_BUCKETS], stopping[PAUSE_BUCKETS]; /* how many pauses, and waits for the world to stop, by length */
	/* marking */
	MarkPool pool;
	ExtraRoot *roots;
	uint32_t root_count, root_cap;
	Lock root_lock;
	struct SpecialTable *specials;
	FrameMaps *frame_maps;
	struct IfaceCache *iface_cache;
	char zero_base[16] __attribute__((aligned(16))); /* address of all objects of size 0 */
};

/* Whether a stressed heap wants a collection after so many new bytes. After the least when it is small; a large one, or one with
 * many goroutines, grows by a part first, a larger part the larger it is: else the program takes the square of its time. After
 * thousands of collections they become rarer, for what one more would find has been looked for. */
static inline bool heap_stress_due(const Heap *h, uint64_t bytes) {
	enum { STRESS_PARTS = 4096, STRESS_SMALL = 1 << 20, STRESS_MANY = 16384, STRESS_MORE_BYTES = 64 };
	if (LIKELY(!(h->debug & GC_STRESS)))
		return false;
	uint64_t goroutines = (uint64_t)__atomic_load_n(&h->vm->goroutine_count, __ATOMIC_RELAXED);
	uint64_t size = h->live + goroutines * GOROUTINE_BYTES;
	return bytes >= h->gc_count / STRESS_MANY * STRESS_MORE_BYTES && bytes * STRESS_PARTS >= size * (1 + size / STRESS_SMALL);
}

/* ---- addresses ---- */

/* Up to where blocks were ever in use; it only grows while programs run. */
static ALWAYS_INLINE size_t heap_used_bytes(const Heap *h) {
	return (size_t)__atomic_load_n(&h->used, __ATOMIC_RELAXED) << BLOCK_SHIFT;
}

static ALWAYS_INLINE size_t heap_offset(const Heap *h, const void *p) { return (uintptr_t)p - (uintptr_t)h->base; }
static ALWAYS_INLINE char *block_start(const Heap *h, uint32_t n) { return h->base + ((size_t)n << BLOCK_SHIFT); }
static ALWAYS_INLINE uint8_t *block_marks(const Heap *h, uint32_t n) {
	return h->marks + ((size_t)n << BLOCK_MARKS_SHIFT);
}
static ALWAYS_INLINE uint32_t block_index(const Block *b, size_t offset) {
	return (uint32_t)(((offset & (BLOCK_BYTES - 1)) * (uint64_t)b->reciprocal) >> 32);
}

/* ---- heap_block.c ---- */
bool heap_reserve(Heap *h);
void heap_unreserve(Heap *h);
uint32_t heap_size_class(size_t size);       /* of 1 .. SMALL_MAX */
uint32_t heap_class_size(uint32_t class_);
/* Fills an empty run with free memory of its class. False: no memory. */
bool heap_refill(Heap *h, AllocCache *cache, AllocRun *run, uint32_t run_class);
/* A large object; *zeroed tells whether its memory is known to be zero. The world may run. */
void *heap_large(Heap *h, size_t size, ScanMode scan, HeapKind kind, bool *zeroed);
/* World stopped, after marking: frees what is empty, lists what may have room. */
void heap_sweep_blocks(Heap *h, uint8_t epoch);
/* World stopped, after marking that was abandoned: everything stays allocated until the next cycle. */
void heap_abandon_cycle(Heap *h, uint8_t epoch);
/* Gives a worker's runs back: what they had left is free again. */
void heap_flush_cache(Heap *h, AllocCache *cache);  /* world stopped, before marking */
void heap_return_cache(Heap *h, AllocCache *cache); /* the worker ends; the world may run */
/* After the world was started: returns free memory beyond what the next cycles will use. */
void heap_release_excess(Heap *h);
void heap_release(Heap *h, uint32_t blocks);
bool heap_ensure_layouts(Heap *h, uint32_t layouts);
void heap_normalise_marks(Heap *h);
/* Books bytes handed out; asks for a collection at the trigger. */
void heap_report(Heap *h, uint64_t bytes);
/* Is the object with this index of a small block allocated? World stopped or approximately. */
static ALWAYS_INLINE bool block_allocated(const Heap *h, const Block *b, uint32_t n, uint32_t index) {
	return index < b->cursor ||
		(h->epoch != 0 && __atomic_load_n(&block_marks(h, n)[index], __ATOMIC_RELAXED) == h->epoch);
}
/* Does p (inside the used part of the heap) lie in an allocated object? During marking h->epoch is still the previous
 * cycle's: what the new one marked behind a cursor counts as not allocated, which is right for one who marks. */
static ALWAYS_INLINE bool heap_is_allocated(const Heap *h, const void *p) {
	size_t offset = heap_offset(h, p);
	uint32_t n = (uint32_t)(offset >> BLOCK_SHIFT);
	const Block *b = &h->blocks[n];
	if (UNLIKELY(b->size == 0))
		return b->state == BLOCK_LARGE || b->state == BLOCK_TAIL;
	uint32_t index = block_index(b, offset);
	return index < b->count && block_allocated(h, b, n, index);
}

/* ---- gc_mark.c ---- */
struct Marker {
	Heap *heap;
	char *base;
	size_t used_bytes;   /* of the heap: pointers beyond are foreign */
	Block *blocks;
	uint8_t *marks;
	uint8_t epoch, previous; /* of this cycle and the one before (0: none) */
	uintptr_t *top, *end;   /* stack of addresses to visit, in the current chunk */
	MarkChunk *chunk;
	uint64_t live_bytes, live_objects;
	uint32_t looks;
	bool is_search;      /* of reach.c: nothing is freed afterwards, and frames stay as they are */
};
void marker_init(Marker *m, Heap *h, uint8_t epoch);
void marker_finish(Marker *m); /* adds its counters to the heap */
void marker_work(Marker *m);   /* until this marker has nothing left at hand */
void marker_drain(Marker *m);  /* until no marker has work left */
void marker_recover(Marker *m); /* after all have drained: makes good for lost addresses */
bool marker_abandons(Marker *m); /* now and then: the program is being stopped, all markers drop what they have */
bool marker_is_marked(const Marker *m, const void *p); /* p inside an allocated object */
void marker_scan_object(Marker *m, const void *p);     /* the children, not the object */
bool marker_next(Marker *m, uintptr_t *p); /* instead of marker_work: takes an address that was marked; false: none left */
void pool_init(MarkPool *pool, uint32_t root_jobs);
void pool_deinit(MarkPool *pool);
typedef void (*KindTrace)(Marker *m, void *object);
typedef void (*KindFree)(VM *vm, void *object);
extern const KindTrace kind_traces[HEAP_KIND_COUNT];
extern const KindFree kind_frees[HEAP_KIND_COUNT];

/* Objects of HEAP_TYPED: this header, then the elements. */
typedef struct __attribute__((aligned(16))) TypedHeader {
	const TypeDesc *type;
	uint64_t count;
} TypedHeader;

/* ---- gc.c: kinds of roots ---- */
void gc_mark_globals(Marker *m, VM *vm);
void gc_mark_extra_roots(Marker *m, Heap *h);
void gc_mark_goroutine(Marker *m, Goroutine *g); /* frames, deferred calls, panics; not what it waits on */

/* ---- trace_gc.c ---- */
typedef struct GcPhases {
	int64_t asked_ns, stopped_ns, marked_ns, swept_ns;
} GcPhases;
void gc_trace_line(Heap *h, const GcPhases *p, uint64_t before_bytes); /* World stopped. */

/* ---- frame_map.c ---- */
bool frame_maps_init(Heap *h);
void frame_maps_deinit(Heap *h);
void mark_frames(Marker *m, Goroutine *g); /* pointers in live slots, and the closures */

/* ---- finalizer.c ---- */
void specials_mark_roots(Marker *m, Heap *h);   /* closures, and what finalizable objects refer to */
bool specials_find_dead(Marker *m, Heap *h);    /* after marking: queues; true: marked something, drain again */
void specials_run(Worker *w);                   /* after the world was started: starts the queued calls */
void specials_free(Heap *h);

/* ---- iface.c ---- */
void iface_cache_free(Heap *h);

#endif
