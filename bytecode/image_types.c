/* SPDX-License-Identifier: MIT */
/* image_types.c: the type descriptors of an image: shapes, and what must hold among them.
 *
 * Rules: shapes are computed from the inside out; a type that contains itself is refused. A method is found by its key,
 *   and whoever calls it knows its type from there, so a method's function must have exactly that type, and the receiver
 *   that callers pass.
 * Why not trust sizes and pointer bits: the collector and every access go by them. */
#include "base/limits.h"
#include "bytecode/image_internal.h"

enum { SHAPE_TODO, SHAPE_UNDER_WAY, SHAPE_DONE };
#define MAX_POINTER_WORDS (1ull << 27) /* as many as there are words in the globals of one program */

typedef struct Shaping {
	Reader *r;
	uint8_t *states; /* by type */
} Shaping;

bool image_pointers_fit(Reader *r, const TypeDesc *d) {
	if (d->flags & DESC_POINTERS)
		r->pointer_words += d->size / 8;
	if (r->pointer_words > MAX_POINTER_WORDS)
		image_fail(r, "too much memory with pointers");
	return !r->failed;
}

static void shape(Shaping *s, TypeDesc *d, uint32_t depth);

static void shape_contained(Shaping *s, const TypeDesc *d, uint32_t depth) {
	shape(s, (TypeDesc *)(uintptr_t)d, depth + 1);
}

static void shape(Shaping *s, TypeDesc *d, uint32_t depth) {
	uint8_t *state = &s->states[d - s->r->descs];
	if (*state == SHAPE_DONE || s->r->failed)
		return;
	if (*state == SHAPE_UNDER_WAY || depth > MAX_TYPE_DEPTH) {
		image_fail(s->r, "type %s contains itself", d->name);
		return;
	}
	*state = SHAPE_UNDER_WAY;
	if (d->kind == KIND_ARRAY)
		shape_contained(s, d->elem, depth);
	for (uint32_t i = 0; i < d->field_count && !s->r->failed; i++) {
		shape_contained(s, d->fields[i].type, depth);
		if (!s->r->failed)
			image_pointers_fit(s->r, d->fields[i].type);
	}
	if (s->r->failed)
		return;
	if (!type_shape(s->r->types, d, (FieldDesc *)(uintptr_t)d->fields))
		image_fail(s->r, "type %s is too large", d->name);
	d->slot_type = d;
	*state = SHAPE_DONE;
}

static void finish_type(Reader *r, TypeDesc *d) {
	const TypeDesc *const *core = r->types->core;
	if (!(d->flags & DESC_AGGREGATE) && d->size < 8)
		d->slot_type = d->kind >= KIND_INT && d->kind <= KIND_INT64 ? core[CORE_INT64] : core[CORE_UINT64];
	if (d->kind == KIND_SLICE && d->elem->kind == KIND_UINT8)
		d->flags |= DESC_BYTES;
	if (d->kind == KIND_POINTER && !d->elem->pointer_to)
		((TypeDesc *)(uintptr_t)d->elem)->pointer_to = d;
	if (d->kind == KIND_MAP && !(d->key->flags & DESC_COMPARABLE))
		image_fail(r, "%s has keys that cannot be compared", d->name);
	if (d->flags & DESC_VARIADIC && (d->param_count == 0 || d->params[d->param_count - 1]->kind != KIND_SLICE))
		image_fail(r, "%s is variadic without a slice", d->name);
	if (d->kind == KIND_CHAN && d->elem->slots > MAX_FRAME_SLOTS)
		image_fail(r, "the elements of %s are too large", d->name);
}

/* ---------------------------------------------------------------- methods */

static int key_order(const MethodKey *a, const MethodKey *b) {
	int order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->pkg_path, b->pkg_path);
}

/* Whether callers of the method pass what its function takes (vm/call.c). */
static bool receiver_fits(const TypeDesc *d, const MethodDesc *m) {
	const TypeDesc *recv = m->fn->recv_type;
	if (!recv || m->fn->capture_count)
		return false;
	if (!m->deref)
		return recv == d && d->flags & DESC_DIRECT && recv->slots == 1;
	return d->kind == KIND_POINTER ? recv == d->elem : recv == d && !(d->flags & DESC_DIRECT);
}

static void check_methods(Reader *r, TypeDesc *d) {
	MethodDesc *methods = (MethodDesc *)(uintptr_t)d->methods;
	for (uint32_t i = 0; i < d->method_count && !r->failed; i++) {
		methods[i].type = methods[i].key->type;
		if (i && key_order(methods[i - 1].key, methods[i].key) >= 0)
			image_fail(r, "the methods of %s are not in order", d->name);
		if (d->kind == KIND_INTERFACE && (methods[i].fn || methods[i].deref))
			image_fail(r, "interface %s has a method with a body", d->name);
	}
}

void image_check_methods(Reader *r) {
	for (uint32_t t = 0; t < r->type_count; t++)
		for (uint32_t i = 0; i < r->descs[t].method_count && !r->failed; i++) {
			const MethodDesc *m = &r->descs[t].methods[i];
			if (m->fn && (m->fn->type != m->type || !receiver_fits(&r->descs[t], m)))
				image_fail(r, "method %s of %s", m->key->name, r->descs[t].name);
		}
}

/* ---------------------------------------------------------------- core types */

static bool is_basic(const TypeDesc *d, Kind kind) { return d && d->kind == kind && !d->pkg_path[0] && d->flags & DESC_NAMED; }

/* What C code relies on. */
static bool core_fits(const TypeDesc *const *core) {
	static const struct {
		uint8_t core, kind;
	} basic[] = {
		{CORE_BOOL, KIND_BOOL}, {CORE_INT, KIND_INT}, {CORE_INT32, KIND_INT32}, {CORE_INT64, KIND_INT64},
		{CORE_UINT8, KIND_UINT8}, {CORE_UINT64, KIND_UINT64}, {CORE_FLOAT64, KIND_FLOAT64},
		{CORE_COMPLEX128, KIND_COMPLEX128}, {CORE_STRING, KIND_STRING},
	};
	for (size_t i = 0; i < COUNT_OF(basic); i++)
		if (!is_basic(core[basic[i].core], basic[i].kind))
			return false;
	for (int i = 0; i < CORE_REFLECT_TYPE; i++)
		if (!core[i])
			return false;
	return true;
}

void image_check_types(Reader *r) {
	Shaping s = {.r = r, .states = ARENA_ARRAY(r->arena, uint8_t, r->type_count + 1)};
	if (!core_fits(r->types->core))
		image_fail(r, "the core types");
	for (uint32_t i = 0; i < r->type_count && !r->failed; i++)
		shape(&s, &r->descs[i], 0);
	for (uint32_t i = 0; i < r->type_count && !r->failed; i++) {
		finish_type(r, &r->descs[i]);
		check_methods(r, &r->descs[i]);
		VEC_PUSH(r->types->arena, &r->types->types, &r->descs[i]);
	}
}
