/* SPDX-License-Identifier: MIT */
/* rand.c: the natives of package math/rand: the seeded generator, the unseeded one, tables for the ziggurat method.
 *
 * Rules: the seeded generator is the additive lagged Fibonacci generator of Go's math/rand, number for number. The
 * unseeded one draws on the worker's random state, which a VM's seed determines.
 * Why: the tables of G. Marsaglia and W. Tsang, "The ziggurat method for generating random variables", take
 * microseconds to make, once per program that wants them. */
#include "stdlib/math/rand/random.h"

#include <math.h>

enum { LENGTH = 607, TAP = 273 };

/* Layout of rand.gol's rngSource. */
typedef struct Generator {
	int64_t tap, feed;
	int64_t state[LENGTH];
} Generator;

static const int64_t cooked[LENGTH] = {
#include "stdlib/math/rand/cooked.def"
};

static uint64_t lehmer(uint64_t x) {
	return x * 48271 % INT32_MAX;
}

static NativeStatus rand_Seed(Goroutine *g, Slot *args) {
	struct {
		int64_t seed;
		Generator *r RECEIVER;
	} *a = NATIVE_ARGS(args);
	if (!a->r)
		return native_panic_code(g, PANIC_NIL_POINTER);
	native_charge(g, LENGTH);
	int64_t seed = a->seed % INT32_MAX;
	if (seed < 0)
		seed += INT32_MAX;
	uint64_t x = seed == 0 ? 89482311 : (uint64_t)seed;
	for (int i = 0; i < 20; i++)
		x = lehmer(x);
	for (int i = 0; i < LENGTH; i++) {
		uint64_t n = (x = lehmer(x)) << 40;
		n ^= (x = lehmer(x)) << 20;
		n ^= x = lehmer(x);
		a->r->state[i] = (int64_t)n ^ cooked[i];
	}
	a->r->tap = 0;
	a->r->feed = LENGTH - TAP;
	return NATIVE_DONE;
}

static uint64_t generator_next(Generator *r) {
	uint64_t tap = (uint64_t)r->tap, feed = (uint64_t)r->feed;
	tap = tap - 1 < LENGTH ? tap - 1 : LENGTH - 1;
	feed = feed - 1 < LENGTH ? feed - 1 : LENGTH - 1;
	r->tap = (int64_t)tap;
	r->feed = (int64_t)feed;
	uint64_t n = (uint64_t)r->state[feed] + (uint64_t)r->state[tap];
	r->state[feed] = (int64_t)n;
	return n;
}

static NativeStatus rand_next(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
		Generator *r RECEIVER;
	} *a = NATIVE_ARGS(args);
	if (!a->r)
		return native_panic_code(g, PANIC_NIL_POINTER);
	a->result = generator_next(a->r);
	return NATIVE_DONE;
}

static NativeStatus rand_next63(Goroutine *g, Slot *args) {
	NativeStatus status = rand_next(g, args);
	args[FRAME_HEADER_SLOTS].u &= INT64_MAX;
	return status;
}

NativeStatus rand_random(Goroutine *g, Slot *args) {
	args[FRAME_HEADER_SLOTS].u = random_next(g);
	return NATIVE_DONE;
}

NativeStatus rand_randomBelow(Goroutine *g, Slot *args) {
	struct {
		uint64_t result, n;
	} *a = NATIVE_ARGS(args);
	a->result = random_below(g, a->n);
	return NATIVE_DONE;
}

NativeStatus rand_makeNormal(Goroutine *g, Slot *args) {
	struct {
		Ziggurat128 *t;
	} *a = NATIVE_ARGS(args);
	if (!a->t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	ziggurat_normal(a->t);
	return NATIVE_DONE;
}

NativeStatus rand_makeExponential(Goroutine *g, Slot *args) {
	struct {
		Ziggurat256 *t;
	} *a = NATIVE_ARGS(args);
	if (!a->t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	ziggurat_exponential(a->t);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- shared with v2 */

uint64_t random_next(Goroutine *g) { /* splitmix64 over the worker's state */
	uint64_t x = g->worker->random += 0x9e3779b97f4a7c15;
	if (g->worker->random == 0)
		g->worker->random = 1;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* D. Lemire, "Fast random integer generation in an interval" */
uint64_t random_below(Goroutine *g, uint64_t n) {
	unsigned __int128 p = (unsigned __int128)random_next(g) * n;
	if ((uint64_t)p < n)
		for (uint64_t least = (0 - n) % n; (uint64_t)p < least;)
			p = (unsigned __int128)random_next(g) * n;
	return (uint64_t)(p >> 64);
}

void ziggurat_normal(Ziggurat128 *t) {
	const double m = 0x1p31, v = 9.91256303526217e-3;
	double d = 3.442619855899, last = d, q = v / exp(-.5 * d * d);
	t->k[0] = (uint32_t)(d / q * m);
	t->k[1] = 0;
	t->w[0] = (float)(q / m);
	t->w[127] = (float)(d / m);
	t->f[0] = 1;
	t->f[127] = (float)exp(-.5 * d * d);
	for (int i = 126; i >= 1; i--) {
		d = sqrt(-2 * log(v / d + exp(-.5 * d * d)));
		t->k[i + 1] = (uint32_t)(d / last * m);
		last = d;
		t->f[i] = (float)exp(-.5 * d * d);
		t->w[i] = (float)(d / m);
	}
}

void ziggurat_exponential(Ziggurat256 *t) {
	const double m = 0x1p32, v = 3.949659822581572e-3;
	double d = 7.69711747013104972, last = d, q = v / exp(-d);
	t->k[0] = (uint32_t)(d / q * m);
	t->k[1] = 0;
	t->w[0] = (float)(q / m);
	t->w[255] = (float)(d / m);
	t->f[0] = 1;
	t->f[255] = (float)exp(-d);
	for (int i = 254; i >= 1; i--) {
		d = -log(v / d + exp(-d));
		t->k[i + 1] = (uint32_t)(d / last * m);
		last = d;
		t->f[i] = (float)exp(-d);
		t->w[i] = (float)(d / m);
	}
}

const NativeDef natives_math_rand[] = {
	{"(*rngSource).Seed", rand_Seed},	   {"(*rngSource).Uint64", rand_next},
	{"(*rngSource).Int63", rand_next63},	   {"random", rand_random},
	{"randomBelow", rand_randomBelow},	   {"makeNormal", rand_makeNormal},
	{"makeExponential", rand_makeExponential}, {NULL, NULL},
};
