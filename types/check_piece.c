/* SPDX-License-Identifier: MIT */
/* check_piece.c: a session: a package that grows piece by piece.
 *
 * Owns: the journal of the piece under way (PackageState.shadowed, grown): what check_piece_end puts back.
 * Rules: all pieces share one Package and one scope, so that types of earlier pieces are of this package. What belongs to
 *   earlier pieces is told by Object.order. Nothing that was checked before is looked at again: a piece refers to earlier
 *   objects and never changes them, except that types get methods.
 * Why one scope: a chain of scopes, one for each piece, would make every predeclared name cost a walk through the session.
 * See: docs/architecture.md, api/eval.c, tests/api/test_eval.c. */
#include "types/check.h"

/* ---------------------------------------------------------------- names of earlier pieces */

bool is_of_earlier_piece(Check *c, const Scope *scope, const Object *o) {
	const Package *pkg = c->env.package;
	return pkg && pkg->is_session && scope == pkg->scope && o->package == pkg && o->order < pkg->checker->first_order;
}

bool session_has(const Package *pkg, const Object *o) { return scope_lookup(pkg->scope, o->name) == o; }

void replace_earlier(Check *c, Scope *scope, Object *old, Object *o) {
	Arena *arena = c->u->arena;
	Package *pkg = c->env.package;
	VEC_PUSH(arena, &pkg->checker->shadowed, ((Shadowed){o->name, old}));
	VEC_PUSH(arena, &pkg->replaced, ((Replaced){old, o}));
	ptrmap_put(arena, &scope->objects, o->name, o);
	VEC_PUSH(arena, &scope->ordered, o);
	o->parent = scope;
}

/* ---------------------------------------------------------------- methods of types of earlier pieces */

static uint32_t method_index(const Type *named, const Object *method) {
	uint32_t i = 0;
	while (i < named->named_methods.len && named->named_methods.items[i]->name != method->name)
		i++;
	return i;
}

static void add_piece_method(Check *c, Package *pkg, Object *base, Object *method) {
	Type *named = base->type;
	if (is_blank(method->name))
		return;
	uint32_t at = method_index(named, method);
	if (at == named->named_methods.len) {
		VEC_PUSH(c->u->arena, &named->named_methods, method);
		return;
	}
	Object *old = named->named_methods.items[at];
	if (old->order >= pkg->checker->first_order) {
		FAIL(c, method->pos, METHOD_REDECLARED, base->name->text, method->name->text, position_text(c, old->pos));
		return;
	}
	VEC_PUSH(c->u->arena, &pkg->replaced, ((Replaced){old, method}));
	named->named_methods.items[at] = method;
}

static void grow_type(Check *c, Package *pkg, Object *base, const ObjectList *methods) {
	Type *named = base->type;
	if (!type_valid(named) || named->kind != TYPE_NAMED)
		return;
	Grown before = {.type = named, .len = named->named_methods.len};
	before.methods = ARENA_ARRAY(c->u->arena, Object *, before.len + 1);
	if (before.len)
		memcpy(before.methods, named->named_methods.items, before.len * sizeof(Object *));
	VEC_PUSH(c->u->arena, &pkg->checker->grown, before);
	for (uint32_t i = 0; i < methods->list.len; i++)
		add_piece_method(c, pkg, base, methods->list.items[i]);
	check_later(c, check_method_names, named);
}

/* Methods whose receiver's type was declared by an earlier piece; those of the piece's own types come with the type. */
void add_piece_methods(Check *c, Package *pkg) {
	const PtrMap *map = &pkg->checker->methods;
	for (uint32_t i = 0; i < map->cap; i++) {
		Object *base = (Object *)(uintptr_t)map->keys[i];
		if (base && is_of_earlier_piece(c, pkg->scope, base))
			grow_type(c, pkg, base, map->values[i]);
	}
}

/* ---------------------------------------------------------------- the value of the last statement */

static Object *value_variable(Check *c, Pos pos, Type *type) {
	Object *o = object_new(c->u, OBJECT_VAR, name_of(c, "value"), c->env.package, pos, type);
	o->is_global = true;
	o->order = c->next_order++;
	VEC_PUSH(c->u->arena, &c->env.package->values, o);
	return o;
}

/* The statement e as an assignment to variables without a name; e has been checked. */
static Node *assignment_of(Check *c, Node *e) {
	Arena *arena = c->u->arena;
	Package *pkg = c->env.package;
	AssignStmt *s = NEW_NODE(arena, AssignStmt, e->pos);
	s->op = TOK_DEFINE;
	s->op_pos = e->pos;
	s->lhs = (NodeList){ARENA_ARRAY(arena, Node *, pkg->values.len), pkg->values.len};
	for (uint32_t i = 0; i < pkg->values.len; i++) {
		Object *o = pkg->values.items[i];
		Ident *name = NEW_NODE(arena, Ident, e->pos);
		name->name = o->name;
		name->object = o;
		name->node.type = o->type;
		name->node.mode = MODE_VAR;
		s->lhs.items[i] = &name->node;
	}
	s->rhs = (NodeList){ARENA_NEW(arena, Node *), 1};
	s->rhs.items[0] = e;
	return &s->node;
}

/* fmt.Println and its kin: what they print is the point of calling them, the count of bytes is not. */
static bool prints_itself(Node *e) {
	e = ast_unparen(e);
	if (e->kind != NODE_CALL)
		return false;
	Node *fun = ast_unparen(AS(CallExpr, e)->fun);
	Object *o = fun->kind == NODE_SELECTOR ? AS(Ident, AS(SelectorExpr, fun)->sel)->object : NULL;
	return o && o->kind == OBJECT_FUNC && o->package && strcmp(o->package->path, "fmt") == 0 &&
	       (strncmp(o->name->text, "Print", 5) == 0 || strncmp(o->name->text, "Fprint", 6) == 0);
}

Node *keep_value(Check *c, ExprStmt *s) {
	Operand x;
	check_raw_expr(c, &x, s->x, NULL, false);
	if (c->env.package->asks) {
		c->env.package->answer_mode = x.mode;
		c->env.package->answer_type = x.type;
		return &s->node;
	}
	if (prints_itself(s->x))
		return &s->node;
	switch ((Mode)x.mode) {
	case MODE_NONE:
	case MODE_NOVALUE:
		return &s->node;
	case MODE_BUILTIN:
	case MODE_TYPE:
		if (x.mode == MODE_TYPE)
			FAIL(c, s->x->pos, TYPE_NOT_EXPR, node_text(c, s->x));
		else
			FAIL(c, s->x->pos, BUILTIN_NOT_CALLED, node_text(c, s->x));
		return &s->node;
	default:
		break;
	}
	if (x.type && x.type->kind == TYPE_TUPLE) {
		for (uint32_t i = 0; i < x.type->tuple.len; i++)
			value_variable(c, s->x->pos, x.type->tuple.items[i]);
	} else {
		check_assignment(c, &x, NULL, "evaluation");
		if (x.mode == MODE_NONE)
			return &s->node;
		value_variable(c, s->x->pos, x.type);
	}
	return c->env.package->values.len ? assignment_of(c, s->x) : &s->node;
}

/* ---------------------------------------------------------------- pieces */

static void set_files(Universe *u, Package *pkg, File **files, uint32_t count) {
	pkg->files.len = 0;
	for (uint32_t i = 0; i < count; i++)
		VEC_PUSH(u->arena, &pkg->files, files[i]);
}

Package *check_session(Universe *u, const char *path) {
	Package *pkg = ARENA_NEW(u->arena, Package);
	pkg->checker = ARENA_NEW(u->arena, PackageState);
	pkg->path = path;
	pkg->name = intern_cstr(u->interner, "main");
	pkg->is_script = pkg->is_session = true;
	pkg->scope = scope_new(u, u->scope, 0, 0);
	return pkg;
}

static void piece_begin(Check *c, Package *pkg) {
	PackageState *state = ARENA_NEW(c->u->arena, PackageState);
	state->first_order = c->next_order;
	state->scope_len = pkg->scope->ordered.len;
	state->imports_len = pkg->imports.len;
	state->dots = pkg->checker->dots;
	pkg->checker = state;
	pkg->had_errors = pkg->complete = false;
	pkg->functions.len = pkg->values.len = pkg->replaced.len = 0;
	pkg->var_inits.len = pkg->init_order.len = pkg->inits.len = 0;
	pkg->script_main = NULL;
	pkg->answer_mode = MODE_NONE;
}

bool check_piece(Universe *u, Package *pkg, File **files, uint32_t file_count) {
	Check *c = check_of(u);
	Check outer = *c;
	uint32_t errors = u->sources->error_count;
	*c = (Check){.u = u, .next_order = outer.next_order ? outer.next_order : 1};
	piece_begin(c, pkg);
	set_files(u, pkg, files, file_count);
	env_set(c, (Env){.package = pkg});
	collect_objects(c, pkg);
	check_user_package(c, pkg);
	outer.next_order = c->next_order;
	*c = outer;
	env_set(c, outer.env);
	return u->sources->error_count == errors;
}

/* ---------------------------------------------------------------- the end of a piece */

static void keep_imports(Universe *u, Package *pkg) {
	PackageState *state = pkg->checker;
	for (uint32_t i = 0; i < state->files.len; i++) {
		const FileState *file = state->files.items[i];
		for (uint32_t k = 0; k < file->imports.len; k++) {
			Object *o = file->imports.items[k];
			if (strcmp(o->name->text, ".") == 0)
				continue;
			ptrmap_put(u->arena, &pkg->scope->objects, o->name, o);
			VEC_PUSH(u->arena, &pkg->scope->ordered, o);
		}
		state->dots.list.len = 0;
		for (uint32_t k = 0; k < file->dot_imports.len; k++)
			VEC_PUSH(u->arena, &state->dots.list, file->dot_imports.items[k]);
	}
}

static void put_back(Universe *u, Package *pkg) {
	PackageState *state = pkg->checker;
	Scope *scope = pkg->scope;
	for (uint32_t i = state->scope_len; i < scope->ordered.len; i++)
		ptrmap_put(u->arena, &scope->objects, scope->ordered.items[i]->name, NULL);
	for (uint32_t i = state->shadowed.len; i-- > 0;)
		ptrmap_put(u->arena, &scope->objects, state->shadowed.items[i].name, state->shadowed.items[i].object);
	scope->ordered.len = state->scope_len;
	pkg->imports.len = state->imports_len;
	for (uint32_t i = state->grown.len; i-- > 0;) {
		const Grown *before = &state->grown.items[i];
		before->type->named_methods.items = before->methods;
		before->type->named_methods.len = before->type->named_methods.cap = before->len;
	}
}

void check_piece_end(Universe *u, Package *pkg, bool keep) {
	if (keep)
		keep_imports(u, pkg);
	else
		put_back(u, pkg);
}
