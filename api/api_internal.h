/* SPDX-License-Identifier: MIT */
/* api_internal.h: what the files of api/ share: the objects behind GolVM, GolProgram, GolCall, GolRef. */
#ifndef GOL_API_API_INTERNAL_H
#define GOL_API_API_INTERNAL_H

#include "compiler/compile.h"
#include "include/gol.h"
#include "runtime/inspect.h"
#include "runtime/sched.h"
#include "stdlib/library.h"

typedef struct LoadedPackage {
	struct LoadedPackage *next;
	const char *path;
	Package *package; /* NULL while its files are being checked: an import now is a cycle */
	const Package *from; /* packages of the user: who imported it first, and how it is written there */
	const char *written;
} LoadedPackage;

/* A package of gol_package_add. In the arena of the VM; natives that a program uses are copied into the program. */
typedef struct HostPackage {
	struct HostPackage *next;
	const char *path, *source;
	size_t len;
	GolNative *natives;
	size_t native_count;
} HostPackage;

/* One compile session and what came of it; shared by the VMs that hold it. Immutable once compiled. */
struct GolProgram {
	uint32_t refs; /* atomic: VMs that hold it */
	GolVM *vm;     /* that compiles it; NULL afterwards */
	Mem mem;
	Arena arena; /* trees, types, code */
	Interner interner;
	SourceSet sources;
	Universe universe;
	TypeTable types;
	Session session;
	LoadedPackage *packages;
	const Program *program;
	const Package *package;
	int64_t deadline_ns; /* of compiling it; 0: none */
	GolStatus stopped;   /* GOL_ERROR_LIMIT or GOL_INTERRUPTED: why compiling ended early */
	uint16_t go_version; /* asked for by the caller of gol_compile; 0: each package's own */
};

typedef struct Hold { /* of a VM on a program */
	struct Hold *next;
	GolProgram *program;
} Hold;

/* On whose behalf a value is touched: a goroutine inside a host function, or the host's own. The first member of GolCall. */
typedef struct HostScope {
	GolVM *vm;
	Goroutine *g;
	char *text; /* of the last error; NULL: the VM's */
	bool failed, no_memory;
} HostScope;
enum { SCOPE_TEXT = 160 };

/* Values a call carries. Host to Go: frame[2...] is `slots` in its own memory, a root. Go to host: the native's frame. */
struct GolCall {
	HostScope scope;
	Slot *frame; /* results, parameters and receiver as in a frame, from frame[2] on */
	const Function *fn;
	const TypeDesc *type;
	uint32_t instance;
	/* host to Go */
	const Closure *closure;
	GolCall *next, **at;
	size_t bytes;
	/* Go to host */
	struct HostRound *round;
	Slot *round_slot;
};

struct GolRef {
	GolVM *vm;
	GolRef *next, **at;
	const TypeDesc *type;
	uint32_t instance;
	size_t bytes;
	Slot data[] __attribute__((aligned(16))); /* memory layout */
};

typedef struct HostObject {
	void *data, *address; /* address NULL: free */
	void (*free_data)(void *data);
	uint64_t next_free;
} HostObject;

/* One evaluation's text, for gol_eval_names. */
typedef struct Piece {
	File *file;
} Piece;

enum { MAX_PENDING_SLOTS = 64 };

/* The session of a VM. Its program grows and is nobody else's. */
typedef struct Eval {
	GolProgram *program; /* NULL: no session */
	Package *package;
	VEC(Piece) pieces;   /* those that were run */
	VEC(Object *) values;  /* variables of the last evaluation's values */
	VEC(Object *) unused;  /* declared again, and nothing refers to them: cleared when the next piece comes */
	WorldStop stop;      /* of the host's thread */
	/* gol_format: the receiver of the method that must be called next */
	const MethodDesc *pending_method;
	const TypeDesc *pending_type;
	uint64_t pending_key;
	uint32_t pending_slots;
	Slot pending[MAX_PENDING_SLOTS] __attribute__((aligned(16)));
	const char *(*name_of_channel)(GolVM *vm, const void *chan); /* in eval.c: hosts without the front column have none */
	bool is_busy;        /* a thread is inside gol_eval or a call of the host */
	void (*exited)(void *user);
	void *exited_user;
	void (*watch)(void *user, const char *waiting_for, int64_t waited_ns);
	void *watch_user;
	int64_t watch_ns;
} Eval;

/* An interrupt ends what the compiler does, too. */
typedef enum CompileState { COMPILE_NONE, COMPILE_GOING, COMPILE_INTERRUPTED } CompileState;

struct GolVM {
	VM vm; /* vm.mem is the allocator of everything below */
	GolConfig config;
	Arena arena; /* argv, host packages */
	Hold *programs;
	HostPackage *host_packages;
	Buf error;
	Buf error_text; /* of gol_get_error */
	GolStatus last_status;
	/* the program at hand */
	GolProgram *current;
	uint32_t instance;    /* counts programs linked: calls and references remember theirs */
	bool is_initialized;  /* its packages are */
	bool has_runtime;
	bool pumps;           /* GOL_WORKERS_HOST */
	Eval eval;
	bool is_started;      /* between gol_start and the end of the program */
	bool is_stopping;     /* the runtime is being torn down: finalizers find the VM busy */
	uint32_t is_running;  /* atomic: Go code may run; changes under host_lock */
	uint32_t compiling;   /* atomic CompileState */
	uint32_t interrupts;  /* atomic: threads inside gol_interrupt and its like */
	uint32_t starting;    /* atomic StartState of gol_run and gol_start */
	uint64_t runner;      /* atomic: the thread that runs it */
	uint64_t fuel_before; /* used in earlier lives of vm.workers */
	/* what the host's threads do: allocation, lists. Taken inside sched_host_enter */
	Lock host_lock;
	Worker host_worker;
	Goroutine *host_g;
	HostScope scope;
	GolCall *calls;
	GolRef *refs;
	struct ChanPicture *picture; /* of the last gol_chan_info */
	bool watches;                /* what goroutines wait on is dated, in later instances too */
	bool has_ended;              /* at_end is under way */
	GolEventSink sink;           /* of gol_trace; NULL: none. Changes while no event is handed over */
	void *sink_user;
	void (*at_end)(void *user, GolVM *vm);
	void *at_end_user;
	int64_t grace_ns;            /* how long goroutines may go on when main has returned */
	int32_t attached; /* threads that may wake goroutines */
	uint32_t ends;    /* atomic: runs that have ended */
	Lock parked_lock;
	GolParked *parked;
	Lock objects_lock;
	HostObject *objects; /* by number - 1 */
	uint32_t object_cap;
	uint64_t free_object;
};

/* api.c */
GolStatus api_fail(GolVM *vm, GolStatus status, const char *format, ...) PRINTF_LIKE(3, 4);
/* Makes program the one at hand: fresh forgets the state of an earlier run of it. */
GolStatus instance_begin(GolVM *vm, GolProgram *program, bool fresh);
GolStatus instance_run(GolVM *vm, const Closure *closure, Slot *slots, uint32_t count, bool keep);
bool vm_holds(const GolVM *vm, const GolProgram *program);

/* Whether a program or an evaluation is under way: most functions then refuse. */
bool vm_is_busy(const GolVM *vm);
void apply_limits(GolVM *vm);
GolStatus status_of(ExitState state);
GolStatus instance_ended(GolVM *vm, ExitState state, int code); /* last_status and the text of gol_error */

/* build.c */
void deliver_diagnostics(GolProgram *p, bool all); /* what was reported */

/* eval.c */
Package *eval_package(GolVM *vm); /* of the session, which begins when there is none; NULL: no memory */

/* eval_run.c, which compiles nothing */
void eval_forget(GolVM *vm); /* the session's goroutines have ended */
/* Calls a closure as an evaluation and waits for its end. The world is stopped when stopped is true, and goes on here. */
/* Between START_GOING and START_NONE an interrupt ends the run that is about to begin. */
void set_starting(GolVM *vm, StartState state);
GolStatus eval_run(GolVM *vm, const Closure *closure, Slot *slots, uint32_t count, bool *returned, bool stopped);
GolStatus eval_over(GolVM *vm); /* a goroutine called os.Exit: the session's threads have ended */
bool eval_start(GolVM *vm);  /* the session's threads; false: refused */
void eval_stop(GolVM *vm);   /* and all goroutines */
void eval_exited(VM *r);     /* VM.session_hook */

/* program.c */
GolProgram *program_alloc(GolVM *vm); /* empty */
void program_release(GolProgram *program);
GolStatus program_hold(GolVM *vm, GolProgram *program);

/* Any thread, also a signal handler: between them the runtime is not replaced. False: there is none. */
bool runtime_enter(GolVM *vm);
void runtime_leave(GolVM *vm);

/* loader.c */
GolProgram *program_new(GolVM *vm); /* with a session that compiles */
void loader_forget_failed(GolProgram *p); /* packages with errors: the next import reads them again */
Package *loader_import(GolProgram *p, const char *path, const char **error);

/* package.c */
const HostPackage *host_package_find(const GolVM *vm, const char *path);
const char *package_last_element(const char *path);
/* Gives a function of a host package its GolNative, which is empty when vm has none (false). */
bool host_native_bind(const GolVM *vm, Arena *arena, Function *fn);
/* The same for all of a compiled program. */
void natives_bind(GolProgram *p);
/* How the function is declared in the text of its package. False: it is not. */
bool host_declaration(const GolVM *vm, const Function *fn, Buf *out);

/* native.c */
NativeStatus host_native(Goroutine *g, Slot *args);
void parked_cut(GolVM *vm);       /* goroutines are about to go: nobody may wake them */
bool parked_leave(VM *vm, Goroutine *g); /* the same for one; false: it was woken before. VM.host_leave */
void objects_free(GolVM *vm);     /* their finalizers run */

/* value.c */
GolStatus scope_fail(HostScope *s, GolStatus status, const char *format, ...) PRINTF_LIKE(3, 4);
/* Around everything that allocates on the host's behalf; nothing to do inside host functions. */
/* The worker whose thread this is, while the VM runs; NULL: none. */
Worker *scope_worker(GolVM *vm);
bool scope_begin(HostScope *s);
void scope_end(HostScope *s, bool entered);
enum { VALUE_MEMORY = 1, VALUE_READONLY = 2, VALUE_INLINE = 4, VALUE_NO_MEMORY = 8 /* why it is not valid */ };
GolValue value_at(HostScope *s, const TypeDesc *type, void *at, uintptr_t mode);
GolValue value_invalid(HostScope *s);
GolValue value_no_memory(HostScope *s); /* a failure, and a value that is not valid for that reason */
GolValue value_open(GolValue v); /* what is in an interface, if it is one */
bool value_pointer(GolValue v, void **out); /* of pointer-shaped kinds */

/* inspect.c: between them the world stands. False: there is no runtime (nothing runs, nothing is left). */
Worker *own_worker(GolVM *vm); /* this thread's, when Go code runs on it; else NULL */
bool look_begin(GolVM *vm, WorldStop *stop);
void look_end(GolVM *vm, WorldStop *stop);
void watch_waits(GolVM *vm); /* world stopped: from now on what waits is dated */
void inspect_ended(GolVM *vm); /* a run is over, its goroutines are still there: calls at_end */
void picture_free(GolVM *vm);
void picture_mark(Marker *m, const GolVM *vm);

/* trace.c */
void trace_follow(GolVM *vm); /* a new runtime tells its events to the sink, if there is one */

/* call.c */
GolStatus call_open(GolVM *vm, const Closure *closure, GolCall **out);
void calls_mark(Marker *m, void *user);

/* testexample.c: the output the last comment of f's body promises, appended to out; false: it promises none. */
bool example_output(const FuncDecl *f, const SourceFile *source, Buf *out, bool *unordered);

/* testmain.c: the text of a main package that runs the tests of two packages: [0] the tested one with the tests inside it, [1]
 * the tests outside of it (package x_test); either may have no files. It imports them under these paths. */
#define TESTED_PATH "_tested"
#define TESTED_OUTSIDE_PATH "_tested_outside"
typedef struct TestPackage {
	File **files;
	uint32_t count;
} TestPackage;
void testmain_generate(const TestPackage packages[2], Mem *mem, Buf *out);

#endif
