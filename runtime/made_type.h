/* SPDX-License-Identifier: MIT */
/* made_type.h: unnamed types that come into being while a program runs (reflection), next to those of its type table.
 *
 * Any thread. Identical types are one descriptor, the compiler's where it made one. NULL: no memory. Descriptors live as
 * long as the VM's runtime; their memory counts against its limit. */
#ifndef GOL_RUNTIME_MADE_TYPE_H
#define GOL_RUNTIME_MADE_TYPE_H

#include "runtime/sched.h"

const TypeDesc *type_pointer_to(VM *vm, const TypeDesc *elem);
const TypeDesc *type_slice_of(VM *vm, const TypeDesc *elem);
const TypeDesc *type_array_of(VM *vm, const TypeDesc *elem, int64_t length); /* at most MAX_TYPE_SIZE in all */
const TypeDesc *type_map_of(VM *vm, const TypeDesc *key, const TypeDesc *elem);
const TypeDesc *type_chan_of(VM *vm, uint8_t dir, const TypeDesc *elem);     /* dir as in TypeDesc.chan_dir */
/* The lists are copied when a descriptor is made of them. */
const TypeDesc *type_func_of(VM *vm, const TypeDesc *const *params, uint32_t param_count, const TypeDesc *const *results,
			     uint32_t result_count, bool variadic);
/* name: of the type; fields: without offsets. All is copied. At most MAX_TYPE_SIZE, alignment included. */
const TypeDesc *type_struct_of(VM *vm, const char *name, const FieldDesc *fields, uint32_t count);
/* For the compiler of a session (Session.find_made), while the world is stopped: the type of the kind and parts of `shape`
 * if it was made here, which from then on is one of the program's. */
TypeDesc *made_type_claim(void *vm, const TypeDesc *shape);
void made_types_deinit(VM *vm);

#endif
