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
 * Threads: a GolVM is used by one thread at a time, except for the functions and sections marked "any thread". Several VMs may live in
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
typedef struct GolFunc GolFunc;     /* a Go function; lives as long as its program */
typedef struct GolCall GolCall;     /* a call in either direction: its arguments and results */
typedef struct GolRef GolRef;       /* keeps a Go value alive for the host */
typedef struct GolParked GolParked; /* a goroutine that waits for the host */
typedef struct GolImport GolImport;

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
	GOL_TIMEOUT,        /* gol_chan_send, gol_chan_recv: nothing happened in time */
	GOL_CLOSED,         /* the channel is closed */
	GOL_MORE,           /* gol_eval: the text is unfinished; nothing was run */
	GOL_ERROR_IMAGE,    /* gol_load: the image was rejected */
} GolStatus;

/* Limits; 0 means none (stack: Go's 1 GB). */
typedef struct GolLimits {
	uint64_t memory_bytes; /* everything the VM allocates */
	int64_t fuel;          /* calls, loop rounds and natives' work, counted exactly */
	uint64_t goroutines;   /* alive at once */
	uint64_t stack_bytes;  /* per goroutine */
	int64_t wall_ns;       /* of one gol_run; gol_compile has as much for itself */
} GolLimits;

/* What a program may touch. Nothing is allowed unless given. os.Stdin is the standard input of the process in any case: a host that
 * needs its own gives programs another descriptor 0 before it makes a VM. */
enum {
	GOL_ALLOW_FILES = 1,
	GOL_ALLOW_ENVIRONMENT = 2,
	GOL_ALLOW_CLOCK = 4, /* real time and the local time zone; without it time.Now is the VM's own monotonic clock, in UTC */
	GOL_ALLOW_EXEC = 8,
	GOL_ALLOW_NETWORK = 16,
	GOL_ALLOW_ALL = 31,
	/* Apart from the others: package os/signal, for one VM of a process. It hears of the signals that the host gives to
	 * gol_signal; the VM touches no handler itself. */
	GOL_ALLOW_SIGNALS = 32,
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
	/* Source text of a package that is neither built in nor added by gol_package_add: answers with gol_import_source, once
	 * per file. Nothing answered: the package does not exist. During gol_compile. NULL: no such packages. */
	void (*import)(void *user, const char *path, GolImport *answer);
	uint32_t workers; /* threads that run goroutines at once (GOMAXPROCS); 0: number of CPUs; or GOL_WORKERS_HOST */
	uint32_t allow;   /* GOL_ALLOW_* */
	GolLimits limits;
	int argc; /* os.Args; argv is copied */
	const char *const *argv;
	uint64_t seed; /* of random choices (select, map order); 0: from the system */
	int gc_percent; /* GOGC; 0: 100; < 0: off */
} GolConfig;

/* GolConfig.workers: no thread but the host's: it runs goroutines inside gol_pump (and gol_run, gol_call_run). */
#define GOL_WORKERS_HOST 0xffffffffu

/* ---- life ---- */

/* Makes a VM. *out is NULL unless GOL_OK. It starts no thread. */
GOL_API GolStatus gol_vm_new(const GolConfig *config, GolVM **out);
/* Stops everything and returns every byte, calls, references and the VM's hold on programs included; only what gol_park
 * gave out lives until it is woken. Finalizers of host objects run. vm may be NULL. No thread may be using the VM. */
GOL_API void gol_vm_free(GolVM *vm);
GOL_API void *gol_userdata(const GolVM *vm);
/* The text of the last error of a call on this VM ("" if none), of a longer panic the first megabyte; valid until the next call. */
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
	int print_last;  /* of a script: fmt.Println prints the value of a last expression; an error when it has none */
} GolCompileOptions;

/* Compiles the sources as one package (package main, or a script when the first has no package clause).
 * With GOL_ALLOW_FILES imports find packages in folders as well: "./a" from the importing file's folder on, and those of the
 * module whose go.mod is in that folder or above it.
 * options may be NULL. The VM holds the program until gol_program_free or gol_vm_free. A program is immutable.
 * GOL_ERROR_LIMIT: it took longer than GolLimits.wall_ns. GOL_ERROR_MEMORY: it needed more than memory_bytes for itself. */
GOL_API GolStatus gol_compile(GolVM *vm, const GolSource *sources, size_t count, const GolCompileOptions *options,
			      GolProgram **out);
/* The same for one 0-terminated text. */
GOL_API GolStatus gol_compile_text(GolVM *vm, const char *name, const char *text, GolProgram **out);
/* Lets vm hold a program compiled by another VM as well: it may run it, at the same time and on another thread, and keeps it
 * alive whatever becomes of the other. Some VM must hold the program during this call. GolFunc values serve in both. Its host
 * functions are those of the VM that compiled it: the same C functions and user pointers, called with vm's calls. */
GOL_API GolStatus gol_program_share(GolVM *vm, GolProgram *program);
/* Passes the program as an image to sink, in pieces: one file from which gol_load makes it again, in any VM and process with
 * the same version of Gol and with the host packages it uses. The same program gives the same bytes. vm holds the program and
 * its host packages. GOL_ERROR_IMAGE: it converts unsafe pointers, so that it cannot be proved safe. See docs/images.md. */
GOL_API GolStatus gol_save(GolVM *vm, const GolProgram *program, void (*sink)(void *user, const char *data, size_t len),
			   void *user);
/* Makes a program from an image; the VM holds it like one that it compiled. Its code is verified before anything runs, and natives
 * check what they are given: bytes from anywhere can do no more than a program of this VM can (docs/images.md). data is not
 * needed afterwards; a #! line before the image is skipped. GOL_ERROR_IMAGE: gol_error says what is wrong with it: damaged, made
 * by another version, not safe, a host function or capability that this VM does not have. Needs none of the parts of the library
 * that compile. */
GOL_API GolStatus gol_load(GolVM *vm, const void *data, size_t len, GolProgram **out);
/* Nonzero when data begins as images do. */
GOL_API int gol_is_image(const void *data, size_t len);
/* Ends the VM's hold on a program that is not running in it; the last hold frees it. Its calls and references in vm become
 * stale: using them is GOL_ERROR_ARGUMENT. */
GOL_API GolStatus gol_program_free(GolVM *vm, GolProgram *program);
/* Whether build constraints choose a file for this system: its name (x_windows.go is left out), and its text with the
 * //go:build line; either may be NULL. Any thread. */
GOL_API int gol_source_chosen(const char *name, const char *text);
/* Answers the import callback with one source file; the text is copied. GOL_ERROR_MEMORY. */
GOL_API GolStatus gol_import_source(GolImport *answer, const char *name, const char *text, size_t len);

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

/* Runs the program's initializers and main (or the script) until it ends; its other goroutines end with it. The VM can be
 * used again afterwards, whatever the status. Package variables keep their values, for calls of the program's functions,
 * until the next gol_run, which begins with fresh ones. A VM has one program at a time: running or calling another one
 * makes references to values of the earlier one stale. Messages of panics and fatal errors, with traces, go to write (fd 2),
 * as Go prints them. */
GOL_API GolStatus gol_run(GolVM *vm, const GolProgram *program);
/* Exit code a command should end with after gol_run: 0, what os.Exit said, or 2 (panic, fatal error, deadlock). */
GOL_API int gol_exit_code(const GolVM *vm);
/* Ends the running program with all its goroutines, or the compilation under way: GOL_INTERRUPTED. A program runs from the
 * moment gol_run is called; before that there is nothing to end, and the interrupt is forgotten. Any thread, also a signal
 * handler. */
GOL_API void gol_interrupt(GolVM *vm);
/* Prints every goroutine's trace to write (fd 2) at the next check. Any thread, also a signal handler. */
GOL_API void gol_request_traces(GolVM *vm);
/* Hands the program a signal that the process got. Nonzero: it has asked for it (signal.Notify) or wants it ignored; 0: the host
 * does with it whatever it does by default. Any thread, but no signal handler. */
GOL_API int gol_signal(GolVM *vm, int number);

/* ---- limits ---- */

typedef struct GolUsage {
	uint64_t memory_bytes, heap_live_bytes;
	int64_t fuel_used; /* by everything that ran in the VM so far */
	uint64_t goroutines, goroutines_started;
	uint64_t collections;
} GolUsage;
/* Between runs. Memory counts everything the VM holds, programs apart; fuel and wall time begin anew with each gol_run,
 * gol_call_run and gol_start. A limit that is reached ends what runs with all its goroutines: no recover sees it and no
 * deferred call runs; the status is GOL_ERROR_LIMIT, gol_error names the limit, and the VM can be used again. */
GOL_API GolStatus gol_set_limits(GolVM *vm, const GolLimits *limits);
GOL_API void gol_usage(const GolVM *vm, GolUsage *out);

/* ---- a host that pumps (GOL_WORKERS_HOST) ---- */

typedef enum GolPump {
	GOL_PUMP_RUNNING, /* the budget was used up: there is more to do now */
	GOL_PUMP_IDLE,    /* nothing to do before gol_next_timer_ns, or until the descriptor says so */
	GOL_PUMP_STUCK,   /* no timer, nothing expected: only the host can wake a goroutine */
	GOL_PUMP_DONE,    /* the program has ended: gol_status */
} GolPump;

/* Begins what gol_run does, without running anything yet. GOL_ERROR_ARGUMENT: a program is under way, or the VM was not made
 * with GOL_WORKERS_HOST. */
GOL_API GolStatus gol_start(GolVM *vm, const GolProgram *program);
/* Runs goroutines for about budget_ns (a time slice, some tens of microseconds, is not cut short) or until there is nothing
 * to do. Always on the VM's thread. */
GOL_API GolPump gol_pump(GolVM *vm, int64_t budget_ns);
/* Nanoseconds until a timer wants gol_pump: 0: now; -1: none is set. */
GOL_API int64_t gol_next_timer_ns(GolVM *vm);
/* A descriptor to watch for reading: ready when a goroutine may run because of another thread or of I/O. The VM owns it. -1:
 * the system gave none. */
GOL_API int gol_poll_fd(GolVM *vm);
/* How the last program or call ended. */
GOL_API GolStatus gol_status(const GolVM *vm);

/* ---- values ---- */

/* A place that holds a Go value: an argument, a result, a field, an element, what a reference keeps. Small, copied freely. It
 * is good until Go code runs again in its VM: inside a host function until that returns, outside until the next gol_run,
 * gol_call_run or gol_pump; the place of a GolRef as long as the GolRef. Functions that cannot give one (no such field, index
 * out of range) give one that is not valid, and whatever is done with that fails with GOL_ERROR_ARGUMENT; with
 * GOL_ERROR_MEMORY when memory was what it lacked.
 *
 * All gol_get_, gol_put_ and navigating functions check the type: the wrong one is GOL_ERROR_ARGUMENT with a text in
 * gol_error, or gol_call_error inside a host function. An interface is looked through: reading goes to what is in it, writing
 * puts a value of Go's default type into it. Those that allocate may return GOL_ERROR_MEMORY. Threads: the VM's; inside a
 * host function the one that called it. Others may use the places of references of their own, but follow pointers, slices and
 * maps only while no Go code runs. */
typedef struct GolValue {
	const void *type; /* NULL: not valid */
	void *at;
	void *scope;
	uintptr_t mode;
} GolValue;

typedef enum GolKind {
	GOL_NIL, /* nothing: not valid, or a nil interface */
	GOL_BOOL, GOL_INT, GOL_UINT, GOL_FLOAT, GOL_COMPLEX, GOL_STRING, GOL_STRUCT, GOL_ARRAY, GOL_SLICE, GOL_MAP, GOL_POINTER,
	GOL_FUNC, GOL_CHAN, GOL_UNSAFE_POINTER,
} GolKind;

/* Of the value inside when it is an interface. */
GOL_API GolKind gol_kind(GolValue v);
/* The type as %T prints it ("[]int", "main.Point"); "" when there is none. Lives as long as the program. */
GOL_API const char *gol_type_name(GolValue v);
/* Whether it is nil, or not valid. */
GOL_API int gol_is_nil(GolValue v);

/* Integers of all widths: a value that does not fit is GOL_ERROR_ARGUMENT. Floats: also from and to float32. */
GOL_API GolStatus gol_get_int(GolValue v, int64_t *out);
GOL_API GolStatus gol_get_uint(GolValue v, uint64_t *out);
GOL_API GolStatus gol_get_float(GolValue v, double *out);
GOL_API GolStatus gol_get_bool(GolValue v, int *out);
/* Text of a string or bytes of a []byte: not copied, not 0-terminated. Good as long as the value it was read from. */
GOL_API GolStatus gol_get_string(GolValue v, const char **text, size_t *len);
GOL_API GolStatus gol_get_bytes(GolValue v, void **bytes, size_t *len);
/* Text of an error, *text = NULL for nil. Outside of host functions v.Error() is called when it must be; inside, errors of
 * other types than the library's give the name of their type. Good until the next call on this VM. */
GOL_API GolStatus gol_get_error(GolValue v, const char **text, size_t *len);

GOL_API GolStatus gol_put_int(GolValue v, int64_t value);
GOL_API GolStatus gol_put_uint(GolValue v, uint64_t value);
GOL_API GolStatus gol_put_float(GolValue v, double value);
GOL_API GolStatus gol_put_bool(GolValue v, int value);
GOL_API GolStatus gol_put_string(GolValue v, const char *text, size_t len); /* copied */
GOL_API GolStatus gol_put_bytes(GolValue v, const void *bytes, size_t len); /* into a []byte, copied */
GOL_API GolStatus gol_put_error(GolValue v, const char *text, size_t len);  /* as errors.New */
GOL_API GolStatus gol_put_nil(GolValue v);                                  /* the zero value of any type */
/* Assigns: the types must be identical, or `to` an interface that from's type implements. */
GOL_API GolStatus gol_put_value(GolValue to, GolValue from);
/* make and new: a slice of n elements, a map, a channel with room for n, a pointer to a new variable. */
GOL_API GolStatus gol_make(GolValue v, int64_t n);

/* What a pointer points to, or an interface holds. */
GOL_API GolValue gol_elem(GolValue v);
/* Structs, also through a pointer. */
GOL_API size_t gol_field_count(GolValue v);
GOL_API const char *gol_field_name(GolValue v, size_t index); /* NULL: no such field */
GOL_API GolValue gol_field(GolValue v, const char *name);
GOL_API GolValue gol_field_at(GolValue v, size_t index);
/* Length of a string, slice, array, map or channel; -1: it has none. */
GOL_API int64_t gol_len(GolValue v);
/* Elements of slices and arrays. */
GOL_API GolValue gol_at(GolValue v, int64_t index);
/* Appends a zero element to a slice and gives its place. */
GOL_API GolValue gol_append(GolValue v);
/* Elements of maps, by key. create != 0: an absent one is added with its zero value, and a nil map made. Good until the map
 * is changed. Absent: a value that is not valid, without an error. */
GOL_API GolValue gol_key(GolValue map, GolValue key, int create);
GOL_API GolValue gol_key_string(GolValue map, const char *text, size_t len, int create);
GOL_API GolValue gol_key_int(GolValue map, int64_t key, int create);
GOL_API GolStatus gol_key_delete(GolValue map, GolValue key);
typedef struct GolMapIter {
	GolValue map;
	uint64_t state[8] __attribute__((aligned(16)));
	uint64_t key[16] __attribute__((aligned(16)));
} GolMapIter;
/* Visits a map's elements in random order, as range does: begin, then next until it returns 0. Keys live in *it. */
GOL_API GolStatus gol_map_begin(GolValue map, GolMapIter *it);
GOL_API int gol_map_next(GolMapIter *it, GolValue *key, GolValue *value);

/* ---- references ---- */

/* A copy of v's value (of a pointer, slice, map, func or channel: another handle on the same thing) that the collector keeps
 * alive until gol_ref_free or the end of the VM. */
GOL_API GolStatus gol_get_ref(GolValue v, GolRef **out);
/* The place in which the reference keeps its value; it may be written. Not valid when the reference is stale. */
GOL_API GolValue gol_ref_value(GolRef *ref);
GOL_API GolStatus gol_put_ref(GolValue v, GolRef *ref);
/* Any thread. ref may be NULL. */
GOL_API void gol_ref_free(GolRef *ref);

/* ---- calls from the host ---- */

/* Finds a function: "F" or "main.F" of the program itself (scripts included), "path.F" of a package it imports from text.
 * GOL_ERROR_ARGUMENT: there is none, or it is generic or a method. */
GOL_API GolStatus gol_func(GolVM *vm, const GolProgram *program, const char *name, const GolFunc **out);
/* Begins a call; put the arguments, run it, get the results, as often as wanted, and close it. The first call of a program
 * that did not run yet initializes its packages (not main, not a script's statements), which may fail like a run. Not inside
 * host functions. */
GOL_API GolStatus gol_call_open(GolVM *vm, const GolFunc *func, GolCall **out);
/* The same for a func value. */
GOL_API GolStatus gol_call_open_value(GolVM *vm, GolValue func, GolCall **out);
/* Runs it as a goroutine until it returns; arguments keep their values, results of an earlier run are overwritten. Goroutines
 * it started go on during later calls. Any status but GOL_OK ends all goroutines of the program. */
GOL_API GolStatus gol_call_run(GolCall *call);
GOL_API void gol_call_close(GolCall *call);

/* Both directions. Arguments and results count from 0; the receiver of a method is argument 0. */
GOL_API size_t gol_arg_count(const GolCall *call);
GOL_API size_t gol_result_count(const GolCall *call);
GOL_API GolValue gol_arg(GolCall *call, size_t index);
GOL_API GolValue gol_result(GolCall *call, size_t index);
GOL_API GolVM *gol_call_vm(const GolCall *call);

/* ---- host packages ---- */

/* What a host function returns. */
typedef enum GolAction {
	GOL_DONE,   /* the results are put (what is not, is zero) */
	GOL_PANIC,  /* = gol_panic(...) */
	GOL_PARK,   /* after gol_park: wait until gol_wake, then call this function again */
	GOL_CALL,   /* after gol_call_back: call that, then this function again */
} GolAction;

/* A host function. It runs on any of the VM's threads, several at once; the thread runs no goroutine meanwhile: what takes
 * long should park instead. It must not call gol_run, gol_call_run, gol_pump or gol_compile on its VM. A gol_get_ or gol_put_
 * that failed on call's values and was not followed by gol_call_clear becomes a Go panic when the function returns GOL_DONE; out
 * of memory ends the program as it does for Go code. */
typedef GolAction (*GolHostFn)(GolCall *call, void *user);

typedef struct GolNative {
	const char *name; /* of a function without body: "Add"; of a method: "(*File).Read", "Color.String" */
	GolHostFn fn;
	void *user;
} GolNative;

/* Adds a package that programs compiled afterwards can import (scripts also without an import): source is Go text with or
 * without a package clause, in which functions without body are those of natives (ended by a NULL name; may be NULL).
 * Everything is copied. A package added before under the same path is replaced; the path of a built-in one is
 * GOL_ERROR_ARGUMENT. Errors in the text are reported when something imports it. */
GOL_API GolStatus gol_package_add(GolVM *vm, const char *path, const char *source, const GolNative *natives);

/* Inside host functions: */
/* Panics with a string, or with a value: return gol_panic(call, "...", n). */
GOL_API GolAction gol_panic(GolCall *call, const char *text, size_t len);
GOL_API GolAction gol_panic_value(GolCall *call, GolValue v);
/* The text of the last error with call's values; "". Clear forgets it. */
GOL_API const char *gol_call_error(const GolCall *call);
GOL_API void gol_call_clear(GolCall *call);
/* Accounts for work done, in the units of GolLimits.fuel. Returns nonzero when the program is being stopped (limit,
 * interrupt, exit): functions that loop ask now and then and return soon; their results then do not matter. */
GOL_API int gol_charge(GolCall *call, int64_t work);
/* A pointer of the function's own, kept between its rounds (GOL_PARK, GOL_CALL); NULL at first. NULL result: no memory,
 * return GOL_DONE. */
GOL_API void **gol_state(GolCall *call);
/* Parks the goroutine without holding a thread: keep the handle, return GOL_PARK. Each handle must be given to gol_wake
 * once, even if the program or the VM has ended meanwhile. NULL: no memory, return GOL_DONE. */
GOL_API GolParked *gol_park(GolCall *call);
/* Any thread: the host function is called again, and gol_woken gives it data. GOL_INTERRUPTED: the goroutine is gone, nobody
 * will see data. Frees the handle. */
GOL_API GolStatus gol_wake(GolParked *parked, void *data);
/* Nonzero when this round follows gol_wake. */
GOL_API int gol_woken(GolCall *call, void **data);
/* Calls a func value: put the arguments into the result, return GOL_CALL; a panic passes by the host function. NULL: not a
 * func, nil, or too many arguments. */
GOL_API GolCall *gol_call_back(GolCall *call, GolValue func);
/* In the round after that: the finished call with its results; else NULL. */
GOL_API GolCall *gol_called(GolCall *call);

/* Host objects. In the package's text:  type File struct { handle uintptr }  func (f *File) Read() string
 * Makes one in v, a *File: data is found again by gol_host_data; free_data(data) is called once, when no Go code can reach
 * the object any more (on any of the VM's threads) or in gol_vm_free; may be NULL. While it runs the VM counts as running. Go code can
 * neither read nor forge it. */
GOL_API GolStatus gol_host_new(GolValue v, void *data, void (*free_data)(void *data));
/* GOL_ERROR_ARGUMENT: v is no pointer, nil, or points to something else. */
GOL_API GolStatus gol_host_data(GolValue v, void **data);

/* ---- channels, any thread ---- */

/* From attach to detach (count them) another thread means to send, receive or wake: goroutines that wait are no deadlock. */
GOL_API void gol_attach(GolVM *vm);
GOL_API void gol_detach(GolVM *vm);
/* Sends the value of `value` to the channel in `chan`, waiting for at most timeout_ns (0: only try; < 0: for ever). GOL_OK,
 * GOL_TIMEOUT, GOL_CLOSED; GOL_INTERRUPTED: the program ended while waiting. Waiting is for threads that do not run the VM. */
GOL_API GolStatus gol_chan_send(GolRef *chan, GolRef *value, int64_t timeout_ns);
/* Receives into `value`, a reference of the element type (gol_chan_ref). GOL_CLOSED: closed and empty. */
GOL_API GolStatus gol_chan_recv(GolRef *chan, GolRef *value, int64_t timeout_ns);
/* A new reference of the channel's element type, zero. */
GOL_API GolStatus gol_chan_ref(GolRef *chan, GolRef **out);

/* ---- eval: one session, piece by piece ---- */

/* A VM has one session. It begins with the first gol_eval, which ends whatever program the VM had, and ends with
 * gol_eval_reset, gol_run, gol_start or a call of another program. Every text is compiled as the next piece of package main:
 * statements, declarations, expressions and imports in any order. What is declared at the top level stays (`x := 1` too),
 * and may be declared again with another type or value: code that was compiled before keeps the old one of a variable or type,
 * while a function or method that is declared again with the same signature is the new one for all its callers; with another
 * signature it is the new one for texts that come after. Types of earlier evaluations get further methods. What the compiler made
 * of a text (some 6 KB for a line) stays until gol_eval_reset. Within one text Go's rules hold: it is refused when it declares a name twice. Packages of
 * the standard library need no import; unused variables and imports are no errors. A package clause is accepted (a file of
 * package main): variables are then initialized in Go's order and init functions run; main is a function like others.
 * The session has threads of its own (also with workers = 1): its goroutines go on running after gol_eval returned, and
 * their output comes through `write` on those threads. The calling thread runs no Go code. Not with GOL_WORKERS_HOST. */

enum {
	GOL_EVAL_WHOLE = 1, /* text is all there is: never GOL_MORE, an unfinished construct is a compile error */
	GOL_EVAL_CHECK = 2, /* only says GOL_MORE or GOL_OK, which also stands for text that is wrong: nothing is compiled or run */
};

/* Runs text[0..len) (need not be 0-terminated) and waits for its end. name: of the source, for messages and traces; NULL:
 * "repl". An evaluation is a goroutine: what it started runs on when it ends, whichever way:
 * GOL_OK; GOL_MORE: give the text again with more lines appended; GOL_ERROR_COMPILE: nothing was run or declared, the
 * diagnostics callback saw why. GOL_ERROR_PANIC: an unrecovered panic, its text and trace went to write (fd 2).
 * GOL_ERROR_FATAL: a fatal error ended it, without deferred calls. GOL_ERROR_DEADLOCK: it blocked and nothing in the session can
 * wake it; its deferred calls ran. GOL_INTERRUPTED. GOL_ERROR_LIMIT: memory and goroutines are counted in total; wall time is
 * that of one evaluation and ends what it started as well; fuel begins anew with each evaluation, and whatever goroutine finds
 * none left ends. GOL_EXIT: os.Exit, perhaps of another goroutine and before this text ran; all goroutines have ended,
 * gol_exit_code tells. After each of them the session goes on with everything else it has. A panic or fatal error of another
 * goroutine is printed the same way and ends that goroutine alone (gol_eval_panics). GOL_ERROR_ARGUMENT: inside a host function or
 * the callbacks of an evaluation. */
GOL_API GolStatus gol_eval(GolVM *vm, const char *name, const char *text, size_t len, uint32_t flags);
/* The values of the last statement of the last gol_eval, when that was an expression and it ended with GOL_OK; 0 for calls without
 * results, for fmt.Print and its kin (what they print is the point) and all other statements. Good until the next gol_eval. Goroutines
 * of the session may change what they lead to meanwhile: gol_format looks at one moment. */
GOL_API size_t gol_eval_count(const GolVM *vm);
GOL_API GolValue gol_eval_value(GolVM *vm, size_t index);
/* The place of a variable of the session; not valid when there is none of that name. Good until the next gol_eval. */
GOL_API GolValue gol_eval_variable(GolVM *vm, const char *name);
/* Forgets everything: declarations, values, goroutines. Not during an evaluation. */
GOL_API GolStatus gol_eval_reset(GolVM *vm);
/* gol_interrupt during gol_eval ends the evaluation's goroutine: its deferred calls run, recover does not see it. A second
 * one ends it at once. This one ends the goroutines that the evaluation started, and theirs, as well. Any thread, also a
 * signal handler. Without an evaluation both do nothing. */
GOL_API void gol_interrupt_all(GolVM *vm);
/* How many goroutines of the session have ended by an unrecovered panic or a fatal error, evaluations apart. Any thread. */
GOL_API uint64_t gol_eval_panics(const GolVM *vm);
/* While gol_eval waits for its evaluation it calls watch every interval_ns on its own thread, so that a prompt can say what is
 * going on: waiting_for is NULL while the evaluation runs (or is ready to), else in the words of traces, with the variable when
 * it is one of the session's: "chan receive on ch", "select", "sleep"; waited_ns since when. Allowed inside: gol_interrupt,
 * gol_interrupt_all, gol_request_traces. watch = NULL: no more calls. */
GOL_API GolStatus gol_eval_watch(GolVM *vm, int64_t interval_ns,
				 void (*watch)(void *user, const char *waiting_for, int64_t waited_ns), void *user);

/* Calls exited when os.Exit has ended the session, on a thread of the VM, also while no evaluation runs: the next gol_eval then
 * answers GOL_EXIT. To be set before the first gol_eval; exited must not call functions of this VM. NULL: no call. */
GOL_API GolStatus gol_eval_at_exit(GolVM *vm, void (*exited)(void *user), void *user);

/* The type of an expression in the session, without running it, as the compiler prints it ("func(int) (string, error)"; of an
 * untyped constant its kind, "untyped int"; of a type "type T"). Several values: separated by ", ".
 * GOL_ERROR_COMPILE: not an expression; the diagnostics callback saw why. */
GOL_API GolStatus gol_eval_type(GolVM *vm, const char *text, size_t len,
				void (*sink)(void *user, const char *text, size_t len), void *user);

typedef enum GolNameKind {
	GOL_NAME_VAR, GOL_NAME_CONST, GOL_NAME_TYPE, GOL_NAME_FUNC, GOL_NAME_METHOD, GOL_NAME_FIELD, GOL_NAME_PACKAGE,
	GOL_NAME_KEYWORD, GOL_NAME_LABEL,
} GolNameKind;

typedef struct GolName {
	GolNameKind kind;
	const char *name;   /* of a method: "T.Name" or "(*T).Name"; of an import: its name */
	const char *type;   /* "int", "func(a int) error", of an import its path */
	const char *source; /* text of the whole declaration, or of the statement that declared it; not 0-terminated */
	size_t source_len;
	uint32_t piece;     /* number of the evaluation that declared it, from 1: names of one piece may share their source */
} GolName;

/* Visits what the session has declared, in order of declaration, without what was declared again since. Visiting ends when
 * visit returns nonzero. Everything in *name is good during the visit. */
GOL_API GolStatus gol_eval_names(GolVM *vm, int (*visit)(void *user, const GolName *name), void *user);

typedef struct GolCandidate {
	GolNameKind kind;
	const char *text;   /* what to put in place of the part: "Println", "Name: " */
	const char *detail; /* signature or type; "" when there is none */
} GolCandidate;

/* What may stand at byte `cursor` of text: names of the session and of the text before the cursor, keywords, predeclared names,
 * packages, their members, fields and methods of values, keys of struct literals; within the quotes of an import, paths of
 * packages. The part that a candidate replaces is text[*start..cursor). Candidates come sorted; none is no error. Nothing is run,
 * nothing reported as a diagnostic. */
GOL_API GolStatus gol_complete(GolVM *vm, const char *text, size_t len, size_t cursor, size_t *start,
			       int (*visit)(void *user, const GolCandidate *candidate), void *user);
/* The declaration and documentation of "strings.Split", "strings.Builder.Len", a package, a predeclared name, or a name of
 * the session. GOL_ERROR_ARGUMENT: there is no such thing. */
GOL_API GolStatus gol_doc(GolVM *vm, const char *name, void (*sink)(void *user, const char *text, size_t len), void *user);

enum {
	GOL_FORMAT_ONE_LINE = 1, /* never breaks lines */
	GOL_FORMAT_PASSIVE = 2,  /* calls no Error and String methods: no Go code runs */
};

/* Zeroes: the defaults in parentheses. */
typedef struct GolFormat {
	size_t size;
	uint32_t width;        /* columns of a line (80) */
	uint32_t depth;        /* nesting shown (8) */
	uint32_t max_elements; /* of each slice, array, map (100) */
	uint32_t max_string;   /* characters of each string (1000) */
	uint32_t flags;        /* GOL_FORMAT_* */
} GolFormat;

/* Writes v as a Go programmer would: []int{1, 2, 3}, map[string]int{"a": 1} with its keys sorted, &Point{X: 1, Y: 2}, strings
 * quoted, errors and Stringers with their text, chan int (len 2, cap 5), func(int) string. On one line when it fits into
 * the width, else laid out over lines; what is too long ends with "… 990 more"; cycles are marked. options may be NULL. No
 * newline at the end. Error and String methods of an evaluation's values may run; they are given a second. */
GOL_API GolStatus gol_format(GolVM *vm, GolValue v, const GolFormat *options,
			     void (*sink)(void *user, const char *text, size_t len), void *user);

/* ---- inspect: what the goroutines do, and who waits for whom; any thread ---- */

/* All of this may be called at any time from any thread, also inside host functions and while the program runs elsewhere (the
 * goroutines are stopped for the moment that taking the picture needs), but not inside the callbacks of GolConfig and of this
 * section, unless it says so. Texts in the structures are good until the callback returns. */

typedef struct GolPosition {
	const char *function; /* "main.worker", "main.main.func1"; "" when there is none */
	const char *file;
	uint32_t line;
} GolPosition;

typedef enum GolWaitKind {
	GOL_WAIT_RECEIVE, GOL_WAIT_SEND, /* on a channel */
	GOL_WAIT_OBJECT,                 /* a mutex, wait group, condition: channel is its address */
} GolWaitKind;

/* One thing that a goroutine waits on: a select has one for each of its cases. */
typedef struct GolWait {
	GolWaitKind kind;
	uint64_t channel;    /* identity, equal for equal channels; 0: nil */
	const char *name;    /* a variable that holds it: "results", "s.done"; "" when none is known */
	const char *element; /* type of the elements: "int"; "" of a nil channel and of objects */
	int64_t len, cap;
	int is_closed;
} GolWait;

typedef enum GolGoroutineState {
	GOL_GOROUTINE_RUNNING,
	GOL_GOROUTINE_RUNNABLE,
	GOL_GOROUTINE_WAITING,
} GolGoroutineState;

/* What other than a goroutine may wake one. */
enum {
	GOL_WAKER_TIMER = 1,  /* it sleeps, or a timer leads to what it waits on */
	GOL_WAKER_SYSTEM = 2, /* a descriptor, or a call that blocks in the system */
	GOL_WAKER_HOST = 4,   /* the host program: a host function that parked, a reference, gol_attach */
	GOL_WAKER_GLOBAL = 8, /* a package variable leads to it: goroutines yet to come, or the next evaluation, may do it */
};

typedef struct GolGoroutine {
	uint64_t id;
	GolGoroutineState state;
	const char *status;    /* in Go's words: "running", "runnable", "chan receive", "select", "sync.Mutex.Lock", "sleep", ... */
	int is_main;           /* the program's main, or an evaluation */
	int is_held;           /* gol_pause keeps it from running */
	const GolWait *waits;
	size_t wait_count;
	int64_t waiting_ns;    /* how long it has waited; 0: it does not. See gol_goroutines */
	int64_t waiting_since_ns; /* since when, on the clock of GolEvent.time_ns; 0: it does not wait */
	/* With GOL_GOROUTINES_WAKERS, of goroutines that wait. A goroutine counts that can reach one of the channels or objects
	 * from its stack, so that it may send, receive, close or unlock; the first are those that run or can, then others that wait. */
	const uint64_t *wakers;
	size_t waker_count;
	int wakers_elided;     /* there are more than are listed */
	uint32_t other_wakers; /* GOL_WAKER_* */
	int is_leaked;         /* nothing that may still run, no timer and nothing of the host leads to what it waits on: for ever */
	GolPosition at;        /* the innermost function, as in traces */
	GolPosition program_at; /* the innermost one that is not of the library */
	GolPosition created;   /* the go statement; function "" for main */
	uint64_t creator;      /* the goroutine that executed it; 0: none */
	uint64_t stack_bytes;
	const char *trace;     /* with GOL_GOROUTINES_TRACE: as Go prints it; else "" */
} GolGoroutine;

enum {
	GOL_GOROUTINES_WAKERS = 1, /* wakers, other_wakers, is_leaked: reads the heap, so it costs about what a collection does */
	GOL_GOROUTINES_TRACE = 2,
};

/* Visits all goroutines in order of their ids, as they were at one moment; visiting ends when visit returns nonzero. visit may
 * call the functions of this section. When something began to wait is recorded from the first call of gol_goroutines, gol_trace
 * or gol_pause on: what waited already then is dated to that call. */
GOL_API GolStatus gol_goroutines(GolVM *vm, uint32_t flags, int (*visit)(void *user, const GolGoroutine *g), void *user);

typedef struct GolChanInfo {
	uint64_t id;         /* = GolWait.channel, GolEvent.channel; 0: nil, and all else is 0 */
	const char *element; /* lives as long as the program */
	int64_t len, cap;
	int is_closed;
	size_t receivers, senders; /* goroutines that wait */
} GolChanInfo;

typedef struct GolChanWaiter {
	uint64_t goroutine;
	int is_select;
	int64_t waiting_ns;
	GolValue value; /* what a sender offers; not valid for receivers */
} GolChanWaiter;

/* Takes a picture of a channel: its queued values and who waits, each in order of their turn. */
GOL_API GolStatus gol_chan_info(GolValue chan, GolChanInfo *out);
/* From the last picture that gol_chan_info took of this channel: a queued value, the one next to be received first, and a
 * waiting receiver or sender; the first 1000 of each. They are copies, good until the next gol_chan_info on this VM, whatever runs meanwhile. */
GOL_API GolValue gol_chan_at(GolValue chan, size_t index);
GOL_API GolStatus gol_chan_receiver(GolValue chan, size_t index, GolChanWaiter *out);
GOL_API GolStatus gol_chan_sender(GolValue chan, size_t index, GolChanWaiter *out);

typedef enum GolEventKind {
	GOL_EVENT_CREATE,  /* goroutine started `other` */
	GOL_EVENT_RUN,     /* begins to run: new, woken or after others had their turn; only in GolStep */
	GOL_EVENT_SEND,    /* put `value` into `channel`; other: the goroutine that received it at once */
	GOL_EVENT_RECEIVE, /* took `value`; other: the goroutine that sent it just then. is_closed: nothing, it is closed */
	GOL_EVENT_CLOSE,
	GOL_EVENT_SELECT,  /* a select chose case `index` (in order of the source, nil channels counted); -1: default */
	GOL_EVENT_PARK,    /* waits: status says for what; channel when it is one */
	GOL_EVENT_WAKE,    /* can run again; other: who woke it */
	GOL_EVENT_YIELD,   /* gave way: time slice used up, or runtime.Gosched; only in GolStep */
	GOL_EVENT_END,
	GOL_EVENT_LOST,    /* index events were dropped here: the program was faster than the sink */
} GolEventKind;

typedef struct GolEvent {
	GolEventKind kind;
	int64_t time_ns;     /* monotonic */
	uint64_t goroutine;  /* 0: none, a timer or the host did it */
	uint64_t other;      /* see the kinds; 0: none */
	uint64_t channel;    /* identity; 0: none */
	const char *name;    /* of a variable that holds the channel; "" when none is known */
	const char *element; /* type of the channel's elements; "" */
	const char *value;   /* shortened; "" */
	const char *status;  /* of PARK, WAKE and RUN: what it waits or waited for, in Go's words; "" */
	int64_t index;
	int is_closed;
	GolPosition at;      /* where the goroutine is; CREATE: the go statement */
} GolEvent;

typedef void (*GolEventSink)(void *user, const GolEvent *event);

/* Calls sink for each event from now on, on the VM's threads, one at a time, soon after it happened (within a time slice). The
 * events of a channel come in the order in which they happened to it, those of a goroutine in its order. sink must not call
 * functions of this VM. NULL: no more; when this returns, sink is not running and will not be called. Costs nothing while off. */
GOL_API GolStatus gol_trace(GolVM *vm, GolEventSink sink, void *user);
/* One line without its end: "goroutine 7 received 3 from ch at x.gol:12". Cut to cap bytes; the length it would have. */
GOL_API size_t gol_event_text(const GolEvent *event, char *buffer, size_t cap);

/* Stops all goroutines but evaluations and calls of the host; those go on, and what they wake or start waits until gol_resume
 * or gol_step. Timers fire, but who slept does not run. While something is held back nothing is a deadlock. A
 * pause ends with the program (or session) as well. */
GOL_API GolStatus gol_pause(GolVM *vm);
GOL_API GolStatus gol_resume(GolVM *vm);
GOL_API int gol_is_paused(const GolVM *vm);

typedef struct GolStep {
	uint64_t goroutine; /* that ran; 0: none can */
	int is_running;     /* it was still running (inside a native) when the time was up */
	char text[400];     /* what it was: "goroutine 7 received 3 from ch at x.gol:12, now waits: chan send on out at x.gol:13" */
} GolStep;

/* While paused: runs one goroutine (0: whose turn it is) until it waits, gives way, ends or has used up its time slice. events
 * (may be NULL) sees everything that happened meanwhile, in this call. GOL_ERROR_ARGUMENT: not paused, no such goroutine, or
 * it cannot run now. */
GOL_API GolStatus gol_step(GolVM *vm, uint64_t goroutine, GolStep *out, GolEventSink events, void *user);

/* Calls ended when a run (gol_run, gol_pump) is over, after Go's own messages and before its goroutines are discarded: the time to look
 * at what is left with gol_goroutines. At the end of a run that main left by returning is_leaked says which goroutines could never have
 * run again; after a deadlock these are all. wakers then names goroutines that are stuck themselves as well. On the VM's thread. NULL: no more. */
GOL_API void gol_at_end(GolVM *vm, void (*ended)(void *user, GolVM *vm), void *user);

/* For the following gol_run: when main has returned, its goroutines go on until all of them wait (sleep, or wait for the system), but
 * for no longer than about grace_ns. Without it the program ends at once, as Go's do, and a goroutine that was about to wait for ever is
 * no leak yet. 0: no longer. */
GOL_API void gol_set_grace(GolVM *vm, int64_t grace_ns);

/* ---- tools ---- */

/* Sets what Go's environment variables set, for the following runs: GOGC, GOMEMLIMIT ("512MiB"), GODEBUG ("gctrace=1",
 * "schedtrace=1000": lines in Go's formats on fd 2). GOL_ERROR_ARGUMENT: not such a name or value. */
GOL_API GolStatus gol_tune(GolVM *vm, const char *name, const char *value);
typedef enum GolProfile { GOL_PROFILE_CPU, GOL_PROFILE_MEMORY } GolProfile;
/* The following runs are sampled. */
GOL_API GolStatus gol_profile(GolVM *vm, GolProfile what);
/* Between runs: passes the samples to sink in pprof's format (profile.proto, not compressed). */
GOL_API GolStatus gol_profile_write(GolVM *vm, GolProfile what, void (*sink)(void *user, const char *data, size_t len),
				    void *user);
/* Between runs: figures of the runtime as text. */
GOL_API GolStatus gol_stats(GolVM *vm, void (*sink)(void *user, const char *text, size_t len), void *user);

#ifdef __cplusplus
}
#endif

#endif
