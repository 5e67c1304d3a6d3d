/* SPDX-License-Identifier: MIT */
/* typename.c: the natives of package internal/typename. */
#include "vm/native.h"

static NativeStatus of(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		GoIface v;
	} *a = NATIVE_ARGS(args);
	a->result = native_cstring(g, a->v.type ? a->v.type->name : "<nil>");
	return NATIVE_DONE;
}

static NativeStatus is_comparable(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		int64_t pad;
		GoIface v;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = !a->v.type || (a->v.type->flags & DESC_COMPARABLE) != 0;
	return NATIVE_DONE;
}

const NativeDef natives_internal_typename[] = {
	{"Of", of},
	{"Comparable", is_comparable},
	{NULL, NULL},
};
