/* SPDX-License-Identifier: MIT */
/* check_decl.c: resolving declarations: constants, variables, types and functions, package-level ones on demand, local
 * ones where they stand; and the cycles among them.
 *
 * Rules: an object is white before, grey while and black after it is resolved; the grey ones are Check.path. Meeting a
 * grey object is a cycle. Cycles of variables and constants alone are left to init_order.c; cycles of types are fine
 * when a type definition takes part (whether the type is finite is asked later by check_valid_type); others are errors.
 * A defined type may be built from one whose own definition is under way: it then waits for it (struct Resolver). */
#include "types/check.h"

enum { COLOR_WHITE, COLOR_GREY, COLOR_BLACK };

struct Resolver {
	VEC(Type *) waiters; /* types that will have the same underlying type */
	Type *waits_for;     /* right-hand side of this type's declaration */
};

/* ---------------------------------------------------------------- cycles */

static void report_cycle(Check *c, Object **cycle, uint32_t len, uint32_t first, bool init_cycle) {
	Object *o = cycle[first];
	bool is_type = o->kind == OBJECT_TYPE_NAME;
	const char *what = init_cycle ? "initialization cycle"
			   : is_type  ? "invalid recursive type"
				      : "invalid cycle in declaration";
	if (len == 1) {
		FAIL(c, o->pos, CYCLE_SELF, what, o->name->text);
		return;
	}
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	for (uint32_t i = 0; i <= len; i++) {
		Object *step = cycle[(first + i) % len];
		const char *refers = i < len ? " refers to" : "";
		buf_printf(&buf, "\n\t%s: %s%s", position_text(c, step->pos), step->name->text, refers);
	}
	const char *joint = init_cycle ? " for" : is_type ? "" : " of";
	FAIL(c, o->pos, CYCLE, what, joint, o->name->text, buf_text(c, &buf));
}

/* `cycle` in order of reference; the report begins with the object declared first. */
static void report_declaration_cycle(Check *c, Object **cycle, uint32_t len) {
	uint32_t first = 0;
	for (uint32_t i = 1; i < len; i++)
		if (cycle[i]->pos < cycle[first]->pos)
			first = i;
	report_cycle(c, cycle, len, first, false);
}

void report_type_cycle(Check *c, Object **cycle, uint32_t len) {
	report_cycle(c, cycle, len, 0, false);
}

void report_init_cycle(Check *c, Object **cycle, uint32_t len) {
	report_cycle(c, cycle, len, 0, true);
}

/* Whether the cycle that ends with the grey object o is harmless; reports it otherwise. */
static bool cycle_is_valid(Check *c, Object *o) {
	uint32_t start = c->path.len;
	while (start > 0 && c->path.items[start - 1] != o)
		start--;
	if (start == 0)
		return true; /* grey, but not on the path of this request: an error elsewhere */
	start--;
	uint32_t len = c->path.len - start, values = 0, definitions = 0;
	for (uint32_t i = start; i < c->path.len; i++) {
		Object *step = c->path.items[i];
		values += step->kind == OBJECT_CONST || step->kind == OBJECT_VAR;
		definitions += step->kind == OBJECT_TYPE_NAME && !step->is_alias;
	}
	if (values == len || (values == 0 && definitions > 0))
		return true;
	report_declaration_cycle(c, c->path.items + start, len);
	return false;
}

static void meet_grey(Check *c, Object *o) {
	bool valid = cycle_is_valid(c, o);
	if (o->kind == OBJECT_FUNC)
		return;
	if (!o->type || (!valid && o->kind != OBJECT_VAR))
		o->type = invalid_type(c);
}

/* ---------------------------------------------------------------- constants and variables */

/* How messages call an initialization. */
static const char *init_context(uint32_t variables) {
	return variables == 1 ? VAR_DECL_CONTEXT : "assignment";
}

static void check_const(Check *c, Object *o, Node *type, Node *init) {
	Type *t = type ? check_type(c, type) : NULL;
	if (t && !is_const_type(t) && !type_is_invalid(t)) {
		FAIL(c, type->pos, INVALID_CONST_TYPE, type_text(c, t));
		t = invalid_type(c);
	}
	if (t && type_is_invalid(t))
		t = invalid_type(c);
	Operand x = {.mode = MODE_NONE};
	if (init && !(t && type_is_invalid(t))) /* else what is wrong with it is not asked */
		check_expr(c, &x, init);
	if (!o->type)
		o->type = t;
	init_constant(c, o, &x);
}

static void resolve_const(Check *c, Object *o) {
	DeclInfo *info = o->declared;
	c->env.iota = const_make_from_int(c->u, info->iota);
	c->env.error_pos = info->inherited_at;
	c->env.dep_const = info;
	c->env.dep_seen = ARENA_NEW(c->u->arena, PtrMap);
	check_const(c, o, info->type, info->init);
}

void resolve_var_init(Check *c, Object *o) {
	VarInit *init = o->init;
	if (!init || init->checked)
		return;
	init->checked = true;
	Env saved = c->env;
	c->decl_depth++;
	env_set(c, (Env){.package = o->package, .file = o->declared->file, .scope = o->declared->file->scope,
			 .dep_var = init, .dep_seen = ARENA_NEW(c->u->arena, PtrMap)});
	Object *first = init->lhs[0];
	Type *type = first->declared->type ? check_var_type(c, first->declared->type) : NULL;
	for (uint32_t i = 0; i < init->lhs_count; i++)
		if (!init->lhs[i]->type)
			init->lhs[i]->type = type;
	if (!init->rhs && first->decl && first->decl->kind == NODE_VALUE_SPEC)
		init->rhs = embedded_value(c, AS(ValueSpec, first->decl), type);
	if (init->rhs)
		init_variables(c, init->lhs, init->lhs_count, (NodeList){&init->rhs, 1}, NULL,
			       init_context(init->lhs_count));
	for (uint32_t i = 0; i < init->lhs_count; i++)
		if (!init->lhs[i]->type)
			init->lhs[i]->type = invalid_type(c);
	c->decl_depth--;
	env_set(c, saved);
}

static void resolve_var(Check *c, Object *o) {
	if (o->type)
		return; /* with the other variables of its declaration */
	if (o->declared->type)
		o->type = check_var_type(c, o->declared->type);
	else
		resolve_var_init(c, o);
}

/* ---------------------------------------------------------------- types */

bool type_is_unresolved(Type *t) {
	t = type_unalias(t);
	return t->kind == TYPE_NAMED && !(t->origin ? t->origin : t)->underlying;
}

static struct Resolver *resolver_of(Check *c, Type *t) {
	if (!t->resolver)
		t->resolver = ARENA_NEW(c->u->arena, struct Resolver);
	return t->resolver;
}

static void set_underlying(Check *c, Type *named, Type *rhs) {
	named->underlying = rhs->kind == TYPE_INVALID ? rhs : type_underlying(rhs);
	named->complete = true;
	if (!named->resolver)
		return;
	for (uint32_t i = 0; i < named->resolver->waiters.len; i++) {
		Type *waiter = named->resolver->waiters.items[i];
		if (!waiter->underlying)
			set_underlying(c, waiter, waiter->resolver->waits_for);
	}
	named->resolver->waiters.len = 0;
}

static void wait_for(Check *c, Type *named, Type *rhs) {
	Type *target = type_unalias(rhs);
	target = target->origin ? target->origin : target;
	resolver_of(c, named)->waits_for = rhs;
	for (Type *t = target; t; ) {
		if (t == named) {
			VEC(Object *) cycle = {0};
			for (Type *step = named; cycle.len == 0 || step != named;) {
				VEC_PUSH(c->u->arena, &cycle, step->object);
				step = type_unalias(step->resolver->waits_for);
				step = step->origin ? step->origin : step;
			}
			report_declaration_cycle(c, cycle.items, cycle.len);
			set_underlying(c, named, invalid_type(c));
			return;
		}
		Type *next = t->resolver && !t->underlying ? t->resolver->waits_for : NULL;
		next = next ? type_unalias(next) : NULL;
		t = next && next->origin ? next->origin : next;
	}
	VEC_PUSH(c->u->arena, &resolver_of(c, target)->waiters, named);
}

void check_method_names(Check *c, void *data) {
	Type *named = data;
	if (!under_is(named, TYPE_STRUCT))
		return;
	Type *st = under(named);
	for (uint32_t i = 0; i < st->field_count; i++) {
		const Name *name = st->fields[i].name;
		Object *method = name && !is_blank(name) ? named_find_method(named, name) : NULL;
		if (method)
			FAIL(c, method->pos, FIELD_AND_METHOD, name->text, position_text(c, st->fields[i].object->pos),
			     name->text);
	}
}

static void add_methods(Check *c, Object *o, Type *named) {
	ObjectList *methods = o->package->checker ? ptrmap_get(&o->package->checker->methods, o) : NULL;
	if (!methods || !o->declared)
		return;
	for (uint32_t i = 0; i < methods->list.len; i++) {
		Object *method = methods->list.items[i];
		if (is_blank(method->name))
			continue;
		Object *other = named_find_method(named, method->name);
		if (other)
			FAIL(c, method->pos, METHOD_REDECLARED, o->name->text, method->name->text,
			     position_text(c, other->pos));
		else
			VEC_PUSH(c->u->arena, &named->named_methods, method);
	}
	check_later(c, check_method_names, named);
}

static void resolve_alias(Check *c, Object *o, TypeSpec *spec) {
	require_language(c, spec->node.pos, 9, "type alias");
	Type *alias = type_new(c->u, TYPE_ALIAS);
	alias->object = o;
	alias->underlying = invalid_type(c);
	o->type = alias;
	if (spec->type_params.len > 0) {
		scope_open(c, spec->node.pos, 0);
		require_language(c, spec->type_params.items[0]->pos, 24, "generic type alias");
		declare_type_params(c, spec->type_params, &alias->type_params, &alias->type_param_count);
	}
	Type *rhs = check_type(c, spec->type);
	if (is_type_param(rhs) && alias->type_param_count > 0) {
		FAIL(c, spec->type->pos, TYPE_PARAM_RHS);
		rhs = invalid_type(c);
	}
	if (o->type->kind == TYPE_ALIAS)
		alias->underlying = rhs;
	alias->complete = true;
	alias->param_state = 0;
}

static bool is_pending_alias(Type *t) {
	while (t->kind == TYPE_ALIAS && t->complete)
		t = t->underlying;
	return t->kind == TYPE_ALIAS && t->object->color == COLOR_GREY;
}

static void report_alias_cycle(Check *c, Type *t) {
	while (t->complete)
		t = t->underlying;
	for (uint32_t i = 0; i < c->path.len; i++) {
		if (c->path.items[i] == t->object) {
			report_declaration_cycle(c, c->path.items + i, c->path.len - i);
			t->object->type = invalid_type(c);
			return;
		}
	}
}

static void resolve_defined(Check *c, Object *o, TypeSpec *spec) {
	Type *named = type_new_named(c->u, o);
	o->type = named;
	check_finite_later(c, o);
	add_methods(c, o, named);
	if (spec->type_params.len > 0) {
		scope_open(c, spec->node.pos, 0);
		declare_type_params(c, spec->type_params, &named->type_params, &named->type_param_count);
	}
	Type *rhs = check_type(c, spec->type);
	if (is_pending_alias(rhs))
		report_alias_cycle(c, rhs);
	if (is_type_param(rhs)) {
		FAIL(c, spec->type->pos, TYPE_PARAM_RHS);
		rhs = invalid_type(c);
	}
	if (o->type->kind == TYPE_INVALID)
		set_underlying(c, named, o->type);
	else if (type_is_unresolved(rhs))
		wait_for(c, named, rhs);
	else
		set_underlying(c, named, rhs);
}

static void resolve_type(Check *c, Object *o) {
	TypeSpec *spec = AS(TypeSpec, o->decl);
	if (spec->is_alias)
		resolve_alias(c, o, spec);
	else
		resolve_defined(c, o, spec);
}

/* ---------------------------------------------------------------- functions */

static void resolve_func(Check *c, Object *o) {
	FuncDecl *decl = AS(FuncDecl, o->decl);
	Type *sig = type_new_signature(c->u, NULL, 0, NULL, 0, false);
	o->type = sig; /* what a cycle through the signature sees */
	Scope *scope = scope_open(c, decl->node.pos, 0);
	check_signature(c, sig, AS(FuncType, decl->type), decl->recv ? AS(Field, decl->recv) : NULL, scope);
	if (o->func)
		o->func->signature = sig;
}

void resolve_object(Check *c, Object *o) {
	if (o->color == COLOR_GREY) {
		meet_grey(c, o);
		return;
	}
	if (!o->declared || o->color == COLOR_BLACK)
		return;
	Env saved = c->env;
	env_set(c, (Env){.package = o->package, .file = o->declared->file, .scope = o->declared->file->scope});
	o->color = COLOR_GREY;
	VEC_PUSH(c->u->arena, &c->path, o);
	c->decl_depth++;
	if (c->decl_depth > MAX_DECL_DEPTH) {
		FAIL(c, o->pos, TOO_DEEP);
		o->type = invalid_type(c);
	} else if (o->kind == OBJECT_CONST) {
		resolve_const(c, o);
	} else if (o->kind == OBJECT_VAR) {
		resolve_var(c, o);
	} else if (o->kind == OBJECT_TYPE_NAME) {
		resolve_type(c, o);
	} else if (o->kind == OBJECT_FUNC) {
		resolve_func(c, o);
	}
	if (!o->type)
		o->type = invalid_type(c);
	c->decl_depth--;
	c->path.len--;
	o->color = COLOR_BLACK;
	env_set(c, saved);
}

/* ---------------------------------------------------------------- local declarations */

static void declare_local_consts(Check *c, ValueSpec *spec, ValueSpec *source) {
	Env saved = c->env;
	Object **objects = ARENA_ARRAY(c->u->arena, Object *, spec->names.len);
	bool inherited = spec != source;
	c->env.iota = const_make_from_int(c->u, spec->iota);
	for (uint32_t i = 0; i < spec->names.len; i++) {
		Ident *name = AS(Ident, spec->names.items[i]);
		Object *o = object_new(c->u, OBJECT_CONST, name->name, c->env.package, name->node.pos, NULL);
		Node *type = source ? source->type : NULL;
		Node *init = source && i < source->values.len ? source->values.items[i] : NULL;
		if (inherited) {
			c->env.error_pos = name->node.pos;
			type = type ? ast_clone(c->u->arena, type) : NULL;
			init = init ? ast_clone(c->u->arena, init) : NULL;
		}
		name->object = objects[i] = o;
		o->decl = &spec->node;
		check_const(c, o, type, init);
	}
	c->env.iota = saved.iota;
	c->env.error_pos = saved.error_pos;
	for (uint32_t i = source ? spec->names.len : 0; !inherited && i < source->values.len; i++)
		use_expr(c, source->values.items[i]);
	check_const_arity(c, spec, source);
	for (uint32_t i = 0; i < spec->names.len; i++)
		declare(c, declaration_scope(c), objects[i]);
}

/* `var a, b = 1, 2, 3`: what has a partner is initialized, the rest is evaluated for its errors and uses. */
static void init_mismatched(Check *c, Object **lhs, uint32_t count, ValueSpec *spec) {
	for (uint32_t i = 0; i < spec->values.len; i++) {
		if (i >= count) {
			use_expr(c, spec->values.items[i]);
			continue;
		}
		Operand x;
		check_expr_hint(c, &x, spec->values.items[i], lhs[i]->type);
		init_variable(c, lhs[i], &x, VAR_DECL_CONTEXT);
	}
	check_var_arity(c, spec);
}

static void declare_local_vars(Check *c, ValueSpec *spec) {
	Type *type = spec->type ? check_var_type(c, spec->type) : NULL;
	uint32_t count = spec->names.len;
	Object **objects = ARENA_ARRAY(c->u->arena, Object *, count);
	for (uint32_t i = 0; i < count; i++) {
		objects[i] = new_local(c, AS(Ident, spec->names.items[i]), type);
		objects[i]->decl = &spec->node;
	}
	Node *embedded = embedded_value(c, spec, type);
	if (embedded) {
		spec->values = (NodeList){ARENA_NEW(c->u->arena, Node *), 1};
		spec->values.items[0] = embedded;
	}
	if (spec->values.len == count || spec->values.len == 1)
		init_variables(c, objects, count, spec->values, NULL, init_context(count));
	else if (spec->values.len > 0)
		init_mismatched(c, objects, count, spec);
	for (uint32_t i = 0; i < count; i++) {
		if (!objects[i]->type)
			objects[i]->type = invalid_type(c);
		declare(c, declaration_scope(c), objects[i]);
	}
}

static void declare_local_type(Check *c, TypeSpec *spec) {
	Object *o = object_new(c->u, OBJECT_TYPE_NAME, spec->name->name, c->env.package, spec->name->node.pos, NULL);
	o->decl = &spec->node;
	o->is_alias = spec->is_alias;
	o->owner = c->env.func;
	spec->name->object = o;
	if (!spec->is_alias && c->env.package->checker)
		VEC_PUSH(c->u->arena, &c->env.package->checker->local_types, o);
	declare(c, declaration_scope(c), o);
	Scope *scope = c->env.scope;
	o->color = COLOR_GREY;
	VEC_PUSH(c->u->arena, &c->path, o);
	c->decl_depth++;
	resolve_type(c, o);
	c->decl_depth--;
	c->path.len--;
	o->color = COLOR_BLACK;
	c->env.scope = scope;
	check_flush(c);
}

void check_local_decl(Check *c, GenDecl *decl) {
	ValueSpec *source = NULL;
	for (uint32_t i = 0; i < decl->specs.len; i++) {
		Node *spec = decl->specs.items[i];
		if (spec->kind == NODE_TYPE_SPEC) {
			declare_local_type(c, AS(TypeSpec, spec));
		} else if (spec->kind == NODE_VALUE_SPEC && decl->op == TOK_VAR) {
			declare_local_vars(c, AS(ValueSpec, spec));
		} else if (spec->kind == NODE_VALUE_SPEC) {
			ValueSpec *values = AS(ValueSpec, spec);
			if (values->type || values->values.len > 0)
				source = values;
			declare_local_consts(c, values, source);
		}
	}
}
