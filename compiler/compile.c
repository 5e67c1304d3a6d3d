/* SPDX-License-Identifier: MIT */
/* compile.c: a session: what is compiled, in which order, and the Program that comes of it.
 * Owns: Compiler (kept in Session.function_instances), the queue of functions.
 * Rules: only what is reached is compiled: a function is queued when something refers to it. User packages are reached
 * wholly; of library packages a function, a variable and its initializer only when used. Packages are initialized in
 * the order of the Go specification (imports first, by path), each once per session.
 * Why a queue instead of recursion: generated functions refer to each other by address; no order is needed. */
#include <stdarg.h>
#include <stdlib.h>

#include "compiler/gen.h"
#include "types/internal.h"

void compile_error(Compiler *c, Pos pos, const char *format, ...) {
	Buf text;
	va_list args;
	buf_init(&text, c->arena->mem);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	diag_report(c->u->sources, SEVERITY_ERROR, 0, pos, 0, "%s", buf_cstr(&text));
	buf_deinit(&text);
}

const char *format_name(Compiler *c, const char *format, ...) {
	Buf text;
	va_list args;
	buf_init(&text, c->arena->mem);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	const char *name = arena_strndup(c->s->arena, buf_cstr(&text), text.len);
	buf_deinit(&text);
	return name;
}

/* ---------------------------------------------------------------- constants and files */

typedef struct ConstantString {
	GoString value; /* 16-byte aligned: loaded as a pair */
	struct ConstantString *link;
} ConstantString;

const void *constant_string(Compiler *c, Str s) {
	uint32_t h = INTERN_HASH_SEED;
	for (size_t i = 0; i < s.len; i++)
		h = intern_hash_step(h, (uint8_t)s.ptr[i]);
	const void *key = (const void *)(uintptr_t)((uint64_t)h << 1 | 1);
	ConstantString *first = ptrmap_get(&c->strings, key);
	for (ConstantString *k = first; k; k = k->link)
		if ((size_t)k->value.len == s.len && memcmp(k->value.ptr, s.ptr, s.len) == 0)
			return &k->value;
	ConstantString *k = ARENA_NEW(c->s->arena, ConstantString);
	k->value = (GoString){.ptr = arena_strndup(c->s->arena, s.ptr, s.len), .len = (int64_t)s.len};
	k->link = first;
	ptrmap_put(c->arena, &c->strings, key, k);
	return &k->value;
}

uint16_t file_index(Compiler *c, const char *name) {
	uintptr_t index = (uintptr_t)ptrmap_get(&c->file_indices, name);
	if (!index && c->s->files.len < UINT16_MAX) {
		/* A line directive may give no name: Go shows it so. */
		VEC_PUSH(c->s->arena, &c->s->files, name[0] ? name : "??");
		index = c->s->files.len;
		ptrmap_put(c->arena, &c->file_indices, name, (void *)index);
	}
	return index ? (uint16_t)(index - 1) : 0;
}

/* ---------------------------------------------------------------- functions */

Function *function_new(Compiler *c, const char *name, const TypeDesc *type, const TypeDesc *recv) {
	Function *fn = ARENA_NEW(c->s->arena, Function);
	fn->closure.fn = fn;
	fn->name = name;
	fn->type = type;
	fn->id = c->s->function_count++;
	fn->recv_type = recv;
	function_shape(fn);
	if (type->flags & DESC_VARIADIC)
		fn->flags |= FUNC_VARIADIC;
	VEC_PUSH(c->s->arena, &c->s->functions, fn);
	VEC_PUSH(c->s->arena, &c->functions, fn);
	return fn;
}

Work *work_new(Compiler *c, WorkKind kind, Function *fn) {
	Work *w = ARENA_NEW(c->arena, Work);
	w->kind = kind;
	w->fn = fn;
	VEC_PUSH(c->arena, &c->queue, w);
	ptrmap_put(c->arena, &c->works, fn, w);
	return w;
}

Work *work_of(Compiler *c, const Function *fn) {
	return ptrmap_get(&c->works, fn);
}

bool function_is_native(const FuncInfo *info) {
	if (info->body || !info->node || info->node->kind != NODE_FUNC_DECL)
		return false;
	const FuncDecl *decl = (const FuncDecl *)info->node;
	return !decl->body && !decl->lazy;
}

static Object *param_copy(Compiler *c, const Object *o, const TypeSubst *subst) {
	return object_new(c->u, OBJECT_VAR, o->name, o->package, o->pos, type_subst(c->u, o->type, subst));
}

/* The func type without receiver and type parameters. */
static const TypeDesc *plain_signature(Compiler *c, Type *signature, const TypeSubst *subst) {
	if (!subst->count && !signature->recv)
		return lower_type(c, signature);
	Object **params = ARENA_ARRAY(c->arena, Object *, signature->param_count + 1);
	Object **results = ARENA_ARRAY(c->arena, Object *, signature->result_count + 1);
	for (uint32_t i = 0; i < signature->param_count; i++)
		params[i] = subst->count ? param_copy(c, signature->params[i], subst) : signature->params[i];
	for (uint32_t i = 0; i < signature->result_count; i++)
		results[i] = subst->count ? param_copy(c, signature->results[i], subst) : signature->results[i];
	return lower_type(c, type_new_signature(c->u, params, signature->param_count, results, signature->result_count,
						signature->variadic));
}

static void bind_native(Compiler *c, Work *w, FuncInfo *info) {
	const Object *o = info->object;
	const char *name = o->name->text;
	w->kind = WORK_NATIVE;
	w->fn->flags |= FUNC_NATIVE;
	if (w->fn->recv_type) {
		const TypeDesc *recv = w->fn->recv_type;
		name = recv->kind == KIND_POINTER ? format_name(c, "(*%s).%s", recv->elem->short_name, name)
						  : format_name(c, "%s.%s", recv->short_name, name);
	}
	if (c->s->find_native && info->package->is_library)
		w->fn->native = c->s->find_native(c->s->user, info->package->path, name);
	if (!w->fn->native)
		compile_error(c, w->pos, "missing function body: no native for %s.%s", info->package->path, name);
}

static const TypeDesc **lower_args(Compiler *c, const TypeSubst *subst) {
	const TypeDesc **descs = ARENA_ARRAY(c->arena, const TypeDesc *, subst->count + 1);
	for (uint32_t i = 0; i < subst->count; i++)
		descs[i] = lower_type(c, subst->args[i]);
	return descs;
}

Work *function_request(Compiler *c, FuncInfo *info, TypeSubst subst, const char *name) {
	const TypeDesc **descs = lower_args(c, &subst);
	Work *first = ptrmap_get(&c->s->function_instances, info);
	for (Work *w = first; w; w = w->next)
		if (w->subst.count == subst.count &&
		    (subst.count == 0 || memcmp(w->arg_descs, descs, subst.count * sizeof(TypeDesc *)) == 0))
			return w;
	const TypeDesc *recv = NULL;
	if (info->signature->recv && info->node && info->node->kind == NODE_FUNC_DECL)
		recv = lower_type(c, type_subst(c->u, info->signature->recv->type, &subst));
	Function *fn = function_new(c, name, plain_signature(c, info->signature, &subst), recv);
	Work *w = work_new(c, WORK_BODY, fn);
	w->info = info;
	w->package = info->package;
	w->subst = subst;
	w->arg_descs = descs;
	w->pos = info->node ? info->node->pos : info->body ? info->body->pos : 0; /* what a script does has no node of its own */
	w->next = first;
	ptrmap_put(c->arena, &c->s->function_instances, info, w);
	package_reached(c, info->package);
	if (function_is_native(info))
		bind_native(c, w, info);
	return w;
}

static const char *declared_name(Compiler *c, const Object *o, bool generic) {
	const char *path = o->package->path, *suffix = generic ? "[...]" : "";
	const Type *signature = o->type;
	if (!signature->recv)
		return format_name(c, "%s.%s%s", path, o->name->text, suffix);
	bool pointer;
	Type *base = type_unalias(type_deref(signature->recv->type, &pointer));
	const char *type = base->object ? base->object->name->text : "?";
	return format_name(c, pointer ? "%s.(*%s%s).%s" : "%s.%s%s.%s", path, type, suffix, o->name->text);
}

Function *function_of_object(Compiler *c, Object *o, Type **args, uint32_t count) {
	if (o->origin)
		o = o->origin;
	check_object(c->u, o);
	if (o->func && o->func->linked) {
		o = o->func->linked;
		check_object(c->u, o);
	}
	Type *signature = o->type;
	if (!o->func || !signature || signature->kind != TYPE_SIGNATURE) {
		compile_error(c, o->pos, "internal error: function %s has no body", o->name->text);
		return function_new(c, o->name->text, lower_type(c, type_new_signature(c->u, NULL, 0, NULL, 0, false)),
				    NULL);
	}
	uint32_t recv_count = signature->recv_type_param_count, own = signature->type_param_count;
	TypeSubst subst = {.count = recv_count + own};
	subst.params = ARENA_ARRAY(c->arena, Type *, subst.count + 1);
	subst.args = args;
	for (uint32_t i = 0; i < subst.count; i++)
		subst.params[i] =
			i < recv_count ? signature->recv_type_params[i] : signature->type_params[i - recv_count];
	if (count < subst.count) {
		compile_error(c, o->pos, "internal error: %s lacks type arguments", o->name->text);
		subst.count = 0;
	}
	return function_request(c, o->func, subst, declared_name(c, o, subst.count > 0))->fn;
}

/* ---------------------------------------------------------------- packages */

static PackageWork *package_work(Compiler *c, Package *pkg) {
	PackageWork *p = ptrmap_get(&c->packages, pkg);
	if (!p) {
		p = ARENA_NEW(c->arena, PackageWork);
		p->package = pkg;
		ptrmap_put(c->arena, &c->packages, pkg, p);
		VEC_PUSH(c->arena, &c->package_list, p);
	}
	return p;
}

static void request_inits(Compiler *c, PackageWork *p) {
	p->inits_requested = true;
	for (uint32_t i = 0; i < p->package->inits.len; i++) {
		const char *name = format_name(c, "%s.init.%u", p->package->path, i);
		if (p->package->is_library && !check_func_body(c->u, p->package->inits.items[i]))
			continue;
		Work *w = function_request(c, p->package->inits.items[i], (TypeSubst){0}, name);
		w->fn->flags |= FUNC_INIT;
		VEC_PUSH(c->arena, &p->inits, w->fn);
	}
}

PackageWork *package_reached(Compiler *c, Package *pkg) {
	PackageWork *p = package_work(c, pkg);
	if (!p->reached) {
		p->reached = true;
		if (pkg->is_library)
			request_inits(c, p);
	}
	return p;
}

void var_init_request(Compiler *c, Package *pkg, VarInit *init) {
	if (init->lowered)
		return;
	check_var_init(c->u, init);
	const TypeDesc *type = lower_type(c, type_new_signature(c->u, NULL, 0, NULL, 0, false));
	Function *fn = function_new(c, format_name(c, "%s.init", pkg->path), type, NULL);
	fn->flags |= FUNC_INIT;
	Work *w = work_new(c, WORK_VAR_INIT, fn);
	w->init = init;
	w->package = pkg;
	w->pos = init->rhs ? init->rhs->pos : 0;
	init->lowered = w;
	VEC_PUSH(c->arena, &package_work(c, pkg)->var_inits, init);
}

/* Everything a user package declares. */
static void request_package(Compiler *c, PackageWork *p) {
	Package *pkg = p->package;
	p->reached = true;
	request_inits(c, p); /* first, since it numbers them */
	for (uint32_t i = 0; i < pkg->functions.len; i++) {
		Object *o = pkg->functions.items[i];
		check_object(c->u, o);
		Type *t = o->type;
		if (t && t->kind == TYPE_SIGNATURE && o->func && !t->type_param_count && !t->recv_type_param_count)
			function_of_object(c, o, NULL, 0);
	}
	for (uint32_t i = 0; i < pkg->init_order.len; i++)
		if (pkg->init_order.items[i]->rhs)
			var_init_request(c, pkg, pkg->init_order.items[i]);
}

static void lower_core_types(Compiler *c, bool of_reflect);

static void collect_packages(Compiler *c, Package *pkg) {
	PackageWork *p = package_work(c, pkg);
	if (p->visited)
		return;
	p->visited = true;
	if (pkg->is_library && strcmp(pkg->path, "reflect") == 0) {
		lower_core_types(c, true);
		methods_reflect_types(c);
	}
	for (uint32_t i = 0; i < pkg->imports.len; i++) {
		collect_packages(c, pkg->imports.items[i]);
		if (!pkg->is_library && pkg->imports.items[i]->is_library)
			package_reached(c, pkg->imports.items[i]); /* import _ "image/png" is for its init */
	}
	if (!pkg->is_library && !p->reached)
		request_package(c, p);
}

/* ---------------------------------------------------------------- core types */

static Type *core_type(Compiler *c, const char *path, const char *expression) {
	Type *t = NULL;
	const char *name = expression;
	while (*name == '*' || *name == '[')
		name += *name == '*' ? 1 : 2;
	if (*path) {
		Package *pkg = c->s->load_package ? c->s->load_package(c->s->user, path) : NULL;
		Object *o = pkg ? package_lookup(c->u, pkg, name) : NULL;
		if (pkg)
			collect_packages(c, pkg);
		t = o ? o->type : NULL;
	} else {
		Object *o = scope_lookup(c->u->scope, intern_cstr(c->u->interner, name));
		t = o ? o->type : NULL;
	}
	if (!t)
		return NULL;
	for (const char *p = name; p-- > expression;)
		t = *p == '*' ? type_new_pointer(c->u, t) : *p == '[' ? type_new_slice(c->u, t) : t;
	return t;
}

static void lower_core_types(Compiler *c, bool of_reflect) {
	static const struct {
		const char *path, *expression;
	} core[] = {
#define CORE_TYPE(id, package, expression) {package, expression},
#include "bytecode/core_types.def"
#undef CORE_TYPE
	};
	for (int i = 0; i < CORE_COUNT; i++) {
		Type *t = NULL;
		if ((strcmp(core[i].path, "reflect") == 0) == of_reflect)
			t = core_type(c, core[i].path, core[i].expression);
		if (!t)
			continue;
		c->types->core[i] = lower_type(c, t);
		desc_place(c, c->types->core[i]);
	}
}

/* ---------------------------------------------------------------- the queue */

static void drain(Compiler *c) {
	do {
		while (c->queue_done < c->queue.len && !arena_stops(c->arena)) {
			Work *w = c->queue.items[c->queue_done++];
			if (w->kind == WORK_BODY && w->info->node && w->info->node->kind == NODE_FUNC_DECL &&
			    !check_func_body(c->u, w->info))
				continue;
			if (w->kind == WORK_BODY && !w->info->body)
				continue; /* an error was reported */
			gen_function(c, w);
		}
	} while (lower_placed(c));
}

/* ---------------------------------------------------------------- initialization */

static int package_order(const void *a, const void *b) {
	return strcmp((*(PackageWork *const *)a)->package->path, (*(PackageWork *const *)b)->package->path);
}

static bool imports_done(Compiler *c, const PackageWork *p) {
	for (uint32_t i = 0; i < p->package->imports.len; i++)
		if (!package_work(c, p->package->imports.items[i])->initialized)
			return false;
	return true;
}

static void call_package_inits(Compiler *c, Work *init, PackageWork *p) {
	Package *pkg = p->package;
	if (pkg->is_library && p->var_inits.len)
		package_init_order(c->u, pkg, p->var_inits.items, p->var_inits.len);
	for (uint32_t i = 0; i < p->var_inits.len; i++) {
		const Work *w = p->var_inits.items[i]->lowered;
		if (w->init->rhs)
			VEC_PUSH(c->arena, &init->calls, w->fn);
	}
	for (uint32_t i = 0; i < p->inits.len; i++)
		VEC_PUSH(c->arena, &init->calls, p->inits.items[i]);
	p->var_inits.len = p->inits.len = 0;
}

/* By path, each as soon as its imports are done; runtime and other core packages have no imports of user code. */
static void order_inits(Compiler *c, Work *init) {
	uint32_t count = c->package_list.len;
	PackageWork **list = ARENA_ARRAY(c->arena, PackageWork *, count + 1);
	memcpy(list, c->package_list.items, count * sizeof *list);
	qsort(list, count, sizeof *list, package_order);
	for (uint32_t i = 0; i < count; i++)
		list[i]->initialized = false;
	for (bool progress = true; progress;) {
		progress = false;
		for (uint32_t i = 0; i < count; i++) {
			if (list[i]->initialized || !imports_done(c, list[i]))
				continue;
			list[i]->initialized = true;
			call_package_inits(c, init, list[i]);
			progress = true;
			break;
		}
	}
}

static Work *sequence_work(Compiler *c, const char *name) {
	Function *fn = function_new(c, name, lower_type(c, type_new_signature(c->u, NULL, 0, NULL, 0, false)), NULL);
	fn->flags |= FUNC_WRAPPER | FUNC_INIT;
	return work_new(c, WORK_INIT, fn);
}

/* ---------------------------------------------------------------- programs */

static Compiler *compiler_of(Session *s) {
	Compiler *c = ptrmap_get(&s->function_instances, s);
	if (!c) {
		c = ARENA_NEW(s->arena, Compiler);
		*c = (Compiler){.s = s, .arena = s->arena, .u = s->universe, .types = s->types};
		ptrmap_put(s->arena, &s->function_instances, s, c);
		if (!s->types->arena)
			s->types->arena = s->arena;
		layouts_init(s->types);
	}
	return c;
}

static const Function *main_function(Compiler *c, Package *main) {
	if (main->is_script && main->script_main) {
		FuncInfo *info = main->script_main;
		Work *w = function_request(c, info, (TypeSubst){0}, format_name(c, "%s.main", main->path));
		return w->fn;
	}
	Object *o = package_lookup(c->u, main, "main");
	if (!o || o->kind != OBJECT_FUNC) {
		if (main->is_script)
			return NULL;
		if (strcmp(main->name->text, "main") != 0)
			compile_error(c, 0, "package %s is not a main package", main->name->text);
		else
			compile_error(c, 0, "function main is undeclared in the main package");
		return NULL;
	}
	return function_of_object(c, o, NULL, 0);
}

static Program *program_new(Compiler *c, const Package *main, const Function *init, const Function *entry) {
	Session *s = c->s;
	Program *p = ARENA_NEW(s->arena, Program);
	while (s->globals_ptr_bits.len * 512ull < s->globals_end + 8ull)
		VEC_PUSH(s->arena, &s->globals_ptr_bits, 0);
	p->arena = s->arena;
	p->types = s->types;
	p->functions = ARENA_ARRAY(s->arena, const Function *, c->functions.len + 1);
	memcpy(p->functions, c->functions.items, c->functions.len * sizeof *p->functions);
	p->function_count = c->functions.len;
	p->globals = s->globals.items;
	p->global_count = s->globals.len;
	p->globals_end = ALIGN_UP(s->globals_end, 16u);
	p->globals_ptr_bits = s->globals_ptr_bits.items;
	p->entry = entry;
	p->init = init;
	p->files = s->files.items;
	p->file_count = s->files.len;
	p->main_path = main->path;
	return p;
}

/* Runs the initializers that are wanted, then start. */
static Work *entry_work(Compiler *c, const Function *start, const Function **init_function) {
	Work *init = sequence_work(c, "runtime.doInit");
	order_inits(c, init);
	Work *entry = sequence_work(c, "runtime.main");
	if (init->calls.len)
		VEC_PUSH(c->arena, &entry->calls, init->fn);
	if (start)
		VEC_PUSH(c->arena, &entry->calls, start);
	drain(c);
	*init_function = init->calls.len ? init->fn : NULL;
	return entry;
}

static void begin_session(Compiler *c) {
	if (c->s->core_done)
		return;
	lower_core_types(c, false);
	method_always_called(c, "String");
	method_always_called(c, "Error");
	c->s->core_done = true;
}

Program *compile_program(Session *session, Package *main) {
	Compiler *c = compiler_of(session);
	uint32_t errors = c->u->sources->error_count;
	if (main->had_errors)
		return NULL;
	c->functions.len = 0;
	begin_session(c);
	collect_packages(c, main);
	const Function *start = main_function(c, main);
	drain(c);
	if (c->u->sources->error_count > errors || arena_stops(c->arena))
		return NULL;
	const Function *init;
	Work *entry = entry_work(c, start, &init);
	if (c->u->sources->error_count > errors || session->arena->failed)
		return NULL;
	return program_new(c, main, init, entry->fn);
}

void compile_natives(Session *session, Package *pkg, Type *argument) {
	Compiler *c = compiler_of(session);
	Type *args[8];
	for (size_t i = 0; i < COUNT_OF(args); i++)
		args[i] = argument;
	begin_session(c);
	collect_packages(c, pkg);
	for (uint32_t i = 0; i < pkg->functions.len; i++) {
		Object *o = pkg->functions.items[i];
		check_object(c->u, o);
		if (o->func && o->type && o->type->kind == TYPE_SIGNATURE && function_is_native(o->func))
			function_of_object(c, o, args, COUNT_OF(args));
	}
}

/* ---------------------------------------------------------------- sessions */

static const Function *compiled_function(Compiler *c, const Object *o) {
	const Work *w = o->func ? ptrmap_get(&c->s->function_instances, o->func) : NULL;
	return w && w->subst.count == 0 && w->kind == WORK_BODY ? w->fn : NULL;
}

/* The code begins with an ENTRY (function.c): whoever calls from goes on in to. */
static void redirect_set(const Redirect *r) {
	Insn *code = (Insn *)(uintptr_t)r->from->code;
	if (code[0].op != OP_ENTRY && code[0].op != OP_REDIRECT)
		return;
	code[0].op = OP_REDIRECT;
	code[1].ptr = r->to;
}

static void redirect_all(Compiler *c, const Function *from, const Function *to) {
	Session *s = c->s;
	for (uint32_t i = 0; i < s->redirects.len; i++)
		if (s->redirects.items[i].to == from) {
			s->redirects.items[i].to = to;
			redirect_set(&s->redirects.items[i]);
		}
	VEC_PUSH(s->arena, &s->redirects, ((Redirect){from, to}));
	redirect_set(&s->redirects.items[s->redirects.len - 1]);
}

void piece_redirect(Session *session, const Package *pkg) {
	Compiler *c = compiler_of(session);
	for (uint32_t i = 0; i < pkg->replaced.len; i++) {
		const Function *from = compiled_function(c, pkg->replaced.items[i].old);
		const Function *to = compiled_function(c, pkg->replaced.items[i].new);
		if (from && to && from->type == to->type && from->recv_type == to->recv_type)
			redirect_all(c, from, to);
	}
}

Program *compile_piece(Session *session, Package *pkg, bool *methods_changed) {
	Compiler *c = compiler_of(session);
	uint32_t errors = c->u->sources->error_count;
	begin_session(c);
	PackageWork *p = package_work(c, pkg);
	p->visited = p->reached = false;
	p->inits.len = p->var_inits.len = 0; /* of a piece that was rejected */
	collect_packages(c, pkg);
	const Function *start = NULL;
	if (pkg->script_main)
		start = function_request(c, pkg->script_main, (TypeSubst){0}, format_name(c, "%s.main", pkg->path))->fn;
	for (uint32_t i = 0; i < pkg->values.len; i++)
		desc_place(c, lower_type(c, pkg->values.items[i]->type)); /* they are shown: String and Error methods are called */
	*methods_changed = methods_refill(c, pkg);
	drain(c);
	if (c->u->sources->error_count > errors)
		return NULL;
	const Function *init;
	Work *entry = entry_work(c, start, &init);
	if (c->u->sources->error_count > errors || session->arena->failed)
		return NULL;
	c->functions.len = 0;
	Program *program = program_new(c, pkg, init, entry->fn);
	program->functions = session->functions.items;
	program->function_count = session->functions.len;
	return program;
}
