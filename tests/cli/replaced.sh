#!/bin/sh
# Imports of other modules: replace directives of go.mod that name folders, and the folder vendor.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
gol=$(realpath "$GOL")
cd "$dir" || exit 1
mkdir -p app/vendor/example.org/y/sub lib/deep one
cat >app/go.mod <<'END'
module example.com/app

go 1.23

require (
	example.com/lib v0.0.0
	example.com/lib/one v1.0.0
	example.org/y v1.0.0
)

replace (
	example.com/lib v0.0.0 => ../lib // beside this one
	example.net/far => example.net/fork v1.2.3
)

replace example.com/lib/one => ../one
END
printf 'package main\n\nimport (\n\t"fmt"\n\n\t"example.com/lib/deep"\n\t"example.com/lib/one"\n\t"example.org/y"\n)\n\nfunc main() { fmt.Println(deep.Name(), one.One, y.Sum(1, 2)) }\n' >app/main.go
printf 'module example.com/lib\n\ngo 1.23\n' >lib/go.mod
printf 'package lib\n\nconst Base = "lib"\n' >lib/lib.go
printf 'package deep\n\nimport "example.com/lib"\n\nfunc Name() string { return lib.Base + "/deep" }\n' >lib/deep/d.go
printf 'module example.com/lib/one\n' >one/go.mod
printf 'package one\n\nconst One = 1\n' >one/one.go
printf 'package y\n\nimport "example.org/y/sub"\n\nfunc Sum(a, b int) int { return sub.Add(a, b) }\n' >app/vendor/example.org/y/y.go
printf 'package sub\n\nfunc Add(a, b int) int { return a + b }\n' >app/vendor/example.org/y/sub/s.go

check run "$("$gol" run app 2>&1)" 'lib/deep 1 3'
check 'from inside' "$(cd app && "$gol" run . 2>&1)" 'lib/deep 1 3'
rm -r app/vendor
check absent "$("$gol" run app 2>&1)" 'app/main.go:8:2: no required module provides package example.org/y'
exit $bad
