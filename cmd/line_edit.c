/* SPDX-License-Identifier: MIT */
/* line_edit.c: the text being edited: moving, inserting, killing, undoing.
 *
 * Rules: the text is UTF-8; the cursor stands between grapheme clusters. Every change is one step of undo, except that
 * characters typed one after the other are one step. */
#include <stdlib.h>
#include <string.h>

#include "cmd/line_parts.h"

enum { UNDO_STEPS = 1000 };

void buffer_forget_undo(Buffer *b) {
	for (size_t i = 0; i < b->undo_count; i++)
		free(b->undo[i].text);
	b->undo_count = 0;
	b->is_typing = b->is_killing = false;
}

void buffer_free(Buffer *b) {
	buffer_forget_undo(b);
	free(b->undo);
	text_free(&b->text);
	text_free(&b->killed);
}

void buffer_set(Buffer *b, const char *text, size_t len, size_t cursor) {
	char *copy = text_copy(text, len); /* text may be the buffer's own */
	b->text.len = 0;
	text_put(&b->text, copy, len);
	free(copy);
	b->cursor = cursor;
	b->column = -1;
}

static void save_undo(Buffer *b) {
	if (b->undo_count == UNDO_STEPS) {
		free(b->undo[0].text);
		memmove(b->undo, b->undo + 1, --b->undo_count * sizeof *b->undo);
	}
	if (b->undo_count == b->undo_cap) {
		b->undo_cap = b->undo_cap ? b->undo_cap * 2 : 16;
		b->undo = text_realloc(b->undo, b->undo_cap * sizeof *b->undo);
	}
	b->undo[b->undo_count++] = (Snapshot){
		.text = text_copy(text_string(&b->text), b->text.len),
		.len = b->text.len,
		.cursor = b->cursor,
	};
}

void buffer_undo(Buffer *b) {
	if (b->undo_count == 0)
		return;
	Snapshot last = b->undo[--b->undo_count];
	buffer_set(b, last.text, last.len, last.cursor);
	free(last.text);
	b->is_typing = false;
}

void buffer_insert(Buffer *b, const char *text, size_t len) {
	bool is_character = len <= 4 && *text != '\n' && *text != ' ';
	if (!is_character || !b->is_typing)
		save_undo(b);
	size_t after = b->text.len - b->cursor;
	text_put(&b->text, text, len); /* makes room */
	memmove(b->text.ptr + b->cursor + len, b->text.ptr + b->cursor, after);
	memcpy(b->text.ptr + b->cursor, text, len);
	b->cursor += len;
	b->is_typing = is_character;
	b->column = -1;
}

static void cut(Buffer *b, size_t from, size_t to) {
	memmove(b->text.ptr + from, b->text.ptr + to, b->text.len - to + 1);
	b->text.len -= to - from;
	b->cursor = from;
	b->column = -1;
	b->is_typing = false;
}

void buffer_erase(Buffer *b, size_t from, size_t to) {
	if (from >= to)
		return;
	save_undo(b);
	cut(b, from, to);
}

void buffer_kill(Buffer *b, size_t from, size_t to) {
	if (from >= to)
		return;
	bool is_backwards = to == b->cursor;
	Text killed = {0};
	if (b->is_killing && !is_backwards)
		text_put(&killed, text_string(&b->killed), b->killed.len);
	text_put(&killed, b->text.ptr + from, to - from);
	if (b->is_killing && is_backwards)
		text_put(&killed, text_string(&b->killed), b->killed.len);
	text_free(&b->killed);
	b->killed = killed;
	buffer_erase(b, from, to);
	b->is_killing = true;
}

/* The clusters on both sides of the cursor change places; at the end the last two. */
void buffer_transpose(Buffer *b) {
	const char *s = text_string(&b->text);
	size_t middle = b->cursor == b->text.len ? line_previous(s, b->cursor) : b->cursor;
	size_t left = line_previous(s, middle), right = line_next(s, b->text.len, middle);
	if (left == middle || right == middle || s[left] == '\n' || s[middle] == '\n')
		return;
	Text swapped = {0};
	save_undo(b);
	text_put(&swapped, s + middle, right - middle);
	text_put(&swapped, s + left, middle - left);
	memcpy(b->text.ptr + left, swapped.ptr, swapped.len);
	text_free(&swapped);
	b->cursor = right;
	b->column = -1;
	b->is_typing = false;
}

size_t buffer_line_start(const Buffer *b, size_t at) {
	while (at > 0 && b->text.ptr[at - 1] != '\n')
		at--;
	return at;
}

size_t buffer_line_end(const Buffer *b, size_t at) {
	while (at < b->text.len && b->text.ptr[at] != '\n')
		at++;
	return at;
}

static bool is_word_at(const Buffer *b, size_t at) {
	size_t size;
	return line_is_word(line_decode(b->text.ptr, b->text.len, at, &size));
}

size_t buffer_word_left(const Buffer *b) {
	size_t at = b->cursor;
	while (at > 0 && !is_word_at(b, line_previous(b->text.ptr, at)))
		at = line_previous(b->text.ptr, at);
	while (at > 0 && is_word_at(b, line_previous(b->text.ptr, at)))
		at = line_previous(b->text.ptr, at);
	return at;
}

size_t buffer_word_right(const Buffer *b) {
	size_t at = b->cursor;
	while (at < b->text.len && !is_word_at(b, at))
		at = line_next(b->text.ptr, b->text.len, at);
	while (at < b->text.len && is_word_at(b, at))
		at = line_next(b->text.ptr, b->text.len, at);
	return at;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

size_t buffer_blank_left(const Buffer *b) {
	size_t at = b->cursor;
	while (at > 0 && is_blank(b->text.ptr[at - 1]))
		at--;
	while (at > 0 && !is_blank(b->text.ptr[at - 1]))
		at--;
	return at;
}

/* Columns from the line's start, tabs as on the screen. */
static int column_of(const Buffer *b, size_t from, size_t to) {
	int column = 0;
	for (size_t at = from, size; at < to; at += size) {
		int32_t c = line_decode(b->text.ptr, b->text.len, at, &size);
		column += c == '\t' ? LINE_TAB - column % LINE_TAB : line_width(c);
	}
	return column;
}

bool buffer_move_line(Buffer *b, int step) {
	size_t start = buffer_line_start(b, b->cursor), end = buffer_line_end(b, b->cursor);
	if (step < 0 ? start == 0 : end == b->text.len)
		return false;
	int want = b->column >= 0 ? b->column : column_of(b, start, b->cursor);
	start = step < 0 ? buffer_line_start(b, start - 1) : end + 1;
	end = buffer_line_end(b, start);
	size_t at = start;
	while (at < end && column_of(b, start, line_next(b->text.ptr, b->text.len, at)) <= want)
		at = line_next(b->text.ptr, b->text.len, at);
	b->cursor = at;
	b->column = want;
	return true;
}
