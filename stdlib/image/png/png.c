/* SPDX-License-Identifier: MIT */
/* png.c: the natives of package image/png: the filters of rows, PNG specification, section 9. */
#include "vm/native.h"

enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH };

static inline int png_paeth(int a, int b, int c) {
	int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* What the filter predicts for byte i of the row: from the left, above, and above on the left. */
static inline int png_predict(int kind, const uint8_t *row, const uint8_t *above, int64_t i, int64_t step) {
	int a = i >= step ? row[i - step] : 0;
	switch (kind) {
	case FILTER_SUB:
		return a;
	case FILTER_UP:
		return above[i];
	case FILTER_AVERAGE:
		return (a + above[i]) / 2;
	case FILTER_PAETH:
		return png_paeth(a, above[i], i >= step ? above[i - step] : 0);
	default:
		return 0;
	}
}

/* func unfilter(kind int, row, above []byte, step int) */
static NativeStatus png_unfilter(Goroutine *g, Slot *args) {
	struct {
		int64_t kind;
		GoSlice row, above;
		int64_t step;
	} *a = NATIVE_ARGS(args);
	uint8_t *row = a->row.ptr;
	int64_t len = a->row.len < a->above.len ? a->row.len : a->above.len;
	Pace pace = {.g = g};
	for (int64_t i = 0; a->step > 0 && i < len && !pace_stops(&pace, (size_t)i); i++)
		row[i] = (uint8_t)(row[i] + png_predict((int)a->kind, row, a->above.ptr, i, a->step));
	native_charge(g, len / 8);
	return NATIVE_DONE;
}

/* func filter(kind int, out, row, above []byte, step int) int: the sum of the absolute values of the results, as signed bytes. */
static NativeStatus png_filter(Goroutine *g, Slot *args) {
	struct {
		int64_t sum, kind;
		GoSlice out, row, above;
		int64_t step;
	} *a = NATIVE_ARGS(args);
	uint8_t *out = a->out.ptr;
	const uint8_t *row = a->row.ptr;
	int64_t len = a->row.len < a->above.len ? a->row.len : a->above.len, sum = 0;
	if (a->out.len < len)
		len = a->out.len;
	Pace pace = {.g = g};
	for (int64_t i = 0; a->step > 0 && i < len && !pace_stops(&pace, (size_t)i); i++) {
		out[i] = (uint8_t)(row[i] - png_predict((int)a->kind, row, a->above.ptr, i, a->step));
		sum += abs((int8_t)out[i]);
	}
	native_charge(g, len / 8);
	a->sum = sum;
	return NATIVE_DONE;
}

const NativeDef natives_image_png[] = {
	{"unfilter", png_unfilter},
	{"filter", png_filter},
	{NULL, NULL},
};
