/* SPDX-License-Identifier: MIT */
/* buf.c: growable bytes and formatting into them.
 *
 * Owns: the bytes of a Buf until buf_deinit.
 * Rules: an allocation that fails sets `failed` and empties the Buf, which then stays empty, so that buf_cstr and len always
 *   agree; no function reports it otherwise. */
#include "base/buf.h"

#include <stdio.h>

#include "base/utf8.h"

void buf_init(Buf *buf, Mem *mem) {
	*buf = (Buf){.mem = mem};
}

void buf_deinit(Buf *buf) {
	mem_free(buf->mem, buf->ptr, buf->cap);
	*buf = (Buf){.mem = buf->mem};
}

static void buf_fail(Buf *buf) {
	buf->failed = true;
	buf->len = 0;
}

/* Makes room for `extra` bytes and a terminating 0. */
void buf_reserve(Buf *buf, size_t extra) {
	if (LIKELY(buf->cap - buf->len > extra))
		return;
	if (UNLIKELY(extra > SIZE_MAX / 2 - buf->len - 1)) {
		buf_fail(buf);
		return;
	}
	size_t need = buf->len + extra + 1;
	size_t cap = buf->cap < 32 ? 64 : buf->cap * 2;
	if (cap < need)
		cap = need;
	char *p = mem_realloc(buf->mem, buf->ptr, buf->cap, cap);
	if (UNLIKELY(p == NULL)) {
		buf_fail(buf);
		return;
	}
	buf->ptr = p;
	buf->cap = cap;
}

/* True when `extra` bytes and a 0 fit, after growing if need be. */
static inline bool buf_room(Buf *buf, size_t extra) {
	buf_reserve(buf, extra);
	return LIKELY(buf->cap - buf->len > extra && !buf->failed);
}

void buf_putc(Buf *buf, char c) {
	if (buf_room(buf, 1))
		buf->ptr[buf->len++] = c;
}

void buf_put(Buf *buf, const char *s, size_t len) {
	if (len == 0 || !buf_room(buf, len))
		return;
	memcpy(buf->ptr + buf->len, s, len);
	buf->len += len;
}

void buf_puts(Buf *buf, const char *s) {
	buf_put(buf, s, strlen(s));
}

void buf_put_rune(Buf *buf, int32_t rune) {
	char bytes[4];
	int n = utf8_encode(rune, bytes);
	buf_put(buf, bytes, (size_t)n);
}

void buf_printf(Buf *buf, const char *format, ...) {
	va_list args;
	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

void buf_vprintf(Buf *buf, const char *format, va_list args) {
	if (!buf_room(buf, 32))
		return;
	va_list again;
	va_copy(again, args);
	size_t space = buf->cap - buf->len;
	int n = vsnprintf(buf->ptr + buf->len, space, format, args);
	if (n >= 0 && (size_t)n >= space && buf_room(buf, (size_t)n))
		n = vsnprintf(buf->ptr + buf->len, buf->cap - buf->len, format, again);
	va_end(again);
	if (n < 0)
		buf_fail(buf);
	else if ((size_t)n < buf->cap - buf->len && !buf->failed)
		buf->len += (size_t)n;
}

const char *buf_cstr(Buf *buf) {
	if (buf->failed || !buf_room(buf, 0))
		return "";
	buf->ptr[buf->len] = 0;
	return buf->ptr;
}
