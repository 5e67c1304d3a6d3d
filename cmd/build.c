/* SPDX-License-Identifier: MIT */
/* build.c: gol build --emit: what became of the sources. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static int emit_trees(GolVM *vm, const SourceList *sources, bool source_form) {
	for (size_t i = 0; i < sources->count; i++)
		if (gol_dump_tree(vm, &sources->items[i], source_form, host_print_piece, stdout) != GOL_OK)
			return 1;
	return 0;
}

static int emit(const char *what, const SourceList *sources, const RunOptions *options) {
	Console console;
	console_init(&console);
	GolVM *vm = host_new_vm(options, &console, 0, NULL);
	if (!vm)
		return 2;
	int code = 1;
	if (strcmp(what, "ast") == 0 || strcmp(what, "source") == 0) {
		code = emit_trees(vm, sources, what[0] == 's');
	} else {
		GolProgram *program = host_compile(vm, sources, options, false);
		GolDump dump = strcmp(what, "asm") == 0 ? GOL_DUMP_ASM : GOL_DUMP_ASM_ALL;
		if (program && gol_dump(vm, program, dump, host_print_piece, stdout) == GOL_OK)
			code = 0;
	}
	gol_vm_free(vm);
	return code;
}

static bool is_form(const char *s) {
	static const char *const forms[] = {"asm", "asm-all", "ast", "source"};
	for (size_t i = 0; s && i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i], s) == 0)
			return true;
	return false;
}

int cmd_build(int argc, char **argv) {
	RunOptions options = {0};
	SourceList sources = {0};
	const char *what = NULL;
	int i = 1;
	for (; i < argc && cmd_is_flag(argv[i]); i++) {
		if (strncmp(argv[i], "--emit=", 7) == 0 || strncmp(argv[i], "-emit=", 6) == 0) {
			what = strchr(argv[i], '=') + 1;
			continue;
		}
		int taken = cmd_option(argc, argv, &i, &options);
		if (taken < 0)
			return 2;
		if (taken == 0)
			return cmd_unknown_flag("build", argv[i]);
	}
	if (!is_form(what) || (i >= argc && !options.code))
		return cmd_usage("build");
	bool ok = true;
	if (options.code)
		source_list_add(&sources, "command-line", text_copy(options.code, strlen(options.code)), strlen(options.code));
	for (; i < argc && ok && !options.code; i++)
		ok = source_list_read(&sources, argv[i], false);
	int code = ok ? emit(what, &sources, &options) : 1;
	source_list_free(&sources);
	return code;
}
