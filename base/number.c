/* SPDX-License-Identifier: MIT */
/* number.c: binary numbers -> text, exactly as strconv writes them.
 *
 * Rules: a result is always the correctly rounded one. Shortest digits come from 128-bit products, proven sufficient
 * (R. Giulietti, "The Schubfach way to render doubles"). Fixed digits come from one 128-bit product whose error bounds
 * say whether the rounding is certain (the idea of U. Adams, "Ryu revisited", with intervals in place of a larger
 * table); what is uncertain, or longer than 18 digits, is expanded exactly.
 * Why: two hundred lines and 600 bytes of tables; the exact expansion is the only slow path. */
#include "base/number.h"

#include <math.h>

#include "base/pow10.h"

enum {
	MAX_DIGITS = 1100, /* an exact double has at most 767 significant digits; 309 + 1074 positions before cutting */
	FAST_DIGITS = 18
};

/* 0.d1 d2 ... dn * 10^point */
typedef struct Digits {
	char *d;
	int count, point;
	char store[MAX_DIGITS];
} Digits;

/* mantissa * 2^exponent, mantissa != 0 unless the value is 0 */
typedef struct Binary {
	uint64_t mantissa;
	int exponent;
	int bits;      /* of the mantissa, hidden one included: 24 or 53 */
	bool boundary; /* a power of two, so that the neighbour below is nearer */
	bool negative;
} Binary;

typedef struct Writer {
	char *out;
	size_t cap, len;
} Writer;

static void put(Writer *w, char c) {
	if (w->len < w->cap)
		w->out[w->len] = c;
	w->len++;
}

static void put_text(Writer *w, const char *s, size_t len) {
	if (w->len + len <= w->cap)
		memcpy(w->out + w->len, s, len);
	w->len += len;
}

static void put_zeros(Writer *w, int64_t n) {
	if (n <= 0)
		return;
	if (w->len + (size_t)n <= w->cap)
		memset(w->out + w->len, '0', (size_t)n);
	w->len += (size_t)n;
}

/* Takes a finite double, or a float widened to one, apart. */
static Binary binary_split(double value, int bits) {
	uint64_t word;
	Binary b = {.bits = bits == 32 ? 24 : 53, .negative = signbit(value)};
	int exponent, min_exponent;
	if (bits == 32) {
		float f = (float)value;
		uint32_t half;
		memcpy(&half, &f, sizeof half);
		word = half & 0x7fffff;
		exponent = (int)(half >> 23 & 0xff);
		min_exponent = -149;
	} else {
		memcpy(&word, &value, sizeof word);
		exponent = (int)(word >> 52 & 0x7ff);
		word &= 0xfffffffffffff;
		min_exponent = -1074;
	}
	b.boundary = word == 0 && exponent > 1;
	b.mantissa = exponent == 0 ? word : word | (uint64_t)1 << (b.bits - 1);
	b.exponent = exponent == 0 ? min_exponent : exponent - 1 + min_exponent;
	return b;
}

/* ---------------------------------------------------------------- digits */

static void digits_set(Digits *ds, uint64_t n, int exponent) {
	char buf[24];
	int len = (int)number_format_uint(buf, n, 10, false);
	ds->point = len + exponent;
	while (len > 0 && buf[len - 1] == '0')
		len--;
	if (len == 0)
		ds->point = 0;
	memcpy(ds->d, buf, (size_t)len);
	ds->count = len;
}

/* floor(power * n / 2^128) with the lowest bit set when anything was cut off. */
static uint64_t round_to_odd(uint64_t n, Pow10 power) {
	Product192 p = pow10_mul(n, power);
	return p.hi | (p.mid > 1);
}

/* The shortest digits that read back as b; the nearest of them to b. */
static void digits_shortest(Digits *ds, Binary b) {
	bool odd = b.mantissa & 1;
	int k = (b.exponent * 1262611 - (b.boundary ? 524031 : 0)) >> 22;
	int h = b.exponent + pow10_exponent(-k) + 1;
	Pow10 power = pow10_get(-k);
	uint64_t center = b.mantissa * 4;
	uint64_t lower = round_to_odd((center - 2 + b.boundary) << h, power) + odd;
	uint64_t middle = round_to_odd(center << h, power);
	uint64_t upper = round_to_odd((center + 2) << h, power) - odd;
	uint64_t s = middle / 4;
	if (s >= 10) {
		uint64_t tens = s / 10;
		bool down = lower <= tens * 40, up = tens * 40 + 40 <= upper;
		if (down != up) {
			digits_set(ds, tens + up, k + 1);
			return;
		}
	}
	bool down = lower <= s * 4, up = s * 4 + 4 <= upper;
	if (down == up)
		up = middle > s * 4 + 2 || (middle == s * 4 + 2 && (s & 1));
	digits_set(ds, s + up, k);
}

/* round(b * 10^scale) when it is below 10^18 and 128 bits decide the rounding. */
static bool scaled_integer(Binary b, int scale, uint64_t *out) {
	if (scale < POW10_MIN || scale > POW10_MAX)
		return false;
	int zeros = __builtin_clzll(b.mantissa);
	Product192 p = pow10_mul(b.mantissa << zeros, pow10_get(scale));
	bool exact = scale >= 0 && scale <= POW10_EXACT_MAX;
	/* The value is hi:mid.lo * 2^-fraction_bits, or less, by less than one unit of mid, when the power is not
	 * exact. */
	int fraction_bits = zeros - b.exponent - pow10_exponent(scale) + 127 - 64;
	if (fraction_bits < 66)
		return false;
	if (fraction_bits > 128) {
		*out = 0;
		return true;
	}
	unsigned __int128 all = (unsigned __int128)p.hi << 64 | p.mid;
	unsigned __int128 half = (unsigned __int128)1 << (fraction_bits - 1);
	unsigned __int128 fraction = all & (half | (half - 1));
	uint64_t n = (uint64_t)(all >> (fraction_bits - 1) >> 1);
	bool tie = exact && fraction == half && p.lo == 0;
	*out = n + (tie ? n & 1 : fraction >= half);
	return exact || fraction != half;
}

/* All digits of b, exactly, in base 10^9 first. */
static void digits_exact(Digits *ds, Binary b) {
	enum { BASE = 1000000000, UNITS = 40, LIMBS = 170 };
	uint32_t limbs[LIMBS] = {0}; /* limbs[UNITS] has the weight 1, those before it more, those behind it less */
	uint64_t m = b.mantissa;
	int first = UNITS, last = UNITS;
	for (int i = UNITS; m != 0; i--, m /= BASE) {
		limbs[i] = (uint32_t)(m % BASE);
		first = i;
	}
	for (int e = b.exponent; e > 0;) {
		int step = e < 29 ? e : 29;
		uint64_t carry = 0;
		for (int i = UNITS; i >= first; i--) {
			uint64_t x = ((uint64_t)limbs[i] << step) + carry;
			limbs[i] = (uint32_t)(x % BASE);
			carry = x / BASE;
		}
		if (carry)
			limbs[--first] = (uint32_t)carry;
		e -= step;
	}
	for (int e = -b.exponent; e > 0;) {
		int step = e < 9 ? e : 9;
		uint32_t carry = 0, mask = (1u << step) - 1;
		for (int i = first; i <= last; i++) {
			uint32_t rest = limbs[i] & mask;
			limbs[i] = (limbs[i] >> step) + carry;
			carry = (BASE >> step) * rest;
		}
		if (carry)
			limbs[++last] = carry;
		if (limbs[first] == 0 && first < last)
			first++;
		e -= step;
	}
	int n = 0;
	for (int i = first; i <= last; i++, n += 9)
		for (int j = 8, x = (int)limbs[i]; j >= 0; j--, x /= 10)
			ds->store[n + j] = (char)('0' + x % 10);
	ds->point = (UNITS - first + 1) * 9;
	for (; n > 0 && ds->d[0] == '0'; n--, ds->point--)
		ds->d++;
	while (n > 0 && ds->d[n - 1] == '0')
		n--;
	ds->count = n;
}

/* Cuts to n digits, halves to even. */
static void digits_round(Digits *ds, int n) {
	if (n < 0 || n >= ds->count) {
		if (n < 0)
			ds->count = 0;
		return;
	}
	bool up = ds->d[n] > '5' || (ds->d[n] == '5' && (ds->count > n + 1 || (n > 0 && (ds->d[n - 1] & 1))));
	ds->count = n;
	if (up) {
		while (ds->count > 0 && ds->d[ds->count - 1] == '9')
			ds->count--;
		if (ds->count > 0) {
			ds->d[ds->count - 1]++;
		} else {
			ds->d[0] = '1';
			ds->count = 1;
			ds->point++;
		}
	}
	while (ds->count > 0 && ds->d[ds->count - 1] == '0')
		ds->count--;
}

/* n significant digits (n >= 1), or all up to the n-th decimal place. */
static void digits_fixed(Digits *ds, Binary b, bool places, int n) {
	static const uint64_t limit[FAST_DIGITS] = {10,
						    100,
						    1000,
						    10000,
						    100000,
						    1000000,
						    10000000,
						    100000000,
						    1000000000,
						    10000000000,
						    100000000000,
						    1000000000000,
						    10000000000000,
						    100000000000000,
						    1000000000000000,
						    10000000000000000,
						    100000000000000000,
						    1000000000000000000};
	uint64_t value;
	if (places) {
		if (scaled_integer(b, n, &value) && value < limit[FAST_DIGITS - 1]) {
			digits_set(ds, value, -n);
			return;
		}
	} else if (n < FAST_DIGITS) {
		int magnitude = log10_pow2(b.exponent + 63 - __builtin_clzll(b.mantissa)); /* or one too low */
		int scale = n - 1 - magnitude;
		bool ok = scaled_integer(b, scale, &value);
		if (ok && value >= limit[n - 1])
			ok = scaled_integer(b, --scale, &value);
		if (ok) {
			digits_set(ds, value, -scale);
			return;
		}
	}
	digits_exact(ds, b);
	int64_t keep = places ? (int64_t)ds->point + n : n;
	digits_round(ds, keep > MAX_DIGITS ? MAX_DIGITS : (int)keep);
}

/* ---------------------------------------------------------------- layouts */

static void put_exponent(Writer *w, char letter, int exponent, int min_digits) {
	put(w, letter);
	put(w, exponent < 0 ? '-' : '+');
	char buf[24];
	size_t len = number_format_uint(buf, (uint64_t)(exponent < 0 ? -exponent : exponent), 10, false);
	put_zeros(w, min_digits - (int64_t)len);
	put_text(w, buf, len);
}

static void put_e(Writer *w, const Digits *ds, int precision, char letter, int exponent_digits) {
	put(w, ds->count ? ds->d[0] : '0');
	if (precision > 0) {
		int have = ds->count - 1 < precision ? ds->count - 1 : precision;
		put(w, '.');
		if (have > 0)
			put_text(w, ds->d + 1, (size_t)have);
		put_zeros(w, precision - (have > 0 ? have : 0));
	}
	put_exponent(w, letter, ds->count ? ds->point - 1 : 0, exponent_digits);
}

static void put_f(Writer *w, const Digits *ds, int precision) {
	int whole = ds->point < ds->count ? ds->point : ds->count;
	if (ds->point > 0) {
		put_text(w, ds->d, (size_t)whole);
		put_zeros(w, ds->point - whole);
	} else {
		put(w, '0');
	}
	if (precision <= 0)
		return;
	put(w, '.');
	int lead = ds->point < 0 ? -ds->point : 0, from = whole > 0 ? whole : 0;
	if (lead > precision)
		lead = precision;
	int have = ds->count - from;
	if (have > precision - lead)
		have = precision - lead;
	put_zeros(w, lead);
	put_text(w, ds->d + from, (size_t)have);
	put_zeros(w, (int64_t)precision - lead - have);
}

static void put_g(Writer *w, const Digits *ds, int precision, bool shortest, char letter) {
	int limit = precision;
	if (shortest)
		limit = 6;
	else if (limit > ds->count && ds->count >= ds->point)
		limit = ds->count;
	int exponent = ds->point - 1;
	if (exponent < -4 || exponent >= limit)
		put_e(w, ds, ds->count > 0 ? ds->count - 1 : 0, letter, 2);
	else
		put_f(w, ds, ds->count > ds->point ? ds->count - ds->point : 0);
}

/* %x: 0x1.yyyyp+dd */
static void put_hex(Writer *w, Binary b, int precision, char letter) {
	const char *hex = letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
	int exponent = 0;
	uint64_t m = b.mantissa;
	if (m != 0) { /* to 1 bit before the point, at bit 60 */
		int zeros = __builtin_clzll(m);
		exponent = b.exponent + 63 - zeros;
		m = m << zeros >> 3;
	}
	if (precision >= 0 && precision < 15) {
		int cut = 60 - precision * 4;
		uint64_t rest = m & (((uint64_t)1 << cut) - 1), half = (uint64_t)1 << (cut - 1);
		m >>= cut;
		m += rest > half || (rest == half && (m & 1));
		m <<= cut;
		if (m >> 61) {
			m >>= 1;
			exponent++;
		}
	}
	put(w, '0');
	put(w, letter);
	put(w, (char)('0' + (m >> 60 & 1)));
	m <<= 4; /* the fraction, from the top */
	if (precision > 0 || (precision < 0 && m != 0))
		put(w, '.');
	int n = 0;
	for (; precision < 0 ? m != 0 : n < precision && n < 15; n++, m <<= 4)
		put(w, hex[m >> 60]);
	if (precision > n)
		put_zeros(w, precision - n);
	put_exponent(w, letter == 'x' ? 'p' : 'P', exponent, 2);
}

static void put_binary(Writer *w, Binary b) {
	char buf[24];
	put_text(w, buf, number_format_uint(buf, b.mantissa, 10, false));
	put_exponent(w, 'p', b.exponent, 1);
}

static void put_decimal(Writer *w, Binary b, char format, int precision) {
	char letter = format == 'E' || format == 'G' ? 'E' : 'e';
	char kind = format == 'E' || format == 'G' ? (char)(format + 32) : format;
	bool shortest = precision < 0;
	Digits ds;
	ds.d = ds.store;
	ds.count = ds.point = 0;
	if (kind == 'g' && precision == 0)
		precision = 1;
	if (b.mantissa != 0) {
		if (shortest)
			digits_shortest(&ds, b);
		else
			digits_fixed(&ds, b, kind == 'f', kind == 'e' ? precision + 1 : precision);
	}
	if (kind == 'e')
		put_e(w, &ds, shortest ? ds.count - 1 : precision, letter, 2);
	else if (kind == 'f')
		put_f(w, &ds, shortest ? ds.count - ds.point : precision);
	else
		put_g(w, &ds, precision, shortest, letter);
}

size_t number_format(char *out, size_t cap, double value, char format, int precision, int bits) {
	Writer w = {out, cap, 0};
	if (precision > (1 << 30))
		precision = 1 << 30;
	if (bits == 32)
		value = (double)(float)value; /* may become infinite */
	if (isnan(value)) {
		put_text(&w, "NaN", 3);
		return w.len;
	}
	if (isinf(value)) {
		put_text(&w, value > 0 ? "+Inf" : "-Inf", 4);
		return w.len;
	}
	Binary b = binary_split(value, bits);
	if (b.negative)
		put(&w, '-');
	switch (format) {
	case 'b':
		put_binary(&w, b);
		break;
	case 'x':
	case 'X':
		put_hex(&w, b, precision, format);
		break;
	case 'e':
	case 'E':
	case 'f':
	case 'g':
	case 'G':
		put_decimal(&w, b, format, precision);
		break;
	default:
		w.len = 0;
		put(&w, '%');
		put(&w, format);
	}
	return w.len;
}

size_t number_format_print(char *out, double value) {
	Writer w = {out, 32, 0};
	if (isnan(value) || isinf(value))
		return number_format(out, 32, value, 'e', 6, 64);
	Binary b = binary_split(value, 64);
	Digits ds;
	ds.d = ds.store;
	ds.count = ds.point = 0;
	if (b.mantissa != 0)
		digits_fixed(&ds, b, false, 7);
	put(&w, b.negative ? '-' : '+');
	put_e(&w, &ds, 6, 'e', 3);
	return w.len;
}

/* ---------------------------------------------------------------- integers */

size_t number_format_uint(char *out, uint64_t value, int base, bool upper) {
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
				    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";
	const char *digits = upper ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" : "0123456789abcdefghijklmnopqrstuvwxyz";
	char buf[64];
	size_t at = sizeof buf;
	if (base == 10) {
		for (; value >= 100; value /= 100)
			memcpy(buf + (at -= 2), pairs + value % 100 * 2, 2);
		if (value >= 10)
			memcpy(buf + (at -= 2), pairs + value * 2, 2);
		else
			buf[--at] = (char)('0' + value);
	} else {
		do {
			buf[--at] = digits[value % (unsigned)base];
			value /= (unsigned)base;
		} while (value != 0);
	}
	memcpy(out, buf + at, sizeof buf - at);
	return sizeof buf - at;
}

size_t number_format_int(char *out, int64_t value, int base) {
	if (value >= 0)
		return number_format_uint(out, (uint64_t)value, base, false);
	out[0] = '-';
	return 1 + number_format_uint(out + 1, 0 - (uint64_t)value, base, false);
}
