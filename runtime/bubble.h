/* SPDX-License-Identifier: MIT */
/* bubble.h: the bubbles of testing/synctest: groups of goroutines with a clock of their own, which moves on when all of them
 * are durably blocked: waiting for something that only their bubble can bring about.
 *
 * A goroutine that another of the bubble starts belongs to it, and so do the channels and timers it makes. Who uses those from
 * outside ends the program (FATAL_BUBBLE_*). The bubble's root is the goroutine that began it: it sleeps in
 * bubble_run_or_park, and is woken each time nobody else runs. */
#ifndef GOL_RUNTIME_BUBBLE_H
#define GOL_RUNTIME_BUBBLE_H

#include "runtime/sched.h"
#include "runtime/values.h"

/* A bubble whose root is g and whose main goroutine calls f. False: no memory, or too many goroutines. */
bool bubble_begin(Goroutine *g, const Closure *f);
/* On behalf of its root, again each time the root runs. PANIC_PARKED; PANIC_NONE: all goroutines have exited, the bubble is
 * gone; PANIC_BUBBLE_*: those that are left will never run, and g is its root no longer. */
PanicCode bubble_run_or_park(Goroutine *g);
/* Until all others of g's bubble are durably blocked. False: another goroutine does that already. True: parked. */
bool bubble_wait_or_park(Goroutine *g);

enum { MAX_BUBBLE_ID = INT32_MAX };
uint32_t bubble_id(const Bubble *b);       /* from 1 to MAX_BUBBLE_ID; 0 for NULL */
int64_t bubble_now_ns(const Bubble *b);    /* since 1970 */
bool bubble_is_deadlocked(const Bubble *b); /* it ended in PANIC_BUBBLE_* */
struct TimerHeap *bubble_timers(Bubble *b);

/* ---- what happens to its goroutines: called where vm->watch is seen to be set (watch.c, chan.c, select.c) ---- */
void bubble_join(Bubble *b, Goroutine *g); /* g is new and not queued yet */
void bubble_parks(Goroutine *g);           /* it is marked as waiting; may ready another one, or g itself */
void bubble_wakes(Goroutine *g);           /* before it is readied */
void bubble_exits(Goroutine *g);           /* it has ended */

void bubbles_mark(Marker *m, VM *vm); /* what pending timers hold; world stopped */
void bubbles_discard(VM *vm);         /* no program runs */

#endif
