/* SPDX-License-Identifier: MIT */
/* flate.c: the natives of package compress/flate: the loops over bytes and symbols of RFC 1951.
 *
 * Rules: tables, tokens and places may be those of a racing program: whatever they say, nothing outside of them is touched.
 *   Each call does a bounded piece of work: a window of at most 128 KB. */
#include "vm/native.h"

enum {
	PRIMARY_BITS = 10, /* of the table that is looked into first */
	LINK_BITS = 5,     /* of those behind it, for codes of up to 15 bits */
	TABLE_SIZE = 8192, /* entries of both; 5,600 are the most that are needed */
	CODE_MAX = 15,
	MATCH_MIN = 3,
	MATCH_MAX = 258,
	WINDOW_SIZE = 32768,
	HASH_BITS = 15,
	TOKEN_MATCH = 1 << 30, /* | (length - 3) << 16 | distance - 1; else a literal */
};

static const uint16_t length_base[29] = {3,  4,  5,  6,	 7,  8,  9,  10, 11,  13,  15,	17,  19,  23, 27,
					 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_base[30] = {1,	2,   3,	  4,   5,   7,	  9,	13,   17,   25,	  33,	49,   65,    97,    129,
					   193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t distance_extra[30] = {0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

static unsigned reverse(unsigned code, int length) {
	unsigned turned = 0;
	for (int i = 0; i < length; i++)
		turned |= (code >> i & 1) << (length - 1 - i);
	return turned;
}

/* ---------------------------------------------------------------- decoding */

/* Entries are symbol << 4 | length of the code, 0 for codes that are none, and for prefixes of longer codes place << 4. */
static void put_entry(uint32_t *table, uint32_t *next, unsigned code, int length, uint32_t entry) {
	unsigned turned = reverse(code, length);
	if (length <= PRIMARY_BITS) {
		for (unsigned i = turned; i < 1u << PRIMARY_BITS; i += 1u << length)
			table[i] = entry;
		return;
	}
	uint32_t *link = &table[turned & ((1u << PRIMARY_BITS) - 1)];
	if (*link == 0) {
		if (*next + (1u << LINK_BITS) > TABLE_SIZE)
			return;
		*link = *next << 4;
		*next += 1u << LINK_BITS;
	}
	for (unsigned i = turned >> PRIMARY_BITS; i < 1u << LINK_BITS; i += 1u << (length - PRIMARY_BITS))
		table[((*link >> 4) + i) & (TABLE_SIZE - 1)] = entry;
}

/* func build(lengths []byte, table []uint32) bool: the table that decodes the code of these lengths; false when they are no code.
 * None at all, or a single one of length 1, is as good as a code. */
static NativeStatus flate_build(Goroutine *g, Slot *args) {
	struct {
		uint64_t ok;
		GoSlice lengths, table;
	} *a = NATIVE_ARGS(args);
	const uint8_t *lengths = a->lengths.ptr;
	uint32_t *table = a->table.ptr, next = 1u << PRIMARY_BITS;
	unsigned count[CODE_MAX + 1] = {0}, code[CODE_MAX + 2] = {0};
	int longest = 0;
	native_charge(g, 200);
	a->ok = false;
	if (a->table.len != TABLE_SIZE)
		return NATIVE_DONE;
	for (int64_t i = 0; i < a->lengths.len; i++) {
		int length = lengths[i] & CODE_MAX;
		count[length]++;
		longest = length > longest ? length : longest;
	}
	count[0] = 0;
	for (int n = 1; n <= CODE_MAX; n++)
		code[n + 1] = (code[n] + count[n]) << 1;
	memset(table, 0, (size_t)a->table.len * sizeof *table);
	unsigned used = longest ? code[longest] + count[longest] : 0;
	a->ok = longest == 0 || used == 1u << longest || (used == 1 && longest == 1);
	for (int n = 1; n <= CODE_MAX && a->ok; n++)
		a->ok = code[n] + count[n] <= 1u << n;
	for (int64_t i = 0; i < a->lengths.len && a->ok; i++) {
		int length = lengths[i] & CODE_MAX;
		if (length)
			put_entry(table, &next, code[length]++, length, (uint32_t)i << 4 | (uint32_t)length);
	}
	return NATIVE_DONE;
}

typedef struct Bits {
	const uint8_t *p, *end;
	uint64_t bits;
	int count;
} Bits;

static inline void bits_fill(Bits *b) {
	if (LIKELY(b->end - b->p >= 8)) {
		uint64_t next;
		memcpy(&next, b->p, sizeof next);
		b->bits |= next << b->count;
		b->p += (63 - b->count) >> 3;
		b->count |= 56;
		return;
	}
	while (b->count <= 56 && b->p < b->end) {
		b->bits |= (uint64_t)*b->p++ << b->count;
		b->count += 8;
	}
}

static inline void bits_drop(Bits *b, int n) {
	b->bits >>= n;
	b->count -= n;
}

/* The entry of the next code, whose bits may not be there yet. */
static inline uint32_t bits_entry(const Bits *b, const uint32_t *table) {
	uint32_t entry = table[b->bits & ((1u << PRIMARY_BITS) - 1)];
	if (UNLIKELY((entry & 15) == 0 && entry))
		entry = table[((entry >> 4) + (b->bits >> PRIMARY_BITS & ((1u << LINK_BITS) - 1))) & (TABLE_SIZE - 1)];
	return entry;
}

enum { INFLATE_INPUT, INFLATE_OUTPUT, INFLATE_END, INFLATE_CORRUPT };

typedef struct Inflate {
	Bits b;
	const uint32_t *literals, *distances;
	uint8_t *window;
	int64_t pos, size;
} Inflate;

/* One literal or copy; INFLATE_OUTPUT: go on. Without enough input, b is left in the middle: the caller goes back. */
static inline int inflate_symbol(Inflate *s) {
	Bits *b = &s->b;
	uint32_t entry = bits_entry(b, s->literals);
	int length = (int)(entry & 15);
	if (UNLIKELY(length == 0))
		return b->count < CODE_MAX ? INFLATE_INPUT : INFLATE_CORRUPT;
	if (UNLIKELY(length > b->count))
		return INFLATE_INPUT;
	bits_drop(b, length);
	unsigned symbol = entry >> 4;
	if (symbol < 256) {
		s->window[s->pos++] = (uint8_t)symbol;
		return INFLATE_OUTPUT;
	}
	if (symbol == 256)
		return INFLATE_END;
	if (symbol > 285)
		return INFLATE_CORRUPT;
	int extra = length_extra[symbol - 257];
	if (b->count < extra)
		return INFLATE_INPUT;
	int64_t copy = length_base[symbol - 257] + (int64_t)(b->bits & ((1u << extra) - 1));
	bits_drop(b, extra);
	entry = bits_entry(b, s->distances);
	length = (int)(entry & 15);
	if (length == 0)
		return b->count < CODE_MAX ? INFLATE_INPUT : INFLATE_CORRUPT;
	if (length > b->count)
		return INFLATE_INPUT;
	bits_drop(b, length);
	symbol = entry >> 4;
	if (symbol > 29)
		return INFLATE_CORRUPT;
	extra = distance_extra[symbol];
	if (b->count < extra)
		return INFLATE_INPUT;
	int64_t distance = distance_base[symbol] + (int64_t)(b->bits & ((1u << extra) - 1));
	bits_drop(b, extra);
	if (distance > s->pos)
		return INFLATE_CORRUPT;
	uint8_t *to = s->window + s->pos;
	const uint8_t *from = to - distance;
	s->pos += copy;
	if (distance >= copy)
		memcpy(to, from, (size_t)copy);
	else
		for (; copy > 0; copy--)
			*to++ = *from++;
	return INFLATE_OUTPUT;
}

/* func inflate(in []byte, bits, count int, literals, distances []uint32, window []byte, pos int) (used, bitsLeft, countLeft, newPos, status int):
 * decodes to window[pos:] until it is full, the input or the block ends. Whole bytes that were not needed are not used. */
static NativeStatus flate_inflate(Goroutine *g, Slot *args) {
	struct {
		int64_t used, bits_left, count_left, new_pos, status;
		GoSlice in;
		int64_t bits, count;
		GoSlice literals, distances, window;
		int64_t pos;
	} *a = NATIVE_ARGS(args);
	const uint8_t *in = a->in.ptr;
	Inflate s = {{in, in + a->in.len, (uint64_t)a->bits, (int)a->count}, a->literals.ptr, a->distances.ptr, a->window.ptr, a->pos, a->window.len};
	int status = INFLATE_OUTPUT;
	bool sound = a->literals.len == TABLE_SIZE && a->distances.len == TABLE_SIZE && s.pos >= 0 && s.b.count >= 0 && s.b.count < 8;
	while (sound && s.pos + MATCH_MAX <= s.size) {
		bits_fill(&s.b);
		Bits before = s.b;
		status = inflate_symbol(&s);
		if (status == INFLATE_INPUT)
			s.b = before;
		if (status != INFLATE_OUTPUT)
			break;
	}
	s.b.p -= s.b.count >> 3;
	s.b.count &= 7;
	native_charge(g, 1 + (s.pos - a->pos) / 16);
	a->used = s.b.p - in;
	a->bits_left = (int64_t)(s.b.bits & ((1u << s.b.count) - 1));
	a->count_left = s.b.count;
	a->new_pos = s.pos;
	a->status = status;
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- finding matches */

typedef struct Finder {
	const uint8_t *window;
	int64_t end;
	int32_t *head, *prev; /* places + 1 by hash; the place before by place; 0: none */
	int64_t chain, nice;
} Finder;

static inline uint32_t finder_hash(const uint8_t *p) {
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v * 2654435761u >> (32 - HASH_BITS);
}

static inline void finder_add(Finder *f, int64_t i) {
	if (i + 4 > f->end)
		return;
	uint32_t h = finder_hash(f->window + i);
	f->prev[i & (WINDOW_SIZE - 1)] = f->head[h];
	f->head[h] = (int32_t)i + 1;
}

static int64_t match_length(const uint8_t *a, const uint8_t *b, int64_t most) {
	int64_t n = 0;
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

/* The longest match at i that is longer than `best`; 0: none. */
static int64_t finder_longest(const Finder *f, int64_t i, int64_t best, int64_t chain, int64_t *distance) {
	int64_t most = f->end - i < MATCH_MAX ? f->end - i : MATCH_MAX, found = 0;
	if (most < 4 || best >= most)
		return 0;
	const uint8_t *here = f->window + i;
	for (int64_t at = f->head[finder_hash(here)] - 1; at >= 0 && at < i && i - at <= WINDOW_SIZE && chain-- > 0;) {
		const uint8_t *there = f->window + at;
		if (there[best] == here[best]) {
			int64_t n = match_length(there, here, most);
			if (n > best && n >= 4) {
				best = found = n;
				*distance = i - at;
				if (n >= f->nice || n == most)
					break;
			}
		}
		int64_t before = f->prev[at & (WINDOW_SIZE - 1)] - 1;
		if (before >= at)
			break; /* overwritten by a later place */
		at = before;
	}
	return found;
}

/* func match(window []byte, from int, head, prev []int32, chain, nice, lazy int, tokens []uint32) int: the tokens of window[from:]. */
static NativeStatus flate_match(Goroutine *g, Slot *args) {
	struct {
		int64_t count;
		GoSlice window;
		int64_t from;
		GoSlice head, prev;
		int64_t chain, nice, lazy;
		GoSlice tokens;
	} *a = NATIVE_ARGS(args);
	Finder f = {a->window.ptr, a->window.len, a->head.ptr, a->prev.ptr, a->chain, a->nice};
	uint32_t *tokens = a->tokens.ptr, *t = tokens;
	a->count = 0;
	if (a->from < 0 || a->head.len != 1 << HASH_BITS || a->prev.len != WINDOW_SIZE || a->tokens.len < a->window.len - a->from)
		return NATIVE_DONE;
	native_charge(g, (a->window.len - a->from) * (1 + a->chain / 32) / 4);
	for (int64_t i = a->from; i < f.end;) {
		int64_t distance = 0, length = finder_longest(&f, i, MATCH_MIN, f.chain, &distance);
		finder_add(&f, i);
		/* A longer match at the next place is worth a literal. */
		while (length && length < a->lazy && i + 1 < f.end) {
			int64_t next_distance, next = finder_longest(&f, i + 1, length, f.chain, &next_distance);
			if (!next)
				break;
			*t++ = f.window[i++];
			finder_add(&f, i);
			length = next;
			distance = next_distance;
		}
		if (!length) {
			*t++ = f.window[i++];
			continue;
		}
		*t++ = TOKEN_MATCH | (uint32_t)(length - MATCH_MIN) << 16 | (uint32_t)(distance - 1);
		for (int64_t end = i + length; ++i < end;)
			finder_add(&f, i);
	}
	a->count = t - tokens;
	return NATIVE_DONE;
}

/* func slide(places []int32, by int): the window has moved. */
static NativeStatus flate_slide(Goroutine *g, Slot *args) {
	struct {
		GoSlice places;
		int64_t by;
	} *a = NATIVE_ARGS(args);
	int32_t *p = a->places.ptr;
	for (int64_t i = 0; i < a->places.len; i++)
		p[i] = p[i] > a->by ? p[i] - (int32_t)a->by : 0;
	native_charge(g, a->places.len / 64);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- writing */

static int length_symbol(unsigned length) {
	int i = 28;
	if (length < MATCH_MAX)
		for (i = 27; length_base[i] > length;)
			i--;
	return i;
}

static int distance_symbol(unsigned distance) {
	if (distance <= 4)
		return (int)distance - 1;
	int log = 31 - __builtin_clz(distance - 1);
	return 2 * log + (int)((distance - 1) >> (log - 1) & 1);
}

/* func count(tokens []uint32, literals, distances []int32): how often each symbol occurs. */
static NativeStatus flate_count(Goroutine *g, Slot *args) {
	struct {
		GoSlice tokens, literals, distances;
	} *a = NATIVE_ARGS(args);
	const uint32_t *t = a->tokens.ptr;
	int32_t *literals = a->literals.ptr, *distances = a->distances.ptr;
	if (a->literals.len < 286 || a->distances.len < 30)
		return NATIVE_DONE;
	for (const uint32_t *end = t + a->tokens.len; t < end; t++)
		if (*t & TOKEN_MATCH) {
			literals[257 + length_symbol((*t >> 16 & 0xff) + MATCH_MIN)]++;
			distances[distance_symbol((*t & 0x7fff) + 1)]++;
		} else
			literals[*t & 0xff]++;
	native_charge(g, a->tokens.len / 16);
	return NATIVE_DONE;
}

typedef struct Leaf {
	int32_t weight;
	int16_t symbol, parent;
} Leaf;

static int leaf_order(const void *a, const void *b) {
	const Leaf *x = a, *y = b;
	return x->weight != y->weight ? (x->weight < y->weight ? -1 : 1) : x->symbol - y->symbol;
}

/* Huffman's tree over sorted leaves: nodes are made in ascending order behind them, so two queues do. Counts the depths. */
static void count_depths(Leaf *nodes, int leaves, unsigned *depths, int most) {
	int next_leaf = 0, next_node = leaves, made = leaves;
	while (made < 2 * leaves - 1) {
		int64_t weight = 0;
		for (int k = 0; k < 2; k++) {
			bool leaf = next_leaf < leaves && (next_node == made || nodes[next_leaf].weight <= nodes[next_node].weight);
			Leaf *n = &nodes[leaf ? next_leaf++ : next_node++];
			weight += n->weight;
			n->parent = (int16_t)made;
		}
		nodes[made++].weight = weight < INT32_MAX ? (int32_t)weight : INT32_MAX;
	}
	nodes[made - 1].parent = 0; /* from here on the depth */
	for (int i = made - 2; i >= 0; i--) {
		nodes[i].parent = (int16_t)(nodes[nodes[i].parent].parent + 1);
		if (i < leaves)
			depths[nodes[i].parent < most ? nodes[i].parent : most]++;
	}
}

/* Codes that were too long were cut: others become longer until all fit. */
static void repair_depths(unsigned *depths, int most) {
	unsigned total = 0;
	for (int n = 1; n <= most; n++)
		total += depths[n] << (most - n);
	while (total > 1u << most) {
		int n = most - 1;
		while (depths[n] == 0)
			n--;
		depths[n]--;
		depths[n + 1] += 2;
		depths[most]--;
		total--;
	}
}

/* func lengths(counts []int32, most int, out []byte): the lengths of a code, at most `most`, for symbols that occur so often. */
static NativeStatus flate_lengths(Goroutine *g, Slot *args) {
	enum { SYMBOLS = 320 };
	struct {
		GoSlice counts;
		int64_t most;
		GoSlice out;
	} *a = NATIVE_ARGS(args);
	const int32_t *counts = a->counts.ptr;
	uint8_t *out = a->out.ptr;
	Leaf nodes[2 * SYMBOLS];
	unsigned depths[CODE_MAX + 1] = {0};
	int leaves = 0;
	native_charge(g, 300);
	memset(out, 0, (size_t)a->out.len);
	for (int64_t i = 0; i < a->counts.len && i < a->out.len && i < SYMBOLS; i++)
		if (counts[i])
			nodes[leaves++] = (Leaf){counts[i], (int16_t)i, 0};
	if (leaves == 1)
		out[nodes[0].symbol] = 1;
	if (leaves < 2)
		return NATIVE_DONE;
	qsort(nodes, (size_t)leaves, sizeof *nodes, leaf_order);
	int16_t symbols[SYMBOLS];
	for (int i = 0; i < leaves; i++)
		symbols[i] = nodes[i].symbol;
	count_depths(nodes, leaves, depths, (int)a->most);
	repair_depths(depths, (int)a->most);
	int i = 0;
	for (int n = (int)a->most; n > 0; n--)
		for (unsigned k = 0; k < depths[n]; k++)
			out[symbols[i++]] = (uint8_t)n;
	return NATIVE_DONE;
}

/* func codes(lengths []byte, out []uint32): the codes, first bit lowest, << 4 | length. */
static NativeStatus flate_codes(Goroutine *g, Slot *args) {
	struct {
		GoSlice lengths, out;
	} *a = NATIVE_ARGS(args);
	const uint8_t *lengths = a->lengths.ptr;
	uint32_t *out = a->out.ptr;
	unsigned count[CODE_MAX + 1] = {0}, code[CODE_MAX + 2] = {0};
	int64_t symbols = a->lengths.len < a->out.len ? a->lengths.len : a->out.len;
	for (int64_t i = 0; i < symbols; i++)
		count[lengths[i] & CODE_MAX]++;
	count[0] = 0;
	for (int n = 1; n <= CODE_MAX; n++)
		code[n + 1] = (code[n] + count[n]) << 1;
	for (int64_t i = 0; i < symbols; i++) {
		int length = lengths[i] & CODE_MAX;
		out[i] = length ? reverse(code[length]++, length) << 4 | (unsigned)length : 0;
	}
	native_charge(g, 100);
	return NATIVE_DONE;
}

typedef struct BitWriter {
	uint8_t *p;
	uint64_t bits;
	int count;
} BitWriter;

static inline void writer_put(BitWriter *w, uint64_t bits, int count) {
	w->bits |= bits << w->count;
	w->count += count;
	while (w->count >= 8) {
		*w->p++ = (uint8_t)w->bits;
		w->bits >>= 8;
		w->count -= 8;
	}
}

/* func emit(tokens, literals, distances []uint32, out []byte, bits, count int) (n, bitsLeft, countLeft int): out has room. */
static NativeStatus flate_emit(Goroutine *g, Slot *args) {
	struct {
		int64_t n, bits_left, count_left;
		GoSlice tokens, literals, distances, out;
		int64_t bits, count;
	} *a = NATIVE_ARGS(args);
	const uint32_t *t = a->tokens.ptr, *literals = a->literals.ptr, *distances = a->distances.ptr;
	BitWriter w = {a->out.ptr, (uint64_t)a->bits, (int)(a->count & 7)};
	const uint8_t *full = w.p + a->out.len - 8;
	if (a->literals.len < 286 || a->distances.len < 30)
		t += a->tokens.len;
	for (const uint32_t *end = (const uint32_t *)a->tokens.ptr + a->tokens.len; t < end && w.p < full; t++) {
		uint32_t token = *t;
		if (!(token & TOKEN_MATCH)) {
			writer_put(&w, literals[token & 0xff] >> 4, literals[token & 0xff] & 15);
			continue;
		}
		unsigned length = (token >> 16 & 0xff) + MATCH_MIN, distance = (token & 0x7fff) + 1;
		int symbol = length_symbol(length);
		writer_put(&w, literals[257 + symbol] >> 4, literals[257 + symbol] & 15);
		writer_put(&w, length - length_base[symbol], length_extra[symbol]);
		symbol = distance_symbol(distance);
		writer_put(&w, distances[symbol] >> 4, distances[symbol] & 15);
		writer_put(&w, distance - distance_base[symbol], distance_extra[symbol]);
	}
	native_charge(g, 1 + a->tokens.len / 8);
	a->n = w.p - (uint8_t *)a->out.ptr;
	a->bits_left = (int64_t)w.bits;
	a->count_left = w.count;
	return NATIVE_DONE;
}

const NativeDef natives_compress_flate[] = {
	{"build", flate_build},	  {"inflate", flate_inflate}, {"match", flate_match}, {"slide", flate_slide}, {"count", flate_count},
	{"lengths", flate_lengths}, {"codes", flate_codes},	    {"emit", flate_emit},   {NULL, NULL},
};
