/* SPDX-License-Identifier: MIT */
/* text.c: JSON text: strings, numbers and bytes written, strings read, space taken out and put in.
 *
 * Owns: nothing; output grows on the Go heap.
 * Rules: invalid UTF-8 becomes U+FFFD in both directions.
 * See: format_float for the ES6 form of numbers that Go's package has. */
#include "base/number.h"
#include "base/utf8.h"
#include "stdlib/encoding/json/json.h"

bool out_grow(Out *out, size_t extra) {
	size_t cap = out->cap * 2 < 256 ? 256 : out->cap * 2;
	while (cap < out->len + extra)
		cap *= 2;
	char *bytes = out->failed || cap > (size_t)MAX_SLICE_LEN ? NULL : heap_new_bytes_raw(out->g, cap);
	if (!bytes) {
		out->failed = true;
		out->cap = out->len = 0;
		return false;
	}
	if (out->len)
		memcpy(bytes, out->ptr, out->len);
	out->ptr = bytes;
	out->cap = cap;
	return true;
}

/* ---------------------------------------------------------------- strings */

static const char hex[] = "0123456789abcdef";

static bool is_plain(unsigned char c, bool escape_html) {
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\' && !(escape_html && (c == '<' || c == '>' || c == '&'));
}

static void out_escaped(Out *out, unsigned char c) {
	static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
	const char *found = c ? strchr(letters, c) : NULL;
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	if (!found) {
		out_put(out, text, sizeof text);
		return;
	}
	out_putc(out, '\\');
	out_putc(out, names[found - letters]);
}

void out_string(Out *out, const char *s, size_t len, bool escape_html) {
	Pace pace = {.g = out->g};
	out_putc(out, '"');
	for (size_t i = 0; i < len && !pace_stops(&pace, i);) {
		size_t from = i;
		while (i < len && is_plain((unsigned char)s[i], escape_html))
			i++;
		out_put(out, s + from, i - from);
		if (i == len)
			break;
		if ((unsigned char)s[i] < 0x80) {
			out_escaped(out, (unsigned char)s[i++]);
			continue;
		}
		int32_t rune;
		int size = utf8_decode(s + i, len - i, &rune);
		if (rune == RUNE_ERROR && size == 1)
			out_puts(out, "\\ufffd");
		else if (rune == 0x2028 || rune == 0x2029)
			out_puts(out, rune == 0x2028 ? "\\u2028" : "\\u2029");
		else
			out_put(out, s + i, (size_t)size);
		i += (size_t)size;
	}
	out_putc(out, '"');
}

static int32_t read_hex(const char *s, size_t len) {
	int32_t rune = 0;
	if (len < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		char c = s[i];
		int digit = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
		if (digit < 0 || digit > 15)
			return -1;
		rune = rune << 4 | digit;
	}
	return rune;
}

/* An escape of valid text; returns its length. */
static size_t read_escape(const char *s, size_t len, int32_t *rune) {
	static const char names[] = "bfnrt", letters[] = "\b\f\n\r\t";
	if (len < 2 || s[1] != 'u') {
		const char *found = len > 1 && s[1] ? strchr(names, s[1]) : NULL;
		*rune = found ? letters[found - names] : len > 1 ? s[1] : '\\';
		return 2;
	}
	*rune = read_hex(s, len);
	if (*rune >= 0xd800 && *rune < 0xe000) {
		int32_t low = read_hex(s + 6, len - 6);
		if (*rune < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			*rune = ((*rune - 0xd800) << 10 | (low - 0xdc00)) + 0x10000;
			return 12;
		}
		*rune = RUNE_ERROR;
	}
	return 6;
}

GoString unquote_string(Goroutine *g, const char *text, size_t len, bool *failed) {
	GoString plain;
	if (!memchr(text, '\\', len) && utf8_valid(text, len)) {
		*failed = *failed || string_new(g, text, len, &plain) != PANIC_NONE;
		return *failed ? (GoString){0} : plain;
	}
	char *bytes = heap_new_bytes_raw(g, len * 3 + 4); /* an invalid byte becomes three */
	size_t n = 0;
	if (!bytes) {
		*failed = true;
		return (GoString){0};
	}
	for (size_t i = 0; i < len;) {
		int32_t rune;
		if (text[i] == '\\') {
			i += read_escape(text + i, len - i, &rune);
		} else if ((unsigned char)text[i] < 0x80) {
			bytes[n++] = text[i++];
			continue;
		} else {
			i += (size_t)utf8_decode(text + i, len - i, &rune);
		}
		n += (size_t)utf8_encode(rune, bytes + n);
	}
	return (GoString){bytes, (int64_t)n};
}

/* ---------------------------------------------------------------- numbers and bytes */

void out_float(Out *out, double value, int bits) {
	char text[64];
	double size = value < 0 ? -value : value;
	bool small = bits == 64 ? size < 1e-6 : (float)size < 1e-6f, large = bits == 64 ? size >= 1e21 : (float)size >= 1e21f;
	char format = size != 0 && (small || large) ? 'e' : 'f';
	size_t len = number_format(text, sizeof text, value, format, -1, bits);
	if (format == 'e' && len >= 4 && text[len - 4] == 'e' && text[len - 3] == '-' && text[len - 2] == '0') {
		text[len - 2] = text[len - 1]; /* e-09 as e-9 */
		len--;
	}
	out_put(out, text, len);
}

void out_base64(Out *out, const unsigned char *p, size_t len) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	Pace pace = {.g = out->g};
	for (size_t i = 0; i < len && !pace_stops(&pace, i); i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
		char text[4] = {digits[v >> 18], digits[v >> 12 & 63], left > 1 ? digits[v >> 6 & 63] : '=',
				left > 2 ? digits[v & 63] : '='};
		out_put(out, text, sizeof text);
	}
}

static size_t skip_digits(const char *s, size_t len, size_t i) {
	while (i < len && s[i] >= '0' && s[i] <= '9')
		i++;
	return i;
}

bool is_json_number(const char *s, size_t len) {
	size_t i = len > 0 && s[0] == '-', from = i;
	i = i < len && s[i] == '0' ? i + 1 : skip_digits(s, len, i);
	if (i == from)
		return false;
	if (i + 1 < len && s[i] == '.') {
		from = i + 1;
		i = skip_digits(s, len, from);
		if (i == from)
			return false;
	}
	if (i + 1 < len && (s[i] == 'e' || s[i] == 'E')) {
		i++;
		if (s[i] == '+' || s[i] == '-')
			i++;
		from = i;
		i = skip_digits(s, len, i);
		if (i == from)
			return false;
	}
	return i == len && len > 0;
}

/* ---------------------------------------------------------------- space */

/* Length of a line separator U+2028 or U+2029 at s; 0: none. */
static size_t line_separator(const char *s, size_t len) {
	return len >= 3 && (unsigned char)s[0] == 0xe2 && (unsigned char)s[1] == 0x80 && ((unsigned char)s[2] & ~1u) == 0xa8 ? 3 : 0;
}

static size_t out_html(Out *out, const char *s, size_t len) {
	if (line_separator(s, len)) {
		out_puts(out, (s[2] & 1) ? "\\u2029" : "\\u2028");
		return 3;
	}
	if (*s == '<' || *s == '>' || *s == '&') {
		char text[6] = {'\\', 'u', '0', '0', hex[(*s >> 4) & 15], hex[*s & 15]};
		out_put(out, text, sizeof text);
	} else {
		out_putc(out, *s);
	}
	return 1;
}

void out_compact(Out *out, const char *text, size_t len, bool escape_html) {
	bool in_string = false;
	Pace pace = {.g = out->g};
	for (size_t i = 0; i < len && !out->failed && !pace_stops(&pace, i);) {
		char c = text[i];
		if (!in_string && is_json_space(c)) {
			i++;
			continue;
		}
		if (in_string && c == '\\' && i + 1 < len) {
			out_put(out, text + i, 2);
			i += 2;
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		if (escape_html) {
			i += out_html(out, text + i, len - i);
		} else {
			out_putc(out, c);
			i++;
		}
	}
}

static void new_line(Out *out, GoString prefix, GoString indent, size_t depth) {
	out_putc(out, '\n');
	out_put(out, prefix.ptr, (size_t)prefix.len);
	for (size_t i = 0; i < depth && !out->failed; i++)
		out_put(out, indent.ptr, (size_t)indent.len);
}

static size_t string_end(const char *text, size_t len, size_t at) {
	for (at++; at < len && text[at] != '"'; at++)
		at += text[at] == '\\';
	return at < len ? at + 1 : len;
}

static void out_indented(Out *out, const char *text, size_t len, GoString prefix, GoString indent) {
	size_t depth = 0;
	bool opened = false; /* behind { or [: an empty one stays on its line */
	Pace pace = {.g = out->g};
	for (size_t i = 0; i < len && !out->failed && !pace_stops(&pace, out->len);) {
		char c = text[i];
		bool closing = c == '}' || c == ']';
		if (is_json_space(c)) {
			i++;
			continue;
		}
		if (opened && !closing)
			new_line(out, prefix, indent, ++depth);
		if (closing && !opened)
			new_line(out, prefix, indent, depth ? --depth : 0);
		opened = c == '{' || c == '[';
		if (c == '"') {
			size_t end = string_end(text, len, i);
			out_put(out, text + i, end - i);
			i = end;
			continue;
		}
		out_putc(out, c);
		if (c == ':')
			out_putc(out, ' ');
		else if (c == ',')
			new_line(out, prefix, indent, depth);
		i++;
	}
}

/* ---------------------------------------------------------------- natives */

static NativeStatus give(Goroutine *g, const Out *out, GoSlice *result) {
	if (out->failed)
		return out_of_memory(g);
	*result = (GoSlice){out->ptr, (uint32_t)out->len, (uint32_t)out->cap};
	native_charge(g, (int64_t)out->len / 8);
	return NATIVE_DONE;
}

/* func compact(valid []byte, escapeHTML bool) []byte */
NativeStatus json_compact(Goroutine *g, Slot *args) {
	struct {
		GoSlice result, text;
		int64_t escape_html;
	} *a = NATIVE_ARGS(args);
	Out out = {.g = g};
	out_compact(&out, a->text.ptr, a->text.len, a->escape_html != 0);
	return give(g, &out, &a->result);
}

/* func indented(valid []byte, prefix, indent string) []byte */
NativeStatus json_indented(Goroutine *g, Slot *args) {
	struct {
		GoSlice result, text;
		GoString prefix, indent;
	} *a = NATIVE_ARGS(args);
	Out out = {.g = g};
	out_indented(&out, a->text.ptr, a->text.len, a->prefix, a->indent);
	return give(g, &out, &a->result);
}

/* func htmlEscaped(text []byte) []byte */
NativeStatus json_html_escaped(Goroutine *g, Slot *args) {
	struct {
		GoSlice result, text;
	} *a = NATIVE_ARGS(args);
	Out out = {.g = g};
	const char *text = a->text.ptr;
	Pace pace = {.g = g};
	for (size_t i = 0; i < a->text.len && !out.failed && !pace_stops(&pace, i);)
		i += out_html(&out, text + i, a->text.len - i);
	return give(g, &out, &a->result);
}

/* func quoted(s string, escapeHTML bool) []byte */
NativeStatus json_quoted(Goroutine *g, Slot *args) {
	struct {
		GoSlice result;
		GoString s;
		int64_t escape_html;
	} *a = NATIVE_ARGS(args);
	Out out = {.g = g};
	out_string(&out, a->s.ptr, (size_t)a->s.len, a->escape_html != 0);
	return give(g, &out, &a->result);
}
