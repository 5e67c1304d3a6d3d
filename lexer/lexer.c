/* SPDX-License-Identifier: MIT */
/* lexer.c: scanning, literals, automatic semicolons.
 *
 * Owns: nothing; a Lexer points into the text of its SourceFile.
 * Rules: the text is 0-terminated, so every loop stops at its end without counting; a 0 before the end is an error that
 * lexer_check_encoding reports, and white space here. An error in a token never stops scanning.
 * Why: one table gives the class of a byte, so that names, spaces and digits are loops over a table; encoding errors
 * are found beforehand by one fast pass over the file, so that no loop here decodes runes that it does not need.
 * See: tests/unit/test_lexer.c. */
#define _GNU_SOURCE /* memmem */
#include "lexer/lexer.h"

#include <stdio.h>

#include "base/utf8.h"

/* ---- classes of bytes ---- */

enum {
	B_LETTER = 1,      /* may begin a name: ASCII letters and '_' */
	B_DIGIT = 2,       /* 0-9 */
	B_HEX = 4,         /* 0-9 a-f A-F */
	B_BLANK = 8,       /* white space but newline */
	B_STRING_END = 16, /* what ends the plain run in an interpreted string or rune literal */
	B_BLOCK = 32,      /* what lexer_skip_block must look at */
};

static const uint8_t byte_class[256] = {
	[0] = B_STRING_END | B_BLOCK,
	['\t'] = B_BLANK,
	['\r'] = B_BLANK,
	[' '] = B_BLANK,
	['\n'] = B_STRING_END,
	['"'] = B_STRING_END | B_BLOCK,
	['\''] = B_STRING_END | B_BLOCK,
	['\\'] = B_STRING_END,
	['`'] = B_BLOCK,
	['/'] = B_BLOCK,
	['{'] = B_BLOCK,
	['}'] = B_BLOCK,
	['0' ... '9'] = B_DIGIT | B_HEX,
	['a' ... 'f'] = B_LETTER | B_HEX,
	['A' ... 'F'] = B_LETTER | B_HEX,
	['g' ... 'z'] = B_LETTER,
	['G' ... 'Z'] = B_LETTER,
	['_'] = B_LETTER,
};

static inline bool is(uint8_t c, unsigned classes) {
	return (byte_class[c] & classes) != 0;
}

static inline uint8_t lower(uint8_t c) {
	return c | 0x20;
}

/* ---- errors ---- */

static inline Pos pos_at(const Lexer *lx, const uint8_t *p) {
	return lx->file->base + (Pos)(p - lx->text);
}

/* An error inside a literal or name also marks the token bad. */
#define ERROR_AT(lx, p, ...)                                                                                           \
	do {                                                                                                           \
		(lx)->bad = true;                                                                                      \
		if (!(lx)->muted)                                                                                      \
			diag_report((lx)->set, SEVERITY_ERROR, 0, pos_at((lx), (p)), 0, __VA_ARGS__);                  \
	} while (0)

typedef struct RuneText {
	char text[24];
} RuneText;

/* As Go's %#U: U+0040 '@'. */
static RuneText describe_rune(int32_t r) {
	RuneText d;
	int n = snprintf(d.text, sizeof d.text, "U+%04X", (unsigned)r);
	if (r <= 0x10FFFF && rune_is_print(r)) {
		char bytes[4];
		int len = utf8_encode(r, bytes);
		snprintf(d.text + n, sizeof d.text - (size_t)n, " '%.*s'", len, bytes);
	}
	return d;
}

/* The rune at p as Go's %q shows it; for characters that do not belong into an escape. */
static RuneText quote_rune(const uint8_t *p, const uint8_t *end) {
	RuneText d;
	int32_t r;
	int len = utf8_decode((const char *)p, (size_t)(end - p), &r);
	if (r == '\'' || r == '\\')
		snprintf(d.text, sizeof d.text, "'\\%c'", (char)r);
	else if (r == '\n' || r == '\t' || r == '\r')
		snprintf(d.text, sizeof d.text, "'\\%c'", r == '\n' ? 'n' : r == '\t' ? 't' : 'r');
	else if (rune_is_print(r))
		snprintf(d.text, sizeof d.text, "'%.*s'", len, (const char *)p);
	else
		snprintf(d.text, sizeof d.text, r < 0x80 ? "'\\x%02x'" : "'\\u%04x'", (unsigned)r);
	return d;
}

/* ---- life ---- */

#define BOM "\xEF\xBB\xBF"

void lexer_init(Lexer *lx, SourceSet *set, SourceFile *file, Interner *in, uint32_t offset) {
	const uint8_t *text = (const uint8_t *)file->text;
	*lx = (Lexer){.set = set, .file = file, .in = in, .text = text, .cur = text + offset, .end = text + file->len};
	if (intern_cstr(in, "break")->keyword == 0)
		token_setup_keywords(in);
	if (offset != 0)
		return;
	if (file->len >= 3 && memcmp(text, BOM, 3) == 0)
		lx->cur += 3;
	if (lx->cur[0] == '#' && lx->cur[1] == '!') {
		const uint8_t *newline = memchr(lx->cur, '\n', (size_t)(lx->end - lx->cur));
		lx->cur = newline != NULL ? newline : lx->end;
	}
}

static COLD void report_encoding(Lexer *lx) {
	enum { MAX_REPORTS = 100 }; /* a binary file needs no more to be recognized as one */
	const uint8_t *p = lx->text;
	for (int reports = 0; p < lx->end && reports < MAX_REPORTS;) {
		int32_t r;
		int n = utf8_decode((const char *)p, (size_t)(lx->end - p), &r);
		const char *what = NULL;
		if (r == 0)
			what = "invalid NUL character";
		else if (r == RUNE_ERROR && n == 1)
			what = "invalid UTF-8 encoding";
		else if (r == 0xFEFF && p != lx->text)
			what = "invalid BOM in the middle of the file";
		if (what != NULL) {
			ERROR_AT(lx, p, "%s", what);
			reports++;
		}
		p += n;
	}
}

/* By its first byte: several times as fast as memmem, and library sources are many at every start. */
static bool has_bom(const char *text, size_t len) {
	for (const char *at = text, *end = text + len; (at = memchr(at, BOM[0], (size_t)(end - at))) != NULL; at++)
		if (end - at >= 3 && memcmp(at, BOM, 3) == 0)
			return true;
	return false;
}

void lexer_check_encoding(Lexer *lx) {
	const char *text = (const char *)lx->text;
	size_t len = (size_t)(lx->end - lx->text);
	size_t skip = len >= 3 && memcmp(text, BOM, 3) == 0 ? 3 : 0;
	if (memchr(text, 0, len) != NULL || !utf8_valid(text, len) || has_bom(text + skip, len - skip))
		report_encoding(lx);
}

void lexer_stop(Lexer *lx) {
	lx->cur = lx->end;
	lx->tok = TOK_EOF;
	lx->pos = pos_at(lx, lx->end);
	lx->semi = false;
}

Pos lexer_end_pos(const Lexer *lx) {
	return pos_at(lx, lx->cur);
}

/* ---- comments ---- */

/* //go:build: the lowest Go version that satisfies the expression, as go/build/constraint.GoVersion computes it: the
 * greater for &&, the lesser for ||, none for a negation. -1 stands for "no version". */
typedef struct BuildParser {
	const uint8_t *p;
	int depth;
} BuildParser;

static int build_or(BuildParser *b);

static void build_blanks(BuildParser *b) {
	while (is(*b->p, B_BLANK))
		b->p++;
}

static int build_tag(BuildParser *b) {
	const uint8_t *tag = b->p;
	while (is(*b->p, B_LETTER | B_DIGIT) || *b->p == '.' || *b->p >= 0x80)
		b->p++;
	if (b->p == tag)
		b->p++; /* not an expression: move on; the loops below end at the newline */
	if (b->p - tag < 5 || memcmp(tag, "go1.", 4) != 0)
		return -1;
	int minor = 0;
	for (tag += 4; is(*tag, B_DIGIT) && minor < 1000; tag++)
		minor = minor * 10 + (*tag - '0');
	return minor;
}

static int build_not(BuildParser *b) {
	build_blanks(b);
	if (*b->p == 0 || *b->p == '\n' || ++b->depth > 100)
		return -1;
	if (*b->p == '!') {
		b->p++;
		build_not(b);
		return -1;
	}
	if (*b->p != '(')
		return build_tag(b);
	b->p++;
	int version = build_or(b);
	build_blanks(b);
	if (*b->p == ')')
		b->p++;
	return version;
}

static int build_and(BuildParser *b) {
	int version = build_not(b);
	for (build_blanks(b); b->p[0] == '&' && b->p[1] == '&'; build_blanks(b)) {
		b->p += 2;
		int other = build_not(b);
		version = other > version ? other : version;
	}
	return version;
}

static int build_or(BuildParser *b) {
	int version = build_and(b);
	for (build_blanks(b); b->p[0] == '|' && b->p[1] == '|'; build_blanks(b)) {
		b->p += 2;
		int other = build_and(b);
		version = other < version ? other : version;
	}
	return version;
}

/* ---- line directives ---- */

enum { MAX_DIRECTIVE_NUMBER = 1 << 30 };

/* The number behind the last colon of [text, end); -1: no number, or one that is too large. Returns the byte behind the
 * colon, NULL when there is none. */
static const uint8_t *trailing_number(const uint8_t *text, const uint8_t *end, int64_t *value) {
	const uint8_t *digits = end;
	while (digits > text && digits[-1] != ':')
		digits--;
	if (digits == text)
		return NULL;
	*value = digits < end ? 0 : -1;
	for (const uint8_t *d = digits; d < end && *value >= 0; d++) {
		if (!is(*d, B_DIGIT))
			*value = -1;
		else if (*value <= MAX_DIRECTIVE_NUMBER)
			*value = *value * 10 + (*d - '0');
	}
	return digits;
}

static bool directive_number_ok(Lexer *lx, const char *what, const uint8_t *digits, const uint8_t *end, int64_t value) {
	if (value > 0 && value <= MAX_DIRECTIVE_NUMBER)
		return true;
	if (!lx->muted)
		diag_report(lx->set, SEVERITY_ERROR, 0, pos_at(lx, digits), 0, "invalid %s number: %.*s", what,
		            (int)(end - digits), (const char *)digits);
	return false;
}

/* [text, end) is what follows "line " in a comment: file:line or file:line:column, which hold from `after` on. A comment
 * without a colon is no directive. */
static COLD void line_directive(Lexer *lx, const uint8_t *text, const uint8_t *end, const uint8_t *after) {
	int64_t line, column = 0, before;
	const uint8_t *number = trailing_number(text, end, &line);
	if (number == NULL)
		return;
	if (line < 0) {
		directive_number_ok(lx, "line", number, end, line);
		return;
	}
	const uint8_t *name_end = number - 1, *line_end = end;
	const uint8_t *first = trailing_number(text, name_end, &before);
	bool with_column = first != NULL && before >= 0;
	if (with_column) {
		column = line;
		line = before;
		if (!directive_number_ok(lx, "column", number, end, column))
			return;
		line_end = name_end;
		number = first;
		name_end = first - 1;
	}
	if (!directive_number_ok(lx, "line", number, line_end, line))
		return;
	char *name = NULL; /* without a name, but with a column: the file it is in */
	if (name_end > text || !with_column)
		name = arena_strndup(lx->set->arena, (const char *)text, (size_t)(name_end - text));
	source_add_directive(lx->set, lx->file, (uint32_t)(after - lx->text), name, (uint32_t)line, (uint32_t)column);
}

/* p is behind the two slashes. Returns the newline or the end. */
static const uint8_t *scan_line_comment(Lexer *lx, const uint8_t *p) {
	if (UNLIKELY(lx->tok == TOK_NONE) && strncmp((const char *)p, "go:build ", 9) == 0) {
		BuildParser b = {.p = p + 9};
		int version = build_or(&b);
		if (version > 0)
			lx->go_version = (uint16_t)version;
	}
	if (UNLIKELY(p[0] == 'g' && p[1] == 'o' && p[2] == ':'))
		source_add_go_comment(lx->set, lx->file, (uint32_t)(p - 2 - lx->text));
	const uint8_t *newline = memchr(p, '\n', (size_t)(lx->end - p));
	if (newline == NULL)
		return lx->end;
	if (UNLIKELY(p[0] == 'l' && strncmp((const char *)p, "line ", 5) == 0) &&
	    (p - 2 == lx->text || p[-3] == '\n')) /* at the beginning of its line only */
		line_directive(lx, p + 5, newline[-1] == '\r' ? newline - 1 : newline, newline + 1);
	return newline;
}

/* p is behind the opening. Returns the byte behind the comment; *lines: it contains a newline. */
static const uint8_t *scan_block_comment(Lexer *lx, const uint8_t *p, bool *lines) {
	const uint8_t *start = p - 2;
	for (;; p++) {
		if (*p == '*' && p[1] == '/') {
			if (UNLIKELY(start[2] == 'l' && strncmp((const char *)start, "/*line ", 7) == 0) && !*lines)
				line_directive(lx, start + 7, p, p + 2);
			return p + 2;
		}
		if (*p == '\n')
			*lines = true;
		if (*p == 0 && p >= lx->end)
			break;
	}
	ERROR_AT(lx, start, "comment not terminated");
	lx->cut_off = true;
	return lx->end;
}

/* ---- string and rune literals ---- */

static const char simple_escapes[] = "abfnrtv\\";
static const char simple_values[] = "\a\b\f\n\r\t\v\\";

static inline int digit_value(uint8_t c) {
	if (is(c, B_DIGIT))
		return c - '0';
	return is(c, B_HEX) ? lower(c) - 'a' + 10 : 16;
}

/* p is behind the backslash. Returns the byte behind the escape, or the one that does not belong to it. */
static const uint8_t *scan_escape(Lexer *lx, const uint8_t *p, uint8_t quote) {
	int digits = 0, base = 16;
	uint8_t c = *p;
	if (c == quote || (c != 0 && strchr(simple_escapes, c) != NULL))
		return p + 1;
	if (c >= '0' && c <= '7') {
		digits = 3;
		base = 8;
	} else if (c == 'x' || c == 'u' || c == 'U') {
		digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
		p++;
	} else {
		if (p < lx->end)
			ERROR_AT(lx, p, "unknown escape");
		return p;
	}
	uint32_t value = 0;
	for (; digits > 0; digits--, p++) {
		if (p >= lx->end)
			return p; /* the caller complains */
		int d = digit_value(*p);
		if (d >= base) {
			ERROR_AT(lx, p, "invalid character %s in %s escape", quote_rune(p, lx->end).text,
			         base == 8 ? "octal" : "hexadecimal");
			return p;
		}
		value = value * (uint32_t)base + (uint32_t)d;
	}
	if (base == 8 && value > 255)
		ERROR_AT(lx, p, "octal escape value %u > 255", value);
	if ((c == 'u' || c == 'U') && (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)))
		ERROR_AT(lx, p, "escape is invalid Unicode code point %s", describe_rune((int32_t)value).text);
	return p;
}

static const uint8_t *scan_string(Lexer *lx, const uint8_t *p) {
	const uint8_t *start = p++;
	for (;;) {
		while (!is(*p, B_STRING_END))
			p++;
		switch (*p) {
		case '"':
			return p + 1;
		case '\\':
			p = scan_escape(lx, p + 1, '"');
			break;
		case '\n':
			ERROR_AT(lx, p, "newline in string");
			return p;
		case 0:
			if (p >= lx->end) {
				ERROR_AT(lx, start, "string not terminated");
				return p;
			}
			p++;
			break;
		default: /* the other quote */
			p++;
		}
	}
}

static const uint8_t *scan_raw_string(Lexer *lx, const uint8_t *p) {
	const uint8_t *close = memchr(p + 1, '`', (size_t)(lx->end - p - 1));
	if (close != NULL)
		return close + 1;
	ERROR_AT(lx, p, "string not terminated");
	lx->cut_off = true;
	return lx->end;
}

static const uint8_t *scan_rune(Lexer *lx, const uint8_t *p) {
	const uint8_t *start = p++;
	for (int count = 0;; count++) {
		if (*p == '\'') {
			if (count == 0 && !lx->bad)
				ERROR_AT(lx, p, "empty rune literal or unescaped '");
			else if (count != 1 && !lx->bad)
				ERROR_AT(lx, start, "more than one character in rune literal");
			return p + 1;
		}
		if (*p == '\\') {
			p = scan_escape(lx, p + 1, '\'');
		} else if (*p == '\n') {
			if (!lx->bad)
				ERROR_AT(lx, p, "newline in rune literal");
			return p;
		} else if (p >= lx->end) {
			if (!lx->bad)
				ERROR_AT(lx, start, "rune literal not terminated");
			return p;
		} else {
			int32_t r;
			p += utf8_decode((const char *)p, (size_t)(lx->end - p), &r);
		}
	}
}

/* ---- numbers ---- */

typedef struct Number {
	const uint8_t *start, *p;
	const uint8_t *invalid; /* first digit that the base does not have */
	int base;
	uint8_t prefix; /* 0, '0' (leading zero), 'x', 'o' or 'b' */
	bool digits;    /* the mantissa has some */
	bool separators;
} Number;

static const char *base_name(int base) {
	return base == 2 ? "binary" : base == 8 ? "octal" : base == 10 ? "decimal" : "hexadecimal";
}

/* Digits and separators; returns whether there was a digit. All decimal digits are taken even if the base is smaller,
 * so that 0b12 is one bad number. */
static bool scan_digits(Number *n, int base, const uint8_t **invalid) {
	unsigned accept = base == 16 ? B_HEX : B_DIGIT;
	bool any = false;
	for (;; n->p++) {
		if (is(*n->p, accept)) {
			any = true;
			if (base < 10 && *n->p >= '0' + base && *invalid == NULL)
				*invalid = n->p;
		} else if (*n->p == '_') {
			n->separators = true;
		} else {
			return any;
		}
	}
}

static void scan_prefix(Number *n) {
	n->base = 10;
	if (*n->p != '0')
		return;
	n->p++;
	switch (lower(*n->p)) {
	case 'x':
		n->base = 16;
		break;
	case 'o':
		n->base = 8;
		break;
	case 'b':
		n->base = 2;
		break;
	default:
		n->base = 8;
		n->prefix = '0';
		n->digits = true;
		return;
	}
	n->prefix = lower(*n->p++);
}

/* Every '_' must stand between digits; a base prefix counts as a digit. Returns the first that does not, or NULL. */
static const uint8_t *find_bad_separator(const Number *n) {
	bool after_digit = n->prefix != 0 && n->prefix != '0';
	unsigned accept = n->prefix == 'x' ? B_HEX : B_DIGIT;
	for (const uint8_t *p = n->start + (after_digit ? 2 : 0); p < n->p; p++) {
		if (*p == '_' && (!after_digit || !(is(p[1], accept) || p[1] == '_')))
			return p;
		after_digit = is(*p, accept);
	}
	return NULL;
}

/* The exponent, if there is one; returns whether there was. */
static bool scan_exponent(Lexer *lx, Number *n) {
	uint8_t e = lower(*n->p);
	if (e != 'e' && e != 'p')
		return false;
	if (!lx->bad && e == 'e' && n->prefix != 0 && n->prefix != '0')
		ERROR_AT(lx, n->p, "'%c' exponent requires decimal mantissa", *n->p);
	if (!lx->bad && e == 'p' && n->prefix != 'x')
		ERROR_AT(lx, n->p, "'%c' exponent requires hexadecimal mantissa", *n->p);
	n->p++;
	if (*n->p == '+' || *n->p == '-')
		n->p++;
	if (!scan_digits(n, 10, &(const uint8_t *){NULL}) && !lx->bad)
		ERROR_AT(lx, n->p, "exponent has no digits");
	return true;
}

static const uint8_t *scan_number(Lexer *lx, const uint8_t *start) {
	Number n = {.start = start, .p = start};
	bool is_float = false;
	lx->tok = TOK_INT;
	scan_prefix(&n);
	n.digits |= scan_digits(&n, n.base, &n.invalid);
	if (*n.p == '.') {
		is_float = true;
		if (n.prefix == 'o' || n.prefix == 'b')
			ERROR_AT(lx, n.p, "invalid radix point in %s literal", base_name(n.base));
		n.p++;
		n.digits |= scan_digits(&n, n.base, &n.invalid);
	}
	if (!n.digits && !lx->bad)
		ERROR_AT(lx, n.p, "%s literal has no digits", base_name(n.base));
	if (scan_exponent(lx, &n))
		is_float = true;
	else if (is_float && n.prefix == 'x' && !lx->bad)
		ERROR_AT(lx, n.p, "hexadecimal mantissa requires a 'p' exponent");
	if (is_float)
		lx->tok = TOK_FLOAT;
	/* 08.5 and 09i are decimal after all. */
	bool decimal = n.prefix == '0' && (is_float || *n.p == 'i');
	if (n.invalid != NULL && !decimal && !lx->bad)
		ERROR_AT(lx, n.invalid, "invalid digit '%c' in %s literal", *n.invalid, base_name(n.base));
	const uint8_t *separator = n.separators && !lx->bad ? find_bad_separator(&n) : NULL;
	if (separator != NULL)
		ERROR_AT(lx, separator, "'_' must separate successive digits");
	if (*n.p == 'i') {
		lx->tok = TOK_IMAG;
		n.p++;
	}
	return n.p;
}

/* ---- names ---- */

/* The rune at p >= 0x80 as part of a name: whatever it is, it is taken, so that one message covers it. */
static NOINLINE int scan_name_rune(Lexer *lx, const uint8_t *p, bool first) {
	int32_t r;
	int n = utf8_decode((const char *)p, (size_t)(lx->end - p), &r);
	if (rune_is_letter(r))
		return n;
	if (rune_is_digit(r)) {
		if (first)
			ERROR_AT(lx, p, "identifier cannot begin with digit %s", describe_rune(r).text);
	} else if (r != 0xFEFF && !(r == RUNE_ERROR && n == 1)) { /* both were reported as encoding errors */
		ERROR_AT(lx, p, "invalid character %s in identifier", describe_rune(r).text);
	}
	return n;
}

static const uint8_t *scan_name(Lexer *lx, const uint8_t *start) {
	const uint8_t *p = start;
	uint32_t hash = INTERN_HASH_SEED;
	for (;;) {
		while (is(*p, B_LETTER | B_DIGIT))
			hash = intern_hash_step(hash, *p++);
		if (LIKELY(*p < 0x80))
			break;
		for (int n = scan_name_rune(lx, p, p == start); n > 0; n--)
			hash = intern_hash_step(hash, *p++);
	}
	Name *name = intern_hashed(lx->in, (const char *)start, (size_t)(p - start), hash);
	lx->name = name;
	if (name->keyword != 0) {
		lx->tok = (Token)name->keyword;
		lx->semi = lx->tok == TOK_BREAK || lx->tok == TOK_CONTINUE || lx->tok == TOK_FALLTHROUGH ||
		           lx->tok == TOK_RETURN;
	} else {
		lx->tok = TOK_IDENT;
		lx->semi = true;
	}
	return p;
}

/* ---- operators ---- */

/* The operator at p, one row per first byte; the longest form wins. Returns its length, 0 for none. */
static int scan_operator(const uint8_t *p, Token *tok) {
#define OP(length, name) (*tok = TOK_##name, length)
#define OP_OR_ASSIGN(length, name) (p[length] == '=' ? OP(length + 1, name##_ASSIGN) : OP(length, name))
	switch (p[0]) {
	case '(': return OP(1, LPAREN);
	case ')': return OP(1, RPAREN);
	case '[': return OP(1, LBRACK);
	case ']': return OP(1, RBRACK);
	case '{': return OP(1, LBRACE);
	case '}': return OP(1, RBRACE);
	case ',': return OP(1, COMMA);
	case ';': return OP(1, SEMICOLON);
	case '~': return OP(1, TILDE);
	case '.': return p[1] == '.' && p[2] == '.' ? OP(3, ELLIPSIS) : OP(1, PERIOD);
	case ':': return p[1] == '=' ? OP(2, DEFINE) : OP(1, COLON);
	case '=': return p[1] == '=' ? OP(2, EQL) : OP(1, ASSIGN);
	case '!': return p[1] == '=' ? OP(2, NEQ) : OP(1, NOT);
	case '+': return p[1] == '+' ? OP(2, INC) : OP_OR_ASSIGN(1, ADD);
	case '-': return p[1] == '-' ? OP(2, DEC) : OP_OR_ASSIGN(1, SUB);
	case '*': return OP_OR_ASSIGN(1, MUL);
	case '/': return OP_OR_ASSIGN(1, QUO);
	case '%': return OP_OR_ASSIGN(1, REM);
	case '^': return OP_OR_ASSIGN(1, XOR);
	case '|': return p[1] == '|' ? OP(2, LOR) : OP_OR_ASSIGN(1, OR);
	case '&':
		if (p[1] == '^')
			return OP_OR_ASSIGN(2, AND_NOT);
		return p[1] == '&' ? OP(2, LAND) : OP_OR_ASSIGN(1, AND);
	case '<':
		if (p[1] == '<')
			return OP_OR_ASSIGN(2, SHL);
		return p[1] == '-' ? OP(2, ARROW) : p[1] == '=' ? OP(2, LEQ) : OP(1, LSS);
	case '>':
		if (p[1] == '>')
			return OP_OR_ASSIGN(2, SHR);
		return p[1] == '=' ? OP(2, GEQ) : OP(1, GTR);
	default: return 0;
	}
#undef OP
#undef OP_OR_ASSIGN
}

static const uint8_t *take_semicolon(Lexer *lx, const uint8_t *p, int length, Str what) {
	lx->tok = TOK_SEMICOLON;
	lx->lit = what;
	return p + length;
}

/* A byte that begins no name and no number. */
static const uint8_t *scan_other(Lexer *lx, const uint8_t *p) {
	int length = scan_operator(p, &lx->tok);
	if (LIKELY(length != 0)) {
		lx->semi = lx->tok == TOK_RPAREN || lx->tok == TOK_RBRACK || lx->tok == TOK_RBRACE ||
		           lx->tok == TOK_INC || lx->tok == TOK_DEC;
		if (lx->tok == TOK_SEMICOLON)
			lx->lit = STR_LIT("semicolon");
		return p + length;
	}
	lx->tok = TOK_ILLEGAL;
	ERROR_AT(lx, p, "invalid character %s", describe_rune(*p).text);
	return p + 1;
}

static const uint8_t *scan_literal(Lexer *lx, const uint8_t *start) {
	const uint8_t *p;
	lx->bad = false;
	lx->semi = true;
	switch (*start) {
	case '"':
		lx->tok = TOK_STRING;
		p = scan_string(lx, start);
		break;
	case '`':
		lx->tok = TOK_STRING;
		p = scan_raw_string(lx, start);
		break;
	case '\'':
		lx->tok = TOK_CHAR;
		p = scan_rune(lx, start);
		break;
	default:
		p = scan_number(lx, start);
	}
	lx->lit = (Str){(const char *)start, (size_t)(p - start)};
	return p;
}

/* ---- tokens ---- */

/* Skips blanks and comments. Returns the first byte of a token; a newline only when it ends a statement. A block
 * comment with a newline inside that ends a statement sets *semi_comment and is skipped. */
static inline const uint8_t *skip_blanks(Lexer *lx, const uint8_t *p, bool semi, const uint8_t **semi_comment) {
	for (;;) {
		while (is(*p, B_BLANK) || (*p == '\n' && !semi))
			p++;
		if (*p == '/' && p[1] == '/') {
			p = scan_line_comment(lx, p + 2);
		} else if (*p == '/' && p[1] == '*') {
			const uint8_t *start = p;
			bool lines = false;
			p = scan_block_comment(lx, p + 2, &lines);
			if (lines && semi) {
				*semi_comment = start;
				return p;
			}
		} else if (UNLIKELY(*p == 0 && p < lx->end)) {
			p++;
		} else if (UNLIKELY(*p == 0xEF && p[1] == 0xBB && p[2] == 0xBF)) { /* a BOM; may be cut off by the end */
			p += 3;
		} else {
			return p;
		}
	}
}

/* The token at p; semi: a newline or the end of the text is one. Returns the byte behind it. */
static const uint8_t *scan_token(Lexer *lx, const uint8_t *p, bool semi) {
	uint8_t c = *p;
	if (is(c, B_LETTER) || c >= 0x80)
		return scan_name(lx, p);
	if (c == '\n')
		return take_semicolon(lx, p, 1, STR_LIT("newline"));
	if (is(c, B_DIGIT) || c == '"' || c == '`' || c == '\'' || (c == '.' && is(p[1], B_DIGIT)))
		return scan_literal(lx, p);
	if (c != 0)
		return scan_other(lx, p);
	if (semi)
		return take_semicolon(lx, p, 0, STR_LIT("EOF"));
	lx->tok = TOK_EOF;
	return p;
}

void lexer_next(Lexer *lx) {
	bool semi = lx->semi;
	do { /* bytes that begin no token are reported and skipped */
		const uint8_t *semi_comment = NULL;
		const uint8_t *p = skip_blanks(lx, lx->cur, semi, &semi_comment);
		lx->semi = false;
		lx->pos = pos_at(lx, semi_comment != NULL ? semi_comment : p);
		if (UNLIKELY(semi_comment != NULL))
			lx->cur = take_semicolon(lx, p, 0, STR_LIT("newline"));
		else
			lx->cur = scan_token(lx, p, semi);
	} while (UNLIKELY(lx->tok == TOK_ILLEGAL));
}

/* p is at a quote: returns the byte behind the string or rune literal, or the newline that cuts it off. */
static const uint8_t *skip_quoted(const uint8_t *p, const uint8_t *end) {
	uint8_t quote = *p++;
	for (;; p++) {
		while (!is(*p, B_STRING_END))
			p++;
		if (*p == quote)
			return p + 1;
		if (*p == '\n' || p >= end)
			return p;
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
	}
}

bool lexer_skip_block(Lexer *lx) {
	assert(lx->tok == TOK_LBRACE);
	const uint8_t *p = lx->cur;
	for (int depth = 1; depth > 0;) {
		while (!is(*p, B_BLOCK))
			p++;
		if (*p == '{') {
			depth++;
			p++;
		} else if (*p == '}') {
			depth--;
			p++;
		} else if (*p == '"' || *p == '\'') {
			p = skip_quoted(p, lx->end);
		} else if (*p == '`' || (*p == '/' && (p[1] == '/' || p[1] == '*'))) {
			const char *close = *p == '`' ? "`" : p[1] == '/' ? "\n" : "*/";
			size_t open_len = *p == '`' ? 1 : 2, close_len = strlen(close);
			p += open_len;
			p = memmem(p, (size_t)(lx->end - p), close, close_len);
			if (p == NULL)
				return false;
			p += close_len;
		} else if (p++ >= lx->end) {
			return false;
		}
	}
	lx->cur = p;
	lx->tok = TOK_RBRACE;
	lx->pos = pos_at(lx, p - 1);
	lx->semi = true;
	return true;
}

/* ---- values ---- */

/* Decodes the escape behind a backslash and appends it; returns the byte behind it. */
static const char *put_escape(const char *p, Buf *out) {
	char c = *p;
	const char *simple = strchr(simple_escapes, c);
	if (simple != NULL) {
		buf_putc(out, simple_values[simple - simple_escapes]);
		return p + 1;
	}
	if (c == '"' || c == '\'') {
		buf_putc(out, c);
		return p + 1;
	}
	int base = c >= '0' && c <= '7' ? 8 : 16;
	int digits = base == 8 ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : 8;
	int32_t value = 0;
	for (p += base == 16; digits > 0; digits--, p++)
		value = value * base + digit_value((uint8_t)*p);
	if (c == 'u' || c == 'U')
		buf_put_rune(out, value);
	else
		buf_putc(out, (char)value);
	return p;
}

void literal_string(Str text, Buf *out) {
	assert(text.len >= 2);
	const char *p = text.ptr + 1, *end = text.ptr + text.len - 1;
	bool raw = text.ptr[0] == '`';
	char special = raw ? '\r' : '\\'; /* raw strings lose their carriage returns */
	while (p < end) {
		const char *stop = memchr(p, special, (size_t)(end - p));
		stop = stop != NULL ? stop : end;
		buf_put(out, p, (size_t)(stop - p));
		if (stop == end)
			return;
		p = raw ? stop + 1 : put_escape(stop + 1, out);
	}
}

int32_t literal_rune(Str text) {
	assert(text.len >= 3);
	int32_t rune;
	if (text.ptr[1] != '\\') {
		utf8_decode(text.ptr + 1, text.len - 2, &rune);
		return rune;
	}
	const char *p = text.ptr + 2;
	char c = *p;
	const char *simple = strchr(simple_escapes, c);
	if (simple != NULL)
		return simple_values[simple - simple_escapes];
	if (c == '\'' || c == '"')
		return c;
	int base = c >= '0' && c <= '7' ? 8 : 16;
	int32_t value = 0;
	for (p += base == 16; p < text.ptr + text.len - 1; p++)
		value = value * base + digit_value((uint8_t)*p);
	return value;
}
