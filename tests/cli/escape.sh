#!/bin/sh
# SPDX-License-Identifier: MIT
# What does not outlive its block is released: no allocations are counted (not a test of tests/lang, since builds that collect all
# the time count them). Images leave that out, and do the same.
set -eu
GOL=$(realpath "$GOL")
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

sed -n '1,/^\/\/ Output:/d; s,^// ,,p' cli/escape/allocs.gol > "$dir/want"
"$GOL" run cli/escape/allocs.gol > "$dir/got"
diff "$dir/want" "$dir/got"

"$GOL" build --emit=asm lang/escape.gol | grep -q RELEASE
"$GOL" build -o "$dir/escape" lang/escape.gol
"$GOL" run lang/escape.gol > "$dir/want"
"$GOL" "$dir/escape" > "$dir/got"
diff "$dir/want" "$dir/got"
