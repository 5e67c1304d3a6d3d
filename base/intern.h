/* SPDX-License-Identifier: MIT */
/* intern.h: each identifier once; comparison by pointer. */
#ifndef GOL_BASE_INTERN_H
#define GOL_BASE_INTERN_H

#include "base/mem.h"

typedef struct Name {
	uint32_t hash;
	uint32_t len;
	uint16_t keyword; /* token kind when the spelling is a Go keyword, else 0; set by the lexer's setup */
	bool exported;    /* first rune is an upper-case letter */
	char text[];      /* 0-terminated */
} Name;

typedef struct Interner {
	Arena *arena;
	Name **slots;
	uint32_t len, cap;
} Interner;

void interner_init(Interner *in, Arena *arena);
Name *intern(Interner *in, const char *s, size_t len); /* never NULL; not thread-safe */
Name *intern_cstr(Interner *in, const char *s);

#endif
