/* SPDX-License-Identifier: MIT */
/* chan.c: Send, Recv, their Try forms, Close, Select.
 *
 * Owns: operations: functions of one or two instructions, objects of the Go heap that the frame running them keeps alive.
 * Rules: what may park runs as SEND, RECV or SELECT in a frame of its own, called by NATIVE_CALL: parking, resuming, panics
 *   and the words of traces are then those of every other goroutine.
 *
 *      send:    | channel | value |                      select:  | chosen | ok | value received (the largest) |
 *      receive: | value | ok | channel |                          | channels | values to send |
 */
#include "stdlib/reflect/reflect.h"
#include "runtime/chan.h"
#include "vm/exec.h"

#define CALLED ((void *)1)

enum { MAX_OPERATION_SLOTS = 0x7f00 };

/* A function over `slots` slots of arguments, the first `results` of them results, with room for `words` instructions. */
static Function *operation_new(Goroutine *g, uint32_t results, uint32_t slots, uint32_t words, Insn **code) {
	uint32_t head = ALIGN_UP(sizeof(Function), 16u) / sizeof(Slot);
	Slot *memory = heap_new_words(g, head + words);
	if (!memory)
		return NULL;
	Function *fn = (Function *)memory;
	*code = (Insn *)(memory + head);
	*fn = (Function){.closure = {.fn = fn},
			 .code = *code,
			 .code_len = words,
			 .frame_slots = (uint16_t)ALIGN_UP(slots + FRAME_HEADER_SLOTS, 2u),
			 .result_slots = (uint16_t)results,
			 .arg_slots = (uint16_t)slots,
			 .param_start = (uint16_t)(results + FRAME_HEADER_SLOTS),
			 .flags = FUNC_WRAPPER | FUNC_MADE,
			 .name = "reflect.operation",
			 .file = ""};
	return fn;
}

static Insn instruction(Op op, uint32_t a, uint32_t b, uint32_t c) {
	return (Insn){.op = (uint16_t)op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c};
}

static uint16_t frame_slot(uint32_t at) { return (uint16_t)(at + FRAME_HEADER_SLOTS); }

static NativeStatus check_channel(Goroutine *g, const Value *v, const char *method, uint8_t forbidden, const char *text) {
	CHECK(must_be(g, v, KIND_CHAN, method));
	CHECK(must_be_exported(g, v, method));
	if (value_type(v)->chan_dir == forbidden)
		return native_panic_text(g, "%s", text);
	return NATIVE_DONE;
}

enum { SEND_ONLY = 1, RECEIVE_ONLY = 2 }; /* TypeDesc.chan_dir */

static NativeStatus too_large(Goroutine *g, const TypeDesc *type) {
	return native_panic_text(g, "reflect: values of %s are too large", type->name);
}

/* ---------------------------------------------------------------- sending */

static NativeStatus send_check(Goroutine *g, Value *v, Value *x, const char *method, Slot **slots) {
	CHECK(check_channel(g, v, method, RECEIVE_ONLY, "reflect: send on recv-only channel"));
	CHECK(must_be_exported(g, x, method));
	const TypeDesc *elem = value_type(v)->elem;
	if (elem->slots > MAX_OPERATION_SLOTS)
		return too_large(g, elem);
	*slots = heap_new_words(g, slot_words(elem));
	return *slots ? value_assign_slots(g, "reflect.Value.Send", x, elem, *slots) : out_of_memory(g);
}

NativeStatus value_try_send(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Value x, v;
	} *a = NATIVE_ARGS(args);
	Slot *slots;
	bool done;
	CHECK(send_check(g, &a->v, &a->x, "reflect.Value.TrySend", &slots));
	CHECK_CODE(chan_try_send(g->vm, g->worker, (Chan *)value_word(&a->v), slots, &done));
	a->result = done;
	return NATIVE_DONE;
}

NativeStatus value_send(Goroutine *g, Slot *args) {
	struct {
		Value x, v;
	} *a = NATIVE_ARGS(args);
	Slot *slots;
	Insn *code;
	if (g->native_state)
		return NATIVE_DONE;
	CHECK(send_check(g, &a->v, &a->x, "reflect.Value.Send", &slots));
	const TypeDesc *elem = value_type(&a->v)->elem;
	uint32_t value = call_place(1, elem);
	Function *fn = operation_new(g, 0, value + elem->slots, 2, &code);
	if (!fn)
		return out_of_memory(g);
	code[0] = instruction(OP_SEND, frame_slot(0), frame_slot(value), elem->slots);
	code[1] = instruction(OP_RET, 0, 0, 0);
	NativeCall *call = native_call_prepare(g, &fn->closure);
	if (!call)
		return NATIVE_FATAL;
	call->args[0].u = value_word(&a->v);
	for (uint32_t i = 0; i < elem->slots; i++)
		call->args[value + i] = slots[i];
	g->native_state = CALLED;
	return NATIVE_CALL;
}

/* ---------------------------------------------------------------- receiving */

NativeStatus value_try_recv(Goroutine *g, Slot *args) {
	struct {
		Value x;
		int64_t ok, unused;
		Value v;
	} *a = NATIVE_ARGS(args);
	bool done, ok;
	CHECK(check_channel(g, &a->v, "reflect.Value.TryRecv", SEND_ONLY, "reflect: recv on send-only channel"));
	const TypeDesc *elem = value_type(&a->v)->elem;
	Slot *slots = heap_new_words(g, slot_words(elem));
	if (!slots)
		return out_of_memory(g);
	CHECK_CODE(chan_try_recv(g->vm, g->worker, (Chan *)value_word(&a->v), slots, &ok, &done));
	a->x = (Value){0};
	a->ok = done && ok;
	if (done)
		value_of_slots(g, elem, slots, 0, &a->x);
	return NATIVE_DONE;
}

NativeStatus value_recv(Goroutine *g, Slot *args) {
	struct {
		Value x;
		int64_t ok, unused;
		Value v;
	} *a = NATIVE_ARGS(args);
	Insn *code;
	CHECK(check_channel(g, &a->v, "reflect.Value.Recv", SEND_ONLY, "reflect: recv on send-only channel"));
	const TypeDesc *elem = value_type(&a->v)->elem;
	uint32_t ok = elem->slots;
	if (g->native_state) {
		a->ok = g->native_call->args[ok].u & 1;
		value_of_slots(g, elem, g->native_call->args, 0, &a->x);
		return NATIVE_DONE;
	}
	if (elem->slots > MAX_OPERATION_SLOTS)
		return too_large(g, elem);
	Function *fn = operation_new(g, ok + 1, ok + 2, 3, &code);
	if (!fn)
		return out_of_memory(g);
	code[0] = instruction(OP_RECV_OK, frame_slot(0), frame_slot(ok + 1), frame_slot(ok));
	code[1].word = elem->slots;
	code[2] = instruction(OP_RET, 0, 0, 0);
	NativeCall *call = native_call_prepare(g, &fn->closure);
	if (!call)
		return NATIVE_FATAL;
	call->args[ok + 1].u = value_word(&a->v);
	g->native_state = CALLED;
	return NATIVE_CALL;
}

NativeStatus value_close(Goroutine *g, Slot *args) {
	struct {
		Value v;
	} *a = NATIVE_ARGS(args);
	CHECK(check_channel(g, &a->v, "reflect.Value.Close", RECEIVE_ONLY, "reflect: close of receive-only channel"));
	return native_panic_code(g, chan_close(g, (Chan *)value_word(&a->v)));
}

/* ---------------------------------------------------------------- Select */

/* Memory layout of reflect.gol's SelectCase. */
typedef struct Case {
	int64_t dir, unused;
	Value chan, send;
} Case;
enum { DIR_SEND = 1, DIR_RECV, DIR_DEFAULT };

typedef struct Selection {
	uint32_t value_slots; /* for what is received: the largest */
	uint32_t slots;       /* of all arguments */
	int32_t default_case; /* -1: none */
} Selection;

static NativeStatus check_case(Goroutine *g, const Case *c, int32_t index, Selection *s) {
	static const char method[] = "unknown method"; /* of Value: Go's words */
	const TypeDesc *chan = value_type(&c->chan), *send = value_type(&c->send);
	switch (c->dir) {
	case DIR_DEFAULT:
		if (s->default_case >= 0)
			return native_panic_text(g, "reflect.Select: multiple default cases");
		s->default_case = index;
		if (chan || send)
			return native_panic_text(g, "reflect.Select: default case has %s value", chan ? "Chan" : "Send");
		return NATIVE_DONE;
	case DIR_SEND:
		if (!chan)
			return NATIVE_DONE;
		CHECK(check_channel(g, &c->chan, method, RECEIVE_ONLY, "reflect.Select: SendDir case using recv-only channel"));
		if (!send)
			return native_panic_text(g, "reflect.Select: SendDir case missing Send value");
		CHECK(must_be_exported(g, &c->send, method));
		s->slots = call_place(s->slots, chan->elem) + chan->elem->slots;
		return NATIVE_DONE;
	case DIR_RECV:
		if (send)
			return native_panic_text(g, "reflect.Select: RecvDir case has Send value");
		if (!chan)
			return NATIVE_DONE;
		CHECK(check_channel(g, &c->chan, method, SEND_ONLY, "reflect.Select: RecvDir case using send-only channel"));
		if (chan->elem->slots > s->value_slots)
			s->value_slots = chan->elem->slots;
		return NATIVE_DONE;
	default:
		return native_panic_text(g, "reflect.Select: invalid Dir");
	}
}

static NativeStatus select_check(Goroutine *g, const Case *cases, uint32_t count, Selection *s) {
	*s = (Selection){.default_case = -1};
	for (uint32_t i = 0; i < count; i++)
		CHECK(check_case(g, &cases[i], (int32_t)i, s));
	s->slots += 2 + s->value_slots + count + 1;
	native_charge(g, count);
	if (count > 65536)
		return native_panic_text(g, "reflect.Select: too many cases (max 65536)");
	if (s->slots > MAX_OPERATION_SLOTS)
		return native_panic_text(g, "reflect.Select: values of the cases are too large");
	return NATIVE_DONE;
}

/* Every case gets its word, in order; a default's never fires, its channel is nil. */
static NativeStatus select_fill(Goroutine *g, const Case *cases, uint32_t count, const Selection *s, Insn *words, Slot *slots) {
	uint32_t chan = 2 + s->value_slots, send = chan + count;
	for (uint32_t i = 0; i < count; i++) {
		Value c = cases[i].chan, x = cases[i].send;
		const TypeDesc *type = value_type(&c);
		SelectCase word = {.chan = frame_slot(chan + i), .value = NO_SLOT, .ok = NO_SLOT};
		if (type)
			slots[chan + i].u = value_word(&c);
		if (type && cases[i].dir == DIR_SEND) {
			send = call_place(send, type->elem);
			CHECK(value_assign_slots(g, "reflect.Select", &x, type->elem, slots + send));
			word.send = 1;
			word.slots = type->elem->slots & 0x7fff;
			word.value = frame_slot(send);
			send += type->elem->slots;
		} else if (type) {
			word.slots = type->elem->slots & 0x7fff;
			word.value = type->elem->slots ? frame_slot(2) : NO_SLOT;
			word.ok = frame_slot(1);
		}
		memcpy(&words[i], &word, sizeof word);
	}
	return NATIVE_DONE;
}

/* The native's own cases: what is checked of them still holds when they are used. */
static Case *copy_cases(Goroutine *g, GoSlice from) {
	Case *cases = heap_new_words(g, (from.len + 1ul) * sizeof(Case) / sizeof(Slot));
	for (uint32_t i = 0; cases && i < from.len; i++) {
		const Case *c = (const Case *)from.ptr + i;
		cases[i] = (Case){.dir = (int64_t)load_word(&c->dir), .chan = {.held = load_iface(&c->chan.held), .flag = load_word(&c->chan.flag)},
				  .send = {.held = load_iface(&c->send.held), .flag = load_word(&c->send.flag)}};
	}
	return cases;
}

static NativeStatus select_start(Goroutine *g, Case *cases, uint32_t count) {
	Selection s;
	Insn *code;
	CHECK(select_check(g, cases, count, &s));
	Function *fn = operation_new(g, 2 + s.value_slots, s.slots, count + 2, &code);
	if (!fn)
		return out_of_memory(g);
	code[0] = instruction(OP_SELECT, frame_slot(0), count, s.default_case >= 0);
	code[count + 1] = instruction(OP_RET, 0, 0, 0);
	NativeCall *call = native_call_prepare(g, &fn->closure);
	if (!call)
		return NATIVE_FATAL;
	CHECK(select_fill(g, cases, count, &s, code + 1, call->args));
	g->native_state = cases;
	return NATIVE_CALL;
}

/* func doSelect(cases []SelectCase) (chosen int, recv Value, ok bool) */
NativeStatus value_select(Goroutine *g, Slot *args) {
	struct {
		int64_t chosen, unused;
		Value recv;
		int64_t ok, unused2;
		GoSlice cases;
	} *a = NATIVE_ARGS(args);
	Case *cases = g->native_state;
	if (!cases) {
		cases = copy_cases(g, a->cases);
		return cases ? select_start(g, cases, a->cases.len) : out_of_memory(g);
	}
	const Slot *results = g->native_call->args;
	int64_t chosen = results[0].i;
	for (uint32_t i = 0; chosen < 0 && i < a->cases.len; i++)
		if (cases[i].dir == DIR_DEFAULT)
			chosen = i;
	a->chosen = chosen;
	a->recv = (Value){0};
	a->ok = 0;
	if (chosen >= 0 && chosen < a->cases.len && cases[chosen].dir == DIR_RECV) {
		Value c = cases[chosen].chan;
		a->ok = results[1].u & 1;
		if (value_type(&c) && value_type(&c)->kind == KIND_CHAN)
			value_of_slots(g, value_type(&c)->elem, results + 2, 0, &a->recv);
	}
	return NATIVE_DONE;
}
