/* SPDX-License-Identifier: MIT */
/* exec_arith.h: bodies of moves, constants, arithmetic, conversions and comparisons. Included by exec.c only. */

/* ---- moves and constants ---- */
BODY(NOP) { NEXT(1); }
BODY(MOVE) {
	RA.u = RB.u;
	NEXT(1);
}
BODY(MOVE2) {
	copy_pair(&RA, &RB);
	NEXT(1);
}
OUT_OF_LINE(move_n_slow) {
	memmove(&RA, &RB, (size_t)C * sizeof(Slot));
	CHARGE_LARGE((size_t)C * sizeof(Slot));
	NEXT(1);
}
BODY(MOVEN) {
	if (C == 3) {
		uint64_t x = RB.u, y = (&RB)[1].u, z = (&RB)[2].u;
		RA.u = x, (&RA)[1].u = y, (&RA)[2].u = z;
		NEXT(1);
	}
	TAIL(move_n_slow);
}
BODY(ZERO) {
	RA.u = 0;
	NEXT(1);
}
BODY(ZERO2) {
	set_pair(&RA, 0, 0);
	NEXT(1);
}
CALLING(ZERON) {
	memset(&RA, 0, (size_t)B * sizeof(Slot));
	CHARGE_LARGE((size_t)B * sizeof(Slot));
	NEXT(1);
}
BODY(LOADI) {
	RA.i = BC;
	NEXT(1);
}
BODY(LOADK) {
	RA.u = pc[1].word;
	NEXT(2);
}
BODY(LOADSTR) {
	copy_pair(&RA, pc[1].ptr);
	NEXT(2);
}
BODY(LOADIFACE) {
	copy_pair(&RA, pc[1].ptr);
	NEXT(2);
}
BODY(LOADFUNC) {
	RA.p = (void *)(uintptr_t)pc[1].ptr;
	NEXT(2);
}

/* ---- integers ---- */
#define COMPUTE(name, member, expression)                                                                              \
	BODY(name) {                                                                                                   \
		RA.member = (expression);                                                                              \
		NEXT(1);                                                                                               \
	}
COMPUTE(ADD_I64, u, RB.u + RC.u)
COMPUTE(SUB_I64, u, RB.u - RC.u)
COMPUTE(MUL_I64, u, RB.u * RC.u)
COMPUTE(AND_I64, u, RB.u & RC.u)
COMPUTE(OR_I64, u, RB.u | RC.u)
COMPUTE(XOR_I64, u, RB.u ^ RC.u)
COMPUTE(ANDNOT_I64, u, RB.u & ~RC.u)
COMPUTE(NEG_I64, u, 0 - RB.u)
COMPUTE(NOT_I64, u, ~RB.u)
COMPUTE(SHL_I64, u, LIKELY(RC.u < 64) ? RB.u << (RC.u & 63) : 0)
COMPUTE(SHR_I64, i, RB.i >> (RC.u < 63 ? RC.u : 63))
COMPUTE(SHR_U64, u, LIKELY(RC.u < 64) ? RB.u >> (RC.u & 63) : 0)
COMPUTE(MIN_I64, i, RB.i < RC.i ? RB.i : RC.i)
COMPUTE(MAX_I64, i, RB.i > RC.i ? RB.i : RC.i)
COMPUTE(MIN_U64, u, RB.u < RC.u ? RB.u : RC.u)
COMPUTE(MAX_U64, u, RB.u > RC.u ? RB.u : RC.u)
/* Hacker's Delight, 10-1: a third of the time of a division, although the product takes g's register. */
static ALWAYS_INLINE int64_t divide_by_constant(int64_t x, const Insn *pc, uint64_t shift) {
	int64_t q = (int64_t)((__int128)x * pc[1].imm >> 64);
	if (shift >= 64)
		q += x;
	return (q >> (shift & 63)) + (int64_t)((uint64_t)x >> 63);
}
FRAMED(DIVK_I64) {
	fp[pc->a].i = divide_by_constant(fp[pc->b].i, pc, pc->c);
	NEXT(3);
}
FRAMED(REMK_I64) {
	int64_t x = fp[pc->b].i;
	fp[pc->a].i = x - divide_by_constant(x, pc, pc->c) * pc[2].imm;
	NEXT(3);
}
COMPUTE(ADDMUL_I64, u, RA.u + RB.u * RC.u)
COMPUTE(ADDI, u, RB.u + (uint64_t)SC)
COMPUTE(MULI, u, RB.u * (uint64_t)SC)
COMPUTE(ANDI, u, RB.u & (uint64_t)SC)
COMPUTE(ORI, u, RB.u | (uint64_t)SC)
COMPUTE(XORI, u, RB.u ^ (uint64_t)SC)
COMPUTE(RSUBI, u, (uint64_t)SC - RB.u)
COMPUTE(DIVI_I64, i, RB.i / SC)
COMPUTE(REMI_I64, i, RB.i % SC)
COMPUTE(SHLI, u, RB.u << (C & 63))
COMPUTE(SHRI_I64, i, RB.i >> (C & 63))
COMPUTE(SHRI_U64, u, RB.u >> (C & 63))
COMPUTE(EXT8S, i, (int8_t)RB.u)
COMPUTE(EXT16S, i, (int16_t)RB.u)
COMPUTE(EXT32S, i, (int32_t)RB.u)
COMPUTE(EXT8U, u, (uint8_t)RB.u)
COMPUTE(EXT16U, u, (uint16_t)RB.u)
COMPUTE(EXT32U, u, (uint32_t)RB.u)
COMPUTE(NOT_BOOL, u, RB.u ^ 1)

RARE(divide_fault) { TAIL_ARG(code_fault, PANIC_DIVIDE); }
BODY(DIV_I64) {
	int64_t divisor = RC.i;
	if (UNLIKELY((uint64_t)divisor + 1 <= 1)) { /* 0 or -1 */
		if (divisor == 0)
			TAIL(divide_fault);
		RA.u = 0 - RB.u;
		NEXT(1);
	}
	RA.i = RB.i / divisor;
	NEXT(1);
}
BODY(REM_I64) {
	int64_t divisor = RC.i;
	if (UNLIKELY((uint64_t)divisor + 1 <= 1)) {
		if (divisor == 0)
			TAIL(divide_fault);
		RA.u = 0;
		NEXT(1);
	}
	RA.i = RB.i % divisor;
	NEXT(1);
}
BODY(DIV_U64) {
	if (UNLIKELY(RC.u == 0))
		TAIL(divide_fault);
	RA.u = RB.u / RC.u;
	NEXT(1);
}
BODY(REM_U64) {
	if (UNLIKELY(RC.u == 0))
		TAIL(divide_fault);
	RA.u = RB.u % RC.u;
	NEXT(1);
}
BODY(CHECK_SHIFT) {
	if (UNLIKELY(RA.i < 0))
		TAIL_ARG(code_fault, PANIC_NEGATIVE_SHIFT);
	NEXT(1);
}

/* ---- floats ---- */
#if defined(__x86_64__)
static ALWAYS_INLINE double square_root(double x) {
	return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(x)));
}
static ALWAYS_INLINE int64_t truncate_i64(double x) { return _mm_cvttsd_si64(_mm_set_sd(x)); }
#else
static ALWAYS_INLINE double square_root(double x) { return __builtin_sqrt(x); }
static ALWAYS_INLINE int64_t truncate_i64(double x) {
	return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}
#endif
/* As Go's amd64 code does it, out-of-range values included. */
static ALWAYS_INLINE uint64_t truncate_u64(double x) {
	if (x < 0x1p63)
		return (uint64_t)truncate_i64(x);
	return (uint64_t)truncate_i64(x - 0x1p63) | (uint64_t)1 << 63;
}
static ALWAYS_INLINE double round_down(double x) {
	if (!(__builtin_fabs(x) < 0x1p52))
		return x;
	double t = (double)truncate_i64(x);
	return __builtin_copysign(t > x ? t - 1 : t, x);
}
static ALWAYS_INLINE double round_to_zero(double x) {
	if (!(__builtin_fabs(x) < 0x1p52))
		return x;
	return __builtin_copysign((double)truncate_i64(x), x);
}
/* Keeps the compiler from fusing a product into the sum behind it. */
static ALWAYS_INLINE double rounded(double x) {
#if !defined(__x86_64__)
	__asm__("" : "+w"(x));
#endif
	return x;
}
/* NaN wins; -0 is less than 0. */
#define MIN_MAX(suffix, type, bits)                                                                                    \
	static ALWAYS_INLINE type min_##suffix(type a, type b) {                                                       \
		if (a != a || a < b)                                                                                   \
			return a;                                                                                      \
		return a == b && __builtin_signbit(a) ? a : b;                                                         \
	}                                                                                                              \
	static ALWAYS_INLINE type max_##suffix(type a, type b) {                                                       \
		if (a != a || a > b)                                                                                   \
			return a;                                                                                      \
		return a == b && !__builtin_signbit(a) ? a : b;                                                        \
	}
MIN_MAX(f64, double, uint64_t)
MIN_MAX(f32, float, uint32_t)

COMPUTE(ADD_F64, f, RB.f + RC.f)
COMPUTE(SUB_F64, f, RB.f - RC.f)
COMPUTE(MUL_F64, f, RB.f * RC.f)
COMPUTE(DIV_F64, f, RB.f / RC.f)
COMPUTE(ADDMUL_F64, f, RA.f + rounded(RB.f * RC.f))
COMPUTE(SUBMUL_F64, f, RA.f - rounded(RB.f * RC.f))
COMPUTE(NEG_F64, u, RB.u ^ (uint64_t)1 << 63)
COMPUTE(MIN_F64, f, min_f64(RB.f, RC.f))
COMPUTE(MAX_F64, f, max_f64(RB.f, RC.f))
COMPUTE(ADD_F32, u, f32_slot(RB.f32 + RC.f32))
COMPUTE(SUB_F32, u, f32_slot(RB.f32 - RC.f32))
COMPUTE(MUL_F32, u, f32_slot(RB.f32 * RC.f32))
COMPUTE(DIV_F32, u, f32_slot(RB.f32 / RC.f32))
COMPUTE(NEG_F32, u, RB.u ^ (uint64_t)1 << 31)
COMPUTE(MIN_F32, u, f32_slot(min_f32(RB.f32, RC.f32)))
COMPUTE(MAX_F32, u, f32_slot(max_f32(RB.f32, RC.f32)))
COMPUTE(SQRT_F64, f, square_root(RB.f))
COMPUTE(ABS_F64, u, RB.u & ~((uint64_t)1 << 63))
COMPUTE(FLOOR_F64, f, round_down(RB.f))
COMPUTE(CEIL_F64, f, -round_down(-RB.f))
COMPUTE(TRUNC_F64, f, round_to_zero(RB.f))

/* ---- complex numbers: complex128 is a pair of doubles, complex64 two floats in one slot ---- */
typedef struct Complex {
	double re, im;
} Complex;
static ALWAYS_INLINE Complex complex_at(const Slot *at) { return (Complex){at[0].f, at[1].f}; }
static ALWAYS_INLINE Complex complex64_of(Slot s) {
	float parts[2];
	memcpy(parts, &s, sizeof parts);
	return (Complex){parts[0], parts[1]};
}
static ALWAYS_INLINE uint64_t complex64_slot(float re, float im) { return f32_slot(re) | f32_slot(im) << 32; }
static ALWAYS_INLINE void set_complex(Slot *at, double re, double im) {
	Slot low = {.f = re}, high = {.f = im};
	set_pair(at, low.u, high.u);
}
static double infinity_to_one(double x) { return copysign(isinf(x) ? 1 : 0, x); }

/* The algorithm of Go's runtime (complex.go), which fixes infinities and NaNs as C99 annex G does. */
static NOINLINE Complex complex_divide(Complex n, Complex m) {
	double e, f, a = n.re, b = n.im, c = m.re, d = m.im;
	if (fabs(c) >= fabs(d)) {
		double ratio = d / c, denom = c + ratio * d;
		e = (a + b * ratio) / denom;
		f = (b - a * ratio) / denom;
	} else {
		double ratio = c / d, denom = d + ratio * c;
		e = (a * ratio + b) / denom;
		f = (b * ratio - a) / denom;
	}
	if (!isnan(e) && !isnan(f))
		return (Complex){e, f};
	if (c == 0 && d == 0 && (!isnan(a) || !isnan(b)))
		return (Complex){copysign(INFINITY, c) * a, copysign(INFINITY, c) * b};
	if ((isinf(a) || isinf(b)) && isfinite(c) && isfinite(d)) {
		a = infinity_to_one(a), b = infinity_to_one(b);
		return (Complex){INFINITY * (a * c + b * d), INFINITY * (b * c - a * d)};
	}
	if ((isinf(c) || isinf(d)) && isfinite(a) && isfinite(b)) {
		c = infinity_to_one(c), d = infinity_to_one(d);
		return (Complex){0 * (a * c + b * d), 0 * (b * c - a * d)};
	}
	return (Complex){e, f};
}

#define COMPUTE_C128(name, real, imag)                                                                                 \
	BODY(name) {                                                                                                   \
		Complex x = complex_at(&RB), y = complex_at(&RC);                                                      \
		set_complex(&RA, real, imag);                                                                          \
		NEXT(1);                                                                                               \
	}
COMPUTE_C128(ADD_C128, x.re + y.re, x.im + y.im)
COMPUTE_C128(SUB_C128, x.re - y.re, x.im - y.im)
COMPUTE_C128(MUL_C128, x.re *y.re - x.im * y.im, x.re *y.im + x.im * y.re)
CALLING(DIV_C128) {
	Complex q = complex_divide(complex_at(&RB), complex_at(&RC));
	set_complex(&RA, q.re, q.im);
	NEXT(1);
}
FRAMED(EQ_C128) {
	RA.u = RB.f == RC.f && (&RB)[1].f == (&RC)[1].f;
	NEXT(1);
}
BODY(NEG_C128) {
	set_pair(&RA, RB.u ^ (uint64_t)1 << 63, (&RB)[1].u ^ (uint64_t)1 << 63);
	NEXT(1);
}
#define COMPUTE_C64(name, real, imag)                                                                                  \
	BODY(name) {                                                                                                   \
		Complex x = complex64_of(RB), y = complex64_of(RC);                                                    \
		RA.u = complex64_slot(real, imag);                                                                     \
		NEXT(1);                                                                                               \
	}
COMPUTE_C64(ADD_C64, (float)x.re + (float)y.re, (float)x.im + (float)y.im)
COMPUTE_C64(SUB_C64, (float)x.re - (float)y.re, (float)x.im - (float)y.im)
COMPUTE_C64(MUL_C64, (float)x.re *(float)y.re - (float)x.im * (float)y.im,
	    (float)x.re *(float)y.im + (float)x.im * (float)y.re)
CALLING(DIV_C64) {
	Complex q = complex_divide(complex64_of(RB), complex64_of(RC));
	RA.u = complex64_slot((float)q.re, (float)q.im);
	NEXT(1);
}
FRAMED(EQ_C64) {
	Complex x = complex64_of(RB), y = complex64_of(RC);
	RA.u = x.re == y.re && x.im == y.im;
	NEXT(1);
}
COMPUTE(NEG_C64, u, RB.u ^ 0x8000000080000000ull)
COMPUTE(MAKE_C64, u, (uint32_t)RB.u | RC.u << 32)
COMPUTE(REAL_C64, u, (uint32_t)RB.u)
COMPUTE(IMAG_C64, u, RB.u >> 32)
BODY(C64_TO_C128) {
	Complex x = complex64_of(RB);
	set_complex(&RA, x.re, x.im);
	NEXT(1);
}
COMPUTE(C128_TO_C64, u, complex64_slot((float)RB.f, (float)(&RB)[1].f))

/* ---- conversions ---- */
COMPUTE(I64_TO_F64, f, (double)RB.i)
COMPUTE(U64_TO_F64, f, (double)RB.u)
COMPUTE(I64_TO_F32, u, f32_slot((float)RB.i))
COMPUTE(U64_TO_F32, u, f32_slot((float)RB.u))
COMPUTE(F64_TO_I64, i, truncate_i64(RB.f))
COMPUTE(F64_TO_U64, u, truncate_u64(RB.f))
COMPUTE(F64_TO_F32, u, f32_slot((float)RB.f))
COMPUTE(F32_TO_F64, f, (double)RB.f32)

/* ---- comparisons into a bool ---- */
COMPUTE(EQ_I64, u, RB.u == RC.u)
COMPUTE(NE_I64, u, RB.u != RC.u)
COMPUTE(LT_I64, u, RB.i < RC.i)
COMPUTE(LE_I64, u, RB.i <= RC.i)
COMPUTE(LT_U64, u, RB.u < RC.u)
COMPUTE(LE_U64, u, RB.u <= RC.u)
COMPUTE(EQ_I, u, RB.i == SC)
COMPUTE(NE_I, u, RB.i != SC)
COMPUTE(LT_I, u, RB.i < SC)
COMPUTE(LE_I, u, RB.i <= SC)
COMPUTE(GT_I, u, RB.i > SC)
COMPUTE(GE_I, u, RB.i >= SC)
COMPUTE(EQ_F64, u, RB.f == RC.f)
COMPUTE(NE_F64, u, RB.f != RC.f)
COMPUTE(LT_F64, u, RB.f < RC.f)
COMPUTE(LE_F64, u, RB.f <= RC.f)
COMPUTE(EQ_F32, u, RB.f32 == RC.f32)
COMPUTE(NE_F32, u, RB.f32 != RC.f32)
COMPUTE(LT_F32, u, RB.f32 < RC.f32)
COMPUTE(LE_F32, u, RB.f32 <= RC.f32)

/* Lengths and addresses decide most comparisons of strings; the bytes are looked at out of line. */
static ALWAYS_INLINE bool same_bytes(Goroutine *g, const Slot *a, const Slot *b) {
	return a[1].u == 0 || bulk_compare(g, a[0].p, b[0].p, a[1].u) == 0;
}
OUT_OF_LINE(eq_str_bytes) {
	CHARGE((&RB)[1].u);
	RA.u = same_bytes(g, &RB, &RC);
	NEXT(1);
}
OUT_OF_LINE(ne_str_bytes) {
	CHARGE((&RB)[1].u);
	RA.u = !same_bytes(g, &RB, &RC);
	NEXT(1);
}
#define COMPARE_STR(name, when_same, bytes)                                                                            \
	BODY(name) {                                                                                                   \
		const Slot *x = ADDRESS(RB), *y = ADDRESS(RC);                                                         \
		if (x[1].u != y[1].u) {                                                                                \
			RA.u = !(when_same);                                                                           \
			NEXT(1);                                                                                       \
		}                                                                                                      \
		if (x[0].u != y[0].u)                                                                                  \
			TAIL(bytes);                                                                                   \
		RA.u = (when_same);                                                                                    \
		NEXT(1);                                                                                               \
	}
COMPARE_STR(EQ_STR, 1, eq_str_bytes)
COMPARE_STR(NE_STR, 0, ne_str_bytes)
CALLING(LT_STR) {
	CHARGE((&RB)[1].u < (&RC)[1].u ? (&RB)[1].u : (&RC)[1].u);
	RA.u = string_compare(string_at(&RB), string_at(&RC)) < 0;
	NEXT(1);
}
CALLING(LE_STR) {
	CHARGE((&RB)[1].u < (&RC)[1].u ? (&RB)[1].u : (&RC)[1].u);
	RA.u = string_compare(string_at(&RB), string_at(&RC)) <= 0;
	NEXT(1);
}

/* Result in *out, which stays as it was in a panic; the type that made it impossible goes to the worker. */
static PanicCode equality(Goroutine *g, bool equal, const TypeDesc *bad, Slot *out) {
	g->worker->panic_type = bad;
	if (UNLIKELY(bad != NULL))
		return PANIC_UNCOMPARABLE;
	out->u = equal;
	return PANIC_NONE;
}
static NOINLINE PanicCode eq_iface(Goroutine *g, const Slot *a, const Slot *b, Slot *out) {
	const TypeDesc *bad = NULL;
	bool equal = equal_iface(g, iface_at(a), iface_at(b), &bad);
	return equality(g, equal, bad, out);
}
/* Direct types live in one slot; all others have the same memory and slot layout (pairs and aggregates). */
static NOINLINE PanicCode eq_iface_type(Goroutine *g, const TypeDesc *type, const Slot *a, const Slot *b, Slot *out) {
	const TypeDesc *bad = NULL;
	if (a[0].p != type)
		return equality(g, false, NULL, out);
	bool equal = type->flags & DESC_DIRECT ? equal_slots(g, type, &a[1], b, &bad) : equal_memory(g, type, a[1].p, b, &bad);
	return equality(g, equal, bad, out);
}
static NOINLINE PanicCode eq_memory(Goroutine *g, const TypeDesc *type, const void *a, const void *b, Slot *out) {
	const TypeDesc *bad = NULL;
	if (!a || !b)
		return PANIC_NIL_POINTER;
	bool equal = equal_memory(g, type, a, b, &bad);
	return equality(g, equal, bad, out);
}
#define NEXT_CHECKED(code, words)                                                                                      \
	do {                                                                                                           \
		PanicCode code_ = (code);                                                                              \
		if (UNLIKELY(code_ != PANIC_NONE))                                                                     \
			TAIL_ARG(code_fault, code_);                                                                   \
		NEXT(words);                                                                                           \
	} while (0)
CALLING(EQ_IFACE) { NEXT_CHECKED(eq_iface(g, &RB, &RC, &RA), 1); }
CALLING(EQ_IFACE_TYPE) { NEXT_CHECKED(eq_iface_type(g, pc[1].ptr, &RB, &RC, &RA), 2); }
CALLING(EQ_FRAME) { NEXT_CHECKED(eq_memory(g, pc[1].ptr, &RB, &RC, &RA), 2); }
CALLING(EQ_MEM) { NEXT_CHECKED(eq_memory(g, pc[1].ptr, RB.p, RC.p, &RA), 2); }
