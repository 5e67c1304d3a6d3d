/* SPDX-License-Identifier: MIT */
/* plan.c: the cache of plans of struct types, which plan.gol makes; the hooks that hold it.
 *
 * Owns: PlanTable (Go heap): reached from the package's hooks, replaced by a copy when a plan is added.
 * Rules: readers take no lock; of two who add at once one does it again. What Go code says is copied and proved before it is
 *   believed: it may be the code of an image, and may change what it said. */
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

/* ---------------------------------------------------------------- copies of plans */

/* Memory layouts of plan.gol's field and plan. */
typedef struct SaidField {
	GoString name, key, key_html, folded;
	GoSlice index; /* []int */
	GoIface type;  /* a *rtype */
	bool omit_empty, omit_zero, quoted;
} RECEIVER SaidField;

typedef struct SaidPlan {
	GoSlice fields;
} RECEIVER SaidPlan;

/* The type at the end of the path; NULL: it leads nowhere. The indexes are copied on the way. */
static const TypeDesc *follow_path(const TypeDesc *type, GoSlice said, uint32_t *index) {
	for (uint32_t i = 0; i < said.len; i++) {
		uint64_t at = load_word((const int64_t *)said.ptr + i);
		if (i > 0 && type->kind == KIND_POINTER)
			type = type->elem;
		if (type->kind != KIND_STRUCT || at >= type->field_count)
			return NULL;
		index[i] = (uint32_t)at;
		type = type->fields[at].type;
	}
	return said.len ? type : NULL;
}

static NativeStatus copy_field(Goroutine *g, const TypeDesc *type, const SaidField *said, Field *to) {
	GoSlice path = load_slice(&said->index);
	uint32_t *index = heap_new_words(g, path.len / 2 + 1ul);
	if (!index)
		return out_of_memory(g);
	*to = (Field){.name = load_string(&said->name), .key = load_string(&said->key), .key_html = load_string(&said->key_html),
		      .folded = load_string(&said->folded), .index = index, .depth = path.len, .omit_empty = said->omit_empty & 1,
		      .omit_zero = said->omit_zero & 1, .quoted = said->quoted & 1, .type = follow_path(type, path, index)};
	return to->type ? NATIVE_DONE : native_misused(g, "encoding/json: plan");
}

static void enter_name(Plan *p, uint32_t i) {
	uint32_t at = plan_hash(p->fields[i].name.ptr, (size_t)p->fields[i].name.len) & p->mask;
	while (p->table[at])
		at = (at + 1) & p->mask;
	p->table[at] = i + 1;
}

static NativeStatus copy_plan(Goroutine *g, const TypeDesc *type, const SaidPlan *said, Plan **out) {
	GoSlice fields = said ? load_slice(&said->fields) : (GoSlice){0};
	uint64_t size = 4;
	if (!said || type->kind != KIND_STRUCT || fields.len > UINT16_MAX)
		return native_misused(g, "encoding/json: plan");
	while (size < fields.len * 2ul)
		size *= 2;
	Plan *p = heap_new_words(g, ALIGN_UP(sizeof *p, 16u) / sizeof(Slot));
	Field *copies = heap_new_words(g, (fields.len + 1ul) * sizeof *copies / sizeof(Slot));
	uint32_t *table = heap_new_words(g, size * sizeof *table / sizeof(Slot));
	if (!p || !copies || !table)
		return out_of_memory(g);
	*p = (Plan){.fields = copies, .table = table, .count = fields.len, .mask = (uint32_t)size - 1};
	for (uint32_t i = 0; i < fields.len; i++) {
		CHECK(copy_field(g, type, (const SaidField *)fields.ptr + i, &copies[i]));
		enter_name(p, i);
	}
	*out = p;
	return NATIVE_DONE;
}

NativeStatus plan_add(Goroutine *g, Hooks *hooks, const TypeDesc *type, const void *said) {
	PlanTable *old = __atomic_load_n(&hooks->plans, __ATOMIC_ACQUIRE), *fresh;
	Plan *plan = NULL;
	CHECK(copy_plan(g, type, said, &plan));
	do {
		uint64_t cap = !old ? 16 : old->len * 2 >= old->cap ? old->cap * 2 : old->cap;
		fresh = heap_new_words(g, (sizeof *fresh + cap * sizeof(PlanEntry)) / sizeof(Slot));
		if (!fresh)
			return out_of_memory(g);
		fresh->cap = cap;
		for (uint64_t i = 0; old && i < old->cap; i++)
			if (old->entries[i].type) {
				*find_entry(fresh, old->entries[i].type) = old->entries[i];
				fresh->len++;
			}
		PlanEntry *e = find_entry(fresh, type);
		fresh->len += e->type == NULL;
		*e = (PlanEntry){type, plan};
	} while (!__atomic_compare_exchange_n(&hooks->plans, &old, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- hooks */

static bool is_bytes(const TypeDesc *t) { return t->kind == KIND_SLICE && t->elem->kind == KIND_UINT8; }

/* An interface of one method, which takes and gives what the callers in encode.c and decode.c pass and read. */
static bool has_method(const TypeDesc *t, bool takes_bytes, uint32_t results, bool gives_bool) {
	if (t->kind != KIND_INTERFACE || t->method_count != 1)
		return false;
	const TypeDesc *f = t->methods[0].key->type;
	if (f->param_count != takes_bytes || f->result_count != results || (takes_bytes && !is_bytes(f->params[0])))
		return false;
	if (gives_bool)
		return f->results[0]->kind == KIND_BOOL;
	return f->results[results - 1]->kind == KIND_INTERFACE && (results == 1 || is_bytes(f->results[0]));
}

static bool is_any_type(const TypeDesc *t) { return t->kind == KIND_INTERFACE && t->method_count == 0; }

static bool hook_fits(const TypeDesc *t, int hook) {
	switch (hook) {
	case HOOK_MARSHALER: case HOOK_TEXT_MARSHALER: return has_method(t, false, 2, false);
	case HOOK_UNMARSHALER: case HOOK_TEXT_UNMARSHALER: return has_method(t, true, 1, false);
	case HOOK_ZEROER: return has_method(t, false, 1, true);
	case HOOK_NUMBER: return t->kind == KIND_STRING;
	case HOOK_MAP: return t->kind == KIND_MAP && t->key->kind == KIND_STRING && is_any_type(t->elem);
	default: return t->kind == KIND_SLICE && is_any_type(t->elem);
	}
}

/* func newHooks(plan func(t reflect.Type) *plan, types []any) *hooks */
NativeStatus json_new_hooks(Goroutine *g, Slot *args) {
	struct {
		Hooks *result;
		const Closure *plan;
		GoSlice types;
	} *a = NATIVE_ARGS(args);
	Hooks *hooks = heap_new_words(g, ALIGN_UP(sizeof *hooks, 16u) / sizeof(Slot));
	if (!hooks)
		return out_of_memory(g);
	hooks->plan = a->plan;
	for (uint32_t i = 0; i < HOOK_COUNT && i < a->types.len; i++) {
		const TypeDesc *pointer = load_iface((const GoIface *)a->types.ptr + i).type;
		if (pointer && pointer->kind == KIND_POINTER && hook_fits(pointer->elem, (int)i))
			hooks->types[i] = pointer->elem;
	}
	for (int i = 0; i < HOOK_COUNT; i++)
		if (!hooks->types[i] || !hooks->plan)
			return native_misused(g, "encoding/json.newHooks");
	a->result = hooks;
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
