/* SPDX-License-Identifier: MIT */
/* embed.c: the files that a //go:embed pattern stands for.
 *
 * Rules: nothing is read unless the VM allows files, and nothing outside of the folder of the file that asks. Folders are
 *   taken whole, without names that begin with . or _ (all: takes these too), other modules, and what is no regular file.
 * Why glob(3): its patterns are path.Match's. */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/module.h"

typedef struct Search {
	GolProgram *p;
	const char *folder; /* of the file that asks */
	const char *error;
	EmbeddedFiles *out;
	bool all;
} Search;

static void add_file(Search *s, const char *name) {
	GolProgram *p = s->p;
	FILE *in = fopen(program_text(p, "%s/%s", s->folder, name), "rb");
	char piece[8192];
	size_t n = 0;
	Buf text;
	buf_init(&text, &p->mem);
	while (in && (n = fread(piece, 1, sizeof piece, in)) > 0 && !text.failed && text.len < UINT32_MAX / 8)
		buf_put(&text, piece, n);
	if (!in || ferror(in))
		s->error = program_text(p, "open %s: %s", name, strerror(errno));
	else if (text.failed || n > 0)
		s->error = program_text(p, "%s is too large", name);
	else
		VEC_PUSH(&p->arena, s->out, ((EmbeddedFile){name, arena_strndup(&p->arena, buf_cstr(&text), text.len), text.len}));
	if (in)
		fclose(in);
	buf_deinit(&text);
}

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static mode_t mode_of(const Search *s, const char *name) {
	struct stat st;
	return lstat(program_text(s->p, "%s/%s", s->folder, name), &st) == 0 ? st.st_mode : 0;
}

/* Everything below a folder, in order of name. */
static void add_folder(Search *s, const char *name) {
	VEC(const char *) names = {0};
	DIR *dir = opendir(program_text(s->p, "%s/%s", s->folder, name));
	if (!dir) {
		s->error = program_text(s->p, "open %s: %s", name, strerror(errno));
		return;
	}
	for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
		const char *n = e->d_name;
		if (strcmp(n, ".") != 0 && strcmp(n, "..") != 0 && (s->all || (n[0] != '.' && n[0] != '_')) && !strchr(n, '\n'))
			VEC_PUSH(&s->p->arena, &names, arena_strndup(&s->p->arena, n, strlen(n)));
	}
	closedir(dir);
	if (names.len)
		qsort(names.items, names.len, sizeof *names.items, compare_names);
	for (uint32_t i = 0; i < names.len && !s->error; i++) {
		const char *inner = strcmp(name, ".") == 0 ? names.items[i] : program_text(s->p, "%s/%s", name, names.items[i]);
		mode_t mode = mode_of(s, inner);
		if (S_ISREG(mode))
			add_file(s, inner);
		else if (S_ISDIR(mode) && !mode_of(s, program_text(s->p, "%s/go.mod", inner)))
			add_folder(s, inner);
	}
}

static void add_match(Search *s, const char *name) {
	mode_t mode = mode_of(s, name);
	uint32_t before = s->out->len;
	if (strchr(name, '\n') || !(S_ISREG(mode) || S_ISDIR(mode))) {
		s->error = program_text(s->p, "cannot embed irregular file %s", name);
	} else if (S_ISREG(mode)) {
		add_file(s, name);
	} else if (strcmp(name, ".") != 0 && mode_of(s, program_text(s->p, "%s/go.mod", name))) {
		s->error = program_text(s->p, "cannot embed directory %s: in different module", name);
	} else {
		add_folder(s, name);
		if (!s->error && s->out->len == before)
			s->error = program_text(s->p, "cannot embed directory %s: contains no embeddable files", name);
	}
}

/* fs.ValidPath's rule: slashes only between elements, none of which is empty, . or .. */
static bool is_valid(const char *pattern) {
	if (strcmp(pattern, ".") == 0)
		return true;
	for (const char *s = pattern;; s++) {
		size_t n = strcspn(s, "/");
		if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
		if (!*s)
			return true;
	}
}

static bool is_dots(const char *name) {
	const char *slash = strrchr(name, '/');
	name = slash ? slash + 1 : name;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* folder/pattern for glob(3), which must take the folder as it is. */
static const char *glob_pattern(GolProgram *p, const char *folder, const char *pattern) {
	char *out = ARENA_ARRAY(&p->arena, char, 2 * strlen(folder) + strlen(pattern) + 2), *to = out;
	for (; *folder; *to++ = *folder++)
		if (strchr("*?[\\", *folder))
			*to++ = '\\';
	*to++ = '/';
	memcpy(to, pattern, strlen(pattern) + 1);
	return out;
}

const char *module_embed(void *user, const File *file, const char *pattern, EmbeddedFiles *out) {
	GolProgram *p = user;
	const char *name = file->source->name, *slash = strrchr(name, '/');
	Search s = {.p = p, .out = out, .all = strncmp(pattern, "all:", 4) == 0};
	s.folder = slash ? arena_strndup(&p->arena, name, (size_t)(slash - name)) : ".";
	pattern += s.all ? 4 : 0;
	if (!is_valid(pattern))
		return "invalid pattern syntax";
	if (!p->vm || !(p->vm->config.allow & GOL_ALLOW_FILES))
		return "the host does not allow files";
	if (strcmp(pattern, ".") == 0) {
		add_match(&s, ".");
		return s.error;
	}
	glob_t found;
	int status = glob(glob_pattern(p, s.folder, pattern), GLOB_PERIOD, NULL, &found);
	for (size_t i = 0; status == 0 && i < found.gl_pathc && !s.error; i++) {
		const char *match = found.gl_pathv[i] + strlen(s.folder) + 1;
		if (!is_dots(match))
			add_match(&s, arena_strndup(&p->arena, match, strlen(match)));
	}
	if (status == 0)
		globfree(&found);
	return s.error || out->len > 0 ? s.error : "no matching files found";
}
