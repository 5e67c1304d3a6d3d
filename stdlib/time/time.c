/* SPDX-License-Identifier: MIT */
/* time.c: the natives of package time: clocks, sleeping, timers, the local time zone.
 *
 * Rules: a pending timer is a root; what it fires only readies goroutines. Stopping or resetting drains the channel, so that
 * no stale time arrives afterwards (Go 1.23). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bubble.h"
#include "runtime/timer_object.h"
#include "stdlib/os/os.h"
#include "vm/native.h"

#define UNIX_TO_INTERNAL 62135596800ll
#define MAX_ZONE_TIME (1ll << 58) /* from here on the sums of posix_zone overflow; years of these digits are no dates */

/* type Time struct { sec int64; nsec int32; loc *Location; mono int64 } */
typedef struct GoTime {
	int64_t sec;
	int64_t nsec;
	void *loc;
	int64_t mono;
} GoTime;

/* Times of a bubble have no monotonic part: what comes from outside is compared with them by the wall clock. */
static GoTime current_time(VM *vm, const Bubble *bubble, void *loc) {
	int64_t wall = UNLIKELY(bubble != NULL) ? bubble_now_ns(bubble) : os_wall_ns(vm);
	return (GoTime){
		.sec = wall / 1000000000 + UNIX_TO_INTERNAL,
		.nsec = wall % 1000000000,
		.loc = loc,
		.mono = UNLIKELY(bubble != NULL) ? 0 : sched_now_ns(vm),
	};
}

static NativeStatus native_sleep(Goroutine *g, Slot *args) {
	struct {
		int64_t ns;
	} *a = NATIVE_ARGS(args);
	return timer_sleep_or_park(g, a->ns) ? NATIVE_PARK : NATIVE_DONE;
}

static NativeStatus native_now(Goroutine *g, Slot *args) {
	struct {
		int64_t sec, nsec, mono;
	} *a = NATIVE_ARGS(args);
	GoTime now = current_time(g->vm, g->bubble, NULL);
	a->sec = now.sec - UNIX_TO_INTERNAL;
	a->nsec = now.nsec;
	a->mono = now.mono;
	return NATIVE_DONE;
}

static void fire(Worker *w, Timer *t, void *arg, int64_t now_ns) {
	TimerObject *o = arg;
	Bubble *bubble = timer_bubble(t);
	(void)now_ns;
	if (o->f) {
		native_go(w, bubble, o->f);
		return;
	}
	GoTime now = current_time(w->vm, bubble, o->loc);
	bool done;
	chan_try_send(w->vm, w, o->chan, (const Slot *)&now, &done);
}

static int64_t deadline(int64_t now, int64_t ns) {
	int64_t when;
	return __builtin_add_overflow(now, ns < 0 ? 0 : ns, &when) ? INT64_MAX : when;
}

static NativeStatus new_timer(Goroutine *g, Slot *args) {
	struct {
		TimerObject *result;
		int64_t ns, period_ns;
		Chan *chan;
		const Closure *f;
		void *loc;
	} *a = NATIVE_ARGS(args);
	if (a->period_ns < 0 || (!a->chan && !a->f))
		return native_misused(g, "time.newTimer");
	TimerObject *o = heap_new_kind(g, HEAP_TIMER, sizeof *o);
	if (!o)
		return native_panic_code(g, FATAL_OUT_OF_MEMORY);
	o->chan = a->chan;
	if (o->chan)
		chan_set_of_timer(o->chan);
	o->f = a->f;
	o->loc = a->loc;
	o->bubble = bubble_id(g->bubble);
	o->timer = (Timer){
		.when_ns = deadline(goroutine_now_ns(g), a->ns), .period_ns = a->period_ns, .fire = fire, .arg = o};
	/* In a bubble the clock would stand still earlier or later, as collections happen to come. */
	o->timer.keeps = a->f || o->bubble ? TIMER_KEEPS_ARG : TIMER_KEEPS_WEAK;
	timer_start(g, &o->timer);
	a->result = o;
	return NATIVE_DONE;
}

static bool is_foreign(const Goroutine *g, const TimerObject *o) {
	return UNLIKELY(o->bubble != 0) && o->bubble != bubble_id(g->bubble);
}

/* What expired but was not received yet counts as still pending. */
static bool drain(Goroutine *g, TimerObject *o) {
	Slot discarded[4];
	bool ok, done = false;
	if (o->chan)
		chan_try_recv(g->vm, g->worker, o->chan, discarded, &ok, &done);
	return done;
}

static NativeStatus stop_timer(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		TimerObject *t;
	} *a = NATIVE_ARGS(args);
	if (!a->t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (is_foreign(g, a->t))
		return native_fatal(g, "stop of synctest timer from outside bubble");
	bool pending = timer_stop(&a->t->timer);
	a->result = drain(g, a->t) || pending;
	return NATIVE_DONE;
}

static NativeStatus reset_timer(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		TimerObject *t;
		int64_t ns, period_ns;
	} *a = NATIVE_ARGS(args);
	if (!a->t)
		return native_panic_code(g, PANIC_NIL_POINTER);
	if (a->period_ns < 0)
		return native_misused(g, "time.resetTimer");
	if (is_foreign(g, a->t))
		return native_fatal(g, "reset of synctest timer from outside bubble");
	bool pending = timer_stop(&a->t->timer);
	pending = drain(g, a->t) || pending;
	int64_t now = a->t->bubble != 0 ? bubble_now_ns(g->bubble) : sched_now_ns(g->vm);
	timer_reset(g->worker, &a->t->timer, deadline(now, a->ns), a->period_ns);
	a->result = pending;
	return NATIVE_DONE;
}

/* The monotonic clock counts from the start of the machine; the first reading of a VM stands for the program's start. */
static NativeStatus start_mono(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
	} *a = NATIVE_ARGS(args);
	a->result = g->vm->start_ns;
	return NATIVE_DONE;
}

/* func mulmod(a, b, m int64) int64: a * b mod m without overflow. */
static NativeStatus mulmod(Goroutine *g, Slot *args) {
	struct {
		int64_t result, x, y, m;
	} *a = NATIVE_ARGS(args);
	if (a->m == 0)
		return native_panic_code(g, PANIC_DIVIDE);
	a->result = (int64_t)((__int128)a->x * a->y % a->m);
	return NATIVE_DONE;
}

/* Writes v as decimal in front of `end`, with `digits` fraction digits when it has a fraction; trailing zeros dropped. */
static char *put_fraction(char *end, uint64_t *v, int digits) {
	bool print = false;
	for (int i = 0; i < digits; i++, *v /= 10) {
		int d = (int)(*v % 10);
		print = print || d != 0;
		if (print)
			*--end = (char)('0' + d);
	}
	if (print)
		*--end = '.';
	return end;
}

static char *put_uint(char *end, uint64_t v) {
	do
		*--end = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	return end;
}

static char *duration_text(char *end, int64_t d) {
	uint64_t u = d < 0 ? -(uint64_t)d : (uint64_t)d;
	if (u == 0) {
		*--end = 's';
		*--end = '0';
		return end;
	}
	*--end = 's';
	if (u < 1000000000) {
		int digits = u < 1000 ? 0 : u < 1000000 ? 3 : 6;
		if (digits == 3) {
			memcpy(end -= 2, "\xc2\xb5", 2);
		} else {
			*--end = digits == 0 ? 'n' : 'm';
		}
		end = put_fraction(end, &u, digits);
		end = put_uint(end, u);
	} else {
		end = put_fraction(end, &u, 9);
		end = put_uint(end, u % 60);
		u /= 60;
		if (u > 0) {
			*--end = 'm';
			end = put_uint(end, u % 60);
			u /= 60;
		}
		if (u > 0) {
			*--end = 'h';
			end = put_uint(end, u);
		}
	}
	if (d < 0)
		*--end = '-';
	return end;
}

static NativeStatus duration_string(Goroutine *g, Slot *args) {
	struct {
		GoString result;
		int64_t d;
	} *a = NATIVE_ARGS(args);
	char text[40], *end = text + sizeof text, *s = duration_text(end, a->d);
	a->result = native_string(g, s, (size_t)(end - s));
	return NATIVE_DONE;
}

static NativeStatus local_zone(Goroutine *g, Slot *args) {
	struct {
		GoString name;
		int64_t offset, dst;
		int64_t unix_time;
	} *a = NATIVE_ARGS(args);
	time_t t = (time_t)a->unix_time;
	struct tm tm = {0};
	if (!os_is_allowed(g, GOL_ALLOW_CLOCK) || !localtime_r(&t, &tm))
		return a->name = native_cstring(g, "UTC"), a->offset = 0, a->dst = 0, NATIVE_DONE;
	/* An unnamed zone file and none at all both mean UTC. */
	a->name = native_cstring(g, tm.tm_zone && tm.tm_zone[0] ? tm.tm_zone : "UTC");
	a->offset = tm.tm_gmtoff;
	a->dst = tm.tm_isdst > 0;
	return NATIVE_DONE;
}

static NativeStatus read_zone(Goroutine *g, Slot *args) {
	struct {
		GoString result, name;
	} *a = NATIVE_ARGS(args);
	char path[300], data[65536];
	a->result = (GoString){0};
	if (a->name.len > 200 || (a->name.len && memmem(a->name.ptr, (size_t)a->name.len, "..", 2)))
		return NATIVE_DONE;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)a->name.len, a->name.ptr);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NATIVE_DONE;
	ssize_t n = read(fd, data, sizeof data);
	close(fd);
	if (n > 4 && memcmp(data, "TZif", 4) == 0)
		a->result = native_string(g, data, (size_t)n);
	return NATIVE_DONE;
}

/* ---- POSIX TZ strings (IEEE Std 1003.1, "TZ") ---- */

typedef struct ZoneText {
	const char *p, *end;
	bool bad;
} ZoneText;

static int peek(const ZoneText *z) { return z->p < z->end ? *z->p : 0; }

static GoString zone_name(ZoneText *z) {
	GoString s = {.ptr = z->p};
	if (peek(z) == '<') {
		s.ptr = ++z->p;
		while (z->p < z->end && *z->p != '>')
			z->p++;
		s.len = z->p - s.ptr;
		z->bad |= peek(z) != '>';
		z->p++;
		return s;
	}
	while (z->p < z->end && ((*z->p | 32) >= 'a' && (*z->p | 32) <= 'z'))
		z->p++;
	s.len = z->p - s.ptr;
	z->bad |= s.len < 3;
	return s;
}

static int64_t zone_number(ZoneText *z) {
	int64_t n = 0;
	z->bad |= peek(z) < '0' || peek(z) > '9';
	while (peek(z) >= '0' && peek(z) <= '9' && n < 100000)
		n = n * 10 + *z->p++ - '0';
	return n;
}

/* [+-]hh[:mm[:ss]] in seconds */
static int64_t zone_time(ZoneText *z) {
	int sign = 1;
	if (peek(z) == '-' || peek(z) == '+')
		sign = *z->p++ == '-' ? -1 : 1;
	int64_t s = zone_number(z) * 3600;
	for (int unit = 60; unit > 0 && peek(z) == ':'; unit /= 60) {
		z->p++;
		s += zone_number(z) * unit;
	}
	return sign * s;
}

static bool is_leap(int64_t y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); }

static int64_t days_before_year(int64_t y) { /* since 1970 */
	y--;
	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

/* Seconds from the start of the year (local wall time) at which a rule takes effect. */
static int64_t zone_rule(ZoneText *z, int64_t year) {
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	int64_t day;
	if (peek(z) == 'J') {
		z->p++;
		day = zone_number(z) - 1;
		day += is_leap(year) && day >= 59;
	} else if (peek(z) == 'M') {
		z->p++;
		int64_t month = zone_number(z);
		z->bad |= peek(z) != '.';
		z->p++;
		int64_t week = zone_number(z);
		z->bad |= peek(z) != '.';
		z->p++;
		int64_t weekday = zone_number(z);
		if (month < 1 || month > 12)
			return z->bad = true, 0;
		int64_t first = before[month - 1] + (is_leap(year) && month > 2);
		int64_t length = before[month] - before[month - 1] + (is_leap(year) && month == 2);
		int64_t first_weekday = ((days_before_year(year) + first + 4) % 7 + 7) % 7;
		int64_t offset = (weekday - first_weekday + 7) % 7 + (week - 1) * 7;
		while (offset >= length)
			offset -= 7;
		day = first + offset;
	} else {
		day = zone_number(z);
	}
	int64_t at = 7200;
	if (peek(z) == '/') {
		z->p++;
		at = zone_time(z);
	}
	return day * 86400 + at;
}

static NativeStatus posix_zone(Goroutine *g, Slot *args) {
	struct {
		GoString name;
		int64_t offset, dst, ok;
		GoString text;
		int64_t unix_time;
	} *a = NATIVE_ARGS(args);
	int64_t when = a->unix_time < -MAX_ZONE_TIME ? -MAX_ZONE_TIME : a->unix_time < MAX_ZONE_TIME ? a->unix_time : MAX_ZONE_TIME;
	(void)g;
	ZoneText z = {.p = a->text.ptr, .end = a->text.ptr + a->text.len};
	GoString std = zone_name(&z), dst = {0};
	int64_t std_offset = -zone_time(&z), dst_offset = std_offset + 3600;
	bool in_dst = false;
	if (z.p < z.end) {
		dst = zone_name(&z);
		if (z.p < z.end && *z.p != ',')
			dst_offset = -zone_time(&z);
		z.bad |= peek(&z) != ',';
		z.p++;
		int64_t local = when + std_offset, year = 1970 + local / 31556952;
		while (days_before_year(year) * 86400 > local)
			year--;
		while (days_before_year(year + 1) * 86400 <= local)
			year++;
		int64_t start = days_before_year(year) * 86400 + zone_rule(&z, year) - std_offset;
		z.bad |= peek(&z) != ',';
		z.p++;
		int64_t end = days_before_year(year) * 86400 + zone_rule(&z, year) - dst_offset;
		in_dst = start < end ? when >= start && when < end : when >= start || when < end;
	}
	a->ok = !z.bad;
	a->dst = in_dst;
	a->offset = in_dst ? dst_offset : std_offset;
	a->name = in_dst ? dst : std;
	return NATIVE_DONE;
}

const NativeDef natives_time[] = {
	{"Sleep", native_sleep},
	{"now", native_now},
	{"newTimer", new_timer},
	{"stopTimer", stop_timer},
	{"resetTimer", reset_timer},
	{"startMono", start_mono},
	{"mulmod", mulmod},
	{"Duration.String", duration_string},
	{"localZone", local_zone},
	{"readZone", read_zone},
	{"posixZone", posix_zone},
	{NULL, NULL},
};
