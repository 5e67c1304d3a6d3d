/* SPDX-License-Identifier: MIT */
/* strings.c: the natives of package strings, over text.c; and Replacer's search.
 *
 * Rules: strings are immutable, so parts of a string share its memory. */
#define _GNU_SOURCE
#include "vm/native.h"

#include "base/buf.h"

typedef GoString Text;
#define text_load load_string
#define PIECES PIECE_STRING

static inline Str text_str(GoString s) {
	return (Str){s.ptr, (size_t)s.len};
}

static inline GoString text_part(GoString whole, Str part) {
	(void)whole;
	return (GoString){part.ptr, (int64_t)part.len};
}

static inline GoString text_of(char *p, size_t len) {
	return (GoString){p, (int64_t)len};
}

static GoString text_copy(Goroutine *g, Buf *b) {
	return native_string(g, b->ptr, b->len);
}

static inline GoString text_unchanged(Goroutine *g, GoString s) {
	(void)g;
	return s;
}

#include "stdlib/strings/text_natives.h"

/* func ofBytes(b []byte) string: b's own memory, which must not be written any more. */
static NativeStatus strings_ofBytes(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		GoSlice b;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = (GoString){a->b.ptr, a->b.len};
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- Replacer */

/* The pairs old, new, old, new ... and, per first byte, the indexes of the olds that begin with it, in order. */
typedef struct Pairs {
	const GoString *pairs;
	uint32_t count;
	uint32_t head[257]; /* 256: empty olds; index + 1, 0: none */
	uint32_t *next;
} Pairs;

static bool pairs_init(Pairs *p, Mem *mem, GoSlice list) {
	*p = (Pairs){.pairs = list.ptr, .count = list.len / 2};
	p->next = mem_alloc(mem, p->count * sizeof *p->next);
	if (!p->next && p->count)
		return false;
	for (uint32_t i = p->count; i-- > 0;) {
		const GoString *old = &p->pairs[2 * i];
		uint32_t *head = &p->head[old->len ? (unsigned char)old->ptr[0] : 256];
		p->next[i] = *head;
		*head = i + 1;
	}
	return true;
}

/* The first pair whose old stands at the start of s; the earlier of a nonempty and an empty one. */
static int64_t pairs_match(const Pairs *p, Goroutine *g, Str s, bool no_empty) {
	uint32_t found = no_empty ? 0 : p->head[256];
	uint32_t i = s.len ? p->head[(unsigned char)s.ptr[0]] : 0;
	for (; i != 0 && (found == 0 || i < found) && !native_work(g, 1); i = p->next[i - 1]) {
		const GoString *old = &p->pairs[2 * (i - 1)];
		if ((size_t)old->len <= s.len && memcmp(old->ptr, s.ptr, (size_t)old->len) == 0)
			return i - 1;
	}
	return (int64_t)found - 1;
}

static bool pairs_replace(const Pairs *p, Goroutine *g, Buf *out, Str s) {
	size_t last = 0;
	bool changed = false, empty = false;
	Pace pace = {.g = g};
	for (size_t i = 0; i <= s.len && !pace_stops(&pace, i + out->len);) {
		int64_t match = pairs_match(p, g, (Str){s.ptr + i, s.len - i}, empty);
		if (match < 0) {
			empty = false;
			i++;
			continue;
		}
		const GoString *pair = &p->pairs[2 * match];
		buf_put(out, s.ptr + last, i - last);
		buf_put(out, pair[1].ptr, (size_t)pair[1].len);
		changed = true;
		empty = pair[0].len == 0;
		i += (size_t)pair[0].len;
		last = i;
	}
	if (changed && last < s.len)
		buf_put(out, s.ptr + last, s.len - last);
	return changed;
}

/* func replacePairs(s string, pairs []string) string */
static NativeStatus strings_replacePairs(Goroutine *g, Slot *args) {
	struct {
		GoString result, s;
		GoSlice pairs;
	} *a = NATIVE_ARGS(args);
	Pairs pairs;
	if (!pairs_init(&pairs, &g->vm->mem, a->pairs))
		return text_out_of_memory(g);
	Buf out;
	buf_init(&out, &g->vm->mem);
	native_charge(g, a->s.len / 4 + pairs.count);
	bool changed = pairs_replace(&pairs, g, &out, text_str(a->s));
	mem_free(&g->vm->mem, pairs.next, pairs.count * sizeof *pairs.next);
	return text_finish(g, &out, changed, a->s, &a->result);
}

const NativeDef natives_strings[] = {
	TEXT_NATIVES,
	{"ofBytes", strings_ofBytes},
	{"replacePairs", strings_replacePairs},
	{NULL, NULL},
};
