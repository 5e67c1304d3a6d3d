/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of types/ share among themselves. The upper half (constants, inference, instantiation, type
 * sets) is implemented by type.c universe.c constant.c lookup.c assign.c infer.c instantiate.c typeset.c; the lower half
 * (Check and its methods) by check*.c and resolve.c. */
#ifndef GOL_TYPES_INTERNAL_H
#define GOL_TYPES_INTERNAL_H

#include "types/types.h"

/* ---- construction (type.c, universe.c) ---- */
Type *type_new(Universe *u, TypeKind kind);
Type *type_new_pointer(Universe *u, Type *elem);
Type *type_new_slice(Universe *u, Type *elem);
Type *type_new_array(Universe *u, Type *elem, int64_t length);
Type *type_new_map(Universe *u, Type *key, Type *elem);
Type *type_new_chan(Universe *u, int dir, Type *elem);
Type *type_new_tuple(Universe *u, Type **items, uint32_t len);
Type *type_new_signature(Universe *u, Object **params, uint32_t param_count, Object **results, uint32_t result_count,
			 bool variadic);
Type *type_new_named(Universe *u, Object *type_name); /* underlying NULL until set */
Type *type_new_param(Universe *u, Object *type_name, int32_t index, Type *constraint);
Object *object_new(Universe *u, ObjectKind kind, Name *name, Package *pkg, Pos pos, Type *type);
Scope *scope_new(Universe *u, Scope *parent, Pos pos, Pos end);
Object *scope_lookup(Scope *s, Name *name);                 /* this scope only */
Object *scope_lookup_parent(Scope *s, Name *name, Pos pos); /* outwards; local objects count from their pos on (0: any) */
Object *scope_insert(Universe *u, Scope *s, Object *o);     /* the earlier object of that name, or NULL when inserted */

bool package_same(const Package *a, const Package *b);
/* Whether two fields or methods have the same name: unexported names must come from one package too. */
bool name_same(const Name *a, const Package *pa, const Name *b, const Package *pb);
Type *type_invalid(Type *near); /* the invalid type of near's universe */
bool type_is_invalid(Type *t);  /* it, or an underlying type that is not known (yet) */
bool type_has_name(Type *t);    /* predeclared, defined, or a type parameter */
bool type_is_basic_like(Type *t, bool (*is)(Type *basic)); /* of the underlying type; of all terms of a type parameter */
void type_print_signature(Type *signature, Package *current, Buf *out); /* without "func": "(a int) string" */
void type_print_terms(Type *iface, Package *current, Buf *out);         /* "~int | string" of a complete interface */
void print_quoted(Buf *out, Str s);                                     /* as strconv.Quote */

/* ---- interfaces (typeset.c) ---- */
/* Completes method_set and terms of an interface (embedded ones included); the checker does so for every interface it
 * meets, questions about types do it when they come earlier. Duplicate methods are reported: explicit ones where they
 * stand, embedded ones at pos (0: nowhere). Terms are the checker's to validate. */
void interface_complete(Universe *u, Type *iface, Pos pos);
/* The single underlying type of t's type set if all agree (Go's former core type), else NULL; for ordinary types their
 * underlying. Channels of one element type with compatible directions agree. string counts as []byte when bytestring. */
Type *type_common_underlying(Universe *u, Type *t, bool bytestring);
/* Calls f with each term's underlying type of a type parameter (or once with the underlying of an ordinary type; with NULL
 * when the parameter has no specific types). Stops at and returns the first false. */
bool type_each_term(Type *t, bool (*f)(void *user, Type *t, Type *underlying), void *user);
/* The method of that name of an interface (completed on the way), or NULL. */
MethodInfo *interface_find_method(Type *iface, const Name *name, const Package *from);
/* Term lists are in normal form: no term includes another. NULL and has_terms false: all types. */
bool term_includes(const UnionTerm *term, Type *t);
bool terms_subset(const UnionTerm *a, uint32_t a_count, const UnionTerm *b, uint32_t b_count);
/* Where a type parameter stands in a list, -1 when it does not: at once for lists as they were declared. */
int64_t type_param_index(Type **params, uint32_t count, const Type *t);
/* Whether `arg` satisfies `constraint` (already substituted). On failure a message such as "string does not satisfy
 * ~int (...)" is appended to why (may be NULL). */
bool type_satisfies(Universe *u, Type *arg, Type *constraint, Buf *why);

/* ---- assignability with reasons (assign.c) ---- */
bool type_assignable_reason(Universe *u, Type *from, Type *to, Buf *why);
bool type_convertible_reason(Universe *u, Type *from, Type *to, Buf *why); /* often there is no reason to give */
bool type_implements_reason(Universe *u, Type *t, Type *iface, Buf *why); /* "(missing method Foo)", "(wrong type for method ...)" as Go words it */

/* The method of that name declared for a defined type (of instances: their origin); NULL: none. No two have one name. */
Object *named_find_method(Type *origin, const Name *name);

/* ---- generics (infer.c, instantiate.c) ---- */
/* Infers missing type arguments of params[0..count) given targs (NULL entries: unknown) from typed and untyped arguments.
 * arg_types[i] may be an untyped basic type; parameter types in param_types. Reverse inference: pass pairs as well.
 * Returns false after reporting at pos ("in call to f, cannot infer T"). */
bool infer_type_args(Universe *u, Pos pos, const char *func_name, Type **params, Type **targs, uint32_t count,
		     Type **param_types, Type **arg_types, Node **arg_nodes, uint32_t arg_count);
bool type_unify(Universe *u, Type *x, Type *y, Type **params, Type **targs, uint32_t count, bool assignable_mode);
/* The type behind an instance, made on first use; NULL while its generic type is unresolved (for type_underlying). */
void named_expand(Type *instance);
/* The type parameters of the generic function in which t is declared; false: there are none. */
bool named_outer_params(Type *t, TypeList *out);
/* Fresh copies of type parameters, bounds included; used where a generic signature meets itself. */
Type **params_rename(Universe *u, Type **params, uint32_t count);
/* Verifies all constraints; reports the first failure at pos of the matching node. */
bool instance_verify(Universe *u, Pos pos, Type **params, Type **targs, uint32_t count);
/* The object of a method of an instantiated named type, with substituted signature (cached). */
Object *instance_method(Universe *u, Type *named_instance, Object *origin_method);

/* ---- constants (constant.c) ---- */
Const *const_from_literal(Universe *u, Token token, Str text); /* NULL when malformed or absurdly large */
/* Whether a string that is joined from others may have that length; all of them together may have four times as much. */
bool const_string_fits(Universe *u, size_t len);
Const *const_make_from_int(Universe *u, int64_t v);
Const *const_unary(Universe *u, Token op, const Const *x, Type *type); /* type: for ^ of unsigned types */
/* op without shifts and comparisons; integer_division: / truncates (both operands are of integer type). The result is not
 * rounded to any type. Operands of mixed kinds are matched first. NULL on division by zero or kinds that do not fit. */
Const *const_binary(Universe *u, Token op, const Const *x, const Const *y, bool integer_division);
bool const_compare(Token op, const Const *x, const Const *y);
Const *const_shift(Universe *u, Token op, const Const *x, uint64_t count); /* NULL when x is no integer */
Const *const_to_int(Universe *u, const Const *x);   /* NULL unless integral */
Const *const_to_float(Universe *u, const Const *x); /* NULL unless real */
Const *const_to_complex(Universe *u, const Const *x);
Const *const_real(Universe *u, const Const *x);
Const *const_imag(Universe *u, const Const *x);
Const *const_make_complex(Universe *u, const Const *re, const Const *im);
int const_sign(const Const *x);
uint32_t const_bit_length(const Const *x); /* of an integer's absolute value */
/* Whether x is representable as basic type t (typed or untyped); *rounded (may be NULL) gets the value of that type. */
typedef enum Representable { REPRESENTABLE, NOT_TRUNCATED, NOT_OVERFLOWS, NOT_KIND } Representable;
Representable const_representable(Universe *u, const Const *x, Type *t, Const **rounded);
uint32_t const_hash(const Const *x);
bool const_equal(const Const *a, const Const *b); /* same kind and value, for duplicate-case detection */

/* ---- method sets and lookup (lookup.c) are in types.h ---- */
/* What stands in the parentheses of "x.foo undefined (...)": "type T has no field or method foo, but does have method Foo"
 * and the like, as Go words it. */
void lookup_explain_missing(Universe *u, Type *t, Package *from, Name *name, bool type_expr, Buf *out);
/* The field or method whose name is `name` but for case or package; NULL if none, or if it needs a pointer. */
Object *lookup_similar(Universe *u, Type *t, bool addressable, const Name *name);

/* ---- check.c ---- */
bool error_follows(const SourceSet *set, const char *text); /* from one that was reported: not worth reporting */
#endif
