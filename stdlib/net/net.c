/* SPDX-License-Identifier: MIT */
/* net.c: the natives of package net: sockets apart from reading and writing (internal/poll), names, interfaces.
 *
 * Rules: errors are errno numbers, 0 for none; those of name lookups are getaddrinfo's. All sockets are non-blocking and
 * close-on-exec. Lookups run on a thread of the blocking pool and write into pointer-free Go memory, which stays when their
 * program ends before them. The package needs GOL_ALLOW_NETWORK to be imported. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm/native.h"

static int64_t error_of(int status) { return status < 0 ? errno : 0; }

static NativeStatus new_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t fd, error, family, kind, protocol;
	} *a = NATIVE_ARGS(args);
	int fd = socket((int)a->family, (int)a->kind | SOCK_NONBLOCK | SOCK_CLOEXEC, (int)a->protocol);
	a->error = error_of(fd);
	a->fd = fd;
	if (fd >= 0)
		poll_own(g->vm, fd);
	return NATIVE_DONE;
}

static NativeStatus close_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t fd;
	} *a = NATIVE_ARGS(args);
	poll_forget(g->vm, g->worker, (int)a->fd);
	close((int)a->fd);
	return NATIVE_DONE;
}

static NativeStatus duplicate_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t result, error, fd;
	} *a = NATIVE_ARGS(args);
	int fd = fcntl((int)a->fd, F_DUPFD_CLOEXEC, 0);
	a->error = error_of(fd);
	a->result = fd;
	if (fd >= 0)
		poll_own(g->vm, fd);
	return NATIVE_DONE;
}

static NativeStatus connect_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd;
		GoSlice addr;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->error = error_of(connect((int)a->fd, a->addr.ptr, a->addr.len));
	return NATIVE_DONE;
}

static NativeStatus bind_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd;
		GoSlice addr;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->error = error_of(bind((int)a->fd, a->addr.ptr, a->addr.len));
	return NATIVE_DONE;
}

static NativeStatus listen_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->error = error_of(listen((int)a->fd, SOMAXCONN));
	return NATIVE_DONE;
}

static NativeStatus socket_name(Goroutine *g, Slot *args) {
	struct {
		int64_t len, error, fd, peer;
		GoSlice addr;
	} *a = NATIVE_ARGS(args);
	(void)g;
	socklen_t len = a->addr.len;
	a->error = error_of((a->peer ? getpeername : getsockname)((int)a->fd, a->addr.ptr, &len));
	a->len = len < a->addr.len ? len : a->addr.len;
	return NATIVE_DONE;
}

static int set_option(int fd, int level, int option, int value) {
	return setsockopt(fd, level, option, &value, sizeof value);
}

static NativeStatus set_socket_option(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd, level, option, value;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->error = error_of(set_option((int)a->fd, (int)a->level, (int)a->option, (int)a->value));
	return NATIVE_DONE;
}

static NativeStatus get_socket_option(Goroutine *g, Slot *args) {
	struct {
		int64_t value, error, fd, level, option;
	} *a = NATIVE_ARGS(args);
	(void)g;
	int value = 0;
	socklen_t len = sizeof value;
	a->error = error_of(getsockopt((int)a->fd, (int)a->level, (int)a->option, &value, &len));
	a->value = value;
	return NATIVE_DONE;
}

static NativeStatus set_linger(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd, seconds;
	} *a = NATIVE_ARGS(args);
	(void)g;
	struct linger l = {.l_onoff = a->seconds >= 0, .l_linger = a->seconds >= 0 ? (int)a->seconds : 0};
	a->error = error_of(setsockopt((int)a->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l));
	return NATIVE_DONE;
}

/* What every TCP connection gets: no delay, and tests of its life. Negative: as the system has it. */
static NativeStatus tune_tcp(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd, keep_alive, idle, interval, count;
	} *a = NATIVE_ARGS(args);
	(void)g;
	int fd = (int)a->fd;
	bool ok = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0 && set_option(fd, SOL_SOCKET, SO_KEEPALIVE, a->keep_alive != 0) == 0;
	if (ok && a->keep_alive && a->idle >= 0)
		ok = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)a->idle) == 0;
	if (ok && a->keep_alive && a->interval >= 0)
		ok = set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, (int)a->interval) == 0;
	if (ok && a->keep_alive && a->count >= 0)
		ok = set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, (int)a->count) == 0;
	a->error = ok ? 0 : errno;
	return NATIVE_DONE;
}

static NativeStatus shutdown_socket(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd, how;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->error = error_of(shutdown((int)a->fd, (int)a->how));
	return NATIVE_DONE;
}

static NativeStatus has_ipv6(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
	} *a = NATIVE_ARGS(args);
	(void)g;
	struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a->result = fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof here) == 0;
	if (fd >= 0)
		close(fd);
	return NATIVE_DONE;
}

/* ---- names ---- */

enum { HOST_MAX = 256, ADDRESSES_MAX = 64, ADDRESS_BYTES = 20 };

typedef struct LookupJob {
	char host[HOST_MAX], name[NI_MAXHOST];
	struct sockaddr_storage address;
	socklen_t address_len;
	int family, flags, error;
	uint32_t count;
	uint8_t found[ADDRESSES_MAX][ADDRESS_BYTES];
} LookupJob;

static void keep_address(LookupJob *job, const struct addrinfo *from) {
	uint8_t *to = job->found[job->count];
	if (job->count == ADDRESSES_MAX || (from->ai_family != AF_INET && from->ai_family != AF_INET6))
		return;
	job->count++;
	memset(to, 0, ADDRESS_BYTES);
	if (from->ai_family == AF_INET) {
		to[0] = 4;
		memcpy(to + 4, &((const struct sockaddr_in *)(const void *)from->ai_addr)->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *in6 = (const void *)from->ai_addr;
		to[0] = 6;
		for (int i = 0; i < 3; i++)
			to[1 + i] = (uint8_t)(in6->sin6_scope_id >> (8 * i));
		memcpy(to + 4, &in6->sin6_addr, 16);
	}
}

static void lookup_host(void *arg) {
	LookupJob *job = arg;
	struct addrinfo hints = {.ai_family = job->family, .ai_flags = job->flags, .ai_socktype = SOCK_STREAM}, *list = NULL;
	job->error = getaddrinfo(job->host, NULL, &hints, &list);
	if (job->error == EAI_NODATA)
		job->error = EAI_NONAME;
	if (job->error != 0)
		return;
	if (list->ai_canonname)
		snprintf(job->name, sizeof job->name, "%s", list->ai_canonname);
	for (const struct addrinfo *at = list; at; at = at->ai_next)
		keep_address(job, at);
	freeaddrinfo(list);
}

static void lookup_address(void *arg) {
	LookupJob *job = arg;
	job->error = getnameinfo((const struct sockaddr *)&job->address, job->address_len, job->name, sizeof job->name, NULL, 0,
	                         NI_NAMEREQD);
}

/* The job of this call; NULL: parked, or no memory (*status). first fills it. */
static LookupJob *lookup(Goroutine *g, void (*run)(void *), bool (*first)(LookupJob *, void *), void *args, NativeStatus *status) {
	LookupJob *job = g->native_state;
	if (job)
		return job;
	job = heap_new_bytes(g, sizeof *job);
	if (!job)
		return *status = native_panic_code(g, FATAL_OUT_OF_MEMORY), NULL;
	memset(job, 0, sizeof *job);
	job->error = EAI_NONAME;
	if (!first(job, args))
		return job;
	g->native_state = job;
	*status = NATIVE_RETRY;
	if (blocking_submit_or_park(g, run, job))
		return NULL;
	run(job);
	return job;
}

typedef struct HostArgs {
	GoSlice found;
	GoString name;
	int64_t error;
	GoString host;
	int64_t family, canonical;
} HostArgs;

static bool begin_host(LookupJob *job, void *args) {
	const HostArgs *a = args;
	if (a->host.len >= HOST_MAX)
		return false;
	memcpy(job->host, a->host.ptr, (size_t)a->host.len);
	job->family = a->family == 4 ? AF_INET : a->family == 6 ? AF_INET6 : AF_UNSPEC;
	job->flags = a->canonical ? AI_CANONNAME : 0;
	return true;
}

static NativeStatus resolve_host(Goroutine *g, Slot *args) {
	HostArgs *a = NATIVE_ARGS(args);
	NativeStatus status;
	LookupJob *job = lookup(g, lookup_host, begin_host, a, &status);
	if (!job)
		return status;
	a->found = native_byte_slice(g, job->found, job->count * ADDRESS_BYTES);
	a->name = native_cstring(g, job->name);
	a->error = job->error;
	return NATIVE_DONE;
}

typedef struct AddressArgs {
	GoString name;
	int64_t error;
	GoSlice addr;
} AddressArgs;

static bool begin_address(LookupJob *job, void *args) {
	const AddressArgs *a = args;
	if (a->addr.len == 4) {
		struct sockaddr_in *to = (void *)&job->address;
		to->sin_family = AF_INET;
		memcpy(&to->sin_addr, a->addr.ptr, 4);
		job->address_len = sizeof *to;
	} else if (a->addr.len == 16) {
		struct sockaddr_in6 *to = (void *)&job->address;
		to->sin6_family = AF_INET6;
		memcpy(&to->sin6_addr, a->addr.ptr, 16);
		job->address_len = sizeof *to;
	}
	return job->address_len != 0;
}

static NativeStatus resolve_address(Goroutine *g, Slot *args) {
	AddressArgs *a = NATIVE_ARGS(args);
	NativeStatus status;
	LookupJob *job = lookup(g, lookup_address, begin_address, a, &status);
	if (!job)
		return status;
	a->name = native_cstring(g, job->name);
	a->error = job->error;
	return NATIVE_DONE;
}

static NativeStatus service_port(Goroutine *g, Slot *args) {
	struct {
		int64_t port;
		GoString name, protocol;
	} *a = NATIVE_ARGS(args);
	(void)g;
	char name[64], protocol[8], space[4096];
	struct servent entry, *found = NULL;
	a->port = 0;
	if (a->name.len >= (int64_t)sizeof name || a->protocol.len >= (int64_t)sizeof protocol)
		return NATIVE_DONE;
	snprintf(name, sizeof name, "%.*s", (int)a->name.len, a->name.ptr);
	snprintf(protocol, sizeof protocol, "%.*s", (int)a->protocol.len, a->protocol.ptr);
	if (getservbyname_r(name, protocol, &entry, space, sizeof space, &found) == 0 && found)
		a->port = ntohs((uint16_t)found->s_port);
	return NATIVE_DONE;
}

static NativeStatus resolve_text(Goroutine *g, Slot *args) {
	struct {
		GoString text;
		int64_t error;
	} *a = NATIVE_ARGS(args);
	a->text = native_cstring(g, gai_strerror((int)a->error));
	return NATIVE_DONE;
}

/* ---- interfaces ---- */

static uint32_t go_flags(unsigned flags) {
	static const unsigned order[] = {IFF_UP, IFF_BROADCAST, IFF_LOOPBACK, IFF_POINTOPOINT, IFF_MULTICAST, IFF_RUNNING};
	uint32_t result = 0;
	for (size_t i = 0; i < COUNT_OF(order); i++)
		if (flags & order[i])
			result |= 1u << i;
	return result;
}

static void put_link(Buf *out, int fd, const struct ifaddrs *at) {
	const struct sockaddr_ll *link = (const void *)at->ifa_addr;
	struct ifreq request = {0};
	memcpy(request.ifr_name, at->ifa_name, strnlen(at->ifa_name, sizeof request.ifr_name - 1));
	int mtu = ioctl(fd, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
	buf_printf(out, "L %s %d %d %u ", at->ifa_name, link->sll_ifindex, mtu, go_flags(at->ifa_flags));
	bool is_set = false;
	for (int i = 0; i < link->sll_halen; i++)
		is_set |= link->sll_addr[i] != 0;
	for (int i = 0; is_set && i < link->sll_halen; i++)
		buf_printf(out, "%s%02x", i ? ":" : "", link->sll_addr[i]);
	buf_puts(out, "\n");
}

static void put_address(Buf *out, const struct ifaddrs *at) {
	char text[INET6_ADDRSTRLEN] = "";
	bool is4 = at->ifa_addr->sa_family == AF_INET;
	const uint8_t *ip = is4 ? (const void *)&((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr
	                        : (const void *)&((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr;
	const uint8_t *mask = !at->ifa_netmask ? NULL
	                      : is4 ? (const void *)&((const struct sockaddr_in *)(const void *)at->ifa_netmask)->sin_addr
	                            : (const void *)&((const struct sockaddr_in6 *)(const void *)at->ifa_netmask)->sin6_addr;
	int bits = 0;
	for (int i = 0; mask && i < (is4 ? 4 : 16); i++)
		bits += __builtin_popcount(mask[i]);
	inet_ntop(at->ifa_addr->sa_family, ip, text, sizeof text);
	buf_printf(out, "A %u %s %d\n", if_nametoindex(at->ifa_name), text, bits);
}

static NativeStatus list_interfaces(Goroutine *g, Slot *args) {
	struct {
		GoString result;
	} *a = NATIVE_ARGS(args);
	struct ifaddrs *list = NULL;
	Buf out;
	buf_init(&out, &g->vm->mem);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = getifaddrs(&list) == 0;
	for (const struct ifaddrs *at = ok ? list : NULL; at; at = at->ifa_next) {
		int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
		if (family == AF_PACKET)
			put_link(&out, fd, at);
		else if (family == AF_INET || family == AF_INET6)
			put_address(&out, at);
	}
	if (ok)
		freeifaddrs(list);
	if (fd >= 0)
		close(fd);
	a->result = native_string(g, out.ptr, out.len);
	buf_deinit(&out);
	return NATIVE_DONE;
}

const NativeDef natives_net[] = {
	{"newSocket", new_socket},
	{"closeSocket", close_socket},
	{"duplicate", duplicate_socket},
	{"connectSocket", connect_socket},
	{"bindSocket", bind_socket},
	{"listenSocket", listen_socket},
	{"socketName", socket_name},
	{"setOption", set_socket_option},
	{"getOption", get_socket_option},
	{"setLinger", set_linger},
	{"tuneTCP", tune_tcp},
	{"shutdownSocket", shutdown_socket},
	{"hasIPv6", has_ipv6},
	{"resolveHost", resolve_host},
	{"resolveAddr", resolve_address},
	{"servicePort", service_port},
	{"resolveText", resolve_text},
	{"listInterfaces", list_interfaces},
	{NULL, NULL},
};
