/* SPDX-License-Identifier: MIT */
/* test_cooked.c: makes the table of math/rand's seeded generator anew and compares it.
 *
 * The generator y(k) = y(k-607) + y(k-273) mod 2^64 starts with numbers from the Lehmer sequence of 1 and runs for N
 * = 7.8e12 steps. y(N+b) is a fixed linear combination of y(b) to y(b+606); its coefficients are those of x^N modulo
 * the characteristic polynomial x^607 - x^334 - 1, found by squaring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LENGTH = 607, TAP = 273 };
#define STEPS 7800000000000ull

static const int64_t cooked[LENGTH] = {
#include "stdlib/math/rand/cooked.def"
};

typedef struct Poly {
	uint64_t c[LENGTH];
} Poly;

static Poly poly_mul(const Poly *a, const Poly *b) {
	uint64_t t[2 * LENGTH] = {0};
	for (int i = 0; i < LENGTH; i++)
		for (int j = 0; j < LENGTH; j++)
			t[i + j] += a->c[i] * b->c[j];
	for (int i = 2 * LENGTH - 2; i >= LENGTH; i--) {
		t[i - LENGTH] += t[i];
		t[i - LENGTH + (LENGTH - TAP)] += t[i];
	}
	Poly r;
	memcpy(r.c, t, sizeof r.c);
	return r;
}

static uint64_t lehmer(uint64_t x) {
	return x * 48271 % INT32_MAX;
}

static int slot(int64_t step) { /* where the number of a step is kept */
	return (int)(((LENGTH - TAP - step) % LENGTH + LENGTH) % LENGTH);
}

static void test_table(void **state) {
	(void)state;
	uint64_t start[LENGTH], x = 1, y[2 * LENGTH];
	for (int i = 0; i < 20; i++)
		x = lehmer(x);
	for (int i = 0; i < LENGTH; i++) {
		uint64_t n = (x = lehmer(x)) << 20;
		n ^= (x = lehmer(x)) << 10;
		start[i] = n ^ (x = lehmer(x));
	}
	const int base = LENGTH - 1; /* y[base + k] is y(k) */
	for (int k = -base; k <= 0; k++)
		y[base + k] = start[slot(k)];
	for (int k = 1; k < LENGTH; k++)
		y[base + k] = y[base + k - LENGTH] + y[base + k - TAP];
	Poly power = {{0, 1}}, r = {{1}};
	for (uint64_t n = STEPS; n != 0; n >>= 1) {
		if (n & 1)
			r = poly_mul(&r, &power);
		power = poly_mul(&power, &power);
	}
	for (int k = -base; k <= 0; k++) {
		uint64_t sum = 0;
		for (int i = 0; i < LENGTH; i++)
			sum += r.c[i] * y[base + k + i];
		assert_int_equal((int64_t)sum, cooked[slot((int64_t)(STEPS % LENGTH) + k)]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
