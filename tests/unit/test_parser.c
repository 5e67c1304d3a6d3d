/* SPDX-License-Identifier: MIT */
/* test_parser.c: trees, messages, scripts, lazy bodies and limits of the parser; the printer, walker and copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "parser/parser.h"

typedef struct Parse {
	Mem mem;
	Arena arena;
	SourceSet set;
	Interner in;
	File *file;
	Buf out;
} Parse;

static const ParseOptions script_allowed = {.allow_script = true};

static void parse_open(Parse *p, const char *text, ParseOptions options) {
	mem_init(&p->mem, NULL, NULL);
	arena_init(&p->arena, &p->mem);
	source_init(&p->set, &p->arena);
	interner_init(&p->in, &p->arena);
	buf_init(&p->out, &p->mem);
	SourceFile *source = source_add(&p->set, "x.go", text, strlen(text));
	p->file = parser_parse_file(&p->set, &p->in, &p->arena, source, options);
}

static void parse_close(Parse *p) {
	buf_deinit(&p->out);
	arena_deinit(&p->arena);
	assert_int_equal(p->mem.used_bytes, 0);
}

/* "line:column: message" of each diagnostic, joined by "|". */
static const char *parse_messages(Parse *p) {
	p->out.len = 0;
	diag_sort(&p->set);
	for (uint32_t i = 0; i < p->set.diagnostics.len; i++) {
		const Diagnostic *d = &p->set.diagnostics.items[i];
		Position at = source_position(&p->set, d->pos);
		buf_printf(&p->out, "%s%u:%u: %s", i > 0 ? "|" : "", at.line, at.column, d->message);
	}
	return buf_cstr(&p->out);
}

static void assert_messages(const char *text, ParseOptions options, const char *expected) {
	Parse p;
	parse_open(&p, text, options);
	assert_string_equal(parse_messages(&p), expected);
	parse_close(&p);
}

/* The first statement, declaration or import of a text without errors. */
static Node *parse_first(Parse *p, const char *text) {
	parse_open(p, text, script_allowed);
	assert_string_equal(parse_messages(p), "");
	p->out.len = 0;
	return p->file->stmts.len != 0 ? p->file->stmts.items[0] : p->file->decls.items[0];
}

/* ---- messages ---- */

/* In a function body: "package p; func f() {" newline, text, newline, "}": the text begins on line 2. */
static void assert_body_messages(const char *body, const char *expected) {
	char text[512];
	snprintf(text, sizeof text, "package p; func f() {\n%s\n}\n", body);
	assert_messages(text, (ParseOptions){0}, expected);
}

/* What Go 1.23's compiler says, and where. */
static void test_statement_errors(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"f(1 2)", "2:5: syntax error: unexpected literal 2 in argument list; possibly missing comma or )"},
		{"f(1,\n2\n)", "3:2: syntax error: unexpected newline in argument list; possibly missing comma or )"},
		{"x := []int{1 2}", "2:14: syntax error: unexpected literal 2 in composite literal; possibly missing comma or }"},
		{"y := a[]", "2:8: syntax error: unexpected ], expected operand"},
		{"z := a[1:2:]", "2:12: final index required in 3-index slice"},
		{"z := a[1::3]", "2:10: middle index required in 3-index slice"},
		{"z := a[1 2]", "2:10: syntax error: unexpected literal 2, expected comma, : or ]"},
		{"q := a.(int", "2:12: syntax error: unexpected newline, expected )"},
		{"if x = 5 { }", "2:6: syntax error: cannot use assignment x = 5 as value"},
		{"if x = y + 1 { }", "2:6: syntax error: cannot use assignment x = (y + 1) as value"},
		{"if x := 5 { }", "2:6: syntax error: cannot use x := 5 as value"},
		{"if x; { }", "2:5: syntax error: missing condition in if statement"},
		{"if { }", "2:4: syntax error: missing condition in if statement"},
		{"if x\n{\n}", "2:5: syntax error: unexpected newline, expected { after if clause"},
		{"if x {} else y", "2:14: syntax error: else must be followed by if or statement block"},
		{"for i := 0; i < 5 { }", "2:19: syntax error: unexpected {, expected semicolon or newline"},
		{"for i := 0; { }", "2:13: syntax error: unexpected {, expected for loop condition"},
		{"for var i = 0; i < 4; i++ { }", "2:9: syntax error: var declaration not allowed in for initializer"},
		{"for i := 0; i < 5; i := 3 {}", "2:22: syntax error: cannot declare in post statement of for loop"},
		{"for a, b, c := range x {}", "2:11: range clause permits at most two iteration variables"},
		{"switch x := 5 {}", "2:10: syntax error: cannot use x := 5 as value"},
		{"switch x { foo }", "2:12: syntax error: unexpected name foo, expected case or default or }"},
		{"switch x y {}", "2:10: syntax error: unexpected name y, expected {"},
		{"y := x.(type)", "2:6: syntax error: use of .(type) outside type switch"},
		{"defer (f())", "2:7: expression in defer must not be parenthesized"},
		{"a, b", "2:5: syntax error: unexpected newline, expected := or = or comma"},
		{"a, b += 1", "2:6: syntax error: unexpected +=, expected := or = or comma"},
		{"a b", "2:3: syntax error: unexpected name b at end of statement"},
		{"x = ", "3:1: syntax error: unexpected }, expected expression"},
		{"x = y++", "2:6: syntax error: unexpected ++ at end of statement"},
		{"goto 5", "2:6: syntax error: unexpected literal 5, expected name"},
		{"switch { case a: L: case b: }", "2:19: syntax error: missing statement after label"},
		{"if T{} == x {}", "2:8: syntax error: unexpected == at end of statement|"
		                   "3:1: syntax error: non-declaration statement outside function body"},
		{"var x int 5", "2:11: syntax error: unexpected literal 5 at end of statement"},
		{"x := range", "2:6: syntax error: unexpected range, expected expression"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_body_messages(cases[i][0], cases[i][1]);
}

static void test_declaration_errors(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"x := 1", "2:1: syntax error: non-declaration statement outside function body"},
		{"func f()\n{\n}", "3:1: syntax error: unexpected semicolon or newline before {"},
		{"func f() { } }", "2:14: syntax error: unexpected } after top level declaration"},
		{"func f(a int, []b) {}", "2:15: syntax error: mixed named and unnamed parameters"},
		{"func f(a int, b c d) {}", "2:19: syntax error: unexpected name d in parameter list; possibly missing comma or )"},
		{"func f[]() {}", "2:8: syntax error: empty type parameter list"},
		{"func g[P any, Q]() {}", "2:16: syntax error: missing type constraint"},
		{"func (T) {}", "2:10: syntax error: unexpected {, expected name"},
		{"func {}", "2:6: syntax error: unexpected {, expected name or ("},
		{"func () m() {}", "2:9: method has no receiver"},
		{"func (a T, b T) m() {}", "2:17: method has multiple receivers"},
		{"func f(a ...) {}", "2:13: syntax error: ... is missing type"},
		{"type I interface { m[P any]() }", "2:21: interface method must have no type parameters"},
		{"type S struct { (T) }", "2:17: syntax error: cannot parenthesize embedded type"},
		{"type U[a, b] struct{}", "2:12: syntax error: missing type constraint"},
		{"type V[5,] int", "2:9: syntax error: unexpected comma; expected ]"},
		{"type X", "2:7: syntax error: unexpected newline in type declaration"},
		{"const (\na = 1 b = 2\n)", "3:7: syntax error: unexpected name b in grouped declaration; possibly missing semicolon or newline or )"},
		{"var x = (int){}", "2:14: syntax error: cannot parenthesize type in composite literal"},
		{"var y <-int", "2:9: syntax error: unexpected name int, expected chan"},
		{"var c chan", "3:1: syntax error: missing channel element type"},
		{"import x", "2:9: syntax error: missing import path"},
		{"import 5", "2:8: syntax error: import path must be a string"},
		{"type T int\nimport \"x\"", "3:1: syntax error: imports must appear before other declarations"},
		{"var x = func() { return 1", "3:1: syntax error: unexpected EOF, expected }"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[512];
		snprintf(text, sizeof text, "package p\n%s\n", cases[i][0]);
		assert_messages(text, (ParseOptions){0}, cases[i][1]);
	}
}

static void test_file_errors(void **state) {
	(void)state;
	assert_messages("x := 1\n", (ParseOptions){0}, "1:1: syntax error: package statement must be first");
	assert_messages("package\n", (ParseOptions){0}, "2:1: syntax error: unexpected EOF, expected name");
	assert_messages("package p\nfunc f() {\na b\n}\nfunc g() {\nc d\n}\n", (ParseOptions){0},
	                "3:3: syntax error: unexpected name b at end of statement|"
	                "6:3: syntax error: unexpected name d at end of statement");
	assert_messages("x := ]\nif x { }\n}\ny := 1 2\n", script_allowed,
	                "1:6: syntax error: unexpected ], expected expression|"
	                "3:1: syntax error: unexpected } at top level|"
	                "4:8: syntax error: unexpected literal 2 at end of statement");
}

/* ---- trees ---- */

/* Each declares T with a type parameter P or as an array; the spec resolves the ambiguity. */
static void test_type_parameter_or_array(void **state) {
	(void)state;
	static const struct {
		const char *text;
		uint32_t params;
	} cases[] = {
		{"type T[P any] int", 1}, {"type T[P *C,] int", 1}, {"type T[P *C] int", 0}, {"type T[P (C)] int", 0},
		{"type T[P *[]int] int", 1}, {"type T[P *C|D,] int", 1}, {"type T[P *C|~D] int", 1},
		{"type T[P *struct{}|D] int", 1}, {"type T[P, Q any] int", 1}, {"type T[P []int] int", 1},
		{"type T[P [n]int] int", 1}, {"type T[P interface{}] int", 1}, {"type T[n] int", 0},
		{"type T[n * 2] int", 0}, {"type T[] int", 0}, {"type T[2] int", 0}, {"type T[P any, Q P] int", 2},
		{"type T[P ~int] int", 1}, {"type T[P pkg.C] int", 1}, {"type T[P C[int]] int", 1},
		{"type T[P any] = []P", 1}, {"type T[P func(int)] int", 1}, {"type T[f()] int", 0},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		Parse p;
		DeclStmt *s = AS(DeclStmt, parse_first(&p, cases[i].text));
		TypeSpec *spec = AS(TypeSpec, AS(GenDecl, s->decl)->specs.items[0]);
		assert_int_equal(spec->type_params.len, cases[i].params);
		assert_int_equal(spec->type->kind == NODE_ARRAY_TYPE && spec->type_params.len == 0,
		                 cases[i].params == 0);
		parse_close(&p);
	}
}

static void assert_dump(const char *text, const char *expected) {
	Parse p;
	Node *n = parse_first(&p, text);
	ast_dump(n, &p.out);
	assert_string_equal(buf_cstr(&p.out), expected);
	parse_close(&p);
}

static void test_precedence(void **state) {
	(void)state;
	assert_dump("a + b * c == -d && e || <-f",
	            "ExprStmt\n"
	            "  x: BinaryExpr op=||\n"
	            "    x: BinaryExpr op=&&\n"
	            "      x: BinaryExpr op===\n"
	            "        x: BinaryExpr op=+\n"
	            "          x: Ident a\n"
	            "          y: BinaryExpr op=*\n"
	            "            x: Ident b\n"
	            "            y: Ident c\n"
	            "        y: UnaryExpr op=-\n"
	            "          x: Ident d\n"
	            "      y: Ident e\n"
	            "    y: UnaryExpr op=<-\n"
	            "      x: Ident f\n");
}

static void test_channel_types(void **state) {
	(void)state;
	assert_dump("<-chan int(x)",
	            "ExprStmt\n"
	            "  x: UnaryExpr op=<-\n"
	            "    x: CallExpr\n"
	            "      fun: ChanType dir=both\n"
	            "        value: Ident int\n"
	            "      args: Ident x\n");
	assert_dump("(<-chan<- chan int)(x)",
	            "ExprStmt\n"
	            "  x: CallExpr\n"
	            "    fun: ParenExpr\n"
	            "      x: ChanType dir=receive\n"
	            "        value: ChanType dir=receive\n"
	            "          value: Ident int\n"
	            "    args: Ident x\n");
	assert_dump("var c chan<- <-chan int",
	            "DeclStmt\n"
	            "  decl: GenDecl op=var\n"
	            "    specs: ValueSpec\n"
	            "      names: Ident c\n"
	            "      type: ChanType dir=send\n"
	            "        value: ChanType dir=receive\n"
	            "          value: Ident int\n");
}

static void test_fields(void **state) {
	(void)state;
	assert_dump("var f func(a, b int, c ...T) (x, y pkg.T)",
	            "DeclStmt\n"
	            "  decl: GenDecl op=var\n"
	            "    specs: ValueSpec\n"
	            "      names: Ident f\n"
	            "      type: FuncType\n"
	            "        params: Field\n"
	            "          names: Ident a\n"
	            "          names: Ident b\n"
	            "          type: Ident int\n"
	            "        params: Field\n"
	            "          names: Ident c\n"
	            "          type: Ellipsis\n"
	            "            elem: Ident T\n"
	            "        results: Field\n"
	            "          names: Ident x\n"
	            "          names: Ident y\n"
	            "          type: SelectorExpr sel=T\n"
	            "            x: Ident pkg\n");
	/* a [n]E declares; T[A], T[A, B] embed */
	assert_dump("type S struct { a [n]E; T[A]; *U[A, B]; b []E `tag` }",
	            "DeclStmt\n"
	            "  decl: GenDecl op=type\n"
	            "    specs: TypeSpec name=S\n"
	            "      type: StructType\n"
	            "        fields: Field\n"
	            "          names: Ident a\n"
	            "          type: ArrayType\n"
	            "            len: Ident n\n"
	            "            elem: Ident E\n"
	            "        fields: Field\n"
	            "          type: IndexExpr\n"
	            "            x: Ident T\n"
	            "            indices: Ident A\n"
	            "        fields: Field\n"
	            "          type: StarExpr\n"
	            "            x: IndexExpr\n"
	            "              x: Ident U\n"
	            "              indices: Ident A\n"
	            "              indices: Ident B\n"
	            "        fields: Field\n"
	            "          names: Ident b\n"
	            "          type: ArrayType\n"
	            "            elem: Ident E\n"
	            "          tag: BasicLit token=string literal `tag`\n");
}

static void test_interface_elements(void **state) {
	(void)state;
	assert_dump("type I interface { m(int) T; J; K[int]; ~int | []byte }",
	            "DeclStmt\n"
	            "  decl: GenDecl op=type\n"
	            "    specs: TypeSpec name=I\n"
	            "      type: InterfaceType\n"
	            "        methods: Field\n"
	            "          names: Ident m\n"
	            "          type: FuncType\n"
	            "            params: Field\n"
	            "              type: Ident int\n"
	            "            results: Field\n"
	            "              type: Ident T\n"
	            "        methods: Field\n"
	            "          type: Ident J\n"
	            "        methods: Field\n"
	            "          type: IndexExpr\n"
	            "            x: Ident K\n"
	            "            indices: Ident int\n"
	            "        methods: Field\n"
	            "          type: BinaryExpr op=|\n"
	            "            x: UnaryExpr op=~\n"
	            "              x: Ident int\n"
	            "            y: ArrayType\n"
	            "              elem: Ident byte\n");
}

static void test_statements(void **state) {
	(void)state;
	assert_dump("switch x := f(); y := x.(type) { case *T, nil: default: }",
	            "TypeSwitchStmt bind=y\n"
	            "  init: AssignStmt op=:=\n"
	            "    lhs: Ident x\n"
	            "    rhs: CallExpr\n"
	            "      fun: Ident f\n"
	            "  x: Ident x\n"
	            "  clauses: CaseClause\n"
	            "    exprs: StarExpr\n"
	            "      x: Ident T\n"
	            "    exprs: Ident nil\n"
	            "  clauses: CaseClause is_default\n");
	assert_dump("for k, v = range m { continue }",
	            "RangeStmt op==\n"
	            "  key: Ident k\n"
	            "  value: Ident v\n"
	            "  x: Ident m\n"
	            "  body: BlockStmt\n"
	            "    stmts: BranchStmt op=continue\n");
	assert_dump("for range 10 {}",
	            "RangeStmt\n"
	            "  x: BasicLit token=integer literal 10\n"
	            "  body: BlockStmt\n");
	assert_dump("for ; ; {}",
	            "ForStmt\n  body: BlockStmt\n");
	assert_dump("select { case v, ok := <-c: case c <- 1: default: }",
	            "SelectStmt\n"
	            "  clauses: CommClause\n"
	            "    comm: AssignStmt op=:=\n"
	            "      lhs: Ident v\n"
	            "      lhs: Ident ok\n"
	            "      rhs: UnaryExpr op=<-\n"
	            "        x: Ident c\n"
	            "  clauses: CommClause\n"
	            "    comm: SendStmt\n"
	            "      chan: Ident c\n"
	            "      value: BasicLit token=integer literal 1\n"
	            "  clauses: CommClause\n");
	/* A composite literal needs parentheses in a header, but not inside brackets. */
	assert_dump("if f(T{}) { }",
	            "IfStmt\n"
	            "  cond: CallExpr\n"
	            "    fun: Ident f\n"
	            "    args: CompositeLit\n"
	            "      type: Ident T\n"
	            "  then: BlockStmt\n");
	assert_dump("if x == y { a }",
	            "IfStmt\n"
	            "  cond: BinaryExpr op===\n"
	            "    x: Ident x\n"
	            "    y: Ident y\n"
	            "  then: BlockStmt\n"
	            "    stmts: ExprStmt\n"
	            "      x: Ident a\n");
}

static void test_const_iota(void **state) {
	(void)state;
	Parse p;
	DeclStmt *s = AS(DeclStmt, parse_first(&p, "const (\na, b = iota, iota\nc, d\n\ne int = 5\n)"));
	GenDecl *decl = AS(GenDecl, s->decl);
	assert_true(decl->grouped);
	assert_int_equal(decl->specs.len, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(AS(ValueSpec, decl->specs.items[i])->iota, i);
	assert_int_equal(AS(ValueSpec, decl->specs.items[1])->values.len, 0);
	parse_close(&p);
}

/* ---- files and scripts ---- */

static void test_script(void **state) {
	(void)state;
	Parse p;
	parse_open(&p,
	           "#!/usr/bin/env gol\nimport \"fmt\"\nx := 5\nvar y = x\nfunc f() {}\nfunc (t T) m() {}\n"
	           "type T struct{}\nfunc() {}()\nfunc(a int) T { return a }(1)\nfunc(a int) L[int] { return nil }(1)\n"
	           "func (r T) g[P any](p P) {}\nfor i := range 3 { f() }\nimport . \"os\"\n",
	           script_allowed);
	assert_string_equal(parse_messages(&p), "");
	assert_true(p.file->is_script);
	assert_null(p.file->package_name);
	assert_int_equal(p.file->imports.len, 2);
	assert_int_equal(p.file->decls.len, 5); /* two imports, f, m, g */
	assert_int_equal(p.file->stmts.len, 7);
	assert_int_equal(p.file->stmts.items[1]->kind, NODE_DECL_STMT);
	parse_close(&p);
	parse_open(&p, "func f() {}\n", script_allowed);
	assert_true(p.file->is_script);
	parse_close(&p);
	parse_open(&p, "//go:build go1.22\npackage p\nimport (\"a\"; b \"c\")\nfunc f()\n", script_allowed);
	assert_string_equal(parse_messages(&p), "");
	assert_false(p.file->is_script);
	assert_string_equal(p.file->package_name->name->text, "p");
	assert_int_equal(p.file->go_version, 22);
	assert_int_equal(p.file->imports.len, 2);
	parse_close(&p);
}

static void test_lazy_bodies(void **state) {
	(void)state;
	static const char text[] = "package p\nfunc f(a int) int { if a { return \"}\" }; return '}' /* } */ }\n"
	                           "func g() { x y }\nfunc h()\nvar v = func() { }\n";
	Parse p;
	parse_open(&p, text, (ParseOptions){.lazy_bodies = true});
	assert_int_equal(p.set.error_count, 0);
	FuncDecl *f = AS(FuncDecl, p.file->decls.items[0]), *g = AS(FuncDecl, p.file->decls.items[1]);
	FuncDecl *h = AS(FuncDecl, p.file->decls.items[2]);
	assert_null(f->body);
	assert_non_null(f->lazy);
	assert_int_equal(text[f->lazy->lbrace - p.file->source->base], '{');
	assert_int_equal(text[f->lazy->end - p.file->source->base], '\n');
	assert_int_equal(ast_end(&f->node), f->lazy->end);
	assert_true(parser_parse_body(&p.set, &p.in, &p.arena, f));
	assert_null(f->lazy);
	assert_int_equal(AS(BlockStmt, f->body)->stmts.len, 2);
	assert_false(parser_parse_body(&p.set, &p.in, &p.arena, g));
	assert_string_equal(parse_messages(&p), "3:14: syntax error: unexpected name y at end of statement");
	assert_true(h->body == NULL && h->lazy == NULL);
	parse_close(&p);
}

static void test_incomplete(void **state) {
	(void)state;
	static const struct {
		const char *text;
		bool incomplete;
	} cases[] = {
		{"", false}, {"x", false}, {"x := 1\n", false}, {"x +", true}, {"x + // c\n", true}, {"f(1,", true},
		{"func f() {", true}, {"func f() {\n}", false}, {"func f() {\n}\n", false}, {"`abc", true},
		{"`abc`", false}, {"/* abc", true}, {"/* abc */", false}, {"\"abc", false}, {"if x {\n} else", true},
		{"x++", false}, {"return", false}, {"for", true}, {"x.", true}, {"[]int{1,\n2", true}, {"x)", false},
		{"(]", false}, {"x;", false}, {"'{'", false}, {"// {", false}, {"type T struct", true},
		{"x :=\n", true},
	};
	Mem mem;
	mem_init(&mem, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(parser_is_incomplete(&mem, cases[i].text, strlen(cases[i].text)), cases[i].incomplete);
}

/* ---- limits ---- */

static void repeat(Buf *text, const char *part, int count) {
	for (int i = 0; i < count; i++)
		buf_puts(text, part);
}

/* head, count x open, middle, count x close; what parses must also print and dump. */
static bool parses_deep(const char *head, const char *open, const char *middle, const char *close, int count) {
	Mem mem;
	Buf text;
	mem_init(&mem, NULL, NULL);
	buf_init(&text, &mem);
	buf_puts(&text, head);
	repeat(&text, open, count);
	buf_puts(&text, middle);
	repeat(&text, close, count);
	Parse p;
	parse_open(&p, buf_cstr(&text), script_allowed);
	bool ok = p.set.error_count == 0;
	if (ok) {
		ast_print(&p.file->node, &p.out);
		ast_dump(ast_clone(&p.arena, &p.file->node), &p.out);
	} else {
		assert_non_null(strstr(parse_messages(&p), "syntax error: nesting too deep"));
		assert_int_equal(p.set.error_count, 1);
	}
	parse_close(&p);
	buf_deinit(&text);
	return ok;
}

static void test_nesting_is_bounded(void **state) {
	(void)state;
	static const struct {
		const char *head, *open, *middle, *close;
		int deep;
	} cases[] = {
		{"x = ", "(", "1", ")", 990},
		{"x = 1", " + 1", "", "", 9900},
		{"x = a", ".b", "", "", 2000},
		{"x = a", "()", "", "", 2000},
		{"x = a", "[0]", "", "", 2000},
		{"x = ", "- ", "1", "", 990},
		{"x = ", "<-", "c", "", 990},
		{"x = T", "{", "", "}", 990},
		{"x = ", "func() { _ = ", "1", "}", 450},
		{"var x ", "*", "T", "", 990},
		{"var x ", "[]", "T", "", 990},
		{"var x ", "func(", "", ")", 990},
		{"type T ", "struct{ a ", "int", "}", 990},
		{"type T interface { a", "|a", "}", "", 9900},
		{"", "{", "", "}", 990},
		{"if a {}", " else if a {}", "", "", 990},
		{"", "L: ", "x()", "", 990},
		{"", "switch { case a: ", "", "}", 990},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(parses_deep(cases[i].head, cases[i].open, cases[i].middle, cases[i].close, cases[i].deep));
		assert_false(parses_deep(cases[i].head, cases[i].open, cases[i].middle, cases[i].close, 100000));
	}
}

static void test_errors_are_bounded(void **state) {
	(void)state;
	Mem mem;
	Buf text;
	mem_init(&mem, NULL, NULL);
	buf_init(&text, &mem);
	repeat(&text, "a b\n", 10000);
	Parse p;
	parse_open(&p, buf_cstr(&text), script_allowed);
	assert_int_equal(p.set.error_count, MAX_SYNTAX_ERRORS);
	parse_close(&p);
	buf_deinit(&text);
}

/* ---- printing, walking, copying, ends ---- */

static const char program[] =
	"package p\n"
	"\n"
	"import f \"fmt\"\n"
	"\n"
	"type T[P any, Q ~int | string] struct {\n"
	"\ta, b map[string][]chan<- P `t`\n"
	"\t*U[P]\n"
	"}\n"
	"\n"
	"type A[P *C,] = [...]P\n"
	"\n"
	"func (t *T[P, Q]) m(x int, y ...func() (a, b error)) (n int) {\n"
	"\tfor i, v := range x {\n"
	"\t\tif y := t.a[i:2:3]; y != nil && !v.(bool) {\n"
	"\t\t\tgo func() {\n"
	"\t\t\t\tt.c <- T[int, string]{a: {1, 2}, 3: x.(I)}\n"
	"\t\t\t}()\n"
	"\t\t} else if -(-x) > - -y {\n"
	"\t\t\tx &^= 1\n"
	"\t\t} else {\n"
	"\t\t\tx++\n"
	"\t\t}\n"
	"\t}\n"
	"L:\n"
	"\tfor ; ; x-- {\n"
	"\t\tswitch y := x.(type) {\n"
	"\t\tcase int, *T[P, Q]:\n"
	"\t\t\tbreak L\n"
	"\t\tdefault:\n"
	"\t\t}\n"
	"\t\tselect {\n"
	"\t\tcase v, ok = <-c:\n"
	"\t\tdefault:\n"
	"\t\t\tf(x...)\n"
	"\t\t}\n"
	"\t}\n"
	"\treturn x, *y\n"
	"}\n";

static void test_print_is_stable(void **state) {
	(void)state;
	Parse p;
	parse_open(&p, program, (ParseOptions){0});
	assert_string_equal(parse_messages(&p), "");
	p.out.len = 0;
	ast_print(&p.file->node, &p.out);
	assert_string_equal(buf_cstr(&p.out), program);
	parse_close(&p);
}

static void test_clone_is_equal_and_apart(void **state) {
	(void)state;
	Parse p;
	parse_open(&p, program, (ParseOptions){0});
	Node *decl = p.file->decls.items[3];
	decl->flags = 1;
	FuncDecl *copy = AS(FuncDecl, ast_clone(&p.arena, decl));
	assert_int_equal(copy->node.flags, 0);
	assert_ptr_not_equal(copy->name, ((FuncDecl *)decl)->name);
	assert_ptr_equal(copy->name->name, ((FuncDecl *)decl)->name->name);
	ast_dump(decl, &p.out);
	Buf other;
	buf_init(&other, &p.mem);
	ast_dump(&copy->node, &other);
	assert_string_equal(buf_cstr(&p.out), buf_cstr(&other));
	buf_deinit(&other);
	parse_close(&p);
}

static void test_short_expressions(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"a.b[c](d, e...)", "a.b[c](d, e...)"},
		{"[]int{1, 2}", "[]int{…}"},
		{"T{}", "T{}"},
		{"func(a int) { b() }", "func(a int) {…}"},
		{"func() {}", "func() {}"},
		{"struct{ a, b int; c string }{}", "struct{a, b int; c string}{}"},
		{"interface{ m(); J }(x)", "interface{m(); J}(x)"},
		{"(a + b) * -c", "(a + b) * -c"},
		{"<-chan int(x)", "<-chan int(x)"},
		{"x.(map[K]V)", "x.(map[K]V)"},
		{"f[int, string](1)", "f[int, string](1)"},
		{"1 .x + 2 .(T) + f(-3 ...)", "1 .x + 2 .(T) + f(-3 ...)"}, /* the blanks keep the numbers apart */
		{"- -x + + +x & & &x & ^x", "- -x + + +x & & &x & ^x"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		Parse p;
		ExprStmt *s = AS(ExprStmt, parse_first(&p, cases[i][0]));
		ast_print_expr(s->x, &p.out);
		assert_string_equal(buf_cstr(&p.out), cases[i][1]);
		parse_close(&p);
	}
}

static bool write_enter(Walker *w, Node *n) {
	if (n->kind == NODE_IDENT)
		buf_printf(w->data, "%s ", ((Ident *)n)->name->text);
	return n->kind != NODE_FUNC_LIT;
}

static void write_leave(Walker *w, Node *n) {
	if (n->kind == NODE_CALL)
		buf_puts(w->data, ") ");
}

static void test_walk_in_source_order(void **state) {
	(void)state;
	Parse p;
	Node *n = parse_first(&p, "for a, b := range f(c.d, func() { e() }) { g[h] = i }");
	Walker w = {write_enter, write_leave, &p.out};
	ast_walk(&w, n);
	assert_string_equal(buf_cstr(&p.out), "a b f c ) g h i ");
	parse_close(&p);
}

static void test_ends(void **state) {
	(void)state;
	static const char *const whole[] = {
		"a.b", "a[1]", "f(x, y)", "x.(T)", "(x)", "T{1, 2}", "func() { x }", "a + b*c", "-x", "a[1:2]",
		"x++", "x := y.z", "if a { } else { b }", "for { }", "switch x { case 1: }", "return x", "break L",
		"goto L", "continue", "var x, y = 1, \"s\"", "c <- 1", "select { }", "L: x++", "go f()", "{ }",
	};
	for (size_t i = 0; i < COUNT_OF(whole); i++) {
		Parse p;
		Node *n = parse_first(&p, whole[i]);
		assert_int_equal(n->pos, p.file->source->base);
		assert_int_equal(ast_end(n) - n->pos, strlen(whole[i]));
		parse_close(&p);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statement_errors),
		cmocka_unit_test(test_declaration_errors),
		cmocka_unit_test(test_file_errors),
		cmocka_unit_test(test_type_parameter_or_array),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_channel_types),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_interface_elements),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_const_iota),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_lazy_bodies),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_nesting_is_bounded),
		cmocka_unit_test(test_errors_are_bounded),
		cmocka_unit_test(test_print_is_stable),
		cmocka_unit_test(test_clone_is_equal_and_apart),
		cmocka_unit_test(test_short_expressions),
		cmocka_unit_test(test_walk_in_source_order),
		cmocka_unit_test(test_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
