/* SPDX-License-Identifier: MIT */
/* check_builtin.c: one function per row of builtins.def.
 *
 * Rules: the arguments are evaluated before the row's function runs, except for make and new, whose first is a type.
 * Results are constant where Go says so: len and cap of arrays when nothing is called or received on the way. */
#include "types/check.h"

typedef struct Call {
	CallExpr *expr;
	Builtin id;
	Operand *args;
	uint32_t count;
} Call;

enum { EXPRESSION, STATEMENT }; /* the last column of a row */

static const struct {
	const char *name;
	uint8_t min_args;
	bool variadic;
	uint8_t kind;
} rows[] = {
#define BUILTIN(name, min_args, variadic, kind) {#name, min_args, variadic, kind},
#include "types/builtins.def"
#undef BUILTIN
};

static const char *builtin_name(Builtin id) {
	return rows[id].name;
}

bool builtin_is_statement(Builtin id) {
	return rows[id].kind == STATEMENT;
}

static void set_value(Operand *x, Type *t) {
	x->mode = MODE_VALUE;
	x->type = t;
	x->value = NULL;
}

static void set_const(Check *c, Operand *x, int64_t value, Type *t) {
	x->mode = MODE_CONST;
	x->type = t;
	x->value = const_make_int64(c->u, value);
}

static void set_no_value(Operand *x) {
	x->mode = MODE_NOVALUE;
}

/* ---------------------------------------------------------------- append, copy, clear, delete, close */

static void report_append(Check *c, Operand *s) {
	if (s->mode != MODE_NIL && is_type_param(s->type) && !type_common_underlying(c->u, s->type, false)) {
		FAIL(c, s->node->pos, APPEND_NO_CORE, operand_text(c, s));
		return;
	}
	FAIL(c, s->node->pos, APPEND_SLICE, s->mode == MODE_NIL ? "untyped nil" : operand_text(c, s));
}

static bool append_count(Check *c, Call *call, Type *slice) {
	bool dots = call->expr->ellipsis != 0;
	if (!dots || call->count == 2)
		return true;
	Object *params[2] = {object_new(c->u, OBJECT_VAR, NULL, NULL, 0, call->args[0].type),
			     object_new(c->u, OBJECT_VAR, NULL, NULL, 0, type_new_slice(c->u, slice->elem))};
	bool few = call->count < 2;
	Node *at = call->args[few ? 0 : 2].node;
	FAIL(c, at->pos, ARGUMENT_COUNT, few ? "not enough" : "too many", "append",
	     operands_summary(c, call->args, call->count), params_summary(c, params, 2, true));
	return false;
}

static void builtin_append(Check *c, Operand *x, Call *call) {
	Operand *s = &call->args[0];
	Type *slice = s->mode == MODE_NIL ? NULL : type_common_underlying(c->u, s->type, false);
	if (!slice || slice->kind != TYPE_SLICE) {
		report_append(c, s);
		return;
	}
	Type *result = s->type;
	default_operand(c, s);
	if (!append_count(c, call, slice))
		return;
	for (uint32_t i = 1; i < call->count; i++) {
		Operand *a = &call->args[i];
		Type *want = slice->elem;
		if (call->expr->ellipsis) {
			/* append([]byte, "text"...) */
			Type *from = a->mode == MODE_NIL ? NULL : type_common_underlying(c->u, a->type, true);
			if (from && type_is_string(from) && under_is(slice->elem, TYPE_UINT8)) {
				default_operand(c, a);
				continue;
			}
			want = type_new_slice(c->u, slice->elem);
		}
		c->argument_of = call->expr->fun;
		check_assignment(c, a, want, ARGUMENT_CONTEXT);
	}
	set_value(x, result);
}

static void builtin_copy(Check *c, Operand *x, Call *call) {
	Operand *to = &call->args[0], *from = &call->args[1];
	Type *dst = to->mode == MODE_NIL ? NULL : type_common_underlying(c->u, to->type, false);
	Type *src = from->mode == MODE_NIL ? NULL : type_common_underlying(c->u, from->type, true);
	Type *src_elem = NULL;
	if (src && type_is_string(src))
		src_elem = c->u->byte_type;
	else if (src && src->kind == TYPE_SLICE)
		src_elem = src->elem;
	if (!dst || dst->kind != TYPE_SLICE || !src_elem) {
		FAIL(c, to->node->pos, COPY_ARGUMENTS, operand_text(c, to), operand_text(c, from));
		return;
	}
	if (!type_identical(dst->elem, src_elem)) {
		FAIL(c, to->node->pos, COPY_TYPES, operand_text(c, to), operand_text(c, from), type_text(c, dst->elem),
		     type_text(c, src_elem));
		return;
	}
	default_operand(c, from);
	set_value(x, basic(c, TYPE_INT));
}

static bool term_clears(void *user, Type *t, Type *u) {
	(void)user;
	(void)t;
	return u && (u->kind == TYPE_MAP || u->kind == TYPE_SLICE);
}

static void builtin_clear(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0];
	if (a->mode == MODE_NIL || !type_each_term(a->type, term_clears, NULL)) {
		FAIL(c, a->node->pos, CLEAR, operand_text(c, a));
		return;
	}
	set_no_value(x);
}

typedef struct MapTerms {
	Type *key;
} MapTerms;

static bool term_is_map(void *user, Type *t, Type *u) {
	MapTerms *all = user;
	(void)t;
	if (!u || u->kind != TYPE_MAP || (all->key && !type_identical(all->key, u->key)))
		return false;
	all->key = u->key;
	return true;
}

static void builtin_delete(Check *c, Operand *x, Call *call) {
	Operand *m = &call->args[0], *key = &call->args[1];
	MapTerms maps = {NULL};
	if (m->mode == MODE_NIL || !type_each_term(m->type, term_is_map, &maps)) {
		FAIL(c, m->node->pos, NOT_A_MAP, operand_text(c, m));
		return;
	}
	check_assignment(c, key, maps.key, "argument to delete");
	set_no_value(x);
}

static bool term_is_chan(void *user, Type *t, Type *u) {
	bool *receive_only = user;
	(void)t;
	if (!u || u->kind != TYPE_CHAN)
		return false;
	*receive_only |= u->chan_dir == CHAN_RECV;
	return true;
}

static void builtin_close(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0];
	bool receive_only = false;
	if (a->mode == MODE_NIL || !type_each_term(a->type, term_is_chan, &receive_only))
		FAIL(c, a->node->pos, CLOSE_NON_CHANNEL, operand_text(c, a));
	else if (receive_only)
		FAIL(c, a->node->pos, CLOSE_RECEIVE_ONLY, operand_text(c, a));
	else
		set_no_value(x);
}

/* ---------------------------------------------------------------- len, cap */

typedef struct LengthTerm {
	bool is_cap;
} LengthTerm;

static bool has_length(Type *u, bool is_cap) {
	if (u->kind == TYPE_POINTER)
		u = under(u->elem)->kind == TYPE_ARRAY ? under(u->elem) : u;
	switch ((TypeKind)u->kind) {
	case TYPE_ARRAY:
	case TYPE_SLICE:
	case TYPE_CHAN: return true;
	case TYPE_MAP:
	case TYPE_STRING:
	case TYPE_UNTYPED_STRING: return !is_cap;
	default: return false;
	}
}

static bool term_has_length(void *user, Type *t, Type *u) {
	(void)t;
	return u && has_length(u, ((LengthTerm *)user)->is_cap);
}

static void builtin_length(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0];
	LengthTerm want = {call->id == BUILTIN_cap};
	if (a->mode == MODE_NIL || !type_each_term(a->type, term_has_length, &want)) {
		const char *text = a->mode == MODE_NIL ? "untyped nil" : operand_text(c, a);
		FAIL(c, a->node->pos, LENGTH, text, builtin_name(call->id));
		return;
	}
	if (a->mode == MODE_CONST) {
		int64_t length = (int64_t)const_string(a->value).len;
		default_operand(c, a);
		set_const(c, x, length, basic(c, TYPE_INT));
		return;
	}
	Type *u = is_type_param(a->type) ? a->type : under(a->type);
	if (u->kind == TYPE_POINTER)
		u = under(u->elem);
	if (u->kind == TYPE_ARRAY && !c->env.has_call_or_recv)
		set_const(c, x, u->length, basic(c, TYPE_INT));
	else
		set_value(x, basic(c, TYPE_INT));
}

/* ---------------------------------------------------------------- complex, real, imag */

static Type *complex_of(Check *c, Type *t) {
	switch (is_type_param(t) ? TYPE_PARAM : (TypeKind)under(t)->kind) {
	case TYPE_FLOAT32: return basic(c, TYPE_COMPLEX64);
	case TYPE_FLOAT64: return basic(c, TYPE_COMPLEX128);
	case TYPE_UNTYPED_FLOAT: return basic(c, TYPE_UNTYPED_COMPLEX);
	default: return NULL;
	}
}

static Type *float_of(Check *c, Type *t) {
	switch (is_type_param(t) ? TYPE_PARAM : (TypeKind)under(t)->kind) {
	case TYPE_COMPLEX64: return basic(c, TYPE_FLOAT32);
	case TYPE_COMPLEX128: return basic(c, TYPE_FLOAT64);
	case TYPE_UNTYPED_COMPLEX: return basic(c, TYPE_UNTYPED_FLOAT);
	default: return NULL;
	}
}

static void make_untyped_float(Check *c, Operand *x) {
	if (type_is_numeric(x->type) && const_sign(const_imag(c->u, x->value)) == 0)
		x->type = basic(c, TYPE_UNTYPED_FLOAT);
}

static bool match_complex_parts(Check *c, Operand *a, Operand *b) {
	bool ua = type_is_untyped(a->type), ub = type_is_untyped(b->type);
	if (ua && ub && a->mode == MODE_CONST && b->mode == MODE_CONST) {
		make_untyped_float(c, a);
		make_untyped_float(c, b);
	} else if (ua) {
		convert_untyped(c, a, ub ? basic(c, TYPE_FLOAT64) : b->type);
	}
	if (a->mode != MODE_NONE && type_is_untyped(b->type) && !type_is_untyped(a->type))
		convert_untyped(c, b, a->type);
	return a->mode != MODE_NONE && b->mode != MODE_NONE;
}

static void builtin_complex(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0], *b = &call->args[1];
	if (!match_complex_parts(c, a, b))
		return;
	if (!type_identical(a->type, b->type)) {
		FAIL(c, a->node->pos, MISMATCHED, node_text(c, &call->expr->node), type_text(c, a->type),
		     type_text(c, b->type));
		return;
	}
	Type *result = complex_of(c, a->type);
	if (!result) {
		FAIL(c, a->node->pos, COMPLEX_ARGUMENTS, type_text(c, a->type));
		return;
	}
	set_value(x, result);
	if (a->mode == MODE_CONST && b->mode == MODE_CONST) {
		x->mode = MODE_CONST;
		x->value = const_make_complex(c->u, const_to_float(c->u, a->value), const_to_float(c->u, b->value));
	}
}

static void builtin_part(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0];
	if (type_is_untyped(a->type)) {
		if (a->mode == MODE_CONST && type_is_numeric(a->type)) {
			a->type = basic(c, TYPE_UNTYPED_COMPLEX);
		} else {
			convert_untyped(c, a, basic(c, TYPE_COMPLEX128));
			if (a->mode == MODE_NONE)
				return;
		}
	}
	Type *result = float_of(c, a->type);
	if (!result) {
		FAIL(c, a->node->pos, COMPLEX_PART, type_text(c, a->type));
		return;
	}
	set_value(x, result);
	if (a->mode != MODE_CONST)
		return;
	x->mode = MODE_CONST;
	x->value = call->id == BUILTIN_real ? const_real(c->u, a->value) : const_imag(c->u, a->value);
}

/* ---------------------------------------------------------------- make, new */

static void builtin_make(Check *c, Operand *x, Call *call) {
	NodeList args = call->expr->args;
	Type *t = check_var_type(c, args.items[0]);
	for (uint32_t i = 1; t->kind == TYPE_INVALID && i < args.len; i++)
		use_expr(c, args.items[i]);
	if (t->kind == TYPE_INVALID)
		return;
	Type *u = type_common_underlying(c->u, t, false);
	if (!u || (u->kind != TYPE_SLICE && u->kind != TYPE_MAP && u->kind != TYPE_CHAN)) {
		FAIL(c, args.items[0]->pos, MAKE_TYPE, type_text(c, t));
		return;
	}
	uint32_t min = u->kind == TYPE_SLICE ? 2 : 1;
	if (args.len < min || args.len > min + 1) {
		FAIL(c, call->expr->node.pos, MAKE_COUNT, node_text(c, &call->expr->node), min, min + 1, args.len);
		return;
	}
	int64_t sizes[2] = {-1, -1};
	for (uint32_t i = 1; i < args.len; i++)
		sizes[i - 1] = check_index_value(c, args.items[i], -1);
	if (args.len == 3 && sizes[0] >= 0 && sizes[1] >= 0 && sizes[0] > sizes[1])
		FAIL(c, args.items[1]->pos, MAKE_SWAPPED);
	set_value(x, t);
}

/* Since Go 1.26 the argument may be a value: the new variable starts with it. */
static void builtin_new(Check *c, Operand *x, Call *call) {
	Node *arg = call->expr->args.items[0];
	Operand a;
	check_expr_or_type(c, &a, arg, false);
	if (a.mode == MODE_NONE)
		return;
	if (a.mode == MODE_TYPE) {
		require_var_type(c, a.type, arg->pos);
	} else if (!language_has(c, 26)) {
		/* Until then it was no type, and so people know the message. */
		FAIL(c, arg->pos, NEW_VALUE, node_text(c, arg), language_source(c));
		return;
	} else {
		report_not_value(c, &a);
		if (a.mode != MODE_NONE)
			check_assignment(c, &a, NULL, "argument to new");
		if (a.mode == MODE_NONE)
			return;
	}
	set_value(x, type_new_pointer(c->u, a.type));
}

/* ---------------------------------------------------------------- min, max */

static void builtin_extreme(Check *c, Operand *x, Call *call) {
	Token op = call->id == BUILTIN_max ? TOK_GTR : TOK_LSS;
	for (uint32_t i = 0; i < call->count; i++) {
		if (call->args[i].mode != MODE_NIL && type_is_ordered(call->args[i].type))
			continue;
		FAIL(c, call->args[i].node->pos, NOT_ORDERED, operand_text(c, &call->args[i]));
		return;
	}
	Operand best = call->args[0];
	for (uint32_t i = 1; i < call->count; i++) {
		Operand *a = &call->args[i];
		match_operands(c, &best, a);
		if (best.mode == MODE_NONE)
			return;
		if (!type_identical(best.type, a->type)) {
			FAIL(c, a->node->pos, EXTREME_MISMATCH, type_text(c, best.type), type_text(c, a->type),
			     node_text(c, a->node));
			return;
		}
		if (best.mode == MODE_CONST && a->mode == MODE_CONST) {
			if (const_compare(op, a->value, best.value))
				best.value = a->value;
		} else {
			best.mode = MODE_VALUE;
			best.value = NULL;
		}
	}
	if (best.mode != MODE_CONST) {
		best.mode = MODE_VALUE;
		default_operand(c, &best);
	}
	for (uint32_t i = 0; best.mode != MODE_NONE && best.mode != MODE_CONST && i < call->count; i++)
		update_expr_type(c, call->args[i].node, best.type, true);
	x->mode = best.mode;
	x->type = best.type;
	x->value = best.value;
}

/* ---------------------------------------------------------------- panic, print, recover */

static void builtin_panic(Check *c, Operand *x, Call *call) {
	check_assignment(c, &call->args[0], c->u->any_type, "argument to panic");
	if (call->args[0].mode != MODE_NONE)
		set_no_value(x);
}

static void builtin_print(Check *c, Operand *x, Call *call) {
	const char *context = call->id == BUILTIN_print ? "argument to print" : "argument to println";
	bool valid = true;
	for (uint32_t i = 0; i < call->count; i++) {
		check_assignment(c, &call->args[i], NULL, context);
		valid &= call->args[i].mode != MODE_NONE;
	}
	if (valid)
		set_no_value(x);
}

static void builtin_recover(Check *c, Operand *x) {
	if (c->env.func)
		c->env.func->has_recover = true;
	if (c->env.real_func)
		c->env.real_func->has_recover = true;
	Type *empty = type_new(c->u, TYPE_INTERFACE); /* not `any`: messages tell them apart */
	empty->complete = true;
	set_value(x, empty);
}

/* ---------------------------------------------------------------- package unsafe */

static void builtin_size(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0];
	check_assignment(c, a, NULL, "argument to unsafe function");
	if (a->mode == MODE_NONE)
		return;
	if (type_is_parameterized(a->type)) {
		set_value(x, basic(c, TYPE_UINTPTR));
		return;
	}
	Layout layout = type_layout(c, a->type);
	set_const(c, x, call->id == BUILTIN_Sizeof ? layout.size : layout.align, basic(c, TYPE_UINTPTR));
}

static void builtin_offset(Check *c, Operand *x, Call *call) {
	Node *arg = ast_unparen(call->expr->args.items[0]);
	Selection *s = arg->kind == NODE_SELECTOR ? AS(SelectorExpr, arg)->selection : NULL;
	if (!s) {
		FAIL(c, arg->pos, OFFSET_SELECTOR, node_text(c, arg));
		return;
	}
	if (s->kind != SELECT_FIELD) {
		FAIL(c, arg->pos, OFFSET_METHOD, node_text(c, arg));
		return;
	}
	int64_t offset = 0;
	Type *t = type_deref(s->recv, NULL);
	for (uint32_t i = 0; i < s->path_len; i++) {
		Type *st = under(t);
		bool pointer;
		if (st->kind != TYPE_STRUCT)
			return;
		offset += field_offset(c, st, s->path[i]);
		t = type_deref(st->fields[s->path[i]].type, &pointer);
		if (pointer && i + 1 < s->path_len) {
			FAIL(c, arg->pos, OFFSET_POINTER, node_text(c, arg));
			return;
		}
	}
	set_const(c, x, offset, basic(c, TYPE_UINTPTR));
}

static void builtin_unsafe_data(Check *c, Operand *x, Call *call) {
	Operand *a = &call->args[0];
	Type *u = a->mode == MODE_NIL ? NULL : type_common_underlying(c->u, a->type, false);
	Type *byte_pointer = type_new_pointer(c->u, c->u->byte_type);
	switch (call->id) {
	case BUILTIN_String:
		check_assignment(c, a, byte_pointer, "argument to unsafe.String");
		if (check_int_operand(c, &call->args[1], "length", false))
			set_value(x, basic(c, TYPE_STRING));
		return;
	case BUILTIN_StringData:
		check_assignment(c, a, basic(c, TYPE_STRING), "argument to unsafe.StringData");
		set_value(x, byte_pointer);
		return;
	case BUILTIN_Slice:
		if (!u || u->kind != TYPE_POINTER)
			FAIL(c, a->node->pos, UNSAFE_ARGUMENT, operand_text(c, a), "pointer");
		else if (check_int_operand(c, &call->args[1], "length", false))
			set_value(x, type_new_slice(c->u, u->elem));
		return;
	default:
		if (!u || u->kind != TYPE_SLICE)
			FAIL(c, a->node->pos, UNSAFE_ARGUMENT, operand_text(c, a), "slice");
		else
			set_value(x, type_new_pointer(c->u, u->elem));
	}
}

/* ---------------------------------------------------------------- dispatch */

static void run_builtin(Check *c, Operand *x, Call *call) {
	switch (call->id) {
	case BUILTIN_append: builtin_append(c, x, call); return;
	case BUILTIN_len:
	case BUILTIN_cap: builtin_length(c, x, call); return;
	case BUILTIN_clear: builtin_clear(c, x, call); return;
	case BUILTIN_close: builtin_close(c, x, call); return;
	case BUILTIN_complex: builtin_complex(c, x, call); return;
	case BUILTIN_copy: builtin_copy(c, x, call); return;
	case BUILTIN_delete: builtin_delete(c, x, call); return;
	case BUILTIN_real:
	case BUILTIN_imag: builtin_part(c, x, call); return;
	case BUILTIN_make: builtin_make(c, x, call); return;
	case BUILTIN_max:
	case BUILTIN_min: builtin_extreme(c, x, call); return;
	case BUILTIN_new: builtin_new(c, x, call); return;
	case BUILTIN_panic: builtin_panic(c, x, call); return;
	case BUILTIN_print:
	case BUILTIN_println: builtin_print(c, x, call); return;
	case BUILTIN_recover: builtin_recover(c, x); return;
	case BUILTIN_Alignof:
	case BUILTIN_Sizeof: builtin_size(c, x, call); return;
	case BUILTIN_Offsetof: builtin_offset(c, x, call); return;
	case BUILTIN_String:
	case BUILTIN_StringData:
	case BUILTIN_Slice:
	case BUILTIN_SliceData: builtin_unsafe_data(c, x, call); return;
	case BUILTIN_COUNT: return;
	}
}

static bool check_builtin_count(Check *c, Call *call, uint32_t have) {
	uint32_t min = rows[call->id].min_args;
	if (have >= min && (have == min || rows[call->id].variadic))
		return true;
	FAIL(c, call->expr->node.pos, BUILTIN_COUNT, have < min ? "not enough" : "too many",
	     node_text(c, &call->expr->node), min, have);
	return false;
}

static bool check_builtin_version(Check *c, Call *call) {
	static const uint8_t since[BUILTIN_COUNT] = {
		[BUILTIN_clear] = 21, [BUILTIN_max] = 21,    [BUILTIN_min] = 21,        [BUILTIN_Slice] = 17,
		[BUILTIN_String] = 20, [BUILTIN_StringData] = 20, [BUILTIN_SliceData] = 20,
	};
	unsigned minor = since[call->id];
	return minor == 0 || language_has(c, minor) ||
	       require_language(c, call->expr->fun->pos, minor, "%s%s", call->id >= BUILTIN_Alignof ? "unsafe." : "",
				builtin_name(call->id));
}

void check_builtin(Check *c, Operand *x, CallExpr *e, Builtin id) {
	Call call = {.expr = e, .id = id};
	bool saved = c->env.has_call_or_recv;
	OperandList args = {0};
	operand_invalidate(x);
	if (e->ellipsis && id != BUILTIN_append) {
		Node *at = e->args.len ? e->args.items[e->args.len - 1] : &e->node;
		FAIL(c, at->pos, BUILTIN_DOTS, builtin_name(id));
		use_exprs(c, e->args);
		return;
	}
	bool by_type = id == BUILTIN_make || id == BUILTIN_new;
	c->env.has_call_or_recv = false;
	if (!by_type)
		check_expr_list(c, e->args, &args, false);
	call.args = args.items;
	call.count = args.len;
	bool valid = check_builtin_count(c, &call, by_type ? e->args.len : args.len);
	for (uint32_t i = 0; i < args.len; i++)
		valid &= args.items[i].mode != MODE_NONE;
	if (valid && check_builtin_version(c, &call))
		run_builtin(c, x, &call);
	c->env.has_call_or_recv = saved || (x->mode != MODE_NONE && x->mode != MODE_CONST);
}
