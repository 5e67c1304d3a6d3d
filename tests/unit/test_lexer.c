/* SPDX-License-Identifier: MIT */
/* test_lexer.c: tokens, automatic semicolons, literals and their errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lexer/lexer.h"

typedef struct Scan {
	Mem mem;
	Arena arena;
	SourceSet set;
	Interner in;
	Lexer lx;
	Buf out;
} Scan;

static void scan_open(Scan *s, const char *text, size_t len) {
	mem_init(&s->mem, NULL, NULL);
	arena_init(&s->arena, &s->mem);
	source_init(&s->set, &s->arena);
	interner_init(&s->in, &s->arena);
	buf_init(&s->out, &s->mem);
	lexer_init(&s->lx, &s->set, source_add(&s->set, "x.go", text, len), &s->in, 0);
	lexer_check_encoding(&s->lx);
}

static void scan_close(Scan *s) {
	buf_deinit(&s->out);
	arena_deinit(&s->arena);
	assert_int_equal(s->mem.used_bytes, 0);
}

/* All tokens as text: spelling, or kind and text of names and literals. */
static void scan_tokens(Scan *s) {
	for (lexer_next(&s->lx); s->lx.tok != TOK_EOF; lexer_next(&s->lx)) {
		buf_puts(&s->out, s->out.len != 0 ? " " : "");
		if (s->lx.tok == TOK_IDENT)
			buf_puts(&s->out, s->lx.name->text);
		else if (s->lx.tok == TOK_SEMICOLON)
			buf_printf(&s->out, "%.*s", (int)s->lx.lit.len, s->lx.lit.ptr);
		else if (token_is_literal(s->lx.tok))
			buf_printf(&s->out, "<%.*s>", (int)s->lx.lit.len, s->lx.lit.ptr);
		else
			buf_puts(&s->out, token_spelling(s->lx.tok));
	}
}

static void assert_tokens(const char *text, const char *expected) {
	Scan s;
	scan_open(&s, text, strlen(text));
	scan_tokens(&s);
	assert_string_equal(buf_cstr(&s.out), expected);
	assert_int_equal(s.set.error_count, 0);
	scan_close(&s);
}

/* The messages of a text, "line:column: message" joined by "|". */
static void assert_errors(const char *text, size_t len, const char *expected) {
	Scan s;
	scan_open(&s, text, len);
	scan_tokens(&s);
	s.out.len = 0;
	diag_sort(&s.set);
	for (uint32_t i = 0; i < s.set.diagnostics.len; i++) {
		const Diagnostic *d = &s.set.diagnostics.items[i];
		Position at = source_position(&s.set, d->pos);
		buf_printf(&s.out, "%s%u:%u: %s", i > 0 ? "|" : "", at.line, at.column, d->message);
	}
	assert_string_equal(buf_cstr(&s.out), expected);
	scan_close(&s);
}

static void test_every_token(void **state) {
	(void)state;
	Scan s;
	for (int t = TOK_ADD; t < TOK_COUNT; t++) {
		const char *spelling = token_spelling((Token)t);
		scan_open(&s, spelling, strlen(spelling));
		lexer_next(&s.lx);
		assert_int_equal(s.lx.tok, t);
		assert_int_equal(lexer_end_pos(&s.lx) - s.lx.pos, strlen(spelling));
		scan_close(&s);
	}
	assert_int_equal(token_precedence(TOK_LOR), 1);
	assert_int_equal(token_precedence(TOK_AND_NOT), 5);
	assert_int_equal(token_precedence(TOK_ARROW), 0);
	assert_true(token_is_keyword(TOK_VAR) && token_is_operator(TOK_PERIOD) && token_is_literal(TOK_IMAG));
}

static void test_longest_operator(void **state) {
	(void)state;
	assert_tokens("a&^=b&^c&&d&=e&f", "a &^= b &^ c && d &= e & f EOF");
	assert_tokens("a<<=b<<c<-d<=e<f", "a <<= b << c <- d <= e < f EOF");
	assert_tokens("a>>=b>>c>=d>e", "a >>= b >> c >= d > e EOF");
	assert_tokens("a++ +b-- -c", "a ++ + b -- - c EOF");
	assert_tokens("f(x...) ..2 .5 a.b", "f ( x ... ) . <.2> <.5> a . b EOF");
}

static void test_semicolons(void **state) {
	(void)state;
	assert_tokens("x\ny", "x newline y EOF");
	assert_tokens("x\n\n\n", "x newline");
	assert_tokens("x // c\ny /* c */ z\n", "x newline y z newline");
	assert_tokens("x /* a\nb */ y", "x newline y EOF");
	assert_tokens("x + /* a\nb */ y", "x + y EOF");
	assert_tokens("return\nbreak\ncontinue\nfallthrough\ngoto\n",
	              "return newline break newline continue newline fallthrough newline goto");
	assert_tokens(")\n]\n}\n++\n--\n(\n", ") newline ] newline } newline ++ newline -- newline (");
	assert_tokens("1\n'a'\n\"s\"\n`r`\n2i\n",
	              "<1> newline <'a'> newline <\"s\"> newline <`r`> newline <2i> newline");
	assert_tokens("x;y", "x semicolon y EOF");
	assert_tokens("x\r\ny\r\n", "x newline y newline");
	assert_tokens("", "");
	assert_tokens("// only", "");
}

static void test_start_of_file(void **state) {
	(void)state;
	assert_tokens("#!/usr/bin/env gol\nx", "x EOF");
	assert_tokens("\xEF\xBB\xBFx", "x EOF");
	assert_tokens("\xEF\xBB\xBF#!/bin/gol\nx", "x EOF");
	assert_errors("x\n#!y", 5, "2:1: invalid character U+0023 '#'");
}

static uint16_t go_version_of(const char *text) {
	Scan s;
	scan_open(&s, text, strlen(text));
	lexer_next(&s.lx);
	uint16_t version = s.lx.go_version;
	scan_close(&s);
	return version;
}

static void test_build_lines(void **state) {
	(void)state;
	assert_int_equal(go_version_of("//go:build go1.21\n\npackage p"), 21);
	assert_int_equal(go_version_of("// c\n\n//go:build linux && go1.18 && go1.20\npackage p"), 20);
	assert_int_equal(go_version_of("//go:build go1.18 || go1.20\npackage p"), 18);
	assert_int_equal(go_version_of("//go:build go1.18 || linux\npackage p"), 0);
	assert_int_equal(go_version_of("//go:build (go1.18 || go1.19) && !go1.20\npackage p"), 18);
	assert_int_equal(go_version_of("//go:build !go1.20\npackage p"), 0);
	assert_int_equal(go_version_of("//go:build ((((\npackage p"), 0);
	assert_int_equal(go_version_of("package p\n//go:build go1.21\n"), 0);
}

static void test_numbers(void **state) {
	(void)state;
	static const struct {
		const char *text;
		Token tok;
	} cases[] = {
		{"0", TOK_INT}, {"123_456", TOK_INT}, {"0b1_0", TOK_INT}, {"0B1", TOK_INT}, {"0o17", TOK_INT},
		{"0O_7", TOK_INT}, {"017", TOK_INT}, {"0_17", TOK_INT}, {"0xDead_beef", TOK_INT}, {"0X_f", TOK_INT},
		{"1.", TOK_FLOAT}, {".5", TOK_FLOAT}, {"1.5e3", TOK_FLOAT}, {"1e+3", TOK_FLOAT}, {"1E-3", TOK_FLOAT},
		{"08.5", TOK_FLOAT}, {"09e1", TOK_FLOAT}, {"0x1p-2", TOK_FLOAT}, {"0x.8P1", TOK_FLOAT},
		{"0x1.8p0", TOK_FLOAT}, {"1_0.2_5e1_0", TOK_FLOAT}, {"0i", TOK_IMAG}, {"09i", TOK_IMAG},
		{"1.5e3i", TOK_IMAG}, {"0x1p1i", TOK_IMAG}, {"0b1i", TOK_IMAG},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		Scan s;
		scan_open(&s, cases[i].text, strlen(cases[i].text));
		lexer_next(&s.lx);
		assert_int_equal(s.lx.tok, cases[i].tok);
		assert_int_equal(s.lx.lit.len, strlen(cases[i].text));
		assert_int_equal(s.set.error_count, 0);
		scan_close(&s);
	}
}

/* Messages and places are those of Go's compiler. */
static void test_number_errors(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"0x", "1:3: hexadecimal literal has no digits"},
		{"0b", "1:3: binary literal has no digits"},
		{"0o_", "1:4: octal literal has no digits"},
		{"0b12", "1:4: invalid digit '2' in binary literal"},
		{"08", "1:2: invalid digit '8' in octal literal"},
		{"0o18", "1:4: invalid digit '8' in octal literal"},
		{"1__0", "1:3: '_' must separate successive digits"},
		{"1_", "1:2: '_' must separate successive digits"},
		{"1_.5", "1:2: '_' must separate successive digits"},
		{"0x__1", "1:4: '_' must separate successive digits"},
		{"0_", "1:2: '_' must separate successive digits"},
		{"0x1.0", "1:6: hexadecimal mantissa requires a 'p' exponent"},
		{"0x1p", "1:5: exponent has no digits"},
		{"1e", "1:3: exponent has no digits"},
		{"1e+", "1:4: exponent has no digits"},
		{"0b1.0", "1:4: invalid radix point in binary literal"},
		{"0b1e3", "1:4: 'e' exponent requires decimal mantissa"},
		{"1p3", "1:2: 'p' exponent requires hexadecimal mantissa"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_errors(cases[i][0], strlen(cases[i][0]), cases[i][1]);
}

static void test_text_errors(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"\"abc\n", "1:5: newline in string"},
		{"\"abc", "1:1: string not terminated"},
		{"\"abc\\", "1:1: string not terminated"},
		{"`abc\nd", "1:1: string not terminated"},
		{"'ab'", "1:1: more than one character in rune literal"},
		{"''", "1:2: empty rune literal or unescaped '"},
		{"'''", "1:2: empty rune literal or unescaped '|1:3: rune literal not terminated"},
		{"'\n", "1:2: newline in rune literal"},
		{"'a", "1:1: rune literal not terminated"},
		{"\"\\q\"", "1:3: unknown escape"},
		{"'\\\"'", "1:3: unknown escape"},
		{"\"\\400\"", "1:6: octal escape value 256 > 255"},
		{"\"\\xg0\"", "1:4: invalid character 'g' in hexadecimal escape"},
		{"\"\\08\"", "1:4: invalid character '8' in octal escape"},
		{"\"\\ud800\"", "1:8: escape is invalid Unicode code point U+D800"},
		{"\"\\U00110000\"", "1:12: escape is invalid Unicode code point U+110000"},
		{"/* abc", "1:1: comment not terminated"},
		{"@", "1:1: invalid character U+0040 '@'"},
		{"a\xE2\x80\x9C", "1:2: invalid character U+201C '\xE2\x80\x9C' in identifier"},
		{"\xD9\xA3", "1:1: identifier cannot begin with digit U+0663 '\xD9\xA3'"},
		{"\"\xFF\"", "1:2: invalid UTF-8 encoding"},
		{"// \xFF", "1:4: invalid UTF-8 encoding"},
		{"a \xEF\xBB\xBF" "b", "1:3: invalid BOM in the middle of the file"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_errors(cases[i][0], strlen(cases[i][0]), cases[i][1]);
	assert_errors("\"a\0b\"", 5, "1:3: invalid NUL character");
	assert_errors("a\0b", 3, "1:2: invalid NUL character");
}

/* The text fills its allocation, so that the address sanitizer sees a look behind the terminating 0. */
static void test_no_read_past_the_end(void **state) {
	(void)state;
	static const char *const ends[] = {"\xEF", "\xEF\xBB", "/", "/*", "*", "'",
	                                   "\"\\", "'\\x", "&", "..", "0x", "1e", "<"};
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		char text[5008];
		memset(text, ' ', sizeof text);
		size_t len = strlen(ends[i]);
		memcpy(text + 5007 - len, ends[i], len);
		Scan s;
		scan_open(&s, text, 5007);
		scan_tokens(&s);
		scan_close(&s);
	}
}

static void assert_string_value(const char *literal, const char *value, size_t len) {
	Mem mem;
	Buf out;
	mem_init(&mem, NULL, NULL);
	buf_init(&out, &mem);
	literal_string((Str){literal, strlen(literal)}, &out);
	assert_int_equal(out.len, len);
	assert_memory_equal(buf_cstr(&out), value, len);
	buf_deinit(&out);
}

static void test_values(void **state) {
	(void)state;
	assert_string_value("\"\"", "", 0);
	assert_string_value("\"a\\n\\t\\\\\\\"'\"", "a\n\t\\\"'", 6);
	assert_string_value("\"\\a\\b\\f\\r\\v\\x41\\101\\u20ac\\U0001F600\\000\\xff\"",
	                    "\a\b\f\r\vAA\xE2\x82\xAC\xF0\x9F\x98\x80\0\xFF", 16);
	assert_string_value("`a\\n\r\nb`", "a\\n\nb", 5);
	static const struct {
		const char *literal;
		int32_t rune;
	} runes[] = {{"'a'", 'a'}, {"'\\n'", '\n'}, {"'\\''", '\''}, {"'\xE4\xB8\x96'", 0x4E16}, {"'\\x41'", 0x41},
	             {"'\\377'", 255}, {"'\\u20ac'", 0x20AC}, {"'\\U0001F600'", 0x1F600}, {"'\\\\'", '\\'},
	             {"'\"'", '"'}};
	for (size_t i = 0; i < COUNT_OF(runes); i++)
		assert_int_equal(literal_rune((Str){runes[i].literal, strlen(runes[i].literal)}), runes[i].rune);
}

static void test_skip_block(void **state) {
	(void)state;
	static const char text[] = "{ { \"}\\\"}\" '}' '\\'' `}` /* } */ // }\n } } next";
	Scan s;
	scan_open(&s, text, strlen(text));
	lexer_next(&s.lx);
	assert_true(lexer_skip_block(&s.lx));
	assert_int_equal(s.lx.tok, TOK_RBRACE);
	lexer_next(&s.lx);
	assert_string_equal(s.lx.name->text, "next");
	scan_close(&s);
	static const char *const unclosed[] = {"{", "{ }  {", "{ ` }", "{ /* }", "{ // }", "{ \"}"};
	for (size_t i = 0; i < COUNT_OF(unclosed); i++) {
		scan_open(&s, unclosed[i], strlen(unclosed[i]));
		lexer_next(&s.lx);
		bool closed = lexer_skip_block(&s.lx);
		assert_int_equal(closed, i == 1);
		scan_close(&s);
	}
}

static void test_bookmark(void **state) {
	(void)state;
	Scan s;
	scan_open(&s, "a b\nc", 5);
	lexer_next(&s.lx);
	Lexer mark = s.lx;
	lexer_next(&s.lx);
	lexer_next(&s.lx);
	s.lx = mark;
	scan_tokens(&s);
	assert_string_equal(buf_cstr(&s.out), "b newline c EOF");
	scan_close(&s);
}

/* The positions that the names of a text are shown at, "file:line:column". */
static void assert_positions(const char *text, const char *expected) {
	Scan s;
	scan_open(&s, text, strlen(text));
	s.out.len = 0;
	for (lexer_next(&s.lx); s.lx.tok != TOK_EOF; lexer_next(&s.lx)) {
		Position at = source_position(&s.set, s.lx.pos);
		if (s.lx.tok == TOK_IDENT)
			buf_printf(&s.out, "%s%s:%u:%u", s.out.len > 0 ? " " : "", at.file, at.line, at.column);
	}
	assert_string_equal(buf_cstr(&s.out), expected);
	assert_int_equal(s.set.error_count, 0);
	scan_close(&s);
}

static void test_line_directives(void **state) {
	(void)state;
	assert_positions("//line x.go:7\na\n b", "x.go:7:0 x.go:8:0");
	assert_positions("//line x.go:7:3\r\na\n b", "x.go:7:3 x.go:8:2");
	assert_positions("/*line x.go:7:3*/a /*line :9:1*/b", "x.go:7:3 x.go:9:1");
	assert_positions("//line c:\\x.go:7\na\n//line y.go:1\nb", "c:\\x.go:7:0 y.go:1:0");
	assert_positions("//line :7\na", ":7:0");
	char plain[64];
	Scan s;
	scan_open(&s, "", 0);
	snprintf(plain, sizeof plain, "%s:2:1", s.lx.file->name);
	scan_close(&s);
	assert_positions("// line x.go:7\na", plain);
	assert_positions("//line x\na", plain);
	assert_positions(" //line x.go:7\na", plain);
	assert_positions("/*line x.go:7\n*/a", plain[0] ? (snprintf(plain + strlen(plain) - 1, 2, "3"), plain) : plain);
	assert_errors("//line x:\na", 10, "1:10: invalid line number: ");
	assert_errors("//line x:0\na", 12, "1:10: invalid line number: 0");
	assert_errors("//line x:2:0\na", 14, "1:12: invalid column number: 0");
	assert_errors("//line x:99999999999999999999\na", 31, "1:10: invalid line number: 99999999999999999999");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_token),
		cmocka_unit_test(test_longest_operator),
		cmocka_unit_test(test_semicolons),
		cmocka_unit_test(test_start_of_file),
		cmocka_unit_test(test_build_lines),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_number_errors),
		cmocka_unit_test(test_text_errors),
		cmocka_unit_test(test_no_read_past_the_end),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_skip_block),
		cmocka_unit_test(test_bookmark),
		cmocka_unit_test(test_line_directives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
