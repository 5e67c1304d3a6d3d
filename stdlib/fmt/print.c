/* SPDX-License-Identifier: MIT */
/* print.c: operands of any type under a verb.
 *
 * Owns: the list of methods to call while a native runs.
 * Rules: values are walked through their type descriptors, in memory layout. A method is never called here: if its text
 * was supplied it is used, else the call is recorded and the walk goes on, to find all of them in one round.
 * Why: formatting is the hot path of most scripts, so it is C; methods are Go, so the driver in fmt.gol calls them. */
#include "stdlib/fmt/print.h"

#include "stdlib/reflect/reflect.h"

enum { READ_ONLY = 1, READ_ONLY_EMBEDDED = 2 }; /* reached through unexported fields: methods are not called */

static void print_value(Printer *p, Operand v, int32_t verb, int depth, int access);

Operand print_operand(const GoIface *v) {
	return (Operand){v->type, v->type ? iface_memory(v) : NULL};
}

static void put(Printer *p, char c) {
	buf_putc(&p->f.out, c);
}

static void print_bad_verb(Printer *p, Operand value, int32_t verb) {
	p->erroring = true;
	print_text(p, "%!");
	buf_put_rune(&p->f.out, verb);
	put(p, '(');
	if (value.type) {
		print_text(p, value.type->name);
		put(p, '=');
		print_value(p, value, 'v', 0, 0);
	} else {
		print_text(p, "<nil>");
	}
	put(p, ')');
	p->erroring = false;
}

/* ---------------------------------------------------------------- basic kinds */

static uint64_t read_unsigned(Operand v) {
	uint64_t n = 0;
	memcpy(&n, v.at, v.type->size);
	return n;
}

static int64_t read_signed(Operand v) {
	int unused_bits = 64 - (int)v.type->size * 8;
	return (int64_t)(read_unsigned(v) << unused_bits) >> unused_bits;
}

static double read_float(const void *at, uint32_t size) {
	if (size == 4) {
		float f;
		memcpy(&f, at, sizeof f);
		return (double)f;
	}
	double d;
	memcpy(&d, at, sizeof d);
	return d;
}

static void print_bool(Printer *p, Operand v, int32_t verb) {
	if (verb == 't' || verb == 'v')
		format_bool(&p->f, *(const unsigned char *)v.at != 0);
	else
		print_bad_verb(p, v, verb);
}

/* False: no verb for integers. */
static bool print_integer_as(Printer *p, uint64_t n, bool is_signed, int32_t verb) {
	Format *f = &p->f;
	switch (verb) {
	case 'v':
		if (f->flags.sharp_v && !is_signed)
			format_hex64(f, n, true);
		else
			format_integer(f, n, 10, is_signed, verb, false);
		return true;
	case 'd':
		format_integer(f, n, 10, is_signed, verb, false);
		return true;
	case 'b':
		format_integer(f, n, 2, is_signed, verb, false);
		return true;
	case 'o':
	case 'O':
		format_integer(f, n, 8, is_signed, verb, false);
		return true;
	case 'x':
	case 'X':
		format_integer(f, n, 16, is_signed, verb, verb == 'X');
		return true;
	case 'c':
		format_char(f, n);
		return true;
	case 'q':
		format_quoted_char(f, n);
		return true;
	case 'U':
		format_unicode(f, n);
		return true;
	default:
		return false;
	}
}

static void print_integer(Printer *p, Operand v, bool is_signed, int32_t verb) {
	if (!print_integer_as(p, is_signed ? (uint64_t)read_signed(v) : read_unsigned(v), is_signed, verb))
		print_bad_verb(p, v, verb);
}

static bool is_float_verb(int32_t verb) {
	return verb == 'v' || (verb < 128 && verb > 0 && strchr("bgGxXeEfF", verb) != NULL);
}

static void print_float(Printer *p, Operand v, int32_t verb) {
	if (!is_float_verb(verb)) {
		print_bad_verb(p, v, verb);
		return;
	}
	bool fixed = verb == 'e' || verb == 'E' || verb == 'f' || verb == 'F';
	int32_t letter = verb == 'v' ? 'g' : verb == 'F' ? 'f' : verb;
	format_float(&p->f, read_float(v.at, v.type->size), (int)v.type->size * 8, letter, fixed ? 6 : -1);
}

static void print_complex(Printer *p, Operand v, int32_t verb) {
	if (!is_float_verb(verb)) {
		print_bad_verb(p, v, verb);
		return;
	}
	uint32_t half = v.type->size / 2;
	double re = read_float(v.at, half), im = read_float((const char *)v.at + half, half);
	format_complex(&p->f, re, im, (int)half * 8, verb == 'v' ? 'g' : verb == 'F' ? 'f' : verb);
}

/* False: no verb for strings. */
static bool print_string_as(Printer *p, const char *s, size_t len, int32_t verb) {
	switch (verb) {
	case 'v':
		if (p->f.flags.sharp_v)
			format_quoted(&p->f, s, len);
		else
			format_string(&p->f, s, len);
		return true;
	case 's':
		format_string(&p->f, s, len);
		return true;
	case 'q':
		format_quoted(&p->f, s, len);
		return true;
	case 'x':
	case 'X':
		format_hex_string(&p->f, s, len, verb == 'X');
		return true;
	default:
		return false;
	}
}

static void print_string(Printer *p, Operand v, int32_t verb) {
	GoString s = load_string(v.at);
	if (!print_string_as(p, s.ptr, (size_t)s.len, verb))
		print_bad_verb(p, v, verb);
}

/* False: neither a string verb, nor %v or %d, which list the bytes. */
static bool print_bytes(Printer *p, const unsigned char *b, size_t len, bool is_nil, int32_t verb,
			const char *type_name) {
	if (verb != 'v' && verb != 'd')
		return print_string_as(p, (const char *)b, len, verb);
	bool go_syntax = p->f.flags.sharp_v;
	if (go_syntax) {
		print_text(p, type_name);
		if (is_nil) {
			print_text(p, "(nil)");
			return true;
		}
	}
	put(p, go_syntax ? '{' : '[');
	for (size_t i = 0; i < len && !native_work(p->g, 1); i++) {
		if (i > 0)
			print_text(p, go_syntax ? ", " : " ");
		if (go_syntax)
			format_hex64(&p->f, b[i], true);
		else
			format_integer(&p->f, b[i], 10, false, verb, false);
	}
	put(p, go_syntax ? '}' : ']');
	return true;
}

static void print_pointer(Printer *p, Operand v, int32_t verb) {
	Kind kind = v.type->kind;
	bool has_address = kind == KIND_CHAN || kind == KIND_FUNC || kind == KIND_MAP || kind == KIND_POINTER ||
			   kind == KIND_SLICE || kind == KIND_UNSAFE_POINTER;
	uint64_t u = has_address ? load_word(v.at) : 0;
	if (kind == KIND_FUNC && u) /* as reflect.Value.Pointer */
		u = (uintptr_t)function_address(((const Closure *)(uintptr_t)u)->fn);
	if (has_address && verb == 'v' && p->f.flags.sharp_v) {
		put(p, '(');
		print_text(p, v.type->name);
		print_text(p, ")(");
		if (u == 0)
			print_text(p, "nil");
		else
			format_hex64(&p->f, u, true);
		put(p, ')');
	} else if (has_address && verb == 'v' && u == 0) {
		format_pad(&p->f, "<nil>", 5);
	} else if (has_address && (verb == 'v' || verb == 'p')) {
		format_hex64(&p->f, u, !p->f.flags.sharp);
	} else if (has_address && (verb == 'b' || verb == 'o' || verb == 'd' || verb == 'x' || verb == 'X')) {
		print_integer_as(p, u, false, verb);
	} else {
		print_bad_verb(p, v, verb);
	}
}

/* ---------------------------------------------------------------- methods */

static bool implements(Printer *p, const TypeDesc *type, const TypeDesc *iface) {
	return iface_missing_method(p->g->vm, type, iface) == NULL;
}

/* The value as an interface: a copy, since the memory it comes from may change. */
static GoIface box(Printer *p, Operand v) {
	GoIface r = {.type = v.type};
	if (v.type->flags & DESC_DIRECT) {
		value_load(v.type, &r.data, v.at);
	} else {
		r.data.p = heap_new(p->g, v.type);
		if (r.data.p)
			value_copy(v.type, r.data.p, v.at);
		else
			p->f.out.failed = true;
	}
	return r;
}

static void record_call(Printer *p, Operand v, CallKind kind, int32_t verb) {
	if (p->call_count == p->call_cap) {
		uint32_t cap = p->call_cap ? p->call_cap * 2 : 4;
		PrintCall *calls = heap_new_array(p->g, p->call, cap);
		if (!calls) {
			p->f.out.failed = true;
			return;
		}
		if (p->call_count)
			value_copy_array(p->call, calls, p->calls, p->call_count);
		p->calls = calls;
		p->call_cap = cap;
	}
	const Flags *fl = &p->f.flags;
	PrintCall *c = &p->calls[p->call_count++];
	store_iface(&c->value, box(p, v));
	c->kind = kind;
	c->verb = verb;
	c->flags = (fl->minus ? FLAG_MINUS : 0) | (fl->plus || fl->plus_v ? FLAG_PLUS : 0) |
		   (fl->sharp || fl->sharp_v ? FLAG_SHARP : 0) | (fl->space ? FLAG_SPACE : 0) |
		   (fl->zero ? FLAG_ZERO : 0) | (fl->has_width ? FLAG_WIDTH : 0) |
		   (fl->has_precision ? FLAG_PRECISION : 0);
	c->width = fl->width;
	c->precision = fl->precision;
}

static void use_method(Printer *p, Operand v, CallKind kind, int32_t verb) {
	if (p->texts_used == p->text_count) {
		record_call(p, v, kind, verb);
		return;
	}
	const PrintText *t = &p->texts[p->texts_used++];
	if (t->raw)
		buf_put(&p->f.out, t->s.ptr, (size_t)t->s.len);
	else if (kind == CALL_GO_STRING)
		format_string(&p->f, t->s.ptr, (size_t)t->s.len);
	else
		print_string_as(p, t->s.ptr, (size_t)t->s.len, verb);
}

/* True: a method (or a report about %w) took care of the operand. */
static bool print_by_method(Printer *p, Operand v, int32_t verb) {
	if (p->erroring)
		return false;
	if (verb == 'w') {
		if (!p->wrap_errors || !implements(p, v.type, p->error)) {
			print_bad_verb(p, v, verb);
			return true;
		}
		verb = 'v';
	}
	if (v.type->method_count == 0)
		return false;
	if (implements(p, v.type, p->formatter)) {
		use_method(p, v, CALL_FORMAT, verb);
		return true;
	}
	if (p->f.flags.sharp_v) {
		if (!implements(p, v.type, p->go_stringer))
			return false;
		use_method(p, v, CALL_GO_STRING, verb);
		return true;
	}
	if (verb != 'v' && verb != 's' && verb != 'x' && verb != 'X' && verb != 'q')
		return false;
	bool is_error = implements(p, v.type, p->error);
	if (!is_error && !implements(p, v.type, p->stringer))
		return false;
	use_method(p, v, is_error ? CALL_ERROR : CALL_STRING, verb);
	return true;
}

/* ---------------------------------------------------------------- composite kinds */

static void print_separator(Printer *p) {
	print_text(p, p->f.flags.sharp_v ? ", " : " ");
}

/* Takes the value out of an interface; nil gives type NULL. inner holds it. */
static Operand open_iface(Operand v, GoIface *inner) {
	*inner = load_iface(v.at);
	return print_operand(inner);
}

static void print_iface(Printer *p, Operand v, int32_t verb, int depth, int access) {
	GoIface inner;
	Operand value = open_iface(v, &inner);
	if (value.type) {
		print_value(p, value, verb, depth + 1, access);
	} else if (p->f.flags.sharp_v) {
		print_text(p, v.type->name);
		print_text(p, "(nil)");
	} else {
		print_text(p, "<nil>");
	}
}

static NOINLINE void print_struct(Printer *p, Operand v, int32_t verb, int depth, int access) {
	const Flags *fl = &p->f.flags;
	if (fl->sharp_v)
		print_text(p, v.type->name);
	put(p, '{');
	for (uint32_t i = 0; i < v.type->field_count && !native_must_stop(p->g); i++) {
		const FieldDesc *field = &v.type->fields[i];
		if (i > 0)
			print_separator(p);
		if (fl->plus_v || fl->sharp_v) {
			print_text(p, field->name);
			put(p, ':');
		}
		Operand value = {field->type, (const char *)v.at + field->offset};
		int reach = access & READ_ONLY;
		if (!field->exported)
			reach |= field->embedded ? READ_ONLY_EMBEDDED : READ_ONLY;
		GoIface inner;
		Operand opened = field->type->kind == KIND_INTERFACE ? open_iface(value, &inner) : value;
		if (opened.type)
			value = opened;
		print_value(p, value, verb, depth + 1, reach);
	}
	put(p, '}');
}

static NOINLINE void print_list(Printer *p, Operand v, int32_t verb, int depth, int access) {
	const TypeDesc *elem = v.type->elem;
	const char *at = v.at;
	size_t count = (size_t)v.type->length;
	if (v.type->kind == KIND_SLICE) {
		GoSlice s = load_slice(v.at);
		at = s.ptr;
		count = s.len;
	}
	bool go_syntax = p->f.flags.sharp_v;
	if (elem->kind == KIND_UINT8 && (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')) {
		print_bytes(p, (const unsigned char *)at, count, at == NULL, verb, v.type->name);
		return;
	}
	if (go_syntax) {
		print_text(p, v.type->name);
		if (v.type->kind == KIND_SLICE && at == NULL) {
			print_text(p, "(nil)");
			return;
		}
	}
	put(p, go_syntax ? '{' : '[');
	for (size_t i = 0; i < count && !native_must_stop(p->g); i++) {
		if (i > 0)
			print_separator(p);
		print_value(p, (Operand){elem, at + i * elem->size}, verb, depth + 1, access);
	}
	put(p, go_syntax ? '}' : ']');
}

static void print_pointed(Printer *p, Operand v, int32_t verb, int depth, int access) {
	void *target = (void *)load_word(v.at);
	if (depth == 0 && target) {
		Kind kind = v.type->elem->kind;
		if (kind == KIND_ARRAY || kind == KIND_SLICE || kind == KIND_STRUCT || kind == KIND_MAP) {
			put(p, '&');
			print_value(p, (Operand){v.type->elem, target}, verb, depth + 1, access);
			return;
		}
	}
	print_pointer(p, v, verb);
}

/* ---------------------------------------------------------------- maps, in the order of their keys */

typedef struct MapEntry {
	const char *key, *value; /* slots, which read as memory layout on little-endian machines */
} MapEntry;

enum { COMPARE_DEPTH_MAX = 1000 }; /* keys nested deeper count as equal */

static int compare_values(Operand a, Operand b, int depth);

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_floats(double a, double b) {
	if (a < b || (a != a && b == b))
		return -1;
	return a > b || (b != b && a == a);
}

static int compare_ifaces(Operand a, Operand b, int depth) {
	GoIface x, y;
	Operand va = open_iface(a, &x), vb = open_iface(b, &y);
	if (!va.type || !vb.type)
		return (va.type != NULL) - (vb.type != NULL);
	if (va.type != vb.type) {
		int order = ORDER(va.type->kind, vb.type->kind);
		return order ? order : strcmp(va.type->name, vb.type->name);
	}
	return compare_values(va, vb, depth);
}

static int compare_parts(Operand a, Operand b, int depth) {
	const TypeDesc *t = a.type;
	size_t count = t->kind == KIND_STRUCT ? t->field_count : (size_t)t->length;
	for (size_t i = 0; i < count; i++) {
		const TypeDesc *part = t->kind == KIND_STRUCT ? t->fields[i].type : t->elem;
		size_t offset = t->kind == KIND_STRUCT ? t->fields[i].offset : i * part->size;
		int order = compare_values((Operand){part, (const char *)a.at + offset},
					   (Operand){part, (const char *)b.at + offset}, depth);
		if (order)
			return order;
	}
	return 0;
}

static int compare_values(Operand a, Operand b, int depth) {
	uint32_t size = a.type->size;
	if (depth > COMPARE_DEPTH_MAX)
		return 0;
	switch ((Kind)a.type->kind) {
	case KIND_INT:
	case KIND_INT8:
	case KIND_INT16:
	case KIND_INT32:
	case KIND_INT64:
		return ORDER(read_signed(a), read_signed(b));
	case KIND_STRING:
		return string_compare(load_string(a.at), load_string(b.at));
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		return compare_floats(read_float(a.at, size), read_float(b.at, size));
	case KIND_COMPLEX64:
	case KIND_COMPLEX128: {
		int order = compare_floats(read_float(a.at, size / 2), read_float(b.at, size / 2));
		return order ? order
			     : compare_floats(read_float((const char *)a.at + size / 2, size / 2),
					      read_float((const char *)b.at + size / 2, size / 2));
	}
	case KIND_INTERFACE:
		return compare_ifaces(a, b, depth + 1);
	case KIND_STRUCT:
	case KIND_ARRAY:
		return compare_parts(a, b, depth + 1);
	default: /* bools, unsigned integers, addresses */
		return ORDER(read_unsigned(a), read_unsigned(b));
	}
}

/* Merge sort: stable, and bounded for any order the keys may have. */
static void sort_entries(Goroutine *g, const TypeDesc *key, MapEntry *e, MapEntry *scratch, size_t n) {
	if (n < 2 || native_work(g, 1))
		return;
	size_t half = n / 2;
	sort_entries(g, key, e, scratch, half);
	sort_entries(g, key, e + half, scratch, n - half);
	memcpy(scratch, e, half * sizeof *e);
	for (size_t i = 0, j = half, k = 0; i < half; k++)
		if (j < n && compare_values((Operand){key, e[j].key}, (Operand){key, scratch[i].key}, 0) < 0)
			e[k] = e[j++];
		else
			e[k] = scratch[i++];
}

static void print_entries(Printer *p, const TypeDesc *type, const MapEntry *e, size_t n, int32_t verb, int depth,
			  int access) {
	for (size_t i = 0; i < n && !native_must_stop(p->g); i++) {
		if (i > 0)
			print_separator(p);
		print_value(p, (Operand){type->key, e[i].key}, verb, depth + 1, access);
		put(p, ':');
		print_value(p, (Operand){type->elem, e[i].value}, verb, depth + 1, access);
	}
}

/* Copies the entries to the Go heap, since methods called later and other goroutines may change the map. */
static size_t collect_entries(Printer *p, const TypeDesc *type, Map *m, MapEntry *e, size_t room) {
	size_t key_slots = ALIGN_UP((size_t)type->key->slots + (type->key->slots == 0), 2);
	size_t slots = key_slots + ALIGN_UP((size_t)type->elem->slots + (type->elem->slots == 0), 2);
	Slot *block = heap_new_words(p->g, slots * room), iter[MAP_ITER_SLOTS];
	if (!block) {
		p->f.out.failed = true;
		return 0;
	}
	map_iter_init(p->g, type, m, iter);
	size_t n = 0;
	for (bool more = true; n < room; n++, block += slots) {
		p->panic = map_iter_next(p->g, type, iter, block, block + key_slots, &more);
		if (p->panic != PANIC_NONE || !more)
			break;
		e[n] = (MapEntry){(const char *)block, (const char *)(block + key_slots)};
	}
	native_charge(p->g, (int64_t)n * 4);
	return n;
}

static NOINLINE void print_map(Printer *p, Operand v, int32_t verb, int depth, int access) {
	bool go_syntax = p->f.flags.sharp_v;
	Map *m = (Map *)load_word(v.at);
	if (go_syntax) {
		print_text(p, v.type->name);
		if (!m) {
			print_text(p, "(nil)");
			return;
		}
	}
	print_text(p, go_syntax ? "{" : "map[");
	size_t room = (size_t)map_len(m), size = room * 2 * sizeof(MapEntry);
	MapEntry *e = room ? mem_alloc(&p->g->vm->mem, size) : NULL;
	if (e) {
		size_t n = collect_entries(p, v.type, m, e, room);
		sort_entries(p->g, v.type->key, e, e + room, n);
		print_entries(p, v.type, e, n, verb, depth, access);
		mem_free(&p->g->vm->mem, e, size);
	} else if (room) {
		p->f.out.failed = true;
	}
	put(p, go_syntax ? '}' : ']');
}

/* ---------------------------------------------------------------- any kind */

static void print_kind(Printer *p, Operand v, int32_t verb, int depth, int access) {
	switch ((Kind)v.type->kind) {
	case KIND_INVALID:
		break;
	case KIND_BOOL:
		print_bool(p, v, verb);
		break;
	case KIND_INT:
	case KIND_INT8:
	case KIND_INT16:
	case KIND_INT32:
	case KIND_INT64:
		print_integer(p, v, true, verb);
		break;
	case KIND_UINT:
	case KIND_UINT8:
	case KIND_UINT16:
	case KIND_UINT32:
	case KIND_UINT64:
	case KIND_UINTPTR:
		print_integer(p, v, false, verb);
		break;
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		print_float(p, v, verb);
		break;
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		print_complex(p, v, verb);
		break;
	case KIND_STRING:
		print_string(p, v, verb);
		break;
	case KIND_MAP:
		print_map(p, v, verb, depth, access);
		break;
	case KIND_STRUCT:
		print_struct(p, v, verb, depth, access);
		break;
	case KIND_INTERFACE:
		print_iface(p, v, verb, depth, access);
		break;
	case KIND_ARRAY:
	case KIND_SLICE:
		print_list(p, v, verb, depth, access);
		break;
	case KIND_POINTER:
		print_pointed(p, v, verb, depth, access);
		break;
	case KIND_CHAN:
	case KIND_FUNC:
	case KIND_UNSAFE_POINTER:
		print_pointer(p, v, verb);
		break;
	}
}

static void print_value(Printer *p, Operand v, int32_t verb, int depth, int access) {
	if (native_work(p->g, 1))
		return;
	if (p->stack_base - (uintptr_t)__builtin_frame_address(0) > PRINT_STACK_BYTES) {
		p->too_deep = true;
	} else if (!p->too_deep && !p->f.out.failed) {
		bool done = false;
		if (depth > 0 && access == 0) {
			GoIface inner;
			Operand arg = v.type->kind == KIND_INTERFACE ? open_iface(v, &inner) : v;
			done = arg.type && print_by_method(p, arg, verb);
		}
		if (!done)
			print_kind(p, v, verb, depth, access);
	}
}

/* An operand that is a reflect.Value: what it holds is printed. */
static void print_reflected(Printer *p, const void *at, int32_t verb) {
	Value v = *(const Value *)at;
	v.held = load_iface(at);
	if (!value_type(&v)) {
		print_text(p, "<invalid reflect.Value>");
		return;
	}
	Operand value = {value_type(&v), value_at(&v)};
	GoIface inner;
	Operand held = value.type->kind == KIND_INTERFACE ? open_iface(value, &inner) : value;
	if (!(v.flag & FLAG_RO) && held.type && print_by_method(p, held, verb))
		return;
	print_value(p, value, verb, 0, v.flag & FLAG_RO ? READ_ONLY : 0);
}

void print_arg(Printer *p, Operand arg, int32_t verb) {
	const TypeDesc *type = arg.type;
	if (!type) {
		if (verb == 'T' || verb == 'v')
			format_pad(&p->f, "<nil>", 5);
		else
			print_bad_verb(p, arg, verb);
		return;
	}
	if (verb == 'T') {
		format_string(&p->f, type->name, strlen(type->name));
	} else if (verb == 'p') {
		print_pointer(p, arg, verb);
	} else if (type == p->g->vm->types->core[CORE_REFLECT_VALUE]) {
		print_reflected(p, arg.at, verb);
	} else if (type == p->g->vm->types->core[CORE_BYTES]) {
		GoSlice b = load_slice(arg.at);
		if (!print_bytes(p, b.ptr, b.len, b.ptr == NULL, verb, "[]byte"))
			print_value(p, arg, verb, 0, 0);
	} else if (!print_by_method(p, arg, verb)) {
		print_value(p, arg, verb, 0, 0);
	}
}
