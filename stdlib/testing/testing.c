/* SPDX-License-Identifier: MIT */
/* testing.c: the natives of package testing: keeping the output of examples. */
#include "vm/native.h"

static NativeStatus capture_output(Goroutine *g, Slot *args) {
	(void)args;
	Buf earlier;
	if (sched_capture_end(g->vm, &earlier))
		buf_deinit(&earlier);
	sched_capture_begin(g->vm);
	return NATIVE_DONE;
}

static NativeStatus captured_output(Goroutine *g, Slot *args) {
	struct {
		GoString text;
	} *a = NATIVE_ARGS(args);
	Buf kept;
	a->text = (GoString){0};
	if (!sched_capture_end(g->vm, &kept))
		return NATIVE_DONE;
	bool failed = kept.failed;
	if (!failed)
		a->text = native_string(g, kept.ptr, kept.len);
	buf_deinit(&kept);
	return failed ? native_panic_text(g, "testing: no memory for the output of an example") : NATIVE_DONE;
}

const NativeDef natives_testing[] = {
	{"captureOutput", capture_output},
	{"capturedOutput", captured_output},
	{NULL, NULL},
};
