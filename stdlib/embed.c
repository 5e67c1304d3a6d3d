/* SPDX-License-Identifier: MIT */
/* embed.c: build tool: writes the .gol files named on the command line as one C array (library.h: library_files), each packed as
 * an LZ4 block (base/lz.h) that may also refer to the dictionary, a text of what many files have in common.
 *
 * The dictionary is chosen as by K. Liao, M. Petri, A. Moffat and A. Wirth ("Effective Construction of Relative Lempel-Ziv
 * Dictionaries", 2016): all texts are cut into as many parts as the dictionary has segments, and each part gives its best one. A
 * segment is worth the number of files that have its short strings, of those that no segment before has.
 *
 * The parse is the cheapest there is for the matches found: from the end of the text to its begin, the cost of each position is
 * that of a literal or of a match of any length, plus the cost of where it leads. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIN_MATCH = 4,
	END_LITERALS = 5, /* the format wants the last five bytes as literals */
	WINDOW = 65535,
	MAX_TRIES = 512, /* candidates looked at for each position */
	HASH_BITS = 16,
	DICT_LEN = 32768,
	SEGMENT_LEN = 128,
	STRING_LEN = 8, /* a word */
	STRING_BITS = 22,
};

/* A file's text, or all files'; before it stands the dictionary, from bytes[0] to bytes[start]. */
typedef struct Text {
	uint8_t *bytes;
	int start, len; /* len: with the dictionary */
} Text;

/* What the cheapest way does at a position: a match of that length and distance; length 1: a literal. */
typedef struct Step {
	int len, offset;
} Step;

static uint32_t hash_at(const uint8_t *p) {
	uint32_t word;
	memcpy(&word, p, sizeof word);
	return word * 2654435761u >> (32 - HASH_BITS);
}

/* previous[i]: the last position before i with the same hash; -1: none. */
static int *chain(Text t) {
	static int last[1 << HASH_BITS];
	memset(last, -1, sizeof last);
	int *previous = malloc(sizeof(int) * (size_t)(t.len + 1));
	for (int i = 0; i + MIN_MATCH <= t.len; i++) {
		uint32_t h = hash_at(t.bytes + i);
		previous[i] = last[h];
		last[h] = i;
	}
	return previous;
}

static Step longest_match(Text t, const int *previous, int at) {
	Step best = {1, 0};
	int room = t.len - END_LITERALS - at, tries = MAX_TRIES;
	if (room < MIN_MATCH)
		return best;
	for (int p = previous[at]; p >= 0 && at - p <= WINDOW && tries-- > 0; p = previous[p]) {
		int len = 0;
		while (len < room && t.bytes[p + len] == t.bytes[at + len])
			len++;
		if (len >= MIN_MATCH && len > best.len)
			best = (Step){len, at - p};
	}
	return best;
}

static int match_cost(int len) {
	return 3 + (len - MIN_MATCH >= 15 ? 1 + (len - MIN_MATCH - 15) / 255 : 0);
}

static Step *cheapest(Text t) {
	int *previous = chain(t), *cost = calloc((size_t)t.len + 1, sizeof(int));
	Step *steps = malloc(sizeof(Step) * ((size_t)t.len + 1));
	for (int i = t.len - 1; i >= t.start; i--) {
		Step longest = longest_match(t, previous, i);
		steps[i] = (Step){1, 0};
		cost[i] = cost[i + 1] + 1;
		for (int len = MIN_MATCH; len <= longest.len; len++)
			if (cost[i + len] + match_cost(len) < cost[i]) {
				cost[i] = cost[i + len] + match_cost(len);
				steps[i] = (Step){len, longest.offset};
			}
	}
	free(previous);
	free(cost);
	return steps;
}

/* ---------------------------------------------------------------- output */

static unsigned long written; /* bytes of the file at hand */

static void put(int byte) {
	printf(written++ % 24 == 23 ? "%d,\n" : "%d,", byte);
}

static void put_length(int len) {
	if (len < 15)
		return;
	for (len -= 15; len >= 255; len -= 255)
		put(255);
	put(len);
}

static void put_sequence(Text t, int literals, int at, Step match) {
	int rest = match.len - MIN_MATCH;
	put((literals < 15 ? literals : 15) << 4 | (match.offset == 0 ? 0 : rest < 15 ? rest : 15));
	put_length(literals);
	for (int i = at - literals; i < at; i++)
		put(t.bytes[i]);
	if (match.offset == 0)
		return;
	put(match.offset & 255);
	put(match.offset >> 8);
	put_length(rest);
}

static void pack(Text t) {
	Step *steps = cheapest(t);
	int literals = 0, at = t.start;
	for (; at < t.len; at += steps[at].len) {
		if (steps[at].offset == 0) {
			literals++;
			continue;
		}
		put_sequence(t, literals, at, steps[at]);
		literals = 0;
	}
	put_sequence(t, literals, at, (Step){0});
	free(steps);
}

/* ---------------------------------------------------------------- dictionary */

/* What is known of a string, by its hash. */
typedef struct Seen {
	uint32_t files;   /* that have it; 0 once the dictionary does */
	uint32_t last;    /* number of the last file that has it */
	uint32_t inside;  /* how often the segment at hand has it */
} Seen;

static Seen *seen_at(Seen *seen, const uint8_t *p) {
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return &seen[word * 0x9e3779b97f4a7c15u >> (64 - STRING_BITS)];
}

static Seen *count_strings(Text all, const int *ends, int files) {
	Seen *seen = calloc(1u << STRING_BITS, sizeof *seen);
	for (int f = 0, at = 0; f < files; f++)
		for (; at < ends[f]; at++) {
			Seen *s = at + STRING_LEN <= all.len ? seen_at(seen, all.bytes + at) : NULL;
			if (s && s->last != (uint32_t)f + 1) {
				s->last = (uint32_t)f + 1;
				s->files++;
			}
		}
	return seen;
}

/* A string that only one file has is worth nothing. */
static long worth(const Seen *s) {
	return s->files > 1 ? (long)s->files : 0;
}

/* Where the best segment between two places begins. Each string counts once. */
static int best_segment(Text all, Seen *seen, int from, int to) {
	int best = from, strings = SEGMENT_LEN - STRING_LEN + 1;
	long sum = 0, most = -1;
	for (int at = from; at + STRING_LEN <= to; at++) {
		Seen *in = seen_at(seen, all.bytes + at);
		if (in->inside++ == 0)
			sum += worth(in);
		if (at - from >= strings) {
			Seen *out = seen_at(seen, all.bytes + at - strings);
			if (--out->inside == 0)
				sum -= worth(out);
		}
		if (at - from >= strings - 1 && sum > most) {
			most = sum;
			best = at - strings + 1;
		}
	}
	for (int at = from; at + STRING_LEN <= to; at++)
		seen_at(seen, all.bytes + at)->inside = 0;
	return best;
}

/* Fills dict; false: there are not so many texts that they have something in common. */
static bool choose_dictionary(Text all, const int *ends, int files, uint8_t *dict) {
	int segments = DICT_LEN / SEGMENT_LEN, part = all.len / segments;
	if (part < 2 * SEGMENT_LEN)
		return false;
	Seen *seen = count_strings(all, ends, files);
	for (int i = 0; i < segments; i++) {
		int best = best_segment(all, seen, i * part, (i + 1) * part);
		memcpy(dict + i * SEGMENT_LEN, all.bytes + best, SEGMENT_LEN);
		for (int at = best; at + STRING_LEN <= best + SEGMENT_LEN; at++)
			seen_at(seen, all.bytes + at)->files = 0;
	}
	free(seen);
	return true;
}

/* ---------------------------------------------------------------- files */

/* Appends the file's text. */
static bool read_file(const char *path, Text *all) {
	FILE *in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) != 0)
		return false;
	size_t len = (size_t)ftell(in);
	all->bytes = realloc(all->bytes, (size_t)all->len + len + 1);
	rewind(in);
	bool ok = fread(all->bytes + all->len, 1, len, in) == len;
	all->len += (int)len;
	fclose(in);
	return ok;
}

static void put_dictionary(const uint8_t *dict, int len) {
	printf("const char library_dictionary[] = {");
	written = 0;
	for (int i = 0; i < len; i++)
		put(dict[i]);
	printf("0};\nconst size_t library_dictionary_len = %d;\n", len);
}

/* Writes a file as an array; the result is how many bytes that has. */
static unsigned long put_file(int number, const uint8_t *dict, int dict_len, const uint8_t *text, int len) {
	Text t = {malloc((size_t)dict_len + (size_t)len + 1), dict_len, dict_len + len};
	memcpy(t.bytes, dict, (size_t)dict_len);
	memcpy(t.bytes + dict_len, text, (size_t)len);
	printf("static const uint8_t file_%d[] = {", number);
	written = 0;
	pack(t);
	printf("};\n");
	free(t.bytes);
	return written;
}

int main(int argc, char **argv) {
	static uint8_t dict[DICT_LEN];
	Text all = {0};
	int files = argc - 1, *ends = calloc((size_t)argc, sizeof *ends);
	for (int i = 0; i < files; i++) {
		if (!read_file(argv[i + 1], &all)) {
			perror(argv[i + 1]);
			return 1;
		}
		ends[i] = all.len;
	}
	int dict_len = choose_dictionary(all, ends, files, dict) ? DICT_LEN : 0;
	printf("#include \"stdlib/library.h\"\n");
	put_dictionary(dict, dict_len);
	unsigned long *packed = calloc((size_t)argc, sizeof *packed);
	for (int i = 0, at = 0; i < files; at = ends[i++])
		packed[i] = put_file(i, dict, dict_len, all.bytes + at, ends[i] - at);
	printf("const LibraryFile library_files[] = {\n");
	for (int i = 0; i < files; i++) {
		const char *path = argv[i + 1] + strlen("stdlib/"), *name = strrchr(path, '/') + 1;
		printf("{\"%.*s\", \"%s\", file_%d, %lu, %d},\n", (int)(name - 1 - path), path, name, i, packed[i],
		       ends[i] - (i > 0 ? ends[i - 1] : 0));
	}
	printf("};\nconst size_t library_file_count = %d;\n", files);
	free(packed);
	free(ends);
	free(all.bytes);
	return 0;
}
