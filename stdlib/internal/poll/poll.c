/* SPDX-License-Identifier: MIT */
/* poll.c: the natives of package internal/poll: descriptors that the poller watches.
 *
 * Owns: PollFD.state and writing, in Go memory.
 * Rules: every call enters (counts itself in state) before it uses the descriptor and leaves before it returns or parks. Who
 * closes sets CLOSING, so that nobody enters any more, wakes who waits, lets those who are inside finish their system call,
 * which does not block, and closes. So no call ever uses a number that the system has given out again. A deadline is a bit of
 * state: the timer that sets it wakes who waits.
 * An FD is Go memory, and an image can make one of any number: a program that may use no descriptors gets nowhere with it.
 * Why the loop of a call is here: trying, parking, and trying again cost no instruction of the interpreter. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stdlib/os/os.h"

enum { CLOSING = 1, READ_EXPIRED = 2, WRITE_EXPIRED = 4, INSIDE = 256 };
enum { IS_CLOSING = -1, IS_EXPIRED = -2 };

/* poll.FD, the part before deadlines */
typedef struct PollFD {
	int64_t fd;
	uint64_t state;
	uint32_t writing;
	bool is_socket, is_stream;
} PollFD;

static bool is_usable(const Goroutine *g, const PollFD *d) {
	return d != NULL && os_may_use_descriptors(g);
}

static bool enter(PollFD *d) {
	uint64_t state = __atomic_load_n(&d->state, __ATOMIC_SEQ_CST);
	do {
		if ((state & CLOSING) != 0)
			return false;
	} while (!__atomic_compare_exchange_n(&d->state, &state, state + INSIDE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return true;
}

/* The last one out closes: who closes is inside as well. */
static void leave(VM *vm, Worker *w, PollFD *d) {
	uint64_t state = __atomic_sub_fetch(&d->state, INSIDE, __ATOMIC_SEQ_CST);
	if ((state & CLOSING) == 0 || state >= INSIDE)
		return;
	poll_forget(vm, w, (int)d->fd);
	close((int)d->fd);
}

/* Enters for reading or writing; 0, or why not. */
static int64_t begin(Goroutine *g, PollFD *d, bool write) {
	if (d != NULL && !is_usable(g, d))
		return EACCES;
	if (d == NULL || !enter(d))
		return IS_CLOSING;
	if ((__atomic_load_n(&d->state, __ATOMIC_SEQ_CST) & (write ? WRITE_EXPIRED : READ_EXPIRED)) == 0)
		return 0;
	leave(g->vm, g->worker, d);
	return IS_EXPIRED;
}

enum { PARKED = INT32_MAX };

/* After EAGAIN: PARKED, or 0: try again, or why not. When it has parked, g may run elsewhere by now. */
static int64_t park(Goroutine *g, PollFD *d, bool write) {
	uint64_t expired = write ? WRITE_EXPIRED : READ_EXPIRED;
	switch (poll_watched_or_park(g, (int)d->fd, write, &d->state, CLOSING | expired)) {
	case POLL_PARKED: return PARKED;
	case POLL_TRY: return 0;
	case POLL_BROKEN: break;
	}
	return (__atomic_load_n(&d->state, __ATOMIC_SEQ_CST) & CLOSING) != 0 ? IS_CLOSING : IS_EXPIRED;
}

/* A system call; a negative result with errno is a failure. */
typedef ssize_t (*Attempt)(const PollFD *d, void *args);

/* Tries until it has something to say: 0 with *result, an error, or PARKED: the native is to be called again. */
static int64_t attempt(Goroutine *g, PollFD *d, bool write, Attempt try, void *args, ssize_t *result) {
	VM *vm = g->vm;
	Worker *w = g->worker;
	int64_t error = begin(g, d, write);
	if (error != 0)
		return error;
	while (error == 0 && (*result = try(d, args)) < 0)
		if (errno == EAGAIN)
			error = park(g, d, write);
		else if (errno != EINTR)
			error = errno;
	leave(vm, w, d);
	return error;
}

static NativeStatus open_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		PollFD *d;
	} *a = NATIVE_ARGS(args);
	a->error = EACCES;
	if (!is_usable(g, a->d))
		return NATIVE_DONE;
	a->error = poll_watch(g->vm, (int)a->d->fd);
	if (a->error == 0 && !poll_own(g->vm, (int)a->d->fd))
		a->error = ENOMEM;
	return NATIVE_DONE;
}

/* ---- bytes ---- */

typedef struct Bytes {
	char *ptr;
	size_t len;
} Bytes;

static ssize_t try_read(const PollFD *d, void *args) {
	Bytes *b = args;
	return d->is_socket ? recv((int)d->fd, b->ptr, b->len, 0) : read((int)d->fd, b->ptr, b->len);
}

static NativeStatus read_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		PollFD *d;
		GoSlice to;
	} *a = NATIVE_ARGS(args);
	Bytes bytes = {a->to.ptr, a->to.len};
	ssize_t n = 0;
	int64_t error = attempt(g, a->d, false, try_read, &bytes, &n);
	if (error == PARKED)
		return NATIVE_RETRY;
	native_charge(g, n > 0 ? n / 16 : 0);
	a->n = error ? 0 : n;
	a->error = error;
	return NATIVE_DONE;
}

static ssize_t try_write(const PollFD *d, void *args) {
	Bytes *b = args;
	return d->is_socket ? send((int)d->fd, b->ptr, b->len, MSG_NOSIGNAL) : os_write((int)d->fd, b->ptr, b->len);
}

/* One goroutine writes at a time, so that what two write does not mix. False: parked; when it comes again it has the turn. */
static bool take_turn(Goroutine *g, PollFD *d) {
	uint32_t free = 1;
	if (__atomic_compare_exchange_n(&d->writing, &free, 0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return true;
	return sema_acquire_or_park(g, &d->writing, false, WAIT_SEMACQUIRE);
}

/* *done and *error are results of the native: what must be known when it is called again is in *done and g->native_state. */
static NativeStatus write_all(Goroutine *g, PollFD *d, const char *from, size_t len, int64_t *done, int64_t *error) {
	bool is_first = g->native_state == NULL;
	if (is_first)
		*done = 0;
	if (d == NULL)
		return *error = IS_CLOSING, NATIVE_DONE;
	g->native_state = d;
	if (is_first && !take_turn(g, d))
		return NATIVE_RETRY;
	int64_t failure;
	do {
		Bytes bytes = {(char *)from + *done, len - (size_t)*done};
		ssize_t n = 0;
		failure = attempt(g, d, true, try_write, &bytes, &n);
		if (failure == PARKED)
			return NATIVE_RETRY;
		if (failure == 0) {
			*done += n;
			native_charge(g, n / 16);
		}
	} while (failure == 0 && *done < (int64_t)len);
	sema_release(g, &d->writing, false);
	*error = failure;
	return NATIVE_DONE;
}

static NativeStatus write_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		PollFD *d;
		GoSlice from;
	} *a = NATIVE_ARGS(args);
	return write_all(g, a->d, a->from.ptr, a->from.len, &a->n, &a->error);
}

static NativeStatus write_string_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		PollFD *d;
		GoString from;
	} *a = NATIVE_ARGS(args);
	return write_all(g, a->d, a->from.ptr, (size_t)a->from.len, &a->n, &a->error);
}

/* ---- messages ---- */

typedef struct Message {
	struct msghdr header;
	struct iovec part;
	int flags;
} Message;

static void message_fill(Message *m, GoSlice bytes, GoSlice oob, GoSlice addr, int64_t flags) {
	m->part = (struct iovec){.iov_base = bytes.ptr, .iov_len = bytes.len};
	m->header = (struct msghdr){.msg_iov = &m->part, .msg_iovlen = 1};
	m->header.msg_name = addr.len ? addr.ptr : NULL;
	m->header.msg_namelen = addr.len;
	m->header.msg_control = oob.len ? oob.ptr : NULL;
	m->header.msg_controllen = oob.len;
	m->flags = (int)flags;
}

static ssize_t try_recv(const PollFD *d, void *args) {
	Message *m = args;
	return recvmsg((int)d->fd, &m->header, m->flags | MSG_CMSG_CLOEXEC);
}

static NativeStatus recv_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t n, oob_len, result_flags, addr_len, error;
		PollFD *d;
		GoSlice to, oob, addr;
		int64_t flags;
	} *a = NATIVE_ARGS(args);
	Message m;
	ssize_t n = 0;
	message_fill(&m, a->to, a->oob, a->addr, a->flags);
	int64_t error = attempt(g, a->d, false, try_recv, &m, &n);
	if (error == PARKED)
		return NATIVE_RETRY;
	native_charge(g, n > 0 ? n / 16 : 0);
	a->n = error ? 0 : n;
	a->oob_len = (int64_t)m.header.msg_controllen;
	a->result_flags = m.header.msg_flags & ~MSG_CMSG_CLOEXEC;
	a->addr_len = m.header.msg_namelen;
	a->error = error;
	return NATIVE_DONE;
}

static ssize_t try_send(const PollFD *d, void *args) {
	Message *m = args;
	return sendmsg((int)d->fd, &m->header, m->flags | MSG_NOSIGNAL);
}

static NativeStatus send_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		PollFD *d;
		GoSlice from, oob, addr;
		int64_t flags;
	} *a = NATIVE_ARGS(args);
	Message m;
	ssize_t n = 0;
	message_fill(&m, a->from, a->oob, a->addr, a->flags);
	int64_t error = attempt(g, a->d, true, try_send, &m, &n);
	if (error == PARKED)
		return NATIVE_RETRY;
	native_charge(g, n > 0 ? n / 16 : 0);
	a->n = error ? 0 : n;
	a->error = error;
	return NATIVE_DONE;
}

typedef struct Address {
	struct sockaddr *ptr;
	socklen_t len;
} Address;

static ssize_t try_accept(const PollFD *d, void *args) {
	Address *from = args;
	socklen_t len = from->len;
	int fd;
	do
		fd = accept4((int)d->fd, from->ptr, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (fd < 0 && errno == ECONNABORTED); /* it has gone while it waited */
	if (fd >= 0)
		from->len = len;
	return fd;
}

static NativeStatus accept_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t fd, addr_len, error;
		PollFD *d;
		GoSlice addr;
	} *a = NATIVE_ARGS(args);
	Address from = {a->addr.ptr, a->addr.len};
	ssize_t fd = -1;
	int64_t error = attempt(g, a->d, false, try_accept, &from, &fd);
	if (error == PARKED)
		return NATIVE_RETRY;
	a->fd = fd;
	a->addr_len = from.len < a->addr.len ? from.len : a->addr.len;
	a->error = error;
	return NATIVE_DONE;
}

/* ---- waiting, closing ---- */

static NativeStatus wait_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		PollFD *d;
		int64_t write;
	} *a = NATIVE_ARGS(args);
	VM *vm = g->vm;
	Worker *w = g->worker;
	PollFD *d = a->d;
	bool has_waited = g->native_state != NULL;
	int64_t error = begin(g, d, a->write);
	if (error == 0) {
		g->native_state = d;
		error = has_waited ? 0 : park(g, d, a->write);
		leave(vm, w, d);
	}
	if (error == PARKED)
		return NATIVE_RETRY;
	a->error = error;
	return NATIVE_DONE;
}

static NativeStatus begin_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t ok;
		PollFD *d;
	} *a = NATIVE_ARGS(args);
	a->ok = is_usable(g, a->d) && enter(a->d);
	return NATIVE_DONE;
}

static NativeStatus end_fd(Goroutine *g, Slot *args) {
	struct {
		PollFD *d;
	} *a = NATIVE_ARGS(args);
	if (is_usable(g, a->d))
		leave(g->vm, g->worker, a->d);
	return NATIVE_DONE;
}

static NativeStatus set_expired(Goroutine *g, Slot *args) {
	struct {
		PollFD *d;
		uint64_t bit;
		int64_t on;
	} *a = NATIVE_ARGS(args);
	if (!is_usable(g, a->d))
		return NATIVE_DONE;
	if (!a->on) {
		__atomic_and_fetch(&a->d->state, ~a->bit, __ATOMIC_SEQ_CST);
		return NATIVE_DONE;
	}
	__atomic_or_fetch(&a->d->state, a->bit, __ATOMIC_SEQ_CST);
	poll_wake(g->vm, g->worker, (int)a->d->fd, a->bit == READ_EXPIRED, a->bit == WRITE_EXPIRED);
	return NATIVE_DONE;
}

/* Nobody enters any more. The caller is inside; most often it is the only one when this returns: others do not stay long,
 * except in a function that the program gave to Control. */
static bool shut(Goroutine *g, PollFD *d) {
	enum { PATIENCE = 1000 };
	uint64_t state = 0;
	if (!is_usable(g, d) || !enter(d))
		return false;
	state = __atomic_fetch_or(&d->state, CLOSING, __ATOMIC_SEQ_CST);
	if ((state & CLOSING) != 0) { /* another one was faster */
		leave(g->vm, g->worker, d);
		return false;
	}
	poll_wake(g->vm, g->worker, (int)d->fd, true, true);
	for (int i = 0; i < PATIENCE && __atomic_load_n(&d->state, __ATOMIC_SEQ_CST) >= 2 * INSIDE; i++)
		sched_yield();
	return true;
}

static NativeStatus close_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		PollFD *d;
	} *a = NATIVE_ARGS(args);
	a->error = IS_CLOSING;
	if (shut(g, a->d)) {
		leave(g->vm, g->worker, a->d);
		a->error = 0;
	}
	return NATIVE_DONE;
}

/* The descriptor stays open and becomes blocking. Nobody can be inside for long, so nobody else closes. */
static NativeStatus release_fd(Goroutine *g, Slot *args) {
	struct {
		int64_t fd, error;
		PollFD *d;
	} *a = NATIVE_ARGS(args);
	a->fd = -1;
	a->error = IS_CLOSING;
	if (!shut(g, a->d))
		return NATIVE_DONE;
	int fd = (int)a->d->fd;
	poll_forget(g->vm, g->worker, fd);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	a->error = poll_own(g->vm, fd) ? 0 : ENOMEM;
	a->fd = fd;
	return NATIVE_DONE; /* the caller stays inside for good */
}

const NativeDef natives_internal_poll[] = {
	{"open", open_fd},
	{"read", read_fd},
	{"write", write_fd},
	{"writeString", write_string_fd},
	{"recv", recv_fd},
	{"send", send_fd},
	{"accept", accept_fd},
	{"wait", wait_fd},
	{"closeFD", close_fd},
	{"release", release_fd},
	{"setExpired", set_expired},
	{"begin", begin_fd},
	{"end", end_fd},
	{NULL, NULL},
};
