/* SPDX-License-Identifier: MIT */
/* lexer.h: bytes -> tokens, with Go's automatic semicolons; and the values of string and rune literals. */
#ifndef GOL_LEXER_LEXER_H
#define GOL_LEXER_LEXER_H

#include "base/diag.h"
#include "lexer/token.h"

/* All state of scanning. A copy of the struct is a bookmark: assign it back to scan the same tokens again. */
typedef struct Lexer {
	SourceSet *set; /* receives errors */
	SourceFile *file;
	Interner *in;
	const uint8_t *text, *cur, *end;
	/* the current token */
	Token tok;
	Pos pos;
	Name *name;   /* IDENT and keywords */
	Str lit;      /* literals: the spelling; SEMICOLON: "semicolon", "newline" or "EOF" */
	bool bad;     /* a malformed literal; the error was reported */
	bool semi;    /* a newline now ends the statement */
	bool muted;   /* errors are dropped (looking ahead, asking whether a text is complete) */
	bool cut_off; /* the text ended inside a raw string or a block comment */
	uint16_t go_version; /* N of the go1.N that a //go:build line before the first token requires; 0: none */
} Lexer;

/* Makes ready to scan file from a byte offset; 0 also skips a BOM and a first line that begins with "#!".
 * Sets up the interner's keywords if nobody has. */
void lexer_init(Lexer *lx, SourceSet *set, SourceFile *file, Interner *in, uint32_t offset);
/* Reports NUL bytes, byte order marks in the middle and invalid UTF-8 of the whole file. Scanning itself does not. */
void lexer_check_encoding(Lexer *lx);
/* Advances to the next token; at the end TOK_EOF for ever. */
void lexer_next(Lexer *lx);
/* The current token is "{": moves to its matching "}", which becomes the current token, by looking at quotes, comments
 * and braces only; what is skipped is not checked. False, and nothing moved, when there is no matching brace. */
bool lexer_skip_block(Lexer *lx);
/* The current token becomes EOF: gives up on the rest. */
void lexer_stop(Lexer *lx);
Pos lexer_end_pos(const Lexer *lx); /* just past the current token */

/* Values of well-formed literals (of a BasicLit; the text includes the quotes). */
void literal_string(Str text, Buf *out); /* TOK_STRING, both forms; appends */
int32_t literal_rune(Str text);          /* TOK_CHAR */

#endif
