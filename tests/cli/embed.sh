#!/bin/sh
# Package embed: tests/modules/embed from anywhere, as a script and as an image; want.txt is what real Go prints.
bad=0
check() { [ "$2" = "$3" ] || { printf '%s:\n%s\nexpected:\n%s\n' "$1" "$2" "$3"; bad=1; }; }
gol=$(realpath "$GOL")
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd tests/modules || exit 1
want=$(cat embed/want.txt)

check 'file' "$("$gol" run embed/main.go 2>&1)" "$want"
check 'folder' "$("$gol" run embed 2>&1)" "$want"
check 'from inside' "$(cd embed && "$gol" run . 2>&1)" "$want"
cp -r embed/hello.txt embed/data "$scratch"
cat >"$scratch/script.gol" <<'END'
import "embed"

//go:embed hello.txt
var text string

fmt.Println(len(text))

//go:embed data
var tree embed.FS

data, err := tree.ReadFile("data/a.txt")
fmt.Printf("%q %v\n", data, err)
END
check 'script' "$("$gol" "$scratch/script.gol" 2>&1)" '18
"a\n" <nil>'
"$gol" build -o "$scratch/image" embed/main.go || bad=1
check 'image, far from the files' "$(cd "$scratch" && "$gol" run image 2>&1)" "$want"

mkdir "$scratch/empty" "$scratch/other" && : >"$scratch/other/go.mod" && ln -s empty "$scratch/link"
refused() {
	printf 'package main\n\nimport "embed"\n\n//go:embed %s\nvar f embed.FS\n\nfunc main() {}\n' "$1" >"$scratch/a.go"
	check "$1" "$(cd "$scratch" && "$gol" run a.go 2>&1)" "a.go:5:3: $2"
}
refused empty 'pattern empty: cannot embed directory empty: contains no embeddable files'
refused other 'pattern other: cannot embed directory other: in different module'
refused link 'pattern link: cannot embed irregular file link'
refused 'a.go all:empty/*' 'pattern all:empty/*: no matching files found'
refused '"a.go' 'invalid quoted string in //go:embed: "a.go'
refused '' 'usage: //go:embed pattern...'
exit $bad
