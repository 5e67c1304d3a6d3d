/* SPDX-License-Identifier: MIT */
/* help.c: gol help TOPIC. */
#include <stdio.h>
#include <string.h>

#include "cmd/help.h"

static const char script[] =
	"A script is a Go file that may leave out what only repeats itself: the package clause, the imports of standard\n"
	"packages, and func main around its statements.\n\n"
	"\tnames := []string{\"Ann\", \"Bo\"}\n"
	"\tfor i, name := range names {\n"
	"\t\tfmt.Println(i, name)\n"
	"\t}\n\n"
	"Functions, types and methods are declared at the top as in any Go file. In a script a variable or import that "
	"is not\n"
	"used is a warning; in a file with a package clause it is an error, as in Go.\n\n"
	"\tgol FILE [ARGUMENTS]       runs it; os.Args[0] is FILE\n"
	"\tgol run DIR                all sources of a directory, as one package, without tests\n"
	"\tgol -                      standard input; also when it is a pipe and nothing else is said\n"
	"\tgol -e 'CODE' [ARGUMENTS]  a line of text; the value of a last expression is printed\n\n"
	"A file that begins with #!/usr/bin/env gol and is executable is a command, whatever its name.\n\n"
	"Exit code: 0, what os.Exit said, 1 when the text was rejected, 2 after a panic, a fatal error or a wrong flag.\n"
	"Ctrl-C ends the process by SIGINT; Ctrl-\\ prints the traces of all goroutines and ends with 2.\n";

static const char flags[] =
	"Flags of run, test and build stand before the files, as -name V, -name=V or --name=V.\n\n"
	"\t-procs N            run goroutines on N threads at once (GOMAXPROCS)\n"
	"\t-seed N             make select and map order repeat themselves\n"
	"\t-lang go1.N         the language of an older Go (go1.21: one loop variable for all rounds)\n"
	"\t-all-errors         report all errors instead of the first ten\n"
	"\t-cpuprofile FILE    write a CPU profile for go tool pprof\n"
	"\t-memprofile FILE    write a memory profile\n"
	"\t-stats              print figures of the runtime at the end\n"
	"\t-leaks              list goroutines that could never have run again when main returned, and why; those that\n"
	"\t                    do not wait yet may go on for a second\n"
	"\t-fail-leaks         the same, and exit with 1 when there are some\n"
	"\t-explain            after a deadlock, say of each goroutine why nobody can wake it (terminals get it anyway)\n"
	"\t-max-...            limits: gol help limits\n"
	"\t-e CODE             run: take this text instead of a file\n"
	"\t-o FILE             build: write the image there\n"
	"\t-emit=FORM          build: asm, asm-all, ast or source\n\n"
	"Flags of test: -v -run RE -skip RE -bench RE -benchtime D -benchmem -count N -cpu LIST -parallel N -timeout D "
	"-short\n"
	"-failfast.\n";

static const char limits[] =
	"A program that reaches a limit ends with all its goroutines: no recover sees it and no deferred call runs. "
	"Exit code 2.\n\n"
	"\t-max-memory SIZE     everything the VM allocates: 64MB, 1GiB\n"
	"\t-max-stack SIZE      of one goroutine (1 GB unless given)\n"
	"\t-max-time D          from the start of the program: 500ms, 1m30s\n"
	"\t-max-fuel N          calls, rounds of loops and the work of library functions\n"
	"\t-max-goroutines N    alive at once\n";

static const char environment[] =
	"\tGOMAXPROCS   threads that run goroutines at once (-procs comes first)\n"
	"\tGOGC         how much the heap may grow, in percent, before a collection; off\n"
	"\tGOMEMLIMIT   a size from which on collections are more frequent: 512MiB\n"
	"\tGODEBUG      gctrace=1, schedtrace=MILLISECONDS: lines on standard error in Go's format\n"
	"\tNO_COLOR     no colour in messages, which only terminals get anyway\n"
	"\tTERM         dumb: the same; and gol repl has no editor\n"
	"\tGOL_HISTORY, XDG_DATA_HOME   where gol repl keeps its history\n\n"
	"gol env shows what applies.\n";

static const char test[] =
	"gol test DIR runs the tests of a directory, files that end in _test.go and _test.gol included; DIR/... those of all\n"
	"directories below; FILE... those of the files named; without a name those of the directory it is in.\n\n"
	"A test is a function  func TestXxx(t *testing.T), a benchmark  func BenchmarkXxx(b *testing.B).\n"
	"Files for other systems (name_windows.go, //go:build) are left out.\n\n"
	"gol test FILE.md checks the programs of a document: gol help markdown.\n";

static const char markdown[] =
	"The ```go blocks of a document (.md, or .txt with fences) are programs, each one for itself.\n\n"
	"\tgol run notes.md         runs them one after the other\n"
	"\tgol run notes.md:40      the one around line 40\n"
	"\tgol test notes.md        runs them all and compares what they print\n\n"
	"A block ```sh, ```bash, ```text, ```output, or one without a name, directly after a program is what it "
	"prints, line by\n"
	"line; lines that begin with a shell's prompt ($ go run x.go) are skipped. After a sentence of prose only "
	"```output and\n"
	"shell blocks with a prompt count. A program that starts goroutines may print the same lines in another order. "
	"A promised\n"
	"\"panic:\" or \"exit status 2\" makes the failure the right result.\n\n"
	"gol test reports each block by its line: passed, failed and why, or not a program and why (a block that does "
	"not compile\n"
	"and promises nothing). Exit code 1 when any failed. A block may take 30 s (-timeout D); -parallel N run at once; -v\n"
	"shows what they print.\n";

static const char images[] =
	"gol build FILE... or gol build DIR compiles a program with everything it imports into one file, NAME.golc or what -o\n"
	"names. It is executable where gol is installed, and gol FILE.golc and gol run FILE.golc run it too.\n\n"
	"An image needs no sources and starts faster, because nothing is compiled. It is tied to the version of gol that made\n"
	"it. Its code is verified before it runs: a damaged image, or one whose code could break memory, is refused. What it may\n"
	"still do with the library's own natives is not proved yet: run images only from where you would take a program.\n"
	"Programs that convert unsafe pointers cannot be verified.\n\n"
	"\tgol build --emit=asm FILE.golc    shows what is in it\n";

static const char repl[] =
	"gol repl, or gol on a terminal, reads Go piece by piece: statements, declarations, expressions. An expression's value\n"
	"is printed with its type. What is declared stays and may be declared again, with another type too; packages of the\n"
	"standard library need no import. Goroutines go on running while you type, and print above the line.\n\n"
	"\tgol repl [FLAGS] [FILE...]     the files are evaluated first; FLAGS are those of run\n\n"
	"\tEnter             runs the input, or begins another line while it is unfinished; Alt-Enter always begins one\n"
	"\tTab               completes; twice: lists what is possible\n"
	"\tUp, Down          earlier inputs, those that begin like what is typed; Ctrl-R searches in them\n"
	"\tCtrl-C            clears the input; stops what runs, twice: also the goroutines it started\n"
	"\tCtrl-D            leaves; Ctrl-Z suspends; Ctrl-\\ shows every goroutine's trace; Ctrl-L clears the screen\n"
	"\tCtrl-A E B F P N K U W Y T _, Alt-B F D <, >     as in the shell; Ctrl-_ undoes\n"
	"\t:help             lists the commands: :go :chan :type :doc :time :pause :step :trace :load :save ...\n\n"
	"The history is in $GOL_HISTORY (empty: nowhere), else in gol/history under $XDG_DATA_HOME or ~/.local/share.\n\n"
	"Without a terminal lines are taken as they come, without prompts and colours, and errors name the line. Exit code:\n"
	"what os.Exit said, else 0; on a pipe 1 when an input failed, after all have been tried.\n";

static const char embedding[] =
	"The library behind this command is libgol (libgol.a, libgol.so); its interface is one header, gol.h.\n\n"
	"\tGolVM *vm;\n"
	"\tGolProgram *program;\n"
	"\tGolConfig config = {.size = sizeof config};\n"
	"\tif (gol_vm_new(&config, &vm) == GOL_OK &&\n"
	"\t    gol_compile_text(vm, \"hello.gol\", \"println(1 + 2)\", &program) == GOL_OK)\n"
	"\t\tgol_run(vm, program);\n"
	"\tgol_vm_free(vm);\n\n"
	"\tcc host.c $(pkg-config --cflags --libs gol)\n";

static const struct Topic {
	const char *name, *summary, *text; /* text NULL: written by a function */
} topics[] = {
	{"script", "what a script may leave out, and how to run one", script},
	{"flags", "flags of run, test and build", flags},
	{"limits", "memory, time and goroutines a program may use", limits},
	{"packages", "the packages that can be imported", NULL},
	{"environment", "variables that change how programs run", environment},
	{"testing", "tests of packages", test},
	{"markdown", "documents as programs", markdown},
	{"images", "programs as one compiled file", images},
	{"repl", "reading Go piece by piece", repl},
	{"embedding", "Gol in a C program", embedding},
};

void help_list_topics(void) {
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
		printf("\t%-12s %s\n", topics[i].name, topics[i].summary);
}

bool help_has_topic(const char *name) {
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
		if (strcmp(topics[i].name, name) == 0)
			return true;
	return false;
}

bool help_topic(const char *name) {
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
		if (strcmp(topics[i].name, name) != 0)
			continue;
		if (topics[i].text)
			fputs(topics[i].text, stdout);
		else
			help_packages();
		return true;
	}
	return false;
}
