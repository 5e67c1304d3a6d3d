/* SPDX-License-Identifier: MIT */
/* chan.c: channels: make, send, receive, close.
 *
 * Owns: Chan objects (Go heap, kind CHAN).
 * Rules: a sender that finds a receiver copies straight into the receiver's frame (stack + offset: the stack of a
 * parked goroutine does not move) and readies it as runnext; the buffer is used only while nobody waits to receive. A
 * sudog's fields are read before its goroutine is readied: afterwards it may be in use again.
 * Why: a lock per channel rather than lock-free queues: close, select and hand-off need several words changed at
 * once, and an uncontended lock costs 5 ns. With one worker it is skipped.
 * See: select.c, tests/unit/test_chan.c */
#include "runtime/chan.h"

#include "runtime/bubble.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

/* Go's bound: more than the address space holds is a panic, not out of memory. */
#define MAX_CHAN_BYTES ((uint64_t)1 << 47)

enum { CHAN_SPINS = 2000, CHAN_NAP_NS = 20000 };

void chan_acquire_slow(Chan *c) {
	Parker nap = {0};
	for (uint32_t spins = 0;; spins++) {
		if (spins < CHAN_SPINS)
			cpu_relax();
		else /* the system took the holder off its core */
			parker_park(&nap, CHAN_NAP_NS);
		if (__atomic_load_n(&c->lock, __ATOMIC_RELAXED) == 0 &&
		    __atomic_exchange_n(&c->lock, 1, __ATOMIC_ACQUIRE) == 0)
			return;
	}
}

/* ---- making ---- */

static CopyKind copy_kind(const TypeDesc *elem) {
	if (elem->slots == 0)
		return COPY_NONE;
	if (elem->align == 16)
		return elem->slots == 2 ? COPY_PAIR : COPY_PAIRS;
	return elem->slots == 1 ? COPY_WORD : COPY_WORDS;
}

PanicCode chan_new(Goroutine *g, const TypeDesc *type, int64_t size, Chan **out) {
	const TypeDesc *elem = type->elem;
	uint32_t slots = elem->align == 16 ? ALIGN_UP((uint32_t)elem->slots, 2) : elem->slots;
	if (size < 0 || size > MAX_SLICE_LEN || (slots != 0 && (uint64_t)size > MAX_CHAN_BYTES / sizeof(Slot) / slots))
		return PANIC_MAKE_CHAN_SIZE;
	Chan *c = heap_new_kind(g, HEAP_CHAN, sizeof(Chan) + (size_t)size * slots * sizeof(Slot));
	if (c == NULL)
		return FATAL_OUT_OF_MEMORY;
	c->copy = (uint8_t)copy_kind(elem);
	c->slots = (uint16_t)slots;
	c->cap = (uint32_t)size;
	c->elem = elem;
	if (UNLIKELY(g->vm->watch != 0))
		c->bubble = bubble_id(g->bubble);
	*out = c;
	return PANIC_NONE;
}

void chan_trace(Marker *m, void *object) {
	Chan *c = object;
	if (c->elem == NULL || !(c->elem->flags & DESC_POINTERS))
		return;
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t index = c->head + i;
		gc_mark_slots(m, c->elem, chan_at(c, index < c->cap ? index : index - c->cap));
	}
}

int64_t chan_len(const Chan *c) {
	return c != NULL && !c->of_timer ? __atomic_load_n(&c->count, __ATOMIC_RELAXED) : 0;
}

int64_t chan_cap(const Chan *c) {
	return c != NULL && !c->of_timer ? c->cap : 0;
}

void chan_set_of_timer(Chan *c) { c->of_timer = 1; }

const TypeDesc *chan_elem(const Chan *c) {
	return c->elem;
}

bool chan_is_foreign(const Chan *c, const Goroutine *g) {
	return c->bubble != 0 && c->bubble != bubble_id(g != NULL ? g->bubble : NULL);
}

static inline void set_count(Chan *c, uint32_t count) {
	__atomic_store_n(&c->count, count, __ATOMIC_RELAXED);
}

/* ---- sending ---- */

bool chan_send_locked(Chan *c, const Slot *value, Goroutine **woken) {
	Goroutine *g;
	Sudog *s = queue_take(&c->receivers, &g);
	if (s != NULL) {
		if (s->elem != NO_ELEM)
			chan_copy(c, g->stack + s->elem, value);
		sudog_finish(s, g, true);
		*woken = g;
		return true;
	}
	if (c->count == c->cap)
		return false;
	uint32_t index = c->head + c->count;
	chan_copy(c, chan_at(c, index < c->cap ? index : index - c->cap), value);
	set_count(c, c->count + 1);
	return true;
}

static void park_on(Goroutine *g, Chan *c, SudogQueue *q, WaitReason reason, uint32_t elem, uint32_t ok) {
	Sudog *s = &g->sudog;
	s->target = c;
	s->elem = elem;
	s->ok = ok;
	s->is_select = false;
	s->success = false;
	s->is_send = q == &c->senders;
	queue_push(q, s);
	sched_parks(g, reason);
}

bool chan_send_told(VM *vm, Goroutine *g, Chan *c, const Slot *value, Goroutine **woken) {
	if (!chan_send_locked(c, value, woken))
		return false;
	if (watch_on(vm))
		watch_sent(vm, g, c, value, *woken);
	if (*woken != NULL && (*woken)->bubble != NULL)
		bubble_wakes(*woken);
	return true;
}

/* chan_send_or_park with the lock held, while somebody watches. */
static COLD PanicCode send_watched(Goroutine *g, Chan *c, const Slot *value) {
	Goroutine *woken = NULL;
	Worker *w = g->worker;
	PanicCode code = PANIC_NONE;
	if (chan_is_foreign(c, g)) {
		code = FATAL_BUBBLE_SEND;
	} else if (c->closed) {
		code = PANIC_SEND_CLOSED_CHAN;
	} else if (!chan_send_told(g->vm, g, c, value, &woken)) {
		park_on(g, c, &c->senders, WAIT_CHAN_SEND, c->slots != 0 ? goroutine_offset(g, value) : NO_ELEM, NO_ELEM);
		watch_parked(g);
		code = PANIC_PARKED;
	}
	chan_release(c);
	if (woken != NULL)
		sched_ready_next(w, woken);
	return code;
}

PanicCode chan_send_or_park(Goroutine *g, Chan *c, const Slot *value) {
	VM *vm = g->vm;
	Worker *w = g->worker;
	if (UNLIKELY(c == NULL)) {
		sched_will_park(g, WAIT_CHAN_SEND_NIL);
		return PANIC_PARKED;
	}
	if (vm->multi) { /* whoever watches sees to it that it is set */
		chan_acquire(c);
		if (UNLIKELY(vm->watch != 0))
			return send_watched(g, c, value);
	}
	if (UNLIKELY(c->closed)) {
		chan_unlock(vm, c);
		return PANIC_SEND_CLOSED_CHAN;
	}
	Goroutine *woken = NULL;
	if (!chan_send_locked(c, value, &woken)) {
		park_on(g, c, &c->senders, WAIT_CHAN_SEND, c->slots != 0 ? goroutine_offset(g, value) : NO_ELEM, NO_ELEM);
		chan_unlock(vm, c);
		return PANIC_PARKED;
	}
	chan_unlock(vm, c);
	if (woken != NULL)
		sched_ready_next(w, woken);
	return PANIC_NONE;
}

PanicCode chan_send_resumed(Goroutine *g) {
	return g->sudog.success ? PANIC_NONE : PANIC_SEND_CLOSED_CHAN;
}

/* ---- receiving ---- */

/* The buffer is full and s waits to send: we get the oldest element, and its place goes to the value of s. */
static void take_and_refill(Chan *c, Slot *to, Sudog *s, Goroutine *g) {
	Slot *oldest = chan_at(c, c->head);
	if (to != NULL)
		chan_copy(c, to, oldest);
	if (s->elem != NO_ELEM)
		chan_copy(c, oldest, g->stack + s->elem);
	c->head = c->head + 1 == c->cap ? 0 : c->head + 1;
}

bool chan_recv_locked(Chan *c, Slot *to, bool *ok, Goroutine **woken) {
	*ok = true;
	if (c->count != 0) {
		Goroutine *g;
		Sudog *s = c->senders.first != NULL ? queue_take(&c->senders, &g) : NULL;
		if (s != NULL) {
			take_and_refill(c, to, s, g);
			sudog_finish(s, g, true);
			*woken = g;
			return true;
		}
		Slot *oldest = chan_at(c, c->head);
		if (to != NULL)
			chan_copy(c, to, oldest);
		chan_zero(c, oldest); /* nothing dead is kept alive */
		c->head = c->head + 1 == c->cap ? 0 : c->head + 1;
		set_count(c, c->count - 1);
		return true;
	}
	if (c->closed) {
		if (to != NULL)
			chan_zero(c, to);
		*ok = false;
		return true;
	}
	Goroutine *g;
	Sudog *s = queue_take(&c->senders, &g);
	if (s == NULL)
		return false;
	if (to != NULL && s->elem != NO_ELEM)
		chan_copy(c, to, g->stack + s->elem);
	sudog_finish(s, g, true);
	*woken = g;
	return true;
}

bool chan_recv_told(VM *vm, Goroutine *g, Chan *c, Slot *to, bool *ok, Goroutine **woken) {
	char value[EVENT_VALUE];
	if (watch_on(vm))
		watch_front(c, value);
	if (!chan_recv_locked(c, to, ok, woken))
		return false;
	if (watch_on(vm))
		watch_received(vm, g, c, value, *ok, *woken);
	if (*woken != NULL && (*woken)->bubble != NULL)
		bubble_wakes(*woken);
	return true;
}

/* chan_recv_or_park with the lock held, while somebody watches. */
static COLD PanicCode recv_watched(Goroutine *g, Chan *c, Slot *to, Slot *ok) {
	Goroutine *woken = NULL;
	bool received;
	if (chan_is_foreign(c, g)) {
		chan_release(c);
		return FATAL_BUBBLE_RECEIVE;
	}
	if (!chan_recv_told(g->vm, g, c, to, &received, &woken)) {
		park_on(g, c, &c->receivers, WAIT_CHAN_RECEIVE, to != NULL && c->slots != 0 ? goroutine_offset(g, to) : NO_ELEM,
		        ok != NULL ? goroutine_offset(g, ok) : NO_ELEM);
		watch_parked(g);
		chan_release(c);
		return PANIC_PARKED;
	}
	Worker *w = g->worker;
	chan_release(c);
	if (ok != NULL)
		ok->u = received;
	if (woken != NULL)
		sched_ready_next(w, woken);
	return PANIC_NONE;
}

PanicCode chan_recv_or_park(Goroutine *g, Chan *c, Slot *to, Slot *ok) {
	VM *vm = g->vm;
	Worker *w = g->worker;
	if (UNLIKELY(c == NULL)) {
		sched_will_park(g, WAIT_CHAN_RECEIVE_NIL);
		return PANIC_PARKED;
	}
	if (vm->multi) {
		chan_acquire(c);
		if (UNLIKELY(vm->watch != 0))
			return recv_watched(g, c, to, ok);
	}
	Goroutine *woken = NULL;
	bool received;
	if (!chan_recv_locked(c, to, &received, &woken)) {
		park_on(g, c, &c->receivers, WAIT_CHAN_RECEIVE,
		        to != NULL && c->slots != 0 ? goroutine_offset(g, to) : NO_ELEM,
		        ok != NULL ? goroutine_offset(g, ok) : NO_ELEM);
		chan_unlock(vm, c);
		return PANIC_PARKED;
	}
	chan_unlock(vm, c);
	if (ok != NULL)
		ok->u = received;
	if (woken != NULL)
		sched_ready_next(w, woken);
	return PANIC_NONE;
}

/* ---- without waiting ---- */

/* A host thread (no worker) always locks: sched_host_enter saw to it that everybody does. */
static void try_lock(Worker *w, Chan *c) {
	if (w == NULL || w->vm->multi)
		chan_acquire(c);
}

static void try_unlock(Worker *w, Chan *c) {
	if (w == NULL || w->vm->multi)
		chan_release(c);
}

PanicCode chan_try_send(VM *vm, Worker *w, Chan *c, const Slot *value, bool *done) {
	*done = false;
	if (c == NULL)
		return PANIC_NONE;
	try_lock(w, c);
	Goroutine *woken = NULL, *g = w != NULL ? w->current : NULL;
	PanicCode code = PANIC_NONE;
	if (UNLIKELY(chan_is_foreign(c, g)))
		code = FATAL_BUBBLE_SEND;
	else if (c->closed)
		code = PANIC_SEND_CLOSED_CHAN;
	else
		*done = vm->watch != 0 ? chan_send_told(vm, g, c, value, &woken) : chan_send_locked(c, value, &woken);
	try_unlock(w, c);
	if (woken != NULL)
		sched_ready_untold(vm, w, woken, true);
	return code;
}

PanicCode chan_try_recv(VM *vm, Worker *w, Chan *c, Slot *to, bool *ok, bool *done) {
	*done = *ok = false;
	if (c == NULL)
		return PANIC_NONE;
	try_lock(w, c);
	Goroutine *woken = NULL, *g = w != NULL ? w->current : NULL;
	PanicCode code = PANIC_NONE;
	if (UNLIKELY(chan_is_foreign(c, g)))
		code = FATAL_BUBBLE_RECEIVE;
	else
		*done = vm->watch != 0 ? chan_recv_told(vm, g, c, to, ok, &woken) : chan_recv_locked(c, to, ok, &woken);
	if (!*done)
		*ok = false;
	try_unlock(w, c);
	if (woken != NULL)
		sched_ready_untold(vm, w, woken, true);
	return code;
}

/* ---- closing ---- */

typedef struct WokenList {
	Goroutine *head, *tail;
	uint32_t count;
} WokenList;

static void wake_all_locked(Chan *c, SudogQueue *q, WokenList *list) {
	Goroutine *g;
	for (Sudog *s; (s = queue_take(q, &g)) != NULL;) {
		if (q == &c->receivers && s->elem != NO_ELEM)
			chan_zero(c, g->stack + s->elem);
		sudog_finish(s, g, false);
		if (watch_on(g->vm) && q == &c->receivers)
			watch_received(g->vm, g, c, NULL, false, NULL);
		g->link = NULL;
		if (list->head == NULL)
			list->head = g;
		else
			list->tail->link = g;
		list->tail = g;
		list->count++;
	}
}

PanicCode chan_close(Goroutine *g, Chan *c) {
	VM *vm = g->vm;
	if (c == NULL)
		return PANIC_CLOSE_NIL_CHAN;
	chan_lock(vm, c);
	if (c->closed || chan_is_foreign(c, g)) {
		PanicCode code = chan_is_foreign(c, g) ? FATAL_BUBBLE_CLOSE : PANIC_CLOSE_CLOSED_CHAN;
		chan_unlock(vm, c);
		return code;
	}
	__atomic_store_n(&c->closed, true, __ATOMIC_RELAXED);
	if (watch_on(vm))
		watch_closed(g, c);
	WokenList list = {0};
	wake_all_locked(c, &c->receivers, &list);
	wake_all_locked(c, &c->senders, &list);
	chan_unlock(vm, c);
	if (list.count == 1)
		sched_ready(vm, g->worker, list.head, true);
	else if (list.count != 0)
		sched_ready_list(vm, g->worker, list.head, list.tail, list.count);
	return PANIC_NONE;
}

/* All goroutines are discarded together, so the queues are simply emptied. The collector kept the channels alive. */
static void forget_target(Sudog *s) {
	Chan *c = s->target;
	if (c != NULL)
		c->receivers = c->senders = (SudogQueue){0};
}

void sudog_leave(Sudog *s) {
	Chan *c = s->target;
	bool receives = s->prev == NULL ? c->receivers.first == s : s->next == NULL && c->receivers.last == s;
	queue_remove(receives ? &c->receivers : &c->senders, s);
}

bool chan_leave(Goroutine *g) {
	sudog_leave(&g->sudog);
	return true;
}

bool chan_has_receiver(const Chan *c) { return !queue_is_empty(&c->receivers); }

void chan_forget(Goroutine *g) {
	if (g->wait_reason == WAIT_CHAN_RECEIVE || g->wait_reason == WAIT_CHAN_SEND)
		forget_target(&g->sudog);
	if (g->wait_reason == WAIT_SELECT && g->select_sudogs == NULL)
		forget_target(&g->sudog);
	for (Sudog *s = g->select_sudogs; s != NULL; s = s->link)
		forget_target(s);
}
