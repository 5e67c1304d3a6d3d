#!/bin/sh
# The ways to run a script; arguments; exit codes.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
# check NAME WANTED-STATUS WANTED-OUTPUT COMMAND...
check() {
	name=$1 status=$2 want=$3
	shift 3
	got=$("$@" 2>"$dir/err")
	code=$?
	[ $code = "$status" ] && [ "$got" = "$want" ] && return
	echo "$name: status $code, printed \"$got\"; expected $status, \"$want\""
	cat "$dir/err"
	bad=1
}
piped() { printf '%s\n' "$1" | "$GOL"; }
input() { text=$1; shift; printf '%s\n' "$text" | "$GOL" "$@"; }

echo 'fmt.Println(os.Args[1:]); os.Exit(len(os.Args))' >"$dir/script.txt.x"
check file 3 '[a -v]' "$GOL" "$dir/script.txt.x" a -v
check 'run file' 2 '[run]' "$GOL" run "$dir/script.txt.x" run
check pipe 0 7 piped 'fmt.Println(3 + 4)'
check dash 0 '[- x]' input 'fmt.Println(os.Args)' - x
check 'run dash' 4 '' input 'os.Exit(4)' run -

printf '#!/usr/bin/env gol\nfmt.Println("hi", os.Args[1])\nos.Exit(9)\n' >"$dir/command"
chmod +x "$dir/command"
ln -s "$(realpath "$GOL")" "$dir/gol"
PATH=$dir:$PATH check shebang 9 'hi there' "$dir/command" there

check panic 2 '' "$GOL" -e 'panic("no")'
check rejected 1 '' "$GOL" -e 'x = 1'
check 'no file' 1 '' "$GOL" "$dir/nothing.gol"
check 'no verb' 2 '' "$GOL" frobnicate
for verb in run test build env version help; do
	check "$verb: flag" 2 '' "$GOL" $verb -nonsense
	grep -q "^usage: gol $verb" "$dir/err" || { echo "$verb: no usage line"; bad=1; }
	"$GOL" $verb -h 2>"$dir/err" | grep -q "^usage: gol $verb" || { echo "$verb -h: no help"; bad=1; }
	[ -s "$dir/err" ] && { echo "$verb -h: an error"; cat "$dir/err"; bad=1; }
done
# says NAME WHAT: standard error of the last check has it
says() { grep -qF -e "$2" "$dir/err" || { echo "$1: does not say \"$2\":"; cat "$dir/err"; bad=1; }; }
check 'bad value' 2 '' "$GOL" run -procs zero "$dir/command"
says 'bad value' 'invalid value "zero" for -procs, which needs a number from 1 to 256'
check 'no unit' 2 '' "$GOL" -max-time 1 "$dir/command"
says 'no unit' 'a duration such as 500ms'
check 'no value' 2 '' "$GOL" -max-memory
says 'no value' 'gol: -max-memory needs a size such as 64MB'
check 'no output' 2 '' "$GOL" build -o
says 'no output' 'gol: -o needs the name of a file'
echo 'fmt.Println(os.Args[1:])' >"$dir/-dash.gol"
check 'end of flags' 0 '[-x --]' sh -c 'cd "$1" && "$2" -- -dash.gol -x --' sh "$dir" "$(realpath "$GOL")"
check 'end of flags: run' 0 '[]' sh -c 'cd "$1" && "$2" run -- -dash.gol' sh "$dir" "$(realpath "$GOL")"
check 'end of flags: build' 0 '' sh -c 'cd "$1" && "$2" build -o dashed -- -dash.gol' sh "$dir" "$(realpath "$GOL")"
[ -s "$dir/dashed" ] || { echo 'end of flags: build: no image'; bad=1; }
for what in version help env 'build --emit=asm -- command'; do
	# shellcheck disable=SC2086
	(cd "$dir" && ./gol $what) >/dev/full 2>"$dir/err"
	[ $? = 1 ] || { echo "$what on a full disk: not 1"; bad=1; }
	says "$what on a full disk" 'gol: standard output: No space left on device'
done
check 'stack' 2 '' "$GOL" -max-stack 1MB -e 'func f(n int) int { return f(n+1) + 1 }; f(0)'
[ "$(grep -c 'goroutine stack exceeds' "$dir/err")" = 1 ] || { echo 'stack: said twice'; bad=1; }
check 'limit' 2 '' "$GOL" -max-time 20ms -e 'for {}'
check 'limit of the compiler' 2 '' "$GOL" -max-time 1ns -e 'for {}'
# What a script does not import is the package most programs mean.
check 'packages of one name' 0 '<1> true' "$GOL" -e 'template.Must(template.New("").Parse("<{{.}}> ")).Execute(os.Stdout, 1)
	fmt.Println(rand.Intn(1) == 0)'
printf 'package main\n\nimport "C"\n\nfunc main() {}\n' >"$dir/c.go"
check cgo 1 '' "$GOL" "$dir/c.go"
says cgo 'package C is not there: there is no cgo'
check procs 0 3 "$GOL" -procs=3 -e 'runtime.GOMAXPROCS(0)'
# A goroutine that waits for input that never comes keeps nobody.
mkfifo "$dir/fifo"
check 'reader left behind' 0 'done' timeout 300 "$GOL" -e 'f, err := os.OpenFile(os.Args[1], os.O_RDWR, 0)
	ready := make(chan bool)
	go func() { close(ready); f.Read(make([]byte, 1)); fmt.Println("read") }()
	<-ready
	time.Sleep(20 * time.Millisecond)
	if err != nil { panic(err) }
	fmt.Println("done")' "$dir/fifo"
GOMAXPROCS=2 GOGC=50 check env "0" "2
50" "$GOL" env GOMAXPROCS GOGC
for topic in script flags limits packages environment testing markdown embedding run repl; do
	"$GOL" help $topic | grep -q . || { echo "help $topic: nothing"; bad=1; }
done
"$GOL" help packages >"$dir/packages"
for path in sync/atomic net/http testing/slogtest unsafe; do
	grep -qx "	$path" "$dir/packages" || { echo "help packages: no $path"; bad=1; }
done
grep internal "$dir/packages" && { echo 'help packages: an internal one'; bad=1; }
check 'no topic' 2 '' "$GOL" help nonsense
exit $bad
