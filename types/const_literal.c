/* SPDX-License-Identifier: MIT */
/* const_literal.c: the value of a literal as it stands in the source.
 *
 * Rules: the lexer has checked the form; what is malformed nevertheless gives NULL. A float of reasonable magnitude is
 * kept as the exact ratio its digits say; beyond that (1e5000) it becomes a 512-bit float. */
#include "base/utf8.h"
#include "types/constant.h"

/* ---------------------------------------------------------------- escapes */

static int hex_value(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads `count` digits of a base; -1 when one is missing. */
static int64_t escape_digits(Str s, size_t at, int count, int base) {
	int64_t value = 0;
	for (int i = 0; i < count; i++) {
		int digit = at + (size_t)i < s.len ? hex_value(s.ptr[at + (size_t)i]) : -1;
		if (digit < 0 || digit >= base)
			return -1;
		value = value * base + digit;
	}
	return value;
}

/* One escape sequence at s.ptr[*at] (after the backslash). `is_byte`: the value is a byte, not a code point. */
static bool escape_read(Str s, size_t *at, char quote, int32_t *value, bool *is_byte) {
	static const char letters[] = "abfnrtv\\", codes[] = "\a\b\f\n\r\t\v\\";
	if (*at >= s.len)
		return false;
	char c = s.ptr[*at];
	const char *simple = c ? strchr(letters, c) : NULL;
	*is_byte = false;
	if (simple || c == quote) {
		*value = simple ? codes[simple - letters] : quote;
		*at += 1;
		return true;
	}
	int count = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 3;
	bool octal = c >= '0' && c <= '7';
	if (count == 3 && !octal)
		return false;
	int64_t v = escape_digits(s, *at + (octal ? 0 : 1), count, octal ? 8 : 16);
	*is_byte = octal || c == 'x';
	if (v < 0 || (*is_byte ? v > 255 : v > 0x10FFFF || (v >= 0xD800 && v < 0xE000)))
		return false;
	*value = (int32_t)v;
	*at += (size_t)count + (octal ? 0 : 1);
	return true;
}

static Const *literal_string(Universe *u, Str text) {
	if (text.len < 2)
		return NULL;
	char quote = text.ptr[0];
	Str body = {text.ptr + 1, text.len - 2};
	char *out = arena_alloc(u->arena, body.len + 4); /* no escape grows */
	size_t len = 0;
	for (size_t i = 0; i < body.len;) {
		char c = body.ptr[i++];
		if (quote == '`') {
			if (c != '\r')
				out[len++] = c;
			continue;
		}
		if (c != '\\') {
			out[len++] = c;
			continue;
		}
		int32_t value;
		bool is_byte;
		if (!escape_read(body, &i, quote, &value, &is_byte))
			return NULL;
		if (is_byte)
			out[len++] = (char)value;
		else
			len += (size_t)utf8_encode(value, out + len);
	}
	Const *result = const_new(u, CONST_STRING);
	result->string = (Str){out, len};
	return result;
}

static Const *literal_rune(Universe *u, Str text) {
	if (text.len < 3)
		return NULL;
	Str body = {text.ptr + 1, text.len - 2};
	size_t at = 1;
	int32_t value;
	bool is_byte;
	if (body.ptr[0] != '\\')
		at = (size_t)utf8_decode(body.ptr, body.len, &value);
	else if (!escape_read(body, &at, '\'', &value, &is_byte))
		return NULL;
	return at == body.len ? const_make_int64(u, value) : NULL;
}

/* ---------------------------------------------------------------- numbers */

/* A numeric literal without underscores, terminated. */
typedef struct Digits {
	char text[CONST_MAX_LITERAL + 1];
	size_t len;
} Digits;

static bool digits_copy(Digits *d, Str text) {
	if (text.len > CONST_MAX_LITERAL)
		return false;
	d->len = 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '_')
			d->text[d->len++] = text.ptr[i];
	d->text[d->len] = 0;
	return d->len > 0;
}

/* legacy_octal: 0123 is octal, except in imaginary literals. */
static Const *literal_int(Universe *u, const Digits *d, bool legacy_octal) {
	const char *s = d->text;
	int base = 10;
	char prefix = s[0] == '0' && d->len > 1 ? (char)(s[1] | 0x20) : 0;
	if (prefix == 'x' || prefix == 'o' || prefix == 'b') {
		base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : 2;
		s += 2;
	} else if (prefix && legacy_octal) {
		base = 8;
	}
	mpz_t z;
	if (mpz_init_set_str(z, s, base) != 0) {
		mpz_clear(z);
		return NULL;
	}
	Const *c = const_from_mpz(u, z);
	mpz_clear(z);
	return c;
}

/* mant * base^exp, base 2 or 10. */
typedef struct Scientific {
	mpz_t mant;
	int64_t exp;
	bool hex;
} Scientific;

static int64_t exponent_read(const char *s) {
	int64_t value = 0;
	bool negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	for (; *s >= '0' && *s <= '9'; s++)
		if (value < INT64_MAX / 100) /* saturates: far beyond any usable exponent already */
			value = value * 10 + (*s - '0');
	return negative ? -value : value;
}

/* Splits "12.5e-3" into 125 and -4. `d` is used up. */
static bool scientific_read(Scientific *f, Digits *d) {
	char *s = d->text, *out = d->text;
	f->hex = s[0] == '0' && (s[1] | 0x20) == 'x';
	s += f->hex ? 2 : 0;
	int64_t fraction = 0;
	bool after_point = false;
	f->exp = 0;
	for (; *s; s++) {
		char lower = (char)(*s | 0x20);
		if (*s == '.') {
			after_point = true;
			continue;
		}
		if (lower == 'p' || (!f->hex && lower == 'e')) {
			f->exp = exponent_read(s + 1);
			break;
		}
		*out++ = *s;
		fraction += after_point;
	}
	*out = 0;
	f->exp -= f->hex ? 4 * fraction : fraction;
	return mpz_set_str(f->mant, d->text, f->hex ? 16 : 10) == 0;
}

/* 5^n to a precision that leaves the product's last place right. */
static void big_power5(BigFloat *z, uint64_t n) {
	enum { BITS = FLOAT_BITS + 128 };
	BigFloat square;
	big_init(&square);
	mpz_set_ui(square.mant, 5);
	mpz_set_ui(z->mant, 1);
	z->exp = 0;
	for (; n; n >>= 1) {
		if (n & 1)
			big_mul(z, z, &square, BITS);
		big_mul(&square, &square, &square, BITS);
	}
	big_clear(&square);
}

static Const *literal_big(Universe *u, Scientific *f) {
	BigFloat value, power;
	big_init(&value);
	big_init(&power);
	mpz_set(value.mant, f->mant);
	Const *c = NULL;
	if (f->exp > INT64_C(10000000000)) {
		c = NULL;
	} else if (f->exp < -INT64_C(10000000000)) {
		mpz_set_ui(value.mant, 0);
		c = const_from_big(u, &value);
	} else if (f->hex) {
		value.exp = f->exp;
		c = const_from_big(u, &value);
	} else {
		big_power5(&power, (uint64_t)(f->exp < 0 ? -f->exp : f->exp));
		if (f->exp < 0)
			big_quo(&value, &value, &power, FLOAT_BITS);
		else
			big_mul(&value, &value, &power, FLOAT_BITS);
		value.exp += f->exp; /* 10^e = 5^e * 2^e */
		c = const_from_big(u, &value);
	}
	big_clear(&value);
	big_clear(&power);
	return c;
}

static Const *literal_ratio(Universe *u, Scientific *f) {
	mpz_t scale;
	mpz_init_set_ui(scale, 1);
	uint64_t n = (uint64_t)(f->exp < 0 ? -f->exp : f->exp);
	if (f->hex)
		mpz_mul_2exp(scale, scale, n);
	else
		mpz_ui_pow_ui(scale, 10, n);
	mpz_t one;
	mpz_init_set_ui(one, 1);
	if (f->exp >= 0)
		mpz_mul(f->mant, f->mant, scale);
	Const *c = const_from_ratio(u, f->mant, f->exp >= 0 ? one : scale);
	mpz_clears(scale, one, NULL);
	return c;
}

static Const *literal_float(Universe *u, Digits *d) {
	Scientific f;
	mpz_init(f.mant);
	Const *c = NULL;
	if (scientific_read(&f, d)) {
		int64_t bits = (int64_t)mpz_sizeinbase(f.mant, 2);
		int64_t per_digit = f.hex ? 1 : 4; /* at least log2 of the base */
		if (mpz_sgn(f.mant) == 0)
			f.exp = 0;
		bool small = f.exp > -3 * RATIO_MAX_BITS && f.exp < 3 * RATIO_MAX_BITS &&
			     bits < 10 * RATIO_MAX_BITS && f.exp * per_digit < 4 * RATIO_MAX_BITS;
		c = small ? literal_ratio(u, &f) : literal_big(u, &f);
	}
	mpz_clear(f.mant);
	return c;
}

static Const *literal_number(Universe *u, Str text, bool imaginary) {
	Digits d;
	if (!digits_copy(&d, text))
		return NULL;
	bool prefixed = d.len > 1 && d.text[0] == '0' && strchr("xXoObB", d.text[1]);
	bool hex = prefixed && (d.text[1] | 0x20) == 'x';
	if (strpbrk(d.text, hex ? ".pP" : prefixed ? "." : ".eE"))
		return literal_float(u, &d);
	return literal_int(u, &d, !imaginary);
}

Const *const_from_literal(Universe *u, Token token, Str text) {
	switch (token) {
	case TOK_INT:
		return literal_number(u, text, false);
	case TOK_FLOAT: {
		Const *c = literal_number(u, text, false);
		return c ? const_to_float(u, c) : NULL;
	}
	case TOK_IMAG: {
		Const *im = text.len ? literal_number(u, (Str){text.ptr, text.len - 1}, true) : NULL;
		return im ? const_make_complex(u, const_make_int64(u, 0), im) : NULL;
	}
	case TOK_CHAR:
		return literal_rune(u, text);
	case TOK_STRING:
		return literal_string(u, text);
	default:
		return NULL;
	}
}
