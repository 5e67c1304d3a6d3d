#!/bin/sh
# gol -e: the value of a last expression is printed, statements run as they are.
bad=0
check() {
	got=$("$GOL" -e "$1" 2>&1)
	[ "$got" = "$2" ] && return
	echo "-e '$1' printed \"$got\", expected \"$2\""
	bad=1
}
check '1 + 2' 3
check 'x := 20; x * 2 + len("ab") // the answer' 42
check 'strings.ToUpper("a;b")' 'A;B'
check 'fmt.Println("once")' once
check 'println("err")' err
check '"a" +
	"b" /* two
lines */' ab
check 'for i := range 2 { fmt.Println(i) }' '0
1'
check 'm := map[string]int{
	"a": 1,
}
m' 'map[a:1]'
check 'c := make(chan int, 1); c <- 5; <-c' 5
check 'strconv.Atoi("12")' '12 <nil>'
check 'func f() int { return 6 }
f()' 6
check 'type T struct{ A int }
T{1}' '{1}'
check '`raw
;` + string('"'\\''"')' 'raw
;'"'"
check 'x := 1
x + y' 'command-line:2:5: undefined: y'
check '' ''
got=$("$GOL" -e 'os.Args' a -b)
[ "$got" = '[-e a -b]' ] || { echo "os.Args is $got"; bad=1; }
exit $bad
