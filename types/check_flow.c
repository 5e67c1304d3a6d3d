/* SPDX-License-Identifier: MIT */
/* check_flow.c: where control goes: labels, the targets of break, continue, goto, fallthrough; terminating statements.
 *
 * Rules: one walk over a body finds labels, jumps and variable declarations with the block each stands in; jumps are
 * judged afterwards. Function literals are bodies of their own. NODE_HAS_BREAK marks statements that a break leaves,
 * until the end of the body's check. */
#include "types/check.h"

typedef struct Block {
	struct Block *outer;
	Pos pos;
} Block;

typedef struct Label {
	Ident *name;
	LabeledStmt *stmt;
	Block *block;
	bool used;
} Label;

typedef struct Jump {
	BranchStmt *stmt;
	Block *block;
} Jump;

typedef struct Declaration {
	Block *block;
	Pos pos;    /* where it takes effect */
	Node *stmt; /* AssignStmt or ValueSpec, for the names */
} Declaration;

/* Statements around the current one that break and continue may mean. */
typedef struct Enclosing {
	struct Enclosing *outer;
	Node *stmt;
	Ident *label;
	bool is_loop;
} Enclosing;

typedef struct Flow {
	Check *c;
	VEC(Label) labels;
	PtrMap by_name; /* Name* -> index + 1 */
	VEC(Jump) jumps;
	VEC(Declaration) declarations;
	Block *block;
	Enclosing *enclosing;
} Flow;

static void flow_stmt(Flow *f, Node *s, Ident *label);

static void flow_stmts(Flow *f, NodeList list) {
	for (uint32_t i = 0; i < list.len; i++)
		flow_stmt(f, list.items[i], NULL);
}

static void flow_block(Flow *f, NodeList list, Pos pos) {
	Block *block = ARENA_NEW(f->c->u->arena, Block);
	*block = (Block){f->block, pos};
	f->block = block;
	flow_stmts(f, list);
	f->block = block->outer;
}

static Label *find_label(Flow *f, Name *name) {
	uintptr_t index = (uintptr_t)ptrmap_get(&f->by_name, name);
	return index ? &f->labels.items[index - 1] : NULL;
}

static void add_label(Flow *f, LabeledStmt *s) {
	Label *other = find_label(f, s->label->name);
	if (is_blank(s->label->name))
		return;
	if (other) {
		FAIL(f->c, s->label->node.pos, LABEL_REDEFINED, s->label->name->text,
		     position_text(f->c, other->name->node.pos));
		return;
	}
	Label label = {s->label, s, f->block, false};
	VEC_PUSH(f->c->u->arena, &f->labels, label);
	ptrmap_put(f->c->u->arena, &f->by_name, s->label->name, (void *)(uintptr_t)f->labels.len);
}

static void leave_by_break(Flow *f, BranchStmt *s, Node *target) {
	s->target = target;
	if (target->flags & NODE_HAS_BREAK)
		return;
	target->flags |= NODE_HAS_BREAK;
	VEC_PUSH(f->c->u->arena, &f->c->env.body->break_targets, target);
}

static void plain_branch(Flow *f, BranchStmt *s) {
	for (Enclosing *e = f->enclosing; e; e = e->outer) {
		if (s->op == TOK_BREAK) {
			leave_by_break(f, s, e->stmt);
			return;
		}
		if (e->is_loop) {
			s->target = e->stmt;
			return;
		}
	}
	if (s->op == TOK_BREAK)
		FAIL(f->c, s->node.pos, BREAK_MISPLACED);
	else
		FAIL(f->c, s->node.pos, CONTINUE_MISPLACED);
}

/* break L and continue L; L must be on a statement around. */
static bool labeled_branch(Flow *f, BranchStmt *s) {
	for (Enclosing *e = f->enclosing; e; e = e->outer) {
		if (!e->label || e->label->name != s->label->name)
			continue;
		Label *label = find_label(f, s->label->name);
		if (label)
			label->used = true;
		if (s->op == TOK_BREAK)
			leave_by_break(f, s, e->stmt);
		else if (e->is_loop)
			s->target = e->stmt;
		else
			FAIL(f->c, s->label->node.pos, CONTINUE_LABEL, s->label->name->text);
		return true;
	}
	return false;
}

static void flow_branch(Flow *f, BranchStmt *s) {
	if (s->op == TOK_FALLTHROUGH)
		return;
	if (!s->label) {
		if (s->op != TOK_GOTO)
			plain_branch(f, s);
		return;
	}
	if (s->op != TOK_GOTO && labeled_branch(f, s))
		return;
	Jump jump = {s, f->block};
	VEC_PUSH(f->c->u->arena, &f->jumps, jump);
}

static void add_declaration(Flow *f, Node *stmt, Pos pos) {
	Declaration d = {f->block, pos, stmt};
	VEC_PUSH(f->c->u->arena, &f->declarations, d);
}

static void flow_decl(Flow *f, DeclStmt *s) {
	if (!s->decl || s->decl->kind != NODE_GEN_DECL || AS(GenDecl, s->decl)->op != TOK_VAR)
		return;
	NodeList specs = AS(GenDecl, s->decl)->specs;
	for (uint32_t i = 0; i < specs.len; i++)
		if (specs.items[i]->kind == NODE_VALUE_SPEC)
			add_declaration(f, specs.items[i], specs.items[i]->pos);
}

/* The last statement behind its labels; empty statements at the end do not count. */
static Node *last_stmt(NodeList list) {
	uint32_t len = list.len;
	while (len > 0 && list.items[len - 1]->kind == NODE_EMPTY_STMT)
		len--;
	Node *last = len > 0 ? list.items[len - 1] : NULL;
	while (last && last->kind == NODE_LABELED_STMT)
		last = AS(LabeledStmt, last)->stmt;
	return last;
}

static bool is_fallthrough(Node *s) {
	return s && s->kind == NODE_BRANCH_STMT && AS(BranchStmt, s)->op == TOK_FALLTHROUGH;
}

/* Clauses of switch and select; a fallthrough leads to the next one. */
static void flow_clauses(Flow *f, NodeList clauses) {
	for (uint32_t i = 0; i < clauses.len; i++) {
		Node *n = clauses.items[i];
		NodeList body = n->kind == NODE_CASE_CLAUSE ? AS(CaseClause, n)->body : AS(CommClause, n)->body;
		flow_block(f, body, n->pos);
		Node *last = last_stmt(body);
		if (is_fallthrough(last) && i + 1 < clauses.len)
			AS(BranchStmt, last)->target = clauses.items[i + 1];
	}
}

static void enter(Flow *f, Enclosing *e, Node *stmt, Ident *label, bool is_loop) {
	*e = (Enclosing){f->enclosing, stmt, label, is_loop};
	f->enclosing = e;
}

static void flow_loop(Flow *f, Node *s, Ident *label, Node *body) {
	Enclosing e;
	enter(f, &e, s, label, true);
	if (body)
		flow_stmt(f, body, NULL);
	f->enclosing = e.outer;
}

static void flow_switch(Flow *f, Node *s, Ident *label, NodeList clauses) {
	Enclosing e;
	enter(f, &e, s, label, false);
	flow_clauses(f, clauses);
	f->enclosing = e.outer;
}

static void flow_if(Flow *f, Node *s) {
	while (s && s->kind == NODE_IF_STMT) {
		if (AS(IfStmt, s)->then)
			flow_stmt(f, AS(IfStmt, s)->then, NULL);
		s = AS(IfStmt, s)->else_;
	}
	if (s)
		flow_stmt(f, s, NULL);
}

static void flow_stmt(Flow *f, Node *s, Ident *label) {
	while (s->kind == NODE_LABELED_STMT) {
		add_label(f, AS(LabeledStmt, s));
		label = AS(LabeledStmt, s)->label;
		s = AS(LabeledStmt, s)->stmt;
		if (!s)
			return;
	}
	switch ((NodeKind)s->kind) {
	case NODE_BRANCH_STMT: flow_branch(f, AS(BranchStmt, s)); return;
	case NODE_BLOCK_STMT: flow_block(f, AS(BlockStmt, s)->stmts, s->pos); return;
	case NODE_DECL_STMT: flow_decl(f, AS(DeclStmt, s)); return;
	case NODE_ASSIGN_STMT:
		if (AS(AssignStmt, s)->op == TOK_DEFINE)
			add_declaration(f, s, AS(AssignStmt, s)->op_pos);
		return;
	case NODE_IF_STMT: flow_if(f, s); return;
	case NODE_FOR_STMT: flow_loop(f, s, label, AS(ForStmt, s)->body); return;
	case NODE_RANGE_STMT: flow_loop(f, s, label, AS(RangeStmt, s)->body); return;
	case NODE_SWITCH_STMT: flow_switch(f, s, label, AS(SwitchStmt, s)->clauses); return;
	case NODE_TYPE_SWITCH_STMT: flow_switch(f, s, label, AS(TypeSwitchStmt, s)->clauses); return;
	case NODE_SELECT_STMT: flow_switch(f, s, label, AS(SelectStmt, s)->clauses); return;
	default: return;
	}
}

/* ---------------------------------------------------------------- goto */

static bool is_inside(Block *inner, Block *outer) {
	for (; inner; inner = inner->outer)
		if (inner == outer)
			return true;
	return false;
}

static const char *declared_names(Check *c, Node *stmt) {
	NodeList names = stmt->kind == NODE_ASSIGN_STMT ? AS(AssignStmt, stmt)->lhs : AS(ValueSpec, stmt)->names;
	Buf buf;
	buf_init(&buf, c->u->arena->mem);
	for (uint32_t i = 0; i < names.len; i++) {
		if (stmt->kind != NODE_ASSIGN_STMT && i > 0)
			break;
		buf_printf(&buf, "%s%s", i ? ", " : "", node_text(c, names.items[i]));
	}
	return buf_text(c, &buf);
}

static void check_goto(Flow *f, Jump *jump, Label *label) {
	Check *c = f->c;
	jump->stmt->target = &label->stmt->node;
	Ident *name = jump->stmt->label;
	if (!is_inside(jump->block, label->block)) {
		FAIL(c, name->node.pos, GOTO_INTO_BLOCK, name->name->text, position_text(c, label->block->pos));
		return;
	}
	for (uint32_t i = f->declarations.len; i-- > 0;) { /* the last one is named */
		Declaration *d = &f->declarations.items[i];
		if (d->block != label->block || d->pos < jump->stmt->node.pos || d->pos > label->name->node.pos)
			continue;
		FAIL(c, name->node.pos, GOTO_OVER_VARIABLE, name->name->text, declared_names(c, d->stmt),
		     position_text(c, d->pos));
		return;
	}
}

static void check_jump(Flow *f, Jump *jump) {
	BranchStmt *s = jump->stmt;
	Check *c = f->c;
	Label *label = is_blank(s->label->name) ? NULL : find_label(f, s->label->name);
	const char *text = s->label->name->text;
	if (label)
		label->used = true;
	if (s->op == TOK_GOTO && label)
		check_goto(f, jump, label);
	else if (s->op == TOK_GOTO)
		FAIL(c, s->label->node.pos, LABEL_UNDEFINED, text);
	else if (!label)
		FAIL(c, s->label->node.pos, BRANCH_LABEL_UNDEFINED, token_spelling(s->op), text);
	else if (s->op == TOK_BREAK)
		FAIL(c, s->label->node.pos, BREAK_LABEL, text);
	else
		FAIL(c, s->label->node.pos, CONTINUE_LABEL, text);
}

/* Labels are declared for the whole function; every branch gets its target. */
void check_branches(Check *c, BlockStmt *body) {
	Flow f = {.c = c};
	flow_block(&f, body->stmts, body->node.pos);
	for (uint32_t i = 0; i < f.jumps.len; i++)
		check_jump(&f, &f.jumps.items[i]);
	for (uint32_t i = 0; i < f.labels.len; i++)
		if (!f.labels.items[i].used)
			FAIL(c, f.labels.items[i].name->node.pos, LABEL_UNUSED, f.labels.items[i].name->name->text);
}

/* ---------------------------------------------------------------- terminating statements */

static bool is_panic(Node *e) {
	e = ast_unparen(e);
	if (e->kind != NODE_CALL)
		return false;
	CallExpr *call = AS(CallExpr, e);
	return call->call_kind == CALL_BUILTIN && call->builtin == BUILTIN_panic && call->fun->mode == MODE_BUILTIN;
}

static bool clauses_terminate(Node *s, NodeList clauses, bool needs_default) {
	bool has_default = !needs_default;
	if (s->flags & NODE_HAS_BREAK)
		return false;
	for (uint32_t i = 0; i < clauses.len; i++) {
		Node *n = clauses.items[i];
		bool is_case = n->kind == NODE_CASE_CLAUSE;
		NodeList body = is_case ? AS(CaseClause, n)->body : AS(CommClause, n)->body;
		has_default |= is_case && AS(CaseClause, n)->is_default;
		Node *last = last_stmt(body);
		if (!is_fallthrough(last) && !list_is_terminating(body))
			return false;
	}
	return has_default;
}

static bool is_terminating(Node *s);

static bool if_is_terminating(Node *s) {
	while (s && s->kind == NODE_IF_STMT) {
		if (!AS(IfStmt, s)->then || !is_terminating(AS(IfStmt, s)->then))
			return false;
		s = AS(IfStmt, s)->else_;
	}
	return s && is_terminating(s);
}

static bool is_terminating(Node *s) {
	while (s && s->kind == NODE_LABELED_STMT)
		s = AS(LabeledStmt, s)->stmt;
	if (!s)
		return false;
	switch ((NodeKind)s->kind) {
	case NODE_RETURN_STMT:
	case NODE_BAD_STMT: /* the parser reported it */
		return true;
	case NODE_BRANCH_STMT:
		return AS(BranchStmt, s)->op == TOK_GOTO || AS(BranchStmt, s)->op == TOK_FALLTHROUGH;
	case NODE_EXPR_STMT:
		return is_panic(AS(ExprStmt, s)->x);
	case NODE_BLOCK_STMT:
		return list_is_terminating(AS(BlockStmt, s)->stmts);
	case NODE_IF_STMT:
		return if_is_terminating(s);
	case NODE_FOR_STMT:
		return !AS(ForStmt, s)->cond && !(s->flags & NODE_HAS_BREAK);
	case NODE_SWITCH_STMT:
		return clauses_terminate(s, AS(SwitchStmt, s)->clauses, true);
	case NODE_TYPE_SWITCH_STMT:
		return clauses_terminate(s, AS(TypeSwitchStmt, s)->clauses, true);
	case NODE_SELECT_STMT:
		return clauses_terminate(s, AS(SelectStmt, s)->clauses, false);
	default:
		return false;
	}
}

bool list_is_terminating(NodeList list) {
	Node *last = last_stmt(list);
	return last && is_terminating(last);
}
