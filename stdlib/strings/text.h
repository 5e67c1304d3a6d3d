/* SPDX-License-Identifier: MIT */
/* text.h: searching, cutting and case of UTF-8 text: what strings and bytes have in common. No state. */
#ifndef GOL_STDLIB_STRINGS_TEXT_H
#define GOL_STDLIB_STRINGS_TEXT_H

#include "base/buf.h"
#include "vm/native.h"

/* Those that take a goroutine look whether the program is being stopped, and end early then.
 * Byte offsets, -1 when absent. */
int64_t text_index(Str s, Str sub);
int64_t text_last_index(Goroutine *g, Str s, Str sub);
int64_t text_index_byte(Str s, char c);
int64_t text_last_index_byte(Str s, char c);
int64_t text_index_rune(Goroutine *g, Str s, int32_t r);
int64_t text_index_any(Goroutine *g, Str s, Str chars);
int64_t text_last_index_any(Goroutine *g, Str s, Str chars);
int64_t text_count(Goroutine *g, Str s, Str sub); /* without overlap; runes + 1 for an empty sub */
bool text_equal_fold(Goroutine *g, Str a, Str b);

typedef enum TrimMode { TRIM_BOTH, TRIM_LEFT, TRIM_RIGHT } TrimMode;
Str text_trim(Goroutine *g, Str s, Str cutset, TrimMode mode);
Str text_trim_space(Goroutine *g, Str s);

typedef enum CaseMode { CASE_UPPER, CASE_LOWER, CASE_TITLE } CaseMode;
/* False: s is not changed by it, and nothing was written. */
bool text_map_case(Goroutine *g, Buf *out, Str s, CaseMode mode);
/* Replaces runs of invalid bytes. False: none. */
bool text_to_valid(Goroutine *g, Buf *out, Str s, Str replacement);
/* Replaces the first n instances (all: n < 0). False: none, and nothing was written. */
bool text_replace(Goroutine *g, Buf *out, Str s, Str old, Str with, int64_t n);

/* A list of parts of s: []string or [][]byte. */
typedef enum PieceKind { PIECE_STRING, PIECE_BYTES } PieceKind;
/* Split, SplitN, SplitAfter, SplitAfterN: `keep` bytes of the separator stay with the piece before it. */
PanicCode text_split(Goroutine *g, PieceKind kind, Str s, Str sep, int64_t keep, int64_t n, GoSlice *out);
PanicCode text_fields(Goroutine *g, PieceKind kind, Str s, GoSlice *out);

#endif
