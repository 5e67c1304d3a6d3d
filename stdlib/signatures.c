/* SPDX-License-Identifier: MIT */
/* signatures.c: build tool: writes what the natives of the library are declared as, as C (library.h: library_natives and
 * library_types). Images must agree with it, for their code hands values of their own types to these natives.
 * Why not by hand: the .gol files say it already. Why not at load: a host without the compiler can load images. */
#include <stdio.h>
#include <stdlib.h>

#include "api/api_internal.h"
#include "bytecode/type_text.h"

/* The tool is linked without what it makes. */
const LibraryText library_natives[1], library_types[1];
const size_t library_native_count = 0, library_type_count = 0;

typedef struct Row {
	char *name, *text;
} Row;

typedef struct Rows {
	Row *items;
	size_t count;
} Rows;

static int compare_rows(const void *a, const void *b) { return strcmp(((const Row *)a)->name, ((const Row *)b)->name); }

static void add_row(Rows *rows, Buf *name, Buf *text) {
	rows->items = realloc(rows->items, (rows->count + 1) * sizeof *rows->items);
	rows->items[rows->count++] = (Row){strdup(buf_cstr(name)), strdup(buf_cstr(text))};
	name->len = text->len = 0;
}

static void print_rows(const char *table, const char *count, Rows *rows) {
	qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
	printf("const LibraryText %s[] = {\n", table);
	for (size_t i = 0; i < rows->count; i++) {
		printf("\t{\"%s\", \"%s\"},\n", rows->items[i].name, rows->items[i].text);
		free(rows->items[i].name);
		free(rows->items[i].text);
	}
	printf("};\nconst size_t %s = %zu;\n", count, rows->count);
	free(rows->items);
}

static void add_natives(Rows *rows, GolProgram *p, const TypeDesc *argument) {
	Buf name, text;
	buf_init(&name, &p->mem);
	buf_init(&text, &p->mem);
	for (uint32_t i = 0; i < p->session.functions.len; i++) {
		const Function *fn = p->session.functions.items[i];
		if (!(fn->flags & FUNC_NATIVE))
			continue;
		buf_puts(&name, fn->name);
		native_text(&text, fn, argument);
		add_row(rows, &name, &text);
	}
	buf_deinit(&name);
	buf_deinit(&text);
}

/* All types that the natives came with: what they contain, and what that points to. */
static void add_types(Rows *rows, GolProgram *p) {
	Buf name, text;
	buf_init(&name, &p->mem);
	buf_init(&text, &p->mem);
	for (uint32_t i = 0; i < p->types.types.len; i++) {
		const TypeDesc *d = p->types.types.items[i];
		if (!(d->flags & DESC_NAMED) || !d->pkg_path[0] || strchr(d->short_name, '['))
			continue;
		desc_text(&name, d, NULL);
		desc_definition(&text, d, NULL);
		add_row(rows, &name, &text);
	}
	for (int i = 0; i < CORE_COUNT; i++) {
		buf_printf(&name, "core.%03d", i);
		desc_text(&text, p->types.core[i], NULL);
		if (p->types.core[i]->kind == KIND_INTERFACE) {
			text.len = 0;
			desc_definition(&text, p->types.core[i], NULL);
		}
		add_row(rows, &name, &text);
	}
	buf_deinit(&name);
	buf_deinit(&text);
}

int main(void) {
	GolConfig config = {.size = sizeof config, .workers = 1, .allow = GOL_ALLOW_ALL | GOL_ALLOW_SIGNALS};
	GolVM *vm;
	Rows natives = {0}, types = {0};
	if (gol_vm_new(&config, &vm) != GOL_OK)
		return 1;
	GolProgram *p = program_new(vm);
	Type *argument = p->universe.basic[TYPE_COMPLEX64]; /* no native of the library has it in its signature */
	const LibraryPackage *lib;
	for (size_t i = 0; (lib = library_at(i)) != NULL; i++) {
		const char *error = NULL;
		Package *package = loader_import(p, lib->path, &error);
		if (package)
			compile_natives(&p->session, package, argument);
	}
	for (uint32_t i = 0; i < p->sources.diagnostics.len; i++)
		fprintf(stderr, "%s\n", p->sources.diagnostics.items[i].message);
	if (p->sources.error_count)
		return 1;
	printf("#include \"stdlib/library.h\"\n");
	add_natives(&natives, p, argument->lowered ? (const TypeDesc *)argument->lowered : NULL);
	print_rows("library_natives", "library_native_count", &natives);
	add_types(&types, p);
	print_rows("library_types", "library_type_count", &types);
	program_release(p);
	gol_vm_free(vm);
	return 0;
}
