/* SPDX-License-Identifier: MIT */
/* implements.h: what assign.c and infer.c need of implements.c. */
#ifndef GOL_TYPES_IMPLEMENTS_H
#define GOL_TYPES_IMPLEMENTS_H

#include "types/internal.h"

/* How signatures are compared; NULL stands for identity. Inference unifies instead. */
typedef struct MethodMatch {
	bool (*same)(void *user, Type *have, Type *want);
	void *user;
} MethodMatch;

/* Whether t lacks a method of iface (a TYPE_INTERFACE). *name and why ("(missing method Foo)") may be NULL. */
bool methods_missing(Universe *u, Type *t, Type *iface, const MethodMatch *match, Name **name, Buf *why);
/* Whether t implements iface; on failure the whole sentence: "T does not implement I (missing method Foo)". */
bool type_implements_cause(Universe *u, Type *t, Type *iface, Buf *why);

#endif
