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

/* The same for a caller that hashed the bytes while reading them, from INTERN_HASH_SEED by intern_hash_step. */
#define INTERN_HASH_SEED 0x811C9DC5u
static inline uint32_t intern_hash_step(uint32_t h, uint8_t c) {
	return (h ^ c) * 0x01000193u;
}
Name *intern_hashed(Interner *in, const char *s, size_t len, uint32_t hash);

#endif
