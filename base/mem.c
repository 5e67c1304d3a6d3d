/* SPDX-License-Identifier: MIT */
/* mem.c: the allocator handle, arenas, and the two containers that live in arenas.
 *
 * Owns: nothing; a Mem belongs to the host side, an Arena to the pass that uses it.
 * Rules: Mem is safe from any thread (one relaxed counter); arenas and what lives in them belong to one thread.
 * Why: arena memory is zeroed chunk by chunk, not piece by piece: one memset over a chunk that then stays in the cache.
 * A chunk the handle refused comes from the C library, so that no caller of arena_alloc needs an error path. */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the handle ---- */

void mem_init(Mem *mem, MemHook hook, void *user) {
	*mem = (Mem){.hook = hook, .user = user};
}

/* Books `grow` more bytes; false when the cap forbids it. */
static bool mem_charge(Mem *mem, size_t grow) {
	size_t used = __atomic_add_fetch(&mem->used_bytes, grow, __ATOMIC_RELAXED);
	size_t cap = __atomic_load_n(&mem->cap_bytes, __ATOMIC_RELAXED);
	if (UNLIKELY(cap != 0 && (used > cap || used < grow))) {
		__atomic_sub_fetch(&mem->used_bytes, grow, __ATOMIC_RELAXED);
		__atomic_store_n(&mem->refused, true, __ATOMIC_RELAXED);
		return false;
	}
	return true;
}

static void mem_uncharge(Mem *mem, size_t shrink) {
	__atomic_sub_fetch(&mem->used_bytes, shrink, __ATOMIC_RELAXED);
}

void *mem_realloc(Mem *mem, void *old, size_t old_size, size_t new_size) {
	if (new_size == 0) {
		mem_free(mem, old, old_size);
		return NULL;
	}
	if (old == NULL)
		old_size = 0;
	if (new_size > old_size && !mem_charge(mem, new_size - old_size))
		return NULL;
	void *p = mem->hook != NULL ? mem->hook(mem->user, old, old_size, new_size) : realloc(old, new_size);
	if (UNLIKELY(p == NULL)) {
		__atomic_store_n(&mem->refused, true, __ATOMIC_RELAXED);
		if (new_size > old_size)
			mem_uncharge(mem, new_size - old_size);
		return NULL;
	}
	if (new_size < old_size)
		mem_uncharge(mem, old_size - new_size);
	return p;
}

void *mem_alloc(Mem *mem, size_t size) {
	return mem_realloc(mem, NULL, 0, size != 0 ? size : 1);
}

void *mem_zalloc(Mem *mem, size_t size) {
	/* calloc gets large zeroed blocks from the system without touching them. */
	if (mem->hook == NULL) {
		size = size != 0 ? size : 1;
		if (!mem_charge(mem, size))
			return NULL;
		void *p = calloc(1, size);
		if (p == NULL)
			mem_uncharge(mem, size);
		return p;
	}
	void *p = mem_alloc(mem, size);
	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void mem_free(Mem *mem, void *p, size_t size) {
	if (p == NULL)
		return;
	size = size != 0 ? size : 1; /* mem_alloc never takes less */
	if (mem->hook != NULL)
		mem->hook(mem->user, p, size, 0);
	else
		free(p);
	mem_uncharge(mem, size);
}

/* ---- arenas ---- */

enum {
	ARENA_ALIGN = 16,
	ARENA_FIRST_CHUNK = 4096,
	ARENA_MAX_CHUNK = 256 << 10,
};

struct ArenaChunk {
	ArenaChunk *next;
	size_t size;
	bool from_libc; /* the handle refused */
	_Alignas(ARENA_ALIGN) char data[];
};

void arena_init(Arena *arena, Mem *mem) {
	*arena = (Arena){.mem = mem};
}

void arena_deinit(Arena *arena) {
	for (ArenaChunk *c = arena->chunks, *next; c != NULL; c = next) {
		next = c->next;
		if (c->from_libc)
			free(c);
		else
			mem_free(arena->mem, c, c->size);
	}
	*arena = (Arena){.mem = arena->mem};
}

static COLD void arena_die(size_t size) {
	fprintf(stderr, "fatal error: out of memory (%zu bytes)\n", size);
	abort();
}

static ArenaChunk *arena_new_chunk(Arena *arena, size_t data_size, bool zero) {
	if (UNLIKELY(data_size > SIZE_MAX - sizeof(ArenaChunk)))
		arena_die(data_size);
	size_t size = sizeof(ArenaChunk) + data_size;
	bool from_libc = false;
	ArenaChunk *c = zero ? mem_zalloc(arena->mem, size) : mem_alloc(arena->mem, size);
	if (UNLIKELY(c == NULL)) {
		arena->failed = true;
		from_libc = true;
		c = calloc(1, size);
		if (c == NULL)
			arena_die(size);
	}
	c->size = size;
	c->from_libc = from_libc;
	c->next = arena->chunks;
	arena->chunks = c;
	return c;
}

bool arena_ask(Arena *arena) {
	if (!arena->failed && arena->stop != NULL && arena->stop(arena->stop_user))
		arena->failed = true;
	return arena->failed;
}

static COLD void *arena_alloc_slow(Arena *arena, size_t size) {
	arena_ask(arena);
	size_t chunk = arena->used_bytes < ARENA_FIRST_CHUNK ? ARENA_FIRST_CHUNK : arena->used_bytes;
	if (chunk > ARENA_MAX_CHUNK)
		chunk = ARENA_MAX_CHUNK;
	chunk -= sizeof(ArenaChunk);
	/* Large pieces get a chunk of their own, so that the rest of the current one is not lost. */
	if (size > chunk / 4) {
		ArenaChunk *c = arena_new_chunk(arena, size, true);
		arena->used_bytes += size;
		return c->data;
	}
	ArenaChunk *c = arena_new_chunk(arena, chunk, true);
	arena->ptr = c->data + size;
	arena->end = c->data + (chunk & ~(size_t)(ARENA_ALIGN - 1));
	arena->used_bytes += size;
	return c->data;
}

void *arena_alloc(Arena *arena, size_t size) {
	if (UNLIKELY(size > SIZE_MAX - ARENA_ALIGN))
		arena_die(size);
	size = size != 0 ? ALIGN_UP(size, ARENA_ALIGN) : ARENA_ALIGN;
	if (UNLIKELY((size_t)(arena->end - arena->ptr) < size))
		return arena_alloc_slow(arena, size);
	void *p = arena->ptr;
	arena->ptr += size;
	arena->used_bytes += size;
	return p;
}

enum { JOIN_PIECE = 256 << 10 };

/* Copies in pieces; false: stopped. */
static bool arena_copy(Arena *arena, char *to, const char *from, size_t len) {
	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < JOIN_PIECE ? len - at : JOIN_PIECE;
		memcpy(to + at, from + at, n);
		if (n == JOIN_PIECE && arena_ask(arena))
			return false;
	}
	return true;
}

/* A long text gets a chunk of its own, which is written only once. */
char *arena_join(Arena *arena, const char *a, size_t a_len, const char *b, size_t b_len) {
	if (UNLIKELY(a_len > SIZE_MAX - 1 || b_len > SIZE_MAX - 1 - a_len))
		arena_die(SIZE_MAX);
	size_t len = a_len + b_len;
	char *text;
	if (len < JOIN_PIECE) {
		text = arena_alloc(arena, len + 1);
	} else {
		if (arena_ask(arena))
			return NULL;
		text = arena_new_chunk(arena, len + 1, false)->data;
		arena->used_bytes += len + 1;
	}
	if (!arena_copy(arena, text, a, a_len) || !arena_copy(arena, text + a_len, b, b_len))
		return NULL;
	text[len] = 0;
	return text;
}

char *arena_strndup(Arena *arena, const char *s, size_t len) {
	char *copy = arena_alloc(arena, len + 1);
	if (len != 0)
		memcpy(copy, s, len);
	return copy;
}

/* ---- containers in arenas ---- */

void vec_grow(Arena *arena, void **items, uint32_t *cap, size_t item_size) {
	uint32_t old_cap = *cap;
	uint32_t new_cap = old_cap < 4 ? 8 : old_cap * 2;
	if (UNLIKELY(new_cap <= old_cap))
		arena_die(item_size * (size_t)old_cap * 2);
	void *p = arena_alloc(arena, item_size * new_cap);
	if (old_cap != 0)
		memcpy(p, *items, item_size * old_cap);
	*items = p;
	*cap = new_cap;
}

static uint32_t ptrmap_slot(const PtrMap *map, uint64_t key) {
	uint64_t h = key * 0x9E3779B97F4A7C15u;
	uint32_t i = (uint32_t)(h >> 32) & (map->cap - 1);
	while (map->keys[i] != 0 && map->keys[i] != key)
		i = (i + 1) & (map->cap - 1);
	return i;
}

void *ptrmap_get(const PtrMap *map, const void *key) {
	if (map->cap == 0)
		return NULL;
	uint32_t i = ptrmap_slot(map, (uintptr_t)key);
	return map->keys[i] != 0 ? map->values[i] : NULL;
}

static void ptrmap_grow(Arena *arena, PtrMap *map) {
	PtrMap bigger = {.len = map->len, .cap = map->cap != 0 ? map->cap * 2 : 16};
	bigger.keys = ARENA_ARRAY(arena, uint64_t, bigger.cap);
	bigger.values = ARENA_ARRAY(arena, void *, bigger.cap);
	for (uint32_t i = 0; i < map->cap; i++) {
		if (map->keys[i] == 0)
			continue;
		uint32_t slot = ptrmap_slot(&bigger, map->keys[i]);
		bigger.keys[slot] = map->keys[i];
		bigger.values[slot] = map->values[i];
	}
	*map = bigger;
}

void ptrmap_put(Arena *arena, PtrMap *map, const void *key, void *value) {
	assert(key != NULL);
	if (map->len >= map->cap / 4 * 3)
		ptrmap_grow(arena, map);
	uint32_t i = ptrmap_slot(map, (uintptr_t)key);
	if (map->keys[i] == 0) {
		map->keys[i] = (uintptr_t)key;
		map->len++;
	}
	map->values[i] = value;
}
