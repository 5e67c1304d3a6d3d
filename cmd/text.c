/* SPDX-License-Identifier: MIT */
/* text.c: a growing text.
 *
 * Why no errors: a command that cannot get some kilobytes has nothing better to do than to say so and end. */
#include "cmd/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *text_realloc(void *old, size_t size) {
	void *p = realloc(old, size ? size : 1);
	if (!p) {
		fputs("gol: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

char *text_copy(const char *s, size_t len) {
	char *copy = text_realloc(NULL, len + 1);
	memcpy(copy, s, len);
	copy[len] = 0;
	return copy;
}

static void reserve(Text *t, size_t more) {
	if (t->len + more + 1 <= t->cap)
		return;
	t->cap = (t->len + more + 1) * 2;
	t->ptr = text_realloc(t->ptr, t->cap);
}

void text_put(Text *t, const char *s, size_t len) {
	reserve(t, len);
	if (len)
		memcpy(t->ptr + t->len, s, len);
	t->len += len;
	t->ptr[t->len] = 0;
}

void text_printf(Text *t, const char *format, ...) {
	va_list args, again;
	reserve(t, 120); /* mostly enough */
	va_start(args, format);
	va_copy(again, args);
	size_t room = t->cap - t->len;
	int n = vsnprintf(t->ptr + t->len, room, format, args);
	if (n > 0 && (size_t)n >= room) {
		reserve(t, (size_t)n);
		n = vsnprintf(t->ptr + t->len, (size_t)n + 1, format, again);
	}
	t->len += n > 0 ? (size_t)n : 0;
	va_end(again);
	va_end(args);
}

const char *text_string(const Text *t) { return t->ptr ? t->ptr : ""; }

void text_free(Text *t) {
	free(t->ptr);
	*t = (Text){0};
}
