/* SPDX-License-Identifier: MIT */
/* opcode.c: the tables made from opcodes.def.
 * Owns: op_info.
 * Rules: nothing here allocates or remembers; op_words is the one place that knows instructions of variable length. */
#include "bytecode/opcode.h"

const OpInfo op_info[OP_COUNT] = {
#define OP(name, shape, words, effects, meaning) [OP_##name] = {#name, shape, words, effects, meaning},
#include "bytecode/opcodes.def"
#undef OP
};

const char *op_name(Op op) {
	return (unsigned)op < OP_COUNT ? op_info[op].name : "?";
}

int op_words(const Insn *at) {
	if (at->op == OP_JTABLE)
		return 2 + (at->b + 1) / 2;
	if (at->op == OP_SELECT)
		return 1 + at->b;
	return at->op < OP_COUNT ? op_info[at->op].words : 1;
}

OperandKind op_operand_kind(Op op, int word) {
	switch (op) {
	case OP_LOADK:
		return OPERAND_BITS;
	case OP_LOADSTR:
		return OPERAND_STRING;
	case OP_LOADIFACE:
		return OPERAND_IFACE;
	case OP_LOADFUNC: case OP_CALL: case OP_CALL_NATIVE: case OP_MKCLOSURE: case OP_MKCLOSURE_OWN: case OP_GO: case OP_DEFER:
	case OP_REDIRECT:
		return OPERAND_FUNCTION;
	case OP_CALL_IFACE:
		return OPERAND_KEY;
	case OP_LOADCONST: case OP_COPY_CONST:
		return word == 1 ? OPERAND_TYPE : OPERAND_DATA;
	case OP_STR_NEXT:
		return OPERAND_JUMP;
	case OP_MAP_NEXT:
		return word == 1 ? OPERAND_TYPE : OPERAND_JUMP;
	case OP_MAP_GET_OK:
		return word == 1 ? OPERAND_TYPE : OPERAND_SLOT;
	case OP_APPEND_LIT:
		return word == 1 ? OPERAND_TYPE : OPERAND_NUMBER;
	case OP_SLICE_ARRAY: case OP_ENTRY:
		return OPERAND_NUMBER;
	case OP_DEFER_OUTER: case OP_INDEX2_U8: case OP_INDEX2_64: case OP_SETINDEX2_8: case OP_SETINDEX2_64:
	case OP_ADD_LOOP_LT: case OP_ADD_LOOP_LE: case OP_SLICE_STR:
		return OPERAND_SLOT;
	case OP_ARRAY_FROM_SLICE:
		return word == 1 ? OPERAND_NUMBER : OPERAND_TYPE;
	case OP_UNSAFE_VIEW:
		return word == 1 ? OPERAND_TYPE : OPERAND_NUMBER;
	case OP_LOAD_N: case OP_LEA_K: case OP_INDEX_N: case OP_INDEX_ADDR:
	case OP_ARRAY_ADDR: case OP_ARRAY_INDEX_U8: case OP_ARRAY_INDEX_64: case OP_ARRAY_SETINDEX_8:
	case OP_ARRAY_SETINDEX_64: case OP_SLICE_SLICE: case OP_SLICE_FROM: case OP_SLICE_FULL: case OP_FINDEX_U8: case OP_FINDEX_64:
	case OP_FSETINDEX_8: case OP_FSETINDEX_64: case OP_JTABLE: case OP_SELECT: case OP_LOAD2_64: case OP_INDEXES_64:
	case OP_MADDMUL_F64: case OP_MSUBMUL_F64: case OP_FIELD_INDEX_64:
	case OP_RECV_OK: case OP_DIVK_I64: case OP_REMK_I64: case OP_DOT_I64: case OP_DOT_F64:
		return OPERAND_NUMBER;
	default:
		return OPERAND_TYPE;
	}
}
