/* SPDX-License-Identifier: MIT */
/* repl_scan.c: Go text by tokens, as far as colours and indentation need.
 *
 * Rules: never fails; what is not closed ends with the text.
 * Why not the lexer: the command sees the library through gol.h alone, and this runs at every key. */
#include <ctype.h>
#include <string.h>

#include "cmd/repl.h"

typedef enum ScanKind {
	SCAN_END, SCAN_BLANK, SCAN_NEWLINE, SCAN_COMMENT, SCAN_WORD, SCAN_NUMBER, SCAN_STRING, SCAN_OPERATOR,
} ScanKind;

typedef struct Scanned {
	ScanKind kind;
	size_t from, to;
	bool is_open; /* a comment or raw string that goes on behind the text */
} Scanned;

static const char *const keywords[] = {
	"break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto", "if",
	"import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var", NULL,
};

static const char *const predeclared[] = {
	"any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32", "float64", "int", "int8", "int16",
	"int32", "int64", "rune", "string", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "true", "false", "iota",
	"nil", "append", "cap", "clear", "close", "complex", "copy", "delete", "imag", "len", "make", "max", "min", "new",
	"panic", "print", "println", "real", "recover", NULL,
};

static bool is_one_of(const char *const *words, const char *s, size_t n) {
	for (; *words; words++)
		if (strlen(*words) == n && memcmp(*words, s, n) == 0)
			return true;
	return false;
}

static bool is_word_byte(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

static size_t skip_quoted(const char *s, size_t len, size_t at, bool *is_open) {
	char quote = s[at++];
	while (at < len && s[at] != quote && (quote == '`' || s[at] != '\n'))
		at += s[at] == '\\' && quote != '`' && at + 1 < len ? 2 : 1;
	*is_open = at >= len && quote == '`';
	return at < len && s[at] == quote ? at + 1 : at > len ? len : at;
}

static size_t skip_comment(const char *s, size_t len, size_t at, bool *is_open) {
	if (s[at + 1] == '/') {
		const char *end = memchr(s + at, '\n', len - at);
		return end ? (size_t)(end - s) : len;
	}
	for (size_t i = at + 2; i + 1 < len; i++)
		if (s[i] == '*' && s[i + 1] == '/')
			return i + 2;
	*is_open = true;
	return len;
}

static size_t skip_number(const char *s, size_t len, size_t at) {
	size_t i = at;
	for (; i < len && (is_word_byte(s[i]) || s[i] == '.'); i++)
		if ((s[i] == 'e' || s[i] == 'E') && i + 1 < len && (s[i + 1] == '-' || s[i + 1] == '+') && s[at + 1] != 'x')
			i++;
	return i;
}

static Scanned scan_token(const char *s, size_t len, size_t at) {
	Scanned t = {.from = at, .to = at + 1};
	if (at >= len)
		return (Scanned){.kind = SCAN_END, .from = len, .to = len};
	char c = s[at], next = at + 1 < len ? s[at + 1] : 0;
	if (c == '\n') {
		t.kind = SCAN_NEWLINE;
	} else if (c == ' ' || c == '\t') {
		t.kind = SCAN_BLANK;
	} else if (c == '/' && (next == '/' || next == '*')) {
		t.kind = SCAN_COMMENT;
		t.to = skip_comment(s, len, at, &t.is_open);
	} else if (c == '"' || c == '\'' || c == '`') {
		t.kind = SCAN_STRING;
		t.to = skip_quoted(s, len, at, &t.is_open);
	} else if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)next))) {
		t.kind = SCAN_NUMBER;
		t.to = skip_number(s, len, at);
	} else if (is_word_byte(c)) {
		t.kind = SCAN_WORD;
		while (t.to < len && is_word_byte(s[t.to]))
			t.to++;
	} else {
		t.kind = SCAN_OPERATOR;
		t.to += (c == '+' || c == '-') && next == c;
	}
	return t;
}

/* ---------------------------------------------------------------- colours */

static LineStyle style_of(const char *s, const Scanned *t, bool is_member) {
	switch (t->kind) {
	case SCAN_COMMENT: return STYLE_COMMENT;
	case SCAN_STRING: return STYLE_STRING;
	case SCAN_NUMBER: return STYLE_NUMBER;
	case SCAN_WORD:
		if (is_member)
			return STYLE_PLAIN;
		if (is_one_of(keywords, s + t->from, t->to - t->from))
			return STYLE_KEYWORD;
		return is_one_of(predeclared, s + t->from, t->to - t->from) ? STYLE_PREDECLARED : STYLE_PLAIN;
	default: return STYLE_PLAIN;
	}
}

static bool is_bracket(const char *s, const Scanned *t, const char *set) {
	return t->kind == SCAN_OPERATOR && strchr(set, s[t->from]) != NULL;
}

/* The bracket before the cursor, else the one at it, and its partner. */
static void style_brackets(const char *s, size_t len, size_t cursor, uint8_t *styles) {
	enum { DEEPEST = 200 };
	size_t open[DEEPEST], depth = 0, found[2] = {0};
	bool has_found = false;
	for (Scanned t = scan_token(s, len, 0); t.kind != SCAN_END; t = scan_token(s, len, t.to)) {
		if (is_bracket(s, &t, "([{") && depth < DEEPEST) {
			open[depth++] = t.from;
		} else if (is_bracket(s, &t, ")]}") && depth > 0) {
			size_t first = open[--depth], last = t.from;
			bool is_before = first + 1 == cursor || last + 1 == cursor;
			if (is_before || (!has_found && (first == cursor || last == cursor))) {
				found[0] = first;
				found[1] = last;
				has_found = true;
				if (is_before)
					break;
			}
		}
	}
	if (has_found)
		styles[found[0]] = styles[found[1]] = STYLE_MATCH;
}

void scan_style(const char *text, size_t len, size_t cursor, uint8_t *styles) {
	bool is_member = false;
	for (Scanned t = scan_token(text, len, 0); t.kind != SCAN_END; t = scan_token(text, len, t.to)) {
		memset(styles + t.from, (int)style_of(text, &t, is_member), t.to - t.from);
		is_member = t.kind == SCAN_OPERATOR && text[t.from] == '.';
	}
	style_brackets(text, len, cursor, styles);
}

/* ---------------------------------------------------------------- structure */

/* "case x:" and "default:" stand where their switch does. */
static bool is_case(const char *s, size_t len, size_t at) {
	Scanned t = scan_token(s, len, at);
	return t.kind == SCAN_WORD && ((t.to - t.from == 4 && memcmp(s + at, "case", 4) == 0) ||
				       (t.to - t.from == 7 && memcmp(s + at, "default", 7) == 0));
}

size_t scan_indent(const char *text, size_t len, size_t at) {
	size_t start = at;
	int depth = 0;
	while (start > 0 && text[start - 1] != '\n')
		start--;
	Scanned t = scan_token(text, len, 0);
	for (; t.kind != SCAN_END && t.to <= start; t = scan_token(text, len, t.to)) {
		depth += is_bracket(text, &t, "([{");
		depth -= is_bracket(text, &t, ")]}") && depth > 0;
	}
	if (t.from < start) /* inside a string or comment: as the line is */
		return strspn(text + start, "\t");
	while (t.kind == SCAN_BLANK)
		t = scan_token(text, len, t.to);
	bool is_less = is_bracket(text, &t, ")]}") || is_case(text, len, t.from);
	return (size_t)(depth - (is_less && depth > 0));
}
