/* SPDX-License-Identifier: MIT */
/* scan.c: reading operands from text: Scan, Scanln, Scanf over the bytes read so far.
 *
 * Rules: works on a window of the input. When it needs to see what is behind the window, it answers NEED_MORE and
 * changes nothing but the progress made by whole operands; scan.gol reads more and calls again. Operands with a Scan
 * method of their own are left to scan.gol as well.
 * Why: tokens are short, so starting one over is cheaper than giving every character a call. */
#include "stdlib/fmt/print.h"
#include "stdlib/fmt/scan.h"

#include <math.h>

#include "base/number.h"
#include "base/utf8.h"
#include "stdlib/strconv/parse.h"
#include "stdlib/strconv/quote.h"

enum { MODE_SCAN, MODE_SCANLN, MODE_SCANF };
enum { DONE, NEED_MORE, FAILED, FAILED_EOF, FAILED_UNEXPECTED_EOF, CALL_METHOD, NIL_POINTER };
enum { NO_RUNE = -1, WIDTH_MAX = 1 << 30 };

/* Layout of scan.gol's scan. */
typedef struct ScanProgress {
	GoSlice data;
	GoString error;
	int64_t used;	/* bytes of data */
	int64_t at_eof; /* nothing follows data */
	int64_t mode, operand, format_at, verb, width;
} ScanProgress;

typedef struct Scanner {
	Goroutine *g;
	ScanProgress *progress;
	const char *s;
	size_t len, at;
	int last;	      /* bytes of the rune read last */
	int64_t count, limit; /* runes read of the operand, and its width */
	bool newline_is_space, newline_is_end, at_end;
	int status; /* DONE while all is well */
	Buf token;
	Buf error;
} Scanner;

static void fail(Scanner *s, int status) {
	if (s->status == DONE)
		s->status = status;
}

static bool fail_text(Scanner *s, const char *text) {
	if (s->status == DONE)
		buf_puts(&s->error, text);
	fail(s, FAILED);
	return false;
}

static bool rune_cut_off(const Scanner *s) {
	static const unsigned char lead[] = {0xc0, 0xe0, 0xf0};
	size_t left = s->len - s->at;
	return left < 4 && (unsigned char)s->s[s->at] >= lead[left - 1] && (unsigned char)s->s[s->at] < 0xf8;
}

static int32_t next_rune(Scanner *s) {
	if (s->at_end || s->count >= s->limit || s->status != DONE)
		return NO_RUNE;
	if (s->at == s->len) {
		if (!s->progress->at_eof)
			fail(s, NEED_MORE);
		return NO_RUNE;
	}
	int32_t r;
	s->last = utf8_decode(s->s + s->at, s->len - s->at, &r);
	if (r == RUNE_ERROR && s->last == 1 && !s->progress->at_eof && rune_cut_off(s)) {
		fail(s, NEED_MORE);
		return NO_RUNE;
	}
	s->at += (size_t)s->last;
	s->count++;
	s->at_end = s->newline_is_end && r == '\n';
	return r;
}

static void unread(Scanner *s) {
	s->at -= (size_t)s->last;
	s->count--;
	s->at_end = false;
}

static int32_t must_read(Scanner *s) {
	int32_t r = next_rune(s);
	if (r == NO_RUNE)
		fail(s, FAILED_UNEXPECTED_EOF);
	return r;
}

static bool not_eof(Scanner *s) {
	if (next_rune(s) == NO_RUNE) {
		fail(s, FAILED_EOF);
		return false;
	}
	unread(s);
	return true;
}

static bool is_one_of(int32_t r, const char *set) {
	return r > 0 && r < 128 && strchr(set, r) != NULL;
}

static bool peek(Scanner *s, const char *set) {
	int32_t r = next_rune(s);
	if (r != NO_RUNE)
		unread(s);
	return is_one_of(r, set);
}

/* Takes the next rune into the token if it is in the set. */
static bool accept(Scanner *s, const char *set) {
	int32_t r = next_rune(s);
	if (r == NO_RUNE)
		return false;
	if (is_one_of(r, set)) {
		buf_putc(&s->token, (char)r);
		return true;
	}
	unread(s);
	return false;
}

static void accept_all(Scanner *s, const char *set) {
	while (accept(s, set))
		;
}

static bool skip_space(Scanner *s) {
	for (;;) {
		int32_t r = next_rune(s);
		if (r == NO_RUNE)
			return s->status == DONE;
		if (r == '\r' && peek(s, "\n"))
			continue;
		if (r == '\n' && !s->newline_is_space)
			return fail_text(s, "unexpected newline");
		if (!rune_is_space(r)) {
			unread(s);
			return true;
		}
	}
}

static bool check_verb(Scanner *s, int32_t verb, const char *verbs, const char *type) {
	if (is_one_of(verb, verbs))
		return true;
	fail_text(s, "bad verb '%");
	if (s->status == FAILED) {
		buf_put_rune(&s->error, verb);
		buf_printf(&s->error, "' for %s", type);
	}
	return false;
}

/* ---------------------------------------------------------------- integers */

static const char sign[] = "+-", binary[] = "01_", octal[] = "01234567_", decimal[] = "0123456789_",
		  hexadecimal[] = "0123456789aAbBcCdDeEfF_";

/* Digits of a number; 0 as base when its text tells it. */
static bool read_digits(Scanner *s, int32_t verb, bool is_signed, int *base) {
	const char *digits = verb == 'b' ? "01" : verb == 'o' ? "01234567" : "0123456789";
	bool have = false;
	*base = verb == 'b' ? 2 : verb == 'o' ? 8 : 10;
	if (verb == 'x' || verb == 'X' || verb == 'U') {
		digits = "0123456789aAbBcCdDeEfF";
		*base = 16;
	}
	if (verb == 'U') {
		if (next_rune(s) != 'U' || next_rune(s) != '+') /* Go does not give back what it refuses here */
			return fail_text(s, "bad unicode format ");
	} else {
		if (is_signed)
			accept(s, sign);
		if (verb == 'v') {
			*base = 0;
			digits = decimal;
			if (peek(s, "0")) {
				accept(s, "0");
				have = true;
				digits = accept(s, "bB")   ? binary
					 : accept(s, "oO") ? octal
					 : accept(s, "xX") ? hexadecimal
							   : octal;
			}
		}
	}
	if (!have && (!not_eof(s) || !accept(s, digits)))
		return fail_text(s, "expected integer");
	accept_all(s, digits);
	return s->status == DONE;
}

static bool fail_parse(Scanner *s, const char *function, ParseStatus status) {
	if (s->status != DONE)
		return false;
	buf_printf(&s->error, "strconv.%s: parsing ", function);
	quote_string(s->g, &s->error, s->token.ptr, s->token.len, QUOTE_PRINT);
	buf_puts(&s->error, status == PARSE_RANGE ? ": value out of range" : ": invalid syntax");
	fail(s, FAILED);
	return false;
}

static bool fail_overflow(Scanner *s, const char *what) {
	fail_text(s, what);
	if (s->status == FAILED)
		buf_put(&s->error, s->token.ptr, s->token.len);
	return false;
}

/* Characters must fit the signed type of the size, whatever the operand's. */
static bool scan_char(Scanner *s, int bits, uint64_t *n) {
	if (!not_eof(s))
		return false;
	int32_t r = next_rune(s);
	*n = (uint64_t)r;
	if ((bits == 8 && r > INT8_MAX) || (bits == 16 && r > INT16_MAX)) {
		buf_put_rune(&s->token, r);
		return fail_overflow(s, "overflow on character value ");
	}
	return true;
}

static bool scan_integer(Scanner *s, int32_t verb, int bits, bool is_signed, uint64_t *n) {
	if (verb == 'c')
		return scan_char(s, bits, n);
	int base;
	if (!skip_space(s) || !not_eof(s) || !check_verb(s, verb, "bdoUxXv", "integer") ||
	    !read_digits(s, verb, is_signed, &base))
		return false;
	int64_t i = 0;
	ParseStatus status = is_signed ? parse_int(s->token.ptr, s->token.len, base, 64, &i)
				       : parse_uint(s->token.ptr, s->token.len, base, 64, n);
	if (status != PARSE_OK)
		return fail_parse(s, is_signed ? "ParseInt" : "ParseUint", status);
	if (is_signed)
		*n = (uint64_t)i;
	int spare = 64 - bits;
	if (is_signed ? (int64_t)((uint64_t)i << spare) >> spare != i : *n << spare >> spare != *n)
		return fail_overflow(s,
				     is_signed ? "integer overflow on token " : "unsigned integer overflow on token ");
	return true;
}

/* ---------------------------------------------------------------- floats */

static void read_float(Scanner *s) {
	if (accept(s, "nN") && accept(s, "aA") && accept(s, "nN"))
		return;
	accept(s, sign);
	if (accept(s, "iI") && accept(s, "nN") && accept(s, "fF"))
		return;
	const char *digits = decimal, *exponent = "eEpP";
	if (accept(s, "0") && accept(s, "xX")) {
		digits = hexadecimal;
		exponent = "pP";
	}
	accept_all(s, digits);
	if (accept(s, "."))
		accept_all(s, digits);
	if (accept(s, exponent)) {
		accept(s, sign);
		accept_all(s, decimal);
	}
}

static bool convert_float(Scanner *s, int bits, double *value) {
	if (s->status != DONE)
		return false;
	const char *text = s->token.ptr, *p = s->token.len ? memchr(text, 'p', s->token.len) : NULL;
	size_t len = s->token.len;
	int64_t exponent = 0;
	if (p && !memchr(text, 'x', len) &&
	    !memchr(text, 'X', len)) { /* 1.5p3: a decimal number with a binary exponent */
		ParseStatus status = parse_int(p + 1, (size_t)(text + len - p - 1), 10, 64, &exponent);
		if (status != PARSE_OK) {
			memmove(s->token.ptr, p + 1, s->token.len = (size_t)(text + len - p - 1));
			return fail_parse(s, "Atoi", status);
		}
		len = (size_t)(p - text);
	}
	int status = number_parse(text, len, bits, true, value);
	if (status != PARSE_OK) {
		s->token.len = len;
		return fail_parse(s, "ParseFloat", (ParseStatus)status);
	}
	if (exponent)
		*value = ldexp(*value, exponent > 10000 ? 10000 : exponent < -10000 ? -10000 : (int)exponent);
	return true;
}

static bool scan_float(Scanner *s, int32_t verb, int bits, double *value) {
	if (!check_verb(s, verb, "beEfFgGv", bits == 32 ? "float32" : "float64") || !skip_space(s) || !not_eof(s))
		return false;
	read_float(s);
	return convert_float(s, bits, value);
}

static bool scan_complex(Scanner *s, int32_t verb, int bits, double *re, double *im) {
	if (!check_verb(s, verb, "beEfFgGv", "complex") || !skip_space(s) || !not_eof(s))
		return false;
	bool parens = accept(s, "(");
	s->token.len = 0;
	read_float(s);
	Buf real = s->token; /* put aside: both parts must be there before one is converted */
	buf_init(&s->token, real.mem);
	bool ok = accept(s, sign);
	if (ok)
		read_float(s);
	ok = ok && accept(s, "i") && (!parens || accept(s, ")"));
	if (!ok)
		fail_text(s, "syntax error scanning complex number");
	if (ok && s->token.ptr[s->token.len - 1] == ')')
		s->token.len--;
	s->token.len -= ok; /* the i */
	Buf imaginary = s->token;
	s->token = real;
	ok = ok && convert_float(s, bits, re);
	buf_deinit(&s->token);
	s->token = imaginary;
	ok = ok && convert_float(s, bits, im);
	return ok;
}

/* ---------------------------------------------------------------- bools, strings */

static bool scan_bool(Scanner *s, int32_t verb, bool *value) {
	if (!skip_space(s) || !not_eof(s) || !check_verb(s, verb, "tv", "boolean"))
		return false;
	int32_t r = next_rune(s);
	*value = r == '1' || r == 't' || r == 'T';
	bool ok = r == '0' || r == '1';
	if (r == 't' || r == 'T')
		ok = !accept(s, "rR") || (accept(s, "uU") && accept(s, "eE"));
	else if (r == 'f' || r == 'F')
		ok = !accept(s, "aA") || (accept(s, "lL") && accept(s, "sS") && accept(s, "eE"));
	if (ok || !is_one_of(r, "tTfF")) /* any other character reads as false */
		return s->status == DONE;
	return fail_text(s, "syntax error scanning boolean");
}

static bool read_quoted(Scanner *s) {
	if (!not_eof(s))
		return false;
	int32_t quote = next_rune(s);
	if (quote != '`' && quote != '"')
		return fail_text(s, "expected quoted string");
	for (;;) {
		int32_t r = must_read(s);
		if (r == NO_RUNE)
			return false;
		if (r == quote)
			break;
		buf_put_rune(&s->token, r);
		if (quote == '"' && r == '\\') {
			r = must_read(s);
			if (r == NO_RUNE)
				return false;
			buf_put_rune(&s->token, r);
		}
	}
	if (quote == '`')
		return true;
	size_t in = 0, out = 0;
	while (in < s->token.len) { /* unquoting never lengthens */
		int32_t r;
		bool multibyte;
		size_t n = s->token.ptr[in] == '\n'
				   ? 0
				   : quote_read_char(s->token.ptr + in, s->token.len - in, '"', &r, &multibyte);
		if (n == 0)
			return fail_text(s, "invalid syntax");
		in += n;
		char bytes[4] = {(char)r};
		size_t bytes_len = multibyte ? (size_t)utf8_encode(r, bytes) : 1;
		memcpy(s->token.ptr + out, bytes, bytes_len);
		out += bytes_len;
	}
	s->token.len = out;
	return true;
}

static int hex_value(int32_t r) {
	if (r >= '0' && r <= '9')
		return r - '0';
	r |= 0x20;
	return r >= 'a' && r <= 'f' ? r - 'a' + 10 : -1;
}

static bool read_hex(Scanner *s) {
	if (!not_eof(s))
		return false;
	for (;;) {
		int32_t r = next_rune(s);
		int high = r == NO_RUNE ? -1 : hex_value(r);
		if (high < 0) {
			if (r != NO_RUNE)
				unread(s);
			break;
		}
		r = must_read(s);
		int low = r == NO_RUNE ? -1 : hex_value(r);
		if (low < 0)
			return fail_text(s, "illegal hex digit");
		buf_putc(&s->token, (char)(high << 4 | low));
	}
	return s->token.len > 0 ? s->status == DONE : fail_text(s, "no hex data for %x string");
}

/* The text is left in s->token. */
static bool scan_string(Scanner *s, int32_t verb) {
	if (!check_verb(s, verb, "svqxX", "string") || !skip_space(s) || !not_eof(s))
		return false;
	if (verb == 'q')
		return read_quoted(s);
	if (verb == 'x' || verb == 'X')
		return read_hex(s);
	for (;;) {
		int32_t r = next_rune(s);
		if (r == NO_RUNE)
			return s->status == DONE;
		if (rune_is_space(r)) {
			unread(s);
			return true;
		}
		buf_put_rune(&s->token, r);
	}
}

/* ---------------------------------------------------------------- operands */

static void store_number(void *to, const TypeDesc *type, uint64_t n) {
	Slot slot = {.u = n};
	value_store(type, to, &slot);
}

static bool store_float(void *to, const TypeDesc *type, double v) {
	if (type->size == 4) {
		float f = (float)v;
		memcpy(to, &f, sizeof f);
	} else {
		memcpy(to, &v, sizeof v);
	}
	return true;
}

static bool store_text(Scanner *s, void *to, const TypeDesc *type) {
	if (type->kind == KIND_STRING)
		store_string(to, native_string(s->g, s->token.ptr, s->token.len));
	else
		store_slice(to, native_byte_slice(s->g, s->token.ptr, s->token.len));
	return true;
}

static bool fail_type(Scanner *s, const char *text, const TypeDesc *type) {
	if (s->status == DONE)
		buf_printf(&s->error, "%s%s", text, type ? type->name : "<nil>");
	fail(s, FAILED);
	return false;
}

static bool scan_kind(Scanner *s, GoIface operand, int32_t verb) {
	const TypeDesc *type = operand.type->elem;
	void *to = operand.data.p;
	int bits = (int)type->size * 8;
	uint64_t n = 0;
	double re = 0, im = 0;
	bool b = false;
	Kind kind = type->kind;
	if (kind == KIND_BOOL) {
		if (!scan_bool(s, verb, &b))
			return false;
		store_number(to, type, b);
	} else if (kind >= KIND_INT && kind <= KIND_UINTPTR) {
		if (!scan_integer(s, verb, bits, kind <= KIND_INT64, &n))
			return false;
		store_number(to, type, n);
	} else if (kind == KIND_FLOAT32 || kind == KIND_FLOAT64) {
		return scan_float(s, verb, bits, &re) && store_float(to, type, re);
	} else if (kind == KIND_COMPLEX64 || kind == KIND_COMPLEX128) {
		const TypeDesc half = {.size = type->size / 2};
		return scan_complex(s, verb, bits / 2, &re, &im) && store_float(to, &half, re) &&
		       store_float((char *)to + half.size, &half, im);
	} else if (kind == KIND_STRING || (kind == KIND_SLICE && type->elem->kind == KIND_UINT8)) {
		return scan_string(s, verb) && store_text(s, to, type);
	} else {
		return fail_type(s, "can't scan type: ", operand.type);
	}
	return true;
}

/* False: stop; s->status says why. */
static bool scan_operand(Scanner *s, GoIface operand, int32_t verb, const TypeDesc *scanner) {
	s->token.len = 0;
	if (!operand.type || operand.type->kind != KIND_POINTER) {
		if (!operand.type || iface_missing_method(s->g->vm, operand.type, scanner))
			return fail_type(s, "type not a pointer: ", operand.type);
	}
	if (operand.type->method_count > 0 && !iface_missing_method(s->g->vm, operand.type, scanner)) {
		fail(s, CALL_METHOD);
		s->progress->verb = verb;
		return false;
	}
	if (!operand.data.p) {
		fail(s, NIL_POINTER);
		return false;
	}
	return scan_kind(s, operand, verb);
}

static void save(Scanner *s) {
	s->progress->used = (int64_t)s->at;
}

static void scan_operands(Scanner *s, const GoIface *args, int64_t count, const TypeDesc *scanner) {
	ScanProgress *p = s->progress;
	s->limit = p->width = WIDTH_MAX;
	for (int64_t i = p->operand; i >= 0 && i < count; p->operand = ++i) {
		if (!scan_operand(s, load_iface(&args[i]), 'v', scanner))
			return;
		save(s);
	}
	while (s->newline_is_end) {
		int32_t r = next_rune(s);
		if (r == '\n' || r == NO_RUNE)
			return;
		if (!rune_is_space(r)) {
			fail_text(s, "expected newline");
			return;
		}
	}
}

/* ---------------------------------------------------------------- formats */

typedef struct FormatText {
	const char *s;
	size_t len, at;
} FormatText;

static int32_t format_rune(const FormatText *f, size_t *len) {
	int32_t r;
	*len = (size_t)utf8_decode(f->s + f->at, f->len - f->at, &r);
	return *len ? r : RUNE_ERROR;
}

/* Space in the format: each newline matches space up to a newline or the end; other space before a newline is part of
 * it; space that stands alone or behind newlines matches spaces, at least one if alone. */
static bool match_space(Scanner *s, FormatText *f) {
	int newlines = 0;
	bool trailing = false;
	size_t n;
	for (int32_t c; f->at < f->len && rune_is_space(c = format_rune(f, &n)); f->at += n) {
		newlines += c == '\n';
		trailing = c != '\n';
	}
	int32_t r;
	for (int i = 0; i < newlines; i++) {
		do
			r = next_rune(s);
		while (r != '\n' && r != NO_RUNE && rune_is_space(r));
		if (r != '\n' && r != NO_RUNE)
			return fail_text(s, "newline in format does not match input");
	}
	if (!trailing)
		return s->status == DONE;
	r = next_rune(s);
	if (newlines == 0) {
		if (r != NO_RUNE && !rune_is_space(r))
			return fail_text(s, "expected space in input to match format");
		if (r == '\n')
			return fail_text(s, "newline in input does not match format");
	}
	while (r != '\n' && r != NO_RUNE && rune_is_space(r))
		r = next_rune(s);
	if (r != NO_RUNE)
		unread(s);
	return s->status == DONE;
}

/* Matches the format up to its next verb. Where it begins with %% and does not match, it is left to be read as a verb,
 * as Go does (and then misses a %). */
static bool match_literals(Scanner *s, FormatText *f) {
	size_t start = f->at;
	while (f->at < f->len) {
		size_t n;
		int32_t c = format_rune(f, &n);
		if (rune_is_space(c)) {
			if (!match_space(s, f))
				return false;
			continue;
		}
		if (c == '%') {
			if (f->at + 1 == f->len)
				return fail_text(s, "missing verb: % at end of format string");
			if (f->s[f->at + 1] != '%')
				return true;
			f->at++;
		}
		int32_t r = must_read(s);
		if (r == NO_RUNE)
			return false;
		if (r != c) {
			unread(s);
			f->at = start;
			return f->s[start] == '%' || fail_text(s, "input does not match format");
		}
		f->at += n;
	}
	return true;
}

static int64_t read_width(FormatText *f) {
	size_t start = f->at;
	int64_t n = 0;
	for (; f->at < f->len && f->s[f->at] >= '0' && f->s[f->at] <= '9'; f->at++) {
		n = n * 10 + (f->s[f->at] - '0');
		if (n > 1000000) {
			f->at = f->len;
			return WIDTH_MAX;
		}
	}
	return f->at > start ? n : WIDTH_MAX;
}

/* One verb. False: stop. */
static bool scan_verb(Scanner *s, FormatText *f, const GoIface *args, int64_t count, const TypeDesc *scanner) {
	ScanProgress *p = s->progress;
	f->at++;
	int64_t width = read_width(f);
	size_t verb_at = f->at, n;
	int32_t verb = format_rune(f, &n);
	f->at += n;
	if (verb != 'c' && !skip_space(s))
		return false;
	if (verb == '%')
		return not_eof(s) && (accept(s, "%") || fail_text(s, "missing literal %"));
	int64_t operand = p->operand; /* the program may change it at any time */
	if (operand < 0 || operand >= count) {
		fail_text(s, "too few operands for format '%");
		if (s->status == FAILED) {
			buf_put(&s->error, f->s + verb_at, f->len - verb_at);
			buf_putc(&s->error, '\'');
		}
		return false;
	}
	s->count = 0;
	s->limit = p->width = width;
	bool ok = scan_operand(s, load_iface(&args[operand]), verb, scanner);
	s->limit = WIDTH_MAX;
	if (ok || s->status == CALL_METHOD)
		p->format_at = (int64_t)f->at;
	if (s->status == CALL_METHOD)
		save(s);
	p->operand = operand + ok;
	return ok;
}

static void scan_formatted(Scanner *s, GoString format, const GoIface *args, int64_t count, const TypeDesc *scanner) {
	ScanProgress *p = s->progress;
	FormatText f = {format.ptr, (size_t)format.len, (size_t)p->format_at};
	s->limit = WIDTH_MAX;
	while (f.at < f.len) {
		s->count = 0;
		if (!match_literals(s, &f))
			return;
		if (f.at == f.len)
			break;
		if (!scan_verb(s, &f, args, count, scanner))
			return;
		save(s);
		p->format_at = (int64_t)f.at;
	}
	if (p->operand < count)
		fail_text(s, "too many operands");
}

/* func scanText(s *scan, format string, args []any, scanner any) (status int); scanner is a nil *Scanner. */
NativeStatus fmt_scanText(Goroutine *g, Slot *args) {
	struct {
		int64_t status;
		ScanProgress *progress;
		GoString format;
		GoSlice args;
		GoIface scanner;
	} *a = NATIVE_ARGS(args);
	ScanProgress *p = a->progress;
	GoSlice data = p ? load_slice(&p->data) : (GoSlice){0};
	int64_t used = p ? p->used : 0;
	if (!p || (uint64_t)used > (uint64_t)data.len || !a->scanner.type || a->scanner.type->kind != KIND_POINTER ||
	    a->scanner.type->elem->kind != KIND_INTERFACE) /* of an image: fmt.gol does not */
		return native_panic_text(g, "fmt: wrong types");
	const TypeDesc *scanner = a->scanner.type->elem;
	Scanner s = {
		.g = g, .progress = p, .s = data.ptr, .len = data.len, .at = (size_t)used, .limit = WIDTH_MAX};
	s.newline_is_space = p->mode == MODE_SCAN;
	s.newline_is_end = p->mode == MODE_SCANLN;
	buf_init(&s.token, &g->vm->mem);
	buf_init(&s.error, &g->vm->mem);
	if (p->mode == MODE_SCANF)
		scan_formatted(&s, a->format, a->args.ptr, a->args.len, scanner);
	else
		scan_operands(&s, a->args.ptr, a->args.len, scanner);
	native_charge(g, (int64_t)(s.at - (size_t)used) + 1);
	if (s.status != NEED_MORE)
		save(&s);
	a->status = s.status;
	if (s.status == FAILED)
		store_string(&p->error, native_string(g, s.error.ptr, s.error.len));
	bool out_of_memory = s.token.failed || s.error.failed;
	buf_deinit(&s.token);
	buf_deinit(&s.error);
	if (out_of_memory)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	return s.status == NIL_POINTER ? native_panic_code(g, PANIC_NIL_POINTER) : NATIVE_DONE;
}
