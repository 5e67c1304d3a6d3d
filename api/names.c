/* SPDX-License-Identifier: MIT */
/* names.c: what the session has declared, and types of expressions.
 *
 * Rules: questions are checked as a piece that is then taken back, so they change nothing but memory; what they report is
 *   delivered only where the caller asks about that text.
 * See: types/check_piece.c. */
#include "api/names.h"

#include <string.h>

/* ---------------------------------------------------------------- questions */

void question_drop(GolProgram *p) {
	diag_clear(&p->sources);
	p->arena.failed = p->mem.refused = false;
}

static bool is_expression(const File *file) {
	return file->decls.len == 0 && file->stmts.len == 1 && file->stmts.items[0]->kind == NODE_EXPR_STMT;
}

bool question_type(GolVM *vm, const char *text, size_t len, Answer *out) {
	GolProgram *p = vm->eval.program;
	Package *pkg = vm->eval.package;
	*out = (Answer){0};
	SourceFile *source = source_add(&p->sources, "expression", text, len);
	if (!source)
		return false;
	File *file = parser_parse_file(&p->sources, &p->interner, &p->arena, source, (ParseOptions){.allow_script = true});
	if (p->sources.error_count)
		return false;
	if (!is_expression(file)) {
		diag_report(&p->sources, SEVERITY_ERROR, 0, source->base, 0, "not an expression");
		return false;
	}
	pkg->asks = true;
	bool ok = check_piece(&p->universe, pkg, &file, 1);
	pkg->asks = false;
	check_piece_end(&p->universe, pkg, false);
	*out = (Answer){pkg->answer_type, pkg->answer_mode};
	return ok && pkg->answer_mode != MODE_NONE;
}

static void put_types(Buf *out, const Answer *a, Package *pkg) {
	if (a->mode == MODE_NOVALUE) {
		buf_puts(out, "no value");
	} else if (a->mode == MODE_BUILTIN) {
		buf_puts(out, "builtin");
	} else if (a->mode == MODE_NIL) {
		buf_puts(out, "untyped nil");
	} else if (a->type->kind == TYPE_TUPLE) {
		for (uint32_t i = 0; i < a->type->tuple.len; i++) {
			buf_puts(out, i ? ", " : "");
			type_print(a->type->tuple.items[i], pkg, out);
		}
	} else {
		buf_puts(out, a->mode == MODE_TYPE ? "type " : "");
		type_print(a->type, pkg, out);
	}
}

GolStatus gol_eval_type(GolVM *vm, const char *text, size_t len, Sink sink, void *user) {
	if (!vm || !text || !sink)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_eval_type: bad argument") : GOL_ERROR_ARGUMENT;
	if (vm_is_busy(vm) || vm->pumps)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_eval_type: the VM is running");
	if (!eval_package(vm))
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	GolProgram *p = vm->eval.program;
	Answer answer;
	question_drop(p);
	bool ok = question_type(vm, text, len, &answer);
	if (p->arena.failed || p->mem.refused) {
		question_drop(p);
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	}
	if (!ok) {
		deliver_diagnostics(p, false);
		return api_fail(vm, GOL_ERROR_COMPILE, "the text was rejected");
	}
	question_drop(p);
	Buf out;
	buf_init(&out, &vm->vm.mem);
	put_types(&out, &answer, vm->eval.package);
	bool failed = out.failed;
	if (!failed)
		sink(user, buf_cstr(&out), out.len);
	buf_deinit(&out);
	return failed ? api_fail(vm, GOL_ERROR_MEMORY, "out of memory") : GOL_OK;
}

/* ---------------------------------------------------------------- declarations */

GolNameKind name_kind(const Object *o) {
	switch ((ObjectKind)o->kind) {
	case OBJECT_PACKAGE_NAME: return GOL_NAME_PACKAGE;
	case OBJECT_CONST: return GOL_NAME_CONST;
	case OBJECT_TYPE_NAME: return GOL_NAME_TYPE;
	case OBJECT_FUNC: return GOL_NAME_FUNC;
	case OBJECT_BUILTIN: return GOL_NAME_FUNC;
	case OBJECT_LABEL: return GOL_NAME_LABEL;
	case OBJECT_VAR:
	case OBJECT_NIL: break;
	}
	return o->is_field ? GOL_NAME_FIELD : GOL_NAME_VAR;
}

static bool covers(const Node *n, Pos pos) { return n->pos <= pos && pos < ast_end(n); }

/* The statement or declaration at the top level of the piece in which pos lies. */
static const Node *item_at(const File *file, Pos pos) {
	for (uint32_t i = 0; i < file->decls.len; i++)
		if (covers(file->decls.items[i], pos))
			return file->decls.items[i];
	for (uint32_t i = 0; i < file->stmts.len; i++)
		if (covers(file->stmts.items[i], pos))
			return file->stmts.items[i];
	return NULL;
}

Str source_text(const SourceSet *set, Pos begin, Pos end) {
	const SourceFile *file = source_of(set, begin);
	if (!file || end <= begin || end > file->base + file->len)
		return (Str){"", 0};
	return (Str){file->text + (begin - file->base), end - begin};
}

/* The tree does not keep where the parenthesis of a grouped declaration closes. */
static Pos item_end(const SourceSet *set, const Node *item) {
	Pos end = ast_end(item);
	const Node *decl = item->kind == NODE_DECL_STMT ? ((const DeclStmt *)item)->decl : item;
	if (!decl || decl->kind != NODE_GEN_DECL || !((const GenDecl *)decl)->grouped)
		return end;
	const SourceFile *file = source_of(set, item->pos);
	size_t at = end - file->base;
	while (at < file->len && file->text[at] != ')')
		at++;
	return file->base + (Pos)(at < file->len ? at + 1 : at);
}

static void describe(GolVM *vm, const Object *o, GolName *out) {
	const Eval *e = &vm->eval;
	const SourceSet *set = &e->program->sources;
	const SourceFile *source = source_of(set, o->pos);
	for (uint32_t i = e->pieces.len; source && i-- > 0;) {
		const File *file = e->pieces.items[i].file;
		if (file->source != source)
			continue;
		const Node *item = item_at(file, o->pos);
		Str text = item ? source_text(set, item->pos, item_end(set, item)) : (Str){"", 0};
		out->source = text.ptr;
		out->source_len = text.len;
		out->piece = i + 1;
		return;
	}
}

typedef struct NameVisit {
	GolVM *vm;
	Buf name, type;
	int (*visit)(void *user, const GolName *name);
	void *user;
	bool stopped;
} NameVisit;

void put_object_type(Buf *out, const Object *o, Package *pkg) {
	if (o->kind == OBJECT_PACKAGE_NAME)
		buf_puts(out, o->imported->path);
	else if (o->kind == OBJECT_TYPE_NAME && o->type)
		type_print(o->is_alias ? o->type : type_underlying(o->type), pkg, out);
	else if (o->type)
		type_print(o->type, pkg, out);
}

static void visit_name(NameVisit *n, const Object *o, const char *name, GolNameKind kind) {
	n->type.len = 0;
	put_object_type(&n->type, o, n->vm->eval.package);
	GolName out = {.kind = kind, .name = name, .type = buf_cstr(&n->type), .source = ""};
	describe(n->vm, o, &out);
	n->stopped = n->visit(n->user, &out) != 0;
}

static void visit_methods(NameVisit *n, const Object *type_name) {
	const Type *t = type_name->type;
	if (type_name->is_alias || !t || t->kind != TYPE_NAMED)
		return;
	for (uint32_t i = 0; i < t->named_methods.len && !n->stopped; i++) {
		const Object *m = t->named_methods.items[i];
		const Type *recv = m->type && m->type->recv ? m->type->recv->type : NULL;
		bool pointer = recv && type_unalias((Type *)(uintptr_t)recv)->kind == TYPE_POINTER;
		n->name.len = 0;
		buf_printf(&n->name, pointer ? "(*%s).%s" : "%s.%s", type_name->name->text, m->name->text);
		visit_name(n, m, buf_cstr(&n->name), GOL_NAME_METHOD);
	}
}

GolStatus gol_eval_names(GolVM *vm, int (*visit)(void *user, const GolName *name), void *user) {
	if (!vm || !visit)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_eval_names: bad argument") : GOL_ERROR_ARGUMENT;
	const Eval *e = &vm->eval;
	if (!e->program)
		return GOL_OK;
	NameVisit n = {.vm = vm, .visit = visit, .user = user};
	buf_init(&n.name, &vm->vm.mem);
	buf_init(&n.type, &vm->vm.mem);
	const Scope *scope = e->package->scope;
	for (uint32_t i = 0; i < scope->ordered.len && !n.stopped; i++) {
		const Object *o = scope->ordered.items[i];
		if (!session_has(e->package, o))
			continue;
		visit_name(&n, o, o->name->text, name_kind(o));
		if (o->kind == OBJECT_TYPE_NAME && !n.stopped)
			visit_methods(&n, o);
	}
	bool failed = n.name.failed || n.type.failed;
	buf_deinit(&n.name);
	buf_deinit(&n.type);
	return failed ? api_fail(vm, GOL_ERROR_MEMORY, "out of memory") : GOL_OK;
}
