/* SPDX-License-Identifier: MIT */
/* names.c: finds the variable behind a channel or another object that a goroutine waits on. */
#include "vm/names.h"

#include <stdio.h>

static bool is_word(const TypeDesc *type) {
	return type->kind == KIND_CHAN || type->kind == KIND_POINTER;
}

/* Whether a variable of this type at `at` (memory layout) is or holds what is looked for. */
static bool holds(const TypeDesc *type, const char *at, const void *target) {
	uintptr_t offset = (uintptr_t)target - (uintptr_t)at;
	if (offset < type->size)
		return true;
	if (!is_word(type))
		return false;
	uintptr_t p = load_word(at);
	return p == (uintptr_t)target ||
	       (type->kind == KIND_POINTER && p != 0 && (uintptr_t)target - p < type->elem->size);
}

static const char *short_name(const char *name) {
	return strncmp(name, "main.", 5) == 0 ? name + 5 : name;
}

void name_of_target(Goroutine *g, const void *target, char *out, size_t cap) {
	const VM *vm = g->vm;
	const Program *p = vm->program;
	out[0] = 0;
	for (uint32_t i = 0; p != NULL && target != NULL && i < p->global_count; i++) {
		const GlobalDesc *global = &p->globals[i];
		if (!holds(global->type, vm->globals + global->offset, target))
			continue;
		snprintf(out, cap, "%s", short_name(global->name));
		return;
	}
}
