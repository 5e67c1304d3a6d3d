/* SPDX-License-Identifier: MIT */
/* eval.c: gol_eval: a text becomes the next piece of the VM's session.
 *
 * Owns: Eval: the session's program, its package, what the last evaluation left.
 * Rules: the tree is checked while goroutines run; code is made, linked and started with the world stopped, because running
 *   code reads the tables that grow then. A piece that fails before it runs leaves no trace but memory. Variables that were
 *   declared again and that no function knows are cleared before the next piece, so that what they held can go.
 * Why one program that grows: types, globals and functions of all pieces must meet in one heap.
 * See: types/check_piece.c, compiler/compile.c, api/eval_run.c; docs/architecture.md. */
#include <string.h>

#include "api/api_internal.h"
#include "runtime/made_type.h"
#include "runtime/session.h"
#include "vm/link.h"

enum { EVAL_FLAGS = GOL_EVAL_WHOLE | GOL_EVAL_CHECK };

/* ---------------------------------------------------------------- the session */

/* The session's variable that holds this channel. */
static const char *name_of_channel(GolVM *vm, const void *chan) {
	const Scope *scope = vm->eval.package ? vm->eval.package->scope : NULL;
	for (uint32_t i = 0; chan && scope && i < scope->ordered.len; i++) {
		const Object *o = scope->ordered.items[i];
		uint32_t offset;
		const TypeDesc *type;
		if (o->kind == OBJECT_VAR && session_has(vm->eval.package, o) && global_place(o, &offset, &type) &&
		    type->kind == KIND_CHAN && load_word(vm->vm.globals + offset) == (uintptr_t)chan)
			return o->name->text;
	}
	return NULL;
}

Package *eval_package(GolVM *vm) {
	Eval *e = &vm->eval;
	if (e->program)
		return e->package;
	if (instance_begin(vm, NULL, true) != GOL_OK)
		return NULL;
	GolProgram *p = program_new(vm);
	if (!p)
		return NULL;
	p->refs = 1;
	e->program = vm->current = p;
	e->package = check_session(&p->universe, "main");
	e->name_of_channel = name_of_channel;
	p->package = e->package;
	return e->package;
}

/* ---------------------------------------------------------------- one piece */

/* Memory that was refused came from elsewhere: nothing is broken, but the piece cannot be trusted. */
static bool memory_failed(GolProgram *p) {
	bool failed = p->arena.failed || p->mem.refused;
	p->arena.failed = p->mem.refused = false;
	return failed;
}

static GolStatus rejected(GolProgram *p) {
	loader_forget_failed(p);
	if (memory_failed(p)) {
		diag_clear(&p->sources);
		return api_fail(p->vm, GOL_ERROR_MEMORY, "out of memory");
	}
	deliver_diagnostics(p, false);
	return api_fail(p->vm, GOL_ERROR_COMPILE, "the text was rejected");
}

static File *parse_piece(GolProgram *p, const char *name, const char *text, size_t len) {
	SourceFile *source = source_add(&p->sources, name ? name : "repl", text, len);
	if (!source)
		return NULL;
	File *file = parser_parse_file(&p->sources, &p->interner, &p->arena, source, (ParseOptions){.allow_script = true});
	return p->sources.error_count == 0 ? file : NULL;
}

static void drop_values(Eval *e) {
	for (uint32_t i = 0; i < e->values.len; i++)
		VEC_PUSH(&e->program->arena, &e->unused, e->values.items[i]);
	e->values.len = 0;
}

/* Variables that nothing refers to. The world is stopped. */
static void clear_unused(GolVM *vm) {
	Eval *e = &vm->eval;
	for (uint32_t i = 0; i < e->unused.len; i++) {
		uint32_t offset;
		const TypeDesc *type;
		if (!global_place(e->unused.items[i], &offset, &type))
			continue;
		memset(vm->vm.globals + offset, 0, type->size);
		global_release(&e->program->session, e->unused.items[i]);
	}
	e->unused.len = 0;
}

static void keep_piece(Eval *e, File *file) {
	Arena *arena = &e->program->arena;
	Package *pkg = e->package;
	VEC_PUSH(arena, &e->pieces, ((Piece){file}));
	for (uint32_t i = 0; i < pkg->replaced.len; i++) {
		Object *old = pkg->replaced.items[i].old;
		if (old->kind == OBJECT_VAR && !old->captured && !old->address_taken)
			VEC_PUSH(arena, &e->unused, old);
	}
}

/* Code for the piece, known to the VM; the world is stopped. */
static const Program *link_piece(GolVM *vm) {
	Eval *e = &vm->eval;
	GolProgram *p = e->program;
	bool methods_changed;
	clear_unused(vm);
	p->session.find_made = made_type_claim;
	p->session.made_user = &vm->vm;
	const Program *program = compile_piece(&p->session, e->package, &methods_changed);
	if (!program || p->arena.failed || p->mem.refused)
		return NULL;
	p->program = program;
	natives_bind(p);
	if (p->arena.failed || !vm_link(&vm->vm, program)) {
		p->arena.failed = true;
		return NULL;
	}
	piece_redirect(&p->session, e->package);
	if (methods_changed)
		vm_forget_methods(&vm->vm);
	return program;
}

static void take_values(GolVM *vm, bool returned) {
	Eval *e = &vm->eval;
	for (uint32_t i = 0; returned && i < e->package->values.len; i++)
		VEC_PUSH(&e->program->arena, &e->values, e->package->values.items[i]);
}

static GolStatus run_piece(GolVM *vm, File *file) {
	Eval *e = &vm->eval;
	GolProgram *p = e->program;
	bool returned = false;
	if (!eval_start(vm)) {
		check_piece_end(&p->universe, e->package, false);
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory: no thread for the session");
	}
	world_stop(&vm->eval.stop, &vm->vm, NULL);
	const Program *program = link_piece(vm);
	if (!program) {
		world_start(&vm->eval.stop);
		check_piece_end(&p->universe, e->package, false);
		return rejected(p);
	}
	deliver_diagnostics(p, false);
	check_piece_end(&p->universe, e->package, true);
	keep_piece(e, file);
	GolStatus status = eval_run(vm, &program->entry->closure, NULL, 0, &returned, true);
	take_values(vm, returned);
	return status;
}

static GolStatus eval_text(GolVM *vm, const char *name, const char *text, size_t len) {
	Package *pkg = vm->eval.package;
	GolProgram *p = vm->eval.program;
	p->mem.cap_bytes = vm->config.limits.memory_bytes;
	memory_failed(p);
	drop_values(&vm->eval);
	File *file = parse_piece(p, name, text, len);
	if (!file)
		return p->sources.error_count ? rejected(p) : api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	if (!check_piece(&p->universe, pkg, &file, 1) || p->arena.failed || p->mem.refused) {
		check_piece_end(&p->universe, pkg, false);
		return rejected(p);
	}
	return run_piece(vm, file);
}

static GolStatus evaluate(GolVM *vm, const char *name, const char *text, size_t len) {
	if (!eval_package(vm))
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	if (vm->vm.session && session_is_over(&vm->vm))
		return eval_over(vm);
	vm->eval.is_busy = true;
	GolStatus status = eval_text(vm, name, text, len);
	vm->eval.is_busy = false;
	return status;
}

GolStatus gol_eval(GolVM *vm, const char *name, const char *text, size_t len, uint32_t flags) {
	if (!vm || (!text && len) || (flags & ~(uint32_t)EVAL_FLAGS))
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_eval: bad argument") : GOL_ERROR_ARGUMENT;
	if (__atomic_load_n(&vm->is_running, __ATOMIC_RELAXED) && scope_worker(vm) != NULL)
		return GOL_ERROR_ARGUMENT; /* a host function: the text of errors is not its to write */
	if (vm_is_busy(vm) || vm->pumps)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_eval: %s", vm->pumps ? "not with GOL_WORKERS_HOST" : "the VM is running");
	if (!(flags & GOL_EVAL_WHOLE) && parser_is_incomplete(&vm->vm.mem, text ? text : "", len))
		return api_fail(vm, GOL_MORE, "the text is unfinished");
	if (flags & GOL_EVAL_CHECK)
		return GOL_OK;
	session_forget_interrupts(&vm->vm); /* one that comes from now on is meant for this one ... */
	set_starting(vm, START_GOING);      /* ... also while there is no session yet */
	GolStatus status = evaluate(vm, name, text ? text : "", len);
	set_starting(vm, START_NONE);
	return status;
}

GolStatus gol_eval_reset(GolVM *vm) {
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	return instance_begin(vm, NULL, true);
}

/* ---------------------------------------------------------------- what it left */

static GolValue place_of(GolVM *vm, const Object *o) {
	uint32_t offset;
	const TypeDesc *type;
	if (!o || !global_place(o, &offset, &type))
		return value_invalid(&vm->scope);
	return value_at(&vm->scope, type, vm->vm.globals + offset, VALUE_MEMORY);
}

size_t gol_eval_count(const GolVM *vm) { return vm ? vm->eval.values.len : 0; }

GolValue gol_eval_value(GolVM *vm, size_t index) {
	if (!vm)
		return (GolValue){0};
	return place_of(vm, index < vm->eval.values.len ? vm->eval.values.items[index] : NULL);
}

GolValue gol_eval_variable(GolVM *vm, const char *name) {
	if (!vm)
		return (GolValue){0};
	const Eval *e = &vm->eval;
	const Object *o = e->program && name ? package_lookup(&e->program->universe, e->package, name) : NULL;
	return place_of(vm, o && o->kind == OBJECT_VAR ? o : NULL);
}
