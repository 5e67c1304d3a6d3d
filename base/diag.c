/* SPDX-License-Identifier: MIT */
/* diag.c: source files, positions, the list of diagnostics, excerpts with carets.
 *
 * Owns: texts, line tables and messages, all in the set's arena.
 * Rules: files occupy disjoint ranges of Pos in ascending order, each one longer than its text, so that "just past the
 * end" belongs to the file. One thread per SourceSet.
 * Why: a position is one 32-bit number; lines are found when somebody asks, by one memchr pass per file, which costs
 * less than counting newlines while scanning and nothing at all for files without messages. */
#include "base/diag.h"

#include "base/utf8.h"

enum { SOURCE_MAX_BYTES = 1 << 30 };

void source_init(SourceSet *set, Arena *arena) {
	*set = (SourceSet){.arena = arena, .next_base = 1};
}

SourceFile *source_add_room(SourceSet *set, const char *name, size_t len, char **room) {
	if (len > SOURCE_MAX_BYTES || len + 1 > UINT32_MAX - set->next_base)
		return NULL;
	SourceFile *file = ARENA_NEW(set->arena, SourceFile);
	file->name = arena_strndup(set->arena, name, strlen(name));
	*room = arena_alloc(set->arena, len + 1);
	file->text = *room;
	file->len = (uint32_t)len;
	file->base = set->next_base;
	set->next_base += (uint32_t)len + 1;
	VEC_PUSH(set->arena, &set->files, file);
	return file;
}

SourceFile *source_add(SourceSet *set, const char *name, const char *text, size_t len) {
	char *room;
	SourceFile *file = source_add_room(set, name, len, &room);
	if (file && len != 0)
		memcpy(room, text, len);
	return file;
}

/* Index of the last item whose key is <= pos; -1 if there is none. */
#define FIND_LAST(items, len, key_of, pos, result)                                                                     \
	do {                                                                                                           \
		uint32_t lo_ = 0, hi_ = (len);                                                                         \
		while (lo_ < hi_) {                                                                                    \
			uint32_t mid_ = lo_ + (hi_ - lo_) / 2;                                                         \
			if ((items)[mid_] key_of <= (pos))                                                             \
				lo_ = mid_ + 1;                                                                        \
			else                                                                                           \
				hi_ = mid_;                                                                            \
		}                                                                                                      \
		(result) = (int64_t)lo_ - 1;                                                                           \
	} while (0)

SourceFile *source_of(const SourceSet *set, Pos pos) {
	int64_t i;
	FIND_LAST(set->files.items, set->files.len, ->base, pos, i);
	if (pos == 0 || i < 0)
		return NULL;
	SourceFile *file = set->files.items[i];
	return pos - file->base <= file->len ? file : NULL;
}

void source_add_line(SourceSet *set, SourceFile *file, uint32_t offset) {
	if (file->line_count == file->line_cap)
		vec_grow(set->arena, (void **)&file->line_starts, &file->line_cap, sizeof(file->line_starts[0]));
	file->line_starts[file->line_count++] = offset;
}

static void source_find_lines(const SourceSet *set, SourceFile *file) {
	SourceSet arena_only = {.arena = set->arena};
	if (file->line_count == 0)
		source_add_line(&arena_only, file, 0);
	const char *end = file->text + file->len;
	const char *p = file->text + file->line_starts[file->line_count - 1];
	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		source_add_line(&arena_only, file, (uint32_t)(p - file->text));
	}
	file->lines_complete = true;
}

Position source_physical_position(const SourceSet *set, Pos pos) {
	SourceFile *file = source_of(set, pos);
	if (file == NULL)
		return (Position){.file = ""};
	if (!file->lines_complete)
		source_find_lines(set, file);
	uint32_t offset = pos - file->base;
	int64_t line;
	FIND_LAST(file->line_starts, file->line_count, , offset, line);
	return (Position){file->name, (uint32_t)line + 1, offset - file->line_starts[line] + 1};
}

void source_add_directive(SourceSet *set, SourceFile *file, uint32_t offset, const char *name, uint32_t line,
			  uint32_t column) {
	const LineDirective *last =
		file->directives.len > 0 ? &file->directives.items[file->directives.len - 1] : NULL;
	if (last != NULL && offset <= last->offset)
		return;
	if (name == NULL)
		name = last != NULL ? last->file : file->name;
	else
		name = arena_strndup(set->arena, name, strlen(name));
	VEC_PUSH(set->arena, &file->directives, ((LineDirective){offset, name, line, column}));
}

void source_add_go_comment(SourceSet *set, SourceFile *file, uint32_t offset) {
	uint32_t len = file->go_comments.len;
	if (len == 0 || offset > file->go_comments.items[len - 1]) /* the parser may scan some text twice */
		VEC_PUSH(set->arena, &file->go_comments, offset);
}

Position source_position(const SourceSet *set, Pos pos) {
	Position at = source_physical_position(set, pos);
	const SourceFile *file = at.line != 0 ? source_of(set, pos) : NULL;
	if (file == NULL || file->directives.len == 0)
		return at;
	int64_t i;
	FIND_LAST(file->directives.items, file->directives.len, .offset, pos - file->base, i);
	if (i < 0)
		return at;
	const LineDirective *directive = &file->directives.items[i];
	Position from = source_physical_position(set, file->base + directive->offset);
	uint32_t column = at.column;
	if (directive->column == 0)
		column = 0;
	else if (at.line == from.line)
		column = directive->column + (at.column - from.column);
	return (Position){directive->file, directive->line + (at.line - from.line), column};
}

/* ---- diagnostics ---- */

/* Errors inside literals, which have no such prefix, do not confuse the parser and are all shown. */
static bool is_syntax_error(const Diagnostic *d) {
	return d->code == 0 && d->pos != 0 && strncmp(d->message, "syntax error", 12) == 0;
}

/* number: of a diagnostic, the first being 1; 0: none. */
static bool on_line_of(const SourceSet *set, uint32_t number, Pos pos) {
	if (!number || number > set->diagnostics.len || !pos)
		return false;
	Position a = source_physical_position(set, set->diagnostics.items[number - 1].pos);
	Position b = source_physical_position(set, pos);
	return a.file == b.file && a.line == b.line;
}

/* Of several syntax errors on one line, and of equal other ones, which come one after the other, the first is enough. */
static bool is_known(SourceSet *set, const Diagnostic *d) {
	bool syntax = is_syntax_error(d);
	uint32_t *last = syntax ? &set->last_syntax_error : &set->last_error;
	if (on_line_of(set, *last, d->pos) && (syntax || strcmp(set->diagnostics.items[*last - 1].message, d->message) == 0))
		return true;
	*last = set->diagnostics.len + 1;
	return false;
}

void diag_report(SourceSet *set, Severity severity, uint16_t code, Pos pos, Pos end, const char *format, ...) {
	Buf text;
	buf_init(&text, set->arena->mem);
	va_list args;
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	const char *message = text.failed ? "out of memory" : arena_strndup(set->arena, text.ptr, text.len);
	buf_deinit(&text);
	Diagnostic d = {.pos = pos, .end = end, .severity = severity, .code = code, .message = message};
	if (severity == SEVERITY_ERROR && is_known(set, &d))
		return;
	VEC_PUSH(set->arena, &set->diagnostics, d);
	set->error_count += severity == SEVERITY_ERROR;
}

void diag_clear(SourceSet *set) {
	set->diagnostics.len = 0;
	set->error_count = set->last_error = set->last_syntax_error = 0;
}

bool diag_has_syntax_error(const SourceSet *set) {
	for (uint32_t i = 0; i < set->diagnostics.len; i++)
		if (is_syntax_error(&set->diagnostics.items[i]))
			return true;
	return false;
}

static bool same_diagnostic(const Diagnostic *a, const Diagnostic *b) {
	return a->pos == b->pos && a->severity == b->severity && strcmp(a->message, b->message) == 0;
}

/* Stable merge by position: of two messages at one place the first reported stays first. */
static void merge_sort(Diagnostic *items, Diagnostic *scratch, uint32_t len) {
	if (len < 2)
		return;
	uint32_t half = len / 2;
	merge_sort(items, scratch, half);
	merge_sort(items + half, scratch, len - half);
	memcpy(scratch, items, sizeof(items[0]) * len);
	for (uint32_t out = 0, i = 0, j = half; out < len; out++) {
		bool left = j == len || (i < half && scratch[i].pos <= scratch[j].pos);
		items[out] = left ? scratch[i++] : scratch[j++];
	}
}

void diag_sort(SourceSet *set) {
	Diagnostic *items = set->diagnostics.items;
	uint32_t len = set->diagnostics.len, kept = 0;
	merge_sort(items, ARENA_ARRAY(set->arena, Diagnostic, len), len);
	set->last_error = set->last_syntax_error = 0;
	set->error_count = 0;
	for (uint32_t i = 0; i < len; i++) {
		bool repeated = false;
		for (uint32_t k = kept; k > 0 && items[k - 1].pos == items[i].pos && !repeated; k--)
			repeated = same_diagnostic(&items[k - 1], &items[i]);
		if (repeated)
			continue;
		set->error_count += items[i].severity == SEVERITY_ERROR;
		items[kept++] = items[i];
	}
	set->diagnostics.len = kept;
}

void diag_format(const SourceSet *set, const Diagnostic *d, Buf *out) {
	Position at = source_position(set, d->pos);
	if (at.line != 0)
		buf_printf(out, at.column != 0 ? "%s:%u:%u: " : "%s:%u: ", at.file, at.line, at.column);
	buf_puts(out, d->message);
}

void diag_excerpt(const SourceSet *set, const Diagnostic *d, Buf *out) {
	Position at = source_physical_position(set, d->pos);
	if (at.line == 0)
		return;
	const SourceFile *file = source_of(set, d->pos);
	const char *line = file->text + file->line_starts[at.line - 1];
	const char *limit = file->text + file->len;
	const char *line_end = memchr(line, '\n', (size_t)(limit - line));
	size_t len = (size_t)((line_end != NULL ? line_end : limit) - line);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	buf_put(out, line, len);
	buf_putc(out, '\n');
	size_t column = at.column - 1 < len ? at.column - 1 : len;
	for (size_t i = 0; i < column;) {
		int32_t rune;
		i += (size_t)utf8_decode(line + i, column - i, &rune);
		for (int width = rune == '\t' ? 1 : rune_width(rune); width > 0; width--)
			buf_putc(out, rune == '\t' ? '\t' : ' ');
	}
	buf_puts(out, "^\n");
}
