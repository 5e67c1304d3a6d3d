/* SPDX-License-Identifier: MIT */
/* parser.c: the cursor, errors and recovery, files and declarations.
 *
 * Owns: a Parser for the time of one call; the tree belongs to the caller's arena.
 * Rules: a parse function never fails: after an error it returns a Bad node or what it could make, and the messages say
 * that the tree is not to be used. Every function takes at least one token or leaves the cursor for a caller that does.
 * Why: recursive descent with one token of lookahead; the rare longer look copies the Lexer, which is a bookmark.
 * Messages are those of Go's compiler, so that what people know and search for keeps its meaning.
 * See: parse_stmt.c, parse_expr.c, parse_type.c; tests/unit/test_parser.c. */
#include "parser/parser_internal.h"

#include <stdio.h>

/* ---- errors ---- */

static bool has_errors(const Parser *p) {
	return p->set->error_count != p->first_error;
}

static COLD void report(Parser *p, Pos pos, const char *prefix, const char *format, va_list args) {
	if (p->gave_up || (at(p, TOK_EOF) && has_errors(p)))
		return;
	Buf text;
	buf_init(&text, p->arena->mem);
	buf_vprintf(&text, format, args);
	diag_report(p->set, SEVERITY_ERROR, 0, pos, 0, "%s%s", prefix, buf_cstr(&text));
	buf_deinit(&text);
	if (p->set->error_count - p->first_error >= MAX_SYNTAX_ERRORS) {
		p->gave_up = true;
		lexer_stop(&p->lx);
	}
}

void error_plain(Parser *p, Pos pos, const char *format, ...) {
	va_list args;
	va_start(args, format);
	report(p, pos, "", format, args);
	va_end(args);
}

void error_syntax(Parser *p, Pos pos, const char *format, ...) {
	va_list args;
	va_start(args, format);
	report(p, pos, "syntax error: ", format, args);
	va_end(args);
}

const char *token_describe(Token t) {
	if (t == TOK_COMMA)
		return "comma";
	return t == TOK_SEMICOLON ? "semicolon or newline" : token_spelling(t);
}

static void report_unexpected(Parser *p, const char *separator, const char *rest) {
	const Lexer *lx = &p->lx;
	if (lx->tok == TOK_IDENT)
		error_syntax(p, lx->pos, "unexpected name %s%s%s", lx->name->text, separator, rest);
	else if (lx->tok == TOK_SEMICOLON)
		error_syntax(p, lx->pos, "unexpected %.*s%s%s", (int)lx->lit.len, lx->lit.ptr, separator, rest);
	else if (token_is_literal(lx->tok))
		error_syntax(p, lx->pos, "unexpected literal %.*s%s%s", (int)lx->lit.len, lx->lit.ptr, separator, rest);
	else
		error_syntax(p, lx->pos, "unexpected %s%s%s", token_describe(lx->tok), separator, rest);
}

void error_unexpected(Parser *p, const char *where) {
	report_unexpected(p, " ", where);
}

void error_expected(Parser *p, const char *what) {
	report_unexpected(p, ", expected ", what);
}

void give_up_nesting(Parser *p) {
	error_syntax(p, cur_pos(p), "nesting too deep");
	p->gave_up = true;
	p->height = 0;
	lexer_stop(&p->lx);
}

/* ---- the cursor ---- */

void skip_one(Parser *p) {
	if (!at(p, TOK_EOF))
		next(p);
}

void skip_to(Parser *p, TokenSet follow) {
	static const TokenSet statements = TS(BREAK) | TS(CONST) | TS(CONTINUE) | TS(DEFER) | TS(FALLTHROUGH) |
	                                   TS(FOR) | TS(GO) | TS(GOTO) | TS(IF) | TS(RETURN) | TS(SELECT) |
	                                   TS(SWITCH) | TS(TYPE) | TS(VAR);
	follow |= TS(EOF);
	if (p->func_depth > 0)
		follow |= statements;
	while ((follow >> tok(p) & 1) == 0)
		next(p);
}

bool want(Parser *p, Token t) {
	if (LIKELY(got(p, t)))
		return true;
	error_expected(p, token_describe(t));
	skip_one(p);
	return false;
}

bool got_assign(Parser *p) {
	if (at(p, TOK_DEFINE))
		error_expected(p, "=");
	else if (!at(p, TOK_ASSIGN))
		return false;
	next(p);
	return true;
}

Token peek(Parser *p) {
	Lexer ahead = p->lx;
	ahead.muted = true;
	lexer_next(&ahead);
	return ahead.tok;
}

/* ---- lists ---- */

NodeList list_end(Parser *p, uint32_t begin) {
	NodeList list = {.len = p->pending.len - begin};
	if (list.len != 0) {
		list.items = ARENA_ARRAY(p->arena, Node *, list.len);
		memcpy(list.items, p->pending.items + begin, list.len * sizeof(Node *));
		p->pending.len = begin;
	}
	return list;
}

NodeList list_of(Parser *p, Node *only) {
	NodeList list = {ARENA_NEW(p->arena, Node *), 1};
	list.items[0] = only;
	return list;
}

Pos parse_list(Parser *p, const char *context, Token sep, Token close, ListItem (*item)(Parser *p, void *data),
               void *data) {
	ListItem state = LIST_MORE;
	while (!at(p, TOK_EOF) && !at(p, close) && state == LIST_MORE) {
		state = item(p, data);
		if (got(p, sep) || at(p, close))
			continue;
		char where[128];
		snprintf(where, sizeof where, "in %s; possibly missing %s or %s", context, token_describe(sep),
		         token_describe(close));
		error_unexpected(p, where);
		skip_to(p, TS(RPAREN) | TS(RBRACK) | TS(RBRACE));
		if (!at(p, close))
			return cur_pos(p);
	}
	Pos pos = cur_pos(p);
	want(p, close);
	return pos;
}

/* ---- names and other small nodes ---- */

Ident *new_name(Parser *p, Pos pos, const char *name) {
	Ident *x = NEW_NODE(p->arena, Ident, pos);
	x->name = intern_cstr(p->in, name);
	return x;
}

Ident *parse_name(Parser *p) {
	if (LIKELY(at(p, TOK_IDENT))) {
		Ident *x = NEW_NODE(p->arena, Ident, cur_pos(p));
		x->name = p->lx.name;
		next(p);
		return x;
	}
	Ident *x = new_name(p, cur_pos(p), "_");
	error_expected(p, "name");
	skip_one(p);
	return x;
}

NodeList parse_names(Parser *p, Ident *first) {
	uint32_t begin = list_begin(p);
	list_push(p, first != NULL ? first : parse_name(p));
	while (got(p, TOK_COMMA))
		list_push(p, parse_name(p));
	return list_end(p, begin);
}

Node *bad_expr(Parser *p, Pos pos) {
	BadExpr *x = NEW_NODE(p->arena, BadExpr, pos);
	x->end = cur_pos(p);
	return &x->node;
}

Node *new_lit(Parser *p) {
	Pos pos = cur_pos(p);
	if (UNLIKELY(p->lx.bad)) {
		next(p);
		return bad_expr(p, pos);
	}
	BasicLit *x = NEW_NODE(p->arena, BasicLit, pos);
	x->token = tok(p);
	x->text = p->lx.lit;
	next(p);
	return &x->node;
}

Node *new_binary(Parser *p, Node *x, Token op, Pos op_pos, Node *y) {
	BinaryExpr *b = NEW_NODE(p->arena, BinaryExpr, x->pos);
	b->x = x;
	b->op = op;
	b->op_pos = op_pos;
	b->y = y;
	return &b->node;
}

Node *new_unary(Parser *p, Pos pos, Token op, Node *x) {
	UnaryExpr *u = NEW_NODE(p->arena, UnaryExpr, pos);
	u->op = op;
	u->x = x;
	return &u->node;
}

Node *new_star(Parser *p, Pos pos, Node *x) {
	StarExpr *s = NEW_NODE(p->arena, StarExpr, pos);
	s->x = x;
	return &s->node;
}

/* ---- declarations ---- */

/* ImportSpec = [ "." | PackageName ] ImportPath . */
static void parse_import_spec(Parser *p) {
	ImportSpec *spec = NEW_NODE(p->arena, ImportSpec, cur_pos(p));
	list_push(p, spec);
	if (at(p, TOK_IDENT)) {
		spec->name = &parse_name(p)->node;
	} else if (at(p, TOK_PERIOD)) {
		spec->name = &new_name(p, cur_pos(p), ".")->node;
		next(p);
	}
	Pos pos = cur_pos(p);
	if (at(p, TOK_STRING)) {
		spec->path = new_lit(p);
	} else if (token_is_literal(tok(p)) && !at(p, TOK_IDENT)) {
		error_syntax(p, pos, "import path must be a string");
		next(p);
	} else {
		error_syntax(p, pos, "missing import path");
		skip_to(p, TS(SEMICOLON) | TS(RPAREN));
	}
	if (spec->path == NULL)
		spec->path = bad_expr(p, pos);
}

/* ConstSpec = IdentifierList [ [ Type ] "=" ExpressionList ] . */
static void parse_const_spec(Parser *p, uint32_t iota) {
	ValueSpec *spec = NEW_NODE(p->arena, ValueSpec, cur_pos(p));
	list_push(p, spec);
	spec->iota = iota;
	spec->names = parse_names(p, NULL);
	if (at(p, TOK_EOF) || at(p, TOK_SEMICOLON) || at(p, TOK_RPAREN))
		return;
	spec->type = parse_type_or_null(p);
	if (got_assign(p))
		spec->values = parse_expr_list(p);
}

/* VarSpec = IdentifierList ( Type [ "=" ExpressionList ] | "=" ExpressionList ) . */
static void parse_var_spec(Parser *p) {
	ValueSpec *spec = NEW_NODE(p->arena, ValueSpec, cur_pos(p));
	list_push(p, spec);
	spec->names = parse_names(p, NULL);
	if (got_assign(p)) {
		spec->values = parse_expr_list(p);
		return;
	}
	spec->type = parse_type(p);
	if (got_assign(p))
		spec->values = parse_expr_list(p);
}

/* Contains something that can only be a type, so that "P * x" or "P (x)" declares a type parameter. */
static bool is_type_elem(const Node *x) {
	for (;;) {
		if (is_type_syntax(x))
			return true;
		if (x->kind == NODE_BINARY) {
			const BinaryExpr *b = (const BinaryExpr *)x;
			if (is_type_elem(b->y))
				return true;
			x = b->x;
		} else if (x->kind == NODE_UNARY) {
			if (((const UnaryExpr *)x)->op == TOK_TILDE)
				return true;
			x = ((const UnaryExpr *)x)->x;
		} else if (x->kind == NODE_STAR) {
			x = ((const StarExpr *)x)->x;
		} else if (x->kind == NODE_PAREN) {
			x = ((const ParenExpr *)x)->x;
		} else {
			return false;
		}
	}
}

/* Splits what was parsed as an expression behind "type T[" into the name and the constraint of a first type parameter:
 * P *C, P (C), P *C|D. force: a comma follows, so that it cannot be an array length. Returns NULL if it is none;
 * otherwise *constraint is NULL when x is a name only. */
static Ident *split_type_param(Parser *p, Node *x, bool force, Node **constraint) {
	*constraint = NULL;
	if (x->kind == NODE_IDENT)
		return (Ident *)x;
	if (x->kind == NODE_CALL) {
		CallExpr *call = (CallExpr *)x;
		if (call->fun->kind != NODE_IDENT || call->args.len != 1 || call->ellipsis != 0 ||
		    !(force || is_type_elem(call->args.items[0])))
			return NULL;
		ParenExpr *paren = NEW_NODE(p->arena, ParenExpr, ast_end(call->fun));
		paren->x = call->args.items[0];
		*constraint = &paren->node;
		return (Ident *)call->fun;
	}
	if (x->kind != NODE_BINARY)
		return NULL;
	BinaryExpr *b = (BinaryExpr *)x;
	if (b->op == TOK_MUL && b->x->kind == NODE_IDENT && (force || is_type_elem(b->y))) {
		*constraint = new_star(p, b->op_pos, b->y);
		return (Ident *)b->x;
	}
	if (b->op != TOK_OR)
		return NULL;
	Node *left;
	Ident *name = split_type_param(p, b->x, force || is_type_elem(b->y), &left);
	if (name == NULL || left == NULL)
		return NULL;
	*constraint = new_binary(p, left, TOK_OR, b->op_pos, b->y);
	return name;
}

/* Behind "type T [": a type parameter list or an array or slice type. The two are told apart only by what follows. */
static void parse_type_spec_bracket(Parser *p, TypeSpec *spec, Pos lbrack) {
	if (!at(p, TOK_IDENT)) {
		spec->type = parse_array_type(p, lbrack, NULL, false);
		return;
	}
	Node *x = &parse_name(p)->node;
	if (!at(p, TOK_LBRACK)) {
		p->expr_lev++;
		x = parse_binary(p, parse_primary(p, x), 0);
		p->expr_lev--;
	}
	Node *constraint;
	Ident *name = split_type_param(p, x, at(p, TOK_COMMA), &constraint);
	if (name == NULL || (constraint == NULL && at(p, TOK_RBRACK))) {
		spec->type = parse_array_type(p, lbrack, x, true);
		return;
	}
	spec->type_params = parse_params(p, TOK_RBRACK, name, constraint);
	spec->is_alias = got_assign(p);
	spec->type = parse_type_or_null(p);
}

/* TypeSpec = identifier [ TypeParameters ] [ "=" ] Type . */
static void parse_type_spec(Parser *p) {
	TypeSpec *spec = NEW_NODE(p->arena, TypeSpec, cur_pos(p));
	list_push(p, spec);
	spec->name = parse_name(p);
	Pos pos = cur_pos(p);
	if (got(p, TOK_LBRACK)) {
		parse_type_spec_bracket(p, spec, pos);
	} else {
		spec->is_alias = got_assign(p);
		spec->type = parse_type_or_null(p);
	}
	if (spec->type == NULL) {
		spec->type = bad_expr(p, cur_pos(p));
		error_unexpected(p, "in type declaration");
		skip_to(p, TS(SEMICOLON) | TS(RPAREN));
	}
}

static void parse_spec(Parser *p, Token keyword, uint32_t iota) {
	if (keyword == TOK_CONST)
		parse_const_spec(p, iota);
	else if (keyword == TOK_VAR)
		parse_var_spec(p);
	else if (keyword == TOK_TYPE)
		parse_type_spec(p);
	else
		parse_import_spec(p);
}

/* Decl = keyword ( Spec | "(" { Spec ";" } ")" ) . Written out instead of using parse_list, which has no place for the
 * counter of constants. */
GenDecl *parse_gen_decl(Parser *p) {
	GenDecl *decl = NEW_NODE(p->arena, GenDecl, cur_pos(p));
	decl->op = tok(p);
	next(p);
	uint32_t begin = list_begin(p);
	if (!got(p, TOK_LPAREN)) {
		parse_spec(p, decl->op, 0);
		decl->specs = list_end(p, begin);
		return decl;
	}
	decl->grouped = true;
	for (uint32_t iota = 0; !at(p, TOK_EOF) && !at(p, TOK_RPAREN); iota++) {
		parse_spec(p, decl->op, iota);
		if (got(p, TOK_SEMICOLON) || at(p, TOK_RPAREN))
			continue;
		error_unexpected(p, "in grouped declaration; possibly missing semicolon or newline or )");
		skip_to(p, TS(RPAREN) | TS(RBRACK) | TS(RBRACE));
		if (!at(p, TOK_RPAREN)) {
			decl->specs = list_end(p, begin);
			return decl;
		}
	}
	want(p, TOK_RPAREN);
	decl->specs = list_end(p, begin);
	return decl;
}

static Node *parse_receiver(Parser *p) {
	Pos pos = cur_pos(p);
	want(p, TOK_LPAREN);
	NodeList fields = parse_params(p, TOK_RPAREN, NULL, NULL);
	if (fields.len == 0) {
		error_plain(p, cur_pos(p), "method has no receiver");
		Field *field = NEW_NODE(p->arena, Field, pos);
		field->type = bad_expr(p, pos);
		return &field->node;
	}
	if (fields.len > 1 || ((Field *)fields.items[0])->names.len > 1)
		error_plain(p, cur_pos(p), "method has multiple receivers");
	return fields.items[0];
}

/* The body of a top-level function, or only its place. */
static void parse_decl_body(Parser *p, FuncDecl *decl) {
	Pos lbrace = cur_pos(p);
	if (p->options.lazy_bodies && lexer_skip_block(&p->lx)) {
		decl->lazy = ARENA_NEW(p->arena, LazyBody);
		*decl->lazy = (LazyBody){p->source, lbrace, lexer_end_pos(&p->lx)};
		next(p);
		return;
	}
	decl->body = &parse_func_body(p)->node;
}

/* FunctionDecl = "func" [ Receiver ] identifier [ TypeParameters ] Signature [ Body ] . */
static FuncDecl *parse_func_decl(Parser *p) {
	FuncDecl *decl = NEW_NODE(p->arena, FuncDecl, cur_pos(p));
	next(p);
	bool method = at(p, TOK_LPAREN);
	if (method)
		decl->recv = parse_receiver(p);
	if (at(p, TOK_IDENT)) {
		decl->name = parse_name(p);
		decl->type = &parse_signature(p, decl->node.pos, NULL)->node;
	} else {
		decl->name = new_name(p, cur_pos(p), "_");
		decl->type = &NEW_NODE(p->arena, FuncType, decl->node.pos)->node;
		error_expected(p, method ? "name" : "name or (");
		skip_to(p, TS(LBRACE) | TS(SEMICOLON));
	}
	if (at(p, TOK_LBRACE))
		parse_decl_body(p, decl);
	return decl;
}

/* ---- files ---- */

static GenDecl *parse_import_decl(Parser *p) {
	GenDecl *decl = parse_gen_decl(p);
	for (uint32_t i = 0; i < decl->specs.len; i++)
		VEC_PUSH(p->arena, &p->imports, decl->specs.items[i]);
	return decl;
}

static bool is_empty_func(Parser *p, uint32_t begin) {
	if (p->pending.len == begin)
		return false;
	const Node *last = p->pending.items[p->pending.len - 1];
	return last->kind == NODE_FUNC_DECL && ((const FuncDecl *)last)->body == NULL &&
	       ((const FuncDecl *)last)->lazy == NULL;
}

static const TokenSet decl_starts = TS(IMPORT) | TS(CONST) | TS(TYPE) | TS(VAR) | TS(FUNC);

/* SourceFile = PackageClause ";" { ImportDecl ";" } { TopLevelDecl ";" } . */
static void parse_package_file(Parser *p, File *file) {
	uint32_t errors = p->set->error_count;
	next(p);
	file->package_name = parse_name(p);
	want(p, TOK_SEMICOLON);
	if (p->set->error_count != errors)
		return; /* this is no Go file */
	uint32_t begin = list_begin(p);
	bool importing = true;
	while (!at(p, TOK_EOF)) {
		if (at(p, TOK_IMPORT) && !importing)
			error_syntax(p, cur_pos(p), "imports must appear before other declarations");
		importing = at(p, TOK_IMPORT);
		if (at(p, TOK_FUNC)) {
			list_push(p, parse_func_decl(p));
		} else if ((decl_starts >> tok(p) & 1) != 0) {
			list_push(p, at(p, TOK_IMPORT) ? parse_import_decl(p) : parse_gen_decl(p));
		} else {
			bool stray_body = at(p, TOK_LBRACE) && is_empty_func(p, begin);
			error_syntax(p, cur_pos(p), stray_body ? "unexpected semicolon or newline before {"
			                                       : "non-declaration statement outside function body");
			skip_to(p, decl_starts);
			continue;
		}
		if (!at(p, TOK_EOF) && !got(p, TOK_SEMICOLON)) {
			error_unexpected(p, "after top level declaration");
			skip_to(p, decl_starts);
		}
	}
	file->decls = list_end(p, begin);
}

void skip_brackets(Lexer *lx, uint32_t tokens) {
	int depth = 0;
	do {
		depth += lx->tok == TOK_LPAREN || lx->tok == TOK_LBRACK || lx->tok == TOK_LBRACE;
		depth -= lx->tok == TOK_RPAREN || lx->tok == TOK_RBRACK || lx->tok == TOK_RBRACE;
		lexer_next(lx);
	} while (depth > 0 && lx->tok != TOK_EOF && --tokens > 0);
}

/* In a script "func" may begin a declaration or a function literal that is called on the spot.
 *   func f(...), func (recv) m(...), func (recv) m[P any](...)   declare
 *   func (...) {, func (...) T {, func (...) T[A] {              do not */
static bool is_func_decl(const Parser *p) {
	Lexer ahead = p->lx;
	ahead.muted = true;
	lexer_next(&ahead);
	if (ahead.tok != TOK_LPAREN)
		return true;
	skip_brackets(&ahead, UINT32_MAX);
	if (ahead.tok != TOK_IDENT)
		return false;
	lexer_next(&ahead);
	if (ahead.tok == TOK_LBRACK)
		skip_brackets(&ahead, UINT32_MAX);
	return ahead.tok == TOK_LPAREN;
}

/* Script = { ( ImportDecl | FunctionDecl | MethodDecl | Statement ) ";" } . Declarations of functions and imports come
 * first in the tree, wherever they stand; everything else keeps its order. */
static void parse_script(Parser *p, File *file) {
	file->is_script = true;
	p->func_depth = 1; /* recovery stops at statements, as in a function */
	VEC(Node *) decls = {0};
	uint32_t begin = list_begin(p);
	while (!at(p, TOK_EOF)) {
		if (at(p, TOK_FUNC) && is_func_decl(p)) {
			FuncDecl *decl = parse_func_decl(p);
			VEC_PUSH(p->arena, &decls, &decl->node);
		} else if (at(p, TOK_IMPORT)) {
			GenDecl *decl = parse_import_decl(p);
			VEC_PUSH(p->arena, &decls, &decl->node);
		} else {
			Node *s = parse_stmt_or_null(p);
			if (s == NULL) {
				error_unexpected(p, "at top level");
				skip_one(p);
				skip_to(p, decl_starts | TS(SEMICOLON));
				got(p, TOK_SEMICOLON);
				continue;
			} else if (s->kind != NODE_EMPTY_STMT) {
				list_push(p, s);
			}
		}
		if (!at(p, TOK_EOF))
			end_of_stmt(p);
	}
	file->stmts = list_end(p, begin);
	file->decls = (NodeList){decls.items, decls.len};
}

static void parser_init(Parser *p, SourceSet *set, Interner *in, Arena *arena, SourceFile *source, uint32_t offset) {
	*p = (Parser){.set = set, .in = in, .arena = arena, .source = source, .first_error = set->error_count};
	lexer_init(&p->lx, set, source, in, offset);
}

File *parser_parse_file(SourceSet *set, Interner *in, Arena *arena, SourceFile *source, ParseOptions options) {
	Parser p;
	parser_init(&p, set, in, arena, source, 0);
	p.options = options;
	lexer_check_encoding(&p.lx);
	File *file = NEW_NODE(arena, File, source->base);
	file->source = source;
	next(&p);
	file->go_version = p.lx.go_version;
	if (at(&p, TOK_PACKAGE))
		parse_package_file(&p, file);
	else if (options.allow_script)
		parse_script(&p, file);
	else
		error_syntax(&p, cur_pos(&p), "package statement must be first");
	file->imports = (NodeList){p.imports.items, p.imports.len};
	return file;
}

bool parser_parse_body(SourceSet *set, Interner *in, Arena *arena, FuncDecl *decl) {
	assert(decl->lazy != NULL);
	Parser p;
	SourceFile *source = decl->lazy->source;
	parser_init(&p, set, in, arena, source, decl->lazy->lbrace - source->base);
	next(&p);
	decl->body = &parse_func_body(&p)->node;
	decl->lazy = NULL;
	return !has_errors(&p);
}

/* ---- unfinished text ---- */

/* Whether a statement may end behind this token: exactly where a newline becomes a semicolon. */
static bool ends_statement(const Lexer *lx) {
	return lx->semi || lx->tok == TOK_SEMICOLON;
}

static bool scan_incomplete(Lexer *lx, Arena *arena) {
	VEC(uint8_t) open = {0};
	bool finished = true;
	for (;;) {
		lexer_next(lx);
		Token t = lx->tok;
		if (t == TOK_EOF)
			break;
		if (t == TOK_SEMICOLON && lx->lit.ptr[0] != 's') /* implied: what came before it decided */
			continue;
		finished = ends_statement(lx);
		if (t == TOK_LPAREN || t == TOK_LBRACK || t == TOK_LBRACE) {
			VEC_PUSH(arena, &open, (uint8_t)t);
		} else if (t == TOK_RPAREN || t == TOK_RBRACK || t == TOK_RBRACE) {
			if (open.len == 0 || open.items[open.len - 1] + 1 != (int)t)
				return false; /* an error, and more text cannot mend it */
			open.len--;
		}
	}
	return open.len > 0 || !finished || lx->cut_off;
}

bool parser_is_incomplete(const Mem *host, const char *text, size_t len) {
	_Static_assert(TOK_RPAREN == TOK_LPAREN + 1 && TOK_RBRACK == TOK_LBRACK + 1 && TOK_RBRACE == TOK_LBRACE + 1,
	               "a closing bracket follows its opening one");
	Mem mem;
	Arena arena;
	SourceSet set;
	Interner in;
	mem_init(&mem, host->hook, host->user);
	arena_init(&arena, &mem);
	source_init(&set, &arena);
	interner_init(&in, &arena);
	SourceFile *file = source_add(&set, "", text, len);
	bool incomplete = false;
	if (file != NULL) {
		Lexer lx;
		lexer_init(&lx, &set, file, &in, 0);
		lx.muted = true;
		incomplete = scan_incomplete(&lx, &arena);
	}
	arena_deinit(&arena);
	return incomplete;
}
