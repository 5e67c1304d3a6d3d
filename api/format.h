/* SPDX-License-Identifier: MIT */
/* format.h: what format.c and format_text.c share. */
#ifndef GOL_API_FORMAT_H
#define GOL_API_FORMAT_H

#include "api/api_internal.h"

/* What Error or String said about a value. */
typedef struct FormatText {
	const TypeDesc *type;
	uint64_t key; /* the value when it is a word, else its address */
	char *text;   /* NULL: it failed */
	size_t len;
} FormatText;

enum { MAX_FORMAT_TEXTS = 200, MAX_FORMAT_DEPTH = 100 };

typedef struct Formatter {
	GolVM *vm;
	GolFormat options;
	Buf *out;
	bool calls;     /* Error and String methods may be called */
	bool is_flat;   /* everything on one line, of which flat_left columns are left; < 0: it did not fit */
	int64_t flat_left;
	uint32_t depth;
	const void *path[MAX_FORMAT_DEPTH]; /* pointers and maps on the way here */
	uint32_t path_len;
	FormatText *texts;
	uint32_t text_count;
	bool wants_text; /* a method must be called (Eval.pending) before it can be done */
} Formatter;

/* What the methods of v's type say; NULL: they say nothing, or not yet (wants_text). */
const FormatText *format_text(Formatter *f, GolValue v);
bool format_ask(Formatter *f); /* calls the method that was wanted; false: no memory */
void format_texts_free(Formatter *f);

#endif
