package main

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
)

//go:embed hello.txt
var text string

//go:embed "hello.txt"
var raw []byte

type blob []byte

var (
	//go:embed data/*.txt
	some embed.FS

	// about the whole
	//go:embed data
	//go:embed hello.txt `data/sub`
	whole embed.FS

	//go:embed all:data
	all embed.FS

	//go:embed data/a.txt
	b blob
)

func show(name string, fsys embed.FS) {
	fmt.Println("==", name)
	fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		info, _ := d.Info()
		fmt.Println(path, d, info.Size(), info.Mode(), err)
		return nil
	})
}

func main() {
	fmt.Printf("%q %q %q\n", text, raw, b)
	show("some", some)
	show("whole", whole)
	show("all", all)
	var none embed.FS
	show("none", none)
	data, err := whole.ReadFile("data/sub/b.txt")
	fmt.Printf("%q %v\n", data, err)
	data[0] = 'X'
	data, err = whole.ReadFile("data/sub/b.txt")
	fmt.Printf("%q %v\n", data, err)
	_, err = whole.ReadFile("data/none")
	fmt.Println(err)
	_, err = whole.ReadFile("data")
	fmt.Println(err)
	_, err = whole.ReadDir("hello.txt")
	fmt.Println(err)
	_, err = whole.Open("../x")
	fmt.Println(err)
	f, _ := whole.Open("hello.txt")
	s := f.(io.ReadSeeker)
	fmt.Println(s.Seek(7, io.SeekStart))
	rest, err := io.ReadAll(s)
	fmt.Printf("%q %v\n", rest, err)
	_, err = s.Seek(-1, io.SeekStart)
	fmt.Println(err)
	one := make([]byte, 3)
	n, err := f.(io.ReaderAt).ReadAt(one, 2)
	fmt.Printf("%d %q %v\n", n, one, err)
	n, err = f.(io.ReaderAt).ReadAt(one, 17)
	fmt.Println(n, err)
	d, _ := whole.Open("data")
	_, err = d.Read(one)
	fmt.Println(err)
	for {
		list, err := d.(fs.ReadDirFile).ReadDir(1)
		fmt.Println(list, err)
		if err != nil {
			break
		}
	}
	sub, _ := fs.Sub(whole, "data/sub")
	fmt.Println(fs.Glob(sub, "*"))
	fmt.Println(whole == all, whole == whole)
}
