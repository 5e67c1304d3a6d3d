/* SPDX-License-Identifier: MIT */
/* gen_lit.c: composite literals, built where they are wanted: in frame slots, behind a fresh pointer, in a slice's
 * array.
 * Rules: the place given to gen_composite is fresh: nobody reads it while it is filled. Literals made of constants
 * only are laid out at compile time and copied. */
#include "compiler/gen.h"

enum {
	SLICE_LIT_ELEMENTS = 64, /* longer slices are filled through a pointer */
	SLICE_LIT_SLOTS = 256,
	STATIC_ELEMENTS = 5,     /* constant literals of at least that many elements are copied from an image */
};

static Node *element_value(Node *element) {
	return element->kind == NODE_KEY_VALUE ? AS(KeyValueExpr, element)->value : element;
}

/* The index of an element of an array or slice literal, given that of the one before. */
static int64_t element_index(Node *element, int64_t previous) {
	int64_t i = previous + 1;
	if (element->kind == NODE_KEY_VALUE && AS(KeyValueExpr, element)->key->value)
		const_int64(AS(KeyValueExpr, element)->key->value, &i);
	return i;
}

static int64_t literal_length(const CompositeLit *e) {
	int64_t index = -1, length = 0;
	for (uint32_t i = 0; i < e->elements.len; i++) {
		index = element_index(e->elements.items[i], index);
		if (index + 1 > length)
			length = index + 1;
	}
	return length;
}

static uint32_t field_index(const TypeDesc *d, Node *element, uint32_t position) {
	if (element->kind != NODE_KEY_VALUE)
		return position;
	const Name *name = AS(Ident, AS(KeyValueExpr, element)->key)->name;
	for (uint32_t i = 0; i < d->field_count; i++)
		if (strcmp(d->fields[i].name, name->text) == 0)
			return i;
	return position;
}

/* ---------------------------------------------------------------- constant images */

/* What a literal gives a field named _ is evaluated and dropped. */
static bool is_blank_field(const FieldDesc *f) { return f->name[0] == '_' && !f->name[1]; }

/* at NULL: only tells whether the value is constant. */
static bool image_fill(Gen *g, Node *n, const TypeDesc *d, char *at);

static bool image_elements(Gen *g, CompositeLit *e, const TypeDesc *d, char *at) {
	int64_t index = -1;
	for (uint32_t i = 0; i < e->elements.len; i++) {
		Node *element = e->elements.items[i];
		const TypeDesc *type;
		uint32_t offset;
		bool blank = false;
		if (d->kind == KIND_STRUCT) {
			const FieldDesc *f = &d->fields[field_index(d, element, i)];
			type = f->type;
			offset = f->offset;
			blank = is_blank_field(f);
		} else {
			index = element_index(element, index);
			type = d->elem;
			offset = (uint32_t)index * type->size;
		}
		if (!image_fill(g, element_value(element), type, at && !blank ? at + offset : NULL))
			return false;
	}
	return true;
}

static bool image_scalar(const Const *v, const TypeDesc *d, char *at) {
	int64_t i = 0;
	uint64_t u;
	if (!at)
		return desc_is_integer(d) || desc_is_float(d) || d->kind == KIND_BOOL;
	if (desc_is_integer(d)) {
		if (!const_int64(v, &i) && const_uint64(v, &u))
			i = (int64_t)u;
		memcpy(at, &i, d->size);
	} else if (d->kind == KIND_BOOL) {
		*at = const_bool(v);
	} else if (d->kind == KIND_FLOAT64) {
		double f = const_float64(v);
		memcpy(at, &f, sizeof f);
	} else if (d->kind == KIND_FLOAT32) {
		float f = const_float32(v);
		memcpy(at, &f, sizeof f);
	} else {
		return false;
	}
	return true;
}

static bool image_fill(Gen *g, Node *n, const TypeDesc *d, char *at) {
	n = ast_unparen(n);
	if (n->value && d->kind == KIND_STRING) {
		if (const_kind(n->value) != CONST_STRING)
			return false;
		if (at && const_string(n->value).len)
			memcpy(at, constant_string(g->c, const_string(n->value)), sizeof(GoString));
		return true;
	}
	if (n->value)
		return image_scalar(n->value, d, at);
	if (n->kind != NODE_COMPOSITE_LIT || !desc_is_aggregate(d) || node_desc(g, n) != d)
		return false;
	return image_elements(g, AS(CompositeLit, n), d, at);
}

/* The literal's value as data, or NULL when it is not constant or not worth it. */
static const void *constant_image(Gen *g, CompositeLit *e, const TypeDesc *d) {
	if (e->elements.len < STATIC_ELEMENTS)
		return NULL;
	Node *first = ast_unparen(element_value(e->elements.items[0]));
	if (!first->value && first->kind != NODE_COMPOSITE_LIT)
		return NULL;
	char *image = arena_alloc(g->c->s->arena, d->size ? d->size : 1);
	return image_elements(g, e, d, image) ? image : NULL;
}

static void copy_image(Gen *g, const void *image, const Place *p) {
	uint32_t mark = g->top;
	uint64_t data = (uint64_t)(uintptr_t)image;
	if (p->kind == PLACE_MEMORY || p->kind == PLACE_GLOBAL) {
		emit_3(g, OP_COPY_CONST, place_address(g, p, NO_REG), 0, 0, p->desc, data);
	} else if (place_in_frame(p)) {
		emit_3(g, OP_LOADCONST, p->base + p->offset / 8, 0, 0, p->desc, data);
	} else {
		Reg value = slot_alloc(g, p->desc);
		emit_3(g, OP_LOADCONST, value, 0, 0, p->desc, data);
		place_store(g, p, value);
	}
	g->top = mark;
}

/* ---------------------------------------------------------------- structs and arrays */

/* The key may name a promoted field: then it is a selector whose path leads to it from the struct. */
static Place element_field(Gen *g, const Place *p, Node *element, uint32_t i) {
	Node *key = element->kind == NODE_KEY_VALUE ? AS(KeyValueExpr, element)->key : NULL;
	if (!key || key->kind != NODE_SELECTOR)
		return place_field(g, *p, field_index(p->desc, element, i));
	const Selection *s = AS(SelectorExpr, key)->selection;
	Place field = *p;
	for (uint32_t k = 0; k < s->path_len; k++)
		field = place_field(g, field, s->path[k]);
	return field;
}

static void struct_elements(Gen *g, CompositeLit *e, const Place *p) {
	for (uint32_t i = 0; i < e->elements.len; i++) {
		Node *element = e->elements.items[i];
		uint32_t mark = g->top;
		Place field = element_field(g, p, element, i);
		gen_as_place(g, element_value(element), &field);
		if (element->kind != NODE_KEY_VALUE && is_blank_field(&p->desc->fields[i]))
			place_zero(g, &field);
		g->top = mark;
	}
}

static void array_elements(Gen *g, CompositeLit *e, const Place *p) {
	const TypeDesc *elem = p->desc->elem;
	int64_t index = -1;
	for (uint32_t i = 0; i < e->elements.len; i++) {
		Node *element = e->elements.items[i];
		index = element_index(element, index);
		Place at = *p;
		at.desc = elem;
		at.packed = true;
		at.offset += (uint32_t)index * elem->size;
		gen_as_place(g, element_value(element), &at);
	}
}

/* All bytes of the value are written by its elements. */
static bool covers(const CompositeLit *e, const TypeDesc *d) {
	if (d->kind == KIND_ARRAY)
		return e->elements.len >= (uint64_t)d->length && d->size % 8 == 0;
	uint32_t size = 0;
	for (uint32_t i = 0; i < d->field_count; i++)
		size += d->fields[i].type->size;
	for (uint32_t i = 0; i < e->elements.len; i++)
		if (e->elements.items[i]->kind == NODE_KEY_VALUE &&
		    AS(KeyValueExpr, e->elements.items[i])->key->kind == NODE_SELECTOR)
			return false; /* writes a part of a field */
	return e->elements.len == d->field_count && size == d->size && size % 8 == 0;
}

void gen_composite(Gen *g, CompositeLit *e, const Place *p, bool zeroed) {
	const void *image = constant_image(g, e, p->desc);
	if (image) {
		copy_image(g, image, p);
		return;
	}
	if (!zeroed && !covers(e, p->desc))
		place_zero(g, p);
	if (p->desc->kind == KIND_STRUCT)
		struct_elements(g, e, p);
	else
		array_elements(g, e, p);
}

static void composite_value_to(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest);

Reg gen_address_of_lit(Gen *g, CompositeLit *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node);
	if (d->kind == KIND_POINTER) /* elided &T inside another literal */
		d = d->elem;
	Reg p = slot_is_fresh(g, dest) ? dest : slot_pointer(g);
	uint32_t mark = g->top;
	gen_pos(g, e->node.pos);
	emit_2(g, OP_NEW, p, 0, 0, d);
	release_new(g, &e->node, d, p);
	Place memory = place_memory(d, p, 0);
	memory.nonnil = true;
	if (desc_is_aggregate(d)) {
		gen_composite(g, e, &memory, true);
	} else {
		Reg value = slot_alloc(g, d);
		composite_value_to(g, e, d, value);
		place_store(g, &memory, value);
	}
	g->top = mark;
	if (p != dest)
		emit(g, OP_MOVE, dest, p, 0);
	return dest;
}

/* ---------------------------------------------------------------- slices and maps */

static bool has_keys(const CompositeLit *e) {
	for (uint32_t i = 0; i < e->elements.len; i++)
		if (e->elements.items[i]->kind == NODE_KEY_VALUE)
			return true;
	return false;
}

static void slice_from_slots(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest) {
	const TypeDesc *elem = d->elem;
	uint32_t n = e->elements.len;
	Reg base = slots_alloc(g, n * elem->slots, elem->align == 16);
	for (uint32_t i = 0; i < n; i++)
		slot_declare(g, base + i * elem->slots, elem);
	for (uint32_t i = 0; i < n; i++) {
		Place at = place_frame(elem, base + i * elem->slots, 0);
		gen_as_place(g, e->elements.items[i], &at);
	}
	gen_pos(g, e->node.pos);
	emit_2(g, OP_SLICE_LIT, dest, base, n, d);
}

static void slice_from_array(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest) {
	const TypeDesc *array = lower_array_of(g->c, d->elem, literal_length(e));
	Reg p = slot_pointer(g);
	gen_pos(g, e->node.pos);
	emit_2(g, OP_NEW, p, 0, 0, array);
	Place memory = place_memory(array, p, 0);
	memory.nonnil = true;
	gen_composite(g, e, &memory, true);
	Reg low = slot_scalar(g);
	emit(g, OP_ZERO, low, 0, 0);
	emit_3(g, OP_SLICE_ARRAY, dest, p, low, (const void *)(uintptr_t)d->elem->size, (uint64_t)array->length);
}

/* Longer than an array may be: as make and assignments. */
static void slice_from_make(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest) {
	Reg slice = slot_alloc(g, d), index = slot_scalar(g);
	int64_t at = -1;
	gen_pos(g, e->node.pos);
	emit_int(g, index, literal_length(e));
	emit_2(g, OP_MAKE_SLICE, slice, index, index, d);
	for (uint32_t i = 0; i < e->elements.len; i++) {
		Node *n = e->elements.items[i];
		Place element = {.kind = PLACE_ELEMENT, .desc = d->elem, .base = slice, .index = index};
		at = element_index(n, at);
		emit_int(g, index, at);
		gen_as_place(g, n->kind == NODE_KEY_VALUE ? AS(KeyValueExpr, n)->value : n, &element);
	}
	emit(g, OP_MOVE2, dest, slice, 0);
}

static bool literal_exceeds(const CompositeLit *e, const TypeDesc *elem, uint64_t bytes) {
	return elem->size && (uint64_t)literal_length(e) > bytes / elem->size;
}

static void gen_slice_lit(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest) {
	uint32_t n = e->elements.len, slots = d->elem->slots;
	bool constants = n >= STATIC_ELEMENTS && !has_keys(e);
	for (uint32_t i = 0; i < n && constants; i++)
		constants = image_fill(g, e->elements.items[i], d->elem, NULL);
	if (n <= SLICE_LIT_ELEMENTS && n * slots <= SLICE_LIT_SLOTS && !has_keys(e) && !constants)
		slice_from_slots(g, e, d, dest);
	else if (g->work->kind == WORK_BODY && literal_exceeds(e, d->elem, MAX_TYPE_SIZE))
		g->too_large = true;
	else if (literal_exceeds(e, d->elem, MAX_TYPE_SIZE))
		slice_from_make(g, e, d, dest);
	else
		slice_from_array(g, e, d, dest);
	release_slice(g, &e->node, d->elem, has_keys(e) || constants ? 0 : n, dest);
}

static void gen_map_lit(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest) {
	Reg m = slot_is_fresh(g, dest) ? dest : slot_pointer(g);
	uint32_t mark = g->top;
	Reg hint = NO_REG;
	gen_pos(g, e->node.pos);
	if (e->elements.len > 8) {
		hint = slot_scalar(g);
		emit_int(g, hint, e->elements.len);
	}
	emit_2(g, OP_MAKE_MAP, m, hint, 0, d);
	for (uint32_t i = 0; i < e->elements.len; i++) {
		KeyValueExpr *entry = AS(KeyValueExpr, e->elements.items[i]);
		Order order;
		g->top = mark;
		order_begin_entry(g, &order, entry);
		Reg key = gen_as(g, entry->key, d->key);
		Reg value = gen_as(g, entry->value, d->elem);
		gen_pos(g, entry->node.pos);
		emit_2(g, OP_MAP_SET, m, key, value, d);
		order_end(&order);
	}
	g->top = mark;
	if (m != dest)
		emit(g, OP_MOVE, dest, m, 0);
}

/* d: the literal's type, or what the pointer type of an elided &T points to. */
static void composite_value_to(Gen *g, CompositeLit *e, const TypeDesc *d, Reg dest) {
	if (d->kind == KIND_SLICE) {
		gen_slice_lit(g, e, d, dest);
	} else if (d->kind == KIND_MAP) {
		gen_map_lit(g, e, d, dest);
	} else {
		Reg to = slot_is_fresh(g, dest) ? dest : slot_alloc(g, d);
		Place p = place_frame(d, to, 0);
		gen_composite(g, e, &p, false);
		emit_move(g, d, dest, to);
	}
}

void gen_composite_to(Gen *g, CompositeLit *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node);
	uint32_t mark = g->top;
	Order order;
	order_begin_literal(g, &order, e);
	if (d->kind == KIND_POINTER)
		gen_address_of_lit(g, e, dest);
	else
		composite_value_to(g, e, d, dest);
	order_end(&order);
	g->top = mark;
}
