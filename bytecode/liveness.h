/* SPDX-License-Identifier: MIT */
/* liveness.h: which slots of a frame may still be read, at any point of a function. */
#ifndef GOL_BYTECODE_LIVENESS_H
#define GOL_BYTECODE_LIVENESS_H

#include "bytecode/program.h"

typedef struct Liveness Liveness;

/* Words of a set with one bit for each slot of a frame. */
static inline uint32_t liveness_words(const Function *fn) { return fn->frame_slots / 64u + 1; }

/* Analyses a whole function; lives as long as the arena. `scratch` gives memory that is not needed afterwards. NULL: the
 * function is too large to be worth it. */
Liveness *liveness_new(Arena *arena, Arena *scratch, const Function *fn);

/* The slots that may be read when the function goes on at word index pc, which begins an instruction: by that one, by what
 * follows, or, in a function that defers, after a recovered panic. `live` has liveness_words(fn) words. */
void liveness_at(const Liveness *l, uint32_t pc, uint64_t *live);

#endif
