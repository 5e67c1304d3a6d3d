/* SPDX-License-Identifier: MIT */
/* sched.c: the scheduler as the rest of the system sees it: life of a VM's runtime, running a program, readying,
 * exit.
 *
 * Owns: the global queue; the life of everything in VM that belongs to runtime/.
 * Rules: the global queue, the list of idle workers and `active` change under sched_lock only, so whoever holds it
 * and sees no active worker knows that nothing moves.
 * Why: a goroutine readied by a worker goes to that worker without any lock or wake-up (a futex wake costs 200 times
 * a hand-off); surplus is noticed by worker.c when the worker picks its next goroutine.
 * See: docs/scheduler.md, tests/unit/test_sched.c */
#include "runtime/bubble.h"
#include "runtime/made_type.h"
#include "runtime/pause.h"
#include "runtime/ring.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

/* ---- life ---- */

static void mark_blocking(Marker *m, void *user) {
	blocking_mark(m, user);
}

bool vm_runtime_init(VM *vm, RunFn run) {
	vm->run = run;
	if (vm->gc_percent == 0)
		vm->gc_percent = 100;
	if (vm->host.fuel == 0)
		vm->host.fuel = -1;
	vm->sched = mem_zalloc(&vm->mem, sizeof(struct SchedState));
	if (vm->sched != NULL)
		vm->sched->thread_limit = MAX_WORKERS;
	if (vm->sched == NULL || !stop_init(vm) || !goroutines_init(vm) || !semas_init(vm) || !poll_init(vm) ||
	    !blocking_init(vm) || !signals_init(vm) || !heap_init(vm) || worker_new(vm, 0) == NULL || !gc_add_root(vm, mark_blocking, vm)) {
		vm_runtime_deinit(vm);
		return false;
	}
	stop_update_multi(vm);
	return true;
}

static void workers_join(VM *vm) {
	lock_acquire(&vm->sched_lock);
	vm->sched->closing = true;
	lock_release(&vm->sched_lock);
	workers_kick_all(vm);
	for (uint32_t i = 1; i < vm->workers_len; i++)
		if (vm->workers[i]->thread_started)
			thread_join(&vm->workers[i]->thread);
}

/* Also undoes a vm_runtime_init that failed halfway. */
void vm_runtime_deinit(VM *vm) {
	if (vm->sched != NULL)
		workers_join(vm);
	if (vm->blocking != NULL)
		blocking_deinit(vm);
	if (vm->workers_len != 0)
		sched_discard_goroutines(vm);
	for (uint32_t i = vm->workers_len; i-- > 0;)
		worker_free(vm->workers[i]);
	vm->workers_len = 0;
	if (vm->heap != NULL)
		heap_deinit(vm);
	Buf unread;
	if (sched_capture_end(vm, &unread))
		buf_deinit(&unread);
	made_types_deinit(vm);
	watch_free(vm);
	poll_deinit(vm);
	signals_deinit(vm);
	semas_deinit(vm);
	goroutines_deinit(vm);
	stop_deinit(vm);
	mem_free(&vm->mem, vm->sched, sizeof(struct SchedState));
	vm->sched = NULL;
}

/* ---- the global queue ---- */

static void global_append_locked(VM *vm, Goroutine *head, Goroutine *tail, uint32_t count) {
	tail->link = NULL;
	if (vm->global_tail != NULL)
		vm->global_tail->link = head;
	else
		vm->global_head = head;
	vm->global_tail = tail;
	__atomic_store_n(&vm->global_len, vm->global_len + count, __ATOMIC_RELAXED);
}

void sched_push_global(VM *vm, Goroutine *head, Goroutine *tail, uint32_t count) {
	lock_acquire(&vm->sched_lock);
	global_append_locked(vm, head, tail, count);
	lock_release(&vm->sched_lock);
}

static Goroutine *global_pop_locked(VM *vm) {
	Goroutine *g = vm->global_head;
	vm->global_head = g->link;
	if (vm->global_head == NULL)
		vm->global_tail = NULL;
	__atomic_store_n(&vm->global_len, vm->global_len - 1, __ATOMIC_RELAXED);
	return g;
}

Goroutine *global_take(Worker *w, uint32_t max) {
	VM *vm = w->vm;
	if (__atomic_load_n(&vm->global_len, __ATOMIC_RELAXED) == 0)
		return NULL;
	lock_acquire(&vm->sched_lock);
	Goroutine *g = NULL;
	if (vm->global_len != 0) {
		uint32_t share = vm->global_len / (vm->worker_count != 0 ? vm->worker_count : 1) + 1;
		if (share > max)
			share = max;
		g = global_pop_locked(vm);
		while (--share != 0 && vm->global_len != 0) {
			Goroutine *more = global_pop_locked(vm);
			bool pushed = ring_push(w, more); /* max leaves room */
			assert(pushed);
			(void)pushed;
		}
	}
	lock_release(&vm->sched_lock);
	return g;
}

/* Half of a full ring and g move to the global queue, where others find them. */
static COLD void ring_overflow(Worker *w, Goroutine *g) {
	Goroutine *head = NULL, *tail = NULL;
	uint32_t count = 0;
	for (; count < RING_SIZE / 2; count++) {
		Goroutine *old = ring_pop(w);
		if (old == NULL)
			break;
		old->link = NULL;
		if (head == NULL)
			head = old;
		else
			tail->link = old;
		tail = old;
	}
	if (head == NULL)
		head = g;
	else
		tail->link = g;
	sched_push_global(w->vm, head, g, count + 1);
}

void ring_put(Worker *w, Goroutine *g) {
	if (UNLIKELY(!ring_push(w, g)))
		ring_overflow(w, g);
}

/* ---- readying ---- */

static inline void mark_runnable(Goroutine *g) {
	__atomic_store_n(&g->status, G_RUNNABLE, __ATOMIC_RELAXED);
}

void sched_ready_next(Worker *w, Goroutine *g) {
	Goroutine *old = w->runnext;
	mark_runnable(g);
	w->runnext = g;
	if (UNLIKELY(old != NULL))
		ring_put(w, old);
}

void sched_ready(VM *vm, Worker *w, Goroutine *g, bool next) {
	if (UNLIKELY(vm->watch != 0))
		watch_woken(vm, w, g);
	sched_ready_untold(vm, w, g, next);
}

void sched_ready_untold(VM *vm, Worker *w, Goroutine *g, bool next) {
	if (w == NULL) {
		mark_runnable(g);
		sched_push_global(vm, g, g, 1);
		worker_wake_one(vm);
	} else if (next) {
		sched_ready_next(w, g);
	} else {
		mark_runnable(g);
		ring_put(w, g);
	}
}

void sched_ready_list(VM *vm, Worker *w, Goroutine *head, Goroutine *tail, uint32_t count) {
	tail->link = NULL;
	for (Goroutine *g = head; g != NULL; g = g->link) {
		if (UNLIKELY(vm->watch != 0))
			watch_woken(vm, w, g);
		mark_runnable(g);
	}
	while (w != NULL && head != NULL) {
		Goroutine *next = head->link; /* read before somebody steals and runs head */
		if (!ring_push(w, head))
			break;
		head = next;
		count--;
	}
	if (head == NULL)
		return;
	sched_push_global(vm, head, tail, count);
	if (w == NULL)
		worker_wake_one(vm);
}

void host_will_park(Goroutine *g) {
	__atomic_add_fetch(&g->vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
	sched_will_park(g, WAIT_HOST);
}

void host_wake(VM *vm, Goroutine *g) {
	sched_ready(vm, NULL, g, false);
	/* Afterwards, so that at no moment the goroutine is neither runnable nor expected. */
	__atomic_sub_fetch(&vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
}

void host_expect(VM *vm, int change) {
	lock_acquire(&vm->sched_lock);
	__atomic_add_fetch(&vm->blocking_pending, change, __ATOMIC_SEQ_CST);
	worker_check_deadlock_locked(vm);
	lock_release(&vm->sched_lock);
}

/* ---- the end of a program ---- */

void sched_write(VM *vm, int fd, const char *data, size_t len) {
	if (!vm->host.write || len == 0)
		return;
	lock_acquire(&vm->write_lock);
	if (vm->captures && fd == 1)
		buf_put(&vm->captured, data, len);
	else
		vm->host.write(vm->host.user, fd, data, len);
	lock_release(&vm->write_lock);
}

void sched_capture_begin(VM *vm) {
	lock_acquire(&vm->write_lock);
	buf_init(&vm->captured, &vm->mem);
	vm->captures = true;
	lock_release(&vm->write_lock);
}

bool sched_capture_end(VM *vm, Buf *out) {
	lock_acquire(&vm->write_lock);
	bool captured = vm->captures;
	if (captured)
		*out = vm->captured;
	vm->captures = false;
	vm->captured = (Buf){0};
	lock_release(&vm->write_lock);
	return captured;
}

void sched_exit(VM *vm, ExitState state, int code, Goroutine *g) {
	uint32_t expected = EXIT_RUNNING;
	if (!__atomic_compare_exchange_n(&vm->exit_state, &expected, (uint32_t)state, false, __ATOMIC_ACQ_REL,
	                                 __ATOMIC_RELAXED))
		return; /* the winner sets the flag, after exit_code: nobody reads it too early */
	vm->exit_code = code;
	vm->exit_goroutine = g;
	__atomic_or_fetch(&vm->stop_requested, STOP_EXIT, __ATOMIC_SEQ_CST);
	workers_kick_all(vm);
}

bool sched_may_abandon(VM *vm) { return vm->session == NULL && vm->sched->running; }

bool sched_is_ending(VM *vm, bool clock) {
	if (clock && vm->host.deadline_ns != 0 && sched_now_ns(vm) >= vm->host.deadline_ns)
		sched_exit(vm, EXIT_LIMIT, LIMIT_WALL, NULL);
	return (stop_flags(vm) & STOP_EXIT) != 0;
}

void sched_request_traces(VM *vm) {
	__atomic_or_fetch(&vm->stop_requested, STOP_TRACE, __ATOMIC_SEQ_CST);
	workers_kick_all(vm);
}

static void collect(Goroutine *g, void *user) {
	Goroutine **list = user;
	g->link = *list;
	*list = g;
}

/* The goroutine that ended the program is kept for reports until the next run. */
static void drop_exit_goroutine(VM *vm) {
	Goroutine *g = vm->exit_goroutine;
	vm->exit_goroutine = NULL;
	if (g != NULL && g->status == G_DEAD)
		goroutine_free(vm->workers[0], g);
}

static void workers_drain(VM *vm) {
	for (uint32_t i = 0; i < vm->workers_len; i++)
		worker_drain(vm->workers[i]);
}

void sched_discard_goroutines(VM *vm) {
	Worker *w = vm->workers[0];
	world_bar(vm);
	if (vm->blocking != NULL)
		blocking_abandon(vm); /* first: afterwards nobody adds to the queues */
	timers_clear(vm);
	semas_clear(vm);
	poll_clear(vm);
	if (vm->signals != NULL)
		signals_clear(vm);
	workers_drain(vm);
	pause_end(vm);
	vm->global_head = vm->global_tail = NULL;
	vm->global_len = 0;
	bubbles_discard(vm);
	drop_exit_goroutine(vm);
	Goroutine *list = NULL; /* freeing may give slabs back: not while they are visited */
	sched_each_goroutine(vm, collect, &list);
	for (Goroutine *g = list, *next; g != NULL; g = next) {
		next = g->link;
		if (g->status == G_WAITING) {
			chan_forget(g);
			vm->blocking_pending -= g->wait_reason == WAIT_HOST;
		}
		goroutine_free(w, g);
	}
	world_unbar(vm);
}

/* ---- running ---- */

static Goroutine *main_new(VM *vm, const Closure *closure, const Slot *args, uint32_t slots, bool is_call) {
	Goroutine *g = goroutine_new(vm->workers[0], NULL, closure, args, slots);
	if (g == NULL) {
		bool limit = vm->host.max_goroutines != 0 && (uint64_t)goroutine_count(vm) >= vm->host.max_goroutines;
		vm->exit_code = LIMIT_GOROUTINES;
		vm->exit_state = limit ? EXIT_LIMIT : EXIT_MEMORY;
		return NULL;
	}
	g->is_main = true;
	g->is_spared = is_call;
	return g;
}

static void run_prepare(VM *vm) {
	Worker *w = vm->workers[0];
	drop_exit_goroutine(vm);
	if (vm->worker_count == 0) /* a host that pumps, and now waits instead */
		vm->worker_count = 1;
	vm->exit_code = 0;
	__atomic_store_n(&vm->grace_until_ns, 0, __ATOMIC_RELAXED);
	__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_EXIT, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vm->exit_state, EXIT_RUNNING, __ATOMIC_SEQ_CST); /* from now on an interrupt is seen */
	if (vm->host.starting != NULL && __atomic_load_n(vm->host.starting, __ATOMIC_SEQ_CST) == START_INTERRUPTED)
		sched_exit(vm, EXIT_INTERRUPTED, 2, NULL);
	sched_apply_worker_count(w);
	stop_update_multi(vm);
	world_bar(vm);
	workers_drain(vm); /* what an earlier run left behind */
	world_unbar(vm);
	w->tick = 0;
}

static void run_enter(VM *vm) {
	lock_acquire(&vm->sched_lock);
	vm->sched->running = true;
	vm->workers[0]->idle_state = WORKER_ACTIVE;
	vm->sched->active++;
	worker_count_idle_locked(vm);
	lock_release(&vm->sched_lock);
}

static bool run_begin(VM *vm, const Closure *closure, const Slot *args, uint32_t slots, bool is_call) {
	run_prepare(vm);
	world_bar(vm);
	Goroutine *g = main_new(vm, closure, args, slots, is_call);
	if (g != NULL) {
		sched_ready(vm, vm->workers[0], g, true);
		run_enter(vm);
	}
	world_unbar(vm);
	return g != NULL;
}

/* Worker 0 leaves; ended: so does the program. */
static void run_leave(VM *vm, bool ended) {
	Worker *w = vm->workers[0];
	(void)__atomic_load_n(&vm->stop_requested, __ATOMIC_ACQUIRE); /* with STOP_EXIT came exit_code and exit_goroutine */
	lock_acquire(&vm->sched_lock);
	if (ended) {
		stop_rest_locked(w);
		vm->sched->running = vm->sched->pumped = false;
	}
	vm->sched->active--;
	w->idle_state = WORKER_OUT;
	worker_count_idle_locked(vm);
	stop_changed_locked(vm);
	lock_release(&vm->sched_lock);
	if (ended && vm->exit_hook != NULL)
		vm->exit_hook(vm);
}

bool sched_begin_grace(VM *vm) {
	if (vm->host.grace_ns == 0 || vm->sched->pumped || (stop_flags(vm) & STOP_EXIT))
		return false;
	__atomic_store_n(&vm->grace_until_ns, sched_now_ns(vm) + vm->host.grace_ns, __ATOMIC_RELAXED);
	return true;
}

void sched_run_program(VM *vm, const Closure *closure, bool keep_goroutines) {
	if (!run_begin(vm, closure, NULL, 0, false))
		return;
	worker_loop(vm->workers[0]);
	run_leave(vm, true);
	if (!keep_goroutines)
		sched_discard_goroutines(vm);
}

void run_session_begin(VM *vm) {
	run_prepare(vm);
	run_enter(vm);
}

void run_session_leave(VM *vm) { run_leave(vm, true); }

/* ---- calls of the host ---- */

static bool nothing_else_can_run(VM *vm) {
	if (vm->timers_pending != 0 || vm->blocking_pending != 0 || vm->global_len != 0 || vm->worker_count == 0)
		return false;
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (vm->workers[i]->runnext != NULL || ring_len(vm->workers[i]) != 0)
			return false;
	return true;
}

/* Worker 0 becomes active if nobody else is. */
static bool quick_enter(VM *vm) {
	struct SchedState *s = vm->sched;
	if (!nothing_else_can_run(vm))
		return false;
	lock_acquire(&vm->sched_lock);
	bool alone = s->active == 0 && s->poller == NULL && s->wanted_workers == 0 && !vm->stop->owned;
	if (alone) {
		s->running = true;
		s->active = 1;
		vm->workers[0]->idle_state = WORKER_ACTIVE;
		worker_count_idle_locked(vm);
	}
	lock_release(&vm->sched_lock);
	return alone;
}

/* Undoes it without a word to the others; false: they are awake. */
static bool quick_leave(VM *vm) {
	struct SchedState *s = vm->sched;
	uint32_t expected = EXIT_RUNNING;
	lock_acquire(&vm->sched_lock);
	bool alone = s->active == 1 && s->poller == NULL;
	if (alone) {
		s->running = false;
		s->active = 0;
		vm->workers[0]->idle_state = WORKER_OUT;
		worker_count_idle_locked(vm);
		stop_changed_locked(vm);
		__atomic_compare_exchange_n(&vm->exit_state, &expected, EXIT_MAIN_RETURNED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
	lock_release(&vm->sched_lock);
	return alone;
}

void sched_run_call(VM *vm, const Closure *closure, const Slot *args, uint32_t slots) {
	Worker *w = vm->workers[0];
	if (!quick_enter(vm)) {
		if (!run_begin(vm, closure, args, slots, true))
			return;
		worker_loop(w);
		run_leave(vm, true);
		return;
	}
	drop_exit_goroutine(vm);
	vm->exit_code = 0;
	if (stop_flags(vm) & STOP_EXIT)
		__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_EXIT, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vm->exit_state, EXIT_RUNNING, __ATOMIC_SEQ_CST);
	Goroutine *g = main_new(vm, closure, args, slots, true);
	if (g != NULL && !worker_call(w, g))
		worker_loop(w);
	else if (quick_leave(vm))
		return;
	sched_exit(vm, EXIT_MAIN_RETURNED, 0, NULL); /* if nothing else ended it */
	run_leave(vm, true);
}

/* ---- a host that pumps ---- */

bool sched_pump_begin(VM *vm, const Closure *closure) {
	if (!run_begin(vm, closure, NULL, 0, false))
		return false;
	lock_acquire(&vm->sched_lock);
	vm->sched->pumped = true;
	lock_release(&vm->sched_lock);
	run_leave(vm, false);
	return true;
}

SchedPump sched_pump(VM *vm, int64_t until_ns) {
	Worker *w = vm->workers[0];
	lock_acquire(&vm->sched_lock);
	w->idle_state = WORKER_ACTIVE;
	vm->sched->active++;
	worker_count_idle_locked(vm);
	lock_release(&vm->sched_lock);
	SchedPump found = worker_pump(w, until_ns);
	run_leave(vm, found == SCHED_PUMP_DONE);
	return found;
}

int64_t sched_next_ns(VM *vm) {
	Worker *w = vm->workers[0];
	if (w->runnext != NULL || ring_len(w) != 0 || __atomic_load_n(&vm->global_len, __ATOMIC_RELAXED) != 0 ||
	    (stop_flags(vm) & STOP_EXIT))
		return 0;
	int64_t earliest = timers_earliest(vm);
	return vm->host.deadline_ns != 0 && vm->host.deadline_ns < earliest ? vm->host.deadline_ns : earliest;
}

int sched_poll_fd(VM *vm) {
	return poll_open(vm);
}

/* ---- GOMAXPROCS ---- */

uint32_t sched_set_worker_count(VM *vm, uint32_t n) {
	if (n > HOST_WORKER)
		n = HOST_WORKER;
	lock_acquire(&vm->sched_lock);
	uint32_t previous = vm->sched->wanted_workers != 0 ? vm->sched->wanted_workers : vm->worker_count;
	bool changed = n != 0 && n != previous && !vm->sched->pumped;
	if (changed)
		vm->sched->wanted_workers = n;
	lock_release(&vm->sched_lock);
	if (changed)
		__atomic_or_fetch(&vm->stop_requested, STOP_PROCS, __ATOMIC_RELAXED);
	return previous;
}

/* With the world stopped or nothing running. */
void sched_apply_worker_count(Worker *w) {
	VM *vm = w->vm;
	lock_acquire(&vm->sched_lock);
	__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_PROCS, __ATOMIC_RELAXED);
	if (vm->sched->wanted_workers != 0)
		vm->worker_count = vm->sched->wanted_workers;
	vm->sched->wanted_workers = 0;
	worker_count_idle_locked(vm);
	for (Worker *idle = vm->sched->idle; idle != NULL; idle = idle->idle_next)
		worker_kick_locked(idle); /* those above the number hand over, the others take over */
	lock_release(&vm->sched_lock);
	stop_update_multi(vm);
}
