/* SPDX-License-Identifier: MIT */
/* common.c: what the verbs share: options, reading files, the VM of the command, diagnostics on stderr. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

/* The value of "-name=v", "--name=v" or "-name v"; NULL: argv[*i] is another option. */
static const char *option_value(int argc, char **argv, int *i, const char *name) {
	const char *s = argv[*i] + (strncmp(argv[*i], "--", 2) == 0 ? 2 : 1);
	size_t n = strlen(name);
	if (strncmp(s, name, n) != 0)
		return NULL;
	if (s[n] == '=')
		return s + n + 1;
	if (s[n] != 0 || *i + 1 >= argc)
		return NULL;
	return argv[++*i];
}

static bool parse_number(const char *s, unsigned long long max, unsigned long long *out) {
	char *end;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return *s >= '0' && *s <= '9' && *end == 0 && errno == 0 && *out <= max;
}

static int bad_option(const char *name, const char *value) {
	fprintf(stderr, "gol: invalid value \"%s\" for %s\n", value, name);
	return -1;
}

int cmd_option(int argc, char **argv, int *i, RunOptions *options) {
	const char *value;
	unsigned long long n;
	if (argv[*i][0] != '-' || argv[*i][1] == 0)
		return 0;
	if ((value = option_value(argc, argv, i, "procs")) != NULL) {
		if (!parse_number(value, 256, &n) || n == 0)
			return bad_option("-procs", value);
		options->procs = (uint32_t)n;
		return 1;
	}
	if ((value = option_value(argc, argv, i, "seed")) != NULL) {
		if (!parse_number(value, UINT64_MAX, &n))
			return bad_option("-seed", value);
		options->seed = n;
		return 1;
	}
	if ((value = option_value(argc, argv, i, "lang")) != NULL) {
		if (strncmp(value, "go1.", 4) != 0 || !parse_number(value + 4, 99, &n) || n == 0)
			return bad_option("-lang", value);
		options->go_version = (int)n;
		return 1;
	}
	if ((value = option_value(argc, argv, i, "cpuprofile")) != NULL) {
		options->cpu_profile = value;
		return 1;
	}
	if ((value = option_value(argc, argv, i, "memprofile")) != NULL) {
		options->memory_profile = value;
		return 1;
	}
	if (strcmp(argv[*i], "-stats") == 0 || strcmp(argv[*i], "--stats") == 0)
		return options->stats = true;
	if (strcmp(argv[*i], "-e") == 0 && *i + 1 < argc) {
		options->code = argv[++*i];
		return 1;
	}
	return 0;
}

char *cmd_read_file(const char *path, size_t *len) {
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char *text = NULL;
	size_t cap = 0;
	*len = 0;
	while (in) {
		if (*len + 65536 > cap) {
			char *bigger = realloc(text, cap = cap * 2 + 131072);
			if (!bigger)
				break;
			text = bigger;
		}
		size_t n = fread(text + *len, 1, cap - *len - 1, in);
		if (n == 0)
			break;
		*len += n;
	}
	if (!in || ferror(in)) {
		fprintf(stderr, "gol: %s: %s\n", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (in && in != stdin)
		fclose(in);
	return text;
}

static void write_output(void *user, int fd, const char *data, size_t len) {
	(void)user;
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static void print_diagnostic(void *user, const GolDiagnostic *d) {
	(void)user;
	if (d->line)
		fprintf(stderr, "%s:%u:%u: ", d->file, d->line, d->column);
	fprintf(stderr, "%s%s\n", d->is_warning ? "warning: " : "", d->message);
	if (isatty(2) && d->excerpt[0])
		fputs(d->excerpt, stderr);
}

static uint32_t environment_number(const char *name, unsigned long long max) {
	const char *s = getenv(name);
	unsigned long long n;
	return s && parse_number(s, max, &n) ? (uint32_t)n : 0;
}

GolVM *cmd_new_vm(const RunOptions *options, int argc, char **argv) {
	const char *gogc = getenv("GOGC");
	GolConfig config = {
		.size = sizeof config,
		.write = write_output,
		.diagnostic = print_diagnostic,
		.workers = options->procs ? options->procs : environment_number("GOMAXPROCS", 256),
		.allow = GOL_ALLOW_ALL,
		.argc = argc,
		.argv = (const char *const *)argv,
		.seed = options->seed,
		.gc_percent = gogc && strcmp(gogc, "off") == 0 ? -1 : (int)environment_number("GOGC", 100000),
	};
	GolVM *vm;
	GolStatus status = gol_vm_new(&config, &vm);
	if (status != GOL_OK)
		fprintf(stderr, "gol: cannot start: %s\n", gol_status_name(status));
	static const char *const tuned[] = {"GOMEMLIMIT", "GODEBUG"};
	for (size_t i = 0; vm && i < sizeof tuned / sizeof *tuned; i++) {
		const char *value = getenv(tuned[i]);
		if (value && *value && gol_tune(vm, tuned[i], value) != GOL_OK)
			fprintf(stderr, "gol: %s\n", gol_error(vm));
	}
	return vm;
}

GolProgram *cmd_compile(GolVM *vm, char **files, int count, const RunOptions *options, bool is_test) {
	GolSource *sources = calloc((size_t)count + 1, sizeof *sources);
	GolProgram *program = NULL;
	bool ok = sources != NULL;
	if (ok && options->code)
		sources[0] = (GolSource){.name = "command-line", .text = options->code, .len = strlen(options->code)};
	for (int i = 0; ok && !options->code && i < count; i++) {
		sources[i].name = strcmp(files[i], "-") == 0 ? "stdin" : files[i];
		sources[i].text = cmd_read_file(files[i], &sources[i].len);
		ok = sources[i].text != NULL;
	}
	GolCompileOptions compile = {.size = sizeof compile, .go_version = options->go_version, .is_test = is_test};
	if (ok && gol_compile(vm, sources, options->code ? 1 : (size_t)count, &compile, &program) == GOL_ERROR_MEMORY)
		fprintf(stderr, "gol: %s\n", gol_error(vm));
	for (int i = 0; sources && !options->code && i < count; i++)
		free((char *)sources[i].text);
	free(sources);
	return program;
}
