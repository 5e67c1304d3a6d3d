/* SPDX-License-Identifier: MIT */
/* map.c: entries of maps, and iterators over them.
 *
 * Owns: iterator states (objects of the Go heap that only MapIter.state points to).
 * Rules: keys and elements are copied out at once. A state is used by one goroutine at a time: `busy` says so, and two that
 *   share an iterator are told as two that share a map. */
#include "stdlib/reflect/reflect.h"

/* x as a key or element of the map in slot layout, in heap memory. NULL: *status has the panic. */
static Slot *as_slots(Goroutine *g, Value *x, const TypeDesc *type, NativeStatus *status) {
	Slot *slots = heap_new_words(g, slot_words(type));
	*status = slots ? value_assign_slots(g, "reflect.Value.SetMapIndex", x, type, slots) : out_of_memory(g);
	return *status == NATIVE_DONE ? slots : NULL;
}

NativeStatus value_map_index(Goroutine *g, Slot *args) {
	struct {
		Value result, key, v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be(g, &a->v, KIND_MAP, "reflect.Value.MapIndex"));
	const TypeDesc *type = value_type(&a->v);
	uint64_t flags = (a->v.flag | a->key.flag) & FLAG_RO;
	Slot *key = heap_new_words(g, slot_words(type->key)), *found;
	if (!key)
		return out_of_memory(g);
	CHECK(value_assign_slots(g, "reflect.Value.MapIndex", &a->key, type->key, key));
	CHECK_CODE(map_get(g, type, (Map *)value_word(&a->v), key, &found));
	if (found)
		value_of_slots(g, type->elem, found, flags & FLAG_RO ? FLAG_RO_STICKY : 0, &a->result);
	else
		a->result = (Value){0};
	return NATIVE_DONE;
}

NativeStatus value_set_map_index(Goroutine *g, Slot *args) {
	struct {
		Value key, elem, v;
	} *a = NATIVE_ARGS(args);
	static const char method[] = "reflect.Value.SetMapIndex";
	NativeStatus status;
	CHECK(must_be(g, &a->v, KIND_MAP, method));
	CHECK(must_be_exported(g, &a->v, method));
	CHECK(must_be_exported(g, &a->key, method));
	const TypeDesc *type = value_type(&a->v);
	Map *m = (Map *)value_word(&a->v);
	Slot *key = as_slots(g, &a->key, type->key, &status);
	if (!key)
		return status;
	if (!value_type(&a->elem))
		return native_panic_code(g, map_delete(g, type, m, key));
	CHECK(must_be_exported(g, &a->elem, method));
	Slot *elem = as_slots(g, &a->elem, type->elem, &status);
	if (!elem)
		return status;
	if (!m)
		return native_panic_code(g, PANIC_NIL_MAP);
	return native_panic_code(g, map_set(g, type, m, key, elem));
}

NativeStatus value_map_keys(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be(g, &a->v, KIND_MAP, "reflect.Value.MapKeys"));
	const TypeDesc *type = value_type(&a->v), *values = g->vm->types->core[CORE_REFLECT_VALUES];
	Map *m = (Map *)value_word(&a->v);
	uint64_t flags = a->v.flag & FLAG_RO ? FLAG_RO_STICKY : 0;
	Slot *iter = heap_new_words(g, MAP_ITER_SLOTS), *key = heap_new_words(g, slot_words(type->key));
	GoSlice keys;
	if (!iter || !key)
		return out_of_memory(g);
	CHECK_CODE(slice_make(g, values->elem, map_len(m), map_len(m), &keys));
	map_iter_init(g, type, m, iter);
	uint32_t n = 0;
	for (bool more; n < keys.cap; n++) {
		CHECK_CODE(map_iter_next(g, type, iter, key, NULL, &more));
		if (!more)
			break;
		Value v;
		value_of_slots(g, type->key, key, flags, &v);
		value_copy(values->elem, (Value *)keys.ptr + n, &v);
	}
	native_charge(g, n);
	keys.len = n;
	a->result = keys;
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- iterators */

typedef struct IterState {
	Slot iter[MAP_ITER_SLOTS];
	const TypeDesc *type;
	uint64_t flags;
	uint64_t busy;
	Slot entry[]; /* key, then element, at even slots */
} IterState;

static uint32_t elem_slot(const TypeDesc *type) { return ALIGN_UP(slot_words(type->key), 2u); }

/* func newIter(m Value) unsafe.Pointer */
NativeStatus map_iter_new(Goroutine *g, Slot *args) {
	struct {
		IterState *result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	CHECK(must_be(g, &a->v, KIND_MAP, "reflect.Value.MapRange"));
	size_t words = ALIGN_UP(sizeof(IterState) / sizeof(Slot), 2u) + elem_slot(type) + slot_words(type->elem);
	IterState *state = heap_new_words(g, words);
	if (!state)
		return out_of_memory(g);
	state->type = type;
	state->flags = a->v.flag & FLAG_RO ? FLAG_RO_STICKY : 0;
	map_iter_init(g, type, (Map *)value_word(&a->v), state->iter);
	a->result = state;
	return NATIVE_DONE;
}

static Slot *iter_entry(IterState *state) {
	return (Slot *)ALIGN_UP((uintptr_t)state->entry, 16u);
}

/* func nextEntry(state unsafe.Pointer) (more bool, key, elem Value) */
NativeStatus map_iter_step(Goroutine *g, Slot *args) {
	struct {
		int64_t more;
		Value key, elem;
		IterState *state;
	} *a = NATIVE_ARGS(args);
	IterState *state = a->state;
	if (!state)
		return native_panic_code(g, PANIC_NIL_POINTER);
	const TypeDesc *type = state->type;
	bool more = false;
	a->key = a->elem = (Value){0};
	if (__atomic_exchange_n(&state->busy, 1, __ATOMIC_ACQUIRE))
		return native_panic_code(g, FATAL_CONCURRENT_MAP_ITERATE);
	Slot *entry = iter_entry(state);
	PanicCode code = map_iter_next(g, type, state->iter, entry, entry + elem_slot(type), &more);
	if (code == PANIC_NONE && more) {
		value_of_slots(g, type->key, entry, state->flags, &a->key);
		value_of_slots(g, type->elem, entry + elem_slot(type), state->flags, &a->elem);
	}
	__atomic_store_n(&state->busy, 0, __ATOMIC_RELEASE);
	a->more = more;
	return native_panic_code(g, code);
}
