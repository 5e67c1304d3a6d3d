/* SPDX-License-Identifier: MIT */
/* reflect.h: what the natives of package reflect share.
 *
 * A Type is an interface that holds a *rtype: the address of a TypeDesc, which is never a Go object; what could make
 * another *rtype (New, Addr, Convert) refuses. A Value holds an interface, one pair that no race tears, and flags: without
 * FLAG_INDIR the interface's dynamic value is the value; with it the interface holds a *T and the value is the T it points
 * to. Any flags with any pair are therefore safe: a torn Value is a wrong Value at worst. FLAG_ADDR counts only with FLAG_INDIR
 * (value_is_variable). */
#ifndef GOL_STDLIB_REFLECT_REFLECT_H
#define GOL_STDLIB_REFLECT_REFLECT_H

#include "bytecode/verify.h"
#include "runtime/made_type.h"
#include "vm/native.h"

/* Value.flag */
enum {
	FLAG_INDIR = 1,
	FLAG_ADDR = 2,      /* with FLAG_INDIR: addressable */
	FLAG_RO_STICKY = 4, /* reached through an unexported field that is not embedded */
	FLAG_RO_EMBED = 8,  /* reached through an unexported embedded field */
	FLAG_RO = FLAG_RO_STICKY | FLAG_RO_EMBED,
};

/* Memory and slot layout of Value. */
typedef struct Value {
	GoIface held;
	uint64_t flag, unused;
} RECEIVER Value;

/* ---- value.c ---- */

/* NULL: the zero Value. */
static inline const TypeDesc *value_type(const Value *v) {
	const TypeDesc *type = v->held.type;
	if (!type || !(v->flag & FLAG_INDIR))
		return type;
	return type->kind == KIND_POINTER && v->held.data.p ? type->elem : NULL;
}
static inline Kind value_kind(const Value *v) {
	const TypeDesc *type = value_type(v);
	return type ? (Kind)type->kind : KIND_INVALID;
}
/* Address of the value in memory layout (inside *v for words held directly). Not of the zero Value. */
static inline void *value_at(Value *v) {
	return v->flag & FLAG_INDIR ? v->held.data.p : (void *)(uintptr_t)iface_memory(&v->held);
}
static inline uint64_t value_word(Value *v) { return load_word(value_at(v)); } /* pointers, maps, channels, functions */

static inline bool value_is_variable(const Value *v) { return (v->flag & (FLAG_INDIR | FLAG_ADDR)) == (FLAG_INDIR | FLAG_ADDR); }

/* Words a value takes in slot layout, at least 1, of types of any size. */
static inline uint32_t slot_words(const TypeDesc *type) { return type->size > 8 ? (type->size + 7) / 8 : 1; }

/* What *at holds, which must not change, under flags (never FLAG_ADDR). out->held.type NULL: no memory. */
void value_alias(Goroutine *g, const TypeDesc *type, const void *at, uint64_t flags, Value *out);
/* A copy of what *at holds, in memory or in slot layout. */
void value_of_memory(Goroutine *g, const TypeDesc *type, const void *at, uint64_t flags, Value *out);
void value_of_slots(Goroutine *g, const TypeDesc *type, const Slot *slots, uint64_t flags, Value *out);
/* The variable at `at`: flags has FLAG_ADDR or not. */
void value_of_variable(Goroutine *g, const TypeDesc *type, void *at, uint64_t flags, Value *out);
static inline Value value_of_word(const TypeDesc *type, const void *word, uint64_t flags) {
	return (Value){.held = {type, {.p = (void *)(uintptr_t)word}}, .flag = flags};
}
/* The value as an interface (what Interface returns). */
GoIface value_pack(Goroutine *g, Value *v);

/* Checks; each returns NATIVE_DONE or the panic. method: "reflect.Value.SetInt". */
NativeStatus value_error(Goroutine *g, const char *method, Kind kind); /* panics with a *ValueError */
NativeStatus must_be(Goroutine *g, const Value *v, Kind kind, const char *method);
NativeStatus must_be_exported(Goroutine *g, const Value *v, const char *method);
NativeStatus must_be_assignable(Goroutine *g, const Value *v, const char *method);
#define CHECK(check)                                                                                                   \
	do {                                                                                                           \
		NativeStatus status_ = (check);                                                                        \
		if (status_ != NATIVE_DONE)                                                                            \
			return status_;                                                                                \
	} while (0)
#define CHECK_CODE(code) CHECK(native_panic_code(g, (code)))

/* ---- type.c ---- */
enum { MAX_TYPE_NESTING = 1000 }; /* of arrays and structs by value; C functions walk them */
GoIface type_iface(Goroutine *g, const TypeDesc *type); /* NULL: a nil Type */
const TypeDesc *iface_type(Goroutine *g, GoIface type); /* NULL: nil, or not one of ours */
bool types_same_underlying(const TypeDesc *a, const TypeDesc *b, bool compare_tags);
bool desc_assignable(Goroutine *g, const TypeDesc *from, const TypeDesc *to);
const MethodDesc *type_exported_method(const TypeDesc *type, int64_t index); /* of an interface: any; NULL: out of range */
int64_t type_exported_count(const TypeDesc *type);
static inline GoString c_string(const char *s) { return (GoString){s, (int64_t)strlen(s)}; } /* of a descriptor */

/* ---- convert.c ---- */
/* Stores x, in to's layout, at `at` when it can be assigned to a variable of type `to`, else panics. context: "reflect.Set" */
NativeStatus value_assign(Goroutine *g, const char *context, Value *x, const TypeDesc *to, void *at);
NativeStatus value_assign_slots(Goroutine *g, const char *context, Value *x, const TypeDesc *to, Slot *slots);
bool desc_convertible(Goroutine *g, const TypeDesc *from, const TypeDesc *to);

/* ---- equal.c ---- */
bool value_is_zero_memory(const TypeDesc *type, const void *memory); /* what IsZero says */

/* ---- call.c ---- */
uint32_t call_place(uint32_t at, const TypeDesc *type); /* aligns at for a value of type */
/* Prepares the call of a method of the value in receiver; `params` are its parameters' slots. Then the native returns what
 * this returned (NATIVE_CALL); native_state is set to something the caller may replace. */
NativeStatus call_method(Goroutine *g, const MethodDesc *m, GoIface receiver, const Slot *params);
/* The func value of a method expression. NULL: no memory. */
Closure *unbound_method(Goroutine *g, const TypeDesc *func, const TypeDesc *recv, const MethodDesc *method);

NativeStatus out_of_memory(Goroutine *g);

#define REFLECT_NATIVE(name, function) NativeStatus function(Goroutine *g, Slot *args);
#include "stdlib/reflect/natives.def"
#undef REFLECT_NATIVE

#endif
