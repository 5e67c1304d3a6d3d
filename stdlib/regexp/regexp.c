/* SPDX-License-Identifier: MIT */
/* regexp.c: the matcher of package regexp.
 *
 * Rules: a program is a []int32 of instructions of four words: op, x, y, z (program.gol makes it; z of a reading one is the next). Threads run in step over the
 * text, in order of preference, each program counter at most once per position: time is program times text, always. The
 * program is Go memory that an unsafe program can change at any time, so each word is read once and checked where it is used. */
#define _GNU_SOURCE
#include "vm/native.h"

enum { RE_CHAR = 1, RE_CLASS, RE_ANY, RE_ANY_NOT_NL, RE_SPLIT, RE_JUMP, RE_SAVE, RE_EMPTY, RE_MATCH, RE_FAIL };
enum { BEGIN_LINE = 1, END_LINE = 2, BEGIN_TEXT = 4, END_TEXT = 8, WORD = 16, NO_WORD = 32 };

typedef struct Threads {
	uint32_t *sparse, *dense; /* dense: program counters in order of preference */
	int64_t *caps;            /* per place in dense */
	uint32_t count;
} Threads;

typedef struct Matcher {
	const int32_t *code, *classes;
	int64_t class_words;
	const uint8_t *text;
	int64_t len;
	uint32_t size, ncap; /* instructions; capture places */
	Threads now, next;
	int64_t *work;       /* captures while threads are added */
	struct Todo {
		int32_t pc; /* -1: put saved back to place slot */
		int32_t slot;
		int64_t saved;
	} *stack;
} Matcher;

/* The rune at p[0..n): *width 0 at the end; -1 then. */
static int32_t rune_at(const uint8_t *p, int64_t n, int64_t *width) {
	if (n <= 0) {
		*width = 0;
		return -1;
	}
	uint32_t c = p[0];
	*width = 1;
	if (c < 0x80)
		return (int32_t)c;
	int more = c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : 0;
	if (more == 0 || more >= n)
		return 0xfffd;
	uint32_t r = c & (0x3fu >> more);
	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		r = r << 6 | (p[i] & 0x3f);
	}
	static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
	if (r < least[more] || r > 0x10ffff || (r >= 0xd800 && r <= 0xdfff))
		return 0xfffd;
	*width = more + 1;
	return (int32_t)r;
}

static bool is_word(const Matcher *m, int64_t at) {
	if (at < 0 || at >= m->len)
		return false;
	uint8_t c = m->text[at];
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds(const Matcher *m, int32_t what, int64_t at) {
	bool edge = is_word(m, at - 1) != is_word(m, at);
	return (!(what & BEGIN_LINE) || at == 0 || m->text[at - 1] == '\n') &&
	       (!(what & END_LINE) || at == m->len || m->text[at] == '\n') && (!(what & BEGIN_TEXT) || at == 0) &&
	       (!(what & END_TEXT) || at == m->len) && (!(what & WORD) || edge) && (!(what & NO_WORD) || !edge);
}

/* classes[x..x+2y): sorted pairs of runes. */
static bool in_class(const int32_t *pairs, int32_t n, int32_t r) {
	int32_t low = 0;
	while (low < n) {
		int32_t middle = (low + n) / 2;
		if (r < pairs[2 * middle])
			n = middle;
		else if (r > pairs[2 * middle + 1])
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static int32_t word_at(const int32_t *op) { return __atomic_load_n(op, __ATOMIC_RELAXED); }

static bool accepts(const Matcher *m, const int32_t *op, int32_t r) {
	switch (op[0]) {
	case RE_CHAR:
		return r == op[1];
	case RE_CLASS: {
		int64_t from = word_at(&op[1]), pairs = word_at(&op[2]);
		return from >= 0 && pairs >= 0 && from + 2 * pairs <= m->class_words && in_class(m->classes + from, (int32_t)pairs, r);
	}
	case RE_ANY:
		return true;
	default:
		return r != '\n';
	}
}

static bool threads_has(const Threads *t, uint32_t pc) {
	return t->sparse[pc] < t->count && t->dense[t->sparse[pc]] == pc;
}

static void add_later(Matcher *m, int *top, int32_t pc) {
	if (pc >= 0)
		m->stack[(*top)++] = (struct Todo){.pc = pc};
}

/* Adds the threads reachable from pc without reading; m->work holds the captures. */
static void threads_add(Matcher *m, Threads *t, int32_t start, int64_t at) {
	int top = 0;
	m->stack[top++] = (struct Todo){.pc = start};
	while (top > 0) {
		struct Todo todo = m->stack[--top];
		if (todo.pc < 0) {
			m->work[todo.slot] = todo.saved;
			continue;
		}
		uint32_t pc = (uint32_t)todo.pc;
		if (pc >= m->size || threads_has(t, pc))
			continue;
		uint32_t place = t->count++;
		t->sparse[pc] = place;
		t->dense[place] = pc;
		const int32_t *op = m->code + 4 * (size_t)pc;
		uint32_t slot;
		switch (op[0]) {
		case RE_JUMP:
			add_later(m, &top, op[1]);
			break;
		case RE_SPLIT:
			add_later(m, &top, op[2]);
			add_later(m, &top, op[1]);
			break;
		case RE_EMPTY:
			if (holds(m, op[2], at))
				add_later(m, &top, op[1]);
			break;
		case RE_SAVE:
			slot = (uint32_t)word_at(&op[2]);
			if (slot < m->ncap) {
				m->stack[top++] = (struct Todo){.pc = -1, .slot = (int32_t)slot, .saved = m->work[slot]};
				m->work[slot] = at;
			}
			add_later(m, &top, op[1]);
			break;
		default:
			if (m->ncap > 0)
				memcpy(t->caps + (size_t)place * m->ncap, m->work, m->ncap * sizeof *m->work);
		}
	}
}

/* One step of all threads over the rune r, which ends at `after`. True when a match was found (captures in best). */
static bool threads_step(Matcher *m, int32_t r, int64_t at, int64_t after, bool longest, int64_t *best, bool matched) {
	bool found = false;
	m->next.count = 0;
	for (uint32_t i = 0; i < m->now.count; i++) {
		uint32_t pc = m->now.dense[i];
		const int32_t *op = m->code + 4 * (size_t)pc;
		int64_t *caps = m->now.caps + (size_t)i * m->ncap;
		if (op[0] == RE_MATCH) {
			if (longest) {
				if ((!matched && !found) || m->ncap < 2 || caps[0] < best[0] || (caps[0] == best[0] && at > best[1])) {
					memcpy(best, caps, m->ncap * sizeof *best);
					if (m->ncap >= 2)
						best[1] = at;
				}
				found = true;
				continue;
			}
			memcpy(best, caps, m->ncap * sizeof *best);
			found = true;
			break;
		}
		if (op[0] > RE_ANY_NOT_NL || r < 0 || !accepts(m, op, r))
			continue;
		if (longest && (matched || found) && m->ncap >= 2 && caps[0] > best[0])
			continue;
		memcpy(m->work, caps, m->ncap * sizeof *caps);
		threads_add(m, &m->next, op[3], after);
	}
	Threads swap = m->now;
	m->now = m->next;
	m->next = swap;
	return found;
}

static bool matcher_run(Goroutine *g, Matcher *m, int64_t at, Str prefix, bool anchored, bool longest, int64_t *best) {
	bool matched = false;
	m->now.count = 0;
	for (;;) {
		if (m->now.count == 0) {
			if (matched || (anchored && at != 0))
				break;
			if (prefix.len > 0) {
				const char *p = memmem(m->text + at, (size_t)(m->len - at), prefix.ptr, prefix.len);
				if (!p)
					break;
				at = (const uint8_t *)p - m->text;
			}
		}
		if (!matched && (!anchored || at == 0)) {
			for (uint32_t i = 0; i < m->ncap; i++)
				m->work[i] = -1;
			threads_add(m, &m->now, 0, at);
		}
		int64_t width;
		int32_t r = rune_at(m->text + at, m->len - at, &width);
		native_charge(g, 1 + m->now.count);
		matched |= threads_step(m, r, at, at + width, longest, best, matched);
		if (width == 0 || (matched && m->ncap == 0) || native_must_stop(g))
			break;
		at += width;
	}
	return matched;
}

static bool threads_init(Goroutine *g, Threads *t, uint32_t size, uint32_t ncap) {
	t->sparse = (uint32_t *)native_alloc_bytes(g, (size_t)size * 2 * sizeof *t->sparse);
	t->caps = (int64_t *)native_alloc_bytes(g, ((size_t)size * ncap + 1) * sizeof *t->caps);
	if (!t->sparse || !t->caps)
		return false;
	memset(t->sparse, 0, (size_t)size * sizeof *t->sparse);
	t->dense = t->sparse + size;
	t->count = 0;
	return true;
}

/* func run(code, classes []int32, text string, at int, prefix string, anchored, longest bool, caps []int) bool */
static NativeStatus regexp_run(Goroutine *g, Slot *args) {
	struct {
		uint64_t result;
		GoSlice code __attribute__((aligned(16))), classes;
		GoString text;
		int64_t at;
		GoString prefix __attribute__((aligned(16)));
		uint64_t anchored, longest;
		GoSlice caps __attribute__((aligned(16)));
	} *a = NATIVE_ARGS(args);
	Matcher m = {.code = a->code.ptr, .classes = a->classes.ptr, .class_words = a->classes.len, .text = (const uint8_t *)a->text.ptr, .len = a->text.len,
		     .size = (uint32_t)(a->code.len / 4), .ncap = (uint32_t)a->caps.len};
	a->result = false;
	m.work = (int64_t *)native_alloc_bytes(g, (m.ncap + 1) * sizeof *m.work);
	m.stack = (struct Todo *)native_alloc_bytes(g, ((size_t)m.size * 2 + 2) * sizeof *m.stack);
	if (!m.work || !m.stack || !threads_init(g, &m.now, m.size, m.ncap) || !threads_init(g, &m.next, m.size, m.ncap))
		return NATIVE_DONE;
	if (a->at < 0 || a->at > m.len)
		return native_misused(g, "regexp.run");
	Str prefix = {a->prefix.ptr, (size_t)a->prefix.len};
	a->result = matcher_run(g, &m, a->at, prefix, a->anchored, a->longest, a->caps.ptr);
	return NATIVE_DONE;
}

/* func view(b []byte) string: shares b's memory; for the time of a search. */
static NativeStatus regexp_view(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		GoSlice b;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = (GoString){a->b.ptr, a->b.len};
	return NATIVE_DONE;
}

const NativeDef natives_regexp[] = {
	{"run", regexp_run},
	{"view", regexp_view},
	{NULL, NULL},
};
