/* SPDX-License-Identifier: MIT */
/* assign.c: assignability and conversion between types. Constants' values are the checker's business: an untyped type
 * is assignable here when some value of it could be.
 *
 * Rules: reasons are appended to `why` (NULL: nobody asks) when the answer is no; often there is none to give.
 * See: the Go specification, "Assignability" and "Conversions"; implements.c. */
#include "base/limits.h"
#include "types/implements.h"

/* ---------------------------------------------------------------- assignability */

typedef struct Assign {
	Universe *u;
	Type *from, *to;
	Buf *why;
} Assign;

static bool untyped_fits(Type *from, Type *to) {
	switch ((TypeKind)from->kind) {
	case TYPE_UNTYPED_BOOL:
		return type_is_boolean(to);
	case TYPE_UNTYPED_STRING:
		return type_is_string(to);
	case TYPE_UNTYPED_NIL:
		return type_has_nil(to);
	default:
		return type_is_numeric(to);
	}
}

static bool untyped_fits_term(void *from, Type *t, Type *under) {
	(void)t;
	return under && untyped_fits(from, under);
}

static bool untyped_assignable(Assign *a) {
	Type *to = type_unalias(a->to), *under = type_underlying(to);
	if (to->kind == TYPE_PARAM)
		return type_each_term(to, untyped_fits_term, a->from);
	if (under->kind == TYPE_INTERFACE && a->from->kind != TYPE_UNTYPED_NIL)
		return type_implements_cause(a->u, type_default(a->u, a->from), to, a->why);
	if (under->kind == TYPE_UNTYPED_NIL)
		return a->from->kind == TYPE_UNTYPED_NIL;
	return untyped_fits(a->from, under);
}

/* "cannot assign int to T (in ~int | ~string)" */
static void explain_term(Assign *a, Type *from, Type *from_param, Type *to, Type *to_param) {
	if (!a->why)
		return;
	buf_puts(a->why, "cannot assign ");
	type_print(from, a->u->current, a->why);
	if (from_param) {
		buf_puts(a->why, " (in ");
		type_print(from_param, a->u->current, a->why);
		buf_putc(a->why, ')');
	}
	buf_puts(a->why, " to ");
	type_print(to, a->u->current, a->why);
	if (to_param) {
		buf_puts(a->why, " (in ");
		type_print(to_param, a->u->current, a->why);
		buf_putc(a->why, ')');
	}
}

static bool to_term(void *user, Type *t, Type *under) {
	Assign *a = user;
	(void)under;
	if (!t)
		return false;
	if (type_assignable(a->u, a->from, t))
		return true;
	explain_term(a, a->from, NULL, t, a->to);
	return false;
}

static bool from_term(void *user, Type *t, Type *under) {
	Assign *a = user;
	(void)under;
	if (!t)
		return false;
	if (type_assignable(a->u, t, a->to))
		return true;
	explain_term(a, t, a->from, a->to, NULL);
	return false;
}

static bool chan_assignable(Assign *a, Type *from_under, Type *to_under) {
	return from_under->kind == TYPE_CHAN && to_under->kind == TYPE_CHAN && from_under->chan_dir == CHAN_BOTH &&
	       type_identical(from_under->elem, to_under->elem) &&
	       (!type_has_name(a->from) || !type_has_name(a->to));
}

static bool is_interface_pointer(Type *under) {
	return under->kind == TYPE_POINTER && under->elem && type_underlying(under->elem)->kind == TYPE_INTERFACE;
}

static bool param_assignable(Assign *a, bool from_param, bool to_param) {
	if (to_param && !type_has_name(a->from))
		return type_each_term(a->to, to_term, a);
	if (from_param && !type_has_name(a->to))
		return type_each_term(a->from, from_term, a);
	return false;
}

static bool typed_assignable(Assign *a) {
	Type *from_under = type_underlying(a->from), *to_under = type_underlying(a->to);
	bool from_param = a->from->kind == TYPE_PARAM, to_param = a->to->kind == TYPE_PARAM;
	bool one_unnamed = !type_has_name(a->from) || !type_has_name(a->to);
	if (one_unnamed && !from_param && !to_param && type_identical(from_under, to_under))
		return true;
	/* A pointer to an interface is asked as well: the reason says what is wrong with it. */
	if ((to_under->kind == TYPE_INTERFACE && !to_param) || is_interface_pointer(to_under)) {
		if (type_implements_cause(a->u, a->from, a->to, from_param ? NULL : a->why))
			return true;
		if (!from_param)
			return false;
	}
	if (from_under->kind == TYPE_INTERFACE && !from_param && type_implements(a->u, a->to, a->from, NULL)) {
		if (a->why)
			buf_puts(a->why, "need type assertion");
		return false;
	}
	return chan_assignable(a, from_under, to_under) || param_assignable(a, from_param, to_param);
}

bool type_assignable_reason(Universe *u, Type *from, Type *to, Buf *why) {
	Assign a = {u, type_unalias(from), type_unalias(to), why};
	if (!a.from || !a.to || type_is_invalid(a.from) || type_is_invalid(a.to))
		return true; /* an error was reported */
	if (type_identical(a.from, a.to))
		return true;
	return type_is_untyped(a.from) ? untyped_assignable(&a) : typed_assignable(&a);
}

bool type_assignable(Universe *u, Type *from, Type *to) {
	return type_assignable_reason(u, from, to, NULL);
}

/* ---------------------------------------------------------------- conversion */

typedef struct Convert {
	Universe *u;
	Type *from, *to;
	Type *term; /* of `from`, while all pairs of terms are tried */
	Buf *not_assignable; /* why `from` is not assignable to `to` either */
	Buf *why;
} Convert;

static bool identical_without_tags(Type *x, Type *y, int depth);

static bool signatures_without_tags(Type *x, Type *y, int depth) {
	if (x->variadic != y->variadic || x->param_count != y->param_count || x->result_count != y->result_count)
		return false;
	for (uint32_t i = 0; i < x->param_count; i++)
		if (!identical_without_tags(x->params[i]->type, y->params[i]->type, depth))
			return false;
	for (uint32_t i = 0; i < x->result_count; i++)
		if (!identical_without_tags(x->results[i]->type, y->results[i]->type, depth))
			return false;
	return true;
}

static bool structs_without_tags(Type *x, Type *y, int depth) {
	if (x->field_count != y->field_count)
		return false;
	for (uint32_t i = 0; i < x->field_count; i++) {
		FieldInfo *f = &x->fields[i], *g = &y->fields[i];
		if (f->embedded != g->embedded || !name_same(f->name, f->package, g->name, g->package) ||
		    !identical_without_tags(f->type, g->type, depth))
			return false;
	}
	return true;
}

/* Struct tags at any depth of the type literals do not count. */
static bool identical_without_tags(Type *x, Type *y, int depth) {
	x = type_unalias(x);
	y = type_unalias(y);
	if (x == y || depth > MAX_TYPE_DEPTH || x->kind != y->kind)
		return x == y;
	depth++;
	switch ((TypeKind)x->kind) {
	case TYPE_STRUCT:
		return structs_without_tags(x, y, depth);
	case TYPE_SIGNATURE:
		return x->type_param_count || y->type_param_count ? type_identical(x, y)
								  : signatures_without_tags(x, y, depth);
	case TYPE_MAP:
		return identical_without_tags(x->key, y->key, depth) && identical_without_tags(x->elem, y->elem, depth);
	case TYPE_ARRAY:
		return x->length == y->length && identical_without_tags(x->elem, y->elem, depth);
	case TYPE_CHAN:
		return x->chan_dir == y->chan_dir && identical_without_tags(x->elem, y->elem, depth);
	case TYPE_POINTER:
	case TYPE_SLICE:
		return identical_without_tags(x->elem, y->elem, depth);
	default:
		return type_identical(x, y);
	}
}

static bool is_byte_or_rune_slice(Type *under) {
	if (under->kind != TYPE_SLICE)
		return false;
	TypeKind elem = type_underlying(under->elem)->kind;
	return elem == TYPE_UINT8 || elem == TYPE_INT32;
}

static bool is_basic_number(Type *under) {
	return under->kind < TYPE_POINTER && type_is_numeric(under);
}

static bool is_basic_string(Type *under) {
	return under->kind == TYPE_STRING || under->kind == TYPE_UNTYPED_STRING;
}

static bool basic_convertible(Type *from, Type *to) {
	bool from_integer = from->kind < TYPE_POINTER && type_is_integer(from);
	if (is_basic_number(from) && is_basic_number(to))
		return type_is_complex(from) == type_is_complex(to);
	if (is_basic_string(to))
		return from_integer || is_byte_or_rune_slice(from);
	if (is_basic_string(from))
		return is_byte_or_rune_slice(to);
	if (to->kind == TYPE_UNSAFE_POINTER)
		return from->kind == TYPE_POINTER || from->kind == TYPE_UINTPTR;
	return from->kind == TYPE_UNSAFE_POINTER && (to->kind == TYPE_POINTER || to->kind == TYPE_UINTPTR);
}

/* []E to [N]E or *[N]E */
static bool slice_to_array(Type *from, Type *to) {
	if (from->kind != TYPE_SLICE)
		return false;
	if (to->kind == TYPE_POINTER && to->elem)
		to = type_underlying(to->elem);
	return to->kind == TYPE_ARRAY && type_identical(from->elem, to->elem);
}

static bool pointers_convertible(const Convert *c) {
	Type *from = c->from, *to = c->to;
	if (from->kind != TYPE_POINTER || to->kind != TYPE_POINTER || !from->elem || !to->elem)
		return false;
	if (type_unalias(from->elem)->kind == TYPE_PARAM || type_unalias(to->elem)->kind == TYPE_PARAM)
		return false;
	return identical_without_tags(type_underlying(from->elem), type_underlying(to->elem), 0);
}

/* Neither type is a type parameter. */
static bool plain_convertible(const Convert *c) {
	Type *from = type_underlying(c->from), *to = type_underlying(c->to);
	return type_assignable(c->u, c->from, c->to) || identical_without_tags(from, to, 0) ||
	       pointers_convertible(c) || basic_convertible(from, to) || slice_to_array(from, to);
}

static void print_in(const Convert *c, Type *term, Type *param) {
	type_print(term, c->u->current, c->why);
	if (param->kind != TYPE_PARAM)
		return;
	buf_puts(c->why, " (in ");
	type_print(param, c->u->current, c->why);
	buf_putc(c->why, ')');
}

static void explain_conversion(const Convert *c, Type *from, Type *to) {
	if (!c->why)
		return;
	buf_puts(c->why, "cannot convert ");
	print_in(c, from, c->from);
	buf_puts(c->why, " to type ");
	print_in(c, to, c->to);
	if (c->not_assignable->len)
		buf_printf(c->why, "\n\t%s", buf_cstr(c->not_assignable));
}

static bool convert_to_term(void *user, Type *t, Type *under) {
	Convert *c = user;
	(void)under;
	if (!t)
		return false;
	Convert pair = {.u = c->u, .from = c->term, .to = t};
	if (plain_convertible(&pair))
		return true;
	explain_conversion(c, c->term, t);
	return false;
}

static bool convert_from_term(void *user, Type *t, Type *under) {
	Convert *c = user;
	(void)under;
	if (!t)
		return false;
	c->term = t;
	if (c->to->kind == TYPE_PARAM)
		return type_each_term(c->to, convert_to_term, c);
	return convert_to_term(c, c->to, NULL);
}

static bool params_convertible(Convert *c) {
	if (c->from->kind == TYPE_PARAM)
		return type_each_term(c->from, convert_from_term, c);
	return convert_from_term(c, c->from, NULL);
}

static bool convertible(Convert *c) {
	if (type_assignable_reason(c->u, c->from, c->to, c->not_assignable))
		return true;
	if (c->from->kind == TYPE_PARAM || c->to->kind == TYPE_PARAM)
		return params_convertible(c);
	if (plain_convertible(c))
		return true;
	if (c->why)
		buf_puts(c->why, buf_cstr(c->not_assignable));
	return false;
}

bool type_convertible_reason(Universe *u, Type *from, Type *to, Buf *why) {
	Buf not_assignable;
	Convert c = {.u = u, .from = type_unalias(from), .to = type_unalias(to), .not_assignable = &not_assignable,
			.why = why};
	if (!c.from || !c.to || type_is_invalid(c.from) || type_is_invalid(c.to))
		return true; /* an error was reported */
	buf_init(&not_assignable, u->arena->mem);
	bool yes = convertible(&c);
	buf_deinit(&not_assignable);
	return yes;
}

bool type_convertible(Universe *u, Type *from, Type *to) {
	return type_convertible_reason(u, from, to, NULL);
}
