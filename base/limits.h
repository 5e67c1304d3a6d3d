/* SPDX-License-Identifier: MIT */
/* limits.h: every numeric bound of the project, with its reason. */
#ifndef GOL_BASE_LIMITS_H
#define GOL_BASE_LIMITS_H

enum {
	MAX_NESTING = 1000,       /* parser recursion: 1000 levels fit into 1 MiB of C stack in every build */
	MAX_ERRORS_SHOWN = 10,    /* per run, as the go command does */
	MAX_CONST_BITS = 512,     /* untyped integer constants; gc's own limit is 512 bits */
	MAX_FRAME_SLOTS = 60000,  /* frame delta is 16 bits in the return word; larger variables move to the heap */
	FRAME_HEADER_SLOTS = 2,   /* return word and closure */
	MAX_WORKERS = 256,
	SLICE_BUDGET = 20000,     /* calls and back-edges between two looks at the world: some tens of microseconds */
};

#define MAX_SLICE_LEN ((int64_t)0x7fffffff)          /* lengths and capacities are 32 bits */
#define MAX_STACK_BYTES ((uint64_t)1000000000)       /* per goroutine, as Go on 64-bit machines */

#endif
