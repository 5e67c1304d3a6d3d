/* SPDX-License-Identifier: MIT */
/* main.c: the gol command: picks the verb.
 *
 * Rules: cmd/ sees the VM only through include/gol.h.
 * Why: whatever the command can do, a host program can do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/help.h"

static const struct Verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *summary;
} verbs[] = {
	{"run", cmd_run, "gol run [FLAGS] FILE...|DIR|DOCUMENT[:LINE]|-|-e CODE [ARGUMENTS]",
	 "compile and run a program or script"},
	{"repl", cmd_repl, "gol repl [FLAGS] [FILE...]", "read Go piece by piece and show what it gives"},
	{"test", cmd_test, "gol test [FLAGS] [DIR|DIR/...|DOCUMENT[:LINE]|FILE]...",
	 "run tests, or the programs of documents"},
	{"build", cmd_build, "gol build [FLAGS] [-o IMAGE|--emit=asm|asm-all|ast|source] FILE...|DIR",
	 "compile into one file, or show what became of the files"},
	{"env", cmd_env, "gol env [NAME...]", "print versions, paths and settings"},
	{"version", cmd_version, "gol version", "print the version"},
	{"help", cmd_help, "gol help [VERB|TOPIC]", "print this text, or one about a verb or topic"},
};

int cmd_usage(const char *verb) {
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (!verb || strcmp(verbs[i].name, verb) == 0)
			fprintf(stderr, "usage: %s\n", verbs[i].usage);
	return 2;
}

static bool is_help_flag(const char *flag) {
	return strcmp(flag, "-h") == 0 || strcmp(flag, "-help") == 0 || strcmp(flag, "--help") == 0;
}

static void print_help(const struct Verb *verb) {
	printf("usage: %s\n\n%s\n", verb->usage, verb->summary);
	if (help_has_topic(verb->name))
		putchar('\n'), help_topic(verb->name);
}

int cmd_other_flag(const char *verb, const char *flag) {
	verb = verb ? verb : "run";
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (is_help_flag(flag) && strcmp(verbs[i].name, verb) == 0) {
			print_help(&verbs[i]);
			return 0;
		}
	fprintf(stderr, "gol: unknown flag %s\n", flag);
	return cmd_usage(verb);
}

int cmd_version(int argc, char **argv) {
	if (argc > 1)
		return cmd_is_flag(argv[1]) ? cmd_other_flag("version", argv[1]) : cmd_usage("version");
	printf("gol version %s\n", GOL_VERSION);
	return 0;
}

static void print_overview(void) {
	printf("Gol runs Go as a scripting language.\n\n"
	       "\tgol FILE is gol run FILE; gol -e CODE runs a line of text; gol - reads standard input;\n"
	       "\tgol on a terminal is gol repl.\n\nCommands:\n\n");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		printf("\t%-12s %s\n", verbs[i].name, verbs[i].summary);
	printf("\nTopics of gol help:\n\n");
	help_list_topics();
}

int cmd_help(int argc, char **argv) {
	if (argc > 1 && cmd_is_flag(argv[1]))
		return cmd_other_flag("help", argv[1]);
	if (argc < 2) {
		print_overview();
		return 0;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, argv[1]) == 0) {
			print_help(&verbs[i]);
			return 0;
		}
	if (help_topic(argv[1]))
		return 0;
	fprintf(stderr, "gol help %s: no such verb or topic; gol help lists them\n", argv[1]);
	return 2;
}

/* Without arguments: somebody who types, or the script on the pipe. */
static int run_nothing(char **argv) {
	char input[] = "-";
	if (isatty(0))
		return cmd_repl(1, argv);
	return cmd_run(2, (char *[]){argv[0], input, NULL});
}

static int run_verb(int argc, char **argv) {
	if (argc < 2)
		return run_nothing(argv);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-version") == 0)
		return cmd_version(1, argv);
	if (is_help_flag(argv[1]))
		return cmd_help(1, argv);
	return cmd_run(argc, argv);
}

/* What the command itself prints did not arrive (programs write past stdio, and are told by the library). */
int main(int argc, char **argv) {
	int code = run_verb(argc, argv);
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
		return code;
	fprintf(stderr, "gol: standard output: %s\n", errno ? strerror(errno) : "write error");
	return code ? code : 1;
}
