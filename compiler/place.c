/* SPDX-License-Identifier: MIT */
/* place.c: places: where a value is or goes: slots of the frame, memory behind a pointer, globals, elements, map
 * entries.
 * Rules: making a place evaluates the operands (pointer, slice, index, key) but does not yet access the value: nil and
 * bounds panics come from the access, as Go orders them. Offsets of fields and constant indices are folded. A scalar
 * of less than 8 bytes has its memory size inside an aggregate (`packed`), but a whole slot as a variable. */
#include "compiler/gen.h"

Place place_frame(const TypeDesc *d, Reg base, uint32_t offset) {
	return (Place){.kind = PLACE_FRAME, .desc = d, .base = base, .offset = offset};
}

Place place_memory(const TypeDesc *d, Reg base, uint32_t offset) {
	return (Place){.kind = PLACE_MEMORY, .desc = d, .base = base, .offset = offset};
}

Place place_of_var(Gen *g, Object *o) {
	const Var *v = var_of(g, o);
	Reg r;
	if (v->kind == VAR_GLOBAL && hoist_find_global(g, o, &r))
		return place_frame(v->desc, r, 0);
	if (v->kind == VAR_GLOBAL)
		return (Place){.kind = PLACE_GLOBAL, .desc = v->desc, .offset = v->offset};
	if (v->kind == VAR_FRAME)
		return place_frame(v->desc, v->slot, 0);
	Place p = place_memory(v->desc, v->slot, 0);
	p.nonnil = true;
	return p;
}

/* The value fills whole slots, so moves serve it. */
bool place_in_frame(const Place *p) {
	if (p->kind != PLACE_FRAME)
		return false;
	return !p->packed || (p->offset % 8 == 0 && p->desc->size % 8 == 0);
}

/* ---------------------------------------------------------------- access by size */

static Op load_op(const TypeDesc *d) {
	bool extend = desc_is_signed(d);
	if (d->align < d->size && d->size < 8)
		return OP_LOAD_N;
	switch (d->size) {
	case 1: return extend ? OP_LOAD_I8 : OP_LOAD_U8;
	case 2: return extend ? OP_LOAD_I16 : OP_LOAD_U16;
	case 4: return extend ? OP_LOAD_I32 : OP_LOAD_U32;
	case 8: return OP_LOAD_64;
	case 16: return d->align == 16 ? OP_LOAD_128 : OP_LOAD_N;
	default: return OP_LOAD_N;
	}
}

static Op store_op(const TypeDesc *d) {
	if (d->align < d->size && d->size < 8)
		return OP_STORE_N;
	switch (d->size) {
	case 1: return OP_STORE_8;
	case 2: return OP_STORE_16;
	case 4: return OP_STORE_32;
	case 8: return desc_has_pointers(d) ? OP_STORE_P : OP_STORE_64;
	case 16: return d->align == 16 ? (desc_has_pointers(d) ? OP_STORE_128P : OP_STORE_128) : OP_STORE_N;
	default: return OP_STORE_N;
	}
}

static Op index_op(const TypeDesc *d) {
	switch (load_op(d)) {
	case OP_LOAD_I8: return OP_INDEX_I8;
	case OP_LOAD_U8: return OP_INDEX_U8;
	case OP_LOAD_I16: return OP_INDEX_I16;
	case OP_LOAD_U16: return OP_INDEX_U16;
	case OP_LOAD_I32: return OP_INDEX_I32;
	case OP_LOAD_U32: return OP_INDEX_U32;
	case OP_LOAD_64: return OP_INDEX_64;
	case OP_LOAD_128: return OP_INDEX_128;
	default: return OP_INDEX_N;
	}
}

static Op set_index_op(const TypeDesc *d) {
	switch (store_op(d)) {
	case OP_STORE_8: return OP_SETINDEX_8;
	case OP_STORE_16: return OP_SETINDEX_16;
	case OP_STORE_32: return OP_SETINDEX_32;
	case OP_STORE_64: return OP_SETINDEX_64;
	case OP_STORE_P: return OP_SETINDEX_P;
	case OP_STORE_128: return OP_SETINDEX_128;
	case OP_STORE_128P: return OP_SETINDEX_128P;
	default: return OP_SETINDEX_N;
	}
}

static Op global_load_op(const TypeDesc *d) {
	switch (load_op(d)) {
	case OP_LOAD_I8: return OP_LOADG_I8;
	case OP_LOAD_U8: return OP_LOADG_U8;
	case OP_LOAD_I16: return OP_LOADG_I16;
	case OP_LOAD_U16: return OP_LOADG_U16;
	case OP_LOAD_I32: return OP_LOADG_I32;
	case OP_LOAD_U32: return OP_LOADG_U32;
	case OP_LOAD_64: return OP_LOADG_64;
	case OP_LOAD_128: return OP_LOADG_128;
	default: return OP_NOP;
	}
}

static Op global_store_op(const TypeDesc *d) {
	switch (store_op(d)) {
	case OP_STORE_8: return OP_STOREG_8;
	case OP_STORE_16: return OP_STOREG_16;
	case OP_STORE_32: return OP_STOREG_32;
	case OP_STORE_64: return OP_STOREG_64;
	case OP_STORE_P: return OP_STOREG_P;
	case OP_STORE_128P: return OP_STOREG_128P;
	default: return OP_NOP;
	}
}

/* ---------------------------------------------------------------- parts of aggregates in the frame */

/* The largest chunk both sides are aligned for. */
static uint32_t chunk_size(uint32_t a, uint32_t b, uint32_t left) {
	uint32_t size = 8;
	while (size > 1 && (a % size || b % size || left < size))
		size /= 2;
	return size;
}

void frame_copy_bytes(Gen *g, Reg dest, uint32_t dest_offset, Reg src, uint32_t src_offset, uint32_t size) {
	uint32_t mark = g->top, done = 0;
	Reg t = slot_scalar(g);
	while (done < size) {
		uint32_t from = src_offset + done, to = dest_offset + done, chunk = chunk_size(from, to, size - done);
		if (chunk == 8) {
			emit(g, OP_MOVE, dest + to / 8, src + from / 8, 0);
		} else {
			Op load = chunk == 4 ? OP_FLOAD_U32 : chunk == 2 ? OP_FLOAD_U16 : OP_FLOAD_U8;
			Op store = chunk == 4 ? OP_FSTORE_32 : chunk == 2 ? OP_FSTORE_16 : OP_FSTORE_8;
			emit(g, load, t, src + from / 8, from % 8);
			emit(g, store, dest + to / 8, t, to % 8);
		}
		done += chunk;
	}
	g->top = mark;
}

static void frame_load_to(Gen *g, const Place *p, Reg dest) {
	const TypeDesc *d = p->desc;
	if (place_in_frame(p)) {
		emit_move(g, d, dest, p->base + p->offset / 8);
		return;
	}
	if (desc_is_aggregate(d)) {
		emit_zero(g, d, dest);
		frame_copy_bytes(g, dest, 0, p->base, p->offset, d->size);
		return;
	}
	bool extend = desc_is_signed(d);
	Op op = d->size == 1 ? (extend ? OP_FLOAD_I8 : OP_FLOAD_U8)
	      : d->size == 2 ? (extend ? OP_FLOAD_I16 : OP_FLOAD_U16)
			     : (extend ? OP_FLOAD_I32 : OP_FLOAD_U32);
	emit(g, op, dest, p->base + p->offset / 8, p->offset % 8);
}

static void frame_store(Gen *g, const Place *p, Reg src) {
	const TypeDesc *d = p->desc;
	if (place_in_frame(p)) {
		emit_move(g, d, p->base + p->offset / 8, src);
		return;
	}
	if (desc_is_aggregate(d)) {
		frame_copy_bytes(g, p->base, p->offset, src, 0, d->size);
		return;
	}
	Op op = d->size == 1 ? OP_FSTORE_8 : d->size == 2 ? OP_FSTORE_16 : OP_FSTORE_32;
	emit(g, op, p->base + p->offset / 8, src, p->offset % 8);
}

/* ---------------------------------------------------------------- load and store */

/* Offsets beyond 16 bits are added beforehand. */
static Place memory_near(Gen *g, const Place *p) {
	Place near = *p;
	if (p->offset > 0xffff) {
		near.base = slot_pointer(g);
		near.offset = 0;
		emit_2n(g, OP_LEA_K, near.base, p->base, 0, p->offset);
	}
	return near;
}

static void memory_load_to(Gen *g, const Place *p, Reg dest) {
	const TypeDesc *d = p->desc;
	if (d->slots == 0) {
		if (!p->nonnil)
			emit(g, OP_NIL_CHECK, p->base, 0, 0);
		return;
	}
	uint32_t mark = g->top;
	Place near = memory_near(g, p);
	Op op = load_op(d);
	if (op == OP_LOAD_N)
		emit_2n(g, op, dest, near.base, near.offset, d->size);
	else
		emit(g, op, dest, near.base, near.offset);
	g->top = mark;
}

static void memory_store(Gen *g, const Place *p, Reg src) {
	const TypeDesc *d = p->desc;
	if (d->slots == 0) {
		if (!p->nonnil)
			emit(g, OP_NIL_CHECK, p->base, 0, 0);
		return;
	}
	uint32_t mark = g->top;
	Place near = memory_near(g, p);
	Op op = store_op(d);
	if (op == OP_STORE_N)
		emit_2(g, op, near.base, src, near.offset, d);
	else
		emit(g, op, near.base, src, near.offset);
	g->top = mark;
}

static Place place_behind_address(Gen *g, const Place *p) {
	Place memory = place_memory(p->desc, place_address(g, p, NO_REG), 0);
	memory.nonnil = true;
	return memory;
}

static void element_load_to(Gen *g, const Place *p, Reg dest) {
	Op op = index_op(p->desc);
	if (p->desc->slots == 0)
		place_address(g, p, NO_REG);
	else if (op == OP_INDEX_N)
		emit_2n(g, op, dest, p->base, p->index, p->desc->size);
	else if (op != OP_INDEX_64 || !fuse_field_index(g, dest, p->base, p->index))
		emit(g, op, dest, p->base, p->index);
}

static bool array_has_index_op(const TypeDesc *d) {
	return (d->size == 8 && d->align == 8) || (d->size == 1 && !desc_is_signed(d) && !desc_is_aggregate(d));
}

static void array_load_to(Gen *g, const Place *p, Reg dest) {
	if (array_has_index_op(p->desc)) {
		emit_2n(g, p->desc->size == 8 ? OP_ARRAY_INDEX_64 : OP_ARRAY_INDEX_U8, dest, p->base, p->index,
			(uint64_t)p->length);
		return;
	}
	Place memory = place_behind_address(g, p);
	memory_load_to(g, &memory, dest);
}

void place_load_to(Gen *g, const Place *p, Reg dest) {
	uint32_t mark = g->top;
	switch ((PlaceKind)p->kind) {
	case PLACE_BLANK:
		return;
	case PLACE_FRAME:
		frame_load_to(g, p, dest);
		break;
	case PLACE_MEMORY:
		memory_load_to(g, p, dest);
		break;
	case PLACE_GLOBAL: {
		Op op = global_load_op(p->desc);
		if (p->desc->slots == 0)
			break;
		if (op != OP_NOP) {
			emit_bc(g, op, dest, (int32_t)p->offset);
		} else {
			Place memory = place_behind_address(g, p);
			memory_load_to(g, &memory, dest);
		}
		break;
	}
	case PLACE_ELEMENT:
		element_load_to(g, p, dest);
		break;
	case PLACE_ELEMENT2:
		emit_2n(g, p->desc->size == 8 ? OP_INDEX2_64 : OP_INDEX2_U8, dest, p->base, p->index, p->index2);
		break;
	case PLACE_ARRAY:
		array_load_to(g, p, dest);
		break;
	case PLACE_FRAME_ARRAY:
		emit_2n(g, p->desc->size == 8 ? OP_FINDEX_64 : OP_FINDEX_U8, dest, p->base, p->index,
			(uint64_t)p->length);
		break;
	case PLACE_MAP:
		emit_2(g, OP_MAP_GET, dest, p->base, p->index, p->container);
		break;
	}
	g->top = mark;
}

/* A field that was just loaded is where that put it. */
bool place_loaded(Gen *g, const Place *p, Reg *r) {
	Op op = p->kind == PLACE_MEMORY && p->offset <= 0xffff && p->desc->slots ? load_op(p->desc) : OP_NOP;
	*r = op == OP_NOP || op == OP_LOAD_N ? NO_REG : reuse_find(g, op, p->base, p->offset);
	if (*r == NO_REG)
		return false;
	if (*r + p->desc->slots > g->top)
		g->top = *r + p->desc->slots;
	g->newest = NO_INSN; /* that load has more than one reader now */
	return true;
}

Reg place_load(Gen *g, const Place *p) {
	Reg loaded;
	if (place_loaded(g, p, &loaded))
		return loaded;
	if (place_in_frame(p))
		return p->base + p->offset / 8;
	Reg dest = slot_alloc(g, p->desc);
	place_load_to(g, p, dest);
	return dest;
}

static void element_store(Gen *g, const Place *p, Reg src) {
	Op op = set_index_op(p->desc);
	if (p->desc->slots == 0)
		place_address(g, p, NO_REG);
	else if (op == OP_SETINDEX_N)
		emit_2(g, op, p->base, p->index, src, p->desc);
	else
		emit(g, op, p->base, p->index, src);
}

static void array_store(Gen *g, const Place *p, Reg src) {
	if (array_has_index_op(p->desc) && !desc_has_pointers(p->desc)) {
		emit_2n(g, p->desc->size == 8 ? OP_ARRAY_SETINDEX_64 : OP_ARRAY_SETINDEX_8, p->base, p->index, src,
			(uint64_t)p->length);
		return;
	}
	Place memory = place_behind_address(g, p);
	memory_store(g, &memory, src);
}

void place_store(Gen *g, const Place *p, Reg src) {
	uint32_t mark = g->top;
	switch ((PlaceKind)p->kind) {
	case PLACE_BLANK:
		return;
	case PLACE_FRAME:
		frame_store(g, p, src);
		break;
	case PLACE_MEMORY:
		memory_store(g, p, src);
		break;
	case PLACE_GLOBAL: {
		Op op = global_store_op(p->desc);
		if (p->desc->slots == 0)
			break;
		if (op != OP_NOP) {
			emit_bc(g, op, src, (int32_t)p->offset);
		} else {
			Place memory = place_behind_address(g, p);
			memory_store(g, &memory, src);
		}
		break;
	}
	case PLACE_ELEMENT:
		element_store(g, p, src);
		break;
	case PLACE_ELEMENT2:
		emit_2n(g, p->desc->size == 8 ? OP_SETINDEX2_64 : OP_SETINDEX2_8, p->base, p->index, src, p->index2);
		break;
	case PLACE_ARRAY:
		array_store(g, p, src);
		break;
	case PLACE_FRAME_ARRAY:
		emit_2n(g, p->desc->size == 8 ? OP_FSETINDEX_64 : OP_FSETINDEX_8, p->base, p->index, src,
			(uint64_t)p->length);
		break;
	case PLACE_MAP:
		emit_2(g, OP_MAP_SET, p->base, p->index, src, p->container);
		break;
	}
	g->top = mark;
}

void place_zero(Gen *g, const Place *p) {
	uint32_t mark = g->top;
	const TypeDesc *d = p->desc;
	if (p->kind == PLACE_BLANK) {
		return;
	} else if (place_in_frame(p)) {
		emit_zero(g, d, p->base + p->offset / 8);
	} else if (desc_is_aggregate(d) && p->kind != PLACE_FRAME && p->kind != PLACE_MAP && d->slots > 1) {
		Place memory = p->kind == PLACE_MEMORY ? *p : place_behind_address(g, p);
		memory = memory_near(g, &memory);
		emit_2(g, OP_ZERO_MEM, memory.base, 0, memory.offset, d);
	} else {
		Reg zero = slot_alloc(g, d);
		emit_zero(g, d, zero);
		place_store(g, p, zero);
	}
	g->top = mark;
}

/* ---------------------------------------------------------------- addresses */

Reg place_address(Gen *g, const Place *p, Reg dest) {
	if (p->kind == PLACE_MEMORY && p->nonnil && p->offset == 0 && dest == NO_REG)
		return p->base;
	Reg to = dest == NO_REG ? slot_pointer(g) : dest;
	switch ((PlaceKind)p->kind) {
	case PLACE_MEMORY:
		if (p->offset > 0xffff)
			emit_2n(g, OP_LEA_K, to, p->base, 0, p->offset);
		else if (p->offset == 0 && p->nonnil)
			emit(g, OP_MOVE, to, p->base, 0);
		else
			emit(g, OP_LEA, to, p->base, p->offset);
		return to;
	case PLACE_GLOBAL:
		emit_bc(g, OP_GADDR, to, (int32_t)p->offset);
		return to;
	case PLACE_ELEMENT:
		emit_2n(g, OP_INDEX_ADDR, to, p->base, p->index, p->desc->size);
		return to;
	case PLACE_ELEMENT2: {
		uint32_t mark = g->top;
		Reg row = slots_alloc(g, 2, true);
		slot_declare_pointer(g, row);
		emit(g, OP_INDEX_128, row, p->base, p->index);
		emit_2n(g, OP_INDEX_ADDR, to, row, p->index2, p->desc->size);
		g->top = mark;
		return to;
	}
	case PLACE_ARRAY:
		emit_2n(g, OP_ARRAY_ADDR, to, p->base, p->index, p->desc->size | (uint64_t)p->length << 32);
		return to;
	case PLACE_BLANK: case PLACE_FRAME: case PLACE_FRAME_ARRAY: case PLACE_MAP: {
		Place copy = *p;
		place_make_addressable(g, &copy);
		emit(g, OP_MOVE, to, copy.base, 0);
		return to;
	}
	}
	return to;
}

/* A value that is nowhere gets a box of its own. */
void place_make_addressable(Gen *g, Place *p) {
	if (p->kind == PLACE_MEMORY || p->kind == PLACE_GLOBAL || p->kind == PLACE_ELEMENT ||
	    p->kind == PLACE_ELEMENT2 || p->kind == PLACE_ARRAY)
		return;
	Reg box = slot_pointer(g);
	uint32_t mark = g->top;
	gen_new_box(g, p->desc, box);
	Place memory = place_memory(p->desc, box, 0);
	memory.nonnil = true;
	Reg value = place_load(g, p);
	place_store(g, &memory, value);
	g->top = mark;
	*p = memory;
}

/* ---------------------------------------------------------------- parts */

static Place place_part(Gen *g, Place p, const TypeDesc *d, uint32_t offset) {
	if (p.kind == PLACE_MAP || p.kind == PLACE_FRAME_ARRAY) {
		Reg value = place_load(g, &p);
		p = place_frame(p.desc, value, 0);
	} else if (p.kind == PLACE_ELEMENT || p.kind == PLACE_ELEMENT2 || p.kind == PLACE_ARRAY) {
		p = place_behind_address(g, &p);
	}
	p.offset += offset;
	p.desc = d;
	p.packed = true;
	return p;
}

Place place_field(Gen *g, Place p, uint32_t index) {
	const FieldDesc *f = &p.desc->fields[index];
	return place_part(g, p, f->type, f->offset);
}

Place place_deref(Gen *g, const Place *p) {
	return place_memory(p->desc->elem, place_load(g, p), 0);
}

Place place_path(Gen *g, Place p, const uint32_t *path, uint32_t len) {
	for (uint32_t i = 0; i < len; i++) {
		if (p.desc->kind == KIND_POINTER)
			p = place_deref(g, &p);
		p = place_field(g, p, path[i]);
	}
	return p;
}

static bool index_is_simple(const Node *n) {
	n = ast_unparen((Node *)(uintptr_t)n);
	return n->value || n->kind == NODE_IDENT;
}

static bool reads_field(Node *n) {
	n = ast_unparen(n);
	return n->kind == NODE_SELECTOR && AS(SelectorExpr, n)->selection && ast_unparen(AS(SelectorExpr, n)->x)->kind == NODE_IDENT;
}

/* a[i][k] in one instruction, when evaluating k cannot come between the two bounds checks. */
static bool element2_place(Gen *g, IndexExpr *e, const TypeDesc *slice, Place *out) {
	const TypeDesc *elem = slice->elem;
	Node *x = ast_unparen(e->x);
	if (!((elem->size == 8 && elem->align == 8 && !desc_has_pointers(elem)) || elem->kind == KIND_UINT8 ||
	      elem->kind == KIND_BOOL))
		return false;
	if (x->kind != NODE_INDEX || x->value || !index_is_simple(e->indices.items[0]))
		return false;
	IndexExpr *outer = AS(IndexExpr, x);
	const TypeDesc *outer_type = node_operand_desc(g, outer->x);
	if (!outer_type || outer_type->kind != KIND_SLICE)
		return false;
	*out = (Place){.kind = PLACE_ELEMENT2, .desc = elem};
	out->base = gen_expr(g, outer->x);
	out->index = gen_expr(g, outer->indices.items[0]);
	out->index2 = gen_expr(g, e->indices.items[0]);
	return true;
}

static Place array_element_place(Gen *g, Place p, Node *index) {
	const TypeDesc *array = p.desc, *elem = array->elem;
	int64_t i;
	if (node_const_int(g, index, &i) && i >= 0 && i < array->length)
		return place_part(g, p, elem, (uint32_t)i * elem->size);
	if (p.kind == PLACE_FRAME && place_in_frame(&p) && frame_array_ok(array)) {
		Place element = {.kind = PLACE_FRAME_ARRAY,
				 .desc = elem,
				 .base = p.base + p.offset / 8,
				 .length = array->length};
		element.index = gen_expr(g, index);
		return element;
	}
	place_make_addressable(g, &p);
	Place element = {.kind = PLACE_ARRAY, .desc = elem, .length = array->length};
	if (p.kind == PLACE_MEMORY && p.offset == 0)
		element.base = p.base; /* ARRAY_INDEX checks for nil */
	else
		element.base = place_address(g, &p, NO_REG);
	element.index = gen_expr(g, index);
	return element;
}

static Place ordered_index_place(Gen *g, IndexExpr *e) {
	Node *index = e->indices.items[0];
	const TypeDesc *d = node_operand_desc(g, e->x);
	Place p = {0};
	switch (d->kind) {
	case KIND_SLICE:
		if (element2_place(g, e, d, &p))
			return p;
		p = (Place){.kind = PLACE_ELEMENT, .desc = d->elem};
		if (reads_field(e->x) && !index_is_simple(index)) { /* the slice is loaded right before the access */
			p.index = gen_expr(g, index);
			p.base = gen_expr(g, e->x);
			return p;
		}
		p.base = gen_expr(g, e->x);
		p.index = gen_expr(g, index);
		return p;
	case KIND_MAP:
		p = (Place){.kind = PLACE_MAP, .desc = d->elem, .container = d};
		p.base = gen_expr(g, e->x);
		p.index = gen_as(g, index, d->key);
		return p;
	case KIND_POINTER:
		p = place_memory(d->elem, gen_expr(g, e->x), 0);
		return array_element_place(g, p, index);
	default:
		p = gen_place(g, e->x);
		return array_element_place(g, p, index);
	}
}

static Place index_place(Gen *g, IndexExpr *e) {
	Order order;
	Node **operands[] = {&e->x, &e->indices.items[0]};
	order_begin(g, &order, operands, 2);
	Place p = ordered_index_place(g, e);
	order_end(&order);
	gen_pos(g, e->lbrack);
	return p;
}

Place gen_place_to_read(Gen *g, Node *n) {
	n = ast_unparen(n);
	const TypeDesc *d = n->kind == NODE_INDEX && !n->value ? node_operand_desc(g, AS(IndexExpr, n)->x) : NULL;
	if (!d || d->kind != KIND_MAP)
		return gen_place(g, n);
	IndexExpr *e = AS(IndexExpr, n);
	Order order;
	Node **operands[] = {&e->x, &e->indices.items[0]};
	order_begin(g, &order, operands, 2);
	Place p = {.kind = PLACE_MAP, .desc = d->elem, .container = d, .base = gen_expr(g, e->x)};
	p.index = gen_transient(g, e->indices.items[0], d->key);
	order_end(&order);
	return p;
}

Place gen_place(Gen *g, Node *n) {
	n = ast_unparen(n);
	if (n->kind == NODE_IDENT && node_is_blank(n))
		return (Place){.kind = PLACE_BLANK};
	Object *o = node_object(n);
	if (o && o->kind == OBJECT_VAR && !o->is_field)
		return place_of_var(g, o);
	if (n->kind == NODE_SELECTOR && AS(SelectorExpr, n)->selection &&
	    AS(SelectorExpr, n)->selection->kind == SELECT_FIELD) {
		SelectorExpr *e = AS(SelectorExpr, n);
		Place p = gen_place(g, e->x);
		if (p.desc->kind == KIND_POINTER) {
			gen_pos(g, access_pos(e->x));
			p = place_deref(g, &p);
		}
		gen_pos(g, end_pos(e->x));
		return place_path(g, p, e->selection->path, e->selection->path_len);
	}
	if (n->kind == NODE_INDEX && n->mode != MODE_CONST && n->mode != MODE_TYPE) {
		const TypeDesc *d = node_operand_desc(g, AS(IndexExpr, n)->x);
		if (d && d->kind != KIND_STRING && d->kind != KIND_FUNC)
			return index_place(g, AS(IndexExpr, n));
	}
	if (n->kind == NODE_STAR) {
		const TypeDesc *d = node_desc(g, n);
		return place_memory(d, gen_expr(g, AS(StarExpr, n)->x), 0);
	}
	const TypeDesc *d = node_desc(g, n);
	return place_frame(d, gen_expr(g, n), 0);
}

/* Copies of the operands, for assignments that change variables before they use this place. */
Place place_protect(Gen *g, Place p) {
	Reg r;
	switch ((PlaceKind)p.kind) {
	case PLACE_BLANK: case PLACE_FRAME: case PLACE_GLOBAL:
		return p;
	case PLACE_MEMORY: case PLACE_ARRAY:
		if (!p.nonnil) {
			r = slot_pointer(g);
			emit(g, OP_MOVE, r, p.base, 0);
			p.base = r;
		}
		break;
	case PLACE_ELEMENT: case PLACE_ELEMENT2:
		r = slots_alloc(g, 2, true);
		slot_declare_pointer(g, r);
		emit(g, OP_MOVE2, r, p.base, 0);
		p.base = r;
		break;
	case PLACE_MAP:
		r = slot_pointer(g);
		emit(g, OP_MOVE, r, p.base, 0);
		p.base = r;
		r = slot_alloc(g, p.container->key);
		emit_move(g, p.container->key, r, p.index);
		p.index = r;
		return p;
	case PLACE_FRAME_ARRAY:
		break;
	}
	if (p.kind != PLACE_MEMORY) {
		r = slot_scalar(g);
		emit(g, OP_MOVE, r, p.index, 0);
		p.index = r;
	}
	if (p.kind == PLACE_ELEMENT2) {
		r = slot_scalar(g);
		emit(g, OP_MOVE, r, p.index2, 0);
		p.index2 = r;
	}
	return p;
}
