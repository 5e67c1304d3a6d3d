/* SPDX-License-Identifier: MIT */
/* exec_slice.h: bodies of strings, slices and arrays. Included by exec.c only. */

/* The halves of a pair that was loaded as a whole. */
#if defined(__x86_64__)
#define PAIR_LOW(pair) ((uint64_t)_mm_cvtsi128_si64(pair))
#define PAIR_HIGH(pair) ((uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(pair, pair)))
#else
#define PAIR_LOW(pair) ((pair).lo)
#define PAIR_HIGH(pair) ((pair).hi)
#endif

/* ---- strings ---- */
CALLING(STR_FROM_RUNE) { NEXT_OR_FAULT(string_from_rune(g, RB.i, (GoString *)(void *)&RA), 1); }
CALLING(STR_FROM_BYTES) {
	CHARGE((uint32_t)(&RB)[1].u);
	NEXT_OR_FAULT(string_from_bytes(g, slice_at(&RB), (GoString *)(void *)&RA), 1);
}
BODY(STR_OF_BYTES) {
	set_pair(&RA, RB.u, (uint32_t)(&RB)[1].u);
	NEXT(1);
}
CALLING(BYTES_FROM_STR) {
	CHARGE((&RB)[1].u);
	NEXT_OR_FAULT(bytes_from_string(g, string_at(&RB), (GoSlice *)(void *)&RA), 1);
}
CALLING(STR_FROM_RUNES) {
	CHARGE(16 * (uint64_t)(uint32_t)(&RB)[1].u);
	NEXT_OR_FAULT(string_from_runes(g, slice_at(&RB), (GoString *)(void *)&RA), 1);
}
CALLING(RUNES_FROM_STR) {
	CHARGE(16 * (&RB)[1].u);
	NEXT_OR_FAULT(runes_from_string(g, string_at(&RB), (GoSlice *)(void *)&RA), 1);
}
/* Charged is what was copied: a result that begins where the first operand does was appended in place. */
static NOINLINE PanicCode concat(Goroutine *g, const Insn *pc, Slot *fp) {
	GoString *to = (GoString *)(void *)&fp[pc->a], first = string_at(&fp[pc->b]);
	PanicCode code = pc->op == OP_CONCAT ? string_concat(g, first, string_at(&fp[pc->c]), to)
					     : string_concat_n(g, (const GoString *)(const void *)&fp[pc->b], pc->c, to);
	if (code == PANIC_NONE)
		g->budget -= (to->len - (to->ptr == first.ptr ? first.len : 0)) >> 4;
	return code;
}
CALLING(CONCAT) {
	g->budget = budget;
	PanicCode code = concat(g, pc, fp);
	budget = g->budget;
	NEXT_OR_FAULT(code, 1);
}
CALLING(CONCAT_N) {
	g->budget = budget;
	PanicCode code = concat(g, pc, fp);
	budget = g->budget;
	NEXT_OR_FAULT(code, 1);
}

/* Bounds faults: where index and length are. */
RARE(index_fault) { /* a = b[c], strings have 64-bit lengths */
	SAVE();
	GO_ON(raise_index(g, RC.i, (uint32_t)(&RB)[1].u));
}
RARE(index_str_fault) {
	SAVE();
	GO_ON(raise_index(g, RC.i, (&RB)[1].i));
}
RARE(setindex_fault) { /* a[b] = c */
	SAVE();
	GO_ON(raise_index(g, RB.i, (uint32_t)(&RA)[1].u));
}
RARE(array_index_fault) { /* (*b)[c], length in word 1 */
	SAVE();
	GO_ON(raise_index(g, RC.i, pc[1].imm));
}
RARE(array_setindex_fault) {
	SAVE();
	GO_ON(raise_index(g, RB.i, pc[1].imm));
}
RARE(array_addr_fault) {
	SAVE();
	GO_ON(raise_index(g, RC.i, (int64_t)(pc[1].word >> 32)));
}
RARE(bounds_fault) {
	SAVE();
	GO_ON(raise_index(g, RA.i, BC));
}

BODY(INDEX_STR) {
	uint64_t index = RC.u;
	if (UNLIKELY(index >= (&RB)[1].u))
		TAIL(index_str_fault);
	RA.u = ((const uint8_t *)RB.p)[index];
	NEXT(1);
}
/* pc: a SLICE_STR or SLICE_SLICE, or one of their forms with one bound. */
static NOINLINE int raise_slicing(Goroutine *g, const Insn *pc, const Slot *fp) {
	Slot bounds[2] = {{.u = 0}, {.u = 0}};
	uint64_t word = fp[pc->b + 1].u;
	bool string = pc->op == OP_SLICE_STR || pc->op == OP_SLICE_STR_FROM || pc->op == OP_SLICE_STR_TO;
	bool from = pc->op == OP_SLICE_STR_FROM || pc->op == OP_SLICE_FROM;
	bool to = pc->op == OP_SLICE_STR_TO || pc->op == OP_SLICE_TO;
	bounds[to] = fp[pc->c];
	if (!from && !to)
		bounds[1] = fp[(uint16_t)pc[1].word];
	return raise_slice(g, bounds, from ? 0 : SLICE_HAS_HIGH, string ? (int64_t)word : (uint32_t)word,
			   string ? (int64_t)word : (int64_t)(word >> 32), string ? "length" : "capacity");
}
RARE(slicing_fault) {
	SAVE();
	GO_ON(raise_slicing(g, pc, fp));
}
/* An empty result keeps the start: its pointer must not lie behind the object. */
FRAMED(SLICE_STR) {
	uint64_t low = RC.u, high = fp[(uint16_t)pc[1].word].u;
	if (UNLIKELY(high > (&RB)[1].u || low > high))
		TAIL(slicing_fault);
	set_pair(&RA, RB.u + (low == high ? 0 : low), high - low);
	NEXT(2);
}
FRAMED(SLICE_STR_FROM) {
	uint64_t low = RC.u, length = (&RB)[1].u;
	if (UNLIKELY(low > length))
		TAIL(slicing_fault);
	set_pair(&RA, RB.u + (low == length ? 0 : low), length - low);
	NEXT(1);
}
BODY(SLICE_STR_TO) {
	uint64_t high = RC.u;
	if (UNLIKELY(high > (&RB)[1].u))
		TAIL(slicing_fault);
	set_pair(&RA, RB.u, high);
	NEXT(1);
}
static NOINLINE void decode_next(const Insn *pc, Slot *fp) {
	int32_t rune;
	Slot *position = &fp[pc->a];
	const Slot *text = &fp[pc->b];
	uint64_t at = position[0].u;
	int width = utf8_decode((const char *)text[0].p + at, text[1].u - at, &rune);
	position[0].u = at + (uint64_t)width;
	position[1].u = at;
	if (pc->c != NO_SLOT)
		fp[pc->c].i = rune;
}
OUT_OF_LINE(str_next_slow) {
	decode_next(pc, fp);
	NEXT(2);
}
FRAMED(STR_NEXT) {
	Slot *position = ADDRESS(RA);
	uint64_t at = position[0].u;
	if (UNLIKELY(at >= (&RB)[1].u))
		NEXT(2 + pc[1].imm);
	uint8_t byte = ((const uint8_t *)RB.p)[at];
	if (byte >= 0x80)
		TAIL(str_next_slow);
	position[1].u = at;
	position[0].u = at + 1;
	if (C != NO_SLOT)
		RC.u = byte;
	NEXT(2);
}

/* ---- slices ---- */
COMPUTE(SLICE_LEN, u, (uint32_t)(&RB)[1].u)
COMPUTE(SLICE_CAP, u, (&RB)[1].u >> 32)
CALLING(MAKE_SLICE) {
	const TypeDesc *elem = ((const TypeDesc *)pc[1].ptr)->elem;
	int64_t cap = RC.i;
	if (cap > 0 && cap <= MAX_SLICE_LEN)
		CHARGE_LARGE((uint64_t)cap * elem->size * 8);
	NEXT_OR_FAULT(slice_make(g, elem, RB.i, cap, (GoSlice *)(void *)&RA), 2);
}
/* The elements are in slot layout, one behind the other. */
static NOINLINE PanicCode slice_literal(Goroutine *g, const Insn *pc, Slot *fp) {
	const TypeDesc *elem = ((const TypeDesc *)pc[1].ptr)->elem;
	GoSlice s;
	PanicCode code = slice_make(g, elem, pc->c, pc->c, &s);
	if (code != PANIC_NONE)
		return code;
	for (uint32_t i = 0; i < s.len; i++)
		value_store(elem, (char *)s.ptr + (size_t)i * elem->size, &fp[pc->b + i * elem->slots]);
	store_slice(&fp[pc->a], s);
	return PANIC_NONE;
}
CALLING(SLICE_LIT) { NEXT_OR_FAULT(slice_literal(g, pc, fp), 2); }
#define INDEX(name, type, member)                                                                                      \
	BODY(name) {                                                                                                   \
		const Slot *slice = ADDRESS(RB);                                                                       \
		uint64_t index = RC.u;                                                                                 \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL(index_fault);                                                                             \
		RA.member = __atomic_load_n((const type *)slice->p + index, __ATOMIC_RELAXED);                         \
		NEXT(1);                                                                                               \
	}
INDEX(INDEX_I8, int8_t, i)
INDEX(INDEX_U8, uint8_t, u)
INDEX(INDEX_I16, int16_t, i)
INDEX(INDEX_U16, uint16_t, u)
INDEX(INDEX_I32, int32_t, i)
INDEX(INDEX_U32, uint32_t, u)
INDEX(INDEX_64, uint64_t, u)
BODY(INDEX_128) {
	const Slot *slice = ADDRESS(RB);
	uint64_t index = RC.u;
	if (UNLIKELY(index >= (uint32_t)slice[1].u))
		TAIL(index_fault);
	copy_pair(&RA, (const char *)slice->p + index * 16);
	NEXT(1);
}
OUT_OF_LINE(index_n_slow) {
	load_aggregate(&RA, (const char *)RB.p + RC.u * pc[1].word, pc[1].word);
	CHARGE_LARGE(pc[1].word);
	NEXT(2);
}
FRAMED(INDEX_N) {
	uint64_t index = RC.u, size = pc[1].word;
	if (UNLIKELY(index >= (uint32_t)(&RB)[1].u))
		TAIL(index_fault);
	if (size - 1 > 63 || size % 16 != 0) /* nothing at all, too */
		TAIL(index_n_slow);
	const char *from = (const char *)RB.p + index * size;
	Slot *to = &RA;
	if (UNLIKELY(((uintptr_t)from | (uintptr_t)to) & 15))
		TAIL(index_n_slow);
	do { /* whole pairs */
		copy_pair(to, from);
		to += 2;
		from += 16;
	} while (size -= 16);
	NEXT(2);
}
RARE(indexes_fault) { /* without insn: its register was needed */
	SAVE();
	insn = pc->word;
	if (RC.u >= (uint32_t)(&RB)[1].u)
		GO_ON(raise_index(g, RC.i, (uint32_t)(&RB)[1].u));
	const uint16_t *at = (const uint16_t *)&pc[1];
	GO_ON(raise_index(g, fp[at[1]].i, (uint32_t)fp[at[0] + 1].u));
}
BODY(INDEXES_64) {
	const Slot *slice = ADDRESS(RB);
	uint64_t index = RC.u;
	if (UNLIKELY(index >= (uint32_t)slice[1].u))
		TAIL_ARG(indexes_fault, 0);
	uint64_t value = load_word((const uint64_t *)slice->p + index);
	slice = ADDRESS(fp[((const uint16_t *)&pc[1])[0]]);
	index = fp[((const uint16_t *)&pc[1])[1]].u;
	if (UNLIKELY(index >= (uint32_t)slice[1].u))
		TAIL_ARG(indexes_fault, 0);
	fp[pc->a].u = value;
	fp[pc->a + 1].u = load_word((const uint64_t *)slice->p + index);
	NEXT(2);
}
BODY(INDEX_ADDR) {
	uint64_t index = RC.u;
	if (UNLIKELY(index >= (uint32_t)(&RB)[1].u))
		TAIL(index_fault);
	RA.u = RB.u + index * pc[1].word;
	NEXT(2);
}
#define SETINDEX(name, type)                                                                                           \
	BODY(name) {                                                                                                   \
		const Slot *slice = ADDRESS(RA);                                                                       \
		uint64_t index = RB.u;                                                                                 \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL(setindex_fault);                                                                          \
		__atomic_store_n((type *)RA.p + index, (type)RC.u, __ATOMIC_RELAXED);                                  \
		NEXT(1);                                                                                               \
	}
SETINDEX(SETINDEX_8, uint8_t)
SETINDEX(SETINDEX_16, uint16_t)
SETINDEX(SETINDEX_32, uint32_t)
SETINDEX(SETINDEX_64, uint64_t)
#define DOT(name, member, product)                                                                                     \
	BODY(name) {                                                                                                   \
		const Slot *slice = ADDRESS(RB);                                                                       \
		uint64_t index = RC.u;                                                                                 \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL_ARG(indexes_fault, 0);                                                                    \
		Slot x = {.u = load_word((const uint64_t *)slice->p + index)};                                         \
		slice = ADDRESS(fp[((const uint16_t *)&pc[1])[0]]);                                                    \
		index = fp[((const uint16_t *)&pc[1])[1]].u;                                                           \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL_ARG(indexes_fault, 0);                                                                    \
		Slot y = {.u = load_word((const uint64_t *)slice->p + index)};                                         \
		product;                                                                                               \
		fp[pc->a].member += x.member;                                                                          \
		NEXT(2);                                                                                               \
	}
DOT(DOT_I64, u, x.u *= y.u)
DOT(DOT_F64, f, x.f *= y.f)
RARE(field_slice_fault) {
	SAVE();
	PairBits slice = load_pair((const char *)fp[pc->b].p + pc[1].word);
	GO_ON(raise_index(g, fp[pc->c].i, (uint32_t)PAIR_HIGH(slice)));
}
BODY(FIELD_INDEX_64) {
	const char *base_ = RB.p;
	if (UNLIKELY(!base_))
		TAIL(nil_fault);
	PairBits slice = load_pair(base_ + pc[1].word);
	uint64_t index = RC.u;
	if (UNLIKELY(index >= (uint32_t)PAIR_HIGH(slice)))
		TAIL(field_slice_fault);
	RA.u = load_word((const uint64_t *)(uintptr_t)PAIR_LOW(slice) + index);
	NEXT(2);
}
#define SETINDEX_IMMEDIATE(name, type)                                                                                 \
	BODY(name) {                                                                                                   \
		const Slot *slice = ADDRESS(RA);                                                                       \
		uint64_t index = RB.u;                                                                                 \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL(setindex_fault);                                                                          \
		__atomic_store_n((type *)RA.p + index, (type)SC, __ATOMIC_RELAXED);                                    \
		NEXT(1);                                                                                               \
	}
SETINDEX_IMMEDIATE(SETINDEXI_8, uint8_t)
SETINDEX_IMMEDIATE(SETINDEXI_64, uint64_t)
#define UPDATE_INDEX(name, member, value)                                                                              \
	BODY(name) {                                                                                                   \
		const Slot *slice = ADDRESS(RA);                                                                       \
		uint64_t index = RB.u;                                                                                 \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL(setindex_fault);                                                                          \
		Slot *at = (Slot *)slice->p + index;                                                                   \
		Slot old = {.u = load_word(at)}, new;                                                                  \
		new.member = old.member value;                                                                         \
		store_word(at, new.u);                                                                                 \
		NEXT(1);                                                                                               \
	}
UPDATE_INDEX(XADD_I64, u, +RC.u)
UPDATE_INDEX(XSUB_I64, u, -RC.u)
UPDATE_INDEX(XADDI, u, +(uint64_t)SC)
UPDATE_INDEX(XADD_F64, f, +RC.f)
UPDATE_INDEX(XSUB_F64, f, -RC.f)
BODY(SETINDEX_P) {
	const Slot *slice = ADDRESS(RA);
	uint64_t index = RB.u;
	if (UNLIKELY(index >= (uint32_t)slice[1].u))
		TAIL(setindex_fault);
	store_pointer((char *)slice->p + index * 8, RC.p);
	NEXT(1);
}
#define SETINDEX_PAIR(name)                                                                                            \
	BODY(name) {                                                                                                   \
		const Slot *slice = ADDRESS(RA);                                                                       \
		uint64_t index = RB.u;                                                                                 \
		if (UNLIKELY(index >= (uint32_t)slice[1].u))                                                           \
			TAIL(setindex_fault);                                                                          \
		copy_pair((char *)slice->p + index * 16, &RC);                                                         \
		NEXT(1);                                                                                               \
	}
SETINDEX_PAIR(SETINDEX_128)
SETINDEX_PAIR(SETINDEX_128P)
CALLING(SETINDEX_N) {
	uint64_t index = RB.u;
	const TypeDesc *elem = pc[1].ptr;
	if (UNLIKELY(index >= (uint32_t)(&RA)[1].u))
		TAIL(setindex_fault);
	value_copy(elem, (char *)RA.p + index * elem->size, &RC);
	CHARGE_LARGE(elem->size);
	NEXT(2);
}

/* A slice of slices and two indices, the second in the slot named by word 1. */
RARE(index2_fault) {
	SAVE();
	uint64_t outer = RC.u, length = (uint32_t)(&RB)[1].u;
	if (outer >= length)
		GO_ON(raise_index(g, (int64_t)outer, (int64_t)length));
	const Slot *inner = (const Slot *)RB.p + outer * 2;
	GO_ON(raise_index(g, fp[(uint16_t)pc[1].word].i, (uint32_t)inner[1].u));
}
RARE(setindex2_fault) {
	SAVE();
	uint64_t outer = RB.u, length = (uint32_t)(&RA)[1].u;
	if (outer >= length)
		GO_ON(raise_index(g, (int64_t)outer, (int64_t)length));
	const Slot *inner = (const Slot *)RA.p + outer * 2;
	GO_ON(raise_index(g, fp[(uint16_t)pc[1].word].i, (uint32_t)inner[1].u));
}
/* Sets `at` to the element's address. The inner slice is read once, pointer and length together; the second index is read
 * late, when registers are free again. */
#define ELEMENT2(slice, outer, type, fault)                                                                            \
	const Slot *slice_ = ADDRESS(slice);                                                                           \
	uint64_t outer_ = (outer).u;                                                                                   \
	if (UNLIKELY(outer_ >= (uint32_t)slice_[1].u))                                                                 \
		TAIL(fault);                                                                                           \
	PairBits inner_ = load_pair((const char *)slice_->p + outer_ * 16);                                            \
	uint64_t index_ = fp[(uint16_t)pc[1].word].u;                                                                  \
	if (UNLIKELY(index_ >= (uint32_t)PAIR_HIGH(inner_)))                                                           \
		TAIL(fault);                                                                                           \
	type *at = (type *)(uintptr_t)PAIR_LOW(inner_) + index_
#define INDEX2(name, type)                                                                                             \
	BODY(name) {                                                                                                   \
		ELEMENT2(RB, RC, const type, index2_fault);                                                            \
		RA.u = __atomic_load_n(at, __ATOMIC_RELAXED);                                                          \
		NEXT(2);                                                                                               \
	}
INDEX2(INDEX2_U8, uint8_t)
INDEX2(INDEX2_64, uint64_t)
#define SETINDEX2(name, type)                                                                                          \
	BODY(name) {                                                                                                   \
		ELEMENT2(RA, RB, type, setindex2_fault);                                                               \
		__atomic_store_n(at, (type)RC.u, __ATOMIC_RELAXED);                                                    \
		NEXT(2);                                                                                               \
	}
SETINDEX2(SETINDEX2_8, uint8_t)
SETINDEX2(SETINDEX2_64, uint64_t)

/* ---- arrays behind pointers ---- */
BODY(ARRAY_ADDR) {
	if (UNLIKELY(!RB.p))
		TAIL(nil_fault);
	if (UNLIKELY(RC.u >= ((const uint32_t *)&pc[1])[1])) /* the high half */
		TAIL(array_addr_fault);
	RA.u = RB.u + RC.u * ((const uint32_t *)&pc[1])[0];
	NEXT(2);
}
#define ARRAY_INDEX(name, type)                                                                                        \
	BODY(name) {                                                                                                   \
		uint64_t index = RC.u;                                                                                 \
		if (UNLIKELY(!RB.p))                                                                                   \
			TAIL(nil_fault);                                                                               \
		if (UNLIKELY(index >= pc[1].word))                                                                     \
			TAIL(array_index_fault);                                                                       \
		RA.u = __atomic_load_n((const type *)RB.p + index, __ATOMIC_RELAXED);                                  \
		NEXT(2);                                                                                               \
	}
ARRAY_INDEX(ARRAY_INDEX_U8, uint8_t)
ARRAY_INDEX(ARRAY_INDEX_64, uint64_t)
#define ARRAY_SETINDEX(name, type)                                                                                     \
	BODY(name) {                                                                                                   \
		uint64_t index = RB.u;                                                                                 \
		if (UNLIKELY(!RA.p))                                                                                   \
			TAIL(nil_fault);                                                                               \
		if (UNLIKELY(index >= pc[1].word))                                                                     \
			TAIL(array_setindex_fault);                                                                    \
		__atomic_store_n((type *)RA.p + index, (type)RC.u, __ATOMIC_RELAXED);                                  \
		NEXT(2);                                                                                               \
	}
ARRAY_SETINDEX(ARRAY_SETINDEX_8, uint8_t)
ARRAY_SETINDEX(ARRAY_SETINDEX_64, uint64_t)
BODY(BOUNDS_CHECK) {
	if (UNLIKELY(RA.u >= (uint64_t)BC))
		TAIL(bounds_fault);
	NEXT(1);
}
RARE(array_from_slice_fault) {
	SAVE();
	GO_ON(raise_slice_convert(g, (uint32_t)(&RB)[1].u, pc[1].imm));
}
BODY(ARRAY_FROM_SLICE) {
	if (UNLIKELY((uint32_t)(&RB)[1].u < pc[1].word))
		TAIL(array_from_slice_fault);
	RA.u = RB.u;
	NEXT(3);
}

CALLING(UNSAFE_VIEW) {
	CHARGE(1);
	PanicCode code = unsafe_view(g->vm, RB.p, RC.i, pc[1].ptr, (UnsafeView)pc[2].word);
	if (LIKELY(code == PANIC_NONE))
		RA.p = RC.i > 0 ? RB.p : NULL;
	NEXT_OR_FAULT(code, 3);
}

/* ---- reslicing ---- */
RARE(slice_full_fault) {
	SAVE();
	uint64_t word = (&RB)[1].u;
	GO_ON(raise_slice(g, &RC, SLICE_HAS_HIGH | SLICE_HAS_MAX, (uint32_t)word, (int64_t)(word >> 32), "capacity"));
}
RARE(slice_array_fault) {
	SAVE();
	int64_t length = pc[2].imm;
	GO_ON(raise_slice(g, &RC, (uint32_t)(pc[1].word >> 32), length, length, "length"));
}
/* base is the address of element 0; nothing left keeps it, so that no pointer lies behind its object. */
FRAMED(SLICE_SLICE) {
	uint64_t low = RC.u, high = fp[(uint16_t)pc[1].word].u, capacity = (&RB)[1].u >> 32;
	if (UNLIKELY(high > capacity || low > high))
		TAIL(slicing_fault);
	set_pair(&RA, RB.u + (capacity == low ? 0 : low * (pc[1].word >> 32)), (high - low) | (capacity - low) << 32);
	NEXT(2);
}
FRAMED(SLICE_FROM) {
	uint64_t low = RC.u, length = (uint32_t)(&RB)[1].u, capacity = (&RB)[1].u >> 32;
	if (UNLIKELY(low > length))
		TAIL(slicing_fault);
	set_pair(&RA, RB.u + (capacity == low ? 0 : low * pc[1].word), (length - low) | (capacity - low) << 32);
	NEXT(2);
}
FRAMED(SLICE_TO) {
	uint64_t high = RC.u, capacity = (&RB)[1].u >> 32;
	if (UNLIKELY(high > capacity))
		TAIL(slicing_fault);
	set_pair(&RA, RB.u, high | capacity << 32);
	NEXT(1);
}
#define RESLICE(base, length, capacity, flags_given, fault, words)                                                     \
	do {                                                                                                           \
		uint32_t size = (uint32_t)pc[1].word, flags = (flags_given);                                           \
		uint64_t low = RC.u, limit = (capacity);                                                               \
		uint64_t high = flags & SLICE_HAS_HIGH ? (&RC)[1].u : (length);                                          \
		uint64_t max = flags & SLICE_HAS_MAX ? (&RC)[2].u : limit;                                             \
		if (UNLIKELY(max > limit || high > max || low > high))                                                 \
			TAIL(fault);                                                                                   \
		uint64_t start = (base) + (max == low ? 0 : low * size);                                               \
		set_pair(&RA, start, (high - low) | (max - low) << 32);                                                \
		NEXT(words);                                                                                           \
	} while (0)
FRAMED(SLICE_FULL) { RESLICE(RB.u, 0, (&RB)[1].u >> 32, SLICE_HAS_HIGH | SLICE_HAS_MAX, slice_full_fault, 2); }
FRAMED(SLICE_ARRAY) {
	if (UNLIKELY(!RB.p))
		TAIL(nil_fault);
	RESLICE(RB.u, pc[2].word, pc[2].word, (uint32_t)(pc[1].word >> 32), slice_array_fault, 3);
}

/* ---- append, copy, clear ---- */
static NOINLINE PanicCode append_one(Goroutine *g, const Insn *pc, Slot *fp) {
	const TypeDesc *elem = ((const TypeDesc *)pc[1].ptr)->elem;
	GoSlice s = slice_at(&fp[pc->b]);
	PanicCode code = PANIC_NONE;
	if (s.len == s.cap)
		code = slice_grow(g, elem, slice_at(&fp[pc->b]), 1, &s);
	if (code != PANIC_NONE)
		return code;
	value_store(elem, (char *)s.ptr + (size_t)s.len * elem->size, &fp[pc->c]);
	set_pair(&fp[pc->a], (uint64_t)(uintptr_t)s.ptr, (s.len + 1u) | (uint64_t)s.cap << 32);
	return PANIC_NONE;
}
OUT_OF_LINE(append_grow) {
	uint64_t bounds = (&RB)[1].u;
	if ((uint32_t)bounds == bounds >> 32)
		CHARGE((bounds >> 32) * 8);
	NEXT_OR_FAULT(append_one(g, pc, fp), 2);
}
#define APPEND_FAST(statement)                                                                                         \
	do {                                                                                                           \
		const Slot *slice = ADDRESS(RB);                                                                       \
		uint64_t length = ((const uint32_t *)(const void *)&slice[1])[0];                                      \
		if (UNLIKELY(length == ((const uint32_t *)(const void *)&slice[1])[1])) /* the capacity */             \
			TAIL(append_grow);                                                                             \
		statement;                                                                                             \
		set_pair(&RA, slice[0].u, slice[1].u + 1);                                                             \
		NEXT(2);                                                                                               \
	} while (0)
#define APPEND(name, type)                                                                                             \
	FRAMED(name) { APPEND_FAST(__atomic_store_n((type *)slice->p + length, (type)RC.u, __ATOMIC_RELAXED)); }
APPEND(APPEND_8, uint8_t)
APPEND(APPEND_16, uint16_t)
APPEND(APPEND_32, uint32_t)
APPEND(APPEND_64, uint64_t)
FRAMED(APPEND_128) { APPEND_FAST(copy_pair((char *)slice->p + length * 16, &RC)); }
BODY(APPEND_N) { TAIL(append_grow); }
CALLING(APPEND_SLICE) {
	const TypeDesc *elem = ((const TypeDesc *)pc[1].ptr)->elem;
	CHARGE((uint64_t)(uint32_t)(&RC)[1].u * elem->size);
	NEXT_OR_FAULT(slice_append(g, elem, slice_at(&RB), slice_at(&RC), (GoSlice *)(void *)&RA), 2);
}
static NOINLINE PanicCode append_literal(Goroutine *g, const Insn *pc, Slot *fp) {
	const TypeDesc *elem = ((const TypeDesc *)pc[1].ptr)->elem;
	uint32_t count = (uint32_t)pc[2].word;
	GoSlice s = slice_at(&fp[pc->b]);
	if (s.cap - s.len < count) {
		PanicCode code = slice_grow(g, elem, slice_at(&fp[pc->b]), count, &s);
		if (code != PANIC_NONE)
			return code;
	}
	for (uint32_t i = 0; i < count; i++)
		value_store(elem, (char *)s.ptr + (size_t)(s.len + i) * elem->size, &fp[pc->c + i * elem->slots]);
	set_pair(&fp[pc->a], (uint64_t)(uintptr_t)s.ptr, (uint64_t)(s.len + count) | (uint64_t)s.cap << 32);
	return PANIC_NONE;
}
CALLING(APPEND_LIT) { NEXT_OR_FAULT(append_literal(g, pc, fp), 3); }
CALLING(APPEND_STR) {
	CHARGE((&RC)[1].u);
	NEXT_OR_FAULT(slice_append_string(g, slice_at(&RB), string_at(&RC), (GoSlice *)(void *)&RA), 2);
}
CALLING(COPY_SLICE) {
	const TypeDesc *elem = pc[1].ptr;
	int64_t count = slice_copy(g, elem, slice_at(&RB), slice_at(&RC));
	CHARGE((uint64_t)count * elem->size);
	if (A != NO_SLOT)
		RA.i = count;
	NEXT(2);
}
CALLING(COPY_STR) {
	uint64_t count = (uint32_t)(&RB)[1].u;
	if (count > (&RC)[1].u)
		count = (&RC)[1].u;
	if (count)
		memmove(RB.p, RC.p, count);
	CHARGE(count);
	if (A != NO_SLOT)
		RA.u = count;
	NEXT(1);
}
CALLING(CLEAR_SLICE) {
	const TypeDesc *elem = pc[1].ptr;
	GoSlice s = slice_at(&RA);
	bulk_zero_values(g, elem, s.ptr, s.len);
	CHARGE((uint64_t)s.len * elem->size);
	NEXT(2);
}
