/* SPDX-License-Identifier: MIT */
/* check_layout.c: sizes, alignments and offsets for package unsafe, and types too large for any machine.
 *
 * Why: the figures are those of Go's compiler on amd64, which programs that ask expect. The machine's own layout
 * differs (its slices take 16 bytes) and is lower_type.c's business; unsafe pointers do no arithmetic here.
 * Rules: sizes saturate at LAYOUT_MAX. Those of structs, arrays and defined types are remembered: a struct of two
 * structs of two structs would take exponential time. */
#include "types/check.h"

enum { MAX_LAYOUT_DEPTH = 500 };
#define LAYOUT_MAX ((int64_t)1 << 60)

static Layout layout_of(Check *c, Type *t, uint32_t depth);

static int64_t align_up(int64_t n, int64_t align) {
	return (n + align - 1) / align * align;
}

static Layout struct_layout(Check *c, Type *st, int64_t *offset_of, uint32_t index, uint32_t depth) {
	Layout all = {0, 1};
	bool trailing_zero = false; /* the address of such a field must not lie behind the struct */
	for (uint32_t i = 0; i < st->field_count; i++) {
		Layout field = layout_of(c, st->fields[i].type, depth + 1);
		all.size = align_up(all.size, field.align);
		if (offset_of && i == index)
			*offset_of = all.size;
		all.size += field.size;
		if (all.size > LAYOUT_MAX)
			all.size = LAYOUT_MAX;
		all.align = field.align > all.align ? field.align : all.align;
		trailing_zero = field.size == 0 && all.size > 0;
	}
	all.size = align_up(all.size + trailing_zero, all.align);
	return all;
}

static Layout array_layout(Check *c, Type *t, uint32_t depth) {
	Layout elem = layout_of(c, t->elem, depth + 1);
	int64_t size;
	if (t->length < 0 || __builtin_mul_overflow(elem.size, t->length, &size) || size > LAYOUT_MAX)
		size = t->length < 0 ? 0 : LAYOUT_MAX;
	return (Layout){size, elem.align};
}

static Layout composite_layout(Check *c, Type *u, uint32_t depth) {
	static const uint8_t sizes[] = {
		[TYPE_BOOL] = 1, [TYPE_INT] = 8, [TYPE_INT8] = 1, [TYPE_INT16] = 2, [TYPE_INT32] = 4, [TYPE_INT64] = 8,
		[TYPE_UINT] = 8, [TYPE_UINT8] = 1, [TYPE_UINT16] = 2, [TYPE_UINT32] = 4, [TYPE_UINT64] = 8,
		[TYPE_UINTPTR] = 8, [TYPE_FLOAT32] = 4, [TYPE_FLOAT64] = 8, [TYPE_UNSAFE_POINTER] = 8,
	};
	switch ((TypeKind)u->kind) {
	case TYPE_COMPLEX64: return (Layout){8, 4};
	case TYPE_COMPLEX128:
	case TYPE_STRING:
	case TYPE_INTERFACE: return (Layout){16, 8};
	case TYPE_SLICE: return (Layout){24, 8};
	case TYPE_ARRAY: return array_layout(c, u, depth);
	case TYPE_STRUCT: return struct_layout(c, u, NULL, 0, depth);
	default:
		if (u->kind < COUNT_OF(sizes) && sizes[u->kind] > 0)
			return (Layout){sizes[u->kind], sizes[u->kind]};
		return (Layout){8, 8};
	}
}

static Layout layout_of(Check *c, Type *t, uint32_t depth) {
	if (depth > MAX_LAYOUT_DEPTH)
		return (Layout){8, 8};
	t = type_unalias(t);
	bool remember = t->kind == TYPE_NAMED || t->kind == TYPE_STRUCT || t->kind == TYPE_ARRAY;
	Layout *known = remember ? ptrmap_get(&c->layouts, t) : NULL;
	if (known)
		return *known;
	Layout layout = composite_layout(c, under(t), depth);
	if (remember && c->decl_depth == 0) {
		known = ARENA_NEW(c->u->arena, Layout);
		*known = layout;
		ptrmap_put(c->u->arena, &c->layouts, t, known);
	}
	return layout;
}

Layout type_layout(Check *c, Type *t) {
	return layout_of(c, t, 0);
}

int64_t field_offset(Check *c, Type *st, uint32_t index) {
	int64_t offset = 0;
	struct_layout(c, st, &offset, index, 0);
	return offset;
}

bool type_is_too_large(Check *c, Type *t) {
	return layout_of(c, t, 0).size > (int64_t)MAX_TYPE_SIZE;
}
