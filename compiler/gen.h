/* SPDX-License-Identifier: MIT */
/* gen.h: what the files of compiler/ share. Reading order: compile.c lower_type.c lower_method.c emit.c capture.c
 * function.c wrapper.c place.c gen_expr.c gen_arith.c gen_cond.c gen_convert.c gen_lit.c gen_call.c inline.c inline_range.c gen_method.c
 * gen_builtin.c gen_go.c gen_assign.c gen_stmt.c gen_range.c gen_rangefunc.c gen_switch.c gen_select.c; then order.c,
 * hoist.c, reuse.c and fuse.c, which make what these generate right in order, cheap in loops, and fewer; escape.h with the files
 * escape*.c and release.c, which give back what is garbage.
 *
 * Compiler is the state of a session (kept from program to program), Work one function to be generated, Gen the
 * function being generated. Code is generated straight from the checked tree, one function at a time; functions it
 * refers to are put into the queue. Nothing is remembered outside these structures. */
#ifndef GOL_COMPILER_GEN_H
#define GOL_COMPILER_GEN_H

#include "base/buf.h"
#include "base/limits.h"
#include "bytecode/opcode.h"
#include "bytecode/shape.h"
#include "compiler/compile.h"

typedef uint32_t Reg; /* a slot of the frame */
#define NO_REG ((Reg)NO_SLOT)

typedef struct Compiler Compiler;
typedef struct Gen Gen;
typedef struct Work Work;

enum {
	RESULT_SLOT = FRAME_HEADER_SLOTS, /* where results begin */
	MAX_FRAME_VALUE_SLOTS = 64,       /* larger variables live in boxes */
	MAX_CAPTURE_SLOTS = 8,            /* larger captured values are boxed instead of copied */
	MAX_FRAME_ARRAY = 32,             /* arrays with a dynamic index stay in the frame up to this length */
	MAX_GEN_DEPTH = 4000,             /* nesting of expressions that is not a chain of binary operators */
};

/* ---------------------------------------------------------------- types: lower_type.c lower_method.c */

/* Where the values of a call lie, in slots from the callee's fp. */
typedef struct CallLayout {
	uint16_t *results, *params;
	CallShape shape;
} CallLayout;

/* A descriptor and what only the compiler knows about it. */
typedef struct LoweredType {
	TypeDesc desc; /* first: a TypeDesc * of the table is a LoweredType * */
	Type *type;
	struct LoweredType *same_hash;
	CallLayout *layout; /* func types: made on demand */
	bool placed;        /* may be found in an interface: its methods are there */
	bool lowering;      /* its shape is being computed: a type that contains itself */
} LoweredType;

_Static_assert(sizeof(LoweredType) <= sizeof(TypeDesc) + TYPE_DESC_ROOM, "a type made at run time becomes one");

static inline LoweredType *lowered_of(const TypeDesc *d) { return (LoweredType *)(uintptr_t)d; }

const TypeDesc *lower_type(Compiler *c, Type *t); /* t without type parameters; never NULL */
const char *method_name(Compiler *c, const TypeDesc *recv, const char *method); /* main.(*T).M */
const CallLayout *call_layout(Compiler *c, const TypeDesc *func_type);
const TypeDesc *lower_array_of(Compiler *c, const TypeDesc *elem, int64_t length);
const TypeDesc *lower_pointer_to(Compiler *c, const TypeDesc *elem);
const TypeDesc *lower_basic(Compiler *c, TypeKind kind);

const MethodKey *method_key(Compiler *c, Name *name, Package *package, const TypeDesc *type); /* package NULL for exported names */
void desc_place(Compiler *c,
		const TypeDesc *d); /* d gets into an interface: methods of d and of what fmt finds in it */
void method_always_called(Compiler *c, const char *name); /* C code calls methods of that name that return a string */
void methods_lowered(Compiler *c,
		     LoweredType *iface);        /* an interface type came into being: its methods can be called */
void methods_reflect_types(Compiler *c);         /* reflect is imported */
void methods_reflect_calls(Compiler *c);         /* the program calls Method or MethodByName of something */
bool methods_refill(Compiler *c, const Package *pkg); /* a piece of a session gave types methods; true: it did */
bool lower_placed(Compiler *c);                  /* works off what desc_place queued; true if there was something */

static inline bool desc_is_pair(const TypeDesc *d) {
	return d->kind == KIND_STRING || d->kind == KIND_SLICE || d->kind == KIND_INTERFACE ||
	       d->kind == KIND_COMPLEX128;
}
static inline bool desc_is_aggregate(const TypeDesc *d) { return (d->flags & DESC_AGGREGATE) != 0; }
static inline bool desc_has_pointers(const TypeDesc *d) { return (d->flags & DESC_POINTERS) != 0; }
static inline bool desc_is_signed(const TypeDesc *d) { return d->kind >= KIND_INT && d->kind <= KIND_INT64; }
static inline bool desc_is_unsigned(const TypeDesc *d) { return d->kind >= KIND_UINT && d->kind <= KIND_UINTPTR; }
static inline bool desc_is_integer(const TypeDesc *d) { return d->kind >= KIND_INT && d->kind <= KIND_UINTPTR; }
static inline bool desc_is_float(const TypeDesc *d) { return d->kind == KIND_FLOAT32 || d->kind == KIND_FLOAT64; }
static inline bool desc_is_complex(const TypeDesc *d) {
	return d->kind == KIND_COMPLEX64 || d->kind == KIND_COMPLEX128;
}
static inline bool desc_is_interface(const TypeDesc *d) { return d->kind == KIND_INTERFACE; }
static inline bool desc_is_narrow_int(const TypeDesc *d) { return desc_is_integer(d) && d->size < 8; }
/* Unsigned values of 64 bits need unsigned comparison and division; narrower ones are never negative in their slot. */
static inline bool desc_is_u64(const TypeDesc *d) { return desc_is_unsigned(d) && d->size == 8; }

/* ---------------------------------------------------------------- work */

typedef enum WorkKind {
	WORK_BODY,     /* a declared function, method or literal */
	WORK_NATIVE,
	WORK_PROMOTED, /* method of a type that is promoted from an embedded field, for the method table */
	WORK_BOUND,    /* method value: the receiver is captured */
	WORK_UNBOUND,  /* method expression: the receiver is the first parameter */
	WORK_BUILTIN,  /* go or defer of a builtin: its arguments are parameters */
	WORK_VAR_INIT, /* the initializer of package-level variables */
	WORK_INIT,     /* calls the functions of Work.calls */
} WorkKind;

typedef struct Capture {
	Object *object;
	const TypeDesc *desc;
	uint16_t slot; /* in Closure.captured */
	bool boxed;    /* the slot holds the address of the variable's box */
} Capture;

/* A method found on a type: how to call it. */
typedef struct MethodTarget {
	const uint32_t *path; /* embedded fields from the receiver expression to the holder */
	uint32_t path_len;
	Function *fn;         /* static target; NULL: interface method `key` */
	const MethodKey *key;
	bool ptr_recv;        /* fn wants a pointer */
	const TypeDesc *func_type; /* without receiver */
} MethodTarget;

struct Work {
	WorkKind kind;
	Function *fn;
	FuncInfo *info;       /* BODY, NATIVE */
	Package *package;
	TypeSubst subst;
	Capture *captures;
	uint32_t capture_count;
	MethodTarget target;  /* PROMOTED, BOUND, UNBOUND */
	const TypeDesc *recv; /* the same: type of the receiver expression */
	CallExpr *call;       /* BUILTIN */
	Object **builtin_params;
	VarInit *init;        /* VAR_INIT */
	VEC(const Function *) calls; /* INIT */
	RangeStmt *range;     /* BODY of a range over a function: the statement whose body it is */
	struct RangeFunc *range_func;
	Object **hidden;      /* variables the source does not know, captured as well */
	uint32_t hidden_count;
	struct Work *next;    /* instances of the same origin with other type arguments */
	const TypeDesc **arg_descs;
	Pos pos;
};

/* An expression of a statement that allocates what nobody refers to any more when the statement, or its block, is left. */
typedef struct StaySite {
	const Node *site;
	bool lasts;       /* to the end of the block */
	bool conditional; /* it may be passed by */
} StaySite;
typedef VEC(StaySite) StaySites;

typedef struct PendingMethod {
	MethodDesc *method;
	LoweredType *type;
	MethodSetEntry entry;
} PendingMethod;

typedef struct KeyInfo {
	MethodKey key;
	bool exported;
	bool callable; /* some interface type has it, or reflection may call it */
	VEC(PendingMethod) waiting;
	struct KeyInfo *same_name;
} KeyInfo;

typedef struct PackageWork {
	Package *package;
	bool reached, visited, initialized, inits_requested;
	VEC(VarInit *) var_inits; /* reached and not yet part of a program */
	VEC(const Function *) inits;
} PackageWork;

struct Compiler {
	Session *s;
	Arena *arena;
	Universe *u;
	TypeTable *types;
	VEC(Work *) queue;
	uint32_t queue_done;
	PtrMap works; /* Function* -> Work* */
	VEC(LoweredType *) unfilled; /* element types and the like are still to be lowered */
	uint32_t lower_depth;
	VEC(LoweredType *) placed;
	uint32_t placed_done;
	PtrMap strings; /* hash -> constant strings */
	PtrMap key_names;
	VEC(KeyInfo *) keys; /* by MethodKey.id */
	PtrMap packages;     /* Package* -> PackageWork* */
	VEC(PackageWork *) package_list;
	PtrMap file_indices; /* name, by address, -> index + 1 */
	PtrMap range_bodies; /* RangeStmt* -> Work* that stands for its body in traces */
	PtrMap wrappers;     /* Function* or MethodKey* -> Work* of bound and unbound methods, chained */
	PtrMap stays; /* Node* of a statement -> StaySites* */
	uint32_t next_gen;
	VEC(const Function *) functions; /* of the program being compiled */
	bool reflects_types;   /* reflect is imported: what it can reach from a value is placed too */
	bool reflects_methods; /* methods may be called by number or name: every exported one is compiled */
};

/* ---- compile.c ---- */
Function *function_new(Compiler *c, const char *name, const TypeDesc *type, const TypeDesc *recv);
Work *work_new(Compiler *c, WorkKind kind, Function *fn);
/* The function of a declaration or literal for these type arguments; queued when new. */
Work *function_request(Compiler *c, FuncInfo *info, TypeSubst subst, const char *name);
/* Lives as long as the code. */
const char *format_name(Compiler *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a declared function or method: arguments of the receiver's type first, then its own. */
Function *function_of_object(Compiler *c, Object *fn, Type **args, uint32_t count);
bool function_is_native(const FuncInfo *info);
void var_init_request(Compiler *c, Package *pkg, VarInit *init);
PackageWork *package_reached(Compiler *c, Package *pkg);
const void *constant_string(Compiler *c, Str s); /* address of a GoString */
uint16_t file_index(Compiler *c, const char *name); /* the name lives as long as the session */
Work *work_of(Compiler *c, const Function *fn);
void compile_error(Compiler *c, Pos pos, const char *format, ...) PRINTF_LIKE(3, 4);

/* ---------------------------------------------------------------- the function being generated */

typedef struct Patch {
	uint32_t at;   /* word that holds the distance */
	uint32_t next; /* word the distance counts from */
	uint8_t kind;  /* PatchKind */
	struct Patch *link;
} Patch;

/* A slot that still holds what this load put there. */
typedef struct LoadedValue {
	uint16_t op, slot, base, offset;
} LoadedValue;
enum { MAX_LOADED = 12 };
typedef struct LoadedValues {
	LoadedValue values[MAX_LOADED]; /* oldest first */
	uint32_t count;
} LoadedValues;

typedef struct Label {
	bool bound;
	bool keeps; /* values loaded before it were taken to be the same behind it */
	uint32_t pos;
	Patch *patches;
	LoadedValues *loaded; /* what holds at all jumps to it so far */
} Label;

typedef enum VarKind { VAR_FRAME, VAR_BOXED, VAR_GLOBAL } VarKind;

typedef struct Var {
	uint32_t gen; /* Gen.id this entry belongs to; 0: global */
	uint8_t kind;
	bool must_box;
	bool shared;     /* with the body of a range over a function that is a closure */
	Reg slot;        /* FRAME: where it lives; BOXED: slot with the address of its box */
	FuncLit *literal; /* FRAME: its value for ever, made only where needed if there is no slot; NULL: not known */
	bool called_once; /* the same: at one place */
	Object *inside;   /* FRAME: the value that its interface holds for ever, as a variable; NULL: not known */
	struct RangePlan *iterator; /* of an inlined call: what the variable is; NULL: not known */
	struct RangeBody *range_body; /* of an inlined iterator: what calling it means; NULL otherwise */
	uint32_t offset; /* GLOBAL */
	const TypeDesc *desc;
} Var;

/* A statement that break and continue may mean. */
typedef struct Flow {
	struct Flow *outer;
	const Node *stmt;
	Label *on_break, *on_continue; /* on_continue NULL: none */
	uint32_t releases;             /* those of Gen.releases from here on are due when it is left */
} Flow;

/* An object to be released when its scope is left. */
typedef struct Release {
	Reg slot;         /* that holds its address */
	uint16_t layout, granules; /* of a small object; granules 0: the heap has to find out */
	uint32_t block;   /* how many blocks it stands in; 0: it belongs to a parameter or result */
	const Node *site; /* that allocates it; NULL: it is a variable's box */
	bool lasts;       /* to the end of the block, not of the statement only */
	bool set;         /* the slot has a value here */
} Release;

typedef struct Hoisted {
	uint64_t bits;
	Reg slot;
} Hoisted;

typedef struct HoistedGlobal {
	const Object *object;
	Reg slot;
} HoistedGlobal;

/* A call whose callee's body is being generated in its place. */
typedef struct Inline {
	struct Inline *outer;
	Work *work;
	Pos pos;          /* of the call */
	uint32_t site;    /* index + 1 in Gen.sites once a line entry mentions it */
	Reg dest;         /* where its only result is wanted; NO_REG: results have the places of a call */
	Label *to;        /* its only result is a condition: jump there if it is `when` */
	bool when;
	Label end;        /* behind it */
	uint32_t range_count; /* loops over functions in its body so far */
} Inline;

typedef struct GenSite {
	const Function *fn;
	Pos pos;
	uint32_t outer; /* site in whose body the call stands */
} GenSite;

/* A declared variable; where it lies is in var, until that is declared again. */
typedef struct GenVar {
	const Object *object;
	Var *var; /* NULL: moved into the members below */
	uint32_t pc;
	Reg slot;
	uint8_t kind;
	const TypeDesc *desc;
} GenVar;

/* A variable as it was before it was declared again. */
typedef struct VarUndo {
	Var *var, before;
} VarUndo;

/* What belongs to the text being generated: that of the function, or of a call in its place. */
typedef struct Body {
	Inline *inlined; /* NULL: the function's own */
	Inline *site;    /* the same, or the loop's body that this text is for the iterator around it */
	PtrMap *labels;  /* LabeledStmt* -> Label* */
	Package *package;
	const TypeSubst *subst; /* NULL: not generic */
	const TypeDesc *type;   /* func type */
	const CallLayout *layout;
	Reg base;               /* results lie at base + layout->results[i] */
	bool has_defer;
	bool boxed_results;     /* some named result lives in a box */
	VEC(Object *) result_vars; /* one per result when they have names */
	Flow *flow;
	Label *fallthrough;
	uint32_t releases; /* those of Gen.releases from here on are its own */
	uint32_t blocks;   /* within which the present statement stands */
} Body;

struct Gen {
	Compiler *c;
	Work *work;
	Function *fn;
	FuncInfo *info;
	uint32_t id;
	Body body;
	VEC(Insn) code;
	VEC(LineEntry) lines;
	VEC(GenSite) sites;
	VEC(GenVar) vars;       /* all that were declared, in order */
	VEC(uint64_t) slot_ptrs;
	uint32_t top, max_top;  /* next free slot; highest ever */
	uint32_t statement_top; /* top when the present statement began: no variable lies behind it */
	uint32_t depth;
	Pos pos;                /* of the operation being generated */
	Pos line_pos;           /* of the newest line entry */
	uint32_t line_site;     /* the same */
	bool dead;              /* the present place cannot be reached: nothing is emitted */
	bool too_large, far_jumps, need_far_jumps;
	bool no_reuse, need_no_reuse; /* of loaded values behind labels */
	LoadedValues loaded;
	Label epilogue;
	PtrMap labels;          /* of the function's own text */
	PtrMap range_plans;     /* RangeStmt* -> RangePlan*: ranges over functions that are generated in place */
	VEC(VarUndo) var_undo;  /* variables declared again while var_undo_depth is not 0 */
	uint32_t var_undo_depth;
	VEC(HoistedGlobal) hoisted_globals; /* variables that wait in slots during the present loops */
	VEC(Hoisted) hoisted;   /* constants that wait in slots during the present loop */
	VEC(Release) releases;  /* due in the present place, in order */
	bool released;          /* something was */
	uint32_t closure_count, range_count, wrap_count;
	uint32_t loop_depth;
	uint32_t work_at;       /* code before this position is paid for: see gen_work */
	uint32_t newest;        /* where the newest instruction begins; NO_INSN behind a label */
};
enum { NO_INSN = 0xffffffffu };

/* Nobody can read dest before it has its final value. */
static inline bool slot_is_fresh(const Gen *g, Reg dest) { return dest >= g->statement_top; }

/* ---- emit.c ---- */
Reg slot_alloc(Gen *g, const TypeDesc *d);
Reg slot_scalar(Gen *g);                 /* one slot without pointer */
Reg slot_pointer(Gen *g);                /* one slot with a pointer */
Reg slots_alloc(Gen *g, uint32_t count, bool even); /* contents not declared */
void slot_declare(Gen *g, Reg r, const TypeDesc *d); /* the slots at r may hold what d holds */
void slot_declare_pointer(Gen *g, Reg r);
void emit(Gen *g, Op op, Reg a, Reg b, Reg c);
void emit_bc(Gen *g, Op op, Reg a, int32_t bc);
void emit_2(Gen *g, Op op, Reg a, Reg b, Reg c, const void *word);
void emit_2n(Gen *g, Op op, Reg a, Reg b, Reg c, uint64_t word);
void emit_3(Gen *g, Op op, Reg a, Reg b, Reg c, const void *word1, uint64_t word2);
void emit_jump(Gen *g, Op op, Reg a, Reg b,
	       Label *to); /* any J op with distance in bc or c; LOOP form when backwards */
void emit_jump_type(Gen *g, Op op, Reg a, const TypeDesc *d, Label *to);
void emit_jump_word(Gen *g, Op op, Reg a, Reg b, Reg c, const void *word1, Label *to); /* distance in the last word */
void emit_jump_table(Gen *g, Reg value, int64_t least, Label **targets, uint32_t count);
void emit_go_to(Gen *g, Label *to);
void emit_word(Gen *g, uint64_t word); /* a further word of an instruction of variable length */
void label_bind(Gen *g, Label *l);
void gen_pos(Gen *g, Pos pos);
void emit_move(Gen *g, const TypeDesc *d, Reg dest, Reg src);
void emit_move_slots(Gen *g, Reg dest, Reg src, uint32_t count);
void emit_zero(Gen *g, const TypeDesc *d, Reg dest);
void emit_zero_slots(Gen *g, Reg dest, uint32_t count);
void emit_int(Gen *g, Reg dest, int64_t v);
static inline bool fits_i16(int64_t v) { return v >= -32768 && v <= 32767; }

/* ---- fuse.c: what was just emitted, as fewer instructions ---- */
bool fuse_loads(Gen *g, Op op, Reg a, Reg b, Reg c); /* this load and the one before; false: emit it */
void fuse_update(
	Gen *g, uint32_t start); /* from start on: load t, (one plain load,) t = t op y, store t; nobody else reads t */
void fuse_store(Gen *g, uint32_t start,
		Reg fresh); /* a constant in a temporary (a slot from fresh on) and its only use, a store */
bool fuse_loop(Gen *g, Op op, Reg a, Reg b, const Label *to); /* a jump backwards and the addition before it */
bool fuse_dot(Gen *g, Op op, Reg acc, Reg x,
	      Reg y); /* acc += x * y, temporaries just loaded from slices that nobody else reads */
bool fuse_field_index(Gen *g, Reg dest, Reg slice, Reg index); /* slice: a temporary that nobody else reads */
void fuse_jumps(Gen *g); /* the function is complete */

/* ---- hoist.c ---- */
void hoist_begin(Gen *g, Node *cond, Node *post, Node *body); /* a loop of these parts (may be NULL) follows */
void hoist_end(Gen *g);
bool hoist_find(Gen *g, const Const *v, const TypeDesc *d, Reg *r); /* the slot in which v waits */
/* Package-level variables that the loop reads, into slots; the length that Gen.hoisted_globals is to have behind it. */
uint32_t hoist_globals(Gen *g, Node *loop);
bool hoist_find_global(const Gen *g, const Object *o, Reg *r); /* the slot in which o waits */

/* ---- reuse.c ---- */
Reg reuse_find(const Gen *g, Op op, Reg base, uint32_t offset); /* the slot that holds this load's value, or NO_REG */
void reuse_remember(Gen *g, Op op, Reg slot, Reg base, uint32_t offset);
void reuse_note(Gen *g, Op op, Reg a, Reg b, Reg c); /* an instruction was emitted */
void reuse_jump(Gen *g, Label *to);
void reuse_label(Gen *g, Label *l, bool reached); /* reached: from the instruction before, too */
void reuse_forget(Gen *g);
void reuse_forget_slots(Gen *g, Reg first, uint32_t len); /* they are written, or about to be */

/* ---- capture.c ---- */
void capture_scan(Gen *g, Node *body); /* finds variables that must live in a box */
void captures_share(Gen *g, const FuncInfo *literal); /* what it captures is shared with a closure */
bool var_must_box(Gen *g, Object *o, const TypeDesc *d);
bool frame_array_ok(const TypeDesc *array); /* FINDEX serves dynamic indices of such arrays in frames */
Var *var_of(Gen *g, Object *o); /* local or global; never NULL */
Var *var_declare(Gen *g, Object *o, const TypeDesc *d); /* new local without location */
Var *var_declare_at(Gen *g, Object *o, const TypeDesc *d, Reg slot);
void var_undo(Gen *g, uint32_t mark); /* what was declared again since Gen.var_undo had this length is as before */
/* A new variable: in the frame (FRAME, slot allocated) or in a fresh zeroed box (BOXED, box allocated). */
Var *var_declare_fresh(Gen *g, Object *o, const TypeDesc *d, bool zero);
void gen_new_box(Gen *g, const TypeDesc *d, Reg dest);
Reg gen_closure(Gen *g, FuncInfo *literal, Node *node, Reg dest); /* func value of a literal */
Work *gen_literal_work(Gen *g, FuncInfo *literal, Node *node);
void captures_lay_out(Gen *g, Work *w, FuncInfo *literal);
void gen_make_closure(Gen *g, Work *w, Reg dest, const Node *site); /* site: the literal, NULL: it may live on */

/* ---- escape.c ---- */
void escape_analyze(Compiler *c, FuncInfo *info); /* Object.stays and Compiler.stays for its body; once */

/* ---- release.c ---- */
uint32_t release_begin(const Gen *g);        /* of a scope; its end releases what came to be within it */
void release_end(Gen *g, uint32_t begin);
void release_leave(Gen *g, uint32_t begin);  /* a jump out of the scope follows; it goes on */
void release_return(Gen *g);                 /* the results are in place: the present body is left */
void release_box(Gen *g, const Object *o, const TypeDesc *d, Reg box);
/* What the expression allocates was just made. */
void release_new(Gen *g, const Node *site, const TypeDesc *d, Reg object);
void release_closure(Gen *g, const Node *site, const Function *fn, Reg object);
void release_slice(Gen *g, const Node *site, const TypeDesc *elem, uint32_t count, Reg slice); /* count 0: not known */
void release_temporary(Gen *g, const TypeDesc *d, Reg box); /* at once: nobody knows it but the code before */
bool release_wants(Gen *g, const Node *site); /* what is allocated there will be released */
typedef struct ReleaseStmt {
	uint32_t begin;
	Reg before, after; /* around the slots of what the statement itself gives back */
} ReleaseStmt;
ReleaseStmt release_begin_stmt(Gen *g, const Node *stmt);
void release_end_stmt(Gen *g, ReleaseStmt r);
void release_params(Gen *g);                 /* the end of a function that defers */

/* ---- function.c, wrapper.c ---- */
void gen_function(Compiler *c, Work *w);
void gen_load_captured(Gen *g, Reg dest, uint32_t from, uint32_t count); /* slots of the running closure */
void gen_wrapper(Gen *g); /* bodies that have no source */
void gen_return_jump(Gen *g); /* results are in place (or in their boxes): leave */
void gen_declare_param(Gen *g, Object *o, const TypeDesc *d, Reg slot);
void gen_declare_results(Gen *g, Type *signature);
static inline Reg result_slot(const Gen *g, uint32_t i) { return g->body.base + g->body.layout->results[i]; }
Type *gen_type(Gen *g, Type *t); /* substituted */
const TypeDesc *gen_desc(Gen *g, Type *t);
static inline const TypeDesc *node_desc(Gen *g, const Node *n) { return gen_desc(g, n->type); }

/* ---- place.c ---- */
typedef enum PlaceKind {
	PLACE_BLANK,
	PLACE_FRAME,   /* slots at base, plus offset bytes */
	PLACE_MEMORY,  /* *(base + offset) */
	PLACE_GLOBAL,  /* globals + offset */
	PLACE_ELEMENT, /* element `index` of the slice at base */
	PLACE_ELEMENT2, /* element `index2` of element `index` of the slice of slices at base */
	PLACE_ARRAY,   /* element `index` of the array at *base, of length `length` */
	PLACE_FRAME_ARRAY, /* element `index` of the array in the slots at base */
	PLACE_MAP,     /* entry with the key at slot index of the map at base */
} PlaceKind;
typedef struct Place {
	uint8_t kind;
	bool packed;           /* FRAME: part of an aggregate, so a narrow scalar has its memory size */
	bool nonnil;           /* MEMORY: base is known not to be nil */
	const TypeDesc *desc;  /* of the value */
	const TypeDesc *container; /* MAP: the map type */
	Reg base, index, index2;
	uint32_t offset;
	int64_t length;
} Place;
Place gen_place(Gen *g, Node *n);        /* of any expression; of a value that is nowhere: its temporary */
Place gen_place_to_read(Gen *g, Node *n); /* at once, and only that */
Place place_of_var(Gen *g, Object *o);
Place place_frame(const TypeDesc *d, Reg base, uint32_t offset);
Place place_memory(const TypeDesc *d, Reg base, uint32_t offset);
Place place_field(Gen *g, Place p, uint32_t index);
Place place_path(Gen *g, Place p, const uint32_t *path,
		 uint32_t len);            /* through embedded fields, dereferencing pointers */
Place place_deref(Gen *g, const Place *p); /* p holds a pointer */
bool place_loaded(Gen *g, const Place *p, Reg *r); /* it was, and r still holds it: not to be written */
Reg place_load(Gen *g, const Place *p);    /* in place when it is whole slots of the frame */
void place_load_to(Gen *g, const Place *p, Reg dest);
void place_store(Gen *g, const Place *p, Reg src);
void place_zero(Gen *g, const Place *p);
Reg place_address(Gen *g, const Place *p, Reg dest); /* dest NO_REG: a new slot */
void place_make_addressable(Gen *g, Place *p); /* frame values: moved to a fresh box */
bool place_in_frame(const Place *p); /* whole slots */
Place place_protect(Gen *g, Place p); /* copies operands that later assignments might change */
void frame_copy_bytes(Gen *g, Reg dest, uint32_t dest_offset, Reg src, uint32_t src_offset, uint32_t size);

/* ---- gen_expr.c ---- */
Reg gen_expr(Gen *g, Node *n);                 /* where the value is: a variable in place, or a temporary above top */
void gen_expr_to(Gen *g, Node *n, Reg dest);   /* dest is written only after everything was read */
Reg gen_as(Gen *g, Node *n, const TypeDesc *d); /* converted as by assignment to d */
void gen_as_to(Gen *g, Node *n, const TypeDesc *d, Reg dest);
void gen_as_place(Gen *g, Node *n, const Place *p); /* p is fresh: nothing in n reads it */
void gen_discard(Gen *g, Node *n);             /* for its effects */
Reg gen_expr_temp(Gen *g, Node *n, const TypeDesc *d); /* as gen_as, but never a variable */
void gen_const_to(Gen *g, const Const *v, const TypeDesc *d, Reg dest);
Type *node_type(Gen *g, const Node *n);
bool node_const_int(Gen *g, const Node *n, int64_t *v); /* integer constants as the bits of their slot */
bool node_const_imm(Gen *g, const Node *n, int64_t *v); /* and fit a 16-bit immediate */
const TypeDesc *node_operand_desc(Gen *g, const Node *n);
bool node_is_blank(const Node *n);
bool node_is_nil(const Node *n);
Object *node_object(Node *n); /* of an identifier or qualified identifier, else NULL */
Pos access_pos(Node *n);
/* v, ok := m[k], <-c, x.(T). value or ok may be NO_REG. */
void gen_comma_ok(Gen *g, Node *n, Reg value, Reg ok);

/* ---- gen_arith.c ---- */
void gen_binary_to(Gen *g, BinaryExpr *e, Reg dest, bool low);
void gen_unary_to(Gen *g, UnaryExpr *e, Reg dest, bool low);
/* Like gen_as_to for integers whose upper bits nobody will look at. */
Reg gen_low(Gen *g, Node *n, const TypeDesc *d);
/* dest = x op (y); y is a node so that immediates are seen. */
void gen_op(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, Node *y, bool low);
void gen_op_reg(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, Reg y, bool low);
void gen_extend(Gen *g, const TypeDesc *d, Reg dest, Reg src);
bool gen_op_imm(Gen *g, Token op, const TypeDesc *d, Reg dest, Reg x, int64_t v, bool low);

/* ---- gen_cond.c ---- */
void gen_jump(Gen *g, Node *cond, bool when, Label *to);
void gen_compare_to(Gen *g, BinaryExpr *e, Reg dest);
void gen_equal_reg(Gen *g, const TypeDesc *d, Reg dest, Reg x, Reg y); /* bool */
void gen_logic_to(Gen *g, BinaryExpr *e, Reg dest);
bool node_const_bool(const Node *n, bool *v);
bool token_is_comparison(Token op);

/* ---- gen_convert.c ---- */
void gen_conversion_to(Gen *g, CallExpr *e, Reg dest, bool low);
/* *(*T)(unsafe.Pointer(&x)) between strings, bytes and slices of equal numbers, which needs no view of memory: x, or NULL. */
Node *gen_reinterpreted(Gen *g, StarExpr *e);
void gen_reinterpreted_to(Gen *g, StarExpr *e, Node *x, Reg dest);
void gen_unsafe_view(Gen *g, Reg dest, Reg pointer, Reg count, const TypeDesc *elem, UnsafeView known);
void gen_convert_reg(Gen *g, const TypeDesc *to, const TypeDesc *from, Reg dest, Reg src, bool low);
/* Like gen_as for an operand of an instruction that does not keep it: string(bytes) is not copied, nor are those in a
 * struct or array. */
Reg gen_transient(Gen *g, Node *n, const TypeDesc *d);
Node *gen_bytes_only(Gen *g, Node *n); /* n, or its operand that has the same bytes: whoever asks copies or counts them */
Node *gen_string_ranged(Gen *g, Node *n); /* s when n is []byte(s), else NULL */
bool conversion_is_move(const TypeDesc *to, const TypeDesc *from);
void gen_to_iface(Gen *g, const TypeDesc *from, Reg src, Reg dest);

/* ---- gen_lit.c ---- */
void gen_composite(Gen *g, CompositeLit *e, const Place *p, bool zeroed); /* p is fresh */
void gen_composite_to(Gen *g, CompositeLit *e, Reg dest);
Reg gen_address_of_lit(Gen *g, CompositeLit *e, Reg dest);

/* ---- gen_call.c ---- */
Pos end_pos(Node *n);
Pos call_pos(CallExpr *e);
typedef struct CallResult {
	Reg base;
	const TypeDesc *type; /* func type */
	const CallLayout *layout;
} CallResult;
CallResult gen_call(Gen *g, CallExpr *e); /* results lie at base + layout->results[i]; top is behind them */
/* What becomes of the only result of a call. */
typedef struct CallUse {
	bool value;  /* wanted as a value: in dest, or wherever it is (then in reg) */
	Reg dest, reg;
	Label *to;   /* wanted as a condition: a jump there if it is `when` */
	bool when;
	bool served; /* out: done; else it lies where gen_call leaves it */
} CallUse;
CallResult gen_call_for(Gen *g, CallExpr *e, CallUse *use);
Reg gen_call_base(Gen *g, uint32_t slots); /* even, with room for slots */
void gen_args(Gen *g, CallExpr *e, const TypeDesc *type, Reg base);
Function *callee_function(Gen *g, Node *fun); /* static function named by an expression, or NULL */
void emit_call(Gen *g, Function *fn, Reg base);
void gen_assign_value(Gen *g, const TypeDesc *to, const TypeDesc *from, Reg dest, Reg src); /* as assignment converts */
bool call_passes_tuple(const CallExpr *e); /* f(g()) with several results */

/* ---- inline.c ---- */
/* The body of a small function in place of its call. False: nothing was generated. recv_node, t: of a method. */
bool gen_inline(Gen *g, CallExpr *e, Work *callee, Node *recv_node, const MethodTarget *t, CallUse *use, CallResult *r);
uint32_t inline_site(Gen *g); /* number of the present one for line entries; 0: none */
bool inline_contains(const Gen *g, const FuncInfo *info); /* the present place stands in a body of that function */
/* Whether a body can be generated in place, but for the function literal `but` in it (may be NULL). It may range over those
 * functions that are in `iterators` (may be NULL). */
bool inline_text_possible(Gen *g, FuncInfo *info, const Node *but, uint32_t most_cost, const PtrMap *iterators);
/* What an interface is known to hold, in slots of its own. type NULL: not known. */
typedef struct Inside {
	Type *type;
	Reg slot;
} Inside;
typedef struct Argument {
	Reg slot;         /* NO_REG: the parameter has none */
	FuncLit *literal; /* what the parameter is known to be; NULL: not known */
	struct RangePlan *iterator; /* the same */
	Inside inside;
	bool called_once;
} Argument;
typedef struct Arguments {
	Reg recv;
	Argument *params;
} Arguments;
/* Slots that hold the arguments of a call as long as the parameters live. uses: of each parameter; NULL: all are used.
 * iterators: arguments that are known to be such; NULL: none. */
Arguments inline_arguments(Gen *g, CallExpr *e, const Work *w, const uint32_t *uses, struct RangePlan *const *iterators,
			   Node *recv_node, const MethodTarget *t);
Reg inline_receiver(Gen *g, Node *x, const MethodTarget *t, const Object *param);
void inline_bind(Gen *g, Object *o, const TypeDesc *d, const Argument *a);

/* ---- inline_range.c ---- */
void range_plan_scan(Gen *g, Node *body); /* which ranges over functions in this text are generated in place */
void range_enter(Gen *g, struct RangePlan *p); /* evaluates what the iterator is made of, where it is made */
bool gen_range_inlined(Gen *g, RangeStmt *s); /* false: it is not one of them */
CallResult gen_yield(Gen *g, CallExpr *e, struct RangeBody *rb, CallUse *use);

/* ---- gen_method.c ---- */
MethodTarget method_target(Gen *g, SelectorExpr *e);
/* holder: type at the end of the path; extra: type arguments of the method itself. */
MethodTarget method_target_of(Compiler *c, Type *holder, Object *method, Type *signature, const uint32_t *path,
			      uint32_t len, TypeList extra);
Function *method_expr_function(Gen *g, SelectorExpr *e);
/* Puts the receiver into its slot: for static targets at base + recv; for interface targets returns the pair. */
Reg gen_receiver(Gen *g, Place holder, const MethodTarget *t, Reg dest);
/* The func value of a method bound to a receiver that lies at `recv` (of the function's receiver type, or an
 * interface). */
void gen_bound_closure(Gen *g, const MethodTarget *t, const SelectorExpr *e, Reg recv, Reg dest, const Node *site);
Place receiver_place(Gen *g, Node *x, const MethodTarget *t);
/* gen_as for a variable that never changes: when an interface is made, what is in it stays known. make false: the interface
 * is not wanted then, and the slot is NO_REG. */
Reg gen_as_known(Gen *g, Node *n, const TypeDesc *d, bool make, Inside *inside);
/* The method of that type that an expression of interface type selects; fn NULL: none that is called directly. */
MethodTarget method_inside(Gen *g, const SelectorExpr *e, Type *inside);
void var_know_inside(Gen *g, Object *o, const Inside *inside); /* o was declared with such a value */
/* The method of what is known to be in x of interface type, and the variable that holds that; false: it is not known. */
bool method_of_inside(Gen *g, SelectorExpr *e, MethodTarget *t, Node **x);
void gen_method_value_to(Gen *g, SelectorExpr *e, Reg dest);
void gen_method_expr_to(Gen *g, SelectorExpr *e, Reg dest);

/* ---- gen_builtin.c ---- */
bool gen_builtin_in_place(Gen *g, CallExpr *e, Reg *r); /* len of a string variable and the like */
void gen_builtin_to(Gen *g, CallExpr *e, Reg dest);     /* dest NO_REG: result not wanted */
bool gen_intrinsic(Gen *g, CallExpr *e, Reg dest);      /* math.Sqrt and the like; false: an ordinary call */
Op call_intrinsic(CallExpr *e);                         /* OP_NOP: none */

/* ---- gen_go.c ---- */
void gen_go(Gen *g, Node *call, bool defer);

/* ---- order.c ---- */
typedef struct OrderChange {
	Node **at, *node;
} OrderChange;
typedef struct Order {
	VEC(OrderChange) changed;
	Name *name;
} Order;
/* Evaluates what must be evaluated before the operands at these places are read, in order. The temporaries lie above
 * g->top; order_end puts the tree back. */
void order_begin(Gen *g, Order *o, Node **const *operands, uint32_t count);
/* Of the left spine of a binary expression. */
void order_begin_spine(Gen *g, Order *o, BinaryExpr *e);
void order_begin_list(Gen *g, Order *o, NodeList *list);
/* Of the elements, those of literals in it included. */
void order_begin_literal(Gen *g, Order *o, CompositeLit *e);
void order_begin_entry(Gen *g, Order *o, KeyValueExpr *e); /* of a map literal */
/* Of an assignment: the place is named after the calls on the right have been made. */
void order_begin_assign(Gen *g, Order *o, Node **lhs, Node **rhs);
void order_end(Order *o);

/* ---- gen_assign.c ---- */
void gen_assign(Gen *g, AssignStmt *s);
void gen_inc_dec(Gen *g, IncDecStmt *s);
void gen_define(Gen *g, Object *o, Node *value, const TypeDesc *d); /* one new local variable; value NULL: zero */
void gen_adopt(Gen *g, Object *o, const TypeDesc *d, Reg r,
	       uint32_t mark);                             /* r: a value; becomes the variable's slot when free */
Reg gen_heap_copy(Gen *g, Node *value, const TypeDesc *d); /* of an aggregate, in a box of its own; its address */
void gen_value_spec(Gen *g, ValueSpec *spec);
void gen_store_results(Gen *g, Object *const *lhs, uint32_t count, CallResult call);
/* Stores a value of type from at r into the place that lhs names. */
void gen_store_to(Gen *g, Node *lhs, const TypeDesc *from, Reg r);
void gen_store_tuple(Gen *g, Node **lhs, const TypeDesc *const *types, const Reg *values);
void gen_assign_multi(Gen *g, Node **lhs, Object **objects, uint32_t count, Node *rhs);

/* ---- gen_stmt.c ---- */
void gen_stmt(Gen *g, Node *n);
void gen_block(Gen *g, NodeList stmts); /* scope of its own */
Place gen_result_place(Gen *g, uint32_t i); /* the function's i-th result */
Flow *flow_find(Gen *g, const Node *target);

/* ---- gen_range.c, gen_rangefunc.c, gen_switch.c, gen_select.c ---- */
void gen_range(Gen *g, RangeStmt *s);
void gen_range_func(Gen *g, RangeStmt *s);
bool range_func_is_outer(Gen *g, const Node *labeled); /* a label outside the body being generated */
void gen_range_func_branch(Gen *g, BranchStmt *s);     /* break, continue, goto out of the body */
void gen_range_func_return(Gen *g, ReturnStmt *s);
void gen_range_func_prologue(Gen *g);                  /* of the closure that is the loop's body */
void gen_range_func_end(Gen *g);
Reg gen_defer_token(Gen *g); /* in the body of a range over a function: the frame defer belongs to; else NO_REG */
/* releases: those since then are due at break and continue */
void gen_loop_body(Gen *g, Node *stmt, Node *body, Label *on_break, Label *on_continue, uint32_t releases);
void gen_switch(Gen *g, SwitchStmt *s);
void gen_type_switch(Gen *g, TypeSwitchStmt *s);
void gen_select(Gen *g, SelectStmt *s);

#endif
