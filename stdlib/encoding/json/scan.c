/* SPDX-License-Identifier: MIT */
/* scan.c: the grammar of JSON as a machine over bytes; Compact, Indent and HTMLEscape use it too.
 *
 * Owns: Scanner.nesting (bytes on the Go heap). Natives work on a copy of the Scanner, so that goroutines that share a
 *   Decoder confuse the text and not the memory.
 * Rules: errors name the first byte that cannot continue the text, with the context that Go's package names.
 * Why a machine that can be resumed: a Decoder's text comes in pieces, cut anywhere. */
#include "stdlib/encoding/json/json.h"

static const char *const words[] = {"true", "false", "null"};

static bool push_nesting(Goroutine *g, Scanner *s, char kind) {
	if (s->nesting.len == s->nesting.cap) {
		uint32_t cap = s->nesting.cap ? s->nesting.cap * 2 : 32;
		char *bytes = heap_new_bytes(g, cap);
		if (!bytes)
			return false;
		if (s->nesting.len)
			memcpy(bytes, s->nesting.ptr, s->nesting.len);
		s->nesting = (GoSlice){bytes, s->nesting.len, cap};
	}
	((char *)s->nesting.ptr)[s->nesting.len++] = kind;
	return true;
}

static char innermost(const Scanner *s) {
	return s->nesting.len ? ((const char *)s->nesting.ptr)[s->nesting.len - 1] : 0;
}

static void value_done(Scanner *s) { s->state = s->nesting.len ? SCAN_AFTER_VALUE : SCAN_END; }

static void pop_nesting(Scanner *s) {
	if (s->nesting.len)
		s->nesting.len--;
	value_done(s);
}

static void fail(Scanner *s, ScanError error) { s->error = error; }

static void begin_string(Scanner *s, bool key) {
	s->state = SCAN_IN_STRING;
	s->in_key = key;
}

static bool begin_value(Goroutine *g, Scanner *s, char c) {
	if (c == '"') {
		begin_string(s, false);
	} else if (c == '{' || c == '[') {
		if (s->nesting.len >= MAX_JSON_NESTING) {
			fail(s, SCAN_ERROR_DEPTH);
			return true;
		}
		s->state = c == '{' ? SCAN_STRING_OR_END : SCAN_VALUE_OR_END;
		return push_nesting(g, s, c);
	} else if (c == '-') {
		s->state = SCAN_MINUS;
	} else if (c == '0') {
		s->state = SCAN_ZERO;
	} else if (c >= '1' && c <= '9') {
		s->state = SCAN_DIGITS;
	} else if (c == 't' || c == 'f' || c == 'n') {
		s->state = SCAN_WORD;
		s->word = 1 | (c == 't' ? 0 : c == 'f' ? 1 : 2) << 8;
	} else {
		fail(s, SCAN_ERROR_VALUE);
	}
	return true;
}

const char *scan_word(const Scanner *s, char *expected) {
	const char *word = words[(uint64_t)(s->word >> 8) % 3];
	uint64_t at = s->word & 7, len = strlen(word);
	*expected = word[at < len ? at : len];
	return word;
}

static void step_word(Scanner *s, char c) {
	char expected;
	const char *word = scan_word(s, &expected);
	if (c != expected)
		fail(s, SCAN_ERROR_WORD);
	else if ((size_t)(++s->word & 7) >= strlen(word))
		value_done(s);
}

static void step_escape(Scanner *s, char c) {
	if (c == 'u')
		s->state = SCAN_HEX1;
	else if (c && strchr("bfnrt\\/\"", c))
		s->state = SCAN_IN_STRING;
	else
		fail(s, SCAN_ERROR_ESCAPE);
}

static void step_hex(Scanner *s, char c) {
	if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
		fail(s, SCAN_ERROR_HEX);
	else
		s->state = s->state == SCAN_HEX4 ? SCAN_IN_STRING : s->state + 1;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void need_digit(Scanner *s, char c, ScanState next, ScanError error) {
	if (is_digit(c))
		s->state = next;
	else
		fail(s, error);
}

/* False: the number ended before c. */
static bool step_number(Scanner *s, char c) {
	switch ((ScanState)s->state) {
	case SCAN_MINUS:
		need_digit(s, c, c == '0' ? SCAN_ZERO : SCAN_DIGITS, SCAN_ERROR_NUMBER);
		return true;
	case SCAN_POINT:
		need_digit(s, c, SCAN_FRACTION, SCAN_ERROR_POINT);
		return true;
	case SCAN_E:
		if (c == '+' || c == '-')
			s->state = SCAN_E_SIGN;
		else
			need_digit(s, c, SCAN_EXPONENT, SCAN_ERROR_EXPONENT);
		return true;
	case SCAN_E_SIGN:
		need_digit(s, c, SCAN_EXPONENT, SCAN_ERROR_EXPONENT);
		return true;
	default:
		break;
	}
	if (is_digit(c) && s->state != SCAN_ZERO)
		return true;
	if (c == '.' && (s->state == SCAN_ZERO || s->state == SCAN_DIGITS))
		s->state = SCAN_POINT;
	else if ((c == 'e' || c == 'E') && s->state != SCAN_EXPONENT)
		s->state = SCAN_E;
	else
		return false;
	return true;
}

static void step_after_value(Scanner *s, char c) {
	if (innermost(s) == '{') {
		if (c == ',')
			s->state = SCAN_KEY;
		else if (c == '}')
			pop_nesting(s);
		else
			fail(s, SCAN_ERROR_AFTER_PAIR);
	} else if (c == ',') {
		s->state = SCAN_VALUE;
	} else if (c == ']') {
		pop_nesting(s);
	} else {
		fail(s, SCAN_ERROR_AFTER_ELEMENT);
	}
}

/* One byte between tokens, no space. False: no memory. */
static bool step_outside(Goroutine *g, Scanner *s, char c) {
	switch ((ScanState)s->state) {
	case SCAN_VALUE_OR_END:
		if (c != ']')
			return begin_value(g, s, c);
		pop_nesting(s);
		return true;
	case SCAN_STRING_OR_END:
		if (c == '}') {
			pop_nesting(s);
			return true;
		}
		/* fallthrough */
	case SCAN_KEY:
		if (c == '"')
			begin_string(s, true);
		else
			fail(s, SCAN_ERROR_KEY);
		return true;
	case SCAN_AFTER_KEY:
		if (c == ':')
			s->state = SCAN_VALUE;
		else
			fail(s, SCAN_ERROR_AFTER_KEY);
		return true;
	case SCAN_AFTER_VALUE:
		step_after_value(s, c);
		return true;
	default:
		return begin_value(g, s, c);
	}
}

/* Inside a string: the bytes up to the first that means something. */
static size_t plain_bytes(const char *text, size_t len) {
	size_t i = 0;
	while (i < len && text[i] != '"' && text[i] != '\\' && (unsigned char)text[i] >= ' ')
		i++;
	return i;
}

static void step_string(Scanner *s, char c) {
	if (c == '\\')
		s->state = SCAN_ESCAPE;
	else if (c != '"')
		fail(s, SCAN_ERROR_STRING);
	else if (s->in_key)
		s->state = SCAN_AFTER_KEY;
	else
		value_done(s);
}

size_t scan_text(Goroutine *g, Scanner *s, const char *text, size_t len, bool *no_memory) {
	size_t i = 0;
	*no_memory = false;
	Pace pace = {.g = g};
	while (i < len && s->state != SCAN_END && s->error == SCAN_OK && !pace_stops(&pace, i)) {
		char c = text[i];
		if (s->state == SCAN_IN_STRING) {
			i += plain_bytes(text + i, len - i);
			if (i == len)
				break;
			step_string(s, text[i]);
		} else if (s->state < SCAN_END) {
			if (!is_json_space(c) && !step_outside(g, s, c)) {
				*no_memory = true;
				return i;
			}
		} else if (s->state == SCAN_WORD) {
			step_word(s, c);
		} else if (s->state == SCAN_ESCAPE) {
			step_escape(s, c);
		} else if (s->state <= SCAN_HEX4) {
			step_hex(s, c);
		} else if (!step_number(s, c)) {
			value_done(s);
			continue;
		}
		i += s->error == SCAN_OK;
	}
	return i;
}

size_t scan_rest(Scanner *s, const char *text, size_t len) {
	size_t i = 0;
	while (i < len && is_json_space(text[i]))
		i++;
	if (i < len)
		fail(s, SCAN_ERROR_TOP);
	return i;
}

bool scan_at_end(Scanner *s) {
	bool number = s->state == SCAN_ZERO || s->state == SCAN_DIGITS || s->state == SCAN_FRACTION ||
		      s->state == SCAN_EXPONENT;
	if (number && s->nesting.len == 0)
		s->state = SCAN_END;
	return s->state == SCAN_END;
}

size_t skip_value(const char *text, size_t len, size_t at) {
	size_t depth = 0;
	while (at < len) {
		char c = text[at++];
		if (c == '"') {
			for (at += plain_bytes(text + at, len - at); at < len && text[at] != '"';
			     at += plain_bytes(text + at, len - at))
				at += 2;
			at++;
		} else if (c == '{' || c == '[') {
			depth++;
			continue;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (c == ',' || c == ':' || is_json_space(c)) {
			continue;
		} else {
			while (at < len && !strchr(",:]} \t\r\n", text[at]))
				at++;
		}
		if (depth == 0)
			break;
	}
	return at < len ? at : len;
}

/* ---------------------------------------------------------------- natives */

static bool take(const Scanner *shared, Scanner *s) {
	if (!shared)
		return false;
	*s = *shared;
	s->nesting = load_slice(&shared->nesting);
	return s->state >= 0 && s->state <= SCAN_WORD;
}

static void give_back(Scanner *shared, const Scanner *s) {
	shared->state = s->state;
	shared->word = s->word;
	shared->in_key = s->in_key;
	shared->error = s->error;
	store_slice(&shared->nesting, s->nesting);
}

/* func (s *scanner) scan(text []byte) (taken int) */
NativeStatus json_scan(Goroutine *g, Slot *args) {
	struct {
		int64_t taken, unused;
		GoSlice text;
		Scanner *s RECEIVER;
	} *a = NATIVE_ARGS(args);
	bool no_memory;
	Scanner s;
	if (!take(a->s, &s))
		return native_panic_code(g, PANIC_NIL_POINTER);
	a->taken = (int64_t)scan_text(g, &s, a->text.ptr, a->text.len, &no_memory);
	give_back(a->s, &s);
	native_charge(g, a->taken / 8);
	return no_memory ? out_of_memory(g) : NATIVE_DONE;
}

/* func (s *scanner) all(text []byte) (taken int, ok bool): one value and space around it */
NativeStatus json_scan_all(Goroutine *g, Slot *args) {
	struct {
		int64_t taken, ok;
		GoSlice text;
		Scanner *s RECEIVER;
	} *a = NATIVE_ARGS(args);
	bool no_memory;
	GoSlice text = a->text;
	Scanner s;
	if (!take(a->s, &s))
		return native_panic_code(g, PANIC_NIL_POINTER);
	native_charge(g, text.len / 8);
	size_t taken = scan_text(g, &s, text.ptr, text.len, &no_memory);
	if (no_memory)
		return out_of_memory(g);
	a->ok = s.error == SCAN_OK && scan_at_end(&s);
	if (a->ok) {
		taken += scan_rest(&s, (const char *)text.ptr + taken, text.len - taken);
		a->ok = s.error == SCAN_OK;
	}
	give_back(a->s, &s);
	a->taken = (int64_t)taken;
	return NATIVE_DONE;
}

/* func (s *scanner) atEnd() bool */
NativeStatus json_scan_at_end(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		Scanner *s RECEIVER;
	} *a = NATIVE_ARGS(args);
	Scanner s;
	if (!take(a->s, &s))
		return native_panic_code(g, PANIC_NIL_POINTER);
	a->result = scan_at_end(&s);
	a->s->state = s.state;
	return NATIVE_DONE;
}

/* func (s *scanner) wordExpected() (word string, letter int) */
NativeStatus json_scan_word(Goroutine *g, Slot *args) {
	struct {
		GoString word;
		int64_t letter;
		Scanner *s RECEIVER;
	} *a = NATIVE_ARGS(args);
	char expected;
	Scanner s;
	if (!take(a->s, &s))
		return native_panic_code(g, PANIC_NIL_POINTER);
	a->word = c_string(scan_word(&s, &expected));
	a->letter = expected;
	return NATIVE_DONE;
}
