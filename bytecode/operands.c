/* SPDX-License-Identifier: MIT */
/* operands.c: what an instruction reads and writes, and where it goes: opcodes.def's shapes read by a program.
 *
 * Rules: letters of a shape say everything about plain operands; what their meaning adds (the extent of a region `x`, slots
 * named in operand words) is said here, once. A row of opcodes.def whose shape has an `x`, or that has a slot in a word,
 * needs a case in visit_regions. Reads are reported before writes, so a visitor may go through them as they happen.
 * See: tests/unit/test_operands.c. */
#include "bytecode/operands.h"

#include "bytecode/opcode.h"

typedef struct Operands {
	void (*visit)(const OpOperand *o, void *user);
	void *user;
} Operands;

static void put(const Operands *v, SlotAccess access, uint32_t first, uint32_t count, bool even) {
	OpOperand o = {.access = access, .even = even, .first = first, .count = count};
	if (count != 0)
		v->visit(&o, v->user);
}

static void put_type(const Operands *v, SlotAccess access, uint32_t first, const TypeDesc *type) {
	put(v, access, first, type->slots, type->align == 16);
}

/* An operand as it stands in the code, where NO_SLOT says that it is not wanted. What is computed from one is a slot. */
static void put_given(const Operands *v, SlotAccess access, uint32_t first, uint32_t count, bool even) {
	if (first != NO_SLOT)
		put(v, access, first, count, even);
}

static void put_given_type(const Operands *v, SlotAccess access, uint32_t first, const TypeDesc *type) {
	put_given(v, access, first, type->slots, type->align == 16);
}

static void put_bytes(const Operands *v, SlotAccess access, uint32_t first, uint64_t bytes) {
	put(v, access, first, bytes > (uint64_t)NO_SLOT * sizeof(Slot) ? NO_SLOT : (uint32_t)((bytes + 7) / 8), false);
}

static void put_words(const Operands *v, SlotAccess access, uint32_t first, uint64_t words) {
	put(v, access, first, words > NO_SLOT ? NO_SLOT : (uint32_t)words, false);
}

/* ---- calls ---- */

/* A callee's frame overlaps everything from `base` on, whatever its size. */
static void put_frame(const Operands *v, const Function *fn, uint32_t base) {
	uint32_t end = fn->frame_slots > base + FRAME_HEADER_SLOTS ? fn->frame_slots : base + FRAME_HEADER_SLOTS;
	put(v, SLOT_CLOBBER, base, end - base, true);
}

/* Natives that are called again find their results as they left them. */
static void visit_static_call(const Operands *v, const Function *fn, const Insn *at) {
	const Function *callee = at[1].ptr;
	uint32_t end = FRAME_HEADER_SLOTS + (uint32_t)callee->arg_slots;
	uint32_t first = at->op == OP_CALL ? callee->param_start : FRAME_HEADER_SLOTS;
	if (end > first)
		put(v, SLOT_READ, at->a + first, end - first, false);
	put_frame(v, fn, at->a);
}

/* Arguments up to the slot `end`, counted from the base. */
static void visit_dynamic_call(const Operands *v, const Function *fn, const Insn *at, uint32_t end) {
	if (end > FRAME_HEADER_SLOTS)
		put(v, SLOT_READ, at->a + FRAME_HEADER_SLOTS, end - FRAME_HEADER_SLOTS, false);
	put_frame(v, fn, at->a);
}

/* All results leave with the frame, also those behind what RET_1 or RET_2 put in place. */
static void visit_results(const Operands *v, const Function *fn, Op op) {
	uint32_t brought = op == OP_RET_1 ? 1 : op == OP_RET_2 ? 2 : 0;
	if (fn->result_slots > brought)
		put(v, SLOT_READ, FRAME_HEADER_SLOTS + brought, fn->result_slots - brought, false);
}

static void visit_select(const Operands *v, const Insn *at) {
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 1; i <= at->b; i++) {
			bool send = at[i].op & 1;
			if (pass == 0)
				put_given(v, SLOT_READ, at[i].a, 1, false);
			if (send == (pass == 0))
				put_given(v, send ? SLOT_READ : SLOT_MAY_WRITE, at[i].b, at[i].op >> 1, false);
			if (pass == 1 && !send)
				put_given(v, SLOT_MAY_WRITE, at[i].c, 1, false);
		}
	}
}

/* ---- regions ---- */

static uint32_t print_slots(PrintKind kind) {
	switch (kind) {
	case PRINT_COMPLEX128: case PRINT_STRING: case PRINT_IFACE: case PRINT_SLICE:
		return 2;
	case PRINT_SPACE: case PRINT_NEWLINE:
		return 0;
	default:
		return 1;
	}
}

/* The bounds of a slice expression: low, and high and max when given. */
static void visit_bounds(const Operands *v, uint32_t first, uint64_t flags) {
	put(v, SLOT_READ, first, flags & SLICE_HAS_MAX ? 3 : flags & SLICE_HAS_HIGH ? 2 : 1, false);
}

static void visit_map(const Operands *v, const Insn *at) {
	const TypeDesc *map = at[1].ptr;
	switch ((Op)at->op) {
	case OP_MAP_GET: case OP_MAP_GET_OK:
		put_type(v, SLOT_READ, at->c, map->key);
		put_given_type(v, SLOT_WRITE, at->a, map->elem);
		if (at->op == OP_MAP_GET_OK)
			put_given(v, SLOT_WRITE, (uint16_t)at[2].word, 1, false);
		return;
	case OP_MAP_SET:
		put_type(v, SLOT_READ, at->b, map->key);
		put_type(v, SLOT_READ, at->c, map->elem);
		return;
	case OP_MAP_ADDR:
		put_type(v, SLOT_READ, at->c, map->key);
		return;
	case OP_MAP_DELETE:
		put_type(v, SLOT_READ, at->b, map->key);
		return;
	case OP_MAP_ITER:
		put(v, SLOT_WRITE, at->a, MAP_ITER_SLOTS, true);
		return;
	case OP_MAP_NEXT:
		put(v, SLOT_READ, at->a, MAP_ITER_SLOTS, true);
		put(v, SLOT_MAY_WRITE, at->a, MAP_ITER_SLOTS, true);
		put_given_type(v, SLOT_WRITE_NEXT, at->b, map->key);
		put_given_type(v, SLOT_WRITE_NEXT, at->c, map->elem);
		return;
	default:
		return;
	}
}

/* Aggregates in the frame and behind pointers. */
static void visit_aggregate(const Operands *v, const Insn *at) {
	switch ((Op)at->op) {
	case OP_EQ_IFACE_TYPE: case OP_SETINDEX_N:
		put_type(v, SLOT_READ, at->c, at[1].ptr);
		return;
	case OP_EQ_FRAME:
		put_type(v, SLOT_READ, at->b, at[1].ptr);
		put_type(v, SLOT_READ, at->c, at[1].ptr);
		return;
	case OP_STORE_N: case OP_BOX:
		put_type(v, SLOT_READ, at->b, at[1].ptr);
		return;
	case OP_LOADCONST: case OP_UNBOX: case OP_ASSERT: case OP_ASSERT_OK:
		put_type(v, SLOT_WRITE, at->a, at[1].ptr);
		return;
	case OP_LOAD_N: case OP_INDEX_N:
		put_bytes(v, SLOT_WRITE, at->a, at[1].word);
		return;
	case OP_FLOAD_I8: case OP_FLOAD_U8: case OP_FLOAD_I16: case OP_FLOAD_U16: case OP_FLOAD_I32: case OP_FLOAD_U32:
		put(v, SLOT_READ, at->b + at->c / 8u, 1, false);
		return;
	case OP_FSTORE_8: case OP_FSTORE_16: case OP_FSTORE_32:
		put(v, SLOT_MAY_WRITE, at->a + at->c / 8u, 1, false);
		return;
	case OP_FINDEX_U8:
		put_bytes(v, SLOT_READ, at->b, at[1].word);
		return;
	case OP_FINDEX_64:
		put_words(v, SLOT_READ, at->b, at[1].word);
		return;
	case OP_FSETINDEX_8:
		put_bytes(v, SLOT_MAY_WRITE, at->a, at[1].word);
		return;
	case OP_FSETINDEX_64:
		put_words(v, SLOT_MAY_WRITE, at->a, at[1].word);
		return;
	default:
		return;
	}
}

/* Strings and slices. */
static void visit_sequence(const Operands *v, const Insn *at) {
	switch ((Op)at->op) {
	case OP_CONCAT_N:
		put(v, SLOT_READ, at->b, 2u * at->c, true);
		return;
	case OP_SLICE_LIT:
		put(v, SLOT_READ, at->b, (uint32_t)at->c * ((const TypeDesc *)at[1].ptr)->elem->slots,
		    ((const TypeDesc *)at[1].ptr)->elem->align == 16);
		return;
	case OP_APPEND_LIT:
		put(v, SLOT_READ, at->c, (uint32_t)at[2].word * ((const TypeDesc *)at[1].ptr)->elem->slots,
		    ((const TypeDesc *)at[1].ptr)->elem->align == 16);
		return;
	case OP_APPEND_N:
		put_type(v, SLOT_READ, at->c, ((const TypeDesc *)at[1].ptr)->elem);
		return;
	case OP_SLICE_FULL:
		put(v, SLOT_READ, at->c, 3, false);
		return;
	case OP_SLICE_ARRAY:
		visit_bounds(v, at->c, at[1].word >> 32);
		return;
	case OP_STR_NEXT:
		put(v, SLOT_READ, at->a, 1, false);
		put(v, SLOT_MAY_WRITE, at->a, 1, false);
		put(v, SLOT_WRITE_NEXT, at->a + 1u, 1, false);
		return;
	case OP_RANGE_INIT:
		put(v, SLOT_READ, at->a, 2, true);
		put(v, SLOT_WRITE, at->a + 2u, 2, false);
		return;
	case OP_RANGE_NEXT_U8: case OP_RANGE_NEXT_I32: case OP_RANGE_NEXT_64: case OP_RANGE_NEXT_128:
		put(v, SLOT_READ, at->a, 4, true);
		put(v, SLOT_WRITE, at->a + 3u, 1, false);
		return;
	default:
		return;
	}
}

/* What the letters of the shape do not say. */
static void visit_regions(const Operands *v, const Function *fn, const Insn *at) {
	const uint16_t *halves = (const uint16_t *)&at[1];
	switch ((Op)at->op) {
	case OP_MOVEN:
		put(v, SLOT_READ, at->b, at->c, false);
		put(v, SLOT_WRITE, at->a, at->c, false);
		return;
	case OP_ZERON:
		put(v, SLOT_WRITE, at->a, at->b, false);
		return;
	case OP_LOAD2_64:
		put(v, SLOT_WRITE, at->a, 2, false);
		return;
	case OP_INDEXES_64: case OP_DOT_I64: case OP_DOT_F64:
		put(v, SLOT_READ, halves[0], 2, true);
		put(v, SLOT_READ, halves[1], 1, false);
		if (at->op == OP_INDEXES_64)
			put(v, SLOT_WRITE, at->a, 2, false);
		return;
	case OP_ADD_LOOP_LT: case OP_ADD_LOOP_LE: case OP_INDEX2_U8: case OP_INDEX2_64: case OP_SETINDEX2_8:
	case OP_SETINDEX2_64: case OP_SLICE_STR: case OP_SLICE_SLICE:
		put(v, SLOT_READ, (uint16_t)at[1].word, 1, false);
		return;
	case OP_MKCLOSURE: case OP_MKCLOSURE_OWN:
		put(v, SLOT_READ, at->b, at->c, false);
		return;
	case OP_SEND:
		put(v, SLOT_READ, at->b, at->c, false);
		return;
	case OP_RECV:
		put_given(v, SLOT_WRITE, at->a, at->c, false);
		return;
	case OP_RECV_OK:
		put_given(v, SLOT_WRITE, at->a, (uint16_t)at[1].word, false);
		return;
	case OP_SELECT:
		visit_select(v, at);
		return;
	case OP_PRINT:
		put(v, SLOT_READ, at->a, print_slots((PrintKind)at->b), print_slots((PrintKind)at->b) == 2);
		return;
	case OP_CALL: case OP_CALL_NATIVE:
		visit_static_call(v, fn, at);
		return;
	case OP_CALL_CLOSURE: case OP_CALL_IFACE:
		visit_dynamic_call(v, fn, at, at->c);
		return;
	case OP_DEFER_OUTER:
		put(v, SLOT_READ, (uint16_t)at[1].word, 1, false);
		put(v, SLOT_READ, at->a + FRAME_HEADER_SLOTS, at->c, false);
		return;
	case OP_GO: case OP_GO_CLOSURE: case OP_DEFER: case OP_DEFER_CLOSURE:
		put(v, SLOT_READ, at->a + FRAME_HEADER_SLOTS, at->c, false);
		return;
	case OP_NATIVE_BODY: case OP_ENTRY: case OP_REDIRECT: /* another body may read what this one does not */
		put(v, SLOT_READ, FRAME_HEADER_SLOTS, fn->arg_slots, false);
		return;
	case OP_RET: case OP_RET_1: case OP_RET_2:
		visit_results(v, fn, (Op)at->op);
		return;
	case OP_MAP_GET: case OP_MAP_GET_OK: case OP_MAP_SET: case OP_MAP_ADDR: case OP_MAP_DELETE: case OP_MAP_ITER:
	case OP_MAP_NEXT:
		visit_map(v, at);
		return;
	default:
		visit_aggregate(v, at);
		visit_sequence(v, at);
	}
}

/* ---- plain operands ---- */

/* A plain result that is there only on one of the ways on. */
static SlotAccess plain_write(Op op) {
	switch (op) {
	case OP_STR_NEXT:
		return SLOT_WRITE_NEXT;
	case OP_RANGE_NEXT_U8: case OP_RANGE_NEXT_I32: case OP_RANGE_NEXT_64: case OP_RANGE_NEXT_128:
		return SLOT_WRITE_JUMP;
	default:
		return SLOT_WRITE;
	}
}

static void visit_plain(const Operands *v, const Insn *at, bool writes) {
	const char *shape = op_info[at->op].shape;
	const uint32_t slots[] = {at->a, at->b, at->c};
	for (int i = 0; i < 3; i++) {
		switch (shape[i]) {
		case 'w': case 'W':
			if (writes)
				put_given(v, plain_write((Op)at->op), slots[i], shape[i] == 'W' ? 2 : 1, shape[i] == 'W');
			break;
		case 'm':
			put_given(v, writes ? SLOT_WRITE : SLOT_READ, slots[i], 1, false);
			break;
		case 'r': case 'R':
			if (!writes)
				put_given(v, SLOT_READ, slots[i], shape[i] == 'R' ? 2 : 1, shape[i] == 'R');
			break;
		default:
			break;
		}
	}
}

void op_each_operand(const Function *fn, const Insn *at, void (*visit)(const OpOperand *o, void *user), void *user) {
	Operands v = {visit, user};
	visit_plain(&v, at, false);
	visit_regions(&v, fn, at);
	visit_plain(&v, at, true);
}

/* ---- control flow ---- */

void op_each_jump(const Insn *at, void (*visit)(int64_t distance, void *user), void *user) {
	if (at->op == OP_STR_NEXT)
		visit(at[1].imm, user);
	else if (at->op == OP_MAP_NEXT)
		visit(at[2].imm, user);
	else if (at->op == OP_JTABLE)
		for (uint32_t i = 0; i < at->b; i++)
			visit(((const int32_t *)&at[2])[i], user);
	else if (op_info[at->op].shape[1] == 'j')
		visit(at->bc, user);
	else if (op_info[at->op].shape[2] == 'j')
		visit((int16_t)at->c, user);
}

bool op_falls_through(Op op) {
	switch (op) {
	case OP_JMP: case OP_LOOP: case OP_RANGE_INIT: case OP_RET: case OP_RET_1: case OP_RET_2: case OP_PANIC:
	case OP_UNREACHABLE: case OP_GOEXIT: case OP_PANIC_NEXT: case OP_NATIVE_AGAIN:
		return false;
	default:
		return true;
	}
}
