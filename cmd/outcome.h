/* SPDX-License-Identifier: MIT */
/* outcome.h: what became of one program of a document. */
#ifndef GOL_CMD_OUTCOME_H
#define GOL_CMD_OUTCOME_H

#include "cmd/markdown.h"
#include "cmd/text.h"
#include "include/gol.h"

typedef enum OutcomeKind { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_NO_PROGRAM, OUTCOME_KINDS } OutcomeKind;

typedef struct Outcome {
	OutcomeKind kind;
	Text reason;   /* one line, or empty */
	Text out, err; /* what it printed */
	double seconds;
} Outcome;

/* Whether the text is one of test functions, without a main. */
bool outcome_is_test(const char *code);
/* Compares what the program, which ended with status and code, printed with what the block promises. */
void outcome_judge(Outcome *o, const Block *block, GolStatus status, int code, int64_t limit_ns);
/* The compiler did not take it: a failure only if the block promises output. */
void outcome_rejected(Outcome *o, const Block *block, const char *reason);
const char *outcome_name(const Outcome *o);
void outcome_free(Outcome *o);

#endif
