/* SPDX-License-Identifier: MIT */
/* repl.c: gol repl: reads inputs, evaluates them, one after the other.
 *
 * Rules: on a terminal the editor reads; elsewhere lines are read as they come, without prompts and colours, and an input
 * ends with the line that completes it. All output goes through repl_print and console_write, so that goroutines can print
 * while somebody types. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/repl.h"

#define PROMPT "gol> "
#define MORE "...  "
#define WAKE_EXIT "x" /* in Repl.wake; other bytes say that is_cancelled may be set */

void repl_collect(void *user, const char *text, size_t len) { text_put(user, text, len); }

/* Any thread: where all output ends up. */
static void print_to(void *user, int fd, const char *data, size_t len) {
	Repl *r = user;
	if (r->line)
		line_print(r->line, fd, data, len);
	else
		console_write_all(fd, data, len);
}

void repl_print(Repl *r, const char *text, size_t len) { print_to(r, 1, text, len); }

void repl_printf(Repl *r, const char *format, ...) {
	char text[1024];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		repl_print(r, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

/* ---------------------------------------------------------------- the editor's questions */

/* Where the Go text of a line begins: behind the name of a command. */
static size_t code_start(const char *text) {
	const char *code = *text == ':' ? repl_command_code(text) : text;
	return code ? (size_t)(code - text) : strlen(text);
}

static void style_text(void *user, const char *text, size_t len, size_t cursor, uint8_t *styles) {
	size_t start = code_start(text);
	(void)user;
	memset(styles, STYLE_PLAIN, len);
	if (*text == ':')
		memset(styles, STYLE_COMMAND, strcspn(text, " \t\n"));
	if (start < len)
		scan_style(text + start, len - start, cursor - start, styles + start);
}

static bool is_finished(void *user, const char *text, size_t len) {
	Repl *r = user;
	size_t start = code_start(text);
	return start >= len || gol_eval(r->vm, NULL, text + start, len - start, GOL_EVAL_CHECK) != GOL_MORE;
}

static size_t indent_of(void *user, const char *text, size_t len, size_t at) {
	size_t start = code_start(text);
	(void)user;
	return at < start ? 0 : scan_indent(text + start, len - start, at - start);
}

static void complete(void *user, const char *text, size_t len, size_t cursor, LineCandidates *out) {
	Repl *r = user;
	if (*text == ':')
		repl_complete_command(r, text, len, cursor, out);
	else
		repl_complete_code(r, text, len, cursor, 0, out);
}

static void show_traces(void *user) {
	Repl *r = user;
	gol_request_traces(r->vm);
}

/* os.Exit in a goroutine. */
static void leave(void *user) {
	Repl *r = user;
	if (r->line)
		line_event(r->line, LINE_EVENT_STOP);
	else if (write(r->wake[1], WAKE_EXIT, 1) < 0)
		return; /* the pipe is full of reasons to wake up */
}

static ReplNext ask_exit_code(Repl *r) { return repl_next(r, repl_run(r, NULL, "", 0, GOL_EVAL_WHOLE)); }

/* ---------------------------------------------------------------- history */

/* $GOL_HISTORY (empty: none), else gol/history in $XDG_DATA_HOME or ~/.local/share. */
static bool history_path(Text *out) {
	const char *own = getenv("GOL_HISTORY"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	if (own)
		text_printf(out, "%s", own);
	else if (data && *data == '/')
		text_printf(out, "%s/gol/history", data);
	else if (home && *home)
		text_printf(out, "%s/.local/share/gol/history", home);
	return out->len > 0;
}

static void open_editor(Repl *r) {
	Text path = {0};
	bool has_history = history_path(&path);
	LineConfig config = {
		.user = r,
		.prompt = PROMPT,
		.more = MORE,
		.has_colour = r->has_colour,
		.history = has_history ? path.ptr : NULL,
		.style = style_text,
		.is_finished = is_finished,
		.indent = indent_of,
		.complete = complete,
		.quit = show_traces,
	};
	r->line = line_new(&config);
	text_free(&path);
}

/* ---------------------------------------------------------------- reading without an editor */

/* More bytes into pending. False: Ctrl-C came first. */
static bool read_more(Repl *r) {
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = r->wake[0], .events = POLLIN}};
	char bytes[4096];
	ssize_t n;
	int ready = poll(fds, 2, -1);
	if (ready > 0 && fds[1].revents && (n = read(r->wake[0], bytes, sizeof bytes)) > 0) {
		r->has_exited |= memchr(bytes, *WAKE_EXIT, (size_t)n) != NULL;
		return !repl_take_cancel(r) && !r->has_exited;
	}
	if (ready <= 0)
		return true;
	n = read(0, bytes, sizeof bytes);
	if (n > 0)
		text_put(&r->pending, bytes, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		r->is_at_end = true;
	return true;
}

/* Appends the next line with its end. False: there is none; *is_cancelled: because of Ctrl-C. */
static bool read_line(Repl *r, Text *out, bool *is_cancelled) {
	char *end;
	*is_cancelled = false;
	while (!(end = r->pending.len ? memchr(r->pending.ptr, '\n', r->pending.len) : NULL) && !r->is_at_end)
		if (!read_more(r)) {
			*is_cancelled = true;
			return false;
		}
	size_t n = end ? (size_t)(end - r->pending.ptr) + 1 : r->pending.len;
	if (n == 0)
		return false;
	text_put(out, r->pending.ptr, n);
	memmove(r->pending.ptr, r->pending.ptr + n, r->pending.len - n + 1);
	r->pending.len -= n;
	r->line_number++;
	return true;
}

static ReplNext finish_input(Repl *r, const Text *input, unsigned first_line, uint32_t flags, GolStatus *status) {
	Text text = {0};
	text_printf(&text, "//line stdin:%u:1\n", first_line); /* messages have the lines of the input */
	text_put(&text, input->ptr, input->len);
	*status = repl_eval(r, "stdin", text.ptr, text.len, flags);
	text_free(&text);
	return repl_next(r, *status);
}

static bool is_blank_text(const char *s) { return s[strspn(s, " \t\r\n")] == 0; }

/* Runs what was read so far. False: it wants more lines. */
static bool try_input(Repl *r, const Text *input, unsigned first_line, bool is_all, ReplNext *next) {
	const char *code = *input->ptr == ':' ? repl_command_code(input->ptr) : NULL;
	GolStatus status = GOL_OK;
	if (code && !is_all && gol_eval(r->vm, NULL, code, strlen(code), GOL_EVAL_CHECK) == GOL_MORE)
		return false;
	if (*input->ptr == ':')
		*next = repl_command(r, input->ptr);
	else
		*next = finish_input(r, input, first_line, is_all ? GOL_EVAL_WHOLE : 0, &status);
	return status != GOL_MORE;
}

/* One input; *at_end: there is no other. */
static ReplNext plain_input(Repl *r, bool *at_end) {
	Text input = {0};
	unsigned first_line = r->line_number + 1;
	ReplNext next = REPL_GO_ON;
	bool is_done = false, is_cancelled;
	while (!is_done) {
		if (r->has_prompt)
			repl_printf(r, "%s", input.len ? MORE : PROMPT);
		bool has_line = read_line(r, &input, &is_cancelled);
		if ((is_cancelled || input.len == 0) && r->has_prompt)
			repl_print(r, "\n", 1);
		*at_end = !has_line && !is_cancelled;
		is_done = is_cancelled || input.len == 0 || is_blank_text(input.ptr) ||
			  try_input(r, &input, first_line, !has_line, &next);
	}
	text_free(&input);
	return next;
}

static void plain_loop(Repl *r) {
	bool at_end = false;
	while (!at_end && !r->has_exited && plain_input(r, &at_end) == REPL_GO_ON)
		continue;
	if (r->has_exited)
		ask_exit_code(r);
}

/* ---------------------------------------------------------------- with the editor */

static ReplNext take_input(Repl *r, const Text *input) {
	if (input->len == 0)
		return REPL_GO_ON;
	line_remember(r->line, input->ptr, input->len);
	if (*input->ptr == ':')
		return repl_command(r, input->ptr);
	return repl_next(r, repl_eval(r, NULL, input->ptr, input->len, GOL_EVAL_WHOLE));
}

static void editor_loop(Repl *r) {
	Text input = {0};
	ReplNext next = REPL_GO_ON;
	while (next == REPL_GO_ON) {
		switch (line_read(r->line, &input)) {
		case LINE_TEXT: next = take_input(r, &input); break;
		case LINE_CLEARED: break;
		case LINE_END: next = REPL_LEAVE; break;
		case LINE_STOPPED: next = ask_exit_code(r); break;
		}
	}
	text_free(&input);
}

/* ---------------------------------------------------------------- the verb */

static bool open_repl(Repl *r, const RunOptions *options, int argc, char **argv) {
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool has_terminal = isatty(0) && isatty(1), is_able = term && *term && strcmp(term, "dumb") != 0;
	console_init(&r->console);
	pthread_mutex_init(&r->interrupting, NULL);
	r->console.print = print_to;
	r->console.printer = r;
	r->is_interactive = isatty(0);
	r->has_colour = has_terminal && is_able && !(no_colour && *no_colour);
	r->has_prompt = has_terminal && !is_able;
	if (pipe2(r->wake, O_CLOEXEC | O_NONBLOCK) != 0)
		r->wake[0] = r->wake[1] = -1;
	if (has_terminal && is_able)
		open_editor(r);
	char *self[] = {(char *)"gol"}; /* programs rely on os.Args[0] */
	r->vm = host_new_vm(options, &r->console, argc > 0 ? argc : 1, argc > 0 ? argv : self);
	return r->vm && gol_eval_at_exit(r->vm, leave, r) == GOL_OK && (!r->is_interactive || repl_signals_begin(r));
}

static bool load_files(Repl *r, int argc, char **argv) {
	for (int i = 0; i < argc; i++) {
		Text command = {0};
		text_printf(&command, ":load %s", argv[i]);
		ReplNext next = repl_command(r, command.ptr);
		text_free(&command);
		if (next == REPL_LEAVE)
			return false;
	}
	return true;
}

static void close_repl(Repl *r) {
	if (r->is_interactive)
		repl_signals_end(r);
	gol_vm_free(r->vm);
	line_free(r->line);
	pthread_mutex_destroy(&r->interrupting);
	text_free(&r->pending);
	close(r->wake[0]);
	close(r->wake[1]);
}

int cmd_repl(int argc, char **argv) {
	RunOptions options = {0};
	Repl r = {0};
	int i = 1;
	for (int taken = 1; i < argc && taken; i += taken)
		if ((taken = cmd_option(argc, argv, &i, &options)) < 0)
			return 2;
	if (i < argc && cmd_ends_flags(argv[i]))
		i++;
	else if (i < argc && cmd_is_flag(argv[i]))
		return cmd_other_flag("repl", argv[i]);
	if (!open_repl(&r, &options, argc - i, argv + i))
		return 2;
	if (r.line || r.has_prompt)
		repl_printf(&r, "Gol %s. Type Go; :help lists the commands, Ctrl-D leaves.\n", GOL_VERSION);
	if (load_files(&r, argc - i, argv + i))
		r.line ? editor_loop(&r) : plain_loop(&r);
	int code = r.exit_code;
	if (code == 0 && r.has_failed && !r.is_interactive)
		code = 1;
	close_repl(&r);
	return code;
}
