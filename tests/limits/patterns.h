/* SPDX-License-Identifier: MIT */
/* patterns.h: the programs of patterns.txt: a list of patterns, each a text with parameters. */
#ifndef GOL_TESTS_LIMITS_PATTERNS_H
#define GOL_TESTS_LIMITS_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_PARAMS = 6, MAX_VALUES = 96, MAX_PATTERNS = 600 };

typedef struct Param {
	char name[8];
	int count;
	const char *values[MAX_VALUES];
} Param;

typedef struct Pattern {
	const char *name;
	const char *text;
	int param_count;
	Param params[MAX_PARAMS];
	bool rejected; /* the compiler may say no */
	bool large;    /* wants a large memory limit */
} Pattern;

typedef struct Patterns {
	Pattern items[MAX_PATTERNS];
	int count;
	char *file; /* everything above points into it */
} Patterns;

/* Ends the process with a message when the file cannot be read. */
void patterns_load(Patterns *all, const char *path);
void patterns_free(Patterns *all);
/* How many programs a pattern stands for. */
size_t pattern_variants(const Pattern *p);
/* The text of one of them, in memory of malloc. */
char *pattern_program(const Pattern *p, size_t variant);

#endif
