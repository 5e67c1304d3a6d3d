/* SPDX-License-Identifier: MIT */
/* library.c: finds built-in packages, their sources and natives.
 *
 * Owns: the constant table made from packages.def.
 * Rules: no state.
 * Why: one row per package is the single place where a package is declared; the linker complains when a row names natives
 * that do not exist. */
#include "stdlib/library.h"

#include <string.h>

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

/* "rand" in "math/rand" and in "math/rand/v2": a version suffix is not the name, and the unversioned package comes first. */
const LibraryPackage *library_guess(const char *name) {
	for (size_t i = 0; i < COUNT_OF(packages); i++) {
		const char *slash = strrchr(packages[i].path, '/');
		if (strcmp(slash ? slash + 1 : packages[i].path, name) == 0)
			return &packages[i];
	}
	return NULL;
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
