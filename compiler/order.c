/* SPDX-License-Identifier: MIT */
/* order.c: the order in which operands are evaluated when some of them call functions.
 * Rules: the specification orders calls, receives and method calls only. gc evaluates those first, from left to right,
 * and reads variables, fields and elements afterwards; programs rely on it: in `b.buf[b.grow()] = c` the buffer is the
 * grown one. So an operand with a call that stands behind one that only reads memory is evaluated into a temporary
 * first.
 * Why by exchanging nodes: the temporary takes the operand's place in the tree as a variable while the expression is
 * generated, so no pattern the generator knows can evaluate the operand a second time. */
#include "compiler/gen.h"

typedef struct CallSearch {
	Walker walker; /* first */
	bool builtins; /* calls of builtins count, too */
	bool found;
} CallSearch;

static bool enter_node(Walker *w, Node *n) {
	CallSearch *s = w->data;
	if (n->value || s->found || n->kind == NODE_FUNC_LIT)
		return false;
	if (n->kind == NODE_CALL && AS(CallExpr, n)->call_kind != CALL_CONVERSION)
		s->found = AS(CallExpr, n)->call_kind == CALL_CALL || s->builtins;
	else if (n->kind == NODE_UNARY && AS(UnaryExpr, n)->op == TOK_ARROW)
		s->found = true;
	return !s->found;
}

static bool search(Node *n, bool builtins) {
	CallSearch s = {.walker = {.enter = enter_node}, .builtins = builtins};
	s.walker.data = &s;
	ast_walk(&s.walker, n);
	return s.found;
}

/* A call that may change variables. */
static bool has_call(Node *n) { return search(n, false); }

/* What is kept in order among such calls: len(x) reads x when its turn comes, a bare x does not. */
static bool is_ordered(Node *n) { return search(n, true); }

/* Whether a call cannot change the value: constants, function literals, variables that live in the frame. */
static bool is_stable(Gen *g, Node *n) {
	n = ast_unparen(n);
	if (n->value || n->kind == NODE_FUNC_LIT || node_is_nil(n))
		return true;
	if (n->kind != NODE_IDENT)
		return false;
	Object *o = AS(Ident, n)->object;
	return !o || o->kind != OBJECT_VAR || (!o->is_global && var_of(g, o)->kind != VAR_BOXED);
}

static bool can_stand_aside(Gen *g, Node *n) {
	n = ast_unparen(n);
	return n->kind != NODE_COMPOSITE_LIT && n->kind != NODE_UNARY && n->type && n->type->kind != TYPE_TUPLE &&
	       has_call(n) && node_desc(g, n)->slots <= MAX_FRAME_VALUE_SLOTS;
}

static void stand_aside(Gen *g, Order *o, Node **at) {
	Node *n = *at;
	const TypeDesc *d = node_desc(g, n);
	Reg r = slot_alloc(g, d);
	gen_expr_to(g, n, r);
	Object *variable = ARENA_NEW(g->c->arena, Object);
	*variable = (Object){.kind = OBJECT_VAR, .used = true, .type = n->type, .owner = g->info, .name = o->name};
	var_declare_at(g, variable, d, r);
	Ident *stand_in = NEW_NODE(g->c->arena, Ident, n->pos);
	stand_in->node.type = n->type;
	stand_in->node.mode = MODE_VALUE;
	stand_in->name = o->name;
	stand_in->object = variable;
	VEC_PUSH(g->c->arena, &o->changed, ((OrderChange){at, n}));
	*at = &stand_in->node;
}

typedef VEC(Node **) Operands;

/* The composite literal that n is or points to, if its elements are operands of the one around it. Maps are not: each of their
 * entries is set before the next one is looked at. */
static CompositeLit *inner_literal(Gen *g, Node *n) {
	n = ast_unparen(n);
	if (n->kind == NODE_UNARY && AS(UnaryExpr, n)->op == TOK_AND)
		n = ast_unparen(AS(UnaryExpr, n)->x);
	if (n->kind != NODE_COMPOSITE_LIT)
		return NULL;
	const TypeDesc *d = node_desc(g, n);
	return (d->kind == KIND_POINTER ? d->elem : d)->kind == KIND_MAP ? NULL : AS(CompositeLit, n);
}

/* The place of an operand, or of all those in a literal. */
static void add_operand(Gen *g, Operands *out, Node **at) {
	CompositeLit *e = inner_literal(g, *at);
	for (uint32_t i = 0; e && i < e->elements.len; i++) {
		Node **element = &e->elements.items[i];
		add_operand(g, out, (*element)->kind == NODE_KEY_VALUE ? &AS(KeyValueExpr, *element)->value : element);
	}
	if (!e)
		VEC_PUSH(g->c->arena, out, at);
}

void order_begin(Gen *g, Order *o, Node **const *operands, uint32_t count) {
	*o = (Order){0};
	uint32_t last = count, reader = count;
	for (uint32_t i = count; i-- > 0;)
		if (!is_stable(g, *operands[i])) {
			if (last == count && has_call(*operands[i]) && can_stand_aside(g, *operands[i]))
				last = i;
			else if (last != count && !is_ordered(*operands[i]))
				reader = i;
		}
	if (last == count || reader == count)
		return;
	o->name = intern_cstr(g->c->u->interner, "~operand");
	for (uint32_t i = 0; i <= last; i++)
		if (!is_stable(g, *operands[i]) && can_stand_aside(g, *operands[i]))
			stand_aside(g, o, operands[i]);
}

void order_begin_list(Gen *g, Order *o, NodeList *list) {
	*o = (Order){0};
	if (list->len < 2)
		return;
	Node ***operands = ARENA_ARRAY(g->c->arena, Node **, list->len);
	for (uint32_t i = 0; i < list->len; i++)
		operands[i] = &list->items[i];
	order_begin(g, o, operands, list->len);
}

void order_begin_literal(Gen *g, Order *o, CompositeLit *e) {
	Node *n = &e->node;
	Operands operands = {0};
	if (inner_literal(g, n) && has_call(n)) /* most are tables without a call in them */
		add_operand(g, &operands, &n);
	order_begin(g, o, operands.items, operands.len);
}

void order_begin_entry(Gen *g, Order *o, KeyValueExpr *e) {
	Operands operands = {0};
	if (has_call(&e->node)) {
		add_operand(g, &operands, &e->key);
		add_operand(g, &operands, &e->value);
	}
	order_begin(g, o, operands.items, operands.len);
}

static bool is_arithmetic(const Node *n) {
	return n->kind == NODE_BINARY && !n->value && !token_is_comparison(((const BinaryExpr *)n)->op) &&
	       ((const BinaryExpr *)n)->op != TOK_LAND && ((const BinaryExpr *)n)->op != TOK_LOR;
}

void order_begin_spine(Gen *g, Order *o, BinaryExpr *e) {
	uint32_t count = 2;
	for (Node *x = ast_unparen(e->x); is_arithmetic(x); x = ast_unparen(AS(BinaryExpr, x)->x))
		count++;
	Node ***operands = ARENA_ARRAY(g->c->arena, Node **, count);
	for (uint32_t i = count;; e = AS(BinaryExpr, ast_unparen(e->x))) {
		operands[--i] = &e->y;
		if (i == 1) {
			operands[0] = &e->x;
			break;
		}
	}
	order_begin(g, o, operands, count);
}

/* Whether naming the place reads nothing that a call could change. */
static bool is_stable_place(Gen *g, Node *n) {
	n = ast_unparen(n);
	switch ((NodeKind)n->kind) {
	case NODE_IDENT:
		return true;
	case NODE_STAR:
		return is_stable(g, AS(StarExpr, n)->x);
	case NODE_SELECTOR: {
		Node *x = AS(SelectorExpr, n)->x;
		if (!AS(SelectorExpr, n)->selection)
			return true;
		return node_desc(g, x)->kind == KIND_POINTER ? is_stable(g, x) : is_stable_place(g, x);
	}
	case NODE_INDEX: {
		IndexExpr *e = AS(IndexExpr, n);
		bool array = node_desc(g, e->x)->kind == KIND_ARRAY;
		return (array ? is_stable_place(g, e->x) : is_stable(g, e->x)) && is_stable(g, e->indices.items[0]);
	}
	default:
		return false;
	}
}

void order_begin_assign(Gen *g, Order *o, Node **lhs, Node **rhs) {
	*o = (Order){0};
	Node **operands[] = {lhs, rhs};
	if (!is_stable_place(g, *lhs))
		order_begin(g, o, operands, 2);
}

void order_end(Order *o) {
	for (uint32_t i = o->changed.len; i-- > 0;)
		*o->changed.items[i].at = o->changed.items[i].node;
	o->changed.len = 0;
}
