/* SPDX-License-Identifier: MIT */
/* digest.h: what the natives of the hashes have in common: going over whole blocks, writing the state out. */
#ifndef GOL_STDLIB_CRYPTO_DIGEST_H
#define GOL_STDLIB_CRYPTO_DIGEST_H

#include "vm/native.h"

/* func start(state []uint32): the words that the hash begins with. */
static inline NativeStatus digest_start(Goroutine *g, Slot *args, const uint32_t *words, uint32_t count) {
	struct {
		GoSlice state;
	} *a = NATIVE_ARGS(args);
	if (a->state.len < count)
		return native_misused(g, "crypto: start");
	memcpy(a->state.ptr, words, count * sizeof *words);
	return NATIVE_DONE;
}

/* func blocks(state []uintN, p []byte): calls block for each block_size bytes of p; looks at the limits on its way. words: of
 * the state. */
static inline NativeStatus digest_blocks(Goroutine *g, Slot *args, uint32_t words, int64_t block_size,
					 void (*block)(void *state, const uint8_t *p)) {
	struct {
		GoSlice state, p;
	} *a = NATIVE_ARGS(args);
	const uint8_t *p = a->p.ptr;
	if (a->state.len < words)
		return native_misused(g, "crypto: blocks");
	Pace pace = {.g = g};
	for (int64_t left = a->p.len; left >= block_size && !pace_stops(&pace, (size_t)(a->p.len - left)); left -= block_size) {
		block(a->state.ptr, p);
		p += block_size;
	}
	native_charge(g, a->p.len / 4);
	return NATIVE_DONE;
}

/* func output(state []uint32, out []byte): the first `bytes` bytes of the state, most significant byte of each word first. */
static inline NativeStatus digest_output(Goroutine *g, Slot *args, uint32_t bytes) {
	struct {
		GoSlice state, out;
	} *a = NATIVE_ARGS(args);
	const uint32_t *state = a->state.ptr;
	uint8_t *out = a->out.ptr;
	if (a->out.len < bytes || a->state.len < bytes / 4)
		return native_misused(g, "crypto: output");
	for (uint32_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i & 3)));
	return NATIVE_DONE;
}

#endif
