/* SPDX-License-Identifier: MIT */
/* init_order.c: the order in which package-level variables are initialized, and initialization cycles.
 *
 * Rules: as the specification says: again and again the earliest declared variable that is ready. A variable depends on
 * those its initializer refers to, directly or through functions. Cycles with a variable or constant in them are
 * errors; functions alone may call each other as they like.
 * Why components: functions that call each other wait for the same variables. With each cycle of the graph drawn into
 * one node (Tarjan's algorithm, without recursion) both questions take linear time, whatever the program looks like. */
#include <stdlib.h>

#include "types/check.h"

typedef struct InitNode {
	Object *object; /* function, constant, or the first variable of init */
	VarInit *init;
	uint32_t visited, low, component; /* visited: order of discovery from 1 */
	uint32_t edge;                    /* next of its dependencies to look at */
	bool on_stack, wanted;            /* wanted: its place in the order is asked for */
	bool on_own_path;                 /* it refers to itself */
} InitNode;

typedef struct Component {
	VEC(InitNode *) nodes;
	VEC(uint32_t) dependents; /* components that wait for this one */
	uint32_t waits_for;
	uint32_t order; /* of its earliest wanted variable */
	bool has_value, wanted;
} Component;

typedef struct InitGraph {
	Check *c;
	Package *pkg;
	PtrMap index; /* VarInit* or Object* -> InitNode* */
	VEC(InitNode *) all, stack, path;
	VEC(Component) components;
	uint32_t discovered;
} InitGraph;

/* ---------------------------------------------------------------- the graph */

/* The node of an object of this package, or NULL when it takes no part. */
static InitNode *node_of(InitGraph *g, Object *o) {
	bool takes_part = (o->kind == OBJECT_VAR && o->init) || (o->kind == OBJECT_FUNC && o->func) ||
			  (o->kind == OBJECT_CONST && o->declared);
	if (!takes_part || o->package != g->pkg || is_of_earlier_piece(g->c, g->pkg->scope, o))
		return NULL;
	void *key = o->kind == OBJECT_VAR ? (void *)o->init : (void *)o;
	InitNode *node = ptrmap_get(&g->index, key);
	if (node)
		return node;
	node = ARENA_NEW(g->c->u->arena, InitNode);
	node->init = o->kind == OBJECT_VAR ? o->init : NULL;
	node->object = node->init ? node->init->lhs[0] : o;
	ptrmap_put(g->c->u->arena, &g->index, key, node);
	VEC_PUSH(g->c->u->arena, &g->all, node);
	return node;
}

/* What the initializer or body refers to. */
static Object **deps_of(InitNode *node, uint32_t *count) {
	Object *o = node->object;
	if (node->init) {
		*count = node->init->deps.len;
		return node->init->deps.items;
	}
	if (o->kind == OBJECT_FUNC) {
		*count = o->func->deps.len;
		return o->func->deps.items;
	}
	*count = o->declared->deps.len;
	return o->declared->deps.items;
}

static void discover(InitGraph *g, InitNode *node) {
	node->visited = node->low = ++g->discovered;
	node->on_stack = true;
	VEC_PUSH(g->c->u->arena, &g->stack, node);
	VEC_PUSH(g->c->u->arena, &g->path, node);
}

static void close_component(InitGraph *g, InitNode *root) {
	Component component = {.order = UINT32_MAX};
	InitNode *node;
	do {
		node = g->stack.items[--g->stack.len];
		node->on_stack = false;
		node->component = g->components.len;
		VEC_PUSH(g->c->u->arena, &component.nodes, node);
		component.has_value |= node->object->kind != OBJECT_FUNC;
		/* A variable without initializer has its place in the order too, as in Go: who refers to it waits. */
		bool ordered = node->wanted || (node->init && !node->init->rhs);
		component.wanted |= ordered;
		if (ordered && node->object->order < component.order)
			component.order = node->object->order;
	} while (node != root);
	VEC_PUSH(g->c->u->arena, &g->components, component);
}

/* One step of the walk at its innermost node. */
static void walk_step(InitGraph *g) {
	InitNode *node = g->path.items[g->path.len - 1];
	uint32_t count;
	Object **deps = deps_of(node, &count);
	if (node->edge < count) {
		InitNode *to = node_of(g, deps[node->edge++]);
		if (!to)
			return;
		node->on_own_path |= to == node;
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

static void find_components(InitGraph *g) {
	for (uint32_t i = 0; i < g->all.len; i++) {
		if (g->all.items[i]->visited)
			continue;
		discover(g, g->all.items[i]);
		while (g->path.len > 0)
			walk_step(g);
	}
}

/* ---------------------------------------------------------------- cycles */

/* A shortest way from `start` back to it inside its component, in order of reference. */
static void find_cycle(InitGraph *g, InitNode *start, ObjectList *out) {
	Arena *arena = g->c->u->arena;
	PtrMap parent = {0}, name = {0}; /* name: of several variables of one initializer the one referred to */
	VEC(InitNode *) work = {0};
	VEC_PUSH(arena, &work, start);
	for (uint32_t next = 0; next < work.len; next++) {
		InitNode *from = work.items[next];
		uint32_t count;
		Object **deps = deps_of(from, &count);
		for (uint32_t i = 0; i < count; i++) {
			InitNode *to = node_of(g, deps[i]);
			if (!to || to->component != start->component || ptrmap_get(&parent, to))
				continue;
			ptrmap_put(arena, &parent, to, from);
			ptrmap_put(arena, &name, to, deps[i]);
			if (to != start) {
				VEC_PUSH(arena, &work, to);
				continue;
			}
			ObjectList backwards = {0};
			for (InitNode *step = from; step != start; step = ptrmap_get(&parent, step))
				VEC_PUSH(arena, &backwards.list, ptrmap_get(&name, step));
			VEC_PUSH(arena, &out->list, deps[i]);
			for (uint32_t k = backwards.list.len; k-- > 0;)
				VEC_PUSH(arena, &out->list, backwards.list.items[k]);
			return;
		}
	}
}

static void report_from(InitGraph *g, InitNode *start) {
	ObjectList cycle = {0};
	find_cycle(g, start, &cycle);
	if (cycle.list.len > 0)
		report_init_cycle(g->c, cycle.list.items, cycle.list.len);
}

/* The variables and constants of its component that `from` waits for, directly or through functions, and that are not done. */
static uint32_t count_waits(InitGraph *g, InitNode *from, const PtrMap *done) {
	Arena *arena = g->c->u->arena;
	PtrMap seen = {0};
	VEC(InitNode *) work = {0};
	uint32_t waits = 0;
	VEC_PUSH(arena, &work, from);
	for (uint32_t next = 0; next < work.len; next++) {
		uint32_t count;
		Object **deps = deps_of(work.items[next], &count);
		for (uint32_t i = 0; i < count; i++) {
			InitNode *to = node_of(g, deps[i]);
			bool own = to == from && next > 0; /* a way back to itself through functions does not count */
			if (!to || own || to->component != from->component || ptrmap_get(&seen, to))
				continue;
			ptrmap_put(arena, &seen, to, to);
			if (to->object->kind == OBJECT_FUNC)
				VEC_PUSH(arena, &work, to);
			else
				waits += !ptrmap_get(done, to);
		}
	}
	return waits;
}

enum { MOST_UNTANGLED = 100 }; /* of a larger component only one cycle is reported: the work is quadratic */

/* As Go does: again and again the one that waits for the fewest others is given up, the earliest declared of those; each
 * that still waits then is reported. */
static void report_component(InitGraph *g, Component *component) {
	PtrMap done = {0};
	for (;;) {
		InitNode *start = NULL;
		uint32_t least = 0;
		for (uint32_t i = 0; i < component->nodes.len; i++) {
			InitNode *node = component->nodes.items[i];
			if (node->object->kind == OBJECT_FUNC || ptrmap_get(&done, node))
				continue;
			uint32_t waits = component->nodes.len > MOST_UNTANGLED ? 1 : count_waits(g, node, &done);
			if (start && (waits > least || (waits == least && node->object->order > start->object->order)))
				continue;
			start = node;
			least = waits;
		}
		if (!start)
			return;
		if (least > 0 || done.len == 0)
			report_from(g, start);
		if (component->nodes.len > MOST_UNTANGLED)
			return;
		ptrmap_put(g->c->u->arena, &done, start, start);
	}
}

static void report_cycles(InitGraph *g) {
	for (uint32_t i = 0; i < g->components.len; i++) {
		Component *component = &g->components.items[i];
		if (component->has_value && (component->nodes.len > 1 || component->nodes.items[0]->on_own_path))
			report_component(g, component);
	}
}

/* ---------------------------------------------------------------- order */

typedef struct InitQueue {
	InitGraph *g;
	uint32_t *heap, len; /* components that are ready, the earliest variable on top */
	VarInit **out;
	uint32_t done;
} InitQueue;

static bool is_earlier(InitQueue *q, uint32_t a, uint32_t b) {
	return q->g->components.items[a].order < q->g->components.items[b].order;
}

static void queue_push(InitQueue *q, uint32_t v) {
	uint32_t i = q->len++;
	while (i > 0 && is_earlier(q, v, q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = v;
}

static uint32_t queue_pop(InitQueue *q) {
	uint32_t top = q->heap[0], v = q->heap[--q->len], i = 0;
	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= q->len)
			break;
		if (child + 1 < q->len && is_earlier(q, q->heap[child + 1], q->heap[child]))
			child++;
		if (!is_earlier(q, q->heap[child], v))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = v;
	return top;
}

static int compare_inits(const void *a, const void *b) {
	uint32_t x = (*(VarInit *const *)a)->lhs[0]->order, y = (*(VarInit *const *)b)->lhs[0]->order;
	return x < y ? -1 : x > y;
}

static void emit(InitQueue *q, Component *component) {
	uint32_t first = q->done;
	for (uint32_t i = 0; i < component->nodes.len; i++)
		if (component->nodes.items[i]->wanted)
			q->out[q->done++] = component->nodes.items[i]->init;
	if (q->done - first > 1) /* a cycle; it was reported */
		qsort(q->out + first, q->done - first, sizeof(VarInit *), compare_inits);
}

/* Functions and what nobody asks for have no place in the order: they are done as soon as they are ready. */
static void make_ready(InitQueue *q, uint32_t ready) {
	Arena *arena = q->g->c->u->arena;
	VEC(uint32_t) work = {0};
	VEC_PUSH(arena, &work, ready);
	while (work.len > 0) {
		uint32_t v = work.items[--work.len];
		Component *component = &q->g->components.items[v];
		if (component->wanted && v != ready) {
			queue_push(q, v);
			continue;
		}
		emit(q, component);
		for (uint32_t i = 0; i < component->dependents.len; i++)
			if (--q->g->components.items[component->dependents.items[i]].waits_for == 0)
				VEC_PUSH(arena, &work, component->dependents.items[i]);
	}
}

static void add_waits(InitGraph *g) {
	for (uint32_t i = 0; i < g->all.len; i++) {
		InitNode *node = g->all.items[i];
		uint32_t count;
		Object **deps = deps_of(node, &count);
		for (uint32_t k = 0; k < count; k++) {
			InitNode *dep = node_of(g, deps[k]);
			if (!dep || dep->component == node->component)
				continue;
			VEC_PUSH(g->c->u->arena, &g->components.items[dep->component].dependents, node->component);
			g->components.items[node->component].waits_for++;
		}
	}
}

static void order_components(InitGraph *g, VarInit **out, uint32_t count) {
	uint32_t total = g->components.len;
	InitQueue q = {.g = g, .out = ARENA_ARRAY(g->c->u->arena, VarInit *, count)};
	q.heap = ARENA_ARRAY(g->c->u->arena, uint32_t, total);
	add_waits(g);
	VEC(uint32_t) ready = {0};
	for (uint32_t i = 0; i < total; i++)
		if (g->components.items[i].waits_for == 0)
			VEC_PUSH(g->c->u->arena, &ready, i);
	for (uint32_t i = 0; i < ready.len; i++) {
		if (g->components.items[ready.items[i]].wanted)
			queue_push(&q, ready.items[i]);
		else
			make_ready(&q, ready.items[i]);
	}
	while (q.len > 0)
		make_ready(&q, queue_pop(&q));
	for (uint32_t i = 0; i < q.done && q.done == count; i++)
		out[i] = q.out[i];
}

/* ---------------------------------------------------------------- entry points */

void package_init_order(Universe *u, Package *pkg, VarInit **inits, uint32_t count) {
	InitGraph g = {.c = check_of(u), .pkg = pkg};
	for (uint32_t i = 0; i < count; i++)
		node_of(&g, inits[i]->lhs[0])->wanted = true;
	find_components(&g);
	order_components(&g, inits, count);
}

void order_package(Check *c, Package *pkg) {
	InitGraph g = {.c = c, .pkg = pkg};
	PackageState *state = pkg->checker;
	VEC(VarInit *) inits = {0};
	for (uint32_t i = 0; i < pkg->var_inits.len; i++) {
		VarInit *init = pkg->var_inits.items[i];
		if (!init->rhs)
			continue;
		VEC_PUSH(c->u->arena, &inits, init);
		node_of(&g, init->lhs[0])->wanted = true;
	}
	for (uint32_t i = 0; i < state->objects.len; i++)
		node_of(&g, state->objects.items[i]);
	find_components(&g);
	report_cycles(&g);
	order_components(&g, inits.items, inits.len);
	for (uint32_t i = 0; i < inits.len; i++)
		VEC_PUSH(c->u->arena, &pkg->init_order, inits.items[i]);
}
