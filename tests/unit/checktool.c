/* SPDX-License-Identifier: MIT */
/* checktool.c: checks the files given as one package and prints the diagnostics sorted, one per line as Go prints them.
 *
 *   checktool [-script] [-library] [-verify] [-all] [-go N] file.go...
 *
 * -all checks files with syntax errors too. -verify walks the checked tree and complains about annotations that are missing. Imports find tiny stand-ins only: a
 * directory beside the first file, or nothing. Exit code: 0 clean, 1 errors, 2 syntax errors. */
#include <stdio.h>
#include <stdlib.h>

#include "types/check.h"

typedef struct Tool {
	Mem mem;
	Arena arena;
	Interner interner;
	SourceSet sources;
	Universe universe;
	bool script, library, verify, all;
	uint16_t go_version;
	uint32_t problems;
} Tool;

static char *read_file(const char *name, size_t *len) {
	FILE *f = fopen(name, "rb");
	if (!f)
		return NULL;
	char *text = NULL;
	size_t cap = 0, got;
	*len = 0;
	do {
		if (*len + 65536 > cap)
			text = realloc(text, cap = cap * 2 + 65536 + 1);
		got = fread(text + *len, 1, 65536, f);
		*len += got;
	} while (got > 0);
	fclose(f);
	text[*len] = 0;
	return text;
}

static File *parse(Tool *t, const char *name, bool lazy) {
	size_t len;
	char *text = read_file(name, &len);
	if (!text) {
		fprintf(stderr, "checktool: cannot read %s\n", name);
		exit(2);
	}
	const char *slash = strrchr(name, '/');
	SourceFile *source = source_add(&t->sources, slash ? slash + 1 : name, text, len);
	free(text);
	ParseOptions options = {.allow_script = t->script, .lazy_bodies = lazy};
	return parser_parse_file(&t->sources, &t->interner, &t->arena, source, options);
}

static Package *no_import(void *user, const char *path, Package *from, const char **error) {
	(void)user;
	(void)from;
	static char text[300];
	snprintf(text, sizeof text, "package %.200s is not in std", path);
	*error = text;
	return NULL;
}

/* ---------------------------------------------------------------- -verify */

static void complain(Tool *t, Node *n, const char *what) {
	Buf buf;
	buf_init(&buf, &t->mem);
	ast_print_expr(n, &buf);
	Position p = source_position(&t->sources, n->pos);
	printf("%s:%u:%u: VERIFY %s: %s (%s)\n", p.file, p.line, p.column, what, buf_cstr(&buf), ast_kind_name(n->kind));
	buf_deinit(&buf);
	t->problems++;
}

static bool enter(Walker *w, Node *n) {
	Tool *t = w->data;
	if (n->flags)
		complain(t, n, "flags left");
	if (n->kind == NODE_BRANCH_STMT && !AS(BranchStmt, n)->target)
		complain(t, n, "no target");
	if (!ast_is_expr(n))
		return true;
	if (n->mode == MODE_CONST && !n->value)
		complain(t, n, "constant without value");
	if (n->type && n->mode != MODE_NONE && n->mode != MODE_TYPE && type_is_untyped(n->type) &&
	    type_unalias(n->type)->kind != TYPE_INVALID)
		complain(t, n, "untyped");
	/* Operands of constants and parts of types need nothing. */
	if (n->mode == MODE_CONST || n->mode == MODE_TYPE)
		return n->kind == NODE_FUNC_TYPE ? false : false;
	bool needs = n->kind == NODE_CALL || n->kind == NODE_BINARY || n->kind == NODE_UNARY || n->kind == NODE_INDEX ||
		     n->kind == NODE_BASIC_LIT || n->kind == NODE_COMPOSITE_LIT || n->kind == NODE_STAR;
	if (needs && (!n->type || type_unalias(n->type)->kind == TYPE_INVALID) && n->mode != MODE_NOVALUE)
		complain(t, n, "no type");
	return true;
}

static void verify(Tool *t, Package *pkg) {
	Walker w = {.enter = enter, .data = t};
	for (uint32_t i = 0; i < pkg->functions.len; i++)
		if (pkg->functions.items[i]->func->body)
			ast_walk(&w, pkg->functions.items[i]->func->body);
	for (uint32_t i = 0; i < pkg->var_inits.len; i++)
		if (pkg->var_inits.items[i]->rhs)
			ast_walk(&w, pkg->var_inits.items[i]->rhs);
	if (pkg->script_main)
		ast_walk(&w, pkg->script_main->body);
}

/* ---------------------------------------------------------------- */

static void print_diagnostics(Tool *t) {
	diag_sort(&t->sources);
	for (uint32_t i = 0; i < t->sources.diagnostics.len; i++) {
		Diagnostic *d = &t->sources.diagnostics.items[i];
		Buf buf;
		buf_init(&buf, &t->mem);
		diag_format(&t->sources, d, &buf);
		printf("%s%s\n", buf_cstr(&buf), d->severity == SEVERITY_WARNING ? " (warning)" : "");
		buf_deinit(&buf);
	}
}

static int run(Tool *t, int count, char **names) {
	File **files = ARENA_ARRAY(&t->arena, File *, count + 1);
	for (int i = 0; i < count; i++)
		files[i] = parse(t, names[i], t->library);
	if (t->sources.error_count > 0 && !t->all) {
		print_diagnostics(t);
		return 2;
	}
	Importer importer = {.import = no_import};
	universe_init(&t->universe, &t->arena, &t->interner, &t->sources, importer);
	CheckOptions options = {.path = "main", .is_library = t->library, .go_version = t->go_version};
	Package *pkg = check_package(&t->universe, files, (uint32_t)count, options);
	print_diagnostics(t);
	if (t->verify && t->sources.error_count == 0)
		verify(t, pkg);
	return t->sources.error_count > 0 || t->problems > 0;
}

int main(int argc, char **argv) {
	Tool t = {0};
	int i = 1;
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-script") == 0)
			t.script = true;
		else if (strcmp(argv[i], "-library") == 0)
			t.library = true;
		else if (strcmp(argv[i], "-verify") == 0)
			t.verify = true;
		else if (strcmp(argv[i], "-all") == 0)
			t.all = true;
		else if (strcmp(argv[i], "-go") == 0 && i + 1 < argc)
			t.go_version = (uint16_t)atoi(argv[++i]);
	}
	mem_init(&t.mem, NULL, NULL);
	arena_init(&t.arena, &t.mem);
	interner_init(&t.interner, &t.arena);
	token_setup_keywords(&t.interner);
	source_init(&t.sources, &t.arena);
	int code = run(&t, argc - i, argv + i);
	arena_deinit(&t.arena);
	return code;
}
