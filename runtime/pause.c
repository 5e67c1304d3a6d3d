/* SPDX-License-Identifier: MIT */
/* pause.c: holding goroutines back, and letting them run one at a time.
 *
 * Owns: SchedState.held, the goroutines that would run but must not, in the order of their turn; the step under way.
 * Rules: while paused a worker that picks a goroutine puts it into `held`, unless it is spared (evaluations, calls of the
 *   host). A step takes one out, and one worker runs it for a slice. Nothing is a deadlock while something is held.
 * Why: goroutines are stopped where the scheduler picks them, so nothing else in the system knows about pausing, and what
 *   is held is in order.
 * See: worker.c (worker_pick_paused), docs/scheduler.md */
#include "runtime/pause.h"

#include "runtime/ring.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

/* ---- what is held ---- */

static void held_push_locked(struct SchedState *s, Goroutine *g) {
	g->link = NULL;
	if (s->held_tail != NULL)
		s->held_tail->link = g;
	else
		s->held_head = g;
	s->held_tail = g;
	s->held_len++;
}

static Goroutine *held_take_locked(struct SchedState *s, uint64_t id) {
	Goroutine *before = NULL, *g = s->held_head;
	for (; g != NULL && id != 0 && g->id != id; g = g->link)
		before = g;
	if (g == NULL)
		return NULL;
	if (before != NULL)
		before->link = g->link;
	else
		s->held_head = g->link;
	if (s->held_tail == g)
		s->held_tail = before;
	s->held_len--;
	return g;
}

bool pause_holds(Worker *w, Goroutine *g) {
	if (!pause_is_on(w->vm) || g->is_spared)
		return false;
	lock_acquire(&w->vm->sched_lock);
	held_push_locked(w->vm->sched, g);
	lock_release(&w->vm->sched_lock);
	return true;
}

bool pause_is_held(const VM *vm, const Goroutine *g) {
	for (const Goroutine *held = vm->sched->held_head; held != NULL; held = held->link)
		if (held == g)
			return true;
	return false;
}

static void held_clear(struct SchedState *s) {
	s->held_head = s->held_tail = NULL;
	s->held_len = 0;
}

void pause_end(VM *vm) {
	__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_PAUSE, __ATOMIC_SEQ_CST);
	held_clear(vm->sched);
}

/* World stopped: what is queued anywhere is held from now on. Spared ones go back to the global queue. */
static void hold_all(VM *vm) {
	Goroutine *queued = NULL, **end = &queued;
	for (uint32_t i = 0; i < vm->workers_len; i++)
		worker_drain(vm->workers[i]);
	lock_acquire(&vm->sched_lock);
	for (Goroutine *g = vm->global_head, *next; g != NULL; g = next) {
		next = g->link;
		if (g->is_spared) {
			*end = g;
			end = &g->link;
		} else {
			held_push_locked(vm->sched, g);
		}
	}
	*end = NULL;
	vm->global_head = vm->global_tail = NULL;
	__atomic_store_n(&vm->global_len, 0, __ATOMIC_RELAXED);
	lock_release(&vm->sched_lock);
	for (Goroutine *g = queued, *next; g != NULL; g = next) {
		next = g->link;
		sched_push_global(vm, g, g, 1);
	}
}

/* ---- pausing ---- */

void sched_pause(VM *vm) { /* world stopped */
	__atomic_or_fetch(&vm->stop_requested, STOP_PAUSE, __ATOMIC_SEQ_CST);
	hold_all(vm);
}

void sched_resume(VM *vm) { /* world stopped */
	struct SchedState *s = vm->sched;
	Goroutine *head = s->held_head, *tail = s->held_tail;
	uint32_t count = s->held_len;
	pause_end(vm);
	if (count != 0)
		sched_push_global(vm, head, tail, count);
}

void sched_wake(VM *vm) {
	worker_wake_one(vm);
}

/* ---- stepping ---- */

StepChoice sched_step_begin(VM *vm, uint64_t id, StepWait *wait) { /* world stopped */
	struct SchedState *s = vm->sched;
	hold_all(vm);
	if (s->step != NULL || s->step_wait != NULL)
		return STEP_BUSY;
	Goroutine *g = held_take_locked(s, id);
	if (g == NULL)
		return STEP_NONE;
	if (!watch_step_begin(vm, g->id)) {
		held_push_locked(s, g);
		return STEP_NO_MEMORY;
	}
	wait->goroutine = g->id;
	s->step = g;
	s->step_wait = wait;
	return STEP_CHOSEN;
}

bool pause_run_step(Worker *w) {
	struct SchedState *s = w->vm->sched;
	lock_acquire(&w->vm->sched_lock);
	Goroutine *g = s->step;
	s->step = NULL;
	lock_release(&w->vm->sched_lock);
	if (g == NULL)
		return false;
	watch_runs(g);
	worker_execute(w, g);
	lock_acquire(&w->vm->sched_lock);
	if (s->step_wait != NULL) {
		__atomic_store_n(&s->step_wait->done, true, __ATOMIC_RELEASE);
		parker_unpark(&s->step_wait->parker);
	}
	s->step_wait = NULL;
	lock_release(&w->vm->sched_lock);
	return true;
}

/* The caller's thread is worker 0's, outside of any run or pump. */
static void step_here(VM *vm) {
	Worker *w = vm->workers[0];
	lock_acquire(&vm->sched_lock);
	w->idle_state = WORKER_ACTIVE;
	vm->sched->active++;
	worker_count_idle_locked(vm);
	lock_release(&vm->sched_lock);
	sched_safepoint(w); /* somebody may have the world stopped */
	pause_run_step(w);
	lock_acquire(&vm->sched_lock);
	vm->sched->active--;
	w->idle_state = WORKER_OUT;
	worker_count_idle_locked(vm);
	stop_changed_locked(vm);
	lock_release(&vm->sched_lock);
}

void sched_step_wait(VM *vm, bool here, StepWait *wait, int64_t timeout_ns) {
	int64_t deadline = clock_monotonic_ns() + timeout_ns;
	if (here)
		step_here(vm);
	else
		worker_wake_one(vm);
	while (!__atomic_load_n(&wait->done, __ATOMIC_ACQUIRE)) {
		int64_t left = deadline - clock_monotonic_ns();
		if (left <= 0)
			break;
		parker_park(&wait->parker, left);
	}
}

/* World stopped: what runs is not running now, but it may not have come to the end of its slice. */
void sched_step_end(VM *vm, StepWait *wait) {
	struct SchedState *s = vm->sched;
	lock_acquire(&vm->sched_lock);
	if (s->step_wait == wait)
		s->step_wait = NULL;
	if (s->step != NULL) { /* nobody took it */
		held_push_locked(s, s->step);
		s->step = NULL;
	}
	lock_release(&vm->sched_lock);
}
