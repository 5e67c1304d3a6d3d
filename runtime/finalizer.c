/* SPDX-License-Identifier: MIT */
/* finalizer.c: what happens to objects somebody asked about: finalizers, cleanups, weak handles.
 *
 * Owns: the table of specials, keyed by the address given, and the queue of calls to make.
 * Rules: the lock guards the table while the world runs. The collector keeps a finalizable object's children alive but
 * not the object; when it is found dead it lives once more, for the call. Weak handles are cleared before that.
 * Why: all three are rare, so they cost nothing where they are not used: no bit in objects, one test per cycle. */
#include "runtime/heap_internal.h"

typedef enum SpecialMode { SPECIAL_FINALIZER, SPECIAL_CLEANUP, SPECIAL_WEAK } SpecialMode;

/* A heap object of a kind of its own: a program that may write to memory without pointers cannot write to it. */
typedef struct WeakHandle {
	uint64_t object; /* 0 when dead */
	const TypeDesc *type; /* of the pointer */
} WeakHandle;

typedef struct Special {
	struct Special *next;     /* in its bucket, or in the queue */
	const void *object;
	SpecialMode mode;
	uint64_t id;              /* cleanups */
	const Closure *fn;
	const TypeDesc *arg_type; /* finalizers, weak: type of the pointer */
	WeakHandle *handle;
} Special;

typedef struct SpecialTable {
	Lock lock;
	Special **buckets;
	uint32_t bucket_count; /* a power of two */
	uint32_t count;
	uint64_t next_id;
	Special *queue, **queue_end; /* calls to make, oldest first */
} SpecialTable;

enum { FIRST_BUCKETS = 16, CALL_SLOTS = 64, LOOK_EVERY = 1024 };

/* ---- the table ---- */

static SpecialTable *specials_get(Heap *h) {
	SpecialTable *t = __atomic_load_n(&h->specials, __ATOMIC_ACQUIRE);
	if (t != NULL)
		return t;
	t = mem_zalloc(&h->vm->mem, sizeof(*t));
	Special **buckets = mem_zalloc(&h->vm->mem, FIRST_BUCKETS * sizeof(*buckets));
	SpecialTable *expected = NULL;
	if (t != NULL && buckets != NULL) {
		t->buckets = buckets;
		t->bucket_count = FIRST_BUCKETS;
		t->queue_end = &t->queue;
		if (__atomic_compare_exchange_n(&h->specials, &expected, t, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return t;
	}
	mem_free(&h->vm->mem, buckets, FIRST_BUCKETS * sizeof(*buckets));
	mem_free(&h->vm->mem, t, sizeof(*t));
	return expected; /* another worker's table, or NULL */
}

static Special **bucket_of(SpecialTable *t, const void *object) {
	uint64_t hash = (uint64_t)(uintptr_t)object * 0x9e3779b97f4a7c15ull;
	return &t->buckets[(hash >> 32) & (t->bucket_count - 1)];
}

static void grow_locked(Heap *h, SpecialTable *t) {
	uint32_t old_count = t->bucket_count;
	Special **old = t->buckets, **buckets = mem_zalloc(&h->vm->mem, 2 * (size_t)old_count * sizeof(*buckets));
	if (buckets == NULL)
		return; /* longer chains, nothing worse */
	t->buckets = buckets;
	t->bucket_count = 2 * old_count;
	for (uint32_t i = 0; i < old_count; i++)
		for (Special *s = old[i], *next; s != NULL; s = next) {
			next = s->next;
			Special **bucket = bucket_of(t, s->object);
			s->next = *bucket;
			*bucket = s;
		}
	mem_free(&h->vm->mem, old, old_count * sizeof(*old));
}

static Special *add_locked(Heap *h, SpecialTable *t, Special init) {
	Special *s = mem_alloc(&h->vm->mem, sizeof(*s));
	if (s == NULL)
		return NULL;
	if (t->count >= t->bucket_count)
		grow_locked(h, t);
	Special **bucket = bucket_of(t, init.object);
	*s = init;
	s->next = *bucket;
	*bucket = s;
	t->count++;
	return s;
}

static void free_special(Heap *h, Special *s) {
	mem_free(&h->vm->mem, s, sizeof(*s));
}

/* Where the special of this mode hangs, or NULL. */
static Special **find_locked(SpecialTable *t, const void *object, SpecialMode mode) {
	for (Special **at = bucket_of(t, object); *at != NULL; at = &(*at)->next)
		if ((*at)->object == object && (*at)->mode == mode)
			return at;
	return NULL;
}

static void remove_locked(Heap *h, SpecialTable *t, Special **at) {
	Special *s = *at;
	*at = s->next;
	t->count--;
	free_special(h, s);
}

void specials_free(Heap *h) {
	SpecialTable *t = h->specials;
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->bucket_count; i++)
		while (t->buckets[i] != NULL)
			remove_locked(h, t, &t->buckets[i]);
	for (Special *s = t->queue, *next; s != NULL; s = next) {
		next = s->next;
		free_special(h, s);
	}
	mem_free(&h->vm->mem, t->buckets, t->bucket_count * sizeof(*t->buckets));
	mem_free(&h->vm->mem, t, sizeof(*t));
	h->specials = NULL;
}

/* ---- what the library calls ---- */

bool heap_set_finalizer(Goroutine *g, void *object, const Closure *fn, const TypeDesc *arg_type) {
	Heap *h = g->vm->heap;
	SpecialTable *t = specials_get(h);
	if (t == NULL)
		return false;
	lock_acquire(&t->lock);
	Special **at = find_locked(t, object, SPECIAL_FINALIZER);
	bool ok = true;
	if (fn == NULL && at != NULL) {
		remove_locked(h, t, at);
	} else if (fn != NULL && at != NULL) {
		(*at)->fn = fn;
		(*at)->arg_type = arg_type;
	} else if (fn != NULL) {
		ok = add_locked(
			h, t, (Special){.object = object, .mode = SPECIAL_FINALIZER, .fn = fn, .arg_type = arg_type});
	}
	lock_release(&t->lock);
	return ok;
}

uint64_t heap_add_cleanup(Goroutine *g, void *object, const Closure *fn) {
	Heap *h = g->vm->heap;
	SpecialTable *t = specials_get(h);
	if (t == NULL)
		return 0;
	lock_acquire(&t->lock);
	uint64_t id = ++t->next_id;
	if (add_locked(h, t, (Special){.object = object, .mode = SPECIAL_CLEANUP, .id = id, .fn = fn}) == NULL)
		id = 0;
	lock_release(&t->lock);
	return id;
}

void heap_stop_cleanup(VM *vm, const void *object, uint64_t id) {
	SpecialTable *t = __atomic_load_n(&vm->heap->specials, __ATOMIC_ACQUIRE);
	if (t == NULL || id == 0)
		return;
	lock_acquire(&t->lock);
	Special **at = bucket_of(t, object);
	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	if (*at != NULL)
		remove_locked(vm->heap, t, at);
	lock_release(&t->lock);
}

void weak_trace(Marker *m, void *object) {
	(void)m;
	(void)object;
}

static WeakHandle *find_weak_locked(SpecialTable *t, const void *object, const TypeDesc *type) {
	for (const Special *s = *bucket_of(t, object); s != NULL; s = s->next)
		if (s->object == object && s->mode == SPECIAL_WEAK && s->arg_type == type)
			return s->handle;
	return NULL;
}

void *heap_weak_handle(Goroutine *g, void *object, const TypeDesc *type) {
	Heap *h = g->vm->heap;
	SpecialTable *t = specials_get(h);
	WeakHandle *fresh = t == NULL ? NULL : heap_new_kind(g, HEAP_WEAK, sizeof(*fresh)); /* before the lock: it may take others */
	if (fresh == NULL)
		return NULL;
	*fresh = (WeakHandle){(uint64_t)(uintptr_t)object, type};
	lock_acquire(&t->lock);
	WeakHandle *known = find_weak_locked(t, object, type);
	if (known != NULL)
		fresh = known;
	else if (add_locked(h, t, (Special){.object = object, .mode = SPECIAL_WEAK, .arg_type = type, .handle = fresh}) == NULL)
		fresh = NULL;
	lock_release(&t->lock);
	return fresh;
}

void *heap_weak_get(const void *handle) { return (void *)(uintptr_t)load_word(&((const WeakHandle *)handle)->object); }

const TypeDesc *heap_weak_type(const void *handle) { return ((const WeakHandle *)handle)->type; }

/* ---- what the collector calls, world stopped ---- */

static bool in_heap(const Heap *h, const void *p) {
	return heap_offset(h, p) < heap_used_bytes(h);
}

void specials_mark_roots(Marker *m, Heap *h) {
	SpecialTable *t = h->specials;
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->bucket_count && (i % LOOK_EVERY != 0 || !marker_abandons(m)); i++)
		for (const Special *s = t->buckets[i]; s != NULL; s = s->next) {
			gc_mark_pointer(m, s->fn);
			if (s->mode == SPECIAL_FINALIZER && in_heap(h, s->object))
				marker_scan_object(m, s->object);
		}
	for (const Special *s = t->queue; s != NULL; s = s->next) {
		gc_mark_pointer(m, s->fn);
		if (s->mode == SPECIAL_FINALIZER)
			gc_mark_pointer(m, s->object);
	}
}

static bool is_dead(const Marker *m, const Heap *h, const void *p) {
	return in_heap(h, p) && !marker_is_marked(m, p);
}

/* Takes *at out of the table when it or its object died. True: something was taken, *at is another one. Finalizers come last:
 * the object lives once more, and its cleanups wait for its second death. */
static bool bury(Marker *m, Heap *h, SpecialTable *t, Special **at, bool finalizers) {
	Special *s = *at;
	if ((s->mode == SPECIAL_FINALIZER) != finalizers)
		return false;
	if (s->mode == SPECIAL_WEAK && is_dead(m, h, s->handle)) {
		remove_locked(h, t, at);
		return true;
	}
	if (!is_dead(m, h, s->object))
		return false;
	if (s->mode == SPECIAL_WEAK) {
		store_word(&s->handle->object, 0);
		remove_locked(h, t, at);
		return true;
	}
	if (s->mode == SPECIAL_CLEANUP && find_locked(t, s->object, SPECIAL_FINALIZER) != NULL)
		return false;
	*at = s->next;
	t->count--;
	s->next = NULL;
	*t->queue_end = s;
	t->queue_end = &s->next;
	return true;
}

bool specials_find_dead(Marker *m, Heap *h) {
	SpecialTable *t = h->specials;
	if (t == NULL)
		return false;
	Special **fresh = t->queue_end;
	for (uint32_t i = 0; i < t->bucket_count && (i % LOOK_EVERY != 0 || !marker_abandons(m)); i++)
		for (int finalizers = 0; finalizers <= 1; finalizers++)
			for (Special **at = &t->buckets[i]; *at != NULL;) /* all of one object are in one bucket */
				if (!bury(m, h, t, at, finalizers))
					at = &(*at)->next;
	/* Only now: a handle of an object about to be finalized must be cleared, wherever it stands in the table. */
	for (const Special *s = *fresh; s != NULL; s = s->next)
		if (s->mode == SPECIAL_FINALIZER)
			gc_mark_pointer(m, s->object);
	return *fresh != NULL;
}

/* ---- the calls ---- */

/* A goroutine for one call. False: it could not be made. */
static bool start_call(Worker *w, const Special *s) {
	const Function *fn = s->fn->fn;
	Slot few[CALL_SLOTS] __attribute__((aligned(16))) = {0};
	size_t bytes = fn->arg_slots * sizeof(Slot);
	Slot *args = fn->arg_slots > CALL_SLOTS ? mem_zalloc(&w->vm->mem, bytes) : few; /* results nobody wants */
	if (args == NULL)
		return false;
	if (s->mode == SPECIAL_FINALIZER && fn->type->param_count == 1) {
		Slot *arg = &args[fn->param_start - FRAME_HEADER_SLOTS];
		if (fn->type->params[0]->kind == KIND_INTERFACE)
			*(GoIface *)arg = (GoIface){s->arg_type, {.p = (void *)s->object}};
		else
			arg->p = (void *)s->object;
	}
	Goroutine *g = goroutine_new(w, NULL, s->fn, args, fn->arg_slots);
	if (args != few)
		mem_free(&w->vm->mem, args, bytes);
	if (g == NULL)
		return false;
	sched_ready(w->vm, w, g, false);
	return true;
}

void specials_run(Worker *w) {
	Heap *h = w->vm->heap;
	SpecialTable *t = h->specials;
	uint32_t calls = 0;
	if (t == NULL)
		return;
	for (;;) {
		lock_acquire(&t->lock);
		Special *s = t->queue;
		bool started =
			s != NULL && start_call(w, s); /* under the lock: until then the queue keeps its object alive */
		if (started) {
			t->queue = s->next;
			if (t->queue == NULL)
				t->queue_end = &t->queue;
		}
		lock_release(&t->lock);
		if (!started)
			return; /* done, or no room for a goroutine: after the next cycle */
		free_special(h, s);
		if (UNLIKELY(sched_is_ending(w->vm, ++calls % LOOK_EVERY == 0)))
			return;
	}
}
