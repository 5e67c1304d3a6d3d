/* SPDX-License-Identifier: MIT */
/* image_write.c: a Program as bytes.
 *
 * Owns: nothing; what it needs while writing is in an arena of its own.
 * Rules: only what is reached from the entry, the functions of the program's own packages and the core types gets in.
 *   Indices follow the order in which the compiler made things, so the same text gives the same bytes.
 * See: image.h for the format, image_read.c for the other direction. */
#include "bytecode/image.h"
#include "bytecode/opcode.h"

typedef struct TextEntry {
	Str text;
	uint32_t index;
	struct TextEntry *link;
} TextEntry;

typedef struct Writer {
	const Program *p;
	const ImageHost *host;
	Arena arena;
	Buf sections[SECTION_COUNT];
	PtrMap types, keys, functions; /* -> index + 1; while marking: 1 */
	VEC(const TypeDesc *) type_list;
	VEC(const MethodKey *) key_list;
	VEC(const Function *) function_list;
	PtrMap texts;       /* hash -> TextEntry */
	PtrMap known_texts; /* address of a C string -> TextEntry */
	VEC(Str) text_list;
	uint32_t types_done, functions_done;
} Writer;

/* ---------------------------------------------------------------- numbers */

static void put_uint(Buf *b, uint64_t v) {
	char bytes[10];
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (char)(v | 0x80);
	bytes[n++] = (char)v;
	buf_put(b, bytes, n);
}

static void put_int(Buf *b, int64_t v) {
	put_uint(b, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static void put_bits(Buf *b, uint64_t v) {
	buf_put(b, (const char *)&v, sizeof v);
}

/* ---------------------------------------------------------------- strings */

static uint32_t text_index(Writer *w, Str s) {
	const void *key = (const void *)(uintptr_t)(image_checksum(s.ptr, s.len) | 1);
	TextEntry *first = ptrmap_get(&w->texts, key);
	for (TextEntry *e = first; e; e = e->link)
		if (str_eq(e->text, s))
			return e->index;
	TextEntry *e = ARENA_NEW(&w->arena, TextEntry);
	*e = (TextEntry){.text = s, .index = w->text_list.len, .link = first};
	ptrmap_put(&w->arena, &w->texts, key, e);
	VEC_PUSH(&w->arena, &w->text_list, s);
	return e->index;
}

static void put_text(Writer *w, Buf *b, const char *s) {
	put_uint(b, text_index(w, (Str){s, strlen(s)}));
}

/* Names of files and packages come again and again. */
static void put_known_text(Writer *w, Buf *b, const char *s) {
	uintptr_t index = (uintptr_t)ptrmap_get(&w->known_texts, s);
	if (!index) {
		index = (uintptr_t)text_index(w, (Str){s, strlen(s)}) + 1;
		ptrmap_put(&w->arena, &w->known_texts, s, (void *)index);
	}
	put_uint(b, index - 1);
}

/* ---------------------------------------------------------------- what is reached */

static void reach_type(Writer *w, const TypeDesc *d) {
	if (!d || ptrmap_get(&w->types, d))
		return;
	ptrmap_put(&w->arena, &w->types, d, w);
	VEC_PUSH(&w->arena, &w->type_list, d);
}

static void reach_key(Writer *w, const MethodKey *k) {
	if (ptrmap_get(&w->keys, k))
		return;
	ptrmap_put(&w->arena, &w->keys, k, w);
	VEC_PUSH(&w->arena, &w->key_list, k);
	reach_type(w, k->type);
}

static void reach_function(Writer *w, const Function *fn) {
	if (!fn || ptrmap_get(&w->functions, fn))
		return;
	ptrmap_put(&w->arena, &w->functions, fn, w);
	VEC_PUSH(&w->arena, &w->function_list, fn);
}

static void reach_from_type(Writer *w, const TypeDesc *d) {
	reach_type(w, d->elem);
	reach_type(w, d->key);
	reach_type(w, d->pointer_to);
	for (uint32_t i = 0; i < d->field_count; i++)
		reach_type(w, d->fields[i].type);
	for (uint32_t i = 0; i < d->param_count; i++)
		reach_type(w, d->params[i]);
	for (uint32_t i = 0; i < d->result_count; i++)
		reach_type(w, d->results[i]);
	for (uint32_t i = 0; i < d->method_count; i++) {
		reach_key(w, d->methods[i].key);
		reach_type(w, d->methods[i].type);
		reach_function(w, d->methods[i].fn);
	}
}

static void reach_from_code(Writer *w, const Function *fn) {
	for (uint32_t pc = 0; pc < fn->code_len;) {
		const Insn *at = &fn->code[pc];
		int words = op_words(at);
		for (int i = 1; i < words; i++)
			switch (op_operand_kind((Op)at->op, i)) {
			case OPERAND_TYPE: reach_type(w, at[i].ptr); break;
			case OPERAND_FUNCTION: reach_function(w, at[i].ptr); break;
			case OPERAND_KEY: reach_key(w, at[i].ptr); break;
			case OPERAND_IFACE: reach_type(w, ((const GoIface *)at[i].ptr)->type); break;
			case OPERAND_BITS: case OPERAND_DATA: case OPERAND_STRING: case OPERAND_NUMBER: case OPERAND_JUMP: case OPERAND_SLOT: break;
			}
		pc += (uint32_t)words;
	}
}

static void reach_from_function(Writer *w, const Function *fn) {
	reach_type(w, fn->type);
	reach_type(w, fn->recv_type);
	for (uint32_t i = 0; i < fn->capture_count; i++)
		reach_type(w, fn->captures[i].type);
	for (uint32_t i = 0; i < fn->inline_count; i++)
		reach_function(w, fn->inlines[i].fn);
	reach_from_code(w, fn);
}

static bool is_library(const Function *fn) {
	return fn->file && strncmp(fn->file, "$GOL/", 5) == 0;
}

static void reach_all(Writer *w) {
	const Program *p = w->p;
	for (int i = 0; i < CORE_COUNT; i++)
		reach_type(w, p->types->core[i]);
	for (uint32_t i = 0; i < p->global_count; i++)
		reach_type(w, p->globals[i].type);
	reach_function(w, p->entry);
	reach_function(w, p->init);
	for (uint32_t i = 0; i < p->function_count; i++)
		if (p->functions[i]->file && !is_library(p->functions[i]))
			reach_function(w, p->functions[i]);
	while (w->functions_done < w->function_list.len || w->types_done < w->type_list.len) {
		while (w->types_done < w->type_list.len)
			reach_from_type(w, w->type_list.items[w->types_done++]);
		if (w->functions_done < w->function_list.len)
			reach_from_function(w, w->function_list.items[w->functions_done++]);
	}
}

static void number(Writer *w, PtrMap *map, const void *thing, uint32_t *next) {
	if (ptrmap_get(map, thing))
		ptrmap_put(&w->arena, map, thing, (void *)(uintptr_t)++*next);
}

/* Indices in the order in which things were made. */
static void number_all(Writer *w) {
	const Program *p = w->p;
	uint32_t next = 0;
	w->type_list.len = w->key_list.len = w->function_list.len = 0;
	for (uint32_t i = 0; i < p->types->types.len; i++) {
		number(w, &w->types, p->types->types.items[i], &next);
		if (next > w->type_list.len)
			VEC_PUSH(&w->arena, &w->type_list, p->types->types.items[i]);
	}
	next = 0;
	for (uint32_t i = 0; i < p->types->keys.len; i++) {
		number(w, &w->keys, p->types->keys.items[i], &next);
		if (next > w->key_list.len)
			VEC_PUSH(&w->arena, &w->key_list, p->types->keys.items[i]);
	}
	next = 0;
	for (uint32_t i = 0; i < p->function_count; i++) {
		number(w, &w->functions, p->functions[i], &next);
		if (next > w->function_list.len)
			VEC_PUSH(&w->arena, &w->function_list, p->functions[i]);
	}
}

static void put_index(const PtrMap *map, Buf *b, const void *thing) {
	put_uint(b, (uintptr_t)ptrmap_get(map, thing) - 1);
}

/* One more than the index; 0: none. */
static void put_optional(const PtrMap *map, Buf *b, const void *thing) {
	put_uint(b, thing ? (uintptr_t)ptrmap_get(map, thing) : 0);
}

/* ---------------------------------------------------------------- types */

static void put_type_list(Writer *w, Buf *b, const TypeDesc *const *list, uint32_t count) {
	put_uint(b, count);
	for (uint32_t i = 0; i < count; i++)
		put_index(&w->types, b, list[i]);
}

static void put_field(Writer *w, Buf *b, const FieldDesc *f) {
	put_text(w, b, f->name);
	put_uint(b, (f->embedded ? 1u : 0) | (f->exported ? 2u : 0) | (f->pkg_path[0] ? 4u : 0) | (f->tag_len ? 8u : 0));
	if (f->pkg_path[0])
		put_known_text(w, b, f->pkg_path);
	if (f->tag_len)
		put_uint(b, text_index(w, (Str){f->tag, f->tag_len}));
	put_index(&w->types, b, f->type);
}

static void put_methods(Writer *w, Buf *b, const TypeDesc *d) {
	put_uint(b, d->method_count);
	for (uint32_t i = 0; i < d->method_count; i++) {
		const MethodDesc *m = &d->methods[i];
		put_index(&w->keys, b, m->key);
		put_uint(b, (m->exported ? 1u : 0) | (m->deref ? 2u : 0));
		put_optional(&w->functions, b, m->fn);
	}
}

static void put_type(Writer *w, const TypeDesc *d) {
	Buf *b = &w->sections[SECTION_TYPES];
	put_uint(b, d->kind | (d->flags & DESC_NAMED ? 0x40u : 0));
	put_uint(b, d->hash);
	put_text(w, b, d->name);
	if (d->flags & DESC_NAMED) {
		put_text(w, b, d->short_name);
		put_known_text(w, b, d->pkg_path);
	}
	switch ((Kind)d->kind) {
	case KIND_POINTER: case KIND_SLICE:
		put_index(&w->types, b, d->elem);
		break;
	case KIND_CHAN:
		put_index(&w->types, b, d->elem);
		put_uint(b, d->chan_dir);
		break;
	case KIND_ARRAY:
		put_index(&w->types, b, d->elem);
		put_uint(b, (uint64_t)d->length);
		break;
	case KIND_MAP:
		put_index(&w->types, b, d->key);
		put_index(&w->types, b, d->elem);
		break;
	case KIND_FUNC:
		put_uint(b, d->flags & DESC_VARIADIC ? 1 : 0);
		put_type_list(w, b, d->params, d->param_count);
		put_type_list(w, b, d->results, d->result_count);
		break;
	case KIND_STRUCT:
		put_uint(b, d->field_count);
		for (uint32_t i = 0; i < d->field_count; i++)
			put_field(w, b, &d->fields[i]);
		break;
	default:
		break;
	}
	put_methods(w, b, d);
}

static void put_types(Writer *w) {
	const Program *p = w->p;
	put_uint(&w->sections[SECTION_TYPES], w->type_list.len);
	for (uint32_t i = 0; i < w->type_list.len; i++)
		put_type(w, w->type_list.items[i]);
	Buf *b = &w->sections[SECTION_KEYS];
	put_uint(b, w->key_list.len);
	for (uint32_t i = 0; i < w->key_list.len; i++) {
		const MethodKey *k = w->key_list.items[i];
		put_text(w, b, k->name);
		put_known_text(w, b, k->pkg_path);
		put_index(&w->types, b, k->type);
	}
	b = &w->sections[SECTION_CORE];
	for (int i = 0; i < CORE_COUNT; i++)
		put_optional(&w->types, b, p->types->core[i]);
	b = &w->sections[SECTION_GLOBALS];
	put_uint(b, p->global_count);
	for (uint32_t i = 0; i < p->global_count; i++) {
		put_text(w, b, p->globals[i].name);
		put_index(&w->types, b, p->globals[i].type);
		put_uint(b, p->globals[i].offset / 16u - (i ? p->globals[i - 1].offset / 16u : 0));
	}
	b = &w->sections[SECTION_FILES];
	put_uint(b, p->file_count);
	for (uint32_t i = 0; i < p->file_count; i++)
		put_text(w, b, p->files[i]);
}

/* ---------------------------------------------------------------- code */

static void put_iface(Writer *w, Buf *b, const GoIface *v) {
	put_index(&w->types, b, v->type);
	if (v->type->kind == KIND_STRING) {
		const GoString *s = v->data.p;
		put_uint(b, text_index(w, (Str){s->ptr, (size_t)s->len}));
	} else if (v->type->kind == KIND_COMPLEX128) {
		const uint64_t *parts = v->data.p;
		put_bits(b, parts[0]);
		put_bits(b, parts[1]);
	} else {
		put_int(b, v->data.i);
	}
}

/* Memory that holds no pointers but those of strings; others are nil, and not written. */
static void put_data(Writer *w, Buf *b, const TypeDesc *d, const char *at) {
	if (!(d->flags & DESC_POINTERS)) {
		buf_put(b, at, d->size);
	} else if (d->kind == KIND_ARRAY) {
		for (int64_t i = 0; i < d->length; i++)
			put_data(w, b, d->elem, at + i * d->elem->size);
	} else if (d->kind == KIND_STRUCT) {
		for (uint32_t i = 0; i < d->field_count; i++)
			put_data(w, b, d->fields[i].type, at + d->fields[i].offset);
	} else if (d->kind == KIND_STRING) {
		const GoString *s = (const GoString *)(const void *)at;
		put_uint(b, text_index(w, (Str){s->len ? s->ptr : "", (size_t)s->len}));
	}
}

static void put_word(Writer *w, Buf *b, const Insn *at, int i) {
	const GoString *s;
	switch (op_operand_kind((Op)at->op, i)) {
	case OPERAND_BITS: put_bits(b, at[i].word); return;
	case OPERAND_STRING:
		s = at[i].ptr;
		put_uint(b, text_index(w, (Str){s->ptr, (size_t)s->len}));
		return;
	case OPERAND_IFACE: put_iface(w, b, at[i].ptr); return;
	case OPERAND_DATA: put_data(w, b, at[1].ptr, at[i].ptr); return;
	case OPERAND_TYPE: put_optional(&w->types, b, at[i].ptr); return;
	case OPERAND_FUNCTION: put_index(&w->functions, b, at[i].ptr); return;
	case OPERAND_KEY: put_index(&w->keys, b, at[i].ptr); return;
	case OPERAND_JUMP: put_int(b, at[i].imm); return;
	case OPERAND_NUMBER: case OPERAND_SLOT: put_uint(b, at[i].word); return;
	}
}

static void put_operand(Buf *b, char shape, uint16_t v) {
	if (shape == 'i' || shape == 'j')
		put_int(b, (int16_t)v);
	else if (shape != '-')
		put_uint(b, v);
}

/* Nothing proves to who loads an image that memory may be released: it waits for the collector. */
static Op image_op(const Insn *at) {
	return op_releases((Op)at->op) ? OP_NOP : at->op == OP_MKCLOSURE_OWN ? OP_MKCLOSURE : (Op)at->op;
}

static void put_insn(Writer *w, Buf *b, const Insn *at) {
	Op op = image_op(at);
	const char *shape = op_info[op].shape;
	put_uint(b, op);
	put_operand(b, shape[0], at->a);
	if (shape[1] == 'k' || shape[1] == 'g' || shape[1] == 'j') {
		put_int(b, at->bc);
	} else {
		put_operand(b, shape[1], at->b);
		put_operand(b, shape[2], at->c);
	}
	int words = op_words(at);
	for (int i = 1; i < words; i++)
		put_word(w, b, at, i);
}

static void put_lines(Writer *w, const Function *fn) {
	Buf *b = &w->sections[SECTION_LINES];
	LineEntry last = {.line = fn->line};
	put_uint(b, fn->inline_count);
	for (uint32_t i = 0; i < fn->inline_count; i++) {
		put_index(&w->functions, b, fn->inlines[i].fn);
		put_uint(b, fn->inlines[i].call_pc);
	}
	put_uint(b, fn->line_count);
	for (uint32_t i = 0; i < fn->line_count; i++) {
		const LineEntry *e = &fn->lines[i];
		put_uint(b, e->pc - last.pc);
		put_int(b, (int64_t)e->line - last.line);
		put_uint(b, e->column);
		put_int(b, (int64_t)e->file - last.file);
		put_int(b, (int64_t)e->site - last.site);
		last = *e;
	}
}

static void put_code(Writer *w, const Function *fn) {
	Buf *b = &w->sections[SECTION_CODE];
	put_uint(b, fn->code_len);
	for (uint32_t pc = 0; pc < fn->code_len; pc += (uint32_t)op_words(&fn->code[pc]))
		put_insn(w, b, &fn->code[pc]);
}

static void put_captures(Writer *w, Buf *b, const Function *fn) {
	put_uint(b, fn->capture_count);
	for (uint32_t i = 0; i < fn->capture_count; i++) {
		put_index(&w->types, b, fn->captures[i].type);
		put_uint(b, fn->captures[i].boxed);
	}
}

static void put_function(Writer *w, const Function *fn) {
	Buf *b = &w->sections[SECTION_FUNCTIONS];
	put_text(w, b, fn->name);
	put_uint(b, fn->flags);
	put_index(&w->types, b, fn->type);
	put_optional(&w->types, b, fn->recv_type);
	put_uint(b, fn->file ? 1 : 0);
	if (fn->file) {
		put_known_text(w, b, fn->file);
		put_uint(b, fn->line);
	}
	if (fn->flags & FUNC_NATIVE) {
		const char *declaration = w->host->declaration(w->host->user, fn);
		put_uint(b, declaration ? 1 : 0);
		if (declaration)
			put_uint(b, text_index(w, (Str){arena_strndup(&w->arena, declaration, strlen(declaration)), strlen(declaration)}));
		put_lines(w, fn);
		return;
	}
	put_uint(b, fn->frame_slots);
	if (fn->flags & FUNC_DEFERS)
		put_uint(b, fn->defer_return);
	put_captures(w, b, fn);
	buf_put(b, (const char *)fn->slot_ptrs, (fn->frame_slots + 7u) / 8);
	put_code(w, fn);
	put_lines(w, fn);
}

static void put_functions(Writer *w) {
	put_uint(&w->sections[SECTION_FUNCTIONS], w->function_list.len);
	for (uint32_t i = 0; i < w->function_list.len; i++)
		put_function(w, w->function_list.items[i]);
}

/* ---------------------------------------------------------------- the file */

static void put_strings(Writer *w) {
	Buf *b = &w->sections[SECTION_STRINGS];
	put_uint(b, w->text_list.len);
	for (uint32_t i = 0; i < w->text_list.len; i++)
		put_uint(b, w->text_list.items[i].len);
	for (uint32_t i = 0; i < w->text_list.len; i++)
		buf_put(b, w->text_list.items[i].ptr, w->text_list.items[i].len);
}

static void put_meta(Writer *w, const char *version) {
	Buf *b = &w->sections[SECTION_META];
	put_uint(b, strlen(version));
	buf_puts(b, version);
	put_uint(b, strlen(w->p->main_path));
	buf_puts(b, w->p->main_path);
	put_index(&w->functions, b, w->p->entry);
	put_optional(&w->functions, b, w->p->init);
}

static void put_file(Writer *w, Buf *out) {
	ImageHeader h = {.format = IMAGE_FORMAT, .fingerprint = image_fingerprint()};
	size_t at = out->len, end = 0;
	memcpy(h.magic, IMAGE_MAGIC, sizeof h.magic);
	for (int i = 0; i < SECTION_COUNT; i++) {
		end += w->sections[i].len;
		h.ends[i] = (uint32_t)end;
		out->failed = out->failed || w->sections[i].failed;
	}
	h.total = (uint32_t)(sizeof h + end);
	out->failed = out->failed || w->arena.failed || end > UINT32_MAX - sizeof h;
	buf_put(out, (const char *)&h, sizeof h);
	for (int i = 0; i < SECTION_COUNT; i++)
		buf_put(out, w->sections[i].ptr, w->sections[i].len);
	if (out->failed)
		return;
	char *header = out->ptr + at;
	size_t summed = offsetof(ImageHeader, checksum) + sizeof h.checksum;
	h.checksum = image_checksum(header + summed, h.total - summed);
	memcpy(header, &h, sizeof h);
}

void image_write(const Program *p, const char *version, const ImageHost *host, Buf *out) {
	Writer w = {.p = p, .host = host};
	arena_init(&w.arena, out->mem);
	for (int i = 0; i < SECTION_COUNT; i++)
		buf_init(&w.sections[i], out->mem);
	reach_all(&w);
	number_all(&w);
	put_types(&w);
	put_functions(&w);
	put_strings(&w);
	put_meta(&w, version);
	put_file(&w, out);
	for (int i = 0; i < SECTION_COUNT; i++)
		buf_deinit(&w.sections[i]);
	arena_deinit(&w.arena);
}
