/* SPDX-License-Identifier: MIT */
/* make.c: type constructors, and new values of a type.
 *
 * Owns: nothing (types: runtime/made_type.c).
 * Rules: sizes are checked before types are made; allocation failure is the fatal error it is elsewhere. */
#include "stdlib/reflect/reflect.h"

NativeStatus out_of_memory(Goroutine *g) {
	return native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

static NativeStatus give_type(Goroutine *g, const TypeDesc *type, GoIface *result) {
	if (!type)
		return out_of_memory(g);
	*result = type_iface(g, type);
	return NATIVE_DONE;
}

static NativeStatus nil_type(Goroutine *g) {
	return native_panic_code(g, PANIC_NIL_POINTER);
}

/* ---------------------------------------------------------------- types */

NativeStatus make_pointer_to(Goroutine *g, Slot *args) {
	struct {
		GoIface result, t;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	return t ? give_type(g, type_pointer_to(g->vm, t), &a->result) : nil_type(g);
}

NativeStatus make_slice_of(Goroutine *g, Slot *args) {
	struct {
		GoIface result, t;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	return t ? give_type(g, type_slice_of(g->vm, t), &a->result) : nil_type(g);
}

/* Arrays and structs inside each other by value. */
static int nesting(const TypeDesc *t) {
	int most = 0;
	if (t->kind == KIND_ARRAY)
		return 1 + nesting(t->elem);
	for (uint32_t i = 0; t->kind == KIND_STRUCT && i < t->field_count; i++) {
		int inner = 1 + nesting(t->fields[i].type);
		most = inner > most ? inner : most;
	}
	return most;
}

static NativeStatus too_nested(Goroutine *g, const char *what) {
	return native_panic_text(g, "reflect.%s: type nested too deeply", what);
}

NativeStatus make_array_of(Goroutine *g, Slot *args) {
	struct {
		GoIface result;
		int64_t length;
		GoIface t;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	if (a->length < 0)
		return native_panic_text(g, "reflect: negative length passed to ArrayOf");
	if (!t)
		return nil_type(g);
	if (nesting(t) >= MAX_TYPE_NESTING)
		return too_nested(g, "ArrayOf");
	if (t->size && (uint64_t)a->length > MAX_TYPE_SIZE / t->size)
		return native_panic_text(g, "reflect.ArrayOf: array size would exceed virtual address space");
	return give_type(g, type_array_of(g->vm, t, a->length), &a->result);
}

NativeStatus make_map_of(Goroutine *g, Slot *args) {
	struct {
		GoIface result, key, elem;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *key = iface_type(g, a->key), *elem = iface_type(g, a->elem);
	if (!key || !elem)
		return nil_type(g);
	if (!(key->flags & DESC_COMPARABLE))
		return native_panic_text(g, "reflect.MapOf: invalid key type %s", key->name);
	return give_type(g, type_map_of(g->vm, key, elem), &a->result);
}

NativeStatus make_chan_of(Goroutine *g, Slot *args) {
	static const uint8_t directions[] = {0, 2, 1, 0}; /* of ChanDir 1 receive, 2 send, 3 both */
	struct {
		GoIface result;
		int64_t dir;
		GoIface t;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	if (!t)
		return nil_type(g);
	if (t->size >= 1 << 16)
		return native_panic_text(g, "reflect.ChanOf: element size too large");
	if (a->dir < 1 || a->dir > 3)
		return native_panic_text(g, "reflect.ChanOf: invalid dir");
	return give_type(g, type_chan_of(g->vm, directions[a->dir], t), &a->result);
}

/* The types of a []Type; NULL among them: *nil. */
static const TypeDesc **type_list(Goroutine *g, GoSlice types, bool *nil) {
	const TypeDesc **list = mem_alloc(&g->vm->mem, (types.len + 1ul) * sizeof *list);
	for (uint32_t i = 0; list && i < types.len; i++) {
		list[i] = iface_type(g, load_iface((const char *)types.ptr + i * sizeof(GoIface)));
		*nil = *nil || !list[i];
	}
	return list;
}

NativeStatus make_func_of(Goroutine *g, Slot *args) {
	struct {
		GoIface result;
		GoSlice in, out;
		int64_t variadic;
	} *a = NATIVE_ARGS(args);
	GoSlice in = a->in, out = a->out;
	bool nil = false;
	if (a->variadic) {
		const TypeDesc *last =
			in.len ? iface_type(g, load_iface((const char *)in.ptr + (in.len - 1) * sizeof(GoIface))) : NULL;
		if (!last || last->kind != KIND_SLICE)
			return native_panic_text(g, "reflect.FuncOf: last arg of variadic func must be slice");
	}
	if ((uint64_t)in.len + out.len > 128)
		return native_panic_text(g, "reflect.FuncOf: too many arguments");
	const TypeDesc **params = type_list(g, in, &nil), **results = type_list(g, out, &nil);
	const TypeDesc *type = NULL;
	if (params && results && !nil)
		type = type_func_of(g->vm, params, in.len, results, out.len, a->variadic != 0);
	mem_free(&g->vm->mem, params, (in.len + 1ul) * sizeof *params);
	mem_free(&g->vm->mem, results, (out.len + 1ul) * sizeof *results);
	return nil ? nil_type(g) : give_type(g, type, &a->result);
}

static char *copy_text(Mem *mem, GoString s) {
	char *copy = mem_alloc(mem, (size_t)s.len + 1);
	if (copy) {
		if (s.len)
			memcpy(copy, s.ptr, (size_t)s.len);
		copy[s.len] = 0;
	}
	return copy;
}

/* Memory layout of reflect.gol's structPart. */
typedef struct StructPart {
	GoString name, pkg_path, tag;
	GoIface type;
	bool embedded, exported;
} RECEIVER StructPart;

static bool take_part(Goroutine *g, Arena *arena, const StructPart *part, FieldDesc *f) {
	GoString name = load_string(&part->name), path = load_string(&part->pkg_path), tag = load_string(&part->tag);
	*f = (FieldDesc){.name = arena_strndup(arena, name.ptr, (size_t)name.len),
			 .pkg_path = arena_strndup(arena, path.ptr, (size_t)path.len),
			 .tag = arena_strndup(arena, tag.ptr, (size_t)tag.len),
			 .tag_len = (uint32_t)tag.len,
			 .type = iface_type(g, load_iface(&part->type)),
			 .embedded = part->embedded,
			 .exported = part->exported};
	return f->type != NULL;
}

/* func structOf(name string, parts []structPart) Type; the parts were checked */
NativeStatus make_struct_of(Goroutine *g, Slot *args) {
	struct {
		GoIface result;
		GoString name;
		GoSlice parts;
	} *a = NATIVE_ARGS(args);
	bool ok = true, nested = false;
	uint64_t size = 0;
	Arena arena;
	arena_init(&arena, &g->vm->mem);
	FieldDesc *fields = ARENA_ARRAY(&arena, FieldDesc, a->parts.len + 1ul);
	for (uint32_t i = 0; i < a->parts.len && ok; i++)
		ok = take_part(g, &arena, (const StructPart *)a->parts.ptr + i, &fields[i]);
	for (uint32_t i = 0; i < a->parts.len && ok; i++)
		nested = nested || nesting(fields[i].type) >= MAX_TYPE_NESTING, size += fields[i].type->size + 16ul;
	char *name = copy_text(&g->vm->mem, a->name);
	const TypeDesc *type = NULL;
	bool too_large = size > MAX_TYPE_SIZE; /* with the most that alignment can add */
	if (ok && name && !nested && !too_large && !arena.failed)
		type = type_struct_of(g->vm, name, fields, a->parts.len);
	mem_free(&g->vm->mem, name, (size_t)a->name.len + 1);
	arena_deinit(&arena);
	if (nested)
		return too_nested(g, "StructOf");
	if (too_large)
		return native_panic_text(g, "reflect.StructOf: struct size would exceed virtual address space");
	return ok ? give_type(g, type, &a->result) : nil_type(g);
}

/* ---------------------------------------------------------------- values */

NativeStatus make_new(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t), *pointer = t ? type_pointer_to(g->vm, t) : NULL;
	if (!t)
		return native_panic_text(g, "reflect: New(nil)");
	if (desc_is_opaque(t))
		return native_panic_text(g, "reflect: New of type that may not be allocated in heap (%s)", t->name);
	void *p = pointer ? heap_new(g, t) : NULL;
	if (!p)
		return out_of_memory(g);
	a->result = value_of_word(pointer, p, 0);
	return NATIVE_DONE;
}

NativeStatus make_new_at(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
		void *p;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t), *pointer = t ? type_pointer_to(g->vm, t) : NULL;
	if (!t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (!pointer)
		return out_of_memory(g);
	if (desc_is_opaque(t))
		return native_panic_text(g, "reflect: NewAt of type %s", t->name);
	CHECK_CODE(unsafe_view(g->vm, a->p, 1, t, VIEW_UNTYPED));
	a->result = value_of_word(pointer, a->p, 0);
	return NATIVE_DONE;
}

NativeStatus make_zero(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	if (!t)
		return native_panic_text(g, "reflect: Zero(nil)");
	if (t->flags & DESC_DIRECT) {
		a->result = value_of_word(t, NULL, 0);
		return NATIVE_DONE;
	}
	void *p = heap_new(g, t);
	if (!p)
		return out_of_memory(g);
	value_alias(g, t, p, 0, &a->result);
	return a->result.held.type ? NATIVE_DONE : out_of_memory(g);
}

NativeStatus make_slice(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
		int64_t len, cap;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	int64_t len = a->len, cap = a->cap;
	if (!t || t->kind != KIND_SLICE)
		return t ? native_panic_text(g, "reflect.MakeSlice of non-slice type") : nil_type(g);
	if (len < 0 || cap < 0)
		return native_panic_text(g, "reflect.MakeSlice: negative %s", len < 0 ? "len" : "cap");
	if (len > cap)
		return native_panic_text(g, "reflect.MakeSlice: len > cap");
	GoSlice s;
	CHECK_CODE(slice_make(g, t->elem, len, cap, &s));
	value_of_memory(g, t, &s, 0, &a->result);
	return NATIVE_DONE;
}

NativeStatus make_chan(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
		int64_t size;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	if (!t || t->kind != KIND_CHAN)
		return t ? native_panic_text(g, "reflect.MakeChan of non-chan type") : nil_type(g);
	if (a->size < 0)
		return native_panic_text(g, "reflect.MakeChan: negative buffer size");
	if (t->chan_dir != 0)
		return native_panic_text(g, "reflect.MakeChan: unidirectional channel type");
	Chan *c;
	CHECK_CODE(chan_new(g, t, a->size, &c));
	a->result = value_of_word(t, c, 0);
	return NATIVE_DONE;
}

NativeStatus make_map(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
		int64_t size;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	if (!t || t->kind != KIND_MAP)
		return t ? native_panic_text(g, "reflect.MakeMapWithSize of non-map type") : nil_type(g);
	Map *m;
	CHECK_CODE(map_new(g, t, a->size, &m));
	a->result = value_of_word(t, m, 0);
	return NATIVE_DONE;
}
