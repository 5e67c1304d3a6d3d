/* SPDX-License-Identifier: MIT */
/* console.c: where output and diagnostics of a VM go.
 *
 * Rules: a pipe gets one plain line for each message, as Go prints it; a terminal gets the source line with a caret
 * too, and colour unless NO_COLOR or TERM=dumb forbid it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define GREEN "\033[1;32m"
#define PLAIN "\033[0m"

void console_init(Console *console) {
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	*console = (Console){.excerpts = isatty(2), .rejected = 1};
	console->has_colour =
		console->excerpts && !(no_colour && *no_colour) && term && *term && strcmp(term, "dumb") != 0;
}

bool console_write_all(int fd, const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EAGAIN) /* somebody made the descriptor non-blocking */
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		else if (n < 0 && errno != EINTR)
			return errno != EPIPE;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* Nobody reads any more: the process dies of it, as Go's do, unless the program wants the signal. */
static void die_of_closed_pipe(const Console *console) {
	sigset_t set;
	if (console->vm && gol_signal(console->vm, SIGPIPE))
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* it waits for this thread */
}

void console_write(void *user, int fd, const char *data, size_t len) {
	const Console *console = user;
	Text *into = fd == 2 ? console->err : console->out;
	if (into)
		text_put(into, data, len);
	else if (console->print)
		console->print(console->printer, fd, data, len);
	else if (!console_write_all(fd, data, len))
		die_of_closed_pipe(console);
}

static void put_position(Text *out, const Console *console, const GolDiagnostic *d, const char *on, const char *off) {
	bool is_seen = console->typed && console->excerpts && *d->excerpt && strcmp(d->file, console->typed) == 0;
	if (d->line && !is_seen)
		text_printf(out, "%s%s:%u:%u:%s ", on, d->file, d->line, d->column, off);
}

/* The excerpt is the source line and a caret line: both get a margin of one width. */
static void put_excerpt(Text *out, const Console *console, const GolDiagnostic *d) {
	const char *line = d->excerpt, *caret = strchr(line, '\n');
	if (!*line || !caret)
		return;
	const char *on = console->has_colour ? GREEN : "", *off = console->has_colour ? PLAIN : "";
	int blanks = (int)strspn(caret + 1, " \t");
	text_printf(out, "%5u | %.*s\n", d->line, (int)(caret - line), line);
	text_printf(out, "      | %.*s%s^%s\n", blanks, caret + 1, on, off);
}

/* "x.md:3:5: syntax error: ..." without further lines. */
static void keep_reason(Text *reason, const GolDiagnostic *d) {
	if (reason->len > 0 || d->is_warning)
		return;
	text_put(reason, d->message, strcspn(d->message, "\n"));
	if (d->line)
		text_printf(reason, " (line %u)", d->line);
}

void console_diagnostic(void *user, const GolDiagnostic *d) {
	const Console *console = user;
	if (console->is_quiet)
		return;
	if (console->reason) {
		keep_reason(console->reason, d);
		return;
	}
	Text out = {0};
	bool colour = console->has_colour;
	put_position(&out, console, d, colour ? BOLD : "", colour ? PLAIN : "");
	if (d->is_warning)
		text_printf(&out, "%swarning:%s ", colour ? YELLOW : "", colour ? PLAIN : "");
	else if (colour)
		text_printf(&out, RED "error:" PLAIN " ");
	text_printf(&out, "%s\n", d->message);
	if (console->excerpts)
		put_excerpt(&out, console, d);
	if (console->print)
		console->print(console->printer, 2, out.ptr, out.len);
	else
		console_write_all(2, out.ptr, out.len);
	text_free(&out);
}
