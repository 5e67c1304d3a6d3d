/* SPDX-License-Identifier: MIT */
/* rand.c: the native of package crypto/rand. */
#include <errno.h>
#include <sys/random.h>

#include "vm/native.h"

/* func fill(b []byte) bool */
static NativeStatus rand_fill(Goroutine *g, Slot *args) {
	struct {
		int64_t ok;
		GoSlice b;
	} *a = NATIVE_ARGS(args);
	enum { PIECE = 1 << 16 };
	a->ok = true;
	for (int64_t at = 0; at < a->b.len && a->ok;) {
		size_t left = (size_t)(a->b.len - at);
		ssize_t n = getrandom((char *)a->b.ptr + at, left < PIECE ? left : PIECE, 0);
		if (n < 0)
			a->ok = errno == EINTR;
		else
			at += n;
		if (native_work(g, 1 + (int64_t)(left < PIECE ? left : PIECE) / 16))
			return NATIVE_YIELD;
	}
	return NATIVE_DONE;
}

const NativeDef natives_crypto_rand[] = {
	{"fill", rand_fill},
	{NULL, NULL},
};
