/* SPDX-License-Identifier: MIT */
/* number.h: decimal <-> double, used by fmt, strconv, print and the constant folder alike. No state. */
#ifndef GOL_BASE_NUMBER_H
#define GOL_BASE_NUMBER_H

#include "base/base.h"

enum { NUMBER_BUF = 1200 }; /* enough for any format below with precision <= 800 */

/* strconv.FormatFloat: format one of e E f g G b x X, precision -1 = shortest that round-trips, bits 32 or 64.
 * Writes at most `cap` bytes, returns the length that was needed (> cap: nothing useful was written). */
size_t number_format(char *out, size_t cap, double value, char format, int precision, int bits);

/* strconv.ParseFloat's grammar (decimal, hex, inf, nan, underscores only if allowed). Status: 0 ok, 1 syntax, 2 range
 * (value is then +-Inf). For bits == 32 the result is rounded once, to float32. */
int number_parse(const char *s, size_t len, int bits, bool underscores, double *value);

/* print/println's format for floats: +1.500000e+000. Returns the length; out holds at least 32 bytes. */
size_t number_format_print(char *out, double value);

/* Integers in base 2..36; out holds at least 65 bytes; returns the length. */
size_t number_format_uint(char *out, uint64_t value, int base, bool upper);
size_t number_format_int(char *out, int64_t value, int base);

#endif
