/* SPDX-License-Identifier: MIT */
/* bytealg.c: the natives of package internal/bytealg. */
#include "vm/native.h"

static NativeStatus index_byte(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoSlice b;
		uint64_t c;
	} *a = NATIVE_ARGS(args);
	const char *p = a->b.len ? memchr(a->b.ptr, (int)a->c, a->b.len) : NULL;
	native_charge(g, a->b.len / 16);
	a->result = p ? p - (const char *)a->b.ptr : -1;
	return NATIVE_DONE;
}

const NativeDef natives_internal_bytealg[] = {
	{"IndexByte", index_byte},
	{NULL, NULL},
};
