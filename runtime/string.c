/* SPDX-License-Identifier: MIT */
/* string.c: making strings: concatenation and conversions from and to bytes and runes.
 *
 * Owns: nothing; a string's bytes are pointer-free heap memory (or a program's constant) and never change.
 * Rules: length 0 has any pointer; a result never shares bytes that somebody may still write to. */
#include "base/utf8.h"
#include "runtime/sched.h"
#include "runtime/slice.h"
#include "runtime/values.h"

enum { MAX_STRING_ROOM = 64 << 20 }; /* longer strings get no room to grow */

static PanicCode string_room(Goroutine *g, size_t len, char **bytes) {
	*bytes = len <= (size_t)INT64_MAX ? heap_new_bytes_raw(g, len) : NULL;
	return *bytes != NULL ? PANIC_NONE : FATAL_OUT_OF_MEMORY;
}

PanicCode string_new(Goroutine *g, const char *s, size_t len, GoString *out) {
	if (len == 0) {
		*out = (GoString){0};
		return PANIC_NONE;
	}
	char *bytes;
	PanicCode code = string_room(g, len, &bytes);
	if (code == PANIC_NONE) {
		bulk_copy(g, bytes, s, len);
		*out = (GoString){bytes, (int64_t)len};
	}
	return code;
}

/* ---------------------------------------------------------------- concatenation */

static bool is_tail(const StringTail *tail, GoString s) {
	return s.ptr + s.len == tail->end && s.ptr >= tail->start && tail->start != NULL;
}

/* Room for first followed by more bytes, with first in it. A string that is appended to again and again grows in place:
 * nobody sees what lies behind the end of the newest concatenation, and only one string can begin to use it. */
static PanicCode concat_room(Goroutine *g, GoString first, size_t more, GoString *out) {
	StringTail *tail = &g->worker->alloc->tail;
	size_t len = (size_t)first.len + more, room = len;
	bool again = is_tail(tail, first);
	if (again && more <= (size_t)(tail->limit - tail->end)) {
		tail->end += more;
		*out = (GoString){first.ptr, (int64_t)len};
		return PANIC_NONE;
	}
	if (len < more || len > (size_t)INT64_MAX)
		return FATAL_OUT_OF_MEMORY;
	if (again && len <= MAX_STRING_ROOM)
		room = 2 * len;
	char *bytes;
	PanicCode code = string_room(g, room, &bytes);
	if (code != PANIC_NONE)
		return code;
	bulk_copy(g, bytes, first.ptr, (size_t)first.len);
	g->worker->alloc->tail = (StringTail){bytes, bytes + len, bytes + room};
	*out = (GoString){bytes, (int64_t)len};
	return PANIC_NONE;
}

PanicCode string_concat(Goroutine *g, GoString a, GoString b, GoString *out) {
	if (a.len == 0 || b.len == 0) {
		*out = a.len == 0 ? b : a;
		return PANIC_NONE;
	}
	GoString s;
	PanicCode code = concat_room(g, a, (size_t)b.len, &s);
	if (code == PANIC_NONE) {
		bulk_copy(g, (char *)(uintptr_t)s.ptr + a.len, b.ptr, (size_t)b.len);
		*out = s;
	}
	return code;
}

PanicCode string_concat_n(Goroutine *g, const GoString *parts, uint32_t n, GoString *out) {
	size_t more = 0;
	uint32_t first = 0, filled = 0;
	for (uint32_t i = 0; i < n; i++)
		if (parts[i].len != 0) {
			if (filled++ == 0)
				first = i;
			else if (__builtin_add_overflow(more, (size_t)parts[i].len, &more))
				return FATAL_OUT_OF_MEMORY;
		}
	if (filled <= 1) { /* shared, not copied */
		*out = filled ? parts[first] : (GoString){0};
		return PANIC_NONE;
	}
	GoString s;
	PanicCode code = concat_room(g, parts[first], more, &s);
	if (code != PANIC_NONE)
		return code;
	char *at = (char *)(uintptr_t)s.ptr + parts[first].len;
	for (uint32_t i = first + 1; i < n; i++)
		if (parts[i].len != 0) {
			bulk_copy(g, at, parts[i].ptr, (size_t)parts[i].len);
			at += parts[i].len;
		}
	*out = s;
	return PANIC_NONE;
}

/* All one-byte strings of ASCII: conversions of single characters allocate nothing. */
static const char ascii[128] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
	40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59,
	60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
	80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99,
	100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119,
	120, 121, 122, 123, 124, 125, 126, 127,
};

PanicCode string_from_rune(Goroutine *g, int64_t rune, GoString *out) {
	if (rune >= 0 && rune < (int64_t)sizeof(ascii)) {
		*out = (GoString){&ascii[rune], 1};
		return PANIC_NONE;
	}
	char bytes[4];
	int len = utf8_encode(rune < 0 || rune > 0x10ffff ? RUNE_ERROR : (int32_t)rune, bytes);
	return string_new(g, bytes, (size_t)len, out);
}

PanicCode string_from_bytes(Goroutine *g, GoSlice b, GoString *out) {
	const uint8_t *p = b.ptr;
	if (b.len == 1 && p[0] < sizeof(ascii)) {
		*out = (GoString){&ascii[p[0]], 1};
		return PANIC_NONE;
	}
	return string_new(g, b.ptr, b.len, out);
}

PanicCode string_from_runes(Goroutine *g, GoSlice r, GoString *out) {
	const int32_t *runes = r.ptr;
	char scratch[4];
	size_t len = 0;
	Pace pace = {.g = g};
	for (uint32_t i = 0; i < r.len && !pace_stops(&pace, i); i++)
		len += (size_t)utf8_encode(runes[i], scratch);
	*out = (GoString){0};
	if (len == 0)
		return PANIC_NONE;
	char *bytes;
	PanicCode code = string_room(g, len, &bytes);
	if (code != PANIC_NONE)
		return code;
	/* The runes may be changing under us (a data race): never write more than was measured. */
	size_t at = 0;
	pace.next = 0;
	for (uint32_t i = 0; i < r.len && !pace_stops(&pace, i); i++) {
		size_t n = (size_t)utf8_encode(runes[i], scratch);
		if (n > len - at)
			break;
		memcpy(bytes + at, scratch, n);
		at += n;
	}
	*out = (GoString){bytes, (int64_t)at};
	return PANIC_NONE;
}

PanicCode bytes_from_string(Goroutine *g, GoString s, GoSlice *out) {
	if (s.len > MAX_SLICE_LEN)
		return PANIC_MAKE_SLICE_LEN;
	size_t cap = slice_round_size((size_t)s.len, true);
	if (cap > (size_t)MAX_SLICE_LEN)
		cap = (size_t)s.len;
	char *bytes = heap_new_bytes_raw(g, cap);
	if (bytes == NULL)
		return FATAL_OUT_OF_MEMORY;
	if (s.len != 0)
		bulk_copy(g, bytes, s.ptr, (size_t)s.len);
	bulk_zero(g, bytes + s.len, cap - (size_t)s.len);
	*out = (GoSlice){bytes, (uint32_t)s.len, (uint32_t)cap};
	return PANIC_NONE;
}

/* Runes of s, counted in pieces that begin with a rune's first byte, or with one that belongs to no rune. */
static size_t count_runes(Goroutine *g, GoString s) {
	enum { COUNT_PIECE = 256 << 10, LONGEST_RUNE = 4 };
	size_t count = 0, len = (size_t)s.len;
	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < COUNT_PIECE ? len - at : COUNT_PIECE;
		for (int back = 1; at + n < len && back < LONGEST_RUNE && ((unsigned char)s.ptr[at + n] & 0xc0) == 0x80; back++)
			n--;
		count += utf8_count(s.ptr + at, n);
		if (len > COUNT_PIECE && sched_work(g, 0))
			break;
	}
	return count;
}

PanicCode runes_from_string(Goroutine *g, GoString s, GoSlice *out) {
	size_t count = count_runes(g, s);
	if (count > (size_t)MAX_SLICE_LEN)
		return PANIC_MAKE_SLICE_LEN;
	size_t bytes = slice_round_size(count * sizeof(int32_t), true), cap = bytes / sizeof(int32_t);
	if (cap > (size_t)MAX_SLICE_LEN)
		cap = count;
	int32_t *runes = heap_new_bytes(g, bytes);
	if (runes == NULL)
		return FATAL_OUT_OF_MEMORY;
	size_t at = 0;
	Pace pace = {.g = g};
	for (size_t i = 0; i < count && !pace_stops(&pace, i); i++)
		at += (size_t)utf8_decode(s.ptr + at, (size_t)s.len - at, &runes[i]);
	*out = (GoSlice){runes, (uint32_t)count, (uint32_t)cap};
	return PANIC_NONE;
}
