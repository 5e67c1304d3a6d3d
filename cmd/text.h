/* SPDX-License-Identifier: MIT */
/* text.h: a growing text. Zero-filled is empty. The command ends when memory does. */
#ifndef GOL_CMD_TEXT_H
#define GOL_CMD_TEXT_H

#include <stddef.h>

typedef struct Text {
	char *ptr; /* NULL, or 0-terminated */
	size_t len, cap;
} Text;

/* realloc that does not fail: the process ends with a message. */
void *text_realloc(void *old, size_t size);
char *text_copy(const char *s, size_t len);
void text_put(Text *t, const char *s, size_t len);
void text_printf(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "" when nothing was put. */
const char *text_string(const Text *t);
void text_free(Text *t);

#endif
