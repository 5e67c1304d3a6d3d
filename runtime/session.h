/* SPDX-License-Identifier: MIT */
/* session.h: goroutines that live on between calls of the host: a thread of the VM's own stands in for the host's, and
 * the host starts one goroutine after another, the evaluations, and waits for each. */
#ifndef GOL_RUNTIME_SESSION_H
#define GOL_RUNTIME_SESSION_H

#include "runtime/sched.h"

/* Starts the thread. False: no memory, or no thread. */
bool session_start(VM *vm);
/* Ends the run and waits for the thread; goroutines are left as they are. Then they are discarded, and vm->session is NULL.
 * What it was is freed when no other thread can be in session_interrupt any more. */
void session_halt(VM *vm);
SchedSession *session_detach(VM *vm);
void session_free(VM *vm, SchedSession *s);

/* What follows is for the host's one thread, apart from session_interrupt. */

/* With the world stopped: makes the goroutine of the next evaluation; results (count slots) are
 * filled in when it returns. False: no memory, or too many goroutines. session_wait lets it run. */
bool session_eval(VM *vm, const Closure *closure, const Slot *args, uint32_t slots, Slot *results, uint32_t count);

typedef enum SessionEvent {
	SESSION_DONE,      /* session_result */
	SESSION_INTERRUPT, /* session_interrupt was called */
	SESSION_STUCK,     /* nothing can wake the evaluation; perhaps: look again with the world stopped */
	SESSION_TIMEOUT,
	SESSION_OVER,      /* os.Exit: the session's thread has ended */
} SessionEvent;
SessionEvent session_wait(VM *vm, int64_t until_ns);

typedef struct SessionResult {
	ExitState state; /* EXIT_MAIN_RETURNED: it came to its end */
	int code;
	bool returned;   /* and its results are there */
} SessionResult;
SessionResult session_result(VM *vm);

/* Any thread, also a signal handler: the next session_wait tells. all: so does session_interrupts_all. */
void session_interrupt(VM *vm, bool all);
bool session_interrupted_all(VM *vm);
/* Interrupts before this are of no evaluation; those after it are of the next one. */
void session_forget_interrupts(VM *vm);
/* Asks the evaluation's goroutine to end, so that natives in long loops give up, and says why it will have ended. Any time. */
void session_ask_end(VM *vm, ExitState state, int code);

/* With the world stopped: */
Goroutine *session_goroutine(VM *vm); /* of the evaluation; NULL: it has ended */
bool session_is_stuck(VM *vm);
/* Makes a goroutine end. state: what becomes of the evaluation when it is its goroutine and nothing was said before. */
void session_end(VM *vm, Goroutine *g, EndKind how, ExitState state, int code);
/* The same for all goroutines that the evaluation, or goroutines of it, started. */
void session_end_started(VM *vm, EndKind how);

bool session_is_evaluation(const Goroutine *g);
uint64_t session_panics(const VM *vm); /* other goroutines that failed. Any thread */
bool session_is_over(const VM *vm);

#endif
