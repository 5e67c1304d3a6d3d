/* SPDX-License-Identifier: MIT */
/* made_type.c: pointers, slices, arrays, maps, channels, functions and structs of existing types, made at run time.
 *
 * Owns: VM.made_types: an index by shape of the unnamed types of the program's table and of those made here, and the
 *   memory of the latter.
 * Rules: everything under MadeTypes.lock. A type is found by what it is made of, compared by address: its parts are
 *   canonical already. Types made here have no methods. Their heap layout is "pointers" or "no pointers": the heap
 *   knows the program's exact layouts only.
 * Why an index of its own: the program's table is constant while it runs, and may be shared by several VMs.
 * See: bytecode/shape.h. */
#include "runtime/made_type.h"

#include "base/buf.h"
#include "bytecode/shape.h"
#include "runtime/values.h"

struct MadeTypes {
	Lock lock;
	Arena arena;
	TypeTable shapes;       /* what type_shape needs; its layouts are not the heap's */
	const TypeDesc **slots; /* open addressing; slot_count is a power of two */
	uint32_t slot_count, used;
	uint32_t indexed; /* types of the program's table that are in it */
};

/* Short name and package of types made here: tells them from the program's. */
static const char unnamed[1] = "";

/* ---- the index ---- */

static uint64_t mix(uint64_t hash, uint64_t v) {
	return (hash ^ v) * 0x9e3779b97f4a7c15u + (hash >> 29);
}

static uint64_t mix_text(uint64_t hash, const char *s, size_t len) {
	return mix(hash, hash_bytes(s, len, 0));
}

static uint64_t shape_hash(const TypeDesc *d) {
	uint64_t h = mix(d->kind, (uintptr_t)d->elem);
	h = mix(mix(h, (uintptr_t)d->key), (uint64_t)d->length ^ (uint64_t)d->chan_dir << 62);
	for (uint32_t i = 0; i < d->param_count; i++)
		h = mix(h, (uintptr_t)d->params[i]);
	for (uint32_t i = 0; i < d->result_count; i++)
		h = mix(h, ~(uintptr_t)d->results[i]);
	for (uint32_t i = 0; i < d->field_count; i++)
		h = mix_text(mix(h, (uintptr_t)d->fields[i].type), d->fields[i].name, strlen(d->fields[i].name));
	return h;
}

static bool same_list(const TypeDesc *const *a, const TypeDesc *const *b, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static bool same_fields(const FieldDesc *a, const FieldDesc *b, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (a[i].type != b[i].type || a[i].embedded != b[i].embedded || strcmp(a[i].name, b[i].name) != 0 ||
		    strcmp(a[i].pkg_path, b[i].pkg_path) != 0 || a[i].tag_len != b[i].tag_len ||
		    (a[i].tag_len != 0 && memcmp(a[i].tag, b[i].tag, a[i].tag_len) != 0))
			return false;
	return true;
}

static bool same_shape(const TypeDesc *a, const TypeDesc *b) {
	return a->kind == b->kind && a->elem == b->elem && a->key == b->key && a->length == b->length &&
	       a->chan_dir == b->chan_dir && ((a->flags ^ b->flags) & DESC_VARIADIC) == 0 &&
	       a->param_count == b->param_count && a->result_count == b->result_count &&
	       a->field_count == b->field_count && same_list(a->params, b->params, a->param_count) &&
	       same_list(a->results, b->results, a->result_count) && same_fields(a->fields, b->fields, a->field_count);
}

static const TypeDesc **find_slot(struct MadeTypes *m, const TypeDesc *wanted) {
	uint64_t at = shape_hash(wanted) >> 20;
	for (;; at++) {
		const TypeDesc **slot = &m->slots[at & (m->slot_count - 1)];
		if (*slot == NULL || same_shape(*slot, wanted))
			return slot;
	}
}

static bool reserve(VM *vm, struct MadeTypes *m, uint32_t extra) {
	uint32_t need = (m->used + extra) * 2, count = m->slot_count ? m->slot_count : 256, old = m->slot_count;
	if (need <= old)
		return true;
	while (count < need)
		count *= 2;
	const TypeDesc **before = m->slots, **slots = mem_zalloc(&vm->mem, count * sizeof *slots);
	if (slots == NULL)
		return false;
	m->slots = slots;
	m->slot_count = count;
	for (uint32_t i = 0; i < old; i++)
		if (before[i] != NULL)
			*find_slot(m, before[i]) = before[i];
	mem_free(&vm->mem, before, old * sizeof *before);
	return true;
}

static bool is_composite(const TypeDesc *d) {
	switch ((Kind)d->kind) {
	case KIND_ARRAY: case KIND_CHAN: case KIND_FUNC: case KIND_MAP: case KIND_POINTER: case KIND_SLICE: case KIND_STRUCT:
		return !(d->flags & DESC_NAMED);
	default:
		return false;
	}
}

static bool index_program(VM *vm, struct MadeTypes *m) {
	uint32_t count = vm->types->types.len;
	if (m->indexed == count)
		return true;
	if (!reserve(vm, m, count - m->indexed))
		return false;
	for (; m->indexed < count; m->indexed++) {
		const TypeDesc *d = vm->types->types.items[m->indexed];
		if (!is_composite(d))
			continue;
		const TypeDesc **slot = find_slot(m, d);
		m->used += *slot == NULL;
		*slot = d;
	}
	return true;
}

static struct MadeTypes *made_types(VM *vm) {
	struct MadeTypes *m = __atomic_load_n(&vm->made_types, __ATOMIC_ACQUIRE), *expected = NULL;
	if (m != NULL)
		return m;
	m = mem_zalloc(&vm->mem, sizeof *m);
	if (m == NULL)
		return NULL;
	arena_init(&m->arena, &vm->mem);
	m->shapes.arena = &m->arena;
	if (__atomic_compare_exchange_n(&vm->made_types, &expected, m, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return m;
	mem_free(&vm->mem, m, sizeof *m);
	return expected;
}

void made_types_deinit(VM *vm) {
	struct MadeTypes *m = vm->made_types;
	if (m == NULL)
		return;
	arena_deinit(&m->arena);
	mem_free(&vm->mem, m->slots, m->slot_count * sizeof *m->slots);
	mem_free(&vm->mem, m, sizeof *m);
	vm->made_types = NULL;
}

/* ---- names ---- */

static void name_list(Buf *out, const TypeDesc *const *list, uint32_t count, bool variadic) {
	for (uint32_t i = 0; i < count; i++) {
		buf_puts(out, i ? ", " : "");
		if (variadic && i + 1 == count)
			buf_printf(out, "...%s", list[i]->elem->name);
		else
			buf_puts(out, list[i]->name);
	}
}

static void name_func(Buf *out, const TypeDesc *d) {
	buf_puts(out, "func(");
	name_list(out, d->params, d->param_count, d->flags & DESC_VARIADIC);
	buf_putc(out, ')');
	if (d->result_count == 0)
		return;
	buf_puts(out, d->result_count > 1 ? " (" : " ");
	name_list(out, d->results, d->result_count, false);
	buf_puts(out, d->result_count > 1 ? ")" : "");
}

static void name_type(Buf *out, const TypeDesc *d) {
	static const char *const words[] = {"chan ", "chan<- ", "<-chan "};
	switch ((Kind)d->kind) {
	case KIND_POINTER:
		buf_printf(out, "*%s", d->elem->name);
		break;
	case KIND_SLICE:
		buf_printf(out, "[]%s", d->elem->name);
		break;
	case KIND_ARRAY:
		buf_printf(out, "[%lld]%s", (long long)d->length, d->elem->name);
		break;
	case KIND_MAP:
		buf_printf(out, "map[%s]%s", d->key->name, d->elem->name);
		break;
	case KIND_CHAN:
		buf_puts(out, words[d->chan_dir]);
		buf_printf(out, d->chan_dir == 0 && d->elem->name[0] == '<' ? "(%s)" : "%s", d->elem->name);
		break;
	case KIND_FUNC:
		name_func(out, d);
		break;
	default:
		break;
	}
}

/* ---- making ---- */

static const TypeDesc *const *copy_list(Arena *arena, const TypeDesc *const *list, uint32_t count) {
	const TypeDesc **copy = ARENA_ARRAY(arena, const TypeDesc *, count + 1);
	if (count)
		memcpy(copy, list, count * sizeof *copy);
	return copy;
}

static FieldDesc *copy_fields(Arena *arena, const FieldDesc *fields, uint32_t count) {
	FieldDesc *copy = ARENA_ARRAY(arena, FieldDesc, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		copy[i] = fields[i];
		copy[i].name = arena_strndup(arena, fields[i].name, strlen(fields[i].name));
		copy[i].pkg_path = arena_strndup(arena, fields[i].pkg_path, strlen(fields[i].pkg_path));
		copy[i].tag = fields[i].tag_len ? arena_strndup(arena, fields[i].tag, fields[i].tag_len) : "";
	}
	return copy;
}

static const TypeDesc *make(VM *vm, struct MadeTypes *m, const TypeDesc *wanted) {
	Buf name;
	TypeDesc *d = arena_alloc(&m->arena, sizeof(TypeDesc) + TYPE_DESC_ROOM);
	FieldDesc *fields = copy_fields(&m->arena, wanted->fields, wanted->field_count);
	*d = *wanted;
	d->params = copy_list(&m->arena, wanted->params, wanted->param_count);
	d->results = copy_list(&m->arena, wanted->results, wanted->result_count);
	d->fields = fields;
	d->short_name = d->pkg_path = unnamed;
	if (!type_shape(&m->shapes, d, fields))
		return NULL;
	d->layout = d->flags & DESC_POINTERS ? LAYOUT_POINTERS : LAYOUT_NOSCAN;
	d->slot_type = d;
	if (d->kind == KIND_SLICE && d->elem->kind == KIND_UINT8)
		d->flags |= DESC_BYTES;
	buf_init(&name, &vm->mem);
	if (wanted->name)
		buf_puts(&name, wanted->name);
	else
		name_type(&name, d);
	d->name = arena_strndup(&m->arena, buf_cstr(&name), name.len);
	d->hash = (uint32_t)hash_bytes(d->name, name.len, 0);
	bool failed = name.failed || m->arena.failed;
	buf_deinit(&name);
	return failed ? NULL : d;
}

static const TypeDesc *find_or_make(VM *vm, const TypeDesc *wanted) {
	struct MadeTypes *m = made_types(vm);
	const TypeDesc *found = NULL;
	if (m == NULL)
		return NULL;
	lock_acquire(&m->lock);
	if (index_program(vm, m) && reserve(vm, m, 1)) {
		const TypeDesc **slot = find_slot(m, wanted);
		if (*slot == NULL) {
			*slot = make(vm, m, wanted);
			m->used += *slot != NULL;
		}
		found = *slot;
	}
	lock_release(&m->lock);
	return found;
}

const TypeDesc *type_pointer_to(VM *vm, const TypeDesc *elem) {
	if (elem->pointer_to)
		return elem->pointer_to;
	return find_or_make(vm, &(TypeDesc){.kind = KIND_POINTER, .elem = elem});
}

const TypeDesc *type_slice_of(VM *vm, const TypeDesc *elem) {
	return find_or_make(vm, &(TypeDesc){.kind = KIND_SLICE, .elem = elem});
}

const TypeDesc *type_array_of(VM *vm, const TypeDesc *elem, int64_t length) {
	return find_or_make(vm, &(TypeDesc){.kind = KIND_ARRAY, .elem = elem, .length = length});
}

const TypeDesc *type_map_of(VM *vm, const TypeDesc *key, const TypeDesc *elem) {
	return find_or_make(vm, &(TypeDesc){.kind = KIND_MAP, .key = key, .elem = elem});
}

const TypeDesc *type_chan_of(VM *vm, uint8_t dir, const TypeDesc *elem) {
	return find_or_make(vm, &(TypeDesc){.kind = KIND_CHAN, .elem = elem, .chan_dir = dir});
}

const TypeDesc *type_func_of(VM *vm, const TypeDesc *const *params, uint32_t param_count, const TypeDesc *const *results,
			     uint32_t result_count, bool variadic) {
	TypeDesc d = {.kind = KIND_FUNC, .params = params, .results = results, .param_count = param_count};
	d.result_count = result_count;
	d.flags = variadic ? DESC_VARIADIC : 0;
	return find_or_make(vm, &d);
}

const TypeDesc *type_struct_of(VM *vm, const char *name, const FieldDesc *fields, uint32_t count) {
	return find_or_make(vm, &(TypeDesc){.kind = KIND_STRUCT, .name = name, .fields = fields, .field_count = count});
}

TypeDesc *made_type_claim(void *vm, const TypeDesc *shape) {
	struct MadeTypes *m = ((VM *)vm)->made_types;
	if (m == NULL || m->slot_count == 0)
		return NULL;
	TypeDesc *found = (TypeDesc *)(uintptr_t)*find_slot(m, shape);
	if (found == NULL || found->short_name != unnamed)
		return NULL;
	found->short_name = "";
	return found;
}
