/* SPDX-License-Identifier: MIT */
/* eval.c: the session of a VM, piece by piece. */
#include "api/api_internal.h"

typedef void (*Sink)(void *user, const char *text, size_t len);

static GolStatus no_session(GolVM *vm) {
	return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "sessions are not supported") : GOL_ERROR_ARGUMENT;
}

GolStatus gol_eval(GolVM *vm, const char *name, const char *text, size_t len, uint32_t flags) {
	(void)name;
	(void)text;
	(void)len;
	(void)flags;
	return no_session(vm);
}

size_t gol_eval_count(const GolVM *vm) {
	(void)vm;
	return 0;
}

GolValue gol_eval_value(GolVM *vm, size_t index) {
	(void)vm;
	(void)index;
	return (GolValue){0};
}

GolValue gol_eval_variable(GolVM *vm, const char *name) {
	(void)vm;
	(void)name;
	return (GolValue){0};
}

GolStatus gol_eval_reset(GolVM *vm) { return no_session(vm); }

void gol_interrupt_all(GolVM *vm) { gol_interrupt(vm); }

uint64_t gol_eval_panics(const GolVM *vm) {
	(void)vm;
	return 0;
}

GolStatus gol_eval_watch(GolVM *vm, int64_t interval_ns,
			 void (*watch)(void *user, const char *waiting_for, int64_t waited_ns), void *user) {
	(void)interval_ns;
	(void)watch;
	(void)user;
	return no_session(vm);
}

GolStatus gol_eval_type(GolVM *vm, const char *text, size_t len, Sink sink, void *user) {
	(void)text;
	(void)len;
	(void)sink;
	(void)user;
	return no_session(vm);
}

GolStatus gol_eval_names(GolVM *vm, int (*visit)(void *user, const GolName *name), void *user) {
	(void)visit;
	(void)user;
	return no_session(vm);
}

GolStatus gol_complete(GolVM *vm, const char *text, size_t len, size_t cursor, size_t *start,
		       int (*visit)(void *user, const GolCandidate *candidate), void *user) {
	(void)text;
	(void)len;
	(void)cursor;
	(void)start;
	(void)visit;
	(void)user;
	return no_session(vm);
}

GolStatus gol_doc(GolVM *vm, const char *name, Sink sink, void *user) {
	(void)name;
	(void)sink;
	(void)user;
	return no_session(vm);
}

GolStatus gol_format(GolVM *vm, GolValue v, const GolFormat *options, Sink sink, void *user) {
	(void)v;
	(void)options;
	(void)sink;
	(void)user;
	return no_session(vm);
}
