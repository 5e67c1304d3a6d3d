#!/bin/sh
# Declarations with 200,000 type parameters, used and inferred: checking takes time in proportion to them, not to their square.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
params=$(seq -s ', ' -f 'P%.0f' 200000)
{
	echo "package main"
	echo "type T[$params any] struct{ next *T[$params] }"
	echo "func f[$params any]($params) {}"
	echo "func main() { f($(seq -s ', ' 200000)) }"
} >"$dir/a.go"
timeout 90 "$GOL" run "$dir/a.go" >"$dir/out" 2>&1
status=$?
[ $status = 1 ] && grep -q 'a.go:3:1: stack frame too large' "$dir/out" && exit 0
echo "status $status"
cut -c1-200 "$dir/out" | head
exit 1
