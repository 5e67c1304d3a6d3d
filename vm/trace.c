/* SPDX-License-Identifier: MIT */
/* trace.c: stack traces, fatal errors and reports of uncaught panics, in Go's format.
 *
 * Owns: the text of the last report (VmPrivate.error).
 * Rules: a report that shows other goroutines stops the world first; whoever comes second says nothing. Output leaves in
 *   one write.
 * Why: scripts' tools parse these texts as they parse Go's. Frames show no argument values: slots of a frame may be dead.
 * See: tests/panics, tests/unit/test_vm.c. */
#include "vm/trace.h"

#include "runtime/bubble.h"
#include "runtime/session.h"

#include <stdio.h>
#include <stdlib.h>

enum { INNER_FRAMES = 50, OUTER_FRAMES = 50 }; /* of a longer stack; Go's numbers */

#define LIBRARY_PREFIX "$GOL/" /* of the names of the library's files */

/* ---------------------------------------------------------------- positions */

static bool inside(const Function *fn, const Insn *pc) { return pc >= fn->code && pc < fn->code + fn->code_len; }

static const InlineSite *inlined_at(const Function *fn, const Insn *pc) {
	return pc && inside(fn, pc) ? function_inline(fn, (uint32_t)(pc - fn->code)) : NULL;
}

const Function *trace_function(const Function *fn, const Insn *pc) {
	const InlineSite *site = inlined_at(fn, pc);
	return site ? site->fn : fn;
}

const Insn *trace_inline_caller(const Function *fn, const Insn *pc) {
	const InlineSite *site = inlined_at(fn, pc);
	return site ? fn->code + site->call_pc : NULL;
}

FrameInfo trace_frame_info(VM *vm, const Function *fn, const Insn *pc) {
	FrameInfo info = {fn, fn->name ? fn->name : "?", fn->file ? fn->file : "", fn->line, pc};
	if (!pc || !inside(fn, pc))
		return info;
	info.fn = trace_function(fn, pc);
	info.name = info.fn->name;
	const LineEntry *entry = function_line(fn, (uint32_t)(pc - fn->code));
	if (!entry)
		return info;
	info.line = entry->line;
	if (vm->program && entry->file < vm->program->file_count)
		info.file = vm->program->files[entry->file];
	return info;
}

/* A walk over the frames a trace shows: those of inlined calls too. */
typedef struct TraceWalk {
	FrameWalk frame;
	const Insn *pc;    /* of the instruction under way in it; of the inlined call when that was shown before */
	const Panic *panic; /* it was entered by this panic: shown before the frame in which the panic began */
	const Panic *older; /* the panics below */
} TraceWalk;

static void trace_walk_at(TraceWalk *t, Goroutine *g, Slot *fp, const Insn *pc) {
	t->frame = (FrameWalk){.g = g, .fp = fp, .pc = pc};
	t->pc = pc;
	t->panic = NULL;
	t->older = g->panics;
}

/* pc is behind the instruction only in a goroutine that waits and need not look at it again. */
static void trace_walk_init(TraceWalk *t, Goroutine *g) {
	bool behind = __atomic_load_n(&g->status, __ATOMIC_RELAXED) == G_WAITING && g->resume == RESUME_NONE;
	frame_walk_init(&t->frame, g);
	t->pc = t->frame.pc && behind ? t->frame.pc - 1 : t->frame.pc;
	t->panic = NULL;
	t->older = g->panics;
}

static bool trace_walk_next(TraceWalk *t) {
	const Slot *callee = t->frame.fp;
	const Insn *caller = trace_inline_caller(frame_walk_function(&t->frame), t->pc);
	t->panic = NULL;
	if (caller) {
		t->pc = caller;
		return true;
	}
	if (!frame_walk_next(&t->frame))
		return false;
	t->pc = t->frame.pc;
	if (t->pc == code_panic_next) {
		t->panic = panic_of_deferred(&t->older, goroutine_offset(t->frame.g, callee));
		t->pc = t->panic ? t->panic->pc : NULL;
	} else if (inside(frame_walk_function(&t->frame), t->pc) &&
		   callee - t->frame.fp != frame_extent(frame_walk_function(&t->frame))) {
		t->pc--; /* RUN_DEFERS is returned to, other calls are returned behind */
	}
	return true;
}

static const Function *shown_function(const TraceWalk *t) {
	return trace_function(frame_walk_function(&t->frame), t->pc);
}

static bool is_shown(const TraceWalk *t) { return !(shown_function(t)->flags & FUNC_WRAPPER); }

/* ---------------------------------------------------------------- text of a stack */

static void put_position(const FrameInfo *info, Buf *out) {
	buf_printf(out, "\t%s:%u", info->file, info->line);
	if (info->pc && inside(info->fn, info->pc))
		buf_printf(out, " +0x%llx", (unsigned long long)(info->pc - info->fn->code) * sizeof(Insn));
	buf_putc(out, '\n');
}

static void put_frame(const TraceWalk *t, Buf *out) {
	FrameInfo info = trace_frame_info(t->frame.g->vm, frame_walk_function(&t->frame), t->pc);
	const Function *fn = info.fn;
	bool plain = fn->type && fn->type->param_count == 0 && fn->recv_slot == 0;
	if (t->panic)
		buf_printf(out, "panic({%p, %p})\n\truntime/panic.go\n", (const void *)t->panic->value.type,
			   t->panic->value.data.p);
	buf_printf(out, "%s(%s)\n", fn->name ? fn->name : "?", plain ? "" : "...");
	put_position(&info, out);
}

static void put_frames(TraceWalk t, uint32_t skip, Buf *out) {
	uint32_t count = 0, at = 0;
	TraceWalk counting = t;
	do
		count += is_shown(&counting);
	while (trace_walk_next(&counting));
	count = count > skip ? count - skip : 0;
	uint32_t elided = count > INNER_FRAMES + OUTER_FRAMES ? count - INNER_FRAMES - OUTER_FRAMES : 0;
	do {
		if (!is_shown(&t))
			continue;
		if (skip) {
			skip--;
			continue;
		}
		if (elided && at == INNER_FRAMES)
			buf_printf(out, "...%u frames elided...\n", elided);
		if (!elided || at < INNER_FRAMES || at >= INNER_FRAMES + elided)
			put_frame(&t, out);
		at++;
	} while (trace_walk_next(&t));
}

static void put_creator(const Goroutine *g, Buf *out) {
	if (!g->created_by)
		return;
	FrameInfo info = trace_frame_info(g->vm, g->created_by, g->created_pc);
	buf_printf(out, "created by %s in goroutine %llu\n", g->created_by->name ? g->created_by->name : "?",
		   (unsigned long long)g->created_id);
	put_position(&info, out);
}

const char *wait_reason_text(WaitReason reason) {
	static const char *const texts[] = {
		[WAIT_NONE] = "waiting",
		[WAIT_CHAN_RECEIVE] = "chan receive",
		[WAIT_CHAN_RECEIVE_NIL] = "chan receive (nil chan)",
		[WAIT_CHAN_SEND] = "chan send",
		[WAIT_CHAN_SEND_NIL] = "chan send (nil chan)",
		[WAIT_SELECT] = "select",
		[WAIT_SELECT_NO_CASES] = "select (no cases)",
		[WAIT_SLEEP] = "sleep",
		[WAIT_SYNC_MUTEX] = "sync.Mutex.Lock",
		[WAIT_SYNC_RWMUTEX_R] = "sync.RWMutex.RLock",
		[WAIT_SYNC_RWMUTEX_W] = "sync.RWMutex.Lock",
		[WAIT_SYNC_COND] = "sync.Cond.Wait",
		[WAIT_SYNC_WAITGROUP] = "sync.WaitGroup.Wait",
		[WAIT_SYNC_WAITGROUP_BUBBLE] = "sync.WaitGroup.Wait",
		[WAIT_SEMACQUIRE] = "semacquire",
		[WAIT_COROUTINE] = "coroutine",
		[WAIT_IO] = "IO wait",
		[WAIT_SYSCALL] = "syscall",
		[WAIT_HOST] = "host call",
		[WAIT_SIGNAL] = "syscall",
		[WAIT_GC] = "GC worker (idle)",
		[WAIT_SYNCTEST_RUN] = "synctest.Run",
		[WAIT_SYNCTEST_WAIT] = "synctest.Wait",
	};
	return (size_t)reason < COUNT_OF(texts) && texts[reason] ? texts[reason] : "waiting";
}

static void put_header(const Goroutine *g, Buf *out) {
	static const int64_t minute_ns = 60 * (int64_t)1000000000;
	const char *state = "running";
	uint8_t status = __atomic_load_n(&g->status, __ATOMIC_RELAXED);
	if (status == G_RUNNABLE)
		state = "runnable";
	else if (status == G_WAITING)
		state = wait_reason_text((WaitReason)g->wait_reason);
	buf_printf(out, "goroutine %llu [%s", (unsigned long long)g->id, state);
	if (status == G_WAITING && g->bubble && g->sudog.is_durable)
		buf_puts(out, " (durable)");
	int64_t waited = status == G_WAITING && g->wait_since_ns ? clock_monotonic_ns() - g->wait_since_ns : 0;
	if (waited >= minute_ns)
		buf_printf(out, ", %lld minutes", (long long)(waited / minute_ns));
	if (g->bubble)
		buf_printf(out, ", synctest bubble %u", bubble_id(g->bubble));
	buf_puts(out, "]:\n");
}

void trace_goroutine(Goroutine *g, uint32_t skip, Buf *out) {
	TraceWalk t;
	put_header(g, out);
	trace_walk_init(&t, g);
	put_frames(t, skip, out);
	put_creator(g, out);
}

/* ---------------------------------------------------------------- all goroutines */

typedef struct GoroutineList {
	VM *vm;
	Goroutine **items;
	size_t len, cap;
	bool (*only)(const Goroutine *g); /* NULL: all */
} GoroutineList;

static void list_goroutine(Goroutine *g, void *user) {
	GoroutineList *list = user;
	if (g->is_system || g->resume == RESUME_NEVER || (list->only && !list->only(g)))
		return;
	if (list->len == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		Goroutine **items = mem_realloc(&list->vm->mem, list->items, list->cap * sizeof(Goroutine *),
						cap * sizeof(Goroutine *));
		if (!items)
			return;
		list->items = items;
		list->cap = cap;
	}
	list->items[list->len++] = g;
}

static int compare_ids(const void *a, const void *b) {
	uint64_t x = (*(Goroutine *const *)a)->id, y = (*(Goroutine *const *)b)->id;
	return (x > y) - (x < y);
}

/* All but `first`, which stands above already, that `only` says. */
static void trace_others(VM *vm, const Goroutine *first, bool (*only)(const Goroutine *g), Buf *out) {
	GoroutineList list = {.vm = vm, .only = only};
	sched_each_goroutine(vm, list_goroutine, &list);
	if (list.len)
		qsort(list.items, list.len, sizeof(Goroutine *), compare_ids);
	bool more = first != NULL;
	for (size_t i = 0; i < list.len; i++) {
		if (list.items[i] == first)
			continue;
		if (more)
			buf_putc(out, '\n');
		more = true;
		trace_goroutine(list.items[i], 0, out);
	}
	mem_free(&vm->mem, list.items, list.cap * sizeof(Goroutine *));
}

void trace_all(VM *vm, Goroutine *first, Buf *out) {
	if (first)
		trace_goroutine(first, 0, out);
	trace_others(vm, first, NULL, out);
}

static bool is_in_deadlocked_bubble(const Goroutine *g) { return bubble_is_deadlocked(g->bubble); }

/* With the panic that says so, those of the bubble that will never run. */
static void put_deadlocked_bubbles(Goroutine *g, Buf *out) {
	sched_stop_world(g->worker);
	trace_others(g->vm, g, is_in_deadlocked_bubble, out);
	sched_start_world(g->worker);
}

static void list_pcs(Goroutine *g, void *user) {
	uint64_t pc = 0;
	TraceWalk t;
	if (g->is_system || g->resume == RESUME_NEVER)
		return;
	trace_walk_init(&t, g);
	do {
		FrameInfo info = trace_frame_info(g->vm, frame_walk_function(&t.frame), t.pc);
		pc = (uint64_t)(uintptr_t)info.pc + 1;
		if (is_shown(&t) && info.pc)
			buf_put(user, (const char *)&pc, sizeof pc);
	} while (trace_walk_next(&t));
	pc = 0;
	buf_put(user, (const char *)&pc, sizeof pc);
}

void trace_all_pcs(VM *vm, Buf *out) { sched_each_goroutine(vm, list_pcs, out); }

void trace_requested(Worker *w, Goroutine *g) {
	VM *vm = w->vm;
	if (!(__atomic_fetch_and(&vm->stop_requested, ~(uint32_t)STOP_TRACE, __ATOMIC_ACQ_REL) & STOP_TRACE))
		return; /* another worker was faster */
	Buf out;
	buf_init(&out, &vm->mem);
	sched_stop_world(w);
	trace_all(vm, g, &out);
	sched_start_world(w);
	native_write(vm, 2, out.ptr, out.len);
	buf_deinit(&out);
}

void trace_unanswered(VM *vm) {
	if (!(__atomic_fetch_and(&vm->stop_requested, ~(uint32_t)STOP_TRACE, __ATOMIC_ACQ_REL) & STOP_TRACE))
		return;
	Buf out;
	buf_init(&out, &vm->mem);
	trace_all(vm, NULL, &out);
	native_write(vm, 2, out.ptr, out.len);
	buf_deinit(&out);
}

/* ---------------------------------------------------------------- reports */

static VmPrivate *private_of(VM *vm) { return vm->vm_private; }

void trace_set_error(VM *vm, const char *text, size_t len) {
	VmPrivate *p = private_of(vm);
	if (!p)
		return;
	lock_acquire(&p->lock);
	p->error.len = 0;
	buf_put(&p->error, text, len);
	lock_release(&p->lock);
}

const char *trace_last_error(VM *vm) {
	VmPrivate *p = private_of(vm);
	return p ? buf_cstr(&p->error) : "";
}

/* One report for each run of a program. False: somebody else says why it ends. */
static bool report_begin(Goroutine *g) {
	if (g->vm->session)
		return true; /* only a goroutine ends */
	return __atomic_load_n(&g->vm->exit_state, __ATOMIC_RELAXED) == EXIT_RUNNING &&
	       !__atomic_exchange_n(&private_of(g->vm)->reported, true, __ATOMIC_ACQ_REL);
}

/* Of a session's goroutines the host asks about the evaluation. */
static void note_error(Goroutine *g, const Buf *line) {
	if (line->len && (!g->vm->session || session_is_evaluation(g)))
		trace_set_error(g->vm, line->ptr, line->len <= MAX_ERROR_TEXT ? line->len - 1 : MAX_ERROR_TEXT);
}

static void report_end(Goroutine *g, ExitState state, const Buf *text) {
	sched_fail(g, state, 2);
	native_write(g->vm, 2, text->ptr, text->len);
}

/* prefix: lines before "fatal error". all: every goroutine's stack, for which the world must stand; a native that goes on
 * after this (out of memory) cannot have that, as its objects are not rooted. */
static int fatal_text(Goroutine *g, const char *prefix, const char *text, bool all, ExitState state) {
	Buf out;
	all = all && !g->vm->session; /* there the others go on */
	if (all)
		sched_stop_world(g->worker);
	if (report_begin(g)) {
		buf_init(&out, &g->vm->mem);
		buf_printf(&out, "%sfatal error: %s\n", prefix, text);
		note_error(g, &out);
		buf_putc(&out, '\n');
		if (all)
			trace_all(g->vm, g, &out);
		else
			trace_goroutine(g, 0, &out);
		report_end(g, state, &out);
		buf_deinit(&out);
	}
	if (all)
		sched_start_world(g->worker);
	return RUN_EXIT;
}

int fatal_report(Goroutine *g, const char *text, bool all, ExitState state) {
	return fatal_text(g, "", text, all, state);
}

int fatal_error(Goroutine *g, const char *format, ...) {
	va_list args;
	Buf text;
	va_start(args, format);
	buf_init(&text, &g->vm->mem);
	buf_vprintf(&text, format, args);
	va_end(args);
	int status = fatal_report(g, buf_cstr(&text), true, EXIT_FATAL);
	buf_deinit(&text);
	return status;
}

int fatal_stack_overflow(Goroutine *g) {
	char prefix[96];
	snprintf(prefix, sizeof prefix, "runtime: goroutine stack exceeds %llu-byte limit\n",
		 (unsigned long long)stack_limit_bytes(g->vm));
	return fatal_text(g, prefix, "stack overflow", false, g->vm->host.stack_limited ? EXIT_LIMIT : EXIT_FATAL);
}

int fatal_out_of_memory(Goroutine *g) {
	return fatal_report(g, "runtime: out of memory", false, g->vm->mem.cap_bytes ? EXIT_LIMIT : EXIT_MEMORY);
}

static void count_goroutine(Goroutine *g, void *user) {
	if (!g->is_system && g->resume != RESUME_NEVER)
		++*(size_t *)user;
}

void trace_exit_hook(VM *vm) {
	size_t count = 0;
	Buf out;
	if (sched_exit_state(vm) != EXIT_DEADLOCK)
		return;
	sched_each_goroutine(vm, count_goroutine, &count);
	buf_init(&out, &vm->mem);
	buf_puts(&out, count ? "fatal error: all goroutines are asleep - deadlock!\n"
			     : "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n");
	trace_set_error(vm, out.ptr, out.len - 1);
	if (count) {
		buf_putc(&out, '\n');
		trace_all(vm, NULL, &out);
	}
	native_write(vm, 2, out.ptr, out.len);
	buf_deinit(&out);
}

static Panic *panics_reverse(Panic *p) {
	Panic *reversed = NULL;
	for (Panic *link; p; p = link) {
		link = p->link;
		p->link = reversed;
		reversed = p;
	}
	return reversed;
}

/* The chain of panics, oldest first. It can be longer than a recursion would bear. */
static void put_panics(Goroutine *g, Panic *newest, Buf *out) {
	Panic *oldest = panics_reverse(newest);
	bool indent = false;
	for (const Panic *p = oldest; p && !native_must_stop(g); p = p->link) {
		if (indent)
			buf_putc(out, '\t');
		indent = !p->goexit;
		if (!indent)
			continue;
		buf_puts(out, "panic: ");
		native_print_panic_value(g, p->value, out);
		buf_puts(out, p->recovered ? " [recovered]\n" : "\n");
		native_charge(g, 16);
	}
	panics_reverse(oldest);
}

static bool any_nil_dereference(const Panic *p) {
	while (p && !is_nil_dereference(p->value))
		p = p->link;
	return p != NULL;
}

void trace_report_panic(Goroutine *g, const Panic *panic) {
	Buf out;
	TraceWalk t;
	if (!report_begin(g))
		return;
	buf_init(&out, &g->vm->mem);
	put_panics(g, g->panics, &out);
	if (!native_must_stop(g)) /* else something else ends it */
		note_error(g, &out);
	if (any_nil_dereference(panic))
		buf_printf(&out, "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=%p]\n",
			   (const void *)panic->pc);
	buf_putc(&out, '\n');
	put_header(g, &out);
	trace_walk_at(&t, g, panic_frame(g, panic), panic->pc);
	put_frames(t, 0, &out);
	put_creator(g, &out);
	if (is_bubble_deadlock(panic->value))
		put_deadlocked_bubbles(g, &out);
	report_end(g, EXIT_PANIC, &out);
	buf_deinit(&out);
}

/* ---------------------------------------------------------------- runtime.Caller and friends */

/* Frames that Go's programs have and ours have not, or not as such: the last ones, and what lies between a function and the
 * deferred calls of its panic, innermost first. `text`: how the error begins that makes them appear. */
enum { GO_EXIT, GO_MAIN, GO_PANIC, GO_PANIC_MEM, GO_SIGPANIC, GO_PANIC_INDEX, GO_PANIC_SLICE, GO_PANIC_DIVIDE, GO_PANIC_SHIFT, GO_FRAMES };
static const Insn go_frame_code[GO_FRAMES] = {{.op = OP_UNREACHABLE}};
static const struct GoFrame {
	const char *text, *name, *file;
	uint32_t line;
} go_frames[GO_FRAMES] = {
	[GO_EXIT] = {NULL, "runtime.goexit", "runtime/asm_amd64.s", 1700},
	[GO_MAIN] = {NULL, "runtime.main", "runtime/proc.go", 272},
	[GO_PANIC] = {"", "runtime.gopanic", "runtime/panic.go", 785},
	[GO_PANIC_MEM] = {"invalid memory address", "runtime.panicmem", "runtime/panic.go", 262},
	[GO_SIGPANIC] = {"invalid memory address", "runtime.sigpanic", "runtime/signal_unix.go", 917},
	[GO_PANIC_INDEX] = {"index out of range", "runtime.goPanicIndex", "runtime/panic.go", 115},
	[GO_PANIC_SLICE] = {"slice bounds out of range", "runtime.goPanicSliceB", "runtime/panic.go", 153},
	[GO_PANIC_DIVIDE] = {"integer divide by zero", "runtime.panicdivide", "runtime/panic.go", 241},
	[GO_PANIC_SHIFT] = {"negative shift amount", "runtime.panicshift", "runtime/panic.go", 232},
};

static FrameInfo go_frame_info(uint32_t i) {
	return (FrameInfo){NULL, go_frames[i].name, go_frames[i].file, go_frames[i].line, &go_frame_code[i]};
}

static bool panic_shows(VM *vm, const Panic *p, const struct GoFrame *frame) {
	GoIface v = p->value;
	if (!frame->text || !frame->text[0])
		return frame->text != NULL;
	const TypeDesc *const *core = vm->types->core;
	if (!v.type || (v.type != core[CORE_RUNTIME_ERROR] && v.type != core[CORE_BOUNDS_ERROR]) || !v.data.p)
		return false;
	GoString text = load_string(v.data.p);
	size_t len = strlen(frame->text);
	return (size_t)text.len >= len && memcmp(text.ptr, frame->text, len) == 0;
}

/* One frame more; false: the one that is wanted was found. */
typedef struct Callers {
	uint32_t skip;
	FrameInfo *out;
} Callers;

static bool add_caller(Callers *c, FrameInfo info) {
	if (c->skip-- != 0)
		return true;
	*c->out = info;
	return false;
}

bool trace_caller(Goroutine *g, uint32_t n, FrameInfo *out) {
	Callers callers = {n, out};
	TraceWalk t;
	trace_walk_init(&t, g);
	bool more = true;
	/* A native called through a func value has a frame of its own. */
	if (shown_function(&t)->flags & FUNC_NATIVE)
		more = trace_walk_next(&t);
	for (; more; more = trace_walk_next(&t)) {
		const Function *fn = frame_walk_function(&t.frame);
		for (uint32_t i = 0; t.panic && i < GO_FRAMES; i++)
			if (panic_shows(g->vm, t.panic, &go_frames[i]) && !add_caller(&callers, go_frame_info(i)))
				return true;
		if (g->vm->program && fn == g->vm->program->entry) {
			if (!add_caller(&callers, go_frame_info(GO_MAIN)))
				return true;
		} else if (is_shown(&t) && !add_caller(&callers, trace_frame_info(g->vm, fn, t.pc))) {
			return true;
		}
	}
	return !add_caller(&callers, go_frame_info(GO_EXIT));
}

bool trace_position(Goroutine *g, bool program, FrameInfo *out) {
	TraceWalk t;
	trace_walk_init(&t, g);
	do {
		if (!is_shown(&t))
			continue;
		*out = trace_frame_info(g->vm, frame_walk_function(&t.frame), t.pc);
		if (!program || strncmp(out->file, LIBRARY_PREFIX, sizeof LIBRARY_PREFIX - 1) != 0)
			return true;
	} while (trace_walk_next(&t));
	return false;
}

bool trace_frame_of_pc(VM *vm, const Insn *pc, FrameInfo *out) {
	const Program *p = vm->program;
	if (pc >= go_frame_code && pc < go_frame_code + GO_FRAMES) {
		*out = go_frame_info((uint32_t)(pc - go_frame_code));
		return true;
	}
	for (uint32_t i = 0; p && i < p->function_count; i++) {
		const Function *fn = p->functions[i];
		bool whole = pc == function_address(fn);
		if (whole || inside(fn, pc)) {
			*out = trace_frame_info(vm, fn, whole ? NULL : pc);
			return true;
		}
	}
	return false;
}
