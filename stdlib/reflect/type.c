/* SPDX-License-Identifier: MIT */
/* type.c: the methods of reflect.Type: questions about type descriptors.
 *
 * Owns: nothing.
 * Rules: names and tags are strings that point into the descriptors. Sizes and offsets are those of Go on amd64, as
 *   unsafe.Sizeof says them (types/check_layout.c), not those of the memory layout here.
 * Why natives: a *rtype is a descriptor's address, which only C can read. */
#include "stdlib/reflect/reflect.h"

GoIface type_iface(Goroutine *g, const TypeDesc *type) {
	if (!type)
		return (GoIface){0};
	return (GoIface){g->vm->types->core[CORE_REFLECT_TYPE], {.p = (void *)(uintptr_t)type}};
}

const TypeDesc *iface_type(Goroutine *g, GoIface type) {
	return type.type && type.type == g->vm->types->core[CORE_REFLECT_TYPE] ? type.data.p : NULL;
}


NativeStatus type_of(Goroutine *g, Slot *args) {
	struct {
		GoIface result, v;
	} *a = NATIVE_ARGS(args);
	a->result = type_iface(g, a->v.type);
	return NATIVE_DONE;
}

/* A native method of *rtype without parameters: `body` sets a->result from t. */
#define TYPE_METHOD(function, result_type, body)                                                                       \
	NativeStatus function(Goroutine *g, Slot *args) {                                                              \
		struct {                                                                                               \
			result_type result;                                                                            \
			const TypeDesc *t RECEIVER;                                                                    \
		} *a = NATIVE_ARGS(args);                                                                              \
		const TypeDesc *t = a->t;                                                                              \
		if (!t)                                                                                                \
			return native_panic_code(g, PANIC_NIL_POINTER);                                                \
		body;                                                                                                  \
		return NATIVE_DONE;                                                                                    \
	}
#define REQUIRE(condition, ...)                                                                                        \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			return native_panic_text(g, __VA_ARGS__);                                                      \
	} while (0)

/* ---------------------------------------------------------------- names and figures */

TYPE_METHOD(type_kind, int64_t, a->result = t->kind)
TYPE_METHOD(type_string, GoString, a->result = c_string(t->name))
TYPE_METHOD(type_comparable, int64_t, a->result = (t->flags & DESC_COMPARABLE) != 0)
TYPE_METHOD(type_pkg_path, GoString, a->result = c_string(t->kind == KIND_UNSAFE_POINTER && !t->pkg_path[0] ? "unsafe" : t->pkg_path))

NativeStatus type_name(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	if (!a->t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	const char *name = a->t->short_name, *dot = a->t->pkg_path[0] ? NULL : strrchr(name, '.');
	a->result = c_string(dot ? dot + 1 : name);
	return NATIVE_DONE;
}

typedef struct GoLayout {
	uint64_t size, align;
} GoLayout;

static GoLayout go_layout(const TypeDesc *t);

static GoLayout struct_layout(const TypeDesc *t, uint32_t count, uint64_t *offset) {
	GoLayout all = {0, 1};
	bool trailing_zero = false;
	for (uint32_t i = 0; i < count; i++) {
		GoLayout field = go_layout(t->fields[i].type);
		all.size = ALIGN_UP(all.size, field.align);
		*offset = all.size;
		all.size += field.size;
		all.align = field.align > all.align ? field.align : all.align;
		trailing_zero = field.size == 0 && all.size > 0;
	}
	all.size = ALIGN_UP(all.size + trailing_zero, all.align);
	return all;
}

static GoLayout go_layout(const TypeDesc *t) {
	uint64_t offset;
	GoLayout elem;
	switch ((Kind)t->kind) {
	case KIND_STRUCT:
		return struct_layout(t, t->field_count, &offset);
	case KIND_ARRAY:
		elem = go_layout(t->elem);
		return (GoLayout){elem.size * (uint64_t)t->length, elem.align};
	case KIND_SLICE:
		return (GoLayout){24, 8};
	case KIND_COMPLEX64:
		return (GoLayout){8, 4};
	default:
		return (GoLayout){t->size, t->align > 8 ? 8 : t->align};
	}
}

TYPE_METHOD(type_size, uint64_t, a->result = go_layout(t).size)
TYPE_METHOD(type_align, int64_t, a->result = (int64_t)go_layout(t).align)
TYPE_METHOD(type_bits, int64_t, {
	REQUIRE(t->kind >= KIND_INT && t->kind <= KIND_COMPLEX128, "reflect: Bits of non-arithmetic Type %s", t->name);
	a->result = (int64_t)t->size * 8;
})
TYPE_METHOD(type_chan_dir, int64_t, {
	REQUIRE(t->kind == KIND_CHAN, "reflect: ChanDir of non-chan type %s", t->name);
	a->result = t->chan_dir ? 3 - t->chan_dir : 3; /* here both 0, send 1, receive 2; there receive 1, send 2, both 3 */
})
TYPE_METHOD(type_is_variadic, int64_t, {
	REQUIRE(t->kind == KIND_FUNC, "reflect: IsVariadic of non-func type %s", t->name);
	a->result = (t->flags & DESC_VARIADIC) != 0;
})
TYPE_METHOD(type_len, int64_t, {
	REQUIRE(t->kind == KIND_ARRAY, "reflect: Len of non-array type %s", t->name);
	a->result = t->length;
})
TYPE_METHOD(type_num_field, int64_t, {
	REQUIRE(t->kind == KIND_STRUCT, "reflect: NumField of non-struct type %s", t->name);
	a->result = t->field_count;
})
TYPE_METHOD(type_num_in, int64_t, {
	REQUIRE(t->kind == KIND_FUNC, "reflect: NumIn of non-func type %s", t->name);
	a->result = t->param_count;
})
TYPE_METHOD(type_num_out, int64_t, {
	REQUIRE(t->kind == KIND_FUNC, "reflect: NumOut of non-func type %s", t->name);
	a->result = t->result_count;
})

/* ---------------------------------------------------------------- parts */

TYPE_METHOD(type_elem, GoIface, {
	bool has = t->kind == KIND_ARRAY || t->kind == KIND_CHAN || t->kind == KIND_MAP || t->kind == KIND_POINTER ||
		   t->kind == KIND_SLICE;
	REQUIRE(has, "reflect: Elem of invalid type %s", t->name);
	a->result = type_iface(g, t->elem);
})
TYPE_METHOD(type_key, GoIface, {
	REQUIRE(t->kind == KIND_MAP, "reflect: Key of non-map type %s", t->name);
	a->result = type_iface(g, t->key);
})

static NativeStatus list_item(Goroutine *g, Slot *args, bool in) {
	struct {
		GoIface result;
		int64_t i;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = a->t;
	if (!t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	REQUIRE(t->kind == KIND_FUNC, "reflect: %s of non-func type %s", in ? "In" : "Out", t->name);
	uint32_t count = in ? t->param_count : t->result_count;
	if (a->i < 0 || a->i >= count)
		return native_panic_index(g, a->i, count);
	a->result = type_iface(g, (in ? t->params : t->results)[a->i]);
	return NATIVE_DONE;
}

NativeStatus type_in(Goroutine *g, Slot *args) { return list_item(g, args, true); }
NativeStatus type_out(Goroutine *g, Slot *args) { return list_item(g, args, false); }

/* Memory layout of StructField. */
typedef struct StructField {
	GoString name, pkg_path;
	GoIface type;
	GoString tag;
	uint64_t offset;
	GoSlice index;
	bool anonymous;
} RECEIVER StructField;

NativeStatus type_field(Goroutine *g, Slot *args) {
	struct {
		StructField result;
		int64_t i;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = a->t;
	if (!t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	REQUIRE(t->kind == KIND_STRUCT, "reflect: Field of non-struct type %s", t->name);
	REQUIRE(a->i >= 0 && a->i < t->field_count, "reflect: Field index out of bounds");
	const FieldDesc *f = &t->fields[a->i];
	int64_t *index = heap_new_bytes(g, sizeof *index);
	if (!index)
		return out_of_memory(g);
	*index = a->i;
	StructField r = {.name = c_string(f->name),
			 .pkg_path = c_string(f->pkg_path),
			 .type = type_iface(g, f->type),
			 .tag = {f->tag, f->tag_len},
			 .index = {index, 1, 1},
			 .anonymous = f->embedded};
	struct_layout(t, (uint32_t)a->i + 1, &r.offset);
	memset(&a->result, 0, sizeof a->result);
	a->result = r;
	return NATIVE_DONE;
}

/* func (t *rtype) fieldInfo(i int) (name string, typ *rtype, embedded bool), for searches */
NativeStatus type_field_info(Goroutine *g, Slot *args) {
	struct {
		GoString name;
		const TypeDesc *type;
		int64_t embedded, i;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	if (!a->t || a->i < 0 || a->i >= a->t->field_count)
		return native_panic_code(g, PANIC_NIL_POINTER);
	const FieldDesc *f = &a->t->fields[a->i];
	a->name = c_string(f->name);
	a->type = f->type;
	a->embedded = f->embedded;
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- methods */

int64_t type_exported_count(const TypeDesc *type) {
	int64_t count = 0;
	if (type->kind == KIND_INTERFACE)
		return type->method_count;
	for (uint32_t i = 0; i < type->method_count; i++)
		count += type->methods[i].exported;
	return count;
}

const MethodDesc *type_exported_method(const TypeDesc *type, int64_t index) {
	for (uint32_t i = 0; i < type->method_count && index >= 0; i++)
		if ((type->kind == KIND_INTERFACE || type->methods[i].exported) && index-- == 0)
			return &type->methods[i];
	return NULL;
}

TYPE_METHOD(type_num_method, int64_t, a->result = type_exported_count(t))

/* func (t *rtype) methodIndex(name string) int: -1 when there is none */
NativeStatus type_method_index(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoString name;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	if (!a->t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	const MethodDesc *m;
	for (int64_t i = 0; (m = type_exported_method(a->t, i)); i++)
		if (string_equal(c_string(m->key->name), a->name)) {
			a->result = i;
			return NATIVE_DONE;
		}
	a->result = -1;
	return NATIVE_DONE;
}

/* The func type of a method with the receiver as first parameter. */
static const TypeDesc *unbound_type(Goroutine *g, const TypeDesc *recv, const TypeDesc *func) {
	size_t size = (func->param_count + 1) * sizeof(TypeDesc *);
	const TypeDesc **params = mem_alloc(&g->vm->mem, size);
	if (!params)
		return NULL;
	params[0] = recv;
	for (uint32_t i = 0; i < func->param_count; i++)
		params[i + 1] = func->params[i];
	const TypeDesc *type = type_func_of(g->vm, params, func->param_count + 1, func->results, func->result_count,
					    func->flags & DESC_VARIADIC);
	mem_free(&g->vm->mem, params, size);
	return type;
}

NativeStatus type_method(Goroutine *g, Slot *args) {
	struct {
		struct { /* memory layout of Method */
			GoString name, pkg_path;
			GoIface type;
			Value func;
			int64_t index, unused;
		} result;
		int64_t i;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = a->t;
	if (!t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	const MethodDesc *m = type_exported_method(t, a->i);
	int64_t index = a->i;
	REQUIRE(m || t->kind != KIND_INTERFACE, "reflect: Method index out of range");
	REQUIRE(m, "reflect: Method index out of range");
	memset(&a->result, 0, sizeof a->result);
	a->result.name = c_string(m->key->name);
	a->result.pkg_path = c_string(m->key->pkg_path);
	a->result.index = index;
	if (t->kind == KIND_INTERFACE) {
		a->result.type = type_iface(g, m->type);
		return NATIVE_DONE;
	}
	const TypeDesc *func = unbound_type(g, t, m->type);
	Closure *closure = func ? unbound_method(g, func, t, m) : NULL;
	if (!closure)
		return out_of_memory(g);
	a->result.type = type_iface(g, func);
	a->result.func = value_of_word(func, closure, 0);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- relations */

static bool same_types(const TypeDesc *const *a, const TypeDesc *const *b, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static bool same_underlying(const TypeDesc *a, const TypeDesc *b, bool compare_tags, int depth);

/* Tags apart, identical parts are one descriptor. */
static bool same_but_tags(const TypeDesc *a, const TypeDesc *b, int depth) {
	return a == b || (!(a->flags & DESC_NAMED) && !(b->flags & DESC_NAMED) && depth < MAX_TYPE_NESTING &&
			  same_underlying(a, b, false, depth + 1));
}

static bool same_fields(const TypeDesc *a, const TypeDesc *b, bool compare_tags, int depth) {
	for (uint32_t i = 0; i < a->field_count; i++) {
		const FieldDesc *f = &a->fields[i], *h = &b->fields[i];
		if (strcmp(f->name, h->name) != 0 || strcmp(f->pkg_path, h->pkg_path) != 0 || f->embedded != h->embedded)
			return false;
		if (compare_tags ? f->type != h->type : !same_but_tags(f->type, h->type, depth))
			return false;
		if (compare_tags && !string_equal((GoString){f->tag, f->tag_len}, (GoString){h->tag, h->tag_len}))
			return false;
	}
	return true;
}

static bool same_methods(const TypeDesc *a, const TypeDesc *b) {
	for (uint32_t i = 0; i < a->method_count; i++)
		if (a->methods[i].key != b->methods[i].key || a->methods[i].type != b->methods[i].type)
			return false;
	return true;
}

static bool same_underlying(const TypeDesc *a, const TypeDesc *b, bool compare_tags, int depth) {
	if (a == b)
		return true;
	if (a->kind != b->kind)
		return false;
	switch ((Kind)a->kind) {
	case KIND_ARRAY: case KIND_CHAN: case KIND_MAP: case KIND_POINTER: case KIND_SLICE:
		if (a->length != b->length || a->chan_dir != b->chan_dir)
			return false;
		if (compare_tags)
			return a->elem == b->elem && a->key == b->key;
		return same_but_tags(a->elem, b->elem, depth) && (a->key == b->key || same_but_tags(a->key, b->key, depth));
	case KIND_FUNC:
		return a->param_count == b->param_count && a->result_count == b->result_count &&
		       ((a->flags ^ b->flags) & DESC_VARIADIC) == 0 && same_types(a->params, b->params, a->param_count) &&
		       same_types(a->results, b->results, a->result_count);
	case KIND_INTERFACE:
		return a->method_count == b->method_count && same_methods(a, b);
	case KIND_STRUCT:
		return a->field_count == b->field_count && same_fields(a, b, compare_tags, depth);
	default:
		return true;
	}
}

bool types_same_underlying(const TypeDesc *a, const TypeDesc *b, bool compare_tags) {
	return same_underlying(a, b, compare_tags, 0);
}

static bool directly_assignable(const TypeDesc *from, const TypeDesc *to) {
	if (from == to)
		return true;
	if ((from->flags & DESC_NAMED && to->flags & DESC_NAMED) || from->kind != to->kind)
		return false;
	if (from->kind == KIND_CHAN && from->chan_dir == 0 && from->elem == to->elem)
		return true;
	return types_same_underlying(from, to, true);
}

bool desc_assignable(Goroutine *g, const TypeDesc *from, const TypeDesc *to) {
	return directly_assignable(from, to) ||
	       (to->kind == KIND_INTERFACE && !iface_missing_method(g->vm, from, to));
}

/* func (t *rtype) relation(op int, u Type) bool */
NativeStatus type_relation(Goroutine *g, Slot *args) {
	static const char *const names[] = {"Implements", "AssignableTo", "ConvertibleTo"};
	struct {
		int64_t result, op;
		GoIface u;
		const TypeDesc *t RECEIVER;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *u = iface_type(g, a->u);
	if (!a->t || a->op < 0 || a->op > 2)
		return native_panic_code(g, PANIC_NIL_POINTER);
	REQUIRE(u, "reflect: nil type passed to Type.%s", names[a->op]);
	REQUIRE(a->op != 0 || u->kind == KIND_INTERFACE, "reflect: non-interface type passed to Type.Implements");
	if (a->op == 0)
		a->result = !iface_missing_method(g->vm, a->t, u);
	else
		a->result = a->op == 1 ? desc_assignable(g, a->t, u) : desc_convertible(g, a->t, u);
	return NATIVE_DONE;
}
