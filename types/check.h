/* SPDX-License-Identifier: MIT */
/* check.h: the checker's own state, and what its files call in each other. Reading order: check.c resolve.c
 * check_decl.c init_order.c check_type.c check_generic.c check_operand.c check_expr.c check_binary.c check_index.c
 * check_lit.c check_selector.c check_call.c check_builtin.c check_stmt.c check_assign.c check_switch.c check_range.c
 * check_flow.c. */
#ifndef GOL_TYPES_CHECK_H
#define GOL_TYPES_CHECK_H

#include "base/limits.h"
#include "types/internal.h"

typedef enum ErrorCode {
	ERR_NONE, /* syntax errors, and what the upper half of the folder reports */
#define ERROR(name, format, program) ERR_##name,
#include "types/errors.def"
#undef ERROR
	ERR_COUNT
} ErrorCode;

/* The formats as constants, so that the C compiler compares them with their arguments. */
#define ERROR(name, format, program) __attribute__((unused)) static const char ERROR_FORMAT_##name[] = format;
#include "types/errors.def"
#undef ERROR

/* The value of an expression under way; operand_record writes it to its node. */
typedef struct Operand {
	uint8_t mode; /* Mode */
	uint16_t builtin;
	Type *type;
	Const *value;
	Node *node;
} Operand;

/* What the checker keeps of a file once its objects are collected. */
typedef struct FileState {
	File *file;
	Scope *scope;              /* imports */
	VEC(Object *) imports;     /* package names in order, for the report of unused ones */
	VEC(Object *) dot_imports; /* package names of `import . "p"` */
} FileState;

/* How to resolve a package-level object; kept because library packages are resolved when somebody asks. */
struct DeclInfo {
	FileState *file;
	Node *type, *init;  /* const and var; of a repeated const specification: copies */
	uint32_t iota;
	Pos inherited_at;   /* nonzero: a repeated specification; errors in its copies belong here */
	VarInit *var_init;
	FuncInfo *func;
	VEC(Object *) deps; /* constants: what the initializer refers to */
	bool resolving_init;
};
typedef struct DeclInfo DeclInfo;

typedef struct ObjectList {
	VEC(Object *) list;
} ObjectList;

struct PackageState {
	VEC(FileState *) files;
	PtrMap methods;        /* Object* of a type name -> ObjectList* of its methods */
	VEC(Object *) objects; /* every package-level object in source order, methods and blanks included */
	VEC(FuncInfo *) bodies;
	VEC(Node *) script_stmts;
	VEC(Object *) script_vars; /* for the report of unused ones */
	bool script_has_statements;
};
typedef struct PackageState PackageState;

/* Per function body, literals included. */
typedef struct BodyState {
	VEC(Object *) locals; /* variables that must be used */
} BodyState;

/* What changes when the checker enters another declaration or body; saved and restored by value. */
typedef struct Env {
	Package *package;
	FileState *file;
	Scope *scope;
	FuncInfo *func;      /* innermost function or literal; NULL at package level */
	FuncInfo *real_func; /* the same, but never the body of a range over a function */
	BodyState *body;
	FuncInfo *dep_func;  /* exactly one of the three receives the dependencies of what is checked */
	VarInit *dep_var;
	DeclInfo *dep_const;
	PtrMap *dep_seen;    /* what it already has */
	Const *iota;         /* inside constant declarations */
	Pos error_pos;       /* nonzero: report here instead (repeated constant specifications) */
	bool has_call_or_recv; /* since last cleared: len and cap of arrays are then no constants */
	bool at_script_level;  /* declarations are package-level objects of a script */
} Env;

typedef struct Later {
	void (*run)(struct Check *c, void *data);
	void *data;
	Env env;
} Later;

typedef struct Check {
	Universe *u;
	Env env;
	uint32_t decl_depth;    /* type and object declarations under way; delayed work waits for 0 */
	uint32_t expr_depth;
	bool flushing;
	VEC(Object *) path;     /* objects being resolved, for cycles */
	VEC(Later) later;
	uint32_t later_done;
	uint32_t next_order;
} Check;

/* ---- check.c ---- */
Check *check_of(Universe *u); /* the session's one checker, so that nested requests see the same cycles */
void check_report(Check *c, Severity severity, ErrorCode code, Pos pos, const char *format, ...) PRINTF_LIKE(5, 6);
#define FAIL(c, pos, code, ...) check_report((c), SEVERITY_ERROR, ERR_##code, (pos), ERROR_FORMAT_##code, ##__VA_ARGS__)
#define WARN(c, pos, code, ...) check_report((c), SEVERITY_WARNING, ERR_##code, (pos), ERROR_FORMAT_##code, ##__VA_ARGS__)
const char *type_text(Check *c, Type *t); /* in the arena; for messages only */
const char *node_text(Check *c, Node *n);
const char *operand_text(Check *c, const Operand *x);
const char *position_text(Check *c, Pos pos);
const char *buf_text(Check *c, Buf *buf); /* moves the contents to the arena and frees the buffer */
const char *kind_text(Check *c, Type *t); /* "slice", "map", ... of composite types, else the type itself */
void check_later(Check *c, void (*run)(Check *, void *), void *data);
void check_flush(Check *c); /* runs delayed work unless declarations are under way */
void check_add_dep(Check *c, Object *o);
Scope *scope_open(Check *c, Pos pos, Pos end); /* new innermost scope; the caller restores env.scope */
/* Reports redeclaration; the blank name is never inserted. */
void declare(Check *c, Scope *scope, Object *o);
Object *new_local(Check *c, Ident *name, Type *type);
Object *new_variable(Check *c, Name *name, Pos pos, Type *type);
Object *lookup_name(Check *c, Name *name);
bool is_blank(const Name *name);
Name *name_of(Check *c, const char *s);
static inline Type *basic(Check *c, TypeKind kind) { return c->u->basic[kind]; }
static inline Type *invalid_type(Check *c) { return c->u->basic[TYPE_INVALID]; }
static inline bool type_valid(Type *t) { return t && type_unalias(t)->kind != TYPE_INVALID; }
static inline bool is_type_param(Type *t) { return type_unalias(t)->kind == TYPE_PARAM; }
static inline Type *under(Type *t) { return type_underlying(t); }
static inline bool under_is(Type *t, TypeKind kind) { return !is_type_param(t) && under(t)->kind == kind; }
bool is_const_type(Type *t); /* constants may have it: basic underlying type, no type parameter */
bool is_generic_type(Type *t);     /* a generic named or alias type without type arguments */
bool is_generic_signature(Type *t);

/* ---- resolve.c ---- */
void collect_objects(Check *c, Package *pkg);
void report_unused_imports(Check *c, Package *pkg);
Object *import_guess(Check *c, Name *name); /* scripts: the package a free name stands for, or NULL */
void check_import_conflicts(Check *c, Package *pkg);

/* ---- check_decl.c ---- */
void resolve_object(Check *c, Object *o);
void resolve_var_init(Check *c, Object *o);
void check_decl_stmt(Check *c, GenDecl *decl); /* local declarations and those of scripts */
void resolve_script_types(Check *c, GenDecl *decl);
void declare_value_spec(Check *c, ValueSpec *spec, ValueSpec *previous, bool is_const);
void report_cycle(Check *c, Object **cycle, uint32_t len);

/* ---- init_order.c ---- */
void order_package(Check *c, Package *pkg);

/* ---- check_type.c ---- */
Type *check_type(Check *c, Node *e);          /* any type but an uninstantiated generic one; never NULL */
Type *check_var_type(Check *c, Node *e);      /* a type variables may have: no constraint interface */
Type *check_generic_or_type(Check *c, Node *e);
Type *check_type_of_decl(Check *c, Node *e);  /* right-hand side of a type declaration */
Type *check_signature(Check *c, FuncType *ft, Field *recv, Scope *scope); /* names go to scope */
int64_t check_array_length(Check *c, Node *e); /* -1 after an error */
Type *type_from_operand(Check *c, Operand *x);
void require_var_type(Check *c, Type *t, Pos pos);

/* ---- check_generic.c ---- */
Type **declare_type_params(Check *c, NodeList fields, uint32_t *count);
Type *check_instance_type(Check *c, IndexExpr *e);
Type *receiver_base(Check *c, Node *recv_type, Ident ***names, uint32_t *count, bool *pointer, Ident **base);
void record_instance(Check *c, Ident *name, Type **args, uint32_t count, Type *signature);
void check_valid_type(Check *c, Object *type_name);
void check_instantiation_cycles(Check *c, Package *pkg);
Type *rename_type_params(Check *c, Type *signature);
Type *instantiate_signature(Check *c, Pos pos, Type *signature, Type **args, uint32_t count, NodeList arg_nodes);

/* ---- check_operand.c ---- */
void operand_record(Check *c, Operand *x);
void operand_invalidate(Operand *x);
bool operand_is_nil(const Operand *x);
void update_expr_type(Check *c, Node *e, Type *t, bool final);
Type *implicit_type(Check *c, Operand *x, Type *target, Const **value, Representable *why);
void convert_untyped(Check *c, Operand *x, Type *target);
void default_operand(Check *c, Operand *x); /* untyped operands get their default type */
bool check_representable(Check *c, Operand *x, Type *t);
void check_overflow(Check *c, Operand *x, Pos op_pos);
/* Converts x to t as an assignment does; t NULL: to the default type. Invalidates x after an error. */
void check_assignment(Check *c, Operand *x, Type *t, const char *context);
void check_single_value(Check *c, Operand *x);
void check_conversion(Check *c, Operand *x, Type *t);
void mark_address_taken(Check *c, Node *e);
bool is_integer_only(Type *t);

/* ---- check_expr.c ---- */
void check_expr(Check *c, Operand *x, Node *e);                   /* one value */
void check_expr_hint(Check *c, Operand *x, Node *e, Type *hint);  /* hint: target of an uninstantiated generic function */
void check_multi_expr(Check *c, Operand *x, Node *e);             /* perhaps a tuple */
void check_generic_expr(Check *c, Operand *x, Node *e);           /* perhaps an uninstantiated generic function */
void check_expr_or_type(Check *c, Operand *x, Node *e, bool allow_generic);
void check_raw_expr(Check *c, Operand *x, Node *e, Type *hint, bool allow_generic);
void check_ident(Check *c, Operand *x, Ident *e, bool want_type);
void check_condition(Check *c, Node *e, const char *statement);
void mark_used_variable(Check *c, Object *o);

/* ---- check_binary.c ---- */
void check_unary(Check *c, Operand *x, UnaryExpr *e);
void check_binary_expr(Check *c, Operand *x, BinaryExpr *e);
/* x op y for operators of assignments; e may be NULL (x op= y). */
void check_binary_op(Check *c, Operand *x, Node *e, Node *lhs, Node *rhs, Token op, Pos op_pos);
void check_comparison(Check *c, Operand *x, Operand *y, Token op, bool switch_case);
void match_operands(Check *c, Operand *x, Operand *y, bool *mismatch);

/* ---- check_index.c ---- */
bool check_index(Check *c, Operand *x, IndexExpr *e); /* true: a function to be instantiated instead */
void check_slice(Check *c, Operand *x, SliceExpr *e);
int64_t check_index_value(Check *c, Node *index, int64_t max, Type **type); /* constant value or -1 */
bool check_int_operand(Check *c, Operand *x, const char *what, bool allow_negative);

/* ---- check_lit.c ---- */
void check_composite_lit(Check *c, Operand *x, CompositeLit *e, Type *hint);
void check_func_lit(Check *c, Operand *x, FuncLit *e);
int64_t check_element_list(Check *c, NodeList elements, Type *elem, int64_t length);

/* ---- check_selector.c ---- */
void check_selector(Check *c, Operand *x, SelectorExpr *e, bool want_type);

/* ---- check_call.c ---- */
void check_call(Check *c, Operand *x, CallExpr *e);
void check_func_instance(Check *c, Operand *x, Node *e, Type *target);
uint32_t check_expr_list(Check *c, NodeList list, Operand **out, bool allow_comma_ok, bool allow_generic);
void use_exprs(Check *c, NodeList list); /* evaluates for side effects on used-ness after an error */
void use_expr(Check *c, Node *e);
void use_lhs(Check *c, NodeList list);

/* ---- check_builtin.c ---- */
void check_builtin(Check *c, Operand *x, CallExpr *e, Builtin id);
bool builtin_is_statement(Builtin id);
const char *builtin_name(Builtin id);

/* ---- check_stmt.c ---- */
void check_body(Check *c, FuncInfo *func, Scope *scope, Pos end);
void check_stmt(Check *c, Node *s, bool fallthrough_ok, bool final_case);
void check_stmts(Check *c, NodeList list);
void check_clause_body(Check *c, NodeList list, bool fallthrough_ok, bool final_case);
void report_unused(Check *c, BodyState *body, Severity severity);

/* ---- check_assign.c ---- */
void check_assign_stmt(Check *c, AssignStmt *s);
void assign_variable(Check *c, Node *lhs, Node *rhs, Operand *x, const char *context);
void init_variables(Check *c, Object **lhs, uint32_t count, NodeList rhs, Node *return_stmt);
void init_variable(Check *c, Object *lhs, Operand *x, const char *context);
void init_constant(Check *c, Object *lhs, Operand *x);
void define_variables(Check *c, Pos pos, Node **lhs, uint32_t count, Object ***out, VEC_OF_OBJECTS *fresh);

/* ---- check_switch.c ---- */
void check_switch_stmt(Check *c, SwitchStmt *s);
void check_type_switch_stmt(Check *c, TypeSwitchStmt *s);
void check_select_stmt(Check *c, SelectStmt *s);

/* ---- check_range.c ---- */
void check_range_stmt(Check *c, RangeStmt *s);

/* ---- check_flow.c ---- */
void check_branches(Check *c, BlockStmt *body); /* labels, targets of break, continue, goto and fallthrough */
bool is_terminating(Check *c, Node *s);
bool list_is_terminating(Check *c, NodeList list);

#endif
