/* SPDX-License-Identifier: MIT */
/* watch.h: what happens to goroutines and channels, told as it happens, to whoever asked. Everything here is off until then:
 * callers look at vm->watch first. */
#ifndef GOL_RUNTIME_WATCH_H
#define GOL_RUNTIME_WATCH_H

#include "runtime/sched.h"

typedef enum EventKind { /* as GOL_EVENT_* */
	EVENT_CREATE, EVENT_RUN, EVENT_SEND, EVENT_RECEIVE, EVENT_CLOSE, EVENT_SELECT, EVENT_PARK, EVENT_WAKE, EVENT_YIELD,
	EVENT_END, EVENT_LOST,
} EventKind;

enum { EVENT_VALUE = 48, EVENT_NAME = 48 };

typedef struct Event {
	uint8_t kind;   /* EventKind */
	uint8_t reason; /* PARK, RUN: WaitReason */
	bool closed;    /* RECEIVE */
	int64_t index;  /* SELECT: the case; LOST: how many; RUN: 1: for the first time */
	int64_t time_ns;
	uint64_t goroutine, other;
	const void *target;   /* a channel, or what else it waits on; NULL: none */
	const TypeDesc *elem; /* of the channel; NULL: target is none */
	const Function *fn;   /* where, as pc */
	const Insn *pc;       /* of the instruction under way */
	char value[EVENT_VALUE]; /* shortened */
	char name[EVENT_NAME];   /* of a variable that holds target */
} Event;

typedef struct Watcher {
	void (*sink)(void *user, const Event *e);
	void *user;
} Watcher;

/* Tells `to` of all events from now on; NULL: no more, and the last call has returned. Not from inside a sink. Any thread;
 * the world must not be stopped by the caller. False: no memory. */
bool watch_set(VM *vm, Worker *self, const Watcher *to);
/* Hands over what is waiting, unless another thread is doing that. A worker between two goroutines, or a host thread. */
void watch_deliver(VM *vm);
void watch_free(VM *vm);

/* Events of one goroutine are also kept, from begin to end: the first `max` in *out; the number of all. */
bool watch_step_begin(VM *vm, uint64_t goroutine); /* world stopped; false: no memory */
uint32_t watch_step_end(VM *vm, Event *out, uint32_t max); /* world stopped */

/* ---- what happens; watch_on says whether anybody wants to know. Channels are locked ---- */
static inline bool watch_on(const VM *vm) { return UNLIKELY((vm->watch & WATCH_EVENTS) != 0); }
/* g NULL: the host or a timer. peer: who got or gave the value at once, still parked; NULL: the buffer. */
void watch_sent(VM *vm, Goroutine *g, Chan *c, const Slot *value, Goroutine *peer);
/* front: what watch_front wrote (EVENT_VALUE bytes) before the value was taken. */
void watch_received(VM *vm, Goroutine *g, Chan *c, const char *front, bool ok, Goroutine *peer);
void watch_front(Chan *c, char *out);
void watch_closed(Goroutine *g, Chan *c);
void watch_selected(Goroutine *g, int64_t index);
/* These are called whenever vm->watch is set, and also do what bubbles and those who want dates need. */
void watch_created(Goroutine *creator, Goroutine *g);
void watch_parked(Goroutine *g); /* it is marked as waiting; as watch_will_park, which marks it */
void watch_woken(VM *vm, Worker *w, Goroutine *g);
void watch_ended(Goroutine *g);
void watch_yields(Goroutine *g);
void watch_runs(Goroutine *g); /* begins to run */

/* ---- brief.c ---- */
/* Writes a value (slot layout) as Go prints it in a few characters; always 0-terminated. */
void brief_value(const TypeDesc *type, const Slot *value, char *out, size_t cap);

#endif
