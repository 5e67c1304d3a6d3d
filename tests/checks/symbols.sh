#!/bin/sh
# The shared library and the archive export gol_ names only.
bad=$(nm -D --defined-only "$1/libgol.so" | awk '{ print $3 }' | grep -v '^gol_'
	nm --defined-only "$1/libgol.a" 2>/dev/null | awk '$2 ~ /^[A-Z]$/ { print $3 }' | grep -v '^gol_')
if [ -n "$bad" ]; then echo "symbols leave the library:"; echo "$bad"; exit 1; fi
echo "symbols: ok"
