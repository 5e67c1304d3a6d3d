/* SPDX-License-Identifier: MIT */
/* init_order.c: the order in which package-level variables are initialized, and initialization cycles.
 *
 * Rules: as the specification says: again and again the earliest declared variable that is ready. A variable depends on
 * those its initializer refers to, directly or through functions. Cycles with a variable or constant in them are errors;
 * functions alone may call each other as they like. */
#include <stdlib.h>

#include "types/check.h"

/* What the initializer or body of o refers to; the list stays o's. */
static Object **deps_of(Object *o, uint32_t *count) {
	*count = 0;
	if (o->kind == OBJECT_VAR && o->init) {
		*count = o->init->deps.len;
		return o->init->deps.items;
	}
	if (o->kind == OBJECT_FUNC && o->func) {
		*count = o->func->deps.len;
		return o->func->deps.items;
	}
	if (o->kind == OBJECT_CONST && o->declared) {
		*count = o->declared->deps.len;
		return o->declared->deps.items;
	}
	return NULL;
}

/* ---------------------------------------------------------------- cycles */

/* A path from o back to o, found breadth first; out gets it in order of reference. */
static bool find_cycle(Check *c, Object *o, ObjectList *out) {
	Arena *arena = c->u->arena;
	PtrMap parent = {0};
	ObjectList work = {0};
	VEC_PUSH(arena, &work.list, o);
	for (uint32_t next = 0; next < work.list.len; next++) {
		Object *from = work.list.items[next];
		uint32_t count;
		Object **deps = deps_of(from, &count);
		for (uint32_t i = 0; i < count; i++) {
			Object *to = deps[i];
			if (to == o) {
				for (Object *step = from; step != o; step = ptrmap_get(&parent, step))
					VEC_PUSH(arena, &out->list, step);
				VEC_PUSH(arena, &out->list, o);
				return true;
			}
			if (to->package != o->package || ptrmap_get(&parent, to))
				continue;
			ptrmap_put(arena, &parent, to, from);
			VEC_PUSH(arena, &work.list, to);
		}
	}
	return false;
}

static void check_init_cycles(Check *c, Package *pkg) {
	PackageState *state = pkg->checker;
	PtrMap reported = {0};
	for (uint32_t i = 0; i < state->objects.len; i++) {
		Object *o = state->objects.items[i];
		uint32_t count;
		if ((o->kind != OBJECT_VAR && o->kind != OBJECT_CONST) || ptrmap_get(&reported, o) || !deps_of(o, &count))
			continue;
		ObjectList cycle = {0};
		if (count == 0 || !find_cycle(c, o, &cycle))
			continue;
		for (uint32_t k = 0; k < cycle.list.len; k++)
			ptrmap_put(c->u->arena, &reported, cycle.list.items[k], o);
		for (uint32_t a = 0, b = cycle.list.len - 1; a < b; a++, b--) {
			Object *swap = cycle.list.items[a];
			cycle.list.items[a] = cycle.list.items[b];
			cycle.list.items[b] = swap;
		}
		report_cycle(c, cycle.list.items, cycle.list.len, true);
	}
}

/* ---------------------------------------------------------------- order */

typedef struct InitNode {
	VarInit *init;
	uint32_t waits_for;
	VEC(uint32_t) dependents;
	bool done;
} InitNode;

typedef struct InitGraph {
	Check *c;
	InitNode *nodes;
	uint32_t count;
	PtrMap index; /* VarInit* -> number + 1 */
	uint32_t *heap, heap_len; /* ready nodes, the earliest on top */
} InitGraph;

static void heap_push(InitGraph *g, uint32_t v) {
	uint32_t i = g->heap_len++;
	while (i > 0 && g->heap[(i - 1) / 2] > v) {
		g->heap[i] = g->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	g->heap[i] = v;
}

static uint32_t heap_pop(InitGraph *g) {
	uint32_t top = g->heap[0], v = g->heap[--g->heap_len], i = 0;
	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= g->heap_len)
			break;
		if (child + 1 < g->heap_len && g->heap[child + 1] < g->heap[child])
			child++;
		if (g->heap[child] >= v)
			break;
		g->heap[i] = g->heap[child];
		i = child;
	}
	g->heap[i] = v;
	return top;
}

/* Edges from every initializer that number `to` needs, looking through functions. */
static void add_init_edges(InitGraph *g, uint32_t to) {
	Arena *arena = g->c->u->arena;
	PtrMap seen = {0};
	ObjectList work = {0};
	VarInit *init = g->nodes[to].init;
	for (uint32_t i = 0; i < init->deps.len; i++)
		VEC_PUSH(arena, &work.list, init->deps.items[i]);
	while (work.list.len > 0) {
		Object *o = work.list.items[--work.list.len];
		void *key = o->kind == OBJECT_VAR && o->init ? (void *)o->init : (void *)o;
		if (ptrmap_get(&seen, key))
			continue;
		ptrmap_put(arena, &seen, key, key);
		if (o->kind == OBJECT_VAR) {
			uintptr_t from = (uintptr_t)ptrmap_get(&g->index, key);
			if (from && from - 1 != to) {
				VEC_PUSH(arena, &g->nodes[from - 1].dependents, to);
				g->nodes[to].waits_for++;
			}
			continue;
		}
		uint32_t count;
		Object **deps = deps_of(o, &count);
		for (uint32_t i = 0; i < count && o->kind == OBJECT_FUNC; i++)
			VEC_PUSH(arena, &work.list, deps[i]);
	}
}

static int compare_inits(const void *a, const void *b) {
	uint32_t x = (*(VarInit *const *)a)->lhs[0]->order, y = (*(VarInit *const *)b)->lhs[0]->order;
	return x < y ? -1 : x > y;
}

static void order_inits(Check *c, VarInit **inits, uint32_t count) {
	Arena *arena = c->u->arena;
	InitGraph g = {.c = c, .count = count};
	if (count < 2)
		return;
	qsort(inits, count, sizeof(VarInit *), compare_inits);
	g.nodes = ARENA_ARRAY(arena, InitNode, count);
	g.heap = ARENA_ARRAY(arena, uint32_t, count);
	for (uint32_t i = 0; i < count; i++) {
		g.nodes[i].init = inits[i];
		ptrmap_put(arena, &g.index, inits[i], (void *)(uintptr_t)(i + 1));
	}
	for (uint32_t i = 0; i < count; i++)
		add_init_edges(&g, i);
	for (uint32_t i = 0; i < count; i++)
		if (g.nodes[i].waits_for == 0)
			heap_push(&g, i);
	uint32_t done = 0;
	while (g.heap_len > 0) {
		InitNode *node = &g.nodes[heap_pop(&g)];
		node->done = true;
		inits[done++] = node->init;
		for (uint32_t i = 0; i < node->dependents.len; i++)
			if (--g.nodes[node->dependents.items[i]].waits_for == 0)
				heap_push(&g, node->dependents.items[i]);
	}
	/* What is left is in a cycle, which was reported. */
	for (uint32_t i = 0; i < count; i++)
		if (!g.nodes[i].done)
			inits[done++] = g.nodes[i].init;
}

void package_init_order(Universe *u, Package *pkg, VarInit **inits, uint32_t count) {
	(void)pkg;
	order_inits(check_of(u), inits, count);
}

void order_package(Check *c, Package *pkg) {
	check_init_cycles(c, pkg);
	VEC(VarInit *) inits = {0};
	for (uint32_t i = 0; i < pkg->var_inits.len; i++)
		if (pkg->var_inits.items[i]->rhs)
			VEC_PUSH(c->u->arena, &inits, pkg->var_inits.items[i]);
	order_inits(c, inits.items, inits.len);
	for (uint32_t i = 0; i < inits.len; i++)
		VEC_PUSH(c->u->arena, &pkg->init_order, inits.items[i]);
}
