/* SPDX-License-Identifier: MIT */
/* check_type.c: type expressions.
 *
 * Rules: a type expression may stand in the declaration of a type it mentions. So nothing here looks at an underlying
 * type at once: conditions on them (map keys are comparable, no constraint interface as a variable's type, ...) are
 * delayed with check_later until no declaration is under way. Never returns NULL: what is wrong is the invalid type.
 * See: check_func_type.c (signatures), check_generic.c (type parameters and instances). */
#include "types/check.h"

static Type *type_expr(Check *c, Node *e);

static Type *record_type(Node *e, Type *t) {
	e->mode = t->kind == TYPE_INVALID ? MODE_NONE : MODE_TYPE;
	e->type = t;
	return t;
}

Type *type_from_operand(Check *c, Operand *x) {
	switch ((Mode)x->mode) {
	case MODE_NONE:
		break;
	case MODE_TYPE:
		return x->type;
	case MODE_NOVALUE:
		FAIL(c, x->node->pos, USED_AS_TYPE, node_text(c, x->node));
		break;
	default:
		FAIL(c, x->node->pos, NOT_A_TYPE, x->node->kind == NODE_SELECTOR ? operand_text(c, x) : node_text(c, x->node));
	}
	return invalid_type(c);
}

Type *check_generic_or_type(Check *c, Node *e) {
	if (c->expr_depth >= MAX_EXPR_DEPTH) {
		FAIL(c, e->pos, TOO_DEEP);
		return record_type(e, invalid_type(c));
	}
	c->expr_depth++;
	Type *t = type_expr(c, e);
	c->expr_depth--;
	return record_type(e, t);
}

Type *check_type(Check *c, Node *e) {
	Type *t = check_generic_or_type(c, e);
	if (is_generic_type(t)) {
		FAIL(c, e->pos, GENERIC_TYPE, type_text(c, t));
		return record_type(e, invalid_type(c));
	}
	return t;
}

/* ---------------------------------------------------------------- conditions looked at later */

static TypeAt *type_at(Check *c, Type *type, Pos pos) {
	TypeAt *at = ARENA_NEW(c->u->arena, TypeAt);
	*at = (TypeAt){type, pos};
	return at;
}

static void later_at(Check *c, void (*run)(Check *, void *), Type *type, Pos pos) {
	check_later(c, run, type_at(c, type, pos));
}

static void require_var_type_now(Check *c, void *data) {
	TypeAt *at = data;
	if (!type_is_interface(at->type))
		return;
	Type *iface = under(at->type);
	interface_complete(c->u, iface, at->pos);
	if (!iface->has_terms && !iface->is_comparable)
		return;
	const char *why = iface->has_terms ? "contains type constraints" : "is (or embeds) comparable";
	FAIL(c, at->pos, CONSTRAINT_AS_TYPE, type_text(c, at->type), why);
}

void require_var_type(Check *c, Type *t, Pos pos) {
	Type *plain = type_unalias(t);
	if (plain->kind == TYPE_INTERFACE || plain->kind == TYPE_NAMED)
		check_last(c, require_var_type_now, type_at(c, t, pos));
}

Type *check_var_type(Check *c, Node *e) {
	Type *t = check_type(c, e);
	if (t->kind == TYPE_ALIAS || t->kind == TYPE_NAMED || t->kind == TYPE_INTERFACE)
		require_var_type(c, t, e->pos);
	return t;
}

static void check_map_key(Check *c, void *data) {
	TypeAt *at = data;
	if (!type_valid(at->type) || type_is_comparable(at->type))
		return;
	FAIL(c, at->pos, MAP_KEY, type_text(c, at->type),
	     is_type_param(at->type) ? " (missing comparable constraint)" : "");
}

static void check_embedded(Check *c, void *data) {
	TypeAt *at = data;
	bool pointer = false;
	Type *t = type_deref(at->type, &pointer);
	if (!type_valid(t))
		return;
	if (is_type_param(t)) {
		FAIL(c, at->pos, EMBEDDED_TYPE_PARAM);
		return;
	}
	Type *u = under(t);
	if (u->kind == TYPE_UNSAFE_POINTER)
		FAIL(c, at->pos, EMBEDDED_UNSAFE);
	else if (u->kind == TYPE_POINTER)
		FAIL(c, at->pos, EMBEDDED_POINTER);
	else if (u->kind == TYPE_INTERFACE && pointer)
		FAIL(c, at->pos, EMBEDDED_POINTER_TO_INTERFACE);
	else if (u->kind == TYPE_INTERFACE)
		require_var_type_now(c, at);
}

static void check_size(Check *c, void *data) {
	TypeAt *at = data;
	if (c->env.package->had_errors || type_is_parameterized(at->type) || !type_is_too_large(c, at->type))
		return;
	FAIL(c, at->pos, TYPE_TOO_LARGE, type_text(c, at->type));
	c->env.package->had_errors = false; /* the type is sound; the next one is looked at too */
}

typedef struct Element {
	Type **type; /* in the interface's list */
	Pos pos;
} Element;

/* Until Go 1.18 interfaces contained methods and interfaces only. What is refused leaves no constraint behind. */
static void check_embedded_element(Check *c, void *data) {
	Element *e = data;
	if (!type_valid(*e->type) || !type_valid(under(*e->type)) || type_is_interface(*e->type))
		return;
	require_language(c, e->pos, 18, "embedding non-interface type %s", type_text(c, *e->type));
	*e->type = c->u->any_type;
}

static void complete_interface(Check *c, void *data) {
	TypeAt *at = data;
	interface_complete(c->u, at->type, at->pos);
}

/* ---------------------------------------------------------------- arrays */

static void report_array_length(Check *c, Node *e, Operand *x) {
	if (type_is_untyped(x->type) || type_is_integer(x->type)) {
		Const *v = const_to_int(c->u, x->value);
		if (v && const_sign(v) < 0)
			FAIL(c, e->pos, ARRAY_LENGTH_INVALID, operand_text(c, x));
		else if (v)
			FAIL(c, e->pos, ARRAY_LENGTH_INVALID, operand_text(c, x));
		else
			FAIL(c, e->pos, ARRAY_LENGTH_INTEGER, operand_text(c, x));
		return;
	}
	FAIL(c, e->pos, ARRAY_LENGTH_INTEGER, operand_text(c, x));
}

static int64_t check_array_length(Check *c, Node *e) {
	if (e->kind == NODE_IDENT) {
		Name *name = AS(Ident, e)->name;
		Object *o = lookup_name(c, name);
		if (!o && !is_blank(name)) {
			FAIL(c, e->pos, ARRAY_LENGTH_UNDEFINED, name->text);
			return -1;
		}
		if (o && o->kind != OBJECT_CONST) {
			FAIL(c, e->pos, ARRAY_LENGTH_INVALID, name->text);
			return -1;
		}
	}
	Operand x;
	check_expr(c, &x, e);
	if (x.mode != MODE_CONST) {
		if (x.mode != MODE_NONE)
			FAIL(c, e->pos, ARRAY_LENGTH_CONSTANT, operand_text(c, &x));
		return -1;
	}
	int64_t length;
	if (type_is_untyped(x.type) || type_is_integer(x.type)) {
		Const *v = const_to_int(c->u, x.value);
		if (v && const_int64(v, &length) && length >= 0) {
			if (type_is_untyped(x.type))
				convert_untyped(c, &x, basic(c, TYPE_INT));
			return length;
		}
	}
	report_array_length(c, e, &x);
	return -1;
}

static Type *array_type(Check *c, ArrayType *e) {
	if (!e->len)
		return type_new_slice(c->u, check_var_type(c, e->elem));
	if (e->len->kind == NODE_ELLIPSIS) {
		FAIL(c, e->node.pos, ARRAY_ELLIPSIS);
		check_var_type(c, e->elem);
		return invalid_type(c);
	}
	int64_t length = check_array_length(c, e->len);
	Type *elem = check_var_type(c, e->elem);
	if (length < 0)
		return invalid_type(c);
	Type *t = type_new_array(c->u, elem, length);
	check_last(c, check_size, type_at(c, t, e->node.pos));
	return t;
}

/* ---------------------------------------------------------------- structs */

typedef struct StructBuilder {
	VEC(FieldInfo) fields;
	PtrMap names; /* Name* -> Object* */
} StructBuilder;

static void add_field(Check *c, StructBuilder *b, Name *name, Pos pos, Field *f, Type *type, bool embedded) {
	Object *o = object_new(c->u, OBJECT_VAR, name, c->env.package, pos, type);
	o->is_field = true;
	o->is_embedded_field = embedded;
	o->decl = &f->node;
	if (!is_blank(name)) {
		Object *other = ptrmap_get(&b->names, name);
		if (other) {
			FAIL(c, pos, FIELD_REDECLARED, name->text, position_text(c, other->pos), name->text);
			return;
		}
		ptrmap_put(c->u->arena, &b->names, name, o);
	}
	FieldInfo info = {.name = name, .type = type, .object = o, .embedded = embedded, .package = c->env.package};
	if (f->tag && f->tag->kind == NODE_BASIC_LIT) {
		Const *tag = const_from_literal(c->u, TOK_STRING, AS(BasicLit, f->tag)->text);
		if (tag && const_kind(tag) == CONST_STRING)
			info.tag = const_string(tag);
	}
	VEC_PUSH(c->u->arena, &b->fields, info);
}

/* The name of an embedded field is that of its type: T, *T, p.T, T[A]. */
static Ident *embedded_name(Node *e) {
	for (;;) {
		switch (e->kind) {
		case NODE_IDENT: return AS(Ident, e);
		case NODE_STAR: e = AS(StarExpr, e)->x; break;
		case NODE_PAREN: e = AS(ParenExpr, e)->x; break;
		case NODE_INDEX: e = AS(IndexExpr, e)->x; break;
		case NODE_SELECTOR: return AS(SelectorExpr, e)->sel;
		default: return NULL;
		}
	}
}

static void embedded_field(Check *c, StructBuilder *b, Field *f) {
	Type *type = check_type(c, f->type);
	Ident *name = embedded_name(f->type);
	if (!name) {
		FAIL(c, f->type->pos, EMBEDDED_NAME, node_text(c, f->type));
		return;
	}
	add_field(c, b, name->name, name->node.pos, f, type, true);
	later_at(c, check_embedded, type, f->type->pos);
}

static Type *struct_type(Check *c, StructType *e) {
	StructBuilder b = {0};
	Type *t = type_new(c->u, TYPE_STRUCT);
	for (uint32_t i = 0; i < e->fields.len; i++) {
		Field *f = AS(Field, e->fields.items[i]);
		if (f->names.len == 0) {
			embedded_field(c, &b, f);
			continue;
		}
		Type *type = check_var_type(c, f->type);
		for (uint32_t k = 0; k < f->names.len; k++) {
			Ident *name = AS(Ident, f->names.items[k]);
			add_field(c, &b, name->name, name->node.pos, f, type, false);
			name->object = b.fields.items[b.fields.len - 1].object;
		}
	}
	if (b.fields.len > 0)
		check_last(c, check_size, type_at(c, t, e->node.pos));
	t->fields = b.fields.items;
	t->field_count = b.fields.len;
	return t;
}

/* ---------------------------------------------------------------- interfaces and unions */

static bool is_union(Node *e) {
	return (e->kind == NODE_BINARY && AS(BinaryExpr, e)->op == TOK_OR) ||
	       (e->kind == NODE_UNARY && AS(UnaryExpr, e)->op == TOK_TILDE);
}

typedef struct UnionBuilder {
	VEC(UnionTerm) terms;
	VEC(Node *) nodes;
} UnionBuilder;

typedef struct UnionCheck {
	Type *type;
	Node **nodes;
} UnionCheck;

static void check_union_term(Check *c, Type *t, bool tilde, bool alone, Node *node) {
	if (!type_valid(t))
		return;
	if (is_type_param(t)) {
		FAIL(c, node->pos, UNION_TYPE_PARAM);
		return;
	}
	Type *u = under(t);
	if (tilde && u->kind == TYPE_INTERFACE)
		FAIL(c, node->pos, TILDE_INTERFACE, type_text(c, t));
	else if (tilde && !type_identical(t, u))
		FAIL(c, node->pos, TILDE_UNDERLYING, type_text(c, t), type_text(c, u));
	if (alone || u->kind != TYPE_INTERFACE)
		return;
	interface_complete(c->u, u, node->pos);
	if (type_unalias(t) == c->u->comparable_type)
		FAIL(c, node->pos, UNION_COMPARABLE);
	else if (u->method_set_count > 0)
		FAIL(c, node->pos, UNION_METHODS, type_text(c, t), type_text(c, t));
	else if (u->is_comparable)
		FAIL(c, node->pos, UNION_EMBEDS_COMPARABLE, type_text(c, t), type_text(c, t));
}

/* Terms of a union must not overlap: no value may belong to two of them. */
static bool terms_overlap(const UnionTerm *a, const UnionTerm *b) {
	if (type_is_interface(a->type) || type_is_interface(b->type) || !type_valid(a->type) || !type_valid(b->type))
		return false;
	Type *x = a->type, *y = b->type;
	if (b->tilde)
		x = under(x);
	if (a->tilde)
		y = under(y);
	return type_identical(x, y);
}

static void check_union(Check *c, void *data) {
	UnionCheck *check = data;
	Type *t = check->type;
	for (uint32_t i = 0; i < t->term_count; i++) {
		UnionTerm *term = &t->terms[i];
		check_union_term(c, term->type, term->tilde, t->term_count == 1, check->nodes[i]);
		for (uint32_t k = 0; k < i; k++) {
			if (!terms_overlap(&t->terms[k], term))
				continue;
			FAIL(c, check->nodes[i]->pos, UNION_OVERLAP, term->tilde ? "~" : "", type_text(c, term->type),
			     t->terms[k].tilde ? "~" : "", type_text(c, t->terms[k].type));
			break;
		}
	}
}

static void add_terms(Check *c, UnionBuilder *b, Node *e) {
	/* a | b | c leans to the left; no recursion along it. */
	VEC(Node *) rest = {0};
	while (e->kind == NODE_BINARY && AS(BinaryExpr, e)->op == TOK_OR) {
		VEC_PUSH(c->u->arena, &rest, AS(BinaryExpr, e)->y);
		e = AS(BinaryExpr, e)->x;
	}
	VEC_PUSH(c->u->arena, &rest, e);
	for (uint32_t i = rest.len; i-- > 0;) {
		Node *node = rest.items[i];
		UnionTerm term = {.tilde = node->kind == NODE_UNARY && AS(UnaryExpr, node)->op == TOK_TILDE};
		term.type = check_type(c, term.tilde ? AS(UnaryExpr, node)->x : node);
		record_type(node, term.type);
		VEC_PUSH(c->u->arena, &b->terms, term);
		VEC_PUSH(c->u->arena, &b->nodes, node);
	}
}

static Type *union_type(Check *c, Node *e) {
	UnionBuilder b = {0};
	add_terms(c, &b, e);
	if (b.terms.len > MAX_UNION_TERMS) {
		FAIL(c, e->pos, UNION_TOO_LONG, MAX_UNION_TERMS);
		return invalid_type(c);
	}
	Type *t = type_new(c->u, TYPE_UNION);
	t->terms = b.terms.items;
	t->term_count = b.terms.len;
	UnionCheck *check = ARENA_NEW(c->u->arena, UnionCheck);
	*check = (UnionCheck){t, b.nodes.items};
	check_later(c, check_union, check);
	return record_type(e, t);
}

Type *check_constraint(Check *c, Node *e) {
	if (!is_union(e))
		return check_type(c, e);
	Type *t = type_new(c->u, TYPE_INTERFACE);
	t->implicit = true;
	t->embeddeds.items = ARENA_ARRAY(c->u->arena, Type *, 1);
	t->embeddeds.items[0] = union_type(c, e);
	t->embeddeds.len = 1;
	later_at(c, complete_interface, t, e->pos);
	return record_type(e, t);
}

static void interface_method(Check *c, Field *f, MethodInfo *out) {
	Ident *name = AS(Ident, f->names.items[0]);
	Type *sig = type_new_signature(c->u, NULL, 0, NULL, 0, false);
	Scope *saved = c->env.scope;
	check_signature(c, sig, AS(FuncType, f->type), NULL, scope_open(c, f->node.pos, 0));
	c->env.scope = saved;
	record_type(f->type, sig);
	Object *o = object_new(c->u, OBJECT_FUNC, name->name, c->env.package, name->node.pos, sig);
	o->decl = &f->node;
	name->object = o;
	*out = (MethodInfo){.name = name->name, .signature = sig, .object = o, .package = c->env.package};
}

static Type *interface_type(Check *c, InterfaceType *e) {
	Type *t = type_new(c->u, TYPE_INTERFACE);
	MethodInfo *methods = ARENA_ARRAY(c->u->arena, MethodInfo, e->methods.len);
	Type **embeddeds = ARENA_ARRAY(c->u->arena, Type *, e->methods.len);
	uint32_t method_count = 0, embedded_count = 0;
	if (e->methods.len > 0 && !c->env.package->is_library)
		check_last(c, check_interface_cycle, type_at(c, t, e->node.pos));
	for (uint32_t i = 0; i < e->methods.len; i++) {
		Field *f = AS(Field, e->methods.items[i]);
		if (f->names.len > 0 && f->type->kind == NODE_FUNC_TYPE) {
			interface_method(c, f, &methods[method_count]);
			if (is_blank(methods[method_count].name))
				FAIL(c, f->names.items[0]->pos, BLANK_METHOD);
			else
				method_count++;
		} else if (is_union(f->type)) {
			embeddeds[embedded_count] = union_type(c, f->type);
			require_language(c, f->type->pos, 18, "embedding interface element %s", node_text(c, f->type));
			embedded_count++;
		} else {
			Element *element = language_has(c, 18) ? NULL : ARENA_NEW(c->u->arena, Element);
			embeddeds[embedded_count] = check_type(c, f->type);
			if (is_type_param(embeddeds[embedded_count])) {
				FAIL(c, f->type->pos, UNION_TYPE_PARAM);
				embeddeds[embedded_count] = invalid_type(c);
			}
			if (element) {
				*element = (Element){&embeddeds[embedded_count], f->type->pos};
				check_later(c, check_embedded_element, element);
			}
			embedded_count++;
		}
	}
	t->methods = methods;
	t->method_count = method_count;
	t->embeddeds = (TypeList){embeddeds, embedded_count};
	later_at(c, complete_interface, t, e->node.pos);
	return t;
}

/* ---------------------------------------------------------------- all of them */

static Type *func_type(Check *c, FuncType *e) {
	Type *sig = type_new_signature(c->u, NULL, 0, NULL, 0, false);
	Scope *saved = c->env.scope;
	check_signature(c, sig, e, NULL, scope_open(c, e->node.pos, 0));
	c->env.scope = saved;
	return sig;
}

static Type *map_type(Check *c, MapType *e) {
	Type *key = check_var_type(c, e->key);
	Type *elem = check_var_type(c, e->value);
	later_at(c, check_map_key, key, e->key->pos);
	return type_new_map(c->u, key, elem);
}

enum { MAX_CHAN_ELEM = 1 << 16 }; /* bytes */

static void check_chan_elem(Check *c, void *data) {
	TypeAt *at = data;
	if (!c->env.package->had_errors && !type_is_parameterized(at->type) &&
	    type_layout(c, at->type).size >= MAX_CHAN_ELEM)
		FAIL(c, at->pos, CHAN_ELEM);
	else
		return;
	c->env.package->had_errors = false; /* the type is sound; the next channel is looked at too */
}

static Type *chan_type(Check *c, ChanType *e) {
	Type *elem = check_var_type(c, e->value);
	TypeKind kind = elem->kind;
	if (kind == TYPE_ARRAY || kind == TYPE_STRUCT || kind == TYPE_NAMED || kind == TYPE_ALIAS)
		check_last(c, check_chan_elem, type_at(c, elem, e->node.pos));
	return type_new_chan(c->u, e->dir, elem);
}

static Type *type_expr(Check *c, Node *e) {
	Operand x = {.node = e};
	switch (e->kind) {
	case NODE_BAD_EXPR:
		return invalid_type(c);
	case NODE_IDENT:
		check_ident(c, &x, AS(Ident, e), true);
		return type_from_operand(c, &x);
	case NODE_SELECTOR:
		check_selector(c, &x, AS(SelectorExpr, e), true);
		x.node = e;
		return type_from_operand(c, &x);
	case NODE_INDEX:
		return check_instance_type(c, AS(IndexExpr, e));
	case NODE_PAREN:
		return check_generic_or_type(c, AS(ParenExpr, e)->x);
	case NODE_STAR:
		return type_new_pointer(c->u, check_var_type(c, AS(StarExpr, e)->x));
	case NODE_ARRAY_TYPE:
		return array_type(c, AS(ArrayType, e));
	case NODE_STRUCT_TYPE:
		return struct_type(c, AS(StructType, e));
	case NODE_FUNC_TYPE:
		return func_type(c, AS(FuncType, e));
	case NODE_INTERFACE_TYPE:
		return interface_type(c, AS(InterfaceType, e));
	case NODE_MAP_TYPE:
		return map_type(c, AS(MapType, e));
	case NODE_CHAN_TYPE:
		return chan_type(c, AS(ChanType, e));
	case NODE_ELLIPSIS:
		FAIL(c, e->pos, ELLIPSIS_MISPLACED);
		return invalid_type(c);
	case NODE_UNARY:
		if (AS(UnaryExpr, e)->op == TOK_TILDE) {
			FAIL(c, e->pos, TILDE_MISPLACED);
			return invalid_type(c);
		}
		break;
	default:
		break;
	}
	FAIL(c, e->pos, NOT_A_TYPE, node_text(c, e));
	use_expr(c, e);
	return invalid_type(c);
}
