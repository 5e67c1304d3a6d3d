/* SPDX-License-Identifier: MIT */
/* navigate.c: from a Go value to its parts: what it points to, fields, elements, keys.
 *
 * Rules: bounds come from the same 16 bytes as the pointer, so a racing program cannot make them lie.
 * See: value.c. */
#include <string.h>

#include "api/api_internal.h"

static GolValue fail(GolValue v, const char *wanted) {
	const TypeDesc *type = v.type;
	if (!type && v.mode & VALUE_NO_MEMORY)
		return v;
	if (type || !((HostScope *)v.scope) || !((HostScope *)v.scope)->failed)
		scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%s is not %s", type ? type->name : "no value", wanted);
	return value_invalid(v.scope);
}

static bool is_kind(GolValue v, Kind kind) { return v.type && ((const TypeDesc *)v.type)->kind == kind; }

/* A part of v at offset bytes; of a value in a word: the word shifted. */
static GolValue part(GolValue v, const TypeDesc *type, size_t offset) {
	if (v.mode & VALUE_INLINE) {
		uint64_t word = (uint64_t)(uintptr_t)v.at;
		return value_at(v.scope, type, (void *)(uintptr_t)(offset < 8 ? word >> (8 * offset) : 0), v.mode | VALUE_MEMORY);
	}
	return value_at(v.scope, type, (char *)v.at + offset, (v.mode & VALUE_READONLY) | VALUE_MEMORY);
}

GolValue gol_elem(GolValue v) {
	void *p;
	if (is_kind(v, KIND_INTERFACE))
		return value_open(v);
	if (!is_kind(v, KIND_POINTER) || !value_pointer(v, &p))
		return fail(v, "a pointer");
	if (!p) {
		scope_fail(v.scope, GOL_ERROR_ARGUMENT, "nil pointer");
		return value_invalid(v.scope);
	}
	return value_at(v.scope, ((const TypeDesc *)v.type)->elem, p, VALUE_MEMORY);
}

/* Through interfaces and one pointer to the struct, array, slice or map. */
static GolValue open_all(GolValue v, Kind kind) {
	v = value_open(v);
	if (is_kind(v, KIND_POINTER) && ((const TypeDesc *)v.type)->elem->kind == kind)
		v = gol_elem(v);
	return v;
}

/* ---------------------------------------------------------------- structs */

size_t gol_field_count(GolValue v) {
	v = value_open(v);
	const TypeDesc *type = v.type;
	if (type && type->kind == KIND_POINTER)
		type = type->elem;
	return type && type->kind == KIND_STRUCT ? type->field_count : 0;
}

const char *gol_field_name(GolValue v, size_t index) {
	v = value_open(v);
	const TypeDesc *type = v.type;
	if (type && type->kind == KIND_POINTER)
		type = type->elem;
	return type && type->kind == KIND_STRUCT && index < type->field_count ? type->fields[index].name : NULL;
}

GolValue gol_field_at(GolValue v, size_t index) {
	v = open_all(v, KIND_STRUCT);
	const TypeDesc *type = v.type;
	if (!is_kind(v, KIND_STRUCT))
		return fail(v, "a struct");
	if (index >= type->field_count) {
		scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%s has no field %zu", type->name, index);
		return value_invalid(v.scope);
	}
	return part(v, type->fields[index].type, type->fields[index].offset);
}

GolValue gol_field(GolValue v, const char *name) {
	v = open_all(v, KIND_STRUCT);
	const TypeDesc *type = v.type;
	if (!is_kind(v, KIND_STRUCT))
		return fail(v, "a struct");
	for (uint32_t i = 0; name && i < type->field_count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return part(v, type->fields[i].type, type->fields[i].offset);
	scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%s has no field %s", type->name, name ? name : "(null)");
	return value_invalid(v.scope);
}

/* ---------------------------------------------------------------- slices and arrays */

int64_t gol_len(GolValue v) {
	void *p = NULL;
	v = open_all(v, KIND_ARRAY);
	const TypeDesc *type = v.type;
	switch (type ? (Kind)type->kind : KIND_INVALID) {
	case KIND_STRING: return load_string(v.at).len;
	case KIND_SLICE: return load_slice(v.at).len;
	case KIND_ARRAY: return type->length;
	case KIND_MAP: return value_pointer(v, &p) && p ? map_len(p) : 0;
	case KIND_CHAN: return value_pointer(v, &p) && p ? chan_len(p) : 0;
	default: fail(v, "something with a length"); return -1;
	}
}

GolValue gol_at(GolValue v, int64_t index) {
	v = open_all(v, KIND_ARRAY);
	const TypeDesc *type = v.type;
	if (!is_kind(v, KIND_SLICE) && !is_kind(v, KIND_ARRAY))
		return fail(v, "a slice or array");
	GoSlice s = {0};
	if (type->kind == KIND_SLICE)
		s = load_slice(v.at);
	int64_t len = type->kind == KIND_SLICE ? s.len : type->length;
	if (index < 0 || index >= len) {
		scope_fail(v.scope, GOL_ERROR_ARGUMENT, "index %lld out of range with length %lld", (long long)index, (long long)len);
		return value_invalid(v.scope);
	}
	size_t offset = (size_t)index * type->elem->size;
	if (type->kind == KIND_ARRAY)
		return part(v, type->elem, offset);
	return value_at(v.scope, type->elem, (char *)s.ptr + offset, VALUE_MEMORY);
}

GolValue gol_append(GolValue v) {
	const TypeDesc *type = v.type;
	HostScope *scope = v.scope;
	if (!is_kind(v, KIND_SLICE) || v.mode & VALUE_READONLY)
		return fail(v, "a slice that can be changed");
	GoSlice s = load_slice(v.at), grown = s;
	bool entered = scope_begin(scope);
	PanicCode code = s.len < s.cap ? PANIC_NONE : slice_grow(scope->g, type->elem, s, 1, &grown);
	if (code == PANIC_NONE) {
		void *at = (char *)grown.ptr + (size_t)s.len * type->elem->size;
		value_zero(type->elem, at);
		grown.len = s.len + 1;
		store_slice(v.at, grown);
	}
	scope_end(scope, entered);
	if (code != PANIC_NONE)
		return value_no_memory(scope);
	return value_at(scope, type->elem, (char *)grown.ptr + (size_t)s.len * type->elem->size, VALUE_MEMORY);
}

/* ---------------------------------------------------------------- maps */

static GolValue map_failed(GolValue v, PanicCode code) {
	if (code == FATAL_OUT_OF_MEMORY)
		return value_no_memory(v.scope);
	scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%s", code == PANIC_UNHASHABLE ? "hash of unhashable type" : "concurrent map writes");
	return value_invalid(v.scope);
}

/* key: in slot layout. */
static GolValue map_find(GolValue v, const Slot *key, int create) {
	const TypeDesc *type = v.type;
	HostScope *scope = v.scope;
	Slot *at = NULL;
	Map *m = NULL;
	value_pointer(v, (void **)&m);
	if (!m && (!create || v.mode & VALUE_READONLY))
		return create ? fail(v, "a map that can be made") : value_invalid(scope);
	bool entered = scope_begin(scope);
	PanicCode code = PANIC_NONE;
	if (!m && (code = map_new(scope->g, type, 0, &m)) == PANIC_NONE)
		store_pointer(v.at, m);
	if (code == PANIC_NONE)
		code = create ? map_assign(scope->g, type, m, key, &at) : map_get(scope->g, type, m, key, &at);
	scope_end(scope, entered);
	if (code != PANIC_NONE)
		return map_failed(v, code);
	return at ? value_at(scope, type->elem, at, 0) : value_invalid(scope);
}

enum { KEY_SLOTS = 16 };

/* The key in slot layout, an interface key boxed. */
static GolStatus load_key(GolValue map, GolValue key, Slot *out) {
	const TypeDesc *type = ((const TypeDesc *)map.type)->key;
	if (type->slots > KEY_SLOTS) {
		fail(map, "a map with keys of this size");
		return GOL_ERROR_ARGUMENT;
	}
	memset(out, 0, KEY_SLOTS * sizeof *out);
	return gol_put_value(value_at(map.scope, type, out, 0), key);
}

static GolValue key_failed(GolValue map, GolStatus status) {
	return status == GOL_ERROR_MEMORY ? value_no_memory(map.scope) : value_invalid(map.scope);
}

GolValue gol_key(GolValue map, GolValue key, int create) {
	Slot slots[KEY_SLOTS] __attribute__((aligned(16)));
	map = value_open(map);
	if (!is_kind(map, KIND_MAP))
		return fail(map, "a map");
	GolStatus status = load_key(map, key, slots);
	return status == GOL_OK ? map_find(map, slots, create) : key_failed(map, status);
}

GolValue gol_key_string(GolValue map, const char *text, size_t len, int create) {
	Slot slots[KEY_SLOTS] __attribute__((aligned(16))) = {{0}};
	map = value_open(map);
	if (!is_kind(map, KIND_MAP))
		return fail(map, "a map");
	const TypeDesc *key = ((const TypeDesc *)map.type)->key;
	if (key->kind == KIND_STRING && !create) { /* to look it up it need not be Go's */
		slots[0].p = (void *)(uintptr_t)text;
		slots[1].i = (int64_t)len;
	} else {
		GolStatus status = key->slots > KEY_SLOTS ? GOL_ERROR_ARGUMENT : gol_put_string(value_at(map.scope, key, slots, 0), text, len);
		if (status != GOL_OK)
			return key_failed(map, status);
	}
	return map_find(map, slots, create);
}

GolValue gol_key_int(GolValue map, int64_t key, int create) {
	Slot slots[KEY_SLOTS] __attribute__((aligned(16))) = {{0}};
	map = value_open(map);
	if (!is_kind(map, KIND_MAP))
		return fail(map, "a map");
	const TypeDesc *type = ((const TypeDesc *)map.type)->key;
	GolStatus status = type->slots > KEY_SLOTS ? GOL_ERROR_ARGUMENT : gol_put_int(value_at(map.scope, type, slots, 0), key);
	if (status != GOL_OK)
		return key_failed(map, status);
	return map_find(map, slots, create);
}

GolStatus gol_key_delete(GolValue map, GolValue key) {
	Slot slots[KEY_SLOTS] __attribute__((aligned(16)));
	Map *m = NULL;
	map = value_open(map);
	if (!is_kind(map, KIND_MAP) || !value_pointer(map, (void **)&m)) {
		fail(map, "a map");
		return GOL_ERROR_ARGUMENT;
	}
	GolStatus status = load_key(map, key, slots);
	if (status != GOL_OK)
		return status;
	HostScope *scope = map.scope;
	bool entered = scope_begin(scope);
	PanicCode code = m ? map_delete(scope->g, map.type, m, slots) : PANIC_NONE;
	scope_end(scope, entered);
	if (code == PANIC_NONE)
		return GOL_OK;
	map_failed(map, code);
	return GOL_ERROR_ARGUMENT;
}

_Static_assert(sizeof(((GolMapIter *)0)->state) == MAP_ITER_SLOTS * sizeof(Slot), "gol.h's iterator");
_Static_assert(sizeof(((GolMapIter *)0)->key) == KEY_SLOTS * sizeof(Slot), "gol.h's iterator");

GolStatus gol_map_begin(GolValue map, GolMapIter *it) {
	Map *m = NULL;
	map = value_open(map);
	memset(it, 0, sizeof *it);
	it->map = value_invalid(map.scope);
	if (!is_kind(map, KIND_MAP) || !value_pointer(map, (void **)&m)) {
		fail(map, "a map");
		return GOL_ERROR_ARGUMENT;
	}
	if (((const TypeDesc *)map.type)->key->slots > KEY_SLOTS) {
		fail(map, "a map with keys of this size");
		return GOL_ERROR_ARGUMENT;
	}
	it->map = map;
	map_iter_init(((HostScope *)map.scope)->g, map.type, m, (Slot *)it->state);
	return GOL_OK;
}

int gol_map_next(GolMapIter *it, GolValue *key, GolValue *value) {
	const TypeDesc *type = it->map.type;
	HostScope *scope = it->map.scope;
	bool more = false;
	*key = *value = value_invalid(scope);
	if (!type)
		return 0;
	PanicCode code = map_iter_next(scope->g, type, (Slot *)it->state, (Slot *)it->key, NULL, &more);
	if (code != PANIC_NONE)
		map_failed(it->map, code);
	if (code != PANIC_NONE || !more)
		return 0;
	*key = value_at(scope, type->key, it->key, VALUE_READONLY);
	Slot *at = NULL;
	Map *m = NULL;
	value_pointer(it->map, (void **)&m);
	if (map_get(scope->g, type, m, (Slot *)it->key, &at) == PANIC_NONE && at)
		*value = value_at(scope, type->elem, at, 0);
	return 1;
}
