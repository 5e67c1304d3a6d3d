/* SPDX-License-Identifier: MIT */
/* check_growth.c: instantiations that call for ever larger ones, as `func f[P any]() { f[*P]() }`. The compiler makes one
 * copy of a function for each set of arguments and would not end.
 *
 * Rules: a graph has a node for each type parameter and for each type declared in a generic function, and an edge from
 * what a type argument mentions to the parameter it stands for. An edge grows when the argument is more than the
 * parameter itself; a local type is always more than the parameters of the function around it. There are infinitely
 * many instances if and only if a growing edge lies on a cycle.
 * Why components: an edge is on a cycle when both ends are in one strongly connected component; Tarjan's algorithm,
 * without recursion, finds these in linear time. */
#include "base/limits.h"
#include "types/check.h"

typedef struct GrowthNode {
	Type *type;
	VEC(uint32_t) edges;              /* numbers of those that leave it */
	uint32_t visited, low, component; /* visited: order of discovery from 1 */
	uint32_t next;                    /* edge to look at */
	uint32_t came_by;                 /* while a cycle is looked for: edge + 1 */
	bool on_stack;
} GrowthNode;

typedef struct GrowthEdge {
	GrowthNode *from, *to;
	Pos pos;
	Type *arg; /* what stands for `to`; NULL: `to` only goes by another name there */
	bool grows;
} GrowthEdge;

typedef struct GrowthGraph {
	Check *c;
	VEC(GrowthEdge) edges;
	PtrMap index; /* Type* -> GrowthNode* */
	VEC(GrowthNode *) all, stack, path;
	uint32_t discovered, components;
} GrowthGraph;

/* One type argument under way. */
typedef struct Argument {
	GrowthGraph *g;
	Pos pos;
	Type *param, *arg;
	PtrMap seen; /* what was met inside it: types may share their parts many times over */
	uint32_t depth;
} Argument;

/* ---------------------------------------------------------------- the graph */

static GrowthNode *node_of(GrowthGraph *g, Type *t) {
	GrowthNode *node = ptrmap_get(&g->index, t);
	if (node)
		return node;
	node = ARENA_NEW(g->c->u->arena, GrowthNode);
	node->type = t;
	ptrmap_put(g->c->u->arena, &g->index, t, node);
	VEC_PUSH(g->c->u->arena, &g->all, node);
	return node;
}

static void add_edge(GrowthGraph *g, Type *from, Type *to, Pos pos, Type *arg, bool grows) {
	GrowthEdge edge = {node_of(g, from), node_of(g, to), pos, arg, grows};
	VEC_PUSH(g->c->u->arena, &edge.from->edges, g->edges.len);
	VEC_PUSH(g->c->u->arena, &g->edges, edge);
}

static void add_part(Argument *a, Type *t, bool inside);

static void add_objects(Argument *a, Object **objects, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		add_part(a, objects[i]->type, true);
}

static void add_list(Argument *a, TypeList list) {
	for (uint32_t i = 0; i < list.len; i++)
		add_part(a, list.items[i], true);
}

/* A type of a generic function: its node has edges from the parameters of that function. */
static void add_local(Argument *a, Type *t, TypeList outer, bool inside) {
	GrowthGraph *g = a->g;
	Type *origin = t->origin ? t->origin : t;
	bool known = ptrmap_get(&g->index, origin);
	add_edge(g, origin, a->param, a->pos, a->arg, inside);
	for (uint32_t i = 0; !known && i < outer.len; i++)
		add_edge(g, outer.items[i], origin, origin->object->pos, outer.items[i], true);
}

static void add_named(Argument *a, Type *t, bool inside) {
	TypeList outer;
	add_list(a, t->type_args);
	if (t->outer_params.len)
		add_list(a, t->outer_args);
	else if (named_outer_params(t, &outer))
		add_local(a, t, outer, inside);
}

static void add_composite(Argument *a, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_MAP:
		add_part(a, t->key, true);
		add_part(a, t->elem, true);
		return;
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < t->field_count; i++)
			add_part(a, t->fields[i].type, true);
		return;
	case TYPE_SIGNATURE:
		add_objects(a, t->params, t->param_count);
		add_objects(a, t->results, t->result_count);
		return;
	case TYPE_INTERFACE:
		for (uint32_t i = 0; i < t->method_count; i++)
			add_part(a, t->methods[i].signature, true);
		add_list(a, t->embeddeds);
		return;
	case TYPE_UNION:
		for (uint32_t i = 0; i < t->term_count; i++)
			add_part(a, t->terms[i].type, true);
		return;
	default:
		add_part(a, t->elem, true);
	}
}

/* Adds the edges of a part of the argument. */
static void add_part(Argument *a, Type *t, bool inside) {
	t = type_unalias(t);
	if (!t || t->kind < TYPE_POINTER || a->depth > MAX_TYPE_DEPTH || ptrmap_get(&a->seen, t))
		return;
	if (inside)
		ptrmap_put(a->g->c->u->arena, &a->seen, t, t);
	a->depth++;
	if (t->kind == TYPE_PARAM)
		add_edge(a->g, t, a->param, a->pos, a->arg, inside);
	else if (t->kind == TYPE_NAMED)
		add_named(a, t, inside);
	else
		add_composite(a, t);
	a->depth--;
}

/* The parameters of a method's receiver are those of the type by another name. */
static void add_receivers(GrowthGraph *g, Package *pkg) {
	for (uint32_t i = 0; i < pkg->functions.len; i++) {
		Object *method = pkg->functions.items[i];
		Type *sig = method->type;
		if (!sig || sig->kind != TYPE_SIGNATURE || sig->recv_type_param_count == 0 || !sig->recv)
			continue;
		Type *base = type_unalias(type_deref(sig->recv->type, NULL));
		if (base->kind != TYPE_NAMED || base->origin->type_param_count != sig->recv_type_param_count)
			continue;
		for (uint32_t k = 0; k < sig->recv_type_param_count; k++)
			add_edge(g, base->origin->type_params[k], sig->recv_type_params[k], method->pos, NULL, false);
	}
}

/* ---------------------------------------------------------------- components */

static void discover(GrowthGraph *g, GrowthNode *node) {
	node->visited = node->low = ++g->discovered;
	node->on_stack = true;
	VEC_PUSH(g->c->u->arena, &g->stack, node);
	VEC_PUSH(g->c->u->arena, &g->path, node);
}

static void close_component(GrowthGraph *g, GrowthNode *root) {
	GrowthNode *node;
	g->components++;
	do {
		node = g->stack.items[--g->stack.len];
		node->on_stack = false;
		node->component = g->components;
	} while (node != root);
}

/* One step of the walk at its innermost node. */
static void walk_step(GrowthGraph *g) {
	GrowthNode *node = g->path.items[g->path.len - 1];
	if (node->next < node->edges.len) {
		GrowthNode *to = g->edges.items[node->edges.items[node->next++]].to;
		if (!to->visited)
			discover(g, to);
		else if (to->on_stack && to->visited < node->low)
			node->low = to->visited;
		return;
	}
	g->path.len--;
	if (node->low == node->visited)
		close_component(g, node);
	if (g->path.len > 0 && node->low < g->path.items[g->path.len - 1]->low)
		g->path.items[g->path.len - 1]->low = node->low;
}

static void find_components(GrowthGraph *g) {
	for (uint32_t i = 0; i < g->all.len; i++) {
		if (g->all.items[i]->visited)
			continue;
		discover(g, g->all.items[i]);
		while (g->path.len > 0)
			walk_step(g);
	}
}

/* ---------------------------------------------------------------- the report */

/* Notes in came_by a shortest way from `start` to `goal`. */
static void find_way(GrowthGraph *g, GrowthNode *start, GrowthNode *goal) {
	VEC(GrowthNode *) work = {0};
	VEC_PUSH(g->c->u->arena, &work, start);
	for (uint32_t i = 0; i < work.len && !goal->came_by; i++) {
		GrowthNode *node = work.items[i];
		for (uint32_t k = 0; k < node->edges.len; k++) {
			GrowthNode *to = g->edges.items[node->edges.items[k]].to;
			if (to == start || to->came_by)
				continue;
			to->came_by = node->edges.items[k] + 1;
			VEC_PUSH(g->c->u->arena, &work, to);
		}
	}
}

static void print_edge(GrowthGraph *g, Buf *out, const GrowthEdge *edge) {
	Check *c = g->c;
	if (!edge->arg)
		return;
	bool local = edge->to->type->kind == TYPE_NAMED;
	buf_printf(out, "\n\t%s: %s %s %s", position_text(c, edge->pos), edge->to->type->object->name->text,
		   local ? "implicitly parameterized by" : "instantiated as", type_text(c, edge->arg));
}

static void report_growth(GrowthGraph *g, GrowthEdge *edge) {
	Check *c = g->c;
	Buf text;
	buf_init(&text, c->u->arena->mem);
	VEC(uint32_t) way = {0};
	if (edge->from != edge->to)
		find_way(g, edge->to, edge->from);
	for (GrowthNode *node = edge->from; node != edge->to && node->came_by; node = g->edges.items[way.items[way.len - 1]].from)
		VEC_PUSH(c->u->arena, &way, node->came_by - 1);
	print_edge(g, &text, edge);
	while (way.len > 0)
		print_edge(g, &text, &g->edges.items[way.items[--way.len]]);
	FAIL(c, edge->to->type->object->pos, INSTANTIATION_CYCLE, buf_text(c, &text));
}

void check_instantiation_cycles(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	GrowthGraph g = {.c = c};
	for (uint32_t i = 0; i < state->instances.len && !check_stops(c); i++) {
		Instantiation *inst = state->instances.items[i];
		for (uint32_t k = 0; k < inst->count; k++) {
			if (!inst->args[k] || !type_is_parameterized(inst->args[k]))
				continue;
			Argument a = {.g = &g, .pos = inst->pos, .param = inst->params[k], .arg = inst->args[k]};
			add_part(&a, inst->args[k], false);
		}
	}
	add_receivers(&g, pkg);
	find_components(&g);
	for (uint32_t i = 0; i < g.edges.len; i++) {
		GrowthEdge *edge = &g.edges.items[i];
		if (edge->grows && edge->from->component == edge->to->component) {
			report_growth(&g, edge);
			return;
		}
	}
}
