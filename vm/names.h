/* SPDX-License-Identifier: MIT */
/* names.h: which variable holds a channel, a mutex, ...: for people who look at goroutines. */
#ifndef GOL_VM_NAMES_H
#define GOL_VM_NAMES_H

#include "vm/exec.h"

/* Finds a variable that holds the channel `target`, or holds or points to the object around it, and writes its name to out ("" when none
 * is known): a package variable, "x" of package main and "pkg.x" of others. World stopped, or on g's behalf. */
void name_of_target(Goroutine *g, const void *target, char *out, size_t cap);

#endif
