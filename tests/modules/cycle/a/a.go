package a

import "m/b"

func F() { b.F() }
