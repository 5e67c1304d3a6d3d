/* SPDX-License-Identifier: MIT */
/* blocking.c: a pool of threads for calls that block (files, name lookup), so that no worker ever does.
 *
 * Owns: the pool's threads and jobs (vm->blocking).
 * Rules: lock guards everything here. A job's goroutine is parked until it is done and counts in blocking_pending until
 * after it was readied. When a program ends under a running job, the goroutine is left alone (G_DEAD) and freed by the
 * next submit or at the end; its arg is a root of the collector meanwhile.
 * Why: threads start on demand and end after some idle seconds; an ended one is joined by whoever comes next, because
 * base/thread.h knows no detached threads (a VM must be able to wait for all of its own). */
#include "runtime/sched_internal.h"

enum { MAX_BLOCKING_THREADS = 64, STACK_BYTES = 256 << 10 };
static const int64_t IDLE_NS = 5000000000;

typedef struct Job {
	struct Job *next;
	Goroutine *g;
	void (*run)(void *arg);
	void *arg;
	bool abandoned; /* the program ended: g must not run again */
} Job;

typedef struct PoolThread {
	struct PoolThread *next;
	struct BlockingPool *pool;
	Thread thread;
	Parker parker;
	Job *job; /* under way */
	bool idle, ended;
} PoolThread;

struct BlockingPool {
	Lock lock;
	VM *vm;
	Job *first, *last; /* waiting for a thread */
	PoolThread *threads;
	Goroutine *dead;   /* whose abandoned jobs have ended */
	uint32_t thread_count;
	bool closing;
};

bool blocking_init(VM *vm) {
	vm->blocking = mem_zalloc(&vm->mem, sizeof(struct BlockingPool));
	if (vm->blocking != NULL)
		vm->blocking->vm = vm;
	return vm->blocking != NULL;
}

/* ---- a thread ---- */

/* The goroutine is readied under the lock, so that blocking_abandon finds every job either running or done with. */
static void job_finish(struct BlockingPool *p, PoolThread *t, Job *job) {
	lock_acquire(&p->lock);
	t->job = NULL;
	if (job->abandoned) {
		job->g->link = p->dead;
		p->dead = job->g;
	} else {
		host_wake(p->vm, job->g);
	}
	lock_release(&p->lock);
	mem_free(&p->vm->mem, job, sizeof(Job));
}

/* The next job; NULL: this thread ends. */
static Job *job_take(struct BlockingPool *p, PoolThread *t) {
	bool timed_out = false;
	lock_acquire(&p->lock);
	while (p->first == NULL && !p->closing && !timed_out) {
		t->idle = true;
		lock_release(&p->lock);
		bool woken = parker_park(&t->parker, IDLE_NS);
		lock_acquire(&p->lock);
		timed_out = !woken && t->idle; /* not idle: a job was meant for us at the last moment */
		t->idle = false;
	}
	Job *job = p->first;
	if (job != NULL) {
		p->first = job->next;
		if (p->first == NULL)
			p->last = NULL;
		t->job = job;
	} else {
		t->ended = true;
		p->thread_count--;
	}
	lock_release(&p->lock);
	return job;
}

static void *pool_thread(void *arg) {
	PoolThread *t = arg;
	struct BlockingPool *p = t->pool;
	for (Job *job; (job = job_take(p, t)) != NULL;) {
		job->run(job->arg);
		job_finish(p, t, job);
	}
	return NULL;
}

/* ---- submitting ---- */

/* Joins threads that have ended, or all of them. */
static void threads_join(struct BlockingPool *p, bool all) {
	lock_acquire(&p->lock);
	for (PoolThread **at = &p->threads; *at != NULL;) {
		PoolThread *t = *at;
		if (!t->ended && !all) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		lock_release(&p->lock);
		thread_join(&t->thread);
		mem_free(&p->vm->mem, t, sizeof(PoolThread));
		lock_acquire(&p->lock);
		at = &p->threads;
	}
	lock_release(&p->lock);
}

static PoolThread *idle_thread_locked(struct BlockingPool *p) {
	for (PoolThread *t = p->threads; t != NULL; t = t->next)
		if (t->idle)
			return t;
	return NULL;
}

/* Somebody will take the job that is about to be queued. */
static bool provide_thread_locked(struct BlockingPool *p) {
	PoolThread *t = idle_thread_locked(p);
	if (t != NULL) {
		t->idle = false;
		parker_unpark(&t->parker);
		return true;
	}
	if (p->thread_count == MAX_BLOCKING_THREADS)
		return true; /* one of them, when it is done */
	t = mem_zalloc(&p->vm->mem, sizeof(PoolThread));
	if (t == NULL)
		return p->thread_count != 0;
	t->pool = p;
	if (!thread_start(&t->thread, pool_thread, t, STACK_BYTES)) {
		mem_free(&p->vm->mem, t, sizeof(PoolThread));
		return p->thread_count != 0;
	}
	t->next = p->threads;
	p->threads = t;
	p->thread_count++;
	return true;
}

static void free_dead(Worker *w) {
	struct BlockingPool *p = w->vm->blocking;
	lock_acquire(&p->lock);
	Goroutine *g = p->dead;
	p->dead = NULL;
	lock_release(&p->lock);
	for (Goroutine *next; g != NULL; g = next) {
		next = g->link;
		goroutine_free(w, g);
	}
}

bool blocking_submit_or_park(Goroutine *g, void (*run)(void *arg), void *arg) {
	VM *vm = g->vm;
	struct BlockingPool *p = vm->blocking;
	threads_join(p, false);
	free_dead(g->worker);
	Job *job = mem_alloc(&vm->mem, sizeof(Job));
	if (job == NULL)
		return false;
	*job = (Job){.g = g, .run = run, .arg = arg};
	lock_acquire(&p->lock);
	if (!provide_thread_locked(p)) {
		lock_release(&p->lock);
		mem_free(&vm->mem, job, sizeof(Job));
		return false;
	}
	if (p->last != NULL)
		p->last->next = job;
	else
		p->first = job;
	p->last = job;
	__atomic_add_fetch(&vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
	sched_will_park(g, WAIT_SYSCALL);
	lock_release(&p->lock);
	return true;
}

bool blocking_leave(Goroutine *g) {
	VM *vm = g->vm;
	struct BlockingPool *p = vm->blocking;
	Job *queued = NULL, *before = NULL;
	lock_acquire(&p->lock);
	for (queued = p->first; queued != NULL && queued->g != g; queued = queued->next)
		before = queued;
	if (queued != NULL) {
		*(before != NULL ? &before->next : &p->first) = queued->next;
		if (p->last == queued)
			p->last = before;
		__atomic_sub_fetch(&vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
	}
	for (PoolThread *t = p->threads; t != NULL && queued == NULL; t = t->next) {
		if (t->job == NULL || t->job->abandoned || t->job->g != g)
			continue;
		t->job->abandoned = true;
		g->status = G_DEAD;
		__atomic_sub_fetch(&vm->blocking_pending, 1, __ATOMIC_SEQ_CST);
	}
	lock_release(&p->lock);
	mem_free(&vm->mem, queued, sizeof(Job));
	return queued != NULL;
}

/* ---- the end of a program and of the VM ---- */

void blocking_abandon(VM *vm) {
	struct BlockingPool *p = vm->blocking;
	int64_t gone = 0;
	lock_acquire(&p->lock);
	for (PoolThread *t = p->threads; t != NULL; t = t->next) {
		if (t->job == NULL || t->job->abandoned)
			continue;
		t->job->abandoned = true;
		t->job->g->status = G_DEAD;
		gone++;
	}
	for (Job *job = p->first, *next; job != NULL; job = next, gone++) {
		next = job->next;
		mem_free(&vm->mem, job, sizeof(Job));
	}
	p->first = p->last = NULL;
	__atomic_sub_fetch(&vm->blocking_pending, gone, __ATOMIC_SEQ_CST);
	lock_release(&p->lock);
}

void blocking_deinit(VM *vm) {
	struct BlockingPool *p = vm->blocking;
	lock_acquire(&p->lock);
	p->closing = true;
	for (PoolThread *t = p->threads; t != NULL; t = t->next)
		parker_unpark(&t->parker);
	lock_release(&p->lock);
	threads_join(p, true);
	if (vm->workers_len != 0)
		free_dead(vm->workers[0]);
	mem_free(&vm->mem, p, sizeof(struct BlockingPool));
	vm->blocking = NULL;
}

void blocking_mark(Marker *m, VM *vm) {
	struct BlockingPool *p = vm->blocking;
	lock_acquire(&p->lock);
	for (PoolThread *t = p->threads; t != NULL; t = t->next)
		if (t->job != NULL)
			gc_mark_pointer(m, t->job->arg);
	for (Job *job = p->first; job != NULL; job = job->next)
		gc_mark_pointer(m, job->arg);
	lock_release(&p->lock);
}
