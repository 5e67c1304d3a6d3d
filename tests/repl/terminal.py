# SPDX-License-Identifier: MIT
"""A terminal for the tests of gol repl: a pseudo-terminal, and a screen that understands what a terminal must.

Nothing here waits for a time: everything waits for something to be seen, and fails when that takes too long. What other threads
do is seen by asking again (Session.until): a prompt says that an evaluation has ended, not what the goroutines have come to.
"""
import fcntl
import os
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
import traceback
import unicodedata

PROMPT = "gol> "
MORE = "...  "
TIMEOUT = 150  # only ends hangs: ten times what the slowest step needs on a machine with a load of 20

KEYS = {
    "UP": "\x1b[A", "DOWN": "\x1b[B", "RIGHT": "\x1b[C", "LEFT": "\x1b[D", "HOME": "\x1b[H", "END": "\x1b[F",
    "DELETE": "\x1b[3~", "PAGE_UP": "\x1b[5~", "PAGE_DOWN": "\x1b[6~", "BACK": "\x7f", "ENTER": "\r", "TAB": "\t",
    "ALT_ENTER": "\x1b\r", "WORD_LEFT": "\x1b[1;5D", "WORD_RIGHT": "\x1b[1;5C",
}


def ctrl(c):
    return chr(ord(c.upper()) & 31)


def width(c):
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1


NONE = "\0"


class Row:
    def __init__(self, columns):
        self.cells = [" "] * columns  # "" is the right half of a wide character, NONE where one found no room
        self.wraps = False            # goes on in the next row

    def text(self):
        return "".join(c for c in self.cells if c != NONE)


def join(rows):
    """Lines of text: rows that wrap are one line."""
    out, part = [], ""
    for r in rows:
        part += r.text()
        if not r.wraps:
            out.append(part.rstrip())
            part = ""
    return out + ([part.rstrip()] if part else [])


class Screen:
    """What is on the screen, and above it. Wraps at the edge as terminals do: when the next character comes."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.above = []
        self.grid = [Row(columns) for _ in range(rows)]
        self.row = self.column = 0
        self.is_pending = False
        self.bells = 0
        self.styles = []      # every colour sequence seen
        self.modes = {25}
        self.paints = 0       # how often the cursor was shown again
        self.unknown = []
        self.rest = ""

    def all(self):
        return self.above + self.grid

    def text(self):
        return "\n".join(join(self.all()))

    def cursor_line(self):
        return self.grid[self.row].text().rstrip()

    def at(self):
        """The cursor's row counted from the first line ever, and its column."""
        return len(self.above) + self.row, self.column

    def newline(self):
        if self.row == self.rows - 1:
            self.above.append(self.grid.pop(0))
            self.grid.append(Row(self.columns))
        else:
            self.row += 1

    def put(self, c):
        w = width(c)
        if w == 0:
            column = self.column - (0 if self.is_pending else 1)
            cells = self.grid[self.row].cells
            while column > 0 and cells[column] == "":
                column -= 1
            cells[max(column, 0)] += c
            return
        if self.is_pending or self.column + w > self.columns:
            self.grid[self.row].wraps = True
            if not self.is_pending:
                self.grid[self.row].cells[self.column:] = [NONE] * (self.columns - self.column)
            self.newline()
            self.column, self.is_pending = 0, False
        cells = self.grid[self.row].cells
        cells[self.column] = c
        if w == 2:
            cells[self.column + 1] = ""
        self.column += w
        if self.column >= self.columns:
            self.column, self.is_pending = self.columns - 1, True

    def erase(self, row, start):
        self.grid[row].cells[start:] = [" "] * (self.columns - start)
        self.grid[row].wraps = False

    def move(self, numbers, final):
        one = numbers[0] or 1
        if final == "A":
            self.row = max(0, self.row - one)
        elif final == "B":
            self.row = min(self.rows - 1, self.row + one)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + one)
        elif final == "D":
            self.column = max(0, self.column - one)
        elif final == "H":
            self.row = min(self.rows, one) - 1
            self.column = min(self.columns, numbers[1] if len(numbers) > 1 and numbers[1] else 1) - 1
        self.is_pending = False

    def sequence(self, private, numbers, final):
        if final in "ABCDH":
            self.move(numbers, final)
        elif final == "J" and numbers[0] in (0, 2):
            self.erase(self.row, self.column if numbers[0] == 0 else 0)
            for i in range(self.row + 1 if numbers[0] == 0 else 0, self.rows):
                self.erase(i, 0)
        elif final == "K" and numbers[0] == 0:
            self.erase(self.row, self.column)
        elif final == "m":
            self.styles.append(numbers)
        elif final in "hl" and private:
            self.paints += final == "h" and numbers[0] == 25
            (self.modes.add if final == "h" else self.modes.discard)(numbers[0])
        else:
            self.unknown.append((private, numbers, final))

    def feed(self, text):
        text, self.rest = self.rest + text, ""
        i = 0
        while i < len(text):
            c = text[i]
            if c == "\x1b":
                m = re.match(r"\x1b\[([?]?)([0-9;]*)([@-~])", text[i:])
                if not m and len(text) - i < 20:
                    self.rest = text[i:]
                    return
                if m:
                    self.sequence(m[1], [int(x) if x else 0 for x in m[2].split(";")], m[3])
                else:
                    self.unknown.append(text[i:i + 10])
                i += m.end() if m else 1
                continue
            if c == "\r":
                self.column, self.is_pending = 0, False
            elif c == "\n":
                self.is_pending = False
                self.newline()
            elif c == "\b":
                self.column, self.is_pending = max(0, self.column - 1), False
            elif c == "\t":
                self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
            elif c == "\a":
                self.bells += 1
            elif c >= " ":
                self.put(c)
            else:
                self.unknown.append(c)
            i += 1

    def resize(self, rows, columns):
        """Folds the lines anew, as most terminals do; the cursor stays at its character."""
        old, cursor = self.all(), len(self.above) + self.row
        used = max([cursor] + [i for i, r in enumerate(old) if r.text().strip()])
        lines, cells, place = [], [], (0, 0)
        for i, r in enumerate(old[:used + 1]):
            if i == cursor:
                place = (len(lines), len(cells) + self.column + (1 if self.is_pending else 0))
            part = [c for c in r.cells if c != NONE]
            while not r.wraps and part and part[-1] == " ":
                part.pop()
            cells = cells + part
            if not r.wraps:
                lines.append(cells)
                cells = []
        out, where = [], (0, 0)
        for n, cells in enumerate(lines + ([cells] if cells else [])):
            want = place[1] if n == place[0] else -1
            row, at, i = Row(columns), 0, 0
            while i < len(cells) or i <= want:
                w = 2 if i + 1 < len(cells) and cells[i + 1] == "" else 1
                if at + w > columns:
                    row.wraps = True
                    row.cells[at:] = [NONE] * (columns - at)
                    out.append(row)
                    row, at = Row(columns), 0
                if want in range(i, i + w):
                    where = (len(out), at)
                row.cells[at:at + w] = cells[i:i + w] or [" "]
                at, i = at + w, i + w
            out.append(row)
        top = max(0, where[0] - rows + 1, len(out) - rows if where[0] >= len(out) - rows else 0)
        self.rows, self.columns = rows, columns
        self.above, self.grid = out[:top], out[top:top + rows]
        self.grid += [Row(columns) for _ in range(rows - len(self.grid))]
        self.row, self.column, self.is_pending = where[0] - top, where[1], False


class Failure(Exception):
    pass


def expect(got, want, what):
    if got != want:
        raise Failure("%s: %r, expected %r" % (what, got, want))


class Session:
    """A gol repl on a terminal of its own."""

    def __init__(self, *args, rows=24, columns=80, env=None, home=None, command=None, ready=True):
        self.home = home or tempfile.mkdtemp(prefix="gol-repl-")
        self.owns_home = home is None
        self.screen = Screen(rows, columns)
        self.undecoded = b""
        self.status = None
        settings = {"PATH": os.environ["PATH"], "HOME": self.home, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        settings.update(env or {})
        words = command or [os.path.abspath(os.environ["GOL"]), "repl", *args]
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            try:
                for s in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGPIPE):
                    signal.signal(s, signal.SIG_DFL)
                self.set_size(0, rows, columns)
                os.execvpe(words[0], words, settings)
            finally:
                os._exit(127)
        if ready:
            self.prompt()

    @staticmethod
    def set_size(fd, rows, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        paints = self.screen.paints
        self.screen.resize(rows, columns)
        self.set_size(self.fd, rows, columns)
        self.wait(lambda: self.screen.paints > paints, "a resized screen")

    # ---- reading ----

    def read(self, timeout):
        """Takes in what has been printed. False at the end."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            return False
        data = self.undecoded + data
        for cut in range(4):
            try:
                text = data[:len(data) - cut].decode()
            except UnicodeDecodeError:
                continue
            self.undecoded = data[len(data) - cut:]
            self.screen.feed(text)
            return True
        raise Failure("not UTF-8: %r" % data)

    def wait(self, condition, what, timeout=TIMEOUT):
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("never seen: %s\n%s" % (what, self.show()))
            if not self.read(min(left, 0.5)) and not condition():
                raise Failure("ended before: %s\n%s" % (what, self.show()))

    def show(self):
        row, column = self.screen.at()
        lines = [r.text().rstrip() for r in self.screen.all()[:row + 4]]
        return "cursor at %d,%d of\n%s" % (row, column, "\n".join("%3d |%s" % (i, l) for i, l in enumerate(lines)))

    def see(self, text, timeout=TIMEOUT):
        """Waits until text stands somewhere."""
        self.wait(lambda: text in self.screen.text(), repr(text), timeout)

    def match(self, pattern, timeout=TIMEOUT):
        self.wait(lambda: re.search(pattern, self.screen.text(), re.M), pattern, timeout)

    def lines(self):
        """All lines up to the cursor's."""
        return join(self.screen.all()[:self.screen.at()[0] + 1])

    def is_at_prompt(self):
        s = self.screen
        return s.cursor_line() == PROMPT.strip() and s.column == len(PROMPT) and {25, 2004} <= s.modes

    def prompt(self, timeout=TIMEOUT):
        """Waits for the prompt with nothing behind it."""
        self.wait(self.is_at_prompt, "the prompt", timeout)

    def running(self):
        """Waits until the line entered last is taken."""
        self.wait(lambda: 2004 not in self.screen.modes and self.is_cooked(), "an evaluation")

    def line(self, text, column=None):
        """Waits until the cursor's row reads so, and the cursor stands in that column."""
        self.wait(lambda: self.screen.cursor_line() == text.rstrip() and column in (None, self.screen.column) and
                  25 in self.screen.modes, "the line %r, column %s" % (text, column))

    # ---- writing ----

    def send(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self.fd, data):]

    def key(self, *names):
        for name in names:
            self.send(KEYS[name])

    def type(self, text):
        """Types something and waits until it stands on the screen."""
        self.send(text)
        self.see(text.split("\r")[-1].rstrip())

    def paste(self, text):
        self.send("\x1b[200~" + text + "\x1b[201~")

    def after(self, action, what):
        """Does what leads to a new prompt; the lines printed before it."""
        start = self.screen.at()[0]
        action()
        self.wait(lambda: self.screen.at()[0] > start and self.is_at_prompt(), "a prompt after %r" % what)
        lines = join(self.screen.all()[start:self.screen.at()[0]])
        return [l for l in lines if not l.startswith((PROMPT.strip(), MORE.strip()))]

    def run(self, text):
        """Enters a line, gives what it printed."""
        self.prompt()
        return self.after(lambda: self.send(text + "\r"), text)

    def check(self, text, *want):
        got = self.run(text)
        if got != list(want):
            raise Failure("%r printed\n  %s\nexpected\n  %s\n%s" % (text, "\n  ".join(got), "\n  ".join(want), self.show()))

    def check_match(self, text, pattern):
        got = "\n".join(self.run(text))
        if not re.fullmatch(pattern, got, re.S):
            raise Failure("%r printed\n%s\nexpected\n%s" % (text, got, pattern))

    def until(self, text, condition, what):
        """Enters a line again and again until condition holds for what it prints; gives that."""
        limit, pause = time.monotonic() + TIMEOUT, 0.001
        while True:
            lines = self.run(text)
            if condition(lines):
                return lines
            if time.monotonic() > limit:
                raise Failure("%r never printed %s, at last\n  %s" % (text, what, "\n  ".join(lines)))
            time.sleep(pause)  # leaves the processor to what is waited for
            pause = min(2 * pause, 0.5)

    def until_match(self, text, pattern):
        return self.until(text, lambda lines: re.fullmatch(pattern, "\n".join(lines), re.S), pattern)

    # ---- ending ----

    def end(self, status=0):
        """Waits for the end of the process and checks its exit status (negative: the signal) and the terminal."""
        limit = time.monotonic() + TIMEOUT
        while self.status is None:
            self.read(0.02)
            pid, word = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(word)
            elif time.monotonic() > limit:
                raise Failure("does not end\n" + self.show())
        while select.select([self.fd], [], [], 0)[0] and self.read(0):
            pass
        if self.status != status:
            raise Failure("exit status %s, expected %s\n%s" % (self.status, status, self.show()))
        expect(2004 in self.screen.modes, False, "bracketed paste is left on")
        expect(self.screen.unknown, [], "sequences that are not understood")

    def is_cooked(self):
        flags = termios.tcgetattr(self.fd)[3]
        return bool(flags & termios.ICANON) and bool(flags & termios.ECHO) and bool(flags & termios.ISIG)

    def quit(self):
        self.prompt()
        self.send(ctrl("d"))
        self.end()

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
        if self.owns_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def main(names):
    """Runs the functions test_* among a module's globals; exit status 1 when one fails."""
    failed = 0
    wanted = sys.argv[1:]
    for name, function in list(names.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        try:
            function()
        except Failure as failure:
            print("%s: %s" % (name, failure))
            failed += 1
        except Exception:
            print("%s: %s" % (name, traceback.format_exc()))
            failed += 1
    sys.exit(1 if failed else 0)
