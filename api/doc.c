/* SPDX-License-Identifier: MIT */
/* doc.c: gol_doc: what the source says about a name: its declaration and the comment above it.
 *
 * Why from the text: trees keep no comments, and what is shown is what somebody wrote. */
#include "api/names.h"

#include <string.h>

typedef struct Doc {
	GolVM *vm;
	Buf out;
} Doc;

/* ---------------------------------------------------------------- text around a declaration */

static const char *line_begin(const SourceFile *file, const char *at) {
	while (at > file->text && at[-1] != '\n')
		at--;
	return at;
}

static bool is_comment_line(const char *line, const char *end) {
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	return end - line >= 2 && line[0] == '/' && line[1] == '/';
}

static void put_comment_line(Buf *out, const char *line, const char *end) {
	line = memchr(line, '/', (size_t)(end - line));
	line += 2;
	if (line < end && *line == ' ')
		line++;
	buf_printf(out, "    %.*s\n", (int)(end - line), line);
}

/* The comment lines right above the line of `at`. */
static void put_comment_above(Buf *out, const SourceFile *file, const char *at) {
	const char *end = line_begin(file, at), *begin = end;
	while (begin > file->text) {
		const char *line = line_begin(file, begin - 1);
		if (!is_comment_line(line, begin - 1))
			break;
		begin = line;
	}
	while (begin < end) {
		const char *next = memchr(begin, '\n', (size_t)(end - begin));
		next = next ? next : end;
		put_comment_line(out, begin, next);
		begin = next + 1;
	}
}

static void put_trimmed(Buf *out, Str text) {
	while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\t'))
		text.len--;
	buf_put(out, text.ptr, text.len);
}

/* ---------------------------------------------------------------- declarations */

static Pos func_end(const SourceSet *set, const FuncDecl *decl) {
	if (decl->body)
		return decl->body->pos;
	if (decl->lazy)
		return decl->lazy->lbrace;
	const SourceFile *file = source_of(set, decl->node.pos);
	const char *begin = file->text + (decl->node.pos - file->base), *end = strchr(begin, '\n');
	return decl->node.pos + (Pos)(end ? (size_t)(end - begin) : strlen(begin));
}

static void put_declaration(Doc *d, const Object *o) {
	const SourceSet *set = &d->vm->eval.program->sources;
	const Node *n = o->decl;
	const char *prefix = o->kind == OBJECT_TYPE_NAME ? "type " : o->kind == OBJECT_CONST ? "const " : "var ";
	if (n && n->kind == NODE_FUNC_DECL) {
		put_trimmed(&d->out, source_text(set, n->pos, func_end(set, (const FuncDecl *)n)));
	} else if (n && (n->kind == NODE_TYPE_SPEC || n->kind == NODE_VALUE_SPEC)) {
		buf_puts(&d->out, prefix);
		put_trimmed(&d->out, source_text(set, n->pos, ast_end(n)));
	} else {
		buf_printf(&d->out, "%s%s ", o->is_field ? "field " : o->kind == OBJECT_FUNC ? "func " : prefix, o->name->text);
		put_object_type(&d->out, o, d->vm->eval.package);
	}
	buf_putc(&d->out, '\n');
}

static void put_doc(Doc *d, const Object *o) {
	const SourceSet *set = &d->vm->eval.program->sources;
	put_declaration(d, o);
	const SourceFile *file = source_of(set, o->pos);
	if (file)
		put_comment_above(&d->out, file, file->text + (o->pos - file->base));
}

/* One line for each of a type's exported methods, the session's own all. */
static void put_methods(Doc *d, const Object *o) {
	const Type *t = o->type;
	bool own = o->package == d->vm->eval.package;
	if (o->is_alias || !t || t->kind != TYPE_NAMED)
		return;
	for (uint32_t i = 0; i < t->named_methods.len; i++) {
		const Object *m = t->named_methods.items[i];
		if (!own && !m->name->exported)
			continue;
		if (i == 0 || d->out.ptr[d->out.len - 1] != '\n')
			buf_putc(&d->out, '\n');
		put_declaration(d, m);
	}
}

/* ---------------------------------------------------------------- packages */

static void put_package(Doc *d, Package *pkg) {
	if (pkg->files.len) {
		const SourceFile *file = pkg->files.items[0]->source;
		const Ident *name = pkg->files.items[0]->package_name;
		buf_printf(&d->out, "package %s // import \"%s\"\n", pkg->name ? pkg->name->text : pkg->path, pkg->path);
		if (name)
			put_comment_above(&d->out, file, file->text + (name->node.pos - file->base));
	}
	buf_putc(&d->out, '\n');
	for (uint32_t i = 0; i < pkg->scope->ordered.len; i++) {
		Object *o = pkg->scope->ordered.items[i];
		if (!o->name->exported)
			continue;
		if (o->kind == OBJECT_TYPE_NAME)
			buf_printf(&d->out, "type %s\n", o->name->text);
		else
			put_declaration(d, o);
	}
}

/* ---------------------------------------------------------------- predeclared names */

static const char *builtin_text(const char *name) {
	static const char *const texts[][2] = {
		{"append", "func append(slice []T, elems ...T) []T\n    Adds elements behind a slice's last and returns the slice, which may have moved.\n"},
		{"cap", "func cap(v T) int\n    How many elements fit: of a slice, array or channel.\n"},
		{"clear", "func clear(t T)\n    Deletes all entries of a map, or zeroes all elements of a slice.\n"},
		{"close", "func close(c chan<- T)\n    No more values will be sent: receivers get what is left, then zero values.\n"},
		{"complex", "func complex(r, i FloatType) ComplexType\n    A complex number from its two parts.\n"},
		{"copy", "func copy(dst, src []T) int\n    Copies elements, as many as both have, and returns how many. src may be a string.\n"},
		{"delete", "func delete(m map[K]V, key K)\n    Removes the entry with this key, if there is one.\n"},
		{"imag", "func imag(c ComplexType) FloatType\n    The imaginary part.\n"},
		{"len", "func len(v T) int\n    The number of elements of an array, slice, map or channel; the bytes of a string.\n"},
		{"make", "func make(T, size ...int) T\n    A slice with a length and capacity, a map, or a channel with room for so many values.\n"},
		{"max", "func max(x T, y ...T) T\n    The largest of ordered values.\n"},
		{"min", "func min(x T, y ...T) T\n    The smallest of ordered values.\n"},
		{"new", "func new(T) *T\n    A pointer to a new zero value.\n"},
		{"panic", "func panic(v any)\n    Ends the goroutine's functions one by one, deferred calls included, until one recovers.\n"},
		{"print", "func print(args ...T)\n    Writes to standard error, for debugging.\n"},
		{"println", "func println(args ...T)\n    Writes a line to standard error, for debugging.\n"},
		{"real", "func real(c ComplexType) FloatType\n    The real part.\n"},
		{"recover", "func recover() any\n    In a deferred function: ends a panic and returns its value.\n"},
		{"error", "type error interface { Error() string }\n    What functions return when something may go wrong; nil: nothing did.\n"},
		{"any", "type any = interface{}\n    Any value whatever.\n"},
		{"comparable", "type comparable interface{ comparable }\n    As a constraint: types whose values can be compared with ==.\n"},
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (strcmp(texts[i][0], name) == 0)
			return texts[i][1];
	return NULL;
}

static bool put_predeclared(Doc *d, const char *name) {
	GolProgram *p = d->vm->eval.program;
	const Object *o = scope_lookup(p->universe.scope, intern_cstr(&p->interner, name));
	const char *text = builtin_text(name);
	if (o && text)
		buf_puts(&d->out, text);
	else if (o)
		buf_printf(&d->out, "%s %s\n", o->kind == OBJECT_TYPE_NAME ? "type" : o->kind == OBJECT_CONST ? "const" : "var", name);
	return o != NULL;
}

/* ---------------------------------------------------------------- finding it */

static bool put_member_of_type(Doc *d, const Object *type_name, const char *member) {
	GolProgram *p = d->vm->eval.program;
	Selection s = {0};
	LookupResult found = lookup_field_or_method(&p->universe, type_name->type, true, type_name->package,
						    intern_cstr(&p->interner, member), &s);
	if ((found != LOOKUP_FIELD && found != LOOKUP_METHOD) || !s.object)
		return false;
	put_doc(d, s.object->origin ? s.object->origin : s.object);
	return true;
}

/* rest: "Name" or "Name.Member". */
static bool put_of_scope(Doc *d, Package *pkg, const char *rest) {
	const char *dot = strchr(rest, '.');
	size_t len = dot ? (size_t)(dot - rest) : strlen(rest);
	GolProgram *p = d->vm->eval.program;
	Object *o = scope_lookup(pkg->scope, intern(&p->interner, rest, len));
	if (!o || o->kind == OBJECT_PACKAGE_NAME)
		return false;
	check_object(&p->universe, o);
	if (dot)
		return o->type && put_member_of_type(d, o, dot + 1);
	put_doc(d, o);
	if (o->kind == OBJECT_TYPE_NAME)
		put_methods(d, o);
	return true;
}

static Package *library_package(GolVM *vm, const char *path, size_t len) {
	Name *name = intern(&vm->eval.program->interner, path, len);
	const char *error = NULL;
	if (memchr(path, '/', len) && library_find(name->text))
		return loader_import(vm->eval.program, name->text, &error);
	return package_named(vm, path, len);
}

static bool find(Doc *d, const char *name) {
	const char *slash = strrchr(name, '/'), *dot = strchr(slash ? slash : name, '.');
	if (!slash && put_of_scope(d, d->vm->eval.package, name))
		return true;
	Package *pkg = library_package(d->vm, name, dot ? (size_t)(dot - name) : strlen(name));
	if (!pkg)
		return !dot && !slash && put_predeclared(d, name);
	if (dot)
		return put_of_scope(d, pkg, dot + 1);
	put_package(d, pkg);
	return true;
}

GolStatus gol_doc(GolVM *vm, const char *name, Sink sink, void *user) {
	if (!vm || !name || !sink)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_doc: bad argument") : GOL_ERROR_ARGUMENT;
	if (vm_is_busy(vm) || vm->pumps)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_doc: the VM is running");
	if (!eval_package(vm))
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	Doc d = {.vm = vm};
	buf_init(&d.out, &vm->vm.mem);
	question_drop(vm->eval.program);
	bool found = find(&d, name);
	bool failed = d.out.failed || vm->eval.program->arena.failed;
	question_drop(vm->eval.program);
	if (found && !failed)
		sink(user, buf_cstr(&d.out), d.out.len);
	buf_deinit(&d.out);
	if (failed)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	return found ? GOL_OK : api_fail(vm, GOL_ERROR_ARGUMENT, "no documentation for %s", name);
}
