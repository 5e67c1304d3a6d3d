/* SPDX-License-Identifier: MIT */
/* env.c: gol env: versions, paths and settings as they apply to what is run.
 *
 * Why a program: only the VM knows what it makes of the environment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

/* Lines NAME=VALUE. */
static const char settings[] =
	"limit := \"off\"\n"
	"if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 { limit = fmt.Sprint(n) }\n"
	"percent := \"off\"\n"
	"if n := debug.SetGCPercent(-1); n >= 0 { percent = fmt.Sprint(n) }\n"
	"fmt.Println(\"GOVERSION=\" + runtime.Version())\n"
	"fmt.Println(\"GOOS=\" + runtime.GOOS)\n"
	"fmt.Println(\"GOARCH=\" + runtime.GOARCH)\n"
	"fmt.Printf(\"GOMAXPROCS=%d\\n\", runtime.GOMAXPROCS(0))\n"
	"fmt.Println(\"GOGC=\" + percent)\n"
	"fmt.Println(\"GOMEMLIMIT=\" + limit)\n";

static bool ask_vm(const RunOptions *options, Text *out) {
	Console console = {.out = out};
	GolVM *vm = host_new_vm(options, &console, 0, NULL);
	GolProgram *program;
	bool ok = vm && gol_compile_text(vm, "env", settings, &program) == GOL_OK && gol_run(vm, program) == GOL_OK;
	gol_vm_free(vm);
	return ok;
}

static void put_environment(Text *out, const char *name) {
	const char *value = getenv(name);
	text_printf(out, "%s=%s\n", name, value ? value : "");
}

static void put_executable(Text *out) {
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	text_printf(out, "GOLEXE=%.*s\n", n > 0 ? (int)n : 0, path);
}

/* The value of one name; a name that is not there is empty, as with go env. */
static void print_value(const char *lines, const char *name) {
	size_t n = strlen(name);
	for (const char *s = lines; *s; s += strcspn(s, "\n") + 1)
		if (strncmp(s, name, n) == 0 && s[n] == '=') {
			printf("%.*s\n", (int)strcspn(s + n + 1, "\n"), s + n + 1);
			return;
		}
	putchar('\n');
}

int cmd_env(int argc, char **argv) {
	RunOptions options = {0};
	Text lines = {0};
	if (argc > 1 && cmd_is_flag(argv[1]))
		return cmd_other_flag("env", argv[1]);
	text_printf(&lines, "GOLVERSION=%s\n", GOL_VERSION);
	put_executable(&lines);
	bool ok = ask_vm(&options, &lines);
	put_environment(&lines, "GODEBUG");
	put_environment(&lines, "NO_COLOR");
	if (argc == 1)
		fputs(text_string(&lines), stdout);
	for (int i = 1; i < argc; i++)
		print_value(text_string(&lines), argv[i]);
	text_free(&lines);
	return ok ? 0 : 1;
}
