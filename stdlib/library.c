/* SPDX-License-Identifier: MIT */
/* library.c: finds built-in packages, their sources and natives.
 *
 * Owns: the constant table made from packages.def.
 * Rules: no state.
 * Why: one row per package is the single place where a package is declared; the linker complains when a row names natives
 * that do not exist. */
#include "stdlib/library.h"

#include <stdio.h>
#include <string.h>

#include "bytecode/type_text.h"
#include "include/gol.h"

#define DECLARE_true(id) extern const NativeDef natives_##id[];
#define DECLARE_false(id)
#define TABLE_true(id) natives_##id
#define TABLE_false(id) NULL

#define PACKAGE(path, id, has_natives, capability) DECLARE_##has_natives(id)
#include "stdlib/packages.def"
#undef PACKAGE

static const LibraryPackage packages[] = {
#define PACKAGE(path, id, has_natives, capability) {path, TABLE_##has_natives(id), capability},
#include "stdlib/packages.def"
#undef PACKAGE
};

const LibraryPackage *library_at(size_t index) {
	return index < COUNT_OF(packages) ? &packages[index] : NULL;
}

const LibraryPackage *library_find(const char *path) {
	for (size_t i = 0; i < COUNT_OF(packages); i++)
		if (strcmp(packages[i].path, path) == 0)
			return &packages[i];
	return NULL;
}

static bool has_prefix(const char *path, const char *prefix) {
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* "rand" in "math/rand" and in "math/rand/v2": a version suffix is not the name, and the unversioned package comes first.
 * "crypto/rand" and "html/template" are meant only by programs that import them. */
const LibraryPackage *library_guess(const char *name) {
	const LibraryPackage *found = NULL;
	for (size_t i = 0; i < COUNT_OF(packages); i++) {
		const char *slash = strrchr(packages[i].path, '/');
		if (strcmp(slash ? slash + 1 : packages[i].path, name) != 0)
			continue;
		if (!has_prefix(packages[i].path, "crypto/") && !has_prefix(packages[i].path, "html/"))
			return &packages[i];
		if (!found)
			found = &packages[i];
	}
	return found;
}

NativeFn library_native(const LibraryPackage *p, const char *name) {
	for (const NativeDef *d = p->natives; d && d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d->fn;
	return NULL;
}

const LibraryFile *library_next_file(const LibraryPackage *p, size_t *cursor) {
	while (*cursor < library_file_count) {
		const LibraryFile *f = &library_files[(*cursor)++];
		if (strcmp(f->package_path, p->path) == 0)
			return f;
	}
	return NULL;
}

/* ---------------------------------------------------------------- what images must agree with */

static const char *find_text(const LibraryText *table, size_t count, const char *name) {
	size_t low = 0, high = count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(table[mid].name, name);
		if (order == 0)
			return table[mid].text;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Of a generic function the type argument is somewhere in its first parameter. */
bool library_native_fits(const Function *fn, Buf *why) {
	const char *wanted = find_text(library_natives, library_native_count, fn->name);
	Buf text;
	buf_init(&text, why->mem);
	native_text(&text, fn, NULL);
	bool fits = wanted && strcmp(buf_cstr(&text), wanted) == 0;
	const TypeDesc *d = fn->type->param_count ? fn->type->params[0] : NULL;
	for (int depth = 0; wanted && strchr(wanted, '$') && d && !fits && depth < 4; depth++, d = d->elem) {
		text.len = 0;
		native_text(&text, fn, d);
		fits = strcmp(buf_cstr(&text), wanted) == 0;
	}
	if (!fits)
		buf_printf(why, "%s is %s, in this version of gol %s", fn->name, buf_cstr(&text), wanted ? wanted : "nothing");
	buf_deinit(&text);
	return fits;
}

static bool core_fits(const TypeTable *types, int i, Buf *text) {
	const TypeDesc *d = types->core[i];
	char name[20];
	if (!d)
		return true; /* one of reflect's, which is not imported */
	snprintf(name, sizeof name, "core.%03d", i);
	text->len = 0;
	if (d->kind == KIND_INTERFACE)
		desc_definition(text, d, NULL);
	else
		desc_text(text, d, NULL);
	const char *wanted = find_text(library_types, library_type_count, name);
	return wanted && strcmp(buf_cstr(text), wanted) == 0;
}

/* Who imports reflect has all of its types that C code knows; nobody else has values for its natives. */
static bool reflect_is_whole(const TypeTable *types) {
	for (int i = CORE_REFLECT_TYPE; i < CORE_COUNT; i++)
		if (!types->core[i])
			return false;
	return true;
}

bool library_types_fit(const TypeTable *types, Buf *why) {
	Buf text;
	bool fits = true;
	buf_init(&text, why->mem);
	for (int i = 0; i < CORE_COUNT && fits; i++)
		if (!(fits = core_fits(types, i, &text)))
			buf_printf(why, "core type %d is %s", i, buf_cstr(&text));
	for (uint32_t i = 0; i < types->types.len && fits; i++) {
		const TypeDesc *d = types->types.items[i];
		if (!(d->flags & DESC_NAMED) || !d->pkg_path[0])
			continue;
		if (strcmp(d->pkg_path, "reflect") == 0 && !reflect_is_whole(types)) {
			buf_puts(why, "package reflect without its types");
			fits = false;
			break;
		}
		text.len = 0;
		desc_text(&text, d, NULL);
		const char *wanted = find_text(library_types, library_type_count, buf_cstr(&text));
		if (!wanted || (d->kind == KIND_INTERFACE && strncmp(wanted, "interface{", 10) == 0))
			continue; /* the methods of an interface are found by their keys */
		text.len = 0;
		desc_definition(&text, d, NULL);
		if (!(fits = strcmp(buf_cstr(&text), wanted) == 0))
			buf_printf(why, "type %s.%s is %s, in this version of gol %s", d->pkg_path, d->short_name, buf_cstr(&text), wanted);
	}
	buf_deinit(&text);
	return fits;
}
