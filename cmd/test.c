/* SPDX-License-Identifier: MIT */
/* test.c: gol test: packages (a directory, or the files named), and documents with programs in them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"

typedef struct TestCommand {
	RunOptions options;
	DocumentTest document;
	char **args; /* os.Args of the tests: a name, then -test.FLAG=VALUE, each to be freed */
	int arg_count;
	char **files, **directories, **documents;
	int file_count, directory_count, document_count;
} TestCommand;

/* ---------------------------------------------------------------- flags */

static bool is_listed(const char *const *list, const char *s, size_t n) {
	for (; *list; list++)
		if (strlen(*list) == n && strncmp(*list, s, n) == 0)
			return true;
	return false;
}

/* What documents need of the tests' flags. False: bad value. */
static bool note_flag(DocumentTest *how, const char *name, size_t n, const char *value) {
	unsigned long long number;
	if (n == 1 && *name == 'v')
		how->is_verbose = strcmp(value, "false") != 0;
	if (n == 7 && strncmp(name, "timeout", n) == 0)
		return cmd_parse_duration(value, &how->timeout_ns);
	if (n == 8 && strncmp(name, "parallel", n) == 0) {
		if (!cmd_parse_number(value, 1000, &number) || number == 0)
			return false;
		how->parallel = (int)number;
	}
	return true;
}

/* Turns -run X into -test.run=X. 1: taken, 0: not a flag of tests, -1: bad value (a line was printed). */
static int take_flag(TestCommand *t, int argc, char **argv, int *i) {
	static const char *const with_value[] = {"run",  "bench",     "count", "parallel", "timeout",
						 "skip", "benchtime", "cpu",   NULL};
	static const char *const switches[] = {"v", "short", "failfast", "benchmem", "json", NULL};
	const char *s = argv[*i] + (strncmp(argv[*i], "--", 2) == 0 ? 2 : 1);
	if (strncmp(s, "test.", 5) == 0)
		s += 5;
	size_t n = strcspn(s, "=");
	const char *value = s[n] == '=' ? s + n + 1 : NULL;
	bool is_switch = is_listed(switches, s, n);
	if (!is_switch && !is_listed(with_value, s, n))
		return 0;
	if (!value && !is_switch && *i + 1 < argc)
		value = argv[++*i];
	if (!value && is_switch)
		value = "true";
	if (!value || !note_flag(&t->document, s, n, value)) {
		fprintf(stderr, "gol: %s \"%s\" for -%.*s\n", value ? "invalid value" : "no value", value ? value : "", (int)n, s);
		return -1;
	}
	Text flag = {0};
	text_printf(&flag, "-test.%.*s=%s", (int)n, s, value);
	t->args[t->arg_count++] = flag.ptr;
	return 1;
}

static void take_path(TestCommand *t, char *path) {
	if (cmd_is_directory(path) || cmd_has_suffix(path, "/..."))
		t->directories[t->directory_count++] = path;
	else if (document_is_named(path))
		t->documents[t->document_count++] = path;
	else
		t->files[t->file_count++] = path;
}

/* False: there is nothing to test, and *code is the exit code. */
static bool parse(TestCommand *t, int argc, char **argv, int *code) {
	bool has_flags = true;
	for (int i = 1; i < argc; i++) {
		if (!has_flags || !cmd_is_flag(argv[i])) {
			take_path(t, argv[i]);
			continue;
		}
		if (cmd_ends_flags(argv[i])) {
			has_flags = false;
			continue;
		}
		int taken = cmd_option(argc, argv, &i, &t->options);
		if (taken == 0)
			taken = take_flag(t, argc, argv, &i);
		if (taken <= 0) {
			*code = taken < 0 ? 2 : cmd_other_flag("test", argv[i]);
			return false;
		}
	}
	if (t->options.code)
		*code = cmd_usage("test");
	return !t->options.code;
}

/* ---------------------------------------------------------------- packages */

/* The tests of a folder run in it, as with go test. */
static int test_sources(const TestCommand *t, const SourceList *sources, const char *folder) {
	RunOptions options = t->options;
	options.folder = folder;
	return host_compile_and_run(sources, t->arg_count, t->args, &options, true);
}

static bool has_tests(const SourceList *sources) {
	for (size_t i = 0; i < sources->count; i++)
		if (cmd_is_test_name(sources->items[i].name))
			return true;
	return false;
}

/* With a line about the package, as go test prints it. */
static int test_directory(const TestCommand *t, const char *path) {
	SourceList sources = {0};
	struct timespec began, ended;
	int code = 1;
	if (!source_list_read(&sources, path, true)) {
		;
	} else if (!has_tests(&sources)) {
		printf("?   \t%s\t[no test files]\n", path);
		code = 0;
	} else {
		clock_gettime(CLOCK_MONOTONIC, &began);
		code = test_sources(t, &sources, path);
		clock_gettime(CLOCK_MONOTONIC, &ended);
		double seconds = (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
		printf("%s\t%s\t%.3fs\n", code ? "FAIL" : "ok  ", path, seconds);
	}
	fflush(stdout);
	source_list_free(&sources);
	return code ? 1 : 0;
}

static bool has_sources(const char *path) {
	DIR *dir = opendir(path);
	bool found = false;
	for (const struct dirent *e; dir && !found && (e = readdir(dir)) != NULL;)
		found = cmd_is_source_name(e->d_name) && e->d_name[0] != '.' && e->d_name[0] != '_';
	if (dir)
		closedir(dir);
	return found;
}

/* "DIR/...": the directory and all below it, without testdata and those that begin with '.' or '_'. */
static int test_tree(const TestCommand *t, const char *path) {
	struct dirent **entries;
	int code = has_sources(path) ? test_directory(t, path) : 0;
	int count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		Text below = {0};
		text_printf(&below, "%s/%s", path, name);
		if (name[0] != '.' && name[0] != '_' && strcmp(name, "testdata") != 0 && entries[i]->d_type != DT_LNK &&
		    cmd_is_directory(below.ptr))
			code |= test_tree(t, below.ptr);
		text_free(&below);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return code;
}

static int test_directories(const TestCommand *t) {
	int code = 0;
	for (int i = 0; i < t->directory_count; i++) {
		char *path = t->directories[i];
		if (!cmd_has_suffix(path, "/...")) {
			code |= test_directory(t, path);
			continue;
		}
		char *root = text_copy(path, strlen(path) - 4);
		if (cmd_is_directory(root)) {
			code |= test_tree(t, root);
		} else {
			fprintf(stderr, "gol: %s: no such directory\n", root);
			code = 1;
		}
		free(root);
	}
	return code;
}

static int test_files(const TestCommand *t) {
	SourceList sources = {0};
	bool ok = true;
	for (int i = 0; i < t->file_count && ok; i++)
		ok = source_list_read(&sources, t->files[i], true);
	int code = ok ? test_sources(t, &sources, NULL) : 1;
	source_list_free(&sources);
	return code;
}

static int test_all(TestCommand *t) {
	int code = 0;
	if (t->file_count > 0)
		code = test_files(t);
	if (t->directory_count > 0)
		code |= test_directories(t);
	if (t->document_count > 0)
		code |= document_test(t->documents, t->document_count, &t->document);
	return code;
}

int cmd_test(int argc, char **argv) {
	char name[] = "gol.test", here[] = ".";
	size_t room = ((size_t)argc + 2) * sizeof(char *);
	TestCommand t = {
		.args = text_realloc(NULL, room),
		.arg_count = 1,
		.files = text_realloc(NULL, room),
		.directories = text_realloc(NULL, room),
		.documents = text_realloc(NULL, room),
	};
	t.document.options = &t.options;
	t.args[0] = name;
	int code = 0;
	if (parse(&t, argc, argv, &code)) {
		if (t.file_count + t.directory_count + t.document_count == 0)
			t.directories[t.directory_count++] = here;
		code = test_all(&t);
	}
	for (int i = 1; i < t.arg_count; i++)
		free(t.args[i]);
	free(t.args);
	free(t.files);
	free(t.directories);
	free(t.documents);
	return code;
}
