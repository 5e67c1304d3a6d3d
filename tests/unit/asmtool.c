/* SPDX-License-Identifier: MIT */
/* asmtool.c: parses, checks and compiles the files given and prints the disassembly of what they declare.
 *   asmtool [-a] [-q] file.go ...     -a: library functions too   -q: no disassembly, errors only
 * Imported packages are read from stdlib/<path>/ below the current directory. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytecode/opcode.h"
#include "compiler/compile.h"

typedef struct Tool {
	Mem mem;
	Arena arena;
	Interner interner;
	SourceSet sources;
	Universe universe;
	PtrMap packages;
} Tool;

static char *read_file(const char *name, size_t *len) {
	FILE *f = fopen(name, "rb");
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	*len = (size_t)ftell(f);
	rewind(f);
	char *text = malloc(*len + 1);
	*len = fread(text, 1, *len, f);
	fclose(f);
	return text;
}

static File *parse(Tool *t, const char *name, bool lazy) {
	size_t len;
	char *text = read_file(name, &len);
	if (!text)
		return NULL;
	SourceFile *source = source_add(&t->sources, name, text, len);
	free(text);
	return parser_parse_file(&t->sources, &t->interner, &t->arena, source,
				 (ParseOptions){.allow_script = !lazy, .lazy_bodies = lazy});
}

static Package *load(void *user, const char *path) {
	Tool *t = user;
	Name *key = intern_cstr(&t->interner, path);
	Package *pkg = ptrmap_get(&t->packages, key);
	if (pkg)
		return pkg;
	File *files[64];
	uint32_t count = 0;
	char folder[512];
	snprintf(folder, sizeof folder, "stdlib/%s", path);
	DIR *dir = opendir(folder);
	if (!dir)
		return NULL;
	for (struct dirent *e; (e = readdir(dir)) && count < 64;) {
		size_t n = strlen(e->d_name);
		char name[1024];
		if (n < 4 || strcmp(e->d_name + n - 4, ".gol") != 0)
			continue;
		snprintf(name, sizeof name, "%s/%s", folder, e->d_name);
		files[count++] = parse(t, name, true);
	}
	closedir(dir);
	if (count == 0)
		return NULL;
	pkg = check_package(&t->universe, files, count, (CheckOptions){.path = path, .is_library = true});
	ptrmap_put(&t->arena, &t->packages, key, pkg);
	return pkg;
}

static Package *import(void *user, const char *path, Package *from, const char **error) {
	(void)from;
	Package *pkg = load(user, path);
	if (!pkg)
		*error = "package is not in stdlib";
	return pkg;
}

static NativeStatus no_native(Goroutine *g, Slot *args) {
	(void)g, (void)args;
	return NATIVE_DONE;
}

static NativeFn find_native(void *user, const char *path, const char *name) {
	(void)user, (void)path, (void)name;
	return no_native;
}

static int report(Tool *t) {
	Buf out;
	buf_init(&out, &t->mem);
	diag_sort(&t->sources);
	for (uint32_t i = 0; i < t->sources.diagnostics.len; i++) {
		diag_format(&t->sources, &t->sources.diagnostics.items[i], &out);
		buf_putc(&out, '\n');
	}
	fputs(buf_cstr(&out), stderr);
	buf_deinit(&out);
	return t->sources.error_count ? 1 : 0;
}

static void print_program(Tool *t, const Program *p, bool all) {
	Buf out;
	buf_init(&out, &t->mem);
	for (uint32_t i = 0; i < p->function_count; i++) {
		const Function *fn = p->functions[i];
		bool user = strncmp(fn->name, "main.", 5) == 0 || strncmp(fn->name, "runtime.main", 12) == 0;
		if (all || user)
			program_disassemble(p, fn, &out);
	}
	fputs(buf_cstr(&out), stdout);
	buf_deinit(&out);
}

int main(int argc, char **argv) {
	static Tool t;
	bool all = false, quiet = false;
	File *files[64];
	uint32_t count = 0;
	mem_init(&t.mem, NULL, NULL);
	arena_init(&t.arena, &t.mem);
	interner_init(&t.interner, &t.arena);
	token_setup_keywords(&t.interner);
	source_init(&t.sources, &t.arena);
	universe_init(&t.universe, &t.arena, &t.interner, &t.sources, (Importer){.import = import, .user = &t});
	for (int i = 1; i < argc && count < 64; i++) {
		if (strcmp(argv[i], "-a") == 0)
			all = true;
		else if (strcmp(argv[i], "-q") == 0)
			quiet = true;
		else if (!(files[count++] = parse(&t, argv[i], false)))
			return fprintf(stderr, "asmtool: cannot read %s\n", argv[i]), 2;
	}
	if (count == 0 || report(&t))
		return 1;
	Package *pkg = check_package(&t.universe, files, count, (CheckOptions){.path = "main"});
	if (t.sources.error_count)
		return report(&t);
	TypeTable types = {.arena = &t.arena};
	Session session = {.arena = &t.arena, .universe = &t.universe, .types = &types, .find_native = find_native,
			   .load_package = load, .user = &t};
	Program *p = compile_program(&session, pkg);
	if (report(&t) || !p)
		return 1;
	if (!quiet)
		print_program(&t, p, all);
	else
		printf("%u functions, %u types, %u globals\n", p->function_count, types.types.len, p->global_count);
	arena_deinit(&t.arena);
	return 0;
}
