/* SPDX-License-Identifier: MIT */
/* check_expr.c: expressions: the dispatch over their kinds, names, literals, dereferences, type assertions.
 *
 * Rules: every function fills an Operand and check_raw_expr records it in the node, once the node's kind is done with.
 * An operand of MODE_NONE was reported; who gets one stays silent. */
#include "types/check.h"
#include "types/suggest.h"

static void expr_of_kind(Check *c, Operand *x, Node *e, Type *hint, bool allow_generic);

static void reject_generic(Check *c, Operand *x, Type *hint) {
	if (x->mode == MODE_TYPE && is_generic_type(x->type)) {
		FAIL(c, x->node->pos, GENERIC_TYPE, node_text(c, x->node));
		operand_invalidate(x);
	} else if (x->mode == MODE_VALUE && is_generic_signature(x->type)) {
		if (hint && type_common_underlying(c->u, hint, false) &&
		    type_common_underlying(c->u, hint, false)->kind == TYPE_SIGNATURE) {
			check_func_instance(c, x, x->node, hint);
			return;
		}
		FAIL(c, x->node->pos, GENERIC_FUNCTION, node_text(c, x->node));
		operand_invalidate(x);
	}
}

void check_raw_expr(Check *c, Operand *x, Node *e, Type *hint, bool allow_generic) {
	*x = (Operand){.mode = MODE_NONE, .node = e, .type = invalid_type(c)};
	if (check_stops(c)) {
		operand_record(c, x);
		return;
	}
	if (c->expr_depth >= MAX_EXPR_DEPTH) {
		FAIL(c, e->pos, TOO_DEEP);
		operand_record(c, x);
		return;
	}
	c->expr_depth++;
	expr_of_kind(c, x, e, hint, allow_generic);
	c->expr_depth--;
	x->node = e;
	if (!allow_generic)
		reject_generic(c, x, hint);
	operand_record(c, x);
}

/* What is no value is reported. */
void report_not_value(Check *c, Operand *x) {
	if (x->mode == MODE_NOVALUE)
		FAIL(c, x->node->pos, NO_VALUE, node_text(c, x->node));
	else if (x->mode == MODE_BUILTIN)
		FAIL(c, x->node->pos, BUILTIN_NOT_CALLED, node_text(c, x->node));
	else if (x->mode == MODE_TYPE)
		FAIL(c, x->node->pos, TYPE_NOT_EXPR, node_text(c, x->node));
	else
		return;
	operand_invalidate(x);
}

void check_expr_hint(Check *c, Operand *x, Node *e, Type *hint) {
	check_raw_expr(c, x, e, hint, false);
	report_not_value(c, x);
	check_single_value(c, x);
}

void check_expr(Check *c, Operand *x, Node *e) {
	check_expr_hint(c, x, e, NULL);
}

void check_expr_or_type(Check *c, Operand *x, Node *e, bool allow_generic) {
	check_raw_expr(c, x, e, NULL, allow_generic);
	if (x->mode == MODE_NOVALUE) {
		FAIL(c, e->pos, NO_VALUE_OR_TYPE, node_text(c, e));
		operand_invalidate(x);
	}
	check_single_value(c, x);
}

void check_condition(Check *c, Node *e, const char *statement) {
	Operand x;
	check_expr(c, &x, e);
	if (x.mode == MODE_NONE)
		return;
	if (type_is_boolean(x.type))
		default_operand(c, &x);
	else if (!type_is_invalid(x.type))
		FAIL(c, e->pos, CONDITION, statement);
}

/* ---------------------------------------------------------------- names */

/* A use of variable o inside the current function: whoever stands between them captures it. */
static void capture(Check *c, Object *o) {
	bool literal = false;
	for (const FuncInfo *f = c->env.func; f && f != o->owner; f = f->outer)
		literal |= f->node && f->node->kind == NODE_FUNC_LIT;
	o->captured |= literal;
	o->range_captured |= !literal;
	for (FuncInfo *f = c->env.func; f && f != o->owner; f = f->outer) {
		if (ptrmap_get(&f->captured, o))
			break;
		ptrmap_put(c->u->arena, &f->captured, o, o);
		VEC_PUSH(c->u->arena, &f->captures, o);
	}
}

static void use_variable(Check *c, Object *o) {
	if (o->is_global)
		check_add_dep(c, o);
	else if (o->owner && o->owner != c->env.func)
		capture(c, o);
}

/* The operand that a resolved object stands for. */
void operand_of_object(Check *c, Operand *x, Object *o) {
	x->type = o->type ? o->type : invalid_type(c);
	switch ((ObjectKind)o->kind) {
	case OBJECT_CONST:
		if (c->env.dep_const && o->declared)
			check_add_dep(c, o); /* for cycles; nobody else waits for constants */
		if (!type_valid(x->type) || !o->value)
			return;
		x->mode = MODE_CONST;
		x->value = o->value;
		return;
	case OBJECT_TYPE_NAME:
		if (x->type->kind != TYPE_INVALID)
			x->mode = MODE_TYPE;
		return;
	case OBJECT_VAR:
		o->used = true;
		use_variable(c, o);
		if (type_valid(x->type))
			x->mode = MODE_VAR;
		return;
	case OBJECT_FUNC:
		o->used = true;
		check_add_dep(c, o);
		if (type_valid(x->type))
			x->mode = MODE_VALUE;
		return;
	case OBJECT_BUILTIN:
		x->mode = MODE_BUILTIN;
		x->builtin = o->builtin;
		return;
	case OBJECT_NIL:
		x->mode = MODE_NIL;
		return;
	case OBJECT_PACKAGE_NAME:
	case OBJECT_LABEL:
		return;
	}
}

static void iota_operand(Check *c, Operand *x) {
	if (!c->env.iota) {
		FAIL(c, x->node->pos, IOTA);
		return;
	}
	x->mode = MODE_CONST;
	x->value = c->env.iota;
	x->type = basic(c, TYPE_UNTYPED_INT);
}

/* The predeclared names that came with type parameters; their objects belong to no package. */
static bool is_constraint_name(const Object *o) {
	return strcmp(o->name->text, "any") == 0 || strcmp(o->name->text, "comparable") == 0;
}

void check_ident(Check *c, Operand *x, Ident *e, bool want_type) {
	*x = (Operand){.mode = MODE_NONE, .node = &e->node, .type = invalid_type(c)};
	Object *o = is_blank(e->name) ? NULL : lookup_name(c, e->name);
	if (!o) {
		if (is_blank(e->name))
			FAIL(c, e->node.pos, BLANK_VALUE);
		else
			FAIL(c, e->node.pos, UNDEFINED, e->name->text, suggest_name(c, c->env.scope, e->name));
		return;
	}
	e->object = o;
	if (want_type && o->kind != OBJECT_TYPE_NAME) {
		/* Before it is resolved: it may need what is being resolved here. */
		FAIL(c, e->node.pos, NOT_A_TYPE, e->name->text);
		o->used = true;
		return;
	}
	if (o->kind == OBJECT_PACKAGE_NAME) {
		FAIL(c, e->node.pos, PACKAGE_AS_VALUE, e->name->text);
		return;
	}
	if (o->kind == OBJECT_CONST && !o->package && strcmp(o->name->text, "iota") == 0) {
		iota_operand(c, x);
		return;
	}
	if (!o->package && o->kind == OBJECT_TYPE_NAME && is_constraint_name(o))
		require_language(c, e->node.pos, 18, "predeclared %s", o->name->text);
	resolve_object(c, o);
	operand_of_object(c, x, o);
}

/* ---------------------------------------------------------------- literals, pointers, assertions */

/* Go 1.13 brought new forms of number literals. */
static void check_number_form(Check *c, BasicLit *e) {
	if (LIKELY(language_has(c, 13)) || e->text.len <= 2)
		return;
	char radix = e->text.ptr[0] == '0' ? (char)(e->text.ptr[1] | 0x20) : 0;
	if (memchr(e->text.ptr, '_', e->text.len))
		require_language(c, e->node.pos, 13, "underscore in numeric literal");
	else if (radix == 'b')
		require_language(c, e->node.pos, 13, "binary literal");
	else if (radix == 'o')
		require_language(c, e->node.pos, 13, "0o/0O-style octal literal");
	else if (radix == 'x' && e->token != TOK_INT)
		require_language(c, e->node.pos, 13, "hexadecimal floating-point literal");
}

static void basic_lit(Check *c, Operand *x, BasicLit *e) {
	static const uint8_t kinds[] = {[TOK_INT] = TYPE_UNTYPED_INT, [TOK_FLOAT] = TYPE_UNTYPED_FLOAT,
					[TOK_IMAG] = TYPE_UNTYPED_COMPLEX, [TOK_CHAR] = TYPE_UNTYPED_RUNE,
					[TOK_STRING] = TYPE_UNTYPED_STRING};
	if (e->token < TOK_INT || e->token > TOK_STRING)
		return;
	if (e->token < TOK_CHAR && e->text.len > MAX_NUMBER_LITERAL) {
		FAIL(c, e->node.pos, LONG_CONSTANT, (int)10, e->text.ptr, e->text.len);
		return;
	}
	if (e->token < TOK_CHAR)
		check_number_form(c, e);
	x->value = const_from_literal(c->u, e->token, e->text);
	if (!x->value) {
		FAIL(c, e->node.pos, MALFORMED_CONSTANT, (int)(e->text.len < 50 ? e->text.len : 50), e->text.ptr);
		return;
	}
	x->mode = MODE_CONST;
	x->type = basic(c, kinds[e->token]);
	check_overflow(c, x, e->node.pos);
}

static bool term_is_pointer(void *user, Type *t, Type *u) {
	(void)user;
	(void)t;
	return u && u->kind == TYPE_POINTER;
}

static void star_expr(Check *c, Operand *x, StarExpr *e) {
	check_expr_or_type(c, x, e->x, false);
	if (x->mode == MODE_NONE)
		return;
	if (x->mode == MODE_TYPE) {
		require_var_type(c, x->type, e->x->pos);
		x->type = type_new_pointer(c->u, x->type);
		return;
	}
	if (x->mode == MODE_NIL) {
		FAIL(c, e->node.pos, INDIRECT_NIL);
		operand_invalidate(x);
		return;
	}
	Type *pointer = x->mode == MODE_BUILTIN ? NULL : type_common_underlying(c->u, x->type, false);
	if (!pointer || pointer->kind != TYPE_POINTER) {
		if (!pointer && is_type_param(x->type) && type_each_term(x->type, term_is_pointer, NULL))
			FAIL(c, e->x->pos, INDIRECT_TERMS, operand_text(c, x));
		else
			FAIL(c, e->x->pos, INDIRECT, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	x->mode = MODE_VAR;
	x->type = pointer->elem;
}

/* Whether a value of interface type x may hold a T; reports when not. */
bool check_assertable(Check *c, Operand *x, Type *t, Node *e, bool in_switch) {
	if (type_is_interface(t) || is_type_param(t) || !type_valid(t))
		return true;
	Buf why;
	buf_init(&why, c->u->arena->mem);
	bool ok = type_implements_reason(c->u, t, x->type, &why);
	const char *reason = buf_text(c, &why);
	if (!ok && in_switch)
		FAIL(c, e->pos, IMPOSSIBLE_CASE, node_text(c, e), operand_text(c, x), type_text(c, t), reason);
	else if (!ok)
		FAIL(c, e->pos, IMPOSSIBLE_ASSERTION, node_text(c, e), type_text(c, t), type_text(c, x->type), reason);
	return ok;
}

static void type_assertion(Check *c, Operand *x, TypeAssertExpr *e) {
	check_expr(c, x, e->x);
	if (!e->type) {
		if (x->mode != MODE_NONE)
			FAIL(c, e->node.pos, TYPE_SWITCH_MISPLACED);
		operand_invalidate(x);
		return;
	}
	if (x->mode == MODE_NONE)
		return;
	if (!type_is_interface(x->type)) {
		FAIL(c, e->x->pos, NOT_INTERFACE, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	Type *t = check_var_type(c, e->type);
	if (t->kind == TYPE_INVALID) {
		operand_invalidate(x);
		return;
	}
	check_assertable(c, x, t, &e->node, false);
	x->mode = MODE_COMMAOK;
	x->type = t;
}

/* ---------------------------------------------------------------- dispatch */

/* A function that lacks type arguments may get them where it is an argument. */
static void index_expr(Check *c, Operand *x, IndexExpr *e, Type *hint, bool allow_generic) {
	if (!check_index(c, x, e) || (allow_generic && e->indices.len < type_unalias(x->type)->type_param_count))
		return;
	check_func_instance(c, x, &e->node, hint);
}

static void paren_expr(Check *c, Operand *x, ParenExpr *e, Type *hint, bool allow_generic) {
	bool is_index = ast_unparen(e->x)->kind == NODE_INDEX;
	check_raw_expr(c, x, e->x, hint, allow_generic || !is_index);
}

static void type_operand(Check *c, Operand *x, Node *e) {
	x->type = check_type(c, e);
	x->mode = x->type->kind == TYPE_INVALID ? MODE_NONE : MODE_TYPE;
}

static void expr_of_kind(Check *c, Operand *x, Node *e, Type *hint, bool allow_generic) {
	switch ((NodeKind)e->kind) {
	case NODE_IDENT: check_ident(c, x, AS(Ident, e), false); return;
	case NODE_BASIC_LIT: basic_lit(c, x, AS(BasicLit, e)); return;
	case NODE_COMPOSITE_LIT: check_composite_lit(c, x, AS(CompositeLit, e), hint); return;
	case NODE_FUNC_LIT: check_func_lit(c, x, AS(FuncLit, e)); return;
	case NODE_PAREN: paren_expr(c, x, AS(ParenExpr, e), hint, allow_generic); return;
	case NODE_SELECTOR: check_selector(c, x, AS(SelectorExpr, e), false); return;
	case NODE_INDEX: index_expr(c, x, AS(IndexExpr, e), hint, allow_generic); return;
	case NODE_SLICE: check_slice(c, x, AS(SliceExpr, e)); return;
	case NODE_TYPE_ASSERT: type_assertion(c, x, AS(TypeAssertExpr, e)); return;
	case NODE_CALL: check_call(c, x, AS(CallExpr, e)); return;
	case NODE_STAR: star_expr(c, x, AS(StarExpr, e)); return;
	case NODE_UNARY: check_unary(c, x, AS(UnaryExpr, e), hint); return;
	case NODE_BINARY: check_binary_expr(c, x, AS(BinaryExpr, e)); return;
	case NODE_KEY_VALUE: FAIL(c, e->pos, KEY_MISPLACED); return;
	case NODE_ARRAY_TYPE:
	case NODE_STRUCT_TYPE:
	case NODE_FUNC_TYPE:
	case NODE_INTERFACE_TYPE:
	case NODE_MAP_TYPE:
	case NODE_CHAN_TYPE:
	case NODE_ELLIPSIS:
		type_operand(c, x, e);
		return;
	default:
		return; /* BadExpr: the parser reported it */
	}
}
