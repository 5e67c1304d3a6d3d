/* SPDX-License-Identifier: MIT */
/* syscall.c: the natives of package syscall: calls of the system on paths, on descriptors, on nothing.
 *
 * Rules: errors are errno numbers, 0 for none. What touches files or a descriptor needs GOL_ALLOW_FILES, what touches
 * other processes GOL_ALLOW_EXEC: EACCES is what a sandboxed program sees.
 * Why numbers instead of a native for each call: their checks are the same. The order is that of syscall.gol. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "stdlib/os/os.h"
#include "stdlib/syscall/spawn.h"

enum PathCall {
	CALL_OPEN, CALL_MKDIR, CALL_RMDIR, CALL_UNLINK, CALL_RENAME, CALL_LINK, CALL_SYMLINK, CALL_CHMOD, CALL_CHOWN,
	CALL_LCHOWN, CALL_TRUNCATE, CALL_CHDIR, CALL_ACCESS, CALL_MKFIFO, CALL_CHROOT,
};

static int64_t path_call(enum PathCall call, const char *path, const char *other, int64_t x, int64_t y) {
	switch (call) {
	case CALL_OPEN: return open(path, (int)x, (mode_t)y);
	case CALL_MKDIR: return mkdir(path, (mode_t)x);
	case CALL_RMDIR: return rmdir(path);
	case CALL_UNLINK: return unlink(path);
	case CALL_RENAME: return rename(path, other);
	case CALL_LINK: return link(path, other);
	case CALL_SYMLINK: return symlink(path, other);
	case CALL_CHMOD: return chmod(path, (mode_t)x);
	case CALL_CHOWN: return chown(path, (uid_t)x, (gid_t)y);
	case CALL_LCHOWN: return lchown(path, (uid_t)x, (gid_t)y);
	case CALL_TRUNCATE: return truncate(path, x);
	case CALL_CHDIR: return chdir(path);
	case CALL_ACCESS: return access(path, (int)x);
	case CALL_MKFIFO: return mkfifo(path, (mode_t)x);
	case CALL_CHROOT: return chroot(path);
	}
	errno = ENOSYS;
	return -1;
}

static NativeStatus call_path(Goroutine *g, Slot *args) {
	struct {
		int64_t result, error, call;
		GoString path, other;
		int64_t x, y;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX], other[PATH_MAX];
	a->result = -1;
	a->error = 0;
	if (!os_path(g, a->path, path, &a->error) || !os_path(g, a->other, other, &a->error))
		return NATIVE_DONE;
	a->result = path_call((enum PathCall)a->call, path, other, a->x, a->y);
	a->error = a->result < 0 ? errno : 0;
	return NATIVE_DONE;
}

enum NumberCall {
	CALL_CLOSE, CALL_SEEK, CALL_DUP, CALL_DUP3, CALL_FCHMOD, CALL_FCHOWN, CALL_FTRUNCATE, CALL_FSYNC, CALL_FCHDIR,
	CALL_FLOCK, CALL_UMASK, CALL_SET_NONBLOCK, CALL_CLOSE_ON_EXEC, CALL_PIPE, CALL_KILL, CALL_GETPGID, CALL_SETPGID,
	CALL_SETSID, CALL_GETPID, CALL_GETPPID, CALL_GETUID, CALL_GETEUID, CALL_GETGID, CALL_GETEGID, CALL_SYNC,
};

static int64_t set_nonblock(int fd, bool on) {
	int flags = fcntl(fd, F_GETFL);
	return flags < 0 ? -1 : fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

static int64_t make_pipe(int flags, int64_t *second) {
	int ends[2];
	if (pipe2(ends, flags) != 0)
		return -1;
	*second = ends[1];
	return ends[0];
}

static int64_t number_call(enum NumberCall call, int64_t x, int64_t y, int64_t z, int64_t *second) {
	int fd = (int)x;
	switch (call) {
	case CALL_CLOSE: return close(fd);
	case CALL_SEEK: return lseek(fd, y, (int)z);
	case CALL_DUP: return dup(fd);
	case CALL_DUP3: return z == 0 ? dup2(fd, (int)y) : dup3(fd, (int)y, (int)z);
	case CALL_FCHMOD: return fchmod(fd, (mode_t)y);
	case CALL_FCHOWN: return fchown(fd, (uid_t)y, (gid_t)z);
	case CALL_FTRUNCATE: return ftruncate(fd, y);
	case CALL_FSYNC: return fsync(fd);
	case CALL_FCHDIR: return fchdir(fd);
	case CALL_FLOCK: return flock(fd, (int)y);
	case CALL_UMASK: return umask((mode_t)x);
	case CALL_SET_NONBLOCK: return set_nonblock(fd, y != 0);
	case CALL_CLOSE_ON_EXEC: return fcntl(fd, F_SETFD, FD_CLOEXEC);
	case CALL_PIPE: return make_pipe((int)x, second);
	case CALL_KILL: return kill((pid_t)x, (int)y);
	case CALL_GETPGID: return getpgid((pid_t)x);
	case CALL_SETPGID: return setpgid((pid_t)x, (pid_t)y);
	case CALL_SETSID: return setsid();
	case CALL_GETPID: return getpid();
	case CALL_GETPPID: return getppid();
	case CALL_GETUID: return getuid();
	case CALL_GETEUID: return geteuid();
	case CALL_GETGID: return getgid();
	case CALL_GETEGID: return getegid();
	case CALL_SYNC: return sync(), 0;
	}
	errno = ENOSYS;
	return -1;
}

static NativeStatus call_number(Goroutine *g, Slot *args) {
	struct {
		int64_t result, second, error, call, x, y, z;
	} *a = NATIVE_ARGS(args);
	bool is_harmless = (a->call >= CALL_GETPID && a->call <= CALL_GETEGID) || a->call == CALL_GETPGID;
	bool is_process = a->call == CALL_KILL || a->call == CALL_SETPGID || a->call == CALL_SETSID;
	a->result = -1;
	a->second = a->error = 0;
	if (!is_harmless && !os_is_allowed(g, is_process ? GOL_ALLOW_EXEC : GOL_ALLOW_FILES))
		return a->error = EACCES, NATIVE_DONE;
	/* What goes to the program itself need not go round by the host's threads: it has come when this returns, as in Go. */
	if (a->call == CALL_KILL && a->x == getpid() && a->y > 0 && signal_deliver(g->vm, (int)a->y))
		return a->result = 0, NATIVE_DONE;
	if (a->call == CALL_CLOSE)
		poll_forget(g->vm, g->worker, (int)a->x);
	a->result = number_call((enum NumberCall)a->call, a->x, a->y, a->z, &a->second);
	a->error = a->result < 0 ? errno : 0;
	return NATIVE_DONE;
}

/* ---- bytes ---- */

static NativeStatus read_bytes(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error, fd;
		GoSlice to;
		int64_t offset;
	} *a = NATIVE_ARGS(args);
	a->n = -1;
	a->error = EACCES;
	if (!os_is_allowed(g, GOL_ALLOW_FILES))
		return NATIVE_DONE;
	int fd = (int)a->fd;
	a->n = a->offset < 0 ? read(fd, a->to.ptr, a->to.len) : pread(fd, a->to.ptr, a->to.len, a->offset);
	a->error = a->n < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus write_bytes(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error, fd;
		GoSlice from;
		int64_t offset;
	} *a = NATIVE_ARGS(args);
	int fd = (int)a->fd;
	a->n = a->from.len;
	a->error = 0;
	if (fd == 1 || fd == 2) {
		native_write(g->vm, fd, a->from.ptr, a->from.len);
	} else if (!os_is_allowed(g, GOL_ALLOW_FILES)) {
		a->error = EACCES;
	} else {
		a->n = a->offset < 0 ? write(fd, a->from.ptr, a->from.len) : pwrite(fd, a->from.ptr, a->from.len, a->offset);
		a->error = a->n < 0 ? errno : 0;
	}
	return NATIVE_DONE;
}

/* ---- what fills structs of the program ---- */

static NativeStatus get_rusage(Goroutine *g, Slot *args) {
	struct {
		int64_t error, who;
		struct rusage *to;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->error = !a->to ? EFAULT : getrusage((int)a->who, a->to) != 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus get_or_set_rlimit(Goroutine *g, Slot *args) {
	struct {
		int64_t error, resource;
		struct rlimit *limit;
		int64_t set;
	} *a = NATIVE_ARGS(args);
	struct rlimit now;
	if (!a->limit)
		return a->error = EFAULT, NATIVE_DONE;
	if (a->set && !os_is_allowed(g, GOL_ALLOW_EXEC))
		return a->error = EACCES, NATIVE_DONE;
	now = *a->limit;
	int status = a->set ? setrlimit((__rlimit_resource_t)a->resource, &now) : getrlimit((__rlimit_resource_t)a->resource, &now);
	a->error = status != 0 ? errno : 0;
	if (status == 0)
		*a->limit = now;
	return NATIVE_DONE;
}

static NativeStatus get_uname(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		struct utsname *to;
	} *a = NATIVE_ARGS(args);
	a->error = !a->to ? EFAULT : !os_is_allowed(g, GOL_ALLOW_ENVIRONMENT) ? EACCES : uname(a->to) != 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus get_clock(Goroutine *g, Slot *args) {
	struct {
		int64_t sec, nsec;
	} *a = NATIVE_ARGS(args);
	int64_t ns = os_wall_ns(g->vm);
	a->sec = ns / 1000000000;
	a->nsec = ns % 1000000000;
	return NATIVE_DONE;
}

const NativeDef natives_syscall[] = {
	{"callPath", call_path},
	{"callNumber", call_number},
	{"read", read_bytes},
	{"write", write_bytes},
	{"readlink", os_read_link},
	{"getwd", os_working_directory},
	{"stat", os_stat},
	{"rusage", get_rusage},
	{"rlimit", get_or_set_rlimit},
	{"uname", get_uname},
	{"clock", get_clock},
	{"lookupEnv", os_lookup_env},
	{"setEnv", os_set_env},
	{"Exit", os_exit},
	{"Environ", os_environ},
	{"errnoText", os_errno_text},
	{"spawn", spawn_process},
	{"wait", wait_process},
	{"execve", replace_process},
	{NULL, NULL},
};
