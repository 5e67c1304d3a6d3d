/* SPDX-License-Identifier: MIT */
/* worker.c: the loop of a worker thread: pick a goroutine, run it, requeue it; find work, steal, sleep, wake.
 *
 * Owns: the workers and their threads; the list of sleeping workers.
 * Rules: runnext belongs to its worker alone. A worker sleeps only with runnext and ring empty (or while no program
 * runs). When the last active worker goes to sleep, everything that could still happen is known under sched_lock:
 * either somebody sleeps until the next deadline, or something outside is pending, or it is a deadlock.
 * Why: waking a thread costs 7-11 us and its waker 2, so nobody is woken for a goroutine that runs here soon anyway:
 * only when more than one goroutine has been waiting for SURPLUS_TICKS and nobody spins. Rings are pushed without a
 * fence: a missed look is made good at the owner's next pick, and only owners keep goroutines there.
 * See: docs/scheduler.md */
#include <errno.h>

#include "runtime/pause.h"
#include "runtime/ring.h"
#include "runtime/sched_internal.h"
#include "runtime/watch.h"

enum {
	GLOBAL_EVERY = 61,      /* rounds between looks at the global queue while there is work here; Go's number */
	DUTIES_EVERY = 8,       /* rounds between looks at the clock while timers or descriptors are pending */
	INHERIT_MAX = 128,      /* hand-offs in a row before the others in the ring get their turn */
	SURPLUS_TICKS = 8000,   /* some microseconds */
	SPIN_TICKS_MIN = 4000,
	SPIN_TICKS_MAX = 40000, /* some tens of microseconds: about what a wake-up costs */
	POLL_EVERY_NS = 50000,
	STOP_PICK = STOP_EXIT | STOP_WORLD | STOP_GC | STOP_PROCS | STOP_TRACE, /* seen between two goroutines */
	MONITOR_NS = 10000000,  /* while others run, one sleeper looks this often at what long natives keep from running */
	THREAD_STACK_BYTES = 1 << 20, /* natives recurse over types and values (limits.h) */
};

/* ---- life ---- */

void worker_free(Worker *w) {
	VM *vm = w->vm;
	if (vm->worker_end != NULL)
		vm->worker_end(w);
	if (w->alloc != NULL)
		heap_worker_deinit(w);
	timers_worker_deinit(w);
	select_worker_deinit(w);
	if (vm->all != NULL)
		goroutines_worker_deinit(w);
	vm->workers[w->index] = NULL;
	mem_free(&vm->mem, w, sizeof(Worker));
}

Worker *worker_new(VM *vm, uint32_t index) {
	Worker *w = mem_zalloc(&vm->mem, sizeof(Worker));
	if (w == NULL)
		return NULL;
	w->vm = vm;
	w->index = index;
	w->random = (vm->seed + index + 1) * 0x9E3779B97F4A7C15u | 1;
	w->spin_limit = SPIN_TICKS_MAX;
	w->inherit_left = INHERIT_MAX;
	vm->workers[index] = w;
	if (!timers_worker_init(w) || !heap_worker_init(w) || (vm->worker_begin != NULL && !vm->worker_begin(w))) {
		worker_free(w);
		return NULL;
	}
	__atomic_store_n(&vm->workers_len, index + 1, __ATOMIC_RELEASE);
	return w;
}

void worker_drain(Worker *w) {
	Goroutine *g = w->runnext;
	w->runnext = NULL;
	for (; g != NULL || (g = ring_pop(w)) != NULL; g = NULL)
		sched_push_global(w->vm, g, g, 1);
}

/* ---- sleeping and waking ---- */

void worker_count_idle_locked(VM *vm) {
	uint32_t active = vm->sched->active;
	uint32_t n = vm->worker_count < vm->sched->thread_limit ? vm->worker_count : vm->sched->thread_limit;
	__atomic_store_n(&vm->idle_workers, n > active ? n - active : 0, __ATOMIC_RELAXED);
}

static void idle_enter_locked(Worker *w) {
	struct SchedState *s = w->vm->sched;
	w->idle_state = WORKER_IDLE;
	w->idle_next = s->idle;
	s->idle = w;
}

static void idle_leave_locked(Worker *w) {
	struct SchedState *s = w->vm->sched;
	Worker **at = &s->idle;
	while (*at != w)
		at = &(*at)->idle_next;
	*at = w->idle_next;
	w->idle_state = WORKER_ACTIVE;
	s->active++;
	worker_count_idle_locked(w->vm);
}

void worker_kick_locked(Worker *w) {
	if (w->in_poll)
		poll_kick(w->vm);
	else
		parker_unpark(&w->parker);
}

void workers_kick_all(VM *vm) {
	int saved = errno; /* of what a signal handler interrupted */
	uint32_t n = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < n; i++)
		parker_unpark(&vm->workers[i]->parker);
	poll_kick(vm);
	errno = saved;
}

static void spinning_add(VM *vm, int n) {
	__atomic_add_fetch(&vm->spinning_workers, (uint32_t)n, __ATOMIC_SEQ_CST);
}

static void *worker_thread(void *arg);

bool worker_start_locked(VM *vm) {
	if (vm->workers_len >= vm->worker_count || vm->workers_len >= vm->sched->thread_limit)
		return false;
	Worker *w = worker_new(vm, vm->workers_len);
	if (w == NULL)
		return false;
	w->job_seen = vm->stop->job_epoch;
	idle_enter_locked(w);
	w->thread_started = thread_start(&w->thread, worker_thread, w, THREAD_STACK_BYTES);
	if (w->thread_started)
		return true;
	vm->sched->idle = w->idle_next;
	__atomic_store_n(&vm->workers_len, w->index, __ATOMIC_RELEASE);
	worker_free(w);
	vm->sched->thread_limit = vm->workers_len; /* the system has no more for us */
	worker_count_idle_locked(vm);
	return false;
}

/* An idle worker that may run goroutines, best one that sleeps outside the poller. */
static Worker *idle_find_locked(VM *vm) {
	Worker *found = NULL;
	for (Worker *w = vm->sched->idle; w != NULL; w = w->idle_next)
		if (w->index < vm->worker_count && (found == NULL || found->in_poll))
			found = w;
	return found;
}

void worker_wake_one(VM *vm) {
	lock_acquire(&vm->sched_lock);
	if (vm->sched->pumped)
		poll_kick(vm); /* the host looks at the descriptor */
	bool wanted = vm->sched->running && !(stop_flags(vm) & STOP_EXIT) &&
	              __atomic_load_n(&vm->spinning_workers, __ATOMIC_SEQ_CST) == 0;
	Worker *w = wanted ? idle_find_locked(vm) : NULL;
	if (wanted && w == NULL && worker_start_locked(vm))
		w = idle_find_locked(vm);
	if (w != NULL) { /* it counts as spinning until it has found something or sleeps again */
		idle_leave_locked(w);
		w->spinning = true;
		spinning_add(vm, 1);
		w->wakes++;
		worker_kick_locked(w);
	}
	lock_release(&vm->sched_lock);
}

/* If nobody is active: is anything left that could make a goroutine runnable? When main has returned that does not matter. */
void worker_check_deadlock_locked(VM *vm) {
	if (vm->sched->active != 0 || !vm->sched->running || vm->sched->pumped || (stop_flags(vm) & STOP_EXIT) || vm->global_len != 0)
		return;
	if (vm->sched->held_len != 0 || vm->sched->step != NULL)
		return;
	if (__atomic_load_n(&vm->grace_until_ns, __ATOMIC_RELAXED) != 0) {
		sched_exit(vm, EXIT_MAIN_RETURNED, 0, NULL);
		return;
	}
	if (__atomic_load_n(&vm->blocking_pending, __ATOMIC_SEQ_CST) != 0 || vm->stop->host_inside != 0)
		return;
	if (timers_earliest(vm) != NO_DEADLINE && (vm->session != NULL || timers_may_wake(vm)))
		return;
	/* A worker in the poller is idle and may just have filled its ring: that came before it lowered blocking_pending. */
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (ring_len(vm->workers[i]) != 0)
			return;
	if (vm->session != NULL)
		session_stuck_locked(vm);
	else if (goroutine_count(vm) > 0)
		sched_exit(vm, EXIT_DEADLOCK, 2, NULL);
}

/* It may run goroutines and has duties: a program runs, and GOMAXPROCS is large enough. */
static bool is_on_duty_locked(const Worker *w) {
	const VM *vm = w->vm;
	return vm->sched->running && !(stop_flags(vm) & STOP_EXIT) && w->index < vm->worker_count;
}

/* When a worker that goes to sleep must wake by itself: at the next deadline of all, or to look after those that run,
 * unless another one will. */
static int64_t sleep_deadline_locked(Worker *w) {
	VM *vm = w->vm;
	int64_t earliest = timers_earliest(vm);
	int64_t monitor = sched_now_ns(vm) + MONITOR_NS;
	if (vm->sched->active != 0 && monitor < earliest)
		earliest = monitor;
	if (vm->host.deadline_ns != 0 && vm->host.deadline_ns < earliest)
		earliest = vm->host.deadline_ns;
	for (Worker *other = vm->sched->idle; other != NULL; other = other->idle_next)
		if (other != w && other->sleep_until_ns <= earliest && other->index < vm->worker_count)
			return NO_DEADLINE;
	return earliest;
}

/* Worker 0 may wait for all others to rest, in stop_rest_locked. */
static void wake_resting_locked(VM *vm) {
	if (vm->workers[0]->waiting)
		parker_unpark(&vm->workers[0]->parker);
}

/* Sleeps once, in the poller or on the parker. */
static void sleep_once_locked(Worker *w) {
	VM *vm = w->vm;
	struct SchedState *s = vm->sched;
	bool on_duty = is_on_duty_locked(w);
	w->sleep_until_ns = on_duty ? sleep_deadline_locked(w) : NO_DEADLINE;
	w->in_poll = on_duty && s->poller == NULL && poll_has_waiters(vm);
	if (w->in_poll)
		s->poller = w;
	lock_release(&vm->sched_lock);
	if (w->in_poll) {
		poll_run(w, w->sleep_until_ns);
	} else if (w->sleep_until_ns == NO_DEADLINE) {
		parker_park(&w->parker, -1);
	} else {
		int64_t left = w->sleep_until_ns - sched_now_ns(vm);
		parker_park(&w->parker, left > 0 ? left : 0);
	}
	lock_acquire(&vm->sched_lock);
	if (w->in_poll) {
		s->poller = NULL;
		wake_resting_locked(vm);
	}
	w->in_poll = false;
}

/* Whether an idle worker has a reason of its own to become active. */
static bool must_get_up_locked(Worker *w) {
	VM *vm = w->vm;
	if (stop_flags(vm) & STOP_EXIT)
		return w->index == 0; /* the others rest where they are */
	if (!is_on_duty_locked(w))
		return false;
	return w->runnext != NULL || ring_len(w) != 0 || (stop_flags(vm) & STOP_TRACE) ||
	       (w->sleep_until_ns != NO_DEADLINE && sched_now_ns(vm) >= w->sleep_until_ns);
}

/* GOMAXPROCS became smaller while it slept: others must do what it slept for. */
static void hand_over_locked(Worker *w) {
	VM *vm = w->vm;
	if (ring_len(w) != 0) { /* from the poller */
		lock_release(&vm->sched_lock);
		worker_drain(w);
		worker_wake_one(vm);
		lock_acquire(&vm->sched_lock);
	}
	for (Worker *other = vm->sched->idle; other != NULL; other = other->idle_next)
		if (other->index < vm->worker_count)
			worker_kick_locked(other);
}

/* False: the VM is being freed. */
static bool idle_loop_locked(Worker *w) {
	struct SchedState *s = w->vm->sched;
	while (w->idle_state == WORKER_IDLE) {
		if (s->closing)
			return false;
		if (stop_job_locked(w))
			continue;
		if (must_get_up_locked(w)) {
			idle_leave_locked(w);
			break;
		}
		bool on_duty = is_on_duty_locked(w);
		sleep_once_locked(w);
		w->parks++;
		if (on_duty && w->index >= w->vm->worker_count)
			hand_over_locked(w);
	}
	return true;
}

/* Becomes idle, sleeps, and is active again afterwards. The caller has seen nothing to do; `last_look` says so again,
 * now that nothing can be added without somebody looking for sleepers. False: the VM is being freed. */
static bool worker_sleep(Worker *w, bool (*last_look)(Worker *w)) {
	VM *vm = w->vm;
	lock_acquire(&vm->sched_lock);
	bool alive = true;
	if (!last_look(w)) {
		w->sleep_until_ns = NO_DEADLINE;
		vm->sched->active--;
		worker_count_idle_locked(vm);
		idle_enter_locked(w);
		stop_changed_locked(vm);
		worker_check_deadlock_locked(vm);
		wake_resting_locked(vm);
		alive = idle_loop_locked(w);
	}
	lock_release(&vm->sched_lock);
	return alive;
}

/* ---- finding work ---- */

/* Timers and descriptors of everybody; the host's deadline. */
static void worker_duties(Worker *w) {
	VM *vm = w->vm;
	int64_t now = sched_now_ns(vm);
	w->timer_tick = 0;
	if (vm->host.deadline_ns != 0 && now >= vm->host.deadline_ns)
		sched_exit(vm, EXIT_LIMIT, LIMIT_WALL, NULL);
	timers_run(w, now);
	if (now - w->last_poll_ns >= POLL_EVERY_NS && poll_has_waiters(vm)) {
		w->last_poll_ns = now;
		poll_run(w, 0);
	}
}

static inline bool worker_has_duties(const VM *vm) {
	return __atomic_load_n(&vm->timers_pending, __ATOMIC_RELAXED) != 0 ||
	       __atomic_load_n(&vm->blocking_pending, __ATOMIC_RELAXED) != 0 || vm->host.deadline_ns != 0;
}

static Goroutine *worker_local(Worker *w) {
	Goroutine *g = w->runnext;
	if (g != NULL) {
		if (LIKELY(w->inherit_left != 0)) {
			w->inherit_left--;
			w->runnext = NULL;
			return g;
		}
		w->runnext = NULL;
		ring_put(w, g);
	}
	w->inherit_left = INHERIT_MAX;
	return ring_pop(w);
}

/* One round over all victims, beginning with a random one. */
static Goroutine *worker_steal(Worker *w) {
	VM *vm = w->vm;
	uint32_t n = __atomic_load_n(&vm->workers_len, __ATOMIC_ACQUIRE);
	uint32_t start = random_next(w, n);
	for (uint32_t i = 0; i < n; i++) {
		Worker *victim = vm->workers[(start + i) % n];
		if (victim == w)
			continue;
		Goroutine *g = ring_steal(w, victim);
		if (g != NULL) {
			w->steals++;
			return g;
		}
	}
	return NULL;
}

static Goroutine *worker_look(Worker *w) {
	if (worker_has_duties(w->vm))
		worker_duties(w);
	Goroutine *g = worker_local(w);
	if (g == NULL)
		g = global_take(w, RING_SIZE / 2);
	if (g == NULL)
		g = worker_steal(w);
	return g;
}

static inline void worker_stop_spinning(Worker *w) {
	if (w->spinning) {
		w->spinning = false;
		spinning_add(w->vm, -1);
	}
}

/* Looks for work for a while. How long adapts to whether that was worth it lately. */
static Goroutine *worker_spin(Worker *w) {
	VM *vm = w->vm;
	if (!w->spinning) {
		uint32_t busy = vm->worker_count - __atomic_load_n(&vm->idle_workers, __ATOMIC_RELAXED); /* with us */
		if (2 * __atomic_load_n(&vm->spinning_workers, __ATOMIC_RELAXED) >= busy || busy <= 1)
			return NULL;
		w->spinning = true;
		spinning_add(vm, 1);
	}
	Goroutine *g = NULL;
	uint64_t start = ticks_now();
	do {
		for (uint32_t i = 0; i < 16; i++)
			cpu_relax();
		g = worker_look(w);
	} while (g == NULL && stop_flags(vm) == 0 && ticks_now() - start < w->spin_limit);
	worker_stop_spinning(w);
	if (g != NULL)
		w->spin_limit = SPIN_TICKS_MAX;
	else if (w->spin_limit > SPIN_TICKS_MIN)
		w->spin_limit /= 2;
	return g;
}

static bool look_before_sleep(Worker *w) {
	VM *vm = w->vm;
	if ((stop_flags(vm) & STOP_PICK) || vm->global_len != 0)
		return true;
	if (vm->sched->step != NULL && pause_is_on(vm))
		return true;
	for (uint32_t i = 0; i < vm->workers_len; i++)
		if (ring_len(vm->workers[i]) != 0)
			return true;
	return timers_earliest(vm) <= sched_now_ns(vm);
}

static bool look_before_rest(Worker *w) {
	(void)w;
	return false;
}

/* Flags are set: true to go on, false when the worker's loop ends. */
static COLD bool worker_stopped(Worker *w) {
	VM *vm = w->vm;
	worker_stop_spinning(w);
	if (stop_flags(vm) & STOP_EXIT)
		return w->index != 0 && worker_sleep(w, look_before_rest);
	if (stop_flags(vm) & STOP_TRACE)
		vm->trace_hook(w, NULL);
	sched_safepoint(w);
	if (w->index < vm->worker_count)
		return true;
	worker_drain(w); /* GOMAXPROCS became smaller */
	worker_wake_one(vm);
	__atomic_or_fetch(&vm->stop_requested, STOP_PROCS, __ATOMIC_RELAXED); /* perhaps locks can be skipped from now on */
	return worker_sleep(w, look_before_rest);
}

/* While paused: what is picked and not spared is held back, and a step is run when one is wanted. NULL: look again. */
static COLD Goroutine *worker_pick_paused(Worker *w, bool *alive) {
	if (pause_run_step(w))
		return NULL;
	Goroutine *g = worker_look(w);
	if (g == NULL) {
		worker_stop_spinning(w);
		*alive = worker_sleep(w, look_before_sleep);
	}
	return g != NULL && pause_holds(w, g) ? NULL : g;
}

/* Nothing here. NULL: flags are set, or look again. */
static NOINLINE Goroutine *worker_find(Worker *w, bool *alive) {
	Goroutine *g = worker_look(w);
	if (g == NULL && w->vm->multi)
		g = worker_spin(w);
	if (g == NULL) {
		worker_stop_spinning(w);
		*alive = worker_sleep(w, look_before_sleep);
	}
	return g;
}

/* More is queued than this worker runs at once. When that lasts, somebody else is woken. */
static NOINLINE void worker_surplus(Worker *w) {
	VM *vm = w->vm;
	if (__atomic_load_n(&vm->spinning_workers, __ATOMIC_RELAXED) != 0)
		return;
	uint64_t now = ticks_now();
	if (w->surplus_since == 0) {
		w->surplus_since = now;
	} else if (now - w->surplus_since >= SURPLUS_TICKS) {
		w->surplus_since = 0;
		worker_wake_one(vm);
	}
}

static inline bool worker_has_surplus(const Worker *w) {
	return ring_len(w) != 0 || __atomic_load_n(&w->vm->global_len, __ATOMIC_RELAXED) != 0;
}

/* The next goroutine to run; sleeps while there is none. NULL: this worker's loop ends. */
static Goroutine *worker_pick(Worker *w) {
	VM *vm = w->vm;
	Goroutine *g = NULL;
	bool alive = true;
	do {
		if (UNLIKELY(stop_flags(vm) & (STOP_PICK | STOP_PAUSE)) || UNLIKELY(w->index >= vm->worker_count)) {
			if (!(stop_flags(vm) & STOP_PICK) && w->index < vm->worker_count)
				g = worker_pick_paused(w, &alive);
			else if (!worker_stopped(w))
				return NULL;
			continue;
		}
		if (UNLIKELY(worker_has_duties(vm)) && ++w->timer_tick >= DUTIES_EVERY)
			worker_duties(w);
		if (UNLIKELY(++w->tick % GLOBAL_EVERY == 0))
			g = global_take(w, 1);
		if (g == NULL)
			g = worker_local(w);
		if (UNLIKELY(g == NULL))
			g = worker_find(w, &alive);
	} while (g == NULL && alive);
	worker_stop_spinning(w);
	if (__atomic_load_n(&vm->idle_workers, __ATOMIC_RELAXED) != 0) {
		if (worker_has_surplus(w))
			worker_surplus(w);
		else
			w->surplus_since = 0;
	}
	return g;
}

/* ---- running ---- */

/* Who yields goes behind all others, those in the global queue too. These move to the ring as long as that is short: most
 * yields find the global queue empty and take no lock. */
static NOINLINE void requeue_behind_global(Worker *w, Goroutine *g) {
	uint32_t len = ring_len(w);
	if (len >= RING_SIZE / 2) {
		g->link = NULL;
		sched_push_global(w->vm, g, g, 1);
		return;
	}
	Goroutine *waited = global_take(w, RING_SIZE / 2 - len);
	if (waited != NULL)
		ring_put(w, waited);
	ring_put(w, g);
}

static void requeue(Worker *w, Goroutine *g) {
	__atomic_store_n(&g->status, G_RUNNABLE, __ATOMIC_RELAXED);
	int64_t grace_until_ns = __atomic_load_n(&w->vm->grace_until_ns, __ATOMIC_RELAXED);
	if (UNLIKELY(grace_until_ns != 0) && sched_now_ns(w->vm) >= grace_until_ns)
		sched_exit(w->vm, EXIT_MAIN_RETURNED, 0, NULL);
	if (g->budget > 0) { /* Gosched */
		if (UNLIKELY(__atomic_load_n(&w->vm->global_len, __ATOMIC_RELAXED) != 0))
			requeue_behind_global(w, g);
		else
			ring_put(w, g);
		return;
	}
	w->timer_tick = DUTIES_EVERY; /* a whole slice has passed: look at the clock */
	g->link = NULL;
	if (ring_len(w) == 0 && w->runnext == NULL && __atomic_load_n(&w->vm->global_len, __ATOMIC_RELAXED) == 0)
		ring_put(w, g);
	else
		sched_push_global(w->vm, g, g, 1);
}

/* The goroutine ended the program, or the program ended under it. */
static COLD void run_ended(Worker *w, Goroutine *g) {
	if (__atomic_load_n(&w->vm->grace_until_ns, __ATOMIC_RELAXED) != 0 && g->is_main && !(stop_flags(w->vm) & STOP_EXIT)) {
		goroutine_free(w, g);
		return;
	}
	sched_exit(w->vm, g->is_main ? EXIT_MAIN_RETURNED : EXIT_OS_EXIT, w->vm->exit_code, NULL);
	if (g == w->vm->exit_goroutine)
		__atomic_store_n(&g->status, G_DEAD, __ATOMIC_RELAXED); /* kept for the report */
	else
		goroutine_free(w, g);
}

static inline void goroutine_ended(Worker *w, Goroutine *g) {
	if (UNLIKELY(w->vm->session != NULL))
		session_goroutine_ended(w->vm, g);
	goroutine_free(w, g);
}

/* A slice of the host's fuel; false: none left. It never goes below 0: that would mean no limit. */
static COLD bool fuel_take(VM *vm, Goroutine *g) {
	int64_t left = __atomic_load_n(&vm->host.fuel, __ATOMIC_RELAXED), take;
	do {
		take = left < SLICE_BUDGET ? left : SLICE_BUDGET;
		if (take <= 0) {
			sched_fail(g, EXIT_LIMIT, LIMIT_FUEL);
			return false;
		}
	} while (!__atomic_compare_exchange_n(&vm->host.fuel, &left, left - take, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	g->budget = take;
	return true;
}

/* A parking goroutine is visible to others while its worker is still on the way out of run: a few instructions, unless
 * the system took that thread off its core. */
static COLD void wait_until_left(const Goroutine *g) {
	Parker parker = {0};
	for (uint32_t spins = 0; __atomic_load_n(&g->busy, __ATOMIC_ACQUIRE) != 0; spins++) {
		if (spins < 1000)
			cpu_relax();
		else
			parker_park(&parker, 20000);
	}
}

static ALWAYS_INLINE void worker_take(Worker *w, Goroutine *g) {
	if (UNLIKELY(__atomic_load_n(&g->busy, __ATOMIC_ACQUIRE) != 0))
		wait_until_left(g);
	g->worker = w;
	__atomic_store_n(&g->status, G_RUNNING, __ATOMIC_RELAXED);
	w->current = g;
	w->schedules++;
}

/* What to do instead of ending the slice: goes through a safepoint, or on to another goroutine. False: it ends. */
static bool worker_goes_on(Worker *w, RunStatus *status) {
	VM *vm = w->vm;
	if (*status == RUN_SWITCH) {
		if (LIKELY(stop_flags(vm) == 0) && LIKELY(w->index < vm->worker_count)) {
			worker_take(w, w->switch_to);
			return true;
		}
		sched_ready_next(w, w->switch_to);
		*status = RUN_PARKED;
		return false;
	}
	sched_safepoint(w);
	if (!(stop_flags(vm) & STOP_EXIT) && (!pause_is_on(vm) || w->current->is_spared) && LIKELY(w->index < vm->worker_count))
		return true;
	*status = RUN_YIELD;
	return false;
}

/* One slice. *last: the goroutine that has it at its end. */
static ALWAYS_INLINE RunStatus worker_run(Worker *w, Goroutine *g, Goroutine **last) {
	VM *vm = w->vm;
	worker_take(w, g);
	g->budget = SLICE_BUDGET;
	bool limited = UNLIKELY(__atomic_load_n(&vm->host.fuel, __ATOMIC_RELAXED) >= 0);
	w->slice_left = 0;
	RunStatus status = RUN_SAFEPOINT;
	if (LIKELY(!limited) || fuel_take(vm, g))
		status = vm->run(w, g);
	while (UNLIKELY(status >= RUN_SAFEPOINT) && worker_goes_on(w, &status))
		status = vm->run(w, w->current);
	*last = w->current;
	w->current = NULL;
	if (UNLIKELY(limited))
		__atomic_add_fetch(&vm->host.fuel, w->slice_left, __ATOMIC_RELAXED);
	return status;
}

static ALWAYS_INLINE void worker_settle(Worker *w, Goroutine *g, RunStatus status) {
	switch (status) {
	case RUN_YIELD:
		requeue(w, g);
		break;
	case RUN_DEAD:
		if (UNLIKELY(g->is_main))
			run_ended(w, g);
		else
			goroutine_ended(w, g);
		break;
	case RUN_EXIT:
		if (w->vm->session != NULL && !(stop_flags(w->vm) & STOP_EXIT))
			goroutine_ended(w, g); /* what is fatal to a program is so to one goroutine of a session */
		else
			run_ended(w, g);
		break;
	case RUN_PARKED:
	case RUN_SAFEPOINT:
	case RUN_SWITCH:
		break;
	}
}

static COLD void worker_settle_watched(Worker *w, Goroutine *g, RunStatus status) {
	if (status == RUN_YIELD)
		watch_yields(g);
	else if (status != RUN_PARKED) /* then it is somebody else's */
		watch_ended(g);
	worker_settle(w, g, status);
	watch_deliver(w->vm);
}

void worker_execute(Worker *w, Goroutine *g) {
	RunStatus status = worker_run(w, g, &g);
	if (UNLIKELY(w->vm->watch != 0))
		worker_settle_watched(w, g, status);
	else
		worker_settle(w, g, status);
}

bool worker_call(Worker *w, Goroutine *g) {
	RunStatus status = worker_run(w, g, &g);
	if (status != RUN_DEAD || !g->is_main) {
		worker_settle(w, g, status);
		return false;
	}
	goroutine_free(w, g);
	return true;
}

void worker_loop(Worker *w) {
	for (;;) {
		Goroutine *g = worker_pick(w);
		if (UNLIKELY(g == NULL))
			return;
		worker_execute(w, g);
	}
}

/* Whether something outside the host's own calls may ready a goroutine. */
static bool pump_expects(VM *vm) {
	return __atomic_load_n(&vm->blocking_pending, __ATOMIC_SEQ_CST) != 0 || timers_earliest(vm) != NO_DEADLINE ||
	       vm->sched->held_len != 0;
}

SchedPump worker_pump(Worker *w, int64_t until_ns) {
	VM *vm = w->vm;
	if (poll_is_open(vm))
		poll_run(w, 0);
	for (;;) {
		const uint32_t world = STOP_WORLD | STOP_GC | STOP_PROCS;
		if (stop_flags(vm) & STOP_EXIT)
			return SCHED_PUMP_DONE;
		if (stop_flags(vm) & world)
			sched_safepoint(w);
		if (stop_flags(vm) & STOP_TRACE)
			vm->trace_hook(w, NULL);
		if (pause_is_on(vm))
			pause_run_step(w);
		if (worker_has_duties(vm) && ++w->timer_tick >= DUTIES_EVERY)
			worker_duties(w);
		Goroutine *g = ++w->tick % GLOBAL_EVERY == 0 ? global_take(w, 1) : NULL;
		if (g == NULL)
			g = worker_look(w);
		if (g == NULL && (stop_flags(vm) & (world | STOP_EXIT)))
			continue;
		if (g == NULL)
			return pump_expects(vm) ? SCHED_PUMP_IDLE : SCHED_PUMP_STUCK;
		if (pause_holds(w, g))
			continue;
		worker_execute(w, g);
		if (sched_now_ns(vm) >= until_ns)
			return stop_flags(vm) & STOP_EXIT ? SCHED_PUMP_DONE : SCHED_PUMP_MORE;
	}
}

static void *worker_thread(void *arg) {
	Worker *w = arg;
	VM *vm = w->vm;
	lock_acquire(&vm->sched_lock); /* it was made idle, and may have been woken already */
	bool alive = idle_loop_locked(w);
	lock_release(&vm->sched_lock);
	if (alive)
		worker_loop(w);
	return NULL;
}
