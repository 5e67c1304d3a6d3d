/* SPDX-License-Identifier: MIT */
/* line_recall.c: moving and searching in the history.
 *
 * Rules: entries are found by what stands before the cursor when moving begins; nothing there finds all. A recalled text
 * may be changed and left: the change is kept until the text is entered. */
#include <stdlib.h>
#include <string.h>

#include "cmd/line_parts.h"

void recall_begin(Line *line) {
	line->draft_count = line->history.count + 1;
	line->drafts = text_realloc(NULL, line->draft_count * sizeof *line->drafts);
	memset(line->drafts, 0, line->draft_count * sizeof *line->drafts);
	line->index = line->history.count;
	line->is_recalling = line->is_touched = false;
}

void recall_end(Line *line) {
	for (size_t i = 0; i < line->draft_count; i++)
		free(line->drafts[i]);
	free(line->drafts);
	text_free(&line->prefix);
	line->drafts = NULL;
	line->draft_count = 0;
}

static const char *text_at(const Line *line, size_t index) {
	if (line->drafts[index])
		return line->drafts[index];
	return index < line->history.count ? line->history.entries[index].text : "";
}

static void go_to(Line *line, size_t index) {
	const char *now = text_string(&line->buffer.text);
	if (strcmp(now, text_at(line, line->index)) != 0) {
		free(line->drafts[line->index]);
		line->drafts[line->index] = text_copy(now, line->buffer.text.len);
	}
	line->index = index;
	const char *text = text_at(line, index);
	buffer_set(&line->buffer, text, strlen(text), strlen(text));
	buffer_forget_undo(&line->buffer);
	line->is_touched = false;
}

bool recall_move(Line *line, int step) {
	Buffer *b = &line->buffer;
	if (!line->is_recalling) {
		line->prefix.len = 0;
		text_put(&line->prefix, text_string(&b->text), line->index == line->history.count ? b->cursor : 0);
	}
	for (size_t i = line->index; step < 0 ? i > 0 : i < line->history.count;) {
		i = step < 0 ? i - 1 : i + 1;
		const char *text = text_at(line, i);
		bool is_wanted = i == line->history.count || strncmp(text, line->prefix.ptr, line->prefix.len) == 0;
		if (is_wanted && strcmp(text, text_string(&b->text)) != 0) {
			go_to(line, i);
			return true;
		}
	}
	return false;
}

bool recall_far(Line *line, int step) {
	if (line->history.count > 0)
		go_to(line, step < 0 ? 0 : line->history.count);
	return line->history.count > 0;
}

/* ---------------------------------------------------------------- incremental search */

typedef struct Search {
	Text query, prompt;
	size_t index;    /* of the entry found */
	size_t at;       /* where in it */
	bool has_failed; /* the query is longer than what can be found */
} Search;

/* The nearest entry from index on that contains the query. */
static void find(const Line *line, Search *s, size_t index, int step) {
	const char *query = text_string(&s->query);
	s->has_failed = s->query.len > 0;
	for (size_t i = index; s->query.len > 0 && i < line->history.count; i = step < 0 ? i - 1 : i + 1) {
		const char *found = strstr(line->history.entries[i].text, query);
		if (!found)
			continue;
		s->index = i;
		s->at = (size_t)(found - line->history.entries[i].text);
		s->has_failed = false;
		return;
	}
}

static void show(Line *line, Search *s) {
	s->prompt.len = 0;
	text_printf(&s->prompt, "%s '%s': ", s->has_failed ? "not found" : "search", text_string(&s->query));
	bool has_match = s->index < line->history.count;
	const char *text = has_match ? line->history.entries[s->index].text : "";
	buffer_set(&line->buffer, text, strlen(text), has_match ? s->at : 0);
	bool is_marked = has_match && !s->has_failed;
	line_show_found(line, s->prompt.ptr, is_marked ? s->at : 0, is_marked ? s->at + s->query.len : 0);
}

/* False: the key ends the search. */
static bool search_key(Line *line, Search *s, int key) {
	LineResult unused;
	size_t here = s->index < line->history.count ? s->index : line->history.count - 1;
	switch (key) {
	case KEY_TEXT:
		text_put(&s->query, line->input.text.ptr, line->input.text.len);
		find(line, s, here, -1);
		return true;
	case KEY_BACKSPACE:
		if (s->query.len == 0)
			return true;
		s->query.len = line_previous(s->query.ptr, s->query.len);
		s->query.ptr[s->query.len] = 0;
		find(line, s, line->history.count - 1, -1);
		return true;
	case KEY_CTRL('R'):
	case KEY_CTRL('S'):
		if (s->index < line->history.count)
			find(line, s, key == KEY_CTRL('R') ? here - 1 : here + 1, key == KEY_CTRL('R') ? -1 : 1);
		return true;
	case KEY_EVENT: /* what ends the reading is left to the editor */
		return !(__atomic_load_n(&line->events, __ATOMIC_SEQ_CST) & (LINE_EVENT_INTERRUPT | LINE_EVENT_STOP)) &&
		       line_handle_events(line, &unused);
	case KEY_UNKNOWN:
		return true;
	default:
		return false;
	}
}

int recall_search(Line *line) {
	Search s = {.index = line->history.count};
	Buffer *b = &line->buffer;
	char *before = text_copy(text_string(&b->text), b->text.len);
	size_t cursor = b->cursor;
	int key;
	do
		show(line, &s);
	while (search_key(line, &s, key = input_key(&line->input)));
	buffer_set(b, before, strlen(before), cursor);
	bool is_given_up = key == KEY_CTRL('G') || key == KEY_CTRL('C');
	if (!is_given_up && s.index < line->history.count) {
		const char *text = line->history.entries[s.index].text;
		go_to(line, s.index); /* which may show what the entry was changed to */
		buffer_set(b, text, strlen(text), key == KEY_ENTER ? strlen(text) : s.at);
	}
	line_show(line); /* others may paint what is shown: no more with this prompt */
	free(before);
	text_free(&s.query);
	text_free(&s.prompt);
	return is_given_up || key == KEY_ESCAPE ? 0 : key;
}
