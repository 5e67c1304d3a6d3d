/* SPDX-License-Identifier: MIT */
/* gen_range.c: range over integers, slices, arrays, strings, maps and channels.
 * Rules: the range expression is evaluated once; what the loop reads is held in hidden slots the body cannot change.
 * The key variable is the hidden counter itself, the value variable the slot the element is loaded into, unless the
 * body assigns to it, or it lives in a box (then every iteration has a box of its own). Why RANGE_NEXT: counting,
 * comparing, jumping and loading the element in one instruction, without a bounds check. */
#include "compiler/gen.h"

typedef struct RangeLoop {
	RangeStmt *s;
	Label again, on_break, on_continue;
	uint32_t releases; /* those since then are due at the end of every iteration */
} RangeLoop;

static bool is_wanted(const Node *n) {
	return n && !node_is_blank(n);
}

/* The variable that every iteration makes anew. Before Go 1.22 one variable serves the whole loop and is assigned to.
 */
static Object *defined_object(const RangeStmt *s, Node *n) {
	Object *o = s->op == TOK_DEFINE && is_wanted(n) ? AS(Ident, n)->object : NULL;
	return o && o->per_iteration ? o : NULL;
}

static void declare_shared(Gen *g, const RangeStmt *s, Node *n) {
	if (s->op != TOK_DEFINE || !is_wanted(n) || defined_object(s, n))
		return;
	Object *o = AS(Ident, n)->object;
	var_declare_fresh(g, o, gen_desc(g, o->type), true);
}

/* The value of this iteration lies at r: hand it to the variable. `owned`: the body may change r. */
static void bind_variable(Gen *g, RangeStmt *s, Node *n, const TypeDesc *from, Reg r, bool owned) {
	if (!is_wanted(n))
		return;
	Object *o = defined_object(s, n);
	if (!o) {
		gen_store_to(g, n, from, r);
		return;
	}
	const TypeDesc *d = gen_desc(g, o->type);
	if (!var_must_box(g, o, d) && (owned || !o->reassigned)) {
		var_declare_at(g, o, d, r);
		return;
	}
	var_declare_fresh(g, o, d, false);
	Place p = place_of_var(g, o);
	place_store(g, &p, r);
}

/* Both variables. In `for i, a[i] = range` the operands on the left are evaluated before either is assigned. */
static void bind_both(Gen *g, RangeStmt *s, const TypeDesc *key, Reg k, bool key_owned, const TypeDesc *value, Reg v) {
	if (s->op == TOK_DEFINE || !is_wanted(s->key) || !is_wanted(s->value)) {
		bind_variable(g, s, s->key, key, k, key_owned);
		bind_variable(g, s, s->value, value, v, true);
		return;
	}
	uint32_t mark = g->top;
	Node *lhs[2] = {s->key, s->value};
	const TypeDesc *types[2] = {key, value};
	const Reg regs[2] = {k, v};
	gen_store_tuple(g, lhs, types, regs);
	g->top = mark;
}

static void loop_body(Gen *g, RangeLoop *l) {
	gen_loop_body(g, &l->s->node, l->s->body, &l->on_break, &l->on_continue, l->releases);
	release_end(g, l->releases);
	label_bind(g, &l->on_continue);
	gen_pos(g, l->s->node.pos);
}

/* A copy when the operand is a variable that might change. */
static Reg stable_operand(Gen *g, Node *n, const TypeDesc *d) {
	uint32_t mark = g->top;
	Reg r = gen_as(g, n, d);
	if (r >= mark)
		return r;
	Node *bare = ast_unparen(n);
	if (bare->kind == NODE_IDENT && AS(Ident, bare)->object && !AS(Ident, bare)->object->reassigned)
		return r;
	Reg copy = slot_alloc(g, d);
	emit_move(g, d, copy, r);
	return copy;
}

/* ---------------------------------------------------------------- counting */

static void count_up(Gen *g, RangeLoop *l, Reg counter, Reg bound, int64_t imm, bool is_imm, bool u64) {
	if (is_imm) {
		emit_jump(g, OP_INC_LOOP_LT_I, counter, (uint16_t)imm, &l->again);
	} else if (u64) {
		emit(g, OP_ADDI, counter, counter, 1);
		emit_jump(g, OP_JLT_U64, counter, bound, &l->again);
	} else {
		emit_jump(g, OP_INC_LOOP_LT, counter, bound, &l->again);
	}
}

static void range_int(Gen *g, RangeLoop *l, const TypeDesc *d) {
	RangeStmt *s = l->s;
	int64_t n = 0;
	Object *key = defined_object(s, s->key);
	if (key)
		d = gen_desc(g, key->type);
	bool is_const = node_const_int(g, s->x, &n), is_imm = is_const && fits_i16(n);
	Reg bound = NO_REG;
	if (!is_imm)
		bound = stable_operand(g, s->x, d);
	Reg counter = slot_alloc(g, d);
	if (is_const && n <= 0 && !desc_is_u64(d))
		return;
	emit(g, OP_ZERO, counter, 0, 0);
	if (!is_const)
		emit_jump(g, desc_is_u64(d) ? OP_JZ : OP_JLE_I, bound, 0, &l->on_break);
	label_bind(g, &l->again);
	bind_variable(g, s, s->key, d, counter, false);
	loop_body(g, l);
	count_up(g, l, counter, bound, n, is_imm, desc_is_u64(d));
}

/* Only the index is wanted: the length is known at the start. */
static void range_indices(Gen *g, RangeLoop *l, Reg length, int64_t n) {
	const TypeDesc *integer = lower_basic(g->c, TYPE_INT);
	bool is_imm = length == NO_REG && fits_i16(n);
	if (length == NO_REG && n == 0)
		return;
	Reg counter = slot_scalar(g);
	if (length == NO_REG && !is_imm) {
		length = slot_scalar(g);
		emit_int(g, length, n);
	}
	emit(g, OP_ZERO, counter, 0, 0);
	if (length != NO_REG && n < 0)
		emit_jump(g, OP_JZ, length, 0, &l->on_break);
	label_bind(g, &l->again);
	bind_variable(g, l->s, l->s->key, integer, counter, false);
	loop_body(g, l);
	count_up(g, l, counter, length, n, is_imm, false);
}

/* ---------------------------------------------------------------- slices and arrays */

static Op range_next_op(const TypeDesc *elem) {
	if (elem->kind == KIND_UINT8 || elem->kind == KIND_BOOL)
		return OP_RANGE_NEXT_U8;
	if (elem->kind == KIND_INT32)
		return OP_RANGE_NEXT_I32;
	if (elem->size == 8)
		return OP_RANGE_NEXT_64;
	if (elem->size == 16 && elem->align == 16)
		return OP_RANGE_NEXT_128;
	return OP_NOP;
}

/* The slot into which the element is loaded: the variable's own if it has one for the whole loop. */
static void range_slice_next(Gen *g, RangeLoop *l, const TypeDesc *d, Op next) {
	Reg pair = slots_alloc(g, 4, true);
	slot_declare(g, pair, d);
	const TypeDesc *integer = lower_basic(g->c, TYPE_INT);
	gen_as_to(g, l->s->x, d, pair);
	Reg value = slot_alloc(g, d->elem);
	Label start = {0};
	emit_jump(g, OP_RANGE_INIT, pair, 0, &start);
	label_bind(g, &l->again);
	bind_both(g, l->s, integer, pair + 3, false, d->elem, value);
	loop_body(g, l);
	label_bind(g, &start);
	emit_jump(g, next, pair, value, &l->again);
}

/* Elements no RANGE_NEXT serves, and arrays: the index is counted, the element loaded at the top of the body. */
static void range_elements(Gen *g, RangeLoop *l, Place element, Reg length, int64_t n) {
	const TypeDesc *integer = lower_basic(g->c, TYPE_INT);
	bool is_imm = length == NO_REG && fits_i16(n);
	Reg value = slot_alloc(g, element.desc), counter = element.index;
	if (length == NO_REG && n == 0)
		return;
	if (length == NO_REG && !is_imm) {
		length = slot_scalar(g);
		emit_int(g, length, n);
	}
	emit(g, OP_ZERO, counter, 0, 0);
	if (n < 0)
		emit_jump(g, OP_JZ, length, 0, &l->on_break);
	label_bind(g, &l->again);
	place_load_to(g, &element, value);
	bind_both(g, l->s, integer, counter, false, element.desc, value);
	loop_body(g, l);
	count_up(g, l, counter, length, n, is_imm, false);
}

/* []byte(s) of a string: its bytes. */
static void range_bytes(Gen *g, RangeLoop *l, Node *string, const TypeDesc *elem) {
	Reg text = stable_operand(g, string, node_desc(g, string));
	if (!is_wanted(l->s->value)) {
		range_indices(g, l, text + 1, -1);
		return;
	}
	Reg counter = slot_scalar(g), value = slot_alloc(g, elem);
	emit(g, OP_ZERO, counter, 0, 0);
	emit_jump(g, OP_JZ, text + 1, 0, &l->on_break);
	label_bind(g, &l->again);
	emit(g, OP_INDEX_STR, value, text, counter);
	bind_both(g, l->s, lower_basic(g->c, TYPE_INT), counter, false, elem, value);
	loop_body(g, l);
	count_up(g, l, counter, text + 1, -1, false, false);
}

static void range_slice(Gen *g, RangeLoop *l, const TypeDesc *d) {
	RangeStmt *s = l->s;
	Node *string = gen_string_ranged(g, s->x);
	if (string) {
		range_bytes(g, l, string, d->elem);
		return;
	}
	if (!is_wanted(s->value)) {
		Reg length = slot_scalar(g);
		uint32_t mark = g->top;
		Reg x = gen_as(g, s->x, d);
		emit(g, OP_SLICE_LEN, length, x, 0);
		g->top = mark;
		range_indices(g, l, length, -1);
		return;
	}
	Op next = range_next_op(d->elem);
	if (next != OP_NOP) {
		range_slice_next(g, l, d, next);
		return;
	}
	Place element = {.kind = PLACE_ELEMENT, .desc = d->elem, .base = stable_operand(g, s->x, d)};
	Reg length = slot_scalar(g);
	element.index = slot_scalar(g);
	emit(g, OP_SLICE_LEN, length, element.base, 0);
	range_elements(g, l, element, length, -1);
}

static bool is_unchanging_variable(Node *n) {
	n = ast_unparen(n);
	if (n->kind != NODE_IDENT)
		return false;
	Object *o = AS(Ident, n)->object;
	return o && o->kind == OBJECT_VAR && !o->is_global && !o->reassigned && !o->address_taken;
}

/* The loop sees the array as it was when the loop began: a copy, unless nobody can change it. */
static Place stable_array(Gen *g, Node *n) {
	uint32_t mark = g->top;
	Place p = gen_place(g, n);
	const TypeDesc *d = p.desc;
	if (is_unchanging_variable(n) || (p.kind == PLACE_FRAME && p.base >= mark))
		return p;
	if (place_in_frame(&p) && frame_array_ok(d)) {
		Reg copy = slot_alloc(g, d);
		place_load_to(g, &p, copy);
		return place_frame(d, copy, 0);
	}
	Reg box = slot_pointer(g);
	uint32_t keep = g->top;
	gen_new_box(g, d, box);
	Place memory = place_memory(d, box, 0);
	memory.nonnil = true;
	if (p.kind == PLACE_FRAME || p.kind == PLACE_MAP || p.kind == PLACE_FRAME_ARRAY)
		place_store(g, &memory, place_load(g, &p));
	else
		emit_2(g, OP_COPY_MEM, box, place_address(g, &p, NO_REG), 0, d);
	g->top = keep;
	return memory;
}

static void range_array(Gen *g, RangeLoop *l, const TypeDesc *d) {
	RangeStmt *s = l->s;
	bool pointer = d->kind == KIND_POINTER;
	const TypeDesc *array = pointer ? d->elem : d;
	if (!is_wanted(s->value)) {
		Node *x = ast_unparen(s->x);
		if (x->kind !=
		    NODE_IDENT) /* len(x) is constant: x is evaluated only if it has calls; it does no harm */
			gen_discard(g, s->x);
		range_indices(g, l, NO_REG, array->length);
		return;
	}
	Place element = {.kind = PLACE_ARRAY, .desc = array->elem, .length = array->length};
	if (pointer) {
		element.base = stable_operand(g, s->x, d);
	} else {
		g->too_large = g->too_large || array->size > MAX_FRAME_COPY;
		Place p = stable_array(g, s->x);
		if (place_in_frame(&p) && frame_array_ok(array)) {
			element.kind = PLACE_FRAME_ARRAY;
			element.base = p.base + p.offset / 8;
		} else {
			place_make_addressable(g, &p);
			element.base = place_address(g, &p, NO_REG);
		}
	}
	element.index = slot_scalar(g);
	range_elements(g, l, element, NO_REG, array->length);
}

/* ---------------------------------------------------------------- strings, maps, channels */

static void range_string(Gen *g, RangeLoop *l, const TypeDesc *d) {
	RangeStmt *s = l->s;
	Reg text = stable_operand(g, s->x, d), at = slots_alloc(g, 2, false);
	Reg rune = is_wanted(s->value) ? slot_scalar(g) : NO_REG;
	emit(g, OP_ZERO, at, 0, 0);
	label_bind(g, &l->again);
	gen_pos(g, s->node.pos);
	emit_jump_word(g, OP_STR_NEXT, at, text, rune, NULL, &l->on_break);
	bind_both(g, s, lower_basic(g->c, TYPE_INT), at + 1, true, lower_basic(g->c, TYPE_INT32), rune);
	loop_body(g, l);
	emit_go_to(g, &l->again);
}

static void range_map(Gen *g, RangeLoop *l, const TypeDesc *d) {
	RangeStmt *s = l->s;
	Reg iter = slots_alloc(g, MAP_ITER_SLOTS, true);
	for (Reg i = 0; i < MAP_ITER_SLOTS; i++)
		slot_declare_pointer(g, iter + i);
	Reg key = is_wanted(s->key) ? slot_alloc(g, d->key) : NO_REG;
	Reg value = is_wanted(s->value) ? slot_alloc(g, d->elem) : NO_REG;
	uint32_t mark = g->top;
	Reg m = gen_as(g, s->x, d);
	emit_2(g, OP_MAP_ITER, iter, m, 0, d);
	g->top = mark;
	label_bind(g, &l->again);
	gen_pos(g, s->node.pos);
	emit_jump_word(g, OP_MAP_NEXT, iter, key, value, d, &l->on_break);
	bind_both(g, s, d->key, key, true, d->elem, value);
	loop_body(g, l);
	emit_go_to(g, &l->again);
}

static void range_chan(Gen *g, RangeLoop *l, const TypeDesc *d) {
	RangeStmt *s = l->s;
	Reg ch = stable_operand(g, s->x, d);
	Reg value = is_wanted(s->key) ? slot_alloc(g, d->elem) : NO_REG, ok = slot_scalar(g);
	label_bind(g, &l->again);
	gen_pos(g, s->node.pos);
	emit_2n(g, OP_RECV_OK, value, ch, ok, d->elem->slots);
	emit_jump(g, OP_JZ, ok, 0, &l->on_break);
	bind_variable(g, s, s->key, d->elem, value, true);
	loop_body(g, l);
	emit_go_to(g, &l->again);
}

/* ---------------------------------------------------------------- dispatch */

void gen_range(Gen *g, RangeStmt *s) {
	uint32_t mark = g->top, releases = release_begin(g);
	const TypeDesc *d = node_desc(g, s->x);
	RangeLoop loop = {.s = s};
	declare_shared(g, s, s->key);
	declare_shared(g, s, s->value);
	if (d->kind == KIND_FUNC) {
		gen_range_func(g, s);
		release_end(g, releases);
		g->top = mark;
		return;
	}
	loop.releases = release_begin(g);
	hoist_begin(g, NULL, NULL, s->body);
	uint32_t globals = hoist_globals(g, &s->node);
	if (desc_is_integer(d))
		range_int(g, &loop, d);
	else if (d->kind == KIND_SLICE)
		range_slice(g, &loop, d);
	else if (d->kind == KIND_ARRAY || d->kind == KIND_POINTER)
		range_array(g, &loop, d);
	else if (d->kind == KIND_STRING)
		range_string(g, &loop, d);
	else if (d->kind == KIND_MAP)
		range_map(g, &loop, d);
	else
		range_chan(g, &loop, d);
	hoist_end(g);
	g->hoisted_globals.len = globals;
	label_bind(g, &loop.on_break);
	release_end(g, releases);
	g->top = mark;
}
