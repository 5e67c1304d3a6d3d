/* SPDX-License-Identifier: MIT */
/* api_host.h: a host that the tests of the interface share: it keeps output, diagnostics and a count of memory. */
#ifndef GOL_TESTS_API_HOST_H
#define GOL_TESTS_API_HOST_H

#include <gol.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

typedef struct Host {
	char out[4096], err[65536];
	size_t out_len, err_len;
	int errors, warnings;
	char first[256];
	size_t allocated; /* atomic */
	long allocations; /* atomic */
	long fail_from;   /* > 0: this allocation fails ... */
	long fail_count;  /* ... and so many in a row */
} Host;

static inline void host_write(void *user, int fd, const char *data, size_t len) {
	Host *h = user;
	char *to = fd == 1 ? h->out : h->err;
	size_t *n = fd == 1 ? &h->out_len : &h->err_len, cap = fd == 1 ? sizeof h->out : sizeof h->err;
	if (*n + len < cap) {
		memcpy(to + *n, data, len);
		*n += len;
		to[*n] = 0;
	}
}

static inline void host_diagnostic(void *user, const GolDiagnostic *d) {
	Host *h = user;
	if (h->errors + h->warnings == 0)
		snprintf(h->first, sizeof h->first, "%s:%u:%u: %s", d->file, d->line, d->column, d->message);
	*(d->is_warning ? &h->warnings : &h->errors) += 1;
}

static inline void *host_allocate(void *user, void *old, size_t old_size, size_t new_size) {
	Host *h = user;
	if (new_size != 0) {
		long n = __atomic_add_fetch(&h->allocations, 1, __ATOMIC_RELAXED);
		if (h->fail_from > 0 && n >= h->fail_from && n < h->fail_from + h->fail_count)
			return NULL;
	}
	__atomic_fetch_add(&h->allocated, new_size - old_size, __ATOMIC_RELAXED);
	if (new_size == 0) {
		free(old);
		return NULL;
	}
	return realloc(old, new_size);
}

static inline GolConfig host_config(Host *h, uint32_t workers) {
	memset(h, 0, sizeof *h);
	return (GolConfig){
		.size = sizeof(GolConfig),
		.user = h,
		.allocate = host_allocate,
		.write = host_write,
		.diagnostic = host_diagnostic,
		.workers = workers,
	};
}

static inline GolVM *host_vm(Host *h, uint32_t workers) {
	GolConfig config = host_config(h, workers);
	GolVM *vm;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	return vm;
}

static inline void host_free(Host *h, GolVM *vm) {
	gol_vm_free(vm);
	assert_int_equal(h->allocated, 0);
}

static inline GolProgram *host_compile(Host *h, GolVM *vm, const char *text) {
	GolProgram *program;
	if (gol_compile_text(vm, "test.gol", text, &program) != GOL_OK)
		fail_msg("%s: %s", gol_error(vm), h->first);
	return program;
}

static inline GolStatus host_run(Host *h, GolVM *vm, const char *text) { return gol_run(vm, host_compile(h, vm, text)); }

static inline GolCall *host_open(GolVM *vm, GolProgram *program, const char *name) {
	const GolFunc *func;
	GolCall *call = NULL;
	if (gol_func(vm, program, name, &func) != GOL_OK || gol_call_open(vm, func, &call) != GOL_OK)
		fail_msg("%s: %s", name, gol_error(vm));
	return call;
}

/* A loop that asks until something has come about asks until this time: it only ends hangs. */
enum { HOST_PATIENCE_S = 150 };

static inline int64_t host_now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static inline int64_t host_limit(void) { return host_now() + HOST_PATIENCE_S; }

/* Lets a host that pumps go on until it has nothing to do: a budget may be used up by other processes. */
static inline GolPump host_pump(GolVM *vm) {
	GolPump pump;
	while ((pump = gol_pump(vm, 1000000)) == GOL_PUMP_RUNNING)
		;
	return pump;
}

static inline void host_sleep_ms(int ms) {
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	nanosleep(&t, NULL);
}

#endif
