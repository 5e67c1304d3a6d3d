/* SPDX-License-Identifier: MIT */
/* packages.c: gol help packages.
 *
 * Why by asking: what may stand in an import is what is there. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/help.h"

static int print_path(void *user, const GolCandidate *candidate) {
	(void)user;
	printf("\t%s\n", candidate->text);
	return 0;
}

void help_packages(void) {
	static const char question[] = "import \"";
	RunOptions options = {0};
	Console console = {.is_quiet = true};
	size_t start, len = strlen(question);
	GolVM *vm = host_new_vm(&options, &console, 0, NULL);
	printf("Packages that can be imported; scripts need not say so.\n\n");
	if (vm)
		gol_complete(vm, question, len, len, &start, print_path, NULL);
	gol_vm_free(vm);
}
