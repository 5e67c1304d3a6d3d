/* SPDX-License-Identifier: MIT */
/* unsafe.c: what programs may do with package unsafe without being able to break memory.
 *
 * Rules: a pointer may be seen as one to other elements only where an object, or a part of the package variables, that holds no
 *   pointers is large enough for all of them. Pointers are never made out of other bytes, nor bytes read behind an object.
 * Why at run time: the same expression is right or wrong depending on where the pointer came from. */
#include "runtime/sched.h"
#include "runtime/values.h"

static bool globals_hold_no_pointers(const VM *vm, const char *p, uint64_t size) {
	if (!vm->globals || p < vm->globals || p >= vm->globals + vm->globals_len)
		return false;
	size_t from = (size_t)(p - vm->globals);
	if (size > vm->globals_len - from)
		return false;
	for (size_t word = from / 8; vm->globals_ptr_bits && word <= (from + size - 1) / 8; word++)
		if (vm->globals_ptr_bits[word / 64] >> (word % 64) & 1)
			return false;
	return true;
}

PanicCode unsafe_view(VM *vm, const void *p, int64_t count, const TypeDesc *elem, UnsafeView known) {
	bool is_one = count == 1 && (known == VIEW_POINTER || !p);
	if (count == 0 || known == VIEW_ELEMENTS || (is_one && (p || known == VIEW_UNTYPED)))
		return PANIC_NONE;
	if (count < 0 || count > INT32_MAX || !p)
		return PANIC_UNSAFE;
	if (elem->size == 0)
		return PANIC_NONE;
	uint64_t size = (uint64_t)count * elem->size;
	if ((elem->flags & DESC_POINTERS) || (uintptr_t)p % elem->align)
		return PANIC_UNSAFE;
	return heap_holds_no_pointers(vm, p, size) || globals_hold_no_pointers(vm, p, size) ? PANIC_NONE : PANIC_UNSAFE;
}
