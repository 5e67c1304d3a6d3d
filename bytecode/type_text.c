/* SPDX-License-Identifier: MIT */
/* type_text.c: types as texts that say all that C code can rely on: names of declared types, and what stands behind each.
 * Why texts: the library's natives were compiled against certain declarations. An image brings its own descriptors, and these
 * must be the same, down to the fields of the structs that natives read and write. See stdlib/signatures.c. */
#include "bytecode/type_text.h"

enum { MAX_TYPE_TEXT = 8000 };

/* Not a type of the library; of an image it may contain itself without end. */
static bool is_full(const Buf *out) { return out->len > MAX_TYPE_TEXT; }

/* Names come from images: what is no part of one must not pass for what stands around names. */
static void put_name(Buf *out, const char *name) {
	for (; *name && !is_full(out); name++) {
		char c = *name;
		bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_./-~", c) || c & 0x80;
		buf_putc(out, part ? c : '?');
	}
}

static void put_list(Buf *out, const TypeDesc *const *types, uint32_t count, const TypeDesc *argument) {
	buf_putc(out, '(');
	for (uint32_t i = 0; i < count && !is_full(out); i++) {
		if (i)
			buf_putc(out, ',');
		desc_text(out, types[i], argument);
	}
	buf_putc(out, ')');
}

void desc_definition(Buf *out, const TypeDesc *d, const TypeDesc *argument) {
	static const char *const kinds[] = {"invalid", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16",
		"uint32", "uint64", "uintptr", "float32", "float64", "complex64", "complex128", "array", "chan", "func", "interface",
		"map", "pointer", "slice", "string", "struct", "unsafe.Pointer"};
	switch ((Kind)d->kind) {
	case KIND_ARRAY:
		buf_printf(out, "[%lld]", (long long)d->length);
		desc_text(out, d->elem, argument);
		return;
	case KIND_POINTER: case KIND_SLICE: case KIND_CHAN:
		buf_puts(out, d->kind == KIND_POINTER ? "*" : d->kind == KIND_SLICE ? "[]" : "chan ");
		desc_text(out, d->elem, argument);
		return;
	case KIND_MAP:
		buf_puts(out, "map[");
		desc_text(out, d->key, argument);
		buf_putc(out, ']');
		desc_text(out, d->elem, argument);
		return;
	case KIND_FUNC:
		buf_puts(out, "func");
		put_list(out, d->params, d->param_count, argument);
		put_list(out, d->results, d->result_count, argument);
		return;
	case KIND_INTERFACE:
		buf_puts(out, "interface{");
		for (uint32_t i = 0; i < d->method_count && !is_full(out); i++) {
			buf_puts(out, i ? ";" : "");
			put_name(out, d->methods[i].key->name);
			buf_putc(out, ' ');
			desc_text(out, d->methods[i].key->type, argument);
		}
		buf_putc(out, '}');
		return;
	case KIND_STRUCT:
		buf_puts(out, "struct{");
		for (uint32_t i = 0; i < d->field_count && !is_full(out); i++) {
			buf_puts(out, i ? ";" : "");
			put_name(out, d->fields[i].name);
			buf_putc(out, ' ');
			desc_text(out, d->fields[i].type, argument);
		}
		buf_putc(out, '}');
		return;
	default:
		buf_puts(out, kinds[d->kind]);
	}
}

void desc_text(Buf *out, const TypeDesc *d, const TypeDesc *argument) {
	if (is_full(out))
		return;
	if (d == argument) {
		buf_puts(out, "$");
	} else if (d->flags & DESC_NAMED && d->pkg_path[0]) {
		put_name(out, d->pkg_path);
		buf_putc(out, '.');
		put_name(out, d->short_name);
	} else {
		desc_definition(out, d, argument);
	}
}

void native_text(Buf *out, const Function *fn, const TypeDesc *argument) {
	if (fn->recv_type) {
		buf_putc(out, '(');
		desc_text(out, fn->recv_type, argument);
		buf_putc(out, ')');
	}
	desc_definition(out, fn->type, argument);
}
