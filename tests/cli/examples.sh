#!/bin/sh
# gol test runs Example functions and compares what they print with their last comment; expected output is real Go's.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
gol=$(realpath "$GOL")
cat >"$dir/a_test.go" <<'END'
package a

import "fmt"

func Example() {
	fmt.Println("x // y") // not the last "comment
	fmt.Print("one\n\ntwo\n")
	// Output:
	// x // y
	// one
	//
	// two
}

func ExampleWrong() {
	fmt.Println(8)
	// Output: 9
}

func Example_unordered() {
	for k := range map[string]int{"a": 1, "b": 2, "c": 3} {
		fmt.Println(k)
	}
	// Unordered output:
	// c
	// b
	// a
}

func Example_notRun() {
	fmt.Println("never printed")
}

func Example_empty() {
	// OUTPUT:
}

func Example_unfinished() {
	fmt.Println("b")
	fmt.Println("a")
	// Unordered output: a
}
END
cd "$dir" || exit 1
out=$("$gol" test -v 2>&1)
check status $? 1
check verbose "$(echo "$out" | sed 's/([0-9.]*s)/(T)/; s/[0-9.]*s$//')" "=== RUN   Example
--- PASS: Example (T)
=== RUN   ExampleWrong
--- FAIL: ExampleWrong (T)
got:
8
want:
9
=== RUN   Example_unordered
--- PASS: Example_unordered (T)
=== RUN   Example_empty
--- PASS: Example_empty (T)
=== RUN   Example_unfinished
--- FAIL: Example_unfinished (T)
got:
b
a

want (unordered):
a

FAIL
FAIL	.	"
check '-run' "$("$gol" test -run 'ple$|Test' 2>&1 | head -n 1)" PASS
cat >a_test.go <<'END'
package a

import "fmt"

func Example_panic() {
	fmt.Println("kept")
	panic("oops")
	// Output: kept
}
END
out=$("$gol" test 2>&1)
check 'panic: status' $? 1
check panic "$(echo "$out" | head -n 2 | sed 's/([0-9.]*s)/(T)/')" "--- FAIL: Example_panic (T)
panic: oops [recovered]"
exit $bad
