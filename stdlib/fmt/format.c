/* SPDX-License-Identifier: MIT */
/* format.c: one operand under flags, width and precision.
 *
 * Owns: nothing; appends to the Buf of the Format it is given.
 * Rules: widths and precisions are bounded by the callers (1,000,000, as in Go). Zero padding never goes to the right.
 */
#include "stdlib/fmt/format.h"

#include <math.h>

#include "base/number.h"
#include "base/utf8.h"
#include "stdlib/strconv/quote.h"

static void put_repeated(Format *f, char c, int64_t n) {
	if (n <= 0)
		return;
	buf_reserve(&f->out, (size_t)n);
	for (; n > 0; n--)
		buf_putc(&f->out, c);
}

static void put_padding(Format *f, int64_t n) {
	put_repeated(f, f->flags.zero && !f->flags.minus ? '0' : ' ', n);
}

void format_pad(Format *f, const char *s, size_t len) {
	int64_t padding = f->flags.has_width ? f->flags.width - (int64_t)utf8_count(s, len) : 0;
	if (!f->flags.minus)
		put_padding(f, padding);
	buf_put(&f->out, s, len);
	if (f->flags.minus)
		put_padding(f, padding);
}

/* As format_pad, with spaces even under the flag 0. */
static void pad_spaces(Format *f, const char *s, size_t len) {
	bool zero = f->flags.zero;
	f->flags.zero = false;
	format_pad(f, s, len);
	f->flags.zero = zero;
}

void format_bool(Format *f, bool v) {
	format_pad(f, v ? "true" : "false", v ? 4 : 5);
}

/* ---------------------------------------------------------------- integers */

static void put_sign_and_prefix(Buf *b, const Flags *fl, bool negative, int base, int32_t verb, bool upper,
				bool leading_zero) {
	if (negative)
		buf_putc(b, '-');
	else if (fl->plus)
		buf_putc(b, '+');
	else if (fl->space)
		buf_putc(b, ' ');
	if (verb == 'O')
		buf_puts(b, "0o");
	if (!fl->sharp)
		return;
	if (base == 2)
		buf_puts(b, "0b");
	else if (base == 8 && !leading_zero)
		buf_putc(b, '0');
	else if (base == 16)
		buf_puts(b, upper ? "0X" : "0x");
}

void format_integer(Format *f, uint64_t v, int base, bool is_signed, int32_t verb, bool upper) {
	const Flags *fl = &f->flags;
	bool negative = is_signed && (int64_t)v < 0;
	int64_t min_digits = 0;
	if (fl->has_precision) {
		min_digits = fl->precision;
		if (min_digits == 0 && v == 0) {
			put_repeated(f, ' ', fl->has_width ? fl->width : 0);
			return;
		}
	} else if (fl->zero && !fl->minus && fl->has_width) {
		min_digits = fl->width - (negative || fl->plus || fl->space);
	}
	char digits[72];
	size_t count = number_format_uint(digits, negative ? 0 - v : v, base, upper);
	int64_t zeros = min_digits - (int64_t)count;
	size_t start = f->out.len;
	if (!fl->has_width || fl->width == 0 || fl->minus) {
		put_sign_and_prefix(&f->out, fl, negative, base, verb, upper, zeros > 0 || digits[0] == '0');
		put_repeated(f, '0', zeros);
		buf_put(&f->out, digits, count);
		if (fl->has_width)
			put_repeated(f, ' ', fl->width - (int64_t)(f->out.len - start));
		return;
	}
	char prefix[8];
	Buf small = {.ptr = prefix, .cap = sizeof prefix};
	put_sign_and_prefix(&small, fl, negative, base, verb, upper, zeros > 0 || digits[0] == '0');
	put_repeated(f, ' ', fl->width - (int64_t)(small.len + count) - (zeros > 0 ? zeros : 0));
	buf_put(&f->out, prefix, small.len);
	put_repeated(f, '0', zeros);
	buf_put(&f->out, digits, count);
}

void format_hex64(Format *f, uint64_t v, bool leading_0x) {
	bool sharp = f->flags.sharp;
	f->flags.sharp = leading_0x;
	format_integer(f, v, 16, false, 'v', false);
	f->flags.sharp = sharp;
}

void format_unicode(Format *f, uint64_t v) {
	char digits[24];
	size_t count = number_format_uint(digits, v, 16, true);
	int64_t zeros = 4;
	if (f->flags.has_precision && f->flags.precision > 4)
		zeros = f->flags.precision;
	zeros = zeros > (int64_t)count ? zeros - (int64_t)count : 0;
	char quoted[8];
	Buf tail = {.ptr = quoted, .cap = sizeof quoted};
	if (f->flags.sharp && v <= 0x10ffff && rune_is_print((int32_t)v)) {
		buf_put(&tail, " '", 2);
		buf_put_rune(&tail, (int32_t)v);
		buf_putc(&tail, '\'');
	}
	int64_t columns = 2 + zeros + (int64_t)count + (int64_t)utf8_count(quoted, tail.len);
	int64_t padding = f->flags.has_width ? f->flags.width - columns : 0;
	if (!f->flags.minus)
		put_repeated(f, ' ', padding);
	buf_put(&f->out, "U+", 2);
	put_repeated(f, '0', zeros);
	buf_put(&f->out, digits, count);
	buf_put(&f->out, quoted, tail.len);
	if (f->flags.minus)
		put_repeated(f, ' ', padding);
}

void format_char(Format *f, uint64_t v) {
	char bytes[4];
	format_pad(f, bytes, (size_t)utf8_encode(v > 0x10ffff ? RUNE_ERROR : (int32_t)v, bytes));
}

void format_quoted_char(Format *f, uint64_t v) {
	char store[16];
	Buf small = {.ptr = store, .cap = sizeof store};
	quote_rune(&small, v > 0x10ffff ? RUNE_ERROR : (int32_t)v, f->flags.plus ? QUOTE_ASCII : QUOTE_PRINT);
	format_pad(f, store, small.len);
}

/* ---------------------------------------------------------------- strings */

/* The length of s cut to the precision, which counts runes. */
static size_t cut_to_precision(const Format *f, const char *s, size_t len) {
	if (!f->flags.has_precision)
		return len;
	size_t at = 0;
	for (int64_t n = f->flags.precision; n > 0 && at < len; n--) {
		int32_t r;
		at += (size_t)utf8_decode(s + at, len - at, &r);
	}
	return at;
}

void format_string(Format *f, const char *s, size_t len) {
	format_pad(f, s, cut_to_precision(f, s, len));
}

void format_quoted(Format *f, const char *s, size_t len) {
	len = cut_to_precision(f, s, len);
	Buf text;
	buf_init(&text, f->out.mem);
	if (f->flags.sharp && quote_can_backquote(s, len)) {
		buf_putc(&text, '`');
		buf_put(&text, s, len);
		buf_putc(&text, '`');
	} else {
		quote_string(f->g, &text, s, len, f->flags.plus ? QUOTE_ASCII : QUOTE_PRINT);
	}
	f->out.failed |= text.failed;
	format_pad(f, text.ptr, text.len);
	buf_deinit(&text);
}

void format_hex_string(Format *f, const char *s, size_t len, bool upper) {
	const char *hex = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const Flags *fl = &f->flags;
	if (fl->has_precision && (uint64_t)fl->precision < len)
		len = (size_t)fl->precision;
	if (len == 0) {
		if (fl->has_width)
			put_padding(f, fl->width);
		return;
	}
	int64_t n = (int64_t)len, columns = 2 * n;
	if (fl->space)
		columns += (fl->sharp ? columns : 0) + n - 1;
	else if (fl->sharp)
		columns += 2;
	int64_t padding = fl->has_width ? fl->width - columns : 0;
	if (!fl->minus)
		put_padding(f, padding);
	buf_reserve(&f->out, (size_t)columns);
	for (size_t i = 0; i < len; i++) {
		if (fl->space && i > 0)
			buf_putc(&f->out, ' ');
		if (fl->sharp && (fl->space || i == 0))
			buf_put(&f->out, upper ? "0X" : "0x", 2);
		buf_putc(&f->out, hex[(unsigned char)s[i] >> 4]);
		buf_putc(&f->out, hex[s[i] & 15]);
	}
	if (fl->minus)
		put_padding(f, padding);
}

/* ---------------------------------------------------------------- floats */

/* The flag # keeps trailing zeros: `digits` significant ones in all, and a decimal point always. */
static void put_sharp(Buf *to, const char *num, size_t len, int32_t verb, int64_t digits) {
	size_t tail = 0;
	bool point = false, nonzero = false, hex = verb == 'x' || verb == 'X';
	for (; tail < len; tail++) {
		char c = num[tail];
		if (c == 'p' || c == 'P' || (!hex && (c == 'e' || c == 'E')))
			break;
		if (c == '.') {
			point = true;
			continue;
		}
		nonzero |= c != '0';
		digits -= nonzero;
	}
	buf_put(to, num, tail);
	if (!point) {
		if (tail == 1 && num[0] == '0') /* the zero before the point counts once */
			digits--;
		buf_putc(to, '.');
	}
	for (; digits > 0; digits--)
		buf_putc(to, '0');
	buf_put(to, num + tail, len - tail);
}

/* num: sign, digits. The sign is shown when it is a minus or was asked for. */
static void put_number(Format *f, const char *num, size_t len) {
	const Flags *fl = &f->flags;
	if (!fl->plus && num[0] == '+') {
		format_pad(f, num + 1, len - 1);
	} else if (fl->zero && !fl->minus && fl->has_width && fl->width > (int64_t)len) {
		buf_putc(&f->out, num[0]);
		put_repeated(f, '0', fl->width - (int64_t)len);
		buf_put(&f->out, num + 1, len - 1);
	} else {
		format_pad(f, num, len);
	}
}

void format_float(Format *f, double v, int bits, int32_t verb, int64_t precision) {
	const Flags *fl = &f->flags;
	if (fl->has_precision)
		precision = fl->precision;
	Buf text;
	buf_init(&text, f->out.mem);
	char store[NUMBER_BUF], *num = store;
	size_t len = number_format(store + 1, sizeof store - 1, v, (char)verb, (int)precision, bits), cap = 0;
	if (len > sizeof store - 1) {
		cap = len + 1;
		num = mem_alloc(f->out.mem, cap);
		if (!num) {
			f->out.failed = true;
			return;
		}
		number_format(num + 1, len, v, (char)verb, (int)precision, bits);
	}
	char *start = num; /* at the sign */
	if (num[1] == '-' || num[1] == '+')
		start++, len--;
	else
		*start = '+';
	if (fl->space && *start == '+' && !fl->plus)
		*start = ' ';
	len++;
	if (isinf(v) || isnan(v)) {
		bool hide_sign = isnan(v) && !fl->space && !fl->plus;
		pad_spaces(f, start + hide_sign, len - hide_sign);
	} else if (fl->sharp && verb != 'b') {
		int64_t digits = 0;
		if (verb == 'g' || verb == 'G' || verb == 'x')
			digits = precision < 0 ? 6 : precision;
		buf_putc(&text, *start);
		put_sharp(&text, start + 1, len - 1, verb, digits);
		f->out.failed |= text.failed;
		if (!text.failed)
			put_number(f, text.ptr, text.len);
	} else {
		put_number(f, start, len);
	}
	buf_deinit(&text);
	mem_free(f->out.mem, cap ? num : NULL, cap);
}

void format_complex(Format *f, double re, double im, int part_bits, int32_t verb) {
	bool plus = f->flags.plus;
	int64_t precision = verb == 'e' || verb == 'E' || verb == 'f' ? 6 : -1;
	buf_putc(&f->out, '(');
	format_float(f, re, part_bits, verb, precision);
	f->flags.plus = true;
	format_float(f, im, part_bits, verb, precision);
	buf_put(&f->out, "i)", 2);
	f->flags.plus = plus;
}
