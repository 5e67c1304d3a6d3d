/* SPDX-License-Identifier: MIT */
/* wrapper.c: functions that have no source of their own: promoted methods, method values, method expressions, deferred
 * builtins. They pass their arguments on and return what comes back; traces and recover do not see them. */
#include "compiler/gen.h"

static void emit_target(Gen *g, const MethodTarget *t, Reg base, Reg recv) {
	if (t->fn)
		emit_call(g, t->fn, base);
	else
		emit_2(g, OP_CALL_IFACE, base, recv, call_layout(g->c, t->func_type)->shape.recv, t->key);
}

/* Room for a call of the target; its parameters' slots are declared. */
static Reg target_base(Gen *g, const MethodTarget *t) {
	const CallLayout *layout = call_layout(g->c, t->func_type);
	uint32_t recv_slots = t->fn ? t->fn->recv_type->slots : 2;
	Reg base = gen_call_base(g, layout->shape.recv + recv_slots);
	for (uint32_t i = 0; i < t->func_type->param_count; i++)
		slot_declare(g, base + layout->params[i], t->func_type->params[i]);
	for (uint32_t i = 0; i < t->func_type->result_count; i++)
		slot_declare(g, base + layout->results[i], t->func_type->results[i]);
	if (t->fn)
		slot_declare(g, base + layout->shape.recv, t->fn->recv_type);
	return base;
}

static void return_results(Gen *g, Reg base) {
	uint32_t count = g->body.layout->shape.results_end - RESULT_SLOT;
	if (count == 1)
		emit(g, OP_RET_1, base + RESULT_SLOT, 0, 0);
	emit_move_slots(g, RESULT_SLOT, base + RESULT_SLOT, count);
	emit(g, OP_RET, 0, 0, 0);
}

static void pass_same_params(Gen *g, Reg base) {
	uint32_t start = g->body.layout->shape.param_start;
	emit_move_slots(g, base + start, start, g->body.layout->shape.params_end - start);
}

/* Parameters as the target has them, receiver from `holder`. */
static void forward(Gen *g, Place holder) {
	const MethodTarget *t = &g->work->target;
	Reg pair = NO_REG;
	if (!t->fn)
		pair = gen_receiver(g, holder, t, NO_REG);
	Reg base = target_base(g, t);
	if (t->fn)
		gen_receiver(g, holder, t, base + g->body.layout->shape.recv);
	pass_same_params(g, base);
	emit_target(g, t, base, pair);
	return_results(g, base);
}

static void gen_promoted(Gen *g) {
	const Work *w = g->work;
	slot_declare(g, g->body.layout->shape.recv, w->recv);
	Place p = place_frame(w->recv, g->body.layout->shape.recv, 0);
	forward(g, place_path(g, p, w->target.path, w->target.path_len));
}

static void gen_bound(Gen *g) {
	const TypeDesc *recv = g->work->recv;
	Reg r = slot_alloc(g, recv);
	gen_load_captured(g, r, 0, recv->slots);
	forward(g, place_frame(recv, r, 0));
}

/* T.M: the receiver is the first parameter. */
static void gen_unbound(Gen *g) {
	const MethodTarget *t = &g->work->target;
	const TypeDesc *type = g->fn->type;
	const CallLayout *to = call_layout(g->c, t->func_type);
	Place holder = place_frame(type->params[0], g->body.layout->params[0], 0);
	holder = place_path(g, holder, t->path, t->path_len);
	Reg pair = t->fn ? NO_REG : gen_receiver(g, holder, t, NO_REG);
	Reg base = target_base(g, t);
	if (t->fn)
		gen_receiver(g, holder, t, base + to->shape.recv);
	for (uint32_t i = 1; i < type->param_count; i++)
		emit_move(g, type->params[i], base + to->params[i - 1], g->body.layout->params[i]);
	emit_target(g, t, base, pair);
	return_results(g, base);
}

static void gen_deferred_builtin(Gen *g) {
	const Work *w = g->work;
	for (uint32_t i = 0; i < g->fn->type->param_count; i++)
		var_declare_at(g, w->builtin_params[i], g->fn->type->params[i], g->body.layout->params[i]);
	g->statement_top = g->top;
	if (w->call->builtin == BUILTIN_recover) /* as if the function that deferred it called it */
		emit(g, OP_RECOVER, slots_alloc(g, 2, true), 1, 0);
	else
		gen_builtin_to(g, w->call, NO_REG);
	emit(g, OP_RET, 0, 0, 0);
}

void gen_wrapper(Gen *g) {
	for (uint32_t i = 0; i < g->fn->type->param_count; i++)
		slot_declare(g, g->body.layout->params[i], g->fn->type->params[i]);
	for (uint32_t i = 0; i < g->fn->type->result_count; i++)
		slot_declare(g, g->body.layout->results[i], g->fn->type->results[i]);
	switch (g->work->kind) {
	case WORK_PROMOTED:
		gen_promoted(g);
		return;
	case WORK_BOUND:
		gen_bound(g);
		return;
	case WORK_UNBOUND:
		gen_unbound(g);
		return;
	default:
		gen_deferred_builtin(g);
	}
}
