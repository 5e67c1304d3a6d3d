/* SPDX-License-Identifier: MIT */
/* call.c: Call, MakeFunc, and func values made of methods.
 *
 * Owns: stubs: functions whose body is a native here, objects of the Go heap. The closure that is called holds its stub,
 *   the frame that runs it holds the closure.
 * Rules: a call of Go is a NATIVE_CALL: a native first prepares it, and finds the results when it is called again, which
 *   native_state tells. Arguments lie as in every frame (bytecode/program.h).
 * Why stubs: a func value needs a Function with the frame layout of its type, and types are made at run time. */
#include "bytecode/shape.h"
#include "stdlib/reflect/reflect.h"
#include "vm/exec.h"

/* native_state of a native whose call has been made. */
#define CALLED ((void *)1)

/* ---------------------------------------------------------------- where values lie */

uint32_t call_place(uint32_t at, const TypeDesc *type) {
	return type->align == 16 ? ALIGN_UP(at, 2u) : at;
}

/* Slots from the first result on. */
static CallShape call_places(const TypeDesc *func) {
	CallShape s = call_shape(func, NULL, NULL);
	s.results_end -= FRAME_HEADER_SLOTS;
	s.param_start -= FRAME_HEADER_SLOTS;
	s.params_end -= FRAME_HEADER_SLOTS;
	s.recv -= FRAME_HEADER_SLOTS;
	return s;
}

/* Frames have 16-bit slot numbers; a type of 65535 slots may be larger still. */
static bool fits_frame(const TypeDesc *func) {
	for (uint32_t i = 0; i < func->param_count; i++)
		if (func->params[i]->slots == 0xffff)
			return false;
	for (uint32_t i = 0; i < func->result_count; i++)
		if (func->results[i]->slots == 0xffff)
			return false;
	return call_places(func).recv < 0x7ff0;
}

static NativeStatus too_large(Goroutine *g, const TypeDesc *func) {
	return native_panic_text(g, "reflect: arguments of %s are too large", func->name);
}

static void copy_slots_whole(Slot *to, const Slot *from, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		store_word(&to[i], from[i].u);
}

/* ---------------------------------------------------------------- Call */

/* The arguments beyond the fixed ones as one slice. */
static NativeStatus pack_variadic(Goroutine *g, const TypeDesc *slice, const Value *in, uint32_t count, Value *out) {
	GoSlice s;
	CHECK_CODE(slice_make(g, slice->elem, count, count, &s));
	for (uint32_t i = 0; i < count; i++) {
		Value x = in[i];
		const TypeDesc *type = value_type(&x);
		if (!type)
			return native_panic_text(g, "reflect: Call using zero Value argument");
		if (!desc_assignable(g, type, slice->elem))
			return native_panic_text(g, "reflect: cannot use %s as type %s in Call", type->name, slice->elem->name);
		CHECK(value_assign(g, "reflect.Set", &x, slice->elem, (char *)s.ptr + (size_t)i * slice->elem->size));
	}
	value_of_memory(g, slice, &s, 0, out);
	return NATIVE_DONE;
}

static NativeStatus check_counts(Goroutine *g, const TypeDesc *func, uint32_t given, bool as_slice) {
	uint32_t n = func->param_count;
	if (as_slice) {
		if (!(func->flags & DESC_VARIADIC))
			return native_panic_text(g, "reflect: CallSlice of non-variadic function");
		if (given != n)
			return native_panic_text(g, "reflect: CallSlice with too %s input arguments", given < n ? "few" : "many");
		return NATIVE_DONE;
	}
	bool variadic = func->flags & DESC_VARIADIC;
	if (given < n - variadic)
		return native_panic_text(g, "reflect: Call with too few input arguments");
	if (given > n && !variadic)
		return native_panic_text(g, "reflect: Call with too many input arguments");
	return NATIVE_DONE;
}

static bool any_zero(const Value *in, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		if (!value_type(&in[i]))
			return true;
	return false;
}

static NativeStatus put_arguments(Goroutine *g, const TypeDesc *func, const Value *in, uint32_t given, bool as_slice,
				  Slot *slots) {
	bool pack = func->flags & DESC_VARIADIC && !as_slice;
	uint32_t fixed = func->param_count - pack, at = call_places(func).results_end;
	if (any_zero(in, given))
		return native_panic_text(g, "reflect: %s using zero Value argument", as_slice ? "CallSlice" : "Call");
	for (uint32_t i = 0; i < given; i++) {
		Value x = in[i];
		CHECK(must_be_exported(g, &x, as_slice ? "reflect.Value.CallSlice" : "reflect.Value.Call"));
		if (i < fixed && !desc_assignable(g, value_type(&x), func->params[i]))
			return native_panic_text(g, "reflect: %s using %s as type %s", as_slice ? "CallSlice" : "Call",
						 value_type(&x)->name, func->params[i]->name);
	}
	for (uint32_t i = 0; i < func->param_count; i++) {
		Value x;
		if (i < fixed)
			x = in[i];
		else
			CHECK(pack_variadic(g, func->params[i], in + fixed, given - fixed, &x));
		at = call_place(at, func->params[i]);
		CHECK(value_assign_slots(g, "reflect.Value.Call", &x, func->params[i], slots + at));
		at += func->params[i]->slots;
	}
	return NATIVE_DONE;
}

/* Values of a list of slots, as a []Value. */
static NativeStatus take_values(Goroutine *g, const TypeDesc *const *types, uint32_t count, const Slot *slots, uint32_t at,
				GoSlice *out) {
	const TypeDesc *elem = g->vm->types->core[CORE_REFLECT_VALUE];
	*out = (GoSlice){0};
	CHECK_CODE(slice_make(g, elem, count, count, out));
	for (uint32_t i = 0; i < count; i++) {
		Value v;
		at = call_place(at, types[i]);
		value_of_slots(g, types[i], slots + at, 0, &v);
		value_copy(elem, (Value *)out->ptr + i, &v);
		at += types[i]->slots;
	}
	return NATIVE_DONE;
}

static NativeStatus call_value(Goroutine *g, Slot *args, bool as_slice) {
	struct {
		GoSlice result, in;
		Value v;
	} *a = NATIVE_ARGS(args);
	const char *method = as_slice ? "reflect.Value.CallSlice" : "reflect.Value.Call";
	Value v = a->v;
	GoSlice in = a->in;
	CHECK(must_be(g, &v, KIND_FUNC, method));
	CHECK(must_be_exported(g, &v, method));
	const TypeDesc *func = value_type(&v);
	if (g->native_state)
		return take_values(g, func->results, func->result_count, g->native_call->args, 0, &a->result);
	const Closure *closure = (const Closure *)value_word(&v);
	if (!closure)
		return native_panic_text(g, "reflect.Value.Call: call of nil function");
	CHECK(check_counts(g, func, in.len, as_slice));
	if (!fits_frame(func))
		return too_large(g, func);
	const TypeDesc *elem = g->vm->types->core[CORE_REFLECT_VALUE];
	Value *values = heap_new_array(g, elem, in.len); /* nobody else writes to these */
	NativeCall *call = native_call_prepare(g, closure);
	if (!values || !call)
		return out_of_memory(g);
	value_copy_array(elem, values, in.ptr, in.len);
	CHECK(put_arguments(g, func, values, in.len, as_slice, call->args));
	g->native_state = CALLED;
	return NATIVE_CALL;
}

NativeStatus value_call(Goroutine *g, Slot *args) { return call_value(g, args, false); }
NativeStatus value_call_slice(Goroutine *g, Slot *args) { return call_value(g, args, true); }

/* ---------------------------------------------------------------- stubs */

/* A closure with `captured` slots over a function of type func that runs native. */
static Closure *stub_new(Goroutine *g, const TypeDesc *func, NativeFn native, const char *name, uint32_t captured) {
	Function *fn = heap_new_words(g, ALIGN_UP(sizeof(Function), 16u) / sizeof(Slot));
	Closure *closure = heap_new_words(g, (sizeof(Closure) / sizeof(Slot)) + ALIGN_UP(captured, 2u));
	if (!fn || !closure)
		return NULL;
	CallShape p = call_places(func);
	*fn = (Function){.closure = {.fn = fn},
			 .code = code_native_body,
			 .code_len = 2,
			 .frame_slots = (uint16_t)ALIGN_UP(p.params_end + FRAME_HEADER_SLOTS, 2u),
			 .result_slots = (uint16_t)p.results_end,
			 .arg_slots = (uint16_t)p.params_end,
			 .param_start = (uint16_t)(p.param_start + FRAME_HEADER_SLOTS),
			 .flags = FUNC_NATIVE | FUNC_WRAPPER | FUNC_MADE,
			 .native = native,
			 .type = func,
			 .name = name,
			 .file = ""};
	closure->fn = fn;
	return closure;
}

static const Closure *own_closure(const Slot *args) { return args[1].p; }

/* ---- MakeFunc: captured {func([]Value) []Value} ---- */

static NativeStatus return_values(Goroutine *g, const TypeDesc *func, GoSlice out, Slot *slots) {
	uint32_t at = 0;
	if (out.len != func->result_count)
		return native_panic_text(g, "reflect: wrong return count from function created by MakeFunc");
	for (uint32_t i = 0; i < out.len; i++) {
		Value v = ((const Value *)out.ptr)[i];
		v.held = load_iface(&((const Value *)out.ptr)[i].held);
		if (!value_type(&v))
			return native_panic_text(
				g, "reflect: function created by MakeFunc using closure returned zero Value");
		if (v.flag & FLAG_RO)
			return native_panic_text(g,
						 "reflect: function created by MakeFunc using closure returned value obtained "
						 "from unexported field");
		at = call_place(at, func->results[i]);
		CHECK(value_assign_slots(g, "reflect.MakeFunc", &v, func->results[i], slots + at));
		at += func->results[i]->slots;
	}
	return NATIVE_DONE;
}

static NativeStatus made_func(Goroutine *g, Slot *args) {
	const Closure *self = own_closure(args), *user = self->captured[0].p;
	const TypeDesc *func = self->fn->type;
	Slot *slots = args + FRAME_HEADER_SLOTS;
	if (g->native_state)
		return return_values(g, func, load_slice(&g->native_call->args[0]), slots);
	GoSlice in;
	CHECK(take_values(g, func->params, func->param_count, slots, call_places(func).results_end, &in));
	NativeCall *call = native_call_prepare(g, user);
	store_slice(&call->args[2], in);
	g->native_state = CALLED;
	return NATIVE_CALL;
}

NativeStatus make_func(Goroutine *g, Slot *args) {
	struct {
		Value result;
		GoIface t;
		const Closure *fn;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *t = iface_type(g, a->t);
	if (!t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (t->kind != KIND_FUNC)
		return native_panic_text(g, "reflect: call of MakeFunc with non-Func type");
	if (!a->fn) /* Go finds out when it is called; nothing can be told then about where it came from */
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (!fits_frame(t))
		return too_large(g, t);
	Closure *closure = stub_new(g, t, made_func, "reflect.makeFuncStub", 1);
	if (!closure)
		return out_of_memory(g);
	closure->captured[0].p = (void *)(uintptr_t)a->fn;
	a->result = value_of_word(t, closure, 0);
	return NATIVE_DONE;
}

/* ---- methods ---- */

NativeStatus call_method(Goroutine *g, const MethodDesc *m, GoIface receiver, const Slot *params) {
	const Function *fn = m->fn;
	if (!fn)
		return native_fatal(g, "method %s of %s was not compiled", m->key->name, receiver.type->name);
	if (m->deref && !receiver.data.p) {
		const TypeDesc *type = fn->recv_type ? fn->recv_type : receiver.type;
		return native_panic_runtime(g, "value method %s.%s called using nil *%s pointer", type->name, m->key->name,
					    type->short_name);
	}
	CallShape p = call_places(m->type);
	NativeCall *call = native_call_prepare(g, &fn->closure);
	if (!call)
		return NATIVE_FATAL;
	copy_slots_whole(call->args + p.param_start, params, p.params_end - p.param_start);
	Slot *recv = call->args + p.recv;
	if (m->deref && fn->recv_slots)
		value_load(fn->recv_type, recv, receiver.data.p);
	else if (!m->deref && fn->recv_slots)
		*recv = receiver.data;
	g->native_state = CALLED;
	return NATIVE_CALL;
}

static NativeStatus method_results(Goroutine *g, const TypeDesc *func, Slot *slots) {
	copy_slots_whole(slots, g->native_call->args, call_places(func).results_end);
	return NATIVE_DONE;
}

/* captured {Value.held (two slots), Value.flag, MethodKey}. The receiver is read when the call happens, as Go does it. */
static NativeStatus bound_call(Goroutine *g, Slot *args) {
	const Closure *self = own_closure(args);
	Slot *slots = args + FRAME_HEADER_SLOTS;
	if (g->native_state)
		return method_results(g, self->fn->type, slots);
	Value v = {.held = load_iface(&self->captured[0]), .flag = self->captured[2].u};
	GoIface receiver = value_pack(g, &v);
	const MethodDesc *method = receiver.type ? type_find_method(receiver.type, self->captured[3].p) : NULL;
	if (!method)
		return native_panic_code(g, PANIC_NIL_POINTER);
	return call_method(g, method, receiver, slots + call_places(self->fn->type).param_start);
}

static Closure *bound_method(Goroutine *g, const Value *v, const MethodDesc *method) {
	Closure *closure = stub_new(g, method->type, bound_call, "reflect.methodValueCall", 4);
	if (closure) {
		store_iface(&closure->captured[0], v->held);
		closure->captured[2].u = v->flag;
		closure->captured[3].p = (void *)(uintptr_t)method->key;
	}
	return closure;
}

/* captured {MethodDesc, receiver's type}; the receiver is the first parameter */
static NativeStatus unbound_call(Goroutine *g, Slot *args) {
	const Closure *self = own_closure(args);
	const MethodDesc *m = self->captured[0].p;
	const TypeDesc *func = self->fn->type, *recv = self->captured[1].p;
	Slot *slots = args + FRAME_HEADER_SLOTS;
	if (g->native_state)
		return method_results(g, m->type, slots);
	uint32_t at = call_place(call_places(func).results_end, recv);
	GoIface receiver;
	CHECK_CODE(iface_make(g, recv, slots + at, &receiver));
	at += recv->slots;
	if (m->type->param_count)
		at = call_place(at, m->type->params[0]);
	/* Behind a receiver of odd length pairs lie elsewhere than in the method's frame: one by one. */
	uint32_t to = call_places(m->type).results_end, from = at, size = call_places(m->type).params_end;
	Slot *params = heap_new_words(g, size + 2u);
	if (!params)
		return out_of_memory(g);
	for (uint32_t i = 0; i < m->type->param_count; i++) {
		const TypeDesc *type = m->type->params[i];
		to = call_place(to, type);
		from = call_place(from, type);
		copy_slots_whole(params + to, slots + from, type->slots);
		to += type->slots;
		from += type->slots;
	}
	return call_method(g, m, receiver, params + call_places(m->type).param_start);
}

Closure *unbound_method(Goroutine *g, const TypeDesc *func, const TypeDesc *recv, const MethodDesc *method) {
	Closure *closure = stub_new(g, func, unbound_call, "reflect.methodValueCall", 2);
	if (closure) {
		closure->captured[0].p = (void *)(uintptr_t)method;
		closure->captured[1].p = (void *)(uintptr_t)recv;
	}
	return closure;
}

/* func (v Value) Method(i int) Value */
NativeStatus value_method(Goroutine *g, Slot *args) {
	struct {
		Value result;
		int64_t i;
		Value v;
	} *a = NATIVE_ARGS(args);
	Value v = a->v;
	const TypeDesc *type = value_type(&v);
	if (!type)
		return value_error(g, "reflect.Value.Method", KIND_INVALID);
	const MethodDesc *m = type_exported_method(type, a->i);
	if (!m)
		return native_panic_text(g, "reflect: Method index out of range");
	if (type->kind == KIND_INTERFACE && value_word(&v) == 0)
		return native_panic_text(g, "reflect: Method on nil interface value");
	if (!m->exported)
		return native_panic_text(g, "reflect: reflect.Value.Method of unexported method");
	if (!fits_frame(m->type))
		return too_large(g, m->type);
	Closure *closure = bound_method(g, &v, m);
	if (!closure)
		return out_of_memory(g);
	a->result = value_of_word(m->type, closure, v.flag & FLAG_RO ? FLAG_RO_STICKY : 0);
	return NATIVE_DONE;
}
