/* SPDX-License-Identifier: MIT */
/* collect.h: which type parameters occur in a type (instantiate.c), as inference asks too. */
#ifndef GOL_TYPES_COLLECT_H
#define GOL_TYPES_COLLECT_H

#include "types/internal.h"

/* Zero-filled but for u, then params_collect as often as wanted. */
typedef struct ParamSet {
	Universe *u;
	VEC(Type *) found; /* each once, in order of occurrence */
	PtrMap seen;
	PtrMap bound;      /* parameters of signatures met on the way: not free */
	uint32_t depth;
} ParamSet;

void params_collect(ParamSet *set, Type *t);

#endif
