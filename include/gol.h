/* SPDX-License-Identifier: MIT */
/* gol.h: embedding Gol. The only public header.
 *
 *     GolVM *vm;
 *     GolProgram *program;
 *     GolConfig config = {.size = sizeof config};
 *     if (gol_vm_new(&config, &vm) == GOL_OK &&
 *         gol_compile_text(vm, "hello.gol", "println(1 + 2)", &program) == GOL_OK)
 *             gol_run(vm, program);
 *     gol_vm_free(vm);
 *
 * Threads: a GolVM is used by one thread at a time, except for the functions marked "any thread". Several VMs may live in
 * one process and share nothing. No function longjmps; none keeps pointers to the caller's memory unless it says so.
 * Strings are UTF-8. Every status other than GOL_OK comes with a text from gol_error. */
#ifndef GOL_H
#define GOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GOL_API __attribute__((visibility("default")))
#else
#define GOL_API
#endif

#define GOL_VERSION "0.1.0"

typedef struct GolVM GolVM;
typedef struct GolProgram GolProgram;

typedef enum GolStatus {
	GOL_OK = 0,
	GOL_ERROR_ARGUMENT, /* a call that makes no sense: NULL, wrong size, unknown option */
	GOL_ERROR_MEMORY,   /* the allocator or the system refused */
	GOL_ERROR_COMPILE,  /* the text was rejected; the diagnostics callback saw why */
	GOL_ERROR_PANIC,    /* an unrecovered panic ended the program */
	GOL_ERROR_FATAL,    /* a fatal error: concurrent map writes, stack overflow, ... */
	GOL_ERROR_DEADLOCK, /* all goroutines are asleep */
	GOL_ERROR_LIMIT,    /* a limit of GolLimits was reached */
	GOL_INTERRUPTED,    /* gol_interrupt */
	GOL_EXIT,           /* the program called os.Exit; gol_exit_code tells */
} GolStatus;

/* Limits; 0 means none (stack: Go's 1 GB). */
typedef struct GolLimits {
	uint64_t memory_bytes; /* everything the VM allocates */
	int64_t fuel;          /* calls, loop rounds and natives' work, counted exactly */
	uint64_t goroutines;   /* alive at once */
	uint64_t stack_bytes;  /* per goroutine */
	int64_t wall_ns;       /* of one gol_run */
} GolLimits;

/* What a program may touch. Nothing is allowed unless given. */
enum {
	GOL_ALLOW_FILES = 1,
	GOL_ALLOW_ENVIRONMENT = 2,
	GOL_ALLOW_CLOCK = 4, /* real time; without it time.Now is the VM's own monotonic clock */
	GOL_ALLOW_EXEC = 8,
	GOL_ALLOW_NETWORK = 16,
	GOL_ALLOW_ALL = 31,
};

typedef struct GolDiagnostic {
	const char *file;
	uint32_t line, column; /* from 1; 0: unknown */
	int is_warning;
	const char *message;   /* may have further lines, each after "\n\t" */
	const char *excerpt;   /* the source line and a caret line, or "" */
} GolDiagnostic;

/* Zero-filled = safe defaults; set size = sizeof(GolConfig). Copied by gol_vm_new. */
typedef struct GolConfig {
	size_t size;
	void *user; /* handed to every callback */
	/* realloc-style: new_size 0 frees, old NULL allocates; NULL on failure. Any thread. NULL: the C library. */
	void *(*allocate)(void *user, void *old, size_t old_size, size_t new_size);
	/* Output of the program: fd 1 or 2. Calls are serialized, on any of the VM's threads. NULL: discarded. */
	void (*write)(void *user, int fd, const char *data, size_t len);
	/* Compile errors and warnings, in order of position, during gol_compile. */
	void (*diagnostic)(void *user, const GolDiagnostic *d);
	uint32_t workers; /* threads that run goroutines at once (GOMAXPROCS); 0: number of CPUs */
	uint32_t allow;   /* GOL_ALLOW_* */
	GolLimits limits;
	int argc; /* os.Args; argv is copied */
	const char *const *argv;
	uint64_t seed; /* of random choices (select, map order); 0: from the system */
	int gc_percent; /* GOGC; 0: 100; < 0: off */
} GolConfig;

/* ---- life ---- */

/* Makes a VM. *out is NULL unless GOL_OK. It starts no thread. */
GOL_API GolStatus gol_vm_new(const GolConfig *config, GolVM **out);
/* Stops everything and returns every byte. vm may be NULL. Programs of the VM are gone with it. */
GOL_API void gol_vm_free(GolVM *vm);
GOL_API void *gol_userdata(const GolVM *vm);
/* The text of the last error of a call on this VM ("" if none); valid until the next call. */
GOL_API const char *gol_error(const GolVM *vm);
GOL_API const char *gol_status_name(GolStatus status);

/* ---- build ---- */

typedef struct GolSource {
	const char *name; /* as in messages */
	const char *text;
	size_t len;
} GolSource;

typedef struct GolCompileOptions {
	size_t size;
	int go_version;  /* 21: the language of go1.21 (old loop variables); 0: the newest */
	int is_test;     /* compile the Test, Benchmark and Example functions and a main that runs them */
	int all_errors;  /* report more than ten */
} GolCompileOptions;

/* Compiles the sources as one package (package main, or a script when the first has no package clause).
 * options may be NULL. The program belongs to the VM. */
GOL_API GolStatus gol_compile(GolVM *vm, const GolSource *sources, size_t count, const GolCompileOptions *options,
			      GolProgram **out);
/* The same for one 0-terminated text. */
GOL_API GolStatus gol_compile_text(GolVM *vm, const char *name, const char *text, GolProgram **out);

typedef enum GolDump {
	GOL_DUMP_ASM, /* bytecode of the program's own packages */
	GOL_DUMP_ASM_ALL, /* of everything compiled */
} GolDump;
/* Passes a readable listing to sink, in pieces. */
GOL_API GolStatus gol_dump(GolVM *vm, const GolProgram *program, GolDump what,
			   void (*sink)(void *user, const char *text, size_t len), void *user);
/* Parses and shows the tree of one source: Go text (source_form != 0) or structure. Errors go to the diagnostics callback. */
GOL_API GolStatus gol_dump_tree(GolVM *vm, const GolSource *source, int source_form,
				void (*sink)(void *user, const char *text, size_t len), void *user);

/* ---- run ---- */

/* Runs the program's initializers and main (or the script) until it ends. The VM can be used again afterwards, whatever the
 * status; package variables keep their values only until the next gol_run. Messages of panics and fatal errors, with traces,
 * go to write (fd 2), as Go prints them. */
GOL_API GolStatus gol_run(GolVM *vm, const GolProgram *program);
/* Exit code a command should end with after gol_run: 0, what os.Exit said, or 2 (panic, fatal error, deadlock). */
GOL_API int gol_exit_code(const GolVM *vm);
/* Ends the running program with all its goroutines: GOL_INTERRUPTED. Any thread, also a signal handler. */
GOL_API void gol_interrupt(GolVM *vm);
/* Prints every goroutine's trace to write (fd 2) at the next check. Any thread, also a signal handler. */
GOL_API void gol_request_traces(GolVM *vm);

/* ---- limits ---- */

typedef struct GolUsage {
	uint64_t memory_bytes, heap_live_bytes;
	int64_t fuel_used;
	uint64_t goroutines, goroutines_started;
	uint64_t collections;
} GolUsage;
/* Between runs. */
GOL_API GolStatus gol_set_limits(GolVM *vm, const GolLimits *limits);
GOL_API void gol_usage(const GolVM *vm, GolUsage *out);

#ifdef __cplusplus
}
#endif

#endif
