/* SPDX-License-Identifier: MIT */
/* session.c: goroutines that live on between calls of the host.
 *
 * Owns: SchedSession: the thread that is worker 0, the evaluation under way.
 * Rules: the session is one run without a main goroutine; it ends by os.Exit or session_stop only. What ends a program ends one
 *   goroutine here (sched_fail). Whoever waits is taken out of its queue with the world stopped and readied: it sees
 *   Goroutine.ending before it goes on. lock guards eval and result; it is taken inside no other lock but sched_lock.
 * Why a thread: the host sits at its prompt, and with one worker nobody else would run goroutines meanwhile.
 * See: docs/architecture.md, vm/call.c (call_ending), api/eval_run.c. */
#include "runtime/session.h"

#include "runtime/bubble.h"
#include "runtime/ring.h"
#include "runtime/sched_internal.h"

enum { SESSION_STACK_BYTES = 1 << 20 };

struct SchedSession {
	Thread thread;
	Parker host;         /* where session_wait sleeps */
	Lock lock;
	Goroutine *eval;     /* of the evaluation under way; NULL: none */
	uint16_t number;
	SessionResult result;
	Slot *results;
	uint32_t result_count;
	uint32_t interrupts; /* atomic; not yet told by session_wait */
	bool interrupt_all;  /* atomic */
	bool stuck, over;    /* atomic */
	uint64_t panics;     /* atomic */
};

/* ---- life ---- */

static void *session_thread(void *arg) {
	VM *vm = arg;
	worker_loop(vm->workers[0]);
	run_session_leave(vm);
	__atomic_store_n(&vm->session->over, true, __ATOMIC_RELEASE);
	parker_unpark(&vm->session->host);
	if (sched_exit_state(vm) == EXIT_OS_EXIT)
		vm->session_hook(vm);
	return NULL;
}

bool session_start(VM *vm) {
	SchedSession *s = mem_zalloc(&vm->mem, sizeof *s);
	if (s == NULL)
		return false;
	__atomic_store_n(&vm->session, s, __ATOMIC_SEQ_CST);
	vm->host.deadline_ns = 0;
	run_session_begin(vm);
	if (thread_start(&s->thread, session_thread, vm, SESSION_STACK_BYTES)) {
		__atomic_store_n(&vm->workers[0]->thread.handle, s->thread.handle, __ATOMIC_RELAXED);
		return true;
	}
	sched_exit(vm, EXIT_INTERRUPTED, 0, NULL);
	run_session_leave(vm);
	session_free(vm, session_detach(vm));
	return false;
}

void session_halt(VM *vm) {
	if (!session_is_over(vm))
		sched_exit(vm, EXIT_INTERRUPTED, 0, NULL);
	thread_join(&vm->session->thread);
	__atomic_store_n(&vm->workers[0]->thread.handle, 0, __ATOMIC_RELAXED);
}

SchedSession *session_detach(VM *vm) {
	SchedSession *s = vm->session;
	sched_discard_goroutines(vm);
	__atomic_store_n(&vm->session, NULL, __ATOMIC_SEQ_CST);
	return s;
}

void session_free(VM *vm, SchedSession *s) { mem_free(&vm->mem, s, sizeof *s); }

/* ---- evaluations ---- */

bool session_eval(VM *vm, const Closure *closure, const Slot *args, uint32_t slots, Slot *results, uint32_t count) {
	SchedSession *s = vm->session;
	Goroutine *g = goroutine_new(vm->workers[0], NULL, closure, args, slots);
	if (g == NULL)
		return false;
	lock_acquire(&s->lock);
	g->is_spared = true;
	g->eval = ++s->number;
	s->eval = g;
	s->result = (SessionResult){.state = EXIT_RUNNING};
	s->results = results;
	s->result_count = count;
	lock_release(&s->lock);
	__atomic_store_n(&s->stuck, false, __ATOMIC_RELAXED);
	sched_push_global(vm, g, g, 1);
	return true;
}

void session_forget_interrupts(VM *vm) {
	SchedSession *s = vm->session;
	if (s == NULL)
		return;
	__atomic_store_n(&s->interrupts, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->interrupt_all, false, __ATOMIC_RELAXED);
}

static bool is_done(SchedSession *s) {
	lock_acquire(&s->lock);
	bool done = s->eval == NULL;
	lock_release(&s->lock);
	return done;
}

SessionEvent session_wait(VM *vm, int64_t until_ns) {
	SchedSession *s = vm->session;
	worker_wake_one(vm);
	for (;;) {
		if (is_done(s))
			return SESSION_DONE;
		if (session_is_over(vm))
			return SESSION_OVER;
		if (__atomic_load_n(&s->interrupts, __ATOMIC_ACQUIRE) != 0) {
			__atomic_sub_fetch(&s->interrupts, 1, __ATOMIC_RELAXED); /* each of them is told: the second one means more */
			return SESSION_INTERRUPT;
		}
		if (__atomic_exchange_n(&s->stuck, false, __ATOMIC_ACQ_REL))
			return SESSION_STUCK;
		int64_t left = until_ns == NO_DEADLINE ? -1 : until_ns - sched_now_ns(vm);
		if (until_ns != NO_DEADLINE && left <= 0)
			return SESSION_TIMEOUT;
		parker_park(&s->host, left);
	}
}

SessionResult session_result(VM *vm) {
	SchedSession *s = vm->session;
	lock_acquire(&s->lock);
	SessionResult result = s->result;
	lock_release(&s->lock);
	return result;
}

static void finish_locked(SchedSession *s) {
	s->eval = NULL;
	if (s->result.state == EXIT_RUNNING)
		s->result.state = EXIT_MAIN_RETURNED;
	parker_unpark(&s->host);
}

void session_goroutine_ended(VM *vm, Goroutine *g) {
	SchedSession *s = vm->session;
	lock_acquire(&s->lock);
	if (s->eval == g) {
		if (g->ending == END_NONE && s->result.state == EXIT_RUNNING) {
			s->result.returned = true;
			for (uint32_t i = 0; i < s->result_count; i++)
				s->results[i] = g->stack[FRAME_HEADER_SLOTS + i];
		}
		finish_locked(s);
	}
	lock_release(&s->lock);
}

void sched_fail(Goroutine *g, ExitState state, int code) {
	VM *vm = g->vm;
	SchedSession *s = vm->session;
	if (s == NULL) {
		sched_exit(vm, state, code, g);
		return;
	}
	lock_acquire(&s->lock);
	if (s->eval != g)
		__atomic_add_fetch(&s->panics, 1, __ATOMIC_RELAXED);
	else if (s->result.state == EXIT_RUNNING)
		s->result = (SessionResult){.state = state, .code = code};
	lock_release(&s->lock);
	__atomic_store_n(&g->ending, END_NOW, __ATOMIC_RELAXED);
	g->budget = 0; /* it comes to a check at once */
}

/* ---- interrupts ---- */

void session_interrupt(VM *vm, bool all) {
	SchedSession *s = __atomic_load_n(&vm->session, __ATOMIC_SEQ_CST);
	if (s == NULL)
		return;
	if (all)
		__atomic_store_n(&s->interrupt_all, true, __ATOMIC_RELEASE);
	__atomic_add_fetch(&s->interrupts, 1, __ATOMIC_ACQ_REL);
	parker_unpark(&s->host);
}

bool session_interrupted_all(VM *vm) { return __atomic_load_n(&vm->session->interrupt_all, __ATOMIC_ACQUIRE); }

void session_ask_end(VM *vm, ExitState state, int code) {
	SchedSession *s = vm->session;
	uint8_t expected = END_NONE;
	lock_acquire(&s->lock);
	/* Why is said with it: the goroutine may end before anybody else does anything. */
	if (s->eval != NULL &&
	    __atomic_compare_exchange_n(&s->eval->ending, &expected, END_GOEXIT, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	    s->result.state == EXIT_RUNNING)
		s->result = (SessionResult){.state = state, .code = code};
	lock_release(&s->lock);
}

void session_stuck_locked(VM *vm) {
	__atomic_store_n(&vm->session->stuck, true, __ATOMIC_RELEASE);
	parker_unpark(&vm->session->host);
}

/* ---- with the world stopped ---- */

Goroutine *session_goroutine(VM *vm) {
	lock_acquire(&vm->session->lock);
	Goroutine *g = vm->session->eval;
	lock_release(&vm->session->lock);
	return g;
}

bool session_is_stuck(VM *vm) {
	const Goroutine *g = session_goroutine(vm);
	bool waits = g != NULL && __atomic_load_n(&g->status, __ATOMIC_ACQUIRE) == G_WAITING;
	waits = waits && __atomic_load_n(&vm->exit_state, __ATOMIC_ACQUIRE) == EXIT_RUNNING; /* os.Exit comes first */
	bool quiet = __atomic_load_n(&vm->blocking_pending, __ATOMIC_SEQ_CST) == 0 && vm->global_len == 0 &&
		     timers_earliest(vm) == NO_DEADLINE && vm->sched->active == 0;
	for (uint32_t i = 0; waits && quiet && i < vm->workers_len; i++)
		quiet = vm->workers[i]->runnext == NULL && ring_len(vm->workers[i]) == 0;
	return waits && quiet;
}

/* Takes a waiting goroutine out of what it waits in. False: it will be readied by others, or is gone. */
static bool leave(Goroutine *g) {
	switch ((WaitReason)g->wait_reason) {
	case WAIT_CHAN_RECEIVE: case WAIT_CHAN_SEND:
		return chan_leave(g);
	case WAIT_SELECT:
		return select_leave(g);
	case WAIT_SLEEP:
		return timer_leave(g);
	case WAIT_SYNC_MUTEX: case WAIT_SYNC_RWMUTEX_R: case WAIT_SYNC_RWMUTEX_W: case WAIT_SYNC_WAITGROUP:
	case WAIT_SYNC_WAITGROUP_BUBBLE: case WAIT_SEMACQUIRE:
		return sema_leave(g);
	case WAIT_COROUTINE:
		return coro_leave(g);
	case WAIT_SYNCTEST_RUN: case WAIT_SYNCTEST_WAIT:
		return bubble_leave_wait(g);
	case WAIT_SYNC_COND:
		return notify_leave(g);
	case WAIT_IO:
		return poll_leave(g);
	case WAIT_SYSCALL:
		return blocking_leave(g);
	case WAIT_HOST:
		if (!g->vm->host_leave(g->vm, g))
			return false;
		__atomic_sub_fetch(&g->vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
		return true;
	case WAIT_SIGNAL:
		return signal_leave(g);
	case WAIT_CHAN_RECEIVE_NIL: case WAIT_CHAN_SEND_NIL: case WAIT_SELECT_NO_CASES:
		return true;
	case WAIT_NONE: case WAIT_GC:
		return g->status == G_WAITING; /* main called Goexit, or nothing known: nobody else will wake it */
	}
	return false;
}

static void say_end(SchedSession *s, const Goroutine *g, ExitState state, int code) {
	lock_acquire(&s->lock);
	if (s->eval == g && s->result.state == EXIT_RUNNING)
		s->result = (SessionResult){.state = state, .code = code};
	lock_release(&s->lock);
}

/* Its thread is inside a system call: the evaluation ends without it. */
static void orphan(SchedSession *s, const Goroutine *g) {
	lock_acquire(&s->lock);
	if (s->eval == g)
		finish_locked(s);
	lock_release(&s->lock);
}

void session_end(VM *vm, Goroutine *g, EndKind how, ExitState state, int code) {
	uint8_t now = __atomic_load_n(&g->ending, __ATOMIC_RELAXED);
	uint8_t status = __atomic_load_n(&g->status, __ATOMIC_ACQUIRE);
	say_end(vm->session, g, state, code);
	if (how == END_GOEXIT && now != END_NONE && now != END_GOEXIT)
		return;
	__atomic_store_n(&g->ending, (uint8_t)how, __ATOMIC_RELAXED);
	if (status != G_WAITING)
		return;
	if (!leave(g)) {
		if (g->status == G_DEAD)
			orphan(vm->session, g);
		return;
	}
	g->wait_reason = WAIT_NONE;
	if (g->bubble != NULL)
		bubble_wakes(g);
	__atomic_store_n(&g->status, G_RUNNABLE, __ATOMIC_RELAXED);
	sched_push_global(vm, g, g, 1);
}

typedef struct EndStarted {
	uint16_t number;
	EndKind how;
} EndStarted;

static void end_started(Goroutine *g, void *user) {
	const EndStarted *e = user;
	if (g->eval == e->number && !g->is_system && g != g->vm->session->eval)
		session_end(g->vm, g, e->how, EXIT_INTERRUPTED, 0);
}

void session_end_started(VM *vm, EndKind how) {
	EndStarted e = {vm->session->number, how};
	sched_each_goroutine(vm, end_started, &e);
}

/* ---- small questions ---- */

bool session_is_evaluation(const Goroutine *g) {
	const SchedSession *s = g->vm->session;
	return s != NULL && s->eval == g;
}

uint64_t session_panics(const VM *vm) {
	return vm->session != NULL ? __atomic_load_n(&vm->session->panics, __ATOMIC_RELAXED) : 0;
}

bool session_is_over(const VM *vm) { return __atomic_load_n(&vm->session->over, __ATOMIC_ACQUIRE); }
