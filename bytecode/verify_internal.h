/* SPDX-License-Identifier: MIT */
/* verify_internal.h: what the files of the verifier share.
 *
 * Every slot of a frame has an abstract value (Val) at every point of a function. The order, from most to least known:
 * NIL is below every pointer and pair, everything is below SCALAR, "some bits": reading them as a number is safe whatever
 * they are. So an unset slot is SCALAR too, and so is what two ways into the same point do not agree about. */
#ifndef GOL_BYTECODE_VERIFY_INTERNAL_H
#define GOL_BYTECODE_VERIFY_INTERNAL_H

#include "bytecode/opcode.h"
#include "bytecode/shape.h"
#include "bytecode/verify.h"

typedef enum ValTag {
	VAL_SCALAR,
	VAL_NIL,     /* 0 */
	VAL_POINTER, /* to the byte `offset` of a value of `type` in memory layout; part NOT_NIL, or MAY_BE_NIL */
	VAL_REF,     /* map, chan, func or unsafe.Pointer of `type` */
	/* of several slots; `part` counts them. Whoever overwrites one breaks them all. */
	VAL_STRING,
	VAL_SHARED,  /* a string that shares the bytes of a slice, which may change: for comparisons and lookups only */
	VAL_SLICE,   /* of elements of `type` */
	VAL_IFACE,   /* `type`: what is known to be in it, or NULL */
	VAL_ITER,    /* over maps of `type` */
	VAL_RANGE,   /* over a slice of `type` */
} ValTag;

typedef struct ValInfo {
	uint8_t tag, part;
	uint32_t offset;
	const TypeDesc *type;
} ValInfo;

enum { MAY_BE_NIL, NOT_NIL }; /* ValInfo.part of pointers */

typedef uint32_t Val; /* index in Verifier.values: equal values are equal numbers */
enum { VAL_OF_SCALAR, VAL_OF_NIL };

typedef struct Verifier {
	const Program *program;
	Mem *mem;
	Buf *error;
	Arena arena; /* what lasts as long as the verifier */
	VEC(ValInfo) values;
	uint32_t *index; /* open addressing: 1 + number of a value */
	uint32_t index_size;
	PtrMap types;    /* of the program */
	PtrMap compatible; /* hash of a pair of types -> TypePair */
	VEC(struct TypePair *) pairs;
	uint64_t steps;
	bool failed;
	/* the function at hand */
	const Function *fn;
	uint32_t pc;
	Val *now;        /* a value for each slot; now[0] is one of FLOW_ */
	uint32_t slots;
	bool ends;       /* the instruction never goes on: an operand is nil for certain */
	struct { uint32_t first, end; } written[4]; /* slots that the instruction has been seen to write: none writes more */
	uint32_t written_len;
} Verifier;

/* What slot 0, which no instruction names, tells about deferred calls. */
enum {
	FLOW_FRESH,  /* none can have been made yet */
	FLOW_CALLED, /* some may wait */
	FLOW_RAN,    /* all have run */
};

/* In the place of a FLOW_: the jump is never taken. */
enum { NO_ROUND = 3 };

/* Says what is wrong with the instruction at hand, once. Always false. */
bool verify_fail(Verifier *v, const char *format, ...) PRINTF_LIKE(2, 3);
/* Accounts for work; false after failing: the program would take too long to prove. */
bool verify_step(Verifier *v, uint64_t work);

/* ---- verify_value.c ---- */
bool values_init(Verifier *v);
Val val_make(Verifier *v, ValTag tag, uint32_t part, const TypeDesc *type, uint32_t offset);
static inline const ValInfo *val_info(const Verifier *v, Val x) { return &v->values.items[x]; }
static inline const ValInfo *slot_info(const Verifier *v, uint32_t slot) { return val_info(v, v->now[slot]); }
static inline bool val_is_nil(Val x) { return x == VAL_OF_NIL; }
/* Whether a value of one type may be used as one of the other: the same contents at the same places, whatever the names. */
bool types_compatible(Verifier *v, const TypeDesc *a, const TypeDesc *b);
/* Whether at byte `offset` of a value of `whole` there is one of `part`. */
bool type_contains(Verifier *v, const TypeDesc *whole, uint64_t offset, const TypeDesc *part);
/* What is not struct or array at this offset, *offset becoming that in it; NULL: nothing, or outside. */
const TypeDesc *type_leaf(Verifier *v, const TypeDesc *whole, uint64_t *offset);
/* An array of that many elements of that size which begins at the offset; NULL: none. */
const TypeDesc *type_array_at(Verifier *v, const TypeDesc *whole, uint64_t offset, uint64_t elem_size, uint64_t length);
/* The value of a word of memory; pairs come in two parts. */
Val type_word(Verifier *v, const TypeDesc *whole, uint64_t offset);
/* What both are, as far as that is known. Parts of pairs and the like are numbers here. */
Val val_join(Verifier *v, Val a, Val b);

/* Slots of the present state. */
void slot_put(Verifier *v, uint32_t slot, Val x);
void slot_put_scalars(Verifier *v, uint32_t slot, uint32_t count);
void slot_put_pair(Verifier *v, uint32_t slot, ValTag tag, const TypeDesc *type);
void slot_put_type(Verifier *v, uint32_t slot, const TypeDesc *type); /* a value of type, as frames hold it */
/* `size` bytes of a value of `whole`, from `offset` on, as LOAD_N brings them. */
void slot_put_memory(Verifier *v, uint32_t slot, const TypeDesc *whole, uint64_t offset, uint64_t size);
void slot_copy(Verifier *v, uint32_t to, uint32_t from, uint32_t count);
bool slot_holds(Verifier *v, uint32_t slot, const TypeDesc *type);
bool slot_holds_for_reading(Verifier *v, uint32_t slot, const TypeDesc *type); /* strings may share their bytes */
bool word_fits(Verifier *v, Val x, const TypeDesc *type); /* type: of one word */
/* Takes up what is known on another way into the same point; true: less is known now. */
bool state_merge(Verifier *v, Val *into, const Val *from);

/* ---- verify_insn.c ---- */
/* Checks the instruction at v->pc and changes v->now to what holds behind it. When it may jump and the state is another
 * there, *jumped is that state (v->slots values), to be filled in. */
bool verify_insn(Verifier *v, const Insn *at, Val *jumped, bool *differs);
/* The types that the instruction names are of the kind that it works on: op_each_operand looks into them, also for who asks
 * about code that is never reached. */
bool verify_kinds(Verifier *v, const Insn *at);
/* Operands lie in the frame, and may be absent only where the instruction says so. */
bool verify_operands(Verifier *v, const Insn *at);

#endif
