/* SPDX-License-Identifier: MIT */
/* inspect.c: what goroutines and channels are doing, for hosts. */
#include "api/api_internal.h"

static GolStatus not_yet(GolVM *vm) {
	return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "inspection is not supported") : GOL_ERROR_ARGUMENT;
}

GolStatus gol_goroutines(GolVM *vm, uint32_t flags, int (*visit)(void *user, const GolGoroutine *g), void *user) {
	(void)flags;
	(void)visit;
	(void)user;
	return not_yet(vm);
}

GolStatus gol_chan_info(GolValue chan, GolChanInfo *out) {
	*out = (GolChanInfo){0};
	return scope_fail(chan.scope, GOL_ERROR_ARGUMENT, "inspection is not supported");
}

GolValue gol_chan_at(GolValue chan, size_t index) {
	(void)index;
	return value_invalid(chan.scope);
}

GolStatus gol_chan_receiver(GolValue chan, size_t index, GolChanWaiter *out) {
	(void)index;
	*out = (GolChanWaiter){0};
	return scope_fail(chan.scope, GOL_ERROR_ARGUMENT, "inspection is not supported");
}

GolStatus gol_chan_sender(GolValue chan, size_t index, GolChanWaiter *out) {
	return gol_chan_receiver(chan, index, out);
}

GolStatus gol_trace(GolVM *vm, GolEventSink sink, void *user) {
	(void)sink;
	(void)user;
	return not_yet(vm);
}

size_t gol_event_text(const GolEvent *event, char *buffer, size_t cap) {
	(void)event;
	if (cap)
		buffer[0] = 0;
	return 0;
}

GolStatus gol_pause(GolVM *vm) { return not_yet(vm); }

GolStatus gol_resume(GolVM *vm) { return not_yet(vm); }

int gol_is_paused(const GolVM *vm) {
	(void)vm;
	return 0;
}

GolStatus gol_step(GolVM *vm, uint64_t goroutine, GolStep *out, GolEventSink events, void *user) {
	(void)goroutine;
	(void)events;
	(void)user;
	*out = (GolStep){0};
	return not_yet(vm);
}

void gol_at_end(GolVM *vm, void (*ended)(void *user, GolVM *vm), void *user) {
	(void)vm;
	(void)ended;
	(void)user;
}
