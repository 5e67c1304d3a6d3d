/* SPDX-License-Identifier: MIT */
/* coro.h: handing control from one goroutine to another, for iter.Pull.
 *
 * A Coro is a place in which one goroutine waits at a time. Who switches to it takes that place, and the goroutine that was
 * there goes on in the same worker, in what is left of the same time slice: no queue, no lock, nobody woken. */
#ifndef GOL_RUNTIME_CORO_H
#define GOL_RUNTIME_CORO_H

#include "runtime/sched.h"

typedef struct Coro Coro; /* Go heap */

/* A coro in which a new goroutine waits that will call f. NULL: no memory, or too many goroutines. */
Coro *coro_new(Goroutine *g, const Closure *f);

typedef enum CoroSwitch { CORO_SWITCHED, CORO_EXITED, CORO_FOREIGN } CoroSwitch;
/* CORO_SWITCHED: answer NATIVE_SWITCH. CORO_EXITED: nobody waits there. CORO_FOREIGN: who does is of another bubble. */
CoroSwitch coro_switch(Goroutine *g, Coro *c);
/* For a goroutine that is about to end: who waits in c goes on. */
void coro_exit(Goroutine *g, Coro *c);

#endif
