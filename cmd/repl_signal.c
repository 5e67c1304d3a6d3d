/* SPDX-License-Identifier: MIT */
/* repl_signal.c: signals while somebody types.
 *
 * Rules: one thread takes them all; handlers exist only for crashes, which cannot wait. SIGTSTP is left alone.
 * Why a thread: it may call what handlers may not, locks among it, and needs no global variable. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/repl.h"

static void fill_set(sigset_t *set) {
	static const int taken[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};
	sigemptyset(set);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		sigaddset(set, taken[i]);
}

/* The process dies of it, as its parent expects to see. */
static void die_of(Repl *r, int number) {
	sigset_t set;
	if (r->line)
		line_restore_terminal(r->line);
	sigemptyset(&set);
	sigaddset(&set, number);
	signal(number, SIG_DFL);
	kill(getpid(), number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Ctrl-C: the first one ends the evaluation, the second one also what it started. gol_eval knows nothing of interrupts that
 * come before it has begun: those wait for its first look. */
static void tell_interrupts(Repl *r) {
	for (; r->is_watched && r->told < r->interrupts; r->told++) {
		if (r->told > 0)
			gol_interrupt_all(r->vm);
		gol_interrupt(r->vm);
	}
}

static void wake_reader(Repl *r) {
	if (write(r->wake[1], "c", 1) < 0)
		return; /* the pipe is full: that wakes it as well */
}

static void interrupt(Repl *r) {
	pthread_mutex_lock(&r->interrupting);
	if (r->is_evaluating) {
		r->interrupts++;
		tell_interrupts(r);
	} else if (r->line) {
		line_event(r->line, LINE_EVENT_INTERRUPT);
	} else {
		r->is_cancelled = true;
		wake_reader(r);
	}
	pthread_mutex_unlock(&r->interrupting);
}

bool repl_take_cancel(Repl *r) {
	pthread_mutex_lock(&r->interrupting);
	bool was = r->is_cancelled;
	r->is_cancelled = false;
	pthread_mutex_unlock(&r->interrupting);
	return was;
}

void repl_evaluation_begins(Repl *r) {
	pthread_mutex_lock(&r->interrupting);
	r->is_evaluating = true;
	r->is_watched = false;
	r->told = 0;
	r->interrupts = (r->line && line_take_interrupt(r->line)) || r->is_cancelled;
	r->is_cancelled = false;
	pthread_mutex_unlock(&r->interrupting);
}

void repl_evaluation_seen(Repl *r) {
	pthread_mutex_lock(&r->interrupting);
	r->is_watched = true;
	tell_interrupts(r);
	pthread_mutex_unlock(&r->interrupting);
}

void repl_evaluation_ends(Repl *r) {
	pthread_mutex_lock(&r->interrupting);
	r->is_evaluating = false;
	pthread_mutex_unlock(&r->interrupting);
}

static void *take_signals(void *user) {
	Repl *r = user;
	sigset_t set;
	int number;
	fill_set(&set);
	while (sigwait(&set, &number) == 0) {
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		switch (number) {
		case SIGINT: interrupt(r); break;
		case SIGQUIT:
			repl_print(r, "\n", 1); /* after ^\ */
			gol_request_traces(r->vm);
			break;
		case SIGWINCH:
			if (r->line)
				line_event(r->line, LINE_EVENT_RESIZED);
			break;
		case SIGCONT:
			if (r->line)
				line_event(r->line, LINE_EVENT_CONTINUED);
			break;
		default:
			if (!gol_signal(r->vm, number))
				die_of(r, number);
		}
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	}
	return NULL;
}

/* The editor changes only these flags: setting them needs no memory of how the terminal was. */
static void restore_after_crash(int number) {
	struct termios mode;
	if (tcgetattr(0, &mode) == 0 && !(mode.c_lflag & ICANON)) {
		mode.c_iflag |= ICRNL | IXON | BRKINT;
		mode.c_lflag |= ICANON | ECHO | ISIG | IEXTEN;
		tcsetattr(0, TCSANOW, &mode);
		if (write(1, "\033[?2004l\n", 9) < 0)
			_exit(2);
	}
	raise(number); /* the default action is back */
}

bool repl_signals_begin(Repl *r) {
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	struct sigaction action = {.sa_handler = restore_after_crash, .sa_flags = (int)SA_RESETHAND};
	sigset_t set;
	for (size_t i = 0; r->line && i < sizeof crashes / sizeof *crashes; i++)
		sigaction(crashes[i], &action, NULL);
	fill_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return pthread_create(&r->signals, NULL, take_signals, r) == 0;
}

void repl_signals_end(Repl *r) {
	pthread_cancel(r->signals);
	pthread_join(r->signals, NULL);
}
