/* SPDX-License-Identifier: MIT */
/* image.h: programs as files. An image holds everything a Program reaches and nothing that depends on the process.
 *
 *   #!/usr/bin/env gol        optional: one line, skipped
 *   header                    magic, format, fingerprint of opcodes.def, checksum, sections (struct ImageHeader)
 *   sections                  in the order of ImageSection, each a run of LEB128 numbers and bytes
 *
 * Numbers refer to strings, types, keys, globals and functions by index; instructions are written operand by operand, as
 * their shapes say. What follows from something else (sizes, offsets, heap layouts, slots of arguments, addresses) is not
 * stored but computed by the reader as the compiler computed it, so it cannot be wrong. Everything is little-endian. */
#ifndef GOL_BYTECODE_IMAGE_H
#define GOL_BYTECODE_IMAGE_H

#include "base/buf.h"
#include "bytecode/program.h"

enum { IMAGE_FORMAT = 1 };
#define IMAGE_MAGIC "\x7fgolc\r\n\x1a"

typedef enum ImageSection {
	SECTION_META,      /* version of Gol, path of the main package, numbers of entry and init */
	SECTION_STRINGS,   /* count, lengths, bytes: names and constants */
	SECTION_TYPES,
	SECTION_KEYS,      /* of methods */
	SECTION_CORE,      /* which types are those of core_types.def */
	SECTION_GLOBALS,
	SECTION_FILES,
	SECTION_FUNCTIONS, /* all but code and lines */
	SECTION_CODE,
	SECTION_LINES,
	SECTION_COUNT,
} ImageSection;

typedef struct ImageHeader {
	char magic[8];
	uint32_t format;
	uint32_t total;         /* bytes from here (the magic) to the end */
	uint64_t fingerprint;   /* of opcodes.def */
	uint64_t checksum;      /* of everything behind this field */
	uint32_t ends[SECTION_COUNT]; /* of each section, in bytes behind the header */
} ImageHeader;

uint64_t image_fingerprint(void);
uint64_t image_checksum(const void *data, size_t len);
/* Whether data begins as images do; *start: where the header is (behind a #! line). */
bool image_recognize(const void *data, size_t len, size_t *start);

/* The package and the name in it under which a native is looked up: "strings" and "Index" for "strings.Index". */
void native_split(const char *function_name, Str *path, Str *name);

/* How images name the host's functions. */
typedef struct ImageHost {
	void *user;
	/* Writing: the declaration of a function that is not built in; NULL: it is. In memory that lives as long as the call. */
	const char *(*declaration)(void *user, const Function *fn);
	/* Reading: sets fn->native and fn->native_data; declaration is NULL for those that are built in. False: there is no
	 * such function, or it is another one; `why` says so. */
	bool (*bind)(void *user, Function *fn, const char *declaration, Buf *why);
	/* Reading: whether types of the image that C code knows are what it takes them for. */
	bool (*types_fit)(void *user, const TypeTable *types, Buf *why);
} ImageHost;

/* Appends the image of p to out (out->failed: no memory). The same program gives the same bytes. */
void image_write(const Program *p, const char *version, const ImageHost *host, Buf *out);

/* Makes a program from an image, with everything in the arena, types in the (empty) table. Nothing is trusted: the program
 * is safe to run. NULL: error has the reason; arena->failed: no memory. data is not needed afterwards. */
const Program *image_read(Arena *arena, TypeTable *types, const void *data, size_t len, const char *version,
			  const ImageHost *host, Buf *error);

#endif
