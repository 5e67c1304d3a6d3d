/* SPDX-License-Identifier: MIT */
/* lookup.c: x.name: fields, methods, embedding, method sets.
 *
 * Rules: the shallowest depth at which the name occurs decides; twice at that depth is ambiguous. A type that occurs
 * twice at one depth counts twice (`multiple`). Types already seen at a smaller depth hide what they hold here.
 * Embedding is searched breadth first, MAX_EMBEDDING deep, over at most MAX_LOOKUP_TYPES types: instances may
 * expand for ever (`type T[P any] struct { *T[[]P] }`).
 * Methods of lazily resolved packages get their type here, when they are found. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "types/internal.h"

/* One embedded type on the way; the path is the chain of field indices back to x. */
typedef struct Level Level;
struct Level {
	Type *type; /* pointers removed */
	Level *outer;
	uint32_t field; /* index in outer's struct */
	uint32_t depth;
	bool indirect, multiple;
};

typedef struct LevelList {
	VEC(Level *) items;
} LevelList;

typedef struct Query {
	Universe *u;
	const Name *name;
	const Package *from;
	bool fold; /* ignore case and packages: for hints in messages */
} Query;

typedef struct Found {
	LookupResult result;
	Level *at;
	FieldInfo *field;
	uint32_t field_index;
	Object *method;      /* concrete method, of the generic origin for instances */
	MethodInfo *dynamic; /* interface method */
} Found;

static bool names_fold_equal(const Name *a, const Name *b) {
	size_t i = 0, k = 0;
	while (i < a->len && k < b->len) {
		int32_t ra, rb;
		i += (size_t)utf8_decode(a->text + i, a->len - i, &ra);
		k += (size_t)utf8_decode(b->text + k, b->len - k, &rb);
		if (rune_to_lower(ra) != rune_to_lower(rb))
			return false;
	}
	return i == a->len && k == b->len;
}

static bool query_matches(const Query *q, const Name *name, const Package *package) {
	if (q->fold)
		return name && (name == q->name || names_fold_equal(name, q->name));
	return name_same(name, package, q->name, q->from);
}

/* ---------------------------------------------------------------- many members */

/* The fields of a struct type or the methods of a defined one by name, when there are many. */
struct MemberIndex {
	PtrMap places; /* Name* -> index + 1 of the first member of that name */
	uint32_t len;  /* members that are in it */
	VEC(uint32_t) embedded;
};

enum { INDEX_MIN = 12 }; /* fewer are compared one by one */

static struct MemberIndex *index_of(Type *t) {
	if (!t->members)
		t->members = ARENA_NEW(t->universe->arena, struct MemberIndex);
	return t->members;
}

static void index_add(Type *t, const Name *name) {
	struct MemberIndex *index = t->members;
	index->len++;
	if (name && !ptrmap_get(&index->places, name))
		ptrmap_put(t->universe->arena, &index->places, name, (void *)(uintptr_t)index->len);
}

static struct MemberIndex *field_index(Type *st) {
	struct MemberIndex *index = index_of(st);
	while (index->len < st->field_count) {
		if (st->fields[index->len].embedded)
			VEC_PUSH(st->universe->arena, &index->embedded, index->len);
		index_add(st, st->fields[index->len].name);
	}
	return index;
}

Object *named_find_method(Type *origin, const Name *name) {
	uint32_t count = origin->named_methods.len;
	Object **methods = origin->named_methods.items;
	if (count < INDEX_MIN) {
		for (uint32_t i = 0; i < count; i++)
			if (methods[i]->name == name)
				return methods[i];
		return NULL;
	}
	struct MemberIndex *index = index_of(origin);
	if (index->len > count) /* a session took methods back */
		*index = (struct MemberIndex){0};
	while (index->len < count)
		index_add(origin, methods[index->len]->name);
	uintptr_t place = (uintptr_t)ptrmap_get(&index->places, name);
	return place > 0 ? methods[place - 1] : NULL;
}

/* ---------------------------------------------------------------- one level */

static Object *find_named_method(const Query *q, Type *t) {
	if (t->kind != TYPE_NAMED)
		return NULL;
	Type *origin = t->origin ? t->origin : t;
	if (!q->fold) {
		Object *m = named_find_method(origin, q->name);
		return m && query_matches(q, m->name, m->package) ? m : NULL;
	}
	for (uint32_t i = 0; i < origin->named_methods.len; i++) {
		Object *m = origin->named_methods.items[i];
		if (query_matches(q, m->name, m->package))
			return m;
	}
	return NULL;
}

static MethodInfo *find_interface_method(const Query *q, Type *iface) {
	if (!q->fold)
		return interface_find_method(iface, q->name, q->from);
	interface_complete(q->u, iface, 0);
	for (uint32_t i = 0; i < iface->method_set_count; i++)
		if (query_matches(q, iface->method_set[i].name, iface->method_set[i].package))
			return &iface->method_set[i];
	return NULL;
}

/* Notes a match at `level`; a second one, or one in a type that is there twice, makes the name ambiguous. */
static void found_add(Found *found, Level *level, LookupResult result) {
	bool again = found->result != LOOKUP_NONE || level->multiple;
	found->result = again ? LOOKUP_AMBIGUOUS : result;
	found->at = level;
}

static void push_embedded(const Query *q, Level *level, FieldInfo *f, uint32_t index, LevelList *next) {
	bool pointer;
	Type *t = type_unalias(type_deref(f->type, &pointer));
	/* Only defined types, structs and interfaces can hold anything. */
	if (!t || (t->kind != TYPE_NAMED && t->kind != TYPE_STRUCT && t->kind != TYPE_INTERFACE))
		return;
	Level *inner = ARENA_NEW(q->u->arena, Level);
	*inner = (Level){t, level, index, level->depth + 1, level->indirect || pointer, level->multiple};
	VEC_PUSH(q->u->arena, &next->items, inner);
}

static void search_many_fields(const Query *q, Level *level, Type *st, Found *found, LevelList *next) {
	struct MemberIndex *index = field_index(st);
	uintptr_t place = (uintptr_t)ptrmap_get(&index->places, q->name);
	if (place > 0 && query_matches(q, st->fields[place - 1].name, st->fields[place - 1].package)) {
		found_add(found, level, LOOKUP_FIELD);
		found->field = &st->fields[place - 1];
		found->field_index = (uint32_t)place - 1;
		return;
	}
	for (uint32_t i = 0; i < index->embedded.len; i++)
		push_embedded(q, level, &st->fields[index->embedded.items[i]], index->embedded.items[i], next);
}

static void search_struct(const Query *q, Level *level, Type *st, Found *found, LevelList *next) {
	if (st->field_count >= INDEX_MIN && !q->fold) {
		search_many_fields(q, level, st, found, next);
		return;
	}
	bool here = false; /* a field declared twice is an error of its own, not an ambiguity */
	for (uint32_t i = 0; i < st->field_count; i++) {
		FieldInfo *f = &st->fields[i];
		if (query_matches(q, f->name, f->package)) {
			if (here)
				continue;
			here = true;
			found_add(found, level, LOOKUP_FIELD);
			found->field = f;
			found->field_index = i;
		} else if (f->embedded && found->result == LOOKUP_NONE) {
			push_embedded(q, level, f, i, next);
		}
	}
}

static void search_level(const Query *q, Level *level, Found *found, LevelList *next) {
	Object *method = find_named_method(q, level->type);
	if (method) {
		found_add(found, level, LOOKUP_METHOD);
		found->method = method;
		found->dynamic = NULL;
		return; /* fields and methods of one type have different names */
	}
	Type *under = type_underlying(level->type);
	if (under->kind == TYPE_STRUCT) {
		search_struct(q, level, under, found, next);
	} else if (under->kind == TYPE_INTERFACE) {
		MethodInfo *m = find_interface_method(q, under);
		if (!m)
			return;
		found_add(found, level, LOOKUP_METHOD);
		found->dynamic = m;
		found->method = NULL;
	}
}

/* ---------------------------------------------------------------- breadth first */

/* Types seen at smaller depths are dropped, equal ones of this depth folded into one marked `multiple`. */
static void consolidate(Universe *u, LevelList *levels, PtrMap *seen) {
	uint32_t kept = 0;
	PtrMap here = {0};
	for (uint32_t i = 0; i < levels->items.len; i++) {
		Level *level = levels->items.items[i];
		if (ptrmap_get(seen, level->type))
			continue;
		Level *twin = ptrmap_get(&here, level->type); /* instances are canonical: pointers suffice */
		if (twin) {
			twin->multiple = true;
			continue;
		}
		ptrmap_put(u->arena, &here, level->type, level);
		levels->items.items[kept++] = level;
	}
	for (uint32_t i = 0; i < kept; i++)
		ptrmap_put(u->arena, seen, levels->items.items[i]->type, levels->items.items[i]);
	levels->items.len = kept;
}

static Found search(const Query *q, Level *start) {
	Found found = {0};
	LevelList next = {0};
	search_level(q, start, &found, &next);
	if (found.result != LOOKUP_NONE || next.items.len == 0)
		return found;
	PtrMap seen = {0};
	uint32_t visited = 0, depth = 0;
	if (start->type->kind == TYPE_NAMED)
		ptrmap_put(q->u->arena, &seen, start->type, start);
	while (next.items.len > 0 && found.result == LOOKUP_NONE && visited < MAX_LOOKUP_TYPES &&
	       depth++ < MAX_EMBEDDING) {
		LevelList current = next;
		next = (LevelList){0};
		consolidate(q->u, &current, &seen);
		visited += current.items.len;
		for (uint32_t i = 0; i < current.items.len; i++)
			search_level(q, current.items.items[i], &found, &next);
	}
	return found;
}

/* ---------------------------------------------------------------- the result as a selection */

/* Whether a method wants a pointer, without resolving its signature: that may be what is going on. */
static bool method_has_pointer_receiver(Object *method) {
	if (method->type && method->type->kind == TYPE_SIGNATURE && method->type->recv) {
		bool pointer;
		type_deref(method->type->recv->type, &pointer);
		return pointer;
	}
	if (!method->decl || method->decl->kind != NODE_FUNC_DECL || !AS(FuncDecl, method->decl)->recv)
		return false;
	Node *type = AS(Field, AS(FuncDecl, method->decl)->recv)->type;
	return type && ast_unparen(type)->kind == NODE_STAR;
}

static uint32_t *path_of(Universe *u, const Level *level, const uint32_t *field, uint32_t *len) {
	*len = level->depth + (field ? 1 : 0);
	if (*len == 0)
		return NULL;
	uint32_t *path = ARENA_ARRAY(u->arena, uint32_t, *len);
	if (field)
		path[level->depth] = *field;
	for (; level->outer; level = level->outer)
		path[level->depth - 1] = level->field;
	return path;
}

static Type *method_type(Universe *u, Object *method, Type *holder) {
	if (!method->type)
		check_object(u, method);
	if (!method->type)
		return u->basic[TYPE_INVALID];
	if (holder->kind == TYPE_NAMED && holder->type_args.len > 0)
		return instance_method(u, holder, method)->type;
	return method->type;
}

static void selection_fill(Universe *u, const Found *found, Selection *out) {
	out->indirect = found->at->indirect;
	if (found->result == LOOKUP_FIELD) {
		FieldInfo *f = found->field;
		out->kind = SELECT_FIELD;
		out->object = f->object && f->object->origin ? f->object->origin : f->object;
		out->type = f->type;
		out->path = path_of(u, found->at, &found->field_index, &out->path_len);
		return;
	}
	out->kind = SELECT_METHOD;
	out->path = path_of(u, found->at, NULL, &out->path_len);
	out->is_interface_method = found->dynamic != NULL;
	if (found->dynamic) {
		Object *o = found->dynamic->object;
		out->object = o && o->origin ? o->origin : o;
		out->type = found->dynamic->signature;
	} else {
		out->object = found->method;
		out->type = method_type(u, found->method, found->at->type);
	}
}

/* A defined pointer type has the fields of what it points to, but no methods. */
static bool is_named_pointer(Type *t, Type **pointer) {
	t = type_unalias(t);
	if (t->kind != TYPE_NAMED)
		return false;
	*pointer = type_underlying(t);
	return (*pointer)->kind == TYPE_POINTER;
}

static Found find(const Query *q, Type *t) {
	Type *pointer;
	bool fields_only = is_named_pointer(t, &pointer);
	bool indirect;
	Type *base = type_unalias(type_deref(fields_only ? pointer : t, &indirect));
	/* Pointers to interfaces and to type parameters have no methods. */
	if (!base || base->kind == TYPE_INVALID || (indirect && type_underlying(base)->kind == TYPE_INTERFACE))
		return (Found){0};
	Level *start = ARENA_NEW(q->u->arena, Level);
	start->type = base;
	start->indirect = indirect;
	Found found = search(q, start);
	return fields_only && found.result == LOOKUP_METHOD ? (Found){0} : found;
}

static bool needs_pointer(const Found *found, bool addressable) {
	return found->result == LOOKUP_METHOD && found->method && !found->at->indirect && !addressable &&
	       method_has_pointer_receiver(found->method);
}

static bool is_blank(const Name *name) {
	return name->len == 1 && name->text[0] == '_';
}

LookupResult lookup_field_or_method(Universe *u, Type *t, bool addressable, Package *from, Name *name, Selection *out) {
	*out = (Selection){.recv = t};
	if (is_blank(name))
		return LOOKUP_NONE;
	Query q = {u, name, from, false};
	Found found = find(&q, t);
	if (found.result != LOOKUP_FIELD && found.result != LOOKUP_METHOD)
		return found.result;
	selection_fill(u, &found, out);
	out->on_type_param = found.dynamic && found.at->type->kind == TYPE_PARAM;
	return needs_pointer(&found, addressable) ? LOOKUP_NEEDS_POINTER : found.result;
}

/* ---------------------------------------------------------------- hints */

/* Methods that need a pointer do not count: they would not help. */
Object *lookup_similar(Universe *u, Type *t, bool addressable, const Name *name) {
	Query q = {u, name, NULL, true};
	Found found = find(&q, t);
	if (needs_pointer(&found, addressable))
		return NULL;
	if (found.result == LOOKUP_FIELD)
		return found.field->object;
	if (found.result != LOOKUP_METHOD)
		return NULL;
	return found.dynamic ? found.dynamic->object : found.method;
}

static bool tails_equal(const Name *a, const Name *b) {
	int32_t rune;
	size_t i = (size_t)utf8_decode(a->text, a->len, &rune), k = (size_t)utf8_decode(b->text, b->len, &rune);
	return a->len > i && a->len - i == b->len - k && memcmp(a->text + i, b->text + k, a->len - i) == 0;
}

static bool explain_pointer(Universe *u, Type *t, Buf *out) {
	Type *plain = type_underlying(t);
	if (plain->kind != TYPE_POINTER || !plain->elem || type_underlying(plain->elem)->kind != TYPE_INTERFACE)
		return false;
	bool param = type_unalias(plain->elem)->kind == TYPE_PARAM;
	buf_puts(out, "type ");
	type_print(t, u->current, out);
	buf_puts(out, param ? " is pointer to type parameter, not type parameter"
			    : " is pointer to interface, not interface");
	return true;
}

void lookup_explain_missing(Universe *u, Type *t, Package *from, Name *name, bool type_expr, Buf *out) {
	if (explain_pointer(u, t, out))
		return;
	Object *similar = lookup_similar(u, t, !type_expr, name);
	const char *what = similar && similar->kind == OBJECT_VAR ? "field" : "method";
	bool here = similar && package_same(similar->package, from);
	if (similar && !here && similar->name == name) {
		buf_printf(out, "cannot refer to unexported %s %s", what, name->text);
		return;
	}
	buf_puts(out, "type ");
	type_print(t, from, out);
	buf_printf(out, " has no field or method %s", name->text);
	if (similar && (here || !similar->package))
		buf_printf(out, ", but does have %s %s", what, similar->name->text);
	else if (similar && name->exported && tails_equal(similar->name, name))
		buf_printf(out, ", but does have unexported %s %s", what, similar->name->text);
}

/* ---------------------------------------------------------------- method sets */

typedef struct Candidate {
	const Name *name;
	Package *package;
} Candidate;

typedef struct Candidates {
	VEC(Candidate) items;
	PtrMap seen; /* types visited */
	uint32_t depth;
} Candidates;

static void candidates_of(Universe *u, Candidates *c, Type *t);

static void candidates_below(Universe *u, Candidates *c, Type *under) {
	if (under->kind == TYPE_INTERFACE) {
		interface_complete(u, under, 0);
		for (uint32_t i = 0; i < under->method_set_count; i++) {
			MethodInfo *m = &under->method_set[i];
			VEC_PUSH(u->arena, &c->items, ((Candidate){m->name, m->package}));
		}
		return;
	}
	if (under->kind != TYPE_STRUCT)
		return;
	for (uint32_t i = 0; i < under->field_count; i++)
		if (under->fields[i].embedded)
			candidates_of(u, c, type_deref(under->fields[i].type, NULL));
}

static void candidates_of(Universe *u, Candidates *c, Type *t) {
	t = type_unalias(t);
	if (!t || c->depth > MAX_EMBEDDING || c->seen.len >= MAX_LOOKUP_TYPES || ptrmap_get(&c->seen, t))
		return;
	c->depth++;
	ptrmap_put(u->arena, &c->seen, t, t);
	if (t->kind == TYPE_NAMED) {
		Type *origin = t->origin ? t->origin : t;
		for (uint32_t i = 0; i < origin->named_methods.len; i++) {
			Object *m = origin->named_methods.items[i];
			VEC_PUSH(u->arena, &c->items, ((Candidate){m->name, m->package}));
		}
	}
	candidates_below(u, c, type_underlying(t));
	c->depth--;
}

static int candidate_order(const void *a, const void *b) {
	const Candidate *x = a, *y = b;
	int order = strcmp(x->name->text, y->name->text);
	if (order || x->name->exported)
		return order;
	return strcmp(x->package ? x->package->path : "", y->package ? y->package->path : "");
}

static bool entry_make(Universe *u, Type *t, const Candidate *c, MethodSetEntry *out) {
	Query q = {u, c->name, c->package, false};
	Found found = find(&q, t);
	if (found.result != LOOKUP_METHOD || needs_pointer(&found, false) || is_blank(c->name))
		return false;
	Selection s = {0};
	selection_fill(u, &found, &s);
	/* A method with type parameters of its own can implement nothing. */
	if (s.type->kind != TYPE_SIGNATURE || s.type->type_param_count)
		return false;
	Type *recv = t;
	if (found.at->outer)
		recv = type_underlying(found.at->outer->type)->fields[found.at->field].type;
	*out = (MethodSetEntry){
		.name = (Name *)(uintptr_t)c->name,
		.package = c->name->exported ? NULL : c->package,
		.object = s.object,
		.signature = s.type,
		.path = s.path,
		.path_len = s.path_len,
		.recv = recv,
		.ptr_recv = found.method && method_has_pointer_receiver(found.method),
	};
	return true;
}

MethodSetEntry *type_method_set(Universe *u, Type *t, uint32_t *count) {
	Candidates c = {0};
	*count = 0;
	candidates_of(u, &c, type_deref(t, NULL));
	if (c.items.len == 0)
		return NULL;
	qsort(c.items.items, c.items.len, sizeof(Candidate), candidate_order);
	MethodSetEntry *entries = ARENA_ARRAY(u->arena, MethodSetEntry, c.items.len);
	for (uint32_t i = 0; i < c.items.len; i++) {
		if (i > 0 && candidate_order(&c.items.items[i - 1], &c.items.items[i]) == 0)
			continue;
		*count += entry_make(u, t, &c.items.items[i], &entries[*count]);
	}
	return entries;
}
