/* SPDX-License-Identifier: MIT */
/* checktool.c: checks the files given as one package and prints the diagnostics sorted, one per line as Go prints them.
 *
 *   checktool [-script] [-library] [-verify] [-all] [-go N] [-std TABLE] file.go...
 *
 * -all checks files with syntax errors too. -verify walks the checked tree and complains about missing annotations.
 * -std TABLE says where imports are found: lines of a path and its files. -library checks as a library package, all
 * bodies on demand. Exit code: 0 clean, 1 errors, 2 syntax errors. */
#define _GNU_SOURCE /* memmem */
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
	const char *std; /* lines "path file...": where imports are found */
	PtrMap packages; /* Name* of the path -> Package* */
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

/* The rest of the line of the table that begins with path. */
static const char *find_files(const char *table, const char *path) {
	size_t len = strlen(path);
	for (const char *line = table; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (strncmp(line, path, len) == 0 && line[len] == ' ')
			return line + len;
	return NULL;
}

static Package *load_library(Tool *t, const char *path, const char *files) {
	File *list[500];
	uint32_t count = 0;
	while (*files == ' ' && count < 500) {
		size_t len = strcspn(++files, " \n");
		list[count++] = parse(t, arena_strndup(&t->arena, files, len), true);
		files += len;
	}
	CheckOptions options = {.path = path, .is_library = true};
	return check_package(&t->universe, list, count, options);
}

static Package *import_package(void *user, const char *path, Package *from, const char **error) {
	(void)from;
	Tool *t = user;
	Name *key = intern_cstr(&t->interner, path);
	Package *pkg = ptrmap_get(&t->packages, key);
	const char *files = t->std ? find_files(t->std, path) : NULL;
	if (!files && t->std) {
		char vendored[300];
		snprintf(vendored, sizeof vendored, "vendor/%.200s", path);
		files = find_files(t->std, vendored);
	}
	if (pkg || files) {
		if (!pkg)
			ptrmap_put(&t->arena, &t->packages, key, pkg = load_library(t, key->text, files));
		return pkg;
	}
	Buf buf;
	buf_init(&buf, &t->mem);
	buf_printf(&buf, "package %s is not in std", path);
	*error = arena_strndup(&t->arena, buf_cstr(&buf), buf.len);
	buf_deinit(&buf);
	return NULL;
}

/* Scripts: the path whose last element is the name. */
static const char *guess_import(void *user, const char *name) {
	Tool *t = user;
	size_t len = strlen(name);
	for (const char *line = t->std; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		size_t path = strcspn(line, " ");
		bool plain = path >= len && memcmp(line + path - len, name, len) == 0 &&
			     (path == len || line[path - len - 1] == '/');
		if (plain && !memmem(line, path, "internal", 8) && !memmem(line, path, "vendor", 6))
			return arena_strndup(&t->arena, line, path);
	}
	return NULL;
}

static void check_all_bodies(Tool *t, Package *pkg) {
	for (uint32_t i = 0; i < pkg->scope->ordered.len; i++)
		check_object(&t->universe, pkg->scope->ordered.items[i]);
	for (uint32_t i = 0; i < pkg->functions.len; i++)
		check_func_body(&t->universe, pkg->functions.items[i]->func);
	for (uint32_t i = 0; i < pkg->var_inits.len; i++)
		check_var_init(&t->universe, pkg->var_inits.items[i]);
	package_init_order(&t->universe, pkg, pkg->var_inits.items, pkg->var_inits.len);
}

/* ---------------------------------------------------------------- -verify */

static void complain(Tool *t, Node *n, const char *what) {
	Buf buf;
	buf_init(&buf, &t->mem);
	ast_print_expr(n, &buf);
	Position p = source_position(&t->sources, n->pos);
	printf("%s:%u:%u: VERIFY %s: %s (%s)\n", p.file, p.line, p.column, what, buf_cstr(&buf),
	       ast_kind_name(n->kind));
	buf_deinit(&buf);
	t->problems++;
}

static bool enter(Walker *w, Node *n) {
	Tool *t = w->data;
	if (n->flags)
		complain(t, n, "flags left");
	if (n->kind == NODE_BRANCH_STMT && !AS(BranchStmt, n)->target)
		complain(t, n, "no target");
	if (n->kind == NODE_GEN_DECL && AS(GenDecl, n)->op == TOK_CONST)
		return false;
	if (!ast_is_expr(n))
		return true;
	if (n->mode == MODE_CONST && !n->value)
		complain(t, n, "constant without value");
	if (n->type && n->mode != MODE_NONE && n->mode != MODE_TYPE && type_is_untyped(n->type) &&
	    type_unalias(n->type)->kind != TYPE_INVALID)
		complain(t, n, "untyped");
	/* Operands of constants and parts of types need nothing. */
	if (n->mode == MODE_CONST || n->mode == MODE_TYPE)
		return false;
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
	Importer importer = {.import = import_package, .guess = guess_import, .user = t};
	universe_init(&t->universe, &t->arena, &t->interner, &t->sources, importer);
	CheckOptions options = {.path = "main", .is_library = t->library, .go_version = t->go_version};
	Package *pkg = check_package(&t->universe, files, (uint32_t)count, options);
	if (t->library)
		check_all_bodies(t, pkg);
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
		else if (strcmp(argv[i], "-std") == 0 && i + 1 < argc)
			t.std = read_file(argv[++i], &(size_t){0});
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
