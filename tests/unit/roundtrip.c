/* SPDX-License-Identifier: MIT */
/* roundtrip.c: roundtrip [-p|-d|-t|-l] file.go ...: parses each file, prints the tree, parses the print, and compares
 * the two trees; then does the same with lazy bodies. -p shows the print, -d the dump, -t only measures parsing, -l
 * with lazy bodies. Exit code 1 if any file failed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "parser/parser.h"

typedef struct Parse {
	Mem mem;
	Arena arena;
	SourceSet set;
	Interner in;
	File *file;
} Parse;

static bool parse_open(Parse *p, const char *name, const char *text, size_t len, bool lazy) {
	mem_init(&p->mem, NULL, NULL);
	arena_init(&p->arena, &p->mem);
	source_init(&p->set, &p->arena);
	interner_init(&p->in, &p->arena);
	SourceFile *source = source_add(&p->set, name, text, len);
	ParseOptions options = {.allow_script = true, .lazy_bodies = lazy};
	p->file = parser_parse_file(&p->set, &p->in, &p->arena, source, options);
	for (uint32_t i = 0; lazy && i < p->file->decls.len; i++) {
		Node *d = p->file->decls.items[i];
		if (d->kind == NODE_FUNC_DECL && ((FuncDecl *)d)->lazy != NULL)
			parser_parse_body(&p->set, &p->in, &p->arena, (FuncDecl *)d);
	}
	return p->set.error_count == 0;
}

static void parse_close(Parse *p) {
	arena_deinit(&p->arena);
}

static void show_errors(Parse *p) {
	Buf out;
	buf_init(&out, &p->mem);
	diag_sort(&p->set);
	for (uint32_t i = 0; i < p->set.diagnostics.len; i++) {
		diag_format(&p->set, &p->set.diagnostics.items[i], &out);
		buf_putc(&out, '\n');
	}
	fputs(buf_cstr(&out), stdout);
	buf_deinit(&out);
}

static bool same_dump(Buf *dump, Parse *other) {
	Buf dump2;
	buf_init(&dump2, &other->mem);
	ast_dump(&other->file->node, &dump2);
	bool same = strcmp(buf_cstr(dump), buf_cstr(&dump2)) == 0;
	buf_deinit(&dump2);
	return same;
}

/* False when bodies parsed later differ from bodies parsed at once. */
static bool same_when_lazy(Buf *dump, const char *name, const char *text, size_t len) {
	Parse lazy;
	bool same = parse_open(&lazy, name, text, len, true) && same_dump(dump, &lazy);
	if (!same)
		printf("%s: lazy bodies differ\n", name);
	parse_close(&lazy);
	return same;
}

/* False when the printed text does not parse to the same tree. */
static bool round_trip(Parse *first, const char *name, const char *mode) {
	Buf text, dump;
	buf_init(&text, &first->mem);
	buf_init(&dump, &first->mem);
	ast_print(&first->file->node, &text);
	ast_dump(&first->file->node, &dump);
	Parse second;
	bool same = parse_open(&second, name, buf_cstr(&text), text.len, false);
	if (!same)
		show_errors(&second);
	same = same && same_dump(&dump, &second);
	if (strchr(mode, 'p') != NULL)
		fputs(buf_cstr(&text), stdout);
	if (strchr(mode, 'd') != NULL)
		fputs(buf_cstr(&dump), stdout);
	if (!same)
		printf("%s: the printed text is another program\n", name);
	const SourceFile *source = first->file->source;
	same = same_when_lazy(&dump, name, source->text, source->len) && same;
	parse_close(&second);
	buf_deinit(&text);
	buf_deinit(&dump);
	return same;
}

static char *read_file(const char *name, size_t *len) {
	FILE *f = fopen(name, "rb");
	if (f == NULL)
		return NULL;
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	rewind(f);
	char *text = malloc((size_t)size + 1);
	*len = fread(text, 1, (size_t)size, f);
	fclose(f);
	return text;
}

int main(int argc, char **argv) {
	int failed = 0, files = 0;
	size_t bytes = 0, lines = 0;
	int64_t spent_ns = 0;
	const char *mode = "";
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-') {
			mode = argv[i];
			continue;
		}
		size_t len;
		char *text = read_file(argv[i], &len);
		if (text == NULL) {
			printf("%s: cannot read\n", argv[i]);
			failed++;
			continue;
		}
		Parse parse;
		int64_t start = clock_monotonic_ns();
		bool ok = parse_open(&parse, argv[i], text, len, strchr(mode, 'l') != NULL);
		spent_ns += clock_monotonic_ns() - start;
		files++;
		bytes += len;
		for (size_t k = 0; k < len; k++)
			lines += text[k] == '\n';
		if (!ok)
			show_errors(&parse);
		else if (strchr(mode, 't') == NULL)
			ok = round_trip(&parse, argv[i], mode);
		failed += !ok;
		parse_close(&parse);
		free(text);
	}
	printf("%d files, %zu lines, %.1f MB, %.0f lines/s, %d failed\n", files, lines, (double)bytes / 1e6,
	       (double)lines / ((double)spent_ns / 1e9), failed);
	return failed != 0;
}
