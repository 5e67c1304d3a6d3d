/* SPDX-License-Identifier: MIT */
/* document.c: the programs of a document, one after the other (gol run) or checked (gol test).
 *
 * Owns: the threads of a test; each runs one program at a time in a VM of its own.
 * Rules: results are shown in the order of the document, each as soon as all before it are known.
 * Why threads: programs in documents mostly sleep. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/markdown.h"
#include "cmd/outcome.h"

enum { DEFAULT_SECONDS = 30, DEFAULT_PARALLEL = 8 };

/* ---------------------------------------------------------------- names */

/* Length of path without ":12"; *line is 12, or 0 when there is no such end. */
static size_t split_line(const char *path, uint32_t *line) {
	const char *colon = strrchr(path, ':');
	unsigned long long n;
	*line = 0;
	if (!colon || colon == path || access(path, F_OK) == 0 || !cmd_parse_number(colon + 1, UINT32_MAX, &n) || n == 0)
		return strlen(path);
	*line = (uint32_t)n;
	return (size_t)(colon - path);
}

static bool has_markdown_name(const char *path) {
	return cmd_has_suffix(path, ".md") || cmd_has_suffix(path, ".markdown");
}

bool document_is_named(const char *path) {
	uint32_t line;
	size_t len;
	char *name = text_copy(path, split_line(path, &line));
	bool is = has_markdown_name(name);
	if (!is && cmd_has_suffix(name, ".txt") && access(name, R_OK) == 0) {
		char *text = cmd_read_file(name, &len);
		is = text && markdown_has_fence(text);
		free(text);
	}
	free(name);
	return is;
}

typedef struct Document {
	char *name;
	BlockList blocks;
	uint32_t only_line; /* 0: all; else the block around that line */
} Document;

static bool is_wanted(const Document *d, const Block *b) {
	return d->only_line == 0 || (b->line <= d->only_line && d->only_line <= b->end);
}

/* False after printing why not. */
static bool document_open(Document *d, const char *path) {
	size_t len, wanted = 0;
	*d = (Document){0};
	d->name = text_copy(path, split_line(path, &d->only_line));
	char *text = cmd_read_file(d->name, &len);
	if (!text)
		return false;
	markdown_parse(text, &d->blocks);
	free(text);
	for (size_t i = 0; i < d->blocks.count; i++)
		wanted += is_wanted(d, &d->blocks.items[i]);
	if (wanted == 0)
		fprintf(stderr, "gol: %s: no ```go block %s\n", path, d->only_line ? "at that line" : "in it");
	return wanted > 0;
}

static void document_close(Document *d) {
	markdown_free(&d->blocks);
	free(d->name);
}

/* ---------------------------------------------------------------- one program */

static GolProgram *compile_block(GolVM *vm, const Document *d, const Block *b, const RunOptions *options) {
	SourceList sources = {0};
	source_list_add(&sources, d->name, text_copy(b->code.ptr, b->code.len), b->code.len);
	GolProgram *program = host_compile(vm, &sources, options, outcome_is_test(b->code.ptr));
	source_list_free(&sources);
	return program;
}

int document_run(const char *path, int argc, char **argv, const RunOptions *options) {
	Document d;
	int first_code = 0;
	bool ok = document_open(&d, path);
	for (size_t i = 0; ok && i < d.blocks.count; i++) {
		const Block *b = &d.blocks.items[i];
		Text reason = {0};
		Console console;
		if (!is_wanted(&d, b))
			continue;
		console_init(&console);
		/* One that was asked for by its line gets the full messages. */
		console.reason = d.only_line ? NULL : &reason;
		GolVM *vm = host_new_vm(options, &console, argc, argv);
		GolProgram *program = vm ? compile_block(vm, &d, b, options) : NULL;
		int code = program ? host_run(vm, program, options) : d.only_line || !vm;
		if (vm && !program && !d.only_line)
			fprintf(stderr, "%s:%u: not a program: %s\n", d.name, b->line, text_string(&reason));
		first_code = first_code ? first_code : code;
		gol_vm_free(vm);
		text_free(&reason);
	}
	document_close(&d);
	return ok ? first_code : 1;
}

static double seconds_now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------- many at once */

typedef struct Job {
	const Document *document;
	const Block *block;
	Outcome outcome;
	bool is_done;
} Job;

typedef struct Session {
	const DocumentTest *how;
	RunOptions options;
	Job *jobs;
	size_t count, next;
	pthread_mutex_t lock; /* next, is_done */
	pthread_cond_t done;
} Session;

static void check_block(const Session *s, Job *job) {
	char name[] = "gol.test", verbose[] = "-test.v=true";
	char *argv[] = {name, verbose, NULL};
	bool is_test = outcome_is_test(job->block->code.ptr);
	Outcome *o = &job->outcome;
	Text reason = {0};
	Console console = {.out = &o->out, .err = &o->err, .reason = &reason};
	GolVM *vm = host_new_vm(&s->options, &console, is_test ? 2 : 1, argv);
	GolProgram *program = vm ? compile_block(vm, job->document, job->block, &s->options) : NULL;
	double began = seconds_now();
	if (program) {
		GolStatus status = gol_run(vm, program);
		o->seconds = seconds_now() - began;
		outcome_judge(o, job->block, status, gol_exit_code(vm), s->options.limits.wall_ns);
	} else {
		outcome_rejected(o, job->block, text_string(&reason));
	}
	gol_vm_free(vm);
	text_free(&reason);
}

static void *work(void *user) {
	Session *s = user;
	pthread_mutex_lock(&s->lock);
	while (s->next < s->count) {
		Job *job = &s->jobs[s->next++];
		pthread_mutex_unlock(&s->lock);
		check_block(s, job);
		pthread_mutex_lock(&s->lock);
		job->is_done = true;
		pthread_cond_broadcast(&s->done);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void report(const Session *s, Job *job) {
	Outcome *o = &job->outcome;
	printf("%s:%u: %s", job->document->name, job->block->line, outcome_name(o));
	if (o->reason.len)
		printf(": %s", o->reason.ptr);
	if (o->kind != OUTCOME_NO_PROGRAM)
		printf(" (%.2fs)", o->seconds);
	putchar('\n');
	if (s->how->is_verbose)
		printf("%s%s", text_string(&o->out), text_string(&o->err));
	fflush(stdout);
}

/* Waits for the jobs in their order. Returns how many failed. */
static size_t report_all(Session *s) {
	size_t counts[OUTCOME_KINDS] = {0};
	for (size_t i = 0; i < s->count; i++) {
		Job *job = &s->jobs[i];
		pthread_mutex_lock(&s->lock);
		while (!job->is_done)
			pthread_cond_wait(&s->done, &s->lock);
		pthread_mutex_unlock(&s->lock);
		report(s, job);
		counts[job->outcome.kind]++;
		outcome_free(&job->outcome);
	}
	printf("%zu passed, %zu failed, %zu not a program\n", counts[OUTCOME_PASSED], counts[OUTCOME_FAILED],
	       counts[OUTCOME_NO_PROGRAM]);
	return counts[OUTCOME_FAILED];
}

/* Returns how many failed. */
static size_t run_jobs(Session *s) {
	size_t wanted = s->how->parallel > 0 ? (size_t)s->how->parallel : DEFAULT_PARALLEL, started = 0;
	if (wanted > s->count)
		wanted = s->count;
	pthread_t *threads = text_realloc(NULL, wanted * sizeof *threads);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->done, NULL);
	while (started < wanted && pthread_create(&threads[started], NULL, work, s) == 0)
		started++;
	if (started == 0)
		work(s);
	size_t failed = report_all(s);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&s->done);
	pthread_mutex_destroy(&s->lock);
	free(threads);
	return failed;
}

static void add_jobs(Session *s, const Document *d) {
	s->jobs = text_realloc(s->jobs, (s->count + d->blocks.count) * sizeof *s->jobs);
	for (size_t i = 0; i < d->blocks.count; i++)
		if (is_wanted(d, &d->blocks.items[i]))
			s->jobs[s->count++] = (Job){.document = d, .block = &d->blocks.items[i]};
}

int document_test(char **paths, int count, const DocumentTest *how) {
	Session s = {.how = how, .options = *how->options};
	Document *documents = text_realloc(NULL, (size_t)count * sizeof *documents);
	s.options.limits.wall_ns = how->timeout_ns > 0 ? how->timeout_ns : DEFAULT_SECONDS * 1000000000ll;
	bool ok = true;
	for (int i = 0; i < count; i++) {
		ok = document_open(&documents[i], paths[i]) && ok;
		add_jobs(&s, &documents[i]);
	}
	if (s.count > 0 && run_jobs(&s) > 0)
		ok = false;
	for (int i = 0; i < count; i++)
		document_close(&documents[i]);
	free(documents);
	free(s.jobs);
	return ok ? 0 : 1;
}
