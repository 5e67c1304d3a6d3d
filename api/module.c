/* SPDX-License-Identifier: MIT */
/* module.c: packages in folders: "./a" and "../b" next to the importing file, and the tree below a go.mod.
 *
 * Rules: nothing is read unless the VM allows files. A package in a module has the path that go.mod gives it, however it is
 *   imported; outside of modules it has Go's "_/absolute/folder". The library and the host's packages come first: no folder
 *   can take their place. Scripts (.gol files without a package clause) belong to no package.
 * Why names as written ("tests/a/a.go") in messages: they are what the user can open from where they are. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/module.h"

enum { MAX_GO_MOD = 1 << 20 };

/* ---------------------------------------------------------------- texts */

const char *program_text(GolProgram *p, const char *format, ...) {
	Buf text;
	va_list args;
	buf_init(&text, &p->mem);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	const char *copy = arena_strndup(&p->arena, buf_cstr(&text), text.len);
	buf_deinit(&text);
	return copy;
}

static const char *last_element(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_relative(const char *path) {
	return strcmp(path, ".") == 0 || strcmp(path, "..") == 0 || strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0;
}

/* path is base or below it. */
static bool is_within(const char *path, const char *base) {
	size_t n = strlen(base);
	return strncmp(path, base, n) == 0 && (path[n] == 0 || path[n] == '/');
}

const char *module_join(GolProgram *p, const char *folder, const char *rest) {
	const char *in = program_text(p, "%s/%s", folder, rest);
	char *out = ARENA_ARRAY(&p->arena, char, strlen(in) + 2);
	size_t len = 0, root = in[0] == '/';
	if (root)
		out[len++] = '/';
	for (in += strspn(in, "/"); *in; in += strspn(in, "/")) {
		size_t n = strcspn(in, "/");
		size_t cut = len;
		while (cut > root && out[cut - 1] != '/')
			cut--;
		bool can_cut = len > root && strncmp(out + cut, "..", len - cut) != 0;
		if (n == 2 && memcmp(in, "..", 2) == 0 && (can_cut || root)) {
			len = cut > root ? cut - 1 : root;
		} else if (!(n == 1 && *in == '.')) {
			if (len > root)
				out[len++] = '/';
			memcpy(out + len, in, n);
			len += n;
		}
		in += n;
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = 0;
	return out;
}

static const char *folder_of(GolProgram *p, const char *file) {
	const char *slash = strrchr(file, '/');
	if (!slash)
		return ".";
	return slash == file ? "/" : arena_strndup(&p->arena, file, (size_t)(slash - file));
}

/* ---------------------------------------------------------------- files */

static bool may_read(const GolProgram *p) { return p->vm && (p->vm->config.allow & GOL_ALLOW_FILES); }

static bool read_file(const GolProgram *p, const char *name, size_t max, Buf *out) {
	FILE *in = may_read(p) ? fopen(name, "rb") : NULL;
	char piece[8192];
	if (!in)
		return false;
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, in)) > 0 && out->len + n <= max && !out->failed)
		buf_put(out, piece, n);
	bool ok = n == 0 && !ferror(in) && !out->failed;
	fclose(in);
	return ok;
}

/* The absolute name without symbolic links; NULL: there is no such file. */
static const char *real_path(GolProgram *p, const char *name) {
	char *real = may_read(p) ? realpath(name, NULL) : NULL;
	const char *copy = real ? arena_strndup(&p->arena, real, strlen(real)) : NULL;
	free(real);
	return copy;
}

const char *module_here(GolProgram *p) { return real_path(p, "."); }

/* ---------------------------------------------------------------- go.mod */

/* replace path => folder */
typedef struct Replacement {
	const char *path, *folder;
} Replacement;

typedef struct Module {
	const char *path, *folder, *real;
	uint16_t go_version;
	VEC(Replacement) replaced; /* those by folders */
} Module;

/* The second word of a line, without quotes. */
static const char *word_after(GolProgram *p, const char *s) {
	s += strspn(s, " \t");
	if (*s == '"' || *s == '`')
		return arena_strndup(&p->arena, s + 1, strcspn(s + 1, "\"`\r\n"));
	return arena_strndup(&p->arena, s, strcspn(s, " \t\r\n"));
}

static bool is_verb(const char *s, const char *verb) {
	size_t n = strlen(verb);
	return strncmp(s, verb, n) == 0 && (s[n] == ' ' || s[n] == '\t');
}

/* path [version] => folder; what is replaced by another module would have to be fetched. */
static void parse_replace(GolProgram *p, const char *s, Module *m) {
	size_t len = strcspn(s, "\r\n");
	const char *arrow = strstr(s, "=>");
	if (!arrow || (size_t)(arrow - s) >= len)
		return;
	Replacement r = {word_after(p, s), word_after(p, arrow + 2)};
	if (is_relative(r.folder) || r.folder[0] == '/')
		VEC_PUSH(&p->arena, &m->replaced, r);
}

static void parse_go_mod(GolProgram *p, const char *s, Module *m) {
	bool in_block = false; /* of replace ( ... ) */
	for (; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		s += strspn(s, " \t");
		if (in_block && *s == ')')
			in_block = false;
		else if (in_block)
			parse_replace(p, s, m);
		else if (is_verb(s, "module"))
			m->path = word_after(p, s + strlen("module"));
		else if (is_verb(s, "go") && strncmp(word_after(p, s + 2), "1.", 2) == 0)
			m->go_version = (uint16_t)strtoul(word_after(p, s + 2) + 2, NULL, 10);
		else if (is_verb(s, "replace") && *word_after(p, s + strlen("replace")) == '(')
			in_block = true;
		else if (is_verb(s, "replace"))
			parse_replace(p, s + strlen("replace"), m);
	}
}

/* Looks for go.mod in folder and above. */
static bool find_module(GolProgram *p, const char *folder, Module *m) {
	*m = (Module){0};
	const char *real = real_path(p, folder);
	for (uint32_t i = 0; real; i++) {
		Buf text;
		buf_init(&text, &p->mem);
		if (read_file(p, module_join(p, folder, "go.mod"), MAX_GO_MOD, &text))
			parse_go_mod(p, buf_cstr(&text), m);
		buf_deinit(&text);
		if (m->path && *m->path) {
			m->folder = folder;
			m->real = real;
			return true;
		}
		if (strcmp(real, "/") == 0)
			break;
		folder = module_join(p, folder, "..");
		real = real_path(p, folder);
	}
	return false;
}

uint16_t module_go_version(GolProgram *p, const char *name) {
	Module m;
	return may_read(p) && find_module(p, folder_of(p, name), &m) ? m.go_version : 0;
}

/* ---------------------------------------------------------------- what a path means */

/* The path of the package in a folder that exists: below "vendor" it is the one that others import it by. */
static const char *path_of_folder(GolProgram *p, const char *folder, Module *m) {
	const char *real = real_path(p, folder);
	if (!real || !find_module(p, folder, m) || !is_within(real, m->real))
		return real ? program_text(p, "_%s", real) : NULL;
	const char *below = real + strlen(m->real);
	return is_within(below, "/vendor") && strlen(below) > strlen("/vendor/") ? below + strlen("/vendor/")
									       : program_text(p, "%s%s", m->path, below);
}

const char *module_path(GolProgram *p, const char *name) {
	Module m;
	return may_read(p) ? path_of_folder(p, folder_of(p, name), &m) : NULL;
}

/* As whom a package imports: the main package is called by its place as well. */
static const char *path_of_importer(GolProgram *p, const Package *from) {
	for (const LoadedPackage *l = p->packages; l; l = l->next)
		if (l->path == from->path)
			return from->path;
	const char *path = module_path(p, from->files.items[0]->source->name);
	return path ? path : from->path;
}

/* Where the last element "internal" begins; NULL: there is none. */
static const char *find_internal(const char *path) {
	const char *found = NULL;
	for (const char *s = path; s; s = strchr(s, '/')) {
		s += *s == '/';
		if (strncmp(s, "internal", 8) == 0 && (s[8] == '/' || s[8] == 0))
			found = s;
	}
	return found;
}

static const char *check_internal(GolProgram *p, const char *path, const char *written, const Package *from) {
	const char *internal = find_internal(path);
	if (!internal)
		return NULL;
	size_t n = internal > path ? (size_t)(internal - path) - 1 : 0;
	if (n > 0 && is_within(path_of_importer(p, from), arena_strndup(&p->arena, path, n)))
		return NULL;
	return program_text(p, "use of internal package %s not allowed", written);
}

/* Where the files of module m find the package: in m itself, in what replaces its module, or under vendor. NULL: nowhere. */
static const char *folder_in_module(GolProgram *p, const Module *m, const char *path) {
	if (is_within(path, m->path))
		return module_join(p, m->folder, path + strlen(m->path));
	const Replacement *best = NULL;
	for (uint32_t i = 0; i < m->replaced.len; i++) {
		const Replacement *r = &m->replaced.items[i];
		if (is_within(path, r->path) && (!best || strlen(r->path) > strlen(best->path)))
			best = r;
	}
	if (best) {
		const char *folder = best->folder[0] == '/' ? best->folder : module_join(p, m->folder, best->folder);
		return module_join(p, folder, path + strlen(best->path));
	}
	const char *vendored = module_join(p, module_join(p, m->folder, "vendor"), path);
	return real_path(p, vendored) ? vendored : NULL;
}

void module_resolve(GolProgram *p, const char *path, const Package *from, ModulePlace *place, const char **error) {
	*place = (ModulePlace){.path = path};
	*error = NULL;
	if (!from || from->is_library || from->files.len == 0 || host_package_find(p->vm, path))
		return;
	if (library_find(path)) {
		*error = check_internal(p, path, path, from);
		return;
	}
	const char *base = folder_of(p, from->files.items[0]->source->name);
	Module m;
	if (!may_read(p))
		return;
	if (is_relative(path)) {
		place->folder = module_join(p, base, path);
		const char *own = path_of_folder(p, place->folder, &m);
		place->path = own ? own : path;
	} else if (find_module(p, base, &m)) {
		place->folder = folder_in_module(p, &m, path);
	}
	if (!place->folder)
		return;
	place->go_version = m.go_version;
	*error = check_internal(p, place->path, path, from);
}

/* ---------------------------------------------------------------- cycles */

/* The name of the first file that imports path, as written. */
static const char *importing_file(const Package *from, const char *path) {
	size_t n = strlen(path);
	for (uint32_t i = 0; i < from->files.len; i++) {
		const File *file = from->files.items[i];
		for (uint32_t k = 0; k < file->imports.len; k++) {
			const Node *node = file->imports.items[k];
			const Node *lit = node->kind == NODE_IMPORT_SPEC ? AS(ImportSpec, node)->path : NULL;
			if (!lit || lit->kind != NODE_BASIC_LIT)
				continue;
			const char *text = file->source->text + (lit->pos - file->source->base);
			if (strncmp(text + 1, path, n) == 0 && (text[n + 1] == '"' || text[n + 1] == '`'))
				return last_element(file->source->name);
		}
	}
	return "?";
}

const char *module_cycle(GolProgram *p, const LoadedPackage *first, const char *path, const Package *from) {
	VEC(const LoadedPackage *) stack = {0};
	for (const LoadedPackage *l = p->packages; l; l = l->next)
		if (!l->package && l->from)
			VEC_PUSH(&p->arena, &stack, l);
	if (stack.len == 0 || !from)
		return "import cycle not allowed";
	Buf text;
	buf_init(&text, &p->mem);
	buf_printf(&text, "package %s", path_of_importer(p, stack.items[stack.len - 1]->from));
	for (uint32_t i = stack.len; i-- > 0;)
		buf_printf(&text, "\n\timports %s from %s", stack.items[i]->path,
			   importing_file(stack.items[i]->from, stack.items[i]->written));
	buf_printf(&text, "\n\timports %s from %s: import cycle not allowed", first->path, importing_file(from, path));
	const char *copy = arena_strndup(&p->arena, buf_cstr(&text), text.len);
	buf_deinit(&text);
	return copy;
}

/* ---------------------------------------------------------------- the files of a folder */

typedef VEC(const char *) Names;

static bool ends_with(const char *s, const char *end) {
	size_t n = strlen(s), m = strlen(end);
	return n >= m && strcmp(s + n - m, end) == 0;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Sources in order of name; false: no such folder. */
static bool list_folder(GolProgram *p, const char *folder, Names *names) {
	DIR *dir = may_read(p) ? opendir(folder) : NULL;
	if (!dir)
		return false;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.' && e->d_name[0] != '_' && (ends_with(e->d_name, ".go") || ends_with(e->d_name, ".gol")))
			VEC_PUSH(&p->arena, names, arena_strndup(&p->arena, e->d_name, strlen(e->d_name)));
	closedir(dir);
	if (names->len)
		qsort(names->items, names->len, sizeof *names->items, compare_names);
	return true;
}

/* One file, if it is part of the package. false: it cannot be read. */
static bool parse_file(GolProgram *p, const char *name, ModuleFiles *files, bool *excluded) {
	Buf text;
	bool has_package = false;
	SourceFile *source = NULL;
	buf_init(&text, &p->mem);
	bool ok = read_file(p, name, UINT32_MAX / 2, &text);
	bool chosen = ok && constraint_text_ok(buf_cstr(&text), &has_package);
	*excluded |= ok && !chosen;
	chosen &= has_package || !ends_with(name, ".gol");
	if (chosen)
		source = source_add(&p->sources, name, buf_cstr(&text), text.len);
	buf_deinit(&text);
	if (!source)
		return ok;
	File *file = parser_parse_file(&p->sources, &p->interner, &p->arena, source, (ParseOptions){0});
	if (!file->package_name || strcmp(file->package_name->name->text, "documentation") != 0)
		VEC_PUSH(&p->arena, files, file);
	return true;
}

static const char *check_names(GolProgram *p, const char *folder, const ModuleFiles *files) {
	const File *first = files->items[0];
	for (uint32_t i = 1; i < files->len; i++) {
		const File *file = files->items[i];
		if (file->package_name && first->package_name && file->package_name->name != first->package_name->name)
			return program_text(p, "found packages %s (%s) and %s (%s) in %s", first->package_name->name->text,
					   last_element(first->source->name), file->package_name->name->text,
					   last_element(file->source->name), real_path(p, folder));
	}
	return NULL;
}

bool module_parse(GolProgram *p, const char *folder, ModuleFiles *files, const char **error) {
	Names names = {0};
	bool excluded = false;
	*error = NULL;
	if (!list_folder(p, folder, &names))
		return false;
	for (uint32_t i = 0; i < names.len; i++) {
		const char *name = names.items[i], *file = module_join(p, folder, name);
		if (ends_with(name, "_test.go") || ends_with(name, "_test.gol"))
			continue;
		if (!constraint_name_ok(name)) {
			excluded = true;
		} else if (!parse_file(p, file, files, &excluded)) {
			*error = program_text(p, "%s: %s", file, strerror(errno));
			return false;
		}
	}
	if (files->len == 0)
		*error = program_text(p, excluded ? "build constraints exclude all Go files in %s" : "no Go files in %s",
				     real_path(p, folder));
	else
		*error = check_names(p, folder, files);
	return *error == NULL;
}

bool module_has_assembly(void *program, const File *file) {
	GolProgram *p = program;
	DIR *dir = may_read(p) ? opendir(folder_of(p, file->source->name)) : NULL;
	bool found = false;
	for (const struct dirent *e; dir && !found && (e = readdir(dir)) != NULL;)
		found = ends_with(e->d_name, ".s");
	if (dir)
		closedir(dir);
	return found;
}
