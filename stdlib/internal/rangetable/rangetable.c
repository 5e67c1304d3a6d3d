/* SPDX-License-Identifier: MIT */
/* rangetable.c: the code points of Unicode's categories, scripts and properties, for unicode's tables and regexp's classes.
 *
 * Owns: constant tables of scripts and properties (tables.def).
 * Why: categories are read off utf8proc when a program uses their tables, since most never do. That takes milliseconds,
 * so it is done once for all of them: package rangetable keeps the runs. */
#include <utf8proc.h>

#include "vm/native.h"

#define TABLE_END UINT32_MAX

enum { RUNE_LAST = 0x10ffff, CATEGORY_BITS = 5, CATEGORY_MASK = (1 << CATEGORY_BITS) - 1 };

typedef struct NamedTable {
	const char *name;
	const uint32_t *pairs; /* ends with TABLE_END */
} NamedTable;

static const NamedTable scripts[] = {
#define SCRIPT(name, ...) {name, (const uint32_t[]){__VA_ARGS__}},
#define PROPERTY(name, ...)
#include "stdlib/internal/rangetable/tables.def"
#undef SCRIPT
#undef PROPERTY
};

static const NamedTable properties[] = {
#define SCRIPT(name, ...)
#define PROPERTY(name, ...) {name, (const uint32_t[]){__VA_ARGS__}},
#include "stdlib/internal/rangetable/tables.def"
#undef SCRIPT
#undef PROPERTY
};

/* In the order of utf8proc_category_t. */
static const char category_names[][3] = {"Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd",
					 "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm",
					 "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co"};
static const char class_names[][3] = {"C", "L", "LC", "M", "N", "P", "S", "Z"};

enum { KIND_CATEGORY, KIND_SCRIPT, KIND_PROPERTY }; /* as in rangetable.gol */

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
	GoSlice words; /* []uint32 */
	bool failed;
} RangeList;

static void list_add(RangeList *list, uint32_t word) {
	if (list->words.len == list->words.cap) {
		const TypeDesc *type = native_type(list->g->vm, KIND_UINT32);
		GoSlice grown;
		if (slice_grow(list->g, type, list->words, 1, &grown) != PANIC_NONE) {
			list->failed = true;
			return;
		}
		list->words = grown;
	}
	uint32_t *words = list->words.ptr;
	words[list->words.len++] = word;
}

/* func categoryRuns() []uint32: the code points where another category begins, above the category. */
static NativeStatus category_runs(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
	} *a = NATIVE_ARGS(args);
	RangeList list = {.g = g};
	uint32_t last = UINT32_MAX;
	for (uint32_t r = 0; r <= RUNE_LAST; r++) {
		uint32_t category = (uint32_t)utf8proc_category((int32_t)r);
		if (category != last)
			list_add(&list, r << CATEGORY_BITS | category);
		last = category;
	}
	native_charge(g, RUNE_LAST / 16);
	a->result = list.words;
	return list.failed ? native_panic_code(g, FATAL_OUT_OF_MEMORY) : NATIVE_DONE;
}

/* func categoryRanges(runs []uint32, name string) []uint32 */
static NativeStatus category_ranges(Goroutine *g, Slot *args) {
	struct {
		GoSlice result, runs;
		GoString name;
	} *a = NATIVE_ARGS(args);
	RangeList list = {.g = g};
	uint32_t mask = category_mask(a->name);
	const uint32_t *runs = a->runs.ptr;
	bool open = false;
	for (int64_t i = 0; i < a->runs.len; i++) {
		bool in = mask >> (runs[i] & CATEGORY_MASK) & 1;
		if (in && !open)
			list_add(&list, runs[i] >> CATEGORY_BITS);
		if (!in && open)
			list_add(&list, (runs[i] >> CATEGORY_BITS) - 1);
		open = in;
	}
	if (open)
		list_add(&list, RUNE_LAST);
	a->result = list.words;
	return list.failed ? native_panic_code(g, FATAL_OUT_OF_MEMORY) : NATIVE_DONE;
}

static void list_named(RangeList *list, const NamedTable *tables, size_t count, GoString name) {
	for (size_t i = 0; i < count; i++)
		if (strlen(tables[i].name) == (size_t)name.len &&
		    memcmp(tables[i].name, name.ptr, (size_t)name.len) == 0)
			for (const uint32_t *p = tables[i].pairs; *p != TABLE_END; p++)
				list_add(list, *p);
}

/* func namedRanges(kind int, name string) []uint32 */
static NativeStatus named_ranges(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		int64_t kind;
		GoString name;
	} *a = NATIVE_ARGS(args);
	RangeList list = {.g = g};
	if (a->kind == KIND_SCRIPT)
		list_named(&list, scripts, COUNT_OF(scripts), a->name);
	else
		list_named(&list, properties, COUNT_OF(properties), a->name);
	a->result = list.words;
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

/* func Names(kind int) []string */
static NativeStatus names_of(Goroutine *g, Slot *args) {
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

const NativeDef natives_internal_rangetable[] = {
	{"Names", names_of},
	{"namedRanges", named_ranges},
	{"categoryRuns", category_runs},
	{"categoryRanges", category_ranges},
	{NULL, NULL},
};
