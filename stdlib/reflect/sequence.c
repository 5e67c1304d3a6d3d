/* SPDX-License-Identifier: MIT */
/* sequence.c: lengths, elements and parts of arrays, slices and strings; growing, appending, copying, swapping.
 *
 * Owns: nothing.
 * Rules: a slice is read once, as a pair; what is computed from it is stored as a pair. */
#include "stdlib/reflect/reflect.h"
#include "runtime/chan.h"

static const char *const in_range_of = "reflect: %s index out of range";
/* Go names the method of Value that was called; these functions are none. */
static const char *const no_method = "unknown method";

/* ---------------------------------------------------------------- lengths */

NativeStatus value_len(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	switch (value_kind(&a->v)) {
	case KIND_SLICE:
		a->result = load_slice(value_at(&a->v)).len;
		return NATIVE_DONE;
	case KIND_STRING:
		a->result = load_string(value_at(&a->v)).len;
		return NATIVE_DONE;
	case KIND_ARRAY:
		a->result = type->length;
		return NATIVE_DONE;
	case KIND_MAP:
		a->result = map_len((const Map *)value_word(&a->v));
		return NATIVE_DONE;
	case KIND_CHAN:
		a->result = chan_len((const Chan *)value_word(&a->v));
		return NATIVE_DONE;
	case KIND_POINTER:
		if (type->elem->kind != KIND_ARRAY)
			return native_panic_text(g, "reflect: call of reflect.Value.Len on ptr to non-array Value");
		a->result = type->elem->length;
		return NATIVE_DONE;
	default:
		return value_error(g, "reflect.Value.Len", value_kind(&a->v));
	}
}

NativeStatus value_cap(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	switch (value_kind(&a->v)) {
	case KIND_SLICE:
		a->result = load_slice(value_at(&a->v)).cap;
		return NATIVE_DONE;
	case KIND_ARRAY:
		a->result = type->length;
		return NATIVE_DONE;
	case KIND_CHAN:
		a->result = chan_cap((const Chan *)value_word(&a->v));
		return NATIVE_DONE;
	case KIND_POINTER:
		if (type->elem->kind != KIND_ARRAY)
			return native_panic_text(g, "reflect: call of reflect.Value.Cap on ptr to non-array Value");
		a->result = type->elem->length;
		return NATIVE_DONE;
	default:
		return value_error(g, "reflect.Value.Cap", value_kind(&a->v));
	}
}

static NativeStatus set_length(Goroutine *g, Slot *args, bool cap) {
	struct {
		int64_t n;
		Value v;
	} *a = NATIVE_ARGS(args);
	const char *method = cap ? "reflect.Value.SetCap" : "reflect.Value.SetLen";
	CHECK(must_be_assignable(g, &a->v, method));
	CHECK(must_be(g, &a->v, KIND_SLICE, method));
	GoSlice s = load_slice(value_at(&a->v));
	if (a->n < (cap ? s.len : 0) || a->n > s.cap)
		return native_panic_text(g, "reflect: slice %s out of range in Set%s", cap ? "capacity" : "length",
					 cap ? "Cap" : "Len");
	if (cap)
		s.cap = (uint32_t)a->n;
	else
		s.len = (uint32_t)a->n;
	store_slice(value_at(&a->v), s);
	return NATIVE_DONE;
}

NativeStatus value_set_len(Goroutine *g, Slot *args) { return set_length(g, args, false); }
NativeStatus value_set_cap(Goroutine *g, Slot *args) { return set_length(g, args, true); }

/* ---------------------------------------------------------------- elements */

static NativeStatus string_index(Goroutine *g, Value *v, int64_t i, Value *out) {
	GoString s = load_string(value_at(v));
	if (i < 0 || i >= s.len)
		return native_panic_text(g, in_range_of, "string");
	value_of_memory(g, g->vm->types->core[CORE_UINT8], s.ptr + i, v->flag & FLAG_RO, out);
	return NATIVE_DONE;
}

NativeStatus value_index(Goroutine *g, Slot *args) {
	struct {
		Value result;
		int64_t i;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	const TypeDesc *type = value_type(&v);
	uint64_t flags = v.flag & FLAG_RO;
	if (value_kind(&v) == KIND_STRING)
		return string_index(g, &v, a->i, &a->result);
	if (value_kind(&v) == KIND_SLICE) {
		GoSlice s = load_slice(value_at(&v));
		if (a->i < 0 || a->i >= s.len)
			return native_panic_text(g, in_range_of, "slice");
		value_of_variable(g, type->elem, (char *)s.ptr + (size_t)a->i * type->elem->size, flags | FLAG_ADDR,
				  &a->result);
		return NATIVE_DONE;
	}
	if (value_kind(&v) != KIND_ARRAY)
		return value_error(g, "reflect.Value.Index", value_kind(&v));
	if (a->i < 0 || a->i >= type->length)
		return native_panic_text(g, in_range_of, "array");
	char *at = (char *)value_at(&v) + (size_t)a->i * type->elem->size;
	if (value_is_variable(&v))
		value_of_variable(g, type->elem, at, flags | FLAG_ADDR, &a->result);
	else if (type->flags & DESC_DIRECT)
		value_of_memory(g, type->elem, at, flags, &a->result);
	else
		value_alias(g, type->elem, at, flags, &a->result);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- parts */

static NativeStatus slice_bounds_panic(Goroutine *g, bool three) {
	return native_panic_text(g, "reflect.Value.Slice%s: slice index out of bounds", three ? "3" : "");
}

/* The slice that v is or, for an addressable array, that covers it; its type. */
static NativeStatus open_slice(Goroutine *g, Value *v, bool three, GoSlice *s, const TypeDesc **type) {
	*type = value_type(v);
	if (value_kind(v) == KIND_SLICE) {
		*s = load_slice(value_at(v));
		return NATIVE_DONE;
	}
	if (value_kind(v) != KIND_ARRAY)
		return value_error(g, three ? "reflect.Value.Slice3" : "reflect.Value.Slice", value_kind(v));
	if (!value_is_variable(v))
		return native_panic_text(g, "reflect.Value.Slice%s: slice of unaddressable array", three ? "3" : "");
	if ((*type)->length > MAX_SLICE_LEN)
		return slice_bounds_panic(g, three);
	*s = (GoSlice){value_at(v), (uint32_t)(*type)->length, (uint32_t)(*type)->length};
	*type = type_slice_of(g->vm, (*type)->elem);
	return *type ? NATIVE_DONE : out_of_memory(g);
}

static NativeStatus slice_value(Goroutine *g, Value *v, int64_t i, int64_t j, int64_t k, bool three, Value *out) {
	GoSlice s = {0};
	const TypeDesc *type;
	CHECK(open_slice(g, v, three, &s, &type));
	if (!three)
		k = s.cap;
	if (i < 0 || j < i || k < j || k > s.cap)
		return slice_bounds_panic(g, three);
	GoSlice part = {s.ptr, (uint32_t)(j - i), (uint32_t)(k - i)};
	if (part.cap > 0) /* never behind the end: that would keep another object alive */
		part.ptr = (char *)s.ptr + (size_t)i * type->elem->size;
	value_of_memory(g, type, &part, v->flag & FLAG_RO, out);
	return NATIVE_DONE;
}

NativeStatus value_slice(Goroutine *g, Slot *args) {
	struct {
		Value result;
		int64_t i, j;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	if (value_kind(&v) != KIND_STRING)
		return slice_value(g, &v, a->i, a->j, 0, false, &a->result);
	GoString s = load_string(value_at(&v));
	if (a->i < 0 || a->j < a->i || a->j > s.len)
		return native_panic_text(g, "reflect.Value.Slice: string slice index out of bounds");
	GoString part = {a->i < a->j ? s.ptr + a->i : s.ptr, a->j - a->i};
	value_of_memory(g, value_type(&v), &part, v.flag & FLAG_RO, &a->result);
	return NATIVE_DONE;
}

NativeStatus value_slice3(Goroutine *g, Slot *args) {
	struct {
		Value result;
		int64_t i, j, k;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	return slice_value(g, &v, a->i, a->j, a->k, true, &a->result);
}

/* ---------------------------------------------------------------- growing */

NativeStatus value_grow(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.Grow"));
	CHECK(must_be(g, &a->v, KIND_SLICE, "reflect.Value.Grow"));
	if (a->n < 0)
		return native_panic_text(g, "reflect.Value.Grow: negative len");
	GoSlice s = load_slice(value_at(&a->v)), grown;
	if (slice_grow(g, value_type(&a->v)->elem, s, (uint64_t)a->n, &grown) != PANIC_NONE)
		return native_panic_text(g, "reflect.Value.Grow: slice overflow");
	if (grown.ptr != s.ptr)
		store_slice(value_at(&a->v), grown);
	return NATIVE_DONE;
}

NativeStatus value_append(Goroutine *g, Slot *args) {
	struct {
		Value result, s;
		GoSlice x;
	} *a = NATIVE_ARGS(args);
	Value v = a->s;
	GoSlice list = a->x, s;
	CHECK(must_be(g, &v, KIND_SLICE, no_method));
	CHECK(must_be_exported(g, &v, no_method));
	const TypeDesc *type = value_type(&v);
	CHECK_CODE(slice_grow(g, type->elem, load_slice(value_at(&v)), list.len, &s));
	for (uint32_t i = 0; i < list.len; i++) {
		Value x = ((const Value *)list.ptr)[i];
		x.held = load_iface(&((const Value *)list.ptr)[i].held);
		CHECK(must_be_exported(g, &x, "reflect.Value.Set"));
		CHECK(value_assign(g, "reflect.Set", &x, type->elem, (char *)s.ptr + (size_t)s.len++ * type->elem->size));
	}
	native_charge(g, list.len);
	value_of_memory(g, type, &s, 0, &a->result);
	return NATIVE_DONE;
}

NativeStatus value_append_slice(Goroutine *g, Slot *args) {
	struct {
		Value result, s, t;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be(g, &a->s, KIND_SLICE, no_method));
	CHECK(must_be(g, &a->t, KIND_SLICE, no_method));
	CHECK(must_be_exported(g, &a->s, no_method));
	CHECK(must_be_exported(g, &a->t, no_method));
	const TypeDesc *type = value_type(&a->s), *from = value_type(&a->t);
	if (type->elem != from->elem)
		return native_panic_text(g, "reflect.AppendSlice: %s != %s", type->elem->name, from->elem->name);
	GoSlice s;
	CHECK_CODE(slice_append(g, type->elem, load_slice(value_at(&a->s)), load_slice(value_at(&a->t)), &s));
	value_of_memory(g, type, &s, 0, &a->result);
	return NATIVE_DONE;
}

/* The elements of a slice, or of an array. */
static GoSlice elements_of(Value *v) {
	const TypeDesc *type = value_type(v);
	if (type->kind == KIND_SLICE)
		return load_slice(value_at(v));
	uint32_t len = type->length > MAX_SLICE_LEN ? (uint32_t)MAX_SLICE_LEN : (uint32_t)type->length;
	return (GoSlice){value_at(v), len, len};
}

NativeStatus value_copy_elements(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value to, from;
	} *a = NATIVE_ARGS(args);
	Kind kind = value_kind(&a->to), source = value_kind(&a->from);
	if (kind != KIND_ARRAY && kind != KIND_SLICE)
		return value_error(g, "reflect.Copy", kind);
	if (kind == KIND_ARRAY)
		CHECK(must_be_assignable(g, &a->to, no_method));
	CHECK(must_be_exported(g, &a->to, no_method));
	const TypeDesc *elem = value_type(&a->to)->elem;
	bool text = source == KIND_STRING && elem->kind == KIND_UINT8;
	if (source != KIND_ARRAY && source != KIND_SLICE && !text)
		return value_error(g, "reflect.Copy", source);
	CHECK(must_be_exported(g, &a->from, no_method));
	GoSlice from;
	if (text) {
		GoString s = load_string(value_at(&a->from));
		from = (GoSlice){(void *)(uintptr_t)s.ptr, s.len > MAX_SLICE_LEN ? (uint32_t)MAX_SLICE_LEN : (uint32_t)s.len, 0};
	} else {
		if (elem != value_type(&a->from)->elem)
			return native_panic_text(g, "reflect.Copy: %s != %s", elem->name, value_type(&a->from)->elem->name);
		from = elements_of(&a->from);
	}
	a->result = slice_copy(g, elem, elements_of(&a->to), from);
	native_charge(g, a->result);
	return NATIVE_DONE;
}

/* func swap(slice any, i, j int); slice was checked to be one */
NativeStatus value_swap(Goroutine *g, Slot *args) {
	struct {
		GoIface slice;
		int64_t i, j;
	} *a = NATIVE_ARGS(args);
	if (!native_is_slice(a->slice))
		return native_misused(g, "reflect.swap");
	GoSlice s = load_slice(a->slice.data.p);
	const TypeDesc *elem = a->slice.type->elem;
	if (a->i < 0 || a->j < 0 || a->i >= s.len || a->j >= s.len)
		return native_panic_text(g, in_range_of, "slice");
	char *x = (char *)s.ptr + (size_t)a->i * elem->size, *y = (char *)s.ptr + (size_t)a->j * elem->size;
	void *copy = heap_new(g, elem);
	if (!copy)
		return out_of_memory(g);
	value_copy(elem, copy, x);
	value_copy(elem, x, y);
	value_copy(elem, y, copy);
	return NATIVE_DONE;
}

NativeStatus value_clear(Goroutine *g, Slot *args) {
	struct {
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	if (value_kind(&a->v) == KIND_MAP)
		return native_panic_code(g, map_clear(g, type, (Map *)value_word(&a->v)));
	if (value_kind(&a->v) != KIND_SLICE)
		return value_error(g, "reflect.Value.Clear", value_kind(&a->v));
	GoSlice s = load_slice(value_at(&a->v));
	for (uint32_t i = 0; i < s.len; i++)
		value_zero(type->elem, (char *)s.ptr + (size_t)i * type->elem->size);
	native_charge(g, s.len);
	return NATIVE_DONE;
}
