/* SPDX-License-Identifier: MIT */
/* random.h: what math/rand and math/rand/v2 share. */
#ifndef GOL_STDLIB_MATH_RAND_RANDOM_H
#define GOL_STDLIB_MATH_RAND_RANDOM_H

#include "vm/native.h"

uint64_t random_next(Goroutine *g);		 /* unseeded */
uint64_t random_below(Goroutine *g, uint64_t n); /* in [0, n), n > 0, unbiased */

/* Tables of the ziggurat method; layouts of the Go structs. */
typedef struct Ziggurat128 {
	uint32_t k[128];
	float w[128], f[128];
} Ziggurat128;
typedef struct Ziggurat256 {
	uint32_t k[256];
	float w[256], f[256];
} Ziggurat256;
void ziggurat_normal(Ziggurat128 *t);
void ziggurat_exponential(Ziggurat256 *t);

/* Natives that both versions of the package declare. */
NativeStatus rand_random(Goroutine *g, Slot *args);
NativeStatus rand_randomBelow(Goroutine *g, Slot *args);
NativeStatus rand_makeNormal(Goroutine *g, Slot *args);
NativeStatus rand_makeExponential(Goroutine *g, Slot *args);

#endif
