/* SPDX-License-Identifier: MIT */
/* constraint.c: build constraints: which files of a folder belong to the package on this system.
 *
 * Rules: as go/build: name_GOOS_GOARCH.go, the //go:build line before the package clause and, without one, the // +build
 *   lines in front of its last blank line. Satisfied tags: this system, unix, gc, gol, every release up to the newest, and
 *   those by which libraries choose between their files (portable). */
#include <string.h>

#include "api/module.h"

#if defined(__aarch64__)
#define THIS_ARCH "arm64"
#else
#define THIS_ARCH "amd64"
#endif
enum { NEWEST_RELEASE = 27 };

static const char *const known_systems[] = {
	"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd", "openbsd",
	"plan9", "solaris", "wasip1", "windows", "zos", NULL,
};
static const char *const known_machines[] = {
	"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le",
	"mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm", NULL,
};
static const char *const satisfied[] = {"linux", THIS_ARCH, "unix", "gc", "gol", NULL};
/* What libraries of the Go world ask for when they have a version without assembly or without unsafe tricks. */
static const char *const portable[] = {"purego", "noasm", "appengine", "safe", "disableunsafe", NULL};

static bool is_listed(const char *const *list, const char *s, size_t n) {
	for (; *list; list++)
		if (strlen(*list) == n && memcmp(*list, s, n) == 0)
			return true;
	return false;
}

static bool tag_ok(const char *s, size_t n) {
	if (n > 4 && memcmp(s, "go1.", 4) == 0) {
		unsigned release = 0;
		for (size_t i = 4; i < n; i++) {
			if (s[i] < '0' || s[i] > '9' || release > NEWEST_RELEASE)
				return false;
			release = release * 10 + (unsigned)(s[i] - '0');
		}
		return release >= 1 && release <= NEWEST_RELEASE;
	}
	return is_listed(satisfied, s, n) || is_listed(portable, s, n);
}

/* ---------------------------------------------------------------- names */

bool constraint_name_ok(const char *name) {
	size_t len = strcspn(name, ".");
	const char *part[3] = {NULL};
	size_t size[3] = {0};
	for (const char *s = memchr(name, '_', len); s; s = memchr(s, '_', len - (size_t)(s - name))) {
		s++;
		size_t n = strcspn(s, "_.");
		memmove(part, part + 1, 2 * sizeof *part);
		memmove(size, size + 1, 2 * sizeof *size);
		part[2] = s;
		size[2] = n;
	}
	int last = part[2] && size[2] == 4 && memcmp(part[2], "test", 4) == 0 ? 1 : 2;
	if (!part[last])
		return true;
	bool is_machine = is_listed(known_machines, part[last], size[last]);
	if (is_machine && part[last - 1] && is_listed(known_systems, part[last - 1], size[last - 1]))
		return tag_ok(part[last], size[last]) && tag_ok(part[last - 1], size[last - 1]);
	if (is_machine || is_listed(known_systems, part[last], size[last]))
		return tag_ok(part[last], size[last]);
	return true;
}

/* ---------------------------------------------------------------- expressions */

typedef struct Expression {
	const char *p;
	uint32_t depth;
	bool bad;
} Expression;

enum { MAX_DEPTH = 100 };

static bool parse_or(Expression *e);

static size_t tag_length(const char *s) {
	size_t n = 0;
	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= '0' && s[n] <= '9') || s[n] == '_' ||
	       s[n] == '.' || (unsigned char)s[n] >= 0x80)
		n++;
	return n;
}

static void skip_blanks(Expression *e) { e->p += strspn(e->p, " \t\r"); }

static bool parse_not(Expression *e) {
	skip_blanks(e);
	if (++e->depth > MAX_DEPTH)
		e->bad = true;
	bool value = false;
	if (!e->bad && *e->p == '!') {
		e->p++;
		value = !parse_not(e);
	} else if (!e->bad && *e->p == '(') {
		e->p++;
		value = parse_or(e);
		e->bad |= *e->p != ')';
		e->p += !e->bad;
	} else {
		size_t n = tag_length(e->p);
		e->bad |= n == 0;
		value = tag_ok(e->p, n);
		e->p += n;
	}
	e->depth--;
	skip_blanks(e);
	return value;
}

static bool parse_and(Expression *e) {
	bool value = parse_not(e);
	while (!e->bad && e->p[0] == '&' && e->p[1] == '&') {
		e->p += 2;
		value &= parse_not(e);
	}
	return value;
}

static bool parse_or(Expression *e) {
	bool value = parse_and(e);
	while (!e->bad && e->p[0] == '|' && e->p[1] == '|') {
		e->p += 2;
		value |= parse_and(e);
	}
	return value;
}

/* A line that cannot be read chooses no file, as with Go. */
static bool expression_ok(const char *s) {
	Expression e = {.p = s};
	bool value = parse_or(&e);
	return value && !e.bad && (*e.p == '\n' || *e.p == 0);
}

/* // +build: words are alternatives, commas join, ! negates. s is behind "+build". */
static bool old_line_ok(const char *s) {
	bool any = false;
	for (s += strspn(s, " \t\r"); *s && *s != '\n'; s += strspn(s, " \t\r")) {
		bool all = true;
		for (;;) {
			bool negated = *s == '!';
			s += negated;
			size_t n = tag_length(s);
			all &= n > 0 && tag_ok(s, n) != negated;
			s += n;
			if (*s != ',')
				break;
			s++;
		}
		size_t rest = strcspn(s, " \t\r\n");
		all &= rest == 0;
		s += rest;
		any |= all;
	}
	return any;
}

/* ---------------------------------------------------------------- the head of a file */

typedef struct Head {
	const char *build;     /* behind //go:build */
	const char *last_blank; /* the last blank line in front of anything but line comments */
	const char *end;       /* the first text that is no comment */
} Head;

static bool is_word(const char *s, const char *word) {
	size_t n = strlen(word);
	return strncmp(s, word, n) == 0 && (s[n] == 0 || strchr(" \t\r\n", s[n]));
}

static void scan_head(const char *s, Head *head) {
	bool ended = false;
	*head = (Head){.last_blank = s};
	for (;;) {
		const char *line = s + strspn(s, " \t\r");
		if (*line == '\n') {
			if (!ended)
				head->last_blank = line;
			s = line + 1;
			continue;
		}
		ended |= strncmp(line, "//", 2) != 0;
		if (!head->build && is_word(line, "//go:build"))
			head->build = line + strlen("//go:build");
		while (strncmp(line, "/*", 2) == 0) {
			const char *close = strstr(line + 2, "*/");
			line = close ? close + 2 : line + strlen(line);
			line += strspn(line, " \t\r");
		}
		if (*line && *line != '\n' && strncmp(line, "//", 2) != 0) {
			head->end = line;
			return;
		}
		s = line + strcspn(line, "\n");
		if (!*s) {
			head->end = s;
			return;
		}
		s++;
	}
}

static bool old_lines_ok(const Head *head, const char *s) {
	for (; s < head->last_blank; s += strcspn(s, "\n"), s += *s == '\n') {
		const char *line = s + strspn(s, " \t\r");
		if (strncmp(line, "//", 2) != 0)
			continue;
		line += 2 + strspn(line + 2, " \t");
		if (is_word(line, "+build") && !old_line_ok(line + strlen("+build")))
			return false;
	}
	return true;
}

bool constraint_text_ok(const char *text, bool *has_package) {
	Head head;
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	scan_head(text, &head);
	*has_package = is_word(head.end, "package");
	return head.build ? expression_ok(head.build) : old_lines_ok(&head, text);
}

int gol_source_chosen(const char *name, const char *text) {
	bool has_package;
	return (!name || constraint_name_ok(name)) && (!text || constraint_text_ok(text, &has_package));
}
