/* SPDX-License-Identifier: MIT */
/* diag.h: source files, positions, and the list of diagnostics. Not thread-safe: one SourceSet per compilation. */
#ifndef GOL_BASE_DIAG_H
#define GOL_BASE_DIAG_H

#include "base/buf.h"

/* A position is a global byte offset: file base + offset in the file; 0 = none. */
typedef uint32_t Pos;

/* A line directive: from `offset` on, positions are those of another file. */
typedef struct LineDirective {
	uint32_t offset; /* just past the comment */
	const char *file;
	uint32_t line, column; /* of offset; column 0: columns are unknown from here on */
} LineDirective;

typedef struct SourceFile {
	const char *name; /* as shown in messages */
	const char *text; /* 0-terminated, owned by the SourceSet's arena */
	uint32_t len;
	Pos base;              /* Pos of text[0] */
	uint32_t *line_starts; /* offsets; filled by the lexer through source_add_line, or lazily by position lookup */
	uint32_t line_count, line_cap;
	VEC(LineDirective) directives; /* ascending, without repeats; filled by the lexer */
	VEC(uint32_t) go_comments; /* offsets of the comments that begin with //go:, ascending; filled by the lexer */
	bool lines_complete; /* line_starts covers the whole text (else lookup scans the rest itself) */
} SourceFile;

typedef struct Position {
	const char *file; /* "" when unknown */
	uint32_t line;    /* from 1; 0 when unknown */
	uint32_t column;  /* from 1, in bytes, as Go counts; 0: unknown, behind a line directive without a column */
} Position;

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

typedef struct Diagnostic {
	Pos pos, end; /* end may be 0 */
	Severity severity;
	uint16_t code;       /* row of types/errors.def; 0 for syntax errors */
	const char *message; /* in the arena; follow-up lines are "\n\t..." as Go prints them */
} Diagnostic;

typedef struct SourceSet {
	Arena *arena;
	VEC(SourceFile *) files;
	VEC(Diagnostic) diagnostics; /* in order of report; diag_sort orders by position */
	uint32_t error_count;        /* errors only */
	uint32_t last_error;         /* number of the latest that is no syntax error, the first being 1 */
	uint32_t last_syntax_error;
	Pos next_base;
} SourceSet;

void source_init(SourceSet *set, Arena *arena);
/* Copies text (and name). Returns NULL when the text is larger than 1 GiB or positions run out. */
SourceFile *source_add(SourceSet *set, const char *name, const char *text, size_t len);
/* The same for a text that the caller writes: *room takes len bytes; a 0 stands behind them. */
SourceFile *source_add_room(SourceSet *set, const char *name, size_t len, char **room);
SourceFile *source_of(const SourceSet *set, Pos pos); /* NULL for 0 */
/* As messages and line tables show it: line directives count. */
Position source_position(const SourceSet *set, Pos pos);
Position source_physical_position(const SourceSet *set, Pos pos); /* where it is in the text itself */
/* Notes that text from offset on belongs to line:column of another file (NULL: of the current one). What is not behind
 * the last directive is known already and ignored. */
void source_add_go_comment(SourceSet *set, SourceFile *file, uint32_t offset);
void source_add_directive(SourceSet *set, SourceFile *file, uint32_t offset, const char *name, uint32_t line,
			  uint32_t column);
void source_add_line(SourceSet *set, SourceFile *file, uint32_t offset); /* ascending offsets */

/* Appends a diagnostic; the message is formatted into the arena. Dropped are a syntax error on the line of the one before it, and an
 * error that repeats the one before it on the same line: they are mostly one mistake seen twice. */
void diag_report(SourceSet *set, Severity severity, uint16_t code, Pos pos, Pos end, const char *format, ...)
	PRINTF_LIKE(6, 7);
void diag_clear(SourceSet *set); /* forgets all of them */
/* Whether a "syntax error: ..." is among the messages; after one, types are not worth checking. */
bool diag_has_syntax_error(const SourceSet *set);
/* Sorts by file and position, drops exact duplicates. */
void diag_sort(SourceSet *set);
/* "file:line:col: message" without newline. */
void diag_format(const SourceSet *set, const Diagnostic *d, Buf *out);
/* The source line and a caret line, tabs kept, wide runes counted by width. Each line ends in '\n'. */
void diag_excerpt(const SourceSet *set, const Diagnostic *d, Buf *out);

#endif
