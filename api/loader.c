/* SPDX-License-Identifier: MIT */
/* loader.c: import path -> package.
 *
 * Owns: the list of packages a program has loaded.
 * Rules: a library package, built in or a host's, is parsed with lazy bodies and only collected; everything else of it happens
 *   on demand. Packages whose text the host gives by callback are the user's: checked whole.
 * Why: hello world must not pay for the thousand lines behind fmt that it never reaches. */
#include <string.h>

#include "api/module.h"
#include "base/lz.h"
#include "types/suggest.h"

/* ---------------------------------------------------------------- loading */

static LoadedPackage *find_loaded(const GolProgram *p, const char *path) {
	for (LoadedPackage *l = p->packages; l; l = l->next)
		if (strcmp(l->path, path) == 0)
			return l;
	return NULL;
}

void loader_forget_failed(GolProgram *p) {
	for (LoadedPackage **at = &p->packages; *at;) {
		if ((*at)->package && !(*at)->package->had_errors)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

typedef VEC(File *) FileList;

static void parse_file(GolProgram *p, FileList *files, SourceFile *source, bool lazy) {
	File *file = parser_parse_file(&p->sources, &p->interner, &p->arena, source, (ParseOptions){.lazy_bodies = lazy});
	VEC_PUSH(&p->arena, files, file);
}

static bool add_file(GolProgram *p, FileList *files, const char *name, const char *text, size_t len, bool lazy) {
	SourceFile *source = source_add(&p->sources, name, text, len);
	if (source)
		parse_file(p, files, source, lazy);
	return source != NULL;
}

static bool add_library_file(GolProgram *p, FileList *files, const LibraryFile *f) {
	const char *name = program_text(p, "$GOL/%s/%s", f->package_path, f->name);
	char *room;
	SourceFile *source = source_add_room(&p->sources, name, f->len, &room);
	LzDictionary dict = {library_dictionary, library_dictionary_len};
	if (!source || !lz_unpack(f->packed, f->packed_len, dict, room, f->len))
		return false;
	parse_file(p, files, source, true);
	return true;
}

static Package *load_library(GolProgram *p, const LibraryPackage *lib) {
	FileList files = {0};
	size_t cursor = 0;
	for (const LibraryFile *f; (f = library_next_file(lib, &cursor)) != NULL;) {
		if (!add_library_file(p, &files, f))
			return NULL;
	}
	return check_package(&p->universe, files.items, files.len, (CheckOptions){.path = lib->path, .is_library = true});
}

static Package *load_host_package(GolProgram *p, const HostPackage *host) {
	FileList files = {0};
	const char *path = arena_strndup(&p->arena, host->path, strlen(host->path));
	if (!add_file(p, &files, path, host->source, host->len, true))
		return NULL;
	return check_package(&p->universe, files.items, files.len, (CheckOptions){.path = path, .is_library = true});
}

static LoadedPackage *remember(GolProgram *p, const char *path, Package *package) {
	LoadedPackage *l = ARENA_NEW(&p->arena, LoadedPackage);
	l->path = arena_strndup(&p->arena, path, strlen(path));
	l->package = package;
	l->next = p->packages;
	p->packages = l;
	return l;
}

/* ---------------------------------------------------------------- packages by callback */

struct GolImport {
	GolProgram *program;
	FileList files;
	bool failed;
};

GolStatus gol_import_source(GolImport *answer, const char *name, const char *text, size_t len) {
	if (!answer || !name || !text)
		return GOL_ERROR_ARGUMENT;
	if (!answer->failed && add_file(answer->program, &answer->files, name, text, len, false))
		return GOL_OK;
	answer->failed = true;
	return GOL_ERROR_MEMORY;
}

static Package *load_by_callback(GolProgram *p, const char *path, const char *written, const Package *from) {
	GolVM *vm = p->vm;
	GolImport answer = {.program = p};
	LoadedPackage *l = remember(p, path, NULL);
	l->from = from;
	l->written = written;
	vm->config.import(vm->config.user, written, &answer);
	if (answer.files.len == 0 || answer.failed) {
		p->packages = l->next;
		return NULL;
	}
	l->package = check_package(&p->universe, answer.files.items, answer.files.len, (CheckOptions){.path = l->path});
	return l->package;
}

/* ---------------------------------------------------------------- packages in folders */

/* Of a package that cannot be parsed only the declarations are collected: no errors that are mere consequences. */
static Package *load_folder(GolProgram *p, const ModulePlace *place, const char *written, const Package *from,
			    const char **error) {
	ModuleFiles files = {0};
	uint32_t errors = p->sources.error_count;
	if (!module_parse(p, place->folder, &files, error))
		return NULL;
	const Ident *name = files.items[0]->package_name;
	if (name && strcmp(name->name->text, "main") == 0) {
		*error = program_text(p, "import \"%s\" is a program, not an importable package", written);
		return NULL;
	}
	LoadedPackage *l = remember(p, place->path, NULL);
	l->from = from;
	l->written = written;
	CheckOptions options = {
		.path = l->path,
		.is_library = p->sources.error_count > errors,
		.go_version = p->go_version ? p->go_version : place->go_version,
	};
	l->package = check_package(&p->universe, files.items, files.len, options);
	return l->package;
}

/* ---------------------------------------------------------------- what the checker asks */

static const char *unknown_package(GolProgram *p, const char *written) {
	if (strcmp(written, "C") == 0)
		return "package C is not there: there is no cgo";
	if (written[0] == '.')
		return program_text(p, "cannot find package \"%s\"", written);
	if (memchr(written, '.', strcspn(written, "/")))
		return program_text(p, "no required module provides package %s", written);
	Suggestion s;
	suggestion_init(&s, written);
	const LibraryPackage *lib;
	for (size_t i = 0; (lib = library_at(i)); i++)
		suggestion_offer(&s, lib->path);
	return s.best ? program_text(p, "package %s is not in std (did you mean %s?)", written, s.best)
		      : program_text(p, "package %s is not in std", written);
}

static Package *load_user_package(GolProgram *p, const ModulePlace *place, const char *written, const Package *from,
				  const char **error) {
	Package *package = NULL;
	if (p->vm->config.import)
		package = load_by_callback(p, place->path, written, from);
	if (!package && place->folder)
		package = load_folder(p, place, written, from, error);
	if (package || *error)
		return package;
	*error = unknown_package(p, written);
	return NULL;
}

static Package *import_package(void *user, const char *path, Package *from, const char **error) {
	GolProgram *p = user;
	ModulePlace place;
	module_resolve(p, path, from, &place, error);
	if (*error)
		return NULL;
	LoadedPackage *l = find_loaded(p, place.path);
	if (l) {
		if (!l->package)
			*error = module_cycle(p, l, path, from);
		return l->package;
	}
	const HostPackage *host = host_package_find(p->vm, place.path);
	const LibraryPackage *lib = host ? NULL : library_find(place.path);
	if (lib && (lib->capability & ~p->vm->config.allow)) {
		*error = program_text(p, "the host does not allow package %s", path);
		return NULL;
	}
	if (host || lib) {
		l = remember(p, host ? host->path : lib->path, NULL);
		l->package = host ? load_host_package(p, host) : load_library(p, lib);
		return l->package;
	}
	return load_user_package(p, &place, path, from, error);
}

Package *loader_import(GolProgram *p, const char *path, const char **error) { return import_package(p, path, NULL, error); }

static const char *guess_package(void *user, const char *name) {
	const GolProgram *p = user;
	for (const HostPackage *host = p->vm->host_packages; host; host = host->next)
		if (strcmp(package_last_element(host->path), name) == 0)
			return host->path;
	const LibraryPackage *lib = library_guess(name);
	return lib ? lib->path : NULL;
}

static void library_names(void *user, void (*see)(void *arg, const char *name), void *arg) {
	(void)user;
	const LibraryPackage *lib;
	for (size_t i = 0; (lib = library_at(i)); i++)
		see(arg, package_last_element(lib->path));
}

static Package *load_core(void *user, const char *path) {
	const char *error = NULL;
	return loader_import(user, path, &error);
}

static NativeFn find_native(void *user, const char *package_path, const char *name) {
	const GolProgram *p = user;
	const HostPackage *host = host_package_find(p->vm, package_path);
	for (size_t i = 0; host && i < host->native_count; i++)
		if (strcmp(host->natives[i].name, name) == 0)
			return host_native;
	const LibraryPackage *lib = host ? NULL : library_find(package_path);
	return lib ? library_native(lib, name) : NULL;
}

GolProgram *program_new(GolVM *vm) {
	GolProgram *p = program_alloc(vm);
	if (!p)
		return NULL;
	interner_init(&p->interner, &p->arena);
	token_setup_keywords(&p->interner);
	source_init(&p->sources, &p->arena);
	Importer importer = {
		.import = import_package,
		.guess = guess_package,
		.names = library_names,
		.embed = module_embed,
		.assembly = module_has_assembly,
		.user = p,
	};
	universe_init(&p->universe, &p->arena, &p->interner, &p->sources, importer);
	p->types.arena = &p->arena;
	p->session = (Session){
		.arena = &p->arena,
		.universe = &p->universe,
		.types = &p->types,
		.find_native = find_native,
		.load_package = load_core,
		.user = p,
	};
	return p;
}
