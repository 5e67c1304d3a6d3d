/* SPDX-License-Identifier: MIT */
/* lz.h: unpacks text that a build tool packed (stdlib/embed.c).
 *
 * The format is the block format of LZ4, by Yann Collet: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md. */
#ifndef GOL_BASE_LZ_H
#define GOL_BASE_LZ_H

#include "base/base.h"

/* Text that what was packed may refer to, as if it stood before it. */
typedef struct LzDictionary {
	const char *text;
	size_t len;
} LzDictionary;

/* Writes the len bytes that packed stands for. False: damaged input; what out holds then is undefined, and nothing outside of
 * packed, the dictionary and out was touched. Any thread. */
bool lz_unpack(const uint8_t *packed, size_t packed_len, LzDictionary dict, char *out, size_t len);

#endif
