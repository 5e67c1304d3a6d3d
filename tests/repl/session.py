# SPDX-License-Identifier: MIT
"""What is entered and what comes of it: values, declarations, errors, interrupts, goroutines in the background, leaving."""
from terminal import *


def test_values():
    with Session() as s:
        s.check("1 + 2", "3 // int")
        s.check('"a" + `b`', '"ab" // string')
        s.check("true", "true // bool")
        s.check("[]int{1, 2, 3}", "[]int{1, 2, 3}")
        s.check("type P struct{ X, Y int }")
        s.check("&P{1, 2}", "&P{X: 1, Y: 2}")
        s.check('map[string][]P{"b": nil, "a": {{1, 2}}}', 'map[string][]P{"a": {{X: 1, Y: 2}}, "b": nil}')
        s.check('strconv.Atoi("12")', "12 // int", "nil // error")
        s.check("fmt.Println(7)", "7")
        s.check("x := 1")
        s.check("// nothing")
        s.check("")


def test_declarations():
    with Session() as s:
        s.check("x := 1")
        s.check('x := "text"')
        s.check("x", '"text" // string')
        s.check("func f() int { return 1 }")
        s.check("func g() int { return f() + 1 }")
        s.check("func f() int { return 10 }")
        s.check("g()", "11 // int")
        s.check("a, err := strconv.Atoi(\"1\")")
        s.check("b, err := strconv.Atoi(\"2\")")
        s.check("a + b", "3 // int")
        s.check('import str "strings"')
        s.check('str.ToUpper("a")', '"A" // string')
        s.check("func T[V any](v V) V { return v }")
        s.check("T(3)", "3 // int")
        s.check("for i := range 3 { x += strconv.Itoa(i) }; x", '"text012" // string')


def test_several_lines():
    with Session() as s:
        s.check("func f(n int) int {\rif n == 0 {\rreturn 1\r}\rreturn n * f(n-1)\r}")
        s.check("f(5)", "120 // int")
        s.check("1 +\r2", "3 // int")
        s.check("`a\rb`", '"a\\nb" // string')
        s.check("[]int{\r1,\r2,\r}", "[]int{1, 2}")
        lines = s.after(lambda: (s.paste("y := 3\nfunc g() int {\n\treturn y\n}\ng()\n"), s.key("ENTER")), "pasted lines")
        expect(lines, ["3 // int"], "what pasted lines print")


def test_errors():
    with Session() as s:
        s.check("x := undefined + 1", "error: undefined: undefined", "    1 | x := undefined + 1", "      |      ^")
        s.check("x", "error: undefined: x", "    1 | x", "      | ^")
        s.check('日本 := nope("日本")', "error: undefined: nope", '    1 | 日本 := nope("日本")', "      |         ^")
        s.check("func f() {\rnope()\r}", "error: undefined: nope", "    2 |         nope()", "      |         ^")
        s.check_match("panic(\"oh\")", r'panic: oh\n\ngoroutine \d+ \[running\]:\nmain\.main\(\)\n {8}input\d+:1 \+0x[0-9a-f]+')
        s.check_match("var m map[string]int; m[\"a\"]++", r"panic: assignment to entry in nil map\n.*")
        s.check_match("<-make(chan int)", r"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine \d+ \[chan receive\]:\n.*")
        s.check("1", "1 // int")
        s.quit()


def test_two_blank_lines_end_what_never_gets_finished():
    with Session() as s:
        lines = s.run("f(\r\r")
        expect(lines[0].startswith("error: syntax error"), True, "an error in %s" % lines)
        s.check("1 +\r\r2", "3 // int")


def test_interrupting():
    with Session() as s:
        s.check("n := 0")
        for text in ("for { n++ }", "time.Sleep(time.Hour)", "select {}", "select { case <-time.After(time.Hour): }",
                     "for range time.Tick(time.Hour) {}"):
            s.check("go func() { time.Sleep(time.Hour) }()")
            s.send(text + "\r")
            s.see("gol> " + text)
            s.running()
            expect(s.after(lambda: s.send(ctrl("c")), text)[-1:], ["interrupted"], "interrupted " + text)
        s.check("n > 0", "true // bool")


def test_waiting_is_said():
    with Session() as s:
        s.check("ch := make(chan int)")
        s.check("go func() { time.Sleep(time.Hour) }()")
        s.send("<-ch\r")
        s.see("waiting: chan receive on ch, nobody sends yet; Ctrl-C stops it")
        s.after(lambda: s.send(ctrl("c")), "<-ch")
        s.check("go func() { time.Sleep(time.Hour); ch <- 1 }()")
        s.send("<-ch\r")
        s.match(r"nobody sends yet(.|\n)*nobody sends yet")
        s.after(lambda: s.send(ctrl("c")), "<-ch")
        s.check("go func(c chan int) { time.Sleep(time.Hour); c <- 1 }(ch)")
        s.send("<-ch\r")
        s.match(r"waiting: chan receive on ch, goroutine \d+ can send; Ctrl-C stops it")
        s.after(lambda: s.send(ctrl("c")), "<-ch")
        s.check("1", "1 // int")


def test_interrupting_twice_ends_what_was_started():
    with Session(columns=120) as s:
        s.check("go func() { time.Sleep(time.Hour) }()")
        s.send('go func() { for { time.Sleep(time.Millisecond) } }(); defer func() { println("deferred"); for {} }(); for {}\r')
        s.running()
        s.send(ctrl("c"))
        s.match(r"^(\^C)?deferred$")
        expect(s.after(lambda: s.send(ctrl("c")), "Ctrl-C")[-1:], ["interrupted"], "what the second Ctrl-C prints")
        s.until_match(":go", r" *\d+  sleep for [^\n]*\n +started at input1:1 [^\n]*")


def later(s, code):
    """Starts a goroutine that waits for what is returned, and then runs code."""
    s.run('later := func(name string, do func()) { go func() { for { if _, err := os.Stat(name); err == nil { break }; '
          'time.Sleep(time.Millisecond) }; do() }() }')
    path = s.home + "/now"
    s.run('later("%s", func() { %s })' % (path, code))
    return lambda: open(path, "w").close()


def test_output_from_goroutines():
    with Session(rows=12, columns=40) as s:
        go = later(s, 'for i := range 3 { fmt.Println("tick 日本", i) }')
        s.type("half 日本語")
        s.key("LEFT")
        s.line("gol> half 日本語", 14)
        go()
        s.see("tick 日本 2\n")
        s.line("gol> half 日本語", 14)
        s.send("x")
        s.line("gol> half 日本x語", 15)
        lines = s.lines()
        expect(lines[lines.index("tick 日本 0"):], ["tick 日本 0", "tick 日本 1", "tick 日本 2", "gol> half 日本x語"], "lines")


def test_unfinished_lines_from_goroutines():
    with Session(rows=12, columns=20) as s:
        s.run("gap := func() { time.Sleep(2e6) }")
        go = later(s, 'for _, t := range []string{"one ", "two ", "三四五六七八九十 ", "end", "\\n", "50%\\r", "next\\n"} '
                      '{ fmt.Print(t); gap() }')
        s.type("typing a line that wraps")
        s.key("LEFT")
        go()
        s.see("one two 三四五六七八九十 end\nnext\n")
        s.send("!")
        s.see("\nnext\ngol> typing a line that wrap!s")
        s.send(ctrl("a"))
        s.line("gol> typing a line t", 5)


def test_panic_in_a_goroutine():
    with Session() as s:
        go = later(s, 'panic("background")')
        s.type("typing")
        go()
        s.match(r"^panic: background\n\ngoroutine \d+ \[running\]:\nmain\.main\.func\d+\(\)\n +input2:1")
        s.line("gol> typing", 11)
        s.send(ctrl("c"))
        s.prompt()
        s.check("1", "1 // int")
        s.quit()


def test_leaving():
    with Session() as s:
        s.prompt()
        s.send("os.Exit(7)\r")
        s.end(7)
        expect(s.is_cooked(), True, "the terminal's mode")
    with Session() as s:
        go = later(s, "os.Exit(8)")
        s.type("typing")
        go()
        s.end(8)
        expect(s.is_cooked(), True, "the terminal's mode")
    with Session() as s:
        s.check("func f() { panic(1) }")
        s.run("f()")
        s.send(":quit\r")
        s.end(0)
    with Session() as s:
        s.check("go func() { for {} }()")
        s.quit()


def test_input_of_a_program():
    with Session() as s:
        s.check("var name string")
        s.send("n, _ := fmt.Scanln(&name)\r")
        s.running()
        s.after(lambda: s.send("Ann\r"), "Ann")
        s.check("name", '"Ann" // string')


def test_interrupted_reading_takes_nothing():
    with Session() as s:
        s.check("var name string")
        s.send("fmt.Scanln(&name)\r")
        s.running()
        s.after(lambda: s.send(ctrl("c")), "Ctrl-C")
        s.check("1 + 1", "2 // int")


def test_typing_ahead():
    with Session() as s:
        path = s.home + "/now"
        s.send('for { if _, err := os.Stat("%s"); err == nil { break } }\r' % path)
        s.running()
        s.send("1 + 2\r")
        open(path, "w").close()
        s.see("3 // int")
        s.prompt()


def test_an_unfinished_line_before_the_prompt():
    with Session(columns=20) as s:
        s.check('fmt.Print("abc")', "abc")
        s.check('fmt.Print("12345678901234567890")', "12345678901234567890")
        s.check('fmt.Print("123456789012345678901")', "123456789012345678901")
        s.check("1", "1 // int")


def test_dumb_terminal():
    with Session(env={"TERM": "dumb"}, ready=False) as s:
        s.line("gol>", 5)
        s.send("func f() int {\r")
        s.line("...", 5)
        s.send("return 3 }\r")
        s.line("gol>", 5)
        s.send("f()\r")
        s.see("\n3 // int\n")
        s.line("gol>", 5)
        s.send("println(1 << 20); for {}\r")
        s.see("\n1048576\n")
        s.send(ctrl("c"))
        s.see("interrupted\n")
        s.line("gol>", 5)
        s.type("unfinished(")
        s.send(ctrl("c"))
        s.see("unfinished(^C\ngol>")
        s.send(ctrl("d"))
        s.end()
        expect(s.screen.styles, [], "colours")


if __name__ == "__main__":
    main(globals())
