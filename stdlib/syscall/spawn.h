/* SPDX-License-Identifier: MIT */
/* spawn.h: the natives of package syscall that begin processes and wait for them. */
#ifndef GOL_STDLIB_SYSCALL_SPAWN_H
#define GOL_STDLIB_SYSCALL_SPAWN_H

#include "vm/native.h"

NativeStatus spawn_process(Goroutine *g, Slot *args);
NativeStatus wait_process(Goroutine *g, Slot *args);
NativeStatus replace_process(Goroutine *g, Slot *args);

#endif
