#!/bin/sh
# SPDX-License-Identifier: MIT
# check_tailcalls.sh OBJECT: proves on the object file of exec.c (tail-call form) that handlers jump where they must.
#   everywhere: no call through the dispatch table (an indexed indirect call), which would grow the C stack per instruction;
#   handlers declared with BODY: no call, no ret; no push either when gcc made it (clang 14 saves registers in a few);
#   conditional jumps (JUMP_IF, LOOP_IF, RANGE_NEXT bodies): one dispatch in each arm, no cmov.
# Sources are read for which handler is what. Exit status 1 and a list when something is wrong.
set -eu
object=${1:?usage: check_tailcalls.sh exec.o}
here=$(dirname "$0")
forbidden='call|ret|push'
if objdump -s -j .comment "$object" | grep -q clang; then forbidden='call|ret'; fi
{
	grep -hoE '^(BODY|COMPUTE|COMPUTE_C128|COMPUTE_C64|LOAD|STORE|FIELD_LOAD|FIELD_STORE|LOAD_GLOBAL|STORE_GLOBAL|UPDATE|UPDATE_PRODUCT|UPDATE_INDEX|SETINDEX_IMMEDIATE|DOT|INDEX|INDEX2|SETINDEX|SETINDEX2|SETINDEX_PAIR|ARRAY_INDEX|ARRAY_SETINDEX|RANGE_NEXT)\([A-Z][A-Z0-9_]+' \
		"$here"/exec_*.h | sed 's/.*(/body /'
	grep -hoE '^CONDITION\([A-Z0-9_]+' "$here"/exec_jump.h | sed 's/.*(//' |
		while read -r suffix; do printf 'body J%s\nbody LOOP_%s\njump J%s\njump LOOP_%s\n' "$suffix" "$suffix" "$suffix" "$suffix"; done
	grep -hoE '^RANGE_NEXT\([A-Z0-9_]+' "$here"/exec_jump.h | sed 's/.*(/jump /'
	grep -hE '^BODY\([A-Z0-9_]+\) \{ (JUMP_IF|LOOP_IF)' "$here"/exec_jump.h | sed -E 's/^BODY\(([A-Z0-9_]+)\).*/jump \1/'
	printf 'end -\n'
	objdump -d --no-show-raw-insn "$object"
} | awk -v forbidden="\t($forbidden)" '
function finish() {
	if (name in jump && dispatches < 2) fail(name " dispatches " dispatches " times")
}
function fail(text) { print "check_tailcalls: " text; bad = 1 }
!listing && $1 == "body" { body[$2] = 1; next }
!listing && $1 == "jump" { jump[$2] = 1; next }
!listing && $1 == "end" { listing = 1; next }
/^[0-9a-f]+ <.*>:$/ {
	finish()
	name = $2; sub(/^</, "", name); sub(/>:$/, "", name)
	handler = name ~ /^op_/ && name !~ /\.cold/
	sub(/^op_/, "", name)
	if (name !~ /\.cold/)
		sub(/\..*/, "", name)
	dispatches = 0; if (handler) seen++
	next
}
/call .*\*.*,8\)/ && name != "vm_exec" && name != "run" { fail(name ": calls through the table") }
handler && /jmp +\*/ { dispatches++ }
handler && (name in body) && $0 ~ forbidden { count[name]++; if (count[name] == 1) fail(name ": " $2 " " $3) }
handler && (name in jump) && /\tcmov/ { fail(name ": cmov") }
END { finish(); if (seen < 200) fail("only " seen " handlers found"); exit bad }
'
