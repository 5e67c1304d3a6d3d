/* SPDX-License-Identifier: MIT */
/* token.h: the enum made from token.def, names and precedence. */
#ifndef GOL_LEXER_TOKEN_H
#define GOL_LEXER_TOKEN_H

#include "base/intern.h"

typedef enum Token {
#define TOKEN(name, spelling, precedence, class_) TOK_##name,
#include "lexer/token.def"
#undef TOKEN
	TOK_COUNT
} Token;

const char *token_spelling(Token t); /* as messages show it */
int token_precedence(Token t);       /* 1 (lowest) .. 5 for binary operators, else 0 */
bool token_is_literal(Token t);
bool token_is_operator(Token t);
bool token_is_keyword(Token t);
void token_setup_keywords(Interner *in); /* sets Name.keyword; once per interner, before lexing */

#endif
