/* SPDX-License-Identifier: MIT */
/* pow10.c: powers of ten to 128 bits.
 *
 * Why: 702 powers would be 11 KiB of digits; every 27th, times a power of five that fits 64 bits, is off by at most one
 * in the last place, and two bits per power say by how much. tests/unit/test_number.c recomputes all of them with GMP.
 */
#include "base/pow10.h"

enum { POW10_STRIDE = 27 };

/* clang-format off */
static const uint64_t pow10_anchor[26][2] = {
	{0xfa8fd5a0081c0288, 0x1732c869cd60e454}, /* 1e-348 */
	{0xca66fa129f9b60a6, 0xd41a26e077774ef7}, /* 1e-321 */
	{0xa37fce126597973c, 0xe50ff107bab528a1}, /* 1e-294 */
	{0x8412d9991ed58091, 0xe858790afe9486c3}, /* 1e-267 */
	{0xd5605fcdcf32e1d6, 0xfb1e4a9a90880a65}, /* 1e-240 */
	{0xac5d37d5b79b6239, 0x311c2875c522ced6}, /* 1e-213 */
	{0x8b3c113c38f9f37e, 0xde83bc408dd3dd05}, /* 1e-186 */
	{0xe0f218b8d25088b8, 0x306869c13ec3532d}, /* 1e-159 */
	{0xb5b5ada8aaff80b8, 0x0d819992132456bb}, /* 1e-132 */
	{0x92c8ae6b464fc96f, 0x3b0b8bc90012929e}, /* 1e-105 */
	{0xed246723473e3813, 0x290123e9aab23b69}, /* 1e-78 */
	{0xbf8fdb78849a5f96, 0xde98520472bdd034}, /* 1e-51 */
	{0x9abe14cd44753b52, 0xc4926a9672793543}, /* 1e-24 */
	{0xfa00000000000000, 0x0000000000000000}, /* 1e3 */
	{0xc9f2c9cd04674ede, 0xa400000000000000}, /* 1e30 */
	{0xa321f2d7226895c7, 0xaff72d52192b6a0e}, /* 1e57 */
	{0x83c7088e1aab65db, 0x792667c6da79e0fb}, /* 1e84 */
	{0xd4e5e2cdc1d1ea96, 0x6c9e18ac7007c91b}, /* 1e111 */
	{0xabfa45da0edbde69, 0x0487db9d17636893}, /* 1e138 */
	{0x8aec23d680043bee, 0x25de7bb9480d5855}, /* 1e165 */
	{0xe070f78d3927556a, 0x85bbe253f47b1418}, /* 1e192 */
	{0xb54d5e4a127f59c8, 0x2503beb6d00cab4c}, /* 1e219 */
	{0x92746b9be2f8552c, 0x32fd3cf5b4e49bb5}, /* 1e246 */
	{0xec9c459d51852ba2, 0xddf8e7d60ed1219f}, /* 1e273 */
	{0xbf21e44003acdd2c, 0xe0470a63e6bd56c4}, /* 1e300 */
	{0x9a65406d44a5c903, 0x737f74f1dc043329}, /* 1e327 */
};

/* Two bits per power from POW10_MIN on: what to add to the product, plus 1. */
static const uint64_t pow10_fix[22] = {
	0xaa6a56a6aaa95a69, 0xa95559aaaaaaaaaa, 0x5555555596956965, 0xaaa6aaaaa9655955,
	0xa6a6a9a6666a65a6, 0x55595965a95aaa5a, 0x69995a5595569956, 0x555595555996a6a9,
	0xaaaa6aa996556555, 0xaa956655a696a9aa, 0x555aaa65aa6aa965, 0x5555555555555555,
	0x5555565555555555, 0x1555454555655555, 0x566a659596545155, 0x6655555596965955,
	0x65aaaaaaaaaaa9a6, 0x955455565556aa96, 0xaa666a5196555995, 0x99aaaa6966aaa95a,
	0x6aa95a665555aa56, 0x0556569695655566,
};
/* clang-format on */

static uint64_t pow5_small(int n) { /* 5^n, n < POW10_STRIDE */
	static const uint64_t five[8] = {1, 5, 25, 125, 625, 3125, 15625, 78125};
	static const uint64_t five8[4] = {1, 390625, 152587890625, 59604644775390625};
	return five8[n >> 3] * five[n & 7];
}

Pow10 pow10_get(int k) {
	int index = k - POW10_MIN;
	const uint64_t *anchor = pow10_anchor[index / POW10_STRIDE];
	int fix = (int)(pow10_fix[index / 32] >> (index % 32 * 2) & 3) - 1;
	Product192 p = pow10_mul(pow5_small(index % POW10_STRIDE), (Pow10){anchor[0], anchor[1]});
	Pow10 r = {p.mid, p.lo};
	if (p.hi != 0) {
		int shift = __builtin_clzll(p.hi);
		r.hi = shift == 0 ? p.hi : p.hi << shift | p.mid >> (64 - shift);
		r.lo = shift == 0 ? p.mid : p.mid << shift | p.lo >> (64 - shift);
	}
	unsigned __int128 sum = ((unsigned __int128)r.hi << 64 | r.lo) + (unsigned __int128)(__int128)fix;
	return (Pow10){(uint64_t)(sum >> 64), (uint64_t)sum};
}
