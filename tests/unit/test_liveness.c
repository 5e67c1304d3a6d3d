/* SPDX-License-Identifier: MIT */
/* test_liveness.c: bytecode/liveness.c on hand-assembled functions: what is live where. That the collector is right to
 * believe it is shown by running all tests with dead slots overwritten (make gcstress). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bytecode/liveness.h"

static const TypeDesc word = {.slots = 1, .align = 8, .size = 8};
static const TypeDesc map = {.slots = 1, .align = 8, .key = &word, .elem = &word};
static const Function callee = {.arg_slots = 2, .param_start = 3, .result_slots = 1};

enum { MAX_CODE = 2000 };

typedef struct Code {
	Function fn;
	Insn words[MAX_CODE];
	Mem mem;
	Arena arena, scratch;
	Liveness *liveness;
} Code;

static void begin(Code *c, uint32_t frame, uint32_t results) {
	memset(c, 0, sizeof *c);
	c->fn.code = c->words;
	c->fn.frame_slots = (uint16_t)frame;
	c->fn.result_slots = (uint16_t)results;
	mem_init(&c->mem, NULL, NULL);
	arena_init(&c->arena, &c->mem);
	arena_init(&c->scratch, &c->mem);
}

static uint32_t op(Code *c, Op o, uint32_t a, uint32_t b, uint32_t k) {
	c->words[c->fn.code_len] = (Insn){.op = (uint16_t)o, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)k};
	return c->fn.code_len++;
}
static uint32_t far_jump(Code *c, Op o, uint32_t a, int32_t distance) {
	c->words[c->fn.code_len] = (Insn){.op_ = (uint16_t)o, .a_ = (uint16_t)a, .bc = distance};
	return c->fn.code_len++;
}
static void ptr(Code *c, const void *p) { c->words[c->fn.code_len++] = (Insn){.ptr = p}; }

static void analyse(Code *c) {
	c->liveness = liveness_new(&c->arena, &c->scratch, &c->fn);
	assert_non_null(c->liveness);
}

/* "3 5": the live slots at pc. */
static void expect(Code *c, uint32_t pc, const char *expected) {
	uint64_t live[1024];
	char text[4000] = "";
	liveness_at(c->liveness, pc, live);
	for (uint32_t slot = 0; slot < c->fn.frame_slots; slot++)
		if (live[slot / 64] >> slot % 64 & 1)
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", text[0] ? " " : "", slot);
	if (strcmp(text, expected) != 0)
		fail_msg("live at %u: \"%s\", expected \"%s\"", pc, text, expected);
}

static void end(Code *c) {
	arena_deinit(&c->arena);
	arena_deinit(&c->scratch);
	assert_int_equal(c->mem.used_bytes, 0);
}

static void test_straight(void **state) {
	(void)state;
	static Code c;
	begin(&c, 80, 1);
	uint32_t a = op(&c, OP_MOVE, 70, 3, 0);
	uint32_t b = op(&c, OP_ADD_I64, 5, 70, 4);
	uint32_t d = op(&c, OP_RET_1, 5, 0, 0);
	analyse(&c);
	expect(&c, a, "3 4");
	expect(&c, b, "4 70");
	expect(&c, d, "5");
	end(&c);
}

static void test_loop(void **state) {
	(void)state;
	static Code c;
	begin(&c, 12, 0);
	uint32_t zero = op(&c, OP_ZERO, 5, 0, 0);
	uint32_t loop = op(&c, OP_SETINDEX_64, 2, 5, 4); /* the slice in 2 and 3 */
	uint32_t back = op(&c, OP_INC_LOOP_LT_I, 5, 10, (uint16_t)-2);
	uint32_t behind = op(&c, OP_PRINT, 6, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, zero, "2 3 4 6");
	expect(&c, loop, "2 3 4 5 6");
	expect(&c, back, "2 3 4 5 6");
	expect(&c, behind, "6");
	end(&c);
}

static void test_branches(void **state) {
	(void)state;
	static Code c;
	begin(&c, 12, 0);
	uint32_t test = far_jump(&c, OP_JNZ, 2, 2);
	uint32_t left = op(&c, OP_PRINT, 3, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	uint32_t right = op(&c, OP_PRINT, 4, PRINT_STRING, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, test, "2 3 4 5");
	expect(&c, left, "3");
	expect(&c, right, "4 5");
	end(&c);
}

/* A callee's frame lies over everything from its base on; what comes back is alive behind the call only. */
static void test_call(void **state) {
	(void)state;
	static Code c;
	begin(&c, 16, 0);
	uint32_t before = op(&c, OP_MOVE, 9, 2, 0);
	uint32_t call = op(&c, OP_CALL, 6, 0, 0);
	ptr(&c, &callee);
	uint32_t behind = op(&c, OP_ADD_I64, 3, 8, 4);
	op(&c, OP_PRINT, 3, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, before, "2 4");
	expect(&c, call, "4 9");
	expect(&c, behind, "4 8");
	end(&c);
}

/* Written on one way on only: what was there before is alive on the other one. */
static void test_one_way(void **state) {
	(void)state;
	static Code c;
	begin(&c, 20, 0);
	uint32_t next = op(&c, OP_MAP_NEXT, 2, 12, 13);
	ptr(&c, &map);
	ptr(&c, NULL); /* the distance */
	uint32_t body = op(&c, OP_PRINT, 12, PRINT_INT, 0);
	op(&c, OP_PRINT, 13, PRINT_INT, 0);
	uint32_t back = far_jump(&c, OP_LOOP, 0, -6);
	uint32_t behind = op(&c, OP_PRINT, 13, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	c.words[2].imm = behind - body;
	analyse(&c);
	expect(&c, next, "2 3 4 5 6 7 8 9 13");
	expect(&c, body, "2 3 4 5 6 7 8 9 12 13");
	expect(&c, back, "2 3 4 5 6 7 8 9 13");
	expect(&c, behind, "13");
	end(&c);

	begin(&c, 20, 0);
	uint32_t start = far_jump(&c, OP_RANGE_INIT, 4, 1);
	body = op(&c, OP_PRINT, 8, PRINT_INT, 0);
	next = op(&c, OP_RANGE_NEXT_64, 4, 8, (uint16_t)-2);
	behind = op(&c, OP_PRINT, 8, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, start, "4 5 8");
	expect(&c, body, "4 5 6 7 8");
	expect(&c, next, "4 5 6 7 8");
	expect(&c, behind, "8");
	end(&c);
}

/* The epilogue may be reached from everywhere. */
static void test_defers(void **state) {
	(void)state;
	static Code c;
	begin(&c, 20, 1);
	c.fn.flags = FUNC_DEFERS;
	uint32_t start = op(&c, OP_ZERO, 2, 0, 0);
	uint32_t print = op(&c, OP_PRINT, 5, PRINT_INT, 0);
	uint32_t result = op(&c, OP_ASSERT, 2, 6, 0);
	ptr(&c, &word);
	ptr(&c, NULL);
	op(&c, OP_LOADI, 4, 0, 0);
	c.fn.defer_return = op(&c, OP_RUN_DEFERS, 0, 0, 0);
	op(&c, OP_PRINT, 4, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, start, "2 4 5 6 7");
	expect(&c, print, "2 4 5 6 7");
	expect(&c, result, "2 4 6 7");
	expect(&c, c.fn.defer_return, "2 4");
	end(&c);
}

/* Of a select only one case writes; a value that was sent to it may be there before it goes on. */
static void test_select(void **state) {
	(void)state;
	static Code c;
	begin(&c, 20, 0);
	uint32_t select = op(&c, OP_SELECT, 4, 2, 0);
	op(&c, 1 << 1, 5, 6, NO_SLOT);       /* 6 = <-5 */
	op(&c, 1 | 1 << 1, 7, 8, NO_SLOT); /* 7 <- 8 */
	op(&c, OP_PRINT, 4, PRINT_INT, 0);
	op(&c, OP_PRINT, 6, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, select, "5 6 7 8");
	end(&c);
}

/* Blocks longer than what is walked at a time. */
static void test_long_block(void **state) {
	(void)state;
	static Code c;
	begin(&c, 400, 0);
	for (uint32_t i = 0; i < 1500; i++)
		op(&c, OP_MOVE, 300, 2 + i % 250, 0);
	op(&c, OP_PRINT, 300, PRINT_INT, 0);
	op(&c, OP_RET, 0, 0, 0);
	analyse(&c);
	expect(&c, 1499, "251");
	expect(&c, 1497, "249 250 251");
	expect(&c, 1500, "300");
	uint64_t live[8];
	liveness_at(c.liveness, 0, live);
	for (uint32_t slot = 0; slot < 400; slot++)
		assert_int_equal(live[slot / 64] >> slot % 64 & 1, slot >= 2 && slot < 252);
	end(&c);
}

static void test_too_large(void **state) {
	(void)state;
	static Code c;
	begin(&c, MAX_FRAME_SLOTS, 0);
	for (uint32_t i = 0; i < 900; i++)
		far_jump(&c, OP_JNZ, 2, 0);
	op(&c, OP_RET, 0, 0, 0);
	assert_null(liveness_new(&c.arena, &c.scratch, &c.fn));
	end(&c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_straight), cmocka_unit_test(test_loop),      cmocka_unit_test(test_branches),
		cmocka_unit_test(test_call),     cmocka_unit_test(test_one_way),   cmocka_unit_test(test_defers),
		cmocka_unit_test(test_select),   cmocka_unit_test(test_long_block), cmocka_unit_test(test_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
