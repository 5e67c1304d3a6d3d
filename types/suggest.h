/* SPDX-License-Identifier: MIT */
/* suggest.h: the known name that was probably meant by a misspelt one. */
#ifndef GOL_TYPES_SUGGEST_H
#define GOL_TYPES_SUGGEST_H

#include "types/types.h"

/* The nearest of the names offered so far. */
typedef struct Suggestion {
	const char *misspelt;
	size_t len;
	unsigned distance; /* names at this distance are no longer wanted */
	const char *best;  /* NULL: none is near */
} Suggestion;
void suggestion_init(Suggestion *s, const char *misspelt); /* keeps misspelt */
void suggestion_offer(Suggestion *s, const char *name);    /* keeps name when it is the nearest */

struct Check;
/* " (did you mean x?)" or "", in the arena: a name visible in scope or of a library package; an exported name of pkg; a field
 * or method of t. */
const char *suggest_name(struct Check *c, const Scope *scope, const Name *misspelt);
const char *suggest_exported(struct Check *c, const Package *pkg, const Name *misspelt);
const char *suggest_member(struct Check *c, Type *t, const Name *misspelt);

#endif
