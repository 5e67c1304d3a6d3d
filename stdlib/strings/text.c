/* SPDX-License-Identifier: MIT */
/* text.c: searching, cutting and case of UTF-8 text.
 *
 * Rules: invalid bytes count as U+FFFD of width 1, as everywhere in Go.
 * Why: memchr and memmem of the C library are vectorized; nothing written here would beat them. */
#define _GNU_SOURCE
#include "stdlib/strings/text.h"

#include <stdlib.h>

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

/* By rolling hashes from the end (R. Karp and M. Rabin): linear whatever the texts are. */
int64_t text_last_index(Goroutine *g, Str s, Str sub) {
	if (sub.len == 0)
		return (int64_t)s.len;
	if (sub.len == 1)
		return text_last_index_byte(s, sub.ptr[0]);
	if (sub.len > s.len)
		return -1;
	const uint64_t base = 0x9e3779b97f4a7c15;
	uint64_t want = 0, have = 0, top = 1; /* top = base^len */
	size_t at = s.len - sub.len;
	Pace pace = {.g = g};
	for (size_t i = sub.len; i-- > 0; top *= base) {
		want = want * base + (unsigned char)sub.ptr[i];
		have = have * base + (unsigned char)s.ptr[at + i];
	}
	for (;; at--) {
		if (have == want && memcmp(s.ptr + at, sub.ptr, sub.len) == 0)
			return (int64_t)at;
		if (at == 0 || pace_stops(&pace, s.len - at))
			return -1;
		have = have * base + (unsigned char)s.ptr[at - 1] - top * (unsigned char)s.ptr[at - 1 + sub.len];
	}
}

int64_t text_index_rune(Goroutine *g, Str s, int32_t r) {
	if (r >= 0 && r < 0x80)
		return text_index_byte(s, (char)r);
	if (r == RUNE_ERROR) { /* invalid bytes too */
		Pace pace = {.g = g};
		for (size_t i = 0; i < s.len && !pace_stops(&pace, i);) {
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

/* A set of runes: bits for ASCII, the others searched for in the text they come from, or, if that is long, sorted. */
typedef struct RuneSet {
	uint64_t ascii[2];
	Goroutine *g;
	Str others; /* from the first rune beyond ASCII on */
	int32_t *sorted;
	size_t count, size_bytes;
} RuneSet;

static int compare_runes(const void *a, const void *b) {
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static void set_init(RuneSet *set, Goroutine *g, Str chars) {
	enum { SORT_FROM = 64 };
	*set = (RuneSet){.g = g};
	for (size_t i = 0; i < chars.len; i++) {
		unsigned char c = (unsigned char)chars.ptr[i];
		if (c < 0x80)
			set->ascii[c >> 6] |= (uint64_t)1 << (c & 63);
		else if (set->others.len == 0)
			set->others = (Str){chars.ptr + i, chars.len - i};
	}
	if (set->others.len < SORT_FROM)
		return;
	set->size_bytes = set->others.len * sizeof *set->sorted;
	set->sorted = mem_alloc(&g->vm->mem, set->size_bytes);
	for (size_t i = 0; set->sorted && i < set->others.len;)
		i += (size_t)utf8_decode(set->others.ptr + i, set->others.len - i, &set->sorted[set->count++]);
	if (set->sorted)
		qsort(set->sorted, set->count, sizeof *set->sorted, compare_runes);
}

static void set_deinit(RuneSet *set) {
	mem_free(&set->g->vm->mem, set->sorted, set->sorted ? set->size_bytes : 0);
}

static bool set_has(const RuneSet *set, int32_t r) {
	if (r < 0x80)
		return set->ascii[r >> 6] >> (r & 63) & 1;
	if (set->sorted)
		return bsearch(&r, set->sorted, set->count, sizeof r, compare_runes) != NULL;
	return set->others.len && text_index_rune(set->g, set->others, r) >= 0;
}

int64_t text_index_any(Goroutine *g, Str s, Str chars) {
	RuneSet set;
	set_init(&set, g, chars);
	Pace pace = {.g = g};
	int64_t found = -1;
	for (size_t i = 0; i < s.len && chars.len && !pace_stops(&pace, i);) {
		int32_t r;
		int n = utf8_decode(s.ptr + i, s.len - i, &r);
		if (set_has(&set, r)) {
			found = (int64_t)i;
			break;
		}
		i += (size_t)n;
	}
	set_deinit(&set);
	return found;
}

int64_t text_last_index_any(Goroutine *g, Str s, Str chars) {
	RuneSet set;
	set_init(&set, g, chars);
	Pace pace = {.g = g};
	size_t whole = s.len;
	int64_t found = -1;
	while (s.len && chars.len && found < 0 && !pace_stops(&pace, whole - s.len)) {
		int32_t r;
		s.len -= (size_t)utf8_decode_last(s.ptr, s.len, &r);
		if (set_has(&set, r))
			found = (int64_t)s.len;
	}
	set_deinit(&set);
	return found;
}

int64_t text_count(Goroutine *g, Str s, Str sub) {
	if (sub.len == 0)
		return (int64_t)utf8_count(s.ptr, s.len) + 1;
	int64_t n = 0;
	size_t whole = s.len;
	Pace pace = {.g = g};
	for (int64_t i; (i = text_index(s, sub)) >= 0 && !pace_stops(&pace, whole - s.len); n++) {
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

bool text_equal_fold(Goroutine *g, Str a, Str b) {
	size_t whole = a.len;
	Pace pace = {.g = g};
	while (a.len && b.len && !pace_stops(&pace, whole - a.len)) {
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

Str text_trim(Goroutine *g, Str s, Str cutset, TrimMode mode) {
	RuneSet set;
	set_init(&set, g, cutset);
	int32_t r;
	size_t whole = s.len;
	Pace pace = {.g = g};
	for (int n; mode != TRIM_RIGHT && s.len && (n = utf8_decode(s.ptr, s.len, &r)) && set_has(&set, r); s.ptr += n) {
		s.len -= (size_t)n;
		if (pace_stops(&pace, whole - s.len))
			break;
	}
	for (int n; mode != TRIM_LEFT && s.len && (n = utf8_decode_last(s.ptr, s.len, &r)) && set_has(&set, r);) {
		s.len -= (size_t)n;
		if (pace_stops(&pace, whole - s.len))
			break;
	}
	set_deinit(&set);
	return s;
}

Str text_trim_space(Goroutine *g, Str s) {
	int32_t r;
	size_t whole = s.len;
	Pace pace = {.g = g};
	for (int n; s.len && (n = utf8_decode(s.ptr, s.len, &r)) && rune_is_space(r) && !pace_stops(&pace, whole - s.len); s.ptr += n)
		s.len -= (size_t)n;
	for (int n; s.len && (n = utf8_decode_last(s.ptr, s.len, &r)) && rune_is_space(r) && !pace_stops(&pace, whole - s.len);)
		s.len -= (size_t)n;
	return s;
}

/* ---------------------------------------------------------------- rewriting */

static int32_t map_rune(int32_t r, CaseMode mode) {
	return mode == CASE_UPPER ? rune_to_upper(r) : mode == CASE_LOWER ? rune_to_lower(r) : rune_to_title(r);
}

bool text_map_case(Goroutine *g, Buf *out, Str s, CaseMode mode) {
	char from = mode == CASE_LOWER ? 'A' : 'a';
	size_t i = 0;
	while (i < s.len && (unsigned char)s.ptr[i] < 0x80 && (unsigned char)(s.ptr[i] - from) >= 26)
		i++;
	if (i == s.len)
		return false;
	bool changed = false;
	buf_reserve(out, s.len);
	buf_put(out, s.ptr, i);
	Pace pace = {.g = g};
	while (i < s.len && !pace_stops(&pace, i)) {
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

bool text_to_valid(Goroutine *g, Buf *out, Str s, Str replacement) {
	if (utf8_valid(s.ptr, s.len))
		return false;
	bool in_run = false;
	Pace pace = {.g = g};
	for (size_t i = 0; i < s.len && !pace_stops(&pace, i);) {
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

bool text_replace(Goroutine *g, Buf *out, Str s, Str old, Str with, int64_t n) {
	n = n < 0 ? -1 : n;
	if (n == 0 || str_eq(old, with) || text_index(s, old) < 0)
		return false;
	buf_reserve(out, s.len + with.len);
	Pace pace = {.g = g};
	for (bool first = true; n != 0 && !pace_stops(&pace, out->len); n--, first = false) {
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
	Pace pace = {.g = g};
	for (size_t i = 0; code == PANIC_NONE && i < count && s.len != 0 && !pace_stops(&pace, i); i++) {
		int32_t r;
		size_t len = i + 1 == count ? s.len : (size_t)utf8_decode(s.ptr, s.len, &r);
		piece_set(kind, out, i, s.ptr, len, len);
		s.ptr += len;
		s.len -= len;
	}
	return code;
}

PanicCode text_split(Goroutine *g, PieceKind kind, Str s, Str sep, int64_t keep, int64_t n, GoSlice *out) {
	if (keep < 0 || (uint64_t)keep > sep.len) /* of an image: strings.gol keeps none or all */
		keep = 0;
	*out = (GoSlice){0};
	if (n == 0)
		return PANIC_NONE;
	if (sep.len == 0)
		return split_runes(g, kind, s, n, out);
	int64_t count = text_count(g, s, sep) + 1;
	if (n > 0 && n < count)
		count = n;
	PanicCode code = pieces_new(g, kind, (size_t)count, out);
	if (code != PANIC_NONE)
		return code;
	Pace pace = {.g = g};
	for (int64_t i = 0; i < count - 1 && !pace_stops(&pace, (size_t)i); i++) {
		int64_t found = text_index(s, sep);
		if (found < 0) /* the bytes changed meanwhile: a data race */
			break;
		size_t at = (size_t)found, len = at + (size_t)keep;
		piece_set(kind, out, (size_t)i, s.ptr, len, len);
		s.ptr += at + sep.len;
		s.len -= at + sep.len;
	}
	piece_set(kind, out, (size_t)count - 1, s.ptr, s.len, s.len);
	return PANIC_NONE;
}

/* Takes the next field off s. False: only space was left. */
static bool next_field(Goroutine *g, Str *s, Str *field) {
	int32_t r;
	int n;
	size_t whole = s->len;
	Pace pace = {.g = g};
	while (s->len && (n = utf8_decode(s->ptr, s->len, &r)) && rune_is_space(r) && !pace_stops(&pace, whole - s->len)) {
		s->ptr += n;
		s->len -= (size_t)n;
	}
	const char *start = s->ptr;
	while (s->len && (n = utf8_decode(s->ptr, s->len, &r)) && !rune_is_space(r) && !pace_stops(&pace, whole - s->len)) {
		s->ptr += n;
		s->len -= (size_t)n;
	}
	*field = (Str){start, (size_t)(s->ptr - start)};
	return field->len > 0;
}

PanicCode text_fields(Goroutine *g, PieceKind kind, Str s, GoSlice *out) {
	Str rest = s, field;
	size_t count = 0;
	Pace pace = {.g = g};
	while (!pace_stops(&pace, s.len - rest.len) && next_field(g, &rest, &field))
		count++;
	PanicCode code = pieces_new(g, kind, count, out);
	pace.next = 0;
	for (size_t i = 0; code == PANIC_NONE && i < count && !pace_stops(&pace, i) && next_field(g, &s, &field); i++)
		piece_set(kind, out, i, field.ptr, field.len, field.len);
	return code;
}
