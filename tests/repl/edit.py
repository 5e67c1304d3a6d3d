# SPDX-License-Identifier: MIT
"""Editing: keys, lines, wrapping, widths, what is pasted, resizing. Nothing is evaluated."""
from terminal import *


def test_moving():
    with Session() as s:
        s.type("one two.three")
        s.key("LEFT", "LEFT")
        s.line("gol> one two.three", 16)
        s.key("WORD_LEFT")
        s.line("gol> one two.three", 13)
        s.key("WORD_LEFT", "WORD_LEFT")
        s.line("gol> one two.three", 5)
        s.key("WORD_RIGHT")
        s.line("gol> one two.three", 8)
        s.key("HOME", "RIGHT")
        s.line("gol> one two.three", 6)
        s.send(ctrl("e") + ctrl("b"))
        s.line("gol> one two.three", 17)
        s.send(ctrl("a") + ctrl("f") + "x")
        s.line("gol> oxne two.three", 7)
        s.send("\x1bb\x1bf")
        s.line("gol> oxne two.three", 9)


def test_erasing():
    with Session() as s:
        s.type("abcdef")
        s.key("BACK", "LEFT", "DELETE", "HOME", "DELETE")
        s.line("gol> bcd", 5)
        s.send(ctrl("f") + ctrl("d"))
        s.line("gol> bd", 6)
        s.send(ctrl("e") + " two.three four" + ctrl("w"))
        s.line("gol> bd two.three ", 18)
        s.send("\x1b\x7f")
        s.line("gol> bd two.", 12)
        s.send(ctrl("y"))
        s.line("gol> bd two.three four", 22)
        s.key("WORD_LEFT", "RIGHT")
        s.send(ctrl("u"))
        s.line("gol> our", 5)
        s.send(ctrl("_") + ctrl("_") + ctrl("e"))
        s.line("gol> bd two.", 12)
        s.send(ctrl("a") + "\x1bd" + ctrl("k") + ctrl("y"))
        s.line("gol> bd two.", 12)
        s.send(ctrl("t"))
        s.line("gol> bd tw.o", 12)


def test_undo():
    with Session() as s:
        s.type("first second")
        s.send(ctrl("w") + ctrl("_"))
        s.line("gol> first second", 17)
        s.send(ctrl("_"))
        s.line("gol> first", 11)
        s.send(ctrl("_") + ctrl("_") + ctrl("_"))
        s.line("gol>", 5)


def test_lines():
    with Session() as s:
        s.type("func f() {\r")
        s.line("...", 9)
        s.type("if x {\r")
        s.line("...", 13)
        s.type("g()\r")
        s.send("}")
        s.line("...      }", 10)
        s.send("\rswitch y {\rcase 1:")
        s.line("...      case 1:", 16)
        s.send("\rh()\rdefault:")
        s.line("...      default:", 17)
        s.send("\r}")
        s.line("...      }", 10)
        s.key("UP", "UP")
        s.line("...          h()", 9)
        s.key("HOME", "UP", "UP", "UP", "UP", "UP", "UP", "UP")
        s.line("gol> func f() {", 5)
        s.key("DOWN", "END", "ALT_ENTER")
        s.line("...", 13)
        s.key("BACK", "BACK", "BACK")
        s.line("...      if x {", 15)


def test_enter_on_an_inner_line():
    with Session() as s:
        s.type("func g() {\rreturn\r}")
        s.key("UP", "END", "ENTER")
        s.line("...", 9)


def test_unfinished():
    for text in ("x := 1 +", "f(", "`raw", "/* comment", "var", "if a {", "x,", "[]int{1,", "for range", "a :="):
        with Session() as s:
            s.type(text)
            s.key("ENTER")
            s.wait(lambda: s.screen.cursor_line().startswith("..."), "a second line after " + text)
            s.send(ctrl("c"))
            s.prompt()


def test_clear():
    with Session() as s:
        s.type("something")
        s.send(ctrl("c"))
        s.see("gol> something^C")
        s.prompt()
        s.type("more")
        s.send(ctrl("l"))
        s.wait(lambda: s.screen.at()[0] == 0, "a clear screen")
        s.line("gol> more", 9)


def test_end():
    with Session() as s:
        s.type("x")
        s.send(ctrl("d"))
        s.key("LEFT")
        s.send(ctrl("d"))
        s.line("gol>", 5)
        s.send(ctrl("d"))
        s.end()
        expect(s.is_cooked(), True, "the terminal's mode")


def test_wrapping():
    with Session(rows=12, columns=20) as s:
        start = s.screen.at()[0]
        s.type("x" * 15)
        s.line("", 0)
        expect(s.screen.at()[0], start + 1, "row of the cursor")
        s.send("yz")
        s.line("yz", 2)
        s.key("BACK", "BACK", "BACK")
        s.line("gol> " + "x" * 14, 19)
        expect(s.screen.at()[0], start, "row of the cursor")
        s.send("x" * 40)
        s.line("x" * 19, 19)
        expect(s.screen.at()[0], start + 2, "row of the cursor")
        s.key("HOME")
        s.line("gol> " + "x" * 15, 5)
        s.send(ctrl("k"))
        s.line("gol>", 5)
        expect([r.text().strip() for r in s.screen.all()[start + 1:]], [""] * len(s.screen.all()[start + 1:]), "rows below")


def test_wide_characters():
    with Session(rows=12, columns=20) as s:
        start = s.screen.at()[0]
        s.type("日本語")
        s.line("gol> 日本語", 11)
        s.key("LEFT")
        s.line("gol> 日本語", 9)
        s.key("BACK")
        s.line("gol> 日語", 7)
        s.key("END")
        s.send("e\u0301\u0302x")
        s.line("gol> 日語e\u0301\u0302x", 11)
        s.key("LEFT", "BACK")
        s.line("gol> 日語x", 9)
        s.send("日" * 6)
        s.line("日x", 2)
        expect(s.screen.at()[0], start + 1, "row of the cursor")
        s.key("LEFT")
        s.line("日x", 0)
        s.send("a")
        s.see("gol> 日語日日日日日a日x")
        s.line("日x", 0)


def test_controls_are_visible():
    with Session() as s:
        s.paste("a\x01b\u202ec\td")
        s.line("gol> a^Ab\ufffdc  d", 14)
        expect(s.screen.unknown, [], "sequences that are not understood")


def test_paste():
    with Session() as s:
        s.paste("func f() int {\r\n\tif true {\r\n\t\treturn 1\r\n\t}\r\n\treturn 2\r\n}")
        s.line("...  }", 6)
        expect(s.lines()[-6:], ["gol> func f() int {", "...      if true {", "...          return 1", "...      }",
                                "...      return 2", "...  }"], "the lines")
        s.send(ctrl("_"))
        s.line("gol>", 5)


def test_higher_than_the_screen():
    with Session(rows=6, columns=40) as s:
        s.paste("\n".join("line%d" % i for i in range(12)))
        s.line("...  line11", 11)
        s.key(*["UP"] * 11)
        s.line("gol> line0", 10)
        expect(s.screen.grid[5].text().rstrip(), "...  line5", "last row")
        s.key(*["DOWN"] * 7)
        s.line("...  line7", 10)
        s.send(ctrl("c"))
        s.prompt()
        expect(s.lines()[-13:-1], ["gol> line0"] + ["...  line%d" % i for i in range(1, 11)] + ["...  line11^C"], "all lines")


def test_resizing():
    with Session(rows=20, columns=30) as s:
        s.paste("if x {\n\ty := \"日本語日本語日本語\"\n}")
        s.line("...  }", 6)
        s.key("UP", "END")
        typed = ""
        for columns in (20, 12, 50, 17, 80):
            s.resize(20, columns)
            typed += "a"
            s.send("a")
            s.see('y := "日本語日本語日本語"' + typed)
            s.wait(lambda: 25 in s.screen.modes, "the cursor")
            lines = [l for l in join(s.screen.all()) if l]
            expect(lines[1:], ["gol> if x {", '...      y := "日本語日本語日本語"' + typed, "...  }"], "%d columns" % columns)


def test_colours():
    with Session() as s:
        s.type("var s = \"x\" // c")
        expect(len(s.screen.styles) > 4, True, "colours")
    with Session(env={"NO_COLOR": "1"}) as s:
        s.type("var s = \"x\" // c")
        expect(s.screen.styles, [], "colours in spite of NO_COLOR")


def test_unknown_keys_do_nothing():
    with Session() as s:
        s.send("\x1b[15~\x1b[1;2P\x1bOP\x1b[200~\x1b[201~\x1b[Z\x1b[99;99u")
        s.type("ok")
        s.line("gol> ok", 7)


if __name__ == "__main__":
    main(globals())
