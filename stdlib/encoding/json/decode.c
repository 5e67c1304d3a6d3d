/* SPDX-License-Identifier: MIT */
/* decode.c: JSON text into variables.
 *
 * Owns: Decoder and its frames, objects of the Go heap held by native_state while a method runs.
 * Rules: the text is a private copy, found valid beforehand, so nothing here reports syntax. Frames instead of C recursion;
 *   a place where a value goes is an address in memory layout that its owner keeps alive. The first error that lets the rest
 *   be decoded is remembered, as in Go's package; an error of a method ends it.
 * See: encode.c for the calls of methods. */
#include "base/buf.h"
#include "base/number.h"
#include "stdlib/encoding/json/json.h"
#include "stdlib/strconv/parse.h"
#include "stdlib/strconv/quote.h"

enum { MAX_HOPS = 1000 };
enum { FLAG_USE_NUMBER = 1, FLAG_KNOWN_FIELDS = 2 };

typedef enum FrameKind { FRAME_STRUCT, FRAME_MAP, FRAME_SLICE, FRAME_ARRAY } FrameKind;
typedef enum Pending { PENDING_NONE, PENDING_PLAN, PENDING_VALUE, PENDING_KEY } Pending;
typedef enum DecodeError { DECODE_OK, DECODE_TYPE, DECODE_TEXT, DECODE_METHOD, DECODE_BASE64 } DecodeError; /* known to decode.gol */

typedef struct Frame {
	const TypeDesc *type;
	char *at;            /* the struct, the array, where the slice or map is */
	const Plan *plan;
	const Field *field;  /* FRAME_STRUCT: being decoded */
	GoSlice slice;       /* FRAME_SLICE: len elements decoded */
	int64_t i;           /* FRAME_ARRAY: elements so far */
	Map *map;
	char *elem;          /* FRAME_MAP: where the element goes first */
	Slot *key, *slots;   /* FRAME_MAP: key and element in slot layout */
	GoIface *box;        /* FRAME_SLICE for an interface: where the slice goes in the end */
	uint8_t kind;
	bool in_elem;        /* FRAME_MAP: an element was read and is to be stored */
	GoString raw_key;    /* FRAME_MAP: between its quotes, and where it began */
	size_t key_start;
} Frame;

/* Where a value goes. */
typedef struct Place {
	const TypeDesc *type;
	char *at;
	bool quoted;
	bool fixed; /* the pointer given to Unmarshal: it is never set to nil */
} Place;

typedef struct Decoder {
	Goroutine *g;
	Hooks *hooks;
	const char *text; /* 0-terminated */
	size_t len, off;
	Frame *frames;
	uint32_t depth, cap;
	int64_t flags;
	uint8_t pending;
	bool no_memory, ended;
	Place place; /* what the pending call is about */
	const TypeDesc *plan_of; /* PENDING_PLAN */
	/* the first error */
	DecodeError error;
	GoString value, path;
	const TypeDesc *type, *struct_type;
	int64_t offset;
	GoIface err;
} Decoder;

static NativeStatus read_value(Decoder *d, Place place);

/* ---------------------------------------------------------------- errors */

static void field_path(Decoder *d, const TypeDesc **struct_type, GoString *path) {
	Buf text;
	buf_init(&text, &d->g->vm->mem);
	for (uint32_t i = 0; i < d->depth; i++) {
		const Frame *f = &d->frames[i];
		if (f->kind != FRAME_STRUCT || !f->field)
			continue;
		*struct_type = f->type;
		if (text.len)
			buf_putc(&text, '.');
		buf_put(&text, f->field->name.ptr, (size_t)f->field->name.len);
	}
	*path = native_string(d->g, buf_cstr(&text), text.len);
	buf_deinit(&text);
}

static void save_type_error(Decoder *d, const char *what, GoString more, const TypeDesc *type, size_t offset) {
	Buf text;
	if (d->error != DECODE_OK)
		return;
	buf_init(&text, &d->g->vm->mem);
	buf_puts(&text, what);
	buf_put(&text, more.ptr, (size_t)more.len);
	d->error = DECODE_TYPE;
	d->value = native_string(d->g, buf_cstr(&text), text.len);
	d->type = type;
	d->offset = (int64_t)offset;
	buf_deinit(&text);
	field_path(d, &d->struct_type, &d->path);
}

/* The text of the error: before, `quoted` in quotes if it has a pointer, after, name. */
static void save_text_error(Decoder *d, const char *before, GoString quoted, const char *after, const char *name) {
	Buf text;
	if (d->error != DECODE_OK)
		return;
	buf_init(&text, &d->g->vm->mem);
	buf_puts(&text, before);
	if (quoted.ptr)
		quote_string(d->g, &text, quoted.ptr, (size_t)quoted.len, QUOTE_PRINT);
	buf_puts(&text, after);
	buf_puts(&text, name);
	d->error = DECODE_TEXT;
	d->value = native_string(d->g, buf_cstr(&text), text.len);
	buf_deinit(&text);
}

#define NO_TEXT ((GoString){0})
static const char bad_quoted[] = "json: invalid use of ,string struct tag, trying to unmarshal ";

/* The error to come ends decoding, and counts even after others. */
static void end_with(Decoder *d) {
	d->error = DECODE_OK;
	d->ended = true;
}

static void quoted_error(Decoder *d, GoString item, const TypeDesc *type) {
	save_text_error(d, bad_quoted, item.ptr ? item : (GoString){"", 0}, " into ", type->name);
}

/* ---------------------------------------------------------------- text */

static char peek(Decoder *d) {
	while (is_json_space(d->text[d->off]))
		d->off++;
	return d->text[d->off];
}

static size_t value_end(Decoder *d) { return skip_value(d->text, d->len, d->off); }

/* ---------------------------------------------------------------- frames, calls */

static Frame *push_frame(Decoder *d, Frame f) {
	if (d->depth == d->cap) {
		uint32_t cap = d->cap ? d->cap * 2 : 16;
		Frame *frames = heap_new_words(d->g, cap * sizeof(Frame) / sizeof(Slot));
		if (!frames) {
			d->no_memory = true;
			return NULL;
		}
		if (d->depth)
			memcpy(frames, d->frames, d->depth * sizeof(Frame));
		d->frames = frames;
		d->cap = cap;
	}
	d->frames[d->depth] = f;
	return &d->frames[d->depth++];
}

static bool implements(Decoder *d, const TypeDesc *type, int hook) {
	return type && type->method_count && !iface_missing_method(d->g->vm, type, hook_type(d->hooks, hook));
}

/* Calls UnmarshalJSON or UnmarshalText of the pointer with the text. */
static NativeStatus begin_call(Decoder *d, const TypeDesc *pointer, void *p, int hook, GoSlice text, Pending pending) {
	const MethodDesc *m = type_find_method(pointer, hook_type(d->hooks, hook)->methods[0].key);
	Slot params[4] RECEIVER = {{0}};
	if (!m)
		return native_panic_code(d->g, PANIC_NIL_POINTER);
	store_slice(params, text); /* results: an error in two slots; parameters follow */
	NativeStatus status = call_method(d->g, m, (GoIface){pointer, {.p = p}}, params);
	d->pending = (uint8_t)pending;
	return status;
}

static NativeStatus ask_for_plan(Decoder *d, const TypeDesc *plan_of, Place place) {
	NativeCall *call = native_call_prepare(d->g, d->hooks->plan);
	if (!call)
		return NATIVE_FATAL;
	GoIface type = type_iface(d->g, plan_of);
	store_iface(&call->args[2], type);
	d->pending = PENDING_PLAN;
	d->plan_of = plan_of;
	d->place = place;
	return NATIVE_CALL;
}

/* ---------------------------------------------------------------- pointers and methods on the way */

/* How the value at hand is to be taken. */
typedef struct Target {
	Place place;
	const TypeDesc *pointer; /* hook >= 0: of the receiver */
	void *receiver;
	int hook;                /* HOOK_UNMARSHALER, HOOK_TEXT_UNMARSHALER or -1 */
} Target;

static bool find_method(Decoder *d, const TypeDesc *pointer, void *p, bool null, Target *t) {
	if (!pointer || !pointer->method_count)
		return false;
	if (implements(d, pointer, HOOK_UNMARSHALER))
		t->hook = HOOK_UNMARSHALER;
	else if (!null && implements(d, pointer, HOOK_TEXT_UNMARSHALER))
		t->hook = HOOK_TEXT_UNMARSHALER;
	else
		return false;
	t->pointer = pointer;
	t->receiver = p;
	return true;
}

/* Steps to what p, a pointer of this type, points to. True: it has a method for the text. */
static bool follow(Decoder *d, const TypeDesc *type, void *p, bool null, Target *t) {
	t->place.type = type->elem;
	t->place.at = p;
	return find_method(d, type, p, null, t);
}

static void *fill_pointer(Decoder *d, const TypeDesc *type, char *at) {
	void *p = (void *)load_word(at);
	if (!p && !desc_is_opaque(type->elem)) {
		p = heap_new(d->g, type->elem);
		d->no_memory = d->no_memory || !p;
		store_pointer(at, p);
	}
	return p;
}

/* Follows and fills pointers, until the value itself or a type that unmarshals itself. */
static void find_target(Decoder *d, Place place, bool null, Target *t) {
	*t = (Target){.place = place, .hook = -1};
	for (int hops = 0; hops < MAX_HOPS && !d->no_memory; hops++) {
		const TypeDesc *type = t->place.type;
		if (type->kind == KIND_INTERFACE) {
			GoIface inner = load_iface(t->place.at);
			bool through = inner.type && inner.type->kind == KIND_POINTER && inner.data.p &&
				       (!null || inner.type->elem->kind == KIND_POINTER) &&
				       inner.data.p != (void *)t->place.at;
			if (!through || follow(d, inner.type, inner.data.p, null, t))
				return;
		} else if (type->kind == KIND_POINTER) {
			if (null && !(place.fixed && hops == 0))
				return;
			void *p = fill_pointer(d, type, t->place.at);
			if (!p || follow(d, type, p, null, t))
				return;
		} else {
			if (hops == 0 && type->flags & DESC_NAMED)
				find_method(d, type->pointer_to, t->place.at, null, t);
			return;
		}
	}
}

/* ---------------------------------------------------------------- any */

static bool is_any(const TypeDesc *type) { return type->kind == KIND_INTERFACE && type->method_count == 0; }

static void store_boxed(Decoder *d, char *at, const TypeDesc *type, const Slot *value) {
	GoIface box;
	if (iface_make(d->g, type, value, &box) != PANIC_NONE)
		d->no_memory = true;
	else
		store_iface(at, box);
}

static void store_any_string(Decoder *d, char *at, const TypeDesc *type, GoString s) {
	store_boxed(d, at, type, (const Slot *)(const void *)&s);
}

/* ---------------------------------------------------------------- literals */

static bool is_signed(const TypeDesc *t) { return t->kind >= KIND_INT && t->kind <= KIND_INT64; }
static bool is_unsigned(const TypeDesc *t) { return t->kind >= KIND_UINT && t->kind <= KIND_UINTPTR; }
static bool is_float(const TypeDesc *t) { return t->kind == KIND_FLOAT32 || t->kind == KIND_FLOAT64; }

static bool store_integer(const TypeDesc *type, char *at, GoString item) {
	Slot v = {0};
	if (is_signed(type)) {
		if (parse_int(item.ptr, (size_t)item.len, 10, type->size * 8, &v.i) != PARSE_OK)
			return false;
	} else if (parse_uint(item.ptr, (size_t)item.len, 10, type->size * 8, &v.u) != PARSE_OK) {
		return false;
	}
	value_store(type, at, &v);
	return true;
}

static void store_number(Decoder *d, Place place, GoString item, bool quoted) {
	const TypeDesc *type = place.type, *number = hook_type(d->hooks, HOOK_NUMBER);
	Slot v = {0};
	double f = 0;
	if (type->kind == KIND_STRING && type == number) {
		GoString s = native_string(d->g, item.ptr, (size_t)item.len);
		store_string(place.at, s);
	} else if (is_any(type) && !quoted) {
		if (d->flags & FLAG_USE_NUMBER) {
			store_any_string(d, place.at, number, native_string(d->g, item.ptr, (size_t)item.len));
		} else if (number_parse(item.ptr, (size_t)item.len, 64, false, &f) != 0) {
			save_type_error(d, "number ", item, d->g->vm->types->core[CORE_FLOAT64], d->off + 1); /* as Go counts here */
		} else {
			v.f = f;
			store_boxed(d, place.at, d->g->vm->types->core[CORE_FLOAT64], &v);
		}
	} else if (is_signed(type) || is_unsigned(type)) {
		if (!store_integer(type, place.at, item))
			save_type_error(d, "number ", item, type, d->off);
	} else if (is_float(type)) {
		if (number_parse(item.ptr, (size_t)item.len, (int)type->size * 8, false, &f) != 0) {
			save_type_error(d, "number ", item, type, d->off);
		} else {
			v = (Slot){.f32 = (float)f};
			if (type->kind == KIND_FLOAT64)
				v.f = f;
			value_store(type, place.at, &v);
		}
	} else if (quoted) {
		end_with(d);
		quoted_error(d, item, type);
	} else {
		save_type_error(d, "number", NO_TEXT, type, d->off);
	}
}

static int base64_digit(char c) {
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Standard base64 with padding, as a []byte; line breaks are skipped. */
static void store_base64(Decoder *d, char *at, GoString s) {
	unsigned char *out = heap_new_bytes_raw(d->g, (size_t)s.len / 4 * 3 + 4);
	uint32_t bits = 0;
	size_t digits = 0, n = 0, pad = 0, i = 0;
	if (!out) {
		d->no_memory = true;
		return;
	}
	for (; i < (size_t)s.len; i++) {
		int digit = base64_digit(s.ptr[i]);
		if (s.ptr[i] == '\n' || s.ptr[i] == '\r')
			continue;
		if (s.ptr[i] == '=' && digits % 4 >= 2 && digits % 4 + pad < 4) {
			pad++;
			continue;
		}
		if (digit < 0 || pad)
			break;
		bits = bits << 6 | (uint32_t)digit;
		if (++digits % 4 == 0) {
			out[n++] = (unsigned char)(bits >> 16);
			out[n++] = (unsigned char)(bits >> 8);
			out[n++] = (unsigned char)bits;
		}
	}
	if (i < (size_t)s.len || (digits + pad) % 4 != 0) {
		if (d->error == DECODE_OK) {
			d->error = DECODE_BASE64;
			d->offset = i < (size_t)s.len ? (int64_t)i : s.len - (int64_t)(digits % 4);
		}
		return;
	}
	if (digits % 4 >= 2)
		out[n++] = (unsigned char)(bits >> (digits % 4 == 2 ? 4 : 10));
	if (digits % 4 == 3)
		out[n++] = (unsigned char)(bits >> 2);
	store_slice(at, (GoSlice){out, (uint32_t)n, (uint32_t)n});
}

static void store_text(Decoder *d, Place place, GoString s, GoString item) {
	const TypeDesc *type = place.type;
	if (type->kind == KIND_STRING) {
		if (type == hook_type(d->hooks, HOOK_NUMBER) && !is_json_number(s.ptr, (size_t)s.len)) {
			end_with(d);
			save_text_error(d, "json: invalid number literal, trying to unmarshal ", item, " into Number", "");
		} else {
			store_string(place.at, s);
		}
	} else if (type->kind == KIND_SLICE && type->elem->kind == KIND_UINT8) {
		store_base64(d, place.at, s);
	} else if (is_any(type)) {
		store_any_string(d, place.at, d->g->vm->types->core[CORE_STRING], s);
	} else {
		save_type_error(d, "string", NO_TEXT, type, d->off);
	}
}

static void store_null(const Place *place) {
	Kind kind = place->type->kind;
	if (kind == KIND_INTERFACE || kind == KIND_POINTER || kind == KIND_MAP || kind == KIND_SLICE)
		value_zero(place->type, place->at);
}

static void store_bool(Decoder *d, const Place *place, bool value, GoString item, bool quoted) {
	Slot v = {.u = value};
	if (place->type->kind == KIND_BOOL)
		value_store(place->type, place->at, &v);
	else if (is_any(place->type))
		store_boxed(d, place->at, d->g->vm->types->core[CORE_BOOL], &v);
	else if (quoted)
		quoted_error(d, item, place->type);
	else
		save_type_error(d, "bool", NO_TEXT, place->type, d->off);
}

static bool is_word(GoString item, const char *word) { return string_equal(item, c_string(word)); }

/* A number that comes out of a string has the grammar of text, not of JSON. */
static bool is_number_like(GoString item) {
	return item.len > 0 && (item.ptr[0] == '-' || (item.ptr[0] >= '0' && item.ptr[0] <= '9'));
}

/* item: a literal; quoted: it was the contents of a string (struct tag ",string") and may be anything. d->off: behind it. */
static void store_literal(Decoder *d, Place place, GoString item, bool quoted) {
	char first = item.len ? item.ptr[0] : 0;
	if (is_word(item, "null")) {
		store_null(&place);
	} else if (is_word(item, "true") || is_word(item, "false")) {
		store_bool(d, &place, first == 't', item, quoted);
	} else if (first == '"' && item.len >= 2 && item.ptr[item.len - 1] == '"') {
		GoString s = unquote_string(d->g, item.ptr + 1, (size_t)item.len - 2, &d->no_memory);
		store_text(d, place, s, item);
	} else if (is_number_like(item)) {
		store_number(d, place, item, quoted);
	} else {
		if (first != 'n' && first != 't' && first != 'f' && first)
			end_with(d);
		quoted_error(d, item, place.type);
	}
}

static const char *literal_name(char first) {
	return first == 't' || first == 'f' ? "bool" : first == 'n' ? "null" : first == '"' ? "string" : "number";
}

static NativeStatus read_literal(Decoder *d, Place place) {
	size_t from = d->off, end = value_end(d);
	GoString item = {d->text + from, (int64_t)(end - from)};
	bool null = item.ptr[0] == 'n';
	Target t;
	d->off = end;
	if (place.quoted && !null) {
		if (item.ptr[0] != '"') {
			save_text_error(d,
					"json: invalid use of ,string struct tag, trying to unmarshal unquoted value into ",
					NO_TEXT, "", place.type->name);
			return NATIVE_DONE;
		}
		item = unquote_string(d->g, item.ptr + 1, (size_t)item.len - 2, &d->no_memory);
		null = is_word(item, "null");
	}
	find_target(d, place, null, &t);
	if (t.hook == HOOK_UNMARSHALER)
		return begin_call(d, t.pointer, t.receiver, HOOK_UNMARSHALER,
				  (GoSlice){(void *)(uintptr_t)item.ptr, (uint32_t)item.len, (uint32_t)item.len}, PENDING_VALUE);
	if (t.hook == HOOK_TEXT_UNMARSHALER) {
		if (item.len == 0 || item.ptr[0] != '"') {
			if (place.quoted)
				quoted_error(d, item, place.type);
			else
				save_type_error(d, literal_name(item.ptr[0]), NO_TEXT, t.pointer->elem, d->off);
			return NATIVE_DONE;
		}
		GoString s = unquote_string(d->g, item.ptr + 1, (size_t)item.len - 2, &d->no_memory);
		GoSlice text = native_byte_slice(d->g, s.ptr, (size_t)s.len);
		return begin_call(d, t.pointer, t.receiver, HOOK_TEXT_UNMARSHALER, text, PENDING_VALUE);
	}
	if (!d->no_memory)
		store_literal(d, t.place, item, place.quoted);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- objects */

static bool is_map_key(Decoder *d, const TypeDesc *key) {
	return key->kind == KIND_STRING || is_signed(key) || is_unsigned(key) ||
	       implements(d, key->pointer_to, HOOK_TEXT_UNMARSHALER);
}

static void *new_words_for(Decoder *d, const TypeDesc *type) {
	void *p = heap_new_words(d->g, slot_words(type) + 1);
	d->no_memory = d->no_memory || !p;
	return p;
}

static void push_map(Decoder *d, const TypeDesc *type, Map *m) {
	Frame f = {.kind = FRAME_MAP, .type = type, .map = m, .key = new_words_for(d, type->key), .slots = new_words_for(d, type->elem),
		   .elem = heap_new(d->g, type->elem)};
	d->no_memory = d->no_memory || !f.elem;
	if (!d->no_memory)
		push_frame(d, f);
}

static void open_map(Decoder *d, const TypeDesc *type, char *at) {
	Map *m = (Map *)load_word(at);
	if (!m) {
		d->no_memory = d->no_memory || map_new(d->g, type, 0, &m) != PANIC_NONE;
		store_pointer(at, m);
	}
	if (!d->no_memory)
		push_map(d, type, m);
}

/* A map[string]any, stored in the interface at once. */
static void open_any_map(Decoder *d, char *at) {
	const TypeDesc *type = hook_type(d->hooks, HOOK_MAP);
	Map *m;
	if (map_new(d->g, type, 0, &m) != PANIC_NONE) {
		d->no_memory = true;
		return;
	}
	store_iface(at, (GoIface){type, {.p = m}});
	push_map(d, type, m);
}

static NativeStatus read_object(Decoder *d, Place place, Place original) {
	const TypeDesc *type = place.type;
	if (is_any(type)) {
		d->off++;
		open_any_map(d, place.at);
	} else if (type->kind == KIND_MAP && is_map_key(d, type->key)) {
		d->off++;
		open_map(d, type, place.at);
	} else if (type->kind == KIND_STRUCT) {
		const Plan *plan = plan_find(d->hooks, type);
		if (!plan)
			return ask_for_plan(d, type, original);
		d->off++;
		push_frame(d, (Frame){.kind = FRAME_STRUCT, .type = type, .at = place.at, .plan = plan});
	} else {
		save_type_error(d, "object", NO_TEXT, type, d->off + 1);
		d->off = value_end(d);
	}
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- arrays */

static void read_array(Decoder *d, Place place) {
	const TypeDesc *type = place.type;
	Frame f = {.type = type, .at = place.at};
	if (is_any(type)) {
		f.kind = FRAME_SLICE;
		f.type = hook_type(d->hooks, HOOK_SLICE);
		f.box = (GoIface *)place.at;
	} else if (type->kind == KIND_SLICE) {
		f.kind = FRAME_SLICE;
		f.slice = load_slice(place.at);
		f.slice.len = 0;
	} else if (type->kind == KIND_ARRAY) {
		f.kind = FRAME_ARRAY;
	} else {
		save_type_error(d, "array", NO_TEXT, type, d->off + 1);
		d->off = value_end(d);
		return;
	}
	d->off++;
	push_frame(d, f);
}

/* ---------------------------------------------------------------- any value */

static NativeStatus read_value(Decoder *d, Place place) {
	char c = peek(d);
	Target t;
	native_charge(d->g, 1);
	if (c != '{' && c != '[')
		return read_literal(d, place);
	if (place.quoted) {
		save_text_error(d, "json: invalid use of ,string struct tag, trying to unmarshal unquoted value into ", NO_TEXT,
				"", place.type->name);
		d->off = value_end(d);
		return NATIVE_DONE;
	}
	find_target(d, place, false, &t);
	if (d->no_memory)
		return NATIVE_DONE;
	if (t.hook == HOOK_UNMARSHALER) {
		size_t from = d->off;
		d->off = value_end(d);
		uint32_t len = (uint32_t)(d->off - from);
		return begin_call(d, t.pointer, t.receiver, HOOK_UNMARSHALER, (GoSlice){(void *)(uintptr_t)(d->text + from), len, len},
				  PENDING_VALUE);
	}
	if (t.hook == HOOK_TEXT_UNMARSHALER) {
		save_type_error(d, c == '{' ? "object" : "array", NO_TEXT, t.place.type, d->off + 1);
		d->off = value_end(d);
		return NATIVE_DONE;
	}
	if (c == '{')
		return read_object(d, t.place, place);
	read_array(d, t.place);
	return NATIVE_DONE;
}

/* ---------------------------------------------------------------- members of objects */

/* The contents of a key, between its quotes; skips the colon. */
static GoString read_key(Decoder *d, GoString *raw) {
	size_t from = d->off + 1, end = value_end(d) - 1;
	*raw = (GoString){d->text + from, (int64_t)(end - from)};
	d->off = end + 1;
	peek(d);
	d->off++;
	return *raw;
}

static const Field *find_exact(const Plan *plan, GoString name) {
	for (uint32_t i = plan_hash(name.ptr, (size_t)name.len);; i++) {
		uint32_t index = plan->table[i & plan->mask];
		if (!index || string_equal(plan->fields[index - 1].name, name))
			return index ? &plan->fields[index - 1] : NULL;
	}
}

static const Field *find_folded(Decoder *d, const Plan *plan, GoString name) {
	char *text = heap_new_bytes_raw(d->g, (size_t)name.len * 4 + 4);
	if (!text) {
		d->no_memory = true;
		return NULL;
	}
	GoString folded = {text, (int64_t)fold_name(text, name.ptr, (size_t)name.len)};
	for (uint32_t i = 0; i < plan->count; i++)
		if (string_equal(plan->fields[i].folded, folded))
			return &plan->fields[i];
	return NULL;
}

/* The place of a field; pointers to embedded structs are filled. at NULL: it cannot be. */
static Place field_place(Decoder *d, const Frame *f, const Field *field) {
	const TypeDesc *type = f->type;
	char *at = f->at;
	for (uint32_t i = 0; i < field->depth; i++) {
		if (i > 0 && type->kind == KIND_POINTER) {
			bool exported = true;
			const char *name = type->elem->short_name;
			exported = !name[0] || (name[0] >= 'A' && name[0] <= 'Z') || (unsigned char)name[0] >= 0x80;
			if (!load_word(at) && !exported) {
				save_text_error(d, "json: cannot set embedded pointer to unexported struct: ", NO_TEXT, "",
						type->elem->name);
				return (Place){0};
			}
			at = fill_pointer(d, type, at);
			type = type->elem;
			if (!at)
				return (Place){0};
		}
		const FieldDesc *desc = &type->fields[field->index[i]];
		at += desc->offset;
		type = desc->type;
	}
	return (Place){type, at, field->quoted, false};
}

static NativeStatus step_struct(Decoder *d, Frame *f) {
	f->field = NULL;
	if (peek(d) == ',')
		d->off++;
	if (peek(d) == '}') {
		d->off++;
		d->depth--;
		return NATIVE_DONE;
	}
	GoString raw, name = read_key(d, &raw);
	if (memchr(raw.ptr, '\\', (size_t)raw.len))
		name = unquote_string(d->g, raw.ptr, (size_t)raw.len, &d->no_memory);
	const Field *field = find_exact(f->plan, name);
	if (!field)
		field = find_folded(d, f->plan, name);
	Place place = {0};
	f->field = field;
	if (field)
		place = field_place(d, f, field);
	else if (d->flags & FLAG_KNOWN_FIELDS)
		save_text_error(d, "json: unknown field ", name, "", "");
	if (place.at)
		return read_value(d, place);
	peek(d);
	d->off = value_end(d);
	return NATIVE_DONE;
}

/* Stores the element that was read under the key at hand. */
static NativeStatus store_entry(Decoder *d, Frame *f) {
	Goroutine *g = d->g;
	value_load(f->type->elem, f->slots, f->elem);
	value_zero(f->type->elem, f->elem);
	CHECK_CODE(map_set(g, f->type, f->map, f->key, f->slots));
	return NATIVE_DONE;
}

/* The key's value in slot layout. False: it does not fit; *status: a method was called for it. */
static bool convert_key(Decoder *d, Frame *f, GoString raw, size_t start, NativeStatus *status) {
	const TypeDesc *type = f->type->key;
	GoString s = unquote_string(d->g, raw.ptr, (size_t)raw.len, &d->no_memory);
	if (implements(d, type->pointer_to, HOOK_TEXT_UNMARSHALER)) {
		void *key = heap_new(d->g, type);
		if (!key)
			return !(d->no_memory = true);
		d->place = (Place){type, key, false, false};
		GoSlice text = native_byte_slice(d->g, s.ptr, (size_t)s.len);
		*status = begin_call(d, type->pointer_to, key, HOOK_TEXT_UNMARSHALER, text, PENDING_KEY);
		return true;
	}
	if (type->kind == KIND_STRING) {
		store_string(f->key, s);
		return true;
	}
	char memory[8] = {0};
	if (!store_integer(type, memory, s)) {
		save_type_error(d, "number ", s, type, start + 1);
		return false;
	}
	value_load(type, f->key, memory);
	return true;
}

/* The key becomes a value only now: errors of the element come first. */
static NativeStatus entry_read(Decoder *d, Frame *f) {
	NativeStatus status = NATIVE_DONE;
	f->in_elem = false;
	if (!convert_key(d, f, f->raw_key, f->key_start, &status)) {
		value_zero(f->type->elem, f->elem);
		return NATIVE_DONE;
	}
	return status == NATIVE_DONE && !d->no_memory ? store_entry(d, f) : status;
}

static NativeStatus step_map(Decoder *d, Frame *f) {
	if (f->in_elem)
		return entry_read(d, f);
	if (peek(d) == ',')
		d->off++;
	if (peek(d) == '}') {
		d->off++;
		d->depth--;
		return NATIVE_DONE;
	}
	f->key_start = d->off;
	read_key(d, &f->raw_key);
	f->in_elem = true;
	return read_value(d, (Place){f->type->elem, f->elem, false, false});
}

/* ---------------------------------------------------------------- elements of arrays */

static void slice_done(Decoder *d, Frame *f) {
	GoSlice s = f->slice;
	if (!s.ptr)
		s = (GoSlice){heap_new_array(d->g, f->type->elem, 0), 0, 0};
	d->no_memory = d->no_memory || !s.ptr;
	if (f->box)
		store_boxed(d, (char *)f->box, f->type, (const Slot *)(const void *)&s);
	else
		store_slice(f->at, s);
}

static NativeStatus step_slice(Decoder *d, Frame *f) {
	const TypeDesc *elem = f->type->elem;
	if (peek(d) == ',')
		d->off++;
	if (peek(d) == ']') {
		d->off++;
		slice_done(d, f);
		d->depth--;
		return NATIVE_DONE;
	}
	if (f->slice.len == f->slice.cap && slice_grow(d->g, elem, f->slice, 1, &f->slice) != PANIC_NONE) {
		d->no_memory = true;
		return NATIVE_DONE;
	}
	return read_value(d, (Place){elem, (char *)f->slice.ptr + (size_t)f->slice.len++ * elem->size, false, false});
}

static NativeStatus step_array(Decoder *d, Frame *f) {
	const TypeDesc *elem = f->type->elem;
	if (peek(d) == ',')
		d->off++;
	if (peek(d) == ']') {
		d->off++;
		for (; f->i < f->type->length; f->i++)
			value_zero(elem, f->at + (size_t)f->i * elem->size);
		d->depth--;
		return NATIVE_DONE;
	}
	if (f->i < f->type->length)
		return read_value(d, (Place){elem, f->at + (size_t)f->i++ * elem->size, false, false});
	d->off = value_end(d);
	return NATIVE_DONE;
}

static NativeStatus step(Decoder *d) {
	Frame *f = &d->frames[d->depth - 1];
	switch ((FrameKind)f->kind) {
	case FRAME_STRUCT:
		return step_struct(d, f);
	case FRAME_MAP:
		return step_map(d, f);
	case FRAME_SLICE:
		return step_slice(d, f);
	default:
		return step_array(d, f);
	}
}

/* ---------------------------------------------------------------- the native */

static NativeStatus call_returned(Decoder *d) {
	const Slot *results = d->g->native_call->args;
	Pending pending = d->pending;
	d->pending = PENDING_NONE;
	if (pending == PENDING_PLAN) {
		CHECK(plan_add(d->g, d->hooks, d->plan_of, results[0].p));
		return read_value(d, d->place);
	}
	GoIface err = load_iface(&results[0]);
	if (err.type) {
		end_with(d);
		d->error = DECODE_METHOD;
		d->err = err;
		field_path(d, &d->struct_type, &d->path);
		return NATIVE_DONE;
	}
	if (pending != PENDING_KEY)
		return NATIVE_DONE;
	Frame *f = &d->frames[d->depth - 1];
	value_load(f->type->key, f->key, d->place.at);
	return store_entry(d, f);
}

static NativeStatus decode_begin(Goroutine *g, GoSlice data, GoIface v, int64_t flags, Hooks *hooks, Decoder **out) {
	if (!hooks || !v.type || v.type->kind != KIND_POINTER || !v.data.p)
		return native_misused(g, "encoding/json.decode");
	Decoder *d = heap_new_words(g, ALIGN_UP(sizeof(Decoder), 16u) / sizeof(Slot));
	char *text = heap_new_bytes_raw(g, data.len + 1ul);
	if (!d || !text)
		return out_of_memory(g);
	if (data.len)
		memcpy(text, data.ptr, data.len);
	text[data.len] = 0;
	*d = (Decoder){.g = g, .hooks = hooks, .text = text, .len = data.len, .flags = flags};
	*out = d;
	Scanner s = {0};
	bool no_memory;
	scan_text(g, &s, text, d->len, &no_memory); /* it was valid; it may have been changed meanwhile */
	native_charge(g, data.len / 4);
	if (no_memory)
		return out_of_memory(g);
	if (s.error != SCAN_OK || !scan_at_end(&s))
		return native_panic_text(g, "JSON decoder out of sync - data changing underfoot?");
	Slot *variable = heap_new_words(g, 1);
	if (!variable)
		return out_of_memory(g);
	store_pointer(variable, v.data.p);
	return read_value(d, (Place){v.type, (char *)variable, false, true});
}

/* func decode(data []byte, v any, flags int, h *hooks) (code int, value string, t, structType reflect.Type, offset int,
 *	field string, err error); data is valid, v a pointer that is not nil */
NativeStatus json_decode(Goroutine *g, Slot *args) {
	struct {
		int64_t code, unused;
		GoString value;
		GoIface type, struct_type;
		int64_t offset, unused2;
		GoString path;
		GoIface err;
		GoSlice data;
		GoIface v;
		int64_t flags;
		Hooks *hooks;
	} *a = NATIVE_ARGS(args);
	Decoder *d = g->native_state;
	NativeStatus status;
	if (d) {
		d->g = g;
		status = call_returned(d);
	} else {
		status = decode_begin(g, a->data, a->v, a->flags, a->hooks, &d);
	}
	while (status == NATIVE_DONE && d->depth > 0 && !d->ended && !d->no_memory && !native_must_stop(g))
		status = step(d);
	g->native_state = status == NATIVE_CALL ? d : NULL;
	if (status != NATIVE_DONE)
		return status;
	for (; d->ended && d->depth > 0; d->depth--)
		if (d->frames[d->depth - 1].kind == FRAME_SLICE)
			slice_done(d, &d->frames[d->depth - 1]);
	if (d->no_memory)
		return out_of_memory(g);
	a->code = d->error;
	a->value = d->value;
	a->type = type_iface(g, d->type);
	a->struct_type = type_iface(g, d->struct_type);
	a->offset = d->offset;
	a->path = d->path;
	a->err = d->err;
	return NATIVE_DONE;
}
