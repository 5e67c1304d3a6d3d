/* SPDX-License-Identifier: MIT */
/* fuzz_code.c: libFuzzer target: programs that no compiler makes. What the verifier lets pass is loaded from an image and run with
 * small limits; the sanitizer sees whether it should have, and whether a native believed what it was told.
 *
 * Programs of the test suite, and some that reach most natives, are compiled when they are first wanted. An input says what is
 * different in the image of one of them: an operand is another slot of the function, an instruction another one of the same
 * shape, a type, callee, constant, jump, size of a frame or field's type another one of the same program. Each change leaves the rest whole, so that
 * a fair part of the images is proved.
 *
 * Input: the program (2 bytes), then changes of {function: 2 bytes, instruction: 2 bytes, how: 1 byte, value: 3 bytes}. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "bytecode/image.h"
#include "bytecode/opcode.h"
#include "bytecode/operands.h"
#include "bytecode/verify.h"
#include "tests/fuzz/native_programs.h"

enum { CHANGE = 8, MOST_CHANGES = 8 };

/* ---------------------------------------------------------------- programs */

typedef struct Subject {
	const char *text, *path; /* one of them */
	bool tried;
	GolVM *vm;
	const Program *program; /* NULL: something in it is in no image */
	uint32_t *bodies;       /* functions that are not native; those of the program itself in front */
	uint32_t body_count, own_count;
} Subject;

typedef struct Subjects {
	Subject *items;
	size_t count;
} Subjects;

static void add_subject(Subjects *s, const char *text, const char *path) {
	s->items = realloc(s->items, (s->count + 1) * sizeof *s->items);
	s->items[s->count++] = (Subject){.text = text, .path = path};
}

static int is_shown(const struct dirent *e) { return e->d_name[0] != '.'; }

static void add_folder(Subjects *s, const char *folder) {
	struct dirent **names;
	int count = scandir(folder, &names, is_shown, alphasort);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(names[i]->d_name, '.');
		char *path = malloc(strlen(folder) + strlen(names[i]->d_name) + 2);
		sprintf(path, "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_type == DT_DIR)
			add_folder(s, path);
		if (dot && strcmp(dot, ".gol") == 0)
			add_subject(s, NULL, path);
		else
			free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static Subjects find_subjects(void) {
	Subjects s = {0};
	for (size_t i = 0; i < COUNT_OF(program_texts); i++)
		add_subject(&s, program_texts[i], NULL);
	add_folder(&s, "tests/lang");
	add_folder(&s, "tests/panics");
	add_folder(&s, "tests/stdlib");
	return s;
}

static GolVM *vm_new(bool limited) {
	GolConfig config = {.size = sizeof config, .workers = 2, .seed = 1};
	if (limited)
		config.limits = (GolLimits){.memory_bytes = 64 << 20, .fuel = 100000, .goroutines = 100, .stack_bytes = 1 << 20, .wall_ns = 500000000};
	GolVM *vm;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		abort();
	return vm;
}

static void discard(void *user, const char *data, size_t len) { (void)user, (void)data, (void)len; }

static char *read_text(const char *path) {
	FILE *f = fopen(path, "rb");
	if (!f)
		abort();
	char *text = calloc(1, 1 << 20);
	if (fread(text, 1, (1 << 20) - 1, f) == 0)
		abort();
	fclose(f);
	return text;
}

/* Those of the library are many and mostly called with care: the program's own come first. */
static void find_bodies(Subject *s) {
	const Program *p = s->program;
	s->bodies = calloc(p->function_count + 1, sizeof *s->bodies);
	for (int own = 1; own >= 0; own--) {
		for (uint32_t i = 0; i < p->function_count; i++) {
			const Function *fn = p->functions[i];
			if (!(fn->flags & FUNC_NATIVE) && (strncmp(fn->name, "main.", 5) == 0) == own)
				s->bodies[s->body_count++] = i;
		}
		s->own_count = own ? s->body_count : s->own_count;
	}
}

static void subject_compile(Subject *s) {
	GolProgram *program;
	char *text = s->text ? NULL : read_text(s->path);
	GolVM *vm = vm_new(false);
	if (gol_compile_text(vm, "fuzz.go", text ? text : s->text, &program) == GOL_OK &&
	    gol_save(vm, program, discard, NULL) == GOL_OK) {
		s->vm = vm;
		s->program = program->program;
		find_bodies(s);
	} else {
		gol_vm_free(vm);
	}
	free(text);
}

/* False: nothing of it can be changed. */
static bool subject_open(Subject *s) {
	if (!s->tried)
		subject_compile(s);
	s->tried = true;
	return s->program && s->body_count;
}

/* ---------------------------------------------------------------- changes and undoing them */

typedef struct Saved {
	void *at;
	size_t size;
	uint8_t bytes[16];
} Saved;

typedef struct Changes {
	const Program *program;
	const Function *fn;
	Insn *at;        /* an instruction of fn, */
	Insn *other;     /* and another one */
	uint32_t words;  /* of the first */
	uint32_t value;  /* from the input */
	Saved saved[256];
	uint32_t count;
} Changes;

static void set_bytes(Changes *c, const void *at, const void *bytes, size_t size) {
	if (c->count == COUNT_OF(c->saved))
		return;
	Saved *s = &c->saved[c->count++];
	s->at = (void *)(uintptr_t)at;
	s->size = size;
	memcpy(s->bytes, at, size);
	memcpy(s->at, bytes, size);
}
#define SET(c, lvalue, wanted)                                                                                         \
	do {                                                                                                           \
		__typeof__(lvalue) wanted_ = (__typeof__(lvalue))(wanted);                                             \
		set_bytes(c, &(lvalue), &wanted_, sizeof wanted_);                                                     \
	} while (0)

static void undo(Changes *c, uint32_t down_to) {
	while (c->count > down_to) {
		Saved *s = &c->saved[--c->count];
		memcpy(s->at, s->bytes, s->size);
	}
}

static const int64_t numbers[] = {0, 1, 2, 3, -1, -2, 7, 8, 15, 16, 62, 63, 64, 65, 127, 128, 255, 256, 257, 1000, 32767, 65533, 65534, 65535, 65536,
	INT32_MAX, (int64_t)INT32_MAX + 1, INT32_MIN, INT64_MAX, INT64_MIN, -1000, 1 << 20, 1ll << 40, (1ll << 61) + 1};

static int64_t number(const Changes *c) { return numbers[c->value % COUNT_OF(numbers)]; }

/* ---------------------------------------------------------------- one instruction */

static uint16_t *operand(Insn *at, unsigned which) { return which % 3 == 0 ? &at->a : which % 3 == 1 ? &at->b : &at->c; }

/* Sets an operand, unless the code behind would be read differently. */
static void set_operand(Changes *c, unsigned which, uint16_t slot) {
	uint32_t before = c->count;
	SET(c, *operand(c->at, which), slot);
	if ((uint32_t)op_words(c->at) != c->words)
		undo(c, before);
}

/* Another instruction in its place, whose words mean the same. */
static void set_op(Changes *c) {
	for (uint32_t i = 0; i < OP_COUNT; i++) {
		Op op = (Op)((c->value + i) % OP_COUNT), was = (Op)c->at->op;
		bool same = op != was && memcmp(op_info[op].shape, op_info[was].shape, 3) == 0 && op_info[op].words == c->words && !op_releases(op) && op != OP_MKCLOSURE_OWN;
		for (uint32_t w = 1; w < c->words && same; w++)
			same = op_operand_kind(op, (int)w) == op_operand_kind(was, (int)w);
		if (same) {
			SET(c, c->at->op, op);
			return;
		}
	}
}

/* What the other instruction is, here; or both change places. */
static void copy_insn(Changes *c, bool swap) {
	if ((uint32_t)op_words(c->other) != c->words)
		return;
	for (uint32_t i = 0; i < c->words; i++) {
		Insn word = c->at[i];
		SET(c, c->at[i], c->other[i]);
		if (swap)
			SET(c, c->other[i], word);
	}
}

static uint32_t place_of(const Changes *c, const Insn *at) { return (uint32_t)(at - c->fn->code); }

static void retarget(Changes *c) {
	int64_t distance = (int64_t)place_of(c, c->other) - (int64_t)(place_of(c, c->at) + c->words);
	const char *shape = op_info[c->at->op].shape;
	if (c->at->op == OP_STR_NEXT || c->at->op == OP_MAP_NEXT)
		SET(c, c->at[c->words - 1].imm, distance);
	else if (c->at->op == OP_JTABLE)
		SET(c, ((int32_t *)&c->at[2])[c->at->b ? c->value % c->at->b : 0], (int32_t)distance);
	else if (shape[1] == 'j')
		SET(c, c->at->bc, (int32_t)distance);
	else if (shape[2] == 'j' && distance == (int16_t)distance)
		SET(c, c->at->c, (uint16_t)distance);
}

static const TypeDesc *other_type(const Changes *c, const TypeDesc *type) {
	const TypeTable *t = c->program->types;
	bool same_kind = c->value & 1;
	for (uint32_t i = 0; i < t->types.len; i++) {
		const TypeDesc *d = t->types.items[(c->value / 2 + i) % t->types.len];
		if (d != type && (!same_kind || !type || d->kind == type->kind))
			return d;
	}
	return type;
}

/* Of the same type, or any; a native for a native. */
static const Function *other_function(const Changes *c, const Function *fn) {
	const Program *p = c->program;
	for (uint32_t pass = c->value & 1; pass < 2; pass++)
		for (uint32_t i = 0; i < p->function_count; i++) {
			const Function *f = p->functions[(c->value / 2 + i) % p->function_count];
			if (f != fn && (f->flags & FUNC_NATIVE) == (fn->flags & FUNC_NATIVE) && (pass || f->type == fn->type))
				return f;
		}
	return fn;
}

/* A word behind the first, by its kind. */
static void replace_word(Changes *c) {
	uint32_t w = c->words > 1 ? 1 + c->value % (c->words - 1) : 0;
	if (w == 0 || c->at->op == OP_JTABLE)
		return;
	Insn *word = &c->at[w];
	switch (op_operand_kind((Op)c->at->op, (int)w)) {
	case OPERAND_BITS: case OPERAND_NUMBER: SET(c, word->word, number(c)); return;
	case OPERAND_SLOT: SET(c, word->word, (uint16_t)number(c)); return;
	case OPERAND_TYPE:
		if (c->at->op != OP_LOADCONST && c->at->op != OP_COPY_CONST) /* their data is written as of that type */
			SET(c, word->ptr, other_type(c, word->ptr));
		return;
	case OPERAND_FUNCTION: SET(c, word->ptr, other_function(c, word->ptr)); return;
	case OPERAND_KEY: SET(c, word->ptr, c->program->types->keys.items[c->value % c->program->types->keys.len]); return;
	case OPERAND_JUMP: retarget(c); return;
	case OPERAND_STRING: case OPERAND_IFACE: case OPERAND_DATA: return;
	}
}

/* Half a word of one with two numbers in it: sizes, slots, offsets. */
static void replace_half(Changes *c) {
	if (c->words > 1 && c->at->op != OP_JTABLE && op_operand_kind((Op)c->at->op, 1) == OPERAND_NUMBER)
		SET(c, ((uint16_t *)&c->at[1 + c->value % (c->words - 1)])[c->value / 8 % 4], *operand(c->other, c->value));
}

static void simplify(Changes *c) {
	const char *shape = op_info[c->at->op].shape;
	bool pair = shape[0] == 'W';
	if (c->words == 1 && (pair || shape[0] == 'w') && c->value % 2)
		SET(c, c->at->word, ((Insn){.op_ = OP_LOADI, .a_ = c->at->a, .bc = (int32_t)number(c)}).word);
	else if (c->words == 1 && (pair || shape[0] == 'w'))
		SET(c, c->at->op, pair ? OP_ZERO2 : OP_ZERO);
	else
		for (uint32_t i = 0; i < c->words; i++)
			SET(c, c->at[i].word, OP_NOP);
}

/* ---------------------------------------------------------------- what is around the code */

static void change_function(Changes *c) {
	Function *fn = (Function *)(uintptr_t)c->fn;
	switch (c->value % 7) {
	case 0: SET(c, fn->frame_slots, fn->frame_slots + 2 - 4 * (c->value >> 3 & 1)); return;
	case 1:
		if (fn->slot_ptrs)
			SET(c, ((uint64_t *)(uintptr_t)fn->slot_ptrs)[c->value / 8 % fn->frame_slots / 64], fn->slot_ptrs[c->value / 8 % fn->frame_slots / 64] ^ 1ull << c->value / 8 % 64);
		return;
	case 2: SET(c, fn->flags, fn->flags ^ FUNC_DEFERS); return;
	case 3: SET(c, fn->defer_return, place_of(c, c->other)); return;
	case 4:
		if (fn->capture_count)
			SET(c, ((CaptureDesc *)(uintptr_t)fn->captures)[c->value / 8 % fn->capture_count].boxed, c->value >> 7 & 1);
		return;
	case 5:
		if (fn->capture_count)
			SET(c, ((CaptureDesc *)(uintptr_t)fn->captures)[c->value / 8 % fn->capture_count].type,
			    other_type(c, fn->captures[c->value / 8 % fn->capture_count].type));
		return;
	default: SET(c, fn->type, other_type(c, fn->type)); return;
	}
}

static void change_signature(Changes *c, TypeDesc *d) {
	uint32_t all = d->param_count + d->result_count, i = all ? c->value / 16 % all : 0;
	if (all == 0)
		return;
	const TypeDesc **at = (const TypeDesc **)(uintptr_t)(i < d->param_count ? &d->params[i] : &d->results[i - d->param_count]);
	SET(c, *at, other_type(c, *at));
}

/* Constants are written as their types say: what they hold must not become a string, nor grow. */
static void change_field(Changes *c, TypeDesc *d) {
	FieldDesc *f = d->field_count ? (FieldDesc *)(uintptr_t)&d->fields[c->value / 16 % d->field_count] : NULL;
	const TypeDesc *type = f ? other_type(c, f->type) : NULL;
	if (f && type->size <= f->type->size && type->kind != KIND_STRING && !(type->flags & DESC_AGGREGATE))
		SET(c, f->type, type);
}

static void change_type(Changes *c) {
	const TypeTable *t = c->program->types;
	TypeDesc *d = t->types.items[(c->value ^ place_of(c, c->at)) % t->types.len];
	if (d->method_count && c->value & 8) {
		MethodDesc *m = (MethodDesc *)(uintptr_t)&d->methods[c->value / 16 % d->method_count];
		if (m->fn)
			SET(c, m->fn, other_function(c, m->fn));
		return;
	}
	switch ((Kind)d->kind) {
	case KIND_POINTER: case KIND_SLICE: case KIND_CHAN: case KIND_MAP: SET(c, d->elem, other_type(c, d->elem)); return;
	case KIND_FUNC: change_signature(c, d); return;
	case KIND_STRUCT: change_field(c, d); return;
	default: return;
	}
}

static void change_global(Changes *c) {
	const Program *p = c->program;
	if (p->global_count)
		SET(c, ((GlobalDesc *)(uintptr_t)p->globals)[c->value / 2 % p->global_count].type, other_type(c, p->globals[c->value / 2 % p->global_count].type));
}

static void change_lines(Changes *c) {
	if (c->fn->line_count) {
		LineEntry *at = (LineEntry *)(uintptr_t)&c->fn->lines[c->value / 4 % c->fn->line_count];
		if (c->value & 1)
			SET(c, at->line, (uint32_t)number(c));
		else if (c->value & 2)
			SET(c, at->site, c->value / 4 % 8);
		else
			SET(c, at->file, c->value / 4 % 8);
	}
}

/* ---------------------------------------------------------------- one change */

static Insn *insn_at(const Function *fn, uint32_t target) {
	uint32_t pc = 0;
	target %= fn->code_len;
	while (pc + (uint32_t)op_words(&fn->code[pc]) <= target)
		pc += (uint32_t)op_words(&fn->code[pc]);
	return (Insn *)(uintptr_t)&fn->code[pc];
}

static void apply(Changes *c, unsigned how) {
	switch (how % 32) {
	case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7:
		set_operand(c, c->value, *operand(c->other, c->value / 3));
		return;
	case 8: set_operand(c, c->value, (uint16_t)(c->value / 3 % c->fn->frame_slots)); return;
	case 9: set_operand(c, c->value, (uint16_t)(*operand(c->at, c->value) + (c->value & 8 ? 1 : -1))); return;
	case 10: set_operand(c, c->value >> 8, (uint16_t)number(c)); return;
	case 11: case 12: case 13: set_op(c); return;
	case 14: case 15: case 16: replace_word(c); return;
	case 17: replace_half(c); return;
	case 18: case 19: retarget(c); return;
	case 20: case 21: copy_insn(c, false); return;
	case 22: case 23: copy_insn(c, true); return;
	case 24: case 25: simplify(c); return;
	case 26: case 27: change_function(c); return;
	case 28: case 29: change_type(c); return;
	case 30: change_global(c); return;
	default: change_lines(c); return;
	}
}

static void change(Changes *c, const Subject *s, const uint8_t *d) {
	uint32_t which = d[0] | (uint32_t)d[1] << 8, target = d[2] | (uint32_t)d[3] << 8;
	bool own = s->own_count && d[1] & 0xc0;
	c->value = d[5] | (uint32_t)d[6] << 8 | (uint32_t)d[7] << 16;
	c->fn = c->program->functions[s->bodies[which % (own ? s->own_count : s->body_count)]];
	c->at = insn_at(c->fn, target);
	c->other = insn_at(c->fn, target + (c->value >> 8) % 64);
	c->words = (uint32_t)op_words(c->at);
	apply(c, d[4]);
}

/* ---------------------------------------------------------------- one input */

static bool bind_nothing(void *user, Function *fn, const char *declaration, Buf *why) {
	(void)user, (void)fn, (void)declaration, (void)why;
	return false;
}

static const char *no_declaration(void *user, const Function *fn) {
	(void)user, (void)fn;
	return NULL;
}

static void changed_image(const Subject *s, const uint8_t *data, size_t size, Buf *out) {
	const ImageHost host = {.declaration = no_declaration, .bind = bind_nothing};
	static Changes c;
	c.program = s->program;
	for (int i = 0; size >= CHANGE && i < MOST_CHANGES; i++, data += CHANGE, size -= CHANGE)
		change(&c, s, data);
	image_write(s->program, GOL_VERSION, &host, out);
	undo(&c, 0);
}

/* For who looks into a finding: FUZZ_KEEP names a file for the image. */
static void keep_image(const Subject *s, const Buf *image) {
	const char *path = getenv("FUZZ_KEEP");
	FILE *f = path ? fopen(path, "wb") : NULL;
	if (!f)
		return;
	fprintf(stderr, "%s\n", s->path ? s->path : s->text);
	fwrite(image->ptr, 1, image->len, f);
	fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static Subjects subjects;
	static size_t proved, tried;
	if (!subjects.count)
		subjects = find_subjects();
	if (size < 2 + CHANGE)
		return -1;
	Subject *s = &subjects.items[(data[0] | (size_t)data[1] << 8) % subjects.count];
	if (!subject_open(s))
		return -1;
	Buf image;
	buf_init(&image, &s->vm->vm.mem);
	changed_image(s, data + 2, size - 2, &image);
	keep_image(s, &image);
	GolVM *vm = vm_new(true);
	GolProgram *program;
	bool ok = gol_load(vm, image.ptr, image.len, &program) == GOL_OK;
	if (ok) {
		gol_run(vm, program);
		gol_dump(vm, program, GOL_DUMP_ASM, discard, NULL);
	}
	gol_vm_free(vm);
	buf_deinit(&image);
	proved += ok;
	if (++tried % 2000 == 0)
		fprintf(stderr, "%zu of %zu images were proved and run\n", proved, tried);
	return ok ? 0 : -1; /* what is refused leads nowhere */
}
