/* SPDX-License-Identifier: MIT */
/* stop.c: stopping the world, working in parallel while it stands still, and letting host threads in.
 *
 * Owns: vm->stop; the STOP_WORLD flag.
 * Rules: everything under sched_lock. The world stands still when every active worker but the owner is counted in
 * `stopped` and no host thread is inside. Idle workers count as stopped: a woken one looks at the flags before it
 * touches anything. A worker that waits here does its part of parallel jobs meanwhile.
 * Why: one lock and condition loops instead of a protocol of atomics: stops are rare, and requests from several
 * threads, exits and sleeping workers then need no cases of their own. */
#include "runtime/sched_internal.h"

enum { STOP_SPINS = 200 }; /* looks at the state before the thread that stops the world sleeps: some microseconds */

bool stop_init(VM *vm) {
	vm->stop = mem_zalloc(&vm->mem, sizeof(struct StopState));
	return vm->stop != NULL;
}

void stop_deinit(VM *vm) {
	mem_free(&vm->mem, vm->stop, sizeof(struct StopState));
	vm->stop = NULL;
}

void stop_update_multi(VM *vm) {
	bool others = false; /* still on their way to rest after GOMAXPROCS became smaller */
	lock_acquire(&vm->sched_lock);
	for (uint32_t i = 1; i < vm->workers_len; i++)
		others = others || vm->workers[i]->idle_state == WORKER_ACTIVE;
	vm->multi = vm->worker_count > 1 || vm->stop->host_used || others || vm->watch != 0;
	lock_release(&vm->sched_lock);
}

/* ---- waiting ---- */

void stop_changed_locked(VM *vm) {
	struct StopState *st = vm->stop;
	if (st->owner_sleeps)
		parker_unpark(st->owner_parker);
}

/* Sleeps once; wakes whenever anything may have changed. */
static void sleep_locked(Worker *w) {
	w->waiting = true;
	lock_release(&w->vm->sched_lock);
	parker_park(&w->parker, -1);
	lock_acquire(&w->vm->sched_lock);
	w->waiting = false;
}

bool stop_job_locked(Worker *w) {
	struct StopState *st = w->vm->stop;
	if (w->job_seen == st->job_epoch || st->job == NULL)
		return false;
	w->job_seen = st->job_epoch;
	void (*job)(Worker *, void *) = st->job;
	void *user = st->job_user;
	lock_release(&w->vm->sched_lock);
	job(w, user);
	lock_acquire(&w->vm->sched_lock);
	if (--st->job_left == 0)
		stop_changed_locked(w->vm);
	return true;
}

void stop_wait_locked(Worker *w) {
	struct StopState *st = w->vm->stop;
	if (!st->owned || st->owner == w)
		return;
	st->stopped++;
	stop_changed_locked(w->vm);
	while (st->owned)
		if (!stop_job_locked(w))
			sleep_locked(w);
	st->stopped--;
}

void stop_rest_locked(Worker *w) {
	struct StopState *st = w->vm->stop;
	st->stopped++;
	stop_changed_locked(w->vm);
	while (st->owned || w->vm->sched->active > 1 || w->vm->sched->poller != NULL)
		if (!stop_job_locked(w))
			sleep_locked(w);
	st->stopped--;
}

/* ---- stopping ---- */

static bool world_stands(VM *vm, const Worker *owner) {
	uint32_t others = vm->sched->active - (owner != NULL && owner->idle_state == WORKER_ACTIVE);
	return vm->stop->stopped == others && vm->stop->host_inside == 0;
}

/* Until done(vm, owner): spins a while, then sleeps. */
static void owner_wait_locked(VM *vm, Worker *owner, bool (*done)(VM *vm, const Worker *owner)) {
	struct StopState *st = vm->stop;
	for (uint32_t i = 0; i < STOP_SPINS && !done(vm, owner); i++) {
		lock_release(&vm->sched_lock);
		for (uint32_t k = 0; k < 8; k++)
			cpu_relax();
		lock_acquire(&vm->sched_lock);
	}
	st->owner_sleeps = true;
	while (!done(vm, owner)) {
		lock_release(&vm->sched_lock);
		parker_park(st->owner_parker, -1);
		lock_acquire(&vm->sched_lock);
	}
	st->owner_sleeps = false;
}

static void world_stop_locked(VM *vm, Worker *owner, Parker *parker) {
	struct StopState *st = vm->stop;
	st->owned = true;
	st->owner = owner;
	st->owner_parker = parker;
	__atomic_or_fetch(&vm->stop_requested, STOP_WORLD, __ATOMIC_SEQ_CST);
	owner_wait_locked(vm, owner, world_stands);
}

static void world_start_locked(VM *vm) {
	struct StopState *st = vm->stop;
	st->owned = false;
	st->owner = NULL;
	st->owner_parker = NULL;
	__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_WORLD, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (vm->workers[i]->waiting)
			parker_unpark(&vm->workers[i]->parker);
	for (HostWait *h = st->host_waiting, *next; h != NULL; h = next) {
		next = h->next; /* h is on the stack of the thread that goes on now */
		parker_unpark(&h->parker);
	}
	st->host_waiting = NULL;
}

void sched_stop_world(Worker *w) {
	VM *vm = w->vm;
	struct StopState *st = vm->stop;
	lock_acquire(&vm->sched_lock);
	if (st->owned && st->owner == w) {
		st->depth++;
	} else {
		while (st->owned)
			stop_wait_locked(w);
		world_stop_locked(vm, w, &w->parker);
	}
	lock_release(&vm->sched_lock);
}

void sched_start_world(Worker *w) {
	VM *vm = w->vm;
	lock_acquire(&vm->sched_lock);
	if (vm->stop->depth != 0)
		vm->stop->depth--;
	else
		world_start_locked(vm);
	lock_release(&vm->sched_lock);
}

static bool job_done(VM *vm, const Worker *owner) {
	(void)owner;
	return vm->stop->job_left == 0;
}

/* Every worker that exists is idle or waits in stop_wait_locked; each looks for the job when it is kicked. */
void sched_parallel(Worker *w, void (*fn)(Worker *w, void *user), void *user) {
	VM *vm = w->vm;
	struct StopState *st = vm->stop;
	lock_acquire(&vm->sched_lock);
	while (worker_start_locked(vm))
		;
	st->job = fn;
	st->job_user = user;
	st->job_epoch++;
	st->job_left = 0;
	w->job_seen = st->job_epoch;
	for (uint32_t i = 0; i < vm->workers_len; i++) {
		Worker *other = vm->workers[i];
		if (other == w || other->idle_state == WORKER_OUT || i >= vm->worker_count) {
			other->job_seen = st->job_epoch;
			continue;
		}
		st->job_left++;
		worker_kick_locked(other);
	}
	lock_release(&vm->sched_lock);
	fn(w, user);
	lock_acquire(&vm->sched_lock);
	owner_wait_locked(vm, w, job_done);
	st->job = NULL;
	lock_release(&vm->sched_lock);
}

/* ---- safepoints ---- */

void sched_safepoint(Worker *w) {
	VM *vm = w->vm;
	bool collected = false;
	for (;;) {
		uint32_t flags = stop_flags(vm);
		if (flags & STOP_WORLD) {
			lock_acquire(&vm->sched_lock);
			stop_wait_locked(w);
			lock_release(&vm->sched_lock);
		} else if (flags & STOP_PROCS) {
			sched_stop_world(w);
			sched_apply_worker_count(w);
			sched_start_world(w);
		} else if ((flags & STOP_GC) && !collected) {
			collected = true; /* if it could not be done now, the program goes on */
			gc_run_pending(w);
		} else {
			return;
		}
	}
}

/* ---- host threads ---- */

static void host_wait_locked(VM *vm) {
	HostWait self = {.next = vm->stop->host_waiting};
	vm->stop->host_waiting = &self;
	lock_release(&vm->sched_lock);
	parker_park(&self.parker, -1);
	lock_acquire(&vm->sched_lock);
}

void world_stop(WorldStop *s, VM *vm, Worker *worker) {
	*s = (WorldStop){.vm = vm, .worker = worker};
	if (worker != NULL) {
		sched_stop_world(worker);
		return;
	}
	lock_acquire(&vm->sched_lock);
	while (vm->stop->owned)
		host_wait_locked(vm);
	world_stop_locked(vm, NULL, &s->parker);
	lock_release(&vm->sched_lock);
}

void world_start(WorldStop *s) {
	if (s->worker != NULL) {
		sched_start_world(s->worker);
		return;
	}
	lock_acquire(&s->vm->sched_lock);
	world_start_locked(s->vm);
	lock_release(&s->vm->sched_lock);
}

void world_bar(VM *vm) {
	lock_acquire(&vm->sched_lock);
	while (vm->stop->owned)
		host_wait_locked(vm);
	vm->stop->host_inside++;
	lock_release(&vm->sched_lock);
}

void world_unbar(VM *vm) {
	lock_acquire(&vm->sched_lock);
	vm->stop->host_inside--;
	stop_changed_locked(vm);
	lock_release(&vm->sched_lock);
}

void sched_host_enter(VM *vm) {
	struct StopState *st = vm->stop;
	lock_acquire(&vm->sched_lock);
	while (st->owned)
		host_wait_locked(vm);
	if (!st->host_used) { /* a single worker may be inside a channel without a lock: it must come out first */
		Parker parker = {0};
		world_stop_locked(vm, NULL, &parker);
		st->host_used = true;
		vm->multi = true;
		world_start_locked(vm);
	}
	st->host_inside++;
	lock_release(&vm->sched_lock);
}

void sched_host_leave(VM *vm) {
	lock_acquire(&vm->sched_lock);
	vm->stop->host_inside--;
	stop_changed_locked(vm);
	worker_check_deadlock_locked(vm);
	lock_release(&vm->sched_lock);
}
