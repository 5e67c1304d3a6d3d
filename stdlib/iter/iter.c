/* SPDX-License-Identifier: MIT */
/* iter.c: the native of package iter. */
#include "vm/native.h"

/* runtime.Goexit, without importing that package. */
static NativeStatus iter_goexit(Goroutine *g, Slot *args) {
	(void)g;
	(void)args;
	return NATIVE_GOEXIT;
}

const NativeDef natives_iter[] = {
	{"goexit", iter_goexit},
	{NULL, NULL},
};
