/* SPDX-License-Identifier: MIT */
/* check_call.c: calls and conversions, arguments, variadics, f(g()) with several values, generic functions.
 *
 * Rules: arguments are evaluated first, then matched with parameters; a generic function's type arguments are inferred
 * from them and from explicit ones, and the record of the instance goes to the identifier that names the function.
 * A generic function may be an argument itself: its type parameters are inferred together with the callee's.
 * Parameters of one generic signature are renamed for inference, so that a function may call itself with its own
 * type parameters inside the arguments. */
#include "types/check.h"

/* ---------------------------------------------------------------- after errors */

/* Evaluates e so that what it uses counts as used; errors in it are reported. True when there are none. */
bool use_expr(Check *c, Node *e) {
	Operand x;
	if (e->kind == NODE_KEY_VALUE)
		return use_expr(c, AS(KeyValueExpr, e)->value);
	check_raw_expr(c, &x, e, NULL, true);
	return x.mode != MODE_NONE;
}

bool use_exprs(Check *c, NodeList list) {
	bool valid = true;
	for (uint32_t i = 0; i < list.len; i++)
		valid &= use_expr(c, list.items[i]);
	return valid;
}

/* ---------------------------------------------------------------- argument lists */

static void push_tuple(Check *c, OperandList *out, Operand *call) {
	TypeList types = call->type->tuple;
	for (uint32_t i = 0; i < types.len; i++) {
		Operand x = {.mode = MODE_VALUE, .node = call->node, .type = types.items[i]};
		VEC_PUSH(c->u->arena, out, x);
	}
}

/* The operands of a list: one for each expression, or those of the one call with several results. */
void check_expr_list(Check *c, NodeList list, OperandList *out, bool allow_generic) {
	Operand x;
	if (list.len == 1) {
		check_raw_expr(c, &x, list.items[0], NULL, allow_generic);
		report_not_value(c, &x);
		if (x.mode == MODE_VALUE && x.type->kind == TYPE_TUPLE)
			push_tuple(c, out, &x);
		else
			VEC_PUSH(c->u->arena, out, x);
		return;
	}
	for (uint32_t i = 0; i < list.len; i++) {
		check_raw_expr(c, &x, list.items[i], NULL, allow_generic);
		report_not_value(c, &x);
		check_single_value(c, &x);
		VEC_PUSH(c->u->arena, out, x);
	}
}

static void put_type_summary(Check *c, Buf *buf, Type *t) {
	if (!type_valid(t))
		buf_puts(buf, "unknown type");
	else if (!type_is_untyped(t))
		buf_puts(buf, type_text(c, t));
	else if (type_is_numeric(t))
		buf_puts(buf, "number");
	else
		buf_puts(buf, type_text(c, t) + strlen("untyped "));
}

/* "(number, string)": what arguments there are, for messages. */
const char *operands_summary(Check *c, const Operand *items, uint32_t count) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_putc(&buf, '(');
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			buf_puts(&buf, ", ");
		put_type_summary(c, &buf, items[i].type);
	}
	buf_putc(&buf, ')');
	return buf_text(c, &buf);
}

const char *params_summary(Check *c, Object **params, uint32_t count, bool variadic) {
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	buf_putc(&buf, '(');
	for (uint32_t i = 0; i < count; i++) {
		bool dots = variadic && i + 1 == count;
		Type *t = params[i]->type;
		buf_printf(&buf, "%s%s", i ? ", " : "", dots ? "..." : "");
		put_type_summary(c, &buf, dots && t->kind == TYPE_SLICE ? t->elem : t);
	}
	buf_putc(&buf, ')');
	return buf_text(c, &buf);
}

/* ---------------------------------------------------------------- naming what is instantiated */

/* The identifier that an instance is recorded for. */
static Ident *function_name(Node *e) {
	for (;;) {
		e = ast_unparen(e);
		if (e->kind == NODE_INDEX)
			e = AS(IndexExpr, e)->x;
		else if (e->kind == NODE_SELECTOR)
			return AS(SelectorExpr, e)->sel;
		else
			return e->kind == NODE_IDENT ? AS(Ident, e) : NULL;
	}
}

static void record_function_instance(Check *c, Node *e, Type **args, uint32_t count, Type *signature) {
	Ident *name = function_name(e);
	if (!name)
		return;
	record_instance(c, name, args, count, signature);
	/* Parentheses and the indexed or selecting expression have the instance's type too. */
	for (Node *n = e; n != &name->node;) {
		n->type = signature;
		if (n->kind == NODE_PAREN)
			n = AS(ParenExpr, n)->x;
		else if (n->kind == NODE_INDEX)
			n = AS(IndexExpr, n)->x;
		else
			break;
	}
	Node *inner = ast_unparen(e);
	while (inner->kind == NODE_INDEX)
		inner = ast_unparen(AS(IndexExpr, inner)->x);
	if (inner->kind == NODE_SELECTOR && AS(SelectorExpr, inner)->selection) {
		AS(SelectorExpr, inner)->selection->type_args = (TypeList){args, count};
		AS(SelectorExpr, inner)->selection->type = signature;
		inner->type = signature;
	}
}

/* The explicit type arguments of f[A, B], the rest NULL; false after an error. */
static bool explicit_type_args(Check *c, IndexExpr *e, Type *signature, Type **args, uint32_t *given) {
	bool valid = true;
	*given = 0;
	if (!e)
		return true;
	for (uint32_t i = 0; i < e->indices.len; i++) {
		Type *t = check_var_type(c, e->indices.items[i]);
		valid &= t->kind != TYPE_INVALID;
		if (i < signature->type_param_count)
			args[i] = t;
	}
	*given = e->indices.len;
	if (e->indices.len <= signature->type_param_count)
		return valid;
	FAIL(c, e->indices.items[signature->type_param_count]->pos, TYPE_ARGS_GOT, e->indices.len,
	     signature->type_param_count);
	return false;
}

static IndexExpr *index_of(Node *e) {
	e = ast_unparen(e);
	return e->kind == NODE_INDEX ? AS(IndexExpr, e) : NULL;
}

/* ---------------------------------------------------------------- f[T] and f as values */

/* x is a generic function, e names it, perhaps with some type arguments. target: what it is assigned to, or NULL. */
void check_func_instance(Check *c, Operand *x, Node *e, Type *target) {
	Type *sig = type_unalias(x->type);
	uint32_t count = sig->type_param_count, given;
	require_language(c, e->pos, 18, "function instantiation");
	Type **args = ARENA_ARRAY(c->u->arena, Type *, count);
	IndexExpr *index = index_of(e);
	operand_invalidate(x);
	if (!explicit_type_args(c, index, sig, args, &given))
		return;
	Type **params = sig->type_params;
	if (given < count) {
		Type *want = target ? type_common_underlying(c->u, target, false) : NULL;
		params = params_rename(c->u, sig->type_params, count);
		TypeSubst rename = {sig->type_params, params, count};
		Type *plain = type_subst(c->u, signature_without_params(c, sig), &rename);
		if (want && want->kind == TYPE_SIGNATURE) {
			require_language(c, e->pos, 21, "%s instantiated function in assignment",
					 given ? "partially" : "implicitly");
			type_unify(c->u, plain, want, params, args, count, true);
		} else if (!index || given == 0) {
			FAIL(c, e->pos, GENERIC_FUNCTION, node_text(c, e));
			return;
		}
		Pos pos = index ? index->lbrack : e->pos;
		if (!infer_type_args(c->u, pos, NULL, params, args, count, NULL, NULL, NULL, 0))
			return;
	}
	Pos pos = index && index->indices.len > 0 ? index->indices.items[0]->pos : e->pos;
	Type *instance = instantiate_signature(c, pos, sig, args, count);
	record_function_instance(c, e, args, count, instance);
	x->mode = MODE_VALUE;
	x->type = instance;
}

/* ---------------------------------------------------------------- matching arguments and parameters */

typedef struct CallArgs {
	CallExpr *call;
	Type *sig;
	OperandList args;
	Type **param_types; /* one for each argument */
	uint32_t explicit_args; /* type arguments */
	Type **type_args;
} CallArgs;

static bool check_ellipsis(Check *c, CallArgs *a) {
	if (a->call->ellipsis == 0)
		return true;
	Node *last = a->call->args.items[a->call->args.len - 1];
	if (!a->sig->variadic) {
		FAIL(c, a->call->node.pos, DOTS_NON_VARIADIC, node_text(c, a->call->fun));
		return false;
	}
	if (a->call->args.len == 1 && a->args.len > 1) {
		FAIL(c, a->call->node.pos, DOTS_MULTI_VALUE, a->args.len, node_text(c, last));
		return false;
	}
	return true;
}

static bool check_count(Check *c, CallArgs *a) {
	uint32_t have = a->args.len, want = a->sig->param_count;
	bool spread = a->sig->variadic && a->call->ellipsis == 0;
	if (spread ? have + 1 >= want : have == want)
		return true;
	bool few = have < want;
	Node *at = !few ? a->args.items[want].node : have > 0 ? a->args.items[have - 1].node : &a->call->node;
	FAIL(c, at->pos, ARGUMENT_COUNT, few ? "not enough" : "too many", node_text(c, a->call->fun),
	     operands_summary(c, a->args.items, have),
	     params_summary(c, a->sig->params, want, a->sig->variadic));
	return false;
}

static void assign_param_types(Check *c, CallArgs *a) {
	uint32_t have = a->args.len, count = a->sig->param_count;
	bool spread = a->sig->variadic && a->call->ellipsis == 0;
	a->param_types = ARENA_ARRAY(c->u->arena, Type *, have);
	for (uint32_t i = 0; i < have; i++) {
		bool rest = spread && i + 1 >= count;
		Type *t = a->sig->params[rest ? count - 1 : i]->type;
		/* append([]byte, string...) has a string where the slice would be; it comes here as it is. */
		a->param_types[i] = rest && t->kind == TYPE_SLICE ? t->elem : t;
	}
}

static bool is_generic_arg(const Operand *x) {
	return x->mode == MODE_VALUE && is_generic_signature(x->type);
}

/* The type parameters to be inferred: the callee's, and those of arguments that are generic functions. */
typedef struct Inference {
	VEC(Type *) params;
	VEC(Type *) args;
	Type **arg_types;
	Node **arg_nodes;
	uint32_t *first; /* of argument i: where its own type parameters begin */
} Inference;

static void add_params(Check *c, Inference *inf, Type **params, Type **args, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		VEC_PUSH(c->u->arena, &inf->params, params[i]);
		VEC_PUSH(c->u->arena, &inf->args, args ? args[i] : NULL);
	}
}

/* Prepares one argument; a generic function takes part with renamed type parameters of its own. */
static void add_argument(Check *c, Inference *inf, CallArgs *a, uint32_t i) {
	Operand *x = &a->args.items[i];
	inf->first[i] = inf->params.len;
	inf->arg_types[i] = x->mode == MODE_NONE ? NULL : x->type;
	inf->arg_nodes[i] = x->node;
	if (!is_generic_arg(x))
		return;
	Type *sig = type_unalias(x->type);
	uint32_t count = sig->type_param_count, given;
	Type **params = params_rename(c->u, sig->type_params, count);
	Type **args = ARENA_ARRAY(c->u->arena, Type *, count);
	explicit_type_args(c, index_of(x->node), sig, args, &given);
	require_language(c, x->node->pos, 21, "%s instantiated function as argument",
			 given ? "partially" : "implicitly");
	TypeSubst rename = {sig->type_params, params, count};
	inf->arg_types[i] = type_subst(c->u, signature_without_params(c, sig), &rename);
	add_params(c, inf, params, args, count);
}

static void instantiate_generic_args(Check *c, Inference *inf, CallArgs *a) {
	for (uint32_t i = 0; i < a->args.len; i++) {
		Operand *x = &a->args.items[i];
		if (!is_generic_arg(x))
			continue;
		Type *sig = type_unalias(x->type);
		Type **args = inf->args.items + inf->first[i];
		Type *instance = instantiate_signature(c, x->node->pos, sig, args, sig->type_param_count);
		record_function_instance(c, x->node, args, sig->type_param_count, instance);
		x->type = instance;
		operand_record(c, x);
	}
}

/* Replaces a generic signature by its instance, and generic arguments by theirs. False after an error. */
static bool infer_call(Check *c, CallArgs *a) {
	uint32_t count = a->sig->type_param_count, n = a->args.len;
	bool generic = count > 0;
	for (uint32_t i = 0; !generic && i < n; i++)
		generic = is_generic_arg(&a->args.items[i]);
	if (!generic)
		return true;
	Inference inf = {0};
	inf.arg_types = ARENA_ARRAY(c->u->arena, Type *, n);
	inf.arg_nodes = ARENA_ARRAY(c->u->arena, Node *, n);
	inf.first = ARENA_ARRAY(c->u->arena, uint32_t, n);
	Type **param_types = ARENA_ARRAY(c->u->arena, Type *, n);
	memcpy(param_types, a->param_types, n * sizeof(Type *));
	if (count > 0) {
		Type **params = params_rename(c->u, a->sig->type_params, count);
		TypeSubst rename = {a->sig->type_params, params, count};
		for (uint32_t i = 0; i < n; i++)
			param_types[i] = type_subst(c->u, param_types[i], &rename);
		add_params(c, &inf, params, a->type_args, count);
	}
	uint32_t used = 0;
	for (uint32_t i = 0; i < n; i++)
		add_argument(c, &inf, a, i);
	/* Arguments with errors say nothing. */
	for (uint32_t i = 0; i < n; i++) {
		if (!inf.arg_types[i])
			continue;
		inf.arg_types[used] = inf.arg_types[i];
		inf.arg_nodes[used] = inf.arg_nodes[i];
		param_types[used++] = param_types[i];
	}
	if (!infer_type_args(c->u, ast_end(a->call->fun), node_text(c, a->call->fun), inf.params.items, inf.args.items,
			     inf.params.len, param_types, inf.arg_types, inf.arg_nodes, used))
		return false;
	instantiate_generic_args(c, &inf, a);
	if (count == 0)
		return true;
	Type **type_args = ARENA_ARRAY(c->u->arena, Type *, count);
	memcpy(type_args, inf.args.items, count * sizeof(Type *));
	IndexExpr *index = index_of(a->call->fun);
	Pos pos = index && index->indices.len > 0 ? index->indices.items[0]->pos : ast_end(a->call->fun);
	a->sig = instantiate_signature(c, pos, a->sig, type_args, count);
	record_function_instance(c, a->call->fun, type_args, count, a->sig);
	if (a->sig->kind != TYPE_SIGNATURE)
		return false;
	assign_param_types(c, a);
	return true;
}

static bool has_invalid_arg(CallArgs *a) {
	for (uint32_t i = 0; i < a->args.len; i++)
		if (a->args.items[i].mode == MODE_NONE)
			return true;
	return false;
}

/* Whether an error left a hole in the signature; asked only when there were errors. */
static bool has_invalid_param(Check *c, CallArgs *a) {
	for (uint32_t i = 0; c->u->sources->error_count > 0 && i < a->args.len; i++)
		if (strstr(type_text(c, a->param_types[i]), "invalid type"))
			return true;
	return false;
}

/* Checks the arguments; a->sig is the instantiated signature afterwards. False: no result type is known. */
static bool check_arguments(Check *c, CallArgs *a) {
	bool generic = a->sig->type_param_count > 0;
	if (!check_ellipsis(c, a))
		return !generic;
	if (!check_count(c, a))
		return !generic;
	assign_param_types(c, a);
	bool infer = generic && a->explicit_args < a->sig->type_param_count;
	if (infer && (has_invalid_arg(a) || has_invalid_param(c, a)))
		return false;
	if (!infer_call(c, a))
		return false;
	for (uint32_t i = 0; i < a->args.len; i++) {
		c->argument_of = a->call->fun;
		check_assignment(c, &a->args.items[i], a->param_types[i], ARGUMENT_CONTEXT);
	}
	return true;
}

/* ---------------------------------------------------------------- conversions */

static void conversion_call(Check *c, Operand *x, CallExpr *e) {
	Type *t = x->type;
	e->call_kind = CALL_CONVERSION;
	operand_invalidate(x);
	if (is_generic_type(t)) {
		FAIL(c, e->fun->pos, GENERIC_TYPE, type_text(c, t));
		use_exprs(c, e->args);
		return;
	}
	if (e->args.len == 0) {
		FAIL(c, e->node.pos, CONVERSION_FEW, type_text(c, t));
		return;
	}
	if (e->args.len > 1) {
		use_exprs(c, e->args);
		FAIL(c, e->args.items[e->args.len - 1]->pos, CONVERSION_MANY, type_text(c, t));
		return;
	}
	check_expr_hint(c, x, e->args.items[0], t);
	if (x->mode == MODE_NONE || !type_valid(t)) {
		operand_invalidate(x);
		return;
	}
	if (e->ellipsis) {
		FAIL(c, e->args.items[0]->pos, CONVERSION_DOTS, type_text(c, t));
		operand_invalidate(x);
		x->mode = MODE_VALUE;
		x->type = t;
		return;
	}
	if (type_is_interface(t))
		interface_complete(c->u, under(t), e->node.pos);
	if (type_is_interface(t) && (under(t)->has_terms || under(t)->is_comparable)) {
		FAIL(c, e->node.pos, CONVERSION_CONSTRAINT, type_text(c, t));
		operand_invalidate(x);
		return;
	}
	check_conversion(c, x, t);
}

/* ---------------------------------------------------------------- calls */

static void set_result(Check *c, Operand *x, Type *sig) {
	if (sig->result_count == 0) {
		x->mode = MODE_NOVALUE;
		x->type = type_new_tuple(c->u, NULL, 0);
		return;
	}
	x->mode = MODE_VALUE;
	if (sig->result_count == 1) {
		x->type = sig->results[0]->type;
		if (!type_valid(x->type))
			operand_invalidate(x);
		return;
	}
	Type **types = ARENA_ARRAY(c->u->arena, Type *, sig->result_count);
	for (uint32_t i = 0; i < sig->result_count; i++)
		types[i] = sig->results[i]->type;
	x->type = type_new_tuple(c->u, types, sig->result_count);
}

/* Evaluates the callee; of f[T] with generic f the type arguments are left to the call. */
static void check_callee(Check *c, Operand *x, CallExpr *e) {
	Node *fun = ast_unparen(e->fun);
	if (fun->kind != NODE_INDEX) {
		check_expr_or_type(c, x, e->fun, true);
		return;
	}
	*x = (Operand){.mode = MODE_NONE, .node = fun, .type = invalid_type(c)};
	if (check_index(c, x, AS(IndexExpr, fun)))
		x->mode = MODE_VALUE;
	for (Node *n = e->fun;; n = AS(ParenExpr, n)->x) {
		x->node = n;
		operand_record(c, x);
		if (n == fun)
			break;
	}
	x->node = e->fun;
}

void check_call(Check *c, Operand *x, CallExpr *e) {
	check_callee(c, x, e);
	if (x->mode == MODE_NONE) {
		use_exprs(c, e->args);
		return;
	}
	if (x->mode == MODE_TYPE) {
		conversion_call(c, x, e);
		return;
	}
	if (x->mode == MODE_BUILTIN) {
		e->call_kind = CALL_BUILTIN;
		e->builtin = x->builtin;
		e->fun->type = invalid_type(c);
		check_builtin(c, x, e, x->builtin);
		return;
	}
	Type *sig = x->mode == MODE_NIL ? NULL : type_common_underlying(c->u, x->type, false);
	if (!sig || sig->kind != TYPE_SIGNATURE) {
		FAIL(c, e->fun->pos, CALL_NON_FUNCTION, operand_text(c, x));
		operand_invalidate(x);
		return;
	}
	e->call_kind = CALL_CALL;
	CallArgs a = {.call = e, .sig = sig};
	a.type_args = ARENA_ARRAY(c->u->arena, Type *, sig->type_param_count);
	IndexExpr *index = sig->type_param_count > 0 ? index_of(e->fun) : NULL;
	bool ok = explicit_type_args(c, index, sig, a.type_args, &a.explicit_args);
	check_expr_list(c, e->args, &a.args, true);
	c->env.has_call_or_recv = true;
	operand_invalidate(x);
	if (ok && check_arguments(c, &a))
		set_result(c, x, a.sig);
}
