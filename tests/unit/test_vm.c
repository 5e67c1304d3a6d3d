/* SPDX-License-Identifier: MIT */
/* test_vm.c: the interpreter on hand-assembled bytecode: calls, panics, goroutines, natives, traces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "vm/link.h"
#include "vm/trace.h"

/* ---------------------------------------------------------------- a small assembler */

enum { MAX_CODE = 200, MAX_FUNCTIONS = 32 };

typedef struct Code {
	Function fn;
	Insn words[MAX_CODE];
	LineEntry lines[MAX_CODE];
	uint32_t line_count;
	uint32_t at;
} Code;

typedef struct World {
	VM vm;
	Arena arena;
	TypeTable table;
	Program program;
	Code code[MAX_FUNCTIONS];
	uint32_t code_count;
	char output[1 << 16];
	size_t output_len;
} World;

static void op(Code *c, Op o, uint32_t a, uint32_t b, uint32_t k) {
	c->words[c->at++] = (Insn){.op = (uint16_t)o, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)k};
}
static void opk(Code *c, Op o, uint32_t a, int32_t bc) {
	c->words[c->at++] = (Insn){.op_ = (uint16_t)o, .a_ = (uint16_t)a, .bc = bc};
}
static void ptr(Code *c, const void *p) { c->words[c->at++] = (Insn){.ptr = p}; }
static void num(Code *c, int64_t v) { c->words[c->at++] = (Insn){.imm = v}; }
static void line(Code *c, uint32_t n) { c->lines[c->line_count++] = (LineEntry){.pc = c->at, .line = n, .column = 1}; }
/* Distance from the end of the instruction that is emitted next (one word) to a known place. */
static uint16_t back(const Code *c, uint32_t to) { return (uint16_t)(int16_t)((int32_t)to - (int32_t)c->at - 1); }
static void patch_c(Code *c, uint32_t insn) { c->words[insn].c = (uint16_t)(c->at - insn - 1); }

static Code *code_new(World *w, const char *name, uint32_t frame, uint32_t results, uint32_t args) {
	Code *c = &w->code[w->code_count++];
	c->fn.closure.fn = &c->fn;
	c->fn.code = c->words;
	c->fn.lines = c->lines;
	c->fn.name = name;
	c->fn.file = "test.go";
	c->fn.line = 1;
	c->fn.frame_slots = (uint16_t)frame;
	c->fn.result_slots = (uint16_t)results;
	c->fn.arg_slots = (uint16_t)args;
	c->fn.capture_layout = LAYOUT_POINTERS;
	return c;
}
static const Function *done(Code *c) {
	c->fn.code_len = c->at;
	c->fn.line_count = c->line_count;
	return &c->fn;
}
static const Function *native(World *w, const char *name, NativeFn fn, uint32_t results, uint32_t args) {
	Code *c = code_new(w, name, ALIGN_UP(args + 2, 2u), results, args);
	c->fn.flags = FUNC_NATIVE;
	c->fn.native = fn;
	op(c, OP_NATIVE_BODY, 0, 0, 0);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}

/* ---------------------------------------------------------------- a VM with the core types */

static void capture(void *user, int fd, const char *data, size_t len) {
	World *w = user;
	(void)fd;
	if (w->output_len + len < sizeof w->output) {
		memcpy(w->output + w->output_len, data, len);
		w->output_len += len;
	}
}

static TypeDesc *type_new(World *w, Kind kind, uint32_t size, uint32_t flags, const char *name) {
	TypeDesc *t = ARENA_NEW(&w->arena, TypeDesc);
	*t = (TypeDesc){.kind = (uint8_t)kind, .size = size, .flags = (uint8_t)flags, .name = name, .short_name = "",
			.pkg_path = "", .slots = (uint16_t)((size + 7) / 8), .align = size >= 16 ? 16 : (uint8_t)size};
	t->layout = flags & DESC_POINTERS ? LAYOUT_POINTERS : LAYOUT_NOSCAN;
	t->slot_type = t;
	VEC_PUSH(&w->arena, &w->table.types, t);
	return t;
}

static void core_types(World *w) {
	const TypeDesc **core = w->table.core;
	core[CORE_INT] = type_new(w, KIND_INT, 8, DESC_DIRECT | DESC_COMPARABLE | DESC_PLAIN_EQUAL, "int");
	core[CORE_STRING] = type_new(w, KIND_STRING, 16, DESC_POINTERS | DESC_COMPARABLE, "string");
	core[CORE_RUNTIME_ERROR] = type_new(w, KIND_STRING, 16, DESC_POINTERS | DESC_COMPARABLE, "runtime.errorString");
	core[CORE_BOUNDS_ERROR] = type_new(w, KIND_STRING, 16, DESC_POINTERS | DESC_COMPARABLE, "runtime.boundsError");
	core[CORE_PLAIN_ERROR] = type_new(w, KIND_STRING, 16, DESC_POINTERS | DESC_COMPARABLE, "runtime.plainError");
	TypeDesc *text = type_new(w, KIND_STRUCT, 16, DESC_POINTERS | DESC_AGGREGATE, "runtime.TypeAssertionError");
	TypeDesc *assertion = type_new(w, KIND_POINTER, 8, DESC_DIRECT | DESC_POINTERS, "*runtime.TypeAssertionError");
	TypeDesc *nil_error = type_new(w, KIND_POINTER, 8, DESC_DIRECT | DESC_POINTERS, "*runtime.PanicNilError");
	assertion->elem = nil_error->elem = text;
	core[CORE_TYPE_ASSERTION_ERROR] = assertion;
	core[CORE_PANIC_NIL_ERROR] = nil_error;
	core[CORE_ANY] = type_new(w, KIND_INTERFACE, 16, DESC_POINTERS | DESC_COMPARABLE, "interface {}");
}

static const char *files[] = {"/src/test.go"};

static World *world_new(uint32_t workers) {
	World *w = aligned_alloc(64, ALIGN_UP(sizeof(World), (size_t)64));
	memset(w, 0, sizeof *w);
	mem_init(&w->vm.mem, NULL, NULL);
	w->vm.worker_count = workers;
	w->vm.host.write = capture;
	w->vm.host.user = w;
	w->vm.host.fuel = -1;
	assert_true(vm_runtime_init(&w->vm, vm_exec));
	assert_true(vm_init(&w->vm));
	arena_init(&w->arena, &w->vm.mem);
	w->table.arena = &w->arena;
	core_types(w);
	w->program = (Program){.types = &w->table, .globals_end = 4096, .files = files, .file_count = 1};
	assert_true(vm_link(&w->vm, &w->program));
	return w;
}
static void world_free(World *w) {
	arena_deinit(&w->arena);
	vm_runtime_deinit(&w->vm);
	vm_deinit(&w->vm);
	assert_int_equal(w->vm.mem.used_bytes, 0);
	free(w);
}
static const char *run(World *w, const Function *entry) {
	w->output_len = 0;
	vm_exec_run(&w->vm, entry);
	w->output[w->output_len] = 0;
	return w->output;
}
static void print_int(Code *c, uint32_t slot) {
	op(c, OP_PRINT, slot, PRINT_INT, 0);
	op(c, OP_PRINT, 0, PRINT_SPACE, 0);
}
static void expect_run(World *w, const Function *entry, const char *text) {
	assert_string_equal(run(w, entry), text);
	assert_int_equal(w->vm.exit_state, EXIT_MAIN_RETURNED);
}
static void expect_start(World *w, const Function *entry, ExitState state, const char *text) {
	const char *out = run(w, entry);
	if (strncmp(out, text, strlen(text)) != 0)
		assert_string_equal(out, text);
	assert_int_equal(w->vm.exit_state, state);
}
static void expect_part(World *w, const char *text) {
	if (!strstr(w->output, text))
		assert_string_equal(w->output, text);
}
static GoString *literal(World *w, const char *s) {
	GoString *p = arena_alloc(&w->arena, sizeof(GoString));
	*p = (GoString){s, (int64_t)strlen(s)};
	return p;
}
static GoIface *boxed(World *w, const char *s) {
	GoIface *p = arena_alloc(&w->arena, sizeof(GoIface));
	*p = (GoIface){w->table.core[CORE_STRING], {.p = literal(w, s)}};
	return p;
}
static void panic_with(World *w, Code *c, uint32_t pair, const char *s) {
	op(c, OP_LOADIFACE, pair, 0, 0);
	ptr(c, boxed(w, s));
	op(c, OP_PANIC, pair, 0, 0);
}

/* ---------------------------------------------------------------- arithmetic */

static uint64_t bits_of(double f) {
	Slot s = {.f = f};
	return s.u;
}
static void test_arithmetic(void **state) {
	(void)state;
	const uint64_t min = (uint64_t)INT64_MIN, nan = bits_of(__builtin_nan(""));
	const uint64_t minus_zero = bits_of(-0.0);
	const struct {
		Op op;
		uint64_t b, c, result;
	} rows[] = {
		{OP_ADD_I64, min, (uint64_t)-1, INT64_MAX},
		{OP_DIV_I64, min, (uint64_t)-1, min},
		{OP_REM_I64, min, (uint64_t)-1, 0},
		{OP_DIV_I64, (uint64_t)-7, 2, (uint64_t)-3},
		{OP_REM_I64, (uint64_t)-7, 2, (uint64_t)-1},
		{OP_DIV_U64, (uint64_t)-1, 2, INT64_MAX},
		{OP_SHL_I64, 1, 63, min},
		{OP_SHL_I64, 1, 64, 0},
		{OP_SHR_I64, min, 200, (uint64_t)-1},
		{OP_SHR_U64, min, 63, 1},
		{OP_SHR_U64, min, 64, 0},
		{OP_ANDNOT_I64, 7, 2, 5},
		{OP_EXT8S, 0x1ff, 0, (uint64_t)-1},
		{OP_EXT16U, 0x1ffff, 0, 0xffff},
		{OP_LT_U64, 1, (uint64_t)-1, 1},
		{OP_LT_I64, 1, (uint64_t)-1, 0},
		{OP_MIN_U64, 1, (uint64_t)-1, 1},
		{OP_MIN_I64, 1, (uint64_t)-1, (uint64_t)-1},
		{OP_MIN_F64, minus_zero, 0, minus_zero},
		{OP_MIN_F64, 0, minus_zero, minus_zero},
		{OP_MAX_F64, minus_zero, 0, 0},
		{OP_MAX_F64, 0, minus_zero, 0},
		{OP_MAX_F64, bits_of(1), nan, nan},
		{OP_MIN_F64, nan, bits_of(1), nan},
		{OP_LE_F64, nan, nan, 0},
		{OP_NE_F64, nan, nan, 1},
		{OP_FLOOR_F64, bits_of(-0.5), 0, bits_of(-1)},
		{OP_CEIL_F64, bits_of(-0.5), 0, minus_zero},
		{OP_TRUNC_F64, bits_of(-1.5), 0, bits_of(-1)},
		{OP_FLOOR_F64, bits_of(1e300), 0, bits_of(1e300)},
		{OP_SQRT_F64, bits_of(2.25), 0, bits_of(1.5)},
		{OP_F64_TO_I64, bits_of(-2.9), 0, (uint64_t)-2},
		{OP_F64_TO_I64, nan, 0, min},
		{OP_F64_TO_U64, bits_of(1e19), 0, 10000000000000000000u},
		{OP_F64_TO_U64, bits_of(-5.5), 0, (uint64_t)-5},
		{OP_F64_TO_U64, nan, 0, min},
		{OP_U64_TO_F64, (uint64_t)-1, 0, bits_of(0x1p64)},
		{OP_F64_TO_F32, bits_of(1.5), 0, 0x3fc00000},
		{OP_NEG_F32, 0x3fc00000, 0, 0xbfc00000},
		{OP_MAKE_C64, 0x3fc00000, 0x40000000, 0x400000003fc00000},
		{OP_MUL_C64, 0x400000003fc00000, 0x400000003fc00000, 0x40c00000bfe00000}, /* (1.5+2i)^2 = -1.75+6i */
		{OP_IMAG_C64, 0x400000003fc00000, 0, 0x40000000},
	};
	World *w = world_new(1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		Code *c = code_new(w, "main.main", 12, 0, 0);
		w->code_count--;
		memset(c->words, 0, sizeof c->words);
		c->at = c->line_count = 0;
		op(c, OP_LOADK, 3, 0, 0);
		num(c, (int64_t)rows[i].b);
		op(c, OP_LOADK, 4, 0, 0);
		num(c, (int64_t)rows[i].c);
		op(c, rows[i].op, 5, 3, 4);
		opk(c, OP_STOREG_64, 5, 0);
		op(c, OP_RET, 0, 0, 0);
		run(w, done(c));
		uint64_t got;
		memcpy(&got, w->vm.globals, sizeof got);
		if (got != rows[i].result)
			fail_msg("%s: got 0x%llx, want 0x%llx", op_name(rows[i].op), (unsigned long long)got,
				 (unsigned long long)rows[i].result);
	}
	world_free(w);
}

/* ---------------------------------------------------------------- calls and loops */

/* fib(n): slot 2 result, slot 3 n. */
static const Function *make_fib(World *w) {
	Code *c = code_new(w, "main.fib", 12, 1, 2);
	op(c, OP_JGE_I, 3, 2, 1);
	op(c, OP_RET_1, 3, 0, 0);
	op(c, OP_ADDI, 9, 3, (uint16_t)-1);
	op(c, OP_CALL, 6, 0, 0);
	ptr(c, &c->fn);
	op(c, OP_MOVE, 4, 8, 0);
	op(c, OP_ADDI, 9, 3, (uint16_t)-2);
	op(c, OP_CALL, 6, 0, 0);
	ptr(c, &c->fn);
	op(c, OP_ADD_I64, 2, 4, 8);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}
static const Function *call_with(World *w, const Function *fn, int32_t argument) {
	Code *c = code_new(w, "main.main", 12, 0, 0);
	opk(c, OP_LOADI, 7, argument);
	op(c, OP_CALL, 4, 0, 0);
	ptr(c, fn);
	print_int(c, 6);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}
static void test_fib(void **state) {
	(void)state;
	World *w = world_new(1);
	expect_run(w, call_with(w, make_fib(w), 20), "6765 ");
	world_free(w);
}

static void test_deep_recursion_grows_the_stack(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.depth", 12, 1, 2); /* depth(n) = n == 0 ? 0 : depth(n-1) + 1 */
	op(c, OP_JNE_I, 3, 0, 2);
	op(c, OP_ZERO, 2, 0, 0);
	op(c, OP_RET, 0, 0, 0);
	op(c, OP_ADDI, 9, 3, (uint16_t)-1);
	op(c, OP_CALL, 6, 0, 0);
	ptr(c, &c->fn);
	op(c, OP_ADDI, 2, 8, 1);
	op(c, OP_RET, 0, 0, 0);
	expect_run(w, call_with(w, done(c), 100000), "100000 ");
	world_free(w);
}

static void test_stack_overflow(void **state) {
	(void)state;
	World *w = world_new(1);
	w->vm.host.max_stack_bytes = 1 << 20;
	Code *c = code_new(w, "main.f", 8, 0, 0);
	line(c, 7);
	op(c, OP_CALL, 4, 0, 0);
	ptr(c, &c->fn);
	op(c, OP_RET, 0, 0, 0);
	expect_start(w, done(c), EXIT_FATAL,
		     "runtime: goroutine stack exceeds 1048576-byte limit\nfatal error: stack overflow\n\n"
		     "goroutine 1 [running]:\nmain.f(...)\n\t/src/test.go:7 +0x0\nmain.f(...)\n");
	expect_part(w, " frames elided...\n");
	world_free(w);
}

/* ---------------------------------------------------------------- panics */

static void test_divide_by_zero(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.main", 8, 0, 0);
	line(c, 4);
	op(c, OP_ZERO, 2, 0, 0);
	line(c, 5);
	op(c, OP_DIV_I64, 3, 2, 2);
	op(c, OP_RET, 0, 0, 0);
	expect_start(w, done(c), EXIT_PANIC,
		     "panic: runtime error: integer divide by zero\n\n"
		     "goroutine 1 [running]:\nmain.main(...)\n\t/src/test.go:5 +0x8\n");
	assert_int_equal(w->vm.exit_code, 2);
	assert_string_equal(trace_last_error(&w->vm), "panic: runtime error: integer divide by zero");
	world_free(w);
}

static void test_fault_texts(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.main", 8, 0, 0);
	op(c, OP_ZERO2, 2, 0, 0);
	opk(c, OP_LOADI, 4, 5);
	op(c, OP_INDEX_64, 5, 2, 4);
	expect_start(w, done(c), EXIT_PANIC, "panic: runtime error: index out of range [5] with length 0\n\n");
	c = code_new(w, "main.main", 8, 0, 0);
	op(c, OP_ZERO2, 2, 0, 0);
	op(c, OP_LOAD_64, 4, 2, 0);
	expect_start(w, done(c), EXIT_PANIC,
		     "panic: runtime error: invalid memory address or nil pointer dereference\n"
		     "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x");
	c = code_new(w, "main.main", 8, 0, 0);
	op(c, OP_ZERO2, 2, 0, 0);
	op(c, OP_ASSERT, 4, 2, 0);
	ptr(c, w->table.core[CORE_INT]);
	ptr(c, w->table.core[CORE_ANY]);
	expect_start(w, done(c), EXIT_PANIC, "panic: interface conversion: interface {} is nil, not int\n\n");
	c = code_new(w, "main.main", 8, 0, 0);
	op(c, OP_LOADSTR, 2, 0, 0);
	ptr(c, literal(w, "hello"));
	opk(c, OP_LOADI, 4, 3);
	opk(c, OP_LOADI, 5, 9);
	op(c, OP_SLICE_STR, 6, 2, 4);
	num(c, 5);
	expect_start(w, done(c), EXIT_PANIC, "panic: runtime error: slice bounds out of range [:9] with length 5\n\n");
	c = code_new(w, "main.main", 8, 0, 0);
	op(c, OP_ZERO2, 2, 0, 0);
	op(c, OP_PANIC, 2, 0, 0);
	expect_start(w, done(c), EXIT_PANIC,
		     "panic: panic called with nil argument\n\n");
	world_free(w);
}

/* A function that defers `deferred` and then runs `body`; its result is slot 2. */
static Code *deferring(World *w, const char *name, const Function *deferred) {
	Code *c = code_new(w, name, 12, 1, 1);
	c->fn.flags = FUNC_DEFERS;
	op(c, OP_ZERO, 2, 0, 0);
	op(c, OP_DEFER, 6, 0, 0);
	ptr(c, deferred);
	return c;
}
static void end_deferring(Code *c) {
	c->fn.defer_return = c->at;
	op(c, OP_RUN_DEFERS, 0, 0, 0);
	op(c, OP_RET, 0, 0, 0);
	done(c);
}
/* Prints a number. */
static const Function *printer(World *w, const char *name, int32_t n) {
	Code *c = code_new(w, name, 6, 0, 0);
	opk(c, OP_LOADI, 2, n);
	print_int(c, 2);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}
/* Recovers and prints whether there was something. */
static const Function *recoverer(World *w) {
	Code *c = code_new(w, "main.recoverer", 6, 0, 0);
	op(c, OP_RECOVER, 2, 0, 0);
	op(c, OP_MKIFACE, 4, 2, 0); /* any pair: only slot 2 matters */
	ptr(c, NULL);
	op(c, OP_NE_I, 4, 2, 0);
	print_int(c, 4);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}
static const Function *calls_twice(World *w, const Function *first, const Function *second) {
	Code *c = code_new(w, "main.main", 12, 0, 0);
	op(c, OP_CALL, 4, 0, 0);
	ptr(c, first);
	print_int(c, 6);
	op(c, OP_CALL, 4, 0, 0);
	ptr(c, second);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}

static void test_defer_order_and_recover(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = deferring(w, "main.f", recoverer(w));
	op(c, OP_DEFER, 6, 0, 0);
	ptr(c, printer(w, "main.two", 2));
	op(c, OP_DEFER, 6, 0, 0);
	ptr(c, printer(w, "main.three", 3));
	opk(c, OP_LOADI, 2, 42);
	panic_with(w, c, 4, "boom");
	end_deferring(c);
	/* The result stays as it was when the panic came; a recover without a panic gives nil. */
	expect_run(w, calls_twice(w, &c->fn, recoverer(w)), "3 2 1 42 0 ");
	world_free(w);
}

static void test_recover_only_in_the_deferred_call(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *indirect = code_new(w, "main.indirect", 12, 0, 0);
	op(indirect, OP_CALL, 4, 0, 0);
	ptr(indirect, recoverer(w));
	op(indirect, OP_RET, 0, 0, 0);
	Code *c = deferring(w, "main.f", done(indirect));
	panic_with(w, c, 4, "deep");
	end_deferring(c);
	expect_start(w, &c->fn, EXIT_PANIC, "0 panic: deep\n\ngoroutine 1 [running]:\nmain.f(...)\n");
	/* Through a generated wrapper it works. */
	indirect->fn.flags = FUNC_WRAPPER;
	expect_run(w, calls_twice(w, &c->fn, recoverer(w)), "1 0 0 ");
	world_free(w);
}

static void test_panic_in_deferred_call(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *again = code_new(w, "main.again", 8, 0, 0);
	op(again, OP_RECOVER, 2, 0, 0);
	line(again, 9);
	panic_with(w, again, 2, "second\nline");
	done(again);
	Code *c = deferring(w, "main.main", &again->fn);
	line(c, 20);
	panic_with(w, c, 4, "first");
	end_deferring(c);
	expect_start(w, &c->fn, EXIT_PANIC,
		     "panic: first [recovered]\n\tpanic: second\n\tline\n\n"
		     "goroutine 1 [running]:\nmain.again(...)\n\t/src/test.go:9 +0x18\npanic(");
	expect_part(w, "main.main(...)\n\t/src/test.go:20 +0x");
	/* Both end when an outer function recovers the second. */
	Code *outer = deferring(w, "main.outer", recoverer(w));
	op(outer, OP_CALL, 6, 0, 0);
	ptr(outer, &c->fn);
	end_deferring(outer);
	expect_run(w, calls_twice(w, &outer->fn, recoverer(w)), "1 0 0 ");
	world_free(w);
}

static NativeStatus goexit_native(Goroutine *g, Slot *args) {
	(void)g, (void)args;
	return NATIVE_GOEXIT;
}

static void test_goexit(void **state) {
	(void)state;
	World *w = world_new(1);
	const Function *goexit = native(w, "runtime.Goexit", goexit_native, 0, 0);
	/* Goexit runs deferred calls, is not seen by recover, and goes on after a panic on its way was recovered. */
	Code *panics = deferring(w, "main.panics", recoverer(w));
	panic_with(w, panics, 4, "in goexit");
	end_deferring(panics);
	Code *middle = deferring(w, "main.middle", printer(w, "main.seven", 7));
	op(middle, OP_DEFER, 6, 0, 0);
	ptr(middle, &panics->fn);
	op(middle, OP_DEFER, 6, 0, 0);
	ptr(middle, recoverer(w));
	op(middle, OP_CALL_NATIVE, 6, 0, 0);
	ptr(middle, goexit);
	op(middle, OP_PRINT, 0, PRINT_NEWLINE, 0);
	end_deferring(middle);
	expect_start(w, &middle->fn, EXIT_DEADLOCK,
		     "0 1 7 fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n");
	assert_int_equal(w->vm.exit_code, 2);
	world_free(w);
}

/* ---------------------------------------------------------------- natives */

static NativeStatus add_native(Goroutine *g, Slot *args) {
	(void)g;
	struct { int64_t result, a, b; } *a = NATIVE_ARGS(args);
	a->result = a->a + a->b;
	return NATIVE_DONE;
}
static NativeStatus panic_native(Goroutine *g, Slot *args) {
	(void)args;
	return native_panic_text(g, "from %s", "C");
}
static NativeStatus yield_native(Goroutine *g, Slot *args) {
	(void)g, (void)args;
	return NATIVE_YIELD;
}
/* func each(n int, f func(int) int) int: sum of f(i) */
typedef struct EachArgs {
	int64_t result, n;
	const Closure *f;
} EachArgs;
static NativeStatus each_native(Goroutine *g, Slot *args) {
	EachArgs *a = NATIVE_ARGS(args);
	intptr_t round = (intptr_t)g->native_state;
	if (round == 0)
		a->result = 0;
	else
		a->result += g->native_call->args[0].i;
	if (round == a->n)
		return NATIVE_DONE;
	NativeCall *call = native_call_prepare(g, a->f);
	call->args[1].i = round;
	g->native_state = (void *)(round + 1);
	return NATIVE_CALL;
}

static void test_natives(void **state) {
	(void)state;
	World *w = world_new(1);
	const Function *add = native(w, "main.add", add_native, 1, 3);
	const Function *each = native(w, "main.each", each_native, 1, 3);
	Code *c = code_new(w, "main.main", 16, 0, 0);
	opk(c, OP_LOADI, 7, 40);
	opk(c, OP_LOADI, 8, 2);
	op(c, OP_CALL_NATIVE, 4, 0, 0);
	ptr(c, add);
	print_int(c, 6);
	op(c, OP_LOADFUNC, 2, 0, 0); /* the same through a func value */
	ptr(c, add);
	op(c, OP_CALL_CLOSURE, 4, 2, 5);
	print_int(c, 6);
	op(c, OP_CALL_NATIVE, 4, 0, 0);
	ptr(c, native(w, "main.yield", yield_native, 0, 0));
	opk(c, OP_LOADI, 7, 10);
	op(c, OP_LOADFUNC, 8, 0, 0);
	ptr(c, make_fib(w));
	op(c, OP_CALL_NATIVE, 4, 0, 0);
	ptr(c, each);
	print_int(c, 6);
	op(c, OP_LOADFUNC, 2, 0, 0);
	ptr(c, each);
	op(c, OP_CALL_CLOSURE, 4, 2, 5);
	print_int(c, 6);
	op(c, OP_CALL_NATIVE, 4, 0, 0);
	ptr(c, native(w, "main.panics", panic_native, 0, 0));
	expect_start(w, done(c), EXIT_PANIC, "42 42 88 88 panic: from C\n\ngoroutine 1 [running]:\nmain.main(...)\n");
	world_free(w);
}

/* A callback that itself makes a native call back, and one that panics past the native. */
static void test_nested_callbacks(void **state) {
	(void)state;
	World *w = world_new(1);
	const Function *each = native(w, "main.each", each_native, 1, 3);
	Code *inner = code_new(w, "main.inner", 12, 1, 2); /* func(i int) int { return each(i, fib) } */
	op(inner, OP_MOVE, 7, 3, 0);
	op(inner, OP_LOADFUNC, 8, 0, 0);
	ptr(inner, make_fib(w));
	op(inner, OP_CALL_NATIVE, 4, 0, 0);
	ptr(inner, each);
	op(inner, OP_RET_1, 6, 0, 0);
	done(inner);
	Code *c = code_new(w, "main.main", 16, 0, 0);
	opk(c, OP_LOADI, 7, 6);
	op(c, OP_LOADFUNC, 8, 0, 0);
	ptr(c, &inner->fn);
	op(c, OP_CALL_NATIVE, 4, 0, 0);
	ptr(c, each);
	print_int(c, 6); /* sums of fib(0..i-1) for i = 0..5: 0+0+1+2+4+7 */
	op(c, OP_RET, 0, 0, 0);
	expect_run(w, done(c), "14 ");
	Code *bad = code_new(w, "main.bad", 8, 1, 2);
	panic_with(w, bad, 4, "callback");
	done(bad);
	Code *safe = deferring(w, "main.safe", recoverer(w));
	opk(safe, OP_LOADI, 9, 6);
	op(safe, OP_LOADFUNC, 10, 0, 0);
	ptr(safe, &bad->fn);
	op(safe, OP_CALL_NATIVE, 6, 0, 0);
	ptr(safe, each);
	end_deferring(safe);
	expect_run(w, calls_twice(w, &safe->fn, &c->fn), "1 0 14 ");
	world_free(w);
}

static void test_call_from_the_host(void **state) {
	(void)state;
	World *w = world_new(1);
	const Function *fib = make_fib(w);
	Slot slots[2] = {{0}, {.i = 15}};
	assert_true(vm_call(&w->vm, &fib->closure, slots, 2));
	assert_int_equal(slots[0].i, 610);
	Code *bad = code_new(w, "main.bad", 8, 1, 2);
	panic_with(w, bad, 4, "host");
	assert_false(vm_call(&w->vm, &done(bad)->closure, slots, 2));
	assert_int_equal(w->vm.exit_state, EXIT_PANIC);
	assert_string_equal(trace_last_error(&w->vm), "panic: host");
	slots[1].i = 10;
	assert_true(vm_call(&w->vm, &fib->closure, slots, 2));
	assert_int_equal(slots[0].i, 55);
	world_free(w);
}

/* ---------------------------------------------------------------- goroutines and channels */

static TypeDesc *chan_of_int(World *w) {
	TypeDesc *t = type_new(w, KIND_CHAN, 8, DESC_DIRECT | DESC_POINTERS, "chan int");
	t->elem = w->table.core[CORE_INT];
	return t;
}
/* Sends 0 .. n-1 and closes. Parameters: chan at 2, n at 3. */
static const Function *make_producer(World *w) {
	Code *c = code_new(w, "main.producer", 8, 0, 2);
	op(c, OP_ZERO, 4, 0, 0);
	uint32_t loop = c->at;
	line(c, 31);
	op(c, OP_SEND, 2, 4, 1);
	op(c, OP_INC_LOOP_LT, 4, 3, back(c, loop));
	op(c, OP_CLOSE, 2, 0, 0);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}
static const Function *make_sum(World *w, int32_t n, int32_t buffer) {
	Code *c = code_new(w, "main.main", 16, 0, 0);
	opk(c, OP_LOADI, 3, buffer);
	op(c, OP_MAKE_CHAN, 2, 3, 0);
	ptr(c, chan_of_int(w));
	op(c, OP_MOVE, 10, 2, 0);
	opk(c, OP_LOADI, 11, n);
	line(c, 50);
	op(c, OP_GO, 8, 0, 2);
	ptr(c, make_producer(w));
	op(c, OP_ZERO, 4, 0, 0);
	uint32_t loop = c->at;
	op(c, OP_RECV_OK, 5, 2, 6);
	num(c, 1);
	uint32_t end = c->at;
	op(c, OP_JEQ_I, 6, 0, 0);
	op(c, OP_ADD_I64, 4, 4, 5);
	opk(c, OP_LOOP, 0, (int32_t)loop - (int32_t)c->at - 1);
	patch_c(c, end);
	print_int(c, 4);
	op(c, OP_RET, 0, 0, 0);
	return done(c);
}
static void test_channels(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 4; workers += 3) {
		World *w = world_new(workers);
		expect_run(w, make_sum(w, 100000, 0), "4999950000 ");
		expect_run(w, make_sum(w, 100000, 16), "4999950000 ");
		world_free(w);
	}
}

static void test_send_on_closed(void **state) {
	(void)state;
	World *w = world_new(1);
	/* The main goroutine closes the channel under a parked sender, which panics at its SEND. */
	Code *c = code_new(w, "main.main", 16, 0, 0);
	op(c, OP_MAKE_CHAN, 2, NO_SLOT, 0);
	ptr(c, chan_of_int(w));
	op(c, OP_MOVE, 10, 2, 0);
	opk(c, OP_LOADI, 11, 5);
	line(c, 50);
	op(c, OP_GO, 8, 0, 2);
	ptr(c, make_producer(w));
	line(c, 51);
	op(c, OP_CALL_NATIVE, 8, 0, 0);
	ptr(c, native(w, "main.yield", yield_native, 0, 0));
	op(c, OP_CLOSE, 2, 0, 0);
	op(c, OP_MAKE_CHAN, 2, NO_SLOT, 0);
	ptr(c, chan_of_int(w));
	op(c, OP_RECV, NO_SLOT, 2, 1);
	expect_start(w, done(c), EXIT_PANIC, "panic: send on closed channel\n\ngoroutine ");
	expect_part(w, " [running]:\nmain.producer(...)\n\t/src/test.go:31 +0x8\n"
		       "created by main.main in goroutine 1\n\t/src/test.go:50 +0x");
	world_free(w);
}

static void test_deadlock(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.main", 16, 0, 0);
	op(c, OP_MAKE_CHAN, 2, NO_SLOT, 0);
	ptr(c, chan_of_int(w));
	line(c, 12);
	op(c, OP_RECV, NO_SLOT, 2, 1);
	line(c, 13);
	op(c, OP_RET, 0, 0, 0);
	expect_start(w, done(c), EXIT_DEADLOCK,
		     "fatal error: all goroutines are asleep - deadlock!\n\n"
		     "goroutine 1 [chan receive]:\nmain.main(...)\n\t/src/test.go:12 +0x10\n");
	world_free(w);
}

static void test_select(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.main", 24, 0, 0);
	SelectCase receive = {0, 1, 2, 4, 5}, never = {0, 1, 3, NO_SLOT, NO_SLOT};
	Insn word;
	op(c, OP_MAKE_CHAN, 2, NO_SLOT, 0);
	ptr(c, chan_of_int(w));
	op(c, OP_ZERO, 3, 0, 0); /* a nil channel */
	op(c, OP_SELECT, 6, 2, 1);
	memcpy(&word, &never, sizeof word);
	c->words[c->at++] = word;
	memcpy(&word, &receive, sizeof word);
	c->words[c->at++] = word;
	print_int(c, 6);
	op(c, OP_MOVE, 10, 2, 0);
	opk(c, OP_LOADI, 11, 1);
	op(c, OP_GO, 8, 0, 2);
	ptr(c, make_producer(w));
	for (int i = 0; i < 2; i++) {
		op(c, OP_SELECT, 6, 2, 0);
		memcpy(&word, &never, sizeof word);
		c->words[c->at++] = word;
		memcpy(&word, &receive, sizeof word);
		c->words[c->at++] = word;
		print_int(c, 6);
		print_int(c, 5);
	}
	op(c, OP_RET, 0, 0, 0);
	expect_run(w, done(c), "-1 1 1 1 0 ");
	world_free(w);
}

/* A lock made of a semaphore: parks (lock) or is called again when woken (lock_retry). */
typedef struct SemaArgs {
	uint32_t *sema;
} SemaArgs;
static NativeStatus lock_native(Goroutine *g, Slot *args) {
	SemaArgs *a = NATIVE_ARGS(args);
	return sema_acquire_or_park(g, a->sema, false, WAIT_SYNC_MUTEX) ? NATIVE_DONE : NATIVE_PARK;
}
static NativeStatus lock_retry_native(Goroutine *g, Slot *args) {
	SemaArgs *a = NATIVE_ARGS(args);
	if (g->native_state) /* the count was taken on our behalf */
		return NATIVE_DONE;
	g->native_state = g;
	return sema_acquire_or_park(g, a->sema, false, WAIT_SYNC_MUTEX) ? NATIVE_DONE : NATIVE_RETRY;
}
static NativeStatus unlock_native(Goroutine *g, Slot *args) {
	SemaArgs *a = NATIVE_ARGS(args);
	sema_release(g, a->sema, false);
	return NATIVE_DONE;
}

/* `goroutines` of them add 1 to a global `rounds` times under the lock; the last thing each does is release `finished`. */
static void run_lockers(uint32_t workers, NativeFn lock, bool through_value) {
	enum { GOROUTINES = 8, ROUNDS = 5000, FINISHED = 64 };
	World *w = world_new(workers);
	const Function *acquire = native(w, "main.lock", lock, 0, 1), *release = native(w, "main.unlock", unlock_native, 0, 1);
	Code *c = code_new(w, "main.locker", 12, 0, 0);
	op(c, OP_ZERO, 2, 0, 0);
	op(c, OP_LOADFUNC, 4, 0, 0);
	ptr(c, acquire);
	uint32_t loop = c->at;
	opk(c, OP_GADDR, 8, 0);
	if (through_value) {
		op(c, OP_CALL_CLOSURE, 6, 4, 3);
	} else {
		op(c, OP_CALL_NATIVE, 6, 0, 0);
		ptr(c, acquire);
	}
	opk(c, OP_LOADG_64, 3, 8);
	op(c, OP_ADDI, 3, 3, 1);
	opk(c, OP_STOREG_64, 3, 8);
	op(c, OP_CALL_NATIVE, 6, 0, 0);
	ptr(c, release);
	op(c, OP_INC_LOOP_LT_I, 2, ROUNDS, back(c, loop));
	opk(c, OP_GADDR, 8, FINISHED);
	op(c, OP_CALL_NATIVE, 6, 0, 0);
	ptr(c, release);
	op(c, OP_RET, 0, 0, 0);
	const Function *locker = done(c);
	c = code_new(w, "main.main", 12, 0, 0);
	opk(c, OP_GADDR, 8, 0);
	op(c, OP_CALL_NATIVE, 6, 0, 0); /* the lock begins free */
	ptr(c, release);
	for (int i = 0; i < GOROUTINES; i++) {
		op(c, OP_GO, 6, 0, 0);
		ptr(c, locker);
	}
	for (int i = 0; i < GOROUTINES; i++) {
		opk(c, OP_GADDR, 8, FINISHED);
		op(c, OP_CALL_NATIVE, 6, 0, 0);
		ptr(c, acquire);
	}
	opk(c, OP_LOADG_64, 3, 8);
	print_int(c, 3);
	op(c, OP_RET, 0, 0, 0);
	expect_run(w, done(c), "40000 ");
	world_free(w);
}
static void test_natives_that_park(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 4; workers += 3) {
		run_lockers(workers, lock_native, false);
		run_lockers(workers, lock_native, true);
		run_lockers(workers, lock_retry_native, false);
		run_lockers(workers, lock_retry_native, true);
	}
}

static void test_jump_table(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.f", 8, 1, 2);
	op(c, OP_JTABLE, 3, 3, 0);
	num(c, 10);
	int32_t distances[4] = {2, 4, 6, 0}; /* words behind the table */
	memcpy(&c->words[c->at], distances, sizeof distances);
	c->at += 2;
	for (int i = 0; i < 4; i++) { /* default, 10, 11, 12 */
		opk(c, OP_LOADI, 2, 100 + i);
		op(c, OP_RET, 0, 0, 0);
	}
	const Function *f = done(c);
	expect_run(w, call_with(w, f, 9), "100 ");
	expect_run(w, call_with(w, f, 10), "101 ");
	expect_run(w, call_with(w, f, 12), "103 ");
	expect_run(w, call_with(w, f, 13), "100 ");
	world_free(w);
}

static void test_fuel(void **state) {
	(void)state;
	World *w = world_new(1);
	w->vm.host.fuel = 1000000;
	Code *c = code_new(w, "main.main", 8, 0, 0);
	uint32_t loop = c->at;
	opk(c, OP_LOOP, 0, (int32_t)loop - (int32_t)c->at - 1);
	run(w, done(c));
	assert_int_equal(w->vm.exit_state, EXIT_LIMIT);
	world_free(w);
}

/* ---------------------------------------------------------------- methods */

static void test_interface_calls(void **state) {
	(void)state;
	World *w = world_new(1);
	static const MethodKey key = {.name = "Get", .pkg_path = ""};
	/* func (v Big) Get() int: the receiver is two slots (a pair behind the result) */
	Code *get = code_new(w, "main.Big.Get", 8, 1, 4);
	get->fn.recv_slot = 4;
	get->fn.recv_slots = 2;
	op(get, OP_ADD_I64, 2, 4, 5);
	op(get, OP_RET, 0, 0, 0);
	done(get);
	TypeDesc *big = type_new(w, KIND_STRUCT, 16, DESC_AGGREGATE | DESC_NAMED, "main.Big");
	big->short_name = "Big";
	big->pkg_path = "main";
	TypeDesc *pointer = type_new(w, KIND_POINTER, 8, DESC_DIRECT | DESC_POINTERS, "*main.Big");
	static MethodDesc method;
	method = (MethodDesc){.key = &key, .fn = &get->fn, .deref = true, .exported = true};
	get->fn.recv_type = big;
	big->methods = pointer->methods = &method;
	big->method_count = pointer->method_count = 1;
	Code *c = code_new(w, "main.main", 24, 0, 0);
	opk(c, OP_LOADI, 4, 30);
	opk(c, OP_LOADI, 5, 12);
	op(c, OP_BOX, 2, 4, 0);
	ptr(c, big);
	for (int i = 0; i < 2; i++) {
		op(c, OP_CALL_IFACE, 8, 2, 4);
		ptr(c, &key);
		print_int(c, 10);
	}
	op(c, OP_ZERO, 6, 0, 0);
	op(c, OP_MKIFACE, 2, 6, 0);
	ptr(c, pointer);
	op(c, OP_CALL_IFACE, 8, 2, 4);
	ptr(c, &key);
	expect_start(w, done(c), EXIT_PANIC, "42 42 panic: value method main.Big.Get called using nil *Big pointer\n");
	world_free(w);
}

/* An uncaught panic is printed through the Error method of its value, on the goroutine. */
static void test_error_method_prints_panic(void **state) {
	(void)state;
	World *w = world_new(1);
	static const MethodKey key = {.name = "Error", .pkg_path = ""};
	Code *text = code_new(w, "main.E.Error", 12, 2, 4);
	text->fn.recv_slot = 4;
	text->fn.recv_slots = 1;
	op(text, OP_LOADSTR, 2, 0, 0);
	ptr(text, literal(w, "my error"));
	op(text, OP_RET, 0, 0, 0);
	done(text);
	TypeDesc *string_func = type_new(w, KIND_FUNC, 8, DESC_DIRECT, "func() string");
	static const TypeDesc *results[1];
	results[0] = w->table.core[CORE_STRING];
	string_func->results = results;
	string_func->result_count = 1;
	static MethodDesc method;
	method = (MethodDesc){.key = &key, .type = string_func, .fn = &text->fn, .exported = true};
	TypeDesc *e = type_new(w, KIND_INT, 8, DESC_DIRECT | DESC_NAMED, "main.E");
	e->pkg_path = "main";
	Code *c = code_new(w, "main.main", 8, 0, 0);
	opk(c, OP_LOADI, 4, 3);
	op(c, OP_MKIFACE, 2, 4, 0);
	ptr(c, e);
	line(c, 77);
	op(c, OP_PANIC, 2, 0, 0);
	expect_start(w, done(c), EXIT_PANIC, "panic: main.E(3)\n\ngoroutine 1");
	e->methods = &method;
	e->method_count = 1;
	expect_start(w, &c->fn, EXIT_PANIC, "panic: my error\n\ngoroutine ");
	expect_part(w, " [running]:\nmain.main(...)\n\t/src/test.go:77 +0x18\n");
	world_free(w);
}

/* ---------------------------------------------------------------- slices and strings */

static void test_append_and_index(void **state) {
	(void)state;
	World *w = world_new(1);
	TypeDesc *ints = type_new(w, KIND_SLICE, 16, DESC_POINTERS, "[]int");
	ints->elem = w->table.core[CORE_INT];
	Code *c = code_new(w, "main.main", 16, 0, 0);
	op(c, OP_ZERO2, 2, 0, 0);
	op(c, OP_ZERO, 4, 0, 0);
	uint32_t loop = c->at;
	op(c, OP_APPEND_64, 2, 2, 4);
	ptr(c, ints);
	op(c, OP_INC_LOOP_LT_I, 4, 1000, back(c, loop));
	op(c, OP_ZERO, 5, 0, 0); /* sum */
	op(c, OP_MOVE2, 8, 2, 0);
	opk(c, OP_RANGE_INIT, 8, 1);
	loop = c->at;
	op(c, OP_ADD_I64, 5, 5, 6);
	op(c, OP_RANGE_NEXT_64, 8, 6, back(c, loop));
	print_int(c, 5);
	op(c, OP_SLICE_LEN, 4, 2, 0);
	print_int(c, 4);
	opk(c, OP_LOADI, 4, 998);
	op(c, OP_SLICE_FROM, 2, 2, 4);
	num(c, 8);
	op(c, OP_ZERO, 4, 0, 0);
	op(c, OP_INDEX_64, 5, 2, 4);
	print_int(c, 5);
	op(c, OP_RET, 0, 0, 0);
	expect_run(w, done(c), "499500 1000 998 ");
	world_free(w);
}

static void test_range_over_string(void **state) {
	(void)state;
	World *w = world_new(1);
	Code *c = code_new(w, "main.main", 16, 0, 0);
	op(c, OP_LOADSTR, 2, 0, 0);
	ptr(c, literal(w, "a\xc3\xa9\xff"));
	op(c, OP_ZERO, 4, 0, 0);
	uint32_t loop = c->at;
	op(c, OP_STR_NEXT, 4, 2, 6);
	uint32_t distance = c->at;
	num(c, 0);
	print_int(c, 5);
	print_int(c, 6);
	opk(c, OP_LOOP, 0, (int32_t)loop - (int32_t)c->at - 1);
	c->words[distance].imm = (int64_t)c->at - distance - 1;
	op(c, OP_RET, 0, 0, 0);
	expect_run(w, done(c), "0 97 1 233 3 65533 ");
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_fib),
		cmocka_unit_test(test_deep_recursion_grows_the_stack),
		cmocka_unit_test(test_stack_overflow),
		cmocka_unit_test(test_divide_by_zero),
		cmocka_unit_test(test_fault_texts),
		cmocka_unit_test(test_defer_order_and_recover),
		cmocka_unit_test(test_recover_only_in_the_deferred_call),
		cmocka_unit_test(test_panic_in_deferred_call),
		cmocka_unit_test(test_goexit),
		cmocka_unit_test(test_natives),
		cmocka_unit_test(test_nested_callbacks),
		cmocka_unit_test(test_call_from_the_host),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_send_on_closed),
		cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_natives_that_park),
		cmocka_unit_test(test_jump_table),
		cmocka_unit_test(test_fuel),
		cmocka_unit_test(test_interface_calls),
		cmocka_unit_test(test_error_method_prints_panic),
		cmocka_unit_test(test_append_and_index),
		cmocka_unit_test(test_range_over_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
