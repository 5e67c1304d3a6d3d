/* SPDX-License-Identifier: MIT */
/* operands.h: which slots of its frame an instruction reads and writes, with extents, and where it may go on. For the
 * collector's liveness, the image verifier and whatever else must understand code without running it. */
#ifndef GOL_BYTECODE_OPERANDS_H
#define GOL_BYTECODE_OPERANDS_H

#include "bytecode/program.h"

typedef enum SlotAccess {
	SLOT_READ,
	SLOT_WRITE,      /* all of them, whichever way the instruction ends */
	SLOT_MAY_WRITE,  /* some of them, or sometimes: what was there may still be */
	SLOT_WRITE_NEXT, /* all of them when it goes on behind itself, none when it jumps */
	SLOT_WRITE_JUMP, /* all of them when it jumps, none when it goes on behind itself */
	SLOT_CLOBBER,    /* the frame of a callee: nothing that was there survives; results begin 2 slots further up */
} SlotAccess;

typedef struct OpOperand {
	SlotAccess access;
	bool even;             /* the first slot must be even: pairs, frames, values aligned to 16 */
	uint32_t first, count; /* slots; count > 0. They may lie behind the frame's end if nobody verified the code */
} OpOperand;

/* Calls `visit` for everything the instruction does to slots from fp[2] on, reads before writes. `fn` is the function it
 * belongs to; descriptors and functions in operand words must be valid. The closure in fp[1] is not mentioned. */
void op_each_operand(const Function *fn, const Insn *at, void (*visit)(const OpOperand *o, void *user), void *user);

/* Calls `visit` with the distance, in words from the instruction behind it, of every jump it may take. */
void op_each_jump(const Insn *at, void (*visit)(int64_t distance, void *user), void *user);

/* Whether it may go on at the instruction behind it. */
bool op_falls_through(Op op);

#endif
