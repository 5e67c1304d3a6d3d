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
	File **files;
	uint32_t count;
	Buf *out;
	uint32_t found;
} TestList;

static void list_functions(TestList *list, const char *prefix, const char *param, const char *type) {
	buf_printf(list->out, "\t\t[]testing.%s{\n", type);
	for (uint32_t i = 0; i < list->count; i++) {
		const NodeList *decls = &list->files[i]->decls;
		for (uint32_t k = 0; k < decls->len; k++) {
			if (decls->items[k]->kind != NODE_FUNC_DECL)
				continue;
			const FuncDecl *f = AS(FuncDecl, decls->items[k]);
			const Name *name = f->name->name;
			if (f->recv || !has_test_name(name, prefix) || strcmp(param_type_name(f), param) != 0)
				continue;
			buf_printf(list->out, "\t\t\t{\"%s\", tested.%s},\n", name->text, name->text);
			list->found++;
		}
	}
	buf_puts(list->out, "\t\t},\n");
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
		buf_printf(list->out, "\t\t\t{\"%s\", tested.%s, ", name, name);
		put_quoted(list->out, buf_cstr(&wanted));
		buf_printf(list->out, ", %s},\n", unordered ? "true" : "false");
		list->found++;
	}
	buf_deinit(&wanted);
}

static void list_examples(TestList *list) {
	buf_puts(list->out, "\t\t[]testing.InternalExample{\n");
	for (uint32_t i = 0; i < list->count; i++)
		for (uint32_t k = 0; k < list->files[i]->decls.len; k++)
			if (list->files[i]->decls.items[k]->kind == NODE_FUNC_DECL)
				list_example(list, AS(FuncDecl, list->files[i]->decls.items[k]), list->files[i]->source);
	buf_puts(list->out, "\t\t},\n");
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

void testmain_generate(File **files, uint32_t count, Mem *mem, Buf *out) {
	Buf lists;
	buf_init(&lists, mem);
	TestList list = {.files = files, .count = count, .out = &lists};
	list_functions(&list, "Test", "T", "InternalTest");
	list_functions(&list, "Benchmark", "B", "InternalBenchmark");
	list_examples(&list);
	bool has_main = declares_test_main(files, count);
	const char *name = list.found > 0 || has_main ? "tested" : "_";
	buf_printf(out, "package main\n\nimport (\n\t\"testing\"\n\t%s \"" TESTED_PATH "\"\n)\n\nfunc main() {\n", name);
	buf_printf(out, "\ttesting.Main_(\n%s\t\t%s,\n\t)\n}\n", buf_cstr(&lists), has_main ? "tested.TestMain" : "nil");
	buf_deinit(&lists);
}
