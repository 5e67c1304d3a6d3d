/* SPDX-License-Identifier: MIT */
/* lower_type.c: the checker's types become type descriptors: sizes, offsets, pointer bits, names.
 * Owns: Session.types but for methods (lower_method.c) and layouts (bytecode/shape.c).
 * Rules: identical types have one descriptor (found by type_deep_hash and type_identical, remembered in Type.lowered). The
 * shape of a type (size, alignment, pointers) needs only what it contains by value; everything else (element types of
 * pointers, parameters, map keys) is lowered afterwards, so that types may refer to themselves in any way.
 * Why not one descriptor per Type object: interfaces compare descriptors by address. */
#include "compiler/gen.h"
#include "types/internal.h"

static const uint8_t basic_kinds[TYPE_UNSAFE_POINTER + 1] = {
	[TYPE_BOOL] = KIND_BOOL, [TYPE_INT] = KIND_INT, [TYPE_INT8] = KIND_INT8, [TYPE_INT16] = KIND_INT16,
	[TYPE_INT32] = KIND_INT32, [TYPE_INT64] = KIND_INT64, [TYPE_UINT] = KIND_UINT, [TYPE_UINT8] = KIND_UINT8,
	[TYPE_UINT16] = KIND_UINT16, [TYPE_UINT32] = KIND_UINT32, [TYPE_UINT64] = KIND_UINT64,
	[TYPE_UINTPTR] = KIND_UINTPTR, [TYPE_FLOAT32] = KIND_FLOAT32, [TYPE_FLOAT64] = KIND_FLOAT64,
	[TYPE_COMPLEX64] = KIND_COMPLEX64, [TYPE_COMPLEX128] = KIND_COMPLEX128, [TYPE_STRING] = KIND_STRING,
	[TYPE_UNSAFE_POINTER] = KIND_UNSAFE_POINTER,
};

static LoweredType *lower_get(Compiler *c, Type *t);
static const TypeDesc *const *lower_params(Compiler *c, Object **params, uint32_t count);

const TypeDesc *lower_basic(Compiler *c, TypeKind kind) {
	return lower_type(c, c->u->basic[kind]);
}

/* ---------------------------------------------------------------- shapes */

static uint8_t basic_kind(TypeKind kind) {
	switch (kind) {
	case TYPE_UNTYPED_BOOL: return KIND_BOOL;
	case TYPE_UNTYPED_INT: return KIND_INT;
	case TYPE_UNTYPED_RUNE: return KIND_INT32;
	case TYPE_UNTYPED_FLOAT: return KIND_FLOAT64;
	case TYPE_UNTYPED_COMPLEX: return KIND_COMPLEX128;
	case TYPE_UNTYPED_STRING: return KIND_STRING;
	default: return kind > TYPE_UNSAFE_POINTER ? KIND_UNSAFE_POINTER : basic_kinds[kind];
	}
}

static void too_large(Compiler *c, Type *t) {
	Buf text;
	buf_init(&text, c->arena->mem);
	type_print(t, NULL, &text);
	compile_error(c, 0, "type %s larger than address space", buf_cstr(&text));
	buf_deinit(&text);
}

static FieldDesc *struct_parts(Compiler *c, TypeDesc *d, Type *t) {
	FieldDesc *fields = ARENA_ARRAY(c->types->arena, FieldDesc, t->field_count + 1);
	for (uint32_t i = 0; i < t->field_count; i++) {
		const FieldInfo *f = &t->fields[i];
		fields[i] = (FieldDesc){.name = f->name->text,
					.pkg_path = "",
					.type = &lower_get(c, f->type)->desc,
					.embedded = f->embedded,
					.exported = f->name->exported,
					.tag = "",
					.tag_len = 0};
		if (!f->name->exported && f->package)
			fields[i].pkg_path = f->package->path;
		if (f->tag.len) {
			fields[i].tag = arena_strndup(c->types->arena, f->tag.ptr, f->tag.len);
			fields[i].tag_len = (uint32_t)f->tag.len;
		}
	}
	d->fields = fields;
	d->field_count = t->field_count;
	return fields;
}

/* Everything that the shape follows from. */
static FieldDesc *lower_parts(Compiler *c, TypeDesc *d, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER: d->kind = KIND_POINTER; return NULL;
	case TYPE_MAP: d->kind = KIND_MAP; return NULL;
	case TYPE_SLICE: d->kind = KIND_SLICE; return NULL;
	case TYPE_INTERFACE: d->kind = KIND_INTERFACE; return NULL;
	case TYPE_CHAN:
		d->kind = KIND_CHAN;
		d->chan_dir = t->chan_dir;
		return NULL;
	case TYPE_SIGNATURE:
		d->kind = KIND_FUNC;
		if (t->variadic)
			d->flags |= DESC_VARIADIC;
		return NULL;
	case TYPE_ARRAY:
		d->kind = KIND_ARRAY;
		d->elem = &lower_get(c, t->elem)->desc;
		d->length = t->length;
		return NULL;
	case TYPE_STRUCT:
		d->kind = KIND_STRUCT;
		return struct_parts(c, d, t);
	default:
		d->kind = basic_kind((TypeKind)t->kind);
		return NULL;
	}
}

static void shape_type(Compiler *c, LoweredType *l, Type *t) {
	TypeDesc *d = &l->desc;
	FieldDesc *fields = lower_parts(c, d, t);
	if (!type_shape(c->types, d, fields))
		too_large(c, t);
	d->slot_type = d;
	if (!desc_is_aggregate(d) && d->size < 8)
		d->slot_type = lower_basic(c, desc_is_signed(d) ? TYPE_INT64 : TYPE_UINT64);
}

/* ---------------------------------------------------------------- names */

static const char *take_text(Compiler *c, Buf *buf) {
	const char *s = arena_strndup(c->types->arena, buf_cstr(buf), buf->len);
	buf_deinit(buf);
	return s;
}

static void name_type(Compiler *c, LoweredType *l, Type *t) {
	TypeDesc *d = &l->desc;
	Buf text;
	buf_init(&text, c->arena->mem);
	type_print_runtime(t, &text, c->types->name_bytes < MAX_NAME_BYTES ? MAX_TYPE_NAME : MIN_TYPE_NAME);
	c->types->name_bytes += text.len;
	d->name = take_text(c, &text);
	d->short_name = d->pkg_path = "";
	if (t->kind == TYPE_NAMED) {
		d->flags |= DESC_NAMED;
		const char *bracket = strchr(d->name, '['), *short_name = d->name;
		for (const char *p = d->name; *p && (!bracket || p < bracket); p++)
			if (*p == '.')
				short_name = p + 1;
		d->short_name = short_name;
		d->pkg_path = t->object && t->object->package ? t->object->package->path : "";
	} else if (t->kind <= TYPE_UNSAFE_POINTER) {
		d->flags |= DESC_NAMED;
		d->short_name = d->name;
	}
	d->hash = type_deep_hash(t);
}

/* ---------------------------------------------------------------- the table */

static LoweredType *lower_find(Compiler *c, Type *t, const void *key) {
	for (LoweredType *l = ptrmap_get(&c->types->by_hash, key); l; l = l->same_hash)
		if (l->type == t || type_identical(l->type, t))
			return l;
	return NULL;
}

static const void *type_key(Type *t) { return (const void *)(uintptr_t)((uint64_t)type_deep_hash(t) << 1 | 1); }

static void lower_enter(Compiler *c, LoweredType *l, Type *t, const void *key) {
	l->type = t;
	l->same_hash = ptrmap_get(&c->types->by_hash, key);
	ptrmap_put(c->types->arena, &c->types->by_hash, key, l);
	t->lowered = l;
}

/* ---------------------------------------------------------------- types made at run time */

static LoweredType *claim_made(Compiler *c, Type *t);

/* The descriptor of a part if there is one: without it no type can have been made of it. */
static const TypeDesc *known_desc(Compiler *c, Type *t) {
	t = type_unalias(t);
	const void *key = type_key(t);
	LoweredType *l = t->lowered ? t->lowered : lower_find(c, t, key);
	if (!l) {
		l = claim_made(c, t);
		if (l)
			lower_enter(c, l, t, key);
	}
	return l ? &l->desc : NULL;
}

static bool params_known(Compiler *c, Object **params, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (!known_desc(c, params[i]->type))
			return false;
	return true;
}

static bool fields_known(Compiler *c, const Type *t) {
	for (uint32_t i = 0; i < t->field_count; i++)
		if (!known_desc(c, t->fields[i].type))
			return false;
	return true;
}

/* What tells the type from others. False: a part of it is new, so it is. */
static bool known_shape(Compiler *c, Type *t, TypeDesc *shape) {
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER: case TYPE_SLICE: case TYPE_CHAN: case TYPE_ARRAY:
		shape->elem = known_desc(c, t->elem);
		if (!shape->elem)
			return false;
		break;
	case TYPE_MAP:
		shape->key = known_desc(c, t->key);
		shape->elem = known_desc(c, t->elem);
		if (!shape->key || !shape->elem)
			return false;
		break;
	case TYPE_SIGNATURE:
		if (!params_known(c, t->params, t->param_count) || !params_known(c, t->results, t->result_count))
			return false;
		shape->params = lower_params(c, t->params, t->param_count);
		shape->results = lower_params(c, t->results, t->result_count);
		shape->param_count = t->param_count;
		shape->result_count = t->result_count;
		break;
	case TYPE_STRUCT:
		if (!fields_known(c, t))
			return false;
		break;
	default:
		return false;
	}
	lower_parts(c, shape, t);
	return true;
}

/* The session's program may have made the type by reflection before its source mentions it: there must not be two. */
static LoweredType *claim_made(Compiler *c, Type *t) {
	TypeDesc shape = {0};
	if (!c->s->find_made || !known_shape(c, t, &shape))
		return NULL;
	LoweredType *made = (LoweredType *)c->s->find_made(c->s->made_user, &shape);
	if (made) {
		VEC_PUSH(c->types->arena, &c->types->types, &made->desc);
		VEC_PUSH(c->arena, &c->unfilled, made);
	}
	return made;
}

static LoweredType *lower_get(Compiler *c, Type *t) {
	t = type_unalias(t);
	if (t->lowered)
		return t->lowered;
	const void *key = type_key(t);
	LoweredType *l = lower_find(c, t, key);
	if (l) {
		t->lowered = l;
		return l;
	}
	l = claim_made(c, t);
	if (l) {
		lower_enter(c, l, t, key);
		return l;
	}
	l = ARENA_NEW(c->types->arena, LoweredType);
	lower_enter(c, l, t, key);
	l->lowering = true;
	name_type(c, l, t); /* first: a shape may depend on it */
	shape_type(c, l, type_underlying(t));
	l->lowering = false;
	VEC_PUSH(c->types->arena, &c->types->types, &l->desc);
	VEC_PUSH(c->arena, &c->unfilled, l);
	return l;
}

static const TypeDesc *const *lower_params(Compiler *c, Object **params, uint32_t count) {
	const TypeDesc **list = ARENA_ARRAY(c->types->arena, const TypeDesc *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		list[i] = &lower_get(c, params[i]->type)->desc;
	return list;
}

/* What a type refers to without containing it. */
static void lower_fill(Compiler *c, LoweredType *l) {
	TypeDesc *d = &l->desc;
	Type *t = type_underlying(l->type);
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER: {
		LoweredType *elem = lower_get(c, t->elem);
		d->elem = &elem->desc;
		if (!elem->desc.pointer_to)
			elem->desc.pointer_to = d;
		return;
	}
	case TYPE_SLICE: case TYPE_CHAN:
		d->elem = &lower_get(c, t->elem)->desc;
		if (t->kind == TYPE_SLICE && d->elem->kind == KIND_UINT8)
			d->flags |= DESC_BYTES;
		return;
	case TYPE_MAP:
		d->key = &lower_get(c, t->key)->desc;
		d->elem = &lower_get(c, t->elem)->desc;
		return;
	case TYPE_SIGNATURE:
		d->params = lower_params(c, t->params, t->param_count);
		d->results = lower_params(c, t->results, t->result_count);
		d->param_count = t->param_count;
		d->result_count = t->result_count;
		return;
	case TYPE_INTERFACE:
		methods_lowered(c, l);
		return;
	default:
		return;
	}
}

const TypeDesc *lower_type(Compiler *c, Type *t) {
	LoweredType *l = t->lowered && t->kind != TYPE_ALIAS ? t->lowered : NULL;
	if (l && (!c->unfilled.len || c->lower_depth))
		return &l->desc;
	c->lower_depth++;
	l = lower_get(c, t);
	c->lower_depth--;
	while (c->lower_depth == 0 && c->unfilled.len) {
		c->lower_depth++;
		lower_fill(c, c->unfilled.items[--c->unfilled.len]);
		c->lower_depth--;
	}
	return &l->desc;
}

const TypeDesc *lower_array_of(Compiler *c, const TypeDesc *elem, int64_t length) {
	return lower_type(c, type_new_array(c->u, lowered_of(elem)->type, length));
}

const TypeDesc *lower_pointer_to(Compiler *c, const TypeDesc *elem) {
	if (elem->pointer_to)
		return elem->pointer_to;
	return lower_type(c, type_new_pointer(c->u, lowered_of(elem)->type));
}

/* ---------------------------------------------------------------- calls */

const CallLayout *call_layout(Compiler *c, const TypeDesc *func_type) {
	LoweredType *l = lowered_of(func_type);
	if (l->layout)
		return l->layout;
	CallLayout *layout = ARENA_NEW(c->types->arena, CallLayout);
	layout->results = ARENA_ARRAY(c->types->arena, uint16_t, func_type->result_count + func_type->param_count + 1);
	layout->params = layout->results + func_type->result_count;
	layout->shape = call_shape(func_type, layout->results, layout->params);
	l->layout = layout;
	return layout;
}
