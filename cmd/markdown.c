/* SPDX-License-Identifier: MIT */
/* markdown.c: finds fenced blocks.
 *
 * Rules: a fence is three or more ` or ~ at any indentation, closed by at least as many alone on a line, or by the
 * end of the text. ```go, golang and gol are programs. The next fence is what the program prints when it is tagged as
 * a shell's, as text or output, or not at all, and only blank lines stand between; after prose only when it is tagged
 * `output`, or a shell's and shows a prompt. A heading ends the search.
 * Why: people write a sentence between program and output, but a shell block after prose is more often one of
 * commands. */
#include "cmd/markdown.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum FenceKind { FENCE_PROGRAM, FENCE_SHELL, FENCE_TEXT, FENCE_OUTPUT, FENCE_OTHER } FenceKind;

static FenceKind fence_kind(const char *info, size_t len) {
	static const struct {
		const char *tag;
		FenceKind kind;
	} kinds[] = {
		{"go", FENCE_PROGRAM}, {"golang", FENCE_PROGRAM}, {"gol", FENCE_PROGRAM},  {"sh", FENCE_SHELL},
		{"bash", FENCE_SHELL}, {"shell", FENCE_SHELL},    {"console", FENCE_SHELL}, {"text", FENCE_TEXT},
		{"txt", FENCE_TEXT},   {"", FENCE_TEXT},          {"output", FENCE_OUTPUT},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i].tag) == len && strncasecmp(kinds[i].tag, info, len) == 0)
			return kinds[i].kind;
	return FENCE_OTHER;
}

typedef struct Line {
	const char *text;
	size_t len; /* without the newline */
} Line;

static bool next_line(const char **at, Line *line) {
	if (**at == 0)
		return false;
	line->text = *at;
	line->len = strcspn(*at, "\n");
	*at += line->len + ((*at)[line->len] == '\n');
	if (line->len > 0 && line->text[line->len - 1] == '\r')
		line->len--;
	return true;
}

static size_t count_blanks(Line line) {
	size_t n = 0;
	while (n < line.len && (line.text[n] == ' ' || line.text[n] == '\t'))
		n++;
	return n;
}

typedef struct Fence {
	char mark;
	size_t indent, length;
	FenceKind kind;
} Fence;

static bool opens_fence(Line line, Fence *out) {
	size_t indent = count_blanks(line), at = indent;
	char mark = at < line.len ? line.text[at] : 0;
	if (mark != '`' && mark != '~')
		return false;
	while (at < line.len && line.text[at] == mark)
		at++;
	size_t length = at - indent;
	if (length < 3 || (mark == '`' && memchr(line.text + at, '`', line.len - at)))
		return false;
	while (at < line.len && isspace((unsigned char)line.text[at]))
		at++;
	size_t tag = at;
	while (tag < line.len && !isspace((unsigned char)line.text[tag]) && !strchr("{,:", line.text[tag]))
		tag++;
	*out = (Fence){mark, indent, length, fence_kind(line.text + at, tag - at)};
	return true;
}

static bool closes_fence(Line line, const Fence *fence) {
	size_t at = count_blanks(line), begin = at;
	while (at < line.len && line.text[at] == fence->mark)
		at++;
	size_t length = at - begin;
	while (at < line.len && isspace((unsigned char)line.text[at]))
		at++;
	return at == line.len && length >= fence->length;
}

/* "$ go run x.go", "me@host:~/src$ go run x.go" */
static bool is_prompt(Line line) {
	size_t n = 0;
	while (n < line.len && line.text[n] != ' ')
		n++;
	return n > 0 && line.text[n - 1] == '$';
}

/* ---------------------------------------------------------------- the walk */

typedef struct Parser {
	const char *at;
	uint32_t line;
	BlockList *list;
	bool wants_output; /* the last fence was a program, and no heading followed */
	bool is_direct;    /* only blank lines since */
} Parser;

static bool parser_next(Parser *p, Line *line) {
	p->line++;
	return next_line(&p->at, line);
}

/* Without the indentation of the fence. */
static void put_line(Text *out, Line line, const Fence *fence) {
	size_t blanks = count_blanks(line), skip = blanks < fence->indent ? blanks : fence->indent;
	text_put(out, line.text + skip, line.len - skip);
	text_put(out, "\n", 1);
}

static void take_program(Parser *p, const Fence *fence) {
	Block b = {.line = p->line};
	Line line;
	for (uint32_t i = 0; i < b.line; i++)
		text_put(&b.code, "\n", 1);
	while (parser_next(p, &line) && !closes_fence(line, fence))
		put_line(&b.code, line, fence);
	b.end = p->line;
	p->list->items = text_realloc(p->list->items, (p->list->count + 1) * sizeof b);
	p->list->items[p->list->count++] = b;
	p->wants_output = p->is_direct = true;
}

static void take_other(Parser *p, const Fence *fence) {
	Text lines = {0};
	Line line;
	bool has_prompt = false;
	while (parser_next(p, &line) && !closes_fence(line, fence)) {
		if (is_prompt(line))
			has_prompt = true;
		else
			put_line(&lines, line, fence);
	}
	bool is_output = p->is_direct ? fence->kind != FENCE_OTHER
				      : fence->kind == FENCE_OUTPUT || (fence->kind == FENCE_SHELL && has_prompt);
	bool only_commands = has_prompt && lines.len == 0;
	if (p->wants_output && is_output && !only_commands) {
		Block *b = &p->list->items[p->list->count - 1];
		b->expected = lines;
		b->has_expected = true;
	} else {
		text_free(&lines);
	}
	p->wants_output = false;
}

void markdown_parse(const char *text, BlockList *out) {
	Parser p = {.at = text, .list = out};
	Line line;
	Fence fence;
	*out = (BlockList){0};
	while (parser_next(&p, &line)) {
		if (opens_fence(line, &fence)) {
			if (fence.kind == FENCE_PROGRAM)
				take_program(&p, &fence);
			else
				take_other(&p, &fence);
		} else if (count_blanks(line) < line.len) {
			p.is_direct = false;
			p.wants_output = p.wants_output && line.text[0] != '#';
		}
	}
}

bool markdown_has_fence(const char *text) {
	Line line;
	Fence fence;
	while (next_line(&text, &line))
		if (opens_fence(line, &fence))
			return true;
	return false;
}

void markdown_free(BlockList *list) {
	for (size_t i = 0; i < list->count; i++) {
		text_free(&list->items[i].code);
		text_free(&list->items[i].expected);
	}
	free(list->items);
	*list = (BlockList){0};
}
