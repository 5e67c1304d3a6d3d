/* SPDX-License-Identifier: MIT */
/* parse.c: text -> integer with strconv's rules. No state. */
#include "stdlib/strconv/parse.h"

static int digit_value(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* Takes a prefix off and tells the base it stands for. */
static int64_t read_base(const char **s, size_t *len) {
	if ((*s)[0] != '0')
		return 10;
	char letter = *len >= 3 ? (char)((*s)[1] | 0x20) : 0;
	int64_t base = letter == 'b' ? 2 : letter == 'o' ? 8 : letter == 'x' ? 16 : 0;
	size_t skip = base ? 2 : 1;
	*s += skip;
	*len -= skip;
	return base ? base : 8;
}

ParseStatus parse_uint(const char *s, size_t len, int64_t base, int64_t bits, uint64_t *out) {
	*out = 0;
	if (len == 0)
		return PARSE_SYNTAX;
	bool underscores = base == 0, after_digit = false, underscore = false;
	if (base == 0) {
		size_t full = len;
		base = read_base(&s, &len);
		after_digit = len < full;
	} else if (base < 2 || base > 36) {
		return PARSE_BASE;
	}
	if (bits == 0)
		bits = 64;
	else if (bits < 0 || bits > 64)
		return PARSE_BITS;
	uint64_t n = 0, max = UINT64_MAX >> (64 - bits);
	bool misplaced = false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '_' && underscores) {
			misplaced |= !after_digit;
			after_digit = false;
			underscore = true;
			continue;
		}
		int d = digit_value(s[i]);
		if (d >= base)
			return PARSE_SYNTAX;
		after_digit = true;
		uint64_t scaled;
		if (__builtin_mul_overflow(n, (uint64_t)base, &scaled) ||
		    __builtin_add_overflow(scaled, (uint64_t)d, &n) || n > max) {
			*out = max;
			return PARSE_RANGE;
		}
	}
	if (underscore && (misplaced || !after_digit))
		return PARSE_SYNTAX;
	*out = n;
	return PARSE_OK;
}

ParseStatus parse_int(const char *s, size_t len, int64_t base, int64_t bits, int64_t *out) {
	*out = 0;
	if (len == 0)
		return PARSE_SYNTAX;
	bool negative = s[0] == '-';
	size_t skip = negative || s[0] == '+';
	uint64_t n;
	ParseStatus status = parse_uint(s + skip, len - skip, base, bits, &n);
	if (status != PARSE_OK && status != PARSE_RANGE)
		return status;
	uint64_t cutoff = (uint64_t)1 << ((bits == 0 ? 64 : bits) - 1);
	if (!negative && n >= cutoff) {
		*out = (int64_t)(cutoff - 1);
		return PARSE_RANGE;
	}
	if (negative && n > cutoff) {
		*out = (int64_t)(0 - cutoff);
		return PARSE_RANGE;
	}
	*out = (int64_t)(negative ? 0 - n : n);
	return PARSE_OK;
}
