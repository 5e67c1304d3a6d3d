/* SPDX-License-Identifier: MIT */
/* cmd.h: what the verbs of the gol command share. */
#ifndef GOL_CMD_CMD_H
#define GOL_CMD_CMD_H

#include <stdbool.h>

#include "include/gol.h"

/* Verbs: argv[0] is the verb's name; the result is the process's exit code. */
int cmd_run(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

/* Prints the usage of one verb (NULL: of all) to stderr; returns 2. */
int cmd_usage(const char *verb);

/* Options that compile and run share. */
typedef struct RunOptions {
	uint32_t procs;
	uint64_t seed;
	int go_version;
	const char *code; /* -e */
	const char *cpu_profile, *memory_profile; /* files to write */
	bool stats;
} RunOptions;

/* Reads one option at argv[*i] (advancing over its value). 1: taken, 0: not an option of ours, -1: wrong (a line was
 * printed). */
int cmd_option(int argc, char **argv, int *i, RunOptions *options);

/* Reads a whole file ("-": standard input). NULL after printing why not. The caller frees it. */
char *cmd_read_file(const char *path, size_t *len);

/* A VM that may do everything, writes to the process's descriptors and prints diagnostics to stderr. NULL after printing. */
GolVM *cmd_new_vm(const RunOptions *options, int argc, char **argv);

/* Reads and compiles the files. NULL after printing why not. */
GolProgram *cmd_compile(GolVM *vm, char **files, int count, const RunOptions *options, bool is_test);

#endif
