/* SPDX-License-Identifier: MIT */
/* token.c: names, precedence and classes of tokens, all read off token.def. */
#include "lexer/token.h"

enum { CLASS_SPECIAL, CLASS_LITERAL, CLASS_OPERATOR, CLASS_KEYWORD };

static const char *const spellings[TOK_COUNT] = {
#define TOKEN(name, spelling, precedence, class_) spelling,
#include "lexer/token.def"
#undef TOKEN
};

static const uint8_t precedences[TOK_COUNT] = {
#define TOKEN(name, spelling, precedence, class_) precedence,
#include "lexer/token.def"
#undef TOKEN
};

static const uint8_t classes[TOK_COUNT] = {
#define TOKEN(name, spelling, precedence, class_) CLASS_##class_,
#include "lexer/token.def"
#undef TOKEN
};

_Static_assert(TOK_AND_NOT_ASSIGN - TOK_AND_NOT == TOK_ADD_ASSIGN - TOK_ADD,
               "assignment operators follow the order of their binary operators");

const char *token_spelling(Token t) {
	assert(t < TOK_COUNT);
	return spellings[t];
}

int token_precedence(Token t) {
	return precedences[t];
}

bool token_is_literal(Token t) {
	return classes[t] == CLASS_LITERAL;
}

bool token_is_operator(Token t) {
	return classes[t] == CLASS_OPERATOR;
}

bool token_is_keyword(Token t) {
	return classes[t] == CLASS_KEYWORD;
}

void token_setup_keywords(Interner *in) {
	for (int t = 0; t < TOK_COUNT; t++) {
		if (token_is_keyword((Token)t))
			intern_cstr(in, spellings[t])->keyword = (uint16_t)t;
	}
}
