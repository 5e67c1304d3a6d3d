/* SPDX-License-Identifier: MIT */
/* line_complete.c: Tab.
 *
 * Rules: the first Tab inserts what all candidates have in common; the second one lists them above the text. */
#include <stdlib.h>
#include <string.h>

#include "cmd/line_parts.h"

enum { MAX_DETAILED = 16, GAP = 2 };

void line_candidate(LineCandidates *list, const char *text, const char *detail) {
	if (list->count == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 16;
		list->items = text_realloc(list->items, list->cap * sizeof *list->items);
	}
	if (!detail)
		detail = "";
	list->items[list->count].text = text_copy(text, strlen(text));
	list->items[list->count++].detail = text_copy(detail, strlen(detail));
}

static void free_candidates(LineCandidates *list) {
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].text);
		free(list->items[i].detail);
	}
	free(list->items);
}

/* Bytes that all have in common, whole characters. */
static size_t common_prefix(const LineCandidates *list) {
	const char *first = list->items[0].text;
	size_t len = strlen(first);
	for (size_t i = 1; i < list->count; i++) {
		size_t n = 0;
		while (n < len && first[n] == list->items[i].text[n])
			n++;
		len = n;
	}
	while (len > 0 && ((unsigned char)first[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* One on each line, with what it is, cut at the edge. */
static void put_detailed(Text *out, const LineCandidates *list, int widest, int columns) {
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->items[i].text, *detail = list->items[i].detail;
		int width = line_text_width(text, strlen(text)), room = columns - 1 - widest - GAP;
		size_t n = 0, len = strcspn(detail, "\n");
		while (n < len && line_text_width(detail, line_next(detail, len, n)) <= room)
			n = line_next(detail, len, n);
		if (n > 0)
			text_printf(out, "%s%*s%.*s\n", text, widest - width + GAP, "", (int)n, detail);
		else
			text_printf(out, "%s\n", text);
	}
}

/* Columns, read downwards; at most max_rows rows. */
static void put_columns(Text *out, const LineCandidates *list, int widest, int columns, size_t max_rows) {
	size_t across = (size_t)((columns - 1) / (widest + GAP));
	across = across < 1 ? 1 : across;
	size_t rows = (list->count + across - 1) / across, shown = rows > max_rows ? max_rows : rows;
	size_t left = 0;
	for (size_t r = 0; r < rows; r++)
		for (size_t i = r; i < list->count; i += rows) {
			const char *text = list->items[i].text;
			bool is_last = i + rows >= list->count;
			int width = line_text_width(text, strlen(text));
			left += r >= shown;
			if (r < shown)
				text_printf(out, "%s%*s", text, is_last ? 0 : widest + GAP - width, "");
			if (r < shown && is_last)
				text_put(out, "\n", 1);
		}
	if (left > 0)
		text_printf(out, "… %zu more\n", left);
}

static void list_candidates(Line *line, const LineCandidates *list) {
	Text out = {0};
	int widest = 1;
	bool has_details = false;
	for (size_t i = 0; i < list->count; i++) {
		int width = line_text_width(list->items[i].text, strlen(list->items[i].text));
		widest = width > widest ? width : widest;
		has_details |= *list->items[i].detail != 0;
	}
	screen_lock(&line->screen);
	int columns = line->screen.columns, rows = line->screen.rows;
	size_t max_rows = rows > 8 ? (size_t)rows - 4 : 4;
	if (has_details && list->count <= MAX_DETAILED && list->count <= max_rows)
		put_detailed(&out, list, widest, columns);
	else
		put_columns(&out, list, widest, columns, max_rows);
	screen_print(&line->screen, 1, text_string(&out), out.len);
	screen_unlock(&line->screen);
	text_free(&out);
}

void complete_at_cursor(Line *line) {
	Buffer *b = &line->buffer;
	LineCandidates list = {.start = b->cursor};
	line->config.complete(line->config.user, text_string(&b->text), b->text.len, b->cursor, &list);
	size_t common = list.count > 0 && list.start <= b->cursor ? common_prefix(&list) : 0;
	size_t have = b->cursor - list.start;
	bool is_new = common > have || (list.count == 1 && common > 0 &&
					 (common != have || memcmp(list.items[0].text, b->text.ptr + list.start, have) != 0));
	if (is_new) {
		if (have > 0 && (common < have || memcmp(list.items[0].text, b->text.ptr + list.start, have) != 0))
			buffer_erase(b, list.start, b->cursor);
		have = b->cursor - list.start;
		buffer_insert(b, list.items[0].text + have, common - have);
	} else if (list.count > 1 && line->has_tabbed) {
		list_candidates(line, &list);
	}
	line->has_tabbed = true;
	free_candidates(&list);
}
