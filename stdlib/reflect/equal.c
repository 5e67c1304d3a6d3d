/* SPDX-License-Identifier: MIT */
/* equal.c: DeepEqual, IsZero, and equality of Values.
 *
 * Owns: nothing beyond a call.
 * Rules: DeepEqual is a list of pairs still to be compared, not a recursion: values nest as deep as the program likes.
 *   A pair of pointers, maps or slices met before is taken as equal, which ends cycles.
 * Why lists: the answer is "all pairs are equal", so the order in which they are looked at does not matter. */
#include "stdlib/reflect/reflect.h"

/* ---------------------------------------------------------------- DeepEqual */

typedef struct Pair {
	const TypeDesc *type;
	const void *x, *y; /* memory layout */
} Pair;

typedef struct Deep {
	Goroutine *g;
	Mem *mem;
	Pair *todo;
	size_t todo_len, todo_cap;
	Pair *seen; /* hash set; cap 0 or a power of two */
	size_t seen_len, seen_cap;
	bool failed; /* no memory */
	PanicCode code;
} Deep;

static void push(Deep *d, const TypeDesc *type, const void *x, const void *y) {
	if (d->todo_len == d->todo_cap) {
		size_t cap = d->todo_cap ? d->todo_cap * 2 : 64;
		Pair *todo = mem_realloc(d->mem, d->todo, d->todo_cap * sizeof *todo, cap * sizeof *todo);
		if (!todo) {
			d->failed = true;
			return;
		}
		d->todo = todo;
		d->todo_cap = cap;
	}
	d->todo[d->todo_len++] = (Pair){type, x, y};
}

static Pair *seen_slot(const Deep *d, Pair p) {
	uint64_t h = ((uintptr_t)p.x * 0x9e3779b97f4a7c15u ^ (uintptr_t)p.y) * 0xff51afd7ed558ccdu ^ (uintptr_t)p.type;
	for (uint64_t at = h >> 17;; at++) {
		Pair *slot = &d->seen[at & (d->seen_cap - 1)];
		if (!slot->type || (slot->type == p.type && slot->x == p.x && slot->y == p.y))
			return slot;
	}
}

static bool seen_grow(Deep *d) {
	size_t old_cap = d->seen_cap, cap = old_cap ? old_cap * 2 : 64;
	Pair *old = d->seen, *seen = mem_zalloc(d->mem, cap * sizeof *seen);
	if (!seen)
		return false;
	d->seen = seen;
	d->seen_cap = cap;
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].type)
			*seen_slot(d, old[i]) = old[i];
	mem_free(d->mem, old, old_cap * sizeof *old);
	return true;
}

/* Whether what is behind the two was taken up before; remembers it otherwise. */
static bool met(Deep *d, const TypeDesc *type, const void *x, const void *y) {
	if (d->seen_len * 2 >= d->seen_cap && !seen_grow(d)) {
		d->failed = true;
		return true;
	}
	Pair *slot = seen_slot(d, (Pair){type, x, y});
	if (slot->type)
		return true;
	*slot = (Pair){type, x, y};
	d->seen_len++;
	return false;
}

static bool push_interfaces(Deep *d, const void *x, const void *y) {
	GoIface *pair = heap_new_words(d->g, 2 * sizeof(GoIface) / sizeof(Slot)); /* the words must stay where they are */
	if (!pair) {
		d->failed = true;
		return false;
	}
	pair[0] = load_iface(x);
	pair[1] = load_iface(y);
	if (pair[0].type != pair[1].type)
		return false;
	if (pair[0].type)
		push(d, pair[0].type, iface_memory(&pair[0]), iface_memory(&pair[1]));
	return true;
}

/* Pointers are equal as bytes as well, but different ones may still point to what is deeply equal. */
static bool bytes_decide(const TypeDesc *type) {
	return (type->flags & (DESC_PLAIN_EQUAL | DESC_POINTERS)) == DESC_PLAIN_EQUAL;
}

static bool push_slices(Deep *d, const TypeDesc *type, const void *x, const void *y) {
	GoSlice a = load_slice(x), b = load_slice(y);
	if ((a.ptr == NULL) != (b.ptr == NULL) || a.len != b.len)
		return false;
	if (a.ptr == b.ptr || a.len == 0)
		return true;
	if (bytes_decide(type->elem))
		return memcmp(a.ptr, b.ptr, (size_t)a.len * type->elem->size) == 0;
	if (met(d, type, a.ptr, b.ptr))
		return true;
	native_charge(d->g, a.len);
	for (size_t i = a.len; i-- > 0 && !d->failed;)
		push(d, type->elem, (char *)a.ptr + i * type->elem->size, (char *)b.ptr + i * type->elem->size);
	return true;
}

/* A copy in memory layout of an element of a map: the table may change once the native has returned. */
static const void *elem_copy(Deep *d, const TypeDesc *type, const Slot *slots) {
	void *copy = heap_new(d->g, type);
	if (copy)
		value_store(type, copy, slots);
	else
		d->failed = true;
	return copy;
}

static bool push_entries(Deep *d, const TypeDesc *type, Map *a, Map *b, Slot *iter, Slot *key) {
	uint32_t elem_at = ALIGN_UP(slot_words(type->key), 2u);
	map_iter_init(d->g, type, a, iter);
	for (bool more; !d->failed;) {
		Slot *other;
		d->code = map_iter_next(d->g, type, iter, key, key + elem_at, &more);
		if (d->code != PANIC_NONE || !more)
			return true;
		d->code = map_get(d->g, type, b, key, &other);
		if (d->code != PANIC_NONE || !other)
			return false;
		push(d, type->elem, elem_copy(d, type->elem, key + elem_at), elem_copy(d, type->elem, other));
		native_charge(d->g, 4);
	}
	return true;
}

static bool push_maps(Deep *d, const TypeDesc *type, const void *x, const void *y) {
	Map *a = (Map *)load_word(x), *b = (Map *)load_word(y);
	if ((a == NULL) != (b == NULL) || map_len(a) != map_len(b))
		return false;
	if (a == b || met(d, type, a, b))
		return true;
	Slot *iter = heap_new_words(d->g, MAP_ITER_SLOTS);
	Slot *key = heap_new_words(d->g, ALIGN_UP(slot_words(type->key), 2u) + slot_words(type->elem));
	if (!iter || !key) {
		d->failed = true;
		return false;
	}
	return push_entries(d, type, a, b, iter, key);
}

static bool push_pointers(Deep *d, const TypeDesc *type, const void *x, const void *y) {
	void *a = (void *)load_word(x), *b = (void *)load_word(y);
	if (a == b)
		return true;
	if (!a || !b || desc_is_opaque(type->elem))
		return false;
	if (!met(d, type, a, b))
		push(d, type->elem, a, b);
	return true;
}

/* Equal so far: what is inside was put on the list. */
static bool compare(Deep *d, Pair p) {
	const TypeDesc *type = p.type, *bad = NULL;
	switch ((Kind)type->kind) {
	case KIND_INTERFACE:
		return push_interfaces(d, p.x, p.y);
	case KIND_SLICE:
		return push_slices(d, type, p.x, p.y);
	case KIND_MAP:
		return push_maps(d, type, p.x, p.y);
	case KIND_POINTER:
		return push_pointers(d, type, p.x, p.y);
	case KIND_FUNC:
		return load_word(p.x) == 0 && load_word(p.y) == 0;
	case KIND_STRUCT:
		for (uint32_t i = type->field_count; i-- > 0;)
			push(d, type->fields[i].type, (const char *)p.x + type->fields[i].offset,
			     (const char *)p.y + type->fields[i].offset);
		return true;
	case KIND_ARRAY:
		if (bytes_decide(type))
			return memcmp(p.x, p.y, type->size) == 0;
		for (int64_t i = type->length; i-- > 0 && !d->failed;)
			push(d, type->elem, (const char *)p.x + (size_t)i * type->elem->size,
			     (const char *)p.y + (size_t)i * type->elem->size);
		return true;
	default:
		return equal_memory(d->g, type, p.x, p.y, &bad);
	}
}

NativeStatus deep_equal(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface x, y;
	} *a = NATIVE_ARGS(args);
	a->result = a->x.type == a->y.type;
	if (!a->x.type || !a->result)
		return NATIVE_DONE;
	Deep d = {.g = g, .mem = &g->vm->mem};
	push(&d, a->x.type, iface_memory(&a->x), iface_memory(&a->y));
	while (a->result && d.todo_len > 0 && !d.failed && d.code == PANIC_NONE && !native_must_stop(g)) {
		native_charge(g, 1);
		a->result = compare(&d, d.todo[--d.todo_len]);
	}
	mem_free(d.mem, d.todo, d.todo_cap * sizeof *d.todo);
	mem_free(d.mem, d.seen, d.seen_cap * sizeof *d.seen);
	if (d.failed)
		return out_of_memory(g);
	return d.code == PANIC_NONE ? NATIVE_DONE : native_panic_code(g, d.code);
}

/* ---------------------------------------------------------------- IsZero */

static bool all_zero(const void *at, size_t size) {
	const unsigned char *p = at;
	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

bool value_is_zero_memory(const TypeDesc *type, const void *memory) {
	const char *at = memory;
	switch ((Kind)type->kind) {
	case KIND_STRING:
		return load_string(at).len == 0;
	case KIND_SLICE: case KIND_INTERFACE:
		return load_word(at) == 0;
	case KIND_ARRAY:
		for (int64_t i = 0; i < type->length && type->size; i++)
			if (!value_is_zero_memory(type->elem, at + (size_t)i * type->elem->size))
				return false;
		return true;
	case KIND_STRUCT:
		for (uint32_t i = 0; i < type->field_count; i++)
			if (strcmp(type->fields[i].name, "_") != 0 && !value_is_zero_memory(type->fields[i].type, at + type->fields[i].offset))
				return false;
		return true;
	default: /* of floats too: -0 is not zero */
		return all_zero(at, type->size);
	}
}

NativeStatus value_is_zero(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	if (!type)
		return value_error(g, "reflect.Value.IsZero", KIND_INVALID);
	native_charge(g, type->size / 16);
	a->result = value_is_zero_memory(type, value_at(&a->v));
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- Equal, Comparable */

static void open_interface(Value *v) {
	if (value_kind(v) == KIND_INTERFACE)
		*v = (Value){.held = load_iface(value_at(v))};
}

NativeStatus value_equal(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value u, v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v, u = a->u;
	const TypeDesc *bad = NULL;
	open_interface(&v);
	open_interface(&u);
	const TypeDesc *type = value_type(&v);
	if (!type || !value_type(&u)) {
		a->result = type == value_type(&u);
		return NATIVE_DONE;
	}
	a->result = 0;
	if (type != value_type(&u))
		return NATIVE_DONE;
	if (type->kind == KIND_FUNC || type->kind == KIND_MAP || type->kind == KIND_SLICE)
		return native_panic_text(g, "reflect.Value.Equal: values of type %s are not comparable", type->name);
	a->result = equal_memory(g, type, value_at(&v), value_at(&u), &bad);
	if (bad)
		return native_panic_text(g, "reflect.Value.Equal: values of type %s are not comparable", bad->name);
	return NATIVE_DONE;
}

NativeStatus value_comparable(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	const TypeDesc *type = value_type(&v), *bad = NULL;
	(void)g;
	a->result = 1;
	if (type && type->flags & DESC_COMPARABLE) {
		equal_memory(g, type, value_at(&v), value_at(&v), &bad);
		a->result = bad == NULL;
	} else if (type) {
		a->result = 0;
	}
	return NATIVE_DONE;
}
