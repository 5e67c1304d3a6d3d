/* SPDX-License-Identifier: MIT */
/* map.c: maps: an open-addressing table with a byte of hash per entry, searched sixteen at a time.
 *
 * Owns: the Map object and its tables (heap objects; an old table lives as long as an iterator or a reader holds it).
 * Rules: one writer at a time holds Map.writing, a second one is a fatal error, so is a reader that sees it. What a
 * reader needs comes from the table it loaded once, whose header never changes; entries are stored whole words and
 * pairs at a time, before their control byte: a race gives stale values, never a wrong address. Places that are not
 * full are zero. Entries never move inside a table: it grows into a new one, so that iterators keep their place.
 * Why: after Abseil's SwissTable (control bytes, unaligned windows with cloned bytes at the end, probing by triangular
 * numbers); a map of up to eight entries is one window without probing. The table is an object apart from the Map, not
 * inside it: an outgrown one must die with its last iterator, not with the map. */
#include "runtime/hash.h"
#include "runtime/sched.h"
#include "runtime/values.h"

enum {
	LOOK_EVERY = 4096,  /* places of a table gone through between two looks at the limits */
	LONG_STRING = 1024, /* hashing it costs more than a look at the clock */
	CTRL_EMPTY = 0x80, /* ends a search */
	CTRL_DELETED = 0xfe,
	WINDOW = 16,
	SMALL_CAP = 8,
	INDIRECT_BYTES = 128, /* larger keys and values are heap objects of their own, as in Go */
	PREFETCH_CAP = 4096,
	MAX_CAP_SHIFT = 40,
	MAX_HINT = 1 << 28,   /* larger hints are taken for mistakes, as Go takes overflowing ones */
};

/* Followed by the control bytes, then the entries at a multiple of 16. */
typedef struct MapTable {
	const TypeDesc *type; /* of the map */
	char *entries;
	uint64_t mask;        /* cap - 1; places */
	uint64_t window_mask; /* where a search may begin: mask, 0 when there is one window only */
	uint32_t entry_size, value_offset;
	bool key_indirect, value_indirect;
	uint8_t pad[6];
	uint8_t ctrl[]; /* cap + WINDOW: the last ones repeat the first; cap 8: 16, the second half always empty */
} MapTable;

typedef enum KeyMode { KEY_WORD, KEY_STRING, KEY_ANY } KeyMode;

struct Map {
	MapTable *table;
	uint64_t count;
	uint64_t seed;
	const TypeDesc *type;
	uint64_t growth_left; /* empty places that may still be filled */
	uint32_t clears;      /* how often it was cleared: iterators over old tables end then */
	uint8_t writing;      /* atomic */
	uint8_t key_mode;
};

#define EMPTY_8 CTRL_EMPTY, CTRL_EMPTY, CTRL_EMPTY, CTRL_EMPTY, CTRL_EMPTY, CTRL_EMPTY, CTRL_EMPTY, CTRL_EMPTY
/* Where maps without entries look; never written to. */
static const MapTable empty_table = {.mask = SMALL_CAP - 1, .ctrl = {EMPTY_8, EMPTY_8}};

/* ---- windows of control bytes ---- */

#if defined(__x86_64__)
static ALWAYS_INLINE uint32_t window_match(const uint8_t *ctrl, uint8_t byte) {
	__m128i w = _mm_loadu_si128((const __m128i *)ctrl);
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(w, _mm_set1_epi8((char)byte)));
}
static ALWAYS_INLINE uint32_t window_unused(const uint8_t *ctrl) { /* empty or deleted */
	return (uint32_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)ctrl));
}
#else
static ALWAYS_INLINE uint32_t window_match(const uint8_t *ctrl, uint8_t byte) {
	uint32_t mask = 0;
	for (uint32_t i = 0; i < WINDOW; i++)
		mask |= (uint32_t)(ctrl[i] == byte) << i;
	return mask;
}
static ALWAYS_INLINE uint32_t window_unused(const uint8_t *ctrl) {
	uint32_t mask = 0;
	for (uint32_t i = 0; i < WINDOW; i++)
		mask |= (uint32_t)(ctrl[i] >> 7) << i;
	return mask;
}
#endif

static ALWAYS_INLINE uint8_t hash_byte(uint64_t hash) { return hash & 0x7f; }

/* A search: windows at begin, begin + 16, begin + 48, ... until all places were covered. */
typedef struct Probe {
	uint64_t at, step;
} Probe;

static ALWAYS_INLINE Probe probe_begin(const MapTable *t, uint64_t hash) {
	return (Probe){(hash >> 7) & t->window_mask, 0};
}
static ALWAYS_INLINE bool probe_next(const MapTable *t, Probe *p) {
	p->step += WINDOW;
	p->at = (p->at + p->step) & t->window_mask;
	return p->step <= t->mask; /* bounds searches in tables that others are changing */
}

static void ctrl_set(MapTable *t, uint64_t i, uint8_t byte) {
	__atomic_store_n(&t->ctrl[i], byte, __ATOMIC_RELEASE);
	if (i < WINDOW && t->window_mask != 0)
		__atomic_store_n(&t->ctrl[t->mask + 1 + i], byte, __ATOMIC_RELEASE);
}

/* ---- entries ---- */

static ALWAYS_INLINE char *entry_at(const MapTable *t, uint64_t i) { return t->entries + i * t->entry_size; }

static ALWAYS_INLINE Slot *entry_key(const MapTable *t, char *e) {
	return UNLIKELY(t->key_indirect) ? *(Slot **)e : (Slot *)e;
}
static ALWAYS_INLINE Slot *entry_value(const MapTable *t, char *e) {
	char *v = e + t->value_offset;
	return UNLIKELY(t->value_indirect) ? (Slot *)(uintptr_t)load_word(v) : (Slot *)v;
}

/* Bytes a value takes in slot layout. */
static size_t slot_bytes(const TypeDesc *type) {
	return type->flags & DESC_AGGREGATE ? ALIGN_UP((size_t)type->size, sizeof(Slot)) : type->slots * sizeof(Slot);
}

/* Copies a value in slot layout. */
static ALWAYS_INLINE void copy_slots(const TypeDesc *type, Slot *to, const Slot *from) {
	if (UNLIKELY(type->flags & DESC_AGGREGATE)) {
		if (type->size % sizeof(Slot) != 0)
			to[type->size / sizeof(Slot)].u = 0;
		value_copy(type, to, from);
	} else if (type->slots == 1) {
		store_word(to, load_word(from));
	} else if (type->slots == 2) {
		copy_pair(to, from);
	}
}

/* Zeroes an entry; table entries are whole words, pairs begin at multiples of 16 (so do entries with pairs). */
static void entry_zero(const MapTable *t, char *e) {
	static const char zero[16] __attribute__((aligned(16)));
	if (((uintptr_t)e | t->entry_size) % 16 == 0)
		for (uint32_t i = 0; i < t->entry_size; i += 16)
			copy_pair(e + i, zero);
	else
		for (uint32_t i = 0; i < t->entry_size; i += 8)
			store_word(e + i, 0);
}

/* ---- hashing and searching ---- */

static KeyMode key_mode_of(const TypeDesc *key) {
	if (key->kind == KIND_STRING)
		return KEY_STRING;
	bool word = key->flags & DESC_PLAIN_EQUAL && !(key->flags & DESC_AGGREGATE) && key->slots == 1;
	return word ? KEY_WORD : KEY_ANY;
}

/* Of a key somebody looks for: a long one is work. */
static ALWAYS_INLINE uint64_t hash_string_key(Goroutine *g, GoString s, uint64_t seed) {
	if (UNLIKELY(s.len >= LONG_STRING))
		sched_work(g, s.len / 16);
	return hash_short_bytes(s.ptr, (size_t)s.len, seed);
}
static ALWAYS_INLINE uint64_t hash_string(GoString s, uint64_t seed) {
	return hash_short_bytes(s.ptr, (size_t)s.len, seed);
}

/* PANIC_UNHASHABLE when the key holds an uncomparable type. */
static PanicCode key_hash(Goroutine *g, const TypeDesc *type, const Map *m, const Slot *key, uint64_t *hash) {
	const TypeDesc *bad = NULL;
	uint64_t seed = m != NULL ? m->seed : 0;
	*hash = hash_slots(g, type->key, key, seed, &bad);
	if (LIKELY(bad == NULL))
		return PANIC_NONE;
	g->worker->panic_type = bad;
	return PANIC_UNHASHABLE;
}

static ALWAYS_INLINE bool key_equal(Goroutine *g, const MapTable *t, KeyMode mode, char *e, const Slot *key) {
	if (mode == KEY_WORD)
		return load_word(e) == key->u;
	if (mode == KEY_STRING)
		return string_equal(load_string(e), *(const GoString *)key);
	const TypeDesc *bad = NULL;
	const Slot *have = entry_key(t, e);
	return have != NULL && equal_slots(g, t->type->key, have, key, &bad);
}

static ALWAYS_INLINE char *table_find(Goroutine *g, const MapTable *t, KeyMode mode, uint64_t hash, const Slot *key) {
	Probe p = probe_begin(t, hash);
	if (t->mask >= PREFETCH_CAP)
		__builtin_prefetch(entry_at(t, p.at)); /* most often it is there: fetch it beside the control bytes */
	do {
		const uint8_t *ctrl = t->ctrl + p.at;
		for (uint32_t hits = window_match(ctrl, hash_byte(hash)); hits != 0; hits &= hits - 1) {
			char *e = entry_at(t, (p.at + (uint32_t)__builtin_ctz(hits)) & t->mask);
			if (LIKELY(key_equal(g, t, mode, e, key)))
				return e;
		}
		if (LIKELY(window_match(ctrl, CTRL_EMPTY) != 0))
			return NULL;
	} while (probe_next(t, &p));
	return NULL;
}

static char *table_find_any(Goroutine *g, const MapTable *t, KeyMode mode, uint64_t hash, const Slot *key) {
	switch (mode) {
	case KEY_WORD:
		return table_find(g, t, KEY_WORD, hash, key);
	case KEY_STRING:
		return table_find(g, t, KEY_STRING, hash, key);
	case KEY_ANY:
		break;
	}
	return table_find(g, t, KEY_ANY, hash, key);
}

/* The first place that is not full; there is one. */
static ALWAYS_INLINE uint64_t table_unused(const MapTable *t, uint64_t hash) {
	Probe p = probe_begin(t, hash);
	for (;;) {
		uint32_t unused = window_unused(t->ctrl + p.at);
		if (LIKELY(unused != 0))
			return (p.at + (uint32_t)__builtin_ctz(unused)) & t->mask;
		probe_next(t, &p);
	}
}

static ALWAYS_INLINE MapTable *map_table(const Map *m) {
	return __atomic_load_n(&m->table, __ATOMIC_ACQUIRE);
}

/* ---- making tables ---- */

static uint64_t table_room(uint64_t cap) {
	return cap == SMALL_CAP ? SMALL_CAP : cap / 8 * 7;
}

static MapTable *table_new(Goroutine *g, const TypeDesc *type, uint64_t cap) {
	size_t key = slot_bytes(type->key), value = slot_bytes(type->elem);
	bool key_indirect = key > INDIRECT_BYTES, value_indirect = value > INDIRECT_BYTES;
	if (key_indirect)
		key = sizeof(void *);
	if (value_indirect)
		value = sizeof(void *);
	bool pairs = (type->key->align == 16 && !key_indirect) || (type->elem->align == 16 && !value_indirect);
	size_t align = pairs ? 16 : sizeof(Slot);
	size_t value_offset = type->elem->align == 16 && !value_indirect ? ALIGN_UP(key, (size_t)16) : key;
	size_t entry_size = ALIGN_UP(value_offset + value, align);
	if (entry_size == 0)
		entry_size = sizeof(Slot); /* keys of size 0: entries still have addresses */
	size_t ctrl = cap == SMALL_CAP ? WINDOW : cap + WINDOW;
	size_t head = ALIGN_UP(sizeof(MapTable) + ctrl, (size_t)16), size = head + cap * entry_size;
	bool pointers = ((type->key->flags | type->elem->flags) & DESC_POINTERS) || key_indirect || value_indirect;
	MapTable *t = pointers ? heap_new_kind(g, HEAP_MAP_TABLE, size) : heap_new_bytes(g, size);
	if (t == NULL)
		return NULL;
	t->entries = (char *)t + head;
	t->mask = cap - 1;
	t->window_mask = cap == SMALL_CAP ? 0 : cap - 1;
	t->entry_size = (uint32_t)entry_size;
	t->value_offset = (uint32_t)value_offset;
	t->key_indirect = key_indirect;
	t->value_indirect = value_indirect;
	memset(t->ctrl, CTRL_EMPTY, ctrl);
	t->type = type;
	return t;
}

static uint64_t entry_hash(Goroutine *g, const MapTable *t, const Map *m, char *e) {
	switch ((KeyMode)m->key_mode) {
	case KEY_WORD:
		return hash_word(load_word(e), m->seed);
	case KEY_STRING:
		return hash_string(load_string(e), m->seed);
	case KEY_ANY:
		break;
	}
	const TypeDesc *bad = NULL;
	return hash_slots(g, t->type->key, entry_key(t, e), m->seed, &bad);
}

/* Words and pairs whole: a racing program may be writing to a value it found before. */
static ALWAYS_INLINE void entry_copy(char *to, const char *from, size_t size) {
	if (size % 16 == 0 && ((uintptr_t)to | (uintptr_t)from) % 16 == 0)
		for (size_t i = 0; i < size; i += 16)
			copy_pair(to + i, from + i);
	else
		for (size_t i = 0; i < size; i += 8)
			store_word(to + i, load_word(from + i));
}

/* Copies all entries of one table into a fresh one. False: the program is being stopped, not all are there. */
static bool table_move(Goroutine *g, const MapTable *from, MapTable *to, const Map *m) {
	for (uint64_t i = 0; i <= from->mask; i++) {
		if (UNLIKELY(i % LOOK_EVERY == LOOK_EVERY - 1) && sched_work(g, LOOK_EVERY / 16))
			return false;
		if (from->ctrl[i] & CTRL_EMPTY)
			continue;
		char *e = entry_at(from, i);
		uint64_t hash = entry_hash(g, from, m, e), at = table_unused(to, hash);
		entry_copy(entry_at(to, at), e, to->entry_size);
		ctrl_set(to, at, hash_byte(hash));
	}
	return true;
}

/* No empty place is left: a table of twice the size, or of the same when half of the places were deleted ones. */
static NOINLINE PanicCode map_grow(Goroutine *g, const TypeDesc *type, Map *m) {
	MapTable *old = m->table;
	uint64_t cap = old->mask + 1;
	if (old == &empty_table)
		cap = SMALL_CAP;
	else if (m->count > table_room(cap) / 2)
		cap *= 2;
	MapTable *t = cap >> MAX_CAP_SHIFT == 0 ? table_new(g, type, cap) : NULL;
	if (t == NULL || (m->count != 0 && !table_move(g, old, t, m)))
		return FATAL_OUT_OF_MEMORY; /* which is silent when the program is being stopped */
	m->growth_left = table_room(cap) - m->count;
	__atomic_store_n(&m->table, t, __ATOMIC_RELEASE);
	return PANIC_NONE;
}

static uint64_t random_next(Worker *w) {
	uint64_t x = w->random != 0 ? w->random : 0x9e3779b97f4a7c15ull;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	w->random = x;
	return hash_word(x, HASH_P2);
}

PanicCode map_new(Goroutine *g, const TypeDesc *type, int64_t hint, Map **out) {
	Map *m = heap_new_kind(g, HEAP_MAP, sizeof(Map));
	if (m == NULL)
		return FATAL_OUT_OF_MEMORY;
	m->table = (MapTable *)&empty_table;
	m->seed = random_next(g->worker);
	m->type = type;
	m->key_mode = (uint8_t)key_mode_of(type->key);
	*out = m;
	if (hint <= SMALL_CAP || hint > MAX_HINT)
		return PANIC_NONE; /* the table comes with the first entry */
	uint64_t cap = 2 * SMALL_CAP;
	while (table_room(cap) < (uint64_t)hint)
		cap *= 2;
	MapTable *t = table_new(g, type, cap);
	if (cap >= LOOK_EVERY)
		sched_work(g, (int64_t)(cap / 16));
	if (t != NULL) { /* else it was just a hint */
		m->table = t;
		m->growth_left = table_room(cap);
	}
	return PANIC_NONE;
}

int64_t map_len(const Map *m) {
	return m == NULL ? 0 : (int64_t)__atomic_load_n(&m->count, __ATOMIC_RELAXED);
}

/* ---- reading ---- */

static ALWAYS_INLINE bool map_is_writing(const Map *m) {
	return __atomic_load_n(&m->writing, __ATOMIC_RELAXED) != 0;
}

static ALWAYS_INLINE Slot *get_found(Goroutine *g, const Map *m, KeyMode mode, uint64_t hash, const Slot *key) {
	if (UNLIKELY(map_is_writing(m)))
		return MAP_CONFLICT;
	const MapTable *t = map_table(m);
	char *e = table_find(g, t, mode, hash, key);
	return e != NULL ? entry_value(t, e) : NULL;
}

Slot *map_get_word(const Map *m, uint64_t key) {
	Slot slot = {.u = key};
	return UNLIKELY(m == NULL) ? NULL : get_found(NULL, m, KEY_WORD, hash_word(key, m->seed), &slot);
}

Slot *map_get_string(const Map *m, GoString key) {
	return UNLIKELY(m == NULL) ? NULL : get_found(NULL, m, KEY_STRING, hash_string(key, m->seed), (const Slot *)&key);
}

static NOINLINE PanicCode get_any(Goroutine *g, const TypeDesc *type, const Map *m, const Slot *key, Slot **out) {
	uint64_t hash;
	PanicCode code = key_hash(g, type, m, key, &hash); /* unhashable keys panic in empty and nil maps too */
	*out = code == PANIC_NONE && m != NULL ? get_found(g, m, KEY_ANY, hash, key) : NULL;
	return code;
}

PanicCode map_get(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, Slot **out) {
	Slot *found;
	PanicCode code = PANIC_NONE;
	if (UNLIKELY(m == NULL) || m->key_mode == KEY_ANY)
		code = get_any(g, type, m, key, &found);
	else if (m->key_mode == KEY_WORD)
		found = get_found(g, m, KEY_WORD, hash_word(key->u, m->seed), key);
	else
		found = get_found(g, m, KEY_STRING, hash_string_key(g, load_string(key), m->seed), key);
	if (UNLIKELY(found == MAP_CONFLICT)) {
		found = NULL;
		code = FATAL_CONCURRENT_MAP_READ_WRITE;
	}
	*out = found;
	return code;
}

/* ---- writing ---- */

/* With one thread nothing can come between: a map operation never suspends. */
static ALWAYS_INLINE bool write_begin(const Goroutine *g, Map *m) {
	if (LIKELY(!g->vm->multi))
		return true;
	return __atomic_exchange_n(&m->writing, 1, __ATOMIC_ACQUIRE) == 0;
}
static ALWAYS_INLINE void write_end(const Goroutine *g, Map *m) {
	if (UNLIKELY(g->vm->multi))
		__atomic_store_n(&m->writing, 0, __ATOMIC_RELEASE);
}

/* The objects behind indirect keys and values are made before the entry is. */
static PanicCode entry_fill(Goroutine *g, const TypeDesc *type, MapTable *t, char *e, KeyMode mode, const Slot *key) {
	if (mode == KEY_WORD) {
		store_word(e, key->u);
	} else if (mode == KEY_STRING) {
		copy_pair(e, key);
	} else if (t->key_indirect) {
		Slot *copy = heap_new(g, type->key);
		if (copy == NULL)
			return FATAL_OUT_OF_MEMORY;
		copy_slots(type->key, copy, key);
		store_pointer(e, copy);
	} else {
		copy_slots(type->key, (Slot *)e, key);
	}
	if (UNLIKELY(t->value_indirect)) {
		void *value = heap_new(g, type->elem);
		if (value == NULL)
			return FATAL_OUT_OF_MEMORY;
		store_pointer(e + t->value_offset, value);
	}
	return PANIC_NONE;
}

/* Writer's flag held. The entry of a key, made when absent. */
static ALWAYS_INLINE PanicCode assign_entry(Goroutine *g, const TypeDesc *type, Map *m, KeyMode mode, uint64_t hash,
					    const Slot *key, char **out) {
	MapTable *t = m->table;
	char *e = table_find(g, t, mode, hash, key);
	if (e != NULL) {
		*out = e;
		if (mode == KEY_STRING)
			copy_pair(e, key); /* lets go of the older string's memory */
		else if (mode == KEY_ANY && !(type->key->flags & DESC_PLAIN_EQUAL))
			copy_slots(type->key, entry_key(t, e), key); /* equal keys may differ: 0 and -0 */
		return PANIC_NONE;
	}
	if (UNLIKELY(m->growth_left == 0)) {
		PanicCode code = map_grow(g, type, m);
		if (code != PANIC_NONE)
			return code;
		t = m->table;
	}
	uint64_t at = table_unused(t, hash);
	e = entry_at(t, at);
	PanicCode code = entry_fill(g, type, t, e, mode, key);
	if (UNLIKELY(code != PANIC_NONE)) {
		entry_zero(t, e);
		return code;
	}
	m->growth_left -= t->ctrl[at] == CTRL_EMPTY;
	ctrl_set(t, at, hash_byte(hash));
	m->count++;
	*out = e;
	return PANIC_NONE;
}

static ALWAYS_INLINE PanicCode assign(Goroutine *g, const TypeDesc *type, Map *m, KeyMode mode, uint64_t hash,
				      const Slot *key, const Slot *value, Slot **out) {
	if (UNLIKELY(!write_begin(g, m)))
		return FATAL_CONCURRENT_MAP_WRITE;
	char *e;
	PanicCode code = assign_entry(g, type, m, mode, hash, key, &e);
	if (LIKELY(code == PANIC_NONE)) {
		*out = entry_value(m->table, e);
		if (value != NULL)
			copy_slots(type->elem, *out, value);
	}
	write_end(g, m);
	return code;
}

PanicCode map_assign_word(Goroutine *g, Map *m, uint64_t key, Slot **out) {
	if (UNLIKELY(m == NULL))
		return PANIC_NIL_MAP;
	Slot slot = {.u = key};
	return assign(g, m->type, m, KEY_WORD, hash_word(key, m->seed), &slot, NULL, out);
}

PanicCode map_assign_string(Goroutine *g, Map *m, GoString key, Slot **out) {
	if (UNLIKELY(m == NULL))
		return PANIC_NIL_MAP;
	return assign(g, m->type, m, KEY_STRING, hash_string(key, m->seed), (const Slot *)&key, NULL, out);
}

static PanicCode assign_any(
	Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, const Slot *value, Slot **out) {
	if (UNLIKELY(m == NULL))
		return PANIC_NIL_MAP;
	uint64_t hash;
	switch ((KeyMode)m->key_mode) {
	case KEY_WORD:
		return assign(g, type, m, KEY_WORD, hash_word(key->u, m->seed), key, value, out);
	case KEY_STRING:
		return assign(g, type, m, KEY_STRING, hash_string_key(g, *(const GoString *)key, m->seed), key, value, out);
	case KEY_ANY:
		break;
	}
	PanicCode code = key_hash(g, type, m, key, &hash);
	return code != PANIC_NONE ? code : assign(g, type, m, KEY_ANY, hash, key, value, out);
}

PanicCode map_assign(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, Slot **out) {
	return assign_any(g, type, m, key, NULL, out);
}

PanicCode map_set(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, const Slot *value) {
	Slot *out;
	return assign_any(g, type, m, key, value, &out);
}

/* Frees place i. It becomes empty again, not just deleted, when no search can have passed over it: when every window
 * that covers it has an empty place. */
static void place_free(Map *m, MapTable *t, uint64_t i) {
	bool empty = t->window_mask == 0;
	if (!empty) {
		uint32_t after = window_match(t->ctrl + i, CTRL_EMPTY);
		uint32_t before = window_match(t->ctrl + ((i - WINDOW) & t->mask), CTRL_EMPTY);
		empty = after != 0 && before != 0 &&
			__builtin_ctz(after) + (__builtin_clz(before) - (32 - WINDOW)) < WINDOW;
	}
	ctrl_set(t, i, empty ? CTRL_EMPTY : CTRL_DELETED);
	m->growth_left += empty;
	m->count--;
	entry_zero(t, entry_at(t, i));
}

PanicCode map_delete(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key) {
	uint64_t hash;
	PanicCode code = key_hash(g, type, m, key, &hash);
	if (code != PANIC_NONE || m == NULL)
		return code;
	if (UNLIKELY(!write_begin(g, m)))
		return FATAL_CONCURRENT_MAP_WRITE;
	MapTable *t = m->table;
	char *e = table_find_any(g, t, (KeyMode)m->key_mode, hash, key);
	if (e != NULL)
		place_free(m, t, (uint64_t)(e - t->entries) / t->entry_size);
	write_end(g, m);
	return PANIC_NONE;
}

PanicCode map_clear(Goroutine *g, const TypeDesc *type, Map *m) {
	(void)type;
	if (m == NULL)
		return PANIC_NONE;
	if (UNLIKELY(!write_begin(g, m)))
		return FATAL_CONCURRENT_MAP_WRITE;
	MapTable *t = m->table;
	if (t != &empty_table) {
		uint64_t cap = t->mask + 1;
		for (uint64_t i = 0; i < cap; i++) {
			if (t->ctrl[i] != CTRL_EMPTY) {
				ctrl_set(t, i, CTRL_EMPTY);
				entry_zero(t, entry_at(t, i));
			}
			if (UNLIKELY(i % LOOK_EVERY == LOOK_EVERY - 1))
				sched_work(g, LOOK_EVERY / 16);
		}
		m->growth_left = table_room(cap);
	}
	m->count = 0;
	m->clears++;
	write_end(g, m);
	return PANIC_NONE;
}

/* ---- iterating ---- */

/* The iterator's slots. Positions run from 0 to cap; place = (position * stride + start) & mask. A stride other than 1,
 * in maps of one window, keeps the order of insertion from showing. */
typedef struct MapIter {
	Map *map;
	MapTable *table; /* where it began: stays the same when the map grows */
	uint64_t start;
	uint64_t position;
	uint32_t clears, stride;
} MapIter;
_Static_assert(sizeof(MapIter) <= MAP_ITER_SLOTS * sizeof(Slot), "lives in the frame");

void map_iter_init(Goroutine *g, const TypeDesc *type, Map *m, Slot *iter) {
	(void)type;
	MapIter *it = (MapIter *)iter;
	*it = (MapIter){.map = m};
	if (m == NULL || map_len(m) == 0)
		it->map = NULL;
	else
		it->table = map_table(m);
	if (it->map == NULL)
		return;
	uint64_t random = random_next(g->worker);
	it->start = random & it->table->mask;
	it->stride = it->table->window_mask == 0 ? (random >> 60) | 1 : 1;
	it->clears = m->clears;
}

/* The next full place at or after the iterator's position. */
static bool iter_place(MapIter *it, uint64_t *place) {
	const MapTable *t = it->table;
	while (it->position <= t->mask) {
		uint64_t i = (it->position * it->stride + it->start) & t->mask;
		if (t->window_mask == 0) {
			it->position++;
			if (t->ctrl[i] & CTRL_EMPTY)
				continue;
			*place = i;
			return true;
		}
		uint32_t full = window_unused(t->ctrl + i) ^ 0xffff;
		uint32_t skip = full == 0 ? WINDOW : (uint32_t)__builtin_ctz(full);
		it->position += skip;
		if (full != 0 && it->position <= t->mask) {
			it->position++;
			*place = (i + skip) & t->mask;
			return true;
		}
	}
	return false;
}

/* The map has grown since: what the old table says counts only if the key is still there. */
static PanicCode iter_current(Goroutine *g, const MapIter *it, const MapTable **t, char **e) {
	const Map *m = it->map;
	const TypeDesc *type = (*t)->type, *bad = NULL;
	const Slot *key = entry_key(*t, *e);
	uint64_t hash;
	PanicCode code = key_hash(g, type, m, key, &hash);
	if (code != PANIC_NONE)
		return code;
	const MapTable *now = map_table(m);
	char *found = table_find_any(g, now, (KeyMode)m->key_mode, hash, key);
	if (found != NULL)
		*t = now;
	else if (m->key_mode == KEY_ANY && !equal_slots(g, type->key, key, key, &bad))
		found = *e; /* a NaN: cannot be found, cannot have been deleted */
	*e = found;
	return PANIC_NONE;
}

PanicCode map_iter_next(Goroutine *g, const TypeDesc *type, Slot *iter, Slot *key, Slot *value, bool *more) {
	MapIter *it = (MapIter *)iter;
	const Map *m = it->map;
	*more = false;
	if (m == NULL)
		return PANIC_NONE;
	if (UNLIKELY(map_is_writing(m)))
		return FATAL_CONCURRENT_MAP_ITERATE;
	uint64_t place, from = it->position;
	while (iter_place(it, &place)) {
		if (UNLIKELY(it->position - from >= LOOK_EVERY))
			sched_work(g, LOOK_EVERY / 64), from = it->position; /* windows of empty places */
		const MapTable *t = it->table;
		char *e = entry_at(t, place);
		if (UNLIKELY(t != map_table(m))) {
			if (it->clears != m->clears)
				break;
			PanicCode code = iter_current(g, it, &t, &e);
			if (code != PANIC_NONE)
				return code;
			if (e == NULL)
				continue;
		}
		const Slot *have = entry_key(t, e), *is = entry_value(t, e);
		if (UNLIKELY((t->key_indirect && have == NULL) || (t->value_indirect && is == NULL)))
			continue; /* deleted at this moment by a racing goroutine */
		if (key != NULL)
			copy_slots(type->key, key, have);
		if (value != NULL)
			copy_slots(type->elem, value, is);
		*more = true;
		return PANIC_NONE;
	}
	it->map = NULL;
	it->table = NULL;
	return PANIC_NONE;
}

/* ---- tracing ---- */

void map_trace(Marker *m, void *object);
void map_table_trace(Marker *m, void *object);

void map_trace(Marker *m, void *object) {
	gc_mark_pointer(m, ((const Map *)object)->table);
}

static void scan_places(Marker *m, void *object, size_t from, size_t to) {
	const MapTable *t = object;
	const TypeDesc *key = t->type->key, *elem = t->type->elem;
	for (size_t i = from; i < to; i++) {
		if (t->ctrl[i] & CTRL_EMPTY)
			continue;
		char *e = entry_at(t, i);
		if (t->key_indirect)
			gc_mark_pointer(m, *(void **)e);
		else
			gc_mark_slots(m, key, (Slot *)e);
		if (t->value_indirect)
			gc_mark_pointer(m, *(void **)(e + t->value_offset));
		else
			gc_mark_slots(m, elem, (Slot *)(e + t->value_offset));
	}
}

enum { TRACE_STEP = 512 };

void map_table_trace(Marker *m, void *object) {
	const MapTable *t = object;
	if (t->type != NULL)
		gc_mark_wide(m, object, t->mask + 1, TRACE_STEP, scan_places);
}
