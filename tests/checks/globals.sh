#!/bin/sh
# No writable globals: .data, .bss and common symbols of the objects must be empty (.data.rel.ro is constant).
bad=$(find "$1" -name '*.o' ! -path '*/unit/*' ! -name libgol.o | while read -r object; do
	objdump -t "$object" | awk -v o="$object" '
		# value flags section size [visibility] name: the section is the field before the size.
		/ O / || /\*COM\*/ {
			for (i = 2; i < NF; i++)
				if ($i ~ /^\.(data|bss|tdata|tbss)/ || $i == "*COM*") {
					if ($i !~ /^\.data\.rel\.ro/) print o ": " $NF " (" $i ")"
					break
				}
		}'
done)
if [ -n "$bad" ]; then echo "writable globals:"; echo "$bad"; exit 1; fi
echo "globals: ok"
