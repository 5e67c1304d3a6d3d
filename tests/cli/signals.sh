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

waiter='c := make(chan int); go func() { <-c }(); buf := make([]byte, 1<<16)
for !strings.Contains(string(buf[:runtime.Stack(buf, true)]), "[chan receive]") { runtime.Gosched() }
fmt.Println("x");'
for rest in 'for {}' 'time.Sleep(time.Hour); c <- 1'; do
	run QUIT "$waiter $rest"
	want "SIGQUIT, $rest" 2
	has "SIGQUIT, $rest" '^SIGQUIT: quit$'
	has "SIGQUIT, $rest" '^goroutine 1 \['
	has "SIGQUIT, $rest" 'chan receive\]:$'
	has "SIGQUIT, $rest" '^created by main.main in goroutine 1$'
done

# What a program asks for, and what comes back when it asks no more.
run USR1 'fmt.Println("x"); time.Sleep(time.Hour)'
want "SIGUSR1" 138
run INT 'c := make(chan os.Signal, 1); signal.Notify(c, os.Interrupt); fmt.Println("x"); if <-c == os.Interrupt { os.Exit(7) }'
want "SIGINT, notified" 7
run QUIT 'c := make(chan os.Signal, 1); signal.Notify(c); fmt.Println("x"); if <-c == syscall.SIGQUIT { os.Exit(8) }'
want "SIGQUIT, notified" 8
run INT 'c := make(chan os.Signal, 1); signal.Notify(c, os.Interrupt); signal.Stop(c); fmt.Println("x"); time.Sleep(time.Hour)'
want "SIGINT, after Stop" 130
run TERM 'signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM); signal.Reset(syscall.SIGTERM); fmt.Println("x"); time.Sleep(time.Hour)'
want "SIGTERM, after Reset" 143
{ "$GOL" -e 'for { fmt.Println("x") }'; echo $? >"$dir/code"; } | head -n 1 >/dev/null
status=$(cat "$dir/code")
want "a closed pipe" 141
exit $bad
