/* SPDX-License-Identifier: MIT */
/* type_print.c: types as text, in two styles.
 *
 * MESSAGE is what cmd/compile prints in errors; RUNTIME what package reflect and %T print.
 * Rules: MESSAGE writes types as they were written (aliases, byte, parameter names); RUNTIME looks through.
 * Output is cut: a type of a few lines can describe gigabytes of text. */
#include "base/limits.h"
#include "base/utf8.h"
#include "types/internal.h"

typedef enum PrintStyle { PRINT_MESSAGE, PRINT_RUNTIME } PrintStyle;

enum { PRINT_MAX = 1 << 16 };

typedef struct Printer {
	Buf *out;
	Package *current;
	size_t end; /* of the text, once it is cut */
	uint32_t depth;
	uint8_t style;
	bool in_args; /* RUNTIME: inside type arguments packages are written as paths */
} Printer;

static void print_type(Printer *p, Type *t);

static const char *const basic_names[] = {
	[TYPE_INVALID] = "invalid type", [TYPE_BOOL] = "bool", [TYPE_INT] = "int", [TYPE_INT8] = "int8",
	[TYPE_INT16] = "int16", [TYPE_INT32] = "int32", [TYPE_INT64] = "int64", [TYPE_UINT] = "uint",
	[TYPE_UINT8] = "uint8", [TYPE_UINT16] = "uint16", [TYPE_UINT32] = "uint32", [TYPE_UINT64] = "uint64",
	[TYPE_UINTPTR] = "uintptr", [TYPE_FLOAT32] = "float32", [TYPE_FLOAT64] = "float64",
	[TYPE_COMPLEX64] = "complex64", [TYPE_COMPLEX128] = "complex128", [TYPE_STRING] = "string",
	[TYPE_UNSAFE_POINTER] = "unsafe.Pointer", [TYPE_UNTYPED_BOOL] = "untyped bool",
	[TYPE_UNTYPED_INT] = "untyped int", [TYPE_UNTYPED_RUNE] = "untyped rune",
	[TYPE_UNTYPED_FLOAT] = "untyped float", [TYPE_UNTYPED_COMPLEX] = "untyped complex",
	[TYPE_UNTYPED_STRING] = "untyped string", [TYPE_UNTYPED_NIL] = "untyped nil",
};

/* ---------------------------------------------------------------- quoting */

static void print_escape(Buf *out, int32_t rune, int size, unsigned char byte) {
	if (rune == RUNE_ERROR && size == 1)
		buf_printf(out, "\\x%02x", byte);
	else if (rune < ' ' || rune == 0x7f)
		buf_printf(out, "\\x%02x", (unsigned)rune);
	else
		buf_printf(out, rune < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)rune);
}

void print_quoted(Buf *out, Str s) {
	static const char letters[] = "abtnvfr", codes[] = "\a\b\t\n\v\f\r";
	buf_putc(out, '"');
	for (size_t i = 0; i < s.len;) {
		int32_t rune;
		int size = utf8_decode(s.ptr + i, s.len - i, &rune);
		const char *code = rune > 0 && rune < 0x20 ? strchr(codes, rune) : NULL;
		if (rune == '"' || rune == '\\')
			buf_printf(out, "\\%c", (char)rune);
		else if (code)
			buf_printf(out, "\\%c", letters[code - codes]);
		else if ((rune == RUNE_ERROR && size == 1) || !rune_is_print(rune))
			print_escape(out, rune, size, (unsigned char)s.ptr[i]);
		else
			buf_put(out, s.ptr + i, (size_t)size);
		i += (size_t)size;
	}
	buf_putc(out, '"');
}

/* ---------------------------------------------------------------- parts */

static void print_name(Printer *p, const Name *name) {
	if (name)
		buf_put(p->out, name->text, name->len);
	else
		buf_putc(p->out, '_');
}

/* Unexported fields and methods differ by package: where that matters, their package is written too. */
static void print_member_name(Printer *p, const Name *name, const Package *package) {
	if (p->style == PRINT_RUNTIME && p->in_args && name && !name->exported && package)
		buf_printf(p->out, "%s.", package->path);
	print_name(p, name);
}

static void print_package(Printer *p, const Package *package) {
	if (!package)
		return;
	if (p->style == PRINT_RUNTIME)
		buf_printf(p->out, "%s.", p->in_args ? package->path : package->name->text);
	else if (package != p->current)
		buf_printf(p->out, "%s.", package->name->text);
}

static void print_list(Printer *p, TypeList list, const char *separator) {
	for (uint32_t i = 0; i < list.len; i++) {
		if (i)
			buf_puts(p->out, separator);
		print_type(p, list.items[i]);
	}
}

static void print_type_args(Printer *p, TypeList outer, TypeList args) {
	if (outer.len + args.len == 0)
		return;
	bool in_args = p->in_args;
	p->in_args = true;
	buf_putc(p->out, '[');
	print_list(p, outer, p->style == PRINT_MESSAGE ? ", " : ",");
	if (outer.len && args.len)
		buf_putc(p->out, ';');
	print_list(p, args, p->style == PRINT_MESSAGE ? ", " : ",");
	buf_putc(p->out, ']');
	p->in_args = in_args;
}

static void print_bound(Printer *p, Type *bound) {
	if (bound) {
		buf_putc(p->out, ' ');
		print_type(p, bound);
	}
}

/* [P, Q any, R Number]: neighbours that share their constraint were declared together. */
static void print_type_params(Printer *p, Type **params, uint32_t count) {
	buf_putc(p->out, '[');
	for (uint32_t i = 0; i < count; i++) {
		if (i) {
			if (params[i]->constraint != params[i - 1]->constraint)
				print_bound(p, params[i - 1]->constraint);
			buf_puts(p->out, ", ");
		}
		print_type(p, params[i]);
	}
	print_bound(p, params[count - 1]->constraint);
	buf_putc(p->out, ']');
}

static bool is_local_object(const Object *o) {
	return o->package && o->parent && o->package->scope && o->parent != o->package->scope;
}

static void print_declared(Printer *p, Type *t) {
	Object *o = t->object;
	if (!o) {
		buf_puts(p->out, "?");
		return;
	}
	print_package(p, o->package);
	print_name(p, o->name);
	if (t->type_args.len || t->outer_args.len)
		print_type_args(p, p->style == PRINT_MESSAGE ? (TypeList){0} : t->outer_args, t->type_args);
	else if (t->type_param_count && p->style == PRINT_MESSAGE)
		print_type_params(p, t->type_params, t->type_param_count);
	/* Local types of one name in one package are told apart by their number, as Go's compiler numbers them. */
	if (is_local_object(o) && p->style == PRINT_RUNTIME && p->in_args)
		buf_printf(p->out, "·%u", (unsigned)(o->order ? o->order : t->origin ? t->origin->id : t->id));
}

/* ---------------------------------------------------------------- signatures */

static void print_param(Printer *p, Object *param, bool variadic_last) {
	if (p->style == PRINT_MESSAGE && param->name) {
		print_name(p, param->name);
		buf_putc(p->out, ' ');
	}
	Type *t = type_unalias(param->type);
	if (!variadic_last) {
		print_type(p, param->type);
	} else if (t && t->kind == TYPE_SLICE) {
		buf_puts(p->out, "...");
		print_type(p, t->elem);
	} else { /* append([]byte, string...) */
		print_type(p, param->type);
		buf_puts(p->out, "...");
	}
}

static void print_params(Printer *p, Object **params, uint32_t count, bool variadic) {
	buf_putc(p->out, '(');
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_puts(p->out, ", ");
		print_param(p, params[i], variadic && i + 1 == count);
	}
	buf_putc(p->out, ')');
}

static void print_signature(Printer *p, Type *t) {
	if (t->type_param_count && p->style != PRINT_RUNTIME)
		print_type_params(p, t->type_params, t->type_param_count);
	print_params(p, t->params, t->param_count, t->variadic);
	if (t->result_count == 0)
		return;
	buf_putc(p->out, ' ');
	if (t->result_count == 1 && (p->style != PRINT_MESSAGE || !t->results[0]->name))
		print_type(p, t->results[0]->type);
	else
		print_params(p, t->results, t->result_count, false);
}

/* ---------------------------------------------------------------- structs and interfaces */

static void print_field(Printer *p, FieldInfo *f) {
	if (!f->embedded) {
		print_member_name(p, f->name, f->package);
		buf_putc(p->out, ' ');
	}
	print_type(p, f->type);
	if (f->tag.len) {
		buf_putc(p->out, ' ');
		print_quoted(p->out, f->tag);
	}
}

static void print_struct(Printer *p, Type *t) {
	bool spaced = p->style == PRINT_RUNTIME;
	buf_puts(p->out, spaced ? "struct {" : "struct{");
	for (uint32_t i = 0; i < t->field_count; i++) {
		buf_puts(p->out, i ? "; " : spaced ? " " : "");
		print_field(p, &t->fields[i]);
	}
	buf_puts(p->out, spaced && t->field_count ? " }" : "}");
}

static void print_method(Printer *p, MethodInfo *m) {
	print_member_name(p, m->name, m->package);
	if (m->signature)
		print_signature(p, m->signature);
}

static void print_term(Printer *p, const UnionTerm *term) {
	if (term->tilde)
		buf_putc(p->out, '~');
	print_type(p, term->type);
}

static void print_terms(Printer *p, const UnionTerm *terms, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_puts(p->out, " | ");
		print_term(p, &terms[i]);
	}
}

static void print_interface_source(Printer *p, Type *t) {
	Universe *u = t->universe;
	if (u->any_type && t == type_unalias(u->any_type)) {
		buf_puts(p->out, "any");
		return;
	}
	if (t->implicit && t->method_count == 0 && t->embeddeds.len == 1) {
		print_type(p, t->embeddeds.items[0]);
		return;
	}
	buf_puts(p->out, "interface{");
	for (uint32_t i = 0; i < t->method_count; i++) {
		buf_puts(p->out, i ? "; " : "");
		print_method(p, &t->methods[i]);
	}
	if (t->method_count && t->embeddeds.len)
		buf_puts(p->out, "; ");
	print_list(p, t->embeddeds, "; ");
	if (t->is_comparable && !t->embeddeds.len)
		buf_puts(p->out, "comparable");
	buf_putc(p->out, '}');
}

/* Terms keep the order of the source, which identity ignores: print the least text first. */
static void print_terms_sorted(Printer *p, Type *t) {
	Arena *arena = t->universe->arena;
	const char **texts = ARENA_ARRAY(arena, const char *, t->term_count);
	for (uint32_t i = 0; i < t->term_count; i++) {
		Buf text;
		buf_init(&text, arena->mem);
		Printer inner = *p;
		inner.out = &text;
		inner.end = p->end > p->out->len ? p->end - p->out->len : 0;
		print_term(&inner, &t->terms[i]);
		const char *copy = arena_strndup(arena, buf_cstr(&text), text.len);
		buf_deinit(&text);
		uint32_t at = i;
		for (; at > 0 && strcmp(texts[at - 1], copy) > 0; at--)
			texts[at] = texts[at - 1];
		texts[at] = copy;
	}
	for (uint32_t i = 0; i < t->term_count; i++)
		buf_printf(p->out, i ? "|%s" : "%s", texts[i]);
}

static void print_interface_set(Printer *p, Type *t) {
	interface_complete(t->universe, t, 0);
	bool spaced = p->style == PRINT_RUNTIME;
	buf_puts(p->out, spaced ? "interface {" : "interface{");
	bool more = false;
	for (uint32_t i = 0; i < t->method_set_count; i++) {
		MethodInfo *m = &t->method_set[i];
		buf_puts(p->out, more ? "; " : spaced ? " " : "");
		if (spaced && !p->in_args && !m->name->exported && m->package)
			buf_printf(p->out, "%s.", m->package->path);
		print_method(p, m);
		more = true;
	}
	if (t->is_comparable) {
		buf_puts(p->out, more ? "; comparable" : "comparable");
		more = true;
	}
	if (t->has_terms) {
		buf_puts(p->out, more ? "; " : "");
		print_terms_sorted(p, t);
		more = true;
	}
	buf_puts(p->out, spaced && more ? " }" : "}");
}

/* ---------------------------------------------------------------- all types */

static void print_chan(Printer *p, Type *t) {
	static const char *const words[] = {[CHAN_BOTH] = "chan ", [CHAN_SEND] = "chan<- ", [CHAN_RECV] = "<-chan "};
	Type *elem = type_unalias(t->elem);
	bool paren = t->chan_dir != CHAN_RECV && elem && elem->kind == TYPE_CHAN && elem->chan_dir == CHAN_RECV &&
		     t->chan_dir == CHAN_BOTH;
	buf_puts(p->out, words[t->chan_dir]);
	if (paren)
		buf_putc(p->out, '(');
	print_type(p, t->elem);
	if (paren)
		buf_putc(p->out, ')');
}

static void print_basic(Printer *p, Type *t) {
	if (p->style == PRINT_MESSAGE && t->object && t->object->name)
		print_declared(p, t);
	else
		buf_puts(p->out, basic_names[t->kind]);
}

static void print_composite(Printer *p, Type *t) {
	switch ((TypeKind)t->kind) {
	case TYPE_POINTER:
		buf_putc(p->out, '*');
		print_type(p, t->elem);
		break;
	case TYPE_SLICE:
		buf_puts(p->out, "[]");
		print_type(p, t->elem);
		break;
	case TYPE_ARRAY:
		buf_printf(p->out, "[%lld]", (long long)t->length);
		print_type(p, t->elem);
		break;
	case TYPE_MAP:
		buf_puts(p->out, "map[");
		print_type(p, t->key);
		buf_putc(p->out, ']');
		print_type(p, t->elem);
		break;
	case TYPE_CHAN:
		print_chan(p, t);
		break;
	case TYPE_STRUCT:
		print_struct(p, t);
		break;
	case TYPE_SIGNATURE:
		buf_puts(p->out, "func");
		print_signature(p, t);
		break;
	case TYPE_INTERFACE:
		if (p->style == PRINT_MESSAGE)
			print_interface_source(p, t);
		else
			print_interface_set(p, t);
		break;
	case TYPE_TUPLE:
		buf_putc(p->out, '(');
		print_list(p, t->tuple, ", ");
		buf_putc(p->out, ')');
		break;
	case TYPE_UNION:
		print_terms(p, t->terms, t->term_count);
		break;
	case TYPE_PARAM:
		print_name(p, t->object ? t->object->name : NULL);
		break;
	case TYPE_NAMED:
	case TYPE_ALIAS:
		print_declared(p, t);
		break;
	default:
		print_basic(p, t);
		break;
	}
}

static void print_type(Printer *p, Type *t) {
	if (p->style != PRINT_MESSAGE)
		t = type_unalias(t);
	if (!t) {
		buf_puts(p->out, "invalid type");
		return;
	}
	if (p->depth > MAX_TYPE_DEPTH || p->out->len > p->end || arena_stops(t->universe->arena)) {
		buf_puts(p->out, "...");
		return;
	}
	p->depth++;
	print_composite(p, t);
	p->depth--;
}

void type_print(Type *t, Package *current, Buf *out) {
	Printer p = {.out = out, .current = current, .end = out->len + PRINT_MAX, .style = PRINT_MESSAGE};
	print_type(&p, t);
}

void type_print_runtime(Type *t, Buf *out, size_t most) {
	Printer p = {.out = out, .end = out->len + most, .style = PRINT_RUNTIME};
	print_type(&p, t);
}

void type_print_signature(Type *signature, Package *current, Buf *out) {
	Printer p = {.out = out, .current = current, .end = out->len + PRINT_MAX, .style = PRINT_MESSAGE};
	print_signature(&p, signature);
}

void type_print_terms(Type *iface, Package *current, Buf *out) {
	Printer p = {.out = out, .current = current, .end = out->len + PRINT_MAX, .style = PRINT_MESSAGE};
	print_terms(&p, iface->terms, iface->term_count);
}
