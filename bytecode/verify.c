/* SPDX-License-Identifier: MIT */
/* verify.c: a dataflow over each function, in the manner of the Java virtual machine's verifier.
 *
 * Owns: the state at each label of the function at hand.
 * Rules: code is walked from its entry; where ways meet, what they disagree about is forgotten, and the label is walked again
 *   until nothing more is forgotten. A panic that a deferred call recovers goes on at defer_return, so every instruction that
 *   may panic once calls can have been deferred is a way there. Work is counted, so that no image takes long.
 * Why a proof and no checks at run time: the interpreter stays as fast, and so does whatever comes after it.
 * See: verify_internal.h for what is known of a slot; docs/images.md. */
#include "bytecode/verify.h"

#include "bytecode/operands.h"
#include "bytecode/verify_internal.h"

enum { MAX_STEPS_PER_WORD = 2000 }; /* on average; compilers' output takes about 50 */
#define LEAST_STEPS (1ull << 24)
#define MAX_STATE_BYTES (256u << 20)

typedef struct Labels {
	Verifier *v;
	Arena arena;
	uint32_t *numbers; /* by pc: 1 + number of the label, 0: none; NOT_AN_INSN inside of instructions */
	Val **states;      /* by number; NULL: not reached yet */
	uint32_t *pcs;
	bool *dirty;
	uint32_t count, lowest; /* no label below is dirty */
	uint64_t state_bytes;
	const Val *from; /* the state that jumps carry */
} Labels;

enum { NOT_AN_INSN = 0xffffffffu };

/* ---------------------------------------------------------------- failures */

bool verify_fail(Verifier *v, const char *format, ...) {
	va_list args;
	if (v->failed)
		return false;
	v->failed = true;
	buf_printf(v->error, "function %s, word %u", v->fn ? v->fn->name : "?", v->pc);
	if (v->fn && v->pc < v->fn->code_len && v->fn->code[v->pc].op < OP_COUNT)
		buf_printf(v->error, " (%s)", op_name((Op)v->fn->code[v->pc].op));
	buf_puts(v->error, ": ");
	va_start(args, format);
	buf_vprintf(v->error, format, args);
	va_end(args);
	return false;
}

bool verify_step(Verifier *v, uint64_t work) {
	if (v->steps >= work) {
		v->steps -= work;
		return !v->failed;
	}
	v->steps = 0;
	return verify_fail(v, "too complicated");
}

/* ---------------------------------------------------------------- labels */

static void note_label(int64_t distance, void *user) {
	Labels *l = user;
	Verifier *v = l->v;
	const Insn *at = &v->fn->code[v->pc];
	int64_t to = (int64_t)v->pc + op_words(at) + distance;
	if (to < 0 || to >= v->fn->code_len || l->numbers[to] == NOT_AN_INSN)
		verify_fail(v, "a jump to word %lld", (long long)to);
	else if (l->numbers[to] == 0)
		l->numbers[to] = ++l->count;
}

static void find_labels(Labels *l) {
	Verifier *v = l->v;
	const Function *fn = v->fn;
	for (v->pc = 0; v->pc < fn->code_len;) {
		uint32_t words = (uint32_t)op_words(&fn->code[v->pc]);
		if (fn->code[v->pc].op >= OP_COUNT || words > fn->code_len - v->pc) {
			verify_fail(v, "no instruction");
			return;
		}
		for (uint32_t i = 1; i < words; i++)
			l->numbers[v->pc + i] = NOT_AN_INSN;
		v->pc += words;
	}
	for (v->pc = 0; v->pc < fn->code_len && !v->failed; v->pc += (uint32_t)op_words(&fn->code[v->pc]))
		if (verify_kinds(v, &fn->code[v->pc]))
			op_each_jump(&fn->code[v->pc], note_label, l);
	if (v->failed)
		return;
	v->pc = 0;
	if (fn->flags & FUNC_DEFERS) {
		uint32_t to = fn->defer_return;
		if (to >= fn->code_len || l->numbers[to] == NOT_AN_INSN || fn->code[to].op != OP_RUN_DEFERS)
			verify_fail(v, "deferred calls return to word %u", to);
		else if (l->numbers[to] == 0)
			l->numbers[to] = ++l->count;
	}
	if (l->numbers[0] == 0)
		l->numbers[0] = ++l->count;
}

/* The label at pc is reached with this state. */
static void reach(Labels *l, uint32_t pc, const Val *state) {
	Verifier *v = l->v;
	uint32_t number = l->numbers[pc] - 1;
	Val **at = &l->states[number];
	if (!verify_step(v, v->slots / 8 + 1))
		return;
	if (!*at) {
		l->state_bytes += v->slots * sizeof(Val);
		if (l->state_bytes > MAX_STATE_BYTES) {
			verify_fail(v, "too complicated");
			return;
		}
		*at = ARENA_ARRAY(&l->arena, Val, v->slots);
		memcpy(*at, state, v->slots * sizeof(Val));
	} else if (memcmp(*at, state, v->slots * sizeof(Val)) == 0 || !state_merge(v, *at, state)) {
		return;
	}
	l->dirty[pc] = true;
	if (pc < l->lowest)
		l->lowest = pc;
}

static void reach_jump(int64_t distance, void *user) {
	Labels *l = user;
	const Insn *at = &l->v->fn->code[l->v->pc];
	reach(l, (uint32_t)((int64_t)l->v->pc + op_words(at) + distance), l->from);
}

/* ---------------------------------------------------------------- one function */

/* When this instruction panics, a deferred call may recover. A callee's frame has overwritten what lies behind its base. */
static void reach_recovery(Labels *l, const Insn *at, Val *scratch) {
	Verifier *v = l->v;
	const char *effects = op_info[at->op].effects;
	bool calls = strchr(effects, 'C') != NULL;
	if (!(v->fn->flags & FUNC_DEFERS))
		return;
	if (calls)
		v->now[0] = FLOW_CALLED;
	if (v->now[0] != FLOW_CALLED || !strpbrk(effects, "CPK"))
		return;
	memcpy(scratch, v->now, v->slots * sizeof *scratch);
	if (calls && op_info[at->op].shape[0] == 'n') {
		Val *before = v->now;
		v->now = scratch;
		slot_put_scalars(v, at->a, v->slots - at->a);
		v->now = before;
	}
	reach(l, v->fn->defer_return, scratch);
}

/* From a label to where the code does not go on, or to the next label. */
static void walk(Labels *l, uint32_t pc, Val *scratch) {
	Verifier *v = l->v;
	const Function *fn = v->fn;
	memcpy(v->now, l->states[l->numbers[pc] - 1], v->slots * sizeof(Val));
	for (;;) {
		const Insn *at = &fn->code[pc];
		bool differs = false;
		v->pc = pc;
		v->ends = false;
		if (!verify_step(v, 1) || !verify_operands(v, at))
			return;
		reach_recovery(l, at, scratch);
		if (!verify_insn(v, at, scratch, &differs) || v->failed)
			return;
		if (!v->ends && !(differs && scratch[0] == NO_ROUND)) {
			l->from = differs ? scratch : v->now;
			op_each_jump(at, reach_jump, l);
		}
		if (v->ends || !op_falls_through((Op)at->op) || v->failed)
			return;
		pc += (uint32_t)op_words(at);
		if (pc >= fn->code_len) {
			verify_fail(v, "the code ends without a return");
			return;
		}
		if (l->numbers[pc]) {
			reach(l, pc, v->now);
			return;
		}
	}
}

static void enter(Labels *l) {
	Verifier *v = l->v;
	const Function *fn = v->fn;
	uint32_t at = FRAME_HEADER_SLOTS;
	memset(v->now, 0, v->slots * sizeof(Val));
	for (uint32_t i = 0; i < fn->type->result_count + fn->type->param_count; i++) {
		bool is_param = i >= fn->type->result_count;
		const TypeDesc *type = is_param ? fn->type->params[i - fn->type->result_count] : fn->type->results[i];
		if (type->align == 16)
			at = ALIGN_UP(at, 2u);
		if (is_param)
			slot_put_type(v, at, type);
		at += type->slots;
	}
	if (fn->recv_type)
		slot_put_type(v, fn->recv_slot, fn->recv_type);
	reach(l, 0, v->now);
}

static void verify_labels(Labels *l) {
	Verifier *v = l->v;
	Val *scratch = ARENA_ARRAY(&l->arena, Val, v->slots);
	v->now = ARENA_ARRAY(&l->arena, Val, v->slots);
	l->lowest = 0;
	enter(l);
	while (l->lowest < v->fn->code_len && !v->failed) {
		uint32_t pc = l->lowest;
		while (pc < v->fn->code_len && !l->dirty[pc])
			pc++;
		l->lowest = pc;
		if (pc == v->fn->code_len)
			break;
		l->dirty[pc] = false;
		l->lowest = pc + 1;
		walk(l, pc, scratch);
	}
}

static void verify_function(Verifier *v, const Function *fn) {
	Labels l = {.v = v};
	v->fn = fn;
	v->pc = 0;
	v->slots = fn->frame_slots;
	if (fn->frame_slots < FRAME_HEADER_SLOTS + fn->arg_slots || fn->frame_slots % 2 || fn->code_len == 0) {
		verify_fail(v, "a frame of %u slots for %u of arguments", fn->frame_slots, fn->arg_slots);
		return;
	}
	arena_init(&l.arena, v->mem);
	l.numbers = ARENA_ARRAY(&l.arena, uint32_t, fn->code_len);
	l.dirty = ARENA_ARRAY(&l.arena, bool, fn->code_len);
	find_labels(&l);
	if (!v->failed) {
		l.states = ARENA_ARRAY(&l.arena, Val *, l.count);
		verify_labels(&l);
	}
	v->failed = v->failed || l.arena.failed;
	arena_deinit(&l.arena);
}

/* ---------------------------------------------------------------- the program */

/* Called without arguments, as a func value. */
static bool is_plain(const Function *fn) {
	return fn->type->param_count == 0 && fn->type->result_count == 0 && !fn->recv_type && !fn->capture_count;
}

/* Nothing contains a value that only C code makes. */
static bool contains_opaque(const TypeDesc *d) {
	if (d->kind == KIND_ARRAY || d->kind == KIND_SLICE || d->kind == KIND_CHAN || d->kind == KIND_MAP)
		if (desc_is_opaque(d->elem) || (d->key && desc_is_opaque(d->key)))
			return true;
	for (uint32_t i = 0; i < d->field_count; i++)
		if (desc_is_opaque(d->fields[i].type))
			return true;
	return false;
}

static void verify_types(Verifier *v) {
	const Program *p = v->program;
	const TypeDesc *bad = NULL;
	for (uint32_t i = 0; i < p->types->types.len; i++)
		if (contains_opaque(p->types->types.items[i]))
			bad = p->types->types.items[i];
	for (uint32_t i = 0; i < p->global_count; i++)
		if (desc_is_opaque(p->globals[i].type))
			bad = p->globals[i].type;
	v->fn = p->entry;
	if (bad)
		verify_fail(v, "type %s", bad->name);
}

bool verify_program(const Program *p, Mem *mem, Buf *error) {
	Verifier v = {.program = p, .mem = mem, .error = error, .steps = LEAST_STEPS};
	arena_init(&v.arena, mem);
	for (uint32_t i = 0; i < p->function_count; i++)
		v.steps += (uint64_t)p->functions[i]->code_len * MAX_STEPS_PER_WORD;
	bool ready = values_init(&v);
	if (!is_plain(p->entry) || (p->init && !is_plain(p->init))) {
		v.fn = p->entry;
		verify_fail(&v, "it begins with arguments");
	}
	verify_types(&v);
	for (uint32_t i = 0; i < p->function_count && ready && !v.failed; i++)
		if (!(p->functions[i]->flags & FUNC_NATIVE))
			verify_function(&v, p->functions[i]);
	bool ok = ready && !v.failed && !v.arena.failed;
	arena_deinit(&v.arena);
	return ok;
}
