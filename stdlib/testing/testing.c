/* SPDX-License-Identifier: MIT */
/* testing.c: the natives of package testing: matching names for -run, -bench and -skip; keeping the output of examples.
 *
 * Why: test names need no more than POSIX extended expressions; the C library has them. */
#include <regex.h>
#include <stdlib.h>

#include "vm/native.h"

static NativeStatus match_regexp(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoString pattern, text;
	} *a = NATIVE_ARGS(args);
	char *pattern = strndup(a->pattern.ptr ? a->pattern.ptr : "", (size_t)a->pattern.len);
	char *text = strndup(a->text.ptr ? a->text.ptr : "", (size_t)a->text.len);
	regex_t re;
	a->result = 0;
	if (!pattern || !text || regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		NativeStatus status = native_panic_text(g, "testing: invalid pattern %s", pattern ? pattern : "");
		free(pattern);
		free(text);
		return status;
	}
	a->result = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	free(pattern);
	free(text);
	return NATIVE_DONE;
}

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
	{"matchRegexp", match_regexp},
	{NULL, NULL},
};
