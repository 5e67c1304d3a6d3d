/* SPDX-License-Identifier: MIT */
/* quote.h: Go's quoted strings and runes, for strconv and fmt. No state. */
#ifndef GOL_STDLIB_STRCONV_QUOTE_H
#define GOL_STDLIB_STRCONV_QUOTE_H

#include "base/buf.h"
#include "runtime/sched.h"

typedef enum QuoteMode {
	QUOTE_PRINT,   /* what IsPrint accepts stays */
	QUOTE_ASCII,   /* only ASCII stays */
	QUOTE_GRAPHIC, /* what IsGraphic accepts stays */
} QuoteMode;

void quote_string(Goroutine *g, Buf *out, const char *s, size_t len, QuoteMode mode); /* with " around */
void quote_rune(Buf *out, int32_t rune, QuoteMode mode);		/* with ' around; invalid runes as U+FFFD */
bool quote_can_backquote(const char *s, size_t len);

/* Reads one character or escape of the text of a literal in `quote` ('"', '\'' or 0); what strconv.UnquoteChar does.
 * Returns the length taken, 0: malformed. multibyte: *rune is to be encoded as UTF-8, else it is a byte. */
size_t quote_read_char(const char *s, size_t len, char quote, int32_t *rune, bool *multibyte);

#endif
