# SPDX-License-Identifier: MIT
"""Tab."""
from terminal import *


def test_completion():
    with Session() as s:
        s.type("strings.Spl")
        s.key("TAB")
        s.line("gol> strings.Split")
        s.key("TAB")
        s.match(r"^SplitAfterN +func\(s string, sep string, n int\) \[\]string")
        s.send("AfterN\t")
        s.line("gol> strings.SplitAfterN")
        s.send(ctrl("c"))
        s.prompt()
        s.check("type Point struct{ Xcoord, Ycoord int }")
        s.check("func (p Point) Length() int { return p.Xcoord }")
        s.check("somePoint := Point{3, 4}")
        s.send("someP\t")
        s.line("gol> somePoint")
        s.send(".Xc\t + somePoint.Len\t()")
        s.line("gol> somePoint.Xcoord + somePoint.Length()")
        s.after(lambda: s.key("ENTER"), "a sum")
        s.see("6 // int")
        s.send('import "text/tab\t"')
        s.line('gol> import "text/tabwriter"')
        s.send(ctrl("c"))
        s.prompt()
        s.send("func f() { ret\t")
        s.line("gol> func f() { return")
        s.send(ctrl("c"))
        s.prompt()
        s.send("日本 := 1; 日\t")
        s.line("gol> 日本 := 1; 日本")


if __name__ == "__main__":
    main(globals())
