/* SPDX-License-Identifier: MIT */
/* patterns.c: reads patterns.txt and writes out programs.
 *
 *   == name              begins a pattern
 *   @N 1 | 10 | 100      values of a parameter; $N stands for one of them. A value may contain other parameters.
 *   @rejected            the compiler may reject it;  @large  it gets a large memory limit
 *   $LOOP                a parameter every pattern has when it is used: the texts of the patterns named loop/...
 *   [[*12:text*]]        the text 12 times, # in it is the number from 0 (the count may be a parameter; not nested)
 *
 * Owns: the text of the file, cut into pieces in place. */
#include "patterns.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *what, const char *detail) {
	fprintf(stderr, "patterns: %s: %s\n", what, detail);
	exit(2);
}

/* ---- reading ---- */

static char *read_file(const char *path) {
	FILE *f = fopen(path, "rb");
	if (!f)
		give_up("cannot read", path);
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	rewind(f);
	char *text = malloc((size_t)size + 1);
	if (!text || fread(text, 1, (size_t)size, f) != (size_t)size)
		give_up("cannot read", path);
	text[size] = 0;
	fclose(f);
	return text;
}

static char *trim(char *s) {
	while (*s == ' ' || *s == '\t')
		s++;
	char *end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = 0;
	return s;
}

static void add_value(Param *param, const char *value) {
	if (param->count == MAX_VALUES)
		give_up("too many values", param->name);
	param->values[param->count++] = value;
}

static void read_param(Pattern *p, char *line) {
	if (strcmp(line, "@rejected") == 0) {
		p->rejected = true;
		return;
	}
	if (strcmp(line, "@large") == 0) {
		p->large = true;
		return;
	}
	if (p->param_count == MAX_PARAMS)
		give_up("too many parameters", p->name);
	Param *param = &p->params[p->param_count++];
	char *space = strchr(line, ' ');
	if (!space || (size_t)(space - line) > sizeof param->name)
		give_up("bad parameter", line);
	memcpy(param->name, line + 1, (size_t)(space - line) - 1);
	for (char *at = space + 1, *bar; at; at = bar) {
		bar = strstr(at, " | ");
		if (bar) {
			*bar = 0;
			bar += 3;
		}
		add_value(param, trim(at));
	}
}

static Pattern *begin_pattern(Patterns *all, char *name) {
	if (all->count == MAX_PATTERNS)
		give_up("too many patterns", name);
	Pattern *p = &all->items[all->count++];
	p->name = trim(name);
	return p;
}

static void add_loops(Patterns *all) {
	for (int i = 0; i < all->count; i++) {
		Pattern *p = &all->items[i];
		if (!strstr(p->text, "$LOOP"))
			continue;
		if (p->param_count == MAX_PARAMS)
			give_up("too many parameters", p->name);
		Param *param = &p->params[p->param_count++];
		strcpy(param->name, "LOOP");
		for (int k = 0; k < all->count; k++)
			if (strncmp(all->items[k].name, "loop/", 5) == 0)
				add_value(param, all->items[k].text);
	}
}

void patterns_load(Patterns *all, const char *path) {
	*all = (Patterns){.file = read_file(path)};
	Pattern *p = NULL;
	char *line = all->file, *next;
	for (; line && *line; line = next) {
		next = strchr(line, '\n');
		bool header = strncmp(line, "== ", 3) == 0, param = *line == '@' && p && !p->text;
		if ((header || param) && next)
			*next = 0;
		next = next ? next + 1 : NULL;
		if (header) {
			if (line > all->file)
				line[-1] = 0; /* the newline before it: ends the text of the one before */
			p = begin_pattern(all, line + 3);
		} else if (param) {
			read_param(p, line);
		} else if (p && !p->text) {
			p->text = line;
		}
	}
	add_loops(all);
}

void patterns_free(Patterns *all) { free(all->file); }

/* ---- writing ---- */

typedef struct Text {
	char *at;
	size_t len, cap;
} Text;

static void put(Text *t, const char *s, size_t len) {
	if (t->len + len + 1 > t->cap) {
		t->cap = (t->len + len + 1) * 2;
		t->at = realloc(t->at, t->cap);
		if (!t->at)
			give_up("out of memory", "");
	}
	memcpy(t->at + t->len, s, len);
	t->len += len;
	t->at[t->len] = 0;
}

size_t pattern_variants(const Pattern *p) {
	size_t n = 1;
	for (int i = 0; i < p->param_count; i++)
		n *= (size_t)p->params[i].count;
	return n;
}

static const Param *param_at(const Pattern *p, const char *s, const char **value, size_t variant) {
	for (int i = 0; i < p->param_count; variant /= (size_t)p->params[i++].count) {
		const Param *param = &p->params[i];
		size_t len = strlen(param->name);
		if (strncmp(s, param->name, len) == 0 && !isalnum((unsigned char)s[len])) {
			*value = param->values[variant % (size_t)param->count];
			return param;
		}
	}
	return NULL;
}

static void put_expanded(Text *out, const Pattern *p, size_t variant, const char *s, int depth) {
	const char *value;
	while (*s) {
		size_t plain = strcspn(s, "$");
		put(out, s, plain);
		s += plain;
		if (!*s)
			break;
		const Param *param = depth < 4 ? param_at(p, s + 1, &value, variant) : NULL;
		if (param) {
			put_expanded(out, p, variant, value, depth + 1);
			s += 1 + strlen(param->name);
		} else {
			put(out, s++, 1);
		}
	}
}

static void put_times(Text *out, const char *s, const char *end) {
	long count = strtol(s, NULL, 10);
	const char *text = strchr(s, ':') + 1;
	for (long i = 0; i < count; i++)
		for (const char *at = text; at < end;) {
			size_t plain = strcspn(at, "#");
			if (plain > (size_t)(end - at))
				plain = (size_t)(end - at);
			put(out, at, plain);
			at += plain;
			if (at < end) {
				char number[24];
				put(out, number, (size_t)snprintf(number, sizeof number, "%ld", i));
				at++;
			}
		}
}

char *pattern_program(const Pattern *p, size_t variant) {
	Text expanded = {0}, out = {0};
	put(&expanded, "", 0);
	put_expanded(&expanded, p, variant, p->text, 0);
	put(&out, "", 0);
	for (const char *s = expanded.at, *open, *end; *s; s = end + 3) {
		open = strstr(s, "[[*");
		end = open ? strstr(open, "*]]") : NULL;
		if (!end) {
			put(&out, s, strlen(s));
			break;
		}
		put(&out, s, (size_t)(open - s));
		put_times(&out, open + 3, end);
	}
	free(expanded.at);
	return out.at;
}
