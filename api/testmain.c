/* SPDX-License-Identifier: MIT */
/* testmain.c: writes the main package of `gol test`.
 *
 * Why: a text that calls testing.Main_ with the functions found needs nothing special from checker, compiler or VM. */
#include <string.h>

#include "api/api_internal.h"
#include "base/utf8.h"

/* TestX, Test, Test_x, but not Testing: what follows the prefix must not be a lower-case letter. */
static bool has_test_name(const Name *name, const char *prefix) {
	size_t n = strlen(prefix);
	if (name->len < n || memcmp(name->text, prefix, n) != 0)
		return false;
	int32_t rune;
	return utf8_decode(name->text + n, name->len - n, &rune) == 0 || !rune_is_lower(rune);
}

static const char *param_type_name(const FuncDecl *f) {
	const FuncType *type = AS(FuncType, f->type);
	if (type->params.len != 1 || type->results.len != 0)
		return "";
	const Field *field = AS(Field, type->params.items[0]);
	if (!field->type || field->type->kind != NODE_STAR)
		return "";
	const Node *x = AS(StarExpr, field->type)->x;
	return x->kind == NODE_SELECTOR ? AS(SelectorExpr, x)->sel->name->text : "";
}

typedef struct TestList {
	const TestPackage *package; /* the one whose functions are listed */
	const char *name;           /* under which the main package imports it */
	Buf *out;
	uint32_t found;
	bool has_main;
} TestList;

static void list_functions(TestList *list, const char *prefix, const char *param) {
	for (uint32_t i = 0; i < list->package->count; i++) {
		const NodeList *decls = &list->package->files[i]->decls;
		for (uint32_t k = 0; k < decls->len; k++) {
			if (decls->items[k]->kind != NODE_FUNC_DECL)
				continue;
			const FuncDecl *f = AS(FuncDecl, decls->items[k]);
			const Name *name = f->name->name;
			if (f->recv || !has_test_name(name, prefix) || strcmp(param_type_name(f), param) != 0)
				continue;
			buf_printf(list->out, "\t\t\t{\"%s\", %s.%s},\n", name->text, list->name, name->text);
			list->found++;
		}
	}
}

static void put_quoted(Buf *out, const char *s) {
	buf_putc(out, '"');
	for (; *s; s++)
		if (*s == '\n')
			buf_puts(out, "\\n");
		else if (*s == '"' || *s == '\\')
			buf_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			buf_printf(out, "\\x%02x", (unsigned char)*s);
		else
			buf_putc(out, *s);
	buf_putc(out, '"');
}

/* Examples that promise no output are compiled, not run. */
static void list_example(TestList *list, const FuncDecl *f, const SourceFile *source) {
	const FuncType *type = AS(FuncType, f->type);
	if (f->recv || type->params.len || type->results.len || !has_test_name(f->name->name, "Example"))
		return;
	Buf wanted;
	bool unordered;
	buf_init(&wanted, list->out->mem);
	if (example_output(f, source, &wanted, &unordered)) {
		const char *name = f->name->name->text;
		buf_printf(list->out, "\t\t\t{\"%s\", %s.%s, ", name, list->name, name);
		put_quoted(list->out, buf_cstr(&wanted));
		buf_printf(list->out, ", %s},\n", unordered ? "true" : "false");
		list->found++;
	}
	buf_deinit(&wanted);
}

static void list_examples(TestList *list) {
	for (uint32_t i = 0; i < list->package->count; i++) {
		const File *file = list->package->files[i];
		for (uint32_t k = 0; k < file->decls.len; k++)
			if (file->decls.items[k]->kind == NODE_FUNC_DECL)
				list_example(list, AS(FuncDecl, file->decls.items[k]), file->source);
	}
}

static bool declares_test_main(File **files, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < files[i]->decls.len; k++)
			if (files[i]->decls.items[k]->kind == NODE_FUNC_DECL) {
				const FuncDecl *f = AS(FuncDecl, files[i]->decls.items[k]);
				if (!f->recv && strcmp(f->name->name->text, "TestMain") == 0 &&
				    strcmp(param_type_name(f), "M") == 0)
					return true;
			}
	return false;
}

static const char *const package_names[] = {"tested", "xtested"};

/* One list of the call of testing.Main_, over both packages. */
static void put_list(TestList lists[2], const char *type, void (*list)(TestList *)) {
	buf_printf(lists->out, "\t\t[]testing.%s{\n", type);
	for (int i = 0; i < 2; i++)
		list(&lists[i]);
	buf_puts(lists->out, "\t\t},\n");
}

static void list_tests(TestList *list) { list_functions(list, "Test", "T"); }
static void list_benchmarks(TestList *list) { list_functions(list, "Benchmark", "B"); }
static void list_targets(TestList *list) { list_functions(list, "Fuzz", "F"); }

void testmain_generate(const TestPackage packages[2], Mem *mem, Buf *out) {
	static const char *const paths[] = {TESTED_PATH, TESTED_OUTSIDE_PATH};
	Buf text;
	TestList lists[2];
	const char *test_main = "nil";
	buf_init(&text, mem);
	for (int i = 0; i < 2; i++) {
		lists[i] = (TestList){.package = &packages[i], .name = package_names[i], .out = &text};
		lists[i].has_main = declares_test_main(packages[i].files, packages[i].count);
		if (lists[i].has_main)
			test_main = i == 0 ? "tested.TestMain" : "xtested.TestMain";
	}
	put_list(lists, "InternalTest", list_tests);
	put_list(lists, "InternalBenchmark", list_benchmarks);
	put_list(lists, "InternalFuzzTarget", list_targets);
	put_list(lists, "InternalExample", list_examples);
	buf_puts(out, "package main\n\nimport (\n\t\"testing\"\n");
	for (int i = 0; i < 2; i++)
		if (packages[i].count)
			buf_printf(out, "\t%s \"%s\"\n", lists[i].found || lists[i].has_main ? lists[i].name : "_", paths[i]);
	buf_printf(out, ")\n\nfunc main() {\n\ttesting.Main_(\n%s\t\t%s,\n\t)\n}\n", buf_cstr(&text), test_main);
	buf_deinit(&text);
}
