/* SPDX-License-Identifier: MIT */
/* atomic.c: the natives of package sync/atomic, on the compiler's atomic builtins.
 *
 * Rules: results are kept extended by the signedness of their type, as every slot is. */
#include "vm/native.h"

/* One set of functions per type: T the type in memory, W the type of its slot. */
#define ATOMIC_COMMON(name, T, W)                                                                                      \
	static NativeStatus load_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			W result;                                                                                      \
			T *addr;                                                                                       \
		} *a = NATIVE_ARGS(args);                                                                              \
		if (!a->addr)                                                                                          \
			return native_panic_code(g, PANIC_NIL_POINTER);                                                \
		a->result = (W)__atomic_load_n(a->addr, __ATOMIC_SEQ_CST);                                             \
		return NATIVE_DONE;                                                                                    \
	}                                                                                                              \
	static NativeStatus store_##name(Goroutine *g, Slot *args) {                                                   \
		struct {                                                                                               \
			T *addr;                                                                                       \
			W value;                                                                                       \
		} *a = NATIVE_ARGS(args);                                                                              \
		if (!a->addr)                                                                                          \
			return native_panic_code(g, PANIC_NIL_POINTER);                                                \
		__atomic_store_n(a->addr, (T)a->value, __ATOMIC_SEQ_CST);                                              \
		return NATIVE_DONE;                                                                                    \
	}                                                                                                              \
	static NativeStatus swap_##name(Goroutine *g, Slot *args) {                                                    \
		struct {                                                                                               \
			W result;                                                                                      \
			T *addr;                                                                                       \
			W value;                                                                                       \
		} *a = NATIVE_ARGS(args);                                                                              \
		if (!a->addr)                                                                                          \
			return native_panic_code(g, PANIC_NIL_POINTER);                                                \
		a->result = (W)__atomic_exchange_n(a->addr, (T)a->value, __ATOMIC_SEQ_CST);                            \
		return NATIVE_DONE;                                                                                    \
	}                                                                                                              \
	static NativeStatus cas_##name(Goroutine *g, Slot *args) {                                                     \
		struct {                                                                                               \
			int64_t result;                                                                                \
			T *addr;                                                                                       \
			W old, new;                                                                                    \
		} *a = NATIVE_ARGS(args);                                                                              \
		if (!a->addr)                                                                                          \
			return native_panic_code(g, PANIC_NIL_POINTER);                                                \
		T expected = (T)a->old;                                                                                \
		a->result = __atomic_compare_exchange_n(a->addr, &expected, (T)a->new, false, __ATOMIC_SEQ_CST,        \
							__ATOMIC_SEQ_CST);                                             \
		return NATIVE_DONE;                                                                                    \
	}

#define ATOMIC_MODIFY(verb, name, T, W, builtin)                                                                       \
	static NativeStatus verb##_##name(Goroutine *g, Slot *args) {                                                  \
		struct {                                                                                               \
			W result;                                                                                      \
			T *addr;                                                                                       \
			W value;                                                                                       \
		} *a = NATIVE_ARGS(args);                                                                              \
		if (!a->addr)                                                                                          \
			return native_panic_code(g, PANIC_NIL_POINTER);                                                \
		a->result = (W)builtin(a->addr, (T)a->value, __ATOMIC_SEQ_CST);                                        \
		return NATIVE_DONE;                                                                                    \
	}

#define ATOMIC_INTEGER(name, T, W)                                                                                     \
	ATOMIC_COMMON(name, T, W)                                                                                      \
	ATOMIC_MODIFY(add, name, T, W, __atomic_add_fetch)                                                             \
	ATOMIC_MODIFY(and, name, T, W, __atomic_fetch_and)                                                             \
	ATOMIC_MODIFY(or, name, T, W, __atomic_fetch_or)

ATOMIC_INTEGER(int32, int32_t, int64_t)
ATOMIC_INTEGER(int64, int64_t, int64_t)
ATOMIC_INTEGER(uint32, uint32_t, uint64_t)
ATOMIC_INTEGER(uint64, uint64_t, uint64_t)
ATOMIC_COMMON(address, uintptr_t, uint64_t)

static NativeStatus gosched(Goroutine *g, Slot *args) {
	(void)g;
	(void)args;
	return NATIVE_YIELD;
}

static NativeStatus same_type(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface x, y;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = a->x.type == a->y.type;
	return NATIVE_DONE;
}

#define ROWS_COMMON(Name, name)                                                                                        \
	{"Load" Name, load_##name}, {"Store" Name, store_##name}, {"Swap" Name, swap_##name},                          \
		{"CompareAndSwap" Name, cas_##name}
#define ROWS_INTEGER(Name, name)                                                                                       \
	ROWS_COMMON(Name, name), {"Add" Name, add_##name}, {"And" Name, and_##name}, {"Or" Name, or_##name}

const NativeDef natives_sync_atomic[] = {
	ROWS_INTEGER("Int32", int32),
	ROWS_INTEGER("Int64", int64),
	ROWS_INTEGER("Uint32", uint32),
	ROWS_INTEGER("Uint64", uint64),
	ROWS_INTEGER("Uintptr", uint64),
	ROWS_COMMON("Pointer", address),
	{"load", load_address},
	{"store", store_address},
	{"swap", swap_address},
	{"compareAndSwap", cas_address},
	{"gosched", gosched},
	{"sameType", same_type},
	{NULL, NULL},
};
