/* SPDX-License-Identifier: MIT */
/* test_verify.c: what the verifier refuses. Programs are compiled, then changed as an attacker would change an image, each in
 * one place; the verifier must say what is wrong with it, and find nothing wrong with the unchanged program. */
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
#include "bytecode/opcode.h"
#include "bytecode/type_text.h"
#include "bytecode/operands.h"
#include "bytecode/verify.h"

static const char source[] =
	"package main\n"
	"import \"fmt\"\nimport \"time\"\nimport \"reflect\"\n"
	"type T struct { A int; P *int; S string; B byte; N *T }\n"
	"type I interface { M(int) int }\n"
	"func (t *T) M(n int) int { return t.A + n }\n"
	"var G *T\nvar H int\nvar W string\n"
	"func takes(s string, p *T) (*T, string) { for range 3 { H++ }; return p, s }\n"
	"//go:noinline\nfunc load(t *T) *int { return t.P }\n"
	"//go:noinline\nfunc store(t *T, p *int) { t.P = p }\n"
	"//go:noinline\nfunc storePair(t *T, s string) { t.S = s }\n"
	"//go:noinline\nfunc number(t *T) { t.A = 7 }\n"
	"//go:noinline\nfunc field(t *T) *string { return &t.S }\n"
	"//go:noinline\nfunc index(s []int, i int) int { return s[i] }\n"
	"//go:noinline\nfunc indexPointer(s []*T, i int) *T { return s[i] }\n"
	"//go:noinline\nfunc setIndex(s []*T, i int, t *T) { s[i] = t }\n"
	"//go:noinline\nfunc address(s []T, i int) *T { return &s[i] }\n"
	"//go:noinline\nfunc add(s []int, n int) []int { return append(s, n) }\n"
	"//go:noinline\nfunc part(s []T, i int) []T { return s[i:] }\n"
	"//go:noinline\nfunc array(a *[4]int, i int) int { return a[i] }\n"
	"//go:noinline\nfunc elements(s []string) int { n := 0; for _, x := range s { n += len(x) }; return n }\n"
	"//go:noinline\nfunc keys(m map[string]*T) *T { for _, v := range m { return v }; return nil }\n"
	"//go:noinline\nfunc get(m map[string]*T, k string) *T { return m[k] }\n"
	"//go:noinline\nfunc set(m map[string]*T, k string, t *T) { m[k] = t }\n"
	"//go:noinline\nfunc call(i I) int { return i.M(3) }\n"
	"//go:noinline\nfunc callFunc(f func(*T) int, t *T) int { return f(t) }\n"
	"//go:noinline\nfunc direct(t *T) string { for range 2 { _, s := takes(\"x\", t); W = s }; return W }\n"
	"//go:noinline\nfunc box(t T) any { return t }\n"
	"//go:noinline\nfunc boxPointer(t *T) any { return t }\n"
	"//go:noinline\nfunc unbox(v any) int { switch x := v.(type) { case int: return x; case *T: return x.A }; return 0 }\n"
	"//go:noinline\nfunc opened(v any) int { switch x := v.(type) { case int: return x; case T: return x.A }; return 0 }\n"
	"//go:noinline\nfunc closure(t *T) func() *T { return func() *T { return t } }\n"
	"//go:noinline\nfunc send(c chan *T, t *T) { c <- t }\n"
	"//go:noinline\nfunc receive(c chan *T) *T { return <-c }\n"
	"//go:noinline\nfunc receiveOK(c chan string) (string, bool) { s, ok := <-c; return s, ok }\n"
	"//go:noinline\nfunc keysOf(m map[string]string) (r string) { for k, v := range m { r += k + v }; return r }\n"
	"//go:noinline\nfunc choose(c, d chan *T) *T { select { case t := <-c: return t; case t := <-d: return t } }\n"
	"//go:noinline\nfunc deferring(t *T) (n int) { defer func() { recover(); n = 1 }(); return t.A }\n"
	"//go:noinline\nfunc global() *T { return G }\n"
	"//go:noinline\nfunc setGlobal(t *T) { G = t }\n"
	"//go:noinline\nfunc text() string { return W }\n"
	"//go:noinline\nfunc loop(n int) int { s := 0; for i := 0; i < n; i++ { s += i }; return s }\n"
	"//go:noinline\nfunc choice(n int) int { if n > 3 { return 1 }; return 2 }\n"
	"//go:noinline\nfunc divide(n int) int { return n / 8 / 7 }\n"
	"//go:noinline\nfunc copyOf(t *T) T { return *t }\n"
	"//go:noinline\nfunc constants() [6]string { return [6]string{\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"} }\n"
	"//go:noinline\nfunc started(t *T) { go load(t); defer load(t) }\n"
	"//go:noinline\nfunc compare(a, b T) bool { return a == b }\n"
	"//go:noinline\nfunc bytes(b []byte, s string) int { return copy(b, s) }\n"
	"//go:noinline\nfunc make2(n int) []*T { return make([]*T, n) }\n"
	"//go:noinline\nfunc parts(i int) int { var a [4]int; a[i&3] = 7; return a[i&1] }\n"
	"//go:noinline\nfunc narrow(n int8) int8 { var x struct { a, b int8 }; x.a = n; y := x; return y.a + x.b }\n"
	"//go:noinline\nfunc boxed(t T, s string) func() string { return func() string { t.A++; return s } }\n"
	"//go:noinline\nfunc over(seq func(func(int) bool)) { for x := range seq { defer loop(x) } }\n"
	"//go:noinline\nfunc offers(c chan *T, t *T) { select { case c <- t: default: } }\n"
	"//go:noinline\nfunc hour(t time.Time) int { return t.Hour() }\n"
	"//go:noinline\nfunc kind(v any) reflect.Kind { return reflect.ValueOf(v).Kind() }\n"
	"//go:noinline\nfunc many(n ...int) int { return len(n) }\n"
	"//go:noinline\nfunc nothing(s []struct{}, i int) (struct{}, int) { return s[i], i }\n"
	"func main() {\n	parts(1); narrow(1); boxed(T{}, \"\")(); over(func(func(int) bool) {}); offers(nil, nil); many(1); hour(time.Time{}); kind(1); nothing(make([]struct{}, 3), 1)\n"
	"	t := &T{}\n	load(t); store(t, nil); storePair(t, \"\"); number(t); field(t); index(nil, 0); indexPointer(nil, 0)\n"
	"	setIndex(nil, 0, t); address(nil, 0); add(nil, 1); part(nil, 0); array(nil, 0); elements(nil); keys(nil); get(nil, \"\")\n"
	"	set(nil, \"\", t); call(t); callFunc(nil, t); direct(t); box(*t); boxPointer(t); unbox(1); opened(1); closure(t); send(nil, t)\n"
	"	receive(nil); receiveOK(nil); keysOf(nil); choose(nil, nil); deferring(t); global(); setGlobal(t); text(); loop(1); choice(1); divide(1); copyOf(t)\n"
	"	constants(); started(t); compare(*t, *t); bytes(nil, \"\"); make2(1); H++; fmt.Println(W)\n}\n";

typedef struct Subject {
	GolVM *vm;
	GolProgram *program;
	int wrong; /* answers of the verifier */
} Subject;

static int set_up(void **state) {
	static Subject s;
	GolConfig config = {.size = sizeof config, .workers = 1};
	s = (Subject){0};
	assert_int_equal(gol_vm_new(&config, &s.vm), GOL_OK);
	assert_int_equal(gol_compile_text(s.vm, "test.go", source, &s.program), GOL_OK);
	*state = &s;
	return 0;
}

static int tear_down(void **state) {
	Subject *s = *state;
	gol_vm_free(s->vm);
	return s->wrong;
}

static Function *function(Subject *s, const char *name) {
	const Program *p = s->program->program;
	for (uint32_t i = 0; i < p->function_count; i++)
		if (strcmp(p->functions[i]->name, name) == 0)
			return (Function *)(uintptr_t)p->functions[i];
	fail_msg("no function %s", name);
	return NULL;
}

static const TypeDesc *type(Subject *s, const char *name) {
	const TypeTable *t = s->program->program->types;
	for (uint32_t i = 0; i < t->types.len; i++)
		if (strcmp(t->types.items[i]->name, name) == 0)
			return t->types.items[i];
	fail_msg("no type %s", name);
	return NULL;
}

/* The nth instruction with this opcode. */
static Insn *insn(const Function *fn, Op op, int nth) {
	for (uint32_t pc = 0; pc < fn->code_len; pc += (uint32_t)op_words(&fn->code[pc]))
		if (fn->code[pc].op == op && nth-- == 0)
			return (Insn *)(uintptr_t)&fn->code[pc];
	fail_msg("%s has no %s", fn->name, op_name(op));
	return NULL;
}

static void expect(Subject *s, int line, const char *wanted) {
	Buf error;
	Mem mem;
	mem_init(&mem, NULL, NULL);
	buf_init(&error, &mem);
	bool proved = verify_program(s->program->program, &mem, &error);
	if (wanted ? proved || !strstr(buf_cstr(&error), wanted) : !proved) {
		print_error("line %d: \"%s\", expected \"%s\"\n", line, buf_cstr(&error), wanted ? wanted : "nothing");
		s->wrong++;
	}
	buf_deinit(&error);
	assert_int_equal(mem.used_bytes, 0);
}

/* Changes a field of something, expects, and puts it back. */
#define CHANGE(lvalue, value, wanted)                                                                                  \
	do {                                                                                                           \
		__typeof__(lvalue) *at_ = &(lvalue), before_ = *at_;                                                   \
		*at_ = (value);                                                                                        \
		expect(s, __LINE__, wanted);                                                                                     \
		*at_ = before_;                                                                                        \
	} while (0)
/* The function with other code and slots enough; deferred calls return to its last but one instruction. */
static void expect_code(Subject *s, int line, Function *fn, const Insn *code, uint32_t len, const char *wanted) {
	Function before = *fn;
	fn->code = code;
	fn->code_len = len;
	fn->defer_return = len - 2;
	fn->frame_slots = 40;
	fn->slot_ptrs = NULL;
	expect(s, line, wanted);
	*fn = before;
}
#define CODE(fn, wanted, ...)                                                                                          \
	do {                                                                                                           \
		const Insn code_[] = {__VA_ARGS__};                                                                    \
		expect_code(s, __LINE__, fn, code_, COUNT_OF(code_), wanted);                                          \
	} while (0)
#define IN(name) Function *fn = function(s, "main." name)
#define AT(op, nth) insn(fn, OP_##op, nth)

static void test_unchanged(void **state) { expect(*state, __LINE__, NULL); }

static void test_frames(void **state) {
	Subject *s = *state;
	IN("load");
	CHANGE(fn->frame_slots, 2, "a frame of 2 slots");
	CHANGE(fn->frame_slots, fn->frame_slots + 1, "slots for");
	CHANGE(AT(LOAD_64, 0)->a, 200, "slots 200 to 200 of a frame of");
	CHANGE(AT(LOAD_64, 0)->a, 0, "slots 0 to 0");
	CHANGE(AT(LOAD_64, 0)->a, 1, "slots 1 to 1");
	CHANGE(AT(LOAD_64, 0)->b, NO_SLOT, "an operand is missing");
	CHANGE(insn(function(s, "main.storePair"), OP_STORE_128P, 0)->b, 3, "odd slot");
	CHANGE(function(s, "main.elements")->code_len, 3, "a jump to word");
	CHANGE(fn->code_len, 1, "the code ends without a return");
	CHANGE(fn->code_len, 0, "a frame of");
}

static void test_jumps(void **state) {
	Subject *s = *state;
	IN("choice");
	Insn *at = (Insn *)(uintptr_t)&fn->code[0];
	CHANGE(at->c, 5000, "a jump to word");
	CHANGE(at->c, (uint16_t)-5, "a jump");
	CHANGE(at->c, (uint16_t)-1, "a jump backwards that nothing can stop");
	fn = function(s, "main.divide");
	CHANGE(fn->code_len, fn->code_len - 1, "the code ends without a return");
	fn = function(s, "main.unbox");
	CHANGE(AT(JTYPE_EQ, 0)->bc, AT(JTYPE_EQ, 0)->bc + 1, "a jump to word"); /* into an instruction */
}

static void test_memory(void **state) {
	Subject *s = *state;
	const TypeDesc *t = type(s, "main.T");
	IN("load");
	CHANGE(AT(LOAD_64, 0)->c, 0, "slot 2 holds no *int");
	CHANGE(AT(LOAD_64, 0)->c, t->size - 4, "bytes at byte");
	CHANGE(AT(LOAD_64, 0)->c, 4000, "byte 4000 of main.T");
	CHANGE(AT(LOAD_64, 0)->c, 16, "slot 2 holds no *int"); /* half of a string */
	CHANGE(AT(LOAD_64, 0)->b, 2, "slot 2 holds no pointer");
	fn = function(s, "main.store");
	CHANGE(AT(STORE_P, 0)->c, 16, "does not fit byte 16");
	CHANGE(AT(STORE_P, 0)->c, 40, "does not fit byte 40"); /* a pointer to something else */
	CHANGE(AT(STORE_P, 0)->b, 2, NULL); /* a T begins with an int */
	CHANGE(AT(STORE_P, 0)->op, OP_STORE_32, "a number at byte 8");
	fn = function(s, "main.storePair");
	CHANGE(AT(STORE_128P, 0)->c, 0, "no pair at byte 0");
	CHANGE(AT(STORE_128P, 0)->c, 24, "no pair at byte 24");
	CHANGE(AT(STORE_128P, 0)->b, 2, "");
	fn = function(s, "main.number");
	CHANGE(AT(STOREI_64, 0)->c, 8, "a number at byte 8");
	CHANGE(AT(STOREI_64, 0)->c, 24, "a number at byte 24"); /* a string's length */
	fn = function(s, "main.field");
	CHANGE(AT(LEA, 0)->c, 0, "holds no *string");
	CHANGE(AT(LEA, 0)->c, 24, "holds no *string");
	CHANGE(AT(LEA, 0)->c, 60000, "byte 60000");
	fn = function(s, "main.copyOf");
	CHANGE(AT(LOAD_N, 0)[1].word, t->size + 8, "bytes at byte 0 of main.T");
	CHANGE(AT(LOAD_N, 0)->c, 16, "bytes at byte 16");
	fn = function(s, "main.compare");
	CHANGE(AT(EQ_FRAME, 0)[1].ptr, type(s, "[]interface {}"), "cannot be compared");
}

static void test_elements(void **state) {
	Subject *s = *state;
	IN("index");
	CHANGE(AT(INDEX_64, 0)->op, OP_INDEX_I32, "elements of int");
	CHANGE(AT(INDEX_64, 0)->op, OP_INDEX_U8, "elements of int");
	CHANGE(AT(INDEX_64, 0)->b, 2, "holds no slice");
	fn = function(s, "main.setIndex");
	CHANGE(AT(SETINDEX_P, 0)->c, AT(SETINDEX_P, 0)->b, "does not fit");
	CHANGE(AT(SETINDEX_P, 0)->op, OP_XADD_I64, "a number at byte 0 of *main.T");
	fn = function(s, "main.address");
	CHANGE(AT(INDEX_ADDR, 0)[1].word, 8, "elements of main.T");
	fn = function(s, "main.add");
	CHANGE(AT(APPEND_64, 0)[1].ptr, type(s, "[]interface {}"), "a slice of int");
	CHANGE(AT(APPEND_64, 0)[1].ptr, type(s, "main.T"), "type main.T");
	CHANGE(AT(APPEND_64, 0)->op, OP_APPEND_128, "");
	fn = function(s, "main.part");
	CHANGE(AT(SLICE_FROM, 0)[1].word, 1, "elements of main.T");
	fn = function(s, "main.array");
	CHANGE(AT(ARRAY_INDEX_64, 0)[1].word, 5, "no such array in [4]int");
	fn = function(s, "main.bytes");
	CHANGE(AT(COPY_STR, 0)->c, AT(COPY_STR, 0)->b, "holds no string");
	CHANGE(AT(COPY_STR, 0)->b, AT(COPY_STR, 0)->c, "holds no slice");
	fn = function(s, "main.make2");
	CHANGE(AT(MAKE_SLICE, 0)[1].ptr, type(s, "[]interface {}"), "holds no []*main.T");
}

static void test_iterators(void **state) {
	Subject *s = *state;
	IN("elements");
	uint16_t at = AT(RANGE_INIT, 0)->a;
	CHANGE(AT(RANGE_NEXT_128, 0)->op, OP_RANGE_NEXT_64, "elements of string");
	CHANGE(*AT(ADD_I64, 0), ((Insn){.op_ = OP_LOADI, .a_ = at + 3, .bc = 100}), "is no range");
	CHANGE(*AT(ADD_I64, 0), ((Insn){.op = OP_ZERO, .a = at}), "is no range");
	CHANGE(*AT(ADD_I64, 0), ((Insn){.op_ = OP_LOADI, .a_ = at + 2, .bc = 100}), "is no range"); /* the number of rounds */
	fn = function(s, "main.keys");
	CHANGE(AT(MAP_ITER, 0)->a, AT(MAP_ITER, 0)->a + 2, "is no iterator");
	CHANGE(AT(MAP_ITER, 0)[1].ptr, type(s, "main.T"), "type main.T");
	CHANGE(*AT(MAP_ITER, 0), ((Insn){.op = OP_MAKE_MAP, .a = AT(MAP_ITER, 0)->a, .b = NO_SLOT}), "is no iterator");
}

static void test_maps(void **state) {
	Subject *s = *state;
	IN("get");
	CHANGE(AT(MAP_GET, 0)->c, 2, "");
	CHANGE(AT(MAP_GET, 0)->b, AT(MAP_GET, 0)->c, "holds no map[string]*main.T");
	CODE(fn, "the address of a *main.T in a map", {.op = OP_MAP_ADDR, .a = 10, .b = AT(MAP_GET, 0)->b, .c = AT(MAP_GET, 0)->c}, AT(MAP_GET, 0)[1],
	     {.op = OP_ZERO, .a = 2}, {.op = OP_RET});
	fn = function(s, "main.set");
	CHANGE(AT(MAP_SET, 0)->c, AT(MAP_SET, 0)->b, "holds no *main.T");
}

static void test_calls(void **state) {
	Subject *s = *state;
	IN("direct");
	CHANGE(AT(CALL, 0)[1].ptr, function(s, "main.setIndex"), "holds no []*main.T");
	CHANGE(AT(CALL, 0)[1].ptr, function(s, "main.(*T).M"), "holds no");
	CHANGE(AT(CALL, 0)->a, 600, "");
	CHANGE(AT(CALL, 0)->a, 0, "slots 0 to");
	CHANGE(AT(CALL, 0)->op, OP_CALL_NATIVE, "is no native");
	CHANGE(AT(CALL, 0)[1].ptr, function(s, "main.closure.func1"), "captures variables");
	fn = function(s, "main.call");
	CHANGE(AT(CALL_IFACE, 0)->c, AT(CALL_IFACE, 0)->c + 2, "arguments of");
	CHANGE(AT(CALL_IFACE, 0)->b, 2, "");
	fn = function(s, "main.callFunc");
	CHANGE(AT(CALL_CLOSURE, 0)->c, AT(CALL_CLOSURE, 0)->c - 1, "arguments of");
	CHANGE(AT(CALL_CLOSURE, 0)->b, 4, "");
	fn = function(s, "main.closure");
	CHANGE(AT(MKCLOSURE, 0)->c, 0, "captures 1 slots");
	CHANGE(AT(MKCLOSURE, 0)->b, 2, "holds no *main.T for main.closure.func1");
	CHANGE(AT(MKCLOSURE, 0)->op, OP_LOADFUNC, "captures 1 slots");
	CHANGE(AT(MKCLOSURE, 0)[1].ptr, function(s, "main.(*T).M"), "has a receiver");
	fn = function(s, "main.closure.func1");
	CHANGE(AT(LOADC_64, 0)->c, 1, "captured slot 1 of 1");
	fn = function(s, "main.started");
	CHANGE(AT(GO, 0)->c, 0, "0 slots of arguments");
	CHANGE(AT(DEFER, 0)->c, 9, "");
	CHANGE(AT(GO, 0)[1].ptr, function(s, "main.storePair"), "");
	CHANGE(fn->flags, fn->flags & ~FUNC_DEFERS, "a deferred call that nothing will run");
}

static void test_interfaces(void **state) {
	Subject *s = *state;
	IN("boxPointer");
	CHANGE(AT(MKIFACE, 0)[1].ptr, type(s, "*string"), "holds no *string");
	CHANGE(AT(MKIFACE, 0)[1].ptr, type(s, "main.T"), "holds no main.T"); /* it may be nil */
	CHANGE(AT(MKIFACE, 0)[1].ptr, type(s, "main.I"), "an interface in an interface");
	fn = function(s, "main.unbox");
	CHANGE(AT(UNBOX, 0)[1].ptr, type(s, "*main.T"), "the interface may hold something else");
	CHANGE(*AT(JTYPE_EQ, 0), ((Insn){.op_ = OP_JTYPE_NE, .a_ = AT(JTYPE_EQ, 0)->a, .bc = AT(JTYPE_EQ, 0)->bc}),
	       "the interface may hold something else");
	fn = function(s, "main.opened");
	Insn *leaves = AT(RET_1, 0); /* instead, it comes to the next UNBOX with a nil interface */
	CHANGE(*leaves, ((Insn){.op_ = OP_ZERO2, .a_ = AT(UNBOX, 1)->b}), "the interface may hold something else");
}

static void test_channels(void **state) {
	Subject *s = *state;
	IN("send");
	CHANGE(AT(SEND, 0)->c, 0, "a *main.T of 0 slots");
	CHANGE(AT(SEND, 0)->b, AT(SEND, 0)->a, "holds no *main.T");
	CHANGE(AT(SEND, 0)->a, AT(SEND, 0)->b, "holds no channel");
	fn = function(s, "main.choose");
	CHANGE(AT(SELECT, 0)[1].op, 3 << 1, "");
	CHANGE(AT(SELECT, 0)[1].a, NO_SLOT, "an operand is missing");
	CHANGE(AT(SELECT, 0)->a, AT(SELECT, 0)[1].b, "two results in slot");
	CHANGE(AT(SELECT, 0)[1].c, AT(SELECT, 0)[1].b, "two results in slot");
	fn = function(s, "main.receiveOK");
	CHANGE(AT(RECV_OK, 0)->c, AT(RECV_OK, 0)->a, "two results in slot");
	CHANGE(AT(RECV_OK, 0)->c, AT(RECV_OK, 0)->a + 1, "two results in slot");
	fn = function(s, "main.keysOf");
	CHANGE(AT(MAP_NEXT, 0)->c, AT(MAP_NEXT, 0)->b, "two results in slot");
	CHANGE(AT(MAP_NEXT, 0)->b, AT(MAP_NEXT, 0)->a, "two results in slot");
}

static void test_defers(void **state) {
	Subject *s = *state;
	IN("deferring");
	Insn *run = AT(RUN_DEFERS, 0);
	CHANGE(run->op, OP_NOP, "deferred calls return to word");
	CHANGE(fn->defer_return, 0, "deferred calls return to word 0");
	CHANGE(fn->defer_return, 90000, "deferred calls return to word 90000");
}

static void test_globals(void **state) {
	Subject *s = *state;
	IN("global");
	CHANGE(AT(LOADG_64, 0)->bc, 0x7ffffff0, "no global at byte");
	CHANGE(AT(LOADG_64, 0)->bc, -16, "no global");
	fn = function(s, "main.setGlobal");
	CHANGE(AT(STOREG_P, 0)->a, 2, NULL); /* what it is */
	CHANGE(AT(STOREG_P, 0)->op, OP_STOREG_32, "a number at byte 0 of *main.T");
}

static void test_others(void **state) {
	Subject *s = *state;
	IN("choice");
	Insn *at = (Insn *)(uintptr_t)&fn->code[0];
	CHANGE(at->op, OP_GOEXIT, "no instruction of a program");
	CHANGE(at->op, OP_PANIC_NEXT, "no instruction of a program");
	CHANGE(at->op, OP_NATIVE_AGAIN, "no instruction of a program");
	CHANGE(at->op, OP_NATIVE_BODY, "no instruction of a program");
	CHANGE(*at, ((Insn){.op = OP_DIVI_I64, .a = 2, .b = 3, .c = 0}), "division by 0");
	CHANGE(*at, ((Insn){.op = OP_REMI_I64, .a = 2, .b = 3, .c = 0xffff}), "division by -1");
	CHANGE(*at, ((Insn){.op = OP_PANIC, .a = 2}), "holds no interface");
	CHANGE(*at, ((Insn){.op = OP_PRINT, .a = 2, .b = PRINT_STRING}), "holds no string");
	CHANGE(*at, ((Insn){.op = OP_PRINT, .a = 2, .b = 77}), "print of kind 77");
	Program *p = (Program *)(uintptr_t)s->program->program;
	CHANGE(p->entry, function(s, "main.load"), "it begins with arguments");
}

/* Slots behind the last that an instruction can name, and numbers that are too large to be multiplied. */
static void test_extents(void **state) {
	Subject *s = *state;
	IN("narrow");
	CHANGE(*AT(FLOAD_I8, 0), ((Insn){.op = OP_FLOAD_I8, .a = 2, .b = NO_SLOT - 1, .c = 8}), "slots 65535 to 65535");
	CHANGE(*AT(FSTORE_8, 0), ((Insn){.op = OP_FSTORE_8, .a = NO_SLOT - 1, .b = 3, .c = 8}), "slots 65535 to 65535");
	fn = function(s, "main.parts");
	CHANGE(AT(FINDEX_64, 0)[1].word, (1ull << 61) + 1, "slots");
	CHANGE(AT(FSETINDEX_64, 0)[1].word, (1ull << 61) + 4, "slots");
	fn = function(s, "main.started");
	CHANGE(AT(GO, 0)->a, NO_SLOT - 2, "slots 65535 to");
	CHANGE(AT(DEFER, 0)->a, NO_SLOT - 2, "slots 65535 to");
	CODE(fn, "slots 65535 to", {.op = OP_CALL, .a = NO_SLOT}, {.ptr = function(s, "main.text")}, {.op = OP_RUN_DEFERS}, {.op = OP_RET});
	fn = function(s, "main.offers");
	CHANGE(AT(SELECT, 0)[1].op, 1, "a *main.T of 0 slots");
	CHANGE(AT(SELECT, 0)[1], ((Insn){.op = 1, .a = AT(SELECT, 0)[1].a, .b = NO_SLOT, .c = NO_SLOT}), "a *main.T of 0 slots");
}

/* The collector looks through code that no way leads to. */
static void test_unreached_code(void **state) {
	Subject *s = *state;
	IN("setGlobal");
	const TypeDesc *t = type(s, "main.T");
	CODE(fn, "type main.T", {.op = OP_RET}, {.op = OP_MAP_GET, .a = 2, .b = 2, .c = 2}, {.ptr = t}, {.op = OP_RET});
	CODE(fn, "type main.T", {.op = OP_RET}, {.op = OP_SLICE_LIT, .a = 2, .b = 2, .c = 1}, {.ptr = t}, {.op = OP_RET});
	CODE(fn, NULL, {.op = OP_RET}, {.op = OP_NEW, .a = 2}, {.ptr = t}, {.op = OP_RET});
}

/* Between a variable's box and a pair lies a slot in which anything may be. */
static void test_captures(void **state) {
	Subject *s = *state;
	IN("boxed.func1");
	assert_true(fn->captures[0].boxed && fn->captures[1].slot == 2);
	CODE(fn, "holds no pointer", {.op = OP_LOADC_64, .a = 4, .c = 1}, {.op = OP_LOAD_64, .a = 5, .b = 4}, {.op = OP_ZERO2, .a = 2},
	     {.op = OP_RET});
	CODE(fn, NULL, {.op = OP_LOADC_64, .a = 4, .c = 0}, {.op = OP_LOAD_64, .a = 5, .b = 4}, {.op = OP_ZERO2, .a = 2}, {.op = OP_RET});
}

/* A pair goes through two moves of a word when it is copied to an odd slot with the word before it. */
static void test_torn_pairs(void **state) {
	Subject *s = *state;
	IN("storePair");
	const uint16_t p = 2;
	CODE(fn, "slot 6 holds no string", {.op = OP_LOAD_N, .a = 5, .b = p, .c = 8}, {.word = 24}, {.op = OP_STORE_128P, .a = p, .b = 6, .c = 16},
	     {.op = OP_RET});
	CODE(fn, NULL, {.op = OP_LOAD_N, .a = 4, .b = p, .c = 16}, {.word = 16}, {.op = OP_STORE_128P, .a = p, .b = 4, .c = 16}, {.op = OP_RET});
}

/* The function's own frame can be the one for which a call is deferred. */
static void test_deferring_for_itself(void **state) {
	Subject *s = *state;
	IN("over");
	const Insn token = {.op = OP_FRAME_TOKEN, .a = 4}, function_ = {.op = OP_ZERO, .a = 5}, run = {.op = OP_RUN_DEFERS}, ret = {.op = OP_RET};
	const Insn defer = {.op = OP_DEFER_OUTER, .a = 6, .b = 5, .c = 0}, slot = {.word = 4};
	CODE(fn, "a return with deferred calls waiting", run, token, function_, defer, slot, ret, run, ret);
	CODE(fn, NULL, token, function_, defer, slot, run, ret);
}

static void test_receivers(void **state) {
	Subject *s = *state;
	IN("call");
	Insn *at = AT(CALL_IFACE, 0);
	uint16_t place = (uint16_t)(at->a + at->c);
	const Insn move = {.op = OP_MOVE2, .a = place, .b = at->b}, ret = {.op = OP_RET};
	CODE(fn, "the interface lies where the callee's frame will be", move, {.op = OP_CALL_IFACE, .a = at->a, .b = place, .c = at->c}, at[1], ret);
	const TypeDesc *text = type(s, "string"), *pointer = type(s, "*string");
	fn = function(s, "main.boxPointer");
	assert_non_null(pointer);
	CODE(fn, "holds no string", {.op = OP_NEW, .a = 6}, {.ptr = text}, {.op = OP_MKIFACE, .a = 2, .b = 6}, {.ptr = text}, ret);
}

static void note_read(const OpOperand *o, void *user) {
	for (uint32_t i = 0; i < o->count && o->access == SLOT_READ; i++)
		*(uint64_t *)user |= 1ull << (o->first + i);
}

/* All results leave with the frame, not only the one that the return brings: the collector must know. */
static void test_results_live(void **state) {
	Subject *s = *state;
	IN("takes");
	const Insn one = {.op = OP_RET_1, .a = 4};
	uint64_t seen = 0;
	assert_int_equal(fn->result_slots, 4);
	op_each_operand(fn, &one, note_read, &seen);
	assert_int_equal(seen, 1 << 3 | 1 << 4 | 1 << 5);
}

/* A slot in which the collector looks for no pointer cannot hold one. */
static void test_unseen_slots(void **state) {
	Subject *s = *state;
	IN("direct");
	uint64_t *bits = (uint64_t *)(uintptr_t)fn->slot_ptrs;
	CHANGE(bits[0], 0, "holds no");
}

/* An element without a size is copied without a byte. */
static void test_empty_elements(void **state) {
	Subject *s = *state;
	IN("nothing");
	static const Insn code[] = {{.op = OP_INDEX_N, .a = 3, .b = 4, .c = 6}, {.word = 0}, {.op = OP_MOVE, .a = 2, .b = 6}, {.op = OP_RET}};
	const Insn *before = fn->code;
	uint32_t len = fn->code_len;
	assert_int_equal(fn->param_start, 4);
	fn->code = code;
	fn->code_len = COUNT_OF(code);
	expect(s, __LINE__, NULL);
	assert_int_equal(gol_run(s->vm, s->program), GOL_ERROR_PANIC); /* later on */
	assert_non_null(strstr(gol_error(s->vm), "index out of range [0]"));
	fn->code = before;
	fn->code_len = len;
}

/* ---- what the reader refuses ---- */

static const char *declaration(void *user, const Function *fn) {
	(void)user;
	(void)fn;
	return NULL;
}

static bool bind(void *user, Function *fn, const char *declared, Buf *why) {
	(void)user;
	(void)declared;
	return library_native_fits(fn, why);
}

static bool types_fit(void *user, const TypeTable *types, Buf *why) {
	(void)user;
	return library_types_fit(types, why);
}

static void expect_read(Subject *s, int line, const char *wanted) {
	Mem mem;
	Arena arena;
	Buf image, error;
	TypeTable types = {0};
	ImageHost host = {.declaration = declaration, .bind = bind, .types_fit = types_fit};
	mem_init(&mem, NULL, NULL);
	arena_init(&arena, &mem);
	buf_init(&image, &mem);
	buf_init(&error, &mem);
	image_write(s->program->program, "1", &host, &image);
	const Program *p = image_read(&arena, &types, image.ptr, image.len, "1", &host, &error);
	if (wanted ? p || !strstr(buf_cstr(&error), wanted) : !p) {
		print_error("line %d: \"%s\", expected \"%s\"\n", line, buf_cstr(&error), wanted ? wanted : "nothing");
		s->wrong++;
	}
	buf_deinit(&image);
	buf_deinit(&error);
	arena_deinit(&arena);
	assert_int_equal(mem.used_bytes, 0);
}

#define CHANGE_READ(lvalue, value, wanted)                                                                             \
	do {                                                                                                           \
		__typeof__(lvalue) *at_ = &(lvalue), before_ = *at_;                                                   \
		*at_ = (value);                                                                                        \
		expect_read(s, __LINE__, wanted);                                                                                \
		*at_ = before_;                                                                                        \
	} while (0)

static void test_types(void **state) {
	Subject *s = *state;
	TypeDesc *t = (TypeDesc *)(uintptr_t)type(s, "main.T"), *pointer = (TypeDesc *)(uintptr_t)type(s, "*main.T");
	FieldDesc *fields = (FieldDesc *)(uintptr_t)t->fields;
	MethodDesc *method = (MethodDesc *)(uintptr_t)pointer->methods;
	expect_read(s, __LINE__, NULL);
	CHANGE_READ(fields[1].type, t, "type main.T contains itself");
	CHANGE_READ(fields[0].type, type(s, "string"), ""); /* everything moves */
	CHANGE_READ(t->kind, KIND_POINTER, "");
	CHANGE_READ(t->kind, 60, "kind 60");
	CHANGE_READ(method->fn, function(s, "main.load"), "method M of *main.T");
	CHANGE_READ(method->deref, true, "method M of *main.T");
	TypeDesc *iface = (TypeDesc *)(uintptr_t)type(s, "main.I");
	CHANGE_READ(((MethodDesc *)(uintptr_t)iface->methods)->fn, method->fn, "interface main.I has a method with a body");
	TypeTable *table = (TypeTable *)(uintptr_t)s->program->program->types;
	CHANGE_READ(table->core[CORE_STRING], type(s, "int"), "the core types");
	CHANGE_READ(table->core[CORE_ERRORS_STRING], type(s, "*main.T"), "core type");
	CHANGE_READ(table->core[CORE_ERROR], type(s, "main.I"), "core type");
}

static void test_signatures(void **state) {
	Subject *s = *state;
	Function *fn = function(s, "main.many"), *native = NULL;
	TypeDesc *many = (TypeDesc *)(uintptr_t)fn->type, *one = (TypeDesc *)(uintptr_t)function(s, "main.loop")->type;
	CHANGE_READ(one->flags, one->flags | DESC_VARIADIC, "is variadic without a slice");
	CHANGE_READ(many->param_count, 0, "is variadic without a slice");
	TypeDesc *chan = (TypeDesc *)(uintptr_t)type(s, "chan *main.T"), *array = (TypeDesc *)(uintptr_t)type(s, "[4]int");
	array->length = 1 << 20;
	CHANGE_READ(chan->elem, array, "the elements of chan *main.T are too large");
	array->length = 4;
	/* As many that their sum begins again at 0. */
	enum { MANY = 65537 };
	static const TypeDesc *params[MANY + 1];
	array->length = 1 << 20;
	for (int i = 0; i < MANY; i++)
		params[i] = array;
	params[MANY] = type(s, "int");
	const TypeDesc *const *before = one->params;
	one->params = params;
	CHANGE_READ(one->param_count, MANY + 1, "the type of");
	one->params = before;
	array->length = 4;
	for (uint32_t i = 0; i < s->program->program->function_count && !native; i++)
		if (s->program->program->functions[i]->flags & FUNC_NATIVE)
			native = (Function *)(uintptr_t)s->program->program->functions[i];
	assert_non_null(native);
	CHANGE_READ(native->flags, native->flags | FUNC_DEFERS, "defers");
}

static void test_natives(void **state) {
	Subject *s = *state;
	Function *native = NULL;
	for (uint32_t i = 0; i < s->program->program->function_count && !native; i++)
		if (s->program->program->functions[i]->flags & FUNC_NATIVE && s->program->program->functions[i]->type->param_count)
			native = (Function *)(uintptr_t)s->program->program->functions[i];
	assert_non_null(native);
	CHANGE_READ(native->type, function(s, "main.load")->type, "in this version of gol");
	CHANGE_READ(native->name, "fmt.nothing", "in this version of gol nothing");
}

/* Few instructions that each change, or may change, tens of thousands of slots. */
static void test_wide_frames(void **state) {
	Subject *s = *state;
	IN("receive");
	enum { CASES = 59000, MOVES = 40000 };
	Function before = *fn;
	Insn *code = calloc(CASES + 10, sizeof *code);
	code[0] = (Insn){.op = OP_SELECT, .a = NO_SLOT, .b = CASES};
	for (uint32_t i = 0; i < CASES; i++)
		code[1 + i] = (Insn){.op = 1 << 1, .a = fn->param_start, .b = (uint16_t)(10 + i), .c = NO_SLOT};
	code[1 + CASES] = (Insn){.op = OP_ZERO, .a = 2};
	code[2 + CASES] = (Insn){.op = OP_RET};
	fn->code = code;
	fn->code_len = CASES + 3;
	fn->frame_slots = 60000;
	fn->slot_ptrs = NULL;
	expect(s, __LINE__, "too complicated");
	for (uint32_t i = 0; i < MOVES; i++)
		code[i] = (Insn){.op = OP_ZERON, .a = 10, .b = 59000};
	code[MOVES] = (Insn){.op = OP_ZERO, .a = 2};
	code[MOVES + 1] = (Insn){.op = OP_RET};
	fn->code_len = MOVES + 2;
	expect(s, __LINE__, "too complicated");
	*fn = before;
	free(code);
}

/* What natives take and give is compared as text, in which an image's names stand. */
static void test_names(void **state) {
	Subject *s = *state;
	TypeDesc *time = (TypeDesc *)(uintptr_t)type(s, "time.Time");
	FieldDesc *fields = (FieldDesc *)(uintptr_t)time->fields, before = fields[0];
	CHANGE_READ(time->kind, KIND_INTERFACE, "type time.Time is interface{}");
	CHANGE_READ(fields[0].name, "seconds", "type time.Time is struct{seconds int64;");
	fields[0].name = "sec int64;nsec int32;loc *time.Location;mono";
	CHANGE_READ(time->field_count, 1, "type time.Time is struct{sec?int64");
	fields[0] = before;
	CHANGE_READ(s->program->program->types->core[CORE_REFLECT_VALUES], NULL, "package reflect without its types");
	const TypeDesc one = {.kind = KIND_INT, .flags = DESC_NAMED, .pkg_path = "[]p", .short_name = "A,func(int)(int"};
	Mem mem;
	Buf text;
	mem_init(&mem, NULL, NULL);
	buf_init(&text, &mem);
	desc_text(&text, &one, NULL);
	assert_string_equal(buf_cstr(&text), "??p.A?func?int??int");
	buf_deinit(&text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_unchanged), TEST(test_frames), TEST(test_jumps),
		TEST(test_memory), TEST(test_elements), TEST(test_iterators),
		TEST(test_maps), TEST(test_calls), TEST(test_interfaces),
		TEST(test_channels), TEST(test_defers), TEST(test_globals),
		TEST(test_others), TEST(test_unseen_slots), TEST(test_types),
		TEST(test_natives), TEST(test_extents), TEST(test_unreached_code), TEST(test_captures), TEST(test_torn_pairs),
		TEST(test_deferring_for_itself), TEST(test_receivers), TEST(test_results_live), TEST(test_signatures),
		TEST(test_empty_elements), TEST(test_names), TEST(test_wide_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
