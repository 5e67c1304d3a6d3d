/* SPDX-License-Identifier: MIT */
/* repl.h: what the files of the read-eval-print loop share. */
#ifndef GOL_CMD_REPL_H
#define GOL_CMD_REPL_H

#include <pthread.h>

#include "cmd/cmd.h"
#include "cmd/line.h"

typedef struct Repl {
	GolVM *vm;
	Console console;
	Line *line;           /* NULL: input is read as it comes */
	bool is_interactive;  /* somebody types: Ctrl-C interrupts, the loop goes on after errors */
	bool has_prompt;      /* without an editor */
	bool has_colour;      /* in what is printed to standard output */
	bool has_failed;      /* some input did */
	int exit_code;        /* what os.Exit said */
	unsigned inputs;      /* typed and evaluated so far, for their names */
	pthread_t signals;    /* the thread that takes them, when is_interactive */
	int wake[2];          /* without an editor: a pipe, for is_cancelled and os.Exit */
	/* Guarded by interrupting, as between that thread and gol_eval's: */
	pthread_mutex_t interrupting;
	bool is_evaluating;
	bool is_watched;      /* gol_eval has been heard of: from now on its evaluation can be interrupted */
	bool is_cancelled;    /* Ctrl-C at a prompt without an editor */
	unsigned interrupts;  /* Ctrl-C during this evaluation */
	unsigned told;        /* of them to gol_eval */

	bool has_said_waiting;
	Text pending;         /* without an editor: bytes read and not used yet */
	bool is_at_end;
	bool has_exited;
	unsigned line_number; /* of the next line of pending */
} Repl;

/* What to do after an input. */
typedef enum ReplNext { REPL_GO_ON, REPL_LEAVE } ReplNext;

/* ---- repl.c ---- */

void repl_print(Repl *r, const char *text, size_t len);
void repl_printf(Repl *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For the sinks of gol.h: user is a Text. */
void repl_collect(void *user, const char *text, size_t len);

/* ---- repl_eval.c ---- */

/* Runs text as the next piece of the session and shows its values, or what became of it. name: of a file; NULL: it was typed. */
GolStatus repl_eval(Repl *r, const char *name, const char *text, size_t len, uint32_t flags);
/* The same in two steps. */
void repl_show_values(Repl *r);
GolStatus repl_run(Repl *r, const char *name, const char *text, size_t len, uint32_t flags);
/* Whether to go on after an evaluation: os.Exit ends the loop. */
ReplNext repl_next(Repl *r, GolStatus status);
/* Go text in colours, if there are any. */
void repl_print_go(Repl *r, const char *text, size_t len);
/* "1.5s", "20ms", "3µs" */
void repl_put_duration(Text *out, int64_t ns);

/* ---- repl_command.c ---- */

/* text begins with ':'. */
ReplNext repl_command(Repl *r, const char *text);
/* Candidates for a line that begins with ':'. */
void repl_complete_command(Repl *r, const char *text, size_t len, size_t cursor, LineCandidates *out);
/* The part behind the command's name when it is Go text; NULL: it is not. */
const char *repl_command_code(const char *text);
/* Candidates for Go text that begins at byte `offset` of the line. */
void repl_complete_code(Repl *r, const char *text, size_t len, size_t cursor, size_t offset, LineCandidates *out);

/* ---- repl_inspect.c: commands about goroutines and channels ---- */

void repl_go(Repl *r, const char *argument);
void repl_chan(Repl *r, const char *argument);
void repl_pause(Repl *r, const char *argument);
void repl_resume(Repl *r, const char *argument);
void repl_step(Repl *r, const char *argument);
void repl_trace(Repl *r, const char *argument);

/* ---- repl_signal.c ---- */

/* When the VM is made and no other thread is there: the VM's take no signals. */
bool repl_signals_begin(Repl *r);
void repl_signals_end(Repl *r);
/* gol_eval is about to be called; it has called back, so that it can be interrupted; it has returned. */
void repl_evaluation_begins(Repl *r);
void repl_evaluation_seen(Repl *r);
void repl_evaluation_ends(Repl *r);
/* Whether Ctrl-C came while nothing was evaluated and there is no editor; forgets it. */
bool repl_take_cancel(Repl *r);

/* ---- repl_scan.c: Go text, coarsely, for colours and indentation ---- */

void scan_style(const char *text, size_t len, size_t cursor, uint8_t *styles);
/* Tabs that the line with text[at] begins with. */
size_t scan_indent(const char *text, size_t len, size_t at);

#endif
