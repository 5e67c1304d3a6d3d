/* SPDX-License-Identifier: MIT */
/* sched_internal.h: what the files of the scheduler (sched.c worker.c stop.c goroutine.c timer.c poll.c blocking.c)
 * tell each other, and the structures behind VM's private pointers. Nobody else includes it. */
#ifndef GOL_RUNTIME_SCHED_INTERNAL_H
#define GOL_RUNTIME_SCHED_INTERNAL_H

#include "runtime/sched.h"

#define NO_DEADLINE INT64_MAX

typedef enum IdleState {
	WORKER_OUT,    /* worker 0 between two runs */
	WORKER_ACTIVE, /* runs goroutines or looks for some */
	WORKER_IDLE,   /* sleeps, in SchedState.idle */
} IdleState;

/* All guarded by vm->sched_lock. */
struct SchedState {
	Worker *idle;    /* the sleeping workers, the latest first */
	uint32_t active; /* workers in WORKER_ACTIVE */
	Worker *poller;  /* the one that sleeps in the poller, or NULL */
	bool running;    /* between start and end of sched_run_program */
	bool pumped;     /* it runs inside sched_pump only */
	bool closing;    /* the VM is being freed: threads end */
	uint32_t thread_limit;   /* workers the system has threads for */
	uint32_t wanted_workers; /* GOMAXPROCS asked for, not yet in force; 0: none */
	Bubble *bubbles;         /* all that live: bubble.c */
	uint32_t bubble_ids;     /* the last one given out */
	Goroutine *held_head, *held_tail; /* pause.c: would run if the VM were not paused */
	uint32_t held_len;
	Goroutine *step;         /* to be run for one slice */
	struct StepWait *step_wait; /* who wants to know when it has */
};

/* A thread that is no worker and waits for the world to go on. */
typedef struct HostWait {
	Parker parker;
	struct HostWait *next;
} HostWait;

/* All guarded by vm->sched_lock. */
struct StopState {
	bool owned;            /* somebody stops or has stopped the world */
	Worker *owner;         /* NULL: a host thread */
	uint32_t depth;        /* nested stops of the owner */
	Parker *owner_parker;
	bool owner_sleeps;
	uint32_t stopped;      /* active workers that wait at a safepoint */
	uint32_t host_inside;  /* threads between sched_host_enter and sched_host_leave */
	bool host_used;
	HostWait *host_waiting;
	void (*job)(Worker *w, void *user); /* of sched_parallel */
	void *job_user;
	uint32_t job_epoch;
	uint32_t job_left;     /* workers that have not finished it */
};

/* Cheap clock for measuring short spans; about nanoseconds, never exact. */
static inline uint64_t ticks_now(void) {
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc() / 2;
#else
	return (uint64_t)clock_monotonic_ns();
#endif
}

static inline uint32_t stop_flags(const VM *vm) {
	return __atomic_load_n(&vm->stop_requested, __ATOMIC_RELAXED);
}

static inline uint32_t random_next(Worker *w, uint32_t below) {
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)(((w->random >> 32) * below) >> 32);
}

/* ---- goroutine.c ---- */
bool goroutines_init(VM *vm);
void goroutines_deinit(VM *vm);
void goroutines_worker_deinit(Worker *w);

/* ---- worker.c ---- */
Worker *worker_new(VM *vm, uint32_t index);
void worker_free(Worker *w);
void worker_loop(Worker *w);           /* worker 0: returns when the program is over */
void worker_execute(Worker *w, Goroutine *g); /* one slice, and what follows from how it ended */
bool worker_call(Worker *w, Goroutine *g); /* one slice of a main goroutine; true: it returned */
SchedPump worker_pump(Worker *w, int64_t until_ns);
void worker_wake_one(VM *vm);          /* somebody should look for work; any thread */
bool worker_start_locked(VM *vm);      /* makes the next worker and its thread, idle; false: no more */
void worker_kick_locked(Worker *w);    /* ends its sleep; it looks around and may go on sleeping */
void workers_kick_all(VM *vm);         /* the same for all, without the lock: from signal handlers */
void worker_count_idle_locked(VM *vm); /* after active or worker_count changed */
void worker_drain(Worker *w);          /* its queue goes to the global one */
void worker_check_deadlock_locked(VM *vm);

/* ---- sched.c ---- */
void run_session_begin(VM *vm); /* worker 0 is to run in a thread of its own: what comes before worker_loop, */
void run_session_leave(VM *vm); /* and behind it */
Goroutine *global_take(Worker *w, uint32_t max); /* one to run; up to max - 1 more go into w's ring, which has room */
void sched_push_global(VM *vm, Goroutine *head, Goroutine *tail, uint32_t count);
void ring_put(Worker *w, Goroutine *g); /* to the tail; half of a full ring moves to the global queue */
void sched_apply_worker_count(Worker *w);

/* ---- stop.c ---- */
bool stop_init(VM *vm);
void stop_deinit(VM *vm);
void stop_wait_locked(Worker *w);  /* waits, counted as stopped, while somebody else owns the world */
void stop_rest_locked(Worker *w);  /* worker 0 at the end of a run: waits, counted as stopped, until it is alone */
void stop_changed_locked(VM *vm);  /* active or stopped changed: whoever stops the world may be waiting for that */
bool stop_job_locked(Worker *w);   /* does its part of a parallel job; false: none to do */
void stop_update_multi(VM *vm);    /* world stopped or nothing running */

/* ---- select.c ---- */
static inline void sudog_free(Worker *w, Sudog *s) {
	s->link = w->free_sudogs;
	w->free_sudogs = s;
}
void select_worker_deinit(Worker *w);

/* ---- leaving what a goroutine waits in; the world stands (session.c). True: it is in no queue any more and nobody will
 * ready it. False: somebody has readied it already, or will. ---- */
bool chan_leave(Goroutine *g);
bool select_leave(Goroutine *g);
bool sema_leave(Goroutine *g);
bool notify_leave(Goroutine *g);
bool timer_leave(Goroutine *g);
bool poll_leave(Goroutine *g);
bool bubble_leave_wait(Goroutine *g);
bool coro_leave(Goroutine *g);
bool blocking_leave(Goroutine *g); /* or G_DEAD: a thread is inside the call; the goroutine will be freed after it */

/* ---- session.c ---- */
void session_goroutine_ended(VM *vm, Goroutine *g); /* before it is freed */
void session_stuck_locked(VM *vm);  /* nothing can run, and nothing can wake */

/* ---- chan.c ---- */
bool chan_has_receiver(const Chan *c); /* somebody waits to receive from it; nobody else uses it */
void chan_forget(Goroutine *g); /* empties the queues of the channels it waits on: all others leave, too */

/* ---- sema.c ---- */
bool semas_init(VM *vm);
void semas_deinit(VM *vm);
void semas_clear(VM *vm); /* forgets all waiters */

/* ---- timer.c ---- */
bool timers_worker_init(Worker *w);
void timers_worker_deinit(Worker *w);
int64_t timers_earliest(VM *vm);              /* over all workers; NO_DEADLINE */
void timers_run(Worker *w, int64_t now_ns);   /* fires what is due in any worker's heap */
void timers_clear(VM *vm);                    /* drops all; no program runs */
/* The timers of a bubble: a heap of their own, whose times are the bubble's. first: NO_DEADLINE when there is none. run: fires
 * what is due at now_ns, in random order. free: drops those that are left. */
struct TimerHeap *timer_heap_new(VM *vm, Bubble *b);
void timer_heap_free(VM *vm, struct TimerHeap *h);
int64_t timer_heap_first(struct TimerHeap *h);
void timer_heap_run(Worker *w, struct TimerHeap *h, int64_t now_ns);
void timer_heap_mark(Marker *m, struct TimerHeap *h, bool weak);

/* ---- poll.c ---- */
bool poll_init(VM *vm);
void poll_deinit(VM *vm);
bool poll_has_waiters(VM *vm);
int poll_open(VM *vm);                        /* the event source's descriptor; -1: none */
bool poll_is_open(VM *vm);
void poll_kick(VM *vm);                       /* ends a poll_run that sleeps; async-signal-safe */
/* Readies whoever's descriptor is ready; waits for one until the deadline (0: not at all). */
void poll_run(Worker *w, int64_t until_ns);
void poll_clear(VM *vm);

/* ---- signal.c ---- */
bool signals_init(VM *vm);
void signals_deinit(VM *vm);
void signals_clear(VM *vm);
bool signal_leave(Goroutine *g);

/* ---- blocking.c ---- */
bool blocking_init(VM *vm);
void blocking_deinit(VM *vm); /* waits for the jobs under way */
void blocking_abandon(VM *vm); /* forgets all jobs; goroutines of running ones become G_DEAD and are freed later */

#endif
