/* SPDX-License-Identifier: MIT */
/* check_foreign.c: functions without a body: in Go's world they are written in assembly, or are the runtime's under another name
 * (//go:linkname).
 *
 * Rules: what package internal/linkname declares for the symbol, with the same type, is called in their place. It is the only
 *   way in: a program cannot name other functions of the library this way. Of a package whose folder holds assembly, the
 *   functions that are left panic when they are called; in other packages a missing body is an error, as in Go.
 * Why: golang.org/x/sys and what stands on it are imported everywhere, mostly for what never happens in a script. */
#include "base/buf.h"
#include "types/check.h"

#define FOREIGN_PACKAGE "internal/linkname"

static bool is_bodiless(const Object *o) {
	const FuncDecl *decl = (const FuncDecl *)o->func->node;
	return !decl->body && !decl->lazy && !o->func->linked;
}

/* "golang.org/x/sys/unix.Syscall" is golang_org_x_sys_unix_Syscall there. */
static Name *foreign_name(Check *c, const Object *o) {
	char text[256];
	size_t len = 0;
	const char *pieces[] = {o->func->symbol ? o->func->symbol : o->package->path, o->func->symbol ? "" : ".",
				o->func->symbol ? "" : o->name->text};
	for (int i = 0; i < 3; i++)
		for (const char *s = pieces[i]; *s && len < sizeof text; s++) {
			bool is_word = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
			text[len++] = is_word ? *s : '_';
		}
	return len < sizeof text ? intern(c->u->interner, text, (uint32_t)len) : NULL;
}

static Object *foreign_function(Check *c, const Object *o) {
	const char *error = NULL;
	Name *name = foreign_name(c, o);
	if (!name || o->func->node == NULL || AS(FuncDecl, o->func->node)->recv || !c->u->importer.import)
		return NULL;
	Env saved = c->env;
	Package *from = c->u->importer.import(c->u->importer.user, FOREIGN_PACKAGE, NULL, &error);
	env_set(c, saved);
	Object *found = from ? scope_lookup(from->scope, name) : NULL;
	return found && found->kind == OBJECT_FUNC ? found : NULL;
}

/* The body of a function that was written in assembly. */
static void give_body(Check *c, const Object *o) {
	Universe *u = c->u;
	Buf text;
	buf_init(&text, u->arena->mem);
	buf_printf(&text, "package p\nfunc f() {\n\tpanic(\"%s.%s is written in assembly, which Gol does not run\")\n}\n",
		   o->package->path, o->name->text);
	SourceFile *source = text.failed ? NULL : source_add(u->sources, "assembly", buf_cstr(&text), text.len);
	buf_deinit(&text);
	File *file = source ? parser_parse_file(u->sources, u->interner, u->arena, source, (ParseOptions){0}) : NULL;
	if (file && file->decls.len == 1)
		o->func->body = AS(FuncDecl, o->func->node)->body = AS(FuncDecl, file->decls.items[0])->body;
}

static bool has_assembly(Check *c, const Package *pkg) {
	const Importer *importer = &c->u->importer;
	return importer->assembly && importer->assembly(importer->user, pkg->files.items[0]);
}

void check_foreign_functions(Check *c, Package *pkg) {
	for (uint32_t i = 0; i < pkg->functions.len; i++) {
		const Object *o = pkg->functions.items[i];
		if (!is_bodiless(o))
			continue;
		o->func->linked = foreign_function(c, o);
		if (o->func->linked)
			package_add_import(c, pkg, o->func->linked->package);
		else if (has_assembly(c, pkg))
			give_body(c, o);
		else
			FAIL(c, o->pos, MISSING_BODY);
	}
}

void check_foreign_types(Check *c, const Package *pkg) {
	for (uint32_t i = 0; i < pkg->functions.len; i++) {
		const Object *o = pkg->functions.items[i];
		if (!o->func->linked)
			continue;
		resolve_object(c, o->func->linked);
		if (!type_identical(o->type, o->func->linked->type))
			FAIL(c, o->pos, MISSING_BODY);
	}
}
