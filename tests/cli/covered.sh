#!/bin/sh
# Every function of gol.h is called while memory is refused: tests/api/test_memory.c, test_refused.c.
cd "$(dirname "$0")/../.." || exit 1
bad=0
for f in $(tr '\n' ' ' <include/gol.h | grep -o 'GOL_API [^;]*;' | grep -o 'gol_[a-z_0-9]*(' | tr -d '(' | sort -u); do
	grep -q "[^a-z_]$f(" tests/api/test_memory.c tests/api/test_refused.c || { echo "$f is not covered"; bad=1; }
done
exit $bad
