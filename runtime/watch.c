/* SPDX-License-Identifier: MIT */
/* watch.c: what happens to goroutines and channels, for those who watch.
 *
 * Owns: vm->watcher: events that wait to be handed over, those of a step, the sink.
 * Rules: events are noted under the lock of the channel they concern and get their place in line there, so the order is
 *   right for every channel. They are handed over between two goroutines, with no other lock held, by one thread at
 *   a time. Beyond EVENTS_MAX events in line the rest is counted, not kept.
 * Why: a sink called where things happen would run under locks; a thread of its own would be one more that pumping hosts
 *   do not want. While nobody watches the price is one look at vm->watch where a goroutine parks, wakes or uses a channel.
 * See: docs/scheduler.md, api/trace.c */
#include "runtime/watch.h"

#include "runtime/bubble.h"
#include "runtime/chan.h"
#include "runtime/sched_internal.h"

enum { EVENTS_MAX = 1 << 16, FIRST_EVENTS = 64, STEP_MAX = 64 };

struct WatchState {
	Lock lock;          /* guards what follows, up to `delivery` */
	Event *events;
	uint32_t len, cap;
	uint64_t lost;
	uint64_t step;      /* the goroutine whose events are kept; 0: none */
	uint32_t step_len;  /* all of them; STEP_MAX are kept */
	Event *steps;
	Lock delivery;      /* held by the thread that hands over; guards the sink */
	Watcher to;
	bool wanted;        /* there is a sink; atomic */
};

/* ---- life ---- */

static struct WatchState *state_of(VM *vm) {
	if (vm->watcher == NULL)
		vm->watcher = mem_zalloc(&vm->mem, sizeof(struct WatchState));
	return vm->watcher;
}

static void free_events(VM *vm, Event *events, uint32_t cap) {
	mem_free(&vm->mem, events, cap * sizeof(Event));
}

void watch_free(VM *vm) {
	struct WatchState *s = vm->watcher;
	if (s == NULL)
		return;
	free_events(vm, s->events, s->cap);
	free_events(vm, s->steps, s->steps != NULL ? STEP_MAX : 0);
	mem_free(&vm->mem, s, sizeof(*s));
	vm->watcher = NULL;
}

/* ---- handing over ---- */

static Event *take_all(struct WatchState *s, uint32_t *len, uint32_t *cap, uint64_t *lost) {
	lock_acquire(&s->lock);
	Event *events = s->events;
	*len = s->len;
	*cap = s->cap;
	*lost = s->lost;
	s->events = NULL;
	__atomic_store_n(&s->len, 0, __ATOMIC_SEQ_CST);
	s->cap = 0;
	s->lost = 0;
	lock_release(&s->lock);
	return events;
}

/* The delivery lock is held. */
static void hand_over(VM *vm, struct WatchState *s) {
	uint32_t len, cap;
	uint64_t lost;
	Event *events = take_all(s, &len, &cap, &lost);
	for (uint32_t i = 0; i < len && s->to.sink != NULL; i++)
		s->to.sink(s->to.user, &events[i]);
	if (lost != 0 && s->to.sink != NULL)
		s->to.sink(s->to.user, &(Event){.kind = EVENT_LOST, .index = (int64_t)lost, .time_ns = clock_monotonic_ns()});
	free_events(vm, events, cap);
}

static bool has_waiting(struct WatchState *s) {
	return __atomic_load_n(&s->len, __ATOMIC_SEQ_CST) != 0;
}

void watch_deliver(VM *vm) {
	struct WatchState *s = vm->watcher;
	/* Whoever adds an event while the lock is being given up finds it free, or is seen here. */
	while (s != NULL && has_waiting(s) && lock_try(&s->delivery)) {
		hand_over(vm, s);
		lock_release(&s->delivery);
	}
}

/* ---- on and off ---- */

static void set_flag(VM *vm, struct WatchState *s) {
	if (s->wanted || s->step != 0)
		vm->watch |= WATCH_EVENTS;
	else
		vm->watch &= (uint8_t)~WATCH_EVENTS;
	stop_update_multi(vm);
}

bool watch_set(VM *vm, Worker *self, const Watcher *to) {
	WorldStop stop;
	world_stop(&stop, vm, self);
	struct WatchState *s = state_of(vm);
	if (s == NULL) {
		world_start(&stop);
		return to == NULL;
	}
	s->wanted = to != NULL;
	set_flag(vm, s);
	world_start(&stop);
	lock_acquire(&s->delivery); /* no sink runs now */
	hand_over(vm, s); /* what happened until now is the old one's */
	s->to = to != NULL ? *to : (Watcher){0};
	lock_release(&s->delivery);
	return true;
}

bool watch_step_begin(VM *vm, uint64_t goroutine) {
	struct WatchState *s = state_of(vm);
	if (s != NULL && s->steps == NULL)
		s->steps = mem_alloc(&vm->mem, STEP_MAX * sizeof(Event));
	if (s == NULL || s->steps == NULL)
		return false;
	s->step = goroutine;
	s->step_len = 0;
	set_flag(vm, s);
	return true;
}

uint32_t watch_step_end(VM *vm, Event *out, uint32_t max) {
	struct WatchState *s = vm->watcher;
	uint32_t n = s->step_len < STEP_MAX ? s->step_len : STEP_MAX;
	if (n > max)
		n = max;
	memcpy(out, s->steps, n * sizeof(Event));
	s->step = 0;
	set_flag(vm, s);
	return s->step_len;
}

/* ---- noting ---- */

static bool grow_locked(VM *vm, struct WatchState *s) {
	uint32_t cap = s->cap != 0 ? s->cap * 2 : FIRST_EVENTS;
	if (cap > EVENTS_MAX)
		return false;
	Event *events = mem_realloc(&vm->mem, s->events, s->cap * sizeof(Event), cap * sizeof(Event));
	if (events == NULL)
		return false;
	s->events = events;
	s->cap = cap;
	return true;
}

static void note(VM *vm, const Event *e) {
	struct WatchState *s = vm->watcher;
	lock_acquire(&s->lock);
	if (s->step != 0 && e->goroutine == s->step && s->step_len++ < STEP_MAX)
		s->steps[s->step_len - 1] = *e;
	if (s->wanted && e->kind != EVENT_RUN && e->kind != EVENT_YIELD) {
		if (s->len < s->cap || grow_locked(vm, s)) {
			s->events[s->len] = *e;
			__atomic_store_n(&s->len, s->len + 1, __ATOMIC_SEQ_CST);
		} else {
			s->lost++;
		}
	}
	lock_release(&s->lock);
}

/* ---- where a goroutine is ---- */

static bool is_library(const Function *fn) {
	return fn->file == NULL || strncmp(fn->file, "$GOL/", 5) == 0 || strncmp(fn->file, "runtime/", 8) == 0;
}

/* Waiting, pc is behind the instruction unless that must be looked at again; so it is while receiving. */
static const Insn *pc_of(const Goroutine *g, const Function *fn, const Event *e) {
	const Insn *pc = g->pc;
	bool inside = pc > fn->code && pc <= fn->code + fn->code_len;
	bool waits = __atomic_load_n(&g->status, __ATOMIC_RELAXED) == G_WAITING && g->resume == 0;
	bool receives = e->kind == EVENT_RECEIVE || (e->kind == EVENT_PARK && g->wait_reason == WAIT_CHAN_RECEIVE);
	if (inside && (waits || (receives && (pc[-1].op == OP_RECV || (pc - fn->code >= 2 && pc[-2].op == OP_RECV_OK)))))
		pc--;
	return pc;
}

/* The innermost frame of the program's own code. */
static void place(Goroutine *g, Event *e) {
	FrameWalk walk;
	frame_walk_init(&walk, g);
	const Function *fn = frame_walk_function(&walk);
	if (is_library(fn) && g->fp == g->stack) /* the library's own goroutine, or not in main yet */
		return;
	e->fn = fn;
	e->pc = pc_of(g, fn, e);
	while (is_library(fn) && frame_walk_next(&walk)) {
		fn = frame_walk_function(&walk);
		if (is_library(fn))
			continue;
		e->fn = fn;
		e->pc = walk.pc - 1;
	}
}

static void name_target(VM *vm, Goroutine *g, Event *e) {
	if (g != NULL && e->target != NULL && vm->name_hook != NULL)
		vm->name_hook(g, e->target, e->name, sizeof e->name);
}

static Event event_of(VM *vm, Goroutine *g, EventKind kind, const Chan *c) {
	Event e = {.kind = (uint8_t)kind, .time_ns = clock_monotonic_ns(), .target = c};
	if (c != NULL)
		e.elem = c->elem;
	if (g != NULL) {
		e.goroutine = g->id;
		place(g, &e);
		name_target(vm, g, &e);
	}
	return e;
}

static uint64_t id_of(const Goroutine *g) {
	return g != NULL ? g->id : 0;
}

/* ---- channels ---- */

static void note_send(VM *vm, Goroutine *g, const Chan *c, const char *value, const Goroutine *other) {
	Event e = event_of(vm, g, EVENT_SEND, c);
	e.other = id_of(other);
	memcpy(e.value, value, sizeof e.value);
	note(vm, &e);
}

static void note_receive(VM *vm, Goroutine *g, const Chan *c, const char *value, bool ok, const Goroutine *other) {
	Event e = event_of(vm, g, EVENT_RECEIVE, c);
	e.other = id_of(other);
	e.closed = !ok;
	if (ok)
		memcpy(e.value, value, sizeof e.value);
	note(vm, &e);
}

static void brief_element(const Chan *c, const Slot *value, char *out) {
	static const Slot nothing[2] __attribute__((aligned(16))) = {{0}};
	brief_value(c->elem, c->slots != 0 ? value : nothing, out, EVENT_VALUE);
}

/* What a sender that was taken out of the queue offered: it is still parked. */
static void brief_offer(const Chan *c, const Goroutine *sender, char *out) {
	const Sudog *s = &sender->sudog;
	if (sender->wait_reason == WAIT_SELECT && sender->select_sudogs != NULL)
		for (s = sender->select_sudogs; s->case_index != (sender->wake_result & 0xffff);)
			s = s->link;
	brief_element(c, s->elem != NO_ELEM ? sender->stack + s->elem : NULL, out);
}

void watch_front(Chan *c, char *out) {
	out[0] = 0;
	if (c->count != 0)
		brief_element(c, chan_at(c, c->head), out);
}

static void note_wake(VM *vm, const Goroutine *waker, Goroutine *g) {
	Event e = event_of(vm, g, EVENT_WAKE, NULL);
	e.other = id_of(waker);
	e.reason = g->wait_reason;
	note(vm, &e);
}

void watch_sent(VM *vm, Goroutine *g, Chan *c, const Slot *value, Goroutine *peer) {
	char text[EVENT_VALUE];
	brief_element(c, value, text);
	note_send(vm, g, c, text, peer);
	if (peer == NULL)
		return;
	note_receive(vm, peer, c, text, true, g);
	note_wake(vm, g, peer);
}

void watch_received(VM *vm, Goroutine *g, Chan *c, const char *front, bool ok, Goroutine *peer) {
	char offer[EVENT_VALUE] = "";
	if (peer != NULL)
		brief_offer(c, peer, offer);
	bool direct = peer != NULL && c->cap == 0;
	if (direct)
		note_send(vm, peer, c, offer, g);
	note_receive(vm, g, c, direct ? offer : front, ok, direct ? peer : NULL);
	if (peer != NULL && !direct) /* its value took the place that became free */
		note_send(vm, peer, c, offer, NULL);
	if (peer != NULL)
		note_wake(vm, g, peer);
}

void watch_closed(Goroutine *g, Chan *c) {
	Event e = event_of(g->vm, g, EVENT_CLOSE, c);
	note(g->vm, &e);
}

void watch_selected(Goroutine *g, int64_t index) {
	Event e = event_of(g->vm, g, EVENT_SELECT, NULL);
	e.index = index;
	note(g->vm, &e);
}

/* ---- goroutines ---- */

void watch_created(Goroutine *creator, Goroutine *g) {
	if (creator != NULL && creator->bubble != NULL)
		bubble_join(creator->bubble, g);
	if (!watch_on(g->vm))
		return;
	Event e = event_of(g->vm, creator, EVENT_CREATE, NULL);
	e.other = g->id;
	note(g->vm, &e);
}

/* What it waits on, when that is one thing. */
static const Sudog *only_wait(const Goroutine *g) {
	switch ((WaitReason)g->wait_reason) {
	case WAIT_CHAN_RECEIVE: case WAIT_CHAN_SEND:
	case WAIT_SYNC_MUTEX: case WAIT_SYNC_RWMUTEX_R: case WAIT_SYNC_RWMUTEX_W: case WAIT_SYNC_WAITGROUP:
	case WAIT_SYNC_WAITGROUP_BUBBLE: case WAIT_SEMACQUIRE: case WAIT_COROUTINE:
		return &g->sudog;
	case WAIT_SELECT:
		return g->select_sudogs == NULL ? &g->sudog : NULL;
	default:
		return NULL;
	}
}

static void note_park(Goroutine *g) {
	VM *vm = g->vm;
	const Sudog *s = only_wait(g);
	bool is_chan = g->wait_reason <= WAIT_SELECT;
	g->wait_since_ns = clock_monotonic_ns();
	if (!watch_on(vm) || g->is_system)
		return;
	Event e = event_of(vm, g, EVENT_PARK, s != NULL && is_chan ? s->target : NULL);
	e.reason = g->wait_reason;
	if (s != NULL && !is_chan) {
		e.target = s->target;
		name_target(vm, g, &e);
	}
	if (e.elem != NULL && s->is_send)
		brief_element(s->target, s->elem != NO_ELEM ? g->stack + s->elem : NULL, e.value);
	note(vm, &e);
}

void watch_parked(Goroutine *g) {
	note_park(g);
	if (g->bubble != NULL)
		bubble_parks(g);
}

void watch_will_park(Goroutine *g, WaitReason reason) {
	g->wait_reason = (uint8_t)reason;
	note_park(g);
	sched_parks(g, reason);
	if (g->bubble != NULL)
		bubble_parks(g);
}

void watch_woken(VM *vm, Worker *w, Goroutine *g) {
	if (g->bubble != NULL)
		bubble_wakes(g);
	if (!watch_on(vm) || g->wait_reason == WAIT_NONE || g->is_system) /* it is new */
		return;
	note_wake(vm, w != NULL ? w->current : NULL, g);
}

void watch_ended(Goroutine *g) {
	Event e = {.kind = EVENT_END, .goroutine = g->id, .time_ns = clock_monotonic_ns()};
	if (watch_on(g->vm) && !g->is_system)
		note(g->vm, &e);
	if (g->bubble != NULL)
		bubble_exits(g);
}

void watch_yields(Goroutine *g) {
	if (!watch_on(g->vm))
		return;
	Event e = event_of(g->vm, g, EVENT_YIELD, NULL);
	note(g->vm, &e);
}

/* How a select's case was found, or what a receiver got, stands in the goroutine until it runs. */
void watch_runs(Goroutine *g) {
	const Sudog *s = only_wait(g);
	bool is_chan = s != NULL && g->wait_reason <= WAIT_SELECT && g->wait_reason != WAIT_NONE;
	Event e = event_of(g->vm, g, EVENT_RUN, is_chan ? s->target : NULL);
	e.reason = g->wait_reason;
	e.index = g->fp == g->stack && g->pc == ((const Closure *)g->fp[1].p)->fn->code; /* new */
	if (is_chan) {
		e.closed = !s->success;
		if (s->success && (s->elem != NO_ELEM || ((const Chan *)s->target)->slots == 0))
			brief_element(s->target, g->stack + s->elem, e.value);
	}
	note(g->vm, &e);
}
