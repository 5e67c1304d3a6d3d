/* SPDX-License-Identifier: MIT */
/* program.h: the contract between the front column and the back column: instructions, functions, type descriptors,
 * programs. Plain data, immutable once built (a Program may run in many VMs on many threads at once).
 *
 * Representation of values (see docs/architecture.md):
 *   slot          8 bytes. Integers and bools are kept extended to 64 bits by their own signedness; float32 sits in the low
 *                 4 bytes (upper 4 zero); complex64 packs two float32 in one slot.
 *   pair          two slots, 16-byte aligned (even slot number), moved by one 16-byte access: string, slice, interface,
 *                 complex128 (complex128 is a pair only for alignment's sake).
 *   aggregate     structs and arrays, in frames too, have their memory layout: fields at their aligned byte offsets, size
 *                 rounded up to 8; they start at an even slot when their alignment is 16. Fields of 8 or 16 bytes inside an
 *                 aggregate in a frame are therefore ordinary slots and pairs; narrower ones need FLOAD and FSTORE.
 *   memory layout scalars have their own size (int32: 4 bytes), strings, slices and interfaces 16 with alignment 16.
 *   slot layout   like memory, but a scalar takes a whole slot. Used for frames, channel buffers, map keys and values,
 *                 closure captures and the data word of an interface.
 *   interface     {type descriptor, data}; the data word holds the slot of direct types (pointer-shaped, or pointer-free
 *                 and at most 8 bytes), else a pointer to an immutable heap copy in memory layout. Non-empty interfaces
 *                 look the same; methods are found through the dynamic type (cached per worker).
 *   func value    pointer to a Closure; nil is 0. map, chan, pointer: an address; nil is 0.
 *
 * Frames: fp[0] return word (address of the next instruction | frame delta in slots << 48), fp[1] Closure *, then from
 * fp[2] the results, then the parameters, then the receiver (always at an even slot), then locals and temporaries; every
 * value at the next free slot, pairs at even ones: exactly a C struct of 8- and 16-byte members that begins at fp + 2.
 * fp itself is always 16-byte aligned. The caller places arguments at the same offsets from its slot `base` (even); the
 * callee's fp is the caller's fp + base. */
#ifndef GOL_BYTECODE_PROGRAM_H
#define GOL_BYTECODE_PROGRAM_H

#include "base/base.h"
#include "base/limits.h"
#include "base/mem.h"

typedef struct TypeDesc TypeDesc;
typedef struct Function Function;
typedef struct Goroutine Goroutine;

typedef union Slot {
	int64_t i;
	uint64_t u;
	double f;
	float f32;
	void *p;
} Slot;

typedef struct __attribute__((aligned(16))) GoString {
	const char *ptr;
	int64_t len;
} GoString;

typedef struct __attribute__((aligned(16))) GoSlice {
	void *ptr;
	uint32_t len, cap;
} GoSlice;

typedef struct __attribute__((aligned(16))) GoIface {
	const TypeDesc *type; /* NULL: nil interface */
	Slot data;
} GoIface;

/* ---------------------------------------------------------------- instructions */

typedef union Insn {
	uint64_t word;
	struct {
		uint16_t op, a, b, c;
	};
	struct {
		uint16_t op_, a_;
		int32_t bc; /* 32-bit immediate, jump distance or global offset in place of b and c */
	};
	int64_t imm;
	double f;
	const void *ptr;
} Insn;

enum { MAP_ITER_SLOTS = 8 }; /* an iterator over a map in a frame */
#define NO_SLOT 0xffff /* an operand that is not wanted */

typedef enum Op {
#define OP(name, shape, words, effects, meaning) OP_##name,
#include "bytecode/opcodes.def"
#undef OP
	OP_COUNT
} Op;

/* SLICE_ARRAY: which bounds besides lo were given ("bit 1", "bit 2" in opcodes.def). */
enum { SLICE_HAS_HIGH = 1, SLICE_HAS_MAX = 2 };

/* UNSAFE_VIEW's word 2: what is known of the pointer. */
typedef enum UnsafeView {
	VIEW_UNTYPED,  /* it was an unsafe.Pointer */
	VIEW_POINTER,  /* it points to an element of the type, perhaps to more */
	VIEW_ELEMENTS, /* the elements are there */
} UnsafeView;

typedef enum PrintKind { /* PRINT's operand b; slots hold the value in slot layout */
	PRINT_BOOL, PRINT_INT, PRINT_UINT, PRINT_FLOAT, PRINT_FLOAT32, PRINT_COMPLEX64, PRINT_COMPLEX128, PRINT_STRING,
	PRINT_POINTER, PRINT_IFACE, PRINT_SLICE, PRINT_SPACE, PRINT_NEWLINE,
} PrintKind;

/* ---------------------------------------------------------------- type descriptors */

typedef enum Kind { /* reflect.Kind's numbering */
	KIND_INVALID, KIND_BOOL, KIND_INT, KIND_INT8, KIND_INT16, KIND_INT32, KIND_INT64, KIND_UINT, KIND_UINT8, KIND_UINT16,
	KIND_UINT32, KIND_UINT64, KIND_UINTPTR, KIND_FLOAT32, KIND_FLOAT64, KIND_COMPLEX64, KIND_COMPLEX128, KIND_ARRAY,
	KIND_CHAN, KIND_FUNC, KIND_INTERFACE, KIND_MAP, KIND_POINTER, KIND_SLICE, KIND_STRING, KIND_STRUCT, KIND_UNSAFE_POINTER,
} Kind;

enum { /* TypeDesc.flags */
	DESC_DIRECT = 1,      /* the data word of an interface holds the value itself */
	DESC_POINTERS = 2,    /* contains pointers: the collector must look inside */
	DESC_COMPARABLE = 4,  /* == is defined for the type (interfaces inside may still panic) */
	DESC_PLAIN_EQUAL = 8, /* equality and hash are those of the bytes (no floats, strings, interfaces or padding) */
	DESC_NAMED = 16,
	DESC_VARIADIC = 32,   /* func: last parameter is ...T */
	DESC_BYTES = 64,      /* slice or array of uint8 */
	DESC_AGGREGATE = 128, /* struct or array: memory layout in frames */
};

typedef struct FieldDesc {
	const char *name;
	const char *pkg_path; /* of unexported names, else "" */
	const char *tag;
	uint32_t tag_len;
	const TypeDesc *type;
	uint32_t offset;
	bool embedded, exported;
} FieldDesc;

/* Identifies a method by name, by package when unexported, and by its type: who finds a method by its key knows how to
 * call it. Equal keys are equal pointers within a type table. */
typedef struct MethodKey {
	const char *name;
	const char *pkg_path; /* "" when exported */
	const TypeDesc *type; /* func type without receiver */
	uint32_t hash;
	uint32_t id;          /* dense, from 0 */
} MethodKey;

typedef struct MethodDesc {
	const MethodKey *key;
	const TypeDesc *type; /* func type without receiver */
	const Function *fn;   /* interface types: NULL */
	bool deref;           /* the data word points to the receiver value, which is copied to the receiver slots */
	bool exported;
} MethodDesc;

struct TypeDesc {
	uint8_t kind; /* Kind */
	uint8_t align; /* 1, 2, 4, 8, 16 */
	uint8_t flags;
	uint8_t chan_dir;
	uint32_t size;  /* bytes in memory layout */
	uint16_t slots; /* slots in slot layout; 0 for zero-size types; saturates at 65535 (such types never live in frames) */
	uint16_t layout; /* heap layout class of one object of this type in memory layout (see LayoutTable) */
	uint32_t hash;  /* equal for identical types, stable across programs */
	const char *name; /* as %T and reflect print it: "main.T", "[]int", "map[string]main.T" */
	const char *short_name; /* named types: "T" (with type arguments), else "" */
	const char *pkg_path;   /* named types: "main"; else "" */
	const TypeDesc *elem, *key;  /* as in types.h */
	const TypeDesc *pointer_to;  /* *T if it exists in the table, else NULL */
	int64_t length;              /* array */
	const FieldDesc *fields;     /* struct */
	const TypeDesc *const *params, *const *results; /* func */
	const MethodDesc *methods;   /* interface: its methods; others: complete method set. Sorted by key->name, then pkg_path */
	uint32_t field_count, param_count, result_count, method_count;
	const uint64_t *ptr_bits;    /* one bit per 8-byte word of the memory layout that may hold a pointer; NULL if none or array */
	uint32_t ptr_words;          /* words covered: all further words are pointer-free */
	const TypeDesc *slot_type;   /* the slot-layout twin used for boxes in channels, maps and captures; == self unless a narrow scalar */
};

/* Bytes behind a descriptor made at run time: for what the compiler of a session knows about a type when the source comes to
 * mention it. */
enum { TYPE_DESC_ROOM = 64 };

/* Heap layouts: an object allocated for a layout needs no header. Layout 0: pointer-free bytes of any size; layout 1: every
 * word may be a pointer, any size; from 2 on: (object size, pointer bits of up to 64 words), one per distinct combination. Types that fit none (larger than
 * 64 words with mixed content) have LAYOUT_TYPED: such objects carry a header {type, count} before them. */
enum { LAYOUT_NOSCAN = 0, LAYOUT_POINTERS = 1, LAYOUT_FIRST_BITS = 2, LAYOUT_TYPED = 0xffff };
typedef struct LayoutDesc {
	uint32_t size; /* bytes, rounded up to the size class */
	uint64_t ptr_bits;
} LayoutDesc;

typedef enum CoreType {
#define CORE_TYPE(id, package, expression) CORE_##id,
#include "bytecode/core_types.def"
#undef CORE_TYPE
	CORE_COUNT
} CoreType;

/* One per compilation session, shared by its programs, growing; descriptors and keys are canonical in it.
 * Readers on other threads see only entries published before the program that uses them was handed out. */
typedef struct TypeTable {
	Arena *arena;
	VEC(TypeDesc *) types;
	VEC(MethodKey *) keys;
	VEC(LayoutDesc) layouts; /* index = layout */
	const TypeDesc *core[CORE_COUNT]; /* types C code names: core_types.def */
	PtrMap by_hash;          /* private to lower_type.c */
	uint64_t name_bytes;     /* likewise: of the names so far */
} TypeTable;

/* ---------------------------------------------------------------- functions */

/* A native: `args` is the frame (args[0], args[1] are the header). Results and parameters as described above. */
typedef enum NativeStatus {
	NATIVE_DONE,
	NATIVE_PANIC, /* g->pending_panic was set by native_panic */
	NATIVE_PARK,  /* the goroutine is queued somewhere; whoever wakes it has written the results */
	NATIVE_RETRY, /* the goroutine is queued somewhere; when woken, the native is called again with the same arguments */
	NATIVE_SWITCH, /* as NATIVE_PARK, and Worker.switch_to runs next (runtime/coro.h) */
	NATIVE_YIELD, /* runtime.Gosched: requeue, then go on behind the call */
	NATIVE_GOEXIT,
	NATIVE_EXIT,  /* the program ends (os.Exit): vm->exit_code was set */
	NATIVE_FATAL, /* a fatal error was reported */
	NATIVE_CALL,  /* call g->native_call.closure now; then call this native again (see vm/native.h) */
} NativeStatus;
typedef NativeStatus (*NativeFn)(Goroutine *g, Slot *args);

typedef struct Closure {
	const Function *fn;
	uint64_t reserved;
	Slot captured[]; /* slot layout */
} Closure;

typedef struct LineEntry {
	uint32_t pc; /* first word index with this position */
	uint32_t line;
	uint16_t column;
	uint16_t file; /* index into Program.files */
	uint32_t site; /* 0: the function's own text; else that of Function.inlines[site - 1] */
} LineEntry;

/* A value in the closures of a function. */
typedef struct CaptureDesc {
	const TypeDesc *type;
	uint16_t slot; /* in Closure.captured */
	bool boxed;    /* the slot holds the address of the variable's box */
} CaptureDesc;

/* A call whose callee's body stands in its place. Traces show a frame for it. */
typedef struct InlineSite {
	const Function *fn; /* the callee */
	uint32_t call_pc;   /* a word never executed, whose line entry says where the call stands, and in which body */
} InlineSite;

enum { /* Function.flags */
	FUNC_NATIVE = 1,   /* body is {NATIVE_BODY, RET} */
	FUNC_DEFERS = 2,   /* ends with RUN_DEFERS at defer_return */
	FUNC_WRAPPER = 4,  /* generated: not shown in traces, transparent to recover */
	FUNC_VARIADIC = 8,
	FUNC_INIT = 16,
	FUNC_MADE = 32,   /* made at run time, on the Go heap: nothing is remembered about it */
};

/* A variable that may hold or lead to something that goroutines wait on: names for those who look at them. */
typedef struct VarEntry {
	const char *name;
	const TypeDesc *type;
	uint32_t pc;   /* declared before this word; a later entry for the same slot takes its place */
	uint16_t slot;
	bool boxed;    /* the slot holds the address of the variable */
} VarEntry;

struct Function {
	Closure closure;        /* the func value of the function itself: {this, 0} */
	const Insn *code;
	uint32_t code_len;      /* words */
	uint16_t frame_slots;   /* everything from fp[0] on, outgoing arguments included; even */
	uint16_t result_slots;  /* slots of results from fp[2] on (with padding up to the first parameter not included) */
	uint16_t arg_slots;     /* slots from fp[2] on that hold results, parameters and receiver */
	uint16_t param_start;   /* slot (from fp) where the first parameter lies */
	uint16_t recv_slot;     /* slot (from fp) of the receiver; 0: none */
	uint16_t recv_slots;
	uint16_t flags;
	uint16_t capture_slots;
	uint32_t defer_return;  /* word index of the RUN_DEFERS epilogue */
	uint32_t id;            /* index in the session */
	NativeFn native;
	const void *native_data; /* private to the native: a host function's GolNative */
	const TypeDesc *type;   /* func type (receiver not included) */
	const TypeDesc *recv_type;
	const CaptureDesc *captures;
	uint32_t capture_count;
	uint64_t capture_ptr_bits; /* captured slots that may hold pointers (at most 64 slots; more: conservative) */
	uint16_t capture_layout;   /* heap layout of a closure object */
	const uint64_t *released;  /* one bit per frame slot: a RELEASE names it; NULL: none. What is dead of them is zeroed by collections */
	const uint64_t *slot_ptrs; /* one bit per frame slot: may hold a pointer at some time; NULL: all may */
	const char *name;          /* "main.f", "main.(*T).M", "main.f.func1" */
	const char *file;
	uint32_t line;             /* of the func keyword */
	const LineEntry *lines;
	uint32_t line_count;
	const InlineSite *inlines;
	uint32_t inline_count;
	const VarEntry *vars;      /* by pc; NULL: not known (programs from images) */
	uint32_t var_count;
};

/* Finds the position of the instruction at word index pc. */
const LineEntry *function_line(const Function *fn, uint32_t pc);
/* The call in whose inlined body that instruction stands; NULL: in the function's own text. */
const InlineSite *function_inline(const Function *fn, uint32_t pc);

/* ---------------------------------------------------------------- programs */

typedef struct GlobalDesc {
	const char *name; /* "main.x" */
	const TypeDesc *type;
	uint32_t offset;  /* bytes into the globals area; 16-byte aligned when the type is */
} GlobalDesc;

/* What programs see as the function's address: where its code begins; a native has none. */
static inline const Insn *function_address(const Function *fn) {
	return fn->code ? fn->code : (const Insn *)(const void *)fn;
}

typedef struct Program {
	Arena *arena; /* session's */
	TypeTable *types;
	const Function **functions; /* those compiled with this program */
	uint32_t function_count;
	const GlobalDesc *globals;
	uint32_t global_count;
	uint32_t globals_end;       /* bytes of the globals area in use after this program */
	const uint64_t *globals_ptr_bits; /* one bit per word of the whole area up to globals_end */
	const Function *entry;      /* initializes packages, then calls main (script statements); no parameters, no results */
	const Function *init;       /* only initializes (for tests and embedding); NULL when nothing needs it */
	const char **files;
	uint32_t file_count;
	const char *main_path;      /* of the main package: what the names of its functions begin with */
	const char **paths;         /* of files, in their order: absolute where they are known; NULL in images */
} Program;

/* ---------------------------------------------------------------- opcode.c */

const char *op_name(Op op);
int op_words(const Insn *at); /* words the instruction at `at` takes, operands included */
struct Buf; /* base/buf.h */
void program_disassemble(const Program *p, const Function *fn, struct Buf *out);

#endif
