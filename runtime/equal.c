/* SPDX-License-Identifier: MIT */
/* equal.c: == and hashing of every comparable type, in memory layout and in slot layout.
 *
 * Owns: nothing.
 * Rules: as Go: -0 == 0, NaN is unequal to itself and hashes to something new each time, fields named _ do not count,
 * comparison goes in order and stops at the first difference; an uncomparable type met on the way is reported in *bad.
 * Why: nested interfaces can be arbitrarily deep at run time, so the last member of a value is a loop, not a call, and
 * other nesting is bounded (MAX_VALUE_DEPTH): a hostile value must not overflow the C stack. */
#include "runtime/hash.h"
#include "runtime/sched.h"
#include "runtime/values.h"

enum { MAX_VALUE_DEPTH = 4000 };

/* ---- bytes ---- */

uint64_t hash_long(const char *p, size_t len, uint64_t seed) {
	size_t left = len;
	if (left > 48) {
		uint64_t s1 = seed, s2 = seed;
		do {
			seed = hash_fold(hash_read8(p) ^ HASH_P1, hash_read8(p + 8) ^ seed);
			s1 = hash_fold(hash_read8(p + 16) ^ HASH_P2, hash_read8(p + 24) ^ s1);
			s2 = hash_fold(hash_read8(p + 32) ^ HASH_P3, hash_read8(p + 40) ^ s2);
			p += 48;
			left -= 48;
		} while (left > 48);
		seed ^= s1 ^ s2;
	}
	while (left > 16) {
		seed = hash_fold(hash_read8(p) ^ HASH_P1, hash_read8(p + 8) ^ seed);
		p += 16;
		left -= 16;
	}
	uint64_t a = hash_read8(p + left - 16), b = hash_read8(p + left - 8);
	return hash_fold(HASH_P1 ^ len, hash_fold(a ^ HASH_P0, b ^ seed ^ HASH_P2));
}

uint64_t hash_bytes(const void *p, size_t len, uint64_t seed) {
	return hash_short_bytes(p, len, seed);
}

int string_compare(GoString a, GoString b) {
	size_t least = (size_t)(a.len < b.len ? a.len : b.len);
	int order = least == 0 ? 0 : memcmp(a.ptr, b.ptr, least);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* ---- walking through a value ---- */

/* Values made of interfaces can be long chains, or trees in which the same parts are met again and again: exponentially many. */
typedef struct ValueWalk {
	Goroutine *g;
	const TypeDesc *bad;
	uint32_t steps;
	bool stopped; /* the program ends: the answer does not matter */
} ValueWalk;

static NOINLINE bool walk_look(ValueWalk *walk) {
	int64_t steps = walk->steps;
	walk->steps = 0;
	walk->stopped = sched_work(walk->g, steps);
	return walk->stopped;
}

/* Once for each interface, and for each array of what is not plain. */
static ALWAYS_INLINE bool walk_stops(ValueWalk *walk) {
	enum { LOOK_EVERY = 1024 };
	return UNLIKELY(++walk->steps >= LOOK_EVERY) && (walk->stopped || walk_look(walk));
}

/* ---- equality ---- */

static bool equal_at(const TypeDesc *type, const char *a, const char *b, ValueWalk *walk, int depth);

static bool is_blank(const FieldDesc *f) {
	return f->name[0] == '_' && f->name[1] == 0;
}

static uint32_t last_field(const TypeDesc *type) {
	uint32_t last = type->field_count;
	while (last > 0 && is_blank(&type->fields[last - 1]))
		last--;
	return last;
}

static ALWAYS_INLINE bool equal_strings(ValueWalk *walk, GoString a, GoString b) {
	if (a.len == b.len)
		walk->steps += (uint32_t)((uint64_t)a.len >> 4);
	return string_equal(a, b);
}

/* All members but the last: the caller goes on with that one. */
static bool equal_fields_but_last(
	const TypeDesc *type, uint32_t last, const char *a, const char *b, ValueWalk *walk, int depth) {
	for (uint32_t i = 0; i + 1 < last; i++) {
		const FieldDesc *f = &type->fields[i];
		if (!is_blank(f) && !equal_at(f->type, a + f->offset, b + f->offset, walk, depth + 1))
			return false;
	}
	return true;
}

static bool equal_elements_but_last(
	const TypeDesc *type, const char *a, const char *b, ValueWalk *walk, int depth) {
	size_t size = type->elem->size;
	for (int64_t i = 0; i + 1 < type->length; i++)
		if (!equal_at(type->elem, a + (size_t)i * size, b + (size_t)i * size, walk, depth + 1) || walk_stops(walk))
			return false;
	return true;
}

/* Dynamic values of two interfaces: *decided when the answer is known; else go on with type, a, b. */
static bool equal_iface_step(const GoIface *x, const GoIface *y, const TypeDesc **type, const char **a, const char **b,
			     ValueWalk *walk, bool *decided) {
	*decided = true;
	const TypeDesc *t = x->type;
	if (t != y->type || t == NULL)
		return t == y->type;
	if (!(t->flags & DESC_COMPARABLE)) {
		walk->bad = t;
		return false;
	}
	if (t->flags & DESC_DIRECT) {
		if (t->flags & DESC_PLAIN_EQUAL && !(t->flags & DESC_AGGREGATE))
			return x->data.u == y->data.u;
		*a = (const char *)&x->data;
		*b = (const char *)&y->data;
	} else {
		if (x->data.p == y->data.p && (t->flags & DESC_PLAIN_EQUAL || t->kind == KIND_STRING))
			return true;
		*a = x->data.p;
		*b = y->data.p;
	}
	*type = t;
	*decided = false;
	return false;
}

static bool equal_floats(const TypeDesc *type, const char *a, const char *b) {
	float f[4];
	double d[4];
	switch (type->kind) {
	case KIND_FLOAT32:
		memcpy(&f[0], a, 4);
		memcpy(&f[1], b, 4);
		return f[0] == f[1];
	case KIND_FLOAT64:
		memcpy(&d[0], a, 8);
		memcpy(&d[1], b, 8);
		return d[0] == d[1];
	case KIND_COMPLEX64:
		memcpy(&f[0], a, 8);
		memcpy(&f[2], b, 8);
		return f[0] == f[2] && f[1] == f[3];
	default:
		memcpy(&d[0], a, 16);
		memcpy(&d[2], b, 16);
		return d[0] == d[2] && d[1] == d[3];
	}
}

/* Memory layout. Loops down the last member. */
static bool equal_at(const TypeDesc *type, const char *a, const char *b, ValueWalk *walk, int depth) {
	GoIface x, y;
	for (;;) {
		if (type->flags & DESC_PLAIN_EQUAL)
			return memcmp(a, b, type->size) == 0;
		switch (type->kind) {
		case KIND_STRING:
			return equal_strings(walk, load_string(a), load_string(b));
		case KIND_FLOAT32: case KIND_FLOAT64: case KIND_COMPLEX64: case KIND_COMPLEX128:
			return equal_floats(type, a, b);
		case KIND_INTERFACE: {
			bool decided;
			if (walk_stops(walk))
				return false;
			x = load_iface(a), y = load_iface(b);
			bool result = equal_iface_step(&x, &y, &type, &a, &b, walk, &decided);
			if (decided)
				return result;
			break;
		}
		case KIND_STRUCT: {
			uint32_t last = last_field(type);
			if (last == 0)
				return true;
			if (depth > MAX_VALUE_DEPTH)
				goto too_deep;
			if (!equal_fields_but_last(type, last, a, b, walk, depth))
				return false;
			const FieldDesc *f = &type->fields[last - 1];
			a += f->offset, b += f->offset, type = f->type;
			break;
		}
		case KIND_ARRAY: {
			if (type->length == 0)
				return true;
			if (depth > MAX_VALUE_DEPTH)
				goto too_deep;
			if (!equal_elements_but_last(type, a, b, walk, depth))
				return false;
			size_t last = (size_t)(type->length - 1) * type->elem->size;
			a += last, b += last, type = type->elem;
			break;
		}
		default:
			if (type->flags & DESC_COMPARABLE)
				return memcmp(a, b, type->size) == 0;
		too_deep:
			walk->bad = type;
			return false;
		}
	}
}

/* What a whole comparison or hash came to. */
static ALWAYS_INLINE void walk_end(ValueWalk *walk, const TypeDesc **bad) {
	enum { WORTH_CHARGING = 64 };
	if (UNLIKELY(walk->steps >= WORTH_CHARGING))
		walk_look(walk);
	if (UNLIKELY(walk->bad != NULL))
		*bad = walk->bad;
}

bool equal_memory(Goroutine *g, const TypeDesc *type, const void *a, const void *b, const TypeDesc **bad) {
	ValueWalk walk = {.g = g};
	bool equal = equal_at(type, a, b, &walk, 0);
	walk_end(&walk, bad);
	return equal;
}

bool equal_slots(Goroutine *g, const TypeDesc *type, const Slot *a, const Slot *b, const TypeDesc **bad) {
	if (type->flags & DESC_PLAIN_EQUAL && !(type->flags & DESC_AGGREGATE))
		return type->slots == 0 || a->u == b->u;
	/* Of the others, floats and complex numbers begin at the slot's first byte, pairs and aggregates look as in
	 * memory. */
	return equal_memory(g, type, a, b, bad);
}

bool equal_iface(Goroutine *g, GoIface a, GoIface b, const TypeDesc **bad) {
	const char *x, *y;
	const TypeDesc *type;
	ValueWalk walk = {.g = g};
	bool decided, result = equal_iface_step(&a, &b, &type, &x, &y, &walk, &decided);
	if (!decided)
		result = equal_at(type, x, y, &walk, 0);
	walk_end(&walk, bad);
	return result;
}

/* ---- hashing ---- */

/* Equal numbers have equal hashes; a NaN has a different one each time, so that it never fills one place of a map. */
static uint64_t hash_double(double v, uint64_t seed) {
	uint64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	if (v == 0)
		bits = 0;
	if (v != v)
		bits = (uint64_t)clock_monotonic_ns() ^ (uint64_t)(uintptr_t)&bits;
	return hash_word(bits, seed);
}

static uint64_t hash_floats(const TypeDesc *type, const char *p, uint64_t seed) {
	float f[2];
	double d[2];
	switch (type->kind) {
	case KIND_FLOAT32:
		memcpy(f, p, 4);
		return hash_double(f[0], seed);
	case KIND_FLOAT64:
		memcpy(d, p, 8);
		return hash_double(d[0], seed);
	case KIND_COMPLEX64:
		memcpy(f, p, 8);
		return hash_double(f[1], hash_double(f[0], seed));
	default:
		memcpy(d, p, 16);
		return hash_double(d[1], hash_double(d[0], seed));
	}
}

/* An integer, bool or pointer of 1, 2, 4 or 8 bytes in memory, as its slot would hold it. */
static uint64_t plain_slot(const TypeDesc *type, const char *p) {
	Slot slot;
	value_load(type, &slot, p);
	return slot.u;
}

static uint64_t hash_at(const TypeDesc *type, const char *p, uint64_t seed, ValueWalk *walk, int depth) {
	GoIface v;
	for (;;) {
		if (type->flags & DESC_PLAIN_EQUAL)
			return type->flags & DESC_AGGREGATE ? hash_bytes(p, type->size, seed)
							    : hash_word(plain_slot(type, p), seed);
		if (depth > MAX_VALUE_DEPTH)
			break;
		switch (type->kind) {
		case KIND_STRING: {
			GoString s = load_string(p);
			walk->steps += (uint32_t)((uint64_t)s.len >> 4);
			return hash_bytes(s.ptr, (size_t)s.len, seed);
		}
		case KIND_FLOAT32: case KIND_FLOAT64: case KIND_COMPLEX64: case KIND_COMPLEX128:
			return hash_floats(type, p, seed);
		case KIND_INTERFACE:
			v = load_iface(p);
			if (walk_stops(walk))
				return 0;
			if (v.type == NULL)
				return hash_word(0, seed);
			if (!(v.type->flags & DESC_COMPARABLE)) {
				walk->bad = v.type; /* the whole type is named, not the part that cannot be hashed */
				return 0;
			}
			type = v.type;
			seed = hash_word(type->hash, seed);
			if (type->flags & DESC_DIRECT && type->flags & DESC_PLAIN_EQUAL &&
				!(type->flags & DESC_AGGREGATE))
				return hash_word(v.data.u, seed);
			p = type->flags & DESC_DIRECT ? (const char *)&v.data : v.data.p;
			continue;
		case KIND_STRUCT: {
			uint32_t last = last_field(type);
			for (uint32_t i = 0; i + 1 < last; i++)
				if (!is_blank(&type->fields[i]))
					seed = hash_at(
						type->fields[i].type, p + type->fields[i].offset, seed, walk, depth + 1);
			if (last == 0 || walk->bad != NULL)
				return seed;
			p += type->fields[last - 1].offset;
			type = type->fields[last - 1].type;
			continue;
		}
		case KIND_ARRAY:
			for (int64_t i = 0; i < type->length && walk->bad == NULL && !walk_stops(walk); i++)
				seed = hash_at(type->elem, p + (size_t)i * type->elem->size, seed, walk, depth + 1);
			return seed;
		default:
			break;
		}
		break;
	}
	walk->bad = type;
	return 0;
}

/* *bad must be NULL on entry. */
uint64_t hash_slots(Goroutine *g, const TypeDesc *type, const Slot *key, uint64_t seed, const TypeDesc **bad) {
	if (type->flags & DESC_PLAIN_EQUAL && !(type->flags & DESC_AGGREGATE))
		return hash_word(type->slots == 0 ? 0 : key->u, seed);
	ValueWalk walk = {.g = g};
	uint64_t hash = hash_at(type, (const char *)key, seed, &walk, 0);
	walk_end(&walk, bad);
	return hash;
}
