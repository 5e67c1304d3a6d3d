#!/bin/sh
# -leaks, -fail-leaks and -explain: what is said about goroutines that are left.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
case $GOL in /*) ;; *) GOL=$PWD/$GOL ;; esac
cd "$dir" || exit 1
# check NAME WANTED-STATUS COMMAND...: standard error must be the text on standard input, and nothing more
check() {
	name=$1 status=$2
	shift 2
	cat >want
	"$@" >out 2>err
	code=$?
	[ $code = "$status" ] || { echo "$name: status $code, expected $status"; bad=1; }
	diff want err >difference || { echo "$name:"; cat difference; bad=1; }
}

cat >leak.go <<'G'
package main

import (
	"runtime"
	"sync"
	"time"
)

type server struct {
	mu   sync.Mutex
	done [2]chan bool
}

func (s *server) run(out chan<- int) {
	s.mu.Lock()
	out <- 1
}

func (s *server) wait() {
	<-s.done[1]
}

func main() {
	s := &server{done: [2]chan bool{make(chan bool), make(chan bool, 3)}}
	s.mu.Lock()
	for range 10 {
		go s.run(make(chan int))
	}
	go s.wait()
	go func() {
		late := time.After(time.Hour)
		<-late
	}()
	go func() {
		var none chan int
		none <- 1
	}()
	for range 30 {
		runtime.Gosched()
	}
}
G
check leaks 0 "$GOL" run -procs 1 -leaks leak.go <<'E1'
leaks: 12 goroutines could never run again

goroutines 2, 3, 4, 5, 6, 7, 8, 9, ... [sync.Mutex.Lock on s.mu]:
	(10 of them)
	no other goroutine is left that could unlock s.mu
	in main.(*server).run
		leak.go:15
	created by main.main
		leak.go:27

goroutine 12 [chan receive on s.done[1] (chan bool, len 0, cap 3)]:
	only goroutines 2, 3, 4, 5, 6, 7, 8, 9, ... could send to s.done[1], and they wait themselves
	in main.(*server).wait
		leak.go:20
	created by main.main
		leak.go:29

goroutine 14 [chan send (nil chan)]:
	the channel is nil: sending to it never ends
	in main.main.func2
		leak.go:36
	created by main.main
		leak.go:37
E1
cp want again
check 'fail-leaks' 1 "$GOL" run -procs 1 -fail-leaks leak.go <again
check 'no flag' 0 "$GOL" run -procs 1 leak.go </dev/null

cat >fine.go <<'G'
package main

import "time"

func main() {
	c := make(chan int)
	go func() { <-c }()
	go func() { time.Sleep(time.Hour); c <- 1 }()
	c <- 1
}
G
check 'no leak' 0 "$GOL" run -fail-leaks fine.go </dev/null

cat >pull.go <<'G'
package main

import (
	"iter"
	"slices"
)

func main() {
	next, _ := iter.Pull(slices.Values([]int{1, 2}))
	next()
}
G
"$GOL" run -leaks pull.go 2>&1 | head -4 >said
diff - said <<'E2' || bad=1
leaks: 1 goroutine could never run again

goroutine 2 [coroutine]:
	no other goroutine is left that could call next or stop of it
E2

cat >stuck.go <<'G'
package main

import "sync"

func main() {
	var wg sync.WaitGroup
	a, b := make(chan int), make(chan int)
	wg.Add(2)
	go func() { <-a; b <- 1; wg.Done() }()
	go func() { <-b; a <- 1; wg.Done() }()
	wg.Wait()
}
G
"$GOL" run stuck.go 2>plain
grep -q hint plain && { echo "hints without being asked"; bad=1; }
"$GOL" run -explain stuck.go 2>explained
[ $? = 2 ] || { echo "-explain changes the exit code"; bad=1; }
{
	cat plain
	cat <<'E2'

hint: goroutine 1 waits: sync.WaitGroup.Wait on wg; only goroutines 2, 3 could call Done of wg, and they wait themselves
hint: goroutine 2 waits: chan receive on a (chan int, len 0, cap 0); only goroutine 3 could send to a, and it waits itself
hint: goroutine 3 waits: chan receive on b (chan int, len 0, cap 0); only goroutine 2 could send to b, and it waits itself
E2
} | diff - explained || bad=1

# Goroutines that come to where they wait for ever only after main has returned; those that never wait keep nobody.
cat >late.gol <<'G'
func first(names []string) string {
	c := make(chan string)
	for _, name := range names {
		go func() { c <- name }()
	}
	return <-c
}
first([]string{"a", "b", "c"})
go time.Sleep(time.Hour)
G
"$GOL" run -procs 2 -leaks late.gol 2>&1 | sed 's/^goroutines [0-9]*, [0-9]*/goroutines N, N/' >said
diff - said <<'E3' || bad=1
leaks: 2 goroutines could never run again

goroutines N, N [chan send on c (chan string, len 0, cap 0)]:
	no other goroutine is left that could receive from c
	in main.first.func1
		late.gol:4
	created by main.first
		late.gol:4
E3

check 'busy for ever' 0 timeout 100 "$GOL" -procs 2 -leaks -e 'go func() { for { runtime.Gosched() } }(); go func() { for {} }()' </dev/null

# The variables of a script have names, those of its statements too; those that functions use belong to all goroutines.
cat >named.gol <<'G'
var mu sync.Mutex
go func() { mu.Lock(); mu.Lock() }()
c, d := make(chan int), make(chan string, 1)
d <- "full"
select {
case <-c:
case d <- "x":
}
G
"$GOL" run -explain named.gol 2>&1 | grep '^hint' >said
diff - said <<'E4' || bad=1
hint: goroutine 1 waits: select on receive from c (chan int, len 0, cap 0), send to d (chan string, len 1, cap 1); no other goroutine is left that could send to c or receive from d
hint: goroutine 2 waits: sync.Mutex.Lock on mu; any goroutine could unlock mu, but all of them wait
E4
exit $bad
