/* SPDX-License-Identifier: MIT */
/* poll.c: goroutines that wait until a descriptor is readable or writable.
 *
 * Owns: the table of descriptors (vm->poller): who waits for each, which the VM closes at its end.
 * Rules: lock guards the table. The system's event source is opened by the first who waits; `system` does not change
 * afterwards. A waiter counts in blocking_pending from before it is seen until after it was readied. Waiters of a descriptor
 * hang together through Goroutine.link. A watched descriptor is non-blocking and registered once: an event that finds no
 * waiter is remembered, and the next who would wait tries again instead. Others are registered for each wait.
 * Why: one worker sleeps in the poller instead of on its parker while anybody waits (worker.c); others look in
 * between. Watching saves a system call for each wait, which is a third of what a message of a socket costs. */
#include "runtime/poll.h"
#include "runtime/sched_internal.h"

#include <errno.h>

enum { POLL_BATCH = 128 };

typedef struct PollPlace {
	Goroutine *readers, *writers;
	bool is_owned, is_watched;
	bool is_readable, is_writable; /* watched: since somebody last looked */
} PollPlace;

struct Poller {
	Lock lock;
	uint32_t waiting; /* atomic */
	bool is_open;     /* atomic; set once */
	PollSystem system;
	PollPlace *fds; /* index: descriptor */
	uint32_t cap;
};

bool poll_init(VM *vm) {
	vm->poller = mem_zalloc(&vm->mem, sizeof(struct Poller));
	return vm->poller != NULL;
}

void poll_deinit(VM *vm) {
	struct Poller *p = vm->poller;
	if (p == NULL)
		return;
	poll_close_owned(vm);
	if (p->is_open)
		poll_system_close(&p->system);
	mem_free(&vm->mem, p->fds, p->cap * sizeof(PollPlace));
	mem_free(&vm->mem, p, sizeof(struct Poller));
	vm->poller = NULL;
}

bool poll_has_waiters(VM *vm) {
	return __atomic_load_n(&vm->poller->waiting, __ATOMIC_SEQ_CST) != 0;
}

void poll_kick(VM *vm) {
	if (vm->poller != NULL && __atomic_load_n(&vm->poller->is_open, __ATOMIC_ACQUIRE))
		poll_system_wake(&vm->poller->system);
}

void poll_clear(VM *vm) {
	struct Poller *p = vm->poller;
	for (uint32_t fd = 0; fd < p->cap; fd++) {
		PollPlace *at = &p->fds[fd];
		if (!at->is_watched && (at->readers != NULL || at->writers != NULL))
			poll_system_forget(&p->system, (int)fd);
		at->readers = at->writers = NULL;
	}
	__atomic_sub_fetch(&vm->blocking_pending, p->waiting, __ATOMIC_SEQ_CST);
	__atomic_store_n(&p->waiting, 0, __ATOMIC_SEQ_CST);
}

void poll_close_owned(VM *vm) {
	struct Poller *p = vm->poller;
	for (uint32_t fd = 0; fd < p->cap; fd++) {
		if (!p->fds[fd].is_owned)
			continue;
		if (p->fds[fd].is_watched)
			poll_system_forget(&p->system, (int)fd);
		poll_system_close_descriptor((int)fd);
		p->fds[fd] = (PollPlace){0};
	}
}

/* Makes room for fd. */
static bool reach_locked(VM *vm, int fd) {
	struct Poller *p = vm->poller;
	if (fd < 0)
		return false;
	if ((uint32_t)fd < p->cap)
		return true;
	uint32_t cap = p->cap != 0 ? p->cap : 64;
	while (cap <= (uint32_t)fd)
		cap *= 2;
	PollPlace *fds = mem_realloc(&vm->mem, p->fds, p->cap * sizeof(PollPlace), cap * sizeof(PollPlace));
	if (fds == NULL)
		return false;
	memset(fds + p->cap, 0, (cap - p->cap) * sizeof(PollPlace));
	p->fds = fds;
	p->cap = cap;
	return true;
}

/* Opens the event source and makes room for fd. */
static bool prepare_locked(VM *vm, int fd) {
	struct Poller *p = vm->poller;
	if (!p->is_open) {
		if (!poll_system_open(&p->system))
			return false;
		__atomic_store_n(&p->is_open, true, __ATOMIC_RELEASE);
	}
	return reach_locked(vm, fd);
}

static void count_waiter(VM *vm, int change) {
	__atomic_add_fetch(&vm->poller->waiting, (uint32_t)change, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&vm->blocking_pending, change, __ATOMIC_SEQ_CST);
}

bool poll_is_open(VM *vm) {
	return __atomic_load_n(&vm->poller->is_open, __ATOMIC_ACQUIRE);
}

int poll_open(VM *vm) {
	struct Poller *p = vm->poller;
	lock_acquire(&p->lock);
	bool ok = prepare_locked(vm, 0);
	lock_release(&p->lock);
	return ok ? p->system.source : -1;
}

bool poll_own(VM *vm, int fd) {
	lock_acquire(&vm->poller->lock);
	bool ok = reach_locked(vm, fd);
	if (ok)
		vm->poller->fds[fd].is_owned = true;
	lock_release(&vm->poller->lock);
	return ok;
}

int poll_watch(VM *vm, int fd) {
	struct Poller *p = vm->poller;
	lock_acquire(&p->lock);
	int error = prepare_locked(vm, fd) ? poll_system_watch(&p->system, fd) : ENOMEM;
	if (error == 0) {
		p->fds[fd].is_watched = true;
		p->fds[fd].is_readable = p->fds[fd].is_writable = false;
	}
	lock_release(&p->lock);
	return error;
}

static void queue_locked(Goroutine *g, Goroutine **queue) {
	g->link = *queue;
	*queue = g;
	count_waiter(g->vm, 1);
	sched_will_park(g, WAIT_IO);
}

PollWait poll_watched_or_park(Goroutine *g, int fd, bool write, const uint64_t *state, uint64_t broken) {
	struct Poller *p = g->vm->poller;
	lock_acquire(&p->lock);
	if (fd < 0 || (uint32_t)fd >= p->cap || !p->fds[fd].is_watched) { /* a descriptor that was never opened */
		lock_release(&p->lock);
		return POLL_BROKEN;
	}
	PollPlace *at = &p->fds[fd];
	bool *is_ready = write ? &at->is_writable : &at->is_readable;
	PollWait answer = POLL_PARKED;
	if ((__atomic_load_n(state, __ATOMIC_SEQ_CST) & broken) != 0)
		answer = POLL_BROKEN;
	else if (*is_ready)
		answer = POLL_TRY;
	else
		queue_locked(g, write ? &at->writers : &at->readers);
	*is_ready = false;
	lock_release(&p->lock);
	return answer;
}

static bool ask_locked(struct Poller *p, int fd) {
	return poll_system_ask(&p->system, fd, p->fds[fd].readers != NULL, p->fds[fd].writers != NULL);
}

bool poll_wait_or_park(Goroutine *g, int fd, bool write) {
	VM *vm = g->vm;
	struct Poller *p = vm->poller;
	lock_acquire(&p->lock);
	bool parked = prepare_locked(vm, fd) && !p->fds[fd].is_watched;
	Goroutine **queue = NULL;
	if (parked) {
		queue = write ? &p->fds[fd].writers : &p->fds[fd].readers;
		parked = *queue == NULL; /* a second reader of the same descriptor tries again instead */
	}
	if (parked) {
		*queue = g;
		parked = ask_locked(p, fd);
		*queue = NULL;
	}
	if (parked)
		queue_locked(g, queue);
	lock_release(&p->lock);
	return parked;
}

/* Goroutines that are to be readied, linked in the order they were found. */
typedef struct Woken {
	Goroutine *first, *last;
	uint32_t count;
} Woken;

static void take_queue(Woken *woken, Goroutine **queue) {
	Goroutine *g = *queue;
	*queue = NULL;
	for (Goroutine *next; g != NULL; g = next) {
		next = g->link;
		g->link = NULL;
		if (woken->last != NULL)
			woken->last->link = g;
		else
			woken->first = g;
		woken->last = g;
		woken->count++;
	}
}

/* Takes the waiters of one descriptor that the event concerns. */
static void take_waiters_locked(struct Poller *p, PollEvent e, Woken *woken) {
	if ((uint32_t)e.fd >= p->cap)
		return;
	PollPlace *at = &p->fds[e.fd];
	at->is_readable |= e.readable && at->readers == NULL;
	at->is_writable |= e.writable && at->writers == NULL;
	if (e.readable)
		take_queue(woken, &at->readers);
	if (e.writable)
		take_queue(woken, &at->writers);
	if (!at->is_watched && (at->readers != NULL || at->writers != NULL)) /* the event disarmed both */
		ask_locked(p, e.fd);
}

static void ready_all(VM *vm, Worker *w, const Woken *woken) {
	int count = (int)woken->count; /* the list is others' once it is queued */
	if (count == 0)
		return;
	Goroutine *g = woken->first;
	for (Goroutine *next; g != NULL; g = next) {
		next = g->link;
		sched_ready(vm, w, g, false);
	}
	count_waiter(vm, -count); /* afterwards: at no moment is it neither runnable nor expected */
}

void poll_run(Worker *w, int64_t until_ns) {
	VM *vm = w->vm;
	struct Poller *p = vm->poller;
	PollEvent events[POLL_BATCH];
	int64_t timeout = -1;
	if (until_ns != NO_DEADLINE) {
		timeout = until_ns != 0 ? until_ns - sched_now_ns(vm) : 0;
		if (timeout < 0)
			timeout = 0;
	}
	int n = poll_system_wait(&p->system, events, POLL_BATCH, timeout);
	Woken woken = {0};
	lock_acquire(&p->lock);
	for (int i = 0; i < n; i++)
		take_waiters_locked(p, events[i], &woken);
	lock_release(&p->lock);
	ready_all(vm, w, &woken);
}

static bool leave_queue(Goroutine *g, Goroutine **at) {
	while (*at != NULL && *at != g)
		at = &(*at)->link;
	if (*at == NULL)
		return false;
	*at = g->link;
	return true;
}

bool poll_leave(Goroutine *g) {
	VM *vm = g->vm;
	struct Poller *p = vm->poller;
	bool found = false;
	lock_acquire(&p->lock); /* a worker that sleeps in the poller does not count as running */
	for (uint32_t fd = 0; fd < p->cap && !found; fd++) {
		PollPlace *at = &p->fds[fd];
		found = leave_queue(g, &at->readers) || leave_queue(g, &at->writers);
		if (!found)
			continue;
		if (!at->is_watched && (at->readers != NULL || at->writers != NULL))
			ask_locked(p, (int)fd);
		else if (!at->is_watched)
			poll_system_forget(&p->system, (int)fd);
		count_waiter(vm, -1);
	}
	lock_release(&p->lock);
	return found;
}

void poll_wake(VM *vm, Worker *w, int fd, bool read, bool write) {
	struct Poller *p = vm->poller;
	Woken woken = {0};
	lock_acquire(&p->lock);
	if (fd >= 0)
		take_waiters_locked(p, (PollEvent){fd, read, write}, &woken);
	lock_release(&p->lock);
	ready_all(vm, w, &woken);
}

void poll_forget(VM *vm, Worker *w, int fd) {
	struct Poller *p = vm->poller;
	Woken woken = {0};
	lock_acquire(&p->lock);
	if (fd >= 0 && (uint32_t)fd < p->cap) {
		take_waiters_locked(p, (PollEvent){fd, true, true}, &woken);
		if (p->is_open)
			poll_system_forget(&p->system, fd);
		p->fds[fd] = (PollPlace){0};
	}
	lock_release(&p->lock);
	ready_all(vm, w, &woken);
}
