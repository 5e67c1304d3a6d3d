/* SPDX-License-Identifier: MIT */
/* bytes.c: the natives of package bytes, over strings/text.c.
 *
 * Rules: parts of a slice share its memory; whatever is changed is a copy, and so is what Go says is one. */
#define _GNU_SOURCE
#include "vm/native.h"

#include "base/buf.h"

typedef GoSlice Text;
#define text_load load_slice
#define PIECES PIECE_BYTES

static inline Str text_str(GoSlice s) {
	return (Str){s.ptr, s.len};
}

static inline GoSlice text_part(GoSlice whole, Str part) {
	if (part.len == 0)
		return (GoSlice){0};
	uint32_t offset = (uint32_t)(part.ptr - (const char *)whole.ptr);
	return (GoSlice){(char *)whole.ptr + offset, (uint32_t)part.len, whole.cap - offset};
}

static inline GoSlice text_of(char *p, size_t len) {
	return (GoSlice){p, (uint32_t)len, (uint32_t)len};
}

static GoSlice text_copy(Goroutine *g, Buf *b) {
	return native_byte_slice(g, b->ptr, b->len);
}

static inline GoSlice text_unchanged(Goroutine *g, GoSlice s) {
	return native_byte_slice(g, s.ptr, s.len);
}

#include "stdlib/strings/text_natives.h"

static NativeStatus bytes_Equal(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoSlice a, b;
	} *a = NATIVE_ARGS(args);
	native_charge(g, a->a.len / 16);
	a->result = str_eq(text_str(a->a), text_str(a->b));
	return NATIVE_DONE;
}

static NativeStatus bytes_Compare(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoSlice a, b;
	} *a = NATIVE_ARGS(args);
	native_charge(g, a->a.len / 16);
	int order = string_compare((GoString){a->a.ptr, a->a.len}, (GoString){a->b.ptr, a->b.len});
	a->result = (order > 0) - (order < 0);
	return NATIVE_DONE;
}

const NativeDef natives_bytes[] = {
	TEXT_NATIVES,
	{"Equal", bytes_Equal},
	{"Compare", bytes_Compare},
	{NULL, NULL},
};
