/* SPDX-License-Identifier: MIT */
/* escape.c: which boxes and objects nobody can refer to any more when their block is left, so that it may release them.
 * Owns: the graph of the values of one function and its literals while it is looked at; FuncInfo.flow, what is known of a
 * function's parameters; Object.stays; Compiler.stays, the allocating expressions of a statement.
 * Rules: whatever is not understood escapes: stores through pointers, channels, go, natives, calls of unknown functions and
 * of methods of interfaces, package unsafe, functions of sessions. A function that is called is looked at first; while it is
 * under way itself it is unknown, except to itself. An object is released only where its address is held by nothing that
 * lives longer than the block (release.c). What a function puts into an object that outlives its call counts as kept: counts
 * of dereferences do not lead through such objects.
 * Why a graph of variables without regard to order: it is what Go's compiler does (cmd/compile/internal/escape describes
 * the idea: locations, assignments with a count of dereferences, shortest paths); what is released here is an ordinary
 * object of the heap, so a path that is missed by being careful costs a collection, nothing else.
 * See: docs/architecture.md, tests/lang/escape*. */
#include <stdio.h>

#include "compiler/escape.h"

/* ---------------------------------------------------------------- the graph */

Loc *escape_loc(Escape *e, uint16_t depth, uint16_t holder) {
	Loc *l = ARENA_NEW(e->arena, Loc);
	l->depth = depth;
	l->holder = holder;
	l->reach = NO_DEPTH;
	l->param = -1;
	VEC_PUSH(e->arena, &e->locs, l);
	return l;
}

Loc *escape_var(Escape *e, Object *o) {
	Loc *l = ptrmap_get(&e->vars, o);
	if (l)
		return l;
	l = escape_loc(e, e->depth, e->depth);
	l->object = o;
	ptrmap_put(e->arena, &e->vars, o, l);
	return l;
}

void escape_flow(Escape *e, Hole k, Loc *src, int32_t derefs) {
	if (k.dst && (k.dst != src || k.derefs + derefs < 0))
		VEC_PUSH(e->arena, &k.dst->edges, ((FlowEdge){src, k.derefs + derefs}));
}

/* ---------------------------------------------------------------- paths */

typedef struct Paths {
	Escape *e;
	VEC(Loc *) queue;
	uint32_t round, steps;
} Paths;

static void path_reaches(Paths *p, Loc *l, int32_t dist) {
	if (l->round == p->round && l->dist <= dist)
		return;
	l->round = p->round;
	l->dist = dist;
	if (!l->queued)
		VEC_PUSH(p->e->arena, &p->queue, l);
	l->queued = true;
}

static void leak(int8_t *at, int32_t dist) {
	int8_t derefs = dist < 0 ? 0 : dist > 100 ? 100 : (int8_t)dist;
	if (*at == NO_LEAK || *at > derefs)
		*at = derefs;
}

/* Everything whose value or address may get to root. leaks_at: the place of that in a parameter's Leaks; NULL: none. */
static void find_paths(Paths *p, Loc *root, Leaks *params, size_t leaks_at) {
	p->round++;
	path_reaches(p, root, 0);
	while (p->queue.len && p->steps < MAX_FLOW_STEPS) {
		Loc *l = p->queue.items[--p->queue.len];
		l->queued = false;
		if (l->dist < 0 && root->holder < l->reach)
			l->reach = root->holder;
		if (l->param >= 0 && params)
			leak((int8_t *)&params[l->param] + leaks_at, l->dist);
		int32_t from = l->dist < 0 ? 0 : l->dist;
		p->steps += 1 + l->edges.len;
		for (uint32_t i = 0; i < l->edges.len; i++)
			path_reaches(p, l->edges.items[i].src, from + l->edges.items[i].derefs);
	}
}

static bool is_result(const FlowFunc *f, const Loc *l) {
	for (uint32_t i = 0; i < f->info->signature->result_count; i++)
		if (f->results[i] == l)
			return true;
	return false;
}

static bool solve(Escape *e, FuncFlow *flow) {
	Paths p = {.e = e};
	const FlowFunc *f = ptrmap_get(&e->funcs, e->info);
	find_paths(&p, e->heap, flow->params, offsetof(Leaks, heap));
	for (uint32_t i = 0; i < f->info->signature->result_count; i++)
		find_paths(&p, f->results[i], flow->params,
			   i < MAX_FLOW_RESULTS ? offsetof(Leaks, results) + i : offsetof(Leaks, heap));
	for (uint32_t i = 0; i < e->locs.len; i++) {
		Loc *l = e->locs.items[i];
		bool of_literal = l->holder == 0 && !is_result(f, l); /* whoever calls it gets that */
		if (l != e->heap && l->holder != NO_DEPTH && l->edges.len)
			find_paths(&p, l, of_literal ? flow->params : NULL, offsetof(Leaks, heap));
	}
	for (uint32_t i = 0; i < e->locs.len; i++) /* what lies in a new object that outlives the call: no count of dereferences finds it */
		if (e->locs.items[i] != e->heap && e->locs.items[i]->reach == 0)
			find_paths(&p, e->locs.items[i], flow->params, offsetof(Leaks, heap));
	return p.steps < MAX_FLOW_STEPS;
}

/* ---------------------------------------------------------------- decisions */

static void add_site(Escape *e, const Loc *l, bool lasts) {
	Compiler *c = e->c;
	StaySites *sites = ptrmap_get(&c->stays, l->stmt);
	if (!sites) {
		sites = ARENA_NEW(c->arena, StaySites);
		ptrmap_put(c->arena, &c->stays, l->stmt, sites);
	}
	VEC_PUSH(c->arena, sites, ((StaySite){l->site, lasts, l->conditional}));
}

static void decide(Escape *e) {
	for (uint32_t i = 0; i < e->locs.len; i++) {
		const Loc *l = e->locs.items[i];
		if (l->object) /* the box of a loop variable serves all iterations then: no other variable of the loop may hold it */
			l->object->stays = l->object->per_iteration ? l->reach > l->depth : l->reach >= l->depth;
		else if (l->site && l->reach > l->depth)
			add_site(e, l, false);
		else if (l->site && l->reach == l->depth && l->lasts && !e->jumps)
			add_site(e, l, true);
	}
}

/* ---------------------------------------------------------------- functions */

static FuncFlow *flow_new(Compiler *c, FuncInfo *info) {
	FuncFlow *flow = ARENA_NEW(c->arena, FuncFlow);
	uint32_t count = 1 + info->signature->param_count;
	flow->state = FLOW_UNDER_WAY;
	flow->params = ARENA_ARRAY(c->arena, Leaks, count);
	memset(flow->params, NO_LEAK, count * sizeof(Leaks));
	info->flow = flow;
	return flow;
}

static FuncFlow *look_at(Compiler *c, FuncInfo *info, uint32_t nest, uint32_t *deep) {
	FuncFlow *flow = flow_new(c, info);
	Arena arena; /* of the graph */
	arena_init(&arena, c->arena->mem);
	arena.stop = c->arena->stop;
	arena.stop_user = c->arena->stop_user;
	Escape e = {.c = c, .info = info, .arena = &arena, .nest = nest, .deep = deep};
	e.heap = escape_loc(&e, 0, 0);
	escape_function(&e, info, 1);
	bool known = !e.failed && !arena.failed && solve(&e, flow) && !arena.failed;
	flow->state = known ? FLOW_KNOWN : FLOW_UNKNOWN;
	if (known)
		decide(&e);
	c->arena->failed |= arena.failed;
	arena_deinit(&arena);
	return flow;
}

void escape_analyze(Compiler *c, FuncInfo *info) {
	while (info->outer)
		info = info->outer;
	uint32_t deep = 0;
	if (!info->flow && info->body && info->signature)
		look_at(c, info, 0, &deep);
}

/* ---------------------------------------------------------------- natives */

/* Packages whose natives keep nothing of what they are given. */
static const char *const harmless_packages[] = {
	"bytes", "crypto/md5", "crypto/sha1", "crypto/sha256", "crypto/sha512", "encoding/base64", "encoding/hex", "hash/crc32", "hash/fnv",
	"internal/bytealg", "math/big", "slices", "sort", "sync", "sync/atomic", "unicode/utf8",
};
/* Single ones of other packages, and those that are given interfaces. */
static const char *const harmless_natives[] = {
	"runtime.readMemStats", "slices.sharesMemory", "slices.sortOrdered", "sort.length", "sort.swap",
};

/* No memory but its own can be reached from it. */
static bool is_plain(Type *t) {
	TypeKind kind = (TypeKind)type_underlying(t)->kind;
	return !escape_holds(t) && kind != TYPE_STRING && kind != TYPE_MAP && kind != TYPE_CHAN && kind != TYPE_ARRAY && kind != TYPE_STRUCT;
}

/* What is found there is plain: there is nothing in it to keep, and nothing that could be put there. */
static bool leads_to_plain(Type *t) {
	t = type_underlying(t);
	return (t->kind == TYPE_POINTER || t->kind == TYPE_SLICE) && !escape_holds(t->elem) && !type_is_parameterized(t->elem);
}

static bool is_listed(const char *const *list, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static bool native_is_harmless(const FuncInfo *info) {
	const Type *signature = info->signature;
	char name[64];
	if (!info->package->is_library || !signature)
		return false;
	for (uint32_t i = 0; i < signature->result_count; i++)
		if (!is_plain(signature->results[i]->type))
			return false;
	snprintf(name, sizeof name, "%s.%s", info->package->path, info->object->name->text);
	if (is_listed(harmless_natives, COUNT_OF(harmless_natives), name))
		return true;
	if (!is_listed(harmless_packages, COUNT_OF(harmless_packages), info->package->path))
		return false;
	for (uint32_t i = 0; i < signature->param_count; i++)
		if (escape_holds(signature->params[i]->type) && !leads_to_plain(signature->params[i]->type))
			return false;
	return !signature->recv || leads_to_plain(signature->recv->type);
}

const FuncFlow *escape_callee(Escape *e, FuncInfo *info) {
	if (!info || info->package->is_session)
		return NULL; /* it may be declared again */
	if (!info->flow && function_is_native(info) && check_func_body(e->c->u, info) && info->signature)
		flow_new(e->c, info)->state = native_is_harmless(info) ? FLOW_KNOWN : FLOW_UNKNOWN;
	if (!info->flow && !function_is_native(info)) {
		if (e->nest >= MAX_FLOW_NEST || (info->node && info->node->kind == NODE_FUNC_DECL && !check_func_body(e->c->u, info)))
			return NULL;
		if (info->body && info->signature)
			look_at(e->c, info, e->nest + 1, e->deep);
	}
	FuncFlow *flow = info->flow;
	return flow && flow->state == FLOW_KNOWN ? flow : NULL;
}
