/* SPDX-License-Identifier: MIT */
/* emit.c: slots, instructions, labels: the only file that encodes an instruction.
 * Owns: Gen.code, Gen.lines, Gen.slot_ptrs, Gen.top.
 * Rules: slots are taken as from a stack (callers save Gen.top and restore it); whoever takes slots says which of them
 * may hold pointers. Behind an unconditional jump Gen.dead is set and nothing is emitted until a label that somebody
 * jumps to: unreachable code never gets into a function.
 * Why no second pass: distances of short jumps that overflow are found when labels are bound; the function is then
 * generated once more with far jumps (one in many thousands of functions). */
#include "compiler/gen.h"

typedef enum PatchKind { PATCH_C, PATCH_BC, PATCH_WORD, PATCH_TABLE } PatchKind;

/* ---------------------------------------------------------------- slots */

Reg slots_alloc(Gen *g, uint32_t count, bool even) {
	if (even)
		g->top = ALIGN_UP(g->top, 2u);
	if (count > MAX_FRAME_SLOTS || g->top + count > MAX_FRAME_SLOTS) {
		g->too_large = true;
		g->top = FRAME_HEADER_SLOTS;
		return g->top;
	}
	Reg r = g->top;
	g->top += count;
	if (g->top > g->max_top)
		g->max_top = g->top;
	if (g->loaded.count)
		reuse_forget_slots(g, r, count);
	return r;
}

void slot_declare_pointer(Gen *g, Reg r) {
	while (r / 64 >= g->slot_ptrs.len)
		VEC_PUSH(g->c->arena, &g->slot_ptrs, 0);
	g->slot_ptrs.items[r / 64] |= 1ull << r % 64;
}

typedef struct Declaring {
	Gen *g;
	Reg base;
} Declaring;

static void declare_word(void *user, uint32_t word) {
	Declaring *d = user;
	slot_declare_pointer(d->g, d->base + word);
}

void slot_declare(Gen *g, Reg r, const TypeDesc *d) {
	Declaring user = {g, r};
	if (d->slots < MAX_FRAME_SLOTS && !g->too_large)
		type_pointer_words(d, 0, declare_word, &user);
}

Reg slot_alloc(Gen *g, const TypeDesc *d) {
	Reg r = slots_alloc(g, d->slots, d->align == 16);
	slot_declare(g, r, d);
	return r;
}

Reg slot_scalar(Gen *g) {
	return slots_alloc(g, 1, false);
}

Reg slot_pointer(Gen *g) {
	Reg r = slots_alloc(g, 1, false);
	slot_declare_pointer(g, r);
	return r;
}

/* ---------------------------------------------------------------- positions */

void gen_pos(Gen *g, Pos pos) {
	if (pos)
		g->pos = pos;
}

/* The position is looked up only when it changed. */
static void note_line(Gen *g) {
	uint32_t site = inline_site(g);
	if ((g->pos == g->line_pos && site == g->line_site) || !g->pos)
		return;
	g->line_pos = g->pos;
	g->line_site = site;
	Position at = source_position(g->c->u->sources, g->pos);
	LineEntry entry = {
		.pc = g->code.len,
		.line = at.line,
		.column = at.column > 0xffff ? 0xffff : (uint16_t)at.column,
		.file = file_index(g->c, at.file),
		.site = site,
	};
	if (g->lines.len && g->lines.items[g->lines.len - 1].pc == entry.pc)
		g->lines.items[g->lines.len - 1] = entry;
	else
		VEC_PUSH(g->c->arena, &g->lines, entry);
}

/* ---------------------------------------------------------------- instructions */

static void push_word(Gen *g, Insn word) {
	VEC_PUSH(g->c->arena, &g->code, word);
}

void emit(Gen *g, Op op, Reg a, Reg b, Reg c) {
	if (g->dead)
		return;
	if ((op == OP_LOAD_64 || op == OP_INDEX_64) && fuse_loads(g, op, a, b, c))
		return;
	if (op_info[op].effects[0])
		note_line(g);
	g->newest = g->code.len;
	push_word(g, (Insn){.op = (uint16_t)op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c});
	reuse_note(g, op, a, b, c);
	if (op == OP_RET || op == OP_RET_1 || op == OP_RET_2 || op == OP_PANIC || op == OP_UNREACHABLE)
		g->dead = true;
}

void emit_bc(Gen *g, Op op, Reg a, int32_t bc) {
	if (g->dead)
		return;
	if (op_info[op].effects[0])
		note_line(g);
	g->newest = g->code.len;
	push_word(g, (Insn){.op_ = (uint16_t)op, .a_ = (uint16_t)a, .bc = bc});
	reuse_note(g, op, a, 0, 0);
}

void emit_2n(Gen *g, Op op, Reg a, Reg b, Reg c, uint64_t word) {
	if (g->dead)
		return;
	emit(g, op, a, b, c);
	push_word(g, (Insn){.word = word});
}

void emit_2(Gen *g, Op op, Reg a, Reg b, Reg c, const void *word) {
	emit_2n(g, op, a, b, c, (uint64_t)(uintptr_t)word);
}

void emit_3(Gen *g, Op op, Reg a, Reg b, Reg c, const void *word1, uint64_t word2) {
	if (g->dead)
		return;
	emit_2(g, op, a, b, c, word1);
	push_word(g, (Insn){.word = word2});
}

void emit_word(Gen *g, uint64_t word) {
	if (!g->dead)
		push_word(g, (Insn){.word = word});
}

/* ---------------------------------------------------------------- labels */

static void patch_apply(Gen *g, const Patch *p, uint32_t target) {
	int64_t distance = (int64_t)target - (int64_t)p->next;
	Insn *at = &g->code.items[p->at];
	switch ((PatchKind)p->kind) {
	case PATCH_C:
		if (!fits_i16(distance))
			g->need_far_jumps = true;
		at->c = (uint16_t)(int16_t)distance;
		return;
	case PATCH_BC:
		at->bc = (int32_t)distance;
		return;
	case PATCH_WORD:
		at->imm = distance;
		return;
	case PATCH_TABLE:
		return; /* see emit_jump_table */
	}
}

static void label_use(Gen *g, Label *l, PatchKind kind, uint32_t at, uint32_t next) {
	reuse_jump(g, l);
	Patch patch = {.at = at, .next = next, .kind = (uint8_t)kind, .link = l->patches};
	if (l->bound) {
		patch_apply(g, &patch, l->pos);
		return;
	}
	Patch *p = ARENA_NEW(g->c->arena, Patch);
	*p = patch;
	l->patches = p;
}

/* Distances in a jump table are halves of words. */
static void table_patch(Gen *g, const Patch *p, uint32_t target) {
	int32_t *table = (int32_t *)g->code.items;
	table[p->at] = (int32_t)((int64_t)target - (int64_t)p->next);
}

void label_bind(Gen *g, Label *l) {
	if (l->bound)
		return;
	reuse_label(g, l, !g->dead);
	/* A jump to the very next instruction does nothing. */
	Patch *p = l->patches;
	if (!g->dead || !p || p->kind != PATCH_BC || p->at + 1 != g->code.len || g->code.items[p->at].op != OP_JMP) {
		if (p)
			g->dead = false;
	} else {
		g->code.len--;
		l->patches = p->link;
		g->dead = false;
		if (g->lines.len && g->lines.items[g->lines.len - 1].pc >= g->code.len) {
			g->lines.len--;
			g->line_pos = 0;
		}
	}
	l->bound = true;
	l->pos = g->code.len;
	g->newest = NO_INSN;
	for (p = l->patches; p; p = p->link) {
		if (p->kind == PATCH_TABLE)
			table_patch(g, p, l->pos);
		else
			patch_apply(g, p, l->pos);
	}
	l->patches = NULL;
}

/* ---------------------------------------------------------------- jumps */

static Op loop_form(Op op) {
	switch (op) {
	case OP_JMP: return OP_LOOP;
	case OP_JNZ: return OP_LOOP_NZ;
	case OP_JZ: return OP_LOOP_Z;
	case OP_JEQ_I64: return OP_LOOP_EQ_I64;
	case OP_JNE_I64: return OP_LOOP_NE_I64;
	case OP_JLT_I64: return OP_LOOP_LT_I64;
	case OP_JLE_I64: return OP_LOOP_LE_I64;
	case OP_JLT_U64: return OP_LOOP_LT_U64;
	case OP_JLE_U64: return OP_LOOP_LE_U64;
	case OP_JEQ_I: return OP_LOOP_EQ_I;
	case OP_JNE_I: return OP_LOOP_NE_I;
	case OP_JLT_I: return OP_LOOP_LT_I;
	case OP_JLE_I: return OP_LOOP_LE_I;
	case OP_JGT_I: return OP_LOOP_GT_I;
	case OP_JGE_I: return OP_LOOP_GE_I;
	case OP_JEQ_F64: return OP_LOOP_EQ_F64;
	case OP_JNE_F64: return OP_LOOP_NE_F64;
	case OP_JLT_F64: return OP_LOOP_LT_F64;
	case OP_JLE_F64: return OP_LOOP_LE_F64;
	case OP_JNLT_F64: return OP_LOOP_NLT_F64;
	case OP_JNLE_F64: return OP_LOOP_NLE_F64;
	case OP_JLT_LEN: return OP_LOOP_LT_LEN;
	case OP_INC_LOOP_LT: case OP_INC_LOOP_LT_I: case OP_INC_LOOP_LT_LEN: case OP_INC_LOOP_LE: case OP_DEC_LOOP_GE_I:
	case OP_RANGE_NEXT_U8: case OP_RANGE_NEXT_I32: case OP_RANGE_NEXT_64: case OP_RANGE_NEXT_128:
		return op;
	default:
		return OP_NOP; /* has none */
	}
}

/* The jump taken exactly when op is not; *swap: with exchanged operands. OP_NOP: none. */
static Op inverse_jump(Op op, bool *swap) {
	*swap = false;
	switch (op) {
	case OP_JNZ: return OP_JZ;
	case OP_JZ: return OP_JNZ;
	case OP_JEQ_I64: return OP_JNE_I64;
	case OP_JNE_I64: return OP_JEQ_I64;
	case OP_JLT_I64: *swap = true; return OP_JLE_I64;
	case OP_JLE_I64: *swap = true; return OP_JLT_I64;
	case OP_JLT_U64: *swap = true; return OP_JLE_U64;
	case OP_JLE_U64: *swap = true; return OP_JLT_U64;
	case OP_JEQ_I: return OP_JNE_I;
	case OP_JNE_I: return OP_JEQ_I;
	case OP_JLT_I: return OP_JGE_I;
	case OP_JLE_I: return OP_JGT_I;
	case OP_JGT_I: return OP_JLE_I;
	case OP_JGE_I: return OP_JLT_I;
	case OP_JEQ_F64: return OP_JNE_F64;
	case OP_JNE_F64: return OP_JEQ_F64;
	case OP_JLT_F64: return OP_JNLT_F64;
	case OP_JLE_F64: return OP_JNLE_F64;
	case OP_JNLT_F64: return OP_JLT_F64;
	case OP_JNLE_F64: return OP_JLE_F64;
	case OP_JEQ_STR: return OP_JNE_STR;
	case OP_JNE_STR: return OP_JEQ_STR;
	case OP_JLT_LEN: return OP_JGE_LEN;
	case OP_JGE_LEN: return OP_JLT_LEN;
	default: return OP_NOP;
	}
}

static bool distance_in_bc(Op op) {
	return op_info[op].shape[1] == 'j';
}

static void emit_one_jump(Gen *g, Op op, Reg a, Reg b, Label *to) {
	uint32_t at = g->code.len;
	if (distance_in_bc(op)) {
		emit_bc(g, op, a, 0);
		label_use(g, to, PATCH_BC, at, at + 1);
	} else {
		emit(g, op, a, b, 0);
		label_use(g, to, PATCH_C, at, at + 1);
	}
}

/* The distance of a jump in 16 bits may not suffice: the inverse jumps around a far one. */
static void emit_far_jump(Gen *g, Op op, Reg a, Reg b, Label *to) {
	bool swap;
	Op inverse = inverse_jump(op, &swap);
	Label skip = {0}, take = {0};
	if (inverse != OP_NOP) {
		emit_one_jump(g, inverse, swap ? b : a, swap ? a : b, &skip);
	} else { /* INC_LOOP and RANGE_NEXT: jump over the jump that skips */
		emit_one_jump(g, op, a, b, &take);
		emit_one_jump(g, OP_JMP, 0, 0, &skip);
		label_bind(g, &take);
	}
	emit_go_to(g, to);
	label_bind(g, &skip);
}

void emit_jump(Gen *g, Op op, Reg a, Reg b, Label *to) {
	if (g->dead)
		return;
	bool far = !distance_in_bc(op) && (to->bound ? g->code.len - to->pos > 32000 : g->far_jumps);
	if (far) {
		emit_far_jump(g, op, a, b, to);
		return;
	}
	if (to->bound) {
		Op loop = loop_form(op);
		if (fuse_loop(g, loop, a, b, to))
			return;
		if (loop == OP_NOP) { /* no form with a check: jump around a plain LOOP */
			emit_far_jump(g, op, a, b, to);
			return;
		}
		op = loop;
	}
	emit_one_jump(g, op, a, b, to);
}

void emit_go_to(Gen *g, Label *to) {
	if (g->dead)
		return;
	emit_one_jump(g, to->bound ? OP_LOOP : OP_JMP, 0, 0, to);
	g->dead = true;
}

void emit_jump_type(Gen *g, Op op, Reg a, const TypeDesc *d, Label *to) {
	if (g->dead)
		return;
	assert(!to->bound);
	uint32_t at = g->code.len;
	emit_bc(g, op, a, 0);
	push_word(g, (Insn){.ptr = d});
	label_use(g, to, PATCH_BC, at, at + 2);
}

void emit_jump_word(Gen *g, Op op, Reg a, Reg b, Reg c, const void *word1, Label *to) {
	if (g->dead)
		return;
	emit(g, op, a, b, c);
	if (op_info[op].words == 3)
		push_word(g, (Insn){.ptr = word1});
	push_word(g, (Insn){.word = 0});
	label_use(g, to, PATCH_WORD, g->code.len - 1, g->code.len);
}

void emit_jump_table(Gen *g, Reg value, int64_t least, Label **targets, uint32_t count) {
	if (g->dead)
		return;
	emit(g, OP_JTABLE, value, count, 0);
	push_word(g, (Insn){.imm = least});
	uint32_t first = g->code.len * 2;
	for (uint32_t i = 0; i < (count + 1) / 2; i++)
		push_word(g, (Insn){.word = 0});
	for (uint32_t i = 0; i < count; i++) {
		Patch patch = {.at = first + i, .next = g->code.len, .kind = PATCH_TABLE, .link = targets[i]->patches};
		Patch *p = ARENA_NEW(g->c->arena, Patch);
		*p = patch;
		assert(!targets[i]->bound);
		reuse_jump(g, targets[i]);
		targets[i]->patches = p;
	}
}

/* ---------------------------------------------------------------- moves and constants */

void emit_move_slots(Gen *g, Reg dest, Reg src, uint32_t count) {
	if (dest == src || count == 0)
		return;
	if (count == 1)
		emit(g, OP_MOVE, dest, src, 0);
	else if (count == 2 && dest % 2 == 0 && src % 2 == 0)
		emit(g, OP_MOVE2, dest, src, 0);
	else
		emit(g, OP_MOVEN, dest, src, count);
}

void emit_move(Gen *g, const TypeDesc *d, Reg dest, Reg src) {
	emit_move_slots(g, dest, src, d->slots);
}

void emit_zero_slots(Gen *g, Reg dest, uint32_t count) {
	if (count == 1)
		emit(g, OP_ZERO, dest, 0, 0);
	else if (count == 2 && dest % 2 == 0)
		emit(g, OP_ZERO2, dest, 0, 0);
	else if (count)
		emit(g, OP_ZERON, dest, count, 0);
}

void emit_zero(Gen *g, const TypeDesc *d, Reg dest) {
	emit_zero_slots(g, dest, d->slots);
}

void emit_int(Gen *g, Reg dest, int64_t v) {
	if (v == 0)
		emit(g, OP_ZERO, dest, 0, 0);
	else if (v >= INT32_MIN && v <= INT32_MAX)
		emit_bc(g, OP_LOADI, dest, (int32_t)v);
	else
		emit_2n(g, OP_LOADK, dest, 0, 0, (uint64_t)v);
}
