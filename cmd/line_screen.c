/* SPDX-License-Identifier: MIT */
/* line_screen.c: the area of the terminal in which the text is edited, and printing above it.
 *
 * Owns: Screen.
 * Rules: everything written is relative to the area's first row; each change is one write. Rows that are full are left to
 * the terminal's own wrapping, so it can fold them anew when the window changes; a line that ends exactly at the edge gets
 * one empty row more, where the cursor can stand.
 * Why printing threads paint: what they print is there when they go on, and a slow terminal slows them down. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/line_parts.h"

#define CLEAR_DOWN "\033[J"
#define CLEAR_RIGHT "\033[K"
#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"

static const char *const style_on[STYLE_COUNT] = {
	[STYLE_PLAIN] = "",
	[STYLE_PROMPT] = "\033[1;34m",
	[STYLE_KEYWORD] = "\033[35m",
	[STYLE_PREDECLARED] = "\033[36m",
	[STYLE_STRING] = "\033[32m",
	[STYLE_NUMBER] = "\033[33m",
	[STYLE_COMMENT] = "\033[2m",
	[STYLE_COMMAND] = "\033[1m",
	[STYLE_MATCH] = "\033[1;4m",
};

const char *line_style_sequence(LineStyle style) { return style_on[style]; }

void screen_init(Screen *s, bool has_colour) {
	*s = (Screen){.has_colour = has_colour, .is_tty2 = isatty(2)};
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->turned, NULL);
	screen_measure(s);
}

void screen_deinit(Screen *s) {
	pthread_mutex_destroy(&s->mutex);
	pthread_cond_destroy(&s->turned);
	text_free(&s->frame.text);
	free(s->frame.styles);
	free(s->row);
}

void screen_lock(Screen *s) {
	pthread_mutex_lock(&s->mutex);
	uint64_t mine = s->next_turn++;
	while (s->turn != mine)
		pthread_cond_wait(&s->turned, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
}

void screen_unlock(Screen *s) {
	pthread_mutex_lock(&s->mutex);
	s->turn++;
	pthread_cond_broadcast(&s->turned);
	pthread_mutex_unlock(&s->mutex);
}

void screen_measure(Screen *s) {
	struct winsize size;
	bool ok = ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
	s->columns = !ok ? 80 : size.ws_col < 8 ? 8 : size.ws_col;
	s->rows = !ok ? 24 : size.ws_row;
}

static void write_all(int fd, const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		else if (n < 0 && errno != EINTR)
			return;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* ---------------------------------------------------------------- rows */

static Row *add_row(Screen *s, size_t from, bool has_prompt, uint32_t line) {
	if (s->row_count == s->row_cap) {
		s->row_cap = s->row_cap ? s->row_cap * 2 : 16;
		s->row = text_realloc(s->row, s->row_cap * sizeof *s->row);
	}
	Row *row = &s->row[s->row_count++];
	*row = (Row){.from = from, .to = from, .has_prompt = has_prompt, .line = line};
	return row;
}

static const char *prompt_of(const Screen *s, const Row *row) { return row->line == 0 ? s->frame.prompt : s->frame.more; }

/* The first row of a line. */
static Row *add_line(Screen *s, size_t from, uint32_t number) {
	Row *row = add_row(s, from, true, number);
	row->width = line_text_width(prompt_of(s, row), strlen(prompt_of(s, row)));
	return row;
}

static int tab_width(int before) { return LINE_TAB - before % LINE_TAB; }

/* Breaks the frame's text into rows and finds the cursor's. */
static void lay_out(Screen *s) {
	const Text *text = &s->frame.text;
	s->row_count = 0;
	Row *row = add_line(s, 0, 0);
	int before = 0; /* columns of the line's text so far */
	for (size_t at = 0, size = 1; at <= text->len; at += size) {
		int32_t c = at < text->len ? line_decode(text->ptr, text->len, at, &size) : '\n';
		int width = c == '\n' ? 0 : c == '\t' ? tab_width(before) : line_width(c);
		if (row->width + (c == '\n' ? 1 : width) > s->columns) {
			row->is_full = true;
			row = add_row(s, at, false, row->line);
			row->before = before;
		}
		if (at == s->frame.cursor) {
			s->cursor_row = s->row_count - 1;
			s->cursor_column = row->width;
		}
		row->width += width;
		before += width;
		if (c != '\n') {
			row->to = at + size;
		} else if (at < text->len) {
			row = add_line(s, at + 1, row->line + 1);
			before = 0;
		}
	}
}

/* ---------------------------------------------------------------- painting */

static void put_style(const Screen *s, Text *out, LineStyle *now, LineStyle style) {
	if (!s->has_colour || *now == style)
		return;
	if (*now != STYLE_PLAIN)
		text_put(out, "\033[0m", 4);
	text_put(out, style_on[style], strlen(style_on[style]));
	*now = style;
}

static void put_character(Text *out, int32_t c, const char *bytes, size_t size, int *before) {
	int width = c == '\t' ? tab_width(*before) : line_width(c);
	*before += width;
	if (c == '\t')
		text_printf(out, "%*s", width, "");
	else if (c < 0x20 || c == 0x7f)
		text_printf(out, "^%c", c ^ 0x40);
	else if (line_is_hidden(c))
		text_put(out, "\xef\xbf\xbd", 3);
	else
		text_put(out, bytes, size);
}

static void put_row(const Screen *s, Text *out, const Row *row) {
	const Text *text = &s->frame.text;
	LineStyle now = STYLE_PLAIN;
	int before = row->before;
	if (row->has_prompt) {
		put_style(s, out, &now, STYLE_PROMPT);
		text_put(out, prompt_of(s, row), strlen(prompt_of(s, row)));
	}
	for (size_t at = row->from, size; at < row->to; at += size) {
		int32_t c = line_decode(text->ptr, text->len, at, &size);
		put_style(s, out, &now, s->frame.styles[at]);
		put_character(out, c, text->ptr + at, size, &before);
	}
	put_style(s, out, &now, STYLE_PLAIN);
	if (row->width < s->columns) /* at the edge it would erase the last character */
		text_put(out, CLEAR_RIGHT, 3);
}

/* Rows from..to, the cursor ends behind the last one. */
static void put_rows(const Screen *s, Text *out, size_t from, size_t to) {
	for (size_t i = from; i < to; i++) {
		const Row *row = &s->row[i];
		put_row(s, out, row);
		if (i + 1 == to)
			break;
		if (!row->is_full)
			text_put(out, "\r\n", 2);
		else if (row[1].from == row[1].to) /* the terminal wraps when something follows */
			text_put(out, " \r", 2);
	}
}

static void put_up(Text *out, size_t rows) {
	if (rows > 0)
		text_printf(out, "\033[%zuA", rows);
	text_put(out, "\r", 1);
}

static void put_column(Text *out, int column) {
	text_put(out, "\r", 1);
	if (column > 0)
		text_printf(out, "\033[%dC", column);
}

/* From the area's first row, whose column is 0. */
static void put_area(Screen *s, Text *out) {
	size_t rows = (size_t)s->rows;
	lay_out(s);
	if (s->row_count <= rows)
		s->top = 0;
	else if (s->cursor_row < s->top)
		s->top = s->cursor_row;
	else if (s->cursor_row >= s->top + rows)
		s->top = s->cursor_row - rows + 1;
	if (s->row_count > rows && s->top > s->row_count - rows)
		s->top = s->row_count - rows;
	size_t end = s->row_count - s->top > rows ? s->top + rows : s->row_count;
	put_rows(s, out, s->top, end);
	if (end - s->top < rows)
		text_put(out, CLEAR_DOWN, 3);
	put_up(out, end - 1 - s->cursor_row);
	put_column(out, s->cursor_column);
}

static void flush_out(Text *out) {
	write_all(1, text_string(out), out->len);
	text_free(out);
}

void screen_paint(Screen *s) {
	Text out = {0};
	text_put(&out, HIDE_CURSOR, 6);
	if (s->is_shown)
		put_up(&out, s->cursor_row - s->top);
	s->is_shown = true;
	put_area(s, &out);
	text_put(&out, SHOW_CURSOR, 6);
	flush_out(&out);
}

void screen_open(Screen *s, bool is_unsure) {
	Text out = {0};
	if (s->is_open || is_unsure) /* moves to the next row unless the cursor is at the start of one */
		text_printf(&out, "%*s\r", s->columns, "");
	s->out_width = 0;
	s->is_open = false;
	s->top = 0;
	s->is_shown = false;
	flush_out(&out);
	screen_paint(s);
}

void screen_close(Screen *s) {
	Text out = {0};
	put_up(&out, s->cursor_row - s->top);
	lay_out(s);
	put_rows(s, &out, 0, s->row_count);
	text_put(&out, CLEAR_DOWN "\r\n", 5);
	s->is_shown = false;
	s->out_width = 0;
	s->is_open = false;
	flush_out(&out);
}

/* The terminal has folded the rows anew. */
static void resize(Screen *s) {
	if (!s->is_shown)
		return;
	lay_out(s);
	if (s->top >= s->row_count || s->cursor_row < s->top)
		s->top = 0;
	if (s->cursor_row - s->top >= (size_t)s->rows)
		s->top = s->cursor_row - (size_t)s->rows + 1;
	Text out = {0};
	text_put(&out, HIDE_CURSOR, 6);
	put_up(&out, s->cursor_row - s->top);
	text_put(&out, CLEAR_DOWN, 3);
	put_area(s, &out);
	text_put(&out, SHOW_CURSOR, 6);
	flush_out(&out);
}

void screen_resize(Screen *s) {
	int columns = s->columns, rows = s->rows;
	screen_measure(s);
	if (s->columns != columns || s->rows != rows)
		resize(s);
}

void screen_clear(Screen *s) {
	write_all(1, "\033[H\033[2J", 7);
	s->is_shown = false;
	s->out_width = 0;
	s->is_open = false;
	screen_paint(s);
}

/* ---------------------------------------------------------------- printing above */

/* Where the line that was printed last stands after this. */
static void follow(Screen *s, const char *data, size_t len) {
	for (size_t at = 0, size; at < len; at += size) {
		int32_t c = line_decode(data, len, at, &size);
		s->is_open = c != '\n';
		if (c == '\n' || c == '\r') {
			s->out_width = 0;
	s->is_open = false;
		} else if (c == '\t') {
			s->out_width += 8 - s->out_width % 8;
		} else if (c == '\b') {
			s->out_width -= s->out_width > 0;
		} else if (c == 27 && at + 1 < len && data[at + 1] == '[') { /* colours and the like */
			size = 2;
			while (at + size < len && (unsigned char)data[at + size] < 0x40)
				size++;
			size += at + size < len;
			s->is_open = s->out_width > 0;
		} else if (c >= 0x20) {
			s->out_width += line_width(c);
		}
	}
}

/* To where the open line ended; when that is the edge, the area began where it goes on. */
static void put_back_to_end(const Screen *s, Text *out) {
	int column = s->out_width % s->columns;
	if (!s->is_open || (s->out_width > 0 && column == 0))
		return;
	text_put(out, "\033[1A", 4);
	put_column(out, column);
}

void screen_print(Screen *s, int fd, const char *data, size_t len) {
	bool is_seen = fd == 1 || s->is_tty2;
	if (!is_seen || !s->is_shown) {
		write_all(fd, data, len);
		if (is_seen)
			follow(s, data, len);
		return;
	}
	Text out = {0};
	text_put(&out, HIDE_CURSOR, 6);
	put_up(&out, s->cursor_row - s->top);
	text_put(&out, CLEAR_DOWN, 3);
	put_back_to_end(s, &out);
	text_put(&out, data, len);
	follow(s, data, len);
	if (s->is_open)
		text_put(&out, "\r\n", 2);
	put_area(s, &out);
	text_put(&out, SHOW_CURSOR, 6);
	flush_out(&out);
}
