/* SPDX-License-Identifier: MIT */
/* type_text.h: types as texts that can be compared. */
#ifndef GOL_BYTECODE_TYPE_TEXT_H
#define GOL_BYTECODE_TYPE_TEXT_H

#include "base/buf.h"
#include "bytecode/program.h"

/* A declared type by its name, others by what they are made of. argument (may be NULL) is written "$": what the function at
 * hand was instantiated with. Ends after some thousands of bytes. */
void desc_text(Buf *out, const TypeDesc *d, const TypeDesc *argument);
/* What a declared type stands for. */
void desc_definition(Buf *out, const TypeDesc *d, const TypeDesc *argument);
/* "(*sync.Mutex)func()()" */
void native_text(Buf *out, const Function *fn, const TypeDesc *argument);

#endif
