/* SPDX-License-Identifier: MIT */
/* api_internal.h: what the files of api/ share: the object behind GolVM. */
#ifndef GOL_API_API_INTERNAL_H
#define GOL_API_API_INTERNAL_H

#include "compiler/compile.h"
#include "include/gol.h"
#include "runtime/sched.h"
#include "stdlib/library.h"

typedef struct LoadedPackage {
	struct LoadedPackage *next;
	const char *path;
	Package *package; /* NULL while its files are being checked: an import now is a cycle */
} LoadedPackage;

struct GolVM {
	VM vm; /* vm.mem is the allocator of everything below */
	GolConfig config;
	char **argv;
	Arena arena; /* lives as long as the VM: trees, types, code */
	Interner interner;
	SourceSet sources;
	Universe universe;
	TypeTable types;
	Session session;
	LoadedPackage *packages;
	Buf error;
	uint32_t diagnostics_shown; /* of sources.diagnostics */
	GolStatus last_status;
};

struct GolProgram {
	const Program *program;
	const Package *package;
};

/* loader.c */
void loader_init(GolVM *vm);
Package *loader_import(GolVM *vm, const char *path, const char **error);
NativeFn loader_find_native(void *user, const char *package_path, const char *name);

/* testmain.c: the text of a main package that runs the tests of `files` (imported as TESTED_PATH). */
#define TESTED_PATH "_tested"
void testmain_generate(File **files, uint32_t count, Mem *mem, Buf *out);

/* Sets the error text and returns status. */
GolStatus api_fail(GolVM *vm, GolStatus status, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
