/* SPDX-License-Identifier: MIT */
/* eval.c: gol -e CODE.
 *
 * The value of a last expression is printed. When the compiler finds none, the text stands as it was written, and messages are
 * about that. */
#include <string.h>

#include "cmd/cmd.h"

int cmd_eval(int argc, char **argv, const RunOptions *options) {
	Console console;
	console_init(&console);
	GolVM *vm = host_new_vm(options, &console, argc, argv);
	if (!vm)
		return 2;
	GolSource source = {.name = "command-line", .text = options->code, .len = strlen(options->code)};
	GolCompileOptions compile = {
		.size = sizeof compile,
		.go_version = options->go_version,
		.all_errors = options->all_errors,
		.print_last = 1,
	};
	GolProgram *program;
	console.is_quiet = true;
	gol_compile(vm, &source, 1, &compile, &program);
	console.is_quiet = false;
	if (!program) {
		SourceList sources = {0};
		source_list_add(&sources, source.name, text_copy(source.text, source.len), source.len);
		program = host_compile(vm, &sources, options, false);
		source_list_free(&sources);
	}
	int code = program ? host_run(vm, program, options) : console.rejected;
	gol_vm_free(vm);
	return code;
}
