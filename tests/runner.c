// SPDX-License-Identifier: MIT
// runner.c: runs the tests in parallel and compares what they print.
//
// usage: runner --gol PATH --build DIR [--jobs N] [--slow] [--again] [FILTER ...]
// --again: a test that fails runs once more, alone, when all others have ended, with twice the time (and says so): the load of
// a shared machine must not decide.
// A test is killed after LIMIT_SECONDS. That ends hangs and is ten times what the slowest one needs on a machine with a load of 20.
//
// tests/{lang,stdlib,panics,sched,limits}/ **.gol   gol run FILE; directives in comments:
//     // Output:            the following comment lines are the exact standard output
//     // Unordered output:  the same, lines in any order
//     // Output matches: R  standard output matches the regular expression (POSIX extended, whole text, \\n a newline)
//     // Stderr matches: R  some line of standard error matches (may stand several times)
//     // Exit: N            exit status (default 0)
//     // Flags: ...         flags of gol run;  // Args: ... arguments;  // Env: NAME=VALUE
//     // Test:              gol test -v instead of gol run
//     // Repeat: N          run N times (tests/sched: at 1, 2 and 8 workers each)
//     // Files: a.gol ...   further files before this one (relative to its folder)
// tests/errors/ **.gol      an error on every line with // ERROR "regex" and on no other; status 1
// tests/seeds/manifest.tsv  name, kind, prelude, match, output, seconds
// tests/cli/ *.sh           exit status 0; $GOL is the command
// tests/repl/ *.py          the same, by python3, on a pseudo-terminal (terminal.py)
// DIR/{unit,api_tests,limits}/test_*  exit status 0
// DIR/examples/*            output as in the source's // Output: block
// Last line: N passed, N failed.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TESTS = 8000, MAX_JOBS = 64, MAX_ARGS = 64, LIMIT_SECONDS = 900, LATE_SECONDS = 120 };

typedef struct Test {
	char name[256];
	char source[256]; /* file with directives; "" for unit tests */
	char *argv[MAX_ARGS];
	char env[3][64];
	enum { CHECK_STATUS, CHECK_DIRECTIVES, CHECK_ERRORS, CHECK_SEED } check;
	char *seed_how, *seed_want;
	double seed_seconds;
	pid_t pid;
	double began;
	int slot;
} Test;

static struct Runner {
	Test *tests[MAX_TESTS];
	int test_count, passed, failed;
	const char *gol, *build;
	int jobs, limit_seconds;
	bool slow, again;
	Test *failures[MAX_TESTS];
	int failure_count;
	char **filters;
	char scratch[64];
} runner;

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *read_all(const char *path) {
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	size_t len = 0, cap = 1 << 16;
	char *s = malloc(cap);
	for (size_t n; (n = fread(s + len, 1, cap - len - 1, f)) > 0;) {
		len += n;
		if (cap - len < 2)
			s = realloc(s, cap *= 2);
	}
	s[len] = 0;
	fclose(f);
	return s;
}

static bool is_wanted(const char *name) {
	if (!runner.filters[0])
		return true;
	for (char **f = runner.filters; *f; f++)
		if (strstr(name, *f))
			return true;
	return false;
}

static Test *add_test(const char *name) {
	if (!is_wanted(name) || runner.test_count == MAX_TESTS)
		return NULL;
	Test *t = calloc(1, sizeof *t);
	snprintf(t->name, sizeof t->name, "%s", name);
	runner.tests[runner.test_count++] = t;
	return t;
}

/* The text behind "// <key>" at the start of a line; NULL when absent. *cursor walks over several. */
static char *directive(const char *text, const char *key, const char **cursor) {
	char want[64];
	int n = snprintf(want, sizeof want, "// %s", key);
	for (const char *p = cursor && *cursor ? *cursor : text; (p = strstr(p, want)) != NULL; p += n) {
		if (p != text && p[-1] != '\n')
			continue;
		const char *value = p + n;
		size_t len = strcspn(value, "\n");
		if (cursor)
			*cursor = value + len;
		while (len && *value == ' ')
			value++, len--;
		return strndup(value, len);
	}
	return NULL;
}

/* The comment lines behind "// <key>\n", without "// ". */
static char *block(const char *text, const char *key) {
	char want[64];
	snprintf(want, sizeof want, "// %s\n", key);
	const char *p = strstr(text, want);
	if (!p || (p != text && p[-1] != '\n'))
		return NULL;
	p += strlen(want);
	char *out = malloc(strlen(p) + 1), *o = out;
	while (strncmp(p, "//", 2) == 0) {
		p += p[2] == ' ' ? 3 : 2;
		size_t n = strcspn(p, "\n");
		memcpy(o, p, n);
		o += n;
		*o++ = '\n';
		p += n + (p[n] == '\n');
	}
	*o = 0;
	return out;
}

static int split_words(char *s, char **out, int max) {
	int n = 0;
	for (char *w = strtok(s, " "); w && n < max; w = strtok(NULL, " "))
		out[n++] = w;
	return n;
}

static void fill_command(Test *t, const char *path, const char *text, const char *workers) {
	int n = 0;
	char *flags = directive(text, "Flags:", NULL), *args = directive(text, "Args:", NULL);
	char *env = directive(text, "Env:", NULL), *files = directive(text, "Files:", NULL);
	bool test = strstr(text, "\n// Test:") != NULL;
	t->argv[n++] = (char *)runner.gol;
	t->argv[n++] = test ? "test" : "run";
	if (test)
		t->argv[n++] = "-v";
	if (flags)
		n += split_words(flags, t->argv + n, 8);
	if (files) {
		char *words[8];
		int count = split_words(files, words, 8);
		for (int i = 0; i < count; i++) {
			t->argv[n] = malloc(512);
			snprintf(t->argv[n++], 512, "%.*s/%s", (int)(strrchr(path, '/') - path), path, words[i]);
		}
	}
	t->argv[n++] = strdup(path);
	if (args)
		n += split_words(args, t->argv + n, 8);
	if (env)
		snprintf(t->env[0], sizeof t->env[0], "%s", env);
	if (workers)
		snprintf(t->env[1], sizeof t->env[1], "GOMAXPROCS=%s", workers);
	snprintf(t->source, sizeof t->source, "%s", path);
	t->check = CHECK_DIRECTIVES;
}

static void add_program(const char *path) {
	char *text = read_all(path);
	if (!text)
		return;
	char *repeat = directive(text, "Repeat:", NULL);
	bool slow = strstr(text, "\n// Slow:") != NULL || strncmp(text, "// Slow:", 8) == 0;
	int times = repeat ? atoi(repeat) : 1;
	static const char *const counts[] = {"1", "2", "8"};
	bool sched = strncmp(path, "tests/sched/", 12) == 0;
	for (int i = 0; i < times * (sched ? 3 : 1) && (!slow || runner.slow); i++) {
		char name[300];
		snprintf(name, sizeof name, "%s%s%s", path + 6, sched ? " GOMAXPROCS=" : "", sched ? counts[i % 3] : "");
		Test *t = add_test(name);
		if (t)
			fill_command(t, path, text, sched ? counts[i % 3] : NULL);
	}
	free(text);
}

static void add_error_test(const char *path) {
	Test *t = add_test(path + 6);
	if (!t)
		return;
	char *text = read_all(path);
	fill_command(t, path, text, NULL);
	t->check = CHECK_ERRORS;
	free(text);
}

static int visit_file(const char *path, const struct stat *st, int type, struct FTW *ftw) {
	(void)st;
	(void)ftw;
	size_t n = strlen(path);
	if (type != FTW_F || n < 5 || strstr(path, "/_"))
		return 0;
	if (strncmp(path, "tests/errors/", 13) == 0 && strcmp(path + n - 4, ".gol") == 0) {
		add_error_test(path);
	} else if (strncmp(path, "tests/cli/", 10) == 0 && strcmp(path + n - 3, ".sh") == 0) {
		Test *t = add_test(path + 6);
		if (t)
			t->argv[0] = "sh", t->argv[1] = strdup(path);
	} else if (strncmp(path, "tests/repl/", 11) == 0 && strcmp(path + n - 3, ".py") == 0) {
		Test *t = strstr(path, "/terminal.py") ? NULL : add_test(path + 6);
		if (t)
			t->argv[0] = "python3", t->argv[1] = "-B", t->argv[2] = strdup(path);
	} else if (strcmp(path + n - 4, ".gol") == 0) {
		add_program(path);
	}
	return 0;
}

static void add_binaries(const char *folder, const char *prefix) {
	char path[600];
	snprintf(path, sizeof path, "%s/%s", runner.build, folder);
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		if (strchr(e->d_name, '.') || strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		char name[300];
		snprintf(name, sizeof name, "%s/%s", folder, e->d_name);
		Test *t = add_test(name);
		if (!t)
			continue;
		t->argv[0] = malloc(1024);
		snprintf(t->argv[0], 1024, "%s/%s", path, e->d_name);
		if (strcmp(folder, "examples") == 0) {
			static const char *const endings[] = {"c", "cc", "py"};
			for (int i = 0; i < 3 && (i == 0 || access(t->source, R_OK) != 0); i++)
				snprintf(t->source, sizeof t->source, "examples/embed/%.200s.%s", e->d_name, endings[i]);
			t->check = CHECK_DIRECTIVES;
		}
	}
	if (d)
		closedir(d);
}

static void add_seed(char *line) {
	char *field[6], name[300], path[300];
	for (int i = 0; i < 6; i++)
		if (!(field[i] = strsep(&line, "\t")))
			return;
	snprintf(name, sizeof name, "seeds/%s", field[0]);
	Test *t = add_test(name);
	if (!t)
		return;
	int n = 0;
	t->argv[n++] = (char *)runner.gol;
	t->argv[n++] = strcmp(field[1], "test") == 0 ? "test" : "run";
	if (strcmp(field[1], "test") == 0)
		t->argv[n++] = "-v";
	if (strcmp(field[2], "-") != 0) {
		snprintf(path, sizeof path, "tests/seeds/preludes/%s", field[2]);
		t->argv[n++] = strdup(path);
	}
	snprintf(path, sizeof path, "tests/seeds/programs/%s.gol", field[0]);
	t->argv[n++] = strdup(path);
	t->check = CHECK_SEED;
	t->seed_how = strdup(field[3]);
	t->seed_want = strdup(field[4]);
	t->seed_seconds = atof(field[5]);
}

static void add_seeds(void) {
	char *text = read_all("tests/seeds/manifest.tsv"), *rest = text;
	for (char *line; rest && (line = strsep(&rest, "\n")) != NULL;)
		if (*line && *line != '#')
			add_seed(line);
	free(text);
}

/* ---- running ---- */

static void output_path(char *out, size_t size, const Test *t, const char *suffix) {
	snprintf(out, size, "%s/%d.%s", runner.scratch, t->slot, suffix);
}

static void start(Test *t, int slot) {
	char out[128], err[128];
	t->slot = slot;
	output_path(out, sizeof out, t, "out");
	output_path(err, sizeof err, t, "err");
	t->began = now();
	fflush(stdout);
	t->pid = fork();
	if (t->pid != 0)
		return;
	setpgid(0, 0);
	for (int number = 1; number < 32; number++) /* what a shell ignores in the background is ignored by its children, too */
		signal(number, SIG_DFL);
	int fd = open("/dev/null", O_RDONLY);
	dup2(fd, 0);
	fd = open(out, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	dup2(fd, 1);
	fd = open(err, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	dup2(fd, 2);
	setenv("GOL", runner.gol, 1);
	for (int i = 0; i < 3; i++)
		if (t->env[i][0])
			putenv(t->env[i]);
	execvp(t->argv[0], t->argv);
	_exit(127);
}

static int compare_lines(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted_lines(const char *s) {
	char *copy = strdup(s), *rest = copy, *line;
	char **lines = calloc(strlen(s) + 1, sizeof *lines);
	int n = 0;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (rest || *line)
			lines[n++] = line;
	qsort(lines, (size_t)n, sizeof *lines, compare_lines);
	char *out = malloc(strlen(s) + 2), *o = out;
	for (int i = 0; i < n; i++)
		o += sprintf(o, "%s\n", lines[i]);
	*o = 0;
	free(lines);
	free(copy);
	return out;
}

static bool matches(const char *pattern, const char *text, bool whole, int flags) {
	char *full = malloc(strlen(pattern) + 8);
	sprintf(full, whole ? "^(%s)$" : "%s", pattern);
	regex_t re;
	bool ok = regcomp(&re, full, REG_EXTENDED | REG_NOSUB | flags) == 0;
	if (ok) {
		ok = regexec(&re, text, 0, NULL, 0) == 0;
		regfree(&re);
	}
	free(full);
	return ok;
}

static void explain(char *why, size_t size, const char *got, const char *want) {
	snprintf(why, size, "printed:\n%.1500s\nexpected:\n%.1500s", got, want);
}

static void unescape_newlines(char *s) {
	char *o = s;
	for (; *s; s++)
		*o++ = s[0] == '\\' && s[1] == 'n' ? (s++, '\n') : *s;
	*o = 0;
}

static bool check_directives(const Test *t, int status, const char *out, const char *err, char *why, size_t size) {
	char *text = read_all(t->source), *want;
	if (!text)
		return snprintf(why, size, "no %s", t->source), false;
	char *code = directive(text, "Exit:", NULL);
	if (status != (code ? atoi(code) : 0))
		return snprintf(why, size, "exit status %d, stderr: %.1500s", status, err), false;
	if ((want = block(text, "Output:")) != NULL && strcmp(want, out) != 0)
		return explain(why, size, out, want), false;
	if ((want = block(text, "Unordered output:")) != NULL && strcmp(sorted_lines(want), sorted_lines(out)) != 0)
		return explain(why, size, out, want), false;
	if ((want = directive(text, "Output matches:", NULL)) != NULL) {
		unescape_newlines(want);
		if (!matches(want, out, true, 0))
			return explain(why, size, out, want), false;
	}
	for (const char *cursor = text; (want = directive(text, "Stderr matches:", &cursor)) != NULL;)
		if (!matches(want, err, false, REG_NEWLINE))
			return explain(why, size, err, want), false;
	free(text);
	return true;
}

/* Every line with // ERROR "re" (or `re`) has a message, no other line has one. */
static bool check_errors(const Test *t, int status, const char *err, char *why, size_t size) {
	char *text = read_all(t->source), *rest = text, *line;
	bool ok = status == 1;
	if (!ok)
		snprintf(why, size, "exit status %d, stderr: %.1000s", status, err);
	for (int number = 1; ok && (line = strsep(&rest, "\n")) != NULL; number++) {
		char *mark = strstr(line, "// ERROR "), at[300], *message = NULL;
		snprintf(at, sizeof at, "%s:%d:", t->source, number);
		const char *found = err;
		while ((found = strstr(found, at)) != NULL && found != err && found[-1] != '\n')
			found++;
		if (found)
			message = strndup(found, strcspn(found, "\n"));
		if (mark && message) {
			char *pattern = strdup(mark + 10);
			pattern[strcspn(pattern, mark[9] == '`' ? "`" : "\"")] = 0;
			ok = matches(pattern, message, false, 0);
		} else {
			ok = !mark == !message;
		}
		if (!ok)
			snprintf(why, size, "line %d: %s, got: %.500s\nall: %.1000s", number, mark ? mark : "no error expected",
				 message ? message : "none", err);
	}
	free(text);
	return ok;
}

static bool check_seed(const Test *t, int status, const char *out, const char *err, char *why, size_t size) {
	double took = now() - t->began;
	char *want = strdup(t->seed_want);
	bool ok;
	if (status != 0)
		return snprintf(why, size, "exit status %d, stderr: %.1000s", status, err), false;
	unescape_newlines(want);
	if (strcmp(t->seed_how, "regex") == 0) {
		/* POSIX has neither \s nor \S: the manifest uses [\s\S] for anything and \b for a word's end. */
		char *p, *pattern = calloc(1, strlen(want) * 4 + 1), *o = pattern;
		for (p = want; *p; p++) {
			if (strncmp(p, "[\\s\\S]", 6) == 0)
				o += sprintf(o, "(.|\n)"), p += 5;
			else if (strncmp(p, "\\b", 2) == 0)
				p++;
			else
				*o++ = *p;
		}
		ok = matches(pattern, out, true, 0);
	} else if (strcmp(t->seed_how, "any-order") == 0) {
		ok = strcmp(sorted_lines(out), sorted_lines(want)) == 0;
	} else {
		ok = strcmp(out, want) == 0;
	}
	if (!ok)
		explain(why, size, out, want);
	else if (took < t->seed_seconds - 0.1 || took > t->seed_seconds + LATE_SECONDS)
		ok = false, snprintf(why, size, "took %.2f s, expected about %.2f", took, t->seed_seconds);
	return ok;
}

static void finish(Test *t, int wait_status) {
	char path[128], why[4096] = "";
	output_path(path, sizeof path, t, "out");
	char *out = read_all(path);
	output_path(path, sizeof path, t, "err");
	char *err = read_all(path);
	int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1000 + WTERMSIG(wait_status);
	bool ok = false;
	switch (t->check) {
	case CHECK_STATUS:
		ok = status == 0;
		if (!ok)
			snprintf(why, sizeof why, "exit status %d\n%.1500s\n%.1500s", status, out, err);
		break;
	case CHECK_DIRECTIVES: ok = check_directives(t, status, out, err, why, sizeof why); break;
	case CHECK_ERRORS: ok = check_errors(t, status, err, why, sizeof why); break;
	case CHECK_SEED: ok = check_seed(t, status, out, err, why, sizeof why); break;
	}
	if (ok)
		runner.passed++;
	else if (runner.again)
		runner.failures[runner.failure_count++] = t, printf("AGAIN %s: %.300s\n", t->name, why);
	else
		runner.failed++, printf("FAIL %s: %s\n", t->name, why);
	free(out);
	free(err);
}

static void run_all(void) {
	Test *running[MAX_JOBS] = {0};
	int next = 0, active = 0;
	while (next < runner.test_count || active > 0) {
		for (int i = 0; i < runner.jobs && next < runner.test_count; i++)
			if (!running[i])
				start(running[i] = runner.tests[next++], i), active++;
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid == 0) {
			for (int i = 0; i < runner.jobs; i++)
				if (running[i] && now() - running[i]->began > runner.limit_seconds)
					kill(-running[i]->pid, SIGKILL);
			usleep(1000);
			continue;
		}
		for (int i = 0; i < runner.jobs; i++)
			if (running[i] && running[i]->pid == pid)
				finish(running[i], status), running[i] = NULL, active--;
	}
}

static void run_failures(void) {
	memcpy(runner.tests, runner.failures, sizeof runner.failures);
	runner.test_count = runner.failure_count;
	runner.again = false;
	runner.jobs = 1;
	runner.limit_seconds *= 2;
	run_all();
}

int main(int argc, char **argv) {
	runner.jobs = 2;
	runner.limit_seconds = LIMIT_SECONDS;
	int i = 1;
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--gol") == 0)
			runner.gol = argv[++i];
		else if (strcmp(argv[i], "--build") == 0)
			runner.build = argv[++i];
		else if (strcmp(argv[i], "--jobs") == 0)
			runner.jobs = atoi(argv[++i]);
		else if (strcmp(argv[i], "--slow") == 0)
			runner.slow = true;
		else if (strcmp(argv[i], "--again") == 0)
			runner.again = true;
	}
	runner.filters = argv + i;
	/* Most seeds sleep: more at once than CPUs. */
	runner.jobs = runner.jobs < 1 ? 1 : runner.jobs * 3 > MAX_JOBS ? MAX_JOBS : runner.jobs * 3;
	strcpy(runner.scratch, "/tmp/gol-tests-XXXXXX");
	if (!runner.gol || !runner.build || !mkdtemp(runner.scratch))
		return 2;
	add_seeds();
	static const char *const folders[] = {"lang", "stdlib", "panics", "sched", "limits", "errors", "cli", "repl"};
	for (size_t k = 0; k < sizeof folders / sizeof folders[0]; k++) {
		char path[64];
		snprintf(path, sizeof path, "tests/%s", folders[k]);
		nftw(path, visit_file, 16, FTW_PHYS);
	}
	add_binaries("unit", "test_");
	add_binaries("api_tests", "test_");
	add_binaries("limits", "test_");
	add_binaries("examples", "");
	run_all();
	if (runner.failure_count > 0)
		run_failures();
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", runner.scratch);
	if (system(command) != 0)
		perror(command);
	printf("%d passed, %d failed\n", runner.passed, runner.failed);
	return runner.failed != 0 || runner.passed == 0;
}
