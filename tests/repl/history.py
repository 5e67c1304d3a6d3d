# SPDX-License-Identifier: MIT
"""The history: recalling, searching, its file, two REPLs at once."""
import tempfile

from terminal import *


def enter(s, *lines):
    for line in lines:
        s.run(line)


def test_recall():
    with Session() as s:
        enter(s, ":help go", ":help step", ":help chan")
        s.key("UP")
        s.line("gol> :help chan", 15)
        s.key("UP", "UP", "UP")
        s.line("gol> :help go", 13)
        s.key("DOWN", "DOWN", "DOWN")
        s.line("gol>", 5)
        s.send(ctrl("p") + ctrl("p") + ctrl("n"))
        s.line("gol> :help chan")
        s.send("\x1b<")
        s.line("gol> :help go")
        s.send("\x1b>")
        s.line("gol>", 5)


def test_recall_by_what_is_typed():
    with Session() as s:
        enter(s, ":help go", "// two", ":help chan", "// four")
        s.type(":he")
        s.key("UP")
        s.line("gol> :help chan")
        s.key("UP")
        s.line("gol> :help go")
        s.key("UP", "DOWN", "DOWN")
        s.line("gol> :he", 8)


def test_changes_are_kept():
    with Session() as s:
        enter(s, "// one", "// two")
        s.type("draft")
        s.send(ctrl("a"))
        s.key("UP")
        s.line("gol> // two")
        s.send(" changed")
        s.key("UP")
        s.line("gol> // one")
        s.key("DOWN")
        s.line("gol> // two changed")
        s.key("DOWN")
        s.line("gol> draft")


def test_multi_line_entries():
    with Session() as s:
        text = "/* first\n\tsecond \\n\n*/"
        s.paste(text)
        s.line("...  */")
        s.after(lambda: s.key("ENTER"), text)
        enter(s, "// after")
        s.key("UP", "UP")
        s.line("...  */", 7)
        expect(s.lines()[-3:], ["gol> /* first", "...      second \\n", "...  */"], "the entry")
        s.key("UP", "DOWN")
        s.line("gol> // after")
        s.key("UP", "LEFT", "UP")
        s.line("...      second \\n", 5)


def test_it_stays():
    home = tempfile.mkdtemp(prefix="gol-repl-")
    try:
        with Session(home=home) as s:
            enter(s, "// one")
            s.paste("/* 日本\n\\*/")
            s.after(lambda: s.key("ENTER"), "a comment")
            enter(s, "// three", "// one")
            s.quit()
        with open(home + "/.local/share/gol/history", encoding="utf-8") as f:
            expect(f.read(), "// one\n/* 日本\\n\\\\*/\n// three\n// one\n", "the file")
        with Session(home=home) as s:
            s.key("UP")
            s.line("gol> // one")
            s.key("UP")
            s.line("gol> // three")
            s.key("UP")
            s.line("...  \\*/")
            s.key("UP")
            s.line("...  \\*/")
    finally:
        shutil.rmtree(home)


def test_where_it_is():
    home = tempfile.mkdtemp(prefix="gol-repl-")
    try:
        for env, path in (({"XDG_DATA_HOME": home + "/data"}, "/data/gol/history"), ({"GOL_HISTORY": home + "/mine"}, "/mine")):
            with Session(home=home, env=env) as s:
                enter(s, "// x")
                s.quit()
            with open(home + path) as f:
                expect(f.read(), "// x\n", path)
            expect(os.stat(home + path).st_mode & 0o777, 0o600, "mode of " + path)
        with Session(home=home, env={"GOL_HISTORY": ""}) as s:
            enter(s, "// y")
            s.key("UP")
            s.line("gol> // y")
            s.send(ctrl("c"))
            s.quit()
        expect(os.path.exists(home + "/.local"), False, "a history although GOL_HISTORY is empty")
        with Session(home=home, env={"GOL_HISTORY": "/dev/null/history"}) as s:
            enter(s, "// z")
            s.key("UP")
            s.line("gol> // z")
    finally:
        shutil.rmtree(home)


def test_two_at_once():
    home = tempfile.mkdtemp(prefix="gol-repl-")
    try:
        with Session(home=home) as a, Session(home=home) as b:
            for i in range(5):
                enter(a, "// a%d" % i)
                enter(b, "// b%d" % i)
            a.quit()
            b.quit()
        with open(home + "/.local/share/gol/history") as f:
            expect(sorted(f.read().split()), sorted(["//"] * 10 + ["%s%d" % (c, i) for c in "ab" for i in range(5)]), "the file")
    finally:
        shutil.rmtree(home)


def test_a_long_file_is_shortened():
    home = tempfile.mkdtemp(prefix="gol-repl-")
    try:
        with open(home + "/h", "w") as f:
            f.write("// same\n// other\n" * 300 + "// \xff\n")
        with Session(home=home, env={"GOL_HISTORY": home + "/h"}) as s:
            s.quit()
        with open(home + "/h") as f:
            expect(f.read(), "// same\n// other\n// \xff\n", "the file")
    finally:
        shutil.rmtree(home)


def test_search_finds_the_entry_not_its_change():
    with Session() as s:
        enter(s, "// a long entry", "// two")
        s.key("UP", "UP")
        s.line("gol> // a long entry")
        s.send(ctrl("u") + "x")
        s.key("UP", "DOWN")
        s.line("gol> // two")
        s.send(ctrl("r") + "entry")
        s.line("search 'entry': // a long entry")
        s.key("RIGHT")
        s.line("gol> // a long entry", 16)
        s.send("z")
        s.line("gol> // a long ezntry", 17)


def test_clearing_the_screen_after_a_search():
    with Session() as s:
        enter(s, "// apple")
        s.send(ctrl("r") + "app")
        s.line("search 'app': // apple")
        s.send(ctrl("l"))
        s.wait(lambda: s.screen.at()[0] == 0, "a clear screen")
        s.line("gol> // apple", 8)


def test_search():
    with Session() as s:
        enter(s, "// apple pie", "// banana", "// apple tart", "// cherry")
        s.send(ctrl("r"))
        s.line("search '':")
        s.send("app")
        s.line("search 'app': // apple tart", 17)
        s.send(ctrl("r"))
        s.line("search 'app': // apple pie", 17)
        s.send(ctrl("r"))
        s.line("not found 'app': // apple pie", 17 + 3)
        s.send(ctrl("s"))
        s.line("search 'app': // apple tart", 17)
        s.key("BACK", "BACK", "BACK")
        s.send("ban")
        s.line("search 'ban': // banana")
        s.key("END")
        s.line("gol> // banana", 14)
        s.send(ctrl("u") + "typed" + ctrl("r") + "che")
        s.line("search 'che': // cherry")
        s.send(ctrl("g"))
        s.line("gol> typed", 10)
        s.send(ctrl("r") + "tart\r")
        s.see("gol> // apple tart\n")
        s.prompt()


if __name__ == "__main__":
    main(globals())
