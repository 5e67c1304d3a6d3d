/* SPDX-License-Identifier: MIT */
/* compile.h: checked packages -> a Program. */
#ifndef GOL_COMPILER_COMPILE_H
#define GOL_COMPILER_COMPILE_H

#include "bytecode/program.h"
#include "types/types.h"

/* One compilation session: everything compiled for one host "toolchain" object (a GolVM, a REPL). Programs compiled
 * later in the same session share types, functions and globals with the earlier ones. Not thread-safe. */
typedef struct Session {
	Arena *arena;
	Universe *universe;
	TypeTable *types;
	/* The C function behind a bodyless declaration: name "Index" or "(*Mutex).Lock"; NULL: none. */
	NativeFn (*find_native)(void *user, const char *package_path, const char *name);
	/* Loads a package by path for the core types (same as the importer's). */
	Package *(*load_package)(void *user, const char *path);
	void *user;
	uint32_t function_count;
	uint32_t globals_end;
	VEC(GlobalDesc) globals;
	VEC(uint64_t) globals_ptr_bits;
	VEC(const Function *) functions;
	VEC(const char *) files;
	PtrMap function_instances; /* private */
	bool core_done;
} Session;

/* Compiles `main` and everything reachable from it. Entry: initializes the packages (imports first, each once per
 * session), then calls func main or the script's statements. Returns NULL when errors were reported to the universe's
 * sources (a missing func main in package main included: "function main is undeclared in the main package"). */
Program *compile_program(Session *session, Package *main);

#endif
