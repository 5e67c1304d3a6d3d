/* SPDX-License-Identifier: MIT */
/* verify.h: proves that running a program cannot touch memory that is not its own, whatever its code does. */
#ifndef GOL_BYTECODE_VERIFY_H
#define GOL_BYTECODE_VERIFY_H

#include "base/buf.h"
#include "bytecode/program.h"

/* The program's parts are whole (image_read made sure, or the compiler did). False: error says which function does what it
 * may not; or memory was missing (error->failed or mem->refused). */
bool verify_program(const Program *p, Mem *mem, Buf *error);

/* Whether only C code makes the values of this type: Go code has pointers to them, from natives. */
bool desc_is_opaque(const TypeDesc *d);

#endif
