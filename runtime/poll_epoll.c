/* SPDX-License-Identifier: MIT */
/* poll_epoll.c: readiness of descriptors on Linux: epoll, woken through an eventfd.
 *
 * Rules: descriptors are registered one-shot: an event disarms them, so a descriptor nobody waits for costs nothing. Those
 * that are watched are registered edge-triggered, for good.
 * Why: epoll_pwait2 has nanosecond timeouts; older kernels get milliseconds, rounded up. */
#define _GNU_SOURCE /* epoll_pwait2's number */
#include "runtime/poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 128 };

bool poll_system_open(PollSystem *s) {
	s->source = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = s->wake};
	if (s->source >= 0 && s->wake >= 0 && epoll_ctl(s->source, EPOLL_CTL_ADD, s->wake, &e) == 0)
		return true;
	poll_system_close(s);
	return false;
}

void poll_system_close(PollSystem *s) {
	if (s->source >= 0)
		close(s->source);
	if (s->wake >= 0)
		close(s->wake);
	s->source = s->wake = -1;
}

bool poll_system_ask(PollSystem *s, int fd, bool read, bool write) {
	struct epoll_event e = {.data.fd = fd};
	e.events = EPOLLONESHOT | (read ? (uint32_t)(EPOLLIN | EPOLLRDHUP) : 0) | (write ? (uint32_t)EPOLLOUT : 0);
	if (epoll_ctl(s->source, EPOLL_CTL_MOD, fd, &e) == 0)
		return true;
	return errno == ENOENT && epoll_ctl(s->source, EPOLL_CTL_ADD, fd, &e) == 0;
}

int poll_system_watch(PollSystem *s, int fd) {
	struct epoll_event e = {.data.fd = fd, .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | (uint32_t)EPOLLET};
	return epoll_ctl(s->source, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : errno;
}

void poll_system_forget(PollSystem *s, int fd) {
	struct epoll_event none = {0};
	epoll_ctl(s->source, EPOLL_CTL_DEL, fd, &none);
}

static int wait_for(int source, struct epoll_event *events, int max, int64_t timeout_ns) {
#ifdef SYS_epoll_pwait2
	struct timespec t = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
	long n = syscall(SYS_epoll_pwait2, source, events, max, timeout_ns < 0 ? NULL : &t, NULL, 0);
	if (n >= 0 || errno != ENOSYS)
		return (int)n;
#endif
	int64_t ms = timeout_ns < 0 ? -1 : timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
	return epoll_wait(source, events, max, ms > INT32_MAX ? INT32_MAX : (int)ms);
}

int poll_system_wait(PollSystem *s, PollEvent *out, int max, int64_t timeout_ns) {
	struct epoll_event events[MAX_EVENTS];
	int n = wait_for(s->source, events, max < MAX_EVENTS ? max : MAX_EVENTS, timeout_ns);
	int count = 0;
	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == s->wake) {
			uint64_t times;
			ssize_t got = read(s->wake, &times, sizeof times);
			(void)got; /* nothing to read: another thread was faster */
			continue;
		}
		uint32_t e = events[i].events;
		out[count++] = (PollEvent){.fd = events[i].data.fd,
		                           .readable = (e & ~(uint32_t)EPOLLOUT) != 0,
		                           .writable = (e & ~(uint32_t)(EPOLLIN | EPOLLRDHUP)) != 0};
	}
	return count;
}

void poll_system_wake(PollSystem *s) {
	uint64_t one = 1;
	ssize_t n = write(s->wake, &one, sizeof one);
	(void)n; /* full: it is awake anyway */
}

void poll_system_close_descriptor(int fd) { close(fd); }
