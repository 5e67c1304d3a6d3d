/* SPDX-License-Identifier: MIT */
/* math.c: the natives of package math. Elementary functions come from elementary.c or the C library. */
#include <math.h>

#include "stdlib/math/elementary.h"
#include "vm/native.h"

typedef struct UnaryArgs {
	double result, x;
} UnaryArgs;
typedef struct BinaryArgs {
	double result, x, y;
} BinaryArgs;

#define UNARY(name, function)                                                                                          \
	static NativeStatus math_##name(Goroutine *g, Slot *args) {                                                    \
		UnaryArgs *a = NATIVE_ARGS(args);                                                                      \
		(void)g;                                                                                               \
		a->result = function(a->x);                                                                            \
		return NATIVE_DONE;                                                                                    \
	}
#define BINARY(name, function)                                                                                         \
	static NativeStatus math_##name(Goroutine *g, Slot *args) {                                                    \
		BinaryArgs *a = NATIVE_ARGS(args);                                                                     \
		(void)g;                                                                                               \
		a->result = function(a->x, a->y);                                                                      \
		return NATIVE_DONE;                                                                                    \
	}

static double round_to_even(double x) {
	double t = fabs(x);
	if (t >= 0x1p52 || x == 0 || isnan(x))
		return x;
	double whole = floor(t), rest = t - whole;
	double up = whole + (rest > 0.5 || (rest == 0.5 && fmod(whole, 2) != 0));
	return copysign(up, x);
}

static double max_of(double x, double y) {
	if (isinf(x) || isinf(y)) {
		if (x == (double)INFINITY || y == (double)INFINITY)
			return (double)INFINITY;
	}
	if (isnan(x) || isnan(y))
		return (double)NAN;
	if (x == 0 && y == 0)
		return signbit(x) ? y : x;
	return x > y ? x : y;
}

static double min_of(double x, double y) {
	if (x == -(double)INFINITY || y == -(double)INFINITY)
		return -(double)INFINITY;
	if (isnan(x) || isnan(y))
		return (double)NAN;
	if (x == 0 && y == 0)
		return signbit(x) ? x : y;
	return x < y ? x : y;
}

static double dim(double x, double y) {
	double d = x - y;
	return d <= 0 ? 0 : d; /* also NaN for Inf - Inf */
}

static double log_b(double x) {
	if (x == 0)
		return -(double)INFINITY;
	return isnan(x) ? x : logb(x);
}

static double next_after(double x, double y) {
	return isnan(x) || isnan(y) ? (double)NAN : x == y ? x : nextafter(x, y);
}

static double remainder_of(double x, double y) {
	double r = remainder(x, y);
	return r == 0 ? copysign(r, x) : r;
}

static double asinh_of(double x) {
	return isinf(x) ? x : asinh(x);
}

UNARY(Abs, fabs)
UNARY(Sqrt, sqrt)
UNARY(Cbrt, elementary_cbrt)
BINARY(Hypot, elementary_hypot)
UNARY(Floor, floor)
UNARY(Ceil, ceil)
UNARY(Trunc, trunc)
UNARY(Round, round)
UNARY(RoundToEven, round_to_even)
BINARY(Copysign, copysign)
BINARY(Max, max_of)
BINARY(Min, min_of)
BINARY(Dim, dim)
BINARY(Mod, fmod)
BINARY(Remainder, remainder_of)
UNARY(Logb, log_b)
BINARY(Nextafter, next_after)
UNARY(Exp, elementary_exp)
UNARY(Exp2, elementary_exp2)
UNARY(Expm1, expm1)
UNARY(Log, elementary_log)
UNARY(Log2, elementary_log2)
UNARY(Log10, elementary_log10)
UNARY(Log1p, log1p)
BINARY(Pow, elementary_pow)
UNARY(Sin, elementary_sin)
UNARY(Cos, elementary_cos)
UNARY(Tan, elementary_tan)
UNARY(Asin, elementary_asin)
UNARY(Acos, elementary_acos)
UNARY(Atan, elementary_atan)
BINARY(Atan2, elementary_atan2)
UNARY(Sinh, elementary_sinh)
UNARY(Cosh, elementary_cosh)
UNARY(Tanh, elementary_tanh)
UNARY(Asinh, asinh_of)
UNARY(Acosh, acosh)
UNARY(Atanh, atanh)
UNARY(Gamma, elementary_gamma)
UNARY(Erf, erf)
UNARY(Erfc, erfc)
UNARY(Erfinv, elementary_erfinv)
UNARY(J0, j0)
UNARY(J1, j1)
UNARY(Y0, y0)
UNARY(Y1, y1)

/* Orders for which the C library would be busy for more than some milliseconds. They look at the limits on their way. */
enum { LARGE_ORDER = 1 << 18 };

/* b(k + 1) = 2 k / x b(k) - b(k - 1) from orders 0 and 1 on: stable for Y, and for J up to the argument. */
static double bessel_upwards(Goroutine *g, int n, double x, double a, double b) {
	Pace pace = {.g = g};
	for (int k = 1; k < n && isfinite(b) && !pace_stops(&pace, (size_t)k); k++) {
		double next = 2 * (double)k / x * b - a;
		a = b;
		b = next;
	}
	return b;
}

/* J of an order beyond its argument: the same recurrence downwards from far above (J. C. P. Miller), in the scale of order 0 or 1. */
static double bessel_downwards(Goroutine *g, int n, double x) {
	double above = 0, here = 1e-250, wanted = 0;
	Pace pace = {.g = g};
	int64_t top = (int64_t)n + 1000 + 40 * (int64_t)cbrt(n);
	for (int64_t k = top; k > 0 && !pace_stops(&pace, (size_t)(top - k)); k--) {
		double below = 2 * (double)k / x * here - above;
		above = here;
		here = below;
		if (fabs(here) > 1e250) {
			here *= 1e-250;
			above *= 1e-250;
			wanted *= 1e-250;
		}
		if (k - 1 == n)
			wanted = here;
	}
	return fabs(here) > fabs(above) ? wanted / here * j0(x) : wanted / above * j1(x);
}

static double large_jn(Goroutine *g, int n, double x) {
	int order = n < 0 ? -n : n;
	double size = fabs(x);
	bool negative = (order & 1) != 0 && (n < 0) != signbit(x);
	if (x != x)
		return x;
	if (x == 0 || isinf(x))
		return 0;
	double j = size >= order ? bessel_upwards(g, order, size, j0(size), j1(size)) : bessel_downwards(g, order, size);
	return negative ? -j : j;
}

static double large_yn(Goroutine *g, int n, double x) {
	int order = n < 0 ? -n : n;
	if (isinf(x))
		return y0(x);
	double y = x > 0 ? bessel_upwards(g, order, x, y0(x), y1(x)) : y0(x);
	return n < 0 && (order & 1) != 0 ? -y : y;
}

#define BESSEL(name, function)                                                                                         \
	static NativeStatus math_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			double result;                                                                                 \
			int64_t n;                                                                                     \
			double x;                                                                                      \
		} *a = NATIVE_ARGS(args);                                                                              \
		int n = a->n > INT32_MAX ? INT32_MAX : a->n < -INT32_MAX ? -INT32_MAX : (int)a->n;                     \
		native_charge(g, n < 0 ? -(int64_t)n : n);                                                             \
		a->result = n > LARGE_ORDER || n < -LARGE_ORDER ? large_##function(g, n, a->x) : function(n, a->x);    \
		return NATIVE_DONE;                                                                                    \
	}
BESSEL(Jn, jn)
BESSEL(Yn, yn)

static NativeStatus math_Float64bits(Goroutine *g, Slot *args) {
	Slot *a = NATIVE_ARGS(args);
	(void)g;
	a[0] = a[1];
	return NATIVE_DONE;
}

/* A float32 lies in the low half of its slot, the other half is zero: its bits are an extended uint32. */
static NativeStatus math_Float32bits(Goroutine *g, Slot *args) {
	Slot *a = NATIVE_ARGS(args);
	(void)g;
	a[0].u = a[1].u & UINT32_MAX;
	return NATIVE_DONE;
}

static NativeStatus math_Signbit(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		double x;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = signbit(a->x) != 0;
	return NATIVE_DONE;
}

static NativeStatus math_Modf(Goroutine *g, Slot *args) {
	struct {
		double whole, rest, f;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->rest = modf(a->f, &a->whole);
	if (isinf(a->f))
		a->rest = (double)NAN;
	return NATIVE_DONE;
}

static NativeStatus math_Frexp(Goroutine *g, Slot *args) {
	struct {
		double fraction;
		int64_t exponent;
		double f;
	} *a = NATIVE_ARGS(args);
	(void)g;
	int exponent = 0;
	a->fraction = isfinite(a->f) ? frexp(a->f, &exponent) : a->f;
	a->exponent = exponent;
	return NATIVE_DONE;
}

static NativeStatus math_Ldexp(Goroutine *g, Slot *args) {
	struct {
		double result, fraction;
		int64_t exponent;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = ldexp(a->fraction, a->exponent > 10000 ? 10000 : a->exponent < -10000 ? -10000 : (int)a->exponent);
	return NATIVE_DONE;
}

static NativeStatus math_Ilogb(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		double x;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = a->x == 0 ? INT32_MIN : !isfinite(a->x) ? INT32_MAX : ilogb(a->x);
	return NATIVE_DONE;
}

static NativeStatus math_FMA(Goroutine *g, Slot *args) {
	struct {
		double result, x, y, z;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = fma(a->x, a->y, a->z);
	return NATIVE_DONE;
}

static NativeStatus math_Nextafter32(Goroutine *g, Slot *args) {
	Slot *a = NATIVE_ARGS(args);
	(void)g;
	float x = a[1].f32, y = a[2].f32;
	a[0].u = 0;
	a[0].f32 = isnan(x) || isnan(y) ? (float)NAN : x == y ? x : nextafterf(x, y);
	return NATIVE_DONE;
}

static NativeStatus math_Pow10(Goroutine *g, Slot *args) {
	struct {
		double result;
		int64_t n;
	} *a = NATIVE_ARGS(args);
	(void)g;
	static const double ones[] = {1e00, 1e01, 1e02, 1e03, 1e04, 1e05, 1e06, 1e07, 1e08, 1e09, 1e10,
				      1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
				      1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
	static const double up[] = {1e00, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288};
	static const double down[] = {1e-00,  1e-32,  1e-64,  1e-96,  1e-128, 1e-160,
				      1e-192, 1e-224, 1e-256, 1e-288, 1e-320};
	if (a->n >= 0)
		a->result = a->n <= 308 ? up[a->n / 32] * ones[a->n % 32] : (double)INFINITY;
	else
		a->result = a->n >= -323 ? down[-a->n / 32] / ones[-a->n % 32] : 0;
	return NATIVE_DONE;
}

static NativeStatus math_Lgamma(Goroutine *g, Slot *args) {
	struct {
		double result;
		int64_t sign;
		double x;
	} *a = NATIVE_ARGS(args);
	(void)g;
	int sign = 1;
	a->result = lgamma_r(a->x, &sign);
	bool plain = a->x == 0 || !isfinite(a->x) || (a->x < 0 && a->x == floor(a->x));
	a->sign = plain ? 1 : sign;
	if (isinf(a->x) && a->x < 0)
		a->result = a->x;
	return NATIVE_DONE;
}

#define ROW(name)                                                                                                      \
	{ #name, math_##name }
const NativeDef natives_math[] = {
	ROW(Abs),
	ROW(Sqrt),
	ROW(Cbrt),
	ROW(Hypot),
	ROW(Floor),
	ROW(Ceil),
	ROW(Trunc),
	ROW(Round),
	ROW(RoundToEven),
	ROW(Copysign),
	ROW(Max),
	ROW(Min),
	ROW(Dim),
	ROW(Mod),
	ROW(Remainder),
	ROW(Logb),
	ROW(Ilogb),
	ROW(Nextafter),
	ROW(Nextafter32),
	ROW(Exp),
	ROW(Exp2),
	ROW(Expm1),
	ROW(Log),
	ROW(Log2),
	ROW(Log10),
	ROW(Log1p),
	ROW(Pow),
	ROW(Pow10),
	ROW(Sin),
	ROW(Cos),
	ROW(Tan),
	ROW(Asin),
	ROW(Acos),
	ROW(Atan),
	ROW(Atan2),
	ROW(Sinh),
	ROW(Cosh),
	ROW(Tanh),
	ROW(Asinh),
	ROW(Acosh),
	ROW(Atanh),
	ROW(Gamma),
	ROW(Lgamma),
	ROW(Erf),
	ROW(Erfc),
	ROW(Erfinv),
	ROW(J0),
	ROW(J1),
	ROW(Jn),
	ROW(Y0),
	ROW(Y1),
	ROW(Yn),
	ROW(Float64bits),
	ROW(Float32bits),
	ROW(Signbit),
	ROW(Modf),
	ROW(Frexp),
	ROW(Ldexp),
	ROW(FMA),
	{"Float64frombits", math_Float64bits},
	{"Float32frombits", math_Float32bits},
	{NULL, NULL},
};
