/* SPDX-License-Identifier: MIT */
/* names.h: what names.c, complete.c and doc.c share: questions about the session's names and types. */
#ifndef GOL_API_NAMES_H
#define GOL_API_NAMES_H

#include "api/api_internal.h"
#include "types/internal.h"

typedef void (*Sink)(void *user, const char *text, size_t len);

typedef struct Answer {
	Type *type;
	uint8_t mode; /* Mode; MODE_TYPE: the text is a type */
} Answer;

/* The type of an expression in the session. False: it is none; why stays among the diagnostics. */
bool question_type(GolVM *vm, const char *text, size_t len, Answer *out);
void question_drop(GolProgram *p); /* forgets what was reported */

GolNameKind name_kind(const Object *o);
void put_object_type(Buf *out, const Object *o, Package *pkg); /* of a package its path */
Str source_text(const SourceSet *set, Pos begin, Pos end);
/* The package that a name means: imported by the session, or of the library. NULL: none. */
Package *package_named(GolVM *vm, const char *name, size_t len);

#endif
