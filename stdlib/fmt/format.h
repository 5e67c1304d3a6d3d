/* SPDX-License-Identifier: MIT */
/* format.h: one operand under flags, width and precision: what is below Printf's verbs. */
#ifndef GOL_STDLIB_FMT_FORMAT_H
#define GOL_STDLIB_FMT_FORMAT_H

#include "base/buf.h"
#include "runtime/sched.h"

/* The directive under way. Bits as fmt.gol's state sees them, see FLAG_. */
typedef struct Flags {
	bool minus, plus, sharp, space, zero, has_width, has_precision, plus_v, sharp_v;
	int64_t width, precision;
} Flags;

enum {
	FLAG_MINUS = 1,
	FLAG_PLUS = 2,
	FLAG_SHARP = 4,
	FLAG_SPACE = 8,
	FLAG_ZERO = 16,
	FLAG_WIDTH = 32,
	FLAG_PRECISION = 64
};

typedef struct Format {
	Buf out;
	Flags flags;
	Goroutine *g;
} Format;

void format_pad(Format *f, const char *s, size_t len); /* s in f's width */
void format_bool(Format *f, bool v);
void format_integer(Format *f, uint64_t v, int base, bool is_signed, int32_t verb, bool upper);
void format_hex64(Format *f, uint64_t v, bool leading_0x);
void format_unicode(Format *f, uint64_t v); /* U+0078 'x' */
void format_char(Format *f, uint64_t v);    /* %c */
void format_quoted_char(Format *f, uint64_t v);
void format_string(Format *f, const char *s, size_t len);
void format_quoted(Format *f, const char *s, size_t len);
void format_hex_string(Format *f, const char *s, size_t len, bool upper);
void format_float(Format *f, double v, int bits, int32_t verb, int64_t precision);
void format_complex(Format *f, double re, double im, int part_bits, int32_t verb);

#endif
