/* SPDX-License-Identifier: MIT */
/* lz.c: unpacking of LZ4 blocks.
 *
 * Owns: nothing.
 * Rules: every length is checked before it is used.
 * Why: the sources of the library are the largest part of the program's file, and an import must not wait for its text: this
 *   format unpacks at the speed of copying. Sixty lines need no library to be linked and loaded by every program. */
#include "base/lz.h"

#include <string.h>

typedef struct Input {
	const uint8_t *at, *end;
} Input;

/* The length that the token's four bits begin; 15 means that bytes to add follow, up to one that is not 255. */
static bool read_length(Input *in, size_t *len) {
	if (*len < 15)
		return true;
	uint8_t byte;
	do {
		if (in->at == in->end)
			return false;
		byte = *in->at++;
		*len += byte;
	} while (byte == 255);
	return true;
}

/* A match may begin in the dictionary and go on in the text, as if they stood one after the other. at: where it goes. */
static void copy_match(LzDictionary dict, char *at, size_t behind, size_t offset, size_t len) {
	if (offset > behind) {
		size_t back = offset - behind, part = back < len ? back : len;
		memcpy(at, dict.text + dict.len - back, part);
		at += part;
		len -= part;
	}
	if (offset >= len)
		memcpy(at, at - offset, len);
	else
		for (size_t i = 0; i < len; i++)
			at[i] = at[(ptrdiff_t)i - (ptrdiff_t)offset]; /* repeats what it writes */
}

bool lz_unpack(const uint8_t *packed, size_t packed_len, LzDictionary dict, char *out, size_t len) {
	Input in = {packed, packed + packed_len};
	char *at = out, *end = out + len;
	while (in.at < in.end) {
		uint8_t token = *in.at++;
		size_t literals = token >> 4;
		if (!read_length(&in, &literals) || literals > (size_t)(in.end - in.at) || literals > (size_t)(end - at))
			return false;
		memcpy(at, in.at, literals);
		at += literals;
		in.at += literals;
		if (in.at == in.end)
			break; /* the last sequence has no match */
		if (in.end - in.at < 2)
			return false;
		size_t offset = in.at[0] | (size_t)in.at[1] << 8, match = token & 15;
		in.at += 2;
		if (!read_length(&in, &match))
			return false;
		match += 4;
		size_t behind = (size_t)(at - out);
		if (offset == 0 || offset > behind + dict.len || match > (size_t)(end - at))
			return false;
		copy_match(dict, at, behind, offset, match);
		at += match;
	}
	return at == end;
}
