#!/bin/sh
# Messages: one plain line on a pipe, excerpt and colour on a terminal, all of them with -all-errors.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
printf 'package main\n\nfunc main() {\n\tx := 1\n}\n' >"$dir/a.go"
esc=$(printf '\033')

got=$("$GOL" "$dir/a.go" 2>&1)
[ "$got" = "$dir/a.go:4:2: declared and not used: x" ] || { echo "pipe: $got"; bad=1; }

# on_terminal ENVIRONMENT...: what a terminal sees
on_terminal() { script -qec "env $* '$GOL' '$dir/a.go'" /dev/null </dev/null | tr -d '\r'; }
if command -v script >/dev/null; then
	want="$dir/a.go:4:2: declared and not used: x
    4 | 	x := 1
      | 	^"
	for plain in 'TERM=xterm NO_COLOR=1' 'TERM=dumb'; do
		got=$(on_terminal "$plain")
		[ "$got" = "$want" ] || { echo "$plain: $got"; bad=1; }
	done
	on_terminal TERM=xterm NO_COLOR= | grep -q "$esc\[1;31merror:$esc\[0m declared" || { echo 'no colour'; bad=1; }
fi

i=0
while [ $i -lt 15 ]; do echo "undefined$i()"; i=$((i + 1)); done >"$dir/many.gol"
n=$("$GOL" run "$dir/many.gol" 2>&1 | wc -l)
[ "$n" = 11 ] || { echo "$n lines, expected 11"; bad=1; }
for verb in run test 'build -emit=asm'; do
	n=$("$GOL" $verb -all-errors "$dir/many.gol" 2>&1 | wc -l)
	[ "$n" = 15 ] || { echo "$verb -all-errors: $n lines, expected 15"; bad=1; }
done
exit $bad
