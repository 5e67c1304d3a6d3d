/* SPDX-License-Identifier: MIT */
/* number_parse.c: text -> double or float, in strconv.ParseFloat's grammar.
 *
 * Rules: a result is always the correctly rounded one (ties to even), for float32 with a single rounding.
 * Why: up to 19 digits times a 128-bit power of ten give an interval around the value (after D. Lemire, "Number parsing
 * at a gigabyte per second", and M. Eisel); when both its ends round alike, that is the answer. Otherwise the digits,
 * up to 800, are compared exactly with the one halfway point inside (after W. Clinger, "How to read floating point
 * numbers accurately"). */
#include <math.h>

#include "base/number.h"
#include "base/pow10.h"

enum { STATUS_OK, STATUS_SYNTAX, STATUS_RANGE };
enum {
	KEPT_DIGITS = 800, /* a halfway point has at most 767 + 1 significant digits */
	BIG_LIMBS = 128
}; /* 32 bits each: 800 digits, or 54 bits times 5^1142 */

typedef struct Scan {
	const char *s; /* first character of the mantissa's digits (behind sign and 0x) */
	size_t digits_len;
	uint64_t mantissa; /* up to 19 decimal or 16 hexadecimal digits */
	int64_t exponent;  /* of ten or two: value = mantissa * base^exponent, cut if `more` */
	bool negative, hex, more;
} Scan;

/* IEEE format. A value is handled as its bit pattern without sign: patterns are ordered like the values. */
typedef struct Format {
	int mantissa_bits; /* without the hidden one */
	int min_exponent;  /* of the last mantissa bit of subnormals */
	uint64_t infinity;
} Format;
static const Format format32 = {23, -149, 0xffull << 23}, format64 = {52, -1074, 0x7ffull << 52};

static double pattern_value(const Format *f, uint64_t pattern, bool negative) {
	double v;
	if (f == &format32) {
		uint32_t half = (uint32_t)pattern;
		float single;
		memcpy(&single, &half, sizeof single);
		v = (double)single;
	} else {
		memcpy(&v, &pattern, sizeof v);
	}
	return negative ? -v : v;
}

/* Rounds (hi:lo + a little more if sticky) * 2^exponent to a pattern; hi:lo != 0. */
static uint64_t pattern_round(const Format *f, unsigned __int128 n, int64_t exponent, bool sticky) {
	int zeros = n >> 64 ? __builtin_clzll((uint64_t)(n >> 64)) : 64 + __builtin_clzll((uint64_t)n);
	n <<= zeros;
	exponent -= zeros;
	int64_t cut = 127 - f->mantissa_bits; /* bits to drop from the 128 */
	if (exponent + cut < f->min_exponent)
		cut = f->min_exponent - exponent;
	if (cut > 128)
		return 0;
	uint64_t kept = cut == 128 ? 0 : (uint64_t)(n >> cut);
	unsigned __int128 half = (unsigned __int128)1 << (cut - 1), rest = n & (half | (half - 1));
	if (rest > half || (rest == half && (sticky || (kept & 1))))
		kept++;
	int64_t biased =
		exponent + cut - f->min_exponent; /* 0: subnormal, or first normal binade (hidden bit counts 1) */
	uint64_t limit = f->infinity >> f->mantissa_bits;
	if (biased >= (int64_t)limit)
		return f->infinity;
	uint64_t pattern = kept + ((uint64_t)biased << f->mantissa_bits);
	return pattern < f->infinity ? pattern : f->infinity;
}

/* ---------------------------------------------------------------- exact comparison */

typedef struct Big {
	uint32_t limb[BIG_LIMBS];
	int len;
} Big;

static void big_mul_add(Big *b, uint32_t factor, uint32_t add) {
	uint64_t carry = add;
	for (int i = 0; i < b->len; i++) {
		carry += (uint64_t)b->limb[i] * factor;
		b->limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry && b->len < BIG_LIMBS)
		b->limb[b->len++] = (uint32_t)carry;
}

static void big_mul_pow5(Big *b, int64_t n) {
	for (; n >= 13; n -= 13)
		big_mul_add(b, 1220703125, 0);
	for (; n > 0; n--)
		big_mul_add(b, 5, 0);
}

static void big_shift(Big *b, int64_t n) {
	int words = (int)(n / 32), bits = (int)(n % 32);
	if (bits)
		big_mul_add(b, 1u << bits, 0);
	if (words == 0 || b->len == 0)
		return;
	assert(b->len + words <= BIG_LIMBS);
	memmove(b->limb + words, b->limb, (size_t)b->len * sizeof b->limb[0]);
	memset(b->limb, 0, (size_t)words * sizeof b->limb[0]);
	b->len += words;
}

static int big_compare(const Big *a, const Big *b) {
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	for (int i = a->len - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

/* Reads the significant digits; *exponent becomes that of the last one kept. */
static void big_digits(Big *b, const Scan *scan, int64_t explicit_exponent, int64_t *exponent) {
	int kept = 0;
	bool point = false, more = false;
	*exponent = explicit_exponent;
	b->len = 0;
	for (size_t i = 0; i < scan->digits_len; i++) {
		char c = scan->s[i];
		if (c == '_')
			continue;
		if (c == '.') {
			point = true;
			continue;
		}
		if (kept < KEPT_DIGITS && (kept > 0 || c != '0')) {
			big_mul_add(b, 10, (uint32_t)(c - '0'));
			kept++;
			*exponent -= point;
		} else {
			more |= kept > 0 && c != '0';
			*exponent += (kept > 0) - point;
		}
	}
	if (more) { /* anything nonzero behind decides like a 1 */
		big_mul_add(b, 10, 1);
		--*exponent;
	}
}

/* The value lies between the patterns low and low + 1: which one is nearer? */
static uint64_t pattern_nearer(const Format *f, uint64_t low, const Scan *scan, int64_t explicit_exponent) {
	Big digits, half = {.len = 0};
	int64_t q;
	big_digits(&digits, scan, explicit_exponent, &q);
	uint64_t biased = low >> f->mantissa_bits, m = low & (((uint64_t)1 << f->mantissa_bits) - 1);
	if (biased > 0) {
		m |= (uint64_t)1 << f->mantissa_bits;
		biased--;
	}
	int64_t e = f->min_exponent + (int64_t)biased - 1; /* the halfway point is (2m + 1) * 2^e */
	m = 2 * m + 1;
	for (; m != 0; m >>= 32)
		half.limb[half.len++] = (uint32_t)m;
	big_mul_pow5(q >= 0 ? &digits : &half, q >= 0 ? q : -q);
	if (q >= e)
		big_shift(&digits, q - e);
	else
		big_shift(&half, e - q);
	int order = big_compare(&digits, &half);
	return low + (order > 0 || (order == 0 && (low & 1)));
}

/* ---------------------------------------------------------------- decimal */

/* Both factors are exact, so one IEEE operation rounds once. */
static bool convert_small(const Format *f, const Scan *scan, double *value) {
	static const double power[] = {1e0,  1e1,  1e2,	 1e3,  1e4,  1e5,  1e6,	 1e7,  1e8,  1e9,  1e10, 1e11,
				       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	int64_t q = scan->exponent, limit = f == &format32 ? 10 : 22;
	if (scan->more || scan->mantissa >> (f->mantissa_bits + 1) || q > limit || q < -limit)
		return false;
	double p = power[q < 0 ? -q : q], n = (double)scan->mantissa;
	if (f == &format32)
		n = (double)(q < 0 ? (float)n / (float)p : (float)n * (float)p);
	else
		n = q < 0 ? n / p : n * p;
	*value = scan->negative ? -n : n;
	return true;
}

static uint64_t convert_decimal(const Format *f, const Scan *scan, int64_t explicit_exponent) {
	if (scan->mantissa == 0 || scan->exponent < -342)
		return 0;
	if (scan->exponent > 308)
		return f->infinity;
	int q = (int)scan->exponent, zeros = __builtin_clzll(scan->mantissa);
	Pow10 power = pow10_get(q);
	Product192 p = pow10_mul(scan->mantissa << zeros, power);
	bool exact = q >= 0 && q <= POW10_EXACT_MAX;
	unsigned __int128 n = (unsigned __int128)p.hi << 64 | p.mid;
	unsigned __int128 below = exact ? n : n - 1, above = n;
	if (scan->more) {
		above += (((unsigned __int128)power.hi + 1) << zeros) + 1;
		if (above < n)
			above = ~(unsigned __int128)0;
	}
	int64_t exponent = pow10_exponent(q) - 127 + 64 - zeros;
	uint64_t low = pattern_round(f, below, exponent, p.lo != 0 || !exact);
	uint64_t high = pattern_round(f, above, exponent, p.lo != 0 || scan->more);
	return low == high ? low : pattern_nearer(f, low, scan, explicit_exponent);
}

/* ---------------------------------------------------------------- grammar */

/* Case-insensitive; word in lower case. */
static bool has_prefix(const char *s, size_t len, const char *word) {
	size_t n = strlen(word);
	if (len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s[i] | 0x20) != word[i])
			return false;
	return true;
}

static bool parse_special(const char *s, size_t len, double *value) {
	bool sign = len > 0 && (s[0] == '+' || s[0] == '-');
	const char *word = s + sign;
	size_t n = len - sign;
	if ((n == 3 && has_prefix(word, n, "inf")) || (n == 8 && has_prefix(word, n, "infinity"))) {
		*value = sign && s[0] == '-' ? -(double)INFINITY : (double)INFINITY;
		return true;
	}
	if (len == 3 && has_prefix(s, len, "nan")) {
		*value = (double)NAN;
		return true;
	}
	return false;
}

static int digit_value(char c, bool hex) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Go's rule for underscores: only between digits, or between the base prefix and a digit. */
static bool underscores_ok(const char *s, size_t len, bool hex) {
	char before = hex ? '0' : 'x'; /* 0: digit or prefix, _: underscore, x: other */
	for (size_t i = 0; i < len; i++) {
		if (digit_value(s[i], hex) >= 0) {
			before = '0';
		} else if (s[i] == '_') {
			if (before != '0')
				return false;
			before = '_';
		} else {
			if (before == '_')
				return false;
			before = 'x';
		}
	}
	return before != '_';
}

/* Mantissa digits; returns how many characters it took, 0 if there was no digit. */
static size_t scan_mantissa(Scan *scan, size_t len, bool *underscore) {
	bool point = false, any = false;
	int kept = 0, max_kept = scan->hex ? 16 : 19;
	size_t i = 0;
	for (; i < len; i++) {
		char c = scan->s[i];
		int digit = digit_value(c, scan->hex);
		if (c == '_') {
			*underscore = true;
		} else if (c == '.' && !point) {
			point = true;
		} else if (digit < 0) {
			break;
		} else {
			any = true;
			if (digit == 0 && kept == 0) {
				scan->exponent -= point;
			} else if (kept < max_kept) {
				scan->mantissa = scan->mantissa * (scan->hex ? 16 : 10) + (uint64_t)digit;
				kept++;
				scan->exponent -= point;
			} else {
				scan->more |= digit != 0;
				scan->exponent += !point;
			}
		}
	}
	scan->digits_len = i;
	if (scan->hex)
		scan->exponent *= 4;
	return any ? i : 0;
}

/* [+-]digits behind e or p; clamped far outside every range. Returns the characters taken, 0 if malformed. */
static size_t scan_exponent(const char *s, size_t len, bool *underscore, int64_t *exponent) {
	size_t i = 0;
	bool negative = false, any = false;
	if (i < len && (s[i] == '+' || s[i] == '-'))
		negative = s[i++] == '-';
	int64_t e = 0;
	for (; i < len && ((s[i] >= '0' && s[i] <= '9') || (any && s[i] == '_')); i++) {
		if (s[i] == '_') {
			*underscore = true;
			continue;
		}
		any = true;
		if (e < 100000000000)
			e = e * 10 + (s[i] - '0');
	}
	*exponent = negative ? -e : e;
	return any ? i : 0;
}

static int parse_number(const char *s, size_t len, const Format *f, bool underscores, double *value) {
	Scan scan = {.s = s};
	bool underscore = false;
	if (len > 0 && (*s == '+' || *s == '-'))
		scan.negative = *scan.s++ == '-';
	const char *end = s + len;
	if (end - scan.s > 2 && scan.s[0] == '0' && (scan.s[1] | 0x20) == 'x') {
		scan.hex = true;
		scan.s += 2;
	}
	const char *start = scan.s;
	size_t used = scan_mantissa(&scan, (size_t)(end - start), &underscore);
	if (used == 0)
		return STATUS_SYNTAX;
	int64_t explicit_exponent = 0;
	const char *at = start + used;
	if (at < end && (*at | 0x20) == (scan.hex ? 'p' : 'e')) {
		used = scan_exponent(at + 1, (size_t)(end - at - 1), &underscore, &explicit_exponent);
		if (used == 0)
			return STATUS_SYNTAX;
		at += 1 + used;
	} else if (scan.hex) {
		return STATUS_SYNTAX;
	}
	if (at != end || (underscore && (!underscores || !underscores_ok(start, (size_t)(end - start), scan.hex))))
		return STATUS_SYNTAX;
	scan.exponent += explicit_exponent;
	if (!scan.hex && convert_small(f, &scan, value))
		return STATUS_OK;
	uint64_t pattern;
	if (!scan.hex)
		pattern = convert_decimal(f, &scan, explicit_exponent);
	else
		pattern = scan.mantissa == 0 ? 0 : pattern_round(f, scan.mantissa, scan.exponent, scan.more);
	*value = pattern_value(f, pattern, scan.negative);
	return pattern == f->infinity ? STATUS_RANGE : STATUS_OK;
}

int number_parse(const char *s, size_t len, int bits, bool underscores, double *value) {
	*value = 0;
	if (parse_special(s, len, value))
		return STATUS_OK;
	return parse_number(s, len, bits == 32 ? &format32 : &format64, underscores, value);
}
