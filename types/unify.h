/* SPDX-License-Identifier: MIT */
/* unify.h: matching types that contain type parameters to be inferred (unify.c), used by infer.c. */
#ifndef GOL_TYPES_UNIFY_H
#define GOL_TYPES_UNIFY_H

#include "types/internal.h"

/* Parameters that were found equal share a slot. */
typedef struct Unifier {
	Universe *u;
	Type **params;
	uint32_t count;
	uint32_t *slots; /* of each parameter: index into values */
	Type **values;   /* what is known; may mention parameters */
	uint32_t depth;
} Unifier;

typedef enum UnifyMode {
	UNIFY_LOOSE = 0,
	UNIFY_ASSIGN = 1, /* y is assigned to x: loose at the top, elements exactly */
	UNIFY_EXACT = 2,
} UnifyMode;

void unifier_init(Unifier *s, Universe *u, Type **params, Type **targs, uint32_t count);
bool unify(Unifier *s, Type *x, Type *y, unsigned mode);
Type *unifier_value(const Unifier *s, uint32_t param); /* NULL: unknown */
void unifier_set(Unifier *s, uint32_t param, Type *value);
uint32_t unifier_unknown(const Unifier *s); /* how many parameters have no value */
int64_t unifier_param(const Unifier *s, const Type *t); /* index of a parameter to be inferred; -1: not one */
bool unifier_mentions(const Unifier *s, Type *t);       /* does one of the parameters occur in t? */
/* The values as far as they mention no parameters any more (NULL otherwise); cycles are unknown. */
void unifier_results(const Unifier *s, Type **out);

#endif
