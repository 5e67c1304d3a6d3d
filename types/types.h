/* SPDX-License-Identifier: MIT */
/* types.h: type objects, declared objects, constants, and what checking a package leaves behind.
 *
 * The checker is a full Go checker. It annotates the tree (parser/ast.h: Node.type, .value, .mode, Ident.object, ...) and
 * fills the structures below; the compiler reads both. Everything lives in the arena of the Universe (one per compilation
 * session: a REPL keeps one for its whole life). Not thread-safe: one session, one thread at a time. */
#ifndef GOL_TYPES_TYPES_H
#define GOL_TYPES_TYPES_H

#include "parser/ast.h"
#include "parser/parser.h"

typedef struct Type Type;
typedef struct Object Object;
typedef struct Scope Scope;
typedef struct Package Package;
typedef struct Const Const;
typedef struct FuncInfo FuncInfo;
typedef struct Universe Universe;

/* ---------------------------------------------------------------- types */

typedef enum TypeKind {
	TYPE_INVALID, /* an error was reported */
	TYPE_BOOL, TYPE_INT, TYPE_INT8, TYPE_INT16, TYPE_INT32, TYPE_INT64,
	TYPE_UINT, TYPE_UINT8, TYPE_UINT16, TYPE_UINT32, TYPE_UINT64, TYPE_UINTPTR,
	TYPE_FLOAT32, TYPE_FLOAT64, TYPE_COMPLEX64, TYPE_COMPLEX128, TYPE_STRING, TYPE_UNSAFE_POINTER,
	TYPE_UNTYPED_BOOL, TYPE_UNTYPED_INT, TYPE_UNTYPED_RUNE, TYPE_UNTYPED_FLOAT, TYPE_UNTYPED_COMPLEX,
	TYPE_UNTYPED_STRING, TYPE_UNTYPED_NIL,
	TYPE_POINTER, TYPE_SLICE, TYPE_ARRAY, TYPE_MAP, TYPE_CHAN, TYPE_STRUCT, TYPE_SIGNATURE, TYPE_INTERFACE,
	TYPE_TUPLE,  /* results of a call with other than one value */
	TYPE_NAMED,  /* defined type, perhaps an instance of a generic one */
	TYPE_PARAM,  /* type parameter */
	TYPE_ALIAS,  /* a declared alias; type_unalias removes it; compare and switch only after that */
	TYPE_UNION,  /* only inside constraint interfaces */
} TypeKind;

typedef struct TypeList {
	Type **items;
	uint32_t len;
} TypeList;

typedef struct FieldInfo {
	Name *name;
	Type *type;
	Object *object;   /* OBJECT_VAR with is_field, for positions and uses */
	Str tag;          /* unquoted; empty if none */
	bool embedded;
	Package *package; /* where the field name was declared: unexported names differ by package */
} FieldInfo;

typedef struct MethodInfo { /* of an interface's own explicit methods or its complete method set */
	Name *name;
	Type *signature;  /* TYPE_SIGNATURE without receiver */
	Object *object;   /* OBJECT_FUNC */
	Package *package; /* matters for unexported names */
} MethodInfo;

typedef struct UnionTerm {
	Type *type;
	bool tilde;
} UnionTerm;

struct Type {
	uint8_t kind; /* TypeKind */
	uint8_t chan_dir;
	bool variadic;       /* signature: last parameter is ...T (its type is then the slice []T) */
	bool complete;       /* interface: method_set computed; named: underlying resolved */
	bool has_type_param; /* conservatively true when a type parameter occurs inside; computed lazily by type_is_parameterized */
	bool is_comparable;  /* interface: embeds comparable */
	bool implicit;       /* interface: made from a constraint literal such as ~int|string */
	uint32_t id;         /* unique per Universe, in order of creation */
	Type *elem;          /* pointer, slice, array, map value, chan */
	Type *key;           /* map */
	int64_t length;      /* array */
	/* struct */
	FieldInfo *fields;
	uint32_t field_count;
	/* signature */
	Object **params;     /* OBJECT_VAR; name may be NULL or "_" */
	Object **results;
	uint32_t param_count, result_count;
	Object *recv;        /* OBJECT_VAR or NULL */
	Type **type_params;  /* TYPE_PARAM: of a generic function's signature, or of a generic named/alias type */
	uint32_t type_param_count;
	Type **recv_type_params; /* of a method of a generic type: the receiver's own type parameter objects */
	uint32_t recv_type_param_count;
	/* tuple */
	TypeList tuple;
	/* interface */
	MethodInfo *methods;    /* explicit methods, source order */
	uint32_t method_count;
	TypeList embeddeds;
	Pos *embedded_pos;      /* interface: where each embedded element stands; NULL: unknown */
	MethodInfo *method_set; /* all methods, sorted by name (then package path for unexported), valid when complete */
	uint32_t method_set_count;
	UnionTerm *terms;       /* union; and interface: its computed type set's terms (NULL: all types) */
	uint32_t term_count;
	bool has_terms;         /* interface: the type set is restricted by terms */
	/* named, alias, type parameter */
	Object *object;         /* its TYPE_NAME */
	Type *underlying;       /* named: resolved underlying (never named); alias: the aliased type; param: constraint interface */
	Type *constraint;       /* type parameter: constraint as written */
	int32_t index;          /* type parameter: position in its list */
	Type *origin;           /* named: the generic type this is an instance of; itself when generic or plain */
	TypeList type_args;     /* of an instance */
	VEC(Object *) named_methods; /* of an origin or plain named type: OBJECT_FUNC in source order; instances: substituted lazily by lookup */
	Universe *universe;          /* where the type was made; lets questions complete lazily what they ask about */
	TypeList outer_params;       /* instance of a local type of a generic function: that function's type parameters ... */
	TypeList outer_args;         /* ... and what stands for them here */
	uint8_t param_state;         /* private to type_is_parameterized: 2 yes, 0 not known */
	bool in_progress;            /* private: interface being completed, instance being expanded */
	struct Resolver *resolver;   /* private to the checker: delayed work */
	struct MemberIndex *members; /* private to lookup.c: fields or methods by name */
	Pos written_at;              /* instance: where the source first asks for it; 0: nowhere */
	uint32_t deep_hash;          /* private to type_deep_hash: 0: not known */
	void *lowered;               /* private to the compiler: type descriptor cache */
};

/* ---------------------------------------------------------------- objects */

typedef enum ObjectKind {
	OBJECT_PACKAGE_NAME, OBJECT_CONST, OBJECT_TYPE_NAME, OBJECT_VAR, OBJECT_FUNC, OBJECT_LABEL, OBJECT_BUILTIN, OBJECT_NIL,
} ObjectKind;

struct Object {
	uint8_t kind; /* ObjectKind */
	bool used;
	bool is_field, is_param, is_result, is_embedded_field;
	bool is_global;   /* package-level variable (in a script: a top-level one that some function or literal uses) */
	bool is_alias;    /* type name */
	uint8_t color;    /* private: cycle detection */
	/* variables: how they are used, for the compiler's escape decisions; set while checking the function */
	bool address_taken;  /* &x, x.ptrMethod(), x[:] of an array (also of a field or element inside x) */
	bool captured;       /* used inside a function literal nested in its declaring function */
	bool range_captured; /* used inside the body of a range over a function, no literal between */
	bool reassigned;     /* assigned anywhere after its declaration (op-assign, ++, range reuse, := redeclaration included) */
	bool stays;          /* the compiler's: nothing refers to it any more when its block is left */
	bool per_iteration;  /* loop variable of a 3-clause for with Go 1.22 semantics */
	uint16_t builtin;    /* OBJECT_BUILTIN: row of builtins.def */
	Name *name;
	Pos pos;
	Package *package;    /* NULL for universe objects */
	Scope *parent;
	Type *type;          /* NULL until resolved */
	Const *value;        /* OBJECT_CONST */
	Package *imported;   /* OBJECT_PACKAGE_NAME */
	Node *decl;          /* FuncDecl, ValueSpec, TypeSpec, Field, ...; may be NULL */
	FuncInfo *owner;     /* local variables: the function (literal) that declares them; NULL for globals */
	FuncInfo *func;      /* OBJECT_FUNC with a body: its FuncInfo */
	Object *origin;      /* method or field of an instantiated type: the generic original; else itself or NULL */
	struct VarInit *init; /* package-level variable: how it is initialized */
	uint32_t order;      /* declaration order within the package */
	struct DeclInfo *declared; /* private to the checker: package-level objects, how to resolve them */
	void *lowered;       /* private to the compiler */
};

/* One function body: declaration or literal. */
struct FuncInfo {
	Object *object;     /* OBJECT_FUNC, NULL for literals */
	Type *signature;
	Node *body;         /* BlockStmt or NULL (native) */
	Node *node;         /* FuncDecl, FuncLit; NULL for the synthetic main of a script */
	FuncInfo *outer;    /* literals: the function they stand in */
	Package *package;
	const char *symbol;  /* which //go:linkname gives; NULL: none */
	Object *linked;      /* without a body: the library's function that is called in its place; NULL: none */
	bool has_defer, has_recover, has_closure;
	bool body_checked;
	VEC(Object *) captures; /* literals: variables of outer functions used inside (transitively), in order of first use */
	VEC(Object *) deps;     /* package-level vars and functions referenced (for initialization order and reachability) */
	PtrMap captured;        /* private to the checker: the captures as a set */
	void *lowered, *flow;   /* the compiler's */
};

/* A package-level `var a, b = f()`: one VarInit shared by its left-hand variables. */
typedef struct VarInit {
	Object **lhs; /* in order; the object of `_` is a var too */
	uint32_t lhs_count;
	Node *rhs;    /* NULL: zero value */
	bool checked;
	VEC(Object *) deps;
	void *lowered;
} VarInit;

struct Scope {
	Scope *parent;
	PtrMap objects;  /* Name* -> Object* */
	VEC(Object *) ordered;
	Pos pos, end;
	bool is_func;
};

/* Resolution of x.f, recorded in SelectorExpr.selection; NULL for qualified identifiers (sel.object is then set). */
typedef enum SelectionKind {
	SELECT_FIELD, SELECT_METHOD /* x.M: call or method value */, SELECT_METHOD_EXPR /* T.M */,
} SelectionKind;

typedef struct Selection {
	uint8_t kind;
	bool indirect;       /* a pointer was dereferenced on the way */
	uint32_t path_len;
	uint32_t *path;      /* field indices from x through embedded fields; for FIELD the last one is the field itself;
	                        for METHOD only the embedded fields leading to the method's receiver */
	Type *recv;          /* type of x (or T) */
	Object *object;      /* field variable or method function (of the generic origin for instances) */
	Type *type;          /* field type or method signature, instantiated */
	bool is_interface_method; /* dynamic dispatch; object->name says which */
	bool on_type_param;  /* method found through a type parameter's constraint: re-resolve after substitution */
	TypeList type_args;  /* explicit or inferred type arguments when the method itself is generic */
} Selection;

/* Instantiation of a generic function, recorded for the Ident / SelectorExpr.sel that names it. */
typedef struct Instance {
	TypeList type_args;
	Type *type; /* the instantiated signature */
} Instance;

/* ---------------------------------------------------------------- packages */

/* Sessions: a function, method or variable of an earlier piece and what stands for its name now. */
typedef struct Replaced {
	Object *old, *new;
} Replaced;

typedef struct Package {
	Name *name;
	const char *path; /* "main", "fmt", "golang.org/x/sync/errgroup" */
	Scope *scope;
	VEC(File *) files;
	VEC(Package *) imports; /* direct, in order */
	bool is_library;        /* built-in package: resolved lazily, unused names never reported, bodies checked on demand */
	bool is_script;
	bool is_session;        /* grows piece by piece: see check_piece */
	bool complete;          /* user packages: everything checked without running into an internal limit */
	bool had_errors;
	uint16_t go_version;    /* minor: 21 = old loop variables; default the newest */
	VEC(Object *) functions;   /* package-level functions and methods with FuncDecl, source order (methods included) */
	VEC(VarInit *) var_inits;  /* source order */
	VEC(VarInit *) init_order; /* user packages: initialization order; library packages: computed by package_init_order over what is reached */
	VEC(FuncInfo *) inits;     /* func init(), source order */
	FuncInfo *script_main;     /* scripts: FuncInfo of the top-level statements (body = BlockStmt of them) */
	VEC(Object *) values;      /* sessions: variables without names that hold the values of the piece's last statement */
	bool asks;                 /* sessions: the piece is an expression whose type is wanted: here it is */
	uint8_t answer_mode;
	Type *answer_type;
	VEC(Replaced) replaced;    /* sessions: what the piece declares again */
	struct PackageState *checker; /* private to the checker */
	void *lowered;
} Package;

/* A file for //go:embed; text and name live as long as the arena. */
typedef struct EmbeddedFile {
	const char *name; /* from the folder of the file that asks */
	const char *text;
	size_t len;
} EmbeddedFile;

typedef VEC(EmbeddedFile) EmbeddedFiles;

/* Import resolution: the session gives the checker a way to find packages. Returns NULL and sets *error (a message such as
 * "package foo is not in std") when there is none; import cycles are the importer's to detect. */
typedef struct Importer {
	Package *(*import)(void *user, const char *path, Package *from, const char **error);
	/* Script mode: the standard package whose last path element is `name` ("rand" -> "math/rand"), or NULL. */
	const char *(*guess)(void *user, const char *name);
	/* Shows see the last path elements of the library's packages, for hints; may be NULL. */
	void (*names)(void *user, void (*see)(void *arg, const char *name), void *arg);
	/* The files that a pattern of //go:embed in `file` stands for; NULL, or why there are none. The pointer may be NULL. */
	const char *(*embed)(void *user, const File *file, const char *pattern, EmbeddedFiles *out);
	/* Whether assembly lies beside `file`; may be NULL. */
	bool (*assembly)(void *user, const File *file);
	void *user;
} Importer;

struct Universe {
	Arena *arena;
	Interner *interner;
	SourceSet *sources;
	Importer importer;
	Scope *scope;           /* predeclared names */
	Package *unsafe_package;
	uint32_t next_type_id;
	Type *basic[TYPE_UNTYPED_NIL + 1]; /* by kind */
	Type *byte_type, *rune_type;       /* aliases uint8, int32: the same objects as basic[], printed by their own name where Go does */
	Type *error_type, *any_type, *comparable_type;
	struct InstanceTable *instances;   /* private: identical instances are one object */
	PtrMap instance_info;              /* Ident* -> Instance* */
	uint64_t joined_bytes;             /* private to constant.c: of constant strings that were joined */
	uint32_t depth;                    /* recursion guard */
	struct Check *checker;             /* private to the checker */
	Package *current;                  /* package being checked: messages leave its name out; NULL: every package is named */
};

void universe_init(Universe *u, Arena *arena, Interner *in, SourceSet *sources, Importer importer);

typedef struct CheckOptions {
	const char *path;
	bool is_library;
	uint16_t go_version; /* 0: newest */
} CheckOptions;

/* Creates the package of `files`, collects its objects and, unless it is a library, checks everything, including bodies,
 * unused names and initialization order. Errors go to u->sources; the package is returned in any case.
 * In scripts: unused variables and imports are warnings; names that resolve to nothing but to a standard package
 * (Importer.guess) are imported implicitly; functions may be used before they are declared; top-level variables of the
 * statement list are is_global when a function uses them (in sessions always); `return` and `defer` are allowed at top level. A script that declares func main and has no
 * statements calls it as a program does. Several files of a script are one statement list in order. */
Package *check_package(Universe *u, File **files, uint32_t file_count, CheckOptions options);

/* A package that begins empty and grows piece by piece: a script whose names may be declared again by later pieces. */
Package *check_session(Universe *u, const char *path);
/* Checks the next piece. Its functions, initializers, statements and values replace those of the piece before in *pkg; the
 * scope keeps growing. Unused names are not reported, and when the last statement is an expression, package-level
 * variables are declared for its values. False: errors were reported. check_piece_end must follow: keep takes the piece's names over,
 * otherwise everything is as before it. */
bool check_piece(Universe *u, Package *pkg, File **files, uint32_t file_count);
void check_piece_end(Universe *u, Package *pkg, bool keep);
/* Whether an object is what its name means now in the session. */
bool session_has(const Package *pkg, const Object *o);

/* Makes sure the declaration of a package-level object of a (lazy) package is resolved: type, constant value. */
void check_object(Universe *u, Object *object);
/* Makes sure the body is parsed and checked (no-op when it is). Returns false when errors were reported. */
bool check_func_body(Universe *u, FuncInfo *func);
/* Library packages: makes sure the initializer is checked, so that deps and annotations are there. */
bool check_var_init(Universe *u, VarInit *init);

/* Orders `inits` (a subset of pkg->var_inits: what is reached) as the specification demands, in place. */
void package_init_order(Universe *u, Package *pkg, VarInit **inits, uint32_t count);

/* Package-level lookup by a host: NULL if absent. Resolves the object. */
Object *package_lookup(Universe *u, Package *pkg, const char *name);

/* ---------------------------------------------------------------- questions about types */

Type *type_unalias(Type *t);
Type *type_underlying(Type *t); /* resolves named types and aliases; of a type parameter: its constraint interface */
bool type_identical(Type *a, Type *b);
uint32_t type_hash(Type *t); /* equal for identical types, also of those that are not resolved yet */
/* Looks at all of a type, which must be resolved; remembered in it. Stable across programs. */
uint32_t type_deep_hash(Type *t);
bool type_is_parameterized(Type *t);
bool type_is_comparable(Type *t); /* == is defined (interfaces: yes, may panic) */
bool type_is_strictly_comparable(Type *t); /* and cannot panic */
bool type_is_interface(Type *t);  /* underlying is an interface, type parameters excluded */
bool type_is_untyped(Type *t);
bool type_is_integer(Type *t);  /* of the underlying type; type parameters: all of the type set */
bool type_is_unsigned(Type *t);
bool type_is_complex(Type *t);
bool type_is_numeric(Type *t);
bool type_is_string(Type *t);
bool type_is_boolean(Type *t);
bool type_has_nil(Type *t);
Type *type_default(Universe *u, Type *t); /* untyped -> its default type */
Type *type_deref(Type *t, bool *was_pointer);
bool type_implements(Universe *u, Type *t, Type *interface_type, Name **missing_method);
bool type_assignable(Universe *u, Type *from, Type *to);
bool type_convertible(Universe *u, Type *from, Type *to);

/* As Go's messages and %T print it: package name (not path) as qualifier when qualify is true, none for `current`. */
void type_print(Type *t, Package *current, Buf *out);
/* As package reflect and %T print it at run time: "struct { A int }", "interface {}", "func(int, ...string) error"; cut
 * behind `most` bytes. */
void type_print_runtime(Type *t, Buf *out, size_t most);

/* Substitution of type parameters by arguments; returns t itself when nothing changes; instances are canonical. */
typedef struct TypeSubst {
	Type **params; /* TYPE_PARAM */
	Type **args;
	uint32_t count;
} TypeSubst;
Type *type_subst(Universe *u, Type *t, const TypeSubst *subst);
/* The canonical instance of a generic named type or alias. */
Type *type_instantiate(Universe *u, Type *generic, Type **args, uint32_t count);

/* ---------------------------------------------------------------- fields and methods */

typedef enum LookupResult { LOOKUP_NONE, LOOKUP_FIELD, LOOKUP_METHOD, LOOKUP_AMBIGUOUS, LOOKUP_NEEDS_POINTER } LookupResult;

/* x.name for a value of type t (auto-dereferencing one pointer). *out is filled for FIELD and METHOD. addressable says
 * whether pointer-receiver methods count for a non-pointer x. */
LookupResult lookup_field_or_method(Universe *u, Type *t, bool addressable, Package *from, Name *name, Selection *out);

/* The method set of t as the run-time type descriptor needs it: every method callable on a value of type t in an
 * interface (for T: value receivers; for *T: both; promoted ones included). Sorted by name, exported and not. */
typedef struct MethodSetEntry {
	Name *name;
	Package *package;    /* of an unexported name; NULL for exported names */
	Object *object;      /* function (generic origin for instances), or interface method when promoted from an embedded interface */
	Type *signature;     /* without receiver, instantiated */
	uint32_t *path;      /* embedded fields leading from t to the receiver; empty for direct methods */
	uint32_t path_len;
	Type *recv;          /* type of the receiver holder at the end of the path (Named, *Named, or interface) */
	bool ptr_recv;       /* the function wants a pointer */
} MethodSetEntry;
MethodSetEntry *type_method_set(Universe *u, Type *t, uint32_t *count);

/* ---------------------------------------------------------------- constants */

typedef enum ConstKind { CONST_BOOL, CONST_STRING, CONST_INT, CONST_FLOAT, CONST_COMPLEX } ConstKind;

/* Exact values, immutable. Integers and rationals of any size (GMP); floats beyond exact rationals' reasonable size are
 * kept as 512-bit floats. */
ConstKind const_kind(const Const *c);
bool const_bool(const Const *c);
Str const_string(const Const *c);
/* True when the value is an integer that fits; floats with integral values are accepted. */
bool const_int64(const Const *c, int64_t *out);
bool const_uint64(const Const *c, uint64_t *out);
double const_float64(const Const *c); /* rounded to nearest even; of ints and floats (real part of complex) */
float const_float32(const Const *c);  /* rounded once */
double const_imag64(const Const *c);
float const_imag32(const Const *c);
void const_print(const Const *c, Buf *out); /* as Go prints it in messages */

Const *const_make_bool(Universe *u, bool v);
Const *const_make_string(Universe *u, Str s);
Const *const_make_int64(Universe *u, int64_t v);
Const *const_make_float64(Universe *u, double v);

/* ---------------------------------------------------------------- builtins */

typedef enum Builtin {
#define BUILTIN(name, min_args, variadic, kind) BUILTIN_##name,
#include "types/builtins.def"
#undef BUILTIN
	BUILTIN_COUNT
} Builtin;

#endif
