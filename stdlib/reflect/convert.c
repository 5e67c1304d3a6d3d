/* SPDX-License-Identifier: MIT */
/* convert.c: assigning and converting values to other types.
 *
 * Owns: nothing.
 * Rules: what can be assigned or converted is what the specification says of static types, asked of dynamic ones. No
 *   conversion makes a *rtype. */
#include "stdlib/reflect/reflect.h"

/* ---------------------------------------------------------------- assignment */

static NativeStatus not_assignable(Goroutine *g, const char *context, const TypeDesc *from, const TypeDesc *to) {
	return native_panic_text(g, "%s: value of type %s is not assignable to type %s", context, from->name, to->name);
}

/* Whether it can be; *inner has the interface to store when `to` is an interface of another type than x. */
static NativeStatus prepare_assign(Goroutine *g, const char *context, Value *x, const TypeDesc *to, GoIface *inner) {
	const TypeDesc *from = value_type(x);
	*inner = (GoIface){0};
	if (!from)
		return value_error(g, context, KIND_INVALID);
	if (from == to)
		return NATIVE_DONE;
	if (!desc_assignable(g, from, to))
		return not_assignable(g, context, from, to);
	if (to->kind == KIND_INTERFACE && from->kind != KIND_INTERFACE)
		*inner = value_pack(g, x);
	return NATIVE_DONE;
}

NativeStatus value_assign(Goroutine *g, const char *context, Value *x, const TypeDesc *to, void *at) {
	GoIface inner;
	CHECK(prepare_assign(g, context, x, to, &inner));
	if (inner.type)
		store_iface(at, inner);
	else
		value_copy(to, at, value_at(x));
	return NATIVE_DONE;
}

NativeStatus value_assign_slots(Goroutine *g, const char *context, Value *x, const TypeDesc *to, Slot *slots) {
	GoIface inner;
	CHECK(prepare_assign(g, context, x, to, &inner));
	if (inner.type)
		store_iface(slots, inner);
	else
		value_load(to, slots, value_at(x));
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- which conversion */

typedef enum Conversion {
	CONVERT_NONE, CONVERT_NUMBER, CONVERT_COMPLEX, CONVERT_RUNE_STRING, CONVERT_BYTES_STRING, CONVERT_RUNES_STRING,
	CONVERT_STRING_BYTES, CONVERT_STRING_RUNES, CONVERT_SLICE_POINTER, CONVERT_SLICE_ARRAY, CONVERT_SAME, CONVERT_IFACE,
} Conversion;

static bool is_integer(const TypeDesc *t) { return t->kind >= KIND_INT && t->kind <= KIND_UINTPTR; }
static bool is_signed(const TypeDesc *t) { return t->kind >= KIND_INT && t->kind <= KIND_INT64; }
static bool is_float(const TypeDesc *t) { return t->kind == KIND_FLOAT32 || t->kind == KIND_FLOAT64; }
static bool is_complex(const TypeDesc *t) { return t->kind == KIND_COMPLEX64 || t->kind == KIND_COMPLEX128; }
/* Elements of type byte or rune: predeclared, as the specification's conversions of strings have it. */
static bool is_slice_of(const TypeDesc *t, Kind kind) {
	return t->kind == KIND_SLICE && t->elem->kind == kind && !t->elem->pkg_path[0];
}

static Conversion text_conversion(const TypeDesc *from, const TypeDesc *to) {
	if (is_integer(from) && to->kind == KIND_STRING)
		return CONVERT_RUNE_STRING;
	if (to->kind == KIND_STRING && is_slice_of(from, KIND_UINT8))
		return CONVERT_BYTES_STRING;
	if (to->kind == KIND_STRING && is_slice_of(from, KIND_INT32))
		return CONVERT_RUNES_STRING;
	if (from->kind == KIND_STRING && is_slice_of(to, KIND_UINT8))
		return CONVERT_STRING_BYTES;
	if (from->kind == KIND_STRING && is_slice_of(to, KIND_INT32))
		return CONVERT_STRING_RUNES;
	return CONVERT_NONE;
}

static bool is_plain_pointer(const TypeDesc *t) { return t->kind == KIND_POINTER && !(t->flags & DESC_NAMED); }

static Conversion conversion(Goroutine *g, const TypeDesc *from, const TypeDesc *to) {
	if ((is_integer(from) || is_float(from)) && (is_integer(to) || is_float(to)))
		return CONVERT_NUMBER;
	if (is_complex(from) && is_complex(to))
		return CONVERT_COMPLEX;
	Conversion text = text_conversion(from, to);
	if (text != CONVERT_NONE)
		return text;
	if (from->kind == KIND_SLICE && to->kind == KIND_POINTER && to->elem->kind == KIND_ARRAY &&
	    from->elem == to->elem->elem)
		return CONVERT_SLICE_POINTER;
	if (from->kind == KIND_SLICE && to->kind == KIND_ARRAY && from->elem == to->elem)
		return CONVERT_SLICE_ARRAY;
	if (from != to && to->kind == KIND_POINTER && desc_is_opaque(to->elem))
		return CONVERT_NONE;
	bool channels = from->kind == KIND_CHAN && to->kind == KIND_CHAN && from->chan_dir == 0 && from->elem == to->elem &&
			(!(from->flags & DESC_NAMED) || !(to->flags & DESC_NAMED));
	if (channels || types_same_underlying(from, to, false))
		return CONVERT_SAME;
	if (is_plain_pointer(from) && is_plain_pointer(to) && types_same_underlying(from->elem, to->elem, false))
		return CONVERT_SAME;
	if (to->kind == KIND_INTERFACE && !iface_missing_method(g->vm, from, to))
		return CONVERT_IFACE;
	return CONVERT_NONE;
}

bool desc_convertible(Goroutine *g, const TypeDesc *from, const TypeDesc *to) {
	return conversion(g, from, to) != CONVERT_NONE;
}

/* ---------------------------------------------------------------- doing it */

/* As the machine does it: out of range gives the "integer indefinite" value, as Go's code on amd64. */
static int64_t int_of_float(double f) {
	return f >= -0x1p63 && f < 0x1p63 ? (int64_t)f : INT64_MIN;
}

static uint64_t uint_of_float(double f) {
	return f < 0x1p63 ? (uint64_t)int_of_float(f) : (uint64_t)int_of_float(f - 0x1p63) ^ 1ull << 63;
}

static void convert_number(const TypeDesc *from, const void *at, const TypeDesc *to, Slot *out) {
	Slot in;
	value_load(from, &in, at);
	double f = from->kind == KIND_FLOAT32 ? (double)in.f32 : in.f;
	if (!is_float(from))
		f = is_signed(from) ? (double)in.i : (double)in.u;
	if (to->kind == KIND_FLOAT64)
		out->f = f;
	else if (to->kind == KIND_FLOAT32)
		*out = (Slot){.f32 = is_float(from) ? (float)f : is_signed(from) ? (float)in.i : (float)in.u};
	else if (!is_float(from))
		out->u = in.u;
	else if (is_signed(to))
		out->i = int_of_float(f);
	else
		out->u = uint_of_float(f);
}

static void read_complex(const TypeDesc *type, const void *at, double parts[2]) {
	float narrow[2];
	if (type->kind == KIND_COMPLEX128) {
		memcpy(parts, at, 2 * sizeof *parts);
		return;
	}
	memcpy(narrow, at, sizeof narrow);
	parts[0] = (double)narrow[0];
	parts[1] = (double)narrow[1];
}

static void convert_complex(const TypeDesc *from, const void *at, const TypeDesc *to, void *out) {
	double parts[2];
	read_complex(from, at, parts);
	float narrow[2] = {(float)parts[0], (float)parts[1]};
	if (to->kind == KIND_COMPLEX128)
		memcpy(out, parts, sizeof parts);
	else
		memcpy(out, narrow, sizeof narrow);
}

static PanicCode convert_text(Goroutine *g, Conversion how, const TypeDesc *from, void *at, void *out) {
	Slot rune;
	switch (how) {
	case CONVERT_RUNE_STRING:
		value_load(from, &rune, at);
		return string_from_rune(g, !is_signed(from) && rune.i < 0 ? -1 : rune.i, out);
	case CONVERT_BYTES_STRING:
		return string_from_bytes(g, load_slice(at), out);
	case CONVERT_RUNES_STRING:
		return string_from_runes(g, load_slice(at), out);
	case CONVERT_STRING_BYTES:
		return bytes_from_string(g, load_string(at), out);
	default:
		return runes_from_string(g, load_string(at), out);
	}
}

/* v becomes a Value of type `to` with what `from` holds, which has the same layout. */
static NativeStatus convert_same(Goroutine *g, Value *v, const TypeDesc *to, uint64_t flags, Value *out) {
	if (value_is_variable(v) || (to->flags & DESC_DIRECT))
		value_of_memory(g, to, value_at(v), flags, out);
	else
		value_alias(g, to, value_at(v), flags, out);
	return NATIVE_DONE;
}

static NativeStatus convert_iface(Goroutine *g, Value *v, const TypeDesc *to, uint64_t flags, Value *out) {
	GoIface inner = value_pack(g, v);
	value_of_memory(g, to, &inner, flags, out);
	return NATIVE_DONE;
}

static NativeStatus convert_slice(Goroutine *g, Value *v, const TypeDesc *to, uint64_t flags, Value *out) {
	GoSlice s = load_slice(value_at(v));
	const TypeDesc *array = to->kind == KIND_POINTER ? to->elem : to;
	if (array->length > s.len)
		return native_panic_text(g, "reflect: cannot convert slice with length %u to %sarray with length %lld", s.len,
					 to->kind == KIND_POINTER ? "pointer to " : "", (long long)array->length);
	if (to->kind == KIND_POINTER)
		*out = value_of_word(to, s.ptr, flags);
	else
		value_of_memory(g, to, s.ptr, flags, out);
	return NATIVE_DONE;
}

NativeStatus value_convert(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	const TypeDesc *from = value_type(&v), *to = iface_type(g, a->t);
	uint64_t flags = v.flag & FLAG_RO;
	union {
		Slot slots[2];
		GoString s;
	} out = {0};
	if (!from || !to)
		return !to ? native_panic_code(g, PANIC_NIL_POINTER) : value_error(g, "reflect.Value.Convert", KIND_INVALID);
	Conversion how = conversion(g, from, to);
	switch (how) {
	case CONVERT_NONE:
		return native_panic_text(g, "reflect.Value.Convert: value of type %s cannot be converted to type %s",
					 from->name, to->name);
	case CONVERT_NUMBER:
		convert_number(from, value_at(&v), to, out.slots);
		out.slots[1] = out.slots[0];
		value_store(to, &out, &out.slots[1]); /* narrowed */
		break;
	case CONVERT_COMPLEX:
		convert_complex(from, value_at(&v), to, &out);
		break;
	case CONVERT_SLICE_POINTER: case CONVERT_SLICE_ARRAY:
		return convert_slice(g, &v, to, flags, &a->result);
	case CONVERT_SAME:
		return convert_same(g, &v, to, flags, &a->result);
	case CONVERT_IFACE:
		return convert_iface(g, &v, to, flags, &a->result);
	default:
		CHECK_CODE(convert_text(g, how, from, value_at(&v), &out));
		break;
	}
	value_of_memory(g, to, &out, flags, &a->result);
	return NATIVE_DONE;
}

/* func (v Value) CanConvert(t Type) bool */
NativeStatus value_can_convert(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface t;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *from = value_type(&a->v), *to = iface_type(g, a->t);
	if (!from || !to)
		return !to ? native_panic_code(g, PANIC_NIL_POINTER) : value_error(g, "reflect.Value.Type", KIND_INVALID);
	Conversion how = conversion(g, from, to);
	const TypeDesc *array = how == CONVERT_SLICE_POINTER ? to->elem : how == CONVERT_SLICE_ARRAY ? to : NULL;
	a->result = how != CONVERT_NONE && (!array || array->length <= load_slice(value_at(&a->v)).len);
	return NATIVE_DONE;
}
