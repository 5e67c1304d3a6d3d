/* SPDX-License-Identifier: MIT */
/* escape_expr.c: escape analysis, expressions: where the value of each goes, and what it allocates.
 * Rules: a string is no reference here (no string's bytes are ever released), nor are maps and channels: what is put into
 * them is lost to the heap. A value in an interface counts as itself. Of several dereferences on the way to a field only one is
 * counted: fewer is the careful side. */
#include "compiler/escape.h"

static const Hole nowhere = {NULL, 0};

/* Types share their parts, so what looks small may be a long walk: after some steps the answer is yes. */
static bool holds(Type *t, uint32_t *steps) {
	enum { MOST_STEPS = 200 };
	if (++*steps > MOST_STEPS)
		return true;
	t = type_underlying(t);
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER: case TYPE_SLICE: case TYPE_SIGNATURE: case TYPE_INTERFACE: case TYPE_PARAM: case TYPE_UNION:
	case TYPE_UNSAFE_POINTER: case TYPE_TUPLE: case TYPE_NAMED: case TYPE_ALIAS:
		return true;
	case TYPE_ARRAY:
		return holds(t->elem, steps);
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++)
			if (holds(t->fields[i].type, steps))
				return true;
		return false;
	default:
		return false;
	}
}

bool escape_holds(Type *t) {
	uint32_t steps = 0;
	return !t || holds(t, &steps);
}

static Hole heap(const Escape *e) { return (Hole){e->heap, 0}; }

static Hole deref(Hole k) { return (Hole){k.dst, k.derefs + 1}; }

static TypeKind kind_of(const Node *n) {
	return n->type && n->type->kind != TYPE_TUPLE ? (TypeKind)type_underlying(n->type)->kind : TYPE_INVALID;
}

/* An object that expression n allocates goes to k. */
static Loc *new_site(Escape *e, Hole k, Node *n) {
	Loc *l = escape_loc(e, e->site_depth, NO_DEPTH);
	l->site = n;
	l->stmt = e->stmt;
	l->conditional = e->conditional;
	l->lasts = e->lasts;
	escape_flow(e, k, l, -1);
	return l;
}

/* ---------------------------------------------------------------- literals */

static Node *element_value(Node *n) { return n->kind == NODE_KEY_VALUE ? AS(KeyValueExpr, n)->value : n; }

/* The address of a literal. One of a slice allocates twice, the slice and its elements, and has but one node to name both: it
 * is left to the collector, as is what may be one. */
static Hole literal_behind_pointer(Escape *e, Hole k, CompositeLit *lit, TypeKind kind) {
	if (kind == TYPE_STRUCT || kind == TYPE_ARRAY)
		return (Hole){new_site(e, k, &lit->node), 0};
	return heap(e);
}

static void elements(Escape *e, Hole k, CompositeLit *lit, TypeKind kind) {
	for (uint32_t i = 0; i < lit->elements.len; i++) {
		Node *n = lit->elements.items[i];
		if (kind == TYPE_MAP && n->kind == NODE_KEY_VALUE)
			escape_expr(e, k, AS(KeyValueExpr, n)->key);
		escape_expr(e, k, element_value(n));
	}
}

static void composite(Escape *e, Hole k, CompositeLit *lit) {
	TypeKind kind = kind_of(&lit->node);
	if (kind == TYPE_POINTER) { /* an element of a list whose & is left out */
		kind = (TypeKind)type_underlying(type_underlying(lit->node.type)->elem)->kind;
		k = literal_behind_pointer(e, k, lit, kind);
	} else if (kind == TYPE_SLICE) {
		k = (Hole){new_site(e, k, &lit->node), 0};
	} else if (kind != TYPE_STRUCT && kind != TYPE_ARRAY) {
		k = heap(e);
	}
	elements(e, k, lit, kind);
}

static void func_lit(Escape *e, Hole k, FuncLit *lit) {
	FuncInfo *info = lit->info;
	Loc *closure = new_site(e, k, &lit->node);
	for (uint32_t i = 0; i < info->captures.len; i++)
		if (!info->captures.items[i]->is_global)
			escape_flow(e, (Hole){closure, 0}, escape_var(e, info->captures.items[i]), -1);
	if (ptrmap_get(&e->funcs, info))
		return;
	Node *stmt = e->stmt;
	uint16_t site_depth = e->site_depth;
	bool conditional = e->conditional, lasts = e->lasts;
	escape_function(e, info, e->depth + 1);
	e->stmt = stmt;
	e->site_depth = site_depth;
	e->conditional = conditional;
	e->lasts = lasts;
}

/* ---------------------------------------------------------------- addresses */

void escape_address(Escape *e, Hole k, Node *n) {
	n = ast_unparen(n);
	switch ((NodeKind)n->kind) {
	case NODE_COMPOSITE_LIT: {
		CompositeLit *lit = AS(CompositeLit, n);
		elements(e, literal_behind_pointer(e, k, lit, kind_of(n)), lit, kind_of(n));
		return;
	}
	case NODE_IDENT: {
		Object *o = AS(Ident, n)->object;
		if (o && o->kind == OBJECT_VAR && !o->is_global)
			escape_flow(e, k, escape_var(e, o), -1);
		return;
	}
	case NODE_SELECTOR: {
		SelectorExpr *s = AS(SelectorExpr, n);
		if (!s->selection)
			return;
		if (s->selection->indirect || kind_of(s->x) == TYPE_POINTER)
			escape_expr(e, k, s->x);
		if (kind_of(s->x) != TYPE_POINTER)
			escape_address(e, k, s->x);
		return;
	}
	case NODE_INDEX: {
		IndexExpr *x = AS(IndexExpr, n);
		escape_expr(e, nowhere, x->indices.items[0]);
		if (kind_of(x->x) == TYPE_ARRAY)
			escape_address(e, k, x->x);
		else
			escape_expr(e, k, x->x);
		return;
	}
	case NODE_STAR:
		escape_expr(e, k, AS(StarExpr, n)->x);
		return;
	default:
		escape_expr(e, heap(e), n);
	}
}

/* ---------------------------------------------------------------- calls */

static bool is_unsafe(const Node *n) { return kind_of(n) == TYPE_UNSAFE_POINTER; }

static void conversion(Escape *e, Hole k, CallExpr *call) {
	Node *x = call->args.items[0];
	if (is_unsafe(&call->node) || is_unsafe(x))
		k = heap(e);
	else if (kind_of(&call->node) == TYPE_ARRAY && kind_of(x) == TYPE_SLICE)
		k = deref(k);
	escape_expr(e, k, x);
}

static void builtin(Escape *e, Hole k, CallExpr *call) {
	NodeList args = call->args;
	Hole rest = nowhere;
	uint32_t first = 0;
	switch ((Builtin)call->builtin) {
	case BUILTIN_append:
		rest = call->ellipsis ? deref(heap(e)) : heap(e);
		if (!call_passes_tuple(call))
			escape_expr(e, k, args.items[first++]);
		break;
	case BUILTIN_copy:
		rest = deref(heap(e));
		if (!call_passes_tuple(call))
			escape_expr(e, nowhere, args.items[first++]);
		break;
	case BUILTIN_new:
		if (args.items[0]->mode == MODE_TYPE) {
			new_site(e, k, &call->node);
			return;
		}
		rest = (Hole){new_site(e, k, &call->node), 0};
		break;
	case BUILTIN_make:
		if (kind_of(&call->node) == TYPE_SLICE)
			new_site(e, k, &call->node);
		break;
	case BUILTIN_cap: case BUILTIN_len: case BUILTIN_clear: case BUILTIN_close: case BUILTIN_complex: case BUILTIN_delete:
	case BUILTIN_imag: case BUILTIN_max: case BUILTIN_min: case BUILTIN_print: case BUILTIN_println: case BUILTIN_real:
	case BUILTIN_recover: case BUILTIN_Alignof: case BUILTIN_Offsetof: case BUILTIN_Sizeof:
		break;
	default: /* panic, package unsafe */
		rest = heap(e);
	}
	for (; first < args.len; first++)
		escape_expr(e, rest, args.items[first]);
}

/* Who is called: a literal of this function, or a declared function; both NULL: unknown. recv: its receiver expression. */
typedef struct Callee {
	FuncInfo *literal, *info;
	Node *recv;
	bool by_address; /* the receiver is the address of recv */
} Callee;

static FuncInfo *declared_info(Object *o) {
	if (o && o->origin)
		o = o->origin;
	return o && o->kind == OBJECT_FUNC ? o->func : NULL;
}

static void method_callee(SelectorExpr *s, Callee *out) {
	const Selection *found = s->selection;
	if (found->kind != SELECT_METHOD || found->is_interface_method || found->on_type_param)
		return;
	out->info = declared_info(found->object);
	out->recv = s->x;
	const Type *signature = out->info ? out->info->object->type : NULL;
	bool known = signature && signature->kind == TYPE_SIGNATURE && signature->recv;
	bool pointer = !known || type_underlying(signature->recv->type)->kind == TYPE_POINTER;
	if (!known)
		out->info = NULL;
	out->by_address = pointer && !found->indirect && kind_of(s->x) != TYPE_POINTER;
}

static Callee callee_of(Escape *e, Node *fun) {
	Callee out = {0};
	fun = ast_unparen(fun);
	if (fun->kind == NODE_INDEX)
		fun = ast_unparen(AS(IndexExpr, fun)->x);
	if (fun->kind == NODE_FUNC_LIT) {
		out.literal = AS(FuncLit, fun)->info;
	} else if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection) {
		method_callee(AS(SelectorExpr, fun), &out);
	} else {
		Object *o = node_object(fun);
		out.literal = o && o->kind == OBJECT_VAR ? ptrmap_get(&e->literals, o) : NULL;
		out.info = declared_info(o);
	}
	return out;
}

static void receiver(Escape *e, Hole k, const Callee *callee) {
	if (callee->by_address)
		escape_address(e, k, callee->recv);
	else
		escape_expr(e, k, callee->recv);
}

/* The arguments of a call, each to its parameter's place; those of ... in a slice. */
static void arguments(Escape *e, CallExpr *call, const Type *signature, Loc *const *params) {
	uint32_t fixed = signature->param_count - (signature->variadic && !call->ellipsis);
	Hole rest = nowhere;
	for (uint32_t i = 0; i < call->args.len; i++) {
		if (i == fixed && signature->variadic && !call->ellipsis)
			rest = (Hole){new_site(e, (Hole){params[i], 0}, &call->node), 0};
		escape_expr(e, i < fixed ? (Hole){params[i], 0} : rest, call->args.items[i]);
	}
}

/* A literal whose body is part of this analysis, or this function itself. */
static void call_known(Escape *e, CallExpr *call, const FlowFunc *f, const Callee *callee, const Hole *results, uint32_t count) {
	const Type *signature = f->info->signature;
	Loc **params = ARENA_ARRAY(e->arena, Loc *, signature->param_count + 1);
	for (uint32_t i = 0; i < signature->param_count; i++)
		params[i] = signature->params[i] ? escape_var(e, signature->params[i]) : escape_loc(e, e->depth, NO_DEPTH);
	if (callee->recv)
		receiver(e, signature->recv ? (Hole){escape_var(e, signature->recv), 0} : nowhere, callee);
	arguments(e, call, signature, params);
	for (uint32_t i = 0; i < count && i < signature->result_count; i++)
		escape_flow(e, results[i], f->results[i], 0);
}

static Loc *argument(Escape *e, const Leaks *leaks, const Hole *results, uint32_t count) {
	Loc *l = escape_loc(e, e->depth, NO_DEPTH);
	if (leaks->heap != NO_LEAK)
		escape_flow(e, heap(e), l, leaks->heap);
	for (uint32_t i = 0; i < count && i < MAX_FLOW_RESULTS; i++)
		if (leaks->results[i] != NO_LEAK)
			escape_flow(e, results[i], l, leaks->results[i]);
	return l;
}

static void call_declared(Escape *e, CallExpr *call, const FuncFlow *flow, const Callee *callee, const Hole *results, uint32_t count) {
	const Type *signature = callee->info->signature;
	Loc **params = ARENA_ARRAY(e->arena, Loc *, signature->param_count + 1);
	if (callee->recv)
		receiver(e, (Hole){argument(e, &flow->params[0], results, count), 0}, callee);
	for (uint32_t i = 0; i < signature->param_count; i++)
		params[i] = argument(e, &flow->params[1 + i], results, count);
	arguments(e, call, signature, params);
}

static void call_unknown(Escape *e, CallExpr *call, const Callee *callee) {
	Node *fun = ast_unparen(call->fun);
	if (callee->recv)
		receiver(e, heap(e), callee);
	else if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection)
		escape_expr(e, heap(e), AS(SelectorExpr, fun)->x);
	else
		escape_expr(e, nowhere, fun);
	for (uint32_t i = 0; i < call->args.len; i++)
		escape_expr(e, heap(e), call->args.items[i]);
}

static void call_one(Escape *e, CallExpr *call, const Hole *results, uint32_t count) {
	Callee callee = callee_of(e, call->fun);
	if (call_passes_tuple(call)) {
		call_unknown(e, call, &callee);
		return;
	}
	if (callee.literal) {
		escape_expr(e, nowhere, call->fun);
		const FlowFunc *f = ptrmap_get(&e->funcs, callee.literal);
		if (f)
			call_known(e, call, f, &callee, results, count);
		else
			call_unknown(e, call, &callee);
		return;
	}
	if (callee.info && callee.info == e->info && !callee.info->package->is_session) {
		call_known(e, call, ptrmap_get(&e->funcs, callee.info), &callee, results, count);
		return;
	}
	const FuncFlow *flow = escape_callee(e, callee.info);
	if (flow)
		call_declared(e, call, flow, &callee, results, count);
	else
		call_unknown(e, call, &callee);
}

void escape_call(Escape *e, CallExpr *call, const Hole *results, uint32_t count) {
	if (call->call_kind == CALL_CONVERSION)
		conversion(e, results[0], call);
	else if (call->call_kind == CALL_BUILTIN)
		builtin(e, count ? results[0] : nowhere, call);
	else
		call_one(e, call, results, count);
}

/* The function value of a deferred call is kept until it runs; what it is given may be looked at by anybody then. */
void escape_later(Escape *e, CallExpr *call, Loc *keeper) {
	Node *fun = ast_unparen(call->fun);
	Hole kept = {keeper, 0};
	if (call->call_kind == CALL_CALL && fun->kind == NODE_FUNC_LIT && keeper != e->heap && call->args.len == 0) {
		escape_expr(e, kept, fun);
		return;
	}
	if (call->call_kind == CALL_CALL && keeper != e->heap && !call_passes_tuple(call)) {
		Callee callee = callee_of(e, fun);
		const FuncFlow *flow = callee.literal ? NULL : escape_callee(e, callee.info);
		const Type *signature = flow ? callee.info->signature : NULL;
		if (flow && !signature->variadic) {
			Loc *l = argument(e, &flow->params[0], NULL, 0);
			escape_flow(e, kept, l, 0);
			if (callee.recv)
				receiver(e, (Hole){l, 0}, &callee);
			for (uint32_t i = 0; i < call->args.len; i++) {
				l = argument(e, &flow->params[1 + i], NULL, 0);
				escape_flow(e, kept, l, 0);
				escape_expr(e, (Hole){l, 0}, call->args.items[i]);
			}
			return;
		}
	}
	Callee nobody = {0};
	if (fun->kind == NODE_FUNC_LIT || call->call_kind != CALL_CALL)
		escape_expr(e, call->call_kind == CALL_CALL ? heap(e) : nowhere, fun);
	else if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection)
		nobody = callee_of(e, fun);
	else
		escape_expr(e, heap(e), fun);
	if (nobody.recv)
		receiver(e, heap(e), &nobody);
	else if (fun->kind == NODE_SELECTOR && AS(SelectorExpr, fun)->selection)
		escape_expr(e, heap(e), AS(SelectorExpr, fun)->x);
	for (uint32_t i = 0; i < call->args.len; i++)
		escape_expr(e, heap(e), call->args.items[i]);
}

/* ---------------------------------------------------------------- expressions */

/* x.M without a call: a closure over the receiver. What the method returns of it goes to somebody unknown. */
static void method_value(Escape *e, Hole k, SelectorExpr *s) {
	Callee callee = {.recv = s->x};
	method_callee(s, &callee);
	const FuncFlow *flow = callee.info == e->info ? NULL : escape_callee(e, callee.info);
	if (!flow) {
		receiver(e, heap(e), &callee);
		return;
	}
	Leaks leaks = flow->params[0];
	for (uint32_t i = 0; i < MAX_FLOW_RESULTS; i++)
		if (leaks.results[i] != NO_LEAK && (leaks.heap == NO_LEAK || leaks.heap > leaks.results[i]))
			leaks.heap = leaks.results[i];
	Loc *recv = argument(e, &leaks, NULL, 0);
	receiver(e, (Hole){recv, 0}, &callee);
	escape_flow(e, (Hole){new_site(e, k, &s->node), 0}, recv, 0);
}

static void selector(Escape *e, Hole k, SelectorExpr *s) {
	const Selection *found = s->selection;
	if (!found || found->kind == SELECT_METHOD_EXPR)
		return;
	if (found->kind == SELECT_METHOD) {
		method_value(e, k, s);
		return;
	}
	escape_expr(e, found->indirect || kind_of(s->x) == TYPE_POINTER ? deref(k) : k, s->x);
}

static void index_expr(Escape *e, Hole k, IndexExpr *x) {
	TypeKind kind = kind_of(x->x);
	if (kind == TYPE_SIGNATURE || x->x->mode == MODE_TYPE)
		return;
	escape_expr(e, kind == TYPE_MAP ? heap(e) : nowhere, x->indices.items[0]);
	if (kind == TYPE_SLICE || kind == TYPE_POINTER)
		k = deref(k);
	escape_expr(e, kind == TYPE_MAP || kind == TYPE_STRING ? nowhere : k, x->x);
}

static void slice_expr(Escape *e, Hole k, SliceExpr *x) {
	Node *bounds[3] = {x->low, x->high, x->max};
	for (uint32_t i = 0; i < 3; i++)
		if (bounds[i])
			escape_expr(e, nowhere, bounds[i]);
	if (kind_of(x->x) == TYPE_ARRAY)
		escape_address(e, k, x->x);
	else
		escape_expr(e, k, x->x);
}

static void binary(Escape *e, Node *n) {
	bool conditional = e->conditional;
	while (n->kind == NODE_BINARY && !n->value) { /* chains lean to the left */
		BinaryExpr *x = AS(BinaryExpr, n);
		e->conditional = true;
		escape_expr(e, nowhere, x->y);
		n = ast_unparen(x->x);
	}
	escape_expr(e, nowhere, n);
	e->conditional = conditional;
}

/* A call as an operand: one value, or several that all go the same way. */
static void call_operand(Escape *e, Hole k, CallExpr *call) {
	const Type *t = call->node.type;
	uint32_t count = t && t->kind == TYPE_TUPLE && t->tuple.len > 1 ? t->tuple.len : 1;
	Hole *results = ARENA_ARRAY(e->arena, Hole, count);
	for (uint32_t i = 0; i < count; i++)
		results[i] = k;
	escape_call(e, call, results, count);
}

static void expression(Escape *e, Hole k, Node *n) {
	switch ((NodeKind)n->kind) {
	case NODE_IDENT: {
		Object *o = AS(Ident, n)->object;
		if (o && o->kind == OBJECT_VAR && !o->is_global && !node_is_blank(n))
			escape_flow(e, k, escape_var(e, o), 0);
		return;
	}
	case NODE_FUNC_LIT: func_lit(e, k, AS(FuncLit, n)); return;
	case NODE_COMPOSITE_LIT: composite(e, k, AS(CompositeLit, n)); return;
	case NODE_SELECTOR: selector(e, k, AS(SelectorExpr, n)); return;
	case NODE_INDEX: index_expr(e, k, AS(IndexExpr, n)); return;
	case NODE_SLICE: slice_expr(e, k, AS(SliceExpr, n)); return;
	case NODE_TYPE_ASSERT: escape_expr(e, k, AS(TypeAssertExpr, n)->x); return;
	case NODE_CALL: call_operand(e, k, AS(CallExpr, n)); return;
	case NODE_STAR: escape_expr(e, deref(k), AS(StarExpr, n)->x); return;
	case NODE_UNARY:
		if (AS(UnaryExpr, n)->op == TOK_AND)
			escape_address(e, k, AS(UnaryExpr, n)->x);
		else
			escape_expr(e, nowhere, AS(UnaryExpr, n)->x);
		return;
	case NODE_BINARY: binary(e, n); return;
	default: return;
	}
}

void escape_expr(Escape *e, Hole k, Node *n) {
	n = ast_unparen(n);
	if (n->value || n->mode == MODE_TYPE || n->mode == MODE_BUILTIN)
		return;
	if (++*e->deep > MAX_FLOW_DEPTH)
		e->failed = true;
	if (n->mode == MODE_NOVALUE || (n->type && n->type->kind != TYPE_TUPLE && !escape_holds(n->type)))
		k = nowhere;
	if (!e->failed)
		expression(e, k, n);
	--*e->deep;
}
