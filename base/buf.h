/* SPDX-License-Identifier: MIT */
/* buf.h: growable bytes and formatting into them. */
#ifndef GOL_BASE_BUF_H
#define GOL_BASE_BUF_H

#include <stdarg.h>

#include "base/mem.h"

typedef struct Buf {
	Mem *mem;
	char *ptr; /* always 0-terminated after buf_cstr */
	size_t len, cap;
	bool failed; /* an allocation failed; it is empty and stays so until buf_deinit */
} Buf;

void buf_init(Buf *buf, Mem *mem);
void buf_deinit(Buf *buf);
void buf_reserve(Buf *buf, size_t extra);
void buf_putc(Buf *buf, char c);
void buf_put(Buf *buf, const char *s, size_t len);
void buf_puts(Buf *buf, const char *s);
void buf_put_rune(Buf *buf, int32_t rune); /* UTF-8; invalid runes become U+FFFD */
void buf_printf(Buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(Buf *buf, const char *format, va_list args);
const char *buf_cstr(Buf *buf); /* "" when failed */

#endif
