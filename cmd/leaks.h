/* SPDX-License-Identifier: MIT */
/* leaks.h: what is said about goroutines that are left when a program has ended. */
#ifndef GOL_CMD_LEAKS_H
#define GOL_CMD_LEAKS_H

#include "cmd/cmd.h"

/* Of one VM. */
typedef struct LeakReport {
	bool wanted;     /* goroutines that could never have run again are listed */
	bool hints;      /* a deadlock is explained, one line for each goroutine */
	size_t leaked;   /* how many there were at the end of the last run */
} LeakReport;

/* From now on, at the end of each run of vm. *report stays where it is as long as vm lives. */
void leaks_watch(GolVM *vm, LeakReport *report);

#endif
