/* SPDX-License-Identifier: MIT */
/* timer_object.c: tracing of HEAP_TIMER objects. What they do when they fire is the library's business (stdlib/time). */
#include "runtime/timer_object.h"

void timer_object_trace(Marker *m, void *object) {
	TimerObject *t = object;
	gc_mark_pointer(m, t->chan);
	gc_mark_pointer(m, t->f);
	gc_mark_pointer(m, t->loc);
}
