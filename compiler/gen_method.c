/* SPDX-License-Identifier: MIT */
/* gen_method.c: finding the function behind x.M, passing receivers, method values and method expressions.
 * Rules: methods found through a type parameter's constraint are looked up again once the type argument is known. The
 * receiver is evaluated (and a pointer to it dereferenced, if the method wants the value) before the arguments. */
#include "compiler/gen.h"
#include "types/internal.h"

static Type *holder_type(Type *recv, const uint32_t *path, uint32_t len) {
	Type *t = recv;
	for (uint32_t i = 0; i < len; i++) {
		Type *s = type_underlying(type_deref(t, NULL));
		t = s->fields[path[i]].type;
	}
	return t;
}

static bool wants_pointer(Compiler *c, Object *method) {
	check_object(c->u, method);
	const Object *recv = method->type->recv;
	return recv && type_unalias(recv->type)->kind == TYPE_POINTER;
}

MethodTarget method_target_of(Compiler *c, Type *holder, Object *method, Type *signature, const uint32_t *path,
			      uint32_t len, TypeList extra) {
	MethodTarget t = {.path = path, .path_len = len};
	Type *base = type_unalias(type_deref(holder, NULL));
	if (type_underlying(type_unalias(holder))->kind == TYPE_INTERFACE) {
		t.func_type = lower_type(c, signature);
		t.key = method_key(c, method->name, method->name->exported ? NULL : method->package, t.func_type);
		return t;
	}
	if (method->origin)
		method = method->origin;
	uint32_t count = base->type_args.len + extra.len;
	Type **args = ARENA_ARRAY(c->arena, Type *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		args[i] = i < base->type_args.len ? base->type_args.items[i] : extra.items[i - base->type_args.len];
	t.ptr_recv = wants_pointer(c, method);
	t.fn = function_of_object(c, method, args, count);
	t.func_type = t.fn->type;
	return t;
}

static MethodTarget target_of_selection(Gen *g, Type *recv, const Selection *s) {
	TypeList extra = {.len = s->type_args.len};
	extra.items = ARENA_ARRAY(g->c->arena, Type *, extra.len + 1);
	for (uint32_t i = 0; i < extra.len; i++)
		extra.items[i] = gen_type(g, s->type_args.items[i]);
	return method_target_of(g->c, holder_type(recv, s->path, s->path_len), s->object, gen_type(g, s->type), s->path,
				s->path_len, extra);
}

static bool calls_by_reflection(const Object *method) {
	const char *name = method->name->text;
	return method->package && strcmp(method->package->path, "reflect") == 0 &&
	       (strcmp(name, "Method") == 0 || strcmp(name, "MethodByName") == 0);
}

MethodTarget method_target(Gen *g, SelectorExpr *e) {
	const Selection *s = e->selection;
	Type *recv = gen_type(g, s->recv);
	if (calls_by_reflection(s->object))
		methods_reflect_calls(g->c);
	if (g->body.subst && s->on_type_param) {
		Selection *found = ARENA_NEW(g->c->arena, Selection);
		lookup_field_or_method(g->c->u, recv, true, s->object->package, e->sel->name, found);
		if (found->object)
			return target_of_selection(g, recv, found);
	}
	return target_of_selection(g, recv, s);
}

/* ---------------------------------------------------------------- receivers */

Place receiver_place(Gen *g, Node *x, const MethodTarget *t) {
	return place_path(g, gen_place(g, x), t->path, t->path_len);
}

Reg gen_receiver(Gen *g, Place holder, const MethodTarget *t, Reg dest) {
	if (!t->fn) { /* an interface; found behind a pointer only in method tables */
		if (holder.desc->kind == KIND_POINTER)
			holder = place_deref(g, &holder);
		if (dest == NO_REG)
			return place_load(g, &holder);
		place_load_to(g, &holder, dest);
		return dest;
	}
	bool pointer = holder.desc->kind == KIND_POINTER;
	if (dest == NO_REG)
		dest = slot_alloc(g, t->fn->recv_type);
	if (t->ptr_recv && !pointer) {
		place_address(g, &holder, dest);
		return dest;
	}
	if (!t->ptr_recv && pointer)
		holder = place_deref(g, &holder);
	place_load_to(g, &holder, dest);
	return dest;
}

/* ---------------------------------------------------------------- values in interfaces */

/* What an expression that becomes an interface is before. */
static Node *before_interface(Gen *g, Node *n) {
	n = ast_unparen(n);
	while (n->kind == NODE_CALL && !n->value && AS(CallExpr, n)->call_kind == CALL_CONVERSION &&
	       desc_is_interface(node_desc(g, n)))
		n = ast_unparen(AS(CallExpr, n)->args.items[0]);
	return n;
}

static bool never_changes(const Node *n) {
	const Object *o = n->kind == NODE_IDENT ? ((const Ident *)n)->object : NULL;
	return o && o->kind == OBJECT_VAR && !o->is_global && !o->reassigned && !o->address_taken;
}

Reg gen_as_known(Gen *g, Node *n, const TypeDesc *d, bool make, Inside *inside) {
	Node *value = desc_is_interface(d) ? before_interface(g, n) : n;
	*inside = (Inside){.slot = NO_REG};
	if (!desc_is_interface(d) || value->value || node_is_nil(value))
		return gen_as(g, n, d);
	const TypeDesc *from = node_desc(g, value);
	if (desc_is_interface(from) || from->slots == 0 || from->slots > MAX_FRAME_VALUE_SLOTS)
		return gen_as(g, n, d);
	uint32_t mark = g->top;
	Reg r = gen_expr(g, value);
	if (r < mark && !never_changes(value)) {
		Reg copy = slot_alloc(g, from);
		emit_move(g, from, copy, r);
		r = copy;
	} else if (r >= mark) {
		g->top = r + from->slots;
	}
	*inside = (Inside){node_type(g, value), r};
	if (!make)
		return NO_REG;
	Reg pair = slot_alloc(g, d);
	gen_pos(g, value->pos);
	gen_to_iface(g, from, r, pair);
	return pair;
}

void var_know_inside(Gen *g, Object *o, const Inside *inside) {
	Var *v = inside->type && !o->is_global ? var_of(g, o) : NULL;
	if (!v || v->kind != VAR_FRAME || o->reassigned || o->address_taken)
		return;
	Name *name = intern_cstr(g->c->u->interner, "");
	v->inside = object_new(g->c->u, OBJECT_VAR, name, g->body.package, 0, inside->type);
	var_declare_at(g, v->inside, lower_type(g->c, inside->type), inside->slot);
}

MethodTarget method_inside(Gen *g, const SelectorExpr *e, Type *inside) {
	Selection *found = ARENA_NEW(g->c->arena, Selection);
	lookup_field_or_method(g->c->u, inside, true, e->selection->object->package, e->sel->name, found);
	if (!found->object || found->kind != SELECT_METHOD || found->path_len)
		return (MethodTarget){0};
	return target_of_selection(g, inside, found);
}

bool method_of_inside(Gen *g, SelectorExpr *e, MethodTarget *t, Node **x) {
	Node *n = ast_unparen(e->x);
	Object *o = n->kind == NODE_IDENT ? AS(Ident, n)->object : NULL;
	if (t->fn || t->path_len || !o || o->kind != OBJECT_VAR || o->is_global || !var_of(g, o)->inside)
		return false;
	Object *inside = var_of(g, o)->inside;
	MethodTarget direct = method_inside(g, e, inside->type);
	if (!direct.fn)
		return false;
	Ident *id = NEW_NODE(g->c->arena, Ident, n->pos);
	id->name = inside->name;
	id->object = inside;
	id->node.type = inside->type;
	id->node.mode = MODE_VAR;
	*t = direct;
	*x = &id->node;
	return true;
}

/* ---------------------------------------------------------------- method values and expressions */

/* One wrapper per method (or interface method and signature), kind, receiver type and name. */
static Work *wrapper_work(Compiler *c, WorkKind kind, const MethodTarget *t, const TypeDesc *recv, const TypeDesc *type,
			  const char *name) {
	const void *key = t->fn ? (const void *)t->fn : (const void *)t->key;
	Work *first = ptrmap_get(&c->wrappers, key);
	for (Work *w = first; w; w = w->next)
		if (w->kind == kind && w->recv == recv && w->fn->type == type && strcmp(w->fn->name, name) == 0 &&
		    w->target.path_len == t->path_len &&
		    (t->path_len == 0 || memcmp(w->target.path, t->path, t->path_len * sizeof(uint32_t)) == 0))
			return w;
	Function *fn = function_new(c, name, type, NULL);
	fn->flags |= FUNC_WRAPPER;
	Work *w = work_new(c, kind, fn);
	w->target = *t;
	w->recv = recv;
	w->next = first;
	ptrmap_put(c->arena, &c->wrappers, key, w);
	return w;
}

/* A method's own name, or that of the interface that declares it: main.(*T).M-fm, main.I.M-fm. */
static const char *bound_name(Gen *g, const MethodTarget *t, const SelectorExpr *e) {
	if (t->fn)
		return format_name(g->c, "%s-fm", t->fn->name);
	const Selection *s = e->selection;
	const TypeDesc *holder = gen_desc(g, holder_type(gen_type(g, s->recv), s->path, s->path_len));
	return format_name(g->c, "%s-fm", method_name(g->c, holder, t->key->name));
}

void gen_bound_closure(Gen *g, const MethodTarget *t, const SelectorExpr *e, Reg recv_slot, Reg dest, const Node *site) {
	Compiler *c = g->c;
	const TypeDesc *recv = t->fn ? t->fn->recv_type : c->types->core[CORE_ANY];
	MethodTarget direct = *t;
	direct.path = NULL;
	direct.path_len = 0;
	Work *w = wrapper_work(c, WORK_BOUND, &direct, recv, t->func_type, bound_name(g, t, e));
	Function *fn = w->fn;
	if (recv->slots == 0) {
		emit_2(g, OP_LOADFUNC, dest, 0, 0, fn);
		return;
	}
	CaptureDesc *capture = ARENA_NEW(c->s->arena, CaptureDesc);
	capture->type = recv;
	fn->capture_count = 1;
	if (!captures_shape(c->types, fn, capture))
		g->too_large = true;
	emit_2(g, release_wants(g, site) ? OP_MKCLOSURE_OWN : OP_MKCLOSURE, dest, recv_slot, recv->slots, fn);
	release_closure(g, site, fn, dest);
}

void gen_method_value_to(Gen *g, SelectorExpr *e, Reg dest) {
	uint32_t mark = g->top;
	MethodTarget t = method_target(g, e);
	gen_pos(g, end_pos(e->x));
	Reg recv = gen_receiver(g, receiver_place(g, e->x, &t), &t, NO_REG);
	if (!t.fn)
		emit(g, OP_NIL_CHECK, recv, 0, 0);
	gen_bound_closure(g, &t, e, recv, dest, &e->node);
	g->top = mark;
}

Function *method_expr_function(Gen *g, SelectorExpr *e) {
	MethodTarget t = method_target(g, e);
	const TypeDesc *recv = gen_desc(g, e->selection->recv);
	const char *name = method_name(g->c, recv, e->sel->name->text);
	return wrapper_work(g->c, WORK_UNBOUND, &t, recv, node_desc(g, &e->node), name)->fn;
}

void gen_method_expr_to(Gen *g, SelectorExpr *e, Reg dest) {
	emit_2(g, OP_LOADFUNC, dest, 0, 0, method_expr_function(g, e));
}
