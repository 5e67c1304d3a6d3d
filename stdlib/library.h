/* SPDX-License-Identifier: MIT */
/* library.h: the built-in packages: embedded sources and tables of natives. Constant data; any thread. */
#ifndef GOL_STDLIB_LIBRARY_H
#define GOL_STDLIB_LIBRARY_H

#include "vm/native.h"

/* One embedded source file. */
typedef struct LibraryFile {
	const char *package_path;
	const char *name; /* "strings.gol" */
	const uint8_t *packed; /* base/lz.h */
	uint32_t packed_len;
	uint32_t len; /* of the text */
} LibraryFile;

typedef struct LibraryPackage {
	const char *path;
	const NativeDef *natives; /* NULL: none */
	uint32_t capability;      /* GOL_ALLOW_* needed to import it; 0: none */
} LibraryPackage;

const LibraryPackage *library_find(const char *path); /* NULL: no such package */
/* The package whose last path element is name ("rand": "math/rand"); NULL: none. */
const LibraryPackage *library_guess(const char *name);
NativeFn library_native(const LibraryPackage *p, const char *name); /* NULL: none */
/* Files of a package, in order; end of list: NULL. *cursor starts at 0. */
const LibraryFile *library_next_file(const LibraryPackage *p, size_t *cursor);
/* Enumerates packages in the order of packages.def; NULL at the end. */
const LibraryPackage *library_at(size_t index);

/* A native's signature by its function's name; the definition of a type by its own; core types by their numbers
 * ("core.000"). As desc_text writes them. Sorted by name. */
typedef struct LibraryText {
	const char *name, *text;
} LibraryText;
extern const LibraryText library_natives[], library_types[]; /* made by signatures.c */
extern const size_t library_native_count, library_type_count;

/* Whether a function that an image brings is declared as its native is in this library; why says what it should be. */
bool library_native_fits(const Function *fn, Buf *why);
/* Whether the types of an image that natives know, and the core types, are this library's. */
bool library_types_fit(const TypeTable *types, Buf *why);

/* Made by embed.c; sorted by path as given to it. */
extern const LibraryFile library_files[];
extern const size_t library_file_count;
extern const char library_dictionary[]; /* of all files, for lz_unpack */
extern const size_t library_dictionary_len;

#endif
