/* SPDX-License-Identifier: MIT */
/* shape.h: sizes, offsets, pointers, heap layouts and slots, computed from the parts of types, signatures and captures. */
#ifndef GOL_BYTECODE_SHAPE_H
#define GOL_BYTECODE_SHAPE_H

#include "bytecode/program.h"

/* The layouts that every table has. Further ones are added as types come. */
void layouts_init(TypeTable *t);

/* d has its kind, DESC_NAMED and DESC_VARIADIC, arrays elem and length, structs field_count and fields (the same as the
 * argument, which gets the offsets). Sets size, align, the other flags (but DESC_BYTES of slices), slots, layout and
 * pointers. False: larger than MAX_TYPE_SIZE; d is then empty. */
bool type_shape(TypeTable *t, TypeDesc *d, FieldDesc *fields);

/* Names the words of a value (in memory layout, at byte offset `at`) that may hold pointers. */
void type_pointer_words(const TypeDesc *d, uint32_t at, void (*set)(void *user, uint32_t word), void *user);

/* Where the values of a call lie, in slots from the callee's fp. */
typedef struct CallShape {
	uint32_t results_end; /* just behind the last result */
	uint32_t param_start;
	uint32_t params_end;
	uint32_t recv;        /* even slot behind the parameters */
} CallShape;
/* results and params, each NULL or with room for all: the slot of each. */
CallShape call_shape(const TypeDesc *func_type, uint16_t *results, uint16_t *params);

/* What follows from type and recv_type. False: too many slots for a frame. */
bool function_shape(Function *fn);

/* Lays out capture_count captured values as in a frame, pairs at even slots: slot, and what fn says of its closures.
 * False: too many slots. */
bool captures_shape(TypeTable *t, Function *fn, CaptureDesc *captures);

#endif
