/* SPDX-License-Identifier: MIT */
/* line_width.c: UTF-8, grapheme clusters, and columns.
 *
 * Rules: widths are those of single code points added up, which is what terminals do. What could move the terminal's cursor
 * or turn its direction is shown as something visible. */
#include <string.h>
#include <utf8proc.h>

#include "cmd/line_parts.h"

int32_t line_decode(const char *text, size_t len, size_t at, size_t *size) {
	utf8proc_int32_t c;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &c);
	*size = n > 0 ? (size_t)n : 1;
	return n > 0 ? c : 0xfffd;
}

size_t line_next(const char *text, size_t len, size_t at) {
	size_t size;
	utf8proc_int32_t state = 0;
	if (at >= len)
		return len;
	int32_t before = line_decode(text, len, at, &size);
	for (at += size; at < len; at += size) {
		int32_t c = line_decode(text, len, at, &size);
		if (utf8proc_grapheme_break_stateful(before, c, &state))
			break;
		before = c;
	}
	return at;
}

size_t line_previous(const char *text, size_t at) {
	size_t line = at;
	if (at == 0)
		return 0;
	if (text[at - 1] == '\n')
		return at - 1;
	while (line > 0 && text[line - 1] != '\n')
		line--;
	for (size_t next; (next = line_next(text, at, line)) < at;) /* clusters are only known from their start */
		line = next;
	return line;
}

bool line_is_hidden(int32_t c) {
	return (c >= 0x80 && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

int line_width(int32_t c) {
	if (c < 0x20 || c == 0x7f)
		return 2;
	if (line_is_hidden(c))
		return 1;
	int width = utf8proc_charwidth(c);
	return width < 0 ? 0 : width;
}

int line_text_width(const char *text, size_t len) {
	int width = 0;
	for (size_t at = 0, size; at < len; at += size)
		width += line_width(line_decode(text, len, at, &size));
	return width;
}

bool line_is_word(int32_t c) {
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC:
		return true;
	default:
		return c == '_';
	}
}

void line_put_clean(Text *out, const char *text, size_t len) {
	for (size_t at = 0, size; at < len; at += size) {
		int32_t c = line_decode(text, len, at, &size);
		if (c == '\r') {
			text_put(out, "\n", 1);
			size += at + 1 < len && text[at + 1] == '\n';
		} else if (c == 0xfffd || c == 0) {
			text_put(out, "\xef\xbf\xbd", 3);
		} else {
			text_put(out, text + at, size);
		}
	}
}
