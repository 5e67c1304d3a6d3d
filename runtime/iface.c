/* SPDX-License-Identifier: MIT */
/* iface.c: interfaces: finding methods, asking whether a type implements one, boxing values.
 *
 * Owns: the VM's cache of answers to "does T implement I" (Heap.iface_cache).
 * Rules: an entry of the cache is guarded by its own sequence number: odd while it is written; a reader that saw it
 * move computes the answer itself. Boxes are immutable once made.
 * Why: no method tables per (type, interface): the interpreter caches methods by (type, key), which serves all. */
#include "runtime/heap_internal.h"
#include "runtime/values.h"

/* ---- methods ---- */

/* Order of TypeDesc.methods: by name, then by package path. */
static int method_order(const MethodKey *a, const MethodKey *b) {
	if (a == b)
		return 0;
	int order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->pkg_path, b->pkg_path);
}

const MethodDesc *type_find_method(const TypeDesc *type, const MethodKey *key) {
	uint32_t low = 0, high = type->method_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = method_order(type->methods[middle].key, key);
		if (order == 0)
			return type->methods[middle].key == key ? &type->methods[middle] : NULL;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Both lists are sorted: one walk along both. */
static const MethodDesc *first_missing(const TypeDesc *type, const TypeDesc *iface) {
	uint32_t at = 0;
	for (uint32_t i = 0; i < iface->method_count; i++) {
		const MethodDesc *wanted = &iface->methods[i];
		while (at < type->method_count && method_order(type->methods[at].key, wanted->key) < 0)
			at++;
		if (at == type->method_count || type->methods[at].key != wanted->key)
			return wanted;
	}
	return NULL;
}

/* ---- the cache ---- */

typedef struct IfaceAnswer {
	uint64_t sequence; /* odd: being written */
	const TypeDesc *type, *iface;
	const MethodDesc *missing;
} IfaceAnswer;

enum { ANSWERS = 512 }; /* 16 KiB, made when a program first asks about an interface with methods */
struct IfaceCache {
	IfaceAnswer answers[ANSWERS];
};

void iface_cache_free(Heap *h) {
	mem_free(&h->vm->mem, h->iface_cache, sizeof(struct IfaceCache));
	h->iface_cache = NULL;
}

static struct IfaceCache *iface_cache_get(Heap *h) {
	struct IfaceCache *cache = __atomic_load_n(&h->iface_cache, __ATOMIC_ACQUIRE), *expected = NULL;
	if (cache != NULL)
		return cache;
	cache = mem_zalloc(&h->vm->mem, sizeof(*cache));
	if (cache == NULL ||
	    __atomic_compare_exchange_n(&h->iface_cache, &expected, cache, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return cache;
	mem_free(&h->vm->mem, cache, sizeof(*cache));
	return expected;
}

static bool answer_read(IfaceAnswer *a, const TypeDesc *type, const TypeDesc *iface, const MethodDesc **missing) {
	uint64_t sequence = __atomic_load_n(&a->sequence, __ATOMIC_ACQUIRE);
	if (sequence & 1 || __atomic_load_n(&a->type, __ATOMIC_ACQUIRE) != type ||
	    __atomic_load_n(&a->iface, __ATOMIC_ACQUIRE) != iface)
		return false;
	*missing = __atomic_load_n(&a->missing, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&a->sequence, __ATOMIC_RELAXED) == sequence;
}

static void answer_write(IfaceAnswer *a, const TypeDesc *type, const TypeDesc *iface, const MethodDesc *missing) {
	uint64_t sequence = __atomic_load_n(&a->sequence, __ATOMIC_RELAXED);
	if (sequence & 1 || !__atomic_compare_exchange_n(&a->sequence, &sequence, sequence + 1, false, __ATOMIC_ACQ_REL,
							 __ATOMIC_RELAXED))
		return; /* somebody else writes it: nothing is lost */
	__atomic_store_n(&a->type, type, __ATOMIC_RELAXED);
	__atomic_store_n(&a->iface, iface, __ATOMIC_RELAXED);
	__atomic_store_n(&a->missing, missing, __ATOMIC_RELAXED);
	__atomic_store_n(&a->sequence, sequence + 2, __ATOMIC_RELEASE);
}

const MethodDesc *iface_missing_method(VM *vm, const TypeDesc *type, const TypeDesc *iface) {
	if (iface->method_count == 0)
		return NULL;
	if (type->method_count == 0)
		return &iface->methods[0];
	struct IfaceCache *cache = iface_cache_get(vm->heap);
	if (cache == NULL)
		return first_missing(type, iface);
	IfaceAnswer *a = &cache->answers[(type->hash ^ iface->hash * 31u) % ANSWERS];
	const MethodDesc *missing;
	if (!answer_read(a, type, iface, &missing)) {
		missing = first_missing(type, iface);
		answer_write(a, type, iface, missing);
	}
	return missing;
}

void iface_forget(VM *vm) { iface_cache_free(vm->heap); }

/* ---- boxing ---- */

PanicCode iface_make(Goroutine *g, const TypeDesc *type, const Slot *value, GoIface *out) {
	if (type->flags & DESC_DIRECT) {
		*out = (GoIface){type, type->slots == 0 ? (Slot){0} : *value};
		return PANIC_NONE;
	}
	void *box = heap_new(g, type);
	if (box == NULL)
		return FATAL_OUT_OF_MEMORY;
	value_store(type, box, value);
	*out = (GoIface){type, {.p = box}};
	return PANIC_NONE;
}

void iface_value(GoIface v, Slot *out) {
	if (!(v.type->flags & DESC_DIRECT))
		value_load(v.type, out, v.data.p);
	else if (v.type->slots != 0)
		*out = v.data;
}

const void *iface_memory(const GoIface *v) {
	return v->type->flags & DESC_DIRECT ? (const void *)&v->data : v->data.p;
}
