/* SPDX-License-Identifier: MIT */
/* ast.h: the tree. Struct types are made from ast.def; constructors and the one walker are in ast.c.
 *
 * The checker annotates the tree in place (Node.type, Node.value, Node.mode, Ident.object, ...): every consumer after it
 * reads the annotations and never re-derives them. In the body of a generic function the annotations speak of type
 * parameters; the compiler substitutes. */
#ifndef GOL_PARSER_AST_H
#define GOL_PARSER_AST_H

#include "base/diag.h"
#include "lexer/token.h"

struct Type;
struct Const;
struct Object;
struct Selection;

typedef enum NodeKind {
#define C(name)
#define L(name)
#define V(type, name)
#define NODE(kind, Struct, class_, fields) NODE_##kind,
#include "parser/ast.def"
#undef NODE
	NODE_KIND_COUNT
} NodeKind;

/* What an expression is, recorded by the checker. */
typedef enum Mode {
	MODE_NONE,      /* not checked, or an error was reported */
	MODE_NOVALUE,   /* call without results */
	MODE_BUILTIN,
	MODE_TYPE,
	MODE_CONST,     /* value != NULL */
	MODE_VAR,       /* addressable */
	MODE_MAPINDEX,  /* m[k]: not addressable, assignable; comma-ok allowed */
	MODE_VALUE,
	MODE_NIL,       /* the predeclared nil; type is the type it was converted to */
	MODE_COMMAOK,   /* like VALUE, comma-ok allowed (receive, type assertion) */
} Mode;

typedef struct Node {
	uint8_t kind;   /* NodeKind */
	uint8_t mode;   /* Mode; expressions only */
	uint8_t commaok; /* 1: used in a two-value context; type is then the tuple's first type */
	uint8_t flags;  /* private to the phase that is running, 0 between phases */
	Pos pos;        /* of the first character (of the operator for binary: the left operand) */
	struct Type *type;   /* expressions: final type (untyped only where Go leaves it so, e.g. in println args: never after checking) */
	struct Const *value; /* constant value, of type `type`; NULL otherwise */
} Node;

typedef struct NodeList {
	Node **items;
	uint32_t len;
} NodeList;

enum { CHAN_BOTH = 0, CHAN_SEND = 1, CHAN_RECV = 2 };
enum { CALL_CALL = 0, CALL_CONVERSION = 1, CALL_BUILTIN = 2 }; /* CallExpr.call_kind, set by the checker */

#undef C
#undef L
#undef V
#define C(name) Node *name;
#define L(name) NodeList name;
#define V(type, name) type name;
#define NODE(kind, Struct, class_, fields) typedef struct Struct Struct;
#include "parser/ast.def"
#undef NODE
#define NODE(kind, Struct, class_, fields)                                                                             \
	struct Struct {                                                                                                \
		Node node;                                                                                             \
		fields                                                                                                 \
	};
#include "parser/ast.def"
#undef NODE
#undef C
#undef L
#undef V

/* The unparsed body of a function in a lazily compiled package: parser_parse_body makes FuncDecl.body of it. */
typedef struct LazyBody {
	SourceFile *source;
	Pos lbrace, end; /* end: just past the closing brace */
} LazyBody;

/* AS(BinaryExpr, n): cast with a kind check in debug builds. */
#define AST_KIND_OF(Struct) AST_KIND_##Struct
enum {
#define C(name)
#define L(name)
#define V(type, name)
#define NODE(kind, Struct, class_, fields) AST_KIND_##Struct = NODE_##kind,
#include "parser/ast.def"
#undef NODE
#undef C
#undef L
#undef V
};
static inline Node *ast_as(const Node *n, NodeKind kind) {
	assert(n->kind == kind);
	return (Node *)(uintptr_t)n;
}
#define AS(Struct, n) ((Struct *)ast_as((const Node *)(n), (NodeKind)AST_KIND_##Struct))
#define NEW_NODE(arena, Struct, position) ((Struct *)ast_new_node((arena), sizeof(Struct), (NodeKind)AST_KIND_##Struct, (position)))

Node *ast_new_node(Arena *arena, size_t size, NodeKind kind, Pos pos);
const char *ast_kind_name(NodeKind kind);
bool ast_is_expr(const Node *n);
bool ast_is_stmt(const Node *n);
Node *ast_unparen(Node *n);
Pos ast_end(const Node *n); /* position just past the node, best effort */

/* Pre-order walk in source order; `enter` returns false to skip the children. leave may be NULL. */
typedef struct Walker {
	bool (*enter)(struct Walker *w, Node *n);
	void (*leave)(struct Walker *w, Node *n);
	void *data;
} Walker;
void ast_walk(Walker *w, Node *n);

/* Deep copy without annotations (used where one tree must be checked twice: repeated const specs). */
Node *ast_clone(Arena *arena, Node *n);

/* Tree -> Go text, gofmt-like layout (one canonical form; comments are not kept). */
void ast_print(const Node *n, Buf *out);
/* Short text of an expression for messages, as go/types prints it (function bodies elided). */
void ast_print_expr(const Node *n, Buf *out);
/* Indented structure for `gol build --emit=ast`. */
void ast_dump(const Node *n, Buf *out);

#endif
