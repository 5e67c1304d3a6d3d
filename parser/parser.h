/* SPDX-License-Identifier: MIT */
/* parser.h: tokens -> tree, with recovery. */
#ifndef GOL_PARSER_PARSER_H
#define GOL_PARSER_PARSER_H

#include "base/intern.h"
#include "parser/ast.h"

typedef struct ParseOptions {
	bool allow_script; /* a file without package clause is a script; otherwise that is an error */
	bool lazy_bodies;  /* bodies of top-level functions are skipped by matching braces (library packages) */
} ParseOptions;

/* Parses one file. Always returns a File; errors are in set->diagnostics. The tree lives in arena. Nesting deeper than
 * MAX_NESTING is a syntax error, not a crash. Statement-level `x := 1` etc. at the top level of a script go to stmts (in order,
 * together with DeclStmts for var/const/type declarations between them); functions go to decls; imports to decls and
 * imports. A file without package clause that declares functions, types, vars and no statements is also a script
 * (is_script). */
File *parser_parse_file(SourceSet *set, Interner *in, Arena *arena, SourceFile *source, ParseOptions options);

/* Parses the body that a lazy FuncDecl left out; sets decl->body and clears decl->lazy. Returns false on errors. */
bool parser_parse_body(SourceSet *set, Interner *in, Arena *arena, FuncDecl *decl);

/* True when the text ends inside an open bracket, string or statement: a REPL asks for another line. */
bool parser_is_incomplete(const Mem *mem, const char *text, size_t len);

#endif
