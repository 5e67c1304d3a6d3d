/* SPDX-License-Identifier: MIT */
/* test_operands.c: bytecode/operands.c against a table written by hand from opcodes.def: what every instruction with
 * a region or a slot in a word reads and writes; all others must do what the letters of their shape say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bytecode/opcode.h"
#include "bytecode/operands.h"

/* ---- what operand words point to ---- */

static const TypeDesc three = {.slots = 3, .align = 8, .size = 24}, pair = {.slots = 2, .align = 16, .size = 16};
static const TypeDesc threes = {.slots = 2, .align = 16, .elem = &three, .kind = KIND_SLICE};
static const TypeDesc map = {.slots = 1, .align = 8, .key = &pair, .elem = &three, .kind = KIND_MAP};
/* Two slots of results from 2 on, then three of parameters. */
static const Function callee = {.arg_slots = 5, .param_start = 4, .result_slots = 2};
static const Function owner = {.frame_slots = 100, .arg_slots = 4, .result_slots = 3, .param_start = 5};

/* ---- the answer as text: "r4 w6+2", in the order of the visit ---- */

static void append(const OpOperand *o, void *user) {
	static const char letters[] = "rwmnjc";
	char *text = user;
	size_t len = strlen(text);
	snprintf(text + len, 200 - len, "%s%c%u", len ? " " : "", letters[o->access], o->first);
	len = strlen(text);
	if (o->count != 1)
		snprintf(text + len, 200 - len, "+%u", o->count);
}

static const char *operands(const Insn *at, char text[200]) {
	text[0] = 0;
	op_each_operand(&owner, at, append, text);
	return text;
}

#define WORDS(a_, b_, c_) ((uint64_t)(a_) | (uint64_t)(b_) << 16 | (uint64_t)(c_) << 32)
#define AT(op_, a_, b_, c_, ...) {{.op = OP_##op_, .a = a_, .b = b_, .c = c_}, __VA_ARGS__}
#define P(to) {.ptr = &(to)}
#define N(number) {.word = (number)}

static const struct Row {
	Insn code[4];
	const char *expected;
} rows[] = {
	{AT(MOVEN, 10, 20, 3, N(0)), "r20+3 w10+3"},
	{AT(ZERON, 10, 3, 0, N(0)), "w10+3"},
	{AT(EQ_IFACE_TYPE, 10, 20, 30, P(three)), "r20+2 r30+3 w10"},
	{AT(EQ_FRAME, 10, 20, 30, P(three)), "r20+3 r30+3 w10"},
	{AT(RANGE_INIT, 10, 0, 0, N(0)), "r10+2 w12+2"},
	{AT(RANGE_NEXT_U8, 10, 20, 0, N(0)), "r10+4 w13 j20"},
	{AT(RANGE_NEXT_I32, 10, 20, 0, N(0)), "r10+4 w13 j20"},
	{AT(RANGE_NEXT_64, 10, 20, 0, N(0)), "r10+4 w13 j20"},
	{AT(RANGE_NEXT_128, 10, 20, 0, N(0)), "r10+4 w13 j20+2"},
	{AT(ADD_LOOP_LT, 10, 20, 0, N(30)), "r10 r20 r30 w10"},
	{AT(ADD_LOOP_LE, 10, 20, 0, N(30)), "r10 r20 r30 w10"},
	{AT(LOADCONST, 10, 0, 0, P(three), N(0)), "w10+3"},
	{AT(LOAD_N, 10, 20, 8, N(17)), "r20 w10+3"},
	{AT(STORE_N, 10, 20, 8, P(three)), "r10 r20+3"},
	{AT(LOAD2_64, 10, 20, 30, N(8)), "r20 r30 w10+2"},
	{AT(FLOAD_I8, 10, 20, 9, N(0)), "r21 w10"},
	{AT(FLOAD_U8, 10, 20, 7, N(0)), "r20 w10"},
	{AT(FLOAD_I16, 10, 20, 16, N(0)), "r22 w10"},
	{AT(FLOAD_U16, 10, 20, 16, N(0)), "r22 w10"},
	{AT(FLOAD_I32, 10, 20, 20, N(0)), "r22 w10"},
	{AT(FLOAD_U32, 10, 20, 20, N(0)), "r22 w10"},
	{AT(FSTORE_8, 10, 20, 9, N(0)), "r20 m11"},
	{AT(FSTORE_16, 10, 20, 2, N(0)), "r20 m10"},
	{AT(FSTORE_32, 10, 20, 12, N(0)), "r20 m11"},
	{AT(FINDEX_U8, 10, 20, 30, N(9)), "r30 r20+2 w10"},
	{AT(FINDEX_64, 10, 20, 30, N(3)), "r30 r20+3 w10"},
	{AT(FSETINDEX_8, 10, 20, 30, N(9)), "r20 r30 m10+2"},
	{AT(FSETINDEX_64, 10, 20, 30, N(3)), "r20 r30 m10+3"},
	{AT(BOX, 10, 20, 0, P(three)), "r20+3 w10+2"},
	{AT(UNBOX, 10, 20, 0, P(three)), "r20+2 w10+3"},
	{AT(ASSERT, 10, 20, 0, P(three)), "r20+2 w10+3"},
	{AT(ASSERT_OK, 10, 20, 30, P(three)), "r20+2 w10+3 w30"},
	{AT(CONCAT_N, 10, 20, 3, N(0)), "r20+6 w10+2"},
	{AT(SLICE_STR, 10, 20, 30, N(40)), "r20+2 r30 r40 w10+2"},
	{AT(SLICE_STR_TO, 10, 20, 30), "r20+2 r30 w10+2"},
	{AT(STR_NEXT, 10, 20, 30, N(0)), "r20+2 r10 m10 n11 n30"},
	{AT(STR_NEXT, 10, 20, NO_SLOT, N(0)), "r20+2 r10 m10 n11"},
	{AT(SLICE_LIT, 10, 20, 4, P(threes)), "r20+12 w10+2"},
	{AT(INDEX_N, 10, 20, 30, N(24)), "r20+2 r30 w10+3"},
	{AT(INDEX2_U8, 10, 20, 30, N(40)), "r20+2 r30 r40 w10"},
	{AT(INDEX2_64, 10, 20, 30, N(40)), "r20+2 r30 r40 w10"},
	{AT(SETINDEX2_8, 10, 20, 30, N(40)), "r10+2 r20 r30 r40"},
	{AT(SETINDEX2_64, 10, 20, 30, N(40)), "r10+2 r20 r30 r40"},
	{AT(INDEXES_64, 10, 20, 30, N(WORDS(40, 50, 0))), "r20+2 r30 r40+2 r50 w10+2"},
	{AT(DOT_I64, 10, 20, 30, N(WORDS(40, 50, 0))), "r10 r20+2 r30 r40+2 r50 w10"},
	{AT(DOT_F64, 10, 20, 30, N(WORDS(40, 50, 0))), "r10 r20+2 r30 r40+2 r50 w10"},
	{AT(SETINDEX_N, 10, 20, 30, P(three)), "r10+2 r20 r30+3"},
	{AT(SLICE_SLICE, 10, 20, 30, N(40 | 24ull << 32)), "r20+2 r30 r40 w10+2"},
	{AT(SLICE_FROM, 10, 20, 30, N(24)), "r20+2 r30 w10+2"},
	{AT(SLICE_FULL, 10, 20, 30, N(24)), "r20+2 r30+3 w10+2"},
	{AT(SLICE_ARRAY, 10, 20, 30, N(24 | (uint64_t)SLICE_HAS_HIGH << 32), N(5)), "r20 r30+2 w10+2"},
	{AT(APPEND_N, 10, 20, 30, P(threes)), "r20+2 r30+3 w10+2"},
	{AT(APPEND_LIT, 10, 20, 30, P(threes), N(2)), "r20+2 r30+6 w10+2"},
	{AT(MAP_GET, 10, 20, 30, P(map)), "r20 r30+2 w10+3"},
	{AT(MAP_GET_OK, 10, 20, 30, P(map), N(40)), "r20 r30+2 w10+3 w40"},
	{AT(MAP_GET_OK, NO_SLOT, 20, 30, P(map), N(NO_SLOT)), "r20 r30+2"},
	{AT(MAP_SET, 10, 20, 30, P(map)), "r10 r20+2 r30+3"},
	{AT(MAP_ADDR, 10, 20, 30, P(map)), "r20 r30+2 w10"},
	{AT(MAP_DELETE, 10, 20, 0, P(map)), "r10 r20+2"},
	{AT(MAP_ITER, 10, 20, 0, P(map)), "r20 w10+8"},
	{AT(MAP_NEXT, 10, 20, 30, P(map), N(0)), "r10+8 m10+8 n20+2 n30+3"},
	{AT(MAP_NEXT, 10, NO_SLOT, NO_SLOT, P(map), N(0)), "r10+8 m10+8"},
	{AT(CALL, 10, 0, 0, P(callee)), "r14+3 c10+90"},
	{AT(CALL_CLOSURE, 10, 20, 6, N(0)), "r20 r12+4 c10+90"},
	{AT(CALL_IFACE, 10, 20, 4, N(0)), "r20+2 r12+2 c10+90"},
	{AT(CALL_NATIVE, 10, 0, 0, P(callee)), "r12+5 c10+90"},
	{AT(NATIVE_BODY, 0, 0, 0, N(0)), "r2+4"},
	{AT(ENTRY, 0, 0, 0, N(0)), "r2+4"},
	{AT(REDIRECT, 0, 0, 0, P(callee)), "r2+4"},
	{AT(RET, 0, 0, 0, N(0)), "r2+3"},
	{AT(RET_1, 10, 0, 0, N(0)), "r10 r3+2"},
	{AT(RET_2, 10, 0, 0, N(0)), "r10+2 r4"},
	{AT(MKCLOSURE, 10, 20, 3, P(callee)), "r20+3 w10"},
	{AT(MKCLOSURE, 10, 0, 0, P(callee)), "w10"},
	{AT(MKCLOSURE_OWN, 10, 20, 3, P(callee)), "r20+3 w10"},
	{AT(GO, 10, 0, 3, P(callee)), "r12+3"},
	{AT(GO_CLOSURE, 10, 20, 3, N(0)), "r20 r12+3"},
	{AT(DEFER, 10, 0, 3, P(callee)), "r12+3"},
	{AT(DEFER_CLOSURE, 10, 20, 3, N(0)), "r20 r12+3"},
	{AT(DEFER_OUTER, 10, 20, 3, N(30)), "r20 r30 r12+3"},
	{AT(SEND, 10, 20, 3, N(0)), "r10 r20+3"},
	{AT(RECV, 10, 20, 3, N(0)), "r20 w10+3"},
	{AT(RECV, NO_SLOT, 20, 3, N(0)), "r20"},
	{AT(RECV_OK, 10, 20, 30, N(3)), "r20 w10+3 w30"},
	{AT(SELECT, 10, 2, 0, N(WORDS(1 | 3 << 1, 20, 30)), N(WORDS(2 << 1, 40, 50) | (uint64_t)60 << 48)),
	 "r20 r30+3 r40 m50+2 m60 w10"},
	{AT(PRINT, 10, PRINT_STRING, 0, N(0)), "r10+2"},
	{AT(PRINT, 10, PRINT_INT, 0, N(0)), "r10"},
	{AT(PRINT, 10, PRINT_SPACE, 0, N(0)), ""},
};

static bool has_row(Op op) {
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].code[0].op == op)
			return true;
	return false;
}

static void test_regions(void **state) {
	(void)state;
	char text[200];
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strcmp(operands(rows[i].code, text), rows[i].expected) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", op_name((Op)rows[i].code[0].op), text, rows[i].expected);
}

/* One letter of a shape as a row of the answer. */
static void expect_letter(char letter, unsigned slot, bool writes, char *text) {
	size_t len = strlen(text);
	char way = letter == 'm' ? (writes ? 'w' : 'r') : letter == 'w' || letter == 'W' ? 'w' : 'r';
	if (!strchr("rRwWm", letter) || (way == 'w') != writes)
		return;
	snprintf(text + len, 200 - len, "%s%c%u%s", len ? " " : "", way, slot, letter == 'R' || letter == 'W' ? "+2" : "");
}

static void test_plain(void **state) {
	(void)state;
	for (int o = 0; o < OP_COUNT; o++) {
		const char *shape = op_info[o].shape;
		bool region = strchr(shape, 'x') != NULL;
		for (int word = 1; word < op_info[o].words; word++)
			region = region || op_operand_kind((Op)o, word) == OPERAND_SLOT;
		if (has_row((Op)o))
			continue;
		if (region)
			fail_msg("%s has a region or a slot in a word, and no row here", op_name((Op)o));
		Insn code[4] = {{.op = (uint16_t)o, .a = 10, .b = 20, .c = 30}};
		char text[200], expected[200] = "";
		for (int writes = 0; writes < 2; writes++)
			for (unsigned i = 0; i < 3; i++)
				expect_letter(shape[i], 10 * (i + 1), writes, expected);
		assert_string_equal(operands(code, text), expected);
		for (unsigned i = 0; i < 3; i++) /* an operand that is not wanted is not there */
			if (shape[i] == 'w' || shape[i] == 'r') {
				Insn without[4] = {code[0]};
				*(i == 0 ? &without->a : i == 1 ? &without->b : &without->c) = NO_SLOT;
				assert_true(strlen(operands(without, text)) < strlen(expected));
			}
	}
}

/* Pairs, frames and values of 16-byte alignment begin at even slots. */
static void count_even(const OpOperand *o, void *user) { *(int *)user += o->even; }
static void test_alignment(void **state) {
	(void)state;
	static const struct {
		Insn code[4];
		int even;
	} cases[] = {
		{AT(MOVE2, 10, 20, 0, N(0)), 2},        {AT(MOVE, 10, 20, 0, N(0)), 0},
		{AT(MAP_GET, 10, 20, 30, P(map)), 1},   {AT(CALL, 10, 0, 0, P(callee)), 1},
		{AT(BOX, 10, 20, 0, P(three)), 1},      {AT(CONCAT_N, 10, 20, 3, N(0)), 2},
		{AT(STORE_N, 10, 20, 0, P(pair)), 1},   {AT(RANGE_NEXT_128, 10, 20, 0, N(0)), 2},
		{AT(APPEND_N, 10, 20, 31, P(threes)), 2},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int even = 0;
		op_each_operand(&owner, cases[i].code, count_even, &even);
		if (even != cases[i].even)
			fail_msg("%s: %d", op_name((Op)cases[i].code[0].op), even);
	}
}

/* ---- where instructions go on ---- */

static void append_jump(int64_t distance, void *user) {
	char *text = user;
	size_t len = strlen(text);
	snprintf(text + len, 200 - len, "%s%lld", len ? " " : "", (long long)distance);
}

static void test_jumps(void **state) {
	(void)state;
	const struct {
		Insn code[4];
		const char *expected;
		bool falls;
	} cases[] = {
		{{{.op_ = OP_JMP, .bc = -70000}}, "-70000", false},
		{{{.op_ = OP_LOOP, .bc = -3}}, "-3", false},
		{{{.op_ = OP_JNZ, .a_ = 4, .bc = 5}}, "5", true},
		{AT(JEQ_I64, 10, 20, (uint16_t)-2, N(0)), "-2", true},
		{AT(ADD_LOOP_LT, 10, 20, (uint16_t)-9, N(30)), "-9", true},
		{AT(STR_NEXT, 10, 20, 30, N(70000)), "70000", true},
		{AT(MAP_NEXT, 10, 20, 30, P(map), N(12)), "12", true},
		{{{.op_ = OP_RANGE_INIT, .a_ = 10, .bc = 6}}, "6", false},
		{AT(JTABLE, 10, 3, 0, N(0), N((uint64_t)7 << 32 | 5), N(9)), "5 7 9", true},
		{AT(RET, 0, 0, 0, N(0)), "", false},
		{AT(PANIC, 10, 0, 0, N(0)), "", false},
		{AT(RUN_DEFERS, 0, 0, 0, N(0)), "", true},
		{AT(CALL, 10, 0, 0, P(callee)), "", true},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[200] = "";
		op_each_jump(cases[i].code, append_jump, text);
		assert_string_equal(text, cases[i].expected);
		assert_int_equal(op_falls_through((Op)cases[i].code[0].op), cases[i].falls);
	}
	for (int o = 0; o < OP_COUNT; o++) { /* every instruction that jumps says where */
		Insn code[4] = {{.op = (uint16_t)o, .b = 1, .c = 1}};
		char text[200] = "";
		op_each_jump(code, append_jump, text);
		assert_int_equal(text[0] != 0, strchr(op_info[o].effects, 'J') != NULL);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_jumps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
