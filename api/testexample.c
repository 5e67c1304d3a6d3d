/* SPDX-License-Identifier: MIT */
/* testexample.c: the output that an Example function promises in its last comment.
 *
 * Rules: as go/doc reads it: the last group of comments in the body, "Output:" or "Unordered output:" in any case at its start;
 *   what follows is the wanted output, without the marks of the comments and one space behind them.
 * Why from the text: the tree keeps no comments, and nothing else wants them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "api/api_internal.h"

/* Behind the string, rune or raw string that begins at s. */
static const char *skip_quoted(const char *s, const char *end) {
	char quote = *s++;
	while (s < end && *s != quote)
		s += *s == '\\' && quote != '`' && s + 1 < end ? 2 : 1;
	return s < end ? s + 1 : end;
}

static const char *comment_end(const char *s, const char *end) {
	if (s[1] == '/') {
		const char *line = memchr(s, '\n', (size_t)(end - s));
		return line ? line : end;
	}
	const char *close = strstr(s + 2, "*/");
	return close && close + 2 <= end ? close + 2 : end;
}

/* The last group in [s, end): comments with no code and no empty line between them. NULL: there is none. */
static const char *last_group(const char *s, const char *end, const char **group_end) {
	const char *group = NULL;
	unsigned lines = 2; /* line ends since the last comment; 2: a new group begins */
	while (s < end) {
		if (*s == '"' || *s == '\'' || *s == '`') {
			s = skip_quoted(s, end);
			lines = 2;
		} else if (*s == '/' && s + 1 < end && (s[1] == '/' || s[1] == '*')) {
			if (lines >= 2)
				group = s;
			lines = 0;
			s = *group_end = comment_end(s, end);
		} else {
			if (*s == '\n')
				lines++;
			else if (!isspace((unsigned char)*s))
				lines = 2;
			s++;
		}
	}
	return group;
}

static void put_line(Buf *out, const char *s, size_t n) {
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	bool blank_before = out->len == 0 || (out->len > 1 && memcmp(out->ptr + out->len - 2, "\n\n", 2) == 0);
	if (n == 0 && blank_before)
		return;
	buf_put(out, s, n);
	buf_putc(out, '\n');
}

static void put_comment(Buf *out, const char *s, const char *end) {
	bool is_block = s[1] == '*';
	s += 2;
	if (is_block && end - s >= 2)
		end -= 2;
	else if (s < end && *s == ' ')
		s++;
	for (const char *line; s <= end; s = line + 1) {
		line = memchr(s, '\n', (size_t)(end - s));
		if (!line)
			line = end;
		put_line(out, s, (size_t)(line - s));
	}
}

/* The group's text without the marks. */
static void put_group(Buf *out, const char *s, const char *end) {
	while (s < end) {
		const char *next = comment_end(s, end);
		put_comment(out, s, next);
		s = next;
		while (s < end && *s != '/')
			s++;
	}
}

static bool cut_word(const char **s, const char *word) {
	size_t n = strlen(word);
	if (strncasecmp(*s, word, n) != 0)
		return false;
	*s += n;
	return true;
}

bool example_output(const FuncDecl *f, const SourceFile *source, Buf *out, bool *unordered) {
	const BlockStmt *body = f->body ? AS(BlockStmt, f->body) : NULL;
	if (!body || body->rbrace < body->node.pos || body->node.pos < source->base)
		return false;
	const char *group_end = NULL;
	const char *group = last_group(source->text + (body->node.pos - source->base),
				       source->text + (body->rbrace - source->base), &group_end);
	if (!group)
		return false;
	Buf text;
	buf_init(&text, out->mem);
	put_group(&text, group, group_end);
	const char *s = buf_cstr(&text);
	s += strspn(s, " \t\n");
	*unordered = cut_word(&s, "unordered output:");
	bool found = *unordered || cut_word(&s, "output:");
	if (found) {
		s += strspn(s, " ");
		buf_puts(out, *s == '\n' ? s + 1 : s);
	}
	buf_deinit(&text);
	return found;
}
