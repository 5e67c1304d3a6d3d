/* SPDX-License-Identifier: MIT */
/* shape.c: what follows from the parts of a type, a signature or a list of captures: sizes, offsets, pointers, heap
 * layouts, slots.
 * Owns: TypeTable.layouts.
 * Rules: the types contained by value have their shape already. Nothing here looks at names.
 * Why here: the compiler, the reader of images and whoever makes types at run time must come to the same result, and what
 * is computed need not be stored in images, nor proved right when they are read. */
#include "bytecode/shape.h"

typedef struct BasicShape {
	uint8_t size, align, flags;
} BasicShape;

/* complex64 is aligned to 8 so that it is one ordinary slot inside an aggregate in a frame. */
static const BasicShape basic_shapes[KIND_UNSAFE_POINTER + 1] = {
	[KIND_BOOL] = {1, 1, DESC_PLAIN_EQUAL},
	[KIND_INT] = {8, 8, DESC_PLAIN_EQUAL},
	[KIND_INT8] = {1, 1, DESC_PLAIN_EQUAL},
	[KIND_INT16] = {2, 2, DESC_PLAIN_EQUAL},
	[KIND_INT32] = {4, 4, DESC_PLAIN_EQUAL},
	[KIND_INT64] = {8, 8, DESC_PLAIN_EQUAL},
	[KIND_UINT] = {8, 8, DESC_PLAIN_EQUAL},
	[KIND_UINT8] = {1, 1, DESC_PLAIN_EQUAL},
	[KIND_UINT16] = {2, 2, DESC_PLAIN_EQUAL},
	[KIND_UINT32] = {4, 4, DESC_PLAIN_EQUAL},
	[KIND_UINT64] = {8, 8, DESC_PLAIN_EQUAL},
	[KIND_UINTPTR] = {8, 8, DESC_PLAIN_EQUAL},
	[KIND_FLOAT32] = {4, 4, 0},
	[KIND_FLOAT64] = {8, 8, 0},
	[KIND_COMPLEX64] = {8, 8, 0},
	[KIND_COMPLEX128] = {16, 16, 0},
	[KIND_STRING] = {16, 16, DESC_POINTERS},
	[KIND_UNSAFE_POINTER] = {8, 8, DESC_POINTERS | DESC_PLAIN_EQUAL},
};

static const uint64_t bits_first[1] = {1}, bits_second[1] = {2};

/* ---------------------------------------------------------------- pointers and layouts */

void type_pointer_words(const TypeDesc *d, uint32_t at, void (*set)(void *user, uint32_t word), void *user) {
	if (!(d->flags & DESC_POINTERS))
		return;
	if (d->kind == KIND_ARRAY) {
		for (int64_t i = 0; i < d->length; i++)
			type_pointer_words(d->elem, at + (uint32_t)i * d->elem->size, set, user);
		return;
	}
	for (uint32_t w = 0; w < d->ptr_words; w++)
		if (d->ptr_bits[w / 64] >> w % 64 & 1)
			set(user, at / 8 + w);
}

static void set_bit(void *user, uint32_t word) {
	((uint64_t *)user)[word / 64] |= 1ull << word % 64;
}

void layouts_init(TypeTable *t) {
	while (t->layouts.len < LAYOUT_FIRST_BITS)
		VEC_PUSH(t->arena, &t->layouts, (LayoutDesc){0});
}

static uint16_t layout_for_bits(TypeTable *t, uint32_t size, const uint64_t *bits, uint32_t words) {
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
	for (uint32_t i = LAYOUT_FIRST_BITS; i < t->layouts.len; i++)
		if (t->layouts.items[i].size == wanted.size && t->layouts.items[i].ptr_bits == wanted.ptr_bits)
			return (uint16_t)i;
	if (t->layouts.len >= LAYOUT_TYPED)
		return LAYOUT_TYPED;
	layouts_init(t);
	VEC_PUSH(t->arena, &t->layouts, wanted);
	return (uint16_t)(t->layouts.len - 1);
}

static uint16_t layout_of(TypeTable *t, const TypeDesc *d) {
	if (!(d->flags & DESC_POINTERS))
		return LAYOUT_NOSCAN;
	if (d->kind == KIND_ARRAY && d->size > 512)
		return d->elem->layout == LAYOUT_POINTERS ? LAYOUT_POINTERS : LAYOUT_TYPED;
	if (d->kind != KIND_ARRAY)
		return layout_for_bits(t, d->size, d->ptr_bits, d->ptr_words);
	uint64_t bits[1] = {0};
	type_pointer_words(d, 0, set_bit, bits);
	return layout_for_bits(t, d->size, bits, d->size / 8);
}

/* ---------------------------------------------------------------- types */

static void shape_basic(TypeDesc *d) {
	const BasicShape *shape = &basic_shapes[d->kind];
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

static void shape_word(TypeDesc *d, bool comparable) {
	d->size = d->align = 8;
	d->flags |= DESC_DIRECT | DESC_POINTERS | (comparable ? DESC_COMPARABLE | DESC_PLAIN_EQUAL : 0);
	d->ptr_bits = bits_first;
	d->ptr_words = 1;
}

/* What a reflect.Value holds is compared as the pair it is: values that cannot be compared are held as well, and equal
 * values in different places are different Values. */
static bool is_identity(const TypeDesc *d) {
	return strcmp(d->pkg_path, "reflect") == 0 && strcmp(d->short_name, "identity") == 0;
}

static void shape_pair(TypeDesc *d) {
	bool iface = d->kind == KIND_INTERFACE;
	d->size = d->align = 16;
	d->flags |= DESC_POINTERS | (iface ? DESC_COMPARABLE : 0) | (iface && is_identity(d) ? DESC_PLAIN_EQUAL : 0);
	d->ptr_bits = iface ? bits_second : bits_first;
	d->ptr_words = iface ? 2 : 1;
}

static bool shape_array(TypeDesc *d) {
	const TypeDesc *elem = d->elem;
	bool fits = !elem->size || (uint64_t)d->length <= MAX_TYPE_SIZE / elem->size;
	if (!fits)
		d->length = 0;
	d->align = elem->align ? elem->align : 1;
	d->flags |= DESC_AGGREGATE | (elem->flags & (DESC_COMPARABLE | DESC_PLAIN_EQUAL));
	if (d->length > 0)
		d->flags |= elem->flags & DESC_POINTERS;
	if (elem->kind == KIND_UINT8)
		d->flags |= DESC_BYTES;
	d->size = (uint32_t)((uint64_t)d->length * elem->size);
	return fits;
}

static void struct_pointers(TypeTable *t, TypeDesc *d) {
	if (!(d->flags & DESC_POINTERS) || d->size == 0)
		return;
	uint64_t *bits = ARENA_ARRAY(t->arena, uint64_t, d->size / 512 + 1);
	for (uint32_t i = 0; i < d->field_count; i++)
		type_pointer_words(d->fields[i].type, d->fields[i].offset, set_bit, bits);
	d->ptr_bits = bits;
	for (uint32_t w = 0; w < d->size / 8; w++)
		if (bits[w / 64] >> w % 64 & 1)
			d->ptr_words = w + 1;
}

static bool shape_struct(TypeTable *t, TypeDesc *d, FieldDesc *fields) {
	uint64_t size = 0;
	uint8_t align = 1;
	bool plain = true;
	d->flags |= DESC_AGGREGATE | DESC_COMPARABLE;
	for (uint32_t i = 0; i < d->field_count && size <= MAX_TYPE_SIZE; i++) {
		const TypeDesc *type = fields[i].type;
		uint64_t offset = ALIGN_UP(size, (uint64_t)(type->align ? type->align : 1));
		plain = plain && offset == size && (type->flags & DESC_PLAIN_EQUAL) && strcmp(fields[i].name, "_") != 0;
		fields[i].offset = (uint32_t)offset;
		size = offset + type->size;
		if (type->align > align)
			align = type->align;
		if (!(type->flags & DESC_COMPARABLE))
			d->flags &= (uint8_t)~DESC_COMPARABLE;
		d->flags |= type->flags & DESC_POINTERS;
	}
	plain = plain && ALIGN_UP(size, (uint64_t)align) == size;
	size = ALIGN_UP(size, (uint64_t)align);
	bool fits = size <= MAX_TYPE_SIZE;
	if (plain && (d->flags & DESC_COMPARABLE))
		d->flags |= DESC_PLAIN_EQUAL;
	d->align = align;
	d->size = fits ? (uint32_t)size : 0;
	if (fits)
		struct_pointers(t, d);
	return fits;
}

bool type_shape(TypeTable *t, TypeDesc *d, FieldDesc *fields) {
	bool fits = true;
	switch ((Kind)d->kind) {
	case KIND_POINTER: case KIND_CHAN:
		shape_word(d, true);
		break;
	case KIND_MAP: case KIND_FUNC:
		shape_word(d, false);
		break;
	case KIND_SLICE: case KIND_INTERFACE:
		shape_pair(d);
		break;
	case KIND_ARRAY:
		fits = shape_array(d);
		break;
	case KIND_STRUCT:
		fits = shape_struct(t, d, fields);
		break;
	default:
		shape_basic(d);
		break;
	}
	uint32_t slots = (d->size + 7) / 8;
	d->slots = slots > 0xffff ? 0xffff : (uint16_t)slots;
	if (d->flags & DESC_AGGREGATE && !(d->flags & DESC_POINTERS) && d->size == 8)
		d->flags |= DESC_DIRECT;
	d->layout = layout_of(t, d);
	return fits;
}

/* ---------------------------------------------------------------- frames */

/* Behind every frame, so that no sum overflows. */
enum { FAR_SLOT = 1 << 20 };

static uint32_t place_values(const TypeDesc *const *types, uint32_t count, uint32_t at, uint16_t *slots) {
	for (uint32_t i = 0; i < count; i++) {
		if (types[i]->align == 16)
			at = ALIGN_UP(at, 2u);
		if (slots)
			slots[i] = (uint16_t)(at > 0xffff ? 0xffff : at);
		at += types[i]->slots;
		if (at > FAR_SLOT)
			at = FAR_SLOT;
	}
	return at;
}

CallShape call_shape(const TypeDesc *func_type, uint16_t *results, uint16_t *params) {
	CallShape s;
	uint16_t first = 0;
	s.results_end = place_values(func_type->results, func_type->result_count, FRAME_HEADER_SLOTS, results);
	s.params_end = place_values(func_type->params, func_type->param_count, s.results_end, params);
	if (func_type->param_count)
		place_values(func_type->params, 1, s.results_end, &first);
	s.param_start = func_type->param_count ? first : s.params_end;
	s.recv = ALIGN_UP(s.params_end, 2u);
	return s;
}

bool function_shape(Function *fn) {
	CallShape s = call_shape(fn->type, NULL, NULL);
	uint32_t end = fn->recv_type ? s.recv + fn->recv_type->slots : s.params_end;
	fn->result_slots = (uint16_t)(s.results_end - FRAME_HEADER_SLOTS);
	fn->param_start = (uint16_t)s.param_start;
	fn->arg_slots = (uint16_t)(end - FRAME_HEADER_SLOTS);
	fn->recv_slot = fn->recv_type ? (uint16_t)s.recv : 0;
	fn->recv_slots = fn->recv_type ? fn->recv_type->slots : 0;
	return end <= MAX_FRAME_SLOTS;
}

typedef struct CaptureBits {
	uint64_t bits;
	uint32_t base;
	bool overflow;
} CaptureBits;

static void capture_word(void *user, uint32_t word) {
	CaptureBits *b = user;
	if (b->base + word < 64)
		b->bits |= 1ull << (b->base + word);
	else
		b->overflow = true;
}

bool captures_shape(TypeTable *t, Function *fn, CaptureDesc *captures) {
	CaptureBits b = {0};
	uint32_t at = 0;
	for (uint32_t i = 0; i < fn->capture_count; i++) {
		CaptureDesc *c = &captures[i];
		if (!c->boxed && c->type->align == 16)
			at = ALIGN_UP(at, 2u);
		c->slot = (uint16_t)at;
		b.base = at;
		if (c->boxed)
			capture_word(&b, 0);
		else if (c->type->slots <= MAX_FRAME_SLOTS)
			type_pointer_words(c->type, 0, capture_word, &b);
		at += c->boxed ? 1 : c->type->slots;
		if (at > MAX_FRAME_SLOTS)
			return false;
	}
	fn->captures = captures;
	fn->capture_slots = (uint16_t)at;
	fn->capture_ptr_bits = b.overflow ? ~0ull : b.bits;
	uint32_t words = at + FRAME_HEADER_SLOTS; /* a closure begins with two words that are no pointers into the heap */
	uint64_t all[2] = {b.bits << FRAME_HEADER_SLOTS, b.bits >> (64 - FRAME_HEADER_SLOTS)};
	fn->capture_layout = b.overflow || (words > 64 && b.bits) ? LAYOUT_POINTERS : layout_for_bits(t, words * 8, all, words < 128 ? words : 128);
	if (fn->capture_layout == LAYOUT_TYPED)
		fn->capture_layout = LAYOUT_POINTERS;
	return true;
}
