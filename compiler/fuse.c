/* SPDX-License-Identifier: MIT */
/* fuse.c: superinstructions made of what was just emitted, and jumps that lead to jumps.
 *
 * Rules: whoever asks for a fusion knows that the temporaries in between are read by nobody else and that no label
 * lies inside. Words are taken away only at the end of the code; a fault of the fused instruction belongs to the line
 * of its first part, so parts on different lines stay apart.
 * Why here and not in a pass: without words moving, no distance, line or table needs correcting.
 * See: bytecode/opcodes.def; bench/ says which pairs are worth an instruction. */
#include "compiler/gen.h"

static uint32_t line_at(const Gen *g, Pos pos) { return source_position(g->c->u->sources, pos).line; }

/* Forgets the code from `start` on; false (nothing happened): its first part may fault, and a new line begins behind
 * it. */
static bool code_cut(Gen *g, uint32_t start, bool first_faults) {
	uint32_t keep = g->lines.len;
	while (keep && g->lines.items[keep - 1].pc > start)
		keep--;
	LineEntry first = keep ? g->lines.items[keep - 1] : (LineEntry){0};
	for (uint32_t i = keep; first_faults && i < g->lines.len; i++)
		if (g->lines.items[i].line != first.line || g->lines.items[i].site != first.site)
			return false;
	if (keep != g->lines.len)
		g->line_pos = 0;
	g->lines.len = keep;
	g->code.len = start;
	g->newest = NO_INSN;
	reuse_forget(g);
	return true;
}

/* ---------------------------------------------------------------- two loads at once */

bool fuse_loads(Gen *g, Op op, Reg a, Reg b, Reg c) {
	if (g->newest == NO_INSN || g->newest + 1 != g->code.len)
		return false;
	Insn first = g->code.items[g->newest];
	if (first.op != op || a != (Reg)first.a + 1 || b == first.a)
		return false;
	if (op == OP_INDEX_64 && (c == first.a || b + 1 == first.a))
		return false;
	if (g->pos != g->line_pos && (!g->line_pos || line_at(g, g->pos) != line_at(g, g->line_pos)))
		return false;
	if (inline_site(g) != g->line_site)
		return false;
	g->code.len = g->newest;
	if (op == OP_LOAD_64) {
		emit_2n(g, OP_LOAD2_64, first.a, first.b, b, (uint64_t)first.c | (uint64_t)c << 16);
		if (first.b != a)
			reuse_remember(g, op, first.a, first.b, first.c);
		reuse_remember(g, op, a, b, c);
	} else
		emit_2n(g, OP_INDEXES_64, first.a, first.b, first.c, (uint64_t)b | (uint64_t)c << 16);
	return true;
}

bool fuse_dot(Gen *g, Op op, Reg acc, Reg x, Reg y) {
	if (g->dead || g->newest == NO_INSN || g->newest + 2 != g->code.len || op == OP_SUBMUL_F64)
		return false;
	Insn loads = g->code.items[g->newest], second = g->code.items[g->newest + 1];
	if (loads.op != OP_INDEXES_64 || loads.a != x || x + 1 != y || acc == x || acc == y ||
	    !code_cut(g, g->newest, true))
		return false;
	emit_2n(g, op == OP_ADDMUL_I64 ? OP_DOT_I64 : OP_DOT_F64, acc, loads.b, loads.c, second.word);
	return true;
}

/* p.items[i]: the slice is read and indexed at once. A variable that takes over the slice's slot resets g->newest. */
bool fuse_field_index(Gen *g, Reg dest, Reg slice, Reg index) {
	if (g->dead || g->newest == NO_INSN || g->newest + 1 != g->code.len || slice < g->statement_top)
		return false;
	Insn load = g->code.items[g->newest];
	if (load.op != OP_LOAD_128 || load.a != slice || index == slice || index == slice + 1 ||
	    !code_cut(g, g->newest, true))
		return false;
	emit_2n(g, OP_FIELD_INDEX_64, dest, load.b, index, load.c);
	return true;
}

bool fuse_loop(Gen *g, Op op, Reg a, Reg b, const Label *to) {
	if (g->newest == NO_INSN || g->newest + 1 != g->code.len || (op != OP_LOOP_LT_I64 && op != OP_LOOP_LE_I64))
		return false;
	Insn add = g->code.items[g->newest];
	int64_t distance = (int64_t)to->pos - ((int64_t)g->newest + 2);
	if (add.op != OP_ADD_I64 || add.a != a || add.b != a || add.c == a || b == a || !fits_i16(distance))
		return false;
	g->code.len = g->newest;
	emit_2n(g, op == OP_LOOP_LT_I64 ? OP_ADD_LOOP_LT : OP_ADD_LOOP_LE, a, add.c, (uint16_t)distance, b);
	return true;
}

/* ---------------------------------------------------------------- x op= y in memory */

/* How t = t op y becomes an update in place. */
static Op update_form(Op op, bool element) {
	switch (op) {
	case OP_ADD_I64: return element ? OP_XADD_I64 : OP_MADD_I64;
	case OP_SUB_I64: return element ? OP_XSUB_I64 : OP_MSUB_I64;
	case OP_ADDI: return element ? OP_XADDI : OP_MADDI;
	case OP_ADD_F64: return element ? OP_XADD_F64 : OP_MADD_F64;
	case OP_SUB_F64: return element ? OP_XSUB_F64 : OP_MSUB_F64;
	case OP_ADDMUL_F64: return element ? OP_NOP : OP_MADDMUL_F64;
	case OP_SUBMUL_F64: return element ? OP_NOP : OP_MSUBMUL_F64;
	default: return OP_NOP;
	}
}

/* Instructions that only write their first slot, and so may change places with the load before them. */
static bool is_plain_load(Op op) {
	return op == OP_LOAD_64 || op == OP_INDEX_64 || op == OP_LOADG_64 || op == OP_LOADC_64 || op == OP_SLICE_LEN ||
	       op == OP_MOVE || op == OP_LOADI || op == OP_LOADK || op == OP_I64_TO_F64;
}

void fuse_update(Gen *g, uint32_t start) {
	const Insn *code = g->code.items;
	uint32_t at[4], count = 0, pc = start;
	for (; pc < g->code.len && count < COUNT_OF(at); pc += (uint32_t)op_words(&code[pc]))
		at[count++] = pc;
	if (g->dead || pc != g->code.len || count < 3)
		return;
	Insn load = code[at[0]], update = code[at[count - 2]], store = code[at[count - 1]];
	bool element = load.op == OP_INDEX_64;
	Reg t = load.a;
	Op op = update_form((Op)update.op, element);
	if (op == OP_NOP || (!element && load.op != OP_LOAD_64) || store.op != (element ? OP_SETINDEX_64 : OP_STORE_64))
		return;
	if (update.a != t || (element ? store.a != load.b || store.b != load.c || store.c != t
				      : store.a != load.b || store.b != t || store.c != load.c))
		return;
	bool accumulates = update.op == OP_ADDMUL_F64 || update.op == OP_SUBMUL_F64;
	if ((!accumulates && update.b != t) || (update.op != OP_ADDI && update.c == t) ||
	    (accumulates && update.b == t))
		return;
	Insn middle[2] = {{.word = 0}, {.word = 0}};
	uint32_t middle_words = at[count - 2] - at[1];
	if (count == 4) {
		if (!is_plain_load((Op)code[at[1]].op) || code[at[1]].a == t || middle_words > 2)
			return;
		memcpy(middle, &code[at[1]], middle_words * sizeof(Insn));
		if (middle[0].a == load.b || (element && (middle[0].a == load.c || middle[0].a == load.b + 1)))
			return;
	}
	if (!code_cut(g, start, true))
		return;
	for (uint32_t i = 0; i < middle_words; i++)
		emit_word(g, middle[i].word);
	if (accumulates)
		emit_2n(g, op, load.b, update.b, update.c, load.c);
	else if (element)
		emit(g, op, load.b, load.c, update.c);
	else
		emit(g, op, load.b, update.c, load.c);
}

void fuse_store(Gen *g, uint32_t start, Reg fresh) {
	const Insn *code = g->code.items;
	if (g->dead || g->code.len != start + 2)
		return;
	Insn constant = code[start], store = code[start + 1];
	int64_t v = constant.op == OP_ZERO ? 0 : constant.bc;
	if ((constant.op != OP_ZERO && constant.op != OP_LOADI) || constant.a < fresh || !fits_i16(v))
		return;
	bool element = store.op == OP_SETINDEX_8 || store.op == OP_SETINDEX_64;
	if ((!element && store.op != OP_STORE_64) || (element ? store.c : store.b) != constant.a ||
	    !code_cut(g, start, false))
		return;
	if (element)
		emit(g, store.op == OP_SETINDEX_8 ? OP_SETINDEXI_8 : OP_SETINDEXI_64, store.a, store.b, (uint16_t)v);
	else
		emit(g, OP_STOREI_64, store.a, (uint16_t)v, store.c);
}

/* ---------------------------------------------------------------- jumps to jumps */

/* Only JMP is rewritten: to where it leads in the end, or into the LOOP or RET that it leads to. */
void fuse_jumps(Gen *g) {
	Insn *code = g->code.items;
	for (uint32_t pc = 0; pc < g->code.len; pc += (uint32_t)op_words(&code[pc])) {
		if (code[pc].op != OP_JMP)
			continue;
		int64_t target = (int64_t)pc + 1 + code[pc].bc;
		for (int hops = 0; hops < 8 && target < g->code.len && code[target].op == OP_JMP; hops++)
			target += 1 + (int64_t)code[target].bc;
		if (target >= g->code.len)
			continue;
		Insn to = code[target];
		if (to.op == OP_RET || to.op == OP_RET_1 || to.op == OP_RET_2) {
			code[pc] = to;
		} else if (to.op == OP_LOOP) {
			code[pc].op_ = OP_LOOP;
			code[pc].bc = (int32_t)(target + 1 + to.bc - ((int64_t)pc + 1));
		} else {
			code[pc].bc = (int32_t)(target - ((int64_t)pc + 1));
		}
	}
}
