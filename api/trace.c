/* SPDX-License-Identifier: MIT */
/* trace.c: events for hosts: as structures, as lines of text; pausing and stepping.
 *
 * Rules: events keep pointers into the program, which stays while its events are handed over; texts are made from them
 *   then, not where things happen.
 * See: runtime/watch.c, runtime/pause.c */
#include <stdio.h>
#include <string.h>

#include "api/api_internal.h"
#include "runtime/pause.h"
#include "runtime/watch.h"
#include "vm/trace.h"

_Static_assert((int)EVENT_CREATE == GOL_EVENT_CREATE && (int)EVENT_SELECT == GOL_EVENT_SELECT &&
	       (int)EVENT_LOST == GOL_EVENT_LOST, "kinds are handed through");

/* ---------------------------------------------------------------- events */

static void event_convert(VM *vm, const Event *e, GolEvent *out) {
	*out = (GolEvent){
		.kind = (GolEventKind)e->kind,
		.time_ns = e->time_ns,
		.goroutine = e->goroutine,
		.other = e->other,
		.channel = (uint64_t)(uintptr_t)e->target,
		.name = e->name,
		.element = e->elem ? e->elem->name : "",
		.value = e->value,
		.status = e->reason != WAIT_NONE ? wait_reason_text((WaitReason)e->reason) : "",
		.index = e->index,
		.is_closed = e->closed,
		.at = {"", "", 0},
	};
	if (!e->fn)
		return;
	FrameInfo info = trace_frame_info(vm, e->fn, e->pc);
	out->at = (GolPosition){e->fn->name ? e->fn->name : "", info.file, info.line};
}

static void sink_event(void *user, const Event *e) {
	GolVM *vm = user;
	GolEvent event;
	event_convert(&vm->vm, e, &event);
	vm->sink(vm->sink_user, &event);
}

static GolStatus trace_set(GolVM *vm, GolEventSink sink, void *user) {
	Worker *self = own_worker(vm);
	bool ok = watch_set(&vm->vm, self, NULL); /* the old sink has had its last event */
	vm->sink = sink;
	vm->sink_user = user;
	if (sink)
		ok = watch_set(&vm->vm, self, &(Watcher){sink_event, vm});
	return ok ? GOL_OK : GOL_ERROR_MEMORY;
}

GolStatus gol_trace(GolVM *vm, GolEventSink sink, void *user) {
	WorldStop stop;
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	if (!runtime_enter(vm))
		return GOL_ERROR_ARGUMENT;
	if (sink) {
		world_stop(&stop, &vm->vm, own_worker(vm));
		watch_waits(vm);
		world_start(&stop);
	}
	GolStatus status = trace_set(vm, sink, user);
	runtime_leave(vm);
	return status;
}

void trace_follow(GolVM *vm) {
	if (vm->sink)
		watch_set(&vm->vm, NULL, &(Watcher){sink_event, vm});
}

/* ---------------------------------------------------------------- text */

typedef struct Line {
	char *at;
	size_t len, cap;
} Line;

static void put(Line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(Line *l, const char *format, ...) {
	va_list args;
	va_start(args, format);
	size_t left = l->len < l->cap ? l->cap - l->len : 0;
	int n = vsnprintf(left ? l->at + l->len : NULL, left, format, args);
	va_end(args);
	l->len += n > 0 ? (size_t)n : 0;
}

static const char *base_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void put_at(Line *l, const GolEvent *e) {
	if (e->at.file[0])
		put(l, " at %s:%u", base_name(e->at.file), e->at.line);
}

static void put_target(Line *l, const GolEvent *e) {
	if (e->name[0])
		put(l, "%s", e->name);
	else if (e->element[0])
		put(l, "chan %s 0x%llx", e->element, (unsigned long long)e->channel);
	else
		put(l, "0x%llx", (unsigned long long)e->channel);
}

static void put_value(Line *l, const GolEvent *e) {
	if (e->value[0])
		put(l, " %s", e->value);
}

static void put_receive(Line *l, const GolEvent *e) {
	put(l, "received");
	put_value(l, e);
	put(l, " from ");
	put_target(l, e);
	if (e->is_closed)
		put(l, " (closed)");
}

static void put_send(Line *l, const GolEvent *e) {
	put(l, "sent");
	put_value(l, e);
	put(l, " to ");
	put_target(l, e);
}

static void put_wait(Line *l, const GolEvent *e, const char *verb) {
	put(l, "%s: %s", verb, e->status);
	if (!e->channel)
		return;
	put(l, " on ");
	put_target(l, e);
	if (e->value[0])
		put(l, ", offering %s", e->value);
}

/* What it did, without who and where. */
static void put_deed(Line *l, const GolEvent *e) {
	switch (e->kind) {
	case GOL_EVENT_CREATE: put(l, "created goroutine %llu", (unsigned long long)e->other); break;
	case GOL_EVENT_RUN: put(l, e->status[0] ? "went on after %s" : e->index ? "started%s" : "went on%s", e->status); break;
	case GOL_EVENT_SEND: put_send(l, e); break;
	case GOL_EVENT_RECEIVE: put_receive(l, e); break;
	case GOL_EVENT_CLOSE:
		put(l, "closed ");
		put_target(l, e);
		break;
	case GOL_EVENT_SELECT:
		if (e->index < 0)
			put(l, "chose default of select");
		else
			put(l, "chose case %lld of select", (long long)e->index);
		break;
	case GOL_EVENT_PARK: put_wait(l, e, "waits"); break;
	case GOL_EVENT_WAKE:
		put(l, "woke from %s", e->status);
		if (e->other)
			put(l, ", by goroutine %llu", (unsigned long long)e->other);
		break;
	case GOL_EVENT_YIELD: put(l, "gave way"); break;
	case GOL_EVENT_END: put(l, "ended"); break;
	case GOL_EVENT_LOST: break;
	}
}

size_t gol_event_text(const GolEvent *event, char *buffer, size_t cap) {
	Line l = {buffer, 0, cap};
	if (cap)
		buffer[0] = 0;
	if (!event)
		return 0;
	if (event->kind == GOL_EVENT_LOST) {
		put(&l, "%lld events were lost", (long long)event->index);
		return l.len;
	}
	if (event->goroutine)
		put(&l, "goroutine %llu ", (unsigned long long)event->goroutine);
	else
		put(&l, "a timer or the host ");
	put_deed(&l, event);
	put_at(&l, event);
	return l.len;
}

/* ---------------------------------------------------------------- pausing */

static GolStatus pause_set(GolVM *vm, bool pause) {
	WorldStop stop;
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	if (!look_begin(vm, &stop))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "nothing to pause");
	watch_waits(vm);
	if (pause)
		sched_pause(&vm->vm);
	else
		sched_resume(&vm->vm);
	look_end(vm, &stop);
	if (!pause)
		sched_wake(&vm->vm);
	return GOL_OK;
}

GolStatus gol_pause(GolVM *vm) { return pause_set(vm, true); }

GolStatus gol_resume(GolVM *vm) { return pause_set(vm, false); }

int gol_is_paused(const GolVM *vm) { return vm && vm->has_runtime && pause_is_on(&vm->vm); }

/* ---------------------------------------------------------------- steps */

enum { STEP_EVENTS = 64, STEP_TOLD = 6 };
static const int64_t step_timeout_ns = 2000000000;

/* The first one says how the goroutine was woken. */
static void put_begin(Line *l, const GolEvent *e, bool alone) {
	if (e->kind == GOL_EVENT_RUN && e->channel && strcmp(e->status, "chan receive") == 0)
		put_receive(l, e);
	else if (e->kind == GOL_EVENT_RUN && e->channel && strcmp(e->status, "chan send") == 0)
		put_send(l, e);
	else if (e->kind != GOL_EVENT_RUN || strcmp(e->status, "select") != 0 || alone)
		put_deed(l, e);
	else
		return;
	put_at(l, e);
}

static void put_step(Line *l, const GolEvent *events, uint32_t count, uint32_t all) {
	uint32_t told = 0;
	put(l, "goroutine %llu", (unsigned long long)events[0].goroutine);
	for (uint32_t i = 0; i < count; i++) {
		const GolEvent *e = &events[i];
		bool is_end = i + 1 == all && i != 0;
		size_t before = l->len;
		if (!is_end && told == STEP_TOLD) {
			put(l, ", and %u more", all - i);
			break;
		}
		put(l, told ? ", " : " ");
		size_t prefix = l->len;
		if (i == 0) {
			put_begin(l, e, count == 1);
		} else if (e->kind == GOL_EVENT_PARK) {
			put_wait(l, e, "now waits");
			put_at(l, e);
		} else {
			put_deed(l, e);
			put_at(l, e);
		}
		if (l->len == prefix)
			l->len = before;
		else
			told++;
	}
}

/* World stopped. */
static void step_tell(GolVM *vm, GolStep *out, GolEvent *events, Event *raw, uint32_t *count) {
	uint32_t all = watch_step_end(&vm->vm, raw, STEP_EVENTS);
	*count = all < STEP_EVENTS ? all : STEP_EVENTS;
	for (uint32_t i = 0; i < *count; i++)
		event_convert(&vm->vm, &raw[i], &events[i]);
	Line l = {out->text, 0, sizeof out->text};
	if (*count)
		put_step(&l, events, *count, all);
}

static GolStatus step_fails(GolVM *vm, StepChoice choice, uint64_t id) {
	switch (choice) {
	case STEP_BUSY: return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_step: the goroutine of the last step still runs");
	case STEP_NO_MEMORY: return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	case STEP_NONE: return id ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_step: goroutine %llu cannot run now", (unsigned long long)id) : GOL_OK;
	case STEP_CHOSEN: break;
	}
	return GOL_OK;
}

static GolStatus step_run(GolVM *vm, uint64_t id, GolStep *out, GolEvent *events, Event *raw, uint32_t *count) {
	WorldStop stop;
	StepWait wait = {0};
	if (!look_begin(vm, &stop))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_step: nothing to step");
	StepChoice choice = sched_step_begin(&vm->vm, id, &wait);
	look_end(vm, &stop);
	if (choice != STEP_CHOSEN)
		return step_fails(vm, choice, id);
	out->goroutine = wait.goroutine;
	sched_step_wait(&vm->vm, vm->is_started && !__atomic_load_n(&vm->is_running, __ATOMIC_ACQUIRE), &wait, step_timeout_ns);
	look_begin(vm, &stop);
	sched_step_end(&vm->vm, &wait);
	out->is_running = !wait.done;
	step_tell(vm, out, events, raw, count);
	look_end(vm, &stop);
	return GOL_OK;
}

GolStatus gol_step(GolVM *vm, uint64_t goroutine, GolStep *out, GolEventSink events, void *user) {
	if (!vm || !out)
		return GOL_ERROR_ARGUMENT;
	*out = (GolStep){0};
	if (!gol_is_paused(vm))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_step: not paused");
	size_t bytes = STEP_EVENTS * (sizeof(GolEvent) + sizeof(Event));
	GolEvent *list = mem_alloc(&vm->vm.mem, bytes);
	if (!list)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	uint32_t count = 0;
	GolStatus status = step_run(vm, goroutine, out, list, (Event *)(list + STEP_EVENTS), &count);
	for (uint32_t i = 0; events && i < count; i++)
		events(user, &list[i]);
	mem_free(&vm->vm.mem, list, bytes);
	return status;
}
