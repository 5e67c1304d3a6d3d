/* SPDX-License-Identifier: MIT */
/* limits.h: every numeric bound of the project, with its reason. */
#ifndef GOL_BASE_LIMITS_H
#define GOL_BASE_LIMITS_H

enum {
	MAX_NESTING = 1000,       /* parser recursion: 1000 levels fit into 1 MiB of C stack in every build */
	MAX_CHAIN = 10000,        /* a + b + c ...: the tree leans left; consumers loop down it or bear 10,000 levels */
	MAX_SYNTAX_ERRORS = 500,  /* per file; a binary file needs no more to be recognized as one */
	MAX_ERRORS_SHOWN = 10,    /* per run, as the go command does */
	MAX_ERROR_TEXT = 1 << 20, /* what gol_error tells of a panic; output has all of it */
	MAX_CONST_BITS = 512,     /* untyped integer constants; gc's own limit is 512 bits */
	MAX_TYPE_DEPTH = 1000,    /* nesting of types behind aliases and instances: recursion stays within 1 MiB of C stack */
	MAX_UNION_TERMS = 100,    /* gc's own limit */
	MAX_LOOKUP_TYPES = 4096,  /* embedded types one lookup visits, and how deep: end infinitely expanding instances */
	MAX_EMBEDDING = 100,
	MAX_NESTED_INTERFACES = 1000, /* completed on behalf of one interface: likewise */
	MAX_CONST_EXPONENT = 0x7fffffff, /* of 512-bit floats, as math/big */
	MAX_CONST_STRING = 1 << 26, /* bytes of a joined constant string: a few lines of source can double a text without end */
	MAX_CONST_INT_BITS = 1 << 20, /* intermediate untyped integers; the checker refuses above MAX_CONST_BITS */
	MAX_TYPE_NAME = 1 << 16,  /* bytes of a type's name at run time, of which a few lines can describe gigabytes ... */
	MIN_TYPE_NAME = 1 << 10,  /* ... and once the names of a program take MAX_NAME_BYTES */
	MAX_NAME_BYTES = 1 << 24,
	MAX_FRAME_SLOTS = 60000,  /* frame delta is 16 bits in the return word; larger variables move to the heap */
	FRAME_HEADER_SLOTS = 2,   /* return word and closure */
	MAX_SCRIPT_LOCALS = 256,  /* top-level variables of a script in its frame, which is limited; the others are globals */
	MAX_WORKERS = 256,
	SLICE_BUDGET = 20000,     /* calls and back-edges between two looks at the world: some tens of microseconds */
};

#define MAX_TYPE_SIZE 0x7fffffffull                  /* bytes: sizes and offsets are 32 bits */
#define MAX_FRAME_COPY (1ull << 30)                  /* bytes of a temporary array: gc's limit for a frame */
#define MAX_SLICE_LEN ((int64_t)0x7fffffff)          /* lengths and capacities are 32 bits */
#define MAX_STACK_BYTES ((uint64_t)1000000000)       /* per goroutine, as Go on 64-bit machines */

#endif
