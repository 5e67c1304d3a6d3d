/* SPDX-License-Identifier: MIT */
/* main.c: the gol command: picks the verb.
 *
 * Rules: cmd/ sees the VM only through include/gol.h.
 * Why: whatever the command can do, a host program can do. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const struct Verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *summary;
} verbs[] = {
	{"run", cmd_run, "gol run [-procs N] [-lang=go1.N] [-seed N] FILE... [ARGUMENTS]", "compile and run a program or script"},
	{"test", cmd_test, "gol test [-v] [-run RE] [-bench RE] [-count N] [-parallel N] [-timeout D] FILE...",
	 "run the tests of the files"},
	{"build", cmd_build, "gol build [-lang=go1.N] --emit=asm|asm-all|ast|source FILE...", "compile and show what became of the files"},
	{"version", cmd_version, "gol version", "print the version"},
	{"help", cmd_help, "gol help [VERB]", "print this text, or the usage of a verb"},
};

int cmd_usage(const char *verb) {
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (!verb || strcmp(verbs[i].name, verb) == 0)
			fprintf(stderr, "usage: %s\n", verbs[i].usage);
	return 2;
}

int cmd_version(int argc, char **argv) {
	(void)argc;
	(void)argv;
	printf("gol version %s\n", GOL_VERSION);
	return 0;
}

int cmd_help(int argc, char **argv) {
	if (argc > 1) {
		for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
			if (strcmp(verbs[i].name, argv[1]) == 0) {
				printf("usage: %s\n\n%s\n", verbs[i].usage, verbs[i].summary);
				return 0;
			}
		fprintf(stderr, "gol help %s: unknown verb\n", argv[1]);
		return 2;
	}
	printf("Gol runs Go as a scripting language.\n\n");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		printf("\t%-10s %s\n", verbs[i].name, verbs[i].summary);
	printf("\n\tgol FILE is gol run FILE; gol -e CODE runs a line of text; gol - reads standard input.\n");
	return 0;
}

int main(int argc, char **argv) {
	if (argc < 2)
		return cmd_usage(NULL);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-version") == 0)
		return cmd_version(argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, argv);
	return cmd_run(argc, argv);
}
