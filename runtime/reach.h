/* SPDX-License-Identifier: MIT */
/* reach.h: which objects can be reached from a goroutine, from the globals, from timers or the host. For inspect.c only. The
 * world is stopped from reach_init to reach_deinit; nothing of the collector's own state changes. */
#ifndef GOL_RUNTIME_REACH_H
#define GOL_RUNTIME_REACH_H

#include "runtime/heap_internal.h"

typedef struct Reach {
	Heap *heap;
	Marker marker;     /* its stack holds the addresses to visit */
	uint8_t *seen;     /* per object, as Heap.marks: the search that found it */
	size_t seen_bytes;
	uint8_t search;
	bool failed;       /* memory was missing: some objects were not looked at */
	uint64_t visits;   /* objects looked at, by all searches */
} Reach;

/* False: no memory. */
bool reach_init(Reach *r, VM *vm);
void reach_deinit(Reach *r);
/* Begins a search: nothing is found yet. */
void reach_begin(Reach *r);
/* Adds all that can be reached from there. */
void reach_goroutine(Reach *r, Goroutine *g);
void reach_globals(Reach *r);
void reach_timers(Reach *r);
void reach_host(Reach *r);       /* extra roots: references and calls of the host, blocking calls */
void reach_finalizers(Reach *r);
/* Was the object around p found? False for what is not in the heap. */
bool reach_found(const Reach *r, const void *p);

#endif
