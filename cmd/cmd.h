/* SPDX-License-Identifier: MIT */
/* cmd.h: what the verbs of the gol command share. */
#ifndef GOL_CMD_CMD_H
#define GOL_CMD_CMD_H

#include <stdbool.h>

#include "cmd/text.h"
#include "include/gol.h"

/* Verbs: argv[0] is the verb's name; the result is the process's exit code. */
int cmd_run(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_repl(int argc, char **argv);
int cmd_env(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

/* Prints the usage of one verb (NULL: of all) to stderr; returns 2. */
int cmd_usage(const char *verb);
/* A flag that none of the verb's own is (NULL: run). -h, -help and --help print the help about the verb; the result is 0.
 * Of others it says that they are unknown, and prints the usage; the result is 2. */
int cmd_other_flag(const char *verb, const char *flag);

/* ---- options.c ---- */

/* Options that compile and run share. */
typedef struct RunOptions {
	uint32_t procs;
	uint64_t seed;
	int go_version;
	bool all_errors, stats;
	bool leaks, fail_leaks, explain;
	const char *code;                         /* -e */
	const char *folder;                       /* where the program runs; NULL: where gol was called */
	const char *cpu_profile, *memory_profile; /* files to write */
	GolLimits limits;
} RunOptions;

/* Reads one option at argv[*i] (advancing over its value). 1: taken, 0: not an option of ours, -1: wrong (a line was
 * printed). */
int cmd_option(int argc, char **argv, int *i, RunOptions *options);
/* "-x", but not "-", which means standard input. */
bool cmd_is_flag(const char *s);
/* "--": what follows is no flag, whatever it looks like. */
bool cmd_ends_flags(const char *s);
/* A decimal number of at most max, and nothing else. */
bool cmd_parse_number(const char *s, unsigned long long max, unsigned long long *out);
/* Go's notation: "300ms", "1m30s", "0". */
bool cmd_parse_duration(const char *s, int64_t *out_ns);

/* ---- source.c ---- */

/* Texts that are compiled together. Owns names and texts. */
typedef struct SourceList {
	GolSource *items;
	size_t count, cap;
} SourceList;

/* Takes over text, which comes from cmd_read_file or a Text. */
void source_list_add(SourceList *list, const char *name, char *text, size_t len);
/* A file, or every source of a directory that belongs to it on this system. False after printing why not. */
bool source_list_read(SourceList *list, const char *path, bool with_tests);
void source_list_free(SourceList *list);

/* Reads a whole file ("-": standard input), 0-terminated. NULL after printing why not. The caller frees it. */
char *cmd_read_file(const char *path, size_t *len);
bool cmd_is_directory(const char *path);
bool cmd_has_suffix(const char *s, const char *suffix);
/* x.gol, x.go */
bool cmd_is_source_name(const char *s);
/* x_test.gol, x_test.go */
bool cmd_is_test_name(const char *name);

/* ---- console.c ---- */

/* Where what a VM says goes. Stays where it is as long as the VM that was made with it lives. */
typedef struct Console {
	bool is_quiet;             /* diagnostics are dropped */
	bool excerpts, has_colour; /* on standard error */
	const char *typed;         /* a source somebody just typed: with an excerpt its positions need not be said; NULL: none */
	Text *out, *err;           /* what the program writes; NULL: the process's descriptors */
	Text *reason;              /* the first error as one line; NULL: all are printed to stderr */
	/* Takes the place of the process's descriptors, for diagnostics too; any thread. NULL: none does. */
	void (*print)(void *printer, int fd, const char *data, size_t len);
	void *printer;
	GolVM *vm; /* whose output it is; NULL: not known */
	int rejected; /* the exit code when there is no program to run: 1, and 2 when a limit kept it from being compiled */
} Console;

/* For the process's own descriptors. */
void console_init(Console *console);
void console_write(void *user, int fd, const char *data, size_t len);
void console_diagnostic(void *user, const GolDiagnostic *d);
/* Writes everything, whatever interrupts it. Errors are ignored; false: it is a pipe that nobody reads. */
bool console_write_all(int fd, const char *data, size_t len);

/* ---- host.c ---- */

/* A VM that may do everything. NULL after printing why not. */
GolVM *host_new_vm(const RunOptions *options, Console *console, int argc, char **argv);
/* Sources, or one image. NULL after the console heard why not. */
GolProgram *host_compile(GolVM *vm, const SourceList *sources, const RunOptions *options, bool is_test);
/* Runs it to its end; the exit code. While it runs, SIGQUIT prints every goroutine's trace and ends it. */
int host_run(GolVM *vm, GolProgram *program, const RunOptions *options);
/* All of this: 1 when the sources are rejected. */
int host_compile_and_run(const SourceList *sources, int argc, char **argv, const RunOptions *options, bool is_test);
/* A sink for the dumps: user is a FILE. */
void host_print_piece(void *user, const char *text, size_t len);

/* ---- eval.c ---- */

/* -e: runs options->code; the value of a last expression is printed. */
int cmd_eval(int argc, char **argv, const RunOptions *options);

/* ---- document.c ---- */

/* notes.md, notes.md:12 (the program at that line), or notes.txt with fences: documents. */
bool document_is_named(const char *path);
/* Runs the programs of a document one after the other; the first exit code that is not 0. */
int document_run(const char *path, int argc, char **argv, const RunOptions *options);

typedef struct DocumentTest {
	const RunOptions *options;
	int64_t timeout_ns; /* of one program; 0: the default */
	int parallel;       /* programs at once; 0: the default */
	bool is_verbose;    /* shows what they print */
} DocumentTest;

/* Runs all programs of the documents and compares; a line about each. 0, or 1 when one failed. */
int document_test(char **paths, int count, const DocumentTest *how);

#endif
