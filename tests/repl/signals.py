# SPDX-License-Identifier: MIT
"""Stopping, continuing and dying at the prompt: the terminal is always given back."""
from terminal import *


def test_stop_and_continue():
    gol = os.path.abspath(os.environ["GOL"])
    with Session(command=["bash", "--norc", "--noprofile", "-i"], env={"PS1": "shell: "}, ready=False) as s:
        s.see("shell:")
        s.send(gol + " repl\r")
        s.prompt()
        s.type("unfinished")
        s.key("LEFT", "LEFT")
        s.line("gol> unfinished", 13)
        s.send(ctrl("z"))
        s.match("Stopped.*repl")
        s.line("shell:")
        s.send("echo fine | tr f F\r")
        s.see("\nFine\n")
        s.send("fg\r")
        s.line("gol> unfinished", 13)
        s.send("X")
        s.line("gol> unfinishXed", 14)
        s.send(ctrl("c"))
        s.prompt()
        s.send(ctrl("d"))
        s.line("shell:")
        s.send("exit\r")
        s.end()


def test_continued_by_another():
    with Session() as s:
        s.type("abc")
        os.kill(s.pid, signal.SIGSTOP)
        os.waitpid(s.pid, os.WUNTRACED)
        mode = termios.tcgetattr(s.fd)
        mode[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(s.fd, termios.TCSANOW, mode)
        start = s.screen.at()[0]
        os.kill(s.pid, signal.SIGCONT)
        s.wait(lambda: s.screen.at()[0] > start, "the line anew")
        s.line("gol> abc", 8)
        expect(s.is_cooked(), False, "the terminal's mode")
        s.send("d")
        s.line("gol> abcd", 9)


def test_dying():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT):
        with Session() as s:
            s.type("abc")
            expect(s.is_cooked(), False, "the terminal's mode")
            os.kill(s.pid, number)
            s.end(-number)
            expect(s.is_cooked(), True, "the terminal's mode after %s" % number)


def test_interrupt_from_outside():
    with Session() as s:
        s.type("abc")
        os.kill(s.pid, signal.SIGINT)
        s.see("gol> abc^C")
        s.prompt()
        s.quit()


def test_the_terminal_goes_away():
    s = Session()
    os.close(s.fd)
    pid, word = os.waitpid(s.pid, 0)
    s.status = os.waitstatus_to_exitcode(word)
    expect(s.status in (0, -signal.SIGHUP), True, "the end, status %s" % s.status)
    shutil.rmtree(s.home)


if __name__ == "__main__":
    main(globals())
