/* SPDX-License-Identifier: MIT */
/* select.c: waiting on many channels at once.
 *
 * Owns: the workers' caches of sudogs and of order arrays.
 * Rules: cases are tried in random order. Before a goroutine parks, all its channels are locked together, in address
 * order, and none is ready; it is then in the queues of all. Whoever takes one of its sudogs out (holding that
 * channel's lock) must win select_ticket to wake it. The goroutine itself takes the other sudogs out when it runs
 * again.
 * Why: before locking everything, channels that look ready are tried one by one: choosing any ready case is right,
 * and it costs one lock instead of n. Only `default` needs the moment at which nothing is ready, and so all locks.
 * See: chan.c, tests/unit/test_chan.c */
#include "runtime/chan.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

enum { SMALL_SELECT = 8 };

/* Order arrays of a select with more cases; kept by the worker. */
typedef struct SelectScratch {
	uint32_t cap;
	Chan *locks[];  /* cap of them; then cap uint16_t: poll */
} SelectScratch;

/* A select under way. Once the goroutine is in a queue and that channel unlocked, it may run elsewhere: from then on
 * only locks, which is not in its frame, may be read. */
typedef struct Select {
	Goroutine *g;
	VM *vm;
	Worker *w;
	const SelectCase *cases;
	Slot *fp;
	uint32_t n;      /* cases with a channel that is not nil */
	uint32_t lock_count;
	uint16_t *poll;  /* their indices in random order */
	Chan **locks;    /* their channels in order of address, each once */
} Select;

static inline Chan *case_chan(const Select *sel, uint32_t i) {
	return sel->fp[sel->cases[i].chan].p;
}

static inline Slot *slot_or_null(Slot *fp, uint16_t slot) {
	return slot != NO_SLOT ? fp + slot : NULL;
}

/* ---- worker's caches ---- */

static Sudog *sudog_new(Worker *w) {
	Sudog *s = w->free_sudogs;
	if (s == NULL)
		return mem_alloc(&w->vm->mem, sizeof(Sudog));
	w->free_sudogs = s->link;
	return s;
}

static size_t scratch_bytes(uint32_t cap) {
	return sizeof(SelectScratch) + (sizeof(Chan *) + sizeof(uint16_t)) * cap;
}

static bool scratch_get(Worker *w, uint32_t n, Select *sel) {
	SelectScratch *scratch = w->select_scratch;
	if (scratch == NULL || scratch->cap < n) {
		SelectScratch *bigger = mem_alloc(&w->vm->mem, scratch_bytes(n));
		if (bigger == NULL)
			return false;
		if (scratch != NULL)
			mem_free(&w->vm->mem, scratch, scratch_bytes(scratch->cap));
		w->select_scratch = scratch = bigger;
		scratch->cap = n;
	}
	sel->locks = scratch->locks;
	sel->poll = (uint16_t *)(scratch->locks + scratch->cap);
	return true;
}

void select_worker_deinit(Worker *w) {
	for (Sudog *s = w->free_sudogs, *next; s != NULL; s = next) {
		next = s->link;
		mem_free(&w->vm->mem, s, sizeof(Sudog));
	}
	w->free_sudogs = NULL;
	if (w->select_scratch != NULL)
		mem_free(&w->vm->mem, w->select_scratch, scratch_bytes(w->select_scratch->cap));
	w->select_scratch = NULL;
}

/* ---- one case ---- */

/* Tries case i on its locked channel. */
static PanicCode try_case(const Select *sel, uint32_t i, bool *done, Goroutine **woken) {
	const SelectCase *k = &sel->cases[i];
	Chan *c = case_chan(sel, i);
	*done = false;
	if (k->send) {
		if (c->closed)
			return PANIC_SEND_CLOSED_CHAN;
		const Slot *value = slot_or_null(sel->fp, k->value);
		*done = UNLIKELY(sel->vm->watch != 0) ? chan_send_told(sel->vm, sel->g, c, value, woken)
		                                      : chan_send_locked(c, value, woken);
		return PANIC_NONE;
	}
	bool ok;
	Slot *to = slot_or_null(sel->fp, k->value);
	*done = UNLIKELY(sel->vm->watch != 0) ? chan_recv_told(sel->vm, sel->g, c, to, &ok, woken)
	                                      : chan_recv_locked(c, to, &ok, woken);
	if (*done && k->ok != NO_SLOT)
		sel->fp[k->ok].u = ok;
	return PANIC_NONE;
}

static inline bool case_would_wait(const Select *sel, uint32_t i) {
	const Chan *c = case_chan(sel, i);
	return sel->cases[i].send ? chan_send_would_wait(c) : chan_recv_would_wait(c);
}

/* Locks, tries, unlocks, wakes. */
static PanicCode try_case_alone(const Select *sel, uint32_t i, bool *done) {
	Chan *c = case_chan(sel, i);
	Goroutine *woken = NULL;
	chan_lock(sel->vm, c);
	PanicCode code = try_case(sel, i, done, &woken);
	chan_unlock(sel->vm, c);
	if (woken != NULL)
		sched_ready_next(sel->w, woken);
	return code;
}

static void fill_sudog(const Select *sel, Sudog *s, uint32_t i) {
	const SelectCase *k = &sel->cases[i];
	uint32_t base = goroutine_offset(sel->g, sel->fp);
	Chan *c = case_chan(sel, i);
	s->g = sel->g;
	s->target = c;
	s->elem = k->value != NO_SLOT && c->slots != 0 ? base + k->value : NO_ELEM;
	s->ok = !k->send && k->ok != NO_SLOT ? base + k->ok : NO_ELEM;
	s->ticket = __atomic_load_n(&sel->g->select_ticket, __ATOMIC_RELAXED);
	s->case_index = (uint16_t)i;
	s->is_select = true;
	s->success = false;
	s->is_send = k->send;
}

/* ---- all cases ---- */

/* Cases with nil channels are left out. */
static void make_poll_order(Select *sel, uint32_t n) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (case_chan(sel, i) == NULL)
			continue;
		uint32_t at = random_next(sel->w, count + 1);
		sel->poll[count++] = sel->poll[at];
		sel->poll[at] = (uint16_t)i;
	}
	sel->n = count;
}

/* Shell sort: next to nothing for few cases, bearable for thousands. */
static void make_lock_order(Select *sel) {
	Chan **locks = sel->locks;
	for (uint32_t i = 0; i < sel->n; i++)
		locks[i] = case_chan(sel, sel->poll[i]);
	uint32_t gap = 1;
	while (gap < sel->n / 3)
		gap = gap * 3 + 1;
	for (; gap != 0; gap /= 3) {
		for (uint32_t i = gap; i < sel->n; i++) {
			Chan *moving = locks[i];
			uint32_t at = i;
			for (; at >= gap && locks[at - gap] > moving; at -= gap)
				locks[at] = locks[at - gap];
			locks[at] = moving;
		}
	}
	sel->lock_count = 0;
	for (uint32_t i = 0; i < sel->n; i++)
		if (i == 0 || locks[i] != locks[sel->lock_count - 1])
			locks[sel->lock_count++] = locks[i];
}

static void lock_all(const Select *sel) {
	for (uint32_t i = 0; i < sel->lock_count; i++)
		chan_acquire(sel->locks[i]);
}

static void unlock_all(const Select *sel) {
	for (uint32_t i = 0; i < sel->lock_count; i++)
		chan_release(sel->locks[i]);
}

/* In random order. *chosen stays -1 when no case is ready. */
static PanicCode try_all_locked(const Select *sel, int64_t *chosen, Goroutine **woken) {
	for (uint32_t k = 0; k < sel->n; k++) {
		bool done;
		PanicCode code = try_case(sel, sel->poll[k], &done, woken);
		if (done || code != PANIC_NONE) {
			*chosen = sel->poll[k];
			return code;
		}
	}
	return PANIC_NONE;
}

static PanicCode try_likely(const Select *sel, int64_t *chosen) {
	for (uint32_t k = 0; k < sel->n; k++) {
		uint32_t i = sel->poll[k];
		if (case_would_wait(sel, i))
			continue;
		bool done;
		PanicCode code = try_case_alone(sel, i, &done);
		if (done || code != PANIC_NONE) {
			*chosen = i;
			return code;
		}
	}
	return PANIC_NONE;
}

/* The sudogs are taken before the locks: no allocation under them. False: no memory. */
static bool sudogs_new(Worker *w, uint32_t n, Sudog **list) {
	*list = NULL;
	while (n-- > 0) {
		Sudog *s = sudog_new(w);
		if (s == NULL)
			return false;
		s->link = *list;
		*list = s;
	}
	return true;
}

static void sudogs_free(Worker *w, Sudog *list) {
	for (Sudog *s = list, *next; s != NULL; s = next) {
		next = s->link;
		sudog_free(w, s);
	}
}

/* Puts the goroutine into the queues of all its channels. */
static void enqueue_all_locked(const Select *sel, Sudog *list) {
	sel->g->select_sudogs = list;
	for (uint32_t k = 0; k < sel->n; k++, list = list->link) {
		uint32_t i = sel->poll[k];
		Chan *c = case_chan(sel, i);
		fill_sudog(sel, list, i);
		queue_push(sel->cases[i].send ? &c->senders : &c->receivers, list);
	}
	sched_will_park(sel->g, WAIT_SELECT);
}

/* Looks once more with everything locked; parks when nothing is ready. */
static PanicCode select_locked(Select *sel, Sudog *list, bool has_default, int64_t *chosen) {
	Worker *w = sel->w;
	Goroutine *woken = NULL;
	make_lock_order(sel);
	lock_all(sel);
	PanicCode code = try_all_locked(sel, chosen, &woken);
	bool parks = code == PANIC_NONE && *chosen < 0 && !has_default;
	if (parks)
		enqueue_all_locked(sel, list);
	unlock_all(sel);
	if (parks)
		return PANIC_PARKED;
	sudogs_free(w, list);
	if (woken != NULL)
		sched_ready_next(w, woken);
	return code;
}

static PanicCode select_many(Select *sel, bool has_default, int64_t *chosen) {
	bool multi = sel->vm->multi;
	if (!multi || !has_default) {
		PanicCode code = try_likely(sel, chosen);
		if (code != PANIC_NONE || *chosen >= 0)
			return code;
	}
	if (has_default && (!multi || sel->n == 0))
		return PANIC_NONE;
	Sudog *list = NULL;
	if (!has_default && !sudogs_new(sel->w, sel->n, &list)) {
		sudogs_free(sel->w, list);
		return FATAL_OUT_OF_MEMORY;
	}
	if (multi)
		return select_locked(sel, list, has_default, chosen);
	enqueue_all_locked(sel, list); /* nothing has changed since try_likely */
	return PANIC_PARKED;
}

/* One case needs no orders, and no lock to see that its default is due. It parks like a plain operation. */
static PanicCode select_one(Select *sel, bool has_default, int64_t *chosen) {
	const SelectCase *k = &sel->cases[0];
	Chan *c = case_chan(sel, 0);
	if (c == NULL) {
		if (has_default)
			return PANIC_NONE;
		sched_will_park(sel->g, k->send ? WAIT_CHAN_SEND_NIL : WAIT_CHAN_RECEIVE_NIL);
		return PANIC_PARKED;
	}
	if (has_default && case_would_wait(sel, 0))
		return PANIC_NONE;
	VM *vm = sel->vm;
	Worker *w = sel->w;
	Goroutine *woken = NULL;
	bool done;
	chan_lock(vm, c);
	PanicCode code = try_case(sel, 0, &done, &woken);
	if (done)
		*chosen = 0;
	if (!done && code == PANIC_NONE && !has_default) {
		sel->g->select_sudogs = NULL;
		fill_sudog(sel, &sel->g->sudog, 0);
		sel->g->sudog.is_select = false; /* nobody else can be faster */
		queue_push(k->send ? &c->senders : &c->receivers, &sel->g->sudog);
		sched_will_park(sel->g, WAIT_SELECT);
		code = PANIC_PARKED;
	}
	chan_unlock(vm, c);
	if (woken != NULL)
		sched_ready_next(w, woken);
	return code;
}

static PanicCode select_any(Goroutine *g, const SelectCase *cases, uint32_t n, bool has_default, Slot *fp,
                            int64_t *chosen) {
	uint16_t poll[SMALL_SELECT];
	Chan *locks[SMALL_SELECT];
	Select sel = {.g = g, .vm = g->vm, .w = g->worker, .cases = cases, .fp = fp, .poll = poll, .locks = locks};
	*chosen = -1;
	if (n == 1)
		return select_one(&sel, has_default, chosen);
	if (n == 0) {
		if (has_default)
			return PANIC_NONE;
		sched_will_park(g, WAIT_SELECT_NO_CASES);
		return PANIC_PARKED;
	}
	if (n > SMALL_SELECT && !scratch_get(sel.w, n, &sel))
		return FATAL_OUT_OF_MEMORY;
	g->sudog.target = NULL; /* tells chan_forget that the place is not in use */
	make_poll_order(&sel, n);
	return select_many(&sel, has_default, chosen);
}

static COLD PanicCode select_watched(Goroutine *g, const SelectCase *cases, uint32_t n, bool has_default, Slot *fp,
                                     int64_t *chosen) {
	for (uint32_t i = 0; i < n; i++) {
		const Chan *c = fp[cases[i].chan].p;
		if (c != NULL && chan_is_foreign(c, g))
			return FATAL_BUBBLE_SELECT;
	}
	PanicCode code = select_any(g, cases, n, has_default, fp, chosen);
	if (code == PANIC_NONE && watch_on(g->vm))
		watch_selected(g, *chosen);
	return code;
}

PanicCode select_or_park(Goroutine *g, const SelectCase *cases, uint32_t n, bool has_default, Slot *fp,
                         int64_t *chosen) {
	if (UNLIKELY(g->vm->watch != 0))
		return select_watched(g, cases, n, has_default, fp, chosen);
	return select_any(g, cases, n, has_default, fp, chosen);
}

bool select_leave(Goroutine *g) {
	Sudog *s = g->select_sudogs;
	if (s == NULL) { /* select_one */
		sudog_leave(&g->sudog);
		return true;
	}
	g->select_sudogs = NULL;
	for (Sudog *next; s != NULL; s = next) {
		next = s->link;
		if (s->g != NULL)
			sudog_leave(s);
		sudog_free(g->vm->workers[0], s);
	}
	return true;
}

PanicCode select_resume(Goroutine *g, const SelectCase *cases, uint32_t n, Slot *fp, int64_t *chosen) {
	(void)n;
	(void)fp;
	uint32_t index = g->wake_result & 0xffff;
	bool success = g->wake_result >> 16 & 1;
	Sudog *s = g->select_sudogs;
	if (s == NULL) { /* select_one */
		index = 0;
		success = g->sudog.success;
	}
	g->select_sudogs = NULL;
	for (Sudog *next; s != NULL; s = next) {
		next = s->link;
		Chan *c = s->target;
		chan_lock(g->vm, c);
		if (s->g != NULL)
			queue_remove(cases[s->case_index].send ? &c->senders : &c->receivers, s);
		chan_unlock(g->vm, c);
		sudog_free(g->worker, s);
	}
	*chosen = index;
	if (watch_on(g->vm))
		watch_selected(g, index);
	return cases[index].send && !success ? PANIC_SEND_CLOSED_CHAN : PANIC_NONE;
}
