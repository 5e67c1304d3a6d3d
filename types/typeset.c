/* SPDX-License-Identifier: MIT */
/* typeset.c: the type set of an interface: all its methods, and the terms that restrict it.
 *
 * Rules: term lists are in normal form: no term includes another. An interface is complete once everything it embeds is
 * resolved; before that the question is answered from what is known and asked again later.
 * Why terms are intersected eagerly: an interface of n embedded unions stays as small as its smallest union. */
#include <stdlib.h>

#include "base/limits.h"
#include "types/internal.h"

/* ---------------------------------------------------------------- terms */

typedef struct TermList {
	VEC(UnionTerm) items;
	bool restricted; /* false: all types */
} TermList;

bool term_includes(const UnionTerm *term, Type *t) {
	return type_identical(term->type, term->tilde ? type_underlying(t) : t);
}

static bool term_includes_term(const UnionTerm *x, const UnionTerm *y) {
	return (x->tilde || !y->tilde) && term_includes(x, y->type);
}

static bool term_is_covered(const UnionTerm *term, const UnionTerm *list, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (term_includes_term(&list[i], term))
			return true;
	return false;
}

bool terms_subset(const UnionTerm *a, uint32_t a_count, const UnionTerm *b, uint32_t b_count) {
	for (uint32_t i = 0; i < a_count; i++)
		if (!term_is_covered(&a[i], b, b_count))
			return false;
	return true;
}

static void terms_add(Universe *u, TermList *list, UnionTerm term) {
	if (term_is_covered(&term, list->items.items, list->items.len))
		return;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < list->items.len; i++)
		if (!term_includes_term(&term, &list->items.items[i]))
			list->items.items[kept++] = list->items.items[i];
	list->items.len = kept;
	VEC_PUSH(u->arena, &list->items, term);
}

static bool terms_disjoint(const UnionTerm *x, const UnionTerm *y) {
	Type *tx = y->tilde ? type_underlying(x->type) : x->type;
	Type *ty = x->tilde ? type_underlying(y->type) : y->type;
	return !type_identical(tx, ty);
}

static void terms_intersect(Universe *u, TermList *list, const TermList *other) {
	if (!other->restricted)
		return;
	if (!list->restricted) {
		*list = *other;
		return;
	}
	TermList both = {.restricted = true};
	for (uint32_t i = 0; i < list->items.len; i++) {
		for (uint32_t k = 0; k < other->items.len; k++) {
			UnionTerm *x = &list->items.items[i], *y = &other->items.items[k];
			if (!terms_disjoint(x, y))
				terms_add(u, &both, x->tilde && !y->tilde ? *y : *x);
		}
	}
	*list = both;
}

/* ---------------------------------------------------------------- completing an interface */

typedef struct MethodEntry {
	MethodInfo info;
	uint32_t order;
	bool embedded;
	Pos pos; /* of the embedded element it comes from */
} MethodEntry;

typedef struct Completion {
	Universe *u;
	VEC(MethodEntry) methods;
	TermList terms;
	bool is_comparable;
	bool unresolved;
} Completion;

static bool is_interface_element(Type *t, Type *under) {
	return under->kind == TYPE_INTERFACE && type_unalias(t)->kind != TYPE_PARAM;
}

static bool is_unresolved(Type *t) {
	t = type_unalias(t);
	return t->kind == TYPE_NAMED && !t->underlying;
}

/* The terms of an interface that stands in a union or is embedded. */
static TermList interface_terms(Completion *c, Type *iface) {
	interface_complete(c->u, iface, 0);
	c->unresolved |= !iface->complete;
	TermList list = {.restricted = iface->has_terms};
	for (uint32_t i = 0; i < iface->term_count; i++)
		VEC_PUSH(c->u->arena, &list.items, iface->terms[i]);
	return list;
}

/* Adds one term of a union; false when the union thereby means all types. */
static bool union_add(Completion *c, TermList *list, const UnionTerm *term) {
	Type *under = type_underlying(term->type);
	c->unresolved |= is_unresolved(term->type);
	if (under->kind == TYPE_INVALID || type_unalias(term->type)->kind == TYPE_PARAM)
		return true;
	if (!is_interface_element(term->type, under)) {
		terms_add(c->u, list, (UnionTerm){term->tilde ? under : term->type, term->tilde});
		return true;
	}
	TermList inner = interface_terms(c, under);
	for (uint32_t i = 0; i < inner.items.len; i++)
		terms_add(c->u, list, inner.items.items[i]);
	return inner.restricted;
}

static TermList union_terms(Completion *c, Type *t) {
	TermList list = {.restricted = true};
	for (uint32_t i = 0; i < t->term_count; i++) {
		/* More can come only from interfaces of many terms each; the union itself is limited by the checker. */
		if (list.items.len > MAX_UNION_TERMS || !union_add(c, &list, &t->terms[i]))
			return (TermList){0};
	}
	return list;
}

static void embed_interface(Completion *c, Type *iface, Pos pos) {
	TermList list = interface_terms(c, iface);
	terms_intersect(c->u, &c->terms, &list);
	c->is_comparable |= iface->is_comparable;
	for (uint32_t i = 0; i < iface->method_set_count; i++) {
		MethodEntry entry = {iface->method_set[i], c->methods.len, true, pos};
		VEC_PUSH(c->u->arena, &c->methods, entry);
	}
}

static void embed(Completion *c, Type *t, Pos pos) {
	Type *under = type_underlying(t);
	c->unresolved |= is_unresolved(t);
	if (under->kind == TYPE_INVALID || type_unalias(t)->kind == TYPE_PARAM)
		return;
	TermList list = {.restricted = true};
	if (under->kind == TYPE_INTERFACE) {
		embed_interface(c, under, pos);
		return;
	}
	if (under->kind == TYPE_UNION)
		list = union_terms(c, under);
	else
		VEC_PUSH(c->u->arena, &list.items, ((UnionTerm){t, false}));
	terms_intersect(c->u, &c->terms, &list);
}

static int method_order(const MethodInfo *x, const MethodInfo *y) {
	int order = strcmp(x->name->text, y->name->text);
	if (order || x->name->exported)
		return order;
	return strcmp(x->package ? x->package->path : "", y->package ? y->package->path : "");
}

static int entry_order(const void *a, const void *b) {
	const MethodEntry *x = a, *y = b;
	int order = method_order(&x->info, &y->info);
	return order ? order : x->order < y->order ? -1 : 1;
}

static void report_duplicate(Completion *c, const MethodEntry *first, const MethodEntry *second) {
	Pos at = second->embedded || !second->info.object ? second->pos : second->info.object->pos;
	Pos other = first->embedded ? first->pos : first->info.object ? first->info.object->pos : 0;
	const char *name = second->info.name->text;
	if (!other) {
		diag_report(c->u->sources, SEVERITY_ERROR, 0, at, 0, "duplicate method %s", name);
		return;
	}
	Position p = source_position(c->u->sources, other);
	diag_report(c->u->sources, SEVERITY_ERROR, 0, at, 0,
		    "duplicate method %s\n\t%s:%u:%u: other declaration of method %s", name, p.file, p.line, p.column,
		    name);
}

static bool is_duplicate(const MethodEntry *first, const MethodEntry *second) {
	if (!second->embedded)
		return true; /* two explicit methods */
	return first->info.signature && second->info.signature &&
	       !type_identical(first->info.signature, second->info.signature);
}

/* Sorts what was collected and folds equal methods into one. */
static void methods_finish(Completion *c, Type *iface, Pos pos) {
	uint32_t kept = 0;
	if (c->methods.len)
		qsort(c->methods.items, c->methods.len, sizeof(MethodEntry), entry_order);
	iface->method_set = ARENA_ARRAY(c->u->arena, MethodInfo, c->methods.len + 1);
	const MethodEntry *first = NULL;
	for (uint32_t i = 0; i < c->methods.len; i++) {
		MethodEntry *entry = &c->methods.items[i];
		if (first && method_order(&first->info, &entry->info) == 0) {
			if (!c->unresolved && pos && is_duplicate(first, entry))
				report_duplicate(c, first, entry);
			continue;
		}
		first = entry;
		iface->method_set[kept++] = entry->info;
	}
	iface->method_set_count = kept;
}

/* comparable and terms together: the terms whose types are comparable. */
static void terms_finish(Completion *c, Type *iface) {
	iface->has_terms = c->terms.restricted;
	iface->terms = c->terms.items.items;
	iface->term_count = c->terms.items.len;
	iface->is_comparable = c->is_comparable && !c->terms.restricted;
	if (!c->is_comparable || !c->terms.restricted)
		return;
	uint32_t kept = 0;
	UnionTerm *terms = ARENA_ARRAY(c->u->arena, UnionTerm, iface->term_count + 1);
	for (uint32_t i = 0; i < iface->term_count; i++)
		if (type_is_strictly_comparable(iface->terms[i].type))
			terms[kept++] = iface->terms[i];
	iface->terms = terms;
	iface->term_count = kept;
}

static void complete_now(Universe *u, Type *iface, Pos pos) {
	Completion c = {.u = u};
	for (uint32_t i = 0; i < iface->method_count; i++) {
		MethodEntry entry = {iface->methods[i], i, false, 0};
		VEC_PUSH(u->arena, &c.methods, entry);
	}
	for (uint32_t i = 0; i < iface->embeddeds.len; i++)
		embed(&c, iface->embeddeds.items[i], iface->embedded_pos ? iface->embedded_pos[i] : pos);
	methods_finish(&c, iface, pos);
	terms_finish(&c, iface);
	iface->complete = !c.unresolved;
}

void interface_complete(Universe *u, Type *iface, Pos pos) {
	if (iface->complete || iface->in_progress)
		return;
	/* u->depth counts what is completed on behalf of the outermost interface: expanding instances end. */
	bool outermost = u->depth == 0;
	if (u->depth >= MAX_NESTED_INTERFACES) {
		iface->complete = true;
		return;
	}
	u->depth++;
	iface->in_progress = true;
	complete_now(u, iface, pos);
	iface->in_progress = false;
	if (outermost)
		u->depth = 0;
}

MethodInfo *interface_find_method(Type *iface, const Name *name, const Package *from) {
	interface_complete(iface->universe, iface, 0);
	uint32_t low = 0, high = iface->method_set_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (strcmp(iface->method_set[middle].name->text, name->text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* Unexported methods of several packages may share a name. */
	for (; low < iface->method_set_count && iface->method_set[low].name == name; low++)
		if (name_same(name, from, name, iface->method_set[low].package))
			return &iface->method_set[low];
	return NULL;
}

/* ---------------------------------------------------------------- type parameters */

bool type_each_term(Type *t, bool (*f)(void *user, Type *t, Type *underlying), void *user) {
	Type *plain = type_unalias(t);
	Type *under = type_underlying(plain);
	if (plain->kind != TYPE_PARAM)
		return f(user, t, under);
	interface_complete(plain->universe, under, 0);
	if (!under->has_terms)
		return f(user, NULL, NULL);
	for (uint32_t i = 0; i < under->term_count; i++)
		if (!f(user, under->terms[i].type, type_underlying(under->terms[i].type)))
			return false;
	return true;
}

typedef struct Common {
	Type *type;
	bool bytestring, has_string;
} Common;

/* The channel type that values of both types convert to, when directions allow. */
static Type *common_of(Type *x, Type *y) {
	if (type_identical(x, y))
		return x;
	if (x->kind != TYPE_CHAN || y->kind != TYPE_CHAN || !type_identical(x->elem, y->elem))
		return NULL;
	return x->chan_dir == CHAN_BOTH ? y : y->chan_dir == CHAN_BOTH ? x : NULL;
}

static bool common_add(void *user, Type *t, Type *under) {
	Common *c = user;
	(void)t;
	if (!under)
		return false;
	if (c->bytestring && under->kind == TYPE_STRING) {
		c->has_string = true;
		under = type_new_slice(under->universe, under->universe->byte_type);
	}
	c->type = c->type ? common_of(c->type, under) : under;
	return c->type != NULL;
}

Type *type_common_underlying(Universe *u, Type *t, bool bytestring) {
	if (type_unalias(t)->kind != TYPE_PARAM)
		return type_underlying(t);
	Common c = {.bytestring = bytestring};
	if (!type_each_term(t, common_add, &c))
		return NULL;
	return c.has_string ? u->basic[TYPE_STRING] : c.type;
}
