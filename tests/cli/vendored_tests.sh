#!/bin/sh
# gol test: tests run in their package's folder; a vendored package has the path that others import it by; build tags choose
# what needs no assembly.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
gol=$(realpath "$GOL")
cd "$dir" || exit 1
mkdir -p vendor/y.org/lib/internal/deep vendor/y.org/lib/testdata
printf 'module x.org/m\n\ngo 1.23\n' >go.mod
printf 'data' >vendor/y.org/lib/testdata/d
printf 'package deep\n\nconst Depth = 3\n' >vendor/y.org/lib/internal/deep/d.go
printf '//go:build gc && !purego && !noasm && !appengine\n\npackage lib\n\nfunc Asm() int\n' >vendor/y.org/lib/asm.go
printf '//go:build !gc || purego || noasm || appengine\n\npackage lib\n\nimport "y.org/lib/internal/deep"\n\nfunc Asm() int { return deep.Depth }\n' >vendor/y.org/lib/noasm.go
cat >vendor/y.org/lib/l_test.go <<'END'
package lib

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
)

type T struct{}

func (*T) Method() (name string) {
	pc, _, _, _ := runtime.Caller(0)
	return runtime.FuncForPC(pc).Name()
}

func TestPlace(t *testing.T) {
	data, err := os.ReadFile("testdata/d")
	fmt.Println(string(data), err, Asm())
	_, file, _, _ := runtime.Caller(0)
	data, err = os.ReadFile(filepath.Join(filepath.Dir(file), "testdata", "d"))
	fmt.Println(string(data), err, filepath.IsAbs(file))
	fmt.Println((*T)(nil).Method(), reflect.TypeOf(T{}).PkgPath(), reflect.TypeOf(T{}))
	fmt.Println(runtime.FuncForPC(reflect.ValueOf(TestPlace).Pointer()).Name())
}
END
check place "$("$gol" test ./vendor/y.org/lib 2>&1 | sed 's/[0-9.]*s$//')" "data <nil> 3
data <nil> true
y.org/lib.(*T).Method y.org/lib lib.T
y.org/lib.TestPlace
PASS
ok  	./vendor/y.org/lib	"
exit $bad
