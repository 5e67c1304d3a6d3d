/* SPDX-License-Identifier: MIT */
/* signal.c: signals that the host hands to the program.
 *
 * Owns: vm->signals: which are wanted, which ignored, which have come; the goroutine that waits for them.
 * Rules: lock guards everything here. While any signal is wanted, nothing is a deadlock: one may come.
 * Why the host: a signal is the process's, and only the host knows whose it is. The VM installs no handlers. */
#include "runtime/sched_internal.h"

struct SignalState {
	Lock lock;
	uint64_t wanted, ignored, pending; /* bit: number - 1 */
	Goroutine *waiter;
};

bool signals_init(VM *vm) {
	vm->signals = mem_zalloc(&vm->mem, sizeof(struct SignalState));
	return vm->signals != NULL;
}

void signals_deinit(VM *vm) {
	mem_free(&vm->mem, vm->signals, sizeof(struct SignalState));
	vm->signals = NULL;
}

void signals_clear(VM *vm) {
	struct SignalState *s = vm->signals;
	lock_acquire(&s->lock);
	if (s->wanted != 0)
		__atomic_sub_fetch(&vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
	s->wanted = s->ignored = s->pending = 0;
	s->waiter = NULL;
	lock_release(&s->lock);
}

static uint64_t bit_of(int number) { return number >= 1 && number <= 64 ? 1ull << (number - 1) : 0; }

bool signal_deliver(VM *vm, int number) {
	struct SignalState *s = vm->signals;
	uint64_t bit = bit_of(number);
	lock_acquire(&s->lock);
	bool is_wanted = (s->wanted & bit) != 0, is_taken = is_wanted || (s->ignored & bit) != 0;
	Goroutine *woken = is_wanted ? s->waiter : NULL;
	if (is_wanted)
		s->pending |= bit;
	if (woken != NULL)
		s->waiter = NULL;
	if (woken != NULL)
		sched_ready(vm, NULL, woken, false); /* under the lock: signals_clear comes before or after it */
	lock_release(&s->lock);
	return is_taken;
}

void signal_set(VM *vm, int number, SignalUse use) {
	struct SignalState *s = vm->signals;
	uint64_t bit = bit_of(number);
	lock_acquire(&s->lock);
	bool before = s->wanted != 0;
	s->wanted = use == SIGNAL_WANTED ? s->wanted | bit : s->wanted & ~bit;
	if (use == SIGNAL_IGNORED) /* for good, as in Go; it may be wanted meanwhile */
		s->ignored |= bit;
	int change = (s->wanted != 0) - before;
	lock_release(&s->lock);
	if (change != 0)
		host_expect(vm, change);
}

uint64_t signals_ignored(VM *vm) {
	lock_acquire(&vm->signals->lock);
	uint64_t ignored = vm->signals->ignored & ~vm->signals->wanted;
	lock_release(&vm->signals->lock);
	return ignored;
}

int signal_take_or_park(Goroutine *g) {
	struct SignalState *s = g->vm->signals;
	int number = 0;
	lock_acquire(&s->lock);
	if (s->pending != 0) {
		number = __builtin_ctzll(s->pending) + 1;
		s->pending &= s->pending - 1;
	} else {
		s->waiter = g;
		sched_will_park(g, WAIT_SIGNAL);
	}
	lock_release(&s->lock);
	return number;
}

bool signal_leave(Goroutine *g) {
	struct SignalState *s = g->vm->signals;
	lock_acquire(&s->lock);
	bool found = s->waiter == g;
	if (found)
		s->waiter = NULL;
	lock_release(&s->lock);
	return found;
}
