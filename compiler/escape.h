/* SPDX-License-Identifier: MIT */
/* escape.h: what escape.c and escape_walk.c share: the graph of one function's values. The results are in gen.h. */
#ifndef GOL_COMPILER_ESCAPE_H
#define GOL_COMPILER_ESCAPE_H

#include "compiler/gen.h"

enum {
	MAX_FLOW_RESULTS = 4,  /* what flows to further results counts as kept */
	MAX_FLOW_NEST = 50,    /* callees looked into within callees */
	MAX_FLOW_DEPTH = 2500, /* nested expressions and statements, all of those functions together */
	MAX_FLOW_STEPS = 1 << 20,
	NO_LEAK = -1,
	NO_DEPTH = 0xffff,
};

typedef struct Loc Loc;

/* The value of src, dereferenced so many times, is stored here; -1: its address. */
typedef struct FlowEdge {
	Loc *src;
	int32_t derefs;
} FlowEdge;

/* Something that holds values: a variable, an object that an expression allocates, an argument, the heap. */
struct Loc {
	Object *object;    /* a variable */
	Node *site, *stmt; /* an expression that allocates, and the statement it stands in */
	bool conditional;  /* the site may be passed by */
	bool lasts;        /* the site may live to the end of its block */
	uint16_t depth;    /* of the block: the deeper, the shorter it lives */
	uint16_t holder;   /* depth of who holds the value: 0 outlives the function, NO_DEPTH forgets it at once */
	uint16_t reach;    /* least `holder` of those that may hold its address */
	int32_t param;     /* of the function itself: its number, the receiver being the first; else -1 */
	VEC(FlowEdge) edges;
	uint32_t round;    /* of the walk that found it, with */
	int32_t dist;
	bool queued;
};

/* What a function does with its parameters: per parameter (the receiver first) how many dereferences away from it lies what
 * gets to the heap, and to each result; NO_LEAK: nothing. */
typedef struct Leaks {
	int8_t heap, results[MAX_FLOW_RESULTS];
} Leaks;

typedef enum FlowState { FLOW_UNDER_WAY, FLOW_KNOWN, FLOW_UNKNOWN } FlowState;

typedef struct FuncFlow {
	uint8_t state; /* FlowState */
	Leaks *params;
} FuncFlow;

/* A function literal, or the function itself, while its body is walked. */
typedef struct FlowFunc {
	FuncInfo *info;
	Loc **results;
	uint16_t body_depth;
	uint16_t loops;
} FlowFunc;

typedef struct Escape {
	Compiler *c;
	FuncInfo *info; /* the outermost function */
	Arena *arena;
	VEC(Loc *) locs;
	PtrMap vars;     /* Object* -> Loc* */
	PtrMap literals; /* Object* -> FuncInfo* of the literal it holds for ever */
	PtrMap funcs;    /* FuncInfo* -> FlowFunc* */
	Loc *heap;
	FlowFunc *func;
	Node *stmt;
	uint16_t depth, site_depth;
	bool conditional, lasts, jumps;
	bool failed;
	uint32_t nest, *deep;
} Escape;

/* Where a value goes: to `dst`, after so many dereferences. dst NULL: nowhere. */
typedef struct Hole {
	Loc *dst;
	int32_t derefs;
} Hole;

/* ---- escape.c ---- */
Loc *escape_loc(Escape *e, uint16_t depth, uint16_t holder);
Loc *escape_var(Escape *e, Object *o);
void escape_flow(Escape *e, Hole k, Loc *src, int32_t derefs);
const FuncFlow *escape_callee(Escape *e, FuncInfo *info); /* NULL: anything may happen to its arguments */

/* ---- escape_walk.c ---- */
void escape_function(Escape *e, FuncInfo *info, uint16_t depth); /* declares what it has and walks its body */

/* ---- escape_expr.c ---- */
void escape_expr(Escape *e, Hole k, Node *n);
void escape_address(Escape *e, Hole k, Node *n); /* of a variable, an element, a literal */
void escape_call(Escape *e, CallExpr *call, const Hole *results, uint32_t count);
void escape_later(Escape *e, CallExpr *call, Loc *keeper); /* go and defer: what the call needs is kept there until it is made */
bool escape_holds(Type *t); /* values of this type may lead to an object that is released */
#endif
