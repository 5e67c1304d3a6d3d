/* SPDX-License-Identifier: MIT */
/* poll.h: the little that poll.c needs from the operating system: one file per system implements it (poll_epoll.c). */
#ifndef GOL_RUNTIME_POLL_H
#define GOL_RUNTIME_POLL_H

#include "base/base.h"

typedef struct PollEvent {
	int fd;
	bool readable, writable; /* or broken: whoever waits should try */
} PollEvent;

/* Each handle: an event source of the system and something that wakes it. -1: failure. */
typedef struct PollSystem {
	int source, wake;
} PollSystem;

bool poll_system_open(PollSystem *s);
void poll_system_close(PollSystem *s);
/* Asks for one event of fd (then asks no more until called again). False: fd cannot be waited for. */
bool poll_system_ask(PollSystem *s, int fd, bool read, bool write);
/* Tells of every change of fd from now on. 0, or the system's error number (EPERM: it is always ready, a file). */
int poll_system_watch(PollSystem *s, int fd);
void poll_system_forget(PollSystem *s, int fd);
/* Waits until something happens or timeout_ns passes (< 0: no end); returns the number of events. */
int poll_system_wait(PollSystem *s, PollEvent *events, int max, int64_t timeout_ns);
void poll_system_wake(PollSystem *s); /* any thread, async-signal-safe; remembered */
void poll_system_close_descriptor(int fd);

#endif
