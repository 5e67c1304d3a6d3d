/* SPDX-License-Identifier: MIT */
/* base.h: what every file of the project may rely on: fixed-width types, branch hints, containers of one line. */
#ifndef GOL_BASE_BASE_H
#define GOL_BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NOINLINE __attribute__((noinline))
#define COLD __attribute__((noinline, cold))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(n, a) (((n) + (a) - 1) & ~((__typeof__(n))(a) - 1))

/* A borrowed run of bytes; not terminated. */
typedef struct Str {
	const char *ptr;
	size_t len;
} Str;

#define STR_LIT(s) ((Str){(s), sizeof(s) - 1})

static inline bool str_eq(Str a, Str b) {
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

#endif
