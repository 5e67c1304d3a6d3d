/* SPDX-License-Identifier: MIT */
/* resolve.c: the objects of a package: what its files declare and import, before any of it is resolved.
 *
 * Owns: PackageState and the DeclInfo of every package-level object.
 * Rules: collecting looks at names only; types and values are resolved by check_decl.c on demand, in any order. Methods
 * hang from the object of their base type, found by name alone, and enter its type when that is made.
 * Scripts: const and type declarations among the statements are package-level objects like all others; variables are
 * declared by their statement, unless the script has no other statements. */
#include "types/check.h"

typedef struct Collector {
	Check *c;
	Package *pkg;
	PackageState *state;
	FileState *file;
} Collector;

/* ---------------------------------------------------------------- imports */

/* "math/rand/v2" is called rand. */
static const char *last_element(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool import_path_ok(const char *path, size_t len, const char **why) {
	if (len == 0) {
		*why = "empty string";
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)path[i];
		if (ch <= ' ' || ch == 127 || strchr("!\"#$%&'()*,:;<=>?[\\]^{|}`", ch)) {
			*why = "invalid character";
			return false;
		}
	}
	return true;
}

static Package *import_package(Check *c, const char *path, Pos pos) {
	Universe *u = c->u;
	if (strcmp(path, "unsafe") == 0)
		return u->unsafe_package;
	const char *error = NULL;
	Package *imported = NULL;
	if (u->importer.import) {
		Env saved = c->env;
		imported = u->importer.import(u->importer.user, path, c->env.package, &error);
		env_set(c, saved);
	}
	if (!imported && error)
		FAIL(c, pos, IMPORT_FAILED, error);
	else if (!imported)
		FAIL(c, pos, IMPORT_UNKNOWN, path);
	return imported;
}

void package_add_import(Check *c, Package *pkg, Package *imported) {
	for (uint32_t i = 0; i < pkg->imports.len; i++)
		if (pkg->imports.items[i] == imported)
			return;
	VEC_PUSH(c->u->arena, &pkg->imports, imported);
}

static void declare_import(Collector *k, ImportSpec *spec, Package *imported) {
	Check *c = k->c;
	Ident *alias = spec->name ? AS(Ident, spec->name) : NULL;
	Name *name = alias ? alias->name : imported->name;
	Object *o = object_new(c->u, OBJECT_PACKAGE_NAME, name, k->pkg, spec->node.pos, invalid_type(c));
	o->imported = imported;
	o->decl = &spec->node;
	spec->object = o;
	if (alias)
		alias->object = o;
	if (is_blank(name))
		return;
	if (name == name_of(c, "init")) {
		FAIL(c, o->pos, IMPORT_INIT);
		return;
	}
	VEC_PUSH(c->u->arena, &k->file->imports, o);
	if (strcmp(name->text, ".") == 0)
		VEC_PUSH(c->u->arena, &k->file->dot_imports, o);
	else
		declare(c, k->file->scope, o);
}

/* Stands for a package that could not be imported: what is used of it is no further error. */
static Package *missing_package(Check *c, const char *path) {
	Package *pkg = ARENA_NEW(c->u->arena, Package);
	pkg->path = path;
	pkg->name = name_of(c, last_element(path));
	pkg->scope = scope_new(c->u, c->u->scope, 0, 0);
	pkg->had_errors = true;
	return pkg;
}

static void collect_import(Collector *k, ImportSpec *spec) {
	Check *c = k->c;
	if (!spec->path || spec->path->kind != NODE_BASIC_LIT)
		return;
	BasicLit *lit = AS(BasicLit, spec->path);
	Const *value = const_from_literal(c->u, lit->token, lit->text);
	if (!value || const_kind(value) != CONST_STRING)
		return;
	Str path = const_string(value);
	const char *why;
	if (!import_path_ok(path.ptr, path.len, &why)) {
		FAIL(c, lit->node.pos, IMPORT_PATH, why);
		return;
	}
	const char *name = arena_strndup(c->u->arena, path.ptr, path.len);
	Package *imported = import_package(c, name, lit->node.pos);
	if (imported)
		package_add_import(c, k->pkg, imported);
	else
		imported = missing_package(c, name);
	declare_import(k, spec, imported);
}

Object *import_guess(Check *c, const Ident *id) {
	Package *pkg = c->env.package;
	Importer *importer = &c->u->importer;
	if (!pkg->is_script || !c->env.file || !importer->guess)
		return NULL;
	const char *path = importer->guess(importer->user, id->name->text);
	if (!path)
		return NULL;
	Package *imported = import_package(c, path, id->node.pos);
	if (imported)
		package_add_import(c, pkg, imported);
	else
		imported = missing_package(c, path);
	Object *o = object_new(c->u, OBJECT_PACKAGE_NAME, id->name, pkg, 0, invalid_type(c));
	o->imported = imported;
	o->used = true;
	scope_insert(c->u, c->env.file->scope, o);
	return o;
}

static void report_conflict(Check *c, Object *o, Object *package_name) {
	FAIL(c, o->pos, IMPORT_CONFLICT, o->name->text, package_name->imported->name->text, package_name->imported->path,
	     position_text(c, package_name->pos), o->name->text);
}

/* A file's imports and the package's own names share a block. */
void check_import_conflicts(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	for (uint32_t i = 0; i < state->files.len; i++) {
		FileState *file = state->files.items[i];
		for (uint32_t k = 0; k < file->imports.len; k++) {
			Object *package_name = file->imports.items[k];
			Object *o = scope_lookup(pkg->scope, package_name->name);
			if (o && !is_of_earlier_piece(c, pkg->scope, o))
				report_conflict(c, o, package_name);
		}
		for (uint32_t k = 0; k < file->dot_imports.len; k++) {
			Scope *imported = file->dot_imports.items[k]->imported->scope;
			for (uint32_t m = 0; m < pkg->scope->ordered.len; m++) {
				Object *o = pkg->scope->ordered.items[m];
				if (o->name->exported && !is_of_earlier_piece(c, pkg->scope, o) &&
				    scope_lookup(imported, o->name))
					report_conflict(c, o, file->dot_imports.items[k]);
			}
		}
	}
}

void report_unused_imports(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	Severity severity = pkg->is_script ? SEVERITY_WARNING : SEVERITY_ERROR;
	for (uint32_t i = 0; i < state->files.len; i++) {
		FileState *file = state->files.items[i];
		for (uint32_t k = 0; k < file->imports.len; k++) {
			Object *o = file->imports.items[k];
			if (o->used || o->imported->had_errors)
				continue;
			const char *path = o->imported->path;
			if (strcmp(o->name->text, last_element(path)) == 0 || strcmp(o->name->text, ".") == 0)
				REPORT(c, severity, o->pos, UNUSED_IMPORT, path);
			else
				REPORT(c, severity, o->pos, UNUSED_IMPORT_AS, path, o->name->text);
		}
	}
}

/* ---------------------------------------------------------------- const, var, type */

static Object *new_object(Collector *k, ObjectKind kind, Ident *name, Node *decl) {
	Check *c = k->c;
	Object *o = object_new(c->u, kind, name->name, k->pkg, name->node.pos, NULL);
	o->decl = decl;
	o->order = c->next_order++;
	o->declared = ARENA_NEW(c->u->arena, DeclInfo);
	o->declared->file = k->file;
	name->object = o;
	VEC_PUSH(c->u->arena, &k->state->objects, o);
	return o;
}

static void declare_in_package(Collector *k, Object *o) {
	const char *text = o->name->text;
	bool is_main = strcmp(text, "main") == 0 && k->pkg->name == o->name && !k->pkg->is_script;
	if (is_main || strcmp(text, "init") == 0) {
		FAIL(k->c, o->pos, MUST_BE_FUNC, text);
		k->state->objects.len--; /* nobody can ask for it */
		return;
	}
	declare(k->c, k->pkg->scope, o);
}

static void collect_const_spec(Collector *k, ValueSpec *spec, ValueSpec *source) {
	Check *c = k->c;
	Arena *arena = c->u->arena;
	bool inherited = spec != source;
	for (uint32_t i = 0; i < spec->names.len; i++) {
		Ident *name = AS(Ident, spec->names.items[i]);
		Object *o = new_object(k, OBJECT_CONST, name, &spec->node);
		Node *type = source ? source->type : NULL;
		Node *init = source && i < source->values.len ? source->values.items[i] : NULL;
		o->declared->type = inherited && type ? ast_clone(arena, type) : type;
		o->declared->init = inherited && init ? ast_clone(arena, init) : init;
		o->declared->inherited_at = inherited ? name->node.pos : 0;
		o->declared->iota = spec->iota;
		declare_in_package(k, o);
	}
	check_const_arity(c, spec, source);
}

/* Every constant needs a value, every value a constant. */
void check_const_arity(Check *c, ValueSpec *spec, ValueSpec *source) {
	uint32_t names = spec->names.len, values = source ? source->values.len : 0;
	if (names > values)
		FAIL(c, spec->names.items[values]->pos, MISSING_INIT, node_text(c, spec->names.items[values]));
	else if (names < values && spec == source)
		FAIL(c, source->values.items[names]->pos, EXTRA_INIT, node_text(c, source->values.items[names]));
	else if (names < values)
		FAIL(c, spec->node.pos, EXTRA_INIT, node_text(c, source->values.items[names]));
}

/* `var a, b = f()` has one VarInit, `var a, b = 1, 2` two. */
static void collect_var_spec(Collector *k, ValueSpec *spec) {
	Arena *arena = k->c->u->arena;
	uint32_t count = spec->names.len;
	bool shared = spec->values.len == 1 && count > 1;
	VarInit *init = NULL;
	for (uint32_t i = 0; i < count; i++) {
		Object *o = new_object(k, OBJECT_VAR, AS(Ident, spec->names.items[i]), &spec->node);
		o->is_global = true;
		if (!init || !shared) {
			init = ARENA_NEW(arena, VarInit);
			init->lhs = ARENA_ARRAY(arena, Object *, shared ? count : 1);
			uint32_t value = shared ? 0 : i;
			init->rhs = value < spec->values.len ? spec->values.items[value] : NULL;
			VEC_PUSH(arena, &k->pkg->var_inits, init);
		}
		init->lhs[init->lhs_count++] = o;
		o->init = o->declared->var_init = init;
		o->declared->type = spec->type;
		o->declared->init = init->rhs;
		declare_in_package(k, o);
	}
	check_var_arity(k->c, spec);
}

void check_var_arity(Check *c, ValueSpec *spec) {
	uint32_t names = spec->names.len, values = spec->values.len;
	if (names < values)
		FAIL(c, spec->values.items[names]->pos, EXTRA_INIT, node_text(c, spec->values.items[names]));
	else if (names > values && values > 1)
		FAIL(c, spec->names.items[values]->pos, MISSING_INIT, node_text(c, spec->names.items[values]));
}

static void collect_type_spec(Collector *k, TypeSpec *spec) {
	Object *o = new_object(k, OBJECT_TYPE_NAME, spec->name, &spec->node);
	o->is_alias = spec->is_alias;
	declare_in_package(k, o);
}

static void collect_gen_decl(Collector *k, GenDecl *decl) {
	ValueSpec *source = NULL;
	for (uint32_t i = 0; i < decl->specs.len; i++) {
		Node *spec = decl->specs.items[i];
		if (spec->kind == NODE_TYPE_SPEC) {
			collect_type_spec(k, AS(TypeSpec, spec));
		} else if (spec->kind == NODE_VALUE_SPEC && decl->op == TOK_VAR) {
			collect_var_spec(k, AS(ValueSpec, spec));
		} else if (spec->kind == NODE_VALUE_SPEC) {
			ValueSpec *values = AS(ValueSpec, spec);
			if (values->type || values->values.len > 0)
				source = values;
			collect_const_spec(k, values, source);
		}
	}
}

/* ---------------------------------------------------------------- functions */

static void check_special_func(Collector *k, FuncDecl *decl) {
	const char *name = decl->name->name->text;
	FuncType *type = AS(FuncType, decl->type);
	if (type->type_params.len > 0)
		FAIL(k->c, type->type_params.items[0]->pos, SPECIAL_FUNC_TYPE_PARAMS, name);
	if (type->params.len > 0 || type->results.len > 0)
		FAIL(k->c, decl->name->node.pos, SPECIAL_FUNC_SIGNATURE, name);
}

static void collect_func(Collector *k, FuncDecl *decl) {
	Check *c = k->c;
	Arena *arena = c->u->arena;
	Object *o = new_object(k, OBJECT_FUNC, decl->name, &decl->node);
	FuncInfo *func = ARENA_NEW(arena, FuncInfo);
	func->object = o;
	func->node = &decl->node;
	func->body = decl->body;
	func->package = k->pkg;
	o->func = o->declared->func = func;
	decl->info = func;
	VEC_PUSH(arena, &k->pkg->functions, o);
	VEC_PUSH(arena, &k->state->bodies, func);
	if (decl->recv)
		return;
	if (strcmp(o->name->text, "init") == 0) {
		check_special_func(k, decl);
		VEC_PUSH(arena, &k->pkg->inits, func);
		return;
	}
	if (strcmp(o->name->text, "main") == 0 && k->pkg->name == o->name)
		check_special_func(k, decl);
	declare(c, k->pkg->scope, o);
}

static Node *receiver_type_name(Node *n) {
	for (;;) {
		n = ast_unparen(n);
		if (n->kind == NODE_STAR)
			n = AS(StarExpr, n)->x;
		else if (n->kind == NODE_INDEX)
			n = AS(IndexExpr, n)->x;
		else
			return n;
	}
}

/* The package's type that a receiver names, through aliases; NULL when there is none (check_decl.c says why). */
static Object *find_base(Package *pkg, Node *n) {
	for (uint32_t steps = 0; steps < 100; steps++) {
		n = receiver_type_name(n);
		if (n->kind != NODE_IDENT)
			return NULL;
		Object *o = scope_lookup(pkg->scope, AS(Ident, n)->name);
		if (!o || o->kind != OBJECT_TYPE_NAME || !o->decl)
			return NULL;
		TypeSpec *spec = AS(TypeSpec, o->decl);
		if (!spec->is_alias)
			return o;
		n = spec->type;
	}
	return NULL;
}

static void collect_methods(Collector *k) {
	Arena *arena = k->c->u->arena;
	for (uint32_t i = 0; i < k->pkg->functions.len; i++) {
		Object *o = k->pkg->functions.items[i];
		FuncDecl *decl = AS(FuncDecl, o->decl);
		Object *base = decl->recv ? find_base(k->pkg, AS(Field, decl->recv)->type) : NULL;
		if (!base)
			continue;
		ObjectList *methods = ptrmap_get(&k->state->methods, base);
		if (!methods) {
			methods = ARENA_NEW(arena, ObjectList);
			ptrmap_put(arena, &k->state->methods, base, methods);
		}
		VEC_PUSH(arena, &methods->list, o);
	}
}

/* ---------------------------------------------------------------- files */

static bool is_declaration(Node *stmt) {
	return stmt->kind == NODE_DECL_STMT || stmt->kind == NODE_EMPTY_STMT;
}

static void collect_decl(Collector *k, Node *decl) {
	if (decl && decl->kind == NODE_FUNC_DECL)
		collect_func(k, AS(FuncDecl, decl));
	else if (decl && decl->kind == NODE_GEN_DECL && AS(GenDecl, decl)->op != TOK_IMPORT)
		collect_gen_decl(k, AS(GenDecl, decl));
}

static void collect_script_stmt(Collector *k, Node *stmt) {
	Node *decl = stmt->kind == NODE_DECL_STMT ? AS(DeclStmt, stmt)->decl : NULL;
	bool is_var = decl && decl->kind == NODE_GEN_DECL && AS(GenDecl, decl)->op == TOK_VAR;
	if (decl && !(is_var && k->state->script_has_statements)) {
		collect_decl(k, decl);
		return;
	}
	VEC_PUSH(k->c->u->arena, &k->state->script_stmts, stmt);
	VEC_PUSH(k->c->u->arena, &k->state->script_stmt_files, k->file);
}

static void collect_file(Collector *k, File *file) {
	Check *c = k->c;
	k->file = ARENA_NEW(c->u->arena, FileState);
	k->file->file = file;
	k->file->scope = scope_new(c->u, k->pkg->scope, file->node.pos, 0);
	VEC_PUSH(c->u->arena, &k->state->files, k->file);
	for (uint32_t i = 0; i < k->state->dots.list.len; i++)
		VEC_PUSH(c->u->arena, &k->file->dot_imports, k->state->dots.list.items[i]);
	c->env.file = k->file;
	for (uint32_t i = 0; i < file->imports.len; i++)
		if (file->imports.items[i]->kind == NODE_IMPORT_SPEC)
			collect_import(k, AS(ImportSpec, file->imports.items[i]));
	for (uint32_t i = 0; i < file->decls.len; i++)
		collect_decl(k, file->decls.items[i]);
	for (uint32_t i = 0; i < file->stmts.len; i++)
		collect_script_stmt(k, file->stmts.items[i]);
}

void collect_objects(Check *c, Package *pkg) {
	Collector k = {.c = c, .pkg = pkg, .state = pkg->checker};
	for (uint32_t i = 0; i < pkg->files.len; i++)
		for (uint32_t m = 0; m < pkg->files.items[i]->stmts.len; m++)
			k.state->script_has_statements |=
				pkg->is_session || !is_declaration(pkg->files.items[i]->stmts.items[m]);
	for (uint32_t i = 0; i < pkg->files.len; i++)
		collect_file(&k, pkg->files.items[i]);
	c->env.file = NULL;
	if (!pkg->is_library) {
		check_directives(c, pkg);
		check_foreign_functions(c, pkg);
	}
	collect_methods(&k);
	if (pkg->is_session)
		add_piece_methods(c, pkg);
}
