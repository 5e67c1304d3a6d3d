/* SPDX-License-Identifier: MIT */
/* fnv.c: the natives of package hash/fnv. */
#include "vm/native.h"

#define FNV_NATIVE(name, type, prime)                                                                                  \
	/* func name(h, data []byte, a bool): the variant a multiplies after the byte is mixed in. */                 \
	static NativeStatus fnv_##name(Goroutine *g, Slot *args) {                                                     \
		struct {                                                                                               \
			uint64_t result, h;                                                                            \
			GoSlice data;                                                                                  \
			uint64_t a;                                                                                    \
		} *a = NATIVE_ARGS(args);                                                                              \
		type h = (type)a->h;                                                                                   \
		const uint8_t *p = a->data.ptr;                                                                        \
		Pace pace = {.g = g};                                                                                  \
		if (a->a)                                                                                              \
			for (int64_t i = 0; i < a->data.len && !pace_stops(&pace, (size_t)i); i++)             \
				h = (type)((h ^ p[i]) * prime);                                                        \
		else                                                                                                   \
			for (int64_t i = 0; i < a->data.len && !pace_stops(&pace, (size_t)i); i++)             \
				h = (type)((h * prime) ^ p[i]);                                                        \
		a->result = h;                                                                                         \
		native_charge(g, a->data.len / 8);                                                                     \
		return NATIVE_DONE;                                                                                    \
	}

FNV_NATIVE(hash32, uint32_t, 16777619u)
FNV_NATIVE(hash64, uint64_t, 1099511628211u)

const NativeDef natives_hash_fnv[] = {
	{"hash32", fnv_hash32},
	{"hash64", fnv_hash64},
	{NULL, NULL},
};
