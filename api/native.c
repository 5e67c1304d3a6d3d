/* SPDX-License-Identifier: MIT */
/* native.c: functions of the host called from Go: the way in, panics, parking, calls back, host objects.
 *
 * Owns: GolParked, the table of host objects.
 * Rules: a GolParked belongs to two: the goroutine's VM and the thread that will wake it; either may go first. Its own lock
 *   decides between parking and being woken, so a wake may come before the host function returns.
 * Why: when woken the function runs once more instead of having results delivered to it: only a worker may allocate in the Go
 *   heap, and so any thread can hand over any C data.
 * See: vm/native.h. */
#include <string.h>

#include "api/api_internal.h"
#include "vm/trace.h"

/* What lasts from one round of a host function to the next. In the Go heap, found through Goroutine.native_state. */
typedef struct HostRound {
	GolParked *parked;
	void *state;
	uint64_t called; /* gol_call_back */
} HostRound;

/* The call as a host function sees it, with what it may ask for. */
typedef struct HostFrame {
	GolCall call, inner;
	NativeStatus status; /* GOL_PANIC */
	bool calls;
	char text[SCOPE_TEXT];
} HostFrame;

struct GolParked {
	GolParked *next, **at; /* GolVM.parked, under host_lock of its VM */
	Lock lock;             /* guards vm, g, state, data */
	uint32_t refs;         /* atomic */
	Mem mem;
	GolVM *vm; /* NULL: the goroutine is gone */
	Goroutine *g;
	enum { PARK_ARMED, PARK_PARKED, PARK_WOKEN } state;
	void *data;
};

/* ---------------------------------------------------------------- the way in */

static HostFrame *frame_of(const GolCall *call) { return (HostFrame *)(uintptr_t)call; }

static bool is_host_function(const GolCall *call) { return call && call->scope.text && call->round_slot; }

static void parked_drop(GolParked *p) {
	if (__atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL) <= 1) {
		Mem mem = p->mem;
		mem_free(&mem, p, sizeof *p);
	}
}

/* The VM's part in p ends. */
static void parked_finish(GolVM *vm, HostRound *round) {
	GolParked *p = round->parked;
	round->parked = NULL;
	if (!p)
		return;
	lock_acquire(&p->lock);
	p->vm = NULL;
	lock_release(&p->lock);
	lock_acquire(&vm->parked_lock);
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	lock_release(&vm->parked_lock);
	parked_drop(p);
}

/* True: it parked, and may be running elsewhere already. False: it was woken before. */
static bool park_now(Goroutine *g, GolParked *p) {
	lock_acquire(&p->lock);
	bool parks = p->state == PARK_ARMED;
	if (parks) {
		p->state = PARK_PARKED;
		host_will_park(g);
	}
	lock_release(&p->lock);
	return parks;
}

static NativeStatus finish(Goroutine *g, HostFrame *f, GolAction action) {
	if (f->call.round)
		parked_finish(f->call.scope.vm, f->call.round);
	g->native_state = NULL;
	if (action == GOL_PANIC)
		return f->status;
	if (!f->call.scope.failed)
		return NATIVE_DONE;
	if (f->call.scope.no_memory) {
		fatal_out_of_memory(g);
		return NATIVE_FATAL;
	}
	return native_panic_text(g, "%s: %s", f->call.fn->name, f->text);
}

NativeStatus host_native(Goroutine *g, Slot *args) {
	const Function *fn = g->pc->op == OP_CALL_NATIVE ? g->pc[1].ptr : frame_function(args);
	const GolNative *native = fn->native_data;
	HostFrame f;
	f.call = (GolCall){
		.scope = {.vm = g->vm->api, .g = g, .text = f.text},
		.frame = args,
		.fn = fn,
		.type = fn->type,
		.round = g->native_state,
		.round_slot = args,
	};
	f.inner.frame = NULL;
	f.text[0] = 0;
	for (;;) {
		f.calls = false;
		f.status = NATIVE_DONE;
		for (uint32_t i = 0; i < fn->result_slots; i++)
			args[FRAME_HEADER_SLOTS + i].u = 0;
		GolAction action = native->fn(&f.call, native->user);
		HostRound *round = f.call.round;
		if (action == GOL_CALL && f.calls) {
			round->called = 1;
			return NATIVE_CALL;
		}
		if (action != GOL_PARK || !round || !round->parked)
			return finish(g, &f, action);
		if (park_now(g, round->parked))
			return NATIVE_RETRY;
	}
}

static HostRound *round_get(GolCall *call) {
	Goroutine *g = call->scope.g;
	if (!call->round) {
		call->round = heap_new_words(g, sizeof(HostRound) / sizeof(Slot));
		g->native_state = call->round;
		if (!call->round)
			scope_fail(&call->scope, GOL_ERROR_MEMORY, "out of memory");
	}
	return call->round;
}

/* ---------------------------------------------------------------- what host functions call */

GolAction gol_panic(GolCall *call, const char *text, size_t len) {
	if (!is_host_function(call))
		return GOL_PANIC;
	frame_of(call)->status = native_panic_text(call->scope.g, "%.*s", (int)(len < INT32_MAX ? len : INT32_MAX), text ? text : "");
	return GOL_PANIC;
}

GolAction gol_panic_value(GolCall *call, GolValue v) {
	if (!is_host_function(call))
		return GOL_PANIC;
	GoIface box = {0};
	const TypeDesc *any = call->scope.vm->vm.types->core[CORE_ANY];
	if (gol_put_value(value_at(&call->scope, any, &box, VALUE_MEMORY), v) != GOL_OK)
		return gol_panic(call, call->scope.text, strlen(call->scope.text));
	frame_of(call)->status = native_panic_value(call->scope.g, box);
	return GOL_PANIC;
}

const char *gol_call_error(const GolCall *call) {
	return !call ? "" : call->scope.text ? call->scope.text : gol_error(call->scope.vm);
}

void gol_call_clear(GolCall *call) {
	if (!call)
		return;
	call->scope.failed = call->scope.no_memory = false;
	if (call->scope.text)
		call->scope.text[0] = 0;
}

int gol_charge(GolCall *call, int64_t work) {
	if (!is_host_function(call))
		return 0;
	if (work > 0)
		native_charge(call->scope.g, work);
	return native_must_stop(call->scope.g);
}

void **gol_state(GolCall *call) {
	HostRound *round = is_host_function(call) ? round_get(call) : NULL;
	return round ? &round->state : NULL;
}

/* ---------------------------------------------------------------- parking */

GolParked *gol_park(GolCall *call) {
	HostRound *round = is_host_function(call) ? round_get(call) : NULL;
	if (!round)
		return NULL;
	GolVM *vm = call->scope.vm;
	parked_finish(vm, round); /* of an earlier round */
	Mem mem;
	mem_init(&mem, vm->config.allocate, vm->config.user);
	GolParked *p = mem_zalloc(&mem, sizeof *p); /* it may outlive the VM */
	if (!p) {
		scope_fail(&call->scope, GOL_ERROR_MEMORY, "out of memory");
		return NULL;
	}
	p->mem = mem;
	p->refs = 2;
	p->vm = vm;
	p->g = call->scope.g;
	lock_acquire(&vm->parked_lock);
	p->next = vm->parked;
	p->at = &vm->parked;
	if (p->next)
		p->next->at = &p->next;
	vm->parked = p;
	lock_release(&vm->parked_lock);
	round->parked = p;
	return p;
}

GolStatus gol_wake(GolParked *p, void *data) {
	if (!p)
		return GOL_ERROR_ARGUMENT;
	lock_acquire(&p->lock);
	bool alive = p->vm != NULL, waits = p->state == PARK_PARKED;
	p->data = data;
	p->state = PARK_WOKEN;
	if (alive && waits)
		host_wake(&p->vm->vm, p->g);
	lock_release(&p->lock);
	parked_drop(p);
	return alive ? GOL_OK : GOL_INTERRUPTED;
}

int gol_woken(GolCall *call, void **data) {
	if (data)
		*data = NULL;
	const HostRound *round = is_host_function(call) ? call->round : NULL;
	if (!round || !round->parked || round->parked->state != PARK_WOKEN)
		return 0;
	if (data)
		*data = round->parked->data;
	return 1;
}

void parked_cut(GolVM *vm) {
	lock_acquire(&vm->parked_lock);
	GolParked *p = vm->parked;
	vm->parked = NULL;
	lock_release(&vm->parked_lock);
	for (GolParked *next; p; p = next) {
		next = p->next;
		lock_acquire(&p->lock);
		p->vm = NULL;
		lock_release(&p->lock);
		parked_drop(p);
	}
}

bool parked_leave(VM *r, Goroutine *g) {
	GolVM *vm = r->api;
	lock_acquire(&vm->parked_lock);
	GolParked *p = vm->parked;
	while (p && p->g != g)
		p = p->next;
	if (p) {
		*p->at = p->next;
		if (p->next)
			p->next->at = p->at;
	}
	lock_release(&vm->parked_lock);
	if (!p)
		return false;
	lock_acquire(&p->lock);
	bool waits = p->state == PARK_PARKED;
	p->vm = NULL;
	lock_release(&p->lock);
	parked_drop(p);
	return waits;
}

/* ---------------------------------------------------------------- calls back */

static GolCall *inner_call(GolCall *call, NativeCall *native) {
	GolCall *inner = &frame_of(call)->inner;
	*inner = (GolCall){
		.scope = call->scope,
		.frame = native->args - FRAME_HEADER_SLOTS,
		.fn = native->closure->fn,
		.type = native->closure->fn->type,
	};
	return inner;
}

GolCall *gol_call_back(GolCall *call, GolValue func) {
	void *p = NULL;
	func = value_open(func);
	if (!is_host_function(call))
		return NULL;
	if (gol_kind(func) != GOL_FUNC || !value_pointer(func, &p) || !p) {
		scope_fail(&call->scope, GOL_ERROR_ARGUMENT, "gol_call_back: not a func, or nil");
		return NULL;
	}
	const Closure *closure = p;
	if (closure->fn->arg_slots > NATIVE_CALL_SLOTS) {
		scope_fail(&call->scope, GOL_ERROR_ARGUMENT, "gol_call_back: too many arguments");
		return NULL;
	}
	if (!round_get(call))
		return NULL;
	frame_of(call)->calls = true;
	return inner_call(call, native_call_prepare(call->scope.g, closure));
}

GolCall *gol_called(GolCall *call) {
	if (!is_host_function(call) || !call->round || !call->round->called)
		return NULL;
	return inner_call(call, call->scope.g->native_call);
}

/* ---------------------------------------------------------------- host objects */

/* An object's first word is its number here, and it counts only at the address it was made at: copies are nothing. */
enum { FIRST_OBJECTS = 16 };

static bool has_handle(GolValue v) {
	const TypeDesc *type = v.type;
	return type && type->kind == KIND_POINTER && type->elem->kind == KIND_STRUCT && type->elem->field_count > 0 &&
	       type->elem->fields[0].type->kind == KIND_UINTPTR && !type->elem->fields[0].exported;
}

static NativeStatus object_dead(Goroutine *g, Slot *args) {
	GolVM *vm = g->vm->api;
	uint64_t id = ((const Closure *)args[1].p)->captured[0].u;
	lock_acquire(&vm->objects_lock);
	HostObject *o = &vm->objects[id - 1], old = *o;
	*o = (HostObject){.next_free = vm->free_object};
	vm->free_object = id;
	lock_release(&vm->objects_lock);
	if (old.free_data)
		old.free_data(old.data);
	return NATIVE_DONE;
}

static const Function object_dead_function = {
	.closure = {.fn = &object_dead_function},
	.code = code_native_body,
	.code_len = 2,
	.frame_slots = FRAME_HEADER_SLOTS,
	.flags = FUNC_NATIVE | FUNC_WRAPPER,
	.native = object_dead,
	.capture_slots = 1,
	.name = "runtime.hostfinalizer",
	.file = "",
};

/* A free number; 0: no memory. */
static uint64_t object_number_locked(GolVM *vm) {
	if (vm->free_object == 0) {
		uint32_t old = vm->object_cap, cap = old ? old * 2 : FIRST_OBJECTS;
		HostObject *grown = mem_realloc(&vm->vm.mem, vm->objects, old * sizeof *grown, cap * sizeof *grown);
		if (!grown)
			return 0;
		for (uint32_t i = cap; i-- > old;) {
			grown[i] = (HostObject){.next_free = vm->free_object};
			vm->free_object = i + 1;
		}
		vm->objects = grown;
		vm->object_cap = cap;
	}
	uint64_t id = vm->free_object;
	vm->free_object = vm->objects[id - 1].next_free;
	return id;
}

/* The object and the note to run when it dies; false: no memory. */
static bool object_make(Goroutine *g, const TypeDesc *type, void *data, void (*free_data)(void *data), void **out) {
	GolVM *vm = g->vm->api;
	void *object = heap_new(g, type);
	Closure *closure = heap_new_closure(g, &object_dead_function);
	if (!object || !closure)
		return false;
	lock_acquire(&vm->objects_lock);
	uint64_t id = object_number_locked(vm);
	if (id)
		vm->objects[id - 1] = (HostObject){.data = data, .address = object, .free_data = free_data};
	lock_release(&vm->objects_lock);
	if (!id)
		return false;
	closure->captured[0].u = id;
	if (!heap_add_cleanup(g, object, closure)) {
		lock_acquire(&vm->objects_lock);
		vm->objects[id - 1] = (HostObject){.next_free = vm->free_object};
		vm->free_object = id;
		lock_release(&vm->objects_lock);
		return false;
	}
	store_word(object, id);
	*out = object;
	return true;
}

GolStatus gol_host_new(GolValue v, void *data, void (*free_data)(void *data)) {
	HostScope *s = v.scope;
	void *object = NULL;
	if (!has_handle(v) || v.mode & VALUE_READONLY)
		return scope_fail(s, GOL_ERROR_ARGUMENT, "%s is not a pointer to a struct that begins with an unexported uintptr",
				  v.type ? ((const TypeDesc *)v.type)->name : "no value");
	bool entered = scope_begin(s);
	bool ok = object_make(s->g, ((const TypeDesc *)v.type)->elem, data, free_data, &object);
	if (ok)
		store_pointer(v.at, object);
	scope_end(s, entered);
	return ok ? GOL_OK : scope_fail(s, GOL_ERROR_MEMORY, "out of memory");
}

GolStatus gol_host_data(GolValue v, void **data) {
	void *p = NULL;
	*data = NULL;
	v = value_open(v);
	HostScope *s = v.scope;
	if (!has_handle(v) || !value_pointer(v, &p) || !p)
		return scope_fail(s, GOL_ERROR_ARGUMENT, "%s is not a host object",
				  v.type ? p ? ((const TypeDesc *)v.type)->name : "a nil pointer" : "no value");
	GolVM *vm = s->vm;
	uint64_t id = load_word(p);
	lock_acquire(&vm->objects_lock);
	bool found = id != 0 && id <= vm->object_cap && vm->objects[id - 1].address == p;
	if (found)
		*data = vm->objects[id - 1].data;
	lock_release(&vm->objects_lock);
	return found ? GOL_OK
		     : scope_fail(s, GOL_ERROR_ARGUMENT, "a %s that the host did not make", ((const TypeDesc *)v.type)->elem->name);
}

void objects_free(GolVM *vm) {
	for (uint32_t i = 0; i < vm->object_cap; i++)
		if (vm->objects[i].address && vm->objects[i].free_data)
			vm->objects[i].free_data(vm->objects[i].data);
	mem_free(&vm->vm.mem, vm->objects, vm->object_cap * sizeof(HostObject));
	vm->objects = NULL;
	vm->object_cap = 0;
	vm->free_object = 0;
}
