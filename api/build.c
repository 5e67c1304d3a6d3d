/* SPDX-License-Identifier: MIT */
/* build.c: gol_compile and the dumps: text -> program.
 *
 * Rules: every diagnostic of a call is delivered in that call, in order of position, at most ten errors unless asked.
 * Why: the checker collects; only here is it decided what a user sees. */
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"

static void deliver(GolVM *vm, const Diagnostic *d) {
	Buf excerpt;
	buf_init(&excerpt, &vm->vm.mem);
	diag_excerpt(&vm->sources, d, &excerpt);
	Position at = source_position(&vm->sources, d->pos);
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

/* Delivers what was reported since the last call and forgets it. */
static void deliver_diagnostics(GolVM *vm, bool all) {
	SourceSet *set = &vm->sources;
	diag_sort(set);
	uint32_t errors = 0;
	for (uint32_t i = 0; i < set->diagnostics.len; i++) {
		const Diagnostic *d = &set->diagnostics.items[i];
		if (d->severity == SEVERITY_ERROR && ++errors > MAX_ERRORS_SHOWN && !all) {
			Diagnostic last = {.pos = d->pos, .message = "too many errors"};
			if (vm->config.diagnostic)
				deliver(vm, &last);
			break;
		}
		if (vm->config.diagnostic)
			deliver(vm, d);
	}
	set->diagnostics.len = 0;
	set->error_count = 0;
}

static File **parse_sources(GolVM *vm, const GolSource *sources, size_t count) {
	File **files = ARENA_ARRAY(&vm->arena, File *, count);
	for (size_t i = 0; i < count; i++) {
		SourceFile *source = source_add(&vm->sources, sources[i].name, sources[i].text, sources[i].len);
		if (!source)
			return NULL;
		files[i] = parser_parse_file(&vm->sources, &vm->interner, &vm->arena, source,
					     (ParseOptions){.allow_script = true});
	}
	return files;
}

static uint16_t language_version(File **files, size_t count, const GolCompileOptions *options) {
	if (options && options->go_version > 0)
		return (uint16_t)options->go_version;
	for (size_t i = 0; i < count; i++)
		if (files[i]->go_version)
			return files[i]->go_version;
	return 0;
}

/* The main package of `gol test`: made as text, importing what is tested. */
static Package *check_test_main(GolVM *vm, File **files, uint32_t count, Package *tested) {
	LoadedPackage *l = ARENA_NEW(&vm->arena, LoadedPackage);
	*l = (LoadedPackage){.next = vm->packages, .path = TESTED_PATH, .package = tested};
	vm->packages = l;
	Buf text;
	buf_init(&text, &vm->vm.mem);
	testmain_generate(files, count, &vm->vm.mem, &text);
	SourceFile *source = source_add(&vm->sources, "_testmain.go", buf_cstr(&text), text.len);
	buf_deinit(&text);
	if (!source)
		return NULL;
	File *file = parser_parse_file(&vm->sources, &vm->interner, &vm->arena, source, (ParseOptions){0});
	Package *main = check_package(&vm->universe, &file, 1, (CheckOptions){.path = "main"});
	vm->packages = l->next;
	return main;
}

static Package *check_sources(GolVM *vm, File **files, uint32_t count, const GolCompileOptions *options) {
	bool is_test = options && options->is_test;
	const char *path = "main";
	if (is_test && files[0]->package_name)
		path = files[0]->package_name->name->text;
	Package *package = check_package(&vm->universe, files, count,
					 (CheckOptions){.path = path, .go_version = language_version(files, count, options)});
	if (is_test && vm->sources.error_count == 0)
		return check_test_main(vm, files, count, package);
	return package;
}

GolStatus gol_compile(GolVM *vm, const GolSource *sources, size_t count, const GolCompileOptions *options,
		      GolProgram **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!vm || !sources || count == 0 || count > UINT32_MAX || (options && options->size != sizeof *options))
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_compile: bad argument") : GOL_ERROR_ARGUMENT;
	const Program *program = NULL;
	Package *package = NULL;
	File **files = parse_sources(vm, sources, count);
	if (files && vm->sources.error_count == 0)
		package = check_sources(vm, files, (uint32_t)count, options);
	if (package && vm->sources.error_count == 0 && !vm->arena.failed)
		program = compile_program(&vm->session, package);
	bool failed = vm->sources.error_count > 0;
	deliver_diagnostics(vm, options && options->all_errors);
	if (vm->arena.failed || !files)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	if (failed || !program)
		return api_fail(vm, GOL_ERROR_COMPILE, "the program was rejected");
	GolProgram *p = ARENA_NEW(&vm->arena, GolProgram);
	p->program = program;
	p->package = package;
	*out = p;
	return GOL_OK;
}

GolStatus gol_compile_text(GolVM *vm, const char *name, const char *text, GolProgram **out) {
	if (!name || !text)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_compile_text: bad argument") : GOL_ERROR_ARGUMENT;
	GolSource source = {.name = name, .text = text, .len = strlen(text)};
	return gol_compile(vm, &source, 1, NULL, out);
}

GolStatus gol_dump(GolVM *vm, const GolProgram *program, GolDump what,
		   void (*sink)(void *user, const char *text, size_t len), void *user) {
	if (!vm || !program || !sink)
		return GOL_ERROR_ARGUMENT;
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
	return GOL_OK;
}

GolStatus gol_dump_tree(GolVM *vm, const GolSource *source, int source_form,
			void (*sink)(void *user, const char *text, size_t len), void *user) {
	if (!vm || !source || !sink)
		return GOL_ERROR_ARGUMENT;
	File **files = parse_sources(vm, source, 1);
	if (!files)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	bool failed = vm->sources.error_count > 0;
	deliver_diagnostics(vm, true);
	if (failed)
		return api_fail(vm, GOL_ERROR_COMPILE, "the text was rejected");
	Buf text;
	buf_init(&text, &vm->vm.mem);
	if (source_form)
		ast_print(&files[0]->node, &text);
	else
		ast_dump(&files[0]->node, &text);
	sink(user, buf_cstr(&text), text.len);
	buf_deinit(&text);
	return GOL_OK;
}
