/* SPDX-License-Identifier: MIT */
/* crc32.c: the native of package hash/crc32. */
#include "vm/native.h"

/* func update(crc uint32, table []uint32, p []byte) uint32 */
static NativeStatus crc32_update(Goroutine *g, Slot *args) {
	struct {
		uint64_t result, crc;
		GoSlice table, p;
	} *a = NATIVE_ARGS(args);
	const uint32_t *table = a->table.ptr;
	const uint8_t *p = a->p.ptr;
	uint32_t c = ~(uint32_t)a->crc;
	if (a->table.len < 256)
		return native_misused(g, "hash/crc32.update");
	Pace pace = {.g = g};
	for (int64_t i = 0; i < a->p.len && !pace_stops(&pace, (size_t)i); i++)
		c = table[(uint8_t)c ^ p[i]] ^ c >> 8;
	a->result = (uint32_t)~c;
	native_charge(g, a->p.len / 8);
	return NATIVE_DONE;
}

const NativeDef natives_hash_crc32[] = {
	{"update", crc32_update},
	{NULL, NULL},
};
