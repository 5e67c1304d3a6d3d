/* SPDX-License-Identifier: MIT */
/* error.c: run-time errors, worded as Go words them, as values of the core types, and raising them.
 *
 * Rules: raise_* work at g->pc and answer as everything behind the instruction bodies does. Out of memory is first met with
 *   a collection and a second try of the instruction. Texts without operands are constants: raising them allocates nothing.
 * Why: programs and their tests compare these texts, so they are Go's to the letter.
 * See: tests/panics, tests/unit/test_vm.c. */

#include "vm/trace.h"

typedef struct CodeText {
	CoreType core;
	GoString text; /* a string in an interface is a pointer to this */
} CodeText;
#define TEXT(code, core, s) [code] = {core, {s, sizeof(s) - 1}}
static const CodeText code_texts[] = {
	TEXT(PANIC_NIL_POINTER, CORE_RUNTIME_ERROR, "invalid memory address or nil pointer dereference"),
	TEXT(PANIC_DIVIDE, CORE_RUNTIME_ERROR, "integer divide by zero"),
	TEXT(PANIC_NEGATIVE_SHIFT, CORE_RUNTIME_ERROR, "negative shift amount"),
	TEXT(PANIC_NIL_MAP, CORE_PLAIN_ERROR, "assignment to entry in nil map"),
	TEXT(PANIC_CLOSE_NIL_CHAN, CORE_PLAIN_ERROR, "close of nil channel"),
	TEXT(PANIC_CLOSE_CLOSED_CHAN, CORE_PLAIN_ERROR, "close of closed channel"),
	TEXT(PANIC_SEND_CLOSED_CHAN, CORE_PLAIN_ERROR, "send on closed channel"),
	TEXT(PANIC_MAKE_SLICE_LEN, CORE_RUNTIME_ERROR, "makeslice: len out of range"),
	TEXT(PANIC_MAKE_SLICE_CAP, CORE_RUNTIME_ERROR, "makeslice: cap out of range"),
	TEXT(PANIC_MAKE_CHAN_SIZE, CORE_PLAIN_ERROR, "makechan: size out of range"),
	TEXT(PANIC_GROW_SLICE, CORE_RUNTIME_ERROR, "growslice: len out of range"),
	TEXT(PANIC_UNSAFE, CORE_RUNTIME_ERROR, "unsafe pointer: Gol lets it point only to memory of that size that is known to hold no pointers"),
	TEXT(PANIC_BUBBLE_BLOCKED, CORE_PLAIN_ERROR, "deadlock: all goroutines in bubble are blocked"),
	TEXT(PANIC_BUBBLE_MAIN_EXITED, CORE_PLAIN_ERROR,
	     "deadlock: main bubble goroutine has exited but blocked goroutines remain"),
	TEXT(FATAL_BUBBLE_SEND, CORE_COUNT, "send on synctest channel from outside bubble"),
	TEXT(FATAL_BUBBLE_RECEIVE, CORE_COUNT, "receive on synctest channel from outside bubble"),
	TEXT(FATAL_BUBBLE_CLOSE, CORE_COUNT, "close of synctest channel from outside bubble"),
	TEXT(FATAL_BUBBLE_SELECT, CORE_COUNT, "select on synctest channel from outside bubble"),
	TEXT(FATAL_CONCURRENT_MAP_WRITE, CORE_COUNT, "concurrent map writes"),
	TEXT(FATAL_CONCURRENT_MAP_READ_WRITE, CORE_COUNT, "concurrent map read and map write"),
	TEXT(FATAL_CONCURRENT_MAP_ITERATE, CORE_COUNT, "concurrent map iteration and map write"),
};

const char *panic_code_value(VM *vm, PanicCode code, GoIface *out) {
	const CodeText *row = &code_texts[code];
	if (row->core == CORE_COUNT)
		return row->text.ptr;
	*out = (GoIface){vm->types->core[row->core], {.p = (void *)(uintptr_t)&row->text}};
	return NULL;
}

static bool is_code(GoIface value, PanicCode code) { return value.data.p == &code_texts[code].text; }

bool is_nil_dereference(GoIface value) { return is_code(value, PANIC_NIL_POINTER); }

bool is_bubble_deadlock(GoIface value) {
	return is_code(value, PANIC_BUBBLE_BLOCKED) || is_code(value, PANIC_BUBBLE_MAIN_EXITED);
}

bool trace_is_runtime_error(VM *vm, const TypeDesc *type) {
	const TypeDesc *const *core = vm->types->core;
	return type && (type == core[CORE_RUNTIME_ERROR] || type == core[CORE_BOUNDS_ERROR] ||
			type == core[CORE_PLAIN_ERROR] || type == core[CORE_TYPE_ASSERTION_ERROR] || type == core[CORE_PANIC_NIL_ERROR]);
}

/* ---------------------------------------------------------------- values */

/* A word that points to a fresh GoString: the data of an interface that holds a string type. */
static GoString *string_box(Goroutine *g, const char *text, size_t len) {
	for (int round = 0; round < 2; round++) {
		GoString *box = heap_new_words(g, sizeof(GoString) / sizeof(Slot));
		GoString s;
		if (box && string_new(g, text, len, &s) == PANIC_NONE) {
			*box = s;
			return box;
		}
		if (!heap_should_retry(g->vm))
			break;
		gc_collect(g->worker);
	}
	return NULL;
}

bool error_value(Goroutine *g, CoreType core, const char *text, size_t len, GoIface *out) {
	GoString *box = string_box(g, text, len);
	*out = (GoIface){g->vm->types->core[core], {.p = box}};
	return box != NULL;
}

static int raise_formatted(Goroutine *g, CoreType core, const char *format, va_list args) {
	Buf buf;
	GoIface value;
	buf_init(&buf, &g->vm->mem);
	buf_vprintf(&buf, format, args);
	bool ok = error_value(g, core, buf_cstr(&buf), buf.len, &value);
	buf_deinit(&buf);
	return ok ? panic_raise(g, value) : fatal_out_of_memory(g);
}

int raise_runtime(Goroutine *g, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int status = raise_formatted(g, CORE_RUNTIME_ERROR, format, args);
	va_end(args);
	return status;
}

int raise_plain(Goroutine *g, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int status = raise_formatted(g, CORE_PLAIN_ERROR, format, args);
	va_end(args);
	return status;
}

/* ---------------------------------------------------------------- codes */

/* The instruction at g->pc found no memory: collects and has it tried once more. */
static int out_of_memory(Goroutine *g) {
	bool ends = (__atomic_load_n(&g->vm->stop_requested, __ATOMIC_RELAXED) & STOP_EXIT) != 0;
	if (ends || g->resume == RESUME_OOM || !heap_should_retry(g->vm))
		return fatal_out_of_memory(g);
	g->resume = RESUME_OOM;
	gc_collect(g->worker);
	return EXEC_GO_ON;
}

static const char *type_name(const TypeDesc *type) { return type ? type->name : "?"; }

int raise_code(Goroutine *g, PanicCode code) {
	const char *fatal;
	GoIface value;
	switch (code) {
	case PANIC_UNHASHABLE:
		return raise_runtime(g, "hash of unhashable type %s", type_name(g->worker->panic_type));
	case PANIC_UNCOMPARABLE:
		return raise_runtime(g, "comparing uncomparable type %s", type_name(g->worker->panic_type));
	case FATAL_OUT_OF_MEMORY:
		return out_of_memory(g);
	case PANIC_NONE:
	case PANIC_PARKED:
		return EXEC_GO_ON;
	default:
		fatal = panic_code_value(g->vm, code, &value);
		return fatal ? fatal_error(g, "%s", fatal) : panic_raise(g, value);
	}
}

/* ---------------------------------------------------------------- bounds */

static int PRINTF_LIKE(2, 3) raise_bounds(Goroutine *g, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int status = raise_formatted(g, CORE_BOUNDS_ERROR, format, args);
	va_end(args);
	return status;
}

int raise_index(Goroutine *g, int64_t index, int64_t length) {
	if (index < 0)
		return raise_bounds(g, "index out of range [%lld]", (long long)index);
	return raise_bounds(g, "index out of range [%lld] with length %lld", (long long)index, (long long)length);
}

/* s[lo:hi:max], checked from the right as Go does. */
static int raise_slice3(Goroutine *g, int64_t lo, int64_t hi, int64_t max, int64_t limit, const char *what) {
	if (max < 0)
		return raise_bounds(g, "slice bounds out of range [::%lld]", (long long)max);
	if (max > limit)
		return raise_bounds(g, "slice bounds out of range [::%lld] with %s %lld", (long long)max, what,
				     (long long)limit);
	if (hi < 0)
		return raise_bounds(g, "slice bounds out of range [:%lld:]", (long long)hi);
	if (hi > max)
		return raise_bounds(g, "slice bounds out of range [:%lld:%lld]", (long long)hi, (long long)max);
	if (lo < 0)
		return raise_bounds(g, "slice bounds out of range [%lld::]", (long long)lo);
	return raise_bounds(g, "slice bounds out of range [%lld:%lld:]", (long long)lo, (long long)hi);
}

int raise_slice(Goroutine *g, const Slot *bounds, uint32_t flags, int64_t length, int64_t limit, const char *what) {
	int64_t lo = bounds[0].i;
	int64_t hi = flags & SLICE_HAS_HIGH ? bounds[1].i : length;
	if (flags & SLICE_HAS_MAX)
		return raise_slice3(g, lo, hi, bounds[2].i, limit, what);
	if (hi < 0)
		return raise_bounds(g, "slice bounds out of range [:%lld]", (long long)hi);
	if (hi > limit)
		return raise_bounds(g, "slice bounds out of range [:%lld] with %s %lld", (long long)hi, what,
				     (long long)limit);
	if (lo < 0)
		return raise_bounds(g, "slice bounds out of range [%lld:]", (long long)lo);
	return raise_bounds(g, "slice bounds out of range [%lld:%lld]", (long long)lo, (long long)hi);
}

int raise_slice_convert(Goroutine *g, int64_t length, int64_t wanted) {
	return raise_bounds(g, "cannot convert slice with length %lld to array or pointer to array with length %lld",
			    (long long)length, (long long)wanted);
}

/* ---------------------------------------------------------------- type assertions */

/* A struct without a name belongs to the package of its first unexported field. */
static const char *package_of(const TypeDesc *type) {
	for (uint32_t i = 0; type->kind == KIND_STRUCT && !type->pkg_path[0] && i < type->field_count; i++)
		if (type->fields[i].pkg_path[0])
			return type->fields[i].pkg_path;
	return type->pkg_path;
}

/* The text of runtime.TypeAssertionError.Error. interface may be NULL: "interface". */
static void assertion_text(VM *vm, const TypeDesc *concrete, const TypeDesc *asserted, const TypeDesc *interface, Buf *out) {
	if (asserted->kind == KIND_INTERFACE) {
		if (!concrete) {
			buf_printf(out, "interface conversion: interface is nil, not %s", asserted->name);
			return;
		}
		const MethodDesc *missing = iface_missing_method(vm, concrete, asserted);
		buf_printf(out, "interface conversion: %s is not %s: missing method %s", concrete->name, asserted->name,
			   missing ? missing->key->name : "?");
		return;
	}
	buf_printf(out, "interface conversion: %s is %s, not %s", interface ? interface->name : "interface",
		   concrete ? concrete->name : "nil", asserted->name);
	if (concrete && strcmp(concrete->name, asserted->name) == 0)
		buf_puts(out, strcmp(package_of(concrete), package_of(asserted)) != 0 ? " (types from different packages)"
										 : " (types from different scopes)");
}

int raise_assertion(Goroutine *g, const TypeDesc *concrete, const TypeDesc *asserted, const TypeDesc *interface) {
	const TypeDesc *type = g->vm->types->core[CORE_TYPE_ASSERTION_ERROR];
	Buf buf;
	buf_init(&buf, &g->vm->mem);
	assertion_text(g->vm, concrete, asserted, interface, &buf);
	/* *TypeAssertionError points to struct { text string }: a boxed string has that layout. */
	GoString *box = string_box(g, buf_cstr(&buf), buf.len);
	buf_deinit(&buf);
	return box ? panic_raise(g, (GoIface){type, {.p = box}}) : fatal_out_of_memory(g);
}
