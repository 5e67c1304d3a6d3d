/* SPDX-License-Identifier: MIT */
/* run.c: gol run, gol test, gol build --emit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

static bool is_source_name(const char *s) {
	size_t n = strlen(s);
	return (n > 4 && strcmp(s + n - 4, ".gol") == 0) || (n > 3 && strcmp(s + n - 3, ".go") == 0);
}

static void print_piece(void *user, const char *text, size_t len) { fwrite(text, 1, len, user); }

static void write_profile(GolVM *vm, GolProfile what, const char *path) {
	FILE *out = path ? fopen(path, "wb") : NULL;
	if (!path)
		return;
	if (!out || gol_profile_write(vm, what, print_piece, out) != GOL_OK || ferror(out))
		fprintf(stderr, "gol: cannot write %s\n", path);
	if (out)
		fclose(out);
}

static int run_program(GolVM *vm, GolProgram *program, const RunOptions *options) {
	if (options->cpu_profile)
		gol_profile(vm, GOL_PROFILE_CPU);
	if (options->memory_profile)
		gol_profile(vm, GOL_PROFILE_MEMORY);
	GolStatus status = gol_run(vm, program);
	if (status == GOL_ERROR_MEMORY || status == GOL_ERROR_ARGUMENT)
		fprintf(stderr, "gol: %s\n", gol_error(vm));
	write_profile(vm, GOL_PROFILE_CPU, options->cpu_profile);
	write_profile(vm, GOL_PROFILE_MEMORY, options->memory_profile);
	if (options->stats)
		gol_stats(vm, print_piece, stderr);
	return gol_exit_code(vm);
}

/* The first name is a file whatever it is called; further ones while they look like sources. */
static int count_files(int argc, char **argv) {
	int n = argc > 0 ? 1 : 0;
	while (n > 0 && n < argc && is_source_name(argv[0]) && is_source_name(argv[n]))
		n++;
	return n;
}

static int compile_and_run(char **files, int count, int argc, char **argv, const RunOptions *options, bool is_test) {
	GolVM *vm = cmd_new_vm(options, argc, argv);
	if (!vm)
		return 2;
	GolProgram *program = cmd_compile(vm, files, count, options, is_test);
	int code = program ? run_program(vm, program, options) : 1;
	gol_vm_free(vm);
	return code;
}

int cmd_run(int argc, char **argv) {
	RunOptions options = {0};
	bool has_verb = strcmp(argv[0], "run") == 0;
	int i = 1;
	for (; i < argc; i++) {
		int taken = cmd_option(argc, argv, &i, &options);
		if (taken < 0)
			return 2;
		if (taken == 0)
			break;
	}
	if (i < argc && argv[i][0] == '-' && argv[i][1] != 0) {
		fprintf(stderr, "gol: unknown flag %s\n", argv[i]);
		return cmd_usage(has_verb ? "run" : NULL);
	}
	int files = options.code ? 0 : count_files(argc - i, argv + i);
	if (files == 0 && !options.code)
		return cmd_usage("run");
	/* os.Args[0] is the last file, then the arguments. */
	int skip = options.code ? i - 1 : i + files - 1;
	return compile_and_run(argv + i, files, argc - skip, argv + skip, &options, false);
}

/* Flags of the test binary that take a value. */
static const char *const test_values[] = {"run", "bench", "count", "parallel", "timeout", "skip", "benchtime", "cpu", NULL};
static const char *const test_switches[] = {"v", "short", "failfast", "benchmem", "json", NULL};

static bool is_listed(const char *const *list, const char *s, size_t n) {
	for (; *list; list++)
		if (strlen(*list) == n && strncmp(*list, s, n) == 0)
			return true;
	return false;
}

/* Turns -run X into -test.run=X; appends to out. False: not a test flag. */
static bool take_test_flag(int argc, char **argv, int *i, char **out) {
	const char *s = argv[*i] + (strncmp(argv[*i], "--", 2) == 0 ? 2 : 1);
	if (strncmp(s, "test.", 5) == 0)
		s += 5;
	size_t n = strcspn(s, "=");
	const char *value = s[n] == '=' ? s + n + 1 : NULL;
	if (is_listed(test_values, s, n)) {
		if (!value && *i + 1 >= argc)
			return false;
		if (!value)
			value = argv[++*i];
	} else if (is_listed(test_switches, s, n)) {
		value = value ? value : "true";
	} else {
		return false;
	}
	size_t size = n + strlen(value) + sizeof "-test.=";
	*out = malloc(size);
	return *out && snprintf(*out, size, "-test.%.*s=%s", (int)n, s, value) > 0;
}

int cmd_test(int argc, char **argv) {
	RunOptions options = {0};
	char **args = calloc((size_t)argc + 1, sizeof *args);
	char **files = calloc((size_t)argc + 1, sizeof *files);
	int arg_count = 1, file_count = 0, code = 0;
	if (!args || !files)
		return 2;
	args[0] = "gol.test";
	for (int i = 1; i < argc && code == 0; i++) {
		int taken = cmd_option(argc, argv, &i, &options);
		if (taken < 0) {
			code = 2;
		} else if (taken == 0 && argv[i][0] == '-' && argv[i][1] != 0) {
			if (take_test_flag(argc, argv, &i, &args[arg_count])) {
				arg_count++;
			} else {
				fprintf(stderr, "gol: unknown flag %s\n", argv[i]);
				code = cmd_usage("test");
			}
		} else if (taken == 0) {
			files[file_count++] = argv[i];
		}
	}
	if (code == 0 && file_count == 0)
		code = cmd_usage("test");
	if (code == 0)
		code = compile_and_run(files, file_count, arg_count, args, &options, true);
	for (int i = 1; i < arg_count; i++)
		free(args[i]);
	free(args);
	free(files);
	return code;
}

static int emit(const char *what, char **files, int count, const RunOptions *options) {
	GolVM *vm = cmd_new_vm(options, 0, NULL);
	if (!vm)
		return 2;
	int code = 0;
	if (strcmp(what, "ast") == 0 || strcmp(what, "source") == 0) {
		for (int i = 0; i < count && code == 0; i++) {
			GolSource source = {.name = files[i]};
			char *text = cmd_read_file(files[i], &source.len);
			source.text = text;
			if (!text || gol_dump_tree(vm, &source, what[0] == 's', print_piece, stdout) != GOL_OK)
				code = 1;
			free(text);
		}
	} else {
		GolProgram *program = cmd_compile(vm, files, count, options, false);
		GolDump dump = strcmp(what, "asm") == 0 ? GOL_DUMP_ASM : GOL_DUMP_ASM_ALL;
		code = program && gol_dump(vm, program, dump, print_piece, stdout) == GOL_OK ? 0 : 1;
	}
	gol_vm_free(vm);
	return code;
}

int cmd_build(int argc, char **argv) {
	static const char *const forms[] = {"asm", "asm-all", "ast", "source", NULL};
	RunOptions options = {0};
	const char *what = NULL;
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != 0; i++) {
		if (strncmp(argv[i], "--emit=", 7) == 0 || strncmp(argv[i], "-emit=", 6) == 0) {
			what = strchr(argv[i], '=') + 1;
			continue;
		}
		int taken = cmd_option(argc, argv, &i, &options);
		if (taken < 0)
			return 2;
		if (taken == 0) {
			fprintf(stderr, "gol: unknown flag %s\n", argv[i]);
			return cmd_usage("build");
		}
	}
	if (!what || !is_listed(forms, what, strlen(what)) || (i >= argc && !options.code))
		return cmd_usage("build");
	return emit(what, argv + i, argc - i, &options);
}
