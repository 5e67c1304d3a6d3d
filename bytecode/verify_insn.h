/* SPDX-License-Identifier: MIT */
/* verify_insn.h: what verify_insn.c leaves to others. Each checks one group of instructions and changes v->now. */
#ifndef GOL_BYTECODE_VERIFY_INSN_H
#define GOL_BYTECODE_VERIFY_INSN_H

#include "bytecode/verify_internal.h"

/* ---- verify_insn.c ---- */
/* Says what is wrong with a slot that should hold something else. Always false. */
bool fail_held(Verifier *v, uint32_t slot, const char *wanted);
bool need_held(Verifier *v, uint32_t slot, const TypeDesc *type);
bool need_string(Verifier *v, uint32_t slot);
bool need_text(Verifier *v, uint32_t slot); /* a string, perhaps one that shares its bytes */
bool need_iface(Verifier *v, uint32_t slot);

/* ---- verify_memory.c: behind pointers, globals, elements ---- */
/* The element type of the slice at slot; NULL: it is the nil slice, or v->failed. */
const TypeDesc *need_slice(Verifier *v, uint32_t slot);
bool verify_load(Verifier *v, const Insn *at);
bool verify_store(Verifier *v, const Insn *at);
bool verify_address(Verifier *v, const Insn *at);
bool verify_global(Verifier *v, const Insn *at);
bool verify_frame_field(Verifier *v, const Insn *at);
bool verify_equal(Verifier *v, const Insn *at);
bool verify_index(Verifier *v, const Insn *at);
bool verify_set_index(Verifier *v, const Insn *at);

/* ---- verify_sequence.c: slices, maps, channels as wholes ---- */
bool verify_slice(Verifier *v, const Insn *at);
bool verify_range(Verifier *v, const Insn *at, Val *jumped, bool *differs);
bool verify_map(Verifier *v, const Insn *at, Val *jumped, bool *differs);
bool verify_chan(Verifier *v, const Insn *at, Val *room); /* room for a state */

/* ---- verify_call.c ---- */
bool verify_closure(Verifier *v, const Insn *at);
bool verify_captured(Verifier *v, const Insn *at);
bool verify_call(Verifier *v, const Insn *at);
bool verify_return(Verifier *v, const Insn *at);
bool verify_print(Verifier *v, const Insn *at);

#endif
