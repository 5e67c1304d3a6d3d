/* SPDX-License-Identifier: MIT */
/* test_calls.c: Go functions called from the host, values in both directions, references. */
#include "api_host.h"

static const char program_text[] =
	"package main\n"
	"import (\"errors\"; \"fmt\"; \"strings\")\n"
	"type Point struct { X, Y int; Name string; tiny int8; F float32 }\n"
	"type Shape interface { Area() float64 }\n"
	"type Square struct { Side float64 }\n"
	"func (s Square) Area() float64 { return s.Side * s.Side }\n"
	"type MyErr struct { Code int }\n"
	"func (e *MyErr) Error() string { return fmt.Sprint(\"code \", e.Code) }\n"
	"var count = start()\n"
	"func start() int { return 100 }\n"
	"func Empty() {}\n"
	"func Add(a, b int) int { return a + b }\n"
	"func Many(b bool, i8 int8, u8 uint8, s string, f float64, f32 float32, bs []byte, u uint64) (string, float32, bool, int8, uint8, uint64) {\n"
	"	return fmt.Sprint(b, i8, u8, s, f, f32, bs, u), f32 * 2, !b, i8 - 1, u8 + 1, u }\n"
	"func Upper(s string) string { return strings.ToUpper(s) }\n"
	"func Move(p Point, dx int) Point { p.X += dx; p.Name += \"!\"; p.tiny--; p.F /= 2; return p }\n"
	"func MovePtr(p *Point) *Point { p.Y++; return p }\n"
	"func Sum(xs []int) (n int) { for _, x := range xs { n += x }; return }\n"
	"func Words(s string) []string { return strings.Fields(s) }\n"
	"func Count(m map[string]int, key string) map[string]int { if m == nil { m = map[string]int{} }; m[key]++; return m }\n"
	"func ByInt(m map[int8]Point) int { return m[3].X }\n"
	"func Fail(n int) (int, error) { if n < 0 { return 0, errors.New(\"negative\") }; if n == 0 { return 0, &MyErr{7} }; return n, nil }\n"
	"func Text(err error) string { if err == nil { return \"nil\" }; return err.Error() }\n"
	"func Any(v any) string { return fmt.Sprintf(\"%T %v\", v, v) }\n"
	"func Anys(vs ...any) (any, int) { return vs[0], len(vs) }\n"
	"func MakeShape(f float64) Shape { return Square{f} }\n"
	"func AreaOf(s Shape) float64 { return s.Area() }\n"
	"func Adder(n int) func(int) int { return func(m int) int { n += m; return n } }\n"
	"func Next() int { count++; return count }\n"
	"func Panics(s string) { panic(s) }\n"
	"func Arr(a [3]int16) [3]int16 { a[1] *= 2; return a }\n"
	"func Pair() (any, any) { return struct{ A, B int16 }{1, 2}, [2]uint8{3, 4} }\n"
	"func Block(c chan int) int { return <-c }\n"
	"func MakeChan() chan int { return make(chan int, 3) }\n"
	"func Generic[T any](t T) T { return t }\n"
	"func Garbage(n int) (s string) { for range n { s = strings.Repeat(\"x\", 1000) }; return s[:3] }\n"
	"func main() { fmt.Println(\"main\", Generic(count)) }\n";

typedef struct Fixture {
	Host h;
	GolVM *vm;
	GolProgram *program;
} Fixture;

static int setup(void **state) {
	Fixture *f = calloc(1, sizeof *f);
	f->vm = host_vm(&f->h, 2);
	f->program = host_compile(&f->h, f->vm, program_text);
	*state = f;
	return 0;
}

static int teardown(void **state) {
	Fixture *f = *state;
	host_free(&f->h, f->vm);
	free(f);
	return 0;
}

static void assert_text(GolValue v, const char *want) {
	const char *s;
	size_t n;
	assert_int_equal(gol_get_string(v, &s, &n), GOL_OK);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(s, want, n);
}

static int64_t int_of(GolValue v) {
	int64_t n;
	assert_int_equal(gol_get_int(v, &n), GOL_OK);
	return n;
}

static double float_of(GolValue v) {
	double f;
	assert_int_equal(gol_get_float(v, &f), GOL_OK);
	return f;
}

#define OK(e) assert_int_equal(e, GOL_OK)

static void test_scalars(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "main.Many");
	assert_int_equal(gol_arg_count(c), 8);
	assert_int_equal(gol_result_count(c), 6);
	OK(gol_put_bool(gol_arg(c, 0), 1));
	OK(gol_put_int(gol_arg(c, 1), -128));
	OK(gol_put_uint(gol_arg(c, 2), 254));
	OK(gol_put_string(gol_arg(c, 3), "h\xc3\xa9", 3));
	OK(gol_put_float(gol_arg(c, 4), 0.5));
	OK(gol_put_float(gol_arg(c, 5), 1.25));
	OK(gol_put_bytes(gol_arg(c, 6), "\1\2", 2));
	OK(gol_put_uint(gol_arg(c, 7), UINT64_MAX));
	for (int round = 0; round < 2; round++) {
		OK(gol_call_run(c));
		assert_text(gol_result(c, 0), "true -128 254h\xc3\xa9" "0.5 1.25 [1 2] 18446744073709551615");
		assert_true(float_of(gol_result(c, 1)) == 2.5);
		int b;
		OK(gol_get_bool(gol_result(c, 2), &b));
		assert_int_equal(b, 0);
		assert_int_equal(int_of(gol_result(c, 3)), 127);
		assert_int_equal(int_of(gol_result(c, 4)), 255);
		uint64_t u;
		OK(gol_get_uint(gol_result(c, 5), &u));
		assert_true(u == UINT64_MAX);
		int64_t i;
		assert_int_equal(gol_get_int(gol_result(c, 5), &i), GOL_ERROR_ARGUMENT);
	}
	gol_call_close(c);
}

static void test_wrong_types(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "Add");
	assert_int_equal(gol_put_string(gol_arg(c, 0), "x", 1), GOL_ERROR_ARGUMENT);
	assert_string_equal(gol_error(f->vm), "int is not a string");
	assert_int_equal(gol_put_float(gol_arg(c, 0), 1), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_error(gol_arg(c, 0), "x", 1), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_int(gol_arg(c, 2), 1), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_int(gol_result(c, 1), 1), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_kind(gol_field(gol_arg(c, 0), "X")), GOL_NIL);
	assert_int_equal(gol_kind(gol_at(gol_arg(c, 0), 0)), GOL_NIL);
	assert_int_equal(gol_len(gol_arg(c, 0)), -1);
	assert_int_equal(gol_make(gol_arg(c, 0), 1), GOL_ERROR_ARGUMENT);
	GolValue none = {0};
	assert_int_equal(gol_put_int(none, 1), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_value(none, none), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_value(gol_arg(c, 0), none), GOL_ERROR_ARGUMENT);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Many");
	assert_int_equal(gol_put_int(gol_arg(c, 1), 128), GOL_ERROR_ARGUMENT);
	assert_string_equal(gol_error(f->vm), "128 overflows int8");
	assert_int_equal(gol_put_int(gol_arg(c, 2), -1), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_int(gol_arg(c, 7), -1), GOL_ERROR_ARGUMENT);
	gol_call_close(c);
	const GolFunc *func;
	assert_int_equal(gol_func(f->vm, f->program, "Nothing", &func), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_func(f->vm, f->program, "Generic", &func), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_func(f->vm, f->program, "Square.Area", &func), GOL_ERROR_ARGUMENT);
	assert_null(func);
}

static void test_structs(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "Move");
	GolValue p = gol_arg(c, 0);
	assert_int_equal(gol_kind(p), GOL_STRUCT);
	assert_string_equal(gol_type_name(p), "main.Point");
	assert_int_equal(gol_field_count(p), 5);
	assert_string_equal(gol_field_name(p, 1), "Y");
	OK(gol_put_int(gol_field(p, "X"), 3));
	OK(gol_put_int(gol_field_at(p, 1), 4));
	OK(gol_put_string(gol_field(p, "Name"), "pt", 2));
	OK(gol_put_int(gol_field(p, "tiny"), -5));
	OK(gol_put_float(gol_field(p, "F"), 3));
	OK(gol_put_int(gol_arg(c, 1), 10));
	OK(gol_call_run(c));
	GolValue r = gol_result(c, 0);
	assert_int_equal(int_of(gol_field(r, "X")), 13);
	assert_int_equal(int_of(gol_field(r, "Y")), 4);
	assert_text(gol_field(r, "Name"), "pt!");
	assert_int_equal(int_of(gol_field(r, "tiny")), -6);
	assert_true(float_of(gol_field(r, "F")) == 1.5);
	assert_int_equal(int_of(gol_field(p, "X")), 3);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "MovePtr");
	assert_true(gol_is_nil(gol_arg(c, 0)));
	assert_int_equal(gol_kind(gol_elem(gol_arg(c, 0))), GOL_NIL);
	OK(gol_make(gol_arg(c, 0), 0));
	OK(gol_put_int(gol_field(gol_arg(c, 0), "Y"), 41));
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_field(gol_result(c, 0), "Y")), 42);
	assert_int_equal(int_of(gol_field(gol_elem(gol_arg(c, 0)), "Y")), 42);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Arr");
	for (int i = 0; i < 3; i++)
		OK(gol_put_int(gol_at(gol_arg(c, 0), i), 100 + i));
	assert_int_equal(gol_put_int(gol_at(gol_arg(c, 0), 3), 1), GOL_ERROR_ARGUMENT);
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_at(gol_result(c, 0), 1)), 202);
	assert_int_equal(gol_len(gol_result(c, 0)), 3);
	gol_call_close(c);
}

static void test_slices_and_maps(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "Sum");
	OK(gol_make(gol_arg(c, 0), 10));
	for (int i = 0; i < 10; i++)
		OK(gol_put_int(gol_at(gol_arg(c, 0), i), i));
	for (int i = 0; i < 100; i++)
		OK(gol_put_int(gol_append(gol_arg(c, 0)), 1));
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 145);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Words");
	OK(gol_put_string(gol_arg(c, 0), "a bc def", 8));
	OK(gol_call_run(c));
	assert_int_equal(gol_len(gol_result(c, 0)), 3);
	assert_text(gol_at(gol_result(c, 0), 2), "def");
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Count");
	OK(gol_put_string(gol_arg(c, 1), "k", 1));
	OK(gol_call_run(c));
	assert_true(gol_is_nil(gol_arg(c, 0)));
	OK(gol_put_value(gol_arg(c, 0), gol_result(c, 0)));
	OK(gol_put_int(gol_key_string(gol_arg(c, 0), "other", 5, 1), 9));
	OK(gol_call_run(c));
	GolValue m = gol_result(c, 0);
	assert_int_equal(gol_len(m), 2);
	assert_int_equal(int_of(gol_key_string(m, "k", 1, 0)), 2);
	assert_int_equal(int_of(gol_key(m, gol_arg(c, 1), 0)), 2);
	assert_true(gol_is_nil(gol_key_string(m, "absent", 6, 0)));
	GolMapIter it;
	GolValue key, value;
	int64_t sum = 0, names = 0;
	OK(gol_map_begin(m, &it));
	while (gol_map_next(&it, &key, &value)) {
		const char *s;
		size_t n;
		OK(gol_get_string(key, &s, &n));
		names += (int64_t)n;
		sum += int_of(value);
	}
	assert_int_equal(sum, 11);
	assert_int_equal(names, 6);
	OK(gol_key_delete(m, gol_arg(c, 1)));
	assert_int_equal(gol_len(m), 1);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "ByInt");
	OK(gol_put_int(gol_field(gol_key_int(gol_arg(c, 0), 3, 1), "X"), 77));
	assert_int_equal(gol_kind(gol_key_int(gol_arg(c, 0), 300, 1)), GOL_NIL);
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 77);
	gol_call_close(c);
}

static void test_errors(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "Fail");
	const char *text;
	size_t n;
	OK(gol_put_int(gol_arg(c, 0), -1));
	OK(gol_call_run(c));
	assert_false(gol_is_nil(gol_result(c, 1)));
	OK(gol_get_error(gol_result(c, 1), &text, &n));
	assert_string_equal(text, "negative");
	OK(gol_put_int(gol_arg(c, 0), 0));
	OK(gol_call_run(c));
	OK(gol_get_error(gol_result(c, 1), &text, &n));
	assert_string_equal(text, "code 7");
	assert_int_equal(n, 6);
	assert_int_equal(int_of(gol_field(gol_result(c, 1), "Code")), 7);
	OK(gol_put_int(gol_arg(c, 0), 5));
	OK(gol_call_run(c));
	OK(gol_get_error(gol_result(c, 1), &text, &n));
	assert_null(text);
	assert_int_equal(gol_get_error(gol_result(c, 0), &text, &n), GOL_ERROR_ARGUMENT);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Text");
	OK(gol_call_run(c));
	assert_text(gol_result(c, 0), "nil");
	OK(gol_put_error(gol_arg(c, 0), "from host", 9));
	OK(gol_call_run(c));
	assert_text(gol_result(c, 0), "from host");
	assert_int_equal(gol_put_int(gol_arg(c, 0), 1), GOL_ERROR_ARGUMENT);
	gol_call_close(c);
}

static void test_interfaces(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "Any");
	struct { const char *want; } wants[] = {{"<nil> <nil>"}, {"int 5"}, {"float64 1.5"}, {"string s"}, {"bool true"}, {"[]uint8 [65]"}, {"*errors.errorString e"}, {"uint64 6"}};
	for (int i = 0; i < 8; i++) {
		GolValue v = gol_arg(c, 0);
		OK(i == 0 ? gol_put_nil(v) : i == 1 ? gol_put_int(v, 5) : i == 2 ? gol_put_float(v, 1.5)
		 : i == 3 ? gol_put_string(v, "s", 1) : i == 4 ? gol_put_bool(v, 1) : i == 5 ? gol_put_bytes(v, "A", 1)
		 : i == 6 ? gol_put_error(v, "e", 1) : gol_put_uint(v, 6));
		OK(gol_call_run(c));
		assert_text(gol_result(c, 0), wants[i].want);
	}
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Anys");
	OK(gol_put_int(gol_append(gol_arg(c, 0)), 8));
	OK(gol_put_string(gol_append(gol_arg(c, 0)), "x", 1));
	OK(gol_call_run(c));
	assert_int_equal(gol_kind(gol_result(c, 0)), GOL_INT);
	assert_int_equal(int_of(gol_result(c, 0)), 8);
	assert_int_equal(int_of(gol_result(c, 1)), 2);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "MakeShape");
	OK(gol_put_float(gol_arg(c, 0), 3));
	OK(gol_call_run(c));
	assert_string_equal(gol_type_name(gol_result(c, 0)), "main.Square");
	assert_true(float_of(gol_field(gol_result(c, 0), "Side")) == 3);
	GolCall *area = host_open(f->vm, f->program, "AreaOf");
	OK(gol_put_value(gol_arg(area, 0), gol_result(c, 0)));
	OK(gol_call_run(area));
	assert_true(float_of(gol_result(area, 0)) == 9);
	assert_int_equal(gol_put_value(gol_arg(area, 0), gol_arg(c, 0)), GOL_ERROR_ARGUMENT);
	assert_string_equal(gol_error(f->vm), "float64 cannot be assigned to main.Shape");
	gol_call_close(area);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Pair");
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_field(gol_result(c, 0), "B")), 2);
	assert_int_equal(int_of(gol_at(gol_result(c, 1), 1)), 4);
	assert_int_equal(gol_put_int(gol_field(gol_result(c, 0), "B"), 1), GOL_ERROR_ARGUMENT);
	gol_call_close(c);
}

static void test_references(void **state) {
	Fixture *f = *state;
	GolRef *text, *func;
	GolCall *c = host_open(f->vm, f->program, "Upper");
	OK(gol_put_string(gol_arg(c, 0), "kept", 4));
	OK(gol_call_run(c));
	OK(gol_get_ref(gol_result(c, 0), &text));
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Adder");
	OK(gol_put_int(gol_arg(c, 0), 5));
	OK(gol_call_run(c));
	OK(gol_get_ref(gol_result(c, 0), &func));
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Garbage");
	OK(gol_put_int(gol_arg(c, 0), 30000));
	OK(gol_call_run(c));
	assert_text(gol_result(c, 0), "xxx");
	gol_call_close(c);
	GolUsage usage;
	gol_usage(f->vm, &usage);
	assert_true(usage.collections > 0);
	assert_true(usage.fuel_used > 30000);
	assert_text(gol_ref_value(text), "KEPT");
	OK(gol_call_open_value(f->vm, gol_ref_value(func), &c));
	OK(gol_put_int(gol_arg(c, 0), 2));
	OK(gol_call_run(c));
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 9);
	gol_call_close(c);
	c = host_open(f->vm, f->program, "Any");
	OK(gol_put_ref(gol_arg(c, 0), text));
	OK(gol_call_run(c));
	assert_text(gol_result(c, 0), "string KEPT");
	gol_ref_free(text);
	/* Another program: what is left of this one is stale. */
	assert_int_equal(host_run(&f->h, f->vm, "println(1)"), GOL_OK);
	assert_int_equal(gol_call_run(c), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_put_nil(gol_arg(c, 0)), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_kind(gol_ref_value(func)), GOL_NIL);
	gol_call_close(c);
	gol_ref_free(func);
}

static void test_state_of_the_program(void **state) {
	Fixture *f = *state;
	GolCall *c = host_open(f->vm, f->program, "Next");
	OK(gol_call_run(c));
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 102);
	OK(gol_run(f->vm, f->program));
	assert_string_equal(f->h.out, "main 100\n");
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 101);
	GolCall *panics = host_open(f->vm, f->program, "Panics");
	OK(gol_put_string(gol_arg(panics, 0), "oh", 2));
	assert_int_equal(gol_call_run(panics), GOL_ERROR_PANIC);
	assert_string_equal(gol_error(f->vm), "panic: oh");
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 102);
	gol_call_close(panics);
	gol_call_close(c);
	GolCall *block = host_open(f->vm, f->program, "Block");
	OK(gol_make(gol_arg(block, 0), 0));
	assert_int_equal(gol_call_run(block), GOL_ERROR_DEADLOCK);
	/* left open: gol_vm_free closes it */
}

static void test_script_functions(void **state) {
	Fixture *f = *state;
	GolProgram *script = host_compile(&f->h, f->vm, "total := 1\nfunc bump(n int) int { total += n; return total }\nfmt.Println(bump(1))\n");
	OK(gol_run(f->vm, script));
	GolCall *c = host_open(f->vm, script, "bump");
	OK(gol_put_int(gol_arg(c, 0), 10));
	OK(gol_call_run(c));
	assert_int_equal(int_of(gol_result(c, 0)), 12);
	assert_int_equal(gol_program_free(f->vm, script), GOL_OK);
	assert_int_equal(gol_call_run(c), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_program_free(f->vm, script), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_run(f->vm, script), GOL_ERROR_ARGUMENT);
	gol_call_close(c);
}

static void *run_shared(void *arg) {
	Fixture *f = arg;
	for (int i = 0; i < 20; i++) {
		GolCall *c = host_open(f->vm, f->program, "Fail");
		OK(gol_put_int(gol_arg(c, 0), 0));
		OK(gol_call_run(c));
		const char *text;
		size_t n;
		OK(gol_get_error(gol_result(c, 1), &text, &n));
		assert_string_equal(text, "code 7");
		gol_call_close(c);
		OK(gol_run(f->vm, f->program));
	}
	return NULL;
}

static void test_shared_program(void **state) {
	Fixture *f = *state;
	enum { VMS = 4 };
	Fixture others[VMS];
	pthread_t threads[VMS];
	for (int i = 0; i < VMS; i++) {
		others[i].vm = host_vm(&others[i].h, 2);
		others[i].program = f->program;
		OK(gol_program_share(others[i].vm, f->program));
	}
	OK(gol_program_free(f->vm, f->program)); /* the others keep it */
	for (int i = 0; i < VMS; i++)
		pthread_create(&threads[i], NULL, run_shared, &others[i]);
	for (int i = 0; i < VMS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < VMS; i++) {
		gol_vm_free(others[i].vm);
		assert_int_equal(others[i].h.allocated, 0);
	}
}

/* A native as the first function of a call: its result outlives the collection that it made due. */
static GolAction make_text(GolCall *call, void *user) {
	static char garbage[1 << 20];
	(void)user;
	gol_put_string(gol_result(call, 0), "what the native made", 20);
	for (int i = 0; i < 64; i++)
		gol_put_string(gol_arg(call, 0), garbage, sizeof garbage);
	return GOL_DONE;
}

static void test_result_of_a_native(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 2; workers++) {
		Host h;
		const char *text;
		size_t len;
		GolVM *vm = host_vm(&h, workers);
		GolNative natives[] = {{"Text", make_text, NULL}, {0}};
		OK(gol_package_add(vm, "host", "func Text(garbage string) string\n", natives));
		GolProgram *program = host_compile(&h, vm, "package main\nimport \"host\"\nvar kept [][]byte\n"
			"func Native() func(string) string { return host.Text }\n"
			"func Fill() {\n\tfor range 20000 {\n\t\tkept = append(kept, []byte(\"something else of it\"))\n\t}\n}\nfunc main() {}\n");
		GolCall *native = host_open(vm, program, "Native"), *fill = host_open(vm, program, "Fill"), *call;
		OK(gol_call_run(native));
		OK(gol_call_open_value(vm, gol_result(native, 0), &call));
		OK(gol_call_run(call));
		OK(gol_call_run(fill));
		OK(gol_get_string(gol_result(call, 0), &text, &len));
		assert_int_equal(len, 20);
		assert_memory_equal(text, "what the native made", 20);
		host_free(&h, vm);
	}
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_scalars), TEST(test_wrong_types), TEST(test_structs), TEST(test_slices_and_maps), TEST(test_errors),
		TEST(test_interfaces), TEST(test_references), TEST(test_state_of_the_program), TEST(test_script_functions),
		TEST(test_shared_program), cmocka_unit_test(test_result_of_a_native),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
