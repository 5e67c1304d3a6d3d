#!/bin/sh
# Compares the compiler's dependency files with LAYERS: a file may include its own folder and those its row names.
find "$1" -name '*.d' ! -path '*/unit/*' ! -path '*/tools/*' -exec cat {} + | awk '
BEGIN {
	while ((getline line < "LAYERS") > 0) {
		if (line ~ /^#/ || line !~ /:/) continue
		split(line, part, ":"); folder = part[1]; gsub(/ /, "", folder)
		allowed[folder " " folder] = 1; known[folder] = 1
		n = split(part[2], names, " ")
		for (i = 1; i <= n; i++) allowed[folder " " names[i]] = 1
	}
}
{ gsub(/\\$/, "") }
/\.o:/ { n = split($2, p, "/"); source = $2; from = p[1] }
{
	for (i = 1; i <= NF; i++) {
		if ($i !~ /\.(h|def)$/ || $i ~ /^\// || $i ~ /:$/) continue
		split($i, q, "/"); to = q[1]
		if (!(from in known)) continue
		if (!((from " " to) in allowed)) { print "layers: " source " includes " $i; bad++ }
	}
}
END { if (bad) exit 1; print "layers: ok" }'
