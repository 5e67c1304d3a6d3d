/* SPDX-License-Identifier: MIT */
/* repl_eval.c: one input: run, watched, its values shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/repl.h"

enum { WATCH_NS = 100 * 1000 * 1000 };
static const int64_t SAY_WAITING_NS = 1000 * 1000 * 1000;

/* ---------------------------------------------------------------- waiting */

void repl_put_duration(Text *out, int64_t ns) {
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "µs"}, {1, "ns"}};
	size_t i = 0;
	if (ns >= 60 * units[0].ns) {
		int64_t seconds = ns / units[0].ns;
		if (seconds >= 3600)
			text_printf(out, "%lldh", (long long)(seconds / 3600));
		text_printf(out, "%lldm%llds", (long long)(seconds / 60 % 60), (long long)(seconds % 60));
		return;
	}
	while (i + 1 < sizeof units / sizeof *units && ns < units[i].ns)
		i++;
	double value = (double)ns / (double)units[i].ns;
	text_printf(out, "%.*f%s", value < 100 && i < 3 ? 1 : 0, value, units[i].name);
}

typedef struct Wakers {
	Text text;
	bool is_found;
	bool is_shared; /* others may come by what it waits for through a variable of the session */
} Wakers;

/* Who could wake the evaluation. */
static int visit_evaluation(void *user, const GolGoroutine *g) {
	Wakers *w = user;
	if (!g->is_main)
		return 0;
	w->is_found = true;
	w->is_shared = (g->other_wakers & GOL_WAKER_GLOBAL) != 0;
	for (size_t i = 0; i < g->waker_count; i++)
		text_printf(&w->text, "%s%llu", i ? ", " : "", (unsigned long long)g->wakers[i]);
	return 1;
}

static const char *verb_of(const char *waiting_for) {
	if (strncmp(waiting_for, "chan receive", 12) == 0)
		return "send";
	return strncmp(waiting_for, "chan send", 9) == 0 ? "receive" : "wake it";
}

/* What ends by itself, or by what is typed next, needs no words. */
static bool is_expected(const char *waiting_for) {
	return strcmp(waiting_for, "sleep") == 0 || strcmp(waiting_for, "syscall") == 0 || strcmp(waiting_for, "IO wait") == 0;
}

/* Called by gol_eval while it waits. */
static void watch(void *user, const char *waiting_for, int64_t waited_ns) {
	Repl *r = user;
	repl_evaluation_seen(r);
	if (r->has_said_waiting || !waiting_for || waited_ns < SAY_WAITING_NS || is_expected(waiting_for))
		return;
	Wakers wakers = {0};
	r->has_said_waiting = true;
	bool is_known = gol_goroutines(r->vm, GOL_GOROUTINES_WAKERS, visit_evaluation, &wakers) == GOL_OK && wakers.is_found;
	repl_printf(r, "waiting: %s", waiting_for);
	if (is_known && wakers.text.len > 0)
		repl_printf(r, ", goroutine %s can %s", wakers.text.ptr, verb_of(waiting_for));
	else if (is_known && wakers.is_shared && strncmp(waiting_for, "chan ", 5) == 0)
		repl_printf(r, ", nobody %ss yet", verb_of(waiting_for));
	else if (is_known && !wakers.is_shared)
		repl_printf(r, ", nobody can %s yet", verb_of(waiting_for));
	repl_printf(r, "; Ctrl-C stops it\n");
	text_free(&wakers.text);
}

/* ---------------------------------------------------------------- values */

void repl_print_go(Repl *r, const char *text, size_t len) {
	if (!r->has_colour || len == 0) {
		repl_print(r, text, len);
		return;
	}
	Text out = {0};
	uint8_t *styles = text_realloc(NULL, len);
	LineStyle now = STYLE_PLAIN;
	scan_style(text, len, (size_t)-1, styles);
	for (size_t at = 0; at < len; at++) {
		if (styles[at] != now) {
			now = styles[at];
			text_printf(&out, "\033[0m%s", line_style_sequence(now));
		}
		text_put(&out, text + at, 1);
	}
	if (now != STYLE_PLAIN)
		text_put(&out, "\033[0m", 4);
	repl_print(r, out.ptr, out.len);
	text_free(&out);
	free(styles);
}

/* As one writes it here. */
static const char *short_type(GolValue v) {
	const char *type = gol_type_name(v);
	return strncmp(type, "main.", 5) == 0 ? type + 5 : type;
}

/* Whether the text of a value leaves its type open: 3, "a", nil; not []int{1}, P{X: 1}, time.Duration(1s). */
static bool hides_type(GolValue v, const char *text) {
	const char *type = short_type(v);
	GolKind kind = gol_kind(v);
	return *type && kind <= GOL_STRING && strncmp(text, type, strlen(type)) != 0;
}

static void show_value(Repl *r, GolValue v) {
	Text text = {0};
	GolFormat format = {.size = sizeof format, .width = r->line ? (uint32_t)line_columns(r->line) : 80};
	if (gol_format(r->vm, v, &format, repl_collect, &text) != GOL_OK) {
		repl_printf(r, "gol: %s\n", gol_error(r->vm));
	} else {
		if (hides_type(v, text_string(&text)))
			text_printf(&text, " // %s", short_type(v));
		text_put(&text, "\n", 1);
		repl_print_go(r, text.ptr, text.len);
	}
	text_free(&text);
}

void repl_show_values(Repl *r) {
	for (size_t i = 0, n = gol_eval_count(r->vm); i < n; i++)
		show_value(r, gol_eval_value(r->vm, i));
}

/* ---------------------------------------------------------------- evaluating */

static void say_how_it_ended(Repl *r, GolStatus status) {
	switch (status) {
	case GOL_INTERRUPTED: repl_printf(r, "%sinterrupted\n", r->is_interactive ? "\n" : ""); break; /* after ^C */
	case GOL_ERROR_ARGUMENT:
	case GOL_ERROR_MEMORY:
	case GOL_ERROR_LIMIT: {
		Text line = {0};
		if (strncmp(gol_error(r->vm), "fatal error: ", 13) == 0)
			break; /* came with a trace */
		text_printf(&line, "gol: %s\n", gol_error(r->vm));
		console_write(&r->console, 2, line.ptr, line.len);
		text_free(&line);
		break;
	}
	default: break; /* said already: by the program, the diagnostics or the traces */
	}
}

GolStatus repl_run(Repl *r, const char *name, const char *text, size_t len, uint32_t flags) {
	char typed[32];
	r->has_said_waiting = false;
	repl_evaluation_begins(r);
	if (r->is_interactive)
		gol_eval_watch(r->vm, WATCH_NS, watch, r);
	snprintf(typed, sizeof typed, "input%u", r->inputs += !name);
	r->console.typed = name ? NULL : typed;
	GolStatus status = gol_eval(r->vm, name ? name : typed, text, len, flags);
	r->console.typed = NULL;
	repl_evaluation_ends(r);
	say_how_it_ended(r, status);
	r->has_failed |= status != GOL_OK && status != GOL_MORE && status != GOL_EXIT;
	return status;
}

GolStatus repl_eval(Repl *r, const char *name, const char *text, size_t len, uint32_t flags) {
	GolStatus status = repl_run(r, name, text, len, flags);
	if (status == GOL_OK)
		repl_show_values(r);
	return status;
}

ReplNext repl_next(Repl *r, GolStatus status) {
	if (status != GOL_EXIT)
		return REPL_GO_ON;
	r->exit_code = gol_exit_code(r->vm);
	return REPL_LEAVE;
}
