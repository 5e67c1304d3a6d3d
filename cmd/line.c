/* SPDX-License-Identifier: MIT */
/* line.c: the line editor: keys -> changes of the text.
 *
 * Owns: Line.
 * Rules: one thread edits; any thread prints, which the screen's lock orders. No callback is called with the lock held.
 * The terminal has its usual mode except inside line_read.
 * Why not libedit: it knows one line, no colours, no pasted text, and nothing of other threads that print meanwhile. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/line_parts.h"

Line *line_new(const LineConfig *config) {
	Line *line = text_realloc(NULL, sizeof *line);
	*line = (Line){.config = *config};
	line->buffer.column = -1;
	input_init(&line->input);
	screen_init(&line->screen, config->has_colour);
	history_open(&line->history, config->history);
	return line;
}

void line_free(Line *line) {
	if (!line)
		return;
	input_restore(&line->input);
	input_deinit(&line->input);
	screen_deinit(&line->screen);
	buffer_free(&line->buffer);
	history_free(&line->history);
	free(line);
}

void line_remember(Line *line, const char *text, size_t len) { history_add(&line->history, text, len); }

void line_print(Line *line, int fd, const char *data, size_t len) {
	screen_lock(&line->screen);
	screen_print(&line->screen, fd, data, len);
	screen_unlock(&line->screen);
}

int line_columns(Line *line) {
	screen_lock(&line->screen);
	int columns = line->screen.columns;
	screen_unlock(&line->screen);
	return columns;
}

/* ---------------------------------------------------------------- showing */

static void show_as(Line *line, const char *prompt, size_t from, size_t to) {
	const Text *text = &line->buffer.text;
	uint8_t *styles = text_realloc(NULL, text->len + 1);
	memset(styles, STYLE_PLAIN, text->len + 1);
	if (line->config.has_colour)
		line->config.style(line->config.user, text_string(text), text->len, line->buffer.cursor, styles);
	memset(styles + from, STYLE_MATCH, to - from);
	screen_lock(&line->screen);
	Frame *frame = &line->screen.frame;
	frame->prompt = prompt;
	frame->more = line->config.more;
	frame->text.len = 0;
	text_put(&frame->text, text_string(text), text->len);
	frame->cursor = line->buffer.cursor;
	free(frame->styles);
	frame->styles = styles;
	if (line->screen.is_shown)
		screen_paint(&line->screen);
	screen_unlock(&line->screen);
}

void line_show(Line *line) { show_as(line, line->config.prompt, 0, 0); }

void line_show_found(Line *line, const char *prompt, size_t from, size_t to) { show_as(line, prompt, from, to); }

/* The frame has the text. */
static void open_screen(Line *line) {
	int typed = 0;
	ioctl(0, FIONREAD, &typed); /* what was typed meanwhile was echoed somewhere */
	screen_lock(&line->screen);
	screen_measure(&line->screen);
	screen_open(&line->screen, typed > 0);
	screen_unlock(&line->screen);
}

static void close_screen(Line *line) {
	line->buffer.cursor = line->buffer.text.len;
	line_show(line); /* without a matching bracket */
	screen_lock(&line->screen);
	screen_close(&line->screen);
	line->screen.frame.prompt = line->config.prompt;
	screen_unlock(&line->screen);
}

/* ---------------------------------------------------------------- events */

void line_event(Line *line, LineEvent event) {
	__atomic_fetch_or(&line->events, (unsigned)event, __ATOMIC_SEQ_CST);
	if (write(line->input.wake[1], "", 1) < 0 && errno != EAGAIN)
		return; /* seen at the next key */
}

bool line_take_interrupt(Line *line) {
	return __atomic_fetch_and(&line->events, ~(unsigned)LINE_EVENT_INTERRUPT, __ATOMIC_SEQ_CST) & LINE_EVENT_INTERRUPT;
}

void line_restore_terminal(Line *line) { input_restore(&line->input); }

static void reopen(Line *line) {
	line->input.is_raw = false;
	input_raw(&line->input);
	screen_lock(&line->screen);
	screen_measure(&line->screen);
	screen_open(&line->screen, true);
	screen_unlock(&line->screen);
}

/* Ctrl-Z: the whole group, as the terminal would do it. */
static void suspend(Line *line) {
	screen_lock(&line->screen);
	screen_close(&line->screen);
	screen_unlock(&line->screen);
	input_restore(&line->input);
	line->expects_continue = true;
	kill(0, SIGTSTP);
	reopen(line);
}

static void follow_size(Line *line) {
	screen_lock(&line->screen);
	screen_resize(&line->screen);
	screen_unlock(&line->screen);
}

bool line_handle_events(Line *line, LineResult *result) {
	unsigned events = __atomic_exchange_n(&line->events, 0, __ATOMIC_SEQ_CST);
	if (events & LINE_EVENT_CONTINUED) {
		if (!line->expects_continue)
			reopen(line);
		line->expects_continue = false;
	} else if (events & LINE_EVENT_RESIZED) {
		follow_size(line);
	}
	*result = events & LINE_EVENT_STOP ? LINE_STOPPED : LINE_CLEARED;
	return !(events & (LINE_EVENT_STOP | LINE_EVENT_INTERRUPT));
}

/* ---------------------------------------------------------------- entering lines */

/* Gives the cursor's line the tabs it should have; only_fewer: takes tabs away, never adds. */
static void indent_line(Line *line, bool only_fewer) {
	Buffer *b = &line->buffer;
	size_t start = buffer_line_start(b, b->cursor), have = 0, cursor = b->cursor;
	while (start + have < cursor && b->text.ptr[start + have] == '\t')
		have++;
	size_t want = line->config.indent(line->config.user, b->text.ptr, b->text.len, cursor);
	if (want < have) {
		buffer_erase(b, start, start + have - want);
		b->cursor = cursor - (have - want);
	}
	for (; !only_fewer && want > have; have++)
		buffer_insert(b, "\t", 1);
}

static void new_line(Line *line) {
	buffer_insert(&line->buffer, "\n", 1);
	indent_line(line, false);
}

/* Whether what stands before the character just typed makes it one that may move its line to the left. */
static bool ends_block(const Buffer *b) {
	size_t start = buffer_line_start(b, b->cursor), at = start;
	while (at < b->cursor && b->text.ptr[at] == '\t')
		at++;
	char last = b->text.ptr[b->cursor - 1];
	if (start == 0 || at == start)
		return false;
	if (last == ':')
		return strncmp(b->text.ptr + at, "case ", 5) == 0 || strncmp(b->text.ptr + at, "default:", 8) == 0;
	return at + 1 == b->cursor && (last == '}' || last == ')' || last == ']');
}

static void insert_typed(Line *line) {
	buffer_insert(&line->buffer, line->input.text.ptr, line->input.text.len);
	if (ends_block(&line->buffer))
		indent_line(line, true);
}

/* Whether the last two lines are blank: somebody wants to get out of a text that never becomes finished. */
static bool ends_blank(const Buffer *b) {
	int newlines = 0;
	for (size_t at = b->text.len; at > 0 && newlines < 2 && strchr(" \t\n", b->text.ptr[at - 1]); at--)
		newlines += b->text.ptr[at - 1] == '\n';
	return newlines == 2 && b->cursor == b->text.len;
}

/* True: the text is taken. On an inner line of a text that is being edited Enter begins a line. */
static bool enter(Line *line) {
	Buffer *b = &line->buffer;
	bool is_inner = line->is_touched && buffer_line_end(b, b->cursor) < b->text.len;
	if (!is_inner && (ends_blank(b) || line->config.is_finished(line->config.user, text_string(&b->text), b->text.len)))
		return true;
	new_line(line);
	return false;
}

static void insert_tab(Line *line) {
	Buffer *b = &line->buffer;
	size_t start = buffer_line_start(b, b->cursor), at = start;
	while (at < b->cursor && (b->text.ptr[at] == '\t' || b->text.ptr[at] == ' '))
		at++;
	if (at == b->cursor)
		buffer_insert(b, "\t", 1);
	else
		complete_at_cursor(line);
}

/* ---------------------------------------------------------------- keys */

static bool move_key(Line *line, int key) {
	Buffer *b = &line->buffer;
	const char *s = text_string(&b->text);
	switch (key) {
	case KEY_LEFT: case KEY_CTRL('B'): b->cursor = line_previous(s, b->cursor); break;
	case KEY_RIGHT: case KEY_CTRL('F'): b->cursor = line_next(s, b->text.len, b->cursor); break;
	case KEY_WORD_LEFT: case KEY_ALT + 'b': b->cursor = buffer_word_left(b); break;
	case KEY_WORD_RIGHT: case KEY_ALT + 'f': b->cursor = buffer_word_right(b); break;
	case KEY_HOME: case KEY_CTRL('A'): b->cursor = buffer_line_start(b, b->cursor); break;
	case KEY_END: case KEY_CTRL('E'): b->cursor = buffer_line_end(b, b->cursor); break;
	default: return false;
	}
	b->column = -1;
	b->is_typing = b->is_killing = false;
	return true;
}

static bool kill_key(Line *line, int key) {
	Buffer *b = &line->buffer;
	size_t at = b->cursor, end = buffer_line_end(b, at);
	switch (key) {
	case KEY_CTRL('K'): buffer_kill(b, at, end == at && at < b->text.len ? at + 1 : end); return true;
	case KEY_CTRL('U'): buffer_kill(b, buffer_line_start(b, at), at); return true;
	case KEY_CTRL('W'): buffer_kill(b, buffer_blank_left(b), at); return true;
	case KEY_ALT + KEY_BACKSPACE: case KEY_ALT + KEY_CTRL('H'): buffer_kill(b, buffer_word_left(b), at); return true;
	case KEY_ALT + 'd': buffer_kill(b, at, buffer_word_right(b)); return true;
	default: return false;
	}
}

static bool edit_key(Line *line, int key) {
	Buffer *b = &line->buffer;
	const char *s = text_string(&b->text);
	if (kill_key(line, key))
		return true;
	b->is_killing = false;
	switch (key) {
	case KEY_TEXT: insert_typed(line); return true;
	case KEY_PASTE: buffer_insert(b, line->input.text.ptr, line->input.text.len); return true;
	case KEY_BACKSPACE: buffer_erase(b, line_previous(s, b->cursor), b->cursor); return true;
	case KEY_DELETE: case KEY_CTRL('D'): buffer_erase(b, b->cursor, line_next(s, b->text.len, b->cursor)); return true;
	case KEY_CTRL('T'): buffer_transpose(b); return true;
	case KEY_CTRL('_'): buffer_undo(b); return true;
	case KEY_ALT + KEY_ENTER: new_line(line); return true;
	case KEY_CTRL('Y'):
		if (b->killed.len > 0)
			buffer_insert(b, b->killed.ptr, b->killed.len);
		return true;
	default: return false;
	}
}

/* Up and down: in the text, then in the history. */
static bool recall_key(Line *line, int key) {
	int step = key == KEY_UP || key == KEY_CTRL('P') || key == KEY_ALT + '<' || key == KEY_PAGE_UP ? -1 : 1;
	switch (key) {
	case KEY_UP: case KEY_DOWN: case KEY_CTRL('P'): case KEY_CTRL('N'):
		if (!line->is_recalling && buffer_move_line(&line->buffer, step)) {
			line->is_touched = true;
			return true;
		}
		line->is_recalling |= recall_move(line, step);
		return true;
	case KEY_PAGE_UP: case KEY_PAGE_DOWN: line->is_recalling |= recall_move(line, step); return true;
	case KEY_ALT + '<': case KEY_ALT + '>': line->is_recalling |= recall_far(line, step); return true;
	default: return false;
	}
}

static void other_key(Line *line, int key) {
	bool is_recall = recall_key(line, key);
	if (is_recall)
		return;
	line->is_recalling = false;
	if (key != KEY_UNKNOWN && key != KEY_ESCAPE)
		line->is_touched = true;
	if (move_key(line, key) || edit_key(line, key))
		return;
	switch (key) {
	case KEY_TAB: insert_tab(line); break;
	case KEY_CTRL('Z'): suspend(line); break;
	case KEY_CTRL('\\'): line->config.quit(line->config.user); break;
	case KEY_CTRL('L'):
		screen_lock(&line->screen);
		screen_clear(&line->screen);
		screen_unlock(&line->screen);
		break;
	}
}

/* True: *result says how the reading ended. */
static bool handle_key(Line *line, int key, LineResult *result) {
	if (key == KEY_CTRL('R') || key == KEY_CTRL('S'))
		key = line->history.count > 0 ? recall_search(line) : 0;
	*result = LINE_TEXT;
	if (key == KEY_EVENT)
		return !line_handle_events(line, result);
	line->has_tabbed &= key == KEY_TAB;
	if (key == KEY_ENTER)
		return enter(line);
	if (key == KEY_CTRL('C'))
		return *result = LINE_CLEARED, true;
	if (key == KEY_GONE || (key == KEY_CTRL('D') && line->buffer.text.len == 0))
		return *result = LINE_END, true;
	if (key != 0)
		other_key(line, key);
	return false;
}

static void trim_end(Buffer *b) {
	size_t len = b->text.len;
	while (len > 0 && strchr(" \t\n", b->text.ptr[len - 1]))
		len--;
	if (len < b->text.len)
		buffer_set(b, b->text.ptr, len, len);
}

LineResult line_read(Line *line, Text *out) {
	Buffer *b = &line->buffer;
	LineResult result;
	buffer_set(b, "", 0, 0);
	buffer_forget_undo(b);
	recall_begin(line);
	line->expects_continue = false;
	input_raw(&line->input);
	line_show(line);
	open_screen(line);
	for (;;) {
		int key = input_key(&line->input);
		follow_size(line); /* the signal may come after the key */
		if (handle_key(line, key, &result))
			break;
		bool is_more = line->input.at < line->input.count; /* what was read at once is shown at once */
		if (key != KEY_EVENT && !is_more)
			line_show(line);
	}
	if (result == LINE_TEXT)
		trim_end(b);
	if (result == LINE_CLEARED)
		buffer_set(b, b->text.ptr, b->text.len, b->text.len), buffer_insert(b, "^C", 2);
	close_screen(line);
	input_restore(&line->input);
	recall_end(line);
	out->len = 0;
	text_put(out, text_string(&b->text), result == LINE_TEXT ? b->text.len : 0);
	return result;
}
