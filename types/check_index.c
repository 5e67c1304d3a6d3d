/* SPDX-License-Identifier: MIT */
/* check_index.c: x[i] and x[low:high:max]; also the first look at x[T], which instantiates.
 *
 * Rules: an index of a type parameter is allowed when every type of its set can be indexed and the elements agree. */
#include "types/check.h"

/* An operand used as index, length or capacity: an integer, not negative when constant. `what` begins its message. */
bool check_int_operand(Check *c, Operand *x, const char *what, bool allow_negative) {
	if (x->mode == MODE_NONE)
		return false;
	if (type_is_untyped(x->type))
		convert_untyped(c, x, basic(c, TYPE_INT));
	if (x->mode == MODE_NONE)
		return false;
	if (!type_is_integer(x->type)) {
		FAIL(c, x->node->pos, INDEX_INTEGER, what, operand_text(c, x));
		return false;
	}
	if (x->mode != MODE_CONST)
		return true;
	if (!allow_negative && const_sign(x->value) < 0) {
		FAIL(c, x->node->pos, INDEX_NEGATIVE, what, operand_text(c, x));
		return false;
	}
	if (const_representable(c->u, x->value, basic(c, TYPE_INT), NULL) != REPRESENTABLE) {
		FAIL(c, x->node->pos, INDEX_OVERFLOW, what, operand_text(c, x));
		return false;
	}
	return true;
}

/* The constant value of an index below max (-1: no bound), or -1 when it is not constant or wrong. */
int64_t check_index_value(Check *c, Node *index, int64_t max) {
	Operand x;
	int64_t value;
	check_expr(c, &x, index);
	if (!check_int_operand(c, &x, "index", false))
		return -1;
	if (x.mode != MODE_CONST || !const_int64(x.value, &value))
		return -1;
	if (max >= 0 && value >= max) {
		FAIL(c, index->pos, INDEX_BOUNDS, (long long)value, (long long)max);
		return -1;
	}
	return value;
}

/* ---------------------------------------------------------------- type parameters */

typedef struct TermIndex {
	Type *key, *elem;
	int64_t length; /* smallest array, or -1 */
	bool readable_only, first;
} TermIndex;

static bool describe_term(Type *u, TermIndex *out) {
	*out = (TermIndex){.length = -1};
	switch ((TypeKind)u->kind) {
	case TYPE_STRING:
		out->elem = u->universe->byte_type;
		out->readable_only = true;
		return true;
	case TYPE_ARRAY:
		out->elem = u->elem;
		out->length = u->length;
		return true;
	case TYPE_POINTER:
		if (under(u->elem)->kind != TYPE_ARRAY)
			return false;
		out->elem = under(u->elem)->elem;
		out->length = under(u->elem)->length;
		return true;
	case TYPE_SLICE:
		out->elem = u->elem;
		return true;
	case TYPE_MAP:
		out->elem = u->elem;
		out->key = u->key;
		return true;
	default:
		return false;
	}
}

static bool merge_term(void *user, Type *t, Type *u) {
	TermIndex *all = user, one;
	(void)t;
	if (!u || !describe_term(u, &one))
		return false;
	if (all->first) {
		*all = one;
		return true;
	}
	if (!type_identical(all->elem, one.elem) || !all->key != !one.key ||
	    (all->key && !type_identical(all->key, one.key)))
		return false;
	if (one.length >= 0 && (all->length < 0 || one.length < all->length))
		all->length = one.length;
	all->readable_only |= one.readable_only;
	return true;
}

/* ---------------------------------------------------------------- x[i] */

static void index_map(Check *c, Operand *x, Node *index, Type *key, Type *elem) {
	Operand k;
	check_expr_hint(c, &k, index, key);
	check_assignment(c, &k, key, "map index");
	x->mode = MODE_MAPINDEX;
	x->type = elem;
}

/* What x is indexed as; false: it cannot be. Sets the result's mode and type, and the bound of constant indices. */
static bool index_operand(Check *c, Operand *x, int64_t *bound, Type **map_key) {
	*bound = -1;
	*map_key = NULL;
	if (x->mode == MODE_NIL || x->mode == MODE_BUILTIN)
		return false;
	if (is_type_param(x->type)) {
		TermIndex all = {.first = true};
		if (!type_each_term(x->type, merge_term, &all) || all.first)
			return false;
		*bound = all.length;
		*map_key = all.key;
		x->mode = all.readable_only ? MODE_VALUE : MODE_VAR;
		x->type = all.elem;
		return true;
	}
	Type *u = under(x->type);
	if (type_is_string(u)) {
		if (x->mode == MODE_CONST)
			*bound = (int64_t)const_string(x->value).len;
		default_operand(c, x);
		x->mode = MODE_VALUE;
		x->value = NULL;
		x->type = c->u->byte_type;
		return true;
	}
	TermIndex one;
	if (!describe_term(u, &one))
		return false;
	*bound = one.length;
	*map_key = one.key;
	if (u->kind != TYPE_ARRAY)
		x->mode = MODE_VAR;
	else if (x->mode != MODE_VAR)
		x->mode = MODE_VALUE;
	x->type = one.elem;
	return true;
}

static void use_indices(Check *c, IndexExpr *e) {
	use_exprs(c, e->indices);
}

/* Returns true when x is a generic function: the caller instantiates it. */
bool check_index(Check *c, Operand *x, IndexExpr *e) {
	check_expr_or_type(c, x, e->x, true);
	if (x->mode == MODE_NONE) {
		use_indices(c, e);
		return false;
	}
	if (x->mode == MODE_TYPE) {
		x->type = check_instance_type(c, e);
		x->mode = x->type->kind == TYPE_INVALID ? MODE_NONE : MODE_TYPE;
		return false;
	}
	if (x->mode == MODE_VALUE && is_generic_signature(x->type))
		return true;
	if (x->mode == MODE_NONE) {
		use_indices(c, e);
		return false;
	}
	int64_t bound;
	Type *key;
	if (!index_operand(c, x, &bound, &key)) {
		FAIL(c, ast_end(e->x), CANNOT_INDEX, operand_text(c, x));
		use_indices(c, e);
		operand_invalidate(x);
		return false;
	}
	if (e->indices.len != 1) {
		FAIL(c, e->indices.len > 1 ? e->indices.items[1]->pos : e->rbrack, ONE_INDEX);
		operand_invalidate(x);
		return false;
	}
	if (key)
		index_map(c, x, e->indices.items[0], key, x->type);
	else
		check_index_value(c, e->indices.items[0], bound);
	return false;
}

/* ---------------------------------------------------------------- x[low:high:max] */

/* Prepares x; *bound is the length constant indices must not pass. */
static bool slice_operand(Check *c, Operand *x, SliceExpr *e, int64_t *bound) {
	*bound = -1;
	Type *u = x->mode == MODE_NIL ? NULL : type_common_underlying(c->u, x->type, true);
	if (u && type_is_string(u)) {
		if (e->three) {
			FAIL(c, e->max->pos, SLICE_STRING_THREE);
			return false;
		}
		if (x->mode == MODE_CONST)
			*bound = (int64_t)const_string(x->value).len;
		default_operand(c, x);
		/* Of a plain string type the result is of that type; bytes and strings mixed give what they are. */
		if (u->kind == TYPE_UNTYPED_STRING)
			x->type = basic(c, TYPE_STRING);
	} else if (u && u->kind == TYPE_ARRAY) {
		if (x->mode != MODE_VAR) {
			FAIL(c, e->node.pos, SLICE_UNADDRESSABLE, operand_text(c, x));
			return false;
		}
		mark_address_taken(e->x);
		*bound = u->length;
		x->type = type_new_slice(c->u, u->elem);
	} else if (u && u->kind == TYPE_POINTER && under(u->elem)->kind == TYPE_ARRAY) {
		*bound = under(u->elem)->length;
		x->type = type_new_slice(c->u, under(u->elem)->elem);
	} else if (!u || u->kind != TYPE_SLICE) {
		Buf why;
		buf_init(&why, c->u->arena->mem);
		if (!u && x->mode != MODE_NIL && is_type_param(x->type))
			buf_printf(&why, ": %s has no core type", type_text(c, x->type));
		FAIL(c, x->node->pos, CANNOT_SLICE, operand_text(c, x), buf_cstr(&why));
		buf_deinit(&why);
		return false;
	}
	x->mode = MODE_VALUE;
	x->value = NULL;
	return true;
}

void check_slice(Check *c, Operand *x, SliceExpr *e) {
	Node *nodes[3] = {e->low, e->high, e->max};
	check_expr(c, x, e->x);
	int64_t bound = -1;
	if (x->mode == MODE_NONE || !slice_operand(c, x, e, &bound)) {
		for (int i = 0; i < 3; i++)
			if (nodes[i])
				use_expr(c, nodes[i]);
		operand_invalidate(x);
		return;
	}
	int64_t values[3];
	for (int i = 0; i < 3; i++)
		values[i] = nodes[i] ? check_index_value(c, nodes[i], bound >= 0 ? bound + 1 : -1) : -1;
	for (int i = 0; i < 2; i++) {
		for (int k = i + 1; k < 3; k++) {
			if (values[i] < 0 || values[k] < 0 || values[i] <= values[k])
				continue;
			FAIL(c, nodes[k]->pos, SLICE_ORDER, (long long)values[k], (long long)values[i]);
			return;
		}
	}
}
