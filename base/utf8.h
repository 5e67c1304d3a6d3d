/* SPDX-License-Identifier: MIT */
/* utf8.h: decoding and encoding; classes, case and width from utf8proc. No state; safe from any thread. */
#ifndef GOL_BASE_UTF8_H
#define GOL_BASE_UTF8_H

#include "base/base.h"

#define RUNE_ERROR 0xFFFD

/* Decode as Go does: on invalid input *rune = RUNE_ERROR and 1 is returned; 0 only when len == 0. */
int utf8_decode(const char *s, size_t len, int32_t *rune);
int utf8_decode_last(const char *s, size_t len, int32_t *rune);
int utf8_encode(int32_t rune, char out[4]); /* bytes written; surrogates and out-of-range become U+FFFD */
int utf8_len(int32_t rune);                 /* -1 when not encodable */
bool utf8_valid(const char *s, size_t len);
size_t utf8_count(const char *s, size_t len);

bool rune_is_letter(int32_t r); /* unicode.IsLetter; '_' is not one */
bool rune_is_digit(int32_t r);  /* Nd */
bool rune_is_number(int32_t r);
bool rune_is_upper(int32_t r);
bool rune_is_lower(int32_t r);
bool rune_is_title(int32_t r);
bool rune_is_space(int32_t r); /* unicode.IsSpace */
bool rune_is_punct(int32_t r);
bool rune_is_symbol(int32_t r);
bool rune_is_mark(int32_t r);
bool rune_is_control(int32_t r);
bool rune_is_graphic(int32_t r);
bool rune_is_print(int32_t r); /* strconv.IsPrint and unicode.IsPrint: what %q leaves unescaped */
int32_t rune_to_upper(int32_t r);
int32_t rune_to_lower(int32_t r);
int32_t rune_to_title(int32_t r);
int rune_width(int32_t r); /* terminal columns: 0, 1 or 2 */

#endif
