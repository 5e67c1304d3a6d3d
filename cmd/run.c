/* SPDX-License-Identifier: MIT */
/* run.c: gol run, and gol FILE, gol -, gol -e CODE. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

/* The first name is a file or directory whatever it is called; further ones while they look like sources. */
static int count_files(int argc, char **argv) {
	int n = argc > 0 ? 1 : 0;
	while (n > 0 && n < argc && cmd_is_source_name(argv[0]) && cmd_is_source_name(argv[n]))
		n++;
	return n;
}

static int run_files(char **files, int count, int argc, char **argv, const RunOptions *options) {
	SourceList sources = {0};
	bool ok = true;
	for (int i = 0; i < count && ok; i++)
		ok = source_list_read(&sources, files[i], false);
	int code = ok ? host_compile_and_run(&sources, argc, argv, options, false) : 1;
	source_list_free(&sources);
	return code;
}

/* `gol FILE`: a word that is neither a file nor like a path was meant as a verb. */
static bool is_mistyped_verb(const char *word) {
	return access(word, F_OK) != 0 && !strpbrk(word, "./") && strcmp(word, "-") != 0;
}

int cmd_run(int argc, char **argv) {
	RunOptions options = {0};
	bool has_verb = strcmp(argv[0], "run") == 0;
	int i = 1;
	for (; i < argc && !options.code; i++) { /* what follows -e CODE is the script's */
		int taken = cmd_option(argc, argv, &i, &options);
		if (taken < 0)
			return 2;
		if (taken == 0)
			break;
	}
	if (options.code) {
		argv[i - 1] = (char *)"-e"; /* os.Args[0] */
		return cmd_eval(argc - i + 1, argv + i - 1, &options);
	}
	if (i < argc && cmd_ends_flags(argv[i]))
		i++;
	else if (i < argc && cmd_is_flag(argv[i]))
		return cmd_other_flag(has_verb ? "run" : NULL, argv[i]);
	if (i >= argc)
		return cmd_usage("run");
	if (!has_verb && is_mistyped_verb(argv[i])) {
		fprintf(stderr, "gol: %s: no such file or command; gol help lists the commands\n", argv[i]);
		return 2;
	}
	if (document_is_named(argv[i]))
		return document_run(argv[i], argc - i, argv + i, &options);
	int files = count_files(argc - i, argv + i);
	int skip = i + files - 1; /* os.Args[0] is the last file, then the arguments */
	return run_files(argv + i, files, argc - skip, argv + skip, &options);
}
