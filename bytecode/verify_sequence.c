/* SPDX-License-Identifier: MIT */
/* verify_sequence.c: slices, maps and channels as wholes: making, reslicing, appending, iterating, sending, receiving.
 *
 * Rules: an iterator lives in its slots from the instruction that starts it on, and whatever overwrites one of them ends it.
 *   Operations on a nil map or channel, or rounds over a nil slice, are ways that never go on. */
#include "bytecode/verify_insn.h"

/* ---------------------------------------------------------------- slices */

/* Elements in slot layout, one behind the other. */
static bool elements_hold(Verifier *v, uint32_t first, uint64_t count, const TypeDesc *elem) {
	for (uint64_t i = 0; i < count && elem->slots; i++)
		if (!slot_holds(v, first + (uint32_t)i * elem->slots, elem))
			return verify_fail(v, "element %llu is no %s", (unsigned long long)i, elem->name);
	return true;
}

static bool slice_fits(Verifier *v, uint32_t slot, const TypeDesc *elem) {
	const TypeDesc *held = need_slice(v, slot);
	return !v->failed && (!held || types_compatible(v, held, elem) || verify_fail(v, "a slice of %s", held->name));
}

static uint32_t appended_size(Op op) {
	switch (op) {
	case OP_APPEND_8: return 1;
	case OP_APPEND_16: return 2;
	case OP_APPEND_32: return 4;
	case OP_APPEND_64: return 8;
	case OP_APPEND_128: return 16;
	default: return 0;
	}
}

static bool append(Verifier *v, const Insn *at, const TypeDesc *elem) {
	uint32_t size = appended_size((Op)at->op);
	if (!slice_fits(v, at->b, elem))
		return false;
	if (at->op == OP_APPEND_SLICE)
		return slice_fits(v, at->c, elem);
	if (size && (elem->size != size || (size == 16 && elem->align != 16)))
		return verify_fail(v, "elements of %s", elem->name);
	return elements_hold(v, at->c, at->op == OP_APPEND_LIT ? at[2].word : 1, elem);
}

static bool reslice(Verifier *v, const Insn *at) {
	uint64_t size = at->op == OP_SLICE_SLICE ? at[1].word >> 32 : at[1].word;
	const TypeDesc *elem = need_slice(v, at->b);
	if (v->failed || (elem && at->op != OP_SLICE_TO && elem->size != size))
		return verify_fail(v, "elements of %s", elem ? elem->name : "nothing");
	slot_put_pair(v, at->a, VAL_SLICE, elem); /* of nil: nil again, or a panic */
	return true;
}

static bool slice_array(Verifier *v, const Insn *at) {
	const ValInfo *x = slot_info(v, at->b);
	if (x->tag == VAL_NIL)
		return (v->ends = true);
	const TypeDesc *array = NULL;
	if (x->tag == VAL_POINTER && at[2].word <= 0x7fffffff)
		array = type_array_at(v, x->type, x->offset, (uint32_t)at[1].word, at[2].word);
	if (!array)
		return verify_fail(v, "slot %u points to no such array", at->b);
	slot_put_pair(v, at->a, VAL_SLICE, array->elem);
	return true;
}

bool verify_slice(Verifier *v, const Insn *at) {
	const TypeDesc *type = at[1].ptr;
	switch ((Op)at->op) {
	case OP_MAKE_SLICE:
		break;
	case OP_SLICE_LIT:
		if (!elements_hold(v, at->b, at->c, type->elem))
			return false;
		break;
	case OP_SLICE_SLICE: case OP_SLICE_FROM: case OP_SLICE_TO: case OP_SLICE_FULL:
		return reslice(v, at);
	case OP_SLICE_ARRAY:
		return slice_array(v, at);
	case OP_COPY_SLICE:
		if (!slice_fits(v, at->b, type) || !slice_fits(v, at->c, type))
			return false;
		if (at->a != NO_SLOT)
			slot_put(v, at->a, VAL_OF_SCALAR);
		return true;
	case OP_CLEAR_SLICE:
		return slice_fits(v, at->a, type);
	default:
		if (!append(v, at, type->elem))
			return false;
		break;
	}
	slot_put_pair(v, at->a, VAL_SLICE, type->elem);
	return true;
}

/* The bounds in slots a + 2 and a + 3 are those of the pair at a as long as nobody touches any of the four. */
bool verify_range(Verifier *v, const Insn *at, Val *jumped, bool *differs) {
	static const uint8_t sizes[] = {1, 4, 8, 16};
	if (at->op == OP_RANGE_INIT) {
		const TypeDesc *elem = need_slice(v, at->a);
		slot_put_pair(v, at->a, VAL_RANGE, elem);
		return !v->failed;
	}
	ValInfo x = *slot_info(v, at->a);
	if (x.tag != VAL_RANGE || x.part != 0)
		return verify_fail(v, "slot %u is no range", at->a);
	*differs = true;
	if (!x.type) { /* the nil slice: no round */
		jumped[0] = NO_ROUND;
		return true;
	}
	if (x.type->size != sizes[at->op - OP_RANGE_NEXT_U8] || (x.type->size == 16 && x.type->align != 16))
		return verify_fail(v, "elements of %s", x.type->name);
	memcpy(jumped, v->now, v->slots * sizeof *jumped);
	Val *before = v->now;
	v->now = jumped;
	slot_put_memory(v, at->b, x.type, 0, x.type->size);
	v->now = before;
	return true;
}

/* ---------------------------------------------------------------- maps */

static bool need_map(Verifier *v, uint32_t slot, const TypeDesc *type) {
	const ValInfo *x = slot_info(v, slot);
	if (x->tag == VAL_NIL)
		return true;
	return (x->tag == VAL_REF && x->type->kind == KIND_MAP && (!type || types_compatible(v, x->type, type))) ||
	       verify_fail(v, "slot %u holds no %s", slot, type ? type->name : "map");
}

/* A key that is looked for, and not kept. */
static bool need_read(Verifier *v, uint32_t slot, const TypeDesc *type) {
	return slot_holds_for_reading(v, slot, type) || verify_fail(v, "slot %u holds no %s", slot, type->name);
}

static bool put_ref(Verifier *v, uint32_t slot, const TypeDesc *type) {
	slot_put(v, slot, val_make(v, VAL_REF, 0, type, 0));
	return true;
}

static bool map_get(Verifier *v, const Insn *at, const TypeDesc *type) {
	if (!need_map(v, at->b, type) || !need_read(v, at->c, type->key))
		return false;
	if (at->a != NO_SLOT)
		slot_put_type(v, at->a, type->elem);
	if (at->op == OP_MAP_GET_OK && at[2].word != NO_SLOT)
		slot_put(v, (uint16_t)at[2].word, VAL_OF_SCALAR);
	return true;
}

/* Values lie in the map's table in slot layout. The address outlives the entry, of which the collector sees nothing once it is deleted,
 * so only numbers are changed in place. */
static bool map_address(Verifier *v, const Insn *at, const TypeDesc *type) {
	if (type->elem->flags & DESC_POINTERS)
		return verify_fail(v, "the address of a %s in a map", type->elem->name);
	if (!need_map(v, at->b, type) || !need_held(v, at->c, type->key))
		return false;
	slot_put(v, at->a, val_make(v, VAL_POINTER, 0, type->elem->slot_type, 0));
	return true;
}

static bool map_next(Verifier *v, const Insn *at, const TypeDesc *type, Val *jumped, bool *differs) {
	const ValInfo *x = slot_info(v, at->a);
	if (x->tag != VAL_ITER || x->part != 0 || !types_compatible(v, x->type, type))
		return verify_fail(v, "slot %u is no iterator over %s", at->a, type->name);
	memcpy(jumped, v->now, v->slots * sizeof *jumped);
	*differs = true;
	if (at->b != NO_SLOT)
		slot_put_type(v, at->b, type->key);
	if (at->c != NO_SLOT)
		slot_put_type(v, at->c, type->elem);
	return true;
}

bool verify_map(Verifier *v, const Insn *at, Val *jumped, bool *differs) {
	const TypeDesc *type = at[1].ptr;
	switch ((Op)at->op) {
	case OP_MAKE_MAP: return put_ref(v, at->a, type);
	case OP_MAP_GET: case OP_MAP_GET_OK: return map_get(v, at, type);
	case OP_MAP_SET:
		return need_map(v, at->a, type) && need_held(v, at->b, type->key) && need_held(v, at->c, type->elem);
	case OP_MAP_ADDR: return map_address(v, at, type);
	case OP_MAP_DELETE: return need_map(v, at->a, type) && need_read(v, at->b, type->key);
	case OP_MAP_CLEAR: return need_map(v, at->a, type);
	case OP_MAP_ITER:
		if (!need_map(v, at->b, type))
			return false;
		slot_put_pair(v, at->a, VAL_ITER, type);
		return true;
	case OP_MAP_NEXT: return map_next(v, at, type, jumped, differs);
	default: /* MAP_LEN */
		if (!need_map(v, at->b, NULL))
			return false;
		slot_put(v, at->a, VAL_OF_SCALAR);
		return true;
	}
}

/* ---------------------------------------------------------------- channels */

/* The element type; NULL: nil, or v->failed. */
static const TypeDesc *need_chan(Verifier *v, uint32_t slot) {
	const ValInfo *x = slot_info(v, slot);
	if (x->tag == VAL_REF && x->type->kind == KIND_CHAN)
		return x->type->elem;
	if (x->tag != VAL_NIL)
		verify_fail(v, "slot %u holds no channel", slot);
	return NULL;
}

static bool need_slots(Verifier *v, const TypeDesc *elem, uint64_t slots) {
	return elem->slots == slots || verify_fail(v, "a %s of %llu slots", elem->name, (unsigned long long)slots);
}

static bool receive(Verifier *v, const Insn *at) {
	const TypeDesc *elem = need_chan(v, at->b);
	if (at->op == OP_RECV_OK && at->c != NO_SLOT)
		slot_put(v, at->c, VAL_OF_SCALAR);
	if (!elem)
		return (v->ends = !v->failed); /* nobody sends on nil */
	if (at->a == NO_SLOT)
		return true;
	if (!need_slots(v, elem, at->op == OP_RECV ? at->c : at[1].word))
		return false;
	slot_put_type(v, at->a, elem);
	return true;
}

/* Another case may be chosen, and then the slots stay as they were. before: room for a state. */
static void put_maybe(Verifier *v, uint32_t slot, const TypeDesc *type, Val *before) {
	if (!verify_step(v, v->slots / 8 + 1))
		return;
	memcpy(before, v->now, v->slots * sizeof *before);
	slot_put_type(v, slot, type);
	state_merge(v, v->now, before);
}

static bool select_case(Verifier *v, const Insn *word, Val *before) {
	const TypeDesc *elem = need_chan(v, word->a);
	bool sends = word->op & 1;
	if (!elem)
		return !v->failed;
	if ((sends || word->b != NO_SLOT) && !need_slots(v, elem, word->op >> 1))
		return false;
	if (sends)
		return need_held(v, word->b, elem);
	if (word->b != NO_SLOT)
		put_maybe(v, word->b, elem, before);
	if (word->c != NO_SLOT)
		slot_put(v, word->c, VAL_OF_SCALAR);
	return !v->failed;
}

static bool select_cases(Verifier *v, const Insn *at, Val *before) {
	for (uint32_t i = 1; i <= at->b; i++) {
		bool sends = at[i].op & 1;
		if (at[i].a == NO_SLOT || (sends && at[i].b == NO_SLOT && at[i].op >> 1))
			return verify_fail(v, "an operand is missing");
		if (!select_case(v, &at[i], before))
			return false;
	}
	if (at->a != NO_SLOT)
		slot_put(v, at->a, VAL_OF_SCALAR);
	return true;
}

bool verify_chan(Verifier *v, const Insn *at, Val *room) {
	const TypeDesc *elem;
	switch ((Op)at->op) {
	case OP_MAKE_CHAN: return put_ref(v, at->a, at[1].ptr);
	case OP_RECV: case OP_RECV_OK: return receive(v, at);
	case OP_SELECT: return select_cases(v, at, room);
	case OP_SEND:
		elem = need_chan(v, at->a);
		if (!elem)
			return (v->ends = !v->failed);
		return need_slots(v, elem, at->c) && need_held(v, at->b, elem);
	case OP_CLOSE:
		need_chan(v, at->a);
		return !v->failed;
	default: /* CHAN_LEN, CHAN_CAP */
		need_chan(v, at->b);
		slot_put(v, at->a, VAL_OF_SCALAR);
		return !v->failed;
	}
}
