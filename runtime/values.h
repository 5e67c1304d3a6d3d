/* SPDX-License-Identifier: MIT */
/* values.h: strings, slices, maps, interfaces, channels as the interpreter and natives use them.
 *
 * Functions that can fail for Go reasons return a PanicCode (PANIC_NONE = 0); the caller turns it into the Go panic or
 * fatal error with Go's text (vm/trace.c). */
#ifndef GOL_RUNTIME_VALUES_H
#define GOL_RUNTIME_VALUES_H

#include "runtime/heap.h"

typedef enum PanicCode { /* texts in vm/trace.c */
	PANIC_NONE = 0,
	PANIC_NIL_POINTER, PANIC_DIVIDE, PANIC_NEGATIVE_SHIFT, PANIC_NIL_MAP, PANIC_CLOSE_NIL_CHAN, PANIC_CLOSE_CLOSED_CHAN,
	PANIC_SEND_CLOSED_CHAN, PANIC_MAKE_SLICE_LEN, PANIC_MAKE_SLICE_CAP, PANIC_MAKE_CHAN_SIZE, PANIC_GROW_SLICE, PANIC_UNSAFE,
	PANIC_UNHASHABLE, PANIC_UNCOMPARABLE, /* with the type in worker's panic_type */
	PANIC_BUBBLE_BLOCKED, PANIC_BUBBLE_MAIN_EXITED, /* a bubble that cannot go on: bubble.h */
	FATAL_CONCURRENT_MAP_WRITE, FATAL_CONCURRENT_MAP_READ_WRITE, FATAL_CONCURRENT_MAP_ITERATE, FATAL_OUT_OF_MEMORY,
	FATAL_BUBBLE_SEND, FATAL_BUBBLE_RECEIVE, FATAL_BUBBLE_CLOSE, FATAL_BUBBLE_SELECT, /* from outside the channel's bubble */
	PANIC_PARKED, /* not an error: the goroutine is queued */
} PanicCode;

/* unsafe.c: whether p may be seen as a pointer to count elements. */
PanicCode unsafe_view(VM *vm, const void *p, int64_t count, const TypeDesc *elem, UnsafeView known);

/* ---- equality and hashing (equal.c). On uncomparable dynamic types *bad gets the type and the result is false/0.
 * They look with sched_work on their way through deep values: any answer will do when the program is being stopped. ---- */
bool equal_memory(Goroutine *g, const TypeDesc *type, const void *a, const void *b, const TypeDesc **bad);
bool equal_slots(Goroutine *g, const TypeDesc *type, const Slot *a, const Slot *b, const TypeDesc **bad);
bool equal_iface(Goroutine *g, GoIface a, GoIface b, const TypeDesc **bad);
uint64_t hash_slots(Goroutine *g, const TypeDesc *type, const Slot *key, uint64_t seed, const TypeDesc **bad);
uint64_t hash_bytes(const void *p, size_t len, uint64_t seed); /* wyhash-like; source named in the .c file */
int string_compare(GoString a, GoString b);                    /* < 0, 0, > 0 */
static inline bool string_equal(GoString a, GoString b) {
	return a.len == b.len && (a.len == 0 || a.ptr == b.ptr || memcmp(a.ptr, b.ptr, (size_t)a.len) == 0);
}

/* ---- strings (string.c); ptr NULL in a result with len > 0 never happens: out of memory gives FATAL_OUT_OF_MEMORY ---- */
PanicCode string_new(Goroutine *g, const char *s, size_t len, GoString *out);
PanicCode string_concat(Goroutine *g, GoString a, GoString b, GoString *out);
PanicCode string_concat_n(Goroutine *g, const GoString *parts, uint32_t n, GoString *out);
PanicCode string_from_rune(Goroutine *g, int64_t rune, GoString *out);
PanicCode string_from_bytes(Goroutine *g, GoSlice b, GoString *out);
PanicCode string_from_runes(Goroutine *g, GoSlice r, GoString *out);
PanicCode bytes_from_string(Goroutine *g, GoString s, GoSlice *out);
PanicCode runes_from_string(Goroutine *g, GoString s, GoSlice *out);

/* ---- slices (slice.c) ---- */
PanicCode slice_make(Goroutine *g, const TypeDesc *elem, int64_t len, int64_t cap, GoSlice *out);
/* Room for `extra` more elements behind len (Go's growth rule); out has the new ptr and cap, len unchanged. */
PanicCode slice_grow(Goroutine *g, const TypeDesc *elem, GoSlice s, uint64_t extra, GoSlice *out);
PanicCode slice_append(Goroutine *g, const TypeDesc *elem, GoSlice a, GoSlice b, GoSlice *out);
PanicCode slice_append_string(Goroutine *g, GoSlice a, GoString b, GoSlice *out);
int64_t slice_copy(Goroutine *g, const TypeDesc *elem, GoSlice to, GoSlice from);

/* ---- maps (map.c). Keys and values in slot layout. A nil map reads as empty. ---- */
typedef struct Map Map;
PanicCode map_new(Goroutine *g, const TypeDesc *type, int64_t hint, Map **out);
int64_t map_len(const Map *m);
/* Address of the value's slots, or NULL when absent (in *out). */
PanicCode map_get(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, Slot **out);
/* Address of the value's slots, inserted as zero when absent. */
PanicCode map_assign(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, Slot **out);
/* Stores a whole value; like map_assign plus copy, under the writer flag. */
PanicCode map_set(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key, const Slot *value);
PanicCode map_delete(Goroutine *g, const TypeDesc *type, Map *m, const Slot *key);
PanicCode map_clear(Goroutine *g, const TypeDesc *type, Map *m);
/* Fast forms for keys of one plain word (DESC_PLAIN_EQUAL, one slot, no aggregate) and for string keys. get: the address of
 * the value's slots, NULL when absent, MAP_CONFLICT when another goroutine is writing (FATAL_CONCURRENT_MAP_READ_WRITE);
 * m may be NULL. assign: as map_assign. */
#define MAP_CONFLICT ((Slot *)1)
Slot *map_get_word(const Map *m, uint64_t key);
Slot *map_get_string(const Map *m, GoString key);
PanicCode map_assign_word(Goroutine *g, Map *m, uint64_t key, Slot **out);
PanicCode map_assign_string(Goroutine *g, Map *m, GoString key, Slot **out);
/* Iterator state (slots 0 and 1 are heap pointers) lives in MAP_ITER_SLOTS slots (frame or C); any mutation in between is allowed, with Go's guarantees. The
 * start is random (worker's random state). next: false at the end; key/value (NULL: not wanted) are copied out. */
void map_iter_init(Goroutine *g, const TypeDesc *type, Map *m, Slot *iter);
PanicCode map_iter_next(Goroutine *g, const TypeDesc *type, Slot *iter, Slot *key, Slot *value, bool *more);

/* ---- interfaces (iface.c) ---- */
const MethodDesc *type_find_method(const TypeDesc *type, const MethodKey *key); /* binary search; NULL */
/* First missing method, or NULL when type implements iface. Cached per VM. */
const MethodDesc *iface_missing_method(VM *vm, const TypeDesc *type, const TypeDesc *iface);
/* Types have got other methods: forgets what was found before. World stopped. */
void iface_forget(VM *vm);
/* Boxes a value in slot layout. */
PanicCode iface_make(Goroutine *g, const TypeDesc *type, const Slot *value, GoIface *out);
void iface_value(GoIface v, Slot *out); /* slot layout of the dynamic value; v.type != NULL */
const void *iface_memory(const GoIface *v); /* address of the dynamic value in memory layout (inside *v for direct types) */

/* ---- channels (chan.c, select.c). Values in slot layout. slots given as pointers into g's current frame ---- */
PanicCode chan_new(Goroutine *g, const TypeDesc *type, int64_t size, Chan **out);
/* PANIC_PARKED: g is queued, the value will be taken from its slots; it continues behind the instruction, or with a panic when
 * the channel is closed meanwhile (see chan_send_resumed). */
PanicCode chan_send_or_park(Goroutine *g, Chan *c, const Slot *value);
/* When a goroutine with wait_reason WAIT_CHAN_SEND runs again: PANIC_SEND_CLOSED_CHAN when the channel was closed
 * (sudog.success is false), else PANIC_NONE: the value was taken. */
PanicCode chan_send_resumed(Goroutine *g);
/* to / ok may be NULL. PANIC_PARKED: queued; whoever wakes it has written *to and *ok (nothing to do on resuming). */
PanicCode chan_recv_or_park(Goroutine *g, Chan *c, Slot *to, Slot *ok);
/* Non-blocking forms for natives and hosts: *done tells whether it happened. w may be NULL between sched_host_enter and
 * sched_host_leave. value and to may lie anywhere. */
PanicCode chan_try_send(VM *vm, Worker *w, Chan *c, const Slot *value, bool *done);
PanicCode chan_try_recv(VM *vm, Worker *w, Chan *c, Slot *to, bool *ok, bool *done);
PanicCode chan_close(Goroutine *g, Chan *c);
void chan_set_of_timer(Chan *c); /* new, of capacity 1: the channel of a time.Timer, whose len and cap are 0 */
int64_t chan_len(const Chan *c);
int64_t chan_cap(const Chan *c);
const TypeDesc *chan_elem(const Chan *c);
typedef struct SelectCase { /* one word in the code behind SELECT */
	uint16_t send : 1;   /* else receive */
	uint16_t slots : 15; /* of the value; 0x7fff: that many or more */
	uint16_t chan;  /* slot of the channel */
	uint16_t value; /* slot of the value (NO_SLOT) */
	uint16_t ok;    /* receive: slot of ok (NO_SLOT) */
} SelectCase;
/* *chosen: index, -1 default. PANIC_PARKED: queued on all; when woken, select_resume tells the case. Without cases and
 * default it parks for ever. The channels are read from fp before parking: their slots may change afterwards. */
PanicCode select_or_park(Goroutine *g, const SelectCase *cases, uint32_t n, bool has_default, Slot *fp, int64_t *chosen);
/* After waking: dequeues from the other channels; the received value and ok are already in their slots. Sending on a channel
 * that was closed: PANIC_SEND_CLOSED_CHAN. */
PanicCode select_resume(Goroutine *g, const SelectCase *cases, uint32_t n, Slot *fp, int64_t *chosen);
void chan_trace(Marker *m, void *object);

#endif
