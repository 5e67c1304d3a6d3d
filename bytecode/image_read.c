/* SPDX-License-Identifier: MIT */
/* image_read.c: bytes as a Program.
 *
 * Owns: nothing; what it makes is the arena's.
 * Rules: every number is checked against what it counts or points into before it is used, so that whatever comes out is
 *   made of whole parts: descriptors with the shapes their parts give, instructions with operands of the kinds their rows
 *   name. Whether they make sense together is verify.c's to say. A count is at most the number of bytes left, so memory
 *   stays in proportion to the file.
 * See: image.h for the format, image_write.c for the other direction. */
#include "bytecode/image_internal.h"

#include "bytecode/opcode.h"
#include "bytecode/verify.h"

void image_fail(Reader *r, const char *format, ...) {
	va_list args;
	if (r->failed)
		return;
	r->failed = true;
	r->at = r->end = NULL;
	buf_puts(r->error, "bad image: ");
	va_start(args, format);
	buf_vprintf(r->error, format, args);
	va_end(args);
}

/* ---------------------------------------------------------------- numbers */

static uint64_t get_uint(Reader *r) {
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (UNLIKELY(r->at == r->end)) {
			image_fail(r, "a section ends too early");
			return 0;
		}
		uint8_t byte = *r->at++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	image_fail(r, "a number is too long");
	return 0;
}

static int64_t get_int(Reader *r) {
	uint64_t v = get_uint(r);
	return (int64_t)(v >> 1 ^ -(v & 1));
}

static uint64_t get_bits(Reader *r) {
	uint64_t v = 0;
	if ((size_t)(r->end - r->at) < sizeof v)
		image_fail(r, "a section ends too early");
	else
		memcpy(&v, r->at, sizeof v);
	r->at += r->failed ? 0 : sizeof v;
	return v;
}

/* A number below `limit`. */
static uint32_t get_below(Reader *r, uint64_t limit, const char *what) {
	uint64_t v = get_uint(r);
	if (v < limit)
		return (uint32_t)v;
	image_fail(r, "%s %llu of %llu", what, (unsigned long long)v, (unsigned long long)limit);
	return 0;
}

/* How many things follow; each takes a byte at least. */
static uint32_t get_count(Reader *r) { return get_below(r, (uint64_t)(r->end - r->at) + 1, "count"); }

static bool enter_section(Reader *r, ImageSection section) {
	uint32_t begin = section ? r->header.ends[section - 1] : 0, end = r->header.ends[section];
	if (r->failed)
		return false;
	r->at = r->body + begin;
	r->end = r->body + end;
	return true;
}

static void leave_section(Reader *r) {
	if (!r->failed && r->at != r->end)
		image_fail(r, "a section is longer than what is in it");
}

/* ---------------------------------------------------------------- strings */

static void read_strings(Reader *r) {
	if (!enter_section(r, SECTION_STRINGS))
		return;
	r->string_count = get_count(r);
	uint64_t total = 0;
	r->strings = ARENA_ARRAY(r->arena, GoString, r->string_count + 1);
	for (uint32_t i = 0; i < r->string_count; i++) {
		r->strings[i].len = get_below(r, (uint64_t)(r->end - r->at) + 1, "length");
		total += (uint64_t)r->strings[i].len;
	}
	if (!r->failed && total != (uint64_t)(r->end - r->at))
		image_fail(r, "strings of %llu bytes", (unsigned long long)total);
	if (r->failed)
		return;
	char *bytes = arena_alloc(r->arena, total + r->string_count + 1);
	for (uint32_t i = 0; i < r->string_count; i++) {
		size_t len = (size_t)r->strings[i].len;
		memcpy(bytes, r->at, len);
		r->strings[i].ptr = bytes;
		bytes += len + 1;
		r->at += len;
	}
	leave_section(r);
}

static const GoString *get_string(Reader *r) {
	static const GoString none = {"", 0};
	uint32_t i = get_below(r, r->string_count, "string");
	return r->failed ? &none : &r->strings[i];
}

static const char *get_name(Reader *r) { return get_string(r)->ptr; }

/* ---------------------------------------------------------------- types */

static const TypeDesc *get_type(Reader *r) {
	uint32_t i = get_below(r, r->type_count, "type");
	return r->failed ? NULL : &r->descs[i];
}

static const TypeDesc *get_optional_type(Reader *r) {
	uint32_t i = get_below(r, (uint64_t)r->type_count + 1, "type");
	return i && !r->failed ? &r->descs[i - 1] : NULL;
}

static Function *get_optional_function(Reader *r) {
	uint32_t i = get_below(r, (uint64_t)r->function_count + 1, "function");
	return i && !r->failed ? &r->functions[i - 1] : NULL;
}

static const MethodKey *get_key(Reader *r) {
	uint32_t i = get_below(r, r->key_count, "method key");
	return r->failed ? NULL : &r->keys[i];
}

static const TypeDesc *const *get_type_list(Reader *r, uint32_t *count) {
	*count = get_count(r);
	const TypeDesc **list = ARENA_ARRAY(r->arena, const TypeDesc *, *count + 1);
	for (uint32_t i = 0; i < *count; i++)
		list[i] = get_type(r);
	return list;
}

static void read_fields(Reader *r, TypeDesc *d) {
	d->field_count = get_count(r);
	FieldDesc *fields = ARENA_ARRAY(r->arena, FieldDesc, d->field_count + 1);
	for (uint32_t i = 0; i < d->field_count; i++) {
		FieldDesc *f = &fields[i];
		f->name = get_name(r);
		uint32_t bits = get_below(r, 16, "field flags");
		f->embedded = bits & 1;
		f->exported = bits & 2;
		f->pkg_path = bits & 4 ? get_name(r) : "";
		const GoString *tag = bits & 8 ? get_string(r) : NULL;
		f->tag = tag ? tag->ptr : "";
		f->tag_len = tag ? (uint32_t)tag->len : 0;
		f->type = get_type(r);
	}
	d->fields = fields;
}

static void read_methods(Reader *r, TypeDesc *d) {
	d->method_count = get_count(r);
	MethodDesc *methods = ARENA_ARRAY(r->arena, MethodDesc, d->method_count + 1);
	for (uint32_t i = 0; i < d->method_count; i++) {
		methods[i].key = get_key(r);
		uint32_t bits = get_below(r, 4, "method flags");
		methods[i].exported = bits & 1;
		methods[i].deref = bits & 2;
		methods[i].fn = get_optional_function(r);
	}
	d->methods = methods;
}

static void read_type(Reader *r, TypeDesc *d) {
	uint32_t first = get_below(r, 0x80, "kind");
	d->kind = first & 0x3f;
	d->flags = first & 0x40 ? DESC_NAMED : 0;
	if (d->kind == KIND_INVALID || d->kind > KIND_UNSAFE_POINTER)
		image_fail(r, "kind %u", d->kind);
	d->hash = get_below(r, 1ull << 32, "hash");
	d->name = get_name(r);
	d->short_name = first & 0x40 ? get_name(r) : "";
	d->pkg_path = first & 0x40 ? get_name(r) : "";
	switch ((Kind)d->kind) {
	case KIND_POINTER: case KIND_SLICE:
		d->elem = get_type(r);
		break;
	case KIND_CHAN:
		d->elem = get_type(r);
		d->chan_dir = (uint8_t)get_below(r, 4, "direction");
		break;
	case KIND_ARRAY:
		d->elem = get_type(r);
		d->length = (int64_t)get_below(r, 1ull << 31, "length");
		break;
	case KIND_MAP:
		d->key = get_type(r);
		d->elem = get_type(r);
		break;
	case KIND_FUNC:
		d->flags |= get_below(r, 2, "flags") ? DESC_VARIADIC : 0;
		d->params = get_type_list(r, &d->param_count);
		d->results = get_type_list(r, &d->result_count);
		break;
	case KIND_STRUCT:
		read_fields(r, d);
		break;
	default:
		break;
	}
	read_methods(r, d);
}

static void read_types(Reader *r) {
	if (!enter_section(r, SECTION_TYPES) || get_count(r) != r->type_count)
		return;
	for (uint32_t i = 0; i < r->type_count && !r->failed; i++)
		read_type(r, &r->descs[i]);
	leave_section(r);
}

static void read_keys(Reader *r) {
	if (!enter_section(r, SECTION_KEYS) || get_count(r) != r->key_count)
		return;
	for (uint32_t i = 0; i < r->key_count; i++) {
		r->keys[i].name = get_name(r);
		r->keys[i].pkg_path = get_name(r);
		r->keys[i].type = get_type(r);
		r->keys[i].id = i;
		if (!r->failed && r->keys[i].type->kind != KIND_FUNC)
			image_fail(r, "method %s is no function", r->keys[i].name);
		VEC_PUSH(r->types->arena, &r->types->keys, &r->keys[i]);
	}
	leave_section(r);
}

static void read_core(Reader *r) {
	if (!enter_section(r, SECTION_CORE))
		return;
	for (int i = 0; i < CORE_COUNT; i++)
		r->types->core[i] = get_optional_type(r);
	leave_section(r);
}

/* ---------------------------------------------------------------- globals and files */

static void set_bit(void *user, uint32_t word) { ((uint64_t *)user)[word / 64] |= 1ull << word % 64; }

static void finish_globals(Reader *r, const GlobalDesc *globals, uint64_t end) {
	Program *p = r->program;
	uint64_t *bits = ARENA_ARRAY(r->arena, uint64_t, end / 512 + 2);
	for (uint32_t i = 0; i < p->global_count; i++)
		if (image_pointers_fit(r, globals[i].type))
			type_pointer_words(globals[i].type, globals[i].offset, set_bit, bits);
	p->globals = globals;
	p->globals_end = ALIGN_UP((uint32_t)end, 16u);
	p->globals_ptr_bits = bits;
}

static void read_globals(Reader *r) {
	if (!enter_section(r, SECTION_GLOBALS))
		return;
	uint32_t count = get_count(r);
	GlobalDesc *globals = ARENA_ARRAY(r->arena, GlobalDesc, count + 1);
	uint64_t at = 0, end = 0;
	for (uint32_t i = 0; i < count && !r->failed; i++) {
		globals[i].name = get_name(r);
		globals[i].type = get_type(r);
		at += 16 * (uint64_t)get_below(r, 1u << 26, "distance of globals");
		if (r->failed)
			return;
		if (at < end || at + globals[i].type->size > MAX_IMAGE_GLOBALS) {
			image_fail(r, "the place of %s", globals[i].name);
			return;
		}
		globals[i].offset = (uint32_t)at;
		end = at + (globals[i].type->size ? globals[i].type->size : 1);
	}
	r->program->global_count = count;
	leave_section(r);
	if (!r->failed)
		finish_globals(r, globals, end);
}

static void read_files(Reader *r) {
	if (!enter_section(r, SECTION_FILES))
		return;
	Program *p = r->program;
	p->file_count = get_count(r);
	p->files = ARENA_ARRAY(r->arena, const char *, p->file_count + 1);
	for (uint32_t i = 0; i < p->file_count; i++)
		p->files[i] = get_name(r);
	leave_section(r);
}

/* ---------------------------------------------------------------- code */

static const void *get_iface(Reader *r) {
	GoIface *v = arena_alloc(r->arena, sizeof *v);
	v->type = get_type(r);
	if (r->failed)
		return v;
	if (v->type->kind == KIND_STRING) {
		v->data.p = (void *)(uintptr_t)get_string(r);
	} else if (v->type->kind == KIND_COMPLEX128) {
		uint64_t *parts = arena_alloc(r->arena, 16);
		parts[0] = get_bits(r);
		parts[1] = get_bits(r);
		v->data.p = parts;
	} else {
		v->data.i = get_int(r);
		bool nil = v->data.i == 0 && v->type->flags & DESC_DIRECT;
		if (v->type->flags & (DESC_POINTERS | DESC_AGGREGATE) && !nil)
			image_fail(r, "a constant of type %s", v->type->name);
	}
	return v;
}

static void get_data(Reader *r, const TypeDesc *d, char *at) {
	if (!(d->flags & DESC_POINTERS)) {
		if ((size_t)(r->end - r->at) < d->size) {
			image_fail(r, "a section ends too early");
			return;
		}
		memcpy(at, r->at, d->size);
		r->at += d->size;
	} else if (d->kind == KIND_ARRAY) {
		for (int64_t i = 0; i < d->length && !r->failed; i++)
			get_data(r, d->elem, at + i * d->elem->size);
	} else if (d->kind == KIND_STRUCT) {
		for (uint32_t i = 0; i < d->field_count && !r->failed; i++)
			get_data(r, d->fields[i].type, at + d->fields[i].offset);
	} else if (d->kind == KIND_STRING) {
		memcpy(at, get_string(r), sizeof(GoString));
	}
}

/* Nil pointers take no bytes in the image, so there is a bound on what is made of few. */
static const void *get_constant(Reader *r, const TypeDesc *d) {
	r->constant_bytes += r->failed ? 0 : d->size;
	if (r->failed || r->constant_bytes > (MAX_IMAGE_CONSTANTS + r->header.total) * 16ull) {
		image_fail(r, "constants of more than it can hold");
		return NULL;
	}
	char *data = arena_alloc(r->arena, d->size ? d->size : 1);
	get_data(r, d, data);
	return data;
}

static Insn get_word(Reader *r, const Insn *insn, int i) {
	Op op = (Op)insn->op;
	Insn w = {0};
	uint32_t index;
	switch (op_operand_kind(op, i)) {
	case OPERAND_BITS: w.word = get_bits(r); break;
	case OPERAND_STRING: w.ptr = get_string(r); break;
	case OPERAND_IFACE: w.ptr = get_iface(r); break;
	case OPERAND_DATA: w.ptr = get_constant(r, insn[1].ptr); break;
	case OPERAND_TYPE:
		w.ptr = get_optional_type(r);
		if (!w.ptr && op != OP_JTYPE_EQ && op != OP_JTYPE_NE)
			image_fail(r, "%s without a type", op_name(op));
		break;
	case OPERAND_FUNCTION:
		index = get_below(r, r->function_count, "function");
		w.ptr = r->failed ? NULL : &r->functions[index];
		break;
	case OPERAND_KEY: w.ptr = get_key(r); break;
	case OPERAND_JUMP: w.imm = get_int(r); break;
	case OPERAND_NUMBER: w.word = get_uint(r); break;
	case OPERAND_SLOT: w.word = get_below(r, NO_SLOT + 1u, "slot"); break;
	}
	return w;
}

static uint16_t get_operand(Reader *r, char shape) {
	if (shape == '-')
		return 0;
	if (shape != 'i' && shape != 'j')
		return (uint16_t)get_below(r, 0x10000, "operand");
	int64_t v = get_int(r);
	if (v < INT16_MIN || v > INT16_MAX)
		image_fail(r, "operand %lld", (long long)v);
	return (uint16_t)v;
}

/* Returns the number of words; 0: failed. */
static uint32_t get_insn(Reader *r, Insn *at, uint32_t room) {
	Insn first = {.op = (uint16_t)get_below(r, OP_COUNT, "instruction")};
	const char *shape = op_info[first.op].shape;
	if (op_releases((Op)first.op) || first.op == OP_MKCLOSURE_OWN)
		image_fail(r, "memory that would be given out twice");
	first.a = get_operand(r, shape[0]);
	if (shape[1] == 'k' || shape[1] == 'g' || shape[1] == 'j') {
		int64_t v = get_int(r);
		if (v < INT32_MIN || v > INT32_MAX)
			image_fail(r, "operand %lld", (long long)v);
		first.bc = (int32_t)v;
	} else {
		first.b = get_operand(r, shape[1]);
		first.c = get_operand(r, shape[2]);
	}
	uint32_t words = (uint32_t)op_words(&first);
	if (words > room)
		image_fail(r, "an instruction crosses the function's end");
	if (r->failed)
		return 0;
	at[0] = first;
	for (uint32_t i = 1; i < words && !r->failed; i++)
		at[i] = get_word(r, at, (int)i);
	return r->failed ? 0 : words;
}

static void read_code(Reader *r, Function *fn) {
	uint32_t len = get_count(r), pc = 0;
	Insn *code = ARENA_ARRAY(r->arena, Insn, len + 1);
	while (pc < len) {
		uint32_t words = get_insn(r, &code[pc], len - pc);
		if (words == 0)
			return;
		pc += words;
	}
	fn->code = code;
	fn->code_len = len;
}

static void read_inlines(Reader *r, Function *fn) {
	fn->inline_count = get_count(r);
	InlineSite *sites = ARENA_ARRAY(r->arena, InlineSite, fn->inline_count + 1);
	for (uint32_t i = 0; i < fn->inline_count; i++) {
		uint32_t callee = get_below(r, r->function_count, "function");
		sites[i].fn = r->failed ? NULL : &r->functions[callee];
		sites[i].call_pc = get_below(r, fn->code_len, "address");
	}
	fn->inlines = sites;
}

/* Calls stand in bodies that were there before them, so whoever walks outwards arrives. */
static void check_inlines(Reader *r, const Function *fn) {
	for (uint32_t i = 0; i < fn->inline_count && !r->failed; i++) {
		const LineEntry *entry = function_line(fn, fn->inlines[i].call_pc);
		if (entry && entry->site > i)
			image_fail(r, "the inlined calls of %s", fn->name);
	}
}

static void read_lines(Reader *r, Function *fn) {
	read_inlines(r, fn);
	fn->line_count = get_count(r);
	LineEntry *lines = ARENA_ARRAY(r->arena, LineEntry, fn->line_count + 1), last = {.line = fn->line};
	for (uint32_t i = 0; i < fn->line_count && !r->failed; i++) {
		uint64_t pc = last.pc + get_uint(r);
		last.line = (uint32_t)(last.line + get_int(r));
		last.column = (uint16_t)get_below(r, 0x10000, "column");
		int64_t file = last.file + get_int(r);
		int64_t site = last.site + get_int(r);
		if (site < 0 || site > (int64_t)fn->inline_count || pc >= fn->code_len || (i && pc == last.pc) || file < 0 || file >= (int64_t)r->program->file_count)
			image_fail(r, "the lines of %s", fn->name);
		last.pc = (uint32_t)pc;
		last.file = (uint16_t)file;
		last.site = (uint32_t)site;
		lines[i] = last;
	}
	fn->lines = lines;
	check_inlines(r, fn);
}

/* ---------------------------------------------------------------- functions */

static void read_captures(Reader *r, Function *fn) {
	fn->capture_count = get_count(r);
	CaptureDesc *captures = ARENA_ARRAY(r->arena, CaptureDesc, fn->capture_count + 1);
	for (uint32_t i = 0; i < fn->capture_count; i++) {
		captures[i].type = get_type(r);
		captures[i].boxed = get_below(r, 2, "flag");
	}
	if (!r->failed && !captures_shape(r->types, fn, captures))
		image_fail(r, "the captures of %s", fn->name);
}

static void read_slot_pointers(Reader *r, Function *fn) {
	size_t bytes = (fn->frame_slots + 7u) / 8;
	if ((size_t)(r->end - r->at) < bytes) {
		image_fail(r, "a section ends too early");
		return;
	}
	uint64_t *bits = ARENA_ARRAY(r->arena, uint64_t, bytes / 8 + 1);
	memcpy(bits, r->at, bytes);
	fn->slot_ptrs = bits;
	r->at += bytes;
}

static void read_native(Reader *r, Function *fn) {
	Insn *code = ARENA_ARRAY(r->arena, Insn, 2);
	const char *declaration = get_below(r, 2, "flag") ? get_name(r) : NULL;
	code[0].op = OP_NATIVE_BODY;
	code[1].op = OP_RET;
	fn->code = code;
	fn->code_len = 2;
	fn->frame_slots = (uint16_t)ALIGN_UP(fn->arg_slots + FRAME_HEADER_SLOTS, 2);
	if (r->failed || r->host->bind(r->host->user, fn, declaration, &r->reason))
		return;
	image_fail(r, "%s", buf_cstr(&r->reason));
}

static void read_function(Reader *r, Function *fn) {
	enum { FLAGS = FUNC_NATIVE | FUNC_DEFERS | FUNC_WRAPPER | FUNC_VARIADIC | FUNC_INIT };
	fn->closure.fn = fn;
	fn->name = get_name(r);
	fn->flags = (uint16_t)get_below(r, FLAGS + 1, "function flags");
	fn->type = get_type(r);
	fn->recv_type = get_optional_type(r);
	if (get_below(r, 2, "flag")) {
		fn->file = get_name(r);
		fn->line = get_below(r, 1ull << 32, "line");
	}
	if (r->failed)
		return;
	if (fn->type->kind != KIND_FUNC || !function_shape(fn)) {
		image_fail(r, "the type of %s", fn->name);
		return;
	}
	if (fn->flags & FUNC_NATIVE) {
		if (fn->flags & FUNC_DEFERS)
			image_fail(r, "native %s defers", fn->name);
		read_native(r, fn);
		return;
	}
	fn->frame_slots = (uint16_t)get_below(r, MAX_FRAME_SLOTS + 2, "frame slots");
	if (fn->flags & FUNC_DEFERS)
		fn->defer_return = get_below(r, 1ull << 32, "address");
	read_captures(r, fn);
	read_slot_pointers(r, fn);
}

/* Code refers to functions that come later, so it is read when all are known. */
static void read_functions(Reader *r) {
	Program *p = r->program;
	if (!enter_section(r, SECTION_FUNCTIONS) || get_count(r) != r->function_count)
		return;
	p->functions = ARENA_ARRAY(r->arena, const Function *, r->function_count + 1);
	p->function_count = r->function_count;
	for (uint32_t i = 0; i < r->function_count && !r->failed; i++) {
		r->functions[i].id = i;
		p->functions[i] = &r->functions[i];
		read_function(r, &r->functions[i]);
	}
	leave_section(r);
	if (enter_section(r, SECTION_CODE))
		for (uint32_t i = 0; i < r->function_count && !r->failed; i++)
			if (!(r->functions[i].flags & FUNC_NATIVE))
				read_code(r, &r->functions[i]);
	leave_section(r);
	if (enter_section(r, SECTION_LINES))
		for (uint32_t i = 0; i < r->function_count && !r->failed; i++)
			read_lines(r, &r->functions[i]);
	leave_section(r);
}

/* ---------------------------------------------------------------- the file */

static uint32_t section_count(Reader *r, ImageSection section) { return enter_section(r, section) ? get_count(r) : 0; }

/* Room for everything that something else may refer to. */
static void make_room(Reader *r) {
	r->type_count = section_count(r, SECTION_TYPES);
	r->key_count = section_count(r, SECTION_KEYS);
	r->function_count = section_count(r, SECTION_FUNCTIONS);
	if (r->failed)
		return;
	r->descs = ARENA_ARRAY(r->arena, TypeDesc, r->type_count + 1);
	r->keys = ARENA_ARRAY(r->arena, MethodKey, r->key_count + 1);
	r->functions = ARENA_ARRAY(r->arena, Function, r->function_count + 1);
	r->program = ARENA_NEW(r->arena, Program);
	*r->program = (Program){.arena = r->arena, .types = r->types};
}

static const char *get_text(Reader *r) {
	uint32_t len = get_count(r);
	const char *text = arena_strndup(r->arena, r->failed ? "" : (const char *)r->at, r->failed ? 0 : len);
	r->at += r->failed ? 0 : len;
	return text;
}

static const char *read_version(Reader *r) { return enter_section(r, SECTION_META) ? get_text(r) : ""; }

static void read_meta(Reader *r) {
	read_version(r);
	r->program->main_path = get_text(r);
	uint32_t entry = get_below(r, r->function_count, "function");
	r->program->entry = r->failed ? NULL : &r->functions[entry];
	r->program->init = get_optional_function(r);
	leave_section(r);
}

static void check_version(Reader *r, const char *version) {
	const ImageHeader *h = &r->header;
	if (h->format == IMAGE_FORMAT && h->fingerprint == image_fingerprint())
		return;
	const char *made_by = h->format <= IMAGE_FORMAT ? read_version(r) : "";
	r->failed = true;
	buf_printf(r->error, "the image was made by %s version of gol", h->format > IMAGE_FORMAT ? "a newer" : "another");
	if (made_by[0])
		buf_printf(r->error, " (%s; this is %s)", made_by, version);
	buf_puts(r->error, "; build it again from its sources");
}

static void read_header(Reader *r, const void *data, size_t len, const char *version) {
	ImageHeader *h = &r->header;
	size_t start = 0, summed = offsetof(ImageHeader, checksum) + sizeof h->checksum;
	if (!image_recognize(data, len, &start)) {
		r->failed = true;
		buf_puts(r->error, "not an image made by gol build");
		return;
	}
	const uint8_t *p = (const uint8_t *)data + start;
	len -= start;
	memcpy(h, p, len < sizeof *h ? len : sizeof *h);
	if (len >= offsetof(ImageHeader, total) && h->format > IMAGE_FORMAT) {
		check_version(r, version);
		return;
	}
	if (len < sizeof *h || len < h->total || h->total < sizeof *h) {
		image_fail(r, "it is cut short");
		return;
	}
	if (len > h->total)
		image_fail(r, "something follows its end");
	else if (image_checksum(p + summed, h->total - summed) != h->checksum)
		image_fail(r, "it is damaged: the checksum is wrong");
	for (int i = 0; i < SECTION_COUNT && !r->failed; i++)
		if (h->ends[i] < (i ? h->ends[i - 1] : 0) || h->ends[i] > h->total - sizeof *h)
			image_fail(r, "the table of sections");
	if (!r->failed && h->ends[SECTION_COUNT - 1] != h->total - sizeof *h)
		image_fail(r, "the table of sections");
	r->body = p + sizeof *h;
	if (!r->failed)
		check_version(r, version);
}

static void read_all(Reader *r) {
	make_room(r);
	read_strings(r);
	read_types(r);
	read_keys(r);
	read_core(r);
	if (!r->failed)
		image_check_types(r);
	if (!r->failed && !r->host->types_fit(r->host->user, r->types, &r->reason))
		image_fail(r, "%s", buf_cstr(&r->reason));
	read_globals(r);
	read_files(r);
	read_functions(r);
	if (!r->failed)
		image_check_methods(r);
	if (!r->failed)
		read_meta(r);
}

const Program *image_read(Arena *arena, TypeTable *types, const void *data, size_t len, const char *version,
			  const ImageHost *host, Buf *error) {
	Reader r = {.arena = arena, .types = types, .host = host, .error = error};
	buf_init(&r.reason, arena->mem);
	types->arena = arena;
	layouts_init(types);
	read_header(&r, data, len, version);
	if (!r.failed)
		read_all(&r);
	buf_deinit(&r.reason);
	if (r.failed || arena->failed)
		return NULL;
	buf_puts(error, "bad image: ");
	return verify_program(r.program, arena->mem, error) ? r.program : NULL;
}
