/* SPDX-License-Identifier: MIT */
/* inspect.c: what goroutines and channels are doing at one moment, and who could wake whom.
 *
 * Owns: nothing; an Inspection belongs to its caller.
 * Rules: the world is stopped while a picture is taken. A goroutine is stuck for ever when nothing that can still run leads
 *   to what it waits on: from what can run (goroutines that run or are ready, sleep, or wait for the system or the host;
 *   timers; the host; globals) everything reachable is found, a goroutine found wakeable adds what it can reach itself,
 *   until nothing changes. Stale slots of frames may hide a leak; they never make one up.
 * Why: the same idea finds leaks in Go programs at low cost: G. Saioc et al., "Dynamic Partial Deadlock Detection and
 *   Recovery via Garbage Collection", ASPLOS 2025. Who could wake a goroutine takes a search from every other one; these
 *   end when they have looked at SEARCH_MAX objects.
 * See: reach.c, api/inspect.c, docs/scheduler.md */
#include "runtime/inspect.h"

#include <stdlib.h>

#include "runtime/chan.h"
#include "runtime/reach.h"
#include "runtime/sched_internal.h"

enum {
	SEARCH_MAX = 8 << 20, /* objects, of all searches for wakers: some tenths of a second */
	TESTS_PER_VISIT = 4,  /* asking whether a target was found is cheaper than looking at an object */
};

/* ---- the list ---- */

typedef struct Collecting {
	Inspection *in;
	bool (*counts)(const Goroutine *g);
	uint32_t cap;
} Collecting;

static void collect(Goroutine *g, void *user) {
	Collecting *c = user;
	Inspection *in = c->in;
	if (g->is_system || (c->counts != NULL && !c->counts(g)))
		return;
	if (in->count == c->cap) {
		uint32_t cap = c->cap != 0 ? c->cap * 2 : 64;
		InspectGoroutine *items = ARENA_ARRAY(&in->arena, InspectGoroutine, cap);
		if (in->count != 0)
			memcpy(items, in->items, in->count * sizeof(*items));
		in->items = items;
		c->cap = cap;
	}
	in->items[in->count++].g = g;
}

static int by_id(const void *a, const void *b) {
	uint64_t x = ((const InspectGoroutine *)a)->g->id, y = ((const InspectGoroutine *)b)->g->id;
	return (x > y) - (x < y);
}

static bool waits_on_channel(const Goroutine *g) {
	return g->wait_reason >= WAIT_CHAN_RECEIVE && g->wait_reason <= WAIT_SELECT_NO_CASES;
}

static bool waits_on_object(const Goroutine *g) {
	return g->wait_reason >= WAIT_SYNC_MUTEX && g->wait_reason <= WAIT_COROUTINE;
}

static InspectWait wait_of(const Sudog *s) {
	const Chan *c = s->target;
	return (InspectWait){
		.target = c, .is_chan = true, .is_send = s->is_send, .closed = c->closed, .elem = c->elem,
		.len = c->count, .cap = c->cap, .index = s->case_index};
}

static int by_index(const void *a, const void *b) {
	uint32_t x = ((const InspectWait *)a)->index, y = ((const InspectWait *)b)->index;
	return (x > y) - (x < y);
}

static void list_waits(Inspection *in, InspectGoroutine *item) {
	const Goroutine *g = item->g;
	uint32_t n = 0;
	if (g->status != G_WAITING)
		return;
	item->waits_on_goroutines = waits_on_channel(g) || waits_on_object(g);
	for (const Sudog *s = g->select_sudogs; s != NULL; s = s->link)
		n++;
	item->wait_count = !item->waits_on_goroutines || g->wait_reason == WAIT_SELECT_NO_CASES ? 0 : n != 0 ? n : 1;
	if (item->wait_count == 0)
		return;
	InspectWait *waits = item->waits = ARENA_ARRAY(&in->arena, InspectWait, item->wait_count);
	if (waits_on_object(g)) {
		waits[0] = (InspectWait){.target = g->sudog.target};
	} else if (g->wait_reason == WAIT_CHAN_RECEIVE_NIL || g->wait_reason == WAIT_CHAN_SEND_NIL) {
		waits[0] = (InspectWait){.is_chan = true, .is_send = g->wait_reason == WAIT_CHAN_SEND_NIL};
	} else if (g->wait_reason != WAIT_SELECT || g->select_sudogs == NULL) {
		waits[0] = wait_of(&g->sudog);
	} else {
		for (const Sudog *s = g->select_sudogs; s != NULL; s = s->link)
			*waits++ = wait_of(s);
		qsort(item->waits, item->wait_count, sizeof(*waits), by_index);
	}
}

/* ---- who is stuck ---- */

static bool in_globals(const VM *vm, const void *p) {
	return (uintptr_t)p - (uintptr_t)vm->globals < vm->globals_len && vm->globals != NULL;
}

/* Whether what was found lets anybody wake it. */
static bool is_wakeable(const VM *vm, const Reach *r, const InspectGoroutine *item, bool globals) {
	for (uint32_t i = 0; i < item->wait_count; i++) {
		const void *target = item->waits[i].target;
		if (target != NULL && (reach_found(r, target) || (globals && in_globals(vm, target))))
			return true;
	}
	return false;
}

/* One round over those that were not found wakeable yet, forwards or backwards. */
static bool find_wakeable(VM *vm, Reach *r, Inspection *in, bool globals, bool backwards) {
	bool changed = false;
	for (uint32_t k = 0; k < in->count; k++) {
		InspectGoroutine *item = &in->items[backwards ? in->count - 1 - k : k];
		if (!item->leaked || !is_wakeable(vm, r, item, globals))
			continue;
		item->leaked = false;
		reach_goroutine(r, item->g);
		changed = true;
	}
	return changed;
}

static void find_leaked(VM *vm, Reach *r, Inspection *in, bool ended) {
	bool any = !ended || vm->timers_pending != 0;
	reach_begin(r);
	for (uint32_t i = 0; i < in->count; i++) {
		InspectGoroutine *item = &in->items[i];
		item->leaked = item->waits_on_goroutines;
		if (item->leaked)
			continue;
		any = true;
		reach_goroutine(r, item->g);
	}
	if (any) {
		reach_globals(r);
		reach_host(r);
		reach_timers(r);
		reach_finalizers(r);
	}
	for (bool backwards = false; find_wakeable(vm, r, in, any, backwards); backwards = !backwards)
		;
	for (uint32_t i = 0; r->failed && i < in->count; i++)
		in->items[i].leaked = false; /* not known */
}

/* ---- who could wake whom ---- */

static void note_others(VM *vm, const Reach *r, Inspection *in, uint32_t flag) {
	for (uint32_t i = 0; i < in->count; i++) {
		InspectGoroutine *item = &in->items[i];
		if (item->waits_on_goroutines && is_wakeable(vm, r, item, flag == WAKER_GLOBAL))
			item->others |= flag;
	}
}

static uint32_t own_waker(const Goroutine *g) {
	switch ((WaitReason)g->wait_reason) {
	case WAIT_SLEEP: return WAKER_TIMER;
	case WAIT_IO: case WAIT_SYSCALL: return WAKER_SYSTEM;
	case WAIT_HOST: case WAIT_SIGNAL: return WAKER_HOST;
	default: return 0;
	}
}

static void find_others(VM *vm, Reach *r, Inspection *in) {
	static const struct {
		uint32_t flag;
		void (*reach)(Reach *r);
	} kinds[] = {{WAKER_TIMER, reach_timers}, {WAKER_HOST, reach_host}, {WAKER_GLOBAL, reach_globals}};
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		reach_begin(r);
		kinds[i].reach(r);
		note_others(vm, r, in, kinds[i].flag);
	}
	for (uint32_t i = 0; i < in->count; i++)
		if (in->items[i].g->status == G_WAITING)
			in->items[i].others |= own_waker(in->items[i].g);
}

/* It waits for nothing but what `item` waits for as well: it has to be woken itself before it could. */
static bool is_in_same_place(const InspectGoroutine *from, const InspectGoroutine *item) {
	for (uint32_t i = 0; i < from->wait_count; i++) {
		bool shared = false;
		for (uint32_t k = 0; k < item->wait_count; k++)
			shared = shared || (from->waits[i].target == item->waits[k].target && from->waits[i].is_send == item->waits[k].is_send);
		if (!shared)
			return false;
	}
	return from->wait_count != 0;
}

static void add_waker(Inspection *in, InspectGoroutine *item, const Goroutine *waker) {
	if (item->wakers == NULL)
		item->wakers = ARENA_ARRAY(&in->arena, uint64_t, MAX_WAKERS);
	if (item->waker_count == MAX_WAKERS)
		item->elided = true;
	else
		item->wakers[item->waker_count++] = waker->id;
}

static void elide_all(Inspection *in) {
	for (uint32_t i = 0; i < in->count; i++)
		in->items[i].elided = in->items[i].waits_on_goroutines;
}

/* leaked: also among those that are stuck. Those that can run come first, so that they are listed when not all can be. */
static void find_wakers(VM *vm, Reach *r, Inspection *in, bool runnable, bool leaked) {
	for (uint32_t k = 0; k < in->count; k++) {
		const InspectGoroutine *from = &in->items[k];
		if ((from->leaked && !leaked) || (from->g->status != G_WAITING) != runnable)
			continue;
		if (r->visits >= SEARCH_MAX) {
			elide_all(in);
			return;
		}
		reach_begin(r);
		reach_goroutine(r, from->g);
		r->visits += in->count / TESTS_PER_VISIT;
		for (uint32_t i = 0; i < in->count; i++) {
			InspectGoroutine *item = &in->items[i];
			if (i != k && item->waits_on_goroutines && (!item->leaked || leaked) &&
			    is_wakeable(vm, r, item, false) && !is_in_same_place(from, item))
				add_waker(in, item, from->g);
		}
	}
}

static bool analyse(VM *vm, Inspection *in, bool ended) {
	Reach r;
	if (!reach_init(&r, vm))
		return false;
	find_leaked(vm, &r, in, ended);
	find_others(vm, &r, in);
	find_wakers(vm, &r, in, true, ended);
	find_wakers(vm, &r, in, false, ended);
	reach_deinit(&r);
	return true;
}

bool inspect_goroutines(VM *vm, bool (*counts)(const Goroutine *g), bool wakers, bool ended, Inspection *out) {
	*out = (Inspection){0};
	arena_init(&out->arena, &vm->mem);
	Collecting c = {.in = out, .counts = counts};
	sched_each_goroutine(vm, collect, &c);
	if (out->count != 0)
		qsort(out->items, out->count, sizeof(*out->items), by_id);
	for (uint32_t i = 0; i < out->count; i++)
		list_waits(out, &out->items[i]);
	if (wakers && !out->arena.failed && !analyse(vm, out, ended))
		return false;
	return !out->arena.failed;
}

void inspection_free(Inspection *in) {
	arena_deinit(&in->arena);
	*in = (Inspection){0};
}

/* ---- since when ---- */

static void date(Goroutine *g, void *user) {
	g->wait_since_ns = *(const int64_t *)user;
}

void inspect_watch(VM *vm) {
	int64_t now = clock_monotonic_ns();
	if (vm->watch & WATCH_WAITS)
		return;
	vm->watch |= WATCH_WAITS;
	stop_update_multi(vm);
	sched_each_goroutine(vm, date, &now);
}

/* ---- channels ---- */

const Slot *chan_queued(const Chan *c, uint32_t index) {
	uint32_t at = c->head + index;
	return index < c->count ? chan_at((Chan *)c, at < c->cap ? at : at - c->cap) : NULL;
}

uint32_t chan_waiters(const Chan *c, bool senders, ChanWaiter *out, uint32_t max) {
	const SudogQueue *q = senders ? &c->senders : &c->receivers;
	uint32_t n = 0;
	for (const Sudog *s = q->first; s != NULL; s = s->next, n++) {
		if (n >= max)
			continue;
		bool has_value = senders && s->elem != NO_ELEM;
		out[n] = (ChanWaiter){s->g, has_value ? s->g->stack + s->elem : NULL, s->is_select};
	}
	return n;
}

bool chan_is_closed(const Chan *c) {
	return c->closed;
}
