// Misuse of //go:embed; what files it finds is tests/modules/embed's matter.
package main

import "embed"

//go:embed embed.go // ERROR "go:embed cannot apply to multiple vars"
var a, b string

//go:embed embed.go // ERROR "go:embed cannot apply to var with initializer"
var c string = "x"

//go:embed embed.go // ERROR "misplaced go:embed directive"
func f() {
	//go:embed embed.go // ERROR "go:embed cannot apply to var inside func"
	var x string
	_ = x
	//go:embed embed.go // ERROR "misplaced go:embed directive"
	f()
}

//go:embed embed.go // ERROR "misplaced go:embed directive"
type T int

//go:embed embed.go // ERROR "misplaced go:embed directive"
var (
	//go:embed embed.go
	d embed.FS
	//go:embed embed.go // ERROR "go:embed cannot apply to multiple vars"
	e, g = 1, 2
)

//go:embed embed.go
var h int // ERROR "go:embed cannot apply to var of type int"

//go:embed embed.go
var i []string // ERROR "go:embed cannot apply to var of type \[\]string"

func main() {}
