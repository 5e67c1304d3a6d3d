/* SPDX-License-Identifier: MIT */
/* line.h: the line editor: one text of several lines, edited on a terminal while other threads print above it. */
#ifndef GOL_CMD_LINE_H
#define GOL_CMD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/text.h"

typedef struct Line Line;

typedef enum LineStyle {
	STYLE_PLAIN, STYLE_PROMPT, STYLE_KEYWORD, STYLE_PREDECLARED, STYLE_STRING, STYLE_NUMBER, STYLE_COMMENT, STYLE_COMMAND,
	STYLE_MATCH, STYLE_COUNT,
} LineStyle;

/* What may stand in place of text[start..cursor). Texts are the list's own. */
typedef struct LineCandidates {
	struct LineCandidate {
		char *text, *detail;
	} *items;
	size_t count, cap, start;
} LineCandidates;

/* text and detail are copied; detail may be NULL. */
void line_candidate(LineCandidates *list, const char *text, const char *detail);

/* Functions are called on the thread in line_read, without locks held. */
typedef struct LineConfig {
	void *user;
	const char *prompt, *more; /* of the first and of further lines, of the same width */
	bool has_colour;
	const char *history; /* path of its file; NULL: it lives as long as the editor */
	/* A LineStyle for every byte of the text. The one function that may be called on any thread. */
	void (*style)(void *user, const char *text, size_t len, size_t cursor, uint8_t *styles);
	/* Whether Enter at the end takes the text; else it begins a new line. */
	bool (*is_finished)(void *user, const char *text, size_t len);
	/* Tabs at the start of the line that holds text[at]. */
	size_t (*indent)(void *user, const char *text, size_t len, size_t at);
	void (*complete)(void *user, const char *text, size_t len, size_t cursor, LineCandidates *out);
	/* Ctrl-\ */
	void (*quit)(void *user);
} LineConfig;

/* Standard input and output are a terminal that understands ANSI sequences. */
Line *line_new(const LineConfig *config);
void line_free(Line *line);

typedef enum LineResult {
	LINE_TEXT,   /* the text */
	LINE_CLEARED, /* Ctrl-C */
	LINE_END,    /* Ctrl-D, or the terminal is gone */
	LINE_STOPPED, /* line_stop */
} LineResult;

/* Edits a text and gives it in *out, which is emptied first. The terminal is as it was before when it returns. */
LineResult line_read(Line *line, Text *out);
/* Adds to the history; equal older entries disappear. */
void line_remember(Line *line, const char *text, size_t len);

/* Any thread: prints to descriptor fd, above the text that is being edited if there is one. */
void line_print(Line *line, int fd, const char *data, size_t len);
/* What a terminal gets before text of that style; the empty string for STYLE_PLAIN. */
const char *line_style_sequence(LineStyle style);
/* Any thread: columns of the terminal. */
int line_columns(Line *line);

/* What happened outside; any thread. */
typedef enum LineEvent {
	LINE_EVENT_RESIZED = 1,
	LINE_EVENT_CONTINUED = 2, /* after a stop: the terminal may have any mode */
	LINE_EVENT_INTERRUPT = 4, /* like Ctrl-C */
	LINE_EVENT_STOP = 8,      /* line_read returns LINE_STOPPED */
} LineEvent;
void line_event(Line *line, LineEvent event);
/* Whether an interrupt came when line_read had returned already; forgets it. */
bool line_take_interrupt(Line *line);
/* Any thread: gives the terminal back as it was, before the process stops or dies. */
void line_restore_terminal(Line *line);

#endif
