/* SPDX-License-Identifier: MIT */
/* lower_type.c: the checker's types become type descriptors: sizes, offsets, pointer bits, names.
 * Owns: Session.types but for methods (lower_method.c).
 * Rules: identical types have one descriptor (found by type_hash and type_identical, remembered in Type.lowered). The
 * shape of a type (size, alignment, pointers) needs only what it contains by value; everything else (element types of
 * pointers, parameters, map keys) is lowered afterwards, so that types may refer to themselves in any way.
 * Why not one descriptor per Type object: interfaces compare descriptors by address. */
#include "compiler/gen.h"
#include "types/internal.h"

typedef struct BasicShape {
	uint8_t kind, size, align;
	uint16_t flags;
} BasicShape;

/* complex64 is aligned to 8 so that it is one ordinary slot inside an aggregate in a frame. */
static const BasicShape basic_shapes[TYPE_UNSAFE_POINTER + 1] = {
	[TYPE_BOOL] = {KIND_BOOL, 1, 1, DESC_PLAIN_EQUAL},
	[TYPE_INT] = {KIND_INT, 8, 8, DESC_PLAIN_EQUAL},
	[TYPE_INT8] = {KIND_INT8, 1, 1, DESC_PLAIN_EQUAL},
	[TYPE_INT16] = {KIND_INT16, 2, 2, DESC_PLAIN_EQUAL},
	[TYPE_INT32] = {KIND_INT32, 4, 4, DESC_PLAIN_EQUAL},
	[TYPE_INT64] = {KIND_INT64, 8, 8, DESC_PLAIN_EQUAL},
	[TYPE_UINT] = {KIND_UINT, 8, 8, DESC_PLAIN_EQUAL},
	[TYPE_UINT8] = {KIND_UINT8, 1, 1, DESC_PLAIN_EQUAL},
	[TYPE_UINT16] = {KIND_UINT16, 2, 2, DESC_PLAIN_EQUAL},
	[TYPE_UINT32] = {KIND_UINT32, 4, 4, DESC_PLAIN_EQUAL},
	[TYPE_UINT64] = {KIND_UINT64, 8, 8, DESC_PLAIN_EQUAL},
	[TYPE_UINTPTR] = {KIND_UINTPTR, 8, 8, DESC_PLAIN_EQUAL},
	[TYPE_FLOAT32] = {KIND_FLOAT32, 4, 4, 0},
	[TYPE_FLOAT64] = {KIND_FLOAT64, 8, 8, 0},
	[TYPE_COMPLEX64] = {KIND_COMPLEX64, 8, 8, 0},
	[TYPE_COMPLEX128] = {KIND_COMPLEX128, 16, 16, 0},
	[TYPE_STRING] = {KIND_STRING, 16, 16, DESC_POINTERS},
	[TYPE_UNSAFE_POINTER] = {KIND_UNSAFE_POINTER, 8, 8, DESC_POINTERS | DESC_PLAIN_EQUAL | DESC_DIRECT},
};

static const uint64_t bits_first[1] = {1}, bits_second[1] = {2};

static LoweredType *lower_get(Compiler *c, Type *t);

const TypeDesc *lower_basic(Compiler *c, TypeKind kind) {
	return lower_type(c, c->u->basic[kind]);
}

/* ---------------------------------------------------------------- pointers and layouts */

void desc_pointer_words(const TypeDesc *d, uint32_t at, void (*set)(void *user, uint32_t word), void *user) {
	if (!desc_has_pointers(d))
		return;
	if (d->kind == KIND_ARRAY) {
		for (int64_t i = 0; i < d->length; i++)
			desc_pointer_words(d->elem, at + (uint32_t)i * d->elem->size, set, user);
		return;
	}
	for (uint32_t w = 0; w < d->ptr_words; w++)
		if (d->ptr_bits[w / 64] >> w % 64 & 1)
			set(user, at / 8 + w);
}

static void set_bit(void *user, uint32_t word) {
	((uint64_t *)user)[word / 64] |= 1ull << word % 64;
}

uint16_t layout_for_bits(Compiler *c, uint32_t size, const uint64_t *bits, uint32_t words) {
	uint32_t all = size / 8, set = 0;
	for (uint32_t w = 0; w < words; w++)
		set += bits[w / 64] >> w % 64 & 1;
	if (set == 0)
		return LAYOUT_NOSCAN;
	if (set == all)
		return LAYOUT_POINTERS;
	if (size > 512)
		return LAYOUT_TYPED;
	LayoutDesc wanted = {.size = ALIGN_UP(size, 16), .ptr_bits = bits[0]};
	for (uint32_t i = LAYOUT_FIRST_BITS; i < c->types->layouts.len; i++)
		if (c->types->layouts.items[i].size == wanted.size &&
		    c->types->layouts.items[i].ptr_bits == wanted.ptr_bits)
			return (uint16_t)i;
	if (c->types->layouts.len >= LAYOUT_TYPED)
		return LAYOUT_TYPED;
	while (c->types->layouts.len < LAYOUT_FIRST_BITS)
		VEC_PUSH(c->types->arena, &c->types->layouts, (LayoutDesc){0});
	VEC_PUSH(c->types->arena, &c->types->layouts, wanted);
	return (uint16_t)(c->types->layouts.len - 1);
}

static uint16_t layout_of(Compiler *c, const TypeDesc *d) {
	if (!desc_has_pointers(d))
		return LAYOUT_NOSCAN;
	if (d->kind == KIND_ARRAY && d->size > 512)
		return d->elem->layout == LAYOUT_POINTERS ? LAYOUT_POINTERS : LAYOUT_TYPED;
	if (d->kind != KIND_ARRAY)
		return layout_for_bits(c, d->size, d->ptr_bits, d->ptr_words);
	uint64_t bits[1] = {0};
	desc_pointer_words(d, 0, set_bit, bits);
	return layout_for_bits(c, d->size, bits, d->size / 8);
}

/* ---------------------------------------------------------------- shapes */

static void shape_basic(TypeDesc *d, TypeKind kind) {
	if (kind == TYPE_UNTYPED_BOOL)
		kind = TYPE_BOOL;
	else if (kind == TYPE_UNTYPED_INT)
		kind = TYPE_INT;
	else if (kind == TYPE_UNTYPED_RUNE)
		kind = TYPE_INT32;
	else if (kind == TYPE_UNTYPED_FLOAT)
		kind = TYPE_FLOAT64;
	else if (kind == TYPE_UNTYPED_COMPLEX)
		kind = TYPE_COMPLEX128;
	else if (kind == TYPE_UNTYPED_STRING)
		kind = TYPE_STRING;
	else if (kind > TYPE_UNSAFE_POINTER)
		kind = TYPE_UNSAFE_POINTER;
	const BasicShape *shape = &basic_shapes[kind];
	d->kind = shape->kind;
	d->size = shape->size;
	d->align = shape->align;
	d->flags |= shape->flags | DESC_COMPARABLE;
	if (shape->size <= 8)
		d->flags |= DESC_DIRECT;
	if (d->flags & DESC_POINTERS) {
		d->ptr_bits = bits_first;
		d->ptr_words = 1;
	}
}

static void shape_word(TypeDesc *d, Kind kind, bool comparable) {
	d->kind = (uint8_t)kind;
	d->size = d->align = 8;
	d->flags |= DESC_DIRECT | DESC_POINTERS | (comparable ? DESC_COMPARABLE | DESC_PLAIN_EQUAL : 0);
	d->ptr_bits = bits_first;
	d->ptr_words = 1;
}

static void shape_pair(TypeDesc *d, Kind kind) {
	d->kind = (uint8_t)kind;
	d->size = d->align = 16;
	d->flags |= DESC_POINTERS | (kind == KIND_INTERFACE ? DESC_COMPARABLE : 0);
	d->ptr_bits = kind == KIND_INTERFACE ? bits_second : bits_first;
	d->ptr_words = kind == KIND_INTERFACE ? 2 : 1;
}

static void too_large(Compiler *c, Type *t) {
	Buf text;
	buf_init(&text, c->arena->mem);
	type_print(t, NULL, &text);
	compile_error(c, 0, "type %s larger than address space", buf_cstr(&text));
	buf_deinit(&text);
}

static void shape_array(Compiler *c, LoweredType *l, Type *t) {
	TypeDesc *d = &l->desc;
	LoweredType *elem = lower_get(c, t->elem);
	d->kind = KIND_ARRAY;
	d->elem = &elem->desc;
	d->length = t->length;
	d->align = elem->desc.align ? elem->desc.align : 1;
	d->flags |= DESC_AGGREGATE | (elem->desc.flags & (DESC_COMPARABLE | DESC_PLAIN_EQUAL));
	if (t->length > 0)
		d->flags |= elem->desc.flags & DESC_POINTERS;
	if (elem->desc.kind == KIND_UINT8)
		d->flags |= DESC_BYTES;
	if (elem->desc.size && (uint64_t)t->length > 0x7fffffffull / elem->desc.size) {
		too_large(c, t);
		d->length = 0;
	}
	d->size = (uint32_t)((uint64_t)d->length * elem->desc.size);
}

static void shape_struct(Compiler *c, LoweredType *l, Type *t) {
	TypeDesc *d = &l->desc;
	FieldDesc *fields = ARENA_ARRAY(c->types->arena, FieldDesc, t->field_count + 1);
	uint64_t size = 0;
	uint8_t align = 1;
	bool plain = true;
	d->kind = KIND_STRUCT;
	d->flags |= DESC_AGGREGATE | DESC_COMPARABLE;
	for (uint32_t i = 0; i < t->field_count; i++) {
		const FieldInfo *f = &t->fields[i];
		const TypeDesc *type = &lower_get(c, f->type)->desc;
		uint64_t offset = ALIGN_UP(size, (uint64_t)(type->align ? type->align : 1));
		plain = plain && offset == size && (type->flags & DESC_PLAIN_EQUAL) && strcmp(f->name->text, "_") != 0;
		fields[i] = (FieldDesc){.name = f->name->text,
					.pkg_path = "",
					.type = type,
					.offset = (uint32_t)offset,
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
		size = offset + type->size;
		if (type->align > align)
			align = type->align;
		if (!(type->flags & DESC_COMPARABLE))
			d->flags &= (uint8_t)~DESC_COMPARABLE;
		d->flags |= type->flags & DESC_POINTERS;
	}
	plain = plain && ALIGN_UP(size, (uint64_t)align) == size;
	size = ALIGN_UP(size, (uint64_t)align);
	if (size > 0x7fffffff) {
		too_large(c, t);
		size = 0;
	}
	if (plain && (d->flags & DESC_COMPARABLE))
		d->flags |= DESC_PLAIN_EQUAL;
	d->fields = fields;
	d->field_count = t->field_count;
	d->align = align;
	d->size = (uint32_t)size;
	if (!desc_has_pointers(d) || size == 0)
		return;
	uint64_t *bits = ARENA_ARRAY(c->types->arena, uint64_t, size / 512 + 1);
	for (uint32_t i = 0; i < t->field_count; i++)
		desc_pointer_words(fields[i].type, fields[i].offset, set_bit, bits);
	d->ptr_bits = bits;
	for (uint32_t w = 0; w < size / 8; w++)
		if (bits[w / 64] >> w % 64 & 1)
			d->ptr_words = w + 1;
}

static void shape_by_kind(Compiler *c, LoweredType *l, Type *t) {
	TypeDesc *d = &l->desc;
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER:
		shape_word(d, KIND_POINTER, true);
		return;
	case TYPE_MAP:
		shape_word(d, KIND_MAP, false);
		return;
	case TYPE_CHAN:
		shape_word(d, KIND_CHAN, true);
		d->chan_dir = t->chan_dir;
		return;
	case TYPE_SIGNATURE:
		shape_word(d, KIND_FUNC, false);
		if (t->variadic)
			d->flags |= DESC_VARIADIC;
		return;
	case TYPE_SLICE:
		shape_pair(d, KIND_SLICE);
		return;
	case TYPE_INTERFACE:
		shape_pair(d, KIND_INTERFACE);
		return;
	case TYPE_ARRAY:
		shape_array(c, l, t);
		return;
	case TYPE_STRUCT:
		shape_struct(c, l, t);
		return;
	default:
		shape_basic(d, (TypeKind)t->kind);
		return;
	}
}

/* Everything that follows from size, flags and alignment. */
static void shape_finish(Compiler *c, LoweredType *l) {
	TypeDesc *d = &l->desc;
	uint32_t slots = (d->size + 7) / 8;
	d->slots = slots > 0xffff ? 0xffff : (uint16_t)slots;
	d->slot_type = d;
	if (desc_is_aggregate(d)) {
		if (!desc_has_pointers(d) && d->size == 8)
			d->flags |= DESC_DIRECT;
	} else if (d->size < 8) {
		d->slot_type = lower_basic(c, desc_is_signed(d) ? TYPE_INT64 : TYPE_UINT64);
	}
	d->layout = layout_of(c, d);
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
	type_print_runtime(t, &text);
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
	buf_init(&text, c->arena->mem);
	type_print_full(t, &text);
	uint32_t h = INTERN_HASH_SEED;
	for (size_t i = 0; i < text.len; i++)
		h = intern_hash_step(h, (uint8_t)text.ptr[i]);
	d->hash = h;
	buf_deinit(&text);
}

/* ---------------------------------------------------------------- the table */

static LoweredType *lower_find(Compiler *c, Type *t, const void *key) {
	for (LoweredType *l = ptrmap_get(&c->types->by_hash, key); l; l = l->same_hash)
		if (l->type == t || type_identical(l->type, t))
			return l;
	return NULL;
}

static LoweredType *lower_get(Compiler *c, Type *t) {
	t = type_unalias(t);
	if (t->lowered)
		return t->lowered;
	const void *key = (const void *)(uintptr_t)((uint64_t)type_hash(t) << 1 | 1);
	LoweredType *l = lower_find(c, t, key);
	if (l) {
		t->lowered = l;
		return l;
	}
	l = ARENA_NEW(c->types->arena, LoweredType);
	l->type = t;
	l->same_hash = ptrmap_get(&c->types->by_hash, key);
	ptrmap_put(c->types->arena, &c->types->by_hash, key, l);
	t->lowered = l;
	l->lowering = true;
	shape_by_kind(c, l, type_underlying(t));
	l->lowering = false;
	name_type(c, l, t);
	shape_finish(c, l);
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

const TypeDesc *lower_slice_of(Compiler *c, const TypeDesc *elem) {
	return lower_type(c, type_new_slice(c->u, lowered_of(elem)->type));
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

static uint32_t layout_values(const TypeDesc *const *types, uint32_t count, uint32_t at, uint16_t *slots) {
	for (uint32_t i = 0; i < count; i++) {
		if (types[i]->align == 16)
			at = ALIGN_UP(at, 2u);
		slots[i] = (uint16_t)(at > 0xffff ? 0xffff : at);
		at += types[i]->slots;
	}
	return at;
}

const CallLayout *call_layout(Compiler *c, const TypeDesc *func_type) {
	LoweredType *l = lowered_of(func_type);
	if (l->layout)
		return l->layout;
	CallLayout *layout = ARENA_NEW(c->types->arena, CallLayout);
	layout->results = ARENA_ARRAY(c->types->arena, uint16_t, func_type->result_count + func_type->param_count + 1);
	layout->params = layout->results + func_type->result_count;
	layout->results_end = layout_values(func_type->results, func_type->result_count, RESULT_SLOT, layout->results);
	layout->params_end =
		layout_values(func_type->params, func_type->param_count, layout->results_end, layout->params);
	layout->param_start = func_type->param_count ? layout->params[0] : layout->params_end;
	layout->recv = ALIGN_UP(layout->params_end, 2u);
	l->layout = layout;
	return layout;
}
