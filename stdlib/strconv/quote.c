/* SPDX-License-Identifier: MIT */
/* quote.c: Go's quoted strings and runes.
 *
 * Rules: appends to the Buf it is given; no state. */
#include "stdlib/strconv/quote.h"

#include "base/utf8.h"

static const char hex_digits[] = "0123456789abcdef";

static void put_hex(Buf *out, const char *prefix, uint32_t n, int digits) {
	buf_puts(out, prefix);
	for (int i = digits - 1; i >= 0; i--)
		buf_putc(out, hex_digits[n >> (4 * i) & 15]);
}

static bool stays(int32_t r, QuoteMode mode) {
	if (r < 0x80)
		return r >= 0x20 && r < 0x7f;
	return mode == QUOTE_ASCII ? false : mode == QUOTE_GRAPHIC ? rune_is_graphic(r) : rune_is_print(r);
}

static void put_escaped(Buf *out, int32_t r, char quote, QuoteMode mode) {
	static const char letters[] = "abtnvfr"; /* 7 to 13 */
	if (r == quote || r == '\\') {
		buf_putc(out, '\\');
		buf_putc(out, (char)r);
	} else if (stays(r, mode)) {
		buf_put_rune(out, r);
	} else if (r >= 7 && r <= 13) {
		buf_putc(out, '\\');
		buf_putc(out, letters[r - 7]);
	} else if (r < ' ' || r == 0x7f) {
		put_hex(out, "\\x", (uint32_t)r, 2);
	} else if (r < 0x10000) {
		put_hex(out, "\\u", (uint32_t)r, 4);
	} else {
		put_hex(out, "\\U", (uint32_t)r, 8);
	}
}

void quote_string(Goroutine *g, Buf *out, const char *s, size_t len, QuoteMode mode) {
	buf_reserve(out, len + 2);
	buf_putc(out, '"');
	Pace pace = {.g = g};
	for (size_t i = 0; i < len && !pace_stops(&pace, i);) {
		size_t start = i;
		while (i < len && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x7f && s[i] != '"' &&
		       s[i] != '\\')
			i++;
		buf_put(out, s + start, i - start);
		if (i == len)
			break;
		int32_t r;
		int n = utf8_decode(s + i, len - i, &r);
		if (n == 1 && r == RUNE_ERROR)
			put_hex(out, "\\x", (unsigned char)s[i], 2);
		else
			put_escaped(out, r, '"', mode);
		i += (size_t)n;
	}
	buf_putc(out, '"');
}

void quote_rune(Buf *out, int32_t rune, QuoteMode mode) {
	buf_putc(out, '\'');
	put_escaped(out, utf8_len(rune) < 0 ? RUNE_ERROR : rune, '\'', mode);
	buf_putc(out, '\'');
}

bool quote_can_backquote(const char *s, size_t len) {
	for (size_t i = 0; i < len;) {
		int32_t r;
		int n = utf8_decode(s + i, len - i, &r);
		if (n > 1 ? r == 0xfeff : r == RUNE_ERROR || (r < ' ' && r != '\t') || r == '`' || r == 0x7f)
			return false;
		i += (size_t)n;
	}
	return true;
}

static int hex_value(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t read_hex(const char *s, size_t len, size_t digits, int32_t *rune, bool *multibyte) {
	if (len < 2 + digits)
		return 0;
	uint32_t n = 0;
	for (size_t i = 0; i < digits; i++) {
		int v = hex_value(s[2 + i]);
		if (v < 0)
			return 0;
		n = n << 4 | (uint32_t)v;
	}
	*multibyte = digits > 2;
	*rune = (int32_t)n;
	if (digits > 2 && (n > 0x10ffff || utf8_len((int32_t)n) < 0))
		return 0;
	return 2 + digits;
}

static size_t read_octal(const char *s, size_t len, int32_t *rune) {
	if (len < 4)
		return 0;
	int32_t n = 0;
	for (int i = 1; i < 4; i++) {
		if (s[i] < '0' || s[i] > '7')
			return 0;
		n = n << 3 | (s[i] - '0');
	}
	*rune = n;
	return n > 255 ? 0 : 4;
}

size_t quote_read_char(const char *s, size_t len, char quote, int32_t *rune, bool *multibyte) {
	*multibyte = false;
	if (len == 0 || (s[0] == quote && (quote == '\'' || quote == '"')))
		return 0;
	if (s[0] != '\\') {
		int n = utf8_decode(s, len, rune);
		*multibyte = (unsigned char)s[0] >= 0x80;
		return (size_t)n;
	}
	if (len < 2)
		return 0;
	static const char letters[] = "abtnvfr";
	const char *at = s[1] ? strchr(letters, s[1]) : NULL;
	if (at) {
		*rune = (int32_t)(7 + (at - letters));
		return 2;
	}
	switch (s[1]) {
	case 'x':
		return read_hex(s, len, 2, rune, multibyte);
	case 'u':
		return read_hex(s, len, 4, rune, multibyte);
	case 'U':
		return read_hex(s, len, 8, rune, multibyte);
	case '\\':
		*rune = '\\';
		return 2;
	case '\'':
	case '"':
		*rune = s[1];
		return s[1] == quote ? 2 : 0;
	default:
		return s[1] >= '0' && s[1] <= '7' ? read_octal(s, len, rune) : 0;
	}
}
