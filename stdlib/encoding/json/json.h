/* SPDX-License-Identifier: MIT */
/* json.h: what the natives of encoding/json share: scanning text, writing strings and numbers, plans of struct types. */
#ifndef GOL_STDLIB_ENCODING_JSON_JSON_H
#define GOL_STDLIB_ENCODING_JSON_JSON_H

#include "stdlib/reflect/reflect.h"

enum { MAX_JSON_NESTING = 10000 };

/* ---- scan.c: a machine that takes text byte by byte, at any point of which it may be left and resumed ---- */

typedef enum ScanState {
	SCAN_VALUE,            /* a value begins */
	SCAN_VALUE_OR_END,     /* behind [ */
	SCAN_STRING_OR_END,    /* behind { */
	SCAN_KEY,              /* behind , in an object */
	SCAN_AFTER_KEY,
	SCAN_AFTER_VALUE,      /* inside something */
	SCAN_END,              /* behind the whole value */
	SCAN_IN_STRING, SCAN_ESCAPE, SCAN_HEX1, SCAN_HEX2, SCAN_HEX3, SCAN_HEX4,
	SCAN_MINUS, SCAN_ZERO, SCAN_DIGITS, SCAN_POINT, SCAN_FRACTION, SCAN_E, SCAN_E_SIGN, SCAN_EXPONENT,
	SCAN_WORD,             /* inside true, false, null */
} ScanState;

typedef enum ScanError { /* json.gol's scanContexts has the words */
	SCAN_OK, SCAN_ERROR_VALUE, SCAN_ERROR_KEY, SCAN_ERROR_AFTER_KEY, SCAN_ERROR_AFTER_PAIR, SCAN_ERROR_AFTER_ELEMENT,
	SCAN_ERROR_TOP, SCAN_ERROR_STRING, SCAN_ERROR_ESCAPE, SCAN_ERROR_HEX, SCAN_ERROR_NUMBER, SCAN_ERROR_POINT,
	SCAN_ERROR_EXPONENT, SCAN_ERROR_WORD, SCAN_ERROR_DEPTH,
} ScanError;

/* Memory layout of json.gol's scanner. */
typedef struct Scanner {
	int64_t state;
	int64_t word;    /* SCAN_WORD: letters taken | which word << 8; scan_word */
	int64_t in_key;  /* the string being read is a key */
	int64_t error;   /* ScanError */
	GoSlice nesting; /* of '{' and '[': len is the depth */
} RECEIVER Scanner;

/* Takes bytes until the value is complete (state SCAN_END: a number is complete at the byte behind it, which is not taken),
 * the text ends, or an error at the byte returned. Returns the number of bytes taken. *no_memory: nothing else counts. */
size_t scan_text(Goroutine *g, Scanner *s, const char *text, size_t len, bool *no_memory);
/* Only space follows; else SCAN_ERROR_TOP at the index returned. */
size_t scan_rest(Scanner *s, const char *text, size_t len);
/* The text ends here: whether it may (a number may). */
bool scan_at_end(Scanner *s);
/* Which letter a word's error expected, and the word. */
const char *scan_word(const Scanner *s, char *expected);
static inline bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
/* The end of the value that begins at `at` in text known to be valid. */
size_t skip_value(const char *text, size_t len, size_t at);

/* ---- text.c: output, on the Go heap so that nothing is lost when a method panics ---- */

typedef struct Out {
	Goroutine *g;
	char *ptr;
	size_t len, cap;
	bool failed; /* no memory */
} Out;

bool out_grow(Out *out, size_t extra);
static inline void out_put(Out *out, const char *s, size_t len) {
	if (len == 0 || (out->cap - out->len < len && !out_grow(out, len)))
		return;
	memcpy(out->ptr + out->len, s, len);
	out->len += len;
}
static inline void out_putc(Out *out, char c) {
	if (out->len < out->cap || out_grow(out, 1))
		out->ptr[out->len++] = c;
}
static inline void out_puts(Out *out, const char *s) { out_put(out, s, strlen(s)); }
void out_string(Out *out, const char *s, size_t len, bool escape_html); /* quoted */
void out_float(Out *out, double value, int bits);
void out_base64(Out *out, const unsigned char *p, size_t len);
/* Valid text without space; with escape_html also <, >, & and the line separators escaped. */
void out_compact(Out *out, const char *text, size_t len, bool escape_html);
bool is_json_number(const char *s, size_t len);

/* The contents of a quoted string known to be valid, given without the quotes. */
GoString unquote_string(Goroutine *g, const char *text, size_t len, bool *failed);

/* ---- plans of structs: what plan.gol says about them, proved to fit the type; objects of the Go heap ---- */

typedef struct Field {
	GoString name;
	GoString key;      /* "name": quoted, with the colon */
	GoString key_html; /* the same with HTML escaped */
	GoString folded;   /* the name as it is compared without regard to case */
	const uint32_t *index; /* the path through embedded structs */
	uint32_t depth;        /* its length, at least 1 */
	bool omit_empty, omit_zero, quoted;
	const TypeDesc *type;  /* at its end */
} RECEIVER Field;

typedef struct Plan {
	Field *fields;
	uint32_t *table; /* open addressing by hash of the name: index + 1 */
	uint32_t count, mask;
} Plan;

enum {
	HOOK_MARSHALER, HOOK_TEXT_MARSHALER, HOOK_UNMARSHALER, HOOK_TEXT_UNMARSHALER, HOOK_NUMBER, HOOK_MAP, HOOK_SLICE,
	HOOK_ZEROER, HOOK_COUNT,
};
/* What the natives need of Go: json.gol's hooks, which Go code cannot look into. */
typedef struct Hooks {
	const Closure *plan;  /* func(t reflect.Type) *plan */
	struct PlanTable *plans; /* atomic */
	const TypeDesc *types[HOOK_COUNT]; /* of the kinds and with the methods that are expected */
} Hooks;

/* NULL: not made yet. */
const Plan *plan_find(const Hooks *hooks, const TypeDesc *type);
/* Adds what Go said about a struct type, a *plan. */
NativeStatus plan_add(Goroutine *g, Hooks *hooks, const TypeDesc *type, const void *said);
uint32_t plan_hash(const char *s, size_t len);
/* As names are compared without regard to case; out has room for 4 * len + 4 bytes. Returns the length. */
size_t fold_name(char *out, const char *s, size_t len);
static inline const TypeDesc *hook_type(const Hooks *hooks, int hook) { return hooks->types[hook]; }

#define JSON_NATIVE(name, function) NativeStatus function(Goroutine *g, Slot *args);
#include "stdlib/encoding/json/natives.def"
#undef JSON_NATIVE

#endif
