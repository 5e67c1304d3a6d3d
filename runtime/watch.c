/* SPDX-License-Identifier: MIT */
/* watch.c: what goroutines note down about themselves while somebody wants to know. */
#include "runtime/sched.h"

void watch_parks(Goroutine *g) {
	g->wait_since_ns = clock_monotonic_ns();
}
