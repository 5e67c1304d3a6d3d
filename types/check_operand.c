/* SPDX-License-Identifier: MIT */
/* check_operand.c: operands: recording them in the tree, untyped values on their way to a type, assignment, conversion.
 *
 * Rules: while an expression is untyped its nodes carry the untyped type. When its final type becomes known,
 * update_expr_type writes it to the whole untyped part of the tree, so that nothing untyped is left for the compiler
 * but the operands of constant expressions, which it never looks at.
 * NODE_SHIFT_LHS marks the left operand of a non-constant shift: its type must turn out to be an integer type. */
#include "base/utf8.h"
#include "types/check.h"

void operand_invalidate(Operand *x) {
	x->mode = MODE_NONE;
}

bool operand_is_nil(const Operand *x) {
	return x->mode == MODE_NIL;
}

void operand_record(Check *c, Operand *x) {
	Node *e = x->node;
	e->mode = x->mode;
	e->value = x->mode == MODE_CONST ? x->value : NULL;
	e->type = x->mode == MODE_NONE || !x->type ? invalid_type(c) : x->type;
}

/* ---------------------------------------------------------------- final types of untyped expressions */

static bool is_comparison(Token op) {
	return op >= TOK_EQL && op <= TOK_GEQ;
}

static void report_conversion(Check *c, Operand *x, Type *target, Representable why);

static void set_final_type(Check *c, Node *e, Type *t) {
	Type *untyped = e->type;
	e->type = t;
	if (e->flags & NODE_SHIFT_LHS) {
		e->flags &= (uint8_t)~NODE_SHIFT_LHS;
		if (!type_is_integer(t) && type_valid(t))
			FAIL(c, e->pos, SHIFT_OPERAND_TYPE, node_text(c, e), type_text(c, t));
	}
	if (!e->value || !is_const_type(t))
		return;
	Const *rounded = NULL;
	Representable how = const_representable(c->u, e->value, under(t), &rounded);
	if (how == REPRESENTABLE && rounded)
		e->value = rounded;
	if (how == REPRESENTABLE || !type_is_numeric(untyped) || !type_is_numeric(t))
		return;
	/* A constant beside a shift that is none: 1<<s + 1.5. */
	Operand x = {.mode = MODE_CONST, .type = untyped, .value = e->value, .node = e};
	bool whole = type_is_integer(untyped) || !type_is_integer(t);
	report_conversion(c, &x, t, whole ? NOT_OVERFLOWS : NOT_TRUNCATED);
}

/* The operands of a constant are never materialized and keep their untyped types. */
static Node *update_operands(Check *c, Node *e, Type *t, bool final) {
	switch (e->kind) {
	case NODE_PAREN:
		return AS(ParenExpr, e)->x;
	case NODE_UNARY:
		return e->value ? NULL : AS(UnaryExpr, e)->x;
	case NODE_BINARY: {
		BinaryExpr *b = AS(BinaryExpr, e);
		if (e->value || is_comparison(b->op))
			return NULL;
		if (b->op != TOK_SHL && b->op != TOK_SHR)
			update_expr_type(c, b->y, t, final);
		return b->x;
	}
	case NODE_CALL: {
		CallExpr *call = AS(CallExpr, e);
		if (call->call_kind == CALL_BUILTIN && (call->builtin == BUILTIN_min || call->builtin == BUILTIN_max))
			for (uint32_t i = 0; i < call->args.len && !e->value; i++)
				update_expr_type(c, call->args.items[i], t, final);
		return NULL;
	}
	default:
		return NULL;
	}
}

void update_expr_type(Check *c, Node *e, Type *t, bool final) {
	/* A loop along the left operands: a || b || c ... may be long. */
	while (e && e->type && type_is_untyped(e->type) && e->mode != MODE_NONE) {
		Node *next = update_operands(c, e, t, final);
		if (final && !type_is_untyped(t))
			set_final_type(c, e, t);
		else if (e->mode != MODE_NIL)
			e->type = t;
		e = next;
	}
}

/* ---------------------------------------------------------------- implicit conversion */

/* Of two untyped kinds the later one: int, rune, float, complex. NULL when they do not mix. */
static Type *mixed_untyped(Check *c, Type *x, Type *y) {
	if (x->kind == y->kind)
		return x;
	bool numeric = x->kind >= TYPE_UNTYPED_INT && x->kind <= TYPE_UNTYPED_COMPLEX &&
		       y->kind >= TYPE_UNTYPED_INT && y->kind <= TYPE_UNTYPED_COMPLEX;
	return numeric ? basic(c, x->kind > y->kind ? x->kind : y->kind) : NULL;
}

static Type *implicit_basic(Check *c, Operand *x, Type *target, Type *u, Const **value, Representable *why) {
	if (x->mode == MODE_CONST) {
		*why = const_representable(c->u, x->value, u, value);
		if (*why == REPRESENTABLE)
			return target;
		/* Only between numbers is it a matter of range. */
		if (!type_is_numeric(x->type) || !type_is_numeric(u))
			*why = NOT_KIND;
		else
			*why = !type_is_integer(x->type) && type_is_integer(u) ? NOT_TRUNCATED : NOT_OVERFLOWS;
		return NULL;
	}
	switch ((TypeKind)x->type->kind) {
	case TYPE_UNTYPED_BOOL:
		return type_is_boolean(u) ? target : NULL;
	case TYPE_UNTYPED_INT:
	case TYPE_UNTYPED_RUNE:
	case TYPE_UNTYPED_FLOAT:
	case TYPE_UNTYPED_COMPLEX:
		return type_is_numeric(u) ? target : NULL;
	case TYPE_UNTYPED_STRING:
		return type_is_string(u) ? target : NULL;
	case TYPE_UNTYPED_NIL:
		return u->kind == TYPE_UNSAFE_POINTER ? target : NULL;
	default:
		return NULL;
	}
}

typedef struct TermConversion {
	Check *c;
	Operand *x;
} TermConversion;

static Type *implicit_type(Check *c, Operand *x, Type *target, Const **value, Representable *why);

static bool term_accepts(void *user, Type *t, Type *u) {
	TermConversion *conversion = user;
	(void)t;
	if (!u)
		return false;
	Const *value;
	Representable why;
	return implicit_type(conversion->c, conversion->x, u, &value, &why) != NULL;
}

/* The type an untyped x takes when a value of type target is wanted; NULL when it cannot. *value gets the constant as a
 * value of that type when it changes. */
static Type *implicit_type(Check *c, Operand *x, Type *target, Const **value, Representable *why) {
	*value = NULL;
	*why = NOT_KIND;
	if (x->mode == MODE_NONE || !type_is_untyped(x->type) || !type_valid(target))
		return x->type;
	if (type_is_untyped(target)) {
		if (x->mode == MODE_NIL || target->kind == TYPE_UNTYPED_NIL)
			return x->mode == MODE_NIL && target->kind == TYPE_UNTYPED_NIL ? target : NULL;
		return mixed_untyped(c, x->type, target);
	}
	if (x->mode == MODE_NIL)
		return type_has_nil(target) ? target : NULL;
	if (is_type_param(target)) {
		TermConversion conversion = {c, x};
		return type_each_term(target, term_accepts, &conversion) ? target : NULL;
	}
	Type *u = under(target);
	if (u->kind <= TYPE_UNSAFE_POINTER)
		return implicit_basic(c, x, target, u, value, why);
	if (u->kind != TYPE_INTERFACE)
		return NULL;
	/* Values in interfaces have concrete types. */
	interface_complete(c->u, u, x->node->pos);
	if (u->method_set_count > 0)
		return NULL;
	return type_default(c->u, x->type);
}

void operand_set_type(Check *c, Operand *x, Type *t, Const *value) {
	if (value)
		x->value = value;
	if (t == x->type)
		return;
	x->type = t;
	update_expr_type(c, x->node, t, !type_is_untyped(t));
}

static void report_conversion(Check *c, Operand *x, Type *target, Representable why) {
	const char *text = operand_text(c, x), *type = type_text(c, target);
	if (why == NOT_TRUNCATED)
		FAIL(c, x->node->pos, TRUNCATED, text, type);
	else if (why == NOT_OVERFLOWS)
		FAIL(c, x->node->pos, OVERFLOWS, text, type);
	else
		FAIL(c, x->node->pos, CANNOT_CONVERT, text, type, "");
}

void convert_untyped(Check *c, Operand *x, Type *target) {
	Const *value;
	Representable why;
	Type *t = implicit_type(c, x, target, &value, &why);
	if (t) {
		operand_set_type(c, x, t, value);
		return;
	}
	report_conversion(c, x, is_type_param(target) ? target : under(target), why);
	operand_invalidate(x);
}

void default_operand(Check *c, Operand *x) {
	if (x->mode != MODE_NONE && x->mode != MODE_NIL && x->type && type_is_untyped(x->type))
		convert_untyped(c, x, type_default(c->u, x->type));
}

bool check_representable(Check *c, Operand *x, Type *t) {
	Const *rounded = NULL;
	Representable why = const_representable(c->u, x->value, under(t), &rounded);
	if (why == REPRESENTABLE) {
		if (rounded)
			x->value = rounded;
		return true;
	}
	if (type_is_numeric(x->type) && type_is_numeric(t))
		why = !type_is_integer(x->type) && type_is_integer(t) ? NOT_TRUNCATED : NOT_OVERFLOWS;
	else
		why = NOT_KIND;
	report_conversion(c, x, t, why);
	operand_invalidate(x);
	return false;
}

static const char *operation_name(Node *e) {
	bool unary = e->kind == NODE_UNARY;
	Token op = unary ? AS(UnaryExpr, e)->op : e->kind == NODE_BINARY ? AS(BinaryExpr, e)->op : TOK_NONE;
	switch (op) {
	case TOK_ADD: return unary ? "" : "addition ";
	case TOK_SUB: return unary ? "negation " : "subtraction ";
	case TOK_XOR: return unary ? "bitwise complement " : "bitwise XOR ";
	case TOK_MUL: return "multiplication ";
	case TOK_SHL: return "shift ";
	default: return "";
	}
}

/* After an operation on constants: typed results must fit their type, untyped integers must not grow without end. */
void check_overflow(Check *c, Operand *x, Pos op_pos) {
	if (x->mode != MODE_CONST)
		return;
	if (!x->value) {
		if (type_is_string(x->type))
			FAIL(c, op_pos, CONST_STRING_LONG);
		else
			FAIL(c, op_pos, NOT_REPRESENTABLE);
		operand_invalidate(x);
		return;
	}
	if (!type_is_untyped(x->type)) {
		check_representable(c, x, x->type);
		return;
	}
	if (const_kind(x->value) == CONST_INT && const_bit_length(x->value) > MAX_CONST_BITS) {
		FAIL(c, op_pos, CONST_OVERFLOW, operation_name(x->node));
		operand_invalidate(x);
	}
}

/* ---------------------------------------------------------------- assignment */

/* x must be one value. */
void check_single_value(Check *c, Operand *x) {
	if (x->mode != MODE_VALUE || !x->type || x->type->kind != TYPE_TUPLE || x->type->tuple.len == 1)
		return;
	FAIL(c, x->node->pos, MULTI_VALUE, operand_text(c, x));
	operand_invalidate(x);
}

static const char *context_text(Check *c, const char *context) {
	if (strcmp(context, ARGUMENT_CONTEXT) != 0 || !c->argument_of)
		return context;
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_printf(&buf, "%s %s", context, node_text(c, c->argument_of));
	return buf_text(c, &buf);
}

static void assign_untyped(Check *c, Operand *x, Type *t, const char *context) {
	Type *target = t;
	/* To an interface the value goes with its default type; so it does where no type is given. */
	if (!t || (type_is_interface(t) && x->mode != MODE_NIL)) {
		if (!t && x->mode == MODE_NIL) {
			FAIL(c, x->node->pos, UNTYPED_NIL, context_text(c, context));
			operand_invalidate(x);
			return;
		}
		target = type_default(c->u, x->type);
	}
	Const *value;
	Representable why;
	Type *final = implicit_type(c, x, target, &value, &why);
	if (final) {
		operand_set_type(c, x, final, value);
		return;
	}
	context = context_text(c, context);
	const char *suffix = why == NOT_TRUNCATED ? " (truncated)" : why == NOT_OVERFLOWS ? " (overflows)" : "";
	FAIL(c, x->node->pos, CANNOT_USE, operand_text(c, x), type_text(c, target), context, suffix, "");
	operand_invalidate(x);
}

void check_assignment(Check *c, Operand *x, Type *t, const char *context) {
	check_single_value(c, x);
	if (x->mode == MODE_NONE)
		return;
	if (x->mode == MODE_NOVALUE || x->mode == MODE_BUILTIN || x->mode == MODE_TYPE) {
		report_not_value(c, x);
		return;
	}
	if (type_is_untyped(x->type)) {
		assign_untyped(c, x, t, context);
		if (x->mode == MODE_NONE)
			return;
	}
	if (is_generic_signature(x->type) && (!t || !is_generic_signature(t))) {
		FAIL(c, x->node->pos, GENERIC_FUNCTION, node_text(c, x->node));
		operand_invalidate(x);
		return;
	}
	if (!t || !type_valid(t) || !type_valid(x->type))
		return;
	Buf why;
	buf_init(&why, c->u->arena->mem);
	if (!type_assignable_reason(c->u, x->type, t, &why)) {
		FAIL(c, x->node->pos, CANNOT_USE, operand_text(c, x), type_text(c, t), context_text(c, context),
		     why.len ? ": " : "", buf_cstr(&why));
		operand_invalidate(x);
	}
	buf_deinit(&why);
}

/* ---------------------------------------------------------------- conversion */

static Const *convert_const(Check *c, Const *x, Type *from, Type *t) {
	Const *rounded = NULL;
	if (const_representable(c->u, x, under(t), &rounded) == REPRESENTABLE)
		return rounded ? rounded : x;
	if (!type_is_integer(from) || !type_is_string(t))
		return NULL;
	int64_t rune;
	if (!const_int64(x, &rune) || rune < 0 || rune > 0x10FFFF)
		rune = RUNE_ERROR;
	char text[4];
	int len = utf8_encode((int32_t)rune, text);
	return const_make_string(c->u, (Str){arena_strndup(c->u->arena, text, (size_t)len), (size_t)len});
}

typedef struct TermConst {
	Check *c;
	Operand *x;
	Type *target;
	Buf *why;
} TermConst;

static void explain_term(TermConst *conversion, Type *u) {
	Check *c = conversion->c;
	Operand *x = conversion->x;
	const char *target = type_text(c, conversion->target);
	if (!u) {
		buf_printf(conversion->why, "%s does not contain specific types", target);
	} else if (type_is_integer(x->type) && type_is_integer(u)) {
		buf_puts(conversion->why, "constant ");
		const_print(x->value, conversion->why);
		buf_printf(conversion->why, " overflows %s (in %s)", type_text(c, u), target);
	} else {
		buf_printf(conversion->why, "cannot convert %s to type %s (in %s)", operand_text(c, x), type_text(c, u),
			   target);
	}
}

static bool term_converts(void *user, Type *t, Type *u) {
	TermConst *conversion = user;
	Check *c = conversion->c;
	Operand *x = conversion->x;
	bool ok = u && (is_const_type(u) ? convert_const(c, x->value, x->type, u) != NULL
					 : type_convertible(c->u, type_default(c->u, x->type), t));
	if (!ok)
		explain_term(conversion, u);
	return ok;
}

/* The type an untyped argument keeps under the conversion. */
static Type *argument_type(Check *c, Operand *x, Type *t, bool constant) {
	if (x->mode == MODE_NIL)
		return t;
	if (type_is_interface(t) || (constant && !is_const_type(t)))
		return type_default(c->u, x->type);
	if (x->mode == MODE_CONST && type_is_integer(x->type) && type_is_string(t))
		return type_default(c->u, x->type);
	return t;
}

/* Slices to array pointers since Go 1.17, to arrays since 1.20. */
static bool conversion_in_language(Check *c, Type *from, Type *to, Buf *why) {
	Type *under_to = LIKELY(language_has(c, 20)) ? NULL : type_common_underlying(c->u, to, false);
	Type *under_from = under_to ? type_common_underlying(c->u, from, false) : NULL;
	if (!under_from || under_from->kind != TYPE_SLICE)
		return true;
	bool array = under_to->kind == TYPE_ARRAY;
	unsigned minor = array ? 20 : under_to->kind == TYPE_POINTER ? 17 : 0;
	if (language_has(c, minor))
		return true;
	buf_printf(why, "conversion of slice to array%s requires go1.%u or later (%s)", array ? "" : " pointer", minor,
		   language_source(c));
	return false;
}

static bool converts(Check *c, Operand *x, Type *t, Const **value, Buf *why) {
	bool constant = x->mode == MODE_CONST && is_const_type(x->type);
	if (constant && is_const_type(t)) {
		*value = convert_const(c, x->value, x->type, t);
		return *value != NULL;
	}
	if (constant && is_type_param(t)) {
		TermConst conversion = {c, x, t, why};
		bool ok = type_each_term(t, term_converts, &conversion);
		x->mode = ok ? x->mode : MODE_VALUE; /* messages call it a value: the result would be none too */
		return ok;
	}
	if (x->mode == MODE_NIL)
		return type_has_nil(t);
	Type *from = x->type;
	if (constant && type_is_untyped(from))
		from = type_default(c->u, from);
	else if (type_is_untyped(from)) /* a comparison or shift: like the constant it stands for */
		return type_is_boolean(from) ? type_is_boolean(t) || type_is_interface(t)
					     : type_is_numeric(t) || type_is_string(t) || type_is_interface(t);
	return type_convertible_reason(c->u, from, t, why) && conversion_in_language(c, from, t, why);
}

void check_conversion(Check *c, Operand *x, Type *t) {
	bool constant = x->mode == MODE_CONST && is_const_type(x->type);
	Const *value = NULL;
	Buf why;
	buf_init(&why, c->u->arena->mem);
	if (!converts(c, x, t, &value, &why)) {
		if (constant && type_is_integer(x->type) && type_is_integer(t) && !is_type_param(t)) {
			Buf text;
			buf_init(&text, c->u->arena->mem);
			const_print(x->value, &text);
			FAIL(c, x->node->pos, CONSTANT_OVERFLOWS, buf_cstr(&text), type_text(c, t));
			buf_deinit(&text);
		} else {
			if (constant && (is_const_type(t) || (type_is_untyped(x->type) && !is_type_param(t))))
				why.len = 0;
			else if (why.len == 0 && type_is_interface(t) && !type_is_untyped(x->type))
				type_assignable_reason(c->u, x->type, t, &why);
			const char *reason = buf_text(c, &why);
			buf_init(&why, c->u->arena->mem);
			buf_printf(&why, "%s%s", *reason ? ": " : "", reason);
			FAIL(c, x->node->pos, CANNOT_CONVERT, operand_text(c, x), type_text(c, t), buf_cstr(&why));
		}
		operand_invalidate(x);
	} else {
		bool is_rune = value && type_is_integer(x->type) && type_is_string(t); /* string(1<<100) fits no integer type */
		if (type_is_untyped(x->type) && !is_rune)
			update_expr_type(c, x->node, argument_type(c, x, t, constant), true);
		x->mode = value ? MODE_CONST : MODE_VALUE;
		x->value = value;
		x->type = t;
	}
	buf_deinit(&why);
}

/* ---------------------------------------------------------------- variables */

/* The variable that e is, or lies in as a field or array element; NULL when a pointer is on the way or it is none. */
Object *variable_around(Node *e) {
	for (;;) {
		e = ast_unparen(e);
		if (e->kind == NODE_IDENT) {
			Object *o = AS(Ident, e)->object;
			return o && o->kind == OBJECT_VAR ? o : NULL;
		}
		if (e->kind == NODE_SELECTOR) {
			Selection *selection = AS(SelectorExpr, e)->selection;
			if (!selection || selection->indirect)
				return NULL;
			e = AS(SelectorExpr, e)->x;
		} else if (e->kind == NODE_INDEX) {
			e = AS(IndexExpr, e)->x;
			if (!e->type || !under_is(e->type, TYPE_ARRAY))
				return NULL;
		} else {
			return NULL;
		}
	}
}

/* &e, a pointer method on e, or a slice of the array e: the variable around e must have an address. */
void mark_address_taken(Node *e) {
	Object *o = variable_around(e);
	if (o)
		o->address_taken = true;
}
