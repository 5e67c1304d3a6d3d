/* SPDX-License-Identifier: MIT */
/* gen_convert.c: conversions T(x).
 * Rules: most change nothing in a slot: values are kept extended by their own signedness, so widening an integer,
 * naming a type or changing a channel's direction costs no instruction (conversion_is_move). */
#include "compiler/gen.h"

static bool is_numeric(const TypeDesc *d) {
	return desc_is_integer(d) || desc_is_float(d) || desc_is_complex(d);
}

static bool integer_fits(const TypeDesc *to, const TypeDesc *from) {
	if (to->size == 8)
		return true;
	if (desc_is_signed(from))
		return desc_is_signed(to) && from->size <= to->size;
	return desc_is_signed(to) ? from->size < to->size : from->size <= to->size;
}

bool conversion_is_move(const TypeDesc *to, const TypeDesc *from) {
	if (to == from)
		return true;
	if (desc_is_interface(to))
		return desc_is_interface(from);
	if (desc_is_integer(to) && desc_is_integer(from))
		return integer_fits(to, from);
	if (is_numeric(to) && is_numeric(from))
		return to->kind == from->kind;
	if (to->kind == KIND_STRING || from->kind == KIND_STRING)
		return to->kind == from->kind;
	if (from->kind == KIND_SLICE)
		return to->kind == KIND_SLICE;
	return !(from->kind == KIND_UNSAFE_POINTER && to->kind == KIND_POINTER);
}

static void float_to_int(Gen *g, const TypeDesc *to, const TypeDesc *from, Reg dest, Reg src, bool low) {
	if (from->kind == KIND_FLOAT32) {
		Reg t = slot_scalar(g);
		emit(g, OP_F32_TO_F64, t, src, 0);
		src = t;
	}
	emit(g, desc_is_u64(to) ? OP_F64_TO_U64 : OP_F64_TO_I64, dest, src, 0);
	if (!low && desc_is_narrow_int(to))
		gen_extend(g, to, dest, dest);
}

static void convert_number(Gen *g, const TypeDesc *to, const TypeDesc *from, Reg dest, Reg src, bool low) {
	if (desc_is_integer(to) && desc_is_integer(from)) {
		if (low)
			emit_move(g, to, dest, src);
		else
			gen_extend(g, to, dest, src);
	} else if (desc_is_integer(to)) {
		float_to_int(g, to, from, dest, src, low);
	} else if (desc_is_integer(from)) {
		bool u64 = desc_is_u64(from), f64 = to->kind == KIND_FLOAT64;
		emit(g, f64 ? (u64 ? OP_U64_TO_F64 : OP_I64_TO_F64) : (u64 ? OP_U64_TO_F32 : OP_I64_TO_F32), dest, src,
		     0);
	} else if (desc_is_complex(to)) {
		emit(g, to->kind == KIND_COMPLEX128 ? OP_C64_TO_C128 : OP_C128_TO_C64, dest, src, 0);
	} else {
		emit(g, to->kind == KIND_FLOAT64 ? OP_F32_TO_F64 : OP_F64_TO_F32, dest, src, 0);
	}
}

static void convert_to_string(Gen *g, const TypeDesc *from, Reg dest, Reg src) {
	Op op = desc_is_integer(from)            ? OP_STR_FROM_RUNE
		: from->elem->kind == KIND_INT32 ? OP_STR_FROM_RUNES
						 : OP_STR_FROM_BYTES;
	emit(g, op, dest, src, 0);
}

static void slice_to_array(Gen *g, const TypeDesc *to, Reg dest, Reg src) {
	bool pointer = to->kind == KIND_POINTER;
	const TypeDesc *array = pointer ? to->elem : to;
	Reg p = pointer ? dest : slot_pointer(g);
	emit_3(g, OP_ARRAY_FROM_SLICE, p, src, 0, (const void *)(uintptr_t)array->length, (uint64_t)(uintptr_t)array);
	if (!pointer && array->slots) {
		Place memory = place_memory(array, p, 0);
		place_load_to(g, &memory, dest);
	}
}

/* count NO_REG: one. */
void gen_unsafe_view(Gen *g, Reg dest, Reg pointer, Reg count, const TypeDesc *elem, UnsafeView known) {
	if (count == NO_REG) {
		count = slot_scalar(g);
		emit_int(g, count, 1);
	}
	emit_3(g, OP_UNSAFE_VIEW, dest, pointer, count, elem, known);
}

void gen_convert_reg(Gen *g, const TypeDesc *to, const TypeDesc *from, Reg dest, Reg src, bool low) {
	uint32_t mark = g->top;
	if (conversion_is_move(to, from))
		emit_move(g, to, dest, src);
	else if (desc_is_interface(to))
		gen_to_iface(g, from, src, dest);
	else if (is_numeric(to) && is_numeric(from))
		convert_number(g, to, from, dest, src, low);
	else if (to->kind == KIND_STRING)
		convert_to_string(g, from, dest, src);
	else if (from->kind == KIND_STRING)
		emit(g, to->elem->kind == KIND_INT32 ? OP_RUNES_FROM_STR : OP_BYTES_FROM_STR, dest, src, 0);
	else if (from->kind == KIND_UNSAFE_POINTER)
		gen_unsafe_view(g, dest, src, NO_REG, to->elem, VIEW_UNTYPED);
	else
		slice_to_array(g, to, dest, src);
	g->top = mark;
}

/* Where an integer is a pointer a moment ago: uintptr(p), and the addresses that a reflect.Value gives. */
static bool is_fresh_address(Gen *g, Node *n) {
	Node *bare = ast_unparen(n);
	if (bare->kind != NODE_CALL || bare->value)
		return false;
	CallExpr *e = AS(CallExpr, bare);
	if (e->call_kind == CALL_CONVERSION)
		return node_desc(g, e->args.items[0])->kind == KIND_UNSAFE_POINTER;
	Node *fun = ast_unparen(e->fun);
	const Selection *s = fun->kind == NODE_SELECTOR ? AS(SelectorExpr, fun)->selection : NULL;
	if (!s || s->kind != SELECT_METHOD || !s->object->package)
		return false;
	const char *name = s->object->name->text;
	return strcmp(s->object->package->path, "reflect") == 0 && (strcmp(name, "Pointer") == 0 || strcmp(name, "UnsafeAddr") == 0);
}

/* Any other integer but 0 is no pointer: who may guess addresses may write to what natives and the runtime rely on. */
static void pointer_of_integer(Gen *g, const TypeDesc *to, Reg dest, Reg src) {
	Reg checked = slot_alloc(g, to);
	emit_move(g, to, checked, src);
	gen_unsafe_view(g, dest, checked, NO_REG, to, VIEW_UNTYPED);
}

void gen_conversion_to(Gen *g, CallExpr *e, Reg dest, bool low) {
	Node *arg = e->args.items[0];
	const TypeDesc *to = node_desc(g, &e->node);
	if (node_is_nil(arg)) {
		emit_zero(g, to, dest);
		return;
	}
	const TypeDesc *from = node_desc(g, arg);
	if ((desc_is_interface(to) && !desc_is_interface(from)) || to == from) {
		gen_as_to(g, arg, to, dest);
		return;
	}
	if (arg->value && is_numeric(to) && is_numeric(from)) {
		gen_const_to(g, arg->value, to, dest);
		return;
	}
	if (e->transient) {
		emit(g, OP_STR_OF_BYTES, dest, gen_expr(g, arg), 0);
		return;
	}
	uint32_t mark = g->top;
	bool low_suffices = desc_is_narrow_int(to) && desc_is_integer(from) && from->size >= to->size;
	Reg src = low_suffices && !conversion_is_move(to, from) ? gen_low(g, arg, from) : gen_expr(g, arg);
	gen_pos(g, e->node.pos);
	if (to->kind == KIND_UNSAFE_POINTER && desc_is_integer(from) && !is_fresh_address(g, arg))
		pointer_of_integer(g, to, dest, src);
	else
		gen_convert_reg(g, to, from, dest, src, low);
	g->top = mark;
}

/* ---------------------------------------------------------------- conversions that need no copy */

static bool is_bytes(const TypeDesc *d) {
	return d->kind == KIND_SLICE && d->elem->kind == KIND_UINT8;
}

/* struct { string; int }: a slice header put together of a string, as old programs do it. */
static bool is_string_header(const TypeDesc *d) {
	return d->kind == KIND_STRUCT && d->field_count == 2 && d->fields[0].type->kind == KIND_STRING &&
	       d->fields[1].type->kind == KIND_INT;
}

/* What x may be read as at *(*T)(unsafe.Pointer(&x)): here the words differ from Go's, but what is meant is known. */
static bool is_reinterpretable(const TypeDesc *to, const TypeDesc *from) {
	if (to->kind == KIND_STRING)
		return is_bytes(from);
	if (to->kind != KIND_SLICE || from->kind != KIND_SLICE)
		return is_bytes(to) && (from->kind == KIND_STRING || is_string_header(from));
	return to->elem->kind == from->elem->kind && is_numeric(to->elem);
}

Node *gen_reinterpreted(Gen *g, StarExpr *e) {
	Node *n = ast_unparen(e->x);
	for (int i = 0; i < 2; i++) {
		if (n->kind != NODE_CALL || AS(CallExpr, n)->call_kind != CALL_CONVERSION || n->value)
			return NULL;
		Node *arg = ast_unparen(AS(CallExpr, n)->args.items[0]);
		if (node_is_nil(arg) || node_desc(g, i == 0 ? arg : n)->kind != KIND_UNSAFE_POINTER)
			return NULL;
		n = arg;
	}
	if (n->kind != NODE_UNARY || AS(UnaryExpr, n)->op != TOK_AND)
		return NULL;
	n = ast_unparen(AS(UnaryExpr, n)->x);
	return is_reinterpretable(node_desc(g, &e->node), node_desc(g, n)) ? n : NULL;
}

void gen_reinterpreted_to(Gen *g, StarExpr *e, Node *x, Reg dest) {
	const TypeDesc *to = node_desc(g, &e->node), *from = node_desc(g, x);
	uint32_t mark = g->top;
	Reg src = gen_expr(g, x);
	gen_pos(g, e->node.pos);
	if (to->kind == KIND_STRING)
		emit(g, OP_STR_OF_BYTES, dest, src, 0);
	else if (from->kind == KIND_SLICE)
		emit_move(g, to, dest, src);
	else /* a copy: the bytes of a constant must not change */
		emit(g, OP_BYTES_FROM_STR, dest, src, 0);
	g->top = mark;
}

/* The operand of a conversion between strings and bytes in either direction, else NULL. */
static Node *text_operand(Gen *g, Node *n) {
	n = ast_unparen(n);
	if (n->kind != NODE_CALL || n->value || AS(CallExpr, n)->call_kind != CALL_CONVERSION)
		return NULL;
	Node *x = AS(CallExpr, n)->args.items[0];
	if (node_is_nil(x) || (x->value && const_kind(x->value) != CONST_STRING))
		return NULL;
	const TypeDesc *to = node_desc(g, n), *from = node_desc(g, x);
	bool converts = to->kind == KIND_STRING ? is_bytes(from) : is_bytes(to) && from->kind == KIND_STRING;
	return converts ? x : NULL;
}

Node *gen_bytes_only(Gen *g, Node *n) {
	Node *x = text_operand(g, n);
	return x ? x : n;
}

Node *gen_string_ranged(Gen *g, Node *n) {
	Node *x = text_operand(g, n);
	return x && node_desc(g, x)->kind == KIND_STRING ? x : NULL;
}

/* The strings in a struct or array that nobody keeps are not kept either. */
static void mark_transient(Gen *g, CompositeLit *e) {
	for (uint32_t i = 0; i < e->elements.len; i++) {
		Node *n = e->elements.items[i];
		n = ast_unparen(n->kind == NODE_KEY_VALUE ? AS(KeyValueExpr, n)->value : n);
		const TypeDesc *d = n->value || node_is_nil(n) ? NULL : node_desc(g, n);
		if (d && n->kind == NODE_COMPOSITE_LIT && desc_is_aggregate(d))
			mark_transient(g, AS(CompositeLit, n));
		else if (d && d->kind == KIND_STRING && text_operand(g, n))
			AS(CallExpr, n)->transient = true;
	}
}

Reg gen_transient(Gen *g, Node *n, const TypeDesc *d) {
	Node *bare = ast_unparen(n), *bytes = d->kind == KIND_STRING ? text_operand(g, n) : NULL;
	if (desc_is_aggregate(d) && bare->kind == NODE_COMPOSITE_LIT)
		mark_transient(g, AS(CompositeLit, bare));
	if (!bytes)
		return gen_as(g, n, d);
	Reg r = slot_alloc(g, d);
	uint32_t mark = g->top;
	emit(g, OP_STR_OF_BYTES, r, gen_expr(g, bytes), 0);
	g->top = mark;
	return r;
}
