/* SPDX-License-Identifier: MIT */
/* gen_builtin.c: one function per predeclared function, and the library functions that are single instructions.
 * Rules: dest NO_REG means that nobody wants the result; operands are evaluated in any case. */
#include "compiler/gen.h"
#include "types/internal.h"

static Node *arg(const CallExpr *e, uint32_t i) {
	return e->args.items[i];
}

/* ---------------------------------------------------------------- len, cap, real, imag */

/* The length or capacity of a string or slice in memory is a word of its own: the value is not loaded. */
static bool length_in_memory(Gen *g, CallExpr *e, const TypeDesc *d, Reg dest) {
	Node *x = ast_unparen(arg(e, 0));
	bool field = x->kind == NODE_STAR ||
		     (x->kind == NODE_SELECTOR && AS(SelectorExpr, x)->selection &&
		      AS(SelectorExpr, x)->selection->kind == SELECT_FIELD);
	if (x->value || !field || (d->kind != KIND_STRING && d->kind != KIND_SLICE))
		return false;
	Place p = gen_place(g, x);
	gen_pos(g, access_pos(x));
	if (p.kind == PLACE_MEMORY) {
		bool cap = e->builtin == BUILTIN_cap;
		p.desc = lower_basic(g->c, d->kind == KIND_STRING ? TYPE_INT : TYPE_UINT32);
		p.offset += d->kind == KIND_STRING ? offsetof(GoString, len)
			    : cap                  ? offsetof(GoSlice, cap)
						   : offsetof(GoSlice, len);
		place_load_to(g, &p, dest);
		return true;
	}
	Reg r = place_load(g, &p);
	if (d->kind == KIND_STRING)
		emit(g, OP_MOVE, dest, r + 1, 0);
	else
		emit(g, e->builtin == BUILTIN_cap ? OP_SLICE_CAP : OP_SLICE_LEN, dest, r, 0);
	return true;
}

static void gen_length_to(Gen *g, CallExpr *e, Reg dest) {
	Node *x_node = e->builtin == BUILTIN_len ? gen_bytes_only(g, arg(e, 0)) : arg(e, 0);
	const TypeDesc *d = node_desc(g, x_node);
	bool cap = e->builtin == BUILTIN_cap;
	if (d->kind == KIND_POINTER)
		d = d->elem;
	if (d->kind == KIND_ARRAY) {
		gen_discard(g, arg(e, 0));
		emit_int(g, dest, d->length);
		return;
	}
	if (length_in_memory(g, e, d, dest))
		return;
	Reg x = gen_as(g, x_node, d);
	gen_pos(g, call_pos(e));
	switch (d->kind) {
	case KIND_STRING:
		emit(g, OP_MOVE, dest, x + 1, 0);
		return;
	case KIND_SLICE:
		emit(g, cap ? OP_SLICE_CAP : OP_SLICE_LEN, dest, x, 0);
		return;
	case KIND_MAP:
		emit(g, OP_MAP_LEN, dest, x, 0);
		return;
	default:
		emit(g, cap ? OP_CHAN_CAP : OP_CHAN_LEN, dest, x, 0);
	}
}

bool gen_builtin_in_place(Gen *g, CallExpr *e, Reg *r) {
	if ((e->builtin != BUILTIN_len && e->builtin != BUILTIN_real && e->builtin != BUILTIN_imag) ||
	    call_passes_tuple(e))
		return false;
	Node *x = e->builtin == BUILTIN_len ? gen_bytes_only(g, arg(e, 0)) : arg(e, 0);
	const TypeDesc *d = node_desc(g, x);
	if (x->value || !(e->builtin == BUILTIN_len ? d->kind == KIND_STRING : d->kind == KIND_COMPLEX128))
		return false;
	*r = gen_expr(g, x) + (e->builtin != BUILTIN_real);
	return true;
}

static void gen_complex_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node);
	const TypeDesc *part = lower_basic(g->c, d->kind == KIND_COMPLEX128 ? TYPE_FLOAT64 : TYPE_FLOAT32);
	Reg re = gen_as(g, arg(e, 0), part), im = gen_as(g, arg(e, 1), part);
	if (d->kind == KIND_COMPLEX64) {
		emit(g, OP_MAKE_C64, dest, re, im);
		return;
	}
	if (im == dest) { /* complex(y, x) into the pair whose first half is the imaginary part */
		Reg t = slot_scalar(g);
		emit(g, OP_MOVE, t, im, 0);
		im = t;
	}
	emit(g, OP_MOVE, dest, re, 0);
	emit(g, OP_MOVE, dest + 1, im, 0);
}

static void gen_part_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, arg(e, 0));
	Reg x = gen_expr(g, arg(e, 0));
	bool imag = e->builtin == BUILTIN_imag;
	if (d->kind == KIND_COMPLEX128)
		emit(g, OP_MOVE, dest, x + imag, 0);
	else
		emit(g, imag ? OP_IMAG_C64 : OP_REAL_C64, dest, x, 0);
}

/* ---------------------------------------------------------------- slices */

static Op append_op(const TypeDesc *elem) {
	if (elem->align == elem->size || elem->size == 8) {
		switch (elem->size) {
		case 1: return OP_APPEND_8;
		case 2: return OP_APPEND_16;
		case 4: return OP_APPEND_32;
		case 8: return OP_APPEND_64;
		case 16: return OP_APPEND_128;
		default: break;
		}
	}
	return OP_APPEND_N;
}

static void gen_append_list(Gen *g, CallExpr *e, const TypeDesc *d, Reg s, Reg dest) {
	uint32_t count = e->args.len - 1;
	const TypeDesc *elem = d->elem;
	Reg base = slots_alloc(g, count * elem->slots, elem->align == 16);
	for (uint32_t i = 0; i < count && !g->too_large; i++)
		slot_declare(g, base + i * elem->slots, elem);
	for (uint32_t i = 0; i < count && !g->too_large; i++)
		gen_as_to(g, arg(e, i + 1), elem, base + i * elem->slots);
	gen_pos(g, call_pos(e));
	emit_3(g, OP_APPEND_LIT, dest, s, base, d, count);
}

static void gen_append_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node);
	if (dest == NO_REG)
		dest = slot_alloc(g, d);
	Reg s = gen_as(g, arg(e, 0), d);
	if (e->args.len == 1) {
		emit_move(g, d, dest, s);
	} else if (e->ellipsis) {
		Node *more = gen_bytes_only(g, arg(e, 1));
		const TypeDesc *from = node_is_nil(more) ? d : node_desc(g, more);
		Reg t = gen_as(g, more, from);
		gen_pos(g, call_pos(e));
		emit_2(g, from->kind == KIND_STRING ? OP_APPEND_STR : OP_APPEND_SLICE, dest, s, t, d);
	} else if (e->args.len == 2) {
		Reg v = desc_is_narrow_int(d->elem) ? gen_low(g, arg(e, 1), d->elem) : gen_as(g, arg(e, 1), d->elem);
		gen_pos(g, call_pos(e));
		emit_2(g, append_op(d->elem), dest, s, v, d);
	} else {
		gen_append_list(g, e, d, s, dest);
	}
}

static void gen_copy_to(Gen *g, CallExpr *e, Reg dest) {
	Node *source = gen_bytes_only(g, arg(e, 1));
	const TypeDesc *to = node_desc(g, arg(e, 0)), *from = node_desc(g, source);
	Reg a = gen_expr(g, arg(e, 0)), b = gen_as(g, source, from);
	gen_pos(g, call_pos(e));
	if (from->kind == KIND_STRING)
		emit(g, OP_COPY_STR, dest, a, b);
	else
		emit_2(g, OP_COPY_SLICE, dest, a, b, to->elem);
}

/* ---------------------------------------------------------------- make, new */

static Reg gen_size(Gen *g, Node *n) {
	const TypeDesc *d = node_desc(g, n);
	return gen_as(g, n, desc_is_integer(d) ? d : lower_basic(g->c, TYPE_INT));
}

static void gen_make_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node);
	if (dest == NO_REG)
		dest = slot_alloc(g, d);
	Reg size = e->args.len > 1 ? gen_size(g, arg(e, 1)) : NO_REG;
	if (d->kind == KIND_SLICE) {
		Reg cap = e->args.len > 2 ? gen_size(g, arg(e, 2)) : size;
		gen_pos(g, call_pos(e));
		emit_2(g, OP_MAKE_SLICE, dest, size, cap, d);
		release_slice(g, &e->node, d->elem, 0, dest);
	} else {
		gen_pos(g, call_pos(e));
		emit_2(g, d->kind == KIND_MAP ? OP_MAKE_MAP : OP_MAKE_CHAN, dest, size, 0, d);
	}
}

static void gen_new_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node)->elem;
	Node *n = arg(e, 0);
	Reg p = dest != NO_REG && slot_is_fresh(g, dest) ? dest : slot_pointer(g);
	gen_pos(g, call_pos(e));
	if (n->mode == MODE_TYPE) {
		emit_2(g, OP_NEW, p, 0, 0, d);
		release_new(g, &e->node, d, p);
	} else {
		Reg value = gen_as(g, n, d);
		emit_2(g, OP_NEW, p, 0, 0, d);
		release_new(g, &e->node, d, p);
		Place memory = place_memory(d, p, 0);
		memory.nonnil = true;
		place_store(g, &memory, value);
	}
	if (dest != NO_REG && p != dest)
		emit(g, OP_MOVE, dest, p, 0);
}

/* ---------------------------------------------------------------- min, max */

static void min_max_step(Gen *g, bool max, const TypeDesc *d, Reg dest, Reg x, Reg y) {
	if (desc_is_integer(d)) {
		bool u64 = desc_is_u64(d);
		emit(g, max ? (u64 ? OP_MAX_U64 : OP_MAX_I64) : (u64 ? OP_MIN_U64 : OP_MIN_I64), dest, x, y);
	} else if (desc_is_float(d)) {
		bool f64 = d->kind == KIND_FLOAT64;
		emit(g, max ? (f64 ? OP_MAX_F64 : OP_MAX_F32) : (f64 ? OP_MIN_F64 : OP_MIN_F32), dest, x, y);
	} else { /* strings: the first of equal ones stays */
		Label keep = {0}, end = {0};
		Reg t = slot_scalar(g);
		emit(g, OP_LT_STR, t, max ? x : y, max ? y : x);
		emit_jump(g, OP_JZ, t, 0, &keep);
		emit(g, OP_MOVE2, dest, y, 0);
		emit_go_to(g, &end);
		label_bind(g, &keep);
		emit(g, OP_MOVE2, dest, x, 0);
		label_bind(g, &end);
	}
}

static void gen_min_max_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, &e->node);
	if (dest == NO_REG)
		dest = slot_alloc(g, d);
	Reg x = gen_as(g, arg(e, 0), d);
	Reg acc = e->args.len > 2 ? slot_alloc(g, d) : dest;
	if (e->args.len == 1)
		emit_move(g, d, dest, x);
	for (uint32_t i = 1; i < e->args.len; i++) {
		uint32_t mark = g->top;
		Reg y = gen_as(g, arg(e, i), d);
		Reg to = i + 1 == e->args.len ? dest : acc;
		min_max_step(g, e->builtin == BUILTIN_max, d, to, x, y);
		x = to;
		g->top = mark;
	}
}

/* ---------------------------------------------------------------- statements */

static PrintKind print_kind(const TypeDesc *d) {
	switch (d->kind) {
	case KIND_BOOL: return PRINT_BOOL;
	case KIND_STRING: return PRINT_STRING;
	case KIND_SLICE: return PRINT_SLICE;
	case KIND_INTERFACE: return PRINT_IFACE;
	default:
		return desc_is_signed(d) ? PRINT_INT : desc_is_unsigned(d) ? PRINT_UINT : desc_is_float(d) ? PRINT_FLOAT
			: desc_is_complex(d) ? PRINT_COMPLEX128 : PRINT_POINTER;
	}
}

static void print_one(Gen *g, const TypeDesc *d, Reg x) {
	uint32_t mark = g->top;
	if (d->kind == KIND_FLOAT32 || d->kind == KIND_COMPLEX64) {
		const TypeDesc *wide = lower_basic(g->c, d->kind == KIND_FLOAT32 ? TYPE_FLOAT64 : TYPE_COMPLEX128);
		Reg t = slot_alloc(g, wide);
		gen_convert_reg(g, wide, d, t, x, false);
		x = t;
	}
	emit(g, OP_PRINT, x, print_kind(d), 0);
	g->top = mark;
}

/* All operands are evaluated before anything is printed. */
static void gen_print(Gen *g, CallExpr *e) {
	bool line = e->builtin == BUILTIN_println;
	Reg *values = ARENA_ARRAY(g->c->arena, Reg, e->args.len + 1);
	for (uint32_t i = 0; i < e->args.len; i++)
		if (!arg(e, i)->value)
			values[i] = gen_expr(g, arg(e, i));
	for (uint32_t i = 0; i < e->args.len; i++) {
		uint32_t mark = g->top;
		const TypeDesc *d = node_desc(g, arg(e, i));
		if (line && i > 0)
			emit(g, OP_PRINT, 0, PRINT_SPACE, 0);
		print_one(g, d, arg(e, i)->value ? gen_expr(g, arg(e, i)) : values[i]);
		g->top = mark;
	}
	if (line)
		emit(g, OP_PRINT, 0, PRINT_NEWLINE, 0);
}

static void gen_clear(Gen *g, CallExpr *e) {
	const TypeDesc *d = node_desc(g, arg(e, 0));
	Reg x = gen_expr(g, arg(e, 0));
	gen_pos(g, call_pos(e));
	if (d->kind == KIND_MAP)
		emit_2(g, OP_MAP_CLEAR, x, 0, 0, d);
	else
		emit_2(g, OP_CLEAR_SLICE, x, 0, 0, d->elem);
}

static void gen_delete(Gen *g, CallExpr *e) {
	const TypeDesc *d = node_desc(g, arg(e, 0));
	Reg m = gen_expr(g, arg(e, 0)), key = gen_transient(g, arg(e, 1), d->key);
	gen_pos(g, call_pos(e));
	emit_2(g, OP_MAP_DELETE, m, key, 0, d);
}

/* ---------------------------------------------------------------- unsafe */

static void gen_unsafe_to(Gen *g, CallExpr *e, Reg dest) {
	const TypeDesc *d = node_desc(g, arg(e, 0));
	if (dest == NO_REG)
		dest = slot_alloc(g, node_desc(g, &e->node));
	switch ((Builtin)e->builtin) {
	case BUILTIN_Sizeof:
		emit_int(g, dest, d->size);
		return;
	case BUILTIN_Alignof:
		emit_int(g, dest, d->align);
		return;
	case BUILTIN_Offsetof: {
		Place p = gen_place(g, arg(e, 0));
		emit_int(g, dest, p.offset);
		return;
	}
	case BUILTIN_StringData: { /* of a copy: the bytes of a constant must not change, and have no bounds of their own */
		Reg bytes = slot_alloc(g, d);
		emit(g, OP_BYTES_FROM_STR, bytes, gen_expr(g, arg(e, 0)), 0);
		emit(g, OP_MOVE, dest, bytes, 0);
		return;
	}
	case BUILTIN_SliceData: {
		Reg s = gen_expr(g, arg(e, 0)), n = slot_scalar(g);
		emit(g, OP_SLICE_CAP, n, s, 0);
		gen_unsafe_view(g, dest, s, n, d->elem, VIEW_ELEMENTS);
		return;
	}
	default: {
		Reg p = gen_expr(g, arg(e, 0)), n = gen_size(g, arg(e, 1)), t = slot_scalar(g), checked = slot_pointer(g);
		gen_unsafe_view(g, checked, p, n, d->elem, VIEW_POINTER);
		p = checked;
		if (e->builtin == BUILTIN_Slice) {
			emit(g, OP_SHLI, t, n, 32);
			emit(g, OP_OR_I64, t, t, n);
			n = t;
		} else if (n == dest) {
			emit(g, OP_MOVE, t, n, 0);
			n = t;
		}
		emit(g, OP_MOVE, dest, p, 0);
		emit(g, OP_MOVE, dest + 1, n, 0);
	}
	}
}

/* ---------------------------------------------------------------- dispatch */

/* Results nobody wants still need a place for instructions that always write one. */
static Reg wanted(Gen *g, CallExpr *e, Reg dest) {
	return dest == NO_REG ? slot_alloc(g, node_desc(g, &e->node)) : dest;
}

static void gen_panic(Gen *g, CallExpr *e) {
	Reg v = gen_as(g, arg(e, 0), g->c->types->core[CORE_ANY]);
	gen_pos(g, call_pos(e));
	emit(g, OP_PANIC, v, 0, 0);
}

/* println(f()): the results become variables, and those the arguments. */
static CallExpr *unpack_tuple(Gen *g, CallExpr *e) {
	Compiler *c = g->c;
	CallResult r = gen_call(g, AS(CallExpr, ast_unparen(arg(e, 0))));
	CallExpr *copy = NEW_NODE(c->arena, CallExpr, e->node.pos);
	*copy = *e;
	copy->args.len = r.type->result_count;
	copy->args.items = ARENA_ARRAY(c->arena, Node *, copy->args.len + 1);
	for (uint32_t i = 0; i < copy->args.len; i++) {
		const TypeDesc *d = r.type->results[i];
		Ident *id = NEW_NODE(c->arena, Ident, e->node.pos);
		id->name = intern_cstr(c->u->interner, "v");
		id->object = object_new(c->u, OBJECT_VAR, id->name, g->body.package, e->node.pos, lowered_of(d)->type);
		id->node.type = lowered_of(d)->type;
		id->node.mode = MODE_VAR;
		var_declare_at(g, id->object, d, r.base + r.layout->results[i]);
		copy->args.items[i] = &id->node;
	}
	return copy;
}

void gen_builtin_to(Gen *g, CallExpr *e, Reg dest) {
	uint32_t mark = g->top;
	gen_pos(g, call_pos(e));
	if (call_passes_tuple(e))
		e = unpack_tuple(g, e);
	Order order;
	order_begin_list(g, &order, &e->args);
	switch ((Builtin)e->builtin) {
	case BUILTIN_append:
		gen_append_to(g, e, dest);
		break;
	case BUILTIN_cap: case BUILTIN_len:
		gen_length_to(g, e, wanted(g, e, dest));
		break;
	case BUILTIN_clear:
		gen_clear(g, e);
		break;
	case BUILTIN_close: {
		Reg ch = gen_expr(g, arg(e, 0));
		gen_pos(g, call_pos(e));
		emit(g, OP_CLOSE, ch, 0, 0);
		break;
	}
	case BUILTIN_complex:
		gen_complex_to(g, e, wanted(g, e, dest));
		break;
	case BUILTIN_copy:
		gen_copy_to(g, e, dest);
		break;
	case BUILTIN_delete:
		gen_delete(g, e);
		break;
	case BUILTIN_imag: case BUILTIN_real:
		gen_part_to(g, e, wanted(g, e, dest));
		break;
	case BUILTIN_make:
		gen_make_to(g, e, dest);
		break;
	case BUILTIN_max: case BUILTIN_min:
		gen_min_max_to(g, e, dest);
		break;
	case BUILTIN_new:
		gen_new_to(g, e, dest);
		break;
	case BUILTIN_panic:
		gen_panic(g, e);
		break;
	case BUILTIN_print: case BUILTIN_println:
		gen_print(g, e);
		break;
	case BUILTIN_recover:
		emit(g, OP_RECOVER, dest == NO_REG ? slot_alloc(g, g->c->types->core[CORE_ANY]) : dest, 0, 0);
		break;
	case BUILTIN_Alignof: case BUILTIN_Offsetof: case BUILTIN_Sizeof: case BUILTIN_String: case BUILTIN_StringData:
	case BUILTIN_Slice: case BUILTIN_SliceData:
		gen_unsafe_to(g, e, dest);
		break;
	case BUILTIN_COUNT:
		break;
	}
	order_end(&order);
	g->top = mark;
}

/* ---------------------------------------------------------------- library functions that are instructions */

Op call_intrinsic(CallExpr *e) {
	static const struct {
		const char *name;
		Op op;
	} table[] = {
		{"Sqrt", OP_SQRT_F64},        {"Abs", OP_ABS_F64},      {"Floor", OP_FLOOR_F64},
		{"Ceil", OP_CEIL_F64},        {"Trunc", OP_TRUNC_F64},  {"Float64bits", OP_MOVE},
		{"Float64frombits", OP_MOVE}, {"Float32bits", OP_MOVE}, {"Float32frombits", OP_MOVE},
	};
	if (e->call_kind != CALL_CALL || e->args.len != 1)
		return OP_NOP;
	Object *o = node_object(e->fun);
	if (!o || o->kind != OBJECT_FUNC || !o->package || !o->package->is_library ||
	    strcmp(o->package->path, "math") != 0)
		return OP_NOP;
	for (unsigned i = 0; i < COUNT_OF(table); i++)
		if (strcmp(o->name->text, table[i].name) == 0)
			return table[i].op;
	return OP_NOP;
}

bool gen_intrinsic(Gen *g, CallExpr *e, Reg dest) {
	Op op = call_intrinsic(e);
	if (op == OP_NOP || call_passes_tuple(e))
		return false;
	uint32_t mark = g->top;
	const char *name = node_object(e->fun)->name->text;
	TypeKind kind = strcmp(name, "Float64frombits") == 0   ? TYPE_UINT64
			: strcmp(name, "Float32frombits") == 0 ? TYPE_UINT32
			: strcmp(name, "Float32bits") == 0     ? TYPE_FLOAT32
							       : TYPE_FLOAT64;
	Reg x = gen_as(g, arg(e, 0), lower_basic(g->c, kind));
	emit(g, op, dest, x, 0);
	g->top = mark;
	return true;
}
