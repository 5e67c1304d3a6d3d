/* SPDX-License-Identifier: MIT */
/* draw.c: the natives of package image/draw. */
#include "vm/native.h"

/* func nearest(palette []int32, r, g, b, a int32) int: which of the palette's colors, four numbers each, is nearest. */
static NativeStatus draw_nearest(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoSlice palette;
		int64_t want[4];
	} *a = NATIVE_ARGS(args);
	const int32_t *palette = a->palette.ptr;
	uint32_t least = UINT32_MAX;
	int64_t best = 0, count = a->palette.len / 4;
	Pace pace = {.g = g};
	for (int64_t i = 0; i < count && least > 0 && !pace_stops(&pace, (size_t)i); i++) {
		uint32_t sum = 0;
		for (int k = 0; k < 4; k++) {
			uint32_t d = (uint32_t)((int32_t)a->want[k] - palette[4 * i + k]);
			sum += d * d >> 2;
		}
		if (sum < least) {
			best = i;
			least = sum;
		}
	}
	native_charge(g, 1 + count / 4);
	a->result = best;
	return NATIVE_DONE;
}

const NativeDef natives_image_draw[] = {
	{"nearest", draw_nearest},
	{NULL, NULL},
};
