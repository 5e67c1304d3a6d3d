/* SPDX-License-Identifier: MIT */
/* verify_call.c: calls, closures, returns.
 *
 * Rules: arguments are where the callee's type says, results come from there. What lies behind the base belongs to the
 *   callee and is gone afterwards. A closure is made with what its function captures, and a function that captures, or has
 *   a receiver, is never called as if it did not. A function whose deferred calls may be waiting does not return. */
#include "bytecode/verify_insn.h"

static uint32_t place_next(const TypeDesc *type, uint32_t *at) {
	if (type->align == 16)
		*at = ALIGN_UP(*at, 2u);
	uint32_t slot = *at;
	*at += type->slots;
	return slot;
}

/* Parameters of a func type for a frame at base; they lie in the frame (verify_operands). */
static bool need_arguments(Verifier *v, const TypeDesc *type, uint32_t base) {
	uint32_t at = FRAME_HEADER_SLOTS;
	for (uint32_t i = 0; i < type->result_count; i++)
		place_next(type->results[i], &at);
	for (uint32_t i = 0; i < type->param_count; i++)
		if (!need_held(v, base + place_next(type->params[i], &at), type->params[i]))
			return false;
	return true;
}

static void put_results(Verifier *v, const TypeDesc *type, uint32_t base) {
	uint32_t at = FRAME_HEADER_SLOTS;
	slot_put_scalars(v, base, v->slots - base);
	for (uint32_t i = 0; i < type->result_count; i++)
		slot_put_type(v, base + place_next(type->results[i], &at), type->results[i]);
}

/* The func type of the value in slot; NULL: nil, or v->failed. */
static const TypeDesc *need_func(Verifier *v, uint32_t slot) {
	const ValInfo *x = slot_info(v, slot);
	if (x->tag == VAL_REF && x->type->kind == KIND_FUNC)
		return x->type;
	if (x->tag != VAL_NIL)
		verify_fail(v, "slot %u holds no func", slot);
	return NULL;
}

static bool need_static(Verifier *v, const Function *fn, uint32_t base) {
	if (fn->capture_count)
		return verify_fail(v, "%s captures variables", fn->name);
	if (!need_arguments(v, fn->type, base))
		return false;
	return !fn->recv_type || need_held(v, base + fn->recv_slot, fn->recv_type);
}

static bool in_frame(Verifier *v, uint32_t base, uint32_t end) {
	return base + end <= v->fn->frame_slots || verify_fail(v, "arguments behind the frame's end");
}

static bool call_static(Verifier *v, const Insn *at) {
	const Function *fn = at[1].ptr;
	if ((at->op == OP_CALL_NATIVE) && !(fn->flags & FUNC_NATIVE))
		return verify_fail(v, "%s is no native", fn->name);
	if (!in_frame(v, at->a, FRAME_HEADER_SLOTS + (uint32_t)fn->arg_slots) || !need_static(v, fn, at->a))
		return false;
	put_results(v, fn->type, at->a);
	return true;
}

static bool call_closure(Verifier *v, const Insn *at) {
	const TypeDesc *type = need_func(v, at->b);
	if (!type)
		return (v->ends = !v->failed);
	if (at->c != call_shape(type, NULL, NULL).params_end)
		return verify_fail(v, "arguments of %s", type->name);
	if (!in_frame(v, at->a, at->c) || !need_arguments(v, type, at->a))
		return false;
	put_results(v, type, at->a);
	return true;
}

static bool call_iface(Verifier *v, const Insn *at) {
	const TypeDesc *type = ((const MethodKey *)at[1].ptr)->type;
	if (at->c != call_shape(type, NULL, NULL).recv)
		return verify_fail(v, "arguments of %s", type->name);
	if (at->b >= at->a) /* the receiver is put in place before the stack grows, and then the instruction runs again */
		return verify_fail(v, "the interface lies where the callee's frame will be");
	if (!in_frame(v, at->a, at->c + 1u) || !need_iface(v, at->b) || !need_arguments(v, type, at->a))
		return false;
	put_results(v, type, at->a);
	return true;
}

/* go and defer copy the arguments. */
static bool start_static(Verifier *v, const Insn *at) {
	const Function *fn = at[1].ptr;
	if (at->c != fn->arg_slots)
		return verify_fail(v, "%u slots of arguments", at->c);
	return need_static(v, fn, at->a);
}

static bool start_closure(Verifier *v, const Insn *at) {
	const TypeDesc *type = need_func(v, at->b);
	if (!type)
		return !v->failed; /* a panic now or then */
	if (at->c + (uint32_t)FRAME_HEADER_SLOTS != call_shape(type, NULL, NULL).params_end)
		return verify_fail(v, "%u slots of arguments", at->c);
	return need_arguments(v, type, at->a);
}

static bool defers(Verifier *v) {
	v->now[0] = FLOW_CALLED;
	return v->fn->flags & FUNC_DEFERS || verify_fail(v, "a deferred call that nothing will run");
}

bool verify_call(Verifier *v, const Insn *at) {
	switch ((Op)at->op) {
	case OP_CALL: case OP_CALL_NATIVE: return call_static(v, at);
	case OP_CALL_CLOSURE: return call_closure(v, at);
	case OP_CALL_IFACE: return call_iface(v, at);
	case OP_GO: return start_static(v, at);
	case OP_DEFER: return defers(v) && start_static(v, at);
	case OP_DEFER_CLOSURE: return defers(v) && start_closure(v, at);
	case OP_DEFER_OUTER: /* finds its frame at run time, which may be this one */
		v->now[0] = FLOW_CALLED;
		return start_closure(v, at);
	default: return start_closure(v, at); /* GO_CLOSURE */
	}
}

/* ---------------------------------------------------------------- closures */

bool verify_closure(Verifier *v, const Insn *at) {
	const Function *fn = at[1].ptr;
	bool makes = at->op != OP_LOADFUNC;
	if (fn->recv_type)
		return verify_fail(v, "%s has a receiver", fn->name);
	if ((fn->capture_count != 0) != makes || (makes && at->c != fn->capture_slots))
		return verify_fail(v, "%s captures %u slots", fn->name, fn->capture_slots);
	for (uint32_t i = 0; i < fn->capture_count; i++) {
		const CaptureDesc *c = &fn->captures[i];
		uint32_t slot = at->b + c->slot;
		const ValInfo *x = slot_info(v, slot);
		bool fits = !c->boxed ? slot_holds(v, slot, c->type)
				      : val_is_nil(v->now[slot]) ||
						(x->tag == VAL_POINTER && type_contains(v, x->type, x->offset, c->type));
		if (!fits)
			return verify_fail(v, "slot %u holds no %s for %s", slot, c->type->name, fn->name);
	}
	slot_put(v, at->a, val_make(v, VAL_REF, 0, fn->type, 0));
	return true;
}

/* The captured value around a slot of the closure. */
static const CaptureDesc *capture_at(const Function *fn, uint32_t slot) {
	uint32_t low = 0, high = fn->capture_count;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (fn->captures[mid].slot <= slot)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &fn->captures[low - 1] : NULL;
}

/* Captured slots are read one by one, or two at a time where both are even. */
bool verify_captured(Verifier *v, const Insn *at) {
	uint32_t count = at->op == OP_LOADC_128 ? 2 : 1;
	if (at->c + count > v->fn->capture_slots || (count == 2 && at->c % 2))
		return verify_fail(v, "captured slot %u of %u", at->c, v->fn->capture_slots);
	slot_put_scalars(v, at->a, count);
	for (uint32_t i = 0; i < count; i++) {
		const CaptureDesc *c = capture_at(v->fn, at->c + i);
		uint32_t inside = c ? at->c + i - c->slot : 0;
		if (!c || inside >= (c->boxed ? 1u : c->type->slots))
			continue; /* between two values */
		if (c->boxed)
			slot_put(v, at->a + i, val_make(v, VAL_POINTER, 0, c->type, 0));
		else if (count == 2 && i == 0)
			slot_put_memory(v, at->a, c->type, inside * 8u, 16);
		else if (count == 1 || slot_info(v, at->a + i)->tag == VAL_SCALAR)
			slot_put_memory(v, at->a + i, c->type, inside * 8u, 8);
	}
	return true;
}

/* ---------------------------------------------------------------- returns */

static bool need_results(Verifier *v) {
	const TypeDesc *type = v->fn->type;
	uint32_t at = FRAME_HEADER_SLOTS;
	for (uint32_t i = 0; i < type->result_count; i++)
		if (!need_held(v, place_next(type->results[i], &at), type->results[i]))
			return false;
	return true;
}

bool verify_return(Verifier *v, const Insn *at) {
	uint32_t count = at->op == OP_RET ? 0 : at->op == OP_RET_1 ? 1 : 2;
	if (v->fn->flags & FUNC_DEFERS && v->now[0] != FLOW_RAN)
		return verify_fail(v, "a return with deferred calls waiting");
	if (count > v->fn->result_slots)
		return verify_fail(v, "results of %s", v->fn->type->name);
	if (count)
		slot_copy(v, FRAME_HEADER_SLOTS, at->a, count);
	return need_results(v);
}

bool verify_print(Verifier *v, const Insn *at) {
	if (at->b > PRINT_NEWLINE)
		return verify_fail(v, "print of kind %u", at->b);
	return at->b != PRINT_STRING || need_string(v, at->a);
}
