#!/bin/sh
# SPDX-License-Identifier: MIT
# racy.sh GOL SECONDS: runs the racy programs that long each, with 2, 4 and 8 workers.
set -eu
gol=$1 seconds=$2 status=0
for file in tests/limits/racy/*.gol; do
	want=$(sed -n '/^\/\/ Output:/{n;s/^\/\/ //p;}' "$file")
	for procs in 2 4 8; do
		if got=$(RACY_SECONDS=$seconds "$gol" run -procs $procs "$file" 2>&1) && [ "$got" = "$want" ]; then
			echo "$file, $procs workers: $got"
		else
			echo "FAILED $file, $procs workers:"
			echo "$got" | head -40
			status=1
		fi
	done
done
exit $status
