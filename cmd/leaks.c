/* SPDX-License-Identifier: MIT */
/* leaks.c: -leaks, the list of goroutines that nobody could ever have woken; and why a deadlock is one.
 *
 * Rules: everything goes where the program's standard error goes, after Go's own messages, which stay as they are. */
#include "cmd/leaks.h"

#include <string.h>

#define GRACE_NS 1000000000 /* what goroutines need to come to where they wait, on a busy machine too */

enum { GROUPS_SHOWN = 30, HINTS_SHOWN = 30, IDS_SHOWN = 8 };

/* Goroutines that wait at the same place for the same thing and were created by the same statement. */
typedef struct Group {
	Text where; /* all lines but the first */
	Text ids, status;
	size_t count;
} Group;

typedef struct Ended {
	LeakReport *report;
	Group groups[GROUPS_SHOWN];
	size_t group_count, leaked, elsewhere;
	size_t hint_count;
	bool is_deadlock, is_alone;
	Text out;
} Ended;

/* ---------------------------------------------------------------- what one waits on */

static void put_target(Text *t, const GolWait *w) {
	if (w->name[0])
		text_printf(t, "%s", w->name);
	else if (w->kind == GOL_WAIT_OBJECT)
		text_printf(t, "it");
	else
		text_printf(t, "the channel");
}

static const char *missing(const GolGoroutine *g, const GolWait *w) {
	if (w->kind == GOL_WAIT_RECEIVE)
		return "send to";
	if (w->kind == GOL_WAIT_SEND)
		return "receive from";
	if (strcmp(g->status, "sync.WaitGroup.Wait") == 0)
		return "call Done of";
	if (strcmp(g->status, "coroutine") == 0)
		return "call next or stop of";
	return strcmp(g->status, "sync.Cond.Wait") == 0 ? "signal" : "unlock";
}

static void put_wait(Text *t, const GolGoroutine *g) {
	text_printf(t, "%s", g->status);
	for (size_t i = 0; i < g->wait_count; i++) {
		const GolWait *w = &g->waits[i];
		if (!w->channel || (w->kind == GOL_WAIT_OBJECT && !w->name[0]))
			continue;
		const char *before = i == 0 ? " on" : ",";
		if (g->wait_count > 1)
			text_printf(t, "%s %s", before, w->kind == GOL_WAIT_SEND ? "send to" : "receive from");
		else
			text_printf(t, "%s", before);
		text_printf(t, " %s", w->name);
		if (w->kind != GOL_WAIT_OBJECT)
			text_printf(t, "%s(chan %s, len %lld, cap %lld)", w->name[0] ? " " : "", w->element, (long long)w->len,
				    (long long)w->cap);
	}
}

/* No goroutine is known to hold it. Package variables belong to all of them. */
static void put_nobody(Text *t, const GolGoroutine *g, bool is_alone) {
	bool is_anybody = !is_alone && g->other_wakers & GOL_WAKER_GLOBAL;
	text_printf(t, is_anybody ? "any goroutine could" : "no other goroutine is left that could");
	for (size_t i = 0; i < g->wait_count; i++) {
		text_printf(t, "%s %s ", i ? " or" : "", missing(g, &g->waits[i]));
		put_target(t, &g->waits[i]);
	}
	if (is_anybody)
		text_printf(t, ", but all of them wait");
}

/* Why nothing will come of it. is_alone: there is no other goroutine. */
static void put_reason(Text *t, const GolGoroutine *g, bool is_alone) {
	const GolWait *w = g->waits;
	if (g->wait_count == 0) {
		text_printf(t, "a select without cases never ends");
	} else if (!w->channel && g->wait_count == 1) {
		text_printf(t, "the channel is nil: %s it never ends", w->kind == GOL_WAIT_SEND ? "sending to" : "receiving from");
	} else if (g->waker_count == 0) {
		put_nobody(t, g, is_alone);
	} else {
		text_printf(t, "only goroutine%s", g->waker_count > 1 ? "s" : "");
		for (size_t i = 0; i < g->waker_count && i < IDS_SHOWN; i++)
			text_printf(t, "%s %llu", i ? "," : "", (unsigned long long)g->wakers[i]);
		text_printf(t, "%s could %s ", g->waker_count > IDS_SHOWN || g->wakers_elided ? ", ..." : "", missing(g, w));
		put_target(t, w);
		text_printf(t, g->waker_count > 1 ? ", and they wait themselves" : ", and it waits itself");
	}
}

/* ---------------------------------------------------------------- leaks */

static void put_where(Text *t, const GolGoroutine *g, bool is_alone) {
	text_printf(t, "\t");
	put_reason(t, g, is_alone);
	const GolPosition *at = g->program_at.function[0] ? &g->program_at : &g->at;
	text_printf(t, "\n\tin %s\n\t\t%s:%u\n", at->function, at->file, at->line);
	if (g->created.function[0])
		text_printf(t, "\tcreated by %s\n\t\t%s:%u\n", g->created.function, g->created.file, g->created.line);
}

static void group_free(Group *group) {
	text_free(&group->where);
	text_free(&group->ids);
	text_free(&group->status);
}

static Group *group_find(Ended *e, const Text *where, const Text *status) {
	for (size_t i = 0; i < e->group_count; i++)
		if (strcmp(text_string(&e->groups[i].where), text_string(where)) == 0 &&
		    strcmp(text_string(&e->groups[i].status), text_string(status)) == 0)
			return &e->groups[i];
	return NULL;
}

static void leak_add(Ended *e, const GolGoroutine *g) {
	Group fresh = {0};
	e->leaked++;
	put_where(&fresh.where, g, e->is_alone);
	put_wait(&fresh.status, g);
	Group *group = group_find(e, &fresh.where, &fresh.status);
	if (group || e->group_count == GROUPS_SHOWN) {
		e->elsewhere += group == NULL;
		group_free(&fresh);
	} else {
		group = &e->groups[e->group_count++];
		*group = fresh;
	}
	if (!group)
		return;
	if (group->count < IDS_SHOWN)
		text_printf(&group->ids, "%s%llu", group->count ? ", " : "", (unsigned long long)g->id);
	group->count++;
}

static void put_groups(Ended *e) {
	text_printf(&e->out, "leaks: %zu goroutine%s could never run again\n", e->leaked, e->leaked == 1 ? "" : "s");
	for (size_t i = 0; i < e->group_count; i++) {
		Group *group = &e->groups[i];
		text_printf(&e->out, "\ngoroutine%s %s%s [%s]:\n", group->count == 1 ? "" : "s", text_string(&group->ids),
			    group->count > IDS_SHOWN ? ", ..." : "", text_string(&group->status));
		if (group->count > IDS_SHOWN)
			text_printf(&e->out, "\t(%zu of them)\n", group->count);
		text_printf(&e->out, "%s", text_string(&group->where));
		group_free(group);
	}
	if (e->elsewhere)
		text_printf(&e->out, "\n... and %zu elsewhere\n", e->elsewhere);
}

/* ---------------------------------------------------------------- the end of a run */

static int look(void *user, const GolGoroutine *g) {
	Ended *e = user;
	if (e->is_deadlock && e->report->hints && g->state == GOL_GOROUTINE_WAITING && e->hint_count++ < HINTS_SHOWN) {
		text_printf(&e->out, "hint: goroutine %llu waits: ", (unsigned long long)g->id);
		put_wait(&e->out, g);
		text_printf(&e->out, "; ");
		put_reason(&e->out, g, e->is_alone);
		text_printf(&e->out, "\n");
	}
	if (!e->is_deadlock && e->report->wanted && g->is_leaked)
		leak_add(e, g);
	return 0;
}

static int count_one(void *user, const GolGoroutine *g) {
	(void)g;
	++*(size_t *)user;
	return 0;
}

static void run_ended(void *user, GolVM *vm) {
	GolStatus status = gol_status(vm);
	Ended e = {.report = user, .is_deadlock = status == GOL_ERROR_DEADLOCK};
	if (!e.is_deadlock && status != GOL_OK && status != GOL_EXIT)
		return;
	if (e.is_deadlock ? !e.report->hints : !e.report->wanted)
		return;
	if (e.is_deadlock)
		text_printf(&e.out, "\n");
	size_t count = 0;
	gol_goroutines(vm, 0, count_one, &count);
	e.is_alone = count == 1;
	gol_goroutines(vm, GOL_GOROUTINES_WAKERS, look, &e);
	e.report->leaked = e.leaked;
	if (e.leaked)
		put_groups(&e);
	if (e.hint_count > HINTS_SHOWN)
		text_printf(&e.out, "hint: and %zu more\n", e.hint_count - HINTS_SHOWN);
	if (e.leaked || e.hint_count)
		console_write(gol_userdata(vm), 2, text_string(&e.out), e.out.len);
	text_free(&e.out);
}

void leaks_watch(GolVM *vm, LeakReport *report) {
	if (report->wanted)
		gol_set_grace(vm, GRACE_NS);
	if (report->wanted || report->hints)
		gol_at_end(vm, run_ended, report);
}
