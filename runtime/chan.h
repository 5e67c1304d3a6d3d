/* SPDX-License-Identifier: MIT */
/* chan.h: a channel, for chan.c and select.c only. */
#ifndef GOL_RUNTIME_CHAN_H
#define GOL_RUNTIME_CHAN_H

#include "runtime/sched.h"
#include "runtime/values.h"

typedef struct SudogQueue {
	Sudog *first, *last;
} SudogQueue;

/* Guarded by lock (skipped while vm->multi is false); count and closed are also looked at without it. */
struct Chan {
	uint32_t lock;       /* 0: free. Not a Lock: see chan_lock */
	bool closed;
	uint8_t copy;        /* CopyKind of the elements */
	uint16_t slots;      /* of one element, as stored: even when its alignment is 16 */
	uint32_t count, cap; /* elements */
	uint32_t head;       /* index of the oldest element */
	uint32_t bubble : 31;  /* number of the bubble it was made in (bubble.h); 0: none */
	uint32_t of_timer : 1; /* as in Go, the place for the time that was sent is not seen: len and cap are 0 */
	const TypeDesc *elem;
	SudogQueue receivers, senders; /* at most one of them is non-empty, select apart */
	Slot buffer[] __attribute__((aligned(16)));
};

typedef enum CopyKind { COPY_NONE, COPY_WORD, COPY_PAIR, COPY_WORDS, COPY_PAIRS } CopyKind;

/* A lock that is given back by a plain store, which halves its price: nobody has to be woken, because whoever finds it
 * taken spins and then naps for some microseconds at a time. It is held for tens of nanoseconds only. */
void chan_acquire_slow(Chan *c);
static inline void chan_acquire(Chan *c) {
	if (UNLIKELY(__atomic_exchange_n(&c->lock, 1, __ATOMIC_ACQUIRE) != 0))
		chan_acquire_slow(c);
}
static inline void chan_release(Chan *c) {
	__atomic_store_n(&c->lock, 0, __ATOMIC_RELEASE);
}

static inline void chan_lock(const VM *vm, Chan *c) {
	if (vm->multi)
		chan_acquire(c);
}

static inline void chan_unlock(const VM *vm, Chan *c) {
	if (vm->multi)
		chan_release(c);
}

/* One element between frames and buffers; words and pairs are never torn. */
static inline void chan_copy(const Chan *c, Slot *to, const Slot *from) {
	switch ((CopyKind)c->copy) {
	case COPY_NONE:
		break;
	case COPY_WORD:
		store_word(to, load_word(from));
		break;
	case COPY_PAIR:
		copy_pair(to, from);
		break;
	case COPY_WORDS:
		for (uint32_t i = 0; i < c->slots; i++)
			store_word(to + i, load_word(from + i));
		break;
	case COPY_PAIRS:
		for (uint32_t i = 0; i < c->slots; i += 2)
			copy_pair(to + i, from + i);
		break;
	}
}

static inline void chan_zero(const Chan *c, Slot *to) {
	for (uint32_t i = 0; i < c->slots; i++)
		store_word(to + i, 0);
}

static inline Slot *chan_at(Chan *c, uint32_t index) {
	return c->buffer + (size_t)index * c->slots;
}

/* ---- queues; the lock is held. `first` is also looked at without it ---- */

static inline void queue_set_first(SudogQueue *q, Sudog *s) {
	__atomic_store_n(&q->first, s, __ATOMIC_RELAXED);
}

static inline void queue_push(SudogQueue *q, Sudog *s) {
	s->next = NULL;
	s->prev = q->last;
	if (q->last != NULL)
		q->last->next = s;
	else
		queue_set_first(q, s);
	q->last = s;
}

static inline void queue_remove(SudogQueue *q, Sudog *s) {
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		queue_set_first(q, s->next);
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		q->last = s->prev;
}

/* Wins the select of s for this channel; false: another channel was faster. */
static inline bool sudog_win(Sudog *s) {
	uint32_t ticket = s->ticket;
	return __atomic_compare_exchange_n(&s->g->select_ticket, &ticket, ticket + 1, false, __ATOMIC_ACQ_REL,
	                                   __ATOMIC_RELAXED);
}

/* The first waiter that still waits, taken out of the queue; NULL: none. *g is its goroutine. */
static inline Sudog *queue_take(SudogQueue *q, Goroutine **g) {
	for (;;) {
		Sudog *s = q->first;
		if (s == NULL)
			return NULL;
		queue_set_first(q, s->next);
		if (s->next != NULL)
			s->next->prev = NULL;
		else
			q->last = NULL;
		*g = s->g;
		if (LIKELY(!s->is_select))
			return s;
		bool won = sudog_win(s);
		s->g = NULL; /* select_resume sees that it is out of the queue */
		if (won)
			return s;
	}
}

/* Tells the goroutine of a taken waiter how it was woken. */
static inline void sudog_finish(Sudog *s, Goroutine *g, bool success) {
	s->success = success;
	if (s->ok != NO_ELEM)
		g->stack[s->ok].u = success;
	if (s->is_select)
		g->wake_result = s->case_index | (uint32_t)success << 16;
}

/* Parts of the operations that select shares. The channel is locked and open where they say so. */
bool chan_send_locked(Chan *c, const Slot *value, Goroutine **woken);          /* open; false: must wait */
bool chan_recv_locked(Chan *c, Slot *to, bool *ok, Goroutine **woken);         /* false: must wait */
/* The same while vm->watch is set: who watches is told, and bubbles count whoever was woken. g NULL: the host or a timer */
bool chan_send_told(VM *vm, Goroutine *g, Chan *c, const Slot *value, Goroutine **woken);
bool chan_recv_told(VM *vm, Goroutine *g, Chan *c, Slot *to, bool *ok, Goroutine **woken);
bool chan_is_foreign(const Chan *c, const Goroutine *g); /* of a bubble that g (NULL: the host) does not belong to */

void sudog_leave(Sudog *s); /* out of whichever queue of its channel it is in; the world stands */

/* ---- looks without the lock: what they say was true at some moment of the call ---- */

static inline bool queue_is_empty(const SudogQueue *q) {
	return __atomic_load_n(&q->first, __ATOMIC_ACQUIRE) == NULL;
}

/* Open and nothing to receive. Emptiness first: a channel seen open afterwards was open then, too. */
static inline bool chan_recv_would_wait(const Chan *c) {
	bool empty = __atomic_load_n(&c->count, __ATOMIC_ACQUIRE) == 0 && queue_is_empty(&c->senders);
	return empty && !__atomic_load_n(&c->closed, __ATOMIC_ACQUIRE);
}

static inline bool chan_send_would_wait(const Chan *c) {
	bool full = __atomic_load_n(&c->count, __ATOMIC_ACQUIRE) == c->cap && queue_is_empty(&c->receivers);
	return full && !__atomic_load_n(&c->closed, __ATOMIC_ACQUIRE);
}

#endif
