/* SPDX-License-Identifier: MIT */
/* line_history.c: what was entered before, in memory and in a file.
 *
 * Owns: History.
 * Rules: one line of the file is one entry, its newlines written as \n and backslashes as \\. An entry is appended by one
 * write under a lock, so two editors may share the file; neither sees the other's before it starts anew. Whatever goes
 * wrong with the file, the history in memory works.
 * Why the lock is looked at again: a shorter file takes the old one's place, and a lock on a file that has no name any more
 * protects nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/line_parts.h"

enum { HISTORY_ENTRIES = 5000, HISTORY_BYTES = 64 << 20 };

/* ---------------------------------------------------------------- in memory */

static uint32_t hash_text(const char *s) {
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

static void remember(History *h, char *text) {
	HistoryEntry entry = {.text = text, .hash = hash_text(text)};
	for (size_t i = h->count; i-- > 0;)
		if (h->entries[i].hash == entry.hash && strcmp(h->entries[i].text, text) == 0) {
			free(h->entries[i].text);
			memmove(h->entries + i, h->entries + i + 1, (--h->count - i) * sizeof *h->entries);
			break;
		}
	if (h->count == HISTORY_ENTRIES) {
		free(h->entries[0].text);
		memmove(h->entries, h->entries + 1, --h->count * sizeof *h->entries);
	}
	if (h->count == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->entries = text_realloc(h->entries, h->cap * sizeof *h->entries);
	}
	h->entries[h->count++] = entry;
}

void history_free(History *h) {
	for (size_t i = 0; i < h->count; i++)
		free(h->entries[i].text);
	free(h->entries);
	free(h->path);
	*h = (History){0};
}

/* ---------------------------------------------------------------- one entry, one line */

static void put_escaped(Text *out, const char *s) {
	for (; *s; s++) {
		if (*s == '\n')
			text_put(out, "\\n", 2);
		else if (*s == '\\')
			text_put(out, "\\\\", 2);
		else
			text_put(out, s, 1);
	}
	text_put(out, "\n", 1);
}

static char *unescape(const char *s, size_t len) {
	Text raw = {0}, clean = {0};
	for (size_t i = 0; i < len; i++) {
		bool is_escape = s[i] == '\\' && i + 1 < len;
		i += is_escape;
		text_put(&raw, is_escape && s[i] == 'n' ? "\n" : s + i, 1);
	}
	line_put_clean(&clean, text_string(&raw), raw.len);
	text_free(&raw);
	return clean.ptr ? clean.ptr : text_copy("", 0);
}

/* ---------------------------------------------------------------- the file */

/* Opened and locked, and still the file of that name. -1: no file. */
static int open_locked(const char *path) {
	for (int round = 0; round < 10; round++) {
		struct stat mine, named;
		int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		int locked;
		while ((locked = flock(fd, LOCK_EX)) != 0 && errno == EINTR)
			continue;
		if (locked == 0 && fstat(fd, &mine) == 0 && S_ISREG(mine.st_mode) && stat(path, &named) == 0 &&
		    mine.st_ino == named.st_ino && mine.st_dev == named.st_dev)
			return fd;
		close(fd);
	}
	return -1;
}

static bool write_all(int fd, const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static void make_folders(const char *path) {
	char *copy = text_copy(path, strlen(path));
	for (char *p = copy + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = 0;
		mkdir(copy, 0700);
		*p = '/';
	}
	free(copy);
}

/* How many lines the file has. */
static size_t read_entries(History *h, int fd) {
	struct stat st;
	if (fstat(fd, &st) != 0 || st.st_size > HISTORY_BYTES)
		return 0;
	char *data = text_realloc(NULL, (size_t)st.st_size + 1);
	ssize_t n = pread(fd, data, (size_t)st.st_size, 0);
	size_t lines = 0;
	for (char *line = data, *end; n > 0 && (end = memchr(line, '\n', (size_t)(data + n - line))); line = end + 1) {
		lines++;
		if (end > line)
			remember(h, unescape(line, (size_t)(end - line)));
	}
	free(data);
	return lines;
}

/* Under the lock: the entries that still count take the place of the file. */
static void rewrite(const History *h) {
	Text data = {0}, path = {0};
	for (size_t i = 0; i < h->count; i++)
		put_escaped(&data, h->entries[i].text);
	text_printf(&path, "%s.%ld", h->path, (long)getpid());
	int fd = open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_all(fd, text_string(&data), data.len) && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && (!ok || rename(path.ptr, h->path) != 0))
		unlink(path.ptr);
	text_free(&path);
	text_free(&data);
}

void history_open(History *h, const char *path) {
	*h = (History){.path = path ? text_copy(path, strlen(path)) : NULL};
	if (!path)
		return;
	make_folders(path);
	int fd = open_locked(path);
	if (fd < 0)
		return;
	size_t lines = read_entries(h, fd);
	if (lines > 2 * h->count + 100)
		rewrite(h);
	close(fd);
}

void history_add(History *h, const char *text, size_t len) {
	if (len == 0 || memchr(text, 0, len))
		return;
	char *entry = text_copy(text, len);
	bool is_last = h->count > 0 && strcmp(h->entries[h->count - 1].text, entry) == 0;
	int fd = h->path && !is_last ? open_locked(h->path) : -1;
	if (fd >= 0) {
		Text line = {0};
		put_escaped(&line, entry);
		write_all(fd, line.ptr, line.len);
		text_free(&line);
		close(fd);
	}
	remember(h, entry);
}
