/* SPDX-License-Identifier: MIT */
/* sema.c: what sync sleeps on: counting semaphores and notify lists at addresses inside Go objects.
 *
 * Owns: the hash table of waiters (vm->semas).
 * Rules: a bucket's lock guards its lists. An address with waiters has one entry in the bucket's list, the sudog of
 * its LAST waiter; the waiters of an address form a ring through link, so the last one's link is the first. `waiting`
 * counts sudogs in the bucket and is raised before a waiter looks at the count for the last time: a release either
 * sees it or is seen. The count is taken on behalf of the woken: whoever runs after sema_acquire_or_park owns it.
 * Why: a uint32 per semaphore in the object and nothing else; waiters are found by address, as in Go's semaRoot. */
#include "runtime/sched_internal.h"

enum { SEMA_BUCKETS = 256 };

/* sync.Cond's waiters; exists from the first ticket to the last wake-up. */
typedef struct NotifyList {
	struct NotifyList *next;
	void *addr;
	uint32_t wait;   /* next ticket */
	uint32_t notify; /* next ticket to be woken */
	Sudog *first, *last;
} NotifyList;

typedef struct SemaBucket {
	Lock lock;
	uint32_t waiting; /* atomic */
	Sudog *lasts;     /* per address */
	NotifyList *notifies;
	uint32_t ticket_base; /* a new notify list begins here: behind all tickets of lists that are gone */
	char pad[64 - 4 * sizeof(uint32_t) - 2 * sizeof(void *)];
} SemaBucket;

struct SemaTable {
	SemaBucket buckets[SEMA_BUCKETS];
};

bool semas_init(VM *vm) {
	vm->semas = mem_zalloc(&vm->mem, sizeof(struct SemaTable));
	return vm->semas != NULL;
}

void semas_clear(VM *vm) {
	for (uint32_t i = 0; i < SEMA_BUCKETS; i++) {
		SemaBucket *b = &vm->semas->buckets[i];
		for (NotifyList *n = b->notifies, *next; n != NULL; n = next) {
			next = n->next;
			mem_free(&vm->mem, n, sizeof(NotifyList));
		}
		*b = (SemaBucket){0};
	}
}

void semas_deinit(VM *vm) {
	if (vm->semas == NULL)
		return;
	semas_clear(vm);
	mem_free(&vm->mem, vm->semas, sizeof(struct SemaTable));
	vm->semas = NULL;
}

static SemaBucket *bucket_of(VM *vm, const void *addr) {
	uint64_t h = (uint64_t)(uintptr_t)addr * 0x9E3779B97F4A7C15u;
	return &vm->semas->buckets[h >> 56];
}

/* ---- semaphores ---- */

static bool count_take(uint32_t *addr) {
	uint32_t count = __atomic_load_n(addr, __ATOMIC_SEQ_CST);
	while (count != 0)
		if (__atomic_compare_exchange_n(addr, &count, count - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

static Sudog *last_find(SemaBucket *b, const void *addr) {
	for (Sudog *s = b->lasts; s != NULL; s = s->next)
		if (s->target == addr)
			return s;
	return NULL;
}

static void last_insert(SemaBucket *b, Sudog *s) {
	s->prev = NULL;
	s->next = b->lasts;
	if (b->lasts != NULL)
		b->lasts->prev = s;
	b->lasts = s;
}

static void last_remove(SemaBucket *b, Sudog *s) {
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		b->lasts = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
}

static void waiter_add(SemaBucket *b, Sudog *s, bool lifo) {
	Sudog *last = last_find(b, s->target);
	if (last == NULL) {
		s->link = s;
		last_insert(b, s);
		return;
	}
	s->link = last->link;
	last->link = s;
	if (!lifo) { /* in the ring it stands behind the old last one either way; which one is last makes the difference */
		last_remove(b, last);
		last_insert(b, s);
	}
}

/* The first waiter of the address of `last`. */
static Sudog *waiter_take(SemaBucket *b, Sudog *last) {
	Sudog *first = last->link;
	if (first == last)
		last_remove(b, last);
	else
		last->link = first->link;
	first->link = NULL;
	return first;
}

bool sema_acquire_or_park(Goroutine *g, uint32_t *addr, bool lifo, WaitReason reason) {
	if (count_take(addr))
		return true;
	SemaBucket *b = bucket_of(g->vm, addr);
	lock_acquire(&b->lock);
	__atomic_add_fetch(&b->waiting, 1, __ATOMIC_SEQ_CST);
	if (count_take(addr)) {
		__atomic_sub_fetch(&b->waiting, 1, __ATOMIC_SEQ_CST);
		lock_release(&b->lock);
		return true;
	}
	g->sudog.target = addr;
	waiter_add(b, &g->sudog, lifo);
	sched_will_park(g, reason);
	lock_release(&b->lock);
	return false;
}

void sema_release(Goroutine *g, uint32_t *addr, bool handoff) {
	(void)handoff; /* every release hands over; with NATIVE_YIELD the woken one, in runnext, runs at once */
	SemaBucket *b = bucket_of(g->vm, addr);
	__atomic_add_fetch(addr, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&b->waiting, __ATOMIC_SEQ_CST) == 0)
		return;
	Goroutine *woken = NULL;
	lock_acquire(&b->lock);
	Sudog *last = last_find(b, addr);
	if (last != NULL && count_take(addr)) {
		woken = waiter_take(b, last)->g;
		__atomic_sub_fetch(&b->waiting, 1, __ATOMIC_SEQ_CST);
	}
	lock_release(&b->lock);
	if (woken != NULL)
		sched_ready(g->vm, g->worker, woken, true);
}

/* ---- notify lists ---- */

static NotifyList *notify_find(SemaBucket *b, const void *addr) {
	for (NotifyList *n = b->notifies; n != NULL; n = n->next)
		if (n->addr == addr)
			return n;
	return NULL;
}

/* Tickets wrap around. */
static bool ticket_before(uint32_t a, uint32_t b) {
	return (int32_t)(a - b) < 0;
}

/* All tickets given out were notified. Whoever has yet to wait with one finds no list, or one that begins later. */
static void notify_drop_if_done(VM *vm, SemaBucket *b, NotifyList *n) {
	if (n->wait != n->notify || n->first != NULL)
		return;
	if (ticket_before(b->ticket_base, n->wait))
		b->ticket_base = n->wait;
	NotifyList **at = &b->notifies;
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	mem_free(&vm->mem, n, sizeof(NotifyList));
}

uint32_t notify_add(Goroutine *g, void *addr) {
	SemaBucket *b = bucket_of(g->vm, addr);
	lock_acquire(&b->lock);
	NotifyList *n = notify_find(b, addr);
	if (n == NULL) {
		n = mem_zalloc(&g->vm->mem, sizeof(NotifyList));
		if (n != NULL) {
			n->addr = addr;
			n->wait = n->notify = b->ticket_base;
			n->next = b->notifies;
			b->notifies = n;
		}
	}
	uint32_t ticket = n != NULL ? n->wait++ : 0;
	lock_release(&b->lock);
	return ticket;
}

bool notify_wait_or_park(Goroutine *g, void *addr, uint32_t ticket) {
	SemaBucket *b = bucket_of(g->vm, addr);
	lock_acquire(&b->lock);
	NotifyList *n = notify_find(b, addr);
	if (n == NULL || ticket_before(ticket, n->notify)) { /* notified between add and wait */
		lock_release(&b->lock);
		return true;
	}
	Sudog *s = &g->sudog;
	s->target = addr;
	s->ticket = ticket;
	s->next = NULL;
	if (n->last != NULL)
		n->last->next = s;
	else
		n->first = s;
	n->last = s;
	sched_will_park(g, WAIT_SYNC_COND);
	lock_release(&b->lock);
	return false;
}

static bool is_foreign_waiter(const Sudog *s, const Goroutine *g) {
	return s->g->bubble != NULL && s->g->bubble != g->bubble;
}

/* Wakes the waiter that holds the oldest ticket not yet notified; if it is not here yet, it will not wait at all. */
bool notify_one(Goroutine *g, void *addr) {
	VM *vm = g->vm;
	SemaBucket *b = bucket_of(vm, addr);
	Goroutine *woken = NULL;
	lock_acquire(&b->lock);
	NotifyList *n = notify_find(b, addr);
	if (n != NULL && n->notify != n->wait) {
		uint32_t ticket = n->notify++;
		Sudog *before = NULL;
		for (Sudog *s = n->first; s != NULL; before = s, s = s->next) {
			if (s->ticket != ticket)
				continue;
			if (UNLIKELY(is_foreign_waiter(s, g))) {
				lock_release(&b->lock);
				return false;
			}
			if (before != NULL)
				before->next = s->next;
			else
				n->first = s->next;
			if (n->last == s)
				n->last = before;
			woken = s->g;
			break;
		}
		notify_drop_if_done(vm, b, n);
	}
	lock_release(&b->lock);
	if (woken != NULL)
		sched_ready(vm, g->worker, woken, true);
	return true;
}

bool notify_all(Goroutine *g, void *addr) {
	VM *vm = g->vm;
	SemaBucket *b = bucket_of(vm, addr);
	Goroutine *head = NULL, *tail = NULL;
	uint32_t count = 0;
	lock_acquire(&b->lock);
	NotifyList *n = notify_find(b, addr);
	if (n != NULL) {
		for (Sudog *s = n->first; s != NULL; s = s->next, count++) {
			if (UNLIKELY(is_foreign_waiter(s, g))) {
				lock_release(&b->lock);
				return false;
			}
			s->g->link = NULL;
			if (head == NULL)
				head = s->g;
			else
				tail->link = s->g;
			tail = s->g;
		}
		n->first = n->last = NULL;
		n->notify = n->wait;
		notify_drop_if_done(vm, b, n);
	}
	lock_release(&b->lock);
	if (count != 0)
		sched_ready_list(vm, g->worker, head, tail, count);
	return true;
}

/* ---- leaving ---- */

bool sema_leave(Goroutine *g) {
	Sudog *s = &g->sudog;
	SemaBucket *b = bucket_of(g->vm, s->target);
	Sudog *last = last_find(b, s->target), *before = last;
	if (last == NULL)
		return false;
	while (before->link != s && before->link != last)
		before = before->link;
	if (before->link != s)
		return false;
	if (before == s) { /* alone */
		last_remove(b, s);
	} else {
		before->link = s->link;
		if (s == last) {
			last_remove(b, s);
			last_insert(b, before);
		}
	}
	s->link = NULL;
	__atomic_sub_fetch(&b->waiting, 1, __ATOMIC_SEQ_CST);
	return true;
}

bool notify_leave(Goroutine *g) {
	Sudog *s = &g->sudog, *before = NULL;
	SemaBucket *b = bucket_of(g->vm, s->target);
	NotifyList *n = notify_find(b, s->target);
	Sudog *at = n != NULL ? n->first : NULL;
	while (at != NULL && at != s) {
		before = at;
		at = at->next;
	}
	if (at == NULL)
		return false;
	if (before != NULL)
		before->next = s->next;
	else
		n->first = s->next;
	if (n->last == s)
		n->last = before;
	return true;
}
