/* SPDX-License-Identifier: MIT */
/* inspect.c: what goroutines and channels are doing, for hosts.
 *
 * Owns: the picture of a channel that gol_chan_info took, a root of the collector.
 * Rules: the world is stopped while something is looked at, and everything a callback sees was copied by then: callbacks run while the
 *   program goes on.
 * See: runtime/inspect.c, vm/names.c */
#include "runtime/inspect.h"

#include <string.h>

#include "api/api_internal.h"
#include "runtime/pause.h"
#include "vm/names.h"
#include "vm/trace.h"

_Static_assert((int)WAKER_TIMER == GOL_WAKER_TIMER && (int)WAKER_SYSTEM == GOL_WAKER_SYSTEM &&
	       (int)WAKER_HOST == GOL_WAKER_HOST && (int)WAKER_GLOBAL == GOL_WAKER_GLOBAL, "handed through");

enum { NAME_BYTES = 128, PICTURE_MAX = 1000 };

/* ---------------------------------------------------------------- stopping */

Worker *own_worker(GolVM *vm) {
	return __atomic_load_n(&vm->is_running, __ATOMIC_ACQUIRE) ? scope_worker(vm) : NULL;
}

bool look_begin(GolVM *vm, WorldStop *stop) {
	if (!runtime_enter(vm))
		return false;
	world_stop(stop, &vm->vm, own_worker(vm));
	return true;
}

void look_end(GolVM *vm, WorldStop *stop) {
	world_start(stop);
	runtime_leave(vm);
}

/* ---------------------------------------------------------------- goroutines */

/* Main after runtime.Goexit is none any more. */
static bool is_counted(const Goroutine *g) { return g->resume != RESUME_NEVER; }

static GolPosition position_of(const FrameInfo *info) {
	return (GolPosition){info->fn->name ? info->fn->name : "", info->file, info->line};
}

static void fill_positions(Goroutine *g, GolGoroutine *out) {
	static const GolPosition nowhere = {"", "", 0};
	FrameInfo info;
	out->at = out->program_at = out->created = nowhere;
	if (trace_position(g, false, &info))
		out->at = position_of(&info);
	if (trace_position(g, true, &info))
		out->program_at = position_of(&info);
	if (!g->created_by)
		return;
	info = trace_frame_info(g->vm, g->created_by, g->created_pc);
	out->created = position_of(&info);
	out->creator = g->created_id;
}

static void fill_waits(Arena *arena, const InspectGoroutine *from, GolGoroutine *out) {
	char name[NAME_BYTES];
	GolWait *waits = from->wait_count ? ARENA_ARRAY(arena, GolWait, from->wait_count) : NULL;
	for (uint32_t i = 0; i < from->wait_count; i++) {
		const InspectWait *w = &from->waits[i];
		name_of_target(from->g, w->target, name, sizeof name);
		waits[i] = (GolWait){
			.kind = !w->is_chan ? GOL_WAIT_OBJECT : w->is_send ? GOL_WAIT_SEND : GOL_WAIT_RECEIVE,
			.channel = (uint64_t)(uintptr_t)w->target,
			.name = arena_strndup(arena, name, strlen(name)),
			.element = w->elem ? w->elem->name : "",
			.len = w->len,
			.cap = w->cap,
			.is_closed = w->closed,
		};
	}
	out->waits = waits;
	out->wait_count = from->wait_count;
}

static void fill_state(const Goroutine *g, int64_t now, GolGoroutine *out) {
	out->state = GOL_GOROUTINE_RUNNABLE;
	out->status = "runnable";
	if (g->status == G_RUNNING) {
		out->state = GOL_GOROUTINE_RUNNING;
		out->status = "running";
	} else if (g->status == G_WAITING) {
		out->state = GOL_GOROUTINE_WAITING;
		out->status = wait_reason_text((WaitReason)g->wait_reason);
		out->waiting_since_ns = g->wait_since_ns;
		out->waiting_ns = now - g->wait_since_ns;
	}
}

static void fill_goroutine(Arena *arena, const InspectGoroutine *from, int64_t now, bool with_trace, GolGoroutine *out) {
	Goroutine *g = from->g;
	*out = (GolGoroutine){
		.id = g->id,
		.is_main = g->is_main || g->is_spared,
		.is_held = pause_is_held(g->vm, g),
		.wakers = from->wakers,
		.waker_count = from->waker_count,
		.wakers_elided = from->elided,
		.other_wakers = from->others,
		.is_leaked = from->leaked,
		.stack_bytes = (uint64_t)g->stack_slots * sizeof(Slot),
		.trace = "",
	};
	fill_state(g, now, out);
	fill_positions(g, out);
	fill_waits(arena, from, out);
	if (!with_trace)
		return;
	Buf text;
	buf_init(&text, &g->vm->mem);
	trace_goroutine(g, 0, &text);
	out->trace = arena_strndup(arena, text.ptr ? text.ptr : "", text.len);
	buf_deinit(&text);
}

void watch_waits(GolVM *vm) {
	vm->watches = true;
	inspect_watch(&vm->vm);
}

/* World stopped. NULL: no memory. */
static GolGoroutine *list_goroutines(GolVM *vm, uint32_t flags, Inspection *in) {
	watch_waits(vm);
	if (!inspect_goroutines(&vm->vm, is_counted, flags & GOL_GOROUTINES_WAKERS, vm->has_ended, in))
		return NULL;
	GolGoroutine *list = ARENA_ARRAY(&in->arena, GolGoroutine, in->count + 1);
	int64_t now = clock_monotonic_ns();
	for (uint32_t i = 0; i < in->count; i++)
		fill_goroutine(&in->arena, &in->items[i], now, flags & GOL_GOROUTINES_TRACE, &list[i]);
	return in->arena.failed ? NULL : list;
}

GolStatus gol_goroutines(GolVM *vm, uint32_t flags, int (*visit)(void *user, const GolGoroutine *g), void *user) {
	WorldStop stop;
	Inspection in;
	if (!vm || !visit)
		return GOL_ERROR_ARGUMENT;
	if (!look_begin(vm, &stop))
		return GOL_OK;
	GolGoroutine *list = list_goroutines(vm, flags, &in);
	look_end(vm, &stop);
	for (uint32_t i = 0; list && i < in.count; i++)
		if (visit(user, &list[i]))
			break;
	inspection_free(&in);
	return list ? GOL_OK : GOL_ERROR_MEMORY;
}

/* ---------------------------------------------------------------- channels */

typedef struct PictureWaiter {
	uint64_t goroutine;
	int64_t waiting_ns;
	bool is_select, has_value;
} PictureWaiter;

/* Values: first the queued ones, then those of the senders, in memory layout. */
typedef struct ChanPicture {
	size_t bytes;
	const Chan *chan;
	const TypeDesc *elem;
	uint32_t queued, senders, receivers;
	PictureWaiter *waiters; /* senders, then receivers */
	char *values;
} ChanPicture;

void picture_free(GolVM *vm) {
	if (vm->picture)
		mem_free(&vm->vm.mem, vm->picture, vm->picture->bytes);
	vm->picture = NULL;
}

void picture_mark(Marker *m, const GolVM *vm) {
	const ChanPicture *p = vm->picture;
	if (!p)
		return;
	gc_mark_pointer(m, p->chan); /* its address is its identity: not to be used again meanwhile */
	for (uint32_t i = 0; i < p->queued + p->senders; i++)
		gc_mark_value(m, p->elem, p->values + (size_t)i * p->elem->size);
}

static ChanPicture *picture_new(GolVM *vm, const Chan *c, uint32_t queued, uint32_t senders, uint32_t receivers) {
	const TypeDesc *elem = chan_elem(c);
	size_t values = ALIGN_UP(sizeof(ChanPicture) + (senders + receivers) * sizeof(PictureWaiter), (size_t)16);
	size_t bytes = values + (size_t)(queued + senders) * elem->size;
	ChanPicture *p = mem_zalloc(&vm->vm.mem, bytes);
	if (!p)
		return NULL;
	*p = (ChanPicture){bytes, c, elem, queued, senders, receivers, (PictureWaiter *)(p + 1), (char *)p + values};
	return p;
}

static uint32_t at_most(uint32_t n) { return n < PICTURE_MAX ? n : PICTURE_MAX; }

static void picture_waiters(ChanPicture *p, bool senders, PictureWaiter *out, uint32_t count) {
	ChanWaiter waiters[PICTURE_MAX];
	int64_t now = clock_monotonic_ns();
	chan_waiters(p->chan, senders, waiters, count);
	for (uint32_t i = 0; i < count; i++) {
		const Goroutine *g = waiters[i].g;
		out[i] = (PictureWaiter){g->id, g->wait_since_ns ? now - g->wait_since_ns : 0, waiters[i].is_select, senders};
		if (senders && waiters[i].value)
			value_store(p->elem, p->values + (size_t)(p->queued + i) * p->elem->size, waiters[i].value);
	}
}

/* World stopped. False: no memory. */
static bool picture_take(GolVM *vm, const Chan *c, GolChanInfo *out) {
	uint32_t queued = (uint32_t)chan_len(c);
	uint32_t senders = chan_waiters(c, true, NULL, 0), receivers = chan_waiters(c, false, NULL, 0);
	*out = (GolChanInfo){(uint64_t)(uintptr_t)c, chan_elem(c)->name, queued, chan_cap(c), chan_is_closed(c), receivers, senders};
	ChanPicture *p = picture_new(vm, c, at_most(queued), at_most(senders), at_most(receivers));
	if (!p)
		return false;
	for (uint32_t i = 0; i < p->queued; i++)
		value_store(p->elem, p->values + (size_t)i * p->elem->size, chan_queued(c, i));
	picture_waiters(p, true, p->waiters, p->senders);
	picture_waiters(p, false, p->waiters + p->senders, p->receivers);
	picture_free(vm);
	vm->picture = p;
	return true;
}

/* The channel in v; false after an error. NULL: a nil one. */
static bool chan_of(GolValue v, Chan **out) {
	void *p = NULL;
	GolValue inner = value_open(v);
	if (gol_kind(inner) != GOL_CHAN || !value_pointer(inner, &p)) {
		scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%s is not a channel", inner.type ? gol_type_name(inner) : "no value");
		return false;
	}
	*out = p;
	return true;
}

GolStatus gol_chan_info(GolValue chan, GolChanInfo *out) {
	HostScope *s = chan.scope;
	WorldStop stop;
	Chan *c;
	if (!out || !s)
		return GOL_ERROR_ARGUMENT;
	*out = (GolChanInfo){.element = ""};
	if (!chan_of(chan, &c))
		return GOL_ERROR_ARGUMENT;
	if (!c)
		return GOL_OK;
	if (!look_begin(s->vm, &stop))
		return scope_fail(s, GOL_ERROR_ARGUMENT, "the channel's program has ended");
	bool ok = picture_take(s->vm, c, out);
	look_end(s->vm, &stop);
	return ok ? GOL_OK : scope_fail(s, GOL_ERROR_MEMORY, "out of memory");
}

/* The picture of this channel, NULL after an error. */
static const ChanPicture *picture_of(GolValue chan) {
	Chan *c;
	HostScope *s = chan.scope;
	if (!s || !chan_of(chan, &c))
		return NULL;
	if (c && s->vm->picture && s->vm->picture->chan == c)
		return s->vm->picture;
	scope_fail(s, GOL_ERROR_ARGUMENT, "gol_chan_info comes first");
	return NULL;
}

static GolValue picture_value(GolValue chan, const ChanPicture *p, size_t index) {
	return value_at(chan.scope, p->elem, p->values + index * p->elem->size, VALUE_MEMORY | VALUE_READONLY);
}

GolValue gol_chan_at(GolValue chan, size_t index) {
	const ChanPicture *p = picture_of(chan);
	if (!p || index >= p->queued)
		return value_invalid(chan.scope);
	return picture_value(chan, p, index);
}

static GolStatus waiter_at(GolValue chan, bool sender, size_t index, GolChanWaiter *out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = (GolChanWaiter){.value = value_invalid(chan.scope)};
	const ChanPicture *p = picture_of(chan);
	if (!p)
		return GOL_ERROR_ARGUMENT;
	if (index >= (sender ? p->senders : p->receivers))
		return scope_fail(chan.scope, GOL_ERROR_ARGUMENT, "the channel has no %s %zu", sender ? "sender" : "receiver", index);
	const PictureWaiter *w = &p->waiters[sender ? index : p->senders + index];
	out->goroutine = w->goroutine;
	out->is_select = w->is_select;
	out->waiting_ns = w->waiting_ns;
	if (sender)
		out->value = picture_value(chan, p, p->queued + index);
	return GOL_OK;
}

GolStatus gol_chan_receiver(GolValue chan, size_t index, GolChanWaiter *out) { return waiter_at(chan, false, index, out); }

GolStatus gol_chan_sender(GolValue chan, size_t index, GolChanWaiter *out) { return waiter_at(chan, true, index, out); }

/* ---------------------------------------------------------------- the end of a run */

void gol_at_end(GolVM *vm, void (*ended)(void *user, GolVM *vm), void *user) {
	if (!vm)
		return;
	vm->at_end = ended;
	vm->at_end_user = user;
}

void gol_set_grace(GolVM *vm, int64_t grace_ns) {
	if (vm)
		vm->grace_ns = grace_ns < 0 ? 0 : grace_ns < INT64_MAX / 2 ? grace_ns : INT64_MAX / 2;
}

void inspect_ended(GolVM *vm) {
	if (!vm->at_end)
		return;
	vm->has_ended = true;
	vm->at_end(vm->at_end_user, vm);
	vm->has_ended = false;
}
