# SPDX-License-Identifier: MIT
"""gol repl on a pipe: no prompts, no colours, errors with their lines, an exit status."""
import subprocess

from terminal import *


def check(text, out, err="", status=0, args=()):
    p = subprocess.run([os.environ["GOL"], "repl", *args], input=text.encode(), capture_output=True, timeout=TIMEOUT)
    expect(p.stdout.decode(), out, "output of %r" % text)
    if isinstance(err, str):
        expect(p.stderr.decode(), err, "errors of %r" % text)
    elif not err.search(p.stderr.decode()):
        raise Failure("errors of %r: %s" % (text, p.stderr.decode()))
    expect(p.returncode, status, "exit status of %r" % text)


def test_inputs():
    check("x := 20\nx * 2\n", "40 // int\n")
    check("func f() int {\n\treturn 1 +\n\t\t2\n}\nf()", "3 // int\n")
    check("", "")
    check("\n\n// comment\n1", "1 // int\n")
    check("type T struct {\n\tA int\n}\nT{1}\n[]T{\n\t{1},\n\t{2},\n}\n", "T{A: 1}\n[]T{{A: 1}, {A: 2}}\n")
    check("fmt.Println(1); fmt.Println(2)\n", "1\n2\n")
    check("s := `a\n:quit\nb`\nlen(s)\n", "9 // int\n")


def test_arguments():
    check("os.Args\nflag.Parse()\nflag.NArg()\n", '[]string{"gol"}\n0 // int\n')


def test_errors():
    check("1\n\nx := y +\n\tz\n2\n", "1 // int\n2 // int\n", "stdin:3:6: undefined: y\nstdin:4:2: undefined: z\n", 1)
    check("for {\n", "", re.compile(r"^stdin:\d+:\d+: syntax error: unexpected EOF"), 1)
    check("panic(7)\n3\n", "3 // int\n", re.compile(r"^panic: 7\n\ngoroutine \d+ \[running\]:\nmain\.main\(\)\n\tstdin:1"), 1)
    check("<-make(chan int)\n3\n", "3 // int\n", re.compile(r"^fatal error: all goroutines are asleep - deadlock!\n"), 1)


def test_leaving():
    check("os.Exit(5)\n1\n", "", "", 5)
    check(":quit\n1\n", "")
    check("go func() { for {} }()\n1\n", "1 // int\n")
    check("c := make(chan int)\ngo func() { os.Exit(6) }()\n<-c\n", "", "", 6)


def test_commands():
    check(":hlep\n", "there is no command :hlep; did you mean :help?\n", "", 1)
    check(":t\n", ":t may be :type :time :trace\n", "", 1)
    check(":chan\n", "usage: :chan EXPRESSION\n", "", 1)
    check(":quit now\n", "usage: :quit\n", "", 1)
    check(":pau\n:resu\n", "paused; :step makes one step, :resume goes on\n")


def test_flags():
    check("runtime.GOMAXPROCS(0)\n", "3 // int\n", args=("-procs", "3"))
    p = subprocess.run([os.environ["GOL"], "repl", "-nope"], capture_output=True, timeout=TIMEOUT)
    expect(p.returncode, 2, "exit status")
    folder = tempfile.mkdtemp()
    with open(folder + "/a.gol", "w") as f:
        f.write("package main\n\nfunc double(n int) int { return 2 * n }\n\nfunc main() { println(1) }\n")
    check("double(4)\nmain()\n", "8 // int\n", "1\n", args=(folder + "/a.gol",))
    check("", "", re.compile("No such file"), 1, args=(folder + "/none.gol",))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(globals())
