/* SPDX-License-Identifier: MIT */
/* eval_run.c: running an evaluation: starting it, waiting for it, ending it.
 *
 * Rules: the host's thread only waits here; goroutines run on the session's threads. Whatever ends an evaluation before its
 *   time (interrupt, deadlock, limit) is decided by this thread, with the world stopped.
 * Why: signal handlers and other threads then need to set a flag and wake one thread, nothing more.
 * See: runtime/session.c. */
#include <string.h>

#include "api/api_internal.h"
#include "runtime/session.h"
#include "vm/link.h"
#include "vm/profile.h"
#include "vm/trace.h"

/* ---------------------------------------------------------------- the session's threads */

static void set_runner(GolVM *vm, bool running) {
	lock_acquire(&vm->host_lock);
	__atomic_store_n(&vm->runner, running ? (uint64_t)vm->vm.workers[0]->thread.handle : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vm->is_running, running, __ATOMIC_RELAXED);
	lock_release(&vm->host_lock);
}

bool eval_start(GolVM *vm) {
	if (vm->vm.session)
		return true;
	vm->vm.start_ns = sched_now_ns(&vm->vm);
	tools_begin(&vm->vm);
	if (!session_start(&vm->vm)) {
		tools_end(&vm->vm);
		return false;
	}
	set_runner(vm, true);
	return true;
}

void eval_stop(GolVM *vm) {
	if (!vm->vm.session)
		return;
	session_halt(&vm->vm);
	tools_end(&vm->vm);
	parked_cut(vm);
	SchedSession *ended = session_detach(&vm->vm);
	while (__atomic_load_n(&vm->interrupts, __ATOMIC_SEQ_CST) != 0)
		cpu_relax();
	session_free(&vm->vm, ended);
	set_runner(vm, false);
	__atomic_fetch_add(&vm->ends, 1, __ATOMIC_RELEASE);
}

/* ---------------------------------------------------------------- ending it */

typedef struct Ending {
	EndKind how;
	ExitState state;
	int code;
	bool started; /* also the goroutines that it started */
} Ending;

static void end_evaluation(GolVM *vm, Ending e) {
	VM *r = &vm->vm;
	session_ask_end(r, e.state, e.code);
	world_stop(&vm->eval.stop, r, NULL);
	Goroutine *g = session_goroutine(r);
	if (g)
		session_end(r, g, e.how, e.state, e.code);
	if (e.started)
		session_end_started(r, e.how);
	world_start(&vm->eval.stop);
}

static void interrupted(GolVM *vm, uint32_t *times) {
	EndKind how = ++*times == 1 ? END_GOEXIT : END_NOW;
	end_evaluation(vm, (Ending){.how = how, .state = EXIT_INTERRUPTED, .started = session_interrupted_all(&vm->vm)});
}

static void report_deadlock(GolVM *vm, Goroutine *g) {
	Buf out;
	buf_init(&out, &vm->vm.mem);
	buf_puts(&out, "fatal error: all goroutines are asleep - deadlock!\n");
	trace_set_error(&vm->vm, out.ptr, out.len ? out.len - 1 : 0);
	buf_putc(&out, '\n');
	trace_goroutine(g, 0, &out);
	native_write(&vm->vm, 2, out.ptr, out.len);
	buf_deinit(&out);
}

/* Nothing can wake the evaluation; when its deferred calls got stuck as well it ends without them. */
static void stuck(GolVM *vm, uint32_t *times) {
	VM *r = &vm->vm;
	world_stop(&vm->eval.stop, r, NULL);
	if (session_is_stuck(r)) {
		Goroutine *g = session_goroutine(r);
		bool again = g->ending != END_NONE;
		if (!again)
			report_deadlock(vm, g);
		session_end(r, g, again ? END_NOW : END_GOEXIT, EXIT_DEADLOCK, 0);
		++*times;
	}
	world_start(&vm->eval.stop);
}

void eval_forget(GolVM *vm) {
	Eval *e = &vm->eval;
	if (e->program)
		program_release(e->program);
	if (vm->current == e->program)
		vm->current = NULL;
	*e = (Eval){.exited = e->exited, .exited_user = e->exited_user, .watch = e->watch, .watch_user = e->watch_user, .watch_ns = e->watch_ns};
}

/* ---------------------------------------------------------------- what it waits for */

typedef struct Watching {
	uint64_t reason; /* of the look before */
	const void *target;
	int64_t since_ns, next_ns;
} Watching;

/* What the evaluation waits for, in text; false: it runs. */
static bool waiting_text(GolVM *vm, Watching *w, Buf *out) {
	const Goroutine *g = session_goroutine(&vm->vm);
	bool waits = g && g->status == G_WAITING;
	WaitReason reason = waits ? (WaitReason)g->wait_reason : WAIT_NONE;
	const void *target = reason == WAIT_CHAN_RECEIVE || reason == WAIT_CHAN_SEND ? g->sudog.target : NULL;
	if (w->reason != (uint64_t)reason || w->target != target)
		w->since_ns = sched_now_ns(&vm->vm);
	w->reason = (uint64_t)reason;
	w->target = target;
	if (!waits)
		return false;
	const char *name = target && vm->eval.name_of_channel ? vm->eval.name_of_channel(vm, target) : NULL;
	buf_puts(out, wait_reason_text(reason));
	if (name)
		buf_printf(out, " on %s", name);
	return true;
}

static void look(GolVM *vm, Watching *w) {
	Buf text;
	buf_init(&text, &vm->vm.mem);
	world_stop(&vm->eval.stop, &vm->vm, NULL);
	bool waits = waiting_text(vm, w, &text);
	world_start(&vm->eval.stop);
	int64_t now = sched_now_ns(&vm->vm);
	if (vm->eval.watch)
		vm->eval.watch(vm->eval.watch_user, waits ? buf_cstr(&text) : NULL, waits ? now - w->since_ns : 0);
	buf_deinit(&text);
	w->next_ns = now + vm->eval.watch_ns;
}

/* ---------------------------------------------------------------- waiting for it */

static ExitState wait_for_end(GolVM *vm) {
	VM *r = &vm->vm;
	const int64_t wall = vm->config.limits.wall_ns, now = sched_now_ns(r);
	int64_t deadline = wall > 0 ? now + wall : INT64_MAX;
	Watching w = {.next_ns = vm->eval.watch ? now + vm->eval.watch_ns : INT64_MAX};
	uint32_t interrupts = 0, deadlocks = 0;
	for (;;) {
		switch (session_wait(r, deadline < w.next_ns ? deadline : w.next_ns)) {
		case SESSION_DONE:
			return session_result(r).state;
		case SESSION_OVER:
			return sched_exit_state(r);
		case SESSION_INTERRUPT:
			interrupted(vm, &interrupts);
			break;
		case SESSION_STUCK:
			stuck(vm, &deadlocks);
			break;
		case SESSION_TIMEOUT:
			if (sched_now_ns(r) >= deadline) {
				end_evaluation(vm, (Ending){END_NOW, EXIT_LIMIT, LIMIT_WALL, true});
				deadline = INT64_MAX;
			} else {
				look(vm, &w);
			}
			break;
		}
	}
}

static GolStatus not_started(GolVM *vm) {
	bool limit = vm->vm.host.max_goroutines && (uint64_t)goroutine_count(&vm->vm) >= vm->vm.host.max_goroutines;
	return instance_ended(vm, limit ? EXIT_LIMIT : EXIT_MEMORY, LIMIT_GOROUTINES);
}

GolStatus eval_over(GolVM *vm) {
	ExitState state = sched_exit_state(&vm->vm);
	int code = vm->vm.exit_code;
	eval_stop(vm);
	vm->vm.exit_code = code;
	return instance_ended(vm, state, code);
}

GolStatus eval_run(GolVM *vm, const Closure *closure, Slot *slots, uint32_t count, bool *returned, bool stopped) {
	VM *r = &vm->vm;
	bool was_busy = vm->eval.is_busy;
	*returned = false;
	if (!was_busy)
		session_forget_interrupts(r);
	if (!stopped)
		world_stop(&vm->eval.stop, r, NULL);
	apply_limits(vm);
	if (r->mem.cap_bytes)
		heap_expect_garbage(r);
	trace_set_error(r, "", 0);
	bool started = session_eval(r, closure, slots, count, slots, slots ? closure->fn->result_slots : 0);
	world_start(&vm->eval.stop);
	if (!started)
		return not_started(vm);
	vm->eval.is_busy = true;
	ExitState state = wait_for_end(vm);
	vm->eval.is_busy = was_busy;
	SessionResult result = session_result(r);
	*returned = result.returned;
	return session_is_over(r) ? eval_over(vm) : instance_ended(vm, state, result.code);
}

/* ---------------------------------------------------------------- for the host */

GolStatus gol_eval_watch(GolVM *vm, int64_t interval_ns,
			 void (*watch)(void *user, const char *waiting_for, int64_t waited_ns), void *user) {
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	if (watch && interval_ns <= 0)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_eval_watch: no interval");
	vm->eval.watch = watch;
	vm->eval.watch_user = user;
	vm->eval.watch_ns = interval_ns;
	return GOL_OK;
}

void eval_exited(VM *r) {
	const GolVM *vm = r->api;
	if (vm->eval.exited)
		vm->eval.exited(vm->eval.exited_user);
}

GolStatus gol_eval_at_exit(GolVM *vm, void (*exited)(void *user), void *user) {
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	vm->eval.exited = exited;
	vm->eval.exited_user = user;
	return GOL_OK;
}

uint64_t gol_eval_panics(const GolVM *vm) { return vm ? session_panics(&vm->vm) : 0; }
