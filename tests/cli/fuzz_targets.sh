#!/bin/sh
# gol test: fuzz targets run over their seeds and the files of testdata/fuzz, as subtests.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
gol=$(realpath "$GOL")
cd "$dir" || exit 1
mkdir -p testdata/fuzz/FuzzReverse
printf 'go test fuzz v1\nstring("file \\u00fc")\nint(-7)\n[]byte("x\\x00")\nrune(%sa%s)\nmath.Float64frombits(0x3ff0000000000000)\n' "'" "'" >testdata/fuzz/FuzzReverse/abc
cat >f_test.go <<'END'
package f

import "testing"

func FuzzReverse(f *testing.F) {
	f.Add("hello", 5, []byte("b"), 'r', 1.5)
	f.Add("", 0, []byte(nil), rune(0), 0.0)
	f.Fuzz(func(t *testing.T, s string, n int, b []byte, r rune, x float64) {
		t.Logf("%q %d %q %c %v", s, n, b, r|' ', x)
		if s == "" {
			t.Error("empty")
		}
	})
}

func FuzzNothing(f *testing.F) {}

func FuzzSkipped(f *testing.F) { f.Skip("not today") }
END
"$gol" test -v f_test.go >out 2>&1
code=$?
sed -E 's/\(-?[0-9.]+s\)/(T)/; s/fuzz.gol:[0-9]+/fuzz.gol:N/' out >got
cat >expected <<'END'
=== RUN   FuzzReverse
=== RUN   FuzzReverse/seed#0
    f_test.go:9: "hello" 5 "b" r 1.5
=== RUN   FuzzReverse/seed#1
    f_test.go:9: "" 0 ""   0
    f_test.go:11: empty
=== RUN   FuzzReverse/abc
    f_test.go:9: "file ü" -7 "x\x00" a 1
--- FAIL: FuzzReverse (T)
    --- PASS: FuzzReverse/seed#0 (T)
    --- FAIL: FuzzReverse/seed#1 (T)
    --- PASS: FuzzReverse/abc (T)
=== RUN   FuzzNothing
    fuzz.gol:N: returned without calling F.Fuzz, F.Fail, or F.Skip
--- FAIL: FuzzNothing (T)
=== RUN   FuzzSkipped
    f_test.go:18: not today
--- SKIP: FuzzSkipped (T)
FAIL
END
diff expected got || exit 1
[ $code -eq 1 ] || { echo "exit $code"; exit 1; }
