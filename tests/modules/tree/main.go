package main

import (
	"errors"
	"fmt"
	"runtime"

	"example.com/tree/init/b"
	"example.com/tree/internal/count"
	sh "example.com/tree/shape"
	"example.com/tree/tools/user"
)

func main() {
	s := sh.New(3)
	fmt.Printf("%T %v %T\n", s, s, sh.Pair[int, sh.Square]{})
	fmt.Println(s.Area(), sh.System, sh.Arch, unit())
	fmt.Println(b.Log, count.Total, user.Deep())
	var no *sh.TooSmall
	fmt.Println(errors.As(sh.Check(0), &no), no)
	var at []func() int
	for i := 0; i < 3; i++ { // of go 1.21: one variable
		at = append(at, func() int { return i })
	}
	fmt.Println(at[0]())
	sh.Where(func(pc uintptr) { fmt.Println(runtime.FuncForPC(pc).Name()) })
}
