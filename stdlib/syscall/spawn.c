/* SPDX-License-Identifier: MIT */
/* spawn.c: a new process, and waiting for it without holding a worker.
 *
 * Rules: between vfork and exec only what is async-signal-safe, no allocation, and system calls instead of the C library's
 * set*id, which would tell the parent's threads. All signals are blocked meanwhile; in the child none is when it starts, and
 * handlers are gone before that, because the child still runs in the parent's memory. The child reports a failure through a
 * pipe that exec closes.
 * Why vfork: the address space of a VM is large, and copying its page tables would cost milliseconds. */
#define _GNU_SOURCE
#include "stdlib/syscall/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stdlib/os/os.h"

/* syscall.spawnOptions */
typedef struct SpawnOptions {
	bool setsid, setpgid, setctty, noctty, foreground, keep_groups;
	int64_t ctty, pgid, death_signal, uid, gid;
	GoSlice groups __attribute__((aligned(16)));
	GoString chroot;
} SpawnOptions;

typedef struct Spawn {
	char *path, *dir, *chroot; /* dir, chroot: NULL: none */
	char **argv, **envp;
	int *fds;
	int fd_count, report;
	pid_t parent;
	uint64_t ignored; /* signals, bit: number - 1 */
	const SpawnOptions *options;
} Spawn;

/* ---- what the child does ---- */

static bool take_identity(const Spawn *s) {
	const SpawnOptions *o = s->options;
	pid_t group = (pid_t)o->pgid;
	if (o->setsid && setsid() < 0)
		return false;
	if ((o->setpgid || o->foreground) && setpgid(0, group) != 0)
		return false;
	if (o->foreground) {
		group = group ? group : getpid();
		if (ioctl((int)o->ctty, TIOCSPGRP, &group) != 0)
			return false;
	}
	if (s->chroot && chroot(s->chroot) != 0)
		return false;
	if (o->uid < 0)
		return true;
	if (!o->keep_groups && syscall(SYS_setgroups, (size_t)o->groups.len, o->groups.ptr) != 0)
		return false;
	return syscall(SYS_setgid, (gid_t)o->gid) == 0 && syscall(SYS_setuid, (uid_t)o->uid) == 0;
}

/* Descriptor i becomes fds[i]. First out of the way what another one would overwrite. */
static bool arrange_descriptors(Spawn *s) {
	int above = s->fd_count > s->report ? s->fd_count : s->report + 1;
	if (s->report < s->fd_count && (s->report = fcntl(s->report, F_DUPFD_CLOEXEC, above)) < 0)
		return false;
	for (int i = 0; i < s->fd_count; i++)
		if (s->fds[i] >= 0 && s->fds[i] < i && (s->fds[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, above)) < 0)
			return false;
	for (int i = 0; i < s->fd_count; i++) {
		if (s->fds[i] < 0)
			close(i);
		else if (s->fds[i] == i ? fcntl(i, F_SETFD, 0) < 0 : dup2(s->fds[i], i) < 0)
			return false;
	}
	for (int i = s->fd_count; i < 3; i++)
		close(i);
	return true;
}

static void reset_signals(uint64_t ignored) {
	struct sigaction now, plain = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN};
	sigset_t none;
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &now) == 0 && now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN)
			sigaction(i, &plain, NULL);
	for (int i = 1; i <= 64; i++)
		if ((ignored >> (i - 1) & 1) != 0)
			sigaction(i, &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool prepare_child(Spawn *s) {
	const SpawnOptions *o = s->options;
	if (!take_identity(s) || (s->dir && chdir(s->dir) != 0))
		return false;
	if (o->death_signal != 0) {
		if (prctl(PR_SET_PDEATHSIG, (unsigned long)o->death_signal) != 0)
			return false;
		if (getppid() != s->parent) /* it has gone before it was asked for */
			kill(getpid(), (int)o->death_signal);
	}
	if (!arrange_descriptors(s))
		return false;
	if (o->noctty && ioctl(0, TIOCNOTTY) != 0)
		return false;
	return !o->setctty || ioctl((int)o->ctty, TIOCSCTTY, 1) == 0;
}

static __attribute__((noreturn, noinline)) void run_child(Spawn *s) {
	if (prepare_child(s)) {
		reset_signals(s->ignored);
		execve(s->path, s->argv, s->envp);
	}
	int error = errno;
	ssize_t n = write(s->report, &error, sizeof error);
	(void)n;
	_exit(253);
}

/* ---- what the parent does ---- */

static __attribute__((noinline)) pid_t fork_child(Spawn *s) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = vfork();
	if (pid == 0)
		run_child(s);
	int error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

static int open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

/* 0, or why there is no new process. */
static int start_child(Spawn *s, int64_t *pid, int64_t *pidfd) {
	int report[2], error = 0;
	if (pipe2(report, O_CLOEXEC) != 0)
		return errno;
	s->report = report[1];
	s->parent = getpid();
	pid_t child = fork_child(s);
	error = child < 0 ? errno : 0;
	close(report[1]);
	while (child > 0 && read(report[0], &error, sizeof error) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (child > 0 && error != 0)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	if (error == 0) {
		*pid = child;
		*pidfd = open_pidfd(child);
	}
	return error;
}

/* A 0-terminated copy; NULL with *error set. */
static char *c_string(GoString s, int *error) {
	if (s.len > 0 && memchr(s.ptr, 0, (size_t)s.len))
		return *error = EINVAL, NULL;
	char *copy = strndup(s.len > 0 ? s.ptr : "", (size_t)s.len);
	if (!copy)
		*error = ENOMEM;
	return copy;
}

static void free_vector(char **v) {
	for (char **at = v; at && *at; at++)
		free(*at);
	free(v);
}

static char **c_vector(GoSlice strings, int *error) {
	const GoString *items = strings.ptr;
	char **v = calloc((size_t)strings.len + 1, sizeof *v);
	if (!v)
		*error = ENOMEM;
	for (uint32_t i = 0; v && i < strings.len; i++)
		if (!(v[i] = c_string(load_string(&items[i]), error)))
			return free_vector(v), NULL;
	return v;
}

static int *c_descriptors(GoSlice files, int *error) {
	int *fds = calloc((size_t)files.len + 1, sizeof *fds);
	if (!fds)
		*error = ENOMEM;
	for (uint32_t i = 0; fds && i < files.len; i++)
		fds[i] = (int)((const uint64_t *)files.ptr)[i];
	return fds;
}

NativeStatus spawn_process(Goroutine *g, Slot *args) {
	struct {
		int64_t pid, pidfd, error;
		GoString path;
		GoSlice argv, envp;
		GoString dir;
		GoSlice files;
		const SpawnOptions *options;
	} *a = NATIVE_ARGS(args);
	int error = os_is_allowed(g, GOL_ALLOW_EXEC) ? 0 : EACCES;
	Spawn s = {.options = a->options, .fd_count = (int)a->files.len, .ignored = signals_ignored(g->vm)};
	a->pid = a->pidfd = -1;
	native_charge(g, a->argv.len + a->envp.len);
	if (!error)
		s.path = c_string(a->path, &error);
	if (!error && a->dir.len > 0)
		s.dir = c_string(a->dir, &error);
	if (!error && a->options->chroot.len > 0)
		s.chroot = c_string(a->options->chroot, &error);
	if (!error)
		s.argv = c_vector(a->argv, &error);
	if (!error)
		s.envp = c_vector(a->envp, &error);
	if (!error)
		s.fds = c_descriptors(a->files, &error);
	if (!error)
		error = start_child(&s, &a->pid, &a->pidfd);
	a->error = error;
	free(s.path);
	free(s.dir);
	free(s.chroot);
	free_vector(s.argv);
	free_vector(s.envp);
	free(s.fds);
	return NATIVE_DONE;
}

NativeStatus replace_process(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		GoSlice argv, envp;
	} *a = NATIVE_ARGS(args);
	int error = os_is_allowed(g, GOL_ALLOW_EXEC) ? 0 : EACCES;
	char *path = error ? NULL : c_string(a->path, &error);
	char **argv = error ? NULL : c_vector(a->argv, &error), **envp = error ? NULL : c_vector(a->envp, &error);
	if (!error) {
		sigset_t none, before;
		sigemptyset(&none);
		pthread_sigmask(SIG_SETMASK, &none, &before); /* it passes through exec */
		execve(path, argv, envp);
		error = errno;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	a->error = error;
	free(path);
	free_vector(argv);
	free_vector(envp);
	return NATIVE_DONE;
}

/* ---- waiting ---- */

/* arg is as in wait4: a process, -1: any, else a process group. */
static void wait_job(void *arg) {
	siginfo_t info;
	pid_t pid = (pid_t)(uintptr_t)arg;
	idtype_t kind = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
	id_t id = (id_t)(pid > 0 ? pid : pid == 0 ? getpgrp() : -pid);
	while (waitid(kind, id, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
}

/* pidfd -1: none. block: parks until the process has ended. */
NativeStatus wait_process(Goroutine *g, Slot *args) {
	struct {
		int64_t result, status, error, pid, pidfd, options, block;
		struct rusage *usage;
	} *a = NATIVE_ARGS(args);
	int status = 0;
	a->result = -1;
	a->status = 0;
	a->error = EACCES;
	if (!os_is_allowed(g, GOL_ALLOW_EXEC))
		return NATIVE_DONE;
	pid_t got = wait4((pid_t)a->pid, &status, (int)a->options | WNOHANG, a->usage);
	if (got == 0 && a->block) {
		g->native_state = (void *)wait_job; /* whatever: this call goes on */
		if (a->pidfd >= 0 && poll_wait_or_park(g, (int)a->pidfd, false))
			return NATIVE_RETRY;
		if (blocking_submit_or_park(g, wait_job, (void *)(uintptr_t)a->pid))
			return NATIVE_RETRY;
		got = wait4((pid_t)a->pid, &status, (int)a->options, a->usage);
	}
	a->result = got;
	a->status = status;
	a->error = got < 0 ? errno : 0;
	return NATIVE_DONE;
}
