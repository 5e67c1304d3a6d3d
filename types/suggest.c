/* SPDX-License-Identifier: MIT */
/* suggest.c: "did you mean": the known name nearest to a misspelt one.
 *
 * Owns: nothing; answers live in the arena.
 * Rules: called only when an error is being reported. A name is near when it differs in case only, or by at most a third of
 * its letters counted as inserted, removed, replaced or swapped with a neighbour, two at most; the first of several equally
 * near ones is taken, and callers offer names from the inside out.
 * Why no hint for names of one or two letters: nearly every other short name would be as near. */
#include "types/suggest.h"

#include "types/check.h"

enum { LONGEST_NAME = 40, MAX_DISTANCE = 2, EMBEDDING_DEPTH = 4 };

static unsigned least(unsigned a, unsigned b) {
	return a < b ? a : b;
}

static bool equal_but_for_case(const char *a, const char *b) {
	while (*a && (*a | 32) == (*b | 32))
		a++, b++;
	return *a == *b;
}

/* The optimal string alignment distance: Damerau's, each part edited once. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
	uint8_t rows[3][LONGEST_NAME + 1];
	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = (uint8_t)k;
	for (size_t i = 1; i <= a_len; i++) {
		uint8_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = (uint8_t)i;
		for (size_t k = 1; k <= b_len; k++) {
			unsigned best = least(above[k] + 1u, row[k - 1] + 1u);
			best = least(best, above[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				best = least(best, before[k - 2] + 1u);
			row[k] = (uint8_t)best;
		}
	}
	return rows[a_len % 3][b_len];
}

void suggestion_init(Suggestion *s, const char *misspelt) {
	size_t len = strlen(misspelt);
	*s = (Suggestion){.misspelt = misspelt, .len = len, .distance = (unsigned)least(MAX_DISTANCE, (unsigned)len / 3) + 1};
	if (len > LONGEST_NAME)
		s->distance = 0;
}

void suggestion_offer(Suggestion *s, const char *name) {
	size_t len = strlen(name);
	if (len > LONGEST_NAME || s->len < 3 || s->distance == 0 || len + s->distance <= s->len || s->len + s->distance <= len ||
	    strcmp(name, s->misspelt) == 0)
		return;
	unsigned distance = equal_but_for_case(s->misspelt, name) ? 0 : edit_distance(s->misspelt, s->len, name, len);
	if (distance < s->distance) {
		s->distance = distance;
		s->best = name;
	}
}

static const char *hint(Check *c, const Suggestion *s) {
	if (!s->best)
		return "";
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_printf(&buf, " (did you mean %s?)", s->best);
	return buf_text(c, &buf);
}

static void offer_scope(Suggestion *s, const Scope *scope, bool only_exported) {
	for (uint32_t i = 0; i < scope->ordered.len; i++) {
		const Object *o = scope->ordered.items[i];
		if (!only_exported || o->name->exported)
			suggestion_offer(s, o->name->text);
	}
}

static void offer_package(void *suggestion, const char *name) {
	suggestion_offer(suggestion, name);
}

const char *suggest_name(Check *c, const Scope *scope, const Name *misspelt) {
	Suggestion s;
	suggestion_init(&s, misspelt->text);
	for (; scope; scope = scope->parent)
		offer_scope(&s, scope, false);
	if (c->u->importer.names)
		c->u->importer.names(c->u->importer.user, offer_package, &s);
	return hint(c, &s);
}

const char *suggest_exported(Check *c, const Package *pkg, const Name *misspelt) {
	Suggestion s;
	suggestion_init(&s, misspelt->text);
	offer_scope(&s, pkg->scope, true);
	if (!s.best)
		return "";
	Buf full;
	buf_init(&full, c->u->arena->mem);
	buf_printf(&full, "%s.%s", pkg->name->text, s.best);
	s.best = buf_text(c, &full);
	return hint(c, &s);
}

static void offer_member(Check *c, Suggestion *s, const Name *name, const Package *pkg) {
	if (name->exported || package_same(pkg, c->env.package))
		suggestion_offer(s, name->text);
}

static void offer_members(Check *c, Suggestion *s, Type *t, unsigned depth) {
	t = type_unalias(type_deref(t, NULL));
	if (t->kind == TYPE_NAMED) {
		const Type *origin = t->origin ? t->origin : t;
		for (uint32_t i = 0; i < origin->named_methods.len; i++)
			offer_member(c, s, origin->named_methods.items[i]->name, origin->named_methods.items[i]->package);
	}
	const Type *under = type_underlying(t);
	for (uint32_t i = 0; under->kind == TYPE_INTERFACE && i < under->method_set_count; i++)
		offer_member(c, s, under->method_set[i].name, under->method_set[i].package);
	for (uint32_t i = 0; under->kind == TYPE_STRUCT && i < under->field_count; i++) {
		const FieldInfo *f = &under->fields[i];
		offer_member(c, s, f->name, f->package);
		if (f->embedded && depth < EMBEDDING_DEPTH)
			offer_members(c, s, f->type, depth + 1);
	}
}

const char *suggest_member(Check *c, Type *t, const Name *misspelt) {
	Suggestion s;
	suggestion_init(&s, misspelt->text);
	offer_members(c, &s, t, 0);
	return hint(c, &s);
}
