/* SPDX-License-Identifier: MIT */
/* signal.c: the natives of package os/signal, which needs GOL_ALLOW_SIGNALS to be imported. */
#include <signal.h>

#include "vm/native.h"

static NativeStatus signal_set_use(Goroutine *g, Slot *args) {
	struct {
		int64_t number, use;
	} *a = NATIVE_ARGS(args);
	signal_set(g->vm, (int)a->number, (SignalUse)a->use);
	return NATIVE_DONE;
}

static NativeStatus signal_take(Goroutine *g, Slot *args) {
	struct {
		int64_t number;
	} *a = NATIVE_ARGS(args);
	int number = signal_take_or_park(g);
	if (number == 0)
		return NATIVE_RETRY;
	a->number = number;
	return NATIVE_DONE;
}

static NativeStatus signal_is_ignored(Goroutine *g, Slot *args) {
	struct {
		int64_t result, number;
	} *a = NATIVE_ARGS(args);
	struct sigaction now;
	bool by_process = sigaction((int)a->number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
	a->result = by_process || (signals_ignored(g->vm) >> (a->number - 1) & 1) != 0;
	return NATIVE_DONE;
}

const NativeDef natives_os_signal[] = {
	{"set", signal_set_use},
	{"take", signal_take},
	{"isIgnored", signal_is_ignored},
	{NULL, NULL},
};
