package main

import (
	"broken/excluded"
	"broken/missing"
	"broken/none"
	"broken/program"
	"broken/two"
	"example.com/far/away"
	"./nowhere"
)

func main() { two.F(program.X, excluded.Y, none.Z) }
