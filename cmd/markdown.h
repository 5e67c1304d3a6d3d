/* SPDX-License-Identifier: MIT */
/* markdown.h: a document -> the programs in its fences, each with the output the document promises. */
#ifndef GOL_CMD_MARKDOWN_H
#define GOL_CMD_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/text.h"

typedef struct Block {
	uint32_t line;   /* of its opening fence, from 1 */
	uint32_t end;    /* of its closing fence */
	Text code;       /* begins with as many newlines as lines stand before it: positions are the document's */
	Text expected;   /* the lines promised, without prompts; only if has_expected */
	bool has_expected;
} Block;

typedef struct BlockList {
	Block *items;
	size_t count;
} BlockList;

/* Whether some line opens a fence. */
bool markdown_has_fence(const char *text);
void markdown_parse(const char *text, BlockList *out);
void markdown_free(BlockList *list);

#endif
