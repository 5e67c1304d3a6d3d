/* SPDX-License-Identifier: MIT */
/* test_checker.c: the checker: every row of errors.def, what it records for the compiler, scripts, lazy libraries,
 * generics, and hostile programs. Wording against Go's own compiler is compared in bulk with checktool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "types/check.h"

typedef struct Fixture {
	Mem mem;
	Arena arena;
	Interner interner;
	SourceSet sources;
	Universe u;
	Package *pkg;
	Package *library; /* found as "lib" */
	uint32_t imports; /* how often it was asked for */
} Fixture;

static Package *fake_import(void *user, const char *path, Package *from, const char **error) {
	Fixture *f = user;
	(void)from;
	f->imports++;
	if (strcmp(path, "some/lib") == 0 && f->library)
		return f->library;
	*error = "package is not in std";
	return NULL;
}

static const char *fake_guess(void *user, const char *name) {
	(void)user;
	return strcmp(name, "lib") == 0 ? "some/lib" : NULL;
}

static int setup(void **state) {
	Fixture *f = calloc(1, sizeof(Fixture));
	mem_init(&f->mem, NULL, NULL);
	arena_init(&f->arena, &f->mem);
	interner_init(&f->interner, &f->arena);
	token_setup_keywords(&f->interner);
	source_init(&f->sources, &f->arena);
	universe_init(&f->u, &f->arena, &f->interner, &f->sources, (Importer){.import = fake_import, .guess = fake_guess, .user = f});
	*state = f;
	return 0;
}

static int teardown(void **state) {
	Fixture *f = *state;
	arena_deinit(&f->arena);
	assert_int_equal(f->mem.used_bytes, 0);
	free(f);
	return 0;
}

/* ---------------------------------------------------------------- helpers */

static Package *check_text(Fixture *f, const char *text, bool script, CheckOptions options) {
	SourceFile *source = source_add(&f->sources, "x.go", text, strlen(text));
	ParseOptions parse = {.allow_script = script, .lazy_bodies = options.is_library};
	File *file = parser_parse_file(&f->sources, &f->interner, &f->arena, source, parse);
	return check_package(&f->u, &file, 1, options);
}

static void show(Fixture *f) {
	for (uint32_t i = 0; i < f->sources.diagnostics.len; i++)
		fprintf(stderr, "  %s\n", f->sources.diagnostics.items[i].message);
}

/* Checks a program that must be right. */
static Package *check_ok(Fixture *f, const char *text) {
	f->pkg = check_text(f, text, false, (CheckOptions){.path = "main"});
	if (f->sources.error_count > 0)
		show(f);
	assert_int_equal(f->sources.error_count, 0);
	return f->pkg;
}

static bool reported(Fixture *f, uint16_t code) {
	for (uint32_t i = 0; i < f->sources.diagnostics.len; i++)
		if (f->sources.diagnostics.items[i].code == code)
			return true;
	return false;
}

static bool says(Fixture *f, const char *part) {
	for (uint32_t i = 0; i < f->sources.diagnostics.len; i++)
		if (strstr(f->sources.diagnostics.items[i].message, part))
			return true;
	return false;
}

typedef struct Search {
	Fixture *f;
	int kind;
	const char *text;
	Node *found;
	uint32_t skip;
} Search;

static bool search_enter(Walker *w, Node *n) {
	Search *s = w->data;
	if (s->found)
		return false;
	if (s->kind < 0 || n->kind == s->kind) {
		Buf buf;
		buf_init(&buf, &s->f->mem);
		if (ast_is_expr(n))
			ast_print_expr(n, &buf);
		else if (n->kind == s->kind && !s->text)
			buf_puts(&buf, "");
		bool same = !s->text || strcmp(buf_cstr(&buf), s->text) == 0;
		buf_deinit(&buf);
		if (same && s->skip-- == 0)
			s->found = n;
	}
	return true;
}

/* The first node of that kind (-1: any) that prints as text (NULL: any). */
static Node *find_nth(Fixture *f, int kind, const char *text, uint32_t skip) {
	Search s = {f, kind, text, NULL, skip};
	Walker w = {.enter = search_enter, .data = &s};
	for (uint32_t i = 0; i < f->pkg->files.len && !s.found; i++)
		ast_walk(&w, &f->pkg->files.items[i]->node);
	assert_non_null(s.found);
	return s.found;
}

static Node *find(Fixture *f, int kind, const char *text) {
	return find_nth(f, kind, text, 0);
}

static void assert_type(Fixture *f, Node *n, const char *want) {
	Buf buf;
	buf_init(&buf, &f->mem);
	assert_non_null(n->type);
	type_print(n->type, f->pkg, &buf);
	assert_string_equal(buf_cstr(&buf), want);
	buf_deinit(&buf);
}

static FuncInfo *function(Fixture *f, const char *name) {
	for (uint32_t i = 0; i < f->pkg->functions.len; i++)
		if (strcmp(f->pkg->functions.items[i]->name->text, name) == 0)
			return f->pkg->functions.items[i]->func;
	fail();
	return NULL;
}

static Object *variable(Fixture *f, const char *name) {
	Object *o = AS(Ident, find(f, NODE_IDENT, name))->object;
	assert_non_null(o);
	return o;
}

/* ---------------------------------------------------------------- errors.def */

static const struct {
	const char *name, *program;
} error_rows[] = {
	{"NONE", ""},
#define ERROR(name, format, program) {#name, program},
#include "types/errors.def"
#undef ERROR
};

static void check_row(uint32_t row) {
	void *state;
	setup(&state);
	Fixture *f = state;
	const char *program = error_rows[row].program;
	Buf text;
	buf_init(&text, &f->mem);
	bool statements = program[0] == 'F';
	buf_printf(&text, "package p\n"
		"%s%s%s\n", statements ? "func function() {\n" : "", program + 2, statements ? "\n}" : "");
	check_text(f, buf_cstr(&text), false, (CheckOptions){.path = "p"});
	if (!reported(f, (uint16_t)row)) {
		fprintf(stderr, "errors.def: %s is not provoked by: %s\n", error_rows[row].name, program + 2);
		show(f);
		fail();
	}
	buf_deinit(&text);
	teardown(&state);
}

static void test_every_error(void **state) {
	(void)state;
	for (uint32_t i = 1; i < COUNT_OF(error_rows); i++)
		if (error_rows[i].program[0])
			check_row(i);
}

/* ---------------------------------------------------------------- final types */

static void test_untyped_values_get_types(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "func g(f float32, i interface{}, b ...byte) {}\n"
		    "func main() {\n"
		    "\tvar s uint = 3\n"
		    "\tg(1, 'a', 2)\n"
		    "\tvar big int64 = 5 << s\n"
		    "\tok := s == 7 || false\n"
		    "\tvar p *int = nil\n"
		    "\tif p != nil && ok { println(1.5, big) }\n"
		    "\tx := 10 + 2.0*4\n"
		    "\t_ = x\n"
		    "}\n");
	assert_type(f, find(f, NODE_BASIC_LIT, "1"), "float32");
	assert_type(f, find(f, NODE_BASIC_LIT, "'a'"), "rune");
	assert_type(f, find(f, NODE_BASIC_LIT, "2"), "byte");
	assert_type(f, find(f, NODE_BASIC_LIT, "5"), "int64");
	assert_type(f, find(f, NODE_BINARY, "5 << s"), "int64");
	assert_type(f, find(f, NODE_BASIC_LIT, "7"), "uint");
	assert_type(f, find(f, NODE_BINARY, "s == 7 || false"), "bool");
	assert_type(f, find(f, NODE_BASIC_LIT, "1.5"), "float64");
	assert_type(f, find(f, NODE_BINARY, "10 + 2.0 * 4"), "float64");
	Node *nil = find(f, NODE_IDENT, "nil");
	assert_int_equal(nil->mode, MODE_NIL);
	assert_type(f, nil, "*int");
	assert_type(f, find_nth(f, NODE_IDENT, "nil", 1), "*int");
}

static void test_constants_are_rounded(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc main() {\n\tvar x float32 = 0.1\n\tvar y int = 3.0\n\t_, _ = x, y\n}\n");
	Node *lit = find(f, NODE_BASIC_LIT, "0.1");
	assert_true(const_float64(lit->value) == (double)0.1f);
	int64_t three;
	Node *y = find(f, NODE_BASIC_LIT, "3.0");
	assert_int_equal(const_kind(y->value), CONST_INT);
	assert_true(const_int64(y->value, &three) && three == 3);
}

static void test_comma_ok(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc main() {\n\tvar m map[int]string\n\tvar i any\n\tvar c chan bool\n"
		    "\tv, ok := m[1]\n\tw, ok := (i.(int))\n\tz, ok := <-c\n\tu := m[2]\n"
		    "\t_, _, _, _, _ = v, w, z, u, ok\n}\n");
	assert_int_equal(find(f, NODE_INDEX, "m[1]")->commaok, 1);
	assert_type(f, find(f, NODE_INDEX, "m[1]"), "string");
	assert_int_equal(find(f, NODE_TYPE_ASSERT, NULL)->commaok, 1);
	assert_int_equal(find(f, NODE_PAREN, NULL)->commaok, 1);
	assert_int_equal(find(f, NODE_UNARY, "<-c")->commaok, 1);
	assert_int_equal(find(f, NODE_INDEX, "m[2]")->commaok, 0);
	assert_int_equal(find(f, NODE_INDEX, "m[2]")->mode, MODE_MAPINDEX);
	assert_true(variable(f, "ok")->reassigned);
}

/* ---------------------------------------------------------------- variables */

static void test_address_taken(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "type T struct { field int; array [3]int }\n"
		    "func (t *T) M() {}\n"
		    "func (t T) V() {}\n"
		    "func main() {\n"
		    "\tvar a, b, c, d, e, g, h T\n\tp := &T{}\n\tvar arr [3]int\n\tvar sl []int\n"
		    "\t_ = &a\n\t_ = &b.field\n\t_ = &c.array[1]\n\td.M()\n\te.V()\n\t_ = &p.field\n\tp.M()\n"
		    "\t_ = arr[:]\n\t_ = sl[:]\n\t_ = &sl[0]\n"
		    "\tg.field = 1\n\t_ = h.M\n"
		    "}\n");
	const char *taken[] = {"a", "b", "c", "d", "arr", "h"}, *free_[] = {"e", "g", "p", "sl"};
	for (size_t i = 0; i < COUNT_OF(taken); i++)
		assert_true(variable(f, taken[i])->address_taken);
	for (size_t i = 0; i < COUNT_OF(free_); i++)
		assert_false(variable(f, free_[i])->address_taken);
}

static void test_reassigned(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "func main() {\n"
		    "\ta, b, c, d := 1, 2, 3, [2]int{}\n\tvar e int\n\tx := 1\n"
		    "\ta = 2\n\tb++\n\tc += 1\n\td[0] = 1\n\tx, y := 2, 3\n\tfor e = range 3 {}\n\tz := 4\n"
		    "\tprintln(a, b, c, d[0], e, x, y, z)\n"
		    "}\n");
	const char *again[] = {"a", "b", "c", "d", "e", "x"}, *once[] = {"y", "z"};
	for (size_t i = 0; i < COUNT_OF(again); i++)
		assert_true(variable(f, again[i])->reassigned);
	for (size_t i = 0; i < COUNT_OF(once); i++)
		assert_false(variable(f, once[i])->reassigned);
}

static void test_captures(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "var global int\n"
		    "func main() {\n"
		    "\ta, b := 1, 2\n"
		    "\tf := func(p int) func() int {\n"
		    "\t\tlocal := p\n"
		    "\t\treturn func() int { return a + local + global + a }\n"
		    "\t}\n"
		    "\tprintln(f(b)())\n"
		    "}\n");
	FuncInfo *outer = AS(FuncLit, find_nth(f, NODE_FUNC_LIT, NULL, 0))->info;
	FuncInfo *inner = AS(FuncLit, find_nth(f, NODE_FUNC_LIT, NULL, 1))->info;
	assert_ptr_equal(inner->outer, outer);
	assert_int_equal(inner->captures.len, 2);
	assert_ptr_equal(inner->captures.items[0], variable(f, "a"));
	assert_ptr_equal(inner->captures.items[1], variable(f, "local"));
	assert_int_equal(outer->captures.len, 1);
	assert_ptr_equal(outer->captures.items[0], variable(f, "a"));
	assert_true(variable(f, "a")->captured);
	assert_false(variable(f, "b")->captured);
	assert_ptr_equal(variable(f, "local")->owner, outer);
	assert_ptr_equal(variable(f, "p")->owner, outer);
	assert_true(variable(f, "global")->is_global);
	assert_null(variable(f, "global")->owner);
	assert_ptr_equal(outer->outer, f->pkg->functions.items[0]->func);
	assert_true(outer->outer->has_closure);
}

static void test_loop_variables(void **state) {
	Fixture *f = *state;
	const char *text = "package main\nfunc main() {\n\tfor i := 0; i < 3; i++ { println(i) }\n"
		"\tfor k, v := range []int{} { println(k, v) }\n}\n";
	check_ok(f, text);
	assert_true(variable(f, "i")->per_iteration);
	assert_true(variable(f, "k")->per_iteration);
	f->pkg = check_text(f, text, false, (CheckOptions){.path = "old", .go_version = 21});
	assert_false(variable(f, "i")->per_iteration);
	assert_false(variable(f, "v")->per_iteration);
}

typedef struct Gate {
	uint16_t version; /* the first that accepts it */
	const char *text, *message;
} Gate;

static const Gate gates[] = {
	{9, "type T = int", "type alias requires go1.9 or later (-lang was set to go1.8; check go.mod)"},
	{13, "var x = 0b1", "binary literal requires go1.13"},
	{13, "var x = 1_0", "underscore in numeric literal requires go1.13"},
	{13, "var x = 0o1", "0o/0O-style octal literal requires go1.13"},
	{13, "var x = 0x1p1", "hexadecimal floating-point literal requires go1.13"},
	{13, "var s int; var x = 1 << s", "invalid operation: signed shift count s (variable of type int) requires go1.13"},
	{17, "import \"unsafe\"; var b byte; var x = unsafe.Slice(&b, 1)", "unsafe.Slice requires go1.17"},
	{17, "var s []int; var x = (*[1]int)(s)", "conversion of slice to array pointer requires go1.17"},
	{18, "func f[T interface{ m() }](x T) {}", "type parameter requires go1.18"},
	{18, "var x any", "predeclared any requires go1.18"},
	{18, "type I interface{ int }", "embedding non-interface type int requires go1.18"},
	{18, "type I interface{ ~int }", "embedding interface element ~int requires go1.18"},
	{20, "var s []int; var x = [1]int(s)", "conversion of slice to array requires go1.20"},
	{20, "import \"unsafe\"; var x = unsafe.StringData(\"\")", "unsafe.StringData requires go1.20"},
	{21, "var x = min(1, 2)", "min requires go1.21"},
	{21, "func f(m map[int]int) { clear(m) }", "clear requires go1.21"},
	{22, "func f() { for range 10 {} }", "requires go1.22"},
	{23, "func f(g func(func() bool)) { for range g {} }", "requires go1.23"},
	{24, "type A[T any] = []T", "generic type alias requires go1.24"},
	{26, "var x = new(1)", "1 is not a type; new(expr) requires go1.26"},
	{27, "type A struct{ a int }; type B struct{ A }; var x = B{a: 1}", "cannot use promoted field A.a in struct literal"},
	{27, "type T int; func (T) m[P any]() {}", "method must have no type parameters"},
};

static void test_language_versions(void **state) {
	Fixture *f = *state;
	for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
		char text[512];
		snprintf(text, sizeof text, "package p; %s", gates[i].text);
		diag_clear(&f->sources);
		check_text(f, text, false, (CheckOptions){.path = "new", .go_version = gates[i].version});
		if (f->sources.error_count != 0)
			fail_msg("go1.%u: %s: %s", gates[i].version, gates[i].text, f->sources.diagnostics.items[0].message);
		uint16_t older = (uint16_t)(gates[i].version - 1);
		check_text(f, text, false, (CheckOptions){.path = "old", .go_version = older});
		diag_sort(&f->sources);
		if (f->sources.error_count != 1 || !strstr(f->sources.diagnostics.items[0].message, gates[i].message))
			fail_msg("go1.%u: %s: %u errors: %s", older, gates[i].text, f->sources.error_count,
			         f->sources.error_count ? f->sources.diagnostics.items[0].message : "");
	}
	diag_clear(&f->sources);
}

/* A file may ask for its own version, but not for less than go1.21. */
static void test_file_versions(void **state) {
	Fixture *f = *state;
	check_text(f, "//go:build go1.22\n\npackage p; func f() { for range 10 {} }", false,
	           (CheckOptions){.path = "a", .go_version = 20});
	check_text(f, "//go:build go1.5\n\npackage p; var x = min(1, 2)", false,
	           (CheckOptions){.path = "b", .go_version = 5});
	assert_int_equal(f->sources.error_count, 0);
	check_text(f, "//go:build go1.21\n\npackage p; func f() { for range 10 {} }", false, (CheckOptions){.path = "c"});
	assert_int_equal(f->sources.error_count, 1);
	assert_string_equal(f->sources.diagnostics.items[0].message,
	                    "cannot range over 10 (untyped int constant): requires go1.22 or later "
	                    "(file declares //go:build go1.21)");
	diag_clear(&f->sources);
}

/* Variables without initializer take their turn too: who refers to one waits for it. */
static void test_init_order_of_zero_variables(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc g(int) int { return 0 }\nvar a = g(x)\nvar b = g(1)\nvar x int\nfunc main() {}\n");
	assert_int_equal(f->pkg->init_order.len, 2);
	assert_string_equal(f->pkg->init_order.items[0]->lhs[0]->name->text, "b");
	assert_string_equal(f->pkg->init_order.items[1]->lhs[0]->name->text, "a");
}

/* ---------------------------------------------------------------- selections, calls, statements */

static void test_selections(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "type A struct { x, y int }\n"
		    "func (a *A) M() {}\n"
		    "type B struct { *A; n int }\n"
		    "type C struct { n int; B }\n"
		    "type I interface { M() }\n"
		    "func main() {\n"
		    "\tvar c C\n\t_ = c.y\n\tc.M()\n\tvar i I = c\n\ti.M()\n\t_ = (*A).M\n\t_ = I.M\n"
		    "}\n");
	Selection *s = AS(SelectorExpr, find(f, NODE_SELECTOR, "c.y"))->selection;
	assert_int_equal(s->kind, SELECT_FIELD);
	assert_int_equal(s->path_len, 3);
	assert_int_equal(s->path[0], 1);
	assert_int_equal(s->path[1], 0);
	assert_int_equal(s->path[2], 1);
	assert_true(s->indirect);
	assert_int_equal(find(f, NODE_SELECTOR, "c.y")->mode, MODE_VAR);
	s = AS(SelectorExpr, find(f, NODE_SELECTOR, "c.M"))->selection;
	assert_int_equal(s->kind, SELECT_METHOD);
	assert_int_equal(s->path_len, 2);
	assert_false(s->is_interface_method);
	s = AS(SelectorExpr, find(f, NODE_SELECTOR, "i.M"))->selection;
	assert_true(s->is_interface_method);
	s = AS(SelectorExpr, find(f, NODE_SELECTOR, "(*A).M"))->selection;
	assert_int_equal(s->kind, SELECT_METHOD_EXPR);
	assert_type(f, find(f, NODE_SELECTOR, "(*A).M"), "func(*A)");
	assert_type(f, find(f, NODE_SELECTOR, "I.M"), "func(I)");
}

static void test_calls(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc g() (int, string) { return 1, \"\" }\nfunc h(int, string) {}\n"
		    "func main() {\n\th(g())\n\tx := int8(len(\"abc\"))\n\tdefer recover()\n\t_ = x\n}\n");
	assert_int_equal(AS(CallExpr, find(f, NODE_CALL, "int8(len(\"abc\"))"))->call_kind, CALL_CONVERSION);
	CallExpr *len = AS(CallExpr, find(f, NODE_CALL, "len(\"abc\")"));
	assert_int_equal(len->call_kind, CALL_BUILTIN);
	assert_int_equal(len->builtin, BUILTIN_len);
	assert_int_equal(len->node.mode, MODE_CONST);
	assert_int_equal(find(f, NODE_CALL, "g()")->type->kind, TYPE_TUPLE);
	FuncInfo *main = function(f, "main");
	assert_true(main->has_defer && main->has_recover);
}

static void test_branches(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc main() {\nL:\n\tfor {\n\t\tswitch {\n\t\tcase true:\n\t\t\tbreak\n"
		"\t\t\tfallthrough\n\t\tdefault:\n\t\t\tbreak L\n\t\t}\n"
		    "\t\tcontinue\n\t}\n\tgoto M\nM:\n}\n");
	Node *loop = find(f, NODE_FOR_STMT, NULL), *sw = find(f, NODE_SWITCH_STMT, NULL);
	assert_ptr_equal(AS(BranchStmt, find_nth(f, NODE_BRANCH_STMT, NULL, 0))->target, sw);
	assert_ptr_equal(AS(BranchStmt, find_nth(f, NODE_BRANCH_STMT, NULL, 1))->target, AS(SwitchStmt, sw)->clauses.items[1]);
	assert_ptr_equal(AS(BranchStmt, find_nth(f, NODE_BRANCH_STMT, NULL, 2))->target, loop);
	assert_ptr_equal(AS(BranchStmt, find_nth(f, NODE_BRANCH_STMT, NULL, 3))->target, loop);
	assert_int_equal(AS(BranchStmt, find_nth(f, NODE_BRANCH_STMT, NULL, 4))->target->kind, NODE_LABELED_STMT);
	assert_int_equal(loop->flags, 0);
}

static void test_type_switch_variables(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc main() {\n\tvar e any\n\tswitch x := e.(type) {\n\tcase int:\n"
		"\t\t_ = x + 1\n\tcase string, bool:\n\t\t_ = x\n\tcase nil:\n\t}\n}\n");
	Object *first = AS(CaseClause, find_nth(f, NODE_CASE_CLAUSE, NULL, 0))->object;
	Object *second = AS(CaseClause, find_nth(f, NODE_CASE_CLAUSE, NULL, 1))->object;
	assert_int_equal(first->type->kind, TYPE_INT);
	assert_true(type_is_interface(second->type));
}

static void test_range_over_func(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\nfunc seq(yield func(int, string) bool) {}\n"
		    "func main() {\n\tn := 0\n\tfor i, s := range seq {\n\t\tdefer println(s)\n\t\tn += i\n"
		    "\t}\n\tprintln(n)\n}\n");
	FuncInfo *body = AS(RangeStmt, find(f, NODE_RANGE_STMT, NULL))->info;
	assert_non_null(body);
	assert_int_equal(body->captures.len, 1);
	assert_ptr_equal(body->captures.items[0], variable(f, "n"));
	assert_ptr_equal(variable(f, "i")->owner, body);
	assert_true(function(f, "main")->has_defer);
	assert_type(f, find(f, NODE_IDENT, "i"), "int");
	assert_int_equal(variable(f, "s")->type->kind, TYPE_STRING);
}

/* ---------------------------------------------------------------- initialization order */

static void test_init_order(void **state) {
	Fixture *f = *state;
	Package *pkg = check_ok(f, "package main\n"
				   "var a = c + b\nvar b = f()\nvar c = 1\nvar d, e = g()\nvar z int\n"
				   "func f() int { return h() + z }\nfunc h() int { return d }\n"
				   "func g() (int, int) { return 1, 2 }\n"
				   "func main() { println(a, e) }\n");
	const char *want[] = {"c", "d", "b", "a"};
	assert_int_equal(pkg->init_order.len, COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_string_equal(pkg->init_order.items[i]->lhs[0]->name->text, want[i]);
	assert_int_equal(pkg->init_order.items[1]->lhs_count, 2);
	assert_int_equal(pkg->var_inits.len, 5);
	FuncInfo *func = function(f, "f");
	assert_int_equal(func->deps.len, 2);
}

/* ---------------------------------------------------------------- generics */

static void assert_instance(Fixture *f, uint32_t use, const char *name, uint32_t count, const char *type) {
	Node *id = find_nth(f, NODE_IDENT, name, use);
	Instance *inst = ptrmap_get(&f->u.instance_info, id);
	assert_non_null(inst);
	assert_int_equal(inst->type_args.len, count);
	assert_type(f, id, type);
}

static void test_instances(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "func conv[T, U any](s []T, f func(T) U) []U { return nil }\n"
		    "func id[P any](x P) P { return x }\n"
		    "func main() {\n"
		    "\t_ = conv([]int{}, func(int) string { return \"\" })\n"
		    "\t_ = id[string](\"\")\n"
		    "\tvar g func(bool) bool = id\n"
		    "\t_ = conv([]int{}, id)\n"
		    "\t_ = g\n"
		    "}\n");
	assert_instance(f, 0, "conv", 2, "func(s []int, f func(int) string) []string");
	assert_instance(f, 0, "id", 1, "func(x string) string");
	assert_instance(f, 1, "id", 1, "func(x bool) bool");
	assert_instance(f, 2, "id", 1, "func(x int) int");
}

static void test_generic_types(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "type List[T any] struct { head *node[T] }\n"
		    "type node[T any] struct { v T; next *node[T] }\n"
		    "func (l *List[E]) Push(v E) { l.head = &node[E]{v, l.head} }\n"
		    "type Pair[A, B any] = struct { a A; b B }\n"
		    "type Ord[T any] interface { Less(T) bool }\n"
		    "type Tree[T Ord[T]] struct { l, r *Tree[T]; v T }\n"
		    "type N int\n"
		    "func (n N) Less(m N) bool { return n < m }\n"
		    "func main() {\n"
		    "\tvar l List[string]\n\tl.Push(\"\")\n\tx := l.head.next.v\n"
		    "\tp := Pair[int, bool]{1, true}\n\tvar t Tree[N]\n"
		    "\t_, _, _ = x, p.b, t.l.v\n}\n");
	assert_type(f, find(f, NODE_SELECTOR, "l.head.next.v"), "string");
	assert_type(f, find(f, NODE_SELECTOR, "p.b"), "bool");
	assert_type(f, find(f, NODE_SELECTOR, "t.l.v"), "N");
	Selection *s = AS(SelectorExpr, find(f, NODE_SELECTOR, "l.Push"))->selection;
	assert_type(f, find(f, NODE_SELECTOR, "l.Push"), "func(v string)");
	assert_ptr_equal(s->object, function(f, "Push")->object);
}

static void test_go_1_27(void **state) {
	Fixture *f = *state;
	check_ok(f, "package main\n"
		    "type Box[T any] struct { v T }\n"
		    "func (b Box[T]) Map[U any](f func(T) U) Box[U] { return Box[U]{f(b.v)} }\n"
		    "type Inner struct { x, y int }\n"
		    "type Outer struct { Inner; z int }\n"
		    "type Adder[A Adder[A]] interface { Add(A) A }\n"
		    "type Num int\n"
		    "func (n Num) Add(m Num) Num { return n + m }\n"
		    "func sum[A Adder[A]](a, b A) A { return a.Add(b) }\n"
		    "func main() {\n"
		    "\tbox := Box[int]{1}.Map(func(i int) string { return \"\" })\n"
		    "\tp := new(42)\n"
		    "\to := Outer{x: 1, z: 2}\n"
		    "\t_, _, _, _ = box.v, p, o, sum(Num(1), 2)\n"
		    "}\n");
	assert_type(f, find(f, NODE_SELECTOR, "box.v"), "string");
	assert_type(f, find(f, NODE_CALL, "new(42)"), "*int");
	SelectorExpr *sel = AS(SelectorExpr, AS(CallExpr, find(f, NODE_CALL, "Box[int]{…}.Map(func(i int) string {…})"))->fun);
	assert_int_equal(sel->selection->type_args.len, 1);
	assert_non_null(ptrmap_get(&f->u.instance_info, sel->sel));
	KeyValueExpr *kv = AS(KeyValueExpr, find_nth(f, NODE_KEY_VALUE, NULL, 0));
	assert_int_equal(kv->key->kind, NODE_SELECTOR);
	assert_int_equal(AS(SelectorExpr, kv->key)->selection->path_len, 2);
}

/* ---------------------------------------------------------------- scripts */

static Package *check_script_text(Fixture *f, const char *text) {
	return f->pkg = check_text(f, text, true, (CheckOptions){.path = "main"});
}

static void test_script(void **state) {
	Fixture *f = *state;
	Package *pkg = check_script_text(f, "total := 0\nfor i := range 3 { total += i }\nshow(total)\n"
					    "func show(n int) { println(n, late, K) }\nlate := 5\nconst K = 3\n"
					    "type T struct{}\n"
					    "if total > 1 { inner := T{}; _ = inner }\n");
	assert_int_equal(f->sources.error_count, 0);
	assert_true(pkg->is_script);
	assert_non_null(pkg->script_main);
	assert_int_equal(AS(BlockStmt, pkg->script_main->body)->stmts.len, 5);
	assert_false(variable(f, "total")->is_global); /* no function uses it */
	assert_ptr_equal(variable(f, "total")->owner, pkg->script_main);
	assert_true(variable(f, "late")->is_global);
	assert_false(variable(f, "inner")->is_global);
	assert_ptr_equal(variable(f, "inner")->owner, pkg->script_main);
	assert_true(variable(f, "late")->used);
}

static void test_script_order(void **state) {
	Fixture *f = *state;
	check_script_text(f, "println(later)\nlater := 1\n");
	assert_true(says(f, "undefined: later"));
}

static void test_script_redeclaration(void **state) {
	Fixture *f = *state;
	check_script_text(f, "x := 1\nx := 2\nprintln(x)\n");
	assert_true(reported(f, ERR_NO_NEW_VARIABLES));
}

static void test_script_warnings(void **state) {
	Fixture *f = *state;
	check_script_text(f, "import \"unsafe\"\nx := 1\nfunc f() { y := 2 }\nif true { z := 3 }\nf()\n");
	assert_int_equal(f->sources.error_count, 0);
	assert_int_equal(f->sources.diagnostics.len, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(f->sources.diagnostics.items[i].severity, SEVERITY_WARNING);
}

static void test_script_return_and_defer(void **state) {
	Fixture *f = *state;
	Package *pkg = check_script_text(f, "defer println(1)\nif true { return }\nprintln(2)\n");
	assert_int_equal(f->sources.error_count, 0);
	assert_true(pkg->script_main->has_defer);
	check_script_text(f, "return 1\n");
	assert_true(says(f, "too many return values"));
}

static void test_script_without_statements(void **state) {
	Fixture *f = *state;
	Package *pkg = check_script_text(f, "var x = y\nvar y = f()\nfunc f() int { return 1 }\n"
		"func main() { println(x) }\n");
	assert_int_equal(f->sources.error_count, 0);
	assert_null(pkg->script_main);
	assert_int_equal(pkg->init_order.len, 2);
	assert_string_equal(pkg->init_order.items[0]->lhs[0]->name->text, "y");
}

static const char library_text[] = "package lib\n"
				   "import \"missing/package\"\n"
				   "func Native(x int) string\n"
				   "func Used(n int) int { return helper(n) }\n"
				   "func helper(n int) int { return n * Factor }\n"
				   "func Broken() { undefined() }\n"
				   "const Factor = 1 << 3\n"
				   "var Table = make([]int, Factor)\n"
				   "type T struct { X int; y string }\n"
				   "func (t *T) Get() int { return t.X }\n"
				   "func hidden() {}\n";

static void load_library(Fixture *f) {
	f->library = check_text(f, library_text, false, (CheckOptions){.path = "some/lib", .is_library = true});
	diag_clear(&f->sources); /* the missing import */
}

static void test_implicit_import(void **state) {
	Fixture *f = *state;
	load_library(f);
	f->imports = 0;
	Package *pkg = check_script_text(f, "println(lib.Native(1), lib.Factor)\nfunc f() { lib.Used(1) }\nf()\n");
	if (f->sources.error_count)
		show(f);
	assert_int_equal(f->sources.error_count, 0);
	assert_int_equal(f->sources.diagnostics.len, 0);
	assert_int_equal(pkg->imports.len, 1);
	check_script_text(f, "println(nothing.Native(1))\n");
	assert_true(says(f, "undefined: nothing"));
}

/* ---------------------------------------------------------------- libraries */

static void test_library_is_lazy(void **state) {
	Fixture *f = *state;
	load_library(f);
	Object *used = scope_lookup(f->library->scope, intern_cstr(&f->interner, "Used"));
	assert_null(used->type);
	check_ok(f, "package main\nimport \"some/lib\"\n"
		"func main() { var t lib.T; println(lib.Used(1), t.Get(), t.X) }\n");
	assert_non_null(used->type);
	assert_null(used->func->body);
	assert_true(check_func_body(&f->u, used->func));
	assert_non_null(used->func->body);
	assert_int_equal(used->func->deps.len, 1);
	Object *helper = used->func->deps.items[0];
	assert_string_equal(helper->name->text, "helper");
	assert_true(check_func_body(&f->u, helper->func));
	Object *broken = package_lookup(&f->u, f->library, "Broken");
	assert_false(check_func_body(&f->u, broken->func));
	assert_null(package_lookup(&f->u, f->library, "Absent"));
	Object *table = package_lookup(&f->u, f->library, "Table");
	assert_int_equal(table->type->kind, TYPE_SLICE);
	assert_true(check_var_init(&f->u, table->init));
}

static void test_library_is_closed(void **state) {
	Fixture *f = *state;
	load_library(f);
	check_text(f, "package main\nimport \"some/lib\"\n"
		"func main() { lib.hidden(); lib.absent(); _ = lib.T{}.y; _ = lib.T{1, \"\"} }\n", false,
		   (CheckOptions){.path = "main"});
	assert_true(reported(f, ERR_NOT_EXPORTED));
	assert_true(says(f, "undefined: lib.absent"));
	assert_true(reported(f, ERR_MISSING_MEMBER));
	assert_true(reported(f, ERR_STRUCT_UNEXPORTED));
}

/* ---------------------------------------------------------------- hostile programs */

/* prefix, `unit` n times, suffix */
static void check_repeated(Fixture *f, const char *prefix, const char *unit, uint32_t n, const char *suffix) {
	Buf buf;
	buf_init(&buf, &f->mem);
	buf_puts(&buf, prefix);
	for (uint32_t i = 0; i < n; i++)
		buf_puts(&buf, unit);
	buf_puts(&buf, suffix);
	f->pkg = check_text(f, buf_cstr(&buf), false, (CheckOptions){.path = "main"});
	buf_deinit(&buf);
}

static void test_deep_programs(void **state) {
	Fixture *f = *state;
	check_repeated(f, "package p\nvar x = 1", " + 1", 9000, "\n");
	check_repeated(f, "package p\nvar b bool\nvar x = b", " || b", 9000, "\n");
	check_repeated(f, "package p\nvar x = \"\"", " + \"abc\"", 9000, "\n");
	assert_int_equal(f->sources.error_count, 0);
	check_repeated(f, "package p\nvar x = ", "(", 900, "1");
	check_repeated(f, "package p\nvar x ", "[]", 5000, "int");
	check_repeated(f, "package p\nvar x ", "struct{ f ", 900, "int");
	check_repeated(f, "package p\ntype T struct{ t *T }\nvar t T\nvar x = t", ".t", 9000, "\n");
	check_repeated(f, "package p\nfunc f() {\n", "{", 900, "");
	check_repeated(f, "package p\nvar x = ", "func() { _ = ", 900, "");
	check_repeated(f, "package p\nfunc g() {\nif true {} ", "else if true {} ", 9000, "}\n");
	check_repeated(f, "package p\nfunc g() {\nL: goto L\n", "L:", 9000, ";}\n");
}

static void test_hostile_declarations(void **state) {
	Fixture *f = *state;
	static const char *const programs[] = {
		"const x = 1 << 1000000\nconst y = 1.5 << 1000000\nvar z = 1 << 62 << 62",
		"const x = 1e1000000000\nconst y = x * x * x\nconst z = 1 / x",
		"var a [1 << 62]int\nvar b [1 << 40][1 << 40]int\ntype T [1 << 30]T2\ntype T2 [1 << 30]int",
		"type T struct { t T }\ntype U struct { v V }\ntype V struct { u U }\nvar x T\nvar y = U{}.v.u",
		"type T [len(x)]int\nvar x T\ntype I interface { I }\ntype J interface { K }\ntype K interface { J }",
		"type A = B\ntype B = A\ntype C = *C\ntype D = []D\ntype E E\nvar x A\nvar y E",
		"var a = b\nvar b = c\nvar c = a\nconst d = e\nconst e = d\nfunc f() int { return g }\nvar g = f()",
		"type G[T any] struct { g *G[[]T] }\nvar x G[int]\ntype H[T any] struct { h H[[2]T] }\nvar y H[int]",
		"func f[T any]() { f[*T]() }\nfunc g[T any](x T) { g(&x) }\ntype L[T any] struct { f func(L[[]T]) }",
		"type T[P T[P]] int\ntype U[P interface{ *U[P] }] int\nvar x T[int]\nvar y U[int]",
		"type T interface { m() T }\ntype U interface { m() interface { U } }\nvar x T\nvar y U = x",
		"func f(x [unsafe.Sizeof(f)]int) {}\nvar v = func() { v() }",
		"type T struct { [unsafe]int }\nvar x = T{}.T.T",
		"type S0 struct { a, b S1 }\ntype S1 struct { a, b S2 }\ntype S2 struct { a, b S3 }\n"
		"type S3 struct { a, b [1 << 50]S0 }",
		"func (T) m() {}\nfunc (*T[P]) m() {}\nfunc (x) m() {}\nfunc ([]int) m() {}\n"
		"func (t T.t) m() {}\ntype T int",
		"var _ = map[string]int{\"a\": 1, \"a\": 2, nil: 3, 1: 4}\n"
		"var _ = []int{1 << 70: 1, -5: 2, 1.5: 3, nil: 4}",
		"func f() { x, x := f(), f; x = f()(f)(f()); f(f...)(f...); (f)++; f() += f }",
		"func f() { for range f {}; for i, j := range 1 {}; select { case f(): }; switch f { case f: }; switch f.(type) {} }",
		"type T struct { T.x; *T.x; int; *int; int }\ntype F func(F) F\nvar f F = f(f)(f)",
		"func f[T ~int|~string, U []T|map[T]T](t T, u U) { _ = u[0]; _ = u[t]; for range u {}; _ = t + t; _ = t << t; _ = len(u) }",
	};
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		uint32_t before = f->sources.error_count;
		check_repeated(f, "package p\n", programs[i], 1, "\n");
		if (f->sources.error_count == before)
			fprintf(stderr, "hostile program %zu was accepted\n", i);
		assert_true(f->sources.error_count > before);
	}
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_error), TEST(test_language_versions), TEST(test_file_versions),
		TEST(test_init_order_of_zero_variables), TEST(test_untyped_values_get_types), TEST(test_constants_are_rounded),
		TEST(test_comma_ok), TEST(test_address_taken), TEST(test_reassigned), TEST(test_captures),
		TEST(test_loop_variables), TEST(test_selections), TEST(test_calls), TEST(test_branches),
		TEST(test_type_switch_variables), TEST(test_range_over_func), TEST(test_init_order), TEST(test_instances),
		TEST(test_generic_types), TEST(test_go_1_27), TEST(test_script), TEST(test_script_order),
		TEST(test_script_redeclaration), TEST(test_script_warnings), TEST(test_script_return_and_defer),
		TEST(test_script_without_statements), TEST(test_implicit_import), TEST(test_library_is_lazy),
		TEST(test_library_is_closed), TEST(test_deep_programs), TEST(test_hostile_declarations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
