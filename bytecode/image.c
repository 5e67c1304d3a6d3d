/* SPDX-License-Identifier: MIT */
/* image.c: what writing and reading images share.
 * Why a fingerprint: an image is tied to the instructions it was made with; any change of opcodes.def shows in it. */
#include "bytecode/image.h"

#include "bytecode/opcode.h"

static uint64_t mix(uint64_t h, uint64_t x) {
	h ^= x;
	h *= 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

uint64_t image_checksum(const void *data, size_t len) {
	const char *p = data;
	uint64_t h = mix(0x676f6c63u, len), word;
	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = mix(h, word);
	}
	word = 0;
	memcpy(&word, p, len);
	return mix(mix(h, word), h >> 32);
}

uint64_t image_fingerprint(void) {
	uint64_t h = OP_COUNT;
	for (int i = 0; i < OP_COUNT; i++) {
		h = mix(h, image_checksum(op_info[i].name, strlen(op_info[i].name)));
		h = mix(h, image_checksum(op_info[i].shape, sizeof op_info[i].shape) + op_info[i].words);
		h = mix(h, image_checksum(op_info[i].meaning, strlen(op_info[i].meaning)));
	}
	return h;
}

bool image_recognize(const void *data, size_t len, size_t *start) {
	const char *p = data;
	size_t at = 0;
	if (len > 2 && p[0] == '#' && p[1] == '!') {
		const char *line = memchr(p, '\n', len);
		if (!line)
			return false;
		at = (size_t)(line - p) + 1;
	}
	*start = at;
	return len - at >= strlen(IMAGE_MAGIC) && memcmp(p + at, IMAGE_MAGIC, strlen(IMAGE_MAGIC)) == 0;
}

void native_split(const char *function_name, Str *path, Str *name) {
	const char *slash = NULL, *end = strstr(function_name, "[...]");
	for (const char *p = function_name; *p && *p != '(' && *p != '['; p++)
		if (*p == '/')
			slash = p;
	const char *dot = strchr(slash ? slash : function_name, '.');
	size_t len = end ? (size_t)(end - function_name) : strlen(function_name);
	size_t head = dot && (size_t)(dot - function_name) < len ? (size_t)(dot - function_name) : 0;
	*path = (Str){function_name, head};
	*name = (Str){function_name + head + (head > 0), len - head - (head > 0)};
}
