/* SPDX-License-Identifier: MIT */
/* check.c: one package: the order of work, messages, scopes, delayed work, and the entry points of types.h.
 *
 * Owns: the Check, one per Universe. Requests that come in while another is under way (the lookup of a method resolves
 * its declaration, which asks for another package) share it, so that cycles are seen whatever way they take.
 * Rules: Env is saved and restored by value around everything that enters another declaration or body. Work that needs
 * underlying types waits in `later` until no declaration is under way. An error is reported once: what follows from it
 * carries MODE_NONE or the invalid type and stays silent. */
#include <stdlib.h>

#include "types/check.h"

Check *check_of(Universe *u) {
	if (!u->checker) {
		u->checker = ARENA_NEW(u->arena, Check);
		u->checker->u = u;
	}
	return u->checker;
}

/* ---------------------------------------------------------------- messages */

const char *buf_text(Check *c, Buf *buf) {
	const char *text = arena_strndup(c->u->arena, buf_cstr(buf), buf->len);
	buf_deinit(buf);
	return text;
}

const char *type_text(Check *c, Type *t) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	type_print(t, c->env.package, &buf);
	return buf_text(c, &buf);
}

const char *node_text(Check *c, Node *n) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	ast_print_expr(n, &buf);
	return buf_text(c, &buf);
}

const char *position_text(Check *c, Pos pos) {
	Position p = source_position(c->u->sources, pos);
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_printf(&buf, p.column != 0 ? "%s:%u:%u" : "%s:%u", p.file, p.line, p.column);
	return buf_text(c, &buf);
}

const char *kind_text(Check *c, Type *t) {
	if (is_type_param(t))
		return type_text(c, t);
	switch (under(t)->kind) {
	case TYPE_ARRAY: return "array";
	case TYPE_SLICE: return "slice";
	case TYPE_STRUCT: return "struct";
	case TYPE_POINTER: return "pointer";
	case TYPE_SIGNATURE: return "func";
	case TYPE_INTERFACE: return "interface";
	case TYPE_MAP: return "map";
	case TYPE_CHAN: return "chan";
	default: return type_text(c, t);
	}
}

static const char *mode_text(uint8_t mode) {
	switch ((Mode)mode) {
	case MODE_NONE: return "invalid operand";
	case MODE_NOVALUE: return "no value";
	case MODE_BUILTIN: return "built-in";
	case MODE_TYPE: return "type";
	case MODE_CONST: return "constant";
	case MODE_VAR: return "variable";
	case MODE_MAPINDEX: return "map index expression";
	case MODE_VALUE: return "value";
	case MODE_NIL: return "nil";
	case MODE_COMMAOK: return "comma, ok expression";
	}
	return "";
}

static void put_operand_type(Check *c, const Operand *x, Buf *buf) {
	if (!type_valid(x->type)) {
		buf_puts(buf, " with invalid type");
		return;
	}
	buf_printf(buf, " of %stype %s", is_generic_type(x->type) || is_generic_signature(x->type) ? "generic " : "",
		   type_text(c, x->type));
	Type *t = type_unalias(x->type);
	if (t->kind == TYPE_PARAM)
		buf_printf(buf, " constrained by %s", type_text(c, t->constraint));
}

/* `x (variable of type int)`: what an operand is, in the words of Go's messages. */
const char *operand_text(Check *c, const Operand *x) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	if (operand_is_nil(x)) {
		buf_puts(&buf, type_valid(x->type) ? "nil" : "nil (with invalid type)");
		return buf_text(c, &buf);
	}
	const char *expr = x->node ? node_text(c, x->node) : x->type ? type_text(c, x->type) : "?";
	buf_printf(&buf, "%s (", expr);
	bool typed = x->mode > MODE_TYPE && x->type;
	if (typed && type_is_untyped(x->type)) {
		buf_printf(&buf, "%s ", type_text(c, x->type));
		typed = false;
	}
	buf_puts(&buf, mode_text(x->mode));
	if (x->mode == MODE_CONST && x->value) {
		Buf value;
		buf_init(&value, c->u->arena->mem);
		const_print(x->value, &value);
		if (strcmp(buf_cstr(&value), expr) != 0)
			buf_printf(&buf, " %s", buf_cstr(&value));
		buf_deinit(&value);
	}
	if (typed)
		put_operand_type(c, x, &buf);
	buf_putc(&buf, ')');
	return buf_text(c, &buf);
}

/* What mentions an invalid type or operand follows from an error that was reported. */
bool error_follows(const SourceSet *set, const char *text) {
	return set->error_count > 0 && (strstr(text, "invalid type") || strstr(text, "invalid operand"));
}

void check_report(Check *c, Severity severity, ErrorCode code, Pos pos, const char *format, ...) {
	SourceSet *set = c->u->sources;
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	va_list args;
	va_start(args, format);
	buf_vprintf(&buf, format, args);
	va_end(args);
	const char *text = buf_text(c, &buf);
	if (c->env.error_pos)
		pos = c->env.error_pos;
	if (severity == SEVERITY_ERROR && c->env.package)
		c->env.package->had_errors = true;
	if (error_follows(set, text))
		return;
	diag_report(set, severity, (uint16_t)code, pos, 0, "%s", text);
}

/* ---------------------------------------------------------------- versions of the language */

enum { OLDEST_FILE_VERSION = 21 }; /* a //go:build line asks for this one at least */

/* The version that holds for the file under way; 0: the newest. *from_file: its own //go:build line says so. As in Go a
 * file may always ask for more than the package, for less only when the package is at go1.21 or later. */
static unsigned language_version(Check *c, bool *from_file) {
	Package *pkg = c->env.package;
	unsigned version = pkg ? pkg->go_version : 0;
	unsigned own = pkg && c->env.file ? c->env.file->file->go_version : 0;
	*from_file = own != 0 && (version == 0 || version == own || version >= OLDEST_FILE_VERSION || own > version);
	if (*from_file)
		return own < OLDEST_FILE_VERSION ? OLDEST_FILE_VERSION : own;
	/* Without an option the version of a package is that of the first file with one: nobody asked for it here. */
	for (uint32_t i = 0; own == 0 && version != 0 && i < pkg->files.len; i++)
		if (pkg->files.items[i]->go_version == version)
			return 0;
	return version;
}

bool language_has(Check *c, unsigned minor) {
	bool from_file;
	unsigned version = language_version(c, &from_file);
	return version == 0 || version >= minor;
}

/* For messages: who asked for the version. */
const char *language_source(Check *c) {
	bool from_file;
	unsigned version = language_version(c, &from_file);
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	if (from_file)
		buf_printf(&buf, "file declares //go:build go1.%u", version);
	else
		buf_printf(&buf, "-lang was set to go1.%u; check go.mod", version);
	return buf_text(c, &buf);
}

/* Reports the use of something newer than the language asked for; the format names it. */
bool require_language(Check *c, Pos pos, unsigned minor, const char *format, ...) {
	if (LIKELY(language_has(c, minor)))
		return true;
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	va_list args;
	va_start(args, format);
	buf_vprintf(&buf, format, args);
	va_end(args);
	const char *what = buf_text(c, &buf);
	FAIL(c, pos, VERSION, what, minor, language_source(c));
	return false;
}

/* Takes back what the upper half reported since `before` about types that had errors. */
void drop_follow_ups(Check *c, uint32_t before) {
	SourceSet *set = c->u->sources;
	uint32_t kept = before;
	for (uint32_t i = before; i < set->diagnostics.len; i++) {
		Diagnostic *d = &set->diagnostics.items[i];
		if (d->severity == SEVERITY_ERROR && set->error_count > 1 && strstr(d->message, "invalid type"))
			set->error_count--;
		else
			set->diagnostics.items[kept++] = *d;
	}
	set->diagnostics.len = kept;
}

/* ---------------------------------------------------------------- small questions */

bool is_blank(const Name *name) {
	return name && name->len == 1 && name->text[0] == '_';
}

Name *name_of(Check *c, const char *s) {
	return intern_cstr(c->u->interner, s);
}

bool is_const_type(Type *t) {
	TypeKind kind = type_unalias(t)->kind == TYPE_PARAM ? TYPE_PARAM : under(t)->kind;
	return (kind >= TYPE_BOOL && kind <= TYPE_STRING) || (kind >= TYPE_UNTYPED_BOOL && kind <= TYPE_UNTYPED_STRING);
}

bool is_generic_type(Type *t) {
	if (!t || (t->kind != TYPE_NAMED && t->kind != TYPE_ALIAS))
		return false;
	return t->type_param_count > 0 && t->type_args.len == 0;
}

bool is_generic_signature(Type *t) {
	t = type_unalias(t);
	return t && t->kind == TYPE_SIGNATURE && t->type_param_count > 0;
}

/* ---------------------------------------------------------------- environments and delayed work */

/* Enters a declaration or body; the caller keeps what was. Messages leave out the name of the package under way. */
void env_set(Check *c, Env env) {
	c->env = env;
	c->u->current = env.package;
}

void check_later(Check *c, void (*run)(Check *, void *), void *data) {
	Later item = {.run = run, .data = data, .env = c->env};
	VEC_PUSH(c->u->arena, &c->later, item);
}

/* Like check_later, but after all other work: for questions that valid types only can answer. */
void check_last(Check *c, void (*run)(Check *, void *), void *data) {
	Later item = {.run = run, .data = data, .env = c->env};
	VEC_PUSH(c->u->arena, &c->last, item);
}

static void run_later(Check *c, Later item) {
	env_set(c, item.env);
	item.run(c, item.data);
}

void check_flush(Check *c) {
	if (c->decl_depth > 0 || c->flushing)
		return;
	c->flushing = true;
	Env saved = c->env;
	while (c->later_done < c->later.len || c->last_done < c->last.len) {
		if (c->later_done < c->later.len)
			run_later(c, c->later.items[c->later_done++]);
		else
			run_later(c, c->last.items[c->last_done++]);
	}
	c->later.len = c->later_done = c->last.len = c->last_done = 0;
	env_set(c, saved);
	c->flushing = false;
}

/* ---------------------------------------------------------------- scopes and dependencies */

/* Whether a declaration here belongs to the top level of a script. */
static bool at_script_level(Check *c) {
	return c->env.in_script && c->env.file && c->env.scope == c->env.file->scope;
}

/* Where a declaration here goes. */
Scope *declaration_scope(Check *c) {
	return at_script_level(c) ? c->env.package->scope : c->env.scope;
}

Scope *scope_open(Check *c, Pos pos, Pos end) {
	c->env.scope = scope_new(c->u, c->env.scope, pos, end);
	return c->env.scope;
}

void declare(Check *c, Scope *scope, Object *o) {
	if (!o->name || is_blank(o->name)) {
		o->parent = scope;
		return;
	}
	Object *other = scope_insert(c->u, scope, o);
	if (other && is_of_earlier_piece(c, scope, other)) {
		replace_earlier(c, scope, other, o);
		other = NULL;
	}
	if (!other) {
		if (o->is_global && !o->declared)
			VEC_PUSH(c->u->arena, &c->env.package->checker->script_vars, o);
		else if (o->kind == OBJECT_VAR && o->owner && !o->is_param && !o->is_result && c->env.body)
			VEC_PUSH(c->u->arena, &c->env.body->locals, o);
		return;
	}
	if (other->pos)
		FAIL(c, o->pos, REDECLARED, o->name->text, position_text(c, other->pos), other->name->text);
	else
		FAIL(c, o->pos, REDECLARED_PREDECLARED, o->name->text);
}

static Object *new_variable(Check *c, Name *name, Pos pos, Type *type) {
	Object *o = object_new(c->u, OBJECT_VAR, name, c->env.package, pos, type);
	if (at_script_level(c)) {
		o->is_global = true;
		o->order = c->next_order++;
		return o;
	}
	o->owner = c->env.func;
	return o;
}

Object *new_local(Check *c, Ident *name, Type *type) {
	Object *o = new_variable(c, name->name, name->node.pos, type);
	name->object = o;
	return o;
}

/* Records that the declaration being checked refers to a package-level variable, function or constant. */
void check_add_dep(Check *c, Object *o) {
	Env *env = &c->env;
	Arena *arena = c->u->arena;
	o->captured |= o->is_global && (!env->func || env->func->node);
	if (!env->dep_seen || ptrmap_get(env->dep_seen, o))
		return;
	ptrmap_put(arena, env->dep_seen, o, o);
	if (env->dep_func)
		VEC_PUSH(arena, &env->dep_func->deps, o);
	else if (env->dep_var)
		VEC_PUSH(arena, &env->dep_var->deps, o);
	else if (env->dep_const)
		VEC_PUSH(arena, &env->dep_const->deps, o);
}

static Object *lookup_dot_imports(Check *c, Name *name) {
	FileState *file = c->env.file;
	if (!file || !name->exported)
		return NULL;
	for (uint32_t i = 0; i < file->dot_imports.len; i++) {
		Object *package_name = file->dot_imports.items[i];
		Object *o = scope_lookup(package_name->imported->scope, name);
		if (o) {
			package_name->used = true;
			return o;
		}
	}
	return NULL;
}

/* The object a name means in the current scope, or NULL. Names are inserted when their scope begins, so what is found
 * is visible. */
Object *lookup_name(Check *c, Name *name) {
	Object *o = scope_lookup_parent(c->env.scope, name, 0);
	if (!o || !o->package) {
		Object *imported = lookup_dot_imports(c, name);
		if (imported)
			return imported;
	}
	return o;
}

/* ---------------------------------------------------------------- bodies */

static void insert_params(Check *c, Scope *scope, Object **items, uint32_t count, FuncInfo *func) {
	for (uint32_t i = 0; i < count; i++) {
		Object *o = items[i];
		o->owner = func;
		if (o->name && !is_blank(o->name))
			scope_insert(c->u, scope, o);
	}
}

static void insert_type_params(Check *c, Scope *scope, Type **params, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (!is_blank(params[i]->object->name))
			scope_insert(c->u, scope, params[i]->object);
}

/* The scope of a declared function: its type parameters, receiver, parameters and results, around the body's. */
static Scope *function_scope(Check *c, FuncInfo *func, FileState *file) {
	Type *sig = func->signature;
	Scope *scope = scope_new(c->u, file->scope, func->body->pos, ast_end(func->body));
	scope->is_func = true;
	insert_type_params(c, scope, sig->recv_type_params, sig->recv_type_param_count);
	insert_type_params(c, scope, sig->type_params, sig->type_param_count);
	if (sig->recv)
		insert_params(c, scope, &sig->recv, 1, func);
	insert_params(c, scope, sig->params, sig->param_count, func);
	insert_params(c, scope, sig->results, sig->result_count, func);
	return scope;
}

bool check_func_body(Universe *u, FuncInfo *func) {
	Check *c = check_of(u);
	if (func->body_checked || !func->object)
		return true;
	func->body_checked = true;
	Object *o = func->object;
	uint32_t errors = u->sources->error_count;
	resolve_object(c, o);
	func->signature = o->type;
	FuncDecl *decl = AS(FuncDecl, func->node);
	if (decl->lazy)
		parser_parse_body(u->sources, u->interner, u->arena, decl);
	func->body = decl->body;
	if (!func->body || o->type->kind != TYPE_SIGNATURE)
		return u->sources->error_count == errors;
	Env saved = c->env;
	env_set(c, (Env){.package = func->package, .file = o->declared->file, .func = func, .real_func = func,
			 .dep_func = func, .dep_seen = ARENA_NEW(u->arena, PtrMap)});
	c->env.scope = function_scope(c, func, o->declared->file);
	uint32_t depth = c->expr_depth;
	c->expr_depth = 0;
	check_body(c, func);
	c->expr_depth = depth;
	env_set(c, saved);
	check_flush(c);
	return u->sources->error_count == errors;
}

bool check_var_init(Universe *u, VarInit *init) {
	Check *c = check_of(u);
	uint32_t errors = u->sources->error_count;
	resolve_var_init(c, init->lhs[0]);
	check_flush(c);
	return u->sources->error_count == errors;
}

void check_object(Universe *u, Object *object) {
	Check *c = check_of(u);
	resolve_object(c, object);
	check_flush(c);
}

Object *package_lookup(Universe *u, Package *pkg, const char *name) {
	Object *o = scope_lookup(pkg->scope, intern_cstr(u->interner, name));
	if (o)
		check_object(u, o);
	return o;
}

/* ---------------------------------------------------------------- packages */

static void set_package_name(Check *c, Package *pkg) {
	for (uint32_t i = 0; i < pkg->files.len; i++) {
		Ident *name = pkg->files.items[i]->package_name;
		if (!name)
			continue;
		if (!pkg->name)
			pkg->name = name->name;
		else if (pkg->name != name->name)
			FAIL(c, name->node.pos, PACKAGE_MISMATCH, name->name->text, pkg->name->text);
		if (is_blank(name->name))
			FAIL(c, name->node.pos, PACKAGE_BLANK);
	}
	if (!pkg->name)
		pkg->name = name_of(c, "main");
}

/* The statements of a script are the body of one function without a name. Their variables are package-level objects while
 * they are checked: functions see all of them, a statement only what stands before it. */
static void check_script(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	Arena *arena = c->u->arena;
	if (state->script_stmts.len == 0)
		return;
	FuncInfo *func = ARENA_NEW(arena, FuncInfo);
	BlockStmt *body = NEW_NODE(arena, BlockStmt, state->script_stmts.items[0]->pos);
	body->stmts = (NodeList){state->script_stmts.items, state->script_stmts.len};
	body->rbrace = ast_end(state->script_stmts.items[state->script_stmts.len - 1]);
	func->signature = type_new_signature(c->u, NULL, 0, NULL, 0, false);
	func->body = &body->node;
	func->package = pkg;
	func->body_checked = true;
	pkg->script_main = func;
	env_set(c, (Env){.package = pkg, .func = func, .real_func = func, .dep_func = func, .scope = pkg->scope,
			 .dep_seen = ARENA_NEW(arena, PtrMap), .in_script = true});
	check_script_body(c, func, state);
	env_set(c, (Env){.package = pkg});
}

static void report_unused_script_vars(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	for (uint32_t i = 0; i < state->script_vars.len; i++) {
		Object *o = state->script_vars.items[i];
		if (!o->used && !is_blank(o->name))
			WARN(c, o->pos, UNUSED_VARIABLE, o->name->text);
	}
}

/* What only the statements use is a variable of their function, and lies in its frame. */
static void make_script_locals(Package *pkg) {
	PackageState *state = pkg->checker;
	uint32_t count = state->script_vars.len < MAX_SCRIPT_LOCALS ? state->script_vars.len : MAX_SCRIPT_LOCALS;
	for (uint32_t i = 0; i < count; i++) {
		Object *o = state->script_vars.items[i];
		if (o->kind != OBJECT_VAR || o->captured)
			continue;
		o->is_global = false;
		o->owner = pkg->script_main;
	}
}

static int by_position(const void *a, const void *b) {
	Pos x = (*(Object *const *)a)->pos, y = (*(Object *const *)b)->pos;
	return (x > y) - (x < y);
}

/* Local types are numbered in the order of the source: names of instances mention the numbers. */
static void number_local_types(PackageState *state) {
	uint32_t count = state->local_types.len - state->types_numbered;
	Object **first = state->local_types.items + state->types_numbered;
	if (count > 1)
		qsort(first, count, sizeof *first, by_position);
	while (state->types_numbered < state->local_types.len) {
		Object *o = state->local_types.items[state->types_numbered];
		o->order = ++state->types_numbered;
	}
}

void check_user_package(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	for (uint32_t i = 0; i < state->objects.len; i++) {
		resolve_object(c, state->objects.items[i]);
		if (state->objects.items[i]->kind == OBJECT_VAR)
			resolve_var_init(c, state->objects.items[i]);
	}
	check_flush(c);
	check_script(c, pkg);
	check_import_conflicts(c, pkg);
	check_foreign_types(c, pkg);
	for (uint32_t i = 0; i < state->bodies.len; i++)
		check_func_body(c->u, state->bodies.items[i]);
	number_local_types(state);
	order_package(c, pkg);
	if (!pkg->is_session) {
		report_unused_imports(c, pkg);
		report_unused_script_vars(c, pkg);
		make_script_locals(pkg);
	}
	if (!pkg->had_errors)
		check_instantiation_cycles(c, pkg);
	pkg->complete = true;
}

Package *check_package(Universe *u, File **files, uint32_t file_count, CheckOptions options) {
	Check *c = check_of(u);
	Package *pkg = ARENA_NEW(u->arena, Package);
	pkg->checker = ARENA_NEW(u->arena, PackageState);
	pkg->path = options.path;
	pkg->is_library = options.is_library;
	pkg->go_version = options.go_version;
	pkg->scope = scope_new(u, u->scope, 0, 0);
	for (uint32_t i = 0; i < file_count; i++) {
		VEC_PUSH(u->arena, &pkg->files, files[i]);
		pkg->is_script |= files[i]->is_script;
	}
	/* A request of its own: nothing of what may be under way applies to it. */
	Check outer = *c;
	*c = (Check){.u = u, .next_order = outer.next_order};
	env_set(c, (Env){.package = pkg});
	set_package_name(c, pkg);
	collect_objects(c, pkg);
	if (!pkg->is_library)
		check_user_package(c, pkg);
	outer.next_order = c->next_order;
	*c = outer;
	env_set(c, outer.env);
	return pkg;
}
