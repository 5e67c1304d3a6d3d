/* SPDX-License-Identifier: MIT */
/* check_embed.c: //go:embed: variables whose value is files.
 *
 * Owns: what a directive says, from its text to the initializer of its variable.
 * Rules: the directive is noted on the specification before anything is resolved; the initializer is made when the type of
 *   the variable is known: a literal, its conversion, or a call of what package embed has for the purpose.
 * Why an initializer in the tree: nobody behind the checker has to know of embedding, images and the REPL included. */
#include "types/check.h"
#include "types/internal.h"

typedef struct Pattern {
	const char *text;
	Pos pos;
} Pattern;

/* All directives of one variable. */
struct Embed {
	const File *file;
	VEC(Pattern) patterns;
};

/* ---- the directive ---- */

/* Sessions: in an earlier piece as well. */
static bool imports_embed(const Package *pkg, const File *file) {
	for (uint32_t i = 0; pkg->is_session && i < pkg->imports.len; i++)
		if (strcmp(pkg->imports.items[i]->path, "embed") == 0)
			return true;
	for (uint32_t i = 0; i < file->imports.len; i++) {
		const Node *path = AS(ImportSpec, file->imports.items[i])->path;
		if (path->kind == NODE_BASIC_LIT && AS(BasicLit, path)->text.len == strlen("'embed'") &&
		    memcmp(AS(BasicLit, path)->text.ptr + 1, "embed", strlen("embed")) == 0)
			return true;
	}
	return false;
}

/* The next pattern of the text; NULL: none, or *bad: quotes that are not closed. */
static const char *next_pattern(Check *c, const char *text, uint32_t len, uint32_t *at, bool *bad) {
	while (*at < len && strchr(" \t", text[*at]))
		++*at;
	uint32_t start = *at, n = 0;
	if (start == len)
		return NULL;
	char quote = text[start] == '"' || text[start] == '`' ? text[start] : 0;
	char *out = ARENA_ARRAY(c->u->arena, char, len - start + 1);
	for (*at += quote != 0; *at < len && (quote ? text[*at] != quote : !strchr(" \t", text[*at])); ++*at) {
		if (quote == '"' && text[*at] == '\\' && *at + 1 < len)
			++*at;
		out[n++] = text[*at];
	}
	*bad = quote && *at == len;
	*at += quote && !*bad;
	*bad |= *at < len && !strchr(" \t", text[*at]);
	return *bad ? NULL : out;
}

/* The specification right behind pos. *is_inside: what stands there is inside of a function. */
static ValueSpec *spec_behind(const File *file, Pos pos, bool *is_inside) {
	const NodeList lists[] = {file->decls, file->stmts};
	Node *found = NULL;
	*is_inside = false;
	for (int k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < lists[k].len; i++) {
			Node *n = lists[k].items[i];
			n = n->kind == NODE_DECL_STMT ? AS(DeclStmt, n)->decl : n;
			if (!n || ast_end(n) <= pos)
				continue;
			if (!found || n->pos < found->pos)
				found = n;
			break;
		}
	}
	if (!found || found->kind != NODE_GEN_DECL) {
		*is_inside = found && found->pos < pos;
		return NULL;
	}
	const GenDecl *decl = AS(GenDecl, found);
	if (decl->op != TOK_VAR || (decl->grouped && found->pos > pos))
		return NULL;
	for (uint32_t i = 0; i < decl->specs.len; i++)
		if (ast_end(decl->specs.items[i]) > pos)
			return decl->specs.items[i]->pos > pos ? AS(ValueSpec, decl->specs.items[i]) : NULL;
	return NULL;
}

/* Whether the text behind the directive's line, comments aside, begins with a var declaration. */
static bool var_follows(const char *s) {
	for (;;) {
		s += strspn(s, " \t\r\n");
		if (strncmp(s, "//", 2) != 0)
			return strncmp(s, "var", 3) == 0 && strchr(" \t", s[3]) != NULL;
		s += strcspn(s, "\n");
	}
}

static bool may_embed(Check *c, const File *file, const ValueSpec *spec, Pos pos) {
	if (!imports_embed(c->env.package, file))
		FAIL(c, pos, EMBED_IMPORT);
	else if (!spec)
		FAIL(c, pos, EMBED_LOCAL);
	else if (spec->names.len > 1)
		FAIL(c, pos, EMBED_MULTIPLE);
	else if (spec->values.len > 0)
		FAIL(c, pos, EMBED_INITIALIZED);
	else
		return require_language(c, pos, 16, "go:embed");
	return false;
}

void check_embed(Check *c, const File *file, const char *text, uint32_t len, Pos pos) {
	bool is_inside, bad = false;
	uint32_t at = (uint32_t)strlen("go:embed");
	ValueSpec *spec = spec_behind(file, pos, &is_inside);
	if (!spec && !(is_inside && var_follows(text + len))) {
		FAIL(c, pos, EMBED_MISPLACED);
		return;
	}
	if (!may_embed(c, file, spec, pos))
		return;
	if (!spec->embed)
		spec->embed = ARENA_NEW(c->u->arena, struct Embed);
	uint32_t before = spec->embed->patterns.len;
	spec->embed->file = file;
	for (const char *p; (p = next_pattern(c, text, len, &at, &bad)) != NULL;)
		VEC_PUSH(c->u->arena, &spec->embed->patterns, ((Pattern){p, pos}));
	if (bad)
		FAIL(c, pos, EMBED_QUOTES, (int)(len - strlen("go:embed")), text + strlen("go:embed"));
	else if (spec->embed->patterns.len == before)
		FAIL(c, pos, EMBED_USAGE);
}

/* ---- the initializer ---- */

typedef enum Kind { AS_NOTHING, AS_STRING, AS_BYTES, AS_FILES } Kind;

static Kind kind_of(Type *t) {
	t = type_unalias(t);
	if (t->kind == TYPE_NAMED && t->object->package && strcmp(t->object->package->path, "embed") == 0)
		return strcmp(t->object->name->text, "FS") == 0 ? AS_FILES : AS_NOTHING;
	Type *u = type_underlying(t);
	if (!u)
		return AS_NOTHING;
	if (u->kind == TYPE_STRING)
		return AS_STRING;
	Type *elem = u->kind == TYPE_SLICE ? type_underlying(u->elem) : NULL;
	return elem && elem->kind == TYPE_UINT8 ? AS_BYTES : AS_NOTHING;
}

static bool has_name(const EmbeddedFiles *files, const char *name) {
	for (uint32_t i = 0; i < files->len; i++)
		if (strcmp(files->items[i].name, name) == 0)
			return true;
	return false;
}

/* What the patterns stand for, each file once; false: an error was reported. */
static bool find_files(Check *c, const struct Embed *embed, EmbeddedFiles *out) {
	const Importer *importer = &c->u->importer;
	for (uint32_t i = 0; i < embed->patterns.len; i++) {
		const Pattern *p = &embed->patterns.items[i];
		EmbeddedFiles found = {0};
		const char *error = importer->embed ? importer->embed(importer->user, embed->file, p->text, &found)
						    : "there are no files here";
		if (error) {
			FAIL(c, p->pos, EMBED_PATTERN, p->text, error);
			return false;
		}
		for (uint32_t k = 0; k < found.len; k++)
			if (!has_name(out, found.items[k].name))
				VEC_PUSH(c->u->arena, out, found.items[k]);
	}
	return out->len > 0;
}

static void put_escaped(Buf *b, const char *s, size_t len) {
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)s[i];
		if (ch < 0x20 || ch >= 0x7f || ch == '"' || ch == '\\')
			buf_printf(b, "\\x%02x", ch);
		else
			buf_put(b, s + i, 1);
	}
}

/* The files' content as a literal; for FS with their names and sizes, as newFS in stdlib/embed reads them. */
static Node *literal_of(Check *c, const EmbeddedFiles *files, bool packed, Pos pos) {
	Buf b;
	buf_init(&b, c->u->arena->mem);
	buf_put(&b, "\"", 1);
	for (uint32_t i = 0; i < files->len; i++) {
		const EmbeddedFile *f = &files->items[i];
		if (packed) {
			put_escaped(&b, f->name, strlen(f->name));
			buf_printf(&b, "\\n%zu\\n", f->len);
		}
		put_escaped(&b, f->text, f->len);
	}
	buf_put(&b, "\"", 1);
	BasicLit *lit = NEW_NODE(c->u->arena, BasicLit, pos);
	lit->token = TOK_STRING;
	lit->text = (Str){arena_strndup(c->u->arena, buf_cstr(&b), b.len), (uint32_t)b.len};
	bool failed = b.failed;
	buf_deinit(&b);
	return failed ? NULL : &lit->node;
}

/* A name that no source can hold leads to embed.newFS. */
static Node *new_fs(Check *c, Type *fs, Pos pos) {
	Name *name = name_of(c, "go:embed");
	Object *function = scope_lookup(type_unalias(fs)->object->package->scope, name_of(c, "newFS"));
	ptrmap_put(c->u->arena, &c->u->scope->objects, name, function);
	Ident *id = NEW_NODE(c->u->arena, Ident, pos);
	id->name = name;
	return &id->node;
}

Node *embedded_value(Check *c, const ValueSpec *spec, Type *type) {
	EmbeddedFiles files = {0};
	Pos pos = spec->names.items[0]->pos;
	if (!spec->embed || !type || type_is_invalid(type))
		return NULL;
	Kind kind = kind_of(type);
	if (kind == AS_NOTHING) {
		FAIL(c, pos, EMBED_TYPE, type_text(c, type));
		return NULL;
	}
	if (!find_files(c, spec->embed, &files))
		return NULL;
	if (kind != AS_FILES && files.len > 1) {
		FAIL(c, pos, EMBED_FILES, type_text(c, type));
		return NULL;
	}
	Node *lit = literal_of(c, &files, kind == AS_FILES, pos);
	if (!lit || kind == AS_STRING)
		return lit;
	CallExpr *call = NEW_NODE(c->u->arena, CallExpr, pos);
	call->fun = kind == AS_FILES ? new_fs(c, type, pos) : ast_clone(c->u->arena, spec->type);
	call->args = (NodeList){ARENA_NEW(c->u->arena, Node *), 1};
	call->args.items[0] = lit;
	return &call->node;
}
