/* SPDX-License-Identifier: MIT */
/* source.c: files and directories -> the texts that are compiled together.
 *
 * Rules: a file that is named is taken as it is; in a directory names and //go:build lines decide, as with go build.
 * Files of a directory are in the order of their bytes, so that initialization does not depend on the locale. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"

bool cmd_has_suffix(const char *s, const char *suffix) {
	size_t n = strlen(s), m = strlen(suffix);
	return n > m && strcmp(s + n - m, suffix) == 0;
}

bool cmd_is_source_name(const char *s) { return cmd_has_suffix(s, ".gol") || cmd_has_suffix(s, ".go"); }

bool cmd_is_directory(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void read_stream(FILE *in, Text *text) {
	char piece[65536];
	for (size_t n; (n = fread(piece, 1, sizeof piece, in)) > 0;)
		text_put(text, piece, n);
}

char *cmd_read_file(const char *path, size_t *len) {
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	Text text = {0};
	if (in) {
		text_put(&text, "", 0);
		read_stream(in, &text);
	}
	if (!in || ferror(in)) {
		fprintf(stderr, "gol: %s: %s\n", path, strerror(errno));
		text_free(&text);
	}
	if (in && in != stdin)
		fclose(in);
	*len = text.len;
	return text.ptr;
}

void source_list_add(SourceList *list, const char *name, char *text, size_t len) {
	if (list->count == list->cap) {
		list->cap = list->cap * 2 + 8;
		list->items = text_realloc(list->items, list->cap * sizeof *list->items);
	}
	list->items[list->count++] = (GolSource){.name = text_copy(name, strlen(name)), .text = text, .len = len};
}

void source_list_free(SourceList *list) {
	for (size_t i = 0; i < list->count; i++) {
		free((char *)list->items[i].name);
		free((char *)list->items[i].text);
	}
	free(list->items);
	*list = (SourceList){0};
}

bool cmd_is_test_name(const char *name) {
	return cmd_has_suffix(name, "_test.go") || cmd_has_suffix(name, "_test.gol");
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The names of the directory's sources by their names, sorted. -1: it cannot be read. */
static int list_directory(const char *path, bool with_tests, char ***out) {
	DIR *dir = opendir(path);
	char **names = NULL;
	int count = 0;
	if (!dir)
		return -1;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
		const char *name = e->d_name;
		if (name[0] == '.' || name[0] == '_' || !cmd_is_source_name(name) || (cmd_is_test_name(name) && !with_tests) ||
		    !gol_source_chosen(name, NULL))
			continue;
		names = text_realloc(names, ((size_t)count + 1) * sizeof *names);
		names[count++] = text_copy(name, strlen(name));
	}
	closedir(dir);
	if (count > 0)
		qsort(names, (size_t)count, sizeof *names, compare_names);
	*out = names;
	return count;
}

/* Takes over name. */
static bool add_from_directory(SourceList *list, const char *path, char *name) {
	Text full = {0};
	size_t len, n = strlen(path);
	const char *slash = n > 0 && path[n - 1] == '/' ? "" : "/";
	text_printf(&full, "%s%s%s", path, slash, name);
	char *text = cmd_read_file(full.ptr, &len);
	if (text && gol_source_chosen(NULL, text))
		source_list_add(list, strcmp(path, ".") == 0 ? name : full.ptr, text, len);
	else
		free(text);
	text_free(&full);
	free(name);
	return text != NULL;
}

static bool read_directory(SourceList *list, const char *path, bool with_tests) {
	char **names = NULL;
	int count = list_directory(path, with_tests, &names);
	bool ok = count >= 0;
	if (!ok)
		fprintf(stderr, "gol: %s: %s\n", path, strerror(errno));
	size_t before = list->count;
	for (int i = 0; i < count; i++)
		ok = add_from_directory(list, path, names[i]) && ok;
	free(names);
	if (ok && list->count == before) {
		fprintf(stderr, "gol: no Go files in %s\n", path);
		return false;
	}
	return ok;
}

bool source_list_read(SourceList *list, const char *path, bool with_tests) {
	if (cmd_is_directory(path))
		return read_directory(list, path, with_tests);
	size_t len;
	char *text = cmd_read_file(path, &len);
	if (text)
		source_list_add(list, strcmp(path, "-") == 0 ? "stdin" : path, text, len);
	return text != NULL;
}
