/* SPDX-License-Identifier: MIT */
/* names.c */
#include "api/api_internal.h"

typedef void (*Sink)(void *user, const char *text, size_t len);

static GolStatus no_session(GolVM *vm) {
	return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "sessions are not supported") : GOL_ERROR_ARGUMENT;
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
