/* SPDX-License-Identifier: MIT */
/* lower_method.c: method keys, and the method tables of types that get into interfaces.
 * Owns: TypeTable.keys, TypeDesc.methods.
 * Rules: a type has its table before code that puts it (or something that contains it) into an interface is handed
 * out.
 * Why lazily: time.Time alone has fifty methods. A method is compiled only when its type is placed in an interface and
 * some interface type that exists in the session has the same method; until then MethodDesc.fn is NULL, and nobody
 * has a key to ask for it. A program that imports reflect and calls Method or MethodByName gets all exported ones. */
#include "compiler/gen.h"
#include "types/internal.h"

const MethodKey *method_key(Compiler *c, Name *name, Package *package, const TypeDesc *type) {
	const char *path = name->exported || !package ? "" : package->path;
	KeyInfo *first = ptrmap_get(&c->key_names, name);
	for (KeyInfo *k = first; k; k = k->same_name)
		if (k->key.type == type && strcmp(k->key.pkg_path, path) == 0)
			return &k->key;
	KeyInfo *k = ARENA_NEW(c->types->arena, KeyInfo);
	uint32_t hash = name->hash;
	for (const char *p = path; *p; p++)
		hash = intern_hash_step(hash, (uint8_t)*p);
	k->key = (MethodKey){.name = name->text, .pkg_path = path, .type = type, .hash = hash, .id = c->types->keys.len};
	k->exported = name->exported;
	k->callable = name->exported && c->reflects_methods;
	k->same_name = first;
	ptrmap_put(c->arena, &c->key_names, name, k);
	VEC_PUSH(c->types->arena, &c->types->keys, &k->key);
	VEC_PUSH(c->arena, &c->keys, k);
	return &k->key;
}

/* ---------------------------------------------------------------- functions of methods */

/* The name of a type without its package; type arguments are shown as [...], as for the methods of its declaration. */
static const char *plain_type_name(Compiler *c, const TypeDesc *d) {
	const char *args = d->kind != KIND_POINTER && d->pkg_path[0] ? strchr(d->short_name, '[') : NULL;
	return args ? format_name(c, "%.*s[...]", (int)(args - d->short_name), d->short_name) : d->short_name;
}

const char *method_name(Compiler *c, const TypeDesc *d, const char *method) {
	if (d->kind == KIND_POINTER && d->elem)
		return format_name(c, "%s.(*%s).%s", d->elem->pkg_path[0] ? d->elem->pkg_path : "main",
				   plain_type_name(c, d->elem), method);
	if (d->pkg_path[0])
		return format_name(c, "%s.%s.%s", d->pkg_path, plain_type_name(c, d), method);
	return format_name(c, strcmp(d->name, "error") == 0 ? "go:builtin.%s.%s" : "go:%s.%s", d->name, method);
}

static void method_compile(Compiler *c, const PendingMethod *p) {
	const MethodSetEntry *e = &p->entry;
	MethodTarget target =
		method_target_of(c, e->recv, e->object, e->signature, e->path, e->path_len, (TypeList){0});
	const TypeDesc *d = &p->type->desc;
	bool pointer = d->kind == KIND_POINTER;
	if (e->path_len == 0 && target.fn) {
		p->method->fn = target.fn;
		p->method->deref = pointer ? !target.ptr_recv : !(d->flags & DESC_DIRECT);
		return;
	}
	Function *fn = function_new(c, method_name(c, d, e->name->text), p->method->type, d);
	fn->flags |= FUNC_WRAPPER;
	Work *w = work_new(c, WORK_PROMOTED, fn);
	w->target = target;
	w->recv = d;
	w->package = e->package;
	p->method->fn = fn;
	p->method->deref = !(d->flags & DESC_DIRECT);
}

static void key_called(Compiler *c, const MethodKey *key) {
	KeyInfo *k = c->keys.items[key->id];
	k->callable = true;
	for (uint32_t i = 0; i < k->waiting.len; i++) {
		PendingMethod p = k->waiting.items[i];
		method_compile(c, &p);
	}
	k->waiting.len = 0;
}

void method_always_called(Compiler *c, const char *name) {
	Object *result = object_new(c->u, OBJECT_VAR, NULL, NULL, 0, c->u->basic[TYPE_STRING]);
	const TypeDesc *type = lower_type(c, type_new_signature(c->u, NULL, 0, &result, 1, false));
	key_called(c, method_key(c, intern_cstr(c->u->interner, name), NULL, type));
}

void methods_reflect_types(Compiler *c) {
	c->reflects_types = true;
	c->placed_done = 0;
}

void methods_reflect_calls(Compiler *c) {
	if (!c->reflects_types || c->reflects_methods)
		return;
	c->reflects_methods = true;
	c->placed_done = 0;
	for (uint32_t i = 0; i < c->keys.len; i++)
		if (c->keys.items[i]->exported)
			key_called(c, &c->keys.items[i]->key);
}

/* ---------------------------------------------------------------- tables */

static int method_order(const MethodDesc *a, const MethodDesc *b) {
	int order = strcmp(a->key->name, b->key->name);
	return order ? order : strcmp(a->key->pkg_path, b->key->pkg_path);
}

static MethodDesc *methods_list(Compiler *c, const MethodSetEntry *entries, uint32_t count) {
	MethodDesc *methods = ARENA_ARRAY(c->types->arena, MethodDesc, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		methods[i].type = lower_type(c, entries[i].signature);
		methods[i].key = method_key(c, entries[i].name, entries[i].package, methods[i].type);
		methods[i].exported = entries[i].name->exported;
		assert(i == 0 || method_order(&methods[i - 1], &methods[i]) < 0);
	}
	return methods;
}

void methods_lowered(Compiler *c, LoweredType *iface) {
	uint32_t count = 0;
	MethodSetEntry *entries = type_method_set(c->u, iface->type, &count);
	MethodDesc *methods = methods_list(c, entries, count);
	iface->desc.methods = methods;
	iface->desc.method_count = count;
	for (uint32_t i = 0; i < count; i++)
		key_called(c, methods[i].key);
}

static bool may_have_methods(const TypeDesc *d) {
	if (d->kind == KIND_INTERFACE)
		return false;
	if (d->kind == KIND_POINTER)
		return d->elem->flags & DESC_NAMED || d->elem->kind == KIND_STRUCT;
	return d->flags & DESC_NAMED || d->kind == KIND_STRUCT;
}

static void methods_fill(Compiler *c, LoweredType *l) {
	uint32_t count = 0;
	if (l->desc.methods)
		return;
	MethodSetEntry *entries = may_have_methods(&l->desc) ? type_method_set(c->u, l->type, &count) : NULL;
	if (!count)
		return;
	MethodDesc *methods = methods_list(c, entries, count);
	l->desc.methods = methods;
	l->desc.method_count = count;
	for (uint32_t i = 0; i < count; i++) {
		PendingMethod p = {.method = &methods[i], .type = l, .entry = entries[i]};
		KeyInfo *k = c->keys.items[methods[i].key->id];
		if (k->callable)
			method_compile(c, &p);
		else
			VEC_PUSH(c->arena, &k->waiting, p);
	}
}

/* The tables of earlier pieces' types are made anew: methods were added or declared again. */
bool methods_refill(Compiler *c, const Package *pkg) {
	bool any = false;
	for (uint32_t i = 0; i < pkg->functions.len && !any; i++)
		any = AS(FuncDecl, pkg->functions.items[i]->decl)->recv != NULL;
	for (uint32_t i = 0; any && i < c->placed_done; i++)
		methods_fill(c, c->placed.items[i]);
	return any;
}

void desc_place(Compiler *c, const TypeDesc *d) {
	LoweredType *l = lowered_of(d);
	if (!d || l->placed)
		return;
	l->placed = true;
	VEC_PUSH(c->arena, &c->placed, l);
}

static void place_list(Compiler *c, const TypeDesc *const *list, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		desc_place(c, list[i]);
}

/* What reflection can get at from a value of type d: arguments and results of calls, addresses of parts. */
static void place_reflected(Compiler *c, const TypeDesc *d) {
	place_list(c, d->params, d->param_count);
	place_list(c, d->results, d->result_count);
	const TypeDesc *pointer = lower_pointer_to(c, d);
	if (d->kind != KIND_POINTER)
		desc_place(c, pointer);
	for (uint32_t i = 0; i < d->method_count && c->reflects_methods; i++)
		if (d->methods[i].exported)
			desc_place(c, d->methods[i].type);
}

bool lower_placed(Compiler *c) {
	bool any = false;
	while (c->placed_done < c->placed.len) {
		LoweredType *l = c->placed.items[c->placed_done++];
		const TypeDesc *d = &l->desc;
		any = true;
		methods_fill(c, l);
		desc_place(c, d->elem);
		desc_place(c, d->key);
		for (uint32_t i = 0; i < d->field_count; i++)
			desc_place(c, d->fields[i].type);
		if (l->type->kind == TYPE_NAMED && d->kind != KIND_INTERFACE &&
		    (l->type->origin ? l->type->origin : l->type)->named_methods.len)
			desc_place(c, lower_pointer_to(c, d));
		if (c->reflects_types)
			place_reflected(c, d);
	}
	return any;
}
