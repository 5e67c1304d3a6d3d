/* SPDX-License-Identifier: MIT */
/* host.c: the VM of the command: made, fed with sources, run.
 *
 * Rules: while a program runs, a thread of its own takes the signals. What the program does not want has its default action,
 * which is what Go does as well: the process dies of the signal and the shell sees it. SIGQUIT shows the goroutines first.
 * Why a thread: it can call what a handler cannot, and needs no global variable to know the VM. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/leaks.h"

static uint32_t environment_number(const char *name, unsigned long long max) {
	const char *s = getenv(name);
	unsigned long long n;
	return s && cmd_parse_number(s, max, &n) ? (uint32_t)n : 0;
}

GolVM *host_new_vm(const RunOptions *options, Console *console, int argc, char **argv) {
	static const char *const tuned[] = {"GOMEMLIMIT", "GODEBUG"};
	const char *gogc = getenv("GOGC");
	GolConfig config = {
		.size = sizeof config,
		.user = console,
		.write = console_write,
		.diagnostic = console_diagnostic,
		.workers = options->procs ? options->procs : environment_number("GOMAXPROCS", 256),
		.allow = GOL_ALLOW_ALL | GOL_ALLOW_SIGNALS,
		.limits = options->limits,
		.argc = argc,
		.argv = (const char *const *)argv,
		.seed = options->seed,
		.gc_percent = gogc && strcmp(gogc, "off") == 0 ? -1 : (int)environment_number("GOGC", 100000),
	};
	GolVM *vm;
	GolStatus status = gol_vm_new(&config, &vm);
	if (status != GOL_OK)
		fprintf(stderr, "gol: cannot start: %s\n", gol_status_name(status));
	console->vm = vm;
	for (size_t i = 0; vm && i < sizeof tuned / sizeof *tuned; i++) {
		const char *value = getenv(tuned[i]);
		if (value && *value && gol_tune(vm, tuned[i], value) != GOL_OK)
			fprintf(stderr, "gol: %s\n", gol_error(vm));
	}
	return vm;
}

static GolProgram *load_image(GolVM *vm, const SourceList *sources, bool is_test) {
	GolProgram *program = NULL;
	const char *name = sources->items[0].name;
	if (is_test || sources->count > 1)
		fprintf(stderr, "gol: %s is an image: it cannot be compiled%s\n", name, is_test ? "" : " together with other files");
	else if (gol_load(vm, sources->items[0].text, sources->items[0].len, &program) != GOL_OK)
		fprintf(stderr, "gol: %s: %s\n", name, gol_error(vm));
	return program;
}

GolProgram *host_compile(GolVM *vm, const SourceList *sources, const RunOptions *options, bool is_test) {
	GolProgram *program = NULL;
	if (gol_is_image(sources->items[0].text, sources->items[0].len))
		return load_image(vm, sources, is_test);
	GolCompileOptions compile = {
		.size = sizeof compile,
		.go_version = options->go_version,
		.is_test = is_test,
		.all_errors = options->all_errors,
	};
	GolStatus status = gol_compile(vm, sources->items, sources->count, &compile, &program);
	if (status != GOL_OK && status != GOL_ERROR_COMPILE)
		fprintf(stderr, "gol: %s\n", gol_error(vm));
	((Console *)gol_userdata(vm))->rejected = status == GOL_ERROR_LIMIT || status == GOL_ERROR_MEMORY ? 2 : 1;
	return program;
}

void host_print_piece(void *user, const char *text, size_t len) { fwrite(text, 1, len, user); }

static void write_profile(GolVM *vm, GolProfile what, const char *path) {
	FILE *out = path ? fopen(path, "wb") : NULL;
	if (!path)
		return;
	if (!out || gol_profile_write(vm, what, host_print_piece, out) != GOL_OK || ferror(out))
		fprintf(stderr, "gol: cannot write %s\n", path);
	if (out)
		fclose(out);
}

/* ---------------------------------------------------------------- signals */

/* Those that a thread brings upon itself stay its own, and blocking those about the terminal would change what it does. */
static void fill_taken(sigset_t *set) {
	static const int left[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF, SIGTTIN, SIGTTOU};
	sigfillset(set);
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		sigdelset(set, left[i]);
}

/* What the system does by default with a signal that all threads block. */
static void default_action(int number) {
	sigset_t set, before;
	if (number == SIGPIPE) /* Go's programs die of writing to a closed pipe only (console.c) */
		return;
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, &before);
	kill(getpid(), number); /* all other threads block it: it comes here */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void show_and_quit(GolVM *vm) {
	console_write(gol_userdata(vm), 2, "SIGQUIT: quit\n\n", 15);
	gol_request_traces(vm);
	gol_interrupt(vm);
}

enum { WATCHER_END = SIGURG }; /* wakes the watcher; to it alone */

typedef struct Watcher {
	GolVM *vm;
	bool was_quit;
	bool is_over; /* atomic */
} Watcher;

static void *watch_signals(void *arg) {
	Watcher *w = arg;
	sigset_t set;
	int number;
	fill_taken(&set);
	while (!w->was_quit && sigwait(&set, &number) == 0) {
		if (__atomic_load_n(&w->is_over, __ATOMIC_ACQUIRE)) {
			if (number != WATCHER_END)
				kill(getpid(), number); /* it waits until somebody takes it */
			break;
		}
		if (gol_signal(w->vm, number) == 0) {
			w->was_quit = number == SIGQUIT;
			if (w->was_quit)
				show_and_quit(w->vm);
			else
				default_action(number);
		}
	}
	return NULL;
}

/* ---------------------------------------------------------------- running */

/* Runs in the folder (NULL: where we are) and comes back. */
static GolStatus run_in(GolVM *vm, GolProgram *program, const char *folder) {
	int here = folder ? open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (folder && (here < 0 || chdir(folder) != 0))
		fprintf(stderr, "gol: %s: %s\n", folder, strerror(errno));
	GolStatus status = gol_run(vm, program);
	if (here >= 0 && fchdir(here) != 0)
		fprintf(stderr, "gol: cannot return from %s: %s\n", folder, strerror(errno));
	if (here >= 0)
		close(here);
	return status;
}

/* Returns whether the traces were asked for. */
static bool run_watched(GolVM *vm, GolProgram *program, const char *folder, GolStatus *status) {
	Watcher w = {.vm = vm};
	sigset_t set, before;
	pthread_t thread;
	fill_taken(&set);
	pthread_sigmask(SIG_BLOCK, &set, &before); /* the VM's threads inherit it */
	bool is_watched = pthread_create(&thread, NULL, watch_signals, &w) == 0;
	if (!is_watched)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	*status = run_in(vm, program, folder);
	if (is_watched) {
		__atomic_store_n(&w.is_over, true, __ATOMIC_RELEASE);
		pthread_kill(thread, WATCHER_END);
		pthread_join(thread, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w.was_quit;
}

int host_run(GolVM *vm, GolProgram *program, const RunOptions *options) {
	GolStatus status;
	if (options->cpu_profile)
		gol_profile(vm, GOL_PROFILE_CPU);
	if (options->memory_profile)
		gol_profile(vm, GOL_PROFILE_MEMORY);
	Console *console = gol_userdata(vm);
	LeakReport leaks = {.wanted = options->leaks, .hints = options->explain || (console->excerpts && !console->err)};
	leaks_watch(vm, &leaks);
	bool was_quit = run_watched(vm, program, options->folder, &status);
	bool is_unsaid = status == GOL_ERROR_MEMORY || status == GOL_ERROR_ARGUMENT || status == GOL_ERROR_LIMIT;
	if (is_unsaid && !strstr(gol_error(vm), "fatal error: ")) /* those came with a trace */
		fprintf(stderr, "gol: %s\n", gol_error(vm));
	write_profile(vm, GOL_PROFILE_CPU, options->cpu_profile);
	write_profile(vm, GOL_PROFILE_MEMORY, options->memory_profile);
	if (options->stats)
		gol_stats(vm, host_print_piece, stderr);
	gol_at_end(vm, NULL, NULL);
	int code = was_quit && status == GOL_INTERRUPTED ? 2 : gol_exit_code(vm);
	return code == 0 && options->fail_leaks && leaks.leaked ? 1 : code;
}

int host_compile_and_run(const SourceList *sources, int argc, char **argv, const RunOptions *options, bool is_test) {
	Console console;
	console_init(&console);
	GolVM *vm = host_new_vm(options, &console, argc, argv);
	if (!vm)
		return 2;
	GolProgram *program = host_compile(vm, sources, options, is_test);
	int code = program ? host_run(vm, program, options) : console.rejected;
	gol_vm_free(vm);
	return code;
}
