/* SPDX-License-Identifier: MIT */
/* profile_proto.c: a profile as a message of pprof's profile.proto, uncompressed (pprof reads both).
 *
 * Rules: every frame becomes a location whose address is the instruction's; functions and strings are numbered as they
 *   come. A sample's label "opcode" says which instruction its innermost frame was at.
 * See: github.com/google/pprof/proto/profile.proto for the field numbers. */
#include "bytecode/opcode.h"
#include "vm/tools.h"
#include "vm/trace.h"

enum { /* Profile */
	SAMPLE_TYPE = 1, SAMPLE = 2, LOCATION = 4, FUNCTION = 5, STRING_TABLE = 6, TIME_NANOS = 9, DURATION_NANOS = 10,
	PERIOD_TYPE = 11, PERIOD = 12,
};

typedef struct Writer {
	VM *vm;
	Buf *out;
	Buf strings, message, inner;
	Arena arena;
	PtrMap string_ids, function_ids, location_ids; /* address -> number + 1 */
	uint32_t strings_len, functions_len, locations_len;
} Writer;

static void put_varint(Buf *b, uint64_t v) {
	for (; v >= 0x80; v >>= 7)
		buf_putc(b, (char)(v | 0x80));
	buf_putc(b, (char)v);
}

static void put_number(Buf *b, uint32_t field, int64_t v) {
	put_varint(b, field << 3);
	put_varint(b, (uint64_t)v);
}

static void put_bytes(Buf *b, uint32_t field, const char *s, size_t len) {
	put_varint(b, field << 3 | 2);
	put_varint(b, len);
	buf_put(b, s, len);
}

static void put_message(Writer *w, uint32_t field) {
	put_bytes(w->out, field, w->message.ptr, w->message.len);
	w->message.len = 0;
}

/* Strings are told apart by address: some may be there twice, which pprof accepts. */
static uint32_t string_id(Writer *w, const char *s) {
	if (!s || !*s)
		return 0;
	uintptr_t known = (uintptr_t)ptrmap_get(&w->string_ids, s);
	if (known)
		return (uint32_t)known;
	put_bytes(&w->strings, STRING_TABLE, s, strlen(s));
	ptrmap_put(&w->arena, &w->string_ids, s, (void *)(uintptr_t)++w->strings_len);
	return w->strings_len;
}

static void put_value_type(Writer *w, uint32_t field, const char *type, const char *unit) {
	uint32_t type_id = string_id(w, type), unit_id = string_id(w, unit);
	put_number(&w->message, 1, type_id);
	put_number(&w->message, 2, unit_id);
	put_message(w, field);
}

static uint32_t function_id(Writer *w, const Function *fn, const char *file) {
	uintptr_t known = (uintptr_t)ptrmap_get(&w->function_ids, fn);
	if (known)
		return (uint32_t)known;
	uint32_t id = ++w->functions_len, name = string_id(w, fn->name ? fn->name : "?"), file_name = string_id(w, file);
	put_number(&w->message, 1, id);
	put_number(&w->message, 2, name);
	put_number(&w->message, 3, name);
	put_number(&w->message, 4, file_name);
	put_number(&w->message, 5, fn->line);
	put_message(w, FUNCTION);
	ptrmap_put(&w->arena, &w->function_ids, fn, (void *)(uintptr_t)id);
	return id;
}

static uint32_t location_id(Writer *w, const ProfileFrame *frame) {
	uintptr_t known = (uintptr_t)ptrmap_get(&w->location_ids, frame->pc);
	if (known)
		return (uint32_t)known;
	FrameInfo info = trace_frame_info(w->vm, frame->fn, frame->pc);
	uint32_t id = ++w->locations_len, function = function_id(w, info.fn, info.file);
	w->inner.len = 0;
	put_number(&w->inner, 1, function);
	put_number(&w->inner, 2, info.line);
	put_number(&w->message, 1, id);
	put_number(&w->message, 3, (int64_t)(uintptr_t)frame->pc);
	put_bytes(&w->message, 4, w->inner.ptr, w->inner.len);
	put_message(w, LOCATION);
	ptrmap_put(&w->arena, &w->location_ids, frame->pc, (void *)(uintptr_t)id);
	return id;
}

static void put_sample(Writer *w, const ProfileSample *s) {
	uint32_t ids[PROFILE_DEPTH];
	for (uint32_t i = 0; i < s->count; i++)
		ids[i] = location_id(w, &s->frames[i]);
	for (uint32_t i = 0; i < s->count; i++)
		put_number(&w->message, 1, ids[i]);
	put_number(&w->message, 2, s->values[0]);
	put_number(&w->message, 2, s->values[1]);
	if (s->count) {
		uint32_t key = string_id(w, "opcode"), name = string_id(w, op_name((Op)s->frames[0].pc->op));
		w->inner.len = 0;
		put_number(&w->inner, 1, key);
		put_number(&w->inner, 2, name);
		put_bytes(&w->message, 3, w->inner.ptr, w->inner.len);
	}
	put_message(w, SAMPLE);
}

void profile_write(VM *vm, ProfileKind kind, Buf *out) {
	const Profile *p = vm->tools ? vm->tools->profiles[kind] : NULL;
	if (!p)
		return;
	Writer w = {.vm = vm, .out = out};
	arena_init(&w.arena, &vm->mem);
	buf_init(&w.strings, &vm->mem);
	buf_init(&w.message, &vm->mem);
	buf_init(&w.inner, &vm->mem);
	put_bytes(&w.strings, STRING_TABLE, "", 0);
	bool cpu = kind == PROFILE_CPU;
	put_value_type(&w, SAMPLE_TYPE, cpu ? "samples" : "alloc_objects", "count");
	put_value_type(&w, SAMPLE_TYPE, cpu ? "cpu" : "alloc_space", cpu ? "nanoseconds" : "bytes");
	for (uint32_t i = 0; i < PROFILE_BUCKETS; i++)
		for (const ProfileSample *s = p->buckets[i]; s; s = s->next)
			put_sample(&w, s);
	put_value_type(&w, PERIOD_TYPE, cpu ? "cpu" : "space", cpu ? "nanoseconds" : "bytes");
	put_number(out, PERIOD, cpu ? 10000000 : 512 << 10);
	put_number(out, TIME_NANOS, p->began_wall_ns);
	put_number(out, DURATION_NANOS, p->duration_ns);
	buf_put(out, w.strings.ptr, w.strings.len);
	buf_deinit(&w.inner);
	buf_deinit(&w.message);
	buf_deinit(&w.strings);
	arena_deinit(&w.arena);
}
