/* SPDX-License-Identifier: MIT */
/* fmt.c: the native behind every printing function: Printf's directives, Print's and Println's spacing.
 *
 * Owns: the output while it grows; the result is one string on the Go heap.
 * Rules: fmt.gol calls `format`, then the methods in `calls`, then `format` again with their texts. See print.c. */
#include "stdlib/fmt/print.h"

#include "base/utf8.h"
#include "stdlib/fmt/scan.h"

enum { MODE_PRINT, MODE_PRINTLN, MODE_PRINTF, MODE_ERRORF };
enum { NUMBER_MAX = 1000000 }; /* width and precision, as in Go; another digit may follow where they are written out */

typedef struct Directives {
	Printer *p;
	const char *s; /* the format */
	size_t len, at;
	const GoIface *args;
	int64_t arg_count, next; /* operand to use next */
	bool reordered;		 /* [n] was used: unused operands are no mistake */
	bool good_index;
	bool after_index; /* [n] stands directly before */
	GoSlice wrapped;  /* []int: operands of %w */
} Directives;

/* Digits at d->at. False: none, or too large (then everything is skipped). */
static bool read_number(Directives *d, int64_t *n) {
	size_t start = d->at;
	*n = 0;
	for (; d->at < d->len && d->s[d->at] >= '0' && d->s[d->at] <= '9'; d->at++) {
		if (*n > NUMBER_MAX) {
			*n = 0;
			d->at = d->len;
			return false;
		}
		*n = *n * 10 + (d->s[d->at] - '0');
	}
	return d->at > start;
}

/* An optional [n]. */
static void read_index(Directives *d) {
	d->after_index = false;
	if (d->at >= d->len || d->s[d->at] != '[')
		return;
	d->reordered = true;
	const char *close = memchr(d->s + d->at, ']', d->len - d->at);
	if (!close || d->len - d->at < 3) {
		d->good_index = false;
		d->at++;
		return;
	}
	size_t end = (size_t)(close - d->s) + 1, old_len = d->len;
	int64_t n;
	d->at++;
	d->len = end - 1;
	bool ok = read_number(d, &n) && d->at == end - 1;
	d->len = old_len;
	d->at = end;
	if (ok && n >= 1 && n <= d->arg_count) {
		d->next = n - 1;
		d->after_index = true;
		return;
	}
	d->good_index = false;
	d->after_index = ok;
}

/* The value of * from the next operand. */
static bool read_star(Directives *d, int64_t *n) {
	*n = 0;
	if (d->next >= d->arg_count)
		return false;
	GoIface arg = load_iface(&d->args[d->next++]);
	if (!arg.type || arg.type->kind < KIND_INT || arg.type->kind > KIND_UINTPTR)
		return false;
	int64_t v = arg.data.i;
	bool is_unsigned = arg.type->kind >= KIND_UINT;
	if ((is_unsigned && v < 0) || v > NUMBER_MAX || v < -NUMBER_MAX)
		return false;
	*n = v;
	return true;
}

static void read_width(Directives *d) {
	Flags *fl = &d->p->f.flags;
	read_index(d);
	if (d->at < d->len && d->s[d->at] == '*') {
		d->at++;
		fl->has_width = read_star(d, &fl->width);
		if (!fl->has_width)
			print_text(d->p, "%!(BADWIDTH)");
		if (fl->width < 0) {
			fl->width = -fl->width;
			fl->minus = true;
			fl->zero = false;
		}
		d->after_index = false;
		return;
	}
	fl->has_width = read_number(d, &fl->width);
	if (d->after_index && fl->has_width) /* %[3]2d */
		d->good_index = false;
}

static void read_precision(Directives *d) {
	Flags *fl = &d->p->f.flags;
	if (d->at + 1 >= d->len || d->s[d->at] != '.') /* a point at the end is a verb */
		return;
	d->at++;
	if (d->after_index) /* %[3].2d */
		d->good_index = false;
	read_index(d);
	if (d->at < d->len && d->s[d->at] == '*') {
		d->at++;
		bool ok = read_star(d, &fl->precision);
		fl->has_precision = ok && fl->precision >= 0;
		if (fl->precision < 0)
			fl->precision = 0;
		if (!fl->has_precision)
			print_text(d->p, "%!(BADPREC)");
		d->after_index = false;
		return;
	}
	read_number(d, &fl->precision);
	fl->has_precision = true;
}

static void read_flags(Directives *d) {
	Flags *fl = &d->p->f.flags;
	*fl = (Flags){0};
	for (; d->at < d->len; d->at++) {
		switch (d->s[d->at]) {
		case '#':
			fl->sharp = true;
			break;
		case '0':
			fl->zero = true;
			break;
		case '+':
			fl->plus = true;
			break;
		case '-':
			fl->minus = true;
			break;
		case ' ':
			fl->space = true;
			break;
		default:
			return;
		}
	}
}

static void note_wrapped(Directives *d) {
	Goroutine *g = d->p->g;
	const TypeDesc *type = g->vm->types->core[CORE_INT];
	GoSlice grown;
	if (slice_grow(g, type, d->wrapped, 1, &grown) != PANIC_NONE) {
		d->p->f.out.failed = true;
		return;
	}
	((int64_t *)grown.ptr)[grown.len++] = d->next;
	d->wrapped = grown;
}

static void print_directive(Directives *d, int32_t verb) {
	Printer *p = d->p;
	Flags *fl = &p->f.flags;
	if (verb == '%') {
		buf_putc(&p->f.out, '%');
		return;
	}
	if (!d->good_index || d->next >= d->arg_count) {
		print_text(p, "%!");
		buf_put_rune(&p->f.out, verb);
		print_text(p, d->good_index ? "(MISSING)" : "(BADINDEX)");
		return;
	}
	if (verb == 'w')
		note_wrapped(d);
	if (verb == 'v' || verb == 'w') {
		fl->sharp_v = fl->sharp;
		fl->sharp = false;
		fl->plus_v = fl->plus;
		fl->plus = false;
	}
	GoIface arg = load_iface(&d->args[d->next++]);
	print_arg(p, print_operand(&arg), verb);
}

static void print_extra(Directives *d) {
	Printer *p = d->p;
	p->f.flags = (Flags){0};
	print_text(p, "%!(EXTRA ");
	for (int64_t i = d->next; i < d->arg_count; i++) {
		if (i > d->next)
			print_text(p, ", ");
		GoIface value = load_iface(&d->args[i]);
		Operand arg = print_operand(&value);
		if (arg.type) {
			print_text(p, arg.type->name);
			buf_putc(&p->f.out, '=');
			print_arg(p, arg, 'v');
		} else {
			print_text(p, "<nil>");
		}
	}
	buf_putc(&p->f.out, ')');
}

static void print_formatted(Directives *d) {
	Printer *p = d->p;
	while (d->at < d->len) {
		const char *from = d->s + d->at, *percent = memchr(from, '%', d->len - d->at);
		size_t literal = percent ? (size_t)(percent - from) : d->len - d->at;
		buf_put(&p->f.out, from, literal);
		d->at += literal + 1;
		if (!percent)
			break;
		d->good_index = true;
		d->after_index = false;
		read_flags(d);
		read_width(d);
		read_precision(d);
		if (!d->after_index)
			read_index(d);
		if (d->at >= d->len) {
			print_text(p, "%!(NOVERB)");
			break;
		}
		int32_t verb;
		d->at += (size_t)utf8_decode(d->s + d->at, d->len - d->at, &verb);
		size_t before = p->f.out.len;
		print_directive(d, verb);
		if (native_work(p->g, 1 + (int64_t)((p->f.out.len - before) / 16)))
			return;
	}
	if (!d->reordered && d->next < d->arg_count)
		print_extra(d);
}

static void print_operands(Printer *p, const GoIface *args, int64_t count, bool line) {
	bool after_string = false;
	for (int64_t i = 0; i < count && !native_work(p->g, 1); i++) {
		GoIface value = load_iface(&args[i]);
		Operand arg = print_operand(&value);
		bool is_string = arg.type && arg.type->kind == KIND_STRING;
		if (i > 0 && (line || (!is_string && !after_string)))
			buf_putc(&p->f.out, ' ');
		print_arg(p, arg, 'v');
		after_string = is_string;
	}
	if (line)
		buf_putc(&p->f.out, '\n');
}

/* types is a nil *methods of fmt.gol: its fields have the types that are looked for. */
/* The types that fmt.gol passes; an image may pass others. fmt.call is known to be laid out as PrintCall. */
static bool types_fit(const TypeDesc *types) {
	if (!types || types->kind != KIND_POINTER || types->elem->kind != KIND_STRUCT || types->elem->field_count < 5)
		return false;
	const FieldDesc *fields = types->elem->fields;
	for (int i = 0; i < 4; i++)
		if (fields[i].type->kind != KIND_INTERFACE)
			return false;
	return strcmp(fields[4].type->pkg_path, "fmt") == 0 && strcmp(fields[4].type->short_name, "call") == 0;
}

static void printer_init(Printer *p, Goroutine *g, GoIface types, GoSlice texts) {
	const FieldDesc *fields = types.type->elem->fields;
	*p = (Printer){.g = g, .texts = texts.ptr, .text_count = texts.len};
	buf_init(&p->f.out, &g->vm->mem);
	p->f.g = g;
	p->formatter = fields[0].type;
	p->go_stringer = fields[1].type;
	p->error = fields[2].type;
	p->stringer = fields[3].type;
	p->call = fields[4].type;
}

/* func format(mode int, format string, args []any, texts []text, types any) (out string, calls []call, wrapped []int)
 */
static NativeStatus fmt_format(Goroutine *g, Slot *args) {
	struct {
		GoString out;
		GoSlice calls, wrapped;
		int64_t mode;
		GoString format;
		GoSlice args, texts;
		GoIface types;
	} *a = NATIVE_ARGS(args);
	Printer p;
	if (!types_fit(a->types.type))
		return native_panic_text(g, "fmt: wrong types");
	printer_init(&p, g, a->types, a->texts);
	p.stack_base = (uintptr_t)__builtin_frame_address(0);
	Directives d = {.p = &p,
			.s = a->format.ptr,
			.len = (size_t)a->format.len,
			.args = a->args.ptr,
			.arg_count = a->args.len};
	if (a->mode >= MODE_PRINTF) {
		p.wrap_errors = a->mode == MODE_ERRORF;
		print_formatted(&d);
	} else {
		print_operands(&p, a->args.ptr, a->args.len, a->mode == MODE_PRINTLN);
	}
	native_charge(g, (int64_t)p.f.out.len / 16 + 1);
	if (p.too_deep || p.f.out.failed || p.panic != PANIC_NONE) {
		buf_deinit(&p.f.out);
		if (p.too_deep)
			return native_fatal(g, "stack overflow");
		return native_panic_code(g, p.panic != PANIC_NONE ? p.panic : FATAL_OUT_OF_MEMORY);
	}
	a->out = p.call_count ? (GoString){0} : native_string(g, p.f.out.ptr, p.f.out.len);
	a->calls = (GoSlice){p.calls, p.call_count, p.call_count};
	a->wrapped = d.wrapped;
	buf_deinit(&p.f.out);
	return NATIVE_DONE;
}

/* func bytes(s string) []byte: the string's own memory; the callers only let it be read. */
static NativeStatus fmt_bytes(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		GoString s;
	} *a = NATIVE_ARGS(args);
	if (a->s.len > MAX_SLICE_LEN)
		return native_panic_code(g, PANIC_MAKE_SLICE_LEN);
	a->result = (GoSlice){(void *)a->s.ptr, (uint32_t)a->s.len, (uint32_t)a->s.len};
	return NATIVE_DONE;
}

static NativeStatus fmt_isNil(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface v;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = a->v.type && a->v.type->kind == KIND_POINTER && a->v.data.p == NULL;
	return NATIVE_DONE;
}

const NativeDef natives_fmt[] = {
	{"format", fmt_format}, {"bytes", fmt_bytes}, {"isNil", fmt_isNil}, {"scanText", fmt_scanText}, {NULL, NULL},
};
