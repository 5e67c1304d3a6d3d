/* SPDX-License-Identifier: MIT */
/* bulk.c: work inside one instruction or native that may take long: accounting for it, and moving large memory piece by piece.
 *
 * Owns: nothing.
 * Rules: when sched_work says that the program is being stopped, what is under way may be left half done, as long as what
 *   Go code sees until its next check is still well-formed: zeroes may be missing among bytes only. Pieces are multiples of 16 bytes, so that pairs are still moved whole.
 * Why: a check between two instructions comes too late when one of them copies a gigabyte; a look at the clock costs 30 ns, a
 *   piece some tens of microseconds. */
#include "runtime/sched.h"

enum { PIECE = 256 << 10 };

/* The host's fuel pays, down to 0. False: that is reached. */
static bool fuel_pay(VM *vm, int64_t work) {
	int64_t fuel = __atomic_load_n(&vm->host.fuel, __ATOMIC_RELAXED), left;
	do {
		if (fuel < 0)
			return true;
		left = fuel > work ? fuel - work : 0;
	} while (!__atomic_compare_exchange_n(&vm->host.fuel, &fuel, left, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return left != 0;
}

bool sched_work(Goroutine *g, int64_t work) {
	VM *vm = g->vm;
	if (g->worker->index == HOST_WORKER) /* the host's own: not part of a run */
		return false;
	g->worker->fuel_used += work;
	if (UNLIKELY(!fuel_pay(vm, work)))
		sched_exit(vm, EXIT_LIMIT, LIMIT_FUEL, NULL);
	if (vm->host.deadline_ns != 0 && sched_now_ns(vm) >= vm->host.deadline_ns)
		sched_exit(vm, EXIT_LIMIT, LIMIT_WALL, NULL);
	return (__atomic_load_n(&vm->stop_requested, __ATOMIC_RELAXED) & STOP_EXIT) != 0;
}

void bulk_copy(Goroutine *g, void *to, const void *from, size_t size) {
	for (size_t at = 0; at < size; at += PIECE) {
		size_t n = size - at < PIECE ? size - at : PIECE;
		memcpy((char *)to + at, (const char *)from + at, n);
		if (size > PIECE && UNLIKELY(sched_work(g, 0)))
			return;
	}
}

bool bulk_zero(Goroutine *g, void *p, size_t size) {
	for (size_t at = 0; at < size; at += PIECE) {
		memset((char *)p + at, 0, size - at < PIECE ? size - at : PIECE);
		if (size > PIECE && UNLIKELY(sched_work(g, 0)))
			return false;
	}
	return true;
}

/* In the direction in which nothing is overwritten before it was read. */
/* Large arrays are so many of their elements: those are pieces. */
static const TypeDesc *flatten(const TypeDesc *elem, size_t *count) {
	for (; elem->kind == KIND_ARRAY && elem->size > PIECE; elem = elem->elem)
		*count *= (size_t)elem->length;
	return elem;
}

void bulk_copy_values(Goroutine *g, const TypeDesc *elem, void *to, const void *from, size_t count) {
	if (LIKELY(elem->size * count <= PIECE)) {
		value_copy_array(elem, to, from, count);
		return;
	}
	elem = flatten(elem, &count);
	size_t size = elem->size;
	size_t step = size < PIECE ? PIECE / size : 1;
	bool forward = (uintptr_t)to - (uintptr_t)from >= size * count;
	for (size_t done = 0; done < count; done += step) {
		size_t n = count - done < step ? count - done : step, at = (forward ? done : count - done - n) * size;
		value_copy_array(elem, (char *)to + at, (const char *)from + at, n);
		if (UNLIKELY(sched_work(g, 0)))
			return;
	}
}

void bulk_zero_values(Goroutine *g, const TypeDesc *elem, void *p, size_t count) {
	elem = flatten(elem, &count);
	size_t size = elem->size, step = size != 0 && size < PIECE ? PIECE / size : 1;
	if (!(elem->flags & DESC_POINTERS)) {
		bulk_zero(g, p, size * count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		value_zero(elem, (char *)p + i * size);
		if (UNLIKELY(i % step == step - 1) && sched_work(g, 0))
			return;
	}
}

int bulk_compare(Goroutine *g, const void *a, const void *b, size_t size) {
	for (size_t at = 0; at < size; at += PIECE) {
		int order = memcmp((const char *)a + at, (const char *)b + at, size - at < PIECE ? size - at : PIECE);
		if (order != 0 || (size > PIECE && UNLIKELY(sched_work(g, 0))))
			return order;
	}
	return 0;
}
