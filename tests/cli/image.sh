#!/bin/sh
# gol build: one file that runs without its sources.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { [ "$2" = "$3" ] || { echo "$1: \"$2\", expected \"$3\""; bad=1; }; }
gol=$(realpath "$GOL")
cd "$dir" || exit 1
printf 'fmt.Println(len(os.Args), os.Args[1:])\nif len(os.Args) > 2 { os.Exit(7) }\n' >args.gol
check 'build: status' "$("$gol" build args.gol 2>&1; echo $?)" 0
mv args.gol args.away
check 'gol FILE' "$("$gol" args.golc a)" '2 [a]'
check 'gol run FILE' "$("$gol" run args.golc a)" '2 [a]'
check 'exit code' "$("$gol" args.golc a b; echo $?)" '3 [a b]
7'
check 'standard input' "$("$gol" - x <args.golc)" '2 [x]'
mkdir bin && ln -s "$gol" bin/gol
check 'a command' "$(PATH=$dir/bin:$PATH ./args.golc x)" '2 [x]'
mkdir pkg && printf 'package main\n\nimport "./words"\n\nfunc main() { println(words.Hello) }\n' >pkg/main.go
mkdir pkg/words && printf 'package words\n\nconst Hello = "hello"\n' >pkg/words/words.go
"$gol" build pkg/ && "$gol" build -o other pkg
check 'build DIR' "$("$gol" pkg.golc 2>&1)" hello
cmp pkg.golc other || bad=1
check '-e' "$("$gol" build -o e.golc -e 'println(6 * 7)' && "$gol" e.golc 2>&1)" 42
check disassembly "$("$gol" build --emit=asm e.golc | head -n 1)" "$("$gol" build --emit=asm -e 'println(6 * 7)' | head -n 1)"

# strings that share bytes, loops in place of iterators
cat >keys.gol <<'END'
type key struct { name string; n int }
b, m, words := []byte("one"), map[key]int{{"one", 1}: 2}, map[string]int{"one": 3}
for i, v := range slices.All([]int{m[key{string(b), 1}], words[string(b)]}) { print(i, v, " ") }
delete(m, key{string(b), 1})
delete(words, string(b))
println(len(m), len(words))
END
check keys "$("$gol" build keys.gol 2>&1 && "$gol" keys.golc 2>&1)" '02 13 0 0'

# a range that the first way into it finds nil
cat >ranges.gol <<'END'
var got []*int
for _, n := range []int{1, 2} { got = append(got, &n) }
for _, p := range got { print(*p, " ") }
println()
END
check ranges "$("$gol" build ranges.gol 2>&1 && "$gol" ranges.golc 2>&1)" '1 2 '

# a function that only a loop's body returns from
cat >first.gol <<'END'
func first(seq func(func(*int) bool)) *int {
	for p := range seq { return p }
	panic("empty")
}
n := 5
println(*first(func(yield func(*int) bool) { yield(&n) }))
END
cat >later.gol <<'END'
type T struct{ n int }
func (t T) show(k int) { println(t.n, k) }
func main() { for k := range func(yield func(int) bool) { yield(1) } { defer T{5}.show(k) } }
END
check 'a method deferred' "$("$gol" build later.gol 2>&1 && "$gol" later.golc 2>&1)" '5 1'
check first "$("$gol" build first.gol 2>&1 && "$gol" first.golc 2>&1)" 5

printf 'x := \n' >wrong.gol
check 'rejected' "$("$gol" build -o wrong.golc wrong.gol 2>&1; echo $?)" "$("$gol" run wrong.gol 2>&1)
1"
check 'nothing is left' "$(ls wrong.golc* 2>&1 | wc -l)" "$(ls none* 2>&1 | wc -l)"
check 'cannot write' "$("$gol" build -o none/x -e 'println(1)' 2>&1; echo $?)" 'gol: none/x: No such file or directory
1'
head -c 500 e.golc >cut.golc
check cut "$("$gol" cut.golc 2>&1; echo $?)" 'gol: cut.golc: bad image: it is cut short
1'
printf 'x' >>other
check longer "$("$gol" other 2>&1)" 'gol: other: bad image: something follows its end'
check 'image and file' "$("$gol" build -o x.golc e.golc wrong.gol 2>&1)" 'gol: e.golc is an image: it cannot be compiled together with other files'
check test "$("$gol" test e.golc 2>&1 | head -n 1)" 'gol: e.golc is an image: it cannot be compiled'
back=${gol%/gol}/link_back # without the front column
[ ! -x "$back" ] || check back "$("$back" e.golc 2>&1)" 42
exit $bad
