/* SPDX-License-Identifier: MIT */
/* test_chan.c: channels and select, driven by step functions (fake_run.h) on 1, 2, 4 and 8 workers. */
#include "tests/unit/fake_run.h"

static const uint32_t worker_counts[] = {1, 2, 4, 8};

static uint32_t done_sema;
static int64_t total;

static void add_total(int64_t n) {
	__atomic_add_fetch(&total, n, __ATOMIC_RELAXED);
}

static NativeStatus finish(Goroutine *g) {
	sema_release(g, &done_sema, false);
	return NATIVE_GOEXIT;
}

static NativeStatus parked(PanicCode code) {
	if (code == PANIC_PARKED)
		return NATIVE_PARK;
	if (code != PANIC_NONE)
		abort();
	return NATIVE_DONE;
}

static Slot *frame_slot(Goroutine *g, Slot *s, uint32_t i) {
	(void)g;
	return s + i;
}

/* Runs main on every number of workers. */
static void run_everywhere(Function *main_fn, int64_t expected) {
	for (size_t i = 0; i < COUNT_OF(worker_counts); i++) {
		VM vm;
		vm_open(&vm, worker_counts[i]);
		done_sema = 0;
		total = 0;
		assert_int_equal(run_main(&vm, main_fn), EXIT_MAIN_RETURNED);
		assert_int_equal(total, expected);
		vm_close(&vm);
	}
}

/* ---- senders and receivers: {state, left, value, channel} ---- */

static NativeStatus step_send(Goroutine *g, Slot *s) {
	if (s[1].i-- == 0)
		return finish(g);
	s[2].i = s[1].i;
	return parked(chan_send_or_park(g, s[3].p, frame_slot(g, s, 2)));
}
GOFUNC(fn_send, step_send);

/* Until the channel is closed; s[4] is ok. */
static NativeStatus step_recv(Goroutine *g, Slot *s) {
	if (s[0].i == 1) {
		if (!s[4].u)
			return finish(g);
		add_total(s[2].i);
	}
	s[0].i = 1;
	return parked(chan_recv_or_park(g, s[3].p, frame_slot(g, s, 2), frame_slot(g, s, 4)));
}
GOFUNC(fn_recv, step_recv);

enum { SENDERS = 7, RECEIVERS = 5, ITEMS = 3000 };

/* {state, capacity, channel, waits left} */
static NativeStatus fan_main(Goroutine *g, Slot *s, int64_t capacity) {
	switch (s[0].i) {
	case 0:
		s[2].p = make_chan(g, &chan_of_int, capacity);
		for (int i = 0; i < SENDERS; i++)
			SPAWN(g, fn_send, I(0), I(ITEMS), I(0), P(s[2].p));
		for (int i = 0; i < RECEIVERS; i++)
			SPAWN(g, fn_recv, I(0), I(0), I(0), P(s[2].p), I(0));
		s[3].i = SENDERS;
		s[0].i = 1;
		return NATIVE_DONE;
	case 1:
		if (s[3].i-- != 0)
			return wait_for(g, &done_sema);
		if (chan_close(g, s[2].p) != PANIC_NONE || chan_close(g, s[2].p) != PANIC_CLOSE_CLOSED_CHAN)
			abort();
		s[3].i = RECEIVERS;
		s[0].i = 2;
		return NATIVE_DONE;
	default:
		return s[3].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
	}
}

static NativeStatus step_fan_unbuffered(Goroutine *g, Slot *s) { return fan_main(g, s, 0); }
static NativeStatus step_fan_one(Goroutine *g, Slot *s) { return fan_main(g, s, 1); }
static NativeStatus step_fan_many(Goroutine *g, Slot *s) { return fan_main(g, s, 100); }
GOFUNC(main_fan_unbuffered, step_fan_unbuffered);
GOFUNC(main_fan_one, step_fan_one);
GOFUNC(main_fan_many, step_fan_many);

static void test_fan(void **state) {
	(void)state;
	int64_t sum = (int64_t)SENDERS * ITEMS * (ITEMS - 1) / 2;
	run_everywhere(&main_fan_unbuffered, sum);
	run_everywhere(&main_fan_one, sum);
	run_everywhere(&main_fan_many, sum);
}

/* ---- ping-pong: each value comes back as sent plus one, in order ---- */

static NativeStatus step_echo(Goroutine *g, Slot *s) {
	switch (s[0].i) {
	case 0:
		s[0].i = 1;
		return parked(chan_recv_or_park(g, s[3].p, frame_slot(g, s, 2), frame_slot(g, s, 5)));
	default:
		if (!s[5].u)
			return finish(g);
		s[2].i++;
		s[0].i = 0;
		return parked(chan_send_or_park(g, s[4].p, frame_slot(g, s, 2)));
	}
}
GOFUNC(fn_echo, step_echo);

enum { ROUNDS = 20000 };

/* {state, rounds, value, to, from} */
static NativeStatus step_pingpong(Goroutine *g, Slot *s) {
	switch (s[0].i) {
	case 0:
		s[3].p = make_chan(g, &chan_of_int, 0);
		s[4].p = make_chan(g, &chan_of_int, 0);
		SPAWN(g, fn_echo, I(0), I(0), I(0), P(s[3].p), P(s[4].p));
		s[0].i = 1;
		return NATIVE_DONE;
	case 1:
		if (s[2].i != s[1].i)
			abort();
		if (s[1].i++ == ROUNDS) {
			chan_close(g, s[3].p);
			add_total(s[2].i);
			s[0].i = 3;
			return wait_for(g, &done_sema);
		}
		s[0].i = 2;
		return parked(chan_send_or_park(g, s[3].p, frame_slot(g, s, 2)));
	case 2:
		s[0].i = 1;
		return parked(chan_recv_or_park(g, s[4].p, frame_slot(g, s, 2), NULL));
	default:
		return NATIVE_EXIT;
	}
}
GOFUNC(main_pingpong, step_pingpong);

static void test_pingpong(void **state) {
	(void)state;
	run_everywhere(&main_pingpong, ROUNDS);
}

/* ---- one goroutine: results of every form ---- */

static void need(bool ok) {
	if (!ok)
		abort();
}

static NativeStatus step_forms(Goroutine *g, Slot *s) {
	bool done, ok;
	Slot value;
	Chan *c = make_chan(g, &chan_of_int, 2);
	Chan *bad;
	need(chan_new(g, &chan_of_int, -1, &bad) == PANIC_MAKE_CHAN_SIZE);
	need(chan_new(g, &chan_of_int, INT64_MAX, &bad) == PANIC_MAKE_CHAN_SIZE);
	need(chan_len(NULL) == 0 && chan_cap(NULL) == 0 && chan_cap(c) == 2 && chan_elem(c) == &type_int);
	need(chan_close(g, NULL) == PANIC_CLOSE_NIL_CHAN);
	need(chan_try_recv(g->vm, g->worker, c, &value, &ok, &done) == PANIC_NONE && !done);
	for (int64_t i = 1; i <= 3; i++) {
		value.i = i;
		need(chan_try_send(g->vm, g->worker, c, &value, &done) == PANIC_NONE && done == (i <= 2));
	}
	need(chan_len(c) == 2);
	need(chan_close(g, c) == PANIC_NONE);
	need(chan_send_or_park(g, c, s) == PANIC_SEND_CLOSED_CHAN);
	need(chan_try_send(g->vm, g->worker, c, &value, &done) == PANIC_SEND_CLOSED_CHAN);
	need(chan_recv_or_park(g, c, s + 1, s + 2) == PANIC_NONE && s[1].i == 1 && s[2].u == 1);
	need(chan_recv_or_park(g, c, NULL, NULL) == PANIC_NONE);
	need(chan_recv_or_park(g, c, s + 1, s + 2) == PANIC_NONE && s[1].i == 0 && s[2].u == 0);
	need(chan_try_recv(g->vm, g->worker, c, &value, &ok, &done) == PANIC_NONE && done && !ok && value.i == 0);
	need(chan_try_recv(g->vm, g->worker, NULL, &value, &ok, &done) == PANIC_NONE && !done);
	return NATIVE_EXIT;
}
GOFUNC(main_forms, step_forms);

static void test_forms(void **state) {
	(void)state;
	run_everywhere(&main_forms, 0);
}

/* ---- values of all shapes, buffered and handed over ---- */

static NativeStatus step_send_string(Goroutine *g, Slot *s) {
	if (s[0].i == 100)
		return finish(g);
	s[2].p = (void *)&type_string;
	s[3].i = s[0].i++;
	return parked(chan_send_or_park(g, s[6].p, s + 2));
}
GOFUNC(fn_send_string, step_send_string);

static NativeStatus step_send_three(Goroutine *g, Slot *s) {
	if (s[0].i == 100)
		return finish(g);
	s[1].i = s[0].i;
	s[2].i = s[0].i * 2;
	s[3].i = s[0].i++ * 3;
	return parked(chan_send_or_park(g, s[6].p, s + 1));
}
GOFUNC(fn_send_three, step_send_three);

static NativeStatus step_send_empty(Goroutine *g, Slot *s) {
	return s[0].i++ == 100 ? finish(g) : parked(chan_send_or_park(g, s[6].p, s + 1));
}
GOFUNC(fn_send_empty, step_send_empty);

/* {received, -, value.., channel at 6, capacity at 7, kind at 8} */
static NativeStatus shape_main(Goroutine *g, Slot *s, const TypeDesc *type, Function *sender, int64_t cap,
                               uint32_t at) {
	if (s[0].i == 0) {
		s[6].p = make_chan(g, type, cap);
		spawn(g, sender, (Slot[]){I(0), I(0), I(0), I(0), I(0), I(0), P(s[6].p)}, 7);
	} else {
		int64_t n = s[0].i - 1;
		need(type != &chan_of_string || (s[2].p == &type_string && s[3].i == n));
		need(type != &chan_of_three || (s[1].i == n && s[2].i == 2 * n && s[3].i == 3 * n));
	}
	if (s[0].i++ == 100)
		return NATIVE_EXIT;
	return parked(chan_recv_or_park(g, s[6].p, s + at, NULL));
}

static NativeStatus step_strings(Goroutine *g, Slot *s) {
	return shape_main(g, s, &chan_of_string, &fn_send_string, 0, 2);
}
static NativeStatus step_strings_buf(Goroutine *g, Slot *s) {
	return shape_main(g, s, &chan_of_string, &fn_send_string, 3, 2);
}
static NativeStatus step_threes(Goroutine *g, Slot *s) {
	return shape_main(g, s, &chan_of_three, &fn_send_three, 0, 1);
}
static NativeStatus step_threes_buf(Goroutine *g, Slot *s) {
	return shape_main(g, s, &chan_of_three, &fn_send_three, 3, 1);
}
static NativeStatus step_empties(Goroutine *g, Slot *s) {
	return shape_main(g, s, &chan_of_empty, &fn_send_empty, 3, 1);
}
GOFUNC(main_strings, step_strings);
GOFUNC(main_strings_buf, step_strings_buf);
GOFUNC(main_threes, step_threes);
GOFUNC(main_threes_buf, step_threes_buf);
GOFUNC(main_empties, step_empties);

static void test_shapes(void **state) {
	(void)state;
	run_everywhere(&main_strings, 0);
	run_everywhere(&main_strings_buf, 0);
	run_everywhere(&main_threes, 0);
	run_everywhere(&main_threes_buf, 0);
	run_everywhere(&main_empties, 0);
}

/* ---- close wakes all; a parked sender learns it ---- */

static NativeStatus step_closed_sender(Goroutine *g, Slot *s) {
	if (s[0].i == 1) {
		add_total(chan_send_resumed(g) == PANIC_SEND_CLOSED_CHAN ? 1 : 1000);
		return finish(g);
	}
	s[0].i = 1;
	PanicCode code = chan_send_or_park(g, s[3].p, s + 2);
	if (code == PANIC_PARKED)
		return NATIVE_PARK;
	need(code == PANIC_SEND_CLOSED_CHAN);
	add_total(1);
	return finish(g);
}
GOFUNC(fn_closed_sender, step_closed_sender);

static NativeStatus step_close_main(Goroutine *g, Slot *s) {
	switch (s[0].i) {
	case 0:
		s[2].p = make_chan(g, &chan_of_int, 0);
		s[3].p = make_chan(g, &chan_of_int, 0);
		for (int i = 0; i < 500; i++) {
			SPAWN(g, fn_closed_sender, I(0), I(0), I(0), P(s[2].p));
			SPAWN(g, fn_recv, I(0), I(0), I(0), P(s[3].p), I(0));
		}
		s[0].i = 1;
		s[1].i = 1000;
		return NATIVE_YIELD;
	case 1:
		need(chan_close(g, s[2].p) == PANIC_NONE && chan_close(g, s[3].p) == PANIC_NONE);
		s[0].i = 2;
		return NATIVE_DONE;
	default:
		return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
	}
}
GOFUNC(main_close, step_close_main);

static void test_close(void **state) {
	(void)state;
	run_everywhere(&main_close, 500);
}

/* ---- select ---- */

/* Slots relative to fp: step slots begin at 2. Receives from four channels until all are closed.
 * {state, open channels, value, ok, c0, c1, c2, c3} */
static const SelectCase four_cases[] = {{0, 1, 6, 4, 5}, {0, 1, 7, 4, 5}, {0, 1, 8, 4, 5}, {0, 1, 9, 4, 5}};

static NativeStatus step_select_four(Goroutine *g, Slot *s) {
	int64_t chosen = -1;
	PanicCode code = PANIC_NONE;
	if (s[0].i == 1)
		code = select_resume(g, four_cases, 4, g->fp, &chosen);
	else
		code = select_or_park(g, four_cases, 4, false, g->fp, &chosen);
	s[0].i = 0;
	if (code == PANIC_PARKED) {
		/* Not reached by a goroutine that is already awake: fake_run waits until this worker has left. */
		s[0].i = 1;
		return NATIVE_PARK;
	}
	need(code == PANIC_NONE && chosen >= 0 && chosen < 4);
	if (s[3].u) {
		need(s[2].i % 4 == chosen);
		add_total(s[2].i);
	} else {
		s[4 + chosen].p = NULL;
		if (--s[1].i == 0)
			return finish(g);
	}
	return NATIVE_DONE;
}
GOFUNC(fn_select_four, step_select_four);

/* Sends values congruent to s[4] mod 4: {state, left, value, channel, index} */
static NativeStatus step_send_mod(Goroutine *g, Slot *s) {
	if (s[1].i-- == 0)
		return finish(g);
	s[2].i = s[1].i * 4 + s[4].i;
	return parked(chan_send_or_park(g, s[3].p, s + 2));
}
GOFUNC(fn_send_mod, step_send_mod);

enum { SELECT_ITEMS = 2000, SELECTORS = 3 };

static NativeStatus select_main(Goroutine *g, Slot *s, int64_t cap) {
	switch (s[0].i) {
	case 0:
		for (int k = 0; k < 4; k++) {
			s[4 + k].p = make_chan(g, &chan_of_int, cap);
			SPAWN(g, fn_send_mod, I(0), I(SELECT_ITEMS), I(0), P(s[4 + k].p), I(k));
			SPAWN(g, fn_send_mod, I(0), I(SELECT_ITEMS), I(0), P(s[4 + k].p), I(k));
		}
		for (int k = 0; k < SELECTORS; k++)
			SPAWN(g, fn_select_four, I(0), I(4), I(0), I(0), P(s[4].p), P(s[5].p), P(s[6].p), P(s[7].p));
		s[1].i = 8;
		s[0].i = 1;
		return NATIVE_DONE;
	case 1:
		if (s[1].i-- != 0)
			return wait_for(g, &done_sema);
		for (int k = 0; k < 4; k++)
			chan_close(g, s[4 + k].p);
		s[1].i = SELECTORS;
		s[0].i = 2;
		return NATIVE_DONE;
	default:
		return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
	}
}

static NativeStatus step_select_unbuffered(Goroutine *g, Slot *s) { return select_main(g, s, 0); }
static NativeStatus step_select_buffered(Goroutine *g, Slot *s) { return select_main(g, s, 3); }
GOFUNC(main_select_unbuffered, step_select_unbuffered);
GOFUNC(main_select_buffered, step_select_buffered);

static void test_select(void **state) {
	(void)state;
	int64_t sum = 0;
	for (int64_t i = 0; i < SELECT_ITEMS; i++)
		for (int64_t k = 0; k < 4; k++)
			sum += 2 * (i * 4 + k);
	run_everywhere(&main_select_unbuffered, sum);
	run_everywhere(&main_select_buffered, sum);
}

/* Both sides select: two goroutines, each sends on one channel or receives from the other. Each pair of a send and a
 * receive is counted on both sides. {state, left, out value, in value, ok, out, in} */
static const SelectCase both_cases[] = {{1, 1, 7, 4, NO_SLOT}, {0, 1, 8, 5, 6}};

static NativeStatus step_both(Goroutine *g, Slot *s) {
	int64_t chosen = -1;
	PanicCode code = s[0].i == 1 ? select_resume(g, both_cases, 2, g->fp, &chosen)
	                             : select_or_park(g, both_cases, 2, false, g->fp, &chosen);
	s[0].i = 0;
	if (code == PANIC_PARKED) {
		s[0].i = 1;
		return NATIVE_PARK;
	}
	need(code == PANIC_NONE);
	add_total(chosen == 0 ? -s[2].i : s[3].i);
	s[2].i++;
	return --s[1].i == 0 ? finish(g) : NATIVE_DONE;
}
GOFUNC(fn_both, step_both);

enum { BOTH = 4000 };

static NativeStatus step_both_main(Goroutine *g, Slot *s) {
	if (s[0].i == 0) {
		Chan *a = make_chan(g, &chan_of_int, 0), *b = make_chan(g, &chan_of_int, 0);
		SPAWN(g, fn_both, I(0), I(BOTH), I(1), I(0), I(0), P(a), P(b));
		SPAWN(g, fn_both, I(0), I(BOTH), I(1), I(0), I(0), P(b), P(a));
		s[1].i = 2;
		s[0].i = 1;
	}
	return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
}
GOFUNC(main_both, step_both_main);

static void test_select_both_sides(void **state) {
	(void)state;
	run_everywhere(&main_both, 0);
}

/* Forms that do not wait, many cases, duplicate and nil channels, fairness, send on closed. */
static NativeStatus step_select_forms(Goroutine *g, Slot *s) {
	int64_t chosen;
	Slot *fp = g->fp;
	Chan *c = make_chan(g, &chan_of_int, 1);
	s[4].p = c;
	s[5].p = NULL;
	SelectCase recv = {0, 1, 6, 4, 5}, send = {1, 1, 6, 4, NO_SLOT}, nil = {0, 1, 7, 4, 5};
	need(select_or_park(g, NULL, 0, true, fp, &chosen) == PANIC_NONE && chosen == -1);
	need(select_or_park(g, &nil, 1, true, fp, &chosen) == PANIC_NONE && chosen == -1);
	need(select_or_park(g, &recv, 1, true, fp, &chosen) == PANIC_NONE && chosen == -1);
	s[2].i = 42;
	need(select_or_park(g, &send, 1, true, fp, &chosen) == PANIC_NONE && chosen == 0);
	need(select_or_park(g, &send, 1, true, fp, &chosen) == PANIC_NONE && chosen == -1);
	s[2].i = 0;
	need(select_or_park(g, &recv, 1, false, fp, &chosen) == PANIC_NONE && chosen == 0 && s[2].i == 42 && s[3].u == 1);
	SelectCase two[] = {recv, send};
	need(select_or_park(g, two, 2, true, fp, &chosen) == PANIC_NONE && chosen == 1);
	need(select_or_park(g, two, 2, true, fp, &chosen) == PANIC_NONE && chosen == 0);
	SelectCase nils[] = {nil, nil, nil};
	need(select_or_park(g, nils, 3, true, fp, &chosen) == PANIC_NONE && chosen == -1);

	SelectCase many[40]; /* more than the small arrays hold; the same channel again and again */
	int64_t hits[40] = {0};
	for (int i = 0; i < 40; i++)
		many[i] = i % 3 == 0 ? nil : recv;
	for (int i = 0; i < 27000; i++) {
		need(chan_send_or_park(g, c, s + 2) == PANIC_NONE);
		need(select_or_park(g, many, 40, i % 2 == 0, fp, &chosen) == PANIC_NONE && chosen >= 0);
		hits[chosen]++;
	}
	for (int i = 0; i < 40; i++)
		need(i % 3 == 0 ? hits[i] == 0 : hits[i] > 800 && hits[i] < 1300);
	chan_close(g, c);
	need(select_or_park(g, &send, 1, true, fp, &chosen) == PANIC_SEND_CLOSED_CHAN);
	need(select_or_park(g, two, 2, false, fp, &chosen) == (chosen == 0 ? PANIC_NONE : PANIC_SEND_CLOSED_CHAN));
	return NATIVE_EXIT;
}
GOFUNC(main_select_forms, step_select_forms);

static void test_select_forms(void **state) {
	(void)state;
	run_everywhere(&main_select_forms, 0);
}

/* A select that parks on one case, and one that parks on a send whose channel is closed.
 * {state, n, value, ok, c0, c1} */
static const SelectCase send_cases[] = {{1, 1, 6, 4, NO_SLOT}, {1, 1, 7, 4, NO_SLOT}};

static NativeStatus step_select_send(Goroutine *g, Slot *s) {
	int64_t chosen = -1;
	uint32_t n = (uint32_t)s[1].i;
	PanicCode code = s[0].i == 1 ? select_resume(g, send_cases, n, g->fp, &chosen)
	                             : select_or_park(g, send_cases, n, false, g->fp, &chosen);
	if (code == PANIC_PARKED) {
		s[0].i = 1;
		return NATIVE_PARK;
	}
	add_total(code == PANIC_SEND_CLOSED_CHAN ? 1 : 100);
	return finish(g);
}
GOFUNC(fn_select_send, step_select_send);

static NativeStatus step_select_closed(Goroutine *g, Slot *s) {
	switch (s[0].i) {
	case 0:
		s[4].p = make_chan(g, &chan_of_int, 0);
		s[5].p = make_chan(g, &chan_of_int, 0);
		for (int i = 0; i < 200; i++)
			SPAWN(g, fn_select_send, I(0), I(1 + i % 2), I(0), I(0), P(s[4].p), P(s[5].p));
		s[0].i = 1;
		s[1].i = 200;
		return NATIVE_YIELD;
	case 1: /* one is received, the others learn of the close */
		s[0].i = 2;
		return parked(chan_recv_or_park(g, s[4].p, NULL, NULL));
	case 2:
		chan_close(g, s[4].p);
		s[0].i = 3;
		return NATIVE_DONE;
	default:
		return s[1].i-- != 0 ? wait_for(g, &done_sema) : NATIVE_EXIT;
	}
}
GOFUNC(main_select_closed, step_select_closed);

static void test_select_closed(void **state) {
	(void)state;
	run_everywhere(&main_select_closed, 299);
}

/* ---- goroutines parked for ever are discarded, and their channels forget them ---- */

static Chan *left_over;

static NativeStatus step_leave(Goroutine *g, Slot *s) {
	if (s[0].i++ == 0) {
		left_over = make_chan(g, &chan_of_int, 0);
		Chan *other = make_chan(g, &chan_of_int, 0);
		for (int i = 0; i < 50; i++) {
			SPAWN(g, fn_recv, I(0), I(0), I(0), P(left_over), I(0));
			SPAWN(g, fn_select_four, I(0), I(4), I(0), I(0), P(left_over), P(other), P(NULL), P(other));
		}
		return NATIVE_YIELD;
	}
	return s[0].i < 20 ? NATIVE_YIELD : NATIVE_EXIT;
}
GOFUNC(main_leave, step_leave);

static void test_discard(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(worker_counts); i++) {
		VM vm;
		vm_open(&vm, worker_counts[i]);
		assert_int_equal(run_main(&vm, &main_leave), EXIT_MAIN_RETURNED);
		assert_int_equal(goroutine_count(&vm), 0);
		bool done = true;
		Slot value = {.i = 1};
		assert_int_equal(chan_try_send(&vm, vm.workers[0], left_over, &value, &done), PANIC_NONE);
		assert_false(done);
		vm_close(&vm);
	}
}

/* ---- a host thread sends to and receives from goroutines ---- */

typedef struct Host {
	VM *vm;
	Chan *to, *from;
	int64_t sum;
	bool ready;
} Host;

enum { HOST_ITEMS = 2000 };

static Host host;

static void *host_thread(void *arg) {
	Host *h = arg;
	while (!__atomic_load_n(&h->ready, __ATOMIC_ACQUIRE))
		cpu_relax();
	for (int64_t sent = 0, received = 0; received < HOST_ITEMS;) {
		sched_host_enter(h->vm);
		bool done, ok;
		Slot value = {.i = sent};
		if (sent < HOST_ITEMS && chan_try_send(h->vm, NULL, h->to, &value, &done) == PANIC_NONE && done)
			sent++;
		if (chan_try_recv(h->vm, NULL, h->from, &value, &ok, &done) == PANIC_NONE && done) {
			h->sum += value.i;
			received++;
		}
		sched_host_leave(h->vm);
	}
	sched_host_enter(h->vm);
	bool done;
	chan_try_send(h->vm, NULL, h->to, &(Slot){.i = -1}, &done);
	sched_host_leave(h->vm);
	host_expect(h->vm, -1);
	return NULL;
}

/* {state, -, value} */
static NativeStatus step_host(Goroutine *g, Slot *s) {
	switch (s[0].i) {
	case 0:
		host.to = make_chan(g, &chan_of_int, 0);
		host.from = make_chan(g, &chan_of_int, 1);
		host_expect(g->vm, 1);
		__atomic_store_n(&host.ready, true, __ATOMIC_RELEASE);
		s[0].i = 1;
		return NATIVE_DONE;
	case 1:
		s[0].i = 2;
		return parked(chan_recv_or_park(g, host.to, s + 2, NULL));
	default:
		if (s[2].i < 0)
			return NATIVE_EXIT;
		s[0].i = 1;
		return parked(chan_send_or_park(g, host.from, s + 2));
	}
}
GOFUNC(main_host, step_host);

static void test_host(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(worker_counts); i++) {
		VM vm;
		vm_open(&vm, worker_counts[i]);
		host = (Host){.vm = &vm};
		Thread t;
		assert_true(thread_start(&t, host_thread, &host, 0));
		/* The last send finds its receiver only if that waits already; else the program ends as a deadlock. */
		ExitState exit = run_main(&vm, &main_host);
		assert_true(exit == EXIT_MAIN_RETURNED || exit == EXIT_DEADLOCK);
		thread_join(&t);
		assert_int_equal(host.sum, (int64_t)HOST_ITEMS * (HOST_ITEMS - 1) / 2);
		vm_close(&vm);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_fan),
		cmocka_unit_test(test_pingpong),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_select_forms),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_both_sides),
		cmocka_unit_test(test_select_closed),
		cmocka_unit_test(test_discard),
		cmocka_unit_test(test_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
