/* SPDX-License-Identifier: MIT */
/* build.c: gol build: sources -> an image; with --emit what became of the sources.
 * Rules: an image is written under another name first, so that whoever runs the old one meanwhile is not disturbed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---------------------------------------------------------------- images */

static void add_piece(void *user, const char *data, size_t len) { text_put(user, data, len); }

/* Executable, like the files of go build. */
static bool write_image(const char *path, const Text *image) {
	Text temporary = {0};
	text_printf(&temporary, "%s.new", path);
	FILE *out = fopen(temporary.ptr, "wb");
	bool ok = out != NULL;
	if (ok) {
		mode_t mask = umask(0);
		umask(mask);
		ok = fwrite(image->ptr, 1, image->len, out) == image->len && fchmod(fileno(out), 0777 & ~mask) == 0;
		ok = fclose(out) == 0 && ok;
	}
	ok = ok && rename(temporary.ptr, path) == 0;
	if (!ok) {
		fprintf(stderr, "gol: %s: %s\n", path, strerror(errno));
		if (out)
			unlink(temporary.ptr);
	}
	text_free(&temporary);
	return ok;
}

/* "hello.gol" -> "hello.golc", "dir/" -> "dir.golc", both in the working directory. */
static char *default_output(const char *source) {
	size_t len = strlen(source);
	while (len > 1 && source[len - 1] == '/')
		len--;
	size_t begin = len;
	while (begin > 0 && source[begin - 1] != '/')
		begin--;
	char *name = text_copy(source + begin, len - begin);
	char *dot = strrchr(name, '.');
	if (dot && dot != name && cmd_is_source_name(name))
		*dot = 0;
	Text out = {0};
	text_printf(&out, "%s.golc", name[0] && strcmp(name, ".") != 0 && strcmp(name, "-") != 0 ? name : "main");
	free(name);
	return out.ptr;
}

static int build_image(const char *path, const SourceList *sources, const RunOptions *options) {
	static const char first_line[] = "#!/usr/bin/env gol\n";
	Console console;
	Text image = {0};
	console_init(&console);
	GolVM *vm = host_new_vm(options, &console, 0, NULL);
	if (!vm)
		return 2;
	text_put(&image, first_line, strlen(first_line));
	GolProgram *program = host_compile(vm, sources, options, false);
	int code = 1;
	if (program && gol_save(vm, program, add_piece, &image) != GOL_OK)
		fprintf(stderr, "gol: %s\n", gol_error(vm));
	else if (program)
		code = write_image(path, &image) ? 0 : 1;
	text_free(&image);
	gol_vm_free(vm);
	return code;
}

/* ---------------------------------------------------------------- the verb */

static bool is_form(const char *s) {
	static const char *const forms[] = {"asm", "asm-all", "ast", "source"};
	for (size_t i = 0; s && i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i], s) == 0)
			return true;
	return false;
}

static int build(const char *what, const char *output, int argc, char **argv, const RunOptions *options) {
	SourceList sources = {0};
	char *chosen = what || output ? NULL : default_output(options->code ? "" : argv[0]);
	bool ok = true;
	if (options->code)
		source_list_add(&sources, "command-line", text_copy(options->code, strlen(options->code)), strlen(options->code));
	for (int i = 0; i < argc && ok && !options->code; i++)
		ok = source_list_read(&sources, argv[i], false);
	int code = 1;
	if (ok)
		code = what ? emit(what, &sources, options) : build_image(output ? output : chosen, &sources, options);
	free(chosen);
	source_list_free(&sources);
	return code;
}

/* What only build has; the results are cmd_option's. */
static int take_flag(int argc, char **argv, int *i, const char **what, const char **output) {
	if (strncmp(argv[*i], "--emit=", 7) == 0 || strncmp(argv[*i], "-emit=", 6) == 0) {
		*what = strchr(argv[*i], '=') + 1;
		return 1;
	}
	if (strcmp(argv[*i], "-o") != 0)
		return 0;
	if (*i + 1 >= argc) {
		fprintf(stderr, "gol: -o needs the name of a file\n");
		return -1;
	}
	*output = argv[++*i];
	return 1;
}

int cmd_build(int argc, char **argv) {
	RunOptions options = {0};
	const char *what = NULL, *output = NULL;
	int i = 1;
	for (; i < argc && cmd_is_flag(argv[i]); i++) {
		if (cmd_ends_flags(argv[i])) {
			i++;
			break;
		}
		int taken = take_flag(argc, argv, &i, &what, &output);
		if (taken == 0)
			taken = cmd_option(argc, argv, &i, &options);
		if (taken < 0)
			return 2;
		if (taken == 0)
			return cmd_other_flag("build", argv[i]);
	}
	if ((what && (!is_form(what) || output)) || (i >= argc && !options.code))
		return cmd_usage("build");
	return build(what, output, argc - i, argv + i, &options);
}
