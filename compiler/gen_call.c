/* SPDX-License-Identifier: MIT */
/* gen_call.c: calls: who is called, arguments in place, results where they are.
 * Rules: the outgoing area begins at an even slot above everything in use; arguments are computed straight into it, in
 * order; the results are used where the callee left them. Callee and receiver are evaluated before the arguments. */
#include "compiler/gen.h"

Reg gen_call_base(Gen *g, uint32_t slots) {
	return slots_alloc(g, slots, true);
}

void emit_call(Gen *g, Function *fn, Reg base) {
	emit_2(g, fn->flags & FUNC_NATIVE ? OP_CALL_NATIVE : OP_CALL, base, 0, 0, fn);
}

void gen_assign_value(Gen *g, const TypeDesc *to, const TypeDesc *from, Reg dest, Reg src) {
	if (desc_is_interface(to) && !desc_is_interface(from))
		gen_to_iface(g, from, src, dest);
	else
		emit_move(g, to, dest, src);
}

/* ---------------------------------------------------------------- positions */

/* The last line of an operand: what follows it (a dot, a bracket, a parenthesis) begins there, and that is where Go
 * says an access, a call or a slicing happens. */
Pos end_pos(Node *n) {
	for (;;) {
		switch ((NodeKind)n->kind) {
		case NODE_SELECTOR:
			return AS(SelectorExpr, n)->sel->node.pos;
		case NODE_CALL:
			return AS(CallExpr, n)->rparen;
		case NODE_INDEX:
			return AS(IndexExpr, n)->rbrack;
		case NODE_SLICE:
			return AS(SliceExpr, n)->rbrack;
		case NODE_COMPOSITE_LIT:
			return AS(CompositeLit, n)->rbrace;
		case NODE_FUNC_LIT:
			return AS(BlockStmt, AS(FuncLit, n)->body)->rbrace;
		case NODE_PAREN:
			n = AS(ParenExpr, n)->x;
			continue;
		case NODE_STAR:
			n = AS(StarExpr, n)->x;
			continue;
		case NODE_UNARY:
			n = AS(UnaryExpr, n)->x;
			continue;
		case NODE_TYPE_ASSERT:
			if (!AS(TypeAssertExpr, n)->type)
				return n->pos;
			n = AS(TypeAssertExpr, n)->type;
			continue;
		default:
			return n->pos;
		}
	}
}

Pos call_pos(CallExpr *e) {
	return end_pos(e->fun);
}

/* ---------------------------------------------------------------- who */

static Function *function_of_ident(Gen *g, Ident *id) {
	Object *o = id->object;
	if (!o || o->kind != OBJECT_FUNC)
		return NULL;
	const Instance *instance = ptrmap_get(&g->c->u->instance_info, id);
	if (!instance)
		return function_of_object(g->c, o, NULL, 0);
	Type **args = ARENA_ARRAY(g->c->arena, Type *, instance->type_args.len + 1);
	for (uint32_t i = 0; i < instance->type_args.len; i++)
		args[i] = gen_type(g, instance->type_args.items[i]);
	return function_of_object(g->c, o, args, instance->type_args.len);
}

Function *callee_function(Gen *g, Node *fun) {
	fun = ast_unparen(fun);
	if (fun->kind == NODE_INDEX)
		fun = ast_unparen(AS(IndexExpr, fun)->x);
	if (fun->kind == NODE_IDENT)
		return function_of_ident(g, AS(Ident, fun));
	if (fun->kind != NODE_SELECTOR)
		return NULL;
	SelectorExpr *e = AS(SelectorExpr, fun);
	if (!e->selection)
		return function_of_ident(g, e->sel);
	return e->selection->kind == SELECT_METHOD_EXPR ? method_expr_function(g, e) : NULL;
}

/* ---------------------------------------------------------------- arguments */

bool call_passes_tuple(const CallExpr *e) {
	if (e->args.len != 1)
		return false;
	Node *arg = ast_unparen(e->args.items[0]);
	return arg->kind == NODE_CALL && arg->type && arg->type->kind == TYPE_TUPLE;
}

/* Values of one type in consecutive slots become a slice. */
static void gen_pack(Gen *g, const TypeDesc *slice, Reg base, uint32_t count, Reg dest) {
	if (count == 0)
		emit(g, OP_ZERO2, dest, 0, 0);
	else
		emit_2(g, OP_SLICE_LIT, dest, base, count, slice);
}

static Reg pack_area(Gen *g, const TypeDesc *elem, uint32_t count) {
	Reg base = slots_alloc(g, count * elem->slots, elem->align == 16);
	for (uint32_t i = 0; i < count && !g->too_large; i++)
		slot_declare(g, base + i * elem->slots, elem);
	return base;
}

static void gen_variadic(Gen *g, CallExpr *e, uint32_t first, const TypeDesc *slice, Reg dest) {
	uint32_t mark = g->top, count = e->args.len - first;
	const TypeDesc *elem = slice->elem;
	Reg base = pack_area(g, elem, count);
	for (uint32_t i = 0; i < count && !g->too_large; i++)
		gen_as_to(g, e->args.items[first + i], elem, base + i * elem->slots);
	gen_pos(g, call_pos(e));
	gen_pack(g, slice, base, count, dest);
	if (count)
		release_slice(g, &e->node, elem, count, dest);
	g->top = mark;
}

/* f(g()): g's results become f's arguments. */
static void gen_tuple_args(Gen *g, CallExpr *e, const TypeDesc *type, Reg base) {
	uint32_t mark = g->top;
	const CallLayout *layout = call_layout(g->c, type);
	CallResult r = gen_call(g, AS(CallExpr, ast_unparen(e->args.items[0])));
	bool variadic = type->flags & DESC_VARIADIC;
	uint32_t fixed = type->param_count - variadic;
	for (uint32_t i = 0; i < fixed; i++)
		gen_assign_value(g, type->params[i], r.type->results[i], base + layout->params[i],
				 r.base + r.layout->results[i]);
	if (variadic) {
		const TypeDesc *slice = type->params[fixed];
		uint32_t count = r.type->result_count - fixed;
		Reg pack = pack_area(g, slice->elem, count);
		for (uint32_t i = 0; i < count; i++)
			gen_assign_value(g, slice->elem, r.type->results[fixed + i], pack + i * slice->elem->slots,
					 r.base + r.layout->results[fixed + i]);
		gen_pack(g, slice, pack, count, base + layout->params[fixed]);
	}
	g->top = mark;
}

void gen_args(Gen *g, CallExpr *e, const TypeDesc *type, Reg base) {
	const CallLayout *layout = call_layout(g->c, type);
	for (uint32_t i = 0; i < type->param_count; i++)
		slot_declare(g, base + layout->params[i], type->params[i]);
	if (call_passes_tuple(e)) {
		gen_tuple_args(g, e, type, base);
		return;
	}
	uint32_t mark = g->top;
	Order order;
	order_begin_list(g, &order, &e->args);
	bool pack = type->flags & DESC_VARIADIC && !e->ellipsis;
	uint32_t fixed = type->param_count - pack;
	for (uint32_t i = 0; i < fixed; i++)
		gen_as_to(g, e->args.items[i], type->params[i], base + layout->params[i]);
	if (pack)
		gen_variadic(g, e, fixed, type->params[fixed], base + layout->params[fixed]);
	order_end(&order);
	g->top = mark;
}

/* ---------------------------------------------------------------- calls */

static CallResult call_done(Gen *g, const TypeDesc *type, Reg base) {
	const CallLayout *layout = call_layout(g->c, type);
	for (uint32_t i = 0; i < type->result_count; i++)
		slot_declare(g, base + layout->results[i], type->results[i]);
	g->top = base + layout->shape.results_end;
	if (type->result_count == 0)
		g->top = base;
	return (CallResult){base, type, layout};
}

static CallResult call_static(Gen *g, CallExpr *e, Function *fn, CallUse *use) {
	CallResult r;
	if (gen_inline(g, e, work_of(g->c, fn), NULL, NULL, use, &r))
		return r;
	Reg base = gen_call_base(g, call_layout(g->c, fn->type)->shape.recv);
	gen_args(g, e, fn->type, base);
	gen_pos(g, call_pos(e));
	emit_call(g, fn, base);
	return call_done(g, fn->type, base);
}

static CallResult call_method(Gen *g, CallExpr *e, SelectorExpr *s, CallUse *use) {
	MethodTarget t = method_target(g, s);
	Node *x = s->x;
	method_of_inside(g, s, &t, &x);
	const CallLayout *layout = call_layout(g->c, t.func_type);
	CallResult r;
	if (t.fn && gen_inline(g, e, work_of(g->c, t.fn), x, &t, use, &r))
		return r;
	if (t.fn) {
		const TypeDesc *recv = t.fn->recv_type;
		Reg base = gen_call_base(g, layout->shape.recv + recv->slots);
		slot_declare(g, base + layout->shape.recv, recv);
		uint32_t top = g->top;
		gen_pos(g, end_pos(s->x));
		gen_receiver(g, receiver_place(g, x, &t), &t, base + layout->shape.recv);
		g->top = top;
		gen_args(g, e, t.func_type, base);
		gen_pos(g, call_pos(e));
		emit_call(g, t.fn, base);
		return call_done(g, t.func_type, base);
	}
	gen_pos(g, end_pos(s->x));
	Reg pair = gen_receiver(g, receiver_place(g, s->x, &t), &t, NO_REG);
	Reg base = gen_call_base(g, layout->shape.recv + 2);
	gen_args(g, e, t.func_type, base);
	gen_pos(g, call_pos(e));
	emit_2(g, OP_CALL_IFACE, base, pair, layout->shape.recv, t.key);
	return call_done(g, t.func_type, base);
}

static CallResult call_value(Gen *g, CallExpr *e, const TypeDesc *type, Reg f) {
	const CallLayout *layout = call_layout(g->c, type);
	Reg base = gen_call_base(g, layout->shape.recv);
	gen_args(g, e, type, base);
	gen_pos(g, call_pos(e));
	emit(g, OP_CALL_CLOSURE, base, f, layout->shape.params_end);
	return call_done(g, type, base);
}

static CallResult call_literal(Gen *g, CallExpr *e, FuncLit *lit, CallUse *use) {
	Work *w = gen_literal_work(g, lit->info, &lit->node);
	CallResult r;
	if (gen_inline(g, e, w, NULL, NULL, use, &r))
		return r;
	if (w->fn->capture_slots == 0)
		return call_static(g, e, w->fn, use);
	Reg f = slot_pointer(g);
	gen_make_closure(g, w, f, &lit->node);
	return call_value(g, e, w->fn->type, f);
}

/* A func value; the function literal that a variable holds for ever may be inlined. */
static CallResult call_func_value(Gen *g, CallExpr *e, Node *fun, CallUse *use) {
	Object *o = fun->kind == NODE_IDENT ? AS(Ident, fun)->object : NULL;
	const Var *v = o && o->kind == OBJECT_VAR && !o->is_global ? var_of(g, o) : NULL;
	FuncLit *lit = v ? v->literal : NULL;
	if (v && v->range_body)
		return gen_yield(g, e, v->range_body, use);
	CallResult r;
	if (lit && gen_inline(g, e, function_request(g->c, lit->info, g->work->subst, ""), NULL, NULL, use, &r))
		return r;
	if (lit && v->slot == NO_REG) { /* of an inlined call, which had no room for it after all */
		Reg f = slot_pointer(g);
		gen_make_closure(g, function_request(g->c, lit->info, g->work->subst, ""), f, NULL);
		return call_value(g, e, node_desc(g, fun), f);
	}
	return call_value(g, e, node_desc(g, fun), gen_expr(g, fun));
}

CallResult gen_call_for(Gen *g, CallExpr *e, CallUse *use) {
	Node *fun = ast_unparen(e->fun);
	if (++g->depth > MAX_GEN_DEPTH && !g->too_large) {
		compile_error(g->c, e->node.pos, "expression nested too deeply");
		g->too_large = true;
	}
	CallResult r;
	Function *fn = g->too_large ? NULL : callee_function(g, fun);
	if (fn) {
		r = call_static(g, e, fn, use);
	} else if (g->too_large) {
		const TypeDesc *type = node_desc(g, fun);
		r = (CallResult){RESULT_SLOT, type, call_layout(g->c, type)};
	} else if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection &&
		   AS(SelectorExpr, fun)->selection->kind == SELECT_METHOD) {
		r = call_method(g, e, AS(SelectorExpr, fun), use);
	} else if (fun->kind == NODE_FUNC_LIT) {
		r = call_literal(g, e, AS(FuncLit, fun), use);
	} else {
		r = call_func_value(g, e, fun, use);
	}
	g->depth--;
	return r;
}

CallResult gen_call(Gen *g, CallExpr *e) {
	CallUse use = {.dest = NO_REG};
	return gen_call_for(g, e, &use);
}
