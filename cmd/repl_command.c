/* SPDX-License-Identifier: MIT */
/* repl_command.c: lines that begin with a colon.
 *
 * Rules: a command may be shortened to what no other one begins with. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/repl.h"

typedef enum Argument { ARGUMENT_NONE, ARGUMENT_CODE, ARGUMENT_NAME, ARGUMENT_FILE, ARGUMENT_COMMAND, ARGUMENT_SWITCH,
	ARGUMENT_NUMBER } Argument;

typedef struct Command {
	const char *name;
	Argument takes;
	bool is_optional;
	const char *usage, *summary, *help;
	void (*run)(Repl *r, const char *argument); /* argument: NULL when there is none */
	ReplNext (*evaluate)(Repl *r, const char *argument); /* instead of run: may end the loop */
} Command;

static void show_type(Repl *r, const char *code);
static void show_doc(Repl *r, const char *name);
static void show_list(Repl *r, const char *name);
static void show_help(Repl *r, const char *name);
static void save_file(Repl *r, const char *path);
static void reset(Repl *r, const char *argument);
static ReplNext time_code(Repl *r, const char *code);
static ReplNext load_file(Repl *r, const char *path);
static ReplNext quit(Repl *r, const char *argument);

static const Command commands[] = {
	{"help", ARGUMENT_COMMAND, true, ":help [COMMAND]", "list the commands, or explain one", "", show_help, NULL},
	{"type", ARGUMENT_CODE, false, ":type EXPRESSION", "the type of an expression, which is not run", "", show_type, NULL},
	{"doc", ARGUMENT_NAME, false, ":doc NAME", "the documentation of a name",
	 "NAME is a package, strings.Split, strings.Builder.Len, a predeclared name or one of this session.\n", show_doc, NULL},
	{"list", ARGUMENT_NAME, true, ":list [NAME]", "what this session declares, or the text of one declaration", "", show_list,
	 NULL},
	{"time", ARGUMENT_CODE, false, ":time STATEMENT", "run something and say how long it took",
	 "Any input may follow. The time is that of compiling and running it.\n", NULL, time_code},
	{"load", ARGUMENT_FILE, false, ":load FILE", "evaluate a file",
	 "Statements run at once. A file of package main declares its functions; call main() to run it.\n", NULL, load_file},
	{"save", ARGUMENT_FILE, false, ":save FILE", "write the session's declarations to a file",
	 "Variables are saved with the statement that declared them, not with the value they have now.\n", save_file, NULL},
	{"go", ARGUMENT_NUMBER, true, ":go [N]", "list the goroutines, or show the trace of goroutine N",
	 "For each: what it does and for how long, where, who started it and who could wake it.\n"
	 "Leaked means that nothing that may still run can reach what it waits on.\n",
	 repl_go, NULL},
	{"chan", ARGUMENT_CODE, false, ":chan EXPRESSION", "show a channel: its buffer and who waits", "", repl_chan, NULL},
	{"pause", ARGUMENT_NONE, false, ":pause", "stop all goroutines but what is typed here",
	 "What goroutines are woken or started meanwhile waits until :resume or :step.\n", repl_pause, NULL},
	{"resume", ARGUMENT_NONE, false, ":resume", "let paused goroutines run again", "", repl_resume, NULL},
	{"step", ARGUMENT_NUMBER, true, ":step [N]", "while paused: make N scheduling decisions and show each",
	 "A step runs one goroutine until it waits, gives way, ends or has used up its time slice.\n", repl_step, NULL},
	{"trace", ARGUMENT_SWITCH, false, ":trace on|off", "show every send, receive, park and wake as it happens", "", repl_trace,
	 NULL},
	{"reset", ARGUMENT_NONE, false, ":reset", "forget everything and end all goroutines", "", reset, NULL},
	{"quit", ARGUMENT_NONE, false, ":quit", "leave; Ctrl-D does it too", "", NULL, quit},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

/* ---------------------------------------------------------------- finding */

static size_t name_length(const char *text) { return strcspn(text, " \t\n"); }

/* The command of that name or beginning; *matches: how many begin so. */
static const Command *find_command(const char *name, size_t n, size_t *matches) {
	const Command *found = NULL;
	*matches = 0;
	for (size_t i = 0; i < COMMANDS; i++) {
		if (n == 0 || strncmp(commands[i].name, name, n) != 0)
			continue;
		found = &commands[i];
		*matches += 1;
		if (strlen(found->name) == n) {
			*matches = 1;
			return found;
		}
	}
	return found;
}

/* Edits that make one name of the other: Levenshtein's distance, by rows. */
static size_t distance(const char *a, size_t n, const char *b) {
	enum { LONGEST = 20 };
	size_t row[LONGEST + 1], m = strlen(b);
	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 0; i < n; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < m; j++) {
			size_t change = diagonal + (a[i] != b[j]), least = row[j] < row[j + 1] ? row[j] : row[j + 1];
			diagonal = row[j + 1];
			row[j + 1] = change < least + 1 ? change : least + 1;
		}
	}
	return row[m];
}

static void say_unknown(Repl *r, const char *name, size_t n, size_t matches) {
	const char *best = NULL;
	size_t least = 3;
	repl_printf(r, matches ? ":%.*s may be" : "there is no command :%.*s", (int)n, name);
	for (size_t i = 0; i < COMMANDS; i++) {
		size_t d = distance(name, n, commands[i].name);
		if (matches && strncmp(commands[i].name, name, n) == 0)
			repl_printf(r, " :%s", commands[i].name);
		bool is_near = n > 0 && (d < 2 || *name == *commands[i].name);
		if (is_near && d < least) {
			least = d;
			best = commands[i].name;
		}
	}
	if (!matches && best)
		repl_printf(r, "; did you mean :%s?", best);
	repl_printf(r, matches ? "\n" : best ? "\n" : "; :help lists them\n");
}

ReplNext repl_command(Repl *r, const char *text) {
	const char *name = text + 1;
	size_t n = name_length(name), matches;
	const Command *c = find_command(name, n, &matches);
	Text argument = {0};
	ReplNext next = REPL_GO_ON;
	const char *rest = name + n + strspn(name + n, " \t\n");
	size_t len = strlen(rest);
	while (len > 0 && strchr(" \t\r\n", rest[len - 1]))
		len--;
	if (len > 0)
		text_put(&argument, rest, len);
	if (matches != 1) {
		say_unknown(r, name, n, matches);
		r->has_failed = true;
	} else if (len == 0 ? c->takes != ARGUMENT_NONE && !c->is_optional : c->takes == ARGUMENT_NONE) {
		repl_printf(r, "usage: %s\n", c->usage);
		r->has_failed = true;
	} else if (c->run) {
		c->run(r, argument.ptr);
	} else {
		next = c->evaluate(r, argument.ptr);
	}
	text_free(&argument);
	return next;
}

const char *repl_command_code(const char *text) {
	size_t n = name_length(text + 1), matches;
	const Command *c = find_command(text + 1, n, &matches);
	return matches == 1 && c->takes == ARGUMENT_CODE ? text + 1 + n : NULL;
}

/* ---------------------------------------------------------------- completion */

typedef struct Completion {
	LineCandidates *out;
	size_t offset;
} Completion;

static int visit_candidate(void *user, const GolCandidate *candidate) {
	Completion *c = user;
	line_candidate(c->out, candidate->text, candidate->detail);
	return 0;
}

void repl_complete_code(Repl *r, const char *text, size_t len, size_t cursor, size_t offset, LineCandidates *out) {
	Completion completion = {.out = out};
	size_t start = cursor - offset;
	if (gol_complete(r->vm, text + offset, len - offset, cursor - offset, &start, visit_candidate, &completion) == GOL_OK)
		out->start = start + offset;
}

/* Files whose path begins with text[from..cursor). */
static void complete_path(const char *text, size_t from, size_t cursor, LineCandidates *out) {
	char *path = text_copy(text + from, cursor - from), *slash = strrchr(path, '/');
	const char *begin = slash ? slash + 1 : path;
	size_t n = strlen(begin);
	char *folder = slash ? text_copy(path, (size_t)(slash - path) + 1) : text_copy(".", 1);
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	out->start = cursor - n;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		bool is_hidden = *name == '.' && *begin != '.';
		Text candidate = {0};
		text_printf(&candidate, "%s%s", name, entries[i]->d_type == DT_DIR ? "/" : "");
		if (strncmp(name, begin, n) == 0 && !is_hidden)
			line_candidate(out, candidate.ptr, NULL);
		text_free(&candidate);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(folder);
	free(path);
}

static void complete_command_name(const char *name, size_t n, LineCandidates *out) {
	for (size_t i = 0; i < COMMANDS; i++)
		if (strncmp(commands[i].name, name, n) == 0)
			line_candidate(out, commands[i].name, commands[i].summary);
}

void repl_complete_command(Repl *r, const char *text, size_t len, size_t cursor, LineCandidates *out) {
	static const char *const switches[] = {"on", "off"};
	size_t n = name_length(text + 1), matches;
	size_t from = 1 + n + strspn(text + 1 + n, " \t");
	const Command *c = find_command(text + 1, n, &matches);
	out->start = 1;
	if (cursor <= 1 + n) {
		complete_command_name(text + 1, cursor - 1, out);
		return;
	}
	if (matches != 1 || cursor < from)
		return;
	out->start = from;
	switch (c->takes) {
	case ARGUMENT_CODE:
	case ARGUMENT_NAME: repl_complete_code(r, text, len, cursor, from, out); break;
	case ARGUMENT_FILE: complete_path(text, from, cursor, out); break;
	case ARGUMENT_COMMAND: complete_command_name(text + from, cursor - from, out); break;
	case ARGUMENT_SWITCH:
		for (size_t i = 0; i < 2; i++)
			if (strncmp(switches[i], text + from, cursor - from) == 0)
				line_candidate(out, switches[i], NULL);
		break;
	case ARGUMENT_NUMBER:
	case ARGUMENT_NONE: break;
	}
}

/* ---------------------------------------------------------------- the simple ones */

static void show_help(Repl *r, const char *name) {
	size_t matches, n = name ? strlen(name) : 0;
	if (name && *name == ':')
		name++, n--;
	const Command *c = name ? find_command(name, n, &matches) : NULL;
	if (c && matches == 1)
		repl_printf(r, "%s: %s\n%s", c->usage, c->summary, c->help);
	else if (name && n > 0)
		say_unknown(r, name, n, matches);
	else
		for (size_t i = 0; i < COMMANDS; i++)
			repl_printf(r, "%-18s %s\n", commands[i].usage, commands[i].summary);
	if (!name)
		repl_printf(r, "Commands may be shortened. Tab completes; Up, Down and Ctrl-R find earlier\n"
			       "inputs; Alt-Enter begins a line; Ctrl-C clears the input, or stops what runs,\n"
			       "and pressed twice also the goroutines it started.\n");
}

static void show_error(Repl *r) {
	if (*gol_error(r->vm))
		repl_printf(r, "%s\n", gol_error(r->vm));
	r->has_failed = true;
}

static void show_type(Repl *r, const char *code) {
	Text text = {0};
	r->console.typed = "expression"; /* gol_eval_type's name for it */
	GolStatus status = gol_eval_type(r->vm, code, strlen(code), repl_collect, &text);
	if (status == GOL_OK) {
		text_put(&text, "\n", 1);
		repl_print_go(r, text.ptr, text.len);
	} else if (status != GOL_ERROR_COMPILE) {
		show_error(r);
	}
	r->console.typed = NULL;
	r->has_failed |= status != GOL_OK;
	text_free(&text);
}

static void show_doc(Repl *r, const char *name) {
	Text text = {0};
	if (gol_doc(r->vm, name, repl_collect, &text) != GOL_OK)
		show_error(r);
	else if (text.len > 0 && text.ptr[text.len - 1] != '\n')
		text_put(&text, "\n", 1);
	repl_print(r, text_string(&text), text.len);
	text_free(&text);
}

static ReplNext time_code(Repl *r, const char *code) {
	struct timespec from, to;
	Text line = {0};
	clock_gettime(CLOCK_MONOTONIC, &from);
	GolStatus status = repl_run(r, NULL, code, strlen(code), GOL_EVAL_WHOLE);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (status == GOL_OK)
		repl_show_values(r);
	if (status != GOL_ERROR_COMPILE) {
		text_printf(&line, "took ");
		repl_put_duration(&line, (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec);
		repl_printf(r, "%s\n", line.ptr);
	}
	text_free(&line);
	return repl_next(r, status);
}

static ReplNext load_file(Repl *r, const char *path) {
	size_t len;
	char *text = cmd_read_file(path, &len);
	if (!text) {
		r->has_failed = true;
		return REPL_GO_ON;
	}
	GolStatus status = repl_run(r, path, text, len, GOL_EVAL_WHOLE);
	free(text);
	return repl_next(r, status);
}

static void reset(Repl *r, const char *argument) {
	(void)argument;
	if (gol_eval_reset(r->vm) != GOL_OK)
		show_error(r);
}

static ReplNext quit(Repl *r, const char *argument) {
	(void)r;
	(void)argument;
	return REPL_LEAVE;
}

/* ---------------------------------------------------------------- what the session declares */

typedef struct Listing {
	const char *name; /* NULL: all, one line each */
	Text out;
	const char *last; /* the source written last: names of one statement share it */
	bool is_whole;    /* :save: sources */
} Listing;

static int visit_name(void *user, const GolName *n) {
	static const char *const kinds[] = {
		[GOL_NAME_VAR] = "var", [GOL_NAME_CONST] = "const", [GOL_NAME_TYPE] = "type", [GOL_NAME_FUNC] = "func",
		[GOL_NAME_METHOD] = "func", [GOL_NAME_PACKAGE] = "import",
	};
	Listing *list = user;
	if (list->is_whole || (list->name && strcmp(list->name, n->name) == 0)) {
		if (n->source != list->last && n->source_len > 0)
			text_printf(&list->out, "%.*s\n", (int)n->source_len, n->source);
		list->last = n->source;
	} else if (!list->name && n->kind < sizeof kinds / sizeof *kinds && kinds[n->kind]) {
		bool is_func = strncmp(n->type, "func", 4) == 0 && n->kind != GOL_NAME_VAR;
		text_printf(&list->out, n->kind == GOL_NAME_PACKAGE ? "%s %s%s\"%s\"\n" : "%s %s%s%s\n", kinds[n->kind], n->name,
			    is_func ? "" : " ", n->type + (is_func ? 4 : 0));
	}
	return 0;
}

static void show_list(Repl *r, const char *name) {
	Listing list = {.name = name};
	if (gol_eval_names(r->vm, visit_name, &list) != GOL_OK)
		show_error(r);
	else if (name && list.out.len == 0)
		repl_printf(r, "this session declares no %s\n", name);
	repl_print_go(r, text_string(&list.out), list.out.len);
	text_free(&list.out);
}

static void save_file(Repl *r, const char *path) {
	Listing list = {.is_whole = true};
	if (gol_eval_names(r->vm, visit_name, &list) != GOL_OK) {
		show_error(r);
	} else {
		FILE *f = fopen(path, "w");
		bool ok = f && fwrite(text_string(&list.out), 1, list.out.len, f) == list.out.len;
		ok = f && fclose(f) == 0 && ok;
		repl_printf(r, ok ? "saved to %s\n" : "cannot write %s\n", path);
		r->has_failed |= !ok;
	}
	text_free(&list.out);
}
