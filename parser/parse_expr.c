/* SPDX-License-Identifier: MIT */
/* parse_expr.c: expressions by precedence.
 *
 * Rules: types are operands like any other, so that conversions, make(T) and type switches need no lookahead. In the
 * header of if, for and switch (expr_lev < 0) a "{" behind a type name begins the body, not a composite literal; any
 * bracket raises the level again.
 * See: tests/unit/test_parser.c. */
#include "parser/parser_internal.h"

/* ---- composite literals ---- */

static Node *parse_literal_value(Parser *p, Node *type);

/* Element = Expression | LiteralValue . */
static Node *parse_element(Parser *p) {
	return at(p, TOK_LBRACE) ? parse_literal_value(p, NULL) : parse_expr(p);
}

/* KeyedElement = [ Element ":" ] Element . */
static ListItem parse_keyed_element(Parser *p, void *data) {
	(void)data;
	Node *x = parse_element(p);
	if (at(p, TOK_COLON)) {
		KeyValueExpr *pair = NEW_NODE(p->arena, KeyValueExpr, x->pos);
		pair->key = x;
		pair->colon = cur_pos(p);
		next(p);
		pair->value = parse_element(p);
		x = &pair->node;
	}
	list_push(p, x);
	return LIST_MORE;
}

/* LiteralValue = "{" [ KeyedElement { "," KeyedElement } [ "," ] ] "}" . type: NULL if elided. */
static Node *parse_literal_value(Parser *p, Node *type) {
	CompositeLit *lit = NEW_NODE(p->arena, CompositeLit, type != NULL ? type->pos : cur_pos(p));
	uint32_t outer = nest_begin(p);
	lit->type = type;
	lit->lbrace = cur_pos(p);
	want(p, TOK_LBRACE);
	uint32_t begin = list_begin(p);
	p->expr_lev++;
	lit->rbrace = parse_list(p, "composite literal", TOK_COMMA, TOK_RBRACE, parse_keyed_element, NULL);
	p->expr_lev--;
	lit->elements = list_end(p, begin);
	nest_end(p, outer);
	return &lit->node;
}

/* Whether x is surely no type, from what it looks like. */
static bool is_value(const Node *x) {
	switch (x->kind) {
	case NODE_BASIC_LIT:
	case NODE_COMPOSITE_LIT:
	case NODE_FUNC_LIT:
	case NODE_SLICE:
	case NODE_TYPE_ASSERT:
	case NODE_CALL:
	case NODE_UNARY:
	case NODE_BINARY:
		return true;
	case NODE_PAREN:
		return is_value(((const ParenExpr *)x)->x);
	case NODE_INDEX: {
		const IndexExpr *index = (const IndexExpr *)x;
		return is_value(index->x) || (index->indices.len == 1 && is_value(index->indices.items[0]));
	}
	default:
		return false;
	}
}

/* Whether "{" behind x begins a composite literal of type x. */
static bool begins_literal(const Parser *p, const Node *x) {
	switch (x->kind) {
	case NODE_IDENT:
	case NODE_SELECTOR:
		return p->expr_lev >= 0;
	case NODE_INDEX:
		return p->expr_lev >= 0 && !is_value(x);
	case NODE_ARRAY_TYPE:
	case NODE_STRUCT_TYPE:
	case NODE_MAP_TYPE:
		return true;
	default:
		return false;
	}
}

/* ---- operands ---- */

bool is_type_syntax(const Node *x) {
	switch (x->kind) {
	case NODE_ARRAY_TYPE:
	case NODE_STRUCT_TYPE:
	case NODE_FUNC_TYPE:
	case NODE_INTERFACE_TYPE:
	case NODE_MAP_TYPE:
	case NODE_CHAN_TYPE:
		return true;
	default:
		return false;
	}
}

static Node *parse_paren(Parser *p) {
	ParenExpr *paren = NEW_NODE(p->arena, ParenExpr, cur_pos(p));
	next(p);
	p->expr_lev++;
	paren->x = parse_expr(p);
	p->expr_lev--;
	want(p, TOK_RPAREN);
	return &paren->node;
}

/* FunctionLit = "func" Signature FunctionBody; without a body it is a type. */
static Node *parse_func_lit(Parser *p) {
	Pos pos = cur_pos(p);
	next(p);
	Node *type = &parse_signature(p, pos, "function type")->node;
	if (!at(p, TOK_LBRACE))
		return type;
	FuncLit *lit = NEW_NODE(p->arena, FuncLit, pos);
	lit->type = type;
	lit->body = &parse_func_body(p)->node;
	return &lit->node;
}

static Node *parse_operand(Parser *p) {
	switch (tok(p)) {
	case TOK_IDENT:
		return &parse_name(p)->node;
	case TOK_INT:
	case TOK_FLOAT:
	case TOK_IMAG:
	case TOK_CHAR:
	case TOK_STRING:
		return new_lit(p);
	case TOK_LPAREN:
		return parse_paren(p);
	case TOK_FUNC:
		return parse_func_lit(p);
	case TOK_LBRACK:
	case TOK_CHAN:
	case TOK_MAP:
	case TOK_STRUCT:
	case TOK_INTERFACE:
		return parse_type(p);
	default: {
		Node *bad = bad_expr(p, cur_pos(p));
		error_expected(p, "expression");
		skip_to(p, TS(RPAREN) | TS(RBRACK) | TS(RBRACE));
		return bad;
	}
	}
}

/* ---- what follows an operand ---- */

/* x.(type) may stand only in the header of a switch, once; whether at the right place, the header checks. */
static void note_type_guard(Parser *p, Node *guard) {
	if (!p->guard_allowed || p->guard != NULL)
		error_syntax(p, guard->pos, "use of .(type) outside type switch");
	else
		p->guard = guard;
}

static Node *parse_dot(Parser *p, Node *x) {
	next(p);
	if (at(p, TOK_IDENT)) {
		SelectorExpr *selector = NEW_NODE(p->arena, SelectorExpr, x->pos);
		selector->x = x;
		selector->sel = parse_name(p);
		return &selector->node;
	}
	if (!at(p, TOK_LPAREN)) {
		error_expected(p, "name or (");
		skip_to(p, TS(SEMICOLON) | TS(RPAREN));
		return x;
	}
	next(p);
	TypeAssertExpr *assertion = NEW_NODE(p->arena, TypeAssertExpr, x->pos);
	assertion->x = x;
	if (at(p, TOK_TYPE)) {
		note_type_guard(p, &assertion->node);
		next(p);
	} else {
		assertion->type = parse_type(p);
	}
	want(p, TOK_RPAREN);
	return &assertion->node;
}

/* Behind x "[" [ low ] ":". */
static Node *parse_slice(Parser *p, Node *x, Pos lbrack, Node *low) {
	SliceExpr *slice = NEW_NODE(p->arena, SliceExpr, x->pos);
	slice->x = x;
	slice->low = low;
	slice->lbrack = lbrack;
	if (!at(p, TOK_COLON) && !at(p, TOK_RBRACK))
		slice->high = parse_expr(p);
	if (at(p, TOK_COLON)) {
		slice->three = true;
		if (slice->high == NULL) {
			error_plain(p, cur_pos(p), "middle index required in 3-index slice");
			slice->high = bad_expr(p, cur_pos(p));
		}
		next(p);
		if (at(p, TOK_RBRACK)) {
			error_plain(p, cur_pos(p), "final index required in 3-index slice");
			slice->max = bad_expr(p, cur_pos(p));
		} else {
			slice->max = parse_expr(p);
		}
	}
	slice->rbrack = cur_pos(p);
	want(p, TOK_RBRACK);
	return &slice->node;
}

/* x "[" index "]", x "[" T1, T2 "]", x "[" low ":" high [ ":" max ] "]". */
static Node *parse_brackets(Parser *p, Node *x) {
	Pos lbrack = cur_pos(p);
	next(p);
	if (got(p, TOK_COLON))
		return parse_slice(p, x, lbrack, NULL);
	IndexExpr *index = NEW_NODE(p->arena, IndexExpr, x->pos);
	index->x = x;
	index->lbrack = lbrack;
	uint32_t begin = list_begin(p);
	if (at(p, TOK_RBRACK)) {
		error_expected(p, "operand");
		list_push(p, bad_expr(p, cur_pos(p)));
	}
	else
		list_push(p, parse_expr(p));
	bool comma = got(p, TOK_COMMA);
	if (comma) { /* type arguments, from the second on surely */
		Node *type = parse_type_or_null(p);
		while (type != NULL) {
			list_push(p, type);
			type = got(p, TOK_COMMA) ? parse_type_or_null(p) : NULL;
		}
	}
	index->indices = list_end(p, begin);
	index->rbrack = cur_pos(p);
	if (comma || at(p, TOK_RBRACK)) {
		want(p, TOK_RBRACK);
		return &index->node;
	}
	if (!got(p, TOK_COLON)) {
		error_expected(p, "comma, : or ]");
		skip_to(p, TS(COMMA) | TS(COLON) | TS(RBRACK));
	}
	return parse_slice(p, x, lbrack, index->indices.items[0]);
}

static ListItem parse_argument(Parser *p, void *data) {
	CallExpr *call = data;
	list_push(p, parse_expr(p));
	if (!at(p, TOK_ELLIPSIS))
		return LIST_MORE;
	call->ellipsis = cur_pos(p);
	next(p);
	return LIST_DONE;
}

static Node *parse_call(Parser *p, Node *fun) {
	CallExpr *call = NEW_NODE(p->arena, CallExpr, fun->pos);
	next(p);
	call->fun = fun;
	uint32_t begin = list_begin(p);
	call->rparen = parse_list(p, "argument list", TOK_COMMA, TOK_RPAREN, parse_argument, call);
	call->args = list_end(p, begin);
	return &call->node;
}

/* PrimaryExpr = Operand { Selector | Index | Slice | TypeAssertion | Arguments | LiteralValue } . */
Node *parse_primary(Parser *p, Node *x) {
	if (x == NULL)
		x = parse_operand(p);
	for (;; add_height(p, HEIGHT_LINK)) {
		if (at(p, TOK_PERIOD)) {
			x = parse_dot(p, x);
		} else if (at(p, TOK_LBRACK)) {
			p->expr_lev++;
			x = parse_brackets(p, x);
			p->expr_lev--;
		} else if (at(p, TOK_LPAREN)) {
			p->expr_lev++;
			x = parse_call(p, x);
			p->expr_lev--;
		} else if (at(p, TOK_LBRACE)) {
			Node *type = ast_unparen(x);
			if (!begins_literal(p, type))
				return x;
			if (type != x)
				error_syntax(p, cur_pos(p), "cannot parenthesize type in composite literal");
			x = parse_literal_value(p, type);
		} else {
			return x;
		}
	}
}

/* ---- operators ---- */

/* "<-" in front of a channel type makes it "<-chan T", and passes on through "chan<-": <-chan<-chan T was read as
 * <-(chan<- (chan T)) and is (<-chan (<-chan T)). */
static Node *turn_to_receive(Parser *p, ChanType *type) {
	ChanType *t = type;
	for (;;) {
		uint8_t dir = t->dir;
		if (dir == CHAN_RECV)
			error_syntax(p, cur_pos(p), "unexpected <-, expected chan");
		t->dir = CHAN_RECV;
		if (dir != CHAN_SEND)
			return &type->node;
		if (t->value->kind != NODE_CHAN_TYPE) {
			Buf text;
			buf_init(&text, p->arena->mem);
			ast_print_expr(t->value, &text);
			error_syntax(p, cur_pos(p), "unexpected %s, expected chan", buf_cstr(&text));
			buf_deinit(&text);
			return &type->node;
		}
		t = (ChanType *)t->value;
	}
}

static Node *parse_arrow(Parser *p) {
	Pos pos = cur_pos(p);
	next(p);
	Node *x = parse_binary(p, NULL, 5);
	if (x->kind != NODE_CHAN_TYPE)
		return new_unary(p, pos, TOK_ARROW, x);
	turn_to_receive(p, (ChanType *)x);
	x->pos = pos;
	return x;
}

/* UnaryExpr = PrimaryExpr | unary_op UnaryExpr . */
static Node *parse_unary_here(Parser *p) {
	Pos pos = cur_pos(p);
	Token op = tok(p);
	switch (op) {
	case TOK_ADD:
	case TOK_SUB:
	case TOK_NOT:
	case TOK_XOR:
	case TOK_AND:
	case TOK_TILDE:
		next(p);
		return new_unary(p, pos, op, parse_binary(p, NULL, 5));
	case TOK_MUL:
		next(p);
		return new_star(p, pos, parse_binary(p, NULL, 5));
	case TOK_ARROW:
		return parse_arrow(p);
	default:
		return parse_primary(p, NULL);
	}
}

static Node *parse_unary(Parser *p) {
	if (arena_stops(p->arena))
		lexer_stop(&p->lx); /* nobody will look at the tree */
	uint32_t outer = nest_begin(p);
	Node *x = parse_unary_here(p);
	nest_end(p, outer);
	return x;
}

/* Expression = UnaryExpr | Expression binary_op Expression, operators above the given precedence. */
Node *parse_binary(Parser *p, Node *x, int precedence) {
	uint32_t outer = p->height;
	if (x == NULL) {
		p->height = 0;
		x = parse_unary(p);
	}
	for (;;) {
		Token op = tok(p);
		int prec = token_precedence(op);
		if (prec <= precedence)
			break;
		Pos op_pos = cur_pos(p);
		next(p);
		Node *y = parse_binary(p, NULL, prec);
		x = new_binary(p, x, op, op_pos, y);
		add_height(p, HEIGHT_OPERATOR);
	}
	if (p->height < outer)
		p->height = outer;
	return x;
}

Node *parse_expr(Parser *p) {
	return parse_binary(p, NULL, 0);
}

NodeList parse_expr_list(Parser *p) {
	uint32_t begin = list_begin(p);
	list_push(p, parse_expr(p));
	while (got(p, TOK_COMMA))
		list_push(p, parse_expr(p));
	return list_end(p, begin);
}
