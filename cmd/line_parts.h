/* SPDX-License-Identifier: MIT */
/* line_parts.h: what the files of the line editor share. In reading order: width, edit, history, input, screen, line. */
#ifndef GOL_CMD_LINE_PARTS_H
#define GOL_CMD_LINE_PARTS_H

#include <pthread.h>
#include <termios.h>

#include "cmd/line.h"

/* ---- line_width.c: UTF-8 and columns ---- */

enum { LINE_TAB = 4 };

/* The code point at text[at], its bytes in *size; U+FFFD of one byte where the text is not UTF-8. */
int32_t line_decode(const char *text, size_t len, size_t at, size_t *size);
/* Borders of grapheme clusters: what the arrow keys step over. */
size_t line_next(const char *text, size_t len, size_t at);
size_t line_previous(const char *text, size_t at);
/* Columns of a code point as the screen shows it: controls as ^X, marks none. Not for tabs and newlines. */
int line_width(int32_t c);
/* Controls beyond ASCII and what turns the direction of text: shown as U+FFFD. */
bool line_is_hidden(int32_t c);
/* Columns of a text without controls. */
int line_text_width(const char *text, size_t len);
bool line_is_word(int32_t c);
/* Appends text with what is not UTF-8 replaced and line ends as \n. */
void line_put_clean(Text *out, const char *text, size_t len);

/* ---- line_edit.c: the text, its cursor, what was killed and what can be undone ---- */

typedef struct Snapshot {
	char *text;
	size_t len, cursor;
} Snapshot;

typedef struct Buffer {
	Text text;
	size_t cursor;
	Text killed;
	Snapshot *undo;
	size_t undo_count, undo_cap;
	bool is_typing;  /* the last change was a character: the next one belongs to the same step of undo */
	bool is_killing; /* the last key killed: the next kill is added to it */
	int column;      /* that moving up and down tries to keep; -1: the cursor's */
} Buffer;

void buffer_free(Buffer *b);
/* Without a step of undo. */
void buffer_set(Buffer *b, const char *text, size_t len, size_t cursor);
void buffer_forget_undo(Buffer *b);
void buffer_insert(Buffer *b, const char *text, size_t len);
/* Erases text[from..to); the cursor ends up at from. */
void buffer_erase(Buffer *b, size_t from, size_t to);
/* The same, into the kill buffer. */
void buffer_kill(Buffer *b, size_t from, size_t to);
void buffer_undo(Buffer *b);
void buffer_transpose(Buffer *b);
size_t buffer_line_start(const Buffer *b, size_t at);
size_t buffer_line_end(const Buffer *b, size_t at);
size_t buffer_word_left(const Buffer *b);
size_t buffer_word_right(const Buffer *b);
size_t buffer_blank_left(const Buffer *b); /* the word as the shell's Ctrl-W has it */
/* A line up (-1) or down (1); false: there is none. */
bool buffer_move_line(Buffer *b, int step);

/* ---- line_history.c ---- */

typedef struct HistoryEntry {
	char *text;
	uint32_t hash;
} HistoryEntry;

typedef struct History {
	char *path; /* NULL: no file */
	HistoryEntry *entries; /* the oldest first; no two are equal */
	size_t count, cap;
} History;

void history_open(History *h, const char *path);
void history_add(History *h, const char *text, size_t len);
void history_free(History *h);

/* ---- line_input.c: the terminal's mode and its keys ---- */

typedef enum Key {
	KEY_TEXT = 256, /* a character, or what was pasted: Input.text */
	KEY_PASTE, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_WORD_LEFT, KEY_WORD_RIGHT, KEY_HOME, KEY_END, KEY_DELETE,
	KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_BACK_TAB, KEY_ESCAPE, KEY_EVENT, KEY_GONE, KEY_UNKNOWN,
	KEY_ALT = 1024, /* + the character */
} Key;

#define KEY_CTRL(c) ((c) & 31)
enum { KEY_ENTER = '\r', KEY_TAB = '\t', KEY_BACKSPACE = 127 };

typedef struct Input {
	struct termios before;
	bool is_raw;
	int wake[2];        /* a pipe: line_event */
	unsigned char bytes[1024];
	size_t count, at;
	Text text;          /* of KEY_TEXT and KEY_PASTE */
} Input;

void input_init(Input *in);
void input_deinit(Input *in);
void input_raw(Input *in);
void input_restore(Input *in);
/* Waits for a key, or for an event. */
int input_key(Input *in);

/* ---- line_screen.c: what is painted, and printing above it ---- */

typedef struct Frame {
	const char *prompt, *more;
	Text text;
	size_t cursor;
	uint8_t *styles; /* one for each byte of text */
} Frame;

typedef struct Row {
	size_t from, to;
	bool has_prompt; /* the first row of a line */
	bool is_full;    /* the line goes on in the next row without a break */
	uint32_t line;
	int before;      /* columns of the line's text before this row, for tabs */
	int width;
} Row;

typedef struct Screen {
	pthread_mutex_t mutex; /* guards all of this; handed out in turn, so that no printing thread can keep the editor waiting */
	pthread_cond_t turned;
	uint64_t next_turn, turn;
	int rows, columns;
	bool has_colour, is_shown, is_tty2;
	Frame frame;
	Row *row;
	size_t row_count, row_cap, top; /* top: the first row shown */
	size_t cursor_row;
	int cursor_column;
	bool is_open;  /* the line printed last, above, is not finished */
	int out_width; /* its columns */
} Screen;

void screen_init(Screen *s, bool has_colour);
void screen_deinit(Screen *s);
/* All others but screen_lock itself want the lock held. */
void screen_lock(Screen *s);
void screen_unlock(Screen *s);
/* Begins an area below what was printed. is_unsure: the cursor's column is not known. */
void screen_open(Screen *s, bool is_unsure);
/* Shows the frame in place of the last one. */
void screen_paint(Screen *s);
/* Leaves the whole text on the screen, the cursor on a new line below. */
void screen_close(Screen *s);
void screen_print(Screen *s, int fd, const char *data, size_t len);
/* When the terminal has another size than before, it has folded the rows anew: paints them where they are now. */
void screen_resize(Screen *s);
void screen_clear(Screen *s);
void screen_measure(Screen *s);

/* ---- line.c and the files after it ---- */

struct Line {
	LineConfig config;
	Input input;
	Screen screen;
	Buffer buffer;
	History history;
	unsigned events;       /* LineEvent bits; atomic */
	bool expects_continue; /* it stopped itself: the event that follows is not news */
	bool has_tabbed;       /* the last key was Tab */
	/* line_recall.c: */
	bool is_recalling;     /* the last key moved in the history */
	bool is_touched;       /* something else has happened to the text since it came from the history */
	size_t index;          /* of the entry shown; the number of entries: none */
	Text prefix;           /* that entries must have */
	char **drafts;         /* by index: what an entry was changed to; NULL: nothing */
	size_t draft_count;
};

/* Shows the buffer. */
void line_show(Line *line);
/* The same with a prompt of its own, text[from..to) emphasized. */
void line_show_found(Line *line, const char *prompt, size_t from, size_t to);
/* Handles what line_event brought; false: the result is in *result. */
bool line_handle_events(Line *line, LineResult *result);

/* line_recall.c */
void recall_begin(Line *line);
void recall_end(Line *line);
/* An entry back (-1) or forth (1). False: there is none. */
bool recall_move(Line *line, int step);
/* To the oldest (-1) or back to what was being typed (1). */
bool recall_far(Line *line, int step);
/* Incremental search; the key that ended it, for the editor to handle, or 0. */
int recall_search(Line *line);

/* line_complete.c */
void complete_at_cursor(Line *line);

#endif
