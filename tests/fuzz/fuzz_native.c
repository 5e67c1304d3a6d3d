/* SPDX-License-Identifier: MIT */
/* fuzz_native.c: libFuzzer target: natives called as the library's own code never calls them.
 *
 * Programs that reach most natives are compiled once. The input says how their instructions change: operands, constants,
 * callees, conditions, whole instructions left out, mostly in functions that call natives, so that what Go code checks
 * beforehand is not checked. What the verifier lets pass is loaded from an image and run with small limits; the sanitizer sees
 * whether a native believed what it was told.
 *
 * Input: the program, then changes of {function: 2 bytes, instruction: 2 bytes, how: 1 byte, value: 3 bytes}. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "bytecode/image.h"
#include "bytecode/opcode.h"
#include "bytecode/verify.h"
#include "tests/fuzz/native_programs.h"

enum { PROGRAMS = sizeof program_texts / sizeof *program_texts, CHANGE = 8 };

typedef struct Subject {
	GolVM *vm;
	const Program *program;
	uint32_t *callers; /* functions that call natives */
	uint32_t caller_count;
} Subject;

static GolVM *vm_new(bool limited) {
	GolConfig config = {.size = sizeof config, .workers = 2, .seed = 1};
	if (limited)
		config.limits = (GolLimits){.memory_bytes = 64 << 20, .fuel = 300000, .goroutines = 100, .stack_bytes = 1 << 20, .wall_ns = 500000000};
	GolVM *vm;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		abort();
	return vm;
}

static bool calls_natives(const Function *fn) {
	for (uint32_t pc = 0; pc < fn->code_len; pc += op_words(&fn->code[pc]))
		if (fn->code[pc].op == OP_CALL_NATIVE)
			return true;
	return false;
}

static Subject subject_new(const char *text) {
	Subject s = {.vm = vm_new(false)};
	GolProgram *program;
	if (gol_compile_text(s.vm, "fuzz.go", text, &program) != GOL_OK || gol_run(s.vm, program) > GOL_ERROR_LIMIT) {
		fprintf(stderr, "%s\n", gol_error(s.vm));
		abort();
	}
	s.program = program->program;
	s.callers = calloc(s.program->function_count, sizeof *s.callers);
	for (uint32_t i = 0; i < s.program->function_count; i++)
		if (!(s.program->functions[i]->flags & FUNC_NATIVE) && calls_natives(s.program->functions[i]))
			s.callers[s.caller_count++] = i;
	return s;
}

/* ---------------------------------------------------------------- changes */

static const int64_t numbers[] = {0, 1, 2, 3, -1, -2, 7, 8, 15, 16, 62, 63, 64, 65, 127, 128, 255, 256, 257, 1000, 65535, 65536,
	INT32_MAX, (int64_t)INT32_MAX + 1, INT32_MIN, INT64_MAX, INT64_MIN, -1000, 1 << 20, 1ll << 40};

static uint16_t *operand(Insn *at, unsigned which) { return which % 3 == 0 ? &at->a : which % 3 == 1 ? &at->b : &at->c; }

static const Function *other_function(const Program *p, uint32_t value, bool native) {
	for (uint32_t i = 0; i < p->function_count; i++) {
		const Function *fn = p->functions[(value + i) % p->function_count];
		if (!native || fn->flags & FUNC_NATIVE)
			return fn;
	}
	return p->functions[0];
}

static void replace(const Program *p, Insn *at, uint32_t words, uint32_t value) {
	for (uint32_t w = 1; w < words; w++)
		switch (op_operand_kind((Op)at->op, (int)w)) {
		case OPERAND_BITS: case OPERAND_NUMBER:
			at[w].word = (uint64_t)numbers[value % COUNT_OF(numbers)];
			return;
		case OPERAND_TYPE:
			at[w].ptr = p->types->types.items[value % p->types->types.len];
			return;
		case OPERAND_FUNCTION:
			at[w].ptr = other_function(p, value, at->op == OP_CALL_NATIVE);
			return;
		case OPERAND_KEY:
			at[w].ptr = p->types->keys.items[value % p->types->keys.len];
			return;
		default:
			break;
		}
	at->b = (uint16_t)numbers[value % COUNT_OF(numbers)];
}

static void change(const Program *p, const Function *fn, const uint8_t *d) {
	static const uint16_t conditions[] = {OP_JNZ, OP_JZ, OP_JLT_I64, OP_JLE_I64, OP_JEQ_I64, OP_JNE_I64, OP_JLT_I, OP_JLE_I,
		OP_JEQ_I, OP_JNE_I, OP_JGT_I, OP_JGE_I};
	uint32_t target = (uint32_t)(d[2] | d[3] << 8) % fn->code_len, pc = 0, value = d[5] | (uint32_t)d[6] << 8 | (uint32_t)d[7] << 16;
	while (pc + op_words(&fn->code[pc]) <= target)
		pc += op_words(&fn->code[pc]);
	Insn *at = (Insn *)(uintptr_t)&fn->code[pc];
	uint32_t words = op_words(at);
	switch (d[4] % 8) {
	case 0:
		*operand(at, d[5]) = (uint16_t)(d[6] % fn->frame_slots);
		break;
	case 1:
		*operand(at, d[5]) = (uint16_t)numbers[d[6] % COUNT_OF(numbers)];
		break;
	case 2: case 3:
		replace(p, at, words, value);
		break;
	case 4: /* leave it out */
		for (uint32_t i = 0; i < words; i++)
			at[i].word = OP_NOP;
		break;
	case 5: { /* another condition, mostly the opposite */
		const char *shape = op_info[at->op].shape;
		for (size_t i = 0; i < COUNT_OF(conditions); i++) {
			uint16_t op = conditions[(value + i) % COUNT_OF(conditions)];
			if (op != at->op && strcmp(shape, "---") != 0 && memcmp(op_info[op].shape, shape, 3) == 0) {
				at->op = op;
				break;
			}
		}
		break;
	}
	case 6: /* a number instead of what was computed */
		if (words == 1 && op_info[at->op].shape[0] == 'w') {
			at->op = OP_LOADI;
			at->b = (uint16_t)numbers[d[6] % COUNT_OF(numbers)];
			at->c = (uint16_t)((uint64_t)numbers[d[6] % COUNT_OF(numbers)] >> 16);
		}
		break;
	default: /* nothing instead of it */
		if (words == 1 && (op_info[at->op].shape[0] == 'w' || op_info[at->op].shape[0] == 'W'))
			at->op = op_info[at->op].shape[0] == 'w' ? OP_ZERO : OP_ZERO2;
		break;
	}
}

/* ---------------------------------------------------------------- one input */

static bool bind_nothing(void *user, Function *fn, const char *declaration, Buf *why) {
	(void)user, (void)fn, (void)declaration, (void)why;
	return false;
}

static const char *no_declaration(void *user, const Function *fn) {
	(void)user, (void)fn;
	return NULL;
}

/* The image of the program with the changes, which are undone. */
static void changed_image(const Subject *s, const uint8_t *data, size_t size, Buf *out) {
	const ImageHost host = {.declaration = no_declaration, .bind = bind_nothing};
	enum { MOST = 16 };
	struct {
		const Function *fn;
		Insn *code;
	} saved[MOST];
	uint32_t count = 0;
	for (; size >= CHANGE && count < MOST; data += CHANGE, size -= CHANGE) {
		uint32_t which = data[0] | (uint32_t)data[1] << 8;
		const Program *p = s->program;
		const Function *fn = p->functions[data[1] & 0xc0 ? s->callers[which % s->caller_count] : which % p->function_count];
		if (fn->flags & FUNC_NATIVE)
			continue;
		saved[count].fn = fn;
		saved[count].code = malloc(fn->code_len * sizeof(Insn));
		memcpy(saved[count++].code, fn->code, fn->code_len * sizeof(Insn));
		change(p, fn, data);
	}
	image_write(s->program, GOL_VERSION, &host, out);
	while (count-- > 0) {
		memcpy((void *)(uintptr_t)saved[count].fn->code, saved[count].code, saved[count].fn->code_len * sizeof(Insn));
		free(saved[count].code);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static Subject subjects[PROGRAMS];
	static size_t proved, tried;
	if (size < 1 + CHANGE)
		return -1;
	Subject *s = &subjects[data[0] % PROGRAMS];
	if (!s->vm)
		*s = subject_new(program_texts[data[0] % PROGRAMS]);
	Buf image;
	buf_init(&image, &s->vm->vm.mem);
	changed_image(s, data + 1, size - 1, &image);
	GolVM *vm = vm_new(true);
	GolProgram *program;
	bool ok = gol_load(vm, image.ptr, image.len, &program) == GOL_OK;
	if (ok)
		gol_run(vm, program);
	gol_vm_free(vm);
	buf_deinit(&image);
	proved += ok;
	if (++tried % 2000 == 0)
		fprintf(stderr, "%zu of %zu images were proved and run\n", proved, tried);
	return ok ? 0 : -1; /* what is refused leads nowhere */
}
