/* SPDX-License-Identifier: MIT */
/* unicode.c: the natives of package unicode: classes and case from base/utf8, ranges for its tables.
 *
 * Owns: constant tables of scripts and properties (tables.def) and of the case orbits longer than two.
 * Why: categories are read off utf8proc when a program uses their tables, since most never do. */
#include <utf8proc.h>

#include "base/utf8.h"
#include "stdlib/unicode/unicode.h"
#include "vm/native.h"

#define TABLE_END UINT32_MAX

typedef struct NamedTable {
	const char *name;
	const uint32_t *pairs; /* ends with TABLE_END */
} NamedTable;

static const NamedTable scripts[] = {
#define SCRIPT(name, ...) {name, (const uint32_t[]){__VA_ARGS__}},
#define PROPERTY(name, ...)
#include "stdlib/unicode/tables.def"
#undef SCRIPT
#undef PROPERTY
};

static const NamedTable properties[] = {
#define SCRIPT(name, ...)
#define PROPERTY(name, ...) {name, (const uint32_t[]){__VA_ARGS__}},
#include "stdlib/unicode/tables.def"
#undef SCRIPT
#undef PROPERTY
};

/* In the order of utf8proc_category_t. */
static const char category_names[][3] = {"Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd",
					 "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm",
					 "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co"};
static const char class_names[][3] = {"C", "L", "LC", "M", "N", "P", "S", "Z"};

enum { KIND_CATEGORY, KIND_SCRIPT, KIND_PROPERTY };

/* Bit set of utf8proc categories; 0: no such name. */
static uint32_t category_mask(GoString name) {
	uint32_t mask = 0;
	bool cased = name.len == 2 && memcmp(name.ptr, "LC", 2) == 0;
	for (size_t i = 0; i < COUNT_OF(category_names); i++) {
		bool same = name.len == 2 && memcmp(name.ptr, category_names[i], 2) == 0;
		bool part = name.len == 1 && name.ptr[0] == category_names[i][0];
		if (same || part || (cased && i >= 1 && i <= 3))
			mask |= 1u << i;
	}
	return mask;
}

typedef struct RangeList {
	Goroutine *g;
	GoSlice pairs; /* []uint32 */
	bool failed;
} RangeList;

static void list_add(RangeList *list, uint32_t lo, uint32_t hi) {
	const TypeDesc *type = native_type(list->g->vm, KIND_UINT32);
	GoSlice grown;
	if (slice_grow(list->g, type, list->pairs, 2, &grown) != PANIC_NONE) {
		list->failed = true;
		return;
	}
	uint32_t *pairs = grown.ptr;
	pairs[grown.len++] = lo;
	pairs[grown.len++] = hi;
	list->pairs = grown;
}

static void list_category(RangeList *list, uint32_t mask) {
	int64_t start = -1;
	for (int32_t r = 0; r <= 0x110000; r++) {
		bool in = r <= 0x10ffff && (mask >> utf8proc_category(r) & 1);
		if (in && start < 0)
			start = r;
		if (!in && start >= 0) {
			list_add(list, (uint32_t)start, (uint32_t)r - 1);
			start = -1;
		}
	}
	native_charge(list->g, 0x110000 / 16);
}

static void list_named(RangeList *list, const NamedTable *tables, size_t count, GoString name) {
	for (size_t i = 0; i < count; i++)
		if (strlen(tables[i].name) == (size_t)name.len &&
		    memcmp(tables[i].name, name.ptr, (size_t)name.len) == 0)
			for (const uint32_t *p = tables[i].pairs; *p != TABLE_END; p += 2)
				list_add(list, p[0], p[1]);
}

static NativeStatus unicode_tableRanges(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		int64_t kind;
		GoString name;
	} *a = NATIVE_ARGS(args);
	RangeList list = {.g = g};
	if (a->kind == KIND_CATEGORY)
		list_category(&list, category_mask(a->name));
	else if (a->kind == KIND_SCRIPT)
		list_named(&list, scripts, COUNT_OF(scripts), a->name);
	else
		list_named(&list, properties, COUNT_OF(properties), a->name);
	a->result = list.pairs;
	return list.failed ? native_panic_code(g, FATAL_OUT_OF_MEMORY) : NATIVE_DONE;
}

static const char *table_name(int64_t kind, size_t i) {
	size_t categories = COUNT_OF(category_names);
	if (kind == KIND_CATEGORY)
		return i < categories				? category_names[i]
		       : i - categories < COUNT_OF(class_names) ? class_names[i - categories]
								: NULL;
	if (kind == KIND_SCRIPT)
		return i < COUNT_OF(scripts) ? scripts[i].name : NULL;
	return i < COUNT_OF(properties) ? properties[i].name : NULL;
}

static NativeStatus unicode_tableNames(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		int64_t kind;
	} *a = NATIVE_ARGS(args);
	size_t count = 0;
	while (table_name(a->kind, count))
		count++;
	const TypeDesc *type = native_type(g->vm, KIND_STRING);
	GoSlice names;
	PanicCode code = slice_make(g, type, (int64_t)count, (int64_t)count, &names);
	for (size_t i = 0; code == PANIC_NONE && i < count; i++)
		store_string((GoString *)names.ptr + i, native_cstring(g, table_name(a->kind, i)));
	a->result = names;
	return native_panic_code(g, code);
}

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
	{"ToUpper", unicode_ToUpper},	    {"tableRanges", unicode_tableRanges},
	{"tableNames", unicode_tableNames}, {NULL, NULL},
};
