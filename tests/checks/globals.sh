#!/bin/sh
# No writable globals: .data, .bss and common symbols of the objects must be empty (.data.rel.ro is constant).
bad=$(find "$1" -name '*.o' ! -path '*/unit/*' ! -name libgol.o -exec nm -A {} + 2>/dev/null | awk '$2 ~ /^[dDbBC]$/ || $3 ~ /^[dDbBC]$/' |
	while read -r line; do
		object=${line%%:*}; name=${line##* }
		section=$(objdump -t "$object" | awk -v n="$name" '$NF == n { print $(NF - 2) }' | head -n 1)
		case $section in .data.rel.ro*) ;; *) echo "$line ($section)" ;; esac
	done)
if [ -n "$bad" ]; then echo "writable globals:"; echo "$bad"; exit 1; fi
echo "globals: ok"
