/* SPDX-License-Identifier: MIT */
/* image_internal.h: what the files that read images share. */
#ifndef GOL_BYTECODE_IMAGE_INTERNAL_H
#define GOL_BYTECODE_IMAGE_INTERNAL_H

#include "bytecode/image.h"
#include "bytecode/shape.h"

#define MAX_IMAGE_CONSTANTS (1ull << 20) /* bytes, and as many as the image has, sixteen times over */
#define MAX_IMAGE_GLOBALS (1ull << 30) /* bytes; what vm/link.c reserves */

/* What is being read. After a failure there is nothing left to read, so whoever loops comes to an end. */
typedef struct Reader {
	const uint8_t *at, *end; /* of the present section */
	const uint8_t *body;     /* of all sections */
	Arena *arena;
	TypeTable *types;
	Program *program;
	const ImageHost *host;
	Buf *error, reason;
	bool failed;
	ImageHeader header;
	GoString *strings;
	TypeDesc *descs;
	MethodKey *keys;
	Function *functions;
	uint32_t string_count, type_count, key_count, function_count;
	uint64_t pointer_words; /* looked at so far */
	uint64_t constant_bytes;
} Reader;

void image_fail(Reader *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* image_types.c: the descriptors, of which only the parts are there, get their shapes, and are consistent among each
 * other; types->types and what it says of layouts is filled. */
void image_check_types(Reader *r);
/* Accounts for a walk over all pointers of a value; false after failing: too many for one image. */
/* Once the functions are known: methods fit them. */
void image_check_methods(Reader *r);
bool image_pointers_fit(Reader *r, const TypeDesc *d);

#endif
