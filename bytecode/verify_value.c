/* SPDX-License-Identifier: MIT */
/* verify_value.c: abstract values, and types as memory.
 *
 * Owns: Verifier.values, Verifier.compatible.
 * Rules: now[s] is part i of something only while parts 0 .. n-1 of it are in the slots around: slot_put breaks up what it
 *   hits, so a string's pointer never meets another string's length. A value with a pointer is known only in a slot that the
 *   collector looks at.
 * See: verify.c. */
#include "bytecode/verify_internal.h"

/* ---------------------------------------------------------------- interning */

static uint32_t val_hash(uint32_t tag, uint32_t part, const TypeDesc *type, uint32_t offset) {
	uint64_t h = ((uintptr_t)type >> 4) * 0x9e3779b97f4a7c15u ^ ((uint64_t)offset << 16 | tag << 8 | part) * 0xc2b2ae3d27d4eb4fu;
	return (uint32_t)(h ^ h >> 32);
}

static void index_grow(Verifier *v) {
	uint32_t size = v->index_size ? v->index_size * 2 : 1024;
	v->index = ARENA_ARRAY(&v->arena, uint32_t, size);
	v->index_size = size;
	for (uint32_t i = 0; i < v->values.len; i++) {
		const ValInfo *x = &v->values.items[i];
		uint32_t at = val_hash(x->tag, x->part, x->type, x->offset) & (size - 1);
		while (v->index[at])
			at = (at + 1) & (size - 1);
		v->index[at] = i + 1;
	}
}

Val val_make(Verifier *v, ValTag tag, uint32_t part, const TypeDesc *type, uint32_t offset) {
	if (v->values.len * 2 >= v->index_size)
		index_grow(v);
	uint32_t at = val_hash(tag, part, type, offset) & (v->index_size - 1);
	for (; v->index[at]; at = (at + 1) & (v->index_size - 1)) {
		const ValInfo *x = &v->values.items[v->index[at] - 1];
		if (x->tag == tag && x->part == part && x->type == type && x->offset == offset)
			return v->index[at] - 1;
	}
	ValInfo info = {.tag = (uint8_t)tag, .part = (uint8_t)part, .offset = offset, .type = type};
	VEC_PUSH(&v->arena, &v->values, info);
	v->index[at] = v->values.len;
	return v->values.len - 1;
}

bool values_init(Verifier *v) {
	return val_make(v, VAL_SCALAR, 0, NULL, 0) == VAL_OF_SCALAR && val_make(v, VAL_NIL, 0, NULL, 0) == VAL_OF_NIL;
}

/* ---------------------------------------------------------------- types that stand for each other */

typedef enum PairState { PAIR_UNKNOWN, PAIR_ASSUMED, PAIR_YES, PAIR_NO } PairState;

typedef struct TypePair {
	const TypeDesc *a, *b;
	PairState state;
	struct TypePair *link;
} TypePair;

static TypePair *pair_get(Verifier *v, const TypeDesc *a, const TypeDesc *b) {
	const void *key = (const void *)(uintptr_t)((((uintptr_t)a * 31) ^ (uintptr_t)b) | 1);
	TypePair *first = ptrmap_get(&v->compatible, key);
	for (TypePair *p = first; p; p = p->link)
		if (p->a == a && p->b == b)
			return p;
	TypePair *p = ARENA_NEW(&v->arena, TypePair);
	*p = (TypePair){.a = a, .b = b, .link = first};
	ptrmap_put(&v->arena, &v->compatible, key, p);
	return p;
}

/* Assumes that they are alike, and puts them on the list of what is to be looked at. False: they are known not to be. */
static bool pair_ask(Verifier *v, const TypeDesc *a, const TypeDesc *b) {
	if (a == b)
		return true;
	TypePair *p = pair_get(v, a, b);
	if (p->state == PAIR_UNKNOWN) {
		p->state = PAIR_ASSUMED;
		VEC_PUSH(&v->arena, &v->pairs, p);
	}
	return p->state != PAIR_NO;
}

/* A *rtype, for instance, is the address of a descriptor. */
bool desc_is_opaque(const TypeDesc *d) {
	static const struct {
		const char *path, *name;
	} opaque[] = {
		{"reflect", "rtype"}, {"reflect", "iterState"}, {"time", "timerObject"}, {"encoding/json", "hooks"},
		{"weak", "handle"}, {"iter", "coro"},
	};
	for (size_t i = 0; i < COUNT_OF(opaque) && d->flags & DESC_NAMED && d->size == 0; i++)
		if (strcmp(d->pkg_path, opaque[i].path) == 0 && strcmp(d->short_name, opaque[i].name) == 0)
			return true;
	return false;
}

static bool ask_lists(Verifier *v, const TypeDesc *const *a, uint32_t na, const TypeDesc *const *b, uint32_t nb) {
	bool yes = na == nb;
	for (uint32_t i = 0; i < na && yes; i++)
		yes = pair_ask(v, a[i], b[i]);
	return yes;
}

/* Whether a and b are alike as far as one can see without looking into their parts, which are asked about. */
static bool alike(Verifier *v, const TypeDesc *a, const TypeDesc *b) {
	if (a->kind != b->kind || desc_is_opaque(a) || desc_is_opaque(b))
		return false;
	switch ((Kind)a->kind) {
	case KIND_POINTER: case KIND_SLICE: case KIND_CHAN:
		return pair_ask(v, a->elem, b->elem);
	case KIND_ARRAY:
		return a->length == b->length && pair_ask(v, a->elem, b->elem);
	case KIND_MAP: /* how keys are hashed and compared depends on more than their places in memory */
		return a->key == b->key && pair_ask(v, a->elem, b->elem);
	case KIND_FUNC:
		return ask_lists(v, a->params, a->param_count, b->params, b->param_count) &&
		       ask_lists(v, a->results, a->result_count, b->results, b->result_count);
	case KIND_STRUCT:
		if (a->field_count != b->field_count)
			return false;
		for (uint32_t i = 0; i < a->field_count; i++)
			if (!pair_ask(v, a->fields[i].type, b->fields[i].type))
				return false;
		return true;
	default:
		return true; /* methods of interfaces are found by keys that know their types */
	}
}

bool types_compatible(Verifier *v, const TypeDesc *a, const TypeDesc *b) {
	if (a == b)
		return true;
	if (a->kind != b->kind)
		return false;
	TypePair *root = pair_get(v, a, b);
	if (root->state != PAIR_UNKNOWN)
		return root->state == PAIR_YES;
	v->pairs.len = 0;
	bool yes = pair_ask(v, a, b);
	for (uint32_t i = 0; i < v->pairs.len && yes; i++) {
		const TypePair *p = v->pairs.items[i];
		yes = verify_step(v, 1u + p->a->field_count + p->a->param_count + p->a->result_count) && alike(v, p->a, p->b);
	}
	for (uint32_t i = 0; i < v->pairs.len; i++) /* of a failure only the question itself is answered */
		v->pairs.items[i]->state = yes ? PAIR_YES : PAIR_UNKNOWN;
	root->state = yes ? PAIR_YES : PAIR_NO;
	return yes;
}

/* ---------------------------------------------------------------- types as memory */

/* One level into a struct or array: what lies at the offset, which becomes that in it. NULL: padding. */
static const TypeDesc *descend(Verifier *v, const TypeDesc *d, uint64_t *offset) {
	if (d->kind == KIND_ARRAY) {
		if (d->elem->size == 0)
			return NULL;
		*offset %= d->elem->size;
		return d->elem;
	}
	uint32_t low = 0, high = d->field_count; /* the last field that begins at or before the offset and has a size */
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (d->fields[mid].offset <= *offset)
			low = mid + 1;
		else
			high = mid;
	}
	while (low > 0 && d->fields[low - 1].type->size == 0 && verify_step(v, 1))
		low--;
	if (low == 0 || *offset - d->fields[low - 1].offset >= d->fields[low - 1].type->size)
		return NULL;
	*offset -= d->fields[low - 1].offset;
	return d->fields[low - 1].type;
}

bool type_contains(Verifier *v, const TypeDesc *whole, uint64_t offset, const TypeDesc *part) {
	if (desc_is_opaque(part))
		return whole == part && offset == 0;
	if (part->size == 0)
		return offset <= whole->size && !desc_is_opaque(whole);
	while (whole && offset < whole->size && verify_step(v, 1)) {
		if (offset == 0 && types_compatible(v, whole, part))
			return true;
		if (!(whole->flags & DESC_AGGREGATE))
			return false;
		whole = descend(v, whole, &offset);
	}
	return false;
}

const TypeDesc *type_leaf(Verifier *v, const TypeDesc *whole, uint64_t *offset) {
	while (whole && *offset < whole->size && verify_step(v, 1)) {
		if (!(whole->flags & DESC_AGGREGATE))
			return whole;
		whole = descend(v, whole, offset);
	}
	return NULL;
}

const TypeDesc *type_array_at(Verifier *v, const TypeDesc *whole, uint64_t offset, uint64_t elem_size, uint64_t length) {
	while (whole && offset <= whole->size && verify_step(v, 1)) {
		if (whole->kind == KIND_ARRAY && offset == 0 && whole->elem->size == elem_size && (uint64_t)whole->length == length)
			return whole;
		if (!(whole->flags & DESC_AGGREGATE) || offset == whole->size)
			return NULL;
		whole = descend(v, whole, &offset);
	}
	return NULL;
}

Val type_word(Verifier *v, const TypeDesc *whole, uint64_t offset) {
	const TypeDesc *leaf = type_leaf(v, whole, &offset);
	if (!leaf || offset % 8)
		return VAL_OF_SCALAR;
	switch ((Kind)leaf->kind) {
	case KIND_POINTER: return val_make(v, VAL_POINTER, 0, leaf->elem, 0);
	case KIND_MAP: case KIND_CHAN: case KIND_FUNC: case KIND_UNSAFE_POINTER: return val_make(v, VAL_REF, 0, leaf, 0);
	case KIND_STRING: return val_make(v, VAL_STRING, (uint32_t)offset / 8, NULL, 0);
	case KIND_SLICE: return val_make(v, VAL_SLICE, (uint32_t)offset / 8, leaf->elem, 0);
	case KIND_INTERFACE: return val_make(v, VAL_IFACE, (uint32_t)offset / 8, NULL, 0);
	default: return VAL_OF_SCALAR;
	}
}

/* ---------------------------------------------------------------- slots */

static uint32_t val_parts(ValTag tag) {
	switch (tag) {
	case VAL_STRING: case VAL_SHARED: case VAL_SLICE: case VAL_IFACE: return 2;
	case VAL_ITER: return MAP_ITER_SLOTS;
	case VAL_RANGE: return 4;
	case VAL_SCALAR: case VAL_NIL: case VAL_POINTER: case VAL_REF: return 1;
	}
	return 1;
}

/* Whether the collector must see a slot with this value. */
static bool has_pointer(const ValInfo *x) {
	switch ((ValTag)x->tag) {
	case VAL_POINTER: case VAL_REF: case VAL_ITER: return true;
	case VAL_STRING: case VAL_SHARED: case VAL_SLICE: case VAL_RANGE: return x->part == 0;
	case VAL_IFACE: return x->part == 1;
	case VAL_SCALAR: case VAL_NIL: return false;
	}
	return false;
}

static bool is_seen(const Verifier *v, uint32_t slot) {
	const uint64_t *bits = v->fn->slot_ptrs;
	return !bits || (bits[slot / 64] >> slot % 64 & 1);
}

/* Half of the slice that a range goes over; without elements it is nil. */
static Val ranged_half(Verifier *v, uint32_t part, const TypeDesc *elem) {
	return elem ? val_make(v, VAL_SLICE, part, elem, 0) : VAL_OF_NIL;
}

/* What is in the slots around this one is no longer what it was. A range is still good as a slice while its pair is. */
static void break_up(Verifier *v, uint32_t slot) {
	ValInfo x = *slot_info(v, slot);
	uint32_t parts = val_parts((ValTag)x.tag), first = slot - x.part;
	if (parts == 1)
		return;
	for (uint32_t i = 0; i < parts; i++)
		v->now[first + i] = VAL_OF_SCALAR;
	if (x.tag == VAL_RANGE && x.part >= 2) {
		v->now[first] = ranged_half(v, 0, x.type);
		v->now[first + 1] = ranged_half(v, 1, x.type);
	}
}

void slot_put(Verifier *v, uint32_t slot, Val x) {
	break_up(v, slot);
	v->now[slot] = has_pointer(val_info(v, x)) && !is_seen(v, slot) ? VAL_OF_SCALAR : x;
}

void slot_put_scalars(Verifier *v, uint32_t slot, uint32_t count) {
	if (!verify_step(v, count / 8))
		return;
	for (uint32_t i = 0; i < count; i++)
		slot_put(v, slot + i, VAL_OF_SCALAR);
}

/* All parts or none. */
static void put_parts(Verifier *v, uint32_t slot, ValTag tag, const TypeDesc *type) {
	uint32_t parts = val_parts(tag);
	bool seen = slot % 2 == 0;
	slot_put_scalars(v, slot, parts);
	for (uint32_t i = 0; i < parts && seen; i++)
		seen = is_seen(v, slot + i) || !has_pointer(val_info(v, val_make(v, tag, i, type, 0)));
	for (uint32_t i = 0; i < parts && seen; i++)
		v->now[slot + i] = val_make(v, tag, i, type, 0);
}

void slot_put_pair(Verifier *v, uint32_t slot, ValTag tag, const TypeDesc *type) {
	put_parts(v, slot, tag, type);
	if (tag == VAL_SLICE && !type) /* the nil slice */
		v->now[slot] = v->now[slot + 1] = VAL_OF_NIL;
}

void slot_put_memory(Verifier *v, uint32_t slot, const TypeDesc *whole, uint64_t offset, uint64_t size) {
	uint32_t count = (uint32_t)((size + 7) / 8);
	bool aligned = slot % 2 == 0 && offset % 16 == 0; /* else words are copied one by one, and a race tears pairs */
	slot_put_scalars(v, slot, count);
	if (!(whole->flags & DESC_POINTERS))
		return;
	for (uint32_t i = 0; i < count && verify_step(v, 1); i++) {
		if (i * 8 + 8 > size)
			return;
		Val x = type_word(v, whole, offset + 8 * (uint64_t)i);
		ValInfo info = *val_info(v, x);
		if (val_parts((ValTag)info.tag) == 1) {
			slot_put(v, slot + i, x);
		} else if (aligned && info.part == 0 && i * 8 + 16 <= size) {
			put_parts(v, slot + i, (ValTag)info.tag, info.type);
			i++;
		}
	}
}

void slot_put_type(Verifier *v, uint32_t slot, const TypeDesc *type) {
	if (type->flags & DESC_POINTERS)
		slot_put_memory(v, slot, type, 0, type->size);
	else
		slot_put_scalars(v, slot, type->slots);
}

static bool is_whole(const Verifier *v, const Val *from, uint32_t at, uint32_t count) {
	const ValInfo *x = val_info(v, from[at]);
	return x->part == 0 && val_parts((ValTag)x->tag) == 2 && at + 2 <= count;
}

void slot_copy(Verifier *v, uint32_t to, uint32_t from, uint32_t count) {
	Val few[64], *values = count <= COUNT_OF(few) ? few : ARENA_ARRAY(&v->arena, Val, count);
	memcpy(values, &v->now[from], count * sizeof *values);
	slot_put_scalars(v, to, count);
	for (uint32_t i = 0; i < count; i++) {
		ValInfo x = *val_info(v, values[i]);
		if (is_whole(v, values, i, count)) {
			put_parts(v, to + i, (ValTag)x.tag, x.type);
			i++;
		} else if (x.tag == VAL_RANGE && x.part == 0 && i + 2 <= count) {
			slot_put_pair(v, to + i, VAL_SLICE, x.type);
			i++;
		} else if (val_parts((ValTag)x.tag) == 1) {
			slot_put(v, to + i, values[i]);
		}
	}
}

/* ---------------------------------------------------------------- what slots hold */

bool word_fits(Verifier *v, Val x, const TypeDesc *type) {
	const ValInfo *info = val_info(v, x);
	if (info->tag == VAL_NIL || !(type->flags & DESC_POINTERS))
		return true;
	switch ((Kind)type->kind) {
	case KIND_POINTER:
		return info->tag == VAL_POINTER && type_contains(v, info->type, info->offset, type->elem);
	case KIND_UNSAFE_POINTER:
		return info->tag == VAL_POINTER || info->tag == VAL_REF;
	case KIND_MAP: case KIND_CHAN: case KIND_FUNC:
		return info->tag == VAL_REF && types_compatible(v, info->type, type);
	default:
		return false;
	}
}

static bool pair_holds(Verifier *v, uint32_t slot, const TypeDesc *type) {
	const ValInfo *x = slot_info(v, slot);
	if (val_is_nil(v->now[slot]) && val_is_nil(v->now[slot + 1]))
		return true;
	if (x->part != 0)
		return false;
	switch ((Kind)type->kind) {
	case KIND_STRING: return x->tag == VAL_STRING;
	case KIND_INTERFACE: return x->tag == VAL_IFACE;
	case KIND_SLICE:
		return (x->tag == VAL_SLICE || x->tag == VAL_RANGE) && (!x->type || types_compatible(v, x->type, type->elem));
	default: return true; /* complex128 */
	}
}

/* shared: strings that share bytes will do. */
static bool holds(Verifier *v, uint32_t slot, const TypeDesc *type, bool shared) {
	bool yes = verify_step(v, 1);
	if (!(type->flags & DESC_POINTERS))
		return yes;
	switch ((Kind)type->kind) {
	case KIND_STRUCT:
		for (uint32_t i = 0; i < type->field_count && yes; i++)
			yes = holds(v, slot + type->fields[i].offset / 8, type->fields[i].type, shared);
		return yes;
	case KIND_ARRAY:
		for (int64_t i = 0; i < type->length && yes; i++)
			yes = holds(v, slot + (uint32_t)(i * type->elem->size / 8), type->elem, shared);
		return yes;
	case KIND_STRING: case KIND_SLICE: case KIND_INTERFACE:
		if (shared && type->kind == KIND_STRING && slot_info(v, slot)->tag == VAL_SHARED && slot_info(v, slot)->part == 0)
			return yes;
		return yes && pair_holds(v, slot, type);
	default:
		return yes && word_fits(v, v->now[slot], type);
	}
}

bool slot_holds(Verifier *v, uint32_t slot, const TypeDesc *type) {
	return holds(v, slot, type, false);
}

bool slot_holds_for_reading(Verifier *v, uint32_t slot, const TypeDesc *type) {
	return holds(v, slot, type, true);
}

/* ---------------------------------------------------------------- two ways into one point */

static Val join_pointers(Verifier *v, Val a, Val b) {
	ValInfo x = *val_info(v, a), y = *val_info(v, b);
	uint32_t nil = x.part == NOT_NIL && y.part == NOT_NIL ? NOT_NIL : MAY_BE_NIL;
	if (x.type == y.type && x.offset == y.offset)
		return val_make(v, VAL_POINTER, nil, x.type, x.offset);
	if (y.offset == 0 && type_contains(v, x.type, x.offset, y.type))
		return val_make(v, VAL_POINTER, nil, y.type, 0);
	if (x.offset == 0 && type_contains(v, y.type, y.offset, x.type))
		return val_make(v, VAL_POINTER, nil, x.type, 0);
	uint64_t offset = x.offset;
	for (const TypeDesc *d = x.type; d && offset < d->size && verify_step(v, 1); d = descend(v, d, &offset)) {
		if (offset == 0 && type_contains(v, y.type, y.offset, d))
			return val_make(v, VAL_POINTER, nil, d, 0);
		if (!(d->flags & DESC_AGGREGATE))
			break;
	}
	return VAL_OF_SCALAR;
}

Val val_join(Verifier *v, Val a, Val b) {
	const ValInfo *x = val_info(v, a), *y = val_info(v, b);
	if (val_parts((ValTag)x->tag) > 1 || val_parts((ValTag)y->tag) > 1)
		return VAL_OF_SCALAR;
	if (a == b)
		return a;
	if (x->tag == VAL_NIL || y->tag == VAL_NIL) {
		Val other = x->tag == VAL_NIL ? b : a;
		const ValInfo *o = val_info(v, other);
		return o->tag == VAL_POINTER ? val_make(v, VAL_POINTER, MAY_BE_NIL, o->type, o->offset) : other;
	}
	if (x->tag == VAL_POINTER && y->tag == VAL_POINTER)
		return join_pointers(v, a, b);
	if (x->tag == VAL_REF && y->tag == VAL_REF && types_compatible(v, x->type, y->type))
		return a;
	return VAL_OF_SCALAR;
}

/* What a pair is for the joining of pairs: a range is the slice that it goes over; .tag VAL_NIL: both halves are nil. */
static ValInfo pair_info(Verifier *v, const Val *values, uint32_t slot) {
	ValInfo x = *val_info(v, values[slot]);
	if (x.tag == VAL_RANGE && x.part == 0)
		x = *val_info(v, ranged_half(v, 0, x.type));
	else if (x.tag == VAL_NIL && (slot + 1 >= v->slots || !val_is_nil(values[slot + 1])))
		x.tag = VAL_SCALAR;
	return x;
}

/* Two ranges: one over a nil slice is any range. */
static uint32_t join_ranges(Verifier *v, uint32_t slot, const TypeDesc *a, const TypeDesc *b) {
	if (a && b && !types_compatible(v, a, b))
		return 0;
	put_parts(v, slot, VAL_RANGE, a ? a : b);
	return 4;
}

/* What is known of the parts from now[slot] on when `from` says otherwise: how many slots that settles. */
static uint32_t join_parts(Verifier *v, uint32_t slot, const Val *from) {
	const ValInfo *a = slot_info(v, slot), *b = val_info(v, from[slot]);
	if (a->tag == VAL_RANGE && b->tag == VAL_RANGE)
		return a->part == 0 && b->part == 0 ? join_ranges(v, slot, a->type, b->type) : 0;
	ValInfo x = pair_info(v, v->now, slot), y = pair_info(v, from, slot);
	if (x.part != 0 || y.part != 0 || (x.tag == VAL_NIL && y.tag == VAL_NIL))
		return 0;
	const TypeDesc *dynamic = x.tag == y.tag && x.type == y.type ? x.type : NULL; /* nothing is in a nil interface */
	if (x.tag == VAL_NIL)
		x = y;
	else if (y.tag == VAL_NIL)
		y = x;
	if (val_parts((ValTag)x.tag) != 2 || x.tag != y.tag || (x.tag == VAL_SLICE && !types_compatible(v, x.type, y.type)))
		return 0;
	put_parts(v, slot, (ValTag)x.tag, x.tag == VAL_IFACE ? dynamic : x.type);
	return 2;
}

bool state_merge(Verifier *v, Val *into, const Val *from) {
	Val *before = v->now;
	bool changed = false;
	v->now = into;
	if (into[0] != from[0]) {
		changed = into[0] != FLOW_CALLED;
		into[0] = FLOW_CALLED;
	}
	for (uint32_t s = 2; s < v->slots; s++) {
		if (into[s] == from[s])
			continue;
		Val old = into[s];
		uint32_t settled = join_parts(v, s, from);
		if (settled) {
			changed = changed || into[s] != old;
			s += settled - 1;
			continue;
		}
		slot_put(v, s, val_join(v, old, from[s]));
		changed = changed || into[s] != old;
	}
	v->now = before;
	return changed;
}
