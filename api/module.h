/* SPDX-License-Identifier: MIT */
/* module.h: packages in folders: what an import path names there, and which files make the package. */
#ifndef GOL_API_MODULE_H
#define GOL_API_MODULE_H

#include "api/api_internal.h"

/* A package in a folder. */
typedef struct ModulePlace {
	const char *path;    /* unique: "example.com/m/a", or "_/absolute/folder" outside of modules */
	const char *folder;  /* as shown in messages; NULL: nowhere */
	uint16_t go_version; /* of its go.mod; 0: none */
} ModulePlace;

typedef VEC(File *) ModuleFiles;

/* What `path` means in the files of `from` (NULL: nothing but a module's own path is known). Relative paths are joined with
 * the folder of from. place->folder is NULL when no folder can hold it, or the VM may not read files; *error is set when the
 * import is forbidden (the internal rule), and NULL otherwise. */
void module_resolve(GolProgram *p, const char *path, const Package *from, ModulePlace *place, const char **error);

/* Parses the files of a folder that build constraints choose, without tests, in order of name. false: *error says why there
 * is no package; NULL: no such folder. Errors inside the files are reported as usual. */
bool module_parse(GolProgram *p, const char *folder, ModuleFiles *files, const char **error);

/* Under which path others import the package in the folder of the file `name`; NULL: files may not be read. */
const char *module_path(GolProgram *p, const char *name);

/* The version that the go.mod above the file `name` asks for; 0: none. */
uint16_t module_go_version(GolProgram *p, const char *name);

/* Whether assembly lies beside a file. */
bool module_has_assembly(void *program, const File *file);

/* embed.c: the files that a pattern of //go:embed stands for; the error is what Go says behind the pattern. */
const char *module_embed(void *program, const File *file, const char *pattern, EmbeddedFiles *out);

/* The absolute name of the folder where the process is; NULL: unknown, or files are not allowed. */
const char *module_here(GolProgram *p);
/* folder/rest without "." and, where text tells, "..". */
const char *module_join(GolProgram *p, const char *folder, const char *rest);

/* A message that lives as long as the program. */
const char *program_text(GolProgram *p, const char *format, ...) PRINTF_LIKE(2, 3);

/* Go's text for an import that closes a circle. */
const char *module_cycle(GolProgram *p, const LoadedPackage *first, const char *path, const Package *from);

/* constraint.c: whether the name and the //go:build line choose a file. *has_package: a package clause follows. */
bool constraint_name_ok(const char *name);
bool constraint_text_ok(const char *text, bool *has_package);

#endif
