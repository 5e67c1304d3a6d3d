/* SPDX-License-Identifier: MIT */
/* verify_insn.c: what each instruction needs, and what is known behind it.
 *
 * Rules: every row of opcodes.def has a case here, grouped by what it does to memory; arithmetic has nothing to prove, for
 *   numbers may be anything. An access that certainly faults (its pointer is nil) ends its path instead of being refused.
 * See: verify_memory.c for accesses, verify_call.c for calls, vm/exec_*.h for the bodies these cases describe. */
#include "bytecode/operands.h"
#include "bytecode/verify_insn.h"

/* ---------------------------------------------------------------- operands */

static bool may_be_absent(const Insn *at, int operand) {
	switch ((Op)at->op) {
	case OP_STR_NEXT: case OP_RECV_OK:
		return operand == 2 || (at->op == OP_RECV_OK && operand == 0);
	case OP_MAKE_MAP: case OP_MAKE_CHAN:
		return operand == 1;
	case OP_MAP_GET_OK: case OP_COPY_SLICE: case OP_COPY_STR: case OP_RECV: case OP_SELECT:
		return operand == 0;
	case OP_MAP_NEXT:
		return operand > 0;
	default:
		return false;
	}
}

/* No slot is written twice: which of two results stays would depend on the order in the instruction's body. */
static void note_written(Verifier *v, uint32_t first, uint32_t count) {
	if (first == NO_SLOT || count == 0 || v->written_len == COUNT_OF(v->written))
		return;
	for (uint32_t i = 0; i < v->written_len; i++)
		if (first < v->written[i].end && v->written[i].first < first + count)
			verify_fail(v, "two results in slot %u", first > v->written[i].first ? first : v->written[i].first);
	v->written[v->written_len].first = first;
	v->written[v->written_len++].end = first + count;
}

/* Only one case comes true: cases may share slots. */
static void note_select(Verifier *v, const Insn *at) {
	for (uint32_t i = 1; i <= at->b; i++) {
		if (at[i].op & 1)
			continue;
		v->written_len = 0;
		note_written(v, at->a, 1);
		note_written(v, at[i].b, at[i].op >> 1);
		note_written(v, at[i].c, 1);
	}
}

static void check_extent(const OpOperand *o, void *user) {
	Verifier *v = user;
	if (o->first < FRAME_HEADER_SLOTS || (uint64_t)o->first + o->count > v->fn->frame_slots)
		verify_fail(v, "slots %u to %u of a frame of %u", o->first, o->first + o->count - 1, v->fn->frame_slots);
	else if (o->even && o->first % 2)
		verify_fail(v, "a pair at the odd slot %u", o->first);
	else if (o->access != SLOT_READ && o->access != SLOT_CLOBBER && v->fn->code[v->pc].op != OP_SELECT)
		note_written(v, o->first, o->count);
}

static bool check_slot(Verifier *v, uint64_t slot) {
	return (slot >= FRAME_HEADER_SLOTS && slot < v->fn->frame_slots) ||
	       verify_fail(v, "slot %llu of a frame of %u", (unsigned long long)slot, v->fn->frame_slots);
}

/* Slots named in the words behind the first. */
static bool check_words(Verifier *v, const Insn *at) {
	const uint16_t *halves = (const uint16_t *)(const void *)&at[1];
	switch ((Op)at->op) {
	case OP_INDEXES_64: case OP_DOT_I64: case OP_DOT_F64:
		return check_slot(v, halves[0]) && check_slot(v, halves[1]);
	case OP_ADD_LOOP_LT: case OP_ADD_LOOP_LE: case OP_INDEX2_U8: case OP_INDEX2_64: case OP_SETINDEX2_8:
	case OP_SETINDEX2_64: case OP_DEFER_OUTER: case OP_SLICE_STR:
		return check_slot(v, at[1].word);
	case OP_SLICE_SLICE:
		return check_slot(v, (uint16_t)at[1].word);
	case OP_MAP_GET_OK:
		return at[2].word == NO_SLOT || check_slot(v, at[2].word);
	case OP_RECV_OK:
		return at[1].word < NO_SLOT || verify_fail(v, "a value of %llu slots", (unsigned long long)at[1].word);
	case OP_APPEND_LIT:
		return at[2].word < NO_SLOT || verify_fail(v, "%llu elements", (unsigned long long)at[2].word);
	default:
		return true;
	}
}

bool verify_kinds(Verifier *v, const Insn *at) {
	Kind wanted = KIND_INVALID;
	switch ((Op)at->op) {
	case OP_MAKE_SLICE: case OP_SLICE_LIT: case OP_APPEND_8: case OP_APPEND_16: case OP_APPEND_32: case OP_APPEND_64:
	case OP_APPEND_128: case OP_APPEND_N: case OP_APPEND_LIT: case OP_APPEND_SLICE: case OP_APPEND_STR:
		wanted = KIND_SLICE;
		break;
	case OP_MAKE_MAP: case OP_MAP_GET: case OP_MAP_GET_OK: case OP_MAP_SET: case OP_MAP_ADDR: case OP_MAP_DELETE:
	case OP_MAP_CLEAR: case OP_MAP_ITER: case OP_MAP_NEXT:
		wanted = KIND_MAP;
		break;
	case OP_MAKE_CHAN:
		wanted = KIND_CHAN;
		break;
	case OP_ASSERT_IFACE: case OP_ASSERT_IFACE_OK: case OP_IMPLEMENTS:
		wanted = KIND_INTERFACE;
		break;
	default:
		return true;
	}
	const TypeDesc *type = at[1].ptr;
	return type->kind == wanted || verify_fail(v, "type %s", type->name);
}

static void check_distance(int64_t distance, void *user) {
	Verifier *v = user;
	const Insn *at = &v->fn->code[v->pc];
	if (distance < 0 && !strchr(op_info[at->op].effects, 'S'))
		verify_fail(v, "a jump backwards that nothing can stop");
}

bool verify_operands(Verifier *v, const Insn *at) {
	const char *shape = op_info[at->op].shape;
	const uint16_t operands[] = {at->a, at->b, at->c};
	for (int i = 0; i < 3; i++)
		if (strchr("wrmWRx", shape[i]) && operands[i] == NO_SLOT && !may_be_absent(at, i))
			return verify_fail(v, "an operand is missing");
	if (!check_words(v, at))
		return false;
	v->written_len = 0;
	op_each_operand(v->fn, at, check_extent, v);
	if (at->op == OP_SELECT)
		note_select(v, at);
	op_each_jump(at, check_distance, v);
	return !v->failed;
}

/* ---------------------------------------------------------------- moves, constants, arithmetic */

static bool move(Verifier *v, const Insn *at) {
	Val x = v->now[at->b];
	const ValInfo *info = val_info(v, x);
	bool whole = info->tag == VAL_SCALAR || info->tag == VAL_NIL || info->tag == VAL_POINTER || info->tag == VAL_REF;
	slot_put(v, at->a, whole ? x : VAL_OF_SCALAR);
	return true;
}

static bool put_int(Verifier *v, uint32_t slot, bool zero) {
	slot_put(v, slot, zero ? VAL_OF_NIL : VAL_OF_SCALAR);
	return true;
}

static bool put_zeros(Verifier *v, uint32_t slot, uint32_t count) {
	if (!verify_step(v, count / 8))
		return false;
	for (uint32_t i = 0; i < count; i++)
		slot_put(v, slot + i, VAL_OF_NIL);
	return true;
}

/* Results by the letters of the shape; no operand is looked at but as bits. */
static bool compute(Verifier *v, const Insn *at) {
	const char *shape = op_info[at->op].shape;
	const uint16_t operands[] = {at->a, at->b, at->c};
	for (int i = 0; i < 3; i++)
		if (shape[i] == 'w' || shape[i] == 'm' || shape[i] == 'W')
			slot_put_scalars(v, operands[i], shape[i] == 'W' ? 2 : 1);
	return true;
}

static bool divide_immediate(Verifier *v, const Insn *at) {
	int16_t divisor = (int16_t)at->c;
	return (divisor != 0 && divisor != -1) ? compute(v, at) : verify_fail(v, "division by %d", divisor);
}

static bool load_constant(Verifier *v, const Insn *at) {
	const TypeDesc *type = at[1].ptr;
	slot_put_type(v, at->a, type);
	return true;
}

/* ---------------------------------------------------------------- strings */

bool fail_held(Verifier *v, uint32_t slot, const char *wanted) {
	if (slot_info(v, slot)->tag == VAL_SHARED)
		return verify_fail(v, "pointers of package unsafe: slot %u holds a string that shares the bytes of a slice", slot);
	return verify_fail(v, "slot %u holds no %s", slot, wanted);
}

bool need_held(Verifier *v, uint32_t slot, const TypeDesc *type) {
	return slot_holds(v, slot, type) || fail_held(v, slot, type->name);
}

bool need_string(Verifier *v, uint32_t slot) {
	const ValInfo *x = slot_info(v, slot);
	return (x->tag == VAL_STRING && x->part == 0) || (val_is_nil(v->now[slot]) && val_is_nil(v->now[slot + 1])) ||
	       fail_held(v, slot, "string");
}

/* Whoever reads it once, and does not keep it, does not mind that it changes. */
bool need_text(Verifier *v, uint32_t slot) {
	const ValInfo *x = slot_info(v, slot);
	return (x->tag == VAL_SHARED && x->part == 0) || need_string(v, slot);
}

bool need_iface(Verifier *v, uint32_t slot) {
	const ValInfo *x = slot_info(v, slot);
	return (x->tag == VAL_IFACE && x->part == 0) || (val_is_nil(v->now[slot]) && val_is_nil(v->now[slot + 1])) ||
	       verify_fail(v, "slot %u holds no interface", slot);
}

static bool put_string(Verifier *v, uint32_t slot) {
	slot_put_pair(v, slot, VAL_STRING, NULL);
	return true;
}

static bool put_slice(Verifier *v, uint32_t slot, const TypeDesc *elem) {
	slot_put_pair(v, slot, VAL_SLICE, elem);
	return true;
}

static bool concat(Verifier *v, const Insn *at) {
	if (at->op == OP_CONCAT)
		return need_string(v, at->b) && need_string(v, at->c) && put_string(v, at->a);
	for (uint32_t i = 0; i < at->c; i++)
		if (!need_string(v, at->b + 2 * i))
			return false;
	return put_string(v, at->a);
}

static bool string_of(Verifier *v, const Insn *at, Kind elem_kind) {
	const TypeDesc *elem = need_slice(v, at->b);
	if (elem && elem->kind != elem_kind)
		return verify_fail(v, "a string of a slice of %s", elem->name);
	return !v->failed && put_string(v, at->a);
}

static bool slice_string(Verifier *v, const Insn *at) { return need_string(v, at->b) && put_string(v, at->a); }

static bool string_next(Verifier *v, const Insn *at) {
	if (!need_string(v, at->b))
		return false;
	slot_put_scalars(v, at->a, 2);
	if (at->c != NO_SLOT)
		slot_put(v, at->c, VAL_OF_SCALAR);
	return true;
}

static bool compare_strings(Verifier *v, const Insn *at) {
	return need_text(v, at->b) && need_text(v, at->c) && compute(v, at);
}

static bool share_bytes(Verifier *v, const Insn *at) {
	const TypeDesc *elem = need_slice(v, at->b);
	if (v->failed || (elem && elem->kind != KIND_UINT8))
		return verify_fail(v, "a string of a slice of other elements");
	slot_put_pair(v, at->a, VAL_SHARED, NULL);
	return true;
}

static bool append_string(Verifier *v, const Insn *at) {
	const TypeDesc *elem = ((const TypeDesc *)at[1].ptr)->elem, *old = need_slice(v, at->b);
	if (v->failed || elem->kind != KIND_UINT8 || (old && old->kind != KIND_UINT8))
		return verify_fail(v, "a string to a slice of %s", elem->name);
	return need_string(v, at->c) && put_slice(v, at->a, elem);
}

static bool copy_string(Verifier *v, const Insn *at) {
	const TypeDesc *elem = need_slice(v, at->b);
	if (v->failed || (elem && elem->kind != KIND_UINT8))
		return verify_fail(v, "a string to a slice of other elements");
	if (at->a != NO_SLOT)
		slot_put(v, at->a, VAL_OF_SCALAR);
	return need_string(v, at->c);
}

/* ---------------------------------------------------------------- interfaces */

static bool put_iface(Verifier *v, uint32_t slot, const TypeDesc *known) {
	slot_put_pair(v, slot, VAL_IFACE, known);
	return true;
}

static bool make_iface(Verifier *v, const Insn *at) {
	const TypeDesc *type = at[1].ptr;
	if (type->kind == KIND_INTERFACE)
		return verify_fail(v, "an interface in an interface");
	bool holds;
	if (at->op == OP_BOX) {
		holds = slot_holds(v, at->b, type);
	} else if (type->flags & DESC_DIRECT) {
		holds = word_fits(v, v->now[at->b], type);
	} else { /* the address of a copy. That nobody else writes to it is not proved: who reads aggregates in interfaces does not mind */
		const ValInfo *x = slot_info(v, at->b);
		holds = type->flags & DESC_AGGREGATE && x->tag == VAL_POINTER && x->part == NOT_NIL && type_contains(v, x->type, x->offset, type);
	}
	return holds ? put_iface(v, at->a, type) : fail_held(v, at->b, type->name);
}

static bool unbox(Verifier *v, const Insn *at) {
	const TypeDesc *type = at[1].ptr;
	const ValInfo *x = slot_info(v, at->b);
	if (at->op == OP_UNBOX && (x->tag != VAL_IFACE || x->part != 0 || x->type != type))
		return verify_fail(v, "the interface may hold something else than %s", type->name);
	if (!need_iface(v, at->b) || type->kind == KIND_INTERFACE)
		return verify_fail(v, "type %s", type->name);
	slot_put_type(v, at->a, type);
	if (at->op == OP_ASSERT_OK)
		slot_put(v, at->c, VAL_OF_SCALAR);
	return true;
}

static bool assert_iface(Verifier *v, const Insn *at) {
	if (!need_iface(v, at->b))
		return false;
	if (at->op == OP_IMPLEMENTS)
		return put_int(v, at->a, false);
	put_iface(v, at->a, NULL);
	if (at->op == OP_ASSERT_IFACE_OK)
		slot_put(v, at->c, VAL_OF_SCALAR);
	return true;
}

/* On one of the two ways the type is known. */
static bool jump_type(Verifier *v, const Insn *at, Val *jumped, bool *differs) {
	const ValInfo *x = slot_info(v, at->a);
	bool nil = at->a + 1u < v->slots && val_is_nil(v->now[at->a]) && val_is_nil(v->now[at->a + 1]); /* of no type: that way is not taken */
	if ((!nil && (x->tag != VAL_IFACE || x->part != 0)) || !at[1].ptr)
		return true;
	memcpy(jumped, v->now, v->slots * sizeof *jumped);
	*differs = true;
	Val *before = v->now;
	v->now = at->op == OP_JTYPE_EQ ? jumped : before;
	put_iface(v, at->a, at[1].ptr);
	v->now = before;
	return true;
}

/* ---------------------------------------------------------------- everything */

#define ARITHMETIC                                                                                                     \
	     OP_ADD_I64: case OP_SUB_I64: case OP_MUL_I64: case OP_AND_I64: case OP_OR_I64: case OP_XOR_I64:           \
	case OP_ANDNOT_I64: case OP_DIV_I64: case OP_DIV_U64: case OP_REM_I64: case OP_REM_U64: case OP_SHL_I64:       \
	case OP_SHR_I64: case OP_SHR_U64: case OP_CHECK_SHIFT: case OP_NEG_I64: case OP_NOT_I64: case OP_ADDI:         \
	case OP_MULI: case OP_ANDI: case OP_ORI: case OP_XORI: case OP_RSUBI: case OP_DIVK_I64: case OP_REMK_I64:      \
	case OP_SHLI: case OP_SHRI_I64: case OP_SHRI_U64: case OP_EXT8S: case OP_EXT16S: case OP_EXT32S:               \
	case OP_EXT8U: case OP_EXT16U: case OP_EXT32U: case OP_NOT_BOOL: case OP_MIN_I64: case OP_MAX_I64:             \
	case OP_MIN_U64: case OP_MAX_U64: case OP_ADDMUL_I64: case OP_ADD_F64: case OP_SUB_F64: case OP_MUL_F64:       \
	case OP_DIV_F64: case OP_NEG_F64: case OP_MIN_F64: case OP_MAX_F64: case OP_ADD_F32: case OP_SUB_F32:          \
	case OP_MUL_F32: case OP_DIV_F32: case OP_NEG_F32: case OP_MIN_F32: case OP_MAX_F32: case OP_ADDMUL_F64:       \
	case OP_SUBMUL_F64: case OP_SQRT_F64: case OP_ABS_F64: case OP_FLOOR_F64: case OP_CEIL_F64: case OP_TRUNC_F64: \
	case OP_ADD_C128: case OP_SUB_C128: case OP_MUL_C128: case OP_DIV_C128: case OP_EQ_C128: case OP_NEG_C128:     \
	case OP_ADD_C64: case OP_SUB_C64: case OP_MUL_C64: case OP_DIV_C64: case OP_EQ_C64: case OP_NEG_C64:           \
	case OP_MAKE_C64: case OP_REAL_C64: case OP_IMAG_C64: case OP_C64_TO_C128: case OP_C128_TO_C64:                \
	case OP_I64_TO_F64: case OP_U64_TO_F64: case OP_I64_TO_F32: case OP_U64_TO_F32: case OP_F64_TO_I64:            \
	case OP_F64_TO_U64: case OP_F64_TO_F32: case OP_F32_TO_F64: case OP_EQ_I64: case OP_NE_I64: case OP_LT_I64:    \
	case OP_LE_I64: case OP_LT_U64: case OP_LE_U64: case OP_EQ_I: case OP_NE_I: case OP_LT_I: case OP_LE_I:        \
	case OP_GT_I: case OP_GE_I: case OP_EQ_F64: case OP_NE_F64: case OP_LT_F64: case OP_LE_F64: case OP_EQ_F32:    \
	case OP_NE_F32: case OP_LT_F32: case OP_LE_F32: case OP_SLICE_LEN: case OP_SLICE_CAP: case OP_BOUNDS_CHECK:    \
	case OP_FRAME_TOKEN: case OP_NOP: case OP_NIL_CHECK: case OP_CHECK

#define JUMPS                                                                                                          \
	     OP_JMP: case OP_LOOP: case OP_JNZ: case OP_JZ: case OP_JEQ_I64: case OP_JNE_I64: case OP_JLT_I64:         \
	case OP_JLE_I64: case OP_JLT_U64: case OP_JLE_U64: case OP_JEQ_I: case OP_JNE_I: case OP_JLT_I: case OP_JLE_I: \
	case OP_JGT_I: case OP_JGE_I: case OP_JEQ_F64: case OP_JNE_F64: case OP_JLT_F64: case OP_JLE_F64:              \
	case OP_JNLT_F64: case OP_JNLE_F64: case OP_LOOP_NZ: case OP_LOOP_Z: case OP_LOOP_EQ_I64: case OP_LOOP_NE_I64: \
	case OP_LOOP_LT_I64: case OP_LOOP_LE_I64: case OP_LOOP_LT_U64: case OP_LOOP_LE_U64: case OP_LOOP_EQ_I:         \
	case OP_LOOP_NE_I: case OP_LOOP_LT_I: case OP_LOOP_LE_I: case OP_LOOP_GT_I: case OP_LOOP_GE_I:                 \
	case OP_LOOP_EQ_F64: case OP_LOOP_NE_F64: case OP_LOOP_LT_F64: case OP_LOOP_LE_F64: case OP_LOOP_NLT_F64:      \
	case OP_LOOP_NLE_F64: case OP_JTABLE: case OP_INC_LOOP_LT: case OP_INC_LOOP_LT_I: case OP_INC_LOOP_LE:         \
	case OP_DEC_LOOP_GE_I: case OP_ADD_LOOP_LT: case OP_ADD_LOOP_LE: case OP_JLT_LEN: case OP_JGE_LEN:             \
	case OP_LOOP_LT_LEN: case OP_INC_LOOP_LT_LEN

bool verify_insn(Verifier *v, const Insn *at, Val *jumped, bool *differs) {
	switch ((Op)at->op) {
	case ARITHMETIC: case JUMPS: return compute(v, at);
	case OP_DIVI_I64: case OP_REMI_I64: return divide_immediate(v, at);
	case OP_MOVE: return move(v, at);
	case OP_MOVE2: slot_copy(v, at->a, at->b, 2); return true;
	case OP_MOVEN: slot_copy(v, at->a, at->b, at->c); return true;
	case OP_ZERO: return put_zeros(v, at->a, 1);
	case OP_ZERO2: return put_zeros(v, at->a, 2);
	case OP_ZERON: return put_zeros(v, at->a, at->b);
	case OP_LOADI: return put_int(v, at->a, at->bc == 0);
	case OP_LOADK: return put_int(v, at->a, at[1].word == 0);
	case OP_LOADSTR: return put_string(v, at->a);
	case OP_LOADIFACE: return put_iface(v, at->a, ((const GoIface *)at[1].ptr)->type);
	case OP_LOADCONST: return load_constant(v, at);
	case OP_LOADFUNC: case OP_MKCLOSURE: case OP_MKCLOSURE_OWN: return verify_closure(v, at);
	case OP_LOADC_64: case OP_LOADC_128: return verify_captured(v, at);
	case OP_STR_FROM_RUNE: return put_string(v, at->a);
	case OP_STR_FROM_BYTES: return string_of(v, at, KIND_UINT8);
	case OP_STR_FROM_RUNES: return string_of(v, at, KIND_INT32);
	case OP_BYTES_FROM_STR: return need_string(v, at->b) && put_slice(v, at->a, v->program->types->core[CORE_UINT8]);
	case OP_RUNES_FROM_STR: return need_string(v, at->b) && put_slice(v, at->a, v->program->types->core[CORE_INT32]);
	case OP_CONCAT: case OP_CONCAT_N: return concat(v, at);
	case OP_EQ_STR: case OP_NE_STR: case OP_LT_STR: case OP_LE_STR: return compare_strings(v, at);
	case OP_JEQ_STR: case OP_JNE_STR: return need_text(v, at->a) && need_text(v, at->b);
	case OP_STR_OF_BYTES: return share_bytes(v, at);
	case OP_UNSAFE_VIEW: return verify_fail(v, "pointers of package unsafe");
	case OP_INDEX_STR: return need_string(v, at->b) && compute(v, at);
	case OP_SLICE_STR: case OP_SLICE_STR_FROM: case OP_SLICE_STR_TO: return slice_string(v, at);
	case OP_STR_NEXT: return string_next(v, at);
	case OP_APPEND_STR: return append_string(v, at);
	case OP_COPY_STR: return copy_string(v, at);
	case OP_EQ_IFACE: return need_iface(v, at->b) && need_iface(v, at->c) && compute(v, at);
	case OP_MKIFACE: case OP_BOX: return make_iface(v, at);
	case OP_UNBOX: case OP_ASSERT: case OP_ASSERT_OK: return unbox(v, at);
	case OP_ASSERT_IFACE: case OP_ASSERT_IFACE_OK: case OP_IMPLEMENTS: return assert_iface(v, at);
	case OP_JTYPE_EQ: case OP_JTYPE_NE: return jump_type(v, at, jumped, differs);
	case OP_EQ_IFACE_TYPE: case OP_EQ_FRAME: case OP_EQ_MEM: return verify_equal(v, at) && compute(v, at);
	case OP_LOAD_I8: case OP_LOAD_U8: case OP_LOAD_I16: case OP_LOAD_U16: case OP_LOAD_I32: case OP_LOAD_U32:
	case OP_LOAD_64: case OP_LOAD_128: case OP_LOAD_N: case OP_LOAD2_64:
		return verify_load(v, at);
	case OP_STORE_8: case OP_STORE_16: case OP_STORE_32: case OP_STORE_64: case OP_STORE_P: case OP_STORE_128:
	case OP_STORE_128P: case OP_STORE_N: case OP_COPY_MEM: case OP_COPY_CONST: case OP_ZERO_MEM: case OP_STOREI_64:
	case OP_MADD_I64: case OP_MSUB_I64: case OP_MADDI: case OP_MADD_F64: case OP_MSUB_F64: case OP_MADDMUL_F64:
	case OP_MSUBMUL_F64:
		return verify_store(v, at);
	case OP_LEA: case OP_LEA_K: case OP_NEW: case OP_NEW_BOX: case OP_INDEX_ADDR: case OP_ARRAY_ADDR:
	case OP_ARRAY_FROM_SLICE: case OP_GADDR:
		return verify_address(v, at);
	case OP_LOADG_64: case OP_LOADG_128: case OP_LOADG_I8: case OP_LOADG_U8: case OP_LOADG_I16: case OP_LOADG_U16:
	case OP_LOADG_I32: case OP_LOADG_U32: case OP_STOREG_64: case OP_STOREG_P: case OP_STOREG_128P: case OP_STOREG_8:
	case OP_STOREG_16: case OP_STOREG_32:
		return verify_global(v, at);
	case OP_FLOAD_I8: case OP_FLOAD_U8: case OP_FLOAD_I16: case OP_FLOAD_U16: case OP_FLOAD_I32: case OP_FLOAD_U32:
	case OP_FSTORE_8: case OP_FSTORE_16: case OP_FSTORE_32: case OP_FINDEX_U8: case OP_FINDEX_64: case OP_FSETINDEX_8:
	case OP_FSETINDEX_64:
		return verify_frame_field(v, at);
	case OP_INDEX_I8: case OP_INDEX_U8: case OP_INDEX_I16: case OP_INDEX_U16: case OP_INDEX_I32: case OP_INDEX_U32:
	case OP_INDEX_64: case OP_INDEX_128: case OP_INDEX_N: case OP_INDEX2_U8: case OP_INDEX2_64: case OP_INDEXES_64:
	case OP_DOT_I64: case OP_DOT_F64: case OP_FIELD_INDEX_64: case OP_ARRAY_INDEX_U8: case OP_ARRAY_INDEX_64:
		return verify_index(v, at);
	case OP_SETINDEX_8: case OP_SETINDEX_16: case OP_SETINDEX_32: case OP_SETINDEX_64: case OP_SETINDEX_P:
	case OP_SETINDEX_128: case OP_SETINDEX_128P: case OP_SETINDEX_N: case OP_SETINDEX2_8: case OP_SETINDEX2_64:
	case OP_SETINDEXI_8: case OP_SETINDEXI_64: case OP_XADD_I64: case OP_XSUB_I64: case OP_XADDI: case OP_XADD_F64:
	case OP_XSUB_F64: case OP_ARRAY_SETINDEX_8: case OP_ARRAY_SETINDEX_64:
		return verify_set_index(v, at);
	case OP_MAKE_SLICE: case OP_SLICE_LIT: case OP_SLICE_SLICE: case OP_SLICE_FROM: case OP_SLICE_TO: case OP_SLICE_FULL:
	case OP_SLICE_ARRAY: case OP_APPEND_8: case OP_APPEND_16: case OP_APPEND_32: case OP_APPEND_64: case OP_APPEND_128:
	case OP_APPEND_N: case OP_APPEND_LIT: case OP_APPEND_SLICE: case OP_COPY_SLICE: case OP_CLEAR_SLICE:
		return verify_slice(v, at);
	case OP_RANGE_INIT: case OP_RANGE_NEXT_U8: case OP_RANGE_NEXT_I32: case OP_RANGE_NEXT_64: case OP_RANGE_NEXT_128:
		return verify_range(v, at, jumped, differs);
	case OP_MAKE_MAP: case OP_MAP_GET: case OP_MAP_GET_OK: case OP_MAP_SET: case OP_MAP_ADDR: case OP_MAP_DELETE:
	case OP_MAP_LEN: case OP_MAP_CLEAR: case OP_MAP_ITER: case OP_MAP_NEXT:
		return verify_map(v, at, jumped, differs);
	case OP_MAKE_CHAN: case OP_SEND: case OP_RECV: case OP_RECV_OK: case OP_CLOSE: case OP_CHAN_LEN: case OP_CHAN_CAP:
	case OP_SELECT:
		return verify_chan(v, at, jumped);
	case OP_CALL: case OP_CALL_CLOSURE: case OP_CALL_IFACE: case OP_CALL_NATIVE: case OP_GO: case OP_GO_CLOSURE:
	case OP_DEFER: case OP_DEFER_CLOSURE: case OP_DEFER_OUTER:
		return verify_call(v, at);
	case OP_RET: case OP_RET_1: case OP_RET_2: return verify_return(v, at);
	case OP_RUN_DEFERS: v->now[0] = FLOW_RAN; return true;
	case OP_PANIC: return need_iface(v, at->a);
	case OP_RECOVER: return put_iface(v, at->a, NULL);
	case OP_PRINT: return verify_print(v, at);
	case OP_UNREACHABLE: return true;
	case OP_RELEASE: case OP_RELEASE_SMALL: case OP_RELEASE_DATA: return true; /* the compiler knows why; images have none */
	case OP_NATIVE_BODY: case OP_ENTRY: case OP_REDIRECT: case OP_GOEXIT: case OP_PANIC_NEXT: case OP_NATIVE_AGAIN:
	case OP_COUNT:
		break;
	}
	return verify_fail(v, "no instruction of a program");
}
