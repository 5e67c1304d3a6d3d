/* SPDX-License-Identifier: MIT */
/* print.h: operands of any type under a verb, and the methods met on the way. */
#ifndef GOL_STDLIB_FMT_PRINT_H
#define GOL_STDLIB_FMT_PRINT_H

#include "stdlib/fmt/format.h"
#include "vm/native.h"

/* Values nested deeper than this much C stack (cyclic ones) end the program, as a stack overflow does in Go. Worker
 * threads have 1 MiB. */
enum { PRINT_STACK_BYTES = 640 << 10 };

/* Memory layouts of fmt.gol's text, call and methods. */
typedef struct PrintText {
	GoString s;
	bool raw; /* final form: no verb, flags or width apply */
} RECEIVER PrintText;

typedef enum CallKind { CALL_FORMAT, CALL_GO_STRING, CALL_ERROR, CALL_STRING } CallKind;

typedef struct PrintCall {
	GoIface value;
	int64_t kind, verb, flags, width, precision;
} RECEIVER PrintCall;

/* A value in memory layout. */
typedef struct Operand {
	const TypeDesc *type; /* NULL: nil */
	const void *at;
} Operand;

typedef struct Printer {
	Format f;
	Goroutine *g;
	bool erroring;	  /* inside a bad verb report: no methods */
	bool wrap_errors; /* Errorf: %w is known */
	bool too_deep;
	PanicCode panic; /* a map was written while it was read */
	uintptr_t stack_base;
	const TypeDesc *formatter, *go_stringer, *error, *stringer, *call; /* of the types in fmt.gol */
	const PrintText *texts; /* what the methods gave, in the order in which they are met */
	uint32_t text_count, texts_used;
	PrintCall *calls; /* methods met without a text; on the Go heap, call_count of call_cap */
	uint32_t call_count, call_cap;
} Printer;

Operand print_operand(const GoIface *v); /* *v must stay where it is */
void print_arg(Printer *p, Operand arg, int32_t verb);
static inline void print_text(Printer *p, const char *s) {
	buf_puts(&p->f.out, s);
}

#endif
