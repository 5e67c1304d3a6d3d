/* SPDX-License-Identifier: MIT */
/* build.c: gol_compile and the dumps: text -> program.
 *
 * Rules: every diagnostic of a call is delivered in that call, in order of position, at most ten errors unless asked.
 * Why: the checker collects; only here is it decided what a user sees. */
#include <stdlib.h>
#include <string.h>

#include "api/module.h"
#include "bytecode/verify.h"

static void deliver(GolProgram *p, const Diagnostic *d) {
	GolVM *vm = p->vm;
	Buf excerpt;
	buf_init(&excerpt, &p->mem);
	diag_excerpt(&p->sources, d, &excerpt);
	Position at = source_position(&p->sources, d->pos);
	GolDiagnostic out = {
		.file = at.file,
		.line = at.line,
		.column = at.column,
		.is_warning = d->severity == SEVERITY_WARNING,
		.message = d->message,
		.excerpt = buf_cstr(&excerpt),
	};
	vm->config.diagnostic(vm->config.user, &out);
	buf_deinit(&excerpt);
}

void deliver_diagnostics(GolProgram *p, bool all) {
	GolVM *vm = p->vm;
	SourceSet *set = &p->sources;
	diag_sort(set);
	uint32_t errors = 0;
	for (uint32_t i = 0; i < set->diagnostics.len; i++) {
		const Diagnostic *d = &set->diagnostics.items[i];
		if (d->severity == SEVERITY_ERROR && ++errors > MAX_ERRORS_SHOWN && !all) {
			Diagnostic last = {.pos = d->pos, .message = "too many errors"};
			if (vm->config.diagnostic)
				deliver(p, &last);
			break;
		}
		if (vm->config.diagnostic)
			deliver(p, d);
	}
	diag_clear(set);
}

static File **parse_sources(GolProgram *p, const GolSource *sources, size_t count) {
	File **files = ARENA_ARRAY(&p->arena, File *, count);
	for (size_t i = 0; i < count; i++) {
		SourceFile *source = source_add(&p->sources, sources[i].name, sources[i].text, sources[i].len);
		if (!source)
			return NULL;
		files[i] = parser_parse_file(&p->sources, &p->interner, &p->arena, source, (ParseOptions){.allow_script = true});
	}
	return files;
}

/* fmt.Print and its kin, whose point is what they print. */
static bool prints_itself(const Node *x) {
	if (x->kind != NODE_CALL || ((const CallExpr *)x)->fun->kind != NODE_SELECTOR)
		return false;
	const SelectorExpr *fun = (const SelectorExpr *)((const CallExpr *)x)->fun;
	const char *name = fun->sel->name->text;
	return fun->x->kind == NODE_IDENT && strcmp(((const Ident *)fun->x)->name->text, "fmt") == 0 &&
	       (strncmp(name, "Print", 5) == 0 || strncmp(name, "Fprint", 6) == 0);
}

static Ident *new_ident(GolProgram *p, const char *name, Pos pos) {
	Ident *i = NEW_NODE(&p->arena, Ident, pos);
	i->name = intern_cstr(&p->interner, name);
	return i;
}

/* The last statement, when it is an expression, becomes the argument of fmt.Println. */
static void print_last(GolProgram *p, File *file) {
	if (!file->is_script || file->stmts.len == 0)
		return;
	Node *last = file->stmts.items[file->stmts.len - 1];
	if (last->kind != NODE_EXPR_STMT || (file->decls.len && file->decls.items[file->decls.len - 1]->pos > last->pos))
		return;
	ExprStmt *s = AS(ExprStmt, last);
	if (prints_itself(ast_unparen(s->x)))
		return;
	SelectorExpr *fun = NEW_NODE(&p->arena, SelectorExpr, last->pos);
	fun->x = &new_ident(p, "fmt", last->pos)->node;
	fun->sel = new_ident(p, "Println", last->pos);
	CallExpr *call = NEW_NODE(&p->arena, CallExpr, last->pos);
	call->fun = &fun->node;
	call->args = (NodeList){.items = ARENA_ARRAY(&p->arena, Node *, 1), .len = 1};
	call->args.items[0] = s->x;
	call->rparen = last->pos;
	s->x = &call->node;
}

static uint16_t language_version(GolProgram *p, File **files, size_t count, const GolCompileOptions *options) {
	if (options && options->go_version > 0)
		return (uint16_t)options->go_version;
	for (size_t i = 0; i < count; i++)
		if (files[i]->go_version)
			return files[i]->go_version;
	return module_go_version(p, files[0]->source->name);
}

/* ---------------------------------------------------------------- gol test */

static void push_package(GolProgram *p, const char *path, Package *package) {
	LoadedPackage *l = ARENA_NEW(&p->arena, LoadedPackage);
	*l = (LoadedPackage){.next = p->packages, .path = path, .package = package};
	p->packages = l;
}

static bool ends_with(const char *s, const char *end) {
	size_t n = strlen(s), m = strlen(end);
	return n > m && strcmp(s + n - m, end) == 0;
}

/* package x_test beside package x, in a file of tests. */
static bool is_outside_test(const File *file) {
	const char *name = file->source->name;
	return file->package_name && ends_with(file->package_name->name->text, "_test") &&
	       (ends_with(name, "_test.go") || ends_with(name, "_test.gol"));
}

static void split_tests(GolProgram *p, File **files, uint32_t count, TestPackage out[2]) {
	for (int i = 0; i < 2; i++)
		out[i].files = ARENA_ARRAY(&p->arena, File *, count);
	for (uint32_t i = 0; i < count; i++) {
		TestPackage *package = &out[is_outside_test(files[i])];
		package->files[package->count++] = files[i];
	}
}

/* The main package: made as text, importing what is tested. */
static Package *check_test_main(GolProgram *p, const TestPackage packages[2]) {
	Buf text;
	buf_init(&text, &p->mem);
	testmain_generate(packages, &p->mem, &text);
	SourceFile *source = source_add(&p->sources, "_testmain.go", buf_cstr(&text), text.len);
	buf_deinit(&text);
	if (!source)
		return NULL;
	File *file = parser_parse_file(&p->sources, &p->interner, &p->arena, source, (ParseOptions){0});
	return check_package(&p->universe, &file, 1, (CheckOptions){.path = "main"});
}

static Package *check_files(GolProgram *p, const TestPackage *files, const GolCompileOptions *options, const char *path) {
	CheckOptions check = {.path = path, .go_version = language_version(p, files->files, files->count, options)};
	return check_package(&p->universe, files->files, files->count, check);
}

/* By which traces and PkgPath call a tested package: its path in the module, elsewhere its name. */
static const char *tested_path(GolProgram *p, const TestPackage *package, const char *module_path) {
	const Ident *name = package->files[0]->package_name;
	if (module_path && module_path[0] != '_')
		return is_outside_test(package->files[0]) ? program_text(p, "%s_test", module_path) : module_path;
	return name ? name->name->text : "main";
}

/* Tests outside of the package import it as everybody does, and find it with its tests. */
static Package *check_tests(GolProgram *p, File **files, uint32_t count, const GolCompileOptions *options) {
	static const char *const paths[] = {TESTED_PATH, TESTED_OUTSIDE_PATH};
	TestPackage packages[2] = {0};
	split_tests(p, files, count, packages);
	if (p->arena.failed)
		return NULL;
	Package *checked[2] = {NULL};
	const char *path = module_path(p, files[0]->source->name);
	for (int i = 0; i < 2; i++) {
		if (!packages[i].count)
			continue;
		checked[i] = check_files(p, &packages[i], options, tested_path(p, &packages[i], path));
		if (path && i == 0)
			push_package(p, path, checked[i]);
	}
	if (p->sources.error_count)
		return checked[0] ? checked[0] : checked[1];
	for (int i = 0; i < 2; i++)
		if (checked[i])
			push_package(p, paths[i], checked[i]);
	return check_test_main(p, packages);
}

static Package *check_sources(GolProgram *p, File **files, uint32_t count, const GolCompileOptions *options) {
	if (options && options->is_test)
		return check_tests(p, files, count, options);
	return check_files(p, &(TestPackage){files, count}, options, "main");
}

/* ---------------------------------------------------------------- gol_compile */

/* Arena.stop of a compilation. */
static bool compile_stops(void *user) {
	GolProgram *p = user;
	if (p->vm && __atomic_load_n(&p->vm->compiling, __ATOMIC_RELAXED) == COMPILE_INTERRUPTED)
		p->stopped = GOL_INTERRUPTED;
	else if (p->deadline_ns != 0 && clock_monotonic_ns() >= p->deadline_ns)
		p->stopped = GOL_ERROR_LIMIT;
	return p->stopped != GOL_OK || __atomic_load_n(&p->mem.refused, __ATOMIC_RELAXED);
}

static GolStatus compile_failed(GolProgram *p) {
	switch (p->stopped) {
	case GOL_INTERRUPTED: return api_fail(p->vm, GOL_INTERRUPTED, "interrupted");
	case GOL_ERROR_LIMIT: return api_fail(p->vm, GOL_ERROR_LIMIT, "limit reached: wall time");
	default: return api_fail(p->vm, GOL_ERROR_MEMORY, "out of memory");
	}
}

/* Names that line directives made up stay as they are, and so does what is no file: "-e". */
static const char *source_path(GolProgram *p, const char *here, const char *name) {
	for (uint32_t i = 0; i < p->sources.files.len; i++)
		if (p->sources.files.items[i]->name == name && (ends_with(name, ".go") || ends_with(name, ".gol")))
			return module_join(p, here, name);
	return name;
}

/* NULL: where we are is not known, or not to be told. */
static const char **source_paths(GolProgram *p, const Program *program) {
	const char *here = module_here(p);
	const char **paths = here ? ARENA_ARRAY(&p->arena, const char *, program->file_count + 1) : NULL;
	for (uint32_t i = 0; here && i < program->file_count; i++) {
		bool is_relative = program->files[i][0] != '/' && program->files[i][0] != '$';
		paths[i] = is_relative ? source_path(p, here, program->files[i]) : program->files[i];
	}
	return paths;
}

static GolStatus compile_sources(GolProgram *p, const GolSource *sources, size_t count, const GolCompileOptions *options) {
	Package *package = NULL;
	p->go_version = options ? (uint16_t)options->go_version : 0;
	File **files = parse_sources(p, sources, count);
	if (files && options && options->print_last && !diag_has_syntax_error(&p->sources))
		print_last(p, files[0]);
	Program *program = NULL;
	if (files && !diag_has_syntax_error(&p->sources))
		package = check_sources(p, files, (uint32_t)count, options);
	if (package && p->sources.error_count == 0 && !p->arena.failed)
		program = compile_program(&p->session, package);
	if (program)
		program->paths = source_paths(p, program);
	p->program = program;
	p->package = package;
	bool failed = p->sources.error_count > 0;
	if (p->arena.failed || p->mem.refused || !files) /* what was reported, or made, may be wrong */
		return compile_failed(p);
	deliver_diagnostics(p, options && options->all_errors);
	if (failed || !p->program)
		return api_fail(p->vm, GOL_ERROR_COMPILE, "the program was rejected");
	natives_bind(p);
#ifdef GOL_VERIFY /* a build that finds what the compiler gets wrong, and the verifier does not understand */
	if (!verify_program(p->program, &p->mem, &p->vm->error) && !strstr(buf_cstr(&p->vm->error), "pointers of package unsafe"))
		return GOL_ERROR_IMAGE;
	p->vm->error.len = 0;
#endif
	return p->arena.failed ? compile_failed(p) : GOL_OK;
}

GolStatus gol_compile(GolVM *vm, const GolSource *sources, size_t count, const GolCompileOptions *options,
		      GolProgram **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!vm || !sources || count == 0 || count > UINT32_MAX || (options && options->size != sizeof *options))
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_compile: bad argument") : GOL_ERROR_ARGUMENT;
	for (size_t i = 0; i < count; i++)
		if (!sources[i].name || (!sources[i].text && sources[i].len))
			return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_compile: source %zu has no %s", i, sources[i].name ? "text" : "name");
	GolProgram *p = program_new(vm);
	if (!p)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	int64_t wall_ns = vm->config.limits.wall_ns;
	p->deadline_ns = wall_ns > 0 ? clock_monotonic_ns() + wall_ns : 0;
	p->arena.stop = compile_stops;
	p->arena.stop_user = p;
	__atomic_store_n(&vm->compiling, COMPILE_GOING, __ATOMIC_SEQ_CST);
	GolStatus status = compile_sources(p, sources, count, options);
	__atomic_store_n(&vm->compiling, COMPILE_NONE, __ATOMIC_SEQ_CST);
	p->arena.stop = NULL;
	p->vm = NULL;
	if (status == GOL_OK)
		status = program_hold(vm, p);
	if (status == GOL_OK)
		*out = p;
	else
		program_release(p);
	return status;
}

GolStatus gol_compile_text(GolVM *vm, const char *name, const char *text, GolProgram **out) {
	if (!name || !text) {
		if (out)
			*out = NULL;
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_compile_text: bad argument") : GOL_ERROR_ARGUMENT;
	}
	GolSource source = {.name = name, .text = text, .len = strlen(text)};
	return gol_compile(vm, &source, 1, NULL, out);
}

GolStatus gol_dump(GolVM *vm, const GolProgram *program, GolDump what,
		   void (*sink)(void *user, const char *text, size_t len), void *user) {
	if (!vm || !program || !sink)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_dump: bad argument") : GOL_ERROR_ARGUMENT;
	GolProgram *held = (GolProgram *)(uintptr_t)program; /* the sink may free it */
	__atomic_add_fetch(&held->refs, 1, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < program->program->function_count; i++) {
		const Function *fn = program->program->functions[i];
		if (what == GOL_DUMP_ASM && fn->file && strncmp(fn->file, "$GOL/", 5) == 0)
			continue;
		Buf text;
		buf_init(&text, &vm->vm.mem);
		program_disassemble(program->program, fn, &text);
		sink(user, buf_cstr(&text), text.len);
		buf_deinit(&text);
	}
	program_release(held);
	return GOL_OK;
}

static GolStatus dump_tree(GolProgram *p, const GolSource *source, int source_form,
			   void (*sink)(void *user, const char *text, size_t len), void *user) {
	File **files = parse_sources(p, source, 1);
	bool failed = p->sources.error_count > 0;
	if (!files || p->arena.failed || p->mem.refused)
		return api_fail(p->vm, GOL_ERROR_MEMORY, "out of memory");
	deliver_diagnostics(p, true);
	if (failed)
		return api_fail(p->vm, GOL_ERROR_COMPILE, "the text was rejected");
	Buf text;
	buf_init(&text, &p->mem);
	if (source_form)
		ast_print(&files[0]->node, &text);
	else
		ast_dump(&files[0]->node, &text);
	sink(user, buf_cstr(&text), text.len);
	buf_deinit(&text);
	return GOL_OK;
}

GolStatus gol_dump_tree(GolVM *vm, const GolSource *source, int source_form,
			void (*sink)(void *user, const char *text, size_t len), void *user) {
	if (!vm || !source || !source->name || !sink)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_dump_tree: bad argument") : GOL_ERROR_ARGUMENT;
	GolProgram *p = program_new(vm);
	if (!p)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	GolStatus status = dump_tree(p, source, source_form, sink, user);
	program_release(p);
	return status;
}
