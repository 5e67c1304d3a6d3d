/* SPDX-License-Identifier: MIT */
/* gen_select.c: select.
 * Rules: channels and values to be sent are evaluated first, in source order; then one SELECT instruction chooses;
 * then the chosen clause's variables are set and its body runs. Exception: a single case. */
#include "compiler/gen.h"

typedef struct CommCase {
	Node *receive;     /* the <-c expression; NULL: send */
	AssignStmt *assign;
	const TypeDesc *elem;
	Reg chan, value, ok;
} CommCase;

static CommCase comm_case(Gen *g, Node *comm) {
	CommCase c = {.value = NO_REG, .ok = NO_REG};
	if (comm->kind == NODE_SEND_STMT) {
		SendStmt *s = AS(SendStmt, comm);
		const TypeDesc *d = node_desc(g, s->chan);
		c.elem = d->elem;
		c.chan = gen_expr(g, s->chan);
		c.value = gen_as(g, s->value, d->elem);
		return c;
	}
	Node *n;
	if (comm->kind == NODE_EXPR_STMT) {
		n = AS(ExprStmt, comm)->x;
	} else {
		c.assign = AS(AssignStmt, comm);
		n = c.assign->rhs.items[0];
	}
	c.receive = ast_unparen(n);
	Node *chan = AS(UnaryExpr, c.receive)->x;
	c.elem = node_desc(g, chan)->elem;
	c.chan = gen_expr(g, chan);
	if (c.assign && !node_is_blank(c.assign->lhs.items[0]))
		c.value = slot_alloc(g, c.elem);
	if (c.assign && c.assign->lhs.len > 1 && !node_is_blank(c.assign->lhs.items[1]))
		c.ok = slot_scalar(g);
	return c;
}

static void take_value(Gen *g, AssignStmt *s, uint32_t i, const TypeDesc *from, Reg r) {
	if (r == NO_REG)
		return;
	Node *lhs = s->lhs.items[i];
	Object *o = lhs->kind == NODE_IDENT ? AS(Ident, lhs)->object : NULL;
	if (s->op == TOK_DEFINE && o && o->pos == lhs->pos && !o->is_global) {
		gen_adopt(g, o, gen_desc(g, o->type), r, 0);
		return;
	}
	gen_store_to(g, lhs, from, r);
}

static uint64_t case_word(const CommCase *c) {
	uint64_t slots = c->elem->slots < 0x7fff ? c->elem->slots : 0x7fff;
	return (uint64_t)(c->receive == NULL) | slots << 1 | (uint64_t)c->chan << 16 | (uint64_t)c->value << 32 |
	       (uint64_t)c->ok << 48;
}

static void clause_body(Gen *g, SelectStmt *s, CommClause *clause, const CommCase *c, Label *end) {
	uint32_t mark = g->top;
	Flow flow = {.outer = g->body.flow, .stmt = &s->node, .on_break = end, .releases = release_begin(g)};
	g->body.flow = &flow;
	if (c && c->assign) {
		g->statement_top = g->top;
		gen_pos(g, clause->comm->pos);
		take_value(g, c->assign, 0, c->elem, c->value);
		if (c->assign->lhs.len > 1)
			take_value(g, c->assign, 1, lower_basic(g->c, TYPE_BOOL), c->ok);
	}
	gen_block(g, clause->body);
	release_end(g, flow.releases);
	g->body.flow = flow.outer;
	g->top = mark;
}

/* A select of one case is that operation: so say the states of goroutines, and traces its line. */
static void comm_alone(Gen *g, const CommCase *c) {
	uint32_t slots = c->elem->slots;
	if (!c->receive)
		emit(g, OP_SEND, c->chan, c->value, slots);
	else if (c->ok != NO_REG)
		emit_2n(g, OP_RECV_OK, c->value, c->chan, c->ok, slots);
	else
		emit(g, OP_RECV, c->value, c->chan, c->value == NO_REG ? 0 : slots);
}

void gen_select(Gen *g, SelectStmt *s) {
	uint32_t mark = g->top, count = 0;
	Label end = {0};
	CommCase *cases = ARENA_ARRAY(g->c->arena, CommCase, s->clauses.len + 1);
	CommClause **clauses = ARENA_ARRAY(g->c->arena, CommClause *, s->clauses.len + 1), *otherwise = NULL;
	Label *labels = ARENA_ARRAY(g->c->arena, Label, s->clauses.len + 1);
	for (uint32_t i = 0; i < s->clauses.len; i++) {
		CommClause *clause = AS(CommClause, s->clauses.items[i]);
		if (!clause->comm) {
			otherwise = clause;
			continue;
		}
		gen_pos(g, clause->comm->pos);
		clauses[count] = clause;
		cases[count++] = comm_case(g, clause->comm);
	}
	if (count == 1 && !otherwise) {
		gen_pos(g, clauses[0]->comm->pos);
		comm_alone(g, &cases[0]);
		clause_body(g, s, clauses[0], &cases[0], &end);
		label_bind(g, &end);
		g->top = mark;
		return;
	}
	for (uint32_t i = 0; i < count; i++) /* only one is received: the others must not be what was there before */
		if (cases[i].receive && cases[i].value != NO_REG && desc_has_pointers(cases[i].elem))
			emit_zero(g, cases[i].elem, cases[i].value);
	gen_pos(g, s->node.pos);
	Reg index = slot_scalar(g);
	emit(g, OP_SELECT, index, count, otherwise != NULL);
	for (uint32_t i = 0; i < count; i++)
		emit_word(g, case_word(&cases[i]));
	uint32_t tested = otherwise || count == 0 ? count : count - 1; /* the last one needs no test */
	for (uint32_t i = 0; i < tested; i++)
		emit_jump(g, i == 0 ? OP_JZ : OP_JEQ_I, index, i, &labels[i]);
	if (otherwise) {
		clause_body(g, s, otherwise, NULL, &end);
		emit_go_to(g, &end);
	} else if (count == 0) {
		emit(g, OP_UNREACHABLE, 0, 0, 0);
	}
	for (uint32_t k = 0; k < count; k++) {
		uint32_t i =
			otherwise ? k : (k + count - 1) % count; /* without default the last one follows directly */
		label_bind(g, &labels[i]);
		clause_body(g, s, clauses[i], &cases[i], &end);
		if (k + 1 < count)
			emit_go_to(g, &end);
	}
	label_bind(g, &end);
	g->top = mark;
}
