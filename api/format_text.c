/* SPDX-License-Identifier: MIT */
/* format_text.c: what Error and String methods say about values that are being formatted.
 *
 * Owns: Eval.pending: the receiver of the call that is wanted next, a root of the collector.
 * Rules: formatting happens while the world stands, calls cannot. So a value whose method must be called first is noted with
 *   its receiver, formatting starts over after the call, and finds the text here. */
#include <string.h>

#include "api/format.h"
#include "vm/trace.h"

static const int64_t CALL_NS = 1000000000;

/* A method without parameters that returns a string, and is compiled. */
static const MethodDesc *text_method(const TypeDesc *type, const char *name) {
	for (uint32_t i = 0; i < type->method_count; i++) {
		const MethodDesc *m = &type->methods[i];
		if (strcmp(m->key->name, name) == 0 && m->fn && m->type && m->type->param_count == 0 &&
		    m->type->result_count == 1 && m->type->results[0]->kind == KIND_STRING && m->fn->recv_slot &&
		    m->fn->arg_slots <= MAX_PENDING_SLOTS)
			return m;
	}
	return NULL;
}

static const FormatText *find_text(const Formatter *f, const TypeDesc *type, uint64_t key) {
	for (uint32_t i = 0; i < f->text_count; i++)
		if (f->texts[i].type == type && f->texts[i].key == key)
			return &f->texts[i];
	return NULL;
}

/* Where a value's memory is; of one in a word: that word in *word, in memory layout. */
static const void *memory_of(const GolValue *v, Slot *word) {
	const TypeDesc *type = v->type;
	if (v->mode & VALUE_INLINE) {
		word->p = v->at;
		return word;
	}
	if (v->mode & VALUE_MEMORY || type->size >= 8)
		return v->at;
	word->u = load_word(v->at);
	return word;
}

const FormatText *format_text(Formatter *f, GolValue v) {
	const TypeDesc *type = v.type;
	Eval *e = &f->vm->eval;
	if (!f->calls || f->wants_text || type->kind == KIND_INTERFACE)
		return NULL;
	const MethodDesc *m = text_method(type, "Error");
	if (!m)
		m = text_method(type, "String");
	if (!m)
		return NULL;
	Slot word = {0}, data = {0};
	const void *at = memory_of(&v, &word);
	if (type->flags & DESC_DIRECT && type->slots)
		value_load(type, &data, at);
	else
		data.p = (void *)(uintptr_t)at;
	const FormatText *known = find_text(f, type, data.u);
	if (known || f->text_count == MAX_FORMAT_TEXTS)
		return known && known->text ? known : NULL;
	if (m->deref && !data.p)
		return NULL;
	e->pending_method = m;
	e->pending_type = type;
	e->pending_key = data.u;
	e->pending_slots = m->fn->recv_slots;
	if (!m->deref)
		e->pending[0] = data;
	else if (m->fn->recv_slots)
		value_load(m->fn->recv_type, e->pending, data.p);
	if (!m->deref && !e->pending_slots)
		e->pending_slots = 1;
	f->wants_text = true;
	return NULL;
}

/* Runs the call; its text is kept. */
static void take_text(Formatter *f, GolCall *call, FormatText *t) {
	GolLimits limits = f->vm->config.limits;
	if (limits.wall_ns <= 0 || limits.wall_ns > CALL_NS)
		f->vm->config.limits.wall_ns = CALL_NS;
	GolStatus status = gol_call_run(call);
	f->vm->config.limits = limits;
	if (status != GOL_OK)
		return;
	GoString s = {call->frame[FRAME_HEADER_SLOTS].p, call->frame[FRAME_HEADER_SLOTS + 1].i};
	t->text = mem_alloc(&f->vm->vm.mem, (size_t)s.len + 1);
	if (!t->text)
		return;
	memcpy(t->text, s.ptr ? s.ptr : "", (size_t)s.len);
	t->text[s.len] = 0;
	t->len = (size_t)s.len;
}

bool format_ask(Formatter *f) {
	Eval *e = &f->vm->eval;
	const MethodDesc *m = e->pending_method;
	GolCall *call;
	f->wants_text = false;
	if (!f->texts)
		f->texts = mem_zalloc(&f->vm->vm.mem, MAX_FORMAT_TEXTS * sizeof *f->texts);
	if (!f->texts || call_open(f->vm, &m->fn->closure, &call) != GOL_OK) {
		e->pending_slots = 0;
		return false;
	}
	for (uint32_t i = 0; i < e->pending_slots; i++)
		call->frame[m->fn->recv_slot + i] = e->pending[i];
	e->pending_slots = 0;
	FormatText *t = &f->texts[f->text_count++];
	*t = (FormatText){.type = e->pending_type, .key = e->pending_key};
	take_text(f, call, t);
	gol_call_close(call);
	return true;
}

void format_texts_free(Formatter *f) {
	for (uint32_t i = 0; i < f->text_count; i++)
		if (f->texts[i].text)
			mem_free(&f->vm->vm.mem, f->texts[i].text, f->texts[i].len + 1);
	mem_free(&f->vm->vm.mem, f->texts, MAX_FORMAT_TEXTS * sizeof *f->texts);
}
