/* SPDX-License-Identifier: MIT */
/* os.h: natives that packages os and syscall share, and what both need to check first. */
#ifndef GOL_STDLIB_OS_OS_H
#define GOL_STDLIB_OS_OS_H

#include <limits.h>
#include <sys/types.h>

#include "include/gol.h"
#include "vm/native.h"

NativeStatus os_exit(Goroutine *g, Slot *args);
NativeStatus os_errno_text(Goroutine *g, Slot *args);
NativeStatus os_environ(Goroutine *g, Slot *args);
NativeStatus os_lookup_env(Goroutine *g, Slot *args);
NativeStatus os_set_env(Goroutine *g, Slot *args);
NativeStatus os_read_link(Goroutine *g, Slot *args);
NativeStatus os_working_directory(Goroutine *g, Slot *args);
NativeStatus os_stat(Goroutine *g, Slot *args);

bool os_is_allowed(const Goroutine *g, uint32_t capability); /* one of them */
/* Nanoseconds since 1970; of a program that may not know the time: the VM's own monotonic clock. */
int64_t os_wall_ns(VM *vm);
/* Descriptors other than standard input and output: those of a program that may use none are the host's. */
bool os_may_use_descriptors(const Goroutine *g);
/* A 0-terminated copy of a Go string for the system; false: too long, holds a 0, or files are not allowed (*error set). */
bool os_path(Goroutine *g, GoString s, char out[PATH_MAX], int64_t *error);

/* write(2) that gives EPIPE and no signal. */
ssize_t os_write(int fd, const void *data, size_t len);

#endif
