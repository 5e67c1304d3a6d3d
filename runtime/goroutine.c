/* SPDX-License-Identifier: MIT */
/* goroutine.c: making, recycling and listing goroutines; their stacks; walking frames.
 *
 * Owns: the slabs (vm->all), the workers' caches of goroutines and of grown stacks.
 * Rules: a free goroutine is either in one worker's list or in the free list of its slab (under the table's lock).
 * Inside a free goroutine only status, stack fields, vm, sudog.g and slab_slot mean anything; all else was cleared.
 * Memory behind slab->used has never been touched.
 * Why: slabs of 64 KiB, so that a million goroutines cost 512 bytes each and wholly free slabs can be given back;
 * per-worker lists, so that a recycled goroutine costs no atomic operation. Stacks double by copying, so nothing may
 * point into them.
 * See: goroutine.h, tests/unit/test_sched.c */
#include "runtime/goroutine.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

enum {
	SLAB_BYTES = 64 << 10,
	SLAB_ALIGN = 64,       /* cache lines */
	SLAB_GOROUTINES = SLAB_BYTES / GOROUTINE_BYTES - 1, /* the first place holds the header */
	SLABS_KEPT = 64,       /* wholly free slabs that are not given back: 4 MiB */
	CACHE_MAX = 1024,      /* goroutines in a worker's list; half of them go to the slabs when it overflows */
	REFILL = 64,
	FIRST_STACK_SLOTS = 128, /* of a grown stack */
	STACK_CLASSES = 8,
	STACK_CACHE_BYTES = 64 << 10, /* per class and worker */
	ID_BATCH = 16,
};

typedef struct Slab {
	struct Slab *next, *prev; /* slabs with something free or untouched */
	void *memory;
	Goroutine *free;
	uint32_t index;
	uint16_t free_count;
	uint16_t used; /* places ever touched */
	bool listed;
} Slab;

typedef struct GoroutineTable {
	Lock lock;
	Slab **slabs;
	uint32_t len, cap;
	Slab *partial;
	uint32_t empty_slabs; /* wholly free ones among them */
} GoroutineTable;

const Insn goroutine_exit_code[1] = {{.op = OP_GOEXIT}};

_Static_assert(sizeof(Slab) <= GOROUTINE_BYTES, "the header takes one place");
_Static_assert(offsetof(Goroutine, inline_stack) % 16 == 0, "frames are 16-byte aligned");

static Goroutine *slab_at(Slab *s, uint32_t slot) {
	return (Goroutine *)((char *)s + (size_t)slot * GOROUTINE_BYTES);
}

static Slab *slab_of(Goroutine *g) {
	return (Slab *)((char *)g - (size_t)g->slab_slot * GOROUTINE_BYTES);
}

/* ---- the table of slabs ---- */

bool goroutines_init(VM *vm) {
	vm->all = mem_zalloc(&vm->mem, sizeof(GoroutineTable));
	vm->next_goroutine_id = 1;
	return vm->all != NULL;
}

static void slab_release(VM *vm, Slab *s) {
	mem_free(&vm->mem, s->memory, SLAB_BYTES + SLAB_ALIGN);
}

/* Goroutines with grown stacks have been freed before (sched_discard_goroutines). */
void goroutines_deinit(VM *vm) {
	GoroutineTable *t = vm->all;
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->len; i++)
		slab_release(vm, t->slabs[i]);
	mem_free(&vm->mem, t->slabs, t->cap * sizeof(Slab *));
	mem_free(&vm->mem, t, sizeof(GoroutineTable));
	vm->all = NULL;
}

static void slab_list(GoroutineTable *t, Slab *s) {
	s->next = t->partial;
	s->prev = NULL;
	if (t->partial != NULL)
		t->partial->prev = s;
	t->partial = s;
	s->listed = true;
}

static void slab_unlist(GoroutineTable *t, Slab *s) {
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		t->partial = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->listed = false;
}

static Slab *slab_new_locked(VM *vm) {
	GoroutineTable *t = vm->all;
	if (t->len == t->cap) {
		uint32_t cap = t->cap != 0 ? t->cap * 2 : 16;
		Slab **slabs = mem_realloc(&vm->mem, t->slabs, t->cap * sizeof(Slab *), cap * sizeof(Slab *));
		if (slabs == NULL)
			return NULL;
		t->slabs = slabs;
		t->cap = cap;
	}
	/* Zeroed (status G_FREE), but by the system: memory is touched when a goroutine is first used. */
	char *memory = mem_zalloc(&vm->mem, SLAB_BYTES + SLAB_ALIGN);
	if (memory == NULL)
		return NULL;
	Slab *s = (Slab *)ALIGN_UP((uintptr_t)memory, SLAB_ALIGN);
	s->memory = memory;
	s->index = t->len;
	t->slabs[t->len++] = s;
	slab_list(t, s);
	return s;
}

/* Gives a wholly free slab back to the system. */
static void slab_drop_locked(VM *vm, Slab *s) {
	GoroutineTable *t = vm->all;
	slab_unlist(t, s);
	Slab *last = t->slabs[--t->len];
	t->slabs[s->index] = last;
	last->index = s->index;
	slab_release(vm, s);
}

static void slab_put_locked(VM *vm, Goroutine *g) {
	GoroutineTable *t = vm->all;
	Slab *s = slab_of(g);
	g->link = s->free;
	s->free = g;
	if (!s->listed)
		slab_list(t, s);
	if (++s->free_count == SLAB_GOROUTINES && ++t->empty_slabs > SLABS_KEPT) {
		t->empty_slabs--;
		slab_drop_locked(vm, s);
	}
}

/* Moves up to REFILL free goroutines into the worker's list; false: no memory. */
static COLD bool goroutines_refill(Worker *w) {
	VM *vm = w->vm;
	GoroutineTable *t = vm->all;
	lock_acquire(&t->lock);
	Slab *s = t->partial != NULL ? t->partial : slab_new_locked(vm);
	if (s == NULL) {
		lock_release(&t->lock);
		return false;
	}
	if (s->free_count == SLAB_GOROUTINES)
		t->empty_slabs--;
	uint32_t n = 0;
	for (; n < REFILL && s->free != NULL; n++) {
		Goroutine *g = s->free;
		s->free = g->link;
		s->free_count--;
		g->link = w->free_goroutines;
		w->free_goroutines = g;
	}
	uint32_t fresh = s->used;
	uint32_t fresh_end = fresh + (REFILL - n);
	if (fresh_end > SLAB_GOROUTINES)
		fresh_end = SLAB_GOROUTINES;
	s->used = (uint16_t)fresh_end;
	if (s->free == NULL && s->used == SLAB_GOROUTINES)
		slab_unlist(t, s);
	lock_release(&t->lock);
	w->free_goroutine_count += n + (fresh_end - fresh);
	while (fresh_end > fresh) { /* lowest address first out of the list */
		Goroutine *g = slab_at(s, fresh_end--);
		g->slab_slot = (uint16_t)(fresh_end + 1);
		g->vm = vm;
		g->stack = g->inline_stack;
		g->stack_slots = GOROUTINE_INLINE_SLOTS;
		g->stack_limit = g->stack + g->stack_slots;
		g->sudog.g = g;
		g->link = w->free_goroutines;
		w->free_goroutines = g;
	}
	return true;
}

static COLD void goroutines_overflow(Worker *w, uint32_t keep) {
	VM *vm = w->vm;
	lock_acquire(&vm->all->lock);
	while (w->free_goroutine_count > keep) {
		Goroutine *g = w->free_goroutines;
		w->free_goroutines = g->link;
		w->free_goroutine_count--;
		slab_put_locked(vm, g);
	}
	lock_release(&vm->all->lock);
}

uint32_t goroutine_slab_count(VM *vm) {
	return __atomic_load_n(&vm->all->len, __ATOMIC_RELAXED);
}

void goroutine_slab_visit(VM *vm, uint32_t index, void (*visit)(Goroutine *g, void *user), void *user) {
	Slab *s = vm->all->slabs[index];
	for (uint32_t slot = 1; slot <= s->used; slot++) {
		Goroutine *g = slab_at(s, slot);
		uint8_t status = __atomic_load_n(&g->status, __ATOMIC_ACQUIRE);
		if (status != G_FREE && status != G_DEAD)
			visit(g, user);
	}
}

void sched_each_goroutine(VM *vm, void (*visit)(Goroutine *g, void *user), void *user) {
	for (uint32_t i = 0; i < goroutine_slab_count(vm); i++)
		goroutine_slab_visit(vm, i, visit, user);
}

int64_t goroutine_count(VM *vm) {
	int64_t count = __atomic_load_n(&vm->goroutine_count, __ATOMIC_RELAXED);
	uint32_t n = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < n; i++)
		count += __atomic_load_n(&vm->workers[i]->goroutine_delta, __ATOMIC_RELAXED);
	return count;
}

/* Only the owner writes its delta, so no atomic addition is needed. */
static inline void worker_count_goroutine(Worker *w, int64_t n) {
	__atomic_store_n(&w->goroutine_delta, w->goroutine_delta + n, __ATOMIC_RELAXED);
}

/* ---- stacks ---- */

static uint32_t stack_class(size_t slots) { /* slots: a power of two >= FIRST_STACK_SLOTS */
	return (uint32_t)(__builtin_ctzll(slots) - __builtin_ctz(FIRST_STACK_SLOTS));
}

static Slot *stack_new(Worker *w, size_t slots) {
	uint32_t class = stack_class(slots);
	if (class < STACK_CLASSES && w->free_stacks[class] != NULL) {
		Slot *stack = w->free_stacks[class];
		w->free_stacks[class] = stack[0].p;
		w->free_stack_counts[class]--;
		return stack;
	}
	return mem_alloc(&w->vm->mem, slots * sizeof(Slot));
}

static void stack_free(Worker *w, Slot *stack, size_t slots) {
	uint32_t class = stack_class(slots);
	if (class < STACK_CLASSES &&
	    (w->free_stack_counts[class] + 1u) * slots * sizeof(Slot) <= STACK_CACHE_BYTES) {
		stack[0].p = w->free_stacks[class];
		w->free_stacks[class] = stack;
		w->free_stack_counts[class]++;
		return;
	}
	mem_free(&w->vm->mem, stack, slots * sizeof(Slot));
}

void goroutines_worker_deinit(Worker *w) {
	VM *vm = w->vm;
	for (uint32_t class = 0; class < STACK_CLASSES; class++) {
		for (Slot *stack = w->free_stacks[class], *next; stack != NULL; stack = next) {
			next = stack[0].p;
			mem_free(&vm->mem, stack, ((size_t)FIRST_STACK_SLOTS << class) * sizeof(Slot));
		}
		w->free_stacks[class] = NULL;
	}
	for (Defer *d = w->free_defers, *next; d != NULL; d = next) {
		next = d->link;
		mem_free(&vm->mem, d, sizeof(Defer) + d->cap * sizeof(Slot));
	}
	for (Panic *p = w->free_panics, *next; p != NULL; p = next) {
		next = p->link;
		mem_free(&vm->mem, p, sizeof(Panic));
	}
	w->free_defers = NULL;
	w->free_panics = NULL;
	goroutines_overflow(w, 0);
	/* What it counted stays true when the worker is gone. */
	__atomic_add_fetch(&vm->goroutine_count, w->goroutine_delta, __ATOMIC_RELAXED);
	w->goroutine_delta = 0;
}

/* Replaces the stack by one of at least `slots` slots. */
static bool stack_resize(Worker *w, Goroutine *g, size_t slots) {
	uint64_t limit = w->vm->host.max_stack_bytes != 0 ? w->vm->host.max_stack_bytes : MAX_STACK_BYTES;
	size_t size = g->stack_slots < FIRST_STACK_SLOTS ? FIRST_STACK_SLOTS : (size_t)g->stack_slots * 2;
	while (size < slots)
		size *= 2;
	if (size * sizeof(Slot) > limit || size > UINT32_MAX / 2)
		return false;
	Slot *stack = stack_new(w, size);
	if (stack == NULL)
		return false;
	memcpy(stack, g->stack, g->stack_slots * sizeof(Slot));
	Slot *old = g->stack;
	if (old != g->inline_stack)
		stack_free(w, old, g->stack_slots);
	g->stack = stack;
	g->stack_slots = (uint32_t)size;
	g->stack_limit = stack + size;
	return true;
}

bool goroutine_grow_stack(Goroutine *g, Slot **fp, size_t slots) {
	size_t offset = (size_t)(*fp - g->stack);
	size_t saved = (size_t)(g->fp - g->stack);
	if (offset + slots > g->stack_slots && !stack_resize(g->worker, g, offset + slots))
		return false;
	*fp = g->stack + offset;
	if (saved < g->stack_slots)
		g->fp = g->stack + saved;
	return true;
}

#ifdef GOL_STACK_STRESS
enum { STRESS_SLOTS = 4096 }; /* a stack n times as large moves at one of n * n calls: else deep recursion would not end */

void goroutine_move_stack(Goroutine *g) {
	uint64_t scrambled = (uint64_t)g->budget * 0x9e3779b97f4a7c15u >> 32;
	uint64_t times = g->stack_slots / STRESS_SLOTS;
	if (scrambled % (times * times + 1) != 0)
		return;
	size_t fp = (size_t)(g->fp - g->stack), size = g->stack_slots < FIRST_STACK_SLOTS ? FIRST_STACK_SLOTS : g->stack_slots;
	Slot *stack = mem_alloc(&g->vm->mem, size * sizeof(Slot)), *old = g->stack;
	if (stack == NULL)
		return;
	memcpy(stack, old, g->stack_slots * sizeof(Slot));
	memset(old, 0xdb, g->stack_slots * sizeof(Slot));
	if (old != g->inline_stack)
		mem_free(&g->vm->mem, old, g->stack_slots * sizeof(Slot));
	g->stack = stack;
	g->stack_slots = (uint32_t)size;
	g->stack_limit = stack + size;
	g->fp = stack + fp;
}
#endif

/* ---- life ---- */

static COLD bool goroutine_limit_reached(VM *vm) {
	return (uint64_t)goroutine_count(vm) >= vm->host.max_goroutines;
}

static inline uint64_t goroutine_next_id(Worker *w) {
	if (UNLIKELY(w->id_next == w->id_end)) {
		w->id_next = __atomic_fetch_add(&w->vm->next_goroutine_id, ID_BATCH, __ATOMIC_RELAXED);
		w->id_end = w->id_next + ID_BATCH;
	}
	return w->id_next++;
}

Goroutine *goroutine_new(Worker *w, Goroutine *creator, const Closure *closure, const Slot *args, uint32_t slots) {
	VM *vm = w->vm;
	if (UNLIKELY(vm->host.max_goroutines != 0) && goroutine_limit_reached(vm))
		return NULL;
	if (UNLIKELY(w->free_goroutines == NULL) && !goroutines_refill(w))
		return NULL;
	Goroutine *g = w->free_goroutines;
	const Function *fn = closure->fn;
	size_t need = FRAME_HEADER_SLOTS + (size_t)slots;
	if (need < fn->frame_slots)
		need = fn->frame_slots;
	if (UNLIKELY(need > g->stack_slots) && !stack_resize(w, g, need))
		return NULL;
	w->free_goroutines = g->link;
	w->free_goroutine_count--;
	worker_count_goroutine(w, 1);

	Slot *fp = g->stack;
	fp[0].u = RETURN_WORD(goroutine_exit_code, 0);
	fp[1].p = (void *)closure;
	for (uint32_t i = 0; i < slots; i++)
		fp[FRAME_HEADER_SLOTS + i] = args[i];
	g->fp = fp;
	g->pc = fn->code;
	g->globals = vm->globals;
	g->worker = w;
	g->id = goroutine_next_id(w);
	g->wait_reason = WAIT_NONE;
	g->wait_since_ns = 0;
	g->created_pc = NULL;
	g->created_by = NULL;
	g->created_id = 0;
	g->eval = 0;
	if (creator != NULL) {
		g->eval = creator->eval;
		g->created_pc = creator->pc;
		g->created_by = ((const Closure *)creator->fp[1].p)->fn;
		g->created_id = creator->id;
	}
	__atomic_store_n(&g->status, G_RUNNABLE, __ATOMIC_RELAXED);
	if (UNLIKELY(vm->watch != 0))
		watch_created(creator, g);
	return g;
}

/* What a goroutine may still hold when it did not end by itself. */
static COLD void goroutine_drop_rest(Worker *w, Goroutine *g) {
	while (g->defers != NULL) {
		Defer *d = g->defers;
		g->defers = d->link;
		d->link = w->free_defers;
		w->free_defers = d;
	}
	while (g->panics != NULL) {
		Panic *p = g->panics;
		g->panics = p->link;
		p->link = w->free_panics;
		w->free_panics = p;
	}
	while (g->select_sudogs != NULL) {
		Sudog *s = g->select_sudogs;
		g->select_sudogs = s->link;
		sudog_free(w, s);
	}
}

void goroutine_free(Worker *w, Goroutine *g) {
	if (UNLIKELY(g->defers != NULL || g->panics != NULL || g->select_sudogs != NULL))
		goroutine_drop_rest(w, g);
	if (g->stack != g->inline_stack) {
		stack_free(w, g->stack, g->stack_slots);
		g->stack = g->inline_stack;
		g->stack_slots = GOROUTINE_INLINE_SLOTS;
		g->stack_limit = g->stack + g->stack_slots;
	}
	if (!g->is_system)
		worker_count_goroutine(w, -1);
	g->is_main = g->is_system = g->is_spared = false;
	g->busy = g->resume = g->ending = 0;
	g->bubble = NULL;
	g->pending_panic = NULL;
	g->native_state = NULL;
	g->native_call = NULL;
	__atomic_store_n(&g->status, G_FREE, __ATOMIC_RELAXED);
	g->link = w->free_goroutines;
	w->free_goroutines = g;
	if (UNLIKELY(++w->free_goroutine_count > CACHE_MAX))
		goroutines_overflow(w, CACHE_MAX / 2);
}

/* ---- frames ---- */

void frame_walk_init(FrameWalk *walk, Goroutine *g) {
	*walk = (FrameWalk){.g = g, .fp = g->fp, .pc = g->pc};
}

const Function *frame_walk_function(const FrameWalk *walk) {
	if (walk->fp == NULL)
		return NULL;
	const Closure *closure = walk->fp[1].p;
	return closure->fn;
}

bool frame_walk_next(FrameWalk *walk) {
	if (walk->fp == NULL)
		return false;
	uint64_t word = walk->fp[0].u;
	uint32_t delta = RETURN_DELTA(word);
	if (delta == 0) { /* only the first frame has no caller */
		walk->fp = NULL;
		walk->pc = NULL;
		return false;
	}
	walk->fp -= delta;
	walk->pc = RETURN_PC(word);
	return true;
}
