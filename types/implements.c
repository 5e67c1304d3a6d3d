/* SPDX-License-Identifier: MIT */
/* implements.c: whether a type implements an interface or satisfies a constraint, and if not, why, in Go's words.
 *
 * Rules: reasons are appended to `why` (NULL: nobody asks) only when the answer is no. The first missing method in name
 * order is the one reported. */
#include "types/implements.h"

static void why_puts(Buf *why, const char *text) {
	if (why)
		buf_puts(why, text);
}

static void why_type(Universe *u, Buf *why, const char *before, Type *t, const char *after) {
	if (!why)
		return;
	buf_puts(why, before);
	type_print(t, u->current, why);
	buf_puts(why, after);
}

/* ---------------------------------------------------------------- missing methods */

typedef enum MissingState {
	METHOD_OK, METHOD_NOT_FOUND, METHOD_WRONG_NAME, METHOD_UNEXPORTED, METHOD_WRONG_TYPE, METHOD_AMBIGUOUS,
	METHOD_WANTS_POINTER, METHOD_IS_FIELD,
} MissingState;

typedef struct Missing {
	MissingState state;
	MethodInfo *wanted;
	Name *found_name; /* WRONG_NAME, WRONG_TYPE: what is there instead */
	Type *found;
} Missing;

static bool same_signature(const MethodMatch *match, Type *x, Type *y) {
	return match ? match->same(match->user, x, y) : type_identical(x, y);
}

static void find_similar(Universe *u, Type *t, Missing *missing) {
	Object *similar = lookup_similar(u, t, false, missing->wanted->name);
	missing->state = METHOD_NOT_FOUND;
	if (!similar || similar->kind != OBJECT_FUNC)
		return;
	missing->state = similar->name == missing->wanted->name ? METHOD_UNEXPORTED : METHOD_WRONG_NAME;
	missing->found_name = similar->name;
	Selection s;
	lookup_field_or_method(u, t, true, similar->package, similar->name, &s);
	missing->found = s.type;
}

static MissingState check_method(Universe *u, Type *t, const MethodMatch *match, Missing *missing) {
	MethodInfo *m = missing->wanted;
	Selection s;
	switch (lookup_field_or_method(u, t, false, m->package, m->name, &s)) {
	case LOOKUP_NONE:
		find_similar(u, t, missing);
		return missing->state;
	case LOOKUP_FIELD:
		return METHOD_IS_FIELD;
	case LOOKUP_AMBIGUOUS:
		return METHOD_AMBIGUOUS;
	case LOOKUP_NEEDS_POINTER:
		return METHOD_WANTS_POINTER;
	case LOOKUP_METHOD:
		break;
	}
	missing->found_name = m->name;
	missing->found = s.type;
	return same_signature(match, s.type, m->signature) ? METHOD_OK : METHOD_WRONG_TYPE;
}

static MissingState check_interface_method(Type *have, const MethodMatch *match, Missing *missing) {
	MethodInfo *m = missing->wanted, *found = interface_find_method(have, m->name, m->package);
	if (!found)
		return METHOD_NOT_FOUND;
	missing->found_name = m->name;
	missing->found = found->signature;
	return same_signature(match, found->signature, m->signature) ? METHOD_OK : METHOD_WRONG_TYPE;
}

static bool find_missing(Universe *u, Type *t, Type *iface, const MethodMatch *match, Missing *missing) {
	Type *under = type_underlying(t);
	interface_complete(u, iface, 0);
	for (uint32_t i = 0; i < iface->method_set_count; i++) {
		*missing = (Missing){.wanted = &iface->method_set[i]};
		missing->state = under->kind == TYPE_INTERFACE ? check_interface_method(under, match, missing)
							       : check_method(u, t, match, missing);
		if (missing->state != METHOD_OK)
			return true;
	}
	return false;
}

static void print_method(Universe *u, Buf *out, Name *name, Type *signature, bool qualify) {
	buf_put(out, name->text, name->len);
	if (signature && signature->kind == TYPE_SIGNATURE)
		type_print_signature(signature, qualify ? NULL : u->current, out);
}

/* "\n\t\thave m()\n\t\twant M()"; false when the two would read the same. */
static bool print_have_want(Universe *u, const Missing *missing, bool qualify, Buf *why) {
	Buf have, want;
	buf_init(&have, u->arena->mem);
	buf_init(&want, u->arena->mem);
	print_method(u, &have, missing->found_name, missing->found, qualify);
	print_method(u, &want, missing->wanted->name, missing->wanted->signature, qualify);
	bool differ = have.len != want.len || memcmp(have.ptr, want.ptr, have.len) != 0;
	if (differ)
		buf_printf(why, "\n\t\thave %s\n\t\twant %s", buf_cstr(&have), buf_cstr(&want));
	buf_deinit(&have);
	buf_deinit(&want);
	return differ;
}

static void explain_missing(Universe *u, Type *t, const Missing *missing, Buf *why) {
	const char *name = missing->wanted->name->text;
	switch (missing->state) {
	case METHOD_OK:
		break;
	case METHOD_NOT_FOUND:
		buf_printf(why, "(missing method %s)", name);
		break;
	case METHOD_WRONG_NAME:
		buf_printf(why, "(missing method %s)", name);
		print_have_want(u, missing, false, why);
		break;
	case METHOD_UNEXPORTED:
		buf_printf(why, "(unexported method %s)", name);
		break;
	case METHOD_WRONG_TYPE:
		buf_printf(why, "(wrong type for method %s)", name);
		if (!print_have_want(u, missing, false, why))
			print_have_want(u, missing, true, why);
		break;
	case METHOD_AMBIGUOUS:
		why_type(u, why, "(ambiguous selector ", t, "");
		buf_printf(why, ".%s)", name);
		break;
	case METHOD_WANTS_POINTER:
		buf_printf(why, "(method %s has pointer receiver)", name);
		break;
	case METHOD_IS_FIELD:
		why_type(u, why, "(", t, "");
		buf_printf(why, ".%s is a field, not a method)", name);
		break;
	}
}

static bool is_pointer_to_interface(Type *t) {
	Type *under = type_underlying(t);
	return under->kind == TYPE_POINTER && under->elem && type_underlying(under->elem)->kind == TYPE_INTERFACE;
}

static void explain_pointer(Universe *u, Type *t, Buf *why) {
	bool param = type_unalias(type_underlying(t)->elem)->kind == TYPE_PARAM;
	why_type(u, why, "(type ", t, param ? " is pointer to type parameter, not type parameter)"
					    : " is pointer to interface, not interface)");
}

bool methods_missing(Universe *u, Type *t, Type *iface, const MethodMatch *match, Name **name, Buf *why) {
	Missing missing;
	if (!find_missing(u, t, iface, match, &missing))
		return false;
	if (name)
		*name = missing.wanted->name;
	if (why && missing.state == METHOD_NOT_FOUND && is_pointer_to_interface(t))
		explain_pointer(u, t, why);
	else if (why)
		explain_missing(u, t, &missing, why);
	return true;
}

/* ---------------------------------------------------------------- implements, satisfies */

typedef struct Implements {
	Universe *u;
	Type *t, *iface_type;
	Type *iface;     /* underlying of iface_type */
	bool constraint; /* satisfy, not implement */
	Name **missing;
	Buf *why;
} Implements;

/* "T does not implement I" */
static void explain_head(const Implements *q) {
	why_type(q->u, q->why, "", q->t, q->constraint ? " does not satisfy " : " does not implement ");
	why_type(q->u, q->why, "", q->iface_type, "");
}

static bool not_an_interface(const Implements *q) {
	if (!q->why)
		return false;
	explain_head(q);
	buf_putc(q->why, ' ');
	if (is_pointer_to_interface(q->iface_type))
		explain_pointer(q->u, q->iface_type, q->why);
	else
		why_type(q->u, q->why, "(", q->iface_type, " is not an interface)");
	return false;
}

static bool has_methods(const Implements *q) {
	Buf detail;
	buf_init(&detail, q->u->arena->mem);
	bool missing = methods_missing(q->u, q->t, q->iface, NULL, q->missing, q->why ? &detail : NULL);
	if (missing && q->why) {
		explain_head(q);
		buf_printf(q->why, " %s", buf_cstr(&detail));
	}
	buf_deinit(&detail);
	return !missing;
}

/* Ordinary interfaces satisfy comparable although comparing them may panic; they do not implement it. */
static bool has_comparability(const Implements *q) {
	if (!q->iface->is_comparable)
		return true;
	if (type_is_strictly_comparable(q->t) || (q->constraint && type_is_comparable(q->t)))
		return true;
	why_type(q->u, q->why, "", q->t,
			q->constraint ? " does not satisfy comparable" : " does not implement comparable");
	return false;
}

/* The term whose ~ would have let t in. */
static Type *nearly_included(const Implements *q) {
	for (uint32_t i = 0; i < q->iface->term_count; i++) {
		UnionTerm term = q->iface->terms[i];
		if (term.tilde || !type_identical(term.type, type_underlying(term.type)))
			continue;
		term.tilde = true;
		if (term_includes(&term, q->t))
			return term.type;
	}
	return NULL;
}

static bool explain_not_included(const Implements *q) {
	if (!q->why)
		return false;
	Type *near = nearly_included(q);
	explain_head(q);
	if (near) {
		why_type(q->u, q->why, " (possibly missing ~ for ", near, " in ");
		why_type(q->u, q->why, "", q->iface_type, ")");
	} else {
		why_type(q->u, q->why, " (", q->t, " missing in ");
		type_print_terms(q->iface, q->u->current, q->why);
		buf_putc(q->why, ')');
	}
	return false;
}

static bool has_type_set(const Implements *q, Type *under) {
	if (!q->iface->has_terms)
		return true;
	if (under->kind == TYPE_INTERFACE) {
		if (under->has_terms &&
		    terms_subset(under->terms, under->term_count, q->iface->terms, q->iface->term_count))
			return true;
		if (q->why)
			explain_head(q);
		return false;
	}
	for (uint32_t i = 0; i < q->iface->term_count; i++)
		if (term_includes(&q->iface->terms[i], q->t))
			return true;
	return explain_not_included(q);
}

static bool is_empty_interface(Type *iface) {
	return !iface->method_set_count && !iface->has_terms && !iface->is_comparable;
}

static bool implements(Implements *q) {
	Type *under = type_underlying(q->t);
	q->iface = type_underlying(q->iface_type);
	if (type_is_invalid(under) || q->iface->kind == TYPE_INVALID)
		return true; /* an error was reported */
	if (under->kind == TYPE_POINTER && under->elem && type_is_invalid(under->elem))
		return true;
	if (q->iface->kind != TYPE_INTERFACE)
		return not_an_interface(q);
	interface_complete(q->u, q->iface, 0);
	if (is_empty_interface(q->iface))
		return true;
	if (under->kind == TYPE_INTERFACE) {
		interface_complete(q->u, under, 0);
		if (under->has_terms && under->term_count == 0)
			return true; /* no value has such a type */
	}
	if (q->iface->has_terms && q->iface->term_count == 0) {
		why_puts(q->why, q->constraint ? "cannot satisfy " : "cannot implement ");
		why_type(q->u, q->why, "", q->iface_type, " (empty type set)");
		return false;
	}
	return has_methods(q) && has_type_set(q, under) && has_comparability(q);
}

bool type_implements_cause(Universe *u, Type *t, Type *iface, Buf *why) {
	Implements q = {.u = u, .t = t, .iface_type = iface, .why = why};
	return implements(&q);
}

bool type_implements(Universe *u, Type *t, Type *interface_type, Name **missing_method) {
	Implements q = {.u = u, .t = t, .iface_type = interface_type, .missing = missing_method};
	if (missing_method)
		*missing_method = NULL;
	return implements(&q);
}

bool type_implements_reason(Universe *u, Type *t, Type *iface, Buf *why) {
	if (type_implements(u, t, iface, NULL))
		return true;
	Type *under = type_underlying(iface);
	if (under->kind != TYPE_INTERFACE)
		why_type(u, why, "(", iface, " is not an interface)");
	else
		methods_missing(u, t, under, NULL, NULL, why);
	return false;
}

bool type_satisfies(Universe *u, Type *arg, Type *constraint, Buf *why) {
	Type *under = type_underlying(constraint);
	Implements q = {.u = u, .t = arg, .iface_type = constraint, .constraint = true, .why = why};
	if (under->kind == TYPE_INTERFACE || under->kind == TYPE_INVALID)
		return implements(&q);
	/* [T int]: the constraint stands for an interface around it. */
	Type wrapper = {.kind = TYPE_PARAM, .universe = u, .constraint = constraint};
	q.iface_type = type_underlying(&wrapper);
	return implements(&q);
}
