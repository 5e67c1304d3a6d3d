/* SPDX-License-Identifier: MIT */
/* liveness.c: backward data flow over a function's bytecode: a slot is live where some way on reads it before it is
 * written.
 *
 * Owns: Liveness: the live slots at the beginning of every basic block; what holds inside one is worked out when asked.
 * Rules: a set has one bit per slot of the frame. Reads that go too far cost precision, writes that go too far cost
 *   correctness: SLOT_MAY_WRITE kills nothing. A panic may come from nearly anywhere, so in a function that defers everything
 *   its epilogue reads is live everywhere.
 * Why: kept per block and not per instruction, so that memory stays a fraction of the code; blocks are swept backwards,
 *   so that only loops need more than one round.
 * See: operands.h, runtime/frame_map.c, tests/unit/test_liveness.c. */
#include "bytecode/liveness.h"

#include "bytecode/operands.h"

enum {
	MOST_WORDS = 1 << 17, /* of all sets of a function: 1 MiB */
	MOST_ROUNDS = 60,     /* one more than loops are nested, but for strange uses of goto */
	WALK_CHUNK = 256,
};

typedef struct Block {
	uint32_t start, last; /* its first and its last instruction */
} Block;

struct Liveness {
	const Function *fn;
	uint32_t words; /* of one set */
	uint32_t count; /* of blocks */
	Block *blocks;  /* and one behind the last, where the code ends */
	uint64_t *live; /* at the beginning of each block */
};

static uint32_t length_at(const Function *fn, uint32_t pc) { return (uint32_t)op_words(&fn->code[pc]); }

/* ---- effects on a set ---- */

typedef struct Effect {
	uint64_t *set;
	uint32_t slots;
	unsigned accesses; /* bits: which kinds of access */
	bool value;
} Effect;

enum {
	READS = 1 << SLOT_READ,
	KILLS = 1 << SLOT_WRITE | 1 << SLOT_CLOBBER,
	KILLS_NEXT = 1 << SLOT_WRITE_NEXT,
	KILLS_JUMP = 1 << SLOT_WRITE_JUMP,
};

static void apply_operand(const OpOperand *o, void *user) {
	const Effect *e = user;
	if (!(e->accesses >> o->access & 1))
		return;
	uint64_t end = (uint64_t)o->first + o->count;
	if (end > e->slots)
		end = e->slots;
	for (uint64_t slot = o->first, next; slot < end; slot = next) { /* a word of the set at a time */
		next = (slot / 64 + 1) * 64;
		uint64_t bits = ~0ull << slot % 64;
		if (next > end)
			bits &= ~0ull >> (next - end);
		e->set[slot / 64] = e->value ? e->set[slot / 64] | bits : e->set[slot / 64] & ~bits;
	}
}

static void apply(const Function *fn, const Insn *at, uint64_t *set, unsigned accesses, bool value) {
	Effect e = {set, fn->frame_slots, accesses, value};
	op_each_operand(fn, at, apply_operand, &e);
}

/* What is live before the instruction, from what is live behind it. */
static void step_back(const Function *fn, const Insn *at, uint64_t *live) {
	apply(fn, at, live, KILLS, false);
	apply(fn, at, live, READS, true);
}

/* The instructions of [from, end), last first. Lengths are known only going forward: places are noted at even distances,
 * and what lies between two of them is walked in the same way, so that long blocks take n log n. */
static void walk_back(const Function *fn, uint32_t from, uint32_t end, void (*visit)(const Insn *at, void *user), void *user) {
	uint32_t places[WALK_CHUNK], noted = 0;
	uint32_t distance = (end - from) / WALK_CHUNK + 1; /* in words: no place is nearer to the next */
	for (uint32_t pc = from, next = from; pc < end; pc += length_at(fn, pc)) {
		if (pc < next)
			continue;
		places[noted++] = pc;
		next = pc + distance;
	}
	while (noted-- > 0) {
		if (distance == 1)
			visit(&fn->code[places[noted]], user);
		else
			walk_back(fn, places[noted], end, visit, user);
		end = places[noted];
	}
}

/* ---- blocks ---- */

typedef struct Leaders {
	const Function *fn;
	uint8_t *is_leader; /* by word index */
	uint32_t next;
} Leaders;

static void mark_leader(int64_t distance, void *user) {
	Leaders *l = user;
	int64_t target = l->next + distance;
	if (target >= 0 && target < l->fn->code_len)
		l->is_leader[target] = 1;
}

static void mark_next(int64_t distance, void *user) {
	(void)distance;
	Leaders *l = user;
	l->is_leader[l->next] = 1;
}

static uint32_t find_leaders(const Function *fn, uint8_t *is_leader) {
	uint32_t count = 0;
	is_leader[0] = 1;
	if (fn->flags & FUNC_DEFERS)
		is_leader[fn->defer_return] = 1;
	for (Leaders l = {fn, is_leader, 0}; l.next < fn->code_len;) {
		const Insn *at = &fn->code[l.next];
		l.next += (uint32_t)op_words(at);
		op_each_jump(at, mark_leader, &l);
		op_each_jump(at, mark_next, &l);
		if (!op_falls_through((Op)at->op))
			is_leader[l.next] = 1;
	}
	for (uint32_t pc = 0; pc < fn->code_len; pc++)
		count += is_leader[pc];
	return count;
}

static void find_blocks(Liveness *l, const uint8_t *is_leader) {
	uint32_t n = 0;
	for (uint32_t pc = 0; pc < l->fn->code_len; pc += length_at(l->fn, pc)) {
		if (is_leader[pc])
			l->blocks[n++].start = pc;
		l->blocks[n - 1].last = pc;
	}
	l->blocks[n].start = l->fn->code_len;
}

static uint32_t block_of(const Liveness *l, uint32_t pc) {
	uint32_t low = 0, high = l->count;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;
		if (l->blocks[mid].start <= pc)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static uint64_t *block_live(const Liveness *l, uint32_t block) { return &l->live[(size_t)block * l->words]; }

/* ---- the flow between blocks ---- */

static void unite(uint64_t *set, const uint64_t *other, uint32_t words) {
	for (uint32_t i = 0; i < words; i++)
		set[i] |= other[i];
}

typedef struct Join {
	const Liveness *l;
	uint64_t *set;
	uint32_t next;
} Join;

static void join_target(int64_t distance, void *user) {
	const Join *j = user;
	int64_t target = j->next + distance;
	if (target >= 0 && target < j->l->fn->code_len)
		unite(j->set, block_live(j->l, block_of(j->l, (uint32_t)target)), j->l->words);
}

static void note_access(const OpOperand *o, void *user) { *(unsigned *)user |= 1u << o->access; }

/* What is live behind the last instruction of a block, on either way on. What it writes on one of them only is taken away
 * before the other one is added. */
static void join_successors(const Liveness *l, uint32_t block, uint64_t *set) {
	const Insn *last = &l->fn->code[l->blocks[block].last];
	Join jump = {l, set, l->blocks[block].last + (uint32_t)op_words(last)};
	unsigned accesses = 0;
	op_each_operand(l->fn, last, note_access, &accesses);
	memset(set, 0, l->words * sizeof *set);
	if (accesses & KILLS_JUMP) {
		op_each_jump(last, join_target, &jump);
		apply(l->fn, last, set, KILLS_JUMP, false);
	}
	if (op_falls_through((Op)last->op) && block + 1 < l->count)
		unite(set, block_live(l, block + 1), l->words);
	if (accesses & KILLS_NEXT)
		apply(l->fn, last, set, KILLS_NEXT, false);
	if (!(accesses & KILLS_JUMP))
		op_each_jump(last, join_target, &jump);
}

/* What a block reads before it writes it, and what it writes. */
typedef struct Transfer {
	const Function *fn;
	uint64_t *reads, *kills;
} Transfer;

static void add_transfer(const Insn *at, void *user) {
	const Transfer *t = user;
	step_back(t->fn, at, t->reads);
	apply(t->fn, at, t->kills, KILLS, true);
}

/* What recovered panics need. */
static const uint64_t *epilogue_live(const Liveness *l) {
	return l->fn->flags & FUNC_DEFERS ? block_live(l, block_of(l, l->fn->defer_return)) : NULL;
}

/* One round over all blocks; false: nothing changed. */
static bool sweep(Liveness *l, const uint64_t *reads, const uint64_t *kills, uint64_t *set) {
	const uint64_t *always = epilogue_live(l);
	bool changed = false;
	for (uint32_t block = l->count; block-- > 0;) {
		uint64_t *live = block_live(l, block);
		size_t at = (size_t)block * l->words;
		join_successors(l, block, set);
		for (uint32_t i = 0; i < l->words; i++) {
			uint64_t now = reads[at + i] | (set[i] & ~kills[at + i]) | (always ? always[i] : 0);
			changed = changed || now != live[i];
			live[i] = now;
		}
	}
	return changed;
}

Liveness *liveness_new(Arena *arena, Arena *scratch, const Function *fn) {
	uint32_t words = liveness_words(fn);
	uint8_t *is_leader = ARENA_ARRAY(scratch, uint8_t, fn->code_len + 1);
	uint32_t count = find_leaders(fn, is_leader);
	size_t all = (size_t)count * words;
	if (all > MOST_WORDS)
		return NULL;
	Liveness *l = ARENA_NEW(arena, Liveness);
	*l = (Liveness){.fn = fn, .words = words, .count = count};
	l->blocks = ARENA_ARRAY(arena, Block, count + 1);
	l->live = ARENA_ARRAY(arena, uint64_t, all);
	find_blocks(l, is_leader);
	uint64_t *reads = ARENA_ARRAY(scratch, uint64_t, all), *kills = ARENA_ARRAY(scratch, uint64_t, all);
	uint64_t *set = ARENA_ARRAY(scratch, uint64_t, words);
	for (uint32_t block = 0; block < count; block++) {
		Transfer t = {fn, &reads[(size_t)block * words], &kills[(size_t)block * words]};
		walk_back(fn, l->blocks[block].start, l->blocks[block + 1].start, add_transfer, &t);
	}
	for (uint32_t round = 0; sweep(l, reads, kills, set); round++)
		if (round == MOST_ROUNDS)
			return NULL;
	return l;
}

/* ---- inside a block ---- */

static void step_back_live(const Insn *at, void *user) {
	const Transfer *t = user;
	step_back(t->fn, at, t->reads);
}

void liveness_at(const Liveness *l, uint32_t pc, uint64_t *live) {
	uint32_t block = block_of(l, pc);
	const uint64_t *always = epilogue_live(l);
	Transfer t = {.fn = l->fn, .reads = live};
	join_successors(l, block, live);
	walk_back(l->fn, pc, l->blocks[block + 1].start, step_back_live, &t);
	if (always)
		unite(live, always, l->words);
}
