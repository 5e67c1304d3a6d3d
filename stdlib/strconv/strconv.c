/* SPDX-License-Identifier: MIT */
/* strconv.c: the natives of package strconv, over base/number, parse.c and quote.c. */
#include "base/number.h"
#include "base/utf8.h"
#include "stdlib/strconv/parse.h"
#include "stdlib/strconv/quote.h"
#include "vm/native.h"

/* ---------------------------------------------------------------- parsing */

static NativeStatus strconv_parseInt(Goroutine *g, Slot *args) {
	struct {
		int64_t n, status;
		GoString s;
		int64_t base, bits;
	} *a = NATIVE_ARGS(args);
	native_charge(g, a->s.len / 16);
	a->status = parse_int(a->s.ptr, (size_t)a->s.len, a->base, a->bits, &a->n);
	return NATIVE_DONE;
}

static NativeStatus strconv_parseUint(Goroutine *g, Slot *args) {
	struct {
		uint64_t n;
		int64_t status;
		GoString s;
		int64_t base, bits;
	} *a = NATIVE_ARGS(args);
	native_charge(g, a->s.len / 16);
	a->status = parse_uint(a->s.ptr, (size_t)a->s.len, a->base, a->bits, &a->n);
	return NATIVE_DONE;
}

static NativeStatus strconv_parseFloat(Goroutine *g, Slot *args) {
	struct {
		double f;
		int64_t status;
		GoString s;
		int64_t bits;
	} *a = NATIVE_ARGS(args);
	native_charge(g, a->s.len / 16);
	a->status = number_parse(a->s.ptr, (size_t)a->s.len, a->bits == 32 ? 32 : 64, true, &a->f);
	if (a->status == PARSE_SYNTAX)
		a->f = 0;
	return NATIVE_DONE;
}

/* The longest run of characters that numbers are made of; a sign only at the start or behind an exponent letter. */
static NativeStatus strconv_floatEnd(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoString s;
	} *a = NATIVE_ARGS(args);
	(void)g;
	const char *s = a->s.ptr;
	int64_t len = a->s.len, i = len > 0 && (s[0] == '+' || s[0] == '-');
	static const char *const words[] = {"infinity", "inf", "nan"};
	for (size_t w = 0; w < COUNT_OF(words); w++) {
		int64_t n = (int64_t)strlen(words[w]);
		if (len - i >= n && strncasecmp(s + i, words[w], (size_t)n) == 0) {
			a->n = i + n;
			return NATIVE_DONE;
		}
	}
	bool hex = len - i > 2 && s[i] == '0' && (s[i + 1] | 0x20) == 'x';
	i += hex ? 2 : 0;
	for (char exponent = hex ? 'p' : 'e'; i < len; i++) {
		char c = (char)(s[i] | 0x20);
		if (c == exponent) {
			if (i + 1 < len && (s[i + 1] == '+' || s[i + 1] == '-'))
				i++;
			exponent = 'e';
			hex = false;
		} else if (!(s[i] == '.' || s[i] == '_' || (s[i] >= '0' && s[i] <= '9') ||
			     (hex && c >= 'a' && c <= 'f'))) {
			break;
		}
	}
	a->n = i;
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- formatting */

static NativeStatus strconv_Itoa(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		int64_t i;
	} *a = NATIVE_ARGS(args);
	char buf[72];
	a->result = native_string(g, buf, number_format_int(buf, a->i, 10));
	return NATIVE_DONE;
}

static NativeStatus strconv_formatInt(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		int64_t i, base;
	} *a = NATIVE_ARGS(args);
	char buf[72];
	if (a->base < 2 || a->base > 36)
		return native_misused(g, "strconv.formatInt");
	a->result = native_string(g, buf, number_format_int(buf, a->i, (int)a->base));
	return NATIVE_DONE;
}

static NativeStatus strconv_formatUint(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		uint64_t i;
		int64_t base;
	} *a = NATIVE_ARGS(args);
	char buf[72];
	if (a->base < 2 || a->base > 36)
		return native_misused(g, "strconv.formatUint");
	a->result = native_string(g, buf, number_format_uint(buf, a->i, (int)a->base, false));
	return NATIVE_DONE;
}

static NativeStatus strconv_formatFloat(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		double f;
		uint64_t format;
		int64_t precision, bits;
	} *a = NATIVE_ARGS(args);
	char buf[NUMBER_BUF];
	if (a->bits != 32 && a->bits != 64)
		return native_misused(g, "strconv.formatFloat");
	int precision = a->precision < 0 ? -1 : a->precision > INT32_MAX ? INT32_MAX : (int)a->precision;
	size_t len = number_format(buf, sizeof buf, a->f, (char)a->format, precision, (int)a->bits);
	native_charge(g, (int64_t)len / 16);
	if (len <= sizeof buf) {
		a->result = native_string(g, buf, len);
		return NATIVE_DONE;
	}
	char *text = native_alloc_bytes(g, len);
	if (!text)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	number_format(text, len, a->f, (char)a->format, precision, (int)a->bits);
	a->result = (GoString){text, (int64_t)len};
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- quoting */

static NativeStatus finish_text(Goroutine *g, Buf *text, GoString *result) {
	bool failed = text->failed;
	*result = native_string(g, text->ptr, text->len);
	native_charge(g, (int64_t)text->len / 8);
	buf_deinit(text);
	return failed ? native_panic_code(g, FATAL_OUT_OF_MEMORY) : NATIVE_DONE;
}

static NativeStatus strconv_quote(Goroutine *g, Slot *args) {
	struct {
		GoString result, s;
		int64_t mode;
	} *a = NATIVE_ARGS(args);
	Buf text;
	buf_init(&text, &g->vm->mem);
	quote_string(g, &text, a->s.ptr, (size_t)a->s.len, (QuoteMode)a->mode);
	return finish_text(g, &text, &a->result);
}

static NativeStatus strconv_quoteRune(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		int64_t r, mode;
	} *a = NATIVE_ARGS(args);
	Buf text;
	buf_init(&text, &g->vm->mem);
	quote_rune(&text, (int32_t)a->r, (QuoteMode)a->mode);
	return finish_text(g, &text, &a->result);
}

static NativeStatus strconv_CanBackquote(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoString s;
	} *a = NATIVE_ARGS(args);
	native_charge(g, a->s.len / 16);
	a->result = quote_can_backquote(a->s.ptr, (size_t)a->s.len);
	return NATIVE_DONE;
}

static NativeStatus strconv_IsPrint(Goroutine *g, Slot *args) {
	struct {
		int64_t result, r;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = rune_is_print((int32_t)a->r);
	return NATIVE_DONE;
}

static NativeStatus strconv_IsGraphic(Goroutine *g, Slot *args) {
	struct {
		int64_t result, r;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = rune_is_graphic((int32_t)a->r);
	return NATIVE_DONE;
}

static NativeStatus strconv_unquoteChar(Goroutine *g, Slot *args) {
	struct {
		int64_t value, multibyte, n;
		GoString s;
		uint64_t quote;
	} *a = NATIVE_ARGS(args);
	(void)g;
	int32_t rune = 0;
	bool multibyte = false;
	a->n = (int64_t)quote_read_char(a->s.ptr, (size_t)a->s.len, (char)a->quote, &rune, &multibyte);
	a->value = rune;
	a->multibyte = multibyte;
	return NATIVE_DONE;
}

/* A raw literal; returns its length, 0 if it does not end. Carriage returns vanish. */
static size_t unquote_raw(Buf *text, const char *s, size_t len) {
	const char *end = memchr(s + 1, '`', len - 1);
	if (!end)
		return 0;
	for (const char *p = s + 1; p < end; p++)
		if (*p != '\r')
			buf_putc(text, *p);
	return (size_t)(end - s) + 1;
}

static size_t unquote_literal(Goroutine *g, Buf *text, const char *s, size_t len) {
	if (len < 2)
		return 0;
	char quote = s[0];
	if (quote == '`')
		return unquote_raw(text, s, len);
	if (quote != '"' && quote != '\'')
		return 0;
	Pace pace = {.g = g};
	for (size_t i = 1, count = 0; i < len && !pace_stops(&pace, i); count++) {
		if (s[i] == quote)
			return i + 1; /* Go takes the empty '' too */
		int32_t rune;
		bool multibyte;
		size_t n = s[i] == '\n' ? 0 : quote_read_char(s + i, len - i, quote, &rune, &multibyte);
		if (n == 0 || (quote == '\'' && count == 1))
			return 0;
		if (multibyte)
			buf_put_rune(text, rune);
		else
			buf_putc(text, (char)rune);
		i += n;
	}
	return 0;
}

static NativeStatus strconv_unquote(Goroutine *g, Slot *args) {
	struct {
		GoString value;
		int64_t n;
		GoString s;
	} *a = NATIVE_ARGS(args);
	Buf text;
	buf_init(&text, &g->vm->mem);
	a->n = (int64_t)unquote_literal(g, &text, a->s.ptr, (size_t)a->s.len);
	return finish_text(g, &text, &a->value);
}

const NativeDef natives_strconv[] = {
	{"parseInt", strconv_parseInt},
	{"parseUint", strconv_parseUint},
	{"parseFloat", strconv_parseFloat},
	{"floatEnd", strconv_floatEnd},
	{"Itoa", strconv_Itoa},
	{"formatInt", strconv_formatInt},
	{"formatUint", strconv_formatUint},
	{"formatFloat", strconv_formatFloat},
	{"quote", strconv_quote},
	{"quoteRune", strconv_quoteRune},
	{"CanBackquote", strconv_CanBackquote},
	{"IsPrint", strconv_IsPrint},
	{"IsGraphic", strconv_IsGraphic},
	{"unquoteChar", strconv_unquoteChar},
	{"unquote", strconv_unquote},
	{NULL, NULL},
};
