/* SPDX-License-Identifier: MIT */
/* check.h: the checker's own state, and what its files call in each other. Reading order: check.c resolve.c check_piece.c
 * check_decl.c init_order.c check_type.c check_func_type.c check_generic.c check_operand.c check_expr.c check_binary.c
 * check_index.c check_lit.c check_selector.c check_call.c check_builtin.c check_stmt.c check_assign.c check_switch.c
 * check_range.c check_flow.c. */
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

enum {
	NODE_SHIFT_LHS = 1, /* Node.flags: left operand of a non-constant shift, still untyped */
	NODE_HAS_BREAK = 2, /* a break leaves this statement */
};

enum { /* what a statement stands in, for fallthrough */
	STMT_FALLTHROUGH_OK = 1,
	STMT_LAST_CASE = 2,
	STMT_TYPE_SWITCH = 4,
};

enum {
	MAX_EXPR_DEPTH = 1500,     /* recursion over expressions, types and statements together */
	MAX_DECL_DEPTH = 1000,     /* declarations resolving each other */
	MAX_NUMBER_LITERAL = 10000 /* digits, as Go's compiler */
};

/* The context of check_assignment for arguments; the function is Check.argument_of. */
#define ARGUMENT_CONTEXT "argument to"
#define VAR_DECL_CONTEXT "variable declaration"

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
};
typedef struct DeclInfo DeclInfo;

typedef struct ObjectList {
	VEC(Object *) list;
} ObjectList;

typedef struct Layout {
	int64_t size, align;
} Layout;

typedef struct OperandList {
	Operand *items;
	uint32_t len, cap;
} OperandList;

struct PackageState {
	VEC(FileState *) files;
	PtrMap methods;        /* Object* of a type name -> ObjectList* of its methods */
	VEC(Object *) objects; /* every package-level object in source order, methods and blanks included */
	VEC(FuncInfo *) bodies;
	VEC(Node *) script_stmts;
	VEC(FileState *) script_stmt_files; /* of each of them */
	VEC(Object *) script_vars;          /* for the report of unused ones */
	VEC(struct Instantiation *) instances; /* for check_growth.c */
	VEC(Object *) local_types;          /* defined types of functions */
	uint32_t types_numbered;            /* of these */
	bool script_has_statements;
	/* sessions (check_piece.c) */
	uint32_t first_order;     /* of the piece's objects: what is below belongs to earlier ones */
	VEC(struct Shadowed) shadowed; /* names of the scope that the piece changed, to be put back when it fails */
	VEC(struct Grown) grown;  /* types of earlier pieces that got methods */
	uint32_t scope_len;       /* Scope.ordered before the piece */
	uint32_t imports_len;     /* Package.imports before the piece */
	ObjectList dots;          /* dot imports so far */
};
typedef struct PackageState PackageState;

/* Type arguments for type parameters, somewhere in the package. */
typedef struct Instantiation {
	Pos pos;
	Type **params, **args;
	uint32_t count;
} Instantiation;

/* A name of a session's scope before the piece under way; NULL: it meant nothing. */
typedef struct Shadowed {
	Name *name;
	Object *object;
} Shadowed;

/* A type of an earlier piece and its methods before the piece under way. */
typedef struct Grown {
	Type *type;
	Object **methods;
	uint32_t len;
} Grown;

/* Per function body, literals included. */
typedef struct BodyState {
	VEC(Object *) locals;        /* variables that must be used */
	VEC(Node *) break_targets;   /* statements with NODE_HAS_BREAK */
} BodyState;

/* What changes when the checker enters another declaration or body; saved and restored by value. */
typedef struct Check Check;

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
	bool in_script;        /* among the top-level statements of a script */
} Env;

typedef struct TypeAt {
	Type *type;
	Pos pos;
} TypeAt;

typedef struct Later {
	void (*run)(struct Check *c, void *data);
	void *data;
	Env env;
} Later;

struct Check {
	Universe *u;
	Env env;
	uint32_t decl_depth;    /* type and object declarations under way; delayed work waits for 0 */
	uint32_t expr_depth;
	bool flushing;
	VEC(Object *) path;     /* objects being resolved, for cycles */
	VEC(Later) later, last; /* delayed work, and what comes after all of it */
	uint32_t later_done, last_done;
	uint32_t next_order;
	Node *argument_of;      /* callee, for messages about arguments */
	PtrMap interface_walks; /* private to check_interface_cycle */
	PtrMap layouts;         /* Type* of defined types -> their Layout */
};

/* ---- check.c ---- */
Check *check_of(Universe *u);
const char *buf_text(Check *c, Buf *buf);
const char *type_text(Check *c, Type *t);
const char *node_text(Check *c, Node *n);
const char *position_text(Check *c, Pos pos);
const char *kind_text(Check *c, Type *t);
const char *operand_text(Check *c, const Operand *x);
void check_report(Check *c, Severity severity, ErrorCode code, Pos pos, const char *format, ...) PRINTF_LIKE(5, 6);
#define REPORT(c, severity, pos, code, ...) \
	check_report((c), (severity), ERR_##code, (pos), ERROR_FORMAT_##code, ##__VA_ARGS__)
#define FAIL(c, pos, code, ...) REPORT(c, SEVERITY_ERROR, pos, code, ##__VA_ARGS__)
#define WARN(c, pos, code, ...) REPORT(c, SEVERITY_WARNING, pos, code, ##__VA_ARGS__)
bool language_has(Check *c, unsigned minor);
const char *language_source(Check *c);
bool require_language(Check *c, Pos pos, unsigned minor, const char *format, ...) PRINTF_LIKE(4, 5);
void drop_follow_ups(Check *c, uint32_t before);
bool is_blank(const Name *name);
Name *name_of(Check *c, const char *s);
bool is_const_type(Type *t);
bool is_generic_type(Type *t);
bool is_generic_signature(Type *t);
void env_set(Check *c, Env env);
void check_later(Check *c, void (*run)(Check *, void *), void *data);
void check_last(Check *c, void (*run)(Check *, void *), void *data);
void check_flush(Check *c);
Scope *declaration_scope(Check *c);
Scope *scope_open(Check *c, Pos pos, Pos end);
void declare(Check *c, Scope *scope, Object *o);
Object *new_local(Check *c, Ident *name, Type *type);
void check_add_dep(Check *c, Object *o);
Object *lookup_name(Check *c, Name *name);
/* Whether what is checked now will not be used. Library packages are small, and the compiler has them checked piece by piece
 * while it uses the pieces: they are always checked to the end. */
static inline bool check_stops(Check *c) {
	return (!c->env.package || !c->env.package->is_library) && arena_stops(c->u->arena);
}
static inline Type *basic(Check *c, TypeKind kind) { return c->u->basic[kind]; }
static inline Type *invalid_type(Check *c) { return c->u->basic[TYPE_INVALID]; }
static inline bool type_valid(Type *t) { return t && type_unalias(t)->kind != TYPE_INVALID; }
static inline bool is_type_param(Type *t) { return type_unalias(t)->kind == TYPE_PARAM; }
static inline Type *under(Type *t) { return type_underlying(t); }
static inline bool under_is(Type *t, TypeKind kind) { return !is_type_param(t) && under(t)->kind == kind; }

void check_user_package(Check *c, Package *pkg);

/* ---- resolve.c ---- */
Object *import_guess(Check *c, const Ident *id);
void check_import_conflicts(Check *c, Package *pkg);
/* Notes that pkg imports a package, which is then initialized before it. */
void package_add_import(Check *c, Package *pkg, Package *imported);
/* check_foreign.c: finds what stands for functions without a body; later, whether its type is theirs. */
void check_foreign_functions(Check *c, Package *pkg);
void check_foreign_types(Check *c, const Package *pkg);
void report_unused_imports(Check *c, Package *pkg);
void check_const_arity(Check *c, ValueSpec *spec, ValueSpec *source);
void check_var_arity(Check *c, ValueSpec *spec);
void collect_objects(Check *c, Package *pkg);
/* check_embed.c: notes a //go:embed on its variable; makes the initializer when the type is known (NULL: none, or an error
 * was reported). */
void check_embed(Check *c, const File *file, const char *text, uint32_t len, Pos pos);
Node *embedded_value(Check *c, const ValueSpec *spec, Type *type);
void check_directives(Check *c, const Package *pkg); /* //go: comments; after its objects were collected */

/* ---- check_piece.c ---- */
/* Whether o was declared by an earlier piece of the session: declaring its name again is no error. */
bool is_of_earlier_piece(Check *c, const Scope *scope, const Object *o);
void replace_earlier(Check *c, Scope *scope, Object *old, Object *o);
/* The last statement of a piece, to be put in its place: its values go to variables (Package.values). */
Node *keep_value(Check *c, ExprStmt *s);
void add_piece_methods(Check *c, Package *pkg);

/* ---- check_decl.c ---- */
void check_method_names(Check *c, void *named);
/* Both in order of reference; the report begins with the first. */
void report_type_cycle(Check *c, Object **cycle, uint32_t len);
/* Whether the declaration of a defined type is still under way. */
bool type_is_unresolved(Type *t);
void report_init_cycle(Check *c, Object **cycle, uint32_t len);
void resolve_var_init(Check *c, Object *o);
void resolve_object(Check *c, Object *o);
void check_local_decl(Check *c, GenDecl *decl);

/* ---- init_order.c ---- */
void order_package(Check *c, Package *pkg);

/* ---- check_type.c ---- */
Type *type_from_operand(Check *c, Operand *x);
Type *check_generic_or_type(Check *c, Node *e);
Type *check_type(Check *c, Node *e);
void require_var_type(Check *c, Type *t, Pos pos);
Type *check_var_type(Check *c, Node *e);
Type *check_constraint(Check *c, Node *e);

/* ---- check_func_type.c ---- */
void check_signature(Check *c, Type *sig, FuncType *ft, Field *recv, Scope *scope);

/* ---- check_generic.c ---- */
void declare_type_params(Check *c, NodeList fields, Type ***out, uint32_t *count);
bool check_type_arg_count(Check *c, Node *generic, uint32_t have, uint32_t want);
Type *check_instance_type(Check *c, IndexExpr *e);
Type *signature_without_params(Check *c, Type *signature);
Type *instantiate_signature(Check *c, Pos pos, Type *signature, Type **args, uint32_t count);
void record_instance(Check *c, Ident *name, Type **args, uint32_t count, Type *signature);
void check_interface_cycle(Check *c, void *type_at);
void check_finite_later(Check *c, Object *type_name);

/* ---- check_growth.c ---- */
void check_instantiation_cycles(Check *c, Package *pkg);

/* ---- check_operand.c ---- */
void operand_invalidate(Operand *x);
bool operand_is_nil(const Operand *x);
void operand_record(Check *c, Operand *x);
void update_expr_type(Check *c, Node *e, Type *t, bool final);
void operand_set_type(Check *c, Operand *x, Type *t, Const *value);
void convert_untyped(Check *c, Operand *x, Type *target);
void default_operand(Check *c, Operand *x);
bool check_representable(Check *c, Operand *x, Type *t);
void check_overflow(Check *c, Operand *x, Pos op_pos);
void check_single_value(Check *c, Operand *x);
void check_assignment(Check *c, Operand *x, Type *t, const char *context);
void check_conversion(Check *c, Operand *x, Type *t);
Object *variable_around(Node *e);
void mark_address_taken(Node *e);

/* ---- check_expr.c ---- */
void check_raw_expr(Check *c, Operand *x, Node *e, Type *hint, bool allow_generic);
void report_not_value(Check *c, Operand *x);
void check_expr_hint(Check *c, Operand *x, Node *e, Type *hint);
void check_expr(Check *c, Operand *x, Node *e);
void check_expr_or_type(Check *c, Operand *x, Node *e, bool allow_generic);
void check_condition(Check *c, Node *e, const char *statement);
void operand_of_object(Check *c, Operand *x, Object *o);
void check_ident(Check *c, Operand *x, Ident *e, bool want_type);
bool check_assertable(Check *c, Operand *x, Type *t, Node *e, bool in_switch);

/* ---- check_binary.c ---- */
bool type_is_ordered(Type *t);
void check_unary(Check *c, Operand *x, UnaryExpr *e, Type *hint);
void match_operands(Check *c, Operand *x, Operand *y);
void check_comparison(Check *c, Operand *x, Operand *y, Token op, bool switch_case);
void check_binary_op(Check *c, Operand *x, Node *lhs, Node *rhs, Token op, Pos op_pos);
void check_binary_expr(Check *c, Operand *x, BinaryExpr *e);

/* ---- check_index.c ---- */
bool check_int_operand(Check *c, Operand *x, const char *what, bool allow_negative);
int64_t check_index_value(Check *c, Node *index, int64_t max);
bool check_index(Check *c, Operand *x, IndexExpr *e);
void check_slice(Check *c, Operand *x, SliceExpr *e);

/* ---- check_lit.c ---- */
void check_composite_lit(Check *c, Operand *x, CompositeLit *e, Type *hint);
void check_func_lit(Check *c, Operand *x, FuncLit *e);

/* ---- check_selector.c ---- */
void check_selector(Check *c, Operand *x, SelectorExpr *e, bool want_type);

/* ---- check_call.c ---- */
bool use_expr(Check *c, Node *e);
bool use_exprs(Check *c, NodeList list);
void check_expr_list(Check *c, NodeList list, OperandList *out, bool allow_generic);
const char *operands_summary(Check *c, const Operand *items, uint32_t count);
const char *params_summary(Check *c, Object **params, uint32_t count, bool variadic);
void check_func_instance(Check *c, Operand *x, Node *e, Type *target);
void check_call(Check *c, Operand *x, CallExpr *e);

/* ---- check_layout.c ---- */
Layout type_layout(Check *c, Type *t);
int64_t field_offset(Check *c, Type *st, uint32_t index);
bool type_is_too_large(Check *c, Type *t);

/* ---- check_builtin.c ---- */
bool builtin_is_statement(Builtin id);
void check_builtin(Check *c, Operand *x, CallExpr *e, Builtin id);

/* ---- check_stmt.c ---- */
void check_body(Check *c, FuncInfo *func);
void check_script_body(Check *c, FuncInfo *func, PackageState *state);
void check_clause_body(Check *c, NodeList list, uint8_t flags);
void mark_loop_variables(Check *c, Scope *scope);
void check_stmt(Check *c, Node *s, uint8_t flags);

/* ---- check_assign.c ---- */
void assign_operand(Check *c, Node *lhs, Operand *x, const char *context);
void init_variable(Check *c, Object *lhs, Operand *x, const char *context);
void init_constant(Check *c, Object *lhs, Operand *x);
void init_variables(Check *c, Object **lhs, uint32_t count, NodeList rhs, Node *return_stmt, const char *context);
void check_assign_stmt(Check *c, AssignStmt *s);

/* ---- check_switch.c ---- */
void check_switch_stmt(Check *c, SwitchStmt *s);
void check_type_switch_stmt(Check *c, TypeSwitchStmt *s);
void check_select_stmt(Check *c, SelectStmt *s);

/* ---- check_range.c ---- */
void check_range_stmt(Check *c, RangeStmt *s);

/* ---- check_flow.c ---- */
void check_branches(Check *c, BlockStmt *body);
bool list_is_terminating(NodeList list);

#endif
