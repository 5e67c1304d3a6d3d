/* SPDX-License-Identifier: MIT */
/* value.c: the gol_get_ and gol_put_ family: Go values as the host reads and writes them.
 *
 * Rules: every access checks the type first. Words and pairs of Go memory are read and written whole, as everywhere. Where
 *   something is allocated on the host's own behalf it happens between scope_begin and scope_end, so that no collection and
 *   no other host thread comes between making an object and storing it where the collector finds it.
 * Why: one kind of place for arguments, results, fields, elements and references: what works on one works on all.
 * See: include/gol.h, navigate.c for fields, elements and keys. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/api_internal.h"
#include "vm/link.h"

/* ---------------------------------------------------------------- scopes */

GolStatus scope_fail(HostScope *s, GolStatus status, const char *format, ...) {
	char text[SCOPE_TEXT];
	va_list args;
	if (!s)
		return status;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	s->failed = true;
	s->no_memory |= status == GOL_ERROR_MEMORY;
	if (!s->text)
		return api_fail(s->vm, status, "%s", text);
	memcpy(s->text, text, sizeof text);
	return status;
}

/* Inside a host function that uses a reference of its own: its worker comes to no safepoint meanwhile. */
Worker *scope_worker(GolVM *vm) {
	uint64_t self = (uint64_t)pthread_self();
	uint32_t n = __atomic_load_n(&vm->vm.workers_len, __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&vm->runner, __ATOMIC_RELAXED) == self)
		return vm->vm.workers[0];
	for (uint32_t i = 1; i < n; i++)
		if (__atomic_load_n(&vm->vm.workers[i]->thread.handle, __ATOMIC_RELAXED) == self)
			return vm->vm.workers[i];
	return NULL;
}

bool scope_begin(HostScope *s) {
	if (s->text) /* a host function's */
		return false;
	GolVM *vm = s->vm;
	lock_acquire(&vm->host_lock);
	if (!vm->is_running || scope_worker(vm) != NULL)
		return false;
	lock_release(&vm->host_lock); /* a collection under way may wait for a worker that waits for the lock */
	sched_host_enter(&vm->vm);
	lock_acquire(&vm->host_lock);
	return true;
}

void scope_end(HostScope *s, bool entered) {
	if (s->text)
		return;
	lock_release(&s->vm->host_lock);
	if (entered)
		sched_host_leave(&s->vm->vm);
}

GolValue value_at(HostScope *s, const TypeDesc *type, void *at, uintptr_t mode) {
	return (GolValue){.type = type, .at = at, .scope = s, .mode = mode};
}

GolValue value_invalid(HostScope *s) { return (GolValue){.scope = s}; }

GolValue value_no_memory(HostScope *s) {
	scope_fail(s, GOL_ERROR_MEMORY, "out of memory");
	return (GolValue){.scope = s, .mode = VALUE_NO_MEMORY};
}

/* ---------------------------------------------------------------- reading */

static const char *type_name(GolValue v) { return v.type ? ((const TypeDesc *)v.type)->name : "no value"; }

static GolStatus wrong_type(GolValue v, const char *wanted) {
	if (!v.type) {
		HostScope *s = v.scope;
		if (v.mode & VALUE_NO_MEMORY)
			return scope_fail(s, GOL_ERROR_MEMORY, "out of memory");
		return s && s->failed && s->text ? GOL_ERROR_ARGUMENT : scope_fail(s, GOL_ERROR_ARGUMENT, "no value: not %s", wanted);
	}
	return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%s is not %s", type_name(v), wanted);
}

/* A value of one slot, extended. */
static Slot read_word(GolValue v) {
	Slot out = {0};
	if (v.mode & VALUE_INLINE && !(v.mode & VALUE_MEMORY))
		out.p = v.at;
	else if (v.mode & VALUE_MEMORY)
		value_load(v.type, &out, v.mode & VALUE_INLINE ? (const void *)&v.at : v.at);
	else
		out.u = load_word(v.at);
	return out;
}

GolValue value_open(GolValue v) {
	const TypeDesc *type = v.type;
	if (!type || type->kind != KIND_INTERFACE)
		return v;
	GoIface i = load_iface(v.at);
	if (!i.type)
		return value_invalid(v.scope);
	if (i.type->flags & DESC_DIRECT)
		return value_at(v.scope, i.type, i.data.p,
				VALUE_INLINE | VALUE_READONLY | (i.type->flags & DESC_AGGREGATE ? VALUE_MEMORY : 0));
	return value_at(v.scope, i.type, i.data.p, VALUE_MEMORY | VALUE_READONLY);
}

static Kind kind_of(GolValue v) { return v.type ? (Kind)((const TypeDesc *)v.type)->kind : KIND_INVALID; }

static bool is_signed(Kind kind) { return kind >= KIND_INT && kind <= KIND_INT64; }
static bool is_unsigned(Kind kind) { return kind >= KIND_UINT && kind <= KIND_UINTPTR; }

GolKind gol_kind(GolValue v) {
	switch (kind_of(value_open(v))) {
	case KIND_INVALID:
	case KIND_INTERFACE: return GOL_NIL;
	case KIND_BOOL: return GOL_BOOL;
	case KIND_INT: case KIND_INT8: case KIND_INT16: case KIND_INT32: case KIND_INT64: return GOL_INT;
	case KIND_UINT: case KIND_UINT8: case KIND_UINT16: case KIND_UINT32: case KIND_UINT64: case KIND_UINTPTR: return GOL_UINT;
	case KIND_FLOAT32: case KIND_FLOAT64: return GOL_FLOAT;
	case KIND_COMPLEX64: case KIND_COMPLEX128: return GOL_COMPLEX;
	case KIND_STRING: return GOL_STRING;
	case KIND_STRUCT: return GOL_STRUCT;
	case KIND_ARRAY: return GOL_ARRAY;
	case KIND_SLICE: return GOL_SLICE;
	case KIND_MAP: return GOL_MAP;
	case KIND_POINTER: return GOL_POINTER;
	case KIND_FUNC: return GOL_FUNC;
	case KIND_CHAN: return GOL_CHAN;
	case KIND_UNSAFE_POINTER: return GOL_UNSAFE_POINTER;
	}
	return GOL_NIL;
}

const char *gol_type_name(GolValue v) {
	GolValue inner = value_open(v);
	return inner.type ? type_name(inner) : v.type ? type_name(v) : "";
}

bool value_pointer(GolValue v, void **out) {
	switch (kind_of(v)) {
	case KIND_POINTER: case KIND_MAP: case KIND_CHAN: case KIND_FUNC: case KIND_UNSAFE_POINTER:
		*out = read_word(v).p;
		return true;
	default:
		return false;
	}
}

int gol_is_nil(GolValue v) {
	void *p;
	v = value_open(v);
	if (!v.type)
		return 1;
	if (kind_of(v) == KIND_SLICE)
		return load_slice(v.at).ptr == NULL;
	return value_pointer(v, &p) && p == NULL;
}

/* Arguments and results are slots: what most host functions take and give is a plain word. */
static ALWAYS_INLINE bool is_word_slot(const GolValue *v, Kind kind) {
	return v->mode == 0 && v->type && ((const TypeDesc *)v->type)->kind == kind;
}

GolStatus gol_get_int(GolValue v, int64_t *out) {
	if (LIKELY(is_word_slot(&v, KIND_INT))) {
		*out = (int64_t)load_word(v.at);
		return GOL_OK;
	}
	*out = 0;
	v = value_open(v);
	Kind kind = kind_of(v);
	if (!is_signed(kind) && !is_unsigned(kind))
		return wrong_type(v, "an integer");
	Slot word = read_word(v);
	if (is_unsigned(kind) && word.u > INT64_MAX)
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%llu overflows int64", (unsigned long long)word.u);
	*out = word.i;
	return GOL_OK;
}

GolStatus gol_get_uint(GolValue v, uint64_t *out) {
	*out = 0;
	v = value_open(v);
	Kind kind = kind_of(v);
	if (!is_signed(kind) && !is_unsigned(kind))
		return wrong_type(v, "an integer");
	Slot word = read_word(v);
	if (is_signed(kind) && word.i < 0)
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%lld is negative", (long long)word.i);
	*out = word.u;
	return GOL_OK;
}

GolStatus gol_get_float(GolValue v, double *out) {
	if (LIKELY(is_word_slot(&v, KIND_FLOAT64))) {
		*out = (Slot){.u = load_word(v.at)}.f;
		return GOL_OK;
	}
	*out = 0;
	v = value_open(v);
	Kind kind = kind_of(v);
	if (kind != KIND_FLOAT32 && kind != KIND_FLOAT64)
		return wrong_type(v, "a float");
	Slot word = read_word(v);
	*out = kind == KIND_FLOAT32 ? (double)word.f32 : word.f;
	return GOL_OK;
}

GolStatus gol_get_bool(GolValue v, int *out) {
	*out = 0;
	v = value_open(v);
	if (kind_of(v) != KIND_BOOL)
		return wrong_type(v, "a bool");
	*out = read_word(v).u != 0;
	return GOL_OK;
}

GolStatus gol_get_bytes(GolValue v, void **bytes, size_t *len) {
	*bytes = NULL;
	*len = 0;
	v = value_open(v);
	if (kind_of(v) != KIND_SLICE || !(((const TypeDesc *)v.type)->flags & DESC_BYTES))
		return wrong_type(v, "a []byte");
	GoSlice s = load_slice(v.at);
	*bytes = s.ptr;
	*len = s.len;
	return GOL_OK;
}

GolStatus gol_get_string(GolValue v, const char **text, size_t *len) {
	*text = "";
	*len = 0;
	v = value_open(v);
	if (kind_of(v) == KIND_SLICE && ((const TypeDesc *)v.type)->flags & DESC_BYTES)
		return gol_get_bytes(v, (void **)(uintptr_t)text, len);
	if (kind_of(v) != KIND_STRING)
		return wrong_type(v, "a string");
	GoString s = load_string(v.at);
	*text = s.len ? s.ptr : "";
	*len = (size_t)s.len;
	return GOL_OK;
}

/* ---------------------------------------------------------------- errors */

/* The library's own errors are text; anything else has to be asked. */
static bool plain_error_text(GolVM *vm, GolValue v, GoString *out) {
	const TypeDesc *const *core = vm->vm.types->core;
	void *p;
	if (v.type == core[CORE_ERRORS_STRING] && value_pointer(v, &p) && p) {
		*out = load_string(p);
		return true;
	}
	if (v.type == core[CORE_PLAIN_ERROR] || v.type == core[CORE_RUNTIME_ERROR] || v.type == core[CORE_BOUNDS_ERROR]) {
		*out = load_string(v.at);
		return true;
	}
	return false;
}

static const MethodDesc *error_method(const GolVM *vm, const TypeDesc *type) {
	const MethodDesc *method = type_find_method(type, vm->vm.types->core[CORE_ERROR]->methods[0].key);
	return method && method->fn ? method : NULL;
}

static void set_error_text(GolVM *vm, GoString s) {
	vm->error_text.len = 0;
	vm->error_text.failed = false;
	buf_put(&vm->error_text, s.ptr, (size_t)s.len);
}

/* Calls v.Error() and takes its result down while the call holds it: a session's other goroutines may collect at any time. */
static bool ask_error_text(GolVM *vm, GoIface i) {
	const MethodDesc *method = error_method(vm, i.type);
	GolCall *call;
	if (!method || method->fn->result_slots != 2 || (method->deref && !i.data.p) ||
	    call_open(vm, &method->fn->closure, &call) != GOL_OK)
		return false;
	Slot *recv = &call->frame[method->fn->recv_slot], *results = call->frame + FRAME_HEADER_SLOTS;
	if (method->deref)
		value_load(method->fn->recv_type, recv, i.data.p);
	else
		*recv = i.data;
	bool done = instance_run(vm, call->closure, results, method->fn->arg_slots, true) == GOL_OK;
	if (done)
		set_error_text(vm, (GoString){results[0].p, results[1].i});
	gol_call_close(call);
	return done;
}

GolStatus gol_get_error(GolValue v, const char **text, size_t *len) {
	*text = NULL;
	*len = 0;
	HostScope *scope = v.scope;
	if (!v.type || kind_of(v) != KIND_INTERFACE)
		return wrong_type(v, "an error");
	GoIface i = load_iface(v.at);
	GolValue inner = value_open(v);
	GoString s = {0};
	if (!i.type)
		return GOL_OK;
	GolVM *vm = scope->vm;
	bool asks = !scope->text && !vm_is_busy(vm);
	if (!error_method(vm, i.type))
		return wrong_type(inner, "an error");
	bool is_plain = plain_error_text(vm, inner, &s), asked = !is_plain && asks && ask_error_text(vm, i);
	if (!is_plain)
		s = (GoString){i.type->name, (int64_t)strlen(i.type->name)};
	*text = s.len ? s.ptr : "";
	*len = (size_t)s.len;
	if (scope->text)
		return GOL_OK;
	if (!asked)
		set_error_text(vm, s);
	*text = buf_cstr(&vm->error_text);
	*len = vm->error_text.len;
	return vm->error_text.failed ? scope_fail(scope, GOL_ERROR_MEMORY, "out of memory") : GOL_OK;
}

/* ---------------------------------------------------------------- writing */

static GolStatus no_memory(GolValue v) { return scope_fail(v.scope, GOL_ERROR_MEMORY, "out of memory"); }

/* Checks that v may be written and leads through an interface to what shall be put there: type gets v's own type, or the core
 * type for an interface that core implements. */
static GolStatus target(GolValue v, CoreType core, const TypeDesc **type) {
	*type = v.type;
	if (!v.type)
		return wrong_type(v, "a place");
	if (v.mode & VALUE_READONLY)
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "a value in an interface cannot be changed");
	if (kind_of(v) != KIND_INTERFACE || core == CORE_COUNT)
		return GOL_OK;
	VM *vm = &((HostScope *)v.scope)->vm->vm;
	*type = vm->types->core[core];
	if (!*type || iface_missing_method(vm, *type, v.type))
		return wrong_type(v, core == CORE_ERRORS_STRING ? "an error" : "an interface for this");
	return GOL_OK;
}

/* Stores a value in slot layout, boxed when v is an interface. Between scope_begin and scope_end. */
static GolStatus store(GolValue v, const TypeDesc *type, const Slot *value) {
	HostScope *s = v.scope;
	GoIface box;
	if (kind_of(v) == KIND_INTERFACE && type->kind != KIND_INTERFACE) {
		if (iface_make(s->g, type, value, &box) != PANIC_NONE)
			return no_memory(v);
		store_iface(v.at, box);
	} else if (v.mode & VALUE_MEMORY) {
		value_store(type, v.at, value);
	} else if (type->slots == 1) {
		store_word(v.at, value->u);
	} else {
		value_copy(type->slot_type ? type->slot_type : type, v.at, value);
	}
	return GOL_OK;
}

static GolStatus store_boxed(GolValue v, const TypeDesc *type, const Slot *value) {
	if (kind_of(v) != KIND_INTERFACE || (type->flags & DESC_DIRECT))
		return store(v, type, value); /* nothing to allocate */
	bool entered = scope_begin(v.scope);
	GolStatus status = store(v, type, value);
	scope_end(v.scope, entered);
	return status;
}

static bool int_fits(const TypeDesc *type, int64_t value) {
	if (type->size >= 8)
		return true;
	int64_t half = (int64_t)1 << (type->size * 8 - 1);
	return is_signed((Kind)type->kind) ? value >= -half && value < half : value >= 0 && value < 2 * half;
}

GolStatus gol_put_int(GolValue v, int64_t value) {
	const TypeDesc *type;
	if (LIKELY(is_word_slot(&v, KIND_INT))) {
		store_word(v.at, (uint64_t)value);
		return GOL_OK;
	}
	GolStatus status = target(v, CORE_INT, &type);
	if (status != GOL_OK)
		return status;
	Kind kind = (Kind)type->kind;
	if (!is_signed(kind) && !is_unsigned(kind))
		return wrong_type(v, "an integer");
	if (!int_fits(type, value) || (is_unsigned(kind) && value < 0))
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%lld overflows %s", (long long)value, type->name);
	return store_boxed(v, type, &(Slot){.i = value});
}

GolStatus gol_put_uint(GolValue v, uint64_t value) {
	const TypeDesc *type;
	GolStatus status = target(v, CORE_UINT64, &type);
	if (status != GOL_OK)
		return status;
	Kind kind = (Kind)type->kind;
	if (!is_signed(kind) && !is_unsigned(kind))
		return wrong_type(v, "an integer");
	bool wide = type->size >= 8 && is_unsigned(kind);
	if (!wide && (value > INT64_MAX || !int_fits(type, (int64_t)value)))
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "%llu overflows %s", (unsigned long long)value, type->name);
	return store_boxed(v, type, &(Slot){.u = value});
}

GolStatus gol_put_float(GolValue v, double value) {
	const TypeDesc *type;
	if (LIKELY(is_word_slot(&v, KIND_FLOAT64))) {
		store_word(v.at, (Slot){.f = value}.u);
		return GOL_OK;
	}
	GolStatus status = target(v, CORE_FLOAT64, &type);
	if (status != GOL_OK)
		return status;
	if (type->kind != KIND_FLOAT32 && type->kind != KIND_FLOAT64)
		return wrong_type(v, "a float");
	Slot slot = {.u = 0};
	if (type->kind == KIND_FLOAT32)
		slot.f32 = (float)value;
	else
		slot.f = value;
	return store_boxed(v, type, &slot);
}

GolStatus gol_put_bool(GolValue v, int value) {
	const TypeDesc *type;
	GolStatus status = target(v, CORE_BOOL, &type);
	if (status != GOL_OK)
		return status;
	if (type->kind != KIND_BOOL)
		return wrong_type(v, "a bool");
	return store_boxed(v, type, &(Slot){.u = value != 0});
}

GolStatus gol_put_string(GolValue v, const char *text, size_t len) {
	const TypeDesc *type;
	GolStatus status = target(v, CORE_STRING, &type);
	if (status != GOL_OK)
		return status;
	if (type->kind != KIND_STRING || (!text && len))
		return wrong_type(v, "a string");
	HostScope *s = v.scope;
	Slot slots[2] __attribute__((aligned(16)));
	bool entered = scope_begin(s);
	status = string_new(s->g, text ? text : "", len, (GoString *)slots) == PANIC_NONE ? store(v, type, slots) : no_memory(v);
	scope_end(s, entered);
	return status;
}

GolStatus gol_put_bytes(GolValue v, const void *bytes, size_t len) {
	const TypeDesc *type;
	GolStatus status = target(v, CORE_BYTES, &type);
	if (status != GOL_OK)
		return status;
	if (type->kind != KIND_SLICE || !(type->flags & DESC_BYTES) || (!bytes && len) || len > (size_t)MAX_SLICE_LEN)
		return wrong_type(v, "a []byte");
	HostScope *s = v.scope;
	bool entered = scope_begin(s);
	GoSlice slice = {heap_new_bytes(s->g, len), (uint32_t)len, (uint32_t)len};
	if (slice.ptr && len)
		memcpy(slice.ptr, bytes, len);
	status = slice.ptr ? store(v, type, (Slot *)&slice) : no_memory(v);
	scope_end(s, entered);
	return status;
}

GolStatus gol_put_error(GolValue v, const char *text, size_t len) {
	const TypeDesc *type;
	if (kind_of(v) != KIND_INTERFACE)
		return wrong_type(v, "an error");
	GolStatus status = target(v, CORE_ERRORS_STRING, &type);
	if (status != GOL_OK)
		return status;
	HostScope *s = v.scope;
	bool entered = scope_begin(s);
	/* *errors.errorString points to struct { s string } */
	GoString *box = heap_new_words(s->g, sizeof(GoString) / sizeof(Slot)), string;
	if (box && string_new(s->g, text ? text : "", text ? len : 0, &string) == PANIC_NONE) {
		*box = string;
		status = store(v, type, &(Slot){.p = box});
	} else {
		status = no_memory(v);
	}
	scope_end(s, entered);
	return status;
}

GolStatus gol_put_nil(GolValue v) {
	const TypeDesc *type;
	GolStatus status = target(v, CORE_COUNT, &type);
	if (status != GOL_OK)
		return status;
	if (v.mode & VALUE_MEMORY || type->flags & DESC_AGGREGATE) {
		value_zero(type, v.at);
		return GOL_OK;
	}
	for (uint32_t i = 0; i < type->slots; i++)
		store_word((Slot *)v.at + i, 0);
	return GOL_OK;
}

/* ---------------------------------------------------------------- assignment */

static bool assignable(GolValue to, GolValue from, GolStatus *status) {
	const TypeDesc *type = to.type;
	if (type == from.type)
		return true;
	if (type->kind == KIND_INTERFACE && !iface_missing_method(&((HostScope *)to.scope)->vm->vm, from.type, type))
		return true;
	*status = scope_fail(to.scope, GOL_ERROR_ARGUMENT, "%s cannot be assigned to %s", type_name(from), type_name(to));
	return false;
}

/* to and from are in memory layout or slots of the same type; narrow scalars differ between the two. */
static GolStatus assign_same(GolValue to, GolValue from) {
	const TypeDesc *type = to.type;
	if (type->slots == 1 && !(type->flags & DESC_AGGREGATE)) {
		Slot word = read_word(from);
		return store(to, type, &word);
	}
	const void *at = from.mode & VALUE_INLINE ? (const void *)&from.at : from.at;
	value_copy(type, to.at, at);
	return GOL_OK;
}

/* A value that is no interface goes into one. */
static GolStatus assign_boxed(GolValue to, GolValue from) {
	HostScope *s = to.scope;
	const TypeDesc *type = from.type;
	GoIface box = {.type = type};
	bool entered = scope_begin(s);
	if (type->flags & DESC_DIRECT) {
		if (type->slots == 1 && !(type->flags & DESC_AGGREGATE))
			box.data = read_word(from);
		else if (type->slots)
			memcpy(&box.data, from.mode & VALUE_INLINE ? (const void *)&from.at : from.at, type->size);
	} else {
		box.data.p = heap_new(s->g, type);
		if (box.data.p) {
			if (type->slots == 1 && !(type->flags & DESC_AGGREGATE)) {
				Slot word = read_word(from);
				value_store(type, box.data.p, &word);
			} else {
				value_copy(type, box.data.p, from.at);
			}
		}
	}
	bool ok = (type->flags & DESC_DIRECT) || box.data.p;
	if (ok)
		store_iface(to.at, box);
	scope_end(s, entered);
	return ok ? GOL_OK : no_memory(to);
}

GolStatus gol_put_value(GolValue to, GolValue from) {
	const TypeDesc *type;
	GolStatus status = target(to, CORE_COUNT, &type);
	if (status != GOL_OK)
		return status;
	if (kind_of(from) == KIND_INTERFACE && from.type != type) { /* assign what is inside */
		from = value_open(from);
		if (!from.type && type->kind == KIND_INTERFACE)
			return gol_put_nil(to);
	}
	if (!from.type)
		return wrong_type(from, "a value");
	if (((HostScope *)from.scope)->vm != ((HostScope *)to.scope)->vm)
		return scope_fail(to.scope, GOL_ERROR_ARGUMENT, "a value of another VM");
	if (!assignable(to, from, &status))
		return status;
	return type == from.type ? assign_same(to, from) : assign_boxed(to, from);
}

/* ---------------------------------------------------------------- make */

static GolStatus make_value(HostScope *s, GolValue v, const TypeDesc *type, int64_t n, Slot *out) {
	PanicCode code = FATAL_OUT_OF_MEMORY;
	switch ((Kind)type->kind) {
	case KIND_SLICE: code = slice_make(s->g, type->elem, n, n, (GoSlice *)out); break;
	case KIND_MAP: code = map_new(s->g, type, n, (Map **)&out->p); break;
	case KIND_CHAN: code = chan_new(s->g, type, n, (Chan **)&out->p); break;
	case KIND_POINTER:
		out->p = heap_new(s->g, type->elem);
		code = out->p ? PANIC_NONE : FATAL_OUT_OF_MEMORY;
		break;
	default: return wrong_type(v, "something to make");
	}
	if (code == PANIC_NONE)
		return GOL_OK;
	return code == FATAL_OUT_OF_MEMORY ? no_memory(v) : scope_fail(s, GOL_ERROR_ARGUMENT, "make: length out of range");
}

GolStatus gol_make(GolValue v, int64_t n) {
	const TypeDesc *type;
	Slot out[2] __attribute__((aligned(16))) = {{0}};
	GolStatus status = target(v, CORE_COUNT, &type);
	if (status != GOL_OK)
		return status;
	if (n < 0)
		return scope_fail(v.scope, GOL_ERROR_ARGUMENT, "make: length out of range");
	bool entered = scope_begin(v.scope);
	status = make_value(v.scope, v, type, n, out);
	if (status == GOL_OK)
		status = store(v, type, out);
	scope_end(v.scope, entered);
	return status;
}
