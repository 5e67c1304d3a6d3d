/* SPDX-License-Identifier: MIT */
/* text_natives.h: the natives that strings and bytes both have. The including file defines before:
 *   Text           GoString or GoSlice
 *   text_str       Text -> Str
 *   text_load      const Text * -> Text, whole
 *   text_part      (Text whole, Str part) -> Text, a part of whole without copying
 *   text_copy      (Goroutine *, Buf *) -> Text, a copy of the Buf's bytes
 *   PIECES         PieceKind */
#include "stdlib/strings/text.h"

static NativeStatus text_out_of_memory(Goroutine *g) {
	return native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

#define SEARCH(name, Second, convert, function)                                                                        \
	static NativeStatus name(Goroutine *g, Slot *args) {                                                           \
		struct {                                                                                               \
			int64_t result;                                                                                \
			Text s;                                                                                        \
			Second what;                                                                                   \
		} *a = NATIVE_ARGS(args);                                                                              \
		Str s = text_str(a->s);                                                                                \
		native_charge(g, (int64_t)s.len / 16);                                                                 \
		a->result = function(s, convert(a->what));                                                             \
		return NATIVE_DONE;                                                                                    \
	}

static inline Str string_str(GoString s) {
	return (Str){s.ptr, (size_t)s.len};
}

#define last_index(s, sub) text_last_index(g, s, sub)
#define index_rune(s, rune) text_index_rune(g, s, rune)
#define index_any(s, chars) text_index_any(g, s, chars)
#define last_index_any(s, chars) text_last_index_any(g, s, chars)
#define count_of(s, sub) text_count(g, s, sub)
#define equal_fold(a, b) text_equal_fold(g, a, b)

SEARCH(text_Index, Text, text_str, text_index)
SEARCH(text_LastIndex, Text, text_str, last_index)
SEARCH(text_IndexByte, uint64_t, (char), text_index_byte)
SEARCH(text_LastIndexByte, uint64_t, (char), text_last_index_byte)
SEARCH(text_IndexRune, int64_t, (int32_t), index_rune)
SEARCH(text_IndexAny, GoString, string_str, index_any)
SEARCH(text_LastIndexAny, GoString, string_str, last_index_any)
SEARCH(text_Count, Text, text_str, count_of)
SEARCH(text_EqualFold, Text, text_str, equal_fold)

/* func trim(s, cutset string, mode int) string */
static NativeStatus text_trim_native(Goroutine *g, Slot *args) {
	struct {
		Text result, s;
		GoString cutset;
		int64_t mode;
	} *a = NATIVE_ARGS(args);
	Str s = text_str(a->s), part = text_trim(g, s, string_str(a->cutset), (TrimMode)a->mode);
	native_charge(g, (int64_t)(s.len - part.len));
	a->result = text_part(a->s, part);
	return NATIVE_DONE;
}

static NativeStatus text_TrimSpace(Goroutine *g, Slot *args) {
	struct {
		Text result, s;
	} *a = NATIVE_ARGS(args);
	Str s = text_str(a->s), part = text_trim_space(g, s);
	native_charge(g, (int64_t)(s.len - part.len) / 4);
	a->result = text_part(a->s, part);
	return NATIVE_DONE;
}

/* Ends a native whose result is in `out`, or is s itself when nothing changed. */
static NativeStatus text_finish(Goroutine *g, Buf *out, bool changed, Text s, Text *result) {
	bool failed = out->failed;
	*result = changed && !failed ? text_copy(g, out) : text_unchanged(g, s);
	buf_deinit(out);
	return failed ? text_out_of_memory(g) : NATIVE_DONE;
}

/* func mapCase(s string, mode int) string */
static NativeStatus text_mapCase(Goroutine *g, Slot *args) {
	struct {
		Text result, s;
		int64_t mode;
	} *a = NATIVE_ARGS(args);
	Buf out;
	buf_init(&out, &g->vm->mem);
	native_charge(g, text_str(a->s).len / 8);
	bool changed = text_map_case(g, &out, text_str(a->s), (CaseMode)a->mode);
	return text_finish(g, &out, changed, a->s, &a->result);
}

static NativeStatus text_ToValidUTF8(Goroutine *g, Slot *args) {
	struct {
		Text result, s, replacement;
	} *a = NATIVE_ARGS(args);
	Buf out;
	buf_init(&out, &g->vm->mem);
	native_charge(g, text_str(a->s).len / 8);
	bool changed = text_to_valid(g, &out, text_str(a->s), text_str(a->replacement));
	return text_finish(g, &out, changed, a->s, &a->result);
}

static NativeStatus text_Replace(Goroutine *g, Slot *args) {
	struct {
		Text result, s, old, with;
		int64_t n;
	} *a = NATIVE_ARGS(args);
	Buf out;
	buf_init(&out, &g->vm->mem);
	bool changed = text_replace(g, &out, text_str(a->s), text_str(a->old), text_str(a->with), a->n);
	native_charge(g, (int64_t)(text_str(a->s).len + out.len) / 16);
	return text_finish(g, &out, changed, a->s, &a->result);
}

/* func split(s, sep string, keep, n int) []string */
static NativeStatus text_split_native(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		Text s, sep;
		int64_t keep, n;
	} *a = NATIVE_ARGS(args);
	Str s = text_str(a->s);
	PanicCode code = text_split(g, PIECES, s, text_str(a->sep), a->keep, a->n, &a->result);
	native_charge(g, (int64_t)s.len / 16 + a->result.len);
	return native_panic_code(g, code);
}

static NativeStatus text_Fields(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		Text s;
	} *a = NATIVE_ARGS(args);
	native_charge(g, (int64_t)text_str(a->s).len / 8);
	return native_panic_code(g, text_fields(g, PIECES, text_str(a->s), &a->result));
}

/* func repeat(s string, count int) string; the product was checked. */
static NativeStatus text_repeat(Goroutine *g, Slot *args) {
	struct {
		Text result, s;
		int64_t count;
	} *a = NATIVE_ARGS(args);
	Str s = text_str(a->s);
	size_t total;
	if (a->count < 0 || __builtin_mul_overflow(s.len, (size_t)a->count, &total))
		return native_misused(g, "repeat");
	char *p = native_alloc_bytes(g, total);
	if (!p)
		return text_out_of_memory(g);
	native_charge(g, (int64_t)(total / 16));
	if (total) {
		enum { MOST = 256 << 10 };
		bulk_copy(g, p, s.ptr, s.len);
		Pace pace = {.g = g};
		for (size_t done = s.len; done < total && !pace_stops(&pace, done);) { /* doubling, until it leaves the cache */
			size_t n = done < total - done ? done : total - done;
			n = n <= MOST || s.len > MOST ? n : MOST / s.len * s.len;
			bulk_copy(g, p + done, p, n);
			done += n;
		}
	}
	a->result = text_of(p, total);
	return NATIVE_DONE;
}

/* func join(elems []string, sep string, total int) string */
static NativeStatus text_join(Goroutine *g, Slot *args) {
	struct {
		Text result;
		GoSlice elems;
		Text sep;
	} *a = NATIVE_ARGS(args);
	const Text *elems = a->elems.ptr;
	Str sep = text_str(a->sep);
	size_t total = a->elems.len ? sep.len * (a->elems.len - 1) : 0;
	for (uint32_t i = 0; i < a->elems.len; i++)
		total += text_str(text_load(&elems[i])).len;
	char *p = native_alloc_bytes(g, total), *to = p;
	if (!p)
		return text_out_of_memory(g);
	native_charge(g, (int64_t)(total / 16 + a->elems.len));
	Pace pace = {.g = g};
	for (uint32_t i = 0; i < a->elems.len && !pace_stops(&pace, (size_t)(to - p)); i++) {
		Str e = text_str(text_load(&elems[i]));
		size_t need = e.len + (i ? sep.len : 0);
		if (need > total - (size_t)(to - p)) /* the elements changed meanwhile: a data race */
			break;
		if (i && sep.len)
			to = mempcpy(to, sep.ptr, sep.len);
		if (e.len)
			to = mempcpy(to, e.ptr, e.len);
	}
	a->result = text_of(p, (size_t)(to - p));
	return NATIVE_DONE;
}

#define TEXT_NATIVES                                                                                                   \
	{"Index", text_Index}, {"LastIndex", text_LastIndex}, {"IndexByte", text_IndexByte},                           \
		{"LastIndexByte", text_LastIndexByte}, {"IndexRune", text_IndexRune}, {"IndexAny", text_IndexAny},     \
		{"LastIndexAny", text_LastIndexAny}, {"Count", text_Count}, {"EqualFold", text_EqualFold},             \
		{"trim", text_trim_native}, {"TrimSpace", text_TrimSpace}, {"mapCase", text_mapCase},                  \
		{"ToValidUTF8", text_ToValidUTF8}, {"Replace", text_Replace}, {"split", text_split_native},            \
		{"Fields", text_Fields}, {"repeat", text_repeat}, {                                                    \
		"join", text_join                                                                                      \
	}
