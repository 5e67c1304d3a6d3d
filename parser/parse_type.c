/* SPDX-License-Identifier: MIT */
/* parse_type.c: types, signatures, parameters and type parameters.
 *
 * Rules: types are expressions; what may be either (array length or type argument, embedded field or field name) is
 * decided here by what follows, as the comments at each place say.
 * See: tests/unit/test_parser.c. */
#include "parser/parser_internal.h"

/* ---- type names and instances ---- */

/* x "[" T1, T2 "]": the arguments of an instance, types only. */
Node *parse_instance(Parser *p, Node *x) {
	want(p, TOK_LBRACK);
	IndexExpr *index = NEW_NODE(p->arena, IndexExpr, x->pos);
	index->x = x;
	uint32_t begin = list_begin(p);
	p->expr_lev++;
	if (at(p, TOK_RBRACK)) {
		error_expected(p, "type argument list");
		list_push(p, bad_expr(p, cur_pos(p)));
	}
	while (!at(p, TOK_RBRACK) && !at(p, TOK_EOF)) {
		list_push(p, parse_type(p));
		if (!got(p, TOK_COMMA))
			break;
	}
	p->expr_lev--;
	index->indices = list_end(p, begin);
	index->rbrack = cur_pos(p);
	want(p, TOK_RBRACK);
	return &index->node;
}

/* TypeName = [ PackageName "." ] identifier [ TypeArgs ] . name: the first identifier, already parsed. */
Node *parse_type_name(Parser *p, Ident *name) {
	Node *x = &name->node;
	if (got(p, TOK_PERIOD)) {
		SelectorExpr *selector = NEW_NODE(p->arena, SelectorExpr, x->pos);
		selector->x = x;
		selector->sel = parse_name(p);
		x = &selector->node;
	}
	return at(p, TOK_LBRACK) ? parse_instance(p, x) : x;
}

/* ---- arrays ---- */

Node *parse_array_type(Parser *p, Pos pos, Node *len, bool len_parsed) {
	ArrayType *array = NEW_NODE(p->arena, ArrayType, pos);
	if (!len_parsed && got(p, TOK_RBRACK)) {
		array->elem = parse_type(p);
		return &array->node;
	}
	array->len = len;
	if (!len_parsed && at(p, TOK_ELLIPSIS)) {
		array->len = &NEW_NODE(p->arena, Ellipsis, cur_pos(p))->node;
		next(p);
	} else if (!len_parsed) {
		p->expr_lev++;
		array->len = parse_expr(p);
		p->expr_lev--;
	}
	if (at(p, TOK_COMMA)) {
		error_syntax(p, cur_pos(p), "unexpected comma; expected ]");
		next(p);
	}
	want(p, TOK_RBRACK);
	array->elem = parse_type(p);
	return &array->node;
}

/* name "[" ...: either the type of something called name ([]E, [n]E), or the instance name[T]. Only what follows the
 * closing bracket tells [n]E from [T]. Returns an IndexExpr over name for an instance. */
static Node *parse_array_or_instance(Parser *p, Ident *name) {
	Pos pos = cur_pos(p);
	want(p, TOK_LBRACK);
	if (at(p, TOK_RBRACK) || at(p, TOK_ELLIPSIS))
		return parse_array_type(p, pos, NULL, false);
	uint32_t begin = list_begin(p);
	bool comma = false;
	p->expr_lev++;
	while (!at(p, TOK_RBRACK) && !at(p, TOK_EOF)) {
		list_push(p, parse_expr(p));
		if (!got(p, TOK_COMMA))
			break;
		comma = true;
	}
	p->expr_lev--;
	NodeList args = list_end(p, begin);
	Pos rbrack = cur_pos(p);
	want(p, TOK_RBRACK);
	if (!comma && args.len == 1) {
		Node *elem = parse_type_or_null(p);
		if (elem != NULL) {
			ArrayType *array = NEW_NODE(p->arena, ArrayType, pos);
			array->len = args.items[0];
			array->elem = elem;
			return &array->node;
		}
	}
	IndexExpr *index = NEW_NODE(p->arena, IndexExpr, name->node.pos);
	index->x = &name->node;
	index->indices = args;
	index->rbrack = rbrack;
	return &index->node;
}

/* ---- channels, maps ---- */

/* ChannelType = ( "chan" | "chan" "<-" | "<-" "chan" ) ElementType . */
static Node *parse_chan_type(Parser *p) {
	ChanType *chan = NEW_NODE(p->arena, ChanType, cur_pos(p));
	if (got(p, TOK_ARROW)) {
		chan->dir = CHAN_RECV;
		want(p, TOK_CHAN);
	} else {
		next(p);
		chan->dir = got(p, TOK_ARROW) ? CHAN_SEND : CHAN_BOTH;
	}
	chan->value = parse_type_or_null(p);
	if (chan->value == NULL) {
		chan->value = bad_expr(p, cur_pos(p));
		error_syntax(p, cur_pos(p), "missing channel element type");
	}
	return &chan->node;
}

static Node *parse_map_type(Parser *p) {
	MapType *map = NEW_NODE(p->arena, MapType, cur_pos(p));
	next(p);
	want(p, TOK_LBRACK);
	map->key = parse_type(p);
	want(p, TOK_RBRACK);
	map->value = parse_type(p);
	return &map->node;
}

/* ---- structs ---- */

static Field *new_field(Parser *p, Pos pos, NodeList names, Node *type) {
	Field *field = NEW_NODE(p->arena, Field, pos);
	field->names = names;
	field->type = type;
	return field;
}

/* EmbeddedField = [ "*" ] TypeName . With an error for parentheses, which people expect to work. */
static Node *parse_embedded_type(Parser *p) {
	Pos pos = cur_pos(p);
	uint32_t outer = nest_begin(p);
	Node *type;
	if (got(p, TOK_MUL)) {
		type = new_star(p, pos, parse_embedded_type(p));
	} else if (at(p, TOK_LPAREN)) {
		error_syntax(p, pos, "cannot parenthesize embedded type");
		next(p);
		type = parse_embedded_type(p);
		got(p, TOK_RPAREN);
	} else {
		type = parse_type_name(p, parse_name(p));
	}
	nest_end(p, outer);
	return type;
}

/* FieldDecl = ( IdentifierList Type | EmbeddedField ) [ Tag ] . */
static ListItem parse_field(Parser *p, void *data) {
	(void)data;
	Pos pos = cur_pos(p);
	NodeList names = {0};
	Node *type;
	if (at(p, TOK_IDENT)) {
		Ident *name = parse_name(p);
		if (at(p, TOK_PERIOD) || at(p, TOK_STRING) || at(p, TOK_SEMICOLON) || at(p, TOK_RBRACE)) {
			type = parse_type_name(p, name);
		} else {
			names = parse_names(p, name);
			type = names.len == 1 && at(p, TOK_LBRACK) ? parse_array_or_instance(p, name) : parse_type(p);
			if (names.len == 1 && type->kind == NODE_INDEX && ((IndexExpr *)type)->x == &name->node)
				names = (NodeList){0};
		}
	} else if (at(p, TOK_MUL) || at(p, TOK_LPAREN)) {
		type = parse_embedded_type(p);
	} else {
		error_expected(p, "field name or embedded type");
		skip_to(p, TS(SEMICOLON) | TS(RBRACE));
		return LIST_MORE;
	}
	Field *field = new_field(p, pos, names, type);
	if (at(p, TOK_STRING))
		field->tag = new_lit(p);
	list_push(p, field);
	return LIST_MORE;
}

static Node *parse_struct_type(Parser *p) {
	StructType *type = NEW_NODE(p->arena, StructType, cur_pos(p));
	next(p);
	want(p, TOK_LBRACE);
	uint32_t begin = list_begin(p);
	type->rbrace = parse_list(p, "struct type", TOK_SEMICOLON, TOK_RBRACE, parse_field, NULL);
	type->fields = list_end(p, begin);
	return &type->node;
}

/* ---- interfaces and constraints ---- */

/* TypeElem = TypeTerm { "|" TypeTerm } . TypeTerm = [ "~" ] Type . x: the first term, or NULL. */
static Node *parse_union(Parser *p, Node *x) {
	uint32_t outer = nest_begin(p);
	Pos op_pos = 0;
	do {
		Pos pos = cur_pos(p);
		Node *term;
		if (op_pos == 0 && x != NULL) {
			term = NULL; /* the first term is there: begin with the operator */
		} else {
			bool tilde = got(p, TOK_TILDE);
			term = parse_type_or_null(p);
			if (term == NULL) {
				term = bad_expr(p, pos);
				error_expected(p, "~ term or type");
				skip_to(p, TS(OR) | TS(SEMICOLON) | TS(RPAREN) | TS(RBRACK) | TS(RBRACE));
			}
			if (tilde)
				term = new_unary(p, pos, TOK_TILDE, term);
		}
		if (x == NULL)
			x = term;
		else if (term != NULL)
			x = new_binary(p, x, TOK_OR, op_pos, term);
		add_height(p, HEIGHT_OPERATOR);
		op_pos = cur_pos(p);
	} while (got(p, TOK_OR));
	nest_end(p, outer);
	return x;
}

/* At a name: a method, not an embedded instance T[A]? An error, but a clear one, if it has type parameters. The look
 * ahead is bounded, for brackets nest and each level looks again. */
static bool is_interface_method(Parser *p) {
	enum { MAX_LOOK = 1000 };
	Lexer ahead = p->lx;
	ahead.muted = true;
	lexer_next(&ahead);
	if (ahead.tok == TOK_LBRACK)
		skip_brackets(&ahead, MAX_LOOK);
	return ahead.tok == TOK_LPAREN;
}

/* InterfaceElem = MethodName Signature | TypeElem . */
static ListItem parse_interface_elem(Parser *p, void *data) {
	(void)data;
	Pos pos = cur_pos(p);
	Field *field;
	if (at(p, TOK_IDENT) && is_interface_method(p)) {
		Ident *name = parse_name(p);
		FuncType *type = parse_signature(p, 0, "interface method");
		field = new_field(p, pos, list_of(p, &name->node), &type->node);
	} else {
		field = new_field(p, pos, (NodeList){0}, parse_union(p, NULL));
	}
	list_push(p, field);
	return LIST_MORE;
}

static Node *parse_interface_type(Parser *p) {
	InterfaceType *type = NEW_NODE(p->arena, InterfaceType, cur_pos(p));
	next(p);
	want(p, TOK_LBRACE);
	uint32_t begin = list_begin(p);
	type->rbrace = parse_list(p, "interface type", TOK_SEMICOLON, TOK_RBRACE, parse_interface_elem, NULL);
	type->methods = list_end(p, begin);
	return &type->node;
}

/* ---- parameters ---- */

/* While a list is read, each entry is a pair (name, type) on the pending list, either of which may be NULL: whether the
 * names of "(a, b, c)" are parameters or types is known only at the end. */
typedef struct ParamList {
	Token close;
	uint32_t begin;
	Ident *first_name; /* already parsed by the caller */
	Node *first_type;
	uint32_t named; /* entries with name and type */
	uint32_t typed; /* entries with type */
} ParamList;

static Ident **entry_name(Parser *p, const ParamList *list, uint32_t i) {
	return (Ident **)&p->pending.items[list->begin + 2 * i];
}

static Node **entry_type(Parser *p, const ParamList *list, uint32_t i) {
	return &p->pending.items[list->begin + 2 * i + 1];
}

static Node *parse_variadic_type(Parser *p) {
	Ellipsis *dots = NEW_NODE(p->arena, Ellipsis, cur_pos(p));
	next(p);
	dots->elem = parse_type_or_null(p);
	if (dots->elem == NULL) {
		dots->elem = bad_expr(p, cur_pos(p));
		error_syntax(p, cur_pos(p), "... is missing type");
	}
	return &dots->node;
}

/* What follows an optional name. May turn out that the name belongs to the type: then *name becomes NULL. */
static Node *parse_param_type(Parser *p, bool constraint, Ident **name) {
	if (*name != NULL && at(p, TOK_LBRACK)) {
		Node *type = parse_array_or_instance(p, *name);
		if (type->kind == NODE_INDEX && ((IndexExpr *)type)->x == &(*name)->node)
			*name = NULL;
		return type;
	}
	if (*name != NULL && (at(p, TOK_PERIOD) || (constraint && at(p, TOK_OR)))) {
		Node *type = parse_type_name(p, *name);
		*name = NULL;
		return type;
	}
	if (at(p, TOK_ELLIPSIS))
		return parse_variadic_type(p);
	if (constraint && at(p, TOK_TILDE))
		return parse_union(p, NULL);
	return parse_type_or_null(p);
}

static ListItem parse_param(Parser *p, void *data) {
	ParamList *list = data;
	bool constraint = list->close == TOK_RBRACK;
	Ident *name = list->first_name;
	Node *type = list->first_type;
	list->first_name = NULL;
	list->first_type = NULL;
	if (name == NULL && at(p, TOK_IDENT))
		name = parse_name(p);
	if (type == NULL)
		type = parse_param_type(p, constraint, &name);
	if (constraint && type != NULL && at(p, TOK_OR))
		type = parse_union(p, type);
	if (name == NULL && type == NULL) {
		error_expected(p, token_describe(list->close));
		skip_to(p, TS(COMMA) | (TokenSet)1 << list->close);
		return LIST_MORE;
	}
	list->named += name != NULL && type != NULL;
	list->typed += type != NULL;
	list_push(p, name);
	list_push(p, type);
	return LIST_MORE;
}

/* Some entries lack a name or a type and may not: one message for the list, and what is missing is made up. */
static COLD void complete_params(Parser *p, ParamList *list, uint32_t count, Pos end) {
	Pos error_pos = 0;
	const Node *type_right = NULL; /* "a, b int": the type may stand further to the right */
	for (uint32_t i = count; i-- > 0;) {
		Ident **name = entry_name(p, list, i);
		Node **type = entry_type(p, list, i);
		if (*type != NULL) {
			type_right = *type;
			if (*name == NULL) {
				error_pos = (*type)->pos;
				*name = new_name(p, error_pos, "_");
			}
		} else if (type_right == NULL) {
			error_pos = (*name)->node.pos;
			*type = bad_expr(p, error_pos);
		}
	}
	if (error_pos == 0)
		return;
	if (list->close == TOK_RPAREN)
		error_syntax(p, error_pos, "mixed named and unnamed parameters");
	else if (list->named == list->typed)
		error_syntax(p, end, "missing type constraint");
	else
		error_syntax(p, error_pos, "missing type parameter name%s",
		             count == 1 ? " or invalid array length" : "");
}

/* Pairs to fields: names that share a type share a field. */
static NodeList params_to_fields(Parser *p, const ParamList *list, uint32_t count, bool unnamed) {
	NodeList fields = {.items = ARENA_ARRAY(p->arena, Node *, count)};
	uint32_t first = 0; /* of the names waiting for their type */
	for (uint32_t i = 0; i < count; i++) {
		Ident *name = *entry_name(p, list, i);
		Node *type = *entry_type(p, list, i);
		NodeList names = {0};
		if (unnamed) {
			type = type != NULL ? type : &name->node;
		} else if (type == NULL) {
			continue;
		} else {
			uint32_t begin = list_begin(p);
			for (; first <= i; first++)
				list_push(p, *entry_name(p, list, first));
			names = list_end(p, begin);
		}
		Pos pos = names.len != 0 ? names.items[0]->pos : type->pos;
		fields.items[fields.len++] = &new_field(p, pos, names, type)->node;
	}
	return fields;
}

/* Parameters = "(" [ ParameterDecl { "," ParameterDecl } [ "," ] ] ")" .
 * TypeParameters = "[" TypeParamDecl { "," TypeParamDecl } [ "," ] "]" . */
NodeList parse_params(Parser *p, Token close, Ident *name, Node *type) {
	ParamList list = {.close = close, .begin = list_begin(p), .first_name = name, .first_type = type};
	p->expr_lev++;
	Pos end;
	if (name != NULL && type != NULL && (at(p, close) || at(p, TOK_EOF))) {
		parse_param(p, &list);
		end = cur_pos(p);
		want(p, close);
	} else {
		end = parse_list(p, "parameter list", TOK_COMMA, close, parse_param, &list);
	}
	p->expr_lev--;
	uint32_t count = (p->pending.len - list.begin) / 2;
	if (count == 0)
		return (NodeList){0};
	bool unnamed = list.named == 0 && close == TOK_RPAREN;
	if (!unnamed && list.named != count)
		complete_params(p, &list, count, end);
	NodeList fields = params_to_fields(p, &list, count, unnamed);
	p->pending.len = list.begin;
	return fields;
}

/* Result = Parameters | Type . */
static NodeList parse_results(Parser *p) {
	if (got(p, TOK_LPAREN))
		return parse_params(p, TOK_RPAREN, NULL, NULL);
	Pos pos = cur_pos(p);
	Node *type = parse_type_or_null(p);
	if (type == NULL)
		return (NodeList){0};
	return list_of(p, &new_field(p, pos, (NodeList){0}, type)->node);
}

/* Signature = [ TypeParameters ] Parameters [ Result ] . */
FuncType *parse_signature(Parser *p, Pos func_pos, const char *context) {
	Pos pos = cur_pos(p);
	FuncType *type = NEW_NODE(p->arena, FuncType, func_pos != 0 ? func_pos : pos);
	type->func_pos = func_pos;
	if (got(p, TOK_LBRACK)) {
		if (context != NULL) {
			if (func_pos != 0)
				error_syntax(p, pos, "%s must have no type parameters", context);
			else
				error_plain(p, pos, "%s must have no type parameters", context);
		}
		if (at(p, TOK_RBRACK)) {
			error_syntax(p, cur_pos(p), "empty type parameter list");
			next(p);
		} else {
			type->type_params = parse_params(p, TOK_RBRACK, NULL, NULL);
		}
		if (context != NULL)
			type->type_params = (NodeList){0};
	}
	want(p, TOK_LPAREN);
	type->params = parse_params(p, TOK_RPAREN, NULL, NULL);
	type->results = parse_results(p);
	return type;
}

/* ---- types ---- */

static Node *parse_paren_type(Parser *p) {
	ParenExpr *paren = NEW_NODE(p->arena, ParenExpr, cur_pos(p));
	next(p);
	paren->x = parse_type(p);
	want(p, TOK_RPAREN);
	return &paren->node;
}

/* Type = TypeName [ TypeArgs ] | TypeLit | "(" Type ")" . */
static Node *parse_type_here(Parser *p) {
	Pos pos = cur_pos(p);
	switch (tok(p)) {
	case TOK_IDENT:
		return parse_type_name(p, parse_name(p));
	case TOK_MUL:
		next(p);
		return new_star(p, pos, parse_type(p));
	case TOK_LBRACK:
		next(p);
		return parse_array_type(p, pos, NULL, false);
	case TOK_ARROW:
	case TOK_CHAN:
		return parse_chan_type(p);
	case TOK_MAP:
		return parse_map_type(p);
	case TOK_FUNC:
		next(p);
		return &parse_signature(p, pos, "function type")->node;
	case TOK_STRUCT:
		return parse_struct_type(p);
	case TOK_INTERFACE:
		return parse_interface_type(p);
	case TOK_LPAREN:
		return parse_paren_type(p);
	default:
		return NULL;
	}
}

Node *parse_type_or_null(Parser *p) {
	uint32_t outer = nest_begin(p);
	Node *type = parse_type_here(p);
	nest_end(p, outer);
	return type;
}

Node *parse_type(Parser *p) {
	Node *type = parse_type_or_null(p);
	if (type != NULL)
		return type;
	type = bad_expr(p, cur_pos(p));
	error_expected(p, "type");
	skip_to(p, TS(COMMA) | TS(COLON) | TS(SEMICOLON) | TS(RPAREN) | TS(RBRACK) | TS(RBRACE));
	return type;
}
