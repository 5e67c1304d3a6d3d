/* SPDX-License-Identifier: MIT */
/* reuse.c: fields and globals that were just loaded are not loaded again.
 * Owns: Gen.loaded, Label.loaded.
 * Rules: an entry says that a slot still holds what a load instruction put there. Writing to the slot, or to the one
 * with the address, ends it, and so does taking the slot for something new, which may be written before the value found
 * there is read; so does a store that may change the memory (any, but one through the same pointer to other
 * bytes), and everything that is not known to be harmless: calls, allocations, checks. Behind a label holds what held
 * at every jump to it; a label bound before jumps to it, a loop's head, knows nothing.
 * Why it is sound: between two loads without anything of that kind no other goroutine's store need be seen.
 * See: tests/lang/reuse.gol. */
#include "compiler/gen.h"

static uint32_t value_slots(Op op) {
	return op_info[op].shape[0] == 'W' ? 2 : 1;
}

static uint32_t value_bytes(Op op) {
	switch (op) {
	case OP_LOAD_I8: case OP_LOAD_U8: case OP_STORE_8: return 1;
	case OP_LOAD_I16: case OP_LOAD_U16: case OP_STORE_16: return 2;
	case OP_LOAD_I32: case OP_LOAD_U32: case OP_STORE_32: return 4;
	case OP_LOAD_128: case OP_STORE_128: case OP_STORE_128P: return 16;
	default: return 8;
	}
}

static bool is_field_load(Op op) {
	return op >= OP_LOAD_I8 && op <= OP_LOAD_128;
}
static_assert(OP_LOAD_128 - OP_LOAD_I8 == 7, "the loads of single values are neighbours");

/* ---------------------------------------------------------------- the table */

static bool touches(uint32_t slot, uint32_t count, Reg first, uint32_t len) {
	return slot < first + len && first < slot + count;
}

void reuse_forget_slots(Gen *g, Reg first, uint32_t len) {
	LoadedValues *l = &g->loaded;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < l->count; i++) {
		const LoadedValue *v = &l->values[i];
		if (!touches(v->slot, value_slots((Op)v->op), first, len) && !touches(v->base, 1, first, len))
			l->values[kept++] = *v;
	}
	l->count = kept;
}

/* Memory at base + offset is written; bytes 0: anywhere. */
static void forget_memory(Gen *g, Reg base, uint32_t offset, uint32_t bytes) {
	LoadedValues *l = &g->loaded;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < l->count; i++) {
		const LoadedValue *v = &l->values[i];
		uint32_t end = v->offset + value_bytes((Op)v->op);
		if (bytes && v->base == base && (v->offset >= offset + bytes || end <= offset))
			l->values[kept++] = *v;
	}
	l->count = kept;
}

void reuse_remember(Gen *g, Op op, Reg slot, Reg base, uint32_t offset) {
	LoadedValues *l = &g->loaded;
	if (base >= slot && base < slot + value_slots(op))
		return;
	if (l->count == MAX_LOADED)
		memmove(l->values, l->values + 1, --l->count * sizeof *l->values);
	l->values[l->count++] = (LoadedValue){(uint16_t)op, (uint16_t)slot, (uint16_t)base, (uint16_t)offset};
}

void reuse_forget(Gen *g) {
	g->loaded.count = 0;
}

Reg reuse_find(const Gen *g, Op op, Reg base, uint32_t offset) {
	const LoadedValues *l = &g->loaded;
	for (uint32_t i = l->count; i-- > 0 && !g->dead;)
		if (l->values[i].op == op && l->values[i].base == base && l->values[i].offset == offset)
			return l->values[i].slot;
	return NO_REG;
}

/* ---------------------------------------------------------------- instructions */

static bool note_store(Gen *g, Op op, Reg base, uint32_t offset) {
	switch (op) {
	case OP_STORE_8: case OP_STORE_16: case OP_STORE_32: case OP_STORE_64: case OP_STORE_P: case OP_STORE_128:
	case OP_STORE_128P: case OP_STOREI_64: case OP_MADD_I64: case OP_MSUB_I64: case OP_MADDI: case OP_MADD_F64:
	case OP_MSUB_F64:
		forget_memory(g, base, offset, value_bytes(op));
		return true;
	default:
		return false;
	}
}

/* Nothing but writing a slot at a, and perhaps a panic or a jump forwards. */
static bool only_writes(Op op) {
	const char *shape = op_info[op].shape, *effects = op_info[op].effects;
	if (op == OP_COPY_SLICE || op == OP_COPY_STR || op == OP_RECOVER)
		return false;
	if (shape[0] != 'w' && shape[0] != 'W' && shape[0] != 'm')
		return effects[0] == 'J' && !effects[1] && shape[0] != 'x';
	return shape[2] != 'w' && (!effects[0] || (effects[0] == 'P' && !effects[1]));
}

void reuse_note(Gen *g, Op op, Reg a, Reg b, Reg c) {
	char result = op_info[op].shape[0];
	if ((g->loaded.count == 0 && !is_field_load(op)) || note_store(g, op, a, c))
		return;
	if (op == OP_LOAD2_64)
		reuse_forget_slots(g, a, 2);
	else if (op == OP_MOVEN || op == OP_ZERON)
		reuse_forget_slots(g, a, op == OP_MOVEN ? c : b);
	else if (!only_writes(op))
		reuse_forget(g);
	else if (result == 'w' || result == 'W' || result == 'm')
		reuse_forget_slots(g, a, result == 'W' ? 2 : 1);
	if (is_field_load(op))
		reuse_remember(g, op, a, b, c);
}

/* ---------------------------------------------------------------- labels */

static void keep_common(LoadedValues *l, const LoadedValues *other) {
	uint32_t kept = 0;
	for (uint32_t i = 0; i < l->count; i++)
		for (uint32_t k = 0; k < other->count; k++)
			if (memcmp(&l->values[i], &other->values[k], sizeof(LoadedValue)) == 0) {
				l->values[kept++] = l->values[i];
				break;
			}
	l->count = kept;
}

void reuse_jump(Gen *g, Label *to) {
	if (to->bound) {
		if (to->keeps)
			g->need_no_reuse = true; /* what holds at this jump was not asked */
		return;
	}
	if (to->loaded) {
		keep_common(to->loaded, &g->loaded);
		return;
	}
	to->loaded = ARENA_NEW(g->c->arena, LoadedValues);
	*to->loaded = g->loaded;
}

void reuse_label(Gen *g, Label *l, bool reached) {
	LoadedValues *at_jumps = l->loaded;
	if (!at_jumps || g->no_reuse)
		reuse_forget(g);
	else if (reached)
		keep_common(&g->loaded, at_jumps);
	else
		g->loaded = *at_jumps;
	l->keeps = g->loaded.count != 0;
}
