/* SPDX-License-Identifier: MIT */
/* format.c: gol_format: values as a Go programmer writes them.
 *
 * Rules: every part is tried on one line first, for as many columns as are left; what does not fit is laid out over lines, one
 *   element each. The world stands meanwhile, so that maps and channels hold still. Types are left out where the context
 *   gives them, as in composite literals. What is shortened or cannot be written in Go carries a "…".
 * Why not from the tree of a document: trying costs at most a line per part, and nothing is kept. */
#include "api/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "runtime/chan.h"
#include "runtime/inspect.h"
#include "stdlib/strconv/quote.h"

enum { DEFAULT_WIDTH = 80, DEFAULT_DEPTH = 8, DEFAULT_ELEMENTS = 100, DEFAULT_STRING = 1000, INDENT = 4,
       MAX_SORTED_KEYS = 10000, KEY_SLOTS = 16 };

/* What the context of a value says about its type. */
typedef enum Context {
	CONTEXT_NONE,    /* nothing: in an interface, or outermost */
	CONTEXT_TYPE,    /* it is known: a field */
	CONTEXT_ELEMENT, /* and literals may leave it out */
} Context;

static void put_value(Formatter *f, GolValue v, Context context, uint32_t indent);

/* ---------------------------------------------------------------- text */

static void put(Formatter *f, const char *s, size_t len) {
	if (f->is_flat && f->flat_left < 0)
		return;
	buf_put(f->out, s, len);
	if (f->is_flat && len == 1 && (unsigned char)*s < 0x80) { /* also bytes of a rune that come one by one: close enough */
		f->flat_left -= *s == '\n' ? INT32_MAX : 1;
		return;
	}
	for (size_t i = 0; f->is_flat && i < len;) {
		int32_t rune;
		i += (size_t)utf8_decode(s + i, len - i, &rune);
		f->flat_left -= rune == '\n' ? INT32_MAX : rune_width(rune);
	}
}

static void puts_(Formatter *f, const char *s) { put(f, s, strlen(s)); }

static bool is_name_byte(char c) {
	return c == '_' || c == '.' || c == '/' || (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* As it would be written: without the name of the session's own package, and any. */
static void put_type_text(Formatter *f, const char *name) {
	for (const char *s = name; *s;) {
		bool begins = s == name || !is_name_byte(s[-1]);
		if (begins && strncmp(s, "main.", 5) == 0) {
			s += 5;
		} else if (begins && strncmp(s, "interface {}", 12) == 0) {
			puts_(f, "any");
			s += 12;
		} else {
			put(f, s++, 1);
		}
	}
}

static void put_type(Formatter *f, const TypeDesc *type) {
	put_type_text(f, strcmp(type->name, "[]uint8") == 0 ? "[]byte" : type->name);
}

static void put_int(Formatter *f, int64_t n) {
	char text[65];
	put(f, text, number_format_int(text, n, 10));
}

static void put_more(Formatter *f, int64_t count) {
	puts_(f, "… ");
	put_int(f, count);
	puts_(f, " more");
}

/* ---------------------------------------------------------------- words */

static bool is_default_type(const TypeDesc *type) {
	static const char *const names[] = {"int", "float64", "string", "bool", "complex128"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(type->name, names[i]) == 0)
			return true;
	return false;
}

/* T( ... ) around what would otherwise be of another type. */
static bool open_conversion(Formatter *f, const TypeDesc *type, Context context) {
	if (context != CONTEXT_NONE || is_default_type(type))
		return false;
	put_type(f, type);
	puts_(f, "(");
	return true;
}

static void put_float(Formatter *f, double value, int bits, bool is_whole) {
	char text[NUMBER_BUF];
	double size = fabs(value);
	char format = size != 0 && (size < 1e-4 || size >= 1e21) ? 'e' : 'f';
	size_t len = number_format(text, sizeof text, value, isfinite(value) ? format : 'g', -1, bits);
	put(f, text, len);
	if (is_whole && isfinite(value) && !memchr(text, '.', len) && !memchr(text, 'e', len))
		puts_(f, ".0");
}

static void put_hex(Formatter *f, uint64_t n) {
	char text[65];
	puts_(f, "0x");
	put(f, text, number_format_uint(text, n, 16, false));
}

/* Shortened to so many characters; *left: what was cut off. */
static size_t cut(const Formatter *f, const char *s, size_t len, int64_t *left) {
	size_t at = 0;
	uint32_t count = 0;
	for (; at < len && count < f->options.max_string; count++) {
		int32_t rune;
		at += (size_t)utf8_decode(s + at, len - at, &rune);
	}
	*left = (int64_t)utf8_count(s + at, len - at);
	return at;
}

static void put_string(Formatter *f, const char *s, size_t len) {
	Buf text;
	int64_t left;
	size_t n = cut(f, s, len, &left);
	buf_init(&text, &f->vm->vm.mem);
	if (memchr(s, '"', n) && quote_can_backquote(s, n))
		buf_printf(&text, "`%.*s`", (int)n, s);
	else
		quote_string(NULL, &text, s, n, QUOTE_PRINT);
	put(f, buf_cstr(&text), text.len);
	buf_deinit(&text);
	if (left)
		put_more(f, left);
}

static void put_scalar(Formatter *f, GolValue v, Context context) {
	const TypeDesc *type = v.type;
	int64_t i = 0;
	uint64_t u = 0;
	double d = 0;
	int b = 0;
	switch ((Kind)type->kind) {
	case KIND_BOOL:
		gol_get_bool(v, &b);
		puts_(f, b ? "true" : "false");
		return;
	case KIND_INT: case KIND_INT8: case KIND_INT16: case KIND_INT32: case KIND_INT64:
		gol_get_int(v, &i);
		put_int(f, i);
		return;
	case KIND_FLOAT32: case KIND_FLOAT64:
		gol_get_float(v, &d);
		put_float(f, d, type->kind == KIND_FLOAT32 ? 32 : 64, context == CONTEXT_NONE && is_default_type(type));
		return;
	case KIND_UINTPTR:
		gol_get_uint(v, &u);
		put_hex(f, u);
		return;
	default: {
		char text[65];
		gol_get_uint(v, &u);
		put(f, text, number_format_uint(text, u, 10, false));
	}
	}
}

static void put_complex(Formatter *f, GolValue v) {
	const TypeDesc *type = v.type;
	double parts[2];
	if (type->kind == KIND_COMPLEX64) {
		float pair[2] = {0};
		if (v.mode & VALUE_INLINE)
			memcpy(pair, &v.at, sizeof pair);
		else
			memcpy(pair, v.at, sizeof pair);
		parts[0] = pair[0];
		parts[1] = pair[1];
	} else {
		memcpy(parts, v.at, sizeof parts);
	}
	int bits = type->kind == KIND_COMPLEX64 ? 32 : 64;
	puts_(f, "(");
	put_float(f, parts[0], bits, false);
	if (!signbit(parts[1]))
		puts_(f, "+");
	put_float(f, parts[1], bits, false);
	puts_(f, "i)");
}

/* ---------------------------------------------------------------- pointers */

static bool on_path(const Formatter *f, const void *p) {
	for (uint32_t i = 0; i < f->path_len; i++)
		if (f->path[i] == p)
			return true;
	return false;
}

static void put_nil(Formatter *f, const TypeDesc *type, Context context) {
	bool starred = type->kind == KIND_POINTER || type->kind == KIND_FUNC || type->kind == KIND_CHAN;
	if (context != CONTEXT_NONE) {
		puts_(f, "nil");
		return;
	}
	starred = starred && !(type->flags & DESC_NAMED);
	puts_(f, starred ? "(" : "");
	put_type(f, type);
	puts_(f, starred ? ")(nil)" : "(nil)");
}

static bool is_composite(const TypeDesc *type) {
	return type->kind == KIND_STRUCT || type->kind == KIND_ARRAY || type->kind == KIND_SLICE || type->kind == KIND_MAP;
}

static void put_pointer(Formatter *f, GolValue v, void *p, uint32_t indent) {
	const TypeDesc *type = v.type;
	if (!is_composite(type->elem) || on_path(f, p) || f->depth >= f->options.depth || f->path_len == MAX_FORMAT_DEPTH) {
		puts_(f, "(");
		put_type(f, type);
		puts_(f, on_path(f, p) ? ")(…cycle)" : is_composite(type->elem) ? ")(…)" : ")(");
		if (!is_composite(type->elem)) {
			put_hex(f, (uintptr_t)p);
			puts_(f, ")");
		}
		return;
	}
	f->path[f->path_len++] = p;
	puts_(f, "&");
	put_value(f, gol_elem(v), CONTEXT_TYPE, indent);
	f->path_len--;
}

static void put_func(Formatter *f, const TypeDesc *type, const Closure *closure) {
	const char *name = closure->fn->name ? closure->fn->name : "";
	const char *dot = strncmp(name, "main.", 5) == 0 ? name + 5 : name;
	bool is_declared = !strchr(dot, '.') || dot == name;
	if (is_declared && strncmp(type->name, "func(", 5) == 0 && !strstr(name, ".func")) {
		puts_(f, "func ");
		put_type_text(f, name);
		put_type_text(f, type->name + 4);
		return;
	}
	put_type(f, type);
	puts_(f, " {…}");
}

static void put_chan(Formatter *f, const TypeDesc *type, const Chan *c) {
	put_type(f, type);
	puts_(f, " (len ");
	put_int(f, c->count);
	puts_(f, ", cap ");
	put_int(f, c->cap);
	puts_(f, c->closed ? ", closed)" : ")");
}

/* ---------------------------------------------------------------- composites */

/* The elements of a composite value: key (may be not valid) and value of each. */
typedef struct Entry {
	GolValue key, value;
	Slot key_slots[KEY_SLOTS] __attribute__((aligned(16)));
} Entry;

typedef struct Elements {
	GolValue of;
	const TypeDesc *type;
	int64_t count, shown;
	Entry *entries; /* maps */
	size_t bytes;
} Elements;

static int compare_keys(const void *x, const void *y) {
	GolValue a = value_open(((const Entry *)x)->key), b = value_open(((const Entry *)y)->key);
	GolKind kind = gol_kind(a), other = gol_kind(b);
	if (kind != other)
		return kind < other ? -1 : 1;
	int64_t i = 0, j = 0;
	uint64_t u = 0, w = 0;
	double d = 0, e = 0;
	const char *s = "", *t = "";
	size_t n = 0, m = 0;
	switch (kind) {
	case GOL_INT:
		gol_get_int(a, &i);
		gol_get_int(b, &j);
		return (i > j) - (i < j);
	case GOL_UINT:
		gol_get_uint(a, &u);
		gol_get_uint(b, &w);
		return (u > w) - (u < w);
	case GOL_FLOAT:
		gol_get_float(a, &d);
		gol_get_float(b, &e);
		return (d > e) - (d < e);
	case GOL_STRING: {
		gol_get_string(a, &s, &n);
		gol_get_string(b, &t, &m);
		int order = memcmp(s, t, n < m ? n : m);
		return order ? order : (n > m) - (n < m);
	}
	default:
		return 0;
	}
}

static void collect_entries(Formatter *f, Elements *e) {
	GolMapIter it;
	int64_t want = e->count <= MAX_SORTED_KEYS ? e->count : e->shown, n = 0;
	e->bytes = (size_t)want * sizeof(Entry);
	e->entries = mem_alloc(&f->vm->vm.mem, e->bytes);
	if (!e->entries || gol_map_begin(e->of, &it) != GOL_OK)
		want = 0;
	for (; n < want; n++) {
		Entry *entry = &e->entries[n];
		if (!gol_map_next(&it, &entry->key, &entry->value))
			break;
		memcpy(entry->key_slots, it.key, e->type->key->slots * sizeof(Slot));
		entry->key.at = entry->key_slots;
	}
	if (n > 1 && e->count <= MAX_SORTED_KEYS)
		qsort(e->entries, (size_t)n, sizeof(Entry), compare_keys);
	for (int64_t i = 0; i < n; i++) /* the keys moved */
		e->entries[i].key.at = e->entries[i].key_slots;
	if (e->shown > n)
		e->shown = n;
}

static Elements elements_of(Formatter *f, GolValue v) {
	Elements e = {.of = v, .type = v.type};
	e.count = e.type->kind == KIND_STRUCT ? (int64_t)e.type->field_count : gol_len(v);
	e.shown = e.count;
	if (e.type->kind != KIND_STRUCT && e.shown > (int64_t)f->options.max_elements)
		e.shown = f->options.max_elements;
	if (e.type->kind == KIND_MAP && e.type->key->slots <= KEY_SLOTS)
		collect_entries(f, &e);
	else if (e.type->kind == KIND_MAP)
		e.shown = 0;
	return e;
}

static void elements_free(Formatter *f, Elements *e) { mem_free(&f->vm->vm.mem, e->entries, e->bytes); }

static void put_element(Formatter *f, const Elements *e, int64_t i, uint32_t indent) {
	switch ((Kind)e->type->kind) {
	case KIND_STRUCT:
		puts_(f, e->type->fields[i].name);
		puts_(f, ": ");
		put_value(f, gol_field_at(e->of, (size_t)i), CONTEXT_TYPE, indent);
		return;
	case KIND_MAP:
		put_value(f, e->entries[i].key, CONTEXT_ELEMENT, indent);
		puts_(f, ": ");
		put_value(f, e->entries[i].value, CONTEXT_ELEMENT, indent);
		return;
	default:
		put_value(f, gol_at(e->of, i), CONTEXT_ELEMENT, indent);
	}
}

static void put_flat_elements(Formatter *f, const Elements *e, uint32_t indent) {
	for (int64_t i = 0; i < e->shown && f->flat_left >= 0; i++) {
		if (i > 0)
			puts_(f, ", ");
		put_element(f, e, i, indent);
	}
	if (e->shown < e->count) {
		puts_(f, e->shown ? ", " : "");
		put_more(f, e->count - e->shown);
	}
}

static void put_newline(Formatter *f, uint32_t indent) {
	puts_(f, "\n");
	for (uint32_t i = 0; i < indent * INDENT; i++)
		puts_(f, " ");
}

/* Scalars fill lines, everything else has one of its own. */
static void put_broken_elements(Formatter *f, const Elements *e, uint32_t indent) {
	const TypeDesc *elem = e->type->kind == KIND_SLICE || e->type->kind == KIND_ARRAY ? e->type->elem : NULL;
	bool fills = elem && elem->kind <= KIND_COMPLEX128;
	size_t line = 0;
	for (int64_t i = 0; i < e->shown; i++) {
		size_t before = f->out->len;
		if (!fills || line == 0)
			put_newline(f, indent + 1);
		else
			puts_(f, " ");
		put_element(f, e, i, indent + 1);
		puts_(f, ",");
		line += f->out->len - before;
		if (line + 8 > f->options.width)
			line = 0;
	}
	if (e->shown < e->count) {
		put_newline(f, indent + 1);
		put_more(f, e->count - e->shown);
	}
	put_newline(f, indent);
}

static size_t column_of(const Formatter *f) {
	size_t at = f->out->len;
	while (at > 0 && f->out->ptr[at - 1] != '\n')
		at--;
	size_t column = 0;
	while (at < f->out->len) {
		int32_t rune;
		at += (size_t)utf8_decode(f->out->ptr + at, f->out->len - at, &rune);
		column += (size_t)rune_width(rune);
	}
	return column;
}

static void put_composite(Formatter *f, GolValue v, uint32_t indent) {
	puts_(f, "{");
	if (f->depth >= f->options.depth) {
		puts_(f, "…}");
		return;
	}
	f->depth++;
	Elements e = elements_of(f, v);
	size_t mark = f->out->len;
	bool outer = f->is_flat;
	if (!outer && !(f->options.flags & GOL_FORMAT_ONE_LINE)) {
		f->is_flat = true;
		f->flat_left = (int64_t)f->options.width - (int64_t)column_of(f) - 2; /* "}," */
		put_flat_elements(f, &e, indent);
		f->is_flat = false;
		if (f->flat_left < 0 && !f->out->failed) {
			f->out->len = mark;
			put_broken_elements(f, &e, indent);
		}
	} else {
		put_flat_elements(f, &e, indent);
	}
	elements_free(f, &e);
	f->depth--;
	puts_(f, "}");
}

/* Bytes that are text are shown as such. */
static bool put_bytes(Formatter *f, GolValue v) {
	void *bytes = NULL;
	size_t len = 0;
	const TypeDesc *type = v.type;
	if (type->kind != KIND_SLICE || !(type->flags & DESC_BYTES) || gol_get_bytes(v, &bytes, &len) != GOL_OK || len == 0 ||
	    !utf8_valid(bytes, len))
		return false;
	for (size_t i = 0; i < len && i < 4096; i++)
		if (((const uint8_t *)bytes)[i] < ' ' && !strchr("\t\n\r", ((const uint8_t *)bytes)[i]))
			return false;
	put_type(f, type);
	puts_(f, "(");
	put_string(f, bytes, len);
	puts_(f, ")");
	return true;
}

/* ---------------------------------------------------------------- any value */

/* Structs of the session's own package are shown as they are made; others' by what they say of themselves. */
static bool shows_fields(const TypeDesc *type) {
	const TypeDesc *inner = type->kind == KIND_POINTER ? type->elem : type;
	return inner->kind == KIND_STRUCT && strcmp(inner->pkg_path, "main") == 0;
}

static bool is_plain_text(const FormatText *t) {
	for (size_t i = 0; i < t->len; i++)
		if ((unsigned char)t->text[i] < ' ' || strchr("\"`()", t->text[i]))
			return false;
	return t->len > 0 && t->len < 60 && utf8_valid(t->text, t->len);
}

/* The texts of errors are sentences, and quoted; those of others may be plain (1.5s, north). */
static bool is_error(const TypeDesc *type) {
	for (uint32_t i = 0; i < type->method_count; i++)
		if (strcmp(type->methods[i].key->name, "Error") == 0)
			return true;
	return false;
}

static bool put_text(Formatter *f, GolValue v, Context context) {
	if (shows_fields(v.type))
		return false;
	const FormatText *t = format_text(f, v);
	if (!t)
		return false;
	bool is_plain = is_plain_text(t) && ((const TypeDesc *)v.type)->kind != KIND_POINTER && !is_error(v.type);
	if (is_plain && context != CONTEXT_NONE) {
		put(f, t->text, t->len);
		return true;
	}
	put_type(f, v.type);
	puts_(f, "(");
	if (is_plain)
		put(f, t->text, t->len);
	else
		put_string(f, t->text, t->len);
	puts_(f, ")");
	return true;
}

static void put_word(Formatter *f, GolValue v, Context context) {
	const TypeDesc *type = v.type;
	bool converts = open_conversion(f, type, context);
	const char *s = "";
	size_t len = 0;
	if (type->kind == KIND_STRING) {
		gol_get_string(v, &s, &len);
		put_string(f, s, len);
	} else if (type->kind == KIND_COMPLEX64 || type->kind == KIND_COMPLEX128) {
		put_complex(f, v);
	} else {
		put_scalar(f, v, context);
	}
	if (converts)
		puts_(f, ")");
}

static void put_reference(Formatter *f, GolValue v, void *p, uint32_t indent) {
	const TypeDesc *type = v.type;
	switch ((Kind)type->kind) {
	case KIND_POINTER: put_pointer(f, v, p, indent); return;
	case KIND_FUNC: put_func(f, type, p); return;
	case KIND_CHAN: put_chan(f, type, p); return;
	default: /* unsafe.Pointer */
		put_type(f, type);
		puts_(f, "(");
		put_hex(f, (uintptr_t)p);
		puts_(f, ")");
	}
}

static void put_open(Formatter *f, GolValue v, Context context, uint32_t indent) {
	const TypeDesc *type = v.type;
	void *p = NULL;
	if (value_pointer(v, &p) && type->kind != KIND_MAP) {
		if (!p)
			put_nil(f, type, context);
		else if (!put_text(f, v, context))
			put_reference(f, v, p, indent);
		return;
	}
	if ((type->kind == KIND_MAP || type->kind == KIND_SLICE) && gol_is_nil(v)) {
		put_nil(f, type, context);
		return;
	}
	if (put_text(f, v, context))
		return;
	if (!is_composite(type)) {
		put_word(f, v, context);
		return;
	}
	if (put_bytes(f, v))
		return;
	bool is_cycle = type->kind == KIND_MAP && (on_path(f, p) || f->path_len == MAX_FORMAT_DEPTH);
	if (context != CONTEXT_ELEMENT || is_cycle)
		put_type(f, type);
	if (is_cycle) {
		puts_(f, "{…cycle}");
		return;
	}
	if (p)
		f->path[f->path_len++] = p;
	put_composite(f, v, indent);
	f->path_len -= p != NULL;
}

static void put_value(Formatter *f, GolValue v, Context context, uint32_t indent) {
	const TypeDesc *type = v.type;
	if (f->is_flat && f->flat_left < 0)
		return;
	if (type && type->kind == KIND_INTERFACE) {
		v = value_open(v);
		context = CONTEXT_NONE;
	}
	if (!v.type)
		puts_(f, "nil");
	else
		put_open(f, v, context, indent);
}

/* Runes and bytes are integers like others: only a remark can tell. */
static void put_rune_remark(Formatter *f, GolValue v) {
	const TypeDesc *type = v.type;
	bool is_rune = type && (strcmp(type->name, "int32") == 0 || strcmp(type->name, "uint8") == 0);
	int64_t rune;
	if (!is_rune || gol_get_int(v, &rune) != GOL_OK || rune < ' ' || (type->kind == KIND_UINT8 && rune > '~') ||
	    rune > INT32_MAX || !rune_is_print((int32_t)rune))
		return;
	Buf text;
	buf_init(&text, &f->vm->vm.mem);
	quote_rune(&text, (int32_t)rune, QUOTE_PRINT);
	puts_(f, " // ");
	puts_(f, buf_cstr(&text));
	buf_deinit(&text);
}

/* Behind the outermost value: what it says of itself, when it is not shown by that. */
static void put_remark(Formatter *f, GolValue v) {
	v = value_open(v);
	put_rune_remark(f, v);
	if (!v.type || !shows_fields(v.type) || gol_is_nil(v))
		return;
	const FormatText *t = format_text(f, v);
	if (!t)
		return;
	const char *newline = memchr(t->text, '\n', t->len);
	puts_(f, " // ");
	put(f, t->text, newline ? (size_t)(newline - t->text) : t->len);
}

/* ---------------------------------------------------------------- for the host */

static void format_once(Formatter *f, GolValue v, bool stops) {
	WorldStop stop;
	if (stops)
		world_stop(&stop, &f->vm->vm, NULL);
	f->out->len = f->path_len = f->depth = 0;
	f->is_flat = false;
	put_value(f, v, CONTEXT_NONE, 0);
	if (!(f->options.flags & GOL_FORMAT_ONE_LINE))
		put_remark(f, v);
	if (stops)
		world_start(&stop);
}

static GolFormat defaults(const GolFormat *options) {
	GolFormat o = options ? *options : (GolFormat){0};
	o.width = o.width ? o.width : DEFAULT_WIDTH;
	o.depth = o.depth ? o.depth : DEFAULT_DEPTH;
	o.max_elements = o.max_elements ? o.max_elements : DEFAULT_ELEMENTS;
	o.max_string = o.max_string ? o.max_string : DEFAULT_STRING;
	if (o.depth > MAX_FORMAT_DEPTH)
		o.depth = MAX_FORMAT_DEPTH;
	return o;
}

GolStatus gol_format(GolVM *vm, GolValue v, const GolFormat *options,
		     void (*sink)(void *user, const char *text, size_t len), void *user) {
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	if (!sink || (options && options->size != sizeof *options))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_format: bad argument");
	HostScope *scope = v.scope;
	bool is_own = scope == &vm->scope && !vm_is_busy(vm);
	Buf out;
	buf_init(&out, &vm->vm.mem);
	Formatter f = {.vm = vm, .options = defaults(options), .out = &out};
	f.calls = is_own && vm->vm.session && !(f.options.flags & GOL_FORMAT_PASSIVE);
	GolStatus last = vm->last_status;
	format_once(&f, v, is_own && vm->vm.session);
	while (f.wants_text && !out.failed) {
		if (!format_ask(&f))
			f.calls = false;
		format_once(&f, v, vm->vm.session != NULL);
	}
	vm->last_status = last;
	format_texts_free(&f);
	if (!out.failed)
		sink(user, buf_cstr(&out), out.len);
	GolStatus status = out.failed ? api_fail(vm, GOL_ERROR_MEMORY, "out of memory") : GOL_OK;
	buf_deinit(&out);
	return status;
}
