/* SPDX-License-Identifier: MIT */
/* parse.h: text -> integer with strconv's rules, for strconv and fmt. No state. */
#ifndef GOL_STDLIB_STRCONV_PARSE_H
#define GOL_STDLIB_STRCONV_PARSE_H

#include "base/base.h"

typedef enum ParseStatus { PARSE_OK, PARSE_SYNTAX, PARSE_RANGE, PARSE_BASE, PARSE_BITS } ParseStatus;

/* base 0: from the prefix, underscores allowed. bits 0 means 64. On PARSE_RANGE *out is the nearest value. */
ParseStatus parse_uint(const char *s, size_t len, int64_t base, int64_t bits, uint64_t *out);
ParseStatus parse_int(const char *s, size_t len, int64_t base, int64_t bits, int64_t *out);

#endif
