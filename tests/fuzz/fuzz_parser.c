/* SPDX-License-Identifier: MIT */
/* fuzz_parser.c: any bytes through lexer, parser and printer. What parses must print to text that parses to the same
 * tree; what does not must have been reported. Build: clang -fsanitize=fuzzer,address,undefined. */
#include <stdio.h>
#include <stdlib.h>

#include "parser/parser.h"

typedef struct Session {
	Mem mem;
	Arena arena;
	SourceSet set;
	Interner in;
} Session;

static void session_open(Session *s) {
	mem_init(&s->mem, NULL, NULL);
	arena_init(&s->arena, &s->mem);
	source_init(&s->set, &s->arena);
	interner_init(&s->in, &s->arena);
}

static File *session_parse(Session *s, const char *text, size_t len, bool lazy) {
	SourceFile *source = source_add(&s->set, "fuzz.go", text, len);
	ParseOptions options = {.allow_script = true, .lazy_bodies = lazy};
	return parser_parse_file(&s->set, &s->in, &s->arena, source, options);
}

/* Positions lie inside the file, and every message can be shown. */
static void check_diagnostics(Session *s) {
	Buf out;
	buf_init(&out, &s->mem);
	diag_sort(&s->set);
	for (uint32_t i = 0; i < s->set.diagnostics.len; i++) {
		const Diagnostic *d = &s->set.diagnostics.items[i];
		if (source_of(&s->set, d->pos) == NULL)
			abort();
		diag_format(&s->set, d, &out);
		diag_excerpt(&s->set, d, &out);
	}
	buf_deinit(&out);
}

static void check_round_trip(Session *s, File *file, Buf *text, Buf *before, Buf *after) {
	ast_print(&file->node, text);
	ast_dump(&file->node, before);
	Session again;
	session_open(&again);
	File *copy = session_parse(&again, text->ptr, text->len, false);
	ast_dump(&copy->node, after);
	if (again.set.error_count != 0 || after->len != before->len ||
	    memcmp(after->ptr, before->ptr, before->len) != 0) {
		fprintf(stderr, "printed as another program:\n%s\n%s\n%s", buf_cstr(text), buf_cstr(before),
		        buf_cstr(after));
		abort();
	}
	arena_deinit(&again.arena);
	ast_dump(ast_clone(&s->arena, &file->node), after);
	if (memcmp(after->ptr + before->len, before->ptr, before->len) != 0)
		abort();
}

static void parse_lazy_bodies(Session *s, const char *text, size_t len) {
	File *file = session_parse(s, text, len, true);
	for (uint32_t i = 0; i < file->decls.len; i++) {
		Node *d = file->decls.items[i];
		if (d->kind == NODE_FUNC_DECL && ((FuncDecl *)d)->lazy != NULL)
			parser_parse_body(&s->set, &s->in, &s->arena, (FuncDecl *)d);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	Session s;
	session_open(&s);
	const char *text = (const char *)data;
	File *file = session_parse(&s, text, size, false);
	check_diagnostics(&s);
	if (s.set.error_count == 0) {
		Buf bufs[3];
		for (int i = 0; i < 3; i++)
			buf_init(&bufs[i], &s.mem);
		check_round_trip(&s, file, &bufs[0], &bufs[1], &bufs[2]);
		for (int i = 0; i < 3; i++)
			buf_deinit(&bufs[i]);
	}
	parse_lazy_bodies(&s, text, size);
	parser_is_incomplete(&s.mem, text, size);
	arena_deinit(&s.arena);
	if (s.mem.used_bytes != 0)
		abort();
	return 0;
}
