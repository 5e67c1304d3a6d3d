/* SPDX-License-Identifier: MIT */
/* fuzz_image.c: libFuzzer target: images with a right checksum and wrong contents. What the verifier lets pass is run with
 * small limits, so that the sanitizer sees whether it should have.
 *
 * The input is a list of changes to an image of the program below: {position: 3 bytes, how: 1 byte, value: 1 byte} each. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytecode/image.h"
#include "include/gol.h"

static const char text[] =
	"package main\n"
	"import (\"fmt\"; \"sort\"; \"strings\"; \"sync\"; \"errors\")\n"
	"type T struct { A int; P *T; S string; B []byte; M map[string]*T; I any; F func(int) int; C chan string; X [3]int8 }\n"
	"type I interface { M1(int) int; String() string }\n"
	"func (t *T) M1(n int) int { t.A += n; return t.A }\n"
	"func (t T) String() string { return t.S }\n"
	"type E struct { *T; n int32 }\n"
	"var G = &T{S: \"g\", M: map[string]*T{}}\nvar table = [4]string{\"a\", \"b\", \"c\", \"d\"}\n"
	"func f(t T, xs ...int) (r T, err error) {\n"
	"	defer func() { if x := recover(); x != nil { err = fmt.Errorf(\"%v\", x) } }()\n"
	"	for i, x := range xs { t.A += x; t.B = append(t.B, byte(i)) }\n	return t, errors.New(table[t.A&3])\n}\n"
	"func g[K comparable, V any](m map[K]V, f func(K, V) bool) { for k, v := range m { if !f(k, v) { break } } }\n"
	"func h(v any) string {\n	switch x := v.(type) {\n	case int: return \"i\"\n	case *T: return x.S\n	case T: return x.String()\n"
	"	case I: return x.String()\n	case []int: return fmt.Sprint(len(x))\n	case func() int: return fmt.Sprint(x())\n	}\n	return \"?\"\n}\n"
	"func seq(n int) func(func(int) bool) { return func(yield func(int) bool) { for i := range n { if !yield(i) { return } } } }\n"
	"func main() {\n"
	"	var wg sync.WaitGroup\n	c := make(chan string, 1)\n	e := E{&T{S: \"e\"}, 3}\n"
	"	wg.Add(1)\n	go func() { defer wg.Done(); for s := range c { G.M[s] = e.T } }()\n"
	"	for i := range 3 { select { case c <- fmt.Sprint(i): default: } }\n	close(c)\n	wg.Wait()\n"
	"	t, err := f(*G, 1, 2, 3)\n	var i I = &t\n	i.M1(4)\n	m := e.M1\n	_ = m(2) + e.T.M1(1)\n"
	"	g(G.M, func(k string, v *T) bool { v.B = append(v.B, k...); return true })\n"
	"	names := strings.Split(\"x,y,z\", \",\")\n	sort.Slice(names, func(i, j int) bool { return names[i] > names[j] })\n"
	"	for x := range seq(5) { if x == 3 { break }; t.X[x%3]++ }\n"
	"	grid := [][]float64{{1, 2}, {3, 4}}\n	s := 0.0\n	for _, row := range grid { for _, v := range row { s += v } }\n"
	"	for _, r := range \"h\\u00e9\" { t.A += int(r) }\n"
	"	a := [...]T{t, *G}\n	p := &a[1]\n	p.S, p.B = p.S[1:], p.B[:0:0]\n	b := a[0].X == a[1].X\n"
	"	fmt.Println(err, h(t), h(&t), h(3), h([]int{1}), h(func() int { return 7 }), h(i), names, s, b, len(a), complex(s, 1), e.n)\n"
	"	for _, d := range []int{1, 0} { func() { defer func() { recover() }(); t.A /= d }() }\n"
	"}\n";

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

static GolVM *vm_new(void) {
	GolConfig config = {
		.size = sizeof config,
		.workers = 1,
		.limits = {.memory_bytes = 64 << 20, .fuel = 200000, .goroutines = 100, .stack_bytes = 1 << 20, .wall_ns = 1000000000},
		.seed = 1,
	};
	GolVM *vm;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		abort();
	return vm;
}

static Image image_new(void) {
	Image image = {0};
	GolVM *vm = vm_new();
	GolProgram *program;
	if (gol_compile_text(vm, "fuzz.go", text, &program) != GOL_OK || gol_save(vm, program, keep, &image) != GOL_OK) {
		fprintf(stderr, "%s\n", gol_error(vm));
		abort();
	}
	gol_vm_free(vm);
	return image;
}

static void change(Image *image, const uint8_t *data, size_t size) {
	for (; size >= 5; data += 5, size -= 5) {
		size_t at = sizeof(ImageHeader) + (data[0] | data[1] << 8 | data[2] << 16) % (image->len - sizeof(ImageHeader));
		switch (data[3] % 4) {
		case 0: image->data[at] = (char)data[4]; break;
		case 1: image->data[at] = (char)(image->data[at] + 1); break;
		case 2: image->data[at] = (char)(image->data[at] - 1); break;
		case 3: image->data[at] = (char)(image->data[at] ^ 1 << data[4] % 8); break;
		}
	}
	ImageHeader h;
	size_t summed = offsetof(ImageHeader, checksum) + sizeof h.checksum;
	memcpy(&h, image->data, sizeof h);
	h.checksum = image_checksum(image->data + summed, image->len - summed);
	memcpy(image->data, &h, sizeof h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static Image original;
	if (!original.data)
		original = image_new();
	Image image = {malloc(original.len), original.len};
	memcpy(image.data, original.data, original.len);
	change(&image, data, size);
	GolVM *vm = vm_new();
	GolProgram *program;
	if (gol_load(vm, image.data, image.len, &program) == GOL_OK)
		gol_run(vm, program);
	gol_vm_free(vm);
	free(image.data);
	return 0;
}
