/* SPDX-License-Identifier: MIT */
/* release.c: objects that escape.c found to be garbage when a scope is left are given back there.
 * Owns: Gen.releases, a stack: what is due in the present place.
 * Rules: a scope releases at its end, and before every jump that leaves it; what a way out forgets (goto, panics, conditions
 * that jump) the collector finds. Only a slot that surely has its value is released: one that may be passed by is zeroed
 * first. Deferred calls may use the variables of the function's own block, so these are not released where there are any;
 * boxes of parameters and results are, after them.
 * Why this way: the objects are ordinary ones, so nothing else knows of it: no pointers into stacks, no regions to unwind,
 * and images simply leave it out. */
#include "compiler/gen.h"

uint32_t release_begin(const Gen *g) { return g->releases.len; }

/* Deferred calls that are still to come may refer to it. */
static bool needed_later(const Gen *g, const Release *r) {
	return g->body.has_defer && r->block <= 1 && r->lasts;
}

static void emit_release(Gen *g, const Release *r) {
	if (r->granules && r->layout == LAYOUT_NOSCAN)
		emit(g, OP_RELEASE_DATA, r->slot, 0, r->granules);
	else if (r->granules)
		emit(g, OP_RELEASE_SMALL, r->slot, r->layout, r->granules);
	else
		emit(g, OP_RELEASE, r->slot, 0, 0);
	g->released = true;
}

/* Small objects whose place the heap knows by their layout and size. */
static void note_shape(Release *r, uint32_t layout, uint64_t size) {
	enum { GRANULE = 16, MAX_SMALL = 512 };
	bool known = layout != LAYOUT_TYPED && size && size <= MAX_SMALL;
	r->layout = known ? (uint16_t)layout : 0;
	r->granules = known ? (uint16_t)((size + GRANULE - 1) / GRANULE) : 0;
}

static void emit_releases(Gen *g, uint32_t begin) {
	for (uint32_t i = g->releases.len; i-- > begin;) {
		const Release *r = &g->releases.items[i];
		if (r->set && !needed_later(g, r))
			emit_release(g, r);
	}
}

void release_end(Gen *g, uint32_t begin) {
	emit_releases(g, begin);
	g->releases.len = begin;
}

void release_leave(Gen *g, uint32_t begin) { emit_releases(g, begin); }

void release_return(Gen *g) { emit_releases(g, g->body.releases); }

void release_params(Gen *g) {
	for (uint32_t i = g->releases.len; i-- > 0;)
		if (g->releases.items[i].block == 0)
			emit_release(g, &g->releases.items[i]);
}

void release_box(Gen *g, const Object *o, const TypeDesc *d, Reg box) {
	Release r = {.slot = box, .block = g->body.blocks, .lasts = true, .set = true};
	note_shape(&r, d->layout, d->size);
	if (o->stays && !g->dead)
		VEC_PUSH(g->c->arena, &g->releases, r);
}

void release_temporary(Gen *g, const TypeDesc *d, Reg box) {
	Release r = {.slot = box};
	note_shape(&r, d->layout, d->size);
	emit_release(g, &r);
}

static Release *find_site(Gen *g, const Node *site) {
	for (uint32_t i = g->releases.len; i-- > g->body.releases;)
		if (g->releases.items[i].site == site)
			return &g->releases.items[i];
	return NULL;
}

bool release_wants(Gen *g, const Node *site) {
	const Release *r = site && !g->dead ? find_site(g, site) : NULL;
	return r && !needed_later(g, r);
}

static void site_done(Gen *g, const Node *site, Reg object, uint32_t layout, uint64_t size) {
	if (!release_wants(g, site))
		return;
	Release *r = find_site(g, site);
	note_shape(r, layout, size);
	emit(g, OP_MOVE, r->slot, object, 0);
	r->set = true;
}

void release_new(Gen *g, const Node *site, const TypeDesc *d, Reg object) {
	site_done(g, site, object, d->layout, d->size);
}

void release_closure(Gen *g, const Node *site, const Function *fn, Reg object) {
	site_done(g, site, object, fn->capture_layout, sizeof(Closure) + fn->capture_slots * sizeof(Slot));
}

void release_slice(Gen *g, const Node *site, const TypeDesc *elem, uint32_t count, Reg slice) {
	uint32_t layout = !desc_has_pointers(elem) ? LAYOUT_NOSCAN : elem->size == sizeof(void *) || desc_is_pair(elem) ? LAYOUT_POINTERS : LAYOUT_TYPED;
	site_done(g, site, slice, layout, (uint64_t)elem->size * count);
}

static void expect_sites(Gen *g, const StaySites *sites, bool lasts) {
	for (uint32_t i = 0; i < sites->len; i++) {
		const StaySite *s = &sites->items[i];
		if (s->lasts != lasts)
			continue;
		Release r = {.slot = slot_pointer(g), .block = g->body.blocks, .site = s->site, .lasts = lasts, .set = s->conditional};
		if (s->conditional)
			emit(g, OP_ZERO, r.slot, 0, 0);
		VEC_PUSH(g->c->arena, &g->releases, r);
	}
}

ReleaseStmt release_begin_stmt(Gen *g, const Node *stmt) {
	const StaySites *sites = g->dead ? NULL : ptrmap_get(&g->c->stays, stmt);
	if (sites)
		expect_sites(g, sites, true); /* below what the statement itself gives back */
	ReleaseStmt r = {.begin = g->releases.len, .before = g->top};
	if (sites)
		expect_sites(g, sites, false);
	r.after = g->top;
	return r;
}

void release_end_stmt(Gen *g, ReleaseStmt r) {
	if (r.before == r.after)
		return;
	uint32_t own = r.begin + (r.after - r.before); /* a declaration put its variables' boxes above */
	if (g->releases.len > own) {
		for (uint32_t i = r.begin; i < own; i++)
			g->releases.items[i].lasts = true;
		return;
	}
	release_end(g, r.begin);
	if (g->top == r.after)
		g->top = r.before;
}
