/* SPDX-License-Identifier: MIT */
/* save.c: gol_save and gol_load: programs as images.
 *
 * Rules: capabilities are asked for at load as they are at import; a function of a host package must be declared as it was.
 * Why bind by name: an image holds no addresses, and serves every process that has the same functions.
 * See: bytecode/image.h, docs/images.md. */
#include <string.h>

#include "api/api_internal.h"
#include "bytecode/image.h"
#include "bytecode/verify.h"

typedef struct Linking {
	GolVM *vm;
	Arena *arena;
	Buf text;
	bool missing;
} Linking;

static const char *declaration(void *user, const Function *fn) {
	Linking *l = user;
	if (fn->native != host_native)
		return NULL;
	l->missing = !host_declaration(l->vm, fn, &l->text) || l->missing;
	return buf_cstr(&l->text);
}

static bool bind_library(Linking *l, Function *fn, Buf *why) {
	Str path, name;
	native_split(fn->name, &path, &name);
	char *package = arena_strndup(l->arena, path.ptr, path.len);
	const LibraryPackage *lib = library_find(package);
	if (lib && lib->capability & ~l->vm->config.allow) {
		buf_printf(why, "it imports package %s, which the host does not allow", package);
		return false;
	}
	fn->native = lib ? library_native(lib, arena_strndup(l->arena, name.ptr, name.len)) : NULL;
	if (!fn->native)
		buf_printf(why, "there is no function %s in this version of gol", fn->name);
	if (!fn->native || !library_native_fits(fn, why))
		return false;
	native_bind_extending(fn);
	return true;
}

static bool bind_host(Linking *l, Function *fn, const char *declared, Buf *why) {
	l->text.len = 0;
	if (!host_declaration(l->vm, fn, &l->text) || !host_native_bind(l->vm, l->arena, fn)) {
		buf_printf(why, "the host has no function %s", fn->name);
		return false;
	}
	if (strcmp(buf_cstr(&l->text), declared) == 0)
		return true;
	buf_printf(why, "the host's function is %s; the image was built with %s", buf_cstr(&l->text), declared);
	return false;
}

static bool bind(void *user, Function *fn, const char *declared, Buf *why) {
	return declared ? bind_host(user, fn, declared, why) : bind_library(user, fn, why);
}

static bool types_fit(void *user, const TypeTable *types, Buf *why) {
	(void)user;
	return library_types_fit(types, why);
}

GolStatus gol_save(GolVM *vm, const GolProgram *program, void (*sink)(void *user, const char *data, size_t len),
		   void *user) {
	if (!vm || !program || !sink || !vm_holds(vm, program))
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_save: not a program of this VM") : GOL_ERROR_ARGUMENT;
	Linking l = {.vm = vm};
	ImageHost host = {.user = &l, .declaration = declaration};
	Buf image, unproved;
	buf_init(&l.text, &vm->vm.mem);
	buf_init(&image, &vm->vm.mem);
	buf_init(&unproved, &vm->vm.mem);
	bool proved = verify_program(program->program, &vm->vm.mem, &unproved);
	if (proved)
		image_write(program->program, GOL_VERSION, &host, &image);
	GolStatus status = GOL_OK;
	if (!proved && unproved.len)
		status = api_fail(vm, GOL_ERROR_IMAGE, "the program cannot be an image, for it cannot be proved safe: %s", buf_cstr(&unproved));
	else if (!proved || image.failed || l.text.failed)
		status = api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	else if (l.missing)
		status = api_fail(vm, GOL_ERROR_ARGUMENT, "gol_save: the program uses a host package that this VM does not have");
	else
		sink(user, image.ptr, image.len);
	buf_deinit(&unproved);
	buf_deinit(&image);
	buf_deinit(&l.text);
	return status;
}

static GolStatus load(GolProgram *p, const void *data, size_t len) {
	GolVM *vm = p->vm;
	Linking l = {.vm = vm, .arena = &p->arena};
	ImageHost host = {.user = &l, .bind = bind, .types_fit = types_fit};
	Buf error;
	buf_init(&l.text, &p->mem);
	buf_init(&error, &p->mem);
	p->program = image_read(&p->arena, &p->types, data, len, GOL_VERSION, &host, &error);
	GolStatus status = GOL_OK;
	if (p->arena.failed || p->mem.refused)
		status = api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	else if (!p->program)
		status = api_fail(vm, GOL_ERROR_IMAGE, "%s", buf_cstr(&error));
	buf_deinit(&error);
	buf_deinit(&l.text);
	return status;
}

GolStatus gol_load(GolVM *vm, const void *data, size_t len, GolProgram **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!vm || !data)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_load: no image") : GOL_ERROR_ARGUMENT;
	GolProgram *p = program_alloc(vm);
	if (!p)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	GolStatus status = load(p, data, len);
	p->vm = NULL;
	if (status == GOL_OK)
		status = program_hold(vm, p);
	if (status == GOL_OK)
		*out = p;
	else
		program_release(p);
	return status;
}

int gol_is_image(const void *data, size_t len) {
	size_t start;
	return data && image_recognize(data, len, &start);
}
