/* SPDX-License-Identifier: MIT */
/* parser_internal.h: the cursor that the parse_*.c files share, and their mutual recursion. */
#ifndef GOL_PARSER_PARSER_INTERNAL_H
#define GOL_PARSER_PARSER_INTERNAL_H

#include "base/limits.h"
#include "lexer/lexer.h"
#include "parser/parser.h"

typedef struct Parser {
	Lexer lx; /* lx.tok is the current token */
	SourceSet *set;
	Interner *in;
	Arena *arena;
	SourceFile *source;
	ParseOptions options;
	VEC(Node *) pending;   /* the lists being parsed, innermost last */
	VEC(Node *) imports;   /* ImportSpecs of the file */
	uint32_t first_error;  /* set->error_count before this file */
	int32_t expr_lev;      /* < 0: in the header of if, for or switch, where a '{' begins the body */
	uint32_t func_depth;   /* > 0: inside a function, where recovery may stop at statements */
	uint32_t depth;        /* recursion under way */
	uint32_t height;       /* of the tree made since the innermost nest_begin, weighted; see nest_end */
	bool gave_up;          /* too deep or too many errors: the rest is skipped silently */
	bool guard_allowed;    /* in the header of a switch, where x.(type) may stand */
	Node *guard;           /* the x.(type) found there */
} Parser;

/* ---- tokens ---- */

typedef unsigned __int128 TokenSet;
#define TS(token) ((TokenSet)1 << TOK_##token)
_Static_assert(TOK_COUNT <= 128, "a TokenSet has one bit per token");

static inline Token tok(const Parser *p) {
	return p->lx.tok;
}

static inline bool at(const Parser *p, Token t) {
	return p->lx.tok == t;
}

static inline void next(Parser *p) {
	lexer_next(&p->lx);
}

static inline bool got(Parser *p, Token t) {
	if (!at(p, t))
		return false;
	next(p);
	return true;
}

static inline Pos cur_pos(const Parser *p) {
	return p->lx.pos;
}

bool want(Parser *p, Token t);    /* takes t; otherwise reports "expected t" and skips one token */
bool got_assign(Parser *p);       /* takes "="; also ":=", with an error */
Token peek(Parser *p);            /* the token after the current one */
void skip_to(Parser *p, TokenSet follow); /* recovery: to one of these, the end, or in functions a statement */
void skip_one(Parser *p);

/* ---- errors, of the current token or a position; at the end of the text none follows another ---- */

void error_plain(Parser *p, Pos pos, const char *format, ...) PRINTF_LIKE(3, 4);
void error_syntax(Parser *p, Pos pos, const char *format, ...) PRINTF_LIKE(3, 4); /* "syntax error: ..." */
void error_unexpected(Parser *p, const char *where);  /* "syntax error: unexpected X <where>" */
void error_expected(Parser *p, const char *what);     /* "syntax error: unexpected X, expected <what>" */
const char *token_describe(Token t);                  /* as "expected" shows it */

/* ---- bounds of recursion ---- */

enum {
	HEIGHT_NEST = MAX_CHAIN / MAX_NESTING,
	HEIGHT_LINK = 4,     /* a selector, index or call on top of an operand */
	HEIGHT_OPERATOR = 1, /* a binary operator on top of its left operand */
};

COLD void give_up_nesting(Parser *p);

static inline void add_height(Parser *p, uint32_t weight) {
	p->height += weight;
	if (UNLIKELY(p->height > MAX_CHAIN))
		give_up_nesting(p);
}

/* Around every recursive construct. Returns what nest_end wants. */
static inline uint32_t nest_begin(Parser *p) {
	uint32_t outer = p->height;
	p->height = 0;
	if (UNLIKELY(++p->depth > MAX_NESTING))
		give_up_nesting(p);
	return outer;
}

static inline void nest_end(Parser *p, uint32_t outer) {
	p->depth--;
	add_height(p, HEIGHT_NEST);
	if (p->height < outer)
		p->height = outer;
}

/* ---- lists ---- */

static inline uint32_t list_begin(Parser *p) {
	return p->pending.len;
}

static inline void list_push(Parser *p, void *node) {
	VEC_PUSH(p->arena, &p->pending, (Node *)node);
}

NodeList list_end(Parser *p, uint32_t begin); /* what was pushed since list_begin */
NodeList list_of(Parser *p, Node *only);

typedef enum ListItem { LIST_MORE, LIST_DONE } ListItem;
/* list = [ item { sep item } [sep] ] close. Items push what they make; LIST_DONE: no further item may follow. Returns
 * the position of the closing token. */
Pos parse_list(Parser *p, const char *context, Token sep, Token close, ListItem (*item)(Parser *p, void *data),
               void *data);
/* From an opening bracket to behind its closing one, or until `tokens` tokens are used up. */
void skip_brackets(Lexer *lx, uint32_t tokens);

/* ---- names ---- */

Ident *parse_name(Parser *p); /* never NULL: "_" after an error */
Ident *new_name(Parser *p, Pos pos, const char *name);
NodeList parse_names(Parser *p, Ident *first); /* first: already parsed, or NULL */
Node *bad_expr(Parser *p, Pos pos);
Node *new_lit(Parser *p); /* of the current literal, which it takes */
Node *new_binary(Parser *p, Node *x, Token op, Pos op_pos, Node *y);
Node *new_unary(Parser *p, Pos pos, Token op, Node *x);
Node *new_star(Parser *p, Pos pos, Node *x);

/* ---- parse_expr.c ---- */

Node *parse_expr(Parser *p);
Node *parse_binary(Parser *p, Node *x, int precedence); /* x: a left operand already parsed, or NULL */
Node *parse_primary(Parser *p, Node *x);                /* operand and what follows it; x as above */
NodeList parse_expr_list(Parser *p);
bool is_type_syntax(const Node *x);                     /* can only be a type */

/* ---- parse_type.c ---- */

Node *parse_type(Parser *p);         /* never NULL; reports "expected type" */
Node *parse_type_or_null(Parser *p); /* NULL, and no error, when no type begins here */
Node *parse_array_type(Parser *p, Pos pos, Node *len, bool len_parsed); /* behind "[" (and the length, if parsed) */
Node *parse_type_name(Parser *p, Ident *name);
/* context: what must not have type parameters, or NULL. */
FuncType *parse_signature(Parser *p, Pos func_pos, const char *context);
/* Behind the opening bracket; name and type are those of the first parameter when already parsed. */
NodeList parse_params(Parser *p, Token close, Ident *name, Node *type);
Node *parse_instance(Parser *p, Node *x); /* at "[": x[T1, T2] */

/* ---- parse_stmt.c ---- */

BlockStmt *parse_block(Parser *p, const char *context); /* context: "if clause" or NULL */
BlockStmt *parse_func_body(Parser *p);
NodeList parse_stmt_list(Parser *p);
Node *parse_stmt_or_null(Parser *p);
bool end_of_stmt(Parser *p); /* takes the ";"; false after an error and recovery */

/* ---- parser.c ---- */

GenDecl *parse_gen_decl(Parser *p); /* at const, type, var or import */

#endif
