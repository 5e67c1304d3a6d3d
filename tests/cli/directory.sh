#!/bin/sh
# gol run DIR and gol test DIR: which files belong to a package.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
pkg=$dir/pkg
mkdir "$pkg" "$pkg/sub" "$pkg/testdata"
printf 'package main\n\nfunc main() { println(name(), arch) }\n' >"$pkg/main.go"
printf 'package main\n\nfunc name() string { return "linux" }\n' >"$pkg/name_linux.go"
printf 'package main\n\nfunc name() string { return "windows" }\n' >"$pkg/name_windows.go"
printf '// Comment.\n\n//go:build (amd64 || arm64) && !windows && go1.18\n\npackage main\n\nconst arch = "known"\n' >"$pkg/arch.gol"
printf '//go:build ignore\n\npackage other\n\nsyntax error\n' >"$pkg/gen.go"
printf 'package main\n\nimport "testing"\n\nfunc TestName(t *testing.T) { if name() != "linux" { t.Fatal(name()) } }\n' >"$pkg/name_test.go"
printf 'broken' >"$pkg/_draft.go"
printf 'package sub\n\nimport "testing"\n\nfunc TestBad(t *testing.T) { t.Fatal("bad") }\n' >"$pkg/sub/sub_test.go"
printf 'broken' >"$pkg/testdata/x_test.go"

check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
check 'run DIR' "$("$GOL" run "$pkg" 2>&1)" 'linux known'
gol=$(realpath "$GOL")
cd "$pkg" || exit 1
check 'run .' "$("$gol" run . 2>&1)" 'linux known'
out=$("$gol" test)
check 'test: status' $? 0
check 'test .' "$(echo "$out" | sed 's/[0-9.]*s$//')" "PASS
ok  	.	"
out=$("$gol" test ./...)
check 'test ./...: status' $? 1
check 'test ./...' "$(echo "$out" | grep -c '^ok  \|^FAIL	')" 2
mkdir "$dir/empty"
"$gol" run "$dir/empty" 2>"$dir/err"
check 'empty: status' $? 1
check empty "$(cat "$dir/err")" "gol: no Go files in $dir/empty"
check named "$("$gol" run gen.go 2>&1 | head -n 1)" 'gen.go:5:1: syntax error: non-declaration statement outside function body'
printf 'package sub\n\nfunc F() {}\n' >"$dir/lib.go"
check 'no main' "$("$gol" run "$dir/lib.go" 2>&1)" 'package sub is not a main package'
out=$("$gol" test "$dir/nowhere/..." 2>&1)
check 'test nowhere/...: status' $? 1
check 'test nowhere/...' "$out" "gol: $dir/nowhere: no such directory"
out=$("$gol" test -run 'TestName/(' 2>&1)
check 'bad pattern: status' $? 1
check 'bad pattern' "$(echo "$out" | head -n 1)" \
	'testing: invalid regexp for element 1 of -test.run ("("): error parsing regexp: missing closing ): `(`'
check 'pattern' "$("$gol" test -v -run '(?i)^testn\pL+e$' . | grep -c '^--- PASS: TestName')" 1
exit $bad
