/* SPDX-License-Identifier: MIT */
/* test_sched.c: goroutines, workers, timers, semaphores, stopping the world and ending a program, driven by step
 * functions (fake_run.h) on 1, 2, 4 and 8 workers. */
#define _GNU_SOURCE /* pipe2 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/fake_run.h"

static const uint32_t worker_counts[] = {1, 2, 4, 8};
#define EACH_WORKER_COUNT(n)                                                                                           \
	for (size_t i_ = 0, n = 1; i_ < COUNT_OF(worker_counts) && (n = worker_counts[i_], 1); i_++)

static uint32_t done_sema;
static int64_t total;

static void need(bool ok) {
	if (!ok)
		abort();
}

static void add_total(int64_t n) {
	__atomic_add_fetch(&total, n, __ATOMIC_RELAXED);
}

static NativeStatus finish(Goroutine *g) {
	sema_release(g, &done_sema, false);
	return NATIVE_GOEXIT;
}

static int64_t cpu_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void run_with(uint32_t workers, Function *main_fn, ExitState expected) {
	VM vm;
	vm_open(&vm, workers);
	done_sema = 0;
	total = 0;
	assert_int_equal(run_main(&vm, main_fn), expected);
	assert_int_equal(goroutine_count(&vm), 0);
	vm_close(&vm);
}

/* ---- fork and join: a tree of goroutines, each waits for its two children ---- */

/* {state, depth, waits, parent's semaphore, own semaphore} */
static NativeStatus step_tree(Goroutine *g, Slot *s);
GOFUNC(fn_tree, step_tree);

static NativeStatus step_tree(Goroutine *g, Slot *s) {
	static uint32_t semas[1 << 14]; /* by node number */
	int64_t node = s[2].i;
	if (s[0].i == 0) {
		add_total(1);
		if (s[1].i != 0)
			for (int64_t child = 2 * node; child <= 2 * node + 1; child++)
				need(SPAWN(g, fn_tree, I(0), I(s[1].i - 1), I(child)));
		s[0].i = s[1].i != 0 ? 1 : 3;
		return NATIVE_DONE;
	}
	if (s[0].i < 3) {
		s[0].i++;
		return wait_for(g, &semas[node]);
	}
	if (node == 1)
		return NATIVE_EXIT;
	sema_release(g, &semas[node / 2], false);
	return NATIVE_GOEXIT;
}

static NativeStatus step_tree_main(Goroutine *g, Slot *s) {
	(void)g;
	s[1].i = 12;
	s[2].i = 1;
	return step_tree(g, s);
}

/* main is the root; the depth is set by its first step only */
static NativeStatus step_fork_main(Goroutine *g, Slot *s) {
	return s[0].i == 0 ? step_tree_main(g, s) : step_tree(g, s);
}
GOFUNC(main_fork, step_fork_main);

static void test_fork_join(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_fork, EXIT_MAIN_RETURNED);
		assert_int_equal(total, (1 << 13) - 1);
	}
}

/* ---- yielding: all get their turns, ten thousand at once ---- */

static NativeStatus step_yielder(Goroutine *g, Slot *s) {
	add_total(1);
	return s[1].i-- == 0 ? finish(g) : NATIVE_YIELD;
}
GOFUNC(fn_yielder, step_yielder);

static NativeStatus step_yield_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		for (int i = 0; i < 10000; i++)
			need(SPAWN(g, fn_yielder, I(0), I(9)));
		need(goroutine_count(g->vm) >= 1);
		s[0].i = 1;
		s[1].i = 10000;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_yield, step_yield_main);

static void test_yield(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_yield, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 100000);
	}
}

/* ---- goroutines that never stop by themselves starve neither timers nor others ---- */

static NativeStatus step_spinner(Goroutine *g, Slot *s) {
	(void)g;
	(void)s;
	return NATIVE_DONE;
}
GOFUNC(fn_spinner, step_spinner);

/* A pair that hands over to each other for ever: {state, channel in, channel out, value} */
static NativeStatus step_pair(Goroutine *g, Slot *s) {
	s[0].i ^= 1;
	PanicCode code = s[0].i ? chan_recv_or_park(g, s[1].p, s + 3, NULL) : chan_send_or_park(g, s[2].p, s + 3);
	return code == PANIC_PARKED ? NATIVE_PARK : NATIVE_DONE;
}
GOFUNC(fn_pair, step_pair);

static NativeStatus step_starve_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		Chan *a = make_chan(g, &chan_of_int, 0), *b = make_chan(g, &chan_of_int, 0);
		for (int i = 0; i < 3; i++)
			SPAWN(g, fn_spinner, I(0));
		SPAWN(g, fn_pair, I(0), P(a), P(b));
		SPAWN(g, fn_pair, I(1), P(b), P(a));
		SPAWN(g, fn_yielder, I(0), I(100));
		s[0].i = 1;
		return wait_for(g, &done_sema);
	}
	if (s[0].i++ == 20)
		return NATIVE_EXIT;
	timer_sleep_or_park(g, 1000000);
	return NATIVE_PARK;
}
GOFUNC(main_starve, step_starve_main);

static void test_no_starvation(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_starve, EXIT_MAIN_RETURNED); /* it ends */
		assert_int_equal(total, 101);
	}
}

/* ---- deadlock: found when it is one, and only then ---- */

static NativeStatus step_stuck(Goroutine *g, Slot *s) {
	(void)s;
	need(chan_recv_or_park(g, NULL, NULL, NULL) == PANIC_PARKED);
	return NATIVE_PARK;
}
GOFUNC(fn_stuck, step_stuck);

static NativeStatus step_stuck_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		for (int i = 0; i < 300; i++)
			SPAWN(g, fn_stuck, I(0));
		for (int i = 0; i < 20; i++)
			SPAWN(g, fn_yielder, I(0), I(i));
		s[0].i = 1;
		s[1].i = 20;
	}
	if (s[1].i-- != 0)
		return wait_for(g, &done_sema);
	need(chan_send_or_park(g, NULL, s) == PANIC_PARKED);
	return NATIVE_PARK;
}
GOFUNC(main_stuck, step_stuck_main);

static size_t hook_saw;

static void count_one(Goroutine *g, void *user) {
	(void)user;
	hook_saw += g->status == G_WAITING;
}

static void count_hook(VM *vm) {
	sched_each_goroutine(vm, count_one, NULL);
}

static void test_deadlock(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) for (int round = 0; round < 30; round++) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		vm.exit_hook = count_hook;
		hook_saw = 0;
		done_sema = 0;
		assert_int_equal(run_main(&vm, &main_stuck), EXIT_DEADLOCK);
		assert_int_equal(vm.exit_code, 2);
		assert_int_equal(hook_saw, 301);
		vm_close(&vm);
	}
}

/* Moments in which everybody is about to sleep: a token goes round through sleeping timers, the blocking pool,
 * semaphores and yields. None of it is a deadlock. {state, rounds} */
static uint32_t token_sema;

static void nap(void *arg) {
	add_total((int64_t)(uintptr_t)arg);
}

static NativeStatus step_token(Goroutine *g, Slot *s) {
	if (s[1].i-- == 0)
		return finish(g);
	switch (s[1].i % 5) {
	case 0:
		timer_sleep_or_park(g, 1);
		return NATIVE_PARK;
	case 1:
		return blocking_submit_or_park(g, nap, (void *)1) ? NATIVE_PARK : NATIVE_DONE;
	case 2:
		sema_release(g, &token_sema, false);
		return NATIVE_DONE;
	case 3:
		return wait_for(g, &token_sema);
	default:
		return NATIVE_YIELD;
	}
}
GOFUNC(fn_token, step_token);

static NativeStatus step_token_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		token_sema = 4;
		for (int i = 0; i < 4; i++)
			SPAWN(g, fn_token, I(0), I(300));
		s[0].i = 1;
		s[1].i = 4;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_token, step_token_main);

static void test_no_false_deadlock(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) for (int round = 0; round < 5; round++) {
		run_with((uint32_t)n, &main_token, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 240);
	}
}

/* ---- sleeping ---- */

static NativeStatus step_sleeper(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		s[0].i = clock_monotonic_ns() + s[1].i;
		timer_sleep_or_park(g, s[1].i);
		return NATIVE_PARK;
	}
	add_total(clock_monotonic_ns() < s[0].i ? 1000000 : 1);
	return finish(g);
}
GOFUNC(fn_sleeper, step_sleeper);

enum { SLEEPERS = 20000, IDLE_NS = 200000000 };

static NativeStatus step_sleep_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		for (int i = 0; i < SLEEPERS; i++)
			need(SPAWN(g, fn_sleeper, I(0), I(5000000 + i % 97 * 10000)));
		s[0].i = 1;
		s[1].i = SLEEPERS;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_sleep, step_sleep_main);

static void test_sleep(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_sleep, EXIT_MAIN_RETURNED);
		assert_int_equal(total, SLEEPERS);
	}
}

/* {state, processor time before the sleep, sleeps} */
static NativeStatus step_idle_main(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0)
		for (int i = 0; i < 4; i++) /* so that all workers exist */
			SPAWN(g, fn_yielder, I(0), I(20000));
	if (s[0].i <= 4)
		return wait_for(g, &done_sema);
	if (s[0].i > 5) {
		total = cpu_ns() - s[1].i;
		if (total < IDLE_NS / 20 || ++s[2].i == 50) /* a worker on its way to sleep may be late */
			return NATIVE_EXIT;
	}
	s[1].i = cpu_ns();
	timer_sleep_or_park(g, IDLE_NS);
	return NATIVE_PARK;
}
GOFUNC(main_idle, step_idle_main);

static void test_idle_costs_nothing(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		done_sema = 0;
		total = 0;
		assert_int_equal(run_main(&vm, &main_idle), EXIT_MAIN_RETURNED);
		assert_true(total < IDLE_NS / 20); /* sanitizers included */
		vm_close(&vm);
	}
}

/* ---- timers ---- */

static void fire_count(Worker *w, Timer *t, void *arg, int64_t now_ns) {
	(void)w;
	need(now_ns >= t->when_ns || t->period_ns != 0);
	__atomic_add_fetch((int64_t *)arg, 1, __ATOMIC_RELAXED);
}

/* Far enough away that a loaded machine cannot reach it. */
#define HOUR_NS 3600000000000
static int64_t fired_once, fired_often, fired_never;
static Timer once, often, never;

static NativeStatus sleep_again(Goroutine *g, Slot *s) {
	s[0].i--;
	timer_sleep_or_park(g, 1000000);
	return NATIVE_PARK;
}

static NativeStatus step_timers(Goroutine *g, Slot *s) {
	Worker *w = g->worker;
	int64_t now = sched_now_ns(g->vm);
	switch (s[0].i++) {
	case 0:
		fired_once = fired_often = fired_never = 0;
		once = (Timer){.when_ns = now + 1000000, .fire = fire_count, .arg = &fired_once};
		often = (Timer){.when_ns = now + 2000000, .period_ns = 2000000, .fire = fire_count, .arg = &fired_often};
		never = (Timer){.when_ns = now + HOUR_NS, .fire = fire_count, .arg = &fired_never};
		timer_start(g, &once);
		timer_start(g, &often);
		timer_start(g, &never);
		timer_sleep_or_park(g, 10000000);
		return NATIVE_PARK;
	case 1:
		if (__atomic_load_n(&fired_once, __ATOMIC_RELAXED) < 1 || __atomic_load_n(&fired_often, __ATOMIC_RELAXED) < 1)
			return sleep_again(g, s); /* another worker is about to do it */
		need(__atomic_load_n(&fired_once, __ATOMIC_RELAXED) == 1);
		need(timer_stop(&never) && !timer_stop(&never) && !timer_stop(&once));
		need(timer_stop(&often));
		int64_t times = __atomic_load_n(&fired_often, __ATOMIC_RELAXED);
		need(times <= (sched_now_ns(g->vm) - once.when_ns) / 2000000 + 1);
		need(!timer_reset(w, &once, now + HOUR_NS, 0) && timer_reset(w, &once, now + 1000000, 0));
		add_total(times);
		timer_sleep_or_park(g, 10000000);
		return NATIVE_PARK;
	default:
		if (__atomic_load_n(&fired_once, __ATOMIC_RELAXED) < 2)
			return sleep_again(g, s);
		need(__atomic_load_n(&fired_once, __ATOMIC_RELAXED) == 2);
		need(__atomic_load_n(&fired_often, __ATOMIC_RELAXED) <= total + 1); /* one may have been under way */
		need(__atomic_load_n(&fired_never, __ATOMIC_RELAXED) == 0);
		return NATIVE_EXIT;
	}
}
GOFUNC(main_timers, step_timers);

static void test_timers(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) run_with((uint32_t)n, &main_timers, EXIT_MAIN_RETURNED);
}

/* Many goroutines start, stop and reset a few shared timers. */
static Timer shared[16];

static void fire_shared(Worker *w, Timer *t, void *arg, int64_t now_ns) {
	(void)w;
	(void)t;
	(void)now_ns;
	uint32_t *inside = arg;
	need(__atomic_exchange_n(inside, 1, __ATOMIC_ACQUIRE) == 0); /* never twice at once */
	__atomic_store_n(inside, 0, __ATOMIC_RELEASE);
}

static NativeStatus step_timer_user(Goroutine *g, Slot *s) {
	if (s[1].i-- == 0)
		return finish(g);
	Timer *t = &shared[(s[1].i * 7 + s[2].i) % 16];
	int64_t now = sched_now_ns(g->vm);
	if (s[1].i % 3 == 0)
		timer_stop(t);
	else
		timer_reset(g->worker, t, now + s[1].i % 5 * 1000, s[1].i % 4 == 0 ? 500 : 0);
	return s[1].i % 10 == 0 ? NATIVE_YIELD : NATIVE_DONE;
}
GOFUNC(fn_timer_user, step_timer_user);

static NativeStatus step_timer_stress(Goroutine *g, Slot *s) {
	static uint32_t inside[16];
	if (s[0].i == 0) {
		for (int i = 0; i < 16; i++) {
			shared[i] = (Timer){.when_ns = sched_now_ns(g->vm) + i, .fire = fire_shared, .arg = &inside[i]};
			timer_start(g, &shared[i]);
		}
		for (int i = 0; i < 8; i++)
			SPAWN(g, fn_timer_user, I(0), I(3000), I(i));
		s[0].i = 1;
		s[1].i = 8;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_timer_stress, step_timer_stress);

static void test_timer_stress(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) run_with((uint32_t)n, &main_timer_stress, EXIT_MAIN_RETURNED);
}

/* ---- stopping the world ---- */

static int64_t unguarded; /* changed only while the world stands: no atomics, the sanitizer watches */
static uint32_t helpers;

static void parallel_job(Worker *w, void *user) {
	(void)w;
	need(user == &helpers);
	__atomic_add_fetch(&helpers, 1, __ATOMIC_RELAXED);
}

static NativeStatus step_stopper(Goroutine *g, Slot *s) {
	Worker *w = g->worker;
	if (s[1].i-- == 0)
		return finish(g);
	sched_stop_world(w);
	unguarded++;
	if (s[1].i % 8 == 0) {
		sched_stop_world(w); /* nested */
		helpers = 0;
		sched_parallel(w, parallel_job, &helpers);
		need(helpers >= 1 && helpers <= g->vm->worker_count);
		sched_start_world(w);
	}
	unguarded++;
	sched_start_world(w);
	return s[1].i % 3 == 0 ? NATIVE_YIELD : NATIVE_DONE;
}
GOFUNC(fn_stopper, step_stopper);

static NativeStatus step_stop_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		unguarded = 0;
		for (int i = 0; i < 5; i++)
			SPAWN(g, fn_stopper, I(0), I(100));
		for (int i = 0; i < 4; i++)
			SPAWN(g, fn_token, I(0), I(100));
		token_sema = 4;
		s[0].i = 1;
		s[1].i = 9;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_stop, step_stop_main);

static void test_stop_world(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_stop, EXIT_MAIN_RETURNED);
		assert_int_equal(unguarded, 1000);
	}
}

/* A parallel job reaches every worker, also those that never ran. */
static NativeStatus step_parallel(Goroutine *g, Slot *s) {
	(void)s;
	sched_stop_world(g->worker);
	helpers = 0;
	sched_parallel(g->worker, parallel_job, &helpers);
	need(helpers == g->vm->worker_count);
	sched_start_world(g->worker);
	return NATIVE_EXIT;
}
GOFUNC(main_parallel, step_parallel);

static void test_parallel(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) run_with((uint32_t)n, &main_parallel, EXIT_MAIN_RETURNED);
}

/* ---- GOMAXPROCS changes while goroutines run ---- */

static NativeStatus step_procs_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0)
		for (int i = 0; i < 8; i++)
			SPAWN(g, fn_yielder, I(0), I(3000));
	if (s[0].i < 20) {
		sched_set_worker_count(g->vm, (uint32_t)(1 + s[0].i * 3 % 7));
		need(sched_set_worker_count(g->vm, 0) == (uint32_t)(1 + s[0].i * 3 % 7));
		s[0].i++;
		s[1].i = 8;
		timer_sleep_or_park(g, 100000);
		return NATIVE_PARK;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_procs, step_procs_main);

static void test_worker_count(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_procs, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 8 * 3001);
	}
}

/* ---- interrupts, limits ---- */

typedef struct Interrupter {
	VM vm;
	bool over; /* atomic */
} Interrupter;

/* Again and again: the first one may come before the program does. */
static void *interrupter(void *arg) {
	Interrupter *i = arg;
	do {
		usleep(20000);
		sched_exit(&i->vm, EXIT_INTERRUPTED, 130, NULL);
	} while (!__atomic_load_n(&i->over, __ATOMIC_ACQUIRE));
	return NULL;
}

static NativeStatus step_busy_main(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0)
		for (int i = 0; i < 6; i++)
			SPAWN(g, fn_spinner, I(0));
	return NATIVE_DONE;
}
GOFUNC(main_busy, step_busy_main);

static NativeStatus step_dozing_main(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0)
		SPAWN(g, fn_yielder, I(0), I(50));
	timer_sleep_or_park(g, 3600000000000);
	return NATIVE_PARK;
}
GOFUNC(main_dozing, step_dozing_main);

static void test_interrupt(void **state) {
	(void)state;
	Function *mains[] = {&main_busy, &main_dozing};
	EACH_WORKER_COUNT(n) for (size_t k = 0; k < COUNT_OF(mains); k++) {
		Interrupter i = {.over = false};
		vm_open(&i.vm, (uint32_t)n);
		done_sema = 0;
		Thread t;
		assert_true(thread_start(&t, interrupter, &i, 0));
		assert_int_equal(run_main(&i.vm, mains[k]), EXIT_INTERRUPTED);
		assert_int_equal(i.vm.exit_code, 130);
		__atomic_store_n(&i.over, true, __ATOMIC_RELEASE);
		thread_join(&t);
		vm_close(&i.vm);
	}
}

static void test_limits(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		vm.host.deadline_ns = clock_monotonic_ns() + 20000000;
		assert_int_equal(run_main(&vm, &main_busy), EXIT_LIMIT);
		vm.host.deadline_ns = clock_monotonic_ns() + 20000000;
		assert_int_equal(run_main(&vm, &main_dozing), EXIT_LIMIT);
		vm.host.deadline_ns = 0;
		vm.host.fuel = 1000000;
		assert_int_equal(run_main(&vm, &main_busy), EXIT_LIMIT);
		vm_close(&vm);
	}
}

static NativeStatus step_many_main(Goroutine *g, Slot *s) {
	(void)s;
	int64_t made = 0;
	while (SPAWN(g, fn_yielder, I(0), I(1)))
		made++;
	add_total(made);
	return NATIVE_EXIT;
}
GOFUNC(main_many, step_many_main);

static void test_goroutine_limit(void **state) {
	(void)state;
	VM vm;
	vm_open(&vm, 1);
	vm.host.max_goroutines = 100;
	total = 0;
	assert_int_equal(run_main(&vm, &main_many), EXIT_MAIN_RETURNED);
	assert_int_equal(total, 99);
	vm.host.max_goroutines = 0;
	vm.mem.cap_bytes = vm.mem.used_bytes + (1 << 20);
	total = 0;
	assert_int_equal(run_main(&vm, &main_many), EXIT_MAIN_RETURNED);
	assert_true(total > 1000 && total < 3000); /* 512 bytes each */
	vm_close(&vm);
}

/* ---- blocking calls and descriptors ---- */

static void blocking_job(void *arg) {
	usleep(1000);
	__atomic_add_fetch((int64_t *)arg, 1, __ATOMIC_RELAXED); /* one left over from an earlier run may be at it, too */
}

/* {state, left, own counter} */
static int64_t job_counts[100];

static NativeStatus step_blocker(Goroutine *g, Slot *s) {
	if (s[1].i-- == 0) {
		add_total(__atomic_load_n(&job_counts[s[2].i], __ATOMIC_RELAXED));
		return finish(g);
	}
	need(blocking_submit_or_park(g, blocking_job, &job_counts[s[2].i]));
	return NATIVE_PARK;
}
GOFUNC(fn_blocker, step_blocker);

static NativeStatus step_blocking_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		for (int i = 0; i < 100; i++)
			__atomic_store_n(&job_counts[i], 0, __ATOMIC_RELAXED);
		for (int i = 0; i < 100; i++)
			SPAWN(g, fn_blocker, I(0), I(5), I(i));
		s[0].i = 1;
		s[1].i = 100;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_blocking, step_blocking_main);

static void test_blocking(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_blocking, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 500);
	}
}

/* The program ends while calls are under way: they are waited for by vm_close, not by the end of the program. */
static NativeStatus step_hasty_main(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0) {
		for (int i = 0; i < 100; i++)
			SPAWN(g, fn_blocker, I(0), I(1000), I(i));
		timer_sleep_or_park(g, 3000000);
		return NATIVE_PARK;
	}
	return NATIVE_EXIT;
}
GOFUNC(main_hasty, step_hasty_main);

static void test_blocking_abandoned(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		for (int round = 0; round < 3; round++) {
			assert_int_equal(run_main(&vm, &main_hasty), EXIT_MAIN_RETURNED);
			assert_int_equal(vm.blocking_pending, 0);
		}
		vm_close(&vm);
	}
}

/* {state, left, read end, write end}: bytes go round between two goroutines through pipes */
static NativeStatus step_piper(Goroutine *g, Slot *s) {
	char byte = 'x';
	if (s[0].i == 0) {
		if (read((int)s[2].i, &byte, 1) != 1)
			return poll_wait_or_park(g, (int)s[2].i, false) ? NATIVE_PARK : NATIVE_YIELD;
		s[0].i = 1;
	}
	if (write((int)s[3].i, &byte, 1) != 1)
		return poll_wait_or_park(g, (int)s[3].i, true) ? NATIVE_PARK : NATIVE_YIELD;
	s[0].i = 0;
	add_total(1);
	return --s[1].i == 0 ? finish(g) : NATIVE_DONE;
}
GOFUNC(fn_piper, step_piper);

enum { PIPES = 20, PIPE_ROUNDS = 100 };
static int pipes[PIPES][2][2];

static NativeStatus step_poll_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		for (int i = 0; i < PIPES; i++) {
			int (*p)[2] = pipes[i];
			SPAWN(g, fn_piper, I(0), I(PIPE_ROUNDS), I(p[0][0]), I(p[1][1]));
			SPAWN(g, fn_piper, I(1), I(PIPE_ROUNDS), I(p[1][0]), I(p[0][1]));
		}
		s[0].i = 1;
		s[1].i = 2 * PIPES;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_poll, step_poll_main);

static void open_pipes(void) {
	for (int i = 0; i < PIPES; i++)
		for (int k = 0; k < 2; k++)
			assert_int_equal(pipe2(pipes[i][k], O_NONBLOCK), 0);
}

static void close_pipes(void) {
	for (int i = 0; i < PIPES; i++)
		for (int k = 0; k < 4; k++)
			close(pipes[i][k / 2][k % 2]);
}

static void test_poll(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		open_pipes();
		run_with((uint32_t)n, &main_poll, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 2 * PIPES * PIPE_ROUNDS);
		close_pipes();
	}
}

/* Nobody ever writes: a reader is not a deadlock; forgetting the descriptor wakes it. */
static NativeStatus step_reader(Goroutine *g, Slot *s) {
	if (s[0].i++ != 0) {
		add_total(1);
		return finish(g);
	}
	need(poll_wait_or_park(g, (int)s[2].i, false));
	return NATIVE_PARK;
}
GOFUNC(fn_reader, step_reader);

static NativeStatus step_forget_main(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0)
		SPAWN(g, fn_reader, I(0), I(0), I(pipes[0][0][0]));
	if (__atomic_load_n(&total, __ATOMIC_RELAXED) != 0)
		return s[1].i++ == 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
	if (s[0].i > 1)
		poll_forget(g->vm, g->worker, pipes[0][0][0]); /* perhaps before it waits: then once more */
	timer_sleep_or_park(g, 5000000);
	return NATIVE_PARK;
}
GOFUNC(main_forget, step_forget_main);

static void test_poll_forget(void **state) {
	(void)state;
	open_pipes();
	EACH_WORKER_COUNT(n) run_with((uint32_t)n, &main_forget, EXIT_MAIN_RETURNED);
	close_pipes();
}

/* ---- semaphores and notify lists ---- */

static uint32_t queue_sema;
static int64_t order[8];
static int64_t order_len;

/* {state, number, lifo} */
static NativeStatus step_queuer(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0 && !sema_acquire_or_park(g, &queue_sema, s[2].i, WAIT_SYNC_MUTEX))
		return NATIVE_PARK;
	order[order_len++] = s[1].i;
	return finish(g);
}
GOFUNC(fn_queuer, step_queuer);

static NativeStatus step_order_main(Goroutine *g, Slot *s) {
	if (s[0].i < 5) { /* they queue one after the other: 0, 1 and 2 at the end, 3 and 4 in front */
		SPAWN(g, fn_queuer, I(0), I(s[0].i), I(s[0].i >= 3));
		s[0].i++;
		return NATIVE_YIELD;
	}
	if (s[0].i == 5)
		for (int i = 0; i < 5; i++)
			sema_release(g, &queue_sema, false);
	return s[0].i++ < 10 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_order, step_order_main);

static void test_sema_order(void **state) {
	(void)state;
	order_len = 0;
	run_with(1, &main_order, EXIT_MAIN_RETURNED);
	/* Woken in the order 4 3 0 1 2; the last one runs first (it is in runnext), the others follow in the ring. */
	int64_t expected[] = {2, 4, 3, 0, 1};
	assert_memory_equal(order, expected, sizeof expected);
}

/* A mutex of nothing but a semaphore guards a plain counter. */
static NativeStatus step_locker(Goroutine *g, Slot *s) {
	switch (s[0].i) {
	case 0:
		s[0].i = 1;
		return sema_acquire_or_park(g, &queue_sema, s[1].i % 2, WAIT_SYNC_MUTEX) ? NATIVE_DONE : NATIVE_PARK;
	default:
		unguarded++;
		sema_release(g, &queue_sema, s[1].i % 3 == 0);
		s[0].i = 0;
		return --s[1].i == 0 ? finish(g) : s[1].i % 64 == 0 ? NATIVE_YIELD : NATIVE_DONE;
	}
}
GOFUNC(fn_locker, step_locker);

static NativeStatus step_locker_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		unguarded = 0;
		queue_sema = 1;
		for (int i = 0; i < 8; i++)
			SPAWN(g, fn_locker, I(0), I(3000));
		s[0].i = 1;
		s[1].i = 8;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_locker, step_locker_main);

static void test_sema_stress(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		run_with((uint32_t)n, &main_locker, EXIT_MAIN_RETURNED);
		assert_int_equal(unguarded, 24000);
	}
}

/* Condition variables: {state, ticket} */
static char cond;

static NativeStatus step_waiter(Goroutine *g, Slot *s) {
	switch (s[0].i++) {
	case 0:
		s[1].i = notify_add(g, &cond);
		sema_release(g, &queue_sema, false); /* has its ticket */
		return NATIVE_YIELD;
	case 1:
		return notify_wait_or_park(g, &cond, (uint32_t)s[1].i) ? NATIVE_DONE : NATIVE_PARK;
	default:
		add_total(1);
		return finish(g);
	}
}
GOFUNC(fn_waiter, step_waiter);

static NativeStatus step_cond_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		queue_sema = 0;
		notify_one(g, &cond); /* nobody waits: lost */
		for (int i = 0; i < 100; i++)
			SPAWN(g, fn_waiter, I(0));
	}
	if (s[0].i < 100) {
		s[0].i++;
		return wait_for(g, &queue_sema);
	}
	if (s[0].i < 150) { /* all hold tickets, some wait already */
		notify_one(g, &cond);
		s[0].i++;
		return wait_for(g, &done_sema);
	}
	if (s[0].i == 150)
		notify_all(g, &cond);
	return s[0].i++ < 200 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_cond, step_cond_main);

static void test_notify(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) for (int round = 0; round < 5; round++) {
		run_with((uint32_t)n, &main_cond, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 100);
	}
}

/* ---- stacks and frames ---- */

static Function fn_inner = {.closure = {.fn = &fn_inner}, .frame_slots = 8, .name = "inner"};
static const Insn call_site[2];

static NativeStatus step_stack(Goroutine *g, Slot *s) {
	(void)s;
	Slot *fp = g->fp;
	const Slot *first = g->stack;
	need(goroutine_grow_stack(g, &fp, 20) && g->stack == first);
	fp[5].i = 4711;
	for (size_t slots = 100; slots <= 100000; slots *= 10) {
		need(goroutine_grow_stack(g, &fp, slots) && fp == g->fp && fp == g->stack);
		need(fp + slots <= g->stack_limit && fp[5].i == 4711);
	}
	need(!goroutine_grow_stack(g, &fp, 1 << 20)); /* host.max_stack_bytes */
	need(fp[5].i == 4711);

	Slot *inner = fp + 20;
	inner[0].u = RETURN_WORD(call_site + 1, 20);
	inner[1].p = &fn_inner.closure;
	g->fp = inner;
	FrameWalk walk;
	frame_walk_init(&walk, g);
	need(frame_walk_function(&walk) == &fn_inner && frame_walk_next(&walk));
	need(walk.fp == fp && walk.pc == call_site + 1 && frame_walk_function(&walk)->native == step_stack);
	need(!frame_walk_next(&walk) && frame_walk_function(&walk) == NULL);
	g->fp = fp;
	return NATIVE_EXIT;
}
GOFUNC(main_stack, step_stack);

static void test_stack(void **state) {
	(void)state;
	VM vm;
	vm_open(&vm, 1);
	vm.host.max_stack_bytes = 4 << 20;
	assert_int_equal(run_main(&vm, &main_stack), EXIT_MAIN_RETURNED);
	vm_close(&vm);
}

/* ---- memory of many goroutines is given back ---- */

static size_t used_high;

static NativeStatus step_crowd_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		for (int i = 0; i < 50000; i++)
			need(SPAWN(g, fn_yielder, I(0), I(0)));
		used_high = g->vm->mem.used_bytes;
		s[0].i = 1;
		s[1].i = 50000;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_crowd, step_crowd_main);

static void test_slabs(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		done_sema = 0;
		for (int round = 0; round < 3; round++)
			assert_int_equal(run_main(&vm, &main_crowd), EXIT_MAIN_RETURNED);
		if (n == 1) /* else others end them as soon as they are made */
			assert_true(used_high > 50000 * GOROUTINE_BYTES);
		assert_true(vm.mem.used_bytes < 50000 * GOROUTINE_BYTES / 2);
		vm_close(&vm);
	}
}

/* ---- several programs one after the other; goroutines kept between them ---- */

/* Still there when the first program has ended, however long that takes. */
static NativeStatus step_kept(Goroutine *g, Slot *s) { return s[0].i++ == 0 ? wait_for(g, &queue_sema) : finish(g); }
GOFUNC(fn_kept, step_kept);

static NativeStatus step_keep_main(Goroutine *g, Slot *s) {
	(void)s;
	for (int i = 0; i < 100; i++) {
		SPAWN(g, fn_yielder, I(0), I(3));
		SPAWN(g, fn_sleeper, I(0), I(1000000));
	}
	SPAWN(g, fn_kept, I(0));
	return NATIVE_EXIT;
}
GOFUNC(main_keep, step_keep_main);

static NativeStatus step_later_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0)
		sema_release(g, &queue_sema, false);
	return s[0].i++ < 201 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_later, step_later_main);

static void test_keep(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) for (int round = 0; round < 5; round++) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		done_sema = queue_sema = 0;
		total = 0;
		sched_run_program(&vm, &main_keep.closure, true);
		assert_int_equal(vm.exit_state, EXIT_MAIN_RETURNED);
		assert_true(goroutine_count(&vm) > 0);
		sched_run_program(&vm, &main_later.closure, true);
		assert_int_equal(vm.exit_state, EXIT_MAIN_RETURNED);
		assert_int_equal(total, 500);
		assert_int_equal(goroutine_count(&vm), 0);
		vm_close(&vm);
	}
}

static void test_many_runs(void **state) {
	(void)state;
	EACH_WORKER_COUNT(n) {
		VM vm;
		vm_open(&vm, (uint32_t)n);
		for (int round = 0; round < 200; round++) {
			done_sema = 0;
			total = 0;
			Function *mains[] = {&main_starve, &main_many, &main_token, &main_keep};
			vm.host.max_goroutines = 100 + round % 3;
			Function *fn = mains[1 + round % 3];
			if (fn == &main_keep)
				vm.host.max_goroutines = 0;
			assert_int_equal(run_main(&vm, fn), EXIT_MAIN_RETURNED);
		}
		vm_close(&vm);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork_join),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_no_starvation),
		cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_no_false_deadlock),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_idle_costs_nothing),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_timer_stress),
		cmocka_unit_test(test_stop_world),
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_worker_count),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_goroutine_limit),
		cmocka_unit_test(test_blocking),
		cmocka_unit_test(test_blocking_abandoned),
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_poll_forget),
		cmocka_unit_test(test_sema_order),
		cmocka_unit_test(test_sema_stress),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_slabs),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_many_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
