/* SPDX-License-Identifier: MIT */
/* reflect.c: the table of package reflect. */
#include "stdlib/reflect/reflect.h"

const NativeDef natives_reflect[] = {
#define REFLECT_NATIVE(name, function) {name, function},
#include "stdlib/reflect/natives.def"
#undef REFLECT_NATIVE
	{NULL, NULL},
};
