/* SPDX-License-Identifier: MIT */
/* repl_inspect.c: commands that show goroutines and channels, and hold them. */
#include <stdio.h>
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

/* Goroutines that do the same at the same place. */
typedef struct Group {
	Text ids, status, rest;
	size_t count;
	int64_t longest_ns;
} Group;

typedef struct GoList {
	Group *groups;
	size_t count, cap;
} GoList;

enum { IDS_SHOWN = 8, WAITS_SHOWN = 6 };

static void put_position(Text *out, const char *before, const GolPosition *p) {
	if (*p->function)
		text_printf(out, "%s%s", before, p->function);
	if (*p->function && p->file && *p->file)
		text_printf(out, " (%s:%u)", p->file, p->line);
}

/* "jobs (chan int, 0 of 2)" */
static void put_target(Text *out, const GolWait *w) {
	if (*w->name)
		text_printf(out, "%s", w->name);
	else if (w->channel)
		text_printf(out, "%#llx", (unsigned long long)w->channel);
	else
		text_printf(out, "nil");
	if (*w->element)
		text_printf(out, " (chan %s, %lld of %lld%s)", w->element, (long long)w->len, (long long)w->cap,
			    w->is_closed ? ", closed" : "");
}

static void put_cases(Text *out, const GolGoroutine *g) {
	for (size_t i = 0; g->wait_count > 1 && i < g->wait_count; i++) {
		if (i == WAITS_SHOWN) {
			text_printf(out, "     … %zu more\n", g->wait_count - i);
			break;
		}
		text_printf(out, "     case %s ", g->waits[i].kind == GOL_WAIT_SEND ? "send to" : "receive from");
		put_target(out, &g->waits[i]);
		text_put(out, "\n", 1);
	}
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
		text_printf(out, ", …");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (g->other_wakers & (1u << i)) {
			text_printf(out, "%s%s", between, others[i]);
			between = ", ";
		}
	text_printf(out, *between ? " can wake it" : "nobody can wake it yet");
}

/* All but the id and the time. */
static void describe(Group *group, const GolGoroutine *g) {
	text_printf(&group->status, "%s", g->status);
	if (g->wait_count == 1) {
		text_printf(&group->status, " on ");
		put_target(&group->status, g->waits);
	}
	text_printf(&group->status, "%s", g->is_held ? ", paused" : "");
	put_position(&group->rest, ", in ", *g->program_at.function ? &g->program_at : &g->at);
	text_put(&group->rest, "\n", 1);
	put_cases(&group->rest, g);
	text_printf(&group->rest, "     ");
	if (*g->created.function) {
		text_printf(&group->rest, "started at %s:%u by goroutine %llu", g->created.file, g->created.line,
			    (unsigned long long)g->creator);
	}
	if (g->state == GOL_GOROUTINE_WAITING) {
		text_printf(&group->rest, *g->created.function ? "; " : "");
		put_wakers(&group->rest, g);
	}
	text_put(&group->rest, "\n", 1);
}

static void free_group(Group *group) {
	text_free(&group->ids);
	text_free(&group->status);
	text_free(&group->rest);
}

static Group *find_group(GoList *list, const Group *like) {
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->groups[i].status.ptr, like->status.ptr) == 0 && strcmp(list->groups[i].rest.ptr, like->rest.ptr) == 0)
			return &list->groups[i];
	return NULL;
}

static int visit_goroutine(void *user, const GolGoroutine *g) {
	GoList *list = user;
	Group mine = {0};
	describe(&mine, g);
	Group *group = find_group(list, &mine);
	if (group) {
		free_group(&mine);
	} else {
		if (list->count == list->cap) {
			list->cap = list->cap ? list->cap * 2 : 16;
			list->groups = text_realloc(list->groups, list->cap * sizeof *list->groups);
		}
		group = &list->groups[list->count++];
		*group = mine;
	}
	if (group->count++ < IDS_SHOWN)
		text_printf(&group->ids, group->count == 1 ? "%3llu" : ", %llu", (unsigned long long)g->id);
	group->longest_ns = g->waiting_ns > group->longest_ns ? g->waiting_ns : group->longest_ns;
	return 0;
}

static void print_groups(Repl *r, GoList *list) {
	Text out = {0};
	for (size_t i = 0; i < list->count; i++) {
		Group *group = &list->groups[i];
		text_printf(&out, "%s", group->ids.ptr);
		if (group->count > IDS_SHOWN)
			text_printf(&out, " and %zu more", group->count - IDS_SHOWN);
		text_printf(&out, "  %s", group->status.ptr);
		if (group->longest_ns > 0) {
			text_printf(&out, group->count > 1 ? " for up to " : " for ");
			repl_put_duration(&out, group->longest_ns);
		}
		text_printf(&out, "%s", group->rest.ptr);
		free_group(group);
	}
	repl_print(r, text_string(&out), out.len);
	text_free(&out);
	text_realloc(list->groups, 0);
}

typedef struct Trace {
	uint64_t id;
	Text text;
} Trace;

static int visit_trace(void *user, const GolGoroutine *g) {
	Trace *trace = user;
	if (g->id != trace->id)
		return 0;
	text_printf(&trace->text, "%s", g->trace);
	return 1;
}

static void show_trace(Repl *r, uint64_t id) {
	Trace trace = {.id = id};
	if (gol_goroutines(r->vm, GOL_GOROUTINES_TRACE, visit_trace, &trace) != GOL_OK)
		show_error(r);
	else if (trace.text.len == 0)
		repl_printf(r, "no goroutine %llu\n", (unsigned long long)id);
	repl_print(r, text_string(&trace.text), trace.text.len);
	text_free(&trace.text);
}

void repl_go(Repl *r, const char *argument) {
	GoList list = {0};
	unsigned long long id;
	if (argument) {
		if (parse_count(r, argument, &id))
			show_trace(r, id);
		return;
	}
	if (gol_goroutines(r->vm, GOL_GOROUTINES_WAKERS, visit_goroutine, &list) != GOL_OK)
		show_error(r);
	else if (list.count == 0)
		repl_printf(r, "no goroutines\n");
	print_groups(r, &list);
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
		if (repl_run(r, NULL, code, strlen(code), GOL_EVAL_WHOLE) != GOL_OK)
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
	Repl *r = user;
	char line[512];
	const char *on = r->has_colour ? line_style_sequence(STYLE_COMMENT) : "", *off = r->has_colour ? "\033[0m" : "";
	bool is_evaluation = event->kind == GOL_EVENT_CREATE && event->goroutine == 0;
	if (is_evaluation)
		snprintf(line, sizeof line, "goroutine %llu is what was typed", (unsigned long long)event->other);
	else
		gol_event_text(event, line, sizeof line);
	repl_printf(r, "%s%s%s\n", on, line, off);
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
