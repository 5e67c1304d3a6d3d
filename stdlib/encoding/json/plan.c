/* SPDX-License-Identifier: MIT */
/* plan.c: the cache of plans of struct types, which plan.gol makes.
 *
 * Owns: PlanTable (Go heap): reached from the package's hooks, replaced by a copy when a plan is added.
 * Rules: readers take no lock; of two who add at once one does it again. */
#include "base/utf8.h"
#include "runtime/hash.h"
#include "stdlib/encoding/json/json.h"

typedef struct PlanEntry {
	const TypeDesc *type;
	const Plan *plan;
} PlanEntry;

typedef struct PlanTable {
	uint64_t cap, len; /* cap: a power of two */
	PlanEntry entries[];
} PlanTable;

static PlanEntry *find_entry(PlanTable *t, const TypeDesc *type) {
	for (uint64_t i = type->hash;; i++) {
		PlanEntry *e = &t->entries[i & (t->cap - 1)];
		if (!e->type || e->type == type)
			return e;
	}
}

const Plan *plan_find(const Hooks *hooks, const TypeDesc *type) {
	PlanTable *t = __atomic_load_n(&hooks->plans, __ATOMIC_ACQUIRE);
	return t ? find_entry(t, type)->plan : NULL;
}

/* func addPlan(h *hooks, t reflect.Type, p *plan) */
NativeStatus json_add_plan(Goroutine *g, Slot *args) {
	struct {
		Hooks *hooks;
		int64_t unused;
		GoIface type;
		const Plan *plan;
	} *a = NATIVE_ARGS(args);
	void *old = __atomic_load_n(&a->hooks->plans, __ATOMIC_ACQUIRE);
	const TypeDesc *type = iface_type(g, a->type);
	PlanTable *fresh;
	do {
		PlanTable *t = old;
		uint64_t cap = !t ? 16 : t->len * 2 >= t->cap ? t->cap * 2 : t->cap;
		fresh = heap_new_words(g, (sizeof *t + cap * sizeof(PlanEntry)) / sizeof(Slot));
		if (!fresh)
			return out_of_memory(g);
		fresh->cap = cap;
		for (uint64_t i = 0; t && i < t->cap; i++)
			if (t->entries[i].type) {
				*find_entry(fresh, t->entries[i].type) = t->entries[i];
				fresh->len++;
			}
		PlanEntry *e = find_entry(fresh, type);
		fresh->len += e->type == NULL;
		*e = (PlanEntry){type, a->plan};
	} while (!__atomic_compare_exchange_n(&a->hooks->plans, &old, (void *)fresh, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return NATIVE_DONE;
}

/* func nameHash(s string) int */
NativeStatus json_name_hash(Goroutine *g, Slot *args) {
	struct {
		int64_t result, unused;
		GoString s;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = plan_hash(a->s.ptr, (size_t)a->s.len);
	return NATIVE_DONE;
}

uint32_t plan_hash(const char *s, size_t len) { return (uint32_t)hash_bytes(s, len, 0) & 0x7fffffff; }

size_t fold_name(char *out, const char *s, size_t len) {
	size_t n = 0;
	for (size_t i = 0; i < len;) {
		int32_t rune = (unsigned char)s[i];
		if (rune < 0x80) {
			out[n++] = (char)(rune >= 'a' && rune <= 'z' ? rune - 32 : rune);
			i++;
			continue;
		}
		i += (size_t)utf8_decode(s + i, len - i, &rune);
		n += (size_t)utf8_encode(rune_to_upper(rune_to_lower(rune)), out + n);
	}
	return n;
}

/* func folded(s string) string */
NativeStatus json_folded(Goroutine *g, Slot *args) {
	struct {
		GoString result, s;
	} *a = NATIVE_ARGS(args);
	char *text = native_alloc_bytes(g, (size_t)a->s.len * 4 + 4);
	if (!text)
		return out_of_memory(g);
	a->result = (GoString){text, (int64_t)fold_name(text, a->s.ptr, (size_t)a->s.len)};
	return NATIVE_DONE;
}
