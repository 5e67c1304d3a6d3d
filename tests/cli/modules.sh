#!/bin/sh
# Imports of packages in folders: tests/modules.
bad=0
check() { [ "$2" = "$3" ] || { printf '%s:\n%s\nexpected:\n%s\n' "$1" "$2" "$3"; bad=1; }; }
gol=$(realpath "$GOL")
cd tests/modules || exit 1
here=$(pwd -P)

want='shape.Square {3} shape.Pair[int,example.com/tree/shape.Square]
9 linux known cm
[a a.init b b.init] 1 deep
true side 0
3
example.com/tree/shape.Where'
check 'module' "$("$gol" run tree 2>&1)" "$want"
check 'module from inside' "$(cd tree && "$gol" run . 2>&1)" "$want"
check 'module, files named' "$("$gol" run tree/main.go tree/unit.go 2>&1)" "$want"
check '-lang is for all' "$("$gol" run -lang=go1.22 tree 2>&1 | sed -n 5p)" 0

check 'relative' "$("$gol" run relative/main.gol 2>&1)" 'a and shared
a.T shared.T 2
panic in a: boom'
check 'relative, from inside' "$(cd relative && "$gol" main.gol 2>&1 | head -n 1)" 'a and shared'
check 'trace' "$("$gol" run relative/crash.gol 2>&1 | sed -n '1p;4,5p' | sed 's/ +0x.*//')" "panic: boom
_$here/relative/a.Panic()
	relative/a/a.go:9"

check 'internal' "$("$gol" run tree/cmd/outside 2>&1)" \
'tree/cmd/outside/main.go:4:2: use of internal package example.com/tree/tools/internal/deep not allowed
tree/cmd/outside/main.go:5:2: use of internal package internal/bytealg not allowed'
check 'cycle' "$("$gol" run cycle 2>&1)" 'cycle/b/b.go:3:8: package m
	imports m/a from main.go
	imports m/b from a.go
	imports m/a from b.go: import cycle not allowed'
check 'self' "$("$gol" run cycle/use 2>&1)" 'cycle/self/self.go:3:8: package m/use
	imports m/self from main.go
	imports m/self from self.go: import cycle not allowed'
check 'no package' "$("$gol" run broken 2>&1)" "broken/main.go:4:2: build constraints exclude all Go files in $here/broken/excluded
broken/main.go:5:2: package broken/missing is not in std
broken/main.go:6:2: no Go files in $here/broken/none
broken/main.go:7:2: import \"broken/program\" is a program, not an importable package
broken/main.go:8:2: found packages one (one.go) and two (two.go) in $here/broken/two
broken/main.go:9:2: no required module provides package example.com/far/away
broken/main.go:10:2: cannot find package \"./nowhere\""
check 'syntax error' "$("$gol" run broken/use 2>&1)" 'broken/bad/bad.go:5:14: syntax error: unexpected literal 2 at end of statement'
"$gol" run broken 2>/dev/null
check 'status' $? 1
exit $bad
