/* SPDX-License-Identifier: MIT */
/* inspect.h: a picture of all goroutines: what each waits on, and who could wake it. */
#ifndef GOL_RUNTIME_INSPECT_H
#define GOL_RUNTIME_INSPECT_H

#include "runtime/sched.h"

/* One thing a goroutine waits on. */
typedef struct InspectWait {
	const void *target; /* a channel; or an address inside an object, chan false; NULL: a nil channel */
	bool is_chan, is_send, closed;
	const TypeDesc *elem; /* channels that are not nil */
	uint32_t len, cap;
	uint32_t index; /* of the select case */
} InspectWait;

enum { /* InspectGoroutine.others: who may wake it besides goroutines; as GOL_WAKER_* */
	WAKER_TIMER = 1, WAKER_SYSTEM = 2, WAKER_HOST = 4, WAKER_GLOBAL = 8,
};
enum { MAX_WAKERS = 16 };

typedef struct InspectGoroutine {
	Goroutine *g;
	InspectWait *waits;
	uint32_t wait_count;
	uint32_t waker_count;
	uint64_t *wakers;   /* ids; those that run or can run first */
	uint32_t others;    /* WAKER_* */
	bool elided;        /* there are more than MAX_WAKERS, or they were not all looked for */
	bool leaked;        /* nobody can ever wake it */
	bool waits_on_goroutines; /* on a channel, mutex, ...: not on the system, a timer or the host */
} InspectGoroutine;

typedef struct Inspection {
	Arena arena;        /* of all that follows */
	InspectGoroutine *items; /* by id */
	uint32_t count;
} Inspection;

/* World stopped. counts: which goroutines there are (NULL: all but system ones). wakers: finds out who could wake whom and who is stuck for ever. ended: the program is over; globals and the
 * host then count only if something could still run, and wakers are found among those that are stuck as well. False: no memory. inspection_free in any case. */
bool inspect_goroutines(VM *vm, bool (*counts)(const Goroutine *g), bool wakers, bool ended, Inspection *out);
void inspection_free(Inspection *in);

/* From now on goroutines note when they begin to wait; those that wait are dated now. World stopped. */
void inspect_watch(VM *vm);

/* A queued value of a channel, and a goroutine that waits on it. World stopped. */
const Slot *chan_queued(const Chan *c, uint32_t index);
typedef struct ChanWaiter {
	Goroutine *g;
	const Slot *value; /* senders; NULL: none (elements of size 0) */
	bool is_select;
} ChanWaiter;
uint32_t chan_waiters(const Chan *c, bool senders, ChanWaiter *out, uint32_t max); /* how many there are */
bool chan_is_closed(const Chan *c);

#endif
