package main

import (
	"example.com/tree/tools/internal/deep"
	"internal/bytealg"
)

func main() { println(deep.Depth, bytealg.Anything) }
