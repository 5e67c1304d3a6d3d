/* SPDX-License-Identifier: MIT */
/* infer.c: type-argument inference for calls and for generic functions used as values.
 *
 * Order of work, as the Go specification has it: typed arguments are matched with their parameters; then constraints
 * say more (a common underlying type, or the methods they ask for) until nothing new is learned; then untyped constants
 * give parameters that are still unknown the default type of the widest of them.
 * Rules: every type parameter to be inferred is in `params`, also those of arguments that are generic functions, and
 * none occurs in the surrounding function: the caller renames. The first failure is reported. */
#include "types/implements.h"
#include "types/internal.h"
#include "types/unify.h"

typedef struct Inference {
	Unifier unifier;
	Universe *u;
	Pos pos;
	const char *func_name; /* NULL: not a call */
	Type **param_types, **arg_types;
	Node **arg_nodes;
	uint32_t arg_count;
} Inference;

/* ---------------------------------------------------------------- messages */

static void report(const Inference *in, Pos pos, Buf *message) {
	const char *name = in->func_name ? in->func_name : "", *text = buf_cstr(message);
	if (error_follows(in->u->sources, text))
		return;
	diag_report(in->u->sources, SEVERITY_ERROR, 0, pos, 0, "%s%s%s%s", in->func_name ? "in call to " : "", name,
		    in->func_name ? ", " : "", text);
}

static void put_type(const Inference *in, Buf *out, Type *t) {
	type_print(t, in->u->current, out);
}

static Pos arg_pos(const Inference *in, uint32_t arg) {
	return in->arg_nodes && in->arg_nodes[arg] ? in->arg_nodes[arg]->pos : in->pos;
}

/* "type X of x"; a generic function is shown with its type parameters. */
static void put_arg(const Inference *in, Buf *out, uint32_t arg) {
	Node *node = in->arg_nodes ? in->arg_nodes[arg] : NULL;
	Type *t = in->arg_types[arg], *recorded = node ? type_unalias(node->type) : NULL;
	if (recorded && recorded->kind == TYPE_SIGNATURE && recorded->type_param_count)
		t = recorded;
	buf_puts(out, "type ");
	put_type(in, out, t);
	if (!node)
		return;
	buf_puts(out, " of ");
	ast_print_expr(node, out);
}

/* T | T and U | T, U, and V */
static void put_params(const Inference *in, Buf *out) {
	uint32_t count = in->unifier.count;
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_puts(out, count == 2 ? " and " : i + 1 == count ? ", and " : ", ");
		put_type(in, out, in->unifier.params[i]);
	}
}

static bool report_mismatch(const Inference *in, uint32_t arg) {
	Buf text;
	buf_init(&text, in->u->arena->mem);
	Type **known = ARENA_ARRAY(in->u->arena, Type *, in->unifier.count + 1);
	unifier_results(&in->unifier, known);
	bool any = false;
	for (uint32_t i = 0; i < in->unifier.count; i++)
		any |= known[i] != NULL;
	TypeSubst map = {in->unifier.params, known, in->unifier.count};
	Type *param = in->param_types[arg], *inferred = any ? type_subst(in->u, param, &map) : param;
	put_arg(in, &text, arg);
	buf_puts(&text, inferred != param ? " does not match inferred type " : " does not match ");
	put_type(in, &text, inferred);
	if (inferred != param) {
		buf_puts(&text, " for ");
		put_type(in, &text, param);
	} else if (!any) {
		buf_puts(&text, " (cannot infer ");
		put_params(in, &text);
		buf_putc(&text, ')');
	}
	report(in, arg_pos(in, arg), &text);
	buf_deinit(&text);
	return false;
}

static bool report_unknown(const Inference *in, uint32_t param) {
	Buf text;
	buf_init(&text, in->u->arena->mem);
	buf_puts(&text, "cannot infer ");
	put_type(in, &text, in->unifier.params[param]);
	Object *o = in->unifier.params[param]->object;
	if (o && o->pos) {
		Position p = source_position(in->u->sources, o->pos);
		buf_printf(&text, " (%s:%u:%u)", p.file, p.line, p.column);
	}
	report(in, in->pos, &text);
	buf_deinit(&text);
	return false;
}

/* "T (type int) does not satisfy I (missing method A)" */
static bool report_unsatisfied(const Inference *in, uint32_t param, const char *cause) {
	Buf text;
	buf_init(&text, in->u->arena->mem);
	Type *t = in->unifier.params[param];
	put_type(in, &text, t);
	buf_puts(&text, " (type ");
	put_type(in, &text, unifier_value(&in->unifier, param));
	buf_puts(&text, ") does not satisfy ");
	put_type(in, &text, t->constraint ? t->constraint : type_underlying(t));
	buf_printf(&text, "%s%s", *cause ? " " : "", cause);
	report(in, in->pos, &text);
	buf_deinit(&text);
	return false;
}

static bool report_mixed_untyped(const Inference *in, uint32_t arg, Type *x, Type *y) {
	Buf text;
	buf_init(&text, in->u->arena->mem);
	buf_puts(&text, "mismatched types ");
	put_type(in, &text, x);
	buf_puts(&text, " and ");
	put_type(in, &text, y);
	buf_puts(&text, " (cannot infer ");
	put_type(in, &text, in->param_types[arg]);
	buf_putc(&text, ')');
	report(in, arg_pos(in, arg), &text);
	buf_deinit(&text);
	return false;
}

/* ---------------------------------------------------------------- typed arguments */

static bool use_typed_arguments(Inference *in) {
	for (uint32_t i = 0; i < in->arg_count; i++) {
		Type *param = in->param_types[i], *arg = in->arg_types[i];
		if (!arg || type_unalias(arg)->kind == TYPE_INVALID || type_is_untyped(arg))
			continue;
		if (!unifier_mentions(&in->unifier, param) && !unifier_mentions(&in->unifier, arg))
			continue;
		if (!unify(&in->unifier, param, arg, UNIFY_ASSIGN))
			return report_mismatch(in, i);
	}
	return true;
}

/* ---------------------------------------------------------------- constraints */

/* What the type set of a parameter has in common. */
typedef struct Core {
	Type *type;  /* NULL: nothing */
	bool single; /* the one term there is */
	bool tilde;
} Core;

static Core core_of(Universe *u, Type *param) {
	Type *iface = type_underlying(param);
	interface_complete(u, iface, 0);
	Core core = {0};
	if (!iface->has_terms)
		return core;
	if (iface->term_count == 1)
		return (Core){iface->terms[0].type, true, iface->terms[0].tilde};
	core.type = type_common_underlying(u, param, false);
	for (uint32_t i = 0; i < iface->term_count; i++)
		core.tilde |= iface->terms[i].tilde;
	return core;
}

static bool unify_signature(void *user, Type *have, Type *want) {
	return unify(user, have, want, UNIFY_EXACT);
}

static bool use_methods(Inference *in, uint32_t param) {
	Type *iface = type_underlying(in->unifier.params[param]);
	MethodMatch match = {unify_signature, &in->unifier};
	Buf why;
	buf_init(&why, in->u->arena->mem);
	Type *value = unifier_value(&in->unifier, param);
	bool ok = !methods_missing(in->u, value, iface, &match, NULL, &why);
	if (!ok)
		report_unsatisfied(in, param, buf_cstr(&why));
	buf_deinit(&why);
	return ok;
}

static bool use_constraint(Inference *in, uint32_t param) {
	Core core = core_of(in->u, in->unifier.params[param]);
	Type *value = unifier_value(&in->unifier, param);
	if (value && type_unalias(value)->kind == TYPE_INVALID)
		return true;
	if (!core.type)
		return !value || use_methods(in, param);
	if (value)
		return unify(&in->unifier, value, core.type, UNIFY_LOOSE) || report_unsatisfied(in, param, "");
	if (core.single && !core.tilde)
		unifier_set(&in->unifier, param, core.type);
	return true;
}

static bool use_constraints(Inference *in) {
	uint32_t unknown, before = unifier_unknown(&in->unifier) + 1;
	while ((unknown = unifier_unknown(&in->unifier)) < before) {
		before = unknown;
		for (uint32_t i = 0; i < in->unifier.count; i++)
			if (!use_constraint(in, i))
				return false;
	}
	return true;
}

/* ---------------------------------------------------------------- untyped arguments */

/* The wider of two untyped types, NULL when only one is numeric. */
static Type *wider_untyped(Type *x, Type *y) {
	if (x->kind == y->kind)
		return x;
	bool numeric = x->kind >= TYPE_UNTYPED_INT && x->kind <= TYPE_UNTYPED_COMPLEX &&
		       y->kind >= TYPE_UNTYPED_INT && y->kind <= TYPE_UNTYPED_COMPLEX;
	return !numeric ? NULL : x->kind > y->kind ? x : y;
}

static bool use_untyped_arguments(Inference *in) {
	Unifier *s = &in->unifier;
	Type **widest = ARENA_ARRAY(in->u->arena, Type *, s->count + 1);
	for (uint32_t i = 0; i < in->arg_count; i++) {
		Type *arg = type_unalias(in->arg_types[i]);
		if (!arg || !type_is_untyped(arg) || arg->kind == TYPE_UNTYPED_NIL)
			continue;
		Type *param = type_unalias(in->param_types[i]);
		int64_t p = param ? unifier_param(s, param) : -1;
		if (p < 0 || unifier_value(s, (uint32_t)p))
			continue;
		Type *wider = widest[p] ? wider_untyped(widest[p], arg) : arg;
		if (!wider)
			return report_mixed_untyped(in, i, widest[p], arg);
		widest[p] = wider;
	}
	for (uint32_t p = 0; p < s->count; p++)
		if (widest[p] && !unifier_value(s, p))
			unifier_set(s, p, type_default(in->u, widest[p]));
	return true;
}

/* ---------------------------------------------------------------- entry points */

static bool all_known(Type **targs, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (!targs[i])
			return false;
	return true;
}

bool infer_type_args(Universe *u, Pos pos, const char *func_name, Type **params, Type **targs, uint32_t count,
		     Type **param_types, Type **arg_types, Node **arg_nodes, uint32_t arg_count) {
	if (all_known(targs, count))
		return true;
	Inference in = {.u = u, .pos = pos, .func_name = func_name, .param_types = param_types, .arg_types = arg_types,
			.arg_nodes = arg_nodes, .arg_count = arg_count};
	unifier_init(&in.unifier, u, params, targs, count);
	if (!use_typed_arguments(&in) || !use_constraints(&in) || !use_untyped_arguments(&in))
		return false;
	unifier_results(&in.unifier, targs);
	for (uint32_t i = 0; i < count; i++)
		if (!targs[i])
			return report_unknown(&in, i);
	return true;
}

bool type_unify(Universe *u, Type *x, Type *y, Type **params, Type **targs, uint32_t count, bool assignable_mode) {
	Unifier s;
	unifier_init(&s, u, params, targs, count);
	bool same = unify(&s, x, y, assignable_mode ? UNIFY_ASSIGN : UNIFY_EXACT);
	unifier_results(&s, targs);
	return same;
}
