/* SPDX-License-Identifier: MIT */
/* poll.c: goroutines that wait until a descriptor is readable or writable.
 *
 * Owns: the table of waiters by descriptor (vm->poller).
 * Rules: lock guards the table. The system's event source is opened by the first who waits; `system` does not change
 * afterwards. A waiter counts in blocking_pending from before it is seen until after it was readied.
 * Why: one worker sleeps in the poller instead of on its parker while anybody waits (worker.c); others look in
 * between. */
#include "runtime/poll.h"
#include "runtime/sched_internal.h"

enum { POLL_BATCH = 64 };

typedef struct PollWaiters {
	Goroutine *reader, *writer;
} PollWaiters;

struct Poller {
	Lock lock;
	uint32_t waiting; /* atomic */
	bool is_open;     /* atomic; set once */
	PollSystem system;
	PollWaiters *fds; /* index: descriptor */
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
	if (p->is_open)
		poll_system_close(&p->system);
	mem_free(&vm->mem, p->fds, p->cap * sizeof(PollWaiters));
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
		if (p->fds[fd].reader != NULL || p->fds[fd].writer != NULL)
			poll_system_forget(&p->system, (int)fd);
		p->fds[fd] = (PollWaiters){0};
	}
	__atomic_sub_fetch(&vm->blocking_pending, p->waiting, __ATOMIC_SEQ_CST);
	__atomic_store_n(&p->waiting, 0, __ATOMIC_SEQ_CST);
}

/* Opens the event source and makes room for fd. */
static bool prepare_locked(VM *vm, int fd) {
	struct Poller *p = vm->poller;
	if (fd < 0)
		return false;
	if (!p->is_open) {
		if (!poll_system_open(&p->system))
			return false;
		__atomic_store_n(&p->is_open, true, __ATOMIC_RELEASE);
	}
	if ((uint32_t)fd < p->cap)
		return true;
	uint32_t cap = p->cap != 0 ? p->cap : 64;
	while (cap <= (uint32_t)fd)
		cap *= 2;
	PollWaiters *fds = mem_realloc(&vm->mem, p->fds, p->cap * sizeof(PollWaiters), cap * sizeof(PollWaiters));
	if (fds == NULL)
		return false;
	memset(fds + p->cap, 0, (cap - p->cap) * sizeof(PollWaiters));
	p->fds = fds;
	p->cap = cap;
	return true;
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

bool poll_wait_or_park(Goroutine *g, int fd, bool write) {
	VM *vm = g->vm;
	struct Poller *p = vm->poller;
	lock_acquire(&p->lock);
	bool parked = prepare_locked(vm, fd);
	Goroutine **place = NULL;
	if (parked) {
		place = write ? &p->fds[fd].writer : &p->fds[fd].reader;
		parked = *place == NULL; /* a second reader of the same descriptor tries again instead */
	}
	if (parked) {
		*place = g;
		parked = poll_system_ask(&p->system, fd, p->fds[fd].reader != NULL, p->fds[fd].writer != NULL);
		if (!parked)
			*place = NULL;
	}
	if (parked) {
		count_waiter(vm, 1);
		sched_will_park(g, WAIT_IO);
	}
	lock_release(&p->lock);
	return parked;
}

/* Readies the waiters of one descriptor that the event concerns. */
static uint32_t wake_waiters_locked(struct Poller *p, PollEvent e, Goroutine **woken) {
	if ((uint32_t)e.fd >= p->cap)
		return 0;
	PollWaiters *at = &p->fds[e.fd];
	uint32_t n = 0;
	if (e.readable && at->reader != NULL) {
		woken[n++] = at->reader;
		at->reader = NULL;
	}
	if (e.writable && at->writer != NULL) {
		woken[n++] = at->writer;
		at->writer = NULL;
	}
	if (at->reader != NULL || at->writer != NULL) /* the event disarmed both */
		poll_system_ask(&p->system, e.fd, at->reader != NULL, at->writer != NULL);
	return n;
}

static void ready_all(VM *vm, Worker *w, Goroutine **woken, uint32_t n) {
	for (uint32_t i = 0; i < n; i++) {
		sched_ready(vm, w, woken[i], false);
		count_waiter(vm, -1); /* afterwards: at no moment is it neither runnable nor expected */
	}
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
	for (int i = 0; i < n; i++) {
		Goroutine *woken[2];
		lock_acquire(&p->lock);
		uint32_t count = wake_waiters_locked(p, events[i], woken);
		lock_release(&p->lock);
		ready_all(vm, w, woken, count);
	}
}

bool poll_leave(Goroutine *g) {
	VM *vm = g->vm;
	struct Poller *p = vm->poller;
	bool found = false;
	lock_acquire(&p->lock); /* a worker that sleeps in the poller does not count as running */
	for (uint32_t fd = 0; fd < p->cap && !found; fd++) {
		PollWaiters *at = &p->fds[fd];
		found = at->reader == g || at->writer == g;
		if (!found)
			continue;
		*(at->reader == g ? &at->reader : &at->writer) = NULL;
		if (at->reader != NULL || at->writer != NULL)
			poll_system_ask(&p->system, (int)fd, at->reader != NULL, at->writer != NULL);
		else
			poll_system_forget(&p->system, (int)fd);
		count_waiter(vm, -1);
	}
	lock_release(&p->lock);
	return found;
}

void poll_forget(VM *vm, Worker *w, int fd) {
	struct Poller *p = vm->poller;
	Goroutine *woken[2];
	uint32_t n = 0;
	lock_acquire(&p->lock);
	if (fd >= 0 && (uint32_t)fd < p->cap) {
		n = wake_waiters_locked(p, (PollEvent){fd, true, true}, woken);
		poll_system_forget(&p->system, fd);
	}
	lock_release(&p->lock);
	ready_all(vm, w, woken, n);
}
