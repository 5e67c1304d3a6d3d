/* SPDX-License-Identifier: MIT */
/* check_directive.c: compiler directives, the comments that begin with //go:, as far as Go's compiler complains of them.
 *
 * Rules: none of them but go:noinline and, of functions without a body, go:linkname changes what is compiled; one that Go would
 *   refuse is refused. A directive that speaks of a function stands before that function's declaration; unknown ones
 *   (generate, build tools' own) are nobody's business.
 * Why: a directive in the wrong place does nothing, and says so only here. */
#include "types/check.h"

typedef struct Directive {
	const File *file;
	const char *text; /* behind the slashes, to the end of the line */
	uint32_t len;
	Pos pos;          /* of the text */
	PtrMap *linked;   /* names that //go:linkname has spoken of */
} Directive;

static bool is_one_of(const Directive *d, const char *const *names) {
	for (; *names; names++) {
		size_t len = strlen(*names);
		if (d->len >= len && memcmp(d->text, *names, len) == 0 && (d->len == len || strchr(" \t", d->text[len])))
			return true;
	}
	return false;
}

static bool begins(const Directive *d, const char *prefix) {
	return d->len >= strlen(prefix) && memcmp(d->text, prefix, strlen(prefix)) == 0;
}

/* Word n of the directive; returns its length, 0: there is none. */
static uint32_t word(const Directive *d, uint32_t n, const char **out) {
	uint32_t at = 0, start = 0;
	for (uint32_t i = 0; i <= n; i++) {
		while (at < d->len && strchr(" \t", d->text[at]))
			at++;
		start = at;
		while (at < d->len && !strchr(" \t", d->text[at]))
			at++;
	}
	*out = d->text + start;
	return at - start;
}

/* ---- what it speaks of ---- */

static Node *declaration_of(Node *n) { return n->kind == NODE_DECL_STMT ? AS(DeclStmt, n)->decl : n; }

/* The first node of a list that ends behind the directive; NULL: none. */
static Node *first_behind(NodeList list, Pos pos) {
	for (uint32_t i = 0; i < list.len; i++) {
		Node *n = declaration_of(list.items[i]);
		if (n && ast_end(n) > pos)
			return n;
	}
	return NULL;
}

/* The function whose declaration follows; NULL: something else does, or the directive stands inside something. */
static FuncDecl *function_behind(const Directive *d) {
	Node *decl = first_behind(d->file->decls, d->pos), *stmt = first_behind(d->file->stmts, d->pos);
	Node *n = !decl || (stmt && stmt->pos < decl->pos) ? stmt : decl;
	Node *import = first_behind(d->file->imports, d->pos);
	if ((import && n && import->pos < n->pos) || (d->file->package_name && d->file->package_name->node.pos > d->pos))
		return NULL;
	return n && n->kind == NODE_FUNC_DECL && n->pos > d->pos ? AS(FuncDecl, n) : NULL;
}

/* ---- the directives ---- */

static bool imports_unsafe(const File *file) {
	for (uint32_t i = 0; i < file->imports.len; i++) {
		const Node *path = AS(ImportSpec, file->imports.items[i])->path;
		if (path->kind == NODE_BASIC_LIT && AS(BasicLit, path)->text.len == 8 &&
		    memcmp(AS(BasicLit, path)->text.ptr + 1, "unsafe", 6) == 0)
			return true;
	}
	return false;
}

static void check_linkname(Check *c, const Directive *d) {
	const char *text, *rest;
	uint32_t len = word(d, 1, &text);
	if (len == 0)
		return; /* as in Go, where the blank belongs to its name */
	if (word(d, 3, &rest) != 0) {
		FAIL(c, d->pos, DIRECTIVE_LINKNAME_USAGE);
		return;
	}
	if (!imports_unsafe(d->file)) {
		FAIL(c, d->pos, DIRECTIVE_LINKNAME_UNSAFE);
		return;
	}
	Name *name = intern(c->u->interner, text, len);
	Object *o = scope_lookup(c->env.package->scope, name);
	if (!o || (o->kind != OBJECT_FUNC && o->kind != OBJECT_VAR))
		FAIL(c, d->pos, DIRECTIVE_LINKNAME_TARGET);
	else if (ptrmap_get(d->linked, name))
		FAIL(c, d->pos, DIRECTIVE_LINKNAME_TWICE, name->text);
	else
		ptrmap_put(c->u->arena, d->linked, name, o);
	len = word(d, 2, &rest);
	if (o && o->kind == OBJECT_FUNC && len != 0)
		o->func->symbol = arena_strndup(c->u->arena, rest, len);
}

static void check_cgo(Check *c, const Directive *d) {
	static const char *const ldflag[] = {"go:cgo_ldflag", NULL};
	const char *text;
	FAIL(c, d->pos, DIRECTIVE_CGO, (int)d->len, d->text);
	if (is_one_of(d, ldflag) && (word(d, 1, &text) == 0 || word(d, 2, &text) != 0))
		FAIL(c, d->pos, DIRECTIVE_CGO_LDFLAG);
}

static void check_of_function(Check *c, const Directive *d) {
	static const char *const noescape[] = {"go:noescape", NULL}, *const noinline[] = {"go:noinline", NULL};
	FuncDecl *f = function_behind(d);
	if (!f)
		FAIL(c, d->pos, DIRECTIVE_MISPLACED);
	else if (is_one_of(d, noescape) && f->body)
		FAIL(c, f->name->node.pos, DIRECTIVE_NOESCAPE);
	else if (is_one_of(d, noinline))
		f->no_inline = true;
}

static void check_directive(Check *c, const Directive *d) {
	static const char *const of_runtime[] = {"go:nowritebarrier", "go:nowritebarrierrec", "go:yeswritebarrierrec",
						 "go:systemstack", NULL};
	static const char *const of_functions[] = {"go:noinline", "go:nosplit", "go:norace", "go:noescape",
						   "go:nocheckptr", "go:uintptrescapes", NULL};
	static const char *const linkname[] = {"go:linkname", NULL}, *const embed[] = {"go:embed", NULL};
	const char *text;
	uint32_t len = word(d, 0, &text);
	if (is_one_of(d, of_runtime))
		FAIL(c, d->pos, DIRECTIVE_RUNTIME, (int)len, text);
	else if (is_one_of(d, of_functions))
		check_of_function(c, d);
	else if (is_one_of(d, linkname))
		check_linkname(c, d);
	else if (is_one_of(d, embed))
		check_embed(c, d->file, d->text, d->len, d->pos);
	else if (begins(d, "go:cgo_"))
		check_cgo(c, d);
}

void check_directives(Check *c, const Package *pkg) {
	PtrMap linked = {0};
	for (uint32_t i = 0; i < pkg->files.len; i++) {
		const File *file = pkg->files.items[i];
		const SourceFile *source = file->source;
		for (uint32_t k = 0; k < source->go_comments.len; k++) {
			uint32_t at = source->go_comments.items[k] + 2;
			const char *text = source->text + at, *end = memchr(text, '\n', source->len - at);
			uint32_t len = end ? (uint32_t)(end - text) : source->len - at;
			if (len > 0 && text[len - 1] == '\r')
				len--;
			check_directive(c, &(Directive){file, text, len, source->base + at, &linked});
		}
	}
}
