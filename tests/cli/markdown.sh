#!/bin/sh
# Documents: which blocks are programs, what is compared, how it is reported.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
gol=$(realpath "$GOL")
cd "$dir" || exit 1
check() { [ "$2" = "$3" ] || { echo "$1:"; echo "$2"; echo "expected:"; echo "$3"; bad=1; }; }

cat >notes.md <<'END'
# Title
```go
fmt.Println("one")
```
```sh
me@host:~/x$ go run one.go
one
```
A list with

  ~~~~golang
  fmt.Println("two  ")
  ~~~
  ~~~~

  ```
  two
  ```

```go
go func() { fmt.Println("a"); fmt.Println("b") }()
time.Sleep(10 * time.Millisecond)
```
prose
```output
b
a
```

```go
fmt.Println(undefined)
```
```python
print("three")
```

```go
fmt.Println("three")
```
prose, and commands
```sh
go get example.com
```

```Go
panic("five")
```
```text
panic: five

goroutine 1 [running]:
exit status 2
```
END
sed -i 's/^  ~~~$/  var _ = 3/' notes.md
check test "$("$gol" test notes.md 2>&1 | sed 's/ ([0-9.]*s)$//')" 'notes.md:2: passed
notes.md:11: passed
notes.md:20: passed: the lines came in another order
notes.md:30: not a program: undefined: undefined (line 31)
notes.md:37: passed
notes.md:45: passed
5 passed, 0 failed, 1 not a program'
check run "$("$gol" run notes.md 2>/dev/null)" 'one
two  
a
b
three'
check line "$("$gol" run notes.md:12)" 'two  '

cat >bad.txt <<'END'
```go
fmt.Println(1)
fmt.Println(2)
```
```text
1
3
```
```go
os.Exit(3)
```
```go
x :=
```
```output
1
```
```go
func TestA(t *testing.T) { t.Error("a") }
```
END
out=$("$gol" test bad.txt 2>&1)
check status $? 1
check bad "$(echo "$out" | sed 's/ ([0-9.]*s)//g')" 'bad.txt:1: failed: line 2 of the output is "2", not "3"
bad.txt:9: failed: exit status 3
bad.txt:12: failed: does not compile: syntax error: unexpected EOF, expected expression (line 14)
bad.txt:18: failed: exit status 1: --- FAIL: TestA
0 passed, 4 failed, 0 not a program'

cat >endless.txt <<'END'
```go
for {}
```
END
check endless "$("$gol" test -timeout 100ms endless.txt 2>&1 | sed 's/ ([0-9.]*s)//g')" 'endless.txt:1: failed: no end after 0.1s
0 passed, 1 failed, 0 not a program'

echo 'nothing' >none.md
"$gol" run none.md 2>err
check 'none: status' $? 1
check none "$(cat err)" 'gol: none.md: no ```go block in it'
exit $bad
