/* SPDX-License-Identifier: MIT */
/* mem.h: the allocator handle and arenas.
 *
 * Mem is the one way the project obtains memory outside the Go heap. It carries the host's allocation hook and an
 * optional cap. All functions are safe from any thread (the counter is atomic; the hook must be thread-safe). */
#ifndef GOL_BASE_MEM_H
#define GOL_BASE_MEM_H

#include "base/base.h"

/* realloc-style hook: new_size 0 frees, old == NULL allocates. Returns NULL on failure. */
typedef void *(*MemHook)(void *user, void *old, size_t old_size, size_t new_size);

typedef struct Mem {
	MemHook hook; /* NULL: the C library */
	void *user;
	size_t used_bytes; /* atomic */
	size_t cap_bytes;  /* atomic; 0: none */
	bool refused;      /* atomic: something was asked for in vain; whoever cares clears it */
} Mem;

void mem_init(Mem *mem, MemHook hook, void *user);

/* Return NULL when the hook fails or the cap is reached. mem_free takes the size given at allocation. */
void *mem_alloc(Mem *mem, size_t size); /* not zeroed */
void *mem_zalloc(Mem *mem, size_t size);
void *mem_realloc(Mem *mem, void *old, size_t old_size, size_t new_size);
void mem_free(Mem *mem, void *p, size_t size);

/* An arena hands out zeroed, 16-byte aligned memory that is freed all at once. Not thread-safe. arena_alloc never
 * returns NULL: when the handle refuses, `failed` is set and memory comes from the C library directly, so that the pass
 * under way can end normally; whoever runs the pass checks `failed` afterwards and reports out of memory. */
typedef struct ArenaChunk ArenaChunk;
typedef struct Arena {
	Mem *mem;
	ArenaChunk *chunks;
	char *ptr, *end;
	size_t used_bytes;
	bool failed;
	uint32_t polls;
	bool (*stop)(void *user); /* whether the pass that allocates here should end; NULL: it never does */
	void *stop_user;
} Arena;

void arena_init(Arena *arena, Mem *mem);
void arena_deinit(Arena *arena);
void *arena_alloc(Arena *arena, size_t size);
/* a and b in a row, and a 0 behind. NULL: it was long, and the pass should end (arena_ask). */
char *arena_join(Arena *arena, const char *a, size_t a_len, const char *b, size_t b_len);
/* Asked by passes at every expression or so: true when their result will not be used, because memory is gone or `stop` said
 * so. They then end quickly, in any way that is safe. */
bool arena_ask(Arena *arena);
static inline bool arena_stops(Arena *arena) {
	enum { ASK_EVERY = 64 };
	return UNLIKELY(arena->failed) || (UNLIKELY(++arena->polls % ASK_EVERY == 0) && arena_ask(arena));
}
char *arena_strndup(Arena *arena, const char *s, size_t len); /* adds a terminating 0 */

#define ARENA_NEW(arena, T) ((T *)arena_alloc((arena), sizeof(T)))
#define ARENA_ARRAY(arena, T, n) ((T *)arena_alloc((arena), sizeof(T) * (size_t)(n)))

/* Growable array in an arena: VEC(T) v = {0}; VEC_PUSH(arena, &v, item). Old storage stays in the arena. */
#define VEC(T)                                                                                                         \
	struct {                                                                                                       \
		T *items;                                                                                              \
		uint32_t len, cap;                                                                                     \
	}
#define VEC_PUSH(arena, v, item)                                                                                       \
	do {                                                                                                           \
		if ((v)->len == (v)->cap)                                                                              \
			vec_grow((arena), (void **)&(v)->items, &(v)->cap, sizeof((v)->items[0]));                     \
		(v)->items[(v)->len++] = (item);                                                                       \
	} while (0)
void vec_grow(Arena *arena, void **items, uint32_t *cap, size_t item_size);

/* Open-addressing map from pointers (or any nonzero 64-bit key) to pointers, in an arena. Not thread-safe. */
typedef struct PtrMap {
	uint64_t *keys;
	void **values;
	uint32_t len, cap; /* cap: 0 or a power of two */
} PtrMap;
void *ptrmap_get(const PtrMap *map, const void *key); /* NULL if absent */
void ptrmap_put(Arena *arena, PtrMap *map, const void *key, void *value);

#endif
