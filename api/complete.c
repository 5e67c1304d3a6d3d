/* SPDX-License-Identifier: MIT */
/* complete.c: gol_complete: what may stand at the cursor.
 *
 * Rules: the text need not be right anywhere. What stands before a dot is found by walking back over names and brackets, and
 *   asked for its type; before a bare word come names of the session, the text, the library and the language.
 * Why not the parser: unfinished text is what it is made to refuse, and a prefix is mostly a few words. */
#include <stdlib.h>
#include <string.h>

#include "api/names.h"

typedef VEC(GolCandidate) CandidateList;

typedef struct Completion {
	GolVM *vm;
	Arena arena;
	const char *text;
	size_t start, cursor;
	CandidateList list;
} Completion;

static bool is_name_byte(char c) {
	return c == '_' || (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* ---------------------------------------------------------------- candidates */

static void add(Completion *c, GolNameKind kind, const char *text, const char *detail) {
	size_t len = c->cursor - c->start;
	if (strncmp(text, c->text + c->start, len) != 0)
		return;
	GolCandidate candidate = {kind, arena_strndup(&c->arena, text, strlen(text)),
				  arena_strndup(&c->arena, detail, strlen(detail))};
	VEC_PUSH(&c->arena, &c->list, candidate);
}

static void add_typed(Completion *c, GolNameKind kind, const char *text, const Type *type) {
	Buf out;
	buf_init(&out, &c->vm->vm.mem);
	if (type)
		type_print((Type *)(uintptr_t)type, c->vm->eval.package, &out);
	add(c, kind, text, buf_cstr(&out));
	buf_deinit(&out);
}

static void add_object(Completion *c, Object *o) {
	if (strncmp(o->name->text, c->text + c->start, c->cursor - c->start) != 0)
		return;
	Buf out;
	buf_init(&out, &c->vm->vm.mem);
	if (o->package && o->kind != OBJECT_PACKAGE_NAME)
		check_object(&c->vm->eval.program->universe, o);
	if (o->package || o->kind == OBJECT_CONST)
		put_object_type(&out, o, c->vm->eval.package);
	add(c, name_kind(o), o->name->text, buf_cstr(&out));
	buf_deinit(&out);
}

/* ---------------------------------------------------------------- where the cursor is */

/* Behind the literal or comment that begins at s; s when none does. */
static const char *skip_quoted(const char *s, const char *end) {
	if (*s == '/' && s + 1 < end && s[1] == '/') {
		while (s < end && *s != '\n')
			s++;
		return s;
	}
	if (*s == '/' && s + 1 < end && s[1] == '*') {
		for (s += 2; s < end; s++)
			if (*s == '/' && s[-1] == '*')
				return s + 1;
		return end + 1;
	}
	if (*s != '"' && *s != '`' && *s != '\'')
		return s;
	char quote = *s++;
	while (s < end && *s != quote && (quote == '`' || *s != '\n'))
		s += *s == '\\' && quote != '`' ? 2 : 1;
	return s < end ? s + 1 : end + 1;
}

/* Notes where literals and comments are; true: the cursor is inside one. */
static bool is_quoted(const Completion *c) {
	const char *end = c->text + c->cursor, *s = c->text;
	while (s < end) {
		const char *next = skip_quoted(s, end);
		if (next > end || (next == end && *s == '/' && s + 1 < end && s[1] == '/'))
			return true;
		s = next > s ? next : s + 1;
	}
	return false;
}

static size_t skip_spaces_back(const Completion *c, size_t at) {
	while (at > 0 && is_space(c->text[at - 1]))
		at--;
	return at;
}

/* Before the bracket that the one at at - 1 closes. */
static size_t skip_brackets_back(const Completion *c, size_t at) {
	int depth = 0;
	while (at > 0) {
		char ch = c->text[--at];
		depth += ch == ')' || ch == ']' || ch == '}';
		depth -= ch == '(' || ch == '[' || ch == '{';
		if (depth == 0)
			return at;
	}
	return 0;
}

static size_t skip_literal_back(const Completion *c, size_t at) {
	char quote = c->text[--at];
	while (at > 0 && c->text[at - 1] != quote)
		at--;
	return at > 0 ? at - 1 : 0;
}

/* Where the operand that ends at `end` begins: names, calls, indices, literals, joined by dots. */
static size_t operand_begin(const Completion *c, size_t end) {
	size_t at = skip_spaces_back(c, end);
	for (;;) {
		size_t before = at;
		while (at > 0 && (c->text[at - 1] == ')' || c->text[at - 1] == ']' || c->text[at - 1] == '}'))
			at = skip_brackets_back(c, at);
		if (at > 0 && (c->text[at - 1] == '"' || c->text[at - 1] == '`'))
			return skip_literal_back(c, at);
		while (at > 0 && is_name_byte(c->text[at - 1]))
			at--;
		if (at == before)
			return at;
		size_t dot = skip_spaces_back(c, at);
		if (dot == 0 || c->text[dot - 1] != '.') {
			if (at > 0 && c->text[at - 1] == ']') /* []T{...} */
				continue;
			return at;
		}
		at = skip_spaces_back(c, dot - 1);
	}
}

/* ---------------------------------------------------------------- behind a dot */

Package *package_named(GolVM *vm, const char *name, size_t len) {
	GolProgram *p = vm->eval.program;
	Name *n = intern(&p->interner, name, len);
	Object *o = scope_lookup(vm->eval.package->scope, n);
	if (o)
		return o->kind == OBJECT_PACKAGE_NAME ? o->imported : NULL;
	const char *path = p->universe.importer.guess(p->universe.importer.user, n->text), *error = NULL;
	return path ? loader_import(p, path, &error) : NULL;
}

static void add_members(Completion *c, Package *pkg) {
	for (uint32_t i = 0; i < pkg->scope->ordered.len; i++)
		if (pkg->scope->ordered.items[i]->name->exported)
			add_object(c, pkg->scope->ordered.items[i]);
}

static void add_fields(Completion *c, Type *t, int depth) {
	t = type_underlying(type_deref(t, NULL));
	if (t->kind != TYPE_STRUCT || depth > 4)
		return;
	for (uint32_t i = 0; i < t->field_count; i++) {
		const FieldInfo *f = &t->fields[i];
		if (f->name->exported || f->package == c->vm->eval.package)
			add_typed(c, GOL_NAME_FIELD, f->name->text, f->type);
		if (f->embedded)
			add_fields(c, f->type, depth + 1);
	}
}

static void add_methods(Completion *c, Type *t) {
	Universe *u = &c->vm->eval.program->universe;
	uint32_t count = 0;
	if (!type_is_interface(t) && type_unalias(t)->kind != TYPE_POINTER)
		t = type_new_pointer(u, t); /* of a variable both kinds can be called */
	MethodSetEntry *entries = type_method_set(u, t, &count);
	for (uint32_t i = 0; i < count; i++)
		if (entries[i].name->exported || entries[i].package == c->vm->eval.package)
			add_typed(c, GOL_NAME_METHOD, entries[i].name->text, entries[i].signature);
	Type *under = type_underlying(t);
	for (uint32_t i = 0; under->kind == TYPE_INTERFACE && i < under->method_set_count && count == 0; i++)
		add_typed(c, GOL_NAME_METHOD, under->method_set[i].name->text, under->method_set[i].signature);
}

static void complete_selector(Completion *c, size_t dot) {
	size_t begin = operand_begin(c, dot), end = skip_spaces_back(c, dot);
	const char *operand = c->text + begin;
	size_t len = end - begin, names = 0;
	while (names < len && is_name_byte(operand[names]))
		names++;
	Package *pkg = names == len && len > 0 ? package_named(c->vm, operand, len) : NULL;
	Answer answer;
	if (pkg) {
		add_members(c, pkg);
	} else if (len > 0 && question_type(c->vm, operand, len, &answer) && answer.type && answer.mode > MODE_BUILTIN) {
		if (answer.mode != MODE_TYPE)
			add_fields(c, answer.type, 0);
		add_methods(c, answer.type);
	}
}

/* ---------------------------------------------------------------- a bare word */

static void complete_keys(Completion *c) {
	size_t at = skip_spaces_back(c, c->start);
	if (at == 0 || (c->text[at - 1] != '{' && c->text[at - 1] != ','))
		return;
	int depth = 0;
	while (at > 0) {
		char ch = c->text[--at];
		depth += ch == ')' || ch == ']' || ch == '}';
		depth -= ch == '(' || ch == '[' || ch == '{';
		if (depth < 0)
			break;
	}
	size_t begin = operand_begin(c, at);
	Answer answer;
	if (c->text[at] != '{' || begin == at || !question_type(c->vm, c->text + begin, skip_spaces_back(c, at) - begin, &answer) ||
	    answer.mode != MODE_TYPE || type_underlying(answer.type)->kind != TYPE_STRUCT)
		return;
	const Type *t = type_underlying(answer.type);
	for (uint32_t i = 0; i < t->field_count; i++) {
		const FieldInfo *f = &t->fields[i];
		const char *name = f->name->text;
		if (!f->name->exported && f->package != c->vm->eval.package)
			continue;
		char *key = arena_alloc(&c->arena, strlen(name) + 3);
		memcpy(key, name, strlen(name));
		memcpy(key + strlen(name), ": ", 3);
		add_typed(c, GOL_NAME_FIELD, key, f->type);
	}
}

static void complete_text_names(Completion *c) {
	for (size_t i = 0; i < c->start;) {
		size_t begin = i;
		while (i < c->start && is_name_byte(c->text[i]))
			i++;
		bool is_name = i > begin && !(c->text[begin] >= '0' && c->text[begin] <= '9');
		if (is_name && (begin == 0 || c->text[begin - 1] != '.')) {
			Name *n = intern(&c->vm->eval.program->interner, c->text + begin, i - begin);
			if (!n->keyword && !scope_lookup_parent(c->vm->eval.package->scope, n, 0))
				add(c, GOL_NAME_VAR, n->text, "");
		}
		i += i == begin;
	}
}

/* Programs cannot import it. */
static bool is_internal(const char *path) { return strncmp(path, "internal/", 9) == 0 || strstr(path, "/internal"); }

static void complete_word(Completion *c) {
	GolProgram *p = c->vm->eval.program;
	const Scope *scopes[] = {c->vm->eval.package->scope, p->universe.scope};
	for (int s = 0; s < 2; s++)
		for (uint32_t i = 0; i < scopes[s]->ordered.len; i++)
			if (scope_lookup((Scope *)(uintptr_t)scopes[s], scopes[s]->ordered.items[i]->name) == scopes[s]->ordered.items[i])
				add_object(c, scopes[s]->ordered.items[i]);
	for (int t = 0; t < (int)TOK_COUNT; t++)
		if (token_is_keyword((Token)t))
			add(c, GOL_NAME_KEYWORD, token_spelling((Token)t), "");
	complete_text_names(c);
	const LibraryPackage *lib;
	for (size_t i = 0; c->cursor > c->start && (lib = library_at(i)) != NULL; i++) {
		const char *slash = strrchr(lib->path, '/'), *name = slash ? slash + 1 : lib->path;
		if (!is_internal(lib->path) && library_guess(name) == lib)
			add(c, GOL_NAME_PACKAGE, name, lib->path);
	}
}

/* Within `import "net/`, perhaps with a name before the path: moves c->start to where the path begins. */
static bool find_import(Completion *c) {
	size_t path = c->cursor;
	while (path > 0 && c->text[path - 1] != '"' && c->text[path - 1] != '\n')
		path--;
	if (path == 0 || c->text[path - 1] != '"')
		return false;
	size_t end = skip_spaces_back(c, path - 1);
	for (int words = 0; words < 2; words++) {
		size_t begin = end;
		while (begin > 0 && (is_name_byte(c->text[begin - 1]) || c->text[begin - 1] == '.'))
			begin--;
		if (end - begin == strlen("import") && strncmp(c->text + begin, "import", end - begin) == 0) {
			c->start = path;
			return true;
		}
		end = skip_spaces_back(c, begin);
	}
	return false;
}

static void complete_import(Completion *c) {
	const LibraryPackage *lib;
	for (const HostPackage *host = c->vm->host_packages; host; host = host->next)
		add(c, GOL_NAME_PACKAGE, host->path, "");
	for (size_t i = 0; (lib = library_at(i)) != NULL; i++)
		if (!is_internal(lib->path) && !(lib->capability & ~c->vm->config.allow))
			add(c, GOL_NAME_PACKAGE, lib->path, "");
	add(c, GOL_NAME_PACKAGE, "unsafe", "");
}

/* ---------------------------------------------------------------- for the host */

static int compare(const void *x, const void *y) {
	const GolCandidate *a = x, *b = y;
	int order = strcmp(a->text, b->text);
	return order ? order : strcmp(b->detail, a->detail); /* the one with a detail first */
}

static void visit_all(Completion *c, int (*visit)(void *user, const GolCandidate *candidate), void *user) {
	if (c->list.len > 1)
		qsort(c->list.items, c->list.len, sizeof(GolCandidate), compare);
	for (uint32_t i = 0; i < c->list.len; i++)
		if (i == 0 || strcmp(c->list.items[i].text, c->list.items[i - 1].text) != 0)
			if (visit(user, &c->list.items[i]))
				return;
}

static void complete(Completion *c) {
	size_t at = skip_spaces_back(c, c->start);
	if (is_quoted(c)) {
		if (find_import(c))
			complete_import(c);
		return;
	}
	if (at > 0 && c->text[at - 1] == '.') {
		complete_selector(c, at - 1);
		return;
	}
	complete_keys(c);
	complete_word(c);
}

GolStatus gol_complete(GolVM *vm, const char *text, size_t len, size_t cursor, size_t *start,
		       int (*visit)(void *user, const GolCandidate *candidate), void *user) {
	if (!vm || !text || !start || !visit || cursor > len)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_complete: bad argument") : GOL_ERROR_ARGUMENT;
	if (vm_is_busy(vm) || vm->pumps)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_complete: the VM is running");
	if (!eval_package(vm))
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	GolProgram *p = vm->eval.program;
	Completion c = {.vm = vm, .text = text, .start = cursor, .cursor = cursor};
	arena_init(&c.arena, &vm->vm.mem);
	while (c.start > 0 && is_name_byte(text[c.start - 1]))
		c.start--;
	question_drop(p);
	complete(&c);
	*start = c.start;
	bool failed = p->arena.failed || p->mem.refused || c.arena.failed;
	question_drop(p);
	if (!failed)
		visit_all(&c, visit, user);
	arena_deinit(&c.arena);
	return failed ? api_fail(vm, GOL_ERROR_MEMORY, "out of memory") : GOL_OK;
}
