/* SPDX-License-Identifier: MIT */
/* utf8.c: the natives of package unicode/utf8, over base/utf8. */
#include "base/utf8.h"

#include "vm/native.h"

static Str bytes_of(GoSlice b) {
	return (Str){b.ptr, b.len};
}

static Str text_of(GoString s) {
	return (Str){s.ptr, (size_t)s.len};
}

/* False when some continuation of s makes a longer encoding valid. */
static bool full_rune(Str s) {
	int32_t r;
	int n = utf8_decode(s.ptr, s.len, &r);
	if (n != 1 || r != RUNE_ERROR)
		return n > 0;
	if (s.len >= 4)
		return true;
	char whole[4];
	memcpy(whole, s.ptr, s.len);
	/* Which second bytes are valid depends on the first; one of these always is. */
	for (int second = 0x80; second <= 0xb0; second += 0x10) {
		memset(whole + s.len, 0x80, 4 - s.len);
		if (s.len == 1)
			whole[1] = (char)second;
		if (utf8_decode(whole, 4, &r) > (int)s.len)
			return false;
	}
	return true;
}

#define FROM_BYTES(name, expression)                                                                                   \
	static NativeStatus utf8_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			int64_t result;                                                                                \
			GoSlice in;                                                                                    \
		} *a = NATIVE_ARGS(args);                                                                              \
		Str s = bytes_of(a->in);                                                                               \
		native_charge(g, (int64_t)s.len / 16);                                                                 \
		a->result = (int64_t)expression;                                                                       \
		return NATIVE_DONE;                                                                                    \
	}                                                                                                              \
	static NativeStatus utf8_##name##InString(Goroutine *g, Slot *args) {                                          \
		struct {                                                                                               \
			int64_t result;                                                                                \
			GoString in;                                                                                   \
		} *a = NATIVE_ARGS(args);                                                                              \
		Str s = text_of(a->in);                                                                                \
		native_charge(g, (int64_t)s.len / 16);                                                                 \
		a->result = (int64_t)expression;                                                                       \
		return NATIVE_DONE;                                                                                    \
	}

FROM_BYTES(FullRune, full_rune(s))
FROM_BYTES(RuneCount, utf8_count(s.ptr, s.len))
FROM_BYTES(Valid, utf8_valid(s.ptr, s.len))

#define DECODER(name, argument, convert, decode)                                                                       \
	static NativeStatus utf8_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			int64_t rune, size;                                                                            \
			argument in;                                                                                   \
		} *a = NATIVE_ARGS(args);                                                                              \
		(void)g;                                                                                               \
		Str s = convert(a->in);                                                                                \
		int32_t r = RUNE_ERROR;                                                                                \
		a->size = decode(s.ptr, s.len, &r);                                                                    \
		a->rune = r;                                                                                           \
		return NATIVE_DONE;                                                                                    \
	}

DECODER(DecodeRune, GoSlice, bytes_of, utf8_decode)
DECODER(DecodeRuneInString, GoString, text_of, utf8_decode)
DECODER(DecodeLastRune, GoSlice, bytes_of, utf8_decode_last)
DECODER(DecodeLastRuneInString, GoString, text_of, utf8_decode_last)

const NativeDef natives_unicode_utf8[] = {
	{"FullRune", utf8_FullRune},
	{"FullRuneInString", utf8_FullRuneInString},
	{"DecodeRune", utf8_DecodeRune},
	{"DecodeRuneInString", utf8_DecodeRuneInString},
	{"DecodeLastRune", utf8_DecodeLastRune},
	{"DecodeLastRuneInString", utf8_DecodeLastRuneInString},
	{"RuneCount", utf8_RuneCount},
	{"RuneCountInString", utf8_RuneCountInString},
	{"Valid", utf8_Valid},
	{"ValidString", utf8_ValidInString},
	{NULL, NULL},
};
