/* SPDX-License-Identifier: MIT */
/* big.c: the natives of package math/big: arithmetic of naturals in the words of Go slices, done by GMP.
 *
 * Owns: nothing; every result goes into a slice that the Gol side made large enough.
 * Rules: whatever is not one plain pass over its words works on copies of its operands and in memory of its own, since GMP
 * uses results as scratch space and relies on what it once computed: a script that changes an operand at the same time would
 * make it write elsewhere. Slices may have leading zeros; results are answered with the number of words that count.
 * Why: the words of GMP and of Go are the same, so nothing is converted; memory is asked for before GMP does, which aborts
 * when it gets none. */
#include <gmp.h>
#include <math.h>

#include "vm/native.h"

_Static_assert(sizeof(mp_limb_t) == 8 && GMP_NAIL_BITS == 0, "a word of big is a limb");

enum { BINARY_AND, BINARY_OR, BINARY_XOR, BINARY_AND_NOT, BINARY_GCD };
enum { MAX_BASE = 62 };
enum { PLAIN_WORDS = 8 }; /* products up to here are done by plain passes */

static mp_size_t normal(const mp_limb_t *p, int64_t n) {
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n;
}

static void copy_words(mp_limb_t *to, const mp_limb_t *from, int64_t n) { /* C's memmove may not be given NULL, not even for none */
	if (n > 0)
		memmove(to, from, (size_t)n * sizeof *to);
}

static inline mp_size_t words_of(GoSlice s) {
	return normal(s.ptr, s.len);
}

static NativeStatus out_of_memory(Goroutine *g) {
	return native_panic_code(g, FATAL_OUT_OF_MEMORY);
}

/* Whether GMP will find memory for some temporaries of that many words. Charges for the work, too: afterwards nothing stops it. */
static NativeStatus big_prepare(Goroutine *g, int64_t words, int64_t work) {
	enum { UNASKED_WORDS = 1024, TEMPORARIES = 8 };
	if (native_work(g, 1 + work / 16))
		return NATIVE_YIELD;
	if (words <= UNASKED_WORDS)
		return NATIVE_DONE;
	size_t size = (size_t)words * sizeof(mp_limb_t) * TEMPORARIES;
	void *p = mem_alloc(&g->vm->mem, size);
	if (!p)
		return out_of_memory(g);
	mem_free(&g->vm->mem, p, size);
	return NATIVE_DONE;
}

static void big_load(mpz_t to, GoSlice from, int64_t negative) {
	mpz_init2(to, ((mp_bitcnt_t)from.len + 1) * GMP_NUMB_BITS);
	mp_limb_t *p = mpz_limbs_write(to, from.len + 1);
	copy_words(p, from.ptr, from.len);
	mp_size_t n = normal(p, from.len);
	mpz_limbs_finish(to, negative ? -n : n);
}

/* Copies into z what fits, which is everything unless operands were changed meanwhile; returns the words, negative for below 0. */
static int64_t big_store(GoSlice z, const mpz_t from) {
	int64_t n = (int64_t)mpz_size(from);
	n = n < z.len ? n : z.len;
	copy_words(z.ptr, mpz_limbs_read(from), n);
	return mpz_sgn(from) < 0 ? -n : n;
}

static NativeStatus no_room(Goroutine *g) { return native_panic_text(g, "math/big: no room for the result"); }

/* func addWords(z, x, y []Word) int: len(z) > len(x) >= len(y) */
static NativeStatus big_add(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z, x, y;
	} *a = NATIVE_ARGS(args);
	mp_limb_t *z = a->z.ptr;
	if (a->z.len <= a->x.len || a->x.len < a->y.len)
		return no_room(g);
	native_charge(g, 1 + a->x.len / 16);
	mp_limb_t carry = 0;
	if (a->y.len > 0)
		carry = mpn_add(z, a->x.ptr, a->x.len, a->y.ptr, a->y.len);
	else
		copy_words(z, a->x.ptr, a->x.len);
	z[a->x.len] = carry;
	a->n = normal(z, a->x.len + 1);
	return NATIVE_DONE;
}

/* func subWords(z, x, y []Word) int: len(z) >= len(x), x >= y; a script may have changed the words since that was found */
static NativeStatus big_sub(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z, x, y;
	} *a = NATIVE_ARGS(args);
	mp_limb_t *z = a->z.ptr;
	if (a->z.len < a->x.len)
		return no_room(g);
	native_charge(g, 1 + a->x.len / 16);
	mp_size_t yn = words_of(a->y);
	yn = yn < a->x.len ? yn : a->x.len;
	if (yn > 0)
		mpn_sub(z, a->x.ptr, a->x.len, a->y.ptr, yn);
	else
		copy_words(z, a->x.ptr, a->x.len);
	a->n = normal(z, a->x.len);
	return NATIVE_DONE;
}

/* func cmpWords(x, y []Word) int */
static NativeStatus big_cmp(Goroutine *g, Slot *args) {
	struct {
		int64_t r;
		GoSlice x, y;
	} *a = NATIVE_ARGS(args);
	mp_size_t xn = words_of(a->x), yn = words_of(a->y);
	native_charge(g, 1 + xn / 16);
	int order = xn != yn ? (xn > yn) - (xn < yn) : xn == 0 ? 0 : mpn_cmp(a->x.ptr, a->y.ptr, xn);
	a->r = (order > 0) - (order < 0);
	return NATIVE_DONE;
}

/* func mulWords(z, x, y []Word) int: len(z) >= len(x)+len(y), z shares nothing with x and y when they are short */
static NativeStatus big_mul(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z, x, y;
	} *a = NATIVE_ARGS(args);
	int64_t xn = a->x.len, yn = a->y.len, small = xn < yn ? xn : yn;
	if (a->z.len < xn + yn)
		return no_room(g);
	if (small > 0 && xn <= PLAIN_WORDS && yn <= PLAIN_WORDS) {
		mp_limb_t z[2 * PLAIN_WORDS];
		z[xn] = mpn_mul_1(z, a->x.ptr, xn, ((mp_limb_t *)a->y.ptr)[0]);
		for (int64_t i = 1; i < yn; i++)
			z[xn + i] = mpn_addmul_1(z + i, a->x.ptr, xn, ((mp_limb_t *)a->y.ptr)[i]);
		memcpy(a->z.ptr, z, (size_t)(xn + yn) * sizeof *z);
		a->n = normal(z, xn + yn);
		native_charge(g, 1);
		return NATIVE_DONE;
	}
	NativeStatus ready = big_prepare(g, xn + yn, (xn + yn) * (small < 64 ? small : 64));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x, y;
	big_load(x, a->x, 0);
	big_load(y, a->y, 0);
	mpz_mul(x, x, y);
	a->n = big_store(a->z, x);
	mpz_clear(x);
	mpz_clear(y);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func divWords(q, r, x, y []Word) (qn, rn int): len(q) >= len(x), len(r) >= len(y) */
static NativeStatus big_div(Goroutine *g, Slot *args) {
	struct {
		int64_t qn, rn;
		GoSlice q, r, x, y;
	} *a = NATIVE_ARGS(args);
	int64_t xn = a->x.len, yn = words_of(a->y);
	mp_limb_t low = yn == 1 ? *(mp_limb_t *)a->y.ptr : 0;
	if (low != 0 && xn > 0 && a->r.len > 0 && a->q.len >= xn) {
		mp_limb_t rest = mpn_divrem_1(a->q.ptr, 0, a->x.ptr, xn, low);
		a->qn = normal(a->q.ptr, xn);
		*(mp_limb_t *)a->r.ptr = rest;
		a->rn = rest != 0;
		native_charge(g, 1 + xn / 4);
		return NATIVE_DONE;
	}
	NativeStatus ready = big_prepare(g, xn + yn, xn * (yn < 64 ? yn : 64));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x, y, q;
	big_load(x, a->x, 0);
	big_load(y, a->y, 0);
	bool zero = mpz_sgn(y) == 0;
	if (!zero) {
		mpz_init(q);
		mpz_tdiv_qr(q, x, x, y);
		a->qn = big_store(a->q, q);
		a->rn = big_store(a->r, x);
		mpz_clear(q);
	}
	mpz_clear(x);
	mpz_clear(y);
	if (zero)
		return native_panic_text(g, "division by zero");
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func shiftWords(z, x []Word, n int) int: x << n when n >= 0, x >> -n otherwise; z is large enough and not x */
static NativeStatus big_shift(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z, x;
		int64_t by;
	} *a = NATIVE_ARGS(args);
	mp_limb_t *z = a->z.ptr;
	const mp_limb_t *x = a->x.ptr;
	int64_t by = a->by >= 0 ? a->by : a->by > INT64_MIN ? -a->by : INT64_MAX, words = by / 64, bits = by % 64, xn = a->x.len;
	if (a->z.len < (a->by >= 0 ? xn + words + 1 : xn - words))
		return native_panic_text(g, "math/big: no room for a shifted number");
	native_charge(g, 1 + (xn + words) / 16);
	if (a->by >= 0) {
		memset(z, 0, (size_t)words * sizeof *z);
		z[xn + words] = 0;
		if (bits > 0 && xn > 0)
			z[xn + words] = mpn_lshift(z + words, x, xn, (unsigned)bits);
		else
			copy_words(z + words, x, xn);
		a->n = normal(z, xn + words + 1);
		return NATIVE_DONE;
	}
	int64_t left = xn > words ? xn - words : 0;
	if (bits > 0 && left > 0)
		mpn_rshift(z, x + words, left, (unsigned)bits);
	else
		copy_words(z, x + (xn - left), left);
	a->n = normal(z, left);
	return NATIVE_DONE;
}

/* func binaryWords(op int, z []Word, xneg bool, x []Word, yneg bool, y []Word) int: below 0 for a negative result */
static NativeStatus big_binary(Goroutine *g, Slot *args) {
	struct {
		int64_t n, op;
		GoSlice z;
		int64_t xneg;
		GoSlice x;
		int64_t yneg;
		GoSlice y;
	} *a = NATIVE_ARGS(args);
	int64_t both = a->x.len + a->y.len;
	NativeStatus ready = big_prepare(g, both, a->op == BINARY_GCD ? both * (both < 256 ? both : 256) : both);
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x, y;
	big_load(x, a->x, a->xneg);
	big_load(y, a->y, a->yneg);
	switch (a->op) {
	case BINARY_AND: mpz_and(x, x, y); break;
	case BINARY_OR: mpz_ior(x, x, y); break;
	case BINARY_XOR: mpz_xor(x, x, y); break;
	case BINARY_AND_NOT: mpz_com(y, y); mpz_and(x, x, y); break;
	case BINARY_GCD: mpz_gcd(x, x, y); break;
	}
	a->n = big_store(a->z, x);
	mpz_clear(x);
	mpz_clear(y);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func extendedGCD(d, s, x, y []Word) (dn, sn int): d = gcd(x, y) = s*x + t*y; sn is below 0 for a negative s */
static NativeStatus big_extended_gcd(Goroutine *g, Slot *args) {
	struct {
		int64_t dn, sn;
		GoSlice d, s, x, y;
	} *a = NATIVE_ARGS(args);
	int64_t both = a->x.len + a->y.len;
	NativeStatus ready = big_prepare(g, both, both * (both < 256 ? both : 256));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x, y, s;
	big_load(x, a->x, 0);
	big_load(y, a->y, 0);
	mpz_init(s);
	mpz_gcdext(x, s, NULL, x, y);
	a->dn = big_store(a->d, x);
	a->sn = big_store(a->s, s);
	mpz_clear(x);
	mpz_clear(y);
	mpz_clear(s);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func powWords(z, x, y, m []Word) int: x**y mod m, len(z) >= len(m), m > 0 */
static NativeStatus big_pow(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z, x, y, m;
	} *a = NATIVE_ARGS(args);
	int64_t mn = a->m.len;
	NativeStatus ready = big_prepare(g, a->x.len + a->y.len + 4 * mn, (a->y.len + 1) * 64 * mn * (mn < 64 ? mn : 64));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x, y, m;
	big_load(x, a->x, 0);
	big_load(y, a->y, 0);
	big_load(m, a->m, 0);
	a->n = 0;
	if (mpz_sgn(m) != 0) {
		mpz_powm(x, x, y, m);
		a->n = big_store(a->z, x);
	}
	mpz_clear(x);
	mpz_clear(y);
	mpz_clear(m);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func sqrtWords(z, x []Word) int */
static NativeStatus big_sqrt(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z, x;
	} *a = NATIVE_ARGS(args);
	NativeStatus ready = big_prepare(g, a->x.len, a->x.len * (a->x.len < 64 ? a->x.len : 64));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x;
	big_load(x, a->x, 0);
	mpz_sqrt(x, x);
	a->n = big_store(a->z, x);
	mpz_clear(x);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func jacobiWords(xneg bool, x, y []Word) int: y odd */
static NativeStatus big_jacobi(Goroutine *g, Slot *args) {
	struct {
		int64_t r, xneg;
		GoSlice x, y;
	} *a = NATIVE_ARGS(args);
	int64_t both = a->x.len + a->y.len;
	NativeStatus ready = big_prepare(g, both, both * (both < 256 ? both : 256));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x, y;
	big_load(x, a->x, a->xneg);
	big_load(y, a->y, 0);
	a->r = mpz_odd_p(y) ? mpz_jacobi(x, y) : 0;
	mpz_clear(x);
	mpz_clear(y);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func isPrime(x []Word, tests int) bool: for x of some thousand bits at most */
static NativeStatus big_is_prime(Goroutine *g, Slot *args) {
	struct {
		int64_t prime;
		GoSlice x;
		int64_t tests;
	} *a = NATIVE_ARGS(args);
	enum { MAX_TESTS = 1 << 20, BAILLIE_PSW = 24 }; /* what GMP counts Baillie's test as */
	int64_t n = a->x.len;
	double work = ((double)a->tests + 4) * 64 * (double)n * (double)n * (double)n;
	NativeStatus ready = big_prepare(g, n, work < 1e17 ? (int64_t)work : (int64_t)1e17);
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x;
	big_load(x, a->x, 0);
	int tests = a->tests < 0 ? 0 : a->tests < MAX_TESTS ? (int)a->tests : MAX_TESTS;
	a->prime = mpz_probab_prime_p(x, tests + BAILLIE_PSW) != 0;
	mpz_clear(x);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

/* func digitsOf(out []byte, x []Word, base int) int: the digits of x > 0; out has room for two more than there are */
static NativeStatus big_digits(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice out, x;
		int64_t base;
	} *a = NATIVE_ARGS(args);
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	a->n = 0;
	if (a->base < 2 || a->base > MAX_BASE)
		return native_misused(g, "math/big.digitsOf");
	NativeStatus ready = big_prepare(g, a->x.len, a->x.len * (a->x.len < 64 ? a->x.len : 64));
	if (ready != NATIVE_DONE)
		return ready;
	mpz_t x;
	big_load(x, a->x, 0);
	size_t need = mpz_sizeinbase(x, (int)a->base) + 2;
	unsigned char *digits = mpz_sgn(x) != 0 ? mem_alloc(&g->vm->mem, need) : NULL;
	bool failed = mpz_sgn(x) != 0 && !digits;
	if (digits) {
		size_t len = mpn_get_str(digits, (int)a->base, mpz_limbs_modify(x, (mp_size_t)mpz_size(x)), (mp_size_t)mpz_size(x));
		size_t first = 0;
		while (first + 1 < len && digits[first] == 0)
			first++;
		for (; first < len && a->n < a->out.len; first++)
			((char *)a->out.ptr)[a->n++] = letters[digits[first]];
		mem_free(&g->vm->mem, digits, need);
	}
	mpz_clear(x);
	return failed ? out_of_memory(g) : native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

static int digit_value(unsigned char c, int base) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'Z' ? c - 'A' + (base <= 36 ? 10 : 36) : base;
}

/* func parseWords(z []Word, s string, base int) int: s holds digits of the base only */
static NativeStatus big_parse(Goroutine *g, Slot *args) {
	struct {
		int64_t n;
		GoSlice z;
		GoString s;
		int64_t base;
	} *a = NATIVE_ARGS(args);
	size_t len = (size_t)a->s.len;
	a->n = 0;
	if (len == 0)
		return NATIVE_DONE;
	if (a->base < 2 || a->base > MAX_BASE)
		return native_misused(g, "math/big.parseWords");
	if ((double)a->z.len * 64 < (double)len * log2((double)a->base))
		return no_room(g);
	unsigned char *digits = NULL;
	NativeStatus ready = big_prepare(g, a->z.len, a->z.len * (a->z.len < 64 ? a->z.len : 64));
	if (ready != NATIVE_DONE)
		return ready;
	digits = mem_alloc(&g->vm->mem, len);
	if (!digits)
		return out_of_memory(g);
	for (size_t i = 0; i < len; i++) {
		int value = digit_value((unsigned char)a->s.ptr[i], (int)a->base);
		digits[i] = (unsigned char)(value < a->base ? value : 0);
	}
	mpz_t z;
	mpz_init2(z, (mp_bitcnt_t)(a->z.len + 1) * GMP_NUMB_BITS);
	mp_limb_t *p = mpz_limbs_write(z, a->z.len + 1);
	mpz_limbs_finish(z, mpn_set_str(p, digits, len, (int)a->base));
	a->n = big_store(a->z, z);
	mpz_clear(z);
	mem_free(&g->vm->mem, digits, len);
	return native_must_stop(g) ? NATIVE_YIELD : NATIVE_DONE;
}

const NativeDef natives_math_big[] = {
	{"addWords", big_add},
	{"subWords", big_sub},
	{"cmpWords", big_cmp},
	{"mulWords", big_mul},
	{"divWords", big_div},
	{"shiftWords", big_shift},
	{"binaryWords", big_binary},
	{"extendedGCD", big_extended_gcd},
	{"powWords", big_pow},
	{"sqrtWords", big_sqrt},
	{"jacobiWords", big_jacobi},
	{"isPrime", big_is_prime},
	{"digitsOf", big_digits},
	{"parseWords", big_parse},
	{NULL, NULL},
};
