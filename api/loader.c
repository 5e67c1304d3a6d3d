/* SPDX-License-Identifier: MIT */
/* loader.c: import path -> package.
 *
 * Owns: the list of packages a VM has loaded.
 * Rules: a library package is parsed with lazy bodies and only collected; everything else of it happens on demand.
 * Why: hello world must not pay for the thousand lines behind fmt that it never reaches. */
#include <string.h>

#include "api/api_internal.h"

static LoadedPackage *find_loaded(GolVM *vm, const char *path) {
	for (LoadedPackage *l = vm->packages; l; l = l->next)
		if (strcmp(l->path, path) == 0)
			return l;
	return NULL;
}

static Package *load_library(GolVM *vm, const LibraryPackage *lib) {
	VEC(File *) files = {0};
	size_t cursor = 0;
	for (const LibraryFile *f; (f = library_next_file(lib, &cursor)) != NULL;) {
		Buf name;
		buf_init(&name, &vm->vm.mem);
		buf_printf(&name, "$GOL/%s/%s", lib->path, f->name);
		SourceFile *source = source_add(&vm->sources, buf_cstr(&name), f->text, f->len);
		buf_deinit(&name);
		if (!source)
			return NULL;
		File *file = parser_parse_file(&vm->sources, &vm->interner, &vm->arena, source,
					       (ParseOptions){.lazy_bodies = true});
		VEC_PUSH(&vm->arena, &files, file);
	}
	return check_package(&vm->universe, files.items, files.len,
			     (CheckOptions){.path = lib->path, .is_library = true});
}

static LoadedPackage *remember(GolVM *vm, const char *path, Package *package) {
	LoadedPackage *l = ARENA_NEW(&vm->arena, LoadedPackage);
	l->path = arena_strndup(&vm->arena, path, strlen(path));
	l->package = package;
	l->next = vm->packages;
	vm->packages = l;
	return l;
}

Package *loader_import(GolVM *vm, const char *path, const char **error) {
	LoadedPackage *l = find_loaded(vm, path);
	if (l) {
		if (!l->package)
			*error = "import cycle not allowed";
		return l->package;
	}
	const LibraryPackage *lib = library_find(path);
	if (!lib) {
		Buf text;
		buf_init(&text, &vm->vm.mem);
		buf_printf(&text, "package %s is not in std", path);
		*error = arena_strndup(&vm->arena, buf_cstr(&text), text.len);
		buf_deinit(&text);
		return NULL;
	}
	if (lib->capability & ~vm->config.allow) {
		*error = "the host does not allow this package";
		return NULL;
	}
	l = remember(vm, lib->path, NULL);
	l->package = load_library(vm, lib);
	return l->package;
}

static Package *import_package(void *user, const char *path, Package *from, const char **error) {
	(void)from;
	return loader_import(user, path, error);
}

static const char *guess_package(void *user, const char *name) {
	(void)user;
	const LibraryPackage *lib = library_guess(name);
	return lib ? lib->path : NULL;
}

static Package *load_core(void *user, const char *path) {
	const char *error = NULL;
	return loader_import(user, path, &error);
}

NativeFn loader_find_native(void *user, const char *package_path, const char *name) {
	(void)user;
	const LibraryPackage *lib = library_find(package_path);
	return lib ? library_native(lib, name) : NULL;
}

void loader_init(GolVM *vm) {
	Importer importer = {.import = import_package, .guess = guess_package, .user = vm};
	universe_init(&vm->universe, &vm->arena, &vm->interner, &vm->sources, importer);
	vm->types.arena = &vm->arena;
	vm->session = (Session){
		.arena = &vm->arena,
		.universe = &vm->universe,
		.types = &vm->types,
		.find_native = loader_find_native,
		.load_package = load_core,
		.user = vm,
	};
}
