/* SPDX-License-Identifier: MIT */
/* ast_print.c: tree -> Go text, for dumps, messages and round-trip tests.
 *
 * Rules: what is printed parses to the same tree; layout follows gofmt (tabs, one statement a line) without its
 * alignment. Parentheses are nodes, so precedence needs no thought here.
 * Why: one printer for both forms. In the short form, which messages use, everything stands on one line, and bodies and
 * literal values shrink to "{…}". */
#include "lexer/token.h"
#include "parser/ast.h"

typedef struct Printer {
	Buf *out;
	uint32_t indent;
	bool is_short;
} Printer;

static void print_expr(Printer *p, const Node *x);
static void print_stmt(Printer *p, const Node *s);
static void print_block(Printer *p, const Node *block);
static void print_gen_decl(Printer *p, const GenDecl *d);

static void put(Printer *p, const char *s) {
	buf_puts(p->out, s);
}

static void newline(Printer *p) {
	buf_putc(p->out, '\n');
	for (uint32_t i = 0; i < p->indent; i++)
		buf_putc(p->out, '\t');
}

static void print_list(Printer *p, NodeList list) {
	for (uint32_t i = 0; i < list.len; i++) {
		if (i > 0)
			put(p, ", ");
		print_expr(p, list.items[i]);
	}
}

/* ---- fields: parameters, struct fields, interface elements ---- */

static void print_signature(Printer *p, const FuncType *type);

static void print_names(Printer *p, NodeList names) {
	print_list(p, names);
	if (names.len != 0)
		put(p, " ");
}

static void print_params(Printer *p, NodeList fields) {
	for (uint32_t i = 0; i < fields.len; i++) {
		const Field *field = AS(Field, fields.items[i]);
		if (i > 0)
			put(p, ", ");
		print_names(p, field->names);
		print_expr(p, field->type);
	}
}

/* A comma tells [P *C,] from an array length. */
static void print_type_params(Printer *p, NodeList fields) {
	if (fields.len == 0)
		return;
	put(p, "[");
	print_params(p, fields);
	const Field *only = AS(Field, fields.items[0]);
	uint8_t kind = only->type->kind;
	if (fields.len == 1 && only->names.len == 1 && (kind == NODE_STAR || kind == NODE_PAREN || kind == NODE_BINARY))
		put(p, ",");
	put(p, "]");
}

static void print_signature(Printer *p, const FuncType *type) {
	print_type_params(p, type->type_params);
	put(p, "(");
	print_params(p, type->params);
	put(p, ")");
	if (type->results.len == 0)
		return;
	put(p, " ");
	const Field *first = AS(Field, type->results.items[0]);
	bool bare = type->results.len == 1 && first->names.len == 0;
	put(p, bare ? "" : "(");
	print_params(p, type->results);
	put(p, bare ? "" : ")");
}

static void print_field(Printer *p, const Field *field) {
	if (field->type->kind == NODE_FUNC_TYPE && field->names.len == 1 && ((FuncType *)field->type)->func_pos == 0) {
		print_expr(p, field->names.items[0]); /* a method of an interface */
		print_signature(p, (const FuncType *)field->type);
		return;
	}
	print_names(p, field->names);
	print_expr(p, field->type);
	if (field->tag != NULL) {
		put(p, " ");
		print_expr(p, field->tag);
	}
}

static void print_fields(Printer *p, const char *keyword, NodeList fields) {
	put(p, keyword);
	if (fields.len == 0 || p->is_short) {
		put(p, "{");
		for (uint32_t i = 0; i < fields.len; i++) {
			put(p, i > 0 ? "; " : "");
			print_field(p, AS(Field, fields.items[i]));
		}
		put(p, "}");
		return;
	}
	put(p, " {");
	p->indent++;
	for (uint32_t i = 0; i < fields.len; i++) {
		newline(p);
		print_field(p, AS(Field, fields.items[i]));
	}
	p->indent--;
	newline(p);
	put(p, "}");
}

/* ---- composite literals ---- */

enum { LINE_WIDTH = 80 };

/* Subtracts the rough width of what it visits from the budget in data, and stops when it is used up. */
static bool subtract_width(Walker *w, Node *n) {
	int *budget = w->data;
	*budget -= 2;
	if (n->kind == NODE_IDENT)
		*budget -= (int)((Ident *)n)->name->len;
	else if (n->kind == NODE_SELECTOR)
		*budget -= (int)((SelectorExpr *)n)->sel->name->len;
	else if (n->kind == NODE_BASIC_LIT)
		*budget -= ((BasicLit *)n)->text.len > LINE_WIDTH ? LINE_WIDTH : (int)((BasicLit *)n)->text.len;
	else if (n->kind == NODE_FUNC_LIT || n->kind == NODE_STRUCT_TYPE || n->kind == NODE_INTERFACE_TYPE)
		*budget -= LINE_WIDTH;
	return *budget > 0;
}

static bool fits_line(const CompositeLit *lit) {
	int budget = LINE_WIDTH;
	Walker w = {.enter = subtract_width, .data = &budget};
	for (uint32_t i = 0; i < lit->elements.len && budget > 0; i++)
		ast_walk(&w, lit->elements.items[i]);
	return budget > 0;
}

static void print_composite(Printer *p, const CompositeLit *lit) {
	if (lit->type != NULL)
		print_expr(p, lit->type);
	put(p, "{");
	if (p->is_short) {
		put(p, lit->elements.len != 0 ? "…" : "");
	} else if (fits_line(lit)) {
		print_list(p, lit->elements);
	} else {
		p->indent++;
		for (uint32_t i = 0; i < lit->elements.len; i++) {
			newline(p);
			print_expr(p, lit->elements.items[i]);
			put(p, ",");
		}
		p->indent--;
		newline(p);
	}
	put(p, "}");
}

/* ---- expressions ---- */

/* "- -x", "& &x", "& ^x": without the blank they would read as other operators. */
static void print_unary(Printer *p, const UnaryExpr *x) {
	put(p, token_spelling(x->op));
	if (x->x->kind == NODE_UNARY) {
		Token inner = ((const UnaryExpr *)x->x)->op;
		bool merges = (inner == x->op && (inner == TOK_ADD || inner == TOK_SUB || inner == TOK_AND)) ||
		              (x->op == TOK_AND && inner == TOK_XOR);
		put(p, merges ? " " : "");
	}
	print_expr(p, x->x);
}

static void print_binary(Printer *p, const BinaryExpr *x) {
	print_expr(p, x->x);
	buf_printf(p->out, " %s ", token_spelling(x->op));
	print_expr(p, x->y);
}

static void print_slice(Printer *p, const SliceExpr *x) {
	print_expr(p, x->x);
	put(p, "[");
	if (x->low != NULL)
		print_expr(p, x->low);
	put(p, ":");
	if (x->high != NULL)
		print_expr(p, x->high);
	if (x->three) {
		put(p, ":");
		print_expr(p, x->max);
	}
	put(p, "]");
}

/* Whether "..." right behind x would read as part of a number: f(1 ...). */
static bool ends_with_number(const Node *x) {
	for (;;) {
		if (x->kind == NODE_BINARY)
			x = ((const BinaryExpr *)x)->y;
		else if (x->kind == NODE_UNARY)
			x = ((const UnaryExpr *)x)->x;
		else
			return x->kind == NODE_BASIC_LIT && ((const BasicLit *)x)->token != TOK_STRING;
	}
}

static void print_call(Printer *p, const CallExpr *x) {
	print_expr(p, x->fun);
	put(p, "(");
	print_list(p, x->args);
	if (x->ellipsis != 0)
		put(p, ends_with_number(x->args.items[x->args.len - 1]) ? " ..." : "...");
	put(p, ")");
}

static void print_func_lit(Printer *p, const FuncLit *x) {
	print_expr(p, x->type);
	put(p, " ");
	if (p->is_short)
		put(p, AS(BlockStmt, x->body)->stmts.len != 0 ? "{…}" : "{}");
	else if (AS(BlockStmt, x->body)->stmts.len == 0)
		put(p, "{}");
	else
		print_block(p, x->body);
}

static void print_array_type(Printer *p, const ArrayType *x) {
	put(p, "[");
	if (x->len != NULL)
		print_expr(p, x->len);
	put(p, "]");
	print_expr(p, x->elem);
}

static void print_chan_type(Printer *p, const ChanType *x) {
	put(p, x->dir == CHAN_RECV ? "<-chan " : x->dir == CHAN_SEND ? "chan<- " : "chan ");
	print_expr(p, x->value);
}

static void print_type_expr(Printer *p, const Node *x) {
	switch ((NodeKind)x->kind) {
	case NODE_ARRAY_TYPE:
		print_array_type(p, (const ArrayType *)x);
		break;
	case NODE_ELLIPSIS:
		put(p, "...");
		if (((const Ellipsis *)x)->elem != NULL)
			print_expr(p, ((const Ellipsis *)x)->elem);
		break;
	case NODE_STRUCT_TYPE:
		print_fields(p, "struct", ((const StructType *)x)->fields);
		break;
	case NODE_FUNC_TYPE:
		put(p, "func");
		print_signature(p, (const FuncType *)x);
		break;
	case NODE_INTERFACE_TYPE:
		print_fields(p, "interface", ((const InterfaceType *)x)->methods);
		break;
	case NODE_MAP_TYPE:
		put(p, "map[");
		print_expr(p, ((const MapType *)x)->key);
		put(p, "]");
		print_expr(p, ((const MapType *)x)->value);
		break;
	case NODE_CHAN_TYPE:
		print_chan_type(p, (const ChanType *)x);
		break;
	default:
		put(p, "<bad expr>"); /* the source did not parse */
	}
}

/* x and the dot behind it; "1.x" would read as a number. */
static void print_dot(Printer *p, const Node *x) {
	print_expr(p, x);
	put(p, x->kind == NODE_BASIC_LIT && ((const BasicLit *)x)->token == TOK_INT ? " ." : ".");
}

/* x.sel, x[...], x.(T) */
static void print_postfix(Printer *p, const Node *x) {
	if (x->kind == NODE_SELECTOR) {
		print_dot(p, ((const SelectorExpr *)x)->x);
		put(p, ((const SelectorExpr *)x)->sel->name->text);
	} else if (x->kind == NODE_INDEX) {
		print_expr(p, ((const IndexExpr *)x)->x);
		put(p, "[");
		print_list(p, ((const IndexExpr *)x)->indices);
		put(p, "]");
	} else {
		const TypeAssertExpr *assertion = AS(TypeAssertExpr, x);
		print_dot(p, assertion->x);
		put(p, "(");
		if (assertion->type != NULL)
			print_expr(p, assertion->type);
		else
			put(p, "type");
		put(p, ")");
	}
}

static void print_expr(Printer *p, const Node *x) {
	switch ((NodeKind)x->kind) {
	case NODE_IDENT:
		put(p, ((const Ident *)x)->name->text);
		break;
	case NODE_BASIC_LIT:
		buf_put(p->out, ((const BasicLit *)x)->text.ptr, ((const BasicLit *)x)->text.len);
		break;
	case NODE_COMPOSITE_LIT:
		print_composite(p, (const CompositeLit *)x);
		break;
	case NODE_KEY_VALUE:
		print_expr(p, ((const KeyValueExpr *)x)->key);
		put(p, ": ");
		print_expr(p, ((const KeyValueExpr *)x)->value);
		break;
	case NODE_FUNC_LIT:
		print_func_lit(p, (const FuncLit *)x);
		break;
	case NODE_PAREN:
		put(p, "(");
		print_expr(p, ((const ParenExpr *)x)->x);
		put(p, ")");
		break;
	case NODE_SELECTOR:
	case NODE_INDEX:
	case NODE_TYPE_ASSERT:
		print_postfix(p, x);
		break;
	case NODE_SLICE:
		print_slice(p, (const SliceExpr *)x);
		break;
	case NODE_CALL:
		print_call(p, (const CallExpr *)x);
		break;
	case NODE_STAR:
		put(p, "*");
		print_expr(p, ((const StarExpr *)x)->x);
		break;
	case NODE_UNARY:
		print_unary(p, (const UnaryExpr *)x);
		break;
	case NODE_BINARY:
		print_binary(p, (const BinaryExpr *)x);
		break;
	default:
		print_type_expr(p, x);
	}
}

/* ---- declarations ---- */

static void print_value_spec(Printer *p, const ValueSpec *spec) {
	print_list(p, spec->names);
	if (spec->type != NULL) {
		put(p, " ");
		print_expr(p, spec->type);
	}
	if (spec->values.len != 0) {
		put(p, " = ");
		print_list(p, spec->values);
	}
}

static void print_spec(Printer *p, const Node *spec) {
	if (spec->kind == NODE_VALUE_SPEC) {
		print_value_spec(p, (const ValueSpec *)spec);
	} else if (spec->kind == NODE_TYPE_SPEC) {
		const TypeSpec *type = (const TypeSpec *)spec;
		put(p, type->name->name->text);
		/* "T[P any]", but "T [n]E" */
		print_type_params(p, type->type_params);
		put(p, type->is_alias ? " = " : " ");
		print_expr(p, type->type);
	} else {
		const ImportSpec *import = AS(ImportSpec, spec);
		if (import->name != NULL) {
			print_expr(p, import->name);
			put(p, " ");
		}
		print_expr(p, import->path);
	}
}

static void print_gen_decl(Printer *p, const GenDecl *d) {
	put(p, token_spelling(d->op));
	if (!d->grouped) {
		put(p, " ");
		for (uint32_t i = 0; i < d->specs.len; i++)
			print_spec(p, d->specs.items[i]);
		return;
	}
	put(p, " (");
	p->indent++;
	for (uint32_t i = 0; i < d->specs.len; i++) {
		newline(p);
		print_spec(p, d->specs.items[i]);
	}
	p->indent--;
	if (d->specs.len != 0)
		newline(p);
	put(p, ")");
}

static void print_func_decl(Printer *p, const FuncDecl *d) {
	put(p, "func ");
	if (d->recv != NULL) {
		const Field *field = AS(Field, d->recv);
		put(p, "(");
		print_names(p, field->names);
		print_expr(p, field->type);
		put(p, ") ");
	}
	put(p, d->name->name->text);
	print_signature(p, AS(FuncType, d->type));
	if (d->body != NULL) {
		put(p, " ");
		print_block(p, d->body);
	} else if (d->lazy != NULL) {
		const SourceFile *source = d->lazy->source;
		put(p, " ");
		buf_put(p->out, source->text + (d->lazy->lbrace - source->base), d->lazy->end - d->lazy->lbrace);
	}
}

/* ---- statements ---- */

static void print_stmts(Printer *p, NodeList stmts) {
	p->indent++;
	for (uint32_t i = 0; i < stmts.len; i++) {
		newline(p);
		print_stmt(p, stmts.items[i]);
	}
	p->indent--;
}

static void print_block(Printer *p, const Node *block) {
	put(p, "{");
	print_stmts(p, AS(BlockStmt, block)->stmts);
	newline(p);
	put(p, "}");
}

/* "keyword init; " of a header, with whatever stands behind it up to the caller. */
static void print_header_start(Printer *p, const char *keyword, const Node *init) {
	put(p, keyword);
	put(p, " ");
	if (init != NULL) {
		print_stmt(p, init);
		put(p, "; ");
	}
}

static void print_if(Printer *p, const IfStmt *s) {
	for (;;) {
		print_header_start(p, "if", s->init);
		print_expr(p, s->cond);
		put(p, " ");
		print_block(p, s->then);
		if (s->else_ == NULL)
			return;
		put(p, " else ");
		if (s->else_->kind != NODE_IF_STMT)
			break;
		s = (const IfStmt *)s->else_;
	}
	print_block(p, s->else_);
}

static void print_for(Printer *p, const ForStmt *s) {
	put(p, "for ");
	if (s->init != NULL)
		print_stmt(p, s->init);
	bool clauses = s->init != NULL || s->post != NULL;
	put(p, clauses ? "; " : "");
	if (s->cond != NULL)
		print_expr(p, s->cond);
	put(p, clauses ? "; " : "");
	if (s->post != NULL) {
		print_stmt(p, s->post);
		put(p, " ");
	} else if (s->cond != NULL && !clauses) {
		put(p, " ");
	}
	print_block(p, s->body);
}

static void print_range(Printer *p, const RangeStmt *s) {
	put(p, "for ");
	if (s->key != NULL) {
		print_expr(p, s->key);
		if (s->value != NULL) {
			put(p, ", ");
			print_expr(p, s->value);
		}
		buf_printf(p->out, " %s ", token_spelling(s->op));
	}
	put(p, "range ");
	print_expr(p, s->x);
	put(p, " ");
	print_block(p, s->body);
}

static void print_clauses(Printer *p, NodeList clauses) {
	put(p, "{");
	for (uint32_t i = 0; i < clauses.len; i++) {
		newline(p);
		print_stmt(p, clauses.items[i]);
	}
	newline(p);
	put(p, "}");
}

static void print_switch(Printer *p, const SwitchStmt *s) {
	print_header_start(p, "switch", s->init);
	if (s->tag != NULL) {
		print_expr(p, s->tag);
		put(p, " ");
	}
	print_clauses(p, s->clauses);
}

static void print_type_switch(Printer *p, const TypeSwitchStmt *s) {
	print_header_start(p, "switch", s->init);
	if (s->bind != NULL)
		buf_printf(p->out, "%s := ", s->bind->name->text);
	print_dot(p, s->x);
	put(p, "(type) ");
	print_clauses(p, s->clauses);
}

static void print_case(Printer *p, const CaseClause *s) {
	put(p, s->is_default ? "default" : "case ");
	print_list(p, s->exprs);
	put(p, ":");
	print_stmts(p, s->body);
}

static void print_comm(Printer *p, const CommClause *s) {
	put(p, s->comm == NULL ? "default" : "case ");
	if (s->comm != NULL)
		print_stmt(p, s->comm);
	put(p, ":");
	print_stmts(p, s->body);
}

/* gofmt sets labels one step to the left. */
static void print_labeled(Printer *p, const LabeledStmt *s) {
	if (p->out->len > 0 && p->out->ptr[p->out->len - 1] == '\t')
		p->out->len--;
	put(p, s->label->name->text);
	put(p, ":");
	if (s->stmt->kind == NODE_EMPTY_STMT && ((const EmptyStmt *)s->stmt)->implicit)
		return;
	newline(p);
	print_stmt(p, s->stmt);
}

static void print_assign(Printer *p, const AssignStmt *s) {
	print_list(p, s->lhs);
	buf_printf(p->out, " %s ", token_spelling(s->op));
	print_list(p, s->rhs);
}

static void print_small_stmt(Printer *p, const Node *s) {
	switch ((NodeKind)s->kind) {
	case NODE_EMPTY_STMT:
		put(p, ((const EmptyStmt *)s)->implicit ? "" : ";");
		break;
	case NODE_EXPR_STMT:
		print_expr(p, ((const ExprStmt *)s)->x);
		break;
	case NODE_SEND_STMT:
		print_expr(p, ((const SendStmt *)s)->chan);
		put(p, " <- ");
		print_expr(p, ((const SendStmt *)s)->value);
		break;
	case NODE_INC_DEC_STMT:
		print_expr(p, ((const IncDecStmt *)s)->x);
		put(p, token_spelling(((const IncDecStmt *)s)->op));
		break;
	case NODE_ASSIGN_STMT:
		print_assign(p, (const AssignStmt *)s);
		break;
	case NODE_GO_STMT:
		put(p, "go ");
		print_expr(p, ((const GoStmt *)s)->call);
		break;
	case NODE_DEFER_STMT:
		put(p, "defer ");
		print_expr(p, ((const DeferStmt *)s)->call);
		break;
	case NODE_RETURN_STMT:
		put(p, ((const ReturnStmt *)s)->results.len != 0 ? "return " : "return");
		print_list(p, ((const ReturnStmt *)s)->results);
		break;
	case NODE_BRANCH_STMT:
		put(p, token_spelling(((const BranchStmt *)s)->op));
		if (((const BranchStmt *)s)->label != NULL)
			buf_printf(p->out, " %s", ((const BranchStmt *)s)->label->name->text);
		break;
	default:
		put(p, "<bad expr>");
	}
}

static void print_stmt(Printer *p, const Node *s) {
	switch ((NodeKind)s->kind) {
	case NODE_DECL_STMT: {
		const Node *decl = ((const DeclStmt *)s)->decl;
		if (decl->kind == NODE_FUNC_DECL)
			print_func_decl(p, (const FuncDecl *)decl);
		else
			print_gen_decl(p, AS(GenDecl, decl));
		break;
	}
	case NODE_LABELED_STMT:
		print_labeled(p, (const LabeledStmt *)s);
		break;
	case NODE_BLOCK_STMT:
		print_block(p, s);
		break;
	case NODE_IF_STMT:
		print_if(p, (const IfStmt *)s);
		break;
	case NODE_CASE_CLAUSE:
		print_case(p, (const CaseClause *)s);
		break;
	case NODE_COMM_CLAUSE:
		print_comm(p, (const CommClause *)s);
		break;
	case NODE_SWITCH_STMT:
		print_switch(p, (const SwitchStmt *)s);
		break;
	case NODE_TYPE_SWITCH_STMT:
		print_type_switch(p, (const TypeSwitchStmt *)s);
		break;
	case NODE_SELECT_STMT:
		put(p, "select ");
		print_clauses(p, ((const SelectStmt *)s)->clauses);
		break;
	case NODE_FOR_STMT:
		print_for(p, (const ForStmt *)s);
		break;
	case NODE_RANGE_STMT:
		print_range(p, (const RangeStmt *)s);
		break;
	default:
		print_small_stmt(p, s);
	}
}

/* ---- files ---- */

/* Declarations and, in a script, statements, in the order of the source. */
static void print_file(Printer *p, const File *file) {
	if (file->go_version != 0)
		buf_printf(p->out, "//go:build go1.%u\n\n", file->go_version);
	if (file->package_name != NULL)
		buf_printf(p->out, "package %s\n", file->package_name->name->text);
	bool blank = file->package_name != NULL; /* a blank line around declarations */
	for (uint32_t d = 0, s = 0; d < file->decls.len || s < file->stmts.len;) {
		bool is_decl = s == file->stmts.len ||
		               (d < file->decls.len && file->decls.items[d]->pos < file->stmts.items[s]->pos);
		const Node *n = is_decl ? file->decls.items[d++] : file->stmts.items[s++];
		put(p, blank || (is_decl && d + s > 1) ? "\n" : "");
		blank = is_decl;
		if (n->kind == NODE_FUNC_DECL)
			print_func_decl(p, (const FuncDecl *)n);
		else if (n->kind == NODE_GEN_DECL)
			print_gen_decl(p, (const GenDecl *)n);
		else
			print_stmt(p, n);
		put(p, "\n");
	}
}

static void print_node(Printer *p, const Node *n) {
	if (ast_is_expr(n))
		print_expr(p, n);
	else if (n->kind == NODE_FILE)
		print_file(p, (const File *)n);
	else if (n->kind == NODE_FUNC_DECL)
		print_func_decl(p, (const FuncDecl *)n);
	else if (n->kind == NODE_GEN_DECL)
		print_gen_decl(p, (const GenDecl *)n);
	else if (n->kind == NODE_FIELD)
		print_field(p, (const Field *)n);
	else if (ast_is_stmt(n))
		print_stmt(p, n);
	else if (n->kind != NODE_BAD_DECL)
		print_spec(p, n);
}

void ast_print(const Node *n, Buf *out) {
	Printer p = {.out = out};
	print_node(&p, n);
}

void ast_print_expr(const Node *n, Buf *out) {
	Printer p = {.out = out, .is_short = true};
	print_node(&p, n);
}
