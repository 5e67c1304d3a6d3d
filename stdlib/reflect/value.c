/* SPDX-License-Identifier: MIT */
/* value.c: what a Value holds: making Values, checks, getters, parts of structs, pointers and interfaces.
 *
 * Owns: nothing.
 * Rules: memory that a Value without FLAG_ADDR points to never changes. A getter copies what it hands out.
 * See: reflect.h for the representation. */
#include "base/buf.h"
#include "stdlib/reflect/reflect.h"

/* ---------------------------------------------------------------- making Values */

static void hold(Goroutine *g, const TypeDesc *type, void *at, uint64_t flags, Value *out) {
	const TypeDesc *pointer = type_pointer_to(g->vm, type);
	*out = (Value){0};
	if (!pointer || !at) {
		native_panic_code(g, FATAL_OUT_OF_MEMORY);
		return;
	}
	out->held = (GoIface){pointer, {.p = at}};
	out->flag = flags | FLAG_INDIR;
}

void value_of_variable(Goroutine *g, const TypeDesc *type, void *at, uint64_t flags, Value *out) {
	hold(g, type, at, flags, out);
}

void value_alias(Goroutine *g, const TypeDesc *type, const void *at, uint64_t flags, Value *out) {
	if (type->kind == KIND_INTERFACE) { /* an interface holds no interface */
		hold(g, type, (void *)(uintptr_t)at, flags, out);
		return;
	}
	GoIface held = {.type = type};
	if (!(type->flags & DESC_DIRECT))
		held.data.p = (void *)(uintptr_t)at;
	else if (type->slots)
		value_load(type, &held.data, at);
	*out = (Value){.held = held, .flag = flags};
}

void value_of_memory(Goroutine *g, const TypeDesc *type, const void *at, uint64_t flags, Value *out) {
	void *copy = NULL;
	if (!(type->flags & DESC_DIRECT)) {
		copy = heap_new(g, type);
		if (copy)
			value_copy(type, copy, at);
		at = copy;
		if (!copy) {
			hold(g, type, NULL, 0, out);
			return;
		}
	}
	value_alias(g, type, at, flags, out);
}

void value_of_slots(Goroutine *g, const TypeDesc *type, const Slot *slots, uint64_t flags, Value *out) {
	if (type->flags & DESC_DIRECT) {
		*out = (Value){.held = {type, type->slots ? *slots : (Slot){0}}, .flag = flags};
		return;
	}
	void *copy = heap_new(g, type);
	if (copy) {
		value_store(type, copy, slots);
		value_alias(g, type, copy, flags, out);
	} else {
		hold(g, type, NULL, 0, out);
	}
}

GoIface value_pack(Goroutine *g, Value *v) {
	const TypeDesc *type = value_type(v);
	if (!type)
		return (GoIface){0};
	if (type->kind == KIND_INTERFACE)
		return load_iface(value_at(v));
	if (!(v->flag & FLAG_INDIR))
		return v->held;
	Value copy;
	value_of_memory(g, type, value_at(v), 0, &copy);
	return copy.held;
}

/* ---------------------------------------------------------------- checks */

NativeStatus value_error(Goroutine *g, const char *method, Kind kind) {
	struct {
		GoString method;
		uint64_t kind, unused;
	} *error;
	const TypeDesc *type = g->vm->types->core[CORE_REFLECT_VALUE_ERROR];
	error = heap_new(g, type->elem);
	if (!error)
		return out_of_memory(g);
	error->method = c_string(method);
	error->kind = kind;
	return native_panic_value(g, (GoIface){type, {.p = error}});
}

NativeStatus must_be(Goroutine *g, const Value *v, Kind kind, const char *method) {
	return value_kind(v) == kind ? NATIVE_DONE : value_error(g, method, value_kind(v));
}

static NativeStatus read_only(Goroutine *g, const char *method) {
	return native_panic_text(g, "reflect: %s using value obtained using unexported field", method);
}

NativeStatus must_be_exported(Goroutine *g, const Value *v, const char *method) {
	if (!value_type(v))
		return value_error(g, method, KIND_INVALID);
	return v->flag & FLAG_RO ? read_only(g, method) : NATIVE_DONE;
}

NativeStatus must_be_assignable(Goroutine *g, const Value *v, const char *method) {
	CHECK(must_be_exported(g, v, method));
	if (!value_is_variable(v))
		return native_panic_text(g, "reflect: %s using unaddressable value", method);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- plain getters */

NativeStatus value_of(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface v;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = (Value){.held = a->v};
	return NATIVE_DONE;
}

NativeStatus value_get_kind(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = value_kind(&a->v);
	return NATIVE_DONE;
}

NativeStatus value_get_type(Goroutine *g, Slot *args) {
	struct {
		GoIface result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	if (!type)
		return value_error(g, "reflect.Value.Type", KIND_INVALID);
	a->result = type_iface(g, type);
	return NATIVE_DONE;
}

/* func (v Value) flags() uintptr: FLAG_ADDR and FLAG_RO of a value that exists */
NativeStatus value_flags(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = value_type(&a->v) ? a->v.flag : 0;
	return NATIVE_DONE;
}

static bool is_signed(Kind kind) { return kind >= KIND_INT && kind <= KIND_INT64; }
static bool is_unsigned(Kind kind) { return kind >= KIND_UINT && kind <= KIND_UINTPTR; }

NativeStatus value_bool(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be(g, &a->v, KIND_BOOL, "reflect.Value.Bool"));
	a->result = *(const uint8_t *)value_at(&a->v) != 0;
	return NATIVE_DONE;
}

NativeStatus value_int(Goroutine *g, Slot *args) {
	struct {
		Slot result;
		Value v;
	} *a = NATIVE_ARGS(args);
	if (!is_signed(value_kind(&a->v)))
		return value_error(g, "reflect.Value.Int", value_kind(&a->v));
	value_load(value_type(&a->v), &a->result, value_at(&a->v));
	return NATIVE_DONE;
}

NativeStatus value_uint(Goroutine *g, Slot *args) {
	struct {
		Slot result;
		Value v;
	} *a = NATIVE_ARGS(args);
	if (!is_unsigned(value_kind(&a->v)))
		return value_error(g, "reflect.Value.Uint", value_kind(&a->v));
	value_load(value_type(&a->v), &a->result, value_at(&a->v));
	return NATIVE_DONE;
}

NativeStatus value_float(Goroutine *g, Slot *args) {
	struct {
		double result;
		Value v;
	} *a = NATIVE_ARGS(args);
	Kind kind = value_kind(&a->v);
	if (kind == KIND_FLOAT32)
		a->result = (double)*(const float *)value_at(&a->v);
	else if (kind == KIND_FLOAT64)
		a->result = *(const double *)value_at(&a->v);
	else
		return value_error(g, "reflect.Value.Float", kind);
	return NATIVE_DONE;
}

NativeStatus value_complex(Goroutine *g, Slot *args) {
	struct {
		double result[2] RECEIVER;
		Value v;
	} *a = NATIVE_ARGS(args);
	Kind kind = value_kind(&a->v);
	if (kind != KIND_COMPLEX64 && kind != KIND_COMPLEX128)
		return value_error(g, "reflect.Value.Complex", kind);
	float parts[2];
	memcpy(parts, value_at(&a->v), sizeof parts);
	if (kind == KIND_COMPLEX128)
		memcpy(a->result, value_at(&a->v), sizeof a->result);
	else
		a->result[0] = (double)parts[0], a->result[1] = (double)parts[1];
	return NATIVE_DONE;
}

NativeStatus value_string(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	if (!type) {
		a->result = c_string("<invalid Value>");
	} else if (type->kind == KIND_STRING) {
		a->result = load_string(value_at(&a->v));
	} else {
		Buf text;
		buf_init(&text, &g->vm->mem);
		buf_printf(&text, "<%s Value>", type->name);
		a->result = native_string(g, buf_cstr(&text), text.len);
		buf_deinit(&text);
	}
	return NATIVE_DONE;
}

NativeStatus value_bytes(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		Value v;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = value_type(&a->v);
	Kind kind = value_kind(&a->v);
	if (kind != KIND_SLICE && kind != KIND_ARRAY)
		return value_error(g, "reflect.Value.Bytes", kind);
	if (type->elem->kind != KIND_UINT8)
		return native_panic_text(g, "reflect.Value.Bytes of non-byte %s", kind == KIND_SLICE ? "slice" : "array");
	if (kind == KIND_SLICE) {
		a->result = load_slice(value_at(&a->v));
		return NATIVE_DONE;
	}
	if (!value_is_variable(&a->v))
		return native_panic_text(g, "reflect.Value.Bytes of unaddressable byte array");
	a->result = (GoSlice){value_at(&a->v), (uint32_t)type->length, (uint32_t)type->length};
	return NATIVE_DONE;
}

NativeStatus value_interface(Goroutine *g, Slot *args) {
	struct {
		GoIface result;
		Value v;
	} *a = NATIVE_ARGS(args);
	if (!value_type(&a->v))
		return value_error(g, "reflect.Value.Interface", KIND_INVALID);
	if (a->v.flag & FLAG_RO)
		return native_panic_text(
			g, "reflect.Value.Interface: cannot return value obtained from unexported field or method");
	a->result = value_pack(g, &a->v);
	return NATIVE_DONE;
}

static bool is_reference(Kind kind) {
	return kind == KIND_CHAN || kind == KIND_FUNC || kind == KIND_MAP || kind == KIND_POINTER ||
	       kind == KIND_UNSAFE_POINTER || kind == KIND_SLICE;
}

NativeStatus value_is_nil(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	Kind kind = value_kind(&a->v);
	if (!is_reference(kind) && kind != KIND_INTERFACE)
		return value_error(g, "reflect.Value.IsNil", kind);
	a->result = value_word(&a->v) == 0; /* of an interface: the type */
	return NATIVE_DONE;
}

/* Of a function its code, as runtime.FuncForPC wants it: closures of one function have one address. */
static uint64_t address_in(Kind kind, uint64_t word) {
	const Closure *closure = (const Closure *)(uintptr_t)word;
	return kind == KIND_FUNC && closure ? (uint64_t)(uintptr_t)function_address(closure->fn) : word;
}

static NativeStatus address_of(Goroutine *g, Slot *args, const char *method) {
	struct {
		uint64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	Kind kind = value_kind(&a->v);
	if (!is_reference(kind) && kind != KIND_STRING)
		return value_error(g, method, kind);
	a->result = address_in(kind, value_word(&a->v));
	return NATIVE_DONE;
}

NativeStatus value_get_pointer(Goroutine *g, Slot *args) { return address_of(g, args, "reflect.Value.Pointer"); }
NativeStatus value_get_unsafe_pointer(Goroutine *g, Slot *args) { return address_of(g, args, "reflect.Value.UnsafePointer"); }

NativeStatus value_unsafe_address(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	if (!value_type(&a->v))
		return value_error(g, "reflect.Value.UnsafeAddr", KIND_INVALID);
	if (!value_is_variable(&a->v))
		return native_panic_text(g, "reflect.Value.UnsafeAddr of unaddressable value");
	a->result = (uintptr_t)value_at(&a->v);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- parts */

NativeStatus value_addr(Goroutine *g, Slot *args) {
	struct {
		Value result, v;
	} *a = NATIVE_ARGS(args);
	if (!value_type(&a->v) || !value_is_variable(&a->v))
		return native_panic_text(g, "reflect.Value.Addr of unaddressable value");
	if (desc_is_opaque(value_type(&a->v)))
		return native_panic_text(g, "reflect.Value.Addr of unaddressable value");
	a->result = (Value){.held = a->v.held, .flag = a->v.flag & FLAG_RO};
	a->result.held.type = type_pointer_to(g->vm, value_type(&a->v));
	return a->result.held.type ? NATIVE_DONE : out_of_memory(g);
}

NativeStatus value_elem(Goroutine *g, Slot *args) {
	struct {
		Value result, v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	Kind kind = value_kind(&v);
	a->result = (Value){0};
	if (kind == KIND_INTERFACE) {
		GoIface inner = load_iface(value_at(&v));
		if (inner.type)
			a->result = (Value){.held = inner, .flag = v.flag & FLAG_RO};
		return NATIVE_DONE;
	}
	if (kind != KIND_POINTER)
		return value_error(g, "reflect.Value.Elem", kind);
	const TypeDesc *type = value_type(&v);
	void *p = (void *)value_word(&v);
	if (p)
		a->result = (Value){.held = {type, {.p = p}}, .flag = (v.flag & FLAG_RO) | FLAG_INDIR | FLAG_ADDR};
	return NATIVE_DONE;
}

static NativeStatus field_of(Goroutine *g, Value *v, int64_t i, Value *out) {
	const TypeDesc *type = value_type(v);
	if (value_kind(v) != KIND_STRUCT)
		return value_error(g, "reflect.Value.Field", value_kind(v));
	if (i < 0 || i >= type->field_count)
		return native_panic_text(g, "reflect: Field index out of range");
	const FieldDesc *f = &type->fields[i];
	uint64_t flags = (v->flag & FLAG_RO_STICKY) | (value_is_variable(v) ? FLAG_ADDR : 0);
	if (!f->exported)
		flags |= f->embedded ? FLAG_RO_EMBED : FLAG_RO_STICKY;
	char *at = (char *)value_at(v) + f->offset;
	if (flags & FLAG_ADDR)
		value_of_variable(g, f->type, at, flags, out);
	else if (type->flags & DESC_DIRECT) /* `at` lies in the Value */
		value_of_memory(g, f->type, at, flags, out);
	else
		value_alias(g, f->type, at, flags, out);
	return NATIVE_DONE;
}

NativeStatus value_field(Goroutine *g, Slot *args) {
	struct {
		Value result;
		int64_t i;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	return field_of(g, &v, a->i, &a->result);
}

NativeStatus value_num_field(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be(g, &a->v, KIND_STRUCT, "reflect.Value.NumField"));
	a->result = value_type(&a->v)->field_count;
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- setters */

/* func (v Value) Set(x Value) */
NativeStatus value_set(Goroutine *g, Slot *args) {
	struct {
		Value x, v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.Set"));
	CHECK(must_be_exported(g, &a->x, "reflect.Value.Set"));
	return value_assign(g, "reflect.Set", &a->x, value_type(&a->v), value_at(&a->v));
}

NativeStatus value_set_zero(Goroutine *g, Slot *args) {
	struct {
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetZero"));
	value_zero(value_type(&a->v), value_at(&a->v));
	return NATIVE_DONE;
}

NativeStatus value_set_bool(Goroutine *g, Slot *args) {
	struct {
		Slot x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetBool"));
	CHECK(must_be(g, &a->v, KIND_BOOL, "reflect.Value.SetBool"));
	value_store(value_type(&a->v), value_at(&a->v), &a->x);
	return NATIVE_DONE;
}

NativeStatus value_set_int(Goroutine *g, Slot *args) {
	struct {
		Slot x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetInt"));
	if (!is_signed(value_kind(&a->v)))
		return value_error(g, "reflect.Value.SetInt", value_kind(&a->v));
	value_store(value_type(&a->v), value_at(&a->v), &a->x);
	return NATIVE_DONE;
}

NativeStatus value_set_uint(Goroutine *g, Slot *args) {
	struct {
		Slot x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetUint"));
	if (!is_unsigned(value_kind(&a->v)))
		return value_error(g, "reflect.Value.SetUint", value_kind(&a->v));
	value_store(value_type(&a->v), value_at(&a->v), &a->x);
	return NATIVE_DONE;
}

NativeStatus value_set_float(Goroutine *g, Slot *args) {
	struct {
		double x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetFloat"));
	if (value_kind(&a->v) == KIND_FLOAT32)
		*(float *)value_at(&a->v) = (float)a->x;
	else if (value_kind(&a->v) == KIND_FLOAT64)
		*(double *)value_at(&a->v) = a->x;
	else
		return value_error(g, "reflect.Value.SetFloat", value_kind(&a->v));
	return NATIVE_DONE;
}

NativeStatus value_set_complex(Goroutine *g, Slot *args) {
	struct {
		double x[2] RECEIVER;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetComplex"));
	float parts[2] = {(float)a->x[0], (float)a->x[1]};
	if (value_kind(&a->v) == KIND_COMPLEX64)
		memcpy(value_at(&a->v), parts, sizeof parts);
	else if (value_kind(&a->v) == KIND_COMPLEX128)
		memcpy(value_at(&a->v), a->x, sizeof a->x);
	else
		return value_error(g, "reflect.Value.SetComplex", value_kind(&a->v));
	return NATIVE_DONE;
}

NativeStatus value_set_string(Goroutine *g, Slot *args) {
	struct {
		GoString x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetString"));
	CHECK(must_be(g, &a->v, KIND_STRING, "reflect.Value.SetString"));
	store_string(value_at(&a->v), a->x);
	return NATIVE_DONE;
}

NativeStatus value_set_bytes(Goroutine *g, Slot *args) {
	struct {
		GoSlice x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetBytes"));
	CHECK(must_be(g, &a->v, KIND_SLICE, "reflect.Value.SetBytes"));
	if (value_type(&a->v)->elem->kind != KIND_UINT8)
		return native_panic_text(g, "reflect.Value.SetBytes of non-byte slice");
	store_slice(value_at(&a->v), a->x);
	return NATIVE_DONE;
}

NativeStatus value_set_pointer(Goroutine *g, Slot *args) {
	struct {
		void *x;
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(must_be_assignable(g, &a->v, "reflect.Value.SetPointer"));
	CHECK(must_be(g, &a->v, KIND_UNSAFE_POINTER, "reflect.Value.SetPointer"));
	store_pointer(value_at(&a->v), a->x);
	return NATIVE_DONE;
}
