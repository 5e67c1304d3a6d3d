# SPDX-License-Identifier: MIT
"""Every command that begins with a colon."""
from terminal import *

TIME = r"[0-9.]+(ns|µs|ms|s)"


def wait_for(s, *statuses):
    """Until :go lists goroutines in these states, one entry for each word, and no others."""
    def has_come(lines):
        entries = [l for l in lines if re.match(r" *\d", l)]
        return len(entries) == len(statuses) and all(any(w in e for e in entries) for w in statuses)
    return s.until(":go", has_come, "%s" % (statuses,))


def workers(s):
    s.check("jobs := make(chan int, 2)")
    s.check("out := make(chan string)")
    s.check("func work(id int) { for j := range jobs { out <- fmt.Sprint(id, \"-\", j) } }")
    s.check("go work(1)")
    wait_for(s, "chan receive on jobs")


def test_help():
    with Session(rows=50) as s:
        names = ["help", "type", "doc", "list", "time", "load", "save", "go", "chan", "pause", "resume", "step", "trace", "reset", "quit"]
        lines = s.run(":help")
        expect([l.split()[0] for l in lines[:len(names)]], [":" + n for n in names], "commands")
        expect(max(len(l) for l in lines) < 80, True, "lines fit")
        for name in names:
            expect(s.run(":help " + name)[0].startswith(":" + name), True, "help about " + name)
        s.check(":help nope", "there is no command :nope; :help lists them")
        s.check(":tpye 1", "there is no command :tpye; did you mean :type?")
        s.check(":", "there is no command :; :help lists them")
        s.check(":re", ":re may be :resume :reset")
        s.check(":pause now", "usage: :pause")


def test_type_and_doc():
    with Session() as s:
        s.check("x := map[string]int{}")
        s.check(":type x", "map[string]int")
        s.check(":ty len(x)", "int")
        s.check(':type strconv.Atoi("1")', "int, error")
        s.check(":type nope", "error: undefined: nope", "    1 | nope", "      | ^")
        lines = s.run(":doc strings.Repeat")
        expect(lines[0], "func Repeat(s string, count int) string", "first line")
        expect(len(lines) > 1, True, "a text")
        s.check(":doc nope", "no documentation for nope")
        s.check("func twice(n int) int {\r\treturn 2 * n\r}")
        s.check(":doc twice", "func twice(n int) int")


def test_time():
    with Session() as s:
        s.check_match(":time 6 * 7", "42 // int\ntook " + TIME)
        s.check_match(":time for i := range 1000 {\r_ = i\r}", "took " + TIME)
        s.check(":time nope", "error: undefined: nope", "    1 | nope", "      | ^")


def test_list_save_load_reset():
    with Session() as s:
        s.check("type P struct{ X int }")
        s.check("func (p P) Double() int { return 2 * p.X }")
        s.check("p := P{4}")
        s.check("const K = 5")
        s.check("a, b := 1, \"two\"")
        s.check(":list p", "p := P{4}")
        listed = s.run(":list")
        expect([l.split()[:2] for l in listed], [["type", "P"], ["func", "P.Double()"], ["var", "p"], ["const", "K"], ["var", "a"],
                                                 ["var", "b"]], "names")
        s.check(":list nope", "this session declares no nope")
        path = s.home + "/saved.gol"
        s.check(":save " + path, "saved to " + path)
        s.check(":reset")
        s.check("p", "error: undefined: p", "    1 | p", "      | ^")
        s.check(":list")
        s.check(":load " + path)
        s.check("p.Double() + a + K", "14 // int")
        s.check(":load /dev/null/x.gol", "gol: /dev/null/x.gol: Not a directory")
        s.check(":save /dev/null/x", "cannot write /dev/null/x")
        with open(path, "w") as f:
            f.write("package main\n\nfunc main() {\n\tfmt.Println(undefined)\n}\n")
        s.check_match(":load " + path, r".*saved\.gol:4:14: error: undefined: undefined\n    4 \| .*")


def test_go():
    with Session(columns=120) as s:
        s.check(":go", "no goroutines")
        workers(s)
        s.check("go work(2)")
        lines = wait_for(s, "chan receive on jobs", "chan receive on jobs")
        entry = r" +\d+  chan receive on jobs \(chan int, 0 of 2\) for %s, in main\.work \(input3:1\)\n" \
                r" +started at input%d:1 by goroutine \d+; what is typed here can wake it"
        for number, line in ((4, 0), (5, 2)) if "input4" in lines[1] else ((4, 2), (5, 0)):  # ids are the workers' choice
            expect(bool(re.fullmatch(entry % (TIME, number), "\n".join(lines[line:line + 2]))), True, "the form of %s" % lines)
        s.check("go func() { c := make(chan int); <-c }()")
        lines = s.until(":go", lambda lines: any("leaked: nobody can wake it" in l for l in lines), "a leak")
        number = re.match(r" *(\d+)", lines[0])[1]
        expect(s.run(":go " + number)[0], "goroutine %s [chan receive]:" % number, "trace")
        s.check(":go 100000", "no goroutine 100000")
        s.check(":go x", "x is not a number from 1 on")


def test_many_goroutines_are_one_entry():
    with Session(columns=120) as s:
        s.check("c := make(chan int)")
        s.check("for range 1000 { go func() { <-c }() }")
        s.until_match(":go", r"[^\n]* and 992 more  chan receive on c [^\n]*\n[^\n]*")


def test_chan():
    with Session() as s:
        workers(s)
        s.check("jobs <- 7")
        s.check("runtime.Gosched()")
        s.check("jobs <- 8; jobs <- 9")
        s.check(":chan jobs", "chan int: 2 of 2 queued", "        0: 8", "        1: 9", "nobody waits")
        s.until_match(":chan out", r"chan string: 0 of 0 queued\nwaiting to send:\n        goroutine \d+, %s: \"1-7\"" % TIME)
        s.check_match(":chan func() chan int { return make(chan int, 3) }()", "chan int: 0 of 3 queued\nnobody waits")
        s.check("close(jobs)")
        s.check_match(":chan jobs", "chan int: 2 of 2 queued, closed\n.*")
        s.check(":chan 3", "3 is not a channel")
        s.check("var none chan int")
        s.check(":chan none", "nil: sending and receiving block for ever")


def test_pause_step_resume():
    with Session(columns=120) as s:
        workers(s)
        s.check(":step", "nothing is paused: :pause first")
        s.check(":resume", "nothing is paused")
        s.check(":pause", "paused; :step makes one step, :resume goes on")
        s.check("jobs <- 1")
        s.check_match(":step", r"goroutine \d+ received 1 from jobs at input3:1, now waits: chan send on out.*")
        s.check(":step 5", "no goroutine can run")
        s.check("<-out", '"1-1" // string')
        s.check(":resume")
        s.check("jobs <- 2")
        s.check("<-out", '"1-2" // string')


def test_trace():
    with Session(columns=120) as s:
        workers(s)
        s.check(":trace on")
        s.send("jobs <- 5\r")
        s.match(r"^goroutine \d+ received 5 from jobs at input3:1")
        s.match(r"^goroutine \d+ waits: chan send on out")
        s.match(r"^goroutine \d+ ended")  # told when the evaluation is over already
        s.prompt()
        s.check(":trace off")
        s.check("<-out", '"1-5" // string')
        s.check(":trace perhaps", "usage: :trace on|off")


def test_quit():
    with Session() as s:
        s.send(":q\r")
        s.end()


if __name__ == "__main__":
    main(globals())
