/* SPDX-License-Identifier: MIT */
/* ast.c: node constructors, the one walker, copies, ends, and the dump; everything here is made from ast.def.
 *
 * Rules: a V field that holds an Ident is part of its node, not a child: the walker does not visit it, a copy copies it.
 * Recursion is as deep as the tree, which the parser bounds (limits.h: MAX_NESTING, MAX_CHAIN); frames are kept small. */
#include "parser/ast.h"

/* ---- tables ---- */

enum { CLASS_EXPR, CLASS_STMT, CLASS_DECL, CLASS_OTHER };

static const struct {
	const char *name;
	uint8_t class_;
	uint16_t size;
} kinds[NODE_KIND_COUNT] = {
#define NODE(kind, Struct, class_, fields) {#Struct, CLASS_##class_, sizeof(Struct)},
#include "parser/ast.def"
#undef NODE
};

Node *ast_new_node(Arena *arena, size_t size, NodeKind kind, Pos pos) {
	Node *n = arena_alloc(arena, size);
	n->kind = (uint8_t)kind;
	n->pos = pos;
	return n;
}

const char *ast_kind_name(NodeKind kind) {
	return kinds[kind].name;
}

bool ast_is_expr(const Node *n) {
	return kinds[n->kind].class_ == CLASS_EXPR;
}

bool ast_is_stmt(const Node *n) {
	return kinds[n->kind].class_ == CLASS_STMT;
}

Node *ast_unparen(Node *n) {
	while (n != NULL && n->kind == NODE_PAREN)
		n = ((ParenExpr *)n)->x;
	return n;
}

/* From here on every function that must see the fields of a node switches over its kind, each case declaring `s` and
 * saying what C, L and V mean to it. */
#define NODE(kind_, Struct, class_, fields)                                                                            \
	case NODE_##kind_: {                                                                                           \
		Struct *s = (Struct *)n;                                                                               \
		(void)s;                                                                                               \
		fields                                                                                                 \
		break;                                                                                                 \
	}

/* ---- walking ---- */

void ast_walk(Walker *w, Node *n) {
	if (n == NULL || !w->enter(w, n))
		return;
#define C(name) ast_walk(w, s->name);
#define L(name)                                                                                                        \
	for (uint32_t i = 0; i < s->name.len; i++)                                                                     \
		ast_walk(w, s->name.items[i]);
#define V(type, name)
	switch ((NodeKind)n->kind) {
#include "parser/ast.def"
	case NODE_KIND_COUNT:
		break;
	}
#undef C
#undef L
#undef V
	if (w->leave != NULL)
		w->leave(w, n);
}

/* ---- copying ---- */

/* What a V field is, by its type. Annotations of the checker are not copied. */
typedef enum ValueClass { VALUE_PLAIN, VALUE_IDENT, VALUE_ANNOTATION } ValueClass;
#define VALUE_CLASS(v)                                                                                                 \
	_Generic((v), Ident *: VALUE_IDENT, struct Object *: VALUE_ANNOTATION, struct Selection *: VALUE_ANNOTATION,   \
	        void *: VALUE_ANNOTATION, Node *: VALUE_ANNOTATION, default: VALUE_PLAIN)

static void clone_value(Arena *arena, void *to, const void *from, size_t size, ValueClass class_) {
	if (class_ == VALUE_PLAIN)
		memcpy(to, from, size);
	else if (class_ == VALUE_IDENT)
		*(Ident **)to = (Ident *)ast_clone(arena, *(Node *const *)from);
}

static NodeList clone_list(Arena *arena, NodeList list) {
	NodeList copy = {list.len != 0 ? ARENA_ARRAY(arena, Node *, list.len) : NULL, list.len};
	for (uint32_t i = 0; i < list.len; i++)
		copy.items[i] = ast_clone(arena, list.items[i]);
	return copy;
}

Node *ast_clone(Arena *arena, Node *n) {
	if (n == NULL)
		return NULL;
	Node *copy = ast_new_node(arena, kinds[n->kind].size, (NodeKind)n->kind, n->pos);
#define C(name) ((__typeof__(s))copy)->name = ast_clone(arena, s->name);
#define L(name) ((__typeof__(s))copy)->name = clone_list(arena, s->name);
#define V(type, name)                                                                                                  \
	clone_value(arena, &((__typeof__(s))copy)->name, &s->name, sizeof(s->name), VALUE_CLASS(s->name));
	switch ((NodeKind)n->kind) {
#include "parser/ast.def"
	case NODE_KIND_COUNT:
		break;
	}
#undef C
#undef L
#undef V
	if (n->kind == NODE_CALL) {
		((CallExpr *)copy)->call_kind = CALL_CALL;
		((CallExpr *)copy)->builtin = 0;
	}
	return copy;
}

/* ---- ends ---- */

static const Node *last_child(Node *n) {
	const Node *last = NULL;
#define C(name)                                                                                                        \
	if (s->name != NULL)                                                                                           \
		last = s->name;
#define L(name)                                                                                                        \
	if (s->name.len != 0)                                                                                          \
		last = s->name.items[s->name.len - 1];
#define V(type, name)
	switch ((NodeKind)n->kind) {
#include "parser/ast.def"
	case NODE_KIND_COUNT:
		break;
	}
#undef C
#undef L
#undef V
	return last;
}

/* The position just past a node that says itself where it ends; 0 for others. */
static Pos own_end(const Node *n) {
	switch ((NodeKind)n->kind) {
	case NODE_BAD_EXPR:
		return ((const BadExpr *)n)->end;
	case NODE_BAD_STMT:
		return ((const BadStmt *)n)->end;
	case NODE_BAD_DECL:
		return ((const BadDecl *)n)->end;
	case NODE_IDENT:
		return n->pos + ((const Ident *)n)->name->len;
	case NODE_BASIC_LIT:
		return n->pos + (Pos)((const BasicLit *)n)->text.len;
	case NODE_COMPOSITE_LIT:
		return ((const CompositeLit *)n)->rbrace + 1;
	case NODE_INDEX:
		return ((const IndexExpr *)n)->rbrack + 1;
	case NODE_SLICE:
		return ((const SliceExpr *)n)->rbrack + 1;
	case NODE_CALL:
		return ((const CallExpr *)n)->rparen + 1;
	case NODE_STRUCT_TYPE:
		return ((const StructType *)n)->rbrace + 1;
	case NODE_INTERFACE_TYPE:
		return ((const InterfaceType *)n)->rbrace + 1;
	case NODE_BLOCK_STMT:
		return ((const BlockStmt *)n)->rbrace + 1;
	case NODE_SWITCH_STMT:
		return ((const SwitchStmt *)n)->rbrace + 1;
	case NODE_TYPE_SWITCH_STMT:
		return ((const TypeSwitchStmt *)n)->rbrace + 1;
	case NODE_SELECT_STMT:
		return ((const SelectStmt *)n)->rbrace + 1;
	default:
		return 0;
	}
}

/* Of nodes that end with a name which is not a child. */
static const Ident *last_name(const Node *n) {
	if (n->kind == NODE_SELECTOR)
		return ((const SelectorExpr *)n)->sel;
	return n->kind == NODE_BRANCH_STMT ? ((const BranchStmt *)n)->label : NULL;
}

Pos ast_end(const Node *n) {
	Pos closing = 0; /* length of what closes the nodes around n */
	for (;;) {
		Pos end = own_end(n);
		if (end != 0)
			return end + closing;
		const Ident *name = last_name(n);
		if (name != NULL)
			return name->node.pos + name->name->len + closing;
		if (n->kind == NODE_FUNC_DECL && ((const FuncDecl *)n)->lazy != NULL)
			return ((const FuncDecl *)n)->lazy->end;
		if (n->kind == NODE_PAREN || n->kind == NODE_TYPE_ASSERT)
			closing += 1;
		else if (n->kind == NODE_INC_DEC_STMT)
			closing += 2;
		const Node *last = last_child((Node *)n);
		if (last == NULL) {
			if (n->kind == NODE_BRANCH_STMT)
				closing += (Pos)strlen(token_spelling(((const BranchStmt *)n)->op));
			return n->pos + closing;
		}
		n = last;
	}
}

/* ---- the dump ---- */

typedef struct Dump {
	Buf *out;
	uint32_t depth;
} Dump;

static void dump_node(Dump *d, const char *label, const Node *n);

/* V fields that say something about the program: not positions, not annotations. */
static void dump_value(Dump *d, const char *type, const char *name, const void *value) {
	if (strcmp(type, "Token") == 0) {
		if (*(const Token *)value != TOK_NONE)
			buf_printf(d->out, " %s=%s", name, token_spelling(*(const Token *)value));
	} else if (strcmp(type, "bool") == 0) {
		if (*(const bool *)value)
			buf_printf(d->out, " %s", name);
	} else if (strcmp(type, "Name *") == 0) {
		buf_printf(d->out, " %s", (*(Name *const *)value)->text);
	} else if (strcmp(type, "Ident *") == 0) {
		if (*(Ident *const *)value != NULL)
			buf_printf(d->out, " %s=%s", name, (*(Ident *const *)value)->name->text);
	} else if (strcmp(type, "Str") == 0) {
		buf_putc(d->out, ' ');
		buf_put(d->out, ((const Str *)value)->ptr, ((const Str *)value)->len);
	} else if (strcmp(name, "dir") == 0) {
		static const char *const dirs[] = {"both", "send", "receive"};
		buf_printf(d->out, " dir=%s", dirs[*(const uint8_t *)value]);
	} else if (strcmp(name, "ellipsis") == 0) {
		if (*(const Pos *)value != 0)
			buf_puts(d->out, " ellipsis");
	} else if (strcmp(name, "go_version") == 0) {
		if (*(const uint16_t *)value != 0)
			buf_printf(d->out, " go1.%u", *(const uint16_t *)value);
	}
}

static void dump_children(Dump *d, Node *n) {
#define C(name) dump_node(d, #name, s->name);
#define L(name)                                                                                                        \
	for (uint32_t i = 0; i < s->name.len; i++)                                                                     \
		dump_node(d, #name, s->name.items[i]);
#define V(type, name)
	switch ((NodeKind)n->kind) {
#include "parser/ast.def"
	case NODE_KIND_COUNT:
		break;
	}
#undef C
#undef L
#undef V
}

static void dump_values(Dump *d, Node *n) {
#define C(name)
#define L(name)
#define V(type, name) dump_value(d, #type, #name, &s->name);
	switch ((NodeKind)n->kind) {
#include "parser/ast.def"
	case NODE_KIND_COUNT:
		break;
	}
#undef C
#undef L
#undef V
}

static void dump_node(Dump *d, const char *label, const Node *n) {
	enum { MAX_INDENT = 100 }; /* a chain of thousands of operators is readable at no indentation */
	if (n == NULL)
		return;
	for (uint32_t i = 0; i < d->depth && i < MAX_INDENT; i++)
		buf_puts(d->out, "  ");
	if (label != NULL)
		buf_printf(d->out, "%s: ", label);
	buf_puts(d->out, ast_kind_name((NodeKind)n->kind));
	dump_values(d, (Node *)n);
	buf_putc(d->out, '\n');
	d->depth++;
	dump_children(d, (Node *)n);
	d->depth--;
}

void ast_dump(const Node *n, Buf *out) {
	Dump d = {.out = out};
	dump_node(&d, NULL, n);
}
