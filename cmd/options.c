/* SPDX-License-Identifier: MIT */
/* options.c: the flags that run, test and build share.
 *
 * Why a table: each flag is one row, in Go's forms -name V, -name=V, --name=V. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

bool cmd_is_flag(const char *s) { return s[0] == '-' && s[1] != 0; }

bool cmd_ends_flags(const char *s) { return strcmp(s, "--") == 0; }

bool cmd_parse_number(const char *s, unsigned long long max, unsigned long long *out) {
	char *end;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return *s >= '0' && *s <= '9' && *end == 0 && errno == 0 && *out <= max;
}

/* The factor of a unit at *s, which is advanced over it; 0: none. */
static double duration_unit(const char **s) {
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t n = strlen(units[i].name);
		if (strncmp(*s, units[i].name, n) == 0) {
			*s += n;
			return units[i].ns;
		}
	}
	return 0;
}

bool cmd_parse_duration(const char *s, int64_t *out_ns) {
	double total = 0;
	*out_ns = 0;
	if (strcmp(s, "0") == 0)
		return true;
	do {
		char *end;
		if ((*s < '0' || *s > '9') && *s != '.')
			return false;
		double n = strtod(s, &end);
		if (end == s)
			return false;
		s = end;
		double unit = duration_unit(&s);
		if (unit == 0)
			return false;
		total += n * unit;
	} while (*s);
	if (!(total < 9e18))
		return false;
	*out_ns = (int64_t)total;
	return true;
}

/* "64MB", "1GiB", "4096": K, M and G are powers of 1024. */
static bool parse_size(const char *s, uint64_t *out) {
	char *end;
	errno = 0;
	unsigned long long n = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || errno)
		return false;
	static const char letters[] = "KMG";
	const char *letter = *end ? strchr(letters, *end) : NULL;
	int shift = letter ? (int)(letter - letters + 1) * 10 : 0;
	end += letter != NULL;
	if (strcmp(end, "") != 0 && strcmp(end, "B") != 0 && (strcmp(end, "iB") != 0 || !letter))
		return false;
	*out = n << shift;
	return *out >> shift == n;
}

/* ---------------------------------------------------------------- one function per flag: false = bad value */

static bool set_procs(RunOptions *o, const char *value) {
	unsigned long long n;
	if (!cmd_parse_number(value, 256, &n) || n == 0)
		return false;
	o->procs = (uint32_t)n;
	return true;
}

static bool set_seed(RunOptions *o, const char *value) {
	unsigned long long n;
	bool ok = cmd_parse_number(value, UINT64_MAX, &n);
	o->seed = n;
	return ok;
}

static bool set_lang(RunOptions *o, const char *value) {
	unsigned long long n;
	if (strncmp(value, "go1.", 4) != 0 || !cmd_parse_number(value + 4, 99, &n) || n == 0)
		return false;
	o->go_version = (int)n;
	return true;
}

static bool set_cpu_profile(RunOptions *o, const char *value) { return *(o->cpu_profile = value) != 0; }
static bool set_memory_profile(RunOptions *o, const char *value) { return *(o->memory_profile = value) != 0; }
static bool set_max_memory(RunOptions *o, const char *value) { return parse_size(value, &o->limits.memory_bytes); }
static bool set_max_stack(RunOptions *o, const char *value) { return parse_size(value, &o->limits.stack_bytes); }
static bool set_max_time(RunOptions *o, const char *value) { return cmd_parse_duration(value, &o->limits.wall_ns); }

static bool set_max_fuel(RunOptions *o, const char *value) {
	unsigned long long n;
	bool ok = cmd_parse_number(value, INT64_MAX, &n);
	o->limits.fuel = (int64_t)n;
	return ok;
}

static bool set_max_goroutines(RunOptions *o, const char *value) {
	unsigned long long n;
	bool ok = cmd_parse_number(value, UINT64_MAX, &n);
	o->limits.goroutines = n;
	return ok;
}

static bool set_all_errors(RunOptions *o, const char *value) {
	(void)value;
	return o->all_errors = true;
}

static bool set_leaks(RunOptions *o, const char *value) {
	(void)value;
	return o->leaks = true;
}

static bool set_fail_leaks(RunOptions *o, const char *value) {
	(void)value;
	return o->leaks = o->fail_leaks = true;
}

static bool set_explain(RunOptions *o, const char *value) {
	(void)value;
	return o->explain = true;
}

static bool set_stats(RunOptions *o, const char *value) {
	(void)value;
	return o->stats = true;
}

static const struct Flag {
	const char *name;
	bool (*set)(RunOptions *o, const char *value);
	const char *wanted; /* what its value may be; NULL: it has none */
} flags[] = {
	{"procs", set_procs, "a number from 1 to 256"},
	{"seed", set_seed, "a number"},
	{"lang", set_lang, "a version such as go1.21"},
	{"all-errors", set_all_errors, NULL},
	{"stats", set_stats, NULL},
	{"leaks", set_leaks, NULL},
	{"fail-leaks", set_fail_leaks, NULL},
	{"explain", set_explain, NULL},
	{"cpuprofile", set_cpu_profile, "the name of a file"},
	{"memprofile", set_memory_profile, "the name of a file"},
	{"max-memory", set_max_memory, "a size such as 64MB or 1GiB"},
	{"max-stack", set_max_stack, "a size such as 64MB or 1GiB"},
	{"max-time", set_max_time, "a duration such as 500ms or 1m30s"},
	{"max-fuel", set_max_fuel, "a number"},
	{"max-goroutines", set_max_goroutines, "a number"},
};

static int take_flag(const struct Flag *flag, const char *value, int argc, char **argv, int *i, RunOptions *options) {
	if (!flag->wanted && value) {
		fprintf(stderr, "gol: -%s takes no value\n", flag->name);
		return -1;
	}
	if (flag->wanted && !value) {
		if (*i + 1 >= argc) {
			fprintf(stderr, "gol: -%s needs %s\n", flag->name, flag->wanted);
			return -1;
		}
		value = argv[++*i];
	}
	if (flag->set(options, value))
		return 1;
	fprintf(stderr, "gol: invalid value \"%s\" for -%s, which needs %s\n", value, flag->name, flag->wanted);
	return -1;
}

int cmd_option(int argc, char **argv, int *i, RunOptions *options) {
	if (!cmd_is_flag(argv[*i]) || cmd_ends_flags(argv[*i]))
		return 0;
	if (strcmp(argv[*i], "-e") == 0) {
		if (*i + 1 >= argc) {
			fprintf(stderr, "gol: -e needs a line of Go\n");
			return -1;
		}
		options->code = argv[++*i];
		return 1;
	}
	const char *s = argv[*i] + (argv[*i][1] == '-' ? 2 : 1);
	size_t n = strcspn(s, "=");
	for (size_t k = 0; k < sizeof flags / sizeof flags[0]; k++)
		if (strlen(flags[k].name) == n && strncmp(s, flags[k].name, n) == 0)
			return take_flag(&flags[k], s[n] ? s + n + 1 : NULL, argc, argv, i, options);
	return 0;
}
