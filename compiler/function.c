/* SPDX-License-Identifier: MIT */
/* function.c: from a Work to finished code: prologue, body, epilogue, tables.
 * Rules: parameters and results stay where the caller put them unless they must live in a box. Functions with defer
 * zero their results at entry and leave through RUN_DEFERS, which reads boxed results back. When a short jump turns
 * out too long the function is generated once more with far jumps. */
#include "compiler/gen.h"

/* ---------------------------------------------------------------- prologue */

void gen_declare_param(Gen *g, Object *o, const TypeDesc *d, Reg slot) {
	slot_declare(g, slot, d);
	if (!o || !o->name || (o->name->len == 1 && o->name->text[0] == '_'))
		return;
	if (!var_must_box(g, o, d)) {
		var_declare_at(g, o, d, slot);
		return;
	}
	Reg box = slot_pointer(g);
	gen_new_box(g, d, box);
	Place p = place_memory(d, box, 0);
	p.nonnil = true;
	place_store(g, &p, slot);
	var_declare_at(g, o, d, box)->kind = VAR_BOXED;
	release_box(g, o, d, box);
}

void gen_declare_results(Gen *g, Type *signature) {
	const TypeDesc *type = g->body.type;
	bool named = false;
	for (uint32_t i = 0; i < type->result_count; i++)
		named = named || (signature->results[i]->name && signature->results[i]->name->len);
	for (uint32_t i = 0; i < type->result_count; i++) {
		const TypeDesc *d = type->results[i];
		Object *o = signature->results[i];
		Reg slot = result_slot(g, i);
		slot_declare(g, slot, d);
		if (named)
			VEC_PUSH(g->c->arena, &g->body.result_vars, o);
		if (named && var_must_box(g, o, d)) {
			Reg box = slot_pointer(g);
			gen_new_box(g, d, box);
			var_declare_at(g, o, d, box)->kind = VAR_BOXED;
			release_box(g, o, d, box);
			g->body.boxed_results = true;
			if (g->body.has_defer)
				emit_zero(g, d, slot);
		} else if (named) {
			var_declare_at(g, o, d, slot);
			emit_zero(g, d, slot);
		} else if (g->body.has_defer) {
			emit_zero(g, d, slot);
		}
	}
}

/* Pairs are loaded whole. */
void gen_load_captured(Gen *g, Reg dest, uint32_t from, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		bool pair = i + 2 <= count && (dest + i) % 2 == 0 && (from + i) % 2 == 0;
		emit(g, pair ? OP_LOADC_128 : OP_LOADC_64, dest + i, 0, from + i);
		i += pair;
	}
}

static void load_captures(Gen *g) {
	const Work *w = g->work;
	for (uint32_t i = 0; i < w->capture_count; i++) {
		const Capture *capture = &w->captures[i];
		Var *v = var_declare(g, capture->object, capture->desc);
		if (capture->boxed) {
			v->kind = VAR_BOXED;
			v->slot = slot_pointer(g);
			emit(g, OP_LOADC_64, v->slot, 0, capture->slot);
			continue;
		}
		v->slot = slot_alloc(g, capture->desc);
		gen_load_captured(g, v->slot, capture->slot, capture->desc->slots);
	}
}

static void gen_body(Gen *g) {
	FuncInfo *info = g->info;
	Type *signature = info->signature;
	const TypeDesc *type = g->fn->type;
	BlockStmt *body = AS(BlockStmt, info->body);
	escape_analyze(g->c, info);
	capture_scan(g, info->body);
	if (info->package->is_session && info->object)
		emit_2(g, OP_ENTRY, 0, 0, 0, NULL);
	load_captures(g);
	for (uint32_t i = 0; i < type->param_count && !g->work->range; i++)
		gen_declare_param(g, signature->params[i], type->params[i], g->body.layout->params[i]);
	if (g->fn->recv_type && signature->recv)
		gen_declare_param(g, signature->recv, g->fn->recv_type, g->body.layout->shape.recv);
	gen_declare_results(g, signature);
	if (g->work->range)
		gen_range_func_prologue(g);
	gen_block(g, body->stmts);
	gen_pos(g, body->rbrace);
	if (g->work->range)
		gen_range_func_end(g);
	else if (type->result_count && !g->body.has_defer)
		emit(g, OP_UNREACHABLE, 0, 0, 0);
	else if (!g->body.has_defer)
		gen_return_jump(g);
}

/* Where returns of functions with defer meet, and where recovered panics go on. */
static void gen_epilogue(Gen *g) {
	if (!g->body.has_defer)
		return;
	label_bind(g, &g->epilogue);
	g->dead = false;
	g->fn->flags |= FUNC_DEFERS;
	g->fn->defer_return = g->code.len;
	emit(g, OP_RUN_DEFERS, 0, 0, 0);
	for (uint32_t i = 0; i < g->body.result_vars.len; i++) {
		const Var *v = var_of(g, g->body.result_vars.items[i]);
		if (v->kind != VAR_BOXED)
			continue;
		Place p = place_memory(v->desc, v->slot, 0);
		p.nonnil = true;
		place_load_to(g, &p, g->body.layout->results[i]);
	}
	release_params(g);
	emit(g, OP_RET, 0, 0, 0);
}

/* ---------------------------------------------------------------- other kinds */

/* When the native calls Go its frame waits below, and what it was given must live. */
static void gen_native(Gen *g) {
	const CallLayout *layout = g->body.layout;
	const TypeDesc *type = g->fn->type;
	for (uint32_t i = 0; i < type->param_count; i++)
		slot_declare(g, layout->params[i], type->params[i]);
	if (g->fn->recv_type)
		slot_declare(g, layout->shape.recv, g->fn->recv_type);
	emit(g, OP_NATIVE_BODY, 0, 0, 0);
	emit(g, OP_RET, 0, 0, 0);
}

static void gen_var_init(Gen *g) {
	VarInit *init = g->work->init;
	if (!init->rhs)
		return;
	capture_scan(g, init->rhs);
	g->statement_top = g->top;
	gen_pos(g, init->rhs->pos);
	if (init->lhs_count == 1)
		gen_define(g, init->lhs[0], init->rhs, gen_desc(g, init->lhs[0]->type));
	else
		gen_assign_multi(g, NULL, init->lhs, init->lhs_count, init->rhs);
	emit(g, OP_RET, 0, 0, 0);
}

static void gen_init(Gen *g) {
	Reg base = gen_call_base(g, FRAME_HEADER_SLOTS);
	for (uint32_t i = 0; i < g->work->calls.len; i++)
		emit_call(g, (Function *)(uintptr_t)g->work->calls.items[i], base);
	emit(g, OP_RET, 0, 0, 0);
}

/* ---------------------------------------------------------------- finishing */

static void gen_start(Gen *g, Compiler *c, Work *w, bool far_jumps, bool no_reuse) {
	memset(g, 0, sizeof *g);
	g->c = c;
	g->work = w;
	g->fn = w->fn;
	g->info = w->info;
	g->body.package = w->package;
	g->body.labels = &g->labels;
	g->body.subst = w->subst.count ? &w->subst : NULL;
	g->body.type = w->fn->type;
	g->id = ++c->next_gen;
	g->far_jumps = far_jumps;
	g->no_reuse = no_reuse;
	g->newest = NO_INSN;
	g->body.has_defer = w->info && w->info->has_defer && !w->range;
	g->body.layout = call_layout(c, w->fn->type);
	g->pos = w->pos;
	g->top = w->fn->recv_type ? g->body.layout->shape.recv + w->fn->recv_type->slots : g->body.layout->shape.params_end;
	g->max_top = g->top;
	slot_declare_pointer(g, 1);
	if (g->top > MAX_FRAME_SLOTS)
		g->too_large = true;
}

/* Each inlined call gets a word that is never executed, to carry the position of the call. */
static void finish_sites(Gen *g) {
	uint32_t count = g->sites.len;
	if (count == 0)
		return;
	InlineSite *sites = ARENA_ARRAY(g->c->s->arena, InlineSite, count);
	for (uint32_t i = 0; i < count; i++) {
		const GenSite *site = &g->sites.items[i];
		Position at = source_position(g->c->u->sources, site->pos);
		sites[i] = (InlineSite){site->fn, g->code.len};
		LineEntry entry = {
			.pc = g->code.len,
			.line = at.line,
			.column = at.column > 0xffff ? 0xffff : (uint16_t)at.column,
			.file = file_index(g->c, at.file),
			.site = site->outer,
		};
		VEC_PUSH(g->c->arena, &g->lines, entry);
		VEC_PUSH(g->c->arena, &g->code, ((Insn){.op = OP_UNREACHABLE}));
	}
	g->fn->inlines = sites;
	g->fn->inline_count = count;
}

/* Whether a goroutine may wait on something in a variable of this type, or in what it points to. */
static bool may_be_waited_on(const TypeDesc *d, uint32_t depth) {
	if (!d || depth > 3)
		return false;
	switch ((Kind)d->kind) {
	case KIND_CHAN:
		return true;
	case KIND_POINTER: case KIND_SLICE: case KIND_ARRAY:
		return may_be_waited_on(d->elem, depth + 1);
	case KIND_STRUCT:
		if (d->pkg_path && strcmp(d->pkg_path, "sync") == 0)
			return true;
		for (uint32_t i = 0; i < d->field_count; i++)
			if (may_be_waited_on(d->fields[i].type, depth + 1))
				return true;
		return false;
	default:
		return false;
	}
}

static void finish_vars(Gen *g) {
	uint32_t n = 0;
	VarEntry *vars = g->vars.len ? ARENA_ARRAY(g->c->s->arena, VarEntry, g->vars.len) : NULL;
	for (uint32_t i = 0; i < g->vars.len; i++) {
		const GenVar *v = &g->vars.items[i];
		Reg slot = v->var ? v->var->slot : v->slot;
		uint8_t kind = v->var ? v->var->kind : v->kind;
		const TypeDesc *d = v->var ? v->var->desc : v->desc;
		if (!v->object->name || !v->object->name->len || kind == VAR_GLOBAL || slot >= MAX_FRAME_SLOTS || !may_be_waited_on(d, 0))
			continue;
		vars[n++] = (VarEntry){v->object->name->text, d, v->pc, (uint16_t)slot, kind == VAR_BOXED};
	}
	g->fn->vars = n ? vars : NULL;
	g->fn->var_count = n;
}

static const uint64_t *released_slots(Gen *g, uint32_t words) {
	uint64_t *bits = ARENA_ARRAY(g->c->s->arena, uint64_t, words);
	for (uint32_t pc = 0; pc < g->code.len; pc += (uint32_t)op_words(&g->code.items[pc])) {
		Insn at = g->code.items[pc];
		if (op_releases((Op)at.op))
			bits[at.a / 64] |= 1ull << at.a % 64;
	}
	return bits;
}

static void gen_finish(Gen *g) {
	Function *fn = g->fn;
	Arena *arena = g->c->s->arena;
	fuse_jumps(g);
	finish_sites(g);
	Insn *code = ARENA_ARRAY(arena, Insn, g->code.len + 1);
	memcpy(code, g->code.items, g->code.len * sizeof(Insn));
	fn->code = code;
	fn->code_len = g->code.len;
	fn->frame_slots = (uint16_t)ALIGN_UP(g->max_top, 2u);
	uint32_t words = fn->frame_slots / 64 + 1;
	uint64_t *bits = ARENA_ARRAY(arena, uint64_t, words);
	memcpy(bits, g->slot_ptrs.items, (g->slot_ptrs.len < words ? g->slot_ptrs.len : words) * sizeof(uint64_t));
	fn->slot_ptrs = bits;
	fn->released = g->released ? released_slots(g, words) : NULL;
	if (g->lines.len) {
		LineEntry *lines = ARENA_ARRAY(arena, LineEntry, g->lines.len);
		memcpy(lines, g->lines.items, g->lines.len * sizeof(LineEntry));
		fn->lines = lines;
		fn->line_count = g->lines.len;
	}
	finish_vars(g);
	if (g->work->pos) {
		Position at = source_position(g->c->u->sources, g->work->pos);
		fn->file = at.file;
		fn->line = at.line;
	}
}

static void gen_code(Gen *g) {
	switch (g->work->kind) {
	case WORK_BODY:
		gen_body(g);
		gen_epilogue(g);
		break;
	case WORK_NATIVE:
		gen_native(g);
		break;
	case WORK_VAR_INIT:
		gen_var_init(g);
		break;
	case WORK_INIT:
		gen_init(g);
		break;
	case WORK_PROMOTED: case WORK_BOUND: case WORK_UNBOUND: case WORK_BUILTIN:
		gen_wrapper(g);
		break;
	}
	/* A label may lie behind the last instruction. */
	if (!g->dead)
		emit(g, OP_RET, 0, 0, 0);
}

void gen_function(Compiler *c, Work *w) {
	Gen g;
	uint32_t errors = c->u->sources->error_count;
	gen_start(&g, c, w, false, false);
	if (!g.too_large)
		gen_code(&g);
	for (int again = 0; again < 2 && (g.need_far_jumps || g.need_no_reuse) && !g.too_large; again++) {
		gen_start(&g, c, w, g.far_jumps || g.need_far_jumps, g.no_reuse || g.need_no_reuse);
		gen_code(&g);
	}
	if (g.too_large) {
		if (c->u->sources->error_count == errors)
			compile_error(c, w->pos, "stack frame too large (>%d kB)", MAX_FRAME_SLOTS * 8 / 1000);
		g.code.len = g.lines.len = g.sites.len = g.vars.len = 0;
		g.max_top = FRAME_HEADER_SLOTS;
		g.dead = false;
		emit(&g, OP_UNREACHABLE, 0, 0, 0);
	}
	gen_finish(&g);
}
