/* SPDX-License-Identifier: MIT */
/* profile.c: settings of tools, and profiles: who used the processor, who allocated.
 *
 * Owns: VM.tools.
 * Rules: a sample is taken at a check, by the worker itself: when its thread has used another 10 ms of processor time, or
 *   its goroutines have allocated another 512 KiB. The whole amount goes to the stack found there. The table has a lock.
 * Why no signal, no timer thread: a worker comes by every few tens of microseconds anyway, with a consistent stack.
 * See: profile_proto.c writes the table; docs/performance.md. */
#include "vm/profile.h"
#include "vm/trace.h"

#include <stdlib.h>
#include <time.h>

#include "vm/tools.h"

enum { CPU_PERIOD_NS = 10000000, MEMORY_PERIOD_BYTES = 512 << 10 };

/* ---------------------------------------------------------------- settings */

static Tools *tools_of(VM *vm) {
	if (!vm->tools)
		vm->tools = mem_zalloc(&vm->mem, sizeof(Tools));
	return vm->tools;
}

/* "64", "64B", "1GiB"; Go's syntax. */
static bool parse_bytes(const char *s, uint64_t *out) {
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	char *end;
	if (strcmp(s, "off") == 0)
		return *out = 0, true;
	if (*s < '0' || *s > '9')
		return false;
	*out = strtoull(s, &end, 10);
	for (uint32_t i = 0; *end && i < COUNT_OF(units); i++)
		if (strcmp(end, units[i]) == 0)
			return *out <<= 10 * i, true;
	return *end == 0;
}

static void set_debug(Tools *t, const char *settings) {
	for (const char *at = settings; *at; at += strcspn(at, ","), at += *at == ',') {
		if (strncmp(at, "gctrace=", 8) == 0)
			t->gc_trace = atoi(at + 8) > 0;
		else if (strncmp(at, "schedtrace=", 11) == 0)
			t->sched_trace_ns = atoi(at + 11) * (int64_t)1000000;
	}
}

bool tools_ready(VM *vm) { return tools_of(vm) != NULL; }

bool tools_set(VM *vm, const char *name, const char *value) {
	Tools *t = tools_of(vm);
	if (!t)
		return false;
	if (strcmp(name, "GOMEMLIMIT") == 0)
		return parse_bytes(value, &t->soft_limit) && (t->has_soft_limit = true);
	if (strcmp(name, "GODEBUG") == 0)
		return set_debug(t, value), true;
	if (strcmp(name, "GOGC") != 0)
		return false;
	char *end;
	long percent = strcmp(value, "off") == 0 ? -1 : strtol(value, &end, 10);
	if (percent != -1 && (end == value || *end || percent < 0 || percent > INT32_MAX))
		return false;
	t->gc_percent = (int)percent;
	return t->has_gc_percent = true;
}

bool tools_profile(VM *vm, ProfileKind kind) {
	Tools *t = tools_of(vm);
	if (t && !t->profiles[kind]) {
		Profile *p = t->profiles[kind] = mem_zalloc(&vm->mem, sizeof(Profile));
		if (p)
			arena_init(&p->arena, &vm->mem);
	}
	return t && t->profiles[kind];
}

void tools_begin(VM *vm) {
	Tools *t = vm->tools;
	if (!t)
		return;
	if (t->has_gc_percent) {
		vm->gc_percent = t->gc_percent;
		gc_percent_changed(vm);
	}
	if (t->has_soft_limit)
		gc_set_soft_limit(vm, t->soft_limit);
	vm->trace_gc = t->gc_trace;
	vm->profile_allocations = t->profiles[PROFILE_MEMORY] != NULL;
	if (t->sched_trace_ns > 0)
		t->sched_trace = sched_trace_start(vm, t->sched_trace_ns);
	for (int kind = 0; kind < PROFILE_KINDS; kind++) {
		Profile *p = t->profiles[kind];
		if (!p)
			continue;
		memset(p->seen, 0, sizeof p->seen);
		p->began_ns = clock_monotonic_ns();
		if (!p->began_wall_ns)
			p->began_wall_ns = clock_wall_ns();
	}
}

static void free_profile(VM *vm, ProfileKind kind) {
	Profile **p = &vm->tools->profiles[kind];
	if (!*p)
		return;
	arena_deinit(&(*p)->arena);
	mem_free(&vm->mem, *p, sizeof(Profile));
	*p = NULL;
}

void tools_end(VM *vm) {
	Tools *t = vm->tools;
	if (!t)
		return;
	sched_trace_stop(t->sched_trace);
	t->sched_trace = NULL;
	for (int kind = 0; kind < PROFILE_KINDS; kind++)
		if (t->profiles[kind])
			t->profiles[kind]->duration_ns += clock_monotonic_ns() - t->profiles[kind]->began_ns;
	if (t->profiles[PROFILE_CPU] && t->profiles[PROFILE_CPU]->by_program)
		free_profile(vm, PROFILE_CPU);
}

bool profile_start(VM *vm) {
	if ((vm->tools && vm->tools->profiles[PROFILE_CPU]) || !tools_profile(vm, PROFILE_CPU))
		return false;
	Profile *p = vm->tools->profiles[PROFILE_CPU];
	p->by_program = true;
	p->began_ns = clock_monotonic_ns();
	p->began_wall_ns = clock_wall_ns();
	return true;
}

void profile_stop(VM *vm, Buf *out) {
	Profile *p = vm->tools ? vm->tools->profiles[PROFILE_CPU] : NULL;
	if (!p || !p->by_program)
		return;
	p->duration_ns = clock_monotonic_ns() - p->began_ns;
	profile_write(vm, PROFILE_CPU, out);
	free_profile(vm, PROFILE_CPU);
}

void tools_free(VM *vm) {
	Tools *t = vm->tools;
	if (!t)
		return;
	for (int kind = 0; kind < PROFILE_KINDS; kind++)
		free_profile(vm, (ProfileKind)kind);
#ifdef GOL_COUNT_OPS
	mem_free(&vm->mem, t->counts, sizeof(OpCounts));
#endif
	mem_free(&vm->mem, t, sizeof(Tools));
	vm->tools = NULL;
}

/* ---------------------------------------------------------------- samples */

/* The stack of g, generated frames left out. behind: pc is behind the instruction that counts. */
static uint32_t walk_stack(Goroutine *g, bool behind, ProfileFrame *out) {
	FrameWalk walk;
	uint32_t count = 0;
	const Function *fn;
	frame_walk_init(&walk, g);
	while (count < PROFILE_DEPTH && (fn = frame_walk_function(&walk)) != NULL) {
		const Insn *pc = walk.pc;
		bool inside = pc && pc >= fn->code && pc < fn->code + fn->code_len;
		if (inside && pc > fn->code && (behind || count > 0))
			pc--;
		pc = inside ? pc : fn->code;
		for (; pc && count < PROFILE_DEPTH; pc = trace_inline_caller(fn, pc))
			if (!(fn->flags & FUNC_WRAPPER))
				out[count++] = (ProfileFrame){fn, pc};
		behind = true;
		if (!frame_walk_next(&walk))
			break;
	}
	return count;
}

static void add_sample(Profile *p, const ProfileFrame *frames, uint32_t count, uint64_t goroutine, int64_t first,
		       int64_t second) {
	uint64_t hash = goroutine * 0x9e3779b97f4a7c15u;
	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ (uintptr_t)frames[i].pc) * 0x9e3779b97f4a7c15u;
	ProfileSample **bucket = &p->buckets[hash >> 32 & (PROFILE_BUCKETS - 1)], *s;
	for (s = *bucket; s; s = s->next)
		if (s->hash == hash && s->count == count && memcmp(s->frames, frames, count * sizeof *frames) == 0)
			break;
	if (!s) {
		s = arena_alloc(&p->arena, sizeof *s + count * sizeof *frames);
		if (!s)
			return;
		*s = (ProfileSample){.next = *bucket, .hash = hash, .goroutine = goroutine, .count = count};
		memcpy(s->frames, frames, count * sizeof *frames);
		*bucket = s;
		p->sample_count++;
	}
	s->values[0] += first;
	s->values[1] += second;
}

static void take_sample(Goroutine *g, Profile *p, bool behind, int64_t first, int64_t second) {
	ProfileFrame frames[PROFILE_DEPTH];
	uint32_t count = walk_stack(g, behind, frames);
	lock_acquire(&p->lock);
	add_sample(p, frames, count, p->by_goroutine ? g->id : 0, first, second);
	lock_release(&p->lock);
}

static int64_t thread_cpu_ns(void) {
	struct timespec t;
	return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? t.tv_sec * 1000000000ll + t.tv_nsec : 0;
}

void profile_check(Goroutine *g) {
	VM *vm = g->vm;
	const Worker *w = g->worker;
	Tools *t = vm->tools;
	Profile *cpu = t->profiles[PROFILE_CPU], *memory = t->profiles[PROFILE_MEMORY];
	bool allocated = __atomic_load_n(&vm->stop_requested, __ATOMIC_RELAXED) & STOP_PROFILE;
	if (allocated)
		__atomic_and_fetch(&vm->stop_requested, ~(uint32_t)STOP_PROFILE, __ATOMIC_RELAXED);
	if (cpu) {
		ProfileSeen *seen = &cpu->seen[w->index];
		int64_t now = thread_cpu_ns();
		if (!seen->amount || now < (int64_t)seen->amount)
			seen->amount = (uint64_t)now;
		if (now - (int64_t)seen->amount >= CPU_PERIOD_NS) {
			take_sample(g, cpu, false, 1, now - (int64_t)seen->amount);
			seen->amount = (uint64_t)now;
		}
	}
	if (memory && allocated) {
		ProfileSeen *seen = &memory->seen[w->index];
		uint64_t bytes = w->alloc->bytes, objects = w->alloc->objects;
		if (bytes < seen->amount)
			seen->amount = seen->objects = 0;
		if (bytes - seen->amount >= MEMORY_PERIOD_BYTES) {
			take_sample(g, memory, true, (int64_t)(objects - seen->objects), (int64_t)(bytes - seen->amount));
			*seen = (ProfileSeen){bytes, objects};
		}
	}
}

/* ---------------------------------------------------------------- figures */

#ifdef GOL_COUNT_OPS
OpCounts *op_counts(VM *vm) {
	Tools *t = tools_of(vm);
	if (t && !t->counts)
		t->counts = mem_zalloc(&vm->mem, sizeof(OpCounts));
	return t ? t->counts : NULL;
}

typedef struct Counted {
	uint64_t count;
	uint16_t first, second;
} Counted;

static int by_count(const void *a, const void *b) {
	uint64_t x = ((const Counted *)a)->count, y = ((const Counted *)b)->count;
	return x < y ? 1 : x > y ? -1 : 0;
}

static void put_counts(Counted *list, uint32_t len, uint64_t total, bool pairs, Buf *out) {
	qsort(list, len, sizeof *list, by_count);
	for (uint32_t i = 0; i < len && i < 40 && list[i].count; i++)
		buf_printf(out, "%14llu %5.1f%%  %s%s%s\n", (unsigned long long)list[i].count,
			   100.0 * (double)list[i].count / (double)total, op_name((Op)list[i].first), pairs ? " " : "",
			   pairs ? op_name((Op)list[i].second) : "");
}

static void put_op_counts(VM *vm, const OpCounts *counts, Buf *out) {
	Counted *list = mem_alloc(&vm->mem, sizeof(Counted) * OP_COUNT * OP_COUNT);
	uint64_t total = 0;
	if (!list)
		return;
	for (uint32_t second = 0; second < OP_COUNT; second++) {
		list[second] = (Counted){0, (uint16_t)second, 0};
		for (uint32_t first = 0; first < OP_COUNT; first++)
			list[second].count += counts->pairs[first][second];
		total += list[second].count;
	}
	buf_printf(out, "instructions: %llu\n", (unsigned long long)total);
	put_counts(list, OP_COUNT, total, false, out);
	for (uint32_t i = 0; i < OP_COUNT * OP_COUNT; i++)
		list[i] = (Counted){counts->pairs[i / OP_COUNT][i % OP_COUNT], (uint16_t)(i / OP_COUNT), (uint16_t)(i % OP_COUNT)};
	buf_puts(out, "pairs:\n");
	put_counts(list, OP_COUNT * OP_COUNT, total, true, out);
	mem_free(&vm->mem, list, sizeof(Counted) * OP_COUNT * OP_COUNT);
}
#endif

void tools_stats(VM *vm, Buf *out) {
	HeapStats heap;
	heap_stats(vm, &heap);
	uint64_t longest = 0;
	for (uint32_t i = 0; i < COUNT_OF(heap.pause_ns); i++)
		if (heap.pause_ns[i] > longest)
			longest = heap.pause_ns[i];
	buf_printf(out, "collections: %llu, paused %.3f ms in all, %.3f ms at most\n", (unsigned long long)heap.gc_count,
		   (double)heap.pause_total_ns / 1e6, (double)longest / 1e6);
	buf_printf(out, "allocated: %llu objects, %llu bytes; heap %llu bytes\n", (unsigned long long)heap.objects_allocated,
		   (unsigned long long)heap.allocated_total_bytes, (unsigned long long)heap.reserved_bytes);
	buf_printf(out, "goroutines started: at most %llu\n", (unsigned long long)(vm->next_goroutine_id - 1));
	for (uint32_t i = 0; i < vm->workers_len; i++)
		buf_printf(out, "worker %u: steals %llu, sleeps %llu, woken %llu\n", i,
			   (unsigned long long)vm->workers[i]->steals, (unsigned long long)vm->workers[i]->parks,
			   (unsigned long long)vm->workers[i]->wakes);
#ifdef GOL_COUNT_OPS
	if (vm->tools && vm->tools->counts)
		put_op_counts(vm, vm->tools->counts, out);
#endif
}
