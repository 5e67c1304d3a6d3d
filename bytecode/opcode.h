/* SPDX-License-Identifier: MIT */
/* opcode.h: what opcodes.def says about each instruction, as data: for the disassembler, the verifier and emit.c. */
#ifndef GOL_BYTECODE_OPCODE_H
#define GOL_BYTECODE_OPCODE_H

#include "bytecode/program.h"

typedef struct OpInfo {
	const char *name;
	char shape[4]; /* see opcodes.def */
	uint8_t words; /* 0: variable, see op_words */
	const char *effects;
	const char *meaning;
} OpInfo;

extern const OpInfo op_info[OP_COUNT];

/* What the words behind the first one are. */
typedef enum OperandKind {
	OPERAND_BITS,     /* any 64 bits: LOADK */
	OPERAND_STRING,   /* address of a constant GoString */
	OPERAND_IFACE,    /* address of a constant GoIface */
	OPERAND_TYPE,     /* TypeDesc */
	OPERAND_DATA,     /* address of a constant of the type in word 1, in memory layout */
	OPERAND_FUNCTION, /* Function */
	OPERAND_KEY,      /* MethodKey */
	OPERAND_NUMBER,   /* size, length, flags */
	OPERAND_JUMP,     /* distance in words from the next instruction */
	OPERAND_SLOT,     /* number of a slot */
} OperandKind;
OperandKind op_operand_kind(Op op, int word); /* word from 1 */

static inline bool op_releases(Op op) { return op == OP_RELEASE || op == OP_RELEASE_SMALL || op == OP_RELEASE_DATA; }

#endif
