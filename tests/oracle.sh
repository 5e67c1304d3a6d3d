#!/bin/sh
# Compares the expected outputs of test programs with what real Go prints. usage: tests/oracle.sh [FILE ...]
# GO names the go command (default: go). Programs with a package clause, an "// Output:" block and no "// Oracle: no" line.
go=${GO:-go}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
printf 'module oracle\ngo 1.23\n' > "$work/go.mod"
bad=0; good=0
[ $# -gt 0 ] || set -- $(find tests/lang tests/stdlib -name '*.gol' | sort)
for f in "$@"; do
	grep -q '^package main' "$f" && grep -q '^// Output:' "$f" && ! grep -q '^// Oracle: no' "$f" || continue
	cp "$f" "$work/main.go"
	(cd "$work" && "$go" run main.go) > "$work/got" 2>/dev/null
	awk 'seen && /^\/\// { sub(/^\/\/ ?/, ""); print; next } seen { exit } /^\/\/ Output:$/ { seen = 1 }' "$f" > "$work/want"
	if cmp -s "$work/got" "$work/want"; then good=$((good + 1)); else bad=$((bad + 1)); echo "differs: $f"; diff "$work/want" "$work/got" | head -n 5; fi
done
echo "$good passed, $bad failed"
[ $bad -eq 0 ]
