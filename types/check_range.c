/* SPDX-License-Identifier: MIT */
/* check_range.c: for ... range over everything that can be ranged over: integers and functions included.
 *
 * Rules: the variables of `for k, v := range x` are new in each iteration from Go 1.22 on. The body of a range over a
 * function is compiled as a function of its own (the yield function's argument): RangeStmt.info is then its FuncInfo,
 * which owns what is declared inside and has captures like a literal's. Env.real_func stays the function that return
 * and defer speak of. */
#include "types/check.h"

typedef struct RangeTypes {
	Type *key, *value; /* NULL: not permitted */
	Type *yield;       /* range over a function: the signature of yield */
	const char *why;   /* why it cannot be ranged over, or "" */
	unsigned since;    /* the language version that brought it; 0: always there */
	bool ok;
	bool one_variable; /* says "at most one" though a value exists: never */
} RangeTypes;

static RangeTypes range_over_func(Type *sig) {
	RangeTypes r = {.why = "func must be func(yield func(...) bool): "};
	static const char *const problems[] = {
		"func must be func(yield func(...) bool): wrong argument count",
		"func must be func(yield func(...) bool): unexpected results",
		"func must be func(yield func(...) bool): argument is not func",
		"func must be func(yield func(...) bool): yield func does not return bool",
		"func must be func(yield func(...) bool): yield func has too many parameters",
	};
	if (sig->param_count != 1) {
		r.why = problems[0];
		return r;
	}
	if (sig->result_count != 0) {
		r.why = problems[1];
		return r;
	}
	Type *yield = type_common_underlying(sig->universe, sig->params[0]->type, false);
	if (!yield || yield->kind != TYPE_SIGNATURE) {
		r.why = problems[2];
		return r;
	}
	if (yield->result_count != 1 || !type_is_boolean(yield->results[0]->type)) {
		r.why = problems[3];
		return r;
	}
	if (yield->param_count > 2) {
		r.why = problems[4];
		return r;
	}
	r.yield = yield;
	r.since = 23;
	r.key = yield->param_count > 0 ? yield->params[0]->type : NULL;
	r.value = yield->param_count > 1 ? yield->params[1]->type : NULL;
	r.ok = true;
	return r;
}

static RangeTypes range_types(Check *c, Operand *x) {
	RangeTypes r = {.why = "", .ok = true};
	Type *u = x->mode == MODE_NIL ? NULL : type_common_underlying(c->u, x->type, false);
	if (!u) {
		r.ok = false;
		r.why = x->mode != MODE_NIL && is_type_param(x->type) ? "no core type" : "";
		return r;
	}
	if (type_is_integer(u)) {
		r.key = x->type;
		r.since = 22;
		return r;
	}
	if (u->kind == TYPE_POINTER && under(u->elem)->kind == TYPE_ARRAY)
		u = under(u->elem);
	r.key = basic(c, TYPE_INT);
	switch ((TypeKind)u->kind) {
	case TYPE_STRING:
	case TYPE_UNTYPED_STRING:
		r.value = c->u->rune_type;
		return r;
	case TYPE_ARRAY:
	case TYPE_SLICE:
		r.value = u->elem;
		return r;
	case TYPE_MAP:
		r.key = u->key;
		r.value = u->elem;
		return r;
	case TYPE_CHAN:
		r.key = u->elem;
		r.ok = u->chan_dir != CHAN_SEND;
		r.why = r.ok ? "" : "receive from send-only channel";
		return r;
	case TYPE_SIGNATURE:
		return range_over_func(u);
	default:
		r.ok = false;
		return r;
	}
}

static bool check_range_types(Check *c, RangeStmt *s, Operand *x, RangeTypes *r) {
	const char *text;
	if (!r->ok) {
		FAIL(c, s->x->pos, RANGE, operand_text(c, x), *r->why ? ": " : "", r->why);
		return false;
	}
	if (r->since && !language_has(c, r->since)) {
		require_language(c, s->x->pos, r->since, "cannot range over %s:", operand_text(c, x));
		return false;
	}
	if (s->key && !r->key) {
		text = operand_text(c, x);
		FAIL(c, s->key->pos, RANGE_NO_VARIABLE, text);
		return false;
	}
	if (s->value && !r->value) {
		text = operand_text(c, x);
		FAIL(c, s->value->pos, RANGE_ONE_VARIABLE, text);
		return false;
	}
	return true;
}

/* The iteration variables of :=, declared for the body. */
static void define_range_variables(Check *c, RangeStmt *s, Type *types[2]) {
	Node *nodes[2] = {s->key, s->value};
	Object *fresh[2] = {NULL, NULL};
	for (int i = 0; i < 2; i++) {
		if (!nodes[i])
			continue;
		if (nodes[i]->kind != NODE_IDENT) {
			FAIL(c, nodes[i]->pos, NON_NAME, node_text(c, nodes[i]));
			continue;
		}
		fresh[i] = new_local(c, AS(Ident, nodes[i]), types[i] ? types[i] : invalid_type(c));
		fresh[i]->used |= !types[i]; /* no follow-up error */
		nodes[i]->type = fresh[i]->type;
		nodes[i]->mode = MODE_VAR;
	}
	for (int i = 0; i < 2; i++)
		if (fresh[i])
			declare(c, c->env.scope, fresh[i]);
	mark_loop_variables(c, c->env.scope);
}

static void assign_range_variables(Check *c, RangeStmt *s, Type *types[2]) {
	Node *nodes[2] = {s->key, s->value};
	for (int i = 0; i < 2; i++) {
		if (!nodes[i])
			continue;
		if (!types[i]) {
			if (nodes[i]->kind != NODE_IDENT || !is_blank(AS(Ident, nodes[i])->name))
				use_expr(c, nodes[i]);
			continue;
		}
		Operand v = {.mode = MODE_VALUE, .node = nodes[i], .type = types[i]};
		assign_operand(c, nodes[i], &v, "assignment");
	}
}

/* `for i = range 10`: the constant takes the type of i. */
static void convert_range_constant(Check *c, RangeStmt *s, Operand *x) {
	Type *want = NULL;
	if (s->op == TOK_ASSIGN && s->key && type_is_numeric(x->type)) {
		Operand key;
		Node *plain = ast_unparen(s->key);
		if (!(plain->kind == NODE_IDENT && is_blank(AS(Ident, plain)->name))) {
			bool used = plain->kind == NODE_IDENT && lookup_name(c, AS(Ident, plain)->name) &&
				    lookup_name(c, AS(Ident, plain)->name)->used;
			check_expr(c, &key, s->key);
			if (plain->kind == NODE_IDENT && AS(Ident, plain)->object)
				AS(Ident, plain)->object->used = used;
			want = key.mode == MODE_NONE ? NULL : key.type;
		}
	}
	if (want)
		check_assignment(c, x, want, "range clause");
	else
		default_operand(c, x);
}

static void enter_range_func(Check *c, RangeStmt *s, Type *yield) {
	FuncInfo *func = ARENA_NEW(c->u->arena, FuncInfo);
	func->signature = yield;
	func->body = s->body;
	func->node = &s->node;
	func->outer = c->env.func;
	func->package = c->env.package;
	func->body_checked = true;
	for (FuncInfo *f = c->env.func; f; f = f->outer)
		f->has_closure = true;
	s->info = func;
	c->env.func = func;
}

void check_range_stmt(Check *c, RangeStmt *s) {
	Env *env = &c->env;
	Scope *saved_scope = env->scope;
	FuncInfo *saved_func = env->func;
	Operand x, written;
	RangeTypes r = {0};
	scope_open(c, s->node.pos, 0);
	check_expr(c, &x, s->x);
	written = x;
	if (x.mode != MODE_NONE && x.mode != MODE_NIL && type_is_untyped(x.type) &&
	    (type_is_string(x.type) || const_to_int(c->u, x.value ? x.value : const_make_int64(c->u, 0))) )
		convert_range_constant(c, s, &x);
	if (x.mode != MODE_NONE)
		r = range_types(c, &x);
	bool ok = x.mode != MODE_NONE && check_range_types(c, s, &written, &r);
	if (!ok)
		r = (RangeTypes){.key = r.ok ? r.key : NULL, .value = r.ok ? r.value : NULL};
	if (r.yield)
		enter_range_func(c, s, r.yield);
	Type *types[2] = {r.key, r.value};
	if (s->op == TOK_DEFINE)
		define_range_variables(c, s, types);
	else
		assign_range_variables(c, s, types);
	if (s->body)
		check_stmt(c, s->body, 0);
	env->func = saved_func;
	env->scope = saved_scope;
}
