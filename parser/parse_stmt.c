/* SPDX-License-Identifier: MIT */
/* parse_stmt.c: statements.
 *
 * Rules: a statement does not take the semicolon behind it; parse_stmt_list does. The header of if, for and switch is
 * read as simple statements first and taken apart afterwards, because only the "{" tells a condition from an
 * initialization.
 * See: tests/unit/test_parser.c. */
#include "parser/parser_internal.h"

#include <stdio.h>

/* ---- simple statements ---- */

typedef enum SimpleContext {
	SIMPLE_PLAIN,
	SIMPLE_FOR, /* a range clause may stand here */
} SimpleContext;

/* What is left of the range clause behind "range". */
static Node *finish_range(Parser *p, Pos pos, NodeList lhs, Token op, Pos op_pos) {
	RangeStmt *s = NEW_NODE(p->arena, RangeStmt, pos);
	next(p);
	if (lhs.len > 2)
		error_plain(p, lhs.items[2]->pos, "range clause permits at most two iteration variables");
	s->key = lhs.len > 0 ? lhs.items[0] : NULL;
	s->value = lhs.len > 1 ? lhs.items[1] : NULL;
	s->op = op;
	s->op_pos = op_pos;
	s->x = parse_expr(p);
	return &s->node;
}

static Node *new_expr_stmt(Parser *p, Node *x) {
	ExprStmt *s = NEW_NODE(p->arena, ExprStmt, x->pos);
	s->x = x;
	return &s->node;
}

static Node *finish_assign(Parser *p, NodeList lhs, SimpleContext context) {
	Token op = tok(p);
	Pos op_pos = cur_pos(p);
	next(p);
	if (context == SIMPLE_FOR && at(p, TOK_RANGE) && (op == TOK_ASSIGN || op == TOK_DEFINE))
		return finish_range(p, lhs.items[0]->pos, lhs, op, op_pos);
	AssignStmt *s = NEW_NODE(p->arena, AssignStmt, lhs.items[0]->pos);
	s->lhs = lhs;
	s->op = op;
	s->op_pos = op_pos;
	s->rhs = op == TOK_ASSIGN || op == TOK_DEFINE ? parse_expr_list(p) : list_of(p, parse_expr(p));
	return &s->node;
}

static bool is_assign_op(Token t) {
	return t >= TOK_ADD_ASSIGN && t <= TOK_AND_NOT_ASSIGN;
}

/* SimpleStmt = ExpressionStmt | SendStmt | IncDecStmt | Assignment | ShortVarDecl . lhs: already parsed, or empty. */
static Node *parse_simple(Parser *p, NodeList lhs, SimpleContext context) {
	if (context == SIMPLE_FOR && at(p, TOK_RANGE))
		return finish_range(p, cur_pos(p), (NodeList){0}, TOK_NONE, 0);
	if (lhs.len == 0)
		lhs = parse_expr_list(p);
	Node *x = lhs.items[0];
	if (at(p, TOK_ASSIGN) || at(p, TOK_DEFINE))
		return finish_assign(p, lhs, context);
	if (lhs.len > 1) {
		error_expected(p, ":= or = or comma");
		skip_to(p, TS(SEMICOLON) | TS(RBRACE));
		return new_expr_stmt(p, x);
	}
	if (is_assign_op(tok(p)))
		return finish_assign(p, lhs, context);
	if (at(p, TOK_INC) || at(p, TOK_DEC)) {
		IncDecStmt *s = NEW_NODE(p->arena, IncDecStmt, x->pos);
		s->x = x;
		s->op = tok(p);
		next(p);
		return &s->node;
	}
	if (at(p, TOK_ARROW)) {
		SendStmt *s = NEW_NODE(p->arena, SendStmt, x->pos);
		s->chan = x;
		s->arrow = cur_pos(p);
		next(p);
		s->value = parse_expr(p);
		return &s->node;
	}
	return new_expr_stmt(p, x);
}

/* ---- blocks ---- */

NodeList parse_stmt_list(Parser *p) {
	uint32_t begin = list_begin(p);
	while (!at(p, TOK_EOF) && !at(p, TOK_RBRACE) && !at(p, TOK_CASE) && !at(p, TOK_DEFAULT)) {
		Node *s = parse_stmt_or_null(p);
		if (s == NULL)
			break;
		if (s->kind != NODE_EMPTY_STMT) /* nobody wants to see them */
			list_push(p, s);
		end_of_stmt(p);
	}
	return list_end(p, begin);
}

bool end_of_stmt(Parser *p) {
	if (got(p, TOK_SEMICOLON) || at(p, TOK_RBRACE)) /* ";" may be left out before "}" */
		return true;
	error_unexpected(p, "at end of statement");
	skip_to(p, TS(SEMICOLON) | TS(RBRACE) | TS(CASE) | TS(DEFAULT));
	got(p, TOK_SEMICOLON);
	return false;
}

/* Block = "{" StatementList "}" . */
BlockStmt *parse_block(Parser *p, const char *context) {
	BlockStmt *block = NEW_NODE(p->arena, BlockStmt, cur_pos(p));
	if (!got(p, TOK_LBRACE)) {
		char what[64];
		snprintf(what, sizeof what, "{ after %s", context != NULL ? context : "statement");
		error_expected(p, what);
		skip_to(p, TS(IDENT) | TS(RBRACE));
		block->rbrace = cur_pos(p);
		if (got(p, TOK_RBRACE))
			return block;
	}
	p->func_depth++;
	block->stmts = parse_stmt_list(p);
	p->func_depth--;
	block->rbrace = cur_pos(p);
	want(p, TOK_RBRACE);
	return block;
}

BlockStmt *parse_func_body(Parser *p) {
	int32_t outer_lev = p->expr_lev;
	bool outer_allowed = p->guard_allowed;
	Node *outer_guard = p->guard;
	p->expr_lev = 0;
	p->guard_allowed = false;
	p->guard = NULL;
	BlockStmt *body = parse_block(p, "function signature");
	p->expr_lev = outer_lev;
	p->guard_allowed = outer_allowed;
	p->guard = outer_guard;
	return body;
}

/* ---- headers of if, for and switch ---- */

typedef struct Header {
	Node *init, *cond, *post; /* statements; cond of for and switch may be NULL */
	Pos semi_pos;             /* of the ";" behind init; 0 if there was none */
	bool semi_is_newline;
	bool is_bad; /* an error was reported: what is missing is no further error */
} Header;

static void header_semicolon(Parser *p, Header *h) {
	h->semi_pos = cur_pos(p);
	h->semi_is_newline = p->lx.lit.ptr[0] != 's';
	next(p);
}

/* Behind "init ;" in a for header: cond ; post. */
static void parse_for_rest(Parser *p, Header *h) {
	if (!at(p, TOK_SEMICOLON)) {
		if (at(p, TOK_LBRACE)) {
			error_expected(p, "for loop condition");
			return;
		}
		h->cond = parse_simple(p, (NodeList){0}, SIMPLE_PLAIN);
	}
	want(p, TOK_SEMICOLON);
	if (at(p, TOK_LBRACE))
		return;
	h->post = parse_simple(p, (NodeList){0}, SIMPLE_PLAIN);
	if (h->post->kind == NODE_ASSIGN_STMT && ((AssignStmt *)h->post)->op == TOK_DEFINE)
		error_syntax(p, ((AssignStmt *)h->post)->op_pos, "cannot declare in post statement of for loop");
}

/* Behind the keyword. The result's cond is a statement, or NULL. */
static void parse_header(Parser *p, Token keyword, Header *h) {
	if (at(p, TOK_LBRACE))
		return;
	SimpleContext context = keyword == TOK_FOR ? SIMPLE_FOR : SIMPLE_PLAIN;
	if (!at(p, TOK_SEMICOLON)) {
		if (got(p, TOK_VAR))
			error_syntax(p, cur_pos(p), "var declaration not allowed in %s initializer",
			             token_spelling(keyword));
		h->init = parse_simple(p, (NodeList){0}, context);
		if (h->init->kind == NODE_RANGE_STMT)
			return;
	}
	if (at(p, TOK_LBRACE)) {
		h->cond = h->init;
		h->init = NULL;
		return;
	}
	if (at(p, TOK_SEMICOLON)) {
		header_semicolon(p, h);
	} else {
		want(p, TOK_LBRACE); /* more helpful than asking for a semicolon */
		skip_to(p, TS(LBRACE) | TS(RBRACE));
		h->is_bad = true;
	}
	if (keyword == TOK_FOR)
		parse_for_rest(p, h);
	else if (!at(p, TOK_LBRACE))
		h->cond = parse_simple(p, (NodeList){0}, SIMPLE_PLAIN);
}

static void parse_header_of(Parser *p, Token keyword, Header *h) {
	int32_t outer = p->expr_lev;
	p->expr_lev = -1;
	parse_header(p, keyword, h);
	p->expr_lev = outer;
}

static void print_operand(const Node *x, Buf *out) {
	bool binary = x->kind == NODE_BINARY;
	buf_puts(out, binary ? "(" : "");
	ast_print_expr(x, out);
	buf_puts(out, binary ? ")" : "");
}

/* "if x = 5": name the mistake. */
static COLD void report_stmt_as_value(Parser *p, Node *s) {
	Buf text;
	buf_init(&text, p->arena->mem);
	AssignStmt *assign = (AssignStmt *)s;
	Pos pos = s->kind == NODE_ASSIGN_STMT   ? assign->op_pos
	          : s->kind == NODE_SEND_STMT   ? ((SendStmt *)s)->arrow
	          : s->kind == NODE_INC_DEC_STMT ? ast_end(s) - 2
	                                         : s->pos;
	if (s->kind == NODE_ASSIGN_STMT && assign->op == TOK_ASSIGN && assign->lhs.len == 1 && assign->rhs.len == 1) {
		buf_puts(&text, "assignment ");
		print_operand(assign->lhs.items[0], &text);
		buf_puts(&text, " = ");
		print_operand(assign->rhs.items[0], &text);
	} else {
		ast_print(s, &text);
	}
	error_syntax(p, pos, "cannot use %s as value", buf_cstr(&text));
	buf_deinit(&text);
}

/* The expression that a header's cond statement stands for. */
static Node *header_expr(Parser *p, Node *s) {
	if (s == NULL)
		return NULL;
	if (s->kind == NODE_EXPR_STMT)
		return ((ExprStmt *)s)->x;
	report_stmt_as_value(p, s);
	return bad_expr(p, s->pos);
}

/* ---- if ---- */

static Node *missing_condition(Parser *p, const Header *h) {
	if (h->is_bad)
		return bad_expr(p, cur_pos(p));
	if (h->semi_pos == 0)
		error_syntax(p, cur_pos(p), "missing condition in if statement");
	else if (h->semi_is_newline)
		error_syntax(p, h->semi_pos, "unexpected newline, expected { after if clause");
	else
		error_syntax(p, h->semi_pos, "missing condition in if statement");
	return bad_expr(p, cur_pos(p));
}

/* IfStmt = "if" [ SimpleStmt ";" ] Expression Block [ "else" ( IfStmt | Block ) ] . */
static Node *parse_if(Parser *p) {
	uint32_t outer = nest_begin(p);
	IfStmt *s = NEW_NODE(p->arena, IfStmt, cur_pos(p));
	next(p);
	Header h = {0};
	parse_header_of(p, TOK_IF, &h);
	s->init = h.init;
	s->cond = h.cond != NULL ? header_expr(p, h.cond) : missing_condition(p, &h);
	s->then = &parse_block(p, "if clause")->node;
	if (got(p, TOK_ELSE)) {
		if (at(p, TOK_IF)) {
			s->else_ = parse_if(p);
		} else if (at(p, TOK_LBRACE)) {
			s->else_ = &parse_block(p, NULL)->node;
		} else {
			error_syntax(p, cur_pos(p), "else must be followed by if or statement block");
			skip_to(p, TS(IDENT) | TS(RBRACE));
		}
	}
	nest_end(p, outer);
	return &s->node;
}

/* ---- for ---- */

/* ForStmt = "for" [ Condition | ForClause | RangeClause ] Block . */
static Node *parse_for(Parser *p) {
	Pos pos = cur_pos(p);
	next(p);
	Header h = {0};
	parse_header_of(p, TOK_FOR, &h);
	if (h.init != NULL && h.init->kind == NODE_RANGE_STMT) {
		RangeStmt *range = (RangeStmt *)h.init;
		range->node.pos = pos;
		range->body = &parse_block(p, "for clause")->node;
		return &range->node;
	}
	ForStmt *s = NEW_NODE(p->arena, ForStmt, pos);
	s->init = h.init;
	s->cond = header_expr(p, h.cond);
	s->post = h.post;
	s->body = &parse_block(p, "for clause")->node;
	return &s->node;
}

/* ---- switch ---- */

/* CaseClause = ( "case" ExpressionList | "default" ) ":" StatementList . */
static Node *parse_case_clause(Parser *p) {
	CaseClause *clause = NEW_NODE(p->arena, CaseClause, cur_pos(p));
	if (got(p, TOK_CASE)) {
		clause->exprs = parse_expr_list(p);
	} else if (got(p, TOK_DEFAULT)) {
		clause->is_default = true;
	} else {
		error_expected(p, "case or default or }");
		skip_to(p, TS(COLON) | TS(CASE) | TS(DEFAULT) | TS(RBRACE));
	}
	clause->colon = cur_pos(p);
	want(p, TOK_COLON);
	clause->body = parse_stmt_list(p);
	return &clause->node;
}

/* "{" clauses "}" of a switch or select; clause parses one of them. */
static NodeList parse_clauses(Parser *p, const char *keyword, Node *(*clause)(Parser *p), Pos *rbrace) {
	uint32_t begin = list_begin(p);
	if (!got(p, TOK_LBRACE)) {
		error_syntax(p, cur_pos(p), "missing { after %s clause", keyword);
		skip_to(p, TS(CASE) | TS(DEFAULT) | TS(RBRACE));
	}
	p->func_depth++;
	while (!at(p, TOK_EOF) && !at(p, TOK_RBRACE))
		list_push(p, clause(p));
	p->func_depth--;
	*rbrace = cur_pos(p);
	want(p, TOK_RBRACE);
	return list_end(p, begin);
}

/* The cond of a switch header as [ name ":=" ] x.(type): the guard, and the name in *bind. NULL if it is none. */
static TypeAssertExpr *as_type_guard(const Parser *p, const Node *s, Ident **bind) {
	*bind = NULL;
	const Node *x = NULL;
	if (s != NULL && s->kind == NODE_EXPR_STMT) {
		x = ((const ExprStmt *)s)->x;
	} else if (s != NULL && s->kind == NODE_ASSIGN_STMT) {
		const AssignStmt *assign = (const AssignStmt *)s;
		if (assign->op != TOK_DEFINE || assign->lhs.len != 1 || assign->rhs.len != 1 ||
		    assign->lhs.items[0]->kind != NODE_IDENT)
			return NULL;
		*bind = (Ident *)assign->lhs.items[0];
		x = assign->rhs.items[0];
	}
	return x != NULL && x == p->guard ? (TypeAssertExpr *)x : NULL;
}

/* SwitchStmt = "switch" [ SimpleStmt ";" ] [ Expression | TypeSwitchGuard ] "{" { CaseClause } "}" . */
static Node *parse_switch(Parser *p) {
	Pos pos = cur_pos(p);
	next(p);
	bool outer_allowed = p->guard_allowed;
	Node *outer_guard = p->guard;
	p->guard_allowed = true;
	p->guard = NULL;
	Header h = {0};
	parse_header_of(p, TOK_SWITCH, &h);
	Ident *bind;
	TypeAssertExpr *guard = as_type_guard(p, h.cond, &bind);
	Node *stray = guard == NULL ? p->guard : NULL;
	p->guard_allowed = outer_allowed;
	p->guard = outer_guard;
	if (guard != NULL) {
		TypeSwitchStmt *s = NEW_NODE(p->arena, TypeSwitchStmt, pos);
		s->init = h.init;
		s->bind = bind;
		s->x = guard->x;
		s->clauses = parse_clauses(p, "switch", parse_case_clause, &s->rbrace);
		return &s->node;
	}
	SwitchStmt *s = NEW_NODE(p->arena, SwitchStmt, pos);
	s->init = h.init;
	s->tag = header_expr(p, h.cond);
	if (stray != NULL)
		error_syntax(p, stray->pos, "use of .(type) outside type switch");
	s->clauses = parse_clauses(p, "switch", parse_case_clause, &s->rbrace);
	return &s->node;
}

/* ---- select ---- */

/* CommClause = ( "case" ( SendStmt | RecvStmt ) | "default" ) ":" StatementList . Whether the statement is one of these is for the checker
 * to say. */
static Node *parse_comm_clause(Parser *p) {
	CommClause *clause = NEW_NODE(p->arena, CommClause, cur_pos(p));
	if (got(p, TOK_CASE)) {
		clause->comm = parse_simple(p, (NodeList){0}, SIMPLE_PLAIN);
	} else if (!got(p, TOK_DEFAULT)) {
		error_expected(p, "case or default or }");
		skip_to(p, TS(COLON) | TS(CASE) | TS(DEFAULT) | TS(RBRACE));
	}
	clause->colon = cur_pos(p);
	want(p, TOK_COLON);
	clause->body = parse_stmt_list(p);
	return &clause->node;
}

/* SelectStmt = "select" "{" { CommClause } "}" . */
static Node *parse_select(Parser *p) {
	SelectStmt *s = NEW_NODE(p->arena, SelectStmt, cur_pos(p));
	next(p);
	s->clauses = parse_clauses(p, "select", parse_comm_clause, &s->rbrace);
	return &s->node;
}

/* ---- go, defer, return, branches, labels ---- */

/* The call of "go" and "defer"; that it is one is for the checker to say. */
static Node *parse_started_call(Parser *p, const char *keyword) {
	Node *x = parse_primary(p, NULL);
	Node *call = ast_unparen(x);
	if (call != x)
		error_plain(p, x->pos, "expression in %s must not be parenthesized", keyword);
	return call;
}

static Node *parse_go(Parser *p) {
	GoStmt *s = NEW_NODE(p->arena, GoStmt, cur_pos(p));
	next(p);
	s->call = parse_started_call(p, "go");
	return &s->node;
}

static Node *parse_defer(Parser *p) {
	DeferStmt *s = NEW_NODE(p->arena, DeferStmt, cur_pos(p));
	next(p);
	s->call = parse_started_call(p, "defer");
	return &s->node;
}

static Node *parse_return(Parser *p) {
	ReturnStmt *s = NEW_NODE(p->arena, ReturnStmt, cur_pos(p));
	next(p);
	if (!at(p, TOK_SEMICOLON) && !at(p, TOK_RBRACE) && !at(p, TOK_EOF))
		s->results = parse_expr_list(p);
	return &s->node;
}

/* break, continue [label]; goto label; fallthrough. */
static Node *parse_branch(Parser *p) {
	BranchStmt *s = NEW_NODE(p->arena, BranchStmt, cur_pos(p));
	s->op = tok(p);
	next(p);
	if (s->op == TOK_GOTO || (s->op != TOK_FALLTHROUGH && at(p, TOK_IDENT)))
		s->label = parse_name(p);
	return &s->node;
}

static Node *new_empty_stmt(Parser *p, bool implicit) {
	EmptyStmt *s = NEW_NODE(p->arena, EmptyStmt, cur_pos(p));
	s->implicit = implicit;
	return &s->node;
}

/* LabeledStmt = Label ":" Statement . The statement may be left out before "}". */
static Node *parse_labeled(Parser *p, Ident *label) {
	LabeledStmt *s = NEW_NODE(p->arena, LabeledStmt, label->node.pos);
	Pos colon = cur_pos(p);
	next(p);
	s->label = label;
	s->stmt = at(p, TOK_RBRACE) ? new_empty_stmt(p, true) : parse_stmt_or_null(p);
	if (s->stmt == NULL) {
		error_syntax(p, colon, "missing statement after label");
		return NULL; /* ends the statement list, so that a "case" here is no second error */
	}
	return &s->node;
}

/* ---- statements ---- */

static Node *parse_decl_stmt(Parser *p) {
	DeclStmt *s = NEW_NODE(p->arena, DeclStmt, cur_pos(p));
	s->decl = &parse_gen_decl(p)->node;
	return &s->node;
}

static Node *parse_name_stmt(Parser *p) {
	NodeList lhs = parse_expr_list(p);
	if (at(p, TOK_COLON) && lhs.len == 1 && lhs.items[0]->kind == NODE_IDENT)
		return parse_labeled(p, (Ident *)lhs.items[0]);
	return parse_simple(p, lhs, SIMPLE_PLAIN);
}

static Node *parse_stmt_here(Parser *p) {
	switch (tok(p)) {
	case TOK_IDENT:
		return parse_name_stmt(p);
	case TOK_VAR:
	case TOK_CONST:
	case TOK_TYPE:
		return parse_decl_stmt(p);
	case TOK_LBRACE:
		return &parse_block(p, NULL)->node;
	case TOK_INT: case TOK_FLOAT: case TOK_IMAG: case TOK_CHAR: case TOK_STRING: /* operands */
	case TOK_FUNC: case TOK_LPAREN:
	case TOK_LBRACK: case TOK_STRUCT: case TOK_MAP: case TOK_CHAN: case TOK_INTERFACE: /* literals of such types */
	case TOK_ADD: case TOK_SUB: case TOK_MUL: case TOK_AND: case TOK_XOR: case TOK_TILDE: case TOK_NOT:
	case TOK_ARROW:
		return parse_simple(p, (NodeList){0}, SIMPLE_PLAIN);
	case TOK_FOR:
		return parse_for(p);
	case TOK_IF:
		return parse_if(p);
	case TOK_SWITCH:
		return parse_switch(p);
	case TOK_SELECT:
		return parse_select(p);
	case TOK_GO:
		return parse_go(p);
	case TOK_DEFER:
		return parse_defer(p);
	case TOK_RETURN:
		return parse_return(p);
	case TOK_BREAK: case TOK_CONTINUE: case TOK_GOTO: case TOK_FALLTHROUGH:
		return parse_branch(p);
	case TOK_SEMICOLON:
		return new_empty_stmt(p, p->lx.lit.ptr[0] != 's');
	default:
		return NULL;
	}
}

/* Statement = Declaration | LabeledStmt | SimpleStmt | Block | ... ; NULL, and no error, when none begins here. */
Node *parse_stmt_or_null(Parser *p) {
	if (arena_stops(p->arena))
		lexer_stop(&p->lx);
	uint32_t outer = nest_begin(p);
	Node *s = parse_stmt_here(p);
	nest_end(p, outer);
	return s;
}
