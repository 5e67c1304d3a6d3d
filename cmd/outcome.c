/* SPDX-License-Identifier: MIT */
/* outcome.c: passed, failed, or not a program.
 *
 * Rules: lines are compared one by one, blanks at their ends and blank lines at the end apart. A program that starts
 * goroutines may print the same lines in another order. If the promised text has the line of a panic or an exit
 * status, standard error belongs to what is compared, up to the first trace.
 * Why: what two goroutines print has no order unless they synchronize; a document shows one of the possible ones. */
#include "cmd/outcome.h"

#include <stdlib.h>
#include <string.h>

/* The first line that begins with prefix; NULL when there is none. */
static const char *find_line(const char *text, const char *prefix) {
	size_t n = strlen(prefix);
	for (const char *s = text; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		if (strncmp(s, prefix, n) == 0)
			return s;
	return NULL;
}

bool outcome_is_test(const char *code) {
	const char *test = find_line(code, "func Test");
	return test && strstr(test, "*testing.T)") && !find_line(code, "func main()");
}

/* ---------------------------------------------------------------- lines */

typedef struct Lines {
	char *text; /* the lines point into it, each 0-terminated */
	char **items;
	size_t count;
} Lines;

static void trim_end(char *s) {
	size_t n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]))
		s[--n] = 0;
}

static Lines split_lines(const char *text) {
	Lines lines = {.text = text_copy(text, strlen(text))};
	for (char *s = lines.text; *s;) {
		char *newline = strchr(s, '\n');
		if (newline)
			*newline = 0;
		trim_end(s);
		if (lines.count % 64 == 0)
			lines.items = text_realloc(lines.items, (lines.count + 64) * sizeof *lines.items);
		lines.items[lines.count++] = s;
		s = newline ? newline + 1 : s + strlen(s);
	}
	while (lines.count > 0 && lines.items[lines.count - 1][0] == 0)
		lines.count--;
	return lines;
}

static void free_lines(Lines *lines) {
	free(lines->items);
	free(lines->text);
}

/* A trace differs from run to run: lines from the first one on, and the exit status behind it, do not count. */
static void cut_trace(Lines *lines) {
	for (size_t i = 0; i < lines->count; i++)
		if (strncmp(lines->items[i], "goroutine ", 10) == 0 || strncmp(lines->items[i], "exit status ", 12) == 0)
			lines->count = i;
	while (lines->count > 0 && lines->items[lines->count - 1][0] == 0)
		lines->count--;
}

static int compare_lines(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Index of the first line that differs; the larger count when one list begins with the other; -1: equal. */
static long first_difference(const Lines *a, const Lines *b) {
	size_t n = a->count < b->count ? a->count : b->count;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return (long)i;
	return a->count == b->count ? -1 : (long)n;
}

static bool same_in_any_order(Lines *a, Lines *b) {
	if (a->count != b->count || a->count == 0)
		return false;
	qsort(a->items, a->count, sizeof *a->items, compare_lines);
	qsort(b->items, b->count, sizeof *b->items, compare_lines);
	return first_difference(a, b) < 0;
}

/* ---------------------------------------------------------------- judging */

static void fail(Outcome *o) { o->kind = OUTCOME_FAILED; }

static void put_line_or_end(Text *out, const Lines *lines, size_t i) {
	if (i < lines->count)
		text_printf(out, "\"%s\"", lines->items[i]);
	else
		text_printf(out, "the end");
}

static bool starts_goroutines(const char *code) {
	for (const char *s = code; (s = strstr(s, "go ")) != NULL; s += 3)
		if (s == code || strchr(" \t\n;{", s[-1]))
			return true;
	return false;
}

static void compare(Outcome *o, const Block *block, const char *printed, bool without_trace) {
	Lines want = split_lines(text_string(&block->expected)), got = split_lines(printed);
	if (without_trace) {
		cut_trace(&want);
		cut_trace(&got);
	}
	long at = first_difference(&want, &got);
	if (at >= 0) {
		text_printf(&o->reason, "line %ld of the output is ", at + 1);
		put_line_or_end(&o->reason, &got, (size_t)at);
		text_printf(&o->reason, ", not ");
		put_line_or_end(&o->reason, &want, (size_t)at);
		if (!starts_goroutines(block->code.ptr) || !same_in_any_order(&want, &got)) {
			fail(o);
		} else {
			text_free(&o->reason);
			text_printf(&o->reason, "the lines came in another order");
		}
	}
	free_lines(&want);
	free_lines(&got);
}

static bool promises_failure(const char *expected) {
	return find_line(expected, "panic: ") || find_line(expected, "fatal error: ") || find_line(expected, "exit status ");
}

void outcome_judge(Outcome *o, const Block *block, GolStatus status, int code, int64_t limit_ns) {
	bool may_fail = block->has_expected && promises_failure(block->expected.ptr);
	if (status == GOL_ERROR_LIMIT) {
		text_printf(&o->reason, "no end after %gs", (double)limit_ns / 1e9);
		fail(o);
	} else if (code != 0 && !may_fail) {
		const char *why = o->err.len ? o->err.ptr : find_line(text_string(&o->out), "--- FAIL");
		text_printf(&o->reason, "exit status %d%s", code, why ? ": " : "");
		text_put(&o->reason, why ? why : "", why ? strcspn(why, "\n") : 0);
		fail(o);
	} else if (block->has_expected) {
		Text all = {0};
		text_printf(&all, "%s%s", text_string(&o->out), may_fail ? text_string(&o->err) : "");
		compare(o, block, text_string(&all), may_fail);
		text_free(&all);
	}
}

void outcome_rejected(Outcome *o, const Block *block, const char *reason) {
	o->kind = block->has_expected ? OUTCOME_FAILED : OUTCOME_NO_PROGRAM;
	text_printf(&o->reason, "%s%s", block->has_expected ? "does not compile: " : "", reason);
}

const char *outcome_name(const Outcome *o) {
	static const char *const names[OUTCOME_KINDS] = {"passed", "failed", "not a program"};
	return names[o->kind];
}

void outcome_free(Outcome *o) {
	text_free(&o->reason);
	text_free(&o->out);
	text_free(&o->err);
}
