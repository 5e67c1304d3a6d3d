/* SPDX-License-Identifier: MIT */
/* line_input.c: the terminal's mode, and bytes -> keys.
 *
 * Owns: Input.
 * Rules: output processing stays on, so what other threads print needs no carriage returns. Bytes that are not understood
 * become KEY_UNKNOWN as a whole sequence, never text.
 * Why a wait after ESC: the key Escape and the begin of a sequence are the same byte; sequences come in one piece. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/line_parts.h"

enum { ESCAPE_WAIT_MS = 60, PASTE_LIMIT = 16 << 20 };

void input_init(Input *in) {
	*in = (Input){.wake = {-1, -1}};
	if (pipe2(in->wake, O_CLOEXEC | O_NONBLOCK) != 0)
		in->wake[0] = in->wake[1] = -1;
}

void input_deinit(Input *in) {
	for (int i = 0; i < 2; i++)
		if (in->wake[i] >= 0)
			close(in->wake[i]);
	text_free(&in->text);
}

static void write_terminal(const char *s) {
	if (write(1, s, strlen(s)) < 0)
		return; /* gone: reading will say so */
}

void input_raw(Input *in) {
	struct termios raw;
	if (in->is_raw || tcgetattr(0, &in->before) != 0)
		return;
	raw = in->before;
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT | PARMRK);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	in->is_raw = tcsetattr(0, TCSADRAIN, &raw) == 0;
	write_terminal("\033[?2004h");
}

void input_restore(Input *in) {
	if (!in->is_raw)
		return;
	in->is_raw = false;
	write_terminal("\033[?2004l");
	tcsetattr(0, TCSADRAIN, &in->before);
}

/* ---------------------------------------------------------------- bytes */

enum { BYTE_NONE = -1, BYTE_GONE = -2, BYTE_EVENT = -3 };

/* timeout_ms < 0: waits for a byte or an event. */
static int next_byte(Input *in, int timeout_ms) {
	while (in->at == in->count) {
		struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = timeout_ms < 0 ? in->wake[0] : -1, .events = POLLIN}};
		char drained[64];
		int n = poll(fds, 2, timeout_ms);
		if (n < 0 && errno != EINTR)
			return BYTE_GONE;
		if (n == 0)
			return BYTE_NONE;
		if (n > 0 && (fds[1].revents & POLLIN) && read(in->wake[0], drained, sizeof drained) > 0)
			return BYTE_EVENT;
		if (n < 0 || !fds[0].revents)
			continue;
		ssize_t got = read(0, in->bytes, sizeof in->bytes);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return BYTE_GONE;
		in->at = 0;
		in->count = got > 0 ? (size_t)got : 0;
	}
	return in->bytes[in->at++];
}

/* Up to ESC [ 201 ~, which is not part of it. */
static int read_paste(Input *in) {
	static const char end[] = "\033[201~";
	Text raw = {0};
	for (int c; raw.len < PASTE_LIMIT && (c = next_byte(in, 2000)) >= 0;) {
		text_put(&raw, &(char){(char)c}, 1);
		if (c == '~' && raw.len >= 6 && memcmp(raw.ptr + raw.len - 6, end, 6) == 0) {
			raw.len -= 6;
			break;
		}
	}
	in->text.len = 0;
	line_put_clean(&in->text, text_string(&raw), raw.len);
	text_free(&raw);
	return in->text.len > 0 ? KEY_PASTE : KEY_UNKNOWN;
}

/* ---------------------------------------------------------------- sequences */

static int key_of_final(int final, bool is_word) {
	switch (final) {
	case 'A': return KEY_UP;
	case 'B': return KEY_DOWN;
	case 'C': return is_word ? KEY_WORD_RIGHT : KEY_RIGHT;
	case 'D': return is_word ? KEY_WORD_LEFT : KEY_LEFT;
	case 'H': return KEY_HOME;
	case 'F': return KEY_END;
	case 'Z': return KEY_BACK_TAB;
	case 'M': return KEY_ENTER; /* of the keypad, after ESC O */
	default: return KEY_UNKNOWN;
	}
}

static int key_of_number(Input *in, int number) {
	switch (number) {
	case 1: case 7: return KEY_HOME;
	case 4: case 8: return KEY_END;
	case 3: return KEY_DELETE;
	case 5: return KEY_PAGE_UP;
	case 6: return KEY_PAGE_DOWN;
	case 200: return read_paste(in);
	default: return KEY_UNKNOWN;
	}
}

/* After ESC [ : parameters, then one final byte. */
static int read_sequence(Input *in) {
	int number[2] = {0, 0}, which = 0, c;
	while ((c = next_byte(in, ESCAPE_WAIT_MS)) >= 0x20 && c < 0x40) {
		if (c == ';' && which < 1)
			which++;
		else if (c >= '0' && c <= '9' && number[which] < 10000)
			number[which] = number[which] * 10 + c - '0';
	}
	if (c == '~')
		return key_of_number(in, number[0]);
	return c == 'M' ? KEY_UNKNOWN : key_of_final(c, number[1] >= 3); /* modified by Alt or Ctrl */
}

static int read_character(Input *in, int first) {
	char bytes[4] = {(char)first};
	size_t len = 1, size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	for (int c; len < size && (c = next_byte(in, ESCAPE_WAIT_MS)) >= 0; len++) {
		if ((c & 0xc0) != 0x80) {
			in->at--;
			break;
		}
		bytes[len] = (char)c;
	}
	in->text.len = 0;
	line_put_clean(&in->text, bytes, len);
	return KEY_TEXT;
}

static int read_escape(Input *in) {
	int c = next_byte(in, ESCAPE_WAIT_MS);
	if (c == BYTE_NONE)
		return KEY_ESCAPE;
	if (c == '[')
		return read_sequence(in);
	if (c == 'O')
		return key_of_final(next_byte(in, ESCAPE_WAIT_MS), false);
	if (c == 27) {
		in->at--;
		return KEY_ESCAPE;
	}
	return c < 0 ? KEY_UNKNOWN : c >= 0x80 ? (read_character(in, c), KEY_UNKNOWN) : KEY_ALT + c;
}

int input_key(Input *in) {
	int c = next_byte(in, -1);
	if (c == BYTE_EVENT)
		return KEY_EVENT;
	if (c < 0)
		return KEY_GONE;
	if (c == 27)
		return read_escape(in);
	if (c == '\n') /* typed while the terminal had its usual mode */
		return KEY_ENTER;
	if (c == KEY_CTRL('H'))
		return KEY_BACKSPACE;
	return c >= 0x20 && c != KEY_BACKSPACE ? read_character(in, c) : c;
}
