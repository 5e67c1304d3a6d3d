/* SPDX-License-Identifier: MIT */
/* json.c: the table of package encoding/json. */
#include "stdlib/encoding/json/json.h"

const NativeDef natives_encoding_json[] = {
#define JSON_NATIVE(name, function) {name, function},
#include "stdlib/encoding/json/natives.def"
#undef JSON_NATIVE
	{NULL, NULL},
};
