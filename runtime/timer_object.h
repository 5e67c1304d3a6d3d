/* SPDX-License-Identifier: MIT */
/* timer_object.h: the Go-heap object behind time.Timer and time.Ticker (HEAP_TIMER): a timer and what it fires. */
#ifndef GOL_RUNTIME_TIMER_OBJECT_H
#define GOL_RUNTIME_TIMER_OBJECT_H

#include "runtime/sched.h"

typedef struct TimerObject {
	Timer timer;
	Chan *chan;       /* gets the time; or */
	const Closure *f; /* is called in a goroutine of its own */
	void *loc;        /* *time.Location of the times sent */
	uint32_t bubble;  /* number of the bubble it was made in; 0: none */
} TimerObject;

/* Trace function of HEAP_TIMER. A pending timer is a root, so it is never swept while queued. */
void timer_object_trace(Marker *m, void *object);

#endif
