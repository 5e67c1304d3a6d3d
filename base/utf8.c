/* SPDX-License-Identifier: MIT */
/* utf8.c: decoding and encoding; classes, case and width from utf8proc.
 *
 * Rules: every function answers exactly as Go's unicode, unicode/utf8 and strconv packages do (Unicode 15.0).
 * Why: utf8proc's tables are in every distribution and small; version 2.8 answers as Go does for every rune but one. */
#include "base/utf8.h"

#include <utf8proc.h>

/* ---- encoding ---- */

static inline bool is_continuation(uint8_t c) {
	return (c & 0xC0) == 0x80;
}

static int utf8_decode_multi(const uint8_t *s, size_t len, int32_t *rune) {
	uint8_t c = s[0];
	*rune = RUNE_ERROR;
	if (c < 0xC2 || c > 0xF4 || len < 2 || !is_continuation(s[1]))
		return 1;
	if (c < 0xE0) {
		*rune = (c & 0x1F) << 6 | (s[1] & 0x3F);
		return 2;
	}
	if (len < 3 || !is_continuation(s[2]))
		return 1;
	if (c < 0xF0) {
		if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F))
			return 1; /* overlong; surrogate */
		*rune = (c & 0x0F) << 12 | (s[1] & 0x3F) << 6 | (s[2] & 0x3F);
		return 3;
	}
	if (len < 4 || !is_continuation(s[3]) || (c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] > 0x8F))
		return 1;
	*rune = (c & 0x07) << 18 | (s[1] & 0x3F) << 12 | (s[2] & 0x3F) << 6 | (s[3] & 0x3F);
	return 4;
}

int utf8_decode(const char *s, size_t len, int32_t *rune) {
	if (len == 0) {
		*rune = RUNE_ERROR;
		return 0;
	}
	uint8_t c = (uint8_t)s[0];
	if (LIKELY(c < 0x80)) {
		*rune = c;
		return 1;
	}
	return utf8_decode_multi((const uint8_t *)s, len, rune);
}

int utf8_decode_last(const char *s, size_t len, int32_t *rune) {
	if (len == 0) {
		*rune = RUNE_ERROR;
		return 0;
	}
	size_t start = len - 1;
	size_t lowest = len > 4 ? len - 4 : 0;
	while (start > lowest && is_continuation((uint8_t)s[start]))
		start--;
	int n = utf8_decode(s + start, len - start, rune);
	if (start + (size_t)n != len) {
		*rune = RUNE_ERROR;
		return 1;
	}
	return n;
}

int utf8_len(int32_t rune) {
	if (rune < 0)
		return -1;
	if (rune < 0x80)
		return 1;
	if (rune < 0x800)
		return 2;
	if (rune >= 0xD800 && rune <= 0xDFFF)
		return -1;
	if (rune < 0x10000)
		return 3;
	return rune <= 0x10FFFF ? 4 : -1;
}

int utf8_encode(int32_t rune, char out[4]) {
	int n = utf8_len(rune);
	if (n < 0) {
		rune = RUNE_ERROR;
		n = 3;
	}
	switch (n) {
	case 1:
		out[0] = (char)rune;
		break;
	case 2:
		out[0] = (char)(0xC0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3F));
		break;
	case 3:
		out[0] = (char)(0xE0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
		out[2] = (char)(0x80 | (rune & 0x3F));
		break;
	default:
		out[0] = (char)(0xF0 | rune >> 18);
		out[1] = (char)(0x80 | (rune >> 12 & 0x3F));
		out[2] = (char)(0x80 | (rune >> 6 & 0x3F));
		out[3] = (char)(0x80 | (rune & 0x3F));
	}
	return n;
}

/* Length of the ASCII run at the start, found eight bytes at a time. */
static size_t ascii_run(const char *s, size_t len) {
	size_t i = 0;
	for (uint64_t word; i + 8 <= len; i += 8) {
		memcpy(&word, s + i, 8);
		if (word & 0x8080808080808080u)
			break;
	}
	while (i < len && (uint8_t)s[i] < 0x80)
		i++;
	return i;
}

bool utf8_valid(const char *s, size_t len) {
	for (size_t i = ascii_run(s, len); i < len; i += ascii_run(s + i, len - i)) {
		int32_t rune;
		int n = utf8_decode(s + i, len - i, &rune);
		if (n == 1)
			return false; /* ascii_run stopped at a byte >= 0x80 */
		i += (size_t)n;
	}
	return true;
}

size_t utf8_count(const char *s, size_t len) {
	size_t count = 0;
	for (size_t i = 0; i < len;) {
		size_t ascii = ascii_run(s + i, len - i);
		count += ascii;
		i += ascii;
		if (i < len) {
			int32_t rune;
			i += (size_t)utf8_decode(s + i, len - i, &rune);
			count++;
		}
	}
	return count;
}

/* ---- classes ---- */

/* One bit per utf8proc category, so that a class is a mask. */
#define CAT(c) (1u << UTF8PROC_CATEGORY_##c)
#define CAT_LETTER (CAT(LU) | CAT(LL) | CAT(LT) | CAT(LM) | CAT(LO))
#define CAT_MARK (CAT(MN) | CAT(MC) | CAT(ME))
#define CAT_NUMBER (CAT(ND) | CAT(NL) | CAT(NO))
#define CAT_PUNCT (CAT(PC) | CAT(PD) | CAT(PS) | CAT(PE) | CAT(PI) | CAT(PF) | CAT(PO))
#define CAT_SYMBOL (CAT(SM) | CAT(SC) | CAT(SK) | CAT(SO))

static inline bool has_category(int32_t r, uint32_t mask) {
	return (mask >> utf8proc_category(r) & 1) != 0;
}

bool rune_is_letter(int32_t r) {
	return has_category(r, CAT_LETTER);
}

bool rune_is_digit(int32_t r) {
	return has_category(r, CAT(ND));
}

bool rune_is_number(int32_t r) {
	return has_category(r, CAT_NUMBER);
}

bool rune_is_upper(int32_t r) {
	return has_category(r, CAT(LU));
}

bool rune_is_lower(int32_t r) {
	return has_category(r, CAT(LL));
}

bool rune_is_title(int32_t r) {
	return has_category(r, CAT(LT));
}

/* The property White_Space. */
bool rune_is_space(int32_t r) {
	if (r < 0x100)
		return (r >= '\t' && r <= '\r') || r == ' ' || r == 0x85 || r == 0xA0;
	return r == 0x1680 || (r >= 0x2000 && r <= 0x200A) || r == 0x2028 || r == 0x2029 || r == 0x202F ||
	       r == 0x205F || r == 0x3000;
}

bool rune_is_punct(int32_t r) {
	return has_category(r, CAT_PUNCT);
}

bool rune_is_symbol(int32_t r) {
	return has_category(r, CAT_SYMBOL);
}

bool rune_is_mark(int32_t r) {
	return has_category(r, CAT_MARK);
}

bool rune_is_control(int32_t r) {
	return has_category(r, CAT(CC));
}

bool rune_is_graphic(int32_t r) {
	return has_category(r, CAT_LETTER | CAT_MARK | CAT_NUMBER | CAT_PUNCT | CAT_SYMBOL | CAT(ZS));
}

bool rune_is_print(int32_t r) {
	return r == ' ' || has_category(r, CAT_LETTER | CAT_MARK | CAT_NUMBER | CAT_PUNCT | CAT_SYMBOL);
}

/* ---- case and width ---- */

static inline bool in_range(int32_t r) {
	return r >= 0 && r <= 0x10FFFF;
}

enum { SHARP_S = 0xDF }; /* utf8proc maps it to U+1E9E; Unicode's simple mapping, and Go, leave it alone */

int32_t rune_to_upper(int32_t r) {
	return in_range(r) && r != SHARP_S ? utf8proc_toupper(r) : r;
}

int32_t rune_to_lower(int32_t r) {
	return in_range(r) ? utf8proc_tolower(r) : r;
}

int32_t rune_to_title(int32_t r) {
	return in_range(r) && r != SHARP_S ? utf8proc_totitle(r) : r;
}

int rune_width(int32_t r) {
	return in_range(r) ? utf8proc_charwidth(r) : 1;
}
