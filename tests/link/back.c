/* SPDX-License-Identifier: MIT */
/* back.c: a host of the back column alone: loads the image it is given and runs it. Linked without lexer, parser, types and
 * compiler, so it shows that nothing behind gol_load needs them. */
#include <gol.h>
#include <stdio.h>
#include <stdlib.h>

static void write_out(void *user, int fd, const char *data, size_t len) {
	(void)user;
	fwrite(data, 1, len, fd == 1 ? stdout : stderr);
}

int main(int argc, char **argv) {
	static char data[1 << 20];
	GolConfig config = {.size = sizeof config, .write = write_out, .workers = 1};
	GolVM *vm;
	GolProgram *program;
	FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
	if (!in || gol_vm_new(&config, &vm) != GOL_OK)
		return 2;
	size_t len = fread(data, 1, sizeof data, in);
	fclose(in);
	GolStatus status = gol_load(vm, data, len, &program);
	if (status == GOL_OK)
		status = gol_run(vm, program);
	if (status != GOL_OK)
		fprintf(stderr, "%s\n", gol_error(vm));
	gol_vm_free(vm);
	return status != GOL_OK;
}
