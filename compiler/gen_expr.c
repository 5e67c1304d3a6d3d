/* SPDX-License-Identifier: MIT */
/* gen_expr.c: values into registers.
 * Rules: gen_expr returns the slot where the value is: a variable's own slot (nothing is moved) or a temporary above
 * the caller's Gen.top. gen_expr_to writes its destination with the last instruction only, so a variable may be
 * assigned an expression that reads it. Frame variables cannot change while an expression is evaluated (those that
 * closures or pointers share live in boxes and are loaded when their turn comes), so operands need no copies. */
#include "compiler/gen.h"

/* ---------------------------------------------------------------- types and constants of nodes */

Type *gen_type(Gen *g, Type *t) {
	if (!g->body.subst || !type_is_parameterized(t))
		return t;
	return type_subst(g->c->u, t, g->body.subst);
}

const TypeDesc *gen_desc(Gen *g, Type *t) {
	return lower_type(g->c, gen_type(g, t));
}

Type *node_type(Gen *g, const Node *n) {
	return gen_type(g, n->type);
}

/* The type of the operand of an index expression; NULL when that is a type or a generic function. */
const TypeDesc *node_operand_desc(Gen *g, const Node *n) {
	if (!n->type || n->mode == MODE_TYPE || n->mode == MODE_BUILTIN)
		return NULL;
	if (type_unalias(n->type)->kind != TYPE_PARAM && type_underlying(n->type)->kind == TYPE_SIGNATURE)
		return NULL;
	return node_desc(g, n);
}

bool node_is_nil(const Node *n) {
	return ast_unparen((Node *)(uintptr_t)n)->mode == MODE_NIL;
}

bool node_is_blank(const Node *n) {
	if (n->kind != NODE_IDENT)
		return false;
	const Name *name = ((const Ident *)n)->name;
	return name->len == 1 && name->text[0] == '_';
}

Object *node_object(Node *n) {
	n = ast_unparen(n);
	if (n->kind == NODE_IDENT)
		return AS(Ident, n)->object;
	if (n->kind == NODE_SELECTOR && !AS(SelectorExpr, n)->selection)
		return AS(SelectorExpr, n)->sel->object;
	return NULL;
}

static bool const_bits(const Const *v, const TypeDesc *d, int64_t *out) {
	if (d->kind == KIND_BOOL) {
		*out = const_bool(v);
		return true;
	}
	uint64_t u;
	if (const_int64(v, out))
		return true;
	if (const_uint64(v, &u)) {
		*out = (int64_t)u;
		return true;
	}
	return false;
}

bool node_const_int(Gen *g, const Node *n, int64_t *v) {
	if (!n->value)
		return false;
	const TypeDesc *d = node_desc(g, n);
	return desc_is_integer(d) && const_bits(n->value, d, v);
}

bool node_const_imm(Gen *g, const Node *n, int64_t *v) {
	return node_const_int(g, n, v) && fits_i16(*v);
}

static void emit_bits(Gen *g, Reg dest, uint64_t bits) {
	if (bits == 0)
		emit(g, OP_ZERO, dest, 0, 0);
	else
		emit_2n(g, OP_LOADK, dest, 0, 0, bits);
}

static uint64_t bits_of_f64(double f) {
	Slot s = {.f = f};
	return s.u;
}

static uint64_t bits_of_f32(float f) {
	Slot s = {0};
	s.f32 = f;
	return s.u;
}

static uint64_t const_float_bits(const Const *v, const TypeDesc *d) {
	return d->kind == KIND_FLOAT64 ? bits_of_f64(const_float64(v)) : bits_of_f32(const_float32(v));
}

void gen_const_to(Gen *g, const Const *v, const TypeDesc *d, Reg dest) {
	int64_t i = 0;
	switch (d->kind) {
	case KIND_STRING:
		if (const_kind(v) !=
		    CONST_STRING) { /* string(rune constant) is folded by the checker; nothing else gets here */
			emit(g, OP_ZERO2, dest, 0, 0);
			return;
		}
		if (const_string(v).len == 0)
			emit(g, OP_ZERO2, dest, 0, 0);
		else
			emit_2(g, OP_LOADSTR, dest, 0, 0, constant_string(g->c, const_string(v)));
		return;
	case KIND_FLOAT32: case KIND_FLOAT64:
		emit_bits(g, dest, const_float_bits(v, d));
		return;
	case KIND_COMPLEX64:
		emit_bits(g, dest, bits_of_f32(const_float32(v)) | bits_of_f32(const_imag32(v)) << 32);
		return;
	case KIND_COMPLEX128:
		emit_bits(g, dest, bits_of_f64(const_float64(v)));
		emit_bits(g, dest + 1, bits_of_f64(const_imag64(v)));
		return;
	default:
		const_bits(v, d, &i);
		emit_int(g, dest, i);
	}
}

/* ---------------------------------------------------------------- interfaces */

void gen_to_iface(Gen *g, const TypeDesc *from, Reg src, Reg dest) {
	desc_place(g->c, from);
	emit_2(g, from->flags & DESC_DIRECT ? OP_MKIFACE : OP_BOX, dest, src, 0, from);
}

/* An interface that holds a constant is itself one. */
static const void *constant_iface(Gen *g, const Const *v, const TypeDesc *d) {
	GoIface *pair = arena_alloc(g->c->s->arena, sizeof(GoIface));
	int64_t i = 0;
	desc_place(g->c, d);
	pair->type = d;
	if (d->kind == KIND_STRING) {
		pair->data.p = (void *)(uintptr_t)constant_string(g->c, const_string(v));
	} else if (d->kind == KIND_COMPLEX128) {
		double *parts = arena_alloc(g->c->s->arena, 2 * sizeof(double));
		parts[0] = const_float64(v);
		parts[1] = const_imag64(v);
		pair->data.p = parts;
	} else if (d->kind == KIND_COMPLEX64) {
		pair->data.u = bits_of_f32(const_float32(v)) | bits_of_f32(const_imag32(v)) << 32;
	} else if (desc_is_float(d)) {
		pair->data.u = const_float_bits(v, d);
	} else {
		const_bits(v, d, &i);
		pair->data.i = i;
	}
	return pair;
}

static bool needs_iface(const TypeDesc *d, const TypeDesc *from) {
	return desc_is_interface(d) && !desc_is_interface(from);
}

static void to_iface(Gen *g, Node *n, const TypeDesc *from, Reg dest) {
	uint32_t mark = g->top;
	if (n->value) {
		emit_2(g, OP_LOADIFACE, dest, 0, 0, constant_iface(g, n->value, from));
		return;
	}
	if (desc_is_aggregate(from) && from->slots > MAX_FRAME_VALUE_SLOTS) {
		Reg copy = gen_heap_copy(g, n, from);
		desc_place(g->c, from);
		emit_2(g, OP_MKIFACE, dest, copy, 0, from);
	} else {
		Reg src = gen_expr(g, n);
		gen_pos(g, n->pos);
		gen_to_iface(g, from, src, dest);
	}
	g->top = mark;
}

Reg gen_as(Gen *g, Node *n, const TypeDesc *d) {
	if (!node_is_nil(n) && !n->value && !needs_iface(d, node_desc(g, n)))
		return gen_expr(g, n);
	Reg dest;
	if (n->value && hoist_find(g, n->value, d, &dest))
		return dest;
	dest = slot_alloc(g, d);
	gen_as_to(g, n, d, dest);
	return dest;
}

void gen_as_to(Gen *g, Node *n, const TypeDesc *d, Reg dest) {
	if (node_is_nil(n)) {
		emit_zero(g, d, dest);
		return;
	}
	const TypeDesc *from = node_desc(g, n);
	if (needs_iface(d, from))
		to_iface(g, n, from, dest);
	else if (n->value)
		gen_const_to(g, n->value, d, dest);
	else
		gen_expr_to(g, n, dest);
}

Reg gen_expr_temp(Gen *g, Node *n, const TypeDesc *d) {
	Reg dest = slot_alloc(g, d);
	gen_as_to(g, n, d, dest);
	return dest;
}

void gen_as_place(Gen *g, Node *n, const Place *p) {
	uint32_t mark = g->top;
	Node *lit = ast_unparen(n);
	if (lit->kind == NODE_COMPOSITE_LIT && desc_is_aggregate(p->desc)) {
		gen_composite(g, AS(CompositeLit, lit), p, false);
		return;
	}
	if (place_in_frame(p)) {
		gen_as_to(g, n, p->desc, p->base + p->offset / 8);
		return;
	}
	Reg r = desc_is_narrow_int(p->desc) ? gen_low(g, n, p->desc) : gen_as(g, n, p->desc);
	place_store(g, p, r);
	g->top = mark;
}

/* ---------------------------------------------------------------- slicing */

static void slice_bounds(Gen *g, SliceExpr *e, Reg bounds) {
	Node *parts[] = {e->low, e->high, e->max};
	const TypeDesc *integer = lower_basic(g->c, TYPE_INT);
	for (int i = 0; i < 3; i++) {
		if (parts[i] && parts[i]->value)
			gen_const_to(g, parts[i]->value, integer, bounds + (Reg)i);
		else if (parts[i])
			gen_expr_to(g, parts[i], bounds + (Reg)i);
		else if (i == 0)
			emit(g, OP_ZERO, bounds, 0, 0);
	}
}

/* NO_REG: left out. */
static Reg slice_bound(Gen *g, Node *bound) {
	return bound ? gen_as(g, bound, bound->value ? lower_basic(g->c, TYPE_INT) : node_desc(g, bound)) : NO_REG;
}

/* x[low:high] of a string or slice. */
static void emit_slicing(Gen *g, const TypeDesc *d, Reg dest, Reg x, Reg low, Reg high) {
	bool string = d->kind == KIND_STRING;
	if (low == NO_REG)
		emit(g, string ? OP_SLICE_STR_TO : OP_SLICE_TO, dest, x, high);
	else if (string && high == NO_REG)
		emit(g, OP_SLICE_STR_FROM, dest, x, low);
	else if (string)
		emit_2n(g, OP_SLICE_STR, dest, x, low, high);
	else if (high == NO_REG)
		emit_2n(g, OP_SLICE_FROM, dest, x, low, d->elem->size);
	else
		emit_2n(g, OP_SLICE_SLICE, dest, x, low, high | (uint64_t)d->elem->size << 32);
}

static void slice_to(Gen *g, SliceExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, e->x);
	uint64_t flags = (e->high ? SLICE_HAS_HIGH : 0) | (e->max ? SLICE_HAS_MAX : 0);
	Reg x;
	if (d->kind == KIND_ARRAY) {
		Place p = gen_place(g, e->x);
		place_make_addressable(g, &p);
		x = place_address(g, &p, NO_REG);
	} else {
		x = gen_expr(g, e->x);
	}
	if (d->kind == KIND_POINTER)
		d = d->elem;
	if (!e->low && !e->high && !e->max && d->kind != KIND_ARRAY) {
		emit_move(g, d, dest, x);
		return;
	}
	if (d->kind != KIND_ARRAY && !e->max) {
		Reg low = slice_bound(g, e->low), high = slice_bound(g, e->high);
		gen_pos(g, e->lbrack);
		emit_slicing(g, d, dest, x, low, high);
		return;
	}
	Reg bounds = slots_alloc(g, 3, false);
	slice_bounds(g, e, bounds);
	gen_pos(g, e->lbrack);
	if (d->kind == KIND_SLICE)
		emit_2n(g, OP_SLICE_FULL, dest, x, bounds, d->elem->size);
	else
		emit_3(g, OP_SLICE_ARRAY, dest, x, bounds, (const void *)(uintptr_t)(d->elem->size | flags << 32),
		       (uint64_t)d->length);
}

static void gen_slice_to(Gen *g, SliceExpr *e, Reg dest) {
	Order order;
	Node **parts[] = {&e->x, &e->low, &e->high, &e->max}, **operands[4];
	uint32_t count = 0;
	for (int i = 0; i < 4; i++)
		if (*parts[i])
			operands[count++] = parts[i];
	order_begin(g, &order, operands, count);
	slice_to(g, e, dest);
	order_end(&order);
}

/* ---------------------------------------------------------------- assertions, receives, map reads */

static void gen_assert(Gen *g, TypeAssertExpr *e, Reg dest, Reg ok, bool comma_ok) {
	const TypeDesc *to = gen_desc(g, e->type->type), *from = node_desc(g, e->x);
	Reg x = gen_expr(g, e->x);
	gen_pos(g, end_pos(e->x));
	bool iface = desc_is_interface(to);
	if (comma_ok)
		emit_2(g, iface ? OP_ASSERT_IFACE_OK : OP_ASSERT_OK, dest, x, ok, to);
	else
		emit_3(g, iface ? OP_ASSERT_IFACE : OP_ASSERT, dest, x, 0, to, (uint64_t)(uintptr_t)from);
}

void gen_comma_ok(Gen *g, Node *n, Reg value, Reg ok) {
	uint32_t mark = g->top;
	n = ast_unparen(n);
	if (ok == NO_REG)
		ok = slot_scalar(g);
	if (n->kind == NODE_INDEX) {
		Place p = gen_place_to_read(g, n);
		gen_pos(g, n->pos);
		emit_3(g, OP_MAP_GET_OK, value, p.base, p.index, p.container, ok);
	} else if (n->kind == NODE_TYPE_ASSERT) {
		TypeAssertExpr *e = AS(TypeAssertExpr, n);
		if (value == NO_REG)
			value = slot_alloc(g, gen_desc(g, e->type->type));
		gen_assert(g, e, value, ok, true);
	} else {
		Node *x = AS(UnaryExpr, n)->x;
		Reg ch = gen_expr(g, x);
		gen_pos(g, n->pos);
		emit_2n(g, OP_RECV_OK, value, ch, ok, node_desc(g, x)->elem->slots);
	}
	g->top = mark;
}

/* ---------------------------------------------------------------- one expression */

static void gen_name_to(Gen *g, Node *n, Reg dest) {
	Object *o = node_object(n);
	if (o && o->kind == OBJECT_FUNC) {
		Function *fn = callee_function(g, n);
		if (fn)
			emit_2(g, OP_LOADFUNC, dest, 0, 0, fn);
		return;
	}
	Place p = gen_place(g, n);
	place_load_to(g, &p, dest);
}

static void gen_selector_to(Gen *g, SelectorExpr *e, Reg dest) {
	if (!e->selection) {
		gen_name_to(g, &e->node, dest);
	} else if (e->selection->kind == SELECT_FIELD) {
		Place p = gen_place(g, &e->node);
		gen_pos(g, end_pos(e->x));
		place_load_to(g, &p, dest);
	} else if (e->selection->kind == SELECT_METHOD) {
		gen_method_value_to(g, e, dest);
	} else {
		gen_method_expr_to(g, e, dest);
	}
}

static void gen_index_to(Gen *g, IndexExpr *e, Reg dest) {
	const TypeDesc *d = node_operand_desc(g, e->x);
	if (!d) { /* a generic function or method with its type arguments */
		Node *generic = ast_unparen(e->x);
		if (generic->kind == NODE_SELECTOR && AS(SelectorExpr, generic)->selection) {
			gen_selector_to(g, AS(SelectorExpr, generic), dest);
			return;
		}
		Function *fn = callee_function(g, &e->node);
		if (fn)
			emit_2(g, OP_LOADFUNC, dest, 0, 0, fn);
		return;
	}
	if (d->kind == KIND_STRING) {
		Order order;
		Node **operands[] = {&e->x, &e->indices.items[0]};
		order_begin(g, &order, operands, 2);
		Reg s = gen_as(g, e->x, d);
		Reg i = gen_expr(g, e->indices.items[0]);
		order_end(&order);
		gen_pos(g, e->lbrack);
		emit(g, OP_INDEX_STR, dest, s, i);
		return;
	}
	Place p = gen_place_to_read(g, &e->node);
	gen_pos(g, e->lbrack);
	place_load_to(g, &p, dest);
}

static void gen_call_to(Gen *g, CallExpr *e, Reg dest) {
	if (e->call_kind == CALL_CONVERSION) {
		gen_conversion_to(g, e, dest, false);
	} else if (e->call_kind == CALL_BUILTIN) {
		gen_builtin_to(g, e, dest);
	} else if (!gen_intrinsic(g, e, dest)) {
		CallUse use = {.value = true, .dest = dest};
		CallResult r = gen_call_for(g, e, &use);
		if (!use.served && r.type->result_count == 1)
			emit_move(g, r.type->results[0], dest, r.base + r.layout->results[0]);
	}
}

static void gen_address_to(Gen *g, Node *x, Reg dest) {
	x = ast_unparen(x);
	if (x->kind == NODE_COMPOSITE_LIT) {
		Order order;
		uint32_t mark = g->top;
		order_begin_literal(g, &order, AS(CompositeLit, x));
		gen_address_of_lit(g, AS(CompositeLit, x), dest);
		order_end(&order);
		g->top = mark;
		return;
	}
	Place p = gen_place(g, x);
	gen_pos(g, x->pos);
	place_address(g, &p, dest);
}

static bool enter(Gen *g, Node *n) {
	if (++g->depth <= MAX_GEN_DEPTH)
		return true;
	if (!g->too_large)
		compile_error(g->c, n->pos, "expression nested too deeply");
	g->too_large = true;
	return false;
}

static void gen_unary_node_to(Gen *g, UnaryExpr *e, Reg dest) {
	if (e->op == TOK_AND) {
		gen_address_to(g, e->x, dest);
	} else if (e->op == TOK_ARROW) {
		Reg ch = gen_expr(g, e->x);
		gen_pos(g, e->node.pos);
		emit(g, OP_RECV, dest, ch, node_desc(g, e->x)->elem->slots);
	} else {
		gen_unary_to(g, e, dest, false);
	}
}

static void gen_binary_node_to(Gen *g, BinaryExpr *e, Reg dest) {
	if (e->op == TOK_LAND || e->op == TOK_LOR)
		gen_logic_to(g, e, dest);
	else if (token_is_comparison(e->op))
		gen_compare_to(g, e, dest);
	else
		gen_binary_to(g, e, dest, false);
}

static void gen_node_to(Gen *g, Node *n, Reg dest) {
	switch ((NodeKind)n->kind) {
	case NODE_PAREN:
		gen_expr_to(g, AS(ParenExpr, n)->x, dest);
		return;
	case NODE_IDENT:
		gen_name_to(g, n, dest);
		return;
	case NODE_FUNC_LIT:
		gen_closure(g, AS(FuncLit, n)->info, n, dest);
		return;
	case NODE_COMPOSITE_LIT:
		gen_composite_to(g, AS(CompositeLit, n), dest);
		return;
	case NODE_SELECTOR:
		gen_selector_to(g, AS(SelectorExpr, n), dest);
		return;
	case NODE_INDEX:
		gen_index_to(g, AS(IndexExpr, n), dest);
		return;
	case NODE_SLICE:
		gen_slice_to(g, AS(SliceExpr, n), dest);
		return;
	case NODE_TYPE_ASSERT:
		gen_assert(g, AS(TypeAssertExpr, n), dest, NO_REG, false);
		return;
	case NODE_CALL:
		gen_call_to(g, AS(CallExpr, n), dest);
		return;
	case NODE_STAR: {
		Node *x = gen_reinterpreted(g, AS(StarExpr, n));
		if (x) {
			gen_reinterpreted_to(g, AS(StarExpr, n), x, dest);
			return;
		}
		Place p = gen_place(g, n);
		gen_pos(g, n->pos);
		place_load_to(g, &p, dest);
		return;
	}
	case NODE_UNARY:
		gen_unary_node_to(g, AS(UnaryExpr, n), dest);
		return;
	case NODE_BINARY:
		gen_binary_node_to(g, AS(BinaryExpr, n), dest);
		return;
	default:
		compile_error(g->c, n->pos, "internal error: no code for %s", ast_kind_name((NodeKind)n->kind));
		g->too_large = true;
	}
}

void gen_expr_to(Gen *g, Node *n, Reg dest) {
	uint32_t mark = g->top;
	if (n->value) {
		gen_const_to(g, n->value, node_desc(g, n), dest);
		return;
	}
	if (node_is_nil(n)) {
		emit_zero(g, node_desc(g, n), dest);
		return;
	}
	if (enter(g, n))
		gen_node_to(g, n, dest);
	g->depth--;
	g->top = mark;
}

/* Where an access to a place happens. */
Pos access_pos(Node *n) {
	n = ast_unparen(n);
	if (n->kind == NODE_SELECTOR)
		return end_pos(AS(SelectorExpr, n)->x);
	return n->kind == NODE_INDEX ? AS(IndexExpr, n)->lbrack : n->pos;
}

/* Loads a place into the lowest temporary: the operands of the place are not needed afterwards. */
static Reg load_compact(Gen *g, Place *p, uint32_t mark) {
	if (place_in_frame(p))
		return p->base + p->offset / 8;
	Reg dest;
	if (p->kind != PLACE_FRAME)
		g->top = mark;
	if (place_loaded(g, p, &dest))
		return dest;
	dest = slot_alloc(g, p->desc);
	uint32_t top = g->top;
	place_load_to(g, p, dest);
	g->top = top;
	return dest;
}

/* Kinds whose value may already be somewhere. */
static bool gen_in_place(Gen *g, Node *n, Reg *r) {
	uint32_t mark = g->top;
	Place p;
	switch ((NodeKind)n->kind) {
	case NODE_IDENT: {
		Object *o = AS(Ident, n)->object;
		if (!o || o->kind != OBJECT_VAR)
			return false;
		break;
	}
	case NODE_SELECTOR: {
		SelectorExpr *e = AS(SelectorExpr, n);
		if (e->selection ? e->selection->kind != SELECT_FIELD : e->sel->object->kind != OBJECT_VAR)
			return false;
		break;
	}
	case NODE_INDEX: {
		const TypeDesc *d = node_operand_desc(g, AS(IndexExpr, n)->x);
		if (!d || d->kind == KIND_STRING)
			return false;
		break;
	}
	case NODE_STAR:
		if (gen_reinterpreted(g, AS(StarExpr, n)))
			return false;
		break;
	case NODE_CALL: {
		CallExpr *e = AS(CallExpr, n);
		if (e->call_kind == CALL_BUILTIN)
			return gen_builtin_in_place(g, e, r);
		if (e->call_kind == CALL_CONVERSION) {
			Node *arg = e->args.items[0];
			if (arg->value || node_is_nil(arg) || !conversion_is_move(node_desc(g, n), node_desc(g, arg)) ||
			    node_desc(g, n)->kind == KIND_UNSAFE_POINTER) /* that may have to be checked */
				return false;
			*r = gen_expr(g, arg);
			return true;
		}
		const TypeDesc *d = node_desc(g, n);
		if (call_intrinsic(e) != OP_NOP) {
			*r = slot_alloc(g, d);
			return gen_intrinsic(g, e, *r);
		}
		CallUse use = {.value = true, .dest = NO_REG};
		CallResult result = gen_call_for(g, e, &use);
		*r = use.served ? use.reg : result.type->result_count ? result.base + result.layout->results[0] : result.base;
		return true;
	}
	default:
		return false;
	}
	p = gen_place_to_read(g, n);
	gen_pos(g, access_pos(n));
	*r = load_compact(g, &p, mark);
	return true;
}

Reg gen_expr(Gen *g, Node *n) {
	n = ast_unparen(n);
	Reg r = 0;
	if (!n->value && !node_is_nil(n)) {
		bool done = enter(g, n) ? gen_in_place(g, n, &r) : true;
		g->depth--;
		if (done)
			return r;
	}
	const TypeDesc *d = node_desc(g, n);
	if (n->value && hoist_find(g, n->value, d, &r))
		return r;
	Reg dest = slot_alloc(g, d);
	gen_expr_to(g, n, dest);
	return dest;
}

/* A large value behind a pointer is not copied: only the access must not fail. */
static void discard_value(Gen *g, Node *n) {
	if (n->mode == MODE_VAR && node_desc(g, n)->slots > 2) {
		Place p = gen_place(g, n);
		if (p.kind == PLACE_MEMORY && !p.nonnil)
			place_address(g, &p, NO_REG);
		else if (p.kind == PLACE_ELEMENT || p.kind == PLACE_ARRAY)
			place_address(g, &p, NO_REG);
		return;
	}
	gen_expr(g, n);
}

void gen_discard(Gen *g, Node *n) {
	uint32_t mark = g->top;
	n = ast_unparen(n);
	if (n->kind == NODE_CALL && !n->value) {
		CallExpr *e = AS(CallExpr, n);
		if (e->call_kind == CALL_BUILTIN)
			gen_builtin_to(g, e, NO_REG);
		else if (e->call_kind == CALL_CALL)
			gen_call(g, e);
		else
			gen_expr(g, n);
	} else if (n->kind == NODE_UNARY && AS(UnaryExpr, n)->op == TOK_ARROW) {
		Reg ch = gen_expr(g, AS(UnaryExpr, n)->x);
		gen_pos(g, n->pos);
		emit(g, OP_RECV, NO_REG, ch, 0);
	} else if (!n->value && !node_is_nil(n)) {
		discard_value(g, n);
	}
	g->top = mark;
}
