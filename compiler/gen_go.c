/* SPDX-License-Identifier: MIT */
/* gen_go.c: go and defer: the call is prepared here and made later.
 * Rules: function value, receiver and arguments are evaluated at the statement. Builtins become a function of their
 * own whose parameters are the arguments; interface methods are bound to their receiver first, and so are others where a
 * loop over a function defers them. */
#include "compiler/gen.h"
#include "types/internal.h"

static void emit_later_value(Gen *g, bool defer, Reg base, Reg f, uint32_t slots) {
	Reg token = defer ? gen_defer_token(g) : NO_REG;
	if (token != NO_REG)
		emit_2n(g, OP_DEFER_OUTER, base, f, slots, token);
	else
		emit(g, defer ? OP_DEFER_CLOSURE : OP_GO_CLOSURE, base, f, slots);
}

static void emit_later(Gen *g, bool defer, Reg base, uint32_t slots, Function *fn) {
	if (defer && g->work->range) {
		Reg f = slot_pointer(g);
		emit_2(g, OP_LOADFUNC, f, 0, 0, fn);
		emit_later_value(g, defer, base, f, slots);
	} else {
		emit_2(g, defer ? OP_DEFER : OP_GO, base, 0, slots, fn);
	}
}

static uint32_t argument_slots(const CallLayout *layout, const TypeDesc *recv) {
	return (recv ? layout->shape.recv + recv->slots : layout->shape.params_end) - RESULT_SLOT;
}

static void later_static(Gen *g, CallExpr *e, Function *fn, bool defer) {
	const CallLayout *layout = call_layout(g->c, fn->type);
	Reg base = gen_call_base(g, layout->shape.recv);
	gen_args(g, e, fn->type, base);
	gen_pos(g, call_pos(e));
	emit_later(g, defer, base, argument_slots(layout, NULL), fn);
}

static void later_value(Gen *g, CallExpr *e, const TypeDesc *type, Reg f, bool defer) {
	const CallLayout *layout = call_layout(g->c, type);
	Reg base = gen_call_base(g, layout->shape.recv);
	gen_args(g, e, type, base);
	gen_pos(g, call_pos(e));
	emit_later_value(g, defer, base, f, argument_slots(layout, NULL));
}

static void later_method(Gen *g, CallExpr *e, SelectorExpr *s, bool defer) {
	MethodTarget t = method_target(g, s);
	gen_pos(g, end_pos(s->x));
	bool outer = defer && gen_defer_token(g) != NO_REG; /* that takes function values only, which have no receiver */
	if (!t.fn || outer) {
		Reg recv = gen_receiver(g, receiver_place(g, s->x, &t), &t, NO_REG);
		Reg f = slot_pointer(g);
		if (!t.fn)
			emit(g, OP_NIL_CHECK, recv, 0, 0);
		gen_bound_closure(g, &t, s, recv, f, NULL);
		later_value(g, e, t.func_type, f, defer);
		return;
	}
	const CallLayout *layout = call_layout(g->c, t.func_type);
	const TypeDesc *recv = t.fn->recv_type;
	Reg base = gen_call_base(g, layout->shape.recv + recv->slots);
	slot_declare(g, base + layout->shape.recv, recv);
	gen_receiver(g, receiver_place(g, s->x, &t), &t, base + layout->shape.recv);
	gen_args(g, e, t.func_type, base);
	gen_pos(g, call_pos(e));
	emit_later(g, defer, base, argument_slots(layout, recv), t.fn);
}

/* A copy of the builtin call whose arguments are parameters p0, p1, ... of a new function. */
static Work *builtin_work(Gen *g, CallExpr *e, bool defer, Object **params, uint32_t *count) {
	Compiler *c = g->c;
	CallExpr *copy = NEW_NODE(c->arena, CallExpr, e->node.pos);
	*copy = *e;
	copy->args.items = ARENA_ARRAY(c->arena, Node *, e->args.len + 1);
	for (uint32_t i = 0; i < e->args.len; i++) {
		Node *n = e->args.items[i];
		copy->args.items[i] = n;
		if (n->value || node_is_nil(n) || n->mode == MODE_TYPE)
			continue;
		Type *t = e->builtin == BUILTIN_panic ? c->u->any_type : node_type(g, n);
		if (e->builtin == BUILTIN_delete && i == 1)
			t = type_underlying(node_type(g, e->args.items[0]))->key;
		Ident *id = NEW_NODE(c->arena, Ident, n->pos);
		id->name = intern_cstr(c->u->interner, "p");
		id->object = object_new(c->u, OBJECT_VAR, id->name, g->body.package, n->pos, t);
		id->node.type = t;
		id->node.mode = MODE_VAR;
		copy->args.items[i] = &id->node;
		params[(*count)++] = id->object;
	}
	Type *signature = type_new_signature(c->u, params, *count, NULL, 0, false);
	Buf name;
	buf_init(&name, c->arena->mem);
	buf_printf(&name, "%s.%s%u", g->fn->name, defer ? "deferwrap" : "gowrap", ++g->wrap_count);
	Function *fn =
		function_new(c, arena_strndup(c->arena, buf_cstr(&name), name.len), lower_type(c, signature), NULL);
	buf_deinit(&name);
	fn->flags |= FUNC_WRAPPER;
	Work *w = work_new(c, WORK_BUILTIN, fn);
	w->call = copy;
	w->package = g->body.package;
	w->subst = g->work->subst;
	w->builtin_params = params;
	w->pos = e->node.pos;
	return w;
}

static void later_builtin(Gen *g, CallExpr *e, bool defer) {
	Object **params = ARENA_ARRAY(g->c->arena, Object *, e->args.len + 1);
	uint32_t count = 0, next = 0;
	Work *w = builtin_work(g, e, defer, params, &count);
	const TypeDesc *type = w->fn->type;
	const CallLayout *layout = call_layout(g->c, type);
	Reg base = gen_call_base(g, layout->shape.recv);
	for (uint32_t i = 0; i < count; i++)
		slot_declare(g, base + layout->params[i], type->params[i]);
	for (uint32_t i = 0; i < e->args.len; i++) {
		Node *n = e->args.items[i];
		if (n->value || node_is_nil(n) || n->mode == MODE_TYPE)
			continue;
		gen_as_to(g, n, type->params[next], base + layout->params[next]);
		next++;
	}
	gen_pos(g, call_pos(e));
	emit_later(g, defer, base, argument_slots(layout, NULL), w->fn);
}

static void later_literal(Gen *g, CallExpr *e, FuncLit *lit, bool defer) {
	Work *w = gen_literal_work(g, lit->info, &lit->node);
	if (w->fn->capture_slots == 0) {
		later_static(g, e, w->fn, defer);
		return;
	}
	Reg f = slot_pointer(g);
	gen_make_closure(g, w, f, &lit->node);
	later_value(g, e, w->fn->type, f, defer);
}

void gen_go(Gen *g, Node *call, bool defer) {
	uint32_t mark = g->top;
	call = ast_unparen(call);
	if (call->kind != NODE_CALL)
		return;
	CallExpr *e = AS(CallExpr, call);
	Node *fun = ast_unparen(e->fun);
	gen_pos(g, call->pos);
	Function *fn;
	if (e->call_kind == CALL_BUILTIN) {
		later_builtin(g, e, defer);
	} else if (e->call_kind == CALL_CONVERSION) {
		gen_discard(g, call);
	} else if ((fn = callee_function(g, fun))) {
		later_static(g, e, fn, defer);
	} else if (fun->kind == NODE_FUNC_LIT) {
		later_literal(g, e, AS(FuncLit, fun), defer);
	} else if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection &&
		   AS(SelectorExpr, fun)->selection->kind == SELECT_METHOD) {
		later_method(g, e, AS(SelectorExpr, fun), defer);
	} else {
		const TypeDesc *type = node_desc(g, fun);
		Reg f = gen_expr(g, fun);
		later_value(g, e, type, f, defer);
	}
	g->top = mark;
}
