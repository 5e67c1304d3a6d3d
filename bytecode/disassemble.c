/* SPDX-License-Identifier: MIT */
/* disassemble.c: a function as text: header, labels, source lines, operands by name, constants shown.
 *
 * r5 is a slot, p6 the pair in slots 6 and 7, #3 an immediate, L1 a label, x8 a region that begins at slot 8.
 *
 * Rules: reads only the Program and the Function; works on any well-formed code. */
#include "base/buf.h"
#include "bytecode/opcode.h"
#include "bytecode/operands.h"

typedef struct Disassembly {
	const Program *program;
	const Function *fn;
	Buf *out;
	uint32_t *labels; /* by word index: 0 = none, else the label's number */
	Arena arena;
} Disassembly;

typedef struct Targets {
	Disassembly *d;
	uint32_t next; /* where distances count from */
} Targets;

static void keep_distance(int64_t distance, void *user) { *(int64_t *)user = distance; }

/* Of an instruction with one jump. */
static uint32_t jump_target(const Function *fn, uint32_t pc) {
	int64_t distance = 0;
	op_each_jump(&fn->code[pc], keep_distance, &distance);
	return pc + (uint32_t)op_words(&fn->code[pc]) + (uint32_t)distance;
}

static void mark_label(int64_t distance, void *user) {
	const Targets *t = user;
	uint32_t target = t->next + (uint32_t)distance;
	if (target < t->d->fn->code_len)
		t->d->labels[target] = 1;
}

static void find_labels(Disassembly *d) {
	const Function *fn = d->fn;
	for (Targets t = {d, 0}; t.next < fn->code_len;) {
		const Insn *at = &fn->code[t.next];
		t.next += (uint32_t)op_words(at);
		op_each_jump(at, mark_label, &t);
	}
	uint32_t n = 0;
	for (uint32_t pc = 0; pc < fn->code_len; pc++)
		if (d->labels[pc])
			d->labels[pc] = ++n;
}

static void print_label(Disassembly *d, uint32_t target) {
	if (target < d->fn->code_len && d->labels[target])
		buf_printf(d->out, "L%u", d->labels[target]);
	else
		buf_printf(d->out, "@%u", target);
}

static void print_quoted_bytes(Buf *out, const char *s, int64_t len) {
	buf_putc(out, '"');
	for (int64_t i = 0; i < len && i < 40; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_puts(out, "\\n");
		else if (c < 32 || c == 127)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
	buf_puts(out, len > 40 ? "\"..." : "\"");
}

static void print_iface(Disassembly *d, const GoIface *v) {
	buf_printf(d->out, "%s(", v->type->name);
	if (v->type->kind == KIND_STRING)
		print_quoted_bytes(d->out, ((const GoString *)v->data.p)->ptr, ((const GoString *)v->data.p)->len);
	else
		buf_printf(d->out, "%lld", (long long)v->data.i);
	buf_putc(d->out, ')');
}

static void print_extra(Disassembly *d, uint32_t pc, int word) {
	const Insn *at = &d->fn->code[pc];
	const Insn *w = &at[word];
	buf_putc(d->out, ' ');
	switch (op_operand_kind((Op)at->op, word)) {
	case OPERAND_BITS:
		buf_printf(d->out, "%lld (%g)", (long long)w->imm, w->f);
		return;
	case OPERAND_STRING:
		print_quoted_bytes(d->out, ((const GoString *)w->ptr)->ptr, ((const GoString *)w->ptr)->len);
		return;
	case OPERAND_IFACE:
		print_iface(d, w->ptr);
		return;
	case OPERAND_DATA:
		buf_puts(d->out, "data");
		return;
	case OPERAND_TYPE:
		buf_printf(d->out, "<%s>", w->ptr ? ((const TypeDesc *)w->ptr)->name : "nil");
		return;
	case OPERAND_FUNCTION:
		buf_puts(d->out, ((const Function *)w->ptr)->name);
		return;
	case OPERAND_KEY:
		buf_printf(d->out, ".%s", ((const MethodKey *)w->ptr)->name);
		return;
	case OPERAND_JUMP:
		print_label(d, pc + (uint32_t)op_words(at) + (uint32_t)w->imm);
		return;
	case OPERAND_SLOT:
		buf_printf(d->out, "r%lld", (long long)w->imm);
		return;
	case OPERAND_NUMBER:
		if ((uint64_t)w->imm >> 32)
			buf_printf(d->out, "%u:%u", (uint32_t)w->imm, (uint32_t)((uint64_t)w->imm >> 32));
		else
			buf_printf(d->out, "%lld", (long long)w->imm);
		return;
	}
}

static const char *global_name(const Program *p, uint32_t offset, uint32_t *rest) {
	for (uint32_t i = 0; i < p->global_count; i++) {
		const GlobalDesc *global = &p->globals[i];
		if (offset >= global->offset && offset < global->offset + (global->type->size ? global->type->size : 1))
			return *rest = offset - global->offset, global->name;
	}
	return *rest = offset, "globals";
}

static void print_operand(Disassembly *d, uint32_t pc, int index, bool *first) {
	const Insn *at = &d->fn->code[pc];
	char shape = op_info[at->op].shape[index];
	uint16_t value = index == 0 ? at->a : index == 1 ? at->b : at->c;
	uint32_t target = 0;
	if (shape == '-')
		return;
	buf_puts(d->out, *first ? " " : ", ");
	*first = false;
	switch (shape) {
	case 'w': case 'r': case 'm': case 'W': case 'R': case 'x':
		if (value == NO_SLOT)
			buf_putc(d->out, '_');
		else
			buf_printf(d->out, "%c%u",
				   shape == 'W' || shape == 'R' ? 'p'
				   : shape == 'x'               ? 'x'
								: 'r',
				   value);
		return;
	case 'i':
		buf_printf(d->out, "#%d", (int16_t)value);
		return;
	case 'k':
		buf_printf(d->out, "#%d", at->bc);
		return;
	case 'g': {
		const char *name = global_name(d->program, (uint32_t)at->bc, &target);
		buf_puts(d->out, name);
		if (target)
			buf_printf(d->out, "+%u", target);
		return;
	}
	case 'j':
		print_label(d, jump_target(d->fn, pc));
		return;
	default:
		buf_printf(d->out, "%u", value);
	}
}

static void print_instruction(Disassembly *d, uint32_t pc) {
	const Insn *at = &d->fn->code[pc];
	if (d->labels[pc])
		buf_printf(d->out, "L%u:\n", d->labels[pc]);
	buf_printf(d->out, "%6u  %-16s", pc, op_name((Op)at->op));
	bool first = true;
	for (int i = 0; i < 3; i++)
		print_operand(d, pc, i, &first);
	if (at->op == OP_JTABLE) {
		const int32_t *table = (const int32_t *)&at[2];
		buf_printf(d->out, " from %lld:", (long long)at[1].imm);
		for (uint32_t i = 0; i < at->b; i++) {
			buf_putc(d->out, ' ');
			print_label(d, pc + (uint32_t)op_words(at) + (uint32_t)table[i]);
		}
	} else if (at->op == OP_SELECT) {
		for (int i = 0; i < at->b; i++) /* runtime's SelectCase: send, chan, value, ok */
			buf_printf(d->out, " [%s r%u x%u r%u]", at[1 + i].op & 1 ? "send" : "recv", at[1 + i].a,
				   at[1 + i].b, at[1 + i].c);
	} else {
		for (int i = 1; i < op_words(at); i++)
			print_extra(d, pc, i);
	}
	buf_putc(d->out, '\n');
}

static void print_header(Disassembly *d) {
	const Function *fn = d->fn;
	buf_printf(d->out, "func %s%s  frame %u, results %u, args %u", fn->name, fn->type ? fn->type->name + 4 : "",
		   fn->frame_slots, fn->result_slots, fn->arg_slots);
	if (fn->recv_type)
		buf_printf(d->out, ", receiver %s at %u", fn->recv_type->name, fn->recv_slot);
	if (fn->capture_slots)
		buf_printf(d->out, ", captures %u", fn->capture_slots);
	static const char *const flag_names[] = {"native", "defers", "wrapper", "variadic", "init"};
	for (unsigned i = 0; i < COUNT_OF(flag_names); i++)
		if (fn->flags & 1u << i)
			buf_printf(d->out, ", %s", flag_names[i]);
	if (fn->file)
		buf_printf(d->out, "  (%s:%u)", fn->file, fn->line);
	buf_putc(d->out, '\n');
}

void program_disassemble(const Program *p, const Function *fn, Buf *out) {
	Disassembly d = {.program = p, .fn = fn, .out = out};
	arena_init(&d.arena, out->mem);
	d.labels = ARENA_ARRAY(&d.arena, uint32_t, fn->code_len + 1);
	find_labels(&d);
	print_header(&d);
	uint32_t line = 0;
	for (uint32_t pc = 0; pc < fn->code_len; pc += (uint32_t)op_words(&fn->code[pc])) {
		const LineEntry *at = function_line(fn, pc);
		if (at && at->line != line) {
			line = at->line;
			buf_printf(out, "  ; line %u\n", line);
		}
		print_instruction(&d, pc);
	}
	buf_putc(out, '\n');
	arena_deinit(&d.arena);
}
