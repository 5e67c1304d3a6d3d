/* SPDX-License-Identifier: MIT */
/* exec_data.h: bodies of memory accesses, globals, allocation, interfaces and maps. Included by exec.c only. */

/* ---- memory behind pointers ---- */
#define LOAD(name, type, member)                                                                                       \
	BODY(name) {                                                                                                   \
		const char *base_ = RB.p;                                                                              \
		if (UNLIKELY(!base_))                                                                                  \
			TAIL(nil_fault);                                                                               \
		RA.member = __atomic_load_n((const type *)(const void *)(base_ + C), __ATOMIC_RELAXED);                \
		NEXT(1);                                                                                               \
	}
LOAD(LOAD_I8, int8_t, i)
LOAD(LOAD_U8, uint8_t, u)
LOAD(LOAD_I16, int16_t, i)
LOAD(LOAD_U16, uint16_t, u)
LOAD(LOAD_I32, int32_t, i)
LOAD(LOAD_U32, uint32_t, u)
LOAD(LOAD_64, uint64_t, u)

#define STORE(name, type)                                                                                              \
	BODY(name) {                                                                                                   \
		char *base_ = RA.p;                                                                                    \
		if (UNLIKELY(!base_))                                                                                  \
			TAIL(nil_fault);                                                                               \
		__atomic_store_n((type *)(void *)(base_ + C), (type)RB.u, __ATOMIC_RELAXED);                           \
		NEXT(1);                                                                                               \
	}
STORE(STORE_8, uint8_t)
STORE(STORE_16, uint16_t)
STORE(STORE_32, uint32_t)
STORE(STORE_64, uint64_t)

BODY(STORE_P) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	store_pointer((char *)RA.p + C, RB.p);
	NEXT(1);
}
BODY(LOAD_128) {
	if (UNLIKELY(!RB.p))
		TAIL(nil_fault);
	copy_pair(&RA, (const char *)RB.p + C);
	NEXT(1);
}
BODY(STORE_128) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	copy_pair((char *)RA.p + C, &RB);
	NEXT(1);
}
BODY(STORE_128P) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	copy_pair((char *)RA.p + C, &RB);
	NEXT(1);
}

/* ---- two loads, stores of constants, updates in place ---- */
BODY(LOAD2_64) {
	const char *first = RB.p, *second = RC.p;
	if (UNLIKELY(!first || !second))
		TAIL(nil_fault);
	RA.u = load_word(first + ((const uint16_t *)&pc[1])[0]);
	(&RA)[1].u = load_word(second + ((const uint16_t *)&pc[1])[1]);
	NEXT(2);
}
BODY(STOREI_64) {
	char *base_ = RA.p;
	if (UNLIKELY(!base_))
		TAIL(nil_fault);
	store_word(base_ + C, (uint64_t)SB);
	NEXT(1);
}
/* A racing reader sees the old value or the new one: one load, one store. */
#define UPDATE(name, member, value)                                                                                    \
	BODY(name) {                                                                                                   \
		char *base_ = RA.p;                                                                                    \
		if (UNLIKELY(!base_))                                                                                  \
			TAIL(nil_fault);                                                                               \
		Slot old = {.u = load_word(base_ + C)}, new;                                                           \
		new.member = old.member value;                                                                         \
		store_word(base_ + C, new.u);                                                                          \
		NEXT(1);                                                                                               \
	}
UPDATE(MADD_I64, u, +RB.u)
UPDATE(MSUB_I64, u, -RB.u)
UPDATE(MADDI, u, +(uint64_t)SB)
UPDATE(MADD_F64, f, +RB.f)
UPDATE(MSUB_F64, f, -RB.f)
#define UPDATE_PRODUCT(name, sign)                                                                                     \
	BODY(name) {                                                                                                   \
		char *base_ = RA.p;                                                                                    \
		if (UNLIKELY(!base_))                                                                                  \
			TAIL(nil_fault);                                                                               \
		double product = RB.f * RC.f;                                                                          \
		Slot value = {.u = load_word(base_ + pc[1].word)};                                                     \
		value.f = value.f sign product;                                                                        \
		store_word(base_ + pc[1].word, value.u);                                                               \
		NEXT(2);                                                                                               \
	}
UPDATE_PRODUCT(MADDMUL_F64, +)
UPDATE_PRODUCT(MSUBMUL_F64, -)

/* An aggregate from memory into a frame, pairs and words whole; the last bytes one by one, for the next object begins
 * behind them. */
static NOINLINE void load_aggregate(Slot *to, const char *from, size_t size) {
	size_t at = 0;
	if ((((uintptr_t)to | (uintptr_t)from) & 15) == 0)
		for (; at + 16 <= size; at += 16)
			copy_pair((char *)to + at, from + at);
	if (((uintptr_t)from & 7) == 0)
		for (; at + 8 <= size; at += 8)
			((uint64_t *)to)[at / 8] = load_word(from + at);
	if (at < size) {
		to[(size - 1) / 8].u = 0; /* what lies behind the size within the last slot */
		memcpy((char *)to + at, from + at, size - at);
	}
}
CALLING(LOAD_N) {
	if (UNLIKELY(!RB.p))
		TAIL(nil_fault);
	load_aggregate(&RA, (const char *)RB.p + C, pc[1].word);
	CHARGE_LARGE(pc[1].word);
	NEXT(2);
}
CALLING(LOADCONST) {
	load_aggregate(&RA, pc[2].ptr, ((const TypeDesc *)pc[1].ptr)->size);
	NEXT(3);
}
CALLING(COPY_CONST) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	value_copy(pc[1].ptr, RA.p, pc[2].ptr);
	CHARGE(((const TypeDesc *)pc[1].ptr)->size);
	NEXT(3);
}
CALLING(STORE_N) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	value_copy(pc[1].ptr, (char *)RA.p + C, &RB);
	CHARGE_LARGE(((const TypeDesc *)pc[1].ptr)->size);
	NEXT(2);
}
enum { LARGE_COPY = 256 << 10 }; /* looks at the limits on its way */
CALLING(COPY_MEM) {
	if (UNLIKELY(!RA.p || !RB.p))
		TAIL(nil_fault);
	if (LIKELY(((const TypeDesc *)pc[1].ptr)->size <= LARGE_COPY))
		value_copy(pc[1].ptr, RA.p, RB.p);
	else
		bulk_copy_values(g, pc[1].ptr, RA.p, RB.p, 1);
	CHARGE(((const TypeDesc *)pc[1].ptr)->size);
	NEXT(2);
}
CALLING(ZERO_MEM) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	if (LIKELY(((const TypeDesc *)pc[1].ptr)->size <= LARGE_COPY))
		value_zero(pc[1].ptr, (char *)RA.p + C);
	else
		bulk_zero_values(g, pc[1].ptr, (char *)RA.p + C, 1);
	CHARGE(((const TypeDesc *)pc[1].ptr)->size);
	NEXT(2);
}
BODY(NIL_CHECK) {
	if (UNLIKELY(!RA.p))
		TAIL(nil_fault);
	NEXT(1);
}
BODY(LEA) {
	if (UNLIKELY(!RB.p))
		TAIL(nil_fault);
	RA.u = RB.u + C;
	NEXT(1);
}
BODY(LEA_K) {
	if (UNLIKELY(!RB.p))
		TAIL(nil_fault);
	RA.u = RB.u + pc[1].word;
	NEXT(2);
}

/* ---- narrow fields of aggregates in the frame ---- */
#define FIELD_LOAD(name, type, member)                                                                                 \
	BODY(name) {                                                                                                   \
		RA.member = *(const type *)(const void *)((const char *)&RB + C);                                      \
		NEXT(1);                                                                                               \
	}
FIELD_LOAD(FLOAD_I8, int8_t, i)
FIELD_LOAD(FLOAD_U8, uint8_t, u)
FIELD_LOAD(FLOAD_I16, int16_t, i)
FIELD_LOAD(FLOAD_U16, uint16_t, u)
FIELD_LOAD(FLOAD_I32, int32_t, i)
FIELD_LOAD(FLOAD_U32, uint32_t, u)
RARE(field_index_fault) {
	SAVE();
	GO_ON(raise_index(g, RC.i, pc[1].imm));
}
RARE(field_setindex_fault) {
	SAVE();
	GO_ON(raise_index(g, RB.i, pc[1].imm));
}
BODY(FINDEX_U8) {
	uint64_t index = RC.u;
	if (UNLIKELY(index >= pc[1].word))
		TAIL(field_index_fault);
	RA.u = ((const uint8_t *)&RB)[index];
	NEXT(2);
}
BODY(FINDEX_64) {
	uint64_t index = RC.u;
	if (UNLIKELY(index >= pc[1].word))
		TAIL(field_index_fault);
	RA.u = (&RB)[index].u;
	NEXT(2);
}
BODY(FSETINDEX_8) {
	uint64_t index = RB.u;
	if (UNLIKELY(index >= pc[1].word))
		TAIL(field_setindex_fault);
	((uint8_t *)&RA)[index] = (uint8_t)RC.u;
	NEXT(2);
}
BODY(FSETINDEX_64) {
	uint64_t index = RB.u;
	if (UNLIKELY(index >= pc[1].word))
		TAIL(field_setindex_fault);
	(&RA)[index].u = RC.u;
	NEXT(2);
}
#define FIELD_STORE(name, type)                                                                                        \
	BODY(name) {                                                                                                   \
		*(type *)(void *)((char *)&RA + C) = (type)RB.u;                                                       \
		NEXT(1);                                                                                               \
	}
FIELD_STORE(FSTORE_8, uint8_t)
FIELD_STORE(FSTORE_16, uint16_t)
FIELD_STORE(FSTORE_32, uint32_t)

/* ---- globals ---- */
BODY(GADDR) {
	RA.p = g->globals + (uint32_t)BC;
	NEXT(1);
}
BODY(LOADG_64) {
	RA.u = load_word(g->globals + (uint32_t)BC);
	NEXT(1);
}
#define LOAD_GLOBAL(name, type, member)                                                                                \
	BODY(name) {                                                                                                   \
		RA.member = __atomic_load_n((const type *)(void *)(g->globals + (uint32_t)BC), __ATOMIC_RELAXED);      \
		NEXT(1);                                                                                               \
	}
LOAD_GLOBAL(LOADG_I8, int8_t, i)
LOAD_GLOBAL(LOADG_U8, uint8_t, u)
LOAD_GLOBAL(LOADG_I16, int16_t, i)
LOAD_GLOBAL(LOADG_U16, uint16_t, u)
LOAD_GLOBAL(LOADG_I32, int32_t, i)
LOAD_GLOBAL(LOADG_U32, uint32_t, u)
#define STORE_GLOBAL(name, type)                                                                                       \
	BODY(name) {                                                                                                   \
		__atomic_store_n((type *)(void *)(g->globals + (uint32_t)BC), (type)RA.u, __ATOMIC_RELAXED);           \
		NEXT(1);                                                                                               \
	}
STORE_GLOBAL(STOREG_8, uint8_t)
STORE_GLOBAL(STOREG_16, uint16_t)
STORE_GLOBAL(STOREG_32, uint32_t)
BODY(LOADG_128) {
	copy_pair(&RA, g->globals + (uint32_t)BC);
	NEXT(1);
}
BODY(STOREG_64) {
	store_word(g->globals + (uint32_t)BC, RA.u);
	NEXT(1);
}
BODY(STOREG_P) {
	store_pointer(g->globals + (uint32_t)BC, RA.p);
	NEXT(1);
}
BODY(STOREG_128P) {
	copy_pair(g->globals + (uint32_t)BC, &RA);
	NEXT(1);
}

/* ---- allocation ---- */
OUT_OF_LINE(new_slow) {
	void *object = heap_new(g, pc[1].ptr);
	if (UNLIKELY(!object))
		TAIL(memory_fault);
	RA.p = object;
	NEXT_ALLOCATED(2);
}
/* Only refilling the worker's run can ask for a collection: the fast path need not look. */
#define ALLOCATE()                                                                                                     \
	do {                                                                                                           \
		void *object = heap_new_fast(g->worker->alloc, pc[1].ptr);                                             \
		if (UNLIKELY(!object))                                                                                 \
			TAIL(new_slow);                                                                                \
		RA.p = object;                                                                                         \
		NEXT(2);                                                                                               \
	} while (0)
FRAMED(NEW) { ALLOCATE(); }
FRAMED(NEW_BOX) { ALLOCATE(); }
CALLING(RELEASE) {
	heap_take_back(g->worker, RA.p);
	NEXT(1);
}
#ifdef GOL_RELEASE_STRESS
#define RELEASED(layout) heap_take_back(g->worker, RA.p)
#else
#define RELEASED(layout) heap_take_back_fast(g->worker->alloc, layout, C, RA.p)
#endif
FRAMED(RELEASE_SMALL) {
	RELEASED(B);
	NEXT(1);
}
FRAMED(RELEASE_DATA) {
	RELEASED(LAYOUT_NOSCAN);
	NEXT(1);
}

/* ---- interfaces ---- */
BODY(MKIFACE) {
	set_pair(&RA, pc[1].word, RB.u);
	NEXT(2);
}
CALLING(BOX) { NEXT_OR_FAULT(iface_make(g, pc[1].ptr, &RB, (GoIface *)(void *)&RA), 2); }

/* The contents of an interface of this dynamic type, to slots. */
static ALWAYS_INLINE void unbox(const TypeDesc *type, Slot *to, Slot data) {
	if (type->flags & DESC_DIRECT)
		*to = data;
	else if (type->align == 16 && type->size == 16)
		copy_pair(to, data.p);
	else
		load_aggregate(to, data.p, type->size);
}
static ALWAYS_INLINE void zero_slots(Slot *at, size_t count) {
	if (LIKELY(count == 1))
		at->u = 0;
	else
		memset(at, 0, count * sizeof(Slot));
}
CALLING(UNBOX) {
	unbox(pc[1].ptr, &RA, (&RB)[1]);
	NEXT(2);
}
RARE(assert_fault) {
	SAVE();
	GO_ON(raise_assertion(g, RB.p, pc[1].ptr, pc[2].ptr));
}
CALLING(ASSERT) {
	if (UNLIKELY(RB.p != pc[1].ptr))
		TAIL(assert_fault);
	unbox(pc[1].ptr, &RA, (&RB)[1]);
	NEXT(3);
}
CALLING(ASSERT_OK) {
	const TypeDesc *type = pc[1].ptr;
	bool ok = RB.p == type;
	if (ok)
		unbox(type, &RA, (&RB)[1]);
	else
		zero_slots(&RA, type->slots);
	RC.u = ok;
	NEXT(2);
}
static bool implements(Goroutine *g, const TypeDesc *type, const TypeDesc *iface) {
	return type && !iface_missing_method(g->vm, type, iface);
}
CALLING(ASSERT_IFACE) {
	if (UNLIKELY(!implements(g, RB.p, pc[1].ptr)))
		TAIL(assert_fault);
	copy_pair(&RA, &RB);
	NEXT(3);
}
CALLING(ASSERT_IFACE_OK) {
	bool ok = implements(g, RB.p, pc[1].ptr);
	if (ok)
		copy_pair(&RA, &RB);
	else
		set_pair(&RA, 0, 0);
	RC.u = ok;
	NEXT(2);
}
CALLING(IMPLEMENTS) {
	RA.u = implements(g, RB.p, pc[1].ptr);
	NEXT(2);
}

/* ---- maps: keys and values in slot layout ---- */
/* A value out of a map's table, which racing goroutines may be writing: words and pairs whole. NULL: the zero value. */
static void map_value(const TypeDesc *elem, Slot *to, const Slot *from) {
	if (!from)
		zero_slots(to, elem->slots);
	else if (elem->slots == 1)
		to->u = load_word(from);
	else if (elem->slots)
		value_copy(elem->slot_type, to, from);
}
static NOINLINE PanicCode map_lookup(Goroutine *g, const Insn *pc, Slot *fp, Slot *to, Slot *ok) {
	const TypeDesc *type = pc[1].ptr;
	Slot *value = NULL;
	PanicCode code = map_get(g, type, fp[pc->b].p, &fp[pc->c], &value);
	if (code != PANIC_NONE)
		return code;
	if (to)
		map_value(type->elem, to, value);
	if (ok)
		ok->u = value != NULL;
	return PANIC_NONE;
}
static NOINLINE PanicCode map_address(Goroutine *g, const Insn *pc, Slot *fp) {
	Slot *value = NULL;
	PanicCode code = map_assign(g, pc[1].ptr, fp[pc->b].p, &fp[pc->c], &value);
	if (code == PANIC_NONE)
		fp[pc->a].p = value;
	return code;
}
CALLING(MAKE_MAP) {
	NEXT_OR_FAULT(map_new(g, pc[1].ptr, B == NO_SLOT ? 0 : RB.i, (Map **)&RA.p), 2);
}
CALLING(MAP_GET) { NEXT_CHECKED(map_lookup(g, pc, fp, &RA, NULL), 2); }
CALLING(MAP_GET_OK) {
	Slot *ok = pc[2].word == NO_SLOT ? NULL : &fp[(uint16_t)pc[2].word];
	NEXT_CHECKED(map_lookup(g, pc, fp, A == NO_SLOT ? NULL : &RA, ok), 3);
}
CALLING(MAP_SET) { NEXT_OR_FAULT(map_set(g, pc[1].ptr, RA.p, &RB, &RC), 2); }
CALLING(MAP_ADDR) { NEXT_OR_FAULT(map_address(g, pc, fp), 2); }
CALLING(MAP_DELETE) { NEXT_CHECKED(map_delete(g, pc[1].ptr, RA.p, &RB), 2); }
CALLING(MAP_LEN) {
	RA.i = map_len(RB.p);
	NEXT(1);
}
CALLING(MAP_CLEAR) {
	CHARGE(16 * (uint64_t)map_len(RA.p));
	NEXT_CHECKED(map_clear(g, pc[1].ptr, RA.p), 2);
}
CALLING(MAP_ITER) {
	map_iter_init(g, pc[1].ptr, RB.p, &RA);
	NEXT(2);
}
/* insn of the out-of-line part: a PanicCode, or MAP_ENDED. */
enum { MAP_ENDED = 0x10000 };
static NOINLINE uint32_t map_next(Goroutine *g, const Insn *pc, Slot *fp) {
	bool more = false;
	Slot *key = pc->b == NO_SLOT ? NULL : &fp[pc->b], *value = pc->c == NO_SLOT ? NULL : &fp[pc->c];
	PanicCode code = map_iter_next(g, pc[1].ptr, &fp[pc->a], key, value, &more);
	return code != PANIC_NONE ? (uint32_t)code : more ? 0 : MAP_ENDED;
}
CALLING(MAP_NEXT) {
	uint32_t outcome = map_next(g, pc, fp);
	if (LIKELY(outcome == 0))
		NEXT(3);
	if (outcome == MAP_ENDED)
		NEXT(3 + pc[2].imm);
	TAIL_ARG(code_fault, outcome);
}
