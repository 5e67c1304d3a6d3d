/* SPDX-License-Identifier: MIT */
/* tools.c: profiles, figures and the runtime's settings, for hosts. */
#include "api/api_internal.h"
#include "vm/profile.h"

GolStatus gol_tune(GolVM *vm, const char *name, const char *value) {
	if (!vm || !name || !value)
		return GOL_ERROR_ARGUMENT;
	if (!tools_ready(&vm->vm))
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	return tools_set(&vm->vm, name, value) ? GOL_OK
					       : api_fail(vm, GOL_ERROR_ARGUMENT, "gol_tune: %s=%s means nothing", name, value);
}

GolStatus gol_profile(GolVM *vm, GolProfile what) {
	if (!vm || (what != GOL_PROFILE_CPU && what != GOL_PROFILE_MEMORY))
		return GOL_ERROR_ARGUMENT;
	return tools_profile(&vm->vm, what == GOL_PROFILE_CPU ? PROFILE_CPU : PROFILE_MEMORY)
		? GOL_OK : api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
}

static GolStatus hand_over(GolVM *vm, Buf *text, void (*sink)(void *user, const char *text, size_t len), void *user) {
	bool failed = text->failed;
	if (!failed)
		sink(user, text->ptr, text->len);
	buf_deinit(text);
	return failed ? api_fail(vm, GOL_ERROR_MEMORY, "out of memory") : GOL_OK;
}

GolStatus gol_profile_write(GolVM *vm, GolProfile what, void (*sink)(void *user, const char *data, size_t len),
			    void *user) {
	if (!vm || !sink)
		return GOL_ERROR_ARGUMENT;
	Buf out;
	buf_init(&out, &vm->vm.mem);
	profile_write(&vm->vm, what == GOL_PROFILE_CPU ? PROFILE_CPU : PROFILE_MEMORY, &out);
	return hand_over(vm, &out, sink, user);
}

GolStatus gol_stats(GolVM *vm, void (*sink)(void *user, const char *text, size_t len), void *user) {
	if (!vm || !sink)
		return GOL_ERROR_ARGUMENT;
	Buf out;
	buf_init(&out, &vm->vm.mem);
	tools_stats(&vm->vm, &out);
	return hand_over(vm, &out, sink, user);
}
