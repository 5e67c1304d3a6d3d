/* SPDX-License-Identifier: MIT */
/* exec_jump.h: bodies of jumps. Each arm of a condition dispatches for itself. Included by exec.c only. */

/* Distances count from the next instruction. */
#define JUMP_IF(condition, words, distance)                                                                            \
	do {                                                                                                           \
		if (condition) {                                                                                       \
			pc += (words) + (distance);                                                                    \
			DISPATCH_APART();                                                                              \
		}                                                                                                      \
		NEXT(words);                                                                                           \
	} while (0)
#define LOOP_IF(condition, words, distance)                                                                            \
	do {                                                                                                           \
		if (condition) {                                                                                       \
			pc += (words) + (distance);                                                                    \
			if (UNLIKELY(--budget <= 0))                                                                   \
				TAIL_ARG(check_slow, 0);                                                                      \
			DISPATCH_APART();                                                                              \
		}                                                                                                      \
		NEXT(words);                                                                                           \
	} while (0)

BODY(JMP) { NEXT(1 + BC); }
BODY(LOOP) {
	pc += 1 + BC;
	if (UNLIKELY(--budget <= 0))
		TAIL_ARG(check_slow, 0);
	DISPATCH();
}
BODY(CHECK) {
	budget -= 1 + (int64_t)A;
	pc += 1;
	if (UNLIKELY(budget <= 0))
		TAIL_ARG(check_slow, 0);
	DISPATCH();
}

/* A condition gives a forward and a backward (checking) form. */
#define CONDITION(suffix, condition, distance)                                                                         \
	BODY(J##suffix) { JUMP_IF(condition, 1, distance); }                                                           \
	BODY(LOOP_##suffix) { LOOP_IF(condition, 1, distance); }
CONDITION(NZ, RA.u != 0, BC)
CONDITION(Z, RA.u == 0, BC)
CONDITION(EQ_I64, RA.u == RB.u, SC)
CONDITION(NE_I64, RA.u != RB.u, SC)
CONDITION(LT_I64, RA.i < RB.i, SC)
CONDITION(LE_I64, RA.i <= RB.i, SC)
CONDITION(LT_U64, RA.u < RB.u, SC)
CONDITION(LE_U64, RA.u <= RB.u, SC)
CONDITION(EQ_I, RA.i == SB, SC)
CONDITION(NE_I, RA.i != SB, SC)
CONDITION(LT_I, RA.i < SB, SC)
CONDITION(LE_I, RA.i <= SB, SC)
CONDITION(GT_I, RA.i > SB, SC)
CONDITION(GE_I, RA.i >= SB, SC)
CONDITION(EQ_F64, RA.f == RB.f, SC)
CONDITION(NE_F64, RA.f != RB.f, SC)
CONDITION(LT_F64, RA.f < RB.f, SC)
CONDITION(LE_F64, RA.f <= RB.f, SC)
CONDITION(NLT_F64, !(RA.f < RB.f), SC)
CONDITION(NLE_F64, !(RA.f <= RB.f), SC)

BODY(ADD_LOOP_LT) {
	int64_t i = RA.i = (int64_t)(RA.u + RB.u);
	LOOP_IF(i < fp[(uint16_t)pc[1].word].i, 2, SC);
}
BODY(ADD_LOOP_LE) {
	int64_t i = RA.i = (int64_t)(RA.u + RB.u);
	LOOP_IF(i <= fp[(uint16_t)pc[1].word].i, 2, SC);
}
BODY(INC_LOOP_LT) {
	int64_t limit = RB.i, next = (int64_t)(RA.u + 1);
	RA.i = next;
	LOOP_IF(next < limit, 1, SC);
}
BODY(INC_LOOP_LE) {
	int64_t limit = RB.i, next = (int64_t)(RA.u + 1);
	RA.i = next;
	LOOP_IF(next <= limit, 1, SC);
}
BODY(DEC_LOOP_GE_I) {
	Slot *counter = ADDRESS(RA);
	counter->u--;
	LOOP_IF(counter->i >= SB, 1, SC);
}
BODY(INC_LOOP_LT_I) {
	Slot *counter = ADDRESS(RA);
	counter->u++;
	LOOP_IF(counter->i < SB, 1, SC);
}

#define LEN_B ((int64_t)(uint32_t)(&RB)[1].u)
BODY(JLT_LEN) { JUMP_IF(RA.i < LEN_B, 1, SC); }
BODY(JGE_LEN) { JUMP_IF(RA.i >= LEN_B, 1, SC); }
BODY(LOOP_LT_LEN) { LOOP_IF(RA.i < LEN_B, 1, SC); }
BODY(INC_LOOP_LT_LEN) {
	int64_t limit = LEN_B, next = (int64_t)(RA.u + 1);
	RA.i = next;
	LOOP_IF(next < limit, 1, SC);
}
/* Ranging over a slice: pair a, its length at a + 2, the index at a + 3. The length was the slice's own: no bounds check. */
BODY(RANGE_INIT) {
	Slot *range = &RA;
	range[2].u = (uint32_t)range[1].u;
	range[3].i = -1;
	NEXT(1 + BC);
}
#define RANGE_NEXT(name, statement)                                                                                    \
	BODY(name) {                                                                                                   \
		Slot *range = ADDRESS(RA);                                                                             \
		int64_t index = range[3].i + 1;                                                                        \
		range[3].i = index;                                                                                    \
		if (index < range[2].i) {                                                                              \
			statement;                                                                                     \
			pc += 1 + SC;                                                                                  \
			if (UNLIKELY(--budget <= 0))                                                                   \
				TAIL_ARG(check_slow, 0);                                                                      \
			DISPATCH_APART();                                                                              \
		}                                                                                                      \
		NEXT(1);                                                                                               \
	}
RANGE_NEXT(RANGE_NEXT_U8, RB.u = __atomic_load_n((const uint8_t *)range->p + index, __ATOMIC_RELAXED))
RANGE_NEXT(RANGE_NEXT_I32, RB.i = __atomic_load_n((const int32_t *)range->p + index, __ATOMIC_RELAXED))
RANGE_NEXT(RANGE_NEXT_64, RB.u = load_word((const uint64_t *)range->p + index))
RANGE_NEXT(RANGE_NEXT_128, copy_pair(&RB, (const char *)range->p + index * 16))

OUT_OF_LINE(jeq_str_bytes) {
	CHARGE((&RA)[1].u);
	JUMP_IF(same_bytes(g, &RA, &RB), 1, SC);
}
OUT_OF_LINE(jne_str_bytes) {
	CHARGE((&RA)[1].u);
	JUMP_IF(!same_bytes(g, &RA, &RB), 1, SC);
}
BODY(JEQ_STR) {
	const Slot *x = ADDRESS(RA), *y = ADDRESS(RB);
	if (x[1].u != y[1].u)
		NEXT(1);
	if (x[0].u != y[0].u)
		TAIL(jeq_str_bytes);
	pc += 1 + SC;
	DISPATCH_APART();
}
BODY(JNE_STR) {
	const Slot *x = ADDRESS(RA), *y = ADDRESS(RB);
	if (x[1].u != y[1].u) {
		pc += 1 + SC;
		DISPATCH_APART();
	}
	if (x[0].u != y[0].u)
		TAIL(jne_str_bytes);
	NEXT(1);
}
BODY(JTYPE_EQ) { JUMP_IF(RA.p == pc[1].ptr, 2, BC); }
BODY(JTYPE_NE) { JUMP_IF(RA.p != pc[1].ptr, 2, BC); }

/* pc[1]: least value; then the distances, two to a word, counted from behind the table. */
BODY(JTABLE) {
	uint64_t index = RA.u - pc[1].word, count = B;
	const Insn *end = pc + 2 + (count + 1) / 2;
	if (LIKELY(index < count)) {
		pc = end + ((const int32_t *)(const void *)(pc + 2))[index];
		DISPATCH_APART();
	}
	pc = end;
	DISPATCH();
}
