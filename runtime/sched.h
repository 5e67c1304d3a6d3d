/* SPDX-License-Identifier: MIT */
/* sched.h: the VM's state, worker threads and scheduling, in the words of Go's runtime: G goroutine, M worker thread with
 * its P (they are one here: Worker). */
#ifndef GOL_RUNTIME_SCHED_H
#define GOL_RUNTIME_SCHED_H

#include "base/buf.h"
#include "runtime/goroutine.h"
#include "runtime/heap.h"

typedef struct Timer Timer;
typedef struct SchedSession SchedSession;

/* What the interpreter answers when it stops running a goroutine. Except for YIELD and SAFEPOINT the goroutine must not be
 * touched by the worker afterwards. */
typedef enum RunStatus {
	RUN_YIELD,     /* budget used up or Gosched: put it at the end of a queue */
	RUN_PARKED,    /* queued somewhere else, maybe already running elsewhere */
	RUN_DEAD,      /* finished; the worker frees it */
	RUN_EXIT,      /* the program is over: vm->exit_state says how */
	RUN_SAFEPOINT, /* a check saw vm->stop_requested: handle it, then go on with the same goroutine */
	RUN_SWITCH,    /* parked, and Worker.switch_to runs in its place */
} RunStatus;
typedef RunStatus (*RunFn)(Worker *w, Goroutine *g);

typedef enum ExitState {
	EXIT_RUNNING, EXIT_MAIN_RETURNED, EXIT_OS_EXIT, EXIT_PANIC, EXIT_FATAL, EXIT_DEADLOCK, EXIT_INTERRUPTED, EXIT_LIMIT,
	EXIT_MEMORY, /* the host's allocator or the system refused */
} ExitState;

/* VM.exit_code with EXIT_LIMIT; others: the text of the fatal error says it. */
enum { LIMIT_WALL = 101, LIMIT_FUEL, LIMIT_GOROUTINES };

enum { RING_SIZE = 256 };

struct Worker {
	VM *vm;
	uint32_t index;
	Goroutine *current;
	Goroutine *switch_to;       /* with RUN_SWITCH */
	Goroutine *runnext;         /* private next slot: never stolen, so a hand-off needs no atomics (README.md) */
	uint32_t ring_head;         /* atomic, CAS by owner and thieves */
	uint32_t ring_tail;         /* written by the owner only */
	Goroutine *ring[RING_SIZE];
	uint32_t tick;              /* scheduling rounds: every 61st looks at the global queue first */
	uint64_t random;            /* xorshift state */
	uint32_t inherit_left;      /* runnext hand-offs left in this time slice, so that a pair cannot starve others */
	bool spinning;
	Parker parker;
	Thread thread;
	Goroutine *free_goroutines; /* recycled, owner only */
	uint32_t free_goroutine_count;
	Sudog *free_sudogs;
	Defer *free_defers;
	Panic *free_panics;
	struct TimerHeap *timers;
	struct MethodCacheEntry *method_cache; /* vm/call.c: (type, key) -> MethodDesc, direct-mapped */
	struct AllocCache *alloc;   /* heap.h: per layout, bump pointers */
	const TypeDesc *panic_type; /* set with PANIC_UNHASHABLE and PANIC_UNCOMPARABLE */
	uint64_t schedules, steals, parks, wakes; /* statistics */
	/* private to runtime/ */
	uint64_t id_next, id_end;   /* goroutine ids reserved for this worker */
	int64_t goroutine_delta;    /* atomic: created minus freed here; goroutine_count adds them up */
	int64_t slice_left;         /* budget left when run returned, stored by the interpreter; counts towards host.fuel */
	int64_t fuel_used;          /* by all that ran here, stored by the interpreter */
	uint32_t timer_tick;        /* rounds since the last look at the clock */
	uint32_t spin_limit;        /* adapts to whether spinning found work */
	struct Timer *free_timers;  /* of sleeping goroutines */
	struct SelectScratch *select_scratch;
	void *free_stacks[8];       /* grown stacks by size class, linked through their first word */
	uint8_t free_stack_counts[8];
	uint8_t idle_state;         /* worker.c; guarded by sched_lock */
	bool thread_started;
	bool waiting;               /* sleeps (or will) on parker in stop.c; guarded by sched_lock */
	bool in_poll;               /* sleeps in the poller instead of on parker; guarded by sched_lock */
	int64_t sleep_until_ns;     /* while idle; guarded by sched_lock */
	int64_t last_poll_ns;
	uint64_t surplus_since;     /* ticks: since when more is queued here than one worker runs; 0: not now */
	uint32_t job_seen;          /* last sched_parallel job done */
	Worker *idle_next;          /* guarded by sched_lock */
	uint8_t pad[64];
};

struct VM {
	Mem mem;
	Heap *heap;
	RunFn run;                   /* the interpreter */
	char *globals;               /* reserved area of GLOBALS_RESERVE bytes */
	uint32_t globals_len;
	const uint64_t *globals_ptr_bits;
	TypeTable *types;
	/* workers */
	Worker *workers[MAX_WORKERS];
	uint32_t worker_count;       /* GOMAXPROCS */
	uint32_t workers_len;        /* atomic: workers[0 .. workers_len) exist; more are made when there is work; never shrinks */
	uint8_t watch;               /* WATCH_*; changes while the world stands */
	struct WatchState *watcher;  /* private to watch.c */
	bool multi;                  /* false: one thread alone runs goroutines and touches channels; locks may be skipped */
	struct SchedState *sched;    /* private to worker.c and sched.c */
	bool (*worker_begin)(Worker *w); /* vm/'s private parts of a worker, or NULL */
	void (*worker_end)(Worker *w);
	void (*trace_hook)(Worker *w, Goroutine *g); /* answers STOP_TRACE; g (or NULL) is shown first */
	/* Writes the name of a variable that holds target, on behalf of g, under locks of channels; or NULL */
	void (*name_hook)(Goroutine *g, const void *target, char *out, size_t cap);
	bool (*host_leave)(VM *vm, Goroutine *g); /* sessions: g, in WAIT_HOST, is to end; false: the host has woken it */
	void (*session_hook)(VM *vm); /* os.Exit has ended the session; on its thread */
	void (*exit_hook)(VM *vm);   /* all workers rest, nothing is discarded yet: the place for reports; or NULL */
	uint32_t idle_workers;       /* atomic */
	uint32_t spinning_workers;   /* atomic */
	Lock sched_lock;             /* global queue, idle list, worker start */
	Goroutine *global_head, *global_tail;
	uint32_t global_len;         /* atomic read */
	struct GoroutineTable *all;  /* every goroutine slab, for the collector and traces */
	uint64_t next_goroutine_id;  /* atomic */
	int64_t goroutine_count;     /* atomic: alive, system ones excluded */
	/* stopping the world and ending */
	uint32_t stop_requested;     /* atomic flags STOP_*: seen by every check */
	struct StopState *stop;
	uint32_t exit_state;         /* ExitState, atomic; first one wins */
	int exit_code;
	int64_t grace_until_ns;      /* atomic: main has returned, and the others go on until all wait, or until then; 0: no */
	Goroutine *exit_goroutine;   /* whose panic or fatal error it was */
	/* semaphores, timers, polling, blocking calls */
	struct MadeTypes *made_types; /* made_type.c; atomic: NULL until something asks */
	struct SemaTable *semas;
	struct Poller *poller;
	struct BlockingPool *blocking;
	struct SignalState *signals;
	int64_t timers_pending;      /* atomic: goroutine- or channel-waking timers */
	int64_t blocking_pending;    /* atomic: goroutines inside blocking calls or waiting for the host: no deadlock */
	/* the host */
	struct VMHost {
		void (*write)(void *user, int fd, const char *data, size_t len); /* stdout 1, stderr 2; any thread, serialized */
		void *user;
		int argc;
		const char *const *argv;
		uint32_t capabilities;   /* GOL_ALLOW_* of gol.h */
		uint64_t max_stack_bytes;
		bool stack_limited;      /* that is a limit of the host's: scripts may not raise it */
		uint64_t max_goroutines; /* 0: none */
		int64_t deadline_ns;     /* monotonic; 0: none */
		int64_t fuel;            /* checks; < 0: none. atomic */
		int64_t grace_ns;        /* how long goroutines may go on when main has returned; 0: not at all */
		const uint32_t *starting; /* atomic StartState, the host's; or NULL */
	} host;
	Lock write_lock;
	bool captures;               /* fd 1 goes to captured; both under write_lock */
	Buf captured;
	Lock print_lock;             /* print and println, traces */
	int64_t start_ns;            /* sched_now_ns at the start of the program */
	uint64_t seed;               /* of the random choices */
	int gc_percent;              /* GOGC */
	const Program *program;      /* the last one started */
	SchedSession *session; /* goroutines live on between calls of the host: session.h; or NULL */
	struct Tools *tools;         /* vm/profile.c: settings and profiles, kept over instances; or NULL */
	bool trace_gc, profile_allocations;
	void *vm_private;            /* vm/: PANIC values, constant closures, ... */
	void *stdlib_private;        /* stdlib/: one VM's library state */
	void *api;                   /* api/ */
};

/* A run begins before it can be stopped: what the host did until then. */
typedef enum StartState { START_NONE, START_GOING, START_INTERRUPTED } StartState;

enum { STOP_GC = 1, STOP_EXIT = 2, STOP_TRACE = 4, STOP_SINGLE = 8, STOP_WORLD = 16, STOP_PROCS = 32,
       STOP_PAUSE = 128 /* pause.c: seen by the scheduler only */, STOP_PROFILE = 64 /* the memory profile wants to know who allocates here; nobody stops for it */ };

/* Creates the VM's runtime state (no threads yet). False: no memory. */
bool vm_runtime_init(VM *vm, RunFn run);
void vm_runtime_deinit(VM *vm);

/* Runs `closure` as goroutine 1 and schedules until the program ends: main returned, exit, panic, fatal error, deadlock,
 * interrupt. Starts vm->worker_count - 1 threads (the caller's thread is worker 0); they are parked again when it returns.
 * The reason is in vm->exit_state. All goroutines are discarded unless keep_goroutines (REPL). */
void sched_run_program(VM *vm, const Closure *closure, bool keep_goroutines);
/* Main has returned. Does the host want to see what the others come to (VMHost.grace_ns)? Then the program ends when all of them
 * wait, or when that time is over. */
bool sched_begin_grace(VM *vm);
/* The same with `slots` argument slots for the closure; goroutines are kept. When nothing else can run and it ends within a
 * time slice no other worker notices. The interpreter takes the results before it answers RUN_DEAD for a main goroutine. */
void sched_run_call(VM *vm, const Closure *closure, const Slot *args, uint32_t slots);
/* What sched_run_program does at its end unless told to keep them; no program may run. */
void sched_discard_goroutines(VM *vm);

/* A host that pumps: worker 0 alone, in the caller's thread, and only inside sched_pump. begin: as sched_run_program does;
 * false: no memory. pump: runs goroutines until the monotonic clock passes until_ns, nothing can run, or the program has
 * ended; what follows the end is as in sched_run_program, with all goroutines kept: sched_discard_goroutines is the caller's. */
typedef enum SchedPump { SCHED_PUMP_MORE, SCHED_PUMP_IDLE, SCHED_PUMP_STUCK, SCHED_PUMP_DONE } SchedPump;
bool sched_pump_begin(VM *vm, const Closure *closure);
SchedPump sched_pump(VM *vm, int64_t until_ns);
/* Monotonic time of the next timer or the host's deadline; INT64_MAX: none; 0: something can run now. */
int64_t sched_next_ns(VM *vm);
/* A descriptor that is readable when a pumping host should come again; -1: the system refused. */
int sched_poll_fd(VM *vm);
/* vm->workers[HOST_WORKER] is no thread: its caches are what host threads allocate with; made and freed by api/. */
enum { HOST_WORKER = MAX_WORKERS - 1 };

/* Makes a parked or new goroutine runnable. next: it goes into runnext of w (hand-off), else to the tail of the ring.
 * w may be NULL when called from a thread that is no worker (global queue). */
void sched_ready(VM *vm, Worker *w, Goroutine *g, bool next);
/* What is left of it when the caller has told who watches (watch_sent, watch_received); the second with next. */
void sched_ready_untold(VM *vm, Worker *w, Goroutine *g, bool next);
void sched_ready_next(Worker *w, Goroutine *g);
/* The same for `count` goroutines linked through g->link from head to tail, in that order. */
void sched_ready_list(VM *vm, Worker *w, Goroutine *head, Goroutine *tail, uint32_t count);
enum {
	WATCH_WAITS = 1,   /* when goroutines begin to wait */
	WATCH_EVENTS = 2,  /* all that happens to them: watch.h */
	WATCH_BUBBLES = 4, /* which goroutines of a bubble run: bubble.h */
};
void watch_will_park(Goroutine *g, WaitReason reason); /* watch.c */
/* The part of sched_will_park that is left when the caller has told who watches. */
static inline void sched_parks(Goroutine *g, WaitReason reason) {
	g->wait_reason = (uint8_t)reason;
	__atomic_store_n(&g->status, G_WAITING, __ATOMIC_RELEASE);
}
/* Marks the running goroutine as waiting; call while holding the lock of what it waits on, before it becomes visible. */
static inline void sched_will_park(Goroutine *g, WaitReason reason) {
	if (UNLIKELY(g->vm->watch != 0))
		watch_will_park(g, reason);
	else
		sched_parks(g, reason);
}
/* Output through the host's write callback, one caller at a time; any thread. Nothing happens when there is no callback. */
void sched_write(VM *vm, int fd, const char *data, size_t len);
/* From begin to end what is written to fd 1 is kept, for a test that compares it. end: false: nothing was begun; else out is
 * the caller's to free (failed: memory ran out). */
void sched_capture_begin(VM *vm);
bool sched_capture_end(VM *vm, Buf *out);
/* Ends the program with the given state (first caller wins); any thread, also signal handlers when state is INTERRUPTED. */
void sched_exit(VM *vm, ExitState state, int code, Goroutine *g);
/* What it ended with, or EXIT_RUNNING; any thread. An interrupt may come meanwhile. */
static inline ExitState sched_exit_state(const VM *vm) {
	return (ExitState)__atomic_load_n(&vm->exit_state, __ATOMIC_RELAXED);
}
/* All goroutines are printed at the next check, by an idle worker if no other comes to one. Any thread, also signal handlers. */
void sched_request_traces(VM *vm);
/* A panic nobody recovered, a fatal error or a limit ends the program, in a session only the running goroutine g: at its next
 * check, without deferred calls. Answer RUN_EXIT afterwards where possible. */
void sched_fail(Goroutine *g, ExitState state, int code);
/* GOMAXPROCS: returns the previous count; n <= 0 only asks. Takes effect at the next safepoint. */
uint32_t sched_set_worker_count(VM *vm, uint32_t n);

/* Work inside one instruction or native, in units of fuel: accounted for at once, g->budget apart. True: the program is being
 * stopped, perhaps because this reached a limit: what goes on should end soon, its result does not matter. Costs about 50 ns. */
bool sched_work(Goroutine *g, int64_t work);
/* For a loop through long input whose work was charged before: next = 0 at first; true now and then when the program is
 * being stopped, also by that charge. `at` counts bytes or elements. g NULL: nothing stops it. */
typedef struct Pace {
	Goroutine *g;
	size_t next;
} Pace;
static inline bool pace_stops(Pace *p, size_t at) {
	enum { PACE = 64 << 10 };
	if (LIKELY(at < p->next))
		return false;
	p->next = at + PACE;
	if (at == 0 || p->g == NULL)
		return false;
	int64_t charged = p->g->budget < 0 ? -p->g->budget : 0;
	p->g->budget += charged;
	return sched_work(p->g, charged);
}
/* memcpy, memset to 0 and memcmp of any size, value_copy_array (may overlap) and value_zero of many elements: they look with
 * sched_work between pieces of some hundred kilobytes, and end early when the program is being stopped (bulk.c; bulk_zero: false). */
void bulk_copy(Goroutine *g, void *to, const void *from, size_t size);
bool bulk_zero(Goroutine *g, void *p, size_t size);
int bulk_compare(Goroutine *g, const void *a, const void *b, size_t size);
void bulk_copy_values(Goroutine *g, const TypeDesc *elem, void *to, const void *from, size_t count);
void bulk_zero_values(Goroutine *g, const TypeDesc *elem, void *p, size_t count);

/* May a collection that runs now be given up when the program is being stopped? Not in sessions, whose values live on, nor
 * between runs. world stopped. */
bool sched_may_abandon(VM *vm);
/* For work of the runtime on behalf of a program that may be abandoned: it is being stopped; clock: looks at the deadline. */
bool sched_is_ending(VM *vm, bool clock);

/* Stops all other workers at a safepoint; the caller must be a worker at one. Nested or concurrent requests queue. */
void sched_stop_world(Worker *w);
void sched_start_world(Worker *w);
/* Stops the world for any thread: worker is that thread's own (its goroutine is inside a native), NULL when it runs none. */
typedef struct WorldStop {
	VM *vm;
	Worker *worker;
	Parker parker;
} WorldStop;
void world_stop(WorldStop *s, VM *vm, Worker *worker);
void world_start(WorldStop *s);
/* Between them nobody stops the world: for a thread that runs no goroutine now, but changes what others look at then. */
void world_bar(VM *vm);
void world_unbar(VM *vm);

/* Lets every stopped worker run fn(worker, user) in parallel with the caller and waits for all (parallel marking). Idle
 * workers are woken and missing threads started (up to worker_count): with little to do call fn yourself instead. */
void sched_parallel(Worker *w, void (*fn)(Worker *w, void *user), void *user);
/* A check of a worker whose goroutine's state is saved: waits out a stopped world, collects if asked. */
void sched_safepoint(Worker *w);
/* Threads that are no workers (host): between enter and leave the world is not stopped, and channels may be used with a
 * NULL worker. The first enter of a VM ends the time in which a single worker may skip locks. No Go code runs inside. */
void sched_host_enter(VM *vm);
void sched_host_leave(VM *vm);
/* Calls visit for each goroutine that is not free. World stopped, or the count may be stale. */
void sched_each_goroutine(VM *vm, void (*visit)(Goroutine *g, void *user), void *user);

/* GODEBUG=schedtrace: a thread that prints a line about the scheduler every period_ns; NULL: no thread. stop(NULL) is fine. */
typedef struct SchedTrace SchedTrace;
SchedTrace *sched_trace_start(VM *vm, int64_t period_ns);
void sched_trace_stop(SchedTrace *t);

/* ---- semaphores (sema.c): what sync sleeps on; addresses inside Go objects ---- */
/* Acquires *addr (a uint32 count). True: got it at once. False: g is queued (park with NATIVE_PARK; the count was taken on
 * its behalf when it wakes). lifo: queue in front. reason is for traces. */
bool sema_acquire_or_park(Goroutine *g, uint32_t *addr, bool lifo, WaitReason reason);
void sema_release(Goroutine *g, uint32_t *addr, bool handoff);
/* sync.Cond: a list of waiters with tickets, kept beside the address. wait: true: notified since notify_add; false: parked.
 * one, all: false: a waiter belongs to a bubble and g does not; nobody was woken. */
bool notify_wait_or_park(Goroutine *g, void *addr, uint32_t ticket);
uint32_t notify_add(Goroutine *g, void *addr);
bool notify_one(Goroutine *g, void *addr);
bool notify_all(Goroutine *g, void *addr);

/* ---- timers (timer.c) ---- */
typedef enum TimerKeeps { /* what a pending timer keeps alive */
	TIMER_KEEPS_NOTHING,
	TIMER_KEEPS_ARG,  /* arg points into the Go heap */
	TIMER_KEEPS_WEAK, /* arg is a TimerObject: it is collected, and never fires, when nobody refers to it or its channel */
} TimerKeeps;
struct Timer {
	int64_t when_ns;   /* monotonic */
	int64_t period_ns; /* 0: once */
	/* Runs on a worker (never concurrently with itself); may ready goroutines, must not block. g-less: pass the worker. */
	void (*fire)(Worker *w, Timer *t, void *arg, int64_t now_ns);
	void *arg;
	struct TimerHeap *heap; /* that it was first started on */
	uint32_t heap_index;
	uint8_t state;     /* private */
	uint8_t keeps;     /* TimerKeeps */
};
/* Timers are embedded in their owner's memory (Go heap objects reachable from arg, or C memory). Any thread of the VM. */
/* In a bubble when_ns is a time of the bubble's clock, and what is due fires at once. */
void timer_start(Goroutine *g, Timer *t);
int64_t goroutine_now_ns(const Goroutine *g); /* its bubble's clock, or the monotonic one */
bool timer_stop(Timer *t);                                               /* true: it was pending */
bool timer_reset(Worker *w, Timer *t, int64_t when_ns, int64_t period_ns);
Bubble *timer_bubble(const Timer *t); /* whose clock it follows; NULL: the real one. Only while that bubble is known to live */
/* time.Sleep. True: g is queued, NATIVE_PARK afterwards; false: no time to sleep, or no memory. */
bool timer_sleep_or_park(Goroutine *g, int64_t ns);
/* For the collector, world stopped: calls gc_mark_pointer on the arg of every pending timer that keeps it; weak: also of weak ones. */
void timers_mark(Marker *m, VM *vm, bool weak);
/* After marking, also with the world stopped. mark_waited: weak timers whose channels are in use; true: there were some. drop_dead:
 * the others that are not marked are pending no longer. */
bool timers_mark_waited(Marker *m, VM *vm);
void timers_drop_dead(const Marker *m, VM *vm);
/* Whether any pending timer could wake a goroutine; no worker is active. True also when that would take long to find out. */
bool timers_may_wake(VM *vm);
int64_t sched_now_ns(VM *vm); /* monotonic; the virtual clock of a replay later */

/* ---- blocking calls and descriptors ---- */
/* Runs job(arg) on a pool thread while g is parked (return NATIVE_PARK or NATIVE_RETRY afterwards); job may write g's result
 * slots through arg. False: the pool could not take it (run it inline). */
bool blocking_submit_or_park(Goroutine *g, void (*job)(void *arg), void *arg);
void blocking_mark(Marker *m, VM *vm); /* args of jobs whose goroutines are gone; registered as a root by vm_runtime_init */
/* Parks g until fd is readable (or writable). False: this kind of descriptor is always ready (a file): go on. */
bool poll_wait_or_park(Goroutine *g, int fd, bool write);
/* Descriptors that stay with the poller: fd is non-blocking, and whoever finds it not ready parks. 0, or an error number. */
int poll_watch(VM *vm, int fd);
/* After a call on a watched fd found it not ready: parks g until it is (then try again: NATIVE_RETRY). POLL_TRY: something has
 * happened since. POLL_BROKEN: one of the bits is set in *state; who sets one calls poll_wake afterwards. */
typedef enum PollWait { POLL_PARKED, POLL_TRY, POLL_BROKEN } PollWait;
PollWait poll_watched_or_park(Goroutine *g, int fd, bool write, const uint64_t *state, uint64_t broken);
/* Whoever waits for fd tries again. */
void poll_wake(VM *vm, Worker *w, int fd, bool read, bool write);
/* The VM closes fd when its program is over, unless poll_forget comes first. False: no memory. */
bool poll_own(VM *vm, int fd);
void poll_close_owned(VM *vm); /* no program may run */
/* Before fd is closed: whoever waits for it wakes (and finds out when it tries again). */
void poll_forget(VM *vm, Worker *w, int fd);
/* ---- signals that the host hands to the program (signal.c) ---- */
typedef enum SignalUse { SIGNAL_DEFAULT, SIGNAL_WANTED, SIGNAL_IGNORED } SignalUse;
void signal_set(VM *vm, int number, SignalUse use);
bool signal_deliver(VM *vm, int number); /* any thread; false: the program leaves it to the host */
uint64_t signals_ignored(VM *vm);        /* bit: number - 1 */
/* The number of a wanted signal that has come; 0: g is parked until one comes (NATIVE_RETRY). One goroutine does this. */
int signal_take_or_park(Goroutine *g);
/* g waits for something outside (host callback); gol_wake readies it. Such waits are no deadlock. */
void host_will_park(Goroutine *g);
void host_wake(VM *vm, Goroutine *g); /* any thread; g must still wait: when its program has ended it is gone */
/* +1: the host holds another means to wake goroutines later (a channel it may send to, ...); -1: it gave one up. While there
 * is any, nothing is a deadlock. */
void host_expect(VM *vm, int change);

#endif
