/* SPDX-License-Identifier: MIT */
/* capture.c: where variables live, and closures over them.
 * Owns: Var records (Object.lowered of local variables, stamped with the Gen they belong to).
 * Rules: a variable lives in the frame unless its address is taken, a closure shares it and somebody assigns to it, it
 * is an array with a dynamic index that no FINDEX instruction can serve, or it is large; then it lives in a box of its
 * own on the heap and its slot holds the box's address. Captured variables that are never reassigned are copied into
 * the closure. The decision is made once, where the variable is declared; closures get it with the capture.
 * Why so simple: what the checker records (address_taken, captured, reassigned) suffices to keep ordinary locals out of
 * boxes; boxes whose addresses stay in their block are released there (escape.c). */
#include "compiler/gen.h"

/* ---------------------------------------------------------------- arrays with dynamic indices */

bool frame_array_ok(const TypeDesc *array) {
	const TypeDesc *elem = array->elem;
	if (array->slots > MAX_FRAME_ARRAY || array->length == 0 || desc_is_aggregate(elem))
		return false;
	return elem->size == 8 || elem->kind == KIND_UINT8 || elem->kind == KIND_BOOL;
}

/* The local variable whose slots an expression denotes (x, x.f, x[2], ...), or NULL. */
static Object *root_variable(Node *n) {
	for (;;) {
		n = ast_unparen(n);
		if (n->kind == NODE_IDENT) {
			Object *o = AS(Ident, n)->object;
			return o && o->kind == OBJECT_VAR && !o->is_global ? o : NULL;
		}
		if (n->kind == NODE_SELECTOR) {
			SelectorExpr *s = AS(SelectorExpr, n);
			if (!s->selection || s->selection->kind != SELECT_FIELD || s->selection->indirect)
				return NULL;
			n = s->x;
		} else if (n->kind == NODE_INDEX && n->mode == MODE_VAR) {
			n = AS(IndexExpr, n)->x;
		} else {
			return NULL;
		}
	}
}

static bool is_array(Gen *g, Node *n) {
	if (!n->type || n->mode == MODE_TYPE || n->mode == MODE_BUILTIN || n->mode == MODE_NOVALUE ||
	    n->type->kind == TYPE_TUPLE)
		return false;
	Type *t = gen_type(g, n->type);
	return type_underlying(t)->kind == TYPE_ARRAY;
}

static Var *var_record(Gen *g, Object *o) {
	Var *v = o->lowered;
	if (!v || v->gen != g->id) {
		v = ARENA_NEW(g->c->arena, Var);
		v->gen = g->id;
		v->slot = NO_REG;
		o->lowered = v;
	}
	return v;
}

static bool scan_enter(Walker *w, Node *n) {
	Gen *g = w->data;
	Node *array = NULL;
	if (n->kind == NODE_INDEX) {
		IndexExpr *e = AS(IndexExpr, n);
		if (e->indices.len == 1 && !e->indices.items[0]->value)
			array = e->x;
	} else if (n->kind == NODE_RANGE_STMT) {
		RangeStmt *s = AS(RangeStmt, n);
		if (s->value && !node_is_blank(s->value))
			array = s->x;
	}
	if (!array)
		return true;
	Object *o = root_variable(array);
	if (!o || !is_array(g, array))
		return true;
	const TypeDesc *d = node_desc(g, array);
	if (!frame_array_ok(d))
		var_record(g, o)->must_box = true;
	return true;
}

void capture_scan(Gen *g, Node *body) {
	Walker w = {.enter = scan_enter, .data = g};
	ast_walk(&w, body);
	range_plan_scan(g, body);
}

void captures_share(Gen *g, const FuncInfo *literal) {
	for (uint32_t i = 0; i < literal->captures.len; i++)
		if (!literal->captures.items[i]->is_global)
			var_record(g, literal->captures.items[i])->shared = true;
}

bool var_must_box(Gen *g, Object *o, const TypeDesc *d) {
	Var *v = o->lowered;
	if (v && v->gen == g->id && v->must_box)
		return true;
	if (o->address_taken || d->slots > MAX_FRAME_VALUE_SLOTS)
		return true;
	bool captured = o->captured || (o->range_captured && v && v->gen == g->id && v->shared);
	/* A return statement assigns to results. */
	return captured && (o->reassigned || o->is_result || d->slots > MAX_CAPTURE_SLOTS);
}

/* ---------------------------------------------------------------- variables */

static void global_word(void *user, uint32_t word) {
	Session *s = user;
	while (word / 64 >= s->globals_ptr_bits.len)
		VEC_PUSH(s->arena, &s->globals_ptr_bits, 0);
	s->globals_ptr_bits.items[word / 64] |= 1ull << word % 64;
}

static void global_request_init(Compiler *c, Object *o) {
	package_reached(c, o->package);
	if (o->package->is_library && o->init)
		var_init_request(c, o->package, o->init);
}

/* A place that global_release gave back; false: there is none for values of this type. */
static bool global_reuse(Session *s, const TypeDesc *d, uint32_t *offset) {
	for (uint32_t i = 0; i < s->free_globals.len; i++) {
		if (s->free_globals.items[i].type != d)
			continue;
		*offset = s->free_globals.items[i].offset;
		s->free_globals.items[i] = s->free_globals.items[--s->free_globals.len];
		return true;
	}
	return false;
}

static uint32_t global_allocate(Compiler *c, const Object *o, const TypeDesc *d) {
	Session *s = c->s;
	uint32_t offset;
	if (global_reuse(s, d, &offset))
		return offset;
	offset = ALIGN_UP(s->globals_end, 16u);
	if (offset > 0x7fffffffu - d->size)
		compile_error(c, o->pos, "package-level variables take more than 2 GiB");
	else
		s->globals_end = offset + (d->size ? d->size : 1);
	Buf name;
	buf_init(&name, c->arena->mem);
	buf_printf(&name, "%s.%s", o->package->path, o->name->text);
	GlobalDesc global = {.name = arena_strndup(s->arena, buf_cstr(&name), name.len), .type = d, .offset = offset};
	buf_deinit(&name);
	VEC_PUSH(s->arena, &s->globals, global);
	type_pointer_words(d, offset, global_word, s);
	return offset;
}

bool global_place(const Object *o, uint32_t *offset, const TypeDesc **type) {
	const Var *v = o->lowered;
	if (!v || v->kind != VAR_GLOBAL)
		return false;
	*offset = v->offset;
	*type = v->desc;
	return true;
}

void global_release(Session *session, Object *o) {
	GlobalDesc place = {.name = ""};
	if (!global_place(o, &place.offset, &place.type))
		return;
	VEC_PUSH(session->arena, &session->free_globals, place);
	o->lowered = NULL;
}

static Var *global_var(Gen *g, Object *o) {
	Compiler *c = g->c;
	check_object(c->u, o);
	const TypeDesc *d = lower_type(c, o->type);
	uint32_t offset = global_allocate(c, o, d);
	Var *v = ARENA_NEW(c->arena, Var);
	*v = (Var){.kind = VAR_GLOBAL, .offset = offset, .desc = d};
	o->lowered = v;
	global_request_init(c, o);
	return v;
}

Var *var_of(Gen *g, Object *o) {
	Var *v = o->lowered;
	if (o->is_global)
		return v ? v : global_var(g, o);
	if (v && v->gen == g->id && v->desc)
		return v;
	/* Declared in code that was left out as unreachable. */
	return var_declare_fresh(g, o, gen_desc(g, o->type), true);
}

/* A variable is declared again, in another round of an inlined body: where it lay until now is kept for the table of names. */
static void keep_place(Gen *g, const Var *v) {
	for (uint32_t i = g->vars.len; i-- > 0;) {
		GenVar *old = &g->vars.items[i];
		if (old->var != v)
			continue;
		*old = (GenVar){old->object, NULL, old->pc, v->slot, v->kind, v->desc};
		return;
	}
}

Var *var_declare(Gen *g, Object *o, const TypeDesc *d) {
	Var *v = o->lowered;
	if (!v || v->gen != g->id) {
		v = ARENA_NEW(g->c->arena, Var);
		v->gen = g->id;
		o->lowered = v;
	} else {
		if (g->var_undo_depth)
			VEC_PUSH(g->c->arena, &g->var_undo, ((VarUndo){v, *v}));
		keep_place(g, v);
	}
	if (g->body.package == g->work->package) /* the variables of other packages' inlined functions mean nothing here */
		VEC_PUSH(g->c->arena, &g->vars, ((GenVar){.object = o, .var = v, .pc = g->code.len}));
	g->newest = NO_INSN; /* it may take over a temporary: no longer one that is read once */
	v->kind = VAR_FRAME;
	v->desc = d;
	v->slot = NO_REG;
	v->literal = NULL;
	v->called_once = false;
	v->range_body = NULL;
	v->iterator = NULL;
	v->inside = NULL;
	return v;
}

void var_undo(Gen *g, uint32_t mark) {
	while (g->var_undo.len > mark) {
		const VarUndo *u = &g->var_undo.items[--g->var_undo.len];
		keep_place(g, u->var);
		*u->var = u->before;
	}
}

Var *var_declare_at(Gen *g, Object *o, const TypeDesc *d, Reg slot) {
	Var *v = var_declare(g, o, d);
	v->slot = slot;
	return v;
}

void gen_new_box(Gen *g, const TypeDesc *d, Reg dest) {
	emit_2(g, OP_NEW_BOX, dest, 0, 0, d);
}

Var *var_declare_fresh(Gen *g, Object *o, const TypeDesc *d, bool zero) {
	Var *v = var_declare(g, o, d);
	if (var_must_box(g, o, d)) {
		v->kind = VAR_BOXED;
		v->slot = slot_pointer(g);
		gen_new_box(g, d, v->slot);
		release_box(g, o, d, v->slot);
	} else {
		v->slot = slot_alloc(g, d);
		if (zero)
			emit_zero(g, d, v->slot);
	}
	return v;
}

/* ---------------------------------------------------------------- closures */

void captures_lay_out(Gen *g, Work *w, FuncInfo *literal) {
	Function *fn = w->fn;
	uint32_t count = literal->captures.len, all = count + w->hidden_count;
	CaptureDesc *descs = ARENA_ARRAY(g->c->s->arena, CaptureDesc, all + 1);
	w->captures = ARENA_ARRAY(g->c->arena, Capture, all + 1);
	for (uint32_t i = 0; i < all; i++) {
		Object *o = i < count ? literal->captures.items[i] : w->hidden[i - count];
		if (o->is_global)
			continue;
		const Var *v = var_of(g, o);
		descs[w->capture_count] = (CaptureDesc){.type = v->desc, .boxed = v->kind == VAR_BOXED};
		w->captures[w->capture_count++] = (Capture){.object = o, .desc = v->desc, .boxed = v->kind == VAR_BOXED};
	}
	fn->capture_count = w->capture_count;
	if (!captures_shape(g->c->types, fn, descs))
		g->too_large = true;
	for (uint32_t i = 0; i < w->capture_count; i++)
		w->captures[i].slot = descs[i].slot;
}

Work *gen_literal_work(Gen *g, FuncInfo *literal, Node *node) {
	Buf name;
	buf_init(&name, g->c->arena->mem);
	uint32_t number = ++g->closure_count;
	bool nested = g->info && g->info->node && g->info->node->kind == NODE_FUNC_LIT;
	buf_printf(&name, nested ? "%s.%u" : "%s.func%u", g->fn->name, number);
	Work *w =
		function_request(g->c, literal, g->work->subst, arena_strndup(g->c->arena, buf_cstr(&name), name.len));
	buf_deinit(&name);
	if (!w->captures) {
		w->pos = node->pos;
		captures_lay_out(g, w, literal);
	}
	return w;
}

static Reg capture_source(Gen *g, const Capture *capture) {
	return var_of(g, capture->object)->slot;
}

static uint32_t capture_slots(const Capture *capture) {
	return capture->boxed ? 1 : capture->desc->slots;
}

void gen_make_closure(Gen *g, Work *w, Reg dest, const Node *site) {
	if (w->fn->capture_slots == 0) {
		emit_2(g, OP_LOADFUNC, dest, 0, 0, w->fn);
		return;
	}
	uint32_t mark = g->top;
	Reg base;
	if (w->capture_count == 1) {
		base = capture_source(g, &w->captures[0]);
	} else {
		base = slots_alloc(g, w->fn->capture_slots, true);
		for (uint32_t i = 0; i < w->capture_count; i++) {
			const Capture *capture = &w->captures[i];
			if (capture->boxed)
				slot_declare_pointer(g, base + capture->slot);
			else
				slot_declare(g, base + capture->slot, capture->desc);
			emit_move_slots(g, base + capture->slot, capture_source(g, capture), capture_slots(capture));
		}
	}
	emit_2(g, release_wants(g, site) ? OP_MKCLOSURE_OWN : OP_MKCLOSURE, dest, base, w->fn->capture_slots, w->fn);
	release_closure(g, site, w->fn, dest);
	g->top = mark;
}

Reg gen_closure(Gen *g, FuncInfo *literal, Node *node, Reg dest) {
	Work *w = gen_literal_work(g, literal, node);
	if (dest == NO_REG)
		dest = slot_pointer(g);
	gen_make_closure(g, w, dest, node);
	return dest;
}
