#!/bin/sh
# gol test: tests in package x_test beside package x see it as others do, with what its own test files declare.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
gol=$(realpath "$GOL")
cd "$dir" || exit 1
mkdir util
printf 'module x.org/m\n\ngo 1.23\n' >go.mod
printf 'package a\n\nimport "x.org/m/util"\n\nfunc double(n int) int { return util.Twice(n) }\nfunc Quad(n int) int { return double(double(n)) }\n' >a.go
printf 'package util\n\nfunc Twice(n int) int { return 2 * n }\n' >util/u.go
printf 'package util_test\n\nimport (\n\t"testing"\n\t. "x.org/m/util"\n)\n\nfunc TestTwice(t *testing.T) {\n\tif Twice(3) != 6 {\n\t\tt.Error("bad")\n\t}\n}\n' >util/u_test.go
printf 'package a\n\nimport "testing"\n\nvar Hidden = double\n\nfunc TestInside(t *testing.T) {\n\tif double(3) != 6 {\n\t\tt.Error("bad")\n\t}\n}\n' >in_test.go
cat >out_test.go <<'END'
package a_test

import (
	"fmt"
	"testing"

	"x.org/m"
)

func TestOutside(t *testing.T) {
	if a.Quad(3) != 12 || a.Hidden(4) != 8 {
		t.Error("bad")
	}
}

func ExampleQuad() {
	fmt.Println(a.Quad(1))
	// Output: 4
}

func TestMain(m *testing.M) {
	fmt.Println("status", m.Run())
}
END
check both "$("$gol" test -v ./... 2>&1 | sed 's/ (.*//; s/[0-9.]*s$//')" "=== RUN   TestInside
--- PASS: TestInside
=== RUN   TestOutside
--- PASS: TestOutside
=== RUN   ExampleQuad
--- PASS: ExampleQuad
PASS
status 0
ok  	.	
=== RUN   TestTwice
--- PASS: TestTwice
PASS
ok  	./util	"
sed -i 's/a.Hidden/a.double/' out_test.go
check unexported "$("$gol" test 2>&1 | head -n 1)" 'out_test.go:11:26: name double not exported by package a'
exit $bad
