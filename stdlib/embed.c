/* SPDX-License-Identifier: MIT */
/* embed.c: build tool: writes the .gol files named on the command line as one C array (library.h: library_files). */
#include <stdio.h>
#include <string.h>

static int embed_file(const char *path) {
	FILE *in = fopen(path, "rb");
	if (!in) {
		perror(path);
		return 1;
	}
	const char *name = strrchr(path, '/') + 1;
	printf("{\"%.*s\", \"%s\", ", (int)(name - 1 - (path + strlen("stdlib/"))), path + strlen("stdlib/"), name);
	unsigned long len = 0;
	printf("\"");
	for (int c; (c = getc(in)) != EOF; len++) {
		if (c == '\n')
			printf("\\n\"\n\"");
		else if (c == '"' || c == '\\' || c == '?')
			printf("\\%c", c);
		else if (c == '\t')
			printf("\\t");
		else if (c < 32 || c > 126)
			printf("\\%03o", c);
		else
			putchar(c);
	}
	printf("\", %lu},\n", len);
	return fclose(in);
}

int main(int argc, char **argv) {
	printf("#include \"stdlib/library.h\"\nconst LibraryFile library_files[] = {\n");
	for (int i = 1; i < argc; i++)
		if (embed_file(argv[i]) != 0)
			return 1;
	printf("};\nconst size_t library_file_count = %d;\n", argc - 1);
	return 0;
}
