/* SPDX-License-Identifier: MIT */
/* repl_inspect.c: commands that show goroutines and channels, and hold them. */
#include <stdlib.h>
#include <string.h>

#include "cmd/repl.h"

static void show_error(Repl *r) {
	repl_printf(r, "%s\n", gol_error(r->vm));
	r->has_failed = true;
}

/* False after saying that it is none. */
static bool parse_count(Repl *r, const char *argument, unsigned long long *out) {
	if (cmd_parse_number(argument, 1000000, out) && *out > 0)
		return true;
	repl_printf(r, "%s is not a number from 1 on\n", argument);
	r->has_failed = true;
	return false;
}

/* ---------------------------------------------------------------- :go */

typedef struct GoList {
	Text out;
	uint64_t only; /* 0: all of them */
	size_t count;
} GoList;

static void put_position(Text *out, const char *before, const GolPosition *p) {
	if (*p->function)
		text_printf(out, "%s%s", before, p->function);
	if (*p->function && p->file && *p->file)
		text_printf(out, " (%s:%u)", p->file, p->line);
}

static void put_wait(Text *out, const GolWait *w) {
	static const char *const verbs[] = {[GOL_WAIT_RECEIVE] = "receive from", [GOL_WAIT_SEND] = "send to", [GOL_WAIT_OBJECT] = ""};
	text_printf(out, "%s ", verbs[w->kind]);
	if (*w->name)
		text_printf(out, "%s", w->name);
	else
		text_printf(out, w->channel ? "%#llx" : "nil", (unsigned long long)w->channel);
	if (*w->element)
		text_printf(out, " (chan %s, %lld of %lld%s)", w->element, (long long)w->len, (long long)w->cap,
			    w->is_closed ? ", closed" : "");
}

static void put_wakers(Text *out, const GolGoroutine *g) {
	static const char *const others[] = {"a timer", "the system", "the host", "what is typed here"};
	const char *between = "";
	if (g->is_leaked) {
		text_printf(out, "leaked: nobody can wake it");
		return;
	}
	for (size_t i = 0; i < g->waker_count; i++, between = ", ")
		text_printf(out, "%s%s%llu", between, i ? "" : "goroutine ", (unsigned long long)g->wakers[i]);
	if (g->wakers_elided)
		text_printf(out, ", ...");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (g->other_wakers & (1u << i)) {
			text_printf(out, "%s%s", between, others[i]);
			between = ", ";
		}
	text_printf(out, *between ? " can wake it" : "nobody can wake it yet");
}

static int visit_goroutine(void *user, const GolGoroutine *g) {
	GoList *list = user;
	Text *out = &list->out;
	if (list->only && g->id != list->only)
		return 0;
	list->count++;
	if (list->only) {
		text_printf(out, "%s", g->trace);
		return 1;
	}
	text_printf(out, "%3llu  %s", (unsigned long long)g->id, g->status);
	if (g->is_held)
		text_printf(out, ", paused");
	if (g->waiting_ns > 0) {
		text_printf(out, " for ");
		repl_put_duration(out, g->waiting_ns);
	}
	put_position(out, " in ", *g->program_at.function ? &g->program_at : &g->at);
	text_put(out, "\n", 1);
	for (size_t i = 0; i < g->wait_count; i++) {
		text_printf(out, "     %s ", g->wait_count > 1 ? (i ? "or  " : "waits to") : "waits to");
		put_wait(out, &g->waits[i]);
		text_put(out, "\n", 1);
	}
	if (g->state == GOL_GOROUTINE_WAITING) {
		text_printf(out, "     ");
		put_wakers(out, g);
		text_put(out, "\n", 1);
	}
	if (*g->created.function) {
		put_position(out, "     started by ", &g->created);
		text_printf(out, " in goroutine %llu\n", (unsigned long long)g->creator);
	}
	return 0;
}

void repl_go(Repl *r, const char *argument) {
	GoList list = {0};
	unsigned long long only = 0;
	if (argument && !parse_count(r, argument, &only))
		return;
	list.only = only;
	uint32_t flags = only ? GOL_GOROUTINES_TRACE : GOL_GOROUTINES_WAKERS;
	if (gol_goroutines(r->vm, flags, visit_goroutine, &list) != GOL_OK)
		show_error(r);
	else if (list.count == 0 && only)
		repl_printf(r, "no goroutine %llu\n", only);
	else if (list.count == 0)
		repl_printf(r, "no goroutines\n");
	repl_print(r, text_string(&list.out), list.out.len);
	text_free(&list.out);
}

/* ---------------------------------------------------------------- :chan */

static void put_value(Repl *r, Text *out, GolValue v) {
	GolFormat format = {.size = sizeof format, .max_elements = 8, .max_string = 60, .flags = GOL_FORMAT_ONE_LINE | GOL_FORMAT_PASSIVE};
	gol_format(r->vm, v, &format, repl_collect, out);
}

static void put_waiters(Repl *r, Text *out, GolValue chan, size_t count, bool is_sender) {
	if (count == 0)
		return;
	text_printf(out, is_sender ? "waiting to send:\n" : "waiting to receive:\n");
	for (size_t i = 0; i < count; i++) {
		GolChanWaiter w;
		if ((is_sender ? gol_chan_sender : gol_chan_receiver)(chan, i, &w) != GOL_OK)
			continue;
		text_printf(out, "\tgoroutine %llu%s, ", (unsigned long long)w.goroutine, w.is_select ? " (select)" : "");
		repl_put_duration(out, w.waiting_ns);
		if (is_sender) {
			text_printf(out, ": ");
			put_value(r, out, w.value);
		}
		text_put(out, "\n", 1);
	}
}

static void put_chan(Repl *r, Text *out, GolValue chan, const GolChanInfo *info) {
	text_printf(out, "chan %s: %lld of %lld queued%s\n", info->element, (long long)info->len, (long long)info->cap,
		    info->is_closed ? ", closed" : "");
	for (int64_t i = 0; i < info->len; i++) {
		text_printf(out, "\t%lld: ", (long long)i);
		put_value(r, out, gol_chan_at(chan, (size_t)i));
		text_put(out, "\n", 1);
	}
	put_waiters(r, out, chan, info->senders, true);
	put_waiters(r, out, chan, info->receivers, false);
	if (info->senders + info->receivers == 0)
		text_printf(out, "nobody waits\n");
}

void repl_chan(Repl *r, const char *code) {
	GolValue v = gol_eval_variable(r->vm, code);
	GolChanInfo info;
	Text out = {0};
	if (!v.type) {
		if (repl_run(r, "chan", code, strlen(code), GOL_EVAL_WHOLE) != GOL_OK)
			return;
		v = gol_eval_count(r->vm) == 1 ? gol_eval_value(r->vm, 0) : (GolValue){0};
	}
	if (gol_kind(v) != GOL_CHAN)
		repl_printf(r, "%s is not a channel\n", code);
	else if (gol_chan_info(v, &info) != GOL_OK)
		show_error(r);
	else if (info.id == 0)
		repl_printf(r, "nil: sending and receiving block for ever\n");
	else
		put_chan(r, &out, v, &info);
	repl_print(r, text_string(&out), out.len);
	text_free(&out);
}

/* ---------------------------------------------------------------- holding */

void repl_pause(Repl *r, const char *argument) {
	(void)argument;
	if (gol_pause(r->vm) != GOL_OK)
		show_error(r);
	else
		repl_printf(r, "paused; :step makes one step, :resume goes on\n");
}

void repl_resume(Repl *r, const char *argument) {
	(void)argument;
	if (!gol_is_paused(r->vm))
		repl_printf(r, "nothing is paused\n");
	else if (gol_resume(r->vm) != GOL_OK)
		show_error(r);
}

void repl_step(Repl *r, const char *argument) {
	unsigned long long count = 1;
	GolStep step;
	if (argument && !parse_count(r, argument, &count))
		return;
	if (!gol_is_paused(r->vm)) {
		repl_printf(r, "nothing is paused: :pause first\n");
		r->has_failed = true;
		return;
	}
	for (unsigned long long i = 0; i < count; i++) {
		if (gol_step(r->vm, 0, &step, NULL, NULL) != GOL_OK) {
			show_error(r);
			return;
		}
		repl_printf(r, "%s\n", step.goroutine ? step.text : "no goroutine can run");
		if (!step.goroutine)
			return;
	}
}

static void print_event(void *user, const GolEvent *event) {
	char line[512];
	size_t n = gol_event_text(event, line, sizeof line);
	repl_printf(user, "%.*s\n", (int)(n < sizeof line ? n : sizeof line - 1), line);
}

void repl_trace(Repl *r, const char *argument) {
	bool on = strcmp(argument, "on") == 0;
	if (!on && strcmp(argument, "off") != 0) {
		repl_printf(r, "usage: :trace on|off\n");
		r->has_failed = true;
	} else if (gol_trace(r->vm, on ? print_event : NULL, r) != GOL_OK) {
		show_error(r);
	}
}
