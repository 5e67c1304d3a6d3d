/* SPDX-License-Identifier: MIT */
/* names.c: finds the variable behind a channel or another object that a goroutine waits on.
 *
 * Rules: a slot of a frame may hold anything, so an address found in one is followed only when it lies in an object of the heap
 *   and the world stands. Otherwise values are compared, nothing more. */
#include "vm/names.h"

#include <stdio.h>

enum { FRAMES_MAX = 16, ELEMENTS_MAX = 64, DEPTH_MAX = 3 };

typedef struct Search {
	VM *vm;
	uintptr_t target;
	bool follow; /* addresses may be followed */
	char *out;
	size_t cap;
} Search;

static bool find_in(const Search *s, const TypeDesc *type, const char *at, size_t len, uint32_t depth);

/* Names grow at the end of what was written so far; failed attempts leave nothing. */
static size_t add(const Search *s, size_t len, const char *format, const char *name, uint32_t index) {
	int n = snprintf(s->out + len, s->cap - len, format, name, index);
	size_t end = len + (n > 0 ? (size_t)n : 0);
	return end < s->cap ? end : s->cap - 1;
}

static bool is_inside(const Search *s, const void *at, size_t size) { return s->target - (uintptr_t)at < size; }

/* A variable of type sync.Mutex is named, not what is inside. */
static bool is_whole(const TypeDesc *type) { return type->pkg_path && strcmp(type->pkg_path, "sync") == 0; }

static bool find_in_fields(const Search *s, const TypeDesc *type, const char *at, size_t len, uint32_t depth) {
	for (uint32_t i = 0; i < type->field_count; i++) {
		const FieldDesc *f = &type->fields[i];
		size_t end = f->embedded ? len : add(s, len, ".%s", f->name, 0);
		if (find_in(s, f->type, at + f->offset, end, depth + 1))
			return true;
		s->out[len] = 0;
	}
	return false;
}

static bool find_in_elements(const Search *s, const TypeDesc *elem, const char *at, uint64_t count, size_t len, uint32_t depth) {
	for (uint32_t i = 0; i < count && i < ELEMENTS_MAX; i++) {
		if (find_in(s, elem, at + (size_t)i * elem->size, add(s, len, "%s[%u]", "", i), depth + 1))
			return true;
		s->out[len] = 0;
	}
	return false;
}

/* The memory of `size` bytes at p, if it may be read. */
static const char *follow(const Search *s, uintptr_t p, size_t size) {
	size_t bytes = 0;
	const VM *vm = s->vm;
	if (!s->follow || p == 0 || size == 0)
		return NULL;
	if (vm->globals && p - (uintptr_t)vm->globals < vm->globals_len)
		return (const char *)p;
	const char *object = heap_object(s->vm, (const void *)p, &bytes);
	return object && p - (uintptr_t)object + size <= bytes ? (const char *)p : NULL;
}

static bool find_behind(const Search *s, const TypeDesc *type, const char *at, size_t len, uint32_t depth) {
	if (type->kind == KIND_POINTER) {
		const char *to = follow(s, load_word(at), type->elem->size);
		return to && find_in(s, type->elem, to, len, depth + 1);
	}
	GoSlice slice = load_slice(at);
	const char *to = follow(s, (uintptr_t)slice.ptr, (size_t)slice.len * type->elem->size);
	return to && find_in_elements(s, type->elem, to, slice.len, len, depth);
}

/* Looks in a variable of this type at `at` (memory layout), whose name is written up to len. */
static bool find_in(const Search *s, const TypeDesc *type, const char *at, size_t len, uint32_t depth) {
	bool inside = is_inside(s, at, type->size);
	if (depth > DEPTH_MAX)
		return inside;
	switch ((Kind)type->kind) {
	case KIND_CHAN:
		return inside || load_word(at) == s->target;
	case KIND_POINTER: case KIND_SLICE:
		return inside || find_behind(s, type, at, len, depth);
	case KIND_STRUCT:
		return (inside && is_whole(type)) || find_in_fields(s, type, at, len, depth) || inside;
	case KIND_ARRAY:
		return find_in_elements(s, type->elem, at, (uint64_t)type->length, len, depth) || inside;
	default:
		return inside;
	}
}

/* ---------------------------------------------------------------- variables of frames */

/* Whether a later variable has taken the slot of vars[index] at pc. */
static bool is_replaced(const Function *fn, uint32_t index, uint32_t pc) {
	for (uint32_t i = index + 1; i < fn->var_count; i++)
		if (fn->vars[i].slot == fn->vars[index].slot && fn->vars[i].pc <= pc)
			return true;
	return false;
}

static bool find_var(const Search *s, const VarEntry *v, const Slot *fp) {
	size_t len = add(s, 0, "%s", v->name, 0);
	if (!v->boxed)
		return find_in(s, v->type, (const char *)&fp[v->slot], len, 0);
	uintptr_t box = load_word(&fp[v->slot]);
	const char *at = follow(s, box, v->type->size);
	if (at)
		return find_in(s, v->type, at, len, 0);
	return is_inside(s, (const void *)box, v->type->size);
}

static bool find_in_frame(const Search *s, const Function *fn, const Insn *code, const Slot *fp) {
	uint32_t pc = code >= fn->code && code <= fn->code + fn->code_len ? (uint32_t)(code - fn->code) : fn->code_len;
	for (uint32_t i = fn->var_count; i-- > 0;)
		if (fn->vars[i].pc <= pc && !is_replaced(fn, i, pc) && find_var(s, &fn->vars[i], fp))
			return true;
	s->out[0] = 0;
	return false;
}

static bool find_in_stack(const Search *s, Goroutine *g) {
	FrameWalk walk;
	uint32_t frames = 0;
	frame_walk_init(&walk, g);
	do {
		const Function *fn = frame_walk_function(&walk);
		bool is_library = !fn->file || strncmp(fn->file, "$GOL/", 5) == 0;
		if (!is_library && find_in_frame(s, fn, walk.pc, walk.fp))
			return true;
	} while (++frames < FRAMES_MAX && frame_walk_next(&walk));
	return false;
}

/* ---------------------------------------------------------------- package variables */

static bool find_in_globals(const Search *s) {
	const Program *p = s->vm->program;
	for (uint32_t i = 0; p && i < p->global_count; i++) {
		const GlobalDesc *global = &p->globals[i];
		bool is_main = strncmp(global->name, "main.", 5) == 0;
		size_t len = add(s, 0, "%s", is_main ? global->name + 5 : global->name, 0);
		if (find_in(s, global->type, s->vm->globals + global->offset, len, 0))
			return true;
	}
	s->out[0] = 0;
	return false;
}

static void find(Goroutine *g, const void *target, bool may_follow, char *out, size_t cap) {
	Search s = {g->vm, (uintptr_t)target, may_follow, out, cap};
	out[0] = 0;
	if (target && !find_in_stack(&s, g))
		find_in_globals(&s);
}

void name_of_target(Goroutine *g, const void *target, char *out, size_t cap) { find(g, target, true, out, cap); }

void name_of_target_running(Goroutine *g, const void *target, char *out, size_t cap) { find(g, target, false, out, cap); }
