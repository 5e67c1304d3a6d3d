/* SPDX-License-Identifier: MIT */
/* value.c: copying, clearing and converting values between memory layout and slot layout.
 *
 * Owns: nothing.
 * Rules: a word or pair that may hold a pointer is moved whole, by one 8- or 16-byte access, also when ranges overlap:
 * a goroutine that reads while another copies sees old or new values, never halves. Pointer-free values are plain
 * bytes.
 * Why: not memmove for values with pointers: it may move a pair in two parts. */
#include "runtime/heap.h"

/* Both ranges are aligned to 8 (16 for pairs), size is a multiple of it. */
static void copy_words(char *to, const char *from, size_t size) {
	if ((uintptr_t)to - (uintptr_t)from >= size) {
		for (size_t i = 0; i < size; i += 8)
			store_word(to + i, load_word(from + i));
	} else {
		for (size_t i = size; i > 0; i -= 8)
			store_word(to + i - 8, load_word(from + i - 8));
	}
}

static void copy_pairs(char *to, const char *from, size_t size) {
	if ((uintptr_t)to - (uintptr_t)from >= size) {
		for (size_t i = 0; i < size; i += 16)
			copy_pair(to + i, from + i);
	} else {
		for (size_t i = size; i > 0; i -= 16)
			copy_pair(to + i - 16, from + i - 16);
	}
}

static void copy_bytes(const TypeDesc *type, void *to, const void *from, size_t size) {
	if (!(type->flags & DESC_POINTERS))
		memmove(to, from, size);
	else if (type->align == 16)
		copy_pairs(to, from, size);
	else
		copy_words(to, from, size);
}

void value_copy(const TypeDesc *type, void *to, const void *from) {
	copy_bytes(type, to, from, type->size);
}

void value_copy_array(const TypeDesc *elem, void *to, const void *from, size_t count) {
	if (count != 0)
		copy_bytes(elem, to, from, elem->size * count);
}

void value_zero(const TypeDesc *type, void *at) {
	if (!(type->flags & DESC_POINTERS)) {
		memset(at, 0, type->size);
		return;
	}
	static const char zero[16] __attribute__((aligned(16)));
	if (type->align == 16)
		for (size_t i = 0; i < type->size; i += 16)
			copy_pair((char *)at + i, zero);
	else
		for (size_t i = 0; i < type->size; i += 8)
			store_word((char *)at + i, 0);
}

void value_load(const TypeDesc *type, Slot *to, const void *from) {
	switch ((Kind)type->kind) {
	case KIND_BOOL: case KIND_UINT8:
		to->u = *(const uint8_t *)from;
		break;
	case KIND_INT8:
		to->i = *(const int8_t *)from;
		break;
	case KIND_INT16:
		to->i = *(const int16_t *)from;
		break;
	case KIND_UINT16:
		to->u = *(const uint16_t *)from;
		break;
	case KIND_INT32:
		to->i = *(const int32_t *)from;
		break;
	case KIND_UINT32: case KIND_FLOAT32: /* a float's upper half is zero */
		to->u = *(const uint32_t *)from;
		break;
	case KIND_INT: case KIND_INT64: case KIND_UINT: case KIND_UINT64: case KIND_UINTPTR: case KIND_FLOAT64:
	case KIND_CHAN: case KIND_FUNC: case KIND_MAP: case KIND_POINTER: case KIND_UNSAFE_POINTER:
		to->u = load_word(from);
		break;
	case KIND_COMPLEX64: /* aligned to 4 in memory */
		memcpy(to, from, 8);
		break;
	case KIND_COMPLEX128:
		memcpy(to, from, 16);
		break;
	case KIND_STRING: case KIND_SLICE: case KIND_INTERFACE:
		copy_pair(to, from);
		break;
	case KIND_STRUCT: case KIND_ARRAY:
		if (type->size % sizeof(Slot) != 0) /* the rest of the last slot is defined too */
			to[type->size / sizeof(Slot)].u = 0;
		value_copy(type, to, from);
		break;
	case KIND_INVALID:
		break;
	}
}

void value_store(const TypeDesc *type, void *to, const Slot *from) {
	switch ((Kind)type->kind) {
	case KIND_BOOL: case KIND_UINT8: case KIND_INT8:
		*(uint8_t *)to = (uint8_t)from->u;
		break;
	case KIND_INT16: case KIND_UINT16:
		*(uint16_t *)to = (uint16_t)from->u;
		break;
	case KIND_INT32: case KIND_UINT32: case KIND_FLOAT32:
		*(uint32_t *)to = (uint32_t)from->u;
		break;
	case KIND_INT: case KIND_INT64: case KIND_UINT: case KIND_UINT64: case KIND_UINTPTR: case KIND_FLOAT64:
	case KIND_CHAN: case KIND_FUNC: case KIND_MAP: case KIND_POINTER: case KIND_UNSAFE_POINTER:
		store_word(to, from->u);
		break;
	case KIND_COMPLEX64:
		memcpy(to, from, 8);
		break;
	case KIND_COMPLEX128:
		memcpy(to, from, 16);
		break;
	case KIND_STRING: case KIND_SLICE: case KIND_INTERFACE:
		copy_pair(to, from);
		break;
	case KIND_STRUCT: case KIND_ARRAY:
		value_copy(type, to, from);
		break;
	case KIND_INVALID:
		break;
	}
}
