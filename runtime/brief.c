/* SPDX-License-Identifier: MIT */
/* brief.c: values in a few characters, for lists of events.
 *
 * Rules: reads only what the value itself holds, and strings; calls nothing, allocates nothing. What does not fit ends with "...".
 *   Words are read whole: the value may be changing. */
#include <stdio.h>

#include "runtime/values.h"
#include "runtime/watch.h"

enum { STRING_SHOWN = 24, DEPTH_MAX = 2, ELEMENTS_SHOWN = 4 };

typedef struct Brief {
	char *at, *end; /* end: place for the final 0 */
	bool cut;
} Brief;

static void put(Brief *b, const char *text, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (b->at == b->end) {
			b->cut = true;
			return;
		}
		*b->at++ = text[i];
	}
}

static void put_text(Brief *b, const char *text) {
	put(b, text, strlen(text));
}

static void put_string(Brief *b, GoString s) {
	size_t shown = s.len < STRING_SHOWN ? (size_t)s.len : STRING_SHOWN;
	while (shown < (size_t)s.len && shown > 0 && ((uint8_t)s.ptr[shown] & 0xc0) == 0x80)
		shown--; /* no half characters */
	put_text(b, "\"");
	for (size_t i = 0; i < shown; i++) {
		char c = s.ptr[i], escaped[5];
		if (c == '"' || c == '\\')
			put(b, (char[]){'\\', c}, 2);
		else if ((uint8_t)c >= 0x20 && c != 0x7f)
			put(b, &c, 1);
		else
			put(b, escaped, (size_t)snprintf(escaped, sizeof escaped, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\x%02x", (uint8_t)c));
	}
	put_text(b, shown < (size_t)s.len ? "...\"" : "\"");
}

static void put_value(Brief *b, const TypeDesc *type, const void *memory, uint32_t depth);

static void put_fields(Brief *b, const TypeDesc *type, const char *memory, uint32_t depth) {
	bool is_struct = type->kind == KIND_STRUCT;
	uint64_t n = is_struct ? type->field_count : (uint64_t)type->length;
	put_text(b, is_struct ? "{" : "[");
	for (uint64_t i = 0; i < n; i++) {
		if (i != 0)
			put_text(b, " ");
		if (depth >= DEPTH_MAX || i == ELEMENTS_SHOWN) {
			put_text(b, "...");
			break;
		}
		const TypeDesc *elem = is_struct ? type->fields[i].type : type->elem;
		put_value(b, elem, memory + (is_struct ? type->fields[i].offset : i * elem->size), depth + 1);
	}
	put_text(b, is_struct ? "}" : "]");
}

static void put_iface(Brief *b, const void *memory, uint32_t depth) {
	GoIface v = load_iface(memory);
	if (v.type == NULL)
		put_text(b, "nil");
	else if (depth >= DEPTH_MAX || (v.type->kind == KIND_STRUCT && v.type->flags & DESC_NAMED))
		put_text(b, v.type->name);
	else
		put_value(b, v.type, iface_memory(&v), depth + 1);
}

static void put_pointer(Brief *b, const TypeDesc *type, const void *p) {
	char text[32];
	if (p == NULL) {
		put_text(b, "nil");
		return;
	}
	put_text(b, type->name);
	put(b, text, (size_t)snprintf(text, sizeof text, "(%p)", p));
}

static void put_float(Brief *b, double f) {
	char text[32];
	put(b, text, (size_t)snprintf(text, sizeof text, "%.6g", f));
}

static void put_slice(Brief *b, const TypeDesc *type, GoSlice s) {
	char text[32];
	put_text(b, type->name);
	put(b, text, (size_t)snprintf(text, sizeof text, s.ptr != NULL ? "(len %u)" : "(nil)", s.len));
}

/* memory layout */
static void put_value(Brief *b, const TypeDesc *type, const void *memory, uint32_t depth) {
	Slot word[2] __attribute__((aligned(16))) = {{0}};
	char text[32];
	if (type->slots <= 2 && !(type->flags & DESC_AGGREGATE))
		value_load(type, word, memory);
	switch ((Kind)type->kind) {
	case KIND_BOOL:
		put_text(b, word[0].u != 0 ? "true" : "false");
		break;
	case KIND_INT: case KIND_INT8: case KIND_INT16: case KIND_INT32: case KIND_INT64:
		put(b, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)word[0].i));
		break;
	case KIND_UINT: case KIND_UINT8: case KIND_UINT16: case KIND_UINT32: case KIND_UINT64: case KIND_UINTPTR:
		put(b, text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)word[0].u));
		break;
	case KIND_FLOAT32:
		put_float(b, (double)word[0].f32);
		break;
	case KIND_FLOAT64:
		put_float(b, word[0].f);
		break;
	case KIND_STRING:
		put_string(b, load_string(memory));
		break;
	case KIND_STRUCT: case KIND_ARRAY:
		put_fields(b, type, memory, depth);
		break;
	case KIND_INTERFACE:
		put_iface(b, memory, depth);
		break;
	case KIND_SLICE:
		put_slice(b, type, load_slice(memory));
		break;
	case KIND_CHAN: case KIND_FUNC: case KIND_MAP: case KIND_POINTER: case KIND_UNSAFE_POINTER:
		put_pointer(b, type, word[0].p);
		break;
	case KIND_COMPLEX64: case KIND_COMPLEX128: case KIND_INVALID:
		put_text(b, type->name);
		break;
	}
}

void brief_value(const TypeDesc *type, const Slot *value, char *out, size_t cap) {
	Brief b = {.at = out, .end = out + cap - 1};
	char memory[256] __attribute__((aligned(16)));
	if (type->flags & DESC_AGGREGATE) { /* slots hold its memory layout */
		put_value(&b, type, value, 0);
	} else {
		value_store(type, memory, value);
		put_value(&b, type, memory, 0);
	}
	*b.at = 0;
	if (b.cut && cap > 4)
		memcpy(out + cap - 4, "...", 4);
}
