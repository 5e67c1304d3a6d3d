/* SPDX-License-Identifier: MIT */
/* constraint.c: which files of a directory are for this system: name_GOOS_GOARCH.go and //go:build lines.
 *
 * Why here and not in the library: a host program names its sources; only the command walks directories. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

const char *constraint_os(void) { return "linux"; }

const char *constraint_arch(void) {
#if defined(__x86_64__)
	return "amd64";
#elif defined(__aarch64__)
	return "arm64";
#else
#error "name this processor as Go does"
#endif
}

static const char *const known_systems[] = {
	"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
	"openbsd", "plan9", "solaris", "wasip1", "windows", "zos", NULL,
};
static const char *const known_processors[] = {
	"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le",
	"mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64",
	"wasm", NULL,
};

enum { GO_MINOR = 27 }; /* go1.1 to go1.27 are true */

static bool is_listed(const char *const *list, const char *s, size_t n) {
	for (; *list; list++)
		if (strlen(*list) == n && strncmp(*list, s, n) == 0)
			return true;
	return false;
}

static bool is_word(const char *s, size_t n, const char *word) { return strlen(word) == n && strncmp(s, word, n) == 0; }

/* ---------------------------------------------------------------- names */

/* The last element behind '_' of s[0..*n), which is shortened by it; "" when there is none. */
static const char *cut_element(const char *s, size_t *n, size_t *len) {
	for (size_t i = *n; i-- > 0;)
		if (s[i] == '_') {
			*len = *n - i - 1;
			*n = i;
			return s + i + 1;
		}
	*len = 0;
	return "";
}

bool constraint_allows_name(const char *name) {
	size_t n = strcspn(name, "."), len, len2;
	if (n > 5 && strncmp(name + n - 5, "_test", 5) == 0)
		n -= 5;
	const char *last = cut_element(name, &n, &len);
	if (is_listed(known_systems, last, len))
		return is_word(last, len, constraint_os());
	if (!is_listed(known_processors, last, len))
		return true;
	const char *before = cut_element(name, &n, &len2);
	if (is_listed(known_systems, before, len2) && !is_word(before, len2, constraint_os()))
		return false;
	return is_word(last, len, constraint_arch());
}

/* ---------------------------------------------------------------- //go:build */

static bool is_true_tag(const char *s, size_t n) {
	if (n > 4 && strncmp(s, "go1.", 4) == 0)
		return atoi(s + 4) <= GO_MINOR;
	return is_word(s, n, constraint_os()) || is_word(s, n, constraint_arch()) || is_word(s, n, "unix") ||
	       is_word(s, n, "gol");
}

/* An expression of tags, !, &&, || and parentheses. What is no expression is false: the file is left out. */
typedef struct Expression {
	const char *at;
	int depth;
	bool failed;
} Expression;

enum { MAX_DEPTH = 100 };

static bool parse_or(Expression *e);

static bool accept(Expression *e, const char *token) {
	e->at += strspn(e->at, " \t");
	size_t n = strlen(token);
	if (strncmp(e->at, token, n) != 0)
		return false;
	e->at += n;
	return true;
}

static bool parse_operand(Expression *e) {
	bool negated = false;
	while (accept(e, "!"))
		negated = !negated;
	if (accept(e, "(")) {
		if (++e->depth > MAX_DEPTH)
			e->failed = true;
		bool value = !e->failed && parse_or(e);
		e->depth--;
		e->failed |= !accept(e, ")");
		return value != negated;
	}
	size_t n = 0;
	while (isalnum((unsigned char)e->at[n]) || e->at[n] == '_' || e->at[n] == '.' || (unsigned char)e->at[n] >= 0x80)
		n++;
	e->failed |= n == 0;
	bool value = is_true_tag(e->at, n);
	e->at += n;
	return value != negated;
}

static bool parse_and(Expression *e) {
	bool value = parse_operand(e);
	while (!e->failed && accept(e, "&&"))
		value = parse_operand(e) && value;
	return value;
}

static bool parse_or(Expression *e) {
	bool value = parse_and(e);
	while (!e->failed && accept(e, "||"))
		value = parse_and(e) || value;
	return value;
}

/* The next line of the text's head, which consists of blank lines and comments; NULL at its end. */
static const char *skip_to_comment(const char *s) {
	for (;;) {
		s += strspn(s, " \t\r\n");
		if (strncmp(s, "/*", 2) != 0)
			break;
		s = strstr(s, "*/");
		if (!s)
			return NULL;
		s += 2;
	}
	return strncmp(s, "//", 2) == 0 || strncmp(s, "#!", 2) == 0 ? s : NULL;
}

bool constraint_allows_text(const char *text) {
	for (const char *s = text; (s = skip_to_comment(s)) != NULL; s += strcspn(s, "\n")) {
		if (strncmp(s, "//go:build", 10) != 0 || (s[10] != ' ' && s[10] != '\t'))
			continue;
		Expression e = {.at = s + 10};
		bool value = parse_or(&e);
		e.at += strspn(e.at, " \t\r");
		bool is_whole = *e.at == 0 || *e.at == '\n' || strncmp(e.at, "//", 2) == 0;
		return value && !e.failed && is_whole;
	}
	return true;
}
