/* SPDX-License-Identifier: MIT */
/* native.c: what natives may call (vm/native.h), and the output of print, println and panics.
 *
 * Rules: values raised by natives travel in g->pending_panic, an object of the Go heap, until the native has returned.
 *   Output goes to the host's callback under vm->write_lock, so that writes of several goroutines do not mix.
 * See: vm/native.h, stdlib/. */
#include "base/number.h"
#include "runtime/bubble.h"
#include "vm/trace.h"

/* ---------------------------------------------------------------- panics */

NativeStatus native_panic_value(Goroutine *g, GoIface value) {
	GoIface *pending = heap_new_words(g, sizeof(GoIface) / sizeof(Slot));
	if (!pending) {
		fatal_out_of_memory(g);
		return NATIVE_FATAL;
	}
	*pending = value;
	g->pending_panic = pending;
	return NATIVE_PANIC;
}

static NativeStatus panic_formatted(Goroutine *g, CoreType core, const char *format, va_list args) {
	Buf buf;
	GoIface value;
	buf_init(&buf, &g->vm->mem);
	buf_vprintf(&buf, format, args);
	GoString text = native_string(g, buf_cstr(&buf), buf.len);
	buf_deinit(&buf);
	value = native_box_string(g, text);
	value.type = g->vm->types->core[core];
	return value.data.p ? native_panic_value(g, value) : NATIVE_FATAL;
}

NativeStatus native_panic_text(Goroutine *g, const char *format, ...) {
	va_list args;
	va_start(args, format);
	NativeStatus status = panic_formatted(g, CORE_STRING, format, args);
	va_end(args);
	return status;
}

NativeStatus native_misused(Goroutine *g, const char *name) {
	return native_panic_text(g, "%s: wrong arguments", name);
}

NativeStatus native_panic_runtime(Goroutine *g, const char *format, ...) {
	va_list args;
	va_start(args, format);
	NativeStatus status = panic_formatted(g, CORE_RUNTIME_ERROR, format, args);
	va_end(args);
	return status;
}

static NativeStatus PRINTF_LIKE(2, 3) panic_bounds(Goroutine *g, const char *format, ...) {
	va_list args;
	va_start(args, format);
	NativeStatus status = panic_formatted(g, CORE_BOUNDS_ERROR, format, args);
	va_end(args);
	return status;
}

NativeStatus native_panic_index(Goroutine *g, int64_t index, int64_t length) {
	if (index < 0)
		return panic_bounds(g, "index out of range [%lld]", (long long)index);
	return panic_bounds(g, "index out of range [%lld] with length %lld", (long long)index, (long long)length);
}

NativeStatus native_panic_code(Goroutine *g, PanicCode code) {
	const TypeDesc *type = g->worker->panic_type;
	if (code == PANIC_NONE)
		return NATIVE_DONE;
	if (code == PANIC_PARKED)
		return NATIVE_PARK;
	if (code == PANIC_UNHASHABLE)
		return native_panic_runtime(g, "hash of unhashable type %s", type ? type->name : "?");
	if (code == PANIC_UNCOMPARABLE)
		return native_panic_runtime(g, "comparing uncomparable type %s", type ? type->name : "?");
	if (code == FATAL_OUT_OF_MEMORY) {
		fatal_out_of_memory(g);
		return NATIVE_FATAL;
	}
	GoIface value;
	const char *fatal = panic_code_value(g->vm, code, &value);
	return fatal ? native_fatal(g, "%s", fatal) : native_panic_value(g, value);
}

NativeStatus native_fatal(Goroutine *g, const char *format, ...) {
	va_list args;
	Buf buf;
	va_start(args, format);
	buf_init(&buf, &g->vm->mem);
	buf_vprintf(&buf, format, args);
	va_end(args);
	fatal_report(g, buf_cstr(&buf), true, EXIT_FATAL);
	buf_deinit(&buf);
	return NATIVE_FATAL;
}

/* ---------------------------------------------------------------- values */

GoString native_string(Goroutine *g, const char *s, size_t len) {
	GoString out = {0};
	if (string_new(g, s, len, &out) != PANIC_NONE) {
		fatal_out_of_memory(g);
		return (GoString){0};
	}
	return out;
}

char *native_alloc_bytes(Goroutine *g, size_t size) {
	char *p = heap_new_bytes(g, size);
	if (!p)
		fatal_out_of_memory(g);
	return p;
}

GoSlice native_byte_slice(Goroutine *g, const void *p, size_t len) {
	char *bytes = len <= (size_t)MAX_SLICE_LEN ? native_alloc_bytes(g, len) : NULL;
	if (!bytes)
		return (GoSlice){0};
	if (len)
		memcpy(bytes, p, len);
	return (GoSlice){bytes, (uint32_t)len, (uint32_t)len};
}

GoIface native_box_string(Goroutine *g, GoString s) {
	GoString *box = heap_new_words(g, sizeof(GoString) / sizeof(Slot));
	if (box)
		*box = s;
	else
		fatal_out_of_memory(g);
	return (GoIface){g->vm->types->core[CORE_STRING], {.p = box}};
}

const TypeDesc *native_type(VM *vm, Kind kind) {
	static const char *const names[] = {
		[KIND_BOOL] = "bool", [KIND_INT] = "int", [KIND_INT8] = "int8", [KIND_INT16] = "int16",
		[KIND_INT32] = "int32", [KIND_INT64] = "int64", [KIND_UINT] = "uint", [KIND_UINT8] = "uint8",
		[KIND_UINT16] = "uint16", [KIND_UINT32] = "uint32", [KIND_UINT64] = "uint64",
		[KIND_UINTPTR] = "uintptr", [KIND_FLOAT32] = "float32", [KIND_FLOAT64] = "float64",
		[KIND_COMPLEX64] = "complex64", [KIND_COMPLEX128] = "complex128", [KIND_STRING] = "string",
		[KIND_UNSAFE_POINTER] = "unsafe.Pointer",
	};
	if ((size_t)kind >= COUNT_OF(names) || !names[kind])
		return NULL;
	for (uint32_t i = 0; i < vm->types->types.len; i++) {
		const TypeDesc *type = vm->types->types.items[i];
		if (type->kind == kind && strcmp(type->name, names[kind]) == 0)
			return type;
	}
	return NULL;
}

bool native_go(Worker *w, Bubble *bubble, const Closure *closure) {
	Goroutine *g = goroutine_new(w, NULL, closure, NULL, 0);
	if (!g)
		return false;
	if (bubble)
		bubble_join(bubble, g);
	sched_ready(w->vm, w, g, false);
	return true;
}

/* ---------------------------------------------------------------- output */

void native_write(VM *vm, int fd, const char *data, size_t len) { sched_write(vm, fd, data, len); }

static void put_float(double value, Buf *out) {
	char text[40];
	buf_put(out, text, number_format_print(text, value));
}

static void put_complex(double re, double im, Buf *out) {
	buf_putc(out, '(');
	put_float(re, out);
	put_float(im, out);
	buf_puts(out, "i)");
}

static void put_complex64(Slot s, Buf *out) {
	float parts[2];
	memcpy(parts, &s, sizeof parts);
	put_complex(parts[0], parts[1], out);
}

/* As C's %p, but nil is 0x0. */
static void put_pointer(const void *p, Buf *out) { buf_printf(out, "0x%llx", (unsigned long long)(uintptr_t)p); }

static void put_operand(const Slot *at, PrintKind kind, Buf *out) {
	switch (kind) {
	case PRINT_BOOL:
		buf_puts(out, at->u & 1 ? "true" : "false");
		break;
	case PRINT_INT:
		buf_printf(out, "%lld", (long long)at->i);
		break;
	case PRINT_UINT:
		buf_printf(out, "%llu", (unsigned long long)at->u);
		break;
	case PRINT_FLOAT:
		put_float(at->f, out);
		break;
	case PRINT_FLOAT32:
		put_float(at->f32, out);
		break;
	case PRINT_COMPLEX64:
		put_complex64(*at, out);
		break;
	case PRINT_COMPLEX128:
		put_complex(at[0].f, at[1].f, out);
		break;
	case PRINT_STRING:
		buf_put(out, at[0].p, (size_t)at[1].i);
		break;
	case PRINT_POINTER:
		put_pointer(at->p, out);
		break;
	case PRINT_IFACE:
		buf_printf(out, "(0x%llx,0x%llx)", (unsigned long long)at[0].u, (unsigned long long)at[1].u);
		break;
	case PRINT_SLICE:
		buf_printf(out, "[%u/%u]", (uint32_t)at[1].u, (uint32_t)(at[1].u >> 32));
		put_pointer(at[0].p, out);
		break;
	case PRINT_SPACE:
		buf_putc(out, ' ');
		break;
	case PRINT_NEWLINE:
		buf_putc(out, '\n');
		break;
	}
}

PanicCode print_operands(VM *vm, const Insn *pc, const Slot *fp, uint32_t *words) {
	const Insn *first = pc;
	Buf out;
	buf_init(&out, &vm->mem);
	for (; pc->op == OP_PRINT; pc++)
		put_operand(&fp[pc->a], (PrintKind)pc->b, &out);
	bool failed = out.failed;
	if (!failed)
		native_write(vm, 2, out.ptr, out.len);
	buf_deinit(&out);
	*words = (uint32_t)(pc - first);
	return failed ? FATAL_OUT_OF_MEMORY : PANIC_NONE;
}

/* ---------------------------------------------------------------- values of panics */

/* Every line after the first is indented, as Go does. */
static void put_indented(Goroutine *g, GoString s, Buf *out) {
	Pace pace = {.g = g};
	for (int64_t i = 0; i < s.len && !pace_stops(&pace, (size_t)i);) {
		const char *line = s.ptr + i, *newline = memchr(line, '\n', (size_t)(s.len - i));
		int64_t n = newline ? newline - line + 1 : s.len - i;
		buf_put(out, line, (size_t)n);
		if (newline)
			buf_putc(out, '\t');
		i += n;
	}
}

static bool print_kind_of(const TypeDesc *type, PrintKind *kind) {
	switch ((Kind)type->kind) {
	case KIND_BOOL:
		*kind = PRINT_BOOL;
		return true;
	case KIND_INT: case KIND_INT8: case KIND_INT16: case KIND_INT32: case KIND_INT64:
		*kind = PRINT_INT;
		return true;
	case KIND_UINT: case KIND_UINT8: case KIND_UINT16: case KIND_UINT32: case KIND_UINT64: case KIND_UINTPTR:
		*kind = PRINT_UINT;
		return true;
	case KIND_FLOAT32:
		*kind = PRINT_FLOAT32;
		return true;
	case KIND_FLOAT64:
		*kind = PRINT_FLOAT;
		return true;
	case KIND_COMPLEX64:
		*kind = PRINT_COMPLEX64;
		return true;
	case KIND_COMPLEX128:
		*kind = PRINT_COMPLEX128;
		return true;
	default:
		return false;
	}
}

/* The text of the errors that the VM itself raises. */
static bool put_runtime_error(Goroutine *g, GoIface value, Buf *out) {
	const TypeDesc *const *core = g->vm->types->core;
	if (!trace_is_runtime_error(g->vm, value.type))
		return false;
	if (value.type == core[CORE_PANIC_NIL_ERROR]) {
		buf_puts(out, "panic called with nil argument");
		return true;
	}
	if (value.type == core[CORE_RUNTIME_ERROR] || value.type == core[CORE_BOUNDS_ERROR])
		buf_puts(out, "runtime error: ");
	if (value.data.p)
		put_indented(g, load_string(value.data.p), out);
	return true;
}

void native_print_panic_value(Goroutine *g, GoIface value, Buf *out) {
	const TypeDesc *type = value.type;
	PrintKind kind;
	if (!type) {
		buf_puts(out, "nil");
		return;
	}
	if (put_runtime_error(g, value, out))
		return;
	bool named = type->pkg_path && type->pkg_path[0];
	if (type->kind == KIND_STRING) {
		buf_printf(out, "%s%s", named ? type->name : "", named ? "(\"" : "");
		put_indented(g, load_string(value.data.p), out);
		buf_puts(out, named ? "\")" : "");
	} else if (print_kind_of(type, &kind)) {
		bool parentheses = named && kind != PRINT_COMPLEX64 && kind != PRINT_COMPLEX128;
		buf_printf(out, "%s%s", named ? type->name : "", parentheses ? "(" : "");
		put_operand(type->flags & DESC_DIRECT ? &value.data : value.data.p, kind, out);
		buf_puts(out, parentheses ? ")" : "");
	} else {
		buf_printf(out, "(%s) ", type->name);
		put_pointer(value.data.p, out);
	}
}

/* ---------------------------------------------------------------- natives of images */

static void extend(Slot *at, const TypeDesc *type) {
	switch ((Kind)type->kind) {
	case KIND_BOOL: at->u = at->u != 0; return;
	case KIND_INT8: at->i = (int8_t)at->u; return;
	case KIND_INT16: at->i = (int16_t)at->u; return;
	case KIND_INT32: at->i = (int32_t)at->u; return;
	case KIND_UINT8: at->u = (uint8_t)at->u; return;
	case KIND_UINT16: at->u = (uint16_t)at->u; return;
	case KIND_UINT32: at->u = (uint32_t)at->u; return;
	default: return;
	}
}

static bool is_narrow(const TypeDesc *type) { return !(type->flags & DESC_AGGREGATE) && type->size < 8; }

static NativeStatus call_extended(Goroutine *g, Slot *args) {
	const Function *fn = g->pc->op == OP_CALL_NATIVE ? g->pc[1].ptr : frame_function(args);
	uint32_t at = fn->param_start;
	for (uint32_t i = 0; i < fn->type->param_count; i++) {
		const TypeDesc *type = fn->type->params[i];
		if (type->align == 16)
			at = ALIGN_UP(at, 2u);
		extend(&args[at], type);
		at += type->slots;
	}
	if (fn->recv_type)
		extend(&args[fn->recv_slot], fn->recv_type);
	return ((NativeFn)(uintptr_t)fn->native_data)(g, args);
}

void native_bind_extending(Function *fn) {
	bool narrow = fn->recv_type && is_narrow(fn->recv_type);
	for (uint32_t i = 0; i < fn->type->param_count; i++)
		narrow = narrow || is_narrow(fn->type->params[i]);
	if (!narrow)
		return;
	fn->native_data = (const void *)(uintptr_t)fn->native;
	fn->native = call_extended;
}
