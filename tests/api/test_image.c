/* SPDX-License-Identifier: MIT */
/* test_image.c: gol_save and gol_load: what is saved runs elsewhere, and what is not an image is refused. */
#include "api_host.h"

typedef struct Image {
	char *data;
	size_t len;
} Image;

static void keep(void *user, const char *data, size_t len) {
	Image *image = user;
	image->data = realloc(image->data, image->len + len);
	memcpy(image->data + image->len, data, len);
	image->len += len;
}

static Image save(Host *h, GolVM *vm, const char *text) {
	Image image = {0};
	if (gol_save(vm, host_compile(h, vm, text), keep, &image) != GOL_OK)
		fail_msg("%s", gol_error(vm));
	return image;
}

static Image image_of(const char *text) {
	Host h;
	GolVM *vm = host_vm(&h, 1);
	Image image = save(&h, vm, text);
	host_free(&h, vm);
	return image;
}

static GolProgram *load(GolVM *vm, Image image) {
	GolProgram *p;
	if (gol_load(vm, image.data, image.len, &p) != GOL_OK)
		fail_msg("%s", gol_error(vm));
	return p;
}

static const char shapes[] =
	"package main\n"
	"import (\"fmt\"; \"errors\"; \"strings\"; \"sort\"; \"sync\")\n"
	"type Shape interface { Area() float64 }\n"
	"type Square struct { Side float64; Name string }\n"
	"func (s Square) Area() float64 { return s.Side * s.Side }\n"
	"func (s *Square) String() string { return \"square \" + s.Name }\n"
	"type Pair[K comparable, V any] struct { Key K; Value V }\n"
	"var known = map[string]Shape{\"one\": Square{1, \"a\"}, \"two\": &Square{2, \"b\"}}\n"
	"var ErrNone = errors.New(\"none\")\n"
	"func Area(name string) (float64, error) { if s, ok := known[name]; ok { return s.Area(), nil }; return 0, ErrNone }\n"
	"func main() {\n"
	"	var wg sync.WaitGroup\n	c := make(chan Pair[string, float64], 4)\n"
	"	for name := range known { wg.Add(1); go func() { defer wg.Done(); a, _ := Area(name); c <- Pair[string, float64]{name, a} }() }\n"
	"	wg.Wait()\n	close(c)\n	var all []string\n"
	"	for p := range c { all = append(all, fmt.Sprintf(\"%s=%g\", p.Key, p.Value)) }\n"
	"	sort.Strings(all)\n"
	"	fmt.Println(strings.Join(all, \",\"), known[\"two\"], [4]int{1, 2, 3, 4}, 1+2i)\n"
	"}\n";
static const char shapes_print[] = "one=1,two=4 square b [1 2 3 4] (1+2i)\n";

static void test_runs_elsewhere(void **state) {
	(void)state;
	Image image = image_of(shapes);
	for (uint32_t workers = 1; workers <= 4; workers += 3) {
		Host h;
		GolVM *vm = host_vm(&h, workers);
		GolProgram *p = load(vm, image);
		for (int i = 0; i < 2; i++) {
			h.out_len = 0;
			assert_int_equal(gol_run(vm, p), GOL_OK);
			assert_string_equal(h.out, shapes_print);
		}
		GolCall *call = host_open(vm, p, "Area");
		double area;
		assert_int_equal(gol_put_string(gol_arg(call, 0), "two", 3), GOL_OK);
		assert_int_equal(gol_call_run(call), GOL_OK);
		assert_int_equal(gol_get_float(gol_result(call, 0), &area), GOL_OK);
		assert_true(area == 4);
		gol_call_close(call);
		assert_int_equal(gol_program_free(vm, p), GOL_OK);
		assert_int_equal(host_run(&h, vm, "println(1)"), GOL_OK);
		host_free(&h, vm);
	}
	free(image.data);
}

static void test_same_bytes(void **state) {
	(void)state;
	Image one = image_of(shapes), two = image_of(shapes), again = {0};
	Host h;
	GolVM *vm = host_vm(&h, 1);
	assert_int_equal(gol_save(vm, load(vm, one), keep, &again), GOL_OK);
	host_free(&h, vm);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	assert_int_equal(one.len, again.len); /* loaded and saved once more */
	assert_memory_equal(one.data, again.data, one.len);
	free(one.data);
	free(two.data);
	free(again.data);
}

static void test_traces(void **state) {
	(void)state;
	static const char text[] = "func f(a []int, i int) int {\n	return a[i]\n}\nprintln(f(nil, 5))\n";
	Host one, two;
	GolVM *vm = host_vm(&one, 1), *other = host_vm(&two, 1);
	Image image = save(&one, vm, text);
	assert_int_equal(host_run(&one, vm, text), GOL_ERROR_PANIC);
	assert_int_equal(gol_run(other, load(other, image)), GOL_ERROR_PANIC);
	assert_string_equal(one.err, two.err);
	assert_non_null(strstr(two.err, "test.gol:2"));
	host_free(&one, vm);
	host_free(&two, other);
	free(image.data);
}

/* ---- several VMs ---- */

static void test_shared(void **state) {
	(void)state;
	Image image = image_of(shapes);
	Host hosts[3];
	GolVM *vms[3];
	for (int i = 0; i < 3; i++)
		vms[i] = host_vm(&hosts[i], 2);
	GolProgram *p = load(vms[0], image), *own = load(vms[2], image);
	free(image.data);
	assert_int_equal(gol_program_share(vms[1], p), GOL_OK);
	gol_vm_free(vms[0]);
	assert_int_equal(gol_run(vms[1], p), GOL_OK);
	assert_int_equal(gol_run(vms[2], own), GOL_OK);
	assert_string_equal(hosts[1].out, shapes_print);
	assert_string_equal(hosts[2].out, shapes_print);
	host_free(&hosts[2], vms[2]);
	gol_vm_free(vms[1]);
	assert_int_equal(hosts[0].allocated, 0);
	assert_int_equal(hosts[1].allocated, 0);
}

/* ---- host packages ---- */

static GolAction add(GolCall *call, void *user) {
	int64_t x, y;
	gol_get_int(gol_arg(call, 0), &x);
	gol_get_int(gol_arg(call, 1), &y);
	gol_put_int(gol_result(call, 0), x + y + *(int *)user);
	return GOL_DONE;
}

static GolVM *vm_with(Host *h, const char *source, const char *name, int *extra) {
	GolVM *vm = host_vm(h, 1);
	GolNative natives[] = {{name, add, extra}, {0}};
	assert_int_equal(gol_package_add(vm, "calc", source, natives), GOL_OK);
	return vm;
}

static void expect_refused(GolVM *vm, Image image, const char *text) {
	GolProgram *p;
	assert_int_equal(gol_load(vm, image.data, image.len, &p), GOL_ERROR_IMAGE);
	assert_null(p);
	assert_string_equal(gol_error(vm), text);
}

static void test_host_functions(void **state) {
	(void)state;
	static const char source[] = "// Add adds.\nfunc Add(x, y int) /* the sum */ int\nfunc Twice(x int) int { return Add(x, x) }";
	int none = 0, more = 100;
	Host h;
	GolVM *vm = vm_with(&h, source, "Add", &none);
	Image image = save(&h, vm, "import \"calc\"\nprint(calc.Twice(4))");
	host_free(&h, vm);
	vm = vm_with(&h, "const C = \"func Add(x int) int\"\nfunc Add(x,  y int) int", "Add", &more);
	assert_int_equal(gol_run(vm, load(vm, image)), GOL_OK);
	assert_string_equal(h.err, "108");
	host_free(&h, vm);
	vm = vm_with(&h, "func Add(x, y int64) int", "Add", &none);
	expect_refused(vm, image, "bad image: the host's function is func Add(x,y int64)int; the image was built with func Add(x,y int)int");
	host_free(&h, vm);
	vm = vm_with(&h, "func Sub(x, y int) int", "Sub", &none);
	expect_refused(vm, image, "bad image: the host has no function calc.Add");
	host_free(&h, vm);
	vm = host_vm(&h, 1);
	expect_refused(vm, image, "bad image: the host has no function calc.Add");
	host_free(&h, vm);
	free(image.data);
}

/* What natives keep for themselves, and what they check when they are called: a VM that allows nothing takes them. */
static void test_json(void **state) {
	(void)state;
	Image image = image_of("import (\"encoding/json\"; \"reflect\"; \"runtime\"; \"unsafe\"; \"weak\")\n"
			       "type T struct { A int `json:\"a\"`; B *T `json:\",omitempty\"` }\n"
			       "var t T\njson.Unmarshal([]byte(`{\"a\": 1, \"B\": {}}`), &t)\nw := weak.Make(&t)\n"
			       "*reflect.NewAt(reflect.TypeOf(0), unsafe.Pointer(new(int))).Interface().(*int) = 5\n"
			       "t.B = nil\nb, _ := json.Marshal(w.Value())\nfmt.Print(string(b))\nruntime.KeepAlive(&t)");
	Host h;
	GolVM *vm = host_vm(&h, 1);
	assert_int_equal(gol_run(vm, load(vm, image)), GOL_OK);
	assert_string_equal(h.out, "{\"a\":1}");
	host_free(&h, vm);
	free(image.data);
}

/* ---- what is no image ---- */

static void test_first_line(void **state) {
	(void)state;
	Image image = image_of("print(6 * 7)"), script = {0};
	keep(&script, "#!/usr/bin/env gol\n", 19);
	keep(&script, image.data, image.len);
	assert_true(gol_is_image(image.data, image.len));
	assert_true(gol_is_image(script.data, script.len));
	assert_false(gol_is_image(script.data, 19));
	assert_false(gol_is_image("package main", 12));
	Host h;
	GolVM *vm = host_vm(&h, 1);
	assert_int_equal(gol_run(vm, load(vm, script)), GOL_OK);
	assert_string_equal(h.err, "42");
	host_free(&h, vm);
	free(image.data);
	free(script.data);
}

static void test_damaged(void **state) {
	(void)state;
	Image image = image_of("print(6 * 7)");
	Host h;
	GolVM *vm = host_vm(&h, 1);
	GolProgram *p;
	for (size_t len = 0; len < image.len; len++)
		if (gol_load(vm, image.data, len, &p) != GOL_ERROR_IMAGE)
			fail_msg("cut to %zu of %zu bytes", len, image.len);
	for (size_t i = 0; i < image.len; i++) {
		image.data[i] ^= 1;
		if (gol_load(vm, image.data, image.len, &p) != GOL_ERROR_IMAGE)
			fail_msg("byte %zu", i);
		image.data[i] ^= 1;
	}
	keep(&image, "x", 1);
	expect_refused(vm, image, "bad image: something follows its end");
	expect_refused(vm, (Image){"hello", 5}, "not an image made by gol build");
	assert_int_equal(gol_load(vm, NULL, 0, &p), GOL_ERROR_ARGUMENT);
	assert_int_equal(gol_load(vm, image.data, image.len, NULL), GOL_ERROR_ARGUMENT);
	host_free(&h, vm);
	free(image.data);
}

static void test_other_version(void **state) {
	(void)state;
	Image image = image_of("print(6 * 7)");
	Host h;
	GolVM *vm = host_vm(&h, 1);
	image.data[8]++; /* the format */
	expect_refused(vm, image, "the image was made by a newer version of gol; build it again from its sources");
	image.data[8]--;
	image.data[16] ^= 1; /* the fingerprint of the instructions */
	expect_refused(vm, image, "the image was made by another version of gol (" GOL_VERSION "; this is " GOL_VERSION
				  "); build it again from its sources");
	host_free(&h, vm);
	free(image.data);
}

/* ---- memory ---- */

static bool round_of(Image image, long n) {
	Host h;
	GolConfig config = host_config(&h, 1);
	GolVM *vm;
	GolProgram *p = NULL;
	Image saved = {0};
	assert_int_equal(gol_vm_new(&config, &vm), GOL_OK);
	h.fail_from = h.allocations + n;
	h.fail_count = 1;
	GolStatus status = gol_load(vm, image.data, image.len, &p);
	if (status == GOL_OK)
		status = gol_save(vm, p, keep, &saved);
	bool reached = h.allocations >= h.fail_from;
	if (status != (reached ? GOL_ERROR_MEMORY : GOL_OK))
		fail_msg("allocation %ld: %s: %s", n, gol_status_name(status), gol_error(vm));
	h.fail_from = 0;
	p = load(vm, image);
	assert_int_equal(gol_run(vm, p), GOL_OK);
	assert_string_equal(h.out, shapes_print);
	free(saved.data);
	host_free(&h, vm);
	return reached;
}

static void test_no_memory(void **state) {
	(void)state;
	Image image = image_of(shapes);
	long n = 1;
	while (round_of(image, n))
		n++;
	assert_true(n > 10);
	free(image.data);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_elsewhere), cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_traces),
		cmocka_unit_test(test_shared), cmocka_unit_test(test_host_functions), cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_other_version), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
