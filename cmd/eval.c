/* SPDX-License-Identifier: MIT */
/* eval.c: gol -e CODE.
 *
 * The value of a last expression is printed: the last statement of the text is put between the parentheses of
 * fmt.Println, and when the compiler accepts that, it was an expression with a value. Otherwise the text stands as it
 * was written, and messages are about that.
 * Why not the parser: the command sees the library through gol.h alone; the compiler knows what has a value. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

#define NAME "command-line"

/* ---------------------------------------------------------------- where the last statement is */

/* Walks over the text by tokens, as coarsely as finding semicolons needs. */
typedef struct Scan {
	const char *at;
	int depth;              /* of brackets */
	bool ends_statement;    /* a newline here would become a semicolon */
	const char *begin;      /* of the last statement that is not empty */
	const char *end;        /* behind its last token */
	bool is_between;        /* the next token begins a statement */
} Scan;

static bool is_name_char(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

/* Behind the literal that begins at s; of one that is not closed, the end of the text. */
static const char *skip_quoted(const char *s) {
	char quote = *s++;
	while (*s && *s != quote)
		s += *s == '\\' && quote != '`' && s[1] ? 2 : 1;
	return *s ? s + 1 : s;
}

/* After these a newline does not end the statement. */
static bool is_open_keyword(const char *s, size_t n) {
	static const char *const words[] = {
		"case",   "chan",      "const", "default", "defer", "else",   "for",    "func",   "go",  "goto", "if",
		"import", "interface", "map",   "package", "range", "select", "struct", "switch", "type", "var",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && strncmp(words[i], s, n) == 0)
			return true;
	return false;
}

static const char *skip_comment(Scan *s, const char *p) {
	if (p[1] == '/')
		return p + strcspn(p, "\n");
	const char *end = strstr(p + 2, "*/");
	end = end ? end + 2 : p + strlen(p);
	if (memchr(p, '\n', (size_t)(end - p)) && s->ends_statement && s->depth == 0)
		s->is_between = true;
	return end;
}

/* Behind the token at p; notes what a newline behind it would mean. */
static const char *skip_token(Scan *s, const char *p) {
	if (*p == '"' || *p == '\'' || *p == '`') {
		s->ends_statement = true;
		return skip_quoted(p);
	}
	if (is_name_char(*p)) {
		const char *q = p;
		while (is_name_char(*q))
			q++;
		s->ends_statement = !is_open_keyword(p, (size_t)(q - p));
		return q;
	}
	if (strncmp(p, "++", 2) == 0 || strncmp(p, "--", 2) == 0) {
		s->ends_statement = true;
		return p + 2;
	}
	s->depth += strchr("([{", *p) != NULL;
	s->depth -= strchr(")]}", *p) != NULL;
	s->ends_statement = strchr(")]}", *p) != NULL;
	return p + 1;
}

static void scan_last_statement(Scan *s, const char *text) {
	*s = (Scan){.at = text, .begin = text, .end = text, .is_between = true};
	while (*s->at) {
		const char *p = s->at;
		if (p[0] == '/' && (p[1] == '/' || p[1] == '*')) {
			s->at = skip_comment(s, p);
		} else if (isspace((unsigned char)*p) || (*p == ';' && s->depth == 0)) {
			if (*p == ';' || (*p == '\n' && s->depth == 0 && s->ends_statement))
				s->is_between = true;
			s->at = p + 1;
		} else {
			if (s->is_between)
				s->begin = p;
			s->is_between = false;
			s->end = s->at = skip_token(s, p);
		}
	}
}

/* ---------------------------------------------------------------- printing it */

/* What fmt prints is the point of calling it; the count of bytes is not. */
static bool prints_itself(const char *statement) {
	return strncmp(statement, "fmt.Print", 9) == 0 || strncmp(statement, "fmt.Fprint", 10) == 0;
}

/* The text with its last statement as an argument of fmt.Println; no line moves. */
static bool wrap_last_statement(const char *code, Text *out) {
	Scan scan;
	scan_last_statement(&scan, code);
	if (scan.begin == scan.end || prints_itself(scan.begin))
		return false;
	text_put(out, code, (size_t)(scan.begin - code));
	text_printf(out, "fmt.Println(%.*s)%s", (int)(scan.end - scan.begin), scan.begin, scan.end);
	return true;
}

static GolProgram *compile_text(GolVM *vm, const char *text, size_t len, const RunOptions *options) {
	SourceList sources = {0};
	source_list_add(&sources, NAME, text_copy(text, len), len);
	GolProgram *program = host_compile(vm, &sources, options, false);
	source_list_free(&sources);
	return program;
}

int cmd_eval(int argc, char **argv, const RunOptions *options) {
	Console console;
	Text wrapped = {0};
	console_init(&console);
	GolVM *vm = host_new_vm(options, &console, argc, argv);
	if (!vm)
		return 2;
	GolProgram *program = NULL;
	if (wrap_last_statement(options->code, &wrapped)) {
		console.is_quiet = true;
		program = compile_text(vm, wrapped.ptr, wrapped.len, options);
		console.is_quiet = false;
	}
	if (!program)
		program = compile_text(vm, options->code, strlen(options->code), options);
	text_free(&wrapped);
	int code = program ? host_run(vm, program, options) : console.rejected;
	gol_vm_free(vm);
	return code;
}
