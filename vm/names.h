/* SPDX-License-Identifier: MIT */
/* names.h: which variable holds a channel, a mutex, ...: for people who look at goroutines. */
#ifndef GOL_VM_NAMES_H
#define GOL_VM_NAMES_H

#include "vm/exec.h"

/* Finds a variable that holds the channel `target` or the object around it, or leads to it ("s.done", "chans[3]"), and writes its name
 * to out ("" when none is known): one of the frames of g in the program's own code, the innermost first; a package variable, "x" of
 * package main and "pkg.x" of others. World stopped. */
void name_of_target(Goroutine *g, const void *target, char *out, size_t cap);
/* The same while others run, on g's behalf or while it is parked: follows no pointers. */
void name_of_target_running(Goroutine *g, const void *target, char *out, size_t cap);

#endif
