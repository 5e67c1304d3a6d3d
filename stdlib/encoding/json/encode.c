/* SPDX-License-Identifier: MIT */
/* encode.c: values as JSON text.
 *
 * Owns: Encoder and its frames, objects of the Go heap held by native_state while a method runs.
 * Rules: values are walked through their type descriptors, in memory layout, with frames of our own instead of C
 *   recursion. A method is called by NATIVE_CALL and the walk goes on behind it. What a frame points to is kept alive by the
 *   value being encoded, or is a copy.
 * Why not Go over reflect: that is several natives per field, and encoding is what scripts do all day. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/number.h"
#include "stdlib/encoding/json/json.h"

enum { LOOK_FOR_CYCLES = 1000 };

typedef enum FrameKind { FRAME_STRUCT, FRAME_LIST, FRAME_KEYS, FRAME_MAP } FrameKind;
typedef enum Pending { PENDING_NONE, PENDING_PLAN, PENDING_JSON, PENDING_TEXT, PENDING_KEY, PENDING_ZERO } Pending;
typedef enum EncodeError { /* known to encode.gol */
	ENCODE_OK, ENCODE_UNSUPPORTED_TYPE, ENCODE_UNSUPPORTED_VALUE, ENCODE_MARSHALER, ENCODE_INVALID_JSON, ENCODE_TEXT,
} EncodeError;

typedef struct MapEntry {
	GoString key;
	const char *value;
	GoIface key_value; /* FRAME_KEYS: whose MarshalText is to be called */
} MapEntry;

typedef struct Frame {
	const TypeDesc *type;
	const char *at;       /* the struct, the first element */
	uint64_t i, n;
	const Plan *plan;
	MapEntry *entries;
	const void *identity; /* of the pointer, map or slice that led here */
	const TypeDesc *identity_type;
	uint8_t kind;
	bool addressable, any;
} Frame;

/* A value to be written. */
typedef struct Item {
	const TypeDesc *type;
	const char *at;
	bool addressable, quoted;
} Item;

typedef struct Encoder {
	Goroutine *g;
	Hooks *hooks;
	Out out;
	Frame *frames;
	uint32_t depth, cap;
	bool escape_html;
	uint8_t pending;
	Item item;               /* what the pending call is about */
	Frame saved;             /* LOOK_FOR_CYCLES: an older frame, compared with newer ones */
	uint64_t saved_depth;
	EncodeError error;
	const TypeDesc *error_type;
	GoIface error_value;
	GoString error_text;
} Encoder;

static NativeStatus write_value(Encoder *e, Item item);

static NativeStatus stop(Encoder *e, EncodeError error, const TypeDesc *type) {
	e->error = error;
	e->error_type = type;
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- frames */

static bool push_frame(Encoder *e, Frame f) {
	if (e->depth == e->cap) {
		uint32_t cap = e->cap ? e->cap * 2 : 16;
		Frame *frames = heap_new_words(e->g, cap * sizeof(Frame) / sizeof(Slot));
		if (!frames)
			return !(e->out.failed = true);
		if (e->depth)
			memcpy(frames, e->frames, e->depth * sizeof(Frame));
		e->frames = frames;
		e->cap = cap;
	}
	e->frames[e->depth++] = f;
	return true;
}

/* A path into a cycle repeats itself: it meets any of its frames again. The one kept is replaced when that takes long. */
static bool is_cycle(Encoder *e, const void *identity, const TypeDesc *type) {
	if (e->depth < LOOK_FOR_CYCLES || !identity)
		return false;
	if (e->saved_depth && e->saved_depth <= e->depth && e->saved.identity == identity && e->saved.identity_type == type)
		return true;
	if (!e->saved_depth || e->depth > e->saved_depth * 2 || e->saved_depth > e->depth) {
		e->saved_depth = e->depth;
		e->saved.identity = identity;
		e->saved.identity_type = type;
	}
	return false;
}

static NativeStatus cycle(Encoder *e, const TypeDesc *type, const void *identity) {
	Buf text;
	buf_init(&text, &e->g->vm->mem);
	buf_printf(&text, "encountered a cycle via %s", type->name);
	e->error_text = native_string(e->g, buf_cstr(&text), text.len);
	buf_deinit(&text);
	if (type->flags & DESC_DIRECT)
		e->error_value = (GoIface){type, {.p = (void *)(uintptr_t)identity}};
	return stop(e, ENCODE_UNSUPPORTED_VALUE, type);
}

/* ---------------------------------------------------------------- calls */

/* The value as an interface, its address for pointer methods. */
static GoIface receiver_of(Encoder *e, const Item *item, bool by_address) {
	Value v;
	if (by_address)
		return (GoIface){item->type->pointer_to, {.p = (void *)(uintptr_t)item->at}};
	value_of_memory(e->g, item->type, item->at, 0, &v);
	return v.held;
}

static NativeStatus begin_call(Encoder *e, GoIface receiver, int hook, Pending pending, Item item) {
	const MethodDesc *m = type_find_method(receiver.type, hook_type(e->hooks, hook)->methods[0].key);
	if (!m)
		return native_panic_code(e->g, PANIC_NIL_POINTER);
	NativeStatus status = call_method(e->g, m, receiver, NULL);
	e->pending = (uint8_t)pending;
	e->item = item;
	return status;
}

static bool implements(Encoder *e, const TypeDesc *type, int hook) {
	return type->method_count && !iface_missing_method(e->g->vm, type, hook_type(e->hooks, hook));
}

/* True: *status is that of writing the value by a method of its own. */
static bool by_method(Encoder *e, const Item *item, NativeStatus *status) {
	static const struct {
		int hook;
		Pending pending;
	} ways[] = {{HOOK_MARSHALER, PENDING_JSON}, {HOOK_TEXT_MARSHALER, PENDING_TEXT}};
	const TypeDesc *type = item->type, *pointer = item->addressable ? type->pointer_to : NULL;
	if (type->kind == KIND_INTERFACE || (!type->method_count && !(pointer && pointer->method_count)))
		return false;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		bool by_address = type->kind != KIND_POINTER && pointer && implements(e, pointer, ways[i].hook);
		if (!by_address && !implements(e, type, ways[i].hook))
			continue;
		*status = NATIVE_DONE;
		if (type->kind == KIND_POINTER && load_word(item->at) == 0)
			out_puts(&e->out, "null");
		else
			*status = begin_call(e, receiver_of(e, item, by_address), ways[i].hook, ways[i].pending, *item);
		return true;
	}
	return false;
}

static NativeStatus ask_for_plan(Encoder *e, Item item) {
	NativeCall *call = native_call_prepare(e->g, e->hooks->plan);
	if (!call)
		return NATIVE_FATAL;
	GoIface type = type_iface(e->g, item.type);
	store_iface(&call->args[2], type);
	e->pending = PENDING_PLAN;
	e->item = item;
	return NATIVE_CALL;
}

/* ---------------------------------------------------------------- scalars */

static void write_quoted(Encoder *e, bool quoted, const char *text, size_t len) {
	if (quoted)
		out_putc(&e->out, '"');
	out_put(&e->out, text, len);
	if (quoted)
		out_putc(&e->out, '"');
}

static void write_integer(Encoder *e, const Item *item) {
	Slot v;
	char text[72];
	value_load(item->type, &v, item->at);
	bool is_signed = item->type->kind >= KIND_INT && item->type->kind <= KIND_INT64;
	size_t len = is_signed ? number_format_int(text, v.i, 10) : number_format_uint(text, v.u, 10, false);
	write_quoted(e, item->quoted, text, len);
}

static NativeStatus write_float(Encoder *e, const Item *item) {
	int bits = item->type->kind == KIND_FLOAT32 ? 32 : 64;
	float narrow;
	double value;
	memcpy(&narrow, item->at, sizeof narrow);
	if (bits == 64)
		memcpy(&value, item->at, sizeof value);
	else
		value = (double)narrow;
	if (value - value != 0) {
		char text[32];
		size_t len = number_format(text, sizeof text, value, 'g', -1, bits);
		e->error_text = native_string(e->g, text, len);
		e->error_value = receiver_of(e, item, false);
		return stop(e, ENCODE_UNSUPPORTED_VALUE, item->type);
	}
	if (item->quoted)
		out_putc(&e->out, '"');
	out_float(&e->out, value, bits);
	if (item->quoted)
		out_putc(&e->out, '"');
	return NATIVE_DONE;
}

static NativeStatus write_string(Encoder *e, const Item *item) {
	GoString s = load_string(item->at);
	if (item->type == hook_type(e->hooks, HOOK_NUMBER)) {
		if (s.len == 0)
			s = (GoString){"0", 1};
		if (!is_json_number(s.ptr, (size_t)s.len)) {
			e->error_text = s;
			return stop(e, ENCODE_TEXT, item->type);
		}
		write_quoted(e, item->quoted, s.ptr, (size_t)s.len);
	} else if (item->quoted) {
		Out inner = {.g = e->g};
		out_string(&inner, s.ptr, (size_t)s.len, e->escape_html);
		e->out.failed = e->out.failed || inner.failed;
		out_string(&e->out, inner.ptr, inner.len, false);
	} else {
		out_string(&e->out, s.ptr, (size_t)s.len, e->escape_html);
	}
	native_charge(e->g, s.len / 16);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- composites */

static bool is_byte_text(Encoder *e, const TypeDesc *elem) {
	if (elem->kind != KIND_UINT8)
		return false;
	const TypeDesc *pointer = elem->pointer_to;
	return !pointer || (!implements(e, pointer, HOOK_MARSHALER) && !implements(e, pointer, HOOK_TEXT_MARSHALER));
}

static NativeStatus write_slice(Encoder *e, const Item *item) {
	GoSlice s = load_slice(item->at);
	const TypeDesc *elem = item->type->elem;
	if (!s.ptr) {
		out_puts(&e->out, "null");
	} else if (is_byte_text(e, elem)) {
		out_putc(&e->out, '"');
		out_base64(&e->out, s.ptr, s.len);
		out_putc(&e->out, '"');
		native_charge(e->g, s.len / 8);
	} else if (is_cycle(e, s.len ? s.ptr : NULL, item->type)) {
		e->error_value = receiver_of(e, item, false);
		return cycle(e, item->type, s.ptr);
	} else if (push_frame(e, (Frame){.kind = FRAME_LIST, .type = elem, .at = s.ptr, .n = s.len, .addressable = true,
					 .identity = s.ptr, .identity_type = item->type})) {
		out_putc(&e->out, '[');
	}
	return NATIVE_DONE;
}

static int entry_order(const void *a, const void *b) {
	const MapEntry *x = a, *y = b;
	return string_compare(x->key, y->key);
}

static bool is_integer(Kind kind) { return kind >= KIND_INT && kind <= KIND_UINTPTR; }

/* The key's text when no method is needed. */
static GoString plain_key(Encoder *e, const TypeDesc *type, const Slot *key) {
	char text[72];
	if (type->kind == KIND_STRING)
		return load_string(key);
	bool is_signed = type->kind >= KIND_INT && type->kind <= KIND_INT64;
	size_t len = is_signed ? number_format_int(text, key->i, 10) : number_format_uint(text, key->u, 10, false);
	return native_string(e->g, text, len);
}

static NativeStatus take_entries(Encoder *e, Map *m, const TypeDesc *type, Frame *f, bool by_text) {
	Goroutine *g = e->g;
	size_t room = (size_t)map_len(m);
	Slot *iter = heap_new_words(g, MAP_ITER_SLOTS), *key = heap_new_words(g, slot_words(type->key));
	Slot *elem = heap_new_words(g, slot_words(type->elem));
	f->entries = heap_new_words(g, (room + 1) * sizeof(MapEntry) / sizeof(Slot));
	char *values = heap_new_array(g, type->elem, room + 1);
	if (!iter || !key || !elem || !f->entries || !values)
		return out_of_memory(g);
	map_iter_init(g, type, m, iter);
	for (bool more = true; f->n < room; f->n++, values += type->elem->size) {
		CHECK_CODE(map_iter_next(g, type, iter, key, elem, &more));
		if (!more)
			break;
		value_store(type->elem, values, elem);
		f->entries[f->n].value = values;
		if (by_text) {
			Value v;
			value_of_slots(g, type->key, key, 0, &v);
			f->entries[f->n].key_value = value_pack(g, &v);
		} else {
			f->entries[f->n].key = plain_key(e, type->key, key);
		}
	}
	native_charge(g, (int64_t)f->n * 4);
	return NATIVE_DONE;
}

static NativeStatus write_map(Encoder *e, const Item *item) {
	const TypeDesc *key = item->type->key;
	Map *m = (Map *)load_word(item->at);
	bool by_text = key->kind != KIND_STRING && (implements(e, key, HOOK_TEXT_MARSHALER) ||
						     (key->kind == KIND_INTERFACE &&
						      !iface_missing_method(e->g->vm, key, hook_type(e->hooks, HOOK_TEXT_MARSHALER))));
	if (!by_text && key->kind != KIND_STRING && !is_integer(key->kind))
		return stop(e, ENCODE_UNSUPPORTED_TYPE, item->type);
	if (!m) {
		out_puts(&e->out, "null");
		return NATIVE_DONE;
	}
	if (is_cycle(e, m, item->type))
		return cycle(e, item->type, m);
	Frame f = {.kind = by_text ? FRAME_KEYS : FRAME_MAP, .type = item->type->elem, .identity = m, .identity_type = item->type};
	CHECK(take_entries(e, m, item->type, &f, by_text));
	if (!by_text)
		qsort(f.entries, f.n, sizeof(MapEntry), entry_order);
	if (push_frame(e, f))
		out_putc(&e->out, '{');
	return NATIVE_DONE;
}

static NativeStatus write_struct(Encoder *e, Item item, const void *identity, const TypeDesc *identity_type) {
	const Plan *plan = plan_find(e->hooks, item.type);
	if (!plan)
		return ask_for_plan(e, item);
	if (is_cycle(e, identity, identity_type))
		return cycle(e, identity_type, identity);
	Frame f = {.kind = FRAME_STRUCT, .type = item.type, .at = item.at, .n = plan->count, .plan = plan,
		   .addressable = item.addressable, .identity = identity, .identity_type = identity_type};
	if (push_frame(e, f))
		out_putc(&e->out, '{');
	return NATIVE_DONE;
}

/* A value that lies in an interface: a word held directly is copied to where it stays. */
static bool open_interface(Encoder *e, GoIface inner, Item *item) {
	item->type = inner.type;
	item->addressable = item->quoted = false;
	item->at = inner.data.p;
	if (inner.type->flags & DESC_DIRECT) {
		Slot *word = heap_new_words(e->g, 1);
		if (!word)
			return !(e->out.failed = true);
		value_store(inner.type, word, &inner.data);
		item->at = (const char *)word;
	}
	return true;
}

static NativeStatus write_by_kind(Encoder *e, Item item, const void *identity, const TypeDesc *identity_type) {
	switch ((Kind)item.type->kind) {
	case KIND_BOOL:
		write_quoted(e, item.quoted, *item.at ? "true" : "false", *item.at ? 4 : 5);
		return NATIVE_DONE;
	case KIND_FLOAT32: case KIND_FLOAT64:
		return write_float(e, &item);
	case KIND_STRING:
		return write_string(e, &item);
	case KIND_STRUCT:
		return write_struct(e, item, identity, identity_type);
	case KIND_MAP:
		return write_map(e, &item);
	case KIND_SLICE:
		return write_slice(e, &item);
	case KIND_ARRAY:
		if (push_frame(e, (Frame){.kind = FRAME_LIST, .type = item.type->elem, .at = item.at, .n = (uint64_t)item.type->length,
					  .addressable = item.addressable, .identity = identity, .identity_type = identity_type}))
			out_putc(&e->out, '[');
		return NATIVE_DONE;
	default:
		if (!is_integer(item.type->kind))
			return stop(e, ENCODE_UNSUPPORTED_TYPE, item.type);
		write_integer(e, &item);
		return NATIVE_DONE;
	}
}

/* Writes a value, or what comes before its parts and pushes a frame for them. */
static NativeStatus write_value(Encoder *e, Item item) {
	const void *identity = NULL;
	const TypeDesc *identity_type = NULL;
	NativeStatus status;
	native_charge(e->g, 1);
	for (int hops = 0;; hops++) {
		if (by_method(e, &item, &status))
			return status;
		if (item.type->kind == KIND_POINTER) {
			identity = (const void *)load_word(item.at);
			identity_type = item.type;
			item = (Item){item.type->elem, identity, true, item.quoted};
			if (hops > LOOK_FOR_CYCLES)
				return cycle(e, identity_type, identity);
		} else if (item.type->kind == KIND_INTERFACE) {
			GoIface inner = load_iface(item.at);
			if (inner.type && !open_interface(e, inner, &item))
				return NATIVE_DONE;
			identity = inner.type ? identity : NULL;
			item.at = inner.type ? item.at : NULL;
		} else {
			return write_by_kind(e, item, identity, identity_type);
		}
		if (!item.at) {
			out_puts(&e->out, "null");
			return NATIVE_DONE;
		}
	}
}

/* ---------------------------------------------------------------- members */

static bool is_empty(const TypeDesc *type, const char *at) {
	switch ((Kind)type->kind) {
	case KIND_STRING:
		return load_string(at).len == 0;
	case KIND_SLICE:
		return load_slice(at).len == 0;
	case KIND_ARRAY:
		return type->length == 0;
	case KIND_MAP:
		return map_len((const Map *)load_word(at)) == 0;
	case KIND_INTERFACE: case KIND_POINTER:
		return load_word(at) == 0;
	case KIND_FLOAT32: case KIND_FLOAT64: {
		double wide = 0;
		float narrow = 0;
		memcpy(type->size == 4 ? (void *)&narrow : (void *)&wide, at, type->size);
		return wide == 0 && narrow == 0;
	}
	default:
		return (type->kind == KIND_BOOL || is_integer(type->kind)) && value_is_zero_memory(type, at);
	}
}

/* The place of a field; NULL: behind a nil pointer. */
static const char *field_place(const Frame *f, const Field *field, bool *addressable) {
	const TypeDesc *type = f->type;
	const char *at = f->at;
	*addressable = f->addressable;
	for (uint32_t i = 0; i < field->depth; i++) {
		if (i > 0 && type->kind == KIND_POINTER) {
			at = (const char *)load_word(at);
			type = type->elem;
			*addressable = true;
			if (!at)
				return NULL;
		}
		const FieldDesc *d = &type->fields[field->index[i]];
		at += d->offset;
		type = d->type;
	}
	return at;
}

static NativeStatus write_field(Encoder *e, Frame *f, const Field *field, Item item) {
	GoString key = e->escape_html ? field->key_html : field->key;
	if (f->any)
		out_putc(&e->out, ',');
	f->any = true;
	out_put(&e->out, key.ptr, (size_t)key.len);
	return write_value(e, item);
}

/* Whether omitzero leaves the field out; its IsZero method decides when there is one. */
static bool asks_is_zero(Encoder *e, const Item *item, NativeStatus *status) {
	const TypeDesc *type = item->type;
	const TypeDesc *pointer = type->kind != KIND_POINTER ? type->pointer_to : NULL;
	bool by_address = pointer && implements(e, pointer, HOOK_ZEROER);
	if (!by_address && (type->kind == KIND_INTERFACE || !implements(e, type, HOOK_ZEROER)))
		return false;
	if (type->kind == KIND_POINTER && load_word(item->at) == 0)
		return false;
	Item asked = *item;
	if (by_address && !item->addressable) {
		char *copy = heap_new(e->g, type);
		if (!copy)
			return !(e->out.failed = true);
		value_copy(type, copy, item->at);
		asked.at = copy;
	}
	*status = begin_call(e, receiver_of(e, &asked, by_address), HOOK_ZEROER, PENDING_ZERO, *item);
	return true;
}

static NativeStatus step_struct(Encoder *e, Frame *f) {
	NativeStatus status;
	while (f->i < f->n) {
		const Field *field = &f->plan->fields[f->i++];
		bool addressable;
		const char *at = field_place(f, field, &addressable);
		if (!at)
			continue;
		Item item = {field->type, at, addressable, field->quoted};
		if (field->omit_empty && is_empty(item.type, at))
			continue;
		if (field->omit_zero && asks_is_zero(e, &item, &status))
			return status;
		if (field->omit_zero && value_is_zero_memory(item.type, at))
			continue;
		return write_field(e, f, field, item);
	}
	out_putc(&e->out, '}');
	e->depth--;
	return NATIVE_DONE;
}

static NativeStatus step_list(Encoder *e, Frame *f) {
	if (f->i == f->n) {
		out_putc(&e->out, ']');
		e->depth--;
		return NATIVE_DONE;
	}
	if (f->i > 0)
		out_putc(&e->out, ',');
	const char *at = f->at + f->i++ * f->type->size;
	return write_value(e, (Item){f->type, at, f->addressable, false});
}

static NativeStatus step_map(Encoder *e, Frame *f) {
	if (f->i == f->n) {
		out_putc(&e->out, '}');
		e->depth--;
		return NATIVE_DONE;
	}
	const MapEntry *entry = &f->entries[f->i++];
	if (f->i > 1)
		out_putc(&e->out, ',');
	out_string(&e->out, entry->key.ptr, (size_t)entry->key.len, e->escape_html);
	out_putc(&e->out, ':');
	return write_value(e, (Item){f->type, entry->value, false, false});
}

/* Asks for the text of one key. */
static NativeStatus step_keys(Encoder *e, Frame *f) {
	if (f->i == f->n) {
		qsort(f->entries, f->n, sizeof(MapEntry), entry_order);
		f->kind = FRAME_MAP;
		f->i = 0;
		return NATIVE_DONE;
	}
	GoIface key = f->entries[f->i].key_value;
	if (!key.type || (key.type->kind == KIND_POINTER && !key.data.p)) {
		f->i++; /* "" */
		return NATIVE_DONE;
	}
	if (key.type->kind == KIND_STRING) {
		f->entries[f->i++].key = load_string(key.data.p);
		return NATIVE_DONE;
	}
	return begin_call(e, key, HOOK_TEXT_MARSHALER, PENDING_KEY, (Item){.type = f->identity_type});
}

static NativeStatus step(Encoder *e) {
	Frame *f = &e->frames[e->depth - 1];
	switch ((FrameKind)f->kind) {
	case FRAME_STRUCT:
		return step_struct(e, f);
	case FRAME_LIST:
		return step_list(e, f);
	case FRAME_KEYS:
		return step_keys(e, f);
	case FRAME_MAP:
		break;
	}
	return step_map(e, f);
}

/* ---------------------------------------------------------------- behind a call */

static NativeStatus take_json(Encoder *e, GoSlice text) {
	Scanner s = {0};
	bool no_memory;
	size_t taken = scan_text(e->g, &s, text.ptr, text.len, &no_memory);
	if (no_memory)
		return out_of_memory(e->g);
	if (s.error == SCAN_OK && scan_at_end(&s)) {
		scan_rest(&s, (const char *)text.ptr + taken, text.len - taken);
		if (s.error == SCAN_OK) {
			out_compact(&e->out, text.ptr, text.len, e->escape_html);
			native_charge(e->g, text.len / 4);
			return NATIVE_DONE;
		}
	}
	e->error_text = native_string(e->g, text.ptr, text.len);
	return stop(e, ENCODE_INVALID_JSON, e->item.type);
}

static NativeStatus call_returned(Encoder *e) {
	const Slot *results = e->g->native_call->args;
	Pending pending = e->pending;
	Frame *f = e->depth ? &e->frames[e->depth - 1] : NULL;
	e->pending = PENDING_NONE;
	if (pending == PENDING_PLAN) {
		CHECK(plan_add(e->g, e->hooks, e->item.type, results[0].p));
		return write_value(e, e->item);
	}
	if (pending == PENDING_ZERO) {
		if (results[0].u & 1)
			return NATIVE_DONE;
		return write_field(e, f, &f->plan->fields[f->i - 1], e->item);
	}
	GoSlice text = load_slice(&results[0]);
	e->error_value = load_iface(&results[2]);
	if (e->error_value.type) {
		e->error_text = c_string(pending == PENDING_JSON ? "MarshalJSON" : "MarshalText");
		return stop(e, pending == PENDING_KEY ? ENCODE_TEXT : ENCODE_MARSHALER, e->item.type);
	}
	if (pending == PENDING_JSON)
		return take_json(e, text);
	if (pending == PENDING_KEY)
		f->entries[f->i++].key = native_string(e->g, text.ptr, text.len);
	else
		out_string(&e->out, text.ptr, text.len, e->escape_html);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- the native */

static NativeStatus encode_begin(Goroutine *g, GoIface v, Hooks *hooks, bool escape_html, Encoder **out) {
	Encoder *e = heap_new_words(g, ALIGN_UP(sizeof(Encoder), 16u) / sizeof(Slot));
	Item item = {0};
	if (!hooks)
		return native_misused(g, "encoding/json.encode");
	if (!e)
		return out_of_memory(g);
	*out = e;
	*e = (Encoder){.g = g, .hooks = hooks, .escape_html = escape_html, .out = {.g = g}};
	if (!v.type) {
		out_puts(&e->out, "null");
		return NATIVE_DONE;
	}
	return open_interface(e, v, &item) ? write_value(e, item) : NATIVE_DONE;
}

/* func encode(v any, escapeHTML bool, h *hooks) (out []byte, code int, t reflect.Type, bad any, text string) */
NativeStatus json_encode(Goroutine *g, Slot *args) {
	struct {
		GoSlice out;
		int64_t code, unused;
		GoIface type, bad;
		GoString text;
		GoIface v;
		int64_t escape_html;
		Hooks *hooks;
	} *a = NATIVE_ARGS(args);
	Encoder *e = g->native_state;
	NativeStatus status;
	if (e) {
		e->g = e->out.g = g;
		status = call_returned(e);
	} else {
		status = encode_begin(g, a->v, a->hooks, a->escape_html != 0, &e);
	}
	while (status == NATIVE_DONE && e->depth > 0 && e->error == ENCODE_OK && !e->out.failed && !native_must_stop(g))
		status = step(e);
	g->native_state = status == NATIVE_CALL ? e : NULL;
	if (status != NATIVE_DONE)
		return status;
	if (e->out.failed)
		return out_of_memory(g);
	a->out = (GoSlice){e->out.ptr, (uint32_t)e->out.len, (uint32_t)e->out.cap};
	a->code = e->error;
	a->type = type_iface(g, e->error_type);
	a->bad = e->error_value;
	a->text = e->error_text;
	return NATIVE_DONE;
}
