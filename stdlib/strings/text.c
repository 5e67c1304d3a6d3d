/* SPDX-License-Identifier: MIT */
/* text.c: searching, cutting and case of UTF-8 text.
 *
 * Rules: invalid bytes count as U+FFFD of width 1, as everywhere in Go.
 * Why: memchr and memmem of the C library are vectorized; nothing written here would beat them. */
#define _GNU_SOURCE
#include "stdlib/strings/text.h"

#include "base/utf8.h"
#include "stdlib/unicode/unicode.h"

/* ---------------------------------------------------------------- searching */

int64_t text_index_byte(Str s, char c) {
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;
	return p ? p - s.ptr : -1;
}

int64_t text_last_index_byte(Str s, char c) {
	const char *p = s.len ? memrchr(s.ptr, c, s.len) : NULL;
	return p ? p - s.ptr : -1;
}

int64_t text_index(Str s, Str sub) {
	if (sub.len == 0)
		return 0;
	if (sub.len > s.len)
		return -1;
	if (sub.len == 1)
		return text_index_byte(s, sub.ptr[0]);
	const char *p = memmem(s.ptr, s.len, sub.ptr, sub.len);
	return p ? p - s.ptr : -1;
}

int64_t text_last_index(Str s, Str sub) {
	if (sub.len == 0)
		return (int64_t)s.len;
	while (s.len >= sub.len) { /* candidates by their last byte */
		int64_t at = text_last_index_byte(s, sub.ptr[sub.len - 1]);
		int64_t start = at + 1 - (int64_t)sub.len;
		if (start < 0)
			return -1;
		if (memcmp(s.ptr + start, sub.ptr, sub.len) == 0)
			return start;
		s.len = (size_t)at;
	}
	return -1;
}

int64_t text_index_rune(Str s, int32_t r) {
	if (r >= 0 && r < 0x80)
		return text_index_byte(s, (char)r);
	if (r == RUNE_ERROR) { /* invalid bytes too */
		for (size_t i = 0; i < s.len;) {
			int32_t c;
			int n = utf8_decode(s.ptr + i, s.len - i, &c);
			if (c == RUNE_ERROR)
				return (int64_t)i;
			i += (size_t)n;
		}
		return -1;
	}
	char bytes[4];
	return utf8_len(r) < 0 ? -1 : text_index(s, (Str){bytes, (size_t)utf8_encode(r, bytes)});
}

int64_t text_index_any(Str s, Str chars) {
	for (size_t i = 0; i < s.len && chars.len;) {
		int32_t r;
		int n = utf8_decode(s.ptr + i, s.len - i, &r);
		if (text_index_rune(chars, r) >= 0)
			return (int64_t)i;
		i += (size_t)n;
	}
	return -1;
}

int64_t text_last_index_any(Str s, Str chars) {
	while (s.len && chars.len) {
		int32_t r;
		s.len -= (size_t)utf8_decode_last(s.ptr, s.len, &r);
		if (text_index_rune(chars, r) >= 0)
			return (int64_t)s.len;
	}
	return -1;
}

int64_t text_count(Str s, Str sub) {
	if (sub.len == 0)
		return (int64_t)utf8_count(s.ptr, s.len) + 1;
	int64_t n = 0;
	for (int64_t i; (i = text_index(s, sub)) >= 0; n++) {
		s.ptr += (size_t)i + sub.len;
		s.len -= (size_t)i + sub.len;
	}
	return n;
}

static bool runes_fold(int32_t a, int32_t b) {
	if (a == b)
		return true;
	if (a < 0x80 && b < 0x80) {
		int32_t lower = a | 0x20;
		return lower == (b | 0x20) && lower >= 'a' && lower <= 'z';
	}
	for (int32_t r = unicode_simple_fold(a); r != a; r = unicode_simple_fold(r))
		if (r == b)
			return true;
	return false;
}

bool text_equal_fold(Str a, Str b) {
	while (a.len && b.len) {
		int32_t x, y;
		int n = utf8_decode(a.ptr, a.len, &x), m = utf8_decode(b.ptr, b.len, &y);
		if (!runes_fold(x, y))
			return false;
		a.ptr += n;
		a.len -= (size_t)n;
		b.ptr += m;
		b.len -= (size_t)m;
	}
	return a.len == b.len;
}

/* ---------------------------------------------------------------- trimming */

Str text_trim(Str s, Str cutset, TrimMode mode) {
	int32_t r;
	while (mode != TRIM_RIGHT && s.len && cutset.len) {
		int n = utf8_decode(s.ptr, s.len, &r);
		if (text_index_rune(cutset, r) < 0)
			break;
		s.ptr += n;
		s.len -= (size_t)n;
	}
	while (mode != TRIM_LEFT && s.len && cutset.len) {
		int n = utf8_decode_last(s.ptr, s.len, &r);
		if (text_index_rune(cutset, r) < 0)
			break;
		s.len -= (size_t)n;
	}
	return s;
}

Str text_trim_space(Str s) {
	int32_t r;
	for (int n; s.len && (n = utf8_decode(s.ptr, s.len, &r)) && rune_is_space(r); s.ptr += n)
		s.len -= (size_t)n;
	for (int n; s.len && (n = utf8_decode_last(s.ptr, s.len, &r)) && rune_is_space(r);)
		s.len -= (size_t)n;
	return s;
}

/* ---------------------------------------------------------------- rewriting */

static int32_t map_rune(int32_t r, CaseMode mode) {
	return mode == CASE_UPPER ? rune_to_upper(r) : mode == CASE_LOWER ? rune_to_lower(r) : rune_to_title(r);
}

bool text_map_case(Buf *out, Str s, CaseMode mode) {
	char from = mode == CASE_LOWER ? 'A' : 'a';
	size_t i = 0;
	while (i < s.len && (unsigned char)s.ptr[i] < 0x80 && (unsigned char)(s.ptr[i] - from) >= 26)
		i++;
	if (i == s.len)
		return false;
	bool changed = false;
	buf_reserve(out, s.len);
	buf_put(out, s.ptr, i);
	while (i < s.len) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c < 0x80) {
			bool flip = (unsigned char)(c - from) < 26;
			changed |= flip;
			buf_putc(out, (char)(flip ? c ^ 0x20 : c));
			i++;
			continue;
		}
		int32_t r;
		int n = utf8_decode(s.ptr + i, s.len - i, &r);
		int32_t mapped = map_rune(r, mode);
		changed |= mapped != r || (r == RUNE_ERROR && n == 1);
		buf_put_rune(out, mapped);
		i += (size_t)n;
	}
	if (!changed)
		out->len = 0;
	return changed;
}

bool text_to_valid(Buf *out, Str s, Str replacement) {
	if (utf8_valid(s.ptr, s.len))
		return false;
	bool in_run = false;
	for (size_t i = 0; i < s.len;) {
		int32_t r;
		int n = utf8_decode(s.ptr + i, s.len - i, &r);
		bool bad = r == RUNE_ERROR && n == 1;
		if (!bad)
			buf_put(out, s.ptr + i, (size_t)n);
		else if (!in_run)
			buf_put(out, replacement.ptr, replacement.len);
		in_run = bad;
		i += (size_t)n;
	}
	return true;
}

bool text_replace(Buf *out, Str s, Str old, Str with, int64_t n) {
	if (n == 0 || str_eq(old, with) || text_index(s, old) < 0)
		return false;
	buf_reserve(out, s.len + with.len);
	for (bool first = true; n != 0; n--, first = false) {
		int64_t at;
		if (old.len != 0) {
			at = text_index(s, old);
		} else if (first) {
			at = 0;
		} else { /* an empty text stands before every rune and at the end */
			int32_t r;
			at = s.len ? utf8_decode(s.ptr, s.len, &r) : -1;
		}
		if (at < 0)
			break;
		buf_put(out, s.ptr, (size_t)at);
		buf_put(out, with.ptr, with.len);
		s.ptr += (size_t)at + old.len;
		s.len -= (size_t)at + old.len;
	}
	buf_put(out, s.ptr, s.len);
	return true;
}

/* ---------------------------------------------------------------- pieces */

static PanicCode pieces_new(Goroutine *g, PieceKind kind, size_t count, GoSlice *out) {
	const TypeDesc *elem = g->vm->types->core[kind == PIECE_STRING ? CORE_STRING : CORE_BYTES];
	return slice_make(g, elem, (int64_t)count, (int64_t)count, out);
}

static void piece_set(PieceKind kind, const GoSlice *pieces, size_t i, const char *p, size_t len, size_t cap) {
	void *at = (char *)pieces->ptr + i * sizeof(GoString);
	if (kind == PIECE_STRING)
		store_string(at, (GoString){p, (int64_t)len});
	else
		store_slice(at, (GoSlice){(void *)p, (uint32_t)len, (uint32_t)cap});
}

static PanicCode split_runes(Goroutine *g, PieceKind kind, Str s, int64_t n, GoSlice *out) {
	size_t count = utf8_count(s.ptr, s.len);
	if (n >= 0 && (size_t)n < count)
		count = (size_t)n;
	PanicCode code = pieces_new(g, kind, count, out);
	for (size_t i = 0; code == PANIC_NONE && i < count; i++) {
		int32_t r;
		size_t len = i + 1 == count ? s.len : (size_t)utf8_decode(s.ptr, s.len, &r);
		piece_set(kind, out, i, s.ptr, len, len);
		s.ptr += len;
		s.len -= len;
	}
	return code;
}

PanicCode text_split(Goroutine *g, PieceKind kind, Str s, Str sep, int64_t keep, int64_t n, GoSlice *out) {
	*out = (GoSlice){0};
	if (n == 0)
		return PANIC_NONE;
	if (sep.len == 0)
		return split_runes(g, kind, s, n, out);
	int64_t count = text_count(s, sep) + 1;
	if (n > 0 && n < count)
		count = n;
	PanicCode code = pieces_new(g, kind, (size_t)count, out);
	if (code != PANIC_NONE)
		return code;
	for (int64_t i = 0; i < count - 1; i++) {
		size_t at = (size_t)text_index(s, sep), len = at + (size_t)keep;
		piece_set(kind, out, (size_t)i, s.ptr, len, len);
		s.ptr += at + sep.len;
		s.len -= at + sep.len;
	}
	piece_set(kind, out, (size_t)count - 1, s.ptr, s.len, s.len);
	return PANIC_NONE;
}

/* Takes the next field off s. False: only space was left. */
static bool next_field(Str *s, Str *field) {
	int32_t r;
	int n;
	while (s->len && (n = utf8_decode(s->ptr, s->len, &r)) && rune_is_space(r)) {
		s->ptr += n;
		s->len -= (size_t)n;
	}
	const char *start = s->ptr;
	while (s->len && (n = utf8_decode(s->ptr, s->len, &r)) && !rune_is_space(r)) {
		s->ptr += n;
		s->len -= (size_t)n;
	}
	*field = (Str){start, (size_t)(s->ptr - start)};
	return field->len > 0;
}

PanicCode text_fields(Goroutine *g, PieceKind kind, Str s, GoSlice *out) {
	Str rest = s, field;
	size_t count = 0;
	while (next_field(&rest, &field))
		count++;
	PanicCode code = pieces_new(g, kind, count, out);
	for (size_t i = 0; code == PANIC_NONE && i < count && next_field(&s, &field); i++)
		piece_set(kind, out, i, field.ptr, field.len, field.len);
	return code;
}
