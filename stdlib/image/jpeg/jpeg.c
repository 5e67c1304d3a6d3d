/* SPDX-License-Identifier: MIT */
/* jpeg.c: the natives of package image/jpeg: the discrete cosine transforms.
 *
 * Why: forward, integers of fixed point in the form of C. Loeffler, A. Ligtenberg, G. Moschytz, "Practical fast 1-D DCT algorithms
 *   with 11 multiplications", 1989; 13 bits of fraction, two more bits kept between the passes. Back, the form and the rounding of the
 *   MPEG Software Simulation Group's decoder (idct.c; after W. Chen and Z. Wang), so that images are Go's to the bit. */
#include "vm/native.h"

enum { FRACTION = 13, BETWEEN = 2 };

/* Round(2048 * sqrt(2) * cos(i * pi / 16)), and of 256 / sqrt(2). */
enum { W1 = 2841, W2 = 2676, W3 = 2408, W5 = 1609, W6 = 1108, W7 = 565, ROOT = 181 };

/* Round(x << FRACTION) */
enum {
	C_0_298 = 2446, C_0_390 = 3196, C_0_541 = 4433, C_0_765 = 6270, C_0_899 = 7373, C_1_175 = 9633,
	C_1_501 = 12299, C_1_847 = 15137, C_1_961 = 16069, C_2_053 = 16819, C_2_562 = 20995, C_3_072 = 25172,
};

static inline int64_t jpeg_round(int64_t v, int bits) {
	return (v + ((int64_t)1 << (bits - 1))) >> bits;
}

/* One dimension of the inverse transform over b[0], b[step], ...: the first gives 3 more bits than the second takes away with
 * what the scaling needs. */
static void jpeg_idct_row(int32_t *b, int step, bool second) {
	int up = second ? 8 : 11, down = second ? 3 : 0, last = second ? 14 : 8, half = second ? 4 : 0;
	int64_t x0 = ((int64_t)b[0] * (1 << up)) + (second ? 8192 : 128), x1 = (int64_t)b[4 * step] * (1 << up);
	int64_t x2 = b[6 * step], x3 = b[2 * step], x4 = b[step], x5 = b[7 * step], x6 = b[5 * step], x7 = b[3 * step];

	int64_t x8 = W7 * (x4 + x5) + half;
	x4 = (x8 + (W1 - W7) * x4) >> down;
	x5 = (x8 - (W1 + W7) * x5) >> down;
	x8 = W3 * (x6 + x7) + half;
	x6 = (x8 - (W3 - W5) * x6) >> down;
	x7 = (x8 - (W3 + W5) * x7) >> down;

	x8 = x0 + x1;
	x0 -= x1;
	x1 = W6 * (x3 + x2) + half;
	x2 = (x1 - (W2 + W6) * x2) >> down;
	x3 = (x1 + (W2 - W6) * x3) >> down;
	x1 = x4 + x6;
	x4 -= x6;
	x6 = x5 + x7;
	x5 -= x7;

	x7 = x8 + x3;
	x8 -= x3;
	x3 = x0 + x2;
	x0 -= x2;
	x2 = (ROOT * (x4 + x5) + 128) >> 8;
	x4 = (ROOT * (x4 - x5) + 128) >> 8;
	int64_t out[8] = {x7 + x1, x3 + x2, x0 + x4, x8 + x6, x8 - x6, x0 - x4, x3 - x2, x7 - x1};
	for (int i = 0; i < 8; i++)
		b[i * step] = (int32_t)(out[i] >> last);
}

/* func idct(b *[64]int32): numbers around 0 */
static NativeStatus jpeg_idct(Goroutine *g, Slot *args) {
	struct {
		int32_t *b;
	} *a = NATIVE_ARGS(args);
	if (!a->b)
		return native_panic_code(g, PANIC_NIL_POINTER);
	for (int y = 0; y < 8; y++)
		jpeg_idct_row(a->b + 8 * y, 1, false);
	for (int x = 0; x < 8; x++)
		jpeg_idct_row(a->b + x, 8, true);
	native_charge(g, 10);
	return NATIVE_DONE;
}

static void jpeg_fdct_row(int32_t *b, int step, int even_up, int bits) {
	int64_t s[4], d[4];
	for (int i = 0; i < 4; i++) {
		s[i] = (int64_t)b[i * step] + b[(7 - i) * step];
		d[i] = (int64_t)b[i * step] - b[(7 - i) * step];
	}
	int64_t t10 = s[0] + s[3], t13 = s[0] - s[3], t11 = s[1] + s[2], t12 = s[1] - s[2];
	b[0] = (int32_t)(even_up >= 0 ? (t10 + t11) * (1 << even_up) : jpeg_round(t10 + t11, -even_up));
	b[4 * step] = (int32_t)(even_up >= 0 ? (t10 - t11) * (1 << even_up) : jpeg_round(t10 - t11, -even_up));
	int64_t z1 = (t12 + t13) * C_0_541;
	b[2 * step] = (int32_t)jpeg_round(z1 + t13 * C_0_765, bits);
	b[6 * step] = (int32_t)jpeg_round(z1 - t12 * C_1_847, bits);

	int64_t t4 = d[3], t5 = d[2], t6 = d[1], t7 = d[0];
	int64_t za = t4 + t7, zb = t5 + t6, zc = t4 + t6, zd = t5 + t7, z5 = (zc + zd) * C_1_175;
	za *= -C_0_899;
	zb *= -C_2_562;
	zc = zc * -C_1_961 + z5;
	zd = zd * -C_0_390 + z5;
	b[7 * step] = (int32_t)jpeg_round(t4 * C_0_298 + za + zc, bits);
	b[5 * step] = (int32_t)jpeg_round(t5 * C_2_053 + zb + zd, bits);
	b[3 * step] = (int32_t)jpeg_round(t6 * C_3_072 + zb + zc, bits);
	b[step] = (int32_t)jpeg_round(t7 * C_1_501 + za + zd, bits);
}

/* func fdct(b *[64]int32): results are 8 times as large. */
static NativeStatus jpeg_fdct(Goroutine *g, Slot *args) {
	struct {
		int32_t *b;
	} *a = NATIVE_ARGS(args);
	if (!a->b)
		return native_panic_code(g, PANIC_NIL_POINTER);
	for (int y = 0; y < 8; y++)
		jpeg_fdct_row(a->b + 8 * y, 1, BETWEEN, FRACTION - BETWEEN);
	for (int x = 0; x < 8; x++)
		jpeg_fdct_row(a->b + x, 8, -BETWEEN, FRACTION + BETWEEN);
	native_charge(g, 10);
	return NATIVE_DONE;
}

const NativeDef natives_image_jpeg[] = {
	{"idct", jpeg_idct},
	{"fdct", jpeg_fdct},
	{NULL, NULL},
};
