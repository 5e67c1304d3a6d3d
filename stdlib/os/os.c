/* SPDX-License-Identifier: MIT */
/* os.c: the natives of package os.
 *
 * Rules: errors are errno numbers as results, 0 for none. A read that may block for long (terminal, pipe) runs on a thread of
 * the blocking pool while the goroutine is parked. Capabilities are checked here: EACCES is what a sandboxed program sees. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stdlib/os/os.h"
#include "stdlib/syscall/spawn.h"

extern char **environ;

bool os_is_allowed(const Goroutine *g, uint32_t capability) {
	return (g->vm->host.capabilities & capability) != 0;
}

int64_t os_wall_ns(VM *vm) { return vm->host.capabilities & GOL_ALLOW_CLOCK ? clock_wall_ns() : sched_now_ns(vm); }

bool os_may_use_descriptors(const Goroutine *g) { return os_is_allowed(g, GOL_ALLOW_FILES | GOL_ALLOW_NETWORK | GOL_ALLOW_EXEC); }

/* The host's descriptors are files too: a program that may not touch files has its standard input and output. */
static bool may_use(const Goroutine *g, int64_t fd, int64_t *error) {
	*error = fd < 0 || fd > INT_MAX ? EBADF : (fd <= 2 || os_may_use_descriptors(g)) ? 0 : EACCES;
	return *error == 0;
}

/* For what changes the descriptor itself. */
static bool may_change(const Goroutine *g, int64_t fd, int64_t *error) {
	*error = fd < 0 || fd > INT_MAX ? EBADF : os_may_use_descriptors(g) ? 0 : EACCES;
	return *error == 0;
}

bool os_path(Goroutine *g, GoString s, char out[PATH_MAX], int64_t *error) {
	if (!os_is_allowed(g, GOL_ALLOW_FILES))
		return *error = EACCES, false;
	if (s.len >= PATH_MAX)
		return *error = ENAMETOOLONG, false;
	if (memchr(s.ptr ? s.ptr : "", 0, (size_t)s.len))
		return *error = EINVAL, false;
	if (s.len > 0)
		memcpy(out, s.ptr, (size_t)s.len);
	out[s.len] = 0;
	return true;
}

static NativeStatus os_args(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
	} *a = NATIVE_ARGS(args);
	int n = g->vm->host.argc;
	GoString *items = heap_new_array(g, g->vm->types->core[CORE_STRING], (size_t)(n > 0 ? n : 1));
	if (!items)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	for (int i = 0; i < n; i++)
		store_string(&items[i], native_cstring(g, g->vm->host.argv[i]));
	a->result = (GoSlice){.ptr = items, .len = (uint32_t)n, .cap = (uint32_t)n};
	return NATIVE_DONE;
}

NativeStatus os_exit(Goroutine *g, Slot *args) {
	struct {
		int64_t code;
	} *a = NATIVE_ARGS(args);
	sched_exit(g->vm, EXIT_OS_EXIT, (int)a->code, g);
	return NATIVE_EXIT;
}

NativeStatus os_errno_text(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		int64_t code;
	} *a = NATIVE_ARGS(args);
	char text[128];
	enum { FIRST_UNKNOWN = 133 }; /* to Go */
	const char *s = a->code > 0 && a->code < FIRST_UNKNOWN ? strerrordesc_np((int)a->code) : NULL;
	if (a->code == ESTALE) {
		s = "stale NFS file handle";
	} else if (!s) {
		snprintf(text, sizeof text, "errno %d", (int)a->code);
		s = text;
	}
	a->result = native_cstring(g, s);
	/* Go words them in lower case. */
	if (a->result.len > 1 && s[0] >= 'A' && s[0] <= 'Z' && !(s[1] >= 'A' && s[1] <= 'Z'))
		((char *)a->result.ptr)[0] = (char)(s[0] + 'a' - 'A');
	return NATIVE_DONE;
}

static NativeStatus open_file(Goroutine *g, Slot *args) {
	struct {
		int64_t fd, error;
		GoString name;
		int64_t flag;
		uint64_t perm;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	a->fd = -1;
	a->error = 0;
	if (!os_path(g, a->name, path, &a->error))
		return NATIVE_DONE;
	a->fd = open(path, (int)a->flag | O_CLOEXEC, (mode_t)a->perm);
	a->error = a->fd < 0 ? errno : 0;
	if (a->fd >= 0)
		poll_own(g->vm, (int)a->fd);
	return NATIVE_DONE;
}

static NativeStatus make_pipe(Goroutine *g, Slot *args) {
	struct {
		int64_t r, w, error;
	} *a = NATIVE_ARGS(args);
	int ends[2] = {-1, -1};
	a->error = !os_is_allowed(g, GOL_ALLOW_FILES) ? EACCES : pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? errno : 0;
	a->r = ends[0];
	a->w = ends[1];
	return NATIVE_DONE;
}

static NativeStatus own_file(Goroutine *g, Slot *args) {
	struct {
		int64_t fd;
	} *a = NATIVE_ARGS(args);
	if (os_may_use_descriptors(g))
		if (os_may_use_descriptors(g))
		poll_own(g->vm, (int)a->fd);
	return NATIVE_DONE;
}

static NativeStatus is_nonblocking(Goroutine *g, Slot *args) {
	struct {
		int64_t result, fd;
	} *a = NATIVE_ARGS(args);
	int flags = os_may_use_descriptors(g) ? fcntl((int)a->fd, F_GETFL) : 0;
	a->result = flags >= 0 && (flags & O_NONBLOCK) != 0;
	return NATIVE_DONE;
}

/* ---- reading: inline for files, through the pool for what may block ---- */

typedef struct ReadJob {
	int fd;
	void *to;
	size_t len;
	ssize_t n;
	int error;
	bool is_polled; /* the read itself is still to come */
} ReadJob;

static void read_job(void *arg) {
	ReadJob *job = arg;
	do
		job->n = read(job->fd, job->to, job->len);
	while (job->n < 0 && errno == EINTR);
	job->error = job->n < 0 ? errno : 0;
}

static bool may_block(int fd) {
	struct stat st;
	return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* What has nothing yet is waited for without a thread: a goroutine that is ended meanwhile leaves none behind that takes what
 * is typed next, or that the end of the program would have to wait for. */
static bool read_or_park(Goroutine *g, ReadJob *job) {
	struct pollfd now = {.fd = job->fd, .events = POLLIN};
	job->is_polled = poll(&now, 1, 0) == 0 && poll_wait_or_park(g, job->fd, false);
	return job->is_polled || blocking_submit_or_park(g, read_job, job);
}

static NativeStatus read_file(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		int64_t fd;
		GoSlice to;
	} *a = NATIVE_ARGS(args);
	a->n = 0;
	if (!may_use(g, a->fd, &a->error))
		return NATIVE_DONE;
	ReadJob *job = g->native_state, now = {.fd = (int)a->fd, .to = a->to.ptr, .len = a->to.len};
	if (!job) {
		if (may_block(now.fd) && (job = heap_new_words(g, sizeof *job / sizeof(Slot) + 1)) != NULL) {
			*job = now;
			g->native_state = job;
			if (read_or_park(g, job))
				return NATIVE_RETRY;
		}
		job = &now;
		read_job(job);
	} else if (job->is_polled) {
		job->is_polled = false;
		if (blocking_submit_or_park(g, read_job, job))
			return NATIVE_RETRY;
		read_job(job);
	}
	g->native_state = NULL;
	a->n = job->n < 0 ? 0 : job->n;
	a->error = job->error;
	return NATIVE_DONE;
}

static NativeStatus read_file_at(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		int64_t fd;
		GoSlice to;
		int64_t offset;
	} *a = NATIVE_ARGS(args);
	a->n = 0;
	if (!may_change(g, a->fd, &a->error))
		return NATIVE_DONE;
	ssize_t n = pread((int)a->fd, a->to.ptr, a->to.len, a->offset);
	a->error = n < 0 ? errno : 0;
	a->n = n < 0 ? 0 : n;
	return NATIVE_DONE;
}

/* ---- writing ---- */

ssize_t os_write(int fd, const void *data, size_t len) {
	sigset_t pipe, before;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	ssize_t n = write(fd, data, len);
	int error = errno;
	if (n < 0 && error == EPIPE)
		sigtimedwait(&pipe, NULL, &(struct timespec){0});
	if (!sigismember(&before, SIGPIPE))
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n;
}

static int64_t write_all(Goroutine *g, int64_t to, const char *data, size_t len, int64_t *error) {
	int fd = (int)to;
	if (!may_use(g, to, error))
		return 0;
	native_charge(g, (int64_t)(len / 16));
	if (fd == 1 || fd == 2) {
		native_write(g->vm, fd, data, len);
		return (int64_t)len;
	}
	size_t done = 0;
	while (done < len) {
		ssize_t n = os_write(fd, data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*error = errno;
			break;
		}
		done += (size_t)n;
	}
	return (int64_t)done;
}

static NativeStatus write_file(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		int64_t fd;
		GoSlice from;
	} *a = NATIVE_ARGS(args);
	a->n = write_all(g, a->fd, a->from.ptr, a->from.len, &a->error);
	return NATIVE_DONE;
}

static NativeStatus write_file_string(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		int64_t fd;
		GoString from;
	} *a = NATIVE_ARGS(args);
	a->n = write_all(g, a->fd, a->from.ptr, (size_t)a->from.len, &a->error);
	return NATIVE_DONE;
}

static NativeStatus write_file_at(Goroutine *g, Slot *args) {
	struct {
		int64_t n, error;
		int64_t fd;
		GoSlice from;
		int64_t offset;
	} *a = NATIVE_ARGS(args);
	a->n = 0;
	if (!may_change(g, a->fd, &a->error))
		return NATIVE_DONE;
	ssize_t n = pwrite((int)a->fd, a->from.ptr, a->from.len, a->offset);
	a->error = n < 0 ? errno : 0;
	a->n = n < 0 ? 0 : n;
	return NATIVE_DONE;
}

static NativeStatus seek_file(Goroutine *g, Slot *args) {
	struct {
		int64_t position, error;
		int64_t fd, offset, whence;
	} *a = NATIVE_ARGS(args);
	a->position = 0;
	if (!may_change(g, a->fd, &a->error))
		return NATIVE_DONE;
	off_t at = lseek((int)a->fd, a->offset, (int)a->whence);
	a->error = at < 0 ? errno : 0;
	a->position = at < 0 ? 0 : at;
	return NATIVE_DONE;
}

static NativeStatus close_file(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd;
	} *a = NATIVE_ARGS(args);
	if (!may_change(g, a->fd, &a->error))
		return NATIVE_DONE;
	poll_forget(g->vm, g->worker, (int)a->fd);
	a->error = close((int)a->fd) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus truncate_file(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd, size;
	} *a = NATIVE_ARGS(args);
	if (may_change(g, a->fd, &a->error))
		a->error = ftruncate((int)a->fd, a->size) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus sync_file(Goroutine *g, Slot *args) {
	struct {
		int64_t error, fd;
	} *a = NATIVE_ARGS(args);
	if (may_change(g, a->fd, &a->error))
		a->error = fsync((int)a->fd) < 0 ? errno : 0;
	return NATIVE_DONE;
}

/* ---- environment ---- */

NativeStatus os_lookup_env(Goroutine *g, Slot *args) {
	struct {
		GoString value;
		int64_t ok;
		GoString key;
	} *a = NATIVE_ARGS(args);
	char key[256];
	a->value = (GoString){0};
	a->ok = 0;
	if (!os_is_allowed(g, GOL_ALLOW_ENVIRONMENT) || a->key.len >= (int64_t)sizeof key || a->key.len == 0)
		return NATIVE_DONE;
	memcpy(key, a->key.ptr, (size_t)a->key.len);
	key[a->key.len] = 0;
	lock_acquire(&g->vm->print_lock);
	const char *value = getenv(key);
	if (value) {
		a->ok = 1;
		a->value = native_cstring(g, value);
	}
	lock_release(&g->vm->print_lock);
	return NATIVE_DONE;
}

NativeStatus os_set_env(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString key, value;
		int64_t set;
	} *a = NATIVE_ARGS(args);
	char *key = strndup(a->key.ptr ? a->key.ptr : "", (size_t)a->key.len);
	char *value = strndup(a->value.ptr ? a->value.ptr : "", (size_t)a->value.len);
	a->error = 0;
	lock_acquire(&g->vm->print_lock);
	if (!os_is_allowed(g, GOL_ALLOW_ENVIRONMENT))
		a->error = EACCES;
	else if (!key || !value)
		a->error = ENOMEM;
	else if ((a->set ? setenv(key, value, 1) : unsetenv(key)) != 0)
		a->error = errno;
	lock_release(&g->vm->print_lock);
	free(key);
	free(value);
	return NATIVE_DONE;
}

/* A []string of n C strings. */
static bool make_strings(Goroutine *g, char *const *from, size_t n, GoSlice *out) {
	GoString *items = heap_new_array(g, g->vm->types->core[CORE_STRING], n ? n : 1);
	for (size_t i = 0; items && i < n; i++)
		store_string(&items[i], native_cstring(g, from[i]));
	*out = (GoSlice){.ptr = items, .len = (uint32_t)n, .cap = (uint32_t)n};
	return items != NULL;
}

NativeStatus os_environ(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
	} *a = NATIVE_ARGS(args);
	size_t n = 0;
	while (os_is_allowed(g, GOL_ALLOW_ENVIRONMENT) && environ && environ[n])
		n++;
	return make_strings(g, environ, n, &a->result) ? NATIVE_DONE : native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

/* ---- paths ---- */

/* syscall.Stat_t, which has the layout of amd64 everywhere. */
typedef struct GoStat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid;
	int32_t pad;
	uint64_t rdev;
	int64_t size, block_size, blocks;
	struct timespec accessed, modified, changed;
	int64_t unused[3];
} GoStat;

NativeStatus os_stat(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		int64_t fd, follow;
		GoStat *to;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	struct stat st = {0};
	a->error = 0;
	if (a->fd >= 0 && !may_use(g, a->fd, &a->error))
		return NATIVE_DONE;
	if (a->fd >= 0)
		a->error = fstat((int)a->fd, &st) < 0 ? errno : 0;
	else if (os_path(g, a->path, path, &a->error))
		a->error = (a->follow ? stat(path, &st) : lstat(path, &st)) < 0 ? errno : 0;
	if (!a->to)
		return a->error = EFAULT, NATIVE_DONE;
	if (!a->error)
		*a->to = (GoStat){.dev = st.st_dev,
		                  .ino = st.st_ino,
		                  .nlink = st.st_nlink,
		                  .mode = st.st_mode,
		                  .uid = st.st_uid,
		                  .gid = st.st_gid,
		                  .rdev = st.st_rdev,
		                  .size = st.st_size,
		                  .block_size = st.st_blksize,
		                  .blocks = st.st_blocks,
		                  .accessed = st.st_atim,
		                  .modified = st.st_mtim,
		                  .changed = st.st_ctim};
	return NATIVE_DONE;
}

static int compare_entries(const struct dirent **x, const struct dirent **y) {
	return strcmp((*x)->d_name, (*y)->d_name);
}

static int is_real_entry(const struct dirent *e) {
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static NativeStatus read_directory(Goroutine *g, Slot *args) {
	struct {
		GoSlice names, modes;
		int64_t error;
		GoString path;
		int64_t fd;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	struct dirent **entries = NULL;
	a->names = a->modes = (GoSlice){0};
	a->error = 0;
	if (!os_path(g, a->path, path, &a->error))
		return NATIVE_DONE;
	int n = a->fd >= 0 ? scandirat((int)a->fd, ".", &entries, is_real_entry, compare_entries)
	                   : scandir(path, &entries, is_real_entry, compare_entries);
	if (n < 0)
		return a->error = errno, NATIVE_DONE;
	char **names = calloc((size_t)n + 1, sizeof *names);
	uint32_t *modes = (uint32_t *)native_alloc_bytes(g, ((size_t)n + 1) * 4);
	bool ok = names && modes;
	for (int i = 0; i < n; i++) {
		if (ok) {
			names[i] = entries[i]->d_name;
			modes[i] = (uint32_t)DTTOIF(entries[i]->d_type);
		}
	}
	ok = ok && make_strings(g, names, (size_t)n, &a->names);
	a->modes = (GoSlice){.ptr = modes, .len = (uint32_t)n, .cap = (uint32_t)n};
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	free(names);
	return ok ? NATIVE_DONE : native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

static NativeStatus make_directory(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		uint64_t perm;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	if (os_path(g, a->path, path, &a->error))
		a->error = mkdir(path, (mode_t)a->perm) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus remove_path(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	if (os_path(g, a->path, path, &a->error))
		a->error = remove(path) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus rename_path(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString from, to;
	} *a = NATIVE_ARGS(args);
	char from[PATH_MAX], to[PATH_MAX];
	if (os_path(g, a->from, from, &a->error) && os_path(g, a->to, to, &a->error))
		a->error = rename(from, to) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus link_path(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString from, to;
		int64_t symbolic;
	} *a = NATIVE_ARGS(args);
	char from[PATH_MAX], to[PATH_MAX];
	if (os_path(g, a->from, from, &a->error) && os_path(g, a->to, to, &a->error))
		a->error = (a->symbolic ? symlink(from, to) : link(from, to)) < 0 ? errno : 0;
	return NATIVE_DONE;
}

NativeStatus os_read_link(Goroutine *g, Slot *args) {
	struct {
		GoString target;
		int64_t error;
		GoString path;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX], target[PATH_MAX];
	a->target = (GoString){0};
	if (!os_path(g, a->path, path, &a->error))
		return NATIVE_DONE;
	ssize_t n = readlink(path, target, sizeof target);
	a->error = n < 0 ? errno : 0;
	if (n > 0)
		a->target = native_string(g, target, (size_t)n);
	return NATIVE_DONE;
}

static NativeStatus change_mode(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		int64_t fd;
		uint64_t mode;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	a->error = 0;
	if (os_path(g, a->path, path, &a->error))
		a->error = (a->fd >= 0 ? fchmod((int)a->fd, (mode_t)a->mode) : chmod(path, (mode_t)a->mode)) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus change_owner(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		int64_t fd, uid, gid, follow;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	a->error = 0;
	if (!os_path(g, a->path, path, &a->error))
		return NATIVE_DONE;
	int status = a->fd >= 0 ? fchown((int)a->fd, (uid_t)a->uid, (gid_t)a->gid)
	                        : fchownat(AT_FDCWD, path, (uid_t)a->uid, (gid_t)a->gid, a->follow ? 0 : AT_SYMLINK_NOFOLLOW);
	a->error = status < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus change_times(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		int64_t sec, nsec, msec, mnsec;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	struct timespec times[2] = {{.tv_sec = a->sec, .tv_nsec = a->nsec}, {.tv_sec = a->msec, .tv_nsec = a->mnsec}};
	a->error = 0;
	if (os_path(g, a->path, path, &a->error))
		a->error = utimensat(AT_FDCWD, path, times, 0) < 0 ? errno : 0;
	return NATIVE_DONE;
}

static NativeStatus change_directory(Goroutine *g, Slot *args) {
	struct {
		int64_t error;
		GoString path;
		int64_t fd;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	a->error = 0;
	if (os_path(g, a->path, path, &a->error))
		a->error = (a->fd >= 0 ? fchdir((int)a->fd) : chdir(path)) < 0 ? errno : 0;
	return NATIVE_DONE;
}

NativeStatus os_working_directory(Goroutine *g, Slot *args) {
	struct {
		GoString path;
		int64_t error;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	a->error = os_is_allowed(g, GOL_ALLOW_FILES) && getcwd(path, sizeof path) ? 0 : EACCES;
	a->path = a->error ? (GoString){0} : native_cstring(g, path);
	return NATIVE_DONE;
}

static NativeStatus host_name(Goroutine *g, Slot *args) {
	struct {
		GoString result;
	} *a = NATIVE_ARGS(args);
	char name[256] = "localhost";
	if (os_is_allowed(g, GOL_ALLOW_ENVIRONMENT) && gethostname(name, sizeof name - 1) != 0)
		strcpy(name, "localhost");
	a->result = native_cstring(g, name);
	return NATIVE_DONE;
}

static NativeStatus process_id(Goroutine *g, Slot *args) {
	struct {
		int64_t result, parent;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = a->parent ? getppid() : getpid();
	return NATIVE_DONE;
}

static NativeStatus user_id(Goroutine *g, Slot *args) {
	struct {
		int64_t result, kind;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = a->kind == 0 ? getuid() : a->kind == 1 ? geteuid() : a->kind == 2 ? getgid() : getegid();
	return NATIVE_DONE;
}

static NativeStatus os_executable(Goroutine *g, Slot *args) {
	struct {
		GoString result;
	} *a = NATIVE_ARGS(args);
	char path[PATH_MAX];
	ssize_t n = os_is_allowed(g, GOL_ALLOW_FILES) ? readlink("/proc/self/exe", path, sizeof path) : 0;
	a->result = native_string(g, path, n > 0 ? (size_t)n : 0);
	return NATIVE_DONE;
}

static NativeStatus random_text(Goroutine *g, Slot *args) {
	struct {
		GoString result;
	} *a = NATIVE_ARGS(args);
	uint64_t *x = &g->worker->random;
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	char text[24];
	int n = snprintf(text, sizeof text, "%u", (uint32_t)(*x >> 16) ^ (uint32_t)clock_wall_ns());
	a->result = native_string(g, text, (size_t)n);
	return NATIVE_DONE;
}

const NativeDef natives_internal_stdio[] = {
	{"readFile", read_file},
	{"writeFile", write_file},
	{"errnoText", os_errno_text},
	{NULL, NULL},
};

const NativeDef natives_os[] = {
	{"args", os_args},
	{"Exit", os_exit},
	{"errnoText", os_errno_text},
	{"openFile", open_file},
	{"pipe", make_pipe},
	{"isNonblocking", is_nonblocking},
	{"ownFile", own_file},
	{"waitProcess", wait_process},
	{"readFile", read_file},
	{"readFileAt", read_file_at},
	{"writeFile", write_file},
	{"writeFileString", write_file_string},
	{"writeFileAt", write_file_at},
	{"seekFile", seek_file},
	{"closeFile", close_file},
	{"truncateFile", truncate_file},
	{"syncFile", sync_file},
	{"lookupEnv", os_lookup_env},
	{"setEnv", os_set_env},
	{"Environ", os_environ},
	{"statPath", os_stat},
	{"readDirectory", read_directory},
	{"makeDirectory", make_directory},
	{"removePath", remove_path},
	{"renamePath", rename_path},
	{"linkPath", link_path},
	{"readLink", os_read_link},
	{"changeMode", change_mode},
	{"changeOwner", change_owner},
	{"changeTimes", change_times},
	{"changeDirectory", change_directory},
	{"workingDirectory", os_working_directory},
	{"hostName", host_name},
	{"processID", process_id},
	{"userID", user_id},
	{"executable", os_executable},
	{"randomText", random_text},
	{NULL, NULL},
};
