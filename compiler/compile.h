/* SPDX-License-Identifier: MIT */
/* compile.h: checked packages -> a Program. */
#ifndef GOL_COMPILER_COMPILE_H
#define GOL_COMPILER_COMPILE_H

#include "bytecode/program.h"
#include "types/types.h"

/* Sessions: a function that was declared again, and the newest one of its name. */
typedef struct Redirect {
	const Function *from, *to;
} Redirect;

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
	/* A type that the session's program made while it ran, of the kind and parts of shape; NULL: none. It has TYPE_DESC_ROOM
	 * zero bytes behind it and is the session's from then on. The function may be NULL. */
	TypeDesc *(*find_made)(void *made_user, const TypeDesc *shape);
	void *made_user;
	uint32_t function_count;
	uint32_t globals_end;
	VEC(GlobalDesc) globals;
	VEC(uint64_t) globals_ptr_bits;
	VEC(const Function *) functions;
	VEC(const char *) files;
	VEC(GlobalDesc) free_globals; /* places of variables that were declared again */
	VEC(Redirect) redirects;
	PtrMap function_instances; /* private */
	bool core_done;
} Session;

/* Compiles `main` and everything reachable from it. Entry: initializes the packages (imports first, each once per
 * session), then calls func main or the script's statements. Returns NULL when errors were reported to the universe's
 * sources (a missing func main in package main included: "function main is undeclared in the main package"). */
Program *compile_program(Session *session, Package *main);

/* Sessions (types.h, check_piece): compiles the piece that was checked last. The program's functions are those of the whole
 * session; its entry initializes what the piece needs first and runs its statements. *methods_changed: types have other methods
 * than before, and what was remembered about them is wrong. NULL: errors were reported. No code of the session may run
 * during this and piece_redirect. */
Program *compile_piece(Session *session, Package *pkg, bool *methods_changed);
/* Functions that the piece declares again go on in the new ones from now on, whoever calls them. */
void piece_redirect(Session *session, const Package *pkg);
/* Where a package-level variable lives; false: no code refers to it. */
bool global_place(const Object *o, uint32_t *offset, const TypeDesc **type);
/* The variable will not be used any more: its place serves the next one of its type. Its memory must have been cleared. */
void global_release(Session *session, Object *o);

/* For tools: all functions of the package that are declared without a body, generic ones with `argument` for each type
 * parameter, get into Session.functions, with their types but without code. */
void compile_natives(Session *session, Package *pkg, Type *argument);

#endif
