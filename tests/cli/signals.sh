#!/bin/sh
# Ctrl-C kills as it does in Go; Ctrl-\ prints every goroutine's trace and exits with 2.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
mkfifo "$dir/ready"

# run SIGNAL CODE: starts it, waits for its first line, sends the signal; the shell's status in $status.
run() {
	env --default-signal=INT,QUIT "$GOL" -e "$2" >"$dir/ready" 2>"$dir/err" &
	pid=$!
	read -r line <"$dir/ready"
	kill -"$1" $pid
	wait $pid
	status=$?
}
want() { [ "$status" = "$2" ] || { echo "$1: status $status, expected $2"; cat "$dir/err"; bad=1; }; }
has() { grep -q -e "$2" "$dir/err" || { echo "$1: no line \"$2\" in:"; cat "$dir/err"; bad=1; }; }

run INT 'fmt.Println("x"); for {}'
want "SIGINT, spinning" 130
run INT 'fmt.Println("x"); time.Sleep(time.Hour)'
want "SIGINT, sleeping" 130
run TERM 'fmt.Println("x"); select { case <-time.After(time.Hour): }'
want "SIGTERM" 143

waiter='c := make(chan int); go func() { <-c }(); runtime.Gosched(); fmt.Println("x");'
for rest in 'for {}' 'time.Sleep(time.Hour); c <- 1'; do
	run QUIT "$waiter $rest"
	want "SIGQUIT, $rest" 2
	has "SIGQUIT, $rest" '^SIGQUIT: quit$'
	has "SIGQUIT, $rest" '^goroutine 1 \['
	has "SIGQUIT, $rest" 'chan receive\]:$'
	has "SIGQUIT, $rest" '^created by main.main in goroutine 1$'
done
exit $bad
