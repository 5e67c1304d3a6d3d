/* SPDX-License-Identifier: MIT */
/* gen_switch.c: expression switches and type switches.
 * Rules: the tests come first, in source order, then the bodies. Many integer constants become a jump table when they
 * are dense, else a binary search; strings are told apart by length first when there are many. */
#include <stdlib.h>

#include "compiler/gen.h"

enum {
	TABLE_LEAST = 5,   /* cases from which on a table or a search pays */
	TABLE_MOST = 1024, /* entries of a table */
	LINEAR_MOST = 3,   /* cases a search compares one by one */
	STRINGS_LEAST = 6, /* string cases from which on the length is looked at first */
};

typedef struct SwitchCase {
	int64_t value;
	Node *node;
	Label *label;
	uint32_t order;
} SwitchCase;

typedef VEC(SwitchCase) SwitchCases;

typedef struct Switch {
	Gen *g;
	Node *stmt;
	NodeList clauses;
	Label *labels; /* of the bodies */
	Label end;
	Label *otherwise; /* default body or end */
} Switch;

static void switch_begin(Gen *g, Switch *w, Node *stmt, NodeList clauses) {
	*w = (Switch){.g = g, .stmt = stmt, .clauses = clauses};
	w->labels = ARENA_ARRAY(g->c->arena, Label, clauses.len + 1);
	w->otherwise = &w->end;
	for (uint32_t i = 0; i < clauses.len; i++)
		if (AS(CaseClause, clauses.items[i])->is_default)
			w->otherwise = &w->labels[i];
}

static void switch_body(Switch *w, uint32_t i, uint32_t releases) {
	Gen *g = w->g;
	CaseClause *clause = AS(CaseClause, w->clauses.items[i]);
	Flow flow = {.outer = g->body.flow, .stmt = w->stmt, .on_break = &w->end, .releases = releases};
	Label *fallthrough = g->body.fallthrough;
	g->body.flow = &flow;
	g->body.fallthrough = i + 1 < w->clauses.len ? &w->labels[i + 1] : NULL;
	gen_block(g, clause->body);
	g->body.fallthrough = fallthrough;
	g->body.flow = flow.outer;
	release_end(g, releases);
	if (i + 1 < w->clauses.len)
		emit_go_to(g, &w->end);
}

/* ---------------------------------------------------------------- integers */

static int case_order(const void *a, const void *b) {
	const SwitchCase *x = a, *y = b;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void jump_if_equal(Gen *g, Reg tag, int64_t value, Label *to) {
	uint32_t mark = g->top;
	if (fits_i16(value)) {
		emit_jump(g, value == 0 ? OP_JZ : OP_JEQ_I, tag, value == 0 ? 0 : (uint16_t)value, to);
	} else {
		Reg k = slot_scalar(g);
		emit_int(g, k, value);
		emit_jump(g, OP_JEQ_I64, tag, k, to);
	}
	g->top = mark;
}

static void search(Switch *w, Reg tag, const SwitchCase *cases, uint32_t count) {
	Gen *g = w->g;
	if (count <= LINEAR_MOST) {
		for (uint32_t i = 0; i < count; i++)
			jump_if_equal(g, tag, cases[i].value, cases[i].label);
		emit_go_to(g, w->otherwise);
		return;
	}
	uint32_t mark = g->top, half = count / 2;
	Label lower = {0};
	if (fits_i16(cases[half].value)) {
		emit_jump(g, OP_JLT_I, tag, (uint16_t)cases[half].value, &lower);
	} else {
		Reg k = slot_scalar(g);
		emit_int(g, k, cases[half].value);
		emit_jump(g, OP_JLT_I64, tag, k, &lower);
	}
	g->top = mark;
	search(w, tag, cases + half, count - half);
	label_bind(g, &lower);
	search(w, tag, cases, half);
}

static bool dense(const SwitchCase *cases, uint32_t count, uint32_t *range) {
	uint64_t span = (uint64_t)cases[count - 1].value - (uint64_t)cases[0].value;
	if (span >= TABLE_MOST || span + 1 > 4ull * count)
		return false;
	*range = (uint32_t)span + 1;
	return true;
}

static void jump_table(Switch *w, Reg tag, const SwitchCase *cases, uint32_t count, uint32_t range) {
	Label **targets = ARENA_ARRAY(w->g->c->arena, Label *, range);
	for (uint32_t i = 0; i < range; i++)
		targets[i] = w->otherwise;
	for (uint32_t i = count; i-- > 0;)
		targets[cases[i].value - cases[0].value] = cases[i].label;
	emit_jump_table(w->g, tag, cases[0].value, targets, range);
	emit_go_to(w->g, w->otherwise);
}

/* All cases are integer constants and there are enough of them. */
static bool switch_integers(Switch *w, const TypeDesc *d, Reg tag) {
	SwitchCases cases = {0};
	for (uint32_t i = 0; i < w->clauses.len; i++) {
		NodeList exprs = AS(CaseClause, w->clauses.items[i])->exprs;
		for (uint32_t k = 0; k < exprs.len; k++) {
			SwitchCase c = {.label = &w->labels[i], .order = cases.len};
			if (!node_const_int(w->g, exprs.items[k], &c.value))
				return false;
			VEC_PUSH(w->g->c->arena, &cases, c);
		}
	}
	if (cases.len < TABLE_LEAST)
		return false;
	qsort(cases.items, cases.len, sizeof(SwitchCase), case_order);
	uint32_t range;
	if (dense(cases.items, cases.len, &range))
		jump_table(w, tag, cases.items, cases.len, range);
	else if (desc_is_u64(d))
		return false;
	else
		search(w, tag, cases.items, cases.len);
	return true;
}

/* ---------------------------------------------------------------- strings */

static void jump_if_string(Gen *g, Reg tag, Str s, Label *to) {
	uint32_t mark = g->top;
	if (s.len == 0) {
		emit_jump(g, OP_JZ, tag + 1, 0, to);
		return;
	}
	Reg k = slot_alloc(g, g->c->types->core[CORE_STRING]);
	emit_2(g, OP_LOADSTR, k, 0, 0, constant_string(g->c, s));
	emit_jump(g, OP_JEQ_STR, tag, k, to);
	g->top = mark;
}

static bool switch_strings(Switch *w, Reg tag) {
	Gen *g = w->g;
	SwitchCases cases = {0};
	for (uint32_t i = 0; i < w->clauses.len; i++) {
		NodeList exprs = AS(CaseClause, w->clauses.items[i])->exprs;
		for (uint32_t k = 0; k < exprs.len; k++) {
			const Const *v = exprs.items[k]->value;
			if (!v || const_kind(v) != CONST_STRING)
				return false;
			SwitchCase c = {.value = (int64_t)const_string(v).len,
					.node = exprs.items[k],
					.label = &w->labels[i],
					.order = cases.len};
			VEC_PUSH(g->c->arena, &cases, c);
		}
	}
	if (cases.len < STRINGS_LEAST)
		return false;
	qsort(cases.items, cases.len, sizeof(SwitchCase), case_order);
	/* One label per length, then the strings of that length. */
	SwitchCases lengths = {0};
	for (uint32_t i = 0; i < cases.len; i++)
		if (i == 0 || cases.items[i].value != cases.items[i - 1].value)
			VEC_PUSH(g->c->arena, &lengths,
				 ((SwitchCase){.value = cases.items[i].value, .label = ARENA_NEW(g->c->arena, Label)}));
	uint32_t range;
	if (lengths.len >= TABLE_LEAST && dense(lengths.items, lengths.len, &range))
		jump_table(w, tag + 1, lengths.items, lengths.len, range);
	else
		search(w, tag + 1, lengths.items, lengths.len);
	uint32_t at = 0;
	for (uint32_t i = 0; i < lengths.len; i++) {
		label_bind(g, lengths.items[i].label);
		for (; at < cases.len && cases.items[at].value == lengths.items[i].value; at++)
			jump_if_string(g, tag, const_string(cases.items[at].node->value), cases.items[at].label);
		emit_go_to(g, w->otherwise);
	}
	return true;
}

/* ---------------------------------------------------------------- anything else */

static void jump_if_case(Gen *g, const TypeDesc *d, Reg tag, Node *n, Label *to) {
	uint32_t mark = g->top;
	int64_t v;
	gen_pos(g, n->pos);
	if (node_is_nil(n)) {
		emit_jump(g, OP_JZ, tag, 0, to);
		return;
	}
	const TypeDesc *from = node_desc(g, n);
	if (d->slots == 1 && node_const_int(g, n, &v) && desc_is_integer(d)) {
		jump_if_equal(g, tag, v, to);
	} else if (d->kind == KIND_STRING && n->value && const_kind(n->value) == CONST_STRING) {
		jump_if_string(g, tag, const_string(n->value), to);
	} else if (desc_is_interface(d) != desc_is_interface(from)) {
		Reg x = gen_expr(g, n), t = slot_scalar(g);
		bool first = desc_is_interface(d);
		emit_2(g, OP_EQ_IFACE_TYPE, t, first ? tag : x, first ? x : tag, first ? from : d);
		emit_jump(g, OP_JNZ, t, 0, to);
	} else {
		Reg x = gen_as(g, n, d);
		if (desc_is_integer(d)) {
			emit_jump(g, OP_JEQ_I64, tag, x, to);
		} else {
			Reg t = slot_scalar(g);
			gen_equal_reg(g, d, t, tag, x);
			emit_jump(g, OP_JNZ, t, 0, to);
		}
	}
	g->top = mark;
}

static void switch_linear(Switch *w, const TypeDesc *d, Reg tag) {
	for (uint32_t i = 0; i < w->clauses.len; i++) {
		NodeList exprs = AS(CaseClause, w->clauses.items[i])->exprs;
		for (uint32_t k = 0; k < exprs.len; k++) {
			if (d)
				jump_if_case(w->g, d, tag, exprs.items[k], &w->labels[i]);
			else
				gen_jump(w->g, exprs.items[k], true, &w->labels[i]);
		}
	}
	emit_go_to(w->g, w->otherwise);
}

/* The tag is looked at before anything else runs. */
static bool only_constants(NodeList clauses) {
	for (uint32_t i = 0; i < clauses.len; i++) {
		NodeList exprs = AS(CaseClause, clauses.items[i])->exprs;
		for (uint32_t k = 0; k < exprs.len; k++)
			if (!exprs.items[k]->value)
				return false;
	}
	return true;
}

void gen_switch(Gen *g, SwitchStmt *s) {
	uint32_t mark = g->top, releases = release_begin(g);
	Switch w;
	if (s->init)
		gen_stmt(g, s->init);
	switch_begin(g, &w, &s->node, s->clauses);
	if (!s->tag) {
		switch_linear(&w, NULL, NO_REG);
	} else {
		gen_pos(g, s->tag->pos);
		const TypeDesc *d = node_desc(g, s->tag);
		Reg tag = only_constants(s->clauses) ? gen_transient(g, s->tag, d) : gen_as(g, s->tag, d);
		bool done = (desc_is_integer(d) && switch_integers(&w, d, tag)) ||
			    (d->kind == KIND_STRING && switch_strings(&w, tag));
		if (!done)
			switch_linear(&w, d, tag);
	}
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		label_bind(g, &w.labels[i]);
		switch_body(&w, i, release_begin(g));
	}
	label_bind(g, &w.end);
	release_end(g, releases);
	g->top = mark;
}

/* ---------------------------------------------------------------- type switches */

static void jump_if_type(Gen *g, Reg x, Node *type, Label *to) {
	uint32_t mark = g->top;
	if (node_is_nil(type)) {
		emit_jump(g, OP_JZ, x, 0, to);
		return;
	}
	const TypeDesc *d = node_desc(g, type);
	if (desc_is_interface(d)) {
		Reg t = slot_scalar(g);
		emit_2(g, OP_IMPLEMENTS, t, x, 0, d);
		emit_jump(g, OP_JNZ, t, 0, to);
	} else {
		emit_jump_type(g, OP_JTYPE_EQ, x, d, to);
	}
	g->top = mark;
}

/* The clause's variable: the value itself where exactly one concrete type is named, else the interface. */
static void declare_clause_variable(Gen *g, CaseClause *clause, Reg x) {
	Object *o = clause->object;
	if (!o)
		return;
	const TypeDesc *d = gen_desc(g, o->type);
	bool concrete = !desc_is_interface(d);
	if (!concrete && !var_must_box(g, o, d) && !o->reassigned) {
		var_declare_at(g, o, d, x);
		return;
	}
	Reg value = x;
	uint32_t mark = g->top;
	if (concrete) {
		value = slot_alloc(g, d);
		emit_2(g, OP_UNBOX, value, x, 0, d);
	}
	gen_adopt(g, o, d, value, mark);
}

void gen_type_switch(Gen *g, TypeSwitchStmt *s) {
	uint32_t mark = g->top, releases = release_begin(g);
	Switch w;
	if (s->init)
		gen_stmt(g, s->init);
	switch_begin(g, &w, &s->node, s->clauses);
	Node *x = ast_unparen(s->x);
	if (x->kind == NODE_TYPE_ASSERT)
		x = AS(TypeAssertExpr, x)->x;
	const TypeDesc *d = node_desc(g, x);
	uint32_t before = g->top;
	Reg value = gen_as(g, x, d);
	bool stable = value >= before ||
		      (ast_unparen(x)->kind == NODE_IDENT && !AS(Ident, ast_unparen(x))->object->reassigned);
	if (!stable) {
		Reg copy = slot_alloc(g, d);
		emit_move(g, d, copy, value);
		value = copy;
	}
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		NodeList types = AS(CaseClause, s->clauses.items[i])->exprs;
		for (uint32_t k = 0; k < types.len; k++)
			jump_if_type(g, value, types.items[k], &w.labels[i]);
	}
	emit_go_to(g, w.otherwise);
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		uint32_t inner = g->top, begin = release_begin(g);
		label_bind(g, &w.labels[i]);
		declare_clause_variable(g, AS(CaseClause, s->clauses.items[i]), value);
		switch_body(&w, i, begin);
		g->top = inner;
	}
	label_bind(g, &w.end);
	release_end(g, releases);
	g->top = mark;
}
