/* SPDX-License-Identifier: MIT */
/* call.c: arguments and results of calls in both directions, calls from the host, references.
 *
 * Owns: the lists of open calls and of references, which are roots of the collector.
 * Rules: both lists change between scope_begin and scope_end only, so a collection never meets them half changed. What belongs
 *   to an earlier instance of the VM is stale: its pointers are never followed again.
 * See: bytecode/program.h for the layout of frames. */
#include <string.h>

#include "api/api_internal.h"

/* ---------------------------------------------------------------- places of arguments and results */

static inline uint32_t place(uint32_t at, const TypeDesc *type) { return type->align == 16 ? ALIGN_UP(at, 2u) : at; }

/* The slot of value `index` of a list that begins at slot `at`; index == count: the slot behind the list. */
static inline uint32_t slot_of(const TypeDesc *const *types, size_t index, uint32_t at) {
	for (size_t i = 0; i < index; i++)
		at = place(at, types[i]) + types[i]->slots;
	return at;
}

static inline bool is_stale(const GolCall *call) { return !call->scope.text && call->instance != call->scope.vm->instance; }

size_t gol_arg_count(const GolCall *call) {
	return call ? call->type->param_count + (call->fn->recv_type != NULL) : 0;
}

size_t gol_result_count(const GolCall *call) { return call ? call->type->result_count : 0; }

static GolValue no_such(GolCall *call, const char *what, size_t index) {
	if (is_stale(call))
		scope_fail(&call->scope, GOL_ERROR_ARGUMENT, "the call belongs to a program that was replaced");
	else
		scope_fail(&call->scope, GOL_ERROR_ARGUMENT, "%s has no %s %zu", call->fn->name, what, index);
	return value_invalid(&call->scope);
}

GolValue gol_arg(GolCall *call, size_t index) {
	if (!call)
		return (GolValue){0};
	const TypeDesc *type = call->type;
	size_t i = index;
	if (UNLIKELY(is_stale(call) || index >= type->param_count + (call->fn->recv_type != NULL)))
		return no_such(call, "argument", index);
	if (call->fn->recv_type && i-- == 0)
		return value_at(&call->scope, call->fn->recv_type, &call->frame[call->fn->recv_slot], 0);
	uint32_t at = slot_of(type->params, i, call->fn->param_start);
	return value_at(&call->scope, type->params[i], &call->frame[place(at, type->params[i])], 0);
}

GolValue gol_result(GolCall *call, size_t index) {
	if (!call)
		return (GolValue){0};
	const TypeDesc *type = call->type;
	if (is_stale(call) || index >= type->result_count)
		return no_such(call, "result", index);
	uint32_t at = slot_of(type->results, index, FRAME_HEADER_SLOTS);
	return value_at(&call->scope, type->results[index], &call->frame[place(at, type->results[index])], 0);
}

GolVM *gol_call_vm(const GolCall *call) { return call ? call->scope.vm : NULL; }

/* ---------------------------------------------------------------- functions */

static bool name_matches(const Function *fn, const char *path, const char *name) {
	size_t n = strlen(path);
	return strcmp(fn->name, name) == 0 ||
	       (strncmp(fn->name, path, n) == 0 && fn->name[n] == '.' && strcmp(fn->name + n + 1, name) == 0);
}

GolStatus gol_func(GolVM *vm, const GolProgram *program, const char *name, const GolFunc **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!vm || !program || !name)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_func: bad argument") : GOL_ERROR_ARGUMENT;
	if (!vm_holds(vm, program))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_func: not a program of this VM");
	for (uint32_t i = 0; i < program->program->function_count; i++) {
		const Function *fn = program->program->functions[i];
		if (!fn->recv_type && !(fn->flags & (FUNC_WRAPPER | FUNC_INIT)) && fn->capture_slots == 0 &&
		    name_matches(fn, program->program->main_path, name)) {
			*out = (const GolFunc *)fn;
			return GOL_OK;
		}
	}
	return api_fail(vm, GOL_ERROR_ARGUMENT, "no function %s", name);
}

static GolProgram *program_of(const GolVM *vm, const Function *fn) {
	for (const Hold *h = vm->programs; h; h = h->next) {
		const Program *p = h->program->program;
		for (uint32_t i = 0; i < p->function_count; i++)
			if (p->functions[i] == fn)
				return h->program;
	}
	return NULL;
}

/* ---------------------------------------------------------------- calls */

static void call_link(GolCall *call) {
	GolVM *vm = call->scope.vm;
	bool entered = scope_begin(&vm->scope);
	call->next = vm->calls;
	call->at = &vm->calls;
	if (call->next)
		call->next->at = &call->next;
	vm->calls = call;
	scope_end(&vm->scope, entered);
}

GolStatus call_open(GolVM *vm, const Closure *closure, GolCall **out) {
	const Function *fn = closure->fn;
	size_t head = ALIGN_UP(sizeof(GolCall), (size_t)16);
	size_t bytes = head + (FRAME_HEADER_SLOTS + fn->arg_slots) * sizeof(Slot);
	GolCall *call = mem_zalloc(&vm->vm.mem, bytes);
	if (!call)
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	call->scope = vm->scope;
	call->frame = (Slot *)((char *)call + head);
	call->fn = fn;
	call->type = fn->type;
	call->instance = vm->instance;
	call->closure = closure;
	call->bytes = bytes;
	call_link(call);
	*out = call;
	return GOL_OK;
}

static GolStatus initialize(GolVM *vm) {
	const Function *init = vm->current->program->init;
	if (vm->is_initialized)
		return GOL_OK;
	GolStatus status = init ? instance_run(vm, &init->closure, NULL, 0, true) : GOL_OK;
	vm->is_initialized = status == GOL_OK;
	return status;
}

GolStatus gol_call_open(GolVM *vm, const GolFunc *func, GolCall **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!vm || !func)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_call_open: no function") : GOL_ERROR_ARGUMENT;
	const Function *fn = (const Function *)func;
	GolProgram *program = program_of(vm, fn);
	if (!program)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_call_open: not a function of a program of this VM");
	GolStatus status = instance_begin(vm, program, false);
	if (status == GOL_OK)
		status = initialize(vm);
	return status == GOL_OK ? call_open(vm, &fn->closure, out) : status;
}

GolStatus gol_call_open_value(GolVM *vm, GolValue func, GolCall **out) {
	void *closure = NULL;
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	func = value_open(func);
	if (!vm || gol_kind(func) != GOL_FUNC || !value_pointer(func, &closure) || !closure)
		return vm ? api_fail(vm, GOL_ERROR_ARGUMENT, "gol_call_open_value: not a func, or nil") : GOL_ERROR_ARGUMENT;
	if (vm_is_busy(vm))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_call_open_value: the VM is running");
	if (((HostScope *)func.scope)->vm != vm)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_call_open_value: a value of another VM");
	return call_open(vm, closure, out);
}

GolStatus gol_call_run(GolCall *call) {
	if (!call)
		return GOL_ERROR_ARGUMENT;
	GolVM *vm = call->scope.vm;
	if (call->scope.text || is_stale(call))
		return scope_fail(&call->scope, GOL_ERROR_ARGUMENT, "gol_call_run: %s",
				  call->scope.text ? "not a call of the host" : "the call belongs to a program that was replaced");
	if (vm_is_busy(vm))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_call_run: the VM is running");
	uint32_t results = call->fn->result_slots;
	for (uint32_t i = 0; i < results; i++)
		call->frame[FRAME_HEADER_SLOTS + i].u = 0;
	return instance_run(vm, call->closure, call->frame + FRAME_HEADER_SLOTS, call->fn->arg_slots, true);
}

void gol_call_close(GolCall *call) {
	if (!call || call->scope.text)
		return;
	GolVM *vm = call->scope.vm;
	bool entered = scope_begin(&vm->scope);
	*call->at = call->next;
	if (call->next)
		call->next->at = call->at;
	scope_end(&vm->scope, entered);
	mem_free(&vm->vm.mem, call, call->bytes);
}

/* ---------------------------------------------------------------- references */

static GolStatus ref_new(GolVM *vm, const TypeDesc *type, GolRef **out) {
	size_t bytes = sizeof(GolRef) + ALIGN_UP((size_t)type->size, (size_t)16);
	GolRef *ref = mem_zalloc(&vm->vm.mem, bytes);
	if (!ref)
		return GOL_ERROR_MEMORY;
	ref->vm = vm;
	ref->type = type;
	ref->bytes = bytes;
	bool entered = scope_begin(&vm->scope);
	ref->instance = vm->instance;
	ref->next = vm->refs;
	ref->at = &vm->refs;
	if (ref->next)
		ref->next->at = &ref->next;
	vm->refs = ref;
	scope_end(&vm->scope, entered);
	*out = ref;
	return GOL_OK;
}

GolStatus gol_get_ref(GolValue v, GolRef **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!v.type)
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "no value to refer to");
	HostScope *s = v.scope;
	GolStatus status = ref_new(s->vm, v.type, out);
	if (status != GOL_OK)
		return scope_fail(s, status, "out of memory");
	GolValue to = value_at(s, v.type, (*out)->data, VALUE_MEMORY);
	return gol_put_value(to, v);
}

GolValue gol_ref_value(GolRef *ref) {
	if (!ref)
		return (GolValue){0};
	if (ref->instance == ref->vm->instance)
		return value_at(&ref->vm->scope, ref->type, ref->data, VALUE_MEMORY);
	scope_fail(&ref->vm->scope, GOL_ERROR_ARGUMENT, "the reference belongs to a program that was replaced");
	return value_invalid(&ref->vm->scope);
}

GolStatus gol_put_ref(GolValue v, GolRef *ref) {
	if (!ref || ref->instance != ref->vm->instance)
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "no reference, or a stale one");
	return gol_put_value(v, value_at(&ref->vm->scope, ref->type, ref->data, VALUE_MEMORY));
}

void gol_ref_free(GolRef *ref) {
	if (!ref)
		return;
	GolVM *vm = ref->vm;
	bool entered = scope_begin(&vm->scope);
	*ref->at = ref->next;
	if (ref->next)
		ref->next->at = ref->at;
	scope_end(&vm->scope, entered);
	mem_free(&vm->vm.mem, ref, ref->bytes);
}

void calls_mark(Marker *m, void *user) {
	const GolVM *vm = user;
	gc_mark_words(m, vm->eval.pending, vm->eval.pending_slots);
	for (const GolCall *call = vm->calls; call; call = call->next)
		if (call->instance == vm->instance) {
			gc_mark_pointer(m, call->closure);
			gc_mark_words(m, call->frame + FRAME_HEADER_SLOTS, call->fn->arg_slots);
		}
	picture_mark(m, vm);
	for (const GolRef *ref = vm->refs; ref; ref = ref->next)
		if (ref->instance == vm->instance)
			gc_mark_value(m, ref->type, ref->data);
}

/* ---------------------------------------------------------------- channels */

GolStatus gol_chan_ref(GolRef *chan, GolRef **out) {
	if (!out)
		return GOL_ERROR_ARGUMENT;
	*out = NULL;
	if (!chan)
		return GOL_ERROR_ARGUMENT;
	if (chan->instance != chan->vm->instance || chan->type->kind != KIND_CHAN)
		return scope_fail(&chan->vm->scope, GOL_ERROR_ARGUMENT, "not a channel");
	return ref_new(chan->vm, chan->type->elem, out);
}

/* ±1 thread that may wake goroutines. */
static void expect(GolVM *vm, int change) {
	lock_acquire(&vm->host_lock);
	vm->attached += change;
	host_expect(&vm->vm, change);
	lock_release(&vm->host_lock);
}

void gol_attach(GolVM *vm) {
	if (vm)
		expect(vm, 1);
}

void gol_detach(GolVM *vm) {
	if (vm)
		expect(vm, -1);
}

enum { MAX_ELEM_SLOTS = 64, NAP_MIN_NS = 5000, NAP_MAX_NS = 500000 };

typedef struct ChanOp {
	GolRef *chan, *value;
	bool is_send, done;
} ChanOp;

/* One try. GOL_TIMEOUT: it would have to wait. */
static GolStatus chan_try(ChanOp *op) {
	GolVM *vm = op->chan->vm;
	const TypeDesc *type = op->value->type;
	Slot buffer[MAX_ELEM_SLOTS] __attribute__((aligned(16))) = {{0}};
	Chan *c = op->chan->data[0].p;
	PanicCode code = PANIC_NONE;
	bool ok = true, done = false;
	bool entered = scope_begin(&vm->scope);
	bool stale = op->chan->instance != vm->instance || op->value->instance != vm->instance;
	if (!stale && op->is_send) {
		value_load(type, buffer, op->value->data);
		code = chan_try_send(&vm->vm, NULL, c, buffer, &done);
	} else if (!stale) {
		code = chan_try_recv(&vm->vm, NULL, c, buffer, &ok, &done);
		if (done && ok)
			value_store(type, op->value->data, buffer);
	}
	scope_end(&vm->scope, entered);
	if (stale)
		return GOL_INTERRUPTED;
	if (code != PANIC_NONE || (done && !ok))
		return GOL_CLOSED;
	return done ? GOL_OK : GOL_TIMEOUT;
}

static GolStatus chan_check(const ChanOp *op) {
	if (!op->chan || !op->value)
		return op->chan ? scope_fail(&op->chan->vm->scope, GOL_ERROR_ARGUMENT, "no reference for the value")
				: GOL_ERROR_ARGUMENT;
	HostScope *s = &op->chan->vm->scope;
	const TypeDesc *type = op->chan->type;
	if (op->chan->vm != op->value->vm || type->kind != KIND_CHAN || type->elem != op->value->type)
		return scope_fail(s, GOL_ERROR_ARGUMENT, "%s does not go through %s", op->value->type->name, type->name);
	if (type->elem->slots > MAX_ELEM_SLOTS)
		return scope_fail(s, GOL_ERROR_ARGUMENT, "elements of %s are too large for the host", type->name);
	return GOL_OK;
}

/* Naps grow while nothing happens: no goroutine pays for host threads that might wait. */
static GolStatus chan_wait(ChanOp *op, int64_t timeout_ns) {
	GolVM *vm = op->chan->vm;
	uint32_t ends = __atomic_load_n(&vm->ends, __ATOMIC_ACQUIRE);
	int64_t deadline = timeout_ns < 0 ? INT64_MAX : clock_monotonic_ns() + timeout_ns, nap = NAP_MIN_NS;
	Parker parker = {0};
	GolStatus status;
	expect(vm, 1);
	while ((status = chan_try(op)) == GOL_TIMEOUT) {
		int64_t left = deadline - clock_monotonic_ns();
		if (left <= 0)
			break;
		if (__atomic_load_n(&vm->ends, __ATOMIC_ACQUIRE) != ends) {
			status = GOL_INTERRUPTED;
			break;
		}
		parker_park(&parker, nap < left ? nap : left);
		nap = nap * 2 < NAP_MAX_NS ? nap * 2 : NAP_MAX_NS;
	}
	expect(vm, -1);
	return status;
}

static GolStatus chan_do(ChanOp op, int64_t timeout_ns) {
	GolStatus status = chan_check(&op);
	if (status == GOL_OK)
		status = chan_try(&op);
	if (status == GOL_TIMEOUT && timeout_ns != 0)
		status = chan_wait(&op, timeout_ns);
	return status;
}

GolStatus gol_chan_send(GolRef *chan, GolRef *value, int64_t timeout_ns) {
	return chan_do((ChanOp){.chan = chan, .value = value, .is_send = true}, timeout_ns);
}

GolStatus gol_chan_recv(GolRef *chan, GolRef *value, int64_t timeout_ns) {
	return chan_do((ChanOp){.chan = chan, .value = value}, timeout_ns);
}
