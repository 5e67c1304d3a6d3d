/* SPDX-License-Identifier: MIT */
/* profile.h: looking at a running program: profiles in pprof's format, counts, traces of collector and scheduler. */
#ifndef GOL_VM_PROFILE_H
#define GOL_VM_PROFILE_H

#include "base/buf.h"
#include "vm/exec.h"

typedef enum ProfileKind { PROFILE_CPU, PROFILE_MEMORY, PROFILE_KINDS } ProfileKind;

/* Settings by the names of Go's environment variables, for all later runs of the VM: GOGC, GOMEMLIMIT ("512MiB", "off"),
 * GODEBUG ("gctrace=1,schedtrace=1000"; others are ignored, as in Go). False: not such a name or value. */
bool tools_ready(VM *vm); /* false: no memory for what tools_set keeps */
bool tools_set(VM *vm, const char *name, const char *value);
bool tools_profile(VM *vm, ProfileKind kind); /* samples from the next run on. False: no memory */
void tools_begin(VM *vm);                     /* a run begins */
void tools_end(VM *vm);
void tools_free(VM *vm);                      /* before the runtime goes for good */

/* The program's own CPU profile: world stopped. False: there is one already, or no memory. The profile is written and forgotten. */
bool profile_start(VM *vm);
void profile_stop(VM *vm, Buf *out);

/* At a check, g's state saved: takes the samples that are due. */
void profile_check(Goroutine *g);
/* The samples so far, as an uncompressed profile.proto message. Between runs, or with the world stopped. */
void profile_write(VM *vm, ProfileKind kind, Buf *out);
/* Figures of the runtime, and in a build with GOL_COUNT_OPS how often each instruction and each pair was executed. */
void tools_stats(VM *vm, Buf *out);

#ifdef GOL_COUNT_OPS
typedef struct OpCounts {
	uint64_t pairs[OP_COUNT][OP_COUNT]; /* the instruction before, the instruction */
} OpCounts;
OpCounts *op_counts(VM *vm); /* NULL: no memory */
#endif

#endif
