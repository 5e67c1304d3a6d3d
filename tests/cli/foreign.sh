#!/bin/sh
# Functions without a body: what the library has under their symbol is called in their place, if it is of their type; beside
# assembly the others panic when they are called; elsewhere they are errors.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
gol=$(realpath "$GOL")
cd "$dir" || exit 1
mkdir -p asm vendor/golang.org/x/sys/unix
printf 'module x.org/m\n\ngo 1.23\n' >go.mod
cat >main.go <<'END'
package main

import (
	"fmt"
	_ "unsafe"

	"golang.org/x/sys/unix"
	"x.org/m/asm"
)

//go:linkname hash runtime.stringHash
func hash(s string, seed uintptr) uintptr

func main() {
	fmt.Println(hash("a", 0) == hash("a", 0), hash("a", 0) == hash("a", 1), hash("a", 0) == hash("b", 0))
	h := hash
	fmt.Println(h("a", 0) == hash("a", 0))
	_, _, err := unix.Syscall(1, 2, 3, 4)
	fmt.Println(err)
	defer func() { fmt.Println(recover()) }()
	asm.Quick(1)
}
END
printf 'package unix\n\nimport "syscall"\n\nfunc Syscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno)\n' >vendor/golang.org/x/sys/unix/unix.go
printf 'package asm\n\nfunc Quick(n int) int\n' >asm/asm.go
touch asm/asm_amd64.s
check called "$("$gol" run . 2>&1)" "true false false
true
function not implemented
x.org/m/asm.Quick is written in assembly, which Gol does not run"
rm asm/asm_amd64.s
check bodiless "$("$gol" run . 2>&1)" "asm/asm.go:3:6: missing function body"
touch asm/asm_amd64.s
sed -i 's/seed uintptr) uintptr/seed uint) uintptr/' main.go
check type "$("$gol" run . 2>&1 | head -n 1)" "main.go:12:6: missing function body"
sed -i 's/seed uint) uintptr/seed uintptr) uintptr/; s/runtime.stringHash/os.runtime_args/' main.go
check unknown "$("$gol" run . 2>&1 | head -n 1)" "main.go:12:6: missing function body"
exit $bad
