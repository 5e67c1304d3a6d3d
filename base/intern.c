/* SPDX-License-Identifier: MIT */
/* intern.c: each identifier once; comparison by pointer.
 *
 * Owns: the table and the names, all in the interner's arena.
 * Rules: a name never moves and is never removed. Names are at most 4 GiB long (source files are at most 1 GiB).
 * Why: open addressing over pointers with the hash stored in the name: a lookup touches one slot and one name. */
#include "base/intern.h"

#include "base/utf8.h"

enum { INTERNER_FIRST_CAP = 256 };

void interner_init(Interner *in, Arena *arena) {
	*in = (Interner){.arena = arena, .cap = INTERNER_FIRST_CAP};
	in->slots = ARENA_ARRAY(arena, Name *, in->cap);
}

/* FNV's low bits mix well enough; folding the high half in helps names that differ only at the front. */
static inline uint32_t slot_of(const Interner *in, uint32_t hash) {
	return (hash ^ hash >> 15) & (in->cap - 1);
}

static COLD void interner_grow(Interner *in) {
	Name **old = in->slots;
	uint32_t old_cap = in->cap;
	in->cap *= 2;
	in->slots = ARENA_ARRAY(in->arena, Name *, in->cap);
	for (uint32_t i = 0; i < old_cap; i++) {
		if (old[i] == NULL)
			continue;
		uint32_t slot = slot_of(in, old[i]->hash);
		while (in->slots[slot] != NULL)
			slot = (slot + 1) & (in->cap - 1);
		in->slots[slot] = old[i];
	}
}

static NOINLINE Name *intern_add(Interner *in, uint32_t slot, const char *s, size_t len, uint32_t hash) {
	Name *name = arena_alloc(in->arena, sizeof(Name) + len + 1);
	name->hash = hash;
	name->len = (uint32_t)len;
	memcpy(name->text, s, len);
	int32_t first = 0;
	utf8_decode(s, len, &first);
	name->exported = rune_is_upper(first);
	in->slots[slot] = name;
	if (++in->len > in->cap / 2)
		interner_grow(in);
	return name;
}

Name *intern_hashed(Interner *in, const char *s, size_t len, uint32_t hash) {
	uint32_t slot = slot_of(in, hash);
	for (Name *name; (name = in->slots[slot]) != NULL; slot = (slot + 1) & (in->cap - 1)) {
		if (name->hash == hash && name->len == len && memcmp(name->text, s, len) == 0)
			return name;
	}
	return intern_add(in, slot, s, len, hash);
}

Name *intern(Interner *in, const char *s, size_t len) {
	uint32_t hash = INTERN_HASH_SEED;
	for (size_t i = 0; i < len; i++)
		hash = intern_hash_step(hash, (uint8_t)s[i]);
	return intern_hashed(in, s, len, hash);
}

Name *intern_cstr(Interner *in, const char *s) {
	return intern(in, s, strlen(s));
}
