/* SPDX-License-Identifier: MIT */
/* tools.h: what profile.c and profile_proto.c share. */
#ifndef GOL_VM_TOOLS_H
#define GOL_VM_TOOLS_H

#include "runtime/sched.h"
#include "vm/profile.h"

enum { PROFILE_DEPTH = 64, PROFILE_BUCKETS = 1024 };

typedef struct ProfileFrame {
	const Function *fn;
	const Insn *pc; /* of an instruction inside it */
} ProfileFrame;

typedef struct ProfileSample {
	struct ProfileSample *next;
	uint64_t hash, goroutine;
	int64_t values[2]; /* count, amount */
	uint32_t count;
	ProfileFrame frames[]; /* innermost first */
} ProfileSample;

typedef struct ProfileSeen { /* of a worker, when its last sample was taken */
	uint64_t amount, objects;
} ProfileSeen;

typedef struct Profile {
	Lock lock; /* guards the table */
	Arena arena;
	ProfileSample *buckets[PROFILE_BUCKETS];
	uint32_t sample_count;
	bool by_goroutine;
	bool by_program; /* who ends it */
	int64_t began_ns, began_wall_ns, duration_ns;
	ProfileSeen seen[MAX_WORKERS];
} Profile;

typedef struct Tools {
	Profile *profiles[PROFILE_KINDS];
	SchedTrace *sched_trace;
	int64_t sched_trace_ns;
	uint64_t soft_limit;
	int gc_percent;
	bool has_soft_limit, has_gc_percent, gc_trace;
#ifdef GOL_COUNT_OPS
	OpCounts *counts;
#endif
} Tools;

#endif
