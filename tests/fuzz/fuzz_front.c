/* SPDX-License-Identifier: MIT */
/* fuzz_front.c: any bytes through the whole front end by way of gol_compile: lexer, parser, checker, code generation. Whatever
 * the text, there is a status and, when it is no program, a diagnostic. Programs are not run. */
#include <stdint.h>
#include <stdlib.h>

#include "include/gol.h"

static void count_diagnostic(void *user, const GolDiagnostic *d) {
	*(int *)user += !d->is_warning;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	int errors = 0;
	GolConfig config = {.size = sizeof config, .user = &errors, .diagnostic = count_diagnostic, .workers = 1};
	GolVM *vm;
	if (size > 65536 || gol_vm_new(&config, &vm) != GOL_OK)
		return 0;
	GolSource source = {.name = "fuzz.gol", .text = (const char *)data, .len = size};
	GolProgram *program;
	GolStatus status = gol_compile(vm, &source, 1, NULL, &program);
	if ((status == GOL_ERROR_COMPILE) != (errors > 0))
		abort();
	gol_vm_free(vm);
	return 0;
}
