/* SPDX-License-Identifier: MIT */
/* test_natives.c: every native of the library, called with arguments that its declaration allows and the library never passes:
 * nil, negative, too short, of another dynamic type. A native may panic, refuse or wait; under the sanitizers it may not touch
 * what is not its own. An image's code may make all of these calls.
 *
 * A caller is made of instructions for each call: one slot after the other is filled by the type that belongs there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api_internal.h"
#include "bytecode/image.h"
#include "bytecode/shape.h"

enum { BASE = 32, MAX_WORDS = 4000, MEMORY = 4096 };

typedef struct Maker {
	struct Maker *before;
	GolProgram *p;
	Insn code[MAX_WORDS];
	uint32_t len;
	uint64_t random;
	Arena arena; /* what the instructions refer to */
} Maker;

static uint64_t next(Maker *m, uint64_t below) {
	m->random += 0x9e3779b97f4a7c15u;
	uint64_t x = (m->random ^ m->random >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (x ^ x >> 31) % below;
}

static void put(Maker *m, Op op, uint32_t a, uint32_t b, uint32_t c) {
	assert_true(m->len + 4 < MAX_WORDS);
	m->code[m->len++] = (Insn){.op = (uint16_t)op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c};
}

static void put_word(Maker *m, Op op, uint32_t a, uint64_t word) {
	put(m, op, a, 0, 0);
	m->code[m->len++].word = word;
}

/* ---------------------------------------------------------------- values */

static uint64_t some_number(Maker *m) {
	static const int64_t numbers[] = {0, 1, 2, 3, 4, 7, 8, 10, 16, 31, 32, 36, 62, 63, 64, 65, 100, 127, 128, 255, 256, 257, 1000,
		4096, 65535, 65536, 1 << 20, INT32_MAX, INT32_MIN, (int64_t)INT32_MAX + 1, UINT32_MAX, INT64_MAX, INT64_MIN, -1, -2, -3, -64,
		-1000, 1ll << 40, 1ll << 62};
	return (uint64_t)numbers[next(m, COUNT_OF(numbers))];
}

static uint64_t some_float(Maker *m) {
	static const double numbers[] = {0, -0.0, 1, -1, 0.5, 1e300, -1e300, 5e-324, 1e18, 3.7};
	double f = numbers[next(m, COUNT_OF(numbers))];
	uint64_t bits;
	memcpy(&bits, &f, sizeof bits);
	uint64_t special[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000001};
	return next(m, 5) ? bits : special[next(m, 3)];
}

static const GoString *some_string(Maker *m) {
	static const char *const texts[] = {"", "a", "\xff", "\xe4\xb8", "abc def", "0", "123456789012345678901234567890", "-1e400", "{\"a\": [1, tr",
		"%d %s %v %*[3]q %!", "\"\\ud800\\u12\"", "UTC", "../../x", "EST5EDT,M3.2.0,M11.1.0/99999999", "(a|b)*c+[^d]{2,3}", "0x1p-2", "\n\n", "]}"};
	GoString *s = ARENA_NEW(&m->arena, GoString);
	if (next(m, 8) == 0) {
		size_t n = next(m, 3000);
		char *text = arena_alloc(&m->arena, n + 1);
		memset(text, (int)next(m, 256), n);
		*s = (GoString){text, (int64_t)n};
	} else {
		const char *text = texts[next(m, COUNT_OF(texts))];
		*s = (GoString){text, (int64_t)strlen(text)};
	}
	return s;
}

/* Zeroes of the type, not of the collector's; what only C code makes has none. */
static void *some_memory(Maker *m, const TypeDesc *type) {
	if (type == m->p->types.core[CORE_REFLECT_TYPE]->elem)
		return (void *)(uintptr_t)m->p->types.types.items[next(m, m->p->types.types.len)];
	if (type->kind == KIND_STRUCT && type->size == 0 && type->flags & DESC_NAMED && type->field_count)
		return NULL;
	return type->size > MEMORY * 16 ? NULL : arena_alloc(&m->arena, type->size + 16);
}

static const GoIface *some_iface(Maker *m) {
	const TypeDesc *const *core = m->p->types.core;
	GoIface *v = ARENA_NEW(&m->arena, GoIface);
	const TypeDesc *any = m->p->types.types.items[next(m, m->p->types.types.len)];
	switch (next(m, 6)) {
	case 0:
		*v = (GoIface){core[CORE_INT], {.u = some_number(m)}};
		break;
	case 1:
		*v = (GoIface){core[CORE_STRING], {.p = (void *)(uintptr_t)some_string(m)}};
		break;
	case 2:
		*v = (GoIface){core[CORE_REFLECT_TYPE], {.p = (void *)(uintptr_t)any}};
		break;
	default:
		if (any->kind == KIND_INTERFACE || any->size > MEMORY)
			break;
		if (any->kind == KIND_POINTER)
			*v = (GoIface){any, {.p = next(m, 3) ? some_memory(m, any->elem) : NULL}};
		else if (any->flags & DESC_DIRECT)
			*v = (GoIface){any, {.u = any->flags & DESC_POINTERS ? 0 : some_number(m)}};
		else
			*v = (GoIface){any, {.p = arena_alloc(&m->arena, any->size + 16)}};
	}
	return v;
}

static void fill(Maker *m, const TypeDesc *type, uint32_t slot);

static void fill_slice(Maker *m, const TypeDesc *type, uint32_t slot) {
	static const uint32_t lengths[] = {0, 1, 2, 3, 5, 16, 63, 64, 255, 256, 300};
	uint32_t len = lengths[next(m, COUNT_OF(lengths))], length_slot = 2, first_slot = 4;
	if (next(m, 4) == 0 || type->elem->size > 1024) {
		put(m, OP_ZERO2, slot, 0, 0);
		return;
	}
	put_word(m, OP_LOADK, length_slot, len);
	put_word(m, OP_LOADK, length_slot + 1, len + next(m, 4));
	put(m, OP_MAKE_SLICE, slot, length_slot, length_slot + 1);
	m->code[m->len++].ptr = type;
	Kind kind = type->elem->kind;
	if (len && type->elem->size == 16 && (kind == KIND_STRING || kind == KIND_INTERFACE)) { /* the first element */
		put_word(m, OP_LOADK, length_slot, 0);
		fill(m, type->elem, first_slot);
		put(m, OP_SETINDEX_128P, slot, length_slot, first_slot);
	}
}

static void fill_struct(Maker *m, const TypeDesc *type, uint32_t slot) {
	for (uint32_t i = 0; i < type->slots; i++)
		put(m, OP_ZERO, slot + i, 0, 0);
	for (uint32_t i = 0; i < type->field_count; i++)
		if (type->fields[i].type->size >= 8 && type->fields[i].type->slots < 64)
			fill(m, type->fields[i].type, slot + type->fields[i].offset / 8);
}

static void fill(Maker *m, const TypeDesc *type, uint32_t slot) {
	switch ((Kind)type->kind) {
	case KIND_STRING:
		put_word(m, OP_LOADSTR, slot, (uintptr_t)some_string(m));
		break;
	case KIND_INTERFACE:
		put_word(m, OP_LOADIFACE, slot, (uintptr_t)some_iface(m));
		break;
	case KIND_SLICE:
		fill_slice(m, type, slot);
		break;
	case KIND_MAP: case KIND_CHAN:
		put(m, next(m, 2) ? OP_ZERO : type->kind == KIND_MAP ? OP_MAKE_MAP : OP_MAKE_CHAN, slot, NO_SLOT, 0);
		if (m->code[m->len - 1].op != OP_ZERO)
			m->code[m->len++].ptr = type;
		break;
	case KIND_POINTER:
		put_word(m, OP_LOADK, slot, next(m, 4) ? (uintptr_t)some_memory(m, type->elem) : 0);
		break;
	case KIND_STRUCT: case KIND_ARRAY:
		fill_struct(m, type, slot);
		break;
	case KIND_FLOAT32: case KIND_FLOAT64:
		put_word(m, OP_LOADK, slot, some_float(m));
		break;
	case KIND_COMPLEX128:
		put(m, OP_ZERO2, slot, 0, 0);
		break;
	case KIND_FUNC: case KIND_UNSAFE_POINTER:
		put(m, OP_ZERO, slot, 0, 0);
		break;
	default:
		put_word(m, OP_LOADK, slot, some_number(m));
		break;
	}
}

/* ---------------------------------------------------------------- calls */

static void make_call(Maker *m, const Function *native) {
	uint16_t params[64];
	const TypeDesc *type = native->type;
	assert_true(type->param_count <= COUNT_OF(params));
	call_shape(type, NULL, params);
	m->len = 0;
	for (uint32_t i = 0; i < native->arg_slots; i++)
		put(m, OP_ZERO, BASE + FRAME_HEADER_SLOTS + i, 0, 0);
	for (uint32_t i = 0; i < type->param_count; i++)
		fill(m, type->params[i], BASE + params[i]);
	if (native->recv_type)
		fill(m, native->recv_type, BASE + native->recv_slot);
	put_word(m, OP_CALL_NATIVE, BASE, (uintptr_t)native);
	put(m, OP_RET, 0, 0, 0);
}

static GolVM *vm_new(bool limited) {
	GolConfig config = {.size = sizeof config, .workers = 2, .seed = 1};
	if (limited)
		config.limits = (GolLimits){.memory_bytes = 64 << 20, .fuel = 2000000, .goroutines = 50, .wall_ns = 20000000};
	GolVM *vm;
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	return vm;
}

static const char program_text[] = "package main\nimport (\"reflect\"; \"fmt\"; \"io\"; \"time\")\ntype T struct { A int; B []string; C *T; D map[string]T; E error; F func(int) int }\n"
				   "func main() { fmt.Sprint(reflect.ValueOf([]any{T{}, []T{}, io.EOF, [3]int8{}, time.Time{}, make(chan T), 1.5, 2i, uint8(1)}).Type()) }\n";

/* GOL_ROUNDS=10000 looks longer, GOL_NATIVE=strings.Index at one. */
static uint32_t rounds(void) {
	const char *s = getenv("GOL_ROUNDS");
	return s ? (uint32_t)atoi(s) : 40;
}

static void call_native(GolProgram *p, const Function *native, uint32_t number) {
	GolVM *vm = vm_new(true);
	assert_int_equal(gol_program_share(vm, p), GOL_OK);
	Maker *made = NULL; /* code lives as long as the VM */
	for (uint32_t round = 0, last = rounds(); round < last; round++) {
		Maker *m = calloc(1, sizeof *m);
		m->before = made;
		made = m;
		m->p = p;
		m->random = number * 1000003ull + round;
		arena_init(&m->arena, &p->mem);
		make_call(m, native);
		const Program *whole = p->program;
		Function *caller = ARENA_NEW(&m->arena, Function);
		*caller = *whole->entry;
		caller->closure.fn = caller;
		caller->code = m->code;
		caller->code_len = m->len;
		caller->slot_ptrs = NULL;
		caller->frame_slots = (uint16_t)(ALIGN_UP(BASE + FRAME_HEADER_SLOTS + native->arg_slots, 2u) + 64);
		caller->name = native->name;
		Program with = *whole;
		with.entry = caller;
		with.init = NULL;
		p->program = &with;
		GolStatus status = gol_run(vm, p);
		p->program = whole;
		if (status == GOL_ERROR_ARGUMENT || status == GOL_ERROR_IMAGE)
			fail_msg("%s: %s", native->name, gol_error(vm));
	}
	gol_vm_free(vm);
	while (made) {
		Maker *m = made;
		made = m->before;
		arena_deinit(&m->arena);
		free(m);
	}
}

static void test_every_native(void **state) {
	(void)state;
	GolVM *vm = vm_new(false);
	GolProgram *p;
	uint32_t count = 0;
	const LibraryPackage *lib;
	assert_int_equal(gol_compile_text(vm, "t.go", program_text, &p), GOL_OK);
	p->vm = vm;
	for (size_t i = 0; (lib = library_at(i)) != NULL; i++) {
		const char *error = NULL;
		Package *package = lib->natives ? loader_import(p, lib->path, &error) : NULL;
		if (package)
			compile_natives(&p->session, package, p->universe.basic[TYPE_INT]);
	}
	for (uint32_t i = 0; i < p->session.functions.len; i++) {
		Function *fn = (Function *)(uintptr_t)p->session.functions.items[i];
		Str path, name;
		if (!(fn->flags & FUNC_NATIVE))
			continue;
		native_split(fn->name, &path, &name);
		char package[200], function[200];
		snprintf(package, sizeof package, "%.*s", (int)path.len, path.ptr);
		snprintf(function, sizeof function, "%.*s", (int)name.len, name.ptr);
		fn->native = library_native(library_find(package), function);
		assert_non_null(fn->native);
		native_bind_extending(fn);
		if (getenv("GOL_NATIVE") && strcmp(getenv("GOL_NATIVE"), fn->name) != 0)
			continue;
		call_native(p, fn, count++);
	}
	p->vm = NULL;
	assert_true(count > 400 || getenv("GOL_NATIVE"));
	gol_vm_free(vm);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_native)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
