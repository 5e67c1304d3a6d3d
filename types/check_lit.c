/* SPDX-License-Identifier: MIT */
/* check_lit.c: composite and function literals.
 *
 * Rules: the elided type of an inner literal comes as a hint; where the hint is *T, the literal stands for &T{...} and
 * its node has the type *T. Keys of struct literals are resolved to fields: Ident.object is the field; a promoted
 * field's key is replaced by a SelectorExpr (Embedded.field) whose selection says the way from the literal's type.
 * The body of a function literal is checked where it stands, unless declarations are under way: it may use what they
 * declare. */
#include "types/check.h"
#include "types/suggest.h"

static void use_elements(Check *c, NodeList elements) {
	for (uint32_t i = 0; i < elements.len; i++) {
		Node *e = elements.items[i];
		e = e->kind == NODE_KEY_VALUE ? AS(KeyValueExpr, e)->value : e; /* a key may be the name of a field */
		use_expr(c, e);
	}
}

/* ---------------------------------------------------------------- structs */

typedef struct StructLit {
	CompositeLit *lit;
	Type *type, *st;
	PtrMap seen; /* Object* of fields that have a value */
} StructLit;

static int find_field(Type *st, Name *name, Package *from) {
	for (uint32_t i = 0; i < st->field_count; i++)
		if (name_same(st->fields[i].name, st->fields[i].package, name, from))
			return (int)i;
	return -1;
}

/* In the words of Go before 1.27. */
static void report_promoted_field(Check *c, StructLit *s, Ident *key, const Selection *selection) {
	Buf path;
	buf_init(&path, c->u->arena->mem);
	Type *st = s->st;
	for (uint32_t i = 0; i < selection->path_len; i++) {
		FieldInfo *field = &st->fields[selection->path[i]];
		buf_printf(&path, "%s%s", i ? "." : "", field->name->text);
		st = under(field->type);
	}
	FAIL(c, key->node.pos, PROMOTED_FIELD, buf_text(c, &path), type_text(c, s->type), language_source(c));
}

/* Go 1.27: the key may name a field of an embedded struct, unless a pointer lies on the way. */
static FieldInfo *promoted_field(Check *c, StructLit *s, KeyValueExpr *kv, Ident *key) {
	Selection selection = {0};
	LookupResult found = lookup_field_or_method(c->u, s->type, true, c->env.package, key->name, &selection);
	if (found != LOOKUP_FIELD || selection.path_len < 2 || selection.indirect)
		return NULL;
	if (!language_has(c, 27)) {
		report_promoted_field(c, s, key, &selection);
		return NULL;
	}
	Type *st = s->st;
	FieldInfo *field = NULL;
	for (uint32_t i = 0; i < selection.path_len; i++) {
		field = &st->fields[selection.path[i]];
		st = under(field->type);
	}
	SelectorExpr *path = NEW_NODE(c->u->arena, SelectorExpr, key->node.pos);
	FieldInfo *embedded = &s->st->fields[selection.path[0]];
	Ident *through = NEW_NODE(c->u->arena, Ident, key->node.pos);
	through->name = embedded->name;
	through->object = embedded->object;
	through->node.type = embedded->type;
	through->node.mode = MODE_VAR;
	path->x = &through->node;
	path->sel = key;
	path->selection = ARENA_NEW(c->u->arena, Selection);
	*path->selection = selection;
	path->node.type = field->type;
	path->node.mode = MODE_VAR;
	kv->key = &path->node;
	return field;
}

static bool same_letters(const char *a, const char *b) {
	while (*a && (*a | 32) == (*b | 32))
		a++, b++;
	return *a == *b;
}

static void report_unknown_field(Check *c, StructLit *s, Ident *key) {
	const char *hint = "", *similar = "";
	for (uint32_t i = 0; i < s->st->field_count; i++) {
		FieldInfo *f = &s->st->fields[i];
		if (f->name == key->name || is_blank(f->name) || !same_letters(f->name->text, key->name->text) ||
		    !(f->name->exported || package_same(f->package, c->env.package)))
			continue;
		hint = ", but does have ";
		similar = f->name->text;
		break;
	}
	FAIL(c, key->node.pos, UNKNOWN_FIELD, key->name->text, type_text(c, s->type), hint, similar,
	     *similar ? "" : suggest_member(c, s->type, key->name));
}

static FieldInfo *keyed_field(Check *c, StructLit *s, KeyValueExpr *kv) {
	if (kv->key->kind != NODE_IDENT) {
		FAIL(c, kv->key->pos, FIELD_NAME, node_text(c, kv->key));
		return NULL;
	}
	Ident *key = AS(Ident, kv->key);
	int index = is_blank(key->name) ? -1 : find_field(s->st, key->name, c->env.package);
	uint32_t errors = c->u->sources->diagnostics.len;
	FieldInfo *field = index >= 0 ? &s->st->fields[index] : promoted_field(c, s, kv, key);
	if (!field) {
		if (c->u->sources->diagnostics.len == errors)
			report_unknown_field(c, s, key);
		return NULL;
	}
	key->object = field->object;
	key->node.type = field->type;
	key->node.mode = MODE_VAR;
	if (ptrmap_get(&s->seen, field->object))
		FAIL(c, kv->node.pos, DUPLICATE_FIELD, key->name->text);
	ptrmap_put(c->u->arena, &s->seen, field->object, field->object);
	return field;
}

static void check_field_value(Check *c, Node *e, FieldInfo *field) {
	Operand x;
	if (e->kind == NODE_COMPOSITE_LIT && !AS(CompositeLit, e)->type) {
		use_expr(c, e);
		return;
	}
	check_expr_hint(c, &x, e, field->type);
	check_assignment(c, &x, field->type, "struct literal");
}

static void keyed_struct(Check *c, StructLit *s) {
	for (uint32_t i = 0; i < s->lit->elements.len; i++) {
		Node *e = s->lit->elements.items[i];
		if (e->kind != NODE_KEY_VALUE) {
			FAIL(c, e->pos, FIELD_MIXTURE);
			use_expr(c, e);
			continue;
		}
		KeyValueExpr *kv = AS(KeyValueExpr, e);
		FieldInfo *field = keyed_field(c, s, kv);
		if (!field) {
			use_expr(c, kv->value);
			continue;
		}
		check_field_value(c, kv->value, field);
		e->type = field->type;
	}
}

static void positional_struct(Check *c, StructLit *s) {
	Type *st = s->st;
	NodeList elements = s->lit->elements;
	for (uint32_t i = 0; i < elements.len; i++) {
		Node *e = elements.items[i];
		if (e->kind == NODE_KEY_VALUE) {
			FAIL(c, e->pos, FIELD_MIXTURE);
			use_expr(c, AS(KeyValueExpr, e)->value);
			continue;
		}
		if (i >= st->field_count) {
			FAIL(c, e->pos, STRUCT_MANY, type_text(c, s->type));
			for (; i < elements.len; i++)
				use_expr(c, elements.items[i]);
			return;
		}
		FieldInfo *field = &st->fields[i];
		check_field_value(c, e, field);
		if (!field->name->exported && !package_same(field->package, c->env.package))
			FAIL(c, e->pos, STRUCT_UNEXPORTED, field->name->text, type_text(c, s->type));
	}
	if (elements.len < st->field_count)
		FAIL(c, s->lit->rbrace, STRUCT_FEW, type_text(c, s->type));
}

static void struct_lit(Check *c, CompositeLit *e, Type *type, Type *st) {
	StructLit s = {.lit = e, .type = type, .st = st};
	if (e->elements.len == 0)
		return;
	if (e->elements.items[0]->kind == NODE_KEY_VALUE)
		keyed_struct(c, &s);
	else
		positional_struct(c, &s);
}

/* ---------------------------------------------------------------- arrays and slices */

static void check_element(Check *c, Node *e, Type *elem) {
	Operand x;
	check_expr_hint(c, &x, e, elem);
	check_assignment(c, &x, elem, "array or slice literal");
}

/* The index a key stands for, or -1 after an error. */
static int64_t element_key(Check *c, Node *key, int64_t length) {
	Operand x;
	int64_t index;
	check_expr(c, &x, key);
	if (x.mode == MODE_NONE)
		return -1;
	if (x.mode != MODE_CONST) {
		FAIL(c, key->pos, INDEX_CONSTANT, node_text(c, key));
		return -1;
	}
	if (!check_int_operand(c, &x, "index", false) || !const_int64(x.value, &index))
		return -1;
	if (length >= 0 && index >= length) {
		FAIL(c, key->pos, INDEX_BOUNDS, (long long)index, (long long)length);
		return -1;
	}
	if (index >= (int64_t)1 << 50) {
		FAIL(c, key->pos, LITERAL_TOO_LARGE);
		return -1;
	}
	return index;
}

/* Checks the elements of an array or slice literal (length < 0: as long as it needs to be); returns its length. */
static int64_t check_element_list(Check *c, NodeList elements, Type *elem, int64_t length) {
	PtrMap seen = {0};
	int64_t next = 0, max = 0;
	bool keyed = false;
	for (uint32_t i = 0; !keyed && i < elements.len; i++)
		keyed = elements.items[i]->kind == NODE_KEY_VALUE;
	for (uint32_t i = 0; i < elements.len; i++) {
		Node *e = elements.items[i], *value = e;
		bool valid = true;
		if (e->kind == NODE_KEY_VALUE) {
			int64_t index = element_key(c, AS(KeyValueExpr, e)->key, length);
			valid = index >= 0;
			next = valid ? index : next;
			value = AS(KeyValueExpr, e)->value;
			e->type = elem;
		} else if (length >= 0 && next >= length) {
			FAIL(c, e->pos, INDEX_LITERAL_BOUNDS, (long long)next, (long long)length);
			valid = false;
		}
		if (keyed && valid) {
			void *slot = (void *)(uintptr_t)(next + 1);
			if (ptrmap_get(&seen, slot))
				FAIL(c, e->pos, DUPLICATE_INDEX, (long long)next);
			ptrmap_put(c->u->arena, &seen, slot, slot);
		}
		next++;
		max = next > max ? next : max;
		check_element(c, value, elem);
	}
	return max;
}

/* ---------------------------------------------------------------- maps */

typedef struct SeenKey {
	Const *value;
	Type *type;
	struct SeenKey *next;
} SeenKey;

/* Whether the constant key was seen; keys of interface type are distinct when their types are. */
static bool key_seen(Check *c, PtrMap *seen, Operand *x, Type *key_type) {
	void *slot = (void *)(uintptr_t)((uint64_t)const_hash(x->value) + 1);
	SeenKey *first = ptrmap_get(seen, slot);
	bool by_type = type_is_interface(key_type);
	for (SeenKey *k = first; k; k = k->next)
		if (const_equal(k->value, x->value) && (!by_type || type_identical(k->type, x->type)))
			return true;
	SeenKey *k = ARENA_NEW(c->u->arena, SeenKey);
	*k = (SeenKey){x->value, x->type, first};
	ptrmap_put(c->u->arena, seen, slot, k);
	return false;
}

static void map_key(Check *c, Node *key, Type *type, PtrMap *seen) {
	Operand x;
	check_expr_hint(c, &x, key, type);
	check_assignment(c, &x, type, "map literal");
	if (x.mode != MODE_CONST || !x.value || !key_seen(c, seen, &x, type))
		return;
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	const_print(x.value, &buf);
	FAIL(c, key->pos, DUPLICATE_KEY, buf_cstr(&buf));
	buf_deinit(&buf);
}

static void map_lit(Check *c, CompositeLit *e, Type *map) {
	PtrMap seen = {0};
	for (uint32_t i = 0; i < e->elements.len; i++) {
		Node *n = e->elements.items[i];
		if (n->kind != NODE_KEY_VALUE) {
			FAIL(c, n->pos, MISSING_KEY);
			use_expr(c, n);
			continue;
		}
		KeyValueExpr *kv = AS(KeyValueExpr, n);
		map_key(c, kv->key, map->key, &seen);
		Operand x;
		check_expr_hint(c, &x, kv->value, map->elem);
		check_assignment(c, &x, map->elem, "map literal");
		n->type = map->elem;
	}
}

/* ---------------------------------------------------------------- composite literals */

/* The type of the literal, and in *base what its elements belong to (behind a pointer where &T is elided). */
static Type *lit_type(Check *c, CompositeLit *e, Type *hint, Type **base, bool *open_array) {
	*open_array = false;
	if (e->type && e->type->kind == NODE_ARRAY_TYPE && AS(ArrayType, e->type)->len &&
	    AS(ArrayType, e->type)->len->kind == NODE_ELLIPSIS && !AS(Ellipsis, AS(ArrayType, e->type)->len)->elem) {
		*open_array = true;
		Type *elem = check_var_type(c, AS(ArrayType, e->type)->elem);
		return *base = type_new_array(c->u, elem, 0);
	}
	if (e->type)
		return *base = check_type(c, e->type);
	if (!hint) {
		FAIL(c, e->node.pos, LITERAL_NO_TYPE);
		return *base = invalid_type(c);
	}
	Type *u = type_common_underlying(c->u, hint, false);
	*base = u && u->kind == TYPE_POINTER ? u->elem : hint;
	return hint;
}

void check_composite_lit(Check *c, Operand *x, CompositeLit *e, Type *hint) {
	Type *base;
	bool open_array;
	Type *type = lit_type(c, e, hint, &base, &open_array);
	Type *u = type_valid(base) ? type_common_underlying(c->u, base, false) : NULL;
	switch (u ? u->kind : TYPE_INVALID) {
	case TYPE_STRUCT:
		struct_lit(c, e, base, u);
		break;
	case TYPE_ARRAY:
		if (open_array)
			u->length = check_element_list(c, e->elements, u->elem, -1);
		else
			check_element_list(c, e->elements, u->elem, u->length);
		break;
	case TYPE_SLICE:
		check_element_list(c, e->elements, u->elem, -1);
		break;
	case TYPE_MAP:
		map_lit(c, e, u);
		break;
	default:
		use_elements(c, e->elements);
		if (type_is_unresolved(base))
			FAIL(c, e->node.pos, RECURSIVE_LITERAL);
		else if (!type_is_invalid(base))
			FAIL(c, e->node.pos, LITERAL_TYPE, type_text(c, type));
		return;
	}
	if (open_array) {
		e->type->mode = MODE_TYPE;
		e->type->type = type;
	}
	x->mode = MODE_VALUE;
	x->type = type;
}

/* ---------------------------------------------------------------- function literals */

typedef struct LitBody {
	FuncInfo *func;
	Scope *scope;
} LitBody;

static void check_lit_body(Check *c, void *data) {
	LitBody *body = data;
	Env saved = c->env;
	c->env.func = c->env.real_func = body->func;
	c->env.scope = body->scope;
	check_body(c, body->func);
	env_set(c, saved);
}

void check_func_lit(Check *c, Operand *x, FuncLit *e) {
	Arena *arena = c->u->arena;
	Scope *saved = c->env.scope;
	Type *sig = type_new_signature(c->u, NULL, 0, NULL, 0, false);
	Scope *scope = scope_open(c, e->node.pos, 0);
	scope->is_func = true;
	check_signature(c, sig, AS(FuncType, e->type), NULL, scope);
	c->env.scope = saved;
	FuncInfo *func = ARENA_NEW(arena, FuncInfo);
	func->signature = sig;
	func->body = e->body;
	func->node = &e->node;
	func->outer = c->env.func;
	func->package = c->env.package;
	func->body_checked = true;
	e->info = func;
	for (FuncInfo *f = c->env.func; f; f = f->outer)
		f->has_closure = true;
	for (uint32_t i = 0; i < sig->param_count; i++)
		sig->params[i]->owner = func;
	for (uint32_t i = 0; i < sig->result_count; i++)
		sig->results[i]->owner = func;
	LitBody *body = ARENA_NEW(arena, LitBody);
	*body = (LitBody){func, scope};
	if (e->body && c->decl_depth == 0)
		check_lit_body(c, body);
	else if (e->body)
		check_later(c, check_lit_body, body);
	x->mode = MODE_VALUE;
	x->type = sig;
}
