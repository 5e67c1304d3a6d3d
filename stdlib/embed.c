/* SPDX-License-Identifier: MIT */
/* embed.c: build tool: writes the .gol files named on the command line as one C array (library.h: library_files), each packed as
 * an LZ4 block (base/lz.h).
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
};

typedef struct Text {
	uint8_t *bytes;
	int len;
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
	for (int i = t.len - 1; i >= 0; i--) {
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
	int literals = 0, at = 0;
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

static bool read_file(const char *path, Text *t) {
	FILE *in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) != 0)
		return false;
	t->len = (int)ftell(in);
	t->bytes = malloc((size_t)t->len + 1);
	rewind(in);
	bool ok = fread(t->bytes, 1, (size_t)t->len, in) == (size_t)t->len;
	fclose(in);
	return ok;
}

int main(int argc, char **argv) {
	printf("#include \"stdlib/library.h\"\n");
	unsigned long *packed = calloc((size_t)argc, sizeof *packed);
	int *len = calloc((size_t)argc, sizeof *len);
	for (int i = 1; i < argc; i++) {
		Text t;
		if (!read_file(argv[i], &t)) {
			perror(argv[i]);
			return 1;
		}
		printf("static const uint8_t file_%d[] = {", i);
		written = 0;
		pack(t);
		printf("};\n");
		packed[i] = written;
		len[i] = t.len;
		free(t.bytes);
	}
	printf("const LibraryFile library_files[] = {\n");
	for (int i = 1; i < argc; i++) {
		const char *path = argv[i] + strlen("stdlib/"), *name = strrchr(path, '/') + 1;
		printf("{\"%.*s\", \"%s\", file_%d, %lu, %d},\n", (int)(name - 1 - path), path, name, i, packed[i], len[i]);
	}
	printf("};\nconst size_t library_file_count = %d;\n", argc - 1);
	free(packed);
	free(len);
	return 0;
}
