/* SPDX-License-Identifier: MIT */
/* universe.c: predeclared names, package unsafe, declared objects and scopes.
 *
 * Owns: the Universe and everything hanging from it.
 * Rules: byte and rune are objects of their own beside uint8 and int32, so that messages name what was written;
 * identity compares their kinds. Objects of universe scope have no package and no position.
 * Why scopes are hash maps from the first object on: block scopes are few compared with lookups. */
#include "types/internal.h"

/* ---------------------------------------------------------------- objects and scopes */

Object *object_new(Universe *u, ObjectKind kind, Name *name, Package *pkg, Pos pos, Type *type) {
	Object *o = ARENA_NEW(u->arena, Object);
	o->kind = (uint8_t)kind;
	o->name = name;
	o->package = pkg;
	o->pos = pos;
	o->type = type;
	return o;
}

Scope *scope_new(Universe *u, Scope *parent, Pos pos, Pos end) {
	Scope *s = ARENA_NEW(u->arena, Scope);
	s->parent = parent;
	s->pos = pos;
	s->end = end;
	return s;
}

Object *scope_lookup(Scope *s, Name *name) {
	return ptrmap_get(&s->objects, name);
}

/* Names of the universe, of a package and of a file's imports count everywhere; those of functions from their
 * declaration on. A scope is local when it or one around it belongs to a function. */
static bool scope_is_local(const Scope *s) {
	for (; s; s = s->parent)
		if (s->is_func)
			return true;
	return false;
}

Object *scope_lookup_parent(Scope *s, Name *name, Pos pos) {
	for (; s; s = s->parent) {
		Object *o = ptrmap_get(&s->objects, name);
		if (o && (pos == 0 || o->pos <= pos || !scope_is_local(s)))
			return o;
	}
	return NULL;
}

Object *scope_insert(Universe *u, Scope *s, Object *o) {
	bool blank = o->name->len == 1 && o->name->text[0] == '_';
	Object *earlier = blank ? NULL : ptrmap_get(&s->objects, o->name);
	if (earlier)
		return earlier;
	if (!o->parent)
		o->parent = s;
	if (!blank)
		ptrmap_put(u->arena, &s->objects, o->name, o);
	VEC_PUSH(u->arena, &s->ordered, o);
	return NULL;
}

/* ---------------------------------------------------------------- predeclared names */

static Object *declare(Universe *u, ObjectKind kind, const char *name, Type *type) {
	Object *o = object_new(u, kind, intern_cstr(u->interner, name), NULL, 0, type);
	scope_insert(u, u->scope, o);
	return o;
}

static Type *declare_basic(Universe *u, TypeKind kind, const char *name) {
	Type *t = type_new(u, kind);
	t->complete = true;
	t->object = declare(u, OBJECT_TYPE_NAME, name, t);
	return t;
}

static void declare_basic_types(Universe *u) {
	static const char *const names[TYPE_STRING + 1] = {
		[TYPE_BOOL] = "bool", [TYPE_INT] = "int", [TYPE_INT8] = "int8", [TYPE_INT16] = "int16",
		[TYPE_INT32] = "int32", [TYPE_INT64] = "int64", [TYPE_UINT] = "uint", [TYPE_UINT8] = "uint8",
		[TYPE_UINT16] = "uint16", [TYPE_UINT32] = "uint32", [TYPE_UINT64] = "uint64",
		[TYPE_UINTPTR] = "uintptr", [TYPE_FLOAT32] = "float32", [TYPE_FLOAT64] = "float64",
		[TYPE_COMPLEX64] = "complex64", [TYPE_COMPLEX128] = "complex128", [TYPE_STRING] = "string",
	};
	for (int kind = TYPE_INVALID; kind <= TYPE_UNTYPED_NIL; kind++) {
		bool named = kind <= TYPE_STRING && names[kind];
		u->basic[kind] = named ? declare_basic(u, kind, names[kind]) : type_new(u, kind);
		u->basic[kind]->complete = true;
	}
	u->byte_type = declare_basic(u, TYPE_UINT8, "byte");
	u->byte_type->object->is_alias = true;
	u->rune_type = declare_basic(u, TYPE_INT32, "rune");
	u->rune_type->object->is_alias = true;
}

static Object *anonymous_var(Universe *u, Type *type) {
	return object_new(u, OBJECT_VAR, NULL, NULL, 0, type);
}

/* type error interface{ Error() string } */
static void declare_error(Universe *u) {
	Object **results = ARENA_ARRAY(u->arena, Object *, 1);
	results[0] = anonymous_var(u, u->basic[TYPE_STRING]);
	results[0]->is_result = true;
	Type *signature = type_new_signature(u, NULL, 0, results, 1, false);
	MethodInfo *method = ARENA_NEW(u->arena, MethodInfo);
	method->name = intern_cstr(u->interner, "Error");
	method->signature = signature;
	method->object = object_new(u, OBJECT_FUNC, method->name, NULL, 0, signature);
	Type *iface = type_new(u, TYPE_INTERFACE);
	iface->methods = iface->method_set = method;
	iface->method_count = iface->method_set_count = 1;
	iface->complete = true;
	Object *name = declare(u, OBJECT_TYPE_NAME, "error", NULL);
	name->type = u->error_type = type_new_named(u, name);
	u->error_type->underlying = iface;
	u->error_type->complete = true;
	signature->recv = anonymous_var(u, u->error_type);
}

/* type any = interface{}; type comparable interface{ comparable } */
static void declare_any_and_comparable(Universe *u) {
	Type *empty = type_new(u, TYPE_INTERFACE);
	empty->complete = true;
	Object *any = declare(u, OBJECT_TYPE_NAME, "any", NULL);
	any->is_alias = true;
	any->type = u->any_type = type_new(u, TYPE_ALIAS);
	u->any_type->object = any;
	u->any_type->underlying = empty;
	u->any_type->complete = true;
	Type *iface = type_new(u, TYPE_INTERFACE);
	iface->is_comparable = iface->complete = true;
	Object *name = declare(u, OBJECT_TYPE_NAME, "comparable", NULL);
	name->type = u->comparable_type = type_new_named(u, name);
	u->comparable_type->underlying = iface;
	u->comparable_type->complete = true;
}

static void declare_constants(Universe *u) {
	declare(u, OBJECT_CONST, "true", u->basic[TYPE_UNTYPED_BOOL])->value = const_make_bool(u, true);
	declare(u, OBJECT_CONST, "false", u->basic[TYPE_UNTYPED_BOOL])->value = const_make_bool(u, false);
	declare(u, OBJECT_CONST, "iota", u->basic[TYPE_UNTYPED_INT])->value = const_make_int64(u, 0);
	declare(u, OBJECT_NIL, "nil", u->basic[TYPE_UNTYPED_NIL]);
}

static const char *const builtin_names[] = {
#define BUILTIN(name, min_args, variadic, kind) #name,
#include "types/builtins.def"
#undef BUILTIN
};
_Static_assert(BUILTIN_Alignof == BUILTIN_recover + 1, "members of package unsafe follow the predeclared functions");

static void declare_builtins(Universe *u) {
	for (int i = 0; i < BUILTIN_Alignof; i++)
		declare(u, OBJECT_BUILTIN, builtin_names[i], u->basic[TYPE_INVALID])->builtin = (uint16_t)i;
}

/* unsafe.Add has no row in builtins.def: a pointer is not a number here. */
static void declare_unsafe(Universe *u) {
	Package *pkg = ARENA_NEW(u->arena, Package);
	pkg->name = intern_cstr(u->interner, "unsafe");
	pkg->path = "unsafe";
	pkg->scope = scope_new(u, u->scope, 0, 0);
	pkg->is_library = pkg->complete = true;
	u->unsafe_package = pkg;
	Type *pointer = u->basic[TYPE_UNSAFE_POINTER];
	pointer->object = object_new(u, OBJECT_TYPE_NAME, intern_cstr(u->interner, "Pointer"), pkg, 0, pointer);
	scope_insert(u, pkg->scope, pointer->object);
	for (int i = BUILTIN_Alignof; i < BUILTIN_COUNT; i++) {
		Name *name = intern_cstr(u->interner, builtin_names[i]);
		Object *o = object_new(u, OBJECT_BUILTIN, name, pkg, 0, u->basic[TYPE_INVALID]);
		o->builtin = (uint16_t)i;
		scope_insert(u, pkg->scope, o);
	}
}

void universe_init(Universe *u, Arena *arena, Interner *in, SourceSet *sources, Importer importer) {
	*u = (Universe){.arena = arena, .interner = in, .sources = sources, .importer = importer};
	u->scope = scope_new(u, NULL, 0, 0);
	declare_basic_types(u);
	declare_error(u);
	declare_any_and_comparable(u);
	declare_constants(u);
	declare_builtins(u);
	declare_unsafe(u);
}
