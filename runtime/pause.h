/* SPDX-License-Identifier: MIT */
/* pause.h: holding goroutines back and stepping through them. */
#ifndef GOL_RUNTIME_PAUSE_H
#define GOL_RUNTIME_PAUSE_H

#include "runtime/sched.h"

static inline bool pause_is_on(const VM *vm) {
	return (__atomic_load_n(&vm->stop_requested, __ATOMIC_RELAXED) & STOP_PAUSE) != 0;
}

/* World stopped. All goroutines that are not spared (Goroutine.is_spared) are held from running, or let go. A host that let them go
 * wakes workers afterwards: sched_wake. */
void sched_pause(VM *vm);
void sched_resume(VM *vm);
void sched_wake(VM *vm);
bool pause_is_held(const VM *vm, const Goroutine *g);

/* One step: begin and end with the world stopped, wait with it running. */
typedef struct StepWait {
	Parker parker;
	bool done;          /* atomic */
	uint64_t goroutine;
} StepWait;
typedef enum StepChoice { STEP_CHOSEN, STEP_NONE, STEP_BUSY, STEP_NO_MEMORY } StepChoice;
StepChoice sched_step_begin(VM *vm, uint64_t id, StepWait *wait); /* id 0: whose turn it is; STEP_NONE: it cannot run */
/* here: on the thread of worker 0, outside of a pump; else a worker does it. */
void sched_step_wait(VM *vm, bool here, StepWait *wait, int64_t timeout_ns);
void sched_step_end(VM *vm, StepWait *wait);

/* worker.c: true: g is held now. */
bool pause_holds(Worker *w, Goroutine *g);
bool pause_run_step(Worker *w); /* runs what is to be stepped; false: nothing */
void pause_end(VM *vm);         /* without letting anybody go: goroutines are being discarded */

#endif
