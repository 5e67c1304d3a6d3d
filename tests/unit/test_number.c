/* SPDX-License-Identifier: MIT */
/* test_number.c: decimal <-> double: known hard cases, round trips, and the powers of ten against GMP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gmp.h>
#include <math.h>

#include "base/number.h"
#include "base/pow10.h"

static void test_powers(void **state) {
	(void)state;
	mpz_t n, got;
	mpz_inits(n, got, NULL);
	for (int k = POW10_MIN; k <= POW10_MAX; k++) {
		mpz_ui_pow_ui(n, 10, (unsigned long)(k < 0 ? -k : k));
		int exponent = (int)mpz_sizeinbase(n, 2) - 1;
		if (k >= 0 && exponent > 127) {
			mpz_cdiv_q_2exp(n, n, (unsigned)exponent - 127);
		} else if (k >= 0) {
			mpz_mul_2exp(n, n, 127 - (unsigned)exponent);
		} else {
			exponent = -exponent - 1;
			mpz_set_ui(got, 1);
			mpz_mul_2exp(got, got, 127 + (unsigned)-exponent);
			mpz_cdiv_q(n, got, n);
		}
		Pow10 p = pow10_get(k);
		uint64_t words[2] = {p.lo, p.hi};
		mpz_import(got, 2, -1, sizeof words[0], 0, 0, words);
		assert_int_equal(pow10_exponent(k), exponent);
		assert_int_equal(mpz_cmp(got, n), 0);
	}
	mpz_clears(n, got, NULL);
}

static void check_format(double v, char format, int precision, int bits, const char *want) {
	char out[NUMBER_BUF];
	size_t len = number_format(out, sizeof out - 1, v, format, precision, bits);
	out[len] = 0;
	assert_string_equal(out, want);
}

static void test_format(void **state) {
	(void)state;
	check_format(0.3, 'g', -1, 64, "0.3");
	check_format(5e-324, 'g', -1, 64, "5e-324");
	check_format(1.7976931348623157e308, 'e', -1, 64, "1.7976931348623157e+308");
	check_format(9007199254740993.0, 'f', -1, 64, "9007199254740992");
	check_format(2.5, 'f', 0, 64, "2");
	check_format(3.5, 'f', 0, 64, "4");
	check_format(0.125, 'f', 2, 64, "0.12");
	check_format(1.005, 'f', 2, 64, "1.00");
	check_format(5e-324, 'e', 20, 64, "4.94065645841246544177e-324");
	check_format((double)0.1f, 'g', -1, 32, "0.1");
	check_format((double)0.1f, 'g', -1, 64, "0.10000000149011612");
	check_format(1e23, 'g', -1, 64, "1e+23");
	check_format(100, 'G', 2, 64, "1E+02");
	check_format(-0.0, 'f', 1, 64, "-0.0");
	check_format(1, 'b', -1, 64, "4503599627370496p-52");
	check_format(1.5, 'x', -1, 64, "0x1.8p+00");
	check_format(255, 'X', 1, 64, "0X1.0P+08");
	check_format((double)INFINITY, 'f', 3, 64, "+Inf");
	check_format((double)NAN, 'e', 3, 64, "NaN");
	char out[40];
	out[number_format_print(out, 1.5)] = 0;
	assert_string_equal(out, "+1.500000e+000");
	out[number_format_print(out, -1e-300)] = 0;
	assert_string_equal(out, "-1.000000e-300");
	assert_int_equal(number_format(out, 4, 0.1, 'f', 100, 64), 102); /* what it would take */
}

static void check_parse(const char *s, int bits, int want_status, double want) {
	double v;
	assert_int_equal(number_parse(s, strlen(s), bits, true, &v), want_status);
	if (want_status != 1)
		assert_memory_equal(&v, &want, sizeof v);
}

static void test_parse(void **state) {
	(void)state;
	check_parse("0.1", 64, 0, 0.1);
	check_parse("9007199254740993", 64, 0, 9007199254740992.0); /* halfway: to even */
	check_parse("9007199254740993.00000000000000000000000000000000000000001", 64, 0, 9007199254740994.0);
	check_parse("2.4703282292062327e-324", 64, 0, 0); /* just below half the least */
	check_parse("2.4703282292062328e-324", 64, 0, 5e-324);
	check_parse("1.7976931348623158e308", 64, 0, 1.7976931348623157e308);
	check_parse("1.7976931348623159e308", 64, 2, (double)INFINITY);
	check_parse("16777217.0000000001", 32, 0, 16777218); /* once, not by way of double */
	check_parse("1e-45", 32, 0, 1.401298464324817e-45);
	check_parse("3.4028236e38", 32, 2, (double)INFINITY);
	check_parse("0x1.8p1", 64, 0, 3);
	check_parse("0x1p-1075", 64, 0, 0);
	check_parse("-inf", 64, 0, -(double)INFINITY);
	check_parse("1_000.5", 64, 0, 1000.5);
	check_parse("1__0", 64, 1, 0);
	check_parse("", 64, 1, 0);
	check_parse("1e", 64, 1, 0);
	check_parse("0x1", 64, 1, 0);
	check_parse("+nan", 64, 1, 0);
	double v;
	assert_int_equal(number_parse("1_0", 3, 64, false, &v), 1);
}

static void test_round_trip(void **state) {
	(void)state;
	uint64_t x = 1;
	for (int i = 0; i < 200000; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		double v, back;
		memcpy(&v, &x, sizeof v);
		if (!isfinite(v))
			continue;
		char out[32];
		size_t len = number_format(out, sizeof out, v, 'g', -1, 64);
		assert_true(len <= 24);
		assert_int_equal(number_parse(out, len, 64, false, &back), 0);
		assert_memory_equal(&v, &back, sizeof v);
		len = number_format(out, sizeof out, v, 'e', 16, 64);
		assert_int_equal(number_parse(out, len, 64, false, &back), 0);
		assert_memory_equal(&v, &back, sizeof v);
	}
}

static void test_integers(void **state) {
	(void)state;
	char out[72];
	out[number_format_int(out, INT64_MIN, 10)] = 0;
	assert_string_equal(out, "-9223372036854775808");
	out[number_format_int(out, -255, 16)] = 0;
	assert_string_equal(out, "-ff");
	out[number_format_uint(out, UINT64_MAX, 2, false)] = 0;
	assert_int_equal(strlen(out), 64);
	out[number_format_uint(out, 35, 36, true)] = 0;
	assert_string_equal(out, "Z");
	out[number_format_uint(out, 0, 10, false)] = 0;
	assert_string_equal(out, "0");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_powers),	   cmocka_unit_test(test_format),   cmocka_unit_test(test_parse),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_integers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
