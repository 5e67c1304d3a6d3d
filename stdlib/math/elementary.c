/* SPDX-License-Identifier: MIT */
/* elementary.c: elementary functions by the methods whose last bits Go's package math has.
 *
 * Rules: no contraction into fused operations: Go's results on amd64 come from separate ones.
 * Why: programs print these numbers in full. Sources: S. Moshier's Cephes library (sine, cosine, tangent, arc tangent,
 * Gamma), Sun's fdlibm (logarithm, cube root), N. Shibata, "Efficient evaluation methods of elementary functions
 * suitable for SIMD computation" (exponential), J. Hart's tables (hyperbolic sine), M. Wichura's AS 241 (normal
 * quantiles). For the other functions natives call the C library. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include "stdlib/math/elementary.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288
#define LN2 0.693147180559945309417232121458176568

/* ---------------------------------------------------------------- logarithms, powers */

/* log(1+f) = f - (f*f/2 - s*(f*f/2 + R)) with s = f/(2+f) and R a polynomial in s*s; x = 2^k * (1+f), 1+f near 1. */
double elementary_log(double x) {
	static const double l[] = {0,
				   6.666666666666735130e-01,
				   3.999999999940941908e-01,
				   2.857142874366239149e-01,
				   2.222219843214978396e-01,
				   1.818357216161805012e-01,
				   1.531383769920937332e-01,
				   1.479819860511658591e-01};
	if (isnan(x) || (isinf(x) && x > 0))
		return x;
	if (x < 0)
		return (double)NAN;
	if (x == 0)
		return -(double)INFINITY;
	int exponent;
	double m = frexp(x, &exponent);
	if (m < 0.70710678118654752440) {
		m *= 2;
		exponent--;
	}
	double f = m - 1, k = exponent;
	double s = f / (2 + f), s2 = s * s, s4 = s2 * s2;
	double odd = s2 * (l[1] + s4 * (l[3] + s4 * (l[5] + s4 * l[7])));
	double even = s4 * (l[2] + s4 * (l[4] + s4 * l[6]));
	double r = odd + even, half = 0.5 * f * f;
	return k * 6.93147180369123816490e-01 - ((half - (s * (half + r) + k * 1.90821492927058770002e-10)) - f);
}

double elementary_log2(double x) {
	int exponent;
	double m = frexp(x, &exponent);
	if (m == 0.5) /* a power of two: exact */
		return exponent - 1;
	if (!isfinite(x) || x <= 0)
		return elementary_log(x);
	return elementary_log(m) * (1 / LN2) + exponent;
}

double elementary_log10(double x) {
	return elementary_log(x) * 0.434294481903251827651128918916605082;
}

/* e^x = 2^n * e^r; the Taylor series gives e^(r/16) - 1, and y -> y * (y + 2) doubles the exponent behind it. */
double elementary_exp(double x) {
	if (isnan(x) || x > 7.09782712893384e+02)
		return isnan(x) ? x : (double)INFINITY;
	if (x < -7.5e+02)
		return 0;
	double n = rint(x * 1.4426950408889634073599246810018920);
	double r = fma(-n, 0.69314718055966295651160180568695068359375, x);
	r = fma(-n, 0.28235290563031577122588448175013436025525412068e-12, r) / 16;
	double y = 1.0 / 40320;
	y = fma(y, r, 1.0 / 5040);
	y = fma(y, r, 1.0 / 720);
	y = fma(y, r, 1.0 / 120);
	y = fma(y, r, 1.0 / 24);
	y = fma(y, r, 1.0 / 6);
	y = fma(y, r, 0.5);
	y = fma(y, r, 1) * r;
	for (int i = 0; i < 3; i++)
		y *= y + 2;
	return ldexp(fma(y, y + 2, 1), (int)n);
}

double elementary_exp2(double x) {
	if (isnan(x) || x > 1.0239999999999999e+03)
		return isnan(x) ? x : (double)INFINITY;
	if (x < -1.0740e+03)
		return 0;
	int k = (int)(x + (x > 0 ? 0.5 : x < 0 ? -0.5 : 0));
	double t = x - k, hi = t * 6.93147180369123816490e-01, lo = -t * 1.90821492927058770002e-10;
	double r = hi - lo, rr = r * r;
	double c = r - rr * (1.66666666666666657415e-01 +
			     rr * (-2.77777777770155933842e-03 +
				   rr * (6.61375632143793436117e-05 +
					 rr * (-1.65339022054652515390e-06 + rr * 4.13813679705723846039e-08))));
	return ldexp(1 - ((lo - (r * c) / (2 - c)) - hi), k);
}

static double from_bits(uint64_t u) {
	double x;
	memcpy(&x, &u, sizeof x);
	return x;
}

static uint64_t to_bits(double x) {
	uint64_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}

/* A third of the exponent for a start, a rational step, rounding up to 22 bits, one step of Newton's. */
double elementary_cbrt(double x) {
	if (x == 0 || !isfinite(x))
		return x;
	double a = fabs(x), t;
	if (a < 0x1p-1022)
		t = from_bits(to_bits(a * 0x1p54) / 3 + (696219795ull << 32));
	else
		t = from_bits(to_bits(a) / 3 + (715094163ull << 32));
	double r = t * t / a, s = 5.42857142857142815906e-01 + r * t;
	t *= 3.57142857142857150787e-01 +
	     1.60714285714285720630e+00 / (s + 1.41428571428571436819e+00 + -7.05306122448979611050e-01 / s);
	t = from_bits((to_bits(t) & 0xffffffffcull << 28) + (1 << 30));
	s = t * t;
	r = a / s;
	r = (r - t) / (t + t + r);
	return copysign(t + t * r, x);
}

double elementary_sinh(double x) {
	double a = fabs(x), y;
	if (a > 21) {
		y = elementary_exp(a) * 0.5;
	} else if (a > 0.5) {
		y = elementary_exp(a);
		y = (y - 1 / y) * 0.5;
	} else {
		double q = a * a;
		y = (((-0.2630563213397497062819489e+2 * q + -0.2894211355989563807284660366e+4) * q +
		      -0.8991272022039509355398013511e+5) *
			     q +
		     -0.6307673640497716991184787251e+6) *
		    a;
		y /= ((q + -0.173678953558233699533450911e+3) * q + 0.1521517378790019070696485176e+5) * q +
		     -0.6307673640497716991212077277e+6;
	}
	return signbit(x) ? -y : y;
}

double elementary_cosh(double x) {
	x = fabs(x);
	double y = elementary_exp(x);
	return x > 21 ? y * 0.5 : (y + 1 / y) * 0.5;
}

double elementary_tanh(double x) {
	double z = fabs(x);
	if (z > 0.5 * 8.8029691931113054295988e+01)
		return copysign(1, x);
	if (z >= 0.625) {
		z = 1 - 2 / (elementary_exp(2 * z) + 1);
		return x < 0 ? -z : z;
	}
	if (x == 0 || isnan(x))
		return x;
	double s = x * x;
	return x +
	       x * s * ((-9.64399179425052238628e-1 * s + -9.92877231001918586564e1) * s + -1.61468768441708447952e3) /
		       (((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s + 4.84406305325125486048e3);
}

static bool is_odd_integer(double x) {
	return fabs(x) < 0x1p53 && x == trunc(x) && ((int64_t)x & 1);
}

static double pow_of_zero(double x, double y) {
	bool odd = is_odd_integer(y);
	if (y < 0)
		return odd ? copysign((double)INFINITY, x) : (double)INFINITY;
	return odd ? x : 0;
}

static double pow_infinite(double x, double y) {
	if (isinf(y)) {
		if (x == -1)
			return 1;
		return (fabs(x) < 1) == (y > 0) ? 0 : (double)INFINITY;
	}
	if (x < 0) /* 1/x is a zero whose sign counts for odd y */
		return pow_of_zero(copysign(0, x), -y);
	return y < 0 ? 0 : (double)INFINITY;
}

/* Repeated squaring for the integer part of y, exp and log for the rest, the exponent kept apart. */
double elementary_pow(double x, double y) {
	if (y == 0 || x == 1)
		return 1;
	if (y == 1)
		return x;
	if (isnan(x) || isnan(y))
		return (double)NAN;
	if (x == 0)
		return pow_of_zero(x, y);
	if (isinf(y) || isinf(x))
		return pow_infinite(x, y);
	if (fabs(y) == 0.5)
		return y > 0 ? sqrt(x) : 1 / sqrt(x);
	double whole, rest = modf(fabs(y), &whole);
	if (rest != 0 && x < 0)
		return (double)NAN;
	if (whole >= 0x1p63) { /* y is even; only x == 1 or -1 stays finite */
		if (x == -1)
			return 1;
		return (fabs(x) < 1) == (y > 0) ? 0 : (double)INFINITY;
	}
	double result = 1;
	int64_t scale = 0;
	if (rest != 0) {
		if (rest > 0.5) {
			rest--;
			whole++;
		}
		result = elementary_exp(rest * elementary_log(x));
	}
	int exponent;
	double m = frexp(x, &exponent);
	int64_t e = exponent;
	for (int64_t i = (int64_t)whole; i != 0; i >>= 1) {
		if (e < -(1 << 12) || e > 1 << 12) { /* over- or underflow for certain */
			scale += e;
			break;
		}
		if (i & 1) {
			result *= m;
			scale += e;
		}
		m *= m;
		e *= 2;
		if (m < 0.5) {
			m += m;
			e--;
		}
	}
	if (y < 0) {
		result = 1 / result;
		scale = -scale;
	}
	return ldexp(result, scale > 10000 ? 10000 : scale < -10000 ? -10000 : (int)scale);
}

double elementary_hypot(double p, double q) {
	if (isinf(p) || isinf(q))
		return (double)INFINITY;
	if (isnan(p) || isnan(q))
		return (double)NAN;
	p = fabs(p);
	q = fabs(q);
	if (p < q) {
		double t = p;
		p = q;
		q = t;
	}
	if (p == 0)
		return 0;
	q /= p;
	return p * sqrt(1 + q * q);
}

/* ---------------------------------------------------------------- sine and cosine */

enum { OCTANTS_MAX = 1 << 29 }; /* beyond, the reduction in three parts loses bits */

/* 4/pi = sum of [i] * 2^(-64 i) */
static const uint64_t four_over_pi[20] = {
	0x0000000000000001, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083, 0xfca2c757bd778ac3,
	0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d, 0xd1046bea5d768909, 0xd338e04d68befc82,
	0x7323ac7306a673e9, 0x3908bf177bf25076, 0x3ff12fffbc0b301f, 0xde5e2316b414da3e, 0xda6cfd9e4f96136e,
	0x9e8c7ecd3cbfd45a, 0xea4f758fd7cbe2f6, 0x7a0e73ef14a525d4, 0xd7f6bf623f1aba10, 0xac06608df8f6d757,
};

static double sine_part(double z) {
	double zz = z * z;
	return z + z * zz *
			   ((((((1.58962301576546568060e-10 * zz) + -2.50507477628578072866e-8) * zz +
			       2.75573136213857245213e-6) *
				      zz +
			      -1.98412698295895385996e-4) *
				     zz +
			     8.33333333332211858878e-3) *
				    zz +
			    -1.66666666666666307295e-1);
}

static double cosine_part(double z) {
	double zz = z * z;
	return 1.0 - 0.5 * zz +
	       zz * zz *
		       ((((((-1.13585365213876817300e-11 * zz) + 2.08757008419747316778e-9) * zz +
			   -2.75573141792967388112e-7) *
				  zz +
			  2.48015872888517045348e-5) *
				 zz +
			 -1.38888888888730564116e-3) *
				zz +
			4.16666666666665929218e-2);
}

/* The same for large x (M. Payne and R. Hanek, "Radian reduction for trigonometric functions"): those bits of 4/pi
 * whose products with x are neither multiples of 8 nor too small to matter. */
static uint64_t reduce_large(double x, double *z) {
	uint64_t bits = to_bits(x);
	int exponent = (int)(bits >> 52 & 0x7ff) - 1023 - 52;
	uint64_t m = (bits & 0xfffffffffffff) | (uint64_t)1 << 52;
	unsigned digit = (unsigned)(exponent + 61) / 64, shift = (unsigned)(exponent + 61) % 64;
	uint64_t part[3];
	for (unsigned i = 0; i < 3; i++)
		part[i] = shift ? four_over_pi[digit + i] << shift | four_over_pi[digit + i + 1] >> (64 - shift)
				: four_over_pi[digit + i];
	unsigned __int128 low = (unsigned __int128)part[1] * m + (uint64_t)((unsigned __int128)part[2] * m >> 64);
	uint64_t hi = part[0] * m + (uint64_t)(low >> 64), lo = (uint64_t)low, octant = hi >> 61;
	hi = hi << 3 | lo >> 61;
	int zeros = hi ? __builtin_clzll(hi) : 64;
	uint64_t fraction = zeros + 1 < 64 ? hi << (zeros + 1) | lo >> (64 - (zeros + 1)) : lo;
	*z = from_bits(fraction >> 12 | (uint64_t)(1023 - (zeros + 1)) << 52);
	if (octant & 1) {
		octant = (octant + 1) & 7;
		--*z;
	}
	*z *= PI / 4;
	return octant;
}

/* x = octant * pi/4 + *z with an even octant; x >= 0. */
static uint64_t reduce(double x, double *z) {
	if (x >= OCTANTS_MAX)
		return reduce_large(x, z);
	uint64_t octant = (uint64_t)(x * (4 / PI));
	octant += octant & 1;
	double y = (double)octant;
	*z = ((x - y * 7.85398125648498535156e-1) - y * 3.77489470793079817668e-8) - y * 2.69515142907905952645e-15;
	return octant & 7;
}

double elementary_sin(double x) {
	if (x == 0 || !isfinite(x))
		return isinf(x) ? (double)NAN : x;
	bool negative = x < 0;
	x = fabs(x);
	double z;
	uint64_t octant = reduce(x, &z);
	if (octant > 3) {
		negative = !negative;
		octant -= 4;
	}
	double y = octant == 2 ? cosine_part(z) : sine_part(z);
	return negative ? -y : y;
}

double elementary_cos(double x) {
	if (!isfinite(x))
		return (double)NAN;
	x = fabs(x);
	double z;
	uint64_t octant = reduce(x, &z);
	bool negative = false;
	if (octant > 3) {
		octant -= 4;
		negative = true;
	}
	negative ^= octant == 2;
	double y = octant == 2 ? sine_part(z) : cosine_part(z);
	return negative ? -y : y;
}

double elementary_tan(double x) {
	if (x == 0 || !isfinite(x))
		return isinf(x) ? (double)NAN : x;
	bool negative = x < 0;
	x = fabs(x);
	double z;
	uint64_t octant = reduce(x, &z);
	double zz = z * z, y = z;
	if (zz > 1e-14)
		y = z + z * (zz *
			     (((-1.30936939181383734205e4 * zz) + 1.15351664838587416140e6) * zz +
			      -1.79565251976484877988e7) /
			     ((((zz + 1.36812963470692954678e4) * zz + -1.32089234440210967447e6) * zz +
			       2.50083801823357915839e7) *
				      zz +
			      -5.38695755929454629881e7));
	if (octant & 2)
		y = -1 / y;
	return negative ? -y : y;
}

/* ---------------------------------------------------------------- arc functions */

/* x in [0, 0.66] */
static double atan_part(double x) {
	double z = x * x;
	z = z *
	    ((((-8.750608600031904122785e-01 * z + -1.615753718733365076637e+01) * z + -7.500855792314704667340e+01) *
		      z +
	      -1.228866684490136173410e+02) *
		     z +
	     -6.485021904942025371773e+01) /
	    (((((z + 2.485846490142306297962e+01) * z + 1.650270098316988542046e+02) * z +
	       4.328810604912902668951e+02) *
		      z +
	      4.853903996359136964868e+02) *
		     z +
	     1.945506571482613964425e+02);
	return x * z + x;
}

/* x >= 0: by the tangents of the sum with pi/4, and of the difference from pi/2 */
static double atan_positive(double x) {
	const double rest = 6.123233995736765886130e-17; /* pi/2 minus its double */
	if (x <= 0.66)
		return atan_part(x);
	if (x > 2.41421356237309504880)
		return PI / 2 - atan_part(1 / x) + rest;
	return PI / 4 + atan_part((x - 1) / (x + 1)) + 0.5 * rest;
}

double elementary_atan(double x) {
	if (x == 0)
		return x;
	return x > 0 ? atan_positive(x) : -atan_positive(-x);
}

double elementary_asin(double x) {
	if (x == 0)
		return x;
	double a = fabs(x);
	if (!(a <= 1))
		return (double)NAN;
	double cosine = sqrt(1 - a * a);
	double angle = a > 0.7 ? PI / 2 - atan_positive(cosine / a) : atan_positive(a / cosine);
	return x < 0 ? -angle : angle;
}

double elementary_acos(double x) {
	return PI / 2 - elementary_asin(x);
}

double elementary_atan2(double y, double x) {
	if (isnan(x) || isnan(y))
		return (double)NAN;
	if (y == 0)
		return x >= 0 && !signbit(x) ? copysign(0, y) : copysign(PI, y);
	if (x == 0)
		return copysign(PI / 2, y);
	if (isinf(x)) {
		double angle = x > 0 ? (isinf(y) ? PI / 4 : 0) : (isinf(y) ? 3 * PI / 4 : PI);
		return copysign(angle, y);
	}
	if (isinf(y))
		return copysign(PI / 2, y);
	double q = elementary_atan(y / x);
	return x >= 0 ? q : q <= 0 ? q + PI : q - PI;
}

/* ---------------------------------------------------------------- inverse error function */

static double polynomial(const double c[8], double x) {
	double r = c[7];
	for (int i = 6; i >= 0; i--)
		r = r * x + c[i];
	return r;
}

/* erf(x) = 2 * normal(x * sqrt(2)) - 1, so its inverse is a normal quantile over sqrt(2). */
double elementary_erfinv(double x) {
	static const double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
				    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
				    3.3430575583588128105e+4, 2.5090809287301226727e+3},
			    b[8] = {1,
				    4.2313330701600911252e+1,
				    6.8718700749205790830e+2,
				    5.3941960214247511077e+3,
				    2.1213794301586595867e+4,
				    3.9307895800092710610e+4,
				    2.8729085735721942674e+4,
				    5.2264952788528545610e+3},
			    c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
				    3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
				    2.27238449892691845833e-2, 7.74545014278341407640e-4},
			    d[8] = {1,
				    2.05319162663775882187e0,
				    1.67638483018380384940e0,
				    6.89767334985100004550e-1,
				    1.48103976427480074590e-1,
				    1.51986665636164571966e-2,
				    5.47593808499534494600e-4,
				    1.05075007164441684324e-9},
			    e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
				    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
				    2.71155556874348757815e-5, 2.01033439929228813265e-7},
			    f[8] = {1,
				    5.99832206555887937690e-1,
				    1.36929880922735805310e-1,
				    1.48753612908506148525e-2,
				    7.86869131145613259100e-4,
				    1.84631831751005468180e-5,
				    1.42151175831644588870e-7,
				    2.04426310338993978564e-15};
	if (isnan(x) || fabs(x) > 1)
		return (double)NAN;
	if (fabs(x) == 1)
		return copysign((double)INFINITY, x);
	double q = x / 2, quantile;
	if (fabs(q) <= 0.425) {
		double r = 0.180625 - q * q;
		quantile = q * polynomial(a, r) / polynomial(b, r);
	} else {
		double r = sqrt(LN2 - elementary_log(1 - fabs(x)));
		quantile = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
				  : polynomial(e, r - 5) / polynomial(f, r - 5);
		quantile = copysign(quantile, x);
	}
	return quantile / 1.41421356237309504880;
}

/* ---------------------------------------------------------------- Gamma */

/* Gamma(x) for x > 33 is a * b: two factors, since their product may overflow. */
static double stirling(double x, double *b) {
	*b = 1;
	if (x > 200)
		return (double)INFINITY;
	double w = 1 / x;
	w = 1 +
	    w * ((((7.87311395793093628397e-4 * w + -2.29549961613378126380e-4) * w + -2.68132617805781232825e-3) * w +
		  3.47222221605458667310e-3) *
			 w +
		 8.33333333333482257126e-2);
	double y = elementary_exp(x), a;
	if (x > 143.01608) {
		a = elementary_pow(x, 0.5 * x - 0.25);
		*b = a / y;
	} else {
		a = elementary_pow(x, x - 0.5) / y;
	}
	*b *= 2.506628274631000502417 * w;
	return a;
}

/* By reflection at zero. */
static double gamma_large(double x) {
	double q = fabs(x), whole = floor(q), b;
	if (x > 0) {
		double a = stirling(x, &b);
		return a * b;
	}
	bool negative = !((int64_t)whole & 1);
	double z = q - whole;
	if (z > 0.5)
		z = q - (whole + 1);
	z = fabs(q * elementary_sin(PI * z));
	if (z == 0)
		return negative ? -(double)INFINITY : (double)INFINITY;
	double a = stirling(q, &b), d = z * a * b;
	z = isinf(d) ? PI / z / a / b : PI / d;
	return negative ? -z : z;
}

double elementary_gamma(double x) {
	if (isnan(x) || (x < 0 && (x == floor(x) || isinf(x))))
		return (double)NAN;
	if (isinf(x) || x == 0)
		return copysign((double)INFINITY, x);
	if (fabs(x) > 33)
		return gamma_large(x);
	double z = 1;
	while (x >= 3) {
		x--;
		z *= x;
	}
	while (x < 2) {
		if (fabs(x) < 1e-9)
			return x == 0 ? (double)INFINITY : z / ((1 + 0.57721566490153286060651209008240243 * x) * x);
		z /= x;
		x++;
	}
	if (x == 2)
		return z;
	x -= 2;
	double p =
		(((((x * 1.60119522476751861407e-4 + 1.19135147006586384913e-3) * x + 1.04213797561761569935e-2) * x +
		   4.76367800457137231464e-2) *
			  x +
		  2.07448227648435975150e-1) *
			 x +
		 4.94214826801497100753e-1) *
			x +
		9.99999999999999996796e-1;
	double q = ((((((x * -2.31581873324120129819e-5 + 5.39605580493303397842e-4) * x + -4.45641913851797240494e-3) *
			       x +
		       1.18139785222060435552e-2) *
			      x +
		      3.58236398605498653373e-2) *
			     x +
		     -2.34591795718243348568e-1) *
			    x +
		    7.14304917030273074085e-2) *
			   x +
		   1.00000000000000000320e0;
	return z * p / q;
}
