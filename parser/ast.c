/* SPDX-License-Identifier: MIT */
/* ast.c: node constructors, the one walker, copies, ends, and the dump; everything here is made from ast.def.
 *
 * Rules: a V field that holds an Ident is part of its node, not a child: the walker passes it, a copy copies it.
 * Recursion is as deep as the tree, which the parser bounds (limits.h: MAX_NESTING, MAX_CHAIN). Frames are small because
 * the fields of a node are data (node_fields), not code in each of the functions that visit them. */
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

/* ---- the fields of each node, as data ---- */

typedef enum FieldClass {
	FIELD_END,
	FIELD_CHILD,      /* Node * of any kind, visited */
	FIELD_LIST,       /* NodeList, visited */
	FIELD_IDENT,      /* Ident *, part of the node */
	FIELD_PLAIN,      /* a value */
	FIELD_ANNOTATION, /* of the checker: not copied */
} FieldClass;

typedef struct FieldInfo {
	uint8_t class_;
	uint8_t size;
	uint16_t offset;
	const char *name, *type;
} FieldInfo;

/* A function, because only inside a block can each row know its struct (S). */
static const FieldInfo *node_fields(NodeKind kind) {
#define FIELD(class_, name, type) {class_, sizeof(((S *)0)->name), offsetof(S, name), #name, type},
#define C(name) FIELD(FIELD_CHILD, name, "")
#define L(name) FIELD(FIELD_LIST, name, "")
#define V(type, name)                                                                                                  \
	FIELD(_Generic(((S *)0)->name, Ident *: FIELD_IDENT, struct Object *: FIELD_ANNOTATION,                        \
	               struct Selection *: FIELD_ANNOTATION, void *: FIELD_ANNOTATION, Node *: FIELD_ANNOTATION,       \
	               default: FIELD_PLAIN),                                                                          \
	      name, #type)
#define NODE(kind_, Struct, class_, fields)                                                                            \
	case NODE_##kind_: {                                                                                           \
		typedef Struct S;                                                                                      \
		static const FieldInfo table[] = {fields{FIELD_END, 0, 0, "", ""}};                                    \
		return table;                                                                                          \
	}
	switch (kind) {
#include "parser/ast.def"
	case NODE_KIND_COUNT:
		break;
	}
#undef NODE
#undef C
#undef L
#undef V
#undef FIELD
	assert(!"node kind out of range");
	return NULL;
}

static inline void *field_of(const Node *n, const FieldInfo *f) {
	return (char *)(uintptr_t)n + f->offset;
}

static inline Node *child_of(const Node *n, const FieldInfo *f) {
	return *(Node **)field_of(n, f);
}

static inline NodeList list_of(const Node *n, const FieldInfo *f) {
	return *(NodeList *)field_of(n, f);
}

/* ---- walking ---- */

void ast_walk(Walker *w, Node *n) {
	if (n == NULL || !w->enter(w, n))
		return;
	for (const FieldInfo *f = node_fields((NodeKind)n->kind); f->class_ != FIELD_END; f++) {
		if (f->class_ == FIELD_CHILD) {
			ast_walk(w, child_of(n, f));
		} else if (f->class_ == FIELD_LIST) {
			NodeList list = list_of(n, f);
			for (uint32_t i = 0; i < list.len; i++)
				ast_walk(w, list.items[i]);
		}
	}
	if (w->leave != NULL)
		w->leave(w, n);
}

/* ---- copying ---- */

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
	for (const FieldInfo *f = node_fields((NodeKind)n->kind); f->class_ != FIELD_END; f++) {
		void *to = field_of(copy, f);
		if (f->class_ == FIELD_CHILD || f->class_ == FIELD_IDENT)
			*(Node **)to = ast_clone(arena, child_of(n, f));
		else if (f->class_ == FIELD_LIST)
			*(NodeList *)to = clone_list(arena, list_of(n, f));
		else if (f->class_ == FIELD_PLAIN)
			memcpy(to, field_of(n, f), f->size);
	}
	if (n->kind == NODE_CALL) { /* annotations in the guise of values */
		((CallExpr *)copy)->call_kind = CALL_CALL;
		((CallExpr *)copy)->builtin = 0;
	}
	return copy;
}

/* ---- ends ---- */

static const Node *last_child(const Node *n) {
	const Node *last = NULL;
	for (const FieldInfo *f = node_fields((NodeKind)n->kind); f->class_ != FIELD_END; f++) {
		if (f->class_ == FIELD_CHILD && child_of(n, f) != NULL)
			last = child_of(n, f);
		else if (f->class_ == FIELD_LIST && list_of(n, f).len != 0)
			last = list_of(n, f).items[list_of(n, f).len - 1];
	}
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
		const Node *last = last_child(n);
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

/* V fields that say something about the program: not positions, not annotations. */
static void dump_value(Buf *out, const FieldInfo *f, const void *value) {
	if (f->class_ == FIELD_IDENT) {
		if (*(Ident *const *)value != NULL)
			buf_printf(out, " %s=%s", f->name, (*(Ident *const *)value)->name->text);
	} else if (strcmp(f->type, "Token") == 0) {
		if (*(const Token *)value != TOK_NONE)
			buf_printf(out, " %s=%s", f->name, token_spelling(*(const Token *)value));
	} else if (strcmp(f->type, "bool") == 0) {
		if (*(const bool *)value)
			buf_printf(out, " %s", f->name);
	} else if (strcmp(f->type, "Name *") == 0) {
		buf_printf(out, " %s", (*(Name *const *)value)->text);
	} else if (strcmp(f->type, "Str") == 0) {
		buf_putc(out, ' ');
		buf_put(out, ((const Str *)value)->ptr, ((const Str *)value)->len);
	} else if (strcmp(f->name, "dir") == 0) {
		static const char *const dirs[] = {"both", "send", "receive"};
		buf_printf(out, " dir=%s", dirs[*(const uint8_t *)value]);
	} else if (strcmp(f->name, "ellipsis") == 0) {
		buf_puts(out, *(const Pos *)value != 0 ? " ellipsis" : "");
	} else if (strcmp(f->name, "go_version") == 0 && *(const uint16_t *)value != 0) {
		buf_printf(out, " go1.%u", *(const uint16_t *)value);
	}
}

static NOINLINE void dump_line(const Dump *d, const char *label, const Node *n) {
	enum { MAX_INDENT = 100 }; /* a chain of thousands of operators is readable at no indentation */
	for (uint32_t i = 0; i < d->depth && i < MAX_INDENT; i++)
		buf_puts(d->out, "  ");
	if (label != NULL)
		buf_printf(d->out, "%s: ", label);
	buf_puts(d->out, ast_kind_name((NodeKind)n->kind));
	for (const FieldInfo *f = node_fields((NodeKind)n->kind); f->class_ != FIELD_END; f++) {
		if (f->class_ == FIELD_PLAIN || f->class_ == FIELD_IDENT)
			dump_value(d->out, f, field_of(n, f));
	}
	buf_putc(d->out, '\n');
}

static void dump_node(Dump *d, const char *label, const Node *n) {
	dump_line(d, label, n);
	d->depth++;
	for (const FieldInfo *f = node_fields((NodeKind)n->kind); f->class_ != FIELD_END; f++) {
		if (f->class_ == FIELD_CHILD && child_of(n, f) != NULL)
			dump_node(d, f->name, child_of(n, f));
		for (uint32_t i = 0; f->class_ == FIELD_LIST && i < list_of(n, f).len; i++)
			dump_node(d, f->name, list_of(n, f).items[i]);
	}
	d->depth--;
}

void ast_dump(const Node *n, Buf *out) {
	Dump d = {.out = out};
	dump_node(&d, NULL, n);
}
