/* SPDX-License-Identifier: MIT */
/* verify_memory.c: accesses behind pointers, to globals, to elements, to parts of aggregates in the frame.
 *
 * Rules: an access lies inside the object that the pointer is known to point into. Anything may be read as a number; a
 *   pointer comes only from where one is, and nothing but a fitting one gets there. A pair is read and written whole, and
 *   where it is aligned. */
#include "bytecode/verify_insn.h"

typedef struct Place {
	const TypeDesc *type; /* NULL: nil */
	uint64_t offset;
} Place;

/* ---------------------------------------------------------------- places */

/* What the pointer in slot points to, `more` bytes further. A nil pointer faults. */
static bool place_at(Verifier *v, uint32_t slot, uint64_t more, Place *out) {
	const ValInfo *x = slot_info(v, slot);
	*out = (Place){0};
	if (x->tag == VAL_NIL) {
		v->ends = true;
		return true;
	}
	if (x->tag != VAL_POINTER)
		return verify_fail(v, "slot %u holds no pointer", slot);
	*out = (Place){x->type, x->offset + more};
	if (more <= UINT32_MAX && out->offset <= x->type->size)
		return true;
	return verify_fail(v, "byte %llu of %s", (unsigned long long)out->offset, x->type->name);
}

static bool place_has(Verifier *v, const Place *p, uint64_t size) {
	return p->offset + size <= p->type->size ||
	       verify_fail(v, "%llu bytes at byte %llu of %s", (unsigned long long)size, (unsigned long long)p->offset, p->type->name);
}

static bool load_word(Verifier *v, const Place *p, uint64_t size, uint32_t to) {
	if (!p->type)
		return true;
	if (!place_has(v, p, size))
		return false;
	Val x = size == 8 ? type_word(v, p->type, p->offset) : VAL_OF_SCALAR;
	ValTag tag = (ValTag)val_info(v, x)->tag;
	slot_put(v, to, tag == VAL_POINTER || tag == VAL_REF ? x : VAL_OF_SCALAR); /* half of a pair is a number */
	return true;
}

/* What is 16 bytes long and aligned there. */
static const TypeDesc *pair_leaf(Verifier *v, const Place *p) {
	uint64_t offset = p->offset;
	const TypeDesc *leaf = type_leaf(v, p->type, &offset);
	if (leaf && leaf->size == 16 && leaf->align == 16 && offset == 0)
		return leaf;
	verify_fail(v, "no pair at byte %llu of %s", (unsigned long long)p->offset, p->type->name);
	return NULL;
}

static bool load_pair(Verifier *v, const Place *p, uint32_t to) {
	const TypeDesc *leaf = p->type ? pair_leaf(v, p) : NULL;
	if (leaf)
		slot_put_type(v, to, leaf);
	return !v->failed;
}

static bool load_bytes(Verifier *v, const Place *p, uint64_t size, uint32_t to) {
	if (!p->type)
		return true;
	if (!place_has(v, p, size))
		return false;
	slot_put_memory(v, to, p->type, p->offset, size);
	return true;
}

static bool is_number(Verifier *v, const Place *p, uint64_t at) {
	uint64_t offset = p->offset + at;
	const TypeDesc *leaf = type_leaf(v, p->type, &offset);
	return !leaf || !(leaf->flags & DESC_POINTERS);
}

/* Bytes that are no part of a pointer or pair: both ends tell, for those are 8 bytes long and aligned. */
static bool need_numbers(Verifier *v, const Place *p, uint64_t size) {
	if (!p->type)
		return true;
	return place_has(v, p, size) && ((is_number(v, p, 0) && is_number(v, p, size - 1)) ||
					 verify_fail(v, "a number at byte %llu of %s", (unsigned long long)p->offset, p->type->name));
}

static bool store_word(Verifier *v, const Place *p, uint32_t from) {
	if (!p->type)
		return true;
	if (!place_has(v, p, 8))
		return false;
	uint64_t offset = p->offset;
	const TypeDesc *leaf = type_leaf(v, p->type, &offset);
	if (!leaf || !(leaf->flags & DESC_POINTERS))
		return need_numbers(v, p, 8);
	return (offset == 0 && leaf->size == 8 && word_fits(v, v->now[from], leaf)) ||
	       verify_fail(v, "slot %u does not fit byte %llu of %s", from, (unsigned long long)p->offset, p->type->name);
}

static bool store_pair(Verifier *v, const Place *p, uint32_t from) {
	const TypeDesc *leaf = p->type ? pair_leaf(v, p) : NULL;
	if (!leaf || slot_holds(v, from, leaf))
		return !v->failed;
	return fail_held(v, from, leaf->name);
}

static bool need_type(Verifier *v, const Place *p, const TypeDesc *type) {
	if (!p->type || type_contains(v, p->type, p->offset, type))
		return !v->failed;
	return verify_fail(v, "no %s at byte %llu of %s", type->name, (unsigned long long)p->offset, p->type->name);
}

/* ---------------------------------------------------------------- behind pointers */

static uint32_t access_size(Op op) {
	switch (op) {
	case OP_LOAD_I8: case OP_LOAD_U8: case OP_STORE_8: case OP_LOADG_I8: case OP_LOADG_U8: case OP_STOREG_8:
	case OP_FLOAD_I8: case OP_FLOAD_U8: case OP_FSTORE_8: case OP_INDEX_I8: case OP_INDEX_U8: case OP_SETINDEX_8:
	case OP_SETINDEXI_8: case OP_INDEX2_U8: case OP_SETINDEX2_8: case OP_ARRAY_INDEX_U8: case OP_ARRAY_SETINDEX_8:
		return 1;
	case OP_LOAD_I16: case OP_LOAD_U16: case OP_STORE_16: case OP_LOADG_I16: case OP_LOADG_U16: case OP_STOREG_16:
	case OP_FLOAD_I16: case OP_FLOAD_U16: case OP_FSTORE_16: case OP_INDEX_I16: case OP_INDEX_U16: case OP_SETINDEX_16:
		return 2;
	case OP_LOAD_I32: case OP_LOAD_U32: case OP_STORE_32: case OP_LOADG_I32: case OP_LOADG_U32: case OP_STOREG_32:
	case OP_FLOAD_I32: case OP_FLOAD_U32: case OP_FSTORE_32: case OP_INDEX_I32: case OP_INDEX_U32: case OP_SETINDEX_32:
		return 4;
	case OP_LOAD_128: case OP_STORE_128: case OP_STORE_128P: case OP_LOADG_128: case OP_STOREG_128P: case OP_INDEX_128:
	case OP_SETINDEX_128: case OP_SETINDEX_128P:
		return 16;
	default:
		return 8;
	}
}

bool verify_load(Verifier *v, const Insn *at) {
	const uint16_t *offsets = (const uint16_t *)(const void *)&at[1];
	Place p, q;
	if (at->op == OP_LOAD2_64) {
		if (!place_at(v, at->b, offsets[0], &p) || !place_at(v, at->c, offsets[1], &q))
			return false;
		return load_word(v, &p, 8, at->a) && load_word(v, &q, 8, at->a + 1u);
	}
	if (!place_at(v, at->b, at->c, &p))
		return false;
	if (at->op == OP_LOAD_N)
		return load_bytes(v, &p, at[1].word, at->a);
	uint32_t size = access_size((Op)at->op);
	return size == 16 ? load_pair(v, &p, at->a) : load_word(v, &p, size, at->a);
}

bool verify_store(Verifier *v, const Insn *at) {
	bool product = at->op == OP_MADDMUL_F64 || at->op == OP_MSUBMUL_F64;
	bool plain = at->op == OP_COPY_MEM || at->op == OP_COPY_CONST;
	Place p, q;
	if (!place_at(v, at->a, product ? at[1].word : plain ? 0 : at->c, &p))
		return false;
	switch ((Op)at->op) {
	case OP_STORE_8: case OP_STORE_16: case OP_STORE_32: return need_numbers(v, &p, access_size((Op)at->op));
	case OP_STORE_64: case OP_STORE_P: return store_word(v, &p, at->b);
	case OP_STORE_128: case OP_STORE_128P: return store_pair(v, &p, at->b);
	case OP_STORE_N: return need_type(v, &p, at[1].ptr) && need_held(v, at->b, at[1].ptr);
	case OP_COPY_MEM:
		return place_at(v, at->b, 0, &q) && need_type(v, &p, at[1].ptr) && need_type(v, &q, at[1].ptr);
	case OP_COPY_CONST: case OP_ZERO_MEM: return need_type(v, &p, at[1].ptr);
	default: return need_numbers(v, &p, 8);
	}
}

static bool put_pointer(Verifier *v, uint32_t slot, const TypeDesc *type, uint64_t offset) {
	slot_put(v, slot, val_make(v, VAL_POINTER, NOT_NIL, type, (uint32_t)offset));
	return true;
}

/* The global around a byte of the globals' area. */
static bool global_at(Verifier *v, int32_t byte, Place *out) {
	const Program *p = v->program;
	uint32_t low = 0, high = p->global_count;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (p->globals[mid].offset <= (uint32_t)byte)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || (uint32_t)byte - p->globals[low - 1].offset > p->globals[low - 1].type->size)
		return verify_fail(v, "no global at byte %d", byte);
	*out = (Place){p->globals[low - 1].type, (uint32_t)byte - p->globals[low - 1].offset};
	return true;
}

static bool array_address(Verifier *v, const Insn *at) {
	Place p;
	uint32_t size = (uint32_t)at[1].word, length = (uint32_t)(at[1].word >> 32);
	if (!place_at(v, at->b, 0, &p) || !p.type)
		return !v->failed;
	const TypeDesc *array = type_array_at(v, p.type, p.offset, size, length);
	return array ? put_pointer(v, at->a, array->elem, 0) : verify_fail(v, "no such array in %s", p.type->name);
}

bool verify_address(Verifier *v, const Insn *at) {
	const TypeDesc *type = at[1].ptr, *elem;
	Place p;
	switch ((Op)at->op) {
	case OP_NEW: case OP_NEW_BOX:
		return !desc_is_opaque(type) ? put_pointer(v, at->a, type, 0) : verify_fail(v, "a %s of its own", type->name);
	case OP_GADDR:
		return global_at(v, at->bc, &p) && put_pointer(v, at->a, p.type, p.offset);
	case OP_ARRAY_ADDR:
		return array_address(v, at);
	case OP_INDEX_ADDR:
		elem = need_slice(v, at->b);
		if (!elem)
			return (v->ends = !v->failed);
		return elem->size == at[1].word ? put_pointer(v, at->a, elem, 0) : verify_fail(v, "elements of %s", elem->name);
	case OP_ARRAY_FROM_SLICE:
		type = at[2].ptr;
		elem = need_slice(v, at->b);
		if (v->failed || type->kind != KIND_ARRAY || (uint64_t)type->length != at[1].word ||
		    (elem && !types_compatible(v, type->elem, elem)))
			return verify_fail(v, "%s of a slice", type->name);
		slot_put(v, at->a, val_make(v, VAL_POINTER, MAY_BE_NIL, type, 0));
		return true;
	default:
		if (!place_at(v, at->b, at->op == OP_LEA_K ? at[1].word : at->c, &p))
			return false;
		return !p.type || put_pointer(v, at->a, p.type, p.offset);
	}
}

bool verify_global(Verifier *v, const Insn *at) {
	Place p;
	uint32_t size = access_size((Op)at->op);
	if (!global_at(v, at->bc, &p))
		return false;
	switch ((Op)at->op) {
	case OP_LOADG_128: return load_pair(v, &p, at->a);
	case OP_STOREG_128P: return store_pair(v, &p, at->a);
	case OP_STOREG_64: case OP_STOREG_P: return store_word(v, &p, at->a);
	case OP_STOREG_8: case OP_STOREG_16: case OP_STOREG_32: return need_numbers(v, &p, size);
	default: return load_word(v, &p, size, at->a);
	}
}

bool verify_equal(Verifier *v, const Insn *at) {
	const TypeDesc *type = at[1].ptr;
	Place p, q;
	if (!(type->flags & DESC_COMPARABLE))
		return verify_fail(v, "%s cannot be compared", type->name);
	switch ((Op)at->op) {
	case OP_EQ_IFACE_TYPE: return need_iface(v, at->b) && need_held(v, at->c, type);
	case OP_EQ_FRAME: return need_held(v, at->b, type) && need_held(v, at->c, type);
	default:
		return place_at(v, at->b, 0, &p) && place_at(v, at->c, 0, &q) && need_type(v, &p, type) && need_type(v, &q, type);
	}
}

/* ---------------------------------------------------------------- parts of aggregates in the frame */

/* A store changes one element; a load finds what all have in common. */
static bool frame_element(Verifier *v, const Insn *at, uint32_t first, uint64_t count, bool stores) {
	if (!verify_step(v, count / 8))
		return false;
	Val x = count && !stores ? v->now[first] : VAL_OF_SCALAR;
	for (uint64_t i = 0; i < count; i++) {
		if (stores)
			slot_put(v, first + (uint32_t)i, val_join(v, v->now[first + i], v->now[at->c]));
		else
			x = val_join(v, x, v->now[first + i]);
	}
	if (!stores)
		slot_put(v, at->a, x);
	return true;
}

bool verify_frame_field(Verifier *v, const Insn *at) {
	uint32_t size = access_size((Op)at->op);
	switch ((Op)at->op) {
	case OP_FINDEX_U8:
		slot_put(v, at->a, VAL_OF_SCALAR);
		return true;
	case OP_FSETINDEX_8:
		slot_put_scalars(v, at->a, (uint32_t)((at[1].word + 7) / 8));
		return true;
	case OP_FINDEX_64:
		return frame_element(v, at, at->b, at[1].word, false);
	case OP_FSETINDEX_64:
		return frame_element(v, at, at->a, at[1].word, true);
	case OP_FSTORE_8: case OP_FSTORE_16: case OP_FSTORE_32:
		slot_put(v, at->a + at->c / 8u, VAL_OF_SCALAR);
		break;
	default:
		slot_put(v, at->a, VAL_OF_SCALAR);
		break;
	}
	return at->c % 8 + size <= 8 || verify_fail(v, "a field across slots");
}

/* ---------------------------------------------------------------- elements */

const TypeDesc *need_slice(Verifier *v, uint32_t slot) {
	const ValInfo *x = slot_info(v, slot);
	if ((x->tag == VAL_SLICE || x->tag == VAL_RANGE) && x->part == 0)
		return x->type;
	if (!val_is_nil(v->now[slot]) || !val_is_nil(v->now[slot + 1]))
		verify_fail(v, "slot %u holds no slice", slot);
	return NULL;
}

/* An element of the slice at slot, of that size. An index into the nil slice faults. */
static bool element_at(Verifier *v, uint32_t slot, uint64_t size, Place *out) {
	const TypeDesc *elem = need_slice(v, slot);
	*out = (Place){elem, 0};
	v->ends = v->ends || (!elem && !v->failed);
	if (!elem || elem->size == size)
		return !v->failed;
	return verify_fail(v, "elements of %s", elem->name);
}

/* Of the slice of slices. */
static bool element2_at(Verifier *v, uint32_t slot, uint64_t size, Place *out) {
	if (!element_at(v, slot, 16, out) || !out->type)
		return !v->failed;
	const TypeDesc *inner = out->type;
	if (inner->kind != KIND_SLICE || inner->elem->size != size)
		return verify_fail(v, "elements of %s", inner->name);
	out->type = inner->elem;
	return true;
}

static bool array_element_at(Verifier *v, uint32_t slot, uint64_t size, uint64_t length, Place *out) {
	if (!place_at(v, slot, 0, out) || !out->type)
		return !v->failed;
	const TypeDesc *array = type_array_at(v, out->type, out->offset, size, length);
	if (!array)
		return verify_fail(v, "no such array in %s", out->type->name);
	*out = (Place){array->elem, 0};
	return true;
}

static bool field_element_at(Verifier *v, const Insn *at, Place *out) {
	if (!place_at(v, at->b, at[1].word, out) || !out->type)
		return !v->failed;
	const TypeDesc *leaf = pair_leaf(v, out);
	if (!leaf)
		return false;
	if (leaf->kind != KIND_SLICE || leaf->elem->size != 8)
		return verify_fail(v, "elements of %s", leaf->name);
	*out = (Place){leaf->elem, 0};
	return true;
}

bool verify_index(Verifier *v, const Insn *at) {
	uint32_t size = access_size((Op)at->op);
	const uint16_t *halves = (const uint16_t *)(const void *)&at[1];
	Place p, q;
	switch ((Op)at->op) {
	case OP_INDEX_128:
		return element_at(v, at->b, 16, &p) && load_pair(v, &p, at->a);
	case OP_INDEX_N:
		return element_at(v, at->b, at[1].word, &p) && load_bytes(v, &p, at[1].word, at->a);
	case OP_INDEXES_64:
		return element_at(v, at->b, 8, &p) && element_at(v, halves[0], 8, &q) && load_word(v, &p, 8, at->a) &&
		       load_word(v, &q, 8, at->a + 1u);
	case OP_DOT_I64: case OP_DOT_F64:
		slot_put(v, at->a, VAL_OF_SCALAR);
		return element_at(v, at->b, 8, &p) && element_at(v, halves[0], 8, &q);
	case OP_INDEX2_U8: case OP_INDEX2_64:
		return element2_at(v, at->b, size, &p) && load_word(v, &p, size, at->a);
	case OP_FIELD_INDEX_64:
		return field_element_at(v, at, &p) && load_word(v, &p, 8, at->a);
	case OP_ARRAY_INDEX_U8: case OP_ARRAY_INDEX_64:
		return array_element_at(v, at->b, size, at[1].word, &p) && load_word(v, &p, size, at->a);
	default:
		return element_at(v, at->b, size, &p) && load_word(v, &p, size, at->a);
	}
}

bool verify_set_index(Verifier *v, const Insn *at) {
	uint32_t size = access_size((Op)at->op);
	const TypeDesc *type = at[1].ptr;
	Place p;
	switch ((Op)at->op) {
	case OP_SETINDEX_64: case OP_SETINDEX_P:
		return element_at(v, at->a, 8, &p) && store_word(v, &p, at->c);
	case OP_SETINDEX_128: case OP_SETINDEX_128P:
		return element_at(v, at->a, 16, &p) && store_pair(v, &p, at->c);
	case OP_SETINDEX_N:
		return element_at(v, at->a, type->size, &p) && need_type(v, &p, type) && need_held(v, at->c, type);
	case OP_SETINDEX2_8: case OP_SETINDEX2_64:
		return element2_at(v, at->a, size, &p) && need_numbers(v, &p, size);
	case OP_ARRAY_SETINDEX_8: case OP_ARRAY_SETINDEX_64:
		return array_element_at(v, at->a, size, at[1].word, &p) && need_numbers(v, &p, size);
	default:
		return element_at(v, at->a, size, &p) && need_numbers(v, &p, size);
	}
}
