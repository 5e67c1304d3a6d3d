/* SPDX-License-Identifier: MIT */
/* unicode.c: the natives of package unicode: classes and case from base/utf8.
 *
 * Owns: a constant table of the case orbits longer than two. */
#include "base/utf8.h"
#include "stdlib/unicode/unicode.h"
#include "vm/native.h"

/* ---------------------------------------------------------------- case folding */

static const int32_t orbits[][4] = {
	{0x4b, 0x6b, 0x212a},
	{0x53, 0x73, 0x17f},
	{0xb5, 0x39c, 0x3bc},
	{0xc5, 0xe5, 0x212b},
	{0xdf, 0x1e9e},
	{0x130},
	{0x131},
	{0x1c4, 0x1c5, 0x1c6},
	{0x1c7, 0x1c8, 0x1c9},
	{0x1ca, 0x1cb, 0x1cc},
	{0x1f1, 0x1f2, 0x1f3},
	{0x345, 0x399, 0x3b9, 0x1fbe},
	{0x392, 0x3b2, 0x3d0},
	{0x395, 0x3b5, 0x3f5},
	{0x398, 0x3b8, 0x3d1, 0x3f4},
	{0x39a, 0x3ba, 0x3f0},
	{0x3a0, 0x3c0, 0x3d6},
	{0x3a1, 0x3c1, 0x3f1},
	{0x3a3, 0x3c2, 0x3c3},
	{0x3a6, 0x3c6, 0x3d5},
	{0x3a9, 0x3c9, 0x2126},
	{0x412, 0x432, 0x1c80},
	{0x414, 0x434, 0x1c81},
	{0x41e, 0x43e, 0x1c82},
	{0x421, 0x441, 0x1c83},
	{0x422, 0x442, 0x1c84, 0x1c85},
	{0x42a, 0x44a, 0x1c86},
	{0x462, 0x463, 0x1c87},
	{0x1c88, 0xa64a, 0xa64b},
	{0x1e60, 0x1e61, 0x1e9b},
};

int32_t unicode_simple_fold(int32_t r) {
	if (r < 0 || r > 0x10ffff)
		return r;
	if (r >= 0x80 || (r | 0x20) == 'k' || (r | 0x20) == 's') {
		for (size_t i = 0; i < COUNT_OF(orbits); i++)
			for (int j = 0; j < 4 && orbits[i][j]; j++)
				if (orbits[i][j] == r)
					return j < 3 && orbits[i][j + 1] ? orbits[i][j + 1] : orbits[i][0];
	}
	int32_t lower = rune_to_lower(r);
	return lower != r ? lower : rune_to_upper(r);
}

#define RUNE_NATIVE(name, function)                                                                                    \
	static NativeStatus unicode_##name(Goroutine *g, Slot *args) {                                                 \
		struct {                                                                                               \
			int64_t result, r;                                                                             \
		} *a = NATIVE_ARGS(args);                                                                              \
		(void)g;                                                                                               \
		a->result = function((int32_t)a->r);                                                                   \
		return NATIVE_DONE;                                                                                    \
	}

RUNE_NATIVE(IsControl, rune_is_control)
RUNE_NATIVE(IsDigit, rune_is_digit)
RUNE_NATIVE(IsGraphic, rune_is_graphic)
RUNE_NATIVE(IsLetter, rune_is_letter)
RUNE_NATIVE(IsLower, rune_is_lower)
RUNE_NATIVE(IsMark, rune_is_mark)
RUNE_NATIVE(IsNumber, rune_is_number)
RUNE_NATIVE(IsPrint, rune_is_print)
RUNE_NATIVE(IsPunct, rune_is_punct)
RUNE_NATIVE(IsSpace, rune_is_space)
RUNE_NATIVE(IsSymbol, rune_is_symbol)
RUNE_NATIVE(IsTitle, rune_is_title)
RUNE_NATIVE(IsUpper, rune_is_upper)
RUNE_NATIVE(SimpleFold, unicode_simple_fold)
RUNE_NATIVE(ToLower, rune_to_lower)
RUNE_NATIVE(ToTitle, rune_to_title)
RUNE_NATIVE(ToUpper, rune_to_upper)

const NativeDef natives_unicode[] = {
	{"IsControl", unicode_IsControl},   {"IsDigit", unicode_IsDigit},
	{"IsGraphic", unicode_IsGraphic},   {"IsLetter", unicode_IsLetter},
	{"IsLower", unicode_IsLower},	    {"IsMark", unicode_IsMark},
	{"IsNumber", unicode_IsNumber},	    {"IsPrint", unicode_IsPrint},
	{"IsPunct", unicode_IsPunct},	    {"IsSpace", unicode_IsSpace},
	{"IsSymbol", unicode_IsSymbol},	    {"IsTitle", unicode_IsTitle},
	{"IsUpper", unicode_IsUpper},	    {"SimpleFold", unicode_SimpleFold},
	{"ToLower", unicode_ToLower},	    {"ToTitle", unicode_ToTitle},
	{"ToUpper", unicode_ToUpper},	    {NULL, NULL},
};
