/* SPDX-License-Identifier: MIT */
/* gen_assign.c: declarations and assignments.
 * Rules: the operands of index expressions and pointer indirections on the left are evaluated first, then the right
 * side, then the assignments happen from left to right. A new variable takes over the temporary that holds its value,
 * so `x := f()` costs the call and nothing else. Temporaries and copies appear only where a tuple assignment needs
 * them. */
#include "compiler/gen.h"

/* ---------------------------------------------------------------- new variables */

static bool object_is_blank(const Object *o) {
	return !o || (o->name->len == 1 && o->name->text[0] == '_');
}

static Place object_place(Gen *g, Object *o) {
	return object_is_blank(o) ? (Place){.kind = PLACE_BLANK} : place_of_var(g, o);
}

/* A variable that is never assigned again may share the slot of another such variable. */
static bool may_alias(const Object *o, Node *value) {
	value = ast_unparen(value);
	if (value->kind != NODE_IDENT || o->reassigned)
		return false;
	const Object *source = AS(Ident, value)->object;
	return source && source->kind == OBJECT_VAR && !source->is_global && !source->reassigned &&
	       !source->is_result && !source->per_iteration;
}

void gen_adopt(Gen *g, Object *o, const TypeDesc *d, Reg r, uint32_t mark) {
	Var *v = var_declare(g, o, d);
	if (var_must_box(g, o, d)) {
		Reg box = slot_pointer(g);
		gen_new_box(g, d, box);
		v->kind = VAR_BOXED;
		v->slot = box;
		Place p = place_memory(d, box, 0);
		p.nonnil = true;
		place_store(g, &p, r);
		release_box(g, o, d, box);
		return;
	}
	if (r >= mark) {
		v->slot = r;
		return;
	}
	v->slot = slot_alloc(g, d);
	emit_move(g, d, v->slot, r);
}

static bool copy_memory(Gen *g, const Place *to, Node *rhs);

/* A new box at p->base with an aggregate's value, built there or copied without passing through the frame if possible.
 */
static void gen_box_value(Gen *g, Node *value, const Place *p) {
	Node *lit = ast_unparen(value);
	bool literal = lit->kind == NODE_COMPOSITE_LIT, place = lit->mode == MODE_VAR && p->desc->slots > 2;
	Reg r = literal || place ? NO_REG : gen_as(g, value, p->desc);
	gen_new_box(g, p->desc, p->base);
	if (literal)
		gen_composite(g, AS(CompositeLit, lit), p, true);
	else if (!place || !copy_memory(g, p, value))
		place_store(g, p, place ? gen_as(g, value, p->desc) : r);
}

Reg gen_heap_copy(Gen *g, Node *value, const TypeDesc *d) {
	Place p = place_memory(d, slot_pointer(g), 0);
	p.nonnil = true;
	uint32_t mark = g->top;
	gen_box_value(g, value, &p);
	g->top = mark;
	return p.base;
}

static void define_boxed(Gen *g, Object *o, Node *value, const TypeDesc *d) {
	Reg box = slot_pointer(g);
	uint32_t mark = g->top;
	Place p = place_memory(d, box, 0);
	p.nonnil = true;
	if (desc_is_aggregate(d)) {
		gen_box_value(g, value, &p);
	} else {
		Reg r = gen_as(g, value, d);
		gen_new_box(g, d, box);
		place_store(g, &p, r);
	}
	g->top = mark;
	Var *v = var_declare_at(g, o, d, box);
	v->kind = VAR_BOXED;
	release_box(g, o, d, box);
}

static void define_global(Gen *g, Object *o, Node *value, const TypeDesc *d) {
	uint32_t mark = g->top;
	Place p = place_of_var(g, o);
	Node *lit = ast_unparen(value);
	if (g->work->kind == WORK_VAR_INIT && lit->kind == NODE_COMPOSITE_LIT && desc_is_aggregate(d)) {
		gen_composite(g, AS(CompositeLit, lit), &p, true); /* nobody has seen the variable yet */
	} else {
		Reg r = gen_as(g, value, d);
		place_store(g, &p, r);
	}
	g->top = mark;
}

void gen_define(Gen *g, Object *o, Node *value, const TypeDesc *d) {
	if (object_is_blank(o)) {
		if (value)
			gen_discard(g, value);
		return;
	}
	if (o->is_global) {
		if (!value)
			return;
		define_global(g, o, value, d);
		return;
	}
	if (!value) {
		var_declare_fresh(g, o, d, true);
		return;
	}
	if (var_must_box(g, o, d)) {
		define_boxed(g, o, value, d);
		return;
	}
	uint32_t mark = g->top;
	Inside inside = {0};
	Reg r = o->reassigned || o->address_taken ? gen_as(g, value, d) : gen_as_known(g, value, d, true, &inside);
	if (r < mark && may_alias(o, value)) {
		var_declare_at(g, o, d, r);
		g->top = mark;
		return;
	}
	if (r >= mark)
		g->top = r + d->slots;
	else
		g->top = mark;
	gen_adopt(g, o, d, r, mark);
	Node *literal = ast_unparen(value);
	if (literal->kind == NODE_FUNC_LIT && !o->reassigned)
		var_of(g, o)->literal = AS(FuncLit, literal);
	var_know_inside(g, o, &inside);
}

/* ---------------------------------------------------------------- several values at once */

/* The variables take the results where the call left them. */
void gen_store_results(Gen *g, Object *const *lhs, uint32_t count, CallResult call) {
	for (uint32_t i = 0; i < count; i++) {
		Object *o = lhs[i];
		if (object_is_blank(o))
			continue;
		Reg r = call.base + call.layout->results[i];
		const TypeDesc *from = call.type->results[i], *d = gen_desc(g, o->type);
		if (o->is_global || d != from) {
			Reg value = r;
			if (d != from) {
				value = slot_alloc(g, d);
				gen_assign_value(g, d, from, value, r);
			}
			if (o->is_global) {
				Place p = place_of_var(g, o);
				place_store(g, &p, value);
			} else {
				gen_adopt(g, o, d, value, call.base);
			}
		} else {
			gen_adopt(g, o, d, r, call.base);
		}
	}
}

static bool is_tuple_call(const Node *n) {
	return n->kind == NODE_CALL && n->type && n->type->kind == TYPE_TUPLE;
}

/* New variables from v, ok forms. */
static void define_comma_ok(Gen *g, Object *const *lhs, Node *n) {
	const TypeDesc *value_type = node_desc(g, n), *ok_type = lower_basic(g->c, TYPE_BOOL);
	Reg value = object_is_blank(lhs[0]) ? NO_REG : slot_alloc(g, value_type);
	Reg ok = object_is_blank(lhs[1]) ? NO_REG : slot_alloc(g, ok_type);
	gen_comma_ok(g, n, value, ok);
	Reg regs[2] = {value, ok};
	const TypeDesc *types[2] = {value_type, ok_type};
	for (int i = 0; i < 2; i++) {
		Object *o = lhs[i];
		if (object_is_blank(o))
			continue;
		const TypeDesc *d = gen_desc(g, o->type);
		Reg r = regs[i];
		if (desc_is_interface(d) && !desc_is_interface(types[i])) {
			r = slot_alloc(g, d);
			gen_to_iface(g, types[i], regs[i], r);
		}
		if (o->is_global) {
			Place p = place_of_var(g, o);
			place_store(g, &p, r);
		} else {
			gen_adopt(g, o, d, r, 0);
		}
	}
}

static void define_list(Gen *g, Object *const *lhs, uint32_t count, NodeList values) {
	if (values.len == count) {
		Order order;
		order_begin_list(g, &order, &values);
		for (uint32_t i = 0; i < count; i++)
			gen_define(g, lhs[i], values.items[i],
				   object_is_blank(lhs[i]) ? NULL : gen_desc(g, lhs[i]->type));
		order_end(&order);
		return;
	}
	Node *rhs = ast_unparen(values.items[0]);
	if (is_tuple_call(rhs))
		gen_store_results(g, lhs, count, gen_call(g, AS(CallExpr, rhs)));
	else
		define_comma_ok(g, lhs, rhs);
}

void gen_value_spec(Gen *g, ValueSpec *spec) {
	Object **lhs = ARENA_ARRAY(g->c->arena, Object *, spec->names.len + 1);
	for (uint32_t i = 0; i < spec->names.len; i++)
		lhs[i] = AS(Ident, spec->names.items[i])->object;
	if (spec->values.len) {
		define_list(g, lhs, spec->names.len, spec->values);
		return;
	}
	for (uint32_t i = 0; i < spec->names.len; i++)
		gen_define(g, lhs[i], NULL, object_is_blank(lhs[i]) ? NULL : gen_desc(g, lhs[i]->type));
}

/* ---------------------------------------------------------------- one assignment */

static bool place_is_memory(const Place *p) {
	return p->kind == PLACE_MEMORY || p->kind == PLACE_GLOBAL || p->kind == PLACE_ELEMENT || p->kind == PLACE_ARRAY;
}

/* Large values go from memory to memory without passing through the frame. */
static bool copy_memory(Gen *g, const Place *to, Node *rhs) {
	Node *n = ast_unparen(rhs);
	if (!desc_is_aggregate(to->desc) || to->desc->slots <= 2 || !place_is_memory(to))
		return false;
	if (n->kind == NODE_COMPOSITE_LIT && to->desc->slots > MAX_FRAME_VALUE_SLOTS) {
		Reg a = to->kind == PLACE_MEMORY && to->offset == 0 ? to->base : place_address(g, to, NO_REG);
		Reg copy = gen_heap_copy(g, n, to->desc);
		emit_2(g, OP_COPY_MEM, a, copy, 0, to->desc);
		release_temporary(g, to->desc, copy);
		return true;
	}
	if (n->mode != MODE_VAR)
		return false;
	if (node_desc(g, n) != to->desc)
		return false;
	Place from = gen_place(g, n);
	if (!place_is_memory(&from)) {
		place_store(g, to, place_load(g, &from));
		return true;
	}
	Reg b = from.kind == PLACE_MEMORY && from.offset == 0 ? from.base : place_address(g, &from, NO_REG);
	Reg a = to->kind == PLACE_MEMORY && to->offset == 0 ? to->base : place_address(g, to, NO_REG);
	emit_2(g, OP_COPY_MEM, a, b, 0, to->desc);
	return true;
}

static bool stores_low_bits(const Place *p) {
	if (!desc_is_narrow_int(p->desc))
		return false;
	return place_is_memory(p) || p->kind == PLACE_FRAME_ARRAY || (p->kind == PLACE_FRAME && !place_in_frame(p));
}

static void assign_one(Gen *g, Node *lhs, Node *rhs) {
	uint32_t mark = g->top;
	Order order;
	order_begin_assign(g, &order, &lhs, &rhs);
	Place p = gen_place(g, lhs);
	if (p.kind == PLACE_BLANK) {
		gen_discard(g, rhs);
	} else if (place_in_frame(&p)) {
		gen_as_to(g, rhs, p.desc, p.base + p.offset / 8);
	} else if (!copy_memory(g, &p, rhs)) {
		uint32_t start = g->code.len, fresh = g->top;
		Reg r = stores_low_bits(&p) ? gen_low(g, rhs, p.desc) : gen_as(g, rhs, p.desc);
		gen_pos(g, access_pos(lhs));
		place_store(g, &p, r);
		fuse_store(g, start, fresh);
	}
	order_end(&order);
	g->top = mark;
}

/* ---------------------------------------------------------------- tuples */

static bool overlaps(Reg a, uint32_t a_len, Reg b, uint32_t b_len) {
	return a < b + b_len && b < a + a_len;
}

/* Is one of these slots a variable that an earlier assignment of the tuple changes? */
static bool changed_before(const Place *places, uint32_t count, Reg r, uint32_t len) {
	for (uint32_t i = 0; i < count; i++)
		if (places[i].kind == PLACE_FRAME &&
		    overlaps(places[i].base, (places[i].offset + 7) / 8 + places[i].desc->slots, r, len))
			return true;
		else if (places[i].kind == PLACE_FRAME_ARRAY && overlaps(places[i].base, MAX_FRAME_ARRAY, r, len))
			return true;
	return false;
}

static bool operands_change(const Place *places, uint32_t count) {
	const Place *p = &places[count];
	switch ((PlaceKind)p->kind) {
	case PLACE_BLANK: case PLACE_FRAME: case PLACE_GLOBAL:
		return false;
	case PLACE_MEMORY:
		return changed_before(places, count, p->base, 1);
	case PLACE_ELEMENT2:
		if (changed_before(places, count, p->index2, 1))
			return true;
		return changed_before(places, count, p->base, 2) || changed_before(places, count, p->index, 1);
	case PLACE_ELEMENT:
		return changed_before(places, count, p->base, 2) || changed_before(places, count, p->index, 1);
	case PLACE_ARRAY:
		return changed_before(places, count, p->base, 1) || changed_before(places, count, p->index, 1);
	case PLACE_FRAME_ARRAY:
		return changed_before(places, count, p->index, 1);
	case PLACE_MAP:
		return changed_before(places, count, p->base, 1) ||
		       changed_before(places, count, p->index, p->container->key->slots);
	}
	return true;
}

static Place *tuple_places(Gen *g, Node **lhs, uint32_t count) {
	Place *places = ARENA_ARRAY(g->c->arena, Place, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		places[i] = gen_place(g, lhs[i]);
		if (operands_change(places, i))
			places[i] = place_protect(g, places[i]);
	}
	return places;
}

/* Are all variables on the left new (or blank)? */
static bool is_new(const Node *n) {
	if (n->kind != NODE_IDENT)
		return false;
	const Object *o = ((const Ident *)n)->object;
	return object_is_blank(o) || o->pos == n->pos;
}

static void assign_values(Gen *g, Node **lhs, uint32_t count, NodeList rhs, const bool *fresh) {
	Place *places = ARENA_ARRAY(g->c->arena, Place, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		if (fresh && fresh[i]) {
			places[i] = (Place){.kind = PLACE_BLANK};
			continue;
		}
		places[i] = gen_place(g, lhs[i]);
		if (operands_change(places, i))
			places[i] = place_protect(g, places[i]);
	}
	Reg *values = ARENA_ARRAY(g->c->arena, Reg, count + 1);
	Order order;
	order_begin_list(g, &order, &rhs);
	for (uint32_t i = 0; i < count; i++) {
		Node *n = rhs.items[i];
		const TypeDesc *d = places[i].kind == PLACE_BLANK ? node_desc(g, n) : places[i].desc;
		if (places[i].kind == PLACE_BLANK && (n->value || node_is_nil(n)) && !(fresh && fresh[i]))
			continue;
		uint32_t mark = g->top;
		values[i] = gen_as(g, n, d);
		if (values[i] < mark && (changed_before(places, i, values[i], d->slots) || (fresh && fresh[i]))) {
			Reg copy = slot_alloc(g, d);
			emit_move(g, d, copy, values[i]);
			values[i] = copy;
		}
	}
	order_end(&order);
	for (uint32_t i = 0; i < count; i++) {
		if (places[i].kind == PLACE_BLANK)
			continue;
		gen_pos(g, access_pos(lhs[i]));
		place_store(g, &places[i], values[i]);
	}
	for (uint32_t i = 0; fresh && i < count; i++) {
		Object *o = AS(Ident, lhs[i])->object;
		if (fresh[i] && !object_is_blank(o))
			gen_adopt(g, o, gen_desc(g, o->type), values[i], 0);
	}
}

/* Stores values of the given types into places, converting to interfaces on the way. */
static void store_converted(Gen *g, const Place *p, const TypeDesc *from, Reg r) {
	if (p->kind == PLACE_BLANK)
		return;
	uint32_t mark = g->top;
	if (desc_is_interface(p->desc) && !desc_is_interface(from)) {
		Reg value = slot_alloc(g, p->desc);
		gen_to_iface(g, from, r, value);
		r = value;
	}
	place_store(g, p, r);
	g->top = mark;
}

void gen_store_to(Gen *g, Node *lhs, const TypeDesc *from, Reg r) {
	uint32_t mark = g->top;
	Place p = gen_place(g, lhs);
	store_converted(g, &p, from, r);
	g->top = mark;
}

/* Two places on the left, evaluated before either is assigned. */
void gen_store_tuple(Gen *g, Node **lhs, const TypeDesc *const *types, const Reg *values) {
	Place *places = tuple_places(g, lhs, 2);
	for (uint32_t i = 0; i < 2; i++)
		store_converted(g, &places[i], types[i], values[i]);
}

/* a, b = f() and v, ok = m[k] with places on the left (objects NULL) or range's and select's variables. */
void gen_assign_multi(Gen *g, Node **lhs, Object **objects, uint32_t count, Node *rhs) {
	uint32_t mark = g->top;
	Place *places;
	if (lhs) {
		places = tuple_places(g, lhs, count);
	} else {
		places = ARENA_ARRAY(g->c->arena, Place, count + 1);
		for (uint32_t i = 0; i < count; i++)
			places[i] = object_place(g, objects[i]);
	}
	rhs = ast_unparen(rhs);
	if (is_tuple_call(rhs)) {
		CallResult r = gen_call(g, AS(CallExpr, rhs));
		for (uint32_t i = 0; i < count; i++)
			store_converted(g, &places[i], r.type->results[i], r.base + r.layout->results[i]);
	} else {
		const TypeDesc *value_type = node_desc(g, rhs), *ok_type = lower_basic(g->c, TYPE_BOOL);
		/* x, x = <-c assigns twice */
		bool apart = places[0].kind != PLACE_FRAME || places[1].kind != PLACE_FRAME ||
			     !overlaps(places[0].base, value_type->slots, places[1].base, 1);
		bool direct[2] = {apart && place_in_frame(&places[0]) && places[0].desc == value_type,
				  apart && place_in_frame(&places[1]) && places[1].desc->kind == KIND_BOOL};
		const TypeDesc *types[2] = {value_type, ok_type};
		Reg regs[2];
		for (int i = 0; i < 2; i++)
			regs[i] = places[i].kind == PLACE_BLANK ? NO_REG
				: direct[i] ? places[i].base + places[i].offset / 8 : slot_alloc(g, types[i]);
		gen_comma_ok(g, rhs, regs[0], regs[1]);
		for (int i = 0; i < 2; i++)
			if (!direct[i])
				store_converted(g, &places[i], types[i], regs[i]);
	}
	g->top = mark;
}

/* ---------------------------------------------------------------- := */

static void gen_define_stmt(Gen *g, AssignStmt *s) {
	uint32_t count = s->lhs.len, fresh_count = 0;
	Object **objects = ARENA_ARRAY(g->c->arena, Object *, count + 1);
	bool *fresh = ARENA_ARRAY(g->c->arena, bool, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		objects[i] = AS(Ident, s->lhs.items[i])->object;
		fresh[i] = is_new(s->lhs.items[i]);
		if (fresh[i] && objects[i] && objects[i]->is_global)
			fresh[i] = false;
		fresh_count += fresh[i];
	}
	if (fresh_count == count) {
		define_list(g, objects, count, s->rhs);
		return;
	}
	if (s->rhs.len == count) {
		assign_values(g, s->lhs.items, count, s->rhs, fresh);
		return;
	}
	/* The new ones are declared first; then it is an ordinary assignment. */
	for (uint32_t i = 0; i < count; i++)
		if (fresh[i] && !object_is_blank(objects[i]))
			var_declare_fresh(g, objects[i], gen_desc(g, objects[i]->type), false);
	gen_assign_multi(g, s->lhs.items, NULL, count, s->rhs.items[0]);
}

/* ---------------------------------------------------------------- x op= y, x++ */

/* Without calls and receives: may be evaluated after the old value was read. */
static bool is_quiet(const Node *n) {
	n = ast_unparen((Node *)(uintptr_t)n);
	if (n->value)
		return true;
	switch ((NodeKind)n->kind) {
	case NODE_IDENT:
		return true;
	case NODE_SELECTOR:
		return is_quiet(((const SelectorExpr *)n)->x);
	case NODE_STAR:
		return is_quiet(((const StarExpr *)n)->x);
	case NODE_UNARY:
		return ((const UnaryExpr *)n)->op != TOK_ARROW && is_quiet(((const UnaryExpr *)n)->x);
	case NODE_BINARY:
		return is_quiet(((const BinaryExpr *)n)->y) && is_quiet(((const BinaryExpr *)n)->x);
	case NODE_INDEX:
		return ((const IndexExpr *)n)->indices.len == 1 && is_quiet(((const IndexExpr *)n)->indices.items[0]) &&
		       is_quiet(((const IndexExpr *)n)->x);
	case NODE_CALL:
		return ((const CallExpr *)n)->call_kind != CALL_CALL && ((const CallExpr *)n)->args.len == 1 &&
		       is_quiet(((const CallExpr *)n)->args.items[0]);
	default:
		return false;
	}
}

/* dest = x op y, y NULL: 1. */
static void update_op(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, Node *y, Reg y_reg, bool low) {
	if (y_reg != NO_REG) {
		gen_op_reg(g, op, d, dest, x, y_reg, low);
	} else if (y) {
		gen_op(g, op, d, dest, x, y, low);
	} else if (!gen_op_imm(g, op, d, dest, x, 1, low)) {
		uint32_t mark = g->top;
		Reg one = slot_alloc(g, d);
		gen_const_to(g, const_make_int64(g->c->u, 1), d, one);
		gen_op_reg(g, op, d, dest, x, one, low);
		g->top = mark;
	}
}

static bool op_cannot_panic(Token op) {
	return op == TOK_ADD || op == TOK_SUB || op == TOK_MUL || op == TOK_AND || op == TOK_OR || op == TOK_XOR ||
	       op == TOK_AND_NOT;
}

/* Numbers in maps are updated where they are: one lookup instead of two. */
static bool update_map_entry(Gen *g, const Place *p, Token op, Node *y, Reg y_reg) {
	const TypeDesc *d = p->desc;
	if (d->slots != 1 || desc_has_pointers(d) || desc_is_aggregate(d) || !op_cannot_panic(op))
		return false;
	if (y && y_reg == NO_REG && !y->value)
		y_reg = gen_as(g, y, d);
	Reg at = slot_pointer(g), t = slot_scalar(g);
	emit_2(g, OP_MAP_ADDR, at, p->base, p->index, p->container);
	uint32_t start = g->code.len;
	emit(g, OP_LOAD_64, t, at, 0);
	g->newest = NO_INSN;
	update_op(g, op, d, t, t, y, y_reg, false);
	emit(g, OP_STORE_64, at, t, 0);
	fuse_update(g, start);
	return true;
}

static void append_to_string(Gen *g, Reg s, const TypeDesc *d, Node *y) {
	uint32_t mark = g->top, count = 1;
	y = ast_unparen(y);
	VEC(Node *) parts = {0};
	while (y->kind == NODE_BINARY && !y->value && count < 100) {
		VEC_PUSH(g->c->arena, &parts, AS(BinaryExpr, y)->y);
		y = ast_unparen(AS(BinaryExpr, y)->x);
		count++;
	}
	Reg base = slots_alloc(g, 2 * (count + 1), true);
	for (uint32_t i = 0; i <= count; i++)
		slot_declare(g, base + 2 * i, d);
	emit_move(g, d, base, s);
	gen_as_to(g, y, d, base + 2);
	for (uint32_t i = parts.len; i-- > 0;)
		gen_as_to(g, parts.items[i], d, base + 2 * (parts.len - i) + 2);
	emit(g, OP_CONCAT_N, s, base, count + 1);
	g->top = mark;
}

static void gen_update(Gen *g, Node *lhs, Token op, Node *y, Pos pos) {
	uint32_t mark = g->top;
	Place p = gen_place(g, lhs);
	const TypeDesc *d = p.desc;
	Reg y_reg = NO_REG;
	gen_pos(g, pos);
	if (place_in_frame(&p)) {
		Reg r = p.base + p.offset / 8;
		if (d->kind == KIND_STRING && y && ast_unparen(y)->kind == NODE_BINARY && !y->value)
			append_to_string(g, r, d, y);
		else
			update_op(g, op, d, r, r, y, NO_REG, false);
		g->top = mark;
		return;
	}
	if (y && !is_quiet(y) && op != TOK_SHL && op != TOK_SHR)
		y_reg = gen_as(g, y, d);
	gen_pos(g, pos);
	if (p.kind != PLACE_MAP || !update_map_entry(g, &p, op, y, y_reg)) {
		bool low = stores_low_bits(&p);
		Reg t = slot_alloc(g, d);
		uint32_t start = g->code.len;
		g->newest = NO_INSN; /* the load stays by itself, for fuse_update */
		place_load_to(g, &p, t);
		g->newest = NO_INSN;
		update_op(g, op, d, t, t, y, y_reg, low);
		place_store(g, &p, t);
		fuse_update(g, start);
	}
	g->top = mark;
}

void gen_inc_dec(Gen *g, IncDecStmt *s) {
	gen_update(g, s->x, s->op == TOK_INC ? TOK_ADD : TOK_SUB, NULL, end_pos(s->x));
}

void gen_assign(Gen *g, AssignStmt *s) {
	uint32_t mark = g->top;
	gen_pos(g, s->node.pos);
	if (s->op == TOK_DEFINE) {
		gen_define_stmt(g, s);
		return;
	}
	if (s->op != TOK_ASSIGN) {
		Token op = (Token)(s->op - TOK_ADD_ASSIGN + TOK_ADD);
		gen_update(g, s->lhs.items[0], op, s->rhs.items[0], s->op_pos);
		return;
	}
	if (s->lhs.len == 1)
		assign_one(g, s->lhs.items[0], s->rhs.items[0]);
	else if (s->rhs.len == s->lhs.len)
		assign_values(g, s->lhs.items, s->lhs.len, s->rhs, NULL);
	else
		gen_assign_multi(g, s->lhs.items, NULL, s->lhs.len, s->rhs.items[0]);
	g->top = mark;
}
