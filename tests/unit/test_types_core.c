/* SPDX-License-Identifier: MIT */
/* test_types_core.c: the upper half of types/ without the checker: constants, identity and printing of types, lookup,
 * assignability, type sets, substitution, inference. Types are built by hand; their Go form stands beside. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "types/internal.h"

typedef struct Fixture {
	Mem mem;
	Arena arena;
	Interner interner;
	SourceSet sources;
	Universe u;
	Package pkg, other;
	char text[1 << 16];
} Fixture;

static int setup(void **state) {
	Fixture *f = calloc(1, sizeof(Fixture));
	mem_init(&f->mem, NULL, NULL);
	arena_init(&f->arena, &f->mem);
	interner_init(&f->interner, &f->arena);
	source_init(&f->sources, &f->arena);
	universe_init(&f->u, &f->arena, &f->interner, &f->sources, (Importer){0});
	f->pkg = (Package){.name = intern_cstr(&f->interner, "main"), .path = "main"};
	f->pkg.scope = scope_new(&f->u, f->u.scope, 0, 0);
	f->other = (Package){.name = intern_cstr(&f->interner, "sub"), .path = "example.com/sub"};
	f->other.scope = scope_new(&f->u, f->u.scope, 0, 0);
	f->u.current = &f->pkg;
	*state = f;
	return 0;
}

static int teardown(void **state) {
	Fixture *f = *state;
	arena_deinit(&f->arena);
	assert_int_equal(f->mem.used_bytes, 0);
	free(f);
	return 0;
}

/* ---------------------------------------------------------------- building blocks */

static Name *name_of(Fixture *f, const char *s) {
	return s ? intern_cstr(&f->interner, s) : NULL;
}

static Type *basic(Fixture *f, TypeKind kind) {
	return f->u.basic[kind];
}

static Object *var(Fixture *f, const char *name, Type *type) {
	return object_new(&f->u, OBJECT_VAR, name_of(f, name), &f->pkg, 0, type);
}

/* func(params) results; names NULL */
static Type *func(Fixture *f, uint32_t params, uint32_t results, ...) {
	Object **all = ARENA_ARRAY(&f->arena, Object *, params + results + 1);
	va_list list;
	va_start(list, results);
	for (uint32_t i = 0; i < params + results; i++)
		all[i] = var(f, NULL, va_arg(list, Type *));
	va_end(list);
	return type_new_signature(&f->u, all, params, all + params, results, false);
}

static Type *struct_of(Fixture *f, uint32_t count, ...) {
	Type *t = type_new(&f->u, TYPE_STRUCT);
	t->fields = ARENA_ARRAY(&f->arena, FieldInfo, count + 1);
	t->field_count = count;
	va_list list;
	va_start(list, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *name = va_arg(list, const char *);
		FieldInfo *field = &t->fields[i];
		field->type = va_arg(list, Type *);
		field->package = &f->pkg;
		if (!name) { /* embedded */
			field->embedded = true;
			Type *base = type_deref(field->type, NULL);
			field->name = base->object->name;
		} else {
			field->name = name_of(f, name);
		}
		field->object = object_new(&f->u, OBJECT_VAR, field->name, &f->pkg, 0, field->type);
		field->object->is_field = true;
	}
	va_end(list);
	return t;
}

static Type *named_in(Fixture *f, Scope *scope, const char *name, Type *underlying) {
	Object *o = object_new(&f->u, OBJECT_TYPE_NAME, name_of(f, name), &f->pkg, 0, NULL);
	o->type = type_new_named(&f->u, o);
	o->type->underlying = underlying;
	scope_insert(&f->u, scope, o);
	return o->type;
}

static Type *named(Fixture *f, const char *name, Type *underlying) {
	return named_in(f, f->pkg.scope, name, underlying);
}

static Object *method(Fixture *f, Type *recv, bool pointer, const char *name, Type *signature) {
	Object *o = object_new(&f->u, OBJECT_FUNC, name_of(f, name), &f->pkg, 0, signature);
	signature->recv = var(f, NULL, pointer ? type_new_pointer(&f->u, recv) : recv);
	VEC_PUSH(&f->arena, &(recv->origin ? recv->origin : recv)->named_methods, o);
	return o;
}

/* Methods as pairs of name and signature, then embedded elements. */
static Type *iface(Fixture *f, uint32_t methods, uint32_t embeddeds, ...) {
	Type *t = type_new(&f->u, TYPE_INTERFACE);
	t->methods = ARENA_ARRAY(&f->arena, MethodInfo, methods + 1);
	t->method_count = methods;
	t->embeddeds = (TypeList){ARENA_ARRAY(&f->arena, Type *, embeddeds + 1), embeddeds};
	va_list list;
	va_start(list, embeddeds);
	for (uint32_t i = 0; i < methods; i++) {
		MethodInfo *m = &t->methods[i];
		m->name = name_of(f, va_arg(list, const char *));
		m->signature = va_arg(list, Type *);
		m->package = &f->pkg;
		m->object = object_new(&f->u, OBJECT_FUNC, m->name, &f->pkg, 0, m->signature);
	}
	for (uint32_t i = 0; i < embeddeds; i++)
		t->embeddeds.items[i] = va_arg(list, Type *);
	va_end(list);
	return t;
}

static Type *union_of(Fixture *f, uint32_t count, ...) {
	Type *t = type_new(&f->u, TYPE_UNION);
	t->terms = ARENA_ARRAY(&f->arena, UnionTerm, count);
	t->term_count = count;
	va_list list;
	va_start(list, count);
	for (uint32_t i = 0; i < count; i++) {
		t->terms[i].tilde = va_arg(list, int);
		t->terms[i].type = va_arg(list, Type *);
	}
	va_end(list);
	return t;
}

static Type *param(Fixture *f, const char *name, int32_t index, Type *constraint) {
	Object *o = object_new(&f->u, OBJECT_TYPE_NAME, name_of(f, name), &f->pkg, 0, NULL);
	return o->type = type_new_param(&f->u, o, index, constraint);
}

/* type name[param] underlying; the underlying type is set by the caller */
static Type *generic(Fixture *f, const char *name, Type *p) {
	Type *t = named(f, name, NULL);
	t->type_params = ARENA_ARRAY(&f->arena, Type *, 1);
	t->type_params[0] = p;
	t->type_param_count = 1;
	return t;
}

static const char *text_of(Fixture *f, Buf *buf) {
	snprintf(f->text, sizeof(f->text), "%s", buf_cstr(buf));
	buf_deinit(buf);
	return f->text;
}

static const char *printed(Fixture *f, Type *t) {
	Buf buf;
	buf_init(&buf, &f->mem);
	type_print(t, &f->pkg, &buf);
	return text_of(f, &buf);
}

static const char *printed_runtime(Fixture *f, Type *t) {
	Buf buf;
	buf_init(&buf, &f->mem);
	type_print_runtime(t, &buf, 1000);
	return text_of(f, &buf);
}

static const char *last_message(Fixture *f) {
	assert_true(f->sources.diagnostics.len > 0);
	return f->sources.diagnostics.items[f->sources.diagnostics.len - 1].message;
}

/* ---------------------------------------------------------------- constants */

static Const *lit(Fixture *f, Token token, const char *text) {
	return const_from_literal(&f->u, token, (Str){text, strlen(text)});
}

static const char *const_text(Fixture *f, const Const *c) {
	Buf buf;
	buf_init(&buf, &f->mem);
	const_print(c, &buf);
	return text_of(f, &buf);
}

static void test_int_literals(void **state) {
	Fixture *f = *state;
	static const struct { const char *text; int64_t value; } rows[] = {
		{"0", 0}, {"42", 42}, {"0x_FF", 255}, {"0b1010", 10}, {"0o17", 15}, {"017", 15}, {"1_000_000", 1000000},
		{"0XdeadBEEF", 0xdeadbeef}, {"9223372036854775807", INT64_MAX},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t v = -1;
		assert_true(const_int64(lit(f, TOK_INT, rows[i].text), &v));
		assert_int_equal(v, rows[i].value);
	}
	int64_t v;
	uint64_t w;
	assert_false(const_int64(lit(f, TOK_INT, "9223372036854775808"), &v));
	assert_true(const_uint64(lit(f, TOK_INT, "18446744073709551615"), &w));
	assert_true(w == UINT64_MAX);
	assert_false(const_uint64(lit(f, TOK_INT, "18446744073709551616"), &w));
	assert_null(lit(f, TOK_INT, "08"));
	char huge[20000];
	memset(huge, '9', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = 0;
	assert_null(lit(f, TOK_INT, huge));
}

static void test_text_literals(void **state) {
	Fixture *f = *state;
	Str s = const_string(lit(f, TOK_STRING, "\"a\\n\\x41\\101\\u00e9\\U0001F600\\\\\\\"\""));
	assert_true(str_eq(s, STR_LIT("a\nAA\xc3\xa9\xf0\x9f\x98\x80\\\"")));
	s = const_string(lit(f, TOK_STRING, "`a\r\n\\x`"));
	assert_true(str_eq(s, STR_LIT("a\n\\x")));
	assert_true(str_eq(const_string(lit(f, TOK_STRING, "\"\\xff\"")), STR_LIT("\xff")));
	assert_null(lit(f, TOK_STRING, "\"\\ud800\""));
	assert_null(lit(f, TOK_STRING, "\"\\'\""));
	assert_null(lit(f, TOK_STRING, "\"\\400\""));
	int64_t v;
	assert_true(const_int64(lit(f, TOK_CHAR, "'\\''"), &v) && v == '\'');
	assert_true(const_int64(lit(f, TOK_CHAR, "'\xc3\xa9'"), &v) && v == 0xe9);
	assert_true(const_int64(lit(f, TOK_CHAR, "'\\x80'"), &v) && v == 0x80);
	assert_null(lit(f, TOK_CHAR, "'ab'"));
}

static void check_float(Fixture *f, const char *text) {
	Const *c = lit(f, TOK_FLOAT, text);
	assert_non_null(c);
	double want = strtod(text, NULL);
	float want32 = strtof(text, NULL);
	double have = const_float64(c);
	float have32 = const_float32(c);
	if (memcmp(&have, &want, 8) != 0 || memcmp(&have32, &want32, 4) != 0)
		fail_msg("%s: %a %a, want %a %a", text, have, (double)have32, want, (double)want32);
}

/* The C library rounds correctly: literals must agree with it, bit for bit. */
static void test_float_rounding(void **state) {
	Fixture *f = *state;
	static const char *const rows[] = {
		"0.1", "1e23", "8.5", "1e-1000", "1e1000", "4.9e-324", "2.4703282292062327e-324",
				"2.4703282292062328e-324",
		"2.2250738585072011e-308", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
		"0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x1.00000000000008p0", "0x1.000000000000080001p0",
		"0x1.fffffep127", "0x1.ffffffp127", "0x1.fffffefp127", "1.4e-45", "0.7e-45", "0.70064923e-45",
		"16777217.0", "16777216.99999999999999999999", "33554433e0", "0x1p-149", "0x1p-150", "0x1.8p-150",
		"123456789012345678901234567890.0", "1e5000", "1e-5000", "0x1p10000", "0x.8p1", "5e-324", "1e400",
				"1e-400",
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_float(f, rows[i]);
	uint64_t seed = 12345;
	for (int i = 0; i < 3000; i++) {
		char text[64];
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		int exp = (int)(seed >> 40) % (i % 2 ? 330 : 50);
		snprintf(text, sizeof(text), "%llu.%llue%d", (unsigned long long)(seed >> 33),
			 (unsigned long long)(seed & 0xffffff), i % 3 ? -exp : exp);
		check_float(f, text);
	}
}

static void test_exact_arithmetic(void **state) {
	Fixture *f = *state;
	Const *sum = const_binary(&f->u, TOK_ADD, lit(f, TOK_FLOAT, "0.1"), lit(f, TOK_FLOAT, "0.2"), false);
	assert_true(const_compare(TOK_EQL, sum, lit(f, TOK_FLOAT, "0.3")));
	Const *one = const_make_int64(&f->u, 1), *three = const_make_int64(&f->u, 3);
	Const *big = const_shift(&f->u, TOK_SHL, one, 100);
	assert_int_equal(const_bit_length(big), 101);
	assert_string_equal(const_text(f, const_shift(&f->u, TOK_SHR, big, 98)), "4");
	Const *third = const_binary(&f->u, TOK_QUO, one, three, false);
	assert_int_equal(const_kind(third), CONST_FLOAT);
	assert_true(const_equal(const_to_int(&f->u, const_binary(&f->u, TOK_MUL, third, three, false)), one));
	assert_string_equal(const_text(f, const_binary(&f->u, TOK_QUO, const_make_int64(&f->u, -7), three, true)),
			"-2");
	assert_string_equal(const_text(f, const_binary(&f->u, TOK_REM, const_make_int64(&f->u, -7), three, true)),
			"-1");
	assert_string_equal(const_text(f, const_shift(&f->u, TOK_SHR, const_make_int64(&f->u, -7), 1)), "-4");
	assert_null(const_binary(&f->u, TOK_QUO, one, const_make_int64(&f->u, 0), true));
	assert_null(const_binary(&f->u, TOK_QUO, third, const_make_int64(&f->u, 0), false));
	assert_null(const_shift(&f->u, TOK_SHL, one, UINT64_MAX));
	/* 1e5000 is no ratio any more; 1e5000 / 1e4999 comes back. */
	Const *ten = const_binary(&f->u, TOK_QUO, lit(f, TOK_FLOAT, "1e5000"), lit(f, TOK_FLOAT, "1e4999"), false);
	assert_string_equal(const_text(f, const_to_int(&f->u, ten)), "10");
	assert_null(lit(f, TOK_FLOAT, "1e1000000000"));
	assert_int_equal(const_sign(lit(f, TOK_FLOAT, "1e-1000000000")), 0);
}

static void test_complex(void **state) {
	Fixture *f = *state;
	Const *i = lit(f, TOK_IMAG, "1i");
	Const *square = const_binary(&f->u, TOK_MUL, i, i, false);
	assert_string_equal(const_text(f, square), "(-1 + 0i)");
	assert_string_equal(const_text(f, const_to_int(&f->u, square)), "-1");
	Const *z = const_make_complex(&f->u, const_make_int64(&f->u, 1), const_make_int64(&f->u, 2));
	assert_true(const_compare(TOK_EQL,
			const_binary(&f->u, TOK_QUO, const_binary(&f->u, TOK_MUL, z, i, false), i, false), z));
	int64_t v;
	assert_true(const_int64(const_imag(&f->u, lit(f, TOK_IMAG, "0123i")), &v) && v == 123);
	assert_null(const_binary(&f->u, TOK_QUO, z, const_make_complex(&f->u, const_make_int64(&f->u, 0),
								       const_make_int64(&f->u, 0)), false));
}

static void test_unary(void **state) {
	Fixture *f = *state;
	Const *five = const_make_int64(&f->u, 5);
	assert_string_equal(const_text(f, const_unary(&f->u, TOK_XOR, five, basic(f, TYPE_INT))), "-6");
	assert_string_equal(const_text(f, const_unary(&f->u, TOK_XOR, five, basic(f, TYPE_UINT8))), "250");
	assert_string_equal(const_text(f, const_unary(&f->u, TOK_XOR, five, basic(f, TYPE_UINT64))),
			"18446744073709551610");
	assert_string_equal(const_text(f, const_unary(&f->u, TOK_SUB, five, NULL)), "-5");
	assert_false(const_bool(const_unary(&f->u, TOK_NOT, const_make_bool(&f->u, true), NULL)));
}

static Representable fits(Fixture *f, Token token, const char *text, TypeKind kind, Const **rounded) {
	bool negative = text[0] == '-';
	Const *c = lit(f, token, text + negative);
	if (negative)
		c = const_unary(&f->u, TOK_SUB, c, NULL);
	return const_representable(&f->u, c, basic(f, kind), rounded);
}

static void test_representable(void **state) {
	Fixture *f = *state;
	Const *r;
	assert_int_equal(fits(f, TOK_INT, "127", TYPE_INT8, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_INT, "128", TYPE_INT8, NULL), NOT_OVERFLOWS);
	assert_int_equal(fits(f, TOK_INT, "-128", TYPE_INT8, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_INT, "-129", TYPE_INT8, NULL), NOT_OVERFLOWS);
	assert_int_equal(fits(f, TOK_INT, "-9223372036854775808", TYPE_INT, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_INT, "9223372036854775808", TYPE_INT, NULL), NOT_OVERFLOWS);
	assert_int_equal(fits(f, TOK_INT, "-1", TYPE_UINT, NULL), NOT_OVERFLOWS);
	assert_int_equal(fits(f, TOK_INT, "18446744073709551615", TYPE_UINTPTR, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_FLOAT, "1.5", TYPE_INT, NULL), NOT_TRUNCATED);
	assert_int_equal(fits(f, TOK_FLOAT, "2.0", TYPE_INT, &r), REPRESENTABLE);
	assert_int_equal(const_kind(r), CONST_INT);
	assert_int_equal(fits(f, TOK_FLOAT, "1e39", TYPE_FLOAT32, NULL), NOT_OVERFLOWS);
	assert_int_equal(fits(f, TOK_FLOAT, "1e309", TYPE_FLOAT64, NULL), NOT_OVERFLOWS);
	assert_int_equal(fits(f, TOK_FLOAT, "1e309", TYPE_UNTYPED_FLOAT, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_FLOAT, "0.1", TYPE_FLOAT32, &r), REPRESENTABLE);
	assert_true(const_float64(r) == (double)0.1f);
	assert_int_equal(fits(f, TOK_FLOAT, "1e-400", TYPE_FLOAT64, &r), REPRESENTABLE);
	assert_int_equal(const_sign(r), 0);
	assert_int_equal(fits(f, TOK_STRING, "\"x\"", TYPE_STRING, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_STRING, "\"x\"", TYPE_INT, NULL), NOT_KIND);
	assert_int_equal(fits(f, TOK_INT, "1", TYPE_STRING, NULL), NOT_KIND);
	assert_int_equal(fits(f, TOK_IMAG, "1i", TYPE_COMPLEX64, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_IMAG, "0i", TYPE_INT, NULL), REPRESENTABLE);
	assert_int_equal(fits(f, TOK_IMAG, "1i", TYPE_INT, NULL), NOT_TRUNCATED);
	assert_int_equal(fits(f, TOK_IMAG, "1i", TYPE_FLOAT64, NULL), NOT_OVERFLOWS);
}

static void test_const_print(void **state) {
	Fixture *f = *state;
	static const struct { const char *text, *want; } rows[] = {
		{"0.1", "0.1"}, {"1e6", "1e+06"}, {"100000.0", "100000"}, {"3.14159265358979323846", "3.14159"},
		{"1e1000", "1e+1000"}, {"1.5e-400", "1.5e-400"}, {"4.9999999999", "4.9999999999"}, {"2.50", "2.5"},
		{"1e15", "1e+15"}, {"1000000000000000.5", "1.0000000000000005e+15"}, {"0x1p-1074", "4.94066e-324"},
		{"9.999999999e999", "1e+1000"}, {"99999999.0", "1e+08"}, {"3e-320", "2.99997e-320"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(const_text(f, lit(f, TOK_FLOAT, rows[i].text)), rows[i].want);
	assert_string_equal(const_text(f, lit(f, TOK_STRING, "\"a\\n\\x00\\\"\"")), "\"a\\n\\x00\\\"\"");
	char quoted[120];
	memset(quoted, 'x', sizeof(quoted));
	quoted[0] = quoted[100] = '"';
	quoted[101] = 0;
	const char *shown = const_text(f, lit(f, TOK_STRING, quoted));
	assert_int_equal(strlen(shown), 72);
	assert_string_equal(shown + 69, "...");
}

/* ---------------------------------------------------------------- identity and printing */

static void test_identity(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING);
	assert_true(type_identical(u->byte_type, basic(f, TYPE_UINT8)));
	assert_true(type_identical(type_new_slice(u, u->rune_type), type_new_slice(u, basic(f, TYPE_INT32))));
	assert_false(type_identical(i, basic(f, TYPE_INT64)));
	assert_true(type_identical(type_new_map(u, s, i), type_new_map(u, s, i)));
	assert_false(type_identical(type_new_array(u, i, 2), type_new_array(u, i, 3)));
	assert_false(type_identical(type_new_chan(u, CHAN_BOTH, i), type_new_chan(u, CHAN_SEND, i)));
	assert_true(type_identical(func(f, 1, 1, i, s), func(f, 1, 1, i, s)));
	assert_false(type_identical(func(f, 1, 1, i, s), func(f, 2, 0, i, s)));
	Type *a = struct_of(f, 2, "A", i, "b", s), *b = struct_of(f, 2, "A", i, "b", s);
	assert_true(type_identical(a, b));
	assert_int_equal(type_hash(a), type_hash(b));
	b->fields[1].package = &f->other;
	assert_false(type_identical(a, b));
	b->fields[1].package = &f->pkg;
	b->fields[0].tag = STR_LIT("x");
	assert_false(type_identical(a, b));
	assert_false(type_identical(named(f, "N", i), i));
	assert_true(type_identical(u->any_type, iface(f, 0, 0)));
	Type *m = func(f, 0, 0);
	assert_true(type_identical(iface(f, 2, 0, "A", m, "B", m), iface(f, 1, 1, "B", m, iface(f, 1, 0, "A", m))));
	assert_false(type_identical(iface(f, 1, 0, "A", m), iface(f, 1, 0, "B", m)));
	assert_true(type_identical(iface(f, 0, 1, union_of(f, 2, 1, i, 0, s)),
			iface(f, 0, 1, union_of(f, 2, 0, s, 1, i))));
	/* func[P any](P) and func[Q any](Q) */
	Type *p = param(f, "P", 0, u->any_type), *q = param(f, "Q", 0, u->any_type);
	Type *fp = func(f, 1, 0, p), *fq = func(f, 1, 0, q);
	assert_false(type_identical(fp, fq));
	fp->type_params = &p, fq->type_params = &q;
	fp->type_param_count = fq->type_param_count = 1;
	assert_true(type_identical(fp, fq));
}

/* type T interface { m() interface { T } }: two of them, compared through anonymous interfaces. */
static void test_recursive_interfaces(void **state) {
	Fixture *f = *state;
	Type *t[2];
	for (int i = 0; i < 2; i++) {
		t[i] = named(f, i ? "T1" : "T0", NULL);
		t[i]->underlying = iface(f, 1, 0, "m", func(f, 0, 1, iface(f, 0, 1, t[i])));
	}
	assert_true(type_identical(t[0]->underlying, t[1]->underlying));
	assert_false(type_identical(t[0], t[1]));
}

static void test_print(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING);
	assert_string_equal(printed(f, type_new_slice(u, u->byte_type)), "[]byte");
	assert_string_equal(printed(f, type_new_map(u, s, type_new_pointer(u, i))), "map[string]*int");
	assert_string_equal(printed(f, type_new_chan(u, CHAN_SEND, i)), "chan<- int");
	assert_string_equal(printed(f, type_new_chan(u, CHAN_BOTH, type_new_chan(u, CHAN_RECV, i))),
			"chan (<-chan int)");
	Object *params[] = {var(f, "a", i), var(f, "b", type_new_slice(u, s))};
	Object *results[] = {var(f, "x", i), var(f, "err", u->error_type)};
	Type *sig = type_new_signature(u, params, 2, results, 2, true);
	assert_string_equal(printed(f, sig), "func(a int, b ...string) (x int, err error)");
	assert_string_equal(printed_runtime(f, sig), "func(int, ...string) (int, error)");
	Type *st = struct_of(f, 2, "A", i, "b", s);
	st->fields[1].tag = STR_LIT("tag");
	assert_string_equal(printed(f, st), "struct{A int; b string \"tag\"}");
	assert_string_equal(printed_runtime(f, st), "struct { A int; b string \"tag\" }");
	Type *in = iface(f, 1, 1, "M", func(f, 0, 0), union_of(f, 2, 1, i, 0, s));
	assert_string_equal(printed(f, in), "interface{M(); ~int | string}");
	assert_string_equal(printed(f, u->any_type), "any");
	assert_string_equal(printed(f, iface(f, 0, 0)), "interface{}");
	assert_string_equal(printed_runtime(f, u->any_type), "interface {}");
	assert_string_equal(printed_runtime(f, u->error_type), "error");
	Type *n = named(f, "T", i);
	assert_string_equal(printed(f, n), "T");
	u->current = NULL;
	Buf buf;
	buf_init(&buf, &f->mem);
	type_print(n, &f->other, &buf);
	assert_string_equal(text_of(f, &buf), "main.T");
}

static void test_hostile_types(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *t = named(f, "T", NULL); /* type T [10]T */
	assert_int_equal(type_underlying(t)->kind, TYPE_INVALID);
	t->underlying = type_new_array(u, t, 10);
	assert_true(type_is_comparable(t));
	assert_string_equal(printed(f, t), "T");
	Type *deep = basic(f, TYPE_INT), *other = basic(f, TYPE_INT);
	for (int i = 0; i < 100000; i++) {
		deep = type_new_slice(u, deep);
		other = type_new_slice(u, other);
	}
	assert_false(type_identical(deep, other)); /* too deep to tell; ends */
	assert_false(type_is_parameterized(deep));
	printed(f, deep);
	Type *wide = basic(f, TYPE_INT); /* 2^60 leaves */
	for (int i = 0; i < 60; i++)
		wide = struct_of(f, 2, "A", wide, "B", wide);
	assert_false(type_is_parameterized(wide));
	printed(f, wide);
	Type *p = param(f, "P", 0, u->any_type), *g = generic(f, "G", p);
	g->underlying = wide;
	assert_ptr_equal(type_underlying(type_instantiate(u, g, &wide, 1)), wide);
	Type *wp = p;
	for (int i = 0; i < 60; i++)
		wp = struct_of(f, 2, "A", wp, "B", wp);
	Type *arg = basic(f, TYPE_INT);
	TypeSubst subst = {&p, &arg, 1};
	assert_true(type_subst(u, wp, &subst) != wp);
	Type *cycle = type_new(u, TYPE_ALIAS); /* type A = A */
	cycle->underlying = cycle;
	assert_int_equal(type_underlying(cycle)->kind, TYPE_INVALID);
}

/* ---------------------------------------------------------------- predicates */

static void test_predicates(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING);
	Type *number = param(f, "T", 0, iface(f, 0, 1, union_of(f, 2, 1, i, 1, basic(f, TYPE_FLOAT64))));
	assert_true(type_is_numeric(number));
	assert_false(type_is_integer(number));
	assert_false(type_is_interface(number));
	assert_true(type_is_comparable(number));
	Type *any = param(f, "A", 0, u->any_type), *cmp = param(f, "C", 0, u->comparable_type);
	assert_false(type_is_comparable(any));
	assert_true(type_is_comparable(cmp));
	assert_false(type_is_numeric(any));
	assert_true(type_is_comparable(u->any_type));
	assert_false(type_is_strictly_comparable(struct_of(f, 1, "A", u->any_type)));
	assert_false(type_is_comparable(struct_of(f, 1, "A", type_new_slice(u, i))));
	assert_true(type_is_integer(u->rune_type));
	assert_true(type_is_unsigned(named(f, "U", basic(f, TYPE_UINT8))));
	assert_true(type_has_nil(u->error_type));
	assert_false(type_has_nil(s));
	assert_ptr_equal(type_default(u, basic(f, TYPE_UNTYPED_RUNE)), u->rune_type);
	assert_string_equal(printed(f, type_default(u, basic(f, TYPE_UNTYPED_RUNE))), "rune");
	Type *implicit = param(f, "I", 0, i); /* [I int] */
	assert_true(type_is_integer(implicit));
}

/* ---------------------------------------------------------------- lookup */

static LookupResult look(Fixture *f, Type *t, bool addressable, const char *name, Selection *s) {
	return lookup_field_or_method(&f->u, t, addressable, &f->pkg, name_of(f, name), s);
}

static void test_lookup(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT);
	Type *inner = named(f, "Inner", struct_of(f, 2, "X", i, "Y", i));
	method(f, inner, false, "Val", func(f, 0, 0));
	method(f, inner, true, "Ptr", func(f, 0, 0));
	Type *outer = named(f, "Outer", struct_of(f, 2, "X", i, NULL, inner));
	Type *by_pointer = named(f, "ByPointer", struct_of(f, 1, NULL, type_new_pointer(u, inner)));
	Selection s;
	assert_int_equal(look(f, outer, false, "X", &s), LOOKUP_FIELD);
	assert_int_equal(s.path_len, 1);
	assert_int_equal(look(f, outer, false, "Y", &s), LOOKUP_FIELD);
	assert_int_equal(s.path_len, 2);
	assert_int_equal(s.path[0], 1);
	assert_int_equal(s.path[1], 1);
	assert_int_equal(look(f, outer, false, "Val", &s), LOOKUP_METHOD);
	assert_int_equal(s.path_len, 1);
	assert_false(s.indirect);
	assert_int_equal(look(f, outer, false, "Ptr", &s), LOOKUP_NEEDS_POINTER);
	assert_int_equal(look(f, outer, true, "Ptr", &s), LOOKUP_METHOD);
	assert_int_equal(look(f, type_new_pointer(u, outer), false, "Ptr", &s), LOOKUP_METHOD);
	assert_true(s.indirect);
	assert_int_equal(look(f, by_pointer, false, "Ptr", &s), LOOKUP_METHOD);
	assert_int_equal(look(f, type_new_pointer(u, type_new_pointer(u, outer)), false, "X", &s), LOOKUP_NONE);
	assert_int_equal(look(f, outer, false, "_", &s), LOOKUP_NONE);
	Type *two = named(f, "Two", struct_of(f, 2, NULL, outer, NULL, by_pointer)); /* Inner twice at depth 2 */
	assert_int_equal(look(f, two, true, "Y", &s), LOOKUP_AMBIGUOUS);
	assert_int_equal(look(f, two, true, "X", &s), LOOKUP_FIELD); /* Outer's own is shallower */
	Type *pointer_name = named(f, "P", type_new_pointer(u, inner));
	assert_int_equal(look(f, pointer_name, true, "X", &s), LOOKUP_FIELD);
	assert_int_equal(look(f, pointer_name, true, "Val", &s), LOOKUP_NONE);
	assert_int_equal(look(f, u->error_type, false, "Error", &s), LOOKUP_METHOD);
	assert_true(s.is_interface_method);
	assert_int_equal(look(f, type_new_pointer(u, u->error_type), false, "Error", &s), LOOKUP_NONE);
	Type *p = param(f, "T", 0, u->error_type);
	assert_int_equal(look(f, p, false, "Error", &s), LOOKUP_METHOD);
	assert_true(s.on_type_param);
	assert_int_equal(look(f, type_new_pointer(u, p), false, "Error", &s), LOOKUP_NONE);
}

static void test_method_sets(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *inner = named(f, "Inner", struct_of(f, 0));
	method(f, inner, false, "Val", func(f, 0, 0));
	method(f, inner, true, "Ptr", func(f, 0, 0));
	Type *outer = named(f, "Outer", struct_of(f, 2, NULL, inner, NULL, u->error_type));
	method(f, outer, false, "own", func(f, 0, 0));
	uint32_t count;
	MethodSetEntry *set = type_method_set(u, outer, &count);
	assert_int_equal(count, 3);
	assert_string_equal(set[0].name->text, "Error");
	assert_int_equal(set[0].path_len, 1);
	assert_int_equal(set[0].path[0], 1);
	assert_ptr_equal(set[0].recv, u->error_type);
	assert_string_equal(set[1].name->text, "Val");
	assert_string_equal(set[2].name->text, "own");
	assert_ptr_equal(set[2].package, &f->pkg);
	set = type_method_set(u, type_new_pointer(u, outer), &count);
	assert_int_equal(count, 4);
	assert_string_equal(set[1].name->text, "Ptr");
	assert_true(set[1].ptr_recv);
}

static const char *missing(Fixture *f, Type *t, Package *from, const char *name) {
	Buf buf;
	buf_init(&buf, &f->mem);
	lookup_explain_missing(&f->u, t, from, name_of(f, name), false, &buf);
	return text_of(f, &buf);
}

static void test_explain_missing(void **state) {
	Fixture *f = *state;
	Type *i = basic(f, TYPE_INT);
	Type *t = named(f, "T", struct_of(f, 2, "fooBar", i, "a", i));
	method(f, t, false, "Run", func(f, 0, 0));
	assert_string_equal(missing(f, t, &f->pkg, "nope"), "type T has no field or method nope");
	assert_string_equal(missing(f, t, &f->pkg, "FooBar"),
			"type T has no field or method FooBar, but does have field fooBar");
	assert_string_equal(missing(f, t, &f->pkg, "run"),
			"type T has no field or method run, but does have method Run");
	assert_string_equal(missing(f, t, &f->other, "fooBar"), "cannot refer to unexported field fooBar");
	assert_string_equal(missing(f, t, &f->other, "FooBar"),
			    "type main.T has no field or method FooBar, but does have unexported field fooBar");
	assert_string_equal(missing(f, t, &f->other, "A"), "type main.T has no field or method A");
	assert_string_equal(missing(f, type_new_pointer(&f->u, f->u.error_type), &f->pkg, "Error"),
			    "type *error is pointer to interface, not interface");
}

/* ---------------------------------------------------------------- assignability, implements, conversion */

static const char *why_not(Fixture *f, Type *from, Type *to) {
	Buf buf;
	buf_init(&buf, &f->mem);
	assert_false(type_assignable_reason(&f->u, from, to, &buf));
	return text_of(f, &buf);
}

static void test_assignable(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *mi = named(f, "MyInt", i);
	assert_true(type_assignable(u, i, i));
	assert_false(type_assignable(u, i, mi));
	Type *slice = type_new_slice(u, i), *ns = named(f, "Ints", slice);
	assert_true(type_assignable(u, slice, ns));
	assert_true(type_assignable(u, ns, slice));
	assert_false(type_assignable(u, ns, named(f, "Ints2", slice)));
	assert_true(type_assignable(u, type_new_chan(u, CHAN_BOTH, i), type_new_chan(u, CHAN_RECV, i)));
	assert_false(type_assignable(u, type_new_chan(u, CHAN_SEND, i), type_new_chan(u, CHAN_RECV, i)));
	assert_true(type_assignable(u, basic(f, TYPE_UNTYPED_NIL), slice));
	assert_false(type_assignable(u, basic(f, TYPE_UNTYPED_NIL), i));
	assert_true(type_assignable(u, basic(f, TYPE_UNTYPED_INT), basic(f, TYPE_FLOAT64)));
	assert_false(type_assignable(u, basic(f, TYPE_UNTYPED_STRING), i));
	assert_true(type_assignable(u, basic(f, TYPE_UNTYPED_INT), u->any_type));
	assert_false(type_assignable(u, basic(f, TYPE_UNTYPED_INT), u->error_type));
	assert_true(type_assignable(u, basic(f, TYPE_UNTYPED_BOOL), named(f, "B", basic(f, TYPE_BOOL))));
	Type *p = param(f, "T", 0,
			iface(f, 0, 1, union_of(f, 2, 1, slice, 0, type_new_slice(u, basic(f, TYPE_STRING)))));
	assert_false(type_assignable(u, slice, p));
	assert_true(type_assignable(u, basic(f, TYPE_UNTYPED_NIL), p));
	assert_string_equal(why_not(f, p, slice), "cannot assign []string (in T) to []int");
}

static void test_implements(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT);
	Type *i1 = named(f, "I1", iface(f, 1, 0, "A", func(f, 0, 0)));
	Type *i2 = named(f, "I2", iface(f, 2, 0, "A", func(f, 0, 0), "B", func(f, 0, 0)));
	Type *x = named(f, "X", struct_of(f, 0));
	method(f, x, false, "A", func(f, 0, 0));
	method(f, x, true, "B", func(f, 0, 0));
	assert_true(type_assignable(u, x, i1));
	assert_true(type_assignable(u, type_new_pointer(u, x), i2));
	assert_true(type_assignable(u, i2, i1));
	assert_string_equal(why_not(f, x, i2), "X does not implement I2 (method B has pointer receiver)");
	assert_string_equal(why_not(f, i1, i2), "I1 does not implement I2 (missing method B)");
	assert_string_equal(why_not(f, type_new_pointer(u, i1), i1),
			    "*I1 does not implement I1 (type *I1 is pointer to interface, not interface)");
	Type *w = named(f, "W", struct_of(f, 0));
	method(f, w, false, "A", func(f, 1, 0, i));
	assert_string_equal(why_not(f, w, i1),
			    "W does not implement I1 (wrong type for method A)\n\t\thave A(int)\n\t\twant A()");
	Type *lower = named(f, "L", struct_of(f, 0));
	method(f, lower, false, "a", func(f, 0, 0));
	assert_string_equal(why_not(f, lower, i1),
			"L does not implement I1 (missing method A)\n\t\thave a()\n\t\twant A()");
	assert_string_equal(why_not(f, named(f, "F", struct_of(f, 1, "A", i)), i1),
			    "F does not implement I1 (F.A is a field, not a method)");
	assert_string_equal(why_not(f, i1, x), "need type assertion");
	Name *name;
	assert_false(type_implements(u, x, i2, &name));
	assert_string_equal(name->text, "B");
	Type *hidden = named(f, "H", iface(f, 1, 0, "m", func(f, 0, 0)));
	hidden->underlying->methods[0].package = &f->other;
	Type *k = named(f, "K", struct_of(f, 0));
	method(f, k, false, "m", func(f, 0, 0));
	assert_string_equal(why_not(f, k, hidden), "K does not implement H (unexported method m)");
}

static const char *why_unsatisfied(Fixture *f, Type *arg, Type *constraint) {
	Buf buf;
	buf_init(&buf, &f->mem);
	assert_false(type_satisfies(&f->u, arg, constraint, &buf));
	return text_of(f, &buf);
}

static void test_satisfies(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING), *mi = named(f, "MyInt", i);
	Type *tilde = iface(f, 0, 1, union_of(f, 2, 1, i, 1, s));
	tilde->implicit = true;
	Type *exact = iface(f, 0, 1, union_of(f, 2, 0, i, 0, s));
	assert_true(type_satisfies(u, mi, tilde, NULL));
	assert_string_equal(why_unsatisfied(f, basic(f, TYPE_FLOAT64), tilde),
			    "float64 does not satisfy ~int | ~string (float64 missing in ~int | ~string)");
	assert_string_equal(why_unsatisfied(f, mi, exact), "MyInt does not satisfy interface{int | string} "
							   "(possibly missing ~ for int in interface{int | string})");
	assert_string_equal(why_unsatisfied(f, type_new_slice(u, i), u->comparable_type),
			"[]int does not satisfy comparable");
	assert_true(type_satisfies(u, u->any_type, u->comparable_type, NULL));
	assert_string_equal(why_unsatisfied(f, i, u->error_type), "int does not satisfy error (missing method Error)");
	assert_string_equal(why_unsatisfied(f, i, iface(f, 0, 2, i, s)),
			"cannot satisfy interface{int; string} (empty type set)");
	assert_true(type_satisfies(u, i, i, NULL));
	assert_false(type_satisfies(u, s, i, NULL));
	Type *p = param(f, "P", 0, exact);
	assert_true(type_satisfies(u, p, tilde, NULL));
	assert_false(type_satisfies(u, param(f, "Q", 0, tilde), exact, NULL));
}

static void test_convertible(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING);
	Type *bytes = type_new_slice(u, u->byte_type), *slice = type_new_slice(u, i);
	assert_true(type_convertible(u, i, basic(f, TYPE_FLOAT32)));
	assert_true(type_convertible(u, i, s));
	assert_false(type_convertible(u, basic(f, TYPE_FLOAT64), s));
	assert_false(type_convertible(u, s, i));
	assert_true(type_convertible(u, s, bytes));
	assert_true(type_convertible(u, bytes, s));
	assert_false(type_convertible(u, slice, s));
	assert_true(type_convertible(u, slice, type_new_array(u, i, 4)));
	assert_true(type_convertible(u, slice, type_new_pointer(u, type_new_array(u, i, 4))));
	assert_false(type_convertible(u, i, basic(f, TYPE_COMPLEX128)));
	Type *tagged = struct_of(f, 1, "A", i);
	tagged->fields[0].tag = STR_LIT("x");
	assert_true(type_convertible(u, named(f, "S1", tagged), named(f, "S2", struct_of(f, 1, "A", i))));
	assert_true(type_convertible(u, basic(f, TYPE_UNSAFE_POINTER), basic(f, TYPE_UINTPTR)));
	Type *p = param(f, "P", 0, iface(f, 0, 1, union_of(f, 2, 1, i, 1, s)));
	assert_true(type_convertible(u, p, s));
	Buf buf;
	buf_init(&buf, &f->mem);
	assert_false(type_convertible_reason(u, p, i, &buf));
	assert_string_equal(text_of(f, &buf), "cannot convert string (in P) to type int");
}

/* ---------------------------------------------------------------- type sets */

static void test_type_sets(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING), *mi = named(f, "MyInt", i);
	Type *both = iface(f, 0, 2, union_of(f, 2, 1, i, 1, s), union_of(f, 2, 0, mi, 0, s));
	interface_complete(u, both, 0);
	assert_int_equal(both->term_count, 2);
	assert_false(both->terms[0].tilde);
	Type *covered = iface(f, 0, 1, union_of(f, 2, 0, mi, 1, i));
	interface_complete(u, covered, 0);
	assert_int_equal(covered->term_count, 1);
	Type *cmp = iface(f, 0, 2, u->comparable_type, union_of(f, 2, 0, i, 0, type_new_slice(u, i)));
	interface_complete(u, cmp, 0);
	assert_int_equal(cmp->term_count, 1);
	assert_false(cmp->is_comparable);
	Type *slices = param(f, "T", 0,
			iface(f, 0, 1, union_of(f, 2, 1, type_new_slice(u, i), 0, type_new_slice(u, i))));
	assert_true(type_identical(type_common_underlying(u, slices, false), type_new_slice(u, i)));
	Type *text = param(f, "T", 0, iface(f, 0, 1, union_of(f, 2, 1, s, 1, type_new_slice(u, u->byte_type))));
	assert_null(type_common_underlying(u, text, false));
	assert_ptr_equal(type_common_underlying(u, text, true), s);
	Type *chans = param(f, "T", 0, iface(f, 0, 1, union_of(f, 2, 0, type_new_chan(u, CHAN_BOTH, i), 0,
							       type_new_chan(u, CHAN_SEND, i))));
	assert_int_equal(type_common_underlying(u, chans, false)->chan_dir, CHAN_SEND);
	assert_null(type_common_underlying(u, param(f, "T", 0, u->any_type), false));
}

static void test_duplicate_methods(void **state) {
	Fixture *f = *state;
	SourceFile *file = source_add(&f->sources, "a.go", "interface { A(); A(int) }", 25);
	Type *t = iface(f, 2, 0, "A", func(f, 0, 0), "A", func(f, 1, 0, basic(f, TYPE_INT)));
	t->methods[0].object->pos = file->base + 12;
	t->methods[1].object->pos = file->base + 17;
	interface_complete(&f->u, t, file->base);
	assert_int_equal(f->sources.error_count, 1);
	assert_string_equal(last_message(f), "duplicate method A\n\ta.go:1:13: other declaration of method A");
	Type *same = iface(f, 1, 1, "A", func(f, 0, 0), iface(f, 1, 0, "A", func(f, 0, 0)));
	interface_complete(&f->u, same, file->base);
	assert_int_equal(f->sources.error_count, 1);
	assert_int_equal(same->method_set_count, 1);
}

/* ---------------------------------------------------------------- instances */

static void test_instances(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *p = param(f, "P", 0, u->any_type);
	Type *list = generic(f, "List", p);
	Type *rp = param(f, "Q", 0, u->any_type); /* the receiver's own parameter */
	Type *self = type_instantiate(u, list, &p, 1);
	list->underlying = struct_of(f, 2, "next", type_new_pointer(u, self), "value", p);
	Type *recv = type_instantiate(u, list, &rp, 1);
	Type *signature = func(f, 1, 1, rp, type_new_pointer(u, recv));
	signature->recv_type_params = &rp;
	signature->recv_type_param_count = 1;
	Object *push = object_new(u, OBJECT_FUNC, name_of(f, "Push"), &f->pkg, 0, signature);
	signature->recv = var(f, "l", type_new_pointer(u, recv));
	VEC_PUSH(&f->arena, &list->named_methods, push);

	Type *ints = type_instantiate(u, list, &i, 1);
	assert_ptr_equal(ints, type_instantiate(u, list, &i, 1));
	assert_null(ints->underlying); /* not asked yet */
	assert_ptr_equal(type_underlying(ints)->fields[0].type->elem, ints);
	assert_ptr_equal(type_underlying(ints)->fields[1].type, i);
	assert_false(type_is_parameterized(ints));
	assert_true(type_is_parameterized(recv));
	assert_string_equal(printed(f, ints), "List[int]");
	assert_string_equal(printed(f, list), "List[P any]");
	Selection s;
	assert_int_equal(look(f, ints, true, "Push", &s), LOOKUP_METHOD);
	assert_ptr_equal(s.object, push);
	assert_string_equal(printed(f, s.type), "func(int) *List[int]");
	assert_ptr_equal(instance_method(u, ints, push), instance_method(u, ints, push));
	assert_int_equal(look(f, ints, false, "value", &s), LOOKUP_FIELD);
	assert_ptr_equal(s.object, list->underlying->fields[1].object);
	assert_int_equal(type_instantiate(u, list, (Type *[]){i, i}, 2)->kind, TYPE_INVALID);
}

/* type T[P any] struct { *T[[]P] } */
static void test_expanding_instances(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *p = param(f, "P", 0, u->any_type);
	Type *t = generic(f, "T", p);
	Type *slice = type_new_slice(u, p);
	t->underlying = struct_of(f, 1, NULL, type_new_pointer(u, type_instantiate(u, t, &slice, 1)));
	Type *ti = type_instantiate(u, t, &i, 1);
	Selection s;
	assert_int_equal(look(f, ti, true, "nothing", &s), LOOKUP_NONE);
	uint32_t count;
	type_method_set(u, ti, &count);
	assert_int_equal(count, 0);
	/* type I[P any] interface { I[[]P] } */
	Type *in = generic(f, "I", p);
	in->underlying = iface(f, 0, 1, type_instantiate(u, in, &slice, 1));
	assert_int_equal(look(f, type_instantiate(u, in, &i, 1), true, "nothing", &s), LOOKUP_NONE);
	assert_true(u->depth == 0);
}

/* func F[T any]() { type L struct { x T; next *L } } */
static void test_local_types(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING), *t = param(f, "T", 0, u->any_type);
	Type *local = named_in(f, scope_new(u, f->pkg.scope, 0, 0), "L", NULL);
	local->underlying = struct_of(f, 2, "x", t, "next", type_new_pointer(u, local));
	Type signature = {.kind = TYPE_SIGNATURE, .type_params = &t, .type_param_count = 1};
	FuncInfo func = {.signature = &signature};
	local->object->owner = &func;
	assert_true(type_is_parameterized(local));
	TypeSubst to_int = {&t, &i, 1}, to_string = {&t, &s, 1};
	Type *li = type_subst(u, local, &to_int), *ls = type_subst(u, local, &to_string);
	assert_true(li != local && ls != local);
	assert_ptr_equal(li, type_subst(u, local, &to_int));
	assert_false(type_identical(li, ls));
	assert_ptr_equal(type_underlying(li)->fields[0].type, i);
	assert_ptr_equal(type_underlying(li)->fields[1].type->elem, li);
	assert_false(type_is_parameterized(li));
	assert_string_equal(printed_runtime(f, li), "main.L[int]");
	Type *plain = named_in(f, scope_new(u, f->pkg.scope, 0, 0), "M", i);
	assert_ptr_equal(type_subst(u, plain, &to_int), plain);
	plain->object->owner = &func;
	assert_string_equal(printed_runtime(f, type_subst(u, plain, &to_int)), "main.M[int]");
}

/* func (r R[P]) Map[U interface{ ~[]P }](f func(P) U) U */
static void test_generic_methods(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *p = param(f, "P", 0, u->any_type);
	Type *bound = iface(f, 0, 1, union_of(f, 1, 1, type_new_slice(u, p)));
	bound->implicit = true;
	Type *own = param(f, "U", 0, bound);
	Type *signature = func(f, 1, 1, func(f, 1, 1, p, own), own);
	signature->type_params = &own;
	signature->type_param_count = 1;
	TypeSubst recv = {&p, &i, 1};
	Type *method = type_subst(u, signature, &recv);
	assert_int_equal(method->type_param_count, 1);
	assert_true(method->type_params[0] != own);
	assert_string_equal(printed(f, method), "func[U ~[]int](func(int) U) U");
	Type *arg = type_new_slice(u, i);
	TypeSubst call = {method->type_params, &arg, 1};
	assert_string_equal(printed(f, type_subst(u, method, &call)), "func(func(int) []int) []int");
}

/* ---------------------------------------------------------------- inference */

static bool infer(Fixture *f, Type **params, Type **targs, uint32_t count, Type **types, Type **args, uint32_t n) {
	return infer_type_args(&f->u, 1, "f", params, targs, count, types, args, NULL, n);
}

static void test_infer(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING), *ui = basic(f, TYPE_UNTYPED_INT);
	Type *t = param(f, "T", 0, u->any_type), *e = param(f, "E", 1, u->any_type);
	Type *targs[2] = {0}, *tt[] = {t, t};
	/* f[T any](x, y T) */
	assert_true(infer(f, &t, targs, 1, tt, (Type *[]){ui, basic(f, TYPE_UNTYPED_FLOAT)}, 2));
	assert_ptr_equal(targs[0], basic(f, TYPE_FLOAT64));
	targs[0] = NULL;
	assert_true(infer(f, &t, targs, 1, tt, (Type *[]){ui, s}, 2));
	assert_ptr_equal(targs[0], s);
	targs[0] = NULL;
	assert_false(infer(f, &t, targs, 1, tt, (Type *[]){ui, basic(f, TYPE_UNTYPED_STRING)}, 2));
	assert_string_equal(last_message(f),
			"in call to f, mismatched types untyped int and untyped string (cannot infer T)");
	targs[0] = NULL;
	assert_false(infer(f, &t, targs, 1, tt, (Type *[]){i, s}, 2));
	assert_string_equal(last_message(f), "in call to f, type string does not match inferred type int for T");
	/* Defined types win over literals in either order. */
	Type *ints = type_new_slice(u, i), *n = named(f, "N", ints);
	targs[0] = NULL;
	assert_true(infer(f, &t, targs, 1, tt, (Type *[]){ints, n}, 2));
	assert_ptr_equal(targs[0], n);
	/* f[S ~[]E, E any](s S) */
	Type *se = iface(f, 0, 1, union_of(f, 1, 1, type_new_slice(u, e)));
	Type *sp = param(f, "S", 0, se), *params[] = {sp, e};
	targs[0] = targs[1] = NULL;
	assert_true(infer(f, params, targs, 2, params, &n, 1));
	assert_ptr_equal(targs[0], n);
	assert_ptr_equal(targs[1], i);
	targs[0] = targs[1] = NULL;
	assert_false(infer(f, params, targs, 2, params, &ui, 1));
	assert_string_equal(last_message(f), "in call to f, cannot infer E");
	/* f[T any, PT interface{ *T }](x T): PT follows */
	Type *pt = param(f, "PT", 1, iface(f, 0, 1, type_new_pointer(u, t))), *two[] = {t, pt};
	targs[0] = targs[1] = NULL;
	assert_true(infer(f, two, targs, 2, two, &s, 1));
	assert_string_equal(printed(f, targs[1]), "*string");
	/* f[A interface{ *B }, B interface{ *A }](): a cycle */
	Type *a = param(f, "A", 0, NULL), *b = param(f, "B", 1, NULL), *cycle[] = {a, b};
	a->constraint = iface(f, 0, 1, type_new_pointer(u, b));
	b->constraint = iface(f, 0, 1, type_new_pointer(u, a));
	targs[0] = targs[1] = NULL;
	assert_false(infer(f, cycle, targs, 2, NULL, NULL, 0));
	assert_string_equal(last_message(f), "in call to f, cannot infer A");
}

static void test_infer_functions(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *s = basic(f, TYPE_STRING);
	Type *t = param(f, "T", 0, u->any_type), *v = param(f, "U", 1, u->any_type), *g = param(f, "X", 0, u->any_type);
	Type *targs[3] = {0};
	/* Map[T, U any](x []T, f func(T) U) with func(int) string, then with id[X any](X) X */
	Type *types[] = {type_new_slice(u, t), func(f, 1, 1, t, v)}, *params[] = {t, v, g};
	assert_true(infer(f, params, targs, 2, types, (Type *[]){type_new_slice(u, i), func(f, 1, 1, i, s)}, 2));
	assert_ptr_equal(targs[1], s);
	memset(targs, 0, sizeof(targs));
	assert_true(infer(f, params, targs, 3, types, (Type *[]){type_new_slice(u, i), func(f, 1, 1, g, g)}, 2));
	assert_ptr_equal(targs[1], i);
	assert_ptr_equal(targs[2], i);
	memset(targs, 0, sizeof(targs));
	assert_false(infer(f, params, targs, 2, types, (Type *[]){type_new_slice(u, i), func(f, 1, 1, s, s)}, 2));
	assert_string_equal(last_message(f),
			"in call to f, type func(string) string does not match "
			"inferred type func(int) U for func(T) U");
	/* Elements must match exactly: *T with *int and *MyInt */
	Type *mi = named(f, "MyInt", i), *ptr = type_new_pointer(u, t);
	targs[0] = NULL;
	assert_false(infer(f, &t, targs, 1, (Type *[]){ptr, ptr},
			   (Type *[]){type_new_pointer(u, i), type_new_pointer(u, mi)}, 2));
	/* Channels: the directed one is taken. */
	Type *both = type_new_chan(u, CHAN_BOTH, i), *recv = type_new_chan(u, CHAN_RECV, i);
	targs[0] = NULL;
	assert_true(infer(f, &t, targs, 1, (Type *[]){t, t}, (Type *[]){both, recv}, 2));
	assert_ptr_equal(targs[0], recv);
	/* it[T any](x interface{ Next() T }) with a type that has Next() int */
	Type *next = named(f, "Ints", struct_of(f, 0));
	method(f, next, false, "Next", func(f, 0, 1, i));
	Type *it = iface(f, 1, 0, "Next", func(f, 0, 1, t));
	targs[0] = NULL;
	assert_true(infer(f, &t, targs, 1, &it, &next, 1));
	assert_ptr_equal(targs[0], i);
	targs[0] = NULL;
	assert_false(infer(f, &t, targs, 1, &it, &i, 1));
	assert_string_equal(last_message(f),
			"in call to f, type int does not match interface{Next() T} (cannot infer T)");
}

static void test_verify(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Type *i = basic(f, TYPE_INT), *t = param(f, "T", 0, u->comparable_type);
	assert_true(instance_verify(u, 1, &t, &i, 1));
	Type *slice = type_new_slice(u, i);
	assert_false(instance_verify(u, 1, &t, &slice, 1));
	assert_string_equal(last_message(f), "[]int does not satisfy comparable");
}

/* ---------------------------------------------------------------- universe */

static void test_universe(void **state) {
	Fixture *f = *state;
	Universe *u = &f->u;
	Object *o = scope_lookup(u->scope, name_of(f, "append"));
	assert_int_equal(o->kind, OBJECT_BUILTIN);
	assert_int_equal(o->builtin, BUILTIN_append);
	assert_null(scope_lookup(u->scope, name_of(f, "Sizeof")));
	assert_non_null(scope_lookup(u->unsafe_package->scope, name_of(f, "Sizeof")));
	assert_non_null(scope_lookup(u->unsafe_package->scope, name_of(f, "Pointer")));
	assert_true(const_bool(scope_lookup(u->scope, name_of(f, "true"))->value));
	Scope *function = scope_new(u, f->pkg.scope, 0, 0);
	function->is_func = true;
	Object *x = object_new(u, OBJECT_VAR, name_of(f, "x"), &f->pkg, 50, NULL);
	assert_null(scope_insert(u, function, x));
	assert_ptr_equal(scope_insert(u, function, object_new(u, OBJECT_VAR, name_of(f, "x"), &f->pkg, 60, NULL)), x);
	assert_null(scope_lookup_parent(function, x->name, 40));
	assert_ptr_equal(scope_lookup_parent(function, x->name, 60), x);
	assert_ptr_equal(scope_lookup_parent(function, name_of(f, "int"), 1)->type, basic(f, TYPE_INT));
	Object *blank = object_new(u, OBJECT_VAR, name_of(f, "_"), &f->pkg, 0, NULL);
	assert_null(scope_insert(u, function, blank));
	assert_null(scope_insert(u, function, blank));
	assert_null(scope_lookup(function, blank->name));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_universe), TEST(test_int_literals), TEST(test_text_literals), TEST(test_float_rounding),
		TEST(test_exact_arithmetic), TEST(test_complex), TEST(test_unary), TEST(test_representable),
		TEST(test_const_print), TEST(test_identity), TEST(test_recursive_interfaces), TEST(test_print),
		TEST(test_hostile_types), TEST(test_predicates), TEST(test_lookup), TEST(test_method_sets),
		TEST(test_explain_missing), TEST(test_assignable), TEST(test_implements), TEST(test_satisfies),
		TEST(test_convertible), TEST(test_type_sets), TEST(test_duplicate_methods), TEST(test_instances),
		TEST(test_expanding_instances), TEST(test_local_types), TEST(test_generic_methods), TEST(test_infer),
		TEST(test_infer_functions), TEST(test_verify),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
